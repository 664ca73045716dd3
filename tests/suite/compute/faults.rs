//! What a device can do to a batch: run out of memory at any allocation, be lost at any launch or copy, refuse the image.
//! The batch goes on by the processor with the same bytes, or hands the error on; nothing is leaked, nothing panics.

use super::native::{Build, library};
use super::probe::{Probe, case, probe, scratch};
use linetwin_compute::doctor::{drawn_rays, drawn_solids};
use linetwin_compute::kernels::rays::{Hit, RayCaster, SolidWorld, cast_rays};
use linetwin_compute::{Device, DeviceChoice, DeviceError, OnDeviceLoss};

const BATCHES: usize = 3;

/// Casts three batches, the last two larger than what fits the buffers of the first, and among more solids.
fn cast_batches(on_loss: OnDeviceLoss) {
    let mut world = SolidWorld::new(&drawn_solids(5, 60));
    let device = Device::open(&DeviceChoice::CudaOrdinal(2)).map(|(device, _)| device);
    let device = match (device, on_loss) {
        (Ok(device), _) => device,
        (Err(error), _) => return println!("stopped: {error:?}"),
    };
    let mut caster = match RayCaster::new(&device, world.clone(), on_loss) {
        Ok(caster) => caster,
        Err(error) => return println!("stopped: {error:?}"),
    };
    for batch in 0..BATCHES {
        if batch > 0 {
            world = SolidWorld::new(&drawn_solids(5 + batch as u64, 100 * batch));
            if let Err(error) = caster.set_world(world.clone()) {
                return println!("stopped: {error:?}");
            }
        }
        let rays = drawn_rays(batch as u64, 50 + 300 * batch);
        let mut expected = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
        let mut found = expected.clone();
        cast_rays(&world, &rays, &mut expected);
        if let Err(error) = caster.cast(&rays, &mut found) {
            return println!("stopped: {error:?}");
        }
        assert!(found == expected, "batch {batch} differs");
    }
    println!("went on: {:?}", caster.failure());
    if matches!(caster.failure(), Some(DeviceError::Lost(_))) {
        let again = Device::open(&DeviceChoice::Cuda).map(|_| ()).expect_err("a lost device stays lost for the process");
        assert!(matches!(again, DeviceError::Lost(_)), "{again:?}");
        let (instead, note) = Device::open(&DeviceChoice::Auto).expect("the processor is always there");
        assert!(matches!(instead, Device::Cpu) && note.is_some_and(|note| note.contains("lost")));
    }
}

fn child(case: &str) {
    cast_batches(if case == "cpu" { OnDeviceLoss::Cpu } else { OnDeviceLoss::Stop });
}

/// How often a name occurs in the log of an undisturbed run.
pub fn calls_of(log: &str, what: &str) -> usize {
    log.matches(&format!("cuda-double: {what} #")).count()
}

/// A run with injected faults under both policies; `at_once` when it already fails before a batch exists.
pub fn expect_survived(test: &str, faults: &str, kind: &str, with: &dyn Fn(Probe) -> Probe) {
    for case in ["cpu", "stop"] {
        let outcome = with(probe(test, case)).with("FAULTS", faults).run();
        assert!(outcome.passed && !outcome.output.contains("WRONG"), "{faults}, {case}:\n{}", outcome.output);
        assert!(outcome.output.contains("injected fault"), "{faults} was never met:\n{}", outcome.output);
        assert!(!outcome.output.contains("panicked"), "{faults}, {case}:\n{}", outcome.output);
        // Opening the device has no fallback of its own: there `auto` decides.
        let expected = [format!("stopped: {kind}"), format!("went on: Some({kind}")];
        let told =
            if case == "cpu" { expected.iter().any(|told| outcome.output.contains(told)) } else { outcome.output.contains(&expected[0]) };
        assert!(told, "{faults}, {case}: {expected:?}\n{}", outcome.output);
        let (ended, clean) = ("allocations left", "ended: 0 allocations left, 0 pinned");
        assert_eq!(outcome.output.matches(ended).count(), outcome.output.matches(clean).count(), "{faults}, {case}:\n{}", outcome.output);
    }
}

