//! What the states of the time model mean elsewhere: PackML (ISA-TR88.00.02), ISO 22400-2, OEE. The one table behind
//! `docs/states.md`. Knows nothing about durations.

use crate::event::ElementState;

/// One row of the published table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRow {
    pub state: ElementState,
    pub meaning: &'static str,
    /// Nearest PackML state.
    pub packml: &'static str,
    /// Time element of ISO 22400-2.
    pub iso_22400: &'static str,
    /// Which factor of OEE loses by it.
    pub loss: &'static str,
}

const fn row(state: ElementState, meaning: &'static str, packml: &'static str, iso_22400: &'static str, loss: &'static str) -> StateRow {
    StateRow { state, meaning, packml, iso_22400, loss }
}

pub const STATE_TABLE: [StateRow; 10] = [
    row(ElementState::Processing, "works on a part; a conveyor: carries parts", "Execute", "APT, actual production time", "none"),
    row(
        ElementState::Idle,
        "neither works nor lacks anything: a part is on its way in or out",
        "Execute",
        "APT, actual production time",
        "performance (speed and handling)",
    ),
    row(ElementState::Starved, "lacks parts at an in-port", "Suspended", "ADET, actual unit delay time", "performance"),
    row(ElementState::Blocked, "cannot get rid of its part", "Suspended", "ADET, actual unit delay time", "performance"),
    row(
        ElementState::Held,
        "stopped by a controller or a person, or run empty before a planned stop",
        "Held",
        "ADOT, actual unit down time",
        "availability",
    ),
    row(ElementState::Setup, "being changed over", "Stopped, in a set-up mode", "AUST, actual unit setup time", "availability"),
    row(
        ElementState::Down,
        "failed or under repair",
        "Aborted",
        "ADOT; ADET where the stop is minor",
        "availability; performance where the stop is minor",
    ),
    row(
        ElementState::Jammed,
        "a part stands on it that nothing holds, or is being cleared away",
        "Held",
        "ADOT; ADET where the stop is minor",
        "availability; performance where the stop is minor",
    ),
    row(ElementState::PlannedStop, "a break or planned maintenance", "Stopped", "PDOT, planned down time", "none: not planned busy time"),
    row(ElementState::NotScheduled, "outside the shifts", "Stopped", "none: outside planned operation time", "none: not planned busy time"),
];

/// Whether the active-period method counts the state as active: the element does something or is being put right, and
/// does not wait for others. Loading and unloading (`Idle`) belongs to the work.
pub fn is_active(state: ElementState) -> bool {
    use ElementState::*;
    match state {
        Processing | Idle | Setup | Down | Jammed => true,
        Starved | Blocked | Held | PlannedStop | NotScheduled => false,
    }
}
