//! Editing a scene's text promises: only what is edited changes, and means the same as the same `--set`; undone, the first
//! bytes are back; a file is saved whole, and never over somebody else's.

use linetwin_model::Scene;
use linetwin_model::edit::{Change, EditError, SceneEditor};
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::Input;
use linetwin_model::syntax::lexer::{TokenKind, tokens};
use linetwin_run::{SaveError, SceneFile};
use linetwin_tests::repository_root;
use std::fs;
use std::path::{Path, PathBuf};

/// Edits of each scene.
const EDITS: usize = 16;

fn load(path: &str) -> std::io::Result<Vec<u8>> {
    fs::read(path)
}

fn scene_with(path: &Path, text: &str, overrides: Vec<String>) -> Option<Scene> {
    let scene = read(&path.to_string_lossy(), text, &ReadOptions { overrides }, &load).scene?;
    Some(Scene { inputs: Vec::new(), ..scene })
}

fn scenes() -> Vec<PathBuf> {
    let folder = fs::read_dir(repository_root().join("scenes")).expect("the scenes are there");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("listable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    paths
}

/// Numbers without rhyme, the same every time.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Another value of the same kind, perhaps one that is not allowed.
fn other(input: &Input, state: &mut u64) -> Option<String> {
    let value = input.value.trim_end_matches(" (its neighbour's)");
    let number: f64 = value.parse().ok()?;
    let factors = [0.9, 1.1, 2.0, 1.0, -1.0];
    let changed = number * factors[random(state) % factors.len()];
    Some(if value.contains('.') { format!("{changed:?}") } else { format!("{}", changed.round()) })
}

/// What stands in a text besides spaces: a value that is added brings commas and its own name along.
fn words(text: &str) -> Vec<&str> {
    let words = tokens(text).into_iter().filter(|token| token.kind != TokenKind::Space);
    words.map(|token| &text[token.start as usize..token.end as usize]).collect()
}

#[test]
fn random_edits_of_every_scene_change_one_value_and_mean_what_set_means() {
    let (mut state, mut made, mut added, mut refused, mut elsewhere) = (7, 0, 0, 0, 0);
    for path in scenes() {
        let text = fs::read_to_string(&path).expect("a scene is text");
        let inputs = read(&path.to_string_lossy(), &text, &ReadOptions::default(), &load).scene.expect("a good scene").inputs;
        let mut editor = SceneEditor::new(path.to_string_lossy(), text.as_str(), ReadOptions::default());
        for _ in 0..EDITS {
            let input = &inputs[random(&mut state) % inputs.len()];
            let Some(value) = other(input, &mut state) else { continue };
            let what = format!("{}: {}={value}", path.display(), input.path);
            let expected = scene_with(&path, &text, vec![format!("{}={value}", input.path)]);
            match editor.set(&input.path, &value, &load) {
                Ok(_) => assert!(scene_with(&path, editor.text(), Vec::new()) == expected && expected.is_some(), "{what}"),
                Err(EditError::Scene { .. }) => {
                    assert!(expected.is_none() && editor.text() == text, "{what}");
                    refused += 1;
                    continue;
                }
                Err(EditError::Refused(reason)) => {
                    assert!(reason.contains("change it there"), "{what}: {reason}");
                    elsewhere += 1;
                    continue;
                }
            }
            let (before, after) = (words(&text), words(editor.text()));
            let same_head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
            let same_tail = before[same_head..].iter().rev().zip(after[same_head..].iter().rev()).take_while(|(a, b)| a == b).count();
            let gone = before.len() - same_head - same_tail;
            if before.len() == after.len() {
                assert!(gone <= 1, "{what}: {:?}", &before[same_head..same_head + gone]);
            } else {
                assert_eq!(gone, 0, "{what}");
                added += 1;
            }
            made += 1;
            assert!(text == editor.text() || editor.undo(), "{what}");
            assert!(editor.text() == text && !editor.can_undo(), "{what}: undone");
        }
    }
    assert!(made > 300 && added > 20 && refused > 10, "{made} edits, {added} of them additions, {refused} refused, {elsewhere} elsewhere");
}

#[test]
fn several_edits_are_undone_one_by_one() {
    let path = repository_root().join("scenes/packaging.ron");
    let text = fs::read_to_string(&path).expect("a scene is text");
    let mut editor = SceneEditor::new(path.to_string_lossy(), text.as_str(), ReadOptions::default());
    let inputs = editor.read(&load).scene.expect("a good scene").inputs;
    let (mut state, mut texts) = (11, vec![text]);
    while texts.len() < 12 {
        let input = &inputs[random(&mut state) % inputs.len()];
        let Some(value) = other(input, &mut state) else { continue };
        if editor.apply(&[Change::set(&input.path, value)], &load).is_ok() && editor.text() != texts[texts.len() - 1] {
            texts.push(editor.text().to_owned());
        }
    }
    for before in texts.iter().rev().skip(1) {
        assert!(editor.undo() && editor.text() == before);
    }
    for after in &texts[1..] {
        assert!(editor.redo() && editor.text() == after);
    }
}

#[test]
fn a_file_is_saved_with_its_edits_alone_and_never_over_another_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("belt.ron");
    fs::copy(repository_root().join("scenes/belt.ron"), &path).expect("writable");
    let before = fs::read_to_string(&path).expect("text");
    let mut file = SceneFile::open(&path, &[]).expect("readable");
    assert!(!file.has_unsaved_edits() && !file.has_changed_on_disk());
    file.editor.set("name", "Another name", &load).expect("any name will do");
    assert!(file.has_unsaved_edits());
    file.save().expect("nobody else has written");
    let saved = fs::read_to_string(&path).expect("text");
    assert_eq!(saved, file.editor.text());
    let changed = saved.lines().zip(before.lines()).filter(|(after, before)| after != before).count();
    assert_eq!((changed, saved.lines().count()), (1, before.lines().count()));
    assert!(!file.has_unsaved_edits() && !file.has_changed_on_disk(), "its own writing is no other hand");

    fs::write(&path, &before).expect("writable");
    file.editor.set("name", "A third name", &load).expect("any name will do");
    assert!(matches!(file.save(), Err(SaveError::ChangedOnDisk { .. })));
    assert_eq!(fs::read_to_string(&path).expect("text"), before);
    fs::remove_file(&path).expect("ours");
    assert!(matches!(file.save(), Err(SaveError::Gone { .. })));
    file.save_as(&path).expect("nothing is there");
    assert_eq!(fs::read_to_string(&path).expect("text"), file.editor.text());
    assert_eq!(fs::read_dir(folder.path()).expect("listable").count(), 1, "no temporary file is left");
}
