//! How a part stands: on which of its faces, and whether it has tipped from one to another. Geometry of one body; knows
//! nothing about lanes or reports.
//!
//! A part that tips slowly about an edge comes to rest on the face through which the vertical from its centre of mass
//! goes. So the face below the centre of mass is the pose it is in, for any convex shape and any centre of mass.

use super::body::Extent;
use super::world::point;
use crate::incident::Touched;
use linetwin_model::Time;
use linetwin_model::geometry::{Vec3, add, dot, scale};
use linetwin_model::scene::ElementId;
use rapier3d::prelude::{Collider, Rotation, Vector};
use serde::{Deserialize, Serialize};

/// A part has tipped when it is this far beyond its balance [rad], 3 degrees: at its balance it may still fall back.
const BEYOND_BALANCE: f64 = 0.05;
/// Faces whose normals differ by less are one face of a hull [-].
const SAME_FACE_COSINE: f64 = 0.99;

/// What is below the centre of mass, in the part's own space.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Face {
    /// Outward normal of a plane face.
    Plane(Vec3),
    /// Of a cylinder on its side, a capsule or a ball: no face to tip from.
    Round,
}

impl Face {
    fn is(self, other: Face) -> bool {
        match (self, other) {
            (Face::Plane(a), Face::Plane(b)) => dot(a, b) > SAME_FACE_COSINE,
            (Face::Round, Face::Round) => true,
            _ => false,
        }
    }
}

/// What is remembered of a part's stance between two looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stance {
    pub face: Face,
    /// When it last stood flat and within its lane [m/s].
    pub speed_mps: f64,
    /// What last touched it while it was about to fall, and when.
    pub last_touch: Option<(Touched, f64, Time)>,
    /// Looks in a row that found it wider than its lane.
    pub skewed_looks: u32,
    pub skewed: bool,
    /// The transfer that it lies across, since that was told.
    pub across: Option<ElementId>,
}

impl Stance {
    pub fn on(face: Face) -> Self {
        Stance { face, speed_mps: 0.0, last_touch: None, skewed_looks: 0, skewed: false, across: None }
    }
}

/// A shape as its stance sees it.
pub struct Standing<'a> {
    extent: &'a Extent,
    collider: &'a Collider,
    /// In the part's space.
    centre_of_mass: Vec3,
    /// The vertical, downwards, in the part's space.
    down: Vec3,
}

impl<'a> Standing<'a> {
    /// `centre_of_mass`: in the part's space.
    pub fn new(extent: &'a Extent, collider: &'a Collider, rotation: &Rotation, centre_of_mass: Vector) -> Self {
        let down = rotation.inverse() * -Vector::Z;
        Standing { extent, collider, centre_of_mass: point(centre_of_mass), down: point(down) }
    }

    /// The face below the centre of mass.
    pub fn face(&self) -> Face {
        self.face_towards(self.down)
    }

    /// The new face, where the part has tipped off `old`.
    pub fn tipped_from(&self, old: Face) -> Option<Face> {
        let back = match old {
            Face::Plane(normal) => normal,
            Face::Round => {
                let [x, y, _] = self.down;
                let length = (x * x + y * y).sqrt();
                if length == 0.0 { [1.0, 0.0, 0.0] } else { [x / length, y / length, 0.0] }
            }
        };
        // Turned back towards the old face by the margin, the vertical must still go through another one. (Along the
        // unit vector at right angles to it, so that the margin is an angle.)
        let aside = add(back, scale(self.down, -dot(back, self.down)));
        let length = dot(aside, aside).sqrt();
        if length < 1e-6 {
            // Flat on it, or on its opposite.
            return (dot(back, self.down) < 0.0).then(|| self.face());
        }
        let leaning = add(self.down, scale(aside, BEYOND_BALANCE / length));
        let found = self.face_towards(leaning);
        (!found.is(old)).then(|| self.face())
    }

