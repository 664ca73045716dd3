//! Jams are cleared as the scene says. Promised: with clearing a line that would stand for good goes on; the jam lasts from
//! its recognition to its end in every account of it (states, OEE, crew, KPIs), to the nanosecond; every part stays in the
//! books; and a run that is saved amid a clearing goes on to the same bytes on any number of threads.

use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::{Outcome, Scene};
use linetwin_model::{Time, report::KpiReport};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::incident::IncidentKind;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::repository_root;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A scene of the repository with overrides.
fn scene(name: &str, overrides: &[&str]) -> Arc<Scene> {
    let path = repository_root().join("scenes").join(name);
    let text = std::fs::read_to_string(&path).expect("the scene is there");
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    let reading = read(&path.to_string_lossy(), &text, &options, &|path| std::fs::read(path));
    let messages: Vec<_> = reading.diagnostics.iter().map(|problem| &problem.message).collect();
    Arc::new(reading.scene.unwrap_or_else(|| panic!("{messages:?}")))
}

fn start(scene: &Arc<Scene>, threads: usize) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads, ..SimulationOptions::default() })
}

/// The run up to `seconds`, and its events.
fn run(scene: &Arc<Scene>, seconds: f64) -> (Simulation, Vec<Event>) {
    let mut simulation = start(scene, 2);
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    (simulation, events)
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path).unwrap_or_else(|| panic!("{path}"));
    found.value.unwrap_or_else(|| panic!("{path} has no value"))
}

/// Call, begin and end of each clearing that ended, and how many parts it took out.
fn clearings(events: &[Event]) -> Vec<(f64, f64, f64, u32)> {
    let (mut called, mut began, mut found) = (None, None, Vec::new());
    for event in events {
        match event.kind {
            EventKind::ClearingCalled { .. } => called = Some(event.at),
            EventKind::ClearingBegan { .. } => began = Some(event.at),
            EventKind::ClearingEnded { took, taken_out, .. } => {
                let (from, work) = (called.take().expect("it was called"), began.take().expect("it began"));
                assert_eq!(event.at.since(from), took, "the event tells the duration");
                found.push((from.as_seconds(), work.as_seconds(), event.at.as_seconds(), taken_out));
            }
            _ => {}
        }
    }
    found
}

