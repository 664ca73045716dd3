//! What an assembly does beside passing time: its supply of parts, which of them a carrier still lacks, and the joining.
//! Knows nothing about how the carrier is held.

use super::context::Context;
use super::draw::PartStreams;
use super::{Entry, EntryKind};
use crate::event::EventKind;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{Assembly, BillRow, ElementId, ElementKind, PartTypeId, Supply};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Joining {
    parts: PartStreams,
    /// Parts left in the bin in use, and full bins behind it; `None`: the supply has no end.
    stock: Option<Stock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stock {
    left: u32,
    full_bins: u32,
    /// Bins sent away so far: the index of the next draw.
    sent: u32,
}

impl Joining {
    pub fn new(spec: &Assembly, parts: PartStreams) -> Self {
        let stock = match spec.supply {
            Supply::Unlimited => None,
            Supply::Kanban { bins, size, .. } => Some(Stock { left: size, full_bins: bins - 1, sent: 0 }),
        };
        Joining { parts, stock }
    }

    pub fn has_stock(&self) -> bool {
        self.stock.is_none_or(|stock| stock.left > 0)
    }

    /// A bin is back. Returns whether there was nothing before.
    pub fn on_bin_arrived(&mut self, context: &Context<'_>, element: ElementId) -> bool {
        let Supply::Kanban { size, .. } = spec(context, element).supply else { return false };
        let stock = self.stock.as_mut().expect("a kanban supply has a stock");
        if stock.left == 0 {
            stock.left = size;
            return true;
        }
        stock.full_bins += 1;
        false
    }

    /// Takes a part for the work that begins. A bin that it empties is sent away, and the next is taken into use.
    pub fn take(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let Supply::Kanban { size, refill_s, .. } = &spec(context, element).supply else { return };
        let stock = self.stock.as_mut().expect("a kanban supply has a stock");
        stock.left = stock.left.checked_sub(1).expect("work begins with a part at hand");
        if stock.left > 0 {
            return;
        }
        let away = Time::from_seconds(context.sample_occurrence(refill_s, element, "refill", stock.sent));
        stock.sent += 1;
        if stock.full_bins > 0 {
            stock.full_bins -= 1;
            stock.left = *size;
        }
        let entry = Entry { element, kind: EntryKind::BinArrives };
        context.calendar.schedule(at + away, entry.kind.priority(), entry);
    }

    /// Puts a new part into the carrier's nest, or joins it to what stands there.
    pub fn join(&self, context: &mut Context<'_>, element: ElementId, carrier: PartId, at: Time) {
        let (scene, adds) = (context.scene, spec(context, element).adds);
        let part = context.parts.create(element, |id| self.parts.part(scene, adds, id.serial, at));
        context.tell_created(part, at);
        context.enter(part, element, at);
        let base = context.subject(carrier).unwrap_or(carrier);
        context.put_inside(part, base, element, at);
        let Some(product) = context.nest_of(carrier) else { return };
        let first = if base == carrier { part } else { base };
        if is_complete(context, first, &scene.part_types[product.index()].bill) {
            context.parts.get_mut(first).expect("it stands in the nest").part_type = product;
            context.emit(at, EventKind::PartCompleted { part: first, element, part_type: product });
        }
    }
}

/// Whether the carrier lacks what the assembly adds.
pub(super) fn lacks(context: &Context<'_>, element: ElementId, carrier: PartId) -> bool {
    let Some(product) = context.nest_of(carrier) else { return false };
    let adds = spec(context, element).adds;
    let bill = &context.scene.part_types[product.index()].bill;
    let Some(first) = bill.first() else { return adds == product && context.subject(carrier).is_none() };
    match context.subject(carrier) {
        None => adds == first.part_type,
        Some(base) => {
            let is_product = context.parts.get(base).is_some_and(|row| row.part_type == product);
            !is_product && bill.iter().any(|row| row.part_type == adds && joined(context, base, bill, row) < row.count)
        }
    }
}

/// Whether what stands in a carrier's nest is what the nest is for.
pub(super) fn holds_product(context: &Context<'_>, carrier: PartId) -> bool {
    let content = context.subject(carrier).and_then(|content| context.parts.get(content));
    context.nest_of(carrier).is_some_and(|product| content.is_some_and(|content| content.part_type == product))
}

fn is_complete(context: &Context<'_>, base: PartId, bill: &[BillRow]) -> bool {
    !bill.is_empty() && bill.iter().all(|row| joined(context, base, bill, row) >= row.count)
}

/// How many parts of one row of the bill stand in the nest: the first part itself, and what was joined to it.
fn joined(context: &Context<'_>, base: PartId, bill: &[BillRow], row: &BillRow) -> u32 {
    let is = |part: PartId, part_type: PartTypeId| context.parts.get(part).is_some_and(|row| row.part_type == part_type);
    let content = context.parts.get(base).map_or(&[][..], |base| &base.content);
    let itself = u32::from(bill.first().is_some_and(|first| first.part_type == row.part_type));
    itself + content.iter().map(|&part| u32::from(is(part, row.part_type))).sum::<u32>()
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Assembly {
    match &context.scene.element(element).kind {
        ElementKind::Assembly(assembly) => assembly,
        _ => unreachable!("joining belongs to an assembly"),
    }
}