#[test]
fn memory_may_run_out_at_every_allocation() {
    const NAME: &str = "compute::faults::memory_may_run_out_at_every_allocation";
    if let Some(case) = case() {
        return child(&case);
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy());
    let undisturbed = with(probe(NAME, "stop")).with("LOG", "1").run().expect_clean().expect_told("went on: None");
    let counts = ["cuMemAllocAsync", "cuMemHostAlloc"].map(|what| (what, calls_of(&undisturbed.output, what)));
    assert!(counts[0].1 >= 7 && counts[1].1 == 2, "{counts:?}");
    for (what, count) in counts {
        for nth in 1..=count {
            expect_survived(NAME, &format!("{what} {nth} 2"), "OutOfMemory", &with);
        }
    }
}

#[test]
fn a_device_may_be_lost_at_every_launch_and_copy() {
    const NAME: &str = "compute::faults::a_device_may_be_lost_at_every_launch_and_copy";
    if let Some(case) = case() {
        return child(&case);
    }
    let Some(kernels) = library(Build::Plain) else { return };
    // Lazily, an error of a kernel comes up only where somebody waits; eagerly at once.
    for streams in ["lazy", "eager"] {
        let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy()).with("STREAMS", streams);
        for nth in 1..=BATCHES {
            for code in ["700", "719", "214", "999"] {
                expect_survived(NAME, &format!("run:cast_rays {nth} {code}"), "Lost", &with);
            }
        }
    }
    let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy());
    let log = with(probe(NAME, "stop")).with("LOG", "1").run().expect_clean().output;
    for what in ["cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuStreamSynchronize", "cuEventRecord", "cuLaunchKernel"] {
        let count = calls_of(&log, what);
        assert!(count >= BATCHES, "{what}: {count}");
        // The last time somebody waits is when everything has been handed out already.
        let last = if what == "cuStreamSynchronize" { count - 1 } else { count };
        for nth in [1, count / 2, last] {
            expect_survived(NAME, &format!("{what} {nth} 719"), "Lost", &with);
        }
    }
}

#[test]
fn an_image_that_the_driver_refuses_is_told_by_its_stem() {
    const NAME: &str = "compute::faults::an_image_that_the_driver_refuses_is_told_by_its_stem";
    if let Some(case) = case() {
        return child(&case);
    }
    // A card from before 2018 cannot run compute_75, and a driver of its own accord may refuse anything.
    for (setting, value, told) in [("CC", "70", "NO_BINARY_FOR_GPU"), ("FAULTS", "cuModuleLoadData 1 222", "UNSUPPORTED_PTX_VERSION")] {
        let stopped = probe(NAME, "stop").with(setting, value).run();
        assert!(stopped.passed, "{}", stopped.output);
        stopped.expect_told("stopped: Refused { stem: \"rays\"").expect_told(told);
        let went_on = probe(NAME, "cpu").with(setting, value).run();
        assert!(went_on.passed, "{}", went_on.output);
        went_on.expect_told("went on: Some(Refused");
    }
}

#[test]
fn a_stale_native_build_is_refused() {
    const NAME: &str = "compute::faults::a_stale_native_build_is_refused";
    if let Some(case) = case() {
        return child(&case);
    }
    let source = linetwin_compute::kernels::rays::KERNEL
        .source
        .replace("unsigned int ray_count, node_count;", "unsigned int ray_count, node_count, more;");
    let stale = scratch().join("stale.cu");
    std::fs::write(&stale, source).expect("the scratch folder can be written");
    let Some(kernels) = super::native::compile(Build::Plain, "stale", &[stale]) else { return };
    let outcome = probe(NAME, "stop").with("KERNELS", kernels.to_string_lossy()).run();
    outcome.expect_told("stale build?").expect_told("stopped: Refused");
}
