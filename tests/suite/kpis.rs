//! The measures: every figure of a report against an answer worked out by hand here; `identities`: what holds exactly for
//! any stream of events; `tables`: the published tables
//! are those of the code; `paths`: checks know the KPIs of a report.

mod identities;
mod paths;
mod tables;

use linetwin_model::read::{ReadOptions, read};
use linetwin_model::report::{Estimate, KpiReport, LossKind};
use linetwin_model::scene::{ElementId, Outcome, PartTypeId};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::ElementState::{self, *};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::metrics::{Metrics, ReportInputs};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{EnergyTotals, InvalidKind};

/// Figures are one division of exact integers; the expected values are written as such divisions too.
const ROUNDING: f64 = 1e-12;

const INFEED: ElementId = ElementId(0);
const BELT: ElementId = ElementId(1);
const WEIGHER: ElementId = ElementId(2);
const SEALER: ElementId = ElementId(3);
const DOCK: ElementId = ElementId(4);
const CARTON: PartTypeId = PartTypeId(0);

/// A small line; elements as named above. `head` sets what a test varies.
fn scene(head: &str) -> Scene {
    let text = format!(
        "Scene(schema: 1, name: \"measures\", {head}
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4.0) }},
            line: {{
                \"infeed\": Source(part: \"carton\", interarrival_s: Exponential(mean: 12.0), before: \"belt\"),
                \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
                \"weigher\": Checkweigher(on: \"belt\", at_m: 2.0, length_m: 0.6, limits_kg: (3, 5), error_sd_kg: 0.01, sets: \"ok\"),
                \"sealer\": Station(on: \"belt\", at_m: 5.0, hold: Blade, processing_s: 5.0, scrap_probability: 0.1,
                    failures: [Failure(mode: \"jaw\", clock: Calendar, uptime_s: Exponential(mean: 90), repair_s: 10),
                               Failure(mode: \"film\", clock: Running, uptime_s: Exponential(mean: 60), repair_s: Exponential(mean: 8))],
                    power_w: (idle: 100, processing: 1000, down: 10)),
                \"dock\": Sink(after: \"belt\"),
                \"reader\": Scanner(on: \"belt\", at_m: 7.0, reads: \"ok\", sets: \"seen\"),
                \"sorter\": PopUp(on: \"belt\", at_m: 3.4, side: Left, when: \"!ok || way == 1\"),
                \"side\": Sink(after: \"sorter.side\", outcome: Good),
                \"split\": Router(on: \"belt\", at_m: 0.5, sets: \"way\", over: [\"sorter.side\", \"belt\"], by: RoundRobin),
            }})"
    );
    let reading = read("kpis.ron", &text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    let problems: Vec<_> = reading.diagnostics.iter().map(|problem| problem.message.clone()).collect();
    let scene = reading.scene.unwrap_or_else(|| panic!("{problems:#?}"));
    let names: Vec<&str> = scene.elements.iter().map(|element| element.name.as_str()).collect();
    assert_eq!(names, ["infeed", "belt", "weigher", "sealer", "dock", "reader", "sorter", "side", "split"], "ids follow the file");
    scene
}

fn part(serial: u32) -> PartId {
    PartId { source: INFEED, serial }
}

fn at(seconds: f64, kind: EventKind) -> Event {
    Event { at: Time::from_seconds(seconds), kind }
}

fn state(seconds: f64, element: ElementId, state: ElementState) -> Event {
    at(seconds, EventKind::StateChanged { element, state, port: None })
}

fn left(seconds: f64, serial: u32, element: ElementId, outcome: Outcome) -> Event {
    at(seconds, EventKind::PartLeft { part: part(serial), element, outcome, part_type: CARTON })
}

fn measured(scene: &Scene, mut events: Vec<Event>, now_s: f64) -> (Metrics, Time) {
    events.sort_by_key(|event| event.at);
    let mut metrics = Metrics::new(scene);
    for event in &events {
        metrics.observe(scene, event);
        metrics.advance_to(scene, event.at, &EnergyTotals::new(scene.drives.len()));
    }
    (metrics, Time::from_seconds(now_s))
}

