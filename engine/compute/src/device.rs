//! Which device a batch runs on: what was asked for, what is there, what to do when it fails. Opens devices through the
//! rooms `cuda` and `wgsl`; knows no kernel.

use crate::cuda::{CudaDevice, Inventory, inventory};
use crate::error::DeviceError;
use crate::gpu::Gpu;
use crate::wgsl::{AdapterInfo, WgpuDevice, adapters};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The CUDA ordinal that nobody asked for by number [-]: the third device. Fewer devices: the last.
pub const DEFAULT_ORDINAL: usize = 2;

/// The environment variable that chooses where nothing else does.
pub const ENVIRONMENT: &str = "LINETWIN_DEVICE";

/// `auto`, `cpu`, `cuda`, `cuda:N`, `cuda:UUID`, `wgpu`, `wgpu:N` or `wgpu:NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA where it is, else the processor. Never wgpu, whose roundings are the driver's: what a run computes must not depend
    /// on the machine it happens to be on.
    #[default]
    Auto,
    Cpu,
    /// CUDA or an error; the device that `Auto` would take.
    Cuda,
    CudaOrdinal(usize),
    /// As `nvidia-smi -L` prints it, or a beginning of it that fits one device only.
    CudaUuid(String),
    /// The first adapter: a discrete GPU before others, a software adapter last.
    Wgpu,
    WgpuOrdinal(usize),
    /// Any part of what `linetwin doctor` prints of one adapter, in lower case.
    WgpuName(String),
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let ordinal = |which: &str| -> Option<usize> {
            let is_number = (1..=9).contains(&which.len()) && which.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| which.parse().expect("up to nine digits are a number"))
        };
        let unreadable = || DeviceError::Unreadable(text.to_string());
        match text.split_once(':') {
            None if text == "auto" => Ok(DeviceChoice::Auto),
            None if text == "cpu" => Ok(DeviceChoice::Cpu),
            None if text == "cuda" => Ok(DeviceChoice::Cuda),
            None if text == "wgpu" => Ok(DeviceChoice::Wgpu),
            Some(("cuda", which)) if which.starts_with("GPU-") => Ok(DeviceChoice::CudaUuid(which.to_ascii_lowercase())),
            Some(("cuda", which)) => ordinal(which).map(DeviceChoice::CudaOrdinal).ok_or_else(unreadable),
            Some(("wgpu", which)) if which.bytes().any(|byte| byte.is_ascii_alphabetic()) => {
                Ok(DeviceChoice::WgpuName(which.to_lowercase()))
            }
            Some(("wgpu", which)) => ordinal(which).map(DeviceChoice::WgpuOrdinal).ok_or_else(unreadable),
            _ => Err(unreadable()),
        }
    }
}

impl DeviceChoice {
    /// What was written on a command line, else what [`ENVIRONMENT`] says; `None` where nobody says anything.
    pub fn asked_for(written: Option<&str>) -> Result<Option<Self>, DeviceError> {
        match (written, std::env::var(ENVIRONMENT)) {
            (Some(text), _) => text.parse().map(Some),
            (None, Ok(text)) if !text.is_empty() => text.parse().map(Some),
            _ => Ok(None),
        }
    }

    /// The adapter of wgpu that this comes to, if it is one: another run of it gives other bits than everybody else.
    pub fn adapter(&self) -> Result<Option<AdapterInfo>, DeviceError> {
        let there = There::for_choice(self);
        match select(self, &there)?.place {
            Place::Wgpu(wanted) => Ok(there.adapters?.into_iter().find(|info| info.ordinal == wanted)),
            Place::Cpu | Place::Cuda(_) => Ok(None),
        }
    }
}

/// What this machine has.
#[derive(Clone, Debug)]
pub struct There {
    pub cuda: Result<Inventory, DeviceError>,
    pub adapters: Result<Vec<AdapterInfo>, DeviceError>,
}

