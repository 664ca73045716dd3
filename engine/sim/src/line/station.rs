//! Stations and stops: work on one part at a time, in a hold or in motion.
//!
//! With a hold, a part is worked on from `Held` on, and the hold opens when the work ends. In motion, the work begins
//! when the part is centred and must end before it has left; if it does not, that is a `WorkMissed` event, and what the
//! work would have set stays unset.
//!
//! A part is worked on once, unless the station works `again`: one that comes by a second time, on a loop, passes. Work
//! that draws whether it was good is tried up to `tries` times in a row; each try is a cycle with draws of its own.
//!
//! With a `batch`, parts collect behind its blade and are worked on together (see `batch`).
//!
//! A carrier stands for what it holds: a station works on that, writes its attributes there, and lets an empty one pass.
//! An assembly adds to it (see `joining`), an unloader takes the product out.
//!
//! | state | when |
//! |---|---|
//! | starved | nothing in the spot; parts of a batch are missing; a part waits for the crew; at an assembly also: a carrier waits and the supply is empty |
//! | setup | changeover before the work on a part of another type than the one before |
//! | processing | work in progress (for a stop: holding its part for the set time) |
//! | blocked | released, and not away within [`leave_allowance`]; or the product has no room where it goes |
//! | idle | a part comes or goes |

mod batch;
mod filling;

