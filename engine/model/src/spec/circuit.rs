//! Closed loops with carriers, as written. Knows nothing about whether they close.

use super::{FailureSpec, PieceSpec, PowerSpec, RailsSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A closed loop of zones, each with its own drive and photo-eye, on which carriers go round. A zone ends where a station
/// stops carriers; between such places zones have about the given length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Loop")]
pub struct LoopSpec {
    /// Where its path begins and ends: a point of the centre line on the carrying surface [m].
    pub start_m: [f64; 3],
    /// Direction of flow there: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Its way, piece by piece, back to its beginning: `[Ahead(12), Left(1, 180), Ahead(12), Left(1, 180)]`.
    pub path: Vec<PieceSpec>,
    /// Speed of the centre line [m/s].
    pub speed_mps: f64,
    /// Length of a zone; a carrier fits into it [m].
    pub zone_m: f64,
    /// What goes round on it from the start.
    #[serde(default)]
    pub fill: Option<CarriersSpec>,
    /// Width of the carrying surface. A square carrier whose diagonal is wider wedges between the rails sooner or later [m].
    #[serde(default = "width_m")]
    pub width_m: f64,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Guide rails. They leave room where a device works or a side conveyor joins.
    #[serde(default = "rails")]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "material")]
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

/// Carriers that stand on a loop at time zero, one in a zone, from its end on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Carriers")]
pub struct CarriersSpec {
    /// The part that goes round.
    pub part: String,
    /// How many; a zone stays free, or none could move [parts].
    pub count: u32,
}

fn width_m() -> f64 {
    0.5
}
fn acceleration_mps2() -> f64 {
    1.0
}
fn rails() -> RailsSpec {
    RailsSpec::Both
}
fn rail_height_m() -> f64 {
    0.1
}
fn material() -> String {
    "roller".to_owned()
}
