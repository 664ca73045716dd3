//! A simulation as a value: it owns a world and a schedule, steps, and is saved whole.

use crate::event::Event;
use crate::parts::{PartId, Parts};
use crate::port::PartMotion;
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct SimulationOptions {
    /// Instead of the scene's seed.
    pub seed: Option<u64>,
    pub replication: u32,
    /// Worker threads of the physics; 0: one per core. Never changes a result.
    pub threads: usize,
}

/// Chained over all steps: equal hashes mean equal histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StateHash(pub [u8; 32]);

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    #[error("the snapshot was written by {found}, this is {expected}")]
    ForeignEngine { found: String, expected: String },
    #[error("the snapshot belongs to another scene")]
    ForeignScene,
}

pub struct Simulation {}

impl Simulation {
    pub fn new(_scene: Arc<Scene>, _options: SimulationOptions) -> Self {
        unimplemented!()
    }
    pub fn scene(&self) -> &Arc<Scene> {
        unimplemented!()
    }
    /// t_n of the next step.
    pub fn now(&self) -> Time {
        unimplemented!()
    }
    /// Steps done.
    pub fn step_count(&self) -> u64 {
        unimplemented!()
    }
    /// One step, from t_n to t_(n+1).
    pub fn step(&mut self) {
        unimplemented!()
    }
    /// The events since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        unimplemented!()
    }
    pub fn state_hash(&self) -> StateHash {
        unimplemented!()
    }
    pub fn parts(&self) -> &Parts {
        unimplemented!()
    }
    /// In order of id.
    pub fn motions(&self) -> Vec<(PartId, PartMotion)> {
        unimplemented!()
    }
    pub fn report(&self) -> KpiReport {
        unimplemented!()
    }
    /// Everything, as bytes (not compressed). Save, load, save gives the same bytes.
    pub fn save(&self) -> Vec<u8> {
        unimplemented!()
    }
    /// Goes on exactly where `save` was called. `options.threads` counts; seed and replication come from the snapshot.
    pub fn load(_scene: Arc<Scene>, _options: SimulationOptions, _bytes: &[u8]) -> Result<Self, SnapshotError> {
        unimplemented!()
    }
}
