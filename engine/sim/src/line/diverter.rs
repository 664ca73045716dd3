//! Diverters: each part is decided when it comes, and the device serves the parts in their order: it is out while the first
//! of them is to be diverted, until that has gone off or past. Where a part really goes is physics; one that went another
//! way than it was decided is a `Misrouted` event of the diverter that missed it, or caught it.

use super::context::Context;
use super::operands::holds;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DiverterLogic {
    /// Parts that were decided and have not left the stretch, in order, and whether each is to be diverted.
    decided: VecDeque<(PartId, bool)>,
    out: bool,
}

impl DiverterLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        (if self.out { ElementState::Processing } else { ElementState::Idle }, None)
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        let ElementKind::Diverter(spec) = &context.scene.element(element).kind else { return };
        if context.parts.get(part).is_none() || self.decided.iter().any(|(known, _)| *known == part) {
            return;
        }
        let diverts = !context.board.is_down(element) && holds(Some(&spec.when), context, part);
        if diverts {
            context.emit(context.now, EventKind::CycleStarted { element, part });
        }
        self.decided.push_back((part, diverts));
        self.serve(context, element);
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let Some(diverts) = self.forget(context, element, part) else { return false };
        let ElementKind::Diverter(spec) = &context.scene.element(element).kind else { return false };
        let side = context.scene.successor(context.scene.diverters[spec.diverter.index()].out_port);
        let off_by = side.filter(|&port| context.board.carrier(part) == Some(context.element_behind(port)));
        match off_by {
            // The transport says so as well, where the part fell off by itself.
            Some(port) if !diverts => context.report_misrouted(part, port, at),
            None if diverts => context.emit(at, EventKind::Misrouted { part, element }),
            _ => {}
        }
        if diverts {
            context.emit(at, EventKind::CycleEnded { element, part });
        }
        diverts
    }

    /// Returns whether a cycle ended.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) -> bool {
        let diverts = self.forget(context, element, part).unwrap_or(false);
        if diverts {
            context.emit(context.now, EventKind::CycleEnded { element, part });
        }
        diverts
    }

    /// While it is down it stays at rest, and what was decided passes.
    pub fn on_down(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.serve(context, element);
    }

    fn forget(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) -> Option<bool> {
        let index = self.decided.iter().position(|(known, _)| *known == part)?;
        let (_, diverts) = self.decided.remove(index)?;
        self.serve(context, element);
        Some(diverts)
    }

    fn serve(&mut self, context: &mut Context<'_>, element: ElementId) {
        let ElementKind::Diverter(spec) = &context.scene.element(element).kind else { return };
        self.out = !context.board.is_down(element) && self.decided.front().is_some_and(|(_, diverts)| *diverts);
        context.io.set_divert(spec.diverter, self.out, context.wishes);
        context.touch(element, context.now);
    }
}
