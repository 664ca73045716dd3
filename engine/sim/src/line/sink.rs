//! Sinks, where parts leave, and bins, which are full one day: then a conveyor stands until the bin has been emptied.
//!
//! | state | when |
//! |---|---|
//! | starved | no part is on its way in |
//! | processing | a part is on its way in |
//! | blocked | a bin is full, until it is empty again |

use super::context::Context;
use super::conveyor::{start, stop};
use super::operands::holds;
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, Sink};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SinkLogic {
    /// Parts in the bin.
    filled: u32,
    /// To the moment when it is empty again.
    emptying: Timer,
    /// How often it was full.
    times_full: u32,
}

impl SinkLogic {
    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        std::iter::once((&mut self.emptying, EntryKind::WorkEnds))
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let state = match () {
            () if !self.emptying.is_off() => ElementState::Blocked,
            () if context.board.load(element).parts == 0 => ElementState::Starved,
            () => ElementState::Processing,
        };
        (state, None)
    }

    pub fn accepts(&self) -> bool {
        self.emptying.is_off()
    }

    /// A part is in: it has left the line.
    pub fn take(&mut self, context: &mut Context<'_>, element: ElementId, sink: &Sink, part: PartId, at: Time) {
        if !holds(sink.receives.as_ref(), context, part) {
            context.emit(at, EventKind::Missorted { element, part });
        }
        context.leave(part, element, sink.outcome, at);
        let Some(bin) = &sink.bin else { return };
        self.filled += 1;
        if self.filled < bin.capacity || !self.emptying.is_off() {
            return;
        }
        stop(context, element, bin.holds, at);
        let seconds = context.sample_occurrence(&bin.emptying_s, element, "emptying", self.times_full);
        self.times_full += 1;
        context.start_timer(&mut self.emptying, at, Time::from_seconds(seconds), element, EntryKind::WorkEnds);
        context.touch(element, at);
    }

    pub fn on_emptied(&mut self, context: &mut Context<'_>, element: ElementId, sink: &Sink, at: Time) {
        self.emptying = Timer::Off;
        self.filled = 0;
        if let Some(bin) = &sink.bin {
            start(context, element, bin.holds, at);
        }
        context.touch(element, at);
    }
}
