//! Conveyors that carry otherwise than on one closed belt, as written: driven rollers, rollers that turn freely, chains
//! and strip-belts. Knows nothing about how a part rides on them.

use super::{FailureSpec, Names, PowerSpec, RailsSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Driven rollers. A part rides on their common top plane as on a belt, with the friction of rollers: their crests, and
/// the shock of an edge that meets one, are left out, so that every part must be at least three pitches long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "RollerConveyor")]
pub struct RollerConveyorSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the conveyor, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is higher than its start; negative goes down. With `length_m` [m].
    #[serde(default)]
    pub rise_m: Option<f64>,
    /// Slope, instead of `rise_m`; negative goes down [deg].
    #[serde(default)]
    pub slope_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width between its outer edges; by default that of the neighbour it is placed by [m].
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
    /// Distance between two rollers [m].
    #[serde(default = "roller_pitch_m")]
    pub pitch_m: f64,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the rollers.
    #[serde(default = "roller")]
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

/// Rollers that turn freely, on a slope: each is a body with its own inertia and bearing. Friction brings a roller to a
/// part's speed, and acts in full only across; along the flow a part feels what the bearings and the spinning up of the
/// rollers take from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "GravityRollerConveyor")]
pub struct GravityRollerConveyorSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the conveyor, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is higher than its start; negative goes down. With `length_m` [m].
    #[serde(default)]
    pub rise_m: Option<f64>,
    /// Slope, instead of `rise_m`; negative goes down [deg].
    #[serde(default)]
    pub slope_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width between its outer edges; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Distance between two rollers; every part must be at least three of them long [m].
    #[serde(default = "roller_pitch_m")]
    pub pitch_m: f64,
    /// Diameter of a roller [m].
    #[serde(default = "roller_diameter_m")]
    pub diameter_m: f64,
    /// What a part must set in motion of each roller: its moment of inertia over the square of its radius; for a tube, the
    /// mass of the tube [kg].
    #[serde(default = "roller_inertia_kg")]
    pub roller_inertia_kg: f64,
    /// Rolling resistance over the load that a roller carries [-].
    #[serde(default = "rolling_resistance")]
    pub rolling_resistance: f64,
    /// What the rolling resistance grows by with the speed [s/m].
    #[serde(default = "resistance_per_mps")]
    pub resistance_per_mps: f64,
    /// Drag of one roller's bearing at its surface, over the speed there: what carries nothing runs down by it [N s/m].
    #[serde(default = "bearing_drag_nspm")]
    pub bearing_drag_nspm: f64,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the rollers.
    #[serde(default = "roller")]
    pub material: String,
}

/// Two or more narrow driven strands with free space between them: a chain conveyor (pallets, totes) or a strip-belt. What
/// is narrower than the space falls through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Strands")]
pub struct StrandsSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the conveyor, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is higher than its start; negative goes down. With `length_m` [m].
    #[serde(default)]
    pub rise_m: Option<f64>,
    /// Slope, instead of `rise_m`; negative goes down [deg].
    #[serde(default)]
    pub slope_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width between its outer edges; by default that of the neighbour it is placed by [m].
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
    /// How many strands; the outer ones lie at the edges [strands].
    #[serde(default = "strand_count")]
    pub strands: u32,
    /// Width of one strand; by default 0.05 for a chain and 0.08 for a strip-belt [m].
    #[serde(default)]
    pub strand_width_m: Option<f64>,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the strands; by default steel for chains and belt for strip-belts.
    #[serde(default)]
    pub material: Option<String>,
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

/// A stretch of a belt with a drive and a speed of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "SpeedRegion")]
pub struct SpeedRegionSpec {
    /// Where it begins along the belt [m].
    pub from_m: f64,
    /// Where it ends [m].
    pub to_m: f64,
    /// Its speed [m/s].
    pub speed_mps: f64,
}

fn acceleration_mps2() -> f64 {
    1.0
}
fn rail_height_m() -> f64 {
    0.1
}
fn roller_pitch_m() -> f64 {
    0.075
}
fn roller_diameter_m() -> f64 {
    0.05
}
fn roller_inertia_kg() -> f64 {
    0.5
}
fn rolling_resistance() -> f64 {
    0.02
}
fn resistance_per_mps() -> f64 {
    0.02
}
fn bearing_drag_nspm() -> f64 {
    0.2
}
fn strand_count() -> u32 {
    2
}
fn roller() -> String {
    "roller".to_owned()
}
