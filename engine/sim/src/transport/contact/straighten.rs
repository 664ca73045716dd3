//! Parts that somebody sets straight: taken into the hand, and set down upright onto the middle of their lane where there is
//! room. Must not know why.

use super::ContactTransport;
use super::entry::{FREE_MARGIN_M, Spawn};
use super::hook::Tag;
use super::world::pose;
use crate::parts::{Part, PartId, Parts};
use crate::port::FactKind;
use linetwin_model::{Scene, Time};
use rapier3d::parry;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// How far along the lane somebody sets a part down from where it was [m]: an arm's reach.
const REACH_M: f64 = 1.0;
/// Between two places that are tried [m].
const TRY_EVERY_M: f64 = 0.02;
/// How much wider than the part the way between rails must be there [m].
const MARGIN_M: f64 = 0.002;

/// A part in hand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InHand {
    pub part: PartId,
    lane: u32,
    /// Where it was taken up [m].
    along_m: f64,
    /// It was said to stand.
    stood: bool,
}

impl ContactTransport {
    /// Takes the part up; it is set down as soon as there is room.
    pub(super) fn straighten(&mut self, id: PartId, now: Time) {
        let Some(body) = self.occupants().get(id) else { return };
        let hand = InHand { part: id, lane: body.lane, along_m: body.along.centre_m, stood: body.standing() };
        self.remove(id, now);
        self.in_hand.push(hand);
    }

    /// Sets down what has room now, in the order in which it was taken up.
    pub(super) fn set_down(&mut self, scene: &Scene, parts: &Parts, now: Time) {
        if self.in_hand.is_empty() {
            return;
        }
        let mut in_hand = std::mem::take(&mut self.in_hand);
        in_hand.retain(|hand| {
            let part = parts.get(hand.part).expect("who leaves the line is taken out of the hand");
            let Some(spawn) = self.room_for(hand, part) else { return true };
            self.insert_body(scene, hand.part, part, &spawn, super::body::Extent::new(&part.shape));
            if hand.stood {
                self.report(now, FactKind::Moving { part: hand.part });
            }
            false
        });
        self.in_hand = in_hand;
    }

    /// The nearest place along the lane that is free; of two, the one downstream.
    fn room_for(&self, hand: &InHand, part: &Part) -> Option<Spawn> {
        let lane = &self.layout.lanes[hand.lane as usize];
        // Nobody reaches onto a platform that travels; the check lets nobody straighten on a lift whose platforms always do.
        if lane.lift.is_some() || lane.carriage.is_some_and(|id| self.carriages[id.index()].travels()) {
            return None;
        }
        let half_m = part.shape.size_m()[0] / 2.0;
        let (first_m, last_m) = (half_m.min(lane.length_m / 2.0), (lane.length_m - half_m).max(lane.length_m / 2.0));
        let steps = (REACH_M / TRY_EVERY_M) as i32;
        let offsets = (0..=steps).flat_map(|step| [step, -step]).map(|step| f64::from(step) * TRY_EVERY_M);
        let extent = super::body::Extent::new(&part.shape);
        let places = offsets.map(|offset_m| Spawn {
            lane: hand.lane as usize,
            along_m: (hand.along_m + offset_m).clamp(first_m, last_m),
            left_m: 0.0,
            yaw_rad: 0.0,
        });
        places.into_iter().find(|spawn| self.is_free(spawn, &extent, part, FREE_MARGIN_M) && self.is_clear_of_solids(spawn, &extent, part))
    }

    /// Whether the part would stand clear of rails, plates, blades and whatever else is fixed.
    fn is_clear_of_solids(&self, spawn: &Spawn, extent: &super::body::Extent, part: &Part) -> bool {
        let here = pose(&self.placed(spawn, extent));
        let [length, width, height] = part.shape.size_m();
        // No higher than it is: it must not meet what carries it.
        let half = [length / 2.0 + MARGIN_M, width / 2.0 + MARGIN_M, height / 2.0].map(|half| half as f32);
        let shape = parry::shape::Cuboid::new(Vector::new(half[0], half[1], half[2]));
        let meets = |collider: &Collider| {
            let apart = parry::query::intersection_test(&here, &shape, collider.position(), collider.shape());
            // What cannot be tested is taken for an obstacle.
            apart.map_or(true, |found| found.intersecting)
        };
        let around = shape.compute_aabb(&here).loosened(MARGIN_M as f32);
        let mut near = self.world.intersect_aabb_conservative(around, QueryFilter::default());
        near.all(|(_, collider)| {
            let tag = Tag::decode(collider.user_data);
            tag.surface.is_none() || !meets(collider)
        })
    }
}
