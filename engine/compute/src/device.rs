//! Which device a batch runs on: what was asked for, what is there, what to do when it fails. Opens devices through the
//! `cuda` room; knows no kernel.

use crate::cuda::{CudaDevice, DeviceInfo, Inventory, inventory};
use crate::error::DeviceError;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The CUDA ordinal that nobody asked for by number [-]: the third device. Fewer devices: the last.
pub const DEFAULT_ORDINAL: usize = 2;

/// The environment variable that chooses where nothing else does.
pub const ENVIRONMENT: &str = "LINETWIN_DEVICE";

/// `auto`, `cpu`, `cuda`, `cuda:N` or `cuda:UUID`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA where it is, else the processor.
    #[default]
    Auto,
    Cpu,
    /// CUDA or an error; the device that `Auto` would take.
    Cuda,
    CudaOrdinal(usize),
    /// As `nvidia-smi -L` prints it, or a beginning of it that fits one device only.
    CudaUuid(String),
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text.split_once(':') {
            None if text == "auto" => Ok(DeviceChoice::Auto),
            None if text == "cpu" => Ok(DeviceChoice::Cpu),
            None if text == "cuda" => Ok(DeviceChoice::Cuda),
            Some(("cuda", which)) if !which.is_empty() && which.len() <= 9 && which.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(DeviceChoice::CudaOrdinal(which.parse().expect("up to nine digits are a number")))
            }
            Some(("cuda", which)) if which.starts_with("GPU-") => Ok(DeviceChoice::CudaUuid(which.to_ascii_lowercase())),
            _ => Err(DeviceError::Unreadable(text.to_string())),
        }
    }
}

impl DeviceChoice {
    /// What [`ENVIRONMENT`] says; `Auto` where it says nothing.
    pub fn of_environment() -> Result<Self, DeviceError> {
        match std::env::var(ENVIRONMENT) {
            Ok(text) if !text.is_empty() => text.parse(),
            _ => Ok(DeviceChoice::Auto),
        }
    }
}

/// What a choice comes to on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The CUDA ordinal; none: the processor.
    pub ordinal: Option<usize>,
    /// What the user should know once: another device than the default, or none.
    pub note: Option<String>,
}

/// Decides; opens nothing.
pub fn select(choice: &DeviceChoice, there: &Result<Inventory, DeviceError>) -> Result<Selection, DeviceError> {
    let by_processor = |note: Option<String>| Selection { ordinal: None, note };
    let devices = match (choice, there) {
        (DeviceChoice::Cpu, _) => return Ok(by_processor(None)),
        (DeviceChoice::Auto, Err(error)) => return Ok(by_processor(Some(format!("{error}; batches run on the CPU")))),
        (_, Err(error)) => return Err(error.clone()),
        (_, Ok(inventory)) => &inventory.devices,
    };
    match choice {
        DeviceChoice::Cpu => Ok(by_processor(None)),
        DeviceChoice::Auto | DeviceChoice::Cuda => {
            let last = devices.last().expect("an inventory without devices is an error");
            let note = format!("there is no CUDA device {DEFAULT_ORDINAL}; batches run on {last}");
            let missing = last.ordinal < DEFAULT_ORDINAL;
            Ok(Selection { ordinal: Some(last.ordinal.min(DEFAULT_ORDINAL)), note: missing.then_some(note) })
        }
        DeviceChoice::CudaOrdinal(wanted) => match devices.iter().find(|device| device.ordinal == *wanted) {
            Some(device) => Ok(Selection { ordinal: Some(device.ordinal), note: None }),
            None => Err(no_such_device(wanted.to_string(), devices)),
        },
        DeviceChoice::CudaUuid(wanted) => {
            let mut fitting = devices.iter().filter(|device| device.uuid.to_ascii_lowercase().starts_with(wanted.as_str()));
            match (fitting.next(), fitting.next()) {
                (Some(device), None) => Ok(Selection { ordinal: Some(device.ordinal), note: None }),
                _ => Err(no_such_device(wanted.clone(), devices)),
            }
        }
    }
}

fn no_such_device(wanted: String, devices: &[DeviceInfo]) -> DeviceError {
    DeviceError::NoSuchDevice { wanted, there: devices.iter().map(ToString::to_string).collect() }
}

/// Where batches run.
#[derive(Clone, Debug)]
pub enum Device {
    Cpu,
    Cuda(Arc<CudaDevice>),
}

/// What a batch does when its device fails in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDeviceLoss {
    /// Goes on by the processor: the same bytes, later.
    #[default]
    Cpu,
    /// Hands the error on.
    Stop,
}

impl OnDeviceLoss {
    /// A batch's device gave this error: the batch leaves it and remembers why, or hands the error on.
    pub(crate) fn leave<T>(
        self,
        on_cuda: &mut Option<T>,
        failure: &mut Option<DeviceError>,
        error: DeviceError,
    ) -> Result<(), DeviceError> {
        *on_cuda = None;
        if self == OnDeviceLoss::Stop || !error.is_failure_of_the_device() {
            return Err(error);
        }
        *failure = Some(error);
        Ok(())
    }
}

impl Device {
    /// Opens what `choice` comes to; under `Auto` a device that cannot be opened leaves the processor. The note is given once
    /// in the life of the process.
    pub fn open(choice: &DeviceChoice) -> Result<(Device, Option<String>), DeviceError> {
        static NOTED: AtomicBool = AtomicBool::new(false);
        // A processor that was asked for by name touches no driver.
        let there = if *choice == DeviceChoice::Cpu { Err(DeviceError::NoDriver) } else { inventory() };
        let selection = select(choice, &there)?;
        let once = |note: Option<String>| note.filter(|_| !NOTED.swap(true, Ordering::Relaxed));
        let Some(ordinal) = selection.ordinal else { return Ok((Device::Cpu, once(selection.note))) };
        match CudaDevice::open(ordinal) {
            Ok(device) => Ok((Device::Cuda(Arc::new(device)), once(selection.note))),
            Err(error) if *choice == DeviceChoice::Auto => Ok((Device::Cpu, once(Some(format!("{error}; batches run on the CPU"))))),
            Err(error) => Err(error),
        }
    }

    /// What stands behind a result.
    pub fn provenance(&self) -> Provenance {
        match self {
            Device::Cpu => Provenance::Cpu,
            Device::Cuda(device) => device.info().provenance(),
        }
    }
}

/// The word that every result of a batch carries: who computed it. A benchmark refuses the doubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// NVIDIA hardware.
    Gpu,
    /// The test double interprets the PTX.
    DoublePtx,
    /// The test double runs the .cu file as the host's compiler built it.
    DoubleNative,
    Cpu,
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Provenance::Gpu => "gpu",
            Provenance::DoublePtx => "double-ptx",
            Provenance::DoubleNative => "double-native",
            Provenance::Cpu => "cpu",
        })
    }
}
