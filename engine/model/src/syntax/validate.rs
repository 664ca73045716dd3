//! Holds a tree against the schema: tells fields, variants and positions apart, reports everything that does not fit,
//! and leaves a [`Value`] of what does. Knows no field by name; what fields mean together is for `check`.

use super::lexer::Notation;
use super::tree::{Argument, Entry, Name, Node, NodeKind};
use super::value::{Field, Value, ValueKind};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::{Plain, Range, Schema, Shapes, StructSchema};
use crate::words::{listed, nearest};
use indexmap::IndexMap;

/// Validates `node`, which `what` names in messages: `` `speed_mps` ``, `the scene`.
pub fn validate(node: &Node, schema: Schema, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Value {
    Validator { diagnostics }.value(node, schema, what)
}

/// What is allowed is said in the message up to this many bytes, beyond on a line of its own.
const LONGEST_IN_A_SENTENCE: usize = 80;

struct Validator<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// The arguments of a struct, however they are written.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    /// The struct's name or opening bracket, where a missing field is reported.
    head: Span,
    /// Of the whole.
    span: Span,
    arguments: &'a [Argument],
    json: bool,
}

impl Validator<'_> {
    fn value(&mut self, node: &Node, schema: Schema, what: &str) -> Value {
        let shapes = schema.shapes();
        if matches!(shapes.plain.as_slice(), [Plain::Any]) {
            return self.anything(node);
        }
        match &node.kind {
            NodeKind::Missing => missing(node.span),
            NodeKind::Null if shapes.nullable => null(node.span),
            NodeKind::Null => self.wrong_type(node, &shapes, what),
            NodeKind::Word(word) => self.word(node, word, &shapes, what),
            NodeKind::Group { name: Some(name), arguments } => self.named_group(node, name, arguments, schema, &shapes, what),
            NodeKind::Text(text) if node.notation == Notation::Json && !shapes.allows_text() && !shapes.variants.is_empty() => {
                self.word(node, text, &shapes, what)
            }
            NodeKind::Map(entries) if node.notation == Notation::Json => self.object(node, entries, &shapes, what),
            _ => self.plain(node, &shapes, what),
        }
    }

    /// A bare name: a unit variant.
    fn word(&mut self, node: &Node, word: &str, shapes: &Shapes, what: &str) -> Value {
        let name = Name { text: word.to_owned(), span: node.span };
        match shapes.variant(word) {
            Some(variant) => match variant.payload {
                None => Value { span: node.span, kind: ValueKind::Variant { name, payload: None } },
                Some(payload) => {
                    let error = Diagnostic::error("missing-fields", node.span, format!("`{word}` needs its fields"));
                    self.diagnostics.push(error.help(format!("write {}", example(word, payload))));
                    missing(node.span)
                }
            },
            None if word == "None" && shapes.nullable => null(node.span),
            None if shapes.variants.is_empty() && shapes.structure().is_some_and(|structure| structure.name == Some(word)) => {
                let arguments = Arguments { head: node.span, span: node.span, arguments: &[], json: false };
                self.structure(&arguments, shapes.structure().expect("just seen"), what)
            }
            None if shapes.variants.is_empty() => self.wrong_type(node, shapes, what),
            None => self.unknown_variant(&name, shapes, what),
        }
    }

    fn named_group(&mut self, node: &Node, name: &Name, arguments: &[Argument], schema: Schema, shapes: &Shapes, what: &str) -> Value {
        if let Some(variant) = shapes.variant(&name.text) {
            let payload = match variant.payload {
                Some(payload) => Some(Box::new(self.payload(node, name, arguments, payload))),
                None if arguments.is_empty() => None,
                None => {
                    let error = Diagnostic::error("no-fields", node.span, format!("`{}` has no fields", name.text));
                    self.diagnostics.push(error.help(format!("write `{}` alone", name.text)));
                    return missing(node.span);
                }
            };
            return Value { span: node.span, kind: ValueKind::Variant { name: name.clone(), payload } };
        }
        if name.text == "Some"
            && let [Argument { label: None, value }] = arguments
        {
            return if shapes.nullable {
                self.value(value, schema, what)
            } else {
                let error = Diagnostic::error("wrong-type", name.span, format!("{what} is never absent, so it takes no `Some(...)`"));
                self.diagnostics.push(error.help("write the value alone"));
                missing(node.span)
            };
        }
        match shapes.structure() {
            Some(structure) if structure.name.is_none_or(|expected| expected == name.text) => {
                self.structure(&Arguments { head: name.span, span: node.span, arguments, json: false }, structure, what)
            }
            Some(structure) if shapes.variants.is_empty() => {
                let expected = structure.name.unwrap_or_default();
                let error =
                    Diagnostic::error("wrong-name", name.span, format!("{what} must be a `{expected}`, found `{}(...)`", name.text));
                self.diagnostics.push(error.help(format!("write `{expected}(...)`, or `(...)` without a name")));
                // Its fields are still worth a look.
                self.structure(&Arguments { head: name.span, span: node.span, arguments, json: false }, structure, what)
            }
            _ if shapes.variants.is_empty() => self.wrong_type(node, shapes, what),
            _ => self.unknown_variant(name, shapes, what),
        }
    }

    /// What stands in the parentheses of a variant.
    fn payload(&mut self, node: &Node, name: &Name, arguments: &[Argument], payload: Schema) -> Value {
        let shapes = payload.shapes();
        let what = format!("`{}`", name.text);
        let whole = Arguments { head: name.span, span: node.span, arguments, json: false };
        match (shapes.structure(), shapes.plain.as_slice(), arguments) {
            // `Belt((speed_mps: 0.5))`: the parentheses of the variant and those of its struct.
            (Some(structure), _, [Argument { label: None, value }]) if is_inner_struct(value, structure) => {
                self.value(value, payload, &what)
            }
            (Some(structure), ..) => self.structure(&whole, structure, &what),
            (None, [Plain::Tuple(items)], _) if arguments.len() != 1 || items.len() == 1 => self.tuple(&whole, items, &what),
            (None, _, [Argument { label: None, value }]) => self.value(value, payload, &what),
            _ => {
                let error = Diagnostic::error("wrong-length", node.span, format!("{what} takes one value, found {}", arguments.len()));
                self.diagnostics.push(error.allowed(shapes.describe()));
                missing(node.span)
            }
        }
    }

    /// A JSON object: a variant with its payload, a struct, or a map.
    fn object(&mut self, node: &Node, entries: &[Entry], shapes: &Shapes, what: &str) -> Value {
        if let ([Entry { key, value }], false) = (entries, shapes.variants.is_empty())
            && let NodeKind::Text(text) = &key.kind
        {
            let name = Name { text: text.clone(), span: key.span };
            match shapes.variant(text) {
                Some(variant) => {
                    let payload = match (variant.payload, &value.kind) {
                        (Some(payload), _) => Some(Box::new(self.value(value, payload, &format!("`{text}`")))),
                        (None, NodeKind::Null) => None,
                        (None, _) => {
                            let error = Diagnostic::error("no-fields", node.span, format!("`{text}` has no fields"));
                            self.diagnostics.push(error.help(format!("write \"{text}\" alone")));
                            return missing(node.span);
                        }
                    };
                    return Value { span: node.span, kind: ValueKind::Variant { name, payload } };
                }
                None if shapes.plain.iter().all(|plain| !matches!(plain, Plain::Struct(_) | Plain::Map(_))) => {
                    return self.unknown_variant(&name, shapes, what);
                }
                None => {}
            }
        }
        match shapes.structure() {
            Some(structure) => {
                let arguments: Vec<Argument> = entries.iter().filter_map(|entry| self.argument_of(entry)).collect();
                let head = Span { end: (node.span.start + 1).min(node.span.end), ..node.span };
                self.structure(&Arguments { head, span: node.span, arguments: &arguments, json: true }, structure, what)
            }
            None => self.plain(node, shapes, what),
        }
    }

    fn argument_of(&mut self, entry: &Entry) -> Option<Argument> {
        let text = self.key(&entry.key)?;
        Some(Argument { label: Some(Name { text, span: entry.key.span }), value: entry.value.clone() })
    }

    /// Everything that is neither null nor a variant.
    fn plain(&mut self, node: &Node, shapes: &Shapes, what: &str) -> Value {
        for plain in &shapes.plain {
            let kind = match (&node.kind, plain) {
                (NodeKind::Bool(value), Plain::Bool) => ValueKind::Bool(*value),
                (NodeKind::Integer(value), Plain::Integer(range) | Plain::Number(range)) => {
                    if self.in_range(node, *value as f64, *range, what) { ValueKind::Integer(*value) } else { ValueKind::Missing }
                }
                (NodeKind::Float(value), Plain::Number(range)) => {
                    if self.in_range(node, *value, *range, what) {
                        ValueKind::Float(*value)
                    } else {
                        ValueKind::Missing
                    }
                }
                (NodeKind::Text(text), Plain::Text) => ValueKind::Text(text.clone()),
                (NodeKind::List(items), Plain::List { items: schema, least }) => return self.list(node, items, *schema, *least, what),
                (NodeKind::List(items), Plain::Tuple(schemas)) => {
                    let arguments: Vec<Argument> = items.iter().map(|item| Argument { label: None, value: item.clone() }).collect();
                    return self.tuple(&Arguments { head: node.span, span: node.span, arguments: &arguments, json: true }, schemas, what);
                }
                (NodeKind::Map(entries), Plain::Map(schema)) => return self.map(node, entries, *schema),
                (NodeKind::Group { name: None, arguments }, Plain::Struct(structure)) => {
                    let head = Span { end: node.span.start + 1, ..node.span };
                    return self.structure(&Arguments { head, span: node.span, arguments, json: false }, *structure, what);
                }
                (NodeKind::Group { name: None, arguments }, Plain::Tuple(schemas)) => {
                    return self.tuple(&Arguments { head: node.span, span: node.span, arguments, json: false }, schemas, what);
                }
                _ => continue,
            };
            return Value { span: node.span, kind };
        }
        self.wrong_type(node, shapes, what)
    }

    fn in_range(&mut self, node: &Node, value: f64, range: Range, what: &str) -> bool {
        let inside = range.contains(value);
        if !inside {
            let error = Diagnostic::error("out-of-range", node.span, format!("{what} must be {}, found {value}", range.describe()));
            self.diagnostics.push(error);
        }
        inside
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: Schema, least: usize, what: &str) -> Value {
        if items.len() < least {
            let error = Diagnostic::error("wrong-length", node.span, format!("{what} has {} items", items.len()));
            self.diagnostics.push(error.allowed(format!("at least {least}")));
        }
        let items = items.iter().enumerate().map(|(index, item)| self.value(item, schema, &format!("item {} of {what}", index + 1)));
        Value { span: node.span, kind: ValueKind::List(items.collect()) }
    }

    fn tuple(&mut self, whole: &Arguments, schemas: &[Schema], what: &str) -> Value {
        if let Some(label) = whole.arguments.iter().find_map(|argument| argument.label.as_ref()) {
            let error = Diagnostic::error("unexpected-name", label.span, format!("the values of {what} have no names"));
            self.diagnostics.push(error.help(format!("remove `{}:`", label.text)));
        } else if whole.arguments.len() != schemas.len() {
            let found = whole.arguments.len();
            let error = Diagnostic::error("wrong-length", whole.span, format!("{what} takes {} values, found {found}", schemas.len()));
            self.diagnostics.push(error.allowed(format!("exactly {}", schemas.len())));
        }
        let mut items = Vec::with_capacity(schemas.len());
        for (index, (argument, schema)) in whole.arguments.iter().zip(schemas).enumerate() {
            items.push(self.value(&argument.value, *schema, &format!("value {} of {what}", index + 1)));
        }
        let kind = if whole.arguments.len() == schemas.len() { ValueKind::List(items) } else { ValueKind::Missing };
        Value { span: whole.span, kind }
    }

    fn map(&mut self, node: &Node, entries: &[Entry], schema: Schema) -> Value {
        let mut fields: IndexMap<String, Field> = IndexMap::new();
        for Entry { key, value } in entries {
            let Some(name) = self.key(key) else { continue };
            let value = self.value(value, schema, &format!("`{name}`"));
            match fields.get(&name) {
                Some(first) => {
                    let error = Diagnostic::error("duplicate-name", key.span, format!("the name `{name}` is used twice"));
                    let error = error.help("names are unique: rename one of them");
                    self.diagnostics.push(error.related(first.name_span, "first used here"));
                }
                None => {
                    fields.insert(name, Field { name_span: key.span, value });
                }
            }
        }
        Value { span: node.span, kind: ValueKind::Fields(fields) }
    }

    fn key(&mut self, key: &Node) -> Option<String> {
        match &key.kind {
            NodeKind::Text(text) => Some(text.clone()),
            NodeKind::Missing => None,
            _ => {
                let error =
                    Diagnostic::error("wrong-type", key.span, format!("a name in {{ }} must be text in quotes, found {}", key.describe()));
                self.diagnostics.push(error);
                None
            }
        }
    }

    fn structure(&mut self, whole: &Arguments, structure: StructSchema, what: &str) -> Value {
        let first_named = whole.arguments.iter().find(|argument| argument.label.is_some());
        let first_positional = whole.arguments.iter().find(|argument| argument.label.is_none());
        let mut fields = match (first_named, first_positional) {
            (Some(named), Some(positional)) => {
                let label = named.label.as_ref().expect("it was found by its label").span;
                self.diagnostics.push(decimal_comma(whole.arguments).unwrap_or_else(|| {
                    let order: Vec<&str> = structure.names().collect();
                    let error =
                        Diagnostic::error("mixed-arguments", positional.value.span, format!("{what} mixes values with and without names"));
                    let error = error.help(format!("name all of them, or none; their order is {}", order.join(", ")));
                    error.related(label, "this one has a name")
                }));
                self.mixed(whole, structure, what, positional.value.span)
            }
            (None, Some(_)) => self.positional(whole, structure, what),
            _ => self.named(whole, structure, what),
        };
        // What was reported, and what is required and not there, is missing in place.
        for required in structure.required() {
            let meant = fields.meant.iter().any(|(name, _)| *name == required);
            if !meant && !fields.values.contains_key(required) {
                self.missing_field(whole, structure, required, what);
                fields.values.insert(required.to_owned(), Field { name_span: whole.head, value: missing(whole.head) });
            }
        }
        for (name, span) in fields.meant {
            fields.values.entry(name.to_owned()).or_insert(Field { name_span: span, value: missing(span) });
        }
        Value { span: whole.span, kind: ValueKind::Fields(fields.values) }
    }

    fn positional<'s>(&mut self, whole: &Arguments, structure: StructSchema<'s>, what: &str) -> FieldsFound<'s> {
        let names: Vec<&str> = structure.names().collect();
        if let Some(first_too_many) = whole.arguments.get(names.len()) {
            let found = whole.arguments.len();
            let error =
                Diagnostic::error("wrong-length", first_too_many.value.span, format!("{what} takes {} values, found {found}", names.len()));
            self.diagnostics.push(error.allowed(format!("({})", names.join(", "))));
        }
        let mut found = FieldsFound::default();
        for (Argument { value, .. }, name) in whole.arguments.iter().zip(names) {
            let schema = structure.field(name).expect("the schema lists its own fields");
            let value = self.value(value, schema, &format!("`{name}`"));
            found.values.insert(name.to_owned(), Field { name_span: value.span, value });
        }
        found
    }

    /// What has a name, where some values have none: which field those are is unknown, and whether one is missing.
    fn mixed<'s>(&mut self, whole: &Arguments, structure: StructSchema<'s>, what: &str, first_unnamed: Span) -> FieldsFound<'s> {
        let named: Vec<Argument> = whole.arguments.iter().filter(|argument| argument.label.is_some()).cloned().collect();
        let mut found = self.named(&Arguments { arguments: &named, ..*whole }, structure, what);
        for pair in whole.arguments.windows(2) {
            // `speed_mps: 0,5`: the value is not what was meant.
            if let [Argument { label: Some(label), .. }, Argument { label: None, value }] = pair
                && let Some(field) = found.values.get_mut(&label.text)
            {
                field.value = missing(value.span);
            }
        }
        found.meant.extend(structure.required().map(|name| (name, first_unnamed)));
        found
    }

    fn named<'s>(&mut self, whole: &Arguments, structure: StructSchema<'s>, what: &str) -> FieldsFound<'s> {
        let mut found = FieldsFound::default();
        for Argument { label, value } in whole.arguments {
            let label = label.as_ref().expect("all arguments are named here");
            let Some(schema) = structure.field(&label.text) else {
                let given: Vec<&str> =
                    whole.arguments.iter().filter_map(|argument| argument.label.as_ref()).map(|name| name.text.as_str()).collect();
                found.meant.extend(self.unknown_field(label, structure, &given, what).map(|name| (name, label.span)));
                continue;
            };
            let value = self.value(value, schema, &format!("`{}`", label.text));
            match found.values.get(&label.text) {
                Some(first) => {
                    let error = Diagnostic::error("duplicate-field", label.span, format!("`{}` is given twice", label.text));
                    let error = error.help("remove one of them");
                    self.diagnostics.push(error.related(first.name_span, "first given here"));
                }
                None => {
                    found.values.insert(label.text.clone(), Field { name_span: label.span, value });
                }
            }
        }
        found
    }

    /// Reports it, and returns the field that was probably meant.
    fn unknown_field<'s>(&mut self, label: &Name, structure: StructSchema<'s>, given: &[&str], what: &str) -> Option<&'s str> {
        let open: Vec<&'s str> = structure.names().filter(|name| !given.contains(name)).collect();
        let meant = meant_field(&label.text, &open);
        let error = Diagnostic::error("unknown-field", label.span, format!("{what} has no field `{}`", label.text));
        let error = error.allowed(listed(structure.names()));
        self.diagnostics.push(match meant {
            Some((name, true)) => error.help(format!("did you mean `{name}`? The unit is part of the name")),
            Some((name, false)) => error.help(format!("did you mean `{name}`?")),
            None => error.help("`linetwin schema` says what each field means"),
        });
        meant.map(|(name, _)| name)
    }

    fn missing_field(&mut self, whole: &Arguments, structure: StructSchema, field: &str, what: &str) {
        let schema = structure.field(field).expect("a required field is a field");
        let error = Diagnostic::error("missing-field", whole.head, format!("{what} lacks `{field}`"));
        let (open, close) = if whole.json { ("\"", "\"") } else { ("", "") };
        let means = schema.summary().map(|summary| format!(": {}", lower_first(summary.trim_end_matches('.')))).unwrap_or_default();
        self.diagnostics.push(error.allowed(schema.shapes().describe()).help(format!("add `{open}{field}{close}: ...`{means}")));
    }

    fn unknown_variant(&mut self, name: &Name, shapes: &Shapes, what: &str) -> Value {
        let error = Diagnostic::error("unknown-variant", name.span, format!("{what} cannot be `{}`", name.text)).allowed(shapes.describe());
        let meant = nearest(&name.text, shapes.variants.iter().map(|variant| variant.name));
        self.diagnostics.push(match meant {
            Some(meant) => error.help(format!("did you mean `{meant}`?")),
            None => error,
        });
        missing(name.span)
    }

    fn wrong_type(&mut self, node: &Node, shapes: &Shapes, what: &str) -> Value {
        let allowed = shapes.describe();
        let found = node.describe();
        // A long list of what is allowed stands by itself.
        let error = if allowed.len() <= LONGEST_IN_A_SENTENCE {
            Diagnostic::error("wrong-type", node.span, format!("{what} must be {allowed}, found {found}"))
        } else {
            Diagnostic::error("wrong-type", node.span, format!("{what} cannot be {found}")).allowed(allowed)
        };
        self.diagnostics.push(match type_help(node, shapes) {
            Some(help) => error.help(help),
            None => error,
        });
        missing(node.span)
    }

    /// Where the schema allows everything.
    fn anything(&mut self, node: &Node) -> Value {
        let kind = match &node.kind {
            NodeKind::Missing => ValueKind::Missing,
            NodeKind::Null => ValueKind::Null,
            NodeKind::Bool(value) => ValueKind::Bool(*value),
            NodeKind::Integer(value) => ValueKind::Integer(*value),
            NodeKind::Float(value) => ValueKind::Float(*value),
            NodeKind::Text(text) | NodeKind::Word(text) => ValueKind::Text(text.clone()),
            NodeKind::List(items) => ValueKind::List(items.iter().map(|item| self.anything(item)).collect()),
            NodeKind::Map(_) | NodeKind::Group { .. } => {
                let error = Diagnostic::error("wrong-type", node.span, format!("a plain value belongs here, found {}", node.describe()));
                self.diagnostics.push(error.allowed("a number, text in quotes, true, false or a list of them"));
                ValueKind::Missing
            }
        };
        Value { span: node.span, kind }
    }
}

