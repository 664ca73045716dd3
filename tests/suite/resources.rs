//! What elements share, on exact events: crews against queueing theory, the calendar to the nanosecond, planned
//! stops as no planned busy time, and a saved run that goes on to the same bytes.

use crate::line::rig::{Rig, exchange_s, scene_with};
use linetwin_model::scene::Fidelity;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{ElementState, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use std::sync::Arc;

fn simulation(scene: Scene, seconds: f64) -> Simulation {
    let scene = Arc::new(Scene { fidelity: Fidelity::Event, ..scene });
    let mut simulation = Simulation::new(scene, SimulationOptions::default());
    simulation.run_until(Time::from_seconds(seconds));
    simulation
}

fn kpi(simulation: &Simulation, path: &str) -> f64 {
    let found = simulation.report().flat().into_iter().find(|kpi| kpi.path == path).unwrap_or_else(|| panic!("{path}"));
    found.value.unwrap_or_else(|| panic!("{path} has no value"))
}

const BELT_AND_DOCK: &str = "
    \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (9, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"dock\": Sink(after: \"belt\"),";

/// The machine interference model: N machines with exponential uptimes, R = 1 who mends them in exponential times. With
/// rho = mean repair / mean uptime, P0 = 1 / sum over n of N! / (N - n)! rho^n; one who mends is busy for 1 - P0.
#[test]
fn a_crew_that_mends_four_machines_is_as_busy_as_theory_says() {
    let (count, rho) = (4_u32, 0.5);
    let weights: Vec<f64> =
        (0..=count).map(|n| (count - n + 1..=count).map(f64::from).product::<f64>() * f64::powi(rho, n as i32)).collect();
    let sum: f64 = weights.iter().sum();
    let busy = 1.0 - weights[0] / sum;
    let down: f64 = weights.iter().enumerate().map(|(n, weight)| n as f64 * weight).sum::<f64>() / sum;
    assert!((busy - 0.904_76).abs() < 1e-4 && (down - 2.190_48).abs() < 1e-4, "{busy} {down}");

    let failure = "failures: [Failure(mode: \"stop\", clock: Calendar, uptime_s: Exponential(mean: 100), repair_s: Exponential(mean: 50), crew: \"fitter\")]";
    let machines: String = (0..count)
        .map(|n| format!("\"machine {n}\": Station(on: \"belt\", at_m: {}, hold: Blade, processing_s: 1, {failure}),", n * 2 + 1))
        .collect();
    let source = "\"in\": Source(part: \"carton\", interarrival_s: 50, before: \"belt\"),";
    let head = "step_hz: 30, resources: {\"fitter\": Crew(1)},";
    let run = simulation(scene_with(head, &format!("{source} {BELT_AND_DOCK} {machines}")), 150_000.0);
    // Some 2,700 repairs: each mean is known to about 2 %, and they depend on each other.
    let near = |path: &str, expected: f64, tolerance: f64| {
        let found = kpi(&run, path);
        assert!((found - expected).abs() < tolerance, "{path}: {found}, theory says {expected}");
    };
    near("resources.fitter.utilisation", busy, 0.03);
    near("resources.fitter.waiting_mean", down - busy, 0.15);
    let waiting_s: f64 = (0..count).map(|n| kpi(&run, &format!("machine {n}.failure.stop.waiting_s"))).sum();
    let down_s: f64 = (0..count).map(|n| kpi(&run, &format!("machine {n}.failure.stop.down_s"))).sum();
    // The same time seen from both sides, exactly.
    assert!((waiting_s - kpi(&run, "resources.fitter.waiting_mean") * 150_000.0).abs() < 1.0, "{waiting_s}");
    assert!((down_s - waiting_s - kpi(&run, "resources.fitter.utilisation") * 150_000.0).abs() < 1.0, "{down_s}");
}

const TWO_BY_HAND: &str = "\"in\": Source(part: \"carton\", interarrival_s: 0.5, before: \"belt\"),
    \"a\": Station(on: \"belt\", at_m: 3, hold: Blade, processing_s: 4, crew: \"hands\"),
    \"b\": Station(on: \"belt\", at_m: 6, hold: Blade, processing_s: 4, crew: \"hands\"),";

/// The spans in which an element works: from its cycle's start to its end.
fn works(rig: &Rig, name: &str) -> Vec<(f64, f64)> {
    let wanted = rig.id(name);
    let started = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == wanted));
    started.into_iter().zip(rig.cycles_ended(name)).collect()
}

