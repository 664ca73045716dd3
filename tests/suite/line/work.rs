//! What stations do with parts, on the fixed-time transport: tries and scrap against their probabilities, changeovers to
//! the nanosecond.

use super::rig::{Rig, scene};
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::Outcome;
use linetwin_sim::event::{ElementState, EventKind};

/// So many standard errors: a right program fails about once in two million seeds.
const STANDARD_ERRORS: f64 = 5.0;

#[test]
fn a_part_is_tried_as_often_as_said_and_then_is_scrap() {
    let mut rig = Rig::new(
        scene(
            "\"in\": Source(part: \"carton\", interarrival_s: 8, before: \"belt\"),
             \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"rework\": Station(on: \"belt\", at_m: 4, hold: Blade, processing_s: 2, sets: {\"ok\": Bernoulli(0.6)}, tries: 2, then: Scrap),
             \"dock\": Sink(after: \"belt\"),",
        ),
        0,
    );
    rig.run(8.0 * 2000.0);
    let first: Vec<bool> = rig
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::WorkJudged { passed, first: true, .. } => Some(passed),
            _ => None,
        })
        .collect();
    let parts = first.len() as f64;
    let share = |count: usize| count as f64 / parts;
    let near = |found: f64, expected: f64| {
        let error = (expected * (1.0 - expected) / parts).sqrt();
        assert!((found - expected).abs() < STANDARD_ERRORS * error, "{found} is not {expected}");
    };
    near(share(first.iter().filter(|passed| **passed).count()), 0.6);
    // Both of two tries fail.
    let scrapped = rig.left(Outcome::Scrap).len();
    near(share(scrapped), 0.4 * 0.4);
    // A second try follows each first one that failed, and each is a cycle of its own.
    near(share(rig.cycles_ended("rework").len()) - 1.0, 0.4);
    let good = rig.left(Outcome::Good).len();
    assert!(scrapped + good <= first.len() && first.len() <= scrapped + good + 3, "all others went on");
    assert_eq!(rig.parts.balance().scrapped, scrapped as u64);
}

#[test]
fn a_changeover_takes_its_time_before_a_part_of_another_type_and_none_before_the_same() {
    let text = "Scene(schema: 1, name: \"changeover\",
        parts: {
            \"small\": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 2),
            \"large\": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 3),
        },
        line: {
            \"feed\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
            \"belt\": Belt(after: \"feed\", length_m: 3),
            \"press\": Station(on: \"belt\", at_m: 2, hold: Blade, processing_s: 4, setup_s: {\"large\": 20, \"small to large\": 10, \"small\": 30}),
            \"dock\": Sink(after: \"belt\"),
        },
        // The first stands foremost.
        initial: [Fill(on: \"feed\", part: \"small\", count: 2), Fill(on: \"feed\", part: \"large\", count: 2), Fill(on: \"feed\", part: \"small\", count: 1)])";
    let reading = read("changeover.ron", text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    let mut rig = Rig::new(reading.scene.unwrap_or_else(|| panic!("{:?}", reading.diagnostics)), 0);
    rig.run(120.0);
    assert_eq!(rig.left(Outcome::Good).len(), 5);
    let setup_s = rig.share("press", ElementState::Setup, 0.0) * 120.0;
    // None before the first part, whose type it stands ready for; the pair goes before the type.
    assert!((setup_s - (10.0 + 30.0)).abs() < 1e-6, "{setup_s}");
    let works_s = rig.share("press", ElementState::Processing, 0.0) * 120.0;
    assert!((works_s - 5.0 * 4.0).abs() < 1e-6, "{works_s}");
    assert_eq!(rig.cycles_ended("press").len(), 5);
}
