//! The one lossless syntax tree of a scene text, RON or JSON, with a span for every node.

pub mod deserialize;
pub mod fill;
pub mod format;
pub mod lexer;
pub mod literal;
pub mod outline;
pub mod overrides;
pub mod parser;
pub mod tree;
pub mod validate;
pub mod value;

use crate::diagnostic::Span;

/// The way from the scene's root to a value: fields and map keys by name, elements of lists and tuples by index.
/// Variant names and newtypes are not steps: `line` / `belt 1` / `speed_mps`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath(pub Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Name(String),
    Index(usize),
}

impl FieldPath {
    pub fn name(&self, name: impl Into<String>) -> FieldPath {
        let mut steps = self.0.clone();
        steps.push(Step::Name(name.into()));
        FieldPath(steps)
    }
    pub fn index(&self, index: usize) -> FieldPath {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        FieldPath(steps)
    }
}

/// Finds the text of a value. Implemented by the tree; what checks a scene needs no more of it.
pub trait Locate {
    /// The span of the value at `path`; where it is not written (a default), of its nearest written ancestor.
    fn value_span(&self, path: &FieldPath) -> Span;
    /// The span of the field name or map key that leads to `path` (its value's span where there is none).
    fn name_span(&self, path: &FieldPath) -> Span;
    /// The value as written, `None` for a default.
    fn written(&self, path: &FieldPath) -> Option<String>;
    /// Whether the value at `path` came from `--set`.
    fn is_override(&self, path: &FieldPath) -> bool;
    /// Whether something in the value at `path` was refused already: what the rest does not find there may have stood there.
    fn is_broken(&self, path: &FieldPath) -> bool;
}
