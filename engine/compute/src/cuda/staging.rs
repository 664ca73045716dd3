//! Pinned memory through which every copy goes: the device reads and writes it by itself, so copies overlap with kernels,
//! and no part of the program's own memory is ever lent to a copy under way.

use cudarc::driver::{CudaContext, CudaEvent, CudaStream, DriverError, PinnedHostSlice, result, sys::CUdeviceptr};
use std::sync::Arc;

/// Of each half [bytes]. Long enough that a copy of it (about 0.1 ms over PCIe 5) outweighs its launch; small beside what
/// the system can pin.
const HALF_BYTES: usize = 4 << 20;

/// Two halves in turn: one is filled or emptied while the other travels.
#[derive(Debug)]
pub struct Staging {
    halves: [Half; 2],
    turn: usize,
}

#[derive(Debug)]
struct Half {
    memory: PinnedHostSlice<u8>,
    /// Comes after the last copy that used this half.
    done: CudaEvent,
}

impl Half {
    fn new(context: &Arc<CudaContext>) -> Result<Half, DriverError> {
        // SAFETY: nothing is read from it before a copy or the program wrote there. Not write-combined: it is read as well.
        let memory = unsafe { context.alloc_pinned_with_flags::<u8>(HALF_BYTES, 0) }?;
        Ok(Half { memory, done: context.new_event(None)? })
    }
}

impl Staging {
    pub fn new(context: &Arc<CudaContext>) -> Result<Staging, DriverError> {
        Ok(Staging { halves: [Half::new(context)?, Half::new(context)?], turn: 0 })
    }

    /// Copies `bytes` to the device; they have been read when this returns, and are there when the stream has come so far.
    pub fn send(&mut self, context: &CudaContext, stream: &CudaStream, start: CUdeviceptr, bytes: &[u8]) -> Result<(), DriverError> {
        context.bind_to_thread()?;
        for (index, chunk) in bytes.chunks(HALF_BYTES).enumerate() {
            self.turn = 1 - self.turn;
            let half = &mut self.halves[self.turn];
            half.done.synchronize()?;
            let staged = &mut half.memory.as_mut_slice()?[..chunk.len()];
            staged.copy_from_slice(chunk);
            // SAFETY: the caller's buffer holds `bytes.len()` bytes from `start` on; `staged` stays untouched until `done`.
            unsafe { result::memcpy_htod_async(start + (index * HALF_BYTES) as u64, staged, stream.cu_stream()) }?;
            half.done.record(stream)?;
        }
        Ok(())
    }

    /// Copies from the device and waits for it. One half travels while the other is emptied.
    pub fn fetch(&mut self, context: &CudaContext, stream: &CudaStream, start: CUdeviceptr, bytes: &mut [u8]) -> Result<(), DriverError> {
        context.bind_to_thread()?;
        let first = self.turn;
        let total = bytes.len();
        let count = total.div_ceil(HALF_BYTES);
        let length_of = |index: usize| HALF_BYTES.min(total - index * HALF_BYTES);
        for index in 0..count.min(1) {
            self.request(first, stream, start, length_of(index))?;
        }
        for (index, chunk) in bytes.chunks_mut(HALF_BYTES).enumerate() {
            let here = (first + index) % 2;
            if index + 1 < count {
                self.request(1 - here, stream, start + ((index + 1) * HALF_BYTES) as u64, length_of(index + 1))?;
            }
            let half = &self.halves[here];
            half.done.synchronize()?;
            chunk.copy_from_slice(&half.memory.as_slice()?[..chunk.len()]);
        }
        Ok(())
    }

    /// Sends `len` bytes from the device on their way into half `which`.
    fn request(&mut self, which: usize, stream: &CudaStream, start: CUdeviceptr, len: usize) -> Result<(), DriverError> {
        let half = &mut self.halves[which];
        half.done.synchronize()?;
        let staged = &mut half.memory.as_mut_slice()?[..len];
        // SAFETY: the caller's buffer holds these bytes; nobody looks at `staged` before `done`.
        unsafe { result::memcpy_dtoh_async(staged, start, stream.cu_stream()) }?;
        half.done.record(stream)
    }
}
