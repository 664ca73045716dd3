//! The kernels, one stem each. A new one touches three new files (`engine/compute/src/kernels/<stem>.rs`,
//! `kernels/<stem>.cu`, `shaders/<stem>.wgsl`; the tests write `kernels/<stem>.ptx`: `LINETWIN_BLESS=1`), one entry in
//! [`KERNELS`], and one parity case in `doctor.rs`.
//!
//! A stem's Rust file holds
//! * the contract: a `pub static KERNEL: Kernel` and a `pub static` [`Entry`](crate::contract::Entry) for each
//!   `extern "C" __global__` function, with the arguments in CUDA order;
//! * the layouts that cross to the device: `#[repr(C)]` structs, `bytemuck::Pod`, of equal name and field order in the
//!   .cu file, and of equal field names and offsets in the .wgsl file; 16-byte alignment where a thread loads a whole one;
//! * the meaning on a processor: plain functions. Helpers have equal names and equal order in the .cu and .wgsl files; an
//!   entry point only loads, calls and stores;
//! * the batch that the rest of linetwin uses: made for a [`Device`](crate::Device), it runs on the processor or, written
//!   once against [`Gpu`](crate::Gpu), on CUDA and wgpu; it keeps its buffers on the device, and goes on by the processor
//!   when the device fails, if asked.
//!
//! Same bits everywhere: f32 with + - * / sqrt, comparisons and floor only, one written order of evaluation, no `mul_add`,
//! gathered sums in a fixed order or integers, no NaN as data, clamp before float becomes integer. Device code is compiled
//! with `--fmad=false`; a dynamically indexed local array would go to local memory and is refused by the tests, as are
//! `.approx`, `.ftz` and `fma` in the PTX, which must be what the pinned NVRTC makes of the .cu file.
//!
//! WGSL besides: `@binding` is the place of the argument in `Kernel::bindings`, parameters are `var<uniform>`; blocks are
//! numbered `block.y * blocks.x + block.x`, and those beyond the count do nothing; what may hold other bits than a plain
//! number (bits of an integer, infinity, -0.0 that matters) crosses as u32, 64 bits as two of them; no literal is infinite.
//!
//! Launching (see [`crate::gpu::Launch`]): `loaded.launch(&ENTRY).read(&a).write(&mut b).value(&parameters).over(items)`;
//! number, kind, access, element size and named lengths of the arguments are held against the contract.

pub mod overlaps;
pub mod pairs;
pub mod particles;
pub mod prefix_sums;
pub mod rays;
mod widest;

use crate::contract::Kernel;

/// Every kernel, by stem.
pub static KERNELS: &[&Kernel] = &[&overlaps::KERNEL, &pairs::KERNEL, &particles::KERNEL, &prefix_sums::KERNEL, &rays::KERNEL];
