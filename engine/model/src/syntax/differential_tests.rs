//! Our tree against the `ron` crate: what we read in the scenes of this repository, it reads with the same content.

use super::*;
use ron::Value;
use std::path::Path;

/// What other RON tools see where our tree has `node`: they know neither names of structs nor of variants.
fn assert_same(node: &Node, value: &Value, place: &str) {
    match (&node.kind, value) {
        (NodeKind::Bool(ours), Value::Bool(theirs)) => assert_eq!(ours, theirs, "{place}"),
        // Both are the nearest double of the same digits, so they are equal to the last bit.
        (NodeKind::Integer(ours), Value::Number(theirs)) => assert_eq!(*ours as f64, theirs.into_f64(), "{place}"),
        (NodeKind::Float(ours), Value::Number(theirs)) => assert_eq!(*ours, theirs.into_f64(), "{place}"),
        (NodeKind::Text(ours), Value::String(theirs)) => assert_eq!(ours, theirs, "{place}"),
        (NodeKind::Word(word), Value::Option(None)) => assert_eq!(word, "None", "{place}"),
        (NodeKind::Word(_), Value::Unit) => {}
        (NodeKind::List(ours), Value::Seq(theirs)) => assert_same_items(&ours.iter().collect::<Vec<_>>(), theirs, place),
        (NodeKind::Map(ours), Value::Map(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "{place}");
            for (entry, (key, value)) in ours.iter().zip(theirs.iter()) {
                assert_same(&entry.key, key, place);
                assert_same(&entry.value, value, &format!("{place}/{}", entry.key.describe()));
            }
        }
        (NodeKind::Group { name: Some(name), arguments }, Value::Option(Some(theirs))) if name.text == "Some" => {
            assert_same(&arguments[0].value, theirs, place);
        }
        (NodeKind::Group { arguments, .. }, Value::Map(theirs)) => {
            assert_eq!(arguments.len(), theirs.len(), "{place}");
            for (argument, (key, value)) in arguments.iter().zip(theirs.iter()) {
                let label = &argument.label.as_ref().expect("a struct's fields are named").text;
                assert_eq!(*key, Value::String(label.clone()), "{place}");
                assert_same(&argument.value, value, &format!("{place}/{label}"));
            }
        }
        (NodeKind::Group { arguments, .. }, Value::Seq(theirs)) => {
            assert_same_items(&arguments.iter().map(|argument| &argument.value).collect::<Vec<_>>(), theirs, place);
        }
        _ => panic!("{place}: {} is read by others as {value:?}", node.describe()),
    }
}

fn assert_same_items(ours: &[&Node], theirs: &[Value], place: &str) {
    assert_eq!(ours.len(), theirs.len(), "{place}");
    for (index, (node, value)) in ours.iter().zip(theirs).enumerate() {
        assert_same(node, value, &format!("{place}/{index}"));
    }
}

fn assert_same_text(name: &str, text: &str) {
    let mut diagnostics = Vec::new();
    let tree = parse(FileId(0), name, text, &mut diagnostics);
    assert_eq!(diagnostics, vec![], "{name}");
    let theirs: Value = ron::from_str(text).unwrap_or_else(|error| panic!("{name} is no RON to others: {error}"));
    assert_same(&tree.root, &theirs, name);
}

#[test]
fn the_forms_that_scenes_use_mean_the_same_to_others() {
    let text = "#![enable(implicit_some)]\n/* a /* b */ */ Scene(a: 0x1F, b: -2.5e-3, c: [1_000, .5, 5., +3], d: {\"x\\n\\u{e9}\\x41\": r#\"raw \\\"#,},\n\
                e: Left, f: None, g: Some(1), h: (1, 2,), i: Belt(x: true, y: Box(1, 2)), j: [], k: {}, // end\n)";
    assert_same_text("forms", text);
}

#[test]
fn the_scenes_of_this_repository_mean_the_same_to_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes");
    let entries = std::fs::read_dir(folder).expect("the scenes are part of the repository");
    let mut count = 0;
    for path in entries.map(|entry| entry.expect("readable").path()).filter(|path| path.extension().is_some_and(|end| end == "ron")) {
        let text = std::fs::read_to_string(&path).expect("a scene is text");
        assert_same_text(&path.to_string_lossy(), &text);
        count += 1;
    }
    assert!(count > 0, "there are scenes");
}
