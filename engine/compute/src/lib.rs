//! Arithmetic in batches: particle and collision kernels, what they mean on a processor, and the devices they run on.
//! Knows nothing of scenes, lines or time passing.

pub mod contract;
pub mod cuda;
pub mod device;
pub mod doctor;
pub mod error;
pub mod gpu;
pub mod kernels;
pub mod wgsl;

pub use device::{Device, DeviceChoice, OnDeviceLoss, Placement};
pub use error::DeviceError;
pub use gpu::Gpu;
