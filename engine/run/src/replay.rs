//! Replay: runs a directory's inputs again and says whether every byte agrees; if not, the first step that differs
//! and, at the next snapshot, the parts that differ. Writes nothing.

use crate::batches::{Batches, DeviceRequest};
use crate::directory::{journal_path, snapshots_folder};
use crate::error::RunError;
use crate::execute::{Observer, Progress};
use crate::files::Fingerprint;
use crate::input::{RunInput, stored_input};
use crate::journal::{Block, JournalError, JournalReader, short_hash};
use crate::manifest::{Engine, Manifest, RunState};
use crate::outputs::{self, OutputInputs};
use crate::snapshot;
use linetwin_compute::Placement;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::Event;
use linetwin_sim::parts::PartId;
use linetwin_sim::ranging::Scan;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Parts named at most; a run that went another way soon differs in all of them.
const PARTS_NAMED_MAX: usize = 20;
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    pub dir: PathBuf,
    /// Steps that agree, from the first on.
    pub steps: u64,
    /// Set where the directory was written by another engine: then a difference is no surprise.
    pub other_engine: Option<String>,
    pub difference: Option<Difference>,
    /// Of a finished run whose steps all agree.
    pub files: Vec<FileComparison>,
    /// Stopped on request before the end.
    pub interrupted: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct FileComparison {
    pub file: String,
    pub same: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The first step after which the state differs.
    pub step: u64,
    pub at_s: f64,
    /// In words.
    pub what: String,
    pub entities: Option<EntityDifferences>,
}

/// What differs at the first snapshot after the difference.
#[derive(Clone, Debug, Serialize)]
pub struct EntityDifferences {
    pub step: u64,
    pub at_s: f64,
    /// How many parts differ.
    pub count: usize,
    /// The first of them, each with what differs.
    pub parts: Vec<String>,
}

impl ReplayReport {
    pub fn agrees(&self) -> bool {
        self.difference.is_none() && self.files.iter().all(|file| file.same)
    }

    /// 0: every byte agrees; 1: not; 130: stopped on request.
    pub fn exit_code(&self) -> u8 {
        match (self.interrupted, self.agrees()) {
            (true, _) => 130,
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}

impl std::fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(engine) = &self.other_engine {
            writeln!(f, "written by engine {engine}, replayed by {}", Engine::this())?;
        }
        match &self.difference {
            Some(difference) => {
                writeln!(f, "differs first at step {} (t = {:.3} s): {}", difference.step, difference.at_s, difference.what)?;
                match &difference.entities {
                    None => writeln!(f, "no snapshot after it shows which parts")?,
                    Some(entities) => {
                        writeln!(
                            f,
                            "at the next snapshot, step {} (t = {:.3} s), {} parts differ:",
                            entities.step, entities.at_s, entities.count
                        )?;
                        for part in &entities.parts {
                            writeln!(f, "  {part}")?;
                        }
                    }
                }
            }
            None => writeln!(f, "{} steps agree", self.steps)?,
        }
        for file in &self.files {
            writeln!(f, "{} {}", file.file, if file.same { "agrees" } else { "DIFFERS" })?;
        }
        match (self.interrupted, self.agrees()) {
            (true, _) => write!(f, "stopped before the end"),
            (false, true) => write!(f, "every byte agrees"),
            (false, false) => write!(f, "the runs differ"),
        }
    }
}

