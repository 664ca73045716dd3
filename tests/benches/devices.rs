//! What a GPU does in each kernel, against the processor of the same machine, in turns of one run.
//!
//! `cargo bench --locked -p linetwin-tests --bench devices [-- DEVICE [ROUNDS [STATE]]]`
//!
//! DEVICE is what `linetwin doctor --device` takes; a stand-in or a software adapter is refused, since its figures would say
//! nothing. Both do the same work, and where the device promises bits they are compared first. Queries and pairs travel to
//! the device and back in every turn; prefix sums and particles stay there. The processor uses all cores that rayon sees.

use linetwin_compute::device::Provenance;
use linetwin_compute::doctor::{ARM_LINKS, drawn_arm, drawn_balls, drawn_places, drawn_rays, drawn_solids};
use linetwin_compute::kernels::overlaps::{Clearance, ClearanceChecker, measure_clearances};
use linetwin_compute::kernels::pairs::{PairFinder, find_pairs};
use linetwin_compute::kernels::prefix_sums::{PrefixSums, sum_prefixes};
use linetwin_compute::kernels::rays::{Hit, RayCaster, SolidWorld, cast_rays};
use linetwin_compute::{Device, DeviceChoice, OnDeviceLoss};
use linetwin_tests::dense_hopper::{batch_of, read_state, usual_state};
use std::path::{Path, PathBuf};
use std::time::Instant;

const DEFAULT_ROUNDS: usize = 5;
const SOLIDS: usize = 20_000;
const RAYS: [usize; 2] = [100_000, 4_000_000];
const POSES: [usize; 2] = [10_000, 1_000_000];
const REACH_M: f32 = 1.5;
const BALLS: [usize; 2] = [100_000, 4_000_000];
const REPLICATIONS: u32 = 64;
const VALUES: [usize; 2] = [1_000_000, 100_000_000];
/// Hoppers side by side, of 98,218 particles each, and steps of a turn on the device and on the processor.
const HOPPERS: [(usize, u32, u32); 3] = [(1, 400, 40), (4, 400, 20), (20, 200, 5)];
/// Steps before anything is timed: rows are then built as often as they will be.
const WARMING_STEPS: u32 = 64;

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let choice = arguments.first().map_or(Ok(DeviceChoice::Auto), |text| text.parse());
    let rounds = arguments.get(1).map_or(Some(DEFAULT_ROUNDS), |text| text.parse().ok().filter(|&rounds| rounds > 0));
    let (Ok(choice), Some(rounds)) = (choice, rounds) else {
        eprintln!("usage: devices [DEVICE [ROUNDS [STATE]]]");
        std::process::exit(2);
    };
    let device = match Device::open(&choice) {
        Ok((device, _)) => device,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(3);
        }
    };
    match &device {
        Device::Cuda(cuda) if device.provenance() == Provenance::Gpu => println!("device: {}", cuda.info()),
        Device::Wgpu(wgpu) if device.provenance() == (Provenance::Wgpu { software: false }) => println!("device: {}", wgpu.info()),
        _ => {
            eprintln!("no figures come from `{}`: a GPU is wanted", device.provenance());
            std::process::exit(3);
        }
    }
    println!("processor: {} threads\n", rayon::current_num_threads());
    println!("{:<44} {:>13} {:>13} {:>8}", "millions of items a second, medians", "device", "processor", "ratio");
    print_rays(&device, rounds);
    print_clearances(&device, rounds);
    print_pairs(&device, rounds);
    print_prefix_sums(&device, rounds);
    print_particles(&device, rounds, &arguments.get(2).map_or_else(usual_state, PathBuf::from));
}

fn print_rays(device: &Device, rounds: usize) {
    let world = SolidWorld::new(&drawn_solids(7, SOLIDS));
    let mut caster = RayCaster::new(device, world.clone(), OnDeviceLoss::Stop).expect("the world fits the device");
    for count in RAYS {
        let rays = drawn_rays(11, count);
        let mut found = vec![Hit { distance_m: 0.0, solid: 0 }; count];
        let mut expected = found.clone();
        let name = format!("rays: {count} among {SOLIDS} solids");
        let mut on_device = || caster.cast(&rays, &mut found).expect("the device works");
        print_turns(&name, rounds, [count; 2], &mut on_device, &mut || cast_rays(&world, &rays, &mut expected));
        assert!(!is_exact(device) || found == expected, "the device finds other hits");
    }
}

