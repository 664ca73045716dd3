//! Which run a request asks for, before anything is written: what a front end needs to name a directory after it.

use crate::batches::Batches;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::input::RunInput;
use crate::manifest::Manifest;
use std::path::{Path, PathBuf};

/// Two requests of the same identity fill a directory with the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunIdentity {
    /// 64 hexadecimal digits.
    pub run_key: String,
    /// The request's seed, or the scene's.
    pub seed: u64,
}

/// Reads and checks the scene; `out_dir` does not count.
pub fn identify(request: &RunRequest) -> Result<RunIdentity, RunError> {
    identity_of(request, &RunInput::of(request)?)
}

fn identity_of(request: &RunRequest, input: &RunInput) -> Result<RunIdentity, RunError> {
    let manifest = Manifest::new(request, input, &Batches::of(&request.device, &input.scene)?);
    Ok(RunIdentity { run_key: manifest.run_key, seed: manifest.seed })
}

/// `runs/<scene>-<seed>-<run key>`: the key stands for everything that decides the result, so the same command finds its
/// directory again to resume or skip, and a changed scene gets a directory of its own.
pub fn default_directory(request: &RunRequest, input: &RunInput) -> Result<PathBuf, RunError> {
    const KEY_DIGITS: usize = 8;
    let identity = identity_of(request, input)?;
    let stem = request.scene_path.file_stem().map_or_else(|| "scene".into(), |stem| stem.to_string_lossy());
    // Blanks and the like would have to be quoted in every script that names the directory.
    let stem: String = stem.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    Ok(Path::new("runs").join(format!("{stem}-{}-{}", identity.seed, &identity.run_key[..KEY_DIGITS])))
}
