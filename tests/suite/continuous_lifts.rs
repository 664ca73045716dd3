//! Continuous vertical conveyors. Promised: what it carries is chain speed over pitch, and how long a part is on it way over speed,
//! within 1 %; its chains do the work of the rise; they stand while there is no room behind them or something reaches through the
//! curtain, and nothing falls; no part is lost or crushed; the same bytes for any threads and after a snapshot in mid-motion.

use linetwin_model::Time;
use linetwin_sim::event::{ElementState, EventKind};
use linetwin_sim::incident::IncidentKind;
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::same_bytes::{RunOutcome, run_scene, same_bytes};
use linetwin_tests::{balance_of, scene_from};

const GRAVITY_MPS2: f64 = 9.81;
const ONE_PERCENT: f64 = 0.01;

/// Cartons of 0.4 m from one level to the other, at what their feeder gives.
fn line(rise_m: f64, feeder_mps: f64, lift: &str) -> String {
    let from_m = if rise_m > 0.0 { 0.6 } else { 0.6 - rise_m };
    format!(
        r#""infeed": Source(part: "carton", interarrival_s: 1.5, before: "first"),
        "first": Belt(from_m: (0, 0, {from_m}), to_m: (3, 0, {from_m}), width_m: 0.5, speed_mps: {feeder_mps}, rails: Both),
        "lift": ContinuousVerticalConveyor(after: "first", length_m: 0.6, rise_m: {rise_m}, {lift}),
        "second": Belt(after: "lift", length_m: 2, speed_mps: 0.5, rails: Both),
        "dock": Sink(after: "second")"#
    )
}

const USUAL: &str = "pitch_m: 0.9, speed_mps: 0.3";

/// What should not happen where nothing is wrong.
fn troubles(outcome: &RunOutcome) -> Vec<&EventKind> {
    let bad = |kind: &&EventKind| {
        matches!(
            kind,
            EventKind::Invalid { .. }
                | EventKind::Dropped { .. }
                | EventKind::Misrouted { .. }
                | EventKind::JamBegan { .. }
                | EventKind::Stalled { .. }
                | EventKind::Incident(_)
        )
    };
    outcome.events.iter().map(|event| &event.kind).filter(bad).collect()
}

/// When each part came onto the lift, and when it left it [s].
fn rides(outcome: &RunOutcome) -> Vec<[f64; 2]> {
    let lift = outcome.scene.element_named("lift").expect("it is there");
    let moved = |wanted: fn(&EventKind) -> Option<(linetwin_sim::parts::PartId, linetwin_model::scene::ElementId)>| {
        let found = outcome.events.iter().filter_map(move |event| wanted(&event.kind).map(|(part, at)| (part, at, event.at.as_seconds())));
        found.filter(|(_, at, _)| *at == lift).map(|(part, _, at_s)| (part, at_s)).collect::<Vec<_>>()
    };
    let on = moved(|kind| if let EventKind::PartMoved { part, to, .. } = kind { Some((*part, *to)) } else { None });
    let off = moved(|kind| if let EventKind::PartMoved { part, from, .. } = kind { Some((*part, *from)) } else { None });
    off.iter().map(|(part, off_s)| [on.iter().find(|(other, _)| other == part).expect("it came").1, *off_s]).collect()
}

