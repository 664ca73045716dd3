//! The front door: a scene's text becomes a checked [`Scene`], or the list of everything that is wrong with it. Opens no
//! file itself; the caller lends the function that does, and may be a test.
//!
//! Paths: a file named in the scene's text is looked for from the scene file's folder, one named in a `--set` from the
//! current folder.

use crate::check;
use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::files::{FileLoader, LoadFile};
use crate::scene::Scene;
use crate::schema::{Schema, scene_schema};
use crate::spec::SceneSpec;
use crate::syntax::overrides::{self, OVERRIDE_FILE_NAME};
use crate::syntax::parser::parse;
use crate::syntax::tree::Tree;
use crate::syntax::validate::validate;
use crate::syntax::value::{Document, Field, Override, ValueKind};
use serde::Deserialize;

/// What the check finds by following the whole line: with an element or field left out it would find what is not there.
const OF_THE_WHOLE_LINE: [&str; 4] = ["endless", "no-place", "nothing-catches", "unreachable"];

#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// `PATH=VALUE`, applied in order.
    pub overrides: Vec<String>,
}

/// What came of a scene's text.
pub struct Reading {
    /// There exactly when no diagnostic is an error.
    pub scene: Option<Scene>,
    /// Of the scene's text first, by position.
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
    /// Every further file that was read, by path, with its bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A scene's text as far as its schema goes.
pub struct SpecReading {
    /// There when everything was found that the types need; errors in the rest may remain.
    pub spec: Option<SceneSpec>,
    pub document: Document,
    pub tree: Tree,
}

/// Reads the scene `text` of the file `name` (RON; JSON where the name ends in `.json`), with `options`.
pub fn read(name: &str, text: &str, options: &ReadOptions, load_file: LoadFile) -> Reading {
    let (mut sources, mut diagnostics, mut files) = (Sources::default(), Vec::new(), Vec::new());
    let SpecReading { spec, document, .. } = read_spec(name, text, options, &mut sources, &mut diagnostics);
    let mut scene = None;
    if let Some(spec) = spec {
        let mut found = Vec::new();
        let mut loader = FileLoader::new(name, load_file, &mut sources, &mut files);
        scene = check::check(&spec, &document, &mut loader, &mut found);
        let broken = broken_entries(&document, &diagnostics);
        let follows = |problem: &Diagnostic| {
            let inside = broken.iter().any(|entry| contains(*entry, problem.span));
            inside || (!broken.is_empty() && OF_THE_WHOLE_LINE.contains(&problem.code))
        };
        diagnostics.extend(found.into_iter().filter(|problem| !follows(problem)));
    }
    diagnostics.sort_by_key(|problem| (problem.span, problem.severity));
    diagnostics.dedup();
    let refused = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    assert!(refused || scene.is_some(), "a scene that is not given has an error that says why");
    Reading { scene: scene.filter(|_| !refused), diagnostics, sources, files }
}

/// The same without the check of what values mean together.
pub fn read_spec(name: &str, text: &str, options: &ReadOptions, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) -> SpecReading {
    let schema = Schema::of_document(scene_schema());
    let file = sources.add(name, text);
    let tree = parse(file, name, text, diagnostics);
    let (mut root, mut texts, mut overrides) = (tree.root.clone(), vec![(file, text.to_owned())], Vec::new());
    for text in &options.overrides {
        let file = sources.add(OVERRIDE_FILE_NAME, text.clone());
        texts.push((file, text.clone()));
        let names = overrides::apply(&mut root, schema, file, text, diagnostics);
        overrides.push(Override { file, names });
    }
    let mut found = Vec::new();
    let root = validate(&root, schema, "the scene", &mut found);
    let broken_at = tree.brackets_broken_at.map(|at| Span { file, start: at, end: at });
    diagnostics.extend(found.into_iter().filter(|problem| !is_consequence(problem, broken_at)));
    let document = Document { root, texts, overrides };
    let spec = if document.root.is_complete() { deserialize(&document, diagnostics) } else { None };
    let refused = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    assert!(refused || spec.is_some(), "a scene that cannot be deserialized has an error that says why");
    SpecReading { spec, document, tree }
}

fn deserialize(document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Option<SceneSpec> {
    match SceneSpec::deserialize(&document.root) {
        Ok(spec) => Some(spec),
        Err(error) => {
            let span = error.span.unwrap_or(document.root.span);
            // What is out of its schema's range is out of its type's as well.
            if !diagnostics.iter().any(|problem| problem.span == span && problem.severity == Severity::Error) {
                diagnostics.push(Diagnostic::error("invalid-value", span, error.message));
            }
            None
        }
    }
}

/// After an unmatched bracket nobody knows what belongs to what: what seems wrong there, and what seems to be missing
/// anywhere, may follow from it.
fn is_consequence(problem: &Diagnostic, brackets_broken_at: Option<Span>) -> bool {
    brackets_broken_at.is_some_and(|at| {
        let later = problem.span.file == at.file && problem.span.end > at.end;
        later || matches!(problem.code, "missing-field" | "missing-fields")
    })
}

/// Elements, parts and fields of the scene that have an error already, with their names: what the check says about
/// them may follow from what had to be left out.
fn broken_entries(document: &Document, diagnostics: &[Diagnostic]) -> Vec<Span> {
    let ValueKind::Fields(fields) = &document.root.kind else { return Vec::new() };
    let whole = |field: &Field| Span { start: field.name_span.start.min(field.value.span.start), ..field.value.span };
    let places = |problem: &Diagnostic| problem.related.iter().map(|(span, _)| *span).chain([problem.span]).collect::<Vec<_>>();
    let broken: Vec<Span> = diagnostics.iter().flat_map(places).collect();
    let is_broken = |entry: Span, changed: &dyn Fn(&Override) -> bool| {
        let in_overrides =
            document.overrides.iter().filter(|change| changed(change)).any(|change| broken.iter().any(|place| place.file == change.file));
        in_overrides || broken.iter().any(|place| contains(entry, *place))
    };
    let mut entries = Vec::new();
    for (name, field) in fields {
        match (&field.value.kind, name.as_str()) {
            (ValueKind::Fields(inner), map @ ("line" | "parts")) => {
                let broken = inner.iter().filter(|(name, field)| is_broken(whole(field), &|change| change.changes_entry(map, name)));
                entries.extend(broken.map(|(_, field)| whole(field)));
            }
            _ if is_broken(whole(field), &|change| change.names.first() == Some(name)) => entries.push(whole(field)),
            _ => {}
        }
    }
    entries
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
