//! One face for every kind of device that runs kernels: a batch is written once against this and runs on CUDA and on
//! wgpu. Decides nothing; knows no kernel.

use crate::contract::{Entry, Kernel};
use crate::cuda::{self, CudaDevice};
use crate::device::Provenance;
use crate::error::DeviceError;
use crate::wgsl::{self, WgpuDevice};
use bytemuck::Pod;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum Gpu {
    Cuda(Arc<CudaDevice>),
    Wgpu(Arc<WgpuDevice>),
}

/// `len` values in device memory.
#[derive(Debug)]
pub enum DeviceBuffer<T> {
    Cuda(cuda::DeviceBuffer<T>),
    Wgpu(wgsl::DeviceBuffer<T>),
}

/// The kernels of one stem on one device.
#[derive(Debug)]
pub enum Loaded {
    Cuda(cuda::Loaded),
    Wgpu(wgsl::Loaded),
}

/// A launch that is being put together: arguments in the order of the contract, then [`over`](Launch::over).
#[must_use = "nothing runs before `over` or `in_blocks`"]
pub enum Launch<'a> {
    Cuda(cuda::Launch<'a>),
    Wgpu(wgsl::Launch<'a>),
}

fn strangers() -> ! {
    panic!("a buffer of one kind of device was handed to another")
}

impl<T> DeviceBuffer<T> {
    pub fn len(&self) -> usize {
        match self {
            DeviceBuffer::Cuda(buffer) => buffer.len(),
            DeviceBuffer::Wgpu(buffer) => buffer.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Gpu {
    pub fn provenance(&self) -> Provenance {
        match self {
            Gpu::Cuda(device) => device.info().provenance(),
            Gpu::Wgpu(device) => Provenance::Wgpu { software: device.info().software },
        }
    }

    /// Whether a kernel that differs from the processor in a bit is wrong on this device.
    pub fn is_exact(&self) -> bool {
        match self {
            Gpu::Cuda(_) => true,
            Gpu::Wgpu(device) => device.info().is_exact(),
        }
    }

    /// `len` values of zero bytes.
    pub fn zeros<T: Pod>(&self, len: usize) -> Result<DeviceBuffer<T>, DeviceError> {
        Ok(match self {
            Gpu::Cuda(device) => DeviceBuffer::Cuda(device.zeros(len)?),
            Gpu::Wgpu(device) => DeviceBuffer::Wgpu(device.zeros(len)?),
        })
    }

    /// A new buffer with `values`. They may be changed as soon as this returns.
    pub fn upload<T: Pod>(&self, values: &[T]) -> Result<DeviceBuffer<T>, DeviceError> {
        Ok(match self {
            Gpu::Cuda(device) => DeviceBuffer::Cuda(device.upload(values)?),
            Gpu::Wgpu(device) => DeviceBuffer::Wgpu(device.upload(values)?),
        })
    }

    /// Overwrites a part of `buffer`, from element `first` on. `values` may be changed as soon as this returns.
    pub fn write<T: Pod>(&self, buffer: &mut DeviceBuffer<T>, first: usize, values: &[T]) -> Result<(), DeviceError> {
        match (self, buffer) {
            (Gpu::Cuda(device), DeviceBuffer::Cuda(buffer)) => device.write(buffer, first, values),
            (Gpu::Wgpu(device), DeviceBuffer::Wgpu(buffer)) => device.write(buffer, first, values),
            _ => strangers(),
        }
    }

    /// Zero bytes all over `buffer`.
    pub fn clear<T: Pod>(&self, buffer: &mut DeviceBuffer<T>) -> Result<(), DeviceError> {
        match (self, buffer) {
            (Gpu::Cuda(device), DeviceBuffer::Cuda(buffer)) => device.clear(buffer),
            (Gpu::Wgpu(device), DeviceBuffer::Wgpu(buffer)) => device.clear(buffer),
            _ => strangers(),
        }
    }

    /// The first values of `buffer`, once everything before is done.
    pub fn download<T: Pod>(&self, buffer: &DeviceBuffer<T>, values: &mut [T]) -> Result<(), DeviceError> {
        self.download_from(buffer, 0, values)
    }

    /// The values of `buffer` from element `first` on.
    pub fn download_from<T: Pod>(&self, buffer: &DeviceBuffer<T>, first: usize, values: &mut [T]) -> Result<(), DeviceError> {
        match (self, buffer) {
            (Gpu::Cuda(device), DeviceBuffer::Cuda(buffer)) => device.download_from(buffer, first, values),
            (Gpu::Wgpu(device), DeviceBuffer::Wgpu(buffer)) => device.download_from(buffer, first, values),
            _ => strangers(),
        }
    }

    /// Waits until everything that was asked for is done.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        match self {
            Gpu::Cuda(device) => device.synchronize(),
            Gpu::Wgpu(device) => device.synchronize(),
        }
    }

    /// Hands the committed PTX or WGSL to the driver, which compiles it for its device.
    pub fn load(&self, kernel: &'static Kernel) -> Result<Loaded, DeviceError> {
        Ok(match self {
            Gpu::Cuda(device) => Loaded::Cuda(cuda::Loaded::new(device, kernel)?),
            Gpu::Wgpu(device) => Loaded::Wgpu(wgsl::Loaded::new(device, kernel)?),
        })
    }
}

impl Loaded {
    pub fn device(&self) -> Gpu {
        match self {
            Loaded::Cuda(loaded) => Gpu::Cuda(loaded.device().clone()),
            Loaded::Wgpu(loaded) => Gpu::Wgpu(loaded.device().clone()),
        }
    }

    pub fn launch(&self, entry: &'static Entry) -> Launch<'_> {
        match self {
            Loaded::Cuda(loaded) => Launch::Cuda(loaded.launch(entry)),
            Loaded::Wgpu(loaded) => Launch::Wgpu(loaded.launch(entry)),
        }
    }
}

impl<'a> Launch<'a> {
    pub fn read<T: Pod>(self, buffer: &'a DeviceBuffer<T>) -> Self {
        match (self, buffer) {
            (Launch::Cuda(launch), DeviceBuffer::Cuda(buffer)) => Launch::Cuda(launch.read(buffer)),
            (Launch::Wgpu(launch), DeviceBuffer::Wgpu(buffer)) => Launch::Wgpu(launch.read(buffer)),
            _ => strangers(),
        }
    }

    /// Also for what is read and written.
    pub fn write<T: Pod>(self, buffer: &'a mut DeviceBuffer<T>) -> Self {
        match (self, buffer) {
            (Launch::Cuda(launch), DeviceBuffer::Cuda(buffer)) => Launch::Cuda(launch.write(buffer)),
            (Launch::Wgpu(launch), DeviceBuffer::Wgpu(buffer)) => Launch::Wgpu(launch.write(buffer)),
            _ => strangers(),
        }
    }

    pub fn value<P: Pod>(self, value: &'a P) -> Self {
        match self {
            Launch::Cuda(launch) => Launch::Cuda(launch.value(value)),
            Launch::Wgpu(launch) => Launch::Wgpu(launch.value(value)),
        }
    }

    /// Launches one thread for each item, in blocks as the contract says; nothing where there are no items.
    pub fn over(self, items: usize) -> Result<(), DeviceError> {
        match self {
            Launch::Cuda(launch) => launch.over(items),
            Launch::Wgpu(launch) => launch.over(items),
        }
    }

    /// Launches so many whole blocks; a shader may see more, beyond its count.
    pub fn in_blocks(self, blocks: usize) -> Result<(), DeviceError> {
        match self {
            Launch::Cuda(launch) => launch.in_blocks(blocks),
            Launch::Wgpu(launch) => launch.in_blocks(blocks),
        }
    }
}
