//! What a pile of 1,000 cubes looks like under each setting of the contact solver, and what the setting costs: the
//! study behind `docs/pile.md` and the defaults of `scene::Physics`. Bare Rapier, no line: it must not know the engine.
//!
//! `cargo bench -p linetwin-sim --bench pile` prints the table of [`STUDY`]; arguments replace it, one setting each:
//! `cargo bench -p linetwin-sim --bench pile -- "hz=120 model=coulomb recycle=off" "hz=240 mu=0.1"`.

mod quality;
mod scene;
mod setting;

use rapier3d::prelude::*;
use setting::Setting;
use std::time::Instant;

/// The cubes have come to rest long before (the last lands after 1.1 s), unless a setting keeps them creeping.
const DURATION_S: f64 = 10.0;

/// The published table: one line of `docs/pile.md` each.
const STUDY: &[&str] = &[
    // Rapier as it comes, and the step.
    "hz=60 model=simplified",
    "hz=120 model=simplified",
    "hz=60",
    "hz=120",
    // What friction has to do with it.
    "hz=120 mu=0.3",
    "hz=120 mu=0.1",
    "hz=120 mu=0",
    // One change at a time from Coulomb at 1/120 s.
    "hz=120 recycle=off",
    "hz=120 recycle=0.005",
    "hz=120 iterations=8",
    "hz=120 iterations=16",
    "hz=120 stabilization=2",
    "hz=120 pgs=4",
    "hz=120 bias_friction=on",
    "hz=120 softness=60/10",
    "hz=120 softness=30/1",
    "hz=120 corrective=0.5",
    "hz=120 prediction=0.005",
    "hz=120 cluster=off",
    "hz=120 warmstart=0",
    // Towards convergence.
    "hz=240 recycle=off",
    "hz=480 recycle=off",
    "hz=960 recycle=off",
];

fn main() {
    // `cargo bench` and `cargo test` hand their own flags on to a target without harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let texts: Vec<&str> = if arguments.is_empty() { STUDY.to_vec() } else { arguments.iter().map(String::as_str).collect() };
    let settings: Vec<Setting> = match texts.iter().map(|text| Setting::parse(text)).collect() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("{problem}");
            std::process::exit(2);
        }
    };
    println!("| setting | solid fraction (height) | (core) | overlap mean / max mm | kinetic energy mJ per cube | step ms | x real time |");
    println!("|---|---|---|---|---|---|---|");
    for setting in &settings {
        println!("{}", measure(setting));
    }
}

/// Drops the cubes, lets them settle, and writes the table's row.
fn measure(setting: &Setting) -> String {
    let mut world = PhysicsWorld::new();
    world.integration_parameters = setting.integration_parameters();
    world.configure_thread_pool(1).expect("one worker thread can always be started");
    let cubes = scene::build(&mut world, setting);
    let step_count = (DURATION_S * setting.hz).round() as usize;
    let started = Instant::now();
    for _ in 0..step_count {
        world.step();
    }
    let wall_s = started.elapsed().as_secs_f64();
    let quality = quality::measure(&world, &cubes);
    format!(
        "| {} | {:.3} | {:.3} | {:.2} / {:.1} | {:.3} | {:.2} | {:.2} |",
        setting.text,
        quality.solid_fraction_height,
        quality.solid_fraction_core,
        1e3 * quality.overlap_mean_m,
        1e3 * quality.overlap_max_m,
        1e3 * quality.kinetic_energy_per_cube_j,
        1e3 * wall_s / step_count as f64,
        DURATION_S / wall_s
    )
}
