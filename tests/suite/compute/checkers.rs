//! The checkers find what is planted: without that, their silence about our kernels would mean nothing. And our kernels pass
//! each of them.

use super::native::{Build, compile, library};
use super::probe::{Outcome, Probe, case, probe, skip};
use linetwin_compute::contract::{Argument, Entry, Kernel};
use linetwin_compute::cuda::{CudaDevice, Loaded, compile_ptx, nvrtc_version};
use linetwin_compute::doctor::{Extent, check_parity};
use linetwin_compute::kernels::prefix_sums::{self, PrefixSumsParameters};
use linetwin_compute::{Device, DeviceChoice};
use linetwin_tests::repository_root;
use std::path::PathBuf;
use std::sync::Arc;

static PLANTED: Kernel = Kernel {
    stem: "planted_faults",
    source: include_str!("../../cuda-double/planted_faults.cu"),
    ptx: "",
    cubin: None,
    wgsl: None,
    entries: &[&WRITE_PAST_THE_END, &WRITE_PAST_SHARED, &MISS_A_BARRIER, &RACE_BETWEEN_BLOCKS, &DIVERGE_AT_A_BARRIER, &LOAD_MISALIGNED],
};

static WRITE_PAST_THE_END: Entry = entry("write_past_the_end", 64, &[OUT, COUNT]);
static WRITE_PAST_SHARED: Entry = entry("write_past_shared", 65, &[OUT, COUNT]);
static MISS_A_BARRIER: Entry = entry("miss_a_barrier", 128, &[IN, OUT]);
static RACE_BETWEEN_BLOCKS: Entry = entry("race_between_blocks", 64, &[TOTAL, COUNT]);
static DIVERGE_AT_A_BARRIER: Entry = entry("diverge_at_a_barrier", 64, &[OUT, COUNT]);
static LOAD_MISALIGNED: Entry = entry("load_misaligned", 8, &[IN, OUT_FOURS]);

const IN: Argument = Argument::read::<f32>("in", "-", &["in_count"]);
const OUT: Argument = Argument::write::<f32>("out", "-", &["out_count"]);
const OUT_FOURS: Argument = Argument::write::<[f32; 4]>("out", "-", &["out_count"]);
const TOTAL: Argument = Argument::read_write::<u32>("total", "-", &["1"]);
const COUNT: Argument = Argument::parameters::<u32>("n");

const fn entry(name: &'static str, threads_per_block: u32, arguments: &'static [Argument]) -> Entry {
    Entry { name, threads_per_block, registers_at_most: 64, warps_at_least: 0, arguments }
}

/// Launches one planted fault and waits for what the driver says of it.
fn launch_planted(name: &str) {
    let device: Arc<CudaDevice> = match Device::open(&DeviceChoice::Cuda) {
        Ok((Device::Cuda(device), _)) => device,
        other => panic!("{other:?}"),
    };
    let ptx = compile_ptx(PLANTED.source, "planted_faults.cu", "compute_75").expect("the parent saw NVRTC");
    let loaded = Loaded::from_ptx(&device, &PLANTED, &ptx).expect("the image is sound");
    let values = device.upload(&[1.0f32; 256]).expect("it fits");
    let mut out = device.zeros::<f32>(256).expect("it fits");
    let mut hundred = device.zeros::<f32>(100).expect("it fits");
    let mut fours = device.zeros::<[f32; 4]>(64).expect("it fits");
    let mut total = device.zeros::<u32>(1).expect("it fits");
    let launched = match name {
        "write_past_the_end" => loaded.launch(&WRITE_PAST_THE_END).write(&mut hundred).value(&100u32).in_blocks(2),
        "write_past_shared" => loaded.launch(&WRITE_PAST_SHARED).write(&mut out).value(&65u32).in_blocks(1),
        "miss_a_barrier" => loaded.launch(&MISS_A_BARRIER).read(&values).write(&mut out).in_blocks(2),
        "race_between_blocks" => loaded.launch(&RACE_BETWEEN_BLOCKS).write(&mut total).value(&256u32).in_blocks(4),
        "diverge_at_a_barrier" => loaded.launch(&DIVERGE_AT_A_BARRIER).write(&mut out).value(&10u32).in_blocks(1),
        "load_misaligned" => loaded.launch(&LOAD_MISALIGNED).read(&values).write(&mut fours).in_blocks(1),
        other => panic!("nobody planted `{other}`"),
    };
    println!("planted: {:?}", launched.and_then(|()| device.synchronize()));
}

fn planted_source() -> PathBuf {
    repository_root().join("tests/cuda-double/planted_faults.cu")
}

fn with_sanitizer(probe: Probe, build: Build, kernels: &std::path::Path) -> Option<Probe> {
    let Some(preload) = build.preload() else {
        skip(&format!("g++ has no library for {build:?}"));
        return None;
    };
    let suppressions = repository_root().join("tests/cuda-double/thread_sanitizer.supp");
    Some(
        probe
            .with("KERNELS", kernels.to_string_lossy())
            .variable("LD_PRELOAD", preload)
            .variable("ASAN_OPTIONS", "detect_leaks=0")
            .variable("TSAN_OPTIONS", format!("exitcode=0:suppressions={}", suppressions.display()))
            .variable("UBSAN_OPTIONS", "print_stacktrace=0"),
    )
}

