//! How diverters and pushers take parts off, and what slips past a blade. Promised: on runs that were not seen, parts of calibrated exact
//! events are off their host, along what follows, and past the hand at its end as soon as with contact physics; what was written is read as
//! it was meant, the same bytes after a snapshot, and nothing that is not there changes a byte.

use super::{Calibrated, Folder, fitted};
use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_run::{CalibrationRequest, Fitted, Parameter, calibrate};
use linetwin_sim::event::EventKind;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock};

/// An arm, along which cartons slide and turn, onto a chute that is full now and then, before a hand that takes them off one by one: what
/// lies beside another, or rides over the blade behind it, slips past.
const LED_OFF: &str = r#"Scene(schema: 1, name: "led off", seed: 5, warmup_s: 60, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.40, 0.30, 0.25)), mass_kg: Uniform(min: 2, max: 8))},
    line: {
        "in":    Source(part: "carton", interarrival_s: 3, left_m: Uniform(min: -0.05, max: 0.05),
                        sets: {"lane": Discrete(values: [1, 2], weights: [2, 1])}, before: "belt"),
        "belt":  Belt(from_m: (0, 0, 1.4), to_m: (7, 0, 1.4), width_m: 0.6, speed_mps: 0.8),
        "arm":   SwingArm(on: "belt", at_m: 4, side: Left, when: "lane == 1", full_when: "full.blocked_for > 1"),
        "chute": Chute(after: "arm.side", length_m: 2.4, fall_deg: 24),
        "full":  Eye(on: "chute", at_m: 0.7, height_m: 0.1),
        "bench": Belt(after: "chute", length_m: 0.8, speed_mps: 0.3, rails: Both),
        "hand":  Stop(on: "bench", at_m: -0.3, length_m: 0.5, hold_s: Uniform(min: 5, max: 7)),
        "lane":  Sink(after: "bench"),
        "dock":  Sink(after: "belt"),
    })"#;

/// Three ways off a belt, none of them ever full.
const TAKEN_OFF: &str = r#"Scene(schema: 1, name: "taken off", seed: 6, warmup_s: 30, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.40, 0.30, 0.25)), mass_kg: 4)},
    line: {
        "in":     Source(part: "carton", interarrival_s: 3, left_m: Uniform(min: -0.03, max: 0.03),
                         sets: {"lane": Discrete(values: [1, 2, 3], weights: [1, 1, 1])}, before: "belt"),
        "belt":   Belt(from_m: (0, 0, 1.4), to_m: (9, 0, 1.4), width_m: 0.6, speed_mps: 1),
        "wheels": PopUp(on: "belt", at_m: 2.5, side: Left, length_m: 0.8, angle_deg: 45, when: "lane == 1"),
        "chute":  Chute(after: "wheels.side", length_m: 2.4, fall_deg: 24),
        "lane 1": Sink(after: "chute"),
        "pusher": Pusher(on: "belt", at_m: 5, side: Right, stroke_s: 0.4, force_n: 200, when: "lane == 2"),
        "spur":   Belt(after: "pusher.side", length_m: 2, speed_mps: 0.6),
        "lane 2": Sink(after: "spur"),
        "arm":    SwingArm(on: "belt", at_m: 7.2, side: Left, when: "lane == 3"),
        "slide":  Chute(after: "arm.side", length_m: 2.4, fall_deg: 24),
        "lane 3": Sink(after: "slide"),
        "dock":   Sink(after: "belt"),
    })"#;

fn calibrated(text: &str, duration_s: f64) -> Calibrated {
    let folder = Folder::with(text);
    let request =
        CalibrationRequest { duration: Some(Time::from_seconds(duration_s)), seeds: 3, held_out: 2, ..folder.request(0, "c.ron") };
    let found = calibrate(&request, &()).expect("it can be calibrated");
    let file = fs::read_to_string(&found.file).expect("it was written");
    Calibrated { found, file }
}

static LED: LazyLock<Calibrated> = LazyLock::new(|| calibrated(LED_OFF, 660.0));
static TAKEN: LazyLock<Calibrated> = LazyLock::new(|| calibrated(TAKEN_OFF, 330.0));

