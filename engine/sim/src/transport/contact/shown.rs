//! Colliders as pictures show them: what stands, in the world, and what moves, with where it is. Changes nothing.

use super::ContactTransport;
use super::entry::index_u32;
use super::lift::LiftState;
use super::solids::add_shape;
use super::world::{point, vector};
use crate::port::{Installed, MoverPose, Owner};
use linetwin_model::Scene;
use linetwin_model::geometry::Vec3;
use rapier3d::parry::transformation::try_convex_hull;
use rapier3d::prelude::*;

impl ContactTransport {
    /// Surfaces whose body is not fixed. A roller's bar only swings about its rest by less than is seen.
    pub(super) fn moving_surfaces(&self) -> Vec<u32> {
        let surfaces = (0..index_u32(self.colliders.len())).filter(|&surface| {
            let body = self.world.colliders[self.colliders[surface as usize]].parent().map(|body| &self.world.bodies[body]);
            let bar = matches!(self.owners.of(surface), Owner::Conveyor(_)) && body.is_some_and(RigidBody::is_dynamic);
            body.is_some_and(|body| !body.is_fixed()) && !bar
        });
        surfaces.collect()
    }

    pub(super) fn installed_solids(&self, scene: &Scene) -> Vec<Installed> {
        let (mut moving, mut bars) = (self.moving.iter().copied().peekable(), self.rollers.at_rest().peekable());
        let mut movers = 0..;
        let shown = self.colliders.iter().enumerate().map(|(surface, handle)| {
            let owner = self.owners.of(index_u32(surface));
            let mover = moving.next_if_eq(&index_u32(surface)).and_then(|_| movers.next());
            let collider = &self.world.colliders[*handle];
            let bar = bars.next_if(|(bar, _)| bar == handle).map(|(_, home)| home);
            let at = match (mover, bar, collider.position_wrt_parent()) {
                (Some(_), ..) => Pose::IDENTITY,
                (None, Some(home), Some(in_body)) => home * *in_body,
                _ => *collider.position(),
            };
            let mut found = Vec::new();
            if let Some(lift) = self.lift_with(surface) {
                let half = collider.shape().as_cuboid().expect("a platform is a box").half_extents;
                let whole = SharedShape::cuboid((lift.platform_m(scene) / 2.0) as f32, half.y, half.z);
                add_shape(owner.seen(), &*whole, &at, &mut found);
            } else if collider.shape().as_trimesh().is_none() {
                add_shape(owner.seen(), collider.shape(), &at, &mut found);
            }
            Installed { owner, solids: found.into_iter().map(|(_, solid)| solid).collect(), mover }
        });
        shown.collect()
    }

    pub(super) fn tell_movers(&self, scene: &Scene, tell: &mut dyn FnMut(MoverPose)) {
        for &surface in &self.moving {
            let collider = &self.world.colliders[self.colliders[surface as usize]];
            let at = collider.position();
            let scale = if collider.is_enabled() { [self.length_share(scene, surface, collider), 1.0, 1.0] } else { [0.0; 3] };
            tell((at.translation.to_array(), at.rotation.to_array(), scale));
        }
    }

    /// A lift's platform is as long as what of it is out of its nose.
    fn length_share(&self, scene: &Scene, surface: u32, collider: &Collider) -> f32 {
        let Some(lift) = self.lift_with(surface as usize) else { return 1.0 };
        let half_m = collider.shape().as_cuboid().map_or(0.0, |cuboid| cuboid.half_extents.x);
        let full_m = lift.platform_m(scene) / 2.0;
        half_m / full_m as f32
    }

    fn lift_with(&self, surface: usize) -> Option<&LiftState> {
        self.lifts.iter().find(|lift| lift.surfaces().contains(&surface))
    }
}

/// The hull of points as physics makes it: its corners and its triangles; `None` where they lie in one plane.
pub fn hull_of(points_m: &[Vec3]) -> Option<(Vec<Vec3>, Vec<[u32; 3]>)> {
    let points: Vec<Vector> = points_m.iter().map(|&point| vector(point)).collect();
    let (corners, triangles) = try_convex_hull(&points).ok()?;
    Some((corners.into_iter().map(point).collect(), triangles))
}
