//! What is said where something is wrong, and with which code it ends.

use crate::likeness::{BLOCKS_ALLOWED, differing_blocks};
use crate::program::{Png, render, repository, scene};
use std::path::Path;
use std::process::Command;

fn assert_refused(scene: &Path, arguments: &[&str], out: &Path, code: i32, told: &[&str]) {
    let output = render(scene, arguments, out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    for word in told {
        assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(!out.is_file(), "nothing is written");
}

#[test]
fn wrong_requests_are_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let belt = scene("belt.ron");
    assert_refused(&belt, &["--camera", "attic"], &at("a.png"), 2, &["no camera `attic`", "overview", "top"]);
    assert_refused(&belt, &["--kind", "boxes"], &at("a.png"), 2, &[".json"]);
    assert_refused(&belt, &[], &at("a.jpeg"), 2, &["a.jpeg", ".png"]);
    assert_refused(&belt, &["--kind", "depth", "--from", "0s", "--to", "1s"], &at("a.mp4"), 2, &["folder", ".apng"]);
    assert_refused(&belt, &["--from", "2s", "--to", "1s"], &at("film"), 2, &["before it begins"]);
    assert_refused(&belt, &["--from", "1s"], &at("film"), 2, &["--to"]);
    assert_refused(&belt, &["--size", "0x10"], &at("a.png"), 2, &["WIDTHxHEIGHT"]);
    assert_refused(&belt, &["--kind", "depth"], &at("missing/a.png"), 3, &["missing/a.png"]);
    assert_refused(&at("none.ron"), &[], &at("a.png"), 2, &["none.ron", "no such file"]);
    assert_refused(&belt, &["--of", "attic"], &at("a.png"), 2, &["no element `attic`", "linetwin tree"]);
    assert_refused(&scene("cameras.ron"), &["--camera", "above", "--of", "table"], &at("a.png"), 2, &["looks where it looks"]);
    // Asked whether it could be drawn, it says so and draws nothing.
    assert_refused(&belt, &["--camera", "attic", "--check"], &at("a.png"), 2, &["no camera `attic`"]);
    for arguments in [&["--check", "--software"][..], &["--check", "--camera", "top", "--from", "0s", "--to", "9s", "--software"]] {
        let out = at(if arguments.len() > 2 { "film" } else { "a.png" });
        let output = render(&belt, arguments, &out);
        assert!(output.status.success() && !out.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_element_is_framed_nearer_than_the_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let widths = [vec![], vec!["--of", "car"]].map(|of| {
        let out = folder.path().join("boxes.json");
        crate::program::assert_rendered(&scene("cameras.ron"), &[&of[..], &["--kind", "boxes", "--size", "640x360"]].concat(), &out);
        let told = crate::program::json(&out);
        let car = told["instances"].as_array().expect("a list").iter().find(|row| row["name"] == "car").expect("it is seen").clone();
        let ends: Vec<f64> = car["box_2d_px"].as_array().expect("four").iter().map(|value| value.as_f64().expect("a number")).collect();
        assert!(ends[0] > 0.0 && ends[1] > 0.0 && ends[2] < 640.0 && ends[3] < 360.0, "the whole of it: {ends:?}");
        ends[2] - ends[0]
    });
    assert!(widths[1] > 1.5 * widths[0], "{widths:?}");
}

#[test]
fn the_bench_says_who_drew_and_how_long_it_took() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer"));
    command.args(["bench", "--software", "--parts", "10", "--grains", "100", "--size", "64x36", "--seconds", "0"]);
    let output = command.output().expect("the viewer starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("adapter") && said.contains("(software)"), "{said}");
    // Parts, grains, both; light settings, as a processor needs them; what it takes of the processors last.
    let rows: Vec<&str> = said.lines().filter(|line| line.starts_with("64 x 36") && line.contains("light")).collect();
    assert_eq!(rows.len(), 3, "{said}");
    assert!(rows.iter().all(|row| row.contains(" Hz ") && row.ends_with(" ms")), "{said}");
    assert!(!cfg!(unix) || rows.iter().all(|row| !row.ends_with(" 0.00 ms")), "{said}");
}

#[test]
fn the_commands_of_the_readme_run() {
    let text = std::fs::read_to_string(repository().join("README.md")).expect("the README is there");
    let shown: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("target/debug/linetwin-viewer render ")).collect();
    assert!(!shown.is_empty(), "the README shows how to render");
    for line in shown {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer"));
        std::os::unix::fs::symlink(repository().join("scenes").canonicalize().expect("it is there"), folder.path().join("scenes"))
            .expect("a link");
        command.current_dir(folder.path()).arg("render").args(line.split_whitespace()).args(["--size", "160x90"]);
        let output = command.output().expect("the viewer starts");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_bad_scene_is_told_as_check_tells_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = repository().join("tests/broken_scenes");
    let broken = std::fs::read_dir(broken).expect("there are some").map(|entry| entry.expect("it can be read").path());
    let broken = broken.filter(|path| path.extension().is_some_and(|ending| ending == "ron")).min().expect("there is one");
    assert_refused(&broken, &["--kind", "depth"], &folder.path().join("a.png"), 2, &["×"]);
    let wrong = ["--kind", "depth", "--set", "belt.speed_mps=-1"];
    assert_refused(&scene("belt.ron"), &wrong, &folder.path().join("a.png"), 2, &["--set"]);
}

/// An adapter that can do nothing beyond the base, and one that cannot do even that, as old ones.
#[test]
fn an_adapter_without_features_draws_the_same_or_says_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, at) in [("belt.ron", "8s"), ("bulk_clumps.ron", "100ms")] {
        let drawn = |priority: &str| {
            let out = folder.path().join(priority).with_extension("png");
            let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer"));
            command.arg("render").arg(scene(name)).args(["--at", at, "--size", "240x135", "--software", "--out"]).arg(&out);
            let output = command.env("WGPU_SETTINGS_PRIO", priority).output().expect("the viewer starts");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!said.contains("panicked"), "{priority}: {said}");
            (output.status.code(), said, output.status.success().then(|| Png::read(&out).bytes))
        };
        let usual = drawn("functionality").2.expect("it draws");
        let (code, said, base) = drawn("webgpu");
        assert_eq!(code, Some(0), "{name}: {said}");
        let differing = differing_blocks(&usual, &base.expect("it draws"), 240);
        assert!(differing <= BLOCKS_ALLOWED, "{name}: {differing} blocks differ");
        let (code, said, least) = drawn("webgl2");
        match least {
            Some(least) => assert!(differing_blocks(&usual, &least, 240) <= BLOCKS_ALLOWED, "{name}: something is missing"),
            None => assert!(code == Some(3) && said.contains("graphics adapter"), "{name}: {code:?} {said}"),
        }
    }
}

#[test]
fn without_an_adapter_the_picture_says_what_to_install_and_layers_are_drawn_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = |kind: &str| {
        let out = folder.path().join(kind).with_extension("png");
        let mut command = Command::new(env!("CARGO_BIN_EXE_linetwin-viewer"));
        command.arg("render").arg(scene("belt.ron")).args(["--size", "64x36", "--kind", kind, "--out"]).arg(&out);
        // Vulkan finds no driver there.
        command.env("VK_DRIVER_FILES", folder.path()).env("VK_ICD_FILENAMES", folder.path());
        (command.output().expect("the viewer starts"), out)
    };
    let (output, out) = started("rgb");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("mesa-vulkan-drivers") && !said.contains("panicked") && !out.exists(), "{said}");
    let (output, out) = started("depth");
    assert!(output.status.success() && out.exists(), "{}", String::from_utf8_lossy(&output.stderr));
}
