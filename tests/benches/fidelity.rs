//! How far exact events agree with contact physics, and what each costs, scene by scene.
//!
//! `cargo bench --locked -p linetwin-tests --bench fidelity` runs ten minutes of every scene that exact events know, both ways, and
//! with both side by side where the scene says what is run by contact; then a day with exact events. `-- packaging` runs one scene, also
//! one with grains, which are left out else.
//! `-- coasting [SCENE]` compares runs without and with coasting instead, in every scene, by contact and mixed. Processor time of this process, on one
//! thread, without files.
//!
//! Where jams and falls decide, the two differ, and contact physics is right.

use linetwin_model::report::KpiReport;
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
    let mut wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if wanted.first().is_some_and(|first| first == "coasting") {
        wanted.remove(0);
        return coasting(&wanted);
    }
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
        // Grains take about as long as they flow.
        if contact.bulk.is_some() && wanted.is_empty() {
            continue;
        }
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

fn coasting(wanted: &[String]) {
    println!(
        "{:<20} {:>12} {:>12} {:>8} {:>7} {:>7} {:>10} {:>10} {:>10} {:>8} {:>7}",
        "scene", "contact [/h]", "coast [/h]", "apart", "jams", "coast", "WIP", "coast", "contact [s]", "coast", "times"
    );
    for name in shipped_scenes() {
        let stem = name.trim_end_matches(".ron");
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == stem) {
            continue;
        }
        for fidelity in ["Contact", "Mixed"] {
            let overrides = |coasting| shipped_scene(&name, &[WARMUP, &format!("fidelity={fidelity}"), coasting]);
            let (Ok(contact), Ok(coasting)) = (overrides("coasting=false"), overrides("coasting=true")) else { continue };
            if contact.bulk.is_none() || !wanted.is_empty() {
                let what = if fidelity == "Mixed" { format!("{stem}, mixed") } else { stem.into() };
                row_of_coasting(&what, &contact, &coasting);
            }
        }
    }
}

fn row_of_coasting(what: &str, contact: &Arc<Scene>, coasting: &Arc<Scene>) {
    let ((there, contact_s), (here, coasting_s)) = (ran(contact, SHORT_S), ran(coasting, SHORT_S));
    let [before, after] = [&there, &here].map(|report| report.line.throughput_per_h);
    let apart = if before > 0.0 { 100.0 * (after / before - 1.0) } else { 0.0 };
    println!(
        "{what:<20} {before:>12.1} {after:>12.1} {apart:>+7.2}% {:>7} {:>7} {:>10.3} {:>10.3} {contact_s:>10.2} {coasting_s:>8.2} {:>7.2}",
        there.line.parts.jams,
        here.line.parts.jams,
        there.line.wip.mean,
        here.line.wip.mean,
        contact_s / coasting_s
    );
}

/// Throughput [1/h] and processor time [s] of a run.
fn measured(scene: &Arc<Scene>, seconds: f64) -> (f64, f64) {
    let (report, cost_s) = ran(scene, seconds);
    (report.line.throughput_per_h, cost_s)
}

/// Report and processor time [s] of a run.
fn ran(scene: &Arc<Scene>, seconds: f64) -> (KpiReport, f64) {
    let begin_s = cpu_s();
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 1, ..Default::default() });
    let end = Time::from_seconds(seconds);
    while simulation.settled() < end {
        let next = (simulation.settled() + Time::from_seconds(60.0)).min(end);
        simulation.run_until(next);
        simulation.take_events();
    }
    (simulation.report(), cpu_s() - begin_s)
}
