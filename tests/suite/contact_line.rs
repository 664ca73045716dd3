//! The line on contact physics: what holds, stops and jams do to real bodies, seen through events alone.

use linetwin_model::Time;
use linetwin_model::scene::Scene;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::world::{Motion, PartOf};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::scene_from;
use std::sync::Arc;

fn simulation(line: &str) -> Simulation {
    let text = format!(
        r#"Scene(schema: 1, name: "Contact line",
            parts: {{ "carton": Part(shape: Box(size_m: (Uniform(min: 0.25, max: 0.4), 0.3, 0.25)), mass_kg: Uniform(min: 2, max: 8)) }},
            line: {{ {line} }})"#
    );
    Simulation::new(scene_from(&text), SimulationOptions { threads: 2, ..Default::default() })
}

fn events_until(simulation: &mut Simulation, seconds: f64) -> Vec<Event> {
    simulation.run_until(Time::from_seconds(seconds));
    simulation.take_events()
}

fn count(events: &[Event], wanted: fn(&EventKind) -> bool) -> usize {
    events.iter().filter(|event| wanted(&event.kind)).count()
}

/// Without the separator, a part that touches the one let out slips over the blade with it.
#[test]
fn a_blade_lets_out_one_part_at_a_time_of_a_queue_without_gaps() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 0.8, before: "belt", yaw_deg: Uniform(min: -4, max: 4)),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
           "press": Station(on: "belt", at_m: 4.5, hold: Blade, processing_s: Uniform(min: 0.5, max: 2.5)),
           "dock": Sink(after: "belt")"#,
    );
    let events = events_until(&mut simulation, 180.0);
    let left = count(&events, |kind| matches!(kind, EventKind::PartLeft { .. }));
    assert!(left > 50, "only {left} parts in three minutes");
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::WorkMissed { .. })), 0);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::JamBegan { .. })), 0, "a queue behind a hold is no jam");
}

#[test]
fn an_obstacle_that_nobody_typed_in_as_a_jam_is_one() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 4, before: "belt", limit: 3),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (5, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
           "beam": Fixture(centre_m: (3, 0, 0.95), size_m: (0.05, 0.6, 0.1)),
           "dock": Sink(after: "belt")"#,
    );
    let events = events_until(&mut simulation, 40.0);
    let jams: Vec<Time> = events.iter().filter(|event| matches!(event.kind, EventKind::JamBegan { .. })).map(|event| event.at).collect();
    // The first carton is at the beam after 9 s, and a part that stands for 10 s is jammed. Who runs into it moves it once more.
    assert!(jams.first().is_some_and(|at| (19.0..30.0).contains(&at.as_seconds())), "{jams:?}");
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::PartLeft { .. })), 0);
}

/// The clock of a jam once ran while the drive stood, so that every long stop ended in a jam of a quarter of a second.
#[test]
fn a_belt_that_starts_again_after_a_long_stop_is_not_jammed() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 2, before: "belt"),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (5, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
           "dock": Sink(after: "belt")"#,
    );
    let mut events = events_until(&mut simulation, 10.0);
    for (force, until) in [(Some(IoValue::Bool(false)), 40.0), (None, 60.0)] {
        let command = Command { step: simulation.step_count(), sequence: 0, point: "belt.run".to_owned(), force };
        simulation.command(&command).expect("every belt has a run point");
        events.extend(events_until(&mut simulation, until));
    }
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::JamBegan { .. })), 0);
    assert!(events.iter().any(|event| event.at > Time::from_seconds(45.0) && matches!(event.kind, EventKind::PartLeft { .. })));
}

#[test]
fn a_part_placed_over_the_edge_falls_and_stays_in_the_books() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 3, before: "belt", limit: 1, left_m: 0.3),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (5, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
           "dock": Sink(after: "belt")"#,
    );
    let events = events_until(&mut simulation, 20.0);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::Dropped { .. })), 1);
    let report = simulation.report();
    assert_eq!((report.line.parts.drops, report.line.parts.on_floor, report.line.parts.inside_at_end), (1, 1, 1));
}

