//! Runs as files: the run directory with its manifest, journal, snapshots, tables and report; resume, replay, compare.
//! Owns everything that touches the disk. Knows nothing about how a part moves, and neither parses arguments nor
//! prints: what there is to say goes through [`Observer`] or comes back as a value.

mod batches;
pub mod compare;
mod directory;
mod error;
pub mod events_table;
mod execute;
mod experiment;
mod export;
pub mod files;
mod fit;
mod identity;
mod input;
mod jam_study;
pub mod journal;
mod journal_table;
mod kpi_table;
mod log_of_run;
pub mod manifest;
mod outputs;
mod pictures;
pub mod playback;
mod replay;
pub mod report;
mod scans_table;
mod scene_file;
pub mod snapshot;
mod wall_clock;

pub use batches::DeviceRequest;
pub use compare::{Comparison, compare};
pub use error::RunError;
pub use execute::{DEFAULT_SNAPSHOT_EVERY, Ending, Observer, Progress, RunOutcome, RunRequest, execute, execute_input};
pub use experiment::{
    BatchMean, ByProperty, CONFIDENCE, CalibrationObserver, CalibrationRequest, CalibrationResult, Counted, Done, Effect, Estimate, Fitted,
    FittedClass, FittedJamming, FittedMisses, FittedShare, FittedSlips, FittedValue, Happens, KpiApart, KpiEstimate, Launcher, LevelMean,
    MAIN_KPIS, PairedComparison, PairedRow, Parameter, PointMeasure, PointStatus, Rank, ReplicationObserver, ReplicationOutcome,
    ReplicationRequest, Replications, RunBatches, SweepPlan, SweepPoint, SweepRequest, SweepResult, SweepRow, Target, TargetOutcome,
    TestRequest, TestResult, Validation, ValidationRequest, ValidationRow, Verdict, Violation, WarmUp, batch_means, calibrate,
    collect_sweep, compare_replications, holds_replications, plan_sweep, replicate, replications_folder, run_sweep, test_scene, validate,
};
pub use export::{ExportFormat, ExportRequest, Exported, export};
pub use fit::{Columns, Distance, Family, Fit, FitRequest, FitResult, FittedParameter, LogClock, Sample, SampleFit, fit_file, fit_sample};
pub use identity::{RunIdentity, default_directory, identify};
pub use input::RunInput;
pub use jam_study::{JamRate, JamStudy, JamStudyRequest, StudyObserver, Variant, study_jams};
pub use journal::EventLevel;
pub use log_of_run::machine_log;
pub use manifest::{Manifest, RunState};
pub use pictures::{PICTURES_FOLDER, Picture, WantedPicture, show_pictures, wanted_pictures};
pub use replay::{ReplayReport, replay};
pub use report::report;
pub use scene_file::{SaveError, SceneFile};
