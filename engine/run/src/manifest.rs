//! `manifest.json`: what a run was made from, how far it is, and what it wrote. Owns the run key. Everything that
//! differs between two runs of the same key (threads, wall times, paths) lives in [`Info`] and is never compared.

use crate::batches::Batches;
use crate::directory::journal_path;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::{Durability, FileError, Fingerprint, failed, write_whole};
use crate::input::{RunInput, file_name};
use crate::journal::EventLevel;
use crate::pictures::Picture;
use crate::snapshot::{Origin, short};
use crate::wall_clock::now_utc;
use linetwin_model::scene::{Fidelity, Physics};
use linetwin_model::time::StepLength;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

pub const MANIFEST_SCHEMA: u32 = 1;
pub const MANIFEST_FILE: &str = "manifest.json";

/// This engine: two that agree here give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    pub version: String,
    /// Of the sources of `model`, `sim` and `run` and the lock file.
    pub source_hash: String,
}

impl Engine {
    pub fn this() -> Self {
        Engine { version: env!("CARGO_PKG_VERSION").to_string(), source_hash: env!("LINETWIN_SOURCE_HASH").to_string() }
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.version, short(&self.source_hash))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Being written, or its writer was killed.
    Running,
    /// Stopped on request, with a snapshot.
    Interrupted,
    Finished,
}

impl std::fmt::Display for RunState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RunState::Running => "running, or killed",
            RunState::Interrupted => "interrupted",
            RunState::Finished => "finished",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: u32,
    /// Hash of everything that decides the bytes of this directory.
    pub run_key: String,
    pub state: RunState,
    /// The chained state hash after the last step, once finished.
    pub final_hash: Option<String>,
    /// Whether physics did nothing it must not do, once finished.
    pub valid: Option<bool>,
    pub checks_passed: Option<bool>,
    pub engine: Engine,
    pub scene: String,
    /// Of the checked scene, overrides applied.
    pub scene_hash: String,
    /// The scene file first.
    pub inputs: Vec<Input>,
    pub overrides: Vec<String>,
    pub seed: u64,
    pub replication: u32,
    pub duration_s: f64,
    pub duration_ns: u64,
    pub step: StepLength,
    pub physics: Physics,
    /// `contact`: rigid bodies with friction, or `contact, coasting`; `event`: exact events; `mixed`: both, or `mixed, coasting`.
    pub transport: String,
    /// Whether every machine gives the same bytes: a GPU through wgpu does not.
    #[serde(default = "yes")]
    pub reproducible: bool,
    /// Which GPU's roundings these bytes hold, where they are not reproducible.
    #[serde(default)]
    pub adapter: Option<String>,
    pub events: EventLevel,
    /// Steps done.
    pub steps: u64,
    /// Written when the run finished.
    pub outputs: Vec<Output>,
    /// Drawn of the finished run, and shown in its report. No part of the run key: they change no other byte.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    pub info: Info,
}

/// Of manifests that were written before anything else was possible.
fn yes() -> bool {
    true
}

/// A file the run was made from, kept in `inputs/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// As it was asked for.
    pub path: String,
    /// Its copy, below the run directory.
    pub copy: String,
    #[serde(flatten)]
    pub fingerprint: Fingerprint,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub file: String,
    #[serde(flatten)]
    pub fingerprint: Fingerprint,
}

/// For people; no part of it decides or compares anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// Who computed batches of grains and rays; `cpu` where there were none.
    pub device: String,
    /// The device failed in the middle, and the processor went on.
    #[serde(default)]
    pub device_failure: Option<String>,
    pub system: String,
    pub threads: usize,
    pub started_at: String,
    pub ended_at: Option<String>,
    /// Over all sessions, in seconds.
    pub wall_time_s: f64,
    /// How often the run was started or resumed.
    pub sessions: u32,
    /// Of the finished run; it depends on where the run was resumed.
    #[serde(default)]
    pub journal_bytes: Option<u64>,
}

impl Manifest {
    pub(crate) fn new(request: &RunRequest, input: &RunInput, batches: &Batches) -> Self {
        let scene = &input.scene;
        let scene_bytes = postcard::to_allocvec(scene.as_ref()).expect("a scene of numbers and names is serialisable");
        let mut manifest = Manifest {
            schema: MANIFEST_SCHEMA,
            run_key: String::new(),
            state: RunState::Running,
            final_hash: None,
            valid: None,
            checks_passed: None,
            engine: Engine::this(),
            scene: scene.name.clone(),
            scene_hash: blake3::hash(&scene_bytes).to_hex().to_string(),
            inputs: input
                .files
                .iter()
                .enumerate()
                .map(|(index, file)| Input {
                    path: file.path.clone(),
                    copy: format!("inputs/{index:02}-{}", file_name(&file.path)),
                    fingerprint: file.fingerprint(),
                })
                .collect(),
            overrides: input.overrides.clone(),
            seed: request.seed.unwrap_or(scene.seed),
            replication: request.replication,
            duration_s: request.duration.as_seconds(),
            duration_ns: request.duration.0,
            step: scene.step,
            physics: scene.physics.clone(),
            transport: transport_of(scene).to_string(),
            reproducible: batches.adapter.is_none(),
            adapter: batches.adapter.clone(),
            events: request.events,
            steps: 0,
            outputs: Vec::new(),
            pictures: Vec::new(),
            info: Info {
                device: "cpu".to_string(),
                system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
                threads: request.threads,
                started_at: now_utc(),
                ..Info::default()
            },
        };
        manifest.run_key = manifest.compute_run_key().to_hex().to_string();
        manifest
    }

