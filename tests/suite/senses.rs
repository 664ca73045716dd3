//! What sensors promise: they tell late by their delays, they lie while a fault lasts, the line acts on that and the
//! measures do not; what a hand forces goes before a fault; all of it to the same bytes, also after a resume.

use crate::line::rig::{Rig, scene, scene_with};
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{DivertMiss, Event, EventKind};
use linetwin_sim::incident::IncidentKind;
use linetwin_sim::io::IoValue;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, repository_root, scene_from};
use std::collections::BTreeMap;

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

/// Values that were written of one attribute, in order, with their parts.
fn written(scene: &Scene, events: &[Event], attribute: &str) -> Vec<(PartId, f64)> {
    let wanted = scene.attributes.iter().position(|name| name == attribute).expect("an attribute of the scene");
    let value = |event: &Event| match event.kind {
        EventKind::AttributeSet { part, attribute, value, .. } if attribute.index() == wanted => Some((part, value)),
        _ => None,
    };
    events.iter().filter_map(value).collect()
}

fn mean(values: &[(PartId, f64)]) -> f64 {
    values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64
}

const GRID: &str = r#"Scene(schema: 1, name: "grid",
    parts: { "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 4) },
    line: {
        "infeed": Source(part: "carton", interarrival_s: 3, yaw_deg: YAW, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.7, speed_mps: 0.5),
        "grid": LightGrid(on: "belt", at_m: 2, pitch_m: 0.001, sets: (length_m: "long_m", width_m: "wide_m", height_m: "high_m")),
        "dock": Sink(after: "belt"),
    })"#;

/// A box that is turned by an angle reaches l cos + w sin along the flow and l sin + w cos across; its height stays.
#[test]
fn a_light_grid_measures_a_turned_box_as_it_lies() {
    for yaw_deg in [0.0_f64, 20.0] {
        let text = GRID.replace("YAW", &yaw_deg.to_string());
        let (events, report) = run(&text, 30.0);
        let (sin, cos) = yaw_deg.to_radians().sin_cos();
        let expected = [("long_m", 0.4 * cos + 0.3 * sin), ("wide_m", 0.4 * sin + 0.3 * cos), ("high_m", 0.2)];
        for (attribute, size_m) in expected {
            let read = written(&scene_from(&text), &events, attribute);
            assert!(read.len() > 6 && read.len() as f64 == kpi(&report, "grid.cycles"), "{} readings", read.len());
            for (_, value) in read {
                assert!((value - size_m).abs() < 0.0025, "{attribute} at {yaw_deg} degrees: {value}, expected {size_m}");
                assert!((value * 1000.0 - (value * 1000.0).round()).abs() < 1e-6, "a multiple of the pitch: {value}");
            }
        }
    }
}

/// A box that tipped over a blade lies on its side: it reads as high as it is long, and as long as it is high.
#[test]
fn a_light_grid_measures_a_tipped_box_as_it_lies() {
    let text = r#"Scene(schema: 1, name: "tipped",
        parts: { "tower": Part(shape: Box(size_m: (0.16, 0.3, 0.5)), mass_kg: 4) },
        line: {
            "infeed": Source(part: "tower", interarrival_s: 8, before: "belt"),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.7, speed_mps: 1.6),
            "stop": Stop(on: "belt", at_m: 2, hold_s: 2),
            "grid": LightGrid(on: "belt", at_m: 4.5, pitch_m: 0.001, sets: (length_m: "long_m", height_m: "high_m")),
            "dock": Sink(after: "belt"),
        })"#;
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(30.0));
    let events = simulation.take_events();
    let tipped: Vec<PartId> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Incident(incident) if incident.kind == IncidentKind::Tip => Some(incident.part),
            _ => None,
        })
        .collect();
    let high: Vec<_> = written(&scene_from(text), &events, "high_m").into_iter().filter(|(part, _)| tipped.contains(part)).collect();
    let long: Vec<_> = written(&scene_from(text), &events, "long_m").into_iter().filter(|(part, _)| tipped.contains(part)).collect();
    assert!(!high.is_empty(), "a tower tipped and passed the grid");
    assert!((mean(&high) - 0.16).abs() < 0.02 && (mean(&long) - 0.5).abs() < 0.03, "{high:?} high and {long:?} long");
}

