//! The continuous vertical conveyor as written.

use super::{FailureSpec, Names, PowerSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A continuous vertical conveyor: level platforms on endless chains, one every pitch, that never stop to take a part or to hand
/// it over. A platform comes out at the end of the feeder slat by slat, level and in the direction of the flow, takes its part
/// along, goes up or down with it, and sets it on the conveyor at the other level, in the same direction (a Z). A blade at the end
/// of the feeder lets out one part when a platform is due, so that it comes to lie on the middle of it: chain speed over pitch is
/// what it can carry. While what follows has no room the chains stand; so they do while something reaches through the light
/// curtain at the entry and no platform is there to take it. On their way back platforms meet no parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ContinuousVerticalConveyor")]
pub struct ContinuousVerticalConveyorSpec {
    /// The conveyor that feeds it.
    pub after: Names,
    /// Length of a platform along the flow [m].
    pub length_m: f64,
    /// From platform to platform along the chains: more than a platform and what stands on it need to pass the next one [m].
    pub pitch_m: f64,
    /// How much higher it hands over than it takes; negative goes down [m].
    pub rise_m: f64,
    /// Radius on which platforms turn from level into vertical and back; so far their way up keeps from either neighbour [m].
    #[serde(default = "radius_m")]
    pub radius_m: f64,
    /// Speed of its chains; by default that of the conveyor that feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp of its chains [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// The most that its chains pull; against more it stalls [N].
    #[serde(default = "force_n")]
    pub force_n: f64,
    /// Width of its platforms; by default that of the conveyor that feeds it [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Material of its platforms.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time, with what is on it.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in; without it its electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running chains without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

fn radius_m() -> f64 {
    0.15
}
fn acceleration_mps2() -> f64 {
    1.0
}
fn force_n() -> f64 {
    5000.0
}
fn rubber() -> String {
    "rubber".to_owned()
}
