//! What sees and measures, as written: photo-eyes and counters, and how sensors lie. Readers are in `sortation`. Knows nothing
//! about what the line does with what it is told.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A photo-eye: a light barrier across a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Eye")]
pub struct EyeSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Height of its beam above the carrying surface [m].
    #[serde(default = "beam_height_m")]
    pub height_m: f64,
    /// How long its beam is broken before it says so; what passes faster is not told [s].
    #[serde(default)]
    pub on_delay_s: f64,
    /// How long its beam is free before it says so; a shorter gap is not told [s].
    #[serde(default)]
    pub off_delay_s: f64,
    /// How it lies from time to time.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// Counts the parts that pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Counter")]
pub struct CounterSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Which parts, e.g. `"!weight_ok && mass_kg > 3"`; the others do not count.
    #[serde(default)]
    pub when: Option<String>,
    /// From a part in its middle until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// A way in which a sensor lies from time to time. The line acts on what it is told; the measures know what is. Several may
/// last at once: the first one in the list that is stuck decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Fault")]
pub struct FaultSpec {
    /// What it is called: one line of the report.
    pub mode: String,
    /// How it lies.
    pub kind: FaultKindSpec,
    /// Time until the next one, from the end of the one before [s].
    #[serde(default)]
    pub uptime_s: Option<Quantity>,
    /// Instead: how many parts come to the sensor until the next one [parts].
    #[serde(default)]
    pub uptime_parts: Option<Quantity>,
    /// Time until it tells the truth again [s].
    pub repair_s: Quantity,
    /// The crew (of `resources`) that a repair waits for.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
}

/// How a sensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "FaultKind")]
pub enum FaultKindSpec {
    /// A photo-eye says that its beam is broken, whatever is in it.
    StuckOn,
    /// It sees nothing at all.
    StuckOff,
    /// It does not see some of the parts.
    Misses {
        /// Probability of each part that comes [-].
        probability: f64,
    },
    /// What it measures is off by the same amount each time.
    Offset {
        /// Added to what it measures, in the unit of that: a weigher's in [kg].
        by: f64,
    },
}

fn beam_height_m() -> f64 {
    0.05
}
