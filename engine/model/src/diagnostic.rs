//! Diagnostics: what is wrong with a scene, where, what is allowed, and what to do. Knows how to be rendered, not how
//! to find anything out.

use serde::Serialize;

/// A file that was read: index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileId(pub u16);

/// A stretch of text: byte offsets into one file, `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// The texts that diagnostics point into. A `--set` override is a file of its own, named `--set`.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As the user named it.
    pub name: String,
    pub text: String,
    /// Where each line begins, as byte offsets.
    line_starts: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// One problem of a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable, kebab-case: `unknown-field`, `ports-do-not-meet`, ...
    pub code: &'static str,
    /// What is wrong, with the value that was found. One sentence, lower case, no full stop.
    pub message: String,
    pub span: Span,
    /// What is allowed here.
    pub allowed: Option<String>,
    /// What to do about it (with "did you mean" where a near word exists).
    pub help: Option<String>,
    /// Other places that belong to it, each with a word.
    pub related: Vec<(Span, String)>,
}

impl Span {
    /// Whether `inner` lies in it, or is the same.
    pub fn contains(self, inner: Span) -> bool {
        self.file == inner.file && self.start <= inner.start && inner.end <= self.end
    }
}

impl Sources {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).expect("a scene reads fewer than 65,536 files"));
        let text = text.into();
        let after_breaks = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        id
    }
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[usize::from(id.0)]
    }
    /// Line and column, both from 1, the column in characters.
    pub fn line_column(&self, file: FileId, offset: u32) -> (usize, usize) {
        let source = self.file(file);
        let line = source.line_starts.partition_point(|&start| start <= offset);
        let line_start = source.line_starts[line - 1] as usize;
        let before = &source.text.as_bytes()[line_start..offset as usize];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        (line, column)
    }
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Error, code, message: message.into(), span, allowed: None, help: None, related: Vec::new() }
    }
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}
