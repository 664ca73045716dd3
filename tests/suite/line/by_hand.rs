//! Machines and buffers that hand parts on with no conveyor between them: to the nanosecond, and the same beside contact physics.

use super::rig::{Rig, scene};
use linetwin_model::Time;
use linetwin_model::scene::{Fidelity, Outcome};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::same_bytes::same_bytes;
use linetwin_tests::scene_from;
use std::sync::Arc;

fn came_to(rig: &Rig, name: &str) -> Vec<f64> {
    let wanted = rig.id(name);
    rig.times(|kind| match kind {
        EventKind::PartEntered { element, .. } => *element == wanted,
        EventKind::PartMoved { to, .. } => *to == wanted,
        _ => false,
    })
}

#[test]
fn a_slow_machine_fills_the_buffer_and_blocks_the_one_before() {
    let mut rig = Rig::new(
        scene(
            "\"in\": Source(part: \"carton\", interarrival_s: 1, before: \"saw\"),
             \"saw\": ParallelStation(from_m: (0, 0, 0.8), processing_s: 10),
             \"rack\": Buffer(after: \"saw\", capacity: 2),
             \"mill\": ParallelStation(after: \"rack\", processing_s: 30),
             \"dock\": Sink(after: \"mill\"),",
        ),
        0,
    );
    rig.run(191.0);
    // What finds room goes through the buffer at the very instant.
    assert_eq!(came_to(&rig, "rack"), [11.0, 21.0, 31.0, 41.0, 71.0, 101.0, 131.0, 161.0]);
    assert_eq!(came_to(&rig, "mill"), [11.0, 41.0, 71.0, 101.0, 131.0, 161.0]);
    assert_eq!(rig.left(Outcome::Good), [41.0, 71.0, 101.0, 131.0, 161.0]);
    assert_eq!(rig.share("mill", ElementState::Processing, 11.0), 1.0);
    let blocked = rig.share("saw", ElementState::Blocked, 101.0);
    assert!((blocked - 2.0 / 3.0).abs() < 1e-9, "it works for ten seconds of thirty: {blocked}");
}

