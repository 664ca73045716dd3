//! `sweep.html`: what a sweep says, on one self-contained page. Made from its result alone, so that the same sweep gives the same
//! bytes whoever made its runs.

use super::format::{number, span};
use super::render;
use super::svg::{Anchor, Axis, Svg, shortened};
use crate::experiment::{Effect, Estimate, LevelMean, PointMeasure, Rank, SweepResult};
use serde::Serialize;
use std::io::{self, Write};

const TEMPLATE: &str = include_str!("sweep.html");
/// More points make no picture that can be read; the table has them all.
const MOST_ROWS: usize = 80;
const WIDE: f64 = 980.0;
const HALF: f64 = 480.0;
const ROW: f64 = 22.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;

#[derive(Serialize)]
struct Page<'a> {
    scene: &'a str,
    subtitle: String,
    verdict_class: &'static str,
    verdict: String,
    factors: &'a [String],
    measures: Vec<Section<'a>>,
    points: Vec<PointRow<'a>>,
}

#[derive(Serialize)]
struct Section<'a> {
    kpi: &'a str,
    unit: &'a str,
    points: String,
    highest: String,
    baseline: &'a str,
    differences: Vec<DifferenceRow<'a>>,
    effects: String,
    effects_note: String,
    levels: Vec<LevelPicture<'a>>,
}

#[derive(Serialize)]
struct DifferenceRow<'a> {
    name: &'a str,
    change: String,
    interval: String,
    n: u32,
    p: String,
    told: bool,
    verdict: &'static str,
}

#[derive(Serialize)]
struct LevelPicture<'a> {
    factor: &'a str,
    svg: String,
}

#[derive(Serialize)]
struct PointRow<'a> {
    name: &'a str,
    values: &'a [String],
    set: String,
    done: u32,
    invalid: String,
    failed: String,
    directory: String,
}

pub fn write_sweep(result: &SweepResult, file: &mut dyn Write) -> io::Result<()> {
    file.write_all(render(TEMPLATE, &page(result)).as_bytes())
}

fn page(result: &SweepResult) -> Page<'_> {
    let listed = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let points = result.points.iter().map(|point| PointRow {
        name: &point.name,
        values: &point.values,
        set: point.overrides.join("  "),
        done: point.done,
        invalid: listed(&point.invalid),
        failed: listed(&point.failed_checks),
        directory: point.directory.display().to_string(),
    });
    let (verdict_class, verdict) = verdict(result);
    Page {
        scene: &result.scene,
        subtitle: format!(
            "{} points with {} replications of {} each, seed {}",
            result.points.len(),
            result.replications,
            span(result.duration_s),
            result.seed
        ),
        verdict_class,
        verdict,
        factors: &result.factors,
        measures: result.measures.iter().map(|measure| section(result, measure)).collect(),
        points: points.collect(),
    }
}

fn verdict(result: &SweepResult) -> (&'static str, String) {
    let count = |of: fn(&crate::experiment::SweepRow) -> usize| result.points.iter().map(of).sum::<usize>();
    let (invalid, failed) = (count(|point| point.invalid.len()), count(|point| point.failed_checks.len()));
    let mut said = Vec::new();
    if result.missing > 0 {
        said.push(format!("{} runs are not done", result.missing));
    }
    if invalid > 0 {
        said.push(format!("{invalid} runs are invalid: no mean counts them"));
    }
    if failed > 0 {
        said.push(format!("in {failed} runs a check failed"));
    }
    if said.is_empty() { ("good", "Every run is done and valid, with no failed check".to_owned()) } else { ("bad", said.join("; ")) }
}

