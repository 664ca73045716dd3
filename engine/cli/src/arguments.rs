//! What can be typed after `linetwin`: verbs, options, their defaults and their help. Plain data; knows nothing about
//! what the verbs do.

use crate::study_arguments::{
    BatchesArguments, CalibrateArguments, FitArguments, LogArguments, SweepVerb, TestArguments, ValidateArguments,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use linetwin_model::Time;
use linetwin_model::duration::parse_duration;
use std::path::PathBuf;

/// A physics-based digital twin of a factory line.
///
/// One scene file describes the line; `run` moves every part through it with contact physics and writes a run directory
/// with the measures, the events and a report.
#[derive(Debug, Parser)]
#[command(name = "linetwin", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    pub console: ConsoleArguments,
    #[command(subcommand)]
    pub verb: Verb,
}

pub const EXIT_CODES: &str = "To begin: `linetwin new my-line`, then `linetwin run my-line.ron --for 10min`.

Exit codes: 0 ok, 1 run invalid or a check failed, 2 usage or scene error, \
3 device, peer or program missing, 4 internal error, 130 interrupted (snapshot written).";

/// More threads than this only cost memory.
const MOST_THREADS: u64 = 256;

fn thread_count() -> clap::builder::RangedU64ValueParser<usize> {
    clap::builder::RangedU64ValueParser::new().range(0..=MOST_THREADS)
}

