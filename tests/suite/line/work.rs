//! What stations do with parts, on exact events: tries and scrap against their probabilities, changeovers to
//! the nanosecond.

use super::rig::{Rig, scene, scene_with};
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::Outcome;
use linetwin_sim::event::{ElementState, EventKind};
use linetwin_sim::parts::Place;

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

/// Two kinds on one belt, the first of which stands foremost.
fn two_kinds(head: &str, machine: &str, fills: &[(&str, u32)]) -> Rig {
    let fills: String = fills.iter().map(|(part, count)| format!("Fill(on: \"feed\", part: \"{part}\", count: {count}),")).collect();
    let text = format!(
        "Scene(schema: 1, name: \"two kinds\", {head}
        parts: {{
            \"small\": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 2),
            \"large\": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 3),
        }},
        line: {{
            \"feed\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
            \"belt\": Belt(after: \"feed\", length_m: 2),
            \"machine\": ParallelStation(after: \"belt\", processing_s: 10, {machine}),
            \"away\": Belt(after: \"machine\", length_m: 3),
            \"dock\": Sink(after: \"away\"),
        }},
        initial: [{fills}])"
    );
    let reading = read("two.ron", &text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    Rig::new(reading.scene.unwrap_or_else(|| panic!("{:?}", reading.diagnostics)), 0)
}

#[test]
fn a_place_changes_over_to_a_batch_of_one_type_and_what_is_incomplete_then_begins() {
    let setup = "setup_s: {\"large\": 20, \"small\": 7}";
    let fills = [("small", 4), ("large", 2), ("small", 2)];
    let mut rig = two_kinds("", &format!("batch: 3, {setup}"), &fills);
    rig.run(120.0);
    assert_eq!(rig.left(Outcome::Good).len(), 6);
    let ends = rig.cycles_ended("machine");
    let sizes: Vec<usize> = ends.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    // The fourth small one begins alone when a large one stands before the machine, and those when a small one does.
    // The last two wait for a third that never comes.
    assert_eq!(sizes, [3, 1, 2], "{ends:?}");
    let state_s = |rig: &Rig, state| rig.share("machine", state, 0.0) * 120.0;
    assert!((state_s(&rig, ElementState::Setup) - 20.0).abs() < 1e-6, "changed over once, to large");
    assert!((state_s(&rig, ElementState::Processing) - 3.0 * 10.0).abs() < 1e-6);

    // Of two places one stays with each type: neither changes over.
    let mut rig = two_kinds("", &format!("slots: 2, batch: 3, wait_s: 15, {setup}"), &[("small", 3), ("large", 2), ("small", 2)]);
    rig.run(120.0);
    assert_eq!(rig.left(Outcome::Good).len(), 7);
    assert_eq!(state_s(&rig, ElementState::Setup), 0.0);
}

#[test]
fn one_person_at_two_places_works_at_one_of_them() {
    let line = "\"in\": Source(part: \"carton\", interarrival_s: 0.5, before: \"belt\"),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"machine\": ParallelStation(after: \"belt\", processing_s: 10, slots: 2, crew: \"hands\",
             failures: [Failure(mode: \"x\", clock: Calendar, uptime_s: 133, repair_s: 20, crew: \"hands\")]),
         \"dock\": Sink(after: \"machine\"),";
    let rates: Vec<f64> = [1, 2]
        .into_iter()
        .map(|count| {
            let mut rig = Rig::new(scene_with(&format!("resources: {{\"hands\": Crew({count})}},"), line), 0);
            rig.run(1000.0);
            let (ends, machine) = (rig.cycles_ended("machine"), rig.id("machine"));
            let starts = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == machine));
            if count == 1 {
                // Nobody works at two places: the next work begins where one ends.
                assert!(starts[1..].iter().zip(&ends).all(|(start, end)| start >= end), "{starts:?} {ends:?}");
                // What a failure interrupts has its ten seconds all the same.
                let spans = starts.iter().zip(&ends).map(|(start, end)| end - start);
                assert!(spans.clone().all(|span| (span - 10.0).abs() < 1e-6 || (span - 30.0).abs() < 1e-6));
                assert!(spans.filter(|span| *span > 20.0).count() >= 3);
            }
            let down = rig.share("machine", ElementState::Down, 0.0);
            assert!((0.1..0.2).contains(&down), "{down}");
            ends.len() as f64
        })
        .collect();
    assert!((rates[1] / rates[0] - 2.0).abs() < 0.06, "two people do twice as much: {rates:?}");
}

