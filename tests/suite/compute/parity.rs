//! Every kernel gives the same bits by the processor and by both engines of the double, in every legal order of streams,
//! threads and blocks; with as many copies under way as the host asks for.

use super::native::{Build, library};
use super::probe::{case, probe, skip};
use linetwin_compute::device::Provenance;
use linetwin_compute::doctor::{Drawn, Extent, check_parity};
use linetwin_compute::kernels::KERNELS;
use linetwin_compute::{Device, DeviceChoice};

fn opened() -> Device {
    Device::open(&DeviceChoice::CudaOrdinal(2)).expect("the double has four devices").0
}

fn compare_all() {
    let parities = check_parity(&opened(), Extent::Small).unwrap_or_else(|error| panic!("{error}"));
    let stems: Vec<&str> = parities.iter().map(|parity| parity.stem).collect();
    assert_eq!(stems, KERNELS.iter().map(|kernel| kernel.stem).collect::<Vec<_>>(), "one parity case for each kernel");
    for parity in parities {
        println!("{}: {}, {:016x} by {}", parity.stem, parity.inputs, parity.found_hash, parity.provenance);
        assert!(parity.agrees(), "{parity:?}");
    }
}

#[test]
fn the_committed_ptx_gives_the_bits_of_the_processor() {
    if case().is_some() {
        return compare_all();
    }
    // In order, and with threads and blocks shuffled; races are looked for in both.
    for engine in ["ptx", "ptx:1"] {
        let name = "compute::parity::the_committed_ptx_gives_the_bits_of_the_processor";
        let outcome = probe(name, "all").with("ENGINE", engine).run().expect_clean();
        outcome.expect_told("by double-ptx");
    }
}

#[test]
fn the_source_built_for_the_host_gives_the_bits_of_the_processor() {
    if case().is_some() {
        return compare_all();
    }
    let Some(kernels) = library(Build::Plain) else { return };
    for (streams, threads) in [("eager", "forward"), ("lazy", "reverse"), ("random:1", "random:5"), ("random:2", "random:6")] {
        let name = "compute::parity::the_source_built_for_the_host_gives_the_bits_of_the_processor";
        let probe = probe(name, "all").with("KERNELS", kernels.to_string_lossy()).with("STREAMS", streams);
        let outcome = probe.with("PAGEABLE", "async").variable("ON_CPU_SCHED", threads).run().expect_clean();
        outcome.expect_told("by double-native");
    }
}

#[test]
fn a_compiler_that_contracts_is_noticed() {
    if case().is_some() {
        return compare_all();
    }
    let Some(kernels) = library(Build::Contracted) else { return };
    let name = "compute::parity::a_compiler_that_contracts_is_noticed";
    let outcome = probe(name, "all").with("KERNELS", kernels.to_string_lossy()).run();
    assert!(!outcome.passed, "sums were fused, and no bit differed: the inputs of the parity cases are too tame");
    outcome.expect_told("Parity {");
}

#[test]
fn a_real_device_gives_the_bits_of_the_processor() {
    // Opened in this very process, where no double stands in libcuda's place.
    match Device::open(&DeviceChoice::Cuda) {
        Err(error) => skip(&format!("no kernel runs on hardware: {error}")),
        Ok((device, _)) => {
            for parity in check_parity(&device, Extent::Small).unwrap_or_else(|error| panic!("{error}")) {
                assert!(parity.agrees() && parity.provenance == Provenance::Gpu, "{parity:?}");
            }
        }
    }
}

#[test]
fn copies_longer_than_the_staging_memory_arrive_whole() {
    if case().is_some() {
        let Device::Cuda(device) = opened() else { panic!("CUDA was asked for") };
        let mut drawn = Drawn::new(4);
        // Three halves of the staging memory and a bit.
        let values: Vec<u32> = (0..3_200_007).map(|_| drawn.bits() as u32).collect();
        let mut buffer = device.upload(&values).expect("it fits");
        let patch: Vec<u32> = (0..1_500_000).collect();
        device.write(&mut buffer, 11, &patch).expect("it fits");
        let mut found = vec![0; values.len()];
        device.download(&buffer, &mut found).expect("it fits");
        let expected = [&values[..11], &patch, &values[11 + patch.len()..]].concat();
        assert!(found == expected);
        device.clear(&mut buffer).expect("it is there");
        device.download(&buffer, &mut found[..5]).expect("it is there");
        assert_eq!(found[..5], [0; 5]);
        return;
    }
    for streams in ["eager", "lazy", "random:1", "random:2"] {
        let name = "compute::parity::copies_longer_than_the_staging_memory_arrive_whole";
        probe(name, "copy").with("STREAMS", streams).run().expect_clean();
    }
}
