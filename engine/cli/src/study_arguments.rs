//! What can be typed after the verbs that study a run, a record or a scene by many runs. Plain data; knows nothing about what the verbs
//! do.

use crate::arguments::{DeviceArgument, EventsLevel, Format, Jobs, OnLoss, Overrides, RunSettings, parse_share};
use clap::{Args, Subcommand, ValueEnum};
use linetwin_model::Time;
use linetwin_model::duration::parse_duration;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum SweepVerb {
    /// Print the points and how many runs they are; check every scene of them, run nothing.
    Plan(SweepPlanArguments),
    /// Make the runs that are missing, side by side in processes, and collect.
    Run(SweepRunArguments),
    /// Print how far each point is.
    Status(SweepArguments),
    /// Write the tables and the page of what is done: sweep.parquet, sweep.csv, sweep.json, sweep.html.
    Collect(SweepCollectArguments),
}

/// Which sweep, and where its runs are.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// Sweep file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder of the points and the tables [default: runs/FILE-sweep].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What goes to the events.parquet of each run.
    #[arg(long, value_name = "LEVEL", default_value = "none")]
    pub events: EventsLevel,
    #[command(flatten)]
    pub device: DeviceArgument,
    /// When the device of a run fails in the middle, as `linetwin run` says.
    #[arg(long, value_name = "WHAT")]
    pub on_device_loss: Option<OnLoss>,
}

#[derive(Debug, Args)]
pub struct SweepPlanArguments {
    #[command(flatten)]
    pub sweep: SweepArguments,
    /// Instead of the table: the command of each run that is missing, a line each, for any scheduler. A run that is done or begun
    /// may be started again: it skips, or goes on.
    #[arg(long)]
    pub commands: bool,
}

#[derive(Debug, Args)]
pub struct SweepRunArguments {
    #[command(flatten)]
    pub sweep: SweepArguments,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Of the result on stdout; `json`: the contents of sweep.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct SweepCollectArguments {
    #[command(flatten)]
    pub sweep: SweepArguments,
    /// Of the result on stdout; `json`: the contents of sweep.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct BatchesArguments {
    /// Run directory with all its events.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Simulated time that is left out at the beginning [default: the scene's warm-up].
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub warmup: Option<Time>,
    /// Show every element's state shares as well.
    #[arg(long)]
    pub all: bool,
    /// Of the result on stdout; `json`: every measure.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// Scene file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How long each run simulates: 10min, 1h30min [default: the scene's warm-up and 10min].
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Time>,
    /// Runs that give values, with random numbers of their own.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub seeds: u32,
    /// Runs with other random numbers, on which the values are judged.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub held_out: u32,
    #[command(flatten)]
    pub overrides: Overrides,
    #[command(flatten)]
    pub jobs: Jobs,
    /// File to write [default: FILE.calibrated.ron beside the scene].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Of the result on stdout.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct FitArguments {
    /// A table (CSV) with a value in each row, or a machine log with the columns time_s or timestamp, element, event.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Column of a table to fit; may be repeated [default: every column of numbers]. `12+` is a value of at least 12.
    #[arg(long, value_name = "NAME")]
    pub column: Vec<String>,
    /// Column that says with 1, true or yes that a value is a lower bound [default: NAME_censored or censored, where there is one].
    #[arg(long, value_name = "NAME")]
    pub censored: Option<String>,
    /// Column whose names, such as those of machines, each make a sample of their own.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Of a machine log: which clock runs towards a stop.
    #[arg(long, value_name = "CLOCK", default_value = "running")]
    pub clock: Clock,
    /// Leave the last share of the record for `linetwin validate`: 50%, 0.5.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub hold_out: Option<f64>,
    /// Seed of the samples that are drawn to judge the fits.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder of fit.html, fit.json and fit.csv [default: runs/FILE-fit].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Of the result on stdout; `json`: the contents of fit.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// Scene file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The record: a machine log (CSV) with the columns time_s or timestamp, element, event.
    #[arg(long, value_name = "LOG")]
    pub against: PathBuf,
    /// Only the last share of the record: what `linetwin fit` with the same --hold-out has not seen.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub hold_out: Option<f64>,
    /// What of the record is replayed.
    #[arg(long, value_name = "WHAT", default_value = "all")]
    pub replay: Replayed,
    /// Runs, with random numbers of their own.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub runs: u32,
    /// What is no difference: this share of a rate or a count, and so many points of a share of the time.
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = parse_share)]
    pub tolerance: f64,
    /// Seed of the random streams, instead of the scene's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub overrides: Overrides,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Folder of the runs, validation.html and validation.json [default: runs/FILE-validation].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub device: DeviceArgument,
    /// Of the result on stdout; `json`: the contents of validation.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Replayed {
    /// Arrivals and stops.
    All,
    Arrivals,
    Stops,
    None,
}

#[derive(Debug, Args)]
pub struct TestArguments {
    #[command(flatten)]
    pub settings: RunSettings,
    /// Runs, in each of which other disturbances happen.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Folder of the runs and of test.json [default: runs/FILE-test].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Of the result on stdout; `json`: the contents of test.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct LogArguments {
    /// Run directory with all its events.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// The file [default: stdout].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Clock {
    /// While the element is processing.
    Running,
    /// Always, but while it is down.
    Calendar,
}
