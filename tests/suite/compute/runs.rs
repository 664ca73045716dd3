//! A line's grains on a device: the run directory holds the bytes of the processor, whatever becomes of the device; what
//! promises no bits says so.

use super::adapters::exact;
use super::native::{Build, library};
use super::probe::{case, probe};
use crate::run_directory::Watcher;
use linetwin_compute::{DeviceChoice, DeviceError, OnDeviceLoss};
use linetwin_model::Time;
use linetwin_run::{DeviceRequest, Ending, RunError, RunOutcome, RunRequest, execute, replay};
use std::path::Path;

/// A hopper is fed and empties into a bin; some grains miss it. A tray rides below it and catches some, and a block falls with them.
const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Grains on a device",
    bulk: {"granulate": Bulk(diameter_m: Uniform(0.018, 0.022), density_kgpm3: 1000, young_pa: 1e5, rolling_friction: 0.05)},
    parts: {
        "tray":  Part(shape: OpenBox(size_m: (0.15, 0.13, 0.06)), mass_kg: 0.1),
        "block": Part(shape: Box((0.06, 0.06, 0.04)), mass_kg: 0.1),
    },
    line: {
        "trays":  Source(part: "tray", rate_per_h: 1200, limit: 1, before: "belt"),
        "belt":   Belt(from_m: (-0.4, 0, 0.3), to_m: (0.02, 0, 0.3), width_m: 0.15, speed_mps: 0.8),
        "dock":   Sink(after: "belt"),
        "blocks": Source(part: "block", interarrival_s: 0.3, limit: 1, left_m: -0.4, before: "beside"),
        "beside": Belt(from_m: (0.03, 0.4, 0.35), to_m: (0.4, 0.4, 0.35), width_m: 0.15, speed_mps: 0.1),
        "end":    Sink(after: "beside"),
        "hopper": Hopper(bulk: "granulate", outlet_m: (0, 0, 0.5), outlet_diameter_m: 0.13, diameter_m: 0.3, height_m: 0.15, starts_kg: 0.8,
                         feed_kgps: 0.5),
        "bin":    BulkBin(at_m: (0.05, 0, 0.05), size_m: (0.2, 0.2, 0.2)),
    },
)"#;
/// So many rays that they are worth a device, and a carton that passes among them.
const LIDAR_SCENE: &str = r#"Scene(
    schema: 1,
    name: "Rays on a device",
    parts: {"carton": Part(shape: Box((0.4, 0.3, 0.2)), mass_kg: 4)},
    line: {
        "infeed":  Source(part: "carton", interarrival_s: 0.2, limit: 2, before: "belt"),
        "belt":    Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 1),
        "scanner": Lidar(position_m: (1, 0, 2.5), pitch_deg: -90, fov_deg: 60, rays: 512, layers: 32, layers_fov_deg: 40, range_m: (0.1, 4),
                         error_sd_m: 0.002, field: Reach(1.6), records: true),
        "dock":    Sink(after: "belt"),
    },
)"#;
const DURATION_S: f64 = 0.8;

fn request(folder: &Path, out: &str, choice: DeviceChoice, on_loss: OnDeviceLoss) -> RunRequest {
    request_of(SCENE, folder, out, choice, on_loss)
}

fn request_of(scene: &str, folder: &Path, out: &str, choice: DeviceChoice, on_loss: OnDeviceLoss) -> RunRequest {
    let scene_path = folder.join("scene.ron");
    std::fs::write(&scene_path, scene).expect("the folder can be written");
    RunRequest {
        snapshot_every: Some(Time::from_seconds(0.05)),
        device: DeviceRequest { choice: Some(choice), on_loss: Some(on_loss) },
        ..RunRequest::new(scene_path, Time::from_seconds(DURATION_S), folder.join(out))
    }
}

fn assert_same_run(found: &RunOutcome, expected: &RunOutcome) {
    assert!(found.manifest.final_hash.is_some() && found.manifest.final_hash == expected.manifest.final_hash);
    assert!(found.manifest.outputs == expected.manifest.outputs && found.manifest.run_key == expected.manifest.run_key);
}

