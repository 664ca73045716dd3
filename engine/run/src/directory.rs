//! The run directory as a place: who may write there, what lies where, and from where a run can go on. Knows nothing
//! about what a simulation does.

use crate::error::RunError;
use crate::files::Fingerprint;
use crate::files::{Durability, failed, names_in, precedes_manifest, remove_temporaries, write_whole};
use crate::input::RunInput;
use crate::journal::{self, JournalWriter, Mark};
use crate::manifest::{MANIFEST_FILE, Manifest, RunState};
use crate::snapshot::{self, Snapshot};
use crate::wall_clock::now_utc;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// What a directory turned out to be for a run.
pub enum Opened {
    /// The run is finished and every output is as it was written.
    Finished(Box<Manifest>),
    /// Ours to write, under lock.
    Ready(Box<RunDirectory>),
}

pub struct RunDirectory {
    path: PathBuf,
    pub manifest: Manifest,
    pub durability: Durability,
    _lock: DirectoryLock,
}

/// Where a run goes on.
pub struct ResumePoint {
    pub snapshot: Snapshot,
}

impl RunDirectory {
    /// Opens `path` for the run that `wanted` describes. Touches nothing unless the directory is new, empty, or holds
    /// the same run.
    pub fn open(
        path: &Path,
        wanted: &Manifest,
        input: &RunInput,
        durability: Durability,
        notices: &mut Vec<String>,
    ) -> Result<Opened, RunError> {
        if let Some(finished) = look(path, wanted)? {
            return Ok(Opened::Finished(Box::new(finished)));
        }
        fs::create_dir_all(path).map_err(failed("create", path))?;
        let lock = DirectoryLock::acquire(path)?;
        // Again, now that nobody else writes: the run may have finished while we looked.
        if let Some(finished) = look(path, wanted)? {
            return Ok(Opened::Finished(Box::new(finished)));
        }
        let mut manifest = Manifest::load(path)?.unwrap_or_else(|| wanted.clone());
        write_inputs(path, &manifest, input, durability)?;
        for folder in [path.to_path_buf(), inputs_folder(path), snapshots_folder(path)] {
            remove_temporaries(&folder)?;
        }
        if manifest.state == RunState::Finished {
            notices.push("an output of the finished run is missing or was changed: it is made again".to_string());
        }
        manifest.state = RunState::Running;
        manifest.outputs.clear();
        (manifest.final_hash, manifest.valid, manifest.checks_passed) = (None, None, None);
        manifest.info = crate::manifest::Info {
            started_at: manifest.info.started_at,
            wall_time_s: manifest.info.wall_time_s,
            sessions: manifest.info.sessions + 1,
            device_failure: manifest.info.device_failure,
            ended_at: None,
            journal_bytes: None,
            ..wanted.info.clone()
        };
        manifest.store(path, durability)?;
        // After the manifest: a directory without one holds nothing but what `precedes_manifest` names.
        fs::create_dir_all(snapshots_folder(path)).map_err(failed("create", &snapshots_folder(path)))?;
        Ok(Opened::Ready(Box::new(RunDirectory { path: path.to_path_buf(), manifest, durability, _lock: lock })))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal_path(&self) -> PathBuf {
        journal_path(&self.path)
    }

    pub fn snapshots_folder(&self) -> PathBuf {
        snapshots_folder(&self.path)
    }

    /// The newest snapshot that can be trusted and whose part of the journal is whole. Those passed over are announced
    /// and removed, together with everything newer than the point found: the run writes them again.
    pub fn resume_point(&self, notices: &mut Vec<String>) -> Result<Option<ResumePoint>, RunError> {
        let folder = self.snapshots_folder();
        let marks = journal::marks(&self.journal_path(), &self.manifest.run_key_bytes());
        for step in snapshot::steps_in(&folder)?.into_iter().rev() {
            let path = snapshot::path_of(&folder, step);
            let refusal = match snapshot::read(&path, &self.manifest.origin()) {
                Ok(snapshot) if marks.contains(&snapshot.journal) => return Ok(Some(ResumePoint { snapshot })),
                Ok(_) => "the journal does not reach it undamaged".to_string(),
                Err(error) => error.to_string(),
            };
            notices.push(format!("snapshot {} is not used: {refusal}", path.file_name().unwrap_or_default().display()));
            snapshot::remove(&folder, step)?;
        }
        if self.manifest.info.sessions > 1 {
            notices.push("there is no usable snapshot: the run starts from the beginning".to_string());
        }
        Ok(None)
    }

    /// The journal cut back to `mark`, or a new one.
    pub fn open_journal(&self, mark: Option<Mark>) -> Result<JournalWriter, RunError> {
        Ok(match mark {
            Some(mark) => JournalWriter::cut_back(&self.journal_path(), mark, self.durability)?,
            None => JournalWriter::create(&self.journal_path(), &self.manifest.run_key_bytes(), self.durability)?,
        })
    }
}

pub fn journal_path(dir: &Path) -> PathBuf {
    dir.join("journal")
}

pub fn snapshots_folder(dir: &Path) -> PathBuf {
    dir.join("snapshots")
}

fn inputs_folder(dir: &Path) -> PathBuf {
    dir.join("inputs")
}

/// Reads only: refuses what is not ours, and gives the manifest of a finished run whose outputs are all in place.
fn look(path: &Path, wanted: &Manifest) -> Result<Option<Manifest>, RunError> {
    let Some(found) = Manifest::load(path)? else {
        if path.exists() && !path.is_dir() {
            return Err(RunError::NotARunDirectory { dir: path.to_path_buf(), found: "a file's contents".to_string() });
        }
        // One that a power failure emptied is a manifest all the same.
        let ours = path.join(MANIFEST_FILE).exists();
        let foreign = names_in(path)?.into_iter().find(|name| !ours && !precedes_manifest(name));
        return match foreign {
            Some(found) => Err(RunError::NotARunDirectory { dir: path.to_path_buf(), found: format!("`{found}`") }),
            None => Ok(None),
        };
    };
    if found.run_key != wanted.run_key {
        return Err(RunError::OtherRun { dir: path.to_path_buf(), differences: found.differences(wanted) });
    }
    Ok((found.state == RunState::Finished && found.is_whole(path)).then_some(found))
}

/// Those that are not there yet.
fn write_inputs(path: &Path, manifest: &Manifest, input: &RunInput, durability: Durability) -> Result<(), RunError> {
    fs::create_dir_all(inputs_folder(path)).map_err(failed("create", &inputs_folder(path)))?;
    for (entry, file) in manifest.inputs.iter().zip(&input.files) {
        let copy = path.join(&entry.copy);
        if Fingerprint::of_file(&copy).as_ref() != Some(&entry.fingerprint) {
            write_whole(&copy, durability, |out| out.write_all(&file.bytes))?;
        }
    }
    Ok(())
}

/// One writer per directory. The file stays when the lock is given back: removing it would let a third process lock a
/// name that the second no longer sees.
pub struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    pub fn acquire(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join("lock");
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed("create", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let told = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if told { holder.trim().to_string() } else { "another process".to_string() };
                return Err(RunError::Locked { dir: dir.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source).into()),
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "this machine" } else { host.trim() };
        let holder = format!("process {} on {host}, since {}", std::process::id(), now_utc());
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed("write", &path))?;
        Ok(DirectoryLock { file })
    }
}

/// Whether somebody is writing into a directory.
pub fn is_locked(dir: &Path) -> bool {
    // One without a lock was never written into; one that cannot be opened says so to who writes.
    let Ok(file) = File::open(dir.join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // An old holder's name that stays behind harms nobody. The lock would go with the file handle, but a child that is being
        // started in this instant still has one.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}
