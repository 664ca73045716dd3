//! The front end's side of a run or replay: shows progress and notices, passes the interrupt on, puts errors into words.

use super::scene_file::print_diagnostics;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::interrupt::install_interrupt_flag;
use crate::progress::ProgressDisplay;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::{Observer, Progress, RunError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Watcher {
    console: Console,
    /// `None` once it is off the screen.
    display: Option<ProgressDisplay>,
    stop: Arc<AtomicBool>,
}

impl Watcher {
    /// From here on SIGINT and SIGTERM ask the run to stop.
    pub fn new(console: Console) -> Result<Self, Failure> {
        let stop = install_interrupt_flag().map_err(|error| Failure::usage(format!("signals cannot be watched: {error}")))?;
        Ok(Watcher { console, display: Some(ProgressDisplay::new(console)), stop })
    }

    /// From here on the end of stdin asks the run to stop, too.
    pub fn stop_with_stdin(&self) {
        let stop = self.stop.clone();
        std::thread::spawn(move || {
            // What comes is thrown away; one that cannot be read has ended.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            stop.store(true, Ordering::Relaxed);
        });
    }

    /// Takes the progress off the screen: what follows is the result.
    pub fn close(&mut self) {
        if let Some(display) = self.display.take() {
            display.finish();
        }
    }
}

impl Observer for Watcher {
    fn warnings(&mut self, warnings: &[Diagnostic], sources: &Sources) {
        if !self.console.is_quiet() {
            print_diagnostics(warnings, sources, self.console);
        }
    }
    fn notice(&mut self, text: &str) {
        self.console.note(text);
    }
    fn progress(&mut self, progress: &Progress) {
        if let Some(display) = &mut self.display {
            display.show(progress);
        }
    }
    fn stop_requested(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What kept a run from happening or from being read, in words and with its exit code.
pub fn failure_of(error: RunError, console: Console) -> Failure {
    if let RunError::Scene { diagnostics, sources } = &error {
        print_diagnostics(diagnostics, sources, console);
        return Failure::said(Exit::Usage);
    }
    if let RunError::Point { point, error: inner } = &error
        && let RunError::Scene { diagnostics, sources } = inner.as_ref()
    {
        print_diagnostics(diagnostics, sources, console);
        return Failure::usage(format!("point `{point}` of the sweep makes no scene that can be run; nothing was run"));
    }
    let exit = if error.exit_code() == 3 { Exit::Missing } else { Exit::Usage };
    Failure { exit, message: error.to_string() }
}
