//! Every scene opens without a window, and looks as it did. `LINETWIN_BLESS=1` keeps how it looks now.

use crate::likeness::{BLOCKS_ALLOWED, differing_blocks};
use crate::program::{Png, assert_rendered, repository};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const SIZE: &str = "240x135";
/// Late enough for parts to be on their way, and for grains to fall: those take long to compute.
fn time_of(scene: &str) -> &'static str {
    if scene.contains("bulk") { "500ms" } else { "8s" }
}

fn kept(name: &str) -> PathBuf {
    repository().join("engine/viewer/tests/pictures").join(name).with_extension("png")
}

#[test]
fn every_scene_looks_as_it_did() {
    let bless = std::env::var_os("LINETWIN_BLESS").is_some_and(|value| value == "1");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(kept("any").with_file_name("")).expect("it can be made");
    let scenes: Vec<PathBuf> = std::fs::read_dir(repository().join("scenes"))
        .expect("there are scenes")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ron"))
        .collect();
    assert!(scenes.len() > 40, "the scenes were not found");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let check = || {
        while let Some(scene) = scenes.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = scene.file_stem().expect("it has a name").to_string_lossy().into_owned();
            let picture = folder.path().join(&name).with_extension("png");
            assert_rendered(scene, &["--at", time_of(&name), "--size", SIZE, "--software"], &picture);
            if bless {
                std::fs::copy(&picture, kept(&name)).expect("it can be kept");
                continue;
            }
            if !kept(&name).exists() {
                wrong.lock().expect("no panic").push(format!("{name}: no picture is kept"));
                continue;
            }
            let (now, before) = (Png::read(&picture), Png::read(&kept(&name)));
            let differing = differing_blocks(&now.bytes, &before.bytes, now.width);
            if differing > BLOCKS_ALLOWED {
                wrong.lock().expect("no panic").push(format!("{name}: {differing} blocks differ"));
            }
        }
    };
    std::thread::scope(|threads| (0..2).for_each(|_| _ = threads.spawn(check)));
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "look at them, then keep them with LINETWIN_BLESS=1: {wrong:#?}");
}
