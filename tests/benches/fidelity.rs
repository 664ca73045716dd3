//! How far exact events agree with contact physics, and what each costs, scene by scene.
//!
//! `cargo bench --locked -p linetwin-tests --bench fidelity` runs ten minutes of every scene that exact events know, both ways, and
//! with both side by side where the scene says what is run by contact; then a day with exact events. `-- packaging` runs one scene. Processor time of this process, on one thread, without files.
//!
//! Where jams and falls decide, the two differ, and contact physics is right.

use linetwin_model::{Scene, Time};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::processor::cpu_s;
use linetwin_tests::{shipped_scene, shipped_scenes};
use std::sync::Arc;

const SHORT_S: f64 = 600.0;
const LONG_S: f64 = 86_400.0;
/// Short enough for every scene to be measured.
const WARMUP: &str = "warmup_s=60";

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    println!(
        "{:<18} {:>12} {:>12} {:>8} {:>12} {:>12} {:>8} {:>12}",
        "scene", "contact [/h]", "event [/h]", "apart", "contact [s]", "event [s]", "ratio", "a day [s]"
    );
    let row = |name: &str, there: f64, here: f64, contact_s: f64, own_s: f64, day: &str| {
        let apart = if there > 0.0 { 100.0 * (here / there - 1.0) } else { 0.0 };
        let ratio = contact_s / own_s;
        println!("{name:<18} {there:>12.1} {here:>12.1} {apart:>+7.1}% {contact_s:>12.2} {own_s:>12.4} {ratio:>8.1} {day:>12}");
    };
    let (mut compared, mut equal) = (0, 0);
    for name in shipped_scenes() {
        let stem = name.trim_end_matches(".ron");
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == stem) {
            continue;
        }
        let Ok(scene) = shipped_scene(&name, &[WARMUP, "fidelity=Event"]) else { continue };
        let contact = shipped_scene(&name, &[WARMUP]).expect("what exact events know is a scene");
        let ((there, contact_s), (here, event_s), (_, day_s)) =
            (measured(&contact, SHORT_S), measured(&scene, SHORT_S), measured(&scene, LONG_S));
        compared += 1;
        equal += u32::from(here == there);
        row(stem, there, here, contact_s, event_s, &format!("{day_s:.2}"));
        if let Ok(mixed) = shipped_scene(&name, &[WARMUP, "fidelity=Mixed"]) {
            let (here, mixed_s) = measured(&mixed, SHORT_S);
            row(&format!("{stem}, mixed"), there, here, contact_s, mixed_s, "");
        }
    }
    println!("{equal} of {compared} scenes with equal throughput");
}

/// Throughput [1/h] and processor time [s] of a run.
fn measured(scene: &Arc<Scene>, seconds: f64) -> (f64, f64) {
    let begin_s = cpu_s();
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 1, ..Default::default() });
    let end = Time::from_seconds(seconds);
    while simulation.settled() < end {
        let next = (simulation.settled() + Time::from_seconds(60.0)).min(end);
        simulation.run_until(next);
        simulation.take_events();
    }
    (simulation.report().line.throughput_per_h, cpu_s() - begin_s)
}
