//! What moves parts: `contact` (rigid bodies), `event` (lengths on lanes, in closed form). Each implements
//! [`crate::port::Transport`]; none knows the line's logic.

pub mod contact;
pub mod event;

use crate::parts::{PartId, Parts};
use crate::port::{Ball, EnergyTotals, Fact, Installed, MovedPart, MoverPose, PartBody, PartMotion, PartStep, Seen, Transport, Wish};
use contact::ContactTransport;
use event::EventTransport;
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::scene::{DriveId, Fidelity};
use linetwin_model::{Scene, Time};
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The transport of a run, whichever it is.
#[derive(Serialize, Deserialize)]
pub enum AnyTransport {
    Contact(Box<ContactTransport>),
    Event(Box<EventTransport>),
}

impl AnyTransport {
    pub fn new(scene: &Scene, threads: usize) -> Self {
        match scene.fidelity {
            Fidelity::Contact => AnyTransport::Contact(Box::new(ContactTransport::new(scene, threads))),
            Fidelity::Event => AnyTransport::Event(Box::new(EventTransport::new(scene))),
        }
    }

    /// Makes again what a snapshot does not hold.
    pub fn resume(&mut self, scene: &Scene, threads: usize) {
        match self {
            AnyTransport::Contact(transport) => transport.resume(scene, threads),
            AnyTransport::Event(transport) => transport.resume(scene),
        }
    }

    /// The threads on which it moves things, where these are not its caller's.
    pub fn workers(&self) -> Option<Arc<ThreadPool>> {
        match self {
            AnyTransport::Contact(transport) => transport.workers(),
            AnyTransport::Event(_) => None,
        }
    }

    fn get(&self) -> &dyn Transport {
        match self {
            AnyTransport::Contact(transport) => transport.as_ref(),
            AnyTransport::Event(transport) => transport.as_ref(),
        }
    }

    fn get_mut(&mut self) -> &mut dyn Transport {
        match self {
            AnyTransport::Contact(transport) => transport.as_mut(),
            AnyTransport::Event(transport) => transport.as_mut(),
        }
    }
}

impl Transport for AnyTransport {
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        self.get_mut().accept(scene, parts, wishes, now);
    }
    fn advance(&mut self, scene: &Scene, now: Time, until: Time) {
        self.get_mut().advance(scene, now, until);
    }
    fn sense(&mut self, scene: &Scene, now: Time, until: Time, facts: &mut Vec<Fact>) {
        self.get_mut().sense(scene, now, until, facts);
    }
    fn count(&mut self) {
        self.get_mut().count();
    }
    fn next_fact_at(&self) -> Option<Time> {
        self.get().next_fact_at()
    }
    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        let motions = self.get().motions();
        debug_assert!(motions.is_sorted_by(|a, b| a.0 < b.0), "transports give motions in order of id");
        motions
    }
    fn step_of(&self, scene: &Scene, part: PartId) -> Option<PartStep> {
        self.get().step_of(scene, part)
    }
    fn body_of(&self, part: PartId) -> Option<PartBody> {
        self.get().body_of(part)
    }
    fn take_over(&mut self, moved: Vec<MovedPart>) {
        self.get_mut().take_over(moved);
    }
    fn solids(&self, standing: bool, near: &[Ball]) -> Vec<(Seen, Solid)> {
        self.get().solids(standing, near)
    }
    fn installed(&self, scene: &Scene) -> Vec<Installed> {
        self.get().installed(scene)
    }
    fn movers(&self, scene: &Scene, tell: &mut dyn FnMut(MoverPose)) {
        self.get().movers(scene, tell);
    }
    fn speed_mps(&self, drive: DriveId) -> f64 {
        self.get().speed_mps(drive)
    }
    fn energy(&self) -> &EnergyTotals {
        self.get().energy()
    }
    fn hash_state(&self, hasher: &mut blake3::Hasher) {
        self.get().hash_state(hasher);
    }
}
