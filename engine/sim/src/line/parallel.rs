//! Parallel stations: parts are taken from where they stand at the end of the feeder, or are handed over by what comes before, into
//! places of the machine's own, which work independently of each other. A place works on a whole batch; it is free again when the
//! last of it has left. Parts leave in the order in which they were finished; meanwhile they have no body.
//!
//! With changeovers a place takes one type of parts at a time. A part for which no place is left lets those begin that are
//! not complete. Before a planned stop all of them begin, and nothing more is taken.
//!
//! | state | when |
//! |---|---|
//! | processing | at least one place works |
//! | setup | none works, and at least one changes over |
//! | blocked | none of these, and the part that may leave has no room where it goes |
//! | starved | none of these, and people or parts are missing: nothing is there, or a batch is not complete |
//! | held | it has run empty before a planned stop |
//! | idle | parts come or go |

use super::attendance::{Attendance, Job};
use super::context::Context;
use super::crews::CrewTask;
use super::packer::take;
use super::present::Present;
use super::work::{draws_scrap, end_cycle};
use super::{Entry, EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, Outcome, ParallelStation, PartTypeId, changeover};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ParallelLogic {
    /// Parts in the pick-up position, as they came.
    present: Present,
    slots: Vec<Slot>,
    /// Parts whose work is over, as they leave; the first is on offer.
    finished: VecDeque<PartId>,
    /// Whether the part on offer was refused.
    offered: Option<bool>,
    /// Until it begins to run empty.
    emptying: Timer,
    /// Batches begun, batches whose first part came, and changeovers so far: the indices of the next draws.
    begun: u32,
    gathered: u32,
    changed_over: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    /// Parts that are in it; none: it is free.
    parts: Vec<PartId>,
    /// Runs out when the batch that is gathered begins as it is.
    patience: Timer,
    /// To the end of the changeover, then to the end of the work.
    work: Timer,
    phase: Phase,
    crew: Attendance,
    /// What it is set up for: the type that it works on, or worked on last.
    set_up_for: Option<PartTypeId>,
    /// What its batch needs of a changeover before the work.
    changeover: Option<Time>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    #[default]
    Gathers,
    /// Changes over, for so long.
    SetsUp(Time),
    Works,
    Empties,
}

impl Slot {
    fn is_at(&self, sets_up: bool) -> bool {
        let phase = match self.phase {
            Phase::SetsUp(_) => sets_up,
            Phase::Works => !sets_up,
            Phase::Gathers | Phase::Empties => false,
        };
        phase && self.crew.lets_work()
    }

    fn gathers(&self) -> bool {
        self.phase == Phase::Gathers && !self.parts.is_empty()
    }
}

impl ParallelLogic {
    pub fn new(spec: &ParallelStation) -> Self {
        ParallelLogic {
            present: Present::default(),
            slots: vec![Slot::default(); spec.slots as usize],
            finished: VecDeque::new(),
            offered: None,
            emptying: Timer::Off,
            begun: 0,
            gathered: 0,
            changed_over: 0,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        if let Some(pickup) = spec(context, element).pickup {
            context.set_hold(pickup, true);
        }
        self.expect_stop(context, element, Time::ZERO);
    }

    /// What stands still while it is down.
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        (0..).zip(&mut self.slots).flat_map(|(slot, row)| {
            let works = row.crew.lets_work().then_some((&mut row.work, EntryKind::SlotEnds(slot)));
            works.into_iter().chain(std::iter::once((&mut row.patience, EntryKind::SlotWaited(slot))))
        })
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let free = self.finished.is_empty() && self.slots.iter().all(|slot| slot.parts.is_empty());
        let state = match () {
            () if self.slots.iter().any(|slot| slot.is_at(false)) => ElementState::Processing,
            () if self.slots.iter().any(|slot| slot.is_at(true)) => ElementState::Setup,
            () if self.offered == Some(true) => ElementState::Blocked,
            () if self.slots.iter().any(|slot| !slot.crew.lets_work()) => ElementState::Starved,
            () if free && runs_empty(context, element, context.now) => ElementState::Held,
            () if self.present.is_empty() && self.finished.is_empty() => ElementState::Starved,
            () => ElementState::Idle,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.present.add(part);
        context.touch(element, at);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.present.remove(part);
        context.touch(element, at);
    }

    /// Whether a part that is handed over has a place. That it has none lets those begin that wait for others.
    pub fn accepts(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let Some(part_type) = context.parts.get(part).map(|row| row.part_type) else { return false };
        if context.board.is_down(element) || runs_empty(context, element, at) {
            return false;
        }
        let found = self.place_for(sorts(context, element), part_type).is_some();
        if !found {
            self.begin_all(context, element, at);
        }
        found
    }

    pub fn on_handed(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        context.rest(part, at);
        let part_type = context.parts.get(part).expect("just handed over").part_type;
        let slot = self.place_for(sorts(context, element), part_type).expect("it has accepted the part");
        self.take_in(context, element, slot, part, at);
        context.touch(element, at);
    }

    pub fn on_standing(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.present.contains(&part) {
            self.act(context, element, at);
        }
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.finished.front() == Some(&part) {
            self.offered = self.offered.map(|_| true);
        }
        context.touch(element, at);
    }

    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.finished.front() == Some(&part) {
            self.finished.pop_front();
            self.offered = None;
            if !context.scene.is_handed(spec(context, element).into) {
                context.stand(part, false, at);
            }
            for slot in &mut self.slots {
                slot.parts.retain(|inside| *inside != part);
            }
            self.free_slots();
        }
        self.act(context, element, at);
    }

