//! Clearing on what carries otherwise than a belt: rollers, strands, spirals, slopes without a drive, platforms. Promised:
//! what wedges or tips there is taken out, set straight or freed by running backwards, the line goes on, and a run that is
//! saved amid it goes on to the same bytes.

use linetwin_model::scene::{Outcome, Scene};
use linetwin_model::{Time, report::KpiReport};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::scene_from;
use std::sync::Arc;

const RUN_S: f64 = 240.0;

/// Two rails narrow the way to 0.3 m on `host`, and cartons up to 0.33 m come; so rarely that none queues for long.
fn narrowing(host: &str, jams: &str) -> Arc<Scene> {
    scene_from(&format!(
        r#"Scene(schema: 1, name: "Narrowing", seed: 5,
            physics: (jam_after_s: 3),
            parts: {{ "carton": Part(shape: Box((0.30, Triangular(min: 0.22, mode: 0.28, max: 0.33), 0.15)), mass_kg: 2) }},
            line: {{
                "infeed": Source(part: "carton", interarrival_s: 8, left_m: Uniform(min: -0.03, max: 0.03), before: "in"),
                "in": Belt(from_m: (0, 0, 1.5), to_m: (1, 0, 1.5), width_m: 0.5, speed_mps: 0.5, rails: Both),
                "host": {host},
                "left": GuideRail(on: "host", side: Left, start_m: 1.2, end_m: 1.7, inset_m: 0, end_inset_m: 0.1),
                "right": GuideRail(on: "host", side: Right, start_m: 1.2, end_m: 1.7, inset_m: 0, end_inset_m: 0.1),
                "dock": Sink(after: "host"),
            }},
            jams: [{jams}])"#
    ))
}

const HOSTS: [(&str, &str); 5] = [
    ("rollers", r#"RollerConveyor(after: "in", length_m: 4, rails: Both)"#),
    ("chains", r#"ChainConveyor(after: "in", length_m: 4, strands: 5, rails: Both)"#),
    ("strips", r#"StripBelt(after: "in", length_m: 4, strands: 4, rails: Both)"#),
    ("spiral", r#"Spiral(after: "in", radius_m: 1.2, angle_deg: 400, rise_m: 0.8, rails: Both)"#),
    ("free rollers", r#"GravityRollerConveyor(after: "in", length_m: 4, slope_deg: -5, rails: Both)"#),
];

fn start(scene: &Arc<Scene>, threads: usize) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads, ..SimulationOptions::default() })
}

fn run(scene: &Arc<Scene>) -> (KpiReport, Vec<Event>) {
    let mut simulation = start(scene, 2);
    simulation.run_until(Time::from_seconds(RUN_S));
    let events = simulation.take_events();
    (simulation.report(), events)
}

fn count(events: &[Event], wanted: impl Fn(&EventKind) -> bool) -> usize {
    events.iter().filter(|event| wanted(&event.kind)).count()
}

/// How often each entry of `jams` was carried out.
fn cleared(events: &[Event], entry: u32) -> usize {
    count(events, |kind| matches!(kind, EventKind::ClearingEnded { clearing, .. } if *clearing == entry))
}

fn good_late(events: &[Event]) -> usize {
    let late = events.iter().filter(|event| event.at.as_seconds() > RUN_S / 2.0);
    late.filter(|event| matches!(event.kind, EventKind::PartLeft { outcome: Outcome::Good, .. })).count()
}

fn assert_sound(name: &str, report: &KpiReport) {
    assert!(report.invalid_conditions.is_empty(), "{name}: {:?}", report.invalid_conditions);
    let parts = &report.line.parts;
    assert_eq!(parts.entered, parts.good + parts.rejected + parts.scrapped + parts.inside_at_end, "{name}");
    assert_eq!(parts.drops, 0, "{name}");
}

#[test]
fn what_wedges_is_taken_out_or_set_straight_on_every_surface() {
    for (name, host) in HOSTS {
        for by in ["Remove", "Straighten"] {
            let (report, events) = run(&narrowing(host, &format!("Clear(by: {by}, clear_s: 6)")));
            println!("{name}, {by}: {} times, {} good late", cleared(&events, 0), good_late(&events));
            assert_sound(name, &report);
            assert!(cleared(&events, 0) >= 2, "{name}, {by}: {} clearings", cleared(&events, 0));
            assert!(good_late(&events) >= 5, "{name}, {by}: {} good parts in the second half", good_late(&events));
            assert_eq!(report.line.parts.scrapped > 0, by == "Remove", "{name}, {by}");
        }
    }
}

#[test]
fn what_is_driven_runs_backwards_first_and_what_is_not_calls_at_once() {
    for (name, host) in HOSTS {
        let (report, events) = run(&narrowing(host, "Clear(by: Reverse(run_s: 1, tries: 1)), Clear(clear_s: 6)"));
        println!("{name}: {} times by itself, {} by hand, {} good late", cleared(&events, 0), cleared(&events, 1), good_late(&events));
        assert_sound(name, &report);
        assert_eq!(cleared(&events, 0) > 0, name != "free rollers", "{name}");
        assert!(cleared(&events, 1) > 0 && good_late(&events) >= 5, "{name}: {} by hand", cleared(&events, 1));
    }
}

/// Tall boxes tip where a platform starts across (a car) or where its belt stops sharply (a lift).
fn tipping(platform: &str, by: &str) -> Arc<Scene> {
    scene_from(&format!(
        r#"Scene(schema: 1, name: "Tipping", seed: 5,
            parts: {{ "box": Part(shape: Box((0.10, 0.10, Uniform(min: 0.12, max: 0.40))), mass_kg: 1.5) }},
            line: {{
                "infeed": Source(part: "box", interarrival_s: 14, before: "first"),
                "first": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.9, speed_mps: 0.4),
                "platform": {platform},
                "second": Belt(after: "platform", length_m: 1.5),
                "dock": Sink(after: "second"),
            }},
            jams: [Clear(on: "platform", of: [Jam, TipOver], by: {by}, response_s: 1, clear_s: 3)])"#
    ))
}