fn report_of(scene: &Scene, metrics: &Metrics, now: Time) -> KpiReport {
    metrics.report(&ReportInputs { scene, now, seed: scene.seed, replication: 0 })
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

fn assert_near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= ROUNDING * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

/// Three cartons in 100 s. Part 0: 6 s of work. Part 1: 5 s of work, broken by a minor stop of 10 s, and blocked. Part 2
/// is scrap; after it the sealer is down for 25 s.
fn three_cartons() -> Vec<Event> {
    use EventKind::*;
    let mut events = Vec::new();
    for (serial, entered, standing, moving) in [(0, 0.0, 10.0, Some(16.0)), (1, 20.0, 30.0, Some(50.0)), (2, 50.0, 60.0, None)] {
        events.push(at(entered, PartEntered { part: part(serial), element: BELT }));
        events.push(at(standing, PartStanding { part: part(serial) }));
        events.extend(moving.map(|moving| at(moving, PartMoving { part: part(serial) })));
    }
    for (serial, began, ended) in [(0, 10.0, 16.0), (1, 32.0, 47.0), (2, 60.0, 65.0)] {
        events.push(at(began, CycleStarted { element: SEALER, part: part(serial) }));
        events.push(at(ended, CycleEnded { element: SEALER, part: part(serial) }));
    }
    events.push(left(26.0, 0, DOCK, Outcome::Good));
    events.push(left(60.0, 1, DOCK, Outcome::Good));
    events.push(left(65.0, 2, SEALER, Outcome::Scrap));
    for (began, ended) in [(34.0, 44.0), (65.0, 90.0)] {
        events.push(at(began, FailureBegan { element: SEALER, mode: 0 }));
        events.push(at(ended, FailureEnded { element: SEALER, mode: 0 }));
    }
    let changes = [
        (0.0, Starved),
        (10.0, Processing),
        (16.0, Idle),
        (18.0, Starved),
        (30.0, Idle),
        (32.0, Processing),
        (34.0, Down),
        (44.0, Processing),
        (47.0, Blocked),
        (50.0, Idle),
        (52.0, Starved),
        (60.0, Processing),
        (65.0, Down),
        (90.0, Starved),
    ];
    events.extend(changes.map(|(seconds, next)| state(seconds, SEALER, next)));
    events
}

const THREE_CARTONS: &str = "minor_stop_s: 20, demand_per_h: 120, count: \"carton\", constraint: \"sealer\",";

#[test]
fn three_cartons_give_the_figures_worked_out_by_hand() {
    let scene = scene(THREE_CARTONS);
    let (metrics, now) = measured(&scene, three_cartons(), 100.0);
    let report = report_of(&scene, &metrics, now);
    for (path, expected) in [
        ("line.good", 2.0),
        ("line.throughput_per_h", 72.0),
        ("line.demand_met", 0.6),
        ("line.takt_time_s", 30.0),
        ("line.entered", 3.0),
        ("line.scrapped", 1.0),
        ("line.wip_mean", 0.81),
        ("line.wip_min", 0.0),
        ("line.wip_max", 2.0),
        ("line.lead_time_mean_s", 33.0),
        ("line.lead_time_p50_s", 26.0),
        ("line.lead_time_p95_s", 40.0),
        ("line.lead_time_processing_s", (6.0 + 5.0) / 2.0),
        ("line.lead_time_transport_s", (20.0 + 20.0) / 2.0),
        ("line.lead_time_waiting_s", (0.0 + 15.0) / 2.0),
        ("dock.per_h", 72.0),
        ("dock.carton.per_h", 72.0),
        ("dock.carton.count", 2.0),
        ("infeed.parts_out", 3.0),
        ("belt.parts_in", 3.0),
        ("belt.parts_out", 3.0),
        ("belt.level_mean", 0.81),
        ("sealer.cycles", 3.0),
        ("sealer.parts_in", 3.0),
        ("sealer.parts_out", 2.0),
        ("sealer.scrapped", 1.0),
        ("sealer.state.starved", 0.40),
        ("sealer.state.processing", 0.16),
        ("sealer.state.idle", 0.06),
        ("sealer.state.down", 0.35),
        ("sealer.state.blocked", 0.03),
        ("sealer.state.planned_stop", 0.0),
        // PBT = 100, APT = 100 - 25 (the 10 s stop is minor), PRI = 5, PQ = 3.
        ("sealer.availability", 0.75),
        ("sealer.performance", 15.0 / 75.0),
        ("sealer.quality", 2.0 / 3.0),
        ("sealer.oee", 0.1),
        // 43 s starved or blocked: PBT = 57, APT = 32.
        ("sealer.oee_without_starved_blocked", (32.0 / 57.0) * (15.0 / 32.0) * (2.0 / 3.0)),
        ("line.oee", 0.1),
        ("sealer.stops", 2.0),
        ("sealer.minor_stops", 1.0),
        ("sealer.failure.jaw.stops", 2.0),
        ("sealer.failure.jaw.down_s", 35.0),
        ("sealer.failure.film.stops", 0.0),
        ("sealer.electrical_j", 16.0 * 1000.0 + 49.0 * 100.0 + 35.0 * 10.0),
        ("line.electrical_j_per_good", 21_250.0 / 2.0),
        // Active from 10 to 18, 30 to 47, 50 to 52, 60 to 90.
        ("line.constraint_share", 0.57),
    ] {
        assert_near(kpi(&report, path), expected, path);
    }
    let sealer = &report.elements[SEALER.index()];
    assert_eq!(sealer.mtba_s, Estimate::NotEstimable, "two stops are fewer than ten");
    assert_eq!(report.confidence, "no confidence interval: one run");
    let flow: Vec<(&str, &str, u64)> = report.series.flow.iter().map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.count)).collect();
    assert_eq!(flow, [("infeed", "belt", 3), ("belt", "sealer", 1), ("belt", "dock", 2)]);
}

