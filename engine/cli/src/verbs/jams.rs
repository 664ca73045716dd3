//! `linetwin jams FILE --for DURATION`: how often the line jams, and by how much that changes with what it must not hang on.

use super::scene_file::print_diagnostics;
use super::watcher::failure_of;
use crate::arguments::{Format, JamsArguments};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::jam_study_text;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::{JamStudyRequest, StudyObserver, study_jams};

struct Narrator(Console);

impl StudyObserver for Narrator {
    fn warnings(&mut self, warnings: &[Diagnostic], sources: &Sources) {
        print_diagnostics(warnings, sources, self.0);
    }
    fn run_begins(&mut self, variant: &'static str, replication: u32) {
        self.0.detail(&format!("{variant}, replication {replication}"));
    }
}

pub fn study(arguments: &JamsArguments, console: Console) -> Result<Exit, Failure> {
    let request = JamStudyRequest {
        scene_path: arguments.file.clone(),
        overrides: arguments.overrides.set.clone(),
        duration: arguments.duration,
        seeds: arguments.seeds,
        threads: arguments.threads,
    };
    let study = study_jams(&request, &mut Narrator(console)).map_err(|error| failure_of(error, console))?;
    match arguments.format {
        Format::Text => console.result(&jam_study_text(&study, console.stdout_style))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&study).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(if study.is_valid() { Exit::Ok } else { Exit::RunFailed })
}
