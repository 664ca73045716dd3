//! `linetwin doctor`: what this machine has for batches, and, with `--gpu-check`, whether a device gives the same bits as
//! the processor, or, where it promises none, results within the tolerance.

use crate::arguments::{DeviceArgument, DoctorArguments, Format};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use linetwin_compute::cuda::{DeviceInfo, nvrtc_version};
use linetwin_compute::device::{Provenance, There, select};
use linetwin_compute::doctor::{Extent, Parity, Verdict, check_parity};
use linetwin_compute::kernels::KERNELS;
use linetwin_compute::wgsl::AdapterInfo;
use linetwin_compute::{Device, DeviceChoice, DeviceError};
use serde_json::{Value, json};
use std::path::Path;

pub fn examine(arguments: &DoctorArguments, console: Console) -> Result<Exit, Failure> {
    let choice = choice_of(&arguments.device)?.unwrap_or_default();
    if arguments.gpu_check { check_device(arguments, &choice, console) } else { print_findings(arguments, &choice, console) }
}

/// What the command line or the environment asks for.
pub fn choice_of(argument: &DeviceArgument) -> Result<Option<DeviceChoice>, Failure> {
    DeviceChoice::asked_for(argument.device.as_deref()).map_err(|error| Failure::usage(error.to_string()))
}

fn missing(error: DeviceError) -> Failure {
    Failure::missing(error.to_string())
}

fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

fn print_findings(arguments: &DoctorArguments, choice: &DeviceChoice, console: Console) -> Result<Exit, Failure> {
    let there = There::all();
    let selection = select(choice, &there).map_err(missing)?;
    if let Some(note) = &selection.note {
        console.note(note);
    }
    let runs_on = selection.place.to_string();
    let nvrtc = nvrtc_version().map(|(major, minor)| format!("{major}.{minor}"));
    let devices = there.cuda.as_ref().map(|inventory| inventory.devices.clone()).unwrap_or_default();
    let driver = there.cuda.as_ref().map(|inventory| format!("{}.{}", inventory.driver / 1000, inventory.driver % 1000 / 10));
    let adapters = there.adapters.as_ref().map(Vec::as_slice).unwrap_or_default();
    let stems = || KERNELS.iter().map(|kernel| kernel.stem);
    let text = match arguments.format {
        Format::Json => {
            let found = json!({
                "linetwin": env!("CARGO_PKG_VERSION"),
                "cores": core_count(),
                "cuda_driver": driver.as_ref().ok(),
                "cuda_problem": driver.as_ref().err().map(ToString::to_string),
                "cuda_devices": devices.iter().map(json_of_device).collect::<Vec<_>>(),
                "adapters": adapters.iter().map(json_of_adapter).collect::<Vec<_>>(),
                "adapters_problem": there.adapters.as_ref().err().map(ToString::to_string),
                "nvrtc": nvrtc,
                "batches": stems().map(|stem| (stem.to_string(), runs_on.clone().into())).collect::<serde_json::Map<_, _>>(),
            });
            pretty(&found)
        }
        Format::Text => {
            let mut lines = vec![format!("linetwin  {}", env!("CARGO_PKG_VERSION")), format!("cores     {}", core_count())];
            match driver {
                Ok(driver) => lines.push(format!("CUDA      driver for CUDA {driver}")),
                Err(error) => lines.push(format!("CUDA      none: {error}")),
            }
            lines.extend(devices.iter().map(|device| format!("          {device}")));
            match &there.adapters {
                Ok(_) => lines.push("adapters  for WGSL, through wgpu".into()),
                Err(error) => lines.push(format!("adapters  none: {error}")),
            }
            lines.extend(adapters.iter().map(|adapter| format!("          {adapter}")));
            lines.push(format!("NVRTC     {}", nvrtc.as_deref().unwrap_or("not found; only the tests of linetwin need it")));
            lines.push("batches   runs pour bulk material by `particles`; each kernel by itself:".into());
            lines.extend(stems().map(|stem| format!("          {stem:<12} {runs_on}")));
            lines.join("\n") + "\n"
        }
    };
    console.result(&text)?;
    Ok(Exit::Ok)
}

