//! Parts on offer at ports behind which no conveyor is, and how they go to the element there. Whether it takes one is its own decision.

use super::Phase;
use crate::parts::PartId;
use linetwin_model::scene::{ElementId, PortId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// A part that stands before a machine which takes it without moving it: no transport has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    pub part: PartId,
    pub port: PortId,
    pub born_at: Time,
    /// Refused once, and said so.
    pub refused: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handovers {
    /// By the element that may take them, in the order in which they were made.
    at: Vec<Vec<Handover>>,
    /// Elements at which something is on offer that nobody has looked at yet.
    anew: Vec<ElementId>,
}

impl Handovers {
    pub fn new(scene: &Scene) -> Self {
        Handovers { at: vec![Vec::new(); scene.elements.len()], anew: Vec::new() }
    }

    pub fn offer(&mut self, to: ElementId, offer: Handover) {
        self.at[to.index()].push(offer);
        if !self.anew.contains(&to) {
            self.anew.push(to);
        }
    }

    /// Takes an offer back; returns at which element it stood.
    pub fn withdraw(&mut self, part: PartId) -> Option<ElementId> {
        self.at.iter_mut().enumerate().find_map(|(to, offers)| {
            let index = offers.iter().position(|offer| offer.part == part)?;
            offers.remove(index);
            Some(ElementId::from_index(to))
        })
    }

    pub fn at(&self, to: ElementId) -> &[Handover] {
        &self.at[to.index()]
    }

    /// Whether nothing at the same port was on offer before this one.
    pub fn is_first(&self, to: ElementId, index: usize) -> bool {
        let offers = self.at(to);
        offers[..index].iter().all(|before| before.port != offers[index].port)
    }

    pub fn take(&mut self, to: ElementId, index: usize) {
        self.at[to.index()].remove(index);
    }

    pub fn refuse(&mut self, to: ElementId, index: usize) {
        self.at[to.index()][index].refused = true;
    }

    /// The first element at which something is on offer anew.
    pub fn next_anew(&self) -> Option<ElementId> {
        self.anew.first().copied()
    }

    /// All that is on offer there has been looked at.
    pub fn looked_at(&mut self, to: ElementId) {
        self.anew.retain(|anew| *anew != to);
    }
}

impl Phase<'_> {
    /// The first offer at a port goes to the element there as soon as that accepts it: at once, or when something has happened to
    /// it. Returns whether anything happened.
    pub(super) fn hand_over(&mut self) -> bool {
        while let Some(to) = self.context.board.handovers.next_anew() {
            if self.offer_at(to, Time::ZERO) {
                return true;
            }
            self.context.board.handovers.looked_at(to);
        }
        while let Some(index) = self.context.touched.iter().position(|touched| !touched.offered) {
            let touched = &mut self.context.touched[index];
            let (to, at) = (touched.element, touched.at);
            touched.offered = true;
            if self.offer_at(to, at) {
                self.context.touch(to, at);
                return true;
            }
        }
        false
    }

    /// At what has changed at `changed_at`.
    fn offer_at(&mut self, to: ElementId, changed_at: Time) -> bool {
        for index in 0..self.context.board.handovers.at(to).len() {
            let offer = self.context.board.handovers.at(to)[index];
            let first = self.context.board.handovers.is_first(to, index);
            if first && self.elements[to.index()].accepts(&mut self.context, to, offer) {
                self.context.board.handovers.take(to, index);
                let at = offer.born_at.max(changed_at);
                self.book_entry(offer.part, offer.port, at);
                self.elements[to.index()].on_handed(&mut self.context, to, offer.part, at);
                return true;
            }
            if !offer.refused {
                self.context.board.handovers.refuse(to, index);
                if let Some(owner) = self.offering(offer.part) {
                    self.elements[owner.index()].on_refused(&mut self.context, owner, offer.part, offer.born_at);
                }
                return true;
            }
        }
        false
    }
}
