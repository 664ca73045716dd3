//! Which device a choice comes to.

use super::probe::{case, probe};
use linetwin_compute::cuda::{DeviceInfo, Inventory};
use linetwin_compute::device::{Place, Provenance, Selection, There, select};
use linetwin_compute::wgsl::AdapterInfo;
use linetwin_compute::{Device, DeviceChoice, DeviceError};

fn device(ordinal: usize) -> DeviceInfo {
    let uuid = format!("GPU-0{ordinal}000000-0000-0000-0000-00000000000{ordinal}");
    DeviceInfo { ordinal, name: "B200".into(), uuid, memory_bytes: 180 << 30, compute_capability: (10, 0) }
}

fn adapter(ordinal: usize, name: &str, software: bool) -> AdapterInfo {
    AdapterInfo { ordinal, name: name.into(), interface: "Vulkan".into(), driver: "of tests 1.0".into(), software }
}

/// So many CUDA devices and no adapter.
fn there(count: usize) -> There {
    let cuda = Inventory { driver: 12080, devices: (0..count).map(device).collect() };
    There { cuda: if count == 0 { Err(DeviceError::NoDriver) } else { Ok(cuda) }, adapters: Err(DeviceError::NoAdapter) }
}

/// No CUDA, and adapters: two cards of one name, another one, a software adapter.
fn there_by_wgpu() -> There {
    let adapters =
        [("Radeon RX 7900", false), ("Radeon RX 7900", false), ("Iris Xe", false), ("llvmpipe (LLVM 15)", true)].into_iter().enumerate();
    There { adapters: Ok(adapters.map(|(ordinal, (name, software))| adapter(ordinal, name, software)).collect()), ..there(0) }
}

fn choice(text: &str) -> DeviceChoice {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn choices_are_read_or_refused() {
    for (text, expected) in [
        ("auto", DeviceChoice::Auto),
        ("cpu", DeviceChoice::Cpu),
        ("cuda", DeviceChoice::Cuda),
        ("cuda:0", DeviceChoice::CudaOrdinal(0)),
        ("cuda:12", DeviceChoice::CudaOrdinal(12)),
        ("cuda:GPU-01AB", DeviceChoice::CudaUuid("gpu-01ab".into())),
        ("wgpu", DeviceChoice::Wgpu),
        ("wgpu:3", DeviceChoice::WgpuOrdinal(3)),
        ("wgpu:RX 7900", DeviceChoice::WgpuName("rx 7900".into())),
    ] {
        assert_eq!(choice(text), expected);
    }
    for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:9999999999", "cpu:0", "auto:1", "CUDA", "wgpu:", "wgpu:-1", "vulkan"] {
        let error = text.parse::<DeviceChoice>().expect_err(text);
        assert!(error.to_string().contains("cuda:ORDINAL") && error.to_string().contains("wgpu:NAME"), "{error}");
    }
}

#[test]
fn the_third_device_is_the_default_and_the_last_of_fewer() {
    let by = |text: &str, count| select(&choice(text), &there(count));
    assert_eq!(by("cuda", 4), Ok(Selection { place: Place::Cuda(2), note: None }));
    assert_eq!(by("auto", 3), Ok(Selection { place: Place::Cuda(2), note: None }));
    for text in ["auto", "cuda"] {
        let fewer = by(text, 2).expect("there are two");
        assert_eq!(fewer.place, Place::Cuda(1));
        let note = fewer.note.expect("another device than the default is told");
        assert!(note.contains("no CUDA device 2") && note.contains("cuda:1"), "{note}");
    }
    let none = by("auto", 0).expect("the processor is always there");
    assert!(none.place == Place::Cpu && none.note.is_some_and(|note| note.contains("libcuda.so.1") && note.contains("CPU")));
    assert_eq!(by("cpu", 4), Ok(Selection { place: Place::Cpu, note: None }));
    assert_eq!(by("cuda", 0), Err(DeviceError::NoDriver));
}

#[test]
fn what_is_asked_for_by_name_is_there_or_an_error_that_lists_what_is() {
    let by = |text: &str, count| select(&choice(text), &there(count));
    assert_eq!(by("cuda:0", 1).map(|selection| selection.place), Ok(Place::Cuda(0)));
    assert_eq!(by("cuda:GPU-03", 4).map(|selection| selection.place), Ok(Place::Cuda(3)));
    for text in ["cuda:4", "cuda:GPU-09", "cuda:GPU-0"] {
        let told = by(text, 4).expect_err("there is none, or several fit").to_string();
        assert!((0..4).all(|ordinal| told.contains(&format!("cuda:{ordinal} (B200, GPU-0{ordinal}"))), "{told}");
    }
}

