//! The rig: what several tests and benches share (finding scenes and files, building small scenes, running them).

pub mod bench_scene;
pub mod growth;
pub mod ideal_seam;
pub mod lanes;

use linetwin_model::Scene;
use linetwin_model::read::{ReadOptions, read};
use linetwin_sim::event::{Event, EventKind};
use std::path::PathBuf;
use std::sync::Arc;

/// The checkout's root.
pub fn repository_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in a folder of the checkout").to_owned()
}

/// Reads a scene text as if it stood in `scenes/`; panics with its diagnostics where it has errors.
pub fn scene_from(text: &str) -> Arc<Scene> {
    let name = repository_root().join("scenes/inline.ron");
    let reading = read(&name.to_string_lossy(), text, &ReadOptions::default(), &|path| std::fs::read(path));
    let messages: Vec<_> = reading.diagnostics.iter().map(|problem| &problem.message).collect();
    Arc::new(reading.scene.unwrap_or_else(|| panic!("{messages:#?} in\n{text}")))
}

/// Parts that entered and left, by the events alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventBalance {
    pub entered: u64,
    pub left: u64,
}

pub fn balance_of(events: &[Event]) -> EventBalance {
    let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count() as u64;
    EventBalance {
        entered: count(|kind| matches!(kind, EventKind::PartEntered { .. })),
        left: count(|kind| matches!(kind, EventKind::PartLeft { .. })),
    }
}
