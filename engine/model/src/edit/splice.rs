//! Where a change of the tree is a change of the text: finds what an override put into the tree, and makes the same of the
//! text, touching nothing else. The path is the override's own business (`syntax/overrides.rs`); layout is taken from the
//! neighbours.

use super::Change;
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::files::{FileLoader, LoadFile};
use crate::read::{Expanded, expand};
use crate::schema::scene_schema;
use crate::syntax::lexer::{Token, TokenKind, tokens};
use crate::syntax::overrides::{self, OVERRIDE_FILE_NAME};
use crate::syntax::tree::{Argument, Node, NodeKind};
use crate::syntax::value::quoted;

/// Spaces that something in brackets stands further in.
const INDENT: usize = 4;

#[derive(Debug)]
pub enum Refusal {
    Told(String),
    Diagnostics(Vec<Diagnostic>),
}

/// `text` with `change` made in it. `sources` become those that the diagnostics of a refusal point into.
pub fn changed(name: &str, text: &str, change: &Change, load_file: LoadFile, sources: &mut Sources) -> Result<String, Refusal> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let mut loader = FileLoader::new(load_file, sources, &mut files);
    let Expanded { tree, root, copies, .. } = expand(name, text, &mut loader, &mut problems);
    if tree.brackets_broken_at.is_some() {
        return Err(Refusal::Diagnostics(problems));
    }
    // What is to be removed is found by setting it to something.
    let (path, command) = match change {
        Change::Set { path, value } => (path, format!("{path}={value}")),
        Change::Remove { path } => (path, format!("{path}=0")),
    };
    let file = loader.add_source(OVERRIDE_FILE_NAME, &command);
    let (mut edited, mut wrong) = (root.clone(), Vec::new());
    overrides::apply(&mut edited, scene_schema().root(), file, &command, &mut wrong);
    if wrong.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Refusal::Diagnostics(wrong));
    }
    let found = find(&root, &edited, file, None).ok_or_else(|| Refusal::Told(format!("`{path}` leads to nothing that is written")))?;
    let place = found.place();
    if place.file != tree.file {
        let (copy, shown) = match copies.iter().find(|copy| copy.file == place.file) {
            Some(copy) => (" of a template", Span { file: copy.original, ..place }),
            None => ("", place),
        };
        return Err(Refusal::Told(format!("`{path}` stands in the text{copy} at {}: change it there", loader.place(shown))));
    }
    let page = Page { text, tokens: &tree.tokens };
    let new = New { file, text: &command };
    let splices = match (change, found) {
        (Change::Remove { .. }, Found::Written { entry: Some(entry), .. }) => vec![page.removal(entry)],
        (Change::Remove { .. }, Found::Written { entry: None, .. }) => return Err(Refusal::Told("the scene itself stays".to_owned())),
        (Change::Remove { .. }, _) => {
            return Err(Refusal::Told(format!("`{path}` is not written in the scene: there is nothing to remove")));
        }
        (Change::Set { .. }, Found::Written { old, value, .. }) => vec![Splice::new(old.span.start, old.span.end, new.write(value))],
        (Change::Set { .. }, Found::Missing { container, label, value, positional }) => {
            let mut splices: Vec<Splice> = positional.into_iter().map(|(at, label)| Splice::new(at, at, format!("{label}: "))).collect();
            let entry = label.map_or(new.write(value), |label| format!("{label}: {}", new.write(value)));
            splices.extend(page.insertion(container, &entry));
            splices
        }
        (Change::Set { .. }, Found::Bare { word, arguments }) => {
            vec![Splice::new(word.span.end, word.span.end, format!("({})", new.arguments(arguments)))]
        }
    };
    Ok(spliced(text, splices))
}

/// `start..end` becomes `text`.
struct Splice {
    start: usize,
    end: usize,
    text: String,
}

impl Splice {
    fn new(start: u32, end: u32, text: String) -> Self {
        Splice { start: start as usize, end: end as usize, text }
    }
}

fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.start);
    let mut text = text.to_owned();
    for splice in splices.iter().rev() {
        text.replace_range(splice.start..splice.end, &splice.text);
    }
    text
}

