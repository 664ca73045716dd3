//! What sorts parts: readers read at their rate and leave unset what they do not read, measures count what they say, and
//! every part of a sorter's small scene is accounted for, to the same bytes.

use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{balance_of, repository_root, scene_from};

/// Four standard deviations of a count of `n` at probability `p`, and what rounding needs: fails once in 15,000 seeds.
fn spread(n: f64, p: f64) -> f64 {
    4.0 * (n * p * (1.0 - p)).sqrt() + 1.0
}

fn text_of(scene: &str) -> String {
    std::fs::read_to_string(repository_root().join("scenes").join(scene)).expect("a scene of the repository")
}

/// A run on two threads, with conservation counted from its events.
fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    let report = simulation.report();
    let balance = balance_of(&events);
    assert_eq!(balance.entered, balance.left + report.line.parts.inside_at_end, "every part is accounted for");
    assert_eq!(report.invalid_conditions, Vec::new(), "the run is valid");
    (events, report)
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

#[test]
fn a_reader_misses_at_its_rate_and_what_it_missed_goes_to_the_end() {
    let (events, report) = run(&text_of("scanner.ron"), 900.0);
    let passes = kpi(&report, "reader.cycles");
    let missed = kpi(&report, "reader.no_reads");
    assert!(passes > 300.0, "{passes} passes");
    assert!((missed - 0.1 * passes).abs() < spread(passes, 0.1), "{missed} no-reads of {passes}");
    assert!((kpi(&report, "reader.no_read_share") - missed / passes).abs() < 0.01);
    assert_eq!(kpi(&report, "reader.passes_per_part"), 1.0, "nothing comes round again on a straight belt");
    assert_eq!(kpi(&report, "line.missorted"), 0.0);
    // Two of three are born for lane 1.
    let (first, second) = (kpi(&report, "lane 1.carton.count"), kpi(&report, "lane 2.carton.count"));
    assert!((first - (first + second) * 2.0 / 3.0).abs() < spread(first + second, 2.0 / 3.0), "{first} and {second}");
    let ends = events.iter().filter(|event| matches!(event.kind, EventKind::NoRead { .. })).count() as f64;
    let rejected = events.iter().filter(|event| matches!(event.kind, EventKind::PartLeft { element, .. } if element.0 == 7)).count() as f64;
    assert!(ends - rejected <= 4.0 && rejected <= ends, "{ends} not read, {rejected} at the end: the rest is on its way");
}

#[test]
fn a_part_at_a_sink_that_does_not_receive_it_is_missorted() {
    // Labels say 1 for every part, whatever its lane: each part of lane 2 is missorted.
    let text = text_of("scanner.ron").replace("read_rate: 0.9", "read_rate: 1").replace("seen_lane == 1", "seen_lane > 0");
    let (events, report) = run(&text, 300.0);
    let wrong = events.iter().filter(|event| matches!(event.kind, EventKind::Missorted { .. })).count();
    assert!(wrong > 20, "{wrong} missorted");
    assert!((kpi(&report, "line.missorted_share") - 1.0 / 3.0).abs() < 0.2);
    assert_eq!(kpi(&report, "line.missorted"), kpi(&report, "lane 1.missorted"));
}

/// Saved and loaded in the middle of motion, on one thread and on two.
fn assert_same_bytes(text: &str, saved_at_s: f64, until_s: f64) {
    let scene = scene_from(text);
    let options = |threads| SimulationOptions { threads, ..Default::default() };
    let whole = |threads| {
        let mut simulation = Simulation::new(scene.clone(), options(threads));
        simulation.run_until(Time::from_seconds(until_s));
        simulation.save()
    };
    let one = whole(1);
    assert!(one == whole(2), "one and two threads");
    let mut simulation = Simulation::new(scene.clone(), options(2));
    simulation.run_until(Time::from_seconds(saved_at_s));
    let bytes = simulation.save();
    let mut loaded = Simulation::load(scene.clone(), options(1), &bytes).expect("our own snapshot");
    assert!(loaded.save() == bytes, "a snapshot that is loaded and saved again");
    loaded.run_until(Time::from_seconds(until_s));
    loaded.take_events();
    assert_eq!(loaded.state_hash(), {
        simulation.run_until(Time::from_seconds(until_s));
        simulation.state_hash()
    });
}

#[test]
fn readers_and_their_passes_are_in_the_snapshot() {
    assert_same_bytes(&text_of("scanner.ron"), 20.3, 40.0);
}
