//! Hashes what decides a run's bytes (the engine's sources and the lock file) into `LINETWIN_SOURCE_HASH`, so that a
//! run directory says which engine wrote it. Knows nothing about git: a tarball gives the same hash as a checkout.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let crate_dir = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets the manifest folder"));
    let root = crate_dir.join("../..");
    let mut files = vec![root.join("Cargo.lock")];
    for folder in ["engine/model/src", "engine/sim/src", "engine/run/src"] {
        println!("cargo:rerun-if-changed={}", root.join(folder).display());
        collect(&root.join(folder), &mut files);
    }
    println!("cargo:rerun-if-changed={}", root.join("Cargo.lock").display());
    println!("cargo:rerun-if-changed=build.rs");
    // Sorted by the path below the root with one separator, so that every machine hashes in the same order.
    let mut named: Vec<(String, PathBuf)> = files.into_iter().map(|file| (name_below(&root, &file), file)).collect();
    named.sort();
    let mut hasher = blake3::Hasher::new();
    for (name, file) in named {
        // A checkout with other line endings is the same source.
        let text: Vec<u8> = fs::read(&file).unwrap_or_default().into_iter().filter(|&byte| byte != b'\r').collect();
        hasher.update(name.as_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(&text);
    }
    println!("cargo:rustc-env=LINETWIN_SOURCE_HASH={}", hasher.finalize().to_hex());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the engine's sources are beside this crate").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html" || ending == "css") {
            files.push(path);
        }
    }
}

fn name_below(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).expect("collected below the root");
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
