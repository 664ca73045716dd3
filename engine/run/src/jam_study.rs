//! A jam rate with what it hangs on: the same line with half the step, twice the iterations, and friction 20 % lower and
//! higher, each over the same seeds. A rate that leaves its own interval by one of these has not converged. Writes
//! nothing; knows nothing about tables.

use crate::error::RunError;
use crate::input::RunInput;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::time::StepLength;
use linetwin_model::{Scene, Time};
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use serde::Serialize;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// Of the standard normal distribution: 95 % lie within [-].
const TWO_SIDED_95: f64 = 1.959_964;
/// By how much friction is lowered and raised [-].
const FRICTION_SHARE: f64 = 0.2;

#[derive(Clone, Debug)]
pub struct JamStudyRequest {
    pub scene_path: PathBuf,
    /// `PATH=VALUE`, in order.
    pub overrides: Vec<String>,
    /// Simulated time of each run.
    pub duration: Time,
    /// Replications 0 to `seeds` - 1 of the scene's seed. At least one.
    pub seeds: u32,
    /// Worker threads of the physics; 0: one per core.
    pub threads: usize,
}

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    AsWritten,
    HalfStep,
    DoubleIterations,
    LessFriction,
    MoreFriction,
}

impl Variant {
    pub const ALL: [Variant; 5] =
        [Variant::AsWritten, Variant::HalfStep, Variant::DoubleIterations, Variant::LessFriction, Variant::MoreFriction];

    pub fn name(self) -> &'static str {
        match self {
            Variant::AsWritten => "as written",
            Variant::HalfStep => "half the step",
            Variant::DoubleIterations => "twice the iterations",
            Variant::LessFriction => "friction -20 %",
            Variant::MoreFriction => "friction +20 %",
        }
    }

    pub fn of(self, scene: &Scene) -> Scene {
        let mut scene = scene.clone();
        let share = match self {
            Variant::LessFriction => 1.0 - FRICTION_SHARE,
            Variant::MoreFriction => 1.0 + FRICTION_SHARE,
            _ => 1.0,
        };
        scene.materials.pairs.iter_mut().for_each(|pair| pair.friction *= share);
        match self {
            Variant::HalfStep => scene.step = StepLength { num: scene.step.num, den: 2 * scene.step.den },
            Variant::DoubleIterations => scene.physics.solver_iterations *= 2,
            _ => {}
        }
        scene
    }
}

/// The runs of one variant together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JamRate {
    pub variant: &'static str,
    /// Jams in the statistics window, by replication.
    pub jams: Vec<u64>,
    /// [1/h]
    pub per_h: f64,
    /// Within which the rate lies with 95 % confidence, where jams come independently of each other [1/h].
    pub low_per_h: f64,
    pub high_per_h: f64,
    /// Against the scene as written [1/h].
    pub change_per_h: f64,
    /// Whether the rate lies within the interval of the scene as written.
    pub converged: bool,
    /// Runs in which physics did what it must not do.
    pub invalid_runs: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JamStudy {
    pub scene: String,
    pub seed: u64,
    /// Statistics of each run cover [s].
    pub window_s: f64,
    /// The scene as written first.
    pub rates: Vec<JamRate>,
    /// `converged` or `not converged`, and `uncalibrated`: nothing here was compared with a plant.
    pub verdict: String,
}

impl JamStudy {
    pub fn is_valid(&self) -> bool {
        self.rates.iter().all(|rate| rate.invalid_runs == 0)
    }
}