/// Means over runs that were not seen, of exact events without and with the file, over contact physics less one.
fn apart(folder: &Folder, text: &str, runs: u32, measure: fn(&KpiReport) -> f64) -> [f64; 2] {
    let mean = |include: Option<&str>, fidelity: &str| {
        (301..301 + runs).map(|replication| measure(&folder.ran_as(text, include, &[fidelity], replication))).sum::<f64>()
    };
    let there = mean(None, "fidelity=Contact");
    [None, Some("c.ron")].map(|include| mean(include, "fidelity=Event") / there - 1.0)
}

#[test]
fn a_queue_behind_an_arm_is_as_long_as_with_contact_physics_on_runs_that_were_not_seen() {
    let found = &LED.found;
    let value = |parameter: Parameter| found.values.iter().find(|value| value.element == "arm" && value.parameter == parameter);
    let [longer, speed, covers] =
        [Parameter::TakesOffS, Parameter::HandsOver, Parameter::Covers].map(|of| value(of).expect("it differs").fitted);
    // Along the paddle it is braked, and it turns nearly along the chute: across it a carton covers three quarters of its length.
    assert!(longer.low > 0.5 && speed.high < 0.7 && covers.low > 1.0 && covers.observations > 100, "{longer:?} {speed:?} {covers:?}");
    let [slips] = found.counted.slips.as_slice() else { panic!("one blade past which they slip: {:?}", found.counted.slips) };
    let Fitted { low, high, .. } = slips.share.share;
    assert!((slips.element.as_str(), slips.part.as_str()) == ("hand", "carton") && low > 0.02 && high < 0.4, "{slips:?}");

    let folder = Folder::calibrated(LED_OFF, &LED);
    let [before, after] = apart(&folder, LED_OFF, 3, |report| report.line.lead_time.mean_s.expect("parts came through"));
    eprintln!("lead time: {before:+.4} before, {after:+.4} calibrated");
    assert!(before > 0.15 && after.abs() < 0.05, "lead time: {before:+.4} before, {after:+.4} calibrated");
    let [_, after] = apart(&folder, LED_OFF, 3, |report| report.line.throughput_per_h);
    assert!(after.abs() < 0.03, "throughput: {after:+.4} calibrated");
}

/// How long a part is on its conveyors, by the way that it goes [s]: means.
fn stays(folder: &Folder, text: &str, include: Option<&str>, fidelity: &str, replication: u32) -> BTreeMap<String, f64> {
    let scene = Arc::new(folder.read(text, include, &[fidelity]).scene.expect("it is a scene"));
    let options = SimulationOptions { replication, threads: 1, ..SimulationOptions::default() };
    let mut simulation = Simulation::new(scene.clone(), options);
    simulation.run_until(Time::from_seconds(400.0));
    let mut entered: BTreeMap<PartId, Time> = BTreeMap::new();
    let mut lasted: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for event in simulation.take_events() {
        match event.kind {
            EventKind::PartEntered { part, .. } => _ = entered.insert(part, event.at),
            EventKind::PartLeft { part, element, .. } => {
                let lead_s = event.at.since(entered[&part]).as_seconds();
                let (sum_s, count) = lasted.entry(scene.element(element).name.clone()).or_default();
                (*sum_s, *count) = (*sum_s + lead_s, *count + 1.0);
            }
            _ => {}
        }
    }
    lasted.into_iter().map(|(way, (sum_s, count))| (way, sum_s / count)).collect()
}

/// Wheels, a pusher and an arm: each way takes as long, to a tenth of a second.
#[test]
fn who_is_taken_off_comes_as_soon_as_with_contact_physics() {
    let folder = Folder::calibrated(TAKEN_OFF, &TAKEN);
    let there = stays(&folder, TAKEN_OFF, None, "fidelity=Contact", 501);
    let [before, after] = [None, Some("c.ron")].map(|include| stays(&folder, TAKEN_OFF, include, "fidelity=Event", 501));
    for lane in ["lane 1", "lane 2", "lane 3"] {
        eprintln!("{lane}: {:.3} s, {:+.3} before, {:+.3} calibrated", there[lane], before[lane] - there[lane], after[lane] - there[lane]);
        assert!((after[lane] - there[lane]).abs() < 0.1, "{lane}: {} {} {}", there[lane], before[lane], after[lane]);
    }
    assert!((before["lane 3"] - there["lane 3"]).abs() > 0.3, "the arm takes longer: {before:?} {there:?}");
}

