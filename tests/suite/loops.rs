//! Closed loops on contact physics. Promised: carriers go round in length over speed, a station on the loop takes its time
//! and no more, a loop with one free zone never locks, devices right behind and before the seam see every carrier once in
//! each round, and a run that is saved over the seam goes on to the same bytes.

use linetwin_model::Time;
use linetwin_model::scene::Scene;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::scene_from;
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::sync::Arc;

/// The tolerance for laws.
const WITHIN: f64 = 0.01;
const SPEED_MPS: f64 = 0.3;
/// Two straights of 3 m and two half circles of 0.8 m.
const LENGTH_M: f64 = 6.0 + 2.0 * PI * 0.8;

fn scene(carriers: u32, devices: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"Loop\",
            parts: {{ \"carrier\": Part(shape: Box(size_m: (0.3, 0.3, 0.05)), mass_kg: 4, material: \"plastic\") }},
            line: {{
                \"loop\": Loop(start_m: (0, 0, 0.9), path: [Ahead(3), Left(0.8, 180), Ahead(3), Left(0.8, 180)], speed_mps: {SPEED_MPS},
                    zone_m: 0.5, fill: Carriers(part: \"carrier\", count: {carriers})),
                {devices}
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

fn assert_sound(simulation: &Simulation, carriers: u64) {
    let report = simulation.report();
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    assert!(report.production_events.is_empty(), "{:?}", report.production_events);
    assert_eq!(report.line.parts.inside_at_end, carriers);
    let shares: f64 =
        report.elements.iter().find(|element| element.name == "loop").expect("it is there").states.iter().map(|s| s.share).sum();
    assert!((shares - 1.0).abs() < 1e-12, "states add up to the time: {shares}");
}

/// When each part was counted.
fn counts(scene: &Scene, events: &[Event], counter: &str, from_s: f64) -> BTreeMap<PartId, Vec<f64>> {
    let wanted = scene.element_named(counter).expect("a counter");
    let mut counts: BTreeMap<PartId, Vec<f64>> = BTreeMap::new();
    for event in events {
        if let EventKind::Counted { element, part } = event.kind
            && element == wanted
            && event.at.as_seconds() >= from_s
        {
            counts.entry(part).or_default().push(event.at.as_seconds());
        }
    }
    counts
}

#[test]
fn carriers_go_round_in_length_over_speed_and_every_device_sees_each_once_a_round() {
    const CARRIERS: u32 = 6;
    let devices = "\"first\": Counter(on: \"loop\", at_m: 0.05), \"middle\": Counter(on: \"loop\", at_m: 5), \"last\": Counter(on: \"loop\", at_m: -0.05),
                   \"eye\": Eye(on: \"loop\", at_m: 0.02, height_m: 0.03), \"other eye\": Eye(on: \"loop\", at_m: -0.02, height_m: 0.03),";
    let scene = scene(CARRIERS, devices);
    let mut simulation = start(&scene, 2);
    // The first round spreads the carriers, which begin in neighbouring zones.
    let events = events_until(&mut simulation, 420.0);
    let round_s = LENGTH_M / SPEED_MPS;
    for counter in ["first", "middle", "last"] {
        let counts = counts(&scene, &events, counter, 60.0);
        assert_eq!(counts.len(), CARRIERS as usize);
        let rounds: Vec<f64> = counts.values().flat_map(|times| times.windows(2).map(|pair| pair[1] - pair[0])).collect();
        let mean_s = rounds.iter().sum::<f64>() / rounds.len() as f64;
        // Throughput at any place is N v / L.
        assert!((mean_s / round_s - 1.0).abs() < WITHIN, "{counter}: a round takes {mean_s} s, not {round_s} s");
        assert!(rounds.iter().all(|round| (round / round_s - 1.0).abs() < 0.1), "{counter}: nobody is missed or seen twice: {rounds:?}");
    }
    for name in ["eye", "other eye"] {
        let wanted = scene.element_named(name).expect("an eye");
        let edges = |blocked: bool| {
            let times = events.iter().filter(|event| match event.kind {
                EventKind::EyeBlocked { element, .. } => blocked && element == wanted,
                EventKind::EyeCleared { element, .. } => !blocked && element == wanted,
                _ => false,
            });
            times.map(|event| event.at.as_seconds()).filter(|at| *at >= 60.0).collect::<Vec<f64>>()
        };
        let (blocked, cleared) = (edges(true), edges(false));
        let expected = (420.0 - 60.0) / round_s * f64::from(CARRIERS);
        // A square carrier of 0.3 m at 0.3 m/s breaks a beam for a second; one that has turned, for up to its diagonal.
        let next = |at: f64| cleared.iter().find(|cleared| **cleared > at);
        let spans: Vec<f64> = blocked.iter().filter_map(|at| next(*at).map(|cleared| cleared - at)).collect();
        // Two that touch go by as one.
        let passed = spans.iter().map(|span| (span / 1.43).ceil()).sum::<f64>();
        assert!((passed - expected).abs() <= f64::from(CARRIERS), "{name}: {passed} of {expected}");
        assert!(spans.iter().all(|span| *span > 0.98), "{name}: {spans:?}");
    }
    assert_sound(&simulation, u64::from(CARRIERS));
}

#[test]
fn a_station_on_the_loop_sets_its_pace_and_a_part_is_worked_on_once_unless_again() {
    let cycle_s = |processing_s: f64| {
        let station = format!("\"wash\": Station(on: \"loop\", at_m: 2, again: true, processing_s: {processing_s}),");
        let scene = scene(10, &station);
        let mut simulation = start(&scene, 2);
        let events = events_until(&mut simulation, 400.0);
        let wash = scene.element_named("wash").expect("it is there");
        let ends = events.iter().filter(|event| matches!(event.kind, EventKind::CycleEnded { element, .. } if element == wash));
        let ends: Vec<f64> = ends.map(|event| event.at.as_seconds()).filter(|at| *at > 100.0).collect();
        assert_sound(&simulation, 10);
        (ends[ends.len() - 1] - ends[0]) / (ends.len() - 1) as f64
    };
    let (short, long) = (cycle_s(8.0), cycle_s(14.0));
    assert!(((long - short) / 6.0 - 1.0).abs() < WITHIN, "longer work alone makes the difference: {short} s, {long} s");
    // The next carrier comes from the end of the zone before: half a metre from rest, after the one before has made room.
    assert!((8.0..8.0 + 4.5).contains(&short), "{short}");

    let scene = scene(5, "\"label\": Station(on: \"loop\", at_m: 2, processing_s: 1, sets: \"labelled\"),");
    let mut simulation = start(&scene, 2);
    let events = events_until(&mut simulation, 180.0);
    let works = events.iter().filter(|event| matches!(event.kind, EventKind::CycleEnded { .. })).count();
    assert_eq!(works, 5, "each carrier once, in four rounds");
    assert_sound(&simulation, 5);
}

#[test]
fn a_loop_with_one_free_zone_never_locks() {
    let zones = scene(1, "").drives.len();
    assert_eq!(zones, 22, "as many as are no shorter than 0.5 m");
    let scene = scene(zones as u32 - 1, "\"gate\": Counter(on: \"loop\", at_m: 5),");
    let mut simulation = start(&scene, 2);
    events_until(&mut simulation, 300.0);
    let late = events_until(&mut simulation, 420.0);
    let passed: usize = counts(&scene, &late, "gate", 0.0).values().map(Vec::len).sum();
    // The free zone goes round once while every carrier moves one zone on: about 22 hand-overs of some two seconds.
    assert!(passed >= 2, "only {passed} in two minutes");
    assert_sound(&simulation, zones as u64 - 1);
}

/// Where the path turns, a square carrier meets a blade with the corner that is inside, 25 mm before the arc length of its
/// face is there: a blade that looked for the face alone found nobody at rest, and the loop stood still for good.
#[test]
fn a_blade_in_a_curve_finds_what_rests_against_it() {
    // The loop is 18.3 m long, so that a round takes a minute; the blade stands 1.7 m behind the beginning of a curve.
    for (when, works) in [("mass_kg > 5", false), ("mass_kg > 3", true)] {
        let scene = scene_from(&format!(
            "Scene(schema: 1, name: \"Loop\",
                parts: {{ \"carrier\": Part(shape: Box(size_m: (0.3, 0.3, 0.05)), mass_kg: 4, material: \"plastic\") }},
                line: {{
                    \"loop\": Loop(start_m: (0, 0, 0.9), path: [Ahead(6), Left(1, 180), Ahead(6), Left(1, 180)], speed_mps: 0.3,
                        zone_m: 0.5, fill: Carriers(part: \"carrier\", count: 8)),
                    \"wash\": Station(on: \"loop\", at_m: 16.5, when: \"{when}\", again: true, processing_s: 2),
                    \"gate\": Counter(on: \"loop\", at_m: 10),
                }})"
        ));
        let mut simulation = start(&scene, 2);
        let events = events_until(&mut simulation, 300.0);
        let passed: usize = counts(&scene, &events, "gate", 180.0).values().map(Vec::len).sum();
        // At full speed it would be N v / L = 0.13/s; every second carrier finds the blade up and must start again.
        assert!(passed >= 10, "{when}: {passed} carriers in two minutes");
        let cycles = events.iter().filter(|event| matches!(event.kind, EventKind::CycleEnded { .. })).count();
        assert_eq!(cycles > 20, works, "{when}: {cycles} cycles");
        assert_sound(&simulation, 8);
    }
}

#[test]
fn a_run_that_is_saved_over_the_seam_goes_on_to_the_same_bytes_on_any_number_of_threads() {
    let scene = scene(9, "\"wash\": Station(on: \"loop\", at_m: 0.31, again: true, processing_s: Uniform(2, 6)),");
    let until = 90.0;
    let finish = |mut simulation: Simulation| {
        let events = events_until(&mut simulation, until);
        (events, simulation.state_hash(), simulation.save())
    };
    let (whole, hash, bytes) = finish(start(&scene, 1));
    let mut simulation = start(&scene, 2);
    let mut events = Vec::new();
    let mut over_the_seam = 0;
    for step in 1..=40 {
        events.extend(events_until(&mut simulation, f64::from(step) * 1.7));
        let near =
            |(_, motion): &(PartId, linetwin_sim::port::PartMotion)| motion.position[0].abs() < 0.15 && motion.position[1].abs() < 0.2;
        over_the_seam += u32::from(simulation.motions().iter().any(near));
        let saved = simulation.save();
        simulation =
            Simulation::load(scene.clone(), SimulationOptions { threads: 2, ..Default::default() }, &saved).expect("its own snapshot");
        assert!(simulation.save() == saved, "save, load, save");
    }
    assert!(over_the_seam > 3, "some snapshots are taken while a carrier is over the seam");
    let (rest, resumed_hash, resumed_bytes) = finish(simulation);
    events.extend(rest);
    assert_eq!(whole.len(), events.len());
    assert!(whole == events && hash == resumed_hash && bytes == resumed_bytes);
}
