//! The line's controls as written: rules that hold, release and change speeds. Knows nothing about what their conditions
//! mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule of the line's controls: while it is active, it does something. It becomes active when its condition has held for
/// `on_delay_s`, and inactive when `until` (or without it: the contrary of `when`) has held for `off_delay_s`. Where two
/// active rules contradict each other, the first in the list decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Rule")]
pub struct RuleSpec {
    /// What it is called in reports; without it, by its number: `rule 1`.
    #[serde(default)]
    pub name: Option<String>,
    /// When it begins, e.g. `"high.blocked_for > 3"`: photo-eyes, states, levels, counters, drives and `time_s`.
    pub when: String,
    /// What it does while it is active.
    pub r#do: Vec<ActionSpec>,
    /// When it ends, e.g. `"high.clear_for > 5"`; it does not begin while this holds. Without it, it ends when `when` no
    /// longer holds.
    #[serde(default)]
    pub until: Option<String>,
    /// How long `when` must hold before it begins [s].
    #[serde(default)]
    pub on_delay_s: f64,
    /// How long `until` must hold before it ends [s].
    #[serde(default)]
    pub off_delay_s: f64,
}

/// What a rule does while it is active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Action")]
pub enum ActionSpec {
    /// The element stands, in the state `held`: a source makes nothing, a conveyor stops, a machine interrupts its work.
    Hold(String),
    /// The element is not held, whatever rules behind this one say.
    Release(String),
    /// A conveyor runs at another speed.
    SetSpeed {
        /// The belt, curve or zone conveyor.
        element: String,
        /// Speed of the centre line; negative where a belt `reverses` [m/s].
        speed_mps: f64,
    },
}