/// What an override changed in a tree.
enum Found<'a> {
    /// A value that is written; with the stretch from its name to its end where it has a place among others.
    Written { old: &'a Node, value: &'a Node, entry: Option<Span> },
    /// A value that something written lacks.
    Missing {
        container: &'a Node,
        label: Option<String>,
        value: &'a Node,
        /// Values that have names from now on, because one is given by name.
        positional: Vec<(u32, &'a str)>,
    },
    /// A variant without parentheses gets fields.
    Bare { word: &'a Node, arguments: &'a [Argument] },
}

impl Found<'_> {
    fn place(&self) -> Span {
        match self {
            Found::Written { old: node, .. } | Found::Missing { container: node, .. } | Found::Bare { word: node, .. } => node.span,
        }
    }
}

/// The first place in which `new`, which an override that is file `file` made of `old`, is another one.
fn find<'a>(old: &'a Node, new: &'a Node, file: FileId, entry: Option<Span>) -> Option<Found<'a>> {
    if new.span.file == file {
        return Some(Found::Written { old, value: new, entry });
    }
    let from =
        |start: Span, value: &Node| if start.file == value.span.file { Span { start: start.start, ..value.span } } else { value.span };
    match (&old.kind, &new.kind) {
        (NodeKind::List(before), NodeKind::List(after)) => {
            let found = before.iter().zip(after).find_map(|(old, new)| find(old, new, file, Some(old.span)));
            let added = || Some(Found::Missing { container: old, label: None, value: after.get(before.len())?, positional: Vec::new() });
            found.or_else(added)
        }
        (NodeKind::Map(before), NodeKind::Map(after)) => {
            let pairs = || before.iter().zip(after);
            let found = pairs().find_map(|(old, new)| find(&old.value, &new.value, file, Some(from(old.key.span, &old.value))));
            found.or_else(|| {
                let added = after.get(before.len())?;
                Some(Found::Missing { container: old, label: added.text().map(quoted), value: &added.value, positional: Vec::new() })
            })
        }
        (NodeKind::Group { arguments: before, .. }, NodeKind::Group { arguments: after, .. }) => {
            let start = |argument: &Argument| argument.label.as_ref().map_or(argument.value.span, |label| label.span);
            let pairs = || before.iter().zip(after);
            let found = pairs().find_map(|(old, new)| find(&old.value, &new.value, file, Some(from(start(old), &old.value))));
            found.or_else(|| {
                let added = after.get(before.len())?;
                let named = |(old, new): (&Argument, &'a Argument)| match (&old.label, &new.label) {
                    (None, Some(label)) => Some((old.value.span.start, label.text.as_str())),
                    _ => None,
                };
                let label = added.label.as_ref().map(|label| label.text.clone());
                Some(Found::Missing { container: old, label, value: &added.value, positional: pairs().filter_map(named).collect() })
            })
        }
        (NodeKind::Word(_), NodeKind::Group { arguments, .. }) => Some(Found::Bare { word: old, arguments }),
        _ => None,
    }
}

/// The override's text: its values as they are written there.
struct New<'a> {
    file: FileId,
    text: &'a str,
}

