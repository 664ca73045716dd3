//! A run as a machine log: what its journal tells of arrivals, departures, works and states. Knows nothing about what becomes of it.

use crate::directory::journal_path;
use crate::error::RunError;
use crate::input::stored_input;
use crate::journal::{EventLevel, JournalError, JournalReader};
use crate::manifest::{MANIFEST_FILE, Manifest};
use linetwin_model::machine_log::{LogEntry, LogEvent, MachineLog};
use linetwin_sim::event::{ElementState, EventKind};
use std::path::Path;

/// Of a finished run that kept all its events.
pub fn machine_log(dir: &Path) -> Result<MachineLog, RunError> {
    let manifest = Manifest::load_or_refuse(dir)?;
    manifest.require_finished(dir)?;
    if manifest.events != EventLevel::All {
        return Err(RunError::Record {
            path: dir.join(MANIFEST_FILE),
            reason: "the run kept not all its events: run it with --events all".into(),
        });
    }
    let scene = stored_input(dir, &manifest)?.scene;
    let path = journal_path(dir);
    let damaged = |error: JournalError| RunError::Damaged { path: path.clone(), reason: error.to_string() };
    let mut log = MachineLog {
        elements: scene.elements.iter().map(|element| element.name.clone()).collect(),
        entries: Vec::new(),
        end: manifest.duration(),
    };
    let mut journal = JournalReader::open(&path, &manifest.run_key_bytes()).map_err(damaged)?;
    while let Some(block) = journal.next_block().map_err(damaged)? {
        for event in &block.events {
            let (element, kind) = match event.kind {
                EventKind::PartCreated { part, .. } => (part.source, LogEvent::Arrived),
                EventKind::PartLeft { element, .. } => (element, LogEvent::Left),
                EventKind::CycleStarted { element, .. } => (element, LogEvent::Began),
                EventKind::CycleEnded { element, .. } => (element, LogEvent::Ended),
                EventKind::StateChanged { element, state, .. } => (element, state_of(state)),
                _ => continue,
            };
            if event.at < log.end {
                log.entries.push(LogEntry { at: event.at, element: element.index() as u32, event: kind });
            }
        }
    }
    // Events are told step by step; within one a fact may be older than what was told before it.
    log.entries.sort_by_key(|entry| entry.at);
    Ok(log)
}

fn state_of(state: ElementState) -> LogEvent {
    let index = ElementState::ALL.iter().position(|known| *known == state).expect("all states are listed");
    LogEvent::State(index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::machine_log::LOG_STATES;

    #[test]
    fn a_log_writes_states_as_the_engine_names_them() {
        assert_eq!(ElementState::ALL.map(ElementState::name), LOG_STATES);
        assert_eq!(state_of(ElementState::Down), LogEvent::DOWN);
    }
}
