//! Contact physics and exact events side by side: each moves what is on its own conveyors, and hands over what comes to the
//! other's. Both know the whole line, its belts and its devices, and obey the same wishes; a part is with one of them.
//!
//! A part goes over when it is wholly on a conveyor of the other side, so that its length is taken where it comes from until its
//! tail is clear, and whatever it still covers there is told by who knows it. Until then each side sees the other's parts near its
//! own: bodies are walls that move for tokens, tokens are solids that do not give way for bodies. So a queue goes on across a border
//! in both directions.
//!
//! Both stand at the same instant when parts go over: at t_n, after the line has decided. Then contact physics makes its step, and
//! the events of that time follow in the next Control.

mod owners;

use super::contact::ContactTransport;
use super::event::EventTransport;
use crate::parts::{PartId, Parts};
use crate::port::{
    Ball, Contact, EnergyTotals, Fact, FactKind, Installed, Jumps, MovedPart, MoverPose, PartBody, PartMotion, PartStep, Seen, Steps,
    Transport, Wish,
};
use crate::random::Streams;
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::geometry::Pose;
use linetwin_model::scene::{DriveId, ElementId, EyeId, SpotId};
use linetwin_model::{Scene, Time};
use owners::Owners;
pub use owners::Shaded;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A part goes over although another is so far in its place [m]: what contacts and their positions leave unknown. By so much, what
/// bodies meet of a token is shorter than that.
pub const OVERLAP_M: f64 = 0.002;

/// A part that goes over.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    pub part: PartId,
    pub lane: usize,
    /// Of its centre on that lane [m].
    pub along_m: f64,
    pub left_m: f64,
    /// About the vertical, from the flow.
    pub yaw_rad: f64,
    /// Along the flow.
    pub v_mps: f64,
    /// Half of what it covers of its lane [m].
    pub half_m: f64,
    /// What it has met: its own lane first, then those that its leading face is on.
    pub met: Vec<Met>,
    /// Eyes whose beams it breaks.
    pub eyes: Vec<EyeId>,
    /// Since when it rests, where it does, and whether that was told.
    pub rests_since: Option<Time>,
    pub told_standing: bool,
}

/// What a part has met of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Met {
    pub lane: usize,
    /// Place on that lane less place on the part's own [m].
    pub shift_m: f64,
    /// So many spots, in order of their starts, has its leading face come to.
    pub arrived: usize,
    /// Which of them its trailing face has not left, and whether its centre was there.
    pub passing: Vec<(SpotId, bool)>,
}

/// A part of the other side as it lies on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wall {
    pub part: PartId,
    pub lane: usize,
    /// Of its centre [m], [m/s].
    pub along_m: f64,
    pub v_mps: f64,
    pub half_m: f64,
}

/// A token as bodies meet it: what it takes of its lane, a box over the whole width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shade {
    pub part: PartId,
    /// Half length, width, height [m].
    pub half_m: [f64; 3],
    /// Of the box's middle, now and at the end of the step.
    pub poses: [Pose; 2],
    /// Where it would be next: one that bodies keep back, a little further on.
    pub ahead: Pose,
}

#[derive(Serialize, Deserialize)]
pub struct MixedTransport {
    contact: ContactTransport,
    event: EventTransport,
    /// Up to here contact physics has moved its parts.
    until: Time,
    energy: EnergyTotals,
    /// By eye: whether a body breaks its beam, and whether a token does.
    broken: Vec<[bool; 2]>,
    #[serde(skip)]
    owners: Owners,
}

/// The two sides, where a list is by side.
const BODY: usize = 0;
const TOKEN: usize = 1;

impl MixedTransport {
    pub fn new(scene: &Scene, streams: Streams, threads: usize) -> Self {
        MixedTransport {
            contact: ContactTransport::new(scene, threads),
            event: EventTransport::new(scene, streams),
            until: Time::ZERO,
            energy: EnergyTotals::new(scene.drives.len()),
            broken: vec![[false; 2]; scene.eyes.len()],
            owners: Owners::new(scene),
        }
    }

    /// Makes again what a snapshot does not hold.
    pub fn resume(&mut self, scene: &Scene, threads: usize) {
        self.contact.resume(scene, threads);
        self.event.resume(scene);
        self.owners = Owners::new(scene);
    }

    pub fn workers(&self) -> Option<Arc<ThreadPool>> {
        self.contact.workers()
    }

    /// What one side reports: of a device, only who has its parts; of an eye, what changes for both.
    fn tells(&mut self, scene: &Scene, kind: &FactKind, side: usize) -> bool {
        let by_contact = match *kind {
            FactKind::EyeBlocked { eye } | FactKind::EyeCleared { eye } => {
                let sides = &mut self.broken[eye.index()];
                let before = sides[BODY] || sides[TOKEN];
                sides[side] = matches!(kind, FactKind::EyeBlocked { .. });
                return before != (sides[BODY] || sides[TOKEN]);
            }
            FactKind::StrokeEnded { pusher, .. } => self.owners.by_contact(scene.pushers[pusher.index()].element),
            FactKind::TravelEnded { carriage, .. } => self.owners.by_contact(scene.carriage(carriage).element),
            FactKind::Stalled { element } | FactKind::Freed { element } => self.owners.by_contact(element),
            _ => return true,
        };
        by_contact == (side == BODY)
    }

