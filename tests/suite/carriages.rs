//! Platforms that travel: vertical conveyors, turntables, transfer cars, lane dividers. Promised: what slips, slips as
//! mechanics say within 1 %; no part is lost or crushed; what is too heavy stalls; the same bytes for any threads and after a
//! snapshot in mid-travel.

use linetwin_model::Time;
use linetwin_model::scene::{CarriageWay, ConveyorId, DriveId};
use linetwin_model::time::StepLength;
use linetwin_sim::event::{ElementState, EventKind};
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::port::{FactKind, Wish};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::balance_of;
use linetwin_tests::bench_scene::{Bench, BenchScene};
use linetwin_tests::same_bytes::{run_scene, same_bytes, scene_of};
use std::collections::BTreeSet;

const GRAVITY_MPS2: f64 = 9.81;
const ONE_PERCENT: f64 = 0.01;

/// A turntable that starts with more than friction gives leaves its part behind, which gathers speed by mu g alone.
#[test]
fn a_part_on_a_turntable_that_outruns_it_gathers_speed_by_mu_g() {
    let (friction, radius_m, ramp) = (0.3, 1.2, 5.0);
    let mut scene = BenchScene::new(friction, 0.0);
    let table = scene.platform([-1.5, 0.0, 0.8], [3.0, 3.0], CarriageWay::About, 200.0, [10.0, ramp]);
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.2, 0.2, 0.04], 2.0);
    bench.place(part, ConveyorId(0), 1.5 + radius_m, 0.0, 0.0);
    bench.run_s(0.3);
    bench.wish(Wish::Travel { carriage: table, away: true, stop: 0 });
    let speed = |bench: &Bench| {
        let [x, y, _] = bench.motion(part).linear_velocity.map(f64::from);
        x.hypot(y)
    };
    bench.run_s(0.1);
    let before = speed(&bench);
    assert!(before < 0.6 * ramp * 0.1 * radius_m, "the table outruns it: {before} m/s");
    bench.run_s(0.1);
    let (found, expected) = (speed(&bench) - before, friction * GRAVITY_MPS2 * 0.1);
    assert!((found - expected).abs() <= ONE_PERCENT * expected, "{found} m/s, expected {expected} m/s");
}

/// A car that starts with a > mu g leaves its part behind, which gathers speed by mu g alone: v^2 / (2 mu g) behind v t.
#[test]
fn a_part_on_a_transfer_car_lags_by_v_squared_over_two_mu_g() {
    let (friction, top_mps, ramp_mps2) = (0.3, 1.0, 6.0);
    let mut scene = BenchScene::new(friction, 0.0);
    let car = scene.platform([0.0, 0.0, 0.8], [1.0, 1.0], CarriageWay::Left, 6.0, [top_mps, ramp_mps2]);
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.4, 0.3, 0.1], 4.0);
    bench.place(part, ConveyorId(0), 0.5, 0.0, 0.0);
    bench.run_s(0.3);
    let start = f64::from(bench.motion(part).position[1]);
    bench.wish(Wish::Travel { carriage: car, away: true, stop: 0 });
    let after_s = 1.5;
    bench.run_s(after_s);
    let lag = top_mps * after_s - (f64::from(bench.motion(part).position[1]) - start);
    let expected = top_mps * top_mps / (2.0 * friction * GRAVITY_MPS2);
    assert!((lag - expected).abs() <= ONE_PERCENT * expected, "{lag} m, expected {expected} m");
    assert!((f64::from(bench.motion(part).linear_velocity[1]) - top_mps).abs() < ONE_PERCENT * top_mps);
    bench.run_s(6.0);
    assert_eq!(bench.count(|kind| *kind == FactKind::TravelEnded { carriage: car, away: true }), 1);
    assert_eq!(bench.invalid(), []);
}

