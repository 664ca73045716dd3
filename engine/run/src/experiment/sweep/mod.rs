//! A sweep: its points as run directories in one folder. What is done stays done whatever becomes of the sweep file, since a point's
//! directory is named by what decides its result; the same command goes on with what is missing. Knows nothing about what points
//! say (`collect`, `effects`) or which points there are (`design`).

mod collect;
mod design;
mod effects;

pub use collect::{PointMeasure, SweepResult, SweepRow, collect_sweep};
pub use effects::{Effect, LevelMean, Rank};

use super::pool::{Launcher, run_all};
use super::replicate::{Done, ReplicationObserver, are_measured, is_done, replication_directory};
use crate::batches::{Batches, DeviceRequest};
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::failed;
use crate::input::RunInput;
use crate::journal::EventLevel;
use crate::manifest::{Manifest, RunState};
use linetwin_model::Time;
use linetwin_model::sweep::{Sweep, SweepKind, read_sweep};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A sweep file, and where its runs go.
#[derive(Clone, Debug)]
pub struct SweepRequest {
    pub sweep_path: PathBuf,
    /// Holds the points and the tables; empty: `runs/<sweep file>-sweep`.
    pub folder: PathBuf,
    pub events: EventLevel,
    pub device: DeviceRequest,
}

/// A sweep with every scene of it checked.
pub struct SweepPlan {
    pub sweep: Sweep,
    pub folder: PathBuf,
    pub points: Vec<SweepPoint>,
}

/// One way to build or to run the line.
pub struct SweepPoint {
    /// The scenario's name, or the number of the point from 1.
    pub name: String,
    /// Of each factor, as written; empty for scenarios.
    pub values: Vec<String>,
    /// Holds a run directory for each replication.
    pub directory: PathBuf,
    input: RunInput,
    /// Of each replication.
    manifests: Vec<Manifest>,
    runs: Vec<RunRequest>,
}

impl SweepPoint {
    pub fn overrides(&self) -> &[String] {
        &self.input.overrides
    }
    pub fn runs(&self) -> &[RunRequest] {
        &self.runs
    }
}

/// How far the runs of a point are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointStatus {
    pub done: u32,
    /// Stopped with a snapshot.
    pub interrupted: u32,
    /// Being written, or their writer was killed; also what is no longer as it was written.
    pub begun: u32,
    pub missing: u32,
}

impl SweepPlan {
    /// How far each point is, in their order.
    pub fn status(&self) -> Vec<PointStatus> {
        let of = |point: &SweepPoint| {
            let mut status = PointStatus::default();
            for (run, wanted) in point.runs.iter().zip(&point.manifests) {
                let found = Manifest::load(&run.out_dir).ok().flatten().filter(|found| found.run_key == wanted.run_key);
                let count = match found.map(|found| found.state) {
                    Some(RunState::Finished) if is_done(&run.out_dir, wanted) => &mut status.done,
                    Some(RunState::Interrupted) => &mut status.interrupted,
                    Some(RunState::Running | RunState::Finished) => &mut status.begun,
                    None => &mut status.missing,
                };
                *count += 1;
            }
            status
        };
        self.points.iter().map(of).collect()
    }

    /// The runs that are to be made, each directory once: two points may come to the same scene.
    pub fn missing(&self) -> Vec<RunRequest> {
        let (mut missing, mut known): (Vec<RunRequest>, BTreeSet<&Path>) = Default::default();
        // Replication by replication: what there is of a sweep that was stopped early, there is of all points.
        for replication in 0..self.sweep.replications as usize {
            for point in &self.points {
                let (run, wanted) = (&point.runs[replication], &point.manifests[replication]);
                if known.insert(&run.out_dir) && !is_done(&run.out_dir, wanted) {
                    missing.push(run.clone());
                }
            }
        }
        missing
    }

    pub fn run_count(&self) -> u32 {
        u32::try_from(self.points.len()).unwrap_or(u32::MAX).saturating_mul(self.sweep.replications)
    }
}

