//! What the line's calendar holds: what falls due at which element. Knows nothing about what is then done.

use super::crews::CrewTask;
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};

/// One entry of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub element: ElementId,
    pub kind: EntryKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum EntryKind {
    Arrival,
    WorkEnds,
    /// One place of several has finished.
    SlotEnds(u32),
    /// The first part in it has waited long enough for others.
    SlotWaited(u32),
    /// A machine takes no more parts before a planned stop.
    EmptyingDue,
    /// A bin of an assembly's supply is back, full.
    BinArrives,
    /// A released part should be away by now.
    LeaveDue,
    BufferRelease,
    /// A pusher should be back by now.
    StrokeDue,
    /// An order may be begun.
    ReleaseDue,
    /// The part that an induction let out is far enough ahead.
    GapDue,
    /// A zone's promised part did not come.
    PromiseLapses(u32),
    FailureDue(u32),
    RepairEnds,
    /// A sensor's fault begins / is over.
    FaultDue(u32),
    FaultEnds(u32),
    /// A sensor tells what it saw a while ago.
    SenseDue,
    /// The response to a jam, or its clearing, is over.
    ClearingDue,
    /// Somebody of a crew is there.
    CrewComes(CrewTask),
    /// A shift or a break begins or ends.
    CalendarTurns,
    /// A rule may change by the passing of time.
    RuleDue(u32),
}

impl EntryKind {
    /// At one instant work ends before a failure can interrupt it, and a repair ends before the next failure.
    pub fn priority(self) -> u8 {
        match self {
            EntryKind::RepairEnds | EntryKind::FaultEnds(_) | EntryKind::ClearingDue | EntryKind::CrewComes(_) => 0,
            EntryKind::BinArrives | EntryKind::WorkEnds | EntryKind::SlotEnds(_) | EntryKind::SlotWaited(_) | EntryKind::SenseDue => 1,
            EntryKind::FailureDue(_) | EntryKind::FaultDue(_) | EntryKind::CalendarTurns => 2,
            EntryKind::BufferRelease | EntryKind::PromiseLapses(_) | EntryKind::StrokeDue | EntryKind::LeaveDue | EntryKind::GapDue => 3,
            EntryKind::Arrival | EntryKind::ReleaseDue | EntryKind::EmptyingDue => 4,
            EntryKind::RuleDue(_) => 5,
        }
    }
}
