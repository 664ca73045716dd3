//! The tree as a processor walks it: a node holds eight boxes, which vectors test at once, and a stack holds what is still
//! to be seen, nearest on top. Answers do not depend on the tree, so they are those of the devices, bit by bit; a GPU
//! walks the narrow tree, which needs no stack.

use super::tree::{Bounds, Branch};

/// Boxes of a node [-]: one vector of AVX, two of SSE or NEON.
pub const WIDTH: usize = 8;

/// In a child: it is a solid, by its place among the leaves, and no node.
const SOLID: u32 = 1 << 31;
const NO_CHILD: u32 = u32::MAX;

/// Where no child is: a box of one point that no ray meets and no sphere comes near [m].
const NOWHERE: f32 = 1e30;

#[repr(C, align(32))]
#[derive(Clone, Debug)]
pub struct WideNode {
    /// Low sides along x, y, z, then high sides [m].
    pub sides: [[f32; WIDTH]; 6],
    children: [u32; WIDTH],
}

#[derive(Clone, Debug, Default)]
pub struct WideTree {
    nodes: Vec<WideNode>,
}

/// What a node shall hold.
enum Part<'a> {
    /// By its place among the leaves.
    Solid(u32),
    Branch(&'a Branch),
}

impl<'a> Part<'a> {
    fn of(branch: &'a Branch) -> Part<'a> {
        match branch {
            Branch::Leaf { first, count: 1, .. } => Part::Solid(*first),
            branch => Part::Branch(branch),
        }
    }

    fn parts(branch: &'a Branch) -> Vec<Part<'a>> {
        match branch {
            Branch::Leaf { first, count, .. } => (*first..first + count).map(Part::Solid).collect(),
            Branch::Inner { low, high, .. } => vec![Part::of(low), Part::of(high)],
        }
    }
}

impl WideTree {
    pub(super) fn new(root: Option<&Branch>, bounds_by_place: &[Bounds]) -> WideTree {
        let mut tree = WideTree::default();
        if let Some(root) = root {
            tree.append(root);
        }
        tree.fit(bounds_by_place);
        tree
    }

    /// Appends a node for the branch and gives its index; children come after it.
    fn append(&mut self, branch: &Branch) -> u32 {
        let here = self.nodes.len();
        self.nodes.push(WideNode { sides: [[NOWHERE; WIDTH]; 6], children: [NO_CHILD; WIDTH] });
        let mut parts = Part::parts(branch);
        while let Some(largest) = largest_that_fits(&parts) {
            if let Part::Branch(whole) = parts.swap_remove(largest) {
                parts.extend(Part::parts(whole));
            }
        }
        for (slot, part) in parts.iter().enumerate() {
            let child = match part {
                Part::Solid(place) => SOLID | place,
                Part::Branch(branch) => self.append(branch),
            };
            self.nodes[here].children[slot] = child;
        }
        u32::try_from(here).expect("there are fewer nodes than solids")
    }

    /// Fits the boxes to solids that have moved.
    pub(super) fn fit(&mut self, bounds_by_place: &[Bounds]) {
        for index in (0..self.nodes.len()).rev() {
            for slot in 0..WIDTH {
                let bounds = match self.nodes[index].children[slot] {
                    NO_CHILD => continue,
                    solid if solid & SOLID != 0 => bounds_by_place[(solid & !SOLID) as usize],
                    node => self.nodes[node as usize].bounds(),
                };
                for axis in 0..3 {
                    self.nodes[index].sides[axis][slot] = bounds.low[axis];
                    self.nodes[index].sides[axis + 3][slot] = bounds.high[axis];
                }
            }
        }
    }

    /// Sees everything whose box `meet` lets in, what is nearest first, as far as is known. `meet` gives eight distances and
    /// a bit for each box that is met; `see` is shown a solid's place; both are asked with the distance beyond which nothing
    /// matters, which `see` gives anew.
    #[inline(always)]
    pub fn walk(
        &self,
        pending: &mut Vec<(f32, u32)>,
        mut limit: f32,
        meet: impl Fn(&WideNode, f32) -> ([f32; WIDTH], u32),
        mut see: impl FnMut(usize, f32) -> f32,
    ) {
        pending.clear();
        let mut next = if self.nodes.is_empty() { NO_CHILD } else { 0 };
        while next != NO_CHILD {
            if next & SOLID != 0 {
                limit = see((next & !SOLID) as usize, limit);
            } else {
                let node = &self.nodes[next as usize];
                let (distances, mut met) = meet(node, limit);
                let before = pending.len();
                while met != 0 {
                    let slot = met.trailing_zeros() as usize % WIDTH;
                    met &= met - 1;
                    let mut at = pending.len();
                    pending.push((distances[slot], node.children[slot]));
                    while at > before && pending[at - 1].0 < distances[slot] {
                        pending.swap(at - 1, at);
                        at -= 1;
                    }
                }
            }
            next = NO_CHILD;
            while let Some((distance, child)) = pending.pop() {
                if distance <= limit {
                    next = child;
                    break;
                }
            }
        }
    }
}

/// The branch that is met most often, so that what is in it comes up into this node; none where nothing fits any more.
fn largest_that_fits(parts: &[Part]) -> Option<usize> {
    let fitting = parts.iter().enumerate().filter_map(|(index, part)| match part {
        Part::Branch(branch) if parts.len() - 1 + Part::parts(branch).len() <= WIDTH => Some((index, branch.bounds().area())),
        _ => None,
    });
    fitting.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
}

impl WideNode {
    fn bounds(&self) -> Bounds {
        let used = |slot: &usize| self.children[*slot] != NO_CHILD;
        let of =
            |slot: usize| Bounds { low: [0, 1, 2].map(|axis| self.sides[axis][slot]), high: [3, 4, 5].map(|side| self.sides[side][slot]) };
        (0..WIDTH).filter(used).fold(Bounds::NOTHING, |all, slot| all.with(&of(slot)))
    }
}