#[test]
fn a_declared_ideal_cycle_is_what_performance_is_measured_against() {
    use linetwin_model::scene::ElementKind;
    let mut scene = scene(THREE_CARTONS);
    let ElementKind::Station(sealer) = &mut scene.elements[SEALER.index()].kind else { panic!("the sealer is a station") };
    assert_eq!(sealer.ideal_cycle, None);
    sealer.ideal_cycle = Some(Time::from_seconds(3.0));
    let (metrics, now) = measured(&scene, three_cartons(), 100.0);
    let report = report_of(&scene, &metrics, now);
    // APT = 75 and PQ = 3 as above, PRI = 3.
    assert_near(kpi(&report, "sealer.performance"), 9.0 / 75.0, "performance of the sealer");
    assert_near(kpi(&report, "line.performance"), 9.0 / 75.0, "performance of the line");
    assert_eq!(report.elements[SEALER.index()].oee.as_ref().and_then(|oee| oee.ideal_cycle_s), Some(3.0));
}

#[test]
fn the_waterfall_goes_from_planned_time_to_net_time_without_a_gap() {
    let scene = scene(THREE_CARTONS);
    let (metrics, now) = measured(&scene, three_cartons(), 100.0);
    let waterfall = report_of(&scene, &metrics, now).series.waterfall.expect("the sealer is the constraint");
    let losses: Vec<(LossKind, &str, f64)> = waterfall.losses.iter().map(|loss| (loss.kind, loss.name.as_str(), loss.time_s)).collect();
    assert_eq!(
        losses,
        [
            (LossKind::Availability, "jaw", 25.0),
            (LossKind::Performance, "minor stops", 10.0),
            (LossKind::Performance, "starved", 40.0),
            (LossKind::Performance, "blocked", 3.0),
            (LossKind::Performance, "speed and handling", 7.0),
            (LossKind::Quality, "reject and scrap", 5.0),
        ]
    );
    assert_eq!((waterfall.planned_s, waterfall.net_s), (100.0, 10.0));
}

