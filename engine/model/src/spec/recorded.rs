//! A record of the plant that a run replays, as written. Knows nothing about what stands in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine log (`docs/machine-logs.md`) that a run replays: what came from outside comes when it came then, while all else, such as
/// processing times, is drawn as ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Recorded")]
pub struct RecordedSpec {
    /// Path of the log (CSV), from the scene's folder.
    pub csv: String,
    /// The moment of the log at which the run begins [s].
    #[serde(default)]
    pub from_s: f64,
    /// Sources that have arrivals in the log make a part at each of them, instead of as they say themselves.
    #[serde(default = "yes")]
    pub arrivals: bool,
    /// Elements that the log knows are down when they were, instead of by their `failures`; planned maintenance stays.
    #[serde(default = "yes")]
    pub stops: bool,
}

fn yes() -> bool {
    true
}
