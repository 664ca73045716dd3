//! A window under a hand's real keys and mouse: what it does is what was asked for, what it writes differs only where it was edited, and
//! what it plays is what a run without a window is.

use crate::desk::{Desk, SIZE};
use crate::program::scene;
use linetwin_model::Time;
use linetwin_run::{Manifest, RunRequest, execute};
use std::path::Path;
use std::process::Command;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn request(out_dir: &Path, seconds: u64) -> RunRequest {
    RunRequest {
        snapshot_every: Some(Time(2 * Time::NANOS_PER_SECOND)),
        threads: 0,
        ..RunRequest::new(scene("belt.ron"), Time(seconds * Time::NANOS_PER_SECOND), out_dir.to_path_buf())
    }
}

fn hash_of(dir: &Path) -> String {
    Manifest::load_or_refuse(dir).expect("it is a run").final_hash.expect("it is finished")
}

#[test]
fn a_hand_plays_selects_edits_undoes_and_saves() {
    let Some(desk) = Desk::open() else { return };
    let file = desk.path("line.ron");
    std::fs::copy(scene("belt.ron"), &file).expect("it can be copied");
    let before = text(&file);
    let mut window = desk.window(&file, &[]);
    window.press("space");
    window.until("playing", |_| true);
    window.press("space");
    let paused = window.until("paused", |line| line["step"] != 0);
    window.press("period");
    let next = paused["step"].as_u64().expect("a number") + 1;
    window.until("paused", |line| line["step"] == next);
    window.press("Home");
    window.until("seek", |line| line["to_s"] == 0.0);
    assert!(paused["time_s"].as_f64().expect("a number") > 0.0);
    // Found by its name and framed, it fills the view; a click on its side frame selects it again.
    window.press("ctrl+f");
    window.until("searching", |_| true);
    window.write("slow");
    window.press("Return");
    window.until("selected", |line| line["name"] == "slow");
    window.press("Escape");
    window.until("selected", |line| line["name"].is_null());
    window.click_until([594, 282], "selected", |line| line["name"] == "slow");
    window.press("Right");
    window.until("edited", |line| line["element"] == "slow");
    window.until("paused", |line| line["scene"] == 1);
    assert_eq!(text(&file), before, "nothing is written before it is saved");
    window.press("ctrl+z");
    window.until("undone", |_| true);
    window.until("paused", |line| line["scene"] == 2);
    window.press("ctrl+shift+z");
    window.until("redone", |_| true);
    window.press("ctrl+s");
    window.until("saved", |_| true);
    let moved = before.replace("from_m: (0, 0, 0.8), to_m: (3, 0, 0.8)", "from_m: (0.1, 0, 0.8), to_m: (3.1, 0, 0.8)");
    assert!(moved != before);
    assert_eq!(text(&file), moved, "only what was moved is another");
    // What is unsaved is asked about; whoever insists goes.
    window.press("Left");
    window.until("edited", |_| true);
    window.press("ctrl+q");
    std::thread::sleep(std::time::Duration::from_secs(2));
    window.press("ctrl+q");
    window.until("quit", |_| true);
    let (code, said) = window.ended();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(text(&file), moved);
    assert!(desk.path("config/linetwin/viewer.json").exists(), "the panels are remembered");
}

#[test]
fn a_window_plays_what_a_run_is_and_goes_to_any_time_of_it() {
    let Some(desk) = Desk::open() else { return };
    let run = desk.path("run");
    execute(&request(&run, 8), &mut ()).expect("it runs");
    let expected = hash_of(&run);
    let mut window = desk.window(&scene("belt.ron"), &["--play", "--speed", "max", "--until", "8s"]);
    let ended = window.until("paused", |line| line["step"] != 0);
    assert_eq!(ended["hash"], expected.as_str(), "the window's line is another");
    // Scrubbed back over the timeline, and played to the end again.
    let to_s = window.click_until([SIZE[0] / 2, SIZE[1] - 58], "seek", |_| true)["to_s"].as_f64().expect("a number");
    assert!((2.0..6.0).contains(&to_s), "{to_s}");
    let there = window.until("paused", |line| line["step"] != ended["step"]);
    assert!((there["time_s"].as_f64().expect("a number") - to_s).abs() < 0.02, "{there}");
    window.press("space");
    let again = window.until("paused", |line| line["step"] == ended["step"]);
    assert_eq!(again["hash"], expected.as_str(), "what was gone back to leads elsewhere");
    window.press("ctrl+q");
    assert_eq!(window.ended().0, Some(0));
    // The run's directory is played to the same end.
    let mut window = desk.window(&run, &["--play", "--speed", "max"]);
    let ended = window.until("paused", |line| line["step"] != 0);
    assert_eq!(ended["hash"], expected.as_str());
    window.press("ctrl+q");
    assert_eq!(window.ended().0, Some(0));
}