#[test]
fn before_a_break_it_begins_what_it_has_and_takes_no_more() {
    // The break begins 60 s after the start.
    let head = "calendar: Calendar(starts_at_h: 6, shifts: [Shift(start_h: 6, end_h: 8, breaks: [Break(start_h: 6.016666666666667, length_h: 0.01)])]),";
    let at = |rig: &Rig, wanted: ElementState| {
        let machine = rig.id("machine");
        rig.times(|kind| matches!(kind, EventKind::StateChanged { element, state, .. } if *element == machine && *state == wanted))
    };
    let started = |rig: &Rig| {
        let machine = rig.id("machine");
        rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == machine))
    };
    let inside = |rig: &Rig| rig.parts.iter().filter(|(_, part)| part.place == Place::On(rig.id("machine"))).count();

    // Two places: five begin, three are gathered in the other one.
    let run = |empties: &str, places: u32, count: u32| {
        let mut rig = two_kinds(head, &format!("slots: {places}, batch: 5, {empties}"), &[("small", count)]);
        rig.run(80.0);
        assert!((at(&rig, ElementState::PlannedStop)[0] - 60.0).abs() < 1e-6);
        rig
    };
    let rig = run("", 2, 8);
    assert!(started(&rig).len() == 5 && inside(&rig) == 3 && at(&rig, ElementState::Held).is_empty(), "they stay inside over the break");
    let rig = run("empties_before_s: 40,", 2, 8);
    assert!(started(&rig)[5..] == [20.0; 3] && inside(&rig) == 0, "they begin at the very instant: {:?}", started(&rig));
    let held_s = rig.share("machine", ElementState::Held, 0.0) * 80.0;
    assert!((20.0..30.0).contains(&held_s), "until the break it stands empty: {held_s} s");

    // One place: it works when it should take no more.
    let mut rig = run("empties_before_s: 45,", 1, 12);
    assert!(started(&rig).len() == 5 && inside(&rig) == 0, "{:?}", started(&rig));
    rig.run(100.0);
    let begun = started(&rig);
    assert!(begun.len() == 10 && begun[5] > 96.0, "after the break it goes on, and the last two wait for three more: {begun:?}");
}

fn batched(head: &str, source: &str, station: &str) -> Rig {
    let line = format!(
        "\"in\": Source(part: \"carton\", {source}, before: \"belt\"),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"press\": Station(on: \"belt\", at_m: 4, length_m: 1.6, hold: Blade, processing_s: 6, {station}),
         \"dock\": Sink(after: \"belt\"),"
    );
    Rig::new(scene_with(head, &line), 0)
}

#[test]
fn parts_that_collect_behind_a_blade_are_worked_on_together_and_leave_one_behind_the_other() {
    let started = |rig: &Rig| {
        let press = rig.id("press");
        rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == press))
    };
    // A queue that always presses, and parts that come one by one.
    for (source, least) in [("interarrival_s: 0.5", 180), ("interarrival_s: 4", 140)] {
        let mut rig = batched("", source, "batch: 3");
        rig.run(600.0);
        let (starts, ends) = (started(&rig), rig.cycles_ended("press"));
        assert!(ends.len() >= least && ends.len().is_multiple_of(3), "{source}: {}", ends.len());
        for (starts, ends) in starts.chunks(3).zip(ends.chunks(3)) {
            assert!(
                starts.iter().all(|at| at == &starts[0]) && ends.iter().all(|at| (at - starts[0] - 6.0).abs() < 1e-6),
                "{starts:?} {ends:?}"
            );
        }
        let missed = rig.times(|kind| matches!(kind, EventKind::WorkMissed { .. }));
        assert!(missed.is_empty(), "none slips past: {missed:?}");
        let left = rig.left(Outcome::Good);
        // The belt takes them to its end in 7 to 11 s.
        assert!(left.len() + 6 >= ends.len() && left.len() <= ends.len(), "{source}: {} of {}", left.len(), ends.len());
    }

    // Five parts: three, and two that wait for others.
    let mut rig = batched("", "interarrival_s: 1, limit: 5", "batch: 3, wait_s: 20");
    rig.run(120.0);
    let (starts, ends) = (started(&rig), rig.cycles_ended("press"));
    assert!(rig.left(Outcome::Good).len() == 5 && ends.len() == 5);
    assert!(starts[3] == starts[4] && (20.0..24.0).contains(&(starts[3] - ends[0])), "{starts:?} {ends:?}");
    assert!(rig.share("press", ElementState::Starved, 0.0) * 120.0 > 20.0, "meanwhile parts are missing");

    // One person does it, and what a failure interrupts has its six seconds all the same.
    let failing = "batch: 3, crew: \"hands\", failures: [Failure(mode: \"x\", uptime_s: 15, repair_s: 9, crew: \"hands\")]";
    let mut rig = batched("resources: {\"hands\": Crew(1)},", "interarrival_s: 0.5", failing);
    rig.run(600.0);
    let spans: Vec<f64> = started(&rig).iter().zip(rig.cycles_ended("press")).map(|(start, end)| end - start).collect();
    assert!(spans.iter().all(|span| (span - 6.0).abs() < 1e-6 || (span - 15.0).abs() < 1e-6), "{spans:?}");
    assert!(spans.iter().filter(|span| **span > 10.0).count() > 15);
}

#[test]
fn a_batch_ends_where_another_type_begins_when_that_needs_a_changeover() {
    let text = "Scene(schema: 1, name: \"lots\",
        parts: {
            \"small\": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 2),
            \"large\": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 3),
        },
        line: {
            \"feed\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
            \"belt\": Belt(after: \"feed\", length_m: 5),
            \"press\": Station(on: \"belt\", at_m: 3, length_m: 1.4, hold: Blade, processing_s: 4, batch: 3, setup_s: {\"large\": 20}),
            \"dock\": Sink(after: \"belt\"),
        },
        initial: [Fill(on: \"feed\", part: \"small\", count: 5), Fill(on: \"feed\", part: \"large\", count: 3)])";
    let reading = read("lots.ron", text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    let mut rig = Rig::new(reading.scene.unwrap_or_else(|| panic!("{:?}", reading.diagnostics)), 0);
    rig.run(120.0);
    let ends = rig.cycles_ended("press");
    let sizes: Vec<usize> = ends.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    assert_eq!(sizes, [3, 2, 3], "{ends:?}");
    assert_eq!(rig.left(Outcome::Good).len(), 8);
    assert!((rig.share("press", ElementState::Setup, 0.0) * 120.0 - 20.0).abs() < 1e-6);
}
