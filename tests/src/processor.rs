//! What a bench costs in processor time, which a busy machine disturbs less than wall time.

use rustix::time::{ClockId, clock_gettime};

/// Processor time that this process has used [s], with that of threads that have ended.
pub fn cpu_s() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 * 1e-9
}
