//! How long a frame takes against the number of parts and of grains: the verb `bench` of the program, as cargo starts benches. What
//! stands after `--` goes to it: `cargo bench --locked -p linetwin-viewer --bench frames -- --software --parts 100,1000`.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    // Cargo's own word for whoever is run by it.
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != "--bench");
    let status = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer")).arg("bench").args(arguments).status().expect("the viewer was built");
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