#[test]
fn the_warm_up_is_cut_off_exactly_and_its_contents_stay() {
    let scene = scene(&format!("warmup_s: 40, {THREE_CARTONS}"));
    let (metrics, now) = measured(&scene, three_cartons(), 100.0);
    let report = report_of(&scene, &metrics, now);
    for (path, expected) in [
        ("line.inside_at_start", 1.0),
        ("line.entered", 1.0),
        ("line.good", 1.0),
        ("line.scrapped", 1.0),
        ("line.inside_at_end", 0.0),
        ("line.wip_mean", 35.0 / 60.0),
        // The lead time of a part that left in the window is whole.
        ("line.lead_time_mean_s", 40.0),
        ("sealer.state.processing", 8.0 / 60.0),
        ("sealer.state.down", 29.0 / 60.0),
        ("sealer.state.starved", 18.0 / 60.0),
        // The minor stop began before: its rest is a performance loss, but it is not counted.
        ("sealer.stops", 1.0),
        ("sealer.minor_stops", 0.0),
        ("sealer.availability", 35.0 / 60.0),
        ("sealer.performance", 10.0 / 35.0),
        ("line.throughput_per_h", 60.0),
        ("sealer.electrical_j", 8.0 * 1000.0 + 23.0 * 100.0 + 29.0 * 10.0),
    ] {
        assert_near(kpi(&report, path), expected, path);
    }
    // The pictures show the warm-up too.
    assert_eq!(report.series.warmup_end_s, 40.0);
    assert_eq!(report.series.gantt[0].starts_s[0], 0.0);
}

#[test]
fn a_run_shorter_than_the_warm_up_says_so_and_divides_by_nothing() {
    let scene = scene("warmup_s: 600, demand_per_h: 100,");
    let (metrics, now) = measured(&scene, three_cartons(), 100.0);
    let report = report_of(&scene, &metrics, now);
    assert!(report.window.note.as_deref().is_some_and(|note| note.contains("within the warm-up of 600 s")));
    assert_eq!(report.window.duration_s, 0.0);
    assert_eq!((report.line.good, report.line.throughput_per_h, report.line.demand_met), (0, 0.0, None));
    assert!(report.elements.iter().all(|element| element.states.is_empty()));
    for kpi in report.flat() {
        assert!(kpi.value.is_none_or(f64::is_finite), "{} is finite or missing", kpi.path);
    }
}

/// Twelve times 90 s of work and 10 s of repair.
fn failing_sealer(repair_s: f64) -> Vec<Event> {
    let mut events = Vec::new();
    for cycle in 0..12 {
        let start = f64::from(cycle) * (90.0 + repair_s);
        events.push(state(start, SEALER, Processing));
        events.push(state(start + 90.0, SEALER, Down));
        events.push(at(start + 90.0, EventKind::FailureBegan { element: SEALER, mode: 0 }));
        events.push(at(start + 90.0 + repair_s, EventKind::FailureEnded { element: SEALER, mode: 0 }));
    }
    events.push(state(12.0 * (90.0 + repair_s), SEALER, Starved));
    events
}

#[test]
fn availability_is_mtbf_over_mtbf_plus_mttr() {
    let scene = scene("minor_stop_s: 5,");
    let (metrics, now) = measured(&scene, failing_sealer(10.0), 1200.0);
    let report = report_of(&scene, &metrics, now);
    let (mtbf, mttr) = (kpi(&report, "sealer.failure.jaw.mtbf"), kpi(&report, "sealer.failure.jaw.mttr_s"));
    assert_near(mtbf, 90.0, "MTBF on the calendar clock");
    assert_near(mttr, 10.0, "MTTR");
    assert_near(kpi(&report, "sealer.mtba_s"), 90.0, "MTBA on the running clock");
    assert_near(kpi(&report, "sealer.availability"), mtbf / (mtbf + mttr), "availability");
    assert_eq!(report.elements[SEALER.index()].failures[1].mtbf, Estimate::NotEstimable, "the film never failed");
}

#[test]
fn minor_stops_are_a_performance_loss_and_long_ones_an_availability_loss() {
    let scene = scene("minor_stop_s: 10,");
    for (repair_s, availability) in [(9.5, 1.0), (10.0, 0.9)] {
        let (metrics, now) = measured(&scene, failing_sealer(repair_s), 12.0 * (90.0 + repair_s));
        let report = report_of(&scene, &metrics, now);
        assert_near(kpi(&report, "sealer.availability"), availability, "availability");
        let minor = if repair_s < 10.0 { 12.0 } else { 0.0 };
        assert_eq!((kpi(&report, "sealer.stops"), kpi(&report, "sealer.minor_stops")), (12.0, minor));
    }
}

