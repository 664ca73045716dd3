//! Which edges of belts are outer ones: beyond them nothing carries on. At an inner edge, where another surface is flush with
//! it or a port leads on, contacts with the edge are ghosts; at an outer one a part can tip over it. Derived from the scene and
//! from what stands in it; what travels has no outer edges here. Knows no parts.
//!
//! ```text
//!                    outward
//!                       ^            what reaches into the strip beyond an edge, within EDGE_BAND_M of the belt's plane,
//!      +- - - - - - - - | - - - -+   takes its stretch from the edge; what is left is outer
//!      |    REACH_M     |  ####  |
//!   ===+=== outer ======+==####==+=======  an edge of the belt's top
//!                belt
//! ```

use super::hook::{EDGE_BAND_M, EDGE_NORMAL_COSINE, Surface};
use super::world::{point, vector};
use linetwin_model::Scene;
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_model::scene::{Carrying, Conveyor, Port};
use rapier3d::prelude::*;

/// How far beyond an edge the next surface may begin [m]: conveyors that meet within the checker's tolerance leave such gaps.
const REACH_M: f64 = 0.03;
/// Surfaces that share an edge may lie over each other by so much [m].
const SHARED_M: f64 = 0.001;
/// A port leads over edges no further from it than this [m].
const AT_PORT_M: f64 = 0.03;
/// An edge that a port's way crosses at a smaller sine lies beside that way [-].
const CROSSED_SINE: f64 = 0.25;
/// Shorter stretches are none [m].
const LEAST_M: f64 = 0.001;
/// A solid whose upper side leans more carries nothing on [-].
const LEVEL_COSINE: f64 = 0.9;

/// A contact belongs to an edge that is no further from it [m].
const TOUCHED_M: f32 = 0.005;
/// Seen from above, a contact with an edge points away from the belt within 60 degrees of the edge's own direction [-]: two
/// sectors of a curve differ by 15 degrees, and the ghosts of the seam between them by 82.
const OUTWARD_COSINE: f32 = 0.5;

/// A stretch of a belt's edge beyond which nothing carries on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OuterEdge {
    from: Vector,
    along: Vector,
    outward: Vector,
    length_m: f32,
}

/// The outer edges of all surfaces.
#[derive(Default)]
pub struct OuterEdges {
    edges: Vec<OuterEdge>,
    /// By surface: where its edges begin; and the end of the last.
    first: Vec<u32>,
}

impl OuterEdges {
    pub fn new(scene: &Scene, world: &PhysicsWorld, surfaces: &[Surface], colliders: &[ColliderHandle]) -> Self {
        let tops: Vec<Option<Top>> = surfaces.iter().zip(colliders).map(|(surface, &collider)| Top::of(world, surface, collider)).collect();
        let ports: Vec<&Port> = scene.edges.iter().flat_map(|edge| [scene.port(edge.from), scene.port(edge.to)]).collect();
        let stranded: Vec<&Conveyor> =
            scene.conveyors.iter().filter(|conveyor| matches!(conveyor.carrying, Carrying::Strands { .. })).collect();
        let mut outer = OuterEdges { edges: Vec::new(), first: vec![0] };
        for (index, (surface, top)) in surfaces.iter().zip(&tops).enumerate() {
            if let Some(top) = top.as_ref().filter(|_| surface.belt) {
                // The strands of a conveyor are one surface to what lies on them.
                let apart_m = stranded.iter().filter(|conveyor| conveyor.drives.iter().any(|drive| drive.0 == surface.drive));
                let reach_m = apart_m.map(|conveyor| conveyor.width_m).fold(REACH_M, f64::max);
                let others = tops.iter().enumerate().filter(|(other, _)| *other != index).filter_map(|(_, other)| other.as_ref());
                let near: Vec<&Top> = others.filter(|other| top.is_near(other, reach_m)).collect();
                outer.edges.extend(top.edges().flat_map(|edge| edge.outer_stretches(&near, &ports, reach_m)));
            }
            outer.first.push(super::entry::index_u32(outer.edges.len()));
        }
        outer
    }

