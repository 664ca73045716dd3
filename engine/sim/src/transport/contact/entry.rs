//! How parts come into the world: standing offers at ports, tried in order until their place is free, and contents at
//! time zero. Decides places and first velocities; must not know who offers.

use super::body::{Axes, Body, Extent, Where, collider_of, mass_of};
use super::coasting::{REST_STEPS, Rest, pose_of};
use super::energy::Ledger;
use super::hook::Tag;
use super::layout::{Entry, Lane};
use super::motions::motion_of;
use super::stance::Stance;
use super::watch::index_of;
use super::world::{point, pose, vector};
use super::{ContactTransport, body};
use crate::parts::{Part, PartId, Parts};
use crate::port::FactKind;
use linetwin_model::geometry::{Pose as Place, dot, sub};
use linetwin_model::scene::{ConveyorId, ElementKind, PortId};
use linetwin_model::{Scene, Time};
use rapier3d::parry;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Between the carrying surface and a part that is set on it [m]: it settles within two steps, without a bounce.
const SET_DOWN_GAP_M: f64 = 0.0005;
/// How much larger than drawn a part's place must be free [m], so that neighbours do not start in contact.
pub(super) const FREE_MARGIN_M: f64 = 0.002;

/// What a part may have moved since the broad phase last saw it, one step ago [m]: 20 m/s at 1/120 s.
pub(super) const MOVED_MAX_M: f32 = 0.17;

/// Slower than this a part may sleep [m/s], [rad/s]. Rapier's own 0.05 m/s would freeze parts on a slow belt (ovens,
/// accumulation at creep speed) and on a slope just beyond the critical one.
const ASLEEP_MPS: f32 = 0.001;
const ASLEEP_RADPS: f32 = 0.005;

/// A part that waits for its place at a port.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub part: PartId,
    pub port: PortId,
    pub left_m: f64,
    pub yaw_rad: f64,
    pub born_at: Time,
    /// Refused once, and said so.
    pub refused: bool,
}

/// Where a part's centre goes: arc length on a lane, offset to the left, yaw.
pub(super) struct Spawn {
    pub lane: usize,
    pub along_m: f64,
    pub left_m: f64,
    pub yaw_rad: f64,
}

impl ContactTransport {
    /// Tries every standing offer; at each port only the first in the queue has a chance.
    pub(super) fn try_offers(&mut self, scene: &Scene, parts: &Parts, now: Time) {
        if self.offers.is_empty() {
            return;
        }
        let mut offers = std::mem::take(&mut self.offers);
        let mut closed: Vec<PortId> = Vec::new();
        offers.retain_mut(|offer| {
            if !closed.contains(&offer.port) && self.try_offer(scene, parts, offer, now) {
                return false;
            }
            closed.push(offer.port);
            if !offer.refused {
                offer.refused = true;
                self.report(now, FactKind::Refused { part: offer.part, port: offer.port });
            }
            true
        });
        self.offers = offers;
    }

    fn try_offer(&mut self, scene: &Scene, parts: &Parts, offer: &Offer, now: Time) -> bool {
        let part = parts.get(offer.part).expect("an offered part exists");
        let entry = self.layout.lane_of_port[offer.port.index()].expect("an offer is made at an in-port that leads onto a lane");
        let extent = Extent::new(&part.shape);
        let lane = &self.layout.lanes[entry.lane];
        let half_m = half_length(lane, entry, &extent, offer.yaw_rad);
        let mut spawn = Spawn { lane: entry.lane, along_m: entry.along_m + half_m, left_m: offer.left_m, yaw_rad: offer.yaw_rad };
        if !self.is_zone_free(scene, entry) || !self.is_free(&spawn, &extent, part, FREE_MARGIN_M) {
            return false;
        }
        // One that enters at its first try was born within this step: it has moved since, if its way is free as well.
        let mut entered_at = now;
        if !offer.refused && offer.born_at < now {
            let speed = self.surface_speed(scene, entry.lane, spawn.along_m);
            let moved = Spawn { along_m: spawn.along_m + speed * now.since(offer.born_at).as_seconds(), ..spawn };
            if self.is_free(&moved, &extent, part, FREE_MARGIN_M) {
                (spawn, entered_at) = (moved, offer.born_at);
            }
        }
        self.insert_body(scene, offer.part, part, &spawn, extent);
        self.report(entered_at, FactKind::Entered { part: offer.part, port: offer.port });
        true
    }

