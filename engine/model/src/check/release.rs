//! What lets parts into the line: production schedules, each row of a table one order, and limits of the work in process.
//! Knows nothing about how parts are made.

use super::goods::field_span;
use super::{Checker, top};
use crate::diagnostic::{Diagnostic, FileId, Severity, Span};
use crate::scene::{Conwip, ElementId, Order, PartType, PartTypeId};
use crate::spec::{ElementSpec, SourceSpec};
use crate::syntax::FieldPath;
use crate::time::Time;
use crate::words::{listed, nearest};

/// Columns that a schedule needs.
const NEEDED: [&str; 2] = ["order", "quantity"];
/// Columns that it may have; others are ignored.
const OPTIONAL: [&str; 3] = ["part", "release_s", "due_s"];
/// More orders than any plant plans at once; a table beyond that is another kind of file.
const ORDER_LIMIT: usize = 100_000;

/// A row of the table, with the places of its cells.
struct Row<'a> {
    file: FileId,
    start: usize,
    line: &'a str,
    record: &'a csv::StringRecord,
    /// Places of [`NEEDED`] and [`OPTIONAL`].
    columns: &'a [Option<usize>; 5],
}

impl Row<'_> {
    /// Of the column of this number; empty where the table lacks it.
    fn cell(&self, column: usize) -> (&str, Span) {
        let field = self.columns[column].and_then(|at| self.record.get(at)).unwrap_or("");
        (field, field_span(self.file, self.start, self.line, self.columns[column].unwrap_or(0), field))
    }
}

impl Checker<'_, '_> {
    /// All schedules, before any condition asks for an order.
    pub(super) fn schedules(&mut self, part_types: &[PartType]) {
        let (spec, before) = (self.spec, self.diagnostics.len());
        for (element, spec) in spec.line.values().enumerate() {
            let ElementSpec::Source(source) = spec else { continue };
            let orders = self.schedule(element, source, part_types);
            self.orders.insert(element, orders);
        }
        self.schedules_refused = self.diagnostics[before..].iter().any(|problem| problem.severity == Severity::Error);
    }

