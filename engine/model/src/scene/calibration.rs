//! What exact events take from contact physics. Contact physics never reads it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// By spot.
    pub spots: Vec<SpotTiming>,
    /// By conveyor without a drive: what resists beyond friction [-]; of others 0.
    pub resistance: Vec<f64>,
    /// By element: what a hopper pours over the textbook [-]; of others 1.
    pub flow: Vec<f64>,
    /// What is expected of the measures.
    pub apart: Vec<Apart>,
}

/// What a hold takes beyond exact events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotTiming {
    /// Until a part at it rests.
    pub settle: Time,
    /// Until a part that is let go sets off.
    pub release: Time,
}

/// By how much a measure differs from contact physics, over the value with contact physics: mean and 95 % interval [-].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    pub kpi: String,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Pairs of runs.
    pub runs: u32,
}
