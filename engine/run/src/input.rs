//! What goes into a run: the scene file, the files it names and the overrides, read once and hashed. The report and
//! replay later see the copies in the run directory, so the originals may change or vanish.

use crate::error::RunError;
use crate::execute::RunRequest;
use crate::files::{FileError, Fingerprint, failed};
use crate::manifest::{MANIFEST_FILE, Manifest};
use linetwin_model::Scene;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::InputSource;
use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A file that was read, by the path it was asked for.
#[derive(Clone, Debug)]
pub struct InputFile {
    pub path: String,
    pub bytes: Vec<u8>,
}

impl InputFile {
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }
}

/// A checked scene with everything it was made from.
pub struct RunInput {
    pub scene: Arc<Scene>,
    /// The scene file first, then in the order they were read.
    pub files: Vec<InputFile>,
    pub overrides: Vec<String>,
    pub warnings: Vec<Diagnostic>,
    pub sources: Sources,
}

impl RunInput {
    /// The scene of a request.
    pub fn of(request: &RunRequest) -> Result<RunInput, RunError> {
        RunInput::read(&request.scene_path.to_string_lossy(), &request.overrides, &|path| fs::read(path))
    }

    /// Reads and checks a scene; `load` gives a file's bytes by its path.
    pub fn read(scene_path: &str, overrides: &[String], load: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> Result<RunInput, RunError> {
        let bytes = load(scene_path).map_err(failed("read", Path::new(scene_path)))?;
        let text = text_of(Path::new(scene_path), bytes.clone())?;
        let files = RefCell::new(vec![InputFile { path: scene_path.to_string(), bytes }]);
        let load_and_keep = |path: &str| -> io::Result<Vec<u8>> {
            let bytes = load(path)?;
            if !files.borrow().iter().any(|file| file.path == path) {
                files.borrow_mut().push(InputFile { path: path.to_string(), bytes: bytes.clone() });
            }
            Ok(bytes)
        };
        let reading = read(scene_path, &text, &ReadOptions { overrides: overrides.to_vec() }, &load_and_keep);
        let Some(mut scene) = reading.scene else {
            return Err(RunError::Scene { diagnostics: reading.diagnostics, sources: reading.sources });
        };
        shorten_sources(&mut scene);
        Ok(RunInput {
            scene: Arc::new(scene),
            files: files.into_inner(),
            overrides: overrides.to_vec(),
            warnings: reading.diagnostics,
            sources: reading.sources,
        })
    }
}

/// The text of a file that was read.
pub fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| FileError {
        action: "read",
        path: path.to_path_buf(),
        source: io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())),
    })
}

/// Keeps only the file's name of `folder/file:line:column`: the same run started from another folder must give the
/// same bytes.
fn shorten_sources(scene: &mut Scene) {
    for input in &mut scene.inputs {
        if let InputSource::File(place) = &mut input.source {
            *place = file_name(place).to_string();
        }
    }
}

/// What follows the last separator.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The inputs of a run as its directory keeps them.
pub fn stored_input(dir: &Path, manifest: &Manifest) -> Result<RunInput, RunError> {
    let scene = manifest
        .inputs
        .first()
        .ok_or_else(|| RunError::Damaged { path: dir.join(MANIFEST_FILE), reason: "it names no inputs".to_string() })?;
    for input in &manifest.inputs {
        let path = dir.join(&input.copy);
        if Fingerprint::of_file(&path).as_ref() != Some(&input.fingerprint) {
            return Err(RunError::Damaged { path, reason: "it is missing or is not what the run was made from".to_string() });
        }
    }
    let load = |path: &str| match manifest.inputs.iter().find(|input| input.path == path) {
        Some(input) => fs::read(dir.join(&input.copy)),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    RunInput::read(&scene.path, &manifest.overrides, &load)
}