impl There {
    pub fn all() -> There {
        There { cuda: inventory(), adapters: adapters() }
    }

    /// Only what `choice` is about: no driver is touched that nobody asked for.
    fn for_choice(choice: &DeviceChoice) -> There {
        let (cuda, wgpu) = match choice {
            DeviceChoice::Cpu => (false, false),
            DeviceChoice::Auto | DeviceChoice::Cuda | DeviceChoice::CudaOrdinal(_) | DeviceChoice::CudaUuid(_) => (true, false),
            DeviceChoice::Wgpu | DeviceChoice::WgpuOrdinal(_) | DeviceChoice::WgpuName(_) => (false, true),
        };
        There {
            cuda: if cuda { inventory() } else { Err(DeviceError::NoDriver) },
            adapters: if wgpu { adapters() } else { Err(DeviceError::NoAdapter) },
        }
    }
}

/// Where batches run, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Cpu,
    /// The CUDA ordinal.
    Cuda(usize),
    /// The ordinal among the adapters of wgpu.
    Wgpu(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Place::Cpu => f.write_str("cpu"),
            Place::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Place::Wgpu(ordinal) => write!(f, "wgpu:{ordinal}"),
        }
    }
}

/// What a choice comes to on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    pub place: Place,
    /// What the user should know once: another device than the default, or none, or one that is no GPU.
    pub note: Option<String>,
}

/// Decides; opens nothing.
pub fn select(choice: &DeviceChoice, there: &There) -> Result<Selection, DeviceError> {
    match choice {
        DeviceChoice::Cpu => Ok(Selection { place: Place::Cpu, note: None }),
        DeviceChoice::Auto => match &there.cuda {
            Ok(inventory) => select_cuda(choice, inventory),
            Err(error) => Ok(Selection { place: Place::Cpu, note: Some(format!("{error}; batches run on the CPU")) }),
        },
        DeviceChoice::Cuda | DeviceChoice::CudaOrdinal(_) | DeviceChoice::CudaUuid(_) => {
            select_cuda(choice, there.cuda.as_ref().map_err(DeviceError::clone)?)
        }
        DeviceChoice::Wgpu => select_adapter("adapter", there, |_| true, true),
        DeviceChoice::WgpuOrdinal(wanted) => select_adapter(&format!("adapter {wanted}"), there, |info| info.ordinal == *wanted, false),
        DeviceChoice::WgpuName(wanted) => {
            select_adapter(&format!("one adapter with `{wanted}`"), there, |info| info.to_string().to_lowercase().contains(wanted), false)
        }
    }
}

fn select_cuda(choice: &DeviceChoice, inventory: &Inventory) -> Result<Selection, DeviceError> {
    let devices = &inventory.devices;
    let found = |ordinal: usize| Ok(Selection { place: Place::Cuda(ordinal), note: None });
    let missing = |wanted: &dyn fmt::Display| {
        let there = devices.iter().map(ToString::to_string).collect();
        Err(DeviceError::NoSuchDevice { wanted: format!("CUDA device {wanted}"), there })
    };
    match choice {
        DeviceChoice::CudaOrdinal(wanted) => match devices.iter().find(|device| device.ordinal == *wanted) {
            Some(device) => found(device.ordinal),
            None => missing(wanted),
        },
        DeviceChoice::CudaUuid(wanted) => {
            let mut fitting = devices.iter().filter(|device| device.uuid.to_ascii_lowercase().starts_with(wanted.as_str()));
            match (fitting.next(), fitting.next()) {
                (Some(device), None) => found(device.ordinal),
                _ => missing(wanted),
            }
        }
        _ => {
            let last = devices.last().expect("an inventory without devices is an error");
            let note = format!("there is no CUDA device {DEFAULT_ORDINAL}; batches run on {last}");
            let missing = last.ordinal < DEFAULT_ORDINAL;
            Ok(Selection { place: Place::Cuda(last.ordinal.min(DEFAULT_ORDINAL)), note: missing.then_some(note) })
        }
    }
}

