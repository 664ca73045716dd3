//! Takes a line out of linetwin, as it is at a moment or through a while: a scene is run from zero, a run from the last snapshot
//! before that. The same request gives the same bytes.
//!
//! ```text
//! film   moments at a rate, and the tracks of what moves in them        usda  OpenUSD as text
//! names  identifiers                                                    gltf  glTF 2.0, binary or as text
//! trace  messages of a run                                              mcap, protobuf  what they are packed in
//! ```

mod film;
mod gltf;
mod mcap;
mod names;
mod protobuf;
mod trace;
mod usda;

use crate::batches::{Batches, DeviceRequest};
use crate::directory::snapshots_folder;
use crate::error::RunError;
use crate::execute::{Observer, Progress};
use crate::files::{failed, write_atomic};
use crate::input::{RunInput, stored_input};
use crate::manifest::{Engine, MANIFEST_FILE, Manifest};
use crate::snapshot;
use film::Film;
use linetwin_model::{Scene, Time};
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trace::Trace;

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// OpenUSD, as text.
    Usda,
    /// glTF 2.0: binary, or as text where the file's name ends in `.gltf`.
    Gltf,
    /// A trace: MCAP with messages for Foxglove and Rerun. Without a span it lasts to the run's end.
    Mcap,
}

impl ExportFormat {
    /// Of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            ExportFormat::Usda => "usda",
            ExportFormat::Gltf => "glb",
            ExportFormat::Mcap => "mcap",
        }
    }
}

#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// A scene file or a run directory.
    pub source: PathBuf,
    pub format: ExportFormat,
    pub out: PathBuf,
    /// Simulated time at which it begins.
    pub from: Time,
    /// How long it lasts; `None`: one moment, which does not move; of a trace, to the end of the run.
    pub span: Option<Time>,
    /// Samples per second of simulated time.
    pub rate_hz: f64,
    /// Of a scene.
    pub overrides: Vec<String>,
    pub seed: Option<u64>,
    pub replication: u32,
    /// Worker threads of the physics; 0: one per core. Never changes a byte.
    pub threads: usize,
    pub device: DeviceRequest,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub path: PathBuf,
    pub moments: usize,
    /// Parts that are seen at least once.
    pub parts: usize,
    pub bytes: u64,
}

/// Writes the file; `None`: stopped on request, and nothing was written.
pub fn export(request: &ExportRequest, observer: &mut dyn Observer) -> Result<Option<Exported>, RunError> {
    let (mut simulation, whole) = open(request, observer)?;
    let span = match request.format {
        ExportFormat::Mcap => request.span.or(whole.map(|whole| whole.since(request.from))),
        ExportFormat::Usda | ExportFormat::Gltf => request.span,
    };
    let span = span.unwrap_or(Time::ZERO);
    match request.format {
        ExportFormat::Mcap => write_trace(&mut simulation, request, span, observer),
        ExportFormat::Usda | ExportFormat::Gltf => write_film(&mut simulation, request, span, observer),
    }
}

/// A trace is written as it is made.
fn write_trace(
    simulation: &mut Simulation,
    request: &ExportRequest,
    span: Time,
    observer: &mut dyn Observer,
) -> Result<Option<Exported>, RunError> {
    let mut trace = None;
    let (mut outcome, mut counts) = (Ok(false), (0, 0));
    let written = write_atomic(&request.out, |file| {
        outcome = shoot(simulation, request, span, observer, &mut |simulation| {
            let trace = trace.get_or_insert_with(|| Trace::new(simulation));
            trace.take(simulation);
            Ok(trace.drain(file).map_err(failed("write", &request.out))?)
        });
        let whole = trace.take().filter(|_| matches!(outcome, Ok(true))).ok_or(io::ErrorKind::Interrupted)?;
        counts = (whole.moments, whole.parts);
        whole.finish(file)
    });
    if !outcome? {
        return Ok(None);
    }
    let (moments, parts) = counts;
    Ok(Some(Exported { path: request.out.clone(), moments, parts, bytes: written?.bytes }))
}

fn write_film(
    simulation: &mut Simulation,
    request: &ExportRequest,
    span: Time,
    observer: &mut dyn Observer,
) -> Result<Option<Exported>, RunError> {
    let Some(film) = film_of(simulation, request, span, observer, film::KEYS_MAX)? else { return Ok(None) };
    let as_text = request.out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gltf"));
    let written = write_atomic(&request.out, |file| match request.format {
        ExportFormat::Usda => usda::write(&film, file),
        _ => file.write_all(&gltf::bytes(&film, as_text)),
    })?;
    Ok(Some(Exported { path: request.out.clone(), moments: film.times_s.len(), parts: film.part_count(), bytes: written.bytes }))
}

/// A film has to be whole before it is written: `keys_max` bounds what it holds. `None`: stopped on request.
fn film_of(
    simulation: &mut Simulation,
    request: &ExportRequest,
    span: Time,
    observer: &mut dyn Observer,
    keys_max: usize,
) -> Result<Option<Film>, RunError> {
    let mut film = Film::new(simulation, request.rate_hz, keys_max);
    let mut take = |simulation: &Simulation| {
        let full = |film::Full| RunError::FilmTooLong { at_s: simulation.now().as_seconds(), most: keys_max };
        film.take(simulation).map_err(full)
    };
    let is_whole = shoot(simulation, request, span, observer, &mut take)?;
    Ok(is_whole.then_some(film))
}