fn json_of_device(device: &DeviceInfo) -> Value {
    let (major, minor) = device.compute_capability;
    json!({
        "ordinal": device.ordinal, "name": device.name, "uuid": device.uuid, "memory_bytes": device.memory_bytes,
        "compute_capability": format!("{major}.{minor}"), "provenance": device.provenance().to_string(),
    })
}

fn json_of_adapter(adapter: &AdapterInfo) -> Value {
    json!({
        "ordinal": adapter.ordinal, "name": adapter.name, "interface": adapter.interface, "driver": adapter.driver,
        "software": adapter.software, "exact": adapter.is_exact(),
    })
}

/// Every kernel on the device against the processor; a report file says what was found.
fn check_device(arguments: &DoctorArguments, choice: &DeviceChoice, console: Console) -> Result<Exit, Failure> {
    let (device, note) = Device::open(choice).map_err(missing)?;
    if let Some(note) = note {
        console.note(&note);
    }
    if matches!((&device, choice), (Device::Cpu, DeviceChoice::Auto)) {
        let remedy = "--device cpu compares the processor with itself";
        return Err(Failure::missing(format!("there is no GPU that could be checked ({remedy})")));
    }
    // The double interprets, and a million rays would take it an hour; a software adapter is the processor once more.
    let extent = match device.provenance() {
        Provenance::Gpu | Provenance::Wgpu { software: false } => Extent::Full,
        _ => Extent::Small,
    };
    let parities = check_parity(&device, extent).map_err(missing)?;
    let report = report_of(&device, &parities);
    write_report(&arguments.out, &report).map_err(|error| Failure::usage(format!("{}: {error}", arguments.out.display())))?;
    let text = match arguments.format {
        Format::Json => pretty(&report),
        Format::Text => text_of(&device, &parities, &arguments.out),
    };
    console.result(&text)?;
    Ok(if parities.iter().all(Parity::agrees) { Exit::Ok } else { Exit::RunFailed })
}

fn text_of(device: &Device, parities: &[Parity], report: &Path) -> String {
    let name = match device {
        Device::Cpu => "the processor; there is nothing to compare it with but itself".to_string(),
        Device::Cuda(device) => device.info().to_string(),
        Device::Wgpu(device) => device.info().to_string(),
    };
    let mut lines = vec![format!("device    {name}"), format!("results   {}", device.provenance())];
    for parity in parities {
        let (verdict, told) = match &parity.verdict {
            Verdict::SameBits => ("same bits", String::new()),
            Verdict::WithinTolerance(told) => ("tolerable", format!(": {told}")),
            Verdict::Different(told) => ("DIFFERENT", format!(": {told}")),
        };
        lines.push(format!("{verdict} {:<12} {:016x}  {}{told}", parity.stem, parity.found_hash, parity.inputs));
    }
    lines.push(format!("report    {}", report.display()));
    lines.join("\n") + "\n"
}

fn report_of(device: &Device, parities: &[Parity]) -> Value {
    let info = match device {
        Device::Cpu => Value::Null,
        Device::Cuda(device) => json_of_device(device.info()),
        Device::Wgpu(device) => json_of_adapter(device.info()),
    };
    let parity = |parity: &Parity| {
        json!({
            "kernel": parity.stem,
            "inputs": parity.inputs,
            "cpu_hash": format!("{:016x}", parity.expected_hash),
            "device_hash": format!("{:016x}", parity.found_hash),
            "same_bits": parity.verdict == Verdict::SameBits,
            "agrees": parity.agrees(),
            "differences": match &parity.verdict {
                Verdict::SameBits => None,
                Verdict::WithinTolerance(told) | Verdict::Different(told) => Some(told),
            },
            "provenance": parity.provenance.to_string(),
        })
    };
    json!({
        "linetwin": env!("CARGO_PKG_VERSION"),
        "provenance": device.provenance().to_string(),
        "reproducible": device.provenance().is_reproducible(),
        "device": info,
        "kernels": parities.iter().map(parity).collect::<Vec<_>>(),
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain data is serialisable") + "\n"
}

/// Whole or not at all.
fn write_report(path: &Path, report: &Value) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    std::fs::write(&part, pretty(report))?;
    std::fs::rename(part, path)
}
