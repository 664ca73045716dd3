//! `linetwin calibrate`: the same runs with contact physics and with exact events. What both say of holds, part by part, and of
//! hoppers, second by second, gives exact events the values with which they say the same (indirect inference); what resists parts on
//! conveyors without a drive is measured with contact physics, what jams and what is missed there is counted. Other runs, which were not used for that, say how far the
//! measures are then apart. Knows neither how a part moves nor how the file with the values is written.

mod drawn;
mod fit;
mod jams;
mod misses;
mod overlay;
mod shares;
mod slides;
mod slips;
mod take_offs;
mod watch;

pub use fit::{Fitted, FittedValue, Parameter};
pub use jams::FittedJamming;
pub use misses::FittedMisses;
pub use shares::{ByProperty, FittedClass, FittedShare};
pub use slips::FittedSlips;

use super::statistics::Estimate;
use crate::error::RunError;
use crate::files::write_atomic;
use crate::input::RunInput;
use drawn::Drawn;
use fit::Fitting;
use jams::Jams;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::report::KpiReport;
use linetwin_model::scene::{Calibration, Fidelity};
use linetwin_model::{Scene, Time};
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use misses::Misses;
use serde::Serialize;
use slides::Slides;
use slips::Slips;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use take_offs::TakeOffs;
use watch::{Seen, Watch};

/// By so much a measure may be further off without anybody minding [-].
const NO_MATTER: f64 = 0.005;

/// What a run is long without a word about it: so much behind its warm-up.
const MEASURED: Time = Time(600_000_000_000);

#[derive(Clone, Debug)]
pub struct CalibrationRequest {
    pub scene_path: PathBuf,
    /// `PATH=VALUE`, in order.
    pub overrides: Vec<String>,
    /// Simulated time of each run; `None`: the warm-up and ten minutes.
    pub duration: Option<Time>,
    /// Replications 0 to `seeds` - 1 are used to find values, at least two, and as many as `held_out` behind them to judge these.
    pub seeds: u32,
    pub held_out: u32,
    /// Runs at a time; 0: one per core. Never changes a result.
    pub jobs: usize,
    /// The file to write; `None`: `SCENE.calibrated.ron` beside the scene.
    pub out: Option<PathBuf>,
}

/// The front end's side.
pub trait CalibrationObserver: Sync {
    fn warnings(&self, _warnings: &[Diagnostic], _sources: &Sources) {}
    /// A run with contact physics is done, of so many.
    fn run_done(&self, _done: usize, _of: usize) {}
}

impl CalibrationObserver for () {}

/// By how much a measure of exact events differs from contact physics, over its value with contact physics [-]; runs in pairs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiApart {
    pub kpi: String,
    /// Mean with contact physics, in the measure's unit.
    pub contact: f64,
    pub before: Estimate,
    pub calibrated: Estimate,
}

impl KpiApart {
    /// Calibrated it is further from contact physics than before, by more than chance makes of that: the values do harm.
    pub fn is_worse(&self) -> bool {
        let chance = self.before.half_width.unwrap_or(0.0).max(NO_MATTER);
        self.calibrated.mean.abs() > self.before.mean.abs() + chance
    }
}

/// What was counted with contact physics, and needs no fitting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
    pub jams: Vec<FittedJamming>,
    pub misses: Vec<FittedMisses>,
    pub slips: Vec<FittedSlips>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CalibrationResult {
    pub scene: String,
    pub seed: u64,
    pub duration_s: f64,
    /// Replications that gave values, and that judged them.
    pub fitted_on: u32,
    pub judged_on: u32,
    /// Runs in which physics did what it must not do: they are left out.
    pub invalid_runs: u32,
    pub values: Vec<FittedValue>,
    #[serde(flatten)]
    pub counted: Counted,
    pub apart: Vec<KpiApart>,
    /// Measures that are further from contact physics with the values than without: the file is better not included.
    pub worse: Vec<String>,
    /// The file that was written.
    pub file: PathBuf,
}

