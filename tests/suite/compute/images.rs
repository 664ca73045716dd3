//! What is handed to a driver: PTX that the pinned NVRTC made of the committed source, exact to the bit, without spills,
//! agreeing with the contract; and machine code for sm_100 within the bounds written beside each kernel.

use super::native::{Build, library};
use super::probe::{case, probe, skip};
use linetwin_compute::contract::resident_warps;
use linetwin_compute::cuda::{KERNELS_FOR, Loaded, compile_cubin, compile_ptx, nvrtc_version};
use linetwin_compute::doctor::{Extent, check_parity};
use linetwin_compute::kernels::KERNELS;
use linetwin_compute::{Device, DeviceChoice};
use linetwin_tests::repository_root;
use std::collections::BTreeSet;
use std::fs;

/// CUDA 12.8: the first that knows sm_100, so that every driver for a B200 understands its PTX.
const PINNED: (i32, i32) = (12, 8);

/// Runs on every card since 2018; the driver compiles it for its own.
const ARCHITECTURE: &str = "compute_75";

/// A B200.
const CUBIN_ARCHITECTURE: &str = "sm_100";

/// Machine code that every checkout carries, all stems together [bytes].
const MOST_CUBIN_BYTES: usize = 400_000;

#[test]
fn every_stem_is_there_in_every_language_and_in_the_manifest() {
    let stems = |folder: &str, ending: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(repository_root().join(folder)).expect("the folder is committed");
        let names = entries.map(|entry| entry.expect("a folder can be listed").file_name().to_string_lossy().into_owned());
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_string)).collect()
    };
    let manifest: BTreeSet<String> = KERNELS.iter().map(|kernel| kernel.stem.to_string()).collect();
    assert_eq!(manifest.len(), KERNELS.len(), "two kernels of one stem");
    let cure =
        "a stem is kernels/<stem>.cu, kernels/<stem>.ptx, kernels/<stem>.cubin, engine/compute/src/kernels/<stem>.rs and a line in KERNELS";
    assert_eq!(stems("kernels", ".cu"), manifest, "{cure}");
    assert_eq!(stems("kernels", ".ptx"), manifest, "{cure}");
    assert_eq!(stems("kernels", ".cubin"), manifest, "{cure}");
    let shaders: BTreeSet<String> = KERNELS.iter().filter(|kernel| kernel.wgsl.is_some()).map(|kernel| kernel.stem.to_string()).collect();
    assert_eq!(stems("shaders", ".wgsl"), shaders, "a shader is shaders/<stem>.wgsl and `wgsl` of its kernel");
    let rust = stems("engine/compute/src/kernels", ".rs");
    assert!(manifest.is_subset(&rust), "{cure}");
}

#[test]
fn every_helper_has_its_twin() {
    for kernel in KERNELS {
        let folder = repository_root().join("engine/compute/src/kernels");
        let mut rust = fs::read_to_string(folder.join(format!("{}.rs", kernel.stem))).expect("a stem has its Rust file");
        for entry in fs::read_dir(folder.join(kernel.stem)).into_iter().flatten() {
            rust += &fs::read_to_string(entry.expect("a folder can be listed").path()).expect("Rust is text");
        }
        // `__device__ __forceinline__ T name(` or, in a chapter shared by several kernels, the same after a line break.
        let helpers = kernel.source.split("__forceinline__ ").skip(1);
        let names: Vec<&str> = helpers.filter_map(|rest| rest.split('(').next()?.split_whitespace().last()).collect();
        assert!(!names.is_empty(), "{}.cu has no helpers: an entry point only loads, calls and stores", kernel.stem);
        let missing: Vec<&&str> =
            names.iter().filter(|name| !rust.contains(&format!("fn {name}(")) && !rust.contains(&format!("fn {name}<"))).collect();
        assert!(missing.is_empty(), "{}.cu: {missing:?} have no twin of that name in Rust", kernel.stem);
    }
}

#[test]
fn contracts_are_those_of_the_images() {
    for kernel in KERNELS {
        assert_eq!(kernel.disagreements(), Vec::<String>::new());
        for entry in kernel.entries {
            let threads = entry.threads_per_block;
            assert!(threads.is_multiple_of(32) && (32..=1024).contains(&threads), "{}: {threads} threads in a block", entry.name);
            let names: BTreeSet<&str> = entry.arguments.iter().map(|argument| argument.name()).collect();
            assert_eq!(names.len(), entry.arguments.len(), "{}: two arguments of one name", entry.name);
        }
    }
}

