//! The world of the rays: solids placed and a flat tree of boxes over them, the same for the same solids.
//!
//! Built by the surface area heuristic (Goldsmith and Salmon 1987; Wald 2007) over the exact sorted order of the three axes.

use super::wide::WideTree;
use super::{Node, PlacedSolid, Plane, REACH_M};

/// What a solid is; its place and turn stand beside it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Half of its lengths along x, y, z [m].
    Box {
        half_m: [f32; 3],
    },
    Sphere {
        radius_m: f32,
    },
    /// Along its z.
    Cylinder {
        radius_m: f32,
        half_height_m: f32,
    },
    /// Convex: its corners [m], and its faces with outward normals of length 1.
    Hull {
        points_m: Vec<[f32; 3]>,
        planes: Vec<Plane>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Solid {
    pub shape: Shape,
    pub position_m: [f32; 3],
    /// Turn from the solid's space into the world: unit quaternion (x, y, z, w) [-].
    pub rotation: [f32; 4],
}

/// By how much each box of the tree is wider than its solids [m]: more than all that f32 rounds within the reach (turning
/// a vector of 3,500 m costs 0.0006 m), and next to nothing beside a part.
pub const MARGIN_M: f32 = 0.002;

/// The index shares a word with the kind.
const MOST_SOLIDS: usize = 1 << 28;
/// The count shares a word with the first index; more than four solids a leaf gained nothing.
const MOST_IN_LEAF: usize = 4;
/// Beyond this depth halves are cut off whatever the heuristic says, so that recursion stays shallow.
const DEEPEST_GUESS: u32 = 40;

#[derive(Clone, Debug)]
pub struct SolidWorld {
    nodes: Vec<Node>,
    /// The same branches for the processor.
    wide: WideTree,
    solids: Vec<PlacedSolid>,
    planes: Vec<Plane>,
    /// In the order of the leaves, as the solids.
    shapes: Vec<Shape>,
    bounds: Vec<Bounds>,
    /// Where each solid of the world lies among the leaves.
    leaf_places: Vec<u32>,
}

/// A solid that is somewhere else now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// Index in the world.
    pub solid: u32,
    pub position_m: [f32; 3],
    /// Unit quaternion (x, y, z, w) [-].
    pub rotation: [f32; 4],
}

impl SolidWorld {
    /// Panics where a number is not finite or lies beyond [`REACH_M`]: the scene was checked before.
    pub fn new(solids: &[Solid]) -> SolidWorld {
        assert!(solids.len() < MOST_SOLIDS, "{} solids", solids.len());
        let mut planes = Vec::new();
        let placed: Vec<PlacedSolid> = solids.iter().enumerate().map(|(index, solid)| place(index as u32, solid, &mut planes)).collect();
        let bounds: Vec<Bounds> = placed.iter().zip(solids).map(|(placed, solid)| bounds_of(placed, &solid.shape)).collect();
        placed.iter().zip(&bounds).for_each(|(placed, bounds)| note_corners(placed, bounds, &mut planes));
        let mut order: Vec<u32> = (0..solids.len() as u32).collect();
        let root = (!order.is_empty()).then(|| split(&mut order, 0, &bounds, 0));
        let mut nodes = Vec::new();
        for signs in 0..8 {
            let start = nodes.len();
            if let Some(root) = &root {
                flatten(root, signs, start, &mut nodes);
            }
        }
        let mut leaf_places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &index)| leaf_places[index as usize] = place as u32);
        let bounds: Vec<Bounds> = order.iter().map(|&index| bounds[index as usize]).collect();
        SolidWorld {
            nodes,
            wide: WideTree::new(root.as_ref(), &bounds),
            solids: order.iter().map(|&index| placed[index as usize]).collect(),
            planes,
            shapes: order.iter().map(|&index| solids[index as usize].shape.clone()).collect(),
            bounds,
            leaf_places,
        }
    }

    /// Moves solids and fits the boxes of the tree to them; the branches stay as they were. Answers are those of a world
    /// built anew, only slower to get when much has moved far.
    pub fn move_solids(&mut self, moves: &[Move]) {
        for moved in moves {
            let place = self.leaf_places[moved.solid as usize] as usize;
            let solid = &mut self.solids[place];
            [solid.axis_x, solid.axis_y, solid.axis_z] = axes_of(moved.rotation);
            solid.position_m = moved.position_m;
            self.bounds[place] = bounds_of(solid, &self.shapes[place]);
            note_corners(solid, &self.bounds[place], &mut self.planes);
        }
        self.wide.fit(&self.bounds);
        let node_count = self.node_count() as usize;
        for order in self.nodes.chunks_mut(node_count.max(1)) {
            // Children lie behind their parent.
            for index in (0..order.len()).rev() {
                let Node { leaf, .. } = order[index];
                let all = if leaf == 0 {
                    let (near, far) = (&order[index + 1], &order[order[index + 1].skip as usize]);
                    Bounds { low: near.low_m, high: near.high_m }.with(&Bounds { low: far.low_m, high: far.high_m })
                } else {
                    let first = (leaf >> 3) as usize;
                    self.bounds[first..first + (leaf & 7) as usize].iter().fold(Bounds::NOTHING, |all, bounds| all.with(bounds))
                };
                (order[index].low_m, order[index].high_m) = (all.low, all.high);
            }
        }
    }

    /// Shape [8, node_count].
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node_count(&self) -> u32 {
        (self.nodes.len() / 8) as u32
    }

    pub fn wide(&self) -> &WideTree {
        &self.wide
    }

    /// In the order of the leaves.
    pub fn solids(&self) -> &[PlacedSolid] {
        &self.solids
    }

    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }
}