#[test]
fn it_carries_chain_speed_over_pitch_and_takes_way_over_speed() {
    for (rise_m, feeder_mps, pitch_m, speed_mps) in
        [(2.0, 0.3, 0.9, 0.3), (2.0, 0.6, 0.9, 0.3), (-1.4, 0.5, 1.0, 0.4), (0.8, 0.4, 1.2, 0.4)]
    {
        let what = format!("{rise_m} m at {speed_mps} m/s, fed at {feeder_mps} m/s");
        let outcome = run_scene(&line(rise_m, feeder_mps, &format!("pitch_m: {pitch_m}, speed_mps: {speed_mps}")), 120.0, 1);
        assert!(troubles(&outcome).is_empty(), "{what}: {:?}", troubles(&outcome));
        outcome.assert_balanced();
        let (rides, lift) = (rides(&outcome), &outcome.scene.lifts[0]);
        assert!(rides.len() > 25, "{what}: {} rides", rides.len());
        let way_m = lift.length_m + rise_m.abs() + (std::f64::consts::PI - 2.0) * lift.radius_m;
        for [on_s, off_s] in &rides {
            // What comes faster slides on over its platform, and is ahead of its middle when it leaves it: by up to 90 mm.
            let tolerance = if feeder_mps == speed_mps { ONE_PERCENT } else { 4.0 * ONE_PERCENT };
            let (found, expected) = (off_s - on_s, way_m / speed_mps);
            assert!((found - expected).abs() <= tolerance * expected, "{what}: on it for {found} s, expected {expected} s");
        }
        let (first, last) = (rides[2][1], rides[rides.len() - 1][1]);
        let (found, expected) = ((rides.len() - 3) as f64 / (last - first), speed_mps / pitch_m);
        assert!((found - expected).abs() <= ONE_PERCENT * expected, "{what}: {found} parts/s, expected {expected}");
    }
}

/// A part that comes and goes at the speed of the chains is given nothing but height.
#[test]
fn its_chains_do_the_work_of_the_rise() {
    for rise_m in [1.5, -1.5] {
        let few = line(rise_m, 0.3, USUAL).replace(r#""carton", interarrival_s: 1.5"#, r#""small", interarrival_s: 5, limit: 4"#);
        let few = few.replace("length_m: 2, speed_mps: 0.5", "length_m: 2, speed_mps: 0.3");
        let outcome = run_scene(&few, 60.0, 1);
        assert_eq!(outcome.left(), 4, "all are through");
        let report = outcome.report();
        let lift = report.elements.iter().find(|element| element.name == "lift").expect("it is there");
        let (found, expected) = (lift.energy.mechanical_j, 4.0 * 0.5 * GRAVITY_MPS2 * rise_m);
        assert!((found - expected).abs() <= ONE_PERCENT * expected.abs(), "{found} J, expected {expected} J");
    }
}

#[test]
fn a_platform_that_finds_no_part_ready_goes_empty() {
    for (interarrival_s, expected) in [(1.5, 1.0), (6.0, 0.5)] {
        let text = line(2.0, 0.5, USUAL).replace("interarrival_s: 1.5", &format!("interarrival_s: {interarrival_s}"));
        let outcome = run_scene(&text, 300.0, 1);
        assert!(troubles(&outcome).is_empty(), "{:?}", troubles(&outcome));
        let report = outcome.report();
        let filled = report.elements.iter().find(|element| element.name == "lift").and_then(|lift| lift.platforms_filled);
        // The first one comes to it after 10 s.
        let filled = filled.expect("a lift has it") / (1.0 - 14.0 / 300.0);
        assert!((filled - expected).abs() < 0.04, "{filled} of the platforms carry, expected {expected}");
    }
}

/// The chains stand when what is handed over has no room; nothing is pressed, and nothing falls between.
#[test]
fn its_chains_stand_while_what_follows_is_full() {
    let full = line(2.0, 0.5, USUAL).replace(r#""dock""#, r#""stop": Stop(on: "second", at_m: 1.5, hold_s: 12), "dock""#);
    let outcome = run_scene(&full, 300.0, 1);
    assert!(troubles(&outcome).is_empty(), "{:?}", troubles(&outcome));
    outcome.assert_balanced();
    assert!(outcome.share("lift", ElementState::Blocked) > 0.4, "{}", outcome.share("lift", ElementState::Blocked));
    assert!((18..=24).contains(&outcome.left()), "{} left", outcome.left());
    // Where the way on stands for itself, so do the chains, with what they carry.
    let fails = line(-1.4, 0.5, USUAL).replace(
        "length_m: 2, speed_mps: 0.5,",
        r#"length_m: 2, speed_mps: 0.5, failures: [Failure(mode: "motor", clock: Calendar, uptime_s: 31.7, repair_s: 20)],"#,
    );
    let outcome = run_scene(&fails, 200.0, 1);
    assert!(troubles(&outcome).is_empty(), "{:?}", troubles(&outcome));
    outcome.assert_balanced();
    assert!(outcome.share("lift", ElementState::Held) > 0.2, "{}", outcome.share("lift", ElementState::Held));
    assert!(outcome.left() > 25, "{} left", outcome.left());
}

/// What comes when no platform is due breaks the light curtain: the chains stand before they take it along askew. It is told as
/// an overlap, and once somebody has taken it away the lift goes on.
#[test]
fn what_reaches_in_at_the_wrong_time_stops_the_chains_until_it_is_taken_away() {
    let text = format!(
        r#"Scene(schema: 1, name: "Elements", seed: 5,
            parts: {{ "carton": Part(shape: Box((0.4, 0.3, 0.25)), mass_kg: 4) }},
            line: {{ {} }},
            jams: [Clear(on: ["lift", "first"], of: [Overlap, Jam], by: Remove, response_s: 2, clear_s: 3)])"#,
        line(2.0, 0.5, USUAL).replace("interarrival_s: 1.5", "interarrival_s: 5.3")
    );
    let scene = scene_from(&text);
    let lift = scene.element_named("lift").expect("it is there");
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 1, ..Default::default() });
    let force = |simulation: &mut Simulation, force| {
        let command = Command { step: simulation.step_count(), sequence: 0, point: "lift.entry.hold".to_owned(), force };
        simulation.command(&command).expect("the blade has a point");
    };
    force(&mut simulation, Some(IoValue::Bool(false)));
    simulation.run_until(Time::from_seconds(60.0));
    force(&mut simulation, None);
    simulation.run_until(Time::from_seconds(160.0));
    let events = simulation.take_events();
    let count = |wanted: &dyn Fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
    let jammed =
        |kind: &EventKind| matches!(kind, EventKind::StateChanged { element, state: ElementState::Jammed, .. } if *element == lift);
    assert!(count(&jammed) >= 1, "the curtain stops it");
    let overlap = |kind: &EventKind| matches!(kind, EventKind::Incident(incident) if incident.kind == IncidentKind::Overlap);
    assert!(count(&overlap) >= 1);
    assert_eq!(count(&|kind| matches!(kind, EventKind::Invalid { .. })), 0);
    let balance = balance_of(&events);
    assert_eq!(balance.entered, balance.left + simulation.report().line.parts.inside_at_end);
    let late = events.iter().filter(|event| event.at > Time::from_seconds(100.0));
    let late = late.filter(|event| matches!(event.kind, EventKind::CycleEnded { element, .. } if element == lift)).count();
    assert!(late >= 8, "it goes on: {late} cycles after it was cleared");
}

