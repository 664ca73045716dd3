//! Tells what a check finds by itself from what it finds only because something was refused before: a reference to an
//! element that cannot be read, the geometry behind it, what no part reaches then. Knows places and codes, not scenes.

use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::value::{Document, Override, ValueKind};

/// What is found by following the whole line: with an element or a field left out it would find what is not there.
const OF_THE_WHOLE_LINE: [&str; 11] = [
    "crossing-conveyors",
    "deadlock-prone",
    "empty-line",
    "endless",
    "never-holds",
    "no-parts",
    "no-place",
    "nothing-catches",
    "overlapping-solids",
    "starved",
    "unreachable",
];

/// What is wrong with one value whatever stands beside it: said of elements and parts that have another error too.
const OF_ONE_VALUE: [&str; 23] = [
    "bad-cell",
    "bad-condition",
    "bad-name",
    "bad-pair",
    "bad-table",
    "duplicate-mode",
    "duplicate-pair",
    "empty-table",
    "flat-hull",
    "limits-reversed",
    "missing-column",
    "missing-field",
    "missing-file",
    "negative-draws",
    "not-a-host",
    "out-of-range",
    "senseless-distribution",
    "unit-slip",
    "unknown-kpi",
    "unknown-port",
    "unknown-reference",
    "unknown-schema",
    "unusual-value",
];

/// What compares a word with the names that the scene gives.
const OF_NAMES: [&str; 5] = ["bad-condition", "not-a-host", "unknown-kpi", "unknown-port", "unknown-reference"];

/// What was refused before the check, as far as it matters for what the check finds.
pub struct Consequences {
    refused: Vec<Span>,
    /// Elements, parts and fields of the scene that have an error.
    broken: Vec<Span>,
    /// Where the brackets stopped making sense.
    lost_from: Option<Span>,
    /// A name may have been lost with its entry.
    names_lost: bool,
}

impl Consequences {
    pub fn of(document: &Document, brackets_broken_at: Option<Span>) -> Self {
        let (broken, all_named) = broken_entries(document);
        let names_lost = !all_named || brackets_broken_at.is_some();
        Consequences { refused: document.refused.clone(), broken, lost_from: brackets_broken_at, names_lost }
    }

    /// Whether `problem` may be there only because of what was refused.
    pub fn contain(&self, problem: &Diagnostic) -> bool {
        if self.refused.is_empty() {
            return false;
        }
        let of_one_value = OF_ONE_VALUE.contains(&problem.code);
        let in_broken_entry = self.broken.iter().any(|entry| entry.contains(problem.span));
        let of_what_was_refused = self.refused.iter().any(|place| place.contains(problem.span) || problem.span.contains(*place));
        let lost = self.lost_from.is_some_and(|at| !of_one_value || problem.span.file != at.file || problem.span.end > at.start);
        lost || of_what_was_refused
            || (in_broken_entry && !of_one_value)
            || (self.names_lost && OF_NAMES.contains(&problem.code))
            || OF_THE_WHOLE_LINE.contains(&problem.code)
    }
}

/// Elements, parts and fields of the scene that have an error, with their names; and whether every error in a map lies in
/// an entry of it, so that no name is lost.
fn broken_entries(document: &Document) -> (Vec<Span>, bool) {
    let ValueKind::Fields(fields) = &document.root.kind else { return (Vec::new(), false) };
    let (mut entries, mut all_named) = (Vec::new(), true);
    for (name, field) in fields {
        match (&field.value.kind, name.as_str()) {
            (ValueKind::Fields(inner), map @ ("line" | "parts" | "materials")) => {
                let broken = |name: &str, field| document.is_field_broken(field, &|change: &Override| change.changes_entry(map, name));
                entries.extend(inner.iter().filter(|(name, field)| broken(name, field)).map(|(_, field)| field.whole()));
                let in_map = document.refused.iter().filter(|place| field.value.span.contains(**place));
                let mut unowned = in_map.filter(|place| !inner.values().any(|entry| entry.whole().contains(**place)));
                all_named &= unowned.next().is_none();
            }
            (ValueKind::Missing, "line" | "parts" | "materials") => all_named = false,
            _ if document.is_field_broken(field, &|change| change.names.first() == Some(name)) => entries.push(field.whole()),
            _ => {}
        }
    }
    // What is wrong with a file that is included, or with including it, may have cost names.
    let typed = |place: &Span| document.overrides.iter().any(|change| change.file == place.file);
    let elsewhere = document.refused.iter().filter(|place| place.file != document.root.span.file && !typed(place));
    all_named &= elsewhere.filter(|place| !entries.iter().any(|entry| entry.contains(**place))).count() == 0;
    (entries, all_named && !document.lacks_files)
}