    fn schedule(&mut self, element: usize, source: &SourceSpec, part_types: &[PartType]) -> Vec<Order> {
        let Some(csv) = &source.schedule else { return Vec::new() };
        let path = self.field(element, "schedule");
        let loaded = match self.files.load_text(csv, self.at.value_span(&path).file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", &path, error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return Vec::new();
            }
        };
        let before = self.diagnostics.len();
        let orders = self.orders(loaded.file, &loaded.text, &source.part, part_types);
        if orders.is_empty() && self.diagnostics.len() == before {
            let problem = self.error("empty-table", &path, format!("`{}` has no rows", loaded.path));
            self.push(problem.allowed("one row for each order"));
        }
        orders
    }

    fn orders(&mut self, file: FileId, text: &str, default: &str, part_types: &[PartType]) -> Vec<Order> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let whole = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
        let first_line = whole(0, text.lines().next().map_or(0, str::len));
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                self.push(Diagnostic::error("bad-table", first_line, error.to_string()));
                return Vec::new();
            }
        };
        let place = |column: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == column);
        let columns = [NEEDED[0], NEEDED[1], OPTIONAL[0], OPTIONAL[1], OPTIONAL[2]].map(place);
        let missing: Vec<&str> = NEEDED.into_iter().filter(|column| place(column).is_none()).collect();
        if !missing.is_empty() {
            let problem = Diagnostic::error("missing-column", first_line, format!("the table lacks the column {}", missing.join(", ")));
            let allowed = format!("columns {}, and where wanted {}, separated by commas", NEEDED.join(", "), OPTIONAL.join(", "));
            self.push(problem.allowed(allowed));
            return Vec::new();
        }
        let mut orders: Vec<Order> = Vec::new();
        let mut first = 0;
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let start = error.position().map_or(0, |position| position.byte() as usize);
                    self.push(Diagnostic::error("bad-table", whole(start, start), error.to_string()));
                    continue;
                }
            };
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
            let row = Row { file, start, line, record: &record, columns: &columns };
            if orders.len() == ORDER_LIMIT {
                let problem = Diagnostic::error("bad-table", first_line, format!("the table has more than {ORDER_LIMIT} rows"));
                self.push(problem.help("is this the right file?"));
                break;
            }
            if let Some(order) = self.order(&row, first, default, part_types, &orders) {
                first += u64::from(order.quantity);
                orders.push(order);
            }
        }
        orders
    }

    fn order(&mut self, row: &Row<'_>, first: u64, default: &str, part_types: &[PartType], before: &[Order]) -> Option<Order> {
        let (name, span) = row.cell(0);
        let known = before.iter().any(|order| order.name == name);
        if name.is_empty() || known {
            let message = if known { format!("the order `{name}` is given twice") } else { "the order has no name".to_owned() };
            self.push(Diagnostic::error("bad-cell", span, message).allowed("a name for each order, once"));
        }
        let (written, span) = row.cell(1);
        let quantity = written.parse::<u32>().ok().filter(|quantity| *quantity > 0);
        if quantity.is_none() {
            self.push(Diagnostic::error("bad-cell", span, format!("`quantity` is `{written}`")).allowed("a whole number from 1 on"));
        }
        let (written, span) = row.cell(2);
        let part = if written.is_empty() { default } else { written };
        let part_type = part_types.iter().position(|known| known.name == part);
        if part_type.is_none() && !written.is_empty() {
            let names = || part_types.iter().map(|part| part.name.as_str());
            let mut problem = Diagnostic::error("unknown-reference", span, format!("no part is called `{written}`"));
            problem = problem.allowed(listed(names()));
            self.push(match nearest(written, names()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        let release = self.instant(row, 3);
        let due = self.instant(row, 4);
        if let (Some(Some(release)), Some(Some(due))) = (release, due)
            && due <= release
        {
            let message = format!("the order `{name}` is due when it is released, or before");
            self.push(Diagnostic::warning("late-order", row.cell(4).1, message).help("times are from the start of the run [s]"));
        }
        let number = self.order_names.iter().position(|known| known == name).unwrap_or(self.order_names.len());
        if number == self.order_names.len() {
            self.order_names.push(name.to_owned());
        }
        Some(Order {
            name: name.to_owned(),
            number: number as u32 + 1,
            part_type: PartTypeId::from_index(part_type?),
            quantity: quantity?,
            first,
            release: release?.unwrap_or(Time::ZERO),
            due: due?,
        })
    }

    /// A time from the start of the run, where the row gives one; `None`: what it gives is none.
    fn instant(&mut self, row: &Row<'_>, column: usize) -> Option<Option<Time>> {
        let (written, span) = row.cell(column);
        if written.is_empty() {
            return Some(None);
        }
        match written.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => Some(Some(Time::from_seconds(value))),
            _ => {
                let name = OPTIONAL[column - NEEDED.len()];
                let problem = Diagnostic::error("bad-cell", span, format!("`{name}` is `{written}`"));
                self.push(problem.allowed("seconds from the start of the run, 0 or more"));
                None
            }
        }
    }

    pub(super) fn conwips(&mut self) -> Vec<Conwip> {
        let spec = self.spec;
        let mut conwips: Vec<Conwip> = Vec::new();
        for (index, conwip) in spec.conwip.iter().enumerate() {
            let path = top("conwip").index(index);
            if conwip.limit == 0 {
                let problem = self.error("out-of-range", &path.name("limit"), "with a limit of 0 nothing is ever released");
                self.push(problem.allowed("1 or more"));
            }
            if conwip.sources.is_empty() {
                let problem = self.error("empty-list", &path.name("sources"), "the limit is of no Source");
                self.push(problem.allowed("one Source or more"));
            }
            let mut sources = Vec::new();
            for (number, name) in conwip.sources.iter().enumerate() {
                let path = path.name("sources").index(number);
                let Some(element) = self.element_named(&path, name) else { continue };
                let id = ElementId::from_index(element);
                if !matches!(spec.line[element], ElementSpec::Source(_)) {
                    let family = super::views::family(&spec.line[element]);
                    let problem = self.error("not-a-source", &path, format!("`{name}` is a {family}"));
                    self.push(problem.allowed("a Source"));
                } else if sources.contains(&id) || conwips.iter().any(|other| other.sources.contains(&id)) {
                    let problem = self.error("limited-twice", &path, format!("`{name}` has a limit already"));
                    self.push(problem.help("a Source belongs to one limit: the smaller one counts anyway"));
                } else {
                    sources.push(id);
                }
            }
            let until = self.until_elements(&path.name("until"), &conwip.until);
            conwips.push(Conwip { limit: conwip.limit, sources, until });
        }
        conwips
    }

    fn until_elements(&mut self, path: &FieldPath, names: &[String]) -> Vec<ElementId> {
        let mut until = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let path = path.index(number);
            let Some(element) = self.element_named(&path, name) else { continue };
            let spec = &self.spec.line[element];
            let takes = !super::references::ports_of(spec, crate::scene::PortDirection::In).is_empty();
            if takes && super::views::device(spec).is_none() {
                until.push(ElementId::from_index(element));
                continue;
            }
            let problem = self.error("not-reached", &path, format!("`{name}` is a {}: no part comes onto it", super::views::family(spec)));
            self.push(problem.allowed("a conveyor, a Buffer, a Sink or a machine at a conveyor's end"));
        }
        until
    }
}
