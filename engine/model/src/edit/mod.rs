//! Editing a scene as text: a field is set, removed or added by its path, as `--set` names it, and only that changes; comments
//! and layout stay. Every edit is checked as the whole scene is, with the same diagnostics, and can be undone. Text in, text
//! out: opens and writes no file.

mod placing;
mod splice;

pub use placing::{Placing, entry_at};

use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::files::LoadFile;
use crate::read::{ReadOptions, Reading, read};
use splice::Refusal;

/// Edits that can be undone.
const UNDO_MAX: usize = 1_000;

/// One change of a scene's text. Paths are those of `--set`: `belt 1.speed_mps`, `line."belt 9"`, `checks.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The value as RON; where text is wanted, bare text will do. What is not written yet is added.
    Set { path: String, value: String },
    /// The field, map entry or list item is not written any more.
    Remove { path: String },
}

impl Change {
    pub fn set(path: impl Into<String>, value: impl Into<String>) -> Change {
        Change::Set { path: path.into(), value: value.into() }
    }

    pub fn remove(path: impl Into<String>) -> Change {
        Change::Remove { path: path.into() }
    }
}

/// Why a change was not made; the text is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be made here; says what to do instead.
    #[error("{0}")]
    Refused(String),
    /// The scene would have errors; as the check says them.
    #[error("the scene would have errors: {}", diagnostics.iter().find(|problem| problem.severity == Severity::Error).map_or("", |problem| &problem.message))]
    Scene { diagnostics: Vec<Diagnostic>, sources: Sources },
}

impl EditError {
    fn of(refusal: Refusal, sources: Sources) -> EditError {
        match refusal {
            Refusal::Told(reason) => EditError::Refused(reason),
            Refusal::Diagnostics(diagnostics) => EditError::Scene { diagnostics, sources },
        }
    }
}

/// What an edit did to the text: one stretch of it is another.
#[derive(Clone, Debug)]
struct Edit {
    at: usize,
    before: String,
    after: String,
}

impl Edit {
    /// The shortest stretch that makes `after` of `before`.
    fn between(before: &str, after: &str) -> Edit {
        let mut at = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
        while !before.is_char_boundary(at) || !after.is_char_boundary(at) {
            at -= 1;
        }
        let (old, new) = (&before[at..], &after[at..]);
        let mut tail = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
        while !old.is_char_boundary(old.len() - tail) || !new.is_char_boundary(new.len() - tail) {
            tail -= 1;
        }
        Edit { at, before: old[..old.len() - tail].to_owned(), after: new[..new.len() - tail].to_owned() }
    }
}

/// A scene's text with what has been done to it.
#[derive(Clone, Debug)]
pub struct SceneEditor {
    /// As the file is called; paths in the scene start from its folder.
    name: String,
    text: String,
    /// With which it is read, beside what it says.
    options: ReadOptions,
    undo: Vec<Edit>,
    redo: Vec<Edit>,
}

impl SceneEditor {
    pub fn new(name: impl Into<String>, text: impl Into<String>, options: ReadOptions) -> Self {
        SceneEditor { name: name.into(), text: text.into(), options, undo: Vec::new(), redo: Vec::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The check of the text as it is.
    pub fn read(&self, load_file: LoadFile) -> Reading {
        read(&self.name, &self.text, &self.options, load_file)
    }

    /// Makes all changes or none, as one edit. Where the scene has no errors yet, it gets none; one that has errors may be
    /// mended step by step.
    pub fn apply(&mut self, changes: &[Change], load_file: LoadFile) -> Result<Reading, EditError> {
        let mut text = self.text.clone();
        for change in changes {
            text = self.changed(&text, change, load_file)?;
        }
        let reading = read(&self.name, &text, &self.options, load_file);
        if reading.scene.is_none() && self.read(load_file).scene.is_some() {
            return Err(EditError::Scene { diagnostics: reading.diagnostics, sources: reading.sources });
        }
        if text != self.text {
            if self.undo.len() == UNDO_MAX {
                self.undo.remove(0);
            }
            self.undo.push(Edit::between(&self.text, &text));
            self.redo.clear();
            self.text = text;
        }
        Ok(reading)
    }

    /// Sets one field.
    pub fn set(&mut self, path: &str, value: &str, load_file: LoadFile) -> Result<Reading, EditError> {
        self.apply(&[Change::set(path, value)], load_file)
    }

    /// Removes one field, entry or item.
    pub fn remove(&mut self, path: &str, load_file: LoadFile) -> Result<Reading, EditError> {
        self.apply(&[Change::remove(path)], load_file)
    }

    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Takes the last edit back; `false` where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(edit) = self.undo.pop() else { return false };
        self.text.replace_range(edit.at..edit.at + edit.after.len(), &edit.before);
        self.redo.push(edit);
        true
    }

    /// Makes the edit again that was taken back last.
    pub fn redo(&mut self) -> bool {
        let Some(edit) = self.redo.pop() else { return false };
        self.text.replace_range(edit.at..edit.at + edit.before.len(), &edit.after);
        self.undo.push(edit);
        true
    }

    fn changed(&self, text: &str, change: &Change, load_file: LoadFile) -> Result<String, EditError> {
        if self.name.ends_with(".json") {
            return Err(EditError::Refused("only scenes in RON are edited: `linetwin fmt` and a text editor take JSON".to_owned()));
        }
        let mut sources = Sources::default();
        splice::changed(&self.name, text, change, load_file, &mut sources).map_err(|refusal| EditError::of(refusal, sources))
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
