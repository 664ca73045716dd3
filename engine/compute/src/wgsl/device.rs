//! One wgpu device: its queue, buffers in its memory and the copies to and fro.
//!
//! Everything runs in the order of the queue. wgpu's way with an error is to panic, so every call stands in error scopes
//! and the device has handlers of its own; a device that was lost stays lost, and whoever holds it is told so.

use super::AdapterInfo;
use super::inventory::{found, now};
use crate::error::DeviceError;
use bytemuck::Pod;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Of one copy [bytes]. Far below what an adapter binds, and long enough that its fixed cost does not matter.
const COPY_BYTES: usize = 32 << 20;

#[derive(Debug)]
pub struct WgpuDevice {
    info: AdapterInfo,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    limits: wgpu::Limits,
    /// How the device was lost, once it was.
    lost: Arc<OnceLock<String>>,
    /// What came down last; as long as the longest copy so far.
    landing: Mutex<Option<wgpu::Buffer>>,
    /// Calls until the device is given up; for tests of what comes then.
    calls_left: AtomicUsize,
}

/// `len` values in device memory.
#[derive(Debug)]
pub struct DeviceBuffer<T> {
    pub(super) buffer: wgpu::Buffer,
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

impl WgpuDevice {
    /// Opens adapter `ordinal`. Never panics, whatever is missing.
    pub fn open(ordinal: usize) -> Result<WgpuDevice, DeviceError> {
        let mut there = found()?;
        let Some(place) = there.iter().position(|(info, _)| info.ordinal == ordinal) else {
            let there = there.iter().map(|(info, _)| info.to_string()).collect();
            return Err(DeviceError::NoSuchDevice { wanted: format!("adapter {ordinal}"), there });
        };
        let (info, adapter) = there.swap_remove(place);
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor { required_limits: limits.clone(), ..Default::default() };
        let (device, queue) =
            now(adapter.request_device(&descriptor)).map_err(|error| DeviceError::Other(format!("{info} cannot be opened: {error}")))?;
        let lost = Arc::new(OnceLock::new());
        let told = lost.clone();
        device.set_device_lost_callback(move |reason, text| {
            // A device that goes because nobody holds it any more is not lost.
            told.get_or_init(|| format!("{reason:?}: {text}"));
        });
        let told = lost.clone();
        // Outside of every scope, so from a thread of the driver: nobody can say which call it was.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            told.get_or_init(|| told_by(&error));
        }));
        Ok(WgpuDevice { info, device, queue, limits, lost, landing: Mutex::new(None), calls_left: AtomicUsize::new(usize::MAX) })
    }

    pub fn info(&self) -> &AdapterInfo {
        &self.info
    }

    pub(super) fn limits(&self) -> &wgpu::Limits {
        &self.limits
    }

    /// Gives the device up after so many calls more, as a driver might: what tests want to see survived.
    pub fn lose_after(&self, calls: usize) {
        self.calls_left.store(calls, Ordering::Relaxed);
    }

    /// `len` values of zero bytes.
    pub fn zeros<T: Pod>(&self, len: usize) -> Result<DeviceBuffer<T>, DeviceError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        // What a shader declares as an array has at least one element.
        let bytes = len.max(1) * size_of::<T>();
        let most = self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size);
        if bytes as u64 > most {
            return Err(DeviceError::OutOfMemory(format!("{bytes} bytes in one buffer, {} binds at most {most}", self.info)));
        }
        Ok(DeviceBuffer { buffer: self.buffer(bytes, usage)?, len, of: PhantomData })
    }

    /// A new buffer with `values`. They may be changed as soon as this returns.
    pub fn upload<T: Pod>(&self, values: &[T]) -> Result<DeviceBuffer<T>, DeviceError> {
        let mut buffer = self.zeros(values.len())?;
        self.write(&mut buffer, 0, values)?;
        Ok(buffer)
    }

    /// Overwrites a part of `buffer`, from element `first` on. `values` may be changed as soon as this returns.
    pub fn write<T: Pod>(&self, buffer: &mut DeviceBuffer<T>, first: usize, values: &[T]) -> Result<(), DeviceError> {
        assert!(first + values.len() <= buffer.len, "{} values at {first} of {}", values.len(), buffer.len);
        let mut offset = (first * size_of::<T>()) as u64;
        for bytes in bytemuck::cast_slice::<T, u8>(values).chunks(COPY_BYTES) {
            self.guarded(|| {
                self.queue.write_buffer(&buffer.buffer, offset, bytes);
                // Or the staging memory of all pieces would stay until the next launch.
                self.queue.submit([]);
            })?;
            offset += bytes.len() as u64;
        }
        Ok(())
    }

    /// Zero bytes all over `buffer`.
    pub fn clear<T: Pod>(&self, buffer: &mut DeviceBuffer<T>) -> Result<(), DeviceError> {
        self.guarded(|| {
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.clear_buffer(&buffer.buffer, 0, None);
            self.queue.submit([encoder.finish()]);
        })
    }

    /// The first values of `buffer`, once everything before in the queue is done.
    pub fn download<T: Pod>(&self, buffer: &DeviceBuffer<T>, values: &mut [T]) -> Result<(), DeviceError> {
        self.download_from(buffer, 0, values)
    }

    /// The values of `buffer` from element `first` on.
    pub fn download_from<T: Pod>(&self, buffer: &DeviceBuffer<T>, first: usize, values: &mut [T]) -> Result<(), DeviceError> {
        assert!(first + values.len() <= buffer.len, "{} values at {first} of {}", values.len(), buffer.len);
        let mut offset = (first * size_of::<T>()) as u64;
        for bytes in bytemuck::cast_slice_mut::<T, u8>(values).chunks_mut(COPY_BYTES) {
            self.fetch(&buffer.buffer, offset, bytes)?;
            offset += bytes.len() as u64;
        }
        self.synchronize()
    }

    /// Waits until everything that was asked for is done.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.guarded(|| self.wait())
    }

    fn fetch(&self, from: &wgpu::Buffer, offset: u64, bytes: &mut [u8]) -> Result<(), DeviceError> {
        // Holds nothing between two calls, so a panic of another thread leaves nothing half done.
        let mut landing = self.landing.lock().unwrap_or_else(PoisonError::into_inner);
        let length = bytes.len() as u64;
        if landing.as_ref().is_none_or(|buffer| buffer.size() < length) {
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            *landing = Some(self.buffer(bytes.len().next_power_of_two(), usage)?);
        }
        let landing = landing.as_ref().expect("made above where it was missing");
        let arrived = Arc::new(OnceLock::new());
        self.guarded(|| {
            let mut encoder = self.device.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(from, offset, landing, 0, length);
            self.queue.submit([encoder.finish()]);
            let arrived = arrived.clone();
            landing.map_async(wgpu::MapMode::Read, 0..length, move |result| {
                arrived.get_or_init(|| result.is_ok());
            });
            self.wait();
        })?;
        if arrived.get() != Some(&true) {
            return Err(DeviceError::Lost(format!("{} does not answer", self.info)));
        }
        // Outside of the scopes: where it is not mapped, this panics whatever the handlers are.
        bytes.copy_from_slice(&landing.get_mapped_range(0..length));
        self.guarded(|| landing.unmap())
    }

    fn buffer(&self, bytes: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, DeviceError> {
        let size = (bytes as u64).next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        self.guarded(|| self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false }))
    }

    /// A device that is lost while somebody waits panics in `poll` after it has called back; the error comes from there.
    fn wait(&self) {
        let waited = catch_unwind(AssertUnwindSafe(|| self.device.poll(wgpu::PollType::wait_indefinitely()).map(|_| ())));
        if !matches!(waited, Ok(Ok(()))) {
            self.lost.get_or_init(|| format!("waiting failed: {waited:?}"));
        }
    }

    /// Calls wgpu and brings home what it complains of.
    pub(super) fn guarded<T>(&self, call: impl FnOnce() -> T) -> Result<T, DeviceError> {
        self.refuse_if_lost()?;
        if self.calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            self.device.destroy();
            // The callback comes when the queue is empty.
            self.wait();
        }
        let scopes = [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::Internal]
            .map(|filter| self.device.push_error_scope(filter));
        let value = call();
        // The last that was opened is the first to be closed.
        let errors = scopes.into_iter().rev().filter_map(|scope| now(scope.pop())).collect::<Vec<_>>();
        self.refuse_if_lost()?;
        match errors.first() {
            None => Ok(value),
            Some(error @ wgpu::Error::OutOfMemory { .. }) => Err(DeviceError::OutOfMemory(format!("{}: {}", self.info, told_by(error)))),
            Some(error) => Err(DeviceError::Other(format!("{}: {}", self.info, told_by(error)))),
        }
    }

    fn refuse_if_lost(&self) -> Result<(), DeviceError> {
        self.lost.get().map_or(Ok(()), |told| Err(DeviceError::Lost(format!("{}: {told}", self.info))))
    }
}

fn told_by(error: &wgpu::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
