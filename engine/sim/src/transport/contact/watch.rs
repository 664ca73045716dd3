//! What is read from contacts after a step: the work of drives, overlaps that must not be, and jams. A jam is a part
//! that stands on a running conveyor although neither a hold nor a stopped drive keeps it, directly or through parts
//! that it touches ahead.

use super::ContactTransport;
use super::body::{Body, Where};
use super::hook::Tag;
use super::world::vector;
use crate::parts::PartId;
use crate::port::{Fact, FactKind, InvalidKind};
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;

/// Overlap that physics may not keep up [m], and for how many steps: impacts and tight queues stay below a few mm.
const OVERLAP_MAX_M: f32 = 0.01;
const OVERLAP_STEPS: u32 = 12;
/// Steps between two searches for jams; `jam_after` is seconds, so a quarter of a second does not matter.
const JAM_EVERY_STEPS: u64 = 30;
/// Surface speed below which a conveyor does not run [m/s].
const RUNNING_MPS: f64 = 0.01;

impl ContactTransport {
    /// One pass over all contacts.
    pub(super) fn watch_contacts(&mut self, until: Time) {
        for pair in self.world.narrow_phase.contact_pairs() {
            if !pair.has_any_active_contact() {
                continue;
            }
            let first = Tag::decode(self.world.colliders[pair.collider1].user_data);
            let second = Tag::decode(self.world.colliders[pair.collider2].user_data);
            // On brake pads, nothing is driven.
            if ![first.part, second.part].iter().any(|part| self.mechanisms.braked.contains(part)) {
                self.drives.add_work(&self.surfaces, pair, first, second);
            }
            let deepest =
                pair.solver_manifolds().iter().flat_map(|manifold| manifold.data.solver_contacts.iter().map(|contact| contact.dist));
            if deepest.fold(0.0, f32::min) < -OVERLAP_MAX_M {
                for tag in [first, second].into_iter().filter(|tag| tag.surface.is_none()) {
                    if let Some(index) = index_of(&self.bodies, tag) {
                        self.bodies[index].overlaps = true;
                    }
                }
            }
        }
        for body in &mut self.bodies {
            body.deep_steps = if std::mem::take(&mut body.overlaps) { body.deep_steps + 1 } else { 0 };
            if body.deep_steps == OVERLAP_STEPS {
                let kind = FactKind::Invalid { kind: InvalidKind::Penetration, part: Some(body.id), element: None };
                self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
            }
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
            let since = loose.then(|| body.loose_since.unwrap_or(until));
            let jammed = since.is_some_and(|since| until.since(since) >= scene.physics.jam_after);
            let (part, before) = (body.id, body.jammed_on);
            self.bodies[index].loose_since = since;
            if jammed && before.is_none() {
                let element = self.layout.lanes[self.bodies[index].lane as usize].element;
                self.bodies[index].jammed_on = Some(element);
                self.report_at(until, FactKind::JamBegan { part, element });
            } else if let (false, Some(element)) = (jammed, before) {
                self.bodies[index].jammed_on = None;
                self.report_at(until, FactKind::JamEnded { part, element });
            }
        }
    }

    /// Whether something legitimate keeps the part where it is: looks from part to touching part ahead.
    fn is_kept(&self, scene: &Scene, start: usize) -> bool {
        let mut seen = vec![start];
        let mut next = 0;
        while let Some(&index) = seen.get(next) {
            next += 1;
            let body = &self.bodies[index];
            if body.place != Where::OnLane {
                continue;
            }
            let on_running = self.surface_speed(scene, body.lane as usize, body.along.centre_m).abs() > RUNNING_MPS;
            if !on_running || body.passing.iter().any(|passing| passing.held) {
                return true;
            }
            let flow = vector(self.layout.lanes[body.lane as usize].path.pose_at(body.along.centre_m).forward);
            for pair in self.world.narrow_phase.contact_pairs_with(body.collider).filter(|pair| pair.has_any_active_contact()) {
                let other = if pair.collider1 == body.collider { pair.collider2 } else { pair.collider1 };
                if self.mechanisms.holding_colliders().any(|holding| holding == other) {
                    return true;
                }
                let tag = Tag::decode(self.world.colliders[other].user_data);
                let Some(neighbour) = tag.surface.is_none().then(|| index_of(&self.bodies, tag)).flatten() else { continue };
                let ahead = (vector(self.bodies[neighbour].position) - vector(body.position)).dot(flow) > 0.0;
                if ahead && !seen.contains(&neighbour) {
                    seen.push(neighbour);
                }
            }
        }
        false
    }

    /// Position, rotation and velocities of a body, every bit, into the hash.
    pub(super) fn append_body(&self, handle: RigidBodyHandle, bytes: &mut Vec<u8>) {
        let body = &self.world.bodies[handle];
        let (position, rotation) = (body.translation(), body.rotation());
        let (linear, angular) = (body.linvel(), body.angvel());
        let numbers = [position.to_array(), linear.to_array(), angular.to_array()];
        for number in numbers.iter().flatten().chain(&rotation.to_array()) {
            bytes.extend_from_slice(&number.to_bits().to_le_bytes());
        }
    }
}

/// The part that a collider's tag names.
fn index_of(bodies: &[Body], tag: Tag) -> Option<usize> {
    let id = PartId { source: ElementId(tag.part[0]), serial: tag.part[1] };
    bodies.binary_search_by_key(&id, |body| body.id).ok()
}
