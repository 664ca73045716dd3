//! Filling to a weight: the station tells what moves grains which box to fill and whether to pour, and lets the box go when it is
//! told that it is full. Knows nothing about gates and scales.

use super::StationLogic;
use crate::event::{ElementState, EventKind};
use crate::line::context::Context;
use crate::line::work::{cycle_part, end_cycle, works_of};
use crate::parts::{DrawnShape, PartId};
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind};

/// Open boxes, once each.
pub(super) fn takes(context: &Context<'_>, element: ElementId, part: PartId) -> bool {
    let open = |part: PartId| context.parts.get(part).is_some_and(|row| matches!(row.shape, DrawnShape::OpenBox { .. }));
    open(part) && works_of(context, element, part) == 0
}

impl StationLogic {
    /// Tells what pours, where that has changed.
    pub(super) fn settle_pouring(&mut self, context: &mut Context<'_>, element: ElementId) {
        if !matches!(context.scene.element(element).kind, ElementKind::FillAndWeigh(_)) {
            return;
        }
        let pouring = self.work.as_ref().map(|work| (work.part, !context.board.is_down(element)));
        if self.pouring != pouring {
            self.pouring = pouring;
            let (part, pours) = pouring.map_or((None, false), |(part, pours)| (Some(part), pours));
            context.wishes.push(Wish::Fill { element, part, pours });
        }
    }

    /// Its own state, but a box that waits for an empty hopper starves.
    pub fn state_of(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let state = self.state();
        let ElementKind::FillAndWeigh(filler) = &context.scene.element(element).kind else { return state };
        let empty = context.board.bulk.get(&filler.hopper).is_none_or(|(_, seen)| seen.content_ng == 0 && !seen.flows);
        if state.0 == ElementState::Processing && empty { (ElementState::Starved, None) } else { state }
    }

    /// The box is full. Returns whether a cycle ended.
    pub fn on_filled(
        &mut self,
        context: &mut Context<'_>,
        element: ElementId,
        part: PartId,
        (filled_kg, shown_kg): (f64, f64),
        at: Time,
    ) -> bool {
        let ElementKind::FillAndWeigh(filler) = &context.scene.element(element).kind else { return false };
        context.fill(part, filled_kg, element, at);
        // It may have been pushed away in the meantime, and is full all the same.
        if self.work.take_if(|work| work.part == part).is_none() {
            return false;
        }
        self.pouring = None;
        context.touch(element, at);
        context.emit(at, EventKind::FillEnded { element, part, filled_kg, target_kg: filler.target_kg, shown_kg });
        let subject = cycle_part(context, part);
        end_cycle(context, element, &[], subject, at);
        self.let_go(context, element, part, at, true);
        true
    }
}
