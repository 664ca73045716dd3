//! The tree of a scene text: nodes with spans, and the tokens with every comment and space, so that the text can be
//! given back byte for byte and edited by splicing at a node's span. Knows no schema: a JSON object is a map here, and
//! `Belt(...)` a group with a name.

use super::lexer::{Notation, Token};
use crate::diagnostic::{FileId, Span};

#[derive(Clone, Debug)]
pub struct Tree {
    pub file: FileId,
    pub notation: Notation,
    /// They tile the text.
    pub tokens: Vec<Token>,
    pub root: Node,
    /// Where the brackets stopped making sense, `None` where they are all matched: what a check says about later text,
    /// or about something missing, may be a consequence of that and not of the user's intent.
    pub brackets_broken_at: Option<u32>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub notation: Notation,
    pub kind: NodeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Nothing usable stands here; that has been reported.
    Missing,
    /// JSON `null`.
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// `Left`, `None`
    Word(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// `Name(...)` or `(...)`: a struct where its arguments have labels, else a tuple or positional arguments.
    Group {
        name: Option<Name>,
        arguments: Vec<Argument>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Node,
    pub value: Node,
}

impl Entry {
    /// Its name.
    pub fn text(&self) -> Option<&str> {
        if let NodeKind::Text(text) = &self.key.kind { Some(text) } else { None }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub label: Option<Name>,
    pub value: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

impl Tree {
    /// The same as a place.
    pub fn broken_from(&self) -> Option<Span> {
        self.brackets_broken_at.map(|at| Span { file: self.file, start: at, end: at })
    }

    /// The text again, put together from its tokens.
    pub fn text_of(&self, source: &str) -> String {
        self.tokens.iter().map(|token| &source[token.start as usize..token.end as usize]).collect()
    }
}

impl Node {
    /// What stands here, for "found ...".
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Missing => "nothing".into(),
            NodeKind::Null => "null".into(),
            NodeKind::Bool(value) => format!("`{value}`"),
            NodeKind::Integer(value) => format!("the number {value}"),
            NodeKind::Float(value) => format!("the number {value}"),
            NodeKind::Text(value) => format!("the string \"{}\"", shorten(value)),
            NodeKind::Word(word) => format!("`{word}`"),
            NodeKind::List(items) => format!("a list of {}", items.len()),
            NodeKind::Map(_) if self.notation == Notation::Json => "an object".into(),
            NodeKind::Map(_) => "a map `{...}`".into(),
            NodeKind::Group { name: Some(name), .. } => format!("`{}(...)`", name.text),
            NodeKind::Group { name: None, arguments } if arguments.iter().any(|argument| argument.label.is_some()) => {
                "named fields `(...)`".into()
            }
            NodeKind::Group { name: None, arguments } => format!("a tuple of {}", arguments.len()),
        }
    }

    /// Every span below and including this node, for tests of the tree's invariants.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = vec![self.span];
        match &self.kind {
            NodeKind::List(items) => items.iter().for_each(|item| spans.extend(item.spans())),
            NodeKind::Map(entries) => entries.iter().for_each(|entry| {
                spans.extend(entry.key.spans());
                spans.extend(entry.value.spans());
            }),
            NodeKind::Group { name, arguments } => {
                spans.extend(name.iter().map(|name| name.span));
                for argument in arguments {
                    spans.extend(argument.label.iter().map(|label| label.span));
                    spans.extend(argument.value.spans());
                }
            }
            _ => {}
        }
        spans
    }
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST).chain("...".chars()).collect() }
}
