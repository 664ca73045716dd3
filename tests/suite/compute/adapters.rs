//! WGSL on Mesa's software adapter: the bits of the processor, and every way to lose the device survived.

use super::probe::{case, probe};
use linetwin_compute::contract::Kernel;
use linetwin_compute::device::Provenance;
use linetwin_compute::doctor::particles::drawn_heap;
use linetwin_compute::doctor::tolerance::{compare_clearances, compare_hits, compare_pairs, compare_particles};
use linetwin_compute::doctor::{
    ARM_LINKS, Drawn, Extent, Verdict, check_parity, drawn_arm, drawn_balls, drawn_places, drawn_rays, drawn_solids,
};
use linetwin_compute::kernels::overlaps::{Clearance, measure_clearances};
use linetwin_compute::kernels::pairs::{Ball, find_pairs};
use linetwin_compute::kernels::particles::Particle;
use linetwin_compute::kernels::prefix_sums::{PrefixSums, sum_prefixes};
use linetwin_compute::kernels::rays::{Hit, NO_SOLID, RayCaster, SolidWorld, cast_rays};
use linetwin_compute::kernels::{KERNELS, rays};
use linetwin_compute::wgsl::{Loaded, WgpuDevice, adapters};
use linetwin_compute::{Device, DeviceError, Gpu, OnDeviceLoss};
use std::sync::Arc;

/// The adapter whose bits are asked for; none where it is not installed, which the gate does not let pass once it has.
pub fn exact() -> Option<Arc<WgpuDevice>> {
    let found = adapters().unwrap_or_default().into_iter().find(|adapter| adapter.is_exact());
    let Some(adapter) = found else {
        assert!(std::env::var_os("LINETWIN_REQUIRE_LAVAPIPE").is_none(), "{:?}", adapters());
        eprintln!("SKIPPED: no software adapter for Vulkan (Debian: mesa-vulkan-drivers): no shader is run");
        return None;
    };
    Some(Arc::new(WgpuDevice::open(adapter.ordinal).unwrap_or_else(|error| panic!("{error}"))))
}

#[test]
fn shaders_give_the_bits_of_the_processor() {
    let Some(device) = exact() else { return };
    let parities = check_parity(&Device::Wgpu(device), Extent::Small).unwrap_or_else(|error| panic!("{error}"));
    let stems: Vec<&str> = parities.iter().map(|parity| parity.stem).collect();
    let written = KERNELS.iter().filter(|kernel| kernel.wgsl.is_some()).map(|kernel| kernel.stem);
    assert_eq!(stems, written.collect::<Vec<_>>(), "one parity case for each shader");
    for parity in parities {
        println!("{}: {}, {:016x} by {}", parity.stem, parity.inputs, parity.found_hash, parity.provenance);
        assert!(parity.verdict == Verdict::SameBits && parity.provenance == Provenance::Wgpu { software: true }, "{parity:?}");
    }
}

#[test]
fn real_adapters_are_within_their_tolerance() {
    let real: Vec<_> = adapters().unwrap_or_default().into_iter().filter(|adapter| !adapter.software).collect();
    if real.is_empty() {
        return eprintln!("SKIPPED: no shader runs on hardware: there is no GPU with Vulkan, Metal or DX12");
    }
    for adapter in real {
        let device = Device::Wgpu(Arc::new(WgpuDevice::open(adapter.ordinal).unwrap_or_else(|error| panic!("{error}"))));
        for parity in check_parity(&device, Extent::Small).unwrap_or_else(|error| panic!("{error}")) {
            println!("{adapter}: {parity:?}");
            assert!(parity.agrees(), "{adapter}: {parity:?}");
        }
    }
}

