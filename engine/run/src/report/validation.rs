//! `validation.html`: a scene against the record of its line, on one self-contained page. Made from the result alone.

use super::format::{number, percent, span};
use super::render;
use super::svg::{Rect, Svg};
use crate::experiment::{Validation, ValidationRow};
use serde::Serialize;
use std::io::{self, Write};

const TEMPLATE: &str = include_str!("validation.html");

#[derive(Serialize)]
struct Page<'a> {
    scene: &'a str,
    subtitle: String,
    verdict_class: &'static str,
    verdict: String,
    confidence: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    measure: &'a str,
    unit: &'static str,
    recorded: String,
    mean: String,
    interval: String,
    picture: String,
    agrees: bool,
    verdict: &'static str,
}

pub fn write_validation(found: &Validation, file: &mut dyn Write) -> io::Result<()> {
    let differ = found.rows.iter().filter(|row| !row.agrees).count();
    let mut said = Vec::new();
    if differ > 0 {
        said.push(format!("{differ} of {} measures differ from the record", found.rows.len()));
    }
    if !found.invalid.is_empty() {
        said.push(format!("{} runs are invalid", found.invalid.len()));
    }
    let good = said.is_empty();
    let page = Page {
        scene: &found.scene,
        subtitle: format!(
            "Against {} from {} s to {} s ({} compared), {} runs; replayed: {}",
            found.log,
            number(found.from_s),
            number(found.to_s),
            span(found.to_s - found.from_s),
            found.replications,
            if found.replayed.is_empty() { "nothing".to_owned() } else { found.replayed.join(" and ") }
        ),
        verdict_class: if good { "good" } else { "bad" },
        verdict: if good {
            "The record lies where one more run of the scene would lie, in every measure".to_owned()
        } else {
            said.join("; ")
        },
        confidence: format!(
            "Each interval is where one more run would lie, for all measures together with 95 % confidence ({:.2} % each), and {} wider as was told to make no difference.",
            found.confidence_of_each * 100.0,
            percent(found.tolerance)
        ),
        rows: found.rows.iter().map(row).collect(),
    };
    file.write_all(render(TEMPLATE, &page).as_bytes())
}

fn row(row: &ValidationRow) -> Row<'_> {
    Row {
        measure: &row.measure,
        unit: row.unit,
        recorded: number(row.recorded),
        mean: number(row.mean),
        interval: format!("{} to {}", number(row.low), number(row.high)),
        picture: picture(row),
        agrees: row.agrees,
        verdict: match (row.agrees, row.replayed) {
            (true, true) => "as replayed",
            (true, false) => "agrees",
            (false, _) => "differs",
        },
    }
}

/// The interval as a bar, the record as a dot.
fn picture(row: &ValidationRow) -> String {
    const WIDE: f64 = 220.0;
    const HIGH: f64 = 18.0;
    let (low, high) = (row.low.min(row.recorded), row.high.max(row.recorded));
    let margin = 0.08 * (high - low).max(1e-12);
    let x_at = |value: f64| (value - low + margin) / (high - low + 2.0 * margin) * WIDE;
    let mut svg = Svg::new(WIDE, HIGH);
    svg.rect(Rect { x: x_at(row.low), y: 5.0, width: (x_at(row.high) - x_at(row.low)).max(1.0), height: 8.0 }, "bar c-grey");
    svg.line([x_at(row.mean), 3.0], [x_at(row.mean), 15.0], "axis");
    svg.circle([x_at(row.recorded), 9.0], 4.0, if row.agrees { "bar c-green" } else { "bar c-orange" });
    svg.finish(&format!("{}: the record within or beside the interval", row.measure))
}
