//! The line's logic on exact events: every family alone against what theory or arithmetic says, conservation
//! at every step, wires that are forced, and snapshots. Nothing here knows about contact physics.

mod by_hand;
pub(crate) mod rig;
mod work;

use linetwin_model::Scene;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, Fidelity, Outcome};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::parts::{PartId, Place};
use linetwin_sim::port::Transport;
use linetwin_sim::{Simulation, SimulationOptions};
use rig::{EVERYTHING, Rig, exchange_s, from_rest_s, held_s, scene, scene_with};
use std::collections::BTreeMap;
use std::sync::Arc;

const BELT_AND_DOCK: &str = "
    \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"dock\": Sink(after: \"belt\"),";

/// Instants inside a step are interpolated on f64 arc lengths: rounding stays far below a microsecond.
const EXACT_S: f64 = 1e-6;

#[test]
fn a_part_passes_a_belt_in_length_over_speed() {
    let mut rig = Rig::new(scene(&format!("\"in\": Source(part: \"carton\", rate_per_h: 600, before: \"belt\"), {BELT_AND_DOCK}")), 0);
    rig.run(60.0);
    let (entered, left) = (rig.times(|kind| matches!(kind, EventKind::PartEntered { .. })), rig.left(Outcome::Good));
    assert_eq!(entered[..5], [0.0, 6.0, 12.0, 18.0, 24.0], "a constant rate is exact");
    assert!(left.len() >= 7);
    for (entered, left) in entered.iter().zip(&left) {
        // From the trailing face on the in-plane to the trailing face on the out-plane: 6 m at 0.5 m/s.
        assert!((left - entered - 12.0).abs() < EXACT_S, "{entered} to {left}");
    }
}

const SATURATED: &str = "\"in\": Source(part: \"carton\", interarrival_s: 0.5, before: \"belt\"),";

fn blade_station(extra: &str) -> String {
    format!("{SATURATED} {BELT_AND_DOCK} \"work\": Station(on: \"belt\", at_m: 4, hold: Blade, processing_s: 2, {extra}),")
}

#[test]
fn a_saturated_station_gives_one_part_per_processing_and_exchange() {
    for hold in ["Blade", "Clamp", "BeltStop"] {
        let mut rig = Rig::new(scene(&blade_station("").replace("Blade", hold)), 0);
        rig.run(600.0);
        let ends = rig.cycles_ended("work");
        let (first, last) = (ends[10], ends[ends.len() - 1]);
        let cycle_s = (last - first) / (ends.len() - 11) as f64;
        let drive = &rig.scene.drives[0];
        let ramps_s = drive.speed_mps / (2.0 * drive.acceleration_mps2) + drive.speed_mps / (2.0 * drive.deceleration_mps2);
        let exchange_s = match hold {
            "Blade" => exchange_s(),
            // What is kept at its middle is followed at once.
            "Clamp" => from_rest_s(0.4) + held_s(),
            _ => 0.4 / drive.speed_mps + ramps_s + held_s(),
        };
        assert!((cycle_s - 2.0 - exchange_s).abs() < EXACT_S, "{hold}: {cycle_s}, expected {}", 2.0 + exchange_s);
        let busy = rig.share("work", ElementState::Processing, first);
        assert!((busy - 2.0 / cycle_s).abs() < 0.01, "{hold}: busy {busy}");
        assert!(rig.share("in", ElementState::Blocked, first) > 0.5, "{hold}: the queue reaches the source");
    }
}

#[test]
fn a_part_waits_at_the_source_and_its_clock_stands() {
    let mut rig = Rig::new(scene(&format!("{SATURATED} {BELT_AND_DOCK}")), 0);
    rig.run(100.0);
    // The place is free 0.4 m / 0.5 m/s after the last part came in; 0.5 s of that the next one was not there yet.
    assert!((rig.share("in", ElementState::Blocked, 0.5) - 0.3 / 0.8).abs() < 0.01);
    let entered = rig.times(|kind| matches!(kind, EventKind::PartEntered { .. }));
    assert!(entered.windows(2).all(|pair| (pair[1] - pair[0] - 0.8).abs() < EXACT_S), "{entered:?}");
}