/// Instructions whose last bit is not laid down, or that reach memory that should be registers.
fn inexact(line: &str) -> bool {
    let instruction = line.trim().trim_start_matches(['@', '!', '%']).trim_start();
    let instruction =
        instruction.strip_prefix('p').map_or(instruction, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start());
    let word = instruction.split_whitespace().next().unwrap_or_default();
    let float = word.ends_with(".f32") || word.ends_with(".f64");
    let arithmetic = ["add.", "sub.", "mul.", "div.", "sqrt.", "rcp."].iter().any(|start| word.starts_with(start));
    word.starts_with("fma.")
        || (word.starts_with("mad.") && float)
        || [".approx", ".ftz", ".full"].iter().any(|banned| word.contains(banned))
        || (arithmetic && float && !word.contains(".rn."))
        || ((word.starts_with("atom.") || word.starts_with("red.")) && float)
        || word.starts_with("ld.local")
        || word.starts_with("st.local")
        || word.starts_with(".local")
}

#[test]
fn committed_ptx_is_exact_to_the_bit() {
    for bad in [
        "\tfma.rn.f32 %f1, %f2, %f3, %f4;",
        "@%p1 add.f32 %f1, %f2, %f3;",
        "\tsqrt.approx.ftz.f32 %f1, %f2;",
        "\tst.local.u32 [%rd1], %r1;",
    ] {
        assert!(inexact(bad), "{bad}");
    }
    for good in [
        "\tadd.rn.f32 %f1, %f2, %f3;",
        "\tadd.s64 %rd1, %rd2, 4;",
        "@%p1 bra $L__BB0_2;",
        "\tmad.lo.s32 %r1, %r2, %r3, %r4;",
        "// fma.rn.f32",
    ] {
        assert!(!inexact(good), "{good}");
    }
    for kernel in KERNELS {
        assert!(kernel.ptx.contains(".version 8.7") && kernel.ptx.contains(".target sm_75"), "{}.ptx is for another machine", kernel.stem);
        let found: Vec<&str> = kernel.ptx.lines().filter(|line| inexact(line)).collect();
        assert!(found.is_empty(), "{}.ptx: {found:#?}\n=> write the kernel without it (kernels/mod.rs says how)", kernel.stem);
    }
}

#[test]
fn committed_images_are_what_the_pinned_nvrtc_makes() {
    match nvrtc_version() {
        Some(PINNED) => {}
        other => return skip(&format!("NVRTC 12.8 is wanted, {other:?} is here (LINETWIN_NVRTC names its folder)")),
    }
    let mut bytes = 0;
    for kernel in KERNELS {
        let made = compile_ptx(kernel.source, &format!("{}.cu", kernel.stem), ARCHITECTURE)
            .unwrap_or_else(|told| panic!("{}: {told}", kernel.stem));
        let cubin = compile_cubin(kernel.source, &format!("{}.cu", kernel.stem), CUBIN_ARCHITECTURE)
            .unwrap_or_else(|told| panic!("{}: {told}", kernel.stem));
        bytes += cubin.len();
        if std::env::var_os("LINETWIN_BLESS").is_some() {
            fs::write(repository_root().join(format!("kernels/{}.ptx", kernel.stem)), &made).expect("the checkout can be written");
            fs::write(repository_root().join(format!("kernels/{}.cubin", kernel.stem)), &cubin).expect("the checkout can be written");
        } else {
            let cure = "write both anew: LINETWIN_BLESS=1 cargo test --test suite -- committed_images_are_what";
            assert!(made == kernel.ptx, "kernels/{}.ptx is not what NVRTC makes of kernels/{0}.cu\n=> {cure}", kernel.stem);
            let same = kernel.cubin.is_some_and(|committed| committed == cubin);
            assert!(same, "kernels/{}.cubin is not what NVRTC makes of kernels/{0}.cu\n=> {cure}", kernel.stem);
        }
    }
    println!("{bytes} bytes of machine code");
    assert!(bytes < MOST_CUBIN_BYTES, "{bytes} bytes of machine code in every checkout: leave some of it to the driver");
}

