//! What a run costs beside its simulation, where one process makes it after the other, and how many more runs two workers make.
//!
//! `cargo bench --locked -p linetwin --bench short_runs` makes 1,000 runs of a second of a small line by `linetwin replicate`, and then
//! runs of half a day of `scenes/packaging.ron` with exact events, by one worker and by two in turns. `-- 10000` makes so many short runs.

use linetwin_model::Time;
use linetwin_model::read::{ReadOptions, read};
use linetwin_sim::{Simulation, SimulationOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

const SCENE: &str = r#"Scene(schema: 1, name: "Short", fidelity: Event,
    parts: {"box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: 2)},
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 3), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "dock": Sink(after: "belt"),
    })"#;
/// Turns of one worker and of two; the medians count.
const TURNS: usize = 5;
const LONG_RUNS: u32 = 16;

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let runs = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let short = folder.path().join("short.ron");
    std::fs::write(&short, SCENE).expect("a temporary file");
    let simulation_ms = 1000.0 * simulation_s();
    for jobs in [1, 2] {
        let wall_ms = 1000.0 * replicated_s(folder.path(), &short, "1s", runs, jobs) / f64::from(runs);
        println!("{runs} runs of a second, {jobs} at a time: {wall_ms:.2} ms each, {simulation_ms:.3} ms of it the simulation");
    }
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/packaging.ron");
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (jobs, rates) in (1..).zip(&mut rates) {
            rates.push(60.0 * f64::from(LONG_RUNS) / replicated_s(folder.path(), &packaging, "12h", LONG_RUNS, jobs));
        }
    }
    let [one, two] = rates.map(median);
    println!("half days of packaging.ron: {one:.1} runs a minute by one worker, {two:.1} by two: {:.2} times as many", two / one);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Of a run of a second, without files or processes [s].
fn simulation_s() -> f64 {
    const RUNS: u32 = 200;
    let reading = read("short.ron", SCENE, &ReadOptions::default(), &|_| Err(std::io::ErrorKind::NotFound.into()));
    let scene = Arc::new(reading.scene.expect("a scene"));
    let begin = Instant::now();
    for replication in 0..RUNS {
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions { replication, threads: 1, ..Default::default() });
        simulation.run_until(Time::from_seconds(1.0));
        simulation.report();
    }
    begin.elapsed().as_secs_f64() / f64::from(RUNS)
}

/// Wall time of so many replications, with their tables [s].
fn replicated_s(folder: &Path, scene: &Path, duration: &str, runs: u32, jobs: u32) -> f64 {
    let out = folder.join("out");
    let begin = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin"));
    command.args(["--quiet", "replicate"]).arg(scene).args(["--for", duration, "--fidelity", "event"]).arg("--out").arg(&out);
    command.args(["--runs", &runs.to_string(), "--jobs", &jobs.to_string()]).stdout(Stdio::null());
    let status = command.status().expect("the program is built");
    let elapsed_s = begin.elapsed().as_secs_f64();
    assert!(status.success(), "{status}");
    std::fs::remove_dir_all(out).expect("ours");
    elapsed_s
}
