//! The page's section on sorting: what readers read, what diverters took off or let go on, what sinks got that does not belong
//! there. Nothing where a line does not sort.

use super::format::{NONE, count, or_none, percent};
use linetwin_model::Scene;
use linetwin_model::report::{ElementReport, KpiReport};
use linetwin_model::scene::{ElementKind, Sink};
use serde::Serialize;

#[derive(Serialize)]
pub struct Sorting<'a> {
    /// One sentence of the line's shares.
    summary: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    family: &'a str,
    parts: String,
    no_reads: String,
    again: String,
    missed: String,
    full: String,
    missorted: String,
}

pub fn sorting<'a>(scene: &Scene, report: &'a KpiReport) -> Option<Sorting<'a>> {
    // A lone reject is no sorter.
    if !scene
        .elements
        .iter()
        .any(|element| matches!(element.kind, ElementKind::Scanner(_) | ElementKind::TagReader(_) | ElementKind::Diverter(_)))
    {
        return None;
    }
    let kinds = scene.elements.iter().map(|element| &element.kind);
    let rows: Vec<Row<'a>> = report.elements.iter().zip(kinds).filter_map(|(element, kind)| row(element, kind)).collect();
    let line = &report.line.sorting;
    let summary = format!(
        "Not read: {} of all passes. Came round again: {}. Missed by diverters: {} parts. Let pass at full lanes: {}. Missorted: {} ({}).",
        or_none(line.no_read_share, percent),
        or_none(line.recirculated_share, percent),
        count(line.missed_diverts),
        count(line.lane_full),
        count(line.missorted),
        or_none(line.missorted_share, percent)
    );
    Some(Sorting { summary, rows })
}

fn row<'a>(element: &'a ElementReport, kind: &ElementKind) -> Option<Row<'a>> {
    let sorts = matches!(kind, ElementKind::Sink(Sink { receives: Some(_), .. }));
    let parts = match kind {
        ElementKind::Scanner(_) | ElementKind::TagReader(_) | ElementKind::Diverter(_) | ElementKind::Pusher(_) => element.cycles,
        _ if sorts => element.left_by_part.iter().map(|part| part.count).sum(),
        _ => return None,
    };
    let (reader, diverter) = (element.reader.as_ref(), element.diverter.as_ref());
    let with_share = |number: u64, share: Option<f64>| format!("{} ({})", count(number), or_none(share, percent));
    let none = || NONE.to_string();
    Some(Row {
        name: &element.name,
        family: &element.family,
        parts: count(parts),
        no_reads: reader.map_or_else(none, |reader| with_share(reader.no_reads, reader.no_read_share)),
        again: reader.map_or_else(none, |reader| or_none(reader.recirculated_share, percent)),
        missed: diverter.map_or_else(none, |diverter| count(diverter.missed_diverts)),
        full: diverter.map_or_else(none, |diverter| count(diverter.lane_full)),
        missorted: if sorts { count(element.missorted) } else { none() },
    })
}