    /// Two requests with the same key fill a directory with the same bytes. The level of events is part of it, because
    /// it decides what `events.parquet` holds; threads, paths and the snapshot interval are not.
    fn compute_run_key(&self) -> blake3::Hash {
        let hashes: Vec<&str> = self.inputs.iter().map(|input| input.fingerprint.blake3.as_str()).collect();
        let decisive = (
            (self.schema, &self.engine, &self.scene_hash, hashes, &self.overrides),
            (self.seed, self.replication, self.duration_ns, self.step, &self.physics, &self.transport, self.events),
            &self.adapter,
        );
        blake3::hash(&postcard::to_allocvec(&decisive).expect("numbers and strings are serialisable"))
    }

    pub fn duration(&self) -> Time {
        Time(self.duration_ns)
    }

    pub fn run_key_bytes(&self) -> [u8; 32] {
        from_hex(&self.run_key)
    }

    /// What a snapshot of this run must say of itself.
    pub fn origin(&self) -> Origin {
        Origin {
            engine_version: self.engine.version.clone(),
            source_hash: self.engine.source_hash.clone(),
            run_key: self.run_key_bytes(),
            scene_hash: from_hex(&self.scene_hash),
        }
    }

    /// What makes this run another one than `wanted`, in words.
    pub fn differences(&self, wanted: &Manifest) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, found: String, wanted: String| {
            if found != wanted {
                differences.push(format!("{what}: {found} there, {wanted} here"));
            }
        };
        compare("scene", self.scene.clone(), wanted.scene.clone());
        compare("engine", self.engine.to_string(), wanted.engine.to_string());
        compare("seed", self.seed.to_string(), wanted.seed.to_string());
        compare("replication", self.replication.to_string(), wanted.replication.to_string());
        compare("duration", format!("{} s", self.duration_s), format!("{} s", wanted.duration_s));
        compare("overrides", format!("{:?}", self.overrides), format!("{:?}", wanted.overrides));
        compare("events", format!("{:?}", self.events), format!("{:?}", wanted.events));
        let computed_by = |manifest: &Manifest| manifest.adapter.clone().unwrap_or_else(|| "cpu or CUDA".into());
        compare("device", computed_by(self), computed_by(wanted));
        compare("physics settings", format!("{:?}", self.physics), format!("{:?}", wanted.physics));
        for (found, input) in self.inputs.iter().zip(&wanted.inputs) {
            if found.fingerprint != input.fingerprint {
                differences.push(format!("{} has changed since", file_name(&input.path)));
            }
        }
        if differences.is_empty() {
            differences.push("its run key differs".to_string());
        }
        differences
    }

    /// Whether everything that a finished run promises is there, as it was written. What was left to its starter to sync may not be
    /// after a power failure.
    pub fn is_whole(&self, dir: &Path) -> bool {
        let outputs = self.outputs.iter().map(|output| (&output.file, &output.fingerprint));
        let inputs = self.inputs.iter().map(|input| (&input.copy, &input.fingerprint));
        let journal = || self.info.journal_bytes.is_none_or(|bytes| fs::metadata(journal_path(dir)).is_ok_and(|file| file.len() == bytes));
        outputs.chain(inputs).all(|(file, fingerprint)| Fingerprint::of_file(&dir.join(file)).as_ref() == Some(fingerprint)) && journal()
    }

    /// `None` where there is no manifest, or what a power failure leaves of one that was not synced: nothing but zeros.
    pub fn load(dir: &Path) -> Result<Option<Manifest>, RunError> {
        let path = dir.join(MANIFEST_FILE);
        let text = match fs::read(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            other => other.map_err(failed("read", &path))?,
        };
        if text.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| RunError::Damaged { path: path.clone(), reason: error.to_string() })?;
        if from_hex_checked(&manifest.run_key).is_none() || from_hex_checked(&manifest.scene_hash).is_none() {
            return Err(RunError::Damaged { path, reason: "its hashes are not 64 hexadecimal digits".to_string() });
        }
        Ok(Some(manifest))
    }

    /// Of a directory that should hold a run.
    pub fn load_or_refuse(dir: &Path) -> Result<Manifest, RunError> {
        Manifest::load(dir)?.ok_or_else(|| RunError::NoRun { dir: dir.to_path_buf() })
    }

    pub fn require_finished(&self, dir: &Path) -> Result<(), RunError> {
        match self.state {
            RunState::Finished => Ok(()),
            state => Err(RunError::NotFinished { dir: dir.to_path_buf(), state: state.to_string() }),
        }
    }

    pub fn store(&self, dir: &Path, durability: Durability) -> Result<(), FileError> {
        write_whole(&dir.join(MANIFEST_FILE), durability, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })?;
        Ok(())
    }
}

fn from_hex(text: &str) -> [u8; 32] {
    from_hex_checked(text).expect("a manifest's hashes were checked when it was loaded")
}

fn from_hex_checked(text: &str) -> Option<[u8; 32]> {
    Some(*blake3::Hash::from_hex(text).ok()?.as_bytes())
}

fn transport_of(scene: &Scene) -> &'static str {
    match scene.fidelity {
        Fidelity::Contact if scene.coasting => "contact, coasting",
        Fidelity::Contact => "contact",
        Fidelity::Event => "event",
        Fidelity::Mixed if scene.coasting => "mixed, coasting",
        Fidelity::Mixed => "mixed",
    }
}
