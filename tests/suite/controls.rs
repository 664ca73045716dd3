//! Conditions about the line and the rules made of them, on exact events: what an eye, a level, a counter, a
//! state and a drive say is what happened; rules begin and end to the nanosecond, what they hold stands, and a saved run
//! goes on to the same bytes.

use crate::line::rig::{Rig, scene, scene_with};
use linetwin_model::Time;
use linetwin_sim::event::{ElementState, EventKind};
use linetwin_sim::io::IoValue;
use linetwin_sim::{Simulation, SimulationOptions};

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

fn rule_times(rig: &Rig, began: bool, rule: u32) -> Vec<f64> {
    rig.times(|kind| match kind {
        EventKind::RuleBegan { rule: found } => began && *found == rule,
        EventKind::RuleEnded { rule: found } => !began && *found == rule,
        _ => false,
    })
}

/// A carton stands before the eye from about 4.4 s on, as long as the stop holds it.
const QUEUE: &str = "
    \"in\": Source(part: \"carton\", interarrival_s: 100, before: \"belt 1\", limit: 3),
    \"belt 1\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"eye\": Eye(on: \"belt 1\", at_m: 3),
    \"stop\": Stop(on: \"belt 1\", at_m: 2.9, hold_s: 20),
    \"other\": Source(part: \"carton\", interarrival_s: 3, before: \"belt 2\"),
    \"belt 2\": Belt(from_m: (0, 5, 0.8), to_m: (6, 5, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"work\": Station(on: \"belt 2\", at_m: 3, hold: Blade, processing_s: 2),
    \"dock\": Sink(after: [\"belt 1\"]), \"dock 2\": Sink(after: [\"belt 2\"]),";

fn with_rules(rules: &str) -> Rig {
    Rig::new(scene_with(&format!("controls: [{rules}],"), QUEUE), 0)
}

