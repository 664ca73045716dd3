//! A spiral conveyor as written: turns on top of each other. Knows nothing about how its place is resolved.

use super::{FailureSpec, Names, PowerSpec, RailsSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A curve that climbs or falls evenly, for as many turns as wanted: parts change their height on little floor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Spiral")]
pub struct SpiralSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Radius of the centre line, seen from above [m].
    pub radius_m: f64,
    /// Angle that it turns in all, positive to the left: 1080 are three turns [deg].
    pub angle_deg: f64,
    /// How much its end is higher than its start; negative goes down [m].
    pub rise_m: f64,
    /// Width of the carrying surface; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of the centre line; by default that of the neighbour it is placed by [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Ramp when stopping or slowing down, where it differs from the other [m/s^2].
    #[serde(default)]
    pub deceleration_mps2: Option<f64>,
    /// Guide rails.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "belt")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its drives; without it their electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running drives without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

fn acceleration_mps2() -> f64 {
    1.0
}
fn rail_height_m() -> f64 {
    0.1
}
fn belt() -> String {
    "belt".to_owned()
}
