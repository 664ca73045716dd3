//! The measures: a fold over the event stream, and nothing else. It only reads; it must not know how a part is moved or
//! why an element decides as it does.
//!
//! ```text
//! events -> Metrics (order) -> Fold -+- flow        parts: WIP, lead time, counts, the flow between elements
//!                                    +- element     states, level, cycles, stops of each element
//!                                    +- clearing    jams of each element: how long until cleared
//!                                    +- constraint  active periods of the elements that work
//!                                    +- production  drops, jams, ...; what physics must not do
//!                                    +- orders      what became of the parts of each order
//!                                    +- sorting     reads, parts that come round again, missorts
//!                                    +- incidents   the same with their causes, ranked
//!                                    +- energy      work of the drives
//! Fold + scene -> report (oee, series, checks) -> KpiReport
//! ```
//!
//! Sums are integer nanoseconds; a float appears at the last division. Statistics cover the half-open window from the
//! end of the warm-up: what happens at its first instant counts, contents and states that are there already stay.
//! The paths of KPIs are in [`linetwin_model::report::KPI_PATTERNS`], the meaning of states in [`states::STATE_TABLE`].

mod bulk;
mod carriers;
mod checks;
mod clearing;
mod constraint;
mod crews;
mod element;
mod energy;
mod faults;
mod flow;
mod fold;
mod gantt;
mod incidents;
mod oee;
mod orders;
mod production;
mod quantile;
mod report;
mod series;
mod sorting;
mod spells;
pub mod states;
mod stops;
mod window;

pub use incidents::touched_name;
pub(crate) use oee::ideal_cycle;

use crate::event::{Event, EventKind};
use crate::parts::PartId;
use crate::port::EnergyTotals;
use fold::Fold;
use linetwin_model::report::KpiReport;
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// Everything measured so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    fold: Fold,
    /// Not yet folded, in order of time: an event may come up to a step after one that is later.
    pending: Vec<Event>,
    /// Folded up to here (inclusive).
    settled: Time,
}

/// How long an event waits for earlier ones. The contract of the event stream is one step; a wider margin costs
/// nothing, because a report folds what still waits. Two steps where a step is longer.
const ORDERING_MARGIN: Time = Time(Time::NANOS_PER_SECOND);

/// What a report needs besides the events.
pub struct ReportInputs<'a> {
    pub scene: &'a Scene,
    pub now: Time,
    pub seed: u64,
    pub replication: u32,
}

/// Sums that must agree exactly, for tests of the measures: see [`Metrics::exact`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactTotals {
    /// [ns]
    pub window_ns: u64,
    /// Integral of WIP over the window [part ns].
    pub wip_integral: u128,
    /// Sum of all stays, clipped to the window [part ns].
    pub stays: u128,
    /// Per element that has states: sum of its state durations within the window [ns].
    pub state_sums_ns: Vec<(ElementId, u64)>,
    /// Per element: time in `down` and `jammed`, and the time its stops account for [ns].
    pub stop_sums_ns: Vec<(ElementId, u64, u64)>,
    /// Of all parts that left in the window: lead time, and its split into processing, transport and waiting [ns].
    pub lead_ns: u128,
    pub split_ns: [u128; 3],
}

impl Metrics {
    pub fn new(scene: &Scene) -> Self {
        Metrics { fold: Fold::new(scene), pending: Vec::new(), settled: Time::ZERO }
    }

    /// Takes the events of one step, in order.
    pub fn observe(&mut self, _scene: &Scene, event: &Event) {
        assert!(
            event.at >= self.settled,
            "an event came more than a second late: {event:?}, but the measures are closed up to {:?}",
            self.settled
        );
        if self.pending.last().is_none_or(|last| last.at <= event.at) {
            self.pending.push(event.clone());
            return;
        }
        let (index, at) = self.place_of(event);
        self.pending.insert(index, Event { at, kind: event.kind.clone() });
    }

    /// The end of a step: nothing earlier than `now` will come but by less than a step. Takes what the drives have done
    /// up to `now`.
    pub fn advance_to(&mut self, scene: &Scene, now: Time, energy: &EnergyTotals) {
        self.fold.energy.advance_to(now, energy);
        let step = scene.step.time_of(1);
        let margin = ORDERING_MARGIN.max(step + step);
        self.settle(scene, Time(now.0.saturating_sub(margin.0)));
    }

