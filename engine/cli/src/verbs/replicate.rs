//! `linetwin replicate FILE --for DURATION`: the same line many times with other random numbers, side by side in processes, and
//! the means with their intervals.

use super::processes::{Narrator, Processes};
use super::run::request_of;
use super::watcher::failure_of;
use crate::arguments::{Format, ReplicateArguments};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::replications_text;
use linetwin_run::{ReplicationRequest, Target, replicate};

pub fn run_replications(arguments: &ReplicateArguments, console: Console) -> Result<Exit, Failure> {
    let run = request_of(&arguments.settings, arguments.events)?;
    let target = arguments.until.map(|share| Target { kpi: arguments.of.clone(), share, most: arguments.most });
    let jobs = arguments.jobs.count();
    let folder = arguments.out.clone().unwrap_or_default();
    let kpis = std::iter::once(&arguments.of).chain(&arguments.kpi).cloned().collect();
    let request = ReplicationRequest { run, folder, replications: arguments.runs, target, kpis, jobs };
    let processes = Processes::new(&arguments.settings.device, arguments.settings.on_device_loss)?;
    let outcome =
        replicate(&request, &processes, &mut Narrator::new(console, "replication")?).map_err(|error| failure_of(error, console))?;
    let folder = outcome.folder.display();
    let Some(found) = &outcome.replications else {
        console.note(&format!("interrupted; the same command goes on from there ({folder})"));
        return Ok(Exit::Interrupted);
    };
    match arguments.format {
        Format::Text => {
            let text = replications_text(found, &arguments.of, &arguments.kpi, console.stdout_style);
            console.result(&format!("{text}\n{folder}\n"))?;
        }
        Format::Json => {
            let json = serde_json::to_string_pretty(found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{folder}"));
        }
    }
    Ok(if found.passed() { Exit::Ok } else { Exit::RunFailed })
}
