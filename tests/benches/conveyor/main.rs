//! What linetwin costs over the physics it drives: 1,000 cartons on a wide, narrowing belt, 30 s, once as bare Rapier
//! and once as a whole simulation (schedule, line logic, measures, hash), in turns of half a second in one run.
//!
//! `cargo bench -p linetwin-tests --bench conveyor [-- THREADS PAIRS]`, or `-- growth` for the same with 110 to 11,000
//! cartons on many smaller conveyors, which tells whose the growth with size is, or `-- coasting` for the thousand cartons
//! with coasting beside bare Rapier, and what comes out of that beside full contact.
//!
//! Both sides do the same work: the simulation is run once beforehand, and what enters and leaves is written down step
//! by step, so that the bare world starts from the same thousand poses and gets and loses the same parts at the same
//! steps, with the same solver settings. What remains is what linetwin adds.

mod bare;
mod coasting;
mod line;

use line::{Case, Traffic};
use linetwin_model::Scene;
use linetwin_tests::growth::fitted_exponent;
use linetwin_tests::processor::cpu_s;
use linetwin_tests::scene_from;
use std::sync::Arc;
use std::time::Instant;

const DEFAULT_PAIRS: usize = 3;
/// The two take turns of this many steps, so that a drifting machine hits both alike.
const STEPS_PER_TURN: usize = 60;
/// The ratio that the project promises not to exceed [-].
const PROMISED_RATIO: f64 = 1.10;
/// Conveyors side by side, of 110 cartons each: 100 to 10,000 parts.
const GROWTH_LANES: [usize; 5] = [1, 3, 10, 30, 100];

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [word] = arguments.as_slice()
        && word == "growth"
    {
        return print_growth();
    }
    if let [word] = arguments.as_slice()
        && word == "coasting"
    {
        return coasting::print();
    }
    let mut numbers = arguments.iter().map(|argument| {
        argument.parse::<usize>().unwrap_or_else(|_| {
            eprintln!("usage: conveyor [growth | coasting | THREADS [PAIRS]], not `{argument}`");
            std::process::exit(2);
        })
    });
    let threads = numbers.next().unwrap_or(1);
    let pairs = numbers.next().unwrap_or(DEFAULT_PAIRS).max(1);
    let duel = Duel::new(Case::WIDE, threads);
    let traffic = &duel.traffic;
    println!(
        "conveyor: {} parts on average, {} entered, {} left, {} steps, {} thread(s)",
        traffic.mean_count().round(),
        traffic.entered(),
        traffic.left(),
        traffic.steps.len(),
        threads
    );
    println!("{:>4} {:>10} {:>12} {:>8} {:>10}", "pair", "bare s", "linetwin s", "ratio", "cpu ratio");
    let mut all_turns = Vec::new();
    for pair in 0..pairs {
        let Outcome { turns, speeds_mps } = duel.fight();
        let [bare, whole] = [0, 1].map(|side| turns.iter().fold(Cost::default(), |sum, turn| sum.and(turn[side])));
        let (ratio, cpu_ratio) = (whole.wall_s / bare.wall_s, whole.cpu_s / bare.cpu_s);
        println!("{pair:>4} {:>10.3} {:>12.3} {ratio:>8.3} {cpu_ratio:>10.3}", bare.wall_s, whole.wall_s);
        println!("     mean speed along the belt at the end: bare {:.3} m/s, linetwin {:.3} m/s", speeds_mps[0], speeds_mps[1]);
        all_turns.extend(turns);
    }
    type Figure = fn(&Cost) -> f64;
    let figures: [(&str, Figure); 2] = [("wall time", |cost| cost.wall_s), ("processor time", |cost| cost.cpu_s)];
    for (name, of) in figures {
        let ratios: Vec<f64> = all_turns.iter().map(|[bare, whole]| of(whole) / of(bare)).collect();
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| quantile(&ratios, part));
        println!("ratio of {name}, {} turns: median {middle:.3}, quartiles {low:.3} and {high:.3}", ratios.len());
    }
    println!("promised: at most {PROMISED_RATIO}");
}

/// Cost of a step of both over the number of parts, and the exponents of the power laws fitted through them. Processor
/// time, since there are few turns: one thread each, and what else the machine does counts less.
fn print_growth() {
    println!("{:>8} {:>18} {:>18} {:>8}", "parts", "bare us per part", "linetwin", "ratio");
    let mut curves = [Vec::new(), Vec::new()];
    for lanes in GROWTH_LANES {
        let duel = Duel::new(Case::narrow(lanes), 1);
        let turns = duel.fight().turns;
        let parts = duel.traffic.mean_count();
        let step_us = [0, 1].map(|side| {
            let of_turn: Vec<f64> = turns.iter().map(|turn| 1e6 * turn[side].cpu_s / STEPS_PER_TURN as f64).collect();
            quantile(&of_turn, 0.5)
        });
        let ratios: Vec<f64> = turns.iter().map(|[bare, whole]| whole.cpu_s / bare.cpu_s).collect();
        println!("{parts:>8.0} {:>18.2} {:>18.2} {:>8.3}", step_us[0] / parts, step_us[1] / parts, quantile(&ratios, 0.5));
        for (curve, step_us) in curves.iter_mut().zip(step_us) {
            curve.push((parts, step_us));
        }
    }
    println!("exponent: bare {:.3}, linetwin {:.3}", fitted_exponent(&curves[0]), fitted_exponent(&curves[1]));
}

/// One case for both sides.
#[derive(Clone)]
struct Duel {
    case: Case,
    scene: Arc<Scene>,
    filled: Vec<u8>,
    traffic: Traffic,
    threads: usize,
}

/// What each turn cost, bare and whole, and the mean speed along the belt of both at the end [m/s].
struct Outcome {
    turns: Vec<[Cost; 2]>,
    speeds_mps: [f64; 2],
}

impl Duel {
    fn new(case: Case, threads: usize) -> Self {
        let scene = scene_from(&case.scene_text());
        let filled = line::fill(&case, &scene, threads);
        let traffic = line::record(&case, &scene, &filled, threads);
        Duel { case, scene, filled, traffic, threads }
    }

    fn fight(&self) -> Outcome {
        let mut world = bare::BareConveyor::new(&self.case, &self.scene, &self.traffic, self.threads);
        let mut simulation = line::resume(&self.scene, &self.filled, self.threads);
        let turns = self.traffic.steps.chunks(STEPS_PER_TURN);
        let turns = turns.map(|turn| [timed(|| world.run(turn)), timed(|| line::run(&mut simulation, turn.len()))]).collect();
        Outcome { turns, speeds_mps: [world.mean_speed_mps(), line::mean_speed_mps(&simulation)] }
    }
}

fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

#[derive(Clone, Copy, Default)]
struct Cost {
    wall_s: f64,
    /// Of all threads; on a machine that others use it is the steadier figure. NaN where the system does not tell.
    cpu_s: f64,
}

impl Cost {
    fn and(self, other: Cost) -> Cost {
        Cost { wall_s: self.wall_s + other.wall_s, cpu_s: self.cpu_s + other.cpu_s }
    }
}

fn timed(work: impl FnOnce()) -> Cost {
    let (started, cpu_before_s) = (Instant::now(), cpu_s());
    work();
    Cost { wall_s: started.elapsed().as_secs_f64(), cpu_s: cpu_s() - cpu_before_s }
}
