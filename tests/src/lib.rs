//! The rig: what several tests and benches share (finding scenes and files, building small scenes, running them).

pub mod bench_scene;
pub mod dense_hopper;
pub mod generated;
pub mod growth;
pub mod ideal_seam;
pub mod lanes;
pub mod processor;
pub mod queueing;
pub mod same_bytes;
pub mod theory;

use linetwin_model::diagnostic::Diagnostic;
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
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

/// A source, a belt of two metres and a sink, for whoever asks about runs and not about lines.
pub const SMALL_LINE: &str = r#"Scene(schema: 1, name: "line",
    parts: {"box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: 2)},
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 3), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "dock": Sink(after: "belt"),
    })"#;

/// The scenes that are shipped, by their file names.
pub fn shipped_scenes() -> Vec<String> {
    let entries = std::fs::read_dir(repository_root().join("scenes")).expect("the scenes are there");
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".ron")).collect();
    names.sort();
    names
}

/// One of them with overrides, or the problems that it has with these.
pub fn shipped_scene(name: &str, overrides: &[&str]) -> Result<Arc<Scene>, Vec<Diagnostic>> {
    let folder = repository_root().join("scenes");
    let text = std::fs::read_to_string(folder.join(name)).expect("it is there");
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    let reading = read(name, &text, &options, &|path: &str| std::fs::read(folder.join(path)));
    reading.scene.map(Arc::new).ok_or(reading.diagnostics)
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

/// A scene runs to the same bytes on one, two and four threads, and after it was saved and loaded on the way.
pub fn assert_same_bytes(text: &str, saved_at_s: f64, until_s: f64) {
    let scene = scene_from(text);
    let options = |threads| SimulationOptions { threads, ..Default::default() };
    let whole = |threads| {
        let mut simulation = Simulation::new(scene.clone(), options(threads));
        simulation.run_until(Time::from_seconds(until_s));
        simulation.save()
    };
    let one = whole(1);
    assert!(one == whole(2) && one == whole(4), "one, two and four threads");
    let mut simulation = Simulation::new(scene.clone(), options(2));
    simulation.run_until(Time::from_seconds(saved_at_s));
    let bytes = simulation.save();
    let mut loaded = Simulation::load(scene.clone(), options(1), &bytes).expect("our own snapshot");
    assert!(loaded.save() == bytes, "a snapshot that is loaded and saved again");
    loaded.run_until(Time::from_seconds(until_s));
    loaded.take_events();
    assert_eq!(loaded.state_hash(), {
        simulation.run_until(Time::from_seconds(until_s));
        simulation.state_hash()
    });
}
