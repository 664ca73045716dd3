//! Contact physics and exact events side by side: parts go over a border in both directions and lose nothing, and a queue does.

use linetwin_model::{Scene, Time};
use linetwin_sim::event::EventKind;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{scene_from, shipped_scene};
use std::collections::BTreeMap;
use std::sync::Arc;

fn line(head: &str, text: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"test\", seed: 7, {head},
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) }}, line: {{ {text} }})"
    ))
}

fn start(scene: &Arc<Scene>, threads: usize) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads, ..SimulationOptions::default() })
}

/// Three belts in a row at 0.5 m/s, 2 m each.
const THREE: &str = "\"in\": Source(part: \"carton\", interarrival_s: 4, before: \"a\"),
    \"a\": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.34, speed_mps: 0.5, rails: Both),
    \"b\": Belt(after: \"a\", length_m: 2, rails: Both), \"c\": Belt(after: \"b\", length_m: 2, rails: Both), \"dock\": Sink(after: \"c\"),";

const HEADS: [&str; 7] = [
    "fidelity: Event",
    "fidelity: Contact",
    "fidelity: Mixed, contact: \"b\"",
    "fidelity: Mixed, contact: [\"a\", \"c\"]",
    "fidelity: Mixed, contact: [\"a\", \"b\", \"c\"]",
    "fidelity: Mixed, contact: \"b\", coasting: true",
    "fidelity: Mixed, contact: [\"a\", \"c\"], coasting: true",
];

/// When each part was entered, moved on and left, by part.
fn times(simulation: &mut Simulation) -> BTreeMap<PartId, Vec<f64>> {
    let mut times: BTreeMap<PartId, Vec<f64>> = BTreeMap::new();
    for event in simulation.take_events() {
        if let EventKind::PartEntered { part, .. } | EventKind::PartMoved { part, .. } | EventKind::PartLeft { part, .. } = event.kind {
            times.entry(part).or_default().push(event.at.as_seconds());
        }
    }
    times
}

