//! Many runs together: independent replications of a scene, each a process with a run directory of its own, and what they say
//! of the measures. Knows neither how a run is asked for on a command line ([`Launcher`]) nor what a measure means.

mod batch_means;
mod calibrate;
mod fuzz;
mod paired;
mod pool;
mod replicate;
mod statistics;
mod sweep;
mod validate;
mod warm_up;

pub use batch_means::{BatchMean, RunBatches, batch_means};
pub use calibrate::{
    ByProperty, CalibrationObserver, CalibrationRequest, CalibrationResult, Counted, Fitted, FittedClass, FittedJamming, FittedMisses,
    FittedShare, FittedSlips, FittedValue, KpiApart, Parameter, calibrate,
};
pub use fuzz::{Happens, TestRequest, TestResult, Violation, test_scene};
pub use paired::{PairedComparison, PairedRow, Verdict, compare_replications, holds_replications};
pub use pool::Launcher;
pub use replicate::{
    Done, KpiEstimate, MAIN_KPIS, ReplicationObserver, ReplicationOutcome, ReplicationRequest, Replications, Target, TargetOutcome, WarmUp,
    replicate, replications_folder,
};
pub use statistics::{CONFIDENCE, Estimate};
pub use sweep::{
    Effect, LevelMean, PointMeasure, PointStatus, Rank, SweepPlan, SweepPoint, SweepRequest, SweepResult, SweepRow, collect_sweep,
    plan_sweep, run_sweep,
};
pub use validate::{Validation, ValidationRequest, ValidationRow, validate};
