//! What every sensor does, whatever it senses: it lies while a fault lasts, and it tells late what it has seen. Decides
//! what the line is told; the books and the measures of the line do not ask here.
//!
//! Faults of one sensor may last at once. Each has its clock, which stands while it lasts.

use super::context::Context;
use super::crews::CrewTask;
use super::{Entry, EntryKind, Timer};
use crate::event::EventKind;
use crate::parts::PartId;
use crate::sample::sample;
use linetwin_model::Time;
use linetwin_model::scene::{AttributeId, ElementId, Fault, FaultClock, FaultKind};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Less than this apart, faults would leave no time at all [s].
const LEAST_UPTIME_S: f64 = 1e-3;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sensor {
    /// In the order of the scene.
    faults: Vec<FaultState>,
    /// Parts that came so far: the index of the next draws.
    came: u32,
    /// What it has seen and not told yet, and when it does, in order.
    untold: VecDeque<(Time, Reading)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct FaultState {
    /// Faults so far: the index of the next draws.
    occurrence: u32,
    uptime: Timer,
    parts_left: u64,
    lasts: bool,
}

/// What a sensor tells of one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Reading {
    /// One more part.
    Count,
    /// The part has these values from now on, or none.
    Values { part: PartId, values: Vec<(AttributeId, Option<f64>)>, no_read: bool },
}

