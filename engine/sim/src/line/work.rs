//! What work does to a part, whoever does it: counts it, writes attributes, fills, scraps. Each number is drawn for the part and
//! for which work on it this is.

use super::context::Context;
use crate::event::EventKind;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{ElementId, SetAttribute, inspects};

/// The part that a cycle is booked on: what the carrier holds, where it holds anything.
pub(super) fn cycle_part(context: &Context<'_>, part: PartId) -> PartId {
    context.subject(part).unwrap_or(part)
}

/// How often the station has ended work on the part.
pub(super) fn works_of(context: &Context<'_>, element: ElementId, part: PartId) -> u32 {
    context.parts.get(part).and_then(|row| row.works.get(&element)).copied().unwrap_or(0)
}

/// Counts a work that ended; returns which it was.
fn count_work(context: &mut Context<'_>, element: ElementId, part: PartId) -> u32 {
    let row = context.parts.get_mut(part).expect("a part that is worked on exists");
    let count = row.works.entry(element).or_insert(0);
    *count += 1;
    *count
}

/// Work on the part ended: counts it, writes what it sets, and says of one that inspects how it judged. Returns which work it
/// was, and whether all that it wrote is true.
pub(super) fn end_cycle(context: &mut Context<'_>, element: ElementId, sets: &[SetAttribute], part: PartId, at: Time) -> (u32, bool) {
    context.emit(at, EventKind::CycleEnded { element, part });
    let count = count_work(context, element, part);
    let passed = write_attributes(context, element, sets, part, count, at);
    if inspects(sets) {
        context.emit(at, EventKind::WorkJudged { element, part, passed, first: count == 1 });
    }
    (count, passed)
}

/// The purpose of a draw for the `count`-th work on a part: the first has the plain name.
pub(super) fn numbered(purpose: &str, count: u32) -> String {
    if count == 1 { purpose.to_owned() } else { format!("{purpose}\0{count}") }
}

/// Writes what the `count`-th work sets; returns whether all of it is true.
fn write_attributes(context: &mut Context<'_>, element: ElementId, sets: &[SetAttribute], part: PartId, count: u32, at: Time) -> bool {
    let mut passed = true;
    for set in sets {
        let purpose = numbered(&format!("set\0{}", context.scene.attributes[set.attribute.index()]), count);
        let value = context.sample(&set.value, element, &purpose, part);
        passed &= value != 0.0;
        context.set_attribute(element, part, set.attribute, value, at);
    }
    passed
}

/// Adds to the part's weight what the `count`-th work gives it.
pub(super) fn fill(context: &mut Context<'_>, element: ElementId, fills_kg: Option<&Distribution>, part: PartId, count: u32, at: Time) {
    let Some(fills_kg) = fills_kg else { return };
    let added_kg = context.sample(fills_kg, element, &numbered("fill", count), part).max(0.0);
    context.fill(part, added_kg, element, at);
}

/// Whether the part is scrap after the `count`-th work on it.
pub(super) fn draws_scrap(context: &Context<'_>, element: ElementId, probability: f64, part: PartId, count: u32) -> bool {
    probability > 0.0 && context.draw(element, &numbered("scrap", count), part).unit() < probability
}
