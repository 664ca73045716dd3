//! The command line `linetwin`: reads arguments, calls the library, prints results, ends with a code. Knows nothing about
//! physics or measures; a window is another program.

mod arguments;
mod console;
mod duration;
mod exit;
mod interrupt;
mod progress;
mod table;
mod verbs;

use arguments::{Arguments, Verb};
use clap::Parser;
use console::Console;
use exit::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Usage errors print themselves and exit with 2, help and version with 0.
    let arguments = Arguments::parse();
    let console = Console::new(arguments.console);
    let outcome = std::panic::catch_unwind(|| dispatch(&arguments.verb, console));
    let exit = match outcome {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            if !failure.message.is_empty() {
                console.error(&failure.message);
            }
            failure.exit
        }
        Err(_) => {
            console.error(&format!(
                "this is a bug in linetwin {}, not in your scene. Please report it with the command line, the scene and the lines above; \
                 a run directory that was being written stays as it is and can be resumed.",
                env!("CARGO_PKG_VERSION")
            ));
            Exit::Internal
        }
    };
    exit.into()
}

fn dispatch(verb: &Verb, console: Console) -> Result<Exit, Failure> {
    match verb {
        Verb::New(arguments) => verbs::new::write_new_scene(arguments, console),
        Verb::Check(arguments) => verbs::check::check_scenes(arguments, console),
        Verb::Schema(arguments) => verbs::schema::print_schema(arguments, console),
        Verb::Tree(arguments) => verbs::tree::print_tree(arguments, console),
        Verb::Run(arguments) => verbs::run::run_scene(arguments, console),
        Verb::Report(arguments) => verbs::report::rebuild_report(arguments, console),
        Verb::Compare(arguments) => verbs::compare::compare_runs(arguments, console),
        Verb::Replay(arguments) => verbs::replay::replay_run(arguments, console),
        Verb::View(arguments) => verbs::view::open_viewer(arguments),
        Verb::Completions(arguments) => verbs::completions::print_completions(arguments, console),
    }
}
