//! The same loops for wider vectors, where the processor has them: the queries' only `unsafe`. Results are the same, since
//! Rust fuses no sums.

/// A loop that gains by wider vectors.
pub trait Loop {
    /// `#[inline(always)]`, like all that it calls in its inner loops: what stays a function of its own keeps narrow vectors.
    fn run(self);
}

/// Runs a loop compiled for the widest vectors of this processor that pay here: of eight numbers.
#[inline]
pub fn run_widest(work: impl Loop) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") {
        // SAFETY: the processor has just been asked.
        return unsafe { run_avx2(work) };
    }
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2(work: impl Loop) {
    work.run();
}