/// The end of the side conveyor is cut along the host's edge, so that nothing falls between the two and nobody who waits
/// reaches over the edge.
#[test]
fn parts_join_a_host_at_any_angle_from_either_side() {
    for (angle_deg, side) in [(30, "Right"), (45, "Left"), (60, "Right"), (90, "Left")] {
        let mut simulation = simulation(&format!(
            r#""cartons": Source(part: "carton", interarrival_s: 6, before: "main", limit: 12),
               "main": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
               "merge": Merge(on: "main", at_m: 3, side: {side}, angle_deg: {angle_deg}),
               "more": Source(part: "carton", interarrival_s: 6, before: "side", limit: 12),
               "side": Belt(before: "merge.side", length_m: 2.5, width_m: 0.5, speed_mps: 0.5, rails: Both),
               "dock": Sink(after: "main")"#
        ));
        let events = events_until(&mut simulation, 150.0);
        let told = format!("{angle_deg} degrees from the {side}");
        assert_eq!(count(&events, |kind| matches!(kind, EventKind::PartLeft { .. })), 24, "{told}");
        assert_eq!(count(&events, |kind| matches!(kind, EventKind::Dropped { .. })), 0, "{told}");
        assert_eq!(count(&events, |kind| matches!(kind, EventKind::JamBegan { .. })), 0, "{told}");
        assert_eq!(simulation.report().line.parts.misroutes, 0, "{told}");
    }
}

/// Behind a bare plate the second carton ran in while it was out, was dragged back by it, and wedged at the rail.
#[test]
fn a_carton_right_behind_a_rejected_one_waits_at_the_pusher_and_goes_on() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 0.1, before: "belt", limit: 40),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
           "reject": Pusher(on: "belt", at_m: 3, side: Left, stroke_s: 0.5, force_n: 250, when: "mass_kg > 5"),
           "bin": Sink(after: "reject.side"),
           "dock": Sink(after: "belt")"#,
    );
    let events = events_until(&mut simulation, 90.0);
    let report = simulation.report();
    let parts = &report.line.parts;
    assert_eq!((parts.good + parts.rejected, parts.drops), (40, 0), "all are out");
    assert!(parts.rejected >= 10, "only {} of 40 are heavy", parts.rejected);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::Misrouted { .. } | EventKind::JamBegan { .. })), 0);
}

#[test]
fn a_conveyor_that_stands_stops_what_feeds_it() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 2, before: "first"),
           "first": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
           "second": Belt(after: "first", length_m: 3),
           "third": Belt(after: "second", length_m: 3, failures: [Failure(mode: "motor", clock: Calendar, uptime_s: 20, repair_s: 30)]),
           "dock": Sink(after: "third")"#,
    );
    let _ = events_until(&mut simulation, 25.0);
    let before = simulation.motions();
    let _ = events_until(&mut simulation, 45.0);
    for ((part, was), (_, is)) in before.iter().zip(simulation.motions()) {
        assert!((is.position[0] - was.position[0]).abs() < 0.001, "{part:?} moved on a line that stands");
    }
    let _ = events_until(&mut simulation, 60.0);
    assert!(simulation.motions().iter().any(|(_, motion)| motion.linear_velocity[0] > 0.4), "it goes on after the repair");
}

/// Whoever shows the world finds an entity for each part that is in it, and none for one that has left.
#[test]
fn the_world_holds_an_entity_for_each_part() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 2, before: "belt"),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
           "dock": Sink(after: "belt")"#,
    );
    let mut seen = Vec::new();
    for seconds in [5.0, 5.5, 20.0] {
        let _ = events_until(&mut simulation, seconds);
        let motions = simulation.motions();
        let world = simulation.world();
        let mut query = world.try_query::<(&PartOf, &Motion)>().expect("the components are known once there are parts");
        let mut entities: Vec<_> = query.iter(world).map(|(part, motion)| (part.0, motion.0)).collect();
        entities.sort_by_key(|(part, _)| *part);
        assert_eq!(entities, motions, "after {seconds} s");
        seen.push(entities.iter().map(|(part, _)| *part).collect::<Vec<_>>());
    }
    assert!(seen.iter().all(|parts| parts.len() >= 2) && seen[0].iter().all(|part| !seen[2].contains(part)), "{seen:?}");
}