#[test]
fn a_source_that_loses_keeps_its_clock() {
    let source = "\"in\": Source(part: \"carton\", rate_per_h: 7200, before: \"belt\", when_occupied: Lose),";
    let mut rig = Rig::new(scene(&format!("{source} {BELT_AND_DOCK}")), 0);
    rig.run(60.0);
    let created = rig.times(|kind| matches!(kind, EventKind::PartCreated { .. }));
    assert!(created.iter().enumerate().all(|(k, at)| *at == 0.5 * k as f64), "the clock goes on: {created:?}");
    let balance = rig.parts.balance();
    // Every second part comes 0.5 s after one that needs 0.8 s to make room.
    assert!(balance.turned_away.abs_diff(balance.entered) <= 1, "{balance:?}");
    assert_eq!(rig.share("in", ElementState::Blocked, 0.0), 0.0);
}

/// So many standard errors: a right program fails about once in two million seeds.
const STANDARD_ERRORS: f64 = 5.0;

#[test]
fn utilisation_and_littles_law_hold_for_a_queue_before_a_station() {
    let mut rig = Rig::new(
        scene_with(
            "step_hz: 30,",
            "\"in\": Source(part: \"carton\", interarrival_s: Exponential(mean: 10), before: \"feed\"),
             \"feed\": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"rack\": Buffer(after: \"feed\", capacity: 1000),
             \"belt\": Belt(after: \"rack\", length_m: 3),
             \"work\": Station(on: \"belt\", at_m: 1.5, hold: Blade, processing_s: Exponential(mean: 4)),
             \"dock\": Sink(after: \"belt\"),",
        ),
        0,
    );
    let mut integral = 0.0;
    let hours = 20.0;
    while rig.now().as_seconds() < hours * 3600.0 {
        let before = rig.now().as_seconds();
        rig.step();
        integral += rig.parts.inside() as f64 * (rig.now().as_seconds() - before);
    }
    let cycles = rig.cycles_ended("work").len() as f64;
    let busy = rig.share("work", ElementState::Processing, 0.0);
    // The sum of n exponential times of mean 4 s over the run's length, given n.
    let error = 4.0 * cycles.sqrt() / (hours * 3600.0);
    assert!((busy - 4.0 * cycles / (hours * 3600.0)).abs() < STANDARD_ERRORS * error, "busy {busy} with {cycles} cycles");
    let arrivals = hours * 360.0;
    assert!((cycles - arrivals).abs() < STANDARD_ERRORS * arrivals.sqrt() + 20.0, "{cycles}");

    // L = lambda W over the closed window: the integral of what is inside is the sum of the stays.
    let mut stays: BTreeMap<PartId, f64> = BTreeMap::new();
    let end = rig.now().as_seconds();
    for event in &rig.events {
        match event.kind {
            EventKind::PartEntered { part, .. } => *stays.entry(part).or_insert(end) -= event.at.as_seconds(),
            EventKind::PartLeft { part, .. } => *stays.get_mut(&part).expect("it entered") -= end - event.at.as_seconds(),
            _ => {}
        }
    }
    let sum: f64 = stays.values().sum();
    // The parts are counted once a step, entries and exits a step late: at most two steps a part.
    assert!((sum - integral).abs() <= stays.len() as f64 * 2.0 / 30.0, "{sum} and {integral}");
}

/// From what is printed of a failing element: began and ended, in order.
fn repairs(rig: &Rig) -> Vec<(f64, f64)> {
    let began = rig.times(|kind| matches!(kind, EventKind::FailureBegan { .. }));
    let ended = rig.times(|kind| matches!(kind, EventKind::FailureEnded { .. }));
    began.into_iter().zip(ended).collect()
}