/// What both kinds of runs are compared by: name, and value of a report.
type Measure = (&'static str, fn(&KpiReport) -> Option<f64>);
const MEASURES: [Measure; 7] = [
    ("throughput_per_h", |report| Some(report.line.throughput_per_h)),
    ("lead_time_mean_s", |report| report.line.lead_time.mean_s),
    ("wip_mean", |report| Some(report.line.wip.mean)),
    ("jams", |report| Some(report.line.parts.jams as f64)),
    ("misroutes", |report| Some(report.line.parts.misroutes as f64)),
    ("bulk_out_kg", |report| report.line.bulk.as_ref().map(|bulk| bulk.out_kg)),
    ("bulk_filled_kg", |report| report.line.bulk.as_ref().map(|bulk| bulk.filled_kg)),
];

/// One run.
struct Ran {
    seen: Seen,
    jams: Jams,
    misses: Misses,
    slips: Slips,
    report: KpiReport,
}

pub fn calibrate(request: &CalibrationRequest, observer: &dyn CalibrationObserver) -> Result<CalibrationResult, RunError> {
    let (contact, event, input) = both_ways(request)?;
    observer.warnings(&input.warnings, &input.sources);
    let warmup = contact.warmup;
    let duration = request.duration.unwrap_or(warmup + MEASURED);
    if duration <= warmup {
        return Err(RunError::NothingMeasured { duration_s: duration.as_seconds(), warmup_s: warmup.as_seconds() });
    }
    let (contact, runs) = (Arc::new(contact), (request.seeds + request.held_out) as usize);
    let done = AtomicUsize::new(0);
    let by_contact = side_by_side(runs, request.jobs, |replication| {
        let ran = run(&contact, replication, duration);
        observer.run_done(done.fetch_add(1, Ordering::Relaxed) + 1, runs);
        ran
    });
    let is_valid = |run: &usize| by_contact[*run].report.invalid_conditions.is_empty();
    let (fitted_on, judged_on): (Vec<usize>, Vec<usize>) = (0..runs).filter(is_valid).partition(|run| *run < request.seeds as usize);
    let seen: Vec<&Seen> = fitted_on.iter().map(|run| &by_contact[*run].seen).collect();

    let with = |calibration: Option<Calibration>| Arc::new(Scene { calibration, ..event.clone() });
    let uncalibrated = with(None);
    let missed_by_event = side_by_side(fitted_on.len(), request.jobs, |index| run(&uncalibrated, fitted_on[index], duration).misses);
    let fitted_on_runs = || fitted_on.iter().map(|run| &by_contact[*run]);
    let counted = Counted {
        jams: jams::fitted(&contact, &fitted_on_runs().map(|ran| &ran.jams).collect::<Vec<_>>()),
        misses: misses::fitted(&contact, &fitted_on_runs().map(|ran| &ran.misses).collect::<Vec<_>>(), &missed_by_event),
        slips: slips::fitted(&contact, &fitted_on_runs().map(|ran| &ran.slips).collect::<Vec<_>>()),
    };
    let mut fitting = Fitting::new(&event, &seen, &counted);
    for _ in 0..fit::ROUNDS {
        let scene = with(Some(fitting.calibration(&event)));
        let ran = side_by_side(fitted_on.len(), request.jobs, |index| run(&scene, fitted_on[index], duration).seen);
        fitting.learn(&ran);
    }
    let values = fitting.values(&event);

    let calibrated = with(Some(fit::calibration_of(&event, &values, &counted)));
    let [before, after] = [uncalibrated, calibrated]
        .map(|scene| side_by_side(judged_on.len(), request.jobs, |index| run(&scene, judged_on[index], duration).report));
    let reports: Vec<&KpiReport> = judged_on.iter().map(|run| &by_contact[*run].report).collect();
    let apart: Vec<KpiApart> = MEASURES.iter().filter_map(|measure| apart(measure, &reports, &before, &after)).collect();

    let number = |runs: &[usize]| u32::try_from(runs.len()).expect("few runs");
    let file = request.out.clone().unwrap_or_else(|| request.scene_path.with_extension("calibrated.ron"));
    let result = CalibrationResult {
        scene: contact.name.clone(),
        seed: contact.seed,
        duration_s: duration.as_seconds(),
        fitted_on: number(&fitted_on),
        judged_on: number(&judged_on),
        invalid_runs: request.seeds + request.held_out - number(&fitted_on) - number(&judged_on),
        values,
        counted,
        worse: apart.iter().filter(|row| row.is_worse()).map(|row| row.kpi.clone()).collect(),
        apart,
        file,
    };
    let text = overlay::text(&result, &contact.fingerprint());
    write_atomic(&result.file, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    Ok(result)
}

/// The scene with contact physics and with exact events (both side by side, where it says so), without what was measured before.
fn both_ways(request: &CalibrationRequest) -> Result<(Scene, Scene, RunInput), RunError> {
    let read = |fidelity: Option<&str>| {
        let set = fidelity.map(|fidelity| format!("fidelity={fidelity}"));
        let overrides: Vec<String> = request.overrides.iter().cloned().chain(set).collect();
        RunInput::read(&request.scene_path.to_string_lossy(), &overrides, &|path: &str| fs::read(Path::new(path)))
    };
    let as_written = read(None)?;
    let event = match as_written.scene.fidelity {
        Fidelity::Mixed => Scene::clone(&as_written.scene),
        Fidelity::Contact | Fidelity::Event => Scene::clone(&read(Some("Event"))?.scene),
    };
    let mut input = read(Some("Contact"))?;
    // It is about to be made anew.
    input.warnings.retain(|warning| warning.code != "stale-calibration");
    let contact = Scene { calibration: None, ..Scene::clone(&input.scene) };
    Ok((contact, event, input))
}

fn run(scene: &Arc<Scene>, replication: usize, duration: Time) -> Ran {
    let replication = u32::try_from(replication).expect("few runs");
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { replication, threads: 1, ..SimulationOptions::default() });
    let (mut watch, mut drawn, mut jams, mut misses) = (Watch::new(scene), Drawn::default(), Jams::default(), Misses::default());
    let (mut take_offs, mut slips) = (TakeOffs::new(scene), Slips::new(scene));
    let mut slides = (scene.fidelity == Fidelity::Contact).then(|| Slides::new(scene));
    simulation.take_traffic();
    simulation.workers().run(|| {
        // Step by step: where a part is, and what it is, is asked when something is said of it.
        while simulation.settled() < duration {
            simulation.step();
            simulation.take_scans();
            for event in simulation.take_events() {
                misses.hear(scene, &simulation, &drawn, &event);
                slips.hear(scene, &event);
            }
            for traffic in simulation.take_traffic() {
                watch.see(&traffic);
                drawn.see(&traffic);
                jams.see(scene, &simulation, &mut drawn, &traffic);
                misses.see(scene, &traffic);
                slips.see(&simulation, &drawn, &traffic);
                take_offs.see(&simulation, &traffic);
                if let Some(slides) = &mut slides {
                    slides.see(&simulation, &traffic);
                }
            }
            take_offs.look(&simulation);
            if let Some(slides) = &mut slides {
                slides.look(&simulation);
            }
        }
    });
    jams.close(scene, simulation.settled());
    misses.close();
    take_offs.close();
    let mut seen = watch.seen;
    seen.append(&mut jams.took_s);
    seen.append(&mut take_offs.seen);
    seen.extend(slides.into_iter().flat_map(|slides| slides.seen));
    Ran { seen, jams, misses, slips, report: simulation.report() }
}

fn apart(measure: &Measure, contact: &[&KpiReport], before: &[KpiReport], after: &[KpiReport]) -> Option<KpiApart> {
    let (name, value) = measure;
    let there: Vec<f64> = contact.iter().filter_map(|report| value(report)).collect();
    let contact_mean = Estimate::of(&there)?.mean;
    let differences = |reports: &[KpiReport]| {
        let pairs: Vec<(f64, f64)> = contact.iter().zip(reports).filter_map(|(there, here)| Some((value(there)?, value(here)?))).collect();
        ratio_less_one(&pairs)
    };
    Some(KpiApart { kpi: (*name).to_owned(), contact: contact_mean, before: differences(before)?, calibrated: differences(after)? })
}

/// Of the means of pairs, the second over the first, less one, with its interval by the linear terms (Cochran, Sampling Techniques,
/// 1977): also where a value is none in some pairs. `None`: the first is none in all.
fn ratio_less_one(pairs: &[(f64, f64)]) -> Option<Estimate> {
    let (there, here) = pairs.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let (ratio, mean) = (here / there, there / pairs.len() as f64);
    let terms: Vec<f64> = pairs.iter().map(|(there, here)| ratio - 1.0 + (here - ratio * there) / mean).collect();
    Estimate::of(&terms).filter(|_| there > 0.0)
}

/// `work` for 0 to `count` - 1 on threads, results in order.
fn side_by_side<T: Send>(count: usize, jobs: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..if jobs == 0 { cores } else { jobs }.min(count)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a run does not panic")).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::{Estimate, KpiApart, ratio_less_one};

    /// A mean that is hardly off before, and far off with values, is told, however wide its interval: some runs went wrong.
    #[test]
    fn what_is_worse_than_before_is_told() {
        let of = |mean: f64, half_width: Option<f64>| Estimate { mean, half_width, ..Estimate::of(&[0.0, 0.0]).expect("two") };
        let is_worse = |before: Estimate, calibrated: Estimate| {
            KpiApart { kpi: "throughput_per_h".to_owned(), contact: 1.0, before, calibrated }.is_worse()
        };
        assert!(is_worse(of(0.03, Some(0.02)), of(-0.21, Some(0.3))));
        assert!(is_worse(of(-0.03, None), of(0.04, None)));
        // Within what chance makes of the first, or too small to matter.
        assert!(!is_worse(of(0.03, Some(0.02)), of(-0.04, Some(0.01))));
        assert!(!is_worse(of(0.001, Some(0.0001)), of(0.004, Some(0.0001))));
        assert!(!is_worse(of(-0.2, Some(0.01)), of(0.01, Some(0.05))));
    }

    #[test]
    fn a_ratio_is_of_the_means() {
        let even = ratio_less_one(&[(100.0, 110.0), (200.0, 220.0)]).expect("a ratio");
        assert!((even.mean - 0.1).abs() < 1e-12 && even.sd < 1e-12, "{even:?}");
        // Also where one is none.
        let jams = ratio_less_one(&[(0.0, 2.0), (4.0, 3.0), (5.0, 4.0)]).expect("a ratio");
        assert!(jams.mean.abs() < 1e-12 && jams.half_width.expect("three pairs") > 0.5, "{jams:?}");
        assert_eq!(ratio_less_one(&[(0.0, 0.0), (0.0, 1.0)]), None);
    }
}
