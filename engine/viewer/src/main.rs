//! The program `linetwin-viewer`: a line in a window, and as pictures without one. Reads arguments, ends with the exit codes of
//! `linetwin`. The only crate that knows a renderer; looks at a simulation and never changes one.
//!
//! ```text
//! source   a scene or a run becomes a simulation       drawing   what is seen at a moment, one entry each
//! cameras  where a picture is taken from               truth     exact layers of it, computed on the processor
//! render   the verb: moments, layers, files            picture   the lit picture, drawn by Bevy
//! files    PNG, APNG, NPY, JSON, films                 window    a line being played, looked at and edited
//! bench    the verb: how long a frame takes
//! ```

mod arguments;
mod bench;
mod cameras;
mod drawing;
mod failure;
mod files;
mod picture;
mod render;
mod source;
mod truth;
mod window;

use arguments::{Arguments, Verb};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Usage errors print themselves and exit with 2, help and version with 0.
    let arguments = Arguments::parse();
    let outcome = std::panic::catch_unwind(|| match (&arguments.verb, &arguments.window) {
        (Some(Verb::Render(arguments)), _) => render::render(arguments),
        (Some(Verb::Bench(arguments)), _) => bench::bench(arguments),
        (None, Some(arguments)) => window::open(arguments),
        (None, None) => Err(Failure::usage("name a scene or the directory of a run; --help tells the rest")),
    });
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.tell(),
        // Its own words are on stderr already.
        Err(_) => Failure::internal(format!("this is a bug in linetwin-viewer {}, not in your scene", env!("CARGO_PKG_VERSION"))).tell(),
    }
}
