//! Inductions: a blade lets parts out one at a time, each when the one before is a gap ahead of it. What comes later than
//! that passes without being stopped.
//!
//! | state | when |
//! |---|---|
//! | idle | nothing waits |
//! | processing | a part waits for its gap, or is on its way out |
//! | blocked | what was let out stands |

use super::context::Context;
use super::gate::Gate;
use super::{EntryKind, Timer};
use crate::event::ElementState;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, Induction};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct InductionLogic {
    gate: Gate,
    /// Parts at the blade that were not let out, and whether each rests there.
    waiting: VecDeque<(PartId, bool)>,
    /// Let out and not gone yet.
    out: Option<PartId>,
    /// Until the last part is a gap ahead.
    gap: Timer,
}

impl InductionLogic {
    pub fn new(spec: &Induction) -> Self {
        InductionLogic { gate: Gate::new(spec.spot), waiting: VecDeque::new(), out: None, gap: Timer::Off }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        self.gate.close(context);
    }

    pub fn state(&self, context: &Context<'_>) -> (ElementState, Option<u8>) {
        let state = match self.out {
            Some(part) if context.board.stands(part) => ElementState::Blocked,
            None if self.waiting.is_empty() => ElementState::Idle,
            _ => ElementState::Processing,
        };
        (state, None)
    }

    pub fn concerns(&self, part: PartId) -> bool {
        self.out == Some(part)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if context.parts.get(part).is_some() && !self.waiting.iter().any(|(known, _)| *known == part) {
            self.waiting.push_back((part, false));
            context.touch(element, at);
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, part: PartId) {
        self.gate.on_centred(context, part);
    }

    pub fn on_held(&mut self, part: PartId) {
        self.out = self.out.filter(|out| *out != part);
        match self.waiting.iter_mut().find(|(known, _)| *known == part) {
            Some(waiting) => waiting.1 = true,
            // Let out, and caught by the blade all the same.
            None => self.waiting.push_front((part, true)),
        }
    }

    pub fn on_moving(&mut self, context: &mut Context<'_>, part: PartId) {
        self.gate.on_moving(context, part);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.gate.on_left(context, part);
        self.forget(part);
        let ElementKind::Induction(spec) = &context.scene.element(element).kind else { return };
        let speed_mps = context.scene.drives[context.drive_under(spec.spot).index()].speed_mps.abs();
        let span = (at + Time::from_seconds(spec.gap_m / speed_mps)).since(context.now);
        context.start_timer(&mut self.gap, context.now, span, element, EntryKind::GapDue);
        context.touch(element, at);
    }

    pub fn on_gap_due(&mut self) {
        self.gap = Timer::Off;
    }

    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.forget(part);
        if self.gate.leaving() == Some(part) {
            self.gate.on_left(context, part);
        }
        context.touch(element, context.now);
    }

    fn forget(&mut self, part: PartId) {
        self.waiting.retain(|(known, _)| *known != part);
        self.out = self.out.filter(|out| *out != part);
    }

    /// The end of a Control phase: whoever may go, goes.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.gate.settle(context);
        if self.gap.is_off()
            && self.out.is_none()
            && !context.board.is_down(element)
            && let Some((part, rests)) = self.waiting.pop_front()
        {
            self.out = Some(part);
            self.gate.let_out(context, part, rests);
            context.touch(element, context.now);
        }
    }
}
