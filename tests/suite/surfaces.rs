//! What carries otherwise than one closed belt: rollers that turn freely, strands, regions and ramps of speed. Promised:
//! the formulas of mechanics within 1 %, no part lost from the books, and the same bytes for any number of threads and
//! after a snapshot in mid-motion.

use linetwin_model::geometry::{Pose, Segment};
use linetwin_model::scene::{Carrying, ConveyorId, DriveId, FreeRollers};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Wish};
use linetwin_tests::bench_scene::{Bench, BenchScene};
use linetwin_tests::same_bytes::{run_scene, same_bytes};

const GRAVITY_MPS2: f64 = 9.81;
/// The promise of the laws [-].
const ONE_PERCENT: f64 = 0.01;

fn assert_within(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs() / expected.abs();
    assert!(error <= tolerance, "{what}: {found}, expected {expected} ({:.2} % off)", 100.0 * error);
}

/// A carton-like box on free rollers that fall by `slope_rad`.
fn rolling(slope_rad: f64, length_m: f64, rollers: FreeRollers, mass_kg: f64) -> (Bench, PartId) {
    let mut scene = BenchScene::new(0.5, 0.0);
    let bed = scene.straight([0.0, 0.0, 2.0], 0.0, -slope_rad, length_m, 0.0);
    scene.scene.conveyors[bed.index()].carrying = Carrying::FreeRollers(rollers);
    scene.sink(bed);
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.4, 0.3, 0.1], mass_kg);
    bench.place(part, bed, 0.5, 0.0, 0.0);
    (bench, part)
}

fn speed(bench: &Bench, part: PartId) -> f64 {
    bench.motion(part).linear_velocity.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt()
}

/// Gravity gives m g sin a; rolling resistance takes (c + c' v) m g cos a, and every pitch one roller more is brought from
/// rest to v, which takes inertia x v^2 / pitch. A part of m reaches the speed at which that is even. With friction 0.5
/// instead of these it would not move at all.
#[test]
fn a_part_reaches_the_terminal_speed_of_gravity_rollers() {
    for (inertia_kg, resistance_per_mps, mass_kg) in [(1.5, 0.0, 10.0), (0.5, 0.06, 10.0), (0.3, 0.1, 20.0)] {
        let rollers = FreeRollers { pitch_m: 0.1, diameter_m: 0.05, inertia_kg, resistance: 0.02, resistance_per_mps, drag_nspm: 0.0 };
        let slope = 5.0_f64.to_radians();
        let (mut bench, part) = rolling(slope, 9.0, rollers, mass_kg);
        let (a, b) = (inertia_kg / 0.1, mass_kg * GRAVITY_MPS2 * slope.cos() * resistance_per_mps);
        let net_n = mass_kg * GRAVITY_MPS2 * (slope.sin() - 0.02 * slope.cos());
        let terminal = ((b * b + 4.0 * a * net_n).sqrt() - b) / (2.0 * a);
        bench.step();
        while f64::from(bench.motion(part).position[0]) < 4.0 {
            bench.step();
        }
        let (from_m, from_s) = (f64::from(bench.motion(part).position[0]), bench.now().as_seconds());
        while f64::from(bench.motion(part).position[0]) < 8.0 {
            bench.step();
        }
        let way_m = (f64::from(bench.motion(part).position[0]) - from_m) / slope.cos();
        let found = way_m / (bench.now().as_seconds() - from_s);
        assert_within(found, terminal, ONE_PERCENT, &format!("terminal speed with {inertia_kg} kg, {resistance_per_mps} s/m"));
        assert_eq!(bench.invalid(), []);
    }
}

/// From rest, with light rollers and no drag: g (sin a - c cos a), over the part and the rollers under it.
#[test]
fn rolling_resistance_is_what_gravity_loses_to_the_load() {
    let rollers =
        FreeRollers { pitch_m: 0.1, diameter_m: 0.05, inertia_kg: 0.02, resistance: 0.03, resistance_per_mps: 0.0, drag_nspm: 0.0 };
    let slope = 0.08_f64.atan();
    let (mut bench, part) = rolling(slope, 6.0, rollers, 10.0);
    bench.run_s(0.3);
    let before = speed(&bench, part);
    bench.run_s(1.0);
    let expected = GRAVITY_MPS2 * (slope.sin() - 0.03 * slope.cos()) / (1.0 + 4.1 * 0.02 / 10.0);
    assert_within(speed(&bench, part) - before, expected, 2.0 * ONE_PERCENT, "acceleration against rolling resistance");
}

