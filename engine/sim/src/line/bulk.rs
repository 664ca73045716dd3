//! What stores and carries bulk material: gates open and belts run unless they are held or down. Knows nothing about grains.
//!
//! | state | when |
//! |---|---|
//! | processing | something comes out of the hopper; something is on the belt |
//! | idle | the gate is closed: its FillAndWeigh has nothing to fill |
//! | starved | a hopper whose gate is open, or a running belt, is empty |
//! | blocked | a hopper whose gate is open holds something, and nothing comes out: what lies below keeps it, or an arch |

use super::context::Context;
use crate::event::ElementState;
use crate::port::Wish;
use linetwin_model::scene::{BulkElement, ElementId, ElementKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct BulkLogic {
    /// What its device was told last.
    told: Option<bool>,
}

impl BulkLogic {
    /// Tells its device, where that has changed, whether it may run.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        let runs = !context.board.is_down(element);
        if self.told != Some(runs) {
            self.told = Some(runs);
            context.wishes.push(Wish::RunBulk { element, runs });
        }
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let (_, seen) = context.board.bulk.get(&element).copied().unwrap_or_default();
        let hopper = matches!(context.scene.element(element).kind, ElementKind::Bulk(BulkElement::Hopper(_)));
        let state = match () {
            () if seen.flows => ElementState::Processing,
            () if !seen.open => ElementState::Idle,
            () if seen.content_ng == 0 || !hopper => ElementState::Starved,
            () => ElementState::Blocked,
        };
        (state, None)
    }
}

/// The FillAndWeigh that a hopper belongs to.
pub(super) fn filler_of(context: &Context<'_>, hopper: ElementId) -> Option<ElementId> {
    let fills =
        |element: &ElementId| matches!(&context.scene.element(*element).kind, ElementKind::FillAndWeigh(filler) if filler.hopper == hopper);
    context.scene.element_ids().find(fills)
}