    /// Contents at time zero: no question whether the place is free.
    pub(super) fn place(&mut self, scene: &Scene, parts: &Parts, id: PartId, at: (ConveyorId, f64, f64, f64), now: Time) {
        let (conveyor, along_m, left_m, yaw_rad) = at;
        let part = parts.get(id).expect("a placed part exists");
        let spawn = Spawn { lane: conveyor.index(), along_m, left_m, yaw_rad };
        self.insert_body(scene, id, part, &spawn, Extent::new(&part.shape));
        self.report(now, FactKind::Entered { part: id, port: scene.conveyor(conveyor).in_port });
    }

    pub(super) fn remove(&mut self, id: PartId, now: Time) {
        self.in_hand.retain(|hand| hand.part != id);
        let Ok(index) = self.bodies.binary_search_by_key(&id, |body| body.id) else { return };
        let body = self.bodies.remove(index);
        self.motions.remove(index);
        self.balance.depart(&body);
        for passing in &body.passing {
            self.report(now, FactKind::Left { part: id, spot: passing.spot });
        }
        if let Some(element) = body.jammed_on {
            self.report(now, FactKind::JamEnded { part: id, element });
        }
        self.drop_body(&body);
    }

    /// Mass and inertia anew, from what the part and its content weigh now.
    pub(super) fn reweigh(&mut self, parts: &Parts, id: PartId) {
        let (Some(part), Ok(index)) = (parts.get(id), self.bodies.binary_search_by_key(&id, |body| body.id)) else { return };
        let body = &mut self.bodies[index];
        if let Some(coaster) = &mut body.coaster {
            let mass = mass_of(coaster.collider.shape(), part);
            coaster.collider.set_mass_properties(mass);
            self.disturb_coaster(index);
            return;
        }
        let (handle, collider) = (body.handle, body.collider);
        let mass = mass_of(self.world.colliders[collider].shape(), part);
        self.world.colliders[collider].set_mass_properties(mass);
        self.world.wake_up(handle, true);
    }

    /// A zone conveyor takes one part per zone: what is set onto its first zone waits until that is empty.
    fn is_zone_free(&self, scene: &Scene, entry: Entry) -> bool {
        let lane = &self.layout.lanes[entry.lane];
        let (ElementKind::ZoneConveyor(_), Some(conveyor)) = (&scene.element(lane.element).kind, scene.conveyors.get(entry.lane)) else {
            return true;
        };
        let zone_end_m = conveyor.drives.first().map_or(0.0, |drive| scene.drives[drive.index()].end_m);
        let is_in = |body: &Body| {
            let mut along = body.along_on(index_u32(entry.lane));
            body.place == Where::OnLane && along.any(|along| along.trail_m < zone_end_m && along.lead_m > 0.0)
        };
        entry.along_m > 0.0 || !self.bodies.iter().any(is_in)
    }

    /// `margin_m`: how much larger than drawn its place must be free.
    pub(super) fn is_free(&self, spawn: &Spawn, extent: &Extent, part: &Part, margin_m: f64) -> bool {
        let place = self.placed(spawn, extent);
        let size = part.shape.size_m();
        let inflated = |k: usize| (size[k] / 2.0 + margin_m) as f32;
        let shape = parry::shape::Cuboid::new(Vector::new(inflated(0), inflated(1), inflated(2)));
        let here = pose(&place);
        let clear = |index: usize| {
            let body = &self.bodies[index];
            let away = sub(body.position, place.position);
            let reach = body.extent.radius_m() + extent.radius_m() + margin_m;
            if dot(away, away) > reach * reach {
                return true;
            }
            // Against a body inserted in this phase, the collider's pose is already that of its body.
            let (other, part) = match &body.coaster {
                None => (&self.world.colliders[body.collider], *self.world.bodies[body.handle].position()),
                Some(coaster) => (&*coaster.collider, pose_of(&self.motions.now[index])),
            };
            let there = part * other.position_wrt_parent().copied().unwrap_or(Pose::IDENTITY);
            let overlap = parry::query::intersection_test(&here, &shape, &there, other.shape());
            !overlap.expect("boxes, cylinders, capsules and hulls can be tested against a box").intersecting
        };
        let around = shape.compute_aabb(&here).loosened(MOVED_MAX_M);
        let mut near = self.world.intersect_aabb_conservative(around, QueryFilter::only_dynamic());
        let fresh = self.fresh.iter().filter_map(|id| self.bodies.binary_search_by_key(id, |body| body.id).ok());
        near.all(|(_, collider)| index_of(&self.bodies, Tag::decode(collider.user_data)).is_none_or(clear))
            && fresh.chain(self.coasters_near(around)).all(clear)
    }

