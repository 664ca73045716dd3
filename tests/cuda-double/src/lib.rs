//! A TEST DOUBLE of libcuda.so.1. There is no GPU behind it, and no shipped program contains it.
//!
//! It exports the functions of the driver that the crate `cudarc` calls, so the real host code (device choice, copies,
//! launches, stream order, errors) runs where no GPU is. Kernels run on the CPU: as the host's compiler built the same .cu
//! file (`native`), or by interpreting the very PTX that was loaded (`ptx`). It shows nothing about speed, occupancy, weak
//! memory order, the driver's compiler or the hardware.
//!
//! Settings are environment variables, read once:
//!
//! | CUDA_TEST_DOUBLE_... | |
//! |---|---|
//! | DEVICES, MEM_MIB, CC, DRIVER | 4 devices with 1024 MiB each, compute capability 90, driver 12080 |
//! | ENGINE | `native`; `ptx` or `ptx:SEED`, threads and blocks in order or shuffled, races reported; `ptx-unchecked` |
//! | KERNELS | the library of the native engine, built from `tests/cuda-double/host` |
//! | STREAMS | `eager`; `lazy`: runs only what a wait truly needs, the harshest legal order; `random:SEED` |
//! | PAGEABLE | `async`: copies to ordinary memory are deferred too, which the driver's manual allows |
//! | FAULTS | rules with `;` between: `API NTH CODE`, or `run:KERNEL NTH CODE`, which kills the device |
//! | LOG | `1`: every call |
//!
//! What is wrong with the program under test is said on stderr in lines that begin with `cuda-double: WRONG:`. A context
//! that ends says what was left in it.
#![allow(clippy::missing_safety_doc, reason = "the driver's manual says what each function wants")]

mod api;
mod engines;
mod errors;
mod image;
mod ptx;
mod state;
mod streams;
