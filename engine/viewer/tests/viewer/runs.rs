//! A run directory is seen as the scene that it was made from, from its snapshots on; looking changes no byte of it.

use crate::program::{assert_rendered, json, render, scene};
use linetwin_model::Time;
use linetwin_run::{DeviceRequest, EventLevel, RunRequest, execute};
use std::path::Path;

fn bytes_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read")) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(bytes_of(&path));
        } else {
            files.push((path.to_string_lossy().into_owned(), std::fs::read(&path).expect("it can be read")));
        }
    }
    files.sort();
    files
}

#[test]
fn a_run_is_seen_as_its_scene_and_stays_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    let request = RunRequest {
        scene_path: scene("belt.ron"),
        overrides: vec!["seed=5".to_string()],
        duration: Time(8_000_000_000),
        seed: None,
        replication: 0,
        out_dir: run.clone(),
        snapshot_every: Time(2_000_000_000),
        events: EventLevel::All,
        threads: 0,
        device: DeviceRequest::default(),
    };
    execute(&request, &mut ()).expect("it runs");
    let before = bytes_of(&run);
    assert!(before.iter().any(|(name, _)| name.contains("snapshots")), "there is a snapshot to begin at");
    let (of_run, of_scene) = (folder.path().join("run.json"), folder.path().join("scene.json"));
    assert_rendered(&run, &["--kind", "boxes", "--at", "7s"], &of_run);
    assert_rendered(&scene("belt.ron"), &["--kind", "boxes", "--at", "7s", "--set", "seed=5"], &of_scene);
    assert!(json(&of_run)["instances"].as_array().expect("a list").len() > 3);
    assert_eq!(json(&of_run), json(&of_scene), "from a snapshot on it looks otherwise");
    for (arguments, told) in [(["--at", "99s"], "ends at 8 s"), (["--seed", "7"], "stays what it was")] {
        let output = render(&run, &[&arguments[..], &["--kind", "boxes"]].concat(), &folder.path().join("never.json"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(told), "{said}");
    }
    assert!(bytes_of(&run) == before, "looking at a run has changed it");
}
