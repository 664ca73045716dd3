//! What sensors promise: they tell late by their delays, they lie while a fault lasts, the line acts on that and the
//! measures do not; what a hand forces goes before a fault; all of it to the same bytes, also after a resume.

use crate::line::rig::{Rig, scene, scene_with};
use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{DivertMiss, Event, EventKind};
use linetwin_sim::io::IoValue;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, repository_root, scene_from};

fn text_of(scene: &str) -> String {
    std::fs::read_to_string(repository_root().join("scenes").join(scene)).expect("a scene of the repository")
}

fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new(), "the run is valid");
    (simulation.take_events(), report)
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

fn edges(rig: &Rig) -> (Vec<f64>, Vec<f64>) {
    (rig.times(|kind| matches!(kind, EventKind::EyeBlocked { .. })), rig.times(|kind| matches!(kind, EventKind::EyeCleared { .. })))
}

/// Cartons of 0.4 m at 0.5 m/s every 5 s: leading faces at 2 m after 4 s, 9 s, ...; a beam there is broken for 0.8 s.
fn with_eye(delays: &str, faults: &str) -> Rig {
    let line = format!(
        "\"in\": Source(part: \"carton\", interarrival_s: 5, before: \"belt\"),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"eye\": Eye(on: \"belt\", at_m: 2, {delays} faults: [{faults}]),
         \"idle\": Source(part: \"carton\", interarrival_s: 1, before: \"other\"),
         \"other\": Belt(from_m: (0, 5, 0.8), to_m: (6, 5, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"dock\": Sink(after: \"belt\"), \"dock 2\": Sink(after: \"other\"),"
    );
    Rig::new(scene_with("controls: [Rule(when: \"eye.blocked_for > 3\", do: [Hold(\"idle\")])],", &line), 0)
}

#[test]
fn an_eye_tells_what_lasts_longer_than_its_delays_and_so_much_later() {
    let (mut plain, mut late) = (with_eye("", ""), with_eye("on_delay_s: 0.3, off_delay_s: 0.25,", ""));
    let (mut slow, mut lasting) = (with_eye("on_delay_s: 0.81,", ""), with_eye("off_delay_s: 4.3,", ""));
    for rig in [&mut plain, &mut late, &mut slow, &mut lasting] {
        rig.run(60.0);
    }
    let ((on, off), (late_on, late_off)) = (edges(&plain), edges(&late));
    assert!(on.len() > 9 && on.len() == late_on.len() && off.len() == late_off.len(), "{on:?} and {late_on:?}");
    for (told, seen, delay_s) in [(&late_on, &on, 0.3), (&late_off, &off, 0.25)] {
        assert!(told.iter().zip(seen).all(|(told, seen)| (told - seen - delay_s).abs() < 2e-9), "{told:?} after {seen:?}");
    }
    assert_eq!(edges(&slow), (Vec::new(), Vec::new()), "each carton is through in 0.8 s");
    assert_eq!(edges(&lasting), (vec![on[0]], Vec::new()), "the gaps last 4.2 s");
}

#[test]
fn a_stuck_eye_holds_what_its_rule_holds_and_a_hand_goes_before_it() {
    let dirt = "Fault(mode: \"dirt\", kind: StuckOn, uptime_s: 20, repair_s: 10)";
    let mut rig = with_eye("", dirt);
    rig.run(45.0);
    let held = |rig: &Rig| {
        let times = |began: bool| {
            rig.times(|kind| matches!(kind, EventKind::RuleBegan { .. }) && began || matches!(kind, EventKind::RuleEnded { .. }) && !began)
        };
        (times(true), times(false))
    };
    assert_eq!(held(&rig), (vec![23.0], vec![30.0]), "3 s after the fault began, until it ended");
    assert!(edges(&rig).0.contains(&20.0), "{:?}", edges(&rig));
    let unseen = rig.times(|kind| matches!(kind, EventKind::PartUnseen { part: None, .. }));
    assert_eq!(unseen.len(), 2, "two cartons come in 10 s: {unseen:?}");
    // A clock stands while its fault lasts: the next one begins at 50 s. A hand holds the wire clear.
    rig.force("eye.blocked", Some(IoValue::Bool(false)));
    rig.run(10.0);
    assert_eq!(held(&rig).0.len(), 1);
    rig.force("eye.blocked", None);
    rig.run(1.0);
    assert!((edges(&rig).0.last().expect("an edge") - 55.0).abs() < 0.01, "let go, the wire says what the faulty eye says");

    let mut blind = with_eye("", &dirt.replace("StuckOn", "StuckOff"));
    blind.run(45.0);
    let seen = edges(&blind).0;
    assert!(!seen.is_empty() && seen.iter().all(|at| !(20.0..30.0).contains(at)), "{seen:?}");
}