#[derive(Default)]
struct FieldsFound<'s> {
    values: IndexMap<String, Field>,
    /// Fields that an unknown one was probably meant to be, with its place: not reported as missing as well.
    meant: Vec<(&'s str, Span)>,
}

fn missing(span: Span) -> Value {
    Value { span, kind: ValueKind::Missing }
}

fn null(span: Span) -> Value {
    Value { span, kind: ValueKind::Null }
}

/// `(speed_mps: 0.5)` inside the parentheses of a variant, rather than a positional value of its first field.
pub(super) fn is_inner_struct(value: &Node, structure: StructSchema) -> bool {
    match &value.kind {
        NodeKind::Group { arguments, .. } => {
            arguments.first().and_then(|argument| argument.label.as_ref()).is_some_and(|label| structure.field(&label.text).is_some())
        }
        _ => false,
    }
}

/// The open field that `written` stands for, and whether it only lacks its unit: `speed` for `speed_mps`.
fn meant_field<'s>(written: &str, open: &[&'s str]) -> Option<(&'s str, bool)> {
    let lower = written.to_lowercase();
    let without_unit = |name: &&&str| name.rsplit_once('_').is_some_and(|(stem, _)| stem == lower);
    let prefix = |name: &&&str| name.strip_prefix(lower.as_str()).is_some_and(|rest| rest.starts_with('_'));
    let lacks_unit = open.iter().find(without_unit).or_else(|| open.iter().find(prefix));
    // `speed_mm` or `speed_kmh` for `speed_mps`: the same stem with another unit.
    let stem = |name: &str| name.rsplit_once('_').map(|(stem, _)| stem.to_owned());
    let other_unit = || open.iter().find(|name| stem(&lower).is_some() && stem(name) == stem(&lower));
    lacks_unit
        .map(|name| (*name, true))
        .or_else(|| nearest(written, open.iter().copied()).map(|name| (name, false)))
        .or_else(|| other_unit().map(|name| (*name, false)))
}