#[test]
fn one_person_does_one_thing_at_a_time() {
    for (count, per_s) in [(1, 1.0 / 8.0), (2, 1.0 / (4.0 + exchange_s()))] {
        let mut rig =
            Rig::new(scene_with(&format!("resources: {{\"hands\": Crew({count})}},"), &format!("{TWO_BY_HAND} {BELT_AND_DOCK}")), 0);
        rig.run(800.0);
        let (a, b) = (works(&rig, "a"), works(&rig, "b"));
        let rate = b.len() as f64 / (800.0 - b[0].0);
        assert!((rate / per_s - 1.0).abs() < 0.03, "{count}: {rate} works a second");
        if count == 1 {
            for (start, end) in &a {
                assert!((end - start - 4.0).abs() < 1e-6, "work is not interrupted: {start} to {end}");
                assert!(b.iter().all(|(from, to)| to <= start || from >= end), "both at once from {start} to {end}");
            }
            assert!(rig.share("a", ElementState::Starved, 100.0) > 0.3, "a waits for its crew");
        }
    }
}

#[test]
fn the_higher_priority_goes_first() {
    let line = TWO_BY_HAND.replace("at_m: 6, hold: Blade,", "at_m: 6, hold: Blade, crew_priority: 5,");
    let failing = "\"c\": Station(on: \"belt\", at_m: 8, hold: Blade, processing_s: 1, failures: [Failure(mode: \"x\", clock: Calendar, uptime_s: 50, repair_s: 5, crew: \"hands\", crew_priority: 9)]),";
    let mut rig = Rig::new(scene_with("resources: {\"hands\": Crew(1)},", &format!("{line} {failing} {BELT_AND_DOCK}")), 0);
    rig.run(1000.0);
    let calls = rig.times(|kind| matches!(kind, EventKind::FailureBegan { .. }));
    let begun = rig.times(|kind| matches!(kind, EventKind::RepairBegan { .. }));
    assert!(calls.len() > 15);
    for (call, begin) in calls.iter().zip(&begun) {
        // Whatever is being done is finished first, and nothing else comes between.
        assert!((0.0..=4.0).contains(&(begin - call)), "called at {call}, came at {begin}");
    }
}

/// Who works at a machine that fails is needed to mend it: the work waits, and goes on afterwards.
#[test]
fn a_machine_whose_own_operator_mends_it_does_not_wait_for_ever() {
    let line = TWO_BY_HAND.replace(
        "processing_s: 4, crew: \"hands\")",
        "processing_s: 4, crew: \"hands\", failures: [Failure(mode: \"x\", uptime_s: 10, repair_s: 3, crew: \"hands\")])",
    );
    let mut rig = Rig::new(scene_with("resources: {\"hands\": Crew(1)},", &format!("{line} {BELT_AND_DOCK}")), 0);
    rig.run(600.0);
    let (repairs, works) = (rig.times(|kind| matches!(kind, EventKind::RepairBegan { .. })).len(), works(&rig, "b").len());
    // A cycle of both takes 8 s of work, and 3 s of repair for every 10 s of work.
    assert!((40..=56).contains(&works) && (30..=46).contains(&repairs), "{works} works, {repairs} repairs");
}

const STATION: &str = "\"in\": Source(part: \"carton\", interarrival_s: 3, before: \"belt\"),
    \"work\": Station(on: \"belt\", at_m: 3, hold: Blade, processing_s: 2, ";

/// Shifts of an hour, measured from the run's start at half past five: 1800 s closed, then a break from 3600 s to 3960 s.
const CALENDAR: &str =
    "calendar: Calendar(starts_at_h: 5.5, shifts: [Shift(start_h: 6, end_h: 7, breaks: [Break(start_h: 6.5, length_h: 0.1)])]),";

