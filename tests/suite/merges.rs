//! Where a side conveyor joins at a right angle: of a queue at the side only the first goes round the corner, nobody comes along
//! the host meanwhile, and so nothing wedges, for hours.

use linetwin_model::Time;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{repository_root, scene_from};

/// Faster than this no box follows another [s]: that one goes on by its own length and half the mouth, 0.55 m at 0.5 m/s, before
/// the next is let out, and that one by half its length and the blade's distance from the host's edge.
const FOLLOWS_S: f64 = 1.3;

fn run(text: &str, seed: u32, seconds: f64) -> (Vec<Event>, Simulation) {
    let scene = scene_from(&text.replacen("seed: 5", &format!("seed: {seed}"), 1));
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 1, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    (simulation.take_events(), simulation)
}

fn scene(name: &str) -> String {
    std::fs::read_to_string(repository_root().join("scenes").join(name)).expect("a scene of the repository")
}

/// While the first turns round the corner its tail is over the blade for long, and friction of the host slows it: the next one
/// reached the blade, which rises under nobody, and slipped through behind it.
#[test]
fn of_a_queue_at_a_side_only_the_first_goes_round_the_corner() {
    let text = scene("merge.ron").replacen("part: \"box\", interarrival_s: Exponential(mean: 8)", "part: \"box\", interarrival_s: 0.8", 1);
    let (events, simulation) = run(&text, 5, 120.0);
    let name = |id| simulation.scene().element(id).name.as_str();
    let joined = events.iter().filter_map(|event| match event.kind {
        EventKind::PartMoved { from, to, .. } if (name(from), name(to)) == ("side", "main") => Some(event.at.as_seconds()),
        _ => None,
    });
    let joined: Vec<f64> = joined.collect();
    assert!(joined.len() > 40, "{} boxes joined", joined.len());
    let least_s = joined.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    assert!(least_s > FOLLOWS_S, "one followed after {least_s} s");
}

/// With the queue's second one in its mouth, the merge let the host's next one come: two cartons locked each other for good.
#[test]
fn nothing_wedges_at_a_right_angled_merge() {
    for (name, seed) in [("merge.ron", 5), ("merge.ron", 6), ("reversing.ron", 6), ("reversing.ron", 7)] {
        let text = scene(name).replacen("seed: 6", "seed: 5", 1);
        let (_, simulation) = run(&text, seed, 1800.0);
        let report = simulation.report();
        let kpis = report.flat();
        let jams = kpis.iter().find(|kpi| kpi.path == "line.jams").and_then(|kpi| kpi.value);
        assert_eq!(jams, Some(0.0), "{name}, seed {seed}");
        assert_eq!(report.invalid_conditions, Vec::new(), "{name}, seed {seed}");
    }
}
