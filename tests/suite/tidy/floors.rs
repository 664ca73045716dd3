//! Imports go down, or stay in the room.

use super::code::{before_tests, code_only, names};
use super::dependencies::{Package, metadata};
use super::{assert_none, rust_files};

/// Each crate of the workspace and those of its fellows that it may name.
const FLOORS: [(&str, &[&str]); 8] = [
    ("linetwin-model", &[]),
    ("linetwin-compute", &[]),
    ("linetwin-sim", &["linetwin-model", "linetwin-compute"]),
    ("linetwin-run", &["linetwin-model", "linetwin-compute", "linetwin-sim"]),
    ("linetwin", &["linetwin-model", "linetwin-compute", "linetwin-sim", "linetwin-run"]),
    ("linetwin-viewer", &["linetwin-model", "linetwin-sim", "linetwin-run"]),
    (
        "linetwin-tests",
        &["linetwin-model", "linetwin-compute", "linetwin-sim", "linetwin-run", "linetwin", "linetwin-viewer", "linetwin-cuda-double"],
    ),
    ("linetwin-cuda-double", &[]),
];

/// A large library and who may name it: one crate, or the programs; the tests see everything.
const LANDLORDS: [(&str, &str); 19] = [
    ("bevy_ecs", "linetwin-sim"),
    ("rapier3d", "linetwin-sim"),
    ("rand_philox", "linetwin-sim"),
    ("cudarc", "linetwin-compute"),
    ("wgpu", "linetwin-compute"),
    ("ron", "linetwin-model"),
    ("schemars", "linetwin-model"),
    ("miette", "linetwin-model"),
    ("parquet", "linetwin-run"),
    ("minijinja", "linetwin-run"),
    ("notify-debouncer-full", "linetwin-run"),
    ("plotters", "linetwin-run"),
    ("clap", "linetwin"),
    ("clap", "linetwin-viewer"),
    ("indicatif", "linetwin"),
    ("bevy", "linetwin-viewer"),
    ("bevy_egui", "linetwin-viewer"),
    ("egui_dock", "linetwin-viewer"),
    ("egui_plot", "linetwin-viewer"),
];

#[test]
fn crates_only_look_down() {
    let metadata = metadata();
    let mut found = Vec::new();
    for package in metadata.members() {
        let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == package.name) else {
            found.push(format!("{}: stands on no floor", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let fellow = FLOORS.iter().any(|(name, _)| name == dependency);
            if fellow && !allowed.contains(&dependency.as_str()) {
                found.push(format!("{} names {dependency}", package.name));
            }
        }
    }
    assert_none(found, "imports go down: move what is shared to a lower floor; a new crate gets its floor in FLOORS and ARCHITECTURE.md");
}

#[test]
fn a_library_has_one_landlord() {
    let metadata = metadata();
    let mut found = Vec::new();
    for package in metadata.members().filter(|package| package.name != "linetwin-tests") {
        for dependency in &package.dependencies {
            let mut landlords = LANDLORDS.iter().filter(|(library, _)| library == dependency).peekable();
            if landlords.peek().is_some() && landlords.all(|(_, landlord)| package.name != *landlord) {
                found.push(format!("{} names {dependency}", package.name));
            }
        }
    }
    assert_none(found, "ask the crate that owns the library (LANDLORDS) for a function instead");
}

/// A room of `sim` and what it must not name.
const ROOMS: [(&str, &[&str], &str); 7] = [
    (
        "engine/sim/src/line/",
        &["crate::transport", "crate::metrics", "rapier3d", "bevy_ecs"],
        "line logic never knows which transport it has",
    ),
    (
        "engine/sim/src/transport/",
        &["crate::line", "crate::metrics", "bevy_ecs"],
        "a transport reports facts and fulfils wishes, it decides nothing",
    ),
    (
        "engine/sim/src/granular/",
        &["crate::line", "crate::metrics", "crate::transport", "bevy_ecs", "rapier3d"],
        "grains report facts and fulfil wishes, they decide nothing",
    ),
    (
        "engine/sim/src/ranging/",
        &["crate::line", "crate::metrics", "crate::transport", "bevy_ecs", "rapier3d"],
        "lidars report facts, they decide nothing",
    ),
    ("engine/sim/src/metrics/", &["crate::transport", "crate::line", "rapier3d", "bevy_ecs"], "measures read events, nothing else"),
    ("engine/sim/src/view/", &["crate::metrics", "crate::world", "rapier3d", "bevy_ecs"], "pictures are made of what rooms tell"),
    ("engine/sim/src/record/", &["rapier3d"], "recording only watches"),
];

/// Where `unsafe` may stand: the driver's library is called in one room and played in one crate, and two files call loops
/// that are compiled for wider vectors after they have asked the processor for them.
const UNSAFE_ROOMS: [&str; 4] = [
    "engine/compute/src/cuda/",
    "engine/compute/src/kernels/particles/width.rs",
    "engine/compute/src/kernels/widest.rs",
    "tests/cuda-double/src/",
];

#[test]
fn only_the_room_of_the_driver_is_unsafe() {
    let is_room = |path: &str| UNSAFE_ROOMS.iter().any(|room| path.starts_with(room));
    let files = rust_files();
    assert!(files.iter().any(|file| is_room(&file.path) && names(&code_only(&file.text), "unsafe")), "the rule watches nothing");
    let found = files.iter().filter(|file| !is_room(&file.path) && names(&code_only(&file.text), "unsafe"));
    assert_none(
        found.map(|file| file.path.clone()).collect(),
        "ask `engine/compute/src/cuda/`, the particles' `width.rs` or the queries' `widest.rs` for a safe function",
    );
}

#[test]
fn nothing_that_ships_holds_the_double() {
    let metadata = metadata();
    let holds =
        |package: &&Package| package.name != "linetwin-tests" && package.dependencies.iter().any(|name| name == "linetwin-cuda-double");
    let found = metadata.members().filter(holds).map(|package| package.name.clone()).collect();
    assert_none(found, "the stand-in for libcuda is for tests alone");
}

#[test]
fn rooms_meet_only_in_parts_and_ports() {
    let files = rust_files();
    let mut found = Vec::new();
    for (room, banned, reason) in ROOMS {
        assert!(files.iter().any(|file| file.path.starts_with(room)), "{room} does not exist: mend ROOMS");
        for file in files.iter().filter(|file| file.path.starts_with(room)) {
            let code = code_only(&file.text);
            let named = banned.iter().filter(|word| names(before_tests(&code), word));
            found.extend(named.map(|word| format!("{} names {word}: {reason}", file.path)));
        }
    }
    assert_none(found, "rooms of `sim` meet in parts.rs, port.rs, event.rs and io.rs");
}
