//! The scene's file while it is edited in the window: what can be changed, undone and saved. Knows no panel.

use linetwin_model::edit::{EditError, Placing, SceneEditor};
use linetwin_model::files::LoadFile;
use linetwin_model::read::Reading;
use linetwin_run::{RunError, SaveError, SceneFile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct Edits {
    file: SceneFile,
    overrides: Vec<String>,
}

/// Edits as they would be lost, and where they are kept instead.
#[derive(Clone)]
pub struct Unsaved {
    path: PathBuf,
    text: Arc<str>,
}

impl Unsaved {
    pub fn rescue(self) -> Option<PathBuf> {
        linetwin_run::files::write_atomic(&self.path, |file| file.write_all(self.text.as_bytes())).ok()?;
        Some(self.path)
    }
}

/// What saving came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    Nothing,
    Written,
    /// It had been deleted.
    PutBack,
}

fn load(path: &str) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}

impl Edits {
    pub fn open(path: &Path, overrides: &[String]) -> Result<Edits, RunError> {
        Ok(Edits { file: SceneFile::open(path, overrides)?, overrides: overrides.to_vec() })
    }

    /// One edit, or the reason why not.
    pub fn make(&mut self, edit: impl FnOnce(&mut SceneEditor, LoadFile) -> Result<Reading, EditError>) -> Result<(), String> {
        let told = |error: EditError| match &error {
            EditError::Scene { diagnostics, .. } => match diagnostics.first().and_then(|first| first.help.as_deref()) {
                Some(help) => format!("{error} ({help})"),
                None => error.to_string(),
            },
            EditError::Refused(_) => error.to_string(),
        };
        edit(&mut self.file.editor, &load).map(|_| ()).map_err(told)
    }

    pub fn placing(&self, name: &str) -> Option<Placing> {
        self.file.editor.placing(name, &load).ok()
    }

    pub fn undo(&mut self) -> bool {
        self.file.editor.undo()
    }
    pub fn redo(&mut self) -> bool {
        self.file.editor.redo()
    }
    pub fn can_undo(&self) -> bool {
        self.file.editor.can_undo()
    }
    pub fn can_redo(&self) -> bool {
        self.file.editor.can_redo()
    }
    pub fn are_unsaved(&self) -> bool {
        self.file.has_unsaved_edits()
    }

    /// The text, where it is another one than the file's.
    pub fn draft(&self) -> Option<Arc<str>> {
        self.are_unsaved().then(|| self.file.editor.text().into())
    }

    /// Into the file. One that was deleted is put back.
    pub fn save(&mut self) -> Result<Saved, String> {
        let is_gone = !self.file.path().exists();
        if !is_gone && !self.are_unsaved() {
            return Ok(Saved::Nothing);
        }
        match self.file.save() {
            Ok(()) => Ok(Saved::Written),
            Err(SaveError::Gone { path }) => self.file.save_as(&path).map(|()| Saved::PutBack).map_err(|error| error.to_string()),
            Err(SaveError::ChangedOnDisk { path }) => {
                let name = path.file_name().unwrap_or_default().display().to_string();
                Err(format!(
                    "{name} was saved by somebody else since it was read: nothing is written. Reload (F5) takes that one and drops your edits"
                ))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Unsaved edits go into a file of their own beside the scene, before something that may end the window. `None`: there are none, or
    /// they cannot be written.
    pub fn rescue(&self) -> Option<PathBuf> {
        self.unsaved()?.rescue()
    }

    pub fn unsaved(&self) -> Option<Unsaved> {
        Some(Unsaved { path: self.file.path().with_extension("unsaved.ron"), text: self.draft()? })
    }

    /// Takes up what somebody else has saved; unless there are edits to lose. `false`: there are.
    pub fn follow(&mut self) -> bool {
        if !self.file.has_changed_on_disk() {
            return true;
        }
        if self.are_unsaved() {
            return false;
        }
        // A file that is gone or being written is followed when it is back.
        self.reread();
        true
    }

    /// As the file is; edits are dropped.
    pub fn reread(&mut self) -> bool {
        let path: PathBuf = self.file.path().to_path_buf();
        match SceneFile::open(&path, &self.overrides) {
            Ok(file) => {
                self.file = file;
                true
            }
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"// Kept.
Scene(schema: 1, name: "t", parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)}, line: {
    "in": Source(part: "box", rate_per_h: 1200, before: "belt"), // kept too
    "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.3),
    "dock": Sink(after: "belt"),
})
"#;

    fn edited(folder: &Path) -> (PathBuf, Edits) {
        let path = folder.join("scene.ron");
        std::fs::write(&path, TEXT).expect("it can be written");
        let mut edits = Edits::open(&path, &[]).expect("it is there");
        edits.make(|editor, load| editor.set("belt.speed_mps", "0.5", load)).expect("a speed");
        (path, edits)
    }

    #[test]
    fn what_is_saved_differs_only_where_it_was_edited() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut edits) = edited(folder.path());
        assert!(edits.draft().is_some_and(|text| text.contains("speed_mps: 0.5")));
        let rescued = edits.rescue().expect("there is something to lose");
        assert!(std::fs::read_to_string(rescued).expect("it is there").contains("speed_mps: 0.5"));
        assert_eq!(edits.save(), Ok(Saved::Written));
        assert_eq!(edits.rescue(), None);
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), TEXT.replace("speed_mps: 0.3", "speed_mps: 0.5"));
        assert_eq!((edits.save(), edits.draft()), (Ok(Saved::Nothing), None));
        assert!(edits.undo() && edits.draft().is_some_and(|text| &*text == TEXT) && edits.redo());
        let why = edits.make(|editor, load| editor.set("belt.speed_mps", "fast", load)).expect_err("no speed");
        assert!(why.contains("speed_mps"), "{why}");
    }

    #[test]
    fn nobody_elses_work_is_written_over_and_a_deleted_file_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut edits) = edited(folder.path());
        let theirs = TEXT.replace("3, 0, 0.8", "4, 0, 0.8");
        std::fs::write(&path, &theirs).expect("it can be written");
        assert!(!edits.follow(), "there are edits to lose");
        assert!(edits.save().is_err_and(|why| why.contains("somebody else")));
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), theirs);
        assert!(edits.reread() && edits.draft().is_none() && !edits.can_undo());
        edits.make(|editor, load| editor.set("belt.speed_mps", "0.5", load)).expect("a speed");
        std::fs::remove_file(&path).expect("it was there");
        assert_eq!(edits.save(), Ok(Saved::PutBack));
        assert!(std::fs::read_to_string(&path).expect("it is back").contains("speed_mps: 0.5"));
    }
}
