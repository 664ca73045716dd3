//! The scene as validated: what the tree says once the schema has told fields, variants and positions apart. The same
//! for RON and JSON, positional and named. Overrides change it; the text stays as it was. Locates values by path.

use super::tree::Name;
use super::{FieldPath, Locate, Step};
use crate::diagnostic::{FileId, Span};
use crate::expand::constants::VALUE;
use indexmap::IndexMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub span: Span,
    pub kind: ValueKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    /// Nothing usable stands here; that has been reported.
    Missing,
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A struct's fields or a map's entries, in the order of the text.
    Fields(IndexMap<String, Field>),
    Variant {
        name: Name,
        payload: Option<Box<Value>>,
    },
}

/// Whether this text is a `Value(...)`.
fn is_computed(text: &str) -> bool {
    let in_json = || text.strip_prefix('{').is_some_and(|text| text.trim_start().starts_with("\"Value\""));
    text.strip_prefix(VALUE).is_some_and(|rest| rest.trim_start().starts_with('(')) || in_json()
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Text as it is written in RON and in the paths of overrides.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Of the name; of the value where it is positional.
    pub name_span: Span,
    pub value: Value,
}

impl Field {
    /// From its name to the end of its value.
    pub fn whole(&self) -> Span {
        let start = if self.name_span.file == self.value.span.file {
            self.name_span.start.min(self.value.span.start)
        } else {
            self.value.span.start
        };
        Span { start, ..self.value.span }
    }
}

impl Value {
    /// Below variant names, which are no steps of a path.
    pub fn content(&self) -> &Value {
        match &self.kind {
            ValueKind::Variant { payload: Some(payload), .. } => payload.content(),
            _ => self,
        }
    }

    /// Takes out every value that stands at `span`.
    pub fn remove(&mut self, span: Span) {
        if self.span == span {
            self.kind = ValueKind::Missing;
        }
        match &mut self.kind {
            ValueKind::List(items) => items.iter_mut().for_each(|item| item.remove(span)),
            ValueKind::Fields(fields) => fields.values_mut().for_each(|field| field.value.remove(span)),
            ValueKind::Variant { payload: Some(payload), .. } => payload.remove(span),
            _ => {}
        }
    }

    /// What stands for `Value(...)` in the text `text`, with the end of each, within `whole`.
    fn computed(&self, whole: Span, text: &str) -> Vec<(u32, String)> {
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        if !whole.contains(self.span) {
            return Vec::new();
        }
        let is_computed = text.get(start..end).is_some_and(is_computed);
        let plain = |value: String| if is_computed { vec![(self.span.end, value)] } else { Vec::new() };
        match &self.kind {
            ValueKind::Integer(value) => plain(value.to_string()),
            ValueKind::Float(value) => plain(value.to_string()),
            ValueKind::Bool(value) => plain(value.to_string()),
            ValueKind::Text(value) => plain(format!("\"{value}\"")),
            // The constant has an input of its own.
            _ if is_computed => Vec::new(),
            ValueKind::List(items) => items.iter().flat_map(|item| item.computed(whole, text)).collect(),
            ValueKind::Fields(fields) => fields.values().flat_map(|field| field.value.computed(whole, text)).collect(),
            ValueKind::Variant { payload: Some(payload), .. } => payload.computed(whole, text),
            _ => Vec::new(),
        }
    }

    /// Whether something in it is not what stands in the text `text`: it was computed, or is another name there.
    fn reads_otherwise(&self, whole: Span, text: &str) -> bool {
        let Some(own) = text.get(self.span.start as usize..self.span.end as usize).filter(|_| whole.contains(self.span)) else {
            return false;
        };
        let inside = |value: &Value| value.reads_otherwise(whole, text);
        is_computed(own)
            || match &self.kind {
                ValueKind::Text(value) => own != quoted(value),
                ValueKind::List(items) => items.iter().any(inside),
                ValueKind::Fields(fields) => fields.values().any(|field| inside(&field.value)),
                ValueKind::Variant { payload: Some(payload), .. } => inside(payload),
                _ => false,
            }
    }

    /// As it would be written in RON.
    fn as_ron(&self) -> String {
        let listed = |texts: Vec<String>| texts.join(", ");
        match &self.kind {
            ValueKind::Missing | ValueKind::Null => "None".to_owned(),
            ValueKind::Bool(value) => value.to_string(),
            ValueKind::Integer(value) => value.to_string(),
            ValueKind::Float(value) => value.to_string(),
            ValueKind::Text(text) => quoted(text),
            // Numbers side by side are a point or limits.
            ValueKind::List(items) => {
                let numbers = items.iter().all(|item| matches!(item.kind, ValueKind::Integer(_) | ValueKind::Float(_)));
                let texts = listed(items.iter().map(Value::as_ron).collect());
                if numbers { format!("({texts})") } else { format!("[{texts}]") }
            }
            ValueKind::Fields(fields) if fields.keys().all(|name| is_word(name)) => {
                format!("({})", listed(fields.iter().map(|(name, field)| format!("{name}: {}", field.value.as_ron())).collect()))
            }
            ValueKind::Fields(fields) => {
                format!(
                    "{{{}}}",
                    listed(fields.iter().map(|(name, field)| format!("{}: {}", quoted(name), field.value.as_ron())).collect())
                )
            }
            ValueKind::Variant { name, payload: None } => name.text.clone(),
            ValueKind::Variant { name, payload: Some(payload) } => match &payload.kind {
                ValueKind::Fields(_) => format!("{}{}", name.text, payload.as_ron()),
                ValueKind::List(items) => format!("{}({})", name.text, listed(items.iter().map(Value::as_ron).collect())),
                _ => format!("{}({})", name.text, payload.as_ron()),
            },
        }
    }

