//! Parts that a station works on together: they collect behind its blade, one against the other, and leave one behind the
//! other when the blade opens. Of one part it is what a station does anyway.

use super::{StationLogic, spec, wants};
use crate::event::EventKind;
use crate::line::context::Context;
use crate::line::work::{cycle_part, draws_scrap, end_cycle, fill, works_of};
use crate::line::{EntryKind, Timer};
use crate::parts::{PartId, Place};
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, Outcome, PartTypeId, Station, changeover};

impl StationLogic {
    /// Whether the work on those that stand behind the blade can begin: they are as many as belong together, or one of another
    /// type follows. Otherwise the first of them waits for the others, for a time.
    pub fn gather(&mut self, context: &mut Context<'_>, element: ElementId) {
        let Some(station) = spec(context, element).work.filter(|station| station.batch > 1) else { return };
        let waiting: Vec<PartId> = self.present.iter().filter(|part| !self.done.contains(part)).copied().collect();
        if self.work.is_some() || waiting.is_empty() || self.at_blade != waiting.first().copied() {
            return;
        }
        let standing: Vec<PartId> = waiting.into_iter().take_while(|part| context.board.stands(*part)).collect();
        let sorts = !station.setups.is_empty();
        let alike = standing.iter().take_while(|part| !sorts || part_type(context, **part) == part_type(context, standing[0])).count();
        let count = alike.min(station.batch as usize);
        match count {
            0 => {}
            _ if count == station.batch as usize || alike < standing.len() || self.impatient => {
                self.begin_batch(context, element, &standing[..count]);
            }
            _ => self.wait(context, element, station),
        }
    }

    fn wait(&mut self, context: &mut Context<'_>, element: ElementId, station: &Station) {
        let (Some(wait_s), true) = (&station.wait_s, self.patience.is_off()) else { return };
        let span = Time::from_seconds(context.sample_occurrence(wait_s, element, "wait", self.wait_count));
        self.wait_count += 1;
        context.start_work_timer(&mut self.patience, context.now, span, element, EntryKind::SlotWaited(0));
    }

    /// The first has waited long enough.
    pub fn on_patience_over(&mut self, context: &mut Context<'_>, element: ElementId) {
        (self.patience, self.impatient) = (Timer::Off, true);
        self.gather(context, element);
    }

    fn begin_batch(&mut self, context: &mut Context<'_>, element: ElementId, parts: &[PartId]) {
        self.patience.cancel(context.calendar);
        self.impatient = false;
        let wanted: Vec<PartId> = parts.iter().filter(|part| wants(context, element, **part)).copied().collect();
        match wanted.first() {
            Some(first) => {
                self.batch = parts.to_vec();
                self.begin(context, element, *first);
                for &part in wanted.iter().skip(1) {
                    context.parts.move_to(part, Place::Held(element));
                }
            }
            // Nothing to do at any of them.
            None => self.let_go_together(context, element, parts),
        }
    }

    /// Those of the parts in hand that it works on: the one that stands for all first.
    pub(super) fn worked_on(&self, context: &Context<'_>, element: ElementId, part: PartId) -> Vec<PartId> {
        let others = self.batch.iter().copied().filter(|other| *other != part && wants(context, element, *other));
        std::iter::once(part).chain(others).collect()
    }

    pub(super) fn tell_begun(&self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        for part in self.worked_on(context, element, part) {
            context.emit(at, EventKind::CycleStarted { element, part: cycle_part(context, part) });
        }
    }

    /// One of several left from under the work, which goes on with the others. Returns whether it was such a one.
    pub(super) fn leave_batch(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let Some(mut work) = self.work.filter(|_| self.batch.len() > 1 && self.batch.contains(&part)) else { return false };
        let begun = !work.timer.is_off() && !work.in_setup;
        let counted = works_of(context, element, part);
        self.batch.retain(|other| *other != part);
        if begun && context.parts.get(part).is_none_or(|_| counted == 0) {
            context.emit(at, EventKind::CycleEnded { element, part });
            context.emit(at, EventKind::WorkMissed { element, part });
        }
        self.back_on_host(context, element, part);
        if work.part == part {
            work.part = self.batch[0];
            self.work = Some(work);
        }
        true
    }

    /// The work on all that it has in hand is over.
    pub(super) fn end_batch(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> usize {
        let Some(station) = spec(context, element).work else { return 0 };
        let worked_on = self.worked_on(context, element, part);
        let all = std::mem::take(&mut self.batch);
        let mut stay: Vec<PartId> = all.iter().copied().filter(|other| !worked_on.contains(other)).collect();
        for &part in &worked_on {
            let (count, passed) = end_cycle(context, element, &station.sets, part, at);
            fill(context, element, station.fills_kg.as_ref(), part, count, at);
            let scrap = draws_scrap(context, element, station.scrap_probability, part, count) || (!passed && station.scraps_failed);
            if scrap {
                self.present.retain(|other| *other != part);
                context.leave(part, element, Outcome::Scrap, at);
            } else {
                stay.push(part);
            }
        }
        let stay: Vec<PartId> = all.into_iter().filter(|part| stay.contains(part)).collect();
        self.let_go_together(context, element, &stay);
        worked_on.len()
    }

    /// The blade opens for all of these, and closes behind the last.
    fn let_go_together(&mut self, context: &mut Context<'_>, element: ElementId, parts: &[PartId]) {
        self.at_blade = None;
        let (Some(&last), Some(gate)) = (parts.last(), &mut self.gate) else { return };
        self.done.extend(parts);
        gate.let_out_behind(context, last);
        context.wishes.push(Wish::LastOut { spot: gate.spot, part: last });
        let allowance = super::leave_allowance(context, gate.spot, last);
        context.start_timer(&mut self.leave, context.now, allowance, element, EntryKind::LeaveDue);
        self.late = false;
        for &part in parts {
            self.back_on_host(context, element, part);
        }
    }

    /// What it changes over for, to this type.
    pub(super) fn change_over(&mut self, context: &Context<'_>, element: ElementId, to: PartTypeId) -> Option<Time> {
        let before = self.set_up_for.replace(to);
        let station = spec(context, element).work?;
        let setup = changeover(&station.setups, before?, to)?;
        self.setup_count += 1;
        Some(Time::from_seconds(context.sample_occurrence(&setup.time_s, element, "setup", self.setup_count - 1)))
    }
}

fn part_type(context: &Context<'_>, part: PartId) -> Option<PartTypeId> {
    context.parts.get(part).map(|row| row.part_type)
}
