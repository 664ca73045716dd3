//! `linetwin report DIR`: writes report.html of a run directory anew, with pictures where they are asked for.

use super::pictures::Artist;
use super::watcher::failure_of;
use crate::arguments::ReportArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_run::Manifest;

pub fn rebuild_report(arguments: &ReportArguments, console: Console) -> Result<Exit, Failure> {
    let dir = &arguments.run.directory;
    let artist = Artist::of(&arguments.drawn, console)?;
    let path = linetwin_run::report(dir).map_err(|error| failure_of(error, console))?;
    if let Some(artist) = artist {
        let manifest = Manifest::load_or_refuse(dir).map_err(|error| failure_of(error, console))?;
        artist.draw(dir, manifest.duration())?;
    }
    console.result(&format!("{}\n", path.display()))?;
    Ok(Exit::Ok)
}