/// Across, rollers do not turn: a pusher must overcome the full friction of 0.5 m g = 98 N.
#[test]
fn gravity_rollers_resist_across_with_their_full_friction() {
    for (force_n, moves) in [(85.0, false), (140.0, true)] {
        let mut scene = BenchScene::new(0.5, 0.0);
        let bed = scene.straight([0.0, 0.0, 0.8], 0.0, 0.0, 4.0, 0.0);
        let rollers =
            FreeRollers { pitch_m: 0.1, diameter_m: 0.05, inertia_kg: 0.5, resistance: 0.02, resistance_per_mps: 0.0, drag_nspm: 0.5 };
        scene.scene.conveyors[bed.index()].carrying = Carrying::FreeRollers(rollers);
        let (pusher, _) = scene.pusher(bed, 2.0, 1.0, force_n);
        let mut bench = Bench::new(scene.scene, 1);
        let part = bench.part([0.4, 0.3, 0.1], 20.0);
        bench.place(part, bed, 2.0, 0.0, 0.0);
        bench.run_s(0.3);
        bench.wish(Wish::Push { pusher });
        bench.run_s(4.0);
        let ended = bench.count(|kind| *kind == FactKind::StrokeEnded { pusher, reached: moves });
        assert_eq!(ended, 1, "{force_n} N: {:?}", bench.facts);
    }
}

#[test]
fn rollers_that_spin_on_give_the_next_part_no_energy_from_nowhere() {
    let outcome = run_scene(
        r#""infeed": Source(part: "carton", interarrival_s: 2.5, before: "belt"),
           "belt": Belt(from_m: (0, 0, 1.2), to_m: (1, 0, 1.2), width_m: 0.5, speed_mps: 0.6),
           "rollers": GravityRollerConveyor(after: "belt", length_m: 5, slope_deg: -4, rails: Both),
           "dock": Sink(after: "rollers")"#,
        60.0,
        1,
    );
    assert!(outcome.left() >= 18, "{} left", outcome.left());
    assert_eq!(outcome.count(|kind| matches!(kind, EventKind::Invalid { .. } | EventKind::JamBegan { .. } | EventKind::Dropped { .. })), 0);
}

/// Two chains of 50 mm at the edges of 0.5 m leave 0.4 m free.
fn chains(part_width_m: f64) -> (Bench, PartId, ConveyorId) {
    let mut scene = BenchScene::new(0.5, 0.0);
    let bed = scene.straight([0.0, 0.0, 0.8], 0.0, 0.0, 4.0, 0.5);
    scene.scene.conveyors[bed.index()].width_m = 0.5;
    scene.scene.conveyors[bed.index()].carrying = Carrying::Strands { count: 2, width_m: 0.05 };
    let next = scene.straight([4.0, 0.0, 0.8], 0.0, 0.0, 2.0, 0.5);
    scene.join(bed, next);
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.6, part_width_m, 0.15], 8.0);
    bench.offer(part, bed);
    (bench, part, next)
}

#[test]
fn strands_carry_what_spans_them_and_drop_what_does_not() {
    let (mut bench, _, next) = chains(0.48);
    bench.run_s(9.0);
    let into = bench.scene.conveyor(next).in_port;
    let crossed = bench.when(|kind| matches!(kind, FactKind::Crossed { port, .. } if *port == into)).expect("it gets there");
    // From the trailing face on the in-plane to the centre on the out-plane: 3.7 m.
    assert_within(crossed, 3.7 / 0.5, ONE_PERCENT, "transport time on chains");
    assert_eq!(bench.invalid(), []);

    let (mut bench, part, _) = chains(0.36);
    bench.run_s(6.0);
    assert_eq!(bench.count(|kind| matches!(kind, FactKind::Dropped { part: dropped, .. } if *dropped == part)), 1, "{:?}", bench.facts);
    assert_eq!(bench.invalid(), [], "falling through a gap is no tunnelling");
}

