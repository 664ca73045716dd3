//! What is read from contacts after a step: the work of drives, overlaps that must not be, and jams. A jam is a part
//! that stands on a running conveyor although neither a hold nor a stopped drive keeps it, directly or through parts
//! that it touches ahead.

use super::ContactTransport;
use super::body::{Body, Where};
use super::drives::Drives;
use super::energy::StepEnds;
use super::hook::{Surface, Tag};
use super::layout::has_no_motor;
use super::world::vector;
use crate::parts::PartId;
use crate::port::{Fact, FactKind, InvalidKind};
use linetwin_model::geometry::Pose as Place;
use linetwin_model::scene::{DriveId, ElementId};
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;

/// Overlap that physics may not keep up [m]: impacts and tight queues stay below a few mm.
const OVERLAP_MAX_M: f32 = 0.01;
/// Steps between two looks at all contacts (their data are cold memory, most of what sensing costs), and how many
/// looks in a row must find an overlap: 13 to 24 steps together.
const OVERLAP_EVERY_STEPS: u64 = 12;
const OVERLAP_LOOKS: u32 = 2;
/// Contact pairs whose memory is fetched together: enough reads at once, and still in the nearest cache.
const PAIRS_PER_BLOCK: usize = 16;
/// Steps between two searches for jams; `jam_after` is seconds, so a quarter of a second does not matter.
const JAM_EVERY_STEPS: u64 = 30;
/// Surface speed below which a conveyor does not run [m/s].
const RUNNING_MPS: f64 = 0.01;

impl ContactTransport {
    /// The work of drives, from all pairs in the order in which they lie in memory, not surface by surface.
    pub(super) fn watch_contacts(&mut self, scene: &Scene, until: Time) {
        let (surfaces, colliders, braked) = (&self.surfaces, &self.world.colliders, &self.mechanisms.braked);
        let driven = |collider: ColliderHandle| self.driven.get(collider.into_raw_parts().0 as usize).copied().flatten();
        let is_braked = |collider| colliders.get(collider).is_some_and(|found| braked.contains(&Tag::decode(found.user_data).part));
        let drives = &mut self.drives;
        let mut block = Vec::with_capacity(PAIRS_PER_BLOCK);
        for pair in self.world.narrow_phase.contact_pairs() {
            let (first, second) = (driven(pair.collider1), driven(pair.collider2));
            let Some(index) = first.or(second) else { continue };
            let surface = &surfaces[index as usize];
            let other = if first.is_some() { pair.collider2 } else { pair.collider1 };
            // On brake pads, nothing is driven.
            if surface.speed_mps == 0.0 || (!braked.is_empty() && is_braked(other)) {
                continue;
            }
            block.push((surface, pair, first.is_some()));
            if block.len() == PAIRS_PER_BLOCK {
                add_work_of(&mut block, drives);
            }
        }
        add_work_of(&mut block, drives);
        for carriage in &self.carriages {
            drives.totals.drive_work_j[carriage.drive_index(surfaces)] += carriage.travel_work_j(&self.world);
        }
        for lift in &self.lifts {
            let (drive, work_j) = lift.work_j(scene, &self.world);
            drives.totals.drive_work_j[drive] += work_j;
        }
        for (drive, work_j) in self.mechanisms.lifting_work_j(&self.world, surfaces) {
            drives.totals.drive_work_j[drive] += work_j;
        }
        self.add_coasting_work(scene);
        if self.steps.is_multiple_of(OVERLAP_EVERY_STEPS) {
            self.watch_overlaps(until);
        }
    }

    fn watch_overlaps(&mut self, until: Time) {
        for pair in self.world.narrow_phase.contact_pairs() {
            let deepest =
                pair.solver_manifolds().iter().flat_map(|manifold| manifold.data.solver_contacts.iter().map(|contact| contact.dist));
            if deepest.fold(0.0, f32::min) < -OVERLAP_MAX_M {
                for collider in [pair.collider1, pair.collider2] {
                    let tag = Tag::decode(self.world.colliders[collider].user_data);
                    if let Some(index) = index_of(&self.bodies, tag) {
                        self.bodies[index].overlaps = true;
                    }
                }
            }
        }
        for body in &mut self.bodies {
            body.deep_looks = if std::mem::take(&mut body.overlaps) { body.deep_looks + 1 } else { 0 };
            if body.deep_looks == OVERLAP_LOOKS {
                let kind = FactKind::Invalid { kind: InvalidKind::Penetration, part: Some(body.id), element: None };
                self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
            }
        }
    }