fn section<'a>(result: &'a SweepResult, measure: &'a PointMeasure) -> Section<'a> {
    let name = |point: usize| result.points[point].name.as_str();
    let rows: Vec<(String, Option<Estimate>, &'static str)> = result
        .points
        .iter()
        .zip(&measure.means)
        .enumerate()
        .take(MOST_ROWS)
        .map(|(index, (point, mean))| {
            let label = if point.values.is_empty() { point.name.clone() } else { format!("{}: {}", point.name, point.values.join(", ")) };
            (label, *mean, if measure.baseline == Some(index) { "c-orange" } else { "c-blue" })
        })
        .collect();
    let mut order: Vec<&Effect> = measure.effects.iter().collect();
    order.sort_by(|a, b| b.change.mean.abs().total_cmp(&a.change.mean.abs()));
    let bars: Vec<(String, Option<Estimate>, &'static str)> = order
        .iter()
        .take(MOST_ROWS)
        .map(|effect| (effect.factors.join(" with "), Some(effect.change), if effect.is_told { "c-green" } else { "c-grey" }))
        .collect();
    let baseline = measure.baseline.map_or("", name);
    Section {
        kpi: &measure.kpi,
        unit: &measure.unit,
        points: dots(&rows, &measure.unit, false),
        highest: highest(measure, &name),
        baseline,
        differences: measure.against_baseline.iter().map(|rank| difference(rank, name(rank.point))).collect(),
        effects: if bars.is_empty() { String::new() } else { dots(&bars, &measure.unit, true) },
        effects_note: "Green: told apart from no change. Two factors together: how much more one changes where the other is high."
            .to_owned(),
        levels: level_pictures(&measure.levels, &measure.unit),
    }
}

fn difference<'a>(rank: &Rank, name: &'a str) -> DifferenceRow<'a> {
    let Estimate { n, mean, half_width, .. } = rank.difference;
    DifferenceRow {
        name,
        change: number(mean),
        interval: half_width.map_or_else(|| "\u{2013}".to_owned(), |half| format!("{} to {}", number(mean - half), number(mean + half))),
        n,
        p: format!("{:.3}", rank.p),
        told: rank.is_told,
        verdict: match (rank.is_told, mean > 0.0) {
            (false, _) => "cannot be told apart",
            (true, true) => "higher",
            (true, false) => "lower",
        },
    }
}

/// Which point is highest, and which may be as high.
fn highest<'a>(measure: &PointMeasure, name: &dyn Fn(usize) -> &'a str) -> String {
    let Some(highest) = measure.highest.filter(|_| measure.means.len() > 1) else { return String::new() };
    let same: Vec<String> =
        measure.against_highest.iter().filter(|rank| !rank.is_told).map(|rank| format!("\u{201c}{}\u{201d}", name(rank.point))).collect();
    let highest = name(highest);
    if same.is_empty() {
        format!("Highest: \u{201c}{highest}\u{201d}, told apart from every other point.")
    } else {
        format!("Highest: \u{201c}{highest}\u{201d}. It cannot be told apart from {}.", same.join(", "))
    }
}

/// What an axis shows: all intervals, and zero where that is asked for.
fn axis_over(estimates: impl Iterator<Item = Estimate>, with_zero: bool) -> Axis {
    let start = if with_zero { (0.0, 0.0) } else { (f64::INFINITY, f64::NEG_INFINITY) };
    let (low, high) = estimates.fold(start, |(low, high), estimate| {
        let half = estimate.half_width.unwrap_or(0.0);
        (low.min(estimate.mean - half), high.max(estimate.mean + half))
    });
    let (low, high) = match () {
        () if low > high => (0.0, 1.0),
        // One value: something around it.
        () if high - low <= 1e-12 * high.abs().max(1e-12) => (low - 0.5 * low.abs().max(1e-6), high + 0.5 * high.abs().max(1e-6)),
        () => (low, high),
    };
    let tick = Axis::from_zero(high - low, 6).tick;
    Axis { min: (low / tick).floor() * tick, max: (high / tick).ceil() * tick, tick }
}

