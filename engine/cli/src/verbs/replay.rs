//! `linetwin replay DIR`: runs a run directory's inputs again and says whether every byte agrees.

use super::doctor::choice_of;
use super::watcher::{Watcher, failure_of};
use crate::arguments::ReplayArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_run::DeviceRequest;

pub fn replay_run(arguments: &ReplayArguments, console: Console) -> Result<Exit, Failure> {
    let device = DeviceRequest { choice: choice_of(&arguments.device)?, on_loss: None };
    let mut watcher = Watcher::new(console)?;
    let result = linetwin_run::replay(&arguments.directory, arguments.threads, &device, &mut watcher);
    watcher.close();
    let report = result.map_err(|error| failure_of(error, console))?;
    console.result(&format!("{report}\n"))?;
    Ok(match report.exit_code() {
        0 => Exit::Ok,
        130 => Exit::Interrupted,
        _ => Exit::RunFailed,
    })
}
