//! `linetwin diff A B`: what differs between two scenes as they are meant. Exit code 0: nothing.

use super::scene_file::{print_diagnostics, read_text};
use crate::arguments::{DiffArguments, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::diagnostic::{Severity, Sources};
use linetwin_model::difference::{Side, difference};
use linetwin_model::files::FileLoader;
use linetwin_model::read::{ReadOptions, SpecReading, read_spec};
use std::path::Path;

pub fn compare_scenes(arguments: &DiffArguments, console: Console) -> Result<Exit, Failure> {
    let (before, after) = (read_written(&arguments.before, console)?, read_written(&arguments.after, console)?);
    let (Some(old), Some(new)) = (&before.spec, &after.spec) else { return Ok(Exit::Usage) };
    let found = difference(&Side { spec: old, document: &before.document }, &Side { spec: new, document: &after.document });
    match arguments.format {
        Format::Text => console.result(&found.text())?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&found).expect("differences are serialisable");
            console.result(&format!("{json}\n"))?;
        }
    }
    Ok(if found.is_empty() { Exit::Ok } else { Exit::RunFailed })
}

/// As far as spelling and shape go: two scenes can be compared before they make sense.
fn read_written(path: &Path, console: Console) -> Result<SpecReading, Failure> {
    let (name, text) = read_text(path)?;
    let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
    let load = |path: &str| std::fs::read(path);
    let mut loader = FileLoader::new(&load, &mut sources, &mut files);
    let reading = read_spec(&name, &text, &ReadOptions::default(), &mut loader, &mut diagnostics);
    print_diagnostics(&diagnostics, &sources, console);
    let refused = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    if refused { Err(Failure::said(Exit::Usage)) } else { Ok(reading) }
}