/// Runs what `dir` holds again. `threads` and `device` as in a run; on both the bytes are the same.
pub fn replay(dir: &Path, threads: usize, device: &DeviceRequest, observer: &mut dyn Observer) -> Result<ReplayReport, RunError> {
    let manifest = Manifest::load_or_refuse(dir)?;
    if let Some(adapter) = manifest.adapter.clone() {
        return Err(RunError::NotReproducible { dir: dir.to_path_buf(), adapter });
    }
    let input = stored_input(dir, &manifest)?;
    let (placement, note) = Batches::of(device, &input.scene)?.open()?;
    note.into_iter().for_each(|note| observer.notice(&note));
    let mut replay = Replay::new(dir, &manifest, &input, threads, placement);
    let mut report = ReplayReport {
        dir: dir.to_path_buf(),
        steps: 0,
        other_engine: (manifest.engine != Engine::this()).then(|| manifest.engine.to_string()),
        difference: None,
        files: Vec::new(),
        interrupted: false,
    };
    let journal = journal_path(dir);
    let damaged = |error: JournalError| RunError::Damaged { path: journal.clone(), reason: error.to_string() };
    let mut reader = JournalReader::open(&journal, &manifest.run_key_bytes()).map_err(damaged)?;
    while let Some(block) = reader.next_block().map_err(damaged)? {
        match replay.compare_block(&block, observer) {
            Comparison::Same => {}
            Comparison::Stopped => {
                report.interrupted = true;
                return Ok(report);
            }
            Comparison::Different(difference) => {
                report.difference = Some(*difference);
                return Ok(report);
            }
        }
        report.steps = replay.simulation.step_count();
    }
    if manifest.state == RunState::Finished {
        report.files = replay.compare_files()?;
    }
    Ok(report)
}

enum Comparison {
    Same,
    Stopped,
    Different(Box<Difference>),
}

struct Replay<'a> {
    dir: &'a Path,
    manifest: &'a Manifest,
    input: &'a RunInput,
    threads: usize,
    simulation: Simulation,
    began: Instant,
    progress_due: Instant,
}

impl<'a> Replay<'a> {
    fn new(dir: &'a Path, manifest: &'a Manifest, input: &'a RunInput, threads: usize, placement: Placement) -> Self {
        let simulation = Simulation::new(input.scene.clone(), SimulationOptions { placement, ..options(manifest, threads) });
        let now = Instant::now();
        Replay { dir, manifest, input, threads, simulation, began: now, progress_due: now }
    }

    fn compare_block(&mut self, block: &Block, observer: &mut dyn Observer) -> Comparison {
        self.simulation.workers().run(|| self.compare_steps(block, observer))
    }

    fn compare_steps(&mut self, block: &Block, observer: &mut dyn Observer) -> Comparison {
        let level = self.manifest.events;
        let (mut events, mut scans): (Vec<Event>, Vec<Scan>) = (Vec::new(), Vec::new());
        for recorded in &block.hashes {
            if observer.stop_requested() {
                return Comparison::Stopped;
            }
            self.simulation.step();
            events.extend(self.simulation.take_events().into_iter().filter(|event| level.keeps(&event.kind)));
            scans.extend(self.simulation.take_scans());
            if short_hash(self.simulation.state_hash()) != *recorded {
                return Comparison::Different(Box::new(self.difference("the state differs".to_string())));
            }
            self.report_progress(observer);
        }
        match first_different_event(&block.events, &events) {
            None if block.scans != scans => Comparison::Different(Box::new(self.difference("a scan differs".to_string()))),
            None => Comparison::Same,
            Some(what) => Comparison::Different(Box::new(self.difference(what))),
        }
    }

    fn report_progress(&mut self, observer: &mut dyn Observer) {
        if Instant::now() < self.progress_due {
            return;
        }
        self.progress_due = Instant::now() + PROGRESS_EVERY;
        let balance = self.simulation.parts().balance();
        let parts_out = balance.good + balance.rejected + balance.scrapped;
        observer.progress(&Progress {
            simulated: self.simulation.settled(),
            duration: self.manifest.duration(),
            began_at: Time::ZERO,
            wall: self.began.elapsed(),
            parts_in: balance.entered,
            parts_out,
            parts_inside: balance.entered - parts_out,
        });
    }

    fn difference(&mut self, what: String) -> Difference {
        let step = self.simulation.step_count();
        let at_s = self.simulation.now().as_seconds();
        Difference { step, at_s, what, entities: self.entities_at_next_snapshot() }
    }

