//! What a person sees: results on stdout, everything else on stderr, colours where they are wanted. Knows nothing about
//! what is said.

use crate::arguments::{ColorWhen, ConsoleArguments};
use std::io::{ErrorKind, IsTerminal, Write};

/// Where words go and in which dress.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    quiet: bool,
    verbose: bool,
    pub stdout_style: Style,
    pub stderr_style: Style,
}

/// Colours a word, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub enabled: bool,
}

impl Style {
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }
    pub fn bad(self, text: &str) -> String {
        self.paint("31;1", text)
    }
    fn paint(self, code: &str, text: &str) -> String {
        if self.enabled { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

impl Console {
    pub fn new(arguments: ConsoleArguments) -> Self {
        let style_of = |is_terminal: bool| Style {
            enabled: match arguments.color {
                ColorWhen::Always => true,
                ColorWhen::Never => false,
                // https://no-color.org: any value but the empty one counts.
                ColorWhen::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            },
        };
        Console {
            quiet: arguments.quiet,
            verbose: arguments.verbose,
            stdout_style: style_of(std::io::stdout().is_terminal()),
            stderr_style: style_of(std::io::stderr().is_terminal()),
        }
    }

    /// A result. A reader that has seen enough and closes the pipe (`linetwin schema | head`) is not an error.
    pub fn result(&self, text: &str) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    pub fn error(&self, message: &str) {
        say(&format!("{} {message}", self.stderr_style.bad("error:")));
    }

    /// A problem that comes with its own dress.
    pub fn problem(&self, text: &str) {
        say(text);
    }

    /// What everybody should know but no program reads.
    pub fn note(&self, message: &str) {
        if !self.quiet {
            say(message);
        }
    }

    /// Only with `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.verbose {
            say(&self.stderr_style.dim(message));
        }
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// One line to stderr; where even that cannot be written there is nobody left to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
/// A word as a shell takes it.
pub fn in_shell(word: &std::ffi::OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./=:".contains(c));
    if plain { word.into_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