const PLATFORMS: [(&str, &str); 2] = [
    ("car", r#"TransferCar(after: "first", length_m: 1.2, shift_m: 1.5, travel_mps: 1, travel_mps2: 5)"#),
    ("lift", r#"VerticalConveyor(after: "first", length_m: 1.2, rise_m: 1.2, speed_mps: 0.9, acceleration_mps2: 6)"#),
];

#[test]
fn what_tips_on_a_platform_is_taken_out_or_set_straight_where_the_platform_is() {
    for (name, platform) in PLATFORMS {
        for by in ["Remove", "Straighten"] {
            let (report, events) = run(&tipping(platform, by));
            println!("{name}, {by}: {} times, {} good late", cleared(&events, 0), good_late(&events));
            assert_sound(name, &report);
            assert!(cleared(&events, 0) >= 3, "{name}, {by}: {} clearings", cleared(&events, 0));
            assert!(good_late(&events) >= 2, "{name}, {by}: {} good parts in the second half", good_late(&events));
            // Who rode on before the belt stood, and left the line, is not taken out any more.
            let taken_out: u64 = events
                .iter()
                .map(|event| if let EventKind::ClearingEnded { taken_out, .. } = event.kind { taken_out.into() } else { 0 })
                .sum();
            assert_eq!(report.line.parts.scrapped, taken_out, "{name}, {by}");
            assert_eq!(taken_out >= 3, by == "Remove", "{name}, {by}: {taken_out} taken out");
        }
    }
}

#[test]
fn a_run_that_is_saved_while_a_platform_is_cleared_goes_on_to_the_same_bytes() {
    for (name, platform) in PLATFORMS {
        let scene = tipping(platform, "Straighten");
        let until = Time::from_seconds(90.0);
        let mut whole = start(&scene, 1);
        whole.run_until(until);
        let expected = whole.take_events();
        let calls: Vec<f64> = expected
            .iter()
            .filter(|event| matches!(event.kind, EventKind::ClearingCalled { .. } | EventKind::ClearingEnded { .. }))
            .map(|event| event.at.as_seconds())
            .collect();
        assert!(calls.len() >= 2, "{name}: something is cleared");
        let (mut resumed, mut events) = (start(&scene, 4), Vec::new());
        for (at_s, threads) in calls.iter().flat_map(|at| [at + 0.3, at + 1.5]).filter(|at| *at < 90.0).zip([1, 2, 4].into_iter().cycle()) {
            resumed.run_until(Time::from_seconds(at_s));
            events.extend(resumed.take_events());
            let bytes = resumed.save();
            let options = SimulationOptions { threads, ..SimulationOptions::default() };
            resumed = Simulation::load(scene.clone(), options, &bytes).expect("its own snapshot");
            assert!(resumed.save() == bytes, "{name}: save, load, save at {at_s} s gives other bytes");
        }
        resumed.run_until(until);
        events.extend(resumed.take_events());
        assert!(events == expected && resumed.state_hash() == whole.state_hash(), "{name}: the resumed run differs");
    }
}
