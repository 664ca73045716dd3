//! Bulk material on the page: its elements in the plan from above, and a section on where it went. Nothing where a line has none.

use super::format::{NONE, number, or_none};
use linetwin_model::Scene;
use linetwin_model::geometry::Pose;
use linetwin_model::report::{ElementReport, KpiReport};
use linetwin_model::scene::{BulkElement, ElementKind};
use serde::Serialize;

/// Corners of a circle in the plan.
const CORNERS: u32 = 32;

#[derive(Serialize)]
pub struct Bulk<'a> {
    /// Where it all went, in one sentence.
    summary: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    family: &'a str,
    moved: String,
    flow: String,
    spilt: String,
    error: String,
}

pub fn bulk<'a>(report: &'a KpiReport) -> Option<Bulk<'a>> {
    let line = report.line.bulk.as_ref()?;
    let summary = format!(
        "Fed: {} kg. Filled into parts: {} kg. Out by bins: {} kg. Spilt: {} kg. In the line at the end: {} kg. Mean residence: {}.",
        number(line.fed_kg),
        number(line.filled_kg),
        number(line.out_kg),
        number(line.spilt_kg),
        number(line.inside_kg),
        or_none(line.residence_mean_s, |span_s| format!("{} s", number(span_s)))
    );
    let rows = report.elements.iter().filter_map(|element| row(element, report.window.duration_s)).collect();
    Some(Bulk { summary, rows })
}

fn row(element: &ElementReport, window_s: f64) -> Option<Row<'_>> {
    let bulk = element.bulk.as_ref()?;
    let error = match (bulk.fill_error_mean_kg, bulk.fill_error_sd_kg, bulk.dosing_error) {
        (Some(mean), Some(sd), _) => format!("{} kg, sd {} kg", number(mean), number(sd)),
        (Some(mean), None, _) => format!("{} kg", number(mean)),
        (_, _, Some(share)) => format!("{} %", number(100.0 * share)),
        _ => NONE.to_string(),
    };
    Some(Row {
        name: &element.name,
        family: &element.family,
        moved: number(bulk.moved_kg),
        flow: if window_s > 0.0 { number(bulk.moved_kg / window_s) } else { NONE.to_string() },
        spilt: number(bulk.spilt_kg),
        error,
    })
}

/// What each element for bulk material covers, from above.
pub fn outlines(scene: &Scene) -> Vec<Vec<[f64; 2]>> {
    let mut found = Vec::new();
    for element in &scene.elements {
        let ElementKind::Bulk(bulk) = &element.kind else { continue };
        match bulk {
            BulkElement::Hopper(hopper) => {
                found.extend([hopper.radius_m, hopper.outlet_radius_m].map(|radius_m| circle(hopper.outlet_m, radius_m)));
            }
            BulkElement::Belt(belt) => found.push(run(&belt.start, belt.length_m, belt.edge_m()[0])),
            BulkElement::Feeder(feeder) => found.push(run(&feeder.start, feeder.length_m, feeder.half_m())),
            BulkElement::Chute(chute) => found.push(run(&chute.start, chute.length_m, chute.width_m / 2.0)),
            BulkElement::Bin(bin) => {
                let ([x, y, _], [l, w, _]) = (bin.at_m, bin.size_m.map(|size| size / 2.0));
                found.push(vec![[x - l, y - w], [x + l, y - w], [x + l, y + w], [x - l, y + w]]);
            }
        }
    }
    found
}

/// Where an element's number goes.
pub fn middle(bulk: &BulkElement) -> [f64; 2] {
    let of_run = |start: &Pose, length_m: f64| start.shifted(length_m / 2.0, 0.0, 0.0).position;
    let [x, y, _] = match bulk {
        BulkElement::Hopper(hopper) => hopper.outlet_m,
        BulkElement::Belt(belt) => of_run(&belt.start, belt.length_m),
        BulkElement::Feeder(feeder) => of_run(&feeder.start, feeder.length_m),
        BulkElement::Chute(chute) => of_run(&chute.start, chute.length_m),
        BulkElement::Bin(bin) => bin.at_m,
    };
    [x, y]
}

fn circle([x, y, _]: [f64; 3], radius_m: f64) -> Vec<[f64; 2]> {
    let at = |corner: u32| f64::from(corner) * std::f64::consts::TAU / f64::from(CORNERS);
    (0..CORNERS).map(|corner| [x + radius_m * at(corner).cos(), y + radius_m * at(corner).sin()]).collect()
}

fn run(start: &Pose, length_m: f64, half_m: f64) -> Vec<[f64; 2]> {
    let corner = |along: f64, left: f64| {
        let [x, y, _] = start.shifted(along, left, 0.0).position;
        [x, y]
    };
    vec![corner(0.0, half_m), corner(length_m, half_m), corner(length_m, -half_m), corner(0.0, -half_m)]
}
