//! Conditions of a scene in their place: what names they may use, and where in the text a problem lies. Knows nothing about
//! their grammar (`condition`).

use super::Checker;
use super::condition::{self, Names};
use super::tables::{Draft, Tables};
use super::views::conveyor;
use crate::condition::Condition;
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::ElementSpec;
use crate::syntax::FieldPath;
use serde_json::Value;

impl Checker<'_, '_> {
    pub(super) fn option_when(&mut self, element: usize, when: Option<&str>, tables: &Tables, draft: &Draft<'_>) -> Option<Condition> {
        when.and_then(|when| self.when(&self.field(element, "when"), when, tables, draft))
    }

    pub(super) fn when(&mut self, path: &FieldPath, text: &str, tables: &Tables, draft: &Draft<'_>) -> Option<Condition> {
        let part_types: Vec<String> = draft.part_types.iter().map(|part_type| part_type.name.clone()).collect();
        self.expression(path, text, &tables.attributes, &part_types, true)
    }

    /// `of_part`: it is asked of a part; else of the line alone.
    pub(super) fn expression(
        &mut self,
        path: &FieldPath,
        text: &str,
        attributes: &[String],
        part_types: &[String],
        of_part: bool,
    ) -> Option<Condition> {
        let elements: Vec<(&str, &ElementSpec)> = self.spec.line.iter().map(|(name, spec)| (name.as_str(), spec)).collect();
        // Where a table could not be read, nobody knows which orders there are.
        let orders = (!self.schedules_refused).then_some(self.order_names.as_slice());
        let parsed = condition::parse(text, &Names { attributes, part_types, orders, elements: &elements, of_part });
        match parsed {
            Ok(condition) => Some(condition),
            Err(problems) => {
                for problem in problems.into_iter().filter(|problem| !self.may_follow(text, problem)).collect::<Vec<_>>() {
                    let span = self.inside_text(path, text, problem.start, problem.end);
                    let mut diagnostic = Diagnostic::error("bad-condition", span, problem.message);
                    diagnostic.allowed = problem.allowed;
                    diagnostic.help = problem.help;
                    self.push(diagnostic);
                }
                None
            }
        }
    }

    /// Whether it may be there only because an element could not be read as a whole: that may set the attribute, or have
    /// what is asked of it.
    fn may_follow(&self, text: &str, problem: &condition::Problem) -> bool {
        let broken = self.spec.line.iter().enumerate().filter(|(index, _)| self.at.is_broken(&self.element_path(*index)));
        let mut broken = broken.map(|(_, element)| element);
        let sets_nothing = |spec: &ElementSpec| {
            conveyor(spec).is_some() || matches!(spec, ElementSpec::Source(_) | ElementSpec::Sink(_) | ElementSpec::Bin(_))
        };
        self.incomplete && broken.any(|(name, spec)| text.contains(name.as_str()) || problem.lacks_attribute && !sets_nothing(spec))
    }

    /// Stations of which some condition asks `done(...)`: each writes an attribute for it.
    pub(super) fn stations_asked_for(&self) -> Vec<String> {
        let mut texts = Vec::new();
        if let Ok(spec) = serde_json::to_value(self.spec) {
            collect_texts(&spec, &mut texts);
        }
        let is_station = |name: &String| matches!(self.spec.line.get(name), Some(ElementSpec::Station(_)));
        let mut stations: Vec<String> = texts.iter().flat_map(|text| condition::done_in(text)).filter(is_station).collect();
        stations.sort();
        stations.dedup();
        stations
    }

    /// The place of a stretch of a text's content within its quotes; the whole text where it is not written plainly.
    fn inside_text(&self, path: &FieldPath, content: &str, start: usize, end: usize) -> Span {
        let span = self.at.value_span(path);
        let source = &self.files.sources().file(span.file).text;
        let Some(raw) = source.get(span.start as usize..span.end as usize) else { return span };
        let Some(inner) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else { return span };
        let mut offsets = vec![0];
        let mut at = 0;
        let mut written = inner.chars();
        for c in content.chars() {
            let Some(first) = written.next() else { return span };
            let mut raw_length = first.len_utf8();
            if first == '\\' {
                // Only escapes of one character stand for themselves; others (\u{..}) make the whole text the place.
                match written.next() {
                    Some(escaped) if escaped == c => raw_length += escaped.len_utf8(),
                    _ => return span,
                }
            } else if first != c {
                return span;
            }
            at += raw_length;
            offsets.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
        let place = |offset: usize| span.start + 1 + offsets.get(offset).copied().unwrap_or(at) as u32;
        Span { file: span.file, start: place(start), end: place(end) }
    }
}

/// Every text that may hold a condition, whichever element it belongs to.
fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("done") => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}
