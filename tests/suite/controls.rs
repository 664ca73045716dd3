//! Conditions about the line, on the fixed-time transport: what an eye, a level, a counter, a state and a drive say is what
//! happened, to the instant.

use crate::line::rig::{Rig, scene};
use linetwin_sim::event::EventKind;
use linetwin_sim::io::IoValue;

const BELT: &str = "
    \"in\": Source(part: \"carton\", interarrival_s: 5, before: \"belt 1\"),
    \"belt 1\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"dock\": Sink(after: \"belt 1\"),";

fn counted(rig: &Rig, name: &str) -> usize {
    let wanted = rig.id(name);
    rig.times(|kind| matches!(kind, EventKind::Counted { element, .. } if *element == wanted)).len()
}

/// Cartons of 0.4 m at 0.5 m/s every 5 s: an eye is blocked for 0.8 s and clear for 4.2 s.
#[test]
fn a_part_condition_may_ask_the_line() {
    let counter = |name: &str, at_m: f64, when: &str| format!("\"{name}\": Counter(on: \"belt 1\", at_m: {at_m}, when: \"{when}\"),");
    let mut rig = Rig::new(
        scene(&format!(
            "{BELT} \"eye\": Eye(on: \"belt 1\", at_m: 2),
             \"work\": Station(on: \"belt 1\", at_m: 1, processing_s: 0.2, when: \"'even'.count < 3\"),
             {} {} {} {} {} {} {}",
            counter("even", 1.9, "eye.blocked && eye.blocked_for < 0.3 && !dock.down"),
            counter("early", 2.25, "eye.blocked_for > 0.79"),
            counter("late", 2.26, "eye.clear_for > 0.01 && eye.clear_for <= 0.04"),
            counter("worked", 3.0, "done(work)"),
            counter("fast", 3.5, "'belt 1'.running && 'belt 1'.speed_mps > 0.4 && time_s > 20"),
            counter("crowd", 4.0, "'belt 1'.parts == 2 && 'belt 1'.state == 'processing'"),
            counter("never", 4.5, "'belt 1'.held || dock.state == 'down'"),
        )),
        0,
    );
    rig.run(100.0);
    // A carton's centre is at 1.9 m 0.2 s after its leading face was at 2 m.
    let passed = |at_m: f64| ((100.0 - at_m / 0.5) / 5.0).floor() as usize;
    assert_eq!(counted(&rig, "even"), passed(1.9 - 0.2));
    assert_eq!(counted(&rig, "early"), 0, "its trailing face has left the eye 0.1 s before");
    // The centre is at 2.26 m, 0.12 s after the eye cleared at 2.2 m: too late for 0.04 s.
    assert_eq!(counted(&rig, "late"), 0);
    let worked = counted(&rig, "worked");
    assert!((3..=4).contains(&worked), "the station works until three were counted: {worked}");
    let (fast, crowd) = (counted(&rig, "fast"), counted(&rig, "crowd"));
    assert_eq!(fast, passed(3.5) - 2, "two cartons pass before 20 s");
    assert!(crowd > 10, "the next one comes 5 s behind on a belt of 12 s: {crowd}");
    assert_eq!(counted(&rig, "never"), 0);
    rig.force("belt 1.run", Some(IoValue::Bool(false)));
    rig.run(20.0);
    assert_eq!(counted(&rig, "fast"), fast);
}