/// Every zone is a drive: one that stands, because its part waits, draws nothing, while a belt under a waiting part runs on.
#[test]
fn zones_that_stand_draw_no_power() {
    let mut simulation = simulation(
        r#""infeed": Source(part: "carton", interarrival_s: 3, before: "zones"),
           "zones": ZoneConveyor(from_m: (0, 0, 0.8), to_m: (3.2, 0, 0.8), width_m: 0.5, speed_mps: 0.5, zone_m: 0.8, rails: Both, efficiency: 0.5, no_load_w: 50),
           "belt": Belt(after: "zones", length_m: 2, width_m: 0.5, rails: Both, efficiency: 0.5, no_load_w: 50),
           "stop": Stop(on: "belt", at_m: 1.5, hold_s: 1000),
           "dock": Sink(after: "belt")"#,
    );
    let electrical_j = |simulation: &Simulation| {
        let report = simulation.report();
        let of = |name: &str| {
            let element = report.elements.iter().find(|element| element.name == name).expect("it is in the scene");
            element.energy.electrical_j - element.energy.mechanical_j.max(0.0) / 0.5
        };
        (of("zones"), of("belt"))
    };
    events_until(&mut simulation, 10.0);
    let (zones_j, belt_j) = electrical_j(&simulation);
    // No zone waits yet: four drives against one.
    assert!((zones_j - 4.0 * belt_j).abs() < 0.05 * zones_j, "zones {zones_j} J, belt {belt_j} J");
    events_until(&mut simulation, 60.0);
    let (full_zones_j, full_belt_j) = electrical_j(&simulation);
    events_until(&mut simulation, 80.0);
    let (later_zones_j, later_belt_j) = electrical_j(&simulation);
    assert!((later_belt_j - full_belt_j - 50.0 * 20.0).abs() < 1e-6, "the belt runs: {}", later_belt_j - full_belt_j);
    // The last zone pushes on towards the belt, as it must; the three before it stand.
    assert!((later_zones_j - full_zones_j - 50.0 * 20.0).abs() < 1e-6, "three zones stand: {}", later_zones_j - full_zones_j);
}

const PALLET: &str = r#""pallet": Part(shape: Box(size_m: (1.2, 0.8, 0.15)), mass_kg: 25),"#;
/// On a track of their own.
const TRACK: &str = r#"
    "pallets": Source(part: "pallet", interarrival_s: 20, before: "track"),
    "track": Belt(from_m: (0, 9, 0.5), to_m: (4, 9, 0.5), width_m: 1, speed_mps: 0.3),
    "store": Sink(after: "track"),"#;

fn bottles(line: &str, [pallet, track]: [&str; 2]) -> Arc<Scene> {
    scene_from(&format!(
        r#"Scene(schema: 1, name: "Bottles",
            materials: {{ "plastic on belt": Surface(friction: 0.15), "plastic on rail": Surface(friction: 0.1) }},
            parts: {{
                "bottle": Part(shape: Cylinder(diameter_m: 0.07, height_m: 0.22), mass_kg: 0.54, material: "plastic"),
                {pallet}
            }},
            line: {{ {line} {track} }})"#
    ))
}

/// A rail that was open for a pallet let 200 of 300 bottles buckle out of their queue.
#[test]
fn a_rail_is_open_for_the_parts_that_pass_and_not_for_others() {
    let line = r#"
        "filler": Source(part: "bottle", rate_per_h: 12000, before: "lane"),
        "lane": Belt(from_m: (0, 0, 0.9), to_m: (4, 0, 0.9), width_m: 0.08, speed_mps: 0.6, rails: Both, rail_height_m: 0.15),
        "reject": Pusher(on: "lane", at_m: 2.5, side: Left, length_m: 0.08, stroke_s: 0.12, force_n: 60, when: "mass_kg > 3"),
        "bin": Sink(after: "reject.side"),
        "stop": Stop(on: "lane", at_m: -0.3, hold_s: 1000),
        "end": Sink(after: "lane"),"#;
    let mut simulation = Simulation::new(bottles(line, [PALLET, TRACK]), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(30.0));
    let report = simulation.report();
    assert!(report.line.parts.inside_at_end > 25, "the queue reaches beyond the opening");
    assert_eq!((report.line.parts.drops, report.invalid_conditions), (0, Vec::new()));
}

#[test]
fn windows_and_triggers_fit_the_parts_that_come_there() {
    let line = r#"
        "filler": Source(part: "bottle", rate_per_h: 3000, before: "lane"),
        "lane": Belt(from_m: (0, 0, 0.9), to_m: (6, 0, 0.9), width_m: 0.4, speed_mps: 0.6),
        "more": Source(part: "bottle", rate_per_h: 3000, before: "side"),
        "side": Belt(before: "merge.side", length_m: 2, width_m: 0.3, speed_mps: 0.6),
        "merge": Merge(on: "lane", at_m: 2.5, side: Right),
        "wheels": PopUp(on: "lane", at_m: 4.5, length_m: 0.3, side: Left, angle_deg: 45, when: "mass_kg > 3"),
        "chute": Sink(after: "wheels.side"),
        "arm": SwingArm(on: "lane", at_m: 5.4, side: Left, when: "mass_kg > 2"),
        "bin": Sink(after: "arm.side"),
        "end": Sink(after: "lane"),"#;
    let (alone, beside) = (bottles(line, ["", ""]), bottles(line, [PALLET, TRACK]));
    assert_eq!(alone.spots, beside.spots[..alone.spots.len()]);
}
