//! Which parts come where and how they lie, and what is as long as they are: openings and windows for a pallet where only
//! bottles pass would let bottles fall, and hold back what could go.

use super::Checker;
use super::devices::merge_stretch;
use super::goods::{longest_m, longest_side_m, mean_length};
use super::lifts::EXIT_M;
use super::outcomes::{Asked, outcomes};
use super::sortation::{awaits_front, decided_m};
use crate::scene::*;
use crate::spec::{ElementSpec, MergeSpec};
use crate::time::Time;

impl Checker<'_, '_> {
    /// What was made for the longest part of the scene, for the longest that comes there.
    pub(super) fn fit_to_parts(&self, scene: &mut Scene) {
        let anywhere_m = longest_m(&scene.part_types);
        let mut fitted: Vec<(SpotId, Spot)> = Vec::new();
        for (element, spec) in scene.elements.iter().zip(self.spec.line.values()) {
            match (&element.kind, spec) {
                (ElementKind::Merge(merge), ElementSpec::Merge(MergeSpec { length_m: None, .. })) => {
                    let window = scene.spot(merge.window);
                    let host = scene.conveyor(window.host);
                    let shorter_m = anywhere_m - longest_m(scene.coming(host.element));
                    let length_m = 2.0 * (window.at_m - window.start_m) - shorter_m;
                    let [window, hold] = merge_stretch(window.element, (window.host, host), window.at_m, length_m);
                    fitted.extend([(merge.window, window), (merge.host_hold, hold)]);
                }
                (ElementKind::Diverter(logic), _) => {
                    let row = &scene.diverters[logic.diverter.index()];
                    let host = scene.conveyor(row.host);
                    let drive = host.drives.iter().map(|drive| &scene.drives[drive.index()]).find(|drive| row.start_m < drive.end_m);
                    if let (true, Some(drive)) = (awaits_front(&row.device, row.stop.is_some(), row.angle), drive) {
                        let front_m = row.start_m - longest_m(scene.coming(host.element)) / 2.0;
                        let at_m = decided_m(front_m, drive, row.stop.is_some(), row.stroke_s);
                        let spot = scene.spot(logic.spot);
                        fitted.push((logic.spot, Spot { at_m, start_m: row.start_m.min(at_m), ..spot.clone() }));
                    }
                }
                (ElementKind::Lift(lift), _) => {
                    let lift = scene.lift(*lift);
                    if let Some(room) = lift.room {
                        let spot = scene.spot(room);
                        let end_m = longest_side_m(scene.coming(lift.element)) + EXIT_M;
                        fitted.push((room, Spot { end_m: end_m.min(spot.end_m), ..spot.clone() }));
                    }
                }
                _ => {}
            }
        }
        for (id, spot) in fitted {
            scene.spots[id.index()] = spot;
        }
    }
}

/// What works on passing parts and declares no planned run time takes as long as a part of mean length, of the types that
/// come there, is over its spot.
pub(super) fn plan_passages(scene: &mut Scene) {
    let cycle = |scene: &Scene, spot: &Spot| {
        let host = scene.conveyor(spot.host);
        let drive = host.drives.iter().map(|drive| &scene.drives[drive.index()]).find(|drive| spot.at_m <= drive.end_m)?;
        let mut types: Vec<PartTypeId> = scene.element(host.element).passing.iter().map(|part| part.part_type).collect();
        types.sort_unstable();
        types.dedup();
        let length_m = types.iter().map(|id| mean_length(&scene.part_types[id.index()])).sum::<f64>() / types.len() as f64;
        let passes = drive.speed_mps > 0.0 && !types.is_empty();
        passes.then(|| Time::from_seconds((spot.end_m - spot.start_m + length_m) / drive.speed_mps))
    };
    for index in 0..scene.elements.len() {
        let ElementKind::Checkweigher(Checkweigher { spot, ideal_cycle: None, .. }) = scene.elements[index].kind else { continue };
        let planned = cycle(scene, scene.spot(spot));
        if let ElementKind::Checkweigher(weigher) = &mut scene.elements[index].kind {
            weigher.ideal_cycle = planned;
        }
    }
}