/// What a lift does on its part is weight times rise, and comes back on the way down.
#[test]
fn the_travel_of_a_lift_does_the_work_of_the_rise() {
    let (mass_kg, rise_m) = (6.0, 1.2);
    let mut scene = BenchScene::new(0.5, 0.0);
    let lift = scene.platform([0.0, 0.0, 0.5], [1.0, 1.0], CarriageWay::Up, rise_m, [0.5, 1.0]);
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.4, 0.3, 0.2], mass_kg);
    bench.place(part, ConveyorId(0), 0.5, 0.0, 0.0);
    bench.run_s(0.3);
    bench.wish(Wish::Travel { carriage: lift, away: true, stop: 0 });
    bench.run_s(4.0);
    let (found, expected) = (bench.work_j(DriveId(0)), mass_kg * GRAVITY_MPS2 * rise_m);
    assert!((found - expected).abs() <= ONE_PERCENT * expected, "{found} J, expected {expected} J");
    bench.wish(Wish::Travel { carriage: lift, away: false, stop: 0 });
    bench.run_s(4.0);
    assert!(bench.work_j(DriveId(0)).abs() <= ONE_PERCENT * expected, "{} J", bench.work_j(DriveId(0)));
}

/// A turntable at its speed has given its part what it takes to go round and to turn: m (r w)^2 / 2 + J w^2 / 2. In steps of
/// 1/120 s 4 % more is booked, since a step's impulse counts with the speed at its end, and in proportion less in shorter ones.
#[test]
fn the_travel_of_a_turntable_does_the_work_of_the_turn() {
    let (mass_kg, radius_m, top, [length_m, width_m]) = (4.0, 0.8, 1.0, [0.3, 0.2]);
    let mut scene = BenchScene::new(0.8, 0.0);
    let table = scene.platform([-1.5, 0.0, 0.8], [3.0, 3.0], CarriageWay::About, 6.0, [top, 1.0]);
    scene.scene.step = StepLength { num: 1, den: 960 };
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([length_m, width_m, 0.05], mass_kg);
    bench.place(part, ConveyorId(0), 1.5 + radius_m, 0.0, 0.0);
    bench.run_s(0.3);
    bench.wish(Wish::Travel { carriage: table, away: true, stop: 0 });
    bench.run_s(2.0);
    let inertia = mass_kg * (length_m * length_m + width_m * width_m) / 12.0;
    let expected = 0.5 * (mass_kg * radius_m * radius_m + inertia) * top * top;
    let found = bench.work_j(DriveId(0));
    assert!((found - expected).abs() <= ONE_PERCENT * expected, "{found} J, expected {expected} J");
}

const LIFT: &str = r#"
    "infeed": Source(part: "carton", interarrival_s: 6, before: "below"),
    "below": Belt(from_m: (0, 0, 0.6), to_m: (2, 0, 0.6), width_m: 0.5, speed_mps: 0.5),
    "lift": VerticalConveyor(after: "below", length_m: 0.7, rise_m: 1.5, failures: [Failure(mode: "chain", clock: Calendar, uptime_s: 50, repair_s: 12)]),
    "above": Belt(after: "lift", length_m: 2),
    "dock": Sink(after: "above")"#;

const LOWER: &str = r#"
    "infeed": Source(part: "carton", interarrival_s: 7, before: "above"),
    "above": Belt(from_m: (0, 0, 2.2), to_m: (2, 0, 2.2), width_m: 0.5, speed_mps: 0.5),
    "lift": VerticalConveyor(after: "above", length_m: 0.7, rise_m: -1.4),
    "below": Belt(after: "lift", length_m: 2),
    "dock": Sink(after: "below")"#;

const TURN_AND_SHIFT: &str = r#"
    "infeed": Source(part: "carton", interarrival_s: 8, before: "first"),
    "first": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
    "table": Turntable(after: "first", length_m: 0.8, angle_deg: 90),
    "second": Belt(after: "table", length_m: 1.5),
    "car": TransferCar(after: "second", length_m: 0.7, shift_m: -1.2),
    "third": Belt(after: "car", length_m: 1.5),
    "dock": Sink(after: "third")"#;

