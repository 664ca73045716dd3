//! Platforms that travel: a vertical conveyor, a turntable, a transfer car. One part at a time is let out of the hold before
//! it, taken to the middle, carried, handed over, and the platform returns. No travel begins before the part stands.
//!
//! | state | when |
//! |---|---|
//! | starved | at home, and nobody comes |
//! | blocked | it hands over, and its part stands |
//! | jammed | it has met its force limit |
//! | processing | it takes, carries, hands over or returns |

use super::context::Context;
use super::gate::Gate;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{Carriage, DriveId, ElementId, ElementKind, SpotId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// At home and free.
    Ready,
    /// A part was let out; `centred`: its belt was told to stop.
    Taking {
        part: PartId,
        centred: bool,
    },
    Carrying,
    HandingOver,
    Returning,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CarriageLogic {
    gate: Gate,
    /// At the hold before it, with whether they stand there.
    waiting: VecDeque<(PartId, bool)>,
    phase: Phase,
    /// Of the cycle that goes on.
    part: Option<PartId>,
    stalled: bool,
}

impl CarriageLogic {
    pub fn new(spec: &Carriage) -> Self {
        CarriageLogic { gate: Gate::new(spec.entry_hold), waiting: VecDeque::new(), phase: Phase::Ready, part: None, stalled: false }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        self.gate.close(context);
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let load = context.board.load(element);
        let state = match self.phase {
            _ if self.stalled => ElementState::Jammed,
            Phase::Ready if self.waiting.is_empty() && load.parts == 0 => ElementState::Starved,
            Phase::HandingOver if self.part.is_some_and(|part| context.board.stands(part)) => ElementState::Blocked,
            _ => ElementState::Processing,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        if spot == self.gate.spot {
            self.waiting.push_back((part, false));
            context.touch(element, at);
        }
    }

    pub fn on_held(&mut self, part: PartId, spot: SpotId) {
        if spot != self.gate.spot {
            return;
        }
        match self.waiting.iter_mut().find(|(waiting, _)| *waiting == part) {
            Some(waiting) => waiting.1 = true,
            // Let out, and caught again.
            None => self.waiting.push_front((part, true)),
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        if spot == self.gate.spot {
            self.gate.on_centred(context, part);
        } else if matches!(self.phase, Phase::Ready | Phase::Taking { .. }) {
            // Also one that nobody let out is carried.
            self.phase = Phase::Taking { part, centred: true };
            context.want_drive(drive(context, element), false);
        }
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, part: PartId, spot: SpotId) {
        if spot == self.gate.spot {
            self.gate.on_left(context, part);
            self.waiting.retain(|(waiting, _)| *waiting != part);
        }
    }

    pub fn on_motion(&mut self, context: &mut Context<'_>, part: PartId, standing: bool) {
        if !standing {
            self.gate.on_moving(context, part);
        }
    }

    /// A part has wholly left the platform; says whether that ends a cycle.
    pub fn on_vacated(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        if self.phase != Phase::HandingOver || context.board.load(element).parts > 0 {
            return false;
        }
        self.go(context, element, Phase::Returning, false);
        context.touch(element, at);
        match self.part.take() {
            Some(begun) => {
                context.emit(at, EventKind::CycleEnded { element, part: begun });
                begun == part
            }
            None => false,
        }
    }

    pub fn on_travel_ended(&mut self, context: &mut Context<'_>, element: ElementId, away: bool, at: Time) {
        match (self.phase, away) {
            (Phase::Carrying, true) => {
                self.phase = Phase::HandingOver;
                context.want_drive(drive(context, element), true);
            }
            (Phase::Returning, false) => self.phase = Phase::Ready,
            _ => {}
        }
        context.touch(element, at);
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        self.stalled = stalled;
        context.touch(element, at);
    }

    /// A part fell, or was taken out.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.waiting.retain(|(waiting, _)| *waiting != part);
        if self.gate.leaving() == Some(part) {
            self.gate.on_left(context, part);
        }
        let awaited = matches!(self.phase, Phase::Taking { part: taken, .. } if taken == part);
        if context.board.load(element).parts > 0 || !(awaited || self.part == Some(part)) {
            return;
        }
        self.part = None;
        match self.phase {
            Phase::Ready | Phase::Returning => {}
            Phase::Taking { .. } => self.phase = Phase::Ready,
            Phase::Carrying | Phase::HandingOver => self.go(context, element, Phase::Returning, false),
        }
        context.want_drive(drive(context, element), true);
        context.touch(element, context.now);
    }

    /// The end of a Control phase: a part that stands is carried, and a free platform takes the next one.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.gate.settle(context);
        if context.board.is_down(element) {
            return;
        }
        if let Phase::Taking { part, centred: true } = self.phase
            && context.board.stands(part)
        {
            if self.part.is_none() {
                self.begin(context, element, part);
            }
            self.go(context, element, Phase::Carrying, true);
        }
        let free = self.phase == Phase::Ready && self.gate.leaving().is_none() && context.board.load(element).parts == 0;
        if free && let Some((part, rests)) = self.waiting.pop_front() {
            self.phase = Phase::Taking { part, centred: false };
            context.want_drive(drive(context, element), true);
            self.begin(context, element, part);
            self.gate.let_out(context, part, rests);
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.part = Some(part);
        context.emit(context.now, EventKind::CycleStarted { element, part });
        context.touch(element, context.now);
    }

    fn go(&mut self, context: &mut Context<'_>, element: ElementId, phase: Phase, away: bool) {
        self.phase = phase;
        let ElementKind::Carriage(id) = context.scene.element(element).kind else { return };
        context.set_away(id, away);
        context.touch(element, context.now);
    }
}

fn drive(context: &Context<'_>, element: ElementId) -> DriveId {
    let ElementKind::Carriage(id) = context.scene.element(element).kind else { unreachable!("carriage logic belongs to a carriage") };
    context.scene.conveyor(context.scene.carriage(id).conveyor).drives[0]
}
