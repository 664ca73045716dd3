//! Documents that a change leaves behind: the architecture names the crates and rooms that exist, the README the scenes.

use super::{assert_none, root};
use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Folders under `folder` (relative to the root), as `folder/name/`.
fn folders(folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a folder of the checkout can be listed").path())
        .filter(|path| path.is_dir())
        .map(|path| format!("{folder}/{}/", path.file_name().expect("an entry has a name").to_string_lossy()))
        .collect();
    names.sort();
    names
}

/// Every `path/like/this` between backticks that starts in the repository's own folders.
fn paths_named(text: &str) -> BTreeSet<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let own = |path: &&str| {
        ["engine/", "kernels/", "shaders/", "tests/", "scenes/", "docs/", ".ci/"].iter().any(|folder| path.starts_with(folder))
            && !path.contains(['<', '*', ' ', '{', '#'])
    };
    quoted.filter(own).map(str::to_string).collect()
}

#[test]
fn the_architecture_names_every_crate_and_room() {
    let document = read("engine/ARCHITECTURE.md");
    let named = paths_named(&document);
    let crates = folders("engine");
    let rooms = crates.iter().flat_map(|folder| folders(&format!("{folder}src")));
    let missing: Vec<String> = crates.iter().cloned().chain(rooms).filter(|folder| !named.contains(folder)).collect();
    assert!(crates.len() >= 4, "the walk over the crates is broken: {crates:?}");
    assert_none(missing, "give it a line in engine/ARCHITECTURE.md: what it owns, and what it must not know");
}

#[test]
fn documents_name_only_what_exists() {
    let mut found = Vec::new();
    for document in documents() {
        let text = read(&document);
        found.extend(paths_named(&text).into_iter().filter(|path| !root().join(path).exists()).map(|path| format!("{document}: `{path}`")));
        found.extend(broken_links(&document, &text));
    }
    assert_none(found, "mend the document: what it names is not there");
}

fn documents() -> Vec<String> {
    let mut documents = vec!["README.md".to_string(), "CHANGELOG.md".to_string(), "engine/ARCHITECTURE.md".to_string()];
    let entries = std::fs::read_dir(root().join("docs")).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("a folder of the checkout can be listed").file_name().to_string_lossy().into_owned());
    documents.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")));
    documents
}

/// Relative `[text](target)` links of a Markdown document that lead nowhere.
fn broken_links(document: &str, text: &str) -> Vec<String> {
    let folder = Path::new(document).parent().expect("a document lies in a folder").to_path_buf();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .filter(|target| !root().join(&folder).join(target).exists())
        .map(|target| format!("{document}: link to {target}"))
        .collect()
}

#[test]
fn every_scene_is_presented() {
    let readme = read("README.md");
    let entries = std::fs::read_dir(root().join("scenes")).expect("scenes/ exists");
    let names = entries.map(|entry| entry.expect("a folder of the checkout can be listed").file_name().to_string_lossy().into_owned());
    let mut missing: Vec<String> = names.filter(|name| name.ends_with(".ron") && !readme.contains(&format!("scenes/{name}"))).collect();
    missing.sort();
    assert_none(missing, "list the scene in README.md with the one idea that it shows");
}