/// The front end's side of a study.
pub trait StudyObserver {
    fn warnings(&mut self, _warnings: &[Diagnostic], _sources: &Sources) {}
    /// Before each run.
    fn run_begins(&mut self, _variant: &'static str, _replication: u32) {}
}

impl StudyObserver for () {}

pub fn study_jams(request: &JamStudyRequest, observer: &mut dyn StudyObserver) -> Result<JamStudy, RunError> {
    let load = |path: &str| fs::read(path);
    let input = RunInput::read(&request.scene_path.to_string_lossy(), &request.overrides, &load)?;
    observer.warnings(&input.warnings, &input.sources);
    let warmup = input.scene.warmup;
    if request.duration <= warmup {
        return Err(RunError::NothingMeasured { duration_s: request.duration.as_seconds(), warmup_s: warmup.as_seconds() });
    }
    let (mut counts, mut window_s, mut seed) = (Vec::new(), 0.0, 0);
    for variant in Variant::ALL {
        let scene = Arc::new(variant.of(&input.scene));
        let (mut jams, mut invalid_runs) = (Vec::new(), 0);
        for replication in 0..request.seeds {
            observer.run_begins(variant.name(), replication);
            let options = SimulationOptions { replication, threads: request.threads, ..SimulationOptions::default() };
            let mut simulation = Simulation::new(scene.clone(), options);
            simulation.workers().run(|| {
                while simulation.settled() < request.duration {
                    simulation.step();
                    simulation.take_events();
                    simulation.take_scans();
                }
            });
            let report = simulation.report();
            (window_s, seed) = (report.window.duration_s, report.seed);
            jams.push(report.line.parts.jams);
            invalid_runs += u64::from(!report.invalid_conditions.is_empty());
        }
        counts.push((variant, jams, invalid_runs));
    }
    Ok(judged(input.scene.name.clone(), seed, window_s, counts))
}

/// From counts to rates and a verdict; the scene as written stands first.
pub fn judged(scene: String, seed: u64, window_s: f64, counts: Vec<(Variant, Vec<u64>, u64)>) -> JamStudy {
    let mut rates: Vec<JamRate> = Vec::new();
    for (variant, jams, invalid_runs) in counts {
        let hours = jams.len() as f64 * window_s / 3600.0;
        let count = jams.iter().sum::<u64>();
        let (low, high) = poisson_interval(count);
        let per_h = |value: f64| if hours > 0.0 { value / hours } else { 0.0 };
        let own = per_h(count as f64);
        let (base, within) = rates.first().map_or((own, true), |base| (base.per_h, (base.low_per_h..=base.high_per_h).contains(&own)));
        rates.push(JamRate {
            variant: variant.name(),
            jams,
            per_h: own,
            low_per_h: per_h(low),
            high_per_h: per_h(high),
            change_per_h: own - base,
            converged: within,
            invalid_runs,
        });
    }
    let off: Vec<&str> = rates.iter().filter(|rate| !rate.converged).map(|rate| rate.variant).collect();
    let converged = match off.as_slice() {
        [] => "converged".to_owned(),
        off => format!("not converged ({})", off.join(", ")),
    };
    JamStudy { scene, seed, window_s, rates, verdict: format!("{converged}; uncalibrated: nothing here was compared with a plant") }
}

/// Two-sided 95 % interval of the mean of a Poisson count, by Byar's approximation (Breslow and Day 1987): its lower bound is
/// within 8 % of the exact one from a count of 2 on, the upper one within 2 % always.
fn poisson_interval(count: u64) -> (f64, f64) {
    let bound = |n: f64, sign: f64| {
        let root = 1.0 - 1.0 / (9.0 * n) + sign * TWO_SIDED_95 / (3.0 * n.sqrt());
        n * root * root * root
    };
    let n = count as f64;
    (if count == 0 { 0.0 } else { bound(n, -1.0).max(0.0) }, bound(n + 1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact bounds: half the 2.5 % quantile of chi squared with 2 n degrees of freedom, half the 97.5 % one with 2 n + 2.
    #[test]
    fn the_interval_is_that_of_a_poisson_count() {
        for (count, low, high) in [(0, 0.0, 3.689), (2, 0.2422, 7.225), (10, 4.795, 18.39), (100, 81.36, 121.63)] {
            let found = poisson_interval(count);
            assert!((found.0 - low).abs() <= 0.08 * low + 1e-9 && (found.1 - high).abs() < 0.02 * high, "{count}: {found:?}");
        }
    }

    #[test]
    fn a_rate_that_leaves_the_interval_has_not_converged() {
        let study = |half_step: u64| {
            let counts = vec![(Variant::AsWritten, vec![5, 5], 0), (Variant::HalfStep, vec![half_step, half_step], 0)];
            judged("line".to_owned(), 7, 1800.0, counts)
        };
        let calm = study(8);
        assert_eq!((calm.rates[0].per_h, calm.rates[1].change_per_h), (10.0, 6.0));
        assert!(calm.verdict.starts_with("converged; uncalibrated"), "{}", calm.verdict);
        let off = study(12);
        assert!(!off.rates[1].converged && off.rates[0].converged);
        assert!(off.verdict.starts_with("not converged (half the step); uncalibrated"), "{}", off.verdict);
    }
}