/// `speed_mps: 0,5`: two whole numbers with nothing but a comma between them, the second without a name.
fn decimal_comma(arguments: &[Argument]) -> Option<Diagnostic> {
    arguments.windows(2).find_map(|pair| match (&pair[0].value, &pair[1].label, &pair[1].value) {
        (Node { kind: NodeKind::Integer(whole), span, .. }, None, Node { kind: NodeKind::Integer(fraction), span: next, .. })
            if pair[0].label.is_some() && next.start == span.end + 1 =>
        {
            let both = Span { end: next.end, ..*span };
            let error = Diagnostic::error("decimal-comma", both, format!("`{whole},{fraction}` is two numbers"));
            Some(error.help(format!("decimals take a point: {whole}.{fraction}")))
        }
        _ => None,
    })
}

/// `Belt(length_m: ...)`
fn example(name: &str, payload: Schema) -> String {
    match payload.shapes().structure() {
        Some(structure) => {
            let fields: Vec<String> = structure.required().map(|field| format!("{field}: ...")).collect();
            format!("`{name}({})`", fields.join(", "))
        }
        None => format!("`{name}(...)`"),
    }
}

/// The usual slips between notations and types.
fn type_help(node: &Node, shapes: &Shapes) -> Option<String> {
    let wants = |wanted: fn(&Plain) -> bool| shapes.plain.iter().any(wanted);
    let wants_number = wants(|plain| matches!(plain, Plain::Number(_) | Plain::Integer(_)));
    match &node.kind {
        NodeKind::Text(text) if wants_number && text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            Some(format!("write {} without quotes", text.trim()))
        }
        NodeKind::Text(text) if wants(|plain| matches!(plain, Plain::Bool)) && matches!(text.as_str(), "true" | "false") => {
            Some(format!("write {text} without quotes"))
        }
        NodeKind::Text(text) if shapes.variant(text).is_some() => Some(format!("write {text} without quotes")),
        NodeKind::Word(word) if shapes.allows_text() => Some(format!("write \"{word}\" in quotes")),
        NodeKind::Float(_) if wants(|plain| matches!(plain, Plain::Integer(_))) => Some("write it without a decimal point".into()),
        NodeKind::Group { .. } if wants(|plain| matches!(plain, Plain::List { .. })) => {
            Some("a list stands in square brackets: [a, b]".into())
        }
        NodeKind::Group { .. } | NodeKind::List(_) if wants(|plain| matches!(plain, Plain::Map(_))) => {
            Some("a map stands in curly brackets: {\"name\": value}".into())
        }
        NodeKind::Map(_) if wants(|plain| matches!(plain, Plain::Struct(_))) || !shapes.variants.is_empty() => {
            Some("fields stand in round brackets, their names without quotes: (name: value)".into())
        }
        NodeKind::Group { name: None, .. } if !shapes.variants.is_empty() => Some("write the variant's name before `(`".into()),
        _ => None,
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