    /// Energy that no contact explains.
    pub(super) fn watch_energy(&mut self, scene: &Scene, until: Time) {
        let ends = StepEnds {
            world: &self.world,
            motions: &self.motions,
            surfaces: &self.surfaces,
            colliders: &self.colliders,
            shadows: &self.shadows,
            braked: &self.mechanisms.braked,
            gravity_mps2: scene.physics.gravity_mps2,
            dt_s: scene.step.seconds(),
            steps: self.steps,
        };
        self.balance.advance(&ends, &mut self.bodies);
        if let Some(worst) = self.balance.judge(self.steps, &mut self.bodies, &mut self.drives.totals) {
            let (part, element) = (Some(worst.part), Some(self.layout.lanes[worst.lane as usize].element));
            self.report_at(until, FactKind::Invalid { kind: InvalidKind::EnergyFromNowhere, part, element });
        }
    }

    /// Bodies that Rapier found non-finite: it has put them back and disabled them.
    pub(super) fn watch_quarantine(&mut self, until: Time) {
        for &handle in self.world.quarantine().bodies() {
            if let Some(body) = self.bodies.iter_mut().find(|body| body.handle == handle) {
                body.place = Where::Invalid;
                let kind = FactKind::Invalid { kind: InvalidKind::BodyNotFinite, part: Some(body.id), element: None };
                self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
            }
        }
    }

    pub(super) fn watch_jams(&mut self, scene: &Scene, until: Time) {
        if !self.steps.is_multiple_of(JAM_EVERY_STEPS) {
            return;
        }
        for index in 0..self.bodies.len() {
            let body = &self.bodies[index];
            let loose = body.place == Where::OnLane && body.standing() && !self.is_kept(scene, index);
            // The clock starts when nothing keeps the part any more: one that stood behind a stopped drive for long is no
            // jam in the moment in which the drive starts again.
            self.bodies[index].loose_since = loose.then(|| body.loose_since.unwrap_or(until));
        }
        for index in 0..self.bodies.len() {
            self.watch_jam(scene, index, until);
        }
    }

    /// Once it is known of all parts whether something keeps them.
    fn watch_jam(&mut self, scene: &Scene, index: usize, until: Time) {
        let body = &self.bodies[index];
        let (part, before) = (body.id, body.jammed_on);
        // A queue whose first part has gone, or moves, was no jam of its own: its clock starts anew.
        let is_loose = |head: PartId| self.occupants().get(head).is_some_and(|head| head.loose_since.is_some());
        let lost_its_head = body.jam_head.is_some_and(|head| head != part && !is_loose(head));
        let jammed = body.loose_since.is_some_and(|since| until.since(since) >= scene.physics.jam_after) && !lost_its_head;
        if jammed && before.is_none() {
            let (element, head) = (self.layout.lanes[body.lane as usize].element, self.head_of(scene, index));
            let body = &mut self.bodies[index];
            (body.jammed_on, body.jam_head) = (Some(element), Some(head));
            self.report_at(until, FactKind::JamBegan { part, element, head });
        } else if let (false, Some(element)) = (jammed, before) {
            let body = &mut self.bodies[index];
            (body.jammed_on, body.jam_head) = (None, None);
            body.loose_since = body.loose_since.map(|since| if lost_its_head { until } else { since });
            self.report_at(until, FactKind::JamEnded { part, element });
        }
    }

    /// Who is first in the pile-up that a part stands in: a loose part ahead that touches no loose part ahead of itself, of
    /// several the one with the least id; where parts hold each other in a ring, any of them.
    fn head_of(&self, scene: &Scene, start: usize) -> PartId {
        let (mut seen, mut next) = (vec![start], 0);
        let mut heads: Vec<PartId> = Vec::new();
        while let Some(&index) = seen.get(next) {
            next += 1;
            let body = &self.bodies[index];
            let flow = self.flow_of(scene, body);
            let mut first = true;
            for (_, neighbour) in self.touching(body) {
                let Some(ahead) = neighbour.filter(|&ahead| self.is_ahead(body, ahead, flow) && self.bodies[ahead].loose_since.is_some())
                else {
                    continue;
                };
                first = false;
                if !seen.contains(&ahead) {
                    seen.push(ahead);
                }
            }
            if first {
                heads.push(body.id);
            }
        }
        let ring = seen.iter().map(|&index| self.bodies[index].id);
        heads.iter().copied().min().or(ring.min()).unwrap_or(self.bodies[start].id)
    }