    /// Both stand at `now`: parts go over, and each side is told where the other's are.
    fn meet(&mut self, scene: &Scene, parts: &Parts, now: Time) {
        let mut eyes: Vec<EyeId> = Vec::new();
        for crossing in self.event.crossings(&scene.by_contact) {
            if self.contact.take_on(scene, parts, &crossing) {
                self.event.hand_over(scene, crossing.part);
                eyes.extend(crossing.eyes);
            }
        }
        for crossing in self.contact.crossings(scene, now) {
            if self.event.take_on(scene, parts, &crossing) {
                self.contact.hand_over(crossing.part, now);
                eyes.extend(crossing.eyes);
            }
        }
        for eye in eyes {
            let before = self.broken[eye.index()];
            let after = [self.contact.is_broken(eye), self.event.is_broken(eye)];
            self.broken[eye.index()] = after;
            if before.contains(&true) != after.contains(&true) {
                self.event.tell_eye(eye, after.contains(&true));
            }
        }
        self.event.set_walls(scene, self.contact.walls(scene.conveyors.len()), &self.owners.watched);
        let (reach_m, until) = (self.contact.longest_m(), now + scene.step.time_of(1));
        let pushing = self.contact.pushing(&self.event.shades(&self.owners.shaded, reach_m, until));
        self.event.keep_back(scene, &pushing);
        self.contact.set_shades(scene, parts, &self.event.shades(&self.owners.shaded, reach_m, until));
    }
}

impl Jumps for MixedTransport {
    fn next_at(&self) -> Option<Time> {
        self.event.next_at()
    }

    fn go_to(&mut self, scene: &Scene, now: Time) {
        self.event.go_to(scene, now);
    }

    fn sense(&mut self, scene: &Scene, now: Time, facts: &mut Vec<Fact>) {
        let mut all = Vec::new();
        self.event.sense(scene, now, &mut all);
        all.retain(|fact| self.tells(scene, &fact.kind, TOKEN));
        facts.append(&mut all);
    }

    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        let own: Vec<Wish> = wishes.iter().filter(|wish| self.owners.is_for_tokens(scene, wish)).cloned().collect();
        self.event.accept(scene, parts, &own, now);
    }

    fn count(&mut self, scene: &Scene) {
        self.event.count(scene);
        let sides = [self.contact.energy(), self.event.energy()];
        for (drive, by_contact) in self.owners.drives.iter().enumerate() {
            let owner = sides[if *by_contact { BODY } else { TOKEN }];
            self.energy.drive_work_j[drive] = sides[BODY].drive_work_j[drive] + sides[TOKEN].drive_work_j[drive];
            (self.energy.drive_running[drive], self.energy.drive_way_m[drive]) = (owner.drive_running[drive], owner.drive_way_m[drive]);
        }
        self.energy.residual_j = sides[0].residual_j;
    }

    fn encoders_m(&self) -> &[f64] {
        &self.energy.drive_way_m
    }
}

impl Steps for MixedTransport {
    /// The wishes of the whole jump: what contact physics has to do with them, it does from here on.
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        let own: Vec<Wish> = wishes.iter().filter(|wish| self.owners.is_for_bodies(scene, wish)).cloned().collect();
        self.contact.accept(scene, parts, &own, now);
        self.meet(scene, parts, now);
    }

    fn advance(&mut self, scene: &Scene, now: Time, until: Time) {
        self.contact.advance(scene, now, until);
        self.until = until;
    }

    fn sense(&mut self, scene: &Scene, now: Time, until: Time, facts: &mut Vec<Fact>) {
        let mut all = Vec::new();
        Steps::sense(&mut self.contact, scene, now, until, &mut all);
        all.retain(|fact| self.tells(scene, &fact.kind, BODY));
        facts.append(&mut all);
    }
}

impl Transport for MixedTransport {
    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        let mut motions = self.contact.motions();
        motions.extend(self.event.motions_at(self.until));
        motions.sort_by_key(|(part, _)| *part);
        motions
    }

    fn coasting(&self) -> usize {
        self.contact.coasting()
    }

    fn step_of(&self, scene: &Scene, part: PartId) -> Option<PartStep> {
        self.contact.step_of(scene, part)
    }

    fn body_of(&self, part: PartId) -> Option<PartBody> {
        self.contact.body_of(part)
    }

    fn take_over(&mut self, moved: Vec<MovedPart>) {
        self.contact.take_over(moved);
    }

    fn solids(&self, standing: bool, near: &[Ball]) -> Vec<(Seen, Solid)> {
        self.contact.solids(standing, near)
    }

    fn contacts(&self, scene: &Scene) -> Vec<Contact> {
        self.contact.contacts(scene)
    }

    fn installed(&self, scene: &Scene) -> Vec<Installed> {
        self.contact.installed(scene)
    }

    fn movers(&self, scene: &Scene, tell: &mut dyn FnMut(MoverPose)) {
        self.contact.movers(scene, tell);
    }

    fn gates(&self) -> Vec<(ElementId, f64)> {
        self.event.gates()
    }

    fn speed_mps(&self, drive: DriveId) -> f64 {
        if self.owners.drives[drive.index()] { self.contact.speed_mps(drive) } else { self.event.speed_mps(drive) }
    }

    fn energy(&self) -> &EnergyTotals {
        &self.energy
    }

    fn hash_state(&self, hasher: &mut blake3::Hasher) {
        self.contact.hash_state(hasher);
        self.event.hash_state(hasher);
    }
}