/// The corners of a hull's bounds stand behind its faces.
fn note_corners(placed: &PlacedSolid, bounds: &Bounds, planes: &mut [Plane]) {
    if placed.tag >> 28 == 3 {
        let corners = (placed.size_x.to_bits() + placed.size_y.to_bits()) as usize;
        planes[corners].normal = bounds.low;
        planes[corners + 1].normal = bounds.high;
    }
}

fn place(index: u32, solid: &Solid, planes: &mut Vec<Plane>) -> PlacedSolid {
    let [axis_x, axis_y, axis_z] = axes_of(solid.rotation);
    let (kind, sizes) = match &solid.shape {
        Shape::Box { half_m } => (0, *half_m),
        Shape::Sphere { radius_m } => (1, [*radius_m, 0.0, 0.0]),
        Shape::Cylinder { radius_m, half_height_m } => (2, [*radius_m, *half_height_m, 0.0]),
        Shape::Hull { planes: own, .. } => {
            let first = planes.len() as u32;
            planes.extend(own);
            // For the two corners of its bounds, which are not known yet.
            planes.extend([Plane { normal: [0.0; 3], offset_m: 0.0 }; 2]);
            (3, [f32::from_bits(first), f32::from_bits(own.len() as u32), 0.0])
        }
    };
    PlacedSolid {
        axis_x,
        axis_y,
        axis_z,
        size_x: sizes[0],
        size_y: sizes[1],
        size_z: sizes[2],
        position_m: solid.position_m,
        tag: kind << 28 | index,
    }
}

/// Axes of a turned solid in the world.
fn axes_of(rotation: [f32; 4]) -> [[f32; 3]; 3] {
    let [x, y, z, w] = unit(rotation);
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w), 2.0 * (x * z - y * w)],
        [2.0 * (x * y - z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + x * w)],
        [2.0 * (x * z + y * w), 2.0 * (y * z - x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
}

fn unit(q: [f32; 4]) -> [f32; 4] {
    let length = (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]).sqrt();
    assert!(length > 0.5 && length < 2.0, "a rotation is a unit quaternion: {q:?}");
    q.map(|component| component / length)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) low: [f32; 3],
    pub(super) high: [f32; 3],
}

impl Bounds {
    pub(super) const NOTHING: Bounds = Bounds { low: [f32::INFINITY; 3], high: [f32::NEG_INFINITY; 3] };

    pub(super) fn with(mut self, other: &Bounds) -> Bounds {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
        self
    }

    /// Half of its surface [m2].
    pub(super) fn area(&self) -> f32 {
        let [x, y, z] = [0, 1, 2].map(|axis| self.high[axis] - self.low[axis]);
        x * y + y * z + z * x
    }

    fn middle(&self, axis: usize) -> f32 {
        self.low[axis] + self.high[axis]
    }
}

