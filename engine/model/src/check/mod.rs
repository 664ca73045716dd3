//! From the written scene to the checked one: names become ids, ports must meet, all problems are reported at once.

use crate::diagnostic::{FileId, Sources};

/// The files that a scene names (tables of goods), as the reader finds them.
pub trait Files {
    /// Reads a file that the scene names and keeps it among the sources. A path in the scene's text is relative to the
    /// scene's folder; one from `--set` (`overridden`) to the current folder. The error says why it cannot be read.
    fn load(&mut self, path: &str, overridden: bool) -> Result<FileId, String>;
    /// All texts read so far.
    fn sources(&self) -> &Sources;
}
