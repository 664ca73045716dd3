//! What sorts parts, as written: readers, diverters, chutes. Knows nothing about what their conditions and attributes mean.

use super::{FailureSpec, Names, PowerSpec, SideSpec};
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

/// A stretch of a host whose wheels rise between its rollers and carry parts off to one side: a pop-up wheel sorter, or at
/// 90 degrees a right-angle transfer. It rises flush. While it is up, what lies on it moves at its angle, as far as friction
/// takes it along; its wheels turn with the host. Its port `side` must be caught: `after: "sorter.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "PopUp")]
pub struct PopUpSpec {
    /// The belt or zone conveyor it stands at, where that is straight.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which it carries, seen in flow direction.
    pub side: SideSpec,
    /// From the flow to the direction in which it carries, 20 to 90 [deg].
    #[serde(default = "pop_up_angle_deg")]
    pub angle_deg: f64,
    /// Which parts it carries off, e.g. `"seen_lane == 2"`. It stays up until they are off it, or past it.
    pub when: String,
    /// Surface speed of its wheels while the host runs at its own; by default the same [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Time that it needs to rise, and to sink [s].
    #[serde(default = "rise_s")]
    pub rise_s: f64,
    /// Length of the stretch along the host. Its side port is 0.6 m wider [m].
    #[serde(default = "pop_up_length_m")]
    pub length_m: f64,
    /// Material of its wheels.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: then it stays down, and everything passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A slope without a drive, between two walls: parts slide by their weight, and stand where friction holds them or others
/// are in their way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Chute")]
pub struct ChuteSpec {
    /// Where it begins: a point of the centre line on the sliding surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"sorter.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the slope, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is lower than its start. With `length_m` [m].
    #[serde(default)]
    pub drop_m: Option<f64>,
    /// How steeply it falls, instead of `drop_m` [deg].
    #[serde(default)]
    pub fall_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width between its walls; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Height of its walls [m].
    #[serde(default = "wall_height_m")]
    pub wall_height_m: f64,
    /// Material of the sliding surface.
    #[serde(default = "steel")]
    pub material: String,
}

fn pop_up_angle_deg() -> f64 {
    45.0
}
fn rise_s() -> f64 {
    0.1
}
fn pop_up_length_m() -> f64 {
    0.6
}
fn wall_height_m() -> f64 {
    0.2
}
fn rubber() -> String {
    "rubber".to_owned()
}
fn steel() -> String {
    "steel".to_owned()
}