#[test]
fn availability_is_mtbf_over_mtbf_plus_mttr() {
    let failure =
        "failures: [Failure(mode: \"motor\", clock: Calendar, uptime_s: Exponential(mean: 100), repair_s: Exponential(mean: 25))]";
    let mut rig = Rig::new(scene_with("step_hz: 30,", &blade_station(failure)), 0);
    rig.run(100_000.0);
    let count = repairs(&rig).len() as f64;
    assert!(count > 600.0, "{count}");
    let down = rig.share("work", ElementState::Down, 0.0);
    // Alternating renewal process with exponential times: sd of the share is A (1 - A) sqrt(2 / n).
    let error = 0.8 * 0.2 * (2.0 / count).sqrt();
    assert!((down - 0.2).abs() < STANDARD_ERRORS * error, "down {down} after {count} failures");
}

#[test]
fn the_running_clock_counts_processing_time_to_the_nanosecond_and_work_is_resumed() {
    let failure = "failures: [Failure(mode: \"knife\", clock: Running, uptime_s: 33.3, repair_s: 7)]";
    let mut rig = Rig::new(scene(&blade_station(failure)), 0);
    rig.run(2000.0);
    let work = rig.id("work");
    let (mut since, mut busy, mut runs) = (None, 0, Vec::new());
    for event in &rig.events {
        match event.kind {
            EventKind::StateChanged { element, state, .. } if element == work => {
                if let Some(since) = since.take() {
                    busy += (event.at - since).0;
                }
                since = (state == ElementState::Processing).then_some(event.at);
            }
            // The state change to down comes behind the failure, at the same instant.
            EventKind::FailureBegan { .. } => {
                runs.push(busy + since.map_or(0, |since| (event.at - since).0));
            }
            _ => {}
        }
    }
    assert!(runs.len() > 20);
    for (index, busy) in runs.iter().enumerate() {
        assert_eq!(*busy, 33_300_000_000 * (index as u64 + 1), "failure {index}");
    }
    // Every cycle has its two seconds, with seven more for each repair within.
    let started = rig.times(|kind| matches!(kind, EventKind::CycleStarted { element, .. } if *element == work));
    let repairs = repairs(&rig);
    let ends = rig.cycles_ended("work");
    assert!(ends.len() > 500);
    for (start, end) in started.iter().zip(&ends) {
        let interrupted = repairs.iter().filter(|(began, _)| began >= start && began < end).count();
        assert!((end - start - 2.0 - 7.0 * interrupted as f64).abs() < EXACT_S, "{start} to {end}");
    }
}

