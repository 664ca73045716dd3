//! `linetwin export FILE|DIR --to FORMAT` and `linetwin trace DIR --to FORMAT`: write a line as other programs read it.

use super::doctor::choice_of;
use super::scene_file::read_text;
use super::watcher::{Watcher, failure_of};
use crate::arguments::{ExportArguments, ExportTo, TraceArguments, TraceTo};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::Time;
use linetwin_run::{DeviceRequest, ExportFormat, ExportRequest};
use std::path::{Path, PathBuf};

pub fn export_line(arguments: &ExportArguments, console: Console) -> Result<Exit, Failure> {
    if !arguments.source.is_dir() {
        // A scene that cannot be opened is a usage error.
        read_text(&arguments.source)?;
    }
    let format = match arguments.to {
        ExportTo::Usda => ExportFormat::Usda,
        ExportTo::Gltf => ExportFormat::Gltf,
    };
    let request = ExportRequest {
        source: arguments.source.clone(),
        format,
        out: arguments.out.clone().unwrap_or_else(|| default_file(&arguments.source, format)),
        from: arguments.from.unwrap_or(Time::ZERO),
        span: arguments.duration,
        rate_hz: arguments.rate,
        overrides: arguments.overrides.set.clone(),
        seed: arguments.seed,
        replication: arguments.replication,
        threads: arguments.threads,
        device: DeviceRequest { choice: choice_of(&arguments.device)?, on_loss: None },
    };
    write(&request, console)
}

pub fn trace_run(arguments: &TraceArguments, console: Console) -> Result<Exit, Failure> {
    if !arguments.directory.is_dir() {
        let name = arguments.directory.display();
        return Err(Failure::usage(format!("{name} is no run directory: `linetwin run` makes one of a scene, and prints where")));
    }
    let TraceTo::Mcap = arguments.to;
    let request = ExportRequest {
        source: arguments.directory.clone(),
        format: ExportFormat::Mcap,
        out: arguments.out.clone().unwrap_or_else(|| default_file(&arguments.directory, ExportFormat::Mcap)),
        from: arguments.from.unwrap_or(Time::ZERO),
        span: arguments.duration,
        rate_hz: arguments.rate,
        overrides: Vec::new(),
        seed: None,
        replication: 0,
        threads: arguments.threads,
        device: DeviceRequest { choice: choice_of(&arguments.device)?, on_loss: None },
    };
    write(&request, console)
}

fn write(request: &ExportRequest, console: Console) -> Result<Exit, Failure> {
    let mut watcher = Watcher::new(console)?;
    let result = linetwin_run::export(request, &mut watcher);
    watcher.close();
    let Some(exported) = result.map_err(|error| failure_of(error, console))? else {
        console.note("interrupted; nothing was written");
        return Ok(Exit::Interrupted);
    };
    console.detail(&format!("{} moments, {} parts, {} bytes", exported.moments, exported.parts, exported.bytes));
    console.result(&format!("{}\n", exported.path.display()))?;
    Ok(Exit::Ok)
}

/// The name of what is exported, in the current folder.
fn default_file(source: &Path, format: ExportFormat) -> PathBuf {
    let name = if source.is_dir() { source.canonicalize().ok().and_then(|path| path.file_name().map(Into::into)) } else { None };
    let name: PathBuf = name.or_else(|| source.file_stem().map(Into::into)).unwrap_or_else(|| "line".into());
    PathBuf::from(format!("{}.{}", name.display(), format.ending()))
}
