//! `linetwin fit FILE`: distributions for a scene from the records of machines.

use super::watcher::failure_of;
use crate::arguments::Format;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::{Clock, FitArguments};
use crate::table::fit_text;
use linetwin_run::{Columns, FitRequest, LogClock, fit_file};
use std::path::Path;

pub fn fit_record(arguments: &FitArguments, console: Console) -> Result<Exit, Failure> {
    let stem = arguments.file.file_stem().map_or_else(|| "record".into(), |stem| stem.to_string_lossy());
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("runs").join(format!("{stem}-fit")));
    let request = FitRequest {
        path: arguments.file.clone(),
        columns: Columns { values: arguments.column.clone(), censored: arguments.censored.clone(), by: arguments.by.clone() },
        clock: match arguments.clock {
            Clock::Running => LogClock::Running,
            Clock::Calendar => LogClock::Calendar,
        },
        hold_out: arguments.hold_out.unwrap_or(0.0),
        seed: arguments.seed,
        folder: Some(folder.clone()),
    };
    let found = fit_file(&request).map_err(|error| failure_of(error, console))?;
    let folder = folder.display();
    match arguments.format {
        Format::Text => console.result(&format!("{}\n{folder}\n", fit_text(&found, console.stdout_style)))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{folder}"));
        }
    }
    Ok(Exit::Ok)
}
