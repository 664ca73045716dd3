//! The front door: a scene's text becomes a checked [`Scene`], or the list of everything that is wrong with it. Opens no
//! file itself; the caller lends the function that does, and may be a test.
//!
//! Paths: a file named in the scene's text is looked for from the scene file's folder, one named in a `--set` from the
//! current folder.

use crate::check;
use crate::consequence::Consequences;
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::expand::constants;
use crate::expand::include::include;
use crate::expand::templates::{self, Copy};
use crate::files::{FileLoader, LoadFile};
use crate::scene::Scene;
use crate::schema::scene_schema;
use crate::spec::SceneSpec;
use crate::syntax::fill::{FILLINGS, fill};
use crate::syntax::overrides::{self, OVERRIDE_FILE_NAME};
use crate::syntax::parser::parse;
use crate::syntax::tree::{Node, Tree};
use crate::syntax::validate::validate;
use crate::syntax::value::{Document, Override, ValueKind};
use serde::Deserialize;

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
    /// Texts that were copied for uses of templates.
    pub copies: Vec<Copy>,
}

/// Reads the scene `text` of the file `name` (RON; JSON where the name ends in `.json`), with `options`.
pub fn read(name: &str, text: &str, options: &ReadOptions, load_file: LoadFile) -> Reading {
    let (mut sources, mut diagnostics, mut files) = (Sources::default(), Vec::new(), Vec::new());
    let mut loader = FileLoader::new(load_file, &mut sources, &mut files);
    let SpecReading { spec, document, tree, copies } = read_spec(name, text, options, &mut loader, &mut diagnostics);
    let mut scene = None;
    let found = match &spec {
        Some(spec) => {
            let mut found = Vec::new();
            scene = check::check(spec, &document, &mut loader, &mut found);
            found
        }
        None => check_the_rest(&document, &mut loader),
    };
    let consequences = Consequences::of(&document, tree.broken_from());
    diagnostics.extend(found.into_iter().filter(|problem| !consequences.contain(problem)));
    diagnostics.iter_mut().for_each(|problem| show_use(problem, &copies));
    diagnostics.sort_by_key(|problem| (problem.span, problem.severity));
    // What is wrong in a template is wrong in every use.
    diagnostics.dedup_by(|later, first| {
        let same = |problem: &Diagnostic| (problem.span, problem.severity, problem.code, problem.allowed.clone());
        later == first || !copies.is_empty() && same(later) == same(first) && !later.related.is_empty()
    });
    let refused = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    assert!(refused || scene.is_some(), "a scene that is not given has an error that says why");
    Reading { scene: scene.filter(|_| !refused), diagnostics, sources, files }
}

/// A place in a use of a template is one in the template, with the use beside it.
fn show_use(problem: &mut Diagnostic, copies: &[Copy]) {
    let used = |span: Span| copies.iter().find(|copy| copy.file == span.file);
    let mut uses = Vec::new();
    for span in problem.related.iter_mut().map(|(span, _)| span).chain([&mut problem.span]) {
        while let Some(copy) = used(*span) {
            span.file = copy.original;
            uses.push(copy.used);
        }
    }
    for mut place in uses {
        while let Some(copy) = used(place) {
            place.file = copy.original;
        }
        let shown = place.contains(problem.span) || problem.related.iter().any(|(span, _)| *span == place);
        if !shown {
            problem.related.push((place, "used here".to_owned()));
        }
    }
}

/// What the check finds in a scene of which something is missing, whatever stands in for that: what it finds with one filling
/// and not with another follows from the filling.
fn check_the_rest(document: &Document, loader: &mut FileLoader<'_>) -> Vec<Diagnostic> {
    if document.root.kind == ValueKind::Missing {
        return Vec::new();
    }
    let schema = scene_schema().root();
    let found = FILLINGS.map(|filling| {
        let filled = Document { root: fill(&document.root, schema, filling), ..document.clone() };
        let mut found = Vec::new();
        if let Ok(spec) = SceneSpec::deserialize(&filled.root) {
            check::check(&spec, &filled, loader, &mut found);
        }
        found
    });
    let [first, last] = found;
    let same = |a: &Diagnostic, b: &Diagnostic| (a.code, a.severity, a.span, &a.message) == (b.code, b.severity, b.span, &b.message);
    first.into_iter().filter(|problem| last.iter().any(|other| same(problem, other))).collect()
}

/// A scene's tree, and the same with everything in it that stands elsewhere or once for several.
pub struct Expanded {
    pub tree: Tree,
    pub root: Node,
    /// The scene's, included files, and copies of templates.
    texts: Vec<(FileId, String)>,
    pub copies: Vec<Copy>,
    /// A file that it includes could not be read.
    lacks_files: bool,
}

/// The tree that overrides are applied to.
pub fn expand(name: &str, text: &str, loader: &mut FileLoader<'_>, diagnostics: &mut Vec<Diagnostic>) -> Expanded {
    let file = loader.add_source(name, text);
    let tree = parse(file, name, text, diagnostics);
    let (mut root, mut texts) = (tree.root.clone(), vec![(file, text.to_owned())]);
    let before = diagnostics.len();
    texts.extend(include(&mut root, name, loader, diagnostics));
    let copies = templates::expand(&mut root, loader, diagnostics);
    texts.extend(copies.iter().map(|copy| (copy.file, loader.sources().file(copy.file).text.clone())));
    let lacks_files = diagnostics[before..].iter().any(|problem| problem.span.file == file);
    Expanded { tree, root, texts, copies, lacks_files }
}

/// The same without the check of what values mean together.
pub fn read_spec(
    name: &str,
    text: &str,
    options: &ReadOptions,
    loader: &mut FileLoader<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> SpecReading {
    let schema = scene_schema().root();
    let Expanded { tree, mut root, mut texts, copies, lacks_files } = expand(name, text, loader, diagnostics);
    let mut overrides = Vec::new();
    for text in &options.overrides {
        let file = loader.add_source(OVERRIDE_FILE_NAME, text);
        texts.push((file, text.clone()));
        let names = overrides::apply(&mut root, schema, file, text, diagnostics);
        overrides.push(Override { file, names });
    }
    constants::compute(&mut root, loader.sources(), diagnostics);
    let mut found = Vec::new();
    let root = validate(&root, schema, "the scene", &mut found);
    let broken_at = tree.broken_from();
    diagnostics.extend(found.into_iter().filter(|problem| !is_consequence(problem, broken_at)));
    let mut document =
        Document { root, texts, copies: copies.iter().map(|copy| copy.file).collect(), overrides, lacks_files, refused: Vec::new() };
    let spec = deserialize(&mut document, diagnostics);
    let errors = diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    document.refused = errors.flat_map(|problem| problem.related.iter().map(|(span, _)| *span).chain([problem.span])).collect();
    assert!(!document.refused.is_empty() || spec.is_some(), "a scene that cannot be deserialized has an error that says why");
    SpecReading { spec, document, tree, copies }
}

/// The spec types, where nothing is missing. What no schema can say is reported, and is missing from then on.
fn deserialize(document: &mut Document, diagnostics: &mut Vec<Diagnostic>) -> Option<SceneSpec> {
    if !document.root.is_complete() {
        return None;
    }
    match SceneSpec::deserialize(&document.root) {
        Ok(spec) => Some(spec),
        Err(error) => {
            let span = error.span.unwrap_or(document.root.span);
            diagnostics.push(Diagnostic::error("invalid-value", span, error.message));
            document.root.remove(span);
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

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
