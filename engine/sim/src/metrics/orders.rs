//! Orders: how many parts of each were released and what became of them, since time zero: an order does not begin anew with
//! the statistics window. Must not know how a source works.

use linetwin_model::report::OrderReport;
use linetwin_model::scene::{ElementId, ElementKind, Outcome, Source};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::parts::PartId;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    released: u64,
    finished: u64,
    lost: u64,
    first_at: Option<Time>,
    last_at: Time,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// By source and order.
    tallies: BTreeMap<(ElementId, usize), Tally>,
}

impl Orders {
    pub fn release(&mut self, scene: &Scene, at: Time, part: PartId) {
        if let Some(tally) = self.tally(scene, part) {
            tally.released += 1;
            tally.first_at.get_or_insert(at);
        }
    }

    /// A part left the line, or will never enter it.
    pub fn end(&mut self, scene: &Scene, at: Time, part: PartId, outcome: Option<Outcome>) {
        if let Some(tally) = self.tally(scene, part) {
            if outcome == Some(Outcome::Good) {
                tally.finished += 1
            } else {
                tally.lost += 1
            }
            tally.last_at = at;
        }
    }

    fn tally(&mut self, scene: &Scene, part: PartId) -> Option<&mut Tally> {
        let order = source(scene, part.source)?.order_of(u64::from(part.serial))?;
        Some(self.tallies.entry((part.source, order)).or_default())
    }

    /// Lateness = when the last part was finished (or lost) - due time; negative where it was early.
    pub fn report(&self, scene: &Scene, element: ElementId) -> Vec<OrderReport> {
        let Some(source) = source(scene, element) else { return Vec::new() };
        let row = |(index, order): (usize, &linetwin_model::scene::Order)| {
            let tally = self.tallies.get(&(element, index)).copied().unwrap_or_default();
            let done = tally.finished + tally.lost == u64::from(order.quantity);
            let finished_at_s = done.then(|| tally.last_at.as_seconds());
            let due_s = order.due.map(Time::as_seconds);
            OrderReport {
                order: order.name.clone(),
                part: scene.part_types[order.part_type.index()].name.clone(),
                quantity: order.quantity,
                released: tally.released,
                finished: tally.finished,
                lost: tally.lost,
                released_at_s: tally.first_at.map(Time::as_seconds),
                finished_at_s,
                due_s,
                lateness_s: finished_at_s.zip(due_s).map(|(finished, due)| finished - due),
            }
        };
        source.orders.iter().enumerate().map(row).collect()
    }
}

fn source(scene: &Scene, element: ElementId) -> Option<&Source> {
    match &scene.element(element).kind {
        ElementKind::Source(source) => Some(source),
        _ => None,
    }
}