fn tick_text(axis: &Axis, value: f64) -> String {
    if axis.tick < 0.000_1 { format!("{value:.1e}") } else { format!("{value:.*}", axis.decimals()) }
}

/// A row for each label, with a dot at the mean and a line over the interval.
fn dots(rows: &[(String, Option<Estimate>, &'static str)], unit: &str, with_zero: bool) -> String {
    const LABELS: f64 = 240.0;
    const LABEL_CHARACTERS: usize = 36;
    let axis = axis_over(rows.iter().filter_map(|(_, estimate, _)| *estimate), with_zero);
    let bottom = TOP + ROW * rows.len() as f64;
    let mut svg = Svg::new(WIDE, bottom + BOTTOM);
    let x_at = |value: f64| LABELS + axis.share(value) * (WIDE - LABELS - 20.0);
    for tick in axis.ticks() {
        svg.line([x_at(tick), TOP - 6.0], [x_at(tick), bottom], "grid");
        svg.text([x_at(tick), bottom + 15.0], Anchor::Middle, "tick", &tick_text(&axis, tick));
    }
    if with_zero {
        svg.line([x_at(0.0), TOP - 6.0], [x_at(0.0), bottom], "reference");
    }
    svg.text([WIDE - 20.0, bottom + 32.0], Anchor::End, "label", &format!("[{unit}]"));
    for (index, (label, estimate, class)) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        svg.text([LABELS - 12.0, y + 4.0], Anchor::End, "label", &shortened(label, LABEL_CHARACTERS));
        let Some(estimate) = estimate else { continue };
        if let Some(half) = estimate.half_width {
            svg.line([x_at(estimate.mean - half), y], [x_at(estimate.mean + half), y], "axis");
        }
        svg.circle([x_at(estimate.mean), y], 4.5, &format!("bar {class}"));
    }
    svg.finish("means with their 95 % intervals")
}

/// For each factor the means at its levels.
fn level_pictures<'a>(levels: &'a [LevelMean], unit: &str) -> Vec<LevelPicture<'a>> {
    levels
        .chunk_by(|a, b| a.factor == b.factor)
        .map(|levels| LevelPicture { factor: &levels[0].factor, svg: columns(levels, unit) })
        .collect()
}

fn columns(levels: &[LevelMean], unit: &str) -> String {
    const HEIGHT: f64 = 210.0;
    const LEFT: f64 = 60.0;
    let axis = axis_over(levels.iter().map(|level| level.mean), false);
    let mut svg = Svg::new(HALF, HEIGHT);
    let bottom = HEIGHT - 30.0;
    let y_at = |value: f64| bottom - axis.share(value) * (bottom - 26.0);
    svg.text([2.0, 12.0], Anchor::Start, "label", &format!("[{unit}]"));
    for tick in axis.ticks() {
        svg.line([LEFT, y_at(tick)], [HALF - 12.0, y_at(tick)], "grid");
        svg.text([LEFT - 6.0, y_at(tick) + 4.0], Anchor::End, "tick", &tick_text(&axis, tick));
    }
    let pitch = (HALF - LEFT - 12.0) / levels.len() as f64;
    // What a level may be called before it meets its neighbour.
    let characters = ((pitch / 6.5) as usize).max(3);
    let mut before: Option<[f64; 2]> = None;
    for (index, level) in levels.iter().enumerate() {
        let at = [LEFT + pitch * (index as f64 + 0.5), y_at(level.mean.mean)];
        if let Some(before) = before.replace(at) {
            svg.line(before, at, "line c-blue");
        }
        if let Some(half) = level.mean.half_width {
            svg.line([at[0], y_at(level.mean.mean - half)], [at[0], y_at(level.mean.mean + half)], "axis");
        }
        svg.circle(at, 4.5, "bar c-blue");
        svg.text([at[0], bottom + 16.0], Anchor::Middle, "tick", &shortened(&level.level, characters));
    }
    svg.finish("means at each level with their 95 % intervals")
}
