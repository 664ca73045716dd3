//! Which run a request asks for, before anything is written: what a front end needs to name a directory after it.

use crate::batches::Batches;
use crate::error::RunError;
use crate::execute::RunRequest;
use crate::input::RunInput;
use crate::manifest::Manifest;
use std::fs;

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
    let input = RunInput::read(&request.scene_path.to_string_lossy(), &request.overrides, &|path| fs::read(path))?;
    let manifest = Manifest::new(request, &input, &Batches::of(&request.device, &input.scene)?);
    Ok(RunIdentity { run_key: manifest.run_key, seed: manifest.seed })
}
