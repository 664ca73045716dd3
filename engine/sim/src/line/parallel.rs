//! Parallel stations: parts are taken from where they stand at the end of the feeder into places of the machine's own, which
//! work independently of each other. A place works on a whole batch; it is free again when the last of it has left. Parts
//! leave in the order in which they were finished; meanwhile they have no body.
//!
//! | state | when |
//! |---|---|
//! | processing | at least one place works |
//! | blocked | none works, and the part that may leave has no room where it goes |
//! | starved | none works, and parts are missing: nothing is there, or a batch is not complete |
//! | idle | parts come or go |

use super::context::Context;
use super::packer::take;
use super::work::{count_work, draws_scrap, write_attributes};
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use crate::sample::sample;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, Outcome, ParallelStation, inspects};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ParallelLogic {
    /// Parts in the pick-up position, as they came.
    present: Vec<PartId>,
    slots: Vec<Slot>,
    /// Parts whose work is over, as they leave; the first is on offer.
    finished: VecDeque<PartId>,
    /// Whether the part on offer was refused.
    offered: Option<bool>,
    /// Runs out when the batch that is gathered begins as it is.
    patience: Timer,
    /// Batches begun, and batches whose first part came, so far: the indices of the next draws.
    begun: u32,
    gathered: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    /// Parts that are in it; none: it is free.
    parts: Vec<PartId>,
    work: Timer,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    #[default]
    Gathers,
    Works,
    Empties,
}

impl ParallelLogic {
    pub fn new(spec: &ParallelStation) -> Self {
        ParallelLogic {
            present: Vec::new(),
            slots: vec![Slot::default(); spec.slots as usize],
            finished: VecDeque::new(),
            offered: None,
            patience: Timer::Off,
            begun: 0,
            gathered: 0,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        let pickup = spec(context, element).pickup;
        context.set_hold(pickup, true);
    }

    /// What stands still while it is down.
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        let works = (0..).zip(&mut self.slots).map(|(slot, row)| (&mut row.work, EntryKind::SlotEnds(slot)));
        works.chain(std::iter::once((&mut self.patience, EntryKind::WorkEnds)))
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.slots.iter().any(|slot| slot.phase == Phase::Works) => ElementState::Processing,
            () if self.offered == Some(true) => ElementState::Blocked,
            () if self.present.is_empty() && self.finished.is_empty() => ElementState::Starved,
            () => ElementState::Idle,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if !self.present.contains(&part) {
            self.present.push(part);
        }
        context.touch(element, at);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.present.retain(|present| *present != part);
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
            context.stand(part, false, at);
            for slot in &mut self.slots {
                slot.parts.retain(|inside| *inside != part);
            }
            self.free_slots();
        }
        self.act(context, element, at);
    }

    /// The batch that is gathered has waited long enough.
    pub fn on_patience_over(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.patience = Timer::Off;
        if let Some(slot) = self.gathering() {
            self.begin(context, element, slot, at);
        }
        self.act(context, element, at);
    }

    /// Returns how many parts are done (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, slot: u32, at: Time) -> usize {
        let spec = spec(context, element);
        let slot = &mut self.slots[slot as usize];
        (slot.work, slot.phase) = (Timer::Off, Phase::Empties);
        let parts = slot.parts.clone();
        for &part in &parts {
            context.emit(at, EventKind::CycleEnded { element, part });
            let count = count_work(context, element, part);
            let passed = write_attributes(context, element, &spec.sets, part, count, at);
            if inspects(&spec.sets) {
                context.emit(at, EventKind::WorkJudged { element, part, passed, first: count == 1 });
            }
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

    pub fn on_down(&mut self, context: &mut Context<'_>) {
        if let (Some(&part), true) = (self.finished.front(), self.offered.take().is_some()) {
            context.withdraw(part);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.act(context, element, at);
    }

    fn free_slots(&mut self) {
        for slot in self.slots.iter_mut().filter(|slot| slot.parts.is_empty()) {
            slot.phase = Phase::Gathers;
        }
    }

    /// The place whose batch is not complete.
    fn gathering(&self) -> Option<usize> {
        self.slots.iter().position(|slot| slot.phase == Phase::Gathers && !slot.parts.is_empty())
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
        loop {
            let Some(slot) = self.gathering().or_else(|| self.slots.iter().position(|slot| slot.parts.is_empty())) else { return };
            let Some(part) = self.present.iter().find(|part| context.board.stands(**part)).copied() else { return };
            self.present.retain(|present| *present != part);
            take(context, element, part, at);
            self.slots[slot].parts.push(part);
            let spec = spec(context, element);
            if self.slots[slot].parts.len() == spec.batch as usize {
                self.begin(context, element, slot, at);
            } else if let (Some(wait_s), 1) = (&spec.wait_s, self.slots[slot].parts.len()) {
                let span = Time::from_seconds(sample(wait_s, &mut context.draw_occurrence(element, "wait", self.gathered)));
                self.gathered += 1;
                context.start_work_timer(&mut self.patience, at, span, element, EntryKind::WorkEnds);
            }
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, slot: usize, at: Time) {
        self.patience.cancel(context.calendar);
        let seconds = sample(&spec(context, element).processing_s, &mut context.draw_occurrence(element, "processing", self.begun));
        self.begun += 1;
        let kind = EntryKind::SlotEnds(u32::try_from(slot).expect("a machine has few places"));
        let row = &mut self.slots[slot];
        row.phase = Phase::Works;
        context.start_work_timer(&mut row.work, at, Time::from_seconds(seconds), element, kind);
        for &part in &row.parts {
            context.emit(at, EventKind::CycleStarted { element, part });
        }
        context.touch(element, at);
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a ParallelStation {
    match &context.scene.element(element).kind {
        ElementKind::ParallelStation(station) => station,
        _ => unreachable!("parallel logic belongs to a parallel station"),
    }
}
