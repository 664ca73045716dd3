//! A scene file as the verbs meet it: read, checked, its problems printed.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::Scene;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::read::{ReadOptions, Reading, read};
use std::path::Path;

/// The file's name as it was given, and its text.
pub fn read_text(path: &Path) -> Result<(String, String), Failure> {
    let name = path.to_string_lossy().into_owned();
    let bytes = std::fs::read(path).map_err(|error| Failure::usage(format!("{name} cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::usage(format!("{name} is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())))?;
    Ok((name, text))
}

/// Reads and checks; fails only where there is no text to check.
pub fn read_scene_file(path: &Path, overrides: &[String]) -> Result<Reading, Failure> {
    let (name, text) = read_text(path)?;
    let options = ReadOptions { overrides: overrides.to_vec() };
    Ok(read(&name, &text, &options, &|path| std::fs::read(path)))
}

/// The checked scene, or every problem on stderr. Warnings are printed too.
pub fn read_valid_scene(path: &Path, overrides: &[String], console: Console) -> Result<Scene, Failure> {
    let reading = read_scene_file(path, overrides)?;
    print_diagnostics(&reading.diagnostics, &reading.sources, console);
    reading.scene.ok_or_else(|| Failure::said(Exit::Usage))
}

/// Every problem with its excerpt, to stderr.
pub fn print_diagnostics(diagnostics: &[Diagnostic], sources: &Sources, console: Console) {
    for diagnostic in diagnostics {
        console.problem(&diagnostic.render(sources, console.stderr_style.enabled));
    }
}