/// Which parts come to each element and how they lie, following the flow until nothing new comes.
pub(super) fn passing(scene: &Scene) -> Vec<Vec<Passing>> {
    let mut passing: Vec<Vec<Passing>> = vec![Vec::new(); scene.elements.len()];
    let mut waiting: Vec<(ElementId, Passing)> = Vec::new();
    for id in scene.element_ids() {
        if let ElementKind::Source(source) = &scene.element(id).kind {
            for part_type in source.part_types() {
                waiting.push((scene.port(source.into).element, Passing { part_type, turned: false }));
            }
        }
    }
    for fill in scene.initial.iter().filter(|fill| fill.count > 0) {
        waiting.push((fill.element, Passing { part_type: fill.part_type, turned: false }));
    }
    while let Some((id, part)) = waiting.pop() {
        if passing[id.index()].contains(&part) {
            continue;
        }
        passing[id.index()].push(part);
        // What an unloader takes out of a carrier that comes by.
        for element in &scene.elements {
            let ElementKind::Unload(unload) = &element.kind else { continue };
            let here = scene.conveyor(scene.spot(unload.station.spot).host).element == id;
            if let Some(product) = scene.part_types[part.part_type.index()].nest.filter(|_| here) {
                waiting.push((scene.carrier_behind(unload.into), Passing { part_type: product, turned: part.turned }));
            }
        }
        let mut go = |port: PortId, turned: bool| {
            if let Some(into) = scene.successor(port) {
                let turned = match scene.element(scene.port(into).element).kind {
                    ElementKind::Merge(_) => !turned,
                    // It sets parts on straight.
                    ElementKind::Loader(_) => false,
                    _ => turned,
                };
                waiting.push((scene.carrier_behind(into), Passing { turned, ..part }));
            }
        };
        // Content stays in its container; a container that is emptied and its content part.
        match &scene.element(id).kind {
            ElementKind::Packer(packer) => {
                let container = packer.container;
                if part.part_type == container || packer.empties == Empties::Unlimited {
                    waiting.push((scene.carrier_behind(packer.into), Passing { part_type: container, turned: false }));
                }
                continue;
            }
            ElementKind::Unpacker(unpacker) if unpacker.separates => {
                let bill = &scene.part_types[part.part_type.index()].bill;
                // The first part leaves by the other port, unless there are several of it.
                let joined = bill.iter().enumerate().filter(|(index, row)| *index > 0 || row.count > 1);
                for row in joined.map(|(_, row)| row) {
                    waiting.push((scene.carrier_behind(unpacker.into), Passing { part_type: row.part_type, turned: false }));
                }
                let base = bill.first().map_or(part.part_type, |row| row.part_type);
                waiting.push((scene.carrier_behind(unpacker.empties_into), Passing { part_type: base, turned: false }));
                continue;
            }
            ElementKind::Unpacker(unpacker) => {
                if let Some(holds) = &scene.part_types[part.part_type.index()].holds {
                    waiting.push((scene.carrier_behind(unpacker.into), Passing { part_type: holds.part_type, turned: false }));
                    waiting.push((scene.carrier_behind(unpacker.empties_into), part));
                }
                continue;
            }
            _ => {}
        }
        let mut goes_on = true;
        for exit in scene.side_exits().filter(|exit| scene.conveyor(exit.host).element == id) {
            let may = outcomes(exit.when, Asked { scene, part_type: part.part_type, attributes: None });
            if may.hold && goes_on {
                go(exit.out_port, !part.turned);
            }
            goes_on &= may.fail;
        }
        for port in &scene.element(id).ports {
            if goes_on && scene.port(*port).direction == PortDirection::Out {
                go(*port, part.turned);
            }
        }
    }
    passing
}
