//! `templates: {"cell": Template(parameters: ["x_m"], line: {...})}`, `"cell 1": Use(template: "cell", x_m: 0)` and
//! `"op": Repeat(at_m: [6, 8], of: Station(...))`: elements that are written once and stand several times on the line. What
//! is made has a name of its own (`cell 1/press`, `op 2`) and a text of its own, so that every later diagnostic finds where
//! it was written and which use it belongs to. Knows no element; parameters become names of `Value("...")`.

use super::constants::VALUE;
use super::{field_mut, into_fields, take_field};
use crate::check::condition::renamed;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::files::FileLoader;
use crate::syntax::lexer::Notation;
use crate::syntax::tree::{Argument, Entry, Name, Node, NodeKind};
use crate::words::{listed, nearest};

/// Fields whose text names an element of the line, perhaps with a port behind a dot.
const REFERENCES: [&str; 5] = ["on", "after", "before", "from", "over"];
/// Fields whose text is a condition, in which elements may be named.
const CONDITIONS: [&str; 3] = ["when", "until", "full_when"];
/// Between the name of a use and the name of an element of its template.
const SEPARATOR: char = '/';
/// The number of an element of a `Repeat`, from 0.
const INDEX: &str = "i";
/// Templates use templates at most this deep.
const MOST_NESTED: usize = 16;
/// More elements than this come from a mistake.
const MOST_MADE: usize = 10_000;

/// A text that was copied for one use of a template.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    pub file: FileId,
    /// Which it is a copy of.
    pub original: FileId,
    /// Where it is used.
    pub used: Span,
}

struct Template {
    name: Name,
    parameters: Vec<Name>,
    defaults: Vec<(Name, Node)>,
    line: Vec<Entry>,
}

struct Templates<'a, 'f, 'd> {
    loader: &'a mut FileLoader<'f>,
    diagnostics: &'d mut Vec<Diagnostic>,
    templates: Vec<Template>,
    copies: Vec<Copy>,
    made: usize,
}

/// Puts the elements of every use and repetition into the line of the scene `root`. Returns the texts it has copied.
pub fn expand(root: &mut Node, loader: &mut FileLoader, diagnostics: &mut Vec<Diagnostic>) -> Vec<Copy> {
    let written = take_field(root, "templates");
    let Some(Node { kind: NodeKind::Map(line), .. }) = field_mut(root, "line") else { return Vec::new() };
    let mut all = Templates { loader, diagnostics, templates: Vec::new(), copies: Vec::new(), made: 0 };
    if let Some(written) = written {
        all.read(written);
    }
    let elements = std::mem::take(line);
    *line = all.all(elements, 0);
    all.copies
}

