//! One CUDA device: its context, its one stream, buffers in its memory and the copies to and fro.
//!
//! Everything runs in the order of one stream, so cudarc's events per buffer are switched off. Copies go through pinned
//! staging memory and are asynchronous; [`CudaDevice::download`] alone waits, and nobody else hands out what came down.

use super::inventory::{DeviceInfo, inventory};
use super::refuse_if_lost;
use super::staging::Staging;
use crate::error::DeviceError;
use bytemuck::Pod;
use cudarc::driver::{CudaContext, CudaSlice, CudaStream, DevicePtr, DevicePtrMut};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub struct CudaDevice {
    info: DeviceInfo,
    pub(super) context: Arc<CudaContext>,
    pub(super) stream: Arc<CudaStream>,
    staging: Mutex<Staging>,
}

/// `len` values in device memory. Freed in the order of the stream, after all that uses it.
#[derive(Debug)]
pub struct DeviceBuffer<T> {
    pub(super) bytes: CudaSlice<u8>,
    len: usize,
    of: PhantomData<T>,
}

impl<T> DeviceBuffer<T> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl CudaDevice {
    /// Opens device `ordinal`. Never panics, whatever is missing.
    pub fn open(ordinal: usize) -> Result<CudaDevice, DeviceError> {
        let there = inventory()?;
        let names = || there.devices.iter().map(ToString::to_string).collect();
        let info = there.devices.iter().find(|device| device.ordinal == ordinal).cloned();
        let info = info.ok_or_else(|| DeviceError::NoSuchDevice { wanted: format!("CUDA device {ordinal}"), there: names() })?;
        let context = CudaContext::new(ordinal)?;
        // SAFETY: no buffer exists yet, and this type never makes a second stream.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream()?;
        let staging = Mutex::new(Staging::new(&context)?);
        Ok(CudaDevice { info, context, stream, staging })
    }

    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Device memory that is free and that there is at all [bytes].
    pub fn free_and_total_bytes(&self) -> Result<(usize, usize), DeviceError> {
        refuse_if_lost()?;
        Ok(self.context.mem_get_info()?)
    }

    /// `len` values of zero bytes.
    pub fn zeros<T: Pod>(&self, len: usize) -> Result<DeviceBuffer<T>, DeviceError> {
        refuse_if_lost()?;
        // A driver refuses an allocation of no bytes.
        let bytes = self.stream.alloc_zeros::<u8>((len * size_of::<T>()).max(1))?;
        Ok(DeviceBuffer { bytes, len, of: PhantomData })
    }

    /// A new buffer with `values`. They may be changed as soon as this returns.
    pub fn upload<T: Pod>(&self, values: &[T]) -> Result<DeviceBuffer<T>, DeviceError> {
        refuse_if_lost()?;
        // SAFETY: every byte of the values is written by the copy right below, before anything in the stream can read it.
        let bytes = unsafe { self.stream.alloc::<u8>(size_of_val(values).max(1)) }?;
        let mut buffer = DeviceBuffer { bytes, len: values.len(), of: PhantomData };
        self.write(&mut buffer, 0, values)?;
        Ok(buffer)
    }

    /// Overwrites a part of `buffer`, from element `first` on. `values` may be changed as soon as this returns.
    pub fn write<T: Pod>(&self, buffer: &mut DeviceBuffer<T>, first: usize, values: &[T]) -> Result<(), DeviceError> {
        refuse_if_lost()?;
        assert!(first + values.len() <= buffer.len, "{} values at {first} of {}", values.len(), buffer.len);
        let (start, _guard) = buffer.bytes.device_ptr_mut(&self.stream);
        let start = start + (first * size_of::<T>()) as u64;
        Ok(self.staging().send(&self.context, &self.stream, start, bytemuck::cast_slice(values))?)
    }

    /// Zero bytes all over `buffer`.
    pub fn clear<T: Pod>(&self, buffer: &mut DeviceBuffer<T>) -> Result<(), DeviceError> {
        refuse_if_lost()?;
        Ok(self.stream.memset_zeros(&mut buffer.bytes)?)
    }

    /// The first values of `buffer`, once everything before in the stream is done.
    pub fn download<T: Pod>(&self, buffer: &DeviceBuffer<T>, values: &mut [T]) -> Result<(), DeviceError> {
        self.download_from(buffer, 0, values)
    }

    /// The values of `buffer` from element `first` on.
    pub fn download_from<T: Pod>(&self, buffer: &DeviceBuffer<T>, first: usize, values: &mut [T]) -> Result<(), DeviceError> {
        refuse_if_lost()?;
        assert!(first + values.len() <= buffer.len, "{} values at {first} of {}", values.len(), buffer.len);
        let (start, _guard) = buffer.bytes.device_ptr(&self.stream);
        let start = start + (first * size_of::<T>()) as u64;
        self.staging().fetch(&self.context, &self.stream, start, bytemuck::cast_slice_mut(values))?;
        // An error of an earlier kernel may only come up here.
        self.synchronize()
    }

    /// Waits until everything that was asked for is done.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        refuse_if_lost()?;
        Ok(self.stream.synchronize()?)
    }

    fn staging(&self) -> std::sync::MutexGuard<'_, Staging> {
        // Staging memory holds nothing between two calls, so a panic of another thread leaves nothing half done.
        self.staging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CudaDevice {
    /// Staging memory may still be read by copies that are under way.
    fn drop(&mut self) {
        // Where the device is lost nothing is under way, and nobody is left to tell.
        let _ = self.stream.synchronize();
    }
}
