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

fn parallel(station: &str) -> Rig {
    Rig::new(
        scene(&format!(
            "\"in\": Source(part: \"carton\", interarrival_s: 0.5, before: \"belt\"),
             \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"machine\": ParallelStation(after: \"belt\", {station}),
             \"away\": Belt(after: \"machine\", length_m: 3),
             \"dock\": Sink(after: \"away\"),"
        )),
        0,
    )
}

#[test]
fn places_work_side_by_side_each_by_itself() {
    let mut rig = parallel("processing_s: 30, slots: 3");
    rig.run(3000.0);
    let ends = rig.cycles_ended("machine");
    // Each place: 30 s, then the part goes out and the next, which stands ready, comes in.
    assert!(ends.len() > 280, "{}", ends.len());
    let each: Vec<f64> = ends.windows(4).map(|four| four[3] - four[0]).collect();
    assert!(each.iter().all(|span| (30.0 - 1e-6..32.0).contains(span)), "{each:?}");
    // They do not begin together: parts come one by one.
    assert!(ends[3..].windows(2).all(|pair| pair[1] > pair[0]), "{ends:?}");
    assert!(rig.share("machine", ElementState::Processing, 60.0) > 0.999, "one of three works always");
    assert!(rig.left(Outcome::Good).len() + 12 >= ends.len(), "all of them go on");
}

#[test]
fn a_batch_begins_when_it_is_complete_or_has_waited_long_enough() {
    let mut rig = parallel("processing_s: 20, batch: 4");
    rig.run(600.0);
    let ends = rig.cycles_ended("machine");
    assert!(ends.len() > 60 && ends.len().is_multiple_of(4), "{}", ends.len());
    assert!(ends.chunks(4).all(|batch| batch.iter().all(|end| end == &batch[0])), "a batch ends together: {ends:?}");
    // The next batch comes in part by part when the last part of the one before is out.
    let gaps: Vec<f64> = ends.chunks(4).map(|batch| batch[0]).collect::<Vec<f64>>().windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (23.9..24.5).contains(gap)), "{gaps:?}");
    assert!(rig.share("machine", ElementState::Processing, gaps[0]) < 0.85);

    let line = "\"in\": Source(part: \"carton\", interarrival_s: 7, before: \"belt\", limit: 5),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"machine\": ParallelStation(after: \"belt\", processing_s: 20, batch: 4, slots: 2, wait_s: 50),
         \"dock\": Sink(after: \"machine\"),";
    let mut rig = Rig::new(scene(line), 0);
    rig.run(200.0);
    let machine = rig.id("machine");
    let started = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == machine));
    let taken = rig.times(|kind| matches!(kind, EventKind::PartMoved { to, .. } if *to == machine));
    assert_eq!((started.len(), rig.left(Outcome::Good).len()), (5, 5), "nothing waits for good");
    assert!(started[..4].iter().all(|at| at == &started[0]) && started[0] == taken[3], "{started:?} {taken:?}");
    assert!((started[4] - taken[4] - 50.0).abs() < 1e-6, "the fifth waits alone for fifty seconds: {started:?} {taken:?}");
}