impl Templates<'_, '_, '_> {
    fn wrong(&mut self, span: Span, message: String, allowed: &str) {
        self.diagnostics.push(Diagnostic::error("wrong-type", span, message).allowed(allowed));
    }

    fn read(&mut self, written: Node) {
        const SHAPE: &str = "templates: {\"cell\": Template(parameters: [\"x_m\"], line: {...})}";
        let NodeKind::Map(entries) = written.kind else {
            if written.kind != NodeKind::Missing {
                self.wrong(written.span, format!("`templates` must be a map, found {}", written.describe()), SHAPE);
            }
            return;
        };
        for Entry { key, value } in entries {
            let NodeKind::Text(name) = key.kind else { continue };
            let name = Name { text: name, span: key.span };
            if let Some(known) = self.templates.iter().find(|known| known.name.text == name.text) {
                let error = Diagnostic::error("duplicate-name", name.span, format!("the template `{}` is given twice", name.text));
                self.diagnostics.push(error.related(known.name.span, "first given here"));
                continue;
            }
            let named = |word: &Option<Name>| word.as_ref().is_none_or(|word| word.text == "Template");
            let fits = matches!(&value.kind, NodeKind::Group { name, .. } if named(name)) || json_object(&value);
            if !fits {
                if value.kind != NodeKind::Missing {
                    self.wrong(value.span, format!("a template belongs here, found {}", value.describe()), SHAPE);
                }
                continue;
            }
            let value = unwrapped(value, "Template");
            self.template(name, value);
        }
    }

    fn template(&mut self, name: Name, value: Node) {
        let mut template = Template { name, parameters: Vec::new(), defaults: Vec::new(), line: Vec::new() };
        for (field, value) in into_fields(value) {
            match (field.text.as_str(), value.kind) {
                ("parameters", NodeKind::List(items)) => {
                    for item in items {
                        match item.kind {
                            NodeKind::Text(text) => template.parameters.push(Name { text, span: item.span }),
                            NodeKind::Missing => {}
                            _ => self.wrong(item.span, format!("a parameter's name belongs here, found {}", item.describe()), "[\"x_m\"]"),
                        }
                    }
                }
                ("defaults", NodeKind::Map(entries)) => template.defaults.extend(named(entries)),
                ("line", NodeKind::Map(entries)) => template.line = entries,
                (_, NodeKind::Missing) => {}
                ("parameters" | "defaults" | "line", kind) => {
                    let found = Node { kind, ..value }.describe();
                    let allowed = "parameters: [\"x_m\"], defaults: {\"speed_mps\": 0.5}, line: {...}";
                    self.wrong(value.span, format!("this does not fit `{}`: {found}", field.text), allowed);
                }
                _ => {
                    const FIELDS: [&str; 3] = ["parameters", "defaults", "line"];
                    let error = Diagnostic::error("unknown-field", field.span, format!("a template has no field `{}`", field.text));
                    self.diagnostics.push(with_nearest(error.allowed(listed(FIELDS)), &field.text, FIELDS));
                }
            }
        }
        self.templates.push(template);
    }

    /// These entries, each replaced by what it stands for.
    fn all(&mut self, entries: Vec<Entry>, depth: usize) -> Vec<Entry> {
        entries.into_iter().flat_map(|entry| self.one(entry, depth)).collect()
    }

    fn one(&mut self, entry: Entry, depth: usize) -> Vec<Entry> {
        let word = word_of(&entry.value);
        let repeated = word == Some("Repeat");
        let (true, Some(name)) = (repeated || word == Some("Use"), entry.text().map(str::to_owned)) else { return vec![entry] };
        let span = entry.value.span;
        if depth >= MOST_NESTED {
            let error = Diagnostic::error("endless-template", span, "templates use each other without end");
            self.diagnostics.push(error.help("take one of the uses out"));
            return Vec::new();
        }
        let made = if repeated { self.repeat(&name, entry) } else { self.use_template(&name, entry) };
        self.made += made.len();
        if self.made > MOST_MADE {
            if !self.diagnostics.iter().any(|problem| problem.code == "too-many-elements") {
                let error = Diagnostic::error("too-many-elements", span, format!("more than {MOST_MADE} elements come from templates"));
                self.diagnostics.push(error.help("repeat less"));
            }
            return Vec::new();
        }
        self.all(made, depth + 1)
    }

    fn repeat(&mut self, name: &str, entry: Entry) -> Vec<Entry> {
        const SHAPE: &str = "Repeat(at_m: [6, 8, 10], of: Station(...)) or Repeat(count: 3, of: ...)";
        let (key, span) = (entry.key, entry.value.span);
        let fields = into_fields(unwrapped(entry.value, "Repeat"));
        let mut of = None;
        let mut counts: Vec<(Name, usize)> = Vec::new();
        let mut lists = Vec::new();
        for (field, value) in fields {
            match (field.text.as_str(), value.kind) {
                ("of", kind) => of = Some(Node { kind, ..value }),
                ("count", NodeKind::Integer(count)) if (1..=MOST_MADE as i128).contains(&count) => counts.push((field, count as usize)),
                (_, NodeKind::List(items)) if field.text != "count" && !items.is_empty() => {
                    counts.push((field.clone(), items.len()));
                    lists.push((field, items));
                }
                (_, NodeKind::Missing) => return Vec::new(),
                (_, kind) => {
                    let what = if field.text == "count" { "a whole number from 1 on" } else { "a list with a value for each" };
                    let found = Node { kind, ..value }.describe();
                    self.wrong(value.span, format!("`{}` of a `Repeat` is {what}, found {found}", field.text), SHAPE);
                    return Vec::new();
                }
            }
        }
        let (Some(of), Some((first, count))) = (of, counts.first().cloned()) else {
            let error = Diagnostic::error("missing-field", span, "a `Repeat` needs what it repeats, and how often");
            self.diagnostics.push(error.allowed(SHAPE));
            return Vec::new();
        };
        if let Some((other, length)) = counts.iter().find(|(_, length)| *length != count) {
            let message = format!("`{}` has {length} values, `{}` {count}", other.text, first.text);
            let error = Diagnostic::error("wrong-length", other.span, message).related(first.span, "the other is this");
            self.diagnostics.push(error.help("give each list one value for each repetition"));
            return Vec::new();
        }
        (0..count)
            .map(|index| {
                let mut copier = Copier { uses: self, used: span, files: Vec::new() };
                let mut value = copier.copy(&of);
                let key = Node { kind: NodeKind::Text(format!("{name} {}", index + 1)), ..copier.copy(&key) };
                for (field, items) in &lists {
                    let item = copier.copy(&items[index]);
                    add_to_element(&mut value, field.clone(), item);
                }
                let (span, notation) = (value.span, value.notation);
                let number = Node { span, notation, kind: NodeKind::Integer(index as i128) };
                bind(&mut value, &[(Name { text: INDEX.to_owned(), span }, number)]);
                Entry { key, value }
            })
            .collect()
    }

    fn use_template(&mut self, name: &str, entry: Entry) -> Vec<Entry> {
        const SHAPE: &str = "Use(template: \"cell\", x_m: 1.5)";
        let span = entry.value.span;
        let mut fields = into_fields(unwrapped(entry.value, "Use"));
        let Some(at) = fields.iter().position(|(field, _)| field.text == "template") else {
            let error = Diagnostic::error("missing-field", span, "a `Use` needs the name of its template");
            self.diagnostics.push(error.allowed(SHAPE));
            return Vec::new();
        };
        let (_, wanted) = fields.remove(at);
        let NodeKind::Text(template) = &wanted.kind else {
            if wanted.kind != NodeKind::Missing {
                self.wrong(wanted.span, format!("the name of a template belongs here, found {}", wanted.describe()), SHAPE);
            }
            return Vec::new();
        };
        let Some(template) = self.templates.iter().position(|known| known.name.text == *template) else {
            let names = || self.templates.iter().map(|known| known.name.text.as_str());
            let error = Diagnostic::error("unknown-reference", wanted.span, format!("no template is called `{template}`"));
            let error = if self.templates.is_empty() { error.help("the scene has no `templates`") } else { error.allowed(listed(names())) };
            let error = with_nearest(error, template, names());
            self.diagnostics.push(error);
            return Vec::new();
        };
        let bindings = self.bindings(template, fields, span);
        let lines = self.templates[template].line.clone();
        let own: Vec<String> = lines.iter().filter_map(|entry| entry.text().map(str::to_owned)).collect();
        let mut copier = Copier { uses: self, used: span, files: Vec::new() };
        let made = |entry: &Entry| {
            let mut value = copier.copy(&entry.value);
            rename(&mut value, name, &own);
            bind(&mut value, &bindings);
            let mut key = copier.copy(&entry.key);
            if let NodeKind::Text(text) = &mut key.kind {
                *text = format!("{name}{SEPARATOR}{text}");
            }
            Entry { key, value }
        };
        lines.iter().map(made).collect()
    }

    /// The parameters of a template with what this use gives them.
    fn bindings(&mut self, template: usize, given: Vec<(Name, Node)>, used: Span) -> Vec<(Name, Node)> {
        let template = &self.templates[template];
        let known = || template.parameters.iter().chain(template.defaults.iter().map(|(name, _)| name)).map(|name| name.text.as_str());
        let mut defaults = template.defaults.clone();
        // A default may follow from what is given.
        defaults.iter_mut().for_each(|(_, value)| bind(value, &given));
        let mut bindings = defaults;
        for (name, value) in given {
            if !known().any(|known| known == name.text) {
                let message = format!("the template `{}` has no parameter `{}`", template.name.text, name.text);
                let error = Diagnostic::error("unknown-field", name.span, message).allowed(listed(known()));
                self.diagnostics.push(with_nearest(error, &name.text, known()));
                continue;
            }
            bindings.retain(|(bound, _)| bound.text != name.text);
            bindings.push((name, value));
        }
        let lacking = template.parameters.iter().map(|name| name.text.as_str());
        let lacking: Vec<&str> = lacking.filter(|name| !bindings.iter().any(|(bound, _)| bound.text == *name)).collect();
        if !lacking.is_empty() {
            let message = format!("the template `{}` needs {}", template.name.text, listed(lacking.iter().copied()));
            self.diagnostics.push(Diagnostic::error("missing-field", used, message).related(template.name.span, "of this template"));
            let missing = |name: &&str| (Name { text: (*name).to_owned(), span: used }, missing_at(used));
            bindings.extend(lacking.iter().map(missing));
        }
        bindings
    }
}

