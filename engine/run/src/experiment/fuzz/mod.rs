//! A scene is tested: runs in which disturbances happen, until a check fails; then the shortest run with the fewest disturbances in
//! which it still does. Knows nothing about what a disturbance does or a check asks.

mod draw;

pub use draw::Happens;

use super::pool::{Launcher, run_all};
use super::replicate::{Done, ReplicationObserver, is_done};
use crate::batches::Batches;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::write_atomic;
use crate::input::RunInput;
use crate::journal::EventLevel;
use crate::manifest::Manifest;
use crate::outputs::read_kpi_json;
use draw::{drawn, on_grid};
use linetwin_model::Time;
use serde::Serialize;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs that are made before anybody looks whether a check failed in one: as many for any number of processes, so that all of them
/// find the same.
const RUNS_AT_ONCE: u32 = 16;
/// A run that is shortened ends on a whole second.
const RESOLUTION: Time = Time(Time::NANOS_PER_SECOND);
/// Times that the span of a disturbance is halved.
const HALVINGS: usize = 6;
/// Between snapshots of the run that is kept: the viewer goes back to any moment quickly.
const SNAPSHOT_EVERY: Time = Time(10 * Time::NANOS_PER_SECOND);
/// So long before the end of the shortest run one sees what comes.
const BEFORE_S: f64 = 10.0;

#[derive(Clone, Debug)]
pub struct TestRequest {
    /// Of each run; what happens, replication and directory are set here.
    pub run: RunRequest,
    pub runs: u32,
    pub jobs: usize,
    /// Holds the runs; empty: `runs/<scene>-test`.
    pub folder: PathBuf,
}

/// What testing came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestResult {
    pub scene: String,
    pub seed: u64,
    pub duration_s: f64,
    /// Runs that were made before it was found, or altogether.
    pub runs: u32,
    /// Of those, runs in which physics did what it must not do.
    pub invalid: Vec<u32>,
    pub found: Option<Violation>,
}

/// A check that fails, in the shortest run that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// As the scene writes it, and what was measured instead.
    pub check: String,
    pub measured: String,
    /// The run in which it was found, and what happened there.
    pub run: u32,
    pub happened: Vec<Happens>,
    /// What is left of it, and how long the run has to be [s].
    pub happens: Vec<Happens>,
    pub duration_s: f64,
    /// Runs that were made to find that.
    pub shrinking_runs: u32,
    /// The moment before [s].
    pub look_at_s: f64,
    /// A run directory, beside the result.
    pub directory: PathBuf,
}

impl TestResult {
    pub const FILE: &str = "test.json";
}

/// Makes the runs. `None`: interrupted; the same request goes on.
pub fn test_scene(
    request: &TestRequest,
    launcher: &dyn Launcher,
    observer: &mut dyn ReplicationObserver,
) -> Result<(PathBuf, Option<TestResult>), RunError> {
    let path = request.run.scene_path.to_string_lossy().into_owned();
    let input = RunInput::read(&path, &request.run.overrides, &|path| fs::read(path))?;
    if !input.warnings.is_empty() {
        observer.warnings(&input.warnings, &input.sources);
    }
    let refused = |reason: &str| Err(RunError::Record { path: request.run.scene_path.clone(), reason: reason.to_owned() });
    if input.scene.checks.is_empty() {
        return refused("the scene has no `checks`: there is nothing that could fail");
    }
    if input.scene.disturbances.is_empty() {
        return refused("the scene has no `disturbances`: say what can happen to it");
    }
    if request.run.duration <= input.scene.warmup {
        let [duration_s, warmup_s] = [request.run.duration, input.scene.warmup].map(Time::as_seconds);
        return Err(RunError::NothingMeasured { duration_s, warmup_s });
    }
    let stem = Path::new(&path).file_stem().map_or_else(|| "scene".into(), |stem| stem.to_string_lossy().into_owned());
    let folder =
        if request.folder.as_os_str().is_empty() { Path::new("runs").join(format!("{stem}-test")) } else { request.folder.clone() };
    let seed = request.run.seed.unwrap_or(input.scene.seed);
    let bench = Bench { request, launcher, folder: &folder, made: RefCell::new(0) };
    let (mut runs, mut invalid, mut found) = (0, Vec::new(), None);
    while runs < request.runs && found.is_none() {
        let until = (runs + RUNS_AT_ONCE).min(request.runs);
        let trials: Vec<Trial> = (runs..until)
            .map(|run| Trial { run, happens: drawn(&input.scene, seed, run, request.run.duration), duration: request.run.duration })
            .collect();
        let Some(outcomes) = bench.outcomes(&trials, observer)? else { return Ok((folder, None)) };
        for (trial, outcome) in trials.iter().zip(outcomes) {
            runs = trial.run + 1;
            invalid.extend((!outcome.valid).then_some(trial.run));
            if let Some((check, _)) = outcome.failed.first() {
                found = Some((trial.clone(), check.clone()));
                break;
            }
        }
    }
    let made = *bench.made.borrow();
    let found = match found {
        None => None,
        Some((trial, check)) => {
            let Some(shrunk) = bench.shrink(&trial, &check, input.scene.warmup, observer)? else { return Ok((folder, None)) };
            let shrinking_runs = *bench.made.borrow() - made;
            let Some((directory, measured)) = bench.keep(&shrunk, &check, observer)? else { return Ok((folder, None)) };
            Some(Violation {
                check,
                measured,
                run: trial.run,
                happened: trial.happens,
                look_at_s: on_grid((shrunk.duration.as_seconds() - BEFORE_S).max(0.0)),
                duration_s: shrunk.duration.as_seconds(),
                happens: shrunk.happens,
                shrinking_runs,
                directory,
            })
        }
    };
    let result = TestResult { scene: input.scene.name.clone(), seed, duration_s: request.run.duration.as_seconds(), runs, invalid, found };
    fs::create_dir_all(&folder).map_err(crate::files::failed("create", &folder))?;
    write_atomic(&folder.join(TestResult::FILE), |file| {
        serde_json::to_writer_pretty(&mut *file, &result)?;
        file.write_all(b"\n")
    })?;
    Ok((folder, Some(result)))
}

