//! CUDA through the driver's library, which is loaded when it is asked for and never linked: which devices are there, one
//! device with its stream and memory, loading and launching kernels, and NVRTC. The only room with `unsafe`; knows no kernel.

mod compile;
mod device;
mod inventory;
mod launch;
mod staging;

pub use compile::{KERNELS_FOR, NVRTC_FOLDER, compile_cubin, compile_ptx, nvrtc_version};
pub use device::{CudaDevice, DeviceBuffer};
pub use inventory::{DeviceInfo, Inventory, inventory};
pub use launch::{Launch, Loaded};

use crate::error::DeviceError;
use cudarc::driver::DriverError;
use cudarc::driver::sys::CUresult;
use std::sync::OnceLock;

/// How the device was lost, once it was. For the rest of the process no CUDA is tried: on an H100 the driver answered every
/// later call with the same error, even after `cuDevicePrimaryCtxReset`.
static LOST: OnceLock<String> = OnceLock::new();

fn refuse_if_lost() -> Result<(), DeviceError> {
    LOST.get().map_or(Ok(()), |told| Err(DeviceError::Lost(told.clone())))
}

impl From<DriverError> for DeviceError {
    fn from(error: DriverError) -> Self {
        use CUresult::*;
        // Asks libcuda for the text: only ever called after the library was found.
        let told = format!("{error:?}");
        match error.0 {
            CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory(told),
            CUDA_ERROR_NO_DEVICE | CUDA_ERROR_NOT_INITIALIZED | CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => DeviceError::NoDevice(told),
            // These leave a context in which nothing runs any more.
            CUDA_ERROR_ILLEGAL_ADDRESS
            | CUDA_ERROR_MISALIGNED_ADDRESS
            | CUDA_ERROR_INVALID_ADDRESS_SPACE
            | CUDA_ERROR_INVALID_PC
            | CUDA_ERROR_ILLEGAL_INSTRUCTION
            | CUDA_ERROR_HARDWARE_STACK_ERROR
            | CUDA_ERROR_LAUNCH_FAILED
            | CUDA_ERROR_LAUNCH_TIMEOUT
            | CUDA_ERROR_ASSERT
            | CUDA_ERROR_ECC_UNCORRECTABLE
            | CUDA_ERROR_DEVICE_UNAVAILABLE
            | CUDA_ERROR_UNKNOWN => DeviceError::Lost(LOST.get_or_init(|| told).clone()),
            _ => DeviceError::Other(told),
        }
    }
}
