//! Carriers that hold parts, on contact physics. Promised: what is joined by a bill is one body that weighs what its parts
//! weigh, every part stays in the books, a kanban bin is away for its time exactly, and a run that is saved with full
//! carriers goes on to the same bytes.

mod stations;

use linetwin_model::Time;
use linetwin_model::scene::Scene;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::Place;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::scene_from;
use std::sync::Arc;

const PARTS: &str = "
    \"carrier\": Part(shape: Box(size_m: (0.3, 0.3, 0.05)), mass_kg: 3, material: \"plastic\", holds: Nest(\"box\")),
    \"base\": Part(shape: Box(size_m: (0.2, 0.2, 0.1)), mass_kg: 0.8),
    \"lid\": Part(shape: Box(size_m: (0.2, 0.2, 0.02)), mass_kg: 0.2),
    \"box\": Part(bill: {\"base\": 1, \"lid\": 2}),";

fn scene(carriers: u32, straight_m: f64, line: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"Boxes\", count: \"box\", parts: {{ {PARTS} }}, line: {{
            \"loop\": Loop(start_m: (0, 0, 0.9), path: [Ahead({straight_m}), Left(1, 180), Ahead({straight_m}), Left(1, 180)], speed_mps: 0.3,
                zone_m: 0.5, fill: Carriers(part: \"carrier\", count: {carriers})),
            {line}
        }})"
    ))
}

fn start(scene: &Arc<Scene>, threads: usize) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads, ..Default::default() })
}

fn events_until(simulation: &mut Simulation, seconds: f64) -> Vec<Event> {
    simulation.run_until(Time::from_seconds(seconds));
    simulation.take_events()
}

fn count(events: &[Event], wanted: impl Fn(&EventKind) -> bool) -> usize {
    events.iter().filter(|event| wanted(&event.kind)).count()
}

/// A base, then two lids, then out onto a belt.
const BOXES: &str = "
    \"base\": Assembly(on: \"loop\", at_m: 1, adds: \"base\", processing_s: 3),
    \"first lid\": Assembly(on: \"loop\", at_m: 2.2, adds: \"lid\", processing_s: 3),
    \"second lid\": Assembly(on: \"loop\", at_m: 3.4, adds: \"lid\", processing_s: 3),
    \"unload\": Unload(on: \"loop\", at_m: 9, processing_s: 2),
    \"belt\": Belt(after: \"unload\", length_m: 1.5),
    \"dock\": Sink(after: \"belt\"),";

/// Sums of three masses.
const ROUNDING_KG: f64 = 1e-12;

#[test]
fn a_joined_part_is_one_body_of_the_weight_of_its_parts_and_all_parts_stay_in_the_books() {
    let scene = scene(6, 4.0, BOXES);
    let named = |name: &str| scene.part_types.iter().position(|part_type| part_type.name == name).expect("a part");
    let (carrier, product, lid) = (named("carrier"), named("box"), named("lid"));
    let mut simulation = start(&scene, 2);
    let mut events = Vec::new();
    let mut heaviest: f64 = 0.0;
    for second in 1..=300 {
        events.extend(events_until(&mut simulation, f64::from(second)));
        for (id, part) in simulation.parts().iter() {
            let is = |part_type: usize| part.part_type.index() == part_type;
            if is(carrier) {
                heaviest = heaviest.max(part.mass_kg);
                let inside: f64 = part.content.iter().map(|content| simulation.parts().get(*content).expect("it is inside").mass_kg).sum();
                assert!((part.mass_kg - 3.0 - inside).abs() < ROUNDING_KG, "a carrier weighs itself and its content");
            }
            if is(product) {
                assert!((part.mass_kg - 1.2).abs() < ROUNDING_KG && part.content.len() == 2, "{part:?}");
            }
            if is(lid) {
                assert!(matches!(part.place, Place::Inside(_)), "a lid is always on a box");
            }
            let has_body = simulation.motions().binary_search_by_key(&id, |(id, _)| *id).is_ok();
            assert!(!(has_body && matches!(part.place, Place::Inside(_))), "what is inside has no body of its own");
        }
    }
    assert!((heaviest - 4.2).abs() < ROUNDING_KG, "{heaviest}");
    let left = |part_type: usize| {
        count(&events, |kind| matches!(kind, EventKind::PartLeft { part_type: found, .. } if found.index() == part_type))
    };
    let boxes = left(product);
    assert!(boxes > 20, "only {boxes} boxes");
    assert_eq!(left(lid), 2 * boxes, "a box leaves with its lids");
    assert_eq!(left(carrier), 0);
    let completed = count(&events, |kind| matches!(kind, EventKind::PartCompleted { .. }));
    assert!((boxes..=boxes + 7).contains(&completed), "{completed} completed, {boxes} out");
    let report = simulation.report();
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    let parts = &report.line.parts;
    assert_eq!(parts.inside_at_start + parts.entered, parts.good + parts.rejected + parts.scrapped + parts.inside_at_end);
    assert_eq!(report.line.good as usize, boxes);
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let sum: f64 = element.states.iter().map(|state| state.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{}: states add up to {sum}", element.name);
    }
    let looped = report.elements.iter().find(|element| element.name == "loop").expect("the loop");
    assert!(looped.carriers_loaded.is_some_and(|share| (0.2..1.0).contains(&share)), "{:?}", looped.carriers_loaded);
    assert!(looped.carriers_waiting.is_some_and(|share| (0.05..1.0).contains(&share)), "{:?}", looped.carriers_waiting);
}