#[test]
fn platforms_take_one_part_after_the_other_to_where_they_should() {
    for (name, line, least) in [("lift", LIFT, 7), ("lift", LOWER, 8), ("table", TURN_AND_SHIFT, 8), ("car", TURN_AND_SHIFT, 8)] {
        let outcome = run_scene(line, 120.0, 1);
        assert!(outcome.left() >= least, "{name}: {} left", outcome.left());
        let bad = |kind: &EventKind| {
            matches!(kind, EventKind::Invalid { .. } | EventKind::Dropped { .. } | EventKind::Misrouted { .. } | EventKind::JamBegan { .. })
        };
        let found: Vec<_> = outcome.events.iter().filter(|event| bad(&event.kind)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
        outcome.assert_balanced();
        assert!(outcome.share(name, ElementState::Processing) > 0.3, "{name}");
        let id = outcome.scene.element_named(name).expect("an element of the line");
        let ended = outcome.count(|kind| matches!(kind, EventKind::CycleEnded { element, .. } if *element == id));
        assert!(ended >= least, "{name}: {ended} cycles");
    }
}

#[test]
fn a_lift_stalls_under_what_is_too_heavy_for_it() {
    let weak = LIFT.replace("rise_m: 1.5,", "rise_m: 1.5, force_n: 20,");
    let outcome = run_scene(&weak, 60.0, 1);
    assert_eq!(outcome.left(), 0);
    assert!(outcome.count(|kind| matches!(kind, EventKind::Stalled { .. })) >= 1);
    assert!(outcome.share("lift", ElementState::Jammed) > 0.3, "{}", outcome.share("lift", ElementState::Jammed));
    assert_eq!(outcome.count(|kind| matches!(kind, EventKind::Invalid { .. })), 0);
}

/// A platform that hands over to a full conveyor waits with its part half across, and says that it is blocked.
#[test]
fn a_platform_before_a_full_conveyor_is_blocked_and_goes_on_later() {
    let full = LIFT.replace("speed_mps: 0.5)", "speed_mps: 0.5, rails: Both)").replace("length_m: 2)", "length_m: 2, rails: Both)");
    let full = full.replace(r#""dock""#, r#""stop": Stop(on: "above", at_m: 1.5, hold_s: 25), "dock""#);
    let outcome = run_scene(&full, 300.0, 1);
    assert!(outcome.share("lift", ElementState::Blocked) > 0.03, "{}", outcome.share("lift", ElementState::Blocked));
    assert!(outcome.left() >= 7, "{} left", outcome.left());
    assert_eq!(outcome.count(|kind| matches!(kind, EventKind::Invalid { .. } | EventKind::Dropped { .. } | EventKind::JamBegan { .. })), 0);
}

/// Where the blade before it fails, a part runs into its shaft: it lies on the floor, and has passed through nothing.
#[test]
fn what_falls_down_the_shaft_of_a_lift_is_a_drop() {
    let two = LIFT.replace("interarrival_s: 6,", "interarrival_s: 6, limit: 2,");
    let mut simulation = Simulation::new(scene_of(&two), SimulationOptions { threads: 1, ..Default::default() });
    let names: Vec<&str> = simulation.io().points().iter().map(|point| point.name.as_str()).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "every point has a name of its own: {names:?}");
    let command = Command { step: 0, sequence: 0, point: "lift.entry.hold".to_owned(), force: Some(IoValue::Bool(false)) };
    simulation.command(&command).expect("the blade has a point");
    simulation.run_until(Time::from_seconds(120.0));
    let events = simulation.take_events();
    let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::Dropped { .. })), 1, "{events:?}");
    assert_eq!(balance_of(&events).left, 1);
    let invalid: Vec<_> = events.iter().filter(|event| matches!(event.kind, EventKind::Invalid { .. })).collect();
    assert!(invalid.is_empty(), "{invalid:?}");
    assert_eq!(balance_of(&events).entered, balance_of(&events).left + simulation.report().line.parts.inside_at_end);
}