#[derive(Clone, Copy, Debug, Args)]
pub struct ConsoleArguments {
    /// Only errors on stderr; results still go to stdout.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "What is said")]
    pub quiet: bool,
    /// Also say on stderr what is read and where it is written.
    #[arg(short, long, global = true, help_heading = "What is said")]
    pub verbose: bool,
    /// Colours; `auto` also obeys the environment variable NO_COLOR.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "What is said")]
    pub color: ColorWhen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a small commented scene that runs.
    New(NewArguments),
    /// Check scenes and report every problem at once.
    Check(CheckArguments),
    /// Lay out scenes canonically, with all comments.
    Fmt(FmtArguments),
    /// Say what differs between two scenes as they are meant; exit with 0 where nothing does, else with 1.
    Diff(DiffArguments),
    /// Print the JSON Schema of a scene, or the reference page of an element.
    Schema(SchemaArguments),
    /// Print the elements of a scene, or its graph.
    Tree(TreeArguments),
    /// Run a scene and fill a run directory.
    Run(RunArguments),
    /// Run a scene many times with other random numbers: means with 95 % intervals.
    Replicate(ReplicateArguments),
    /// Means of one long run with 95 % intervals, from batches of it.
    Batches(BatchesArguments),
    /// Run many points of a scene, each so many times: what factors change, which scenarios differ.
    #[command(subcommand)]
    Sweep(SweepVerb),
    /// Fit distributions to the records of machines: ranked, judged, and as a scene writes them.
    Fit(FitArguments),
    /// Hold a scene against the record of its line, with recorded arrivals and stops; exit with 1 where they differ.
    Validate(ValidateArguments),
    /// Write a run as a machine log (CSV), as `fit` and `validate` read it.
    Log(LogArguments),
    /// Look for a run in which what the scene's `disturbances` allow makes a check fail, and for the shortest such run; exit with 1
    /// where there is one.
    Test(TestArguments),
    /// Fit exact events to contact physics, and write the values to a file that the scene includes. Other runs say how far the
    /// measures are apart then.
    Calibrate(CalibrateArguments),
    /// How often a line jams, and by how much that changes with step, iterations and friction.
    Jams(JamsArguments),
    /// Write report.html of a run directory anew.
    Report(ReportArguments),
    /// Put the measures of two run directories side by side; of two folders of replications, paired differences.
    Compare(CompareArguments),
    /// Run a run directory again and say whether every byte agrees.
    Replay(ReplayArguments),
    /// What this machine has for batches, and whether its GPU gives the same bits as its processor.
    Doctor(DoctorArguments),
    /// Write a scene or a run, at a moment or through a while, as OpenUSD or glTF.
    Export(ExportArguments),
    /// Write a run as messages for Foxglove and Rerun.
    Trace(TraceArguments),
    /// Pictures and films of a line, by the program linetwin-viewer: `linetwin view render FILE --out line.png`.
    View(ViewArguments),
    /// Print a completion script for a shell.
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
pub struct NewArguments {
    /// Name of the line; the scene is written to NAME.ron.
    pub name: String,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Scene files, RON or JSON.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub overrides: Overrides,
    /// `json`: one array of problems, for editors.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct DiffArguments {
    /// Scene file that the other is compared with, RON or JSON.
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The other scene file.
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// `json`: added, removed, renamed and changed, each with its path.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct FmtArguments {
    /// Scene files in RON.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write nothing; exit with 1 where a file is laid out otherwise.
    #[arg(long, conflicts_with = "stdout")]
    pub check: bool,
    /// Print the layout instead of writing it to the file.
    #[arg(long)]
    pub stdout: bool,
}

#[derive(Debug, Args)]
pub struct Overrides {
    /// Set a field of the scene, written there or not: 'belt 1.speed_mps=0.6', 'seed=8', 'sealer.failures.0.repair_s=60'.
    /// May be repeated. A name that holds a dot stands in double quotes. File names are relative to the current folder
    /// here, to the scene's folder in a scene.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The reference page of this element instead, as Markdown: `Belt`.
    #[arg(value_name = "ELEMENT", conflicts_with = "kpi")]
    pub element: Option<String>,
    /// The schema of kpi.json instead.
    #[arg(long)]
    pub kpi: bool,
}

#[derive(Debug, Args)]
pub struct TreeArguments {
    /// Scene file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The flow edges instead: which out-port meets which in-port.
    #[arg(long)]
    pub edges: bool,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// What decides a run, and where it computes.
#[derive(Debug, Args)]
pub struct RunSettings {
    /// Scene file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How long to simulate: 90s, 10min, 1h30min.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Time,
    /// Seed of the random streams, instead of the scene's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    #[command(flatten)]
    overrides: Overrides,
    /// What moves the parts: rigid bodies, step by step, in which things jam and fall; exact events, in which they do not,
    /// thousands of times as fast; or both, with bodies on the conveyors that the scene names in `contact` [default: as the scene
    /// says, else contact].
    #[arg(long, value_name = "WHAT")]
    fidelity: Option<Fidelity>,
    /// With contact physics: whether parts at rest on their belts are carried in closed form while nothing near them moves
    /// otherwise, at a fraction of the cost [default: as the scene says, else off].
    #[arg(long, value_name = "WHETHER")]
    coasting: Option<Switch>,
    /// Simulated time between two snapshots; a killed run resumes from the last one [default: 1min, with exact events a day].
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub snapshot_every: Option<Time>,
    #[command(flatten)]
    pub device: DeviceArgument,
    /// When the device fails in the middle: `cpu` goes on by the processor, from the last committed step, with the same
    /// bytes; `stop` ends with exit code 3 [default: as the scene says, else cpu].
    #[arg(long, value_name = "WHAT")]
    pub on_device_loss: Option<OnLoss>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fidelity {
    Contact,
    Event,
    Mixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

impl RunSettings {
    /// Everything that changes the scene's text.
    pub fn overrides(&self) -> Vec<String> {
        let fidelity = self.fidelity.map(|fidelity| format!("fidelity={fidelity:?}"));
        let coasting = self.coasting.map(|coasting| format!("coasting={}", coasting == Switch::On));
        self.overrides.set.iter().cloned().chain(fidelity).chain(coasting).collect()
    }
}

#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub settings: RunSettings,
    /// Replication: other random numbers under the same seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replication: u32,
    /// Run directory [default: runs/SCENE-SEED-RUN_KEY, so that another question never meets an old answer].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What goes to events.parquet.
    #[arg(long, value_name = "LEVEL", default_value = "all")]
    pub events: EventsLevel,
    /// Threads of the physics; 0: one per core. Never changes a result.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count())]
    pub threads: usize,
    /// Stop as on an interrupt, with a snapshot, when stdin is closed: for programs that start runs, whose end then ends them.
    #[arg(long)]
    pub stop_with_stdin: bool,
    /// Without report.html, which `linetwin report DIR` makes at any time.
    #[arg(long, conflicts_with = "pictures")]
    pub no_report: bool,
    /// Leave it to whoever starts the run to sync its files to the disk: after a power failure the same command begins anew what
    /// is not whole.
    #[arg(long)]
    pub no_sync: bool,
    #[command(flatten)]
    pub drawn: PicturesArguments,
    /// Of the result on stdout; `json`: the contents of kpi.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// What the viewer draws of a finished run. No byte of the run depends on it.
#[derive(Debug, Args)]
pub struct PicturesArguments {
    /// Afterwards, the program linetwin-viewer draws what this camera sees through the run, as DIR/frames/CAMERA/frame_00000.png and
    /// so on. CAMERA: one of the scene's, or overview, top, bottom, front, back, left, right. RATE: frames per second of simulated
    /// time [default: the camera's own, else 25]. May be repeated.
    #[arg(long, value_name = "CAMERA[@RATE]", value_parser = parse_frames)]
    pub frames: Vec<FramesOf>,
    /// Afterwards, the program linetwin-viewer draws the line as it ended, and where something first went wrong, into DIR/pictures;
    /// report.html shows them.
    #[arg(long)]
    pub pictures: bool,
}

/// Frames of a camera, in frames per second of simulated time.
#[derive(Clone, Debug, PartialEq)]
pub struct FramesOf {
    pub camera: String,
    pub rate_hz: Option<f64>,
}

fn parse_frames(text: &str) -> Result<FramesOf, String> {
    let (camera, rate_hz) = match text.rsplit_once('@') {
        Some((camera, rate)) => (camera, Some(parse_rate(rate)?)),
        None => (text, None),
    };
    if camera.is_empty() {
        return Err("name a camera, for example `top@10`".to_owned());
    }
    Ok(FramesOf { camera: camera.to_owned(), rate_hz })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnLoss {
    Cpu,
    Stop,
}

#[derive(Debug, Args)]
pub struct DeviceArgument {
    /// Where batches of grains, and of many rays, run: auto, cpu, cuda, cuda:ORDINAL, cuda:UUID, wgpu, wgpu:ORDINAL or wgpu:NAME [default:
    /// LINETWIN_DEVICE, else as the scene says, else auto]. Without an ordinal the third CUDA device, or the last of fewer.
    /// cpu and CUDA give the same bytes; wgpu (Vulkan, Metal, DX12) rounds as its driver likes, and auto never takes it.
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
}

#[derive(Debug, Args)]
pub struct Jobs {
    /// Processes at a time, each with one thread [default: one per core]. Never changes a result.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=MOST_THREADS))]
    pub jobs: Option<usize>,
}

impl Jobs {
    pub fn count(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |count| count.get()))
    }
}

#[derive(Debug, Args)]
pub struct ReplicateArguments {
    #[command(flatten)]
    pub settings: RunSettings,
    /// Replications: runs with random numbers of their own under one seed.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,
    /// Make more until the half width of the interval is at most this share of the mean: 2%, 0.02. The first --runs should be
    /// five at least, since a few say little of how much they vary.
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub until: Option<f64>,
    /// The measure whose interval is judged.
    #[arg(long, value_name = "KPI", default_value = "line.throughput_per_h")]
    pub of: String,
    /// Replications that --until may come to.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub most: u32,
    /// A further measure to show, such as 'sealer.oee'. May be repeated.
    #[arg(long, value_name = "KPI")]
    pub kpi: Vec<String>,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Folder of the run directories and the tables [default: runs/SCENE-SEED-RUN_KEY-replications].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What goes to the events.parquet of each run.
    #[arg(long, value_name = "LEVEL", default_value = "none")]
    pub events: EventsLevel,
    /// Of the result on stdout; `json`: the contents of replications.json.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// `2%` or `0.02`.
pub fn parse_share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok().map(|number| number / unit);
    share
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| format!("`{text}` is no share between 0 and 1; write for example `2%`"))
}

#[derive(Debug, Args)]
pub struct JamsArguments {
    /// Scene file, RON or JSON.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How long each run simulates: 90s, 10min, 1h30min.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Time,
    /// Runs of each variant, with random numbers of their own.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub seeds: u32,
    #[command(flatten)]
    pub overrides: Overrides,
    /// Threads of the physics; 0: one per core. Never changes a result.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count())]
    pub threads: usize,
    /// Of the table on stdout.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventsLevel {
    /// Every event.
    All,
    /// Only the states of elements.
    States,
    /// No events file.
    None,
}

#[derive(Debug, Args)]
pub struct DirectoryArguments {
    /// Run directory.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    #[command(flatten)]
    pub run: DirectoryArguments,
    #[command(flatten)]
    pub drawn: PicturesArguments,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Run directory, or folder of replications, that the other is compared with.
    #[arg(value_name = "DIR")]
    pub base: PathBuf,
    /// The other one, of the same kind.
    #[arg(value_name = "DIR")]
    pub other: PathBuf,
    /// Of replications: a further measure to compare, such as 'sealer.oee'. May be repeated.
    #[arg(long, value_name = "KPI")]
    pub kpi: Vec<String>,
    /// `json`: both with a row per measure.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Run directory.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Threads of the physics; 0: one per core. Never changes a result.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count())]
    pub threads: usize,
    #[command(flatten)]
    pub device: DeviceArgument,
}

#[derive(Debug, Args)]
pub struct DoctorArguments {
    #[command(flatten)]
    pub device: DeviceArgument,
    /// Run every kernel on the device and on the processor, compare every bit (on a GPU through wgpu: within a tolerance),
    /// and write a report.
    #[arg(long)]
    pub gpu_check: bool,
    /// Report of --gpu-check.
    #[arg(long, value_name = "FILE", default_value = "gpu-check.json", requires = "gpu_check")]
    pub out: PathBuf,
    /// Of what stdout gets.
    #[arg(long, default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportTo {
    /// OpenUSD as text: geometry, materials, physics, poses through time.
    Usda,
    /// glTF 2.0 with animation: binary (.glb), or text where --out ends in .gltf.
    Gltf,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Scene file, which is run from zero, or run directory, which is run again from what it keeps.
    #[arg(value_name = "FILE|DIR")]
    pub source: PathBuf,
    /// What is written.
    #[arg(long, value_name = "FORMAT")]
    pub to: ExportTo,
    /// Simulated time at which it begins: 30s, 5min [default: the start].
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub from: Option<Time>,
    /// How long it lasts [default: one moment, in which nothing moves].
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Time>,
    /// Moments per second of simulated time.
    #[arg(long, value_name = "HZ", default_value = "30", value_parser = parse_rate)]
    pub rate: f64,
    /// The file [default: the scene's or the directory's name, in the current folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Seed of the random streams, instead of the scene's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replication: other random numbers under the same seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub replication: u32,
    #[command(flatten)]
    pub overrides: Overrides,
    /// Threads of the physics; 0: one per core. Never changes a byte.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count())]
    pub threads: usize,
    #[command(flatten)]
    pub device: DeviceArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceTo {
    /// MCAP with protobuf messages, compressed with zstd.
    Mcap,
}

#[derive(Debug, Args)]
pub struct TraceArguments {
    /// Run directory, which is run again from what it keeps.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// What is written.
    #[arg(long, value_name = "FORMAT")]
    pub to: TraceTo,
    /// Simulated time at which it begins: 30s, 5min [default: the start].
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub from: Option<Time>,
    /// How long it lasts [default: to the end of the run].
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Time>,
    /// Moments per second of simulated time.
    #[arg(long, value_name = "HZ", default_value = "10", value_parser = parse_rate)]
    pub rate: f64,
    /// The file [default: the directory's name, in the current folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Threads of the physics; 0: one per core. Never changes a byte.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count())]
    pub threads: usize,
    #[command(flatten)]
    pub device: DeviceArgument,
}

/// From one moment in a thousand seconds to more than there are steps.
fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.trim().parse::<f64>().ok().filter(|rate| (0.001..=10_000.0).contains(rate));
    rate.ok_or_else(|| format!("`{text}` is no rate between 0.001 and 10000 per second; write for example `30`"))
}

#[derive(Debug, Args)]
pub struct ViewArguments {
    /// Passed on to the viewer as they are.
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
