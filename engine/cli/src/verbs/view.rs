//! `linetwin view`: becomes the viewer, which is a program of its own so that this one needs no graphics library.

use crate::arguments::ViewArguments;
use crate::exit::{Exit, Failure};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

const VIEWER: &str = "linetwin-viewer";

/// Only returns where there is no viewer.
pub fn open_viewer(arguments: &ViewArguments) -> Result<Exit, Failure> {
    let viewer = viewer_or_refuse()?;
    let error = Command::new(&viewer).args(&arguments.arguments).exec();
    Err(Failure::missing(format!("{} cannot be started: {error}", viewer.display())))
}

/// Beside this program, or in PATH.
pub fn viewer_or_refuse() -> Result<PathBuf, Failure> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(VIEWER)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = beside.into_iter().chain(std::env::split_paths(&path).map(|folder| folder.join(VIEWER)));
    candidates.find(|candidate| candidate.is_file()).ok_or_else(|| {
        Failure::missing(format!(
            "the viewer is not part of this build: there is no `{VIEWER}` beside `linetwin` or in PATH. \
             `cargo build --release -p {VIEWER}` in the repository builds it; \
             the report of a run (`report.html` in its directory) shows the line from above."
        ))
    })
}
