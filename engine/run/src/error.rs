//! What can keep a run from happening or from being read. Each message says what was found and what to do; the exit
//! code belongs to the error, so that every front end agrees.

use crate::batches;
use crate::files::FileError;
use linetwin_compute::DeviceError;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_sim::record::fork::FORKABLE;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing was written. The diagnostics are for the front end to render.
    #[error("the scene has errors")]
    Scene { diagnostics: Vec<Diagnostic>, sources: Sources },
    #[error(transparent)]
    File(#[from] FileError),
    /// Nothing was touched.
    #[error("{} holds another run ({}); nothing was touched: name another --out, or remove it", dir.display(), differences.join("; "))]
    OtherRun { dir: PathBuf, differences: Vec<String> },
    #[error("{} is not a run directory (it holds {found}); nothing was touched: name another --out", dir.display())]
    NotARunDirectory { dir: PathBuf, found: String },
    #[error("{} holds no run: there is no manifest.json in it", dir.display())]
    NoRun { dir: PathBuf },
    #[error("{} is being written by {holder}; wait for it, or name another --out", dir.display())]
    Locked { dir: PathBuf, holder: String },
    #[error("{} is damaged: {reason}; remove the run directory and run again", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the run in {} is not finished ({state}): the same `linetwin run` command goes on with it", dir.display())]
    NotFinished { dir: PathBuf, state: String },
    /// Nothing was written.
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(
        "at {at_s:.3} s of simulated time {error}; the run ends here, as it was told: the same command, on another device or on \
         this one once it is well, goes on from the last snapshot in {}", dir.display()
    )]
    DeviceLost { dir: PathBuf, at_s: f64, error: DeviceError },
    #[error(
        "the run in {} cannot be replayed: {adapter} computed it, which rounds as its driver likes; runs on cpu and on CUDA can", dir.display()
    )]
    NotReproducible { dir: PathBuf, adapter: String },
    #[error(
        "{} ({base_told}) and {} ({other_told}) share no random numbers: make both with the same --seed and --for", base.display(),
        other.display()
    )]
    NotPaired { base: PathBuf, other: PathBuf, base_told: String, other_told: String },
    #[error(
        "a state of one line is none of another: {} cannot change on the way, only {} can; force an I/O point in the branch, or run \
         the changed scene from its beginning", listed(paths), FORKABLE.join(", ")
    )]
    OtherLine { paths: Vec<String> },
    #[error("the run in {} failed: {reason}", dir.display())]
    Worker { dir: PathBuf, reason: String },
    #[error("the run in {} lasts {has_s} s, and what is to be exported ends at {asked_s} s: give an earlier --from or a shorter --for", dir.display())]
    BeyondTheRun { dir: PathBuf, asked_s: f64, has_s: f64 },
    #[error("{} is a run, which is what it is: --set, --seed and --replication go with a scene", dir.display())]
    FixedByTheRun { dir: PathBuf },
    #[error(
        "from {at_s} s on the export would hold more than {most} poses: choose a shorter --for or a lower --rate, or write it in pieces with --from"
    )]
    FilmTooLong { at_s: f64, most: usize },
    /// Nothing was run.
    #[error("point `{point}` of the sweep: {error}")]
    Point { point: String, error: Box<RunError> },
    #[error("the line has no measure `{kpi}`{}", near.as_ref().map_or("; kpi.csv of any run lists them".to_owned(), |near| format!("; did you mean `{near}`?")))]
    UnknownKpi { kpi: String, near: Option<String> },
    #[error("{}: {reason}", path.display())]
    Record { path: PathBuf, reason: String },
    #[error("nothing would be measured in {duration_s} s, since the warm-up takes {warmup_s} s: make the runs longer, or set `warmup_s`")]
    NothingMeasured { duration_s: f64, warmup_s: f64 },
}

fn listed(paths: &[String]) -> String {
    if paths.is_empty() {
        "what was changed".to_owned()
    } else {
        paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
    }
}

impl RunError {
    /// 2: usage or scene; 3: a device (here: the disk) is missing or full.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::File(_) | RunError::DeviceLost { .. } => 3,
            RunError::Device(error) => batches::exit_code(error),
            RunError::Point { error, .. } => error.exit_code(),
            _ => 2,
        }
    }
}
