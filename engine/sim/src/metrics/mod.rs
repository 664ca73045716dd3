//! The measures: a fold over the event stream, and nothing else. It only reads.

use crate::event::Event;
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// Everything measured so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {}

/// What a report needs besides the events.
pub struct ReportInputs<'a> {
    pub scene: &'a Scene,
    pub now: Time,
    pub seed: u64,
    pub replication: u32,
}

impl Metrics {
    pub fn new(_scene: &Scene) -> Self {
        Metrics {}
    }

    /// Folds the events of one step, in order.
    pub fn observe(&mut self, _scene: &Scene, _event: &Event) {}

    /// The end of a step: closes integrals up to `now` and takes the drives' cumulative mechanical work [J], by drive.
    pub fn advance_to(&mut self, _scene: &Scene, _now: Time, _drive_work_j: &[f64]) {}

    pub fn report(&self, _inputs: &ReportInputs<'_>) -> KpiReport {
        unimplemented!("written by metrics")
    }
}
