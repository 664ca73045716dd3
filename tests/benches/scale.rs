//! How cost grows with the size of a line, how much memory 2,000 parts take, and how soon the first step is done.
//!
//! `cargo bench -p linetwin-tests --bench scale`
//!
//! Lines of equal lanes, each with some 17 cartons that queue, are pushed off and leave: 100 to 10,000 parts. Each
//! figure that belongs to a process (memory, time to the first step) is taken from a child process of its own.

use linetwin_sim::simulation::{Simulation, SimulationOptions};
use linetwin_tests::growth::fitted_exponent;
use linetwin_tests::lanes::crowded_lanes;
use linetwin_tests::{repository_root, scene_from};
use std::process::Command;
use std::time::Instant;

/// Lanes of the cost curve; each holds about 17 parts.
const LANES: [usize; 5] = [6, 19, 60, 190, 600];
const LANES_FOR_MEMORY: usize = 200;
/// The lanes are full by then [s].
const FILLING_S: f64 = 30.0;
/// Over which a step's cost is averaged [s].
const MEASURED_S: f64 = 5.0;
const START_REPETITIONS: usize = 5;
/// What the project promises.
const PROMISED_EXPONENT: f64 = 1.15;
const PROMISED_MEMORY_MB: f64 = 300.0;
const PROMISED_START_S: f64 = 0.3;

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.first().map(String::as_str) {
        Some("cost") => print_cost_curve(),
        Some("memory") => print_memory(),
        Some("start") => print_start(),
        Some("memory-child") => memory_child(),
        Some("start-child") => start_child(),
        Some(other) => {
            eprintln!("usage: scale [cost|memory|start], not `{other}`");
            std::process::exit(2);
        }
        None => {
            print_start();
            print_memory();
            print_cost_curve();
        }
    }
}

/// Cost per step against the number of parts, and the exponent of the power law fitted through it.
fn print_cost_curve() {
    println!("cost per step\n{:>8} {:>10} {:>12}", "parts", "step ms", "us per part");
    let points = LANES.map(|lanes| {
        let mut simulation = filled(lanes);
        let steps = steps_in(&simulation, MEASURED_S);
        let (mut part_steps, mut stepping_s) = (0, 0.0);
        for _ in 0..steps {
            let started = Instant::now();
            simulation.step();
            simulation.take_events();
            stepping_s += started.elapsed().as_secs_f64();
            part_steps += simulation.motions().len();
        }
        let step_s = stepping_s / steps as f64;
        let parts = part_steps as f64 / steps as f64;
        println!("{parts:>8.0} {:>10.3} {:>12.2}", 1e3 * step_s, 1e6 * step_s / parts);
        (parts, step_s)
    });
    println!("exponent {:.3}; promised: at most {PROMISED_EXPONENT}", fitted_exponent(&points));
}

fn print_memory() {
    let answer = child("memory-child");
    println!("peak memory: {answer}; promised: at most {PROMISED_MEMORY_MB} MB for 2,000 parts");
}

fn memory_child() {
    let simulation = filled(LANES_FOR_MEMORY);
    let parts = simulation.motions().len();
    match peak_memory_mb() {
        Some(peak) => println!("{peak:.0} MB with {parts} parts"),
        None => println!("SKIPPED: this system has no /proc/self/status"),
    }
}

/// Largest resident set of this process so far [MB].
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// From the start of a process to the end of the first step of `scenes/packaging.ron`, reading and checking included.
fn print_start() {
    let mut seconds: Vec<f64> = (0..START_REPETITIONS)
        .map(|_| {
            let started = Instant::now();
            child("start-child");
            started.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!("start to first step: median {:.3} s; promised: below {PROMISED_START_S} s", seconds[seconds.len() / 2]);
}

fn start_child() {
    let path = repository_root().join("scenes/packaging.ron");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions::default());
    simulation.step();
    println!("{}", simulation.step_count());
}

/// What this program prints when it is started with `argument`.
fn child(argument: &str) -> String {
    let program = std::env::current_exe().expect("a running program has a path");
    let output = Command::new(program).arg(argument).output().expect("this program can be started again");
    assert!(output.status.success(), "{argument}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A line whose lanes have filled.
fn filled(lanes: usize) -> Simulation {
    let options = SimulationOptions { threads: 1, ..Default::default() };
    let mut simulation = Simulation::new(scene_from(&crowded_lanes(lanes)), options);
    for _ in 0..steps_in(&simulation, FILLING_S) {
        simulation.step();
        simulation.take_events();
    }
    simulation
}

fn steps_in(simulation: &Simulation, seconds: f64) -> usize {
    (seconds / simulation.scene().step.seconds()).round() as usize
}
