//! `linetwin calibrate FILE`: exact events fitted to contact physics, written as a file that the scene includes.

use super::scene_file::print_diagnostics;
use super::watcher::failure_of;
use crate::arguments::Format;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::study_arguments::CalibrateArguments;
use crate::table::calibration_text;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::{CalibrationObserver, CalibrationRequest, calibrate};

struct Narrator(Console);

impl CalibrationObserver for Narrator {
    fn warnings(&self, warnings: &[Diagnostic], sources: &Sources) {
        if !self.0.is_quiet() {
            print_diagnostics(warnings, sources, self.0);
        }
    }
    fn run_done(&self, done: usize, of: usize) {
        self.0.note(&format!("contact physics: run {done} of {of}"));
    }
}

pub fn calibrate_scene(arguments: &CalibrateArguments, console: Console) -> Result<Exit, Failure> {
    let request = CalibrationRequest {
        scene_path: arguments.file.clone(),
        overrides: arguments.overrides.set.clone(),
        duration: arguments.duration,
        seeds: arguments.seeds,
        held_out: arguments.held_out,
        jobs: arguments.jobs.count(),
        out: arguments.out.clone(),
    };
    let found = calibrate(&request, &Narrator(console)).map_err(|error| failure_of(error, console))?;
    match arguments.format {
        Format::Text => console.result(&calibration_text(&found, console.stdout_style))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(if found.invalid_runs == 0 && found.worse.is_empty() { Exit::Ok } else { Exit::RunFailed })
}
