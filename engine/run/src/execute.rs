//! Runs a scene into a run directory: skip, resume or start; step; journal and snapshots; outputs. Knows the simulation
//! only as something that steps, and the front end only as an [`Observer`].

use crate::batches::{Batches, DeviceRequest};
use crate::directory::{Opened, RunDirectory};
use crate::error::RunError;
use crate::files::Durability;
use crate::input::RunInput;
use crate::journal::{EventLevel, JournalWriter};
use crate::manifest::{Manifest, Output, RunState};
use crate::outputs::{self, OutputInputs, OutputKind};
use crate::snapshot;
use crate::wall_clock::now_utc;
use linetwin_compute::Placement;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::report::KpiReport;
use linetwin_model::scene::Fidelity;
use linetwin_model::{Scene, Time};
use linetwin_sim::granular::DeviceFailure;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A snapshot of 500 bodies costs some milliseconds; a minute of simulated time is little to lose.
pub const DEFAULT_SNAPSHOT_EVERY: Time = Time(60 * Time::NANOS_PER_SECOND);
/// With exact events, which are as much faster.
const DEFAULT_SNAPSHOT_EVERY_OF_EVENTS: Time = Time(86_400 * Time::NANOS_PER_SECOND);
/// Wall time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What to run, and where to put it.
#[derive(Clone, Debug)]
pub struct RunRequest {
    pub scene_path: PathBuf,
    /// `PATH=VALUE`, in order.
    pub overrides: Vec<String>,
    /// Simulated time.
    pub duration: Time,
    /// Instead of the scene's seed.
    pub seed: Option<u64>,
    pub replication: u32,
    pub out_dir: PathBuf,
    /// Simulated time between two snapshots; zero: only on interruption. `None`: a minute with contact physics, a day with exact
    /// events.
    pub snapshot_every: Option<Time>,
    pub events: EventLevel,
    /// Worker threads of the physics; 0: one per core.
    pub threads: usize,
    pub device: DeviceRequest,
    /// With `report.html`, which can be made later as well. No part of the run key.
    pub page: bool,
    pub durability: Durability,
}