    /// The measures from the end of the warm-up to `inputs.now`.
    pub fn report(&self, inputs: &ReportInputs<'_>) -> KpiReport {
        report::report(self.closed(inputs.scene, inputs.now), inputs)
    }

    /// The sums behind the laws that hold exactly.
    pub fn exact(&self, scene: &Scene, now: Time) -> ExactTotals {
        self.closed(scene, now).exact(now)
    }

    /// A copy in which everything known up to `now` is folded and every open span ends there.
    fn closed(&self, scene: &Scene, now: Time) -> Fold {
        let mut copy = self.clone();
        copy.settle(scene, now);
        copy.fold.close(scene, now);
        copy.fold
    }

    fn settle(&mut self, scene: &Scene, until: Time) {
        if until < self.settled {
            return;
        }
        let count = self.pending.partition_point(|event| event.at <= until);
        for event in self.pending.drain(..count) {
            self.fold.observe(scene, &event);
        }
        self.settled = until;
    }

    /// Where a new event goes, and its time. Order is by time, then by arrival, but what concerns one part or one
    /// element keeps the order in which it was told: a crossing that is reported before the decision it led to, yet
    /// timed after it by a fraction of a step, must not be folded after the part has gone.
    fn place_of(&self, event: &Event) -> (usize, Time) {
        let first_later = self.pending.partition_point(|other| other.at <= event.at);
        let subject = Subject::of(&event.kind);
        let same = |other: &Event| subject != Subject::None && subject == Subject::of(&other.kind);
        match self.pending[first_later..].iter().rposition(same) {
            None => (first_later, event.at),
            Some(last) => {
                let at = self.pending[first_later + last].at;
                (self.pending.partition_point(|other| other.at <= at), at)
            }
        }
    }
}

/// Whose history an event belongs to: a part's, else an element's. (Not both: what happens to one part on a belt may
/// well lie a little before what was just told of another.)
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Part(PartId),
    Element(ElementId),
    None,
}

impl Subject {
    fn of(kind: &EventKind) -> Subject {
        use EventKind::*;
        match *kind {
            PartCreated { part, .. }
            | PartTurnedAway { part }
            | PartEntered { part, .. }
            | PartMoved { part, .. }
            | PartPutIn { part, .. }
            | PartTakenOut { part, .. }
            | PartFilled { part, .. }
            | FillEnded { part, .. }
            | PartCompleted { part, .. }
            | PartSeparated { part, .. }
            | PartLeft { part, .. }
            | PartMoving { part }
            | PartStanding { part }
            | CycleStarted { part, .. }
            | CycleEnded { part, .. }
            | WorkMissed { part, .. }
            | WorkJudged { part, .. }
            | AttributeSet { part, .. }
            | Counted { part, .. }
            | NoRead { part, .. }
            | PartUnseen { part: Some(part), .. }
            | DivertMissed { part, .. }
            | LaneFull { part, .. }
            | Routed { part, .. }
            | Missorted { part, .. }
            | Dropped { part, .. }
            | Misrouted { part, .. }
            | JamBegan { part, .. }
            | JamEnded { part, .. } => Subject::Part(part),
            StateChanged { element, .. }
            | FailureBegan { element, .. }
            | FailureEnded { element, .. }
            | RepairBegan { element, .. }
            | FaultBegan { element, .. }
            | FaultEnded { element, .. }
            | FaultRepairBegan { element, .. }
            | PartUnseen { element, part: None, .. }
            | CrewCalled { element, .. }
            | CrewCame { element, .. }
            | CrewLeft { element, .. }
            | CrewDismissed { element, .. }
            | EyeBlocked { element, .. }
            | EyeCleared { element, .. }
            | ClearingCalled { element, .. }
            | ClearingBegan { element, .. }
            | ClearingEnded { element, .. }
            | BulkMoved { element, .. }
            | Stalled { element }
            | Freed { element } => Subject::Element(element),
            Incident(ref incident) => Subject::Part(incident.part),
            PartDrawn { part, .. } => Subject::Part(part),
            RuleBegan { .. } | RuleEnded { .. } | Invalid { .. } => Subject::None,
        }
    }
}
