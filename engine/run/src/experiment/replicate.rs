//! Independent replications: the same scene under the same seed with other random numbers. They lie in one folder, so that the
//! same command finds what is done, goes on with the rest, and ends in the same table for any number of processes.

use super::pool::{Launcher, run_all};
use super::statistics::Estimate;
use super::warm_up::mser_5;
use crate::batches::Batches;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::write_atomic;
use crate::input::RunInput;
use crate::manifest::{Manifest, RunState};
use crate::outputs::read_kpi_json;
use linetwin_model::Time;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::report::KpiReport;
use linetwin_model::words::nearest;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The measures of a line that a manager asks for.
pub const MAIN_KPIS: [&str; 14] = [
    "line.throughput_per_h",
    "line.good",
    "line.rejected",
    "line.scrapped",
    "line.wip_mean",
    "line.lead_time_mean_s",
    "line.lead_time_p95_s",
    "line.availability",
    "line.performance",
    "line.quality",
    "line.oee",
    "line.jams",
    "line.drops",
    "line.electrical_j_per_good",
];

#[derive(Clone, Debug)]
pub struct ReplicationRequest {
    /// Of each run; its replication and directory are set here.
    pub run: RunRequest,
    /// Holds the run directories and the tables; empty: [`replications_folder`].
    pub folder: PathBuf,
    /// At least one.
    pub replications: u32,
    pub target: Option<Target>,
    /// Measures that are asked for beside it: they must be there.
    pub kpis: Vec<String>,
    /// Processes at a time.
    pub jobs: usize,
}

/// More replications are made until a mean is known so well.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub kpi: String,
    /// Half width of the interval over the mean [-].
    pub share: f64,
    /// Replications altogether.
    pub most: u32,
}

/// How many runs are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub done: u32,
    pub of: u32,
    /// The one that has just ended; `None` where they were found done.
    pub replication: Option<u32>,
}

/// The front end's side.
pub trait ReplicationObserver {
    fn warnings(&mut self, _warnings: &[Diagnostic], _sources: &Sources) {}
    fn progress(&mut self, _done: Done) {}
    fn stop_requested(&mut self) -> bool {
        false
    }
}

impl ReplicationObserver for () {}

/// A measure over all valid replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiEstimate {
    pub kpi: String,
    pub unit: String,
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// Whether the scene's warm-up is long enough, by the mean WIP and output of all replications over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    /// The scene's `warmup_s` [s].
    pub given_s: f64,
    /// What MSER-5 would leave out [s]; `None`: the line has not settled, or the runs are too short to say.
    pub found_s: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetOutcome {
    pub kpi: String,
    pub share: f64,
    pub reached: bool,
}

/// What replications say together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replications {
    pub scene: String,
    pub seed: u64,
    pub duration_s: f64,
    pub replications: u32,
    /// In which physics did what it must not do; the estimates leave them out.
    pub invalid: Vec<u32>,
    /// In which a check of the scene failed.
    pub failed_checks: Vec<u32>,
    pub warm_up: WarmUp,
    pub target: Option<TargetOutcome>,
    /// In the order of a report; without measures that no replication has.
    pub kpis: Vec<KpiEstimate>,
}

impl Replications {
    pub const FILE: &str = "replications.json";

    pub fn kpi(&self, path: &str) -> Option<&KpiEstimate> {
        self.kpis.iter().find(|kpi| kpi.kpi == path)
    }
    /// All valid, with no failed check, and the target reached where there is one.
    pub fn passed(&self) -> bool {
        self.invalid.is_empty() && self.failed_checks.is_empty() && self.target.as_ref().is_none_or(|target| target.reached)
    }
}

#[derive(Clone, Debug)]
pub struct ReplicationOutcome {
    pub folder: PathBuf,
    /// `None`: interrupted; the same request goes on.
    pub replications: Option<Replications>,
}

/// `runs/<scene>-<seed>-<key>-replications`: the key stands for everything that decides the results, their number apart.
pub fn replications_folder(request: &RunRequest) -> Result<PathBuf, RunError> {
    let first = RunRequest { replication: 0, ..request.clone() };
    let mut folder = crate::identity::default_directory(&first, &RunInput::of(&first)?)?.into_os_string();
    folder.push("-replications");
    Ok(folder.into())
}

