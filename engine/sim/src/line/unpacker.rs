//! Unpackers, depalletisers and what takes products apart: a container is taken from where it stands at the end of the feeder, its content is taken
//! out a group at a time, last in first out, and let out part by part; the empty container leaves by a port of its own. A product
//! is a container too: its first part, with all that was joined to it.
//!
//! | state | when |
//! |---|---|
//! | processing | a group is being taken out |
//! | setup | an empty container is changed for a full one |
//! | blocked | a part or the empty container may leave and its place is occupied |
//! | starved | no container |
//! | idle | parts or the container are on their way out |

use super::context::Context;
use super::packer::take;
use super::present::Present;
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{ElementId, ElementKind, Unpacker};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct UnpackerLogic {
    /// Containers in the pick-up position, as they came.
    present: Present,
    container: Option<PartId>,
    /// Parts that are out of their container; the first is on offer.
    in_hand: VecDeque<PartId>,
    work: Option<Work>,
    timer: Timer,
    /// Whether the part on offer, and the container on offer, was refused.
    part_offered: Option<bool>,
    container_offered: Option<bool>,
    /// Groups and changes begun so far.
    begun: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Work {
    /// How many parts.
    Group(usize),
    Change,
}

impl UnpackerLogic {
    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        let pickup = spec(context, element).pickup;
        context.set_hold(pickup, true);
    }

    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        std::iter::once((&mut self.timer, EntryKind::WorkEnds))
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let refused = self.part_offered == Some(true) || self.container_offered == Some(true);
        let state = match self.work {
            Some(Work::Group(_)) => ElementState::Processing,
            Some(Work::Change) => ElementState::Setup,
            None if refused => ElementState::Blocked,
            None if self.container.is_none() && self.in_hand.is_empty() && self.present.is_empty() => ElementState::Starved,
            None => ElementState::Idle,
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

    pub fn on_standing(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.present.contains(&part) {
            self.act(context, element, at);
        }
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.container == Some(part) {
            self.container_offered = self.container_offered.map(|_| true);
        } else if self.in_hand.front() == Some(&part) {
            self.part_offered = self.part_offered.map(|_| true);
        }
        context.touch(element, at);
    }

    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        context.stand(part, false, at);
        if self.container == Some(part) {
            (self.container, self.container_offered) = (None, None);
            if spec(context, element).change_s != Distribution::Constant(0.0) {
                self.begin(context, element, Work::Change, at);
            }
        } else if self.in_hand.front() == Some(&part) {
            self.in_hand.pop_front();
            self.part_offered = None;
        }
        self.act(context, element, at);
    }

    /// Returns whether a container was emptied (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        self.timer = Timer::Off;
        let mut emptied = false;
        if let (Some(Work::Group(count)), Some(container)) = (self.work.take(), self.container) {
            let content = context.parts.get(container).map(|row| row.content.clone()).unwrap_or_default();
            for &part in content.iter().rev().take(count) {
                context.take_out(part, element, at);
                self.in_hand.push_back(part);
            }
            emptied = content.len() <= count;
            if emptied {
                context.emit(at, EventKind::CycleEnded { element, part: container });
                if spec(context, element).separates {
                    separate(context, element, container, at);
                }
            }
        }
        self.act(context, element, at);
        emptied
    }

    pub fn on_down(&mut self, context: &mut Context<'_>) {
        if let (Some(part), true) = (self.container, self.container_offered.take().is_some()) {
            context.withdraw(part);
        }
        if let (Some(&part), true) = (self.in_hand.front(), self.part_offered.take().is_some()) {
            context.withdraw(part);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.act(context, element, at);
    }

    /// Does whatever can be done now.
    fn act(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        context.touch(element, at);
        if context.board.is_down(element) {
            return;
        }
        if let (Some(&part), None) = (self.in_hand.front(), self.part_offered) {
            self.part_offered = Some(false);
            let port = spec(context, element).into;
            context.offer(part, port, at);
        }
        if self.work.is_some() {
            return;
        }
        if self.container.is_none() {
            let Some(part) = self.present.first_standing(context) else { return };
            self.present.remove(part);
            take(context, element, part, at);
            self.container = Some(part);
            if context.parts.get(part).is_some_and(|row| !row.content.is_empty()) {
                context.emit(at, EventKind::CycleStarted { element, part });
            }
        }
        let container = self.container.expect("there is one now");
        let left = context.parts.get(container).map_or(0, |row| row.content.len());
        if left == 0 {
            if self.container_offered.is_none() {
                self.container_offered = Some(false);
                let port = spec(context, element).empties_into;
                context.offer(container, port, at);
            }
        } else if self.in_hand.is_empty() {
            let count = self.group(context, element, container, left);
            self.begin(context, element, Work::Group(count), at);
        }
    }

    /// How many parts are taken out together, of `left`.
    fn group(&self, context: &Context<'_>, element: ElementId, container: PartId, left: usize) -> usize {
        let spec = spec(context, element);
        let part_type = context.parts.get(container).expect("it is here").part_type;
        let holds = context.scene.part_types[part_type.index()].holds.as_ref();
        let top = u32::try_from(left - 1).expect("a container holds a few thousand parts");
        match holds.and_then(|holds| holds.layer_of(top)) {
            Some((_, below)) if spec.layerwise => left - below as usize,
            _ => spec.takes.map_or(left, |takes| left.min(takes as usize)),
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, work: Work, at: Time) {
        let spec = spec(context, element);
        let (distribution, purpose) = if work == Work::Change { (&spec.change_s, "change") } else { (&spec.cycle_s, "cycle") };
        let seconds = context.sample_occurrence(distribution, element, purpose, self.begun);
        self.begun += 1;
        self.work = Some(work);
        context.start_work_timer(&mut self.timer, at, Time::from_seconds(seconds), element, EntryKind::WorkEnds);
    }
}

/// A product that nothing is joined to any more is what it was made from.
fn separate(context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
    let scene = context.scene;
    let Some(row) = context.parts.get_mut(part) else { return };
    if let Some(first) = scene.part_types[row.part_type.index()].bill.first() {
        row.part_type = first.part_type;
        context.emit(at, EventKind::PartSeparated { part, element, part_type: first.part_type });
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Unpacker {
    match &context.scene.element(element).kind {
        ElementKind::Unpacker(unpacker) => unpacker,
        _ => unreachable!("unpacker logic belongs to an unpacker"),
    }
}
