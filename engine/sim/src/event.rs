//! What happened, in order: the one stream from which every measure, the journal and the report are made. Knows nothing
//! about who reads it. An event is final: its `at` never lies before one that was already handed out by more than the
//! current step.

use crate::incident::{Incident, Traits};
use crate::parts::PartId;
use crate::port::{BulkWay, InvalidKind};
use linetwin_model::Time;
use linetwin_model::scene::{AttributeId, ElementId, Outcome, PartTypeId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: Time,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// A source made a part and offers it.
    PartCreated {
        part: PartId,
        part_type: PartTypeId,
        variant: u32,
    },
    /// A source found its place occupied and gave the part up.
    PartTurnedAway {
        part: PartId,
    },
    /// The part is in the line from now on: lead time and WIP begin.
    PartEntered {
        part: PartId,
        element: ElementId,
    },
    /// Its centre went from one element to the next.
    PartMoved {
        part: PartId,
        from: ElementId,
        to: ElementId,
    },
    /// It went into another part, or was joined to it, at an element: from now on it goes where that goes.
    PartPutIn {
        part: PartId,
        into: PartId,
        element: ElementId,
    },
    /// A station added so much to its weight, and it weighs so much now [kg].
    PartFilled {
        part: PartId,
        element: ElementId,
        added_kg: f64,
        mass_kg: f64,
    },
    /// A FillAndWeigh has filled it: what came in, what was to come in, and what its scale showed [kg].
    FillEnded {
        element: ElementId,
        part: PartId,
        filled_kg: f64,
        target_kg: f64,
        shown_kg: f64,
    },
    /// Bulk material went this way since it was last told; see [`FactKind::BulkMoved`](crate::port::FactKind::BulkMoved).
    BulkMoved {
        element: ElementId,
        way: BulkWay,
        grains: u64,
        mass_ng: u64,
        stay_ng_ns: u128,
    },
    /// It was taken out of another part, at an element.
    PartTakenOut {
        part: PartId,
        from: PartId,
        element: ElementId,
    },
    /// With what was joined to it, it is a product from now on.
    PartCompleted {
        part: PartId,
        element: ElementId,
        part_type: PartTypeId,
    },
    /// A product was taken apart: it is the first part of its bill again.
    PartSeparated {
        part: PartId,
        element: ElementId,
        part_type: PartTypeId,
    },
    /// It is out of the line: lead time and WIP end.
    PartLeft {
        part: PartId,
        element: ElementId,
        outcome: Outcome,
        part_type: PartTypeId,
    },
    /// Work on a part began / ended at a station, weigher, buffer or pusher.
    CycleStarted {
        element: ElementId,
        part: PartId,
    },
    CycleEnded {
        element: ElementId,
        part: PartId,
    },
    /// A part went by a device that works in motion with its work not begun or not finished.
    WorkMissed {
        element: ElementId,
        part: PartId,
    },
    /// Work that judges a part ended: whether all that it sets is true, and whether this was the first time it judged the part.
    WorkJudged {
        element: ElementId,
        part: PartId,
        passed: bool,
        first: bool,
    },
    AttributeSet {
        element: ElementId,
        part: PartId,
        attribute: AttributeId,
        value: f64,
    },
    /// A reader read nothing on a part that passed.
    NoRead {
        element: ElementId,
        part: PartId,
    },
    /// A part that a diverter should have taken off goes on / goes on because the way behind the diverter is full.
    DivertMissed {
        element: ElementId,
        part: PartId,
        why: DivertMiss,
    },
    /// A router chose a way for the part: index into its ways.
    Routed {
        element: ElementId,
        part: PartId,
        way: u32,
    },
    LaneFull {
        element: ElementId,
        part: PartId,
    },
    /// A part arrived at a sink that it does not belong to.
    Missorted {
        element: ElementId,
        part: PartId,
    },
    /// An element's state from now on. For `Starved`, `port` says which in-port lacks parts where there are several.
    StateChanged {
        element: ElementId,
        state: ElementState,
        port: Option<u8>,
    },
    /// A failure began: index into the element's failures.
    FailureBegan {
        element: ElementId,
        mode: u32,
    },
    FailureEnded {
        element: ElementId,
        mode: u32,
    },
    /// The repair of this failure begins, now that the crew is there.
    RepairBegan {
        element: ElementId,
        mode: u32,
    },
    /// A sensor lies from now on / no longer: index into the element's faults.
    FaultBegan {
        element: ElementId,
        fault: u32,
    },
    FaultEnded {
        element: ElementId,
        fault: u32,
    },
    /// The repair of this fault begins, now that the crew is there.
    FaultRepairBegan {
        element: ElementId,
        fault: u32,
    },
    /// A fault hid a part from a sensor. A photo-eye knows no part.
    PartUnseen {
        element: ElementId,
        part: Option<PartId>,
        fault: u32,
    },
    /// An element calls a crew (index into the scene's crews) / somebody of it comes / goes / the call is taken back.
    CrewCalled {
        crew: u32,
        element: ElementId,
    },
    CrewCame {
        crew: u32,
        element: ElementId,
    },
    CrewLeft {
        crew: u32,
        element: ElementId,
    },
    CrewDismissed {
        crew: u32,
        element: ElementId,
    },
    /// A rule of the line's controls became active / ended: index into the scene's controls.
    RuleBegan {
        rule: u32,
    },
    RuleEnded {
        rule: u32,
    },
    /// A part went through a counter.
    Counted {
        element: ElementId,
        part: PartId,
    },
    EyeBlocked {
        element: ElementId,
        eye: u32,
    },
    EyeCleared {
        element: ElementId,
        eye: u32,
    },
    /// The part began / ceased to move.
    PartMoving {
        part: PartId,
    },
    PartStanding {
        part: PartId,
    },
    /// Production events that nobody typed in.
    Dropped {
        part: PartId,
        element: ElementId,
    },
    Misrouted {
        part: PartId,
        element: ElementId,
    },
    JamBegan {
        element: ElementId,
        part: PartId,
    },
    JamEnded {
        element: ElementId,
        part: PartId,
    },
    /// A jam, or what else the scene has cleared, is to be cleared (index into the scene's clearings) / somebody is there, or
    /// the conveyor reverses / it is cleared, `took` after the call.
    ClearingCalled {
        element: ElementId,
        clearing: u32,
        part: PartId,
    },
    ClearingBegan {
        element: ElementId,
        clearing: u32,
    },
    ClearingEnded {
        element: ElementId,
        clearing: u32,
        took: Time,
        taken_out: u32,
    },
    /// Something went wrong with a part; jams and drops have their own events beside it.
    Incident(Box<Incident>),
    /// What was drawn for a part, whoever made it.
    PartDrawn {
        part: PartId,
        traits: Traits,
    },
    Stalled {
        element: ElementId,
    },
    Freed {
        element: ElementId,
    },
    /// What physics must not do: the run is invalid from here on.
    Invalid {
        kind: InvalidKind,
        part: Option<PartId>,
        element: Option<ElementId>,
    },
}

