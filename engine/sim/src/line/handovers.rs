//! Parts on offer at ports behind which no conveyor is, for the element there to take without one. Decides nothing.

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
