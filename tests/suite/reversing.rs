//! Belts that run both ways. Promised: parts leave at the end towards which the belt runs, it turns
//! when nothing is on it, what stands at one end stops the belt only on its way there, every part is accounted for, and the
//! bytes are the same on one, two and four threads and after a resume while it runs back.

use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{balance_of, repository_root, scene_from};

/// States are sums of whole steps [s].
const TOLERANCE_S: f64 = 1e-6;

fn text() -> String {
    std::fs::read_to_string(repository_root().join("scenes/reversing.ron")).expect("a scene of the repository")
}

fn options(threads: usize) -> SimulationOptions {
    SimulationOptions { threads, ..Default::default() }
}

fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), options(2));
    simulation.run_until(Time::from_seconds(seconds));
    let (events, report) = (simulation.take_events(), simulation.report());
    let balance = balance_of(&events);
    assert_eq!(balance.entered, balance.left + report.line.parts.inside_at_end, "every part is accounted for");
    assert_eq!(report.invalid_conditions, Vec::new(), "the run is valid");
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let total: f64 = element.states.iter().map(|state| state.time_s).sum();
        assert!((total - report.window.duration_s).abs() < TOLERANCE_S, "{}: {total} s", element.name);
    }
    (events, report)
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

#[test]
fn a_reversing_belt_feeds_both_its_ends() {
    let (events, report) = run(&text(), 300.0);
    for dock in ["dock east.per_h", "dock west.per_h"] {
        assert!(kpi(&report, dock) > 250.0, "{dock}: {}", kpi(&report, dock));
    }
    assert_eq!((kpi(&report, "line.misroutes"), kpi(&report, "line.jams"), kpi(&report, "line.drops")), (0.0, 0.0, 0.0));
    let turns = events.iter().filter(|event| matches!(event.kind, EventKind::RuleBegan { .. })).count();
    assert!(turns >= 2, "it turned {turns} times");
}

#[test]
fn what_stands_at_one_end_stops_it_only_on_its_way_there() {
    let share = |stands: &str| {
        let rule = format!("Rule(name: \"stand\", when: \"time_s > 60\", do: [Hold(\"{stands}\")])");
        let text = text().replace("controls: [", &format!("controls: [{rule}, ")).replace("'east full'.blocked_for > 2", "time_s > 1e6");
        let report = run(&text, 120.0).1;
        let shuttle = report.elements.iter().find(|element| element.name == "shuttle").expect("an element");
        let of = |state: &str| shuttle.states.iter().find(|share| share.state == state).map_or(0.0, |share| share.time_s);
        of("held")
    };
    assert!(share("east") > 55.0, "it runs to the east, which stands");
    assert_eq!(share("west"), 0.0, "it never runs to the west");
}

#[test]
fn a_reversing_belt_gives_the_same_bytes() {
    let scene =
        scene_from(&text().replace("'east full'.blocked_for > 2", "time_s > 20").replace("'west full'.blocked_for > 2", "time_s > 32"));
    let whole = |threads| {
        let mut simulation = Simulation::new(scene.clone(), options(threads));
        simulation.run_until(Time::from_seconds(40.0));
        simulation
    };
    let one = whole(1);
    assert!([2, 4].into_iter().all(|threads| whole(threads).save() == one.save()), "one, two and four threads");
    let mut simulation = Simulation::new(scene.clone(), options(2));
    simulation.run_until(Time::from_seconds(25.0));
    let mut loaded = Simulation::load(scene.clone(), options(1), &simulation.save()).expect("our own snapshot");
    loaded.run_until(Time::from_seconds(40.0));
    assert_eq!(loaded.state_hash(), one.state_hash());
}