#[test]
fn a_run_has_the_bytes_of_the_processor_and_goes_on_wherever_it_was_begun() {
    const NAME: &str = "compute::runs::a_run_has_the_bytes_of_the_processor_and_goes_on_wherever_it_was_begun";
    let Some(case) = case() else {
        let Some(kernels) = library(Build::Plain) else { return };
        let run = |case: &str| probe(NAME, case).with("KERNELS", kernels.to_string_lossy());
        run("whole").run().expect_clean();
        // The device is lost somewhere in the middle of the pour.
        run("cpu").with("FAULTS", "cuLaunchKernel 1500 719").run().expect_told("injected fault").expect_passed();
        run("stop").with("FAULTS", "cuLaunchKernel 1500 719").run().expect_told("injected fault").expect_passed();
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let run = |out: &str, choice, on_loss, watcher: &mut Watcher| execute(&request(folder.path(), out, choice, on_loss), watcher);
    let on_cpu = run("cpu", DeviceChoice::Cpu, OnDeviceLoss::Cpu, &mut Watcher::default()).expect("a run");
    assert!(on_cpu.manifest.info.device == "cpu" && on_cpu.manifest.reproducible);
    let cuda = || DeviceChoice::CudaOrdinal(2);
    match case.as_str() {
        "whole" => {
            let whole = run("cuda", cuda(), OnDeviceLoss::Stop, &mut Watcher::default()).expect("a run");
            assert_same_run(&whole, &on_cpu);
            assert!(
                whole.manifest.info.device.starts_with("double-native: cuda:2") && whole.manifest.reproducible,
                "{:?}",
                whole.manifest.info
            );
            // Begun there, gone on with here; and the other way round.
            for (out, first, second) in [("there", cuda(), DeviceChoice::Cpu), ("here", DeviceChoice::Cpu, cuda())] {
                let begun = run(out, first, OnDeviceLoss::Stop, &mut Watcher::stopping_after(40)).expect("a run");
                assert!(matches!(begun.ending, Ending::Interrupted { .. }));
                assert_same_run(&run(out, second, OnDeviceLoss::Stop, &mut Watcher::default()).expect("a run"), &on_cpu);
            }
            let device = DeviceRequest { choice: Some(cuda()), on_loss: None };
            assert!(replay(&on_cpu.out_dir, 1, &device, &mut ()).expect("a finished run").agrees());
            let missing =
                run("none", DeviceChoice::CudaOrdinal(7), OnDeviceLoss::Cpu, &mut Watcher::default()).expect_err("there are four");
            assert!(missing.exit_code() == 3 && missing.to_string().contains("there is cuda:0"), "{missing}");
            assert!(!folder.path().join("none").exists(), "nothing was written");
        }
        "cpu" => {
            let mut watcher = Watcher::default();
            let outcome = run("lost", cuda(), OnDeviceLoss::Cpu, &mut watcher).expect("the processor goes on");
            assert_same_run(&outcome, &on_cpu);
            let told = outcome.manifest.info.device_failure.expect("it is kept");
            assert!(
                told.contains("the device was lost") && watcher.notices.iter().filter(|notice| **notice == told).count() == 1,
                "{told}"
            );
        }
        _ => {
            let error = run("lost", cuda(), OnDeviceLoss::Stop, &mut Watcher::default()).expect_err("it was told to stop");
            assert!(matches!(&error, RunError::DeviceLost { error: DeviceError::Lost(_), .. }) && error.exit_code() == 3, "{error}");
            let mut watcher = Watcher::default();
            assert_same_run(&run("lost", DeviceChoice::Cpu, OnDeviceLoss::Stop, &mut watcher).expect("a run"), &on_cpu);
            assert!(watcher.notices.iter().any(|notice| notice.contains("goes on at")), "{:?}", watcher.notices);
        }
    }
}

#[test]
fn many_rays_have_the_bytes_of_the_processor_and_outlive_their_device() {
    const NAME: &str = "compute::runs::many_rays_have_the_bytes_of_the_processor_and_outlive_their_device";
    let Some(case) = case() else {
        let Some(kernels) = library(Build::Plain) else { return };
        let run = |case: &str| probe(NAME, case).with("KERNELS", kernels.to_string_lossy());
        run("whole").run().expect_clean();
        run("lost").with("FAULTS", "cuLaunchKernel 4 719").run().expect_told("injected fault").expect_passed();
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let run =
        |out: &str, choice, on_loss, watcher: &mut Watcher| execute(&request_of(LIDAR_SCENE, folder.path(), out, choice, on_loss), watcher);
    let on_cpu = run("cpu", DeviceChoice::Cpu, OnDeviceLoss::Cpu, &mut Watcher::default()).expect("a run");
    assert!(on_cpu.manifest.outputs.iter().any(|output| output.file == "scans.parquet"));
    let cuda = DeviceChoice::CudaOrdinal(2);
    if case == "whole" {
        let whole = run("cuda", cuda, OnDeviceLoss::Stop, &mut Watcher::default()).expect("a run");
        assert_same_run(&whole, &on_cpu);
        assert!(whole.manifest.info.device.starts_with("double-native: cuda:2"), "{:?}", whole.manifest.info);
        return;
    }
    let mut watcher = Watcher::default();
    let outcome = run("goes on", cuda.clone(), OnDeviceLoss::Cpu, &mut watcher).expect("the processor goes on");
    assert_same_run(&outcome, &on_cpu);
    assert!(outcome.manifest.info.device_failure.is_some_and(|told| watcher.notices.contains(&told)));
    // It is lost for the whole process.
    let error = run("stops", cuda, OnDeviceLoss::Stop, &mut Watcher::default()).expect_err("it was told to stop");
    assert_eq!(error.exit_code(), 3, "{error}");
}

#[test]
fn what_an_adapter_computes_is_another_run_and_is_not_replayed() {
    let Some(device) = exact() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let run = |out: &str, choice| execute(&request(folder.path(), out, choice, OnDeviceLoss::Stop), &mut ());
    let by_adapter = run("wgpu", DeviceChoice::WgpuOrdinal(device.info().ordinal)).expect("a run");
    let on_cpu = run("cpu", DeviceChoice::Cpu).expect("a run");
    // Mesa's processor rounds as ours does; nobody promises that of a GPU.
    assert_eq!(by_adapter.manifest.final_hash, on_cpu.manifest.final_hash);
    assert!(!by_adapter.manifest.reproducible && by_adapter.manifest.adapter.is_some() && on_cpu.manifest.reproducible);
    assert_ne!(by_adapter.manifest.run_key, on_cpu.manifest.run_key);
    let other = run("wgpu", DeviceChoice::Cpu).expect_err("it holds another run");
    assert!(other.to_string().contains("cpu or CUDA here"), "{other}");
    let refused = replay(&by_adapter.out_dir, 1, &DeviceRequest::default(), &mut ()).expect_err("it proves nothing");
    assert!(matches!(refused, RunError::NotReproducible { .. }) && refused.exit_code() == 2, "{refused}");
}
