//! What can disturb a run from outside, checked, and what of it happens in this one.

use super::{ElementId, MaterialId, Scene};
use crate::distribution::Distribution;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What can happen, and what is drawn for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disturbance {
    pub kind: DisturbanceKind,
    /// How long it lasts [s]; `None`: the whole run.
    pub for_s: Option<Distribution>,
    /// [-]
    pub factor: Option<Distribution>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DisturbanceKind {
    StuckEye { eye: ElementId, blocked: bool },
    Late { source: ElementId },
    PowerDip { on: Vec<ElementId> },
    Friction { pair: [MaterialId; 2] },
    OffSize { source: ElementId },
}

/// One that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    pub kind: DisturbanceKind,
    pub at: Time,
    pub until: Time,
    pub factor: f64,
}

impl Scene {
    /// What the sizes of parts are multiplied with that a source makes now [-].
    pub fn size_factor(&self, source: ElementId, now: Time) -> f64 {
        let of = |happening: &&Happening| matches!(happening.kind, DisturbanceKind::OffSize { source: other } if other == source);
        let now = self.happenings.iter().filter(of).filter(|happening| happening.at <= now && now < happening.until);
        now.map(|happening| happening.factor).product()
    }
}