/// Gives a use a text of its own for every text that its template was written in.
struct Copier<'t, 'a, 'f, 'd> {
    uses: &'t mut Templates<'a, 'f, 'd>,
    used: Span,
    /// Original and copy.
    files: Vec<(FileId, FileId)>,
}

impl Copier<'_, '_, '_, '_> {
    fn copy(&mut self, node: &Node) -> Node {
        let mut node = node.clone();
        self.stamp(&mut node);
        node
    }

    fn stamp(&mut self, node: &mut Node) {
        self.move_span(&mut node.span);
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.stamp(item)),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|entry| {
                self.stamp(&mut entry.key);
                self.stamp(&mut entry.value);
            }),
            NodeKind::Group { name, arguments } => {
                if let Some(name) = name {
                    self.move_span(&mut name.span);
                }
                for argument in arguments {
                    if let Some(label) = &mut argument.label {
                        self.move_span(&mut label.span);
                    }
                    self.stamp(&mut argument.value);
                }
            }
            _ => {}
        }
    }

    fn move_span(&mut self, span: &mut Span) {
        if let Some((_, copy)) = self.files.iter().find(|(original, _)| *original == span.file) {
            span.file = *copy;
            return;
        }
        let source = self.uses.loader.sources().file(span.file).clone();
        let copy = self.uses.loader.add_source(&source.name, &source.text);
        self.files.push((span.file, copy));
        self.uses.copies.push(Copy { file: copy, original: span.file, used: self.used });
        span.file = copy;
    }
}

