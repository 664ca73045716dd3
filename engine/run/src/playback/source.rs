//! What is played, opened: the checked scene, how it is run, and what a run directory has recorded of it already. Reads
//! files and writes none; knows nothing about time passing.

use crate::batches::{Batches, DeviceRequest};
use crate::directory::{journal_path, snapshots_folder};
use crate::error::RunError;
use crate::input::{RunInput, stored_input};
use crate::journal::{Block, EventLevel, JournalReader, Mark, short_hash};
use crate::manifest::{Engine, Manifest, RunState};
use crate::outputs;
use crate::snapshot;
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use linetwin_sim::simulation::{Simulation, SimulationOptions, StateHash};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is to be played.
#[derive(Clone, Debug)]
pub enum Source {
    Scene {
        path: PathBuf,
        /// What is read instead of the scene's own file: its text as somebody is editing it.
        draft: Option<Arc<str>>,
        /// `PATH=VALUE`, in order.
        overrides: Vec<String>,
        /// Instead of the scene's seed.
        seed: Option<u64>,
        replication: u32,
        /// Plays to here and pauses; `None`: as long as somebody looks.
        end: Option<Time>,
    },
    /// A run directory: finished, interrupted, or being written.
    Run { dir: PathBuf },
}

impl Source {
    /// A directory holds a run, anything else a scene.
    pub fn of(path: PathBuf) -> Source {
        match path.is_dir() {
            true => Source::Run { dir: path },
            false => Source::Scene { path, draft: None, overrides: Vec::new(), seed: None, replication: 0, end: None },
        }
    }

    /// A file of the scene as it is now.
    pub(super) fn load(&self, file: &str) -> io::Result<Vec<u8>> {
        match self {
            Source::Scene { path, draft: Some(draft), .. } if *path == Path::new(file) => Ok(draft.as_bytes().to_vec()),
            _ => fs::read(file),
        }
    }
}

/// Everything needed to run it, any number of times.
pub struct Opened {
    pub input: RunInput,
    pub options: SimulationOptions,
    pub end: Option<Time>,
    pub record: Option<Record>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Opened {
    pub fn open(source: &Source, threads: usize, device: &DeviceRequest) -> Result<Opened, RunError> {
        let mut notes = Vec::new();
        let (input, seed, replication, end, record) = match source {
            Source::Scene { path, overrides, seed, replication, end, .. } => {
                let input = RunInput::read(&path.to_string_lossy(), overrides, &|path| source.load(path))?;
                (input, *seed, *replication, *end, None)
            }
            Source::Run { dir } => {
                let manifest = Manifest::load_or_refuse(dir)?;
                // The steps between two snapshots are done again: on another adapter they are others.
                if let Some(adapter) = manifest.adapter.clone() {
                    return Err(RunError::NotReproducible { dir: dir.clone(), adapter });
                }
                let input = stored_input(dir, &manifest)?;
                let record = Record::open(dir.clone(), manifest, &mut notes)?;
                let manifest = &record.manifest;
                (input, Some(manifest.seed), manifest.replication, Some(manifest.duration()), Some(record))
            }
        };
        let (placement, note) = Batches::of(device, &input.scene)?.open()?;
        notes.extend(note);
        let options = SimulationOptions { seed, replication, threads, placement };
        Ok(Opened { input, options, end, record, notes })
    }

    pub fn scene(&self) -> &Arc<Scene> {
        &self.input.scene
    }

    /// Before the first step.
    pub fn fresh(&self) -> Simulation {
        Simulation::new(self.scene().clone(), self.options.clone())
    }

