//! `linetwin batches DIR`: means of one long run with intervals.

use super::watcher::failure_of;
use crate::arguments::Format;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::BatchesArguments;
use crate::table::batches_text;
use linetwin_run::batch_means;

pub fn judge_run(arguments: &BatchesArguments, console: Console) -> Result<Exit, Failure> {
    let found = batch_means(&arguments.directory, arguments.warmup).map_err(|error| failure_of(error, console))?;
    match arguments.format {
        Format::Text => console.result(&batches_text(&found, arguments.all, console.stdout_style))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(Exit::Ok)
}