impl RunRequest {
    /// The scene as it is, its first replication, on one thread, with all its events.
    pub fn new(scene_path: impl Into<PathBuf>, duration: Time, out_dir: impl Into<PathBuf>) -> Self {
        RunRequest {
            scene_path: scene_path.into(),
            overrides: Vec::new(),
            duration,
            seed: None,
            replication: 0,
            out_dir: out_dir.into(),
            snapshot_every: None,
            events: EventLevel::All,
            threads: 1,
            device: DeviceRequest::default(),
            page: true,
            durability: Durability::default(),
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub simulated: Time,
    pub duration: Time,
    /// Where this session began: not zero when it resumed.
    pub began_at: Time,
    /// Of this session.
    pub wall: Duration,
    pub parts_in: u64,
    /// Good, rejected and scrapped.
    pub parts_out: u64,
    pub parts_inside: u64,
}

/// The front end's side of a run.
///
/// It is called from the thread that makes the steps.
pub trait Observer: Send {
    /// The scene's warnings, before anything is written.
    fn warnings(&mut self, _warnings: &[Diagnostic], _sources: &Sources) {}
    /// Something worth a line: a resume, a snapshot that was passed over.
    fn notice(&mut self, _text: &str) {}
    /// About ten times a second, and once at the end.
    fn progress(&mut self, _progress: &Progress) {}
    /// Asked before every step; `true` writes a snapshot and ends the run as [`Ending::Interrupted`].
    fn stop_requested(&mut self) -> bool {
        false
    }
}

/// An observer that watches nothing.
impl Observer for () {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// The directory already held this run, whole; nothing was done.
    AlreadyFinished,
    /// A snapshot was written; the same request goes on from here.
    Interrupted {
        at: Time,
    },
}

#[derive(Clone, Debug)]
pub struct RunOutcome {
    pub out_dir: PathBuf,
    pub ending: Ending,
    pub manifest: Manifest,
    /// `None` when interrupted.
    pub report: Option<KpiReport>,
}

impl RunOutcome {
    /// 0; 1: invalid or a check failed; 130: interrupted.
    pub fn exit_code(&self) -> u8 {
        match (self.ending, self.manifest.valid, self.manifest.checks_passed) {
            (Ending::Interrupted { .. }, _, _) => 130,
            (_, Some(true), Some(true)) => 0,
            _ => 1,
        }
    }
}

/// Runs the request to its end, or until the observer asks to stop.
pub fn execute(request: &RunRequest, observer: &mut dyn Observer) -> Result<RunOutcome, RunError> {
    execute_input(request, RunInput::of(request)?, observer)
}

/// [`execute`] of what was read already.
pub fn execute_input(request: &RunRequest, input: RunInput, observer: &mut dyn Observer) -> Result<RunOutcome, RunError> {
    if !input.warnings.is_empty() {
        observer.warnings(&input.warnings, &input.sources);
    }
    let batches = Batches::of(&request.device, &input.scene)?;
    let (placement, note) = batches.open()?;
    let mut wanted = Manifest::new(request, &input, &batches);
    wanted.info.device = placement.device.told();
    let mut notices = Vec::new();
    let opened = RunDirectory::open(&request.out_dir, &wanted, &input, request.durability, &mut notices);
    for notice in notices {
        observer.notice(&notice);
    }
    match opened? {
        Opened::Finished(manifest) => already_finished(request, *manifest),
        Opened::Ready(directory) => {
            note.into_iter().for_each(|note| observer.notice(&note));
            Session::begin(*directory, input.scene, request, placement, observer)?.run(observer)
        }
    }
}

fn already_finished(request: &RunRequest, mut manifest: Manifest) -> Result<RunOutcome, RunError> {
    let dir = &request.out_dir;
    if request.page && manifest.outputs.iter().all(|output| output.file != OutputKind::Report.file()) {
        crate::report::report(dir)?;
        manifest = Manifest::load_or_refuse(dir)?;
    }
    let report = outputs::read_kpi_json(dir)?;
    Ok(RunOutcome { out_dir: dir.to_path_buf(), ending: Ending::AlreadyFinished, manifest, report: Some(report) })
}

/// One process's turn at a run.
struct Session {
    directory: RunDirectory,
    simulation: Simulation,
    journal: JournalWriter,
    snapshot_every: Time,
    began_at: Time,
    began: Instant,
    wall_time_before_s: f64,
    page: bool,
    /// In this session, and announced.
    device_failed: bool,
}

impl Session {
    /// From the newest usable snapshot, or from time zero.
    fn begin(
        directory: RunDirectory,
        scene: Arc<Scene>,
        request: &RunRequest,
        placement: Placement,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let mut notices = Vec::new();
        let point = directory.resume_point(&mut notices);
        for notice in notices {
            observer.notice(&notice);
        }
        let manifest = &directory.manifest;
        let options =
            SimulationOptions { seed: Some(manifest.seed), replication: manifest.replication, threads: request.threads, placement };
        let (simulation, mark) = match point? {
            None => (Simulation::new(scene, options), None),
            Some(point) => {
                let simulation = Simulation::load(scene, options, &point.snapshot.payload).map_err(|error| RunError::Damaged {
                    path: snapshot::path_of(&directory.snapshots_folder(), point.snapshot.journal.step),
                    reason: error.to_string(),
                })?;
                observer.notice(&format!("goes on at {:.1} s of simulated time", simulation.now().as_seconds()));
                (simulation, Some(point.snapshot.journal))
            }
        };
        let journal = directory.open_journal(mark)?;
        Ok(Session {
            began_at: simulation.now(),
            wall_time_before_s: manifest.info.wall_time_s,
            snapshot_every: request.snapshot_every.unwrap_or(match simulation.scene().fidelity {
                Fidelity::Contact | Fidelity::Mixed => DEFAULT_SNAPSHOT_EVERY,
                Fidelity::Event => DEFAULT_SNAPSHOT_EVERY_OF_EVENTS,
            }),
            began: Instant::now(),
            device_failed: false,
            page: request.page,
            directory,
            simulation,
            journal,
        })
    }

    fn run(self, observer: &mut dyn Observer) -> Result<RunOutcome, RunError> {
        self.simulation.workers().run(|| self.run_to_the_end(observer))
    }

    fn run_to_the_end(mut self, observer: &mut dyn Observer) -> Result<RunOutcome, RunError> {
        let duration = self.directory.manifest.duration();
        let mut next_snapshot = self.next_snapshot_step();
        let mut progress_due = Instant::now();
        // `settled`, not `now`: the events of the last instant are known one step later.
        while self.simulation.step_count() == 0 || self.simulation.settled() < duration {
            if observer.stop_requested() {
                return self.interrupt();
            }
            self.step(observer)?;
            if self.simulation.step_count() == next_snapshot {
                self.write_snapshot()?;
                next_snapshot = self.next_snapshot_step();
            }
            if Instant::now() >= progress_due {
                observer.progress(&self.progress(duration));
                progress_due = Instant::now() + PROGRESS_EVERY;
            }
        }
        observer.progress(&self.progress(duration));
        self.finish()
    }

    fn step(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        self.simulation.step();
        self.watch_device(observer)?;
        self.journal.push_scans(self.simulation.take_scans());
        let level = self.directory.manifest.events;
        let events = self.simulation.take_events().into_iter().filter(|event| level.keeps(&event.kind));
        Ok(self.journal.push(self.simulation.state_hash(), events)?)
    }

    /// A device that fails is announced once, or ends the run before the step that it spoilt is kept.
    fn watch_device(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        let failure = if self.device_failed { None } else { self.simulation.device_failure() };
        let Some(DeviceFailure { error, stopped }) = failure else { return Ok(()) };
        let at_s = self.simulation.scene().step.time_of(self.simulation.step_count() - 1).as_seconds();
        if stopped {
            self.store_manifest(RunState::Interrupted, self.simulation.step_count() - 1)?;
            return Err(RunError::DeviceLost { dir: self.directory.path().to_path_buf(), at_s, error });
        }
        let told = format!("at {at_s:.3} s of simulated time {error}; the processor goes on from the last committed step");
        observer.notice(&told);
        self.device_failed = true;
        self.directory.manifest.info.device_failure = Some(told);
        Ok(())
    }

    /// The step after which the next multiple of the interval is reached.
    fn next_snapshot_step(&self) -> u64 {
        let Time(interval) = self.snapshot_every;
        if interval == 0 {
            return u64::MAX;
        }
        let next = Time((self.simulation.now().0 / interval + 1).saturating_mul(interval));
        self.simulation.scene().step.step_at_or_after(next)
    }

    fn write_snapshot(&mut self) -> Result<(), RunError> {
        let mark = self.journal.sync()?;
        debug_assert_eq!(mark.step, self.simulation.step_count(), "the journal has one entry per step");
        let RunDirectory { manifest, durability, .. } = &self.directory;
        Ok(snapshot::write(&self.directory.snapshots_folder(), &manifest.origin(), mark, &self.simulation.save(), *durability)?)
    }

    fn progress(&self, duration: Time) -> Progress {
        let balance = self.simulation.parts().balance();
        let parts_out = balance.good + balance.rejected + balance.scrapped;
        Progress {
            simulated: self.simulation.settled(),
            duration,
            began_at: self.began_at,
            wall: self.began.elapsed(),
            parts_in: balance.entered,
            parts_out,
            parts_inside: balance.entered - parts_out,
        }
    }

    fn interrupt(mut self) -> Result<RunOutcome, RunError> {
        // Before the first step there is nothing to keep: the run starts anew.
        if self.simulation.step_count() > 0 {
            self.write_snapshot()?;
        }
        self.store_manifest(RunState::Interrupted, self.simulation.step_count())?;
        let at = self.simulation.now();
        Ok(self.outcome(Ending::Interrupted { at }, None))
    }

    /// Outputs first, the manifest last: a finished manifest promises that they are all there.
    fn finish(mut self) -> Result<RunOutcome, RunError> {
        let journal = self.journal.sync()?;
        let report = self.simulation.report();
        let scene = self.simulation.scene().clone();
        let manifest = &mut self.directory.manifest;
        manifest.steps = self.simulation.step_count();
        manifest.final_hash = Some(self.simulation.state_hash().to_string());
        manifest.valid = Some(report.invalid_conditions.is_empty());
        manifest.checks_passed = Some(report.checks.iter().all(|check| check.passed));
        let inputs = OutputInputs { dir: self.directory.path(), scene: &scene, report: &report, manifest: &self.directory.manifest };
        let written: Vec<Output> = outputs::write_all(&inputs, self.page, self.directory.durability)?;
        self.directory.manifest.outputs = written;
        self.directory.manifest.info.journal_bytes = Some(journal.offset);
        self.store_manifest(RunState::Finished, self.simulation.step_count())?;
        Ok(self.outcome(Ending::Finished, Some(report)))
    }

    fn store_manifest(&mut self, state: RunState, steps: u64) -> Result<(), RunError> {
        let manifest = &mut self.directory.manifest;
        manifest.state = state;
        manifest.steps = steps;
        manifest.info.ended_at = Some(now_utc());
        manifest.info.wall_time_s = self.wall_time_before_s + self.began.elapsed().as_secs_f64();
        Ok(self.directory.manifest.store(self.directory.path(), self.directory.durability)?)
    }

    fn outcome(self, ending: Ending, report: Option<KpiReport>) -> RunOutcome {
        RunOutcome { out_dir: self.directory.path().to_path_buf(), ending, manifest: self.directory.manifest, report }
    }
}
