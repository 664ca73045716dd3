//! `linetwin compare DIR DIR`: the measures of two runs side by side.

use super::watcher::failure_of;
use crate::arguments::{CompareArguments, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};

pub fn compare_runs(arguments: &CompareArguments, console: Console) -> Result<Exit, Failure> {
    let comparison = linetwin_run::compare(&arguments.base, &arguments.other).map_err(|error| failure_of(error, console))?;
    match arguments.format {
        Format::Text => console.result(&format!("{comparison}\n"))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&comparison).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(Exit::Ok)
}
