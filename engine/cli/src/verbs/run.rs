//! `linetwin run FILE --for DURATION`: fills a run directory, ends with the KPI table and the directory's path.

use super::doctor::choice_of;
use super::pictures::Artist;
use super::scene_file::read_text;
use super::watcher::{Watcher, failure_of};
use crate::arguments::{DeviceArgument, EventsLevel, Format, OnLoss, RunArguments, RunSettings};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::kpi_text;
use linetwin_compute::OnDeviceLoss;
use linetwin_run::files::Durability;
use linetwin_run::{DeviceRequest, Ending, EventLevel, RunInput, RunOutcome, RunRequest};
use std::path::PathBuf;

pub fn run_scene(arguments: &RunArguments, console: Console) -> Result<Exit, Failure> {
    // A scene that cannot be opened is a usage error here, before any directory comes into it.
    read_text(&arguments.settings.file)?;
    let mut request = RunRequest {
        replication: arguments.replication,
        out_dir: arguments.out.clone().unwrap_or_default(),
        threads: arguments.threads,
        page: !arguments.no_report,
        durability: if arguments.no_sync { Durability::ByStarter } else { Durability::EachFile },
        ..request_of(&arguments.settings, arguments.events)?
    };
    let input = RunInput::of(&request).map_err(|error| failure_of(error, console))?;
    for file in &input.files {
        console.detail(&format!("read {} ({} bytes)", file.path, file.bytes.len()));
    }
    if arguments.out.is_none() {
        request.out_dir = linetwin_run::default_directory(&request, &input).map_err(|error| failure_of(error, console))?;
    }
    console.detail(&format!("run directory {}", request.out_dir.display()));
    let artist = Artist::of(&arguments.drawn, console)?;
    if let Some(artist) = &artist {
        artist.check(&request)?;
    }
    let mut watcher = Watcher::new(console)?;
    if arguments.stop_with_stdin {
        watcher.stop_with_stdin();
    }
    let result = linetwin_run::execute_input(&request, input, &mut watcher);
    watcher.close();
    let outcome = result.map_err(|error| failure_of(error, console))?;
    let exit = print_outcome(&outcome, arguments.format, console)?;
    if let Some(artist) = artist
        && exit != Exit::Interrupted
    {
        artist.draw(&outcome.out_dir, outcome.manifest.duration())?;
    }
    Ok(exit)
}

/// Replication 0 on one thread, without a directory.
pub fn request_of(settings: &RunSettings, events: EventsLevel) -> Result<RunRequest, Failure> {
    Ok(RunRequest {
        overrides: settings.overrides(),
        seed: settings.seed,
        snapshot_every: settings.snapshot_every,
        events: level_of(events),
        device: device_of(&settings.device, settings.on_device_loss)?,
        ..RunRequest::new(settings.file.clone(), settings.duration, PathBuf::new())
    })
}

pub fn level_of(events: EventsLevel) -> EventLevel {
    match events {
        EventsLevel::All => EventLevel::All,
        EventsLevel::States => EventLevel::States,
        EventsLevel::None => EventLevel::None,
    }
}

pub fn device_of(device: &DeviceArgument, on_loss: Option<OnLoss>) -> Result<DeviceRequest, Failure> {
    let on_loss = on_loss.map(|what| match what {
        OnLoss::Cpu => OnDeviceLoss::Cpu,
        OnLoss::Stop => OnDeviceLoss::Stop,
    });
    Ok(DeviceRequest { choice: choice_of(device)?, on_loss })
}

fn print_outcome(outcome: &RunOutcome, format: Format, console: Console) -> Result<Exit, Failure> {
    let directory = outcome.out_dir.display();
    match outcome.ending {
        Ending::Interrupted { at } => {
            let at = linetwin_model::duration::format_duration(at);
            console.note(&format!("interrupted at {at} of simulated time; the same command goes on from there ({directory})"));
            return Ok(Exit::Interrupted);
        }
        Ending::AlreadyFinished => console.note(&format!("{directory} already holds this run; nothing was simulated")),
        Ending::Finished => {}
    }
    let report = outcome.report.as_ref().expect("a finished run has a report");
    match format {
        Format::Text => console.result(&format!("{}\n{directory}\n", kpi_text(report, console.stdout_style)))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(report).expect("a report of numbers and names is serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{directory}"));
        }
    }
    Ok(if outcome.exit_code() == 0 { Exit::Ok } else { Exit::RunFailed })
}
