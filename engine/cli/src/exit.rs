//! How the program ends: the exit codes and the failures that lead to them. Knows nothing about the verbs.

use std::process::ExitCode;

/// The codes that the README promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Ok,
    /// The run is invalid, a check failed, or a replay differs.
    RunFailed,
    /// Usage, scene or file error; nothing was written.
    Usage,
    /// A device, peer or program is missing.
    Missing,
    /// Our bug.
    Internal,
    /// SIGINT or SIGTERM; a snapshot was written.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Ok => 0,
            Exit::RunFailed => 1,
            Exit::Usage => 2,
            Exit::Missing => 3,
            Exit::Internal => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Ends a verb early: what to print and which code to leave with.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// Empty where everything has been said already.
    pub message: String,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Usage, message: message.into() }
    }
    pub fn missing(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Missing, message: message.into() }
    }
    /// The problems are on the screen already.
    pub fn said(exit: Exit) -> Self {
        Failure { exit, message: String::new() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::usage(format!("the result cannot be written: {error}"))
    }
}