pub(super) fn replication_directory(folder: &Path, replication: u32) -> PathBuf {
    folder.join(format!("replication-{replication:04}"))
}

/// Makes the replications that are missing, then reads all.
pub fn replicate(
    request: &ReplicationRequest,
    launcher: &dyn Launcher,
    observer: &mut dyn ReplicationObserver,
) -> Result<ReplicationOutcome, RunError> {
    let input = RunInput::of(&request.run)?;
    if !input.warnings.is_empty() {
        observer.warnings(&input.warnings, &input.sources);
    }
    if request.run.duration <= input.scene.warmup {
        let [duration_s, warmup_s] = [request.run.duration, input.scene.warmup].map(Time::as_seconds);
        return Err(RunError::NothingMeasured { duration_s, warmup_s });
    }
    are_measured(request.target.iter().map(|target| &target.kpi).chain(&request.kpis), &input)?;
    let batches = Batches::of(&request.run.device, &input.scene)?;
    let folder = if request.folder.as_os_str().is_empty() { replications_folder(&request.run)? } else { request.folder.clone() };
    let of = |replication: u32| RunRequest {
        replication,
        out_dir: replication_directory(&folder, replication),
        page: false,
        ..request.run.clone()
    };
    let mut wanted = request.replications;
    loop {
        let all: Vec<RunRequest> = (0..wanted).map(of).collect();
        let missing: Vec<RunRequest> =
            all.iter().filter(|run| !is_done(&run.out_dir, &Manifest::new(run, &input, &batches))).cloned().collect();
        let mut done = wanted - u32::try_from(missing.len()).expect("not more than all");
        observer.progress(Done { done, of: wanted, replication: None });
        let finished = {
            // Both ends of the pool talk to one observer.
            let observer = std::cell::RefCell::new(&mut *observer);
            let mut tell = |run: &RunRequest| {
                done += 1;
                observer.borrow_mut().progress(Done { done, of: wanted, replication: Some(run.replication) });
            };
            let done = |run: &RunRequest| is_done(&run.out_dir, &Manifest::new(run, &input, &batches));
            run_all(missing, request.jobs.max(1), launcher, &done, &mut tell, &mut || observer.borrow_mut().stop_requested())?
        };
        if !finished {
            return Ok(ReplicationOutcome { folder, replications: None });
        }
        let reports = all.iter().map(|run| read_kpi_json(&run.out_dir)).collect::<Result<Vec<_>, _>>()?;
        let found = summed_up(&input, &request.run, request.target.as_ref(), &reports);
        if let Some(more) = found.target.as_ref().filter(|target| !target.reached).and_then(|target| missing_for(target, &found, request)) {
            wanted += more;
            continue;
        }
        write_tables(&folder, &found, &reports)?;
        return Ok(ReplicationOutcome { folder, replications: Some(found) });
    }
}

/// A measure that the scene does not yield is an error before anything runs.
pub(super) fn are_measured<'a>(mut kpis: impl Iterator<Item = &'a String>, input: &RunInput) -> Result<(), RunError> {
    let blank = Simulation::new(input.scene.clone(), SimulationOptions::default()).report().flat();
    let unknown = kpis.find(|kpi| blank.iter().all(|known| known.path != **kpi));
    unknown.map_or(Ok(()), |kpi| {
        let near = nearest(kpi, blank.iter().map(|known| known.path.as_str())).map(str::to_owned);
        Err(RunError::UnknownKpi { kpi: kpi.clone(), near })
    })
}

pub(super) fn is_done(dir: &Path, wanted: &Manifest) -> bool {
    let found = Manifest::load(dir).ok().flatten();
    found.is_some_and(|found| found.state == RunState::Finished && found.run_key == wanted.run_key && found.is_whole(dir))
}

/// How many more to make; `None`: as many as there may be are made. Never more than twice as many, since a few say little of
/// how much they vary.
fn missing_for(target: &TargetOutcome, found: &Replications, request: &ReplicationRequest) -> Option<u32> {
    let most = request.target.as_ref().map_or(0, |target| target.most);
    let left = most.saturating_sub(found.replications);
    let needed = found.kpi(&target.kpi).and_then(|kpi| kpi.estimate.more_for(target.share)).unwrap_or(u32::MAX);
    Some(needed.clamp(1, found.replications).min(left)).filter(|more| *more > 0)
}