#[test]
fn a_belt_with_speed_regions_takes_the_sum_of_its_stretches() {
    let outcome = run_scene(
        r#""infeed": Source(part: "small", interarrival_s: 30, before: "belt", limit: 1),
           "belt": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.5, speed_mps: 0.4, speeds: [(from_m: 5, to_m: 6, speed_mps: 0.2), (2, 4, 0.8)]),
           "dock": Sink(after: "belt")"#,
        60.0,
        1,
    );
    let at = |wanted: fn(&EventKind) -> bool| outcome.events.iter().find(|event| wanted(&event.kind)).expect("it happens").at.as_seconds();
    let time_s = at(|kind| matches!(kind, EventKind::PartLeft { .. })) - at(|kind| matches!(kind, EventKind::PartEntered { .. }));
    // 5 m at 0.4, 2 m at 0.8 and 1 m at 0.2 m/s; trailing face to trailing face. On a seam a part is between two speeds, for
    // both of its changes together, so that only its friction's v^2 / (2 mu g) per change is left.
    assert_within(time_s, 5.0 / 0.4 + 2.0 / 0.8 + 1.0 / 0.2, 2.0 * ONE_PERCENT, "time over three speeds");
}

#[test]
fn a_drive_stops_over_v_squared_by_two_of_its_deceleration() {
    let mut scene = BenchScene::new(0.6, 0.0);
    let belt = scene.conveyor(vec![Segment::Straight { start: Pose::new([0.0, 0.0, 0.8], 0.0, 0.0), length_m: 6.0 }], 0.6, 0.8);
    scene.scene.drives[0].acceleration_mps2 = 3.0;
    scene.scene.drives[0].deceleration_mps2 = 0.5;
    let mut bench = Bench::new(scene.scene, 1);
    let part = bench.part([0.4, 0.3, 0.1], 4.0);
    bench.place(part, belt, 0.5, 0.0, 0.0);
    bench.run_s(0.5);
    let start = f64::from(bench.motion(part).position[0]);
    bench.wish(Wish::SetSpeed { drive: DriveId(0), speed_mps: 0.0 });
    bench.run_s(2.5);
    assert_within(f64::from(bench.motion(part).position[0]) - start, 0.8 * 0.8 / (2.0 * 0.5), ONE_PERCENT, "stopping distance");
}

const ALL_SURFACES: &str = r#"
    "infeed": Source(part: "carton", interarrival_s: 2, before: "driven"),
    "driven": RollerConveyor(from_m: (0, 0, 1.0), to_m: (2, 0, 1.0), width_m: 0.5, speed_mps: 0.5, deceleration_mps2: 2, rails: Both,
                             failures: [Failure(mode: "motor", clock: Calendar, uptime_s: 15, repair_s: 4)]),
    "rollers": GravityRollerConveyor(after: "driven", length_m: 3, slope_deg: -4, rails: Both),
    "strips": StripBelt(after: "rollers", length_m: 2, strands: 3, speed_mps: 0.5, rails: Both),
    "chains": ChainConveyor(after: "strips", length_m: 2, width_m: 0.36, rails: Both),
    "belt": Belt(after: "chains", length_m: 3, width_m: 0.5, speeds: [(0.5, 2.5, 0.3)], rails: Both),
    "stop": Stop(on: "belt", at_m: 2.2, hold_s: 1.5),
    "dock": Sink(after: "belt")"#;

#[test]
fn surfaces_give_the_same_bytes_for_any_threads_and_after_a_snapshot_in_mid_motion() {
    same_bytes(ALL_SURFACES, 40.0, &[0.5, 9.3, 17.0, 26.4]);
}

#[test]
fn states_add_up_and_parts_balance_on_every_surface() {
    let outcome = run_scene(ALL_SURFACES, 60.0, 2);
    outcome.assert_balanced();
    for name in ["driven", "rollers", "strips", "chains", "belt"] {
        assert!(outcome.share(name, ElementState::Processing) > 0.2, "{name}: {}", outcome.share(name, ElementState::Processing));
    }
    assert!(outcome.share("driven", ElementState::Down) > 0.1, "its motor fails");
    let invalid: Vec<&Event> = outcome.events.iter().filter(|event| matches!(event.kind, EventKind::Invalid { .. })).collect();
    assert!(invalid.is_empty(), "{invalid:?}");
    assert!(outcome.left() > 7, "{} left", outcome.left());
}
