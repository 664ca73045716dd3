//! Pictures of a finished run that another program draws for `report.html`: of which moments, and how the run keeps them. Their
//! names and captions stand in the manifest and in the report; no pixel enters anything that is compared, because each graphics
//! adapter has its own. Knows no renderer.

use crate::directory::DirectoryLock;
use crate::error::RunError;
use crate::manifest::Manifest;
use crate::outputs::read_kpi_json;
use crate::report::{format, rewrite};
use linetwin_model::Time;
use linetwin_model::report::ProductionEvent;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Below the run directory.
pub const PICTURES_FOLDER: &str = "pictures";
/// Of what went wrong; more of them hide the rest of the report.
const EVENTS_MAX: usize = 3;

/// A picture that the report shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Below the run directory.
    pub file: String,
    pub caption: String,
}

/// A picture that is worth drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedPicture {
    pub picture: Picture,
    /// Simulated time.
    pub at: Time,
    /// What is to be in the middle of it; `None`: the whole line.
    pub element: Option<String>,
}

/// The line as it ended, and the first moments at which something went wrong, jams before all else.
pub fn wanted_pictures(dir: &Path) -> Result<Vec<WantedPicture>, RunError> {
    let manifest = Manifest::load_or_refuse(dir)?;
    manifest.require_finished(dir)?;
    let report = read_kpi_json(dir)?;
    let wanted = |name: String, caption: String, at: Time, element: Option<String>| WantedPicture {
        picture: Picture { file: format!("{PICTURES_FOLDER}/{name}.png"), caption },
        at,
        element,
    };
    let end = wanted("end".to_owned(), format!("As the run ended, after {}", format::span(manifest.duration_s)), manifest.duration(), None);
    let events = worth_seeing(&report.production_events).into_iter().enumerate().map(|(index, event)| {
        let (kind, element) = (&event.kind, &event.element);
        let caption = format!("First {kind} at {element}, after {}", format::span(event.first_s));
        // The bodies stand as at the end of the step in which it was noticed.
        let at = Time::from_seconds(event.first_s).min(manifest.duration());
        wanted(format!("event_{}", index + 1), caption, at, Some(element.clone()))
    });
    Ok(std::iter::once(end).chain(events).collect())
}

fn worth_seeing(events: &[ProductionEvent]) -> Vec<&ProductionEvent> {
    let mut events: Vec<&ProductionEvent> = events.iter().collect();
    // Stable: what happens at once keeps the report's order.
    events.sort_by(|a, b| (a.kind != "jam").cmp(&(b.kind != "jam")).then(a.first_s.total_cmp(&b.first_s)));
    events.truncate(EVENTS_MAX);
    events
}

/// Shows these pictures in `report.html` from now on, instead of any before; gives the report's path.
pub fn show_pictures(dir: &Path, pictures: Vec<Picture>) -> Result<PathBuf, RunError> {
    let _lock = DirectoryLock::acquire(dir)?;
    let mut manifest = Manifest::load_or_refuse(dir)?;
    manifest.require_finished(dir)?;
    manifest.pictures = pictures;
    rewrite(dir, manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jams_come_first_and_then_what_happened_first() {
        let event = |kind: &str, element: &str, first_s: f64| ProductionEvent {
            kind: kind.to_owned(),
            element: element.to_owned(),
            count: 1,
            first_s,
            first_part: None,
        };
        let events = [event("drop", "a", 3.0), event("misroute", "b", 2.0), event("jam", "c", 9.0), event("jam", "d", 8.0)];
        let seen: Vec<&str> = worth_seeing(&events).into_iter().map(|event| event.element.as_str()).collect();
        assert_eq!(seen, ["d", "c", "b"]);
    }
}