#[test]
fn a_file_that_is_saved_spoilt_and_deleted_is_followed_and_a_small_window_lives() {
    let Some(desk) = Desk::open() else { return };
    let file = desk.path("line.ron");
    let good = text(&scene("belt.ron"));
    std::fs::write(&file, &good).expect("it can be written");
    let mut window = desk.window(&file, &[]);
    std::fs::write(&file, good.replace("speed_mps: 0.3", "speed_mps: 0.4")).expect("it can be written");
    window.until("paused", |line| line["scene"] == 1);
    std::fs::write(&file, good.replace("speed_mps: 0.3", "speed_mps: fast")).expect("it can be written");
    let words = window.until("trouble", |line| !line["words"].is_null())["words"].to_string();
    assert!(words.contains("the last good one goes on") && words.contains("11:89: "), "{words}");
    window.press("space");
    window.until("playing", |line| line["scene"] == 1);
    std::fs::remove_file(&file).expect("it was there");
    window.until("trouble", |line| line["words"].to_string().contains("gone"));
    std::fs::write(&file, &good).expect("it can be written");
    window.until("trouble", |line| line["words"].is_null());
    for size in [[1, 1], [300, 40], [40, 300], [900, 600]] {
        window.resize(size);
        std::thread::sleep(std::time::Duration::from_millis(700));
    }
    window.press("space");
    window.until("paused", |_| true);
    window.press("ctrl+q");
    let (code, said) = window.ended();
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn a_hand_sees_what_physics_says_forces_branches_types_and_drags() {
    let Some(desk) = Desk::open() else { return };
    let file = desk.path("line.ron");
    std::fs::copy(scene("belt.ron"), &file).expect("it can be copied");
    let before = text(&file);
    let mut window = desk.window(&file, &["--at", "6s"]);
    let there = window.until("paused", |line| line["step"] == 720);
    let bare = window.picture();
    // Utilisation, contacts, forces, fidelity: each is seen, and none is another line.
    for key in ["h", "t", "p", "y"] {
        window.press(key);
        window.until("overlay", |line| line["is_on"] == true);
        std::thread::sleep(std::time::Duration::from_secs(1));
        let shown = window.picture();
        let differing = bare.bytes.chunks(3).zip(shown.bytes.chunks(3)).filter(|(a, b)| a != b).count();
        assert!(differing > 300, "{key}: {differing} pixels differ");
        window.press(key);
        window.until("overlay", |line| line["is_on"] == false);
    }
    window.press("period");
    let free = window.until("paused", |line| line["step"] == 721);
    // A drive forced off is another line, until it is taken back.
    window.click_until([47, 173], "selected", |line| line["name"] == "slow");
    window.press("Home");
    window.until("paused", |line| line["step"] == 0);
    window.click_until([1156, 264], "forced", |line| line["point"] == "slow.run" && line["value"] == "off");
    window.press("space");
    window.until("playing", |_| true);
    window.press("space");
    let forced = window.until("paused", |line| line["step"] != 0);
    // The bar comes to rest with the line.
    std::thread::sleep(std::time::Duration::from_secs(2));
    window.click_until([725, 19], "let go", |line| line["inputs"] == 1);
    window.until("paused", |line| line["step"] == forced["step"] && line["hash"] != forced["hash"]);
    assert!(there["hash"] != free["hash"]);
    // Typed into a field, dragged by an arrow: only that is another text.
    window.scroll([1100, 300], 4);
    window.click([1190, 166]);
    window.press("ctrl+a");
    window.write("0.45");
    window.press("Return");
    window.until("edited", |line| line["path"] == "slow.speed_mps" && line["value"] == "0.45");
    window.drag([300, 343], [400, 320]);
    let dragged = window.until("edited", |line| line["element"] == "slow");
    assert!(dragged["moved_m"][0].as_f64().is_some_and(|by_m| (0.2..2.0).contains(&by_m)), "{dragged}");
    window.press("ctrl+s");
    window.until("saved", |_| true);
    let after = text(&file);
    let other: Vec<(&str, &str)> = before.lines().zip(after.lines()).filter(|(before, after)| before != after).collect();
    assert!(other.len() == 1 && other[0].1.contains("speed_mps: 0.45") && before.lines().count() == after.lines().count(), "{other:?}");
    // What goes on from here without a change is the same line beside it.
    window.press("period");
    let base = window.until("paused", |line| line["step"] == 1);
    window.press("b");
    std::thread::sleep(std::time::Duration::from_secs(1));
    window.press("Return");
    window.until("branched", |_| true);
    let branch = window.until("paused", |line| line["line"] == "branch");
    assert_eq!(branch["hash"], base["hash"], "a branch begins where it was made");
    window.press("ctrl+q");
    assert_eq!(window.ended().0, Some(0));
}

#[test]
fn without_a_display_or_a_scene_it_says_so() {
    let open = |file: &Path, display: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer")).arg(file).env("DISPLAY", display).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for display in ["", ":4242"] {
        let (code, said) = open(&scene("belt.ron"), display);
        assert!(code == Some(3) && said.contains("display") && !said.contains("panicked"), "{display}: {code:?} {said}");
    }
    let (code, said) = open(Path::new("nowhere.ron"), ":4242");
    assert!(code == Some(2) && said.contains("nowhere.ron"), "{code:?} {said}");
}