/// Why a diverter missed a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DivertMiss {
    /// It was not where the encoder expected it.
    Window,
    /// A fault hid it from the sensor where tracking begins, or its way from the encoder: index into the sensor's faults.
    Unseen { sensor: ElementId, fault: u32 },
    /// The diverter was down or held.
    Down,
    /// The diverter was to take it off, and it went past.
    Passed,
}

impl DivertMiss {
    pub fn name(self) -> &'static str {
        match self {
            DivertMiss::Window => "outside its window",
            DivertMiss::Unseen { .. } => "sensor fault",
            DivertMiss::Down => "diverter down",
            DivertMiss::Passed => "went past",
        }
    }
}

/// The states of the time model (ISO 22400-2); exactly one holds for each element at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ElementState {
    Processing,
    /// Neither working nor lacking anything: a part is on its way in or out.
    Idle,
    Starved,
    Blocked,
    Held,
    Setup,
    Down,
    Jammed,
    PlannedStop,
    NotScheduled,
}

impl ElementState {
    pub const ALL: [ElementState; 10] = [
        ElementState::Processing,
        ElementState::Idle,
        ElementState::Starved,
        ElementState::Blocked,
        ElementState::Held,
        ElementState::Setup,
        ElementState::Down,
        ElementState::Jammed,
        ElementState::PlannedStop,
        ElementState::NotScheduled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ElementState::Processing => "processing",
            ElementState::Idle => "idle",
            ElementState::Starved => "starved",
            ElementState::Blocked => "blocked",
            ElementState::Held => "held",
            ElementState::Setup => "setup",
            ElementState::Down => "down",
            ElementState::Jammed => "jammed",
            ElementState::PlannedStop => "planned stop",
            ElementState::NotScheduled => "not scheduled",
        }
    }
}
