//! `linetwin sweep plan|run|status|collect FILE`: many points of a scene, each so many times.

use super::processes::{Narrator, Processes};
use super::run::{device_of, level_of};
use super::watcher::failure_of;
use crate::arguments::Format;
use crate::console::{Console, in_shell};
use crate::exit::{Exit, Failure};
use crate::study_arguments::{SweepArguments, SweepVerb};
use crate::table::{plan_text, status_text, sweep_text};
use linetwin_run::{SweepPlan, SweepRequest, collect_sweep, plan_sweep, run_sweep};

pub fn sweep(verb: &SweepVerb, console: Console) -> Result<Exit, Failure> {
    match verb {
        SweepVerb::Plan(arguments) => {
            let plan = plan(&arguments.sweep, console)?;
            if arguments.commands {
                console.result(&commands(&plan, &arguments.sweep)?)?;
            } else {
                console.result(&plan_text(&plan, console.stdout_style))?;
            }
            Ok(Exit::Ok)
        }
        SweepVerb::Status(arguments) => {
            let plan = plan(arguments, console)?;
            console.result(&status_text(&plan, &plan.status(), console.stdout_style))?;
            Ok(Exit::Ok)
        }
        SweepVerb::Run(arguments) => {
            let plan = plan(&arguments.sweep, console)?;
            let processes = Processes::new(&arguments.sweep.device, arguments.sweep.on_device_loss)?;
            let finished = run_sweep(&plan, arguments.jobs.count(), &processes, &mut Narrator::new(console, "run")?)
                .map_err(|error| failure_of(error, console))?;
            if !finished {
                console.note(&format!("interrupted; the same command goes on from there ({})", plan.folder.display()));
                return Ok(Exit::Interrupted);
            }
            collect(&plan, arguments.format, console)
        }
        SweepVerb::Collect(arguments) => collect(&plan(&arguments.sweep, console)?, arguments.format, console),
    }
}

fn plan(arguments: &SweepArguments, console: Console) -> Result<SweepPlan, Failure> {
    let request = SweepRequest {
        sweep_path: arguments.file.clone(),
        folder: arguments.out.clone().unwrap_or_default(),
        events: level_of(arguments.events),
        device: device_of(&arguments.device, arguments.on_device_loss)?,
    };
    plan_sweep(&request, &mut Narrator::new(console, "run")?).map_err(|error| failure_of(error, console))
}

/// A line for each run that is missing.
fn commands(plan: &SweepPlan, arguments: &SweepArguments) -> Result<String, Failure> {
    let processes = Processes::new(&arguments.device, arguments.on_device_loss)?;
    let line = |run| {
        let command = processes.run(run);
        let words: Vec<String> = [command.get_program()].into_iter().chain(command.get_args()).map(in_shell).collect();
        words.join(" ") + "\n"
    };
    Ok(plan.missing().iter().map(line).collect())
}

fn collect(plan: &SweepPlan, format: Format, console: Console) -> Result<Exit, Failure> {
    let result = collect_sweep(plan).map_err(|error| failure_of(error, console))?;
    let folder = plan.folder.display();
    match format {
        Format::Text => console.result(&format!("{}\n{folder}\n", sweep_text(&result, console.stdout_style)))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&result).expect("numbers and names are serialisable");
            console.result(&format!("{json}\n"))?;
            console.note(&format!("{folder}"));
        }
    }
    Ok(if result.passed() { Exit::Ok } else { Exit::RunFailed })
}
