//! This program as the pool of an experiment starts it: `linetwin run` for each run, and the experiment's progress in words.

use super::pictures::exactly;
use super::scene_file::print_diagnostics;
use crate::arguments::{DeviceArgument, OnLoss};
use crate::console::Console;
use crate::exit::Failure;
use crate::interrupt::install_interrupt_flag;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::files::Durability;
use linetwin_run::{Done, EventLevel, Launcher, ReplicationObserver, RunRequest};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// This program, as it was started.
pub struct Processes<'a> {
    program: PathBuf,
    device: Option<&'a str>,
    on_device_loss: Option<OnLoss>,
}

impl<'a> Processes<'a> {
    pub fn new(device: &'a DeviceArgument, on_device_loss: Option<OnLoss>) -> Result<Self, Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::missing(format!("this program's own file is not to be found: {error}")))?;
        Ok(Processes { program, device: device.device.as_deref(), on_device_loss })
    }
}

impl Launcher for Processes<'_> {
    fn command(&self, request: &RunRequest) -> Command {
        let mut command = self.run(request);
        command.arg("--stop-with-stdin");
        if request.durability == Durability::ByStarter {
            command.arg("--no-sync");
        }
        command
    }
}

impl Processes<'_> {
    /// As anybody may start it.
    pub fn run(&self, request: &RunRequest) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--quiet", "run"]).arg(&request.scene_path);
        command.args(["--for", &exactly(request.duration)]);
        if let Some(interval) = request.snapshot_every {
            command.args(["--snapshot-every", &exactly(interval)]);
        }
        command.args(["--replication", &request.replication.to_string(), "--threads", &request.threads.to_string()]);
        command.arg("--out").arg(&request.out_dir);
        if !request.page {
            command.arg("--no-report");
        }
        let events = match request.events {
            EventLevel::All => "all",
            EventLevel::States => "states",
            EventLevel::None => "none",
        };
        command.args(["--events", events]);
        for text in &request.overrides {
            command.args(["--set", text]);
        }
        if let Some(seed) = request.seed {
            command.args(["--seed", &seed.to_string()]);
        }
        if let Some(device) = self.device {
            command.args(["--device", device]);
        }
        if let Some(what) = self.on_device_loss {
            command.args(["--on-device-loss", if what == OnLoss::Cpu { "cpu" } else { "stop" }]);
        }
        command
    }
}

/// Tells how far an experiment is, and passes the interrupt on.
pub struct Narrator {
    console: Console,
    /// What one run of it is called.
    run: &'static str,
    stop: Arc<AtomicBool>,
}

impl Narrator {
    /// From here on SIGINT and SIGTERM ask the experiment to stop.
    pub fn new(console: Console, run: &'static str) -> Result<Self, Failure> {
        let stop = install_interrupt_flag().map_err(|error| Failure::usage(format!("signals cannot be watched: {error}")))?;
        Ok(Narrator { console, run, stop })
    }
}

impl ReplicationObserver for Narrator {
    fn warnings(&mut self, warnings: &[Diagnostic], sources: &Sources) {
        if !self.console.is_quiet() {
            print_diagnostics(warnings, sources, self.console);
        }
    }
    fn progress(&mut self, Done { done, of, replication }: Done) {
        match replication {
            Some(replication) => self.console.note(&format!("{} {replication} is done: {done} of {of}", self.run)),
            None if done > 0 => self.console.note(&format!("{done} of {of} {}s are there already", self.run)),
            None => {}
        }
    }
    fn stop_requested(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
