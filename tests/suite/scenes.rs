//! The scenes of this repository: each reads without an error or a warning, its graph is what it should be, and it means
//! the same written as JSON. The texts here that stand in documents are golden: they read as they are printed.

use linetwin_model::read::{ReadOptions, Reading, read};
use linetwin_model::scene::Scene;
use linetwin_model::template;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_owned()
}

fn scene_paths() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(repository().join("scenes")).expect("the scenes are there");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    paths
}

fn read_text(name: &str, text: &str, overrides: &[&str]) -> Reading {
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    read(name, text, &options, &|path| std::fs::read(path))
}

/// The scene, which must read without a word.
fn quiet(name: &str, text: &str, overrides: &[&str]) -> Scene {
    let reading = read_text(name, text, overrides);
    let words: Vec<String> = reading
        .diagnostics
        .iter()
        .map(|problem| {
            let (line, column) = reading.sources.line_column(problem.span.file, problem.span.start);
            format!("{name}:{line}:{column}: {}: {} ({:?})", problem.code, problem.message, problem.help)
        })
        .collect();
    assert!(words.is_empty(), "{}", words.join("\n"));
    reading.scene.expect("a scene without a problem")
}

fn scene_of(path: &Path) -> Scene {
    let text = std::fs::read_to_string(path).expect("a scene is readable");
    quiet(&path.to_string_lossy(), &text, &[])
}

#[test]
fn every_scene_reads_without_errors_or_warnings() {
    let paths = scene_paths();
    assert!(paths.len() >= 12, "the scenes are gone: {paths:?}");
    for path in paths {
        let scene = scene_of(&path);
        assert!(!scene.checks.is_empty(), "{}: a scene checks itself", path.display());
    }
}

#[test]
fn the_new_scene_runs_under_any_name() {
    let scene = quiet("new.ron", &template::new_scene("My \"line\" \\ 1"), &[]);
    assert_eq!(scene.name, "My \"line\" \\ 1");
}