#[test]
fn a_part_takes_as_long_whoever_moves_it() {
    let run = |head: &str| {
        let mut simulation = start(&line(head, THREE), 1);
        let mut coasted = 0;
        for second in 1..60 {
            simulation.run_until(Time::from_seconds(f64::from(second)));
            coasted += simulation.coasting();
        }
        assert_eq!(coasted > 0, head.contains("coasting"), "{head}: {coasted}");
        assert!(simulation.report().invalid_conditions.is_empty());
        times(&mut simulation)
    };
    let exact = run(HEADS[0]);
    for head in &HEADS[1..] {
        let found = run(head);
        assert_eq!(found.len(), exact.len(), "{head}");
        for (part, times) in &exact {
            let apart = times.iter().zip(&found[part]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert_eq!(found[part].len(), times.len(), "{head}: {part:?}");
            assert!(apart <= 1.0 / 120.0, "{head}: {part:?} is {apart} s apart: {times:?} {:?}", found[part]);
        }
    }
}

/// Before a slow stop a queue stands over both borders, without a part in another, and moves up through them at the stop's pace.
#[test]
fn a_queue_goes_on_across_borders() {
    let text = THREE.replace("interarrival_s: 4", "interarrival_s: 1.5") + "\"stop\": Stop(on: \"c\", at_m: 1.7, hold_s: 20),";
    for head in HEADS {
        let mut simulation = start(&line(head, &text), 1);
        simulation.run_until(Time::from_seconds(59.0));
        let mut along: Vec<f32> = simulation.motions().iter().map(|(_, motion)| motion.position[0]).collect();
        along.sort_by(f32::total_cmp);
        assert!((14..=15).contains(&along.len()), "{head}: {} parts stand: {along:?}", along.len());
        assert!(along.windows(2).all(|pair| pair[1] - pair[0] > 0.395), "{head}: one is in another: {:#?}", simulation.motions());
        simulation.run_until(Time::from_seconds(600.0));
        let report = simulation.report();
        assert!(report.invalid_conditions.is_empty(), "{head}: {:?}", report.invalid_conditions);
        let events = simulation.take_events();
        let count = |is_it: fn(&EventKind) -> bool| events.iter().filter(|event| is_it(&event.kind)).count();
        assert_eq!(count(|kind| matches!(kind, EventKind::JamBegan { .. })), 0, "{head}: a queue is no jam");
        let left = count(|kind| matches!(kind, EventKind::PartLeft { .. }));
        assert!((26..=28).contains(&left), "{head}: {left} left");
        simulation.parts().assert_places();
    }
}

/// On a wide belt parts of a queue slip in beside each other: they are bodies until one is behind the other.
#[test]
fn parts_that_lie_beside_each_other_cross_as_bodies() {
    let text = THREE.replace("interarrival_s: 4", "interarrival_s: 1.5").replace("width_m: 0.34", "width_m: 0.64");
    let text = text + "\"stop\": Stop(on: \"c\", at_m: 1.7, hold_s: 6),";
    for head in HEADS {
        let mut simulation = start(&line(head, &text), 1);
        simulation.run_until(Time::from_seconds(600.0));
        let report = simulation.report();
        assert!(report.invalid_conditions.is_empty(), "{head}: {:?}", report.invalid_conditions);
        let left = simulation.take_events().iter().filter(|event| matches!(event.kind, EventKind::PartLeft { .. })).count();
        assert!((75..=83).contains(&left), "{head}: {left} left");
        simulation.parts().assert_places();
    }
}

#[test]
fn a_run_repeats_on_any_number_of_threads_and_after_a_snapshot() {
    for coasting in ["coasting=false", "coasting=true"] {
        let contact = "contact=[\"check belt\", \"sealed belt\", \"curve\"]";
        let scene = shipped_scene("packaging.ron", &[contact, "fidelity=Mixed", coasting]).expect("it is a scene");
        assert_repeats(&scene);
    }
}

fn assert_repeats(scene: &Arc<Scene>) {
    let end = Time::from_seconds(240.0);
    let mut whole = start(scene, 2);
    whole.run_until(end);
    let mut half = start(scene, 1);
    half.run_until(Time::from_seconds(120.0));
    let bytes = half.save();
    let mut rest =
        Simulation::load(scene.clone(), SimulationOptions { threads: 1, ..Default::default() }, &bytes).expect("it is of this scene");
    assert_eq!(rest.save(), bytes, "saved, loaded, saved: the same bytes");
    rest.run_until(end);
    assert_eq!(rest.state_hash(), whole.state_hash());
    assert_eq!(rest.report(), whole.report());
}

/// Every second conveyor by contact physics, so that parts cross borders of all kinds: straight on, from curves, lifts, turntables and
/// spirals, out of merges, dividers, pop-ups and pushers, under stations.
#[test]
fn scenes_give_the_same_with_borders_everywhere() {
    for name in ["assembly", "bottling", "cells", "curve", "divider", "kiln", "lift", "merge", "popup", "reject", "spiral", "turntable"] {
        let name = format!("{name}.ron");
        let whole = shipped_scene(&name, &["warmup_s=60"]).expect("it is a scene");
        let mixed = every_second(&name, &whole);
        let coasting = Arc::new(Scene { coasting: true, ..(*mixed).clone() });
        let [there, mixed, coasting] = [&whole, &mixed, &coasting].map(|scene| {
            let mut simulation = start(scene, 1);
            simulation.run_until(Time::from_seconds(300.0));
            simulation.parts().assert_places();
            simulation.report()
        });
        for (what, here) in [("mixed", mixed), ("mixed, coasting", coasting)] {
            assert!(here.invalid_conditions.is_empty(), "{name}, {what}: {:?}", here.invalid_conditions);
            let parts = (here.line.throughput_per_h - there.line.throughput_per_h).abs() * 4.0 / 60.0;
            assert!(parts < 2.01, "{name}, {what}: {}/h, {}/h by contact alone", here.line.throughput_per_h, there.line.throughput_per_h);
        }
    }
}

/// With every second conveyor by contact, and those where the check says that no border can be, or that exact events do not know.
fn every_second(name: &str, scene: &Scene) -> Arc<Scene> {
    let named = |index: usize| scene.element(scene.conveyors[index].element).name.clone();
    let mut contact: Vec<String> = (1..scene.conveyors.len()).step_by(2).map(named).collect();
    loop {
        let problems = match shipped_scene(name, &["warmup_s=60", "fidelity=Mixed", &format!("contact={contact:?}")]) {
            Ok(scene) => return scene,
            Err(problems) => problems,
        };
        let named_in = problems.iter().flat_map(|problem| problem.message.split('`').skip(1).step_by(2));
        let is_missing =
            |name: &&str| (0..scene.conveyors.len()).any(|index| named(index) == **name) && !contact.iter().any(|known| known == *name);
        let missing: Vec<String> = named_in.filter(is_missing).map(String::from).collect();
        assert!(!missing.is_empty(), "{name}: {problems:?}");
        contact.extend(missing);
    }
}
