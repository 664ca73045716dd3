//! Particle-steps per second: 98,218 spheres that flow dense in a cylinder over a funnel, Hertz with tangential history,
//! steps of 50 us, against LAMMPS and LIGGGHTS in turns of one run.
//!
//! `cargo bench -p linetwin-tests --bench dem [-- ROUNDS [STATE]]`; `-- growth` for the cost per particle from 98,218 to
//! 2,000,000 particles.
//!
//! STATE is a text of `x y z vx vy vz` per sphere, packed by gzip or not. Peers that are not installed are SKIPPED.

mod peers;

use linetwin_compute::kernels::particles::{
    BatchSpec, ContactLaw, Interaction, Material, Particle, ParticleBatch, SurfaceMotion, WallShape,
};
use linetwin_tests::processor::cpu_s;
use linetwin_tests::repository_root;
use std::path::{Path, PathBuf};
use std::time::Instant;

const DEFAULT_ROUNDS: usize = 3;
/// Steps of a turn; a peer's turn begins from the state anew, so ours does too.
const STEPS: usize = 200;
const RADIUS_M: f32 = 0.005;
/// Radius and height at the lower end, then at the upper one [m].
const FUNNEL: [f64; 4] = [0.05, 0.0, 0.25, 0.25];
const MANTLE: [f64; 4] = [0.25, 0.25, 0.25, 1.1];
const SIDES: u32 = 64;
/// What the project promises over the faster peer [-].
const PROMISED_RATIO: f64 = 1.5;
/// Sizes of the growth curve: so many hoppers side by side.
const GROWTH_COPIES: [usize; 4] = [1, 4, 9, 20];

/// Particle-steps per second of wall time and of processor time.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub wall: f64,
    pub cpu: f64,
}

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let usual = repository_root().join("../shared/design/bench/dem/dem_dense.txt.gz");
    let state = arguments.get(1).map_or(usual, PathBuf::from);
    let Some(spheres) = read_state(&state) else {
        println!("SKIPPED: the state {} is not there", state.display());
        return;
    };
    match arguments.first().map(|word| (word.as_str(), word.parse::<usize>())) {
        Some(("growth", _)) => print_growth(&spheres),
        Some((_, Ok(rounds))) => print_rounds(&spheres, rounds),
        None => print_rounds(&spheres, DEFAULT_ROUNDS),
        Some((word, Err(_))) => {
            eprintln!("usage: dem [growth | ROUNDS] [STATE], not `{word}`");
            std::process::exit(2);
        }
    }
}

fn read_state(path: &Path) -> Option<Vec<[f64; 6]>> {
    let bytes = std::fs::read(path).ok()?;
    let text = if path.extension().is_some_and(|extension| extension == "gz") {
        std::process::Command::new("gzip").arg("-dc").arg(path).output().ok()?.stdout
    } else {
        bytes
    };
    let text = String::from_utf8(text).ok()?;
    let numbers = |line: &str| line.split_whitespace().map(|number| number.parse::<f64>().ok()).collect::<Option<Vec<f64>>>();
    text.lines().map(|line| numbers(line)?.try_into().ok()).collect()
}

