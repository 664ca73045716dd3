//! `linetwin log DIR`: a run as a machine log.

use super::watcher::failure_of;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::LogArguments;
use linetwin_run::machine_log;

pub fn write_log(arguments: &LogArguments, console: Console) -> Result<Exit, Failure> {
    let text = machine_log(&arguments.directory).map_err(|error| failure_of(error, console))?.text();
    match &arguments.out {
        None => console.result(&text)?,
        Some(path) => {
            let written = linetwin_run::files::write_atomic(path, |file| file.write_all(text.as_bytes()));
            written.map_err(|error| failure_of(error.into(), console))?;
            console.result(&format!("{}\n", path.display()))?;
        }
    }
    Ok(Exit::Ok)
}
