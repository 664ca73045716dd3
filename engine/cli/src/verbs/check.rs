//! `linetwin check FILE...`: every problem of every file, for people or for an editor. The problems are the result, so
//! they go to stdout.

use super::scene_file::read_scene_file;
use crate::arguments::{CheckArguments, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_model::diagnostic::Severity;
use linetwin_model::read::Reading;

pub fn check_scenes(arguments: &CheckArguments, console: Console) -> Result<Exit, Failure> {
    let mut exit = Exit::Ok;
    let mut problems = Vec::new();
    for file in &arguments.files {
        // One file that cannot be opened does not hide what is wrong with the others.
        let reading = match read_scene_file(file, &arguments.overrides.set) {
            Ok(reading) => reading,
            Err(failure) => {
                console.error(&failure.message);
                exit = Exit::Usage;
                continue;
            }
        };
        if reading.scene.is_none() {
            exit = Exit::Usage;
        }
        match arguments.format {
            Format::Text => console.result(&text_of(&file.to_string_lossy(), &reading, console))?,
            Format::Json => problems.extend(reading.diagnostics.iter().map(|diagnostic| diagnostic.to_json(&reading.sources))),
        }
    }
    if arguments.format == Format::Json {
        let json = serde_json::to_string_pretty(&problems).expect("problems are serialisable");
        console.result(&format!("{json}\n"))?;
    }
    Ok(exit)
}

fn text_of(name: &str, reading: &Reading, console: Console) -> String {
    let style = console.stdout_style;
    let mut text = String::new();
    for diagnostic in &reading.diagnostics {
        text.push_str(&diagnostic.render(&reading.sources, style.enabled));
        text.push('\n');
    }
    let count = |severity: Severity| reading.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let found = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(", ");
    let verdict = match &reading.scene {
        Some(scene) => {
            let size = format!("{} elements, {} edges", scene.elements.len(), scene.edges.len());
            let found = if found.is_empty() { String::new() } else { format!(", {found}") };
            format!("{} ({size}{found})", style.good("ok"))
        }
        None => style.bad(&found),
    };
    text.push_str(&format!("{name}: {verdict}\n"));
    text
}
