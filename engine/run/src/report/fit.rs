//! `fit.html`: what distributions fit a record, on one self-contained page. Made from the result alone.

use super::format::number;
use super::render;
use super::svg::{Anchor, Axis, Svg};
use crate::fit::{Distance, FitResult, FittedParameter, SampleFit};
use serde::Serialize;
use std::io::{self, Write};

const TEMPLATE: &str = include_str!("fit.html");
const SIDE: f64 = 320.0;

#[derive(Serialize)]
struct Page<'a> {
    source: &'a str,
    subtitle: String,
    lines: &'a [String],
    samples: Vec<Section<'a>>,
    left_out: &'a [String],
}

#[derive(Serialize)]
struct Section<'a> {
    name: &'a str,
    counts: String,
    scene: &'a str,
    rows: Vec<Row<'a>>,
    notes: &'a [String],
    without: String,
    pictures: Vec<Picture>,
}

#[derive(Serialize)]
struct Row<'a> {
    scene: &'a str,
    intervals: String,
    aic: String,
    behind: String,
    bic: String,
    ks: String,
    ad: String,
    plausible: bool,
}

#[derive(Serialize)]
struct Picture {
    family: &'static str,
    svg: String,
}

pub fn write_fit(result: &FitResult, file: &mut dyn Write) -> io::Result<()> {
    let held_out = match result.hold_out {
        0.0 => String::new(),
        share => format!(" The last {:.0} % of the record were left for `linetwin validate`.", share * 100.0),
    };
    let page = Page {
        source: &result.source,
        subtitle: format!("Distributions fitted by maximum likelihood.{held_out}"),
        lines: &result.lines,
        samples: result.fits.iter().map(section).collect(),
        left_out: &result.left_out,
    };
    file.write_all(render(TEMPLATE, &page).as_bytes())
}

fn section(fit: &SampleFit) -> Section<'_> {
    let open = if fit.censored > 0 { format!(", and {} of which only a lower bound is known", fit.censored) } else { String::new() };
    let best = fit.fits.first().map_or(0.0, |fit| fit.aic);
    let rows = fit.fits.iter().map(|fit| Row {
        scene: &fit.scene,
        intervals: fit.parameters.iter().filter_map(interval).collect::<Vec<_>>().join("; "),
        aic: format!("{:.1}", fit.aic),
        behind: format!("{:.1}", fit.aic - best),
        bic: format!("{:.1}", fit.bic),
        ks: distance(fit.ks),
        ad: distance(fit.ad),
        plausible: fit.is_plausible(),
    });
    Section {
        name: &fit.name,
        counts: format!("{} values from {} to {}, mean {}{open}", fit.observed, number(fit.min), number(fit.max), number(fit.mean)),
        scene: &fit.scene,
        rows: rows.collect(),
        notes: &fit.notes,
        without: fit.without.iter().map(|(family, reason)| format!("{family}: {reason}")).collect::<Vec<_>>().join("; "),
        pictures: fit
            .quantiles
            .iter()
            .map(|(family, points)| Picture { family: family.name(), svg: quantile_picture(points, family.name()) })
            .collect(),
    }
}

fn interval(parameter: &FittedParameter) -> Option<String> {
    parameter.interval.map(|[low, high]| format!("{} {} to {}", parameter.name, number(low), number(high)))
}

fn distance(distance: Distance) -> String {
    distance.to_string()
}

/// Values of the fit across, observed values upwards: on the diagonal where they agree.
fn quantile_picture(points: &[[f64; 2]], family: &str) -> String {
    const LEFT: f64 = 56.0;
    const BOTTOM: f64 = 40.0;
    let all = || points.iter().flatten().copied();
    let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let span = if high > low { high - low } else { high.abs().max(1.0) };
    let tick = Axis::from_zero(span, 5).tick;
    let axis = Axis { min: (low / tick).floor() * tick, max: (high / tick).ceil().max((low / tick).floor() + 1.0) * tick, tick };
    let mut svg = Svg::new(SIDE, SIDE);
    let x_at = |value: f64| LEFT + axis.share(value) * (SIDE - LEFT - 12.0);
    let y_at = |value: f64| SIDE - BOTTOM - axis.share(value) * (SIDE - BOTTOM - 12.0);
    for value in axis.ticks() {
        let text = format!("{value:.*}", axis.decimals());
        svg.line([x_at(value), y_at(axis.min)], [x_at(value), y_at(axis.max)], "grid");
        svg.line([x_at(axis.min), y_at(value)], [x_at(axis.max), y_at(value)], "grid");
        svg.text([x_at(value), SIDE - BOTTOM + 15.0], Anchor::Middle, "tick", &text);
        svg.text([LEFT - 6.0, y_at(value) + 4.0], Anchor::End, "tick", &text);
    }
    svg.line([x_at(axis.min), y_at(axis.min)], [x_at(axis.max), y_at(axis.max)], "reference");
    for [fitted, observed] in points {
        svg.circle([x_at(*fitted), y_at(*observed)], 2.5, "bar c-blue");
    }
    svg.text([SIDE - 12.0, SIDE - 6.0], Anchor::End, "label", &format!("{family}, at the same shares"));
    svg.text([4.0, 11.0], Anchor::Start, "label", "observed");
    svg.finish(&format!("observed values against those of {family} at the same shares"))
}
