//! The reference pages in `docs/reference` are what the schema's documentation says now, each with the smallest scene that
//! has such an element: an element without a scene has no page. So is the schema that the program keeps as text. `LINETWIN_BLESS=1`
//! writes them.

use linetwin_model::reference::{element_page, elements, index_page, types_page};
use linetwin_model::schema::lines_to_keep;
use linetwin_tests::repository_root;
use std::collections::BTreeMap;

/// Texts of the scenes by their path from the root.
fn scenes() -> Vec<(String, String)> {
    let folder = repository_root().join("scenes");
    let entries = std::fs::read_dir(folder).expect("there are scenes").map(|entry| entry.expect("readable").path());
    let mut scenes: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "ron"))
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (format!("scenes/{name}"), std::fs::read_to_string(&path).expect("a scene is text"))
        })
        .collect();
    scenes.sort_by_key(|(name, text)| (text.len(), name.clone()));
    scenes
}

#[test]
fn pages_say_what_the_schema_says() {
    let scenes = scenes();
    let mut pages = BTreeMap::from([("README".to_owned(), index_page()), ("types".to_owned(), types_page())]);
    let mut without_scene = Vec::new();
    for (name, _) in elements() {
        let used = format!(" {name}(");
        let shows = |text: &str| text.lines().any(|line| line.trim_start().starts_with('"') && line.contains(&used));
        match scenes.iter().find(|(_, text)| shows(text)) {
            Some((path, text)) => {
                pages.insert(name.to_owned(), element_page(name, Some((path.as_str(), text.as_str()))).expect("it is there"));
            }
            None => without_scene.push(name),
        }
    }
    assert_eq!(without_scene, [""; 0], "no scene shows these elements");
    let folder = repository_root().join("docs/reference");
    if std::env::var_os("LINETWIN_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(&folder).expect("docs is writable");
        for (name, page) in &pages {
            std::fs::write(folder.join(format!("{name}.md")), page).expect("docs is writable");
        }
    }
    let files = std::fs::read_dir(&folder).expect("docs/reference is there").map(|entry| entry.expect("readable").path());
    let found: BTreeMap<String, String> = files
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a page is text"))
        })
        .collect();
    let other: Vec<&String> = pages.keys().chain(found.keys()).filter(|name| pages.get(*name) != found.get(*name)).collect();
    assert!(other.is_empty(), "LINETWIN_BLESS=1 writes these pages of docs/reference anew: {other:?}");
}

#[test]
fn the_kept_schema_is_what_the_types_say() {
    let (path, made) = (repository_root().join("engine/model/src/scene.schema"), lines_to_keep());
    if std::env::var_os("LINETWIN_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the sources are writable");
    }
    let kept = std::fs::read_to_string(&path).expect("it is kept");
    let cure = "LINETWIN_BLESS=1 cargo test --test suite -- reference";
    assert!(kept == made, "the types of the scene language have changed since engine/model/src/scene.schema was written: {cure}");
}