/// The simulation at or before the beginning, and how long it may run: a run's own duration.
fn open(request: &ExportRequest, observer: &mut dyn Observer) -> Result<(Simulation, Option<Time>), RunError> {
    let manifest = if request.source.is_dir() { Some(Manifest::load_or_refuse(&request.source)?) } else { None };
    let input = match &manifest {
        Some(manifest) => {
            refuse_what_differs(&request.source, manifest, request, observer)?;
            stored_input(&request.source, manifest)?
        }
        None => RunInput::read(&request.source.to_string_lossy(), &request.overrides, &|path| fs::read(path))?,
    };
    if manifest.is_none() && !input.warnings.is_empty() {
        observer.warnings(&input.warnings, &input.sources);
    }
    let (placement, note) = Batches::of(&request.device, &input.scene)?.open()?;
    note.into_iter().for_each(|note| observer.notice(&note));
    let (seed, replication) = match &manifest {
        Some(manifest) => (Some(manifest.seed), manifest.replication),
        None => (request.seed, request.replication),
    };
    let options = SimulationOptions { seed, replication, threads: request.threads, placement };
    let ahead = manifest.as_ref().and_then(|manifest| last_snapshot(&request.source, manifest, &input.scene, &options, request.from));
    let simulation = ahead.unwrap_or_else(|| Simulation::new(input.scene, options));
    Ok((simulation, manifest.map(|manifest| manifest.duration())))
}

/// The state of a run at the last snapshot before `time`; those that cannot be used are passed over.
fn last_snapshot(dir: &Path, manifest: &Manifest, scene: &Arc<Scene>, options: &SimulationOptions, time: Time) -> Option<Simulation> {
    let (folder, step) = (snapshots_folder(dir), scene.step.step_at_or_after(time));
    let before = snapshot::steps_in(&folder).unwrap_or_default().into_iter().rev().filter(|snapshot| *snapshot <= step);
    let states = before.filter_map(|step| snapshot::read(&snapshot::path_of(&folder, step), &manifest.origin()).ok());
    states.filter_map(|state| Simulation::load(scene.clone(), options.clone(), &state.payload).ok()).next()
}

/// What would not be the run that the directory holds.
fn refuse_what_differs(dir: &Path, manifest: &Manifest, request: &ExportRequest, observer: &mut dyn Observer) -> Result<(), RunError> {
    if let Some(adapter) = manifest.adapter.clone() {
        return Err(RunError::NotReproducible { dir: dir.to_path_buf(), adapter });
    }
    let end = Time(request.from.0.saturating_add(request.span.unwrap_or(Time::ZERO).0));
    if end > manifest.duration() {
        let (asked_s, has_s) = (end.as_seconds(), manifest.duration().as_seconds());
        return Err(RunError::BeyondTheRun { dir: dir.to_path_buf(), asked_s, has_s });
    }
    if !request.overrides.is_empty() || request.seed.is_some() || request.replication != 0 {
        return Err(RunError::FixedByTheRun { dir: dir.to_path_buf() });
    }
    if manifest.engine != Engine::this() {
        observer.notice(&format!(
            "{} was written by engine {}, this is {}: what is exported may differ from it",
            dir.join(MANIFEST_FILE).display(),
            manifest.engine,
            Engine::this()
        ));
    }
    Ok(())
}

type Take<'a> = &'a mut (dyn FnMut(&Simulation) -> Result<(), RunError> + Send);

/// Runs to the beginning and through the span, and shows each moment to `take`; false: stopped on request.
fn shoot(
    simulation: &mut Simulation,
    request: &ExportRequest,
    span: Time,
    observer: &mut dyn Observer,
    take: Take<'_>,
) -> Result<bool, RunError> {
    simulation.workers().run(|| shoot_at_home(simulation, request, span, observer, take))
}

fn shoot_at_home(
    simulation: &mut Simulation,
    request: &ExportRequest,
    span: Time,
    observer: &mut dyn Observer,
    take: Take<'_>,
) -> Result<bool, RunError> {
    let count = (span.as_seconds() * request.rate_hz + 1e-9).floor() as u64 + 1;
    let end = Time(request.from.0.saturating_add(span.0));
    let (began, mut due) = (Instant::now(), Instant::now());
    for sample in 0..count {
        let at = Time(request.from.0 + (sample as f64 / request.rate_hz * 1e9).round() as u64);
        while simulation.now() < at {
            if observer.stop_requested() {
                return Ok(false);
            }
            simulation.step();
            simulation.take_events();
            simulation.take_scans();
            if Instant::now() >= due {
                due = Instant::now() + PROGRESS_EVERY;
                let balance = simulation.parts().balance();
                observer.progress(&Progress {
                    simulated: simulation.now(),
                    duration: end,
                    began_at: Time::ZERO,
                    wall: began.elapsed(),
                    parts_in: balance.entered,
                    parts_out: balance.entered - balance.inside(),
                    parts_inside: balance.inside(),
                });
            }
        }
        take(simulation)?;
    }
    Ok(true)
}
