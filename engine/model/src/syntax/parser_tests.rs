//! Tests of the parser: what it reads, and how it goes on after what it cannot read.

use super::*;
use crate::syntax::tree::NodeKind;

fn read(name: &str, text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let tree = parse(FileId(0), name, text, &mut diagnostics);
    assert_eq!(tree.text_of(text), text, "the tree gives the text back");
    (tree, diagnostics)
}

fn codes(text: &str) -> Vec<(&'static str, String)> {
    let (_, diagnostics) = read("scene.ron", text);
    diagnostics.iter().map(|d| (d.code, text[d.span.start as usize..d.span.end as usize].to_owned())).collect()
}

#[test]
fn reads_what_ron_reads() {
    let text = "#![enable(implicit_some)]\n#![schema = \"a.json\"]\n/* a /* nested */ comment */\nScene(a: 1, b: (1, 2.5,), c: {\"x y\": Left,},\n d: [Some(1), None, true], e: r#\"raw \\\"#, // end\n f: Normal(4, 0.3),)";
    let (tree, diagnostics) = read("scene.ron", text);
    assert_eq!(diagnostics, vec![]);
    let NodeKind::Group { name: Some(name), arguments } = tree.root.kind else { panic!("a named group") };
    assert_eq!(name.text, "Scene");
    let labels: Vec<_> = arguments.iter().map(|a| a.label.as_ref().map_or("", |label| label.text.as_str())).collect();
    assert_eq!(labels, ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(arguments[4].value.kind, NodeKind::Text("raw \\".into()));
}

#[test]
fn json_by_ending_or_by_content_and_strict() {
    let text = "{\"a\": [1, -2.5e3, null, true], \"b\": {\"c\": \"\\u00e9\"}}";
    for name in ["scene.json", "-"] {
        let (tree, diagnostics) = read(name, text);
        assert_eq!((tree.notation, diagnostics), (Notation::Json, vec![]));
    }
    let bad = "{\"a\": 1, /* no */ \"b\": Left, \"c\": (1), \"d\": r\"x\",}";
    let (_, diagnostics) = read("scene.json", bad);
    assert_eq!(diagnostics.iter().filter(|d| d.code == "not-json").count(), 5);
}

#[test]
fn several_errors_are_reported_together() {
    let found = codes("Scene(a = 1, b: , c: 5mm, 'x', e: 1 f: 2, \"g\": 3, h: §)");
    let expected =
        ["expected-colon", "expected-value", "bad-number", "single-quotes", "missing-comma", "quoted-field", "unexpected-character"];
    assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), expected);
}

#[test]
fn an_unclosed_bracket_is_found_where_it_opens() {
    let text = "Scene(line: {\n  \"a\": Belt(from: (0, 1), speed: 2,\n  \"b\": Sink(after: \"a\"),\n})";
    assert_eq!(codes(text), [("unclosed-bracket", "(".to_owned())]);
    let (tree, diagnostics) = read("scene.ron", text);
    assert_eq!(diagnostics[0].span.start as usize, text.find("(from").expect("there"));
    // The rest is read as if it had been closed.
    let NodeKind::Group { arguments, .. } = &tree.root.kind else { panic!("a group") };
    let NodeKind::Map(entries) = &arguments[0].value.kind else { panic!("a map") };
    assert_eq!(entries.len(), 2);

    let map = "Scene(\n    line: {\n        \"a\": 1,\n    checks: [1, 2],\n)";
    assert_eq!(codes(map), [("unclosed-bracket", "{".to_owned())]);
    let end = "Scene(line: {\"a\": Belt(";
    assert_eq!(codes(end), [("unclosed-bracket", "(".to_owned())]);
    let list = "Scene(a: [1, 2, b: 3)";
    assert_eq!(codes(list), [("unclosed-bracket", "[".to_owned())]);
    assert_eq!(codes("Scene(a: [1, 2), b: 3)"), [("wrong-bracket", ")".to_owned())]);
    assert_eq!(codes("Scene(a: 1))"), [("text-after-scene", ")".to_owned())]);
}

#[test]
fn nesting_is_bounded_by_a_diagnostic_not_by_the_stack() {
    let deep = format!("Scene(a: {}{})", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(codes(&deep).iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["nested-too-deep"]);
    let unclosed = "[".repeat(200_000);
    assert!(codes(&unclosed).iter().any(|(code, _)| *code == "nested-too-deep"));
    let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(codes(&fits), []);
}

#[test]
fn empty_and_bad_headers() {
    assert_eq!(codes("")[0].0, "empty-file");
    assert_eq!(codes(" // only a comment")[0].0, "empty-file");
    assert_eq!(codes("#![enabel(x)]\nScene()"), [("bad-header", "#![enabel(x)]".to_owned())]);
    assert_eq!(codes("#!/usr/bin/linetwin\nScene()")[0].0, "bad-header");
}
