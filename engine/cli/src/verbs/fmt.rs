//! `linetwin fmt FILE...`: scenes in their canonical layout, in place, to stdout, or only compared with it.

use super::scene_file::{print_diagnostics, read_text};
use crate::arguments::FmtArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::diagnostic::Sources;
use linetwin_model::syntax::format::format;
use std::path::Path;

pub fn format_scenes(arguments: &FmtArguments, console: Console) -> Result<Exit, Failure> {
    let mut exit = Exit::Ok;
    for file in &arguments.files {
        // One file that cannot be laid out does not keep the others from it.
        match format_one(file, arguments, console) {
            Ok(Exit::Ok) => {}
            Ok(other) => exit = if exit == Exit::Usage { exit } else { other },
            Err(failure) => {
                if !failure.message.is_empty() {
                    console.error(&failure.message);
                }
                exit = failure.exit;
            }
        }
    }
    Ok(exit)
}

fn format_one(file: &Path, arguments: &FmtArguments, console: Console) -> Result<Exit, Failure> {
    let (name, text) = read_text(file)?;
    let mut sources = Sources::default();
    let laid_out = format(&name, &text, &mut sources).map_err(|problems| {
        print_diagnostics(&problems, &sources, console);
        Failure::said(Exit::Usage)
    })?;
    if arguments.stdout {
        console.result(&laid_out)?;
    } else if laid_out == text {
        console.detail(&format!("{name}: as it should be"));
    } else if arguments.check {
        console.result(&format!("{name}: line {} would change\n", first_change(&text, &laid_out)))?;
        return Ok(Exit::RunFailed);
    } else {
        replace(file, &laid_out).map_err(|error| Failure::usage(format!("{name} cannot be written: {error}")))?;
        console.note(&format!("{name}: laid out"));
    }
    Ok(Exit::Ok)
}

/// Whole or not at all: a scene is somebody's work.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link.
    let file = std::fs::canonicalize(file)?;
    let mut beside = file.clone().into_os_string();
    beside.push(".fmt");
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::metadata(&file)?.permissions())?;
    std::fs::rename(&beside, &file)
}

fn first_change(before: &str, after: &str) -> usize {
    let same = before.lines().zip(after.lines()).take_while(|(before, after)| before == after).count();
    same + 1
}