#[test]
fn it_stalls_under_more_than_its_chains_pull() {
    let outcome = run_scene(&line(2.0, 0.5, &format!("{USUAL}, force_n: 90")), 60.0, 1);
    assert!(outcome.count(|kind| matches!(kind, EventKind::Stalled { .. })) >= 1);
    assert!(outcome.share("lift", ElementState::Jammed) > 0.3, "{}", outcome.share("lift", ElementState::Jammed));
    assert_eq!(outcome.count(|kind| matches!(kind, EventKind::Invalid { .. } | EventKind::Dropped { .. })), 0);
    outcome.assert_balanced();
}

#[test]
fn the_same_bytes_for_any_threads_and_after_a_snapshot_in_mid_motion() {
    let fails = format!(r#"{USUAL}, failures: [Failure(mode: "chain", clock: Calendar, uptime_s: 17, repair_s: 4)]"#);
    let text = line(1.2, 0.5, &fails).replace(r#""dock""#, r#""stop": Stop(on: "second", at_m: 1.5, hold_s: 5), "dock""#);
    // In every phase of a platform's turn, while it stands, and in its ramps.
    let saves: Vec<f64> = (0..24).map(|number| 9.05 + 0.37 * f64::from(number)).chain([17.05, 17.2, 21.1, 30.0]).collect();
    let mut saves = saves;
    saves.sort_by(f64::total_cmp);
    same_bytes(&text, 45.0, &saves);
    same_bytes(&line(-1.4, 0.5, USUAL), 30.0, &[12.3, 13.1, 14.7, 15.2]);
}
