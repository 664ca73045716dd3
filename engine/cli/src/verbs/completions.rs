//! `linetwin completions SHELL`.

use crate::arguments::{Arguments, CompletionsArguments};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use clap::CommandFactory;

pub fn print_completions(arguments: &CompletionsArguments, console: Console) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "linetwin", &mut script);
    console.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