#[test]
fn shifts_and_breaks_are_kept_to_the_nanosecond() {
    let mut rig = Rig::new(scene_with(&format!("step_hz: 60, {CALENDAR}"), &format!("{STATION}), {BELT_AND_DOCK}")), 0);
    rig.run(7200.0);
    let (work, source) = (rig.id("work"), rig.id("in"));
    let state_times = |wanted: ElementState| {
        rig.times(|kind| matches!(kind, EventKind::StateChanged { element, state, .. } if *element == work && *state == wanted))
    };
    assert_eq!(state_times(ElementState::NotScheduled), [0.0, 5400.0]);
    assert_eq!(state_times(ElementState::PlannedStop), [3600.0]);
    let made = rig.times(|kind| matches!(kind, EventKind::PartCreated { part, .. } if part.source == source));
    assert_eq!(made[0], 1803.0, "the clock of the source stands outside the shift");
    assert!(made.iter().all(|at| (1800.0..=3600.0).contains(at) || (3960.0..=5400.0).contains(at)), "{made:?}");
    assert!(made.iter().filter(|at| **at > 3960.0).count() > 400);
    // Work that the break interrupts has its two seconds all the same.
    assert!(works(&rig, "work").iter().all(|(start, end)| (end - start - 2.0).abs() < 1e-6 || (end - start - 362.0).abs() < 1e-6));
}

#[test]
fn planned_stops_are_no_planned_busy_time() {
    let failures = "failures: [Failure(mode: \"knife\", planned: true, clock: Cycles, uptime_cycles: 100, repair_s: 60),
                               Failure(mode: \"jaw\", clock: Calendar, uptime_s: 1000, repair_s: 400)]";
    let run = simulation(
        scene_with(&format!("step_hz: 60, minor_stop_s: 30, {CALENDAR}"), &format!("{STATION} {failures}), {BELT_AND_DOCK}")),
        5400.0,
    );
    let share = |state: &str| kpi(&run, &format!("work.state.{state}"));
    assert!((share("not_scheduled") - 1800.0 / 5400.0).abs() < 1e-9);
    let (planned, down) = (share("planned_stop"), share("down"));
    assert!(planned > (360.0 + 5.0 * 60.0) / 5400.0, "a break and the changes of the knife: {planned}");
    assert!(down > 0.1, "{down}");
    // ISO 22400-2: availability = APT / PBT with PBT = the window less what was planned; every piece of a jaw stop is a long one.
    let busy = 1.0 - share("not_scheduled") - planned;
    assert!((kpi(&run, "work.availability") - (busy - down) / busy).abs() < 1e-9);
    assert!(kpi(&run, "work.stops") <= kpi(&run, "work.failure.jaw.stops"), "planned maintenance is no stop");
    assert!(kpi(&run, "work.failure.knife.stops") > 4.0);
}

#[test]
fn a_run_saved_in_a_break_and_while_calls_wait_goes_on_to_the_same_bytes() {
    let line = TWO_BY_HAND.replace(
        "processing_s: 4, crew: \"hands\")",
        "processing_s: 4, crew: \"hands\", failures: [Failure(mode: \"x\", uptime_s: Exponential(mean: 20), repair_s: 5, crew: \"hands\")])",
    );
    let head = "resources: {\"hands\": Crew(1)}, calendar: Calendar(starts_at_h: 5.99, shifts: [Shift(start_h: 6, end_h: 6.05, breaks: [Break(start_h: 6.02, length_h: 0.01)])]),";
    let scene = Arc::new(Scene { fidelity: Fidelity::Event, ..scene_with(head, &format!("{line} {BELT_AND_DOCK}")) });
    let options = SimulationOptions::default;
    let mut whole = Simulation::new(scene.clone(), options());
    whole.run_until(Time::from_seconds(260.0));
    let mut saved = Simulation::new(scene.clone(), options());
    for k in 1..=25 {
        saved.run_until(Time::from_seconds(f64::from(k) * 10.1));
        let bytes = saved.save();
        saved = Simulation::load(scene.clone(), options(), &bytes).expect("its own snapshot");
        assert!(saved.save() == bytes, "save, load, save gives other bytes");
    }
    saved.run_until(Time::from_seconds(260.0));
    assert_eq!(whole.state_hash(), saved.state_hash());
    assert!(whole.save() == saved.save(), "the saved states differ");
    assert!(kpi(&whole, "resources.hands.calls") > 20.0 && kpi(&whole, "a.state.planned_stop") > 0.1);
}
