//! Exact events beside contact physics: the same line, the same decisions, and where nothing jams the same figures.

use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::EventKind;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{repository_root, scene_from, shipped_scene, shipped_scenes};
use std::fs;
use std::sync::Arc;

fn line(text: &str, fidelity: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"test\", seed: 7, fidelity: {fidelity},
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) }}, line: {{ {text} }})"
    ))
}

fn start(scene: &Arc<Scene>) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads: 1, ..SimulationOptions::default() })
}

fn ran(scene: &Arc<Scene>, seconds: f64) -> Simulation {
    let mut simulation = start(scene);
    simulation.run_until(Time::from_seconds(seconds));
    simulation
}

fn state_share(report: &KpiReport, name: &str, state: &str) -> f64 {
    let element = report.elements.iter().find(|element| element.name == name).expect("an element of the scene");
    element.states.iter().filter(|entry| entry.state == state).map(|entry| entry.share).sum()
}

#[test]
fn a_part_needs_length_over_speed() {
    let text = "\"in\": Source(part: \"carton\", rate_per_h: 600, before: \"belt\"),
        \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5), \"dock\": Sink(after: \"belt\"),";
    let mut simulation = ran(&line(text, "Event"), 100.0);
    let events = simulation.take_events();
    let times = |pick: fn(&EventKind) -> bool| events.iter().filter(move |event| pick(&event.kind)).map(|event| event.at.0);
    let entered = times(|kind| matches!(kind, EventKind::PartEntered { .. }));
    let left: Vec<u64> = times(|kind| matches!(kind, EventKind::PartLeft { .. })).collect();
    assert_eq!(left.len(), 15);
    for (entered, left) in entered.zip(left) {
        // From the trailing face on the in-plane to the trailing face on the out-plane: 6 m at 0.5 m/s.
        assert!((left - entered).abs_diff(12_000_000_000) <= 2, "{entered} to {left} ns");
    }
}

/// A belt slips below parts that a blade keeps: with the mass that they have then, up to the instant at which a machine takes them
/// off it, and though nothing else happens to them meanwhile.
#[test]
fn drives_work_on_what_is_held_as_with_contacts() {
    let text = "\"in\": Source(part: \"carton\", interarrival_s: 8, before: \"belt\"),
        \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
        \"filler\": Station(on: \"belt\", at_m: 2, hold: Blade, processing_s: 6, fills_kg: 12),
        \"oven\": ParallelStation(after: \"belt\", processing_s: 60, slots: 2, batch: 2),
        \"way out\": Belt(after: \"oven\", length_m: 2, rails: Both),
        \"dock\": Sink(after: \"way out\"),";
    let [there, here] = ["Contact", "Event"].map(|fidelity| ran(&line(text, fidelity), 900.0).report());
    let work_j = |report: &KpiReport| {
        let belt = report.elements.iter().find(|element| element.name == "belt").expect("it is there");
        belt.energy.mechanical_j
    };
    let (there_j, here_j) = (work_j(&there), work_j(&here));
    assert!((here_j / there_j - 1.0).abs() < 0.1, "{here_j} J by events, {there_j} J with contacts");
}

