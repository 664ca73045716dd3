//! Buffers: parts wait outside the world of contacts, first in first out. A part is in the buffer from the moment its
//! centre crosses the in-port; its body goes when it has cleared the feeding conveyor, and comes back when it is let out. What comes
//! before or after without a conveyor hands parts over or takes them.
//!
//! The entry hold closes as soon as every place is taken or promised: behind the part that takes the last one.
//!
//! | state | when |
//! |---|---|
//! | starved | empty |
//! | blocked | a part may leave and its place is occupied |
//! | processing | parts wait for their dwell or for the release spacing |

use super::context::Context;
use super::{EntryKind, Timer};
use crate::event::ElementState;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{Buffer, ElementId, ElementKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct BufferLogic {
    /// First out first.
    stored: VecDeque<Stored>,
    /// Parts beyond the entry hold's middle that are not stored yet: each has a place promised.
    promised: BTreeSet<PartId>,
    /// To the moment when the first part may leave.
    release: Timer,
    /// The first part is on offer; whether it was refused.
    offered: Option<bool>,
    released: u32,
    last_release: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    part: PartId,
    ripe_at: Time,
}

impl BufferLogic {
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        std::iter::once((&mut self.release, EntryKind::BufferRelease))
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.stored.is_empty() => ElementState::Starved,
            () if self.offered == Some(true) => ElementState::Blocked,
            () => ElementState::Processing,
        };
        (state, None)
    }

    /// Whether it has a place for a part that is handed over.
    pub fn accepts(&self, context: &Context<'_>, element: ElementId) -> bool {
        self.stored.len() < spec(context, element).capacity as usize && !context.board.is_down(element)
    }

    /// A part is at the entry, beyond recall.
    pub fn on_promised(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if context.parts.get(part).is_some() && !self.stored.iter().any(|stored| stored.part == part) {
            self.promised.insert(part);
            self.control_entry(context, element);
        }
    }

    /// A part has cleared the conveyor that fed it (`at`), or stood in the buffer from the start.
    pub fn on_stored(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.stored.iter().any(|stored| stored.part == part) {
            return;
        }
        self.promised.remove(&part);
        context.rest(part, at);
        let dwell = context.sample(&spec(context, element).dwell_s, element, "dwell", part);
        self.stored.push_back(Stored { part, ripe_at: at + Time::from_seconds(dwell) });
        self.control_entry(context, element);
        self.schedule(context, element, at);
        context.touch(element, at);
    }

    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if self.promised.remove(&part) {
            self.control_entry(context, element);
        }
    }

    pub fn on_release_due(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.release = Timer::Off;
        self.offer(context, element, at);
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.offered.is_some() && self.stored.front().is_some_and(|stored| stored.part == part) {
            self.offered = Some(true);
            context.touch(element, at);
        }
    }

    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.stored.front().is_none_or(|stored| stored.part != part) {
            return;
        }
        self.stored.pop_front();
        self.offered = None;
        if !context.scene.is_handed(spec(context, element).into) {
            context.stand(part, false, at);
        }
        self.released += 1;
        self.last_release = Some(at);
        self.control_entry(context, element);
        self.schedule(context, element, at);
        context.touch(element, at);
    }

    pub fn on_down(&mut self, context: &mut Context<'_>, element: ElementId) {
        if self.offered.take().is_some() {
            let part = self.stored.front().expect("the first part is on offer").part;
            context.withdraw(part);
        }
        self.control_entry(context, element);
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.control_entry(context, element);
        self.schedule(context, element, at);
    }

    fn control_entry(&self, context: &mut Context<'_>, element: ElementId) {
        let spec = spec(context, element);
        let Some(entry_hold) = spec.entry_hold else { return };
        let taken = self.stored.len() + self.promised.len();
        context.set_hold(entry_hold, taken >= spec.capacity as usize || context.board.is_down(element));
    }

    /// Sets the release of the first part, unless it is set or under way.
    fn schedule(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let (Some(first), None, true) = (self.stored.front(), self.offered, self.release.is_off()) else { return };
        let spacing = match self.last_release {
            Some(last) => {
                let release_s = &spec(context, element).release_s;
                last + Time::from_seconds(context.sample_occurrence(release_s, element, "release", self.released))
            }
            None => Time::ZERO,
        };
        let span = first.ripe_at.max(spacing).since(at);
        if span == Time::ZERO && !context.board.is_down(element) {
            return self.offer(context, element, at);
        }
        context.start_work_timer(&mut self.release, at, span, element, EntryKind::BufferRelease);
    }

    fn offer(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let Some(first) = self.stored.front() else { return };
        self.offered = Some(false);
        // It comes out straight and in the middle: a rack aligns its goods.
        let port = spec(context, element).into;
        context.offer(first.part, port, at);
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Buffer {
    match &context.scene.element(element).kind {
        ElementKind::Buffer(buffer) => buffer,
        _ => unreachable!("buffer logic belongs to a buffer"),
    }
}
