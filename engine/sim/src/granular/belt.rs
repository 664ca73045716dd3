//! Belts, their scales, and the speed of those that dose. A scale multiplies what lies on its stretch with the belt's speed; whether
//! that rides with the belt it cannot know.

use crate::port::NANOGRAMS_PER_KG;
use linetwin_model::scene::{BeltScale, BulkBelt};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Belt {
    /// The line lets it run.
    pub runs: bool,
    pub speed_mps: f64,
    /// On its scale, smoothed.
    load_kgpm: f64,
    /// Added up by its scale [ng].
    pub weighed_ng: u64,
}

impl Belt {
    /// The speed for a step that begins; whether that is another.
    pub fn drive(&mut self, spec: &BulkBelt) -> bool {
        let speed_mps = match spec.doses_kgps {
            _ if !self.runs => 0.0,
            Some(doses_kgps) if doses_kgps < spec.speed_mps * self.load_kgpm => doses_kgps / self.load_kgpm,
            _ => spec.speed_mps,
        };
        std::mem::replace(&mut self.speed_mps, speed_mps) != speed_mps
    }

    /// After a step, at the end of which so much lies on the scale; what it adds up for it [ng].
    pub fn weigh(&mut self, scale: &BeltScale, on_it_ng: u64, dt_s: f64) -> u64 {
        let load_kgpm = on_it_ng as f64 / NANOGRAMS_PER_KG / scale.length_m;
        self.load_kgpm += (load_kgpm - self.load_kgpm) * (dt_s / (dt_s + scale.smoothed_s));
        let weighed_ng = (load_kgpm * self.speed_mps * dt_s * NANOGRAMS_PER_KG).round() as u64;
        self.weighed_ng += weighed_ng;
        weighed_ng
    }

    pub fn flow_kgps(&self) -> f64 {
        self.load_kgpm * self.speed_mps
    }
}
