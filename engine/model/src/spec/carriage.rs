//! Platforms that take one part and hand it over elsewhere, as written: up or down, turned, on another track, in one of several lanes. Each has a
//! belt of its own; a blade at the end of the conveyor before it keeps parts back while it is away.

use super::{FailureSpec, Names, PowerSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reciprocating vertical conveyor: a platform takes one part, lifts or lowers it, and hands it over at the other level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "VerticalConveyor")]
pub struct VerticalConveyorSpec {
    /// The conveyor that feeds it.
    pub after: Names,
    /// Length of its platform [m].
    pub length_m: f64,
    /// How much higher it hands over than it takes; negative goes down [m].
    pub rise_m: f64,
    /// Its fastest travel [m/s].
    #[serde(default = "lift_mps")]
    pub travel_mps: f64,
    /// Its ramp [m/s^2].
    #[serde(default = "lift_mps2")]
    pub travel_mps2: f64,
    /// The most that it can lift, or press down on what lies in its way; against more it stalls [N].
    #[serde(default = "lift_force_n")]
    pub force_n: f64,
    /// Width of its belt; by default that of the conveyor that feeds it [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of its belt; by default that of the conveyor that feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp of its belt [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Material of its belt.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: a travel under way ends first.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its belt; without it its electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running belt without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

/// A turntable: a platform takes one part, turns, and hands it over in another direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Turntable")]
pub struct TurntableSpec {
    /// The conveyor that feeds it.
    pub after: Names,
    /// Length of its platform [m].
    pub length_m: f64,
    /// Angle that it turns, positive to the left [deg].
    pub angle_deg: f64,
    /// Its fastest turn [deg/s].
    #[serde(default = "turn_degps")]
    pub turn_degps: f64,
    /// Its ramp [deg/s^2].
    #[serde(default = "turn_degps2")]
    pub turn_degps2: f64,
    /// Width of its belt; by default that of the conveyor that feeds it [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of its belt; by default that of the conveyor that feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp of its belt [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Material of its belt.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: a travel under way ends first.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its belt; without it its electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running belt without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

/// A transfer car: a platform takes one part and carries it across to another track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "TransferCar")]
pub struct TransferCarSpec {
    /// The conveyor that feeds it.
    pub after: Names,
    /// Length of its platform [m].
    pub length_m: f64,
    /// Where the other track lies, to the left of the flow; negative to the right [m].
    pub shift_m: f64,
    /// Its fastest travel [m/s].
    #[serde(default = "car_mps")]
    pub travel_mps: f64,
    /// Its ramp [m/s^2].
    #[serde(default = "car_mps2")]
    pub travel_mps2: f64,
    /// Width of its belt; by default that of the conveyor that feeds it [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of its belt; by default that of the conveyor that feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp of its belt [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Material of its belt.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: a travel under way ends first.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its belt; without it its electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running belt without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

/// A lane divider: one flow goes on in several lanes side by side. A platform takes one part, carries it before its lane, hands
/// it over and comes back. A lane that is full or stands gets nothing meanwhile. One that `swings` is a mass-flow divider: a belt
/// on a pivot at its beginning, over which parts run without a stop; it turns from lane to lane when it is empty, and the lanes
/// fan out from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "LaneDivider")]
pub struct LaneDividerSpec {
    /// The conveyor that feeds it, in the middle of its lanes.
    pub after: Names,
    /// Length of its platform [m].
    pub length_m: f64,
    /// How many lanes there are, 2 to 8; what follows says `after: "divider.lane 1"`, from the left to the right [lanes].
    pub lanes: u32,
    /// Distance between the middles of two lanes; of one that swings, where they begin [m].
    pub pitch_m: f64,
    /// Turns about its beginning instead of going aside.
    #[serde(default)]
    pub swings: bool,
    /// So many parts in a row go to a lane before the next one is chosen; a lane that fills meanwhile is waited for [parts].
    #[serde(default = "one")]
    pub slug: u32,
    /// How it chooses a lane.
    pub by: DividingSpec,
    /// Its fastest travel, of one that swings at its tip [m/s].
    #[serde(default = "car_mps")]
    pub travel_mps: f64,
    /// Its ramp [m/s^2].
    #[serde(default = "car_mps2")]
    pub travel_mps2: f64,
    /// Width of its belt; by default that of the conveyor that feeds it [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of its belt; by default that of the conveyor that feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp of its belt [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Material of its belt.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: a travel under way ends first.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its belt; without it its electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running belt without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

/// How a lane divider chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Dividing")]
pub enum DividingSpec {
    /// In this ratio, evenly mixed and without chance; a lane that was passed over is not made up for.
    Ratio {
        /// One for each lane: `Ratio([2, 1, 1])` [parts].
        shares: Vec<u32>,
    },
    /// One after the other.
    RoundRobin,
    /// The lane with the fewest parts on its first conveyor; of equals the one further left.
    ShortestQueue,
    /// The lane whose number, from 1, the part has in this attribute; what has none, or another number, goes to the last one.
    Attribute(String),
}

fn one() -> u32 {
    1
}
fn acceleration_mps2() -> f64 {
    1.0
}
fn lift_mps() -> f64 {
    0.5
}
fn lift_mps2() -> f64 {
    1.0
}
fn lift_force_n() -> f64 {
    2000.0
}
fn turn_degps() -> f64 {
    90.0
}
fn turn_degps2() -> f64 {
    180.0
}
fn car_mps() -> f64 {
    0.8
}
fn car_mps2() -> f64 {
    0.8
}
fn rubber() -> String {
    "rubber".to_owned()
}