    /// The steps of the last state at or before which there is one.
    pub fn last_step(&self) -> Option<u64> {
        // What happens at the last instant is known one step later, as in a run.
        self.end.map(|end| self.scene().step.step_at_or_after(end) + 1)
    }
}

/// How often a directory that is being written is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Recorded hashes of one step in so many are kept: each stands for the whole history before it.
const HASH_EVERY: u64 = 120;

/// What a run directory holds of the run, read piece by piece.
pub struct Record {
    dir: PathBuf,
    pub manifest: Manifest,
    /// Of a finished run.
    pub report: Option<Arc<KpiReport>>,
    /// Snapshots of this engine: another one's lead elsewhere.
    has_usable_snapshots: bool,
    reader: Option<JournalReader>,
    read_to: Option<Mark>,
    look_at: Instant,
    is_read: bool,
    /// After every [`HASH_EVERY`] steps.
    hashes: Vec<u64>,
}

impl Record {
    fn open(dir: PathBuf, manifest: Manifest, notes: &mut Vec<String>) -> Result<Record, RunError> {
        let this_engine = manifest.engine == Engine::this();
        if !this_engine {
            notes.push(format!(
                "the run was written by engine {}, this is {}: what is shown is simulated again from the beginning, and may differ",
                manifest.engine,
                Engine::this()
            ));
        }
        if manifest.events == EventLevel::None {
            notes.push("the run kept no events: its bookmarks are known where it has been simulated again".to_owned());
        }
        let report = match manifest.state {
            RunState::Finished => Some(Arc::new(outputs::read_kpi_json(&dir)?)),
            RunState::Running | RunState::Interrupted => {
                notes.push(format!("the run is not finished ({}): what is not recorded yet is simulated", manifest.state));
                None
            }
        };
        Ok(Record {
            dir,
            manifest,
            report,
            has_usable_snapshots: this_engine,
            reader: None,
            read_to: None,
            look_at: Instant::now(),
            is_read: false,
            hashes: Vec::new(),
        })
    }

    /// Steps that are recorded, as far as has been read.
    pub fn steps(&self) -> u64 {
        self.read_to.map_or(0, |mark| mark.step)
    }

    /// Whether it kept what bookmarks are made of.
    pub fn tells_events(&self) -> bool {
        self.manifest.events != EventLevel::None
    }

    /// Whether all that is there has been read.
    pub fn is_read(&self) -> bool {
        self.is_read
    }

    /// When there may be something new to read; `None`: a finished run is read.
    pub fn look_at(&self) -> Option<Instant> {
        (!(self.is_read && self.manifest.state == RunState::Finished)).then_some(self.look_at)
    }

    /// The next block; `None` where there is none (yet).
    pub fn read_on(&mut self, now: Instant) -> Option<Block> {
        if self.reader.is_none() {
            let (path, key) = (journal_path(&self.dir), self.manifest.run_key_bytes());
            let opened = match self.read_to {
                Some(mark) => JournalReader::open_at(&path, &key, mark),
                None => JournalReader::open(&path, &key),
            };
            self.reader = opened.ok();
        }
        let block = self.reader.as_mut().and_then(|reader| {
            // A block that is just being written looks damaged; it is whole the next time.
            let block = reader.next_block().ok().flatten()?;
            self.read_to = Some(reader.mark());
            Some(block)
        });
        match &block {
            Some(block) => {
                let steps = (block.first_step + 1..).zip(&block.hashes);
                self.hashes.extend(steps.filter(|(step, _)| step.is_multiple_of(HASH_EVERY)).map(|(_, hash)| *hash));
            }
            None => {
                (self.reader, self.is_read) = (None, true);
                self.look_at = now + LOOK_EVERY;
            }
        }
        block
    }

    /// Whether the state after `step` steps is another one than was recorded.
    pub fn contradicts(&self, step: u64, hash: StateHash) -> bool {
        let index = (step / HASH_EVERY) as usize;
        let recorded = (step.is_multiple_of(HASH_EVERY) && index > 0).then(|| self.hashes.get(index - 1)).flatten();
        recorded.is_some_and(|recorded| *recorded != short_hash(hash))
    }

    /// The steps of its snapshots at or before `step`, the last first.
    pub fn snapshots_up_to(&self, step: u64) -> Vec<u64> {
        if !self.has_usable_snapshots {
            return Vec::new();
        }
        let steps = snapshot::steps_in(&snapshots_folder(&self.dir)).unwrap_or_default();
        steps.into_iter().rev().filter(|snapshot| *snapshot <= step).collect()
    }

    /// The state after exactly `step` steps; the error says why it cannot be used.
    pub fn state(&self, step: u64) -> Result<Vec<u8>, String> {
        let path = snapshot::path_of(&snapshots_folder(&self.dir), step);
        let read = snapshot::read(&path, &self.manifest.origin());
        read.map(|snapshot| snapshot.payload)
            .map_err(|error| format!("snapshot {} is not used: {error}", path.file_name().unwrap_or_default().display()))
    }
}
