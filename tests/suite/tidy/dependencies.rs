//! What the workspace depends on: versions that this toolchain can build, one copy of what must be one, no rendering.

use super::{assert_none, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The newest language that a dependency may want: the toolchain that linetwin promises to build with.
const NEWEST_RUST: (u64, u64) = (1, 95);

/// Two copies of these would be two types of one name, or twice the code.
const ONE_COPY: [&str; 7] = ["bevy_ecs", "rapier3d", "parry3d", "nalgebra", "libm", "wgpu", "naga"];

/// Windows and pictures. wgpu computes without them, and loads what it needs of a driver when it is asked for.
const RENDERING: [&str; 6] = ["winit", "bevy_render", "bevy_winit", "bevy", "egui", "softbuffer"];

/// What only finds its library with a package of the system, or brings a server of windows.
const SYSTEM: [&str; 5] = ["wayland-sys", "x11", "x11-dl", "alsa-sys", "libudev-sys"];

pub struct Metadata {
    packages: Vec<Package>,
    /// Ids of the members that a bare `cargo build` builds.
    default_members: Vec<String>,
    members: BTreeSet<String>,
    /// Package id to the ids that it links or runs at build time (no dev-dependencies).
    edges: BTreeMap<String, Vec<String>>,
}

pub struct Package {
    id: String,
    pub name: String,
    version: String,
    rust_version: Option<String>,
    source: Option<String>,
    /// Names of its direct dependencies of every kind.
    pub dependencies: Vec<String>,
}

impl Metadata {
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.members.contains(&package.id))
    }

    /// Names of everything that `cargo build` compiles.
    fn default_tree(&self) -> BTreeSet<&str> {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = self.default_members.iter().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(self.edges.get(id).into_iter().flatten().map(String::as_str));
            }
        }
        self.packages.iter().filter(|package| reached.contains(package.id.as_str())).map(|package| package.name.as_str()).collect()
    }
}

/// `cargo metadata` of this checkout. Offline: the tests were just built, so everything is there.
pub fn metadata() -> Metadata {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo built this test, so it can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = array(&json["packages"])
        .map(|package| Package {
            id: text(&package["id"]),
            name: text(&package["name"]),
            version: text(&package["version"]),
            rust_version: package["rust_version"].as_str().map(str::to_string),
            source: package["source"].as_str().map(str::to_string),
            dependencies: array(&package["dependencies"]).map(|dependency| text(&dependency["name"])).collect(),
        })
        .collect();
    let edges = array(&json["resolve"]["nodes"])
        .map(|node| {
            let linked =
                array(&node["deps"]).filter(|dep| array(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev")).map(|dep| text(&dep["pkg"]));
            (text(&node["id"]), linked.collect())
        })
        .collect();
    Metadata {
        packages,
        default_members: array(&json["workspace_default_members"]).map(text).collect(),
        members: array(&json["workspace_members"]).map(text).collect(),
        edges,
    }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

#[test]
fn every_dependency_builds_with_the_promised_toolchain() {
    let too_new = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) > NEWEST_RUST
    };
    assert!(too_new("1.96") && too_new("2.0.0") && !too_new("1.95.1") && !too_new("1.70"));
    let metadata = metadata();
    let found = metadata.packages.iter().filter_map(|package| {
        let wanted = package.rust_version.as_deref().filter(|version| too_new(version))?;
        Some(format!("{} {} wants Rust {wanted}", package.name, package.version))
    });
    assert_none(found.collect(), "pin the last release that builds with Rust 1.95 in the root Cargo.toml");
}

#[test]
fn what_must_be_one_is_one() {
    let metadata = metadata();
    let mut found = Vec::new();
    for name in ONE_COPY {
        let versions: Vec<&str> =
            metadata.packages.iter().filter(|package| package.name == name).map(|package| package.version.as_str()).collect();
        if versions.len() != 1 {
            found.push(format!("{name}: {versions:?}"));
        }
    }
    assert_none(found, "align the versions that bring the second copy (`cargo tree -d`)");
}

#[test]
fn a_bare_build_needs_no_rendering() {
    let metadata = metadata();
    let tree = metadata.default_tree();
    assert!(tree.contains("rapier3d") && tree.contains("clap"), "the walk over the dependency tree is broken");
    let found = RENDERING.iter().chain(&SYSTEM).filter(|name| tree.contains(**name)).map(|name| name.to_string()).collect();
    assert_none(found, "rendering belongs to the viewer, which is no default member");
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let metadata = metadata();
    let public = "registry+https://github.com/rust-lang/crates.io-index";
    let found = metadata
        .packages
        .iter()
        .filter(|package| package.source.as_deref().is_some_and(|source| source != public))
        .map(|package| format!("{} from {}", package.name, package.source.as_deref().unwrap_or_default()));
    assert_none(found.collect(), "depend on a published version; a mirror belongs into the builder's own cargo configuration");
}