fn left(events: &[Event], outcome: Outcome, from_s: f64) -> Vec<PartId> {
    let of = |event: &Event| match event.kind {
        EventKind::PartLeft { part, outcome: found, .. } if found == outcome && event.at.as_seconds() >= from_s => Some(part),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn assert_sound(report: &KpiReport) {
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    let parts = &report.line.parts;
    assert_eq!(parts.inside_at_start + parts.entered, parts.good + parts.rejected + parts.scrapped + parts.inside_at_end);
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let shares: f64 = element.states.iter().map(|state| state.share).sum();
        assert!((shares - 1.0).abs() < 1e-9, "states of {} add up to the time: {shares}", element.name);
    }
}

/// Sums of a few spans in seconds.
const ROUNDING_S: f64 = 1e-6;
const RUN_S: f64 = 600.0;

#[test]
fn a_jam_is_cleared_by_a_crew_and_shows_as_lost_availability() {
    let dead = scene("narrowing.ron", &[]);
    let (simulation, events) = run(&dead, RUN_S);
    assert!(left(&events, Outcome::Good, RUN_S / 2.0).is_empty(), "without clearing the line stands for good");
    assert!(simulation.report().notes[0].contains("nobody clears the jams of `belt`"), "{:?}", simulation.report().notes);

    let clear = "jams=[Clear(response_s: 5, clear_s: Uniform(min: 10, max: 20), crew: \"operator\")]";
    let overrides = [clear, "resources={\"operator\": Crew(1)}", "constraint=\"belt\"", "minor_stop_s=0"];
    let (simulation, events) = run(&scene("narrowing.ron", &overrides), RUN_S);
    let report = simulation.report();
    assert_sound(&report);
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    let done = clearings(&events);
    println!("{done:?}");
    assert!(done.len() >= 3, "{} clearings in ten minutes", done.len());
    assert!(left(&events, Outcome::Good, RUN_S / 2.0).len() > 10, "the line goes on");
    for &(called, began, ended, taken_out) in &done {
        // The one operator is always free.
        assert!((began - called - 5.0).abs() < ROUNDING_S && (10.0..=20.0).contains(&(ended - began)), "{called} {began} {ended}");
        assert_eq!(taken_out, 1, "only the part that wedges is taken out");
    }
    // What was taken out, in every book.
    let scrapped = left(&events, Outcome::Scrap, 0.0);
    assert_eq!(scrapped.len(), done.len());
    assert_eq!(kpi(&report, "line.taken_out"), done.len() as f64);
    assert_eq!(kpi(&report, "belt.scrapped"), done.len() as f64);
    let narrow = |id: &PartId| {
        events.iter().any(|event| matches!(&event.kind, EventKind::PartDrawn { part, traits } if part == id && traits.size_m[1] < 0.29))
    };
    assert!(!scrapped.iter().any(narrow), "it is the wide ones that wedge");
    // Time, from every side: the belt is jammed from the call to the end, and stands for nothing else.
    let open: f64 = kpi(&report, "belt.clearing_s");
    let total: f64 = done.iter().map(|(called, _, ended, _)| ended - called).sum();
    assert!(open >= total - ROUNDING_S && open < total + 40.0, "{open} {total}");
    assert!((kpi(&report, "belt.state.jammed") * RUN_S - open).abs() < ROUNDING_S);
    assert!((kpi(&report, "belt.availability") - (1.0 - open / RUN_S)).abs() < 1e-9);
    assert!((kpi(&report, "line.availability") - kpi(&report, "belt.availability")).abs() < 1e-12, "the belt is the constraint");
    let busy_s = kpi(&report, "resources.operator.utilisation") * RUN_S;
    assert!((busy_s - open).abs() < ROUNDING_S, "the operator responds and works all that time");
    // By cause, some at the left rail and some at the right one; what lost most stands first.
    let held: Vec<f64> = report.incidents.iter().filter(|group| group.kind == "jam").map(|group| group.held_s).collect();
    assert!(held.is_sorted_by(|a, b| a >= b) && held.iter().sum::<f64>() > open - 0.5, "{held:?} {open}");
}

#[test]
fn a_part_that_is_set_straight_goes_on() {
    let overrides = ["jams=[Clear(by: Straighten, clear_s: 8)]"];
    let (simulation, events) = run(&scene("narrowing.ron", &overrides), RUN_S);
    let report = simulation.report();
    assert_sound(&report);
    let done = clearings(&events);
    assert!(done.len() >= 3, "{done:?}");
    assert_eq!(report.line.parts.scrapped, 0);
    let (good, called): (Vec<PartId>, Vec<PartId>) = (
        left(&events, Outcome::Good, 0.0),
        events.iter().filter_map(|event| if let EventKind::ClearingCalled { part, .. } = event.kind { Some(part) } else { None }).collect(),
    );
    // It is set down beyond the rails: nobody wedges twice.
    assert_eq!(called.iter().collect::<BTreeSet<_>>().len(), called.len(), "{called:?}");
    assert!(called[..called.len() - 2].iter().all(|part| good.contains(part)), "{called:?}");
}

#[test]
fn a_belt_reverses_by_itself_before_somebody_is_called() {
    let overrides = ["jams=[Clear(on: \"belt 2\", by: Reverse(run_s: 1, tries: 2)), Clear(clear_s: 8)]"];
    let scene = scene("clearing.ron", &overrides);
    let mut simulation = start(&scene, 2);
    let (mut events, mut backwards, mut steps, mut before) = (Vec::new(), 0, 0, BTreeMap::new());
    // Until when something may run backwards: a belt takes half a second to stop and to turn round.
    let mut reverses_until = Time::ZERO;
    while simulation.settled() < Time::from_seconds(RUN_S) {
        simulation.step();
        for event in simulation.take_events() {
            if let EventKind::ClearingBegan { clearing: 0, .. } = event.kind {
                reverses_until = event.at + Time::from_seconds(2.0);
            }
            events.push(event);
        }
        // Over a quarter of a second: a queue that runs into the rails springs back for a moment.
        steps += 1;
        if steps % 30 == 0 {
            let now: BTreeMap<PartId, f32> = simulation.motions().iter().map(|(id, motion)| (*id, motion.position[0])).collect();
            let back = now.iter().filter(|(id, at)| before.get(*id).is_some_and(|before| *at - before < -0.06)).count();
            assert!(back == 0 || simulation.settled() <= reverses_until, "{back} parts run backwards at {:?}", simulation.settled());
            backwards += back;
            before = now;
        }
    }
    let report = simulation.report();
    assert_sound(&report);
    assert_eq!(report.line.parts.misroutes, 0, "what goes back over the belt's beginning comes again");
    let ended = |event: &Event| if let EventKind::ClearingEnded { clearing, .. } = event.kind { Some(clearing) } else { None };
    let belt = scene.element_named("belt 2").expect("it is there");
    let of_belt = |event: &&Event| matches!(event.kind, EventKind::ClearingEnded { element, .. } if element == belt);
    let by: Vec<u32> = events.iter().filter(of_belt).filter_map(ended).collect();
    println!("{by:?}, {backwards} ways backwards");
    assert!(backwards > 10, "{backwards} ways");
    // Twice by itself, then by hand; or fewer where that did.
    let (mut in_a_row, mut most) = (0, 0);
    for clearing in &by {
        in_a_row = if *clearing == 0 { in_a_row + 1 } else { 0 };
        most = most.max(in_a_row);
        assert!(*clearing == 0 || !by.starts_with(&[1]), "it reverses first: {by:?}");
    }
    assert!(by.contains(&1) && most >= 2, "{by:?}");
    assert!(left(&events, Outcome::Good, RUN_S / 2.0).len() > 5, "the line goes on");
}

#[test]
fn boxes_that_tip_over_are_taken_out_where_the_scene_says_so() {
    let overrides = ["jams=[Clear(of: [Jam, TipOver], clear_s: 6)]"];
    let (simulation, events) = run(&scene("tipping.ron", &overrides), 300.0);
    let report = simulation.report();
    assert_sound(&report);
    let tipped: BTreeSet<PartId> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Incident(incident) if incident.kind == IncidentKind::Tip && event.at.as_seconds() < 280.0 => Some(incident.part),
            _ => None,
        })
        .collect();
    let scrapped: BTreeSet<PartId> = left(&events, Outcome::Scrap, 0.0).into_iter().collect();
    assert!(tipped.len() >= 3, "{} boxes tip", tipped.len());
    assert!(tipped.is_subset(&scrapped), "{tipped:?} {scrapped:?}");
    let group = report.incidents.iter().find(|group| group.kind == "tip-over").expect("boxes tip");
    assert!(group.held_s > 5.9, "a tip-over holds up the line while it is cleared: {group:?}");
}