#[test]
fn the_ptx_engine_finds_what_is_planted() {
    const NAME: &str = "compute::checkers::the_ptx_engine_finds_what_is_planted";
    if let Some(case) = case() {
        return launch_planted(&case);
    }
    if nvrtc_version().is_none() {
        return skip("no NVRTC (LINETWIN_NVRTC names its folder): the planted faults are not run in the PTX engine");
    }
    for (fault, code, told) in [
        ("write_past_the_end", "ILLEGAL_ADDRESS", "4 bytes at offset 400 of an allocation of 400 bytes"),
        ("write_past_shared", "ILLEGAL_ADDRESS", "shared write of 4 bytes at offset 256 of 256"),
        ("miss_a_barrier", "LAUNCH_FAILED", "shared-memory hazard"),
        ("race_between_blocks", "LAUNCH_FAILED", "another block touches too"),
        ("diverge_at_a_barrier", "LAUNCH_FAILED", "barrier divergence"),
        ("load_misaligned", "MISALIGNED_ADDRESS", "misaligned 16-byte Global access"),
    ] {
        let outcome = probe(NAME, fault).with("ENGINE", "ptx").run();
        outcome.expect_told(told).expect_told(&format!("planted: Err(Lost(\"DriverError(CUDA_ERROR_{code}"));
    }
}

#[test]
fn the_sanitizers_find_what_is_planted() {
    const NAME: &str = "compute::checkers::the_sanitizers_find_what_is_planted";
    if let Some(case) = case() {
        return launch_planted(&case);
    }
    if nvrtc_version().is_none() {
        return skip("no NVRTC (LINETWIN_NVRTC names its folder): the planted faults have no image");
    }
    let found = |build: Build, cases: &[(&str, &str)]| {
        let Some(kernels) = compile(build, &format!("planted-{build:?}"), &[planted_source()]) else { return };
        for (fault, told) in cases {
            let Some(probe) = with_sanitizer(probe(NAME, fault), build, &kernels) else { return };
            let outcome: Outcome = probe.run();
            outcome.expect_told(told).expect_told("planted_faults.cu");
        }
    };
    found(
        Build::Address,
        &[
            ("write_past_the_end", "heap-buffer-overflow"),
            ("write_past_shared", "global-buffer-overflow"),
            ("load_misaligned", "misaligned address"),
        ],
    );
    found(Build::Thread, &[("miss_a_barrier", "data race"), ("race_between_blocks", "data race")]);
    let Some(plain) = compile(Build::Plain, "planted-Plain", &[planted_source()]) else { return };
    let outcome = probe(NAME, "diverge_at_a_barrier").with("KERNELS", plain.to_string_lossy()).run();
    outcome.expect_told("WRONG: diverge_at_a_barrier: block 0: barrier divergence");
}

#[test]
fn every_barrier_that_is_taken_away_is_missed() {
    const NAME: &str = "compute::checkers::every_barrier_that_is_taken_away_is_missed";
    const BARRIER: &str = "__syncthreads();";
    if let Some(case) = case() {
        let nth: usize = case.parse().expect("the case is a number");
        let (at, _) = prefix_sums::KERNEL.source.match_indices(BARRIER).nth(nth).expect("the parent counted them");
        let mut source = prefix_sums::KERNEL.source.to_string();
        source.replace_range(at..at + BARRIER.len(), "");
        let Ok((Device::Cuda(device), _)) = Device::open(&DeviceChoice::Cuda) else { panic!("the double has devices") };
        let ptx = compile_ptx(&source, "mutant.cu", "compute_75").expect("the parent saw NVRTC");
        let loaded = Loaded::from_ptx(&device, &prefix_sums::KERNEL, &ptx).expect("the image is sound");
        let values = device.upload(&[1u32; 700]).expect("it fits");
        let (mut sums, mut totals) = (device.zeros::<u32>(700).expect("it fits"), device.zeros::<u32>(2).expect("it fits"));
        let launch = loaded.launch(&prefix_sums::SCAN_TILES).read(&values).write(&mut sums).write(&mut totals);
        let launched = launch.value(&PrefixSumsParameters { count: 700 }).in_blocks(2);
        return println!("mutant: {:?}", launched.and_then(|()| device.synchronize()));
    }
    if nvrtc_version().is_none() {
        return skip("no NVRTC (LINETWIN_NVRTC names its folder): no mutants are made");
    }
    let count = prefix_sums::KERNEL.source.matches(BARRIER).count();
    assert_eq!(count, 5, "prefix_sums.cu has another number of barriers: look at each");
    for nth in 0..count {
        let outcome = probe(NAME, &nth.to_string()).with("ENGINE", "ptx").run();
        outcome.expect_told("shared-memory hazard").expect_told("mutant: Err(Lost");
    }
}

#[test]
fn our_kernels_pass_the_sanitizers() {
    const NAME: &str = "compute::checkers::our_kernels_pass_the_sanitizers";
    if case().is_some() {
        let (device, _) = Device::open(&DeviceChoice::Cuda).expect("the double has four devices");
        for parity in check_parity(&device, Extent::Tiny).unwrap_or_else(|error| panic!("{error}")) {
            assert!(parity.agrees(), "{parity:?}");
        }
        return;
    }
    for build in [Build::Address, Build::Thread] {
        let Some(kernels) = library(build) else { return };
        let Some(probe) = with_sanitizer(probe(NAME, "all"), build, &kernels) else { return };
        let outcome = probe.run().expect_clean();
        // What TSan says of the test harness, which it does not see whole, is no matter.
        assert!(!outcome.output.contains(".cu:"), "{}", outcome.output);
    }
}
