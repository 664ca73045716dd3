//! Where parts are joined and taken out of carriers, as written. Knows nothing about names it refers to.

use super::{FailureSpec, HoldSpec, Names, PowerSpec, Quantity, SideSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adds a part to what a carrier holds: into an empty nest, or joined to what stands there. It works where, by the bill of
/// the carrier's product, that part is still missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Assembly")]
pub struct AssemblySpec {
    /// The conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The part that it adds.
    pub adds: String,
    /// Which carriers beside that, e.g. `"empty"`; the others pass.
    #[serde(default)]
    pub when: Option<String>,
    /// Where its parts come from.
    #[serde(default)]
    pub supply: SupplySpec,
    /// Work on one carrier [s].
    pub processing_s: Quantity,
    /// How it holds the carrier while it works.
    #[serde(default = "blade")]
    pub hold: HoldSpec,
    /// Its length along the host; no carrier may be longer [m].
    #[serde(default = "length_m")]
    pub length_m: f64,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of `processing_s`.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Where the parts of an assembly come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Supply")]
pub enum SupplySpec {
    /// There is always one at hand.
    #[default]
    Unlimited,
    /// Bins, one in use; an empty one is sent away and comes back full. All are full at time zero.
    Kanban {
        /// How many bins there are [bins].
        bins: u32,
        /// Parts in a full bin [parts].
        size: u32,
        /// From the moment when a bin is empty until it is back [s].
        refill_s: Quantity,
    },
}

/// Takes a finished product out of its carrier and hands it to its out-port; what follows says `after`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Unload")]
pub struct UnloadSpec {
    /// The conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Which products, e.g. `"ok"`; the others pass.
    #[serde(default)]
    pub when: Option<String>,
    /// Work on one carrier [s].
    pub processing_s: Quantity,
    /// The side of its out-port, seen in flow direction.
    #[serde(default = "right")]
    pub side: SideSpec,
    /// How it holds the carrier while it works.
    #[serde(default = "blade")]
    pub hold: HoldSpec,
    /// Its length along the host; no carrier may be longer [m].
    #[serde(default = "length_m")]
    pub length_m: f64,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of `processing_s`.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Takes products apart by their bill: what was joined leaves part by part from its port `out`, and the first part of the bill, to
/// which it was joined, from its port `base`, which must be caught: `after: "disassembly.base"`. What is not finished is taken apart
/// as far as it was joined. Every part is the one that it was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Disassembly")]
pub struct DisassemblySpec {
    /// The conveyor that brings the products; a blade at its end keeps them until they are taken.
    pub after: Names,
    /// Work on one product [s].
    pub processing_s: Quantity,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "machine_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Width of its out-port, which a conveyor behind it takes over; without it, that of its in-port [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// The side to which the first part of the bill leaves, seen in flow direction.
    #[serde(default = "right")]
    pub base_side: SideSpec,
    /// Planned run time per product (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of `processing_s`.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn machine_length_m() -> f64 {
    1.0
}
fn blade() -> HoldSpec {
    HoldSpec::Blade
}
fn length_m() -> f64 {
    0.6
}
fn right() -> SideSpec {
    SideSpec::Right
}
