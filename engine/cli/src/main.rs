//! The command line `linetwin`: reads arguments, calls the library, prints results, ends with a code. Knows nothing about
//! physics or measures; a window is another program.

mod arguments;
mod console;
mod exit;
mod interrupt;
mod progress;
mod study_arguments;
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
    end(std::panic::catch_unwind(|| dispatch(&arguments.verb, console)), console).into()
}

/// Says what is still to be said. A panic is our bug: its own words are on stderr already.
fn end(outcome: std::thread::Result<Result<Exit, Failure>>, console: Console) -> Exit {
    match outcome {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            if !failure.message.is_empty() {
                console.error(&failure.message);
            }
            failure.exit
        }
        Err(_) => {
            console.error(&bug_text(std::env::args_os()));
            Exit::Internal
        }
    }
}

/// What to do about a bug of ours.
fn bug_text(command_line: impl Iterator<Item = std::ffi::OsString>) -> String {
    let words: Vec<String> = command_line.map(|word| console::in_shell(&word)).collect();
    format!(
        "this is a bug in linetwin {}, not in your scene\n\
         \x20 Please report it with the lines above, the scene, the files it names, and this command line:\n\
         \x20   {}\n\
         \x20 A run directory that was being written is whole: the same command goes on from its last snapshot.",
        env!("CARGO_PKG_VERSION"),
        words.join(" ")
    )
}

fn dispatch(verb: &Verb, console: Console) -> Result<Exit, Failure> {
    match verb {
        Verb::New(arguments) => verbs::new::write_new_scene(arguments, console),
        Verb::Check(arguments) => verbs::check::check_scenes(arguments, console),
        Verb::Fmt(arguments) => verbs::fmt::format_scenes(arguments, console),
        Verb::Diff(arguments) => verbs::diff::compare_scenes(arguments, console),
        Verb::Schema(arguments) => verbs::schema::print_schema(arguments, console),
        Verb::Tree(arguments) => verbs::tree::print_tree(arguments, console),
        Verb::Run(arguments) => verbs::run::run_scene(arguments, console),
        Verb::Replicate(arguments) => verbs::replicate::run_replications(arguments, console),
        Verb::Batches(arguments) => verbs::batches::judge_run(arguments, console),
        Verb::Sweep(verb) => verbs::sweep::sweep(verb, console),
        Verb::Fit(arguments) => verbs::fit::fit_record(arguments, console),
        Verb::Validate(arguments) => verbs::validate::validate_scene(arguments, console),
        Verb::Log(arguments) => verbs::log::write_log(arguments, console),
        Verb::Test(arguments) => verbs::test::look_for_failures(arguments, console),
        Verb::Calibrate(arguments) => verbs::calibrate::calibrate_scene(arguments, console),
        Verb::Jams(arguments) => verbs::jams::study(arguments, console),
        Verb::Report(arguments) => verbs::report::rebuild_report(arguments, console),
        Verb::Compare(arguments) => verbs::compare::compare_runs(arguments, console),
        Verb::Replay(arguments) => verbs::replay::replay_run(arguments, console),
        Verb::Doctor(arguments) => verbs::doctor::examine(arguments, console),
        Verb::Export(arguments) => verbs::export::export_line(arguments, console),
        Verb::Trace(arguments) => verbs::export::trace_run(arguments, console),
        Verb::View(arguments) => verbs::view::open_viewer(arguments),
        Verb::Completions(arguments) => verbs::completions::print_completions(arguments, console),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{ColorWhen, ConsoleArguments};

    #[test]
    fn a_panic_ends_with_4_and_says_what_to_send() {
        let console = Console::new(ConsoleArguments { quiet: true, verbose: false, color: ColorWhen::Never });
        assert_eq!(end(std::panic::catch_unwind(|| panic!("a broken invariant")), console), Exit::Internal);
        assert_eq!(end(Ok(Err(Failure::said(Exit::Usage))), console), Exit::Usage);
        assert_eq!(end(Ok(Ok(Exit::Interrupted)), console), Exit::Interrupted);
        let text = bug_text(["linetwin", "run", "my line.ron"].into_iter().map(Into::into));
        for told in
            ["bug in linetwin", env!("CARGO_PKG_VERSION"), "linetwin run 'my line.ron'", "not in your scene", "the same command goes on"]
        {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
}
