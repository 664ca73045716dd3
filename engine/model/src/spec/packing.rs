//! What fills containers and empties them, as written. What a container holds stands with the parts. Knows nothing about
//! names it refers to.

use super::{FailureSpec, Names, PowerSpec, Quantity, SideSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Puts parts into containers: it takes them from a queue at the end of the conveyor that feeds it, all of a group at
/// once, and sends the full container on. Empty containers come to its port `empties`: from a Source with
/// `before: "packer.empties"` (an erector), or over a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Packer")]
pub struct PackerSpec {
    /// The conveyor that brings the parts; a blade at its end keeps them until they are taken.
    pub after: Names,
    /// The container; what it takes and how it is filled stands in its `holds`.
    pub into: String,
    /// From taking a group of parts to having put it into the container [s].
    pub cycle_s: Quantity,
    /// How many parts it takes at once; without it, as many as a container holds [parts].
    #[serde(default)]
    pub takes: Option<u32>,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "packer_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Width of its out-port, which a conveyor behind it takes over; without it, that of the container and 0.1 m [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// The side on which the empty containers come, seen in flow direction.
    #[serde(default = "right")]
    pub empties_side: SideSpec,
    /// Planned run time per container (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of its cycles.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Takes parts out of containers and sends both on: the parts from its port `out`, the empty containers from its port
/// `empties`, which must be caught: `after: "unpacker.empties"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Unpacker")]
pub struct UnpackerSpec {
    /// The conveyor that brings the containers; a blade at its end keeps them until they are taken.
    pub after: Names,
    /// From taking a container, or having emptied its last group, to having taken a group out of it [s].
    pub cycle_s: Quantity,
    /// How many parts it takes out at once; without it, all of a container [parts].
    #[serde(default)]
    pub takes: Option<u32>,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "packer_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Width of its out-port, which a conveyor behind it takes over; without it, that of its in-port [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// The side to which the empty containers leave, seen in flow direction.
    #[serde(default = "right")]
    pub empties_side: SideSpec,
    /// Planned run time per container (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of its cycles.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Stacks parts on pallets, layer by layer: it takes them one by one from the end of the conveyor that feeds it and forms
/// the next layer while it sets down the last one. Empty pallets come to its port `pallets`, from a Source or over a
/// conveyor; where nothing comes there, it has as many as it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Palletiser")]
pub struct PalletiserSpec {
    /// The conveyor that brings the parts; a blade at its end keeps them until they are taken.
    pub after: Names,
    /// The pallet; what it takes and how it is stacked stands in its `holds`.
    pub into: String,
    /// To set down one layer [s].
    pub layer_s: Quantity,
    /// To change a full pallet for an empty one [s].
    #[serde(default = "zero")]
    pub change_s: Quantity,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "palletiser_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Width of its out-port, which a conveyor behind it takes over; without it, that of the pallet and 0.1 m [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// The side on which empty pallets come, seen in flow direction.
    #[serde(default = "right")]
    pub pallets_side: SideSpec,
    /// Planned run time per pallet (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of its layers and the change.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Takes parts off pallets, layer by layer, and sends them on one by one from its port `out`; the empty pallets leave by its
/// port `pallets`, which must be caught: `after: "depalletiser.pallets"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Depalletiser")]
pub struct DepalletiserSpec {
    /// The conveyor that brings the pallets; a blade at its end keeps them until they are taken.
    pub after: Names,
    /// To take off one layer [s].
    pub layer_s: Quantity,
    /// To change an empty pallet for a full one [s].
    #[serde(default = "zero")]
    pub change_s: Quantity,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "palletiser_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Width of its out-port, which a conveyor behind it takes over; without it, that of its in-port [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// The side to which the empty pallets leave, seen in flow direction.
    #[serde(default = "right")]
    pub pallets_side: SideSpec,
    /// Planned run time per pallet (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of its layers and the change.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn packer_length_m() -> f64 {
    1.0
}
fn palletiser_length_m() -> f64 {
    2.5
}
fn right() -> SideSpec {
    SideSpec::Right
}
fn zero() -> Quantity {
    0.0.into()
}