fn print_clearances(device: &Device, rounds: usize) {
    let world = SolidWorld::new(&drawn_solids(17, SOLIDS));
    let spheres = drawn_arm(19);
    let checker = ClearanceChecker::new(device, world.clone(), spheres.clone(), OnDeviceLoss::Stop);
    let mut checker = checker.expect("the world fits the device");
    for count in POSES {
        let places = drawn_places(23, count);
        let mut found = vec![Clearance { least_m: 0.0, nearest_sphere: 0, nearest_solid: 0, first_hit: 0 }; count];
        let mut expected = found.clone();
        let name = format!("(pose, sphere) pairs: {count} x {} among {SOLIDS}", spheres.len());
        let mut on_device = || checker.measure(&places, REACH_M, &mut found).expect("the device works");
        print_turns(&name, rounds, [count * spheres.len(); 2], &mut on_device, &mut || {
            measure_clearances(&world, &spheres, &places, ARM_LINKS, REACH_M, &mut expected);
        });
        assert!(!is_exact(device) || found == expected, "the device finds other clearances");
    }
}

fn print_pairs(device: &Device, rounds: usize) {
    let mut finder = PairFinder::new(device, OnDeviceLoss::Stop).expect("the device takes the kernel");
    for count in BALLS {
        let balls = drawn_balls(29, count, REPLICATIONS);
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        let mut on_device = || found = finder.find(&balls).expect("the device works");
        print_turns(&format!("balls: pairs among {count}"), rounds, [count; 2], &mut on_device, &mut || expected = find_pairs(&balls));
        assert!(!is_exact(device) || found == expected, "the device finds other pairs");
    }
}

fn print_prefix_sums(device: &Device, rounds: usize) {
    let gpu = device.gpu().expect("looked at before");
    for count in VALUES {
        let values: Vec<u32> = (0..count as u32).map(|index| index.wrapping_mul(2_654_435_761) >> 24).collect();
        let (mut found, mut expected) = (vec![0; count], vec![0; count]);
        let on_device = gpu.upload(&values).and_then(|values| Ok((values, gpu.zeros(count)?, PrefixSums::new(&gpu, count)?)));
        let (uploaded, mut sums, mut prefix_sums) = on_device.expect("the values fit the device");
        let mut sum = || prefix_sums.sum(&uploaded, &mut sums, count).and_then(|()| gpu.synchronize()).expect("the device works");
        print_turns(&format!("values: prefix sums of {count}"), rounds, [count; 2], &mut sum, &mut || {
            sum_prefixes(&values, &mut expected);
        });
        gpu.download(&sums, &mut found).expect("the device works");
        assert!(found == expected, "the device finds other sums");
    }
}

fn print_particles(device: &Device, rounds: usize, state: &Path) {
    let Some(spheres) = read_state(state) else {
        println!("SKIPPED: the state {} is not there", state.display());
        return;
    };
    for (hoppers, device_steps, processor_steps) in HOPPERS {
        let mut ours = batch_of(device, &spheres, hoppers);
        let mut theirs = batch_of(&Device::Cpu, &spheres, hoppers);
        let count = ours.len();
        for batch in [&mut ours, &mut theirs] {
            batch.run(WARMING_STEPS).expect("nobody is lost");
        }
        assert!(!is_exact(device) || ours.fingerprint() == theirs.fingerprint(), "the device moves particles otherwise");
        let items = [device_steps, processor_steps].map(|steps| count * steps as usize);
        let builds = ours.build_count();
        let mut on_device = || ours.run(device_steps).expect("nobody is lost");
        print_turns(&format!("particle-steps: {count} particles"), rounds, items, &mut on_device, &mut || {
            theirs.run(processor_steps).expect("nobody is lost");
        });
        let steps = device_steps as usize * (rounds + 1);
        println!("    rows were built every {:.1} steps", steps as f64 / (ours.build_count() - builds) as f64);
    }
}

fn is_exact(device: &Device) -> bool {
    device.gpu().is_none_or(|gpu| gpu.is_exact())
}

/// Takes turns, so that a drifting machine hits both alike, and prints medians: millions of items a second, of which a turn
/// of the one and of the other has so many. The first turn warms caches and buffers.
fn print_turns(name: &str, rounds: usize, items: [usize; 2], on_device: &mut dyn FnMut(), on_processor: &mut dyn FnMut()) {
    let timed = |work: &mut dyn FnMut(), items: usize| {
        let started = Instant::now();
        work();
        1e-6 * items as f64 / started.elapsed().as_secs_f64()
    };
    let turns: Vec<[f64; 2]> = (0..=rounds).map(|_| [timed(on_device, items[0]), timed(on_processor, items[1])]).skip(1).collect();
    let median = |of: &dyn Fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (device, processor, ratio) = (median(&|turn| turn[0]), median(&|turn| turn[1]), median(&|[a, b]| a / b));
    println!("{name:<44} {device:>13.1} {processor:>13.1} {ratio:>8.1}");
}
