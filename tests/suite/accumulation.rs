//! Accumulation tables and bins. Promised: a table passes parts on in single file, takes up what comes while its way out is
//! closed, and empties again; a bin stops its conveyor when it is full and lets it go when it is empty; what is handed straight
//! to a sink is asked where it belongs like what arrives there; every part is accounted for, to the same bytes.

use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{balance_of, repository_root, scene_from};

/// States are sums of whole steps [s].
const TOLERANCE_S: f64 = 1e-6;

fn table() -> String {
    std::fs::read_to_string(repository_root().join("scenes/table.ron")).expect("a scene of the repository")
}

/// Cartons into a bin for five, which takes 20 s to empty.
fn bin() -> String {
    r#"Scene(schema: 1, name: "bin", parts: { "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 4) },
        line: {
            "infeed": Source(part: "carton", interarrival_s: 2, before: "belt"),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
            "bin": Bin(after: "belt", capacity: 5, when_full: Hold("belt"), emptying_s: 20),
        })"#
    .to_owned()
}

fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    let report = simulation.report();
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

fn assert_same_bytes(text: &str, saved_at_s: f64, until_s: f64) {
    let scene = scene_from(text);
    let options = |threads| SimulationOptions { threads, ..Default::default() };
    let whole = |threads| {
        let mut simulation = Simulation::new(scene.clone(), options(threads));
        simulation.run_until(Time::from_seconds(until_s));
        simulation
    };
    let one = whole(1);
    assert!([2, 4].into_iter().all(|threads| whole(threads).save() == one.save()), "one, two and four threads");
    let mut simulation = Simulation::new(scene.clone(), options(2));
    simulation.run_until(Time::from_seconds(saved_at_s));
    let bytes = simulation.save();
    let mut loaded = Simulation::load(scene.clone(), options(1), &bytes).expect("our own snapshot");
    assert!(loaded.save() == bytes, "a snapshot that is loaded and saved again");
    loaded.run_until(Time::from_seconds(until_s));
    assert_eq!(loaded.state_hash(), one.state_hash());
}

/// The packer stands 15 s of every 40 s, in which 30 bottles come: more than the lane holds beside its own.
#[test]
fn a_table_takes_up_what_comes_and_gives_it_back_in_single_file() {
    let (_, report) = run(&table(), 300.0);
    let most = kpi(&report, "table.level_max");
    assert!(most > 20.0, "at most {most} bottles at once");
    assert!(kpi(&report, "table.level_mean") < most / 2.0, "it empties between");
    assert!(kpi(&report, "dock.bottle.per_h") > 4500.0, "{}", kpi(&report, "dock.bottle.per_h"));
    assert_eq!(kpi(&report, "line.drops"), 0.0);
}

/// A single row along its rail would be 37 bottles. Where wet bottles flow, dry ones form arches: nobody typed a jam in.
#[test]
fn bottles_spread_over_a_table_and_jam_on_dry_rails() {
    let long_stops = |friction: &str| {
        let text = table().replace("uptime_s: 25, repair_s: 15", "uptime_s: 80, repair_s: 45").replace("friction: 0.1)", friction);
        assert!(text.contains("repair_s: 45") && text.contains(friction), "the scene's fields have these values");
        run(&text, 300.0).1
    };
    let (wet, dry) = (long_stops("friction: 0.1)"), long_stops("friction: 0.25)"));
    assert!(kpi(&wet, "table.level_max") > 60.0, "at most {} bottles at once", kpi(&wet, "table.level_max"));
    assert_eq!(kpi(&wet, "line.jams"), 0.0);
    assert!(kpi(&dry, "line.jams") > 0.0);
    assert!(kpi(&dry, "dock.bottle.per_h") < 0.7 * kpi(&wet, "dock.bottle.per_h"));
}

#[test]
fn a_bin_holds_its_conveyor_until_it_is_empty() {
    let (events, report) = run(&bin(), 300.0);
    let left: Vec<Time> = events.iter().filter(|event| matches!(event.kind, EventKind::PartLeft { .. })).map(|event| event.at).collect();
    assert!(left.len() >= 40, "{} left", left.len());
    for five in left.chunks_exact(5).zip(left.chunks_exact(5).skip(1)) {
        let pause = five.1[0].since(five.0[4]).as_seconds();
        assert!((20.0..25.0).contains(&pause), "{pause} s between two bins");
    }
    assert_eq!(kpi(&report, "bin.rejected"), left.len() as f64);
    let share = |element: &str, state| {
        let element = report.elements.iter().find(|found| found.name == element).expect("an element of the scene");
        element.states.iter().filter(|entry| entry.state == ElementState::name(state)).map(|entry| entry.time_s).sum::<f64>()
    };
    // Full bins that were emptied, and one that may be under way.
    let emptied = (left.len() / 5) as f64;
    assert!((share("bin", ElementState::Blocked) - 20.0 * emptied).abs() <= 20.0, "{} s", share("bin", ElementState::Blocked));
    assert!((share("belt", ElementState::Held) - share("bin", ElementState::Blocked)).abs() < TOLERANCE_S, "the belt stands as long");
}

#[test]
fn what_is_handed_straight_to_a_sink_must_belong_there() {
    let line = |receives: &str| {
        format!(
            r#"Scene(schema: 1, name: "handed", parts: {{
                "cube": Part(shape: Box(size_m: (0.06, 0.06, 0.06)), mass_kg: 0.2),
                "case": Part(shape: OpenBox(size_m: (0.26, 0.20, 0.10)), mass_kg: 0.3, holds: Grid(part: "cube", n: (2, 1, 1))),
            }}, line: {{
                "cubes": Source(part: "cube", interarrival_s: 2, before: "lane"),
                "lane": Belt(from_m: (0, 0, 0.9), to_m: (2, 0, 0.9), width_m: 0.08, speed_mps: 0.5, rails: Both),
                "packer": Packer(after: "lane", into: "case", cycle_s: 1),
                "erector": Source(part: "case", cycle_s: 1, before: "packer.empties"),
                "dock": Sink(after: "packer", receives: "{receives}"),
            }})"#
        )
    };
    let (_, report) = run(&line("part == 'cube'"), 60.0);
    assert!(kpi(&report, "dock.case.count") > 10.0);
    assert_eq!(kpi(&report, "dock.missorted"), kpi(&report, "dock.case.count"), "a case is no cube");
    assert_eq!(kpi(&run(&line("part == 'case'"), 60.0).1, "dock.missorted"), 0.0);
}

#[test]
fn tables_and_bins_are_in_the_snapshot() {
    // While the packer stands and bottles spread; while the bin is being emptied.
    assert_same_bytes(&table(), 34.2, 45.0);
    assert_same_bytes(&bin(), 22.3, 50.0);
}
