//! Which CUDA devices are there, asked without making a context on any. Never panics, whatever is missing.

use super::refuse_if_lost;
use crate::device::Provenance;
use crate::error::DeviceError;
use cudarc::driver::{result, sys};
use std::fmt;

/// CUDA 12.8 [1000 * major + 10 * minor]: the first with sm_100, and the `cuda-12080` feature of cudarc. An older driver
/// lacks functions that cudarc would panic about.
const OLDEST_DRIVER: i32 = 12080;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// CUDA version that the driver is for [1000 * major + 10 * minor].
    pub driver: i32,
    /// By ordinal; never empty.
    pub devices: Vec<DeviceInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Among the visible devices; CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER decide.
    pub ordinal: usize,
    pub name: String,
    /// As `nvidia-smi -L` prints it.
    pub uuid: String,
    pub memory_bytes: usize,
    pub compute_capability: (i32, i32),
}

impl DeviceInfo {
    /// The double says in its name what it is and which engine runs its kernels.
    pub fn provenance(&self) -> Provenance {
        match self.name.contains("TEST DOUBLE") {
            false => Provenance::Gpu,
            true if self.name.contains("ptx engine") => Provenance::DoublePtx,
            true => Provenance::DoubleNative,
        }
    }
}

impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (major, minor) = self.compute_capability;
        let mebibytes = self.memory_bytes >> 20;
        write!(f, "cuda:{} ({}, {}, {mebibytes} MiB, compute capability {major}.{minor})", self.ordinal, self.name, self.uuid)
    }
}

/// The driver's version and all visible devices.
pub fn inventory() -> Result<Inventory, DeviceError> {
    refuse_if_lost()?;
    // SAFETY: only tries to open the library. Without this question cudarc panics where it is missing.
    if !unsafe { sys::is_culib_present() } {
        return Err(DeviceError::NoDriver);
    }
    let mut driver = 0;
    // SAFETY: the library is there; every version of it has this function, and it needs no cuInit.
    unsafe { sys::cuDriverGetVersion(&mut driver) }.result()?;
    if driver < OLDEST_DRIVER {
        return Err(DeviceError::OldDriver(driver));
    }
    result::init()?;
    let count = result::device::get_count()?;
    let devices = (0..count).map(device_info).collect::<Result<Vec<_>, _>>()?;
    if devices.is_empty() {
        return Err(DeviceError::NoDevice("no device".into()));
    }
    Ok(Inventory { driver, devices })
}

fn device_info(ordinal: i32) -> Result<DeviceInfo, DeviceError> {
    use sys::CUdevice_attribute::*;
    let device = result::device::get(ordinal)?;
    // SAFETY: the device handle was just given out by the driver, which was initialised before.
    let (memory_bytes, major, minor) = unsafe {
        (
            result::device::total_mem(device)?,
            result::device::get_attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            result::device::get_attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        )
    };
    let bytes = result::device::get_uuid(device)?.bytes.map(|byte| byte as u8);
    Ok(DeviceInfo {
        ordinal: ordinal as usize,
        name: result::device::get_name(device)?,
        uuid: uuid_text(bytes),
        memory_bytes,
        compute_capability: (major, minor),
    })
}

fn uuid_text(bytes: [u8; 16]) -> String {
    let hexadecimal: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let group = |from: usize, to: usize| hexadecimal[from..to].concat();
    format!("GPU-{}-{}-{}-{}-{}", group(0, 4), group(4, 6), group(6, 8), group(8, 10), group(10, 16))
}
