//! `linetwin report DIR`: writes report.html of a run directory anew.

use super::watcher::failure_of;
use crate::arguments::DirectoryArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};

pub fn rebuild_report(arguments: &DirectoryArguments, console: Console) -> Result<Exit, Failure> {
    let path = linetwin_run::report(&arguments.directory).map_err(|error| failure_of(error, console))?;
    console.result(&format!("{}\n", path.display()))?;
    Ok(Exit::Ok)
}
