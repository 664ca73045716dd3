//! Many runs together: independent replications of a scene, each a process with a run directory of its own, and what they say
//! of the measures. Knows neither how a run is asked for on a command line ([`Launcher`]) nor what a measure means.

mod pool;
mod replicate;
mod statistics;
mod warm_up;

pub use pool::Launcher;
pub use replicate::{
    Done, KpiEstimate, ReplicationObserver, ReplicationOutcome, ReplicationRequest, Replications, Target, TargetOutcome, WarmUp, replicate,
    replications_folder,
};
pub use statistics::{CONFIDENCE, Estimate};
