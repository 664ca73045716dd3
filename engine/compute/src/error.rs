//! What can go wrong with a device. An error of a driver gets its meaning here; what to do about it, the caller decides.

/// Why a batch could not have, or could not go on with, its device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("`{0}` names no device: auto, cpu, cuda, cuda:ORDINAL, cuda:UUID, wgpu, wgpu:ORDINAL or wgpu:NAME")]
    Unreadable(String),
    #[error("CUDA is not available: libcuda.so.1, a part of the NVIDIA driver, was not found")]
    NoDriver,
    #[error("CUDA is not available: the driver is for CUDA {}.{}, at least 12.8 is needed", .0 / 1000, .0 % 1000 / 10)]
    OldDriver(i32),
    #[error("CUDA is not available: the driver reports {0}")]
    NoDevice(String),
    #[error("wgpu is not available: no driver for Vulkan, Metal or DX12 reports an adapter that computes")]
    NoAdapter,
    #[error("wgpu is not available: this linetwin was built without its cargo feature `wgsl`")]
    WithoutWgsl,
    #[error("there is no {wanted}; there is {}", listed(.there))]
    NoSuchDevice { wanted: String, there: Vec<String> },
    /// The device and its other memory stay usable.
    #[error("the memory of the device is exhausted ({0})")]
    OutOfMemory(String),
    /// Of CUDA no device of this process answers again: seen on an H100, where not even a reset of the primary context helped.
    #[error("the device was lost ({0}); this process can go on without it only")]
    Lost(String),
    #[error("the driver refuses the kernels of `{stem}` ({told})")]
    Refused { stem: &'static str, told: String },
    #[error("the device failed: {0}")]
    Other(String),
}

impl DeviceError {
    /// Whether a batch that holds its inputs may go on by the processor: the device failed, the request was right.
    pub fn is_failure_of_the_device(&self) -> bool {
        matches!(self, DeviceError::OutOfMemory(_) | DeviceError::Lost(_) | DeviceError::Refused { .. } | DeviceError::Other(_))
    }
}

fn listed(there: &[String]) -> String {
    if there.is_empty() { "none".into() } else { there.join(", ") }
}
