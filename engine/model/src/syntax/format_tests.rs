//! The layout changes nothing but spaces, keeps every comment, and is its own layout.

use super::*;
use crate::diagnostic::FileId;
use crate::syntax::tree::{Node, NodeKind};
use std::path::Path;

fn laid_out(text: &str) -> String {
    format("scene.ron", text, &mut Sources::default()).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

fn comments(text: &str) -> Vec<&str> {
    let all = super::super::lexer::tokens(text).into_iter().filter(|token| token.kind == TokenKind::Comment);
    all.map(|token| text[token.start as usize..token.end as usize].trim_end()).collect()
}

/// The tree without places.
fn meaning(node: &Node) -> String {
    match &node.kind {
        NodeKind::List(items) => format!("[{}]", items.iter().map(meaning).collect::<Vec<_>>().join(",")),
        NodeKind::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(|entry| format!("{}:{}", meaning(&entry.key), meaning(&entry.value))).collect();
            format!("{{{}}}", entries.join(","))
        }
        NodeKind::Group { name, arguments } => {
            let label =
                |label: &Option<crate::syntax::tree::Name>| label.as_ref().map(|name| format!("{}:", name.text)).unwrap_or_default();
            let arguments: Vec<String> =
                arguments.iter().map(|argument| format!("{}{}", label(&argument.label), meaning(&argument.value))).collect();
            format!("{}({})", name.as_ref().map_or("", |name| &name.text), arguments.join(","))
        }
        plain => format!("{plain:?}"),
    }
}

fn assert_lawful(text: &str) {
    let once = laid_out(text);
    assert_eq!(laid_out(&once), once, "the layout of the layout");
    assert_eq!(comments(&once), comments(text), "every comment survives");
    let tree = |text: &str| meaning(&parse(FileId(0), "scene.ron", text, &mut Vec::new()).root);
    assert_eq!(tree(&once), tree(text), "the meaning stays");
    for line in once.lines().filter(|line| !line.contains("/*") && !line.contains("//") && !line.contains('"')) {
        assert_eq!(line.trim_end(), line, "nothing stands at a line's end");
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % count as u64) as usize
    }
}

/// Other spaces and line breaks, comments in any place, commas before closing brackets or not.
fn scattered(text: &str, random: &mut Random) -> String {
    let mut scattered = String::new();
    let tokens: Vec<Token> = super::super::lexer::tokens(text).into_iter().filter(|token| token.kind != TokenKind::Space).collect();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1).map(|next| next.kind);
        let trailing_comma = token.kind == TokenKind::Comma && matches!(next, Some(TokenKind::Close(_)));
        if !(trailing_comma && random.below(2) == 0) {
            scattered.push_str(&text[token.start as usize..token.end as usize]);
        }
        let line_comment = token.kind == TokenKind::Comment && text[token.start as usize..].starts_with("//");
        let spaces = [
            "",
            "",
            "",
            " ",
            "  ",
            "\n",
            "\n    ",
            "\n\n",
            "\n\n\n  ",
            "\r\n",
            " // why\n",
            "// 1,5 (mm)\n  ",
            " /* so */ ",
            "/* a\n   b */",
        ];
        let space = spaces[random.below(spaces.len())];
        // A name stays beside its bracket: `Belt (` is no group.
        let glued = token.kind == TokenKind::Word && matches!(next, Some(TokenKind::Open(Bracket::Round)));
        let glued = glued || matches!(token.kind, TokenKind::Hash | TokenKind::Bang);
        if line_comment && !space.starts_with('\n') {
            scattered.push('\n');
        }
        let words = matches!((token.kind, next), (TokenKind::Word | TokenKind::Number, Some(TokenKind::Word | TokenKind::Number)));
        scattered.push_str(if glued {
            ""
        } else if words && space.is_empty() {
            " "
        } else {
            space
        });
    }
    scattered
}

#[test]
fn a_layout_changes_spaces_only_and_is_its_own() {
    const SCATTERINGS: u64 = 40;
    let scenes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes");
    let mut count = 0;
    for entry in std::fs::read_dir(scenes).expect("the repository has scenes") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "ron") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a scene is text");
        assert_lawful(&text);
        for serial in 0..SCATTERINGS {
            assert_lawful(&scattered(&text, &mut Random(serial * 1000 + count)));
        }
        count += 1;
    }
    assert!(count > 10, "{count} scenes");
}

#[test]
fn the_scenes_of_this_repository_are_laid_out() {
    let scenes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(scenes).expect("the repository has scenes") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|extension| extension == "ron") {
            let text = std::fs::read_to_string(&path).expect("a scene is text");
            if laid_out(&text) != text {
                wrong.push(path.file_name().expect("a file").to_string_lossy().into_owned());
            }
        }
    }
    assert!(wrong.is_empty(), "lay them out with `linetwin fmt scenes/*.ron`: {wrong:?}");
}

#[test]
fn a_crowded_scene_becomes_readable() {
    let crowded = r#"Scene(schema:1,name:"Case packing",
parts:{"bottle":Part(shape:Cylinder(diameter_m:0.07,height_m:0.22),mass_kg:0.5),"box":Part(shape:Box(size_m:(1,1,1)),mass_kg:1)},
line:{ // from left to right

  "filler":Source(part:"bottle",rate_per_h:12000,before:"belt",failures:[Failure(mode:"cap jam",clock:Running,uptime_s:Weibull(scale:2400,shape:1.2),repair_s:Lognormal(mean:180,sd:120))]),
  "a conveyor of many words":Belt(from_m:(0,0,0.9),
      to_m:(4,0,0.9),speed_mps:0.45),// fast


  // The end.
  "dock":Sink(after:"belt", outcome: /* for now */ Good)},checks:[NoPartLost,])"#;
    let readable = r#"Scene(
    schema: 1,
    name: "Case packing",
    parts: {
        "bottle": Part(shape: Cylinder(diameter_m: 0.07, height_m: 0.22), mass_kg: 0.5),
        "box":    Part(shape: Box(size_m: (1, 1, 1)), mass_kg: 1),
    },
    line: { // from left to right
        "filler": Source(part: "bottle", rate_per_h: 12000, before: "belt",
                         failures: [Failure(mode: "cap jam", clock: Running, uptime_s: Weibull(scale: 2400, shape: 1.2),
                                            repair_s: Lognormal(mean: 180, sd: 120))]),
        "a conveyor of many words": Belt(from_m: (0, 0, 0.9),
                                         to_m: (4, 0, 0.9), speed_mps: 0.45), // fast

        // The end.
        "dock":   Sink(after: "belt", outcome: /* for now */ Good),
    },
    checks: [NoPartLost],
)
"#;
    assert_eq!(laid_out(crowded), readable);
}

#[test]
fn what_does_not_parse_and_what_is_json_stays_as_it_is() {
    let codes = |name: &str, text: &str| -> Vec<&'static str> {
        let problems = format(name, text, &mut Sources::default()).expect_err("it cannot be laid out");
        problems.iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes("scene.ron", "Scene(schema: 1 name: \"x\")"), ["missing-comma"]);
    assert_eq!(codes("scene.json", "{\"schema\": 1}"), ["not-ron"]);
}
