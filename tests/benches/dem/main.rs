//! Particle-steps per second: 98,218 spheres that flow dense in a cylinder over a funnel, Hertz with tangential history,
//! steps of 50 us, against LAMMPS and LIGGGHTS in turns of one run.
//!
//! `cargo bench -p linetwin-tests --bench dem [-- ROUNDS [STATE]]`; `-- growth` for the cost per particle from 98,218 to
//! 2,000,000 particles.
//!
//! STATE is a text of `x y z vx vy vz` per sphere, packed by gzip or not. Peers that are not installed are SKIPPED.

mod peers;

use linetwin_compute::Device;
use linetwin_tests::dense_hopper::{batch_of, read_state, usual_state};
use linetwin_tests::processor::cpu_s;
use std::path::PathBuf;
use std::time::Instant;

const DEFAULT_ROUNDS: usize = 3;
/// Steps of a turn; a peer's turn begins from the state anew, so ours does too.
const STEPS: usize = 200;
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
    let state = arguments.get(1).map_or_else(usual_state, PathBuf::from);
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
    let mut batch = batch_of(&Device::Cpu, spheres, 1);
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
        let mut batch = batch_of(&Device::Cpu, spheres, copies);
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
        let mut batch = batch_of(&Device::Cpu, spheres, 1);
        batch.step().expect("nobody is lost");
        let (started, before) = (Instant::now(), cpu_s());
        (0..STEPS).for_each(|_| batch.step().expect("nobody is lost"));
        let particle_steps = (spheres.len() * STEPS) as f64;
        Rate { wall: particle_steps / started.elapsed().as_secs_f64(), cpu: particle_steps / (cpu_s() - before) }
    })
}

fn median(rates: &[Rate], of: fn(&Rate) -> f64) -> f64 {
    let mut values: Vec<f64> = rates.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
