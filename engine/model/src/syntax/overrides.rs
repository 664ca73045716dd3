//! `--set 'belt 1.speed_mps=0.6'`: puts one value into the tree of a scene before it is validated, so that it meets the
//! same checks as what the file says, with its own place in the messages. The first name of a path is a field of the scene,
//! else an element of `line`, else a part of `parts`. Names that hold dots or `=` stand in double quotes; places in lists
//! are numbers from 0, the next free one appends. Where text is wanted, bare text will do. What is not written in the scene
//! is created on the way, unless only the scene's author can know what it is (a variant). The scene's own text is never
//! changed.

use super::lexer::Notation;
use super::parser;
use super::tree::{Argument, Entry, Name, Node, NodeKind};
use super::validate::is_inner_struct;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::expand::constants::VALUE;
use crate::schema::{Plain, Schema, Shapes, StructSchema};
use crate::words::{listed, nearest};

/// The name under which an override appears in messages.
pub const OVERRIDE_FILE_NAME: &str = "--set";

/// One name or index of a path, where it is written.
#[derive(Clone, Debug, PartialEq)]
struct Segment {
    text: String,
    span: Span,
}

/// Applies `text`, which is file `file`, to the scene's tree. Returns the names of its path, from the scene down, as far as
/// there is one.
pub fn apply(root: &mut Node, schema: Schema, file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut names = Vec::new();
    if let Err(problem) = try_apply(root, schema, file, text, &mut names, diagnostics) {
        diagnostics.push(*problem);
    }
    names
}

/// Boxed: a diagnostic is large, and almost every override is right.
type Result<T> = std::result::Result<T, Box<Diagnostic>>;

fn try_apply(
    root: &mut Node,
    schema: Schema,
    file: FileId,
    text: &str,
    names: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<()> {
    let (segments, value_start) = split(file, text)?;
    let segments = from_root(root, schema, segments)?;
    names.extend(segments.iter().map(|segment| segment.text.clone()));
    replace(root, schema, &segments, "the scene", &mut New { file, text, value_start, diagnostics })
}

/// The override's value, and where what is wrong with it goes.
struct New<'a> {
    file: FileId,
    text: &'a str,
    value_start: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// The path's segments, and where the value starts.
fn split(file: FileId, text: &str) -> Result<(Vec<Segment>, usize)> {
    let span = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
    let (mut segments, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '.' | '=' if !quoted => {
                let written = &text[start..at];
                let name = written.trim();
                if name.is_empty() {
                    let problem = Diagnostic::error("bad-override", span(start, at + 1), "a name is missing in this path");
                    return Err(problem.allowed("names separated by dots: belt 1.speed_mps=0.6").into());
                }
                let name_start = start + (written.len() - written.trim_start().len());
                segments.push(Segment { text: without_quotes(name), span: span(name_start, name_start + name.len()) });
                start = at + 1;
                if character == '=' {
                    return Ok((segments, start));
                }
            }
            _ => {}
        }
    }
    let problem = Diagnostic::error("bad-override", span(0, text.len()), "an override needs a path, `=` and a value");
    let problem = problem.allowed("PATH=VALUE, for example 'belt 1.speed_mps=0.6'");
    Err(if quoted { problem.help("a double quote is not closed") } else { problem }.into())
}

/// A name as the scene has it: `"a \"b\""` is `a "b"`.
fn without_quotes(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.to_owned() };
    let (mut text, mut escaped) = (String::new(), false);
    for character in inner.chars() {
        escaped = character == '\\' && !escaped;
        if !escaped {
            text.push(character);
        }
    }
    text
}

/// Completes a path that starts with an element's or a part's name.
fn from_root(root: &Node, schema: Schema, segments: Vec<Segment>) -> Result<Vec<Segment>> {
    let first = &segments[0];
    let structure = schema.shapes().structure().expect("a scene is a struct");
    if structure.field(&first.text).is_some() {
        return Ok(segments);
    }
    let mut known: Vec<String> = structure.names().map(str::to_owned).collect();
    for map in ["line", "parts"] {
        let names = names_in(root, map);
        if joined(&segments, |name| names.iter().any(|known| known == name)).is_some() {
            let prefix = Segment { text: map.to_owned(), span: first.span };
            return Ok(std::iter::once(prefix).chain(segments).collect());
        }
        known.extend(names);
    }
    Err(unknown(first, "the scene", "field, element or part", known.iter().map(String::as_str)).into())
}