/// Beside contact physics, a station that fails and stands behind a queue that is always full: everything that its cycle holds,
/// from the friction that sets parts in motion to the time after which a part counts as held. With contacts, parts bounce at the
/// blade: a part takes a little more than the 1.09 s here to follow.
#[test]
fn a_saturated_station_that_fails_gives_nearly_the_figures_of_contact_physics() {
    let text = "\"in\": Source(part: \"carton\", interarrival_s: 1, before: \"belt\"),
        \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
        \"press\": Station(on: \"belt\", at_m: 5, hold: Blade, processing_s: Triangular(min: 3, mode: 4, max: 6),
            failures: [Failure(mode: \"tool\", uptime_s: Exponential(mean: 300), repair_s: Exponential(mean: 60))]),
        \"dock\": Sink(after: \"belt\"),";
    let [contact, event] = ["Contact", "Event"].map(|fidelity| ran(&line(text, fidelity), 3600.0).report());
    let [there, here] = [&contact, &event].map(|report| report.line.throughput_per_h);
    assert!((here / there - 1.0).abs() < 0.015, "{here}/h with exact events, {there}/h with contacts");
    for state in ["processing", "idle", "failed", "blocked", "starved"] {
        let [there, here] = [&contact, &event].map(|report| state_share(report, "press", state));
        assert!((here - there).abs() < 0.01, "{state}: {here} with exact events, {there} with contacts");
    }
}

/// Where nothing jams: the reports that contact physics gave.
#[test]
fn the_reference_scenes_give_the_figures_of_contact_physics() {
    for (name, minutes) in [("packaging", 5.0), ("sortation", 5.0), ("assembly", 8.0)] {
        let scene = shipped_scene(&format!("{name}.ron"), &["warmup_s=30", "fidelity=Event"]).expect("exact events know it");
        let found = ran(&scene, 60.0 * minutes).report().line.throughput_per_h;
        let kept =
            fs::read_to_string(repository_root().join("tests/golden_reports").join(name).with_extension("csv")).expect("a kept report");
        let row = kept.lines().find_map(|row| row.strip_prefix("line.throughput_per_h,")).expect("it has this row");
        let expected: f64 = row.split(',').next().and_then(|value| value.parse().ok()).expect("a number");
        // Who is just before the end and who is just behind it.
        let parts = (found - expected).abs() * (minutes - 0.5) / 60.0;
        assert!(parts < 4.01, "{name}: {found}/h with exact events, {expected}/h with contacts");
    }
}

#[test]
fn a_run_repeats_and_goes_on_after_a_snapshot() {
    let scene = shipped_scene("packaging.ron", &["fidelity=Event"]).expect("exact events know it");
    let whole = ran(&scene, 1800.0);
    let half = ran(&scene, 900.0);
    let bytes = half.save();
    let mut rest = Simulation::load(scene.clone(), SimulationOptions::default(), &bytes).expect("it is of this scene");
    assert_eq!(rest.save(), bytes, "saved, loaded, saved: the same bytes");
    rest.run_until(Time::from_seconds(1800.0));
    assert_eq!(rest.state_hash(), whole.state_hash());
    assert_eq!(rest.report(), whole.report());
}

/// What exact events know, they run: nothing goes round in a circle, the books are closed at every step, and what they do not know
/// they refuse.
#[test]
fn every_scene_runs_an_hour_or_is_refused() {
    let mut refused = Vec::new();
    for name in shipped_scenes() {
        match shipped_scene(&name, &["fidelity=Event"]) {
            Ok(scene) => {
                let simulation = ran(&scene, 3600.0);
                simulation.parts().assert_places();
                let balance = simulation.parts().balance();
                let poured = simulation.report().line.bulk.is_some_and(|bulk| bulk.out_kg > 0.0);
                assert!(balance.entered > 0 || poured, "{name}: nothing came in");
            }
            Err(problems) => {
                assert!(problems.iter().any(|problem| problem.code == "not-in-events"), "{name}: {problems:?}");
                refused.push(name);
            }
        }
    }
    let known = [
        "bottling.ron",
        "bulk_parts.ron",
        "continuous_lift.ron",
        "crossbelt.ron",
        "lidar.ron",
        "reversing.ron",
        "table.ron",
        "tilttray.ron",
    ];
    assert_eq!(refused, known);
}

#[test]
fn a_day_of_packaging_is_valid_and_keeps_its_rate() {
    let scene = shipped_scene("packaging.ron", &["fidelity=Event"]).expect("exact events know it");
    let report = ran(&scene, 86_400.0).report();
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    assert!((report.line.throughput_per_h - 820.0).abs() < 10.0, "{}/h", report.line.throughput_per_h);
}
