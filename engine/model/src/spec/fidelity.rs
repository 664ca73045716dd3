//! How exactly parts move, as a user writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What moves the parts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FidelitySpec {
    /// Rigid bodies with contacts and friction, step by step: what can jam, fall or turn does.
    #[default]
    Contact,
    /// Exact events: parts are lengths on their conveyors, and time jumps from one event to the next. The same line, many
    /// thousand times as fast; nothing jams, falls or turns. The command line's `--fidelity` comes before what stands here.
    Event,
    /// Both side by side: the conveyors that `contact` names, with all that stands on them, by contact physics, all else by exact
    /// events. Parts go over where one conveyor follows the other.
    Mixed,
}

impl FidelitySpec {
    /// What is not written need not be listed.
    pub fn is_contact(&self) -> bool {
        *self == FidelitySpec::Contact
    }
}
