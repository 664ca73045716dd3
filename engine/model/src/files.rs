//! Files that a scene names (a CSV of goods, later meshes and includes): where a relative path starts, every byte that
//! was read (for hashing), and their texts as sources that diagnostics can point into. Opens nothing itself: the caller
//! of [`crate::read::read`] lends the function that does.

use crate::diagnostic::{FileId, Sources, Span};
use std::path::Path;

/// Gives the bytes of a file by its path.
pub type LoadFile<'a> = &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>;

/// More than this is no table of goods, and a wrong path (a video, a disk image) must not fill the memory [bytes].
pub const MAX_FILE_BYTES: usize = 256 << 20;

pub struct FileLoader<'a> {
    load_file: LoadFile<'a>,
    sources: &'a mut Sources,
    files: &'a mut Vec<(String, Vec<u8>)>,
    /// A file that is named twice is one source: what is wrong in it has one place.
    loaded: Vec<LoadedText>,
}

/// A file read as text: a source of its own, so that spans and `line_column` work in it.
#[derive(Clone, Debug)]
pub struct LoadedText {
    pub file: FileId,
    /// The path that was opened.
    pub path: String,
    pub text: String,
}

/// Why a file cannot be used; the message names the path that was tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("the file `{path}` does not exist")]
    NotFound { path: String },
    #[error("the file `{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("the file `{path}` is not UTF-8 text (byte {offset})")]
    NotText { path: String, offset: usize },
    #[error("the file `{path}` has {bytes} bytes, more than the {MAX_FILE_BYTES} that are allowed")]
    TooLarge { path: String, bytes: usize },
}

impl<'a> FileLoader<'a> {
    pub fn new(load_file: LoadFile<'a>, sources: &'a mut Sources, files: &'a mut Vec<(String, Vec<u8>)>) -> Self {
        FileLoader { load_file, sources, files, loaded: Vec::new() }
    }

    /// The texts read so far, the scene's own among them.
    pub fn sources(&self) -> &Sources {
        self.sources
    }

    /// `file:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.sources.line_column(span.file, span.start);
        format!("{}:{line}:{column}", self.sources.file(span.file).name)
    }

    /// A text of the scene that no file on the disk has to hold: the scene's own, an override.
    pub fn add_source(&mut self, name: &str, text: &str) -> FileId {
        self.sources.add(name, text)
    }

    /// Where `written` in the text `from` points: relative to the folder of the file that says it. A `--set` is in the
    /// current folder, since that is where its author sits.
    pub fn resolve(&self, written: &str, from: FileId) -> String {
        let folder = Path::new(&self.sources.file(from).name).parent().unwrap_or(Path::new(""));
        folder.join(written).to_string_lossy().into_owned()
    }

    /// Reads a file that is no text; it is hashed with the others, and diagnostics point at the place that names it.
    pub fn load_bytes(&mut self, written: &str, from: FileId) -> Result<(String, Vec<u8>), LoadError> {
        let path = self.resolve(written, from);
        let bytes = self.fetch(&path)?;
        if !self.files.iter().any(|(known, _)| *known == path) {
            self.files.push((path.clone(), bytes.clone()));
        }
        Ok((path, bytes))
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let bytes = (self.load_file)(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LoadError::NotFound { path: path.to_owned() },
            _ => LoadError::Unreadable { path: path.to_owned(), reason: error.to_string() },
        })?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(LoadError::TooLarge { path: path.to_owned(), bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads a text file that the text `from` names as `written`.
    pub fn load_text(&mut self, written: &str, from: FileId) -> Result<LoadedText, LoadError> {
        let path = self.resolve(written, from);
        if let Some(known) = self.loaded.iter().find(|known| known.path == path) {
            return Ok(known.clone());
        }
        let bytes = self.fetch(&path)?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => return Err(LoadError::NotText { path, offset: error.valid_up_to() }),
        };
        self.files.push((path.clone(), bytes));
        let file = self.sources.add(path.clone(), text.clone());
        let loaded = LoadedText { file, path, text };
        self.loaded.push(loaded.clone());
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_at_the_scene_or_where_the_override_was_typed() {
        let load = |path: &str| match path {
            "plant/goods.csv" => Ok(b"a\nb".to_vec()),
            "goods.csv" => Ok(vec![b'a', 0xff]),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        };
        let (mut sources, mut files) = (Sources::default(), Vec::new());
        let mut loader = FileLoader::new(&load, &mut sources, &mut files);
        let (scene, typed) = (loader.add_source("plant/scene.ron", ""), loader.add_source("--set", ""));
        let goods = loader.load_text("goods.csv", scene).expect("it is there");
        assert_eq!((goods.path.as_str(), goods.text.as_str()), ("plant/goods.csv", "a\nb"));
        assert_eq!(loader.place(Span { file: goods.file, start: 2, end: 3 }), "plant/goods.csv:2:1");
        assert_eq!(loader.load_text("goods.csv", typed).unwrap_err(), LoadError::NotText { path: "goods.csv".into(), offset: 1 });
        assert_eq!(loader.load_text("more.csv", scene).unwrap_err(), LoadError::NotFound { path: "plant/more.csv".into() });
        assert_eq!(loader.load_text("goods.csv", scene).expect("twice is no problem").file, goods.file);
        assert_eq!(files.len(), 1);
    }
}
