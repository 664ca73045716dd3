//! What works on parts beyond passing time, on contact physics. Promised: what is filled in is felt by scales and drives and
//! stays in the books; every state adds up to the time; the same bytes on any number of threads and after a save in mid-work.

use crate::sortation::{kpi, run, text_of};
use linetwin_model::Time;
use linetwin_sim::event::EventKind;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::same_bytes::{run_scene, same_bytes};
use linetwin_tests::scene_from;
use std::collections::BTreeMap;

/// Sums of two masses.
const ROUNDING_KG: f64 = 1e-12;

#[test]
fn what_is_filled_in_decides_at_the_weigher_and_stays_in_the_books() {
    let text = text_of("filling.ron").replace("error_sd_kg: 0.005", "error_sd_kg: 0");
    let scene = scene_from(&text);
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions::default());
    for second in 1..=300 {
        simulation.run_until(Time::from_seconds(f64::from(second)));
        for (_, part) in simulation.parts().iter() {
            assert!((part.mass_kg - 0.4 - part.filling_kg).abs() < ROUNDING_KG, "{part:?}");
        }
    }
    let mut added: BTreeMap<PartId, f64> = BTreeMap::new();
    let mut judged = 0;
    let mut filled_kg = 0.0;
    for event in simulation.take_events() {
        match event.kind {
            EventKind::PartFilled { part, added_kg, .. } => {
                assert!(added.insert(part, added_kg).is_none(), "a station fills a part once");
                filled_kg += if event.at >= Time::from_seconds(60.0) { added_kg } else { 0.0 };
            }
            EventKind::AttributeSet { element, part, value, .. } if scene.element(element).name == "weigher" => {
                let weight_kg = 0.4 + added.get(&part).expect("it came by the filler");
                assert_eq!(value != 0.0, (9.2..=9.6).contains(&weight_kg), "{weight_kg} kg");
                judged += 1;
            }
            _ => {}
        }
    }
    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    assert!(judged > 40 && added.len() >= judged, "{judged} weighed");
    assert!(kpi(&report, "bin.bucket.count") >= 2.0, "some are too light or too heavy");
    assert!((kpi(&report, "filler.filled_kg") - filled_kg).abs() < 1e-9, "{filled_kg}");
}

/// A slope that lifts parts by a metre, and what its drive does to one of them [J].
fn lifting_j(part: &str, station: &str) -> f64 {
    let (_, report) = run(
        &format!(
            "Scene(schema: 1, name: \"lift\", parts: {{ \"box\": Part(shape: Box((0.3, 0.3, 0.2)), {part}) }}, line: {{
                \"in\": Source(part: \"box\", interarrival_s: 6, before: \"belt\", limit: 8),
                \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
                {station}
                \"slope\": Belt(after: \"belt\", length_m: 5, rise_m: 1),
                \"dock\": Sink(after: \"slope\") }})"
        ),
        100.0,
    );
    assert_eq!(kpi(&report, "dock.box.count"), 8.0);
    kpi(&report, "slope.mechanical_j") / 8.0
}

/// Of work: riding onto a slope and off it takes a little.
const ONE_PERCENT: f64 = 0.01;

#[test]
fn a_drive_lifts_what_was_filled_in() {
    let whole_j = lifting_j("mass_kg: 4", "");
    for hold in ["None", "Blade"] {
        let station = format!("\"fill\": Station(on: \"belt\", at_m: 2, length_m: 1, hold: {hold}, processing_s: 0.5, fills_kg: 3),");
        let filled_j = lifting_j("mass_kg: 1", &station);
        assert!((filled_j - whole_j).abs() < ONE_PERCENT * whole_j, "{hold}: {filled_j} J for {whole_j} J");
    }
    assert!((whole_j - 4.0 * 9.81).abs() < ONE_PERCENT * whole_j, "four kilograms by one metre: {whole_j}");
}

