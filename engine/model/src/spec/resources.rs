//! What elements share: crews, and the calendar of the plant, as written. Knows nothing about who needs them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What several elements share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Resource")]
pub enum ResourceSpec {
    /// People of one skill: each does one thing at a time, a repair (`crew:` of a Failure), manual work (`crew:` of a
    /// Station or a ParallelStation) or clearing a jam (`crew:` of an entry of `jams`).
    Crew {
        /// How many [persons].
        count: u32,
    },
}

/// When the plant works. Outside the shifts its elements are `not scheduled`, in breaks they are in a `planned stop`; both
/// are no planned busy time (ISO 22400-2). Every day is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Calendar")]
pub struct CalendarSpec {
    /// Time of day at the start of the run, 0 to 24 [h].
    #[serde(default)]
    pub starts_at_h: f64,
    /// The shifts of a day; they do not overlap.
    pub shifts: Vec<ShiftSpec>,
    /// The elements that stand then; without it, all that can be held.
    #[serde(default)]
    pub elements: Option<Vec<String>>,
}

/// A shift. One that ends at or before the hour at which it starts goes over midnight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Shift")]
pub struct ShiftSpec {
    /// Time of day at which it starts, 0 to 24 [h].
    pub start_h: f64,
    /// Time of day at which it ends, 0 to 24 [h].
    pub end_h: f64,
    /// Breaks within it.
    #[serde(default)]
    pub breaks: Vec<BreakSpec>,
}

/// A break within a shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Break")]
pub struct BreakSpec {
    /// Time of day at which it starts, 0 to 24 [h].
    pub start_h: f64,
    /// Its length [h].
    pub length_h: f64,
}
