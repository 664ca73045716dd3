//! A scene file that is being edited: its text in an editor, and saving it whole or not at all, never over what somebody else
//! has saved since. Knows nothing about what an edit means.

use crate::error::RunError;
use crate::files::{FileError, Fingerprint, failed, write_atomic};
use crate::input::text_of;
use linetwin_model::edit::SceneEditor;
use linetwin_model::read::ReadOptions;
use std::fs;
use std::path::{Path, PathBuf};

pub struct SceneFile {
    path: PathBuf,
    pub editor: SceneEditor,
    /// What was read or written last.
    on_disk: Fingerprint,
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("{} is not what it was when it was read: somebody has saved it since; read it again, or save under another name", path.display())]
    ChangedOnDisk { path: PathBuf },
    #[error("{} is not there any more; save under its name to put it back", path.display())]
    Gone { path: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
}

impl SceneFile {
    /// `overrides` are those that the scene is played with: its edits are checked with them.
    pub fn open(path: &Path, overrides: &[String]) -> Result<SceneFile, RunError> {
        let bytes = fs::read(path).map_err(failed("read", path))?;
        let on_disk = Fingerprint::of(&bytes);
        let options = ReadOptions { overrides: overrides.to_vec() };
        let editor = SceneEditor::new(path.to_string_lossy(), text_of(path, bytes)?, options);
        Ok(SceneFile { path: path.to_path_buf(), editor, on_disk })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the text is another one than was read or saved last.
    pub fn has_unsaved_edits(&self) -> bool {
        Fingerprint::of(self.editor.text().as_bytes()) != self.on_disk
    }

    /// Whether the file is another one than was read or saved last, or is gone.
    pub fn has_changed_on_disk(&self) -> bool {
        Fingerprint::of_file(&self.path).as_ref() != Some(&self.on_disk)
    }

    /// In its place.
    pub fn save(&mut self) -> Result<(), SaveError> {
        if !self.path.exists() {
            return Err(SaveError::Gone { path: self.path.clone() });
        }
        if self.has_changed_on_disk() {
            return Err(SaveError::ChangedOnDisk { path: self.path.clone() });
        }
        // A link stays one, and its file keeps who may read it.
        let target = fs::canonicalize(&self.path).map_err(failed("find", &self.path))?;
        let permissions = fs::metadata(&target).map_err(failed("read", &target))?.permissions();
        let text = self.editor.text().as_bytes();
        let written = write_atomic(&target, |file| file.write_all(text))?;
        fs::set_permissions(&target, permissions).map_err(failed("write", &target))?;
        self.on_disk = written;
        Ok(())
    }

    /// Under a name that nothing has yet, or under its own where it is gone; it is edited there from now on.
    pub fn save_as(&mut self, path: &Path) -> Result<(), SaveError> {
        if path.exists() {
            return Err(SaveError::ChangedOnDisk { path: path.to_path_buf() });
        }
        let text = self.editor.text().as_bytes();
        self.on_disk = write_atomic(path, |file| file.write_all(text))?;
        self.path = path.to_path_buf();
        Ok(())
    }
}
