//! The same loops for several widths of vectors, and hints to the processor: all of the particles' `unsafe`.

use super::pairs::{Motion, push_pairs};
use super::rows::Rows;
use super::state::{Advance, Line, advance};
use super::walls::{Walls, push_walls};
use super::{Faults, Scales};

/// Which vectors the loops are compiled for; results are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Width {
    pub fn widest() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl") {
                return Width::Avx512;
            }
            if is_x86_feature_detected!("avx2") {
                return Width::Avx2;
            }
        }
        Width::Baseline
    }
}

#[inline(always)]
fn push_all<const HERTZ: bool, const ROLLING: bool>(motion: Motion<'_>, walls: &Walls, rows: &mut Rows, lines: &mut [Line]) {
    rows.halo.lines.fill(Line::default());
    push_pairs::<HERTZ, ROLLING>(motion, rows, lines);
    push_walls::<HERTZ, ROLLING>(motion, walls, rows.first, &mut rows.walls, lines);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn push_avx2<const HERTZ: bool, const ROLLING: bool>(motion: Motion<'_>, walls: &Walls, rows: &mut Rows, lines: &mut [Line]) {
    push_all::<HERTZ, ROLLING>(motion, walls, rows, lines);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq,avx512vl")]
fn push_avx512<const HERTZ: bool, const ROLLING: bool>(motion: Motion<'_>, walls: &Walls, rows: &mut Rows, lines: &mut [Line]) {
    push_all::<HERTZ, ROLLING>(motion, walls, rows, lines);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn advance_avx2(run: Advance<'_>, scales: &Scales) -> Faults {
    advance(run, scales)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq,avx512vl")]
fn advance_avx512(run: Advance<'_>, scales: &Scales) -> Faults {
    advance(run, scales)
}

pub fn push_chunk<const HERTZ: bool, const ROLLING: bool>(
    width: Width,
    motion: Motion<'_>,
    walls: &Walls,
    rows: &mut Rows,
    lines: &mut [Line],
) {
    match width {
        Width::Baseline => push_all::<HERTZ, ROLLING>(motion, walls, rows, lines),
        // SAFETY: `Width::widest` has asked the processor.
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => unsafe { push_avx2::<HERTZ, ROLLING>(motion, walls, rows, lines) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Width::Avx512 => unsafe { push_avx512::<HERTZ, ROLLING>(motion, walls, rows, lines) },
    }
}

pub fn advance_run(width: Width, run: Advance<'_>, scales: &Scales) -> Faults {
    match width {
        Width::Baseline => advance(run, scales),
        // SAFETY: `Width::widest` has asked the processor.
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => unsafe { advance_avx2(run, scales) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Width::Avx512 => unsafe { advance_avx512(run, scales) },
    }
}

/// Asks for a line of memory that is needed a block later; a tenth of the step is otherwise spent waiting for it.
#[inline(always)]
pub fn fetch(line: &Line) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint; it reads nothing, and the address is that of a reference.
        unsafe { _mm_prefetch(std::ptr::from_ref(line).cast(), _MM_HINT_T0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}
