//! What a scale reads of the part that has settled on it. Knows nothing about how the part is held.

use super::context::Context;
use super::sensor::{Reading, Sensor};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::distribution::Distribution;
use linetwin_model::parametric::Parametric;
use linetwin_model::scene::{ElementId, Scale};

/// `on_platform`: the part that is weighed, and all that have reached the platform and not left it.
pub(super) fn weigh(
    context: &mut Context<'_>,
    element: ElementId,
    scale: &Scale,
    sensor: &mut Sensor,
    on_platform: (PartId, &[PartId]),
    at: Time,
) {
    let (part, present) = on_platform;
    let Some(own_kg) = context.parts.get(part).map(|row| row.mass_kg) else { return };
    // Of another part an unknown share rests on the platform: it touches, or reaches over its edge.
    let others: Vec<PartId> = present.iter().copied().filter(|other| *other != part).collect();
    let foreign_kg = others.iter().fold(0.0, |sum, other| {
        let mass_kg = context.parts.get(*other).map_or(0.0, |row| row.mass_kg);
        sum + mass_kg * context.draw(element, &format!("share of {}", other.serial), part).unit()
    });
    let error = Distribution::from(Parametric::Normal { mean: 0.0, sd: scale.error_sd_kg });
    let error_kg = context.sample(&error, element, "measurement", part) + sensor.offset(context, element);
    let felt_kg = own_kg + foreign_kg + error_kg;
    let shown_kg = if scale.division_kg > 0.0 { (felt_kg / scale.division_kg).round() * scale.division_kg } else { felt_kg };
    let seen = !context.board.unseen.contains_key(&(part, element));
    let truth = |holds: bool| f64::from(u8::from(holds));
    let values = [
        scale.weight.map(|attribute| (attribute, shown_kg)),
        scale.within.map(|(attribute, [low, high])| (attribute, truth((low..=high).contains(&shown_kg)))),
        scale.disturbed.map(|attribute| (attribute, truth(!others.is_empty()))),
    ];
    let values = values.into_iter().flatten().map(|(attribute, value)| (attribute, seen.then_some(value))).collect();
    sensor.tell(context, element, Reading::Values { part, values, no_read: false }, scale.delay, at);
}
