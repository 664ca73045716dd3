//! A scene against the record of the line that it describes: recorded arrivals and stops are replayed, all else is drawn, and what the
//! record says is held against what runs say. Knows neither how runs are made nor how a measure is counted.

mod measures;

use super::pool::Launcher;
use super::replicate::{ReplicationObserver, ReplicationRequest, replicate, replication_directory};
use super::statistics::{CONFIDENCE, Estimate};
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::{failed, write_atomic};
use crate::input::text_of;
use crate::log_of_run::machine_log;
use linetwin_model::Time;
use linetwin_model::machine_log::MachineLog;
use linetwin_model::report::KpiReport;
use measures::{Kind, Words};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct ValidationRequest {
    /// Of each run; its duration, overrides of the record and directory are set here.
    pub run: RunRequest,
    pub log: PathBuf,
    /// The last share of the record is compared [-].
    pub hold_out: f64,
    pub replay_arrivals: bool,
    pub replay_stops: bool,
    /// At least two.
    pub replications: u32,
    /// What is no difference: a share of rates and counts, and of the time where shares of it are compared [-].
    pub tolerance: f64,
    pub jobs: usize,
    /// Holds the runs and the tables; empty: `runs/<scene>-validation`.
    pub folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    pub scene: String,
    pub log: String,
    /// The moments of the log between which it is compared [s].
    pub from_s: f64,
    pub to_s: f64,
    pub warmup_s: f64,
    pub replayed: Vec<&'static str>,
    pub replications: u32,
    /// Replications in which physics did what it must not do; nothing counts them.
    pub invalid: Vec<u32>,
    /// All rows hold together with 95 % confidence, so that each has this of its own (Bonferroni).
    pub confidence_of_each: f64,
    pub tolerance: f64,
    pub rows: Vec<ValidationRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationRow {
    pub measure: String,
    pub unit: &'static str,
    pub recorded: f64,
    /// Of the runs.
    pub mean: f64,
    /// Where the record lies if it is one more run of the scene; wider by the tolerance.
    pub low: f64,
    pub high: f64,
    pub agrees: bool,
    /// Follows from what is replayed, and so says little.
    pub replayed: bool,
}

impl Validation {
    pub const FILE: &str = "validation.json";

    pub fn passed(&self) -> bool {
        self.invalid.is_empty() && self.rows.iter().all(|row| row.agrees)
    }
}

/// `None`: interrupted; the same request goes on.
pub fn validate(
    request: &ValidationRequest,
    launcher: &dyn Launcher,
    observer: &mut dyn ReplicationObserver,
) -> Result<(PathBuf, Option<Validation>), RunError> {
    let path = &request.log;
    let refused = |reason: String| RunError::Record { path: path.clone(), reason };
    let text = text_of(path, fs::read(path).map_err(failed("read", path))?)?;
    let log = MachineLog::read(&text).map_err(|error| refused(error.to_string()))?;
    let from = Time::from_seconds(log.end.as_seconds() * (1.0 - request.hold_out));
    let span = log.end - from;
    let scene_path = request.run.scene_path.to_string_lossy().into_owned();
    let stem = Path::new(&scene_path).file_stem().map_or_else(|| "scene".into(), |stem| stem.to_string_lossy().into_owned());
    let folder =
        if request.folder.as_os_str().is_empty() { Path::new("runs").join(format!("{stem}-validation")) } else { request.folder.clone() };
    let mut run = RunRequest { duration: span, events: crate::EventLevel::All, ..request.run.clone() };
    run.overrides.push(format!(
        "recorded=Recorded(csv: {:?}, from_s: {}, arrivals: {}, stops: {})",
        path.to_string_lossy(),
        from.as_seconds(),
        request.replay_arrivals,
        request.replay_stops
    ));
    let replications = ReplicationRequest {
        run,
        folder: folder.clone(),
        replications: request.replications,
        target: None,
        kpis: Vec::new(),
        jobs: request.jobs,
    };
    let outcome = replicate(&replications, launcher, observer)?;
    let Some(found) = outcome.replications else { return Ok((folder, None)) };
    let warmup = Time::from_seconds(found.warm_up.given_s);
    let words = Words::of(&log);
    let (mut logs, mut reports) = (Vec::new(), Vec::new());
    for replication in (0..found.replications).filter(|number| !found.invalid.contains(number)) {
        let dir = replication_directory(&folder, replication);
        logs.push(machine_log(&dir)?.window(warmup, span));
        reports.push(crate::outputs::read_kpi_json(&dir)?);
    }
    let recorded = log.window(from + warmup, log.end);
    let mut replayed = Vec::new();
    replayed.extend(request.replay_arrivals.then_some("arrivals"));
    replayed.extend(request.replay_stops.then_some("stops"));
    let rows = compare(&recorded, &logs, &reports, words, request);
    if rows.is_empty() {
        return Err(refused("nothing in it can be held against the scene: no element has states, works or departures in both".to_owned()));
    }
    let validation = Validation {
        scene: found.scene,
        log: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        from_s: (from + warmup).as_seconds(),
        to_s: log.end.as_seconds(),
        warmup_s: warmup.as_seconds(),
        replayed,
        replications: found.replications,
        invalid: found.invalid,
        confidence_of_each: confidence_of_each(rows.len()),
        tolerance: request.tolerance,
        rows,
    };
    write_atomic(&folder.join(Validation::FILE), |file| {
        serde_json::to_writer_pretty(&mut *file, &validation)?;
        file.write_all(b"\n")
    })?;
    write_atomic(&folder.join("validation.html"), |file| crate::report::write_validation(&validation, file))?;
    Ok((folder, Some(validation)))
}

fn confidence_of_each(rows: usize) -> f64 {
    1.0 - (1.0 - CONFIDENCE) / rows.max(1) as f64
}

fn compare(
    recorded: &MachineLog,
    logs: &[MachineLog],
    reports: &[KpiReport],
    words: Words,
    request: &ValidationRequest,
) -> Vec<ValidationRow> {
    // What the record says nothing of is not compared: a plant logs some machines, and of some only the stops.
    let plant = measures::measures(recorded, words, &|_| true);
    let known = |name: &str| recorded.element(name).is_some();
    let runs: Vec<_> = logs.iter().map(|log| measures::measures(log, words, &known)).collect();
    let element_of = |path: &str| {
        let ends = [".left_per_h", ".cycles_per_h", ".stops"];
        let cut = ends.iter().find_map(|end| path.strip_suffix(end)).or_else(|| path.split_once(".state.").map(|(name, _)| name));
        cut.unwrap_or(path).to_owned()
    };
    let in_scene = |name: &str| reports.iter().any(|report| report.elements.iter().any(|element| element.name == name));
    let has_states = |name: &str| plant.keys().any(|(path, _)| path.starts_with(&format!("{name}.state.")));
    let mut paths: BTreeSet<(String, Kind)> = plant.keys().cloned().collect();
    // A state that only the runs have is a difference as well, where the record tells the states of the element.
    let from_runs = runs.iter().flat_map(|run| run.keys().cloned());
    paths.extend(from_runs.filter(|(path, kind)| *kind == Kind::Share && has_states(&element_of(path))));
    paths.retain(|(path, _)| in_scene(&element_of(path)));
    let confidence = confidence_of_each(paths.len());
    let stopped = |name: &str| plant.contains_key(&(format!("{name}.state.down"), Kind::Share));
    paths
        .into_iter()
        .map(|(path, kind)| {
            let key = (path, kind);
            let values: Vec<f64> = runs.iter().map(|run| run.get(&key).copied().unwrap_or(0.0)).collect();
            let observed = plant.get(&key).copied().unwrap_or(0.0);
            let (path, kind) = key;
            let name = element_of(&path);
            let about_stops = path.ends_with(".stops") || path.ends_with(".state.down");
            let replayed = request.replay_stops && about_stops && stopped(&name);
            row(path, kind, observed, &values, confidence, request.tolerance, replayed)
        })
        .collect()
}

/// The record as one more run: within t sd sqrt(1 + 1/n) of the mean with this confidence.
fn row(measure: String, kind: Kind, recorded: f64, values: &[f64], confidence: f64, tolerance: f64, replayed: bool) -> ValidationRow {
    let estimate = Estimate::of(values).expect("some run is valid");
    let n = f64::from(estimate.n);
    let spread = if estimate.n > 1 {
        let students = StudentsT::new(0.0, 1.0, n - 1.0).expect("at least one degree of freedom");
        students.inverse_cdf(f64::midpoint(1.0, confidence)) * estimate.sd * (1.0 + 1.0 / n).sqrt()
    } else {
        0.0
    };
    let allowed = match kind {
        Kind::Share => tolerance,
        Kind::Rate => tolerance * estimate.mean.abs(),
        // A stop at the edge of the window may lie on either side.
        Kind::Count => (tolerance * estimate.mean.abs()).max(1.0),
    };
    let reach = spread + allowed;
    let unit = match kind {
        Kind::Rate => "1/h",
        Kind::Share => "-",
        Kind::Count => "events",
    };
    let floor = |value: f64| value.max(0.0);
    let (low, high) = (floor(estimate.mean - reach), estimate.mean + reach);
    ValidationRow { measure, unit, recorded, mean: estimate.mean, low, high, agrees: (low..=high).contains(&recorded), replayed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_held_against_where_one_more_run_would_lie() {
        let values = [10.0, 12.0, 11.0, 13.0, 9.0];
        // t of 4 degrees at 95 %: 2.776; sd 1.5811; sqrt(1.2).
        let found = row("x".into(), Kind::Rate, 15.8, &values, 0.95, 0.0, false);
        assert!((found.high - (11.0 + 2.7764 * 1.5811 * 1.2_f64.sqrt())).abs() < 1e-3 && found.agrees, "{found:?}");
        assert!(!row("x".into(), Kind::Rate, 15.9, &values, 0.95, 0.0, false).agrees);
        assert!(row("x".into(), Kind::Rate, 15.9, &values, 0.95, 0.01, false).agrees);
        assert!(row("x".into(), Kind::Share, 0.515, &[0.5; 3], 0.95, 0.02, false).agrees);
        assert!(!row("x".into(), Kind::Share, 0.525, &[0.5; 3], 0.95, 0.02, false).agrees);
    }
}