#[test]
fn platforms_give_the_same_bytes_for_any_threads_and_after_a_snapshot_in_mid_travel() {
    // Every second of a cycle once, so that some lie in each of its phases.
    let saves: Vec<f64> = (4..14).map(f64::from).collect();
    same_bytes(LIFT, 60.0, &saves);
    same_bytes(TURN_AND_SHIFT, 40.0, &saves);
}

/// Three lanes; every part is born with one of them.
fn divided(by: &str, second: &str) -> String {
    format!(
        r#""infeed": Source(part: "carton", interarrival_s: 7, before: "belt", sets: {{"lane": Discrete(values: [1, 2, 3], weights: [1, 1, 1])}}),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "divider": LaneDivider(after: "belt", length_m: 0.7, lanes: 3, pitch_m: 0.7, by: {by}),
        "lane 1": Belt(after: "divider.lane 1", length_m: 2),
        "lane 2": Belt(after: "divider.lane 2", length_m: 2{second}),
        "lane 3": Belt(after: "divider.lane 3", length_m: 2),
        "dock 1": Sink(after: "lane 1", receives: "lane == 1"),
        "dock 2": Sink(after: "lane 2", receives: "lane == 2"),
        "dock 3": Sink(after: "lane 3", receives: "lane == 3"),"#
    )
}

#[test]
fn a_divider_spreads_parts_over_its_lanes_and_passes_over_one_that_stands() {
    let parts = |by: &str, second: &str| {
        let outcome = run_scene(&divided(by, second), 300.0, 2);
        outcome.assert_balanced();
        let report = outcome.report();
        assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
        assert!(report.production_events.is_empty(), "{by}: {:?}", report.production_events);
        let divider = report.elements.iter().find(|element| element.name == "divider").expect("it is there");
        let sent: Vec<u64> = divider.ways.iter().map(|way| way.parts).collect();
        assert!(sent.iter().sum::<u64>() >= 36, "{by}: {sent:?}");
        // All that it sent are cycles, or the last one on its way.
        assert!(sent.iter().sum::<u64>() - divider.cycles <= 1, "{sent:?}, {}", divider.cycles);
        (sent, report.line.sorting.missorted)
    };
    let (turns, _) = parts("RoundRobin", "");
    assert!(turns.iter().max().expect("three") - turns.iter().min().expect("three") <= 1, "{turns:?}");
    let (ratio, _) = parts("Ratio([2, 1, 1])", "");
    assert!(ratio[0].abs_diff(2 * ratio[1]) <= 2 && ratio[1].abs_diff(ratio[2]) <= 1, "{ratio:?}");
    let (by_attribute, missorted) = parts("Attribute(\"lane\")", "");
    assert!(missorted == 0 && by_attribute.iter().all(|parts| *parts > 5), "{by_attribute:?}, {missorted} missorted");
    let stands = ", failures: [Failure(mode: \"motor\", clock: Calendar, uptime_s: 0.5, repair_s: 1000)]";
    let (others, _) = parts("RoundRobin", stands);
    assert!(others[1] == 0 && others[0] >= 16 && others[2] >= 16, "{others:?}");
}

#[test]
fn a_divider_gives_the_same_bytes_for_any_threads_and_after_a_snapshot_in_mid_travel() {
    same_bytes(&divided("ShortestQueue", ""), 60.0, &[6.1, 7.4, 8.9, 21.3, 44.7]);
}

