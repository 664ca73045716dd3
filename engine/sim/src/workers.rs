//! Work on the threads of the physics that cannot stand still for good. Knows nothing about what the work is.

use rayon::ThreadPool;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long work may take before somebody looks whether it stands.
const NUDGE_AFTER: Duration = Duration::from_secs(1);

/// Does `work` on one of the workers, and waits for it.
///
/// The physics hands work to another worker and waits for that without looking for work itself. Once in very many steps nobody
/// was woken for it, and all slept (seen with rapier 0.36.1 and rayon-core 1.13.0: both workers and the caller waited, and nothing
/// had been notified). Work that comes from outside wakes a worker, which then finds what lies there.
pub fn run_on(workers: &ThreadPool, work: impl FnOnce() + Send) {
    workers.in_place_scope(|scope| {
        let (ends, ended) = channel::<()>();
        scope.spawn(move |_| {
            // Dropped when the work has ended, be it by a panic.
            let _ends = ends;
            work();
        });
        while ended.recv_timeout(NUDGE_AFTER) == Err(RecvTimeoutError::Timeout) {
            workers.spawn(|| {});
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::ThreadPoolBuilder;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn work_is_done_when_the_call_returns_and_its_panic_comes_through() {
        let workers = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
        let done = AtomicU32::new(0);
        for _ in 0..1000 {
            run_on(&workers, || {
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        run_on(&workers, || {
            std::thread::sleep(NUDGE_AFTER + NUDGE_AFTER / 2);
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 1001);
        assert!(catch_unwind(AssertUnwindSafe(|| run_on(&workers, || panic!("told")))).is_err());
    }
}