    /// Which way a part goes: on a belt that runs both ways, as that runs.
    fn flow_of(&self, scene: &Scene, body: &Body) -> Vector {
        let forward = vector(self.flow_under(body).forward);
        let goes_back =
            self.layout.lanes[body.lane as usize].reverses && self.surface_speed(scene, body.lane as usize, body.along.centre_m) < 0.0;
        if goes_back { -forward } else { forward }
    }

    fn is_shadow_ahead(&self, body: &Body, other: ColliderHandle, flow: Vector) -> bool {
        let token = self.shadows.iter().any(|shadow| self.world.colliders[other].parent() == Some(shadow.handle));
        token && (self.world.colliders[other].translation() - vector(body.position)).dot(flow) > 0.0
    }

    fn is_ahead(&self, body: &Body, other: usize, flow: Vector) -> bool {
        (vector(self.bodies[other].position) - vector(body.position)).dot(flow) > 0.0
    }

    /// What touches a part: the collider, and where that is a part, its index.
    fn touching(&self, body: &Body) -> impl Iterator<Item = (ColliderHandle, Option<usize>)> + '_ {
        let own = body.collider;
        self.world.narrow_phase.contact_pairs_with(own).filter(|pair| pair.has_any_active_contact()).map(move |pair| {
            let other = if pair.collider1 == own { pair.collider2 } else { pair.collider1 };
            (other, index_of(&self.bodies, Tag::decode(self.world.colliders[other].user_data)))
        })
    }

    /// The flow where a part is, as its lane lies now.
    pub(super) fn flow_under(&self, body: &Body) -> Place {
        let lane = &self.layout.lanes[body.lane as usize];
        self.as_it_lies(lane, lane.path.pose_at(body.along.centre_m.clamp(0.0, lane.length_m)))
    }

    /// Whether something legitimate keeps the part where it is: looks from part to touching part ahead. A blade keeps the part
    /// that rests in its hold; one that is only caught by it, from another side or lane, is stuck.
    fn is_kept(&self, scene: &Scene, start: usize) -> bool {
        let mut seen = vec![start];
        let mut next = 0;
        while let Some(&index) = seen.get(next) {
            next += 1;
            let body = &self.bodies[index];
            if body.place != Where::OnLane {
                continue;
            }
            let by_gravity = self.layout.lanes[body.lane as usize].by_gravity;
            let on_running = by_gravity || self.surface_speed(scene, body.lane as usize, body.along.centre_m).abs() > RUNNING_MPS;
            if !on_running || body.passing.iter().any(|passing| passing.held && self.mechanisms.stops(passing.spot, body.id)) {
                return true;
            }
            let flow = self.flow_of(scene, body);
            for (other, neighbour) in self.touching(body) {
                // It may lie with its end on a conveyor that stands.
                let surface = Tag::decode(self.world.colliders[other].user_data).surface.map(|surface| &self.surfaces[surface as usize]);
                if surface.is_some_and(|surface| surface.stands() && !has_no_motor(scene, DriveId(surface.drive))) {
                    return true;
                }
                // It queues behind a part that exact events move.
                if surface.is_none() && neighbour.is_none() && self.is_shadow_ahead(body, other, flow) {
                    return true;
                }
                if let Some(ahead) = neighbour.filter(|&ahead| self.is_ahead(body, ahead, flow) && !seen.contains(&ahead)) {
                    seen.push(ahead);
                }
            }
        }
        false
    }
}

/// Adds the work of a few pairs and empties `block`.
///
/// One number of every contact is read beforehand, and nothing done with it. Contacts are scattered memory, and these
/// reads do not wait for each other, as those of the computation that follows would: sensing takes half the time.
fn add_work_of(block: &mut Vec<(&Surface, &ContactPair, bool)>, drives: &mut Drives) {
    let points = block.iter().flat_map(|(_, pair, _)| pair.solver_manifolds()).flat_map(|manifold| &manifold.points);
    std::hint::black_box(points.map(|point| point.data.impulse).sum::<f32>());
    for (surface, pair, belt_is_first) in block.drain(..) {
        drives.add_work(surface, pair, belt_is_first);
    }
}

/// The part that a collider's tag names; `None` for everything else.
pub fn index_of(bodies: &[Body], tag: Tag) -> Option<usize> {
    if tag.surface.is_some() {
        return None;
    }
    let id = PartId { source: ElementId(tag.part[0]), serial: tag.part[1] };
    bodies.binary_search_by_key(&id, |body| body.id).ok()
}