    /// Whether a part tips over an outer edge of the surface. `outward`: the contact's normal, from the belt to the part; `at`: the
    /// point of the belt that is touched.
    pub fn tips_over(&self, index: u32, surface: &Surface, outward: Vector, at: Vector) -> bool {
        let Some(&[first, end]) = self.first.get(index as usize..index as usize + 2) else { return false };
        let lifting = outward.dot(surface.up);
        let sideways = outward - surface.up * lifting;
        let least = OUTWARD_COSINE * sideways.length();
        let touched = |edge: &OuterEdge| {
            let arm = at - edge.from;
            let reaches = (-TOUCHED_M..=edge.length_m + TOUCHED_M).contains(&arm.dot(edge.along));
            reaches && arm.dot(edge.outward).abs() <= TOUCHED_M && sideways.dot(edge.outward) > least
        };
        lifting > EDGE_NORMAL_COSINE && self.edges[first as usize..end as usize].iter().any(touched)
    }
}

/// The upper side of something that stands.
struct Top {
    /// Convex, anticlockwise seen from above.
    corners: Vec<Vec3>,
    up: Vec3,
    centre: Vec3,
    radius_m: f64,
}

impl Top {
    fn of(world: &PhysicsWorld, surface: &Surface, collider: ColliderHandle) -> Option<Top> {
        let collider = world.colliders.get(collider)?;
        let body = world.bodies.get(collider.parent()?)?;
        let at = *body.position() * *collider.position_wrt_parent()?;
        let up = point(if surface.belt { surface.up } else { at.rotation * Vector::Z });
        if !body.is_fixed() || (!surface.belt && up[2] < LEVEL_COSINE) {
            return None;
        }
        let local: Vec<Vector> = match collider.shape().as_typed_shape() {
            TypedShape::Cuboid(cuboid) => {
                let [x, y, z] = cuboid.half_extents.to_array();
                [[x, y], [-x, y], [-x, -y], [x, -y]].map(|[x, y]| Vector::new(x, y, z)).to_vec()
            }
            TypedShape::ConvexPolyhedron(hull) => hull.points().to_vec(),
            _ => return None,
        };
        let points: Vec<Vec3> = local.into_iter().map(|corner| point(at * corner)).collect();
        let heights: Vec<f64> = points.iter().map(|&corner| dot(corner, up)).collect();
        let middle = f64::midpoint(heights.iter().copied().fold(f64::INFINITY, f64::min), heights.iter().copied().fold(0.0, f64::max));
        let is_cuboid = points.len() == 4;
        let upper = points.into_iter().zip(heights).filter(|(_, height)| is_cuboid || *height > middle).map(|(corner, _)| corner);
        Top::around(upper.collect(), up)
    }

    fn around(mut corners: Vec<Vec3>, up: Vec3) -> Option<Top> {
        let centre = scale(corners.iter().copied().fold([0.0; 3], add), 1.0 / corners.len() as f64);
        let ahead = sub(*corners.first()?, centre);
        let angle = |corner: &Vec3| {
            let arm = sub(*corner, centre);
            let turned = libm::atan2(dot(cross(ahead, arm), up), dot(ahead, arm));
            if turned < 0.0 { turned + std::f64::consts::TAU } else { turned }
        };
        corners.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
        let radius_m = corners.iter().map(|&corner| length(sub(corner, centre))).fold(0.0, f64::max);
        Some(Top { corners, up, centre, radius_m })
    }

    fn is_near(&self, other: &Top, reach_m: f64) -> bool {
        length(sub(self.centre, other.centre)) <= self.radius_m + other.radius_m + reach_m
    }

    fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        let next = self.corners.iter().cycle().skip(1);
        self.corners.iter().zip(next).filter_map(|(&from, &to)| {
            let length_m = length(sub(to, from));
            let along = scale(sub(to, from), 1.0 / length_m);
            (length_m > LEAST_M).then(|| Edge { from, along, outward: cross(along, self.up), up: self.up, length_m })
        })
    }
}

/// An edge of an upper side.
struct Edge {
    from: Vec3,
    along: Vec3,
    outward: Vec3,
    up: Vec3,
    length_m: f64,
}

impl Edge {
    fn outer_stretches(&self, near: &[&Top], ports: &[&Port], reach_m: f64) -> Vec<OuterEdge> {
        let flush = near.iter().filter_map(|top| self.covered_by(top, reach_m));
        let crossed = ports.iter().filter_map(|port| self.crossed_at(port));
        let mut inner: Vec<[f64; 2]> = flush.chain(crossed).collect();
        inner.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut outer = Vec::new();
        let mut from_m = 0.0;
        for [start_m, end_m] in inner.into_iter().chain([[self.length_m; 2]]) {
            let to_m = start_m.min(self.length_m);
            if to_m - from_m > LEAST_M {
                let from = vector(add(self.from, scale(self.along, from_m)));
                outer.push(OuterEdge { from, along: vector(self.along), outward: vector(self.outward), length_m: (to_m - from_m) as f32 });
            }
            from_m = end_m.max(from_m);
        }
        outer
    }

    /// From where to where another surface is flush with it.
    fn covered_by(&self, top: &Top, reach_m: f64) -> Option<[f64; 2]> {
        let band_m = f64::from(EDGE_BAND_M);
        let beyond = |corner: Vec3| dot(sub(corner, self.from), self.outward);
        let above = |corner: Vec3| dot(sub(corner, self.from), self.up);
        let near = clipped(&top.corners, |corner| beyond(corner) + SHARED_M);
        let near = clipped(&near, |corner| reach_m - beyond(corner));
        let near = clipped(&near, |corner| above(corner) + band_m);
        let near = clipped(&near, |corner| band_m - above(corner));
        let along = near.into_iter().map(|corner| dot(sub(corner, self.from), self.along));
        let span = along.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], at| [least.min(at), most.max(at)]);
        (span[0] <= span[1]).then_some(span)
    }

    /// From where to where parts go over it through a port.
    fn crossed_at(&self, port: &Port) -> Option<[f64; 2]> {
        let arm = sub(port.pose.position, self.from);
        let sine = dot(port.pose.forward, self.outward).abs();
        let is_there = dot(arm, self.outward).abs() <= AT_PORT_M && dot(arm, self.up).abs() <= AT_PORT_M;
        let (at_m, half_m) = (dot(arm, self.along), port.width_m / 2.0 / sine);
        (sine >= CROSSED_SINE && is_there).then_some([at_m - half_m, at_m + half_m])
    }
}

