//! Rules of the house that a machine can check: floors, banned calls, file headers, stale documents, dependencies. Each
//! message contains the cure. Reads sources and `cargo metadata`; runs nothing of linetwin.

mod code;
mod dependencies;
mod documents;
mod floors;
mod sources;

use std::path::{Path, PathBuf};

/// The checkout that these tests were built from.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the root of the repository").to_path_buf()
}

/// A text file of the repository.
struct TextFile {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Folders of the root that hold sources and documents; build outputs, runs and what a tool keeps lie elsewhere.
const FOLDERS: [&str; 8] = ["engine", "kernels", "shaders", "tests", "docs", "scenes", ".ci", "."];

/// Every text file under [`FOLDERS`], by path; of the root itself only its files.
fn text_files() -> Vec<TextFile> {
    let root = root();
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root, &root.join(folder), folder != ".", &mut files);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 20, "only {} files found: the walk is broken", files.len());
    files
}

fn collect(root: &Path, folder: &Path, with_folders: bool, files: &mut Vec<TextFile>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("a folder of the checkout can be listed").path()) {
        if entry.is_dir() {
            // A build output inside a crate (a stray target folder) is no source.
            if with_folders && !entry.ends_with("target") {
                collect(root, &entry, true, files);
            }
        } else if entry.ends_with(".git") {
            // In a second work tree of one repository this is a file that says where the first lies.
        } else if let Ok(text) = std::fs::read_to_string(&entry) {
            let path =
                entry.strip_prefix(root).expect("found under the root").to_string_lossy().trim_start_matches("./").replace('\\', "/");
            files.push(TextFile { path, text });
        }
    }
}

/// Every Rust file.
fn rust_files() -> Vec<TextFile> {
    text_files().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

/// Fails with all findings at once.
fn assert_none(findings: Vec<String>, cure: &str) {
    assert!(findings.is_empty(), "{}\n=> {cure}", findings.join("\n"));
}
