//! Spirals: transport time and height as geometry says within 1 %, no part mistaken for one on another turn, the same
//! bytes for any number of threads and after a snapshot in mid-turn.

use linetwin_sim::event::EventKind;
use linetwin_tests::same_bytes::{run_scene, same_bytes};

const ONE_PERCENT: f64 = 0.01;

fn spiral(angle_deg: f64, rise_m: f64) -> String {
    format!(
        r#""infeed": Source(part: "carton", interarrival_s: 6, before: "in"),
           "in": Belt(from_m: (0, 0, 2.5), to_m: (1, 0, 2.5), width_m: 0.5, speed_mps: 0.5),
           "spiral": Spiral(after: "in", radius_m: 0.9, angle_deg: {angle_deg}, rise_m: {rise_m}),
           "out": Belt(after: "spiral", length_m: 1),
           "dock": Sink(after: "out")"#
    )
}

/// Centre to centre, over the unrolled slope: sqrt((R angle)^2 + rise^2) at the speed of the centre line.
#[test]
fn a_part_climbs_or_falls_a_spiral_in_length_over_speed_to_the_right_height() {
    for (angle_deg, rise_m) in [(900.0_f64, 1.25), (-720.0, 1.0), (1080.0, -1.5)] {
        let outcome = run_scene(&spiral(angle_deg, rise_m), 90.0, 1);
        let moved_into = |name: &str| {
            let id = outcome.scene.element_named(name).expect("an element of the line");
            let into = outcome.events.iter().filter(|event| matches!(event.kind, EventKind::PartMoved { to, .. } if to == id));
            into.map(|event| event.at.as_seconds()).collect::<Vec<f64>>()
        };
        let (entered, left) = (moved_into("spiral"), moved_into("out"));
        let expected = (0.9 * angle_deg.to_radians()).hypot(rise_m) / 0.5;
        assert!(left.len() >= 8, "{angle_deg} degrees, {rise_m} m: {} came", left.len());
        for (entered, left) in entered.iter().zip(&left) {
            let found = left - entered;
            assert!(
                (found - expected).abs() <= ONE_PERCENT * expected,
                "{angle_deg} degrees, {rise_m} m: {found} s, expected {expected} s"
            );
        }
        let bad = |kind: &EventKind| matches!(kind, EventKind::Invalid { .. } | EventKind::Dropped { .. } | EventKind::Misrouted { .. });
        assert_eq!(outcome.count(bad), 0, "{angle_deg} degrees, {rise_m} m");
        outcome.assert_balanced();
        let out = outcome.scene.element_named("out").expect("an element of the line");
        let end = &outcome.scene.conveyors.iter().find(|conveyor| conveyor.element == out).expect("a conveyor").path.start();
        assert!((end.position[2] - 2.5 - rise_m).abs() < 1e-9, "{:?}", end.position);
    }
}

#[test]
fn spirals_give_the_same_bytes_for_any_threads_and_after_a_snapshot_in_mid_turn() {
    same_bytes(&spiral(900.0, 1.25), 45.0, &[7.0, 21.3]);
}
