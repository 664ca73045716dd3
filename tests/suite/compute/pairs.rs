//! Candidate pairs: all that there are and no others, in the order of their keys, on the processor and on a device.

use super::faults::{calls_of, expect_survived};
use super::native::{Build, library};
use super::probe::{Probe, case, probe};
use linetwin_compute::doctor::drawn_balls;
use linetwin_compute::kernels::pairs::{Ball, PairFinder, find_pairs, find_pairs_among_all, parts_of};
use linetwin_compute::{Device, DeviceChoice, OnDeviceLoss};

fn ball(center_m: [f32; 3], radius_m: f32, replication: u32) -> Ball {
    Ball { center_m, radius_m, replication, unused: [0; 3] }
}

/// Batches of many kinds: none, one, dense, sparse, of one replication and of many, some of them empty.
fn batches() -> Vec<Vec<Ball>> {
    let mut batches = vec![Vec::new(), vec![ball([1.0, 2.0, 3.0], 0.5, 0)]];
    batches.extend((1..12).map(|seed| drawn_balls(seed, 40 * seed as usize, 1 + seed as u32 % 5)));
    // Most replications hold nothing, and one is far away and large.
    let mut sparse = drawn_balls(3, 60, 1);
    sparse.extend((0..60).map(|k| ball([0.01 * k as f32, 0.0, 0.0], 0.3, 65_535)));
    sparse.push(ball([-900.0, 900.0, 900.0], 200.0, 65_535));
    batches.push(sparse);
    batches
}

#[test]
fn the_grid_finds_all_pairs_and_keys_say_what_they_are() {
    let mut pairs = 0;
    for balls in batches() {
        let found = find_pairs(&balls);
        assert!(found == find_pairs_among_all(&balls), "{} balls", balls.len());
        assert!(found.is_sorted());
        for &key in &found {
            let (replication, [first, second]) = parts_of(key);
            assert!(first < second && [first, second].iter().all(|&index| balls[index].replication == replication));
        }
        pairs += found.len();
    }
    assert!(pairs > 2_000, "only {pairs} pairs");
    assert_eq!(parts_of(0x0003_0000_0500_0009), (3, [5, 9]));
    // Balls of two replications in one place do not meet.
    assert!(find_pairs(&[ball([0.0; 3], 1.0, 0), ball([0.0; 3], 1.0, 1)]).is_empty());
    assert_eq!(find_pairs(&[ball([0.0; 3], 1.0, 4), ball([2.0, 0.0, 0.0], 1.0, 4)]), [0x0004_0000_0000_0001]);
}

/// One finder for batches that grow and shrink.
fn child(case: &str) {
    let on_loss = if case == "cpu" { OnDeviceLoss::Cpu } else { OnDeviceLoss::Stop };
    let device = match Device::open(&DeviceChoice::CudaOrdinal(2)) {
        Ok((device, _)) => device,
        Err(error) => return println!("stopped: {error:?}"),
    };
    let mut finder = match PairFinder::new(&device, on_loss) {
        Ok(finder) => finder,
        Err(error) => return println!("stopped: {error:?}"),
    };
    for balls in batches() {
        match finder.find(&balls) {
            Ok(found) => assert!(found == find_pairs(&balls), "{} balls", balls.len()),
            Err(error) => return println!("stopped: {error:?}"),
        }
    }
    println!("went on: {:?}", finder.failure());
}

#[test]
fn a_device_finds_the_same_and_may_fail_anywhere() {
    const NAME: &str = "compute::pairs::a_device_finds_the_same_and_may_fail_anywhere";
    if let Some(case) = case() {
        return child(&case);
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let with = |probe: Probe| probe.with("KERNELS", kernels.to_string_lossy()).with("STREAMS", "lazy");
    with(probe(NAME, "stop")).variable("ON_CPU_SCHED", "random:8").run().expect_clean().expect_told("went on: None");
    let log = with(probe(NAME, "stop")).with("LOG", "1").run().expect_clean().output;
    for (what, code, kind) in
        [("cuMemAllocAsync", 2, "OutOfMemory"), ("cuLaunchKernel", 719, "Lost"), ("cuMemcpyDtoHAsync_v2", 719, "Lost")]
    {
        let count = calls_of(&log, what);
        assert!(count > 20, "{what}: {count}");
        for nth in (1..=count).step_by(2) {
            expect_survived(NAME, &format!("{what} {nth} {code}"), kind, &with);
        }
    }
}
