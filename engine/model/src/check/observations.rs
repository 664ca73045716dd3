//! Observed values: a column of a CSV file becomes an empirical distribution. Knows nothing about what they are used for.

use super::Checker;
use super::goods::field_span;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::distribution::Empirical;
use crate::spec::ObservedSpec;
use crate::syntax::FieldPath;
use crate::words::{listed, nearest};

/// More observations than a plant logs in years; a table beyond that is another kind of file.
const OBSERVATION_LIMIT: usize = 1_000_000;

/// So many cells that are no numbers are shown one by one: of a column of words the first ones say it all.
const SHOWN_BAD_CELLS: usize = 3;

/// Tables that were read, by path and column; `None` where an error says what is wrong with it.
pub(super) type Observations = std::collections::BTreeMap<(String, String), Option<Vec<f64>>>;

impl Checker<'_, '_> {
    /// The distribution of the values that `observed` names; what is wrong with them is said once.
    pub(super) fn observations(&mut self, path: &FieldPath, observed: &ObservedSpec) -> Option<Empirical> {
        let ObservedSpec::Empirical { csv, column, interpolated } = observed;
        let from = self.at.value_span(&path.name("csv")).file;
        let key = (self.files.resolve(csv, from), column.clone());
        let values = match self.observations.get(&key) {
            Some(known) => known.clone(),
            None => {
                let values = self.read_observations(path, csv, column, from);
                self.observations.insert(key, values.clone());
                values
            }
        };
        values.and_then(|values| Empirical::new(values, *interpolated))
    }

    fn read_observations(&mut self, path: &FieldPath, csv: &str, column: &str, from: FileId) -> Option<Vec<f64>> {
        let loaded = match self.files.load_text(csv, from) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", &path.name("csv"), error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return None;
            }
        };
        let (file, text) = (loaded.file, loaded.text.as_str());
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                self.push(Diagnostic::error("bad-table", span(file, 0, 0), error.to_string()));
                return None;
            }
        };
        let names: Vec<&str> = headers.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        let Some(column_index) = names.iter().position(|name| *name == column) else {
            let message = format!("`{}` has no column `{column}`", loaded.path);
            let mut problem = self.error("missing-column", &path.name("column"), message).allowed(listed(names.iter().copied()));
            if let Some(near) = nearest(column, names.iter().copied()) {
                problem = problem.help(format!("did you mean `{near}`?"));
            }
            let first_line = text.lines().next().map_or(0, str::len);
            self.push(problem.related(span(file, 0, first_line), "the columns"));
            return None;
        };
        let (mut values, mut bad) = (Vec::new(), 0);
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let start = error.position().map_or(0, |position| position.byte() as usize);
                    self.push(Diagnostic::error("bad-table", span(file, start, start), error.to_string()));
                    return None;
                }
            };
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let field = record.get(column_index).unwrap_or("");
            match field.parse::<f64>() {
                Ok(value) if value.is_finite() => values.push(value),
                _ => {
                    bad += 1;
                    if bad <= SHOWN_BAD_CELLS {
                        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
                        self.bad_observation(field_span(file, start, line, column_index, field), column, field);
                    }
                }
            }
            if values.len() > OBSERVATION_LIMIT {
                let problem = self.error("bad-table", &path.name("csv"), format!("the table has more than {OBSERVATION_LIMIT} rows"));
                self.push(problem.help("is this the right file?"));
                return None;
            }
        }
        if bad > SHOWN_BAD_CELLS {
            let message = format!("`{column}` has {bad} cells that are no numbers");
            self.push(self.error("bad-cell", &path.name("column"), message).allowed("a column of numbers"));
        }
        if values.is_empty() && bad == 0 {
            let problem = self.error("empty-table", &path.name("csv"), format!("`{}` has no rows", loaded.path));
            self.push(problem.allowed("one row for each observed value"));
        }
        (bad == 0 && !values.is_empty()).then_some(values)
    }

    fn bad_observation(&mut self, span: Span, column: &str, field: &str) {
        let mut problem = Diagnostic::error("bad-cell", span, format!("`{column}` is `{field}`")).allowed("a number");
        if field.is_empty() {
            problem = problem.help("a row without this value goes into another file");
        } else if field.contains(',') {
            problem = problem.help("write a decimal point");
        } else if field.contains(':') {
            problem = problem.help("write a time as seconds");
        }
        self.push(problem);
    }
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    Span { file, start: start as u32, end: end as u32 }
}
