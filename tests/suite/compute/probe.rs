//! Child processes of this test binary in which the double stands in the place of libcuda.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Tells a test that it is the child, and which of its cases to run.
const CASE: &str = "LINETWIN_PROBE";

/// The case that this process is to run; none in the parent.
pub fn case() -> Option<String> {
    std::env::var(CASE).ok()
}

/// One run of a test with the double.
pub struct Probe {
    command: Command,
    told: String,
}

/// What became of it.
pub struct Outcome {
    pub passed: bool,
    pub output: String,
    told: String,
}

/// `test` is the full name, such as `compute::parity::rays`.
pub fn probe(test: &str, case: &str) -> Probe {
    let mut command = Command::new(std::env::current_exe().expect("a running test has a file"));
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(CASE, case).env("LD_LIBRARY_PATH", double_folder());
    Probe { command, told: format!("{test} ({case})") }
}

impl Probe {
    /// A setting of the double, by its name without CUDA_TEST_DOUBLE_.
    pub fn with(self, name: &str, value: impl AsRef<str>) -> Self {
        self.variable(&format!("CUDA_TEST_DOUBLE_{name}"), value)
    }

    pub fn variable(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.told += &format!(" {name}={}", value.as_ref());
        self.command.env(name, value.as_ref());
        self
    }

    /// With so much memory to address, as a machine that has no more [KiB].
    pub fn limited(self, kibibytes: usize) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"")]);
        command.arg(self.command.get_program()).args(self.command.get_args());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Probe { command, told: self.told + &format!(" in {kibibytes} KiB") }
    }

    pub fn run(mut self) -> Outcome {
        let output = self.command.output().expect("the own binary can be started");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("running 1 test") || !output.status.success(), "{}: no such test\n{text}", self.told);
        Outcome { passed: output.status.success(), output: text, told: self.told }
    }
}

impl Outcome {
    /// The child passed, the double saw nothing wrong, and every context gave back what it had taken.
    pub fn expect_clean(self) -> Self {
        let ended = self.output.matches("allocations left").count();
        let clean = self.output.matches("ended: 0 allocations left, 0 pinned").count();
        let right = self.passed && !self.output.contains("cuda-double: WRONG") && ended == clean && ended > 0;
        assert!(right, "{}\n{}", self.told, self.output);
        self
    }

    /// Whatever the double may have done to it.
    pub fn expect_passed(self) -> Self {
        assert!(self.passed, "{}\n{}", self.told, self.output);
        self
    }

    /// The double found what is wrong, in words like these.
    pub fn expect_told(self, words: &str) -> Self {
        assert!(self.output.contains(words), "{}: `{words}` was not told\n{}", self.told, self.output);
        self
    }
}

/// A folder in which the double has libcuda's name.
fn double_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let binaries = std::env::current_exe().expect("a running test has a file").parent().expect("it lies in a folder").to_owned();
        let built = [binaries.join("libcuda_double.so"), binaries.join("../libcuda_double.so")];
        let built = built.iter().find(|file| file.exists()).unwrap_or_else(|| panic!("cargo built no libcuda_double.so near {binaries:?}"));
        let folder = scratch().join("double");
        fs::create_dir_all(&folder).expect("the scratch folder can be written");
        fs::copy(built, folder.join("libcuda.so.1")).expect("the double can be copied");
        folder
    })
}

/// A folder of this process, beside the build outputs.
pub fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<tempfile::TempDir> = OnceLock::new();
    SCRATCH.get_or_init(|| tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written")).path()
}

/// Says that something could not be tested here; an error where `LINETWIN_REQUIRE_GPU=1` wants it tested.
pub fn skip(reason: &str) {
    assert!(std::env::var_os("LINETWIN_REQUIRE_GPU").is_none(), "{reason}");
    eprintln!("SKIPPED: {reason}");
}
