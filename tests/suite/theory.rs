//! What theory knows of queues and lines, the engine measures, by exact events: means are where they belong, and of the intervals that
//! replications give, 95 of 100 hold them.
//!
//! `LINETWIN_SOAK_BATCHES` sets how many batches of each line there are, under the seeds from 1 on (30 in the gate). With 1,000 of them
//! 93 to 97 of 100 intervals must hold the mean.

use linetwin_model::{Scene, Time};
use linetwin_run::Estimate;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::scene_from;
use linetwin_tests::theory::{Figure, Model, models, ten_stations};
use rayon::prelude::*;
use std::sync::Arc;

const BATCHES_IN_THE_GATE: u64 = 30;
const REPLICATIONS: u32 = 4;
/// Of the intervals over all batches together, which must hold the mean each.
const SURE: f64 = 0.9999;

/// Of each figure, its value in each replication of one seed.
fn batch(model: &Model, scene: &Arc<Scene>, seed: u64) -> Vec<Vec<f64>> {
    let mut values = vec![Vec::new(); model.figures.len()];
    for replication in 0..REPLICATIONS {
        let options = SimulationOptions { seed: Some(seed), replication, threads: 1, ..Default::default() };
        let mut simulation = Simulation::new(scene.clone(), options);
        simulation.run_until(Time::from_seconds(model.until_s));
        let report = simulation.report();
        assert!(report.invalid_conditions.is_empty(), "{}, seed {seed}: {:?}", model.name, report.invalid_conditions);
        for (values, figure) in values.iter_mut().zip(&model.figures) {
            values.push((figure.measured)(&report));
        }
    }
    values
}

/// How often an interval of one batch held the mean, and what all replications say of it.
fn judged(figure: &Figure, batches: &[&Vec<f64>]) -> (usize, Estimate) {
    let holds = |values: &&&Vec<f64>| {
        let Estimate { mean, half_width, .. } = Estimate::of(values).expect("values");
        (mean - figure.expected).abs() <= half_width.expect("several values")
    };
    let all: Vec<f64> = batches.iter().flat_map(|values| values.iter().copied()).collect();
    (batches.iter().filter(holds).count(), Estimate::with_confidence(&all, SURE).expect("values"))
}

/// Fewer intervals hold the mean than chance leaves of 95 of 100, once in ten thousand, or more than 97 where there are many.
fn is_covered(held: usize, of: usize) -> bool {
    let share = held as f64 / of as f64;
    let chance = 3.7 * (0.95 * 0.05 / of as f64).sqrt();
    if of >= 1000 { (0.93..=0.97).contains(&share) } else { share >= 0.95 - chance }
}

#[test]
fn queues_and_lines_have_the_means_of_theory_and_intervals_that_hold_them() {
    let batches = std::env::var("LINETWIN_SOAK_BATCHES").map_or(BATCHES_IN_THE_GATE, |count| count.parse().expect("a number"));
    let mut table = String::new();
    let mut tell = |row: String| {
        println!("{row}");
        table += &row;
        table.push('\n');
    };
    tell(format!("{:<40} {:<17} {:>10} {:>10} {:>8} {:>9}", "line", "figure", "theory", "measured", "apart", "held"));
    let mut wrong = Vec::new();
    for model in models() {
        let scene = scene_from(&model.scene);
        let found: Vec<Vec<Vec<f64>>> = (1..=batches).into_par_iter().map(|seed| batch(&model, &scene, seed)).collect();
        for (index, figure) in model.figures.iter().enumerate() {
            let of_figure: Vec<&Vec<f64>> = found.iter().map(|values| &values[index]).collect();
            let (held, all) = judged(figure, &of_figure);
            let apart = all.mean - figure.expected;
            let within = all.half_width.expect("several values") + figure.shift * figure.expected;
            if !is_covered(held, of_figure.len()) || apart.abs() > within {
                wrong.push(format!("{}: {}", model.name, figure.name));
            }
            let Figure { name, expected, .. } = figure;
            let share = 100.0 * apart / expected;
            tell(format!("{:<40} {name:<17} {expected:>10.4} {:>10.4} {share:>+7.2}% {held:>4}/{batches}", model.name, all.mean));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?} in\n{table}");
}

/// The line of the bench `des`, of which a loop written by hand makes 0.0755 parts a second (`cargo bench -p linetwin-tests --bench des`).
#[test]
fn ten_stations_give_what_a_loop_by_hand_gives() {
    for belts in [false, true] {
        let mut simulation = Simulation::new(scene_from(&ten_stations(belts)), SimulationOptions { threads: 1, ..Default::default() });
        simulation.run_until(Time::from_seconds(200_000.0));
        let per_s = simulation.report().line.throughput_per_h / 3600.0;
        assert!((per_s / 0.0755 - 1.0).abs() < 0.03, "{per_s} parts a second");
    }
}
