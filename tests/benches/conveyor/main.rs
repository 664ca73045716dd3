//! What linetwin costs over the physics it drives: 1,000 cartons on a wide, narrowing belt, 30 s, once as bare Rapier
//! and once as a whole simulation (schedule, line logic, measures, hash), in turns of half a second in one run.
//!
//! `cargo bench -p linetwin-tests --bench conveyor [-- THREADS PAIRS]`
//!
//! Both sides do the same work: the simulation is run once beforehand, and what enters and leaves is written down step
//! by step, so that the bare world starts from the same thousand poses and gets and loses the same parts at the same
//! steps, with the same solver settings. What remains is what linetwin adds.

mod bare;
mod line;

use linetwin_tests::scene_from;
use std::time::Instant;

const DEFAULT_PAIRS: usize = 3;
/// The two take turns of this many steps, so that a drifting machine hits both alike.
const STEPS_PER_TURN: usize = 60;
/// The ratio that the project promises not to exceed [-].
const PROMISED_RATIO: f64 = 1.10;

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let mut numbers = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(|argument| {
        argument.parse::<usize>().unwrap_or_else(|_| {
            eprintln!("usage: conveyor [THREADS [PAIRS]], not `{argument}`");
            std::process::exit(2);
        })
    });
    let threads = numbers.next().unwrap_or(1);
    let pairs = numbers.next().unwrap_or(DEFAULT_PAIRS).max(1);

    let scene = scene_from(&line::scene_text());
    let filled = line::fill(&scene, threads);
    let traffic = line::record(&scene, &filled, threads);
    println!(
        "conveyor: {} parts on average, {} entered, {} left, {} steps, {} thread(s)",
        traffic.mean_count().round(),
        traffic.entered(),
        traffic.left(),
        traffic.steps.len(),
        threads
    );
    println!("{:>4} {:>10} {:>12} {:>8} {:>10}", "pair", "bare s", "linetwin s", "ratio", "cpu ratio");
    let mut turn_ratios = Vec::new();
    for pair in 0..pairs {
        let mut world = bare::BareConveyor::new(&scene, &traffic, threads);
        let mut simulation = line::resume(&scene, &filled, threads);
        let (mut bare, mut whole) = (Cost::default(), Cost::default());
        for turn in traffic.steps.chunks(STEPS_PER_TURN) {
            let bare_turn = timed(|| world.run(turn));
            let whole_turn = timed(|| line::run(&mut simulation, turn.len()));
            turn_ratios.push(whole_turn.wall_s / bare_turn.wall_s);
            bare.add(bare_turn);
            whole.add(whole_turn);
        }
        let (ratio, cpu_ratio) = (whole.wall_s / bare.wall_s, whole.cpu_s / bare.cpu_s);
        println!("{pair:>4} {:>10.3} {:>12.3} {ratio:>8.3} {cpu_ratio:>10.3}", bare.wall_s, whole.wall_s);
        let speeds = (world.mean_speed_mps(), line::mean_speed_mps(&simulation));
        println!("     mean speed along the belt at the end: bare {:.3} m/s, linetwin {:.3} m/s", speeds.0, speeds.1);
    }
    turn_ratios.sort_by(f64::total_cmp);
    let quantile = |part: f64| turn_ratios[((turn_ratios.len() - 1) as f64 * part).round() as usize];
    println!(
        "ratio of {} turns: median {:.3}, quartiles {:.3} and {:.3}; promised: at most {PROMISED_RATIO}",
        turn_ratios.len(),
        quantile(0.5),
        quantile(0.25),
        quantile(0.75)
    );
}

#[derive(Clone, Copy, Default)]
struct Cost {
    wall_s: f64,
    /// Of all threads; on a machine that others use it is the steadier figure. NaN where the system does not tell.
    cpu_s: f64,
}

impl Cost {
    fn add(&mut self, other: Cost) {
        self.wall_s += other.wall_s;
        self.cpu_s += other.cpu_s;
    }
}

fn timed(work: impl FnOnce()) -> Cost {
    let (started, cpu_before_s) = (Instant::now(), cpu_s());
    work();
    Cost { wall_s: started.elapsed().as_secs_f64(), cpu_s: cpu_s() - cpu_before_s }
}

/// Processor time that this process has used [s], from Linux's `/proc`.
fn cpu_s() -> f64 {
    const TICKS_PER_S: f64 = 100.0;
    let Ok(status) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    // User and system time are the 12th and 13th fields after the program's name, which may hold spaces.
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse().unwrap_or(f64::NAN)).sum::<f64>() / TICKS_PER_S
}
