//! Contents at time zero: where the parts of an initial fill stand. They are named after the element that they fill.

use super::context::Context;
use super::draw::PartStreams;
use crate::event::EventKind;
use crate::parts::PartId;
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::scene::{ConveyorId, ElementId, ElementKind, Zone};

/// Between the last part and the conveyor's end, and between two parts that no zone spaces [m]: room to be sensed one by
/// one; without it an initial queue would be one long part to every photo-eye.
const GAP_M: f64 = 0.1;
/// Sums of zone lengths round [m].
const ROUNDING_M: f64 = 1e-9;

/// Creates the parts. What is to be stored in buffers is returned in order, the rest is placed.
pub(super) fn fill(context: &mut Context<'_>) -> Vec<(PartId, ElementId)> {
    let mut stored = Vec::new();
    // By conveyor: where the next part's leading face may be, counted from the end.
    let mut reach_m: Vec<f64> = context.scene.conveyors.iter().map(|conveyor| conveyor.path.length() - GAP_M).collect();
    for fill in &context.scene.initial {
        let (element, scene) = (fill.element, context.scene);
        let streams = PartStreams::new(&context.streams, &scene.element(element).name);
        for _ in 0..fill.count {
            let part = context.parts.create(element, |id| streams.part(scene, fill.part_type, id.serial, Time::ZERO));
            context.tell_created(part, Time::ZERO);
            let length_m = context.parts.get(part).expect("just created").shape.size_m()[0];
            match conveyor_of(&scene.element(element).kind) {
                Some((conveyor, zones)) => {
                    let reach = &mut reach_m[conveyor.index()];
                    // The next free zone's end, or simply the next free place.
                    let fronts = zones.iter().rev().map(|zone| scene.drives[zone.drive.index()].end_m - GAP_M);
                    let front_m = fronts.into_iter().find(|front| *front <= *reach + ROUNDING_M).unwrap_or(*reach);
                    if front_m < length_m {
                        context.parts.turn_away(part);
                        context.emit(Time::ZERO, EventKind::PartTurnedAway { part });
                        continue;
                    }
                    *reach = front_m - length_m - GAP_M;
                    let along_m = front_m - length_m / 2.0;
                    context.wishes.push(Wish::Place { part, conveyor, along_m, left_m: 0.0, yaw_rad: 0.0 });
                }
                None => {
                    context.enter(part, element, Time::ZERO);
                    stored.push((part, element));
                }
            }
        }
    }
    stored
}

/// The conveyor to fill, and its zones.
fn conveyor_of(kind: &ElementKind) -> Option<(ConveyorId, &[Zone])> {
    match kind {
        ElementKind::Conveyor(conveyor) => Some((*conveyor, &[])),
        ElementKind::ZoneConveyor(zones) => Some((zones.conveyor, &zones.zones)),
        _ => None,
    }
}
