//! `--log`: what is done in a window, a line of JSON each, written at once. Knows nothing about what it means.

use crate::failure::Failure;
use crate::files::not_written;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

pub struct Journal {
    file: Option<File>,
    began: Instant,
}

impl Journal {
    pub fn create(path: Option<&Path>, began: Instant) -> Result<Journal, Failure> {
        let file = path.map(|path| File::create(path).map_err(|error| not_written(path)(&error))).transpose()?;
        Ok(Journal { file, began })
    }

    /// What happened, with an object of details.
    pub fn tell(&mut self, what: &str, details: Value) {
        let Some(file) = &mut self.file else { return };
        let mut line = json!({ "wall_s": (self.began.elapsed().as_secs_f64() * 1e3).round() / 1e3, "what": what });
        if let (Value::Object(line), Value::Object(details)) = (&mut line, details) {
            line.extend(details);
        }
        // A full disk stops nobody from looking.
        let _ = writeln!(file, "{line}");
    }
}
