//! `--set 'belt 1.speed_mps=0.6'`: replaces or inserts one value of a validated scene, with the same errors as the file.
//! The first name of a path is a field of the scene, else an element of `line`, else a part of `parts`. Names that hold
//! dots or `=` stand in double quotes; places in lists are numbers from 0. Where text is wanted, bare text will do. The
//! scene's own text is never changed.

use super::parser;
use super::tree::NodeKind;
use super::validate::validate;
use super::value::{Field, Value, ValueKind};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::schema::{Plain, Schema};
use crate::words::{listed, nearest};
use indexmap::IndexMap;

/// The name under which an override appears in messages.
pub const OVERRIDE_FILE_NAME: &str = "--set";

/// One name or index of a path, where it is written.
#[derive(Clone, Debug, PartialEq)]
struct Segment {
    text: String,
    span: Span,
}

/// Applies `text`, which is file `file`, to the scene's values.
pub fn apply(root: &mut Value, schema: Schema, file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) {
    if let Err(problem) = try_apply(root, schema, file, text, diagnostics) {
        diagnostics.push(*problem);
    }
}

/// Boxed: a diagnostic is large, and almost every override is right.
type Result<T> = std::result::Result<T, Box<Diagnostic>>;

fn try_apply(root: &mut Value, schema: Schema, file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Result<()> {
    let (segments, value_start) = split(file, text)?;
    let segments = from_root(root, schema, segments)?;
    let new = New { file, text, value_start };
    // The innermost thing that does not exist yet may only be created where the path says in which map.
    replace(root, schema, &segments, "the scene", &new, diagnostics)
}

struct New<'a> {
    file: FileId,
    text: &'a str,
    value_start: usize,
}

/// The path's segments, and where the value starts.
fn split(file: FileId, text: &str) -> Result<(Vec<Segment>, usize)> {
    let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
    let (mut segments, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '.' | '=' if !quoted => {
                let written = &text[start..at];
                let name = written.trim();
                if name.is_empty() {
                    let problem = Diagnostic::error("bad-override", span(start, at + 1), "a name is missing in this path");
                    return Err(problem.allowed("names separated by dots: belt 1.speed_mps=0.6").into());
                }
                let name_start = start + (written.len() - written.trim_start().len());
                let bare = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
                segments.push(Segment { text: bare.to_owned(), span: span(name_start, name_start + name.len()) });
                start = at + 1;
                if character == '=' {
                    return Ok((segments, start));
                }
            }
            _ => {}
        }
    }
    let problem = Diagnostic::error("bad-override", span(0, text.len()), "an override needs a path, `=` and a value");
    Err(problem.allowed("PATH=VALUE, for example 'belt 1.speed_mps=0.6'").into())
}