#[test]
fn what_a_fault_hides_is_counted_in_the_books_and_not_by_the_controls() {
    let dead = "faults: [Fault(mode: \"dead\", kind: StuckOff, uptime_s: 20, repair_s: 1000)]";
    let mut rig = Rig::new(
        scene(&format!(
            "\"in\": Source(part: \"carton\", interarrival_s: 5, before: \"belt\"),
             \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"first\": Counter(on: \"belt\", at_m: 1, {dead}),
             \"few\": Counter(on: \"belt\", at_m: 4, when: \"first.count < 4\"),
             \"dock\": Sink(after: \"belt\"),"
        )),
        0,
    );
    rig.run(100.0);
    let counted = |name: &str| {
        let wanted = rig.id(name);
        rig.times(|kind| matches!(kind, EventKind::Counted { element, .. } if *element == wanted)).len()
    };
    // Three were counted before 20 s, and no more come to the controls.
    assert_eq!((counted("first"), counted("few")), (19, 18));
}

/// What a reader tells later than the pusher needs it comes too late: the carton is 0.8 s on its way between them.
#[test]
fn a_reading_that_comes_too_late_sorts_nothing() {
    let pushed = |delay_s: f64| {
        let mut rig = Rig::new(
            scene(&format!(
                "\"in\": Source(part: \"carton\", interarrival_s: 5, sets: {{\"lane\": 1}}, before: \"belt\"),
                 \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
                 \"reader\": Scanner(on: \"belt\", at_m: 2, reads: \"lane\", sets: \"seen\", delay_s: {delay_s}),
                 \"reject\": Pusher(on: \"belt\", at_m: 3, side: Left, stroke_s: 0.3, when: \"seen == 1\"),
                 \"bin\": Sink(after: \"reject.side\"), \"dock\": Sink(after: \"belt\"),"
            )),
            0,
        );
        rig.run(100.0);
        let bin = rig.id("bin");
        rig.times(|kind| matches!(kind, EventKind::PartLeft { element, .. } if *element == bin)).len()
    };
    assert!(pushed(0.0) > 15 && pushed(0.0) == pushed(1.0));
    assert_eq!(pushed(4.0), 0);
}

#[test]
fn faults_of_a_line_miss_diverts_reject_good_parts_and_hold_the_infeed() {
    let (events, report) = run(&text_of("faults.ron"), 900.0);
    let fault = |path: &str| kpi(&report, path);
    let missed = fault("trigger.fault.misaligned.missed_diverts");
    let unseen = fault("trigger.fault.misaligned.unseen");
    assert!(missed > 10.0 && missed < unseen && fault("sorter.missed_diverts") == missed, "{missed} diverts missed, {unseen} unseen");
    let told = events.iter().filter(|event| matches!(event.kind, EventKind::DivertMissed { why: DivertMiss::Unseen { .. }, .. })).count();
    assert!(told as f64 >= missed);
    // What the trigger misses of lane 1 ends at the dock, which receives lane 2, unless the drifting weigher has it rejected.
    assert!(fault("dock.missorted") > 0.5 * missed && fault("dock.missorted") <= missed + 4.0, "{}", fault("dock.missorted"));
    assert!(fault("weigher.faulty_s") > 60.0 && fault("bin.carton.count") > 15.0, "{} rejected", fault("bin.carton.count"));
    assert!(fault("controls.queue.active_s") > 60.0 && fault("controls.queue.active_s") < fault("high.faulty_s"));
    // One electrician for three sensors.
    let waiting: f64 = ["high.fault.dirty lens", "trigger.fault.misaligned", "weigher.fault.drift"]
        .map(|mode| fault(&format!("{mode}.waiting_s")))
        .iter()
        .sum();
    assert!(waiting > 10.0, "{waiting} s");
    assert_eq!(fault("high.faulty_s"), fault("high.fault.dirty lens.faulty_s"));
}

#[test]
fn faults_and_delays_are_in_the_snapshot() {
    let text = text_of("faults.ron");
    let (events, _) = run(&text, 95.0);
    let lasts = |at_s: f64| {
        let before = |began: bool| {
            let of = |kind: &EventKind| {
                if began { matches!(kind, EventKind::FaultBegan { .. }) } else { matches!(kind, EventKind::FaultEnded { .. }) }
            };
            events.iter().filter(|event| event.at.as_seconds() < at_s && of(&event.kind)).count()
        };
        before(true) > before(false)
    };
    assert!(lasts(75.0), "a fault lasts when the run is saved");
    assert_same_bytes(&text, 75.0, 95.0);
    // In the middle of a delay: a reading on its way and an eye that waits.
    assert_same_bytes(&text.replace("delay_s: 0.2", "delay_s: 1").replace("on_delay_s: 0.1", "on_delay_s: 0.6"), 10.0, 20.0);
}