/// In a break nobody comes, and work that was begun goes on after it.
#[test]
fn a_break_interrupts_clearing() {
    let clear = "jams=[Clear(response_s: 20, clear_s: 30)]";
    let (_, events) = run(&scene("narrowing.ron", &[clear]), 120.0);
    let called = events.iter().find(|event| matches!(event.kind, EventKind::ClearingCalled { .. })).expect("it jams").at.as_seconds();
    for after_s in [10.0, 30.0] {
        let from_h = 6.0 + (called + after_s) / 3600.0;
        let calendar = format!(
            "calendar=Calendar(starts_at_h: 6, shifts: [Shift(start_h: 6, end_h: 14, breaks: [Break(start_h: {from_h}, length_h: 0.05)])])"
        );
        let (_, events) = run(&scene("narrowing.ron", &[clear, &calendar]), 400.0);
        let took = clearings(&events)[0];
        assert!((took.2 - took.0 - (50.0 + 180.0)).abs() < 0.01, "{took:?}");
    }
}

#[test]
fn a_run_that_is_saved_amid_a_clearing_goes_on_to_the_same_bytes_on_any_number_of_threads() {
    let resources = "resources={\"operator\": Crew(1)}";
    for clear in [
        "jams=[Clear(response_s: Uniform(min: 2, max: 6), clear_s: Uniform(min: 4, max: 9), crew: \"operator\")]",
        "jams=[Clear(by: Reverse(run_s: 0.5, tries: 1)), Clear(by: Straighten, clear_s: 5, response_s: 2, crew: \"operator\")]",
    ] {
        let scene = scene("narrowing.ron", &[resources, clear]);
        let until = Time::from_seconds(180.0);
        let mut whole = start(&scene, 1);
        whole.run_until(until);
        let expected = whole.take_events();
        let instants = |wanted: fn(&EventKind) -> bool| {
            expected.iter().filter(move |event| wanted(&event.kind)).map(|event| event.at.as_seconds()).collect::<Vec<f64>>()
        };
        let called = instants(|kind| matches!(kind, EventKind::ClearingCalled { .. }));
        let began = instants(|kind| matches!(kind, EventKind::ClearingBegan { .. }));
        let ended = instants(|kind| matches!(kind, EventKind::ClearingEnded { .. }));
        assert!(ended.len() >= 2, "{clear}: {} clearings", ended.len());
        // Within the response, within the work, and right behind the end.
        let mut stops: Vec<f64> =
            called.iter().map(|at| at + 0.5).chain(began.iter().map(|at| at + 0.7)).chain(ended.iter().map(|at| at + 0.01)).collect();
        stops.sort_by(f64::total_cmp);
        stops.retain(|at| *at < 180.0);
        let mut resumed = start(&scene, 4);
        let mut events = Vec::new();
        for (at_s, threads) in stops.into_iter().zip([1, 2, 4].into_iter().cycle()) {
            resumed.run_until(Time::from_seconds(at_s));
            events.extend(resumed.take_events());
            let bytes = resumed.save();
            let options = SimulationOptions { threads, ..SimulationOptions::default() };
            resumed = Simulation::load(scene.clone(), options, &bytes).expect("its own snapshot");
            assert!(resumed.save() == bytes, "{clear}: save, load, save at {at_s} s gives other bytes");
        }
        resumed.run_until(until);
        events.extend(resumed.take_events());
        assert!(events == expected, "{clear}: the resumed run has other events");
        assert_eq!(resumed.state_hash(), whole.state_hash());
        assert!(resumed.save() == whole.save(), "{clear}: the final states differ");
    }
}

/// However many parts stand in a pile-up, it is one jam and one incident, and lasts until nothing on its place is jammed.
#[test]
fn a_pile_up_is_one_jam_and_one_incident() {
    let mut pile_ups = 0;
    for name in ["narrowing.ron", "clearing.ron", "bottling.ron"] {
        let mut simulation = start(&scene(name, &[]), 2);
        simulation.run_until(Time::from_seconds(240.0));
        let report = simulation.report();
        let incidents: u64 = report.incidents.iter().filter(|group| group.kind == "jam").map(|group| group.count).sum();
        assert_eq!(incidents, report.line.jams.jams, "{name}");
        let begun = simulation.take_events().iter().filter(|event| matches!(event.kind, EventKind::JamBegan { .. })).count();
        pile_ups += usize::from(begun as u64 > incidents);
    }
    assert!(pile_ups > 0, "in no scene does anybody stand behind a jammed part");
}
