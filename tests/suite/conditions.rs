//! What physics must not do is seen and said: each invalid-run condition is provoked here by a setting that no checked
//! scene has, and found with its part and element. And a healthy line, even a crowded one, has none, because its energy
//! balances within 2 % of the drives' work.

use linetwin_model::Time;
use linetwin_model::geometry::Pose;
use linetwin_model::report::KpiReport;
use linetwin_model::scene::{ConveyorId, ElementId};
use linetwin_sim::port::{FactKind, InvalidKind, Transport};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::bench_scene::{Bench, BenchScene};
use linetwin_tests::lanes::crowded_lanes;
use linetwin_tests::scene_from;

/// The promise of the energy balance [-]: residual over the drives' work.
const RESIDUAL_SHARE: f64 = 0.02;
/// Energy is judged at the end of each window of 1,200 steps [s].
const WINDOW_S: f64 = 10.1;

#[test]
fn a_bounce_that_gives_more_than_it_got_is_energy_from_nowhere() {
    let bounce = |restitution: f64| {
        let mut scene = BenchScene::new(0.5, restitution);
        scene.straight([0.0, 0.0, 1.0], 0.0, 0.0, 1.0, 0.0);
        let mut bench = Bench::new(scene.scene, 1);
        let ball = bench.ball(0.2, 2.0);
        // Beside the belt: it falls on the floor.
        bench.place(ball, ConveyorId(0), 0.5, 1.0, 0.0);
        bench.run_s(WINDOW_S);
        (bench.invalid(), bench.transport.energy().residual_j, ball)
    };
    let (conditions, residual_j, ball) = bounce(1.2);
    assert_eq!(conditions, [(InvalidKind::EnergyFromNowhere, Some(ball), Some(ElementId(0)))]);
    // 2 kg from about 1 m are 18 J; each bounce adds 44 % of what there is.
    assert!(residual_j > 10.0, "{residual_j}");
    let (conditions, residual_j, _) = bounce(0.8);
    assert_eq!(conditions, []);
    assert!(residual_j < 0.01, "{residual_j}");
}

#[test]
fn a_part_squeezed_into_a_gap_that_is_too_narrow_overlaps() {
    let mut scene = BenchScene::new(0.5, 0.0);
    let belt = scene.straight([0.0, 0.0, 0.8], 0.0, 0.0, 2.0, 0.0);
    for side in [-1.0, 1.0] {
        scene.fixture(Pose::new([1.0, side * 0.25, 0.95], 0.0, 0.0), [1.0, 0.3, 0.3]);
    }
    let mut bench = Bench::new(scene.scene, 1);
    let carton = bench.carton();
    bench.place(carton, belt, 1.0, 0.0, 0.0);
    bench.run_s(0.5);
    let penetrations = bench.invalid().into_iter().filter(|(kind, ..)| *kind == InvalidKind::Penetration).collect::<Vec<_>>();
    assert_eq!(penetrations, [(InvalidKind::Penetration, Some(carton), None)], "0.3 m of carton in 0.2 m");
}

/// Contacts are found ahead of a fast part, so that speed alone carries none through; a weight that no contact can bear
/// does, whether the part lies on the belt or falls onto it from beside another.
#[test]
fn a_part_that_goes_through_a_belt_has_tunnelled() {
    for falls in [false, true] {
        for (gravity_mps2, tunnels) in [(9.81, false), (1e4, false), (1e6, true), (1e7, true)] {
            let mut scene = BenchScene::new(0.5, 0.0);
            scene.scene.physics.gravity_mps2 = gravity_mps2;
            let high = scene.straight([0.0, 0.0, 1.0], 0.0, 0.0, 2.0, 0.0);
            let low = scene.straight([0.0, 1.0, 0.8], 0.0, 0.0, 2.0, 0.0);
            let under = scene.scene.conveyor(low).element;
            let mut bench = Bench::new(scene.scene, 1);
            let part = bench.part([0.02, 0.02, 0.02], 0.05);
            let (onto, left_m) = if falls { (high, 1.0) } else { (low, 0.0) };
            bench.place(part, onto, 1.0, left_m, 0.0);
            bench.run_s(1.0);
            let (conditions, height_m) = (bench.invalid(), bench.motion(part).position[2]);
            assert_eq!(height_m < 0.7, tunnels, "gravity {gravity_mps2}, falls {falls}: it ends at {height_m} m");
            let reported = conditions.contains(&(InvalidKind::Tunnelling, Some(part), Some(under)));
            assert_eq!(reported, tunnels, "gravity {gravity_mps2}, falls {falls}: {conditions:?}");
        }
    }
}

#[test]
fn a_body_that_is_not_finite_is_taken_out_of_play() {
    let mut scene = BenchScene::new(0.5, 0.0);
    let belt = scene.straight([0.0, 0.0, 0.8], 0.0, 0.0, 4.0, 0.5);
    let mut bench = Bench::new(scene.scene, 1);
    let (sound, broken) = (bench.carton(), bench.part([0.4, 0.3, 0.25], f64::NAN));
    bench.place(sound, belt, 0.5, 0.0, 0.0);
    bench.place(broken, belt, 2.0, 0.0, 0.0);
    bench.run_s(1.0);
    let moved = bench.motion(sound).position[0];
    assert!((moved - 1.0).abs() < 0.02, "the sound one goes on: {moved}");
    bench.run_s(WINDOW_S);
    assert!(bench.transport.energy().residual_j.is_finite());
    assert_eq!(bench.invalid(), [(InvalidKind::BodyNotFinite, Some(broken), None)]);
}

