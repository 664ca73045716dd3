//! The accumulation table and the bin as written. Knows nothing about names it refers to.

use super::{FailureSpec, Names, OutcomeSpec, PowerSpec, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A wide slow surface between two narrow conveyors: parts pass along one rail in single file, spread to the other side
/// where the way out is full, and are led back by a slanting rail. It is made of chains side by side, the fastest along the
/// straight rail: what it takes along leaves gaps into which the slower ones beside it lead the next part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "AccumulationTable")]
pub struct AccumulationTableSpec {
    /// The conveyor that feeds it. It and the one that says `after` this table lie along the table's straight rail.
    pub after: Names,
    /// Length with the slanting rail [m].
    pub length_m: f64,
    /// Width between the rails before they narrow; the parts spread to the left of the flow [m].
    pub width_m: f64,
    /// Speed of the slowest chain, the leftmost; by default that of what feeds it [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Speed of the chain along the straight rail, as wide as the lane; by default twice that of the slowest [m/s].
    #[serde(default)]
    pub exit_speed_mps: Option<f64>,
    /// How many chains lie side by side, their speeds in even steps.
    #[serde(default = "chains")]
    pub chains: u32,
    /// Length of the slanting rail; by default it slants by 15 degrees, or takes nine tenths of the table [m].
    #[serde(default)]
    pub funnel_m: Option<f64>,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Height of its rails above the surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// What its surface is made of.
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

/// Where parts leave the line until it is full; then what feeds it stands until somebody has emptied it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Bin")]
pub struct BinSpec {
    /// The out-port that it catches: `"reject.side"`.
    pub after: Names,
    /// How many parts it takes [parts].
    pub capacity: u32,
    /// What happens while it is full.
    pub when_full: BinFullSpec,
    /// Until it is empty again, once it is full [s].
    #[serde(default = "emptying_s")]
    pub emptying_s: Quantity,
    /// How its parts are booked.
    #[serde(default = "reject")]
    pub outcome: OutcomeSpec,
}

/// What happens while a bin is full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "BinFull")]
pub enum BinFullSpec {
    /// This belt, curve, zone conveyor or table stands.
    Hold(String),
}

fn emptying_s() -> Quantity {
    120.0.into()
}
fn reject() -> OutcomeSpec {
    OutcomeSpec::Reject
}
fn chains() -> u32 {
    4
}
fn acceleration_mps2() -> f64 {
    1.0
}
fn rail_height_m() -> f64 {
    0.15
}
fn belt() -> String {
    "belt".to_owned()
}