#[test]
fn a_run_that_is_saved_while_it_fills_goes_on_to_the_same_bytes() {
    let line = "\"in\": Source(part: \"carton\", interarrival_s: 4, before: \"belt\"),
        \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (5, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
        \"filler\": Station(on: \"belt\", at_m: 2, hold: Blade, processing_s: 2, fills_kg: Normal(mean: 3, sd: 0.1), again: true),
        \"dock\": Sink(after: \"belt\"),";
    same_bytes(line, 40.0, &[5.2, 6.7, 14.9, 30.1]);
    let outcome = run_scene(line, 40.0, 1);
    outcome.assert_balanced();
    assert!(outcome.count(|kind| matches!(kind, EventKind::PartFilled { .. })) >= 7);
}

/// What a parallel station must share with all: states, books, bytes; with failures, scrap and batches that stay incomplete.
#[test]
fn an_oven_and_test_cells_keep_the_books_and_go_on_to_the_same_bytes() {
    let line = "\"in\": Source(part: \"carton\", interarrival_s: Exponential(mean: 3), before: \"belt 1\"),
        \"belt 1\": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
        \"oven\": ParallelStation(after: \"belt 1\", processing_s: Uniform(min: 6, max: 9), slots: 2, batch: 3, wait_s: 5, scrap_probability: 0.1),
        \"belt 2\": Belt(after: \"oven\", length_m: 3, rails: Both),
        \"cells\": ParallelStation(after: \"belt 2\", processing_s: Normal(mean: 11, sd: 1), slots: 4, sets: {\"ok\": Bernoulli(0.8)},
            failures: [Failure(mode: \"fuse\", uptime_s: Exponential(mean: 40), repair_s: 8)]),
        \"belt 3\": Belt(after: \"cells\", length_m: 2, rails: Both),
        \"dock\": Sink(after: \"belt 3\"),";
    same_bytes(line, 90.0, &[9.1, 17.3, 25.0, 41.9, 66.6]);
    let outcome = run_scene(line, 300.0, 2);
    outcome.assert_balanced();
    let report = outcome.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    assert!(report.production_events.is_empty(), "{:?}", report.production_events);
    assert!(kpi(&report, "dock.carton.count") > 50.0 && kpi(&report, "oven.scrapped") > 2.0);
    assert!((0.5..=1.0).contains(&kpi(&report, "cells.first_pass_yield")));
    for name in ["oven", "cells"] {
        let performance = kpi(&report, &format!("{name}.performance"));
        assert!((0.2..=1.0).contains(&performance), "{name}: {performance}");
    }
}

/// A queue of cartons of differing lengths that presses against the blade: no batch loses one, or takes another along.
#[test]
fn batches_behind_a_blade_keep_the_books_and_go_on_to_the_same_bytes() {
    let text = "Scene(schema: 1, name: \"batch\", seed: 3,
        parts: { \"box\": Part(shape: Box((Uniform(min: 0.25, max: 0.45), 0.3, 0.2)), mass_kg: Uniform(min: 1, max: 6)) }, line: {
            \"in\": Source(part: \"box\", interarrival_s: 1.6, before: \"belt\"),
            \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.5, speed_mps: 0.6, rails: Both),
            \"press\": Station(on: \"belt\", at_m: 5, length_m: 2, hold: Blade, batch: 4, processing_s: 6, sets: \"pressed\", scrap_probability: 0.1,
                failures: [Failure(mode: \"ram\", uptime_s: Exponential(mean: 60), repair_s: 7)]),
            \"dock\": Sink(after: \"belt\", receives: \"pressed\") })";
    let (events, report) = run(text, 400.0);
    assert_eq!(report.invalid_conditions, Vec::new());
    let scene = scene_from(text);
    let press = scene.element_named("press").expect("it is there");
    let mut begun: BTreeMap<Time, usize> = BTreeMap::new();
    for event in &events {
        match event.kind {
            EventKind::CycleStarted { element, .. } if element == press => *begun.entry(event.at).or_default() += 1,
            EventKind::WorkMissed { .. } => panic!("a part slipped past at {}", event.at.as_seconds()),
            _ => {}
        }
    }
    assert!(begun.len() > 25 && begun.values().all(|count| *count == 4), "{begun:?}");
    assert_eq!(kpi(&report, "line.missorted"), 0.0);
    assert!(kpi(&report, "press.scrapped") > 3.0 && kpi(&report, "dock.box.count") > 80.0);
    let sum: f64 = report.flat().into_iter().filter(|kpi| kpi.path.starts_with("press.state.")).filter_map(|kpi| kpi.value).sum();
    assert!((sum - 1.0).abs() < 1e-9, "states add up to the time: {sum}");
    // While parts collect, in mid-work, while they leave, while it is down.
    for saved_at_s in [11.3, 18.0, 22.4, 23.1, 77.7] {
        linetwin_tests::assert_same_bytes(text, saved_at_s, 100.0);
    }
}

/// Changeovers, a crew and emptying on contact physics: the reference scene, also with a kiln that fails.
#[test]
fn a_kiln_keeps_the_books_and_goes_on_to_the_same_bytes() {
    let text = text_of("kiln.ron");
    let (events, report) = run(&text, 600.0);
    assert_eq!(report.invalid_conditions, Vec::new());
    let scene = scene_from(&text);
    let kiln = scene.element_named("kiln").expect("it is there");
    let mut fired: BTreeMap<Time, Vec<PartId>> = BTreeMap::new();
    let mut types = BTreeMap::new();
    for event in &events {
        match event.kind {
            EventKind::PartCreated { part, part_type, .. } => _ = types.insert(part, part_type),
            EventKind::CycleStarted { element, part } if element == kiln => fired.entry(event.at).or_default().push(part),
            _ => {}
        }
    }
    assert!(fired.len() > 8, "{} batches", fired.len());
    for batch in fired.values() {
        assert!(batch.len() <= 4 && batch.iter().all(|part| types[part] == types[&batch[0]]), "a batch is of one kind: {batch:?}");
    }
    let sum: f64 = report.flat().into_iter().filter(|kpi| kpi.path.starts_with("kiln.state.")).filter_map(|kpi| kpi.value).sum();
    assert!((sum - 1.0).abs() < 1e-9, "states add up to the time: {sum}");
    let failing = text.replace("sets: \"fired\",", "failures: [Failure(mode: \"fan\", uptime_s: 50, repair_s: 9, crew: \"firer\")],");
    assert_ne!(failing, text);
    for saved_at_s in [55.0, 118.0, 310.0, 372.0] {
        linetwin_tests::assert_same_bytes(&failing, saved_at_s, 420.0);
    }
}

#[test]
fn what_is_taken_apart_is_what_was_joined() {
    let text = text_of("disassembly.ron");
    let (events, report) = run(&text, 400.0);
    let scene = scene_from(&text);
    let strip = scene.element_named("strip").expect("it is there");
    let mut joined: BTreeMap<PartId, PartId> = BTreeMap::new();
    let mut apart = 0;
    for event in &events {
        match event.kind {
            EventKind::PartPutIn { part, into, .. } => {
                joined.insert(part, into);
            }
            EventKind::PartTakenOut { part, from, element } if element == strip => {
                assert_eq!(joined.get(&part), Some(&from), "a lid comes off the base that it was joined to");
                apart += 1;
            }
            _ => {}
        }
    }
    let separated = events.iter().filter(|event| matches!(event.kind, EventKind::PartSeparated { .. })).count();
    assert!(apart > 20 && separated == apart, "{apart} lids, {separated} boxes");
    // In the window: what is on its way to one sink is at most a few parts ahead of the other.
    let (lids, bases) = (kpi(&report, "lid box.lid.count"), kpi(&report, "store.base.count"));
    assert!((lids - bases).abs() <= 2.0 && bases > 20.0, "{lids} lids, {bases} bases");
    assert_eq!(kpi(&report, "store.box.count"), 0.0, "no base leaves as a box");
    assert!((kpi(&report, "strip.cycles") - bases).abs() <= 2.0);
    linetwin_tests::assert_same_bytes(&text, 47.3, 80.0);
}
