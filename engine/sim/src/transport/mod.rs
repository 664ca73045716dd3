//! What moves parts: `contact` (rigid bodies), `event` (lengths on lanes, in closed form), `mixed` (both, by conveyor). Each
//! implements [`crate::port::Transport`]; none knows the line's logic.

pub mod contact;
pub mod event;
pub mod mixed;

use crate::parts::PartId;
use crate::port::{
    Ball, Contact, EnergyTotals, Installed, Jumps, MovedPart, MoverPose, PartBody, PartMotion, PartStep, Seen, Steps, Transport,
};
use crate::random::Streams;
use contact::ContactTransport;
use event::EventTransport;
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::Scene;
use linetwin_model::scene::{DriveId, ElementId, Fidelity};
use mixed::MixedTransport;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The transport of a run, whichever it is.
#[derive(Serialize, Deserialize)]
pub enum AnyTransport {
    Contact(Box<ContactTransport>),
    Event(Box<EventTransport>),
    Mixed(Box<MixedTransport>),
}

impl AnyTransport {
    pub fn new(scene: &Scene, streams: Streams, threads: usize) -> Self {
        match scene.fidelity {
            Fidelity::Contact => AnyTransport::Contact(Box::new(ContactTransport::new(scene, threads))),
            Fidelity::Event => AnyTransport::Event(Box::new(EventTransport::new(scene, streams))),
            Fidelity::Mixed => AnyTransport::Mixed(Box::new(MixedTransport::new(scene, streams, threads))),
        }
    }

    /// Makes again what a snapshot does not hold.
    pub fn resume(&mut self, scene: &Scene, threads: usize) {
        match self {
            AnyTransport::Contact(transport) => transport.resume(scene, threads),
            AnyTransport::Event(transport) => transport.resume(scene),
            AnyTransport::Mixed(transport) => transport.resume(scene, threads),
        }
    }

    /// The threads on which it moves things, where these are not its caller's.
    pub fn workers(&self) -> Option<Arc<ThreadPool>> {
        match self {
            AnyTransport::Contact(transport) => transport.workers(),
            AnyTransport::Event(_) => None,
            AnyTransport::Mixed(transport) => transport.workers(),
        }
    }

    /// As what moves step by step, if any of it does.
    pub fn steps(&mut self) -> Option<&mut dyn Steps> {
        match self {
            AnyTransport::Contact(transport) => Some(transport.as_mut()),
            AnyTransport::Event(_) => None,
            AnyTransport::Mixed(transport) => Some(transport.as_mut()),
        }
    }

    /// As what moves from instant to instant, if any of it does.
    pub fn jumps(&mut self) -> Option<&mut dyn Jumps> {
        match self {
            AnyTransport::Contact(_) => None,
            AnyTransport::Event(transport) => Some(transport.as_mut()),
            AnyTransport::Mixed(transport) => Some(transport.as_mut()),
        }
    }

    fn get(&self) -> &dyn Transport {
        match self {
            AnyTransport::Contact(transport) => transport.as_ref(),
            AnyTransport::Event(transport) => transport.as_ref(),
            AnyTransport::Mixed(transport) => transport.as_ref(),
        }
    }

    fn get_mut(&mut self) -> &mut dyn Transport {
        match self {
            AnyTransport::Contact(transport) => transport.as_mut(),
            AnyTransport::Event(transport) => transport.as_mut(),
            AnyTransport::Mixed(transport) => transport.as_mut(),
        }
    }
}

impl Transport for AnyTransport {
    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        let motions = self.get().motions();
        debug_assert!(motions.is_sorted_by(|a, b| a.0 < b.0), "transports give motions in order of id");
        motions
    }
    fn coasting(&self) -> usize {
        self.get().coasting()
    }
    fn step_of(&self, scene: &Scene, part: PartId) -> Option<PartStep> {
        self.get().step_of(scene, part)
    }
    fn body_of(&self, part: PartId) -> Option<PartBody> {
        self.get().body_of(part)
    }
    fn contacts(&self, scene: &Scene) -> Vec<Contact> {
        self.get().contacts(scene)
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
    fn gates(&self) -> Vec<(ElementId, f64)> {
        self.get().gates()
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