#[test]
fn a_failure_that_waited_for_another_repair_is_a_stop_of_its_own() {
    let scene = scene("minor_stop_s: 15,");
    use EventKind::*;
    let events = vec![
        state(0.0, SEALER, Processing),
        state(10.0, SEALER, Down),
        at(10.0, FailureBegan { element: SEALER, mode: 0 }),
        at(30.0, FailureEnded { element: SEALER, mode: 0 }),
        at(30.0, FailureBegan { element: SEALER, mode: 1 }),
        at(40.0, FailureEnded { element: SEALER, mode: 1 }),
        state(40.0, SEALER, Jammed),
        state(60.0, SEALER, Processing),
    ];
    let (metrics, now) = measured(&scene, events, 100.0);
    let report = report_of(&scene, &metrics, now);
    // 20 s jaw and 20 s jam are long, 10 s film is minor.
    assert_eq!((kpi(&report, "sealer.stops"), kpi(&report, "sealer.minor_stops")), (3.0, 1.0));
    assert_near(kpi(&report, "sealer.availability"), 0.6, "availability");
    let losses = report.series.waterfall.expect("the sealer is the constraint").losses;
    let availability: Vec<(&str, f64)> =
        losses.iter().filter(|loss| loss.kind == LossKind::Availability).map(|loss| (loss.name.as_str(), loss.time_s)).collect();
    assert_eq!(availability, [("jaw", 20.0), ("jam", 20.0)]);
}

#[test]
fn starving_is_told_for_each_port() {
    let scene = scene("");
    let starved = |seconds, port| at(seconds, EventKind::StateChanged { element: BELT, state: Starved, port: Some(port) });
    let (metrics, now) = measured(&scene, vec![starved(0.0, 0), starved(30.0, 1), state(50.0, BELT, Processing)], 100.0);
    let belt = &report_of(&scene, &metrics, now).elements[BELT.index()];
    let shares: Vec<(&str, Option<&str>, f64)> =
        belt.states.iter().map(|share| (share.state.as_str(), share.port.as_deref(), share.time_s)).collect();
    assert_eq!(shares, [("processing", None, 50.0), ("starved", Some("in"), 30.0), ("starved", Some("out"), 20.0)]);
}

#[test]
fn production_events_and_invalid_conditions_are_kept_apart() {
    let scene = scene("warmup_s: 10, checks: [NoPartLost],");
    use EventKind::*;
    let invalid = Invalid { kind: InvalidKind::Penetration, part: Some(part(1)), element: Some(BELT) };
    let events = vec![
        at(1.0, PartEntered { part: part(0), element: BELT }),
        at(2.0, PartEntered { part: part(1), element: BELT }),
        at(5.0, Dropped { part: part(0), element: BELT }),
        at(20.0, JamBegan { element: BELT, part: part(1) }),
        at(21.0, JamBegan { element: BELT, part: part(0) }),
        at(22.0, JamEnded { element: BELT, part: part(1) }),
        at(23.0, JamEnded { element: BELT, part: part(0) }),
        at(24.0, JamBegan { element: BELT, part: part(1) }),
        at(25.0, Stalled { element: SEALER }),
        at(26.0, invalid.clone()),
        at(27.0, invalid),
    ];
    let (metrics, now) = measured(&scene, events, 100.0);
    let report = report_of(&scene, &metrics, now);
    let rows: Vec<(&str, &str, u64, f64)> =
        report.production_events.iter().map(|row| (row.kind.as_str(), row.element.as_str(), row.count, row.first_s)).collect();
    // Two parts that stand in one pile-up are one jam.
    assert_eq!(rows, [("drop", "belt", 1, 5.0), ("jam", "belt", 2, 20.0), ("stall", "sealer", 1, 25.0)]);
    assert_eq!((report.line.parts.drops, report.line.parts.jams, report.line.parts.on_floor), (0, 2, 1));
    assert_eq!(report.production_events[0].first_part.as_deref(), Some("infeed#0"));
    assert!(!report.checks[0].passed, "a part lost in the warm-up is lost");
    let [invalid] = report.invalid_conditions.as_slice() else { panic!("one kind of invalid condition") };
    assert_eq!((invalid.kind.as_str(), invalid.count, invalid.first_s), ("penetration", 2, 26.0));
    assert_eq!(invalid.first_at, "part infeed#1 at belt");
}

