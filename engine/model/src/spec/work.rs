//! What works on parts, as written: stations and what they do. Knows nothing about names it refers to.

use super::{FailureSpec, Names, PowerSpec, Quantity, SetsSpec};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of a part whose last try failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Then")]
pub enum ThenSpec {
    /// It goes on.
    #[default]
    Pass,
    /// It is scrap: taken out at the station.
    Scrap,
}

/// Works on each part, in motion or while a hold keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Station")]
pub struct StationSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// How it holds the part while it works; without a hold it works on the moving part.
    #[serde(default)]
    pub hold: HoldSpec,
    /// Work on one part, or on all parts of a batch together [s].
    pub processing_s: Quantity,
    /// How many parts it works on together: they collect behind its blade, one against the other, and leave behind each other
    /// when it opens. Those for which it has no work are held with the others [parts].
    #[serde(default = "one")]
    pub batch: u32,
    /// The work begins with fewer parts when the first of them has waited so long for the others; without it, never. With
    /// changeovers (`setup_s`) it begins as well when a part of another type stands behind them [s].
    #[serde(default)]
    pub wait_s: Option<Quantity>,
    /// Its length along the host; no part that it holds may be longer, nor all parts of a batch together [m].
    #[serde(default = "station_length_m")]
    pub length_m: f64,
    /// Probability that a part is scrap after the work; it is taken out at the station [-].
    #[serde(default)]
    pub scrap_probability: f64,
    /// Which parts, e.g. `"!weight_ok && mass_kg > 3"`; the others pass.
    #[serde(default)]
    pub when: Option<String>,
    /// What the work writes on the part: `"sealed"`, or `{"ok": Bernoulli(p: 0.96)}`.
    #[serde(default)]
    pub sets: Option<SetsSpec>,
    /// What the work adds to the part's weight, spread evenly over its inside, drawn for each work: a bottle that is filled.
    /// It comes with the part's own speed [kg].
    #[serde(default)]
    pub fills_kg: Option<Quantity>,
    /// Works once more on a part that it has worked on and that comes by again; otherwise such a part passes.
    #[serde(default)]
    pub again: bool,
    /// How often the work is tried on a part, one try after the other, until every attribute of `sets` is true [tries].
    #[serde(default = "one")]
    pub tries: u32,
    /// What becomes of a part whose last try failed.
    #[serde(default)]
    pub then: ThenSpec,
    /// Changeover before a part of another type than the one before, by part: `{"large": 120}` to large from any other,
    /// `{"small to large": 90}` of this pair alone. What is not named needs none [s].
    #[serde(default)]
    pub setup_s: IndexMap<String, Quantity>,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of `processing_s` / `batch`.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// Manual work: the crew (of `resources`) that each piece of work waits for.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// How a station keeps a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Hold")]
pub enum HoldSpec {
    /// A blade on a loop, nothing elsewhere.
    #[default]
    Usual,
    /// Not at all: the part moves on.
    None,
    /// A plate rises at the station's end; the belt runs on below the part.
    Blade,
    /// Two jaws press the part from both sides at the station's centre.
    Clamp,
    /// The host's drive stops when the part is at the station's centre.
    BeltStop,
}

/// Works on parts in places of its own beside the line: an oven, a washer, test cells. It takes parts in the order in which they
/// come from a blade at the end of the conveyor that feeds it, and lets each go by its out-port when the work is done; what
/// follows says `after`. Its places are not along a conveyor, where a finished part would wait for those before it. A source, a
/// buffer or another such station may also hand parts to it with no conveyor between them, which takes no time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ParallelStation")]
pub struct ParallelStationSpec {
    /// What feeds it: the conveyor that ends there, or sources, buffers and parallel stations that hand parts to it with no conveyor
    /// between them.
    #[serde(default)]
    pub after: Names,
    /// Where its in-port is, where `after` does not say it [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Work on the parts of one place, all together, drawn for each such batch [s].
    pub processing_s: Quantity,
    /// How many places work side by side, each by itself; it is free again when its last part has left [places].
    #[serde(default = "one")]
    pub slots: u32,
    /// How many parts a place takes; the work begins when they are there [parts].
    #[serde(default = "one")]
    pub batch: u32,
    /// The work begins with fewer parts when the first of them has waited so long for the others; without it, never [s].
    #[serde(default)]
    pub wait_s: Option<Quantity>,
    /// Changeover of a place before a part of another type than the one before, by part: `{"large": 120}` to large from any
    /// other, `{"small to large": 90}` of this pair alone. What is not named needs none. With changeovers a place takes parts
    /// of one type at a time; a batch begins with fewer when a part comes for which no place is left [s].
    #[serde(default)]
    pub setup_s: IndexMap<String, Quantity>,
    /// Runs empty before a planned stop: so long before a break or the end of a shift (of `calendar`) it takes no more parts,
    /// and begins with those that it has. Without it, what it holds stays inside over the stop [s].
    #[serde(default)]
    pub empties_before_s: Option<f64>,
    /// Manual work: the crew (of `resources`) that the work of each place waits for, one person a place.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
    /// Probability that a part is scrap after the work; it is taken out there [-].
    #[serde(default)]
    pub scrap_probability: f64,
    /// What the work writes on each part: `"baked"`, or `{"ok": Bernoulli(p: 0.96)}`.
    #[serde(default)]
    pub sets: Option<SetsSpec>,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "parallel_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: the mean of `processing_s` /
    /// (`slots` * `batch`).
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time. A cycle, to them, is a part.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn one() -> u32 {
    1
}
fn parallel_length_m() -> f64 {
    1.5
}
fn station_length_m() -> f64 {
    0.6
}
