//! `linetwin compare DIR DIR`: the measures of two runs side by side, or of two folders of replications in pairs.

use super::watcher::failure_of;
use crate::arguments::{CompareArguments, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::paired_text;
use linetwin_run::{compare_replications, holds_replications};

pub fn compare_runs(arguments: &CompareArguments, console: Console) -> Result<Exit, Failure> {
    let (base, other) = (&arguments.base, &arguments.other);
    if holds_replications(base) || holds_replications(other) {
        let found = compare_replications(base, other, &arguments.kpi).map_err(|error| failure_of(error, console))?;
        return print(&found, &paired_text(&found, console.stdout_style), arguments.format, console);
    }
    if let Some(kpi) = arguments.kpi.first() {
        return Err(Failure::usage(format!("--kpi {kpi} is for replications; two runs are compared in every measure")));
    }
    let comparison = linetwin_run::compare(base, other).map_err(|error| failure_of(error, console))?;
    print(&comparison, &format!("{comparison}\n"), arguments.format, console)
}

fn print(found: &impl serde::Serialize, text: &str, format: Format, console: Console) -> Result<Exit, Failure> {
    match format {
        Format::Text => console.result(text)?,
        Format::Json => {
            let json = serde_json::to_string_pretty(found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(Exit::Ok)
}
