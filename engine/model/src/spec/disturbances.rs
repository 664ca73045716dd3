//! What can go wrong on a line from outside, as written: `linetwin test` draws from it. Knows nothing about names it refers to.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can disturb a run. It does nothing by itself: `linetwin test` makes runs in which some of it happens (`happens`) and looks for
/// one in which a check fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Disturbance")]
pub enum DisturbanceSpec {
    /// A photo-eye says for a while that something is there, or that nothing is.
    StuckEye {
        /// The Eye.
        eye: String,
        /// That something is there.
        #[serde(default = "yes")]
        blocked: bool,
        /// [s]
        for_s: Quantity,
    },
    /// A Source makes nothing for a while: what comes next, and all behind it, is late.
    Late {
        /// The Source.
        source: String,
        /// [s]
        by_s: Quantity,
    },
    /// Drives and machines stand for a while, and go on.
    PowerDip {
        /// The elements without power; without any, all of them.
        #[serde(default)]
        on: Vec<String>,
        /// [s]
        for_s: Quantity,
    },
    /// Two materials grip each other more or less in the whole run: a wet day, a dusty belt.
    Friction {
        /// `"MATERIAL on MATERIAL"`.
        pair: String,
        /// What the coefficient of friction is multiplied with [-].
        factor: Quantity,
    },
    /// A Source makes parts of another size for a while.
    OffSize {
        /// The Source.
        source: String,
        /// What length, width and height are multiplied with [-].
        factor: Quantity,
        /// [s]
        for_s: Quantity,
    },
}

/// A disturbance that happens in this run. `linetwin test` writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Happens")]
pub struct HappensSpec {
    /// Which of `disturbances`, from 0.
    pub disturbance: u32,
    /// When it begins [s].
    #[serde(default)]
    pub at_s: f64,
    /// How long it lasts; nothing of `Friction` [s].
    #[serde(default)]
    pub for_s: f64,
    /// Of `Friction` and `OffSize` [-].
    #[serde(default = "one")]
    pub factor: f64,
}

fn yes() -> bool {
    true
}
fn one() -> f64 {
    1.0
}