    fn face_towards(&self, direction: Vec3) -> Face {
        let com = self.centre_of_mass;
        match *self.extent {
            Extent::Round { caps: true, .. } => Face::Round,
            Extent::Round { radius_m, half_height_m, caps: false } => {
                let sign = if direction[2] < 0.0 { -1.0 } else { 1.0 };
                let to_end = (sign * half_height_m - com[2]) / direction[2];
                // At the end's height the vertical must be within the end's circle.
                let at = [com[0] + to_end * direction[0], com[1] + to_end * direction[1]];
                let within = direction[2] != 0.0 && at[0] * at[0] + at[1] * at[1] <= radius_m * radius_m;
                if within { Face::Plane([0.0, 0.0, sign]) } else { Face::Round }
            }
            Extent::Box(half) => match self.collider.shape().as_convex_polyhedron() {
                None => {
                    let axes = (0..3).filter(|&axis| direction[axis] != 0.0).map(|axis| {
                        let sign = if direction[axis] < 0.0 { -1.0 } else { 1.0 };
                        let mut normal = [0.0; 3];
                        normal[axis] = sign;
                        (normal, half[axis])
                    });
                    first_face(axes, com, direction)
                }
                Some(hull) => {
                    let planes = hull.faces().iter().map(|face| {
                        let corner = hull.vertices_adj_to_face()[face.first_vertex_or_edge as usize];
                        let normal = point(face.normal);
                        (normal, dot(normal, point(hull.points()[corner as usize])))
                    });
                    first_face(planes, com, direction)
                }
            },
        }
    }
}

/// The plane (outward normal, distance from the origin) that a ray from within meets first.
fn first_face(planes: impl Iterator<Item = (Vec3, f64)>, from: Vec3, direction: Vec3) -> Face {
    let ways = planes.filter_map(|(normal, distance)| {
        let towards = dot(normal, direction);
        (towards > 1e-9).then(|| (normal, (distance - dot(normal, from)) / towards))
    });
    ways.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(Face::Round, |found| Face::Plane(found.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapier3d::prelude::*;

    /// The angle of tilt about y at which a body has tipped, by steps of a hundredth of a degree.
    fn tips_at(extent: Extent, collider: ColliderBuilder, centre_of_mass: Vector) -> f64 {
        let collider = collider.build();
        for hundredth in 0..9000 {
            let angle = f64::from(hundredth) * 0.01_f64.to_radians();
            let rotation = Rotation::from_rotation_y(angle as f32);
            let standing = Standing::new(&extent, &collider, &rotation, centre_of_mass);
            if standing.tipped_from(Face::Plane([0.0, 0.0, -1.0])).is_some() {
                return angle;
            }
        }
        f64::INFINITY
    }

    /// atan((b/2 - x) / h) for a box of base b whose centre of mass is x towards the edge and h above the base; the same
    /// for a cylinder with its radius.
    #[test]
    fn a_part_tips_when_its_centre_of_mass_is_beyond_its_edge() {
        for (half, com) in [([0.1, 0.1, 0.3], [0.0; 3]), ([0.1, 0.1, 0.3], [0.05, 0.0, -0.1]), ([0.2, 0.1, 0.05], [0.0, 0.0, 0.02])] {
            let [x, y, z] = half.map(|value: f64| value as f32);
            let found =
                tips_at(Extent::Box(half), ColliderBuilder::cuboid(x, y, z), Vector::new(com[0] as f32, com[1] as f32, com[2] as f32));
            let expected = libm::atan((half[0] - com[0]) / (half[2] + com[2])) + BEYOND_BALANCE;
            assert!((found - expected).abs() < 0.01 * expected, "{half:?} {com:?}: {found}, expected {expected}");
        }
        let bottle = Extent::Round { radius_m: 0.035, half_height_m: 0.11, caps: false };
        let found = tips_at(bottle, ColliderBuilder::cylinder(0.11, 0.035), Vector::ZERO);
        let expected = libm::atan(0.035 / 0.11) + BEYOND_BALANCE;
        assert!((found - expected).abs() < 0.01 * expected, "a bottle: {found}, expected {expected}");
    }
}
