//! `linetwin test FILE --for DURATION`: looks for a run in which disturbances make a check fail, and for the shortest such run.

use super::processes::{Narrator, Processes};
use super::run::request_of;
use super::watcher::failure_of;
use crate::arguments::{EventsLevel, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::TestArguments;
use crate::table::test_text;
use linetwin_run::{TestRequest, test_scene};

pub fn look_for_failures(arguments: &TestArguments, console: Console) -> Result<Exit, Failure> {
    let run = request_of(&arguments.settings, EventsLevel::None)?;
    let folder = arguments.out.clone().unwrap_or_default();
    let request = TestRequest { run, runs: arguments.runs, jobs: arguments.jobs.count(), folder };
    let processes = Processes::new(&arguments.settings.device, arguments.settings.on_device_loss)?;
    let (folder, found) =
        test_scene(&request, &processes, &mut Narrator::new(console, "run")?).map_err(|error| failure_of(error, console))?;
    let Some(found) = found else {
        console.note(&format!("interrupted; the same command goes on from there ({})", folder.display()));
        return Ok(Exit::Interrupted);
    };
    match arguments.format {
        Format::Text => console.result(&test_text(&found, &folder, console.stdout_style))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{}", folder.display()));
        }
    }
    Ok(if found.found.is_none() { Exit::Ok } else { Exit::RunFailed })
}