/// Names of the template's own elements become those of this use.
fn rename(node: &mut Node, used_as: &str, own: &[String]) {
    let refer = |node: &mut Node| {
        if let NodeKind::Text(text) = &mut node.kind {
            let is_own = |element: &str| own.iter().any(|own| own == element);
            if is_own(text) || text.rsplit_once('.').is_some_and(|(element, _)| is_own(element)) {
                *text = format!("{used_as}{SEPARATOR}{text}");
            }
        }
    };
    let field = |name: &str, value: &mut Node| match &mut value.kind {
        NodeKind::Text(_) if REFERENCES.contains(&name) => refer(value),
        NodeKind::List(names) if REFERENCES.contains(&name) => names.iter_mut().for_each(refer),
        NodeKind::Text(text) if CONDITIONS.contains(&name) => {
            *text = renamed(text, own, |element| format!("{used_as}{SEPARATOR}{element}"));
        }
        _ => rename(value, used_as, own),
    };
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| rename(item, used_as, own)),
        NodeKind::Map(entries) => entries.iter_mut().for_each(|entry| {
            let name = entry.text().unwrap_or_default().to_owned();
            field(&name, &mut entry.value);
        }),
        NodeKind::Group { arguments, .. } => arguments.iter_mut().for_each(|argument| {
            let name = argument.label.as_ref().map_or("", |label| label.text.as_str()).to_owned();
            field(&name, &mut argument.value);
        }),
        _ => {}
    }
}