    pub(super) fn insert_body(&mut self, scene: &Scene, id: PartId, part: &Part, spawn: &Spawn, extent: Extent) {
        let lane = &self.layout.lanes[spawn.lane];
        let place = self.placed(spawn, &extent);
        let flow = self.as_it_lies(lane, lane.path.pose_at(spawn.along_m));
        let velocity = vector(flow.forward) * self.surface_speed(scene, spawn.lane, spawn.along_m) as f32;
        let (handle, collider) = self.add_body(pose(&place), velocity, collider_of(scene, id, part, self.part_pairs));
        let axes = Axes::new(self.world.bodies[handle].rotation());
        let position = point(self.world.bodies[handle].translation());
        let half_m = extent.along(&axes, flow.forward);
        let lane = &self.layout.lanes[spawn.lane];
        let along = body::Along { trail_m: spawn.along_m - half_m, centre_m: spawn.along_m, lead_m: spawn.along_m + half_m };
        let passed = lane.spots.iter().take_while(|spot| spot.end_m < along.trail_m).count();
        let face = self.first_face(handle, collider, &extent);
        let new = Body {
            id,
            handle,
            collider,
            extent,
            place: Where::OnLane,
            lane: index_u32(spawn.lane),
            position,
            along,
            left_m: spawn.left_m,
            above_m: 0.0,
            views: body::Views::on(index_u32(spawn.lane), index_u32(passed)),
            passing: Vec::new(),
            clearing: Vec::new(),
            slow_steps: 0,
            standing_since: None,
            loose_since: None,
            jammed_on: None,
            jam_head: None,
            stance: Stance::on(face),
            deep_looks: 0,
            overlaps: false,
            energy: Ledger::default(),
            rest: Rest::default(),
            rest_steps: 0,
            wait_steps: REST_STEPS,
            coaster: None,
        };
        let at = self.bodies.binary_search_by_key(&id, |body| body.id).expect_err("a part enters the world once");
        self.crowd.note(&new);
        self.fresh.push(id);
        self.bodies.insert(at, new);
        self.motions.insert(at, motion_of(&self.world.bodies[handle]));
    }

    /// A part becomes a body of the physics.
    pub(super) fn add_body(&mut self, at: Pose, velocity: Vector, collider: impl Into<Collider>) -> (RigidBodyHandle, ColliderHandle) {
        let body = RigidBodyBuilder::dynamic().pose(at).linvel(velocity).ccd_enabled(false);
        let (handle, collider) = self.world.insert(body, collider);
        let activation = self.world.bodies[handle].activation_mut();
        (activation.normalized_linear_threshold, activation.angular_threshold) = (ASLEEP_MPS, ASLEEP_RADPS);
        // The physics weighs it anew.
        self.sliders.forget(handle);
        (handle, collider)
    }

    /// The pose of a part's centre, standing on the lane.
    pub(super) fn placed(&self, spawn: &Spawn, extent: &Extent) -> Place {
        let lane = &self.layout.lanes[spawn.lane];
        // The product of a corner's distances is at most half their squares.
        let (half_height_m, square_m2) = match *extent {
            Extent::Box([length, width, height]) => (height, (length * length + width * width) / 2.0),
            Extent::Round { half_height_m, radius_m, .. } => (half_height_m, radius_m * radius_m / 2.0),
        };
        let above_m = half_height_m + lane.twist_per_m * square_m2 + SET_DOWN_GAP_M;
        let home = lane.path.pose_at(spawn.along_m).shifted(0.0, spawn.left_m, above_m).turned(spawn.yaw_rad);
        self.as_it_lies(lane, home)
    }

    /// A pose on a lane as that lies now: a platform's is where it has travelled.
    pub(super) fn as_it_lies(&self, lane: &Lane, home: Place) -> Place {
        lane.carriage.map_or(home, |id| self.carriages[id.index()].moved(home))
    }

    /// Speed of the surface at `along_m` of a lane [m/s].
    pub(super) fn surface_speed(&self, scene: &Scene, lane: usize, along_m: f64) -> f64 {
        if let Some(bed) = self.layout.lanes[lane].bed {
            return bed.speed_mps;
        }
        let drives = &scene.conveyors[lane].drives;
        let under = drives.iter().find(|drive| along_m <= scene.drives[drive.index()].end_m).or(drives.last());
        under.map_or(0.0, |&drive| self.drives.speed_mps(drive))
    }
}

pub fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("tables stay far below 2^32 rows")
}

/// Half the length along the flow of a part that stands yawed at an entry [m].
fn half_length(lane: &Lane, entry: Entry, extent: &Extent, yaw_rad: f64) -> f64 {
    let flow = lane.path.pose_at(entry.along_m);
    let turned = flow.turned(yaw_rad);
    extent.along(&Axes([turned.forward, turned.left, turned.up()]), flow.forward)
}