fn print_rounds(spheres: &[[f64; 6]], rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder for the peers' files");
    let plain = folder.path().join("state.txt");
    let lines: Vec<String> = spheres.iter().map(|s| s.map(|part| part.to_string()).join(" ")).collect();
    std::fs::write(&plain, lines.join("\n")).expect("the folder can be written");
    println!("dem: {} spheres, {STEPS} steps a turn; millions of particle-steps per second", spheres.len());
    println!("{:>7} {:>5} {:>9} {:>10} {:>10}", "threads", "round", "code", "wall", "processor");
    for threads in [1, 2] {
        type Turn<'a> = Box<dyn Fn() -> Result<Rate, String> + 'a>;
        let codes: [(&str, Turn<'_>); 3] = [
            ("linetwin", Box::new(|| Ok(our_turn(spheres, threads)))),
            ("LAMMPS", Box::new(|| peers::lammps(&plain, STEPS, threads))),
            ("LIGGGHTS", Box::new(|| peers::liggghts(spheres, STEPS, threads, folder.path()))),
        ];
        let mut rates: [Vec<Rate>; 3] = Default::default();
        for round in 0..rounds {
            for ((name, turn), rates) in codes.iter().zip(&mut rates) {
                match turn() {
                    Ok(rate) => {
                        println!("{threads:>7} {round:>5} {name:>9} {:>10.2} {:>10.2}", 1e-6 * rate.wall, 1e-6 * rate.cpu);
                        rates.push(rate);
                    }
                    Err(reason) if round == 0 => println!("{threads:>7} {round:>5} {name:>9} SKIPPED: {reason}"),
                    Err(_) => {}
                }
            }
        }
        for ((name, _), theirs) in codes.iter().zip(&rates).skip(1).filter(|(_, rates)| !rates.is_empty()) {
            let ratio = |of: fn(&Rate) -> f64| median(&rates[0], of) / median(theirs, of);
            println!(
                "linetwin over {name}, {threads} thread(s): {:.2} by wall time, {:.2} by processor time; promised: at least {PROMISED_RATIO}",
                ratio(|rate| rate.wall),
                ratio(|rate| rate.cpu)
            );
        }
    }
    let mut batch = batch_of(spheres, 1);
    (0..STEPS).for_each(|_| batch.step().expect("nobody is lost"));
    let (books, count) = (batch.books(), spheres.len() as f64);
    println!(
        "contacts per particle: {:.2} with others, {:.3} with walls; {:.0} bytes per particle; rows built {} times",
        2.0 * books.pair_contacts as f64 / count,
        books.wall_contacts as f64 / count,
        batch.bytes() as f64 / count,
        batch.build_count()
    );
}

/// Cost per particle and step over the number of particles, by processor time of one thread.
fn print_growth(spheres: &[[f64; 6]]) {
    println!("{:>10} {:>22} {:>18}", "particles", "ns per particle-step", "bytes per particle");
    for copies in GROWTH_COPIES {
        let mut batch = batch_of(spheres, copies);
        let steps = 40 / copies.min(4);
        batch.step().expect("nobody is lost");
        let before = cpu_s();
        (0..steps).for_each(|_| batch.step().expect("nobody is lost"));
        let spent = cpu_s() - before;
        let count = batch.len() as f64;
        println!("{count:>10} {:>22.1} {:>18.0}", 1e9 * spent / (count * steps as f64), batch.bytes() as f64 / count);
    }
}

fn our_turn(spheres: &[[f64; 6]], threads: usize) -> Rate {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| {
        let mut batch = batch_of(spheres, 1);
        batch.step().expect("nobody is lost");
        let (started, before) = (Instant::now(), cpu_s());
        (0..STEPS).for_each(|_| batch.step().expect("nobody is lost"));
        let particle_steps = (spheres.len() * STEPS) as f64;
        Rate { wall: particle_steps / started.elapsed().as_secs_f64(), cpu: particle_steps / (cpu_s() - before) }
    })
}

/// So many hoppers in a row, each with the state.
fn batch_of(spheres: &[[f64; 6]], copies: usize) -> ParticleBatch {
    let pitch = 0.6;
    let last = pitch * (copies - 1) as f64;
    let spec = BatchSpec {
        bounds_m: [[-0.3, -0.3, -1.5], [last + 0.3, 0.3, 1.2]],
        radii_m: [RADIUS_M; 2],
        materials: vec![Material { youngs_modulus_pa: 5e6, poisson_ratio: 0.3, density_kg_per_m3: 2500.0 }],
        interactions: vec![Interaction { restitution: 0.5, friction: 0.5, rolling_friction: 0.0, cohesion_pa: 0.0 }],
        law: ContactLaw::HertzMindlin,
        gravity_mps2: [0.0, 0.0, -9.81],
        dt_s: 5e-5,
    };
    let mut batch = ParticleBatch::new(spec).expect("the case makes a batch");
    for copy in 0..copies {
        let along = pitch * copy as f64;
        for [x, y, z, vx, vy, vz] in spheres {
            let particle = Particle {
                position_m: [x + along, *y, *z],
                velocity_mps: [*vx, *vy, *vz],
                angular_velocity_radps: [0.0; 3],
                radius_m: RADIUS_M,
                material: 0,
            };
            batch.insert(&particle).expect("it fits");
        }
        for [from_radius_m, from_z, to_radius_m, to_z] in [FUNNEL, MANTLE] {
            let (from_m, to_m) = ([along, 0.0, from_z], [along, 0.0, to_z]);
            let shape = WallShape::Frustum { from_m, from_radius_m, to_m, to_radius_m, sides: SIDES };
            batch.add_wall(0, &shape, SurfaceMotion::default()).expect("a wall");
        }
    }
    batch
}

fn median(rates: &[Rate], of: fn(&Rate) -> f64) -> f64 {
    let mut values: Vec<f64> = rates.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