    /// Whether it can be deserialized: nothing that was reported is missing in it.
    pub fn is_complete(&self) -> bool {
        match &self.kind {
            ValueKind::Missing => false,
            ValueKind::List(items) => items.iter().all(Value::is_complete),
            ValueKind::Fields(fields) => fields.values().all(|field| field.value.is_complete()),
            ValueKind::Variant { payload, .. } => payload.as_ref().is_none_or(|payload| payload.is_complete()),
            _ => true,
        }
    }
}

/// A scene's values with the texts they come from.
#[derive(Clone, Debug)]
pub struct Document {
    pub root: Value,
    /// The scene's text, and one for each override.
    pub texts: Vec<(FileId, String)>,
    /// Which of them are copies of a template's text.
    pub copies: Vec<FileId>,
    pub overrides: Vec<Override>,
    /// A file that the scene includes could not be read.
    pub lacks_files: bool,
    /// Places of what was refused before anything was checked.
    pub refused: Vec<Span>,
}

/// What a `--set` aims at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub file: FileId,
    /// The names of its path, from the scene down: `line`, `belt 1`, `speed_mps`. A name that holds dots may stand as several.
    pub names: Vec<String>,
}

impl Override {
    /// Whether it changes the entry of this name in a map of the scene, or something in it.
    pub fn changes_entry(&self, map: &str, name: &str) -> bool {
        self.names.first().is_some_and(|first| first == map) && (2..=self.names.len()).any(|end| self.names[1..end].join(".") == name)
    }
}

/// Where a path leads, or how far it is written.
enum Found<'a> {
    Written { value: &'a Value, name_span: Span },
    Default { ancestor: &'a Value },
}

impl Document {
    /// Whether something was refused in the value of `field`, in its name, or in a `--set` that changes it.
    pub fn is_field_broken(&self, field: &Field, changed: &dyn Fn(&Override) -> bool) -> bool {
        let whole = field.whole();
        let changes = || self.overrides.iter().filter(|change| changed(change));
        self.refused.iter().any(|place| whole.contains(*place) || changes().any(|change| change.file == place.file))
    }

    fn find(&self, path: &FieldPath) -> Found<'_> {
        let (mut value, mut name_span) = (&self.root, self.root.span);
        for step in &path.0 {
            let next = match (&value.content().kind, step) {
                (ValueKind::Fields(fields), Step::Name(name)) => fields.get(name).map(|field| (&field.value, field.name_span)),
                (ValueKind::List(items), Step::Index(index)) => items.get(*index).map(|item| (item, item.span)),
                _ => None,
            };
            match next {
                Some(next) => (value, name_span) = next,
                None => return Found::Default { ancestor: value },
            }
        }
        Found::Written { value, name_span }
    }
}

impl Locate for Document {
    fn value_span(&self, path: &FieldPath) -> Span {
        match self.find(path) {
            Found::Written { value, .. } | Found::Default { ancestor: value } => value.span,
        }
    }

    fn name_span(&self, path: &FieldPath) -> Span {
        match self.find(path) {
            Found::Written { name_span, .. } => name_span,
            Found::Default { ancestor } => ancestor.span,
        }
    }

    fn written(&self, path: &FieldPath) -> Option<String> {
        let Found::Written { value, .. } = self.find(path) else { return None };
        let (_, text) = self.texts.iter().find(|(file, _)| *file == value.span.file)?;
        // What a template binds, and the names within it, have no meaning outside of it.
        if self.copies.contains(&value.span.file) && value.reads_otherwise(value.span, text) {
            return Some(value.as_ron());
        }
        let mut written = text[value.span.start as usize..value.span.end as usize].to_owned();
        for (at, computed) in value.computed(value.span, text).into_iter().rev() {
            written.insert_str((at - value.span.start) as usize, &format!(" = {computed}"));
        }
        Some(written)
    }

    fn is_override(&self, path: &FieldPath) -> bool {
        match self.find(path) {
            Found::Written { value, .. } => self.overrides.iter().any(|change| change.file == value.span.file),
            Found::Default { .. } => false,
        }
    }
    fn is_broken(&self, path: &FieldPath) -> bool {
        match self.find(path) {
            Found::Written { value, .. } | Found::Default { ancestor: value } => {
                self.refused.iter().any(|place| value.span.contains(*place) || place.contains(value.span))
            }
        }
    }
}
