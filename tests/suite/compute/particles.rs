//! A batch of particles on a device gives the bytes of the processor, whatever it is asked for and in whatever order
//! streams, threads and blocks run; a device that fails leaves the batch where the processor would have it.

use super::faults::{calls_of, expect_survived};
use super::native::{Build, library};
use super::probe::{Probe, case, probe};
use linetwin_compute::doctor::particles::{bits_of, drawn_heap, exercise};
use linetwin_compute::kernels::particles::{BatchError, ParticleBatch, StepError};
use linetwin_compute::{Device, DeviceChoice, DeviceError, OnDeviceLoss};

fn opened() -> Device {
    Device::open(&DeviceChoice::CudaOrdinal(2)).expect("the double has four devices").0
}

fn natively(probe: Probe) -> Option<Probe> {
    Some(probe.with("KERNELS", library(Build::Plain)?.to_string_lossy()))
}

#[test]
fn drawn_heaps_have_the_bytes_of_the_processor() {
    const NAME: &str = "compute::particles::drawn_heaps_have_the_bytes_of_the_processor";
    if let Some(case) = case() {
        let first: u64 = case.parse().expect("the case is a number");
        let device = opened();
        for seed in first..first + 12 {
            // From one particle to some hundred.
            let heap = drawn_heap(seed, 1 + seed as usize % 6);
            let [expected, found] = [&Device::Cpu, &device].map(|device| {
                let mut batch = heap.batch(device, OnDeviceLoss::Stop).expect("a drawn heap makes a batch");
                exercise(&mut batch, &heap, 10 + seed as u32 % 40).expect("nobody is lost")
            });
            let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found).count();
            assert!(expected == found, "heap {seed}: {} and {} answers, the first {same} agree", expected.len(), found.len());
        }
        return;
    }
    for (first, streams, threads) in [("100", "eager", "reverse"), ("200", "lazy", "random:3"), ("300", "random:7", "random:4")] {
        let Some(probe) = natively(probe(NAME, first)) else { return };
        probe.with("STREAMS", streams).with("PAGEABLE", "async").variable("ON_CPU_SCHED", threads).run().expect_clean();
    }
}

#[test]
fn one_by_one_or_many_at_once_and_a_batch_that_grows() {
    const NAME: &str = "compute::particles::one_by_one_or_many_at_once_and_a_batch_that_grows";
    if case().is_some() {
        let mut heap = drawn_heap(2, 6);
        // Nobody shoots out of what is added bit by bit: none is fast, or begins in a wall.
        heap.particles.retain(|particle| particle.position_m[0].hypot(particle.position_m[1]) < 0.025);
        heap.particles.iter_mut().for_each(|particle| particle.velocity_mps = particle.velocity_mps.map(|part| 0.1 * part));
        let device = opened();
        let make = |device: &Device| {
            let mut batch = ParticleBatch::on(device, heap.spec.clone(), OnDeviceLoss::Stop).expect("a batch");
            heap.add_walls(&mut batch).expect("walls");
            batch
        };
        let (mut expected, mut at_once, mut single) = (make(&Device::Cpu), make(&device), make(&device));
        heap.clumps.retain(|(_, grain)| grain.position_m[0].hypot(grain.position_m[1]) < 0.02);
        heap.clumps.iter_mut().for_each(|(_, grain)| grain.velocity_mps = [0.0; 3]);
        assert!(!heap.clumps.is_empty());
        for (index, some) in heap.particles.chunks(50).enumerate() {
            for batch in [&mut expected, &mut at_once, &mut single] {
                for particle in some {
                    batch.insert(particle).expect("there is room");
                }
                if let Some(clump) = heap.clumps.get(index) {
                    batch.insert_clump(&heap.clump(clump)).expect("there is room");
                }
            }
            // Beyond what a device does before it commits by itself.
            let steps = if some.len() == 50 { 33 } else { 1_100 };
            expected.run(steps).expect("nobody is lost");
            at_once.run(steps).expect("nobody is lost");
            (0..steps).for_each(|_| single.step().expect("nobody is lost"));
            assert_eq!(at_once.particles(), expected.particles());
        }
        assert!(at_once.build_count() < 400, "rows are built {} times: they save nothing", at_once.build_count());
        let expected = bits_of(&expected.save());
        assert!(bits_of(&at_once.save()) == expected && bits_of(&single.save()) == expected);
        // Empty, and filled again.
        for batch in [&mut at_once, &mut single] {
            let chunks = heap.particles.len().div_ceil(50);
            assert_eq!(batch.remove_where(|_, _| true).len(), heap.particles.len() + heap.clumps.len().min(chunks));
            batch.run(3).expect("nobody is there");
            assert!(batch.is_empty() && batch.particles().is_empty() && batch.books().particles == 0);
            batch.insert(&heap.particles[0]).expect("there is room");
            batch.run(3).expect("it falls");
            assert_eq!(batch.particles().len(), 1);
        }
        return;
    }
    let Some(probe) = natively(probe(NAME, "all")) else { return };
    probe.with("STREAMS", "lazy").run().expect_clean();
}

