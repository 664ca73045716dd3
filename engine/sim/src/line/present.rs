//! The parts in a position from which an element takes them, as they came.

use super::context::Context;
use crate::parts::PartId;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Present(Vec<PartId>);

impl Present {
    /// What is there already stays where it is in the order.
    pub fn add(&mut self, part: PartId) {
        if !self.0.contains(&part) {
            self.0.push(part);
        }
    }

    pub fn remove(&mut self, part: PartId) {
        self.0.retain(|known| *known != part);
    }

    pub fn first_standing(&self, context: &Context<'_>) -> Option<PartId> {
        self.0.iter().copied().find(|part| context.board.stands(*part))
    }
}

impl Deref for Present {
    type Target = [PartId];

    fn deref(&self) -> &[PartId] {
        &self.0
    }
}