#[test]
fn machine_code_for_a_b200_fits_its_registers() {
    for kernel in KERNELS {
        let resources = resources_of(kernel.cubin.unwrap_or_else(|| panic!("{} has no cubin", kernel.stem)));
        for entry in kernel.entries {
            let (_, found) =
                resources.iter().find(|(name, _)| name == entry.name).unwrap_or_else(|| panic!("no `{}` in {resources:?}", entry.name));
            println!("{}: {found:?} of {} registers", entry.name, entry.registers_at_most);
            assert!(found.registers <= entry.registers_at_most, "{}: {found:?}, the bound is {}", entry.name, entry.registers_at_most);
            assert!(found.registers > 0 && found.frame_bytes == 0, "{}: registers spill: {found:?}", entry.name);
            let warps = resident_warps(found.registers, found.shared_bytes, entry.threads_per_block);
            println!("{}: {warps} of 64 warps on a multiprocessor", entry.name);
            assert!(warps >= entry.warps_at_least, "{}: {warps} warps of {found:?}, the bound is {}", entry.name, entry.warps_at_least);
        }
    }
}

#[test]
fn images_load_where_they_can_run_and_nowhere_else() {
    const NAME: &str = "compute::images::images_load_where_they_can_run_and_nowhere_else";
    if let Some(architecture) = case() {
        let Ok((Device::Cuda(device), _)) = Device::open(&DeviceChoice::Cuda) else { panic!("the double has devices") };
        for kernel in KERNELS {
            let loaded = if architecture.starts_with("sm_") {
                let cubin = compile_cubin(kernel.source, kernel.stem, &architecture).expect("the parent saw NVRTC");
                Loaded::from_cubin(&device, kernel, cubin)
            } else {
                let ptx = compile_ptx(kernel.source, kernel.stem, &architecture).expect("the parent saw NVRTC");
                Loaded::from_ptx(&device, kernel, &ptx)
            };
            println!("{}: {:?}", kernel.stem, loaded.map(|_| ()));
        }
        return;
    }
    if nvrtc_version().is_none() {
        return skip("no NVRTC (LINETWIN_NVRTC names its folder): no images to refuse");
    }
    // As seen on an H100, compute capability 9.0: what is made for 10.0 is refused, the committed compute_75 runs.
    for (architecture, capability, loads) in [
        ("compute_75", "90", true),
        ("compute_75", "100", true),
        ("compute_100", "90", false),
        ("sm_100", "90", false),
        ("sm_100", "100", true),
        ("sm_90", "100", false),
        ("compute_120", "100", false),
    ] {
        let outcome = probe(NAME, architecture).with("CC", capability).run();
        assert!(outcome.passed, "{}", outcome.output);
        let told =
            if loads { "rays: Ok(())" } else { "rays: Err(Refused { stem: \"rays\", told: \"DriverError(CUDA_ERROR_NO_BINARY_FOR_GPU" };
        outcome.expect_told(told);
    }
}