#[test]
fn adapters_are_chosen_by_number_or_name_and_never_by_themselves() {
    let by = |text: &str| select(&choice(text), &there_by_wgpu());
    for (text, ordinal) in [("wgpu", 0), ("wgpu:2", 2), ("wgpu:iris", 2), ("wgpu:LLVMpipe", 3), ("wgpu:wgpu:1 ", 1)] {
        assert_eq!(by(text).map(|selection| selection.place), Ok(Place::Wgpu(ordinal)), "{text}");
    }
    let note = |text: &str| by(text).expect("it is there").note.expect("what a result by wgpu is worth is told");
    assert!(note("wgpu:3").contains("software adapter: the CPU computes") && note("wgpu:0").contains("not those of other machines"));
    // Two fit, none fits, none of that number: what there is stands in the answer.
    for text in ["wgpu:radeon", "wgpu:geforce", "wgpu:4"] {
        let told = by(text).expect_err("there is none, or several fit").to_string();
        assert!(told.contains("wgpu:1 (Radeon RX 7900, Vulkan, of tests 1.0)") && told.contains("llvmpipe"), "{told}");
    }
    assert_eq!(select(&choice("wgpu"), &there(4)), Err(DeviceError::NoAdapter));
    assert_eq!(by("auto").map(|selection| selection.place), Ok(Place::Cpu), "auto must not depend on a driver's roundings");
    let words = [Provenance::Wgpu { software: false }, Provenance::Wgpu { software: true }].map(|word| word.to_string());
    assert_eq!(words, ["wgpu", "wgpu (software adapter)"]);
    assert!(!Provenance::Wgpu { software: false }.is_reproducible() && Provenance::Gpu.is_reproducible());
}

#[test]
fn drivers_of_every_kind_are_answered_without_a_panic() {
    if let Some(case) = case() {
        println!("opened: {:?}", Device::open(&choice(&case)).map(|(device, note)| (device.provenance(), note)));
        return;
    }
    let run = |case: &str, settings: &[(&str, &str)]| {
        let probe = settings
            .iter()
            .fold(probe("compute::policy::drivers_of_every_kind_are_answered_without_a_panic", case), |probe, (k, v)| probe.with(k, v));
        let outcome = probe.run();
        assert!(outcome.passed, "{}", outcome.output);
        outcome
    };
    run("auto", &[]).expect_clean().expect_told("opened: Ok((DoubleNative, None))");
    run("cuda:0", &[("ENGINE", "ptx")]).expect_clean().expect_told("opened: Ok((DoublePtx, None))");
    run("auto", &[("DEVICES", "1")]).expect_told("no CUDA device 2");
    run("cuda:3", &[("DEVICES", "2")]).expect_told("NoSuchDevice");
    run("cuda", &[("DEVICES", "0")]).expect_told("NO_DEVICE");
    run("auto", &[("DEVICES", "0")]).expect_told("opened: Ok((Cpu, Some(");
    run("cuda", &[("DRIVER", "12040")]).expect_told("OldDriver(12040)");
    run("auto", &[("DRIVER", "12040")]).expect_told("the driver is for CUDA 12.4, at least 12.8 is needed; batches run on the CPU");
    run("cuda", &[("FAULTS", "cuInit 1 999")]).expect_told("opened: Err(");
    run("cuda", &[("FAULTS", "cuDevicePrimaryCtxRetain 1 46")]).expect_told("opened: Err(Lost");
    run("auto", &[("FAULTS", "cuDevicePrimaryCtxRetain 1 46")]).expect_told("DEVICE_UNAVAILABLE").expect_told("opened: Ok((Cpu, Some(");
}

#[test]
fn without_a_driver_everything_runs_on_the_processor() {
    // Nothing stands in libcuda's place here. On a machine that has a driver this opens its device instead.
    let (device, note) = Device::open(&DeviceChoice::Auto).expect("auto always finds something");
    match device.provenance() {
        Provenance::Cpu => assert!(note.is_none_or(|note| note.contains("CPU"))),
        other => assert_eq!(other, Provenance::Gpu, "the double must not be found by chance"),
    }
}
