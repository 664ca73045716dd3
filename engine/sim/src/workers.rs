//! Work on the threads of the physics that cannot stand still for good. Knows nothing about what the work is.

use rayon::ThreadPool;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long work may take before somebody looks whether it stands.
const NUDGE_AFTER: Duration = Duration::from_secs(1);

/// The threads of a physics, where it has its own.
#[derive(Clone)]
pub struct Workers(Option<Arc<ThreadPool>>);

impl Workers {
    pub(crate) fn new(pool: Option<Arc<ThreadPool>>) -> Workers {
        Workers(pool)
    }

    /// Does `work` on one of them, and waits for it; at once where the caller is one. What takes many steps does all of them in
    /// here: to hand a single one over takes a tenth as long as to do it.
    ///
    /// The physics hands work to another worker and waits for that without looking for work itself. Once in very many steps nobody
    /// was woken for it, and all slept (seen with rapier 0.36.1 and rayon-core 1.13.0: both workers and the caller waited, and
    /// nothing had been notified). Work that comes from outside wakes a worker, which then finds what lies there.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let Some(pool) = self.0.as_ref().filter(|pool| pool.current_thread_index().is_none()) else { return work() };
        let mut result = None;
        pool.in_place_scope(|scope| {
            let (ends, ended) = channel::<()>();
            let result = &mut result;
            scope.spawn(move |_| {
                // Dropped when the work has ended, be it by a panic.
                let _ends = ends;
                *result = Some(work());
            });
            while ended.recv_timeout(NUDGE_AFTER) == Err(RecvTimeoutError::Timeout) {
                pool.spawn(|| {});
            }
        });
        result.expect("the scope ends when the work has, or panics as it did")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::ThreadPoolBuilder;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn work_is_done_when_the_call_returns_and_its_panic_comes_through() {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
        let workers = Workers::new(Some(Arc::new(pool)));
        let done = AtomicU32::new(0);
        for _ in 0..1000 {
            workers.run(|| done.fetch_add(1, Ordering::Relaxed));
        }
        let before = workers.run(|| {
            std::thread::sleep(NUDGE_AFTER + NUDGE_AFTER / 2);
            // One of the workers asks for another piece of work.
            workers.run(|| done.fetch_add(1, Ordering::Relaxed))
        });
        assert_eq!((before, done.into_inner()), (1000, 1001));
        assert!(catch_unwind(AssertUnwindSafe(|| workers.run(|| panic!("told")))).is_err());
    }
}