    /// Goes on to the next snapshot that can be loaded and compares part by part.
    fn entities_at_next_snapshot(&mut self) -> Option<EntityDifferences> {
        let folder = snapshots_folder(self.dir);
        let steps = snapshot::steps_in(&folder).ok()?;
        for step in steps.into_iter().filter(|step| *step >= self.simulation.step_count()) {
            let path = snapshot::path_of(&folder, step);
            let Ok(snapshot) = snapshot::read(&path, &self.manifest.origin()) else { continue };
            let scene = self.input.scene.clone();
            let Ok(recorded) = Simulation::load(scene, options(self.manifest, self.threads), &snapshot.payload) else { continue };
            while self.simulation.step_count() < step {
                self.simulation.step();
                self.simulation.take_events();
            }
            return Some(entity_differences(&recorded, &self.simulation));
        }
        None
    }

    fn compare_files(&self) -> Result<Vec<FileComparison>, RunError> {
        let report = self.simulation.report();
        let inputs = OutputInputs { dir: self.dir, scene: &self.input.scene, report: &report, manifest: self.manifest };
        let mut files: Vec<FileComparison> = outputs::fingerprints(&inputs)?
            .into_iter()
            .map(|(file, made)| FileComparison {
                file: file.to_string(),
                same: Fingerprint::of_file(&self.dir.join(file)).as_ref() == Some(&made),
            })
            .collect();
        let final_hash = self.simulation.state_hash().to_string();
        files.push(FileComparison { file: "final_hash".to_string(), same: self.manifest.final_hash.as_ref() == Some(&final_hash) });
        Ok(files)
    }
}

fn options(manifest: &Manifest, threads: usize) -> SimulationOptions {
    SimulationOptions { seed: Some(manifest.seed), replication: manifest.replication, threads, ..SimulationOptions::default() }
}

fn first_different_event(recorded: &[Event], replayed: &[Event]) -> Option<String> {
    let describe = |event: Option<&Event>| event.map_or("nothing".to_string(), |event| format!("{:?} at {} ns", event.kind, event.at.0));
    (0..recorded.len().max(replayed.len()))
        .find(|&index| recorded.get(index) != replayed.get(index))
        .map(|index| format!("recorded {}, replayed {}", describe(recorded.get(index)), describe(replayed.get(index))))
}

fn entity_differences(recorded: &Simulation, replayed: &Simulation) -> EntityDifferences {
    let scene = replayed.scene();
    let ids: BTreeSet<PartId> = recorded.parts().iter().chain(replayed.parts().iter()).map(|(id, _)| id).collect();
    let (recorded_motions, replayed_motions) = (by_id(recorded), by_id(replayed));
    let all: Vec<String> = ids
        .into_iter()
        .filter_map(|id| {
            let what = match (recorded.parts().get(id), replayed.parts().get(id)) {
                (Some(_), None) => "only in the recorded run".to_string(),
                (None, Some(_)) => "only in the replay".to_string(),
                (Some(a), Some(b)) if a.place != b.place => format!("recorded {:?}, replayed {:?}", a.place, b.place),
                (Some(a), Some(b)) if a != b => "its mass, shape, attributes or times differ".to_string(),
                _ => moved(recorded_motions.get(&id)?, replayed_motions.get(&id)?)?,
            };
            Some(format!("{}: {what}", part_name(scene, id)))
        })
        .collect();
    EntityDifferences {
        step: replayed.step_count(),
        at_s: replayed.now().as_seconds(),
        count: all.len(),
        parts: all.into_iter().take(PARTS_NAMED_MAX).collect(),
    }
}

fn by_id(simulation: &Simulation) -> BTreeMap<PartId, linetwin_sim::port::PartMotion> {
    simulation.motions().into_iter().collect()
}

/// How far apart two motions of one part are; `None` where they are equal bit by bit.
fn moved(recorded: &linetwin_sim::port::PartMotion, replayed: &linetwin_sim::port::PartMotion) -> Option<String> {
    if recorded == replayed {
        return None;
    }
    let squares = (0..3).map(|axis| f64::from(recorded.position[axis] - replayed.position[axis]).powi(2));
    let apart_m = squares.sum::<f64>().sqrt();
    Some(if apart_m > 0.0 { format!("{:.3e} mm apart", apart_m * 1e3) } else { "same place, turned or moving differently".to_string() })
}

pub(crate) fn part_name(scene: &Scene, id: PartId) -> String {
    format!("{}#{}", scene.element(id.source).name, id.serial)
}
