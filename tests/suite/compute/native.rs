//! The .cu files built by the host's compiler, for the native engine of the double: plain, or with a sanitizer.

use super::probe::scratch;
use linetwin_compute::kernels::KERNELS;
use linetwin_tests::repository_root;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Build {
    Plain,
    /// AddressSanitizer, and UBSan for alignment.
    Address,
    Thread,
    /// Sums fused where the compiler likes, which no device is allowed: shows that the parity tests would notice.
    Contracted,
}

impl Build {
    fn kernel_flags(self) -> &'static [&'static str] {
        match self {
            Build::Plain => &["-O2", "-ffp-contract=off"],
            Build::Address => {
                &["-O1", "-ffp-contract=off", "-fsanitize=address,alignment,bounds", "-fno-sanitize-recover=alignment", "-DON_CPU_ASAN"]
            }
            Build::Thread => &["-O1", "-ffp-contract=off", "-fsanitize=thread", "-DON_CPU_TSAN"],
            Build::Contracted => &["-O2", "-ffp-contract=fast", "-mfma"],
        }
    }

    /// The runtime is never instrumented; it tells the sanitizer about its fibers.
    fn runtime_flags(self) -> &'static [&'static str] {
        match self {
            Build::Plain | Build::Contracted => &["-O2"],
            Build::Address => &["-O2", "-DON_CPU_ASAN"],
            Build::Thread => &["-O2", "-DON_CPU_TSAN"],
        }
    }

    fn link_flags(self) -> &'static [&'static str] {
        match self {
            Build::Plain | Build::Contracted => &[],
            Build::Address => &["-fsanitize=address,undefined"],
            Build::Thread => &["-fsanitize=thread"],
        }
    }

    /// What the child must have in LD_PRELOAD, since Rust did not link it.
    pub fn preload(self) -> Option<String> {
        let library = match self {
            Build::Plain | Build::Contracted => return None,
            Build::Address => "libasan.so",
            Build::Thread => "libtsan.so",
        };
        let output = Command::new("g++").arg(format!("-print-file-name={library}")).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_string()).filter(|path| Path::new(path).exists())
    }
}

/// Built at most once; empty where there is no g++.
type Once = Arc<OnceLock<Option<PathBuf>>>;

/// The library of every kernel of linetwin; none where there is no g++.
pub fn library(build: Build) -> Option<PathBuf> {
    static BUILT: OnceLock<Mutex<BTreeMap<Build, Once>>> = OnceLock::new();
    // The lock is held for the table only: two builds may run side by side.
    let cell = BUILT.get_or_init(Mutex::default).lock().expect("no builder panics with it").entry(build).or_default().clone();
    cell.get_or_init(|| {
        let sources = KERNELS.iter().map(|kernel| repository_root().join(format!("kernels/{}.cu", kernel.stem)));
        compile(build, &format!("kernels-{build:?}"), &sources.collect::<Vec<_>>())
    })
    .clone()
}

/// Compiles `sources` into one library with a table of their kernels.
pub fn compile(build: Build, name: &str, sources: &[PathBuf]) -> Option<PathBuf> {
    if cfg!(not(target_arch = "x86_64")) {
        super::probe::skip("the fibers of the native engine are written for x86-64");
        return None;
    }
    if Command::new("g++").arg("--version").output().is_err() {
        super::probe::skip("there is no g++: the native engine of the double is not tested");
        return None;
    }
    let host = repository_root().join("tests/cuda-double/host");
    let folder = scratch().join(name);
    fs::create_dir_all(&folder).expect("the scratch folder can be written");
    let mut text = "#include \"cuda_on_cpu.h\"\n".to_string();
    let mut table = "ON_CPU_TABLE_BEGIN\n".to_string();
    for (index, source) in sources.iter().enumerate() {
        // Each in a namespace of its own: two kernels may have helpers of one name.
        let cuda = fs::read_to_string(source).unwrap_or_else(|error| panic!("{source:?}: {error}"));
        text += &format!("namespace k{index} {{\n#include {:?}\n}}\n", source);
        for line in cuda.lines().filter_map(|line| line.strip_prefix("extern \"C\" __global__ void ")) {
            let entry = line.split('(').next().unwrap_or_default();
            table += &format!("ON_CPU_KERNEL(k{index}::{entry}, \"{entry}\")\n");
        }
    }
    let gathered = folder.join("kernels.cpp");
    fs::write(&gathered, text + &table + "ON_CPU_TABLE_END\n").expect("the scratch folder can be written");
    let (kernels, runtime, built) = (folder.join("kernels.o"), folder.join("runtime.o"), folder.join("kernels.so"));
    let common =
        ["-std=c++17", "-g1", "-fPIC", "-fno-strict-aliasing", "-pthread", "-Wall", "-Wno-unused-function", "-Wno-unknown-pragmas"];
    let compiler = |flags: &[&str], source: &Path, object: &Path| {
        let mut command = Command::new("g++");
        command.args(common).args(flags).arg("-I").arg(&host).arg("-c").arg(source).arg("-o").arg(object);
        command
    };
    run(compiler(build.kernel_flags(), &gathered, &kernels));
    run(compiler(build.runtime_flags(), &host.join("cuda_on_cpu.cpp"), &runtime));
    let mut link = Command::new("g++");
    link.arg("-shared").args(build.link_flags()).arg("-pthread").args([&kernels, &runtime]).arg("-o").arg(&built);
    run(link);
    Some(built)
}

fn run(mut command: Command) {
    let output = command.output().expect("g++ was there a moment ago");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}