/// What a real GPU may give and what not: no such device is here, so its results are made up.
#[test]
fn the_tolerance_lets_roundings_pass_and_nothing_else() {
    let world = SolidWorld::new(&drawn_solids(7, 300));
    let rays = drawn_rays(11, 3_000);
    let mut expected = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
    cast_rays(&world, &rays, &mut expected);
    let met: Vec<usize> = (0..rays.len()).filter(|&ray| expected[ray].solid != NO_SOLID).collect();
    let compare = |change: &dyn Fn(&mut [Hit])| {
        let mut found = expected.clone();
        change(&mut found);
        compare_hits(&world, &rays, &expected, &found)
    };
    let nothing = Hit { distance_m: f32::INFINITY, solid: NO_SOLID };
    let rounded = compare(&|found| met.iter().for_each(|&ray| found[ray].distance_m *= 1.0 + 4.0 * f32::EPSILON));
    assert!(rounded.as_ref().is_ok_and(|told| told.starts_with("0 hits differ")), "{rounded:?}");
    assert!(compare(&|found| met[..3].iter().for_each(|&ray| found[ray] = nothing)).is_ok(), "three in 3,000 graze");
    assert!(compare(&|found| met[..4].iter().for_each(|&ray| found[ray] = nothing)).is_err());
    assert!(compare(&|found| found[met[0]].distance_m += 0.05).is_err(), "no surface is there");
    assert!(compare(&|found| found[met[0]].distance_m = f32::NAN).is_err());
    assert!(compare(&|found| found[met[0]].solid = 300).is_err(), "there is no such solid");
    assert!(compare(&|found| found[met[0]].solid = NO_SOLID).is_err(), "nothing was hit at a finite distance");

    let (spheres, places) = (drawn_arm(19), drawn_places(23, 2_000));
    let mut expected = vec![Clearance { least_m: 0.0, nearest_sphere: 0, nearest_solid: 0, first_hit: 0 }; 2_000];
    measure_clearances(&world, &spheres, &places, ARM_LINKS, 1.5, &mut expected);
    let compare = |change: &dyn Fn(&mut [Clearance])| {
        let mut found = expected.clone();
        change(&mut found);
        compare_clearances(&world, spheres.len(), &expected, &found)
    };
    assert!(compare(&|found| found.iter_mut().for_each(|clearance| clearance.least_m += 1e-6)).is_ok());
    assert!(compare(&|found| found[5].least_m += 0.001).is_err());
    assert!(compare(&|found| found[5].least_m = f32::NAN).is_err());
    assert!(compare(&|found| found[5].nearest_solid = 300).is_err(), "there is no such solid");
    let other = |clearance: &mut Clearance| clearance.first_hit = if clearance.first_hit == 0 { 1 } else { 0 };
    assert!(compare(&|found| found[..2].iter_mut().for_each(other)).is_ok(), "two in 2,000 touch by a rounding");
    assert!(compare(&|found| found[..3].iter_mut().for_each(other)).is_err());
}

#[test]
fn the_tolerance_knows_particles() {
    let heap = drawn_heap(0, 11).particles;
    type Numbered = (u64, Particle);
    let expected: Vec<Numbered> = (0..).zip(heap).collect();
    let compare = |change: &dyn Fn(&mut [Numbered])| {
        let mut found = expected.clone();
        change(&mut found);
        compare_particles(&expected, &found)
    };
    assert!(compare(&|found| found.iter_mut().for_each(|(_, particle)| particle.position_m[1] += 1e-6)).is_ok());
    let stray =
        |count: usize, by_m: f64| compare(&|found| found[..count].iter_mut().for_each(|(_, particle)| particle.position_m[2] -= by_m));
    assert!(stray(6, 0.001).is_ok(), "six of 1,331 went another way");
    assert!(stray(7, 0.001).is_err() && stray(1, 0.006).is_err());
    assert!(compare(&|found| found[2].1.position_m[0] = f64::NAN).is_err());
    assert!(compare(&|found| found[9].0 = 10).is_err() && compare(&|found| found[9].1.material ^= 1).is_err());
}

#[test]
fn the_tolerance_knows_pairs() {
    // Two that just touch, among many that do or do not.
    let mut balls = drawn_balls(5, 2_000, 1);
    balls.extend([0.0, 1.0].map(|x| Ball { center_m: [x, 50.0, 0.0], radius_m: 0.5, replication: 0, unused: [0; 3] }));
    let expected = find_pairs(&balls);
    assert!(expected.len() > 1_000 && expected.last() == Some(&(2_000 << 24 | 2_001)), "{}", expected.len());
    let compare = |found: &[u64]| compare_pairs(&balls, &expected, found);
    let grazing = &expected[..expected.len() - 1];
    assert!(compare(grazing).is_ok() && compare_pairs(&balls, grazing, &expected).is_ok());
    assert!(compare(&expected[1..]).is_err(), "the first two overlap");
    let with = |key: u64| expected.iter().copied().chain([key]).collect::<Vec<_>>();
    assert!(compare(&with(2_001 << 24 | 2_002)).is_err(), "there is no such ball");
    assert!(compare(&with(1)).is_err(), "keys are not sorted");
}

