//! The colliders of the world as solids that rays meet. Changes nothing.

use super::ContactTransport;
use super::body::Where;
use super::coasting::collider_of;
use super::entry::index_u32;
use super::world::point;
use crate::port::{Ball, Seen};
use linetwin_compute::kernels::rays::{Plane, REACH_M, Shape as Seeable, Solid};
use rapier3d::prelude::*;

/// Nothing reaches farther from the origin, and the boxes of the rays' tree are a little wider [m].
const FARTHEST_M: f32 = REACH_M - 1.0;
/// Thinner triangles have no inside [m2].
const LEAST_AREA_M2: f32 = 1e-12;

impl ContactTransport {
    /// In the order of the surfaces, then of the parts.
    pub(super) fn solid_bodies(&self, standing: bool, near: &[Ball]) -> Vec<(Seen, Solid)> {
        let mut found = Vec::new();
        for (surface, handle) in self.colliders.iter().enumerate() {
            let collider = &self.world.colliders[*handle];
            let stands = collider.parent().is_none_or(|body| self.world.bodies[body].is_fixed());
            if stands == standing && collider.is_enabled() && is_near(&collider.compute_aabb(), near) {
                add_shape(self.owners.of(index_u32(surface)).seen(), collider.shape(), collider.position(), &mut found);
            }
        }
        let parts = self.bodies.iter().zip(&self.motions.now).filter(|(body, _)| !standing && body.place != Where::Invalid);
        for (body, motion) in parts {
            let (collider, at) = collider_of(&self.world, body, motion);
            if is_near(&collider.shape().compute_aabb(&at), near) {
                add_shape(Seen::Part(body.id), collider.shape(), &at, &mut found);
            }
        }
        found
    }
}

fn is_near(bounds: &Aabb, near: &[Ball]) -> bool {
    let (low, high) = (point(bounds.mins), point(bounds.maxs));
    near.iter().any(|(middle, radius_m)| {
        let off = |axis: usize| (low[axis] - middle[axis]).max(middle[axis] - high[axis]).max(0.0);
        (0..3).map(|axis| off(axis) * off(axis)).sum::<f64>() <= radius_m * radius_m
    })
}

pub(super) fn add_shape(seen: Seen, shape: &dyn Shape, at: &Pose, found: &mut Vec<(Seen, Solid)>) {
    let mut add = |shape: Seeable, at: &Pose| {
        let solid = Solid { shape, position_m: at.translation.to_array(), rotation: at.rotation.to_array() };
        found.push((seen, solid));
    };
    // parry's cylinders and capsules lie along y, those of the rays along z: a quarter turn about x.
    let along_y = |at: &Pose| Pose::from_parts(at.translation, at.rotation * Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2));
    match shape.as_typed_shape() {
        TypedShape::Cuboid(cuboid) => {
            let (half, at) = within_reach(cuboid.half_extents, at);
            add(Seeable::Box { half_m: half.to_array() }, &at);
        }
        TypedShape::Ball(ball) => add(Seeable::Sphere { radius_m: ball.radius }, at),
        TypedShape::Cylinder(cylinder) => {
            add(Seeable::Cylinder { radius_m: cylinder.radius, half_height_m: cylinder.half_height }, &along_y(at));
        }
        TypedShape::Capsule(capsule) => {
            let radius_m = capsule.radius;
            let middle = *at * Pose::from_parts(capsule.center(), capsule.rotation_wrt_y());
            add(Seeable::Cylinder { radius_m, half_height_m: capsule.half_height() }, &along_y(&middle));
            for end in [capsule.segment.a, capsule.segment.b] {
                add(Seeable::Sphere { radius_m }, &Pose::from_parts(at.transform_point(end), Rotation::IDENTITY));
            }
        }
        TypedShape::ConvexPolyhedron(hull) => {
            let corners = hull.vertices_adj_to_face();
            let planes = hull.faces().iter().map(|face| {
                let corner = hull.points()[corners[face.first_vertex_or_edge as usize] as usize];
                Plane { normal: face.normal.to_array(), offset_m: face.normal.dot(corner) }
            });
            let planes = planes.collect();
            add(Seeable::Hull { points_m: hull.points().iter().map(|point| point.to_array()).collect(), planes }, at);
        }
        TypedShape::TriMesh(mesh) => {
            for triangle in mesh.triangles() {
                if let Some(sheet) = sheet(&triangle) {
                    add(sheet, at);
                }
            }
        }
        TypedShape::Compound(compound) => {
            for (place, inner) in compound.shapes() {
                add_shape(seen, inner.as_ref(), &(*at * *place), found);
            }
        }
        other => unreachable!("no part and no machine is made of {other:?}"),
    }
}

/// A level box, cut off where rays do not reach: the floor goes on under the longest line.
fn within_reach(half: Vector, at: &Pose) -> (Vector, Pose) {
    if at.rotation != Rotation::IDENTITY {
        return (half, *at);
    }
    let most = Vector::splat(FARTHEST_M);
    let (low, high) = ((at.translation - half).max(-most), (at.translation + half).min(most));
    if low == at.translation - half && high == at.translation + half {
        return (half, *at);
    }
    ((high - low) / 2.0, Pose::from_translation((low + high) / 2.0))
}