/// Reads the sweep and every scene of it. What is wrong with any of them is an error before anything runs.
pub fn plan_sweep(request: &SweepRequest, observer: &mut dyn ReplicationObserver) -> Result<SweepPlan, RunError> {
    let path = &request.sweep_path;
    let text = fs::read_to_string(path).map_err(failed("read", path))?;
    let reading = read_sweep(&path.to_string_lossy(), &text);
    if !reading.diagnostics.is_empty() && reading.sweep.is_some() {
        observer.warnings(&reading.diagnostics, &reading.sources);
    }
    let Some(sweep) = reading.sweep else {
        return Err(RunError::Scene { diagnostics: reading.diagnostics, sources: reading.sources });
    };
    let stem = path.file_stem().map_or_else(|| "sweep".into(), |stem| stem.to_string_lossy());
    let folder =
        if request.folder.as_os_str().is_empty() { Path::new("runs").join(format!("{stem}-sweep")) } else { request.folder.clone() };
    let scene_path = path.parent().unwrap_or(Path::new("")).join(&sweep.scene);
    let mut points = Vec::new();
    for (name, values, own) in named_points(&sweep) {
        let overrides: Vec<String> = sweep.set.iter().cloned().chain(own).collect();
        let planned = plan_point(request, &sweep, &folder, &scene_path, &overrides);
        let (input, directory, runs, manifests) =
            planned.map_err(|error| RunError::Point { point: name.clone(), error: Box::new(error) })?;
        // Every point has the scene's warnings; they are told once.
        if points.is_empty() && !input.warnings.is_empty() {
            observer.warnings(&input.warnings, &input.sources);
        }
        points.push(SweepPoint { name, values, directory, input, manifests, runs });
    }
    Ok(SweepPlan { sweep, folder, points })
}

/// Name, values of the factors, and what is set.
fn named_points(sweep: &Sweep) -> Vec<(String, Vec<String>, Vec<String>)> {
    match &sweep.kind {
        SweepKind::Scenarios { scenarios, .. } => {
            scenarios.iter().map(|scenario| (scenario.name.clone(), Vec::new(), scenario.overrides.clone())).collect()
        }
        SweepKind::Factors { factors, design } => {
            let points = design::points(factors, design).into_iter().enumerate();
            let named = points.map(|(number, values)| {
                let sets = |(factor, value): (&linetwin_model::sweep::Factor, &String)| {
                    factor.sets.iter().map(|path| format!("{path}={value}")).collect::<Vec<_>>()
                };
                let overrides = factors.iter().zip(&values).flat_map(sets).collect();
                ((number + 1).to_string(), values, overrides)
            });
            named.collect()
        }
    }
}

type PlannedPoint = (RunInput, PathBuf, Vec<RunRequest>, Vec<Manifest>);

fn plan_point(
    request: &SweepRequest,
    sweep: &Sweep,
    folder: &Path,
    scene_path: &Path,
    overrides: &[String],
) -> Result<PlannedPoint, RunError> {
    const KEY_DIGITS: usize = 12;
    let input = RunInput::read(&scene_path.to_string_lossy(), overrides, &|path| fs::read(path))?;
    if sweep.duration <= input.scene.warmup {
        let [duration_s, warmup_s] = [sweep.duration, input.scene.warmup].map(Time::as_seconds);
        return Err(RunError::NothingMeasured { duration_s, warmup_s });
    }
    are_measured(sweep.measures.iter(), &input)?;
    let batches = Batches::of(&request.device, &input.scene)?;
    let of = |replication: u32, out_dir: PathBuf| RunRequest {
        overrides: overrides.to_vec(),
        seed: sweep.seed,
        replication,
        events: request.events,
        device: request.device.clone(),
        page: false,
        ..RunRequest::new(scene_path.to_path_buf(), sweep.duration, out_dir)
    };
    let key = Manifest::new(&of(0, PathBuf::new()), &input, &batches).run_key;
    let directory = folder.join(format!("point-{}", &key[..KEY_DIGITS]));
    let runs: Vec<RunRequest> = (0..sweep.replications).map(|number| of(number, replication_directory(&directory, number))).collect();
    let manifests = runs.iter().map(|run| Manifest::new(run, &input, &batches)).collect();
    Ok((input, directory, runs, manifests))
}

/// Makes the runs that are missing, at most `jobs` at a time. `false`: stopped on request; the same request goes on.
pub fn run_sweep(plan: &SweepPlan, jobs: usize, launcher: &dyn Launcher, observer: &mut dyn ReplicationObserver) -> Result<bool, RunError> {
    let missing = plan.missing();
    let of = plan.run_count();
    let mut done = of - plan.status().iter().map(|status| status.begun + status.interrupted + status.missing).sum::<u32>();
    observer.progress(Done { done, of, replication: None });
    let observer = RefCell::new(observer);
    // Two points may share a directory.
    let mut manifests: BTreeMap<&Path, Vec<&Manifest>> = BTreeMap::new();
    for point in &plan.points {
        for (run, wanted) in point.runs.iter().zip(&point.manifests) {
            manifests.entry(&run.out_dir).or_default().push(wanted);
        }
    }
    let mut tell = |run: &RunRequest| {
        done += u32::try_from(manifests[run.out_dir.as_path()].len()).expect("fewer than runs");
        observer.borrow_mut().progress(Done { done, of, replication: Some(run.replication) });
    };
    let of_run = |run: &RunRequest| is_done(&run.out_dir, manifests[run.out_dir.as_path()][0]);
    run_all(missing, jobs.max(1), launcher, &of_run, &mut tell, &mut || observer.borrow_mut().stop_requested())
}