#[test]
fn the_cycle_clock_counts_cycles_and_repairs_do_not_overlap() {
    let failures = "failures: [Failure(mode: \"roll empty\", clock: Cycles, uptime_cycles: 10, repair_s: 30),
                               Failure(mode: \"blade\", clock: Cycles, uptime_cycles: 10, repair_s: 5)]";
    let mut rig = Rig::new(scene(&blade_station(failures)), 0);
    rig.run(1000.0);
    let (mut cycles, mut counts, mut down) = (0, Vec::new(), 0);
    for event in &rig.events {
        match event.kind {
            EventKind::CycleEnded { .. } => cycles += 1,
            EventKind::FailureBegan { .. } => {
                counts.push(cycles);
                down += 1;
                assert_eq!(down, 1, "one repair at a time");
            }
            EventKind::FailureEnded { .. } => down -= 1,
            _ => {}
        }
    }
    assert!(counts.len() >= 20);
    assert_eq!(counts[..6], [10, 10, 20, 20, 30, 30]);
}

fn merge_scene(priority: &str, host_s: f64, side_s: f64) -> Scene {
    scene(&format!(
        "\"in\": Source(part: \"carton\", interarrival_s: {host_s}, before: \"host\"),
         \"host\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
         \"merge\": Merge(on: \"host\", at_m: 4, side: Right, priority: {priority}),
         \"in 2\": Source(part: \"carton\", interarrival_s: {side_s}, before: \"side\"),
         \"side\": Belt(before: \"merge.side\", length_m: 3, width_m: 0.6, speed_mps: 0.5),
         \"dock\": Sink(after: \"host\"),"
    ))
}

/// Sources of the parts that left, in order.
fn left_from(rig: &Rig) -> Vec<ElementId> {
    let of = |event: &Event| match event.kind {
        EventKind::PartLeft { part, .. } => Some(part.source),
        _ => None,
    };
    rig.events.iter().filter_map(of).collect()
}

#[test]
fn a_merge_serves_by_its_priority() {
    let run = |priority: &str, host_s: f64, side_s: f64| {
        let mut rig = Rig::new(merge_scene(priority, host_s, side_s), 0);
        rig.run(600.0);
        let from = left_from(&rig);
        let side = rig.id("in 2");
        (from.iter().filter(|source| **source != side).count(), from.iter().filter(|source| **source == side).count(), from, side)
    };
    // Both lanes saturated.
    let (host, side, from, side_id) = run("Alternate", 0.5, 0.5);
    let order: Vec<bool> = from.iter().skip(4).map(|source| *source == side_id).collect();
    assert!(order.windows(2).all(|pair| pair[0] != pair[1]), "alternate: {host} host, {side} side, {order:?}");
    assert!(side > 50, "alternate: {side}");
    let (host, side, ..) = run("Host", 0.5, 0.5);
    assert!(host > 500 && side <= 1, "host first: {host} host, {side} side");
    let (host, side, ..) = run("Side", 0.5, 0.5);
    assert!(side > 50 && host <= 12, "side first: {host} host, {side} side");
    let (host, side, ..) = run("FirstCome", 0.5, 0.5);
    assert!(host > 50 && side > 50, "first come: {host} host, {side} side");
    // A lane that is empty holds nobody up; with time for both, both pass whatever the priority.
    for priority in ["Host", "Side", "FirstCome", "Alternate"] {
        let (host, side, ..) = run(priority, 12.0, 15.0);
        assert!(host >= 46 && side >= 36, "{priority}: {host} host, {side} side");
    }
}

const ZONES: &str = "
    \"in\": Source(part: \"carton\", interarrival_s: 2.5, before: \"zones\"),
    \"zones\": ZoneConveyor(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), zone_m: 1, width_m: 0.6, speed_mps: 0.5),
    \"belt\": Belt(after: \"zones\", length_m: 2),
    \"work\": Station(on: \"belt\", at_m: 1, hold: Blade, processing_s: 20),
    \"dock\": Sink(after: \"belt\"),";

/// Positions along x on the zone conveyor, from the front.
fn on_zones(rig: &Rig) -> Vec<f64> {
    let motions = rig.transport.motions();
    let mut along: Vec<f64> = motions.iter().map(|(_, motion)| f64::from(motion.position[0])).filter(|x| *x < 6.0).collect();
    along.sort_by(|a, b| b.total_cmp(a));
    along
}

/// A zone's part stops one control latency behind its eye, and the last two may still move.
const ZONE_STOP_M: f64 = 0.05;

#[test]
fn zones_keep_one_part_each_without_pressure() {
    let mut rig = Rig::new(scene(ZONES), 0);
    let mut closest = f64::INFINITY;
    for _ in 0..300 * 120 {
        rig.step();
        // Beyond the first zone, into which the source pushes.
        for pair in on_zones(&rig).windows(2).filter(|pair| pair[1] > 1.0) {
            closest = closest.min(pair[0] - pair[1]);
        }
    }
    let along = on_zones(&rig);
    // The source pushes one more into the first zone, against the part that stands there.
    assert_eq!(along.len(), 7, "one part per zone: {along:?}");
    // Parts in neighbouring zones never come nearer than a zone less the length that their eyes let them overrun.
    assert!(closest > 1.0 - ZONE_STOP_M - 0.175, "{closest}");
    for pair in along[1..6].windows(2) {
        assert!((pair[0] - pair[1] - 1.0).abs() < ZONE_STOP_M, "{along:?}");
    }
    let state = |name| rig.share(name, ElementState::Blocked, 250.0);
    assert!(state("zones") > 0.3, "a full conveyor is blocked: {}", state("zones"));
}

#[test]
fn an_eye_that_is_stuck_off_lets_parts_collide() {
    let mut rig = Rig::new(scene(ZONES), 0);
    rig.force("zones.zone 4.blocked", Some(IoValue::Bool(false)));
    rig.run(300.0);
    let along = on_zones(&rig);
    let closest = along.windows(2).map(|pair| pair[0] - pair[1]).fold(f64::INFINITY, f64::min);
    assert!(closest < 0.6, "the zone runs on against the one before: {along:?}");
}

#[test]
fn a_belt_that_is_forced_down_stands_and_goes_on() {
    let mut rig = Rig::new(scene(&format!("\"in\": Source(part: \"carton\", rate_per_h: 600, before: \"belt\"), {BELT_AND_DOCK}")), 0);
    rig.run(30.0);
    let before = rig.left(Outcome::Good).len();
    rig.force("belt.run", Some(IoValue::Bool(false)));
    rig.run(60.0);
    assert!(rig.left(Outcome::Good).len() <= before + 1, "nothing leaves a belt that stands");
    assert!(rig.share("belt", ElementState::Held, 30.5) > 0.99);
    rig.force("belt.run", None);
    rig.run(60.0);
    assert!(rig.left(Outcome::Good).len() > before + 5, "it goes on");
    rig.force("belt.speed", Some(IoValue::Number(0.4)));
    rig.run(60.0);
    let left = rig.left(Outcome::Good);
    let last = rig.times(|kind| matches!(kind, EventKind::PartEntered { .. }));
    let stay = left[left.len() - 1] - last[left.len() - 1];
    assert!((stay - 15.0).abs() < EXACT_S, "6 m at 0.4 m/s: {stay}");
}

#[test]
fn commands_that_make_no_sense_are_refused() {
    let mut rig = Rig::new(scene(&blade_station("")), 0);
    let mut refuse = |point: &str, force| {
        rig.line.command(&Command { step: 0, sequence: 0, point: point.to_string(), force }).expect_err("refused").to_string()
    };
    assert_eq!(refuse("nowhere.run", None), "there is no I/O point `nowhere.run`");
    assert!(refuse("belt.run", Some(IoValue::Number(1.0))).contains("on or off"));
    assert!(refuse("belt.speed", Some(IoValue::Number(f64::NAN))).contains("finite"));
    assert!(refuse("work.held", Some(IoValue::Bool(true))).contains("off only"));
}

#[test]
fn a_dead_sensor_keeps_a_station_waiting() {
    let mut rig = Rig::new(scene(&blade_station("")), 0);
    rig.force("work.held", Some(IoValue::Bool(false)));
    rig.run(60.0);
    assert_eq!(rig.cycles_ended("work").len(), 0);
    assert_eq!(rig.left(Outcome::Good).len(), 0);
}

#[test]
fn a_buffer_is_first_in_first_out_and_never_above_its_capacity() {
    let mut rig = Rig::new(
        scene(
            "\"in\": Source(part: \"carton\", interarrival_s: 2, before: \"feed\"),
             \"feed\": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"rack\": Buffer(after: \"feed\", capacity: 3, dwell_s: 4),
             \"belt\": Belt(after: \"rack\", length_m: 3),
             \"work\": Station(on: \"belt\", at_m: 1.5, hold: Blade, processing_s: 8),
             \"dock\": Sink(after: \"belt\"),",
        ),
        0,
    );
    let rack = rig.id("rack");
    let mut most = 0;
    for _ in 0..400 * 120 {
        rig.step();
        most = most.max(rig.parts.iter().filter(|(_, part)| part.place == Place::On(rack)).count());
    }
    assert_eq!(most, 3);
    let moved = |to_rack: bool| -> Vec<(PartId, f64)> {
        let pick = |event: &Event| match event.kind {
            EventKind::PartMoved { part, to, .. } if to_rack && to == rack => Some((part, event.at.as_seconds())),
            EventKind::PartMoved { part, from, .. } if !to_rack && from == rack => Some((part, event.at.as_seconds())),
            _ => None,
        };
        rig.events.iter().filter_map(pick).collect()
    };
    let (came, went) = (moved(true), moved(false));
    assert!(went.len() > 30, "{}", went.len());
    for ((came, came_at), (went, went_at)) in came.iter().zip(&went) {
        assert_eq!(came, went, "first in, first out");
        assert!(went_at - came_at >= 4.0, "the dwell is kept: {came_at} to {went_at}");
    }
    assert!(rig.share("rack", ElementState::Blocked, 100.0) > 0.3);
    assert!(rig.share("in", ElementState::Blocked, 200.0) > 0.3, "full and blocked all the way back");
    // Eight seconds of work and the exchange.
    let ends = rig.cycles_ended("work");
    let cycle_s = (ends[ends.len() - 1] - ends[10]) / (ends.len() - 11) as f64;
    assert!((cycle_s - 8.0 - exchange_s()).abs() < EXACT_S, "{cycle_s}");
}

#[test]
fn a_starved_station_says_so() {
    let mut rig = Rig::new(scene(&blade_station("").replace("interarrival_s: 0.5", "rate_per_h: 180")), 0);
    rig.run(600.0);
    // Every 20 s one part: 2 s of work, and a while of coming and going.
    let (busy, starved) = (rig.share("work", ElementState::Processing, 100.0), rig.share("work", ElementState::Starved, 100.0));
    assert!((busy - 0.1).abs() < 0.001, "{busy}");
    assert!(starved > 0.75 && starved < 0.9, "{starved}");
    assert_eq!(rig.share("work", ElementState::Blocked, 0.0), 0.0);
}

#[test]
fn scrap_comes_with_its_probability() {
    let mut rig = Rig::new(scene(&blade_station("scrap_probability: 0.2").replace("processing_s: 2", "processing_s: 0.1")), 0);
    rig.run(3600.0);
    let (good, scrap) = (rig.left(Outcome::Good).len() as f64, rig.left(Outcome::Scrap).len() as f64);
    let n = good + scrap;
    assert!(n > 2000.0);
    assert!((scrap / n - 0.2).abs() < STANDARD_ERRORS * (0.2 * 0.8 / n).sqrt(), "{scrap} of {n}");
}

const SORTING: &str = "
    \"in\": Source(part: \"carton\", interarrival_s: Exponential(mean: 4), before: \"belt\"),
    \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"weigher\": Checkweigher(on: \"belt\", at_m: 1.5, limits_kg: (3.7, 4.3), sets: \"weight_ok\"),
    \"reject\": Pusher(on: \"belt\", at_m: 3, side: Left, stroke_s: 0.3, when: \"!weight_ok\"),
    \"bin\": Sink(after: \"reject.side\"),
    \"passed\": Counter(on: \"belt\", at_m: 5),
    \"dock\": Sink(after: \"belt\"),";

#[test]
fn a_checkweigher_and_a_pusher_sort_by_true_weight() {
    let mut rig = Rig::new(scene(SORTING), 0);
    rig.run(2000.0);
    let mut ok: BTreeMap<PartId, f64> = BTreeMap::new();
    let (mut good, mut rejected) = (0u32, 0u32);
    for event in &rig.events {
        match event.kind {
            EventKind::AttributeSet { part, value, .. } => drop(ok.insert(part, value)),
            EventKind::PartLeft { part, outcome, .. } => {
                assert_eq!(ok[&part] == 1.0, outcome == Outcome::Good, "{part:?}");
                if outcome == Outcome::Good { good += 1 } else { rejected += 1 }
            }
            EventKind::Misrouted { part, .. } => panic!("{part:?} went astray"),
            _ => {}
        }
    }
    // One standard deviation each way: 68.3 % pass.
    let share = f64::from(good) / f64::from(good + rejected);
    assert!((share - 0.6827).abs() < STANDARD_ERRORS * (0.2166 / f64::from(good + rejected)).sqrt(), "{share}");
    let counted = rig.times(|kind| matches!(kind, EventKind::Counted { .. })).len();
    assert!(counted.abs_diff(good as usize) <= 1, "{counted} counted, {good} good");
}

#[test]
fn a_pusher_without_power_misses_and_that_shows() {
    let mut rig = Rig::new(scene(SORTING), 0);
    rig.force("reject.push", Some(IoValue::Bool(false)));
    rig.run(500.0);
    assert_eq!(rig.left(Outcome::Reject).len(), 0);
    let misrouted = rig.times(|kind| matches!(kind, EventKind::Misrouted { .. })).len();
    assert!(misrouted > 20, "{misrouted}");
}

#[test]
fn work_in_motion_that_takes_too_long_is_missed() {
    let line = blade_station("sets: \"done\"").replace("hold: Blade", "hold: None").replace("interarrival_s: 0.5", "rate_per_h: 360");
    let count = |processing: &str| {
        let mut rig = Rig::new(scene(&line.replace("processing_s: 2", processing)), 0);
        rig.run(300.0);
        let missed = rig.times(|kind| matches!(kind, EventKind::WorkMissed { .. })).len();
        (missed, rig.times(|kind| matches!(kind, EventKind::AttributeSet { .. })).len())
    };
    // Half the station and half the part: 0.5 m at 0.5 m/s is 1 s.
    let (missed, done) = count("processing_s: 0.9");
    assert!(missed == 0 && done >= 28, "{missed} missed, {done} done");
    let (missed, done) = count("processing_s: 1.1");
    assert!(missed >= 28 && done == 0, "{missed} missed, {done} done");
}

#[test]
fn a_device_in_motion_that_is_down_stops_its_belt() {
    let failure = ", failures: [Failure(mode: \"cell\", clock: Calendar, uptime_s: 50, repair_s: 50)]),\n    \"reject\"";
    let text = SORTING.replacen("),\n    \"reject\"", failure, 1);
    assert_ne!(text, SORTING);
    let mut rig = Rig::new(scene(&text), 0);
    rig.run(1000.0);
    assert!((rig.share("weigher", ElementState::Down, 0.0) - 0.5).abs() < 0.03);
    assert!((rig.share("belt", ElementState::Held, 0.0) - 0.5).abs() < 0.03);
    assert!(rig.times(|kind| matches!(kind, EventKind::WorkMissed { .. })).is_empty(), "no part passes unweighed");
}

#[test]
fn a_stop_holds_each_part_for_its_time() {
    let stop = "\"gate\": Stop(on: \"belt\", at_m: 3, hold_s: 5),";
    let mut rig =
        Rig::new(scene(&format!("\"in\": Source(part: \"carton\", rate_per_h: 360, before: \"belt\"), {BELT_AND_DOCK} {stop}")), 0);
    rig.run(300.0);
    let (entered, left) = (rig.times(|kind| matches!(kind, EventKind::PartEntered { .. })), rig.left(Outcome::Good));
    assert!(left.len() > 20);
    for (entered, left) in entered.iter().zip(&left) {
        // Twelve seconds of way, five of being held, until it counts as held, and what it loses in setting off.
        let expected_s = 12.0 + 5.0 + held_s() + from_rest_s(0.4) - 0.8;
        assert!((left - entered - expected_s).abs() < EXACT_S, "{entered} to {left}");
    }
    assert!(rig.times(|kind| matches!(kind, EventKind::CycleStarted { .. })).is_empty(), "holding is no work");
}

#[test]
fn contents_at_time_zero_count_as_entered_then() {
    let head = "initial: [(on: \"zones\", part: \"carton\", count: 4), (on: \"rack\", part: \"carton\", count: 3)],";
    let line = "\"in\": Source(part: \"carton\", interarrival_s: 30, before: \"zones\"),
        \"zones\": ZoneConveyor(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), zone_m: 1, width_m: 0.6, speed_mps: 0.5),
        \"rack\": Buffer(after: \"zones\", capacity: 10),
        \"belt\": Belt(after: \"rack\", length_m: 3),
        \"dock\": Sink(after: \"belt\"),";
    let mut rig = Rig::new(scene_with(head, line), 0);
    rig.step();
    rig.step();
    let entered = rig.times(|kind| matches!(kind, EventKind::PartEntered { .. }));
    assert_eq!(entered, [0.0; 7]);
    assert_eq!(rig.parts.inside(), 7);
    rig.run(25.0);
    assert_eq!(rig.left(Outcome::Good).len(), 7, "all of them leave");
}

#[test]
fn a_random_line_conserves_parts_and_tells_a_consistent_story() {
    for replication in 0..6 {
        let mut rig = Rig::new(scene(EVERYTHING), replication);
        // Conservation is asserted at every step within.
        rig.run(1200.0);
        let mut states: BTreeMap<ElementId, Time> = BTreeMap::new();
        let mut cycles: BTreeMap<(ElementId, PartId), u32> = BTreeMap::new();
        let mut places: BTreeMap<PartId, ElementId> = BTreeMap::new();
        let (mut entered, mut left) = (0, 0);
        for event in &rig.events {
            match event.kind {
                EventKind::StateChanged { element, .. } => {
                    assert!(states.insert(element, event.at).is_none_or(|before| before <= event.at), "{event:?}");
                }
                EventKind::CycleStarted { element, part } => assert!(cycles.insert((element, part), 1).is_none(), "{event:?}"),
                EventKind::CycleEnded { element, part } => assert!(cycles.remove(&(element, part)).is_some(), "{event:?}"),
                EventKind::PartEntered { part, element } => {
                    entered += 1;
                    assert!(places.insert(part, element).is_none(), "{event:?}");
                }
                EventKind::PartMoved { part, from, to } => assert_eq!(places.insert(part, to), Some(from), "{event:?}"),
                EventKind::PartLeft { part, .. } => {
                    left += 1;
                    assert!(places.remove(&part).is_some(), "{event:?}");
                }
                EventKind::Dropped { .. } | EventKind::Misrouted { .. } | EventKind::WorkMissed { .. } => {
                    panic!("replication {replication}: {event:?}")
                }
                _ => {}
            }
        }
        assert_eq!(entered - left, rig.parts.inside());
        assert!(left > 60, "replication {replication}: the line flows: {left}");
        let with_state = rig.scene.elements.iter().filter(|element| !["Eye", "Counter"].contains(&element.family.as_str())).count();
        assert_eq!(states.len(), with_state, "every element has a state");
        for (part, place) in &places {
            match rig.parts.get(*part).expect("it is inside").place {
                Place::On(element) => assert_eq!(element, *place),
                other => assert!(matches!(other, Place::Held(_)), "{other:?}"),
            }
        }
    }
}

#[test]
fn a_saved_line_goes_on_as_the_uninterrupted_one() {
    let scene = Arc::new(Scene { fidelity: Fidelity::Event, ..scene(EVERYTHING) });
    let options = SimulationOptions::default();
    let mut whole = Simulation::new(scene.clone(), options.clone());
    let step = |simulation: &mut Simulation, count| (0..count).for_each(|_| simulation.step());
    step(&mut whole, 20_000);
    let mut resumed = Simulation::load(scene, options, &whole.save()).expect("just saved");
    assert_eq!(resumed.save(), whole.save(), "save, load, save");
    step(&mut whole, 20_000);
    step(&mut resumed, 20_000);
    assert_eq!(resumed.state_hash(), whole.state_hash());
    assert_eq!(resumed.save(), whole.save());
}