#[test]
fn an_eye_that_a_part_passes_between_two_steps_has_missed_an_edge() {
    // At 3 m/s a part moves 25 mm per step: one of 20 mm is in the beam at the end of four steps out of five.
    let passes = |length_m: f64, height_m: f64, from_m: f64| {
        let mut scene = BenchScene::new(0.5, 0.0);
        let belt = scene.straight([0.0, 0.0, 0.8], 0.0, 0.0, 4.0, 3.0);
        scene.eye(belt, 2.0, 0.05);
        let element = scene.scene.eyes[0].element;
        let mut bench = Bench::new(scene.scene, 1);
        let part = bench.part([length_m, 0.1, height_m], 0.2);
        bench.place(part, belt, from_m, 0.0, 0.0);
        bench.run_s(1.0);
        let edges = bench.count(|kind| matches!(kind, FactKind::EyeBlocked { .. } | FactKind::EyeCleared { .. }));
        let conditions = bench.invalid();
        assert!(conditions.iter().all(|condition| *condition == (InvalidKind::MissedEdge, Some(part), Some(element))), "{conditions:?}");
        (edges, conditions.len())
    };
    let starts = || (0..10).map(|k| 0.5 + 0.0025 * f64::from(k));
    let mut missed = 0;
    for from_m in starts() {
        let (edges, conditions) = passes(0.02, 0.1, from_m);
        assert_eq!((edges, conditions), if conditions == 0 { (2, 0) } else { (0, 1) }, "seen, or missed and said");
        missed += conditions;
        assert_eq!(passes(0.06, 0.1, from_m), (2, 0), "a part of 60 mm is seen");
        assert_eq!(passes(0.02, 0.04, from_m), (0, 0), "a part lower than the beam is not missed");
    }
    assert!((1..=4).contains(&missed), "a fifth of the parts is missed: {missed} of 10");
}

/// A minute with everything that moves parts: belts of two speeds, a curve, an incline, a pusher, a blade, and a fixture
/// before which the cartons pile up.
#[test]
fn the_energy_of_a_pile_up_balances() {
    let text = r#"Scene(schema: 1, name: "Pile-up", seed: 3,
        parts: { "carton": Part(shape: Box(size_m: (Uniform(min: 0.2, max: 0.4), 0.25, Uniform(min: 0.1, max: 0.25))), mass_kg: Uniform(min: 1, max: 6)) },
        line: {
            "infeed": Source(part: "carton", interarrival_s: 1.2, before: "belt 1", yaw_deg: Normal(mean: 0, sd: 8)),
            "belt 1": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
            "stop": Stop(on: "belt 1", at_m: 2.5, hold_s: 1),
            "slope": Belt(after: "belt 1", length_m: 2.5, rise_m: 0.4, width_m: 0.6, speed_mps: 0.6, rails: Both),
            "curve": Curve(after: "slope", radius_m: 0.9, angle_deg: 90, width_m: 0.6),
            "belt 2": Belt(after: "curve", length_m: 5, width_m: 0.6, speed_mps: 0.7, rails: Both),
            "push": Pusher(on: "belt 2", at_m: 1.5, side: Left, stroke_s: 0.5, when: "mass_kg > 4"),
            "bin": Sink(after: "push.side"),
            "beam": Fixture(centre_m: (7.4, 4.9, 1.35), size_m: (0.6, 0.05, 0.1)),
            "dock": Sink(after: "belt 2"),
        })"#;
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(60.5));
    let report = simulation.report();
    let inside = report.line.parts.inside_at_end;
    assert!(inside > 15 && report.line.energy.mechanical_j > 500.0, "no pile-up: {inside} parts, {:?}", report.line.energy);
    assert_balanced(&report);
}

/// No condition, and a residual within the promise.
fn assert_balanced(report: &KpiReport) {
    assert_eq!(report.invalid_conditions, []);
    let share = report.line.energy_residual_share.expect("the drives have worked");
    assert!(
        (0.0..RESIDUAL_SHARE).contains(&share),
        "residual {} J of {} J",
        report.line.energy_residual_j,
        report.line.energy.mechanical_j
    );
}

#[test]
fn the_energy_of_a_crowd_balances() {
    let mut simulation = Simulation::new(scene_from(&crowded_lanes(6)), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(60.5));
    let report = simulation.report();
    assert_balanced(&report);
}

#[test]
fn a_healthy_hour_of_the_packaging_line_has_no_condition() {
    let path = linetwin_tests::repository_root().join("scenes/packaging.ron");
    let text = std::fs::read_to_string(path).expect("the scene is there");
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
    for minute in 1..=60 {
        simulation.run_until(Time::from_seconds(60.0 * f64::from(minute)));
        simulation.take_events();
    }
    let report = simulation.report();
    assert_balanced(&report);
}
