//! Runs the built program in a folder of its own and keeps what it said.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A source, a belt and a sink: the smallest line that makes something.
pub const SMALL_SCENE: &str = r#"
Scene(
    schema: 1,
    name: "Small line",
    seed: 3,
    parts: {"box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: Normal(mean: 2.0, sd: 0.1))},
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 3.0), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "dock": Sink(after: "belt"),
    },
    checks: [NoPartLost],
)
"#;

/// The program in a folder that vanishes with it.
pub struct Program {
    folder: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Output {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new() -> Self {
        Program { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a temporary file");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What lies in the folder.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder is there");
        let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn final_hash(&self, directory: &str) -> String {
        let manifest: serde_json::Value =
            serde_json::from_slice(&self.read(&format!("{directory}/manifest.json"))).expect("a manifest is JSON");
        manifest["final_hash"].as_str().expect("a finished run has a final hash").to_string()
    }

    fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Output {
        let output = self.command(arguments).output().expect("the program was built");
        Output {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }

    /// Starts, waits for a line on stderr that contains `after`, sends the signals, waits for the end.
    pub fn run_and_signal(&self, arguments: &[String], signals: &[&str], after: &str) -> Output {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program was built");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut stderr = String::new();
        // An empty read is the end of the program: it failed or was faster than the line.
        while lines.read_line(&mut stderr).expect("stderr is text") > 0 && !stderr.lines().last().unwrap_or_default().contains(after) {}
        // The shell's own `kill`: not every machine has it as a program.
        let kills: Vec<String> = signals.iter().map(|signal| format!("kill -{signal} {}", child.id())).collect();
        Command::new("sh").args(["-c", &kills.join("; ")]).stderr(Stdio::null()).status().expect("sh is there");
        lines.read_to_string(&mut stderr).expect("stderr is text");
        let output = child.wait_with_output().expect("the program ends");
        Output { code: output.status.code(), stdout: String::from_utf8(output.stdout).expect("stdout is text"), stderr }
    }
}

impl Output {
    pub fn expect_code(self, code: i32) -> Output {
        self.expect_code_in(&[code])
    }

    pub fn expect_code_in(self, codes: &[i32]) -> Output {
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "expected {codes:?}: {self:#?}");
        self
    }
}

/// The checkout that the program was built from.
pub fn repository() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).expect("the crate lies two folders below the root").to_path_buf()
}