#[test]
fn kernels_may_be_compiled_for_the_device_where_nvrtc_is() {
    const NAME: &str = "compute::images::kernels_may_be_compiled_for_the_device_where_nvrtc_is";
    if case().is_some() {
        let (device, _) = Device::open(&DeviceChoice::Cuda).expect("the double has devices");
        for parity in check_parity(&device, Extent::Tiny).unwrap_or_else(|error| panic!("{error}")) {
            assert!(parity.agrees(), "{parity:?}");
        }
        return;
    }
    if nvrtc_version().is_none() {
        return skip("no NVRTC (LINETWIN_NVRTC names its folder): nothing is compiled for a device");
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let own = |engine: &str| probe(NAME, engine).variable(KERNELS_FOR, "own").with("CC", "90").with("ENGINE", engine);
    own("native").with("KERNELS", kernels.to_string_lossy()).run().expect_clean();
    // It was machine code, which the interpreter of PTX cannot run.
    own("ptx").run().expect_told("the PTX engine cannot run a cubin");
    // An architecture that NVRTC does not know gets the committed PTX, as does whoever asks for nothing.
    own("ptx").with("CC", "999").run().expect_clean();
    probe(NAME, "ptx").with("ENGINE", "ptx").run().expect_clean();
}

#[test]
fn a_b200_gets_the_committed_machine_code_and_ptx_where_its_driver_refuses() {
    const NAME: &str = "compute::images::a_b200_gets_the_committed_machine_code_and_ptx_where_its_driver_refuses";
    if let Some(case) = case() {
        let (device, _) = Device::open(&DeviceChoice::Cuda).expect("the double has devices");
        if case == "rays" {
            let rays = KERNELS.iter().find(|kernel| kernel.stem == "rays").expect("a kernel");
            let Device::Cuda(device) = &device else { panic!("the double has devices") };
            return println!("{:?}", Loaded::new(device, rays).map(|_| ()));
        }
        for parity in check_parity(&device, Extent::Tiny).unwrap_or_else(|error| panic!("{error}")) {
            assert!(parity.agrees(), "{parity:?}");
        }
        return;
    }
    let Some(kernels) = library(Build::Plain) else { return };
    let capable = |case: &str, capability: &str, engine: &str| probe(NAME, case).with("CC", capability).with("ENGINE", engine);
    capable("all", "100", "native").with("KERNELS", kernels.to_string_lossy()).run().expect_clean();
    // It was machine code, which the interpreter of PTX cannot run; whoever is not of that kind gets PTX.
    capable("all", "100", "ptx").run().expect_told("the PTX engine cannot run a cubin");
    capable("all", "103", "ptx").run().expect_clean();
    // Refused once, the driver is given the PTX; refused twice, it is an error.
    let refused = |faults: &str| capable("rays", "100", "ptx").with("FAULTS", faults).run();
    refused("cuModuleLoadData 1 209").expect_clean().expect_told("Ok(())");
    refused("cuModuleLoadData 1 209; cuModuleLoadData 2 209").expect_told("Err(Refused { stem: \"rays\"");
}

/// What a thread of a kernel takes, from the note section `.nv.info` of a cubin.
#[derive(Clone, Copy, Debug, Default)]
struct Resources {
    registers: u32,
    /// Of local memory: spilt registers and local arrays [bytes].
    frame_bytes: u32,
    /// Of a block [bytes].
    shared_bytes: u32,
}

#[test]
fn occupancy_is_that_of_nvidias_calculator() {
    // From `cuda_occupancy.h` for compute capability 10.0, and by hand where one resource alone decides.
    for (registers, shared_bytes, threads, warps) in
        [(51, 0, 256, 32), (24, 2048, 256, 64), (32, 0, 128, 64), (255, 0, 128, 8), (16, 0, 32, 32), (16, 100 << 10, 128, 8)]
    {
        assert_eq!(resident_warps(registers, shared_bytes, threads), warps, "{registers} registers, {shared_bytes} B, {threads} threads");
    }
}

fn resources_of(cubin: &[u8]) -> Vec<(String, Resources)> {
    let number = |at: usize, bytes: usize| cubin[at..at + bytes].iter().rev().fold(0usize, |sum, &byte| sum << 8 | usize::from(byte));
    let text = |at: usize| cubin[at..].iter().take_while(|&&byte| byte != 0).map(|&byte| char::from(byte)).collect::<String>();
    let (headers, count, names) = (number(0x28, 8), number(0x3c, 2), number(0x3e, 2));
    let section = |index: usize| {
        let header = headers + 64 * index;
        (number(header, 4), number(header + 0x18, 8), number(header + 0x20, 8), number(header + 0x28, 4))
    };
    let names_at = section(names).1;
    let sections: Vec<(String, usize, usize, usize)> =
        (0..count).map(section).map(|(name, at, size, link)| (text(names_at + name), at, size, link)).collect();
    let find = |wanted: &str| sections.iter().find(|(name, ..)| name == wanted).cloned().unwrap_or_else(|| panic!("no section {wanted}"));
    let (_, symbols, _, strings) = find(".symtab");
    let strings_at = sections[strings].1;
    let (_, mut at, size, _) = find(".nv.info");
    let end = at + size;
    let mut found: Vec<(String, Resources)> = Vec::new();
    while at + 4 <= end {
        let (format, attribute) = (cubin[at], cubin[at + 1]);
        // EIATTR_REGCOUNT and EIATTR_FRAME_SIZE: symbol, value.
        if format == 4 && (attribute == 0x2f || attribute == 0x11) {
            let (symbol, value) = (number(at + 4, 4), number(at + 8, 4) as u32);
            let name = text(strings_at + number(symbols + 24 * symbol, 4));
            let index = found.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                found.push((name, Resources::default()));
                found.len() - 1
            });
            let resources = &mut found[index].1;
            if attribute == 0x2f { resources.registers = value } else { resources.frame_bytes = value }
        }
        at += if format == 4 { 4 + number(at + 2, 2) } else { 4 };
    }
    for (name, resources) in &mut found {
        let shared = sections.iter().find(|(section, ..)| section.strip_prefix(".nv.shared.") == Some(name));
        resources.shared_bytes = shared.map_or(0, |(_, _, size, _)| *size as u32);
    }
    found
}
