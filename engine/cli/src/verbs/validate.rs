//! `linetwin validate FILE --against LOG`: a scene against the record of its line.

use super::processes::{Narrator, Processes};
use super::run::device_of;
use super::watcher::failure_of;
use crate::arguments::Format;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::{Replayed, ValidateArguments};
use crate::table::validation_text;
use linetwin_model::Time;
use linetwin_run::{RunRequest, ValidationRequest, validate};
use std::path::PathBuf;

pub fn validate_scene(arguments: &ValidateArguments, console: Console) -> Result<Exit, Failure> {
    let run = RunRequest {
        overrides: arguments.overrides.set.clone(),
        seed: arguments.seed,
        device: device_of(&arguments.device, None)?,
        // As long as the record is.
        ..RunRequest::new(arguments.file.clone(), Time::ZERO, PathBuf::new())
    };
    let request = ValidationRequest {
        run,
        log: arguments.against.clone(),
        hold_out: arguments.hold_out.unwrap_or(1.0),
        replay_arrivals: matches!(arguments.replay, Replayed::All | Replayed::Arrivals),
        replay_stops: matches!(arguments.replay, Replayed::All | Replayed::Stops),
        replications: arguments.runs,
        tolerance: arguments.tolerance,
        jobs: arguments.jobs.count(),
        folder: arguments.out.clone().unwrap_or_default(),
    };
    let processes = Processes::new(&arguments.device, None)?;
    let (folder, found) =
        validate(&request, &processes, &mut Narrator::new(console, "run")?).map_err(|error| failure_of(error, console))?;
    let folder = folder.display();
    let Some(found) = found else {
        console.note(&format!("interrupted; the same command goes on from there ({folder})"));
        return Ok(Exit::Interrupted);
    };
    match arguments.format {
        Format::Text => console.result(&format!("{}\n{folder}\n", validation_text(&found, console.stdout_style)))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{folder}"));
        }
    }
    Ok(if found.passed() { Exit::Ok } else { Exit::RunFailed })
}
