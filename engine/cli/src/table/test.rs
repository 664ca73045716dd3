//! What testing a scene came to, in words. Knows nothing about how it was found.

use super::{Align, Grid};
use crate::console::Style;
use linetwin_model::Time;
use linetwin_model::duration::format_duration;
use linetwin_run::{Happens, TestResult};
use std::path::Path;

pub fn test_text(result: &TestResult, folder: &Path, style: Style) -> String {
    let duration = |seconds: f64| format_duration(Time::from_seconds(seconds));
    let heading = format!("{}  seed {}: {} runs of {}\n", style.bold(&result.scene), result.seed, result.runs, duration(result.duration_s));
    let mut text = heading;
    if !result.invalid.is_empty() {
        text.push_str(&style.bad(&format!("in {} of them physics did what it must not do\n", result.invalid.len())));
    }
    let Some(found) = &result.found else {
        text.push_str(&format!("{}\n{}\n", style.good("every check held in all of them"), folder.display()));
        return text;
    };
    text.push_str(&format!("{} {}: {}\n", style.bad("fails:"), found.check, found.measured));
    text.push_str(&format!(
        "found in run {} with {} disturbances; {} further runs left {} of them in a run of {}\n",
        found.run,
        found.happened.len(),
        found.shrinking_runs,
        found.happens.len(),
        duration(found.duration_s)
    ));
    if !found.happens.is_empty() {
        text.push_str(&happens_text(&found.happens, style));
    }
    let directory = folder.join(&found.directory);
    text.push_str(&format!("look at it from {} on\n{}\n", duration(found.look_at_s), directory.display()));
    text
}

fn happens_text(happens: &[Happens], style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut grid = Grid::new(vec![right("disturbance"), right("at s"), right("for s"), right("factor")]);
    for one in happens {
        grid.push(vec![one.disturbance.to_string(), one.at_s.to_string(), one.for_s.to_string(), one.factor.to_string()]);
    }
    grid.text(style)
}