/// The only adapter that fits, or the first.
fn select_adapter(wanted: &str, there: &There, fits: impl Fn(&AdapterInfo) -> bool, first_will_do: bool) -> Result<Selection, DeviceError> {
    let adapters = there.adapters.as_ref().map_err(DeviceError::clone)?;
    let mut fitting = adapters.iter().filter(|info| fits(info));
    match (fitting.next(), fitting.next()) {
        (Some(info), second) if first_will_do || second.is_none() => {
            let note = if info.software { "is a software adapter: the CPU computes, slower than by itself" } else { NOT_REPRODUCIBLE };
            Ok(Selection { place: Place::Wgpu(info.ordinal), note: Some(format!("{info} {note}")) })
        }
        _ => Err(DeviceError::NoSuchDevice { wanted: wanted.into(), there: adapters.iter().map(ToString::to_string).collect() }),
    }
}

const NOT_REPRODUCIBLE: &str = "rounds as its driver likes: its results are not those of other machines to the last bit";

/// Where batches run.
#[derive(Clone, Debug, Default)]
pub enum Device {
    #[default]
    Cpu,
    Cuda(Arc<CudaDevice>),
    Wgpu(Arc<WgpuDevice>),
}

/// Where batches run, and what becomes of them when that fails.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    pub device: Device,
    pub on_loss: OnDeviceLoss,
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
    pub(crate) fn leave<T>(self, on_gpu: &mut Option<T>, failure: &mut Option<DeviceError>, error: DeviceError) -> Result<(), DeviceError> {
        *on_gpu = None;
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
        let selection = select(choice, &There::for_choice(choice))?;
        let once = |note: Option<String>| note.filter(|_| !NOTED.swap(true, Ordering::Relaxed));
        let opened = match selection.place {
            Place::Cpu => Ok(Device::Cpu),
            Place::Cuda(ordinal) => CudaDevice::open(ordinal).map(|device| Device::Cuda(Arc::new(device))),
            Place::Wgpu(ordinal) => WgpuDevice::open(ordinal).map(|device| Device::Wgpu(Arc::new(device))),
        };
        match opened {
            Ok(device) => Ok((device, once(selection.note))),
            Err(error) if *choice == DeviceChoice::Auto => Ok((Device::Cpu, once(Some(format!("{error}; batches run on the CPU"))))),
            Err(error) => Err(error),
        }
    }

    /// What runs kernels; none where the processor does.
    pub fn gpu(&self) -> Option<Gpu> {
        match self {
            Device::Cpu => None,
            Device::Cuda(device) => Some(Gpu::Cuda(device.clone())),
            Device::Wgpu(device) => Some(Gpu::Wgpu(device.clone())),
        }
    }

    /// Who it is, in words, after who stands behind its results: a double says so.
    pub fn told(&self) -> String {
        match self {
            Device::Cpu => Provenance::Cpu.to_string(),
            Device::Cuda(device) => format!("{}: {}", self.provenance(), device.info()),
            Device::Wgpu(device) => format!("{}: {}", self.provenance(), device.info()),
        }
    }

    /// What stands behind a result.
    pub fn provenance(&self) -> Provenance {
        self.gpu().map_or(Provenance::Cpu, |gpu| gpu.provenance())
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
    /// A GPU through Vulkan, Metal or DX12, or a processor that plays one.
    Wgpu {
        software: bool,
    },
    Cpu,
}

impl Provenance {
    /// Whether another machine gives the same bits.
    pub fn is_reproducible(self) -> bool {
        !matches!(self, Provenance::Wgpu { .. })
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Provenance::Gpu => "gpu",
            Provenance::DoublePtx => "double-ptx",
            Provenance::DoubleNative => "double-native",
            Provenance::Wgpu { software: false } => "wgpu",
            Provenance::Wgpu { software: true } => "wgpu (software adapter)",
            Provenance::Cpu => "cpu",
        })
    }
}
