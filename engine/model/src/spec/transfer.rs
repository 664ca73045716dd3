//! Transfers, which take carriers off a loop, as written. Knows nothing about names it refers to.

use super::{FailureSpec, PowerSpec, PusherSpec, SideSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A plate that takes carriers off a loop or another conveyor to one side. Its port `side` must be caught:
/// `after: "leave.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Transfer")]
pub struct TransferSpec {
    /// The conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which it takes them, seen in flow direction.
    pub side: SideSpec,
    /// Which carriers, by what they hold: `"done(test) && !ok"`.
    pub when: String,
    /// What it does with a carrier while the first zone behind it has no room.
    #[serde(default)]
    pub when_full: WhenFullSpec,
    /// Time of the stroke out, unloaded; it returns in the same time [s].
    #[serde(default = "stroke_s")]
    pub stroke_s: f64,
    /// The most it can push with; where that does not do, it stalls [N].
    #[serde(default = "force_n")]
    pub force_n: f64,
    /// Length of its plate along the host [m].
    #[serde(default = "length_m")]
    pub length_m: f64,
    /// Height of its plate [m].
    #[serde(default = "height_m")]
    pub height_m: f64,
    /// Material of its plate.
    #[serde(default = "material")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// What a transfer does with a carrier while the first zone behind it has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "WhenFull")]
pub enum WhenFullSpec {
    /// It lets it pass: on a loop it comes by again.
    #[default]
    Pass,
    /// It pushes all the same, against what stands there.
    Push,
}

impl TransferSpec {
    /// The plate alone.
    pub fn pusher(&self) -> PusherSpec {
        PusherSpec {
            track: None,
            on: self.on.clone(),
            at_m: self.at_m,
            side: self.side,
            stroke_s: self.stroke_s,
            force_n: self.force_n,
            when: self.when.clone(),
            length_m: self.length_m,
            height_m: self.height_m,
            material: self.material.clone(),
            failures: self.failures.clone(),
            power_w: self.power_w,
        }
    }
}

fn stroke_s() -> f64 {
    0.8
}
fn force_n() -> f64 {
    200.0
}
fn length_m() -> f64 {
    0.3
}
fn height_m() -> f64 {
    0.08
}
fn material() -> String {
    "steel".to_owned()
}