/// Completes a path that starts with an element's or a part's name.
fn from_root(root: &Value, schema: Schema, segments: Vec<Segment>) -> Result<Vec<Segment>> {
    let first = &segments[0];
    let structure = schema.shapes().structure().expect("a scene is a struct");
    if structure.field(&first.text).is_some() {
        return Ok(segments);
    }
    let ValueKind::Fields(fields) = &root.kind else { return Ok(segments) };
    let entries = |map: &str| match fields.get(map).map(|field| &field.value.kind) {
        Some(ValueKind::Fields(entries)) => entries.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let mut known: Vec<String> = structure.names().map(str::to_owned).collect();
    for map in ["line", "parts"] {
        let names = entries(map);
        if names.contains(&first.text) {
            let prefix = Segment { text: map.to_owned(), span: first.span };
            return Ok(std::iter::once(prefix).chain(segments).collect());
        }
        known.extend(names);
    }
    let known = known.iter().map(String::as_str);
    Err(unknown(first, "the scene", "unknown-path", "field, element or part", known).into())
}

fn replace(value: &mut Value, schema: Schema, path: &[Segment], what: &str, new: &New, diagnostics: &mut Vec<Diagnostic>) -> Result<()> {
    let [segment, rest @ ..] = path else {
        *value = validated(schema, what, new, diagnostics);
        return Ok(());
    };
    let shapes = schema.shapes();
    let inner = format!("`{}`", segment.text);
    match &mut value.kind {
        // Reported where it is written.
        ValueKind::Missing => Ok(()),
        ValueKind::Variant { name, payload } => {
            let variant = shapes.variant(&name.text).and_then(|variant| variant.payload);
            match (payload, variant) {
                (Some(payload), Some(schema)) => replace(payload, schema, path, &format!("`{}`", name.text), new, diagnostics),
                _ => Err(no_fields(segment, &format!("`{}`", name.text)).into()),
            }
        }
        ValueKind::List(items) => {
            let count = items.len();
            let item_schema = shapes.plain.iter().find_map(|plain| match plain {
                Plain::List { items, .. } => Some(*items),
                Plain::Tuple(schemas) => segment.text.parse::<usize>().ok().and_then(|index| schemas.get(index).copied()),
                _ => None,
            });
            let item = segment.text.parse::<usize>().ok().and_then(|index| items.get_mut(index));
            match (item, item_schema) {
                (Some(item), Some(schema)) => replace(item, schema, rest, &format!("item {} of {what}", segment.text), new, diagnostics),
                _ => {
                    let problem = Diagnostic::error("unknown-path", segment.span, format!("{what} has no item `{}`", segment.text));
                    let allowed = if count == 0 { "it is empty".to_owned() } else { format!("a number from 0 to {}", count - 1) };
                    Err(problem.allowed(allowed).into())
                }
            }
        }
        ValueKind::Fields(fields) => {
            let map = shapes.plain.iter().find_map(|plain| if let Plain::Map(schema) = plain { Some(*schema) } else { None });
            match (shapes.structure(), map) {
                (Some(structure), _) => match structure.field(&segment.text) {
                    Some(schema) => replace_field(fields, schema, segment, rest, new, diagnostics),
                    None => Err(unknown(segment, what, "unknown-path", "field", structure.names()).into()),
                },
                (None, Some(schema)) if fields.contains_key(&segment.text) => {
                    let field = fields.get_mut(&segment.text).expect("just seen");
                    replace(&mut field.value, schema, rest, &inner, new, diagnostics)
                }
                // A whole new entry, by its full path.
                (None, Some(schema)) if rest.is_empty() => {
                    let value = validated(schema, &inner, new, diagnostics);
                    fields.insert(segment.text.clone(), Field { name_span: segment.span, value });
                    Ok(())
                }
                (None, _) => Err(unknown(segment, what, "unknown-path", "entry", fields.keys().map(String::as_str)).into()),
            }
        }
        _ => Err(no_fields(segment, what).into()),
    }
}

fn replace_field(
    fields: &mut IndexMap<String, Field>,
    schema: Schema,
    segment: &Segment,
    rest: &[Segment],
    new: &New,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<()> {
    let what = format!("`{}`", segment.text);
    let written = fields.get(&segment.text).is_some_and(|field| field.value.kind != ValueKind::Null);
    if !written {
        let inside_struct = !rest.is_empty() && schema.shapes().structure().is_some();
        if !rest.is_empty() && !inside_struct {
            let problem = Diagnostic::error("unknown-path", segment.span, format!("{what} is not written in the scene"));
            return Err(problem.help(format!("set it as a whole: {}=...", segment.text)).into());
        }
        let value = Value { span: segment.span, kind: ValueKind::Fields(IndexMap::new()) };
        fields.insert(segment.text.clone(), Field { name_span: segment.span, value });
    }
    let field = fields.get_mut(&segment.text).expect("it was just inserted");
    replace(&mut field.value, schema, rest, &what, new, diagnostics)
}

/// The override's value, held against the schema of its place.
fn validated(schema: Schema, what: &str, new: &New, diagnostics: &mut Vec<Diagnostic>) -> Value {
    // Blanks stand for the path, so that spans fit the override's text.
    let padded = format!("{}{}", " ".repeat(new.value_start), &new.text[new.value_start..]);
    let mut problems = Vec::new();
    let shapes = schema.shapes();
    if padded.trim().is_empty() && !shapes.only_text() {
        let span = Span { file: new.file, start: new.value_start as u32 - 1, end: new.value_start as u32 };
        let problem = Diagnostic::error("bad-override", span, format!("a value for {what} is missing after `=`"));
        diagnostics.push(problem.allowed(shapes.describe()));
        return Value { span, kind: ValueKind::Missing };
    }
    let tree = parser::parse(new.file, "override.ron", &padded, &mut problems);
    let is_none = matches!(&tree.root.kind, NodeKind::Word(word) if word == "None" && shapes.nullable);
    let is_text = matches!(tree.root.kind, NodeKind::Text(_)) && problems.is_empty();
    let bare_word = matches!(&tree.root.kind, NodeKind::Word(word) if shapes.variant(word).is_none());
    let bare_text = shapes.allows_text() && !is_text && !is_none && (shapes.only_text() || !problems.is_empty() || bare_word);
    if bare_text {
        let written = &new.text[new.value_start..];
        let start = new.value_start + (written.len() - written.trim_start().len());
        let text = written.trim();
        let span = Span { file: new.file, start: start as u32, end: (start + text.len()) as u32 };
        return Value { span, kind: ValueKind::Text(text.to_owned()) };
    }
    diagnostics.append(&mut problems);
    validate(&tree.root, schema, what, diagnostics)
}

fn no_fields(segment: &Segment, what: &str) -> Diagnostic {
    Diagnostic::error("unknown-path", segment.span, format!("{what} has nothing inside that could be called `{}`", segment.text))
}

fn unknown<'a>(segment: &Segment, what: &str, code: &'static str, kind: &str, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let problem = Diagnostic::error(code, segment.span, format!("{what} has no {kind} `{}`", segment.text)).allowed(listed(known.clone()));
    let lacks_unit = known.clone().find(|name| name.rsplit_once('_').is_some_and(|(stem, _)| stem == segment.text));
    match lacks_unit.or_else(|| nearest(&segment.text, known)) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem,
    }
}