#[test]
fn times_are_those_of_contact_physics_to_the_nanosecond() {
    let text = "Scene(schema: 1, name: \"cell\", seed: 4, parts: {
            \"small\": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 2),
            \"large\": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 3),
        }, line: {
            \"in\": Source(part: \"small\", interarrival_s: Exponential(mean: 9), before: \"pool\"),
            \"in 2\": Source(part: \"large\", interarrival_s: Exponential(mean: 9), before: \"pool\", when_occupied: Lose),
            \"pool\": Buffer(from_m: (0, 0, 0.8), capacity: 3),
            \"saw\": ParallelStation(after: \"pool\", processing_s: Uniform(min: 3, max: 6), setup_s: {\"small\": 2, \"large\": 3},
                failures: [Failure(mode: \"blade\", uptime_s: Exponential(mean: 60), repair_s: Exponential(mean: 20))]),
            \"rack\": Buffer(after: \"saw\", capacity: 2, dwell_s: Uniform(min: 0, max: 4), release_s: 1,
                failures: [Failure(mode: \"lift\", uptime_s: Exponential(mean: 90), repair_s: 15)]),
            \"oven\": ParallelStation(after: \"rack\", processing_s: Uniform(min: 15, max: 20), batch: 3, slots: 2, wait_s: 12, scrap_probability: 0.1),
            \"dock\": Sink(after: \"oven\"),
        })";
    let told = |fidelity: Fidelity| -> Vec<Event> {
        let mut scene = (*scene_from(text)).clone();
        scene.fidelity = fidelity;
        let mut simulation = Simulation::new(Arc::new(scene), SimulationOptions { threads: 1, ..Default::default() });
        simulation.run_until(Time::from_seconds(900.0));
        let report = simulation.report();
        assert_eq!(report.invalid_conditions, Vec::new());
        let mut events = simulation.take_events();
        events.retain(|event| event.at <= Time::from_seconds(890.0));
        events.sort_by_key(|event| (event.at, format!("{:?}", event.kind)));
        events
    };
    let (contact, event) = (told(Fidelity::Contact), told(Fidelity::Event));
    assert!(event.len() > 500, "{}", event.len());
    let apart = contact.iter().zip(&event).find(|(a, b)| a != b);
    assert_eq!((apart, contact.len()), (None, event.len()));
}

#[test]
fn several_feeders_are_served_in_the_order_in_which_they_offer() {
    let mut rig = Rig::new(
        scene(
            "\"in\": Source(part: \"carton\", interarrival_s: 7, before: \"first\"),
             \"in 2\": Source(part: \"carton\", interarrival_s: 9, before: \"second\"),
             \"first\": ParallelStation(from_m: (0, 0, 0.8), processing_s: 5),
             \"second\": ParallelStation(from_m: (0, 2, 0.8), processing_s: 5),
             \"press\": ParallelStation(after: [\"first\", \"second\"], processing_s: 8),
             \"dock\": Sink(after: \"press\"),",
        ),
        0,
    );
    rig.run(400.0);
    let (first, second, press) = (rig.id("first"), rig.id("second"), rig.id("press"));
    let mut waiting = Vec::new();
    let mut from = [0, 0];
    for event in &rig.events {
        match event.kind {
            EventKind::CycleEnded { element, part } if element != press => waiting.push(part),
            EventKind::PartMoved { part, from: owner, to } if to == press => {
                assert_eq!(waiting.remove(0), part, "at {} s", event.at.as_seconds());
                from[usize::from(owner == second)] += 1;
                assert!(owner == first || owner == second);
            }
            _ => {}
        }
    }
    assert!(from[0] >= 20 && from[1] >= 20, "{from:?}");
    assert!(rig.share("press", ElementState::Processing, 20.0) > 0.999, "it is the bottleneck");
}

#[test]
fn a_machine_that_stands_takes_nothing_and_takes_its_offer_back() {
    let mut rig = Rig::new(
        scene(
            "\"in\": Source(part: \"carton\", interarrival_s: 6, before: \"saw\", when_occupied: Lose),
             \"saw\": ParallelStation(from_m: (0, 0, 0.8), processing_s: 4,
                 failures: [Failure(mode: \"blade\", clock: Calendar, uptime_s: 21, repair_s: 11.5)]),
             \"mill\": ParallelStation(after: \"saw\", processing_s: 4,
                 failures: [Failure(mode: \"spindle\", clock: Calendar, uptime_s: 51, repair_s: 9)]),
             \"dock\": Sink(after: \"mill\"),",
        ),
        0,
    );
    rig.run(71.0);
    // From 21 to 32.5 and from 53.5 to 65 it does not work, and what comes then is lost.
    assert_eq!(came_to(&rig, "saw"), [6.0, 12.0, 18.0, 36.0, 42.0, 48.0, 66.0]);
    assert_eq!(rig.times(|kind| matches!(kind, EventKind::PartTurnedAway { .. })), [24.0, 30.0, 54.0, 60.0]);
    // What is done at 52 meets a mill that stands until 60, and goes there when the saw offers it again.
    assert_eq!(came_to(&rig, "mill"), [10.0, 16.0, 33.5, 40.0, 46.0, 65.0, 70.0]);
}

#[test]
fn what_another_type_waits_for_begins_incomplete() {
    let text = "Scene(schema: 1, name: \"oven\", parts: {
            \"small\": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 2),
            \"large\": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 3),
        }, line: {
            \"in\": Source(part: \"small\", interarrival_s: 4, limit: 2, before: \"oven\"),
            \"in 2\": Source(part: \"large\", interarrival_s: 20, limit: 1, before: \"oven\"),
            \"oven\": ParallelStation(from_m: (0, 0, 0.8), processing_s: 10, batch: 3, setup_s: {\"small\": 1, \"large\": 1}),
            \"dock\": Sink(after: \"oven\"),
        })";
    let mut rig = Rig::new((*scene_from(text)).clone(), 0);
    rig.run(60.0);
    let oven = rig.id("oven");
    let begun = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == oven));
    // Two small ones wait for a third; the large one comes instead, waits until they are out, and is never complete.
    assert_eq!(begun, [20.0, 20.0]);
    assert_eq!(came_to(&rig, "oven"), [4.0, 8.0, 30.0]);
    assert_eq!(rig.left(Outcome::Good), [30.0, 30.0]);
}

#[test]
fn a_line_by_hand_and_by_belts_keeps_the_books_and_goes_on_to_the_same_bytes() {
    let line = "\"in\": Source(part: \"carton\", interarrival_s: Exponential(mean: 3), before: \"pool\"),
        \"pool\": Buffer(from_m: (0, 0, 0.8), capacity: 4),
        \"saw\": ParallelStation(after: \"pool\", processing_s: Uniform(min: 2, max: 4),
            failures: [Failure(mode: \"blade\", uptime_s: Exponential(mean: 40), repair_s: 8)]),
        \"belt\": Belt(after: \"saw\", length_m: 3, width_m: 0.6, speed_mps: 0.5, rails: Both),
        \"washer\": ParallelStation(after: \"belt\", processing_s: 8, batch: 2, slots: 2, wait_s: 10),
        \"rack\": Buffer(after: \"washer\", capacity: 3, dwell_s: 2),
        \"press\": ParallelStation(after: \"rack\", processing_s: Normal(mean: 3, sd: 0.2)),
        \"dock\": Sink(after: \"press\"),";
    same_bytes(line, 90.0, &[9.1, 17.3, 25.0, 41.9, 66.6]);
}
