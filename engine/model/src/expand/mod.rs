//! What an author may write beyond plain elements, made plain before anything is validated: other files are read in
//! (`include`), what is written once and used several times is written out (`templates`), and values that follow from
//! constants are computed (`constants`, `expression`). Everything later sees a tree whose nodes lie where they were written.
//! Knows no element and no physics.

pub mod constants;
mod expression;
pub mod include;
#[cfg(test)]
mod template_tests;
pub mod templates;
#[cfg(test)]
mod tests;

use crate::syntax::lexer::Notation;
use crate::syntax::tree::{Argument, Entry, Name, Node, NodeKind};

/// Takes a field out of a struct: of `Name(field: value)` or of a JSON object.
fn take_field(root: &mut Node, name: &str) -> Option<Node> {
    match &mut root.kind {
        NodeKind::Group { arguments, .. } => {
            let at = arguments.iter().position(|argument| argument.label.as_ref().is_some_and(|label| label.text == name))?;
            Some(arguments.remove(at).value)
        }
        NodeKind::Map(entries) if root.notation == Notation::Json => {
            let at = entries.iter().position(|entry| entry.text() == Some(name))?;
            Some(entries.remove(at).value)
        }
        _ => None,
    }
}

/// A field of a struct.
fn field_mut<'n>(root: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    match &mut root.kind {
        NodeKind::Group { arguments, .. } => {
            let mut named = arguments.iter_mut().filter(|argument| argument.label.as_ref().is_some_and(|label| label.text == name));
            named.next().map(|argument| &mut argument.value)
        }
        NodeKind::Map(entries) if root.notation == Notation::Json => {
            entries.iter_mut().find(|entry| entry.text() == Some(name)).map(|entry| &mut entry.value)
        }
        _ => None,
    }
}

/// Gives a struct a field that it lacks.
fn add_field(root: &mut Node, name: Name, value: Node) {
    match &mut root.kind {
        NodeKind::Group { arguments, .. } => arguments.push(Argument { label: Some(name), value }),
        NodeKind::Map(entries) => {
            let key = Node { span: name.span, notation: root.notation, kind: NodeKind::Text(name.text) };
            entries.push(Entry { key, value });
        }
        _ => {}
    }
}

/// The fields of a struct with their names.
fn into_fields(root: Node) -> Vec<(Name, Node)> {
    match root.kind {
        NodeKind::Group { arguments, .. } => arguments.into_iter().filter_map(|argument| Some((argument.label?, argument.value))).collect(),
        NodeKind::Map(entries) if root.notation == Notation::Json => {
            let named = |entry: Entry| Some((Name { text: entry.text()?.to_owned(), span: entry.key.span }, entry.value));
            entries.into_iter().filter_map(named).collect()
        }
        _ => Vec::new(),
    }
}