/// The keys of one of the scene's maps.
fn names_in(root: &Node, map: &str) -> Vec<String> {
    let is_map = |name: &str| name == map;
    let found = match &root.kind {
        NodeKind::Group { arguments, .. } => {
            arguments.iter().find(|argument| argument.label.as_ref().is_some_and(|label| is_map(&label.text))).map(|found| &found.value)
        }
        NodeKind::Map(entries) => entries.iter().find(|entry| entry.text().is_some_and(is_map)).map(|found| &found.value),
        _ => None,
    };
    match found.map(|node| &node.kind) {
        Some(NodeKind::Map(entries)) => entries.iter().filter_map(Entry::text).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A name that holds dots, though it stands without quotes: how many segments make it up, and the name.
fn joined(segments: &[Segment], known: impl Fn(&str) -> bool) -> Option<(usize, String)> {
    (1..=segments.len()).rev().find_map(|count| {
        let words: Vec<&str> = segments[..count].iter().map(|segment| segment.text.as_str()).collect();
        let name = words.join(".");
        known(&name).then_some((count, name))
    })
}

fn replace(node: &mut Node, schema: Schema, path: &[Segment], what: &str, new: &mut New) -> Result<()> {
    let [segment, ..] = path else {
        *node = value(schema, what, new);
        return Ok(());
    };
    let shapes = schema.shapes();
    match &mut node.kind {
        // Reported where it is written.
        NodeKind::Missing => return Ok(()),
        NodeKind::Group { name: Some(name), arguments } => {
            if let Some(variant) = shapes.variant(&name.text) {
                let what = format!("`{}`", name.text);
                let Some(payload) = variant.payload else { return Err(no_fields(segment, &what).into()) };
                return match (payload.shapes().structure(), arguments.as_mut_slice()) {
                    // The parentheses of the variant and those of its struct, or the only value of the variant.
                    (Some(structure), [Argument { label: None, value }]) if is_inner_struct(value, structure) => {
                        replace(value, payload, path, &what, new)
                    }
                    (None, [Argument { label: None, value }]) => replace(value, payload, path, &what, new),
                    _ => in_group(arguments, &payload.shapes(), path, &what, new),
                };
            }
            if name.text == "Some"
                && shapes.nullable
                && let [Argument { label: None, value }] = arguments.as_mut_slice()
            {
                return replace(value, schema, path, what, new);
            }
            return in_group(arguments, &shapes, path, what, new);
        }
        NodeKind::Group { name: None, arguments } => return in_group(arguments, &shapes, path, what, new),
        NodeKind::Map(entries) if node.notation == Notation::Json => return in_object(entries, &shapes, path, what, new),
        NodeKind::Map(entries) => return in_map(entries, &shapes, path, what, new),
        NodeKind::List(items) => return in_list(items, &shapes, path, what, new),
        // A variant that lacks all its fields: `Sink` for `Sink(...)`.
        NodeKind::Word(word) if shapes.variant(word).is_some_and(|variant| variant.payload.is_some()) => {
            let name = Name { text: word.clone(), span: node.span };
            node.kind = NodeKind::Group { name: Some(name), arguments: Vec::new() };
        }
        NodeKind::Null => *node = blank(&shapes, segment, what)?,
        NodeKind::Word(word) if word == "None" && shapes.nullable => *node = blank(&shapes, segment, what)?,
        _ => return Err(no_fields(segment, what).into()),
    }
    replace(node, schema, path, what, new)
}

/// Fields with or without names, or the values of a tuple.
fn in_group(arguments: &mut Vec<Argument>, shapes: &Shapes, path: &[Segment], what: &str, new: &mut New) -> Result<()> {
    let (segment, rest) = (&path[0], &path[1..]);
    let inner = format!("`{}`", segment.text);
    if let Some(structure) = shapes.structure() {
        let schema = field(structure, segment, what)?;
        let positional = arguments.iter().any(|argument| argument.label.is_none());
        if positional && arguments.iter().all(|argument| argument.label.is_none()) {
            for (argument, name) in arguments.iter_mut().zip(structure.names()) {
                argument.label = Some(Name { text: name.to_owned(), span: argument.value.span });
            }
        }
        let given = arguments.iter_mut().find(|argument| argument.label.as_ref().is_some_and(|label| label.text == segment.text));
        return match given {
            Some(argument) => replace(&mut argument.value, schema, rest, &inner, new),
            None => {
                let label = Some(Name { text: segment.text.clone(), span: segment.span });
                arguments.push(Argument { label, value: created(schema, segment, rest, &inner, new)? });
                Ok(())
            }
        };
    }
    let schemas = shapes.plain.iter().find_map(|plain| if let Plain::Tuple(schemas) = plain { Some(schemas) } else { None });
    let index = segment.text.parse::<usize>().ok();
    match (schemas, index.and_then(|index| Some((index, arguments.get_mut(index)?)))) {
        (Some(schemas), Some((index, argument))) if index < schemas.len() => {
            replace(&mut argument.value, schemas[index], rest, &format!("value {} of {what}", index + 1), new)
        }
        (Some(_), _) => Err(no_item(segment, what, arguments.len()).into()),
        (None, _) => Err(no_fields(segment, what).into()),
    }
}

/// A JSON object: a variant with its payload, a struct, or a map.
fn in_object(entries: &mut Vec<Entry>, shapes: &Shapes, path: &[Segment], what: &str, new: &mut New) -> Result<()> {
    if let [entry] = entries.as_mut_slice()
        && let Some(variant) = entry.text().and_then(|name| shapes.variant(name))
    {
        let inner = format!("`{}`", variant.name);
        return match variant.payload {
            Some(payload) => replace(&mut entry.value, payload, path, &inner, new),
            None => Err(no_fields(&path[0], &inner).into()),
        };
    }
    let Some(structure) = shapes.structure() else { return in_map(entries, shapes, path, what, new) };
    let (segment, rest) = (&path[0], &path[1..]);
    let inner = format!("`{}`", segment.text);
    let schema = field(structure, segment, what)?;
    match entries.iter_mut().find(|entry| entry.text() == Some(&segment.text)) {
        Some(entry) => replace(&mut entry.value, schema, rest, &inner, new),
        None => {
            entries.push(Entry { key: key(&segment.text, segment), value: created(schema, segment, rest, &inner, new)? });
            Ok(())
        }
    }
}

fn in_map(entries: &mut Vec<Entry>, shapes: &Shapes, path: &[Segment], what: &str, new: &mut New) -> Result<()> {
    let segment = &path[0];
    let schema = shapes.plain.iter().find_map(|plain| if let Plain::Map(schema) = plain { Some(*schema) } else { None });
    let Some(schema) = schema else { return Err(no_fields(segment, what).into()) };
    let (count, name) = joined(path, |name| entries.iter().any(|entry| entry.text() == Some(name))).unwrap_or((1, segment.text.clone()));
    let (rest, inner) = (&path[count..], format!("`{name}`"));
    match entries.iter_mut().find(|entry| entry.text() == Some(&name)) {
        Some(entry) => replace(&mut entry.value, schema, rest, &inner, new),
        None if rest.is_empty() || schema.shapes().variants.is_empty() => {
            entries.push(Entry { key: key(&name, segment), value: created(schema, segment, rest, &inner, new)? });
            Ok(())
        }
        None => Err(unknown(segment, what, "entry", entries.iter().filter_map(Entry::text)).into()),
    }
}

fn in_list(items: &mut Vec<Node>, shapes: &Shapes, path: &[Segment], what: &str, new: &mut New) -> Result<()> {
    let (segment, rest, count) = (&path[0], &path[1..], items.len());
    let index = segment.text.parse::<usize>().ok();
    let found = shapes.plain.iter().find_map(|plain| match plain {
        Plain::List { items, .. } => Some((*items, true)),
        // JSON writes a tuple as a list.
        Plain::Tuple(schemas) => Some((*schemas.get(index?)?, false)),
        _ => None,
    });
    let inner = format!("item {} of {what}", segment.text);
    match (found, index) {
        (Some((schema, _)), Some(index)) if index < count => replace(&mut items[index], schema, rest, &inner, new),
        (Some((schema, true)), Some(index)) if index == count => {
            items.push(created(schema, segment, rest, &inner, new)?);
            Ok(())
        }
        (Some((_, true)), _) => Err(no_item(segment, what, count + 1).into()),
        _ => Err(no_item(segment, what, count).into()),
    }
}

/// What is not written in the scene: the value itself, or what it lies in.
fn created(schema: Schema, segment: &Segment, rest: &[Segment], what: &str, new: &mut New) -> Result<Node> {
    if rest.is_empty() {
        return Ok(value(schema, what, new));
    }
    let mut node = blank(&schema.shapes(), segment, what)?;
    replace(&mut node, schema, rest, what, new)?;
    Ok(node)
}

/// An empty struct, map or list where one belongs. A variant has to be named, a tuple to be given whole.
fn blank(shapes: &Shapes, segment: &Segment, what: &str) -> Result<Node> {
    let kind = shapes.plain.iter().find_map(|plain| match plain {
        Plain::Struct(_) => Some(NodeKind::Group { name: None, arguments: Vec::new() }),
        Plain::Map(_) => Some(NodeKind::Map(Vec::new())),
        Plain::List { .. } => Some(NodeKind::List(Vec::new())),
        _ => None,
    });
    match kind {
        Some(kind) => Ok(Node { span: segment.span, notation: Notation::Ron, kind }),
        None => {
            let problem = Diagnostic::error("unknown-path", segment.span, format!("{what} is not written in the scene"));
            Err(problem.allowed(shapes.describe()).help(format!("set it as a whole: {}=...", segment.text)).into())
        }
    }
}

fn field<'s>(structure: StructSchema<'s>, segment: &Segment, what: &str) -> Result<Schema<'s>> {
    structure.field(&segment.text).ok_or_else(|| unknown(segment, what, "field", structure.names()).into())
}