pub(super) fn summed_up(input: &RunInput, run: &RunRequest, target: Option<&Target>, reports: &[KpiReport]) -> Replications {
    let numbers =
        |wanted: fn(&KpiReport) -> bool| reports.iter().filter(|report| wanted(report)).map(|report| report.replication).collect();
    let valid: Vec<&KpiReport> = reports.iter().filter(|report| report.invalid_conditions.is_empty()).collect();
    let flat: Vec<_> = valid.iter().map(|report| report.flat()).collect();
    let mut kpis: Vec<KpiEstimate> = Vec::new();
    // Every replication has the same paths in the same order.
    for (index, first) in flat.first().into_iter().flatten().enumerate() {
        let values: Vec<f64> = flat.iter().filter_map(|report| report.get(index).filter(|kpi| kpi.path == first.path)?.value).collect();
        if let Some(estimate) = Estimate::of(&values) {
            kpis.push(KpiEstimate { kpi: first.path.clone(), unit: first.unit.clone(), estimate });
        }
    }
    let target = target.map(|target| {
        let relative = kpis.iter().find(|kpi| kpi.kpi == target.kpi).and_then(|kpi| kpi.estimate.relative());
        TargetOutcome { kpi: target.kpi.clone(), share: target.share, reached: relative.is_some_and(|share| share <= target.share) }
    });
    Replications {
        scene: input.scene.name.clone(),
        seed: run.seed.unwrap_or(input.scene.seed),
        duration_s: run.duration.as_seconds(),
        replications: u32::try_from(reports.len()).expect("counted in 32 bits"),
        invalid: numbers(|report| !report.invalid_conditions.is_empty()),
        failed_checks: numbers(|report| report.checks.iter().any(|check| !check.passed)),
        warm_up: WarmUp { given_s: input.scene.warmup.as_seconds(), found_s: settled_after(&valid) },
        target,
        kpis,
    }
}

/// The later of where WIP and output settle, each averaged over all replications, moment by moment.
fn settled_after(reports: &[&KpiReport]) -> Option<f64> {
    let bucket_s = reports.first()?.series.bucket_s;
    let settled = |series: fn(&KpiReport) -> &[f64]| {
        // The last bucket may be cut off.
        let length = reports.iter().map(|report| series(report).len()).min()?.checked_sub(1)?;
        let means: Vec<f64> =
            (0..length).map(|k| reports.iter().map(|report| series(report)[k]).sum::<f64>() / reports.len() as f64).collect();
        mser_5(&means)
    };
    let [wip, output] = [settled(|report| &report.series.wip)?, settled(|report| &report.series.throughput_per_h)?];
    Some(wip.max(output) as f64 * bucket_s)
}

/// `replications.json`, `replications.csv` (one row for each measure) and `runs.csv` (one for each measure of each run).
pub(super) fn write_tables(folder: &Path, found: &Replications, reports: &[KpiReport]) -> Result<(), RunError> {
    write_atomic(&folder.join(Replications::FILE), |file| {
        serde_json::to_writer_pretty(&mut *file, found)?;
        file.write_all(b"\n")
    })?;
    write_atomic(&folder.join("replications.csv"), |file| {
        let mut table = crate::kpi_table::writer(file)?;
        table.write_record(["kpi", "unit", "n", "mean", "half_width_95", "sd", "min", "max"])?;
        for KpiEstimate { kpi, unit, estimate } in &found.kpis {
            let half_width = estimate.half_width.map(|half_width| half_width.to_string()).unwrap_or_default();
            let numbers = [estimate.sd, estimate.min, estimate.max].map(|number| number.to_string());
            let [sd, min, max] = &numbers;
            table.write_record([kpi, unit, &estimate.n.to_string(), &estimate.mean.to_string(), &half_width, sd, min, max])?;
        }
        table.flush()
    })?;
    write_atomic(&folder.join("runs.csv"), |file| {
        let mut table = crate::kpi_table::writer(file)?;
        table.write_record(["replication", "valid", "kpi", "value", "unit"])?;
        for report in reports {
            let (number, valid) = (report.replication.to_string(), report.invalid_conditions.is_empty().to_string());
            for kpi in report.flat() {
                let value = kpi.value.map(|value| value.to_string()).unwrap_or_default();
                table.write_record([&number, &valid, &kpi.path, &value, &kpi.unit])?;
            }
        }
        table.flush()
    })?;
    Ok(())
}