#[test]
fn more_blocks_than_one_dimension_holds_and_copies_in_pieces() {
    let Some(device) = exact() else { return };
    let gpu = Gpu::Wgpu(device);
    // 78,126 blocks of `add_tile_sums`, where Vulkan promises 65,535; 80 MB, in three pieces.
    let mut drawn = Drawn::new(4);
    let values: Vec<u32> = (0..20_000_007).map(|_| drawn.bits() as u32).collect();
    let mut expected = vec![0; values.len()];
    sum_prefixes(&values, &mut expected);
    let (buffer, mut sums) = (gpu.upload(&values).expect("it fits"), gpu.zeros(values.len()).expect("it fits"));
    PrefixSums::new(&gpu, values.len()).expect("it loads").sum(&buffer, &mut sums, values.len()).expect("it runs");
    let mut found = vec![0; values.len()];
    gpu.download(&sums, &mut found).expect("it is there");
    assert!(found == expected);
    gpu.write(&mut sums, 3, &[7, 8]).expect("it is there");
    gpu.download(&sums, &mut found[..6]).expect("it is there");
    assert_eq!(found[..6], [expected[0], expected[1], expected[2], 7, 8, expected[5]]);
    gpu.clear(&mut sums).expect("it is there");
    gpu.download(&sums, &mut found[..5]).expect("it is there");
    assert_eq!(found[..5], [0; 5]);
}

/// Two batches, the second larger than what fits the buffers of the first, and among other solids.
fn cast_batches(device: &Arc<WgpuDevice>, on_loss: OnDeviceLoss) -> Result<Option<DeviceError>, DeviceError> {
    let mut world = SolidWorld::new(&drawn_solids(5, 60));
    let mut caster = RayCaster::new(&Device::Wgpu(device.clone()), world.clone(), on_loss)?;
    for batch in 0..2 {
        if batch > 0 {
            world = SolidWorld::new(&drawn_solids(6, 100));
            caster.set_world(world.clone())?;
        }
        let rays = drawn_rays(batch as u64, 50 + 300 * batch);
        let mut expected = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
        let mut found = expected.clone();
        cast_rays(&world, &rays, &mut expected);
        caster.cast(&rays, &mut found)?;
        assert!(found == expected, "batch {batch} differs");
    }
    let on_processor = caster.provenance() == Provenance::Cpu;
    assert_eq!(on_processor, caster.failure().is_some(), "who computes and why");
    Ok(caster.failure().cloned())
}

#[test]
fn a_device_may_be_lost_at_every_call() {
    let Some(device) = exact() else { return };
    assert_eq!(cast_batches(&device, OnDeviceLoss::Stop), Ok(None));
    let mut survived = 0;
    for calls in 0.. {
        let lost = |on_loss| {
            let device = exact().expect("it was there a moment ago");
            device.lose_after(calls);
            let outcome = cast_batches(&device, on_loss);
            // Whoever comes later is told as well.
            let later = device.zeros::<u32>(1).map(|_| ());
            (outcome, later)
        };
        let (outcome, later) = lost(OnDeviceLoss::Cpu);
        if outcome == Ok(None) {
            break;
        }
        assert!(matches!(outcome, Ok(Some(DeviceError::Lost(_)))) && matches!(later, Err(DeviceError::Lost(_))), "{calls}: {outcome:?}");
        let (outcome, _) = lost(OnDeviceLoss::Stop);
        assert!(matches!(outcome, Err(DeviceError::Lost(_))), "{calls}: {outcome:?}");
        survived += 1;
    }
    // Module, pipeline, buffers and their contents, then for each batch rays, launch, copy.
    assert!(survived >= 15, "{survived}");
}