#[test]
fn quality_at_the_constraint_counts_what_became_of_its_parts() {
    let scene = scene("constraint: \"sealer\",");
    use EventKind::*;
    let mut events = vec![state(0.0, SEALER, Processing)];
    // Parts 0 and 1 are worked on; 1 is rejected later. Part 2 is rejected before the sealer: it cost it nothing.
    for serial in 0..3 {
        events.push(at(f64::from(serial), PartEntered { part: part(serial), element: BELT }));
    }
    for serial in 0..2 {
        events.push(at(10.0 + f64::from(serial), CycleStarted { element: SEALER, part: part(serial) }));
        events.push(at(10.5 + f64::from(serial), CycleEnded { element: SEALER, part: part(serial) }));
    }
    events.extend([left(20.0, 0, DOCK, Outcome::Good), left(21.0, 1, DOCK, Outcome::Reject), left(22.0, 2, DOCK, Outcome::Reject)]);
    let (metrics, now) = measured(&scene, events, 100.0);
    let report = report_of(&scene, &metrics, now);
    assert_near(kpi(&report, "line.quality"), 0.5, "quality of the line");
    assert_near(kpi(&report, "sealer.quality"), 1.0, "quality of the sealer");
}

#[test]
fn drive_work_is_cut_at_the_warm_up_and_turned_into_electrical_energy_where_the_scene_says_how() {
    let mut scene = scene("warmup_s: 10,");
    scene.elements[BELT.index()].power.efficiency = Some(0.8);
    scene.elements[BELT.index()].power.no_load_w = Some(50.0);
    let mut metrics = Metrics::new(&scene);
    metrics.observe(&scene, &state(0.0, BELT, Processing));
    // 2 W throughout, asked at 8 s and 16 s: the warm-up ends between. The drive stands from 90 s on.
    for seconds in [0_u32, 8, 16, 90, 100] {
        let energy = EnergyTotals {
            drive_work_j: vec![2.0 * f64::from(seconds)],
            drive_running: vec![Time::from_seconds(f64::from(seconds.min(90)))],
            drive_way_m: vec![0.5 * f64::from(seconds.min(90))],
            residual_j: 0.01 * f64::from(seconds),
        };
        metrics.advance_to(&scene, Time::from_seconds(f64::from(seconds)), &energy);
    }
    let report = report_of(&scene, &metrics, Time::from_seconds(100.0));
    assert_near(kpi(&report, "belt.mechanical_j"), 180.0, "mechanical work");
    assert_near(kpi(&report, "belt.electrical_j"), 50.0 * 80.0 + 180.0 / 0.8, "electrical energy");
    assert_near(kpi(&report, "sealer.mechanical_j"), 0.0, "a station has no drive");
    assert_near(kpi(&report, "line.energy_residual_j"), 0.9, "residual");
    assert_near(kpi(&report, "line.energy_residual_share"), 0.005, "residual over work");
}

#[test]
fn hours_buckets_and_histogram_count_every_good_part_once() {
    let scene = scene("warmup_s: 600,");
    let mut events = Vec::new();
    // One part every 30 s, with a stay of 20 s, for three hours and a half after the warm-up.
    let end_s = 600.0 + 3.5 * 3600.0;
    for serial in 0..440 {
        let entered = f64::from(serial) * 30.0;
        events.push(at(entered, EventKind::PartEntered { part: part(serial), element: BELT }));
        events.push(left(entered + 20.0, serial, DOCK, Outcome::Good));
    }
    let (metrics, now) = measured(&scene, events, end_s);
    let report = report_of(&scene, &metrics, now);
    let series = &report.series;
    assert_eq!(series.hourly.full_hours, [120, 120, 120]);
    assert_eq!((series.hourly.rest, series.hourly.rest_s), (60, 1800.0));
    assert_eq!((series.hourly.p5, series.hourly.p50, series.hourly.p95), (Some(120), Some(120), Some(120)));
    assert!(series.wip.len() <= 240 && series.wip.len() == series.throughput_per_h.len());
    assert_eq!(series.lead_time.counts.iter().sum::<u64>(), report.line.good);
    let good: f64 = series
        .throughput_per_h
        .iter()
        .enumerate()
        .map(|(k, rate)| rate * (end_s - k as f64 * series.bucket_s).min(series.bucket_s) / 3600.0)
        .sum();
    // Sums of some 200 rounded rates.
    assert!((good - 440.0).abs() < 1e-9, "{good}");
}