    /// The batch that is gathered has waited long enough.
    pub fn on_patience_over(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) {
        self.slots[slot as usize].patience = Timer::Off;
        self.begin(context, element, slot, at);
        self.act(context, element, at);
    }

    pub fn on_emptying(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.emptying = Timer::Off;
        self.act(context, element, at);
    }

    /// Somebody is there: the work of this place begins, or goes on.
    pub fn on_crew(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) {
        let job = job(context, element, slot);
        let row = &mut self.slots[slot as usize];
        if row.crew.on_crew(context, job, at) {
            if row.work.is_off() {
                self.run(context, element, slot, at);
            } else {
                row.work.resume(context.calendar, at, Entry { element, kind: EntryKind::SlotEnds(slot) });
            }
            context.touch(element, at);
        }
    }

    /// The changeover or the work of a place is over. Returns how many parts are done (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) -> usize {
        let (spec, job) = (spec(context, element), job(context, element, slot));
        let index = slot;
        let slot = &mut self.slots[slot as usize];
        slot.work = Timer::Off;
        if let Phase::SetsUp(_) = slot.phase {
            slot.phase = Phase::Works;
            self.run(context, element, index, at);
            return 0;
        }
        slot.phase = Phase::Empties;
        std::mem::take(&mut slot.crew).end(context, job, at);
        let parts = slot.parts.clone();
        for &part in &parts {
            let (count, _) = end_cycle(context, element, &spec.sets, part, at);
            if draws_scrap(context, element, spec.scrap_probability, part, count) {
                slot.parts.retain(|inside| *inside != part);
                context.leave(part, element, Outcome::Scrap, at);
            } else {
                self.finished.push_back(part);
            }
        }
        self.free_slots();
        self.act(context, element, at);
        parts.len()
    }

    pub fn on_down(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        for (slot, row) in (0..).zip(&mut self.slots) {
            row.crew.on_down(context, job(context, element, slot), at);
        }
        if let (Some(&part), true) = (self.finished.front(), self.offered.take().is_some()) {
            context.withdraw(part);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        // Who was at a place goes on there, before anybody begins elsewhere.
        for begun in [true, false] {
            for (slot, row) in (0..).zip(&mut self.slots).filter(|(_, row)| row.work.is_off() != begun) {
                row.crew.on_up(context, job(context, element, slot), at);
            }
        }
        self.expect_stop(context, element, at);
        self.act(context, element, at);
    }

    /// When it begins to run empty, from what the calendar says now.
    fn expect_stop(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let (Some(before), Some(left)) = (spec(context, element).empties_before, works_for(context, element, at)) else { return };
        if left > before {
            context.start_timer(&mut self.emptying, at, left.since(before), element, EntryKind::EmptyingDue);
        }
    }

    fn free_slots(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| slot.parts.is_empty()) {
            slot.phase = Phase::Gathers;
        }
    }

    /// Where a part of this type goes: to those of its batch, else to a free place, one that is set up for it before one that
    /// never worked before any other.
    fn place_for(&self, sorts: bool, part_type: PartTypeId) -> Option<usize> {
        let gathering = self.slots.iter().position(|slot| slot.gathers() && (!sorts || slot.set_up_for == Some(part_type)));
        let free = (0..self.slots.len()).filter(|index| self.slots[*index].parts.is_empty());
        gathering.or_else(|| {
            free.min_by_key(|index| match self.slots[*index].set_up_for {
                Some(type_before) if sorts && type_before == part_type => 0,
                None => 1,
                Some(_) => 2,
            })
        })
    }

    /// Does whatever can be done now.
    fn act(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        context.touch(element, at);
        if context.board.is_down(element) {
            return;
        }
        if let (Some(&part), None) = (self.finished.front(), self.offered) {
            self.offered = Some(false);
            let port = spec(context, element).into;
            context.offer(part, port, at);
        }
        if runs_empty(context, element, at) {
            self.begin_all(context, element, at);
            return;
        }
        let sorts = sorts(context, element);
        while let Some((part, part_type)) = self.next_part(context) {
            match self.place_for(sorts, part_type) {
                Some(slot) => {
                    self.present.remove(part);
                    take(context, element, part, at);
                    self.take_in(context, element, slot, part, at);
                }
                None => {
                    // The parts that these places wait for are behind one that they cannot take.
                    self.begin_all(context, element, at);
                    return;
                }
            }
        }
    }

    /// The first part that stands ready.
    fn next_part(&self, context: &Context<'_>) -> Option<(PartId, PartTypeId)> {
        let part = self.present.first_standing(context)?;
        context.parts.get(part).map(|row| (part, row.part_type))
    }

    fn take_in(&mut self, context: &mut Context<'_>, element: ElementId, slot: usize, part: PartId, at: Time) {
        let index = index_u32(slot);
        let spec = spec(context, element);
        let row = &mut self.slots[slot];
        row.parts.push(part);
        if row.parts.len() == 1 {
            // A changeover needs the batch: it takes its time when that begins.
            let before = row.set_up_for;
            row.set_up_for = context.parts.get(part).map(|row| row.part_type);
            let setup = before.zip(row.set_up_for).and_then(|(before, now)| changeover(&spec.setups, before, now));
            row.changeover = setup.map(|setup| {
                self.changed_over += 1;
                Time::from_seconds(context.sample_occurrence(&setup.time_s, element, "setup", self.changed_over - 1))
            });
        }
        if row.parts.len() == spec.batch as usize {
            self.begin(context, element, index, at);
        } else if let (Some(wait_s), 1) = (&spec.wait_s, row.parts.len()) {
            let span = Time::from_seconds(context.sample_occurrence(wait_s, element, "wait", self.gathered));
            self.gathered += 1;
            context.start_work_timer(&mut row.patience, at, span, element, EntryKind::SlotWaited(index));
        }
    }

    /// All batches begin that are not complete.
    fn begin_all(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].gathers() {
                self.begin(context, element, index_u32(slot), at);
            }
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) {
        let job = job(context, element, slot);
        let row = &mut self.slots[slot as usize];
        row.patience.cancel(context.calendar);
        row.phase = row.changeover.take().map_or(Phase::Works, Phase::SetsUp);
        row.crew.call(context, job, at);
        if row.crew.lets_work() {
            self.run(context, element, slot, at);
        }
        context.touch(element, at);
    }

    /// The changeover, where there is one, then the work itself.
    fn run(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) {
        let row = &mut self.slots[slot as usize];
        let span = if let Phase::SetsUp(span) = row.phase {
            span
        } else {
            for &part in &row.parts {
                context.emit(at, EventKind::CycleStarted { element, part });
            }
            let processing_s = &spec(context, element).processing_s;
            self.begun += 1;
            Time::from_seconds(context.sample_occurrence(processing_s, element, "processing", self.begun - 1))
        };
        context.start_work_timer(&mut row.work, at, span, element, EntryKind::SlotEnds(slot));
        context.touch(element, at);
    }
}

fn index_u32(slot: usize) -> u32 {
    u32::try_from(slot).expect("a machine has few places")
}

/// How long the calendar lets it work; `None`: it stops it now, or never.
fn works_for(context: &Context<'_>, element: ElementId, at: Time) -> Option<Time> {
    let calendar = context.scene.calendar.as_ref().filter(|calendar| calendar.elements.contains(&element))?;
    calendar.works_for(at)
}

/// Whether a planned stop is so near that it takes no more parts.
fn runs_empty(context: &Context<'_>, element: ElementId, at: Time) -> bool {
    let before = spec(context, element).empties_before;
    before.is_some_and(|before| works_for(context, element, at).is_some_and(|left| left <= before))
}

/// Whether a place takes one type of parts at a time.
fn sorts(context: &Context<'_>, element: ElementId) -> bool {
    !spec(context, element).setups.is_empty()
}

/// Whom the work of a place needs.
fn job(context: &Context<'_>, element: ElementId, slot: u32) -> Job {
    Job { element, task: CrewTask::Slot(slot), need: spec(context, element).crew }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a ParallelStation {
    match &context.scene.element(element).kind {
        ElementKind::ParallelStation(station) => station,
        _ => unreachable!("parallel logic belongs to a parallel station"),
    }
}
