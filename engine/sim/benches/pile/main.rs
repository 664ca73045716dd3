//! What a pile of 1,000 cubes looks like under each setting of the contact solver, and what the setting costs: the
//! study behind `docs/pile.md` and the defaults of `scene::Physics`. Bare Rapier, no line: it must not know the engine.
//!
//! `cargo bench -p linetwin-sim --bench pile` prints the table of [`STUDY`]; arguments replace it, one setting each:
//! `cargo bench -p linetwin-sim --bench pile -- "recycle=off" "hz=240 mu=0.1"`.

mod quality;
mod scene;
mod setting;

use rapier3d::prelude::*;
use setting::Setting;
use std::time::Instant;

/// The cubes have come to rest long before (the last lands after 1.1 s), unless a setting keeps them creeping.
const DURATION_S: f64 = 10.0;

/// What linetwin runs with unless a scene says otherwise.
const CHOSEN: &str = "frequency=120 recycle=0.005";

/// The published table, one row of `docs/pile.md` each; every row names all in which it departs from Rapier's defaults
/// with Coulomb friction at 1/120 s.
const STUDY: &[&str] = &[
    // Rapier as it comes, then Coulomb friction, then the shorter step.
    "model=simplified hz=60",
    "hz=60",
    "model=simplified",
    "hz=120",
    // Contact recycling and contact stiffness.
    "recycle=0.01",
    "recycle=0.005",
    "recycle=off",
    "frequency=60",
    "frequency=120",
    "frequency=60 recycle=0.005",
    CHOSEN,
    "frequency=120 recycle=off",
    "frequency=240 recycle=0.005",
    // The scatter of the chosen setting: other start rotations, other steps.
    "frequency=120 recycle=0.005 seed=1",
    "frequency=120 recycle=0.005 seed=2",
    "frequency=120 recycle=0.005 seed=3",
    "frequency=120 recycle=0.005 hz=60",
    "frequency=120 recycle=0.005 hz=240",
    // One more change to it at a time.
    "frequency=120 recycle=0.005 model=simplified",
    "frequency=120 recycle=0.005 iterations=8",
    "frequency=120 recycle=0.005 iterations=16",
    "frequency=120 recycle=0.005 pgs=4",
    "frequency=120 recycle=0.005 stabilization=0",
    "frequency=120 recycle=0.005 stabilization=2",
    "frequency=120 recycle=0.005 bias_friction=on",
    "frequency=120 recycle=0.005 damping=1",
    "frequency=120 recycle=0.005 corrective=0.5",
    "frequency=120 recycle=0.005 slop=0.001",
    "frequency=120 recycle=0.005 prediction=0.005",
    "frequency=120 recycle=0.005 cluster=off",
    "frequency=120 recycle=0.005 warmstart=0",
    "frequency=120 recycle=0.005 sleep=on",
    "frequency=120 recycle=0.005 restitution=0.3",
    // Friction.
    "frequency=120 recycle=0.005 mu=0.3",
    "frequency=120 recycle=0.005 mu=0.2",
    "frequency=120 recycle=0.005 mu=0.1",
    "frequency=120 recycle=0.005 mu=0",
    // Towards convergence in time and in the solver.
    "frequency=120 recycle=off hz=240",
    "frequency=120 recycle=off hz=480",
    "frequency=120 recycle=off hz=480 iterations=16",
    "frequency=120 recycle=off hz=960",
];

fn main() {
    let defaults = linetwin_model::spec::PhysicsSpec::default();
    let in_words = format!("frequency={} recycle={}", defaults.contact_frequency_hz, defaults.contact_recycle_m);
    assert_eq!(CHOSEN, in_words, "the study's chosen setting is the default of a scene");
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