/// Per pass a tag has dwell / (round * tags) rounds to answer in: at twice the speed half of them, among twelve a twelfth.
/// It is led off the edge of a belt onto a lower one beside it, behind the eye of that: it did not pass the beam, however its
/// places on the two belts differ.
#[test]
fn what_falls_onto_a_belt_behind_an_eye_has_not_missed_it() {
    let (events, report) = run(
        r#"Scene(schema: 1, name: "Beside", parts: { "box": Part(shape: Box((0.3, 0.3, 0.3)), mass_kg: 4) }, line: {
            "infeed": Source(part: "box", cycle_s: 1, limit: 1, left_m: 0.08, before: "upper"),
            "upper": Belt(from_m: (3, 0, 1.04), to_m: (6, 0, 1.04), width_m: 0.3, speed_mps: 0.5),
            "rail": GuideRail(on: "upper", side: Right, start_m: 0.4, end_m: 1.6, end_inset_m: 0.2),
            "end": Sink(after: "upper"),
            "lower": Belt(from_m: (0, 0.4, 1), to_m: (8, 0.4, 1), width_m: 0.5, speed_mps: 0.5),
            "eye": Eye(on: "lower", at_m: 2.9, height_m: 0.1),
            "dock": Sink(after: "lower"),
        })"#,
        15.0,
    );
    let left_at = |name: &str| report.elements.iter().find(|element| element.name == name).expect("a sink").parts_in;
    assert_eq!((left_at("end"), left_at("dock")), (0, 1), "it fell onto the lower belt");
    assert!(!events.iter().any(|event| matches!(event.kind, EventKind::EyeBlocked { .. })));
}

#[test]
fn a_tag_is_read_more_rarely_the_faster_it_passes() {
    for speed_mps in [0.5, 1.0] {
        let mut rig = Rig::new(
            scene(&format!(
                "\"in\": Source(part: \"carton\", interarrival_s: 2, sets: {{\"lot\": 7}}, before: \"belt\"),
                 \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: {speed_mps}),
                 \"tags\": TagReader(on: \"belt\", at_m: 2, length_m: 0.4, reads: \"lot\", sets: \"seen\", read_rate: 0.05, round_s: 0.1),
                 \"dock\": Sink(after: \"belt\"),"
            )),
            0,
        );
        rig.run(2000.0);
        let read = written(&rig.scene, &rig.events, "seen");
        let missed = rig.times(|kind| matches!(kind, EventKind::NoRead { .. })).len();
        let passes = (read.len() + missed) as f64;
        let chance = 1.0 - 0.95_f64.powf(0.8 / speed_mps / 0.1);
        let spread = 4.0 * (passes * chance * (1.0 - chance)).sqrt() + 1.0;
        assert!(passes > 980.0 && (read.len() as f64 - chance * passes).abs() < spread, "{} of {passes}, expected {chance}", read.len());
        assert!(read.iter().all(|(_, value)| *value == 7.0));
    }
}

#[test]
fn tags_in_a_container_are_read_one_by_one_and_counted_on_it() {
    let text = text_of("packing.ron").replace("rate_per_h: 8000,", "rate_per_h: 8000, sets: {\"lot\": 3},").replace(
        "\"palletiser\":",
        "\"tags\": TagReader(on: \"rollers\", at_m: 1.75, length_m: 0.4, reads: \"lot\", sets: \"seen\", counts: \"tags_read\",
            read_rate: 0.3, round_s: 0.02), \"palletiser\":",
    );
    let (events, _) = run(&text, 120.0);
    let scene = scene_from(&text);
    let (seen, counts) = (written(&scene, &events, "seen"), written(&scene, &events, "tags_read"));
    let tags = scene.element_named("tags").expect("it is there");
    let cases = events.iter().filter(|event| matches!(event.kind, EventKind::CycleEnded { element, .. } if element == tags)).count();
    assert!(counts.len() > 8 && counts.len() == cases, "{} of {cases} cases", counts.len());
    let total: f64 = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(total, seen.len() as f64, "each bottle that was read knows it");
    assert!(counts.iter().all(|(_, count)| (0.0..=12.0).contains(count)));
    let share = total / (12.0 * counts.len() as f64);
    assert!((0.4..1.0).contains(&share), "a share of the tags: {share}");
    let filler = scene.element_named("filler").expect("it is there");
    assert!(seen.iter().all(|(part, _)| part.source == filler), "the bottles have the tags");
}

