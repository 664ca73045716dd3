//! Same scene, same seed, same bytes: for any number of threads, for a run that was saved and loaded, and for one that
//! is repeated. Every comparison is of bits. Dev against release builds, and ten minutes of 500 bodies, are in
//! `tests/run` and `tests/soak`.

use linetwin_model::{Scene, Time};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::simulation::StateHash;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::lanes::crowded_lanes;
use linetwin_tests::scene_from;
use std::sync::Arc;

/// Lanes of about 17 cartons each, where a test only needs a crowd.
const CROWD_LANES: usize = 6;

/// What a run did, to the bit.
#[derive(PartialEq)]
struct Outcome {
    hash: StateHash,
    events: Vec<Event>,
    kpis: String,
    snapshot: Vec<u8>,
}

fn options(threads: usize) -> SimulationOptions {
    SimulationOptions { threads, ..Default::default() }
}

fn outcome(mut simulation: Simulation, mut events: Vec<Event>, until: Time) -> Outcome {
    simulation.run_until(until);
    events.extend(simulation.take_events());
    let kpis = serde_json::to_string(&simulation.report()).expect("a report is plain data");
    Outcome { hash: simulation.state_hash(), events, kpis, snapshot: simulation.save() }
}

fn run(scene: &Arc<Scene>, threads: usize, until: Time) -> Outcome {
    outcome(Simulation::new(scene.clone(), options(threads)), Vec::new(), until)
}

fn assert_same(a: &Outcome, b: &Outcome, what: &str) {
    assert_eq!(a.events.len(), b.events.len(), "{what}: number of events");
    for (number, (left, right)) in a.events.iter().zip(&b.events).enumerate() {
        assert_eq!(left, right, "{what}: event {number}");
    }
    assert_eq!(a.hash, b.hash, "{what}: final hash");
    assert_eq!(a.kpis, b.kpis, "{what}: measures");
    assert!(a.snapshot == b.snapshot, "{what}: the saved states differ");
}

/// One minute of 500 bodies: the gate's share of the ten minutes in the soak.
fn minutes_of_500_bodies() -> Time {
    let minutes = std::env::var("LINETWIN_SOAK_MINUTES").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    Time::from_seconds(minutes * 60.0)
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let scene = scene_from(&crowded_lanes(30));
    let until = minutes_of_500_bodies();
    let one = run(&scene, 1, until);
    let balance = linetwin_tests::balance_of(&one.events);
    assert!(balance.entered - balance.left >= 500, "500 bodies are promised: {balance:?}");
    for threads in [2, 4] {
        assert_same(&one, &run(&scene, threads, until), &format!("1 and {threads} threads"));
    }
}

#[test]
fn a_saved_run_goes_on_as_if_it_had_not_been_saved() {
    let scene = scene_from(&crowded_lanes(CROWD_LANES));
    let until = Time::from_seconds(60.0);
    let whole = run(&scene, 2, until);

    // Saved in the pile-up, again a moment later, and again after spawns and removals.
    let mut simulation = Simulation::new(scene.clone(), options(2));
    let mut events = Vec::new();
    for (seconds, threads) in [(0.5, 1), (25.0, 2), (25.1, 4), (41.7, 1)] {
        simulation.run_until(Time::from_seconds(seconds));
        events.extend(simulation.take_events());
        let bytes = simulation.save();
        simulation = Simulation::load(scene.clone(), options(threads), &bytes).expect("its own snapshot");
        assert!(simulation.save() == bytes, "save, load, save at {seconds} s gives other bytes");
    }
    assert_same(&whole, &outcome(simulation, events, until), "an uninterrupted and a four times resumed run");
    let balance = linetwin_tests::balance_of(&whole.events);
    assert!(balance.entered > 100 && balance.left > 50, "the scene is too quiet to show anything: {balance:?}");
}

#[test]
fn seed_and_replication_change_the_run() {
    let scene = scene_from(&crowded_lanes(1));
    let until = Time::from_seconds(10.0);
    let first = run(&scene, 1, until);
    let seeded = Simulation::new(scene.clone(), SimulationOptions { seed: Some(12), ..options(1) });
    let replicated = Simulation::new(scene.clone(), SimulationOptions { replication: 1, ..options(1) });
    assert!(outcome(seeded, Vec::new(), until).hash != first.hash);
    assert!(outcome(replicated, Vec::new(), until).hash != first.hash);
}

#[test]
fn a_foreign_or_damaged_snapshot_is_refused() {
    use linetwin_sim::simulation::SnapshotError;
    let scene = scene_from(&crowded_lanes(1));
    let mut simulation = Simulation::new(scene.clone(), options(1));
    simulation.run_until(Time::from_seconds(5.0));
    let bytes = simulation.save();
    let load = |scene: &Arc<Scene>, bytes: &[u8]| Simulation::load(scene.clone(), options(1), bytes).err();

    assert!(matches!(load(&scene_from(&crowded_lanes(2)), &bytes), Some(SnapshotError::ForeignScene)));
    assert!(matches!(load(&scene, &bytes[..bytes.len() / 2]), Some(SnapshotError::Damaged(_))));
    assert!(matches!(load(&scene, &[bytes.as_slice(), b"x"].concat()), Some(SnapshotError::Damaged(_))));
    let mut foreign = bytes.clone();
    foreign[3] ^= 1;
    assert!(matches!(load(&scene, &foreign), Some(SnapshotError::ForeignEngine { .. })));
}

#[test]
fn a_forced_point_is_an_input_like_any_other() {
    use linetwin_sim::io::{Command, IoValue};
    let scene = scene_from(&crowded_lanes(1));
    let stop_at = Time::from_seconds(12.0);
    let stopped = || {
        let mut simulation = Simulation::new(scene.clone(), options(2));
        simulation.run_until(stop_at);
        let force = Some(IoValue::Bool(false));
        let command = Command { step: simulation.step_count(), sequence: 0, point: "belt 0.run".to_owned(), force };
        simulation.command(&command).expect("every belt has a run point");
        outcome(simulation, Vec::new(), Time::from_seconds(30.0))
    };
    let (first, second) = (stopped(), stopped());
    assert_same(&first, &second, "two runs with the same command");
    // The belt ramps down within a second and carries nothing further: nobody leaves any more.
    let halted = stop_at + Time::from_seconds(1.0);
    let leaves_after = |outcome: &Outcome| {
        outcome.events.iter().filter(|event| event.at > halted && matches!(event.kind, EventKind::PartLeft { .. })).count()
    };
    assert_eq!(leaves_after(&first), 0);
    assert!(leaves_after(&run(&scene, 2, Time::from_seconds(30.0))) > 0);
}