/// The lanes of the parts that the divider sent, in order, from the run's events.
fn sent(text: &str, seconds: f64) -> (Vec<u32>, linetwin_model::report::KpiReport) {
    let (events, report) = crate::sortation::run(text, seconds);
    let ways = events.iter().filter_map(|event| match event.kind {
        linetwin_sim::event::EventKind::Routed { way, .. } => Some(way),
        _ => None,
    });
    (ways.collect(), report)
}

#[test]
fn a_swinging_divider_lets_slugs_run_into_its_lanes_in_turn() {
    let text = crate::sortation::text_of("massflow.ron");
    let in_turn = text.replace("by: ShortestQueue", "by: RoundRobin").replace("processing_s: 8", "processing_s: 1");
    let (ways, report) = sent(&in_turn, 300.0);
    assert!(ways.len() > 120, "{} parts", ways.len());
    let expected: Vec<u32> = (0..ways.len()).map(|part| (part / 6 % 3) as u32).collect();
    assert_eq!(ways, expected, "six in a row");
    assert_eq!((report.invalid_conditions.len(), report.production_events.len()), (0, 0), "{:?}", report.production_events);

    // Two to one to one; and where the fewest are, past the slow one.
    let (ways, _) = sent(&text.replace("by: ShortestQueue", "by: Ratio([2, 1, 1])").replace("processing_s: 8", "processing_s: 1"), 300.0);
    let slugs: Vec<u32> = ways.chunks_exact(6).map(|slug| slug[0]).collect();
    assert!(ways.chunks_exact(6).all(|slug| slug.iter().all(|way| way == &slug[0])));
    let first = slugs[..16].iter().filter(|lane| **lane == 0).count();
    assert_eq!(first, 8, "half of the slugs: {slugs:?}");
    let (ways, report) = sent(&text, 400.0);
    let to = |lane: u32| ways.iter().filter(|way| **way == lane).count();
    assert!(to(1) >= 6 && 2 * to(1) < to(0) + to(2), "{} {} {}", to(0), to(1), to(2));
    assert_eq!((report.invalid_conditions.len(), report.production_events.len()), (0, 0), "{:?}", report.production_events);
    for name in ["divider", "lane 2"] {
        let states = report.flat().into_iter().filter(|kpi| kpi.path.starts_with(&format!("{name}.state.")));
        let sum: f64 = states.filter_map(|kpi| kpi.value).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{name}: states add up to the time: {sum}");
    }

    // One that goes aside with single parts keeps slugs as well.
    let single =
        in_turn.replace("swings: true, slug: 6", "slug: 2").replace("interarrival_s: Uniform(min: 1.6, max: 2.4)", "interarrival_s: 9");
    let (ways, _) = sent(&single, 150.0);
    assert!(ways.len() > 10);
    assert_eq!(ways, (0..ways.len()).map(|part| (part / 2 % 3) as u32).collect::<Vec<u32>>());
}

#[test]
fn a_divider_that_swings_is_in_the_snapshot() {
    let text = crate::sortation::text_of("massflow.ron");
    let scene = linetwin_tests::scene_from(&text);
    let mut simulation = linetwin_sim::Simulation::new(scene.clone(), linetwin_sim::SimulationOptions::default());
    let divider = scene.element_named("divider").expect("it is there");
    // Until the first part of the second slug is sent: it has just swung.
    let mut routed = 0;
    while routed < 7 {
        simulation.step();
        let ways = simulation
            .take_events()
            .into_iter()
            .filter(|event| matches!(event.kind, linetwin_sim::event::EventKind::Routed { element, .. } if element == divider));
        routed += ways.count();
        assert!(simulation.now() < linetwin_model::Time::from_seconds(60.0), "the second slug comes");
    }
    let at_s = simulation.now().as_seconds();
    // While parts run over it, in mid-swing, and just after.
    for saved_at_s in [at_s - 2.0, at_s - 0.3, at_s - 0.15, at_s + 0.1] {
        linetwin_tests::assert_same_bytes(&text, saved_at_s, at_s + 25.0);
    }
}
