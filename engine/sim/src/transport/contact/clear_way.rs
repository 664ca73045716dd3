//! How far a part can be carried straight on before it meets something that stands: rails, plates, the next belt. Looks at
//! colliders; knows nothing of what moves.

use super::ContactTransport;
use super::hook::Tag;
use super::owners::Owner;
use super::world::{pose, vector};
use linetwin_model::geometry::{Pose as Place, Vec3};
use linetwin_model::scene::ElementId;
use rapier3d::parry::query::{ShapeCastOptions, cast_shapes};
use rapier3d::prelude::*;

/// What is beside the way at this distance is not in it [m].
const MARGIN_M: f32 = 0.001;
/// How far below its belt a part's way is looked at [m], so that other belts of the same height are seen.
const BELOW_M: f64 = 0.005;

impl ContactTransport {
    /// Of a part on the straight of `conveyor` that goes `forward`: `half` of what it measures along, across and above it [m].
    pub(super) fn clear_way_m(&self, (conveyor, forward): (ElementId, Vec3), at: Place, half: [f64; 3], most_m: f64) -> f64 {
        let forward = vector(forward);
        let lower = pose(&at.shifted(0.0, 0.0, -BELOW_M / 2.0));
        let shape = Cuboid::new(vector([half[0], half[1], half[2] + BELOW_M / 2.0]));
        let here = shape.compute_aabb(&lower);
        let way = forward * most_m as f32;
        let swept = here.merged(&Aabb::new(here.mins + way, here.maxs + way)).loosened(MARGIN_M);
        let options = ShapeCastOptions { max_time_of_impact: most_m as f32, target_distance: MARGIN_M, ..ShapeCastOptions::default() };
        let mut clear_m = most_m;
        for (_, collider) in self.world.intersect_aabb_conservative(swept, QueryFilter::only_fixed()) {
            let Some(index) = Tag::decode(collider.user_data).surface else { continue };
            let surface = &self.surfaces[index as usize];
            // What carries it.
            if surface.belt && surface.forward == forward && self.owners.of(index) == Owner::Conveyor(conveyor) {
                continue;
            }
            match cast_shapes(&lower, forward, &shape, collider.position(), Vector::ZERO, collider.shape(), options) {
                Ok(None) => {}
                Ok(Some(hit)) => clear_m = clear_m.min(f64::from(hit.time_of_impact)),
                // Two shapes that it does not know.
                Err(_) => return 0.0,
            }
        }
        clear_m
    }
}
