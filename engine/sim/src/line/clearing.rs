//! Clearing of what jams on one element: who is called, how long they take, what becomes of the parts. Knows nothing about
//! why a part jammed; the element stops and goes on as it is told.
//!
//! ```text
//! a jam is recognised -> [crew: called until somebody is free] -> response -> work ------------> parts out, or straight
//!                        `------------ the drives stand, the element is jammed ------------´ `-> Reverse: it runs backwards
//! ```
//!
//! A standing drive keeps its parts, so that to the transport the jam is over as soon as the drives stop. To the line it
//! lasts until it is cleared.

use super::context::Context;
use super::crews::CrewTask;
use super::{Entry, EntryKind, Timer};
use crate::event::EventKind;
use crate::parts::PartId;
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::scene::{ClearBy, Cleared, Clearing as Spec, ElementId, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Clearing {
    active: Option<Active>,
    /// Clearings begun so far: the index of the next draws.
    occurrences: u32,
    /// Reverses in a row, and the end of the last.
    reverses: u32,
    reversed_at: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Active {
    /// Index into the scene's clearings.
    clearing: u32,
    called_at: Time,
    phase: Phase,
    timer: Timer,
    /// At the head of what jams.
    parts: BTreeSet<PartId>,
    /// Whose jam is over to the transport.
    freed: BTreeSet<PartId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    WaitsForCrew,
    Response,
    Work,
}

/// What the element must do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order {
    Nothing,
    Stop,
    /// Go on, backwards.
    Reverse,
    /// Go on; the jams of these parts are over.
    GoOn(Vec<PartId>),
}

impl Clearing {
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Something is wrong with a part on the element.
    pub fn on_incident(&mut self, context: &mut Context<'_>, element: ElementId, cleared: Cleared, part: PartId, at: Time) -> Order {
        if let Some(active) = &mut self.active {
            if context.scene.clearings.iter().any(|clearing| clearing.fits(element, cleared)) {
                active.parts.insert(part);
            }
            return Order::Nothing;
        }
        let Some(clearing) = self.choose(context, element, cleared, at) else { return Order::Nothing };
        context.emit(at, EventKind::ClearingCalled { element, clearing, part });
        let parts = BTreeSet::from([part]);
        let active = Active { clearing, called_at: at, phase: Phase::WaitsForCrew, timer: Timer::Off, parts, freed: BTreeSet::new() };
        self.active = Some(active);
        match spec(context, clearing).crew {
            Some(need) => context.call_crew(need, element, CrewTask::Clear, at),
            None => self.respond(context, element, at),
        }
        Order::Stop
    }

    /// The first entry that fits; one that reverses only while it has tries left.
    fn choose(&mut self, context: &Context<'_>, element: ElementId, cleared: Cleared, at: Time) -> Option<u32> {
        // A jam that was there all the time is recognised again once `jam_after` has passed: later ones are new.
        let jam_after = context.scene.physics.jam_after;
        if self.reversed_at.is_none_or(|ended| at.since(ended) > jam_after + jam_after) {
            self.reverses = 0;
        }
        let left = |by: ClearBy| match by {
            ClearBy::Reverse { tries } => self.reverses < tries,
            ClearBy::Remove | ClearBy::Straighten => true,
        };
        let fits = |clearing: &Spec| clearing.fits(element, cleared) && left(clearing.by);
        let found = context.scene.clearings.iter().position(fits)?;
        Some(u32::try_from(found).expect("few clearings"))
    }

    /// Somebody of the crew is free.
    pub fn on_crew(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let active = self.active.as_ref().expect("a clearing calls once and waits");
        let need = spec(context, active.clearing).crew.expect("it called a crew");
        context.crew_is_there(need.crew, element, at);
        self.respond(context, element, at);
    }

    fn respond(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let clearing = self.active.as_ref().expect("somebody responds to something").clearing;
        let seconds = context.sample_occurrence(&spec(context, clearing).response_s, element, "response", self.occurrences);
        self.start_timer(context, element, Phase::Response, seconds, at);
    }

    fn start_timer(&mut self, context: &mut Context<'_>, element: ElementId, phase: Phase, seconds: f64, at: Time) {
        let active = self.active.as_mut().expect("a phase is one of something");
        active.phase = phase;
        context.start_timer(&mut active.timer, at, Time::from_seconds(seconds), element, EntryKind::ClearingDue);
        self.keep_time(context, element, at);
    }

    /// In breaks and outside the shifts nobody clears.
    pub fn keep_time(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let Some(active) = &mut self.active else { return };
        if context.board.planned_stop(element).is_some() {
            active.timer.pause(context.calendar, at);
        } else {
            active.timer.resume(context.calendar, at, Entry { element, kind: EntryKind::ClearingDue });
        }
    }

    pub fn on_due(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> Order {
        let active = self.active.as_mut().expect("only a clearing has a timer");
        active.timer = Timer::Off;
        let clearing = active.clearing;
        if active.phase == Phase::Work {
            return self.end(context, element, at);
        }
        context.emit(at, EventKind::ClearingBegan { element, clearing });
        let seconds = context.sample_occurrence(&spec(context, clearing).clear_s, element, "clear", self.occurrences);
        self.start_timer(context, element, Phase::Work, seconds, at);
        match spec(context, clearing).by {
            ClearBy::Reverse { .. } => Order::Reverse,
            ClearBy::Remove | ClearBy::Straighten => Order::Nothing,
        }
    }

    fn end(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> Order {
        let Active { clearing, called_at, parts, freed, .. } = self.active.take().expect("what ends was there");
        self.occurrences += 1;
        let spec = spec(context, clearing);
        let mut taken_out = 0;
        match spec.by {
            ClearBy::Reverse { .. } => {
                self.reverses += 1;
                self.reversed_at = Some(at);
            }
            by => {
                self.reverses = 0;
                for part in parts {
                    taken_out += u32::from(clear_part(context, element, part, by, at));
                }
            }
        }
        if let Some(need) = spec.crew {
            context.release_crew(need.crew, element, at);
        }
        context.emit(at, EventKind::ClearingEnded { element, clearing, took: at.since(called_at), taken_out });
        Order::GoOn(freed.into_iter().collect())
    }

    /// To the transport, the part's jam is over, or not. Returns whether it lasts until it is cleared.
    pub fn keeps_jam(&mut self, part: PartId, freed: bool) -> bool {
        let Some(active) = &mut self.active else { return false };
        if freed {
            active.freed.insert(part);
        } else {
            active.freed.remove(&part);
        }
        true
    }

    /// The part is gone.
    pub fn forget(&mut self, part: PartId) {
        if let Some(active) = &mut self.active {
            active.freed.remove(&part);
        }
    }
}

/// Takes the part out, or has it set straight; returns whether it left the line. Who has tipped over and rode on before the
/// drives stood is followed to the next conveyor; what lies on the floor is taken out.
fn clear_part(context: &mut Context<'_>, element: ElementId, part: PartId, by: ClearBy, at: Time) -> bool {
    let fell = context.parts.get(part).is_some_and(|row| row.on_floor);
    let Some(place) = context.board.carrier(part).or(fell.then_some(element)) else { return false };
    if fell || by == ClearBy::Remove {
        context.leave(part, place, Outcome::Scrap, at);
        return true;
    }
    context.wishes.push(Wish::Straighten { part });
    false
}

fn spec<'a>(context: &Context<'a>, clearing: u32) -> &'a Spec {
    &context.scene.clearings[clearing as usize]
}