#[test]
fn a_rule_begins_and_ends_at_the_exact_instant() {
    let mut rig = with_rules(
        "Rule(when: \"eye.blocked_for > 3.00123\", do: [Hold(\"other\")], until: \"eye.clear_for > 5.5\"),
         Rule(when: \"eye.blocked\", do: [Hold(\"other\")], on_delay_s: 1.25, off_delay_s: 0.75),
         Rule(when: \"time_s >= 7.5 && time_s < 9.0625\", do: [SetSpeed(\"belt 2\", 0.4)])",
    );
    rig.run(400.0);
    let blocked = rig.times(|kind| matches!(kind, EventKind::EyeBlocked { .. }));
    let cleared = rig.times(|kind| matches!(kind, EventKind::EyeCleared { .. }));
    assert_eq!((blocked.len(), cleared.len()), (3, 3), "each carton stands before the eye once");
    for (rule, on, off) in [(0, 3.00123, 5.5), (1, 1.25, 0.75)] {
        let (began, ended) = (rule_times(&rig, true, rule), rule_times(&rig, false, rule));
        assert_eq!((began.len(), ended.len()), (3, 3), "rule {rule}");
        for (edges, delay, times) in [(&blocked, on, &began), (&cleared, off, &ended)] {
            for (edge, time) in edges.iter().zip(times) {
                assert!((time - edge - delay).abs() < 2e-9, "rule {rule}: edge at {edge}, then at {time}");
            }
        }
    }
    assert_eq!((rule_times(&rig, true, 2), rule_times(&rig, false, 2)), (vec![7.5], vec![9.0625]));
}

#[test]
fn what_is_held_stands_and_is_held_and_goes_on() {
    let mut rig = with_rules(
        "Rule(when: \"time_s >= 100 && time_s < 200\", do: [Hold(\"other\")]),
         Rule(when: \"time_s >= 300 && time_s < 350.5\", do: [Hold(\"work\"), Hold(\"belt 1\")])",
    );
    rig.run(100.0);
    let other = rig.id("other");
    let made = |rig: &Rig| rig.times(|kind| matches!(kind, EventKind::PartCreated { part, .. } if part.source == other)).len();
    let before = made(&rig);
    assert!(before > 25);
    rig.run(100.0);
    assert_eq!(made(&rig), before, "a source that is held makes nothing");
    assert!((rig.share("other", ElementState::Held, 100.0) - 1.0).abs() < 1e-9);
    rig.run(160.0);
    assert!(made(&rig) > before + 40, "and goes on");
    let (held, belt) = (rig.share("work", ElementState::Held, 300.0), rig.share("belt 1", ElementState::Held, 300.0));
    assert!((held - 50.5 / 60.0).abs() < 1e-6 && (belt - 50.5 / 60.0).abs() < 1e-6, "held {held}, {belt}");
    // The work that was interrupted has its two seconds all the same.
    let work = rig.id("work");
    let started = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == work));
    // Without the time for which it was held, each takes its two seconds.
    let works = started.iter().zip(rig.cycles_ended("work"));
    let interrupted: Vec<f64> = works.map(|(start, end)| end - start - (end.min(350.5) - start.max(300.0)).max(0.0)).collect();
    assert!(interrupted.iter().all(|span| (span - 2.0).abs() < 1e-6), "{interrupted:?}");
}

#[test]
fn the_first_of_two_rules_that_contradict_each_other_decides() {
    let rules = |first: &str, second: &str| {
        let rule = |action: &str| format!("Rule(when: \"time_s > 100\", do: [{action}])");
        let mut rig = with_rules(&format!("{}, {}", rule(first), rule(second)));
        rig.run(200.0);
        (rig.share("other", ElementState::Held, 100.0) > 0.99, rig.line.io().points().to_vec())
    };
    assert!(rules("Hold(\"other\")", "Release(\"other\")").0);
    assert!(!rules("Release(\"other\")", "Hold(\"other\")").0);
    let speed = |points: &[linetwin_sim::io::IoPoint]| points.iter().find(|point| point.name == "belt 2.speed").map(|point| point.value());
    for (first, second) in [(0.3, 0.9), (0.9, 0.3)] {
        let points = rules(&format!("SetSpeed(\"belt 2\", {first})"), &format!("SetSpeed(\"belt 2\", {second})")).1;
        assert_eq!(speed(&points), Some(IoValue::Number(first)));
    }
}

/// A source held because it is not held, and so on: a rule changes once in a scan.
#[test]
fn a_rule_that_undoes_its_own_cause_goes_to_and_fro_by_steps() {
    let mut rig = with_rules("Rule(when: \"!other.held\", do: [Hold(\"other\")])");
    rig.run(1.0);
    let (began, ended) = (rule_times(&rig, true, 0), rule_times(&rig, false, 0));
    assert!((59..=61).contains(&began.len()) && began.len().abs_diff(ended.len()) <= 1, "{} and {}", began.len(), ended.len());
}

#[test]
fn a_hand_holds_an_element_against_the_rules_and_for_them() {
    let mut rig = with_rules("Rule(when: \"time_s >= 50\", do: [Hold(\"other\")])");
    rig.run(20.0);
    rig.force("other.enable", Some(IoValue::Bool(false)));
    rig.run(20.0);
    assert!((rig.share("other", ElementState::Held, 20.0) - 1.0).abs() < 1e-9);
    rig.force("other.enable", None);
    rig.run(5.0);
    assert_eq!(rig.share("other", ElementState::Held, 40.0), 0.0);
    rig.force("other.enable", Some(IoValue::Bool(true)));
    rig.run(20.0);
    assert_eq!(rig.share("other", ElementState::Held, 45.0), 0.0, "the rule holds it, the hand does not let it");
    rig.force("other.enable", None);
    rig.run(5.0);
    assert!((rig.share("other", ElementState::Held, 65.0) - 1.0).abs() < 1e-9);
}

/// Same bytes where the run was saved while a rule's timer runs, while it is active, and while its end is pending.
#[test]
fn a_run_that_was_saved_while_rules_wait_goes_on_to_the_same_bytes() {
    let text = std::fs::read_to_string(linetwin_tests::repository_root().join("scenes/rules.ron")).expect("the scene is there");
    let scene = linetwin_tests::scene_from(&text);
    let options = || SimulationOptions { threads: 1, ..Default::default() };
    let until = Time::from_seconds(120.0);
    let mut whole = Simulation::new(scene.clone(), options());
    whole.run_until(until);
    let mut saved = Simulation::new(scene.clone(), options());
    let mut states = Vec::new();
    for k in 1..=11 {
        saved.run_until(Time::from_seconds(f64::from(k) * 10.3));
        let bytes = saved.save();
        saved = Simulation::load(scene.clone(), SimulationOptions { threads: 2, ..Default::default() }, &bytes).expect("its own snapshot");
        assert!(saved.save() == bytes, "save, load, save gives other bytes");
        states.push(saved.io().points().iter().any(|point| point.name == "infeed.enable" && point.value() == IoValue::Bool(false)));
    }
    saved.run_until(until);
    assert_eq!(whole.state_hash(), saved.state_hash());
    assert!(whole.save() == saved.save(), "the saved states differ");
    assert!(states.contains(&true) && states.contains(&false), "no rule was ever active: {states:?}");
    let report = whole.report();
    assert!(
        report.controls[0].activations + report.controls[1].activations + report.controls[2].activations > 0
            || report.window.duration_s <= 0.0
    );
}

#[test]
fn the_report_counts_rules_in_the_window() {
    use linetwin_sim::event::Event;
    use linetwin_sim::metrics::{Metrics, ReportInputs};
    let rules = "warmup_s: 100, controls: [Rule(name: \"a\", when: \"eye.blocked\", do: [Hold(\"other\")])],";
    let scene = scene_with(rules, QUEUE);
    let mut metrics = Metrics::new(&scene);
    for (seconds, kind) in [
        (90.0, EventKind::RuleBegan { rule: 0 }),
        (110.0, EventKind::RuleEnded { rule: 0 }),
        (150.0, EventKind::RuleBegan { rule: 0 }),
        (155.0, EventKind::RuleEnded { rule: 0 }),
        (190.0, EventKind::RuleBegan { rule: 0 }),
    ] {
        metrics.observe(&scene, &Event { at: Time::from_seconds(seconds), kind });
    }
    let now = Time::from_seconds(200.0);
    let report = metrics.report(&ReportInputs { scene: &scene, now, seed: 0, replication: 0 });
    let kpi = |path: &str| report.flat().into_iter().find(|kpi| kpi.path == path).expect(path).value;
    assert_eq!(kpi("controls.a.activations"), Some(2.0));
    assert_eq!(kpi("controls.a.active_s"), Some(25.0));
    assert_eq!(kpi("controls.a.active_share"), Some(0.25));
}
