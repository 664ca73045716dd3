//! Loading the kernels of a stem and launching them. Every launch is held against the contract: a mismatch is our bug and
//! panics before the device can run wild.

use super::compile::compile_for;
use super::device::{CudaDevice, DeviceBuffer};
use super::refuse_if_lost;
use crate::contract::{ArgumentCheck, Entry, Kernel};
use crate::error::DeviceError;
use bytemuck::Pod;
use cudarc::driver::{CudaFunction, DeviceRepr, LaunchArgs, LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;
use std::sync::Arc;

/// What the committed machine code is for: sm_100, a B200.
const CUBINS_FOR: (i32, i32) = (10, 0);

/// More blocks than this a grid does not have in its first dimension [-].
const MOST_BLOCKS: usize = i32::MAX as usize;

/// The kernels of one stem on one device.
#[derive(Debug)]
pub struct Loaded {
    device: Arc<CudaDevice>,
    functions: Vec<(&'static Entry, CudaFunction)>,
}

impl Loaded {
    /// Hands the committed PTX to the driver, which compiles it for its device; for compute capability 10.0 the committed machine
    /// code, unless the driver refuses it; or, if [`KERNELS_FOR`](super::KERNELS_FOR) says so, what NVRTC makes for it here.
    pub fn new(device: &Arc<CudaDevice>, kernel: &'static Kernel) -> Result<Loaded, DeviceError> {
        let capability = device.info().compute_capability;
        let own = compile_for(kernel.source, kernel.stem, capability);
        let committed = || kernel.cubin.filter(|_| capability == CUBINS_FOR).map(<[u8]>::to_vec);
        if let Some(loaded) = own.or_else(committed).and_then(|cubin| Loaded::from_cubin(device, kernel, cubin).ok()) {
            return Ok(loaded);
        }
        Loaded::from_image(device, kernel, Ptx::from_src(kernel.ptx))
    }

    /// As [`Loaded::new`] with a cubin, such as [`compile_cubin`](super::compile_cubin) makes.
    pub fn from_cubin(device: &Arc<CudaDevice>, kernel: &'static Kernel, cubin: Vec<u8>) -> Result<Loaded, DeviceError> {
        Loaded::from_image(device, kernel, Ptx::from_binary(cubin))
    }

    /// As [`Loaded::new`] with other PTX of the same source, such as [`compile_ptx`](super::compile_ptx) makes.
    pub fn from_ptx(device: &Arc<CudaDevice>, kernel: &'static Kernel, ptx: &str) -> Result<Loaded, DeviceError> {
        Loaded::from_image(device, kernel, Ptx::from_src(ptx))
    }

    fn from_image(device: &Arc<CudaDevice>, kernel: &'static Kernel, image: Ptx) -> Result<Loaded, DeviceError> {
        refuse_if_lost()?;
        let refused = |error| match DeviceError::from(error) {
            DeviceError::Other(told) => DeviceError::Refused { stem: kernel.stem, told },
            error => error,
        };
        let module = device.context.load_module(image).map_err(refused)?;
        let functions = kernel.entries.iter().map(|entry| Ok((*entry, module.load_function(entry.name).map_err(refused)?)));
        Ok(Loaded { device: device.clone(), functions: functions.collect::<Result<_, DeviceError>>()? })
    }

    pub fn device(&self) -> &Arc<CudaDevice> {
        &self.device
    }

    pub fn launch(&self, entry: &'static Entry) -> Launch<'_> {
        let found = self.functions.iter().find(|(known, _)| std::ptr::eq(*known, entry));
        let (_, function) = found.unwrap_or_else(|| panic!("`{}` belongs to another kernel", entry.name));
        Launch { check: ArgumentCheck::new(entry), arguments: self.device.stream.launch_builder(function) }
    }
}

/// A launch that is being put together: arguments in the order of the contract, then [`over`](Launch::over).
#[must_use = "nothing runs before `over` or `in_blocks`"]
pub struct Launch<'a> {
    check: ArgumentCheck,
    arguments: LaunchArgs<'a>,
}

/// A plain struct as a CUDA parameter.
#[repr(transparent)]
struct ByValue<P>(P);

// SAFETY: `Pod` has no pointers, no padding and no invalid bytes; the contract holds its size against the image's.
unsafe impl<P: Pod> DeviceRepr for ByValue<P> {}

impl<'a> Launch<'a> {
    pub fn read<T: Pod>(mut self, buffer: &'a DeviceBuffer<T>) -> Self {
        self.check.read::<T>(buffer.len());
        self.arguments.arg(&buffer.bytes);
        self
    }

    /// Also for what is read and written.
    pub fn write<T: Pod>(mut self, buffer: &'a mut DeviceBuffer<T>) -> Self {
        self.check.write::<T>(buffer.len());
        self.arguments.arg(&mut buffer.bytes);
        self
    }

    pub fn value<P: Pod>(mut self, value: &'a P) -> Self {
        self.check.value::<P>();
        // SAFETY: `ByValue` is transparent.
        let value: &'a ByValue<P> = unsafe { &*(value as *const P).cast() };
        self.arguments.arg(value);
        self
    }

    /// Launches one thread for each item, in blocks as the contract says; nothing where there are no items.
    pub fn over(self, items: usize) -> Result<(), DeviceError> {
        let blocks = items.div_ceil(self.check.entry().threads_per_block as usize);
        self.in_blocks(blocks)
    }

    /// Launches so many whole blocks.
    pub fn in_blocks(mut self, blocks: usize) -> Result<(), DeviceError> {
        refuse_if_lost()?;
        self.check.finish();
        let entry = self.check.entry();
        assert!(blocks <= MOST_BLOCKS, "{}: {blocks} blocks are too many", entry.name);
        if blocks == 0 {
            return Ok(());
        }
        let shape = LaunchConfig { grid_dim: (blocks as u32, 1, 1), block_dim: (entry.threads_per_block, 1, 1), shared_mem_bytes: 0 };
        // SAFETY: number, kinds, sizes and access of the arguments were just held against the contract, and the contract
        // against the image (`Kernel::disagreements`, a test). Indices inside buffers are the kernel's own duty; the tests
        // run each kernel under AddressSanitizer and in the PTX engine, which checks every access.
        unsafe { self.arguments.launch(shape) }?;
        Ok(())
    }
}