/// The box around a solid, wider by the margin.
fn bounds_of(placed: &PlacedSolid, shape: &Shape) -> Bounds {
    let axes = [placed.axis_x, placed.axis_y, placed.axis_z];
    let mut bounds = Bounds { low: placed.position_m, high: placed.position_m };
    let in_world = [0, 1, 2].map(|side| axes.map(|axis| axis[side]));
    for (side, along) in in_world.into_iter().enumerate() {
        let (below, above) = match shape {
            Shape::Box { half_m } => {
                let reach = along[0].abs() * half_m[0] + along[1].abs() * half_m[1] + along[2].abs() * half_m[2];
                (-reach, reach)
            }
            Shape::Sphere { radius_m } => (-radius_m, *radius_m),
            Shape::Cylinder { radius_m, half_height_m } => {
                let reach = along[2].abs() * half_height_m + radius_m * (along[0] * along[0] + along[1] * along[1]).sqrt();
                (-reach, reach)
            }
            Shape::Hull { points_m, .. } => {
                let along_of = |point: &[f32; 3]| point[0] * along[0] + point[1] * along[1] + point[2] * along[2];
                let reaches = points_m.iter().map(along_of);
                reaches.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), reach| (low.min(reach), high.max(reach)))
            }
        };
        bounds.low[side] += below - MARGIN_M;
        bounds.high[side] += above + MARGIN_M;
        let inside = bounds.low[side] > -REACH_M && bounds.high[side] < REACH_M && bounds.low[side] <= bounds.high[side];
        assert!(inside, "a solid of the rays' world is not within {REACH_M} m: {placed:?}");
    }
    bounds
}

pub(super) enum Branch {
    Leaf {
        bounds: Bounds,
        first: u32,
        count: u32,
    },
    /// The low child lies lower along `axis`.
    Inner {
        bounds: Bounds,
        axis: usize,
        low: std::boxed::Box<Branch>,
        high: std::boxed::Box<Branch>,
    },
}

impl Branch {
    pub(super) fn bounds(&self) -> &Bounds {
        match self {
            Branch::Leaf { bounds, .. } | Branch::Inner { bounds, .. } => bounds,
        }
    }
}

/// Orders `order` (which begins at leaf position `first`) and makes a tree of it.
fn split(order: &mut [u32], first: u32, bounds: &[Bounds], depth: u32) -> Branch {
    let all = order.iter().fold(Bounds::NOTHING, |all, &index| all.with(&bounds[index as usize]));
    let count = order.len();
    let leaf = || Branch::Leaf { bounds: all, first, count: count as u32 };
    if count == 1 {
        return leaf();
    }
    let (axis, at, cost) = cheapest_split(order, bounds);
    // A box costs about as much to test as a solid.
    if count <= MOST_IN_LEAF && cost + all.area() >= count as f32 * all.area() {
        return leaf();
    }
    let at = if depth > DEEPEST_GUESS { count / 2 } else { at };
    sort_along(order, axis, bounds);
    let (low, high) = order.split_at_mut(at);
    let low = split(low, first, bounds, depth + 1);
    let high = split(high, first + at as u32, bounds, depth + 1);
    Branch::Inner { bounds: all, axis, low: std::boxed::Box::new(low), high: std::boxed::Box::new(high) }
}

/// Axis, size of the low side, and the sum of area times count over both sides.
fn cheapest_split(order: &[u32], bounds: &[Bounds]) -> (usize, usize, f32) {
    let mut best = (0, order.len() / 2, f32::INFINITY);
    let mut sorted = order.to_vec();
    let mut high_areas = vec![0.0; order.len()];
    for axis in 0..3 {
        sort_along(&mut sorted, axis, bounds);
        let mut high = Bounds::NOTHING;
        for (at, &index) in sorted.iter().enumerate().rev() {
            high = high.with(&bounds[index as usize]);
            high_areas[at] = high.area();
        }
        let mut low = Bounds::NOTHING;
        for at in 1..sorted.len() {
            low = low.with(&bounds[sorted[at - 1] as usize]);
            let cost = low.area() * at as f32 + high_areas[at] * (sorted.len() - at) as f32;
            if cost < best.2 {
                best = (axis, at, cost);
            }
        }
    }
    best
}

fn sort_along(order: &mut [u32], axis: usize, bounds: &[Bounds]) {
    order.sort_unstable_by(|&a, &b| {
        let middle = |index: u32| bounds[index as usize].middle(axis);
        middle(a).total_cmp(&middle(b)).then(a.cmp(&b))
    });
}

/// Appends the branch depth first, the child that a direction of these signs meets first in front.
fn flatten(branch: &Branch, signs: usize, start: usize, nodes: &mut Vec<Node>) {
    let here = nodes.len();
    match branch {
        Branch::Leaf { bounds, first, count } => {
            nodes.push(Node { low_m: bounds.low, skip: 0, high_m: bounds.high, leaf: first << 3 | count });
        }
        Branch::Inner { bounds, axis, low, high } => {
            nodes.push(Node { low_m: bounds.low, skip: 0, high_m: bounds.high, leaf: 0 });
            let backwards = signs >> axis & 1 == 1;
            let (near, far) = if backwards { (high, low) } else { (low, high) };
            flatten(near, signs, start, nodes);
            flatten(far, signs, start, nodes);
        }
    }
    nodes[here].skip = (nodes.len() - start) as u32;
}