const SCALE: &str = r#"Scene(schema: 1, name: "scale", seed: 3,
    parts: { "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: Uniform(min: 3, max: 5)) },
    line: {
        "infeed": Source(part: "carton", interarrival_s: EVERY, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
        "scale": Scale(on: "belt", at_m: 3, length_m: 0.8, settle_s: 0.5, division_kg: 0.01, limits_kg: (3.5, 4.5),
            sets: (weight_kg: "weight_kg", within: "ok", disturbed: "disturbed")),
        "dock": Sink(after: "belt"),
    })"#;

#[test]
fn a_scale_weighs_what_stands_still_and_says_when_another_part_is_on_it() {
    let readings = |every_s: f64| {
        let text = SCALE.replace("EVERY", &every_s.to_string());
        let (scene, (events, _)) = (scene_from(&text), run(&text, 60.0));
        let drawn: BTreeMap<PartId, f64> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::PartDrawn { part, traits } => Some((*part, traits.mass_kg)),
                _ => None,
            })
            .collect();
        let weights = written(&scene, &events, "weight_kg");
        let disturbed: BTreeMap<PartId, f64> = written(&scene, &events, "disturbed").into_iter().collect();
        let within: BTreeMap<PartId, f64> = written(&scene, &events, "ok").into_iter().collect();
        assert!(weights.len() > 7, "{} readings", weights.len());
        for (part, weight) in &weights {
            assert_eq!(within[part] == 1.0, (3.5..=4.5).contains(weight), "{weight} kg");
            // Half a second since it came to stand.
            let at = |pick: &dyn Fn(&EventKind) -> bool| {
                events.iter().filter(|event| pick(&event.kind)).map(|event| event.at).collect::<Vec<_>>()
            };
            let read_at = at(&|kind| matches!(kind, EventKind::AttributeSet { part: of, .. } if of == part))[0];
            let stood_at =
                at(&|kind| matches!(kind, EventKind::PartStanding { part: of } if of == part)).into_iter().rfind(|at| *at < read_at);
            assert!(read_at.since(stood_at.expect("it stands")) >= Time::from_seconds(0.5));
        }
        weights.iter().map(|(part, weight)| (disturbed[part], weight - drawn[part])).collect::<Vec<(f64, f64)>>()
    };
    let alone = readings(6.0);
    assert!(alone.iter().all(|(disturbed, off)| *disturbed == 0.0 && off.abs() <= 0.00501), "{alone:?}");
    // They queue, and each has the next one behind it on the platform.
    let crowded = readings(1.2);
    let wrong = crowded.iter().filter(|(disturbed, _)| *disturbed == 1.0).count();
    assert!(wrong > 3, "{crowded:?}");
    assert!(
        crowded.iter().all(|(disturbed, off)| if *disturbed == 1.0 { *off > 0.0 && *off < 10.01 } else { off.abs() <= 0.00501 }),
        "{crowded:?}"
    );
}

#[test]
fn a_drifting_scale_and_grid_are_off_by_their_offset() {
    let drift = |by: f64| format!("faults: [Fault(mode: \"drift\", kind: Offset(by: {by}), uptime_s: 0.001, repair_s: 1000)], sets: (");
    let text = SCALE.replace("EVERY", "6").replacen("sets: (", &drift(0.5), 1);
    let (scene, (events, report)) = (scene_from(&text), run(&text, 60.0));
    assert!(kpi(&report, "scale.faulty_s") > 59.0);
    for (part, weight) in written(&scene, &events, "weight_kg") {
        let mass_kg = events.iter().find_map(|event| match &event.kind {
            EventKind::PartDrawn { part: of, traits } if *of == part => Some(traits.mass_kg),
            _ => None,
        });
        assert!((weight - mass_kg.expect("drawn") - 0.5).abs() <= 0.00501);
    }
    let text = GRID.replace("YAW", "0").replacen("sets: (", &drift(0.05), 1);
    let high = written(&scene_from(&text), &run(&text, 30.0).0, "high_m");
    assert!(high.len() > 6 && (mean(&high) - 0.25).abs() < 0.002, "{high:?}");
}

#[test]
fn measuring_is_in_the_snapshot() {
    let text = text_of("measuring.ron");
    let (events, report) = run(&text, 300.0);
    for sink in ["too long", "bin", "dock"] {
        assert!(kpi(&report, &format!("{sink}.carton.count")) > 0.0, "{sink} gets some");
    }
    // In the middle of a carton's settling, with another one in the beams or on its way.
    let scale = scene_from(&text).element_named("scale").expect("it is there");
    let begun = events.iter().find(|event| matches!(event.kind, EventKind::CycleStarted { element, .. } if element == scale));
    assert_same_bytes(&text, begun.expect("it weighs").at.as_seconds() + 0.25, 20.0);
}

#[test]
fn an_encoder_that_loses_pulses_lets_its_diverter_miss() {
    let text = text_of("encoder.ron");
    let (events, report) = run(&text, 600.0);
    let missed = kpi(&report, "encoder.fault.loose coupling.missed_diverts");
    assert!(missed > 5.0 && missed == kpi(&report, "wheels.missed_diverts"), "{missed} missed");
    assert!((kpi(&report, "dock.missorted") - missed).abs() <= 2.0, "{} at the dock", kpi(&report, "dock.missorted"));
    // From 1 m to where a carton is decided it loses a tenth of more than 3 m, which is more than the window.
    let scene = scene_from(&text);
    let (encoder, late) = (scene.element_named("encoder").expect("it is there"), scene.element_named("late").expect("it is there"));
    let mut lasts = false;
    for event in &events {
        match event.kind {
            EventKind::FaultBegan { element, .. } if element == encoder => lasts = true,
            EventKind::FaultEnded { element, .. } if element == encoder => lasts = false,
            // 100 m at 0.6 m/s; while it loses pulses it tells 0.54 m/s.
            EventKind::Counted { element, .. } if element == late => assert!(!lasts && event.at.as_seconds() > 166.0, "{event:?}"),
            _ => {}
        }
    }
    assert!(kpi(&report, "late.cycles") > 20.0);
    let began = events.iter().find(|event| matches!(event.kind, EventKind::FaultBegan { .. })).expect("a fault").at.as_seconds();
    assert_same_bytes(&text, began + 5.0, began + 15.0);
    let steady = text.replace("probability: 0.1", "probability: 0");
    assert_eq!(kpi(&run(&steady, 300.0).1, "wheels.missed_diverts"), 0.0);
}
