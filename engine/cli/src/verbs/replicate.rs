//! `linetwin replicate FILE --for DURATION`: the same line many times with other random numbers, side by side in processes, and
//! the means with their intervals.

use super::run::request_of;
use super::scene_file::print_diagnostics;
use super::watcher::failure_of;
use crate::arguments::{EventsLevel, Format, OnLoss, ReplicateArguments};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::interrupt::install_interrupt_flag;
use crate::table::replications_text;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::{Done, Launcher, ReplicationObserver, ReplicationRequest, RunRequest, Target, replicate};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// This program, as it was started.
struct Processes<'a> {
    program: PathBuf,
    arguments: &'a ReplicateArguments,
}

impl Launcher for Processes<'_> {
    fn command(&self, request: &RunRequest) -> Command {
        let mut command = Command::new(&self.program);
        let exactly = |time: linetwin_model::Time| format!("{}.{:09}s", time.0 / 1_000_000_000, time.0 % 1_000_000_000);
        command.args(["--quiet", "run"]).arg(&request.scene_path);
        command.args(["--for", &exactly(request.duration), "--snapshot-every", &exactly(request.snapshot_every)]);
        command.args(["--replication", &request.replication.to_string(), "--threads", &request.threads.to_string()]);
        command.arg("--out").arg(&request.out_dir);
        let events = match self.arguments.events {
            EventsLevel::All => "all",
            EventsLevel::States => "states",
            EventsLevel::None => "none",
        };
        command.args(["--events", events]);
        for text in &request.overrides {
            command.args(["--set", text]);
        }
        if let Some(seed) = request.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        if let Some(device) = &self.arguments.settings.device.device {
            command.args(["--device", device]);
        }
        if let Some(what) = self.arguments.settings.on_device_loss {
            command.args(["--on-device-loss", if what == OnLoss::Cpu { "cpu" } else { "stop" }]);
        }
        command
    }
}

struct Narrator {
    console: Console,
    stop: Arc<AtomicBool>,
}

impl ReplicationObserver for Narrator {
    fn warnings(&mut self, warnings: &[Diagnostic], sources: &Sources) {
        if !self.console.is_quiet() {
            print_diagnostics(warnings, sources, self.console);
        }
    }
    fn progress(&mut self, Done { done, of, replication }: Done) {
        match replication {
            Some(replication) => self.console.note(&format!("replication {replication} is done: {done} of {of}")),
            None if done > 0 => self.console.note(&format!("{done} of {of} replications are there already")),
            None => {}
        }
    }
    fn stop_requested(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

pub fn run_replications(arguments: &ReplicateArguments, console: Console) -> Result<Exit, Failure> {
    let run = request_of(&arguments.settings, arguments.events)?;
    let target = arguments.until.map(|share| Target { kpi: arguments.of.clone(), share, most: arguments.most });
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |count| count.get()));
    let folder = arguments.out.clone().unwrap_or_default();
    let kpis = std::iter::once(&arguments.of).chain(&arguments.kpi).cloned().collect();
    let request = ReplicationRequest { run, folder, replications: arguments.runs, target, kpis, jobs };
    let program =
        std::env::current_exe().map_err(|error| Failure::missing(format!("this program's own file is not to be found: {error}")))?;
    let stop = install_interrupt_flag().map_err(|error| Failure::usage(format!("signals cannot be watched: {error}")))?;
    let outcome = replicate(&request, &Processes { program, arguments }, &mut Narrator { console, stop })
        .map_err(|error| failure_of(error, console))?;
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
