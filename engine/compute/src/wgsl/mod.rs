//! Kernels on GPUs of any make, through wgpu: Vulkan, Metal or DX12, loaded when they are asked for. Which adapters are
//! there, one device with its memory, loading and launching shaders. Knows no kernel.
//!
//! WGSL promises less than IEEE: division within 2.5 units of the last place, sums that a driver may fuse, small numbers
//! that it may flush. On Mesa's software adapter the bits are those of the processor, and the tests insist; a real GPU may
//! differ by roundings, so nothing chooses one by itself and its results are not called reproducible.
//!
//! Without the cargo feature `wgsl` the same names stand here (`absent.rs`), and every question is answered by an error.

#[cfg(not(feature = "wgsl"))]
mod absent;
#[cfg(feature = "wgsl")]
mod device;
#[cfg(feature = "wgsl")]
mod inventory;
#[cfg(feature = "wgsl")]
mod launch;

#[cfg(not(feature = "wgsl"))]
pub use absent::{DeviceBuffer, Launch, Loaded, WgpuDevice, adapters};
#[cfg(feature = "wgsl")]
pub use device::{DeviceBuffer, WgpuDevice};
#[cfg(feature = "wgsl")]
pub use inventory::adapters;
#[cfg(feature = "wgsl")]
pub use launch::{Launch, Loaded};

use std::fmt;

/// What wgpu can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Discrete GPUs first, software last, otherwise as the system lists them.
    pub ordinal: usize,
    pub name: String,
    /// "Vulkan", "Metal" or "DX12".
    pub interface: String,
    pub driver: String,
    /// The processor plays the GPU.
    pub software: bool,
}

impl AdapterInfo {
    /// Mesa's software adapter: LLVM compiles what was written, operation by operation, and IEEE rounds it.
    pub fn is_exact(&self) -> bool {
        self.software && self.name.starts_with("llvmpipe")
    }
}

impl fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let software = if self.software { ", software adapter" } else { "" };
        write!(f, "wgpu:{} ({}, {}, {}{software})", self.ordinal, self.name, self.interface, self.driver)
    }
}
