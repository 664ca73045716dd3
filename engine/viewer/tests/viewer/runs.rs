//! A run directory is seen as the scene that it was made from, from its snapshots on; looking changes no byte of it.

use crate::program::{assert_rendered, json, render, scene};
use linetwin_model::Time;
use linetwin_run::{DeviceRequest, PICTURES_FOLDER, RunRequest, execute, replay, report, show_pictures, wanted_pictures};
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

/// Eight seconds of two belts, with snapshots on the way.
fn request(dir: &Path) -> RunRequest {
    RunRequest {
        overrides: vec!["seed=5".to_string()],
        snapshot_every: Some(Time(2_000_000_000)),
        threads: 0,
        ..RunRequest::new(scene("belt.ron"), Time(8_000_000_000), dir.to_path_buf())
    }
}

#[test]
fn a_run_is_seen_as_its_scene_and_stays_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    let request = request(&run);
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

#[test]
fn a_report_shows_what_was_drawn_of_its_run_and_a_replay_agrees_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    let request = RunRequest { duration: Time(4_000_000_000), ..request(&run) };
    execute(&request, &mut ()).expect("it runs");
    let page = || std::fs::read_to_string(run.join("report.html")).expect("there is a report");
    let plain = page();
    assert!(!plain.contains("<img"));
    let wanted = wanted_pictures(&run).expect("it is finished");
    assert_eq!(wanted[0].at, request.duration, "the end comes first");
    std::fs::create_dir(run.join(PICTURES_FOLDER)).expect("it is new");
    for picture in &wanted {
        let at = format!("{}ms", picture.at.0 / 1_000_000);
        let of: Vec<&str> = picture.element.iter().flat_map(|element| ["--of", element]).collect();
        let arguments = [&["--size", "96x54", "--software", "--at", &at][..], &of].concat();
        assert_rendered(&run, &arguments, &run.join(&picture.picture.file));
    }
    show_pictures(&run, wanted.iter().map(|wanted| wanted.picture.clone()).collect()).expect("it shows them");
    let shown = page();
    assert!(shown.contains(r#"<img src="pictures/end.png" alt="As the run ended, after 4 s">"#), "the report shows no picture");
    let replayed = replay(&run, 0, &DeviceRequest::default(), &mut ()).expect("it can be replayed");
    assert!(replayed.agrees() && replayed.files.iter().any(|file| file.file == "report.html"), "{replayed}");
    // Made anew, the report keeps them; without them it is what it was.
    report(&run).expect("it is made anew");
    assert_eq!(page(), shown);
    show_pictures(&run, Vec::new()).expect("it shows none");
    assert_eq!(page(), plain);
}
