//! Stations and stops: work on one part at a time, in a hold or in motion.
//!
//! With a hold, a part is worked on from `Held` on, and the hold opens when the work ends. In motion, the work begins
//! when the part is centred and must end before it has left; if it does not, that is a `WorkMissed` event, and what the
//! work would have set stays unset.
//!
//! | state | when |
//! |---|---|
//! | starved | nothing in the spot |
//! | processing | work in progress (for a stop: holding its part for the set time) |
//! | blocked | released, and not away within [`leave_allowance`] |
//! | idle | a part comes or goes |

use super::context::Context;
use super::gate::Gate;
use super::operands::holds;
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::{PartId, Place};
use crate::sample::sample;
use linetwin_model::Time;
use linetwin_model::condition::Condition;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{ElementId, ElementKind, Outcome, SetAttribute, SpotId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StationLogic {
    /// `None`: in motion.
    gate: Option<Gate>,
    /// Parts in the spot.
    present: BTreeSet<PartId>,
    work: Option<Work>,
    /// Parts that may go: worked on, or not to be.
    done: BTreeSet<PartId>,
    /// Runs out when the released part should be away.
    leave: Timer,
    late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Work {
    part: PartId,
    timer: Timer,
}

/// What a station and a stop have in common.
struct StationSpec<'a> {
    spot: SpotId,
    span_s: &'a Distribution,
    when: Option<&'a Condition>,
    scrap_probability: f64,
    sets: &'a [SetAttribute],
    /// A stop's holding is no work: it makes no cycles.
    works: bool,
}

impl StationLogic {
    pub fn new(spot: SpotId, has_hold: bool) -> Self {
        StationLogic {
            gate: has_hold.then(|| Gate::new(spot)),
            present: BTreeSet::new(),
            work: None,
            done: BTreeSet::new(),
            leave: Timer::Off,
            late: false,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        if let Some(gate) = &mut self.gate {
            gate.close(context);
        }
    }

    /// What stands still while the station is down.
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        self.work.iter_mut().map(|work| (&mut work.timer, EntryKind::WorkEnds))
    }

    pub fn is_in_motion(&self) -> bool {
        self.gate.is_none()
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.work.is_some() => ElementState::Processing,
            () if self.late => ElementState::Blocked,
            () if self.present.is_empty() => ElementState::Starved,
            () => ElementState::Idle,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.present.insert(part);
        context.touch(element, at);
        // A part that needs no work does not stop, where nobody stands before it.
        if self.present.len() == 1 && !context.board.is_down(element) && !holds(spec(context, element).when, context, part) {
            self.let_go(context, element, part, context.now, false);
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        match &mut self.gate {
            Some(gate) => gate.on_centred(context, part),
            None if self.done.contains(&part) => {}
            None if self.work.is_some() => {
                // It works on one part at a time, and this one will not wait.
                self.done.insert(part);
                context.emit(context.now, EventKind::WorkMissed { element, part });
            }
            None => self.begin(context, element, part),
        }
    }

    pub fn on_held(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if self.work.is_some_and(|work| work.part == part) || self.done.contains(&part) {
            // Caught a second time: it was done with before.
            if self.done.contains(&part) && self.gate.as_ref().is_some_and(|gate| gate.leaving() != Some(part)) {
                self.let_go(context, element, part, context.now, true);
            }
            return;
        }
        self.present.insert(part);
        if holds(spec(context, element).when, context, part) {
            self.begin(context, element, part);
        } else {
            self.let_go(context, element, part, context.now, true);
        }
    }

    pub fn on_moving(&mut self, context: &mut Context<'_>, part: PartId) {
        if let Some(gate) = &mut self.gate {
            gate.on_moving(context, part);
        }
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Some(gate) = &mut self.gate {
            gate.on_left(context, part);
        }
        if self.work.is_some_and(|work| work.part == part) {
            self.abandon(context, element, at);
        } else if self.present.remove(&part) && !self.done.contains(&part) && context.parts.get(part).is_some() {
            // It slipped past: behind a part that it touched, or past a hold that was forced open.
            context.emit(at, EventKind::WorkMissed { element, part });
        }
        self.present.remove(&part);
        self.done.remove(&part);
        if self.done.is_empty() {
            self.leave.cancel(context.calendar);
            self.late = false;
        }
        context.touch(element, at);
    }

    pub fn on_leave_due(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.leave = Timer::Off;
        self.late = true;
        context.touch(element, at);
    }

    pub fn settle(&mut self, context: &mut Context<'_>) {
        if let Some(gate) = &mut self.gate {
            gate.settle(context);
        }
    }

    /// The work is over. Returns whether a cycle ended (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        let Some(Work { part, .. }) = self.work.take() else { return false };
        let spec = spec(context, element);
        context.touch(element, at);
        if spec.works {
            context.emit(at, EventKind::CycleEnded { element, part });
        }
        for set in spec.sets {
            let purpose = format!("set\0{}", context.scene.attributes[set.attribute.index()]);
            let value = sample(&set.value, &mut context.draw(element, &purpose, part));
            context.set_attribute(element, part, set.attribute, value, at);
        }
        if spec.scrap_probability > 0.0 && context.draw(element, "scrap", part).unit() < spec.scrap_probability {
            self.done.insert(part);
            context.leave(part, element, Outcome::Scrap, at);
        } else {
            self.let_go(context, element, part, at, true);
        }
        spec.works
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        let spec = spec(context, element);
        if !holds(spec.when, context, part) || context.parts.get(part).is_none() {
            return;
        }
        let span = Time::from_seconds(sample(spec.span_s, &mut context.draw(element, "processing", part)));
        let mut work = Work { part, timer: Timer::Off };
        context.start_work_timer(&mut work.timer, context.now, span, element, EntryKind::WorkEnds);
        self.work = Some(work);
        if spec.works {
            context.emit(context.now, EventKind::CycleStarted { element, part });
        }
        if self.gate.is_some() {
            context.parts.move_to(part, Place::Held(element));
        }
        context.touch(element, context.now);
    }

    /// The part went away from under the work.
    fn abandon(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let Some(mut work) = self.work.take() else { return };
        work.timer.cancel(context.calendar);
        if spec(context, element).works {
            context.emit(at, EventKind::CycleEnded { element, part: work.part });
            context.emit(at, EventKind::WorkMissed { element, part: work.part });
        }
        self.back_on_host(context, element, work.part);
    }

    fn let_go(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time, rests: bool) {
        self.done.insert(part);
        let Some(gate) = &mut self.gate else { return };
        gate.let_out(context, part, rests);
        let allowance = leave_allowance(context, gate.spot, part);
        context.start_timer(&mut self.leave, at, allowance, element, EntryKind::LeaveDue);
        self.late = false;
        self.back_on_host(context, element, part);
    }

    fn back_on_host(&self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if context.parts.get(part).is_some_and(|row| row.place == Place::Held(element)) {
            let host = context.board.carrier(part).unwrap_or_else(|| context.host_of(spec(context, element).spot));
            context.parts.move_to(part, Place::On(host));
        }
    }
}

/// A released part has this many times what it needs at full speed ...
const LEAVE_FACTOR: f64 = 1.5;
/// ... and this long for the hold to open [s].
const LEAVE_ALLOWANCE_S: f64 = 0.5;

/// How long a released part may take to be out of the spot: half the spot and its own length at the drive's speed, with
/// the ramp, times [`LEAVE_FACTOR`], and [`LEAVE_ALLOWANCE_S`]. After that the station counts as blocked.
fn leave_allowance(context: &Context<'_>, spot: SpotId, part: PartId) -> Time {
    let drive = &context.scene.drives[context.drive_under(spot).index()];
    let row = context.scene.spot(spot);
    let size_m = context.parts.get(part).map_or([0.0; 3], |part| part.shape.size_m());
    let way_m = row.end_m - row.at_m + size_m[0].max(size_m[1]);
    let passing_s = way_m / drive.speed_mps.abs() + drive.speed_mps.abs() / drive.acceleration_mps2;
    Time::from_seconds(LEAVE_FACTOR * passing_s + LEAVE_ALLOWANCE_S)
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> StationSpec<'a> {
    match &context.scene.element(element).kind {
        ElementKind::Station(station) => StationSpec {
            spot: station.spot,
            span_s: &station.processing_s,
            when: station.when.as_ref(),
            scrap_probability: station.scrap_probability,
            sets: &station.sets,
            works: true,
        },
        ElementKind::Stop(stop) => {
            StationSpec { spot: stop.spot, span_s: &stop.hold_s, when: stop.when.as_ref(), scrap_probability: 0.0, sets: &[], works: false }
        }
        _ => unreachable!("station logic belongs to a station or a stop"),
    }
}