/// A triangle as what is left between its plane from both sides and its three edges.
fn sheet(triangle: &Triangle) -> Option<Seeable> {
    let corners = [triangle.a, triangle.b, triangle.c];
    let normal = (triangle.b - triangle.a).cross(triangle.c - triangle.a);
    if normal.length() < LEAST_AREA_M2 {
        return None;
    }
    let normal = normal.normalize();
    let plane = |normal: Vector, through: Vector| Plane { normal: normal.to_array(), offset_m: normal.dot(through) };
    let front = plane(normal, triangle.a);
    let mut planes = vec![front, Plane { normal: (-normal).to_array(), offset_m: -front.offset_m }];
    for (from, to) in [(0, 1), (1, 2), (2, 0)] {
        planes.push(plane((corners[to] - corners[from]).cross(normal).normalize(), corners[from]));
    }
    Some(Seeable::Hull { points_m: corners.map(|corner| corner.to_array()).to_vec(), planes })
}

#[cfg(test)]
mod tests {
    use super::super::world::vector;
    use super::*;
    use linetwin_compute::kernels::rays::{Hit, NO_SOLID, Ray, SolidWorld, cast_rays};

    /// Where a ray from above meets it, from a height of 5 m.
    fn from_above(shape: &dyn Shape, at: &Pose, x: f32, y: f32) -> Option<f32> {
        let mut found = Vec::new();
        add_shape(Seen::Floor, shape, at, &mut found);
        let solids: Vec<Solid> = found.into_iter().map(|(_, solid)| solid).collect();
        let mut hits = [Hit { distance_m: 0.0, solid: 0 }];
        let ray = Ray { origin_m: [x, y, 5.0], least_m: 0.0, direction: [0.0, 0.0, -1.0], most_m: 10.0 };
        cast_rays(&SolidWorld::new(&solids), &[ray], &mut hits);
        (hits[0].solid != NO_SOLID).then(|| 5.0 - hits[0].distance_m)
    }

    fn assert_height(found: Option<f32>, height_m: f32) {
        assert!(found.is_some_and(|found| (found - height_m).abs() < 5e-6), "{found:?}, not {height_m} m");
    }

    #[test]
    fn every_shape_of_the_world_is_met_where_it_is() {
        let upright = Pose::from_parts(Vector::new(1.0, 0.0, 0.0), Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2));
        let cylinder = SharedShape::cylinder(0.3, 0.1);
        assert_height(from_above(&*cylinder, &upright, 1.05, 0.0), 0.3);
        assert_eq!(from_above(&*cylinder, &upright, 1.11, 0.0), None, "beside it");
        let level = Pose::from_translation(Vector::new(1.0, 0.0, 0.0));
        assert_height(from_above(&*cylinder, &level, 1.0, 0.29), 0.1);
        let capsule = SharedShape::capsule_z(0.2, 0.1);
        assert_height(from_above(&*capsule, &level, 1.06, 0.0), 0.28);
        let ball = SharedShape::ball(0.5);
        assert_height(from_above(&*ball, &level, 1.3, 0.0), 0.4);
        let corners = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)].map(|(x, y, z)| Vector::new(x, y, z));
        let hull = SharedShape::convex_hull(&corners).expect("a tetrahedron");
        assert_height(from_above(&*hull, &level, 1.25, 0.25), 0.5);
        let mesh = SharedShape::trimesh(corners.to_vec(), vec![[1, 2, 3]]).expect("a triangle");
        assert_height(from_above(&*mesh, &level, 1.25, 0.25), 0.5);
        assert_eq!(from_above(&*mesh, &level, 1.6, 0.6), None, "beyond its edge");
        let box_above = Pose::from_translation(Vector::new(0.0, 0.0, 0.4));
        let compound = SharedShape::compound(vec![(box_above, SharedShape::cuboid(0.1, 0.1, 0.1))]);
        assert_height(from_above(&*compound, &level, 1.0, 0.0), 0.5);
    }

    #[test]
    fn a_floor_beyond_the_reach_is_cut_off_and_stays_where_it_is() {
        let floor = SharedShape::cuboid(5_000.0, 30.0, 0.5);
        let at = Pose::from_translation(Vector::new(4_000.0, 0.0, -0.5));
        assert_height(from_above(&*floor, &at, 900.0, 29.0), 0.0);
        assert_eq!(from_above(&*floor, &at, 900.0, 30.1), None);
    }

    #[test]
    fn what_is_far_from_every_ball_is_left_out() {
        let bounds = Aabb::new(vector([0.0; 3]), vector([1.0; 3]));
        assert!(is_near(&bounds, &[([0.5, 0.5, 3.0], 2.0)]) && !is_near(&bounds, &[([0.5, 0.5, 3.0], 1.9)]));
        assert!(!is_near(&bounds, &[([2.0, 2.0, 2.0], 1.7)]), "the corner is the square root of 3 away");
    }
}
