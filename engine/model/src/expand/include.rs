//! `include: ["cartons.ron"]`: the constants, materials, parts, templates and elements of other files become the scene's own, before
//! what the scene says itself; so does what `linetwin calibrate` has measured, as a whole. Such a file holds `Include(...)` with those fields. Knows nothing about their content: a name
//! that is used twice is found where all names are.

use super::{add_field, field_mut, into_fields, take_field};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::files::FileLoader;
use crate::syntax::parser::parse;
use crate::syntax::tree::{Entry, Name, Node, NodeKind};
use crate::words::{listed, nearest};

/// What an included file may hold, beside further `include`.
const FIELDS: [&str; 6] = ["constants", "materials", "parts", "templates", "line", WHOLE];

/// Of which there is one, in one place.
const WHOLE: &str = "calibration";

/// More files than this are no scene.
const MOST_FILES: usize = 1000;

/// What has been read so far.
struct Includes<'a, 'f, 'd> {
    loader: &'a mut FileLoader<'f>,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// Files on the way to the current one, with the place that names each: a file that includes itself would never end.
    way: Vec<(String, Span)>,
    /// By path; a file that two others include is read once.
    read: Vec<String>,
    texts: Vec<(FileId, String)>,
    fields: Vec<(Name, Node)>,
}

/// Reads everything in that `root`, the scene of the file `name`, includes. Returns the texts.
pub fn include(root: &mut Node, name: &str, loader: &mut FileLoader, diagnostics: &mut Vec<Diagnostic>) -> Vec<(FileId, String)> {
    let Some(list) = take_field(root, "include") else { return Vec::new() };
    if let Some(again) = take_field(root, "include") {
        diagnostics
            .push(Diagnostic::error("duplicate-field", again.span, "`include` is given twice").related(list.span, "first given here"));
    }
    let way = vec![(name.to_owned(), list.span)];
    let mut includes = Includes { loader, diagnostics, way, read: Vec::new(), texts: Vec::new(), fields: Vec::new() };
    includes.all(&list);
    let Includes { texts, fields, .. } = includes;
    for (name, value) in fields.into_iter().rev() {
        match field_mut(root, WHOLE).filter(|_| name.text == WHOLE) {
            Some(own) => diagnostics.push(given_twice(own.span, value.span)),
            None => merge(root, name, value),
        }
    }
    texts
}

fn given_twice(again: Span, first: Span) -> Diagnostic {
    let error = Diagnostic::error("duplicate-field", again, format!("`{WHOLE}` is given twice"));
    error.related(first, "first given here").help("include one file with it")
}

/// Puts the entries of a map before those that are there.
fn merge(root: &mut Node, name: Name, value: Node) {
    match (field_mut(root, &name.text).map(|field| &mut field.kind), value.kind) {
        (Some(NodeKind::Map(own)), NodeKind::Map(mut entries)) => {
            entries.append(own);
            *own = entries;
        }
        // What the scene has there is no map: that is told.
        (Some(_), _) => {}
        (None, kind) => add_field(root, name, Node { kind, notation: root.notation, ..value }),
    }
}

impl Includes<'_, '_, '_> {
    fn all(&mut self, list: &Node) {
        let files = match &list.kind {
            NodeKind::List(items) => items.as_slice(),
            NodeKind::Missing => return,
            _ => std::slice::from_ref(list),
        };
        for item in files {
            match &item.kind {
                NodeKind::Text(path) => self.one(path, item.span),
                NodeKind::Missing => {}
                _ => {
                    let error =
                        Diagnostic::error("wrong-type", item.span, format!("a file's name belongs here, found {}", item.describe()));
                    self.diagnostics.push(error.allowed("include: [\"cartons.ron\"]"));
                }
            }
        }
    }

    fn one(&mut self, written: &str, span: Span) {
        let path = self.loader.resolve(written, span.file);
        if let Some(at) = self.way.iter().position(|(known, _)| *known == path) {
            let mut error = Diagnostic::error("endless-include", span, format!("`{path}` includes itself"));
            for (_, place) in &self.way[at + 1..] {
                error = error.related(*place, "by way of this");
            }
            self.diagnostics.push(error.help("take one of these out"));
            return;
        }
        if self.read.contains(&path) {
            return;
        }
        if self.read.len() >= MOST_FILES {
            let error = Diagnostic::error("too-many-files", span, format!("more than {MOST_FILES} files are included"));
            self.diagnostics.push(error);
            return;
        }
        self.read.push(path.clone());
        let loaded = match self.loader.load_text(written, span.file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let error = Diagnostic::error("missing-file", span, error.to_string());
                self.diagnostics.push(error.help("a path is relative to the folder of the file that names it"));
                return;
            }
        };
        self.texts.push((loaded.file, loaded.text.clone()));
        let tree = parse(loaded.file, &loaded.path, &loaded.text, self.diagnostics);
        // Nobody knows what belongs to what in it.
        if tree.brackets_broken_at.is_some() {
            return;
        }
        let mut root = tree.root;
        if let Some(problem) = wrong_root(&root, &path) {
            self.diagnostics.push(problem);
            return;
        }
        self.way.push((path, span));
        if let Some(list) = take_field(&mut root, "include") {
            self.all(&list);
        }
        self.way.pop();
        for (name, value) in into_fields(root) {
            self.field(name, value);
        }
    }

    fn field(&mut self, name: Name, value: Node) {
        if !FIELDS.contains(&name.text.as_str()) {
            let error = Diagnostic::error("unknown-field", name.span, format!("an included file has no field `{}`", name.text));
            let error = error.allowed(listed(FIELDS.into_iter().chain(["include"])));
            self.diagnostics.push(match nearest(&name.text, FIELDS) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("it belongs into the scene itself"),
            });
            return;
        }
        let known = self.fields.iter_mut().find(|(known, _)| known.text == name.text);
        if name.text == WHOLE {
            match known {
                Some((_, first)) => self.diagnostics.push(given_twice(value.span, first.span)),
                None => self.fields.push((name, value)),
            }
            return;
        }
        let NodeKind::Map(entries) = value.kind else {
            if value.kind != NodeKind::Missing {
                let error =
                    Diagnostic::error("wrong-type", value.span, format!("`{}` must be a map, found {}", name.text, value.describe()));
                self.diagnostics.push(error.help("a map stands in curly brackets: {\"name\": value}"));
            }
            return;
        };
        match known.map(|(_, value)| &mut value.kind) {
            Some(NodeKind::Map(all)) => all.extend::<Vec<Entry>>(entries),
            _ => self.fields.push((name, Node { kind: NodeKind::Map(entries), ..value })),
        }
    }
}

fn wrong_root(root: &Node, path: &str) -> Option<Diagnostic> {
    let named = match &root.kind {
        NodeKind::Missing => return None,
        NodeKind::Group { name, .. } => name.as_ref().is_none_or(|name| name.text == "Include"),
        NodeKind::Map(_) => root.notation == crate::syntax::lexer::Notation::Json,
        _ => false,
    };
    let error = || Diagnostic::error("wrong-type", root.span, format!("`{path}` holds {}, and cannot be included", root.describe()));
    (!named).then(|| {
        error().allowed(
            "Include(constants: {...}, materials: {...}, parts: {...}, templates: {...}, line: {...}, calibration: Calibration(...))",
        )
    })
}