impl New<'_> {
    fn write(&self, node: &Node) -> String {
        let written = if node.span.file == self.file { &self.text[node.span.start as usize..node.span.end as usize] } else { "" };
        match &node.kind {
            NodeKind::Text(text) => {
                let is_literal =
                    matches!(tokens(written)[..], [Token { kind: TokenKind::Text | TokenKind::RawText, unterminated: false, .. }]);
                if is_literal { written.to_owned() } else { quoted(text) }
            }
            // What was made on the way lies where the path names it, which no bracket begins.
            NodeKind::Group { name: None, arguments } if !written.starts_with('(') => format!("({})", self.arguments(arguments)),
            NodeKind::Map(entries) if !written.starts_with('{') => {
                let entry = |entry: &crate::syntax::tree::Entry| {
                    format!("{}: {}", entry.text().map(quoted).unwrap_or_default(), self.write(&entry.value))
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            NodeKind::List(items) if !written.starts_with('[') => {
                format!("[{}]", items.iter().map(|item| self.write(item)).collect::<Vec<_>>().join(", "))
            }
            _ => written.to_owned(),
        }
    }

    fn arguments(&self, arguments: &[Argument]) -> String {
        let one = |argument: &Argument| match &argument.label {
            Some(label) => format!("{}: {}", label.text, self.write(&argument.value)),
            None => self.write(&argument.value),
        };
        arguments.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A scene's text and its tokens.
struct Page<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl Page<'_> {
    /// `entry` as the last one in `container`, whose brackets are written.
    fn insertion(&self, container: &Node, entry: &str) -> Vec<Splice> {
        let close = self.tokens.partition_point(|token| token.end < container.span.end);
        let last = (0..close).rev().find(|index| !self.tokens[*index].is_trivia()).expect("a bracket was opened");
        let (end, is_first) = (self.tokens[last].end, matches!(self.tokens[last].kind, TokenKind::Open(_)));
        let has_comma = self.tokens[last].kind == TokenKind::Comma;
        let before_close = self.tokens[close - 1];
        let space = &self.text[before_close.start as usize..before_close.end as usize];
        let line_break = space.rfind('\n').filter(|_| before_close.kind == TokenKind::Space);
        let Some(line_break) = line_break else {
            let text = match (is_first, has_comma) {
                (true, _) => entry.to_owned(),
                (false, true) => format!(" {entry},"),
                (false, false) => format!(", {entry}"),
            };
            return vec![Splice::new(end, end, text)];
        };
        let with_return = space[..line_break].ends_with('\r');
        let at = before_close.start + line_break as u32 - u32::from(with_return);
        let indent = match is_first {
            true => self.indent_of(self.tokens[close].start) + INDENT,
            false => self.indent_of(first_start(container).unwrap_or(end)),
        };
        let text = format!("{}{}{entry},", if with_return { "\r\n" } else { "\n" }, " ".repeat(indent));
        let comma = (!is_first && !has_comma).then(|| Splice::new(end, end, ",".to_owned()));
        if let Some(comma) = comma {
            // Both at one place are one.
            return match comma.start == at as usize {
                true => vec![Splice::new(at, at, format!(",{text}"))],
                false => vec![comma, Splice::new(at, at, text)],
            };
        }
        vec![Splice::new(at, at, text)]
    }

    /// `entry` and the comma behind it; where it has lines of its own, the whole of them.
    fn removal(&self, entry: Span) -> Splice {
        let next = self.tokens.partition_point(|token| token.end <= entry.end);
        let is_significant = |index: &usize| !self.tokens[*index].is_trivia();
        let comma = (next..self.tokens.len()).find(is_significant).filter(|index| self.tokens[*index].kind == TokenKind::Comma);
        let (mut start, mut end) = (entry.start as usize, comma.map_or(entry.end, |index| self.tokens[index].end) as usize);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[end..].find('\n').map_or(self.text.len(), |at| end + at);
        let rest = self.text[end..line_end].trim();
        if line_start > 0 && self.text[line_start..start].trim().is_empty() && (rest.is_empty() || rest.starts_with("//")) {
            // What stands behind it speaks of it.
            return Splice { start: line_start, end: (line_end + 1).min(self.text.len()), text: String::new() };
        }
        match comma {
            Some(_) => end += self.text[end..].len() - self.text[end..].trim_start_matches(' ').len(),
            // The last one without a comma takes the one before it along.
            None => {
                let first = self.tokens.partition_point(|token| token.start < entry.start);
                let before = (0..first).rev().find(is_significant).filter(|index| self.tokens[*index].kind == TokenKind::Comma);
                start = before.map_or(start, |index| self.tokens[index].start as usize);
            }
        }
        Splice { start, end, text: String::new() }
    }

    /// Spaces that begin the line of a place.
    fn indent_of(&self, at: u32) -> usize {
        let line = self.text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
        self.text[line..].len() - self.text[line..].trim_start_matches(' ').len()
    }
}

/// Where the first thing in a container begins.
fn first_start(container: &Node) -> Option<u32> {
    let own = |span: Span| (span.file == container.span.file).then_some(span.start);
    match &container.kind {
        NodeKind::List(items) => items.iter().find_map(|item| own(item.span)),
        NodeKind::Map(entries) => entries.iter().find_map(|entry| own(entry.key.span)),
        NodeKind::Group { arguments, .. } => {
            arguments.iter().find_map(|argument| own(argument.label.as_ref().map_or(argument.value.span, |label| label.span)))
        }
        _ => None,
    }
}