fn written(arm: &str, hand: &str) -> String {
    let entries = format!("\"arm\": Calibrated({arm}), \"hand\": Calibrated({hand})");
    LED_OFF.replace("INCLUDE", &format!("calibration: Calibration(of_scene: \"\", elements: {{{entries}}}),"))
}

/// Runs exact events of the line as somebody wrote it down.
fn ran(arm: &str, hand: &str) -> Simulation {
    let scene = Folder::with("Include()").read(&written(arm, hand), None, &["fidelity=Event"]).scene.expect("it is a scene");
    let mut simulation = Simulation::new(Arc::new(scene), SimulationOptions::default());
    simulation.run_until(Time::from_seconds(400.0));
    simulation
}

#[test]
fn all_or_none_slip_past_a_blade() {
    let slips = |share: f64| format!("slips: {{\"carton\": Slipped(share: {})}}", fitted(share));
    let lane = |simulation: &mut Simulation| {
        let scene = simulation.scene().clone();
        let is_lane = |element| scene.element(element).name == "lane";
        let events = simulation.take_events();
        let left = events.iter().filter(|event| matches!(event.kind, EventKind::PartLeft { element, .. } if is_lane(element))).count();
        (left, events.iter().filter(|event| matches!(event.kind, EventKind::WorkMissed { .. })).count())
    };
    let [mut without, mut none, mut half, mut all] = [String::new(), slips(0.0), slips(0.5), slips(1.0)].map(|hand| ran("", &hand));
    assert_eq!(
        (without.state_hash(), &without.report().line),
        (none.state_hash(), &none.report().line),
        "what never slips changes no byte"
    );
    let [(kept, never), (_, some), (most, slipped)] = [&mut without, &mut half, &mut all].map(lane);
    assert_eq!((never, lane(&mut none).1), (0, 0));
    // Whoever comes while another is there goes on with it: two and more for each that was kept.
    assert!(
        some > 5 && slipped > some && slipped < most && most > kept + kept / 3,
        "{kept} kept, {most} with {slipped} that slipped, {some}"
    );
}

#[test]
fn what_is_taken_off_later_slower_and_turned_is_so() {
    let lead_s = |simulation: &Simulation| simulation.report().line.lead_time.mean_s.expect("parts came through");
    let without = ran("", "");
    let longer = ran(&format!("takes_off_s: {}", fitted(1.5)), "");
    assert_ne!(longer.state_hash(), without.state_hash());
    // Cartons that lie along the chute take more of it: fewer wait there.
    let turned = ran(&format!("covers: {}", fitted(1.0)), "");
    assert!(lead_s(&turned) < 0.92 * lead_s(&without), "{} {}", lead_s(&turned), lead_s(&without));
}

#[test]
fn what_was_taken_off_is_read_as_it_was_meant_and_the_same_after_a_snapshot() {
    let folder = Folder::calibrated(LED_OFF, &LED);
    let scene = Arc::new(folder.read(LED_OFF, Some("c.ron"), &["fidelity=Event"]).scene.expect("it is a scene"));
    let calibration = scene.calibration.as_ref().expect("it is calibrated");
    let rows: Vec<_> = LED.found.counted.slips.iter().map(|slipped| slipped.row.clone()).collect();
    assert!(calibration.slips == rows && calibration.take_offs.len() == 1, "{calibration:?}");
    let ran = |seconds: f64| {
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions::default());
        simulation.run_until(Time::from_seconds(seconds));
        simulation
    };
    let whole = ran(400.0);
    for cut_s in [100.0, 222.2] {
        let mut rest = Simulation::load(scene.clone(), SimulationOptions::default(), &ran(cut_s).save()).expect("it is of this scene");
        rest.run_until(Time::from_seconds(400.0));
        assert_eq!((rest.state_hash(), rest.report()), (whole.state_hash(), whole.report()));
    }
}