/// Every `Value("...")` in `node` knows these names.
fn bind(node: &mut Node, bindings: &[(Name, Node)]) {
    let is_value = match &node.kind {
        NodeKind::Group { name: Some(name), .. } => name.text == VALUE,
        NodeKind::Map(entries) => node.notation == Notation::Json && entries.first().and_then(Entry::text) == Some(VALUE),
        _ => false,
    };
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| bind(item, bindings)),
        NodeKind::Map(entries) => {
            entries.iter_mut().for_each(|entry| bind(&mut entry.value, bindings));
            if is_value {
                // What was bound nearer to it stays.
                let new = bindings.iter().filter(|(name, _)| !entries.iter().any(|entry| entry.text() == Some(&name.text)));
                let new: Vec<Entry> =
                    new.map(|(name, value)| Entry { key: text_node(name, value.notation), value: value.clone() }).collect();
                entries.extend(new);
            }
        }
        NodeKind::Group { arguments, .. } => {
            arguments.iter_mut().for_each(|argument| bind(&mut argument.value, bindings));
            if is_value {
                let known =
                    |name: &Name| arguments.iter().filter_map(|argument| argument.label.as_ref()).any(|label| label.text == name.text);
                let new = bindings.iter().filter(|(name, _)| !known(name));
                let new: Vec<Argument> = new.map(|(name, value)| Argument { label: Some(name.clone()), value: value.clone() }).collect();
                arguments.extend(new);
            }
        }
        _ => {}
    }
}

fn text_node(name: &Name, notation: Notation) -> Node {
    Node { span: name.span, notation, kind: NodeKind::Text(name.text.clone()) }
}

/// The fields of an element: of `Belt(...)`, or of the object in `{"Belt": {...}}`.
fn add_to_element(element: &mut Node, field: Name, value: Node) {
    match &mut element.kind {
        NodeKind::Map(entries) if element.notation == Notation::Json => {
            if let [entry] = entries.as_mut_slice() {
                super::add_field(&mut entry.value, field, value);
            }
        }
        _ => super::add_field(element, field, value),
    }
}

/// The word before an element's brackets.
fn word_of(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Group { name, .. } => name.as_ref().map(|name| name.text.as_str()),
        NodeKind::Map(entries) if node.notation == Notation::Json => match entries.as_slice() {
            [entry] => entry.text(),
            _ => None,
        },
        _ => None,
    }
}

fn json_object(node: &Node) -> bool {
    node.notation == Notation::Json && matches!(node.kind, NodeKind::Map(_))
}

/// Without the word, where JSON writes it as an object around the fields.
fn unwrapped(node: Node, word: &str) -> Node {
    match node.kind {
        NodeKind::Map(mut entries) if entries.len() == 1 && entries[0].text() == Some(word) => entries.remove(0).value,
        kind => Node { kind, ..node },
    }
}

fn named(entries: Vec<Entry>) -> impl Iterator<Item = (Name, Node)> {
    entries.into_iter().filter_map(|entry| Some((Name { text: entry.text()?.to_owned(), span: entry.key.span }, entry.value)))
}

fn missing_at(span: Span) -> Node {
    Node { span, notation: Notation::Ron, kind: NodeKind::Missing }
}

fn with_nearest<'a>(error: Diagnostic, word: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    match nearest(word, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}
