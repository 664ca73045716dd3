//! How jams are cleared, as written. Knows nothing about what jams, or why.

use super::{Names, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How what jams on some conveyors is cleared. When a jam is recognised, the drives of its conveyor stop and its neighbours
/// back up; it stays `jammed` until the jam is cleared. What is done is done to the parts at the head of the pile-up: those
/// behind them go on by themselves. The first entry that fits counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Clear")]
pub struct ClearSpec {
    /// The conveyors it is about; without it, all.
    #[serde(default)]
    pub on: Names,
    /// What it clears; by default jams alone.
    #[serde(default = "jams_alone")]
    pub of: Vec<ClearedSpec>,
    /// What is done.
    #[serde(default)]
    pub by: ClearBySpec,
    /// Time until the work on it begins: from when it is recognised, or with a `crew` from when somebody of it is free [s].
    #[serde(default = "zero")]
    pub response_s: Quantity,
    /// Work on one jam; not with `Reverse`, which says itself how long it takes [s].
    #[serde(default)]
    pub clear_s: Option<Quantity>,
    /// The crew (of `resources`) that does it, one person of it; without it, somebody is always there.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
}

/// What can be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Cleared")]
pub enum ClearedSpec {
    /// A part that stands on a running conveyor and that nothing holds on purpose.
    Jam,
    /// A part that has tipped over, wherever it lies on the conveyor.
    TipOver,
    /// A part that has turned and is wider than its lane.
    Skew,
    /// A part that fell off the conveyor; it is taken out.
    Drop,
    /// A part that lies across a transfer, in the way of what comes along there.
    Overlap,
}

/// What is done about a jam.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ClearBy")]
pub enum ClearBySpec {
    /// The parts are taken out of the line: scrap.
    #[default]
    Remove,
    /// The parts are set upright and straight onto the middle of the lane, where there is room within arm's reach; in hand
    /// until there is.
    Straighten,
    /// The conveyor runs backwards for a time and then tries again, by itself. What that does not do is left to the next
    /// entry that fits, and so is what does not run backwards: slopes without a drive, and platforms.
    Reverse {
        /// How long it runs backwards, at its set speed [s].
        run_s: f64,
        /// Tries in a row, before the next entry counts [tries].
        #[serde(default = "three")]
        tries: u32,
    },
}

fn jams_alone() -> Vec<ClearedSpec> {
    vec![ClearedSpec::Jam]
}
fn zero() -> Quantity {
    0.0.into()
}
fn three() -> u32 {
    3
}