/// A run that may be made.
#[derive(Clone, Debug, PartialEq)]
struct Trial {
    run: u32,
    happens: Vec<Happens>,
    duration: Time,
}

/// How a run fared.
#[derive(Clone, Debug)]
struct Outcome {
    valid: bool,
    /// Checks that failed, with what was measured.
    failed: Vec<(String, String)>,
}

impl Outcome {
    fn fails(&self, check: &str) -> bool {
        self.failed.iter().any(|(failed, _)| failed == check)
    }
}

/// Makes trials.
struct Bench<'a> {
    request: &'a TestRequest,
    launcher: &'a dyn Launcher,
    folder: &'a Path,
    /// How many trials were asked for.
    made: RefCell<u32>,
}

impl Bench<'_> {
    /// Its directory has the name of what decides it: the same trial is never made twice.
    fn run_of(&self, trial: &Trial, kept: bool) -> Result<(RunRequest, Manifest), RunError> {
        const KEY_DIGITS: usize = 12;
        let run = RunRequest { duration: trial.duration, replication: trial.run, events: EventLevel::None, ..self.request.run.clone() };
        let mut run = RunRequest { page: kept, ..run };
        run.overrides.push(Happens::written(&trial.happens));
        if kept {
            (run.events, run.snapshot_every) = (EventLevel::All, Some(SNAPSHOT_EVERY));
        }
        let input = RunInput::read(&run.scene_path.to_string_lossy(), &run.overrides, &|path| fs::read(path))?;
        let batches = Batches::of(&run.device, &input.scene)?;
        let manifest = Manifest::new(&run, &input, &batches);
        let name = if kept { "found" } else { "run" };
        run.out_dir = self.folder.join(format!("{name}-{:04}-{}", trial.run, &manifest.run_key[..KEY_DIGITS]));
        Ok((run, manifest))
    }

    /// `None`: interrupted.
    fn outcomes(&self, trials: &[Trial], observer: &mut dyn ReplicationObserver) -> Result<Option<Vec<Outcome>>, RunError> {
        let runs = trials.iter().map(|trial| self.run_of(trial, false)).collect::<Result<Vec<_>, _>>()?;
        *self.made.borrow_mut() += trials.len() as u32;
        if !self.make(&runs, observer)? {
            return Ok(None);
        }
        runs.iter().map(|(run, _)| read_outcome(&run.out_dir)).collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn make(&self, runs: &[(RunRequest, Manifest)], observer: &mut dyn ReplicationObserver) -> Result<bool, RunError> {
        let mut missing: Vec<RunRequest> = Vec::new();
        for (run, wanted) in runs {
            // Two trials may come to the same run.
            if !is_done(&run.out_dir, wanted) && missing.iter().all(|known| known.out_dir != run.out_dir) {
                missing.push(run.clone());
            }
        }
        let of = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        let observer = RefCell::new(observer);
        let mut done = 0;
        let mut tell = |run: &RunRequest| {
            done += 1;
            observer.borrow_mut().progress(Done { done, of, replication: Some(run.replication) });
        };
        let is_made = |run: &RunRequest| runs.iter().any(|(other, wanted)| other.out_dir == run.out_dir && is_done(&run.out_dir, wanted));
        run_all(missing, self.request.jobs.max(1), self.launcher, &is_made, &mut tell, &mut || observer.borrow_mut().stop_requested())
    }

    /// Whether a trial is still one: the check fails in it, and would hold if nothing happened. Of several the first that is.
    fn first_that_fails(
        &self,
        trials: &[Trial],
        check: &str,
        observer: &mut dyn ReplicationObserver,
    ) -> Result<Option<Option<usize>>, RunError> {
        let mut all = trials.to_vec();
        all.extend(trials.iter().map(|trial| Trial { happens: Vec::new(), ..trial.clone() }));
        let Some(outcomes) = self.outcomes(&all, observer)? else { return Ok(None) };
        let (disturbed, calm) = outcomes.split_at(trials.len());
        // A run in which the check fails although nothing happens is one as well: of a scene that is wrong by itself.
        let is_one = |index: &usize| disturbed[*index].fails(check) && (trials[*index].happens.is_empty() || !calm[*index].fails(check));
        Ok(Some((0..trials.len()).find(is_one)))
    }

    /// The shortest run with the fewest disturbances; `None`: interrupted.
    fn shrink(&self, found: &Trial, check: &str, warmup: Time, observer: &mut dyn ReplicationObserver) -> Result<Option<Trial>, RunError> {
        let mut best = found.clone();
        let nothing = Trial { happens: Vec::new(), ..best.clone() };
        match self.first_that_fails(std::slice::from_ref(&nothing), check, observer)? {
            None => return Ok(None),
            // It needs no disturbance: a shorter run of it would say something else.
            Some(Some(_)) => return Ok(Some(nothing)),
            Some(None) => {}
        }
        // Without one of them after the other, as long as that goes.
        while best.happens.len() > 1 {
            let without = |index: usize| {
                let mut trial = best.clone();
                trial.happens.remove(index);
                trial
            };
            let trials: Vec<Trial> = (0..best.happens.len()).map(without).collect();
            match self.first_that_fails(&trials, check, observer)? {
                None => return Ok(None),
                Some(None) => break,
                Some(Some(index)) => best = trials[index].clone(),
            }
        }
        // Each of them for a shorter time.
        for index in 0..best.happens.len() {
            let halved: Vec<Trial> = (1..=HALVINGS)
                .rev()
                .map(|times| {
                    let mut trial = best.clone();
                    trial.happens[index].for_s = on_grid(trial.happens[index].for_s / f64::from(1 << times));
                    trial
                })
                .filter(|trial| trial.happens[index].for_s > 0.0)
                .collect();
            match self.first_that_fails(&halved, check, observer)? {
                None => return Ok(None),
                Some(None) => {}
                Some(Some(shortest)) => best = halved[shortest].clone(),
            }
        }
        // The run ends as soon as the check has failed: between a moment at which it has not, and one at which it has.
        let (mut holds, mut fails) = (warmup.0 / RESOLUTION.0, best.duration.0.div_ceil(RESOLUTION.0));
        while fails - holds > 1 {
            let middle = holds.midpoint(fails);
            let trial = Trial { duration: Time(middle * RESOLUTION.0), ..best.clone() };
            match self.first_that_fails(std::slice::from_ref(&trial), check, observer)? {
                None => return Ok(None),
                Some(Some(_)) => (fails, best) = (middle, trial),
                Some(None) => holds = middle,
            }
        }
        best.happens.retain(|happens| happens.at_s < best.duration.as_seconds());
        Ok(Some(best))
    }

    /// As a run directory with everything that replay and the viewer want: its name beside the result, and what the check measured.
    fn keep(&self, trial: &Trial, check: &str, observer: &mut dyn ReplicationObserver) -> Result<Option<(PathBuf, String)>, RunError> {
        let kept = self.run_of(trial, true)?;
        if !self.make(std::slice::from_ref(&kept), observer)? {
            return Ok(None);
        }
        let outcome = read_outcome(&kept.0.out_dir)?;
        let measured = outcome.failed.into_iter().find(|(failed, _)| failed == check).map_or_else(String::new, |(_, measured)| measured);
        let name = kept.0.out_dir.file_name().map_or_else(PathBuf::new, PathBuf::from);
        Ok(Some((name, measured)))
    }
}

fn read_outcome(dir: &Path) -> Result<Outcome, RunError> {
    let report = read_kpi_json(dir)?;
    let failed = report.checks.into_iter().filter(|check| !check.passed).map(|check| (check.text, check.found)).collect();
    Ok(Outcome { valid: report.invalid_conditions.is_empty(), failed })
}