/// What of a convex polygon is where `inside`, which is linear, is not negative.
fn clipped(polygon: &[Vec3], inside: impl Fn(Vec3) -> f64) -> Vec<Vec3> {
    let next = polygon.iter().cycle().skip(1);
    let mut left = Vec::with_capacity(polygon.len() + 1);
    for (&a, &b) in polygon.iter().zip(next) {
        let (at_a, at_b) = (inside(a), inside(b));
        if at_a >= 0.0 {
            left.push(a);
        }
        if (at_a >= 0.0) != (at_b >= 0.0) {
            left.push(add(a, scale(sub(b, a), at_a / (at_a - at_b))));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Vec3 = [0.0, 0.0, 1.0];

    /// Level, with its lower left corner there.
    fn top(x: f64, y: f64, z: f64, length_m: f64, width_m: f64) -> Top {
        let corners = [[0.0, 0.0], [length_m, 0.0], [length_m, width_m], [0.0, width_m]];
        Top::around(corners.map(|[along, left]| [x + along, y + left, z]).to_vec(), UP).expect("four corners")
    }

    /// By edge of the first that has outer stretches: its direction outwards, and where they begin and end along it.
    fn outer(tops: &[Top]) -> Vec<([i32; 2], f32, f32)> {
        let near: Vec<&Top> = tops[1..].iter().collect();
        let found = tops[0].edges().flat_map(|edge| edge.outer_stretches(&near, &[], REACH_M));
        let told = |edge: OuterEdge| {
            let outward = [edge.outward.x.round() as i32, edge.outward.y.round() as i32];
            let start = edge.from.dot(edge.along);
            (outward, (start * 1e3).round() / 1e3, ((start + edge.length_m) * 1e3).round() / 1e3)
        };
        found.map(told).collect()
    }

    #[test]
    fn an_edge_is_outer_where_nothing_is_flush_with_it() {
        let sides = [([0, -1], 0.0, 2.0), ([0, 1], -2.0, 0.0)];
        let ends = [([1, 0], 0.0, 0.6), ([-1, 0], -0.6, 0.0)];
        let belt = || top(0.0, 0.0, 0.8, 2.0, 0.6);
        assert_eq!(outer(&[belt()]), [sides[0], ends[0], sides[1], ends[1]], "alone");
        for (gap_m, step_m) in [(0.0, 0.0), (0.02, 0.0), (0.0, 0.004), (0.0, -0.004)] {
            let next = top(2.0 + gap_m, 0.0, 0.8 + step_m, 2.0, 0.6);
            assert_eq!(outer(&[belt(), next]), [sides[0], sides[1], ends[1]], "gap {gap_m}, step {step_m}");
        }
        for (gap_m, step_m) in [(0.05, 0.0), (0.0, 0.02), (0.0, -0.02)] {
            let next = top(2.0 + gap_m, 0.0, 0.8 + step_m, 2.0, 0.6);
            assert_eq!(outer(&[belt(), next]).len(), 4, "gap {gap_m}, step {step_m}");
        }
        // A side conveyor takes its width from the side.
        let joining = top(0.5, 0.6, 0.8, 0.4, 1.0);
        let found = outer(&[belt(), joining]);
        assert_eq!(found, [sides[0], ends[0], ([0, 1], -2.0, -0.9), ([0, 1], -0.5, 0.0), ends[1]]);
    }

    #[test]
    fn what_tips_over_an_edge_touches_it_from_above_and_leans_out() {
        let outer = OuterEdges { edges: vec![side()], first: vec![0, 0, 1] };
        let surface = Surface { belt: true, top: 0.8, ..Surface::plain() };
        let (on_edge, leaning) = (Vector::new(1.0, 0.6, 0.8), Vector::new(0.1, 0.5, 0.85).normalize());
        assert!(outer.tips_over(1, &surface, leaning, on_edge));
        assert!(!outer.tips_over(0, &surface, leaning, on_edge), "a surface without outer edges");
        assert!(!outer.tips_over(7, &surface, leaning, on_edge), "a surface nobody knows");
        assert!(!outer.tips_over(1, &surface, leaning, Vector::new(1.0, 0.5, 0.8)), "within the belt");
        assert!(!outer.tips_over(1, &surface, leaning, Vector::new(2.1, 0.6, 0.8)), "beyond the edge's end");
        assert!(!outer.tips_over(1, &surface, Vector::Y, on_edge), "the ghost of a part that lies flat");
        assert!(!outer.tips_over(1, &surface, Vector::new(0.5, 0.1, 0.8), on_edge), "across the belt's seam");
        assert!(!outer.tips_over(1, &surface, Vector::new(0.0, -0.5, 0.8), on_edge), "leaning in");
    }

    fn side() -> OuterEdge {
        OuterEdge { from: Vector::new(2.0, 0.6, 0.8), along: -Vector::X, outward: Vector::Y, length_m: 2.0 }
    }
}