/// A key of a map, at the segment that names it.
fn key(name: &str, segment: &Segment) -> Node {
    Node { span: segment.span, notation: Notation::Ron, kind: NodeKind::Text(name.to_owned()) }
}

/// The override's value, as far as it depends on its place: where text is wanted, bare text will do.
fn value(schema: Schema, what: &str, new: &mut New) -> Node {
    // Blanks stand for the path, so that spans fit the override's text.
    let padded = format!("{}{}", " ".repeat(new.value_start), &new.text[new.value_start..]);
    let mut problems = Vec::new();
    let shapes = schema.shapes();
    if padded.trim().is_empty() && !shapes.only_text() {
        let span = Span { file: new.file, start: new.value_start as u32 - 1, end: new.value_start as u32 };
        let problem = Diagnostic::error("bad-override", span, format!("a value for {what} is missing after `=`"));
        new.diagnostics.push(problem.allowed(shapes.describe()));
        return Node { span, notation: Notation::Ron, kind: NodeKind::Missing };
    }
    let tree = parser::parse(new.file, "override.ron", &padded, &mut problems);
    let is_none = matches!(&tree.root.kind, NodeKind::Word(word) if word == "None" && shapes.nullable);
    let is_text = matches!(tree.root.kind, NodeKind::Text(_)) && problems.is_empty();
    let bare_word = matches!(&tree.root.kind, NodeKind::Word(word) if shapes.variant(word).is_none());
    let is_computed = matches!(&tree.root.kind, NodeKind::Group { name: Some(name), .. } if name.text == VALUE) && problems.is_empty();
    let bare_text =
        shapes.allows_text() && !is_text && !is_computed && !is_none && (shapes.only_text() || !problems.is_empty() || bare_word);
    if bare_text {
        let written = &new.text[new.value_start..];
        let start = new.value_start + (written.len() - written.trim_start().len());
        let text = written.trim();
        let span = Span { file: new.file, start: start as u32, end: (start + text.len()) as u32 };
        return Node { span, notation: Notation::Ron, kind: NodeKind::Text(text.to_owned()) };
    }
    new.diagnostics.append(&mut problems);
    tree.root
}

fn no_fields(segment: &Segment, what: &str) -> Diagnostic {
    Diagnostic::error("unknown-path", segment.span, format!("{what} has nothing inside that could be called `{}`", segment.text))
}

fn no_item(segment: &Segment, what: &str, count: usize) -> Diagnostic {
    let problem = Diagnostic::error("unknown-path", segment.span, format!("{what} has no item `{}`", segment.text));
    problem.allowed(match count {
        0 => "it is empty".to_owned(),
        1 => "0".to_owned(),
        _ => format!("a number from 0 to {}", count - 1),
    })
}

fn unknown<'a>(segment: &Segment, what: &str, kind: &str, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let problem = Diagnostic::error("unknown-path", segment.span, format!("{what} has no {kind} `{}`", segment.text));
    let problem = problem.allowed(listed(known.clone()));
    let lacks_unit = known.clone().find(|name| name.rsplit_once('_').is_some_and(|(stem, _)| stem == segment.text));
    match lacks_unit.or_else(|| nearest(&segment.text, known)) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem,
    }
}