impl Sensor {
    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.faults = vec![FaultState::default(); context.scene.element(element).faults.len()];
        for fault in 0..self.faults.len() {
            self.arm(context, element, fault, Time::ZERO);
        }
    }

    /// A part comes. Returns what hides it from the sensor, if anything does.
    pub fn hides(&mut self, context: &mut Context<'_>, element: ElementId, part: Option<PartId>) -> Option<FaultKind> {
        if self.faults.is_empty() {
            return None;
        }
        for index in 0..self.faults.len() {
            let state = &mut self.faults[index];
            if state.lasts || spec(context, element, index).clock != FaultClock::Parts {
                continue;
            }
            match state.parts_left.checked_sub(1) {
                Some(left) => state.parts_left = left,
                None => self.begin(context, element, index, context.now),
            }
        }
        let index = self.came;
        self.came = self.came.wrapping_add(1);
        let hides = |fault: &Fault| match fault.kind {
            FaultKind::StuckOn | FaultKind::StuckOff => true,
            FaultKind::Misses(probability) => {
                context.draw_occurrence(element, &format!("miss\0{}", fault.mode), index).unit() < probability
            }
            FaultKind::Offset(_) => false,
        };
        let faults = &context.scene.element(element).faults;
        let hidden_by = self.faults.iter().zip(faults).position(|(state, fault)| state.lasts && hides(fault));
        if let Some(part) = part {
            context.board.unseen.remove(&(part, element));
        }
        let fault = hidden_by?;
        if let Some(part) = part {
            context.board.unseen.insert((part, element), index_of(fault));
        }
        context.emit(context.now, EventKind::PartUnseen { element, part, fault: index_of(fault) });
        Some(faults[fault].kind)
    }

    /// What it says whatever is before it, while it is stuck.
    pub fn stuck(&self, context: &Context<'_>, element: ElementId) -> Option<bool> {
        self.lasting(context, element).find_map(|fault| match fault.kind {
            FaultKind::StuckOn => Some(true),
            FaultKind::StuckOff => Some(false),
            _ => None,
        })
    }

    /// Whether a fault lasts that may hide single parts.
    pub fn misses(&self, context: &Context<'_>, element: ElementId) -> bool {
        self.lasting(context, element).any(|fault| matches!(fault.kind, FaultKind::Misses(_)))
    }

    /// Which share of what comes one by one it sees, and the first fault that hides the rest.
    pub fn sees_of_all(&self, context: &Context<'_>, element: ElementId) -> (f64, Option<u32>) {
        let (mut share, mut hidden_in) = (1.0, None);
        for (index, fault) in context.scene.element(element).faults.iter().enumerate().filter(|(index, _)| self.faults[*index].lasts) {
            match fault.kind {
                FaultKind::StuckOn | FaultKind::StuckOff => share = 0.0,
                FaultKind::Misses(probability) => share *= 1.0 - probability,
                FaultKind::Offset(_) => continue,
            }
            hidden_in = hidden_in.or(Some(index_of(index)));
        }
        (share, hidden_in)
    }

    /// What it measures too much.
    pub fn offset(&self, context: &Context<'_>, element: ElementId) -> f64 {
        self.lasting(context, element).fold(0.0, |sum, fault| match fault.kind {
            FaultKind::Offset(by) => sum + by,
            _ => sum,
        })
    }

    fn lasting<'a>(&'a self, context: &Context<'a>, element: ElementId) -> impl Iterator<Item = &'a Fault> {
        let faults = context.scene.element(element).faults.iter();
        self.faults.iter().zip(faults).filter(|(state, _)| state.lasts).map(|(_, fault)| fault)
    }

    /// Tells the line what it saw at `at`, `delay` later.
    pub fn tell(&mut self, context: &mut Context<'_>, element: ElementId, reading: Reading, delay: Time, at: Time) {
        if delay == Time::ZERO {
            apply(context, element, reading, context.now);
            return;
        }
        let due = (at + delay).max(context.now);
        self.untold.push_back((due, reading));
        let kind = EntryKind::SenseDue;
        context.calendar.schedule(due, kind.priority(), Entry { element, kind });
    }

    /// The first thing that it has not told is due.
    pub fn on_told(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if let Some((_, reading)) = self.untold.pop_front() {
            apply(context, element, reading, at);
        }
    }

    pub fn on_due(&mut self, context: &mut Context<'_>, element: ElementId, fault: u32, at: Time) {
        self.begin(context, element, fault as usize, at);
    }

    /// Somebody of the crew is there.
    pub fn on_crew(&mut self, context: &mut Context<'_>, element: ElementId, fault: u32, at: Time) {
        let need = spec(context, element, fault as usize).crew.expect("it called a crew");
        context.crew_is_there(need.crew, element, at);
        context.emit(at, EventKind::FaultRepairBegan { element, fault });
        self.repair(context, element, fault as usize, at);
    }

    pub fn on_repaired(&mut self, context: &mut Context<'_>, element: ElementId, fault: u32, at: Time) {
        if let Some(need) = spec(context, element, fault as usize).crew {
            context.release_crew(need.crew, element, at);
        }
        context.emit(at, EventKind::FaultEnded { element, fault });
        let state = &mut self.faults[fault as usize];
        state.lasts = false;
        state.occurrence += 1;
        self.arm(context, element, fault as usize, at);
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, fault: usize, at: Time) {
        self.faults[fault].uptime = Timer::Off;
        self.faults[fault].lasts = true;
        context.emit(at, EventKind::FaultBegan { element, fault: index_of(fault) });
        match spec(context, element, fault).crew {
            Some(need) => context.call_crew(need, element, CrewTask::Mend(index_of(fault)), at),
            None => self.repair(context, element, fault, at),
        }
    }

    fn repair(&self, context: &mut Context<'_>, element: ElementId, fault: usize, at: Time) {
        let written = spec(context, element, fault);
        let mut draw = context.draw_occurrence(element, &format!("fault repair\0{}", written.mode), self.faults[fault].occurrence);
        let span = Time::from_seconds(sample(&written.repair_s, &mut draw));
        let kind = EntryKind::FaultEnds(index_of(fault));
        context.calendar.schedule(at + span, kind.priority(), Entry { element, kind });
    }

    fn arm(&mut self, context: &mut Context<'_>, element: ElementId, fault: usize, at: Time) {
        let (written, state) = (spec(context, element, fault), &mut self.faults[fault]);
        let mut draw = context.draw_occurrence(element, &format!("fault uptime\0{}", written.mode), state.occurrence);
        let uptime = sample(&written.uptime, &mut draw);
        match written.clock {
            // `as` saturates.
            FaultClock::Parts => state.parts_left = uptime.round().max(0.0) as u64,
            FaultClock::Time => {
                let span = Time::from_seconds(uptime.max(LEAST_UPTIME_S));
                context.start_timer(&mut state.uptime, at, span, element, EntryKind::FaultDue(index_of(fault)));
            }
        }
    }
}

fn apply(context: &mut Context<'_>, element: ElementId, reading: Reading, at: Time) {
    match reading {
        Reading::Count => context.board.add_count(element),
        Reading::Values { part, values, no_read } => {
            if no_read && context.parts.get(part).is_some() {
                context.emit(at, EventKind::NoRead { element, part });
            }
            for (attribute, value) in values {
                match value {
                    Some(value) => context.set_attribute(element, part, attribute, value, at),
                    None => context.unset_attribute(part, attribute),
                }
            }
        }
    }
}

fn index_of(fault: usize) -> u32 {
    u32::try_from(fault).expect("few faults")
}

fn spec<'a>(context: &Context<'a>, element: ElementId, fault: usize) -> &'a Fault {
    &context.scene.element(element).faults[fault]
}
