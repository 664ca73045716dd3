//! Failures of one element: several modes, each with its clock, and one repair at a time. Knows nothing about what the
//! element does; it tells it only to stop and to go on.
//!
//! * `Calendar`: the clock runs always, except from the failure to the end of its repair.
//! * `Running`: the clock runs while the element is processing, to the nanosecond.
//! * `Cycles`: the failure comes when its number of cycles has ended.
//!
//! Recorded stops come and end when they did, however the element has fared.
//!
//! A repair that needs a crew begins when somebody of it is there.
//!
//! Down times of one element never overlap: a mode that comes due while another is under repair begins when that repair
//! ends, in the order in which they came due.

use super::context::Context;
use super::crews::CrewTask;
use super::{Entry, EntryKind, Timer};
use crate::event::EventKind;
use crate::sample::sample;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, Failure, FailureClock};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Less than this apart, failures would leave no run time at all [s]; ordinary uptimes are minutes to days.
const LEAST_UPTIME_S: f64 = 1e-3;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Failures {
    modes: Vec<Mode>,
    /// The mode under repair.
    active: Option<u32>,
    /// The crew for its repair has not come yet.
    waits_for_crew: bool,
    /// Modes that came due meanwhile.
    waiting: VecDeque<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mode {
    /// Occurrences so far: the index of the next draws.
    occurrence: u32,
    uptime: Timer,
    cycles_left: u64,
}

impl Failures {
    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.modes = vec![Mode::default(); context.scene.element(element).failures.len()];
        for mode in 0..self.modes.len() {
            self.arm(context, element, mode, Time::ZERO);
        }
    }

    pub fn is_down(&self) -> bool {
        self.active.is_some()
    }

    /// Whether what it stands for is planned maintenance.
    pub fn is_planned(&self, context: &Context<'_>, element: ElementId) -> bool {
        self.active.is_some_and(|mode| spec(context, element, mode as usize).planned)
    }

    /// The element began or ceased to process.
    pub fn on_processing(&mut self, context: &mut Context<'_>, element: ElementId, processing: bool, at: Time) {
        for (index, mode) in self.modes.iter_mut().enumerate() {
            if spec(context, element, index).clock != FailureClock::Running {
                continue;
            }
            if processing {
                mode.uptime.resume(context.calendar, at, due(element, index));
            } else {
                mode.uptime.pause(context.calendar, at);
            }
        }
    }

    /// Returns whether the element goes down.
    pub fn on_cycle_ended(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        let mut goes_down = false;
        for index in 0..self.modes.len() {
            if spec(context, element, index).clock == FailureClock::Cycles && self.modes[index].cycles_left > 0 {
                self.modes[index].cycles_left -= 1;
                if self.modes[index].cycles_left == 0 {
                    goes_down |= self.on_due(context, element, index, at);
                }
            }
        }
        goes_down
    }

    /// A mode's uptime is over. Returns whether the element goes down now.
    pub fn on_due(&mut self, context: &mut Context<'_>, element: ElementId, mode: usize, at: Time) -> bool {
        self.modes[mode].uptime = Timer::Off;
        let id = u32::try_from(mode).expect("few failure modes");
        if self.active.is_some() {
            self.waiting.push_back(id);
            return false;
        }
        self.begin(context, element, id, at);
        true
    }

    /// A repair is over. Returns whether the element is up again.
    pub fn on_repaired(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        let mode = self.active.take().expect("a repair ends once");
        if let Some(need) = spec(context, element, mode as usize).crew {
            context.release_crew(need.crew, element, at);
        }
        context.emit(at, EventKind::FailureEnded { element, mode });
        self.modes[mode as usize].occurrence += 1;
        self.arm(context, element, mode as usize, at);
        match self.waiting.pop_front() {
            Some(next) => {
                self.begin(context, element, next, at);
                false
            }
            None => true,
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, mode: u32, at: Time) {
        self.active = Some(mode);
        context.emit(at, EventKind::FailureBegan { element, mode });
        match spec(context, element, mode as usize).crew {
            Some(need) => {
                self.waits_for_crew = true;
                context.call_crew(need, element, CrewTask::Repair, at);
            }
            None => self.repair(context, element, mode, at),
        }
    }

    /// Somebody of the crew is there.
    pub fn on_crew(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let mode = self.active.filter(|_| self.waits_for_crew).expect("a repair calls once and waits");
        self.waits_for_crew = false;
        let need = spec(context, element, mode as usize).crew.expect("it called a crew");
        context.crew_is_there(need.crew, element, at);
        context.emit(at, EventKind::RepairBegan { element, mode });
        self.repair(context, element, mode, at);
    }

    fn repair(&self, context: &mut Context<'_>, element: ElementId, mode: u32, at: Time) {
        let index = mode as usize;
        let failure = spec(context, element, index);
        let occurrence = self.modes[index].occurrence;
        let repair = match &failure.recorded {
            Some(stops) => stops[occurrence as usize].1.max(at) - at,
            None => {
                let mut draw = context.draw_occurrence(element, &format!("repair\0{}", failure.mode), occurrence);
                Time::from_seconds(sample(&failure.repair_s, &mut draw))
            }
        };
        let entry = Entry { element, kind: EntryKind::RepairEnds };
        context.calendar.schedule(at + repair, entry.kind.priority(), entry);
    }

    fn arm(&mut self, context: &mut Context<'_>, element: ElementId, index: usize, at: Time) {
        let failure = spec(context, element, index);
        let mode = &mut self.modes[index];
        if let Some(stops) = &failure.recorded {
            if let Some((from, _)) = stops.get(mode.occurrence as usize) {
                mode.uptime.start(context.calendar, at, (*from).max(at) - at, due(element, index));
            }
            return;
        }
        let mut draw = context.draw_occurrence(element, &format!("uptime\0{}", failure.mode), mode.occurrence);
        let uptime = sample(&failure.uptime, &mut draw);
        match failure.clock {
            // `as` saturates; a number of cycles below one half means: after each cycle.
            FailureClock::Cycles => mode.cycles_left = (uptime.round() as u64).max(1),
            clock => {
                mode.uptime.start(context.calendar, at, Time::from_seconds(uptime.max(LEAST_UPTIME_S)), due(element, index));
                // No element processes before it starts or while it is down: the clock waits for `on_processing`.
                if clock == FailureClock::Running {
                    mode.uptime.pause(context.calendar, at);
                }
            }
        }
    }
}

fn due(element: ElementId, mode: usize) -> Entry {
    Entry { element, kind: EntryKind::FailureDue(u32::try_from(mode).expect("few failure modes")) }
}

fn spec<'a>(context: &Context<'a>, element: ElementId, mode: usize) -> &'a Failure {
    &context.scene.element(element).failures[mode]
}