use super::attendance::{Attendance, Job};
use super::context::Context;
use super::crews::CrewTask;
use super::gate::Gate;
use super::joining::{Joining, holds_product, lacks};
use super::operands::holds;
use super::scale::weigh;
use super::sensor::Sensor;
use super::work::{cycle_part, draws_scrap, end_cycle, fill, numbered, works_of};
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::{PartId, Place};
use crate::port::Wish;
use crate::random::Draw;
use crate::sample::sample;
use linetwin_model::Time;
use linetwin_model::condition::Condition;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{ElementId, ElementKind, Outcome, PartTypeId, PortId, SpotId, Station};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StationLogic {
    /// `None`: in motion.
    gate: Option<Gate>,
    /// Parts in the spot, as they came.
    present: Vec<PartId>,
    work: Option<Work>,
    /// Of several parts that are worked on together: all of them.
    batch: Vec<PartId>,
    /// The part that rests against the blade.
    at_blade: Option<PartId>,
    /// Until those that wait begin without the others; it ran out; how many such waits began.
    patience: Timer,
    impatient: bool,
    wait_count: u32,
    /// Parts that may go: worked on, or not to be.
    done: BTreeSet<PartId>,
    /// Runs out when the released part should be away.
    leave: Timer,
    late: bool,
    /// What it is set up for: the type that it worked on last.
    set_up_for: Option<PartTypeId>,
    /// Changeovers so far: the index of the next draw.
    setup_count: u32,
    /// Cycles begun on carriers: the index of the next draw.
    cycle_count: u32,
    /// Of an assembly.
    joining: Option<Joining>,
    /// A carrier in the hold whose work cannot begin: the supply is empty.
    lacking: Option<PartId>,
    /// A product that was taken out of the carrier in the hold and is offered; whether it was refused.
    handed: Option<Handed>,
    /// Of a FillAndWeigh: the part that it was told to fill, and whether to pour.
    pouring: Option<(PartId, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Handed {
    product: PartId,
    carrier: PartId,
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Work {
    part: PartId,
    /// To the end of the changeover, then to the end of the work.
    timer: Timer,
    in_setup: bool,
    /// Length of that changeover.
    setup: Time,
    /// From 1 on.
    attempt: u32,
    crew: Attendance,
}

/// What a station and a stop have in common.
struct StationSpec<'a> {
    spot: SpotId,
    span_s: &'a Distribution,
    when: Option<&'a Condition>,
    /// What it does beyond passing time; `None`: a stop, whose holding is no work and makes no cycles.
    work: Option<&'a Station>,
}

impl StationLogic {
    pub fn new(spot: SpotId, has_hold: bool) -> Self {
        StationLogic {
            gate: has_hold.then(|| Gate::new(spot)),
            present: Vec::new(),
            work: None,
            batch: Vec::new(),
            at_blade: None,
            patience: Timer::Off,
            impatient: false,
            wait_count: 0,
            done: BTreeSet::new(),
            leave: Timer::Off,
            late: false,
            set_up_for: None,
            setup_count: 0,
            cycle_count: 0,
            joining: None,
            lacking: None,
            handed: None,
            pouring: None,
        }
    }

    pub fn with(self, joining: Option<Joining>) -> Self {
        StationLogic { joining, ..self }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        if let Some(gate) = &mut self.gate {
            gate.close(context);
        }
    }

    /// What stands still while the station is down.
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        let running = self.work.iter_mut().filter(|work| work.crew.lets_work());
        running.map(|work| (&mut work.timer, EntryKind::WorkEnds)).chain(std::iter::once((&mut self.patience, EntryKind::SlotWaited(0))))
    }

    /// Whether its work waits for a person.
    pub fn is_manual(&self) -> bool {
        self.work.is_some_and(|work| work.crew != Attendance::NotNeeded)
    }

    pub fn on_down(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if let Some(work) = &mut self.work {
            work.crew.on_down(context, job(context, element), at);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if let Some(work) = &mut self.work {
            work.crew.on_up(context, job(context, element), at);
        }
    }

    /// Somebody is there: the work begins, or goes on.
    pub fn on_crew(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let mut nobody = Attendance::NotNeeded;
        let crew = self.work.as_mut().map_or(&mut nobody, |work| &mut work.crew);
        let stays = crew.on_crew(context, job(context, element), at);
        let Some(work) = self.work.as_mut().filter(|_| stays) else { return };
        if work.timer.is_off() {
            let work = *work;
            self.start_work(context, element, work, at);
        } else {
            work.timer.resume(context.calendar, at, super::Entry { element, kind: EntryKind::WorkEnds });
        }
        context.touch(element, at);
    }

    pub fn is_in_motion(&self) -> bool {
        self.gate.is_none()
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.work.is_some_and(|work| !work.crew.lets_work()) => ElementState::Starved,
            () if self.work.is_some_and(|work| work.in_setup) => ElementState::Setup,
            () if self.work.is_some() => ElementState::Processing,
            () if self.lacking.is_some() => return (ElementState::Starved, Some(SUPPLY)),
            () if self.handed.is_some_and(|handed| handed.refused) => ElementState::Blocked,
            () if self.late => ElementState::Blocked,
            () if self.at_blade.is_some() => ElementState::Starved,
            () if self.present.is_empty() => ElementState::Starved,
            () => ElementState::Idle,
        };
        (state, None)
    }

    fn note(&mut self, part: PartId) {
        if !self.present.contains(&part) {
            self.present.push(part);
        }
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.note(part);
        context.touch(element, at);
        // A part that needs no work does not stop, where nobody stands before it.
        if self.present.len() == 1 && !context.board.is_down(element) && !wants(context, element, part) {
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
        let waits = self.lacking == Some(part) || self.handed.is_some_and(|handed| handed.carrier == part);
        if waits {
            return;
        }
        if self.work.is_some_and(|work| work.part == part) || self.done.contains(&part) {
            // Caught a second time: it was done with before.
            if self.done.contains(&part) && self.gate.as_ref().is_some_and(|gate| gate.leaving() != Some(part)) {
                self.let_go(context, element, part, context.now, true);
            }
            return;
        }
        self.note(part);
        if is_batched(context, element) {
            self.at_blade = Some(part);
            self.gather(context, element);
        } else if wants(context, element, part) {
            self.begin(context, element, part);
        } else {
            self.let_go(context, element, part, context.now, true);
        }
    }

    pub fn on_motion(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, standing: bool, at: Time) {
        if let Some(gate) = self.gate.as_mut().filter(|_| !standing) {
            gate.on_moving(context, part);
        }
        if standing && self.present.contains(&part) {
            self.gather(context, element);
        }
        // What is weighed settles anew each time that it has moved.
        if let (ElementKind::Scale(scale), Some(work)) = (&context.scene.element(element).kind, &mut self.work)
            && work.part == part
        {
            work.timer.pause(context.calendar, at);
            if standing {
                let span = Time::from_seconds(scale.station.processing_s.mean());
                context.start_work_timer(&mut work.timer, at, span, element, EntryKind::WorkEnds);
            }
        }
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Some(gate) = &mut self.gate {
            gate.on_left(context, part);
        }
        let was_present = self.present.contains(&part);
        self.at_blade = self.at_blade.filter(|first| *first != part);
        if self.leave_batch(context, element, part, at) {
        } else if self.work.is_some_and(|work| work.part == part) {
            self.abandon(context, element, at);
        } else if was_present && !self.done.contains(&part) && context.parts.get(part).is_some() {
            // It slipped past: behind a part that it touched, or past a hold that was forced open.
            context.emit(at, EventKind::WorkMissed { element, part });
        }
        self.present.retain(|present| *present != part);
        self.done.remove(&part);
        self.lacking = self.lacking.filter(|lacking| *lacking != part);
        if self.done.is_empty() {
            self.leave.cancel(context.calendar);
            self.late = false;
        }
        if self.at_blade.is_none() {
            self.patience.cancel(context.calendar);
            self.impatient = false;
        }
        context.touch(element, at);
    }

    pub fn on_leave_due(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.leave = Timer::Off;
        self.late = true;
        context.touch(element, at);
    }

    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        if let Some(gate) = &mut self.gate {
            gate.settle(context);
        }
        self.settle_pouring(context, element);
    }

    /// The changeover or the work is over. Returns how many cycles ended (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, sensor: &mut Sensor, at: Time) -> usize {
        let Some(mut work) = self.work.take() else { return 0 };
        let part = work.part;
        context.touch(element, at);
        if work.in_setup {
            work.in_setup = false;
            self.start_cycle(context, element, work, at);
            return 0;
        }
        let Some(station) = spec(context, element).work else {
            self.let_go(context, element, part, at, true);
            return 0;
        };
        match &context.scene.element(element).kind {
            ElementKind::Assembly(_) => {
                context.emit(at, EventKind::CycleEnded { element, part: cycle_part(context, part) });
                self.joining.as_ref().expect("an assembly joins").join(context, element, part, at);
                self.let_go(context, element, part, at, true);
                return 1;
            }
            ElementKind::Scale(scale) => {
                context.emit(at, EventKind::CycleEnded { element, part: cycle_part(context, part) });
                weigh(context, element, scale, sensor, (part, &self.present), at);
                self.let_go(context, element, part, at, true);
                return 1;
            }
            ElementKind::Unload(unload) => {
                context.emit(at, EventKind::CycleEnded { element, part: cycle_part(context, part) });
                self.hand_out(context, element, unload.into, part, at);
                return 1;
            }
            _ => {}
        }
        if station.batch > 1 {
            work.crew.end(context, job(context, element), at);
            return self.end_batch(context, element, part, at);
        }
        let Some(subject) = context.subject(part) else {
            work.crew.end(context, job(context, element), at);
            self.let_go(context, element, part, at, true);
            return 0;
        };
        let (count, passed) = end_cycle(context, element, &station.sets, subject, at);
        let failed = !passed && (station.tries > 1 || station.scraps_failed);
        if failed && work.attempt < station.tries {
            work.attempt += 1;
            self.start_cycle(context, element, work, at);
            return 1;
        }
        work.crew.end(context, job(context, element), at);
        fill(context, element, station.fills_kg.as_ref(), subject, count, at);
        let scrap = draws_scrap(context, element, station.scrap_probability, subject, count) || (failed && station.scraps_failed);
        if scrap {
            context.leave(subject, element, Outcome::Scrap, at);
        }
        if scrap && subject == part {
            self.done.insert(part);
        } else {
            self.let_go(context, element, part, at, true);
        }
        1
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if !wants(context, element, part) {
            return;
        }
        let subject = context.subject(part).unwrap_or(part);
        let Some(part_type) = context.parts.get(subject).map(|row| row.part_type) else { return };
        if self.gate.is_some() {
            context.parts.move_to(part, Place::Held(element));
        }
        context.touch(element, context.now);
        if let Some(joining) = &mut self.joining {
            if !joining.has_stock() {
                self.lacking = Some(part);
                return;
            }
            joining.take(context, element, context.now);
        }
        let setup = self.change_over(context, element, part_type);
        let (in_setup, setup) = (setup.is_some(), setup.unwrap_or(Time::ZERO));
        let mut work = Work { part, timer: Timer::Off, in_setup, setup, attempt: 1, crew: Attendance::NotNeeded };
        work.crew.call(context, job(context, element), context.now);
        if work.crew.lets_work() {
            self.start_work(context, element, work, context.now);
        } else {
            self.work = Some(work);
        }
    }

    /// The changeover, where there is one, then the work itself.
    fn start_work(&mut self, context: &mut Context<'_>, element: ElementId, mut work: Work, at: Time) {
        if work.in_setup {
            context.start_work_timer(&mut work.timer, at, work.setup, element, EntryKind::WorkEnds);
            self.work = Some(work);
        } else {
            self.start_cycle(context, element, work, at);
        }
    }

    pub fn on_bin_arrived(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let joining = self.joining.as_mut().expect("bins come to an assembly");
        context.touch(element, at);
        if joining.on_bin_arrived(context, element)
            && let Some(part) = self.lacking.take()
        {
            self.begin(context, element, part);
        }
    }

    /// Takes the product out of the carrier. A sink takes it at once; a conveyor when there is room, and the carrier
    /// waits for that.
    fn hand_out(&mut self, context: &mut Context<'_>, element: ElementId, into: PortId, carrier: PartId, at: Time) {
        let Some(product) = context.subject(carrier) else {
            self.let_go(context, element, carrier, at, true);
            return;
        };
        context.take_out(product, element, at);
        let follower = context.element_behind(into);
        if let ElementKind::Sink(sink) = &context.scene.element(follower).kind {
            context.move_part(product, element, follower, at);
            context.leave(product, follower, sink.outcome, at);
            self.let_go(context, element, carrier, at, true);
        } else {
            context.wishes.push(Wish::Offer { part: product, port: into, left_m: 0.0, yaw_rad: 0.0, born_at: at });
            self.handed = Some(Handed { product, carrier, refused: false });
        }
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Some(handed) = self.handed.as_mut().filter(|handed| handed.product == part) {
            handed.refused = true;
            context.touch(element, at);
        }
    }

    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Some(handed) = self.handed.take_if(|handed| handed.product == part) {
            self.let_go(context, element, handed.carrier, at, true);
            context.touch(element, at);
        }
    }

    fn start_cycle(&mut self, context: &mut Context<'_>, element: ElementId, mut work: Work, at: Time) {
        let spec = spec(context, element);
        let subject = context.subject(work.part).unwrap_or(work.part);
        let count = works_of(context, element, subject) + 1;
        // What fills by weight ends when that is reached.
        if !matches!(context.scene.element(element).kind, ElementKind::FillAndWeigh(_)) {
            let seconds = sample(spec.span_s, &mut self.cycle_draw(context, element, subject, count));
            context.start_work_timer(&mut work.timer, at, Time::from_seconds(seconds), element, EntryKind::WorkEnds);
        }
        self.work = Some(work);
        if spec.work.is_some() {
            self.tell_begun(context, element, work.part, at);
        }
    }

    /// Carriers come again and again: what is done to them is drawn by occurrence, not by part.
    fn cycle_draw(&mut self, context: &Context<'_>, element: ElementId, subject: PartId, count: u32) -> Draw {
        if matches!(context.scene.element(element).kind, ElementKind::Station(_) | ElementKind::Stop(_)) {
            return context.draw(element, &numbered("processing", count), subject);
        }
        self.cycle_count += 1;
        context.draw_occurrence(element, "processing", self.cycle_count - 1)
    }

    /// The part went away from under the work.
    fn abandon(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let Some(mut work) = self.work.take() else { return };
        self.batch.clear();
        let fills = matches!(context.scene.element(element).kind, ElementKind::FillAndWeigh(_));
        let begun = (fills || !work.timer.is_off()) && !work.in_setup;
        work.timer.cancel(context.calendar);
        work.crew.end(context, job(context, element), at);
        if spec(context, element).work.is_some() && begun {
            let subject = cycle_part(context, work.part);
            context.emit(at, EventKind::CycleEnded { element, part: subject });
            context.emit(at, EventKind::WorkMissed { element, part: subject });
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

/// What an assembly that lacks its part is starved of: its first, and only, port of supply.
const SUPPLY: u8 = 0;

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
    // Of several, the last may stand anywhere in the spot.
    let from_m = if is_batched(context, row.element) { row.start_m } else { row.at_m };
    let way_m = row.end_m - from_m + size_m[0].max(size_m[1]);
    let passing_s = way_m / drive.speed_mps.abs() + drive.speed_mps.abs() / drive.acceleration_mps2;
    Time::from_seconds(LEAVE_FACTOR * passing_s + LEAVE_ALLOWANCE_S)
}

/// Whether it is to work on the part: the condition holds, and it has not done so before, or works again. An empty
/// carrier has nothing to work on.
fn wants(context: &Context<'_>, element: ElementId, part: PartId) -> bool {
    let spec = spec(context, element);
    let has_work = match (&context.scene.element(element).kind, context.subject(part)) {
        (ElementKind::Stop(_) | ElementKind::Scale(_), _) => true,
        (ElementKind::FillAndWeigh(_), _) => filling::takes(context, element, part),
        (ElementKind::Assembly(_), _) => lacks(context, element, part),
        (ElementKind::Unload(_), _) => holds_product(context, part),
        (_, Some(subject)) => spec.work.is_some_and(|station| station.again) || works_of(context, element, subject) == 0,
        (_, None) => false,
    };
    has_work && holds(spec.when, context, part)
}

/// Whom its work needs.
fn job(context: &Context<'_>, element: ElementId) -> Job {
    Job { element, task: CrewTask::Work, need: spec(context, element).work.and_then(|station| station.crew) }
}

/// Whether it works on several parts together.
fn is_batched(context: &Context<'_>, element: ElementId) -> bool {
    spec(context, element).work.is_some_and(|station| station.batch > 1)
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> StationSpec<'a> {
    match &context.scene.element(element).kind {
        ElementKind::Stop(stop) => StationSpec { spot: stop.spot, span_s: &stop.hold_s, when: stop.when.as_ref(), work: None },
        kind => {
            let station = kind.station().expect("station logic belongs to a station or a stop");
            StationSpec { spot: station.spot, span_s: &station.processing_s, when: station.when.as_ref(), work: Some(station) }
        }
    }
}
