//! What sorts parts, as written: readers and diverters. Knows nothing about what their conditions and attributes mean.

use super::{FailureSpec, PowerSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads a code or a tag on parts in motion: an attribute that a part carries becomes one that the line knows. Where it
/// fails to read, the attribute that it sets is unset, which is a no-read. While it is down it reads nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scanner")]
pub struct ScannerSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attribute that it reads, as a Source or a Station sets it. A part without it is a no-read.
    pub reads: String,
    /// The attribute that it writes with the value that it read.
    pub sets: String,
    /// Probability that it reads what passes, anew at each pass [-].
    #[serde(default = "always")]
    pub read_rate: f64,
    /// Length of its window along the host; it reads when a part's centre is in its middle [m].
    #[serde(default = "window_length_m")]
    pub length_m: f64,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn always() -> f64 {
    1.0
}
fn window_length_m() -> f64 {
    0.2
}
