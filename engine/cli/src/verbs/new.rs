//! `linetwin new NAME`: a small commented scene that runs.

use crate::arguments::NewArguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

pub fn write_new_scene(arguments: &NewArguments, console: Console) -> Result<Exit, Failure> {
    let name = arguments.name.trim_end_matches(".ron");
    if name.is_empty() || name.contains(['/', '\\', '"']) {
        return Err(Failure::usage(format!("`{}` is no name for a scene: use letters, digits, blanks and dashes", arguments.name)));
    }
    let file = format!("{name}.ron");
    // `create_new`: somebody's scene is never overwritten.
    let mut created = OpenOptions::new().write(true).create_new(true).open(&file).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(format!("{file} exists already; choose another name")),
        _ => Failure::usage(format!("{file} cannot be written: {error}")),
    })?;
    created
        .write_all(linetwin_model::template::new_scene(name).as_bytes())
        .map_err(|error| Failure::usage(format!("{file} cannot be written: {error}")))?;
    console.result(&format!("{file}\n"))?;
    console.note(&format!("try: linetwin run {} --for 10min", quoted(&file)));
    Ok(Exit::Ok)
}

/// As a shell wants it.
fn quoted(file: &str) -> String {
    if file.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        file.to_string()
    } else {
        format!("'{}'", file.replace('\'', "'\\''"))
    }
}