#[test]
fn who_is_lost_is_named_as_by_the_processor() {
    const NAME: &str = "compute::particles::who_is_lost_is_named_as_by_the_processor";
    if case().is_some() {
        let heap = drawn_heap(2, 3);
        let device = opened();
        let told = |device: &Device, spoil: usize| {
            let mut heap = heap.clone();
            match spoil {
                0 => heap.particles[4].velocity_mps = [300.0, 0.0, 0.0],
                // Two in one place push each other in no direction.
                1 => heap.particles[9].position_m = heap.particles[8].position_m,
                2 => heap.particles[13].velocity_mps = [0.0, 0.0, 180.0],
                // A clump, that flies, and one that turns.
                3 => heap.clumps[1].1.velocity_mps = [0.0, 190.0, 0.0],
                _ => heap.clumps[0].1.angular_velocity_radps = [0.0, 0.0, 40_000.0],
            }
            let mut batch = heap.batch(device, OnDeviceLoss::Stop).expect("a batch");
            let error = batch.run(5_000).expect_err("one is lost");
            (error, batch.particles().len())
        };
        for spoil in 0..5 {
            let expected = told(&Device::Cpu, spoil);
            assert!(matches!(expected.0, StepError::TooFast { .. } | StepError::OutOfBounds { .. }));
            assert_eq!(told(&device, spoil), expected);
        }
        return;
    }
    let Some(probe) = natively(probe(NAME, "all")) else { return };
    probe.run().expect_clean();
}

const STEPS: u32 = 7;

/// Takes a small heap through everything; under `cpu` the answers are those of the processor, under `stop` too where the
/// device failed only after the last step.
fn child(case: &str) {
    let on_loss = if case == "cpu" { OnDeviceLoss::Cpu } else { OnDeviceLoss::Stop };
    let heap = drawn_heap(2, 3);
    let device = match Device::open(&DeviceChoice::CudaOrdinal(2)) {
        Ok((device, _)) => device,
        Err(error) => return println!("stopped: {error:?}"),
    };
    let mut batch = match heap.batch(&device, on_loss) {
        Ok(batch) => batch,
        Err(BatchError::Device(error)) => return println!("stopped: {error:?}"),
        Err(error) => panic!("{error}"),
    };
    let found = match exercise(&mut batch, &heap, STEPS) {
        Ok(found) => found,
        Err(StepError::Device(error)) => return println!("stopped: {error:?}"),
        Err(error) => panic!("{error}"),
    };
    let mut by_processor = heap.batch(&Device::Cpu, OnDeviceLoss::Stop).expect("a batch");
    let expected = exercise(&mut by_processor, &heap, STEPS).expect("nobody is lost");
    assert!(found == expected, "the answers differ");
    match (batch.failure(), on_loss) {
        (Some(error), OnDeviceLoss::Stop) => println!("stopped: {error:?}"),
        (failure, _) => println!("went on: {failure:?}"),
    }
    if matches!(batch.failure(), Some(DeviceError::Lost(_))) {
        println!("by {}", batch.provenance());
    }
}

#[test]
fn memory_may_run_out_at_every_allocation_of_a_heap() {
    const NAME: &str = "compute::particles::memory_may_run_out_at_every_allocation_of_a_heap";
    if let Some(case) = case() {
        return child(&case);
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy());
    let undisturbed = with(probe(NAME, "stop")).with("LOG", "1").run().expect_clean().expect_told("went on: None");
    let count = calls_of(&undisturbed.output, "cuMemAllocAsync");
    assert!(count > 60, "{count} allocations");
    for nth in 1..=count {
        expect_survived(NAME, &format!("cuMemAllocAsync {nth} 2"), "OutOfMemory", &with);
    }
}

#[test]
fn a_device_may_be_lost_at_every_launch_of_a_heap() {
    const NAME: &str = "compute::particles::a_device_may_be_lost_at_every_launch_of_a_heap";
    if let Some(case) = case() {
        return child(&case);
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy()).with("STREAMS", "lazy");
    let log = with(probe(NAME, "stop")).with("LOG", "1").run().expect_clean().output;
    let launches = calls_of(&log, "cuLaunchKernel");
    assert!(launches > 80, "{launches} launches");
    for nth in 1..=launches {
        expect_survived(NAME, &format!("cuLaunchKernel {nth} 719"), "Lost", &with);
    }
    // While a kernel runs: the error comes up where somebody waits.
    for entry in ["step_particles", "push_walls", "move_clumps", "sort_particles", "write_pairs", "inherit_histories", "survey_motion"] {
        for nth in 1..=4 {
            expect_survived(NAME, &format!("run:{entry} {nth} 700"), "Lost", &with);
        }
    }
    for what in ["cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemsetD8Async"] {
        let count = calls_of(&log, what);
        assert!(count > 10, "{what}: {count}");
        for nth in (1..=count).step_by(3) {
            expect_survived(NAME, &format!("{what} {nth} 719"), "Lost", &with);
        }
    }
}

#[test]
fn what_a_device_has_committed_by_itself_is_where_the_processor_goes_on() {
    const NAME: &str = "compute::particles::what_a_device_has_committed_by_itself_is_where_the_processor_goes_on";
    if case().is_some() {
        let heap = drawn_heap(2, 2);
        let [expected, found] = [&Device::Cpu, &opened()].map(|device| {
            let mut batch = heap.batch(device, OnDeviceLoss::Cpu).expect("a batch");
            batch.run(1_900).expect("nobody is lost");
            let bits = bits_of(&batch.save());
            (bits, batch.failure().cloned(), batch.provenance())
        });
        assert!(found.0 == expected.0, "the bytes differ");
        return println!("went on by {}: {:?}", found.2, found.1);
    }
    let Some(probe) = natively(probe(NAME, "all")) else { return };
    // After the first thousand steps and some.
    probe.with("FAULTS", "run:step_particles 1750 719").run().expect_told("went on by cpu: Some(Lost");
}