#[test]
fn a_buffer_that_no_adapter_binds_is_out_of_memory_and_the_device_stays() {
    let Some(device) = exact() else { return };
    let error = device.zeros::<[u32; 4]>(1 << 30).expect_err("16 GiB in one buffer");
    assert!(matches!(error, DeviceError::OutOfMemory(_)), "{error}");
    assert_eq!(cast_batches(&device, OnDeviceLoss::Stop), Ok(None));
}

#[test]
fn memory_may_run_out_and_the_device_stays() {
    const NAME: &str = "compute::adapters::memory_may_run_out_and_the_device_stays";
    if case().is_some() {
        let device = exact().expect("the parent saw it");
        let mut held = Vec::new();
        let error = loop {
            match device.zeros::<[u32; 4]>(6 << 20) {
                Ok(buffer) => held.push(buffer),
                Err(error) => break error,
            }
            assert!(held.len() < 100, "10 GB in 4");
        };
        println!("after {}: {error:?}", held.len());
        println!("meanwhile: {:?}", device.zeros::<[u32; 4]>(6 << 20).map(|_| ()));
        held.clear();
        device.synchronize().expect("memory ran out, nothing else");
        return println!("then: {:?}", cast_batches(&device, OnDeviceLoss::Stop));
    }
    if exact().is_none() {
        return;
    }
    // What lavapipe and LLVM map of their own is below 2 GB.
    let outcome = probe(NAME, "all").limited(4 << 20).run();
    assert!(outcome.passed && !outcome.output.contains("panicked"), "{}", outcome.output);
    outcome.expect_told(": OutOfMemory(").expect_told("meanwhile: Err(OutOfMemory(").expect_told("then: Ok(None)");
}

#[test]
fn a_shader_that_the_adapter_refuses_is_told_by_its_stem() {
    let Some(device) = exact() else { return };
    static WRONG: Kernel =
        Kernel { stem: "wrong", wgsl: Some("@compute @workgroup_size(128) fn cast_rays() { let x: u32 = 1.0; }"), ..WITHOUT_A_SHADER };
    static OTHER: Kernel = Kernel {
        stem: "other",
        wgsl: Some(
            "@group(0) @binding(9) var<storage, read_write> x: array<u32>; @compute @workgroup_size(128) fn cast_rays() { x[0] = 1u; }",
        ),
        ..WITHOUT_A_SHADER
    };
    for kernel in [&WRONG, &OTHER, &WITHOUT_A_SHADER] {
        let error = Loaded::new(&device, kernel).map(|_| ()).expect_err("it is no shader of that contract");
        assert!(matches!(&error, DeviceError::Refused { stem, .. } if *stem == kernel.stem) && error.is_failure_of_the_device(), "{error}");
    }
    assert_eq!(cast_batches(&device, OnDeviceLoss::Stop), Ok(None), "a refused shader leaves the device whole");
}

const WITHOUT_A_SHADER: Kernel = Kernel { stem: "nothing", source: "", ptx: "", cubin: None, wgsl: None, entries: &[&rays::CAST_RAYS] };

#[test]
fn without_a_driver_wgpu_is_an_error_and_auto_does_not_ask() {
    const NAME: &str = "compute::adapters::without_a_driver_wgpu_is_an_error_and_auto_does_not_ask";
    if let Some(case) = case() {
        let opened = Device::open(&case.parse().expect("a choice")).map(|(device, _)| device.provenance());
        return println!("opened: {opened:?}");
    }
    // The loader of Vulkan finds no driver under these names, as on a machine that has none.
    let without = |case: &str| {
        let probe = probe(NAME, case).variable("VK_ICD_FILENAMES", "/nowhere.json").variable("VK_DRIVER_FILES", "/nowhere.json");
        let outcome = probe.run();
        assert!(outcome.passed && !outcome.output.contains("panicked"), "{}", outcome.output);
        outcome
    };
    if cfg!(target_os = "linux") {
        without("wgpu").expect_told("opened: Err(NoAdapter)");
        without("wgpu:llvmpipe").expect_told("opened: Err(NoAdapter)");
        without("auto").expect_told("opened: Ok(DoubleNative)");
    }
}
