//! How the program ends where it fails: the same exit codes as `linetwin`.

use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_run::RunError;
use std::io::IsTerminal;
use std::process::ExitCode;

/// What to say, and which code to leave with.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    /// Empty where everything has been said already.
    message: String,
}

impl Failure {
    /// Usage, scene or file error.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { code: 2, message: message.into() }
    }
    /// A device or program is missing, or a disk cannot be written.
    pub fn missing(message: impl Into<String>) -> Self {
        Failure { code: 3, message: message.into() }
    }
    /// Our bug.
    pub fn internal(message: impl Into<String>) -> Self {
        Failure { code: 4, message: message.into() }
    }
    /// The problems of a scene, told as `linetwin check` tells them.
    pub fn scene(diagnostics: &[Diagnostic], sources: &Sources) -> Self {
        print_problems(diagnostics, sources);
        Failure { code: 2, message: String::new() }
    }

    pub fn words(&self) -> &str {
        &self.message
    }

    pub fn tell(self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("{} {}", if colours() { "\x1b[31;1merror:\x1b[0m" } else { "error:" }, self.message);
        }
        ExitCode::from(self.code)
    }
}

/// The exit code belongs to the error.
impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Scene { diagnostics, sources } => Failure::scene(diagnostics, sources),
            _ => Failure { code: error.exit_code(), message: error.to_string() },
        }
    }
}

/// Each with its excerpt, to stderr.
pub fn print_problems(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        eprintln!("{}", diagnostic.render(sources, colours()));
    }
}

/// https://no-color.org: any value but the empty one counts.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