#[test]
fn an_empty_bin_is_away_for_its_time_and_a_second_one_bridges_it() {
    let gaps = |bins: u32| {
        let supply = format!("supply: Kanban(bins: {bins}, size: 4, refill_s: 50)");
        let scene = scene(6, 4.0, &BOXES.replace("adds: \"base\",", &format!("adds: \"base\", {supply},")));
        let mut simulation = start(&scene, 2);
        let events = events_until(&mut simulation, 400.0);
        let base = scene.element_named("base").expect("it is there");
        let begun = events.iter().filter(|event| matches!(event.kind, EventKind::CycleStarted { element, .. } if element == base));
        let begun: Vec<f64> = begun.map(|event| event.at.as_seconds()).collect();
        let report = simulation.report();
        let starved = report.flat().into_iter().find(|kpi| kpi.path == "base.state.starved.supply").and_then(|kpi| kpi.value);
        (begun.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>(), starved.expect("an assembly has it"))
    };
    let (one, starved) = gaps(1);
    // The fourth part of a bin is taken when its work begins; the fifth work begins when the bin is back.
    let waits: Vec<f64> = one.iter().copied().skip(3).step_by(4).collect();
    assert!(waits.len() >= 5 && waits.iter().all(|gap| (gap - 50.0).abs() < 0.02), "{waits:?}");
    assert!(starved > 0.4, "{starved}");
    // A second bin of four works of some six seconds is not enough for fifty seconds, but it halves the wait.
    let (two, starved_of_two) = gaps(2);
    assert!(
        two.len() > one.len() && starved_of_two < starved,
        "{} and {} works, starved {starved} and {starved_of_two}",
        one.len(),
        two.len()
    );
}

#[test]
fn a_run_that_is_saved_with_full_carriers_goes_on_to_the_same_bytes() {
    let scene = scene(6, 4.0, BOXES);
    let until = 120.0;
    let finish = |mut simulation: Simulation| {
        let events = events_until(&mut simulation, until);
        (events, simulation.state_hash(), simulation.save())
    };
    let (whole, hash, bytes) = finish(start(&scene, 1));
    let mut simulation = start(&scene, 2);
    let mut events = Vec::new();
    for at in [9.3, 31.0, 52.7, 77.7, 101.3] {
        events.extend(events_until(&mut simulation, at));
        let saved = simulation.save();
        simulation =
            Simulation::load(scene.clone(), SimulationOptions { threads: 2, ..Default::default() }, &saved).expect("its own snapshot");
        assert!(simulation.save() == saved, "save, load, save");
    }
    let (rest, resumed_hash, resumed_bytes) = finish(simulation);
    events.extend(rest);
    assert!(whole == events && hash == resumed_hash && bytes == resumed_bytes);
    assert!(count(&whole, |kind| matches!(kind, EventKind::PartTakenOut { .. })) > 3, "too quiet to show anything");
}
/// Every box fails its test and its rework: the spur is full all the time, and what finds no room comes by again.
#[test]
fn what_fails_leaves_by_the_transfer_is_scrapped_at_the_rework_and_its_carrier_comes_back() {
    let scene = scene(
        8,
        6.0,
        "\"base\": Assembly(on: \"loop\", at_m: 1, adds: \"base\", processing_s: 3),
         \"first lid\": Assembly(on: \"loop\", at_m: 2.2, adds: \"lid\", processing_s: 3),
         \"second lid\": Assembly(on: \"loop\", at_m: 3.4, adds: \"lid\", processing_s: 3),
         \"test\": Station(on: \"loop\", at_m: 5, processing_s: 4, sets: {\"ok\": Bernoulli(0)}),
         \"leave\": Transfer(on: \"loop\", at_m: 10.2, side: Right, when: \"done(test) && !ok\", when_full: Pass),
         \"spur\": ZoneConveyor(after: \"leave.side\", path: [Ahead(1), Left(1, 90), Ahead(2), Left(1, 90), Ahead(1)], zone_m: 0.5, before: \"return.side\"),
         \"rework\": Station(on: \"spur\", at_m: 3, hold: Blade, processing_s: 12, sets: {\"ok\": Bernoulli(0)}, tries: 2, then: Scrap),
         \"return\": Merge(on: \"loop\", at_m: 14.2, side: Right, priority: Host),
         \"unload\": Unload(on: \"loop\", at_m: 16.5, when: \"ok\", processing_s: 2),
         \"dock\": Sink(after: \"unload\"),",
    );
    let mut simulation = start(&scene, 2);
    let events = events_until(&mut simulation, 600.0);
    let report = simulation.report();
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    let scrapped = count(&events, |kind| matches!(kind, EventKind::PartLeft { element, .. } if scene.element(*element).name == "rework"));
    // Each of three parts, after two tries of 12 s.
    assert!(scrapped >= 3 * 15 && scrapped % 3 == 0, "{scrapped} parts scrapped in ten minutes");
    let element = |name: &str| report.elements.iter().find(|element| element.name == name).expect("it is there");
    assert_eq!(element("rework").scrapped as usize, scrapped / 3, "one box is scrapped, with its parts");
    assert_eq!(element("test").first_pass_yield, Some(0.0));
    assert_eq!(element("dock").parts_in, 0);
    // None fell, none went astray, none got stuck.
    let bad: Vec<_> = report.production_events.iter().filter(|event| event.kind != "stall").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let carriers = simulation.parts().iter().filter(|(_, part)| part.mass_kg >= 3.0).count();
    assert_eq!(carriers, 8);
    // Carriers that found the spur full went round with their box.
    let passed = count(&events, |kind| matches!(kind, EventKind::CycleStarted { element, .. } if scene.element(*element).name == "leave"));
    assert!(passed >= scrapped / 3, "{passed}");
}
