//! The tables of a sweep: its points, how far they are, what they say. Knows nothing about how runs are made.

use super::replications::decimals;
use super::{Align, Grid, number};
use crate::console::Style;
use linetwin_model::duration::format_duration;
use linetwin_model::sweep::SweepKind;
use linetwin_run::{Estimate, PointMeasure, PointStatus, SweepPlan, SweepResult};

/// More rows say less.
const MOST_EFFECTS: usize = 12;

fn left(name: &str) -> (String, Align) {
    (name.to_owned(), Align::Left)
}

fn right(name: &str) -> (String, Align) {
    (name.to_owned(), Align::Right)
}

fn factors(plan: &SweepPlan) -> Vec<String> {
    match &plan.sweep.kind {
        SweepKind::Factors { factors, .. } => factors.iter().map(|factor| factor.name.clone()).collect(),
        SweepKind::Scenarios { .. } => Vec::new(),
    }
}

fn head(plan: &SweepPlan, style: Style) -> String {
    let duration = format_duration(plan.sweep.duration);
    let runs = plan.run_count();
    let each = plan.sweep.replications;
    format!("{}: {} points with {each} replications of {duration} each, {runs} runs\n", style.bold(&plan.sweep.scene), plan.points.len())
}

/// What each point sets.
pub fn plan_text(plan: &SweepPlan, style: Style) -> String {
    let factors = factors(plan);
    let mut grid = Grid::new([left("point")].into_iter().chain(factors.iter().map(|name| left(name))).chain([left("sets")]).collect());
    for point in &plan.points {
        let mut row = vec![point.name.clone()];
        row.extend(point.values.iter().cloned());
        row.push(point.overrides().join("  "));
        grid.push(row);
    }
    head(plan, style) + &grid.text(style)
}

/// How far each point is.
pub fn status_text(plan: &SweepPlan, status: &[PointStatus], style: Style) -> String {
    let headings = vec![left("point"), right("done"), right("interrupted"), right("begun"), right("missing"), left("directory")];
    let mut grid = Grid::new(headings);
    let mut sum = PointStatus::default();
    for (point, of) in plan.points.iter().zip(status) {
        let counts = [of.done, of.interrupted, of.begun, of.missing].map(|count| count.to_string());
        grid.push([point.name.clone()].into_iter().chain(counts).chain([point.directory.display().to_string()]).collect());
        sum.done += of.done;
        sum.interrupted += of.interrupted;
        sum.begun += of.begun;
        sum.missing += of.missing;
    }
    let all = format!("{} done, {} interrupted, {} begun, {} missing\n", sum.done, sum.interrupted, sum.begun, sum.missing);
    head(plan, style) + &grid.text(style) + &all
}

/// Means of all points, effects, differences.
pub fn sweep_text(result: &SweepResult, style: Style) -> String {
    let mut text = format!("{}  seed {}, {} replications\n", style.bold(&result.scene), result.seed, result.replications);
    for measure in &result.measures {
        text.push_str(&means_text(result, measure, style));
        if measure.baseline.is_some() {
            text.push_str(&differences_text(result, measure, style));
        } else if !measure.effects.is_empty() {
            text.push_str(&effects_text(measure, style));
        }
        text.push_str(&highest_text(result, measure));
    }
    if result.missing > 0 {
        text.push_str(&style.bad(&format!("{} runs are not done; this is of the others", result.missing)));
        text.push('\n');
    }
    for point in &result.points {
        let listed = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        for (what, numbers) in [("invalid", &point.invalid), ("with a failed check", &point.failed_checks)] {
            if !numbers.is_empty() {
                text.push_str(&style.bad(&format!("point {}: {what}: replications {}", point.name, listed(numbers))));
                text.push('\n');
            }
        }
    }
    text
}

fn interval(estimate: &Estimate) -> [String; 2] {
    let places = decimals(estimate.half_width.unwrap_or(estimate.mean) / 10.0);
    let value = |value: f64| number(Some(value), places);
    let over =
        estimate.half_width.map_or("-".to_owned(), |half| format!("{} to {}", value(estimate.mean - half), value(estimate.mean + half)));
    [value(estimate.mean), over]
}

fn means_text(result: &SweepResult, measure: &PointMeasure, style: Style) -> String {
    let columns = result.factors.iter().map(|name| left(name));
    let what = format!("{} [{}]", measure.kpi, measure.unit);
    let mut grid =
        Grid::new([left("point")].into_iter().chain(columns).chain([right(&what), right("95 % interval"), right("n")]).collect());
    for (point, mean) in result.points.iter().zip(&measure.means) {
        let mut row = vec![point.name.clone()];
        row.extend(point.values.iter().cloned());
        match mean {
            Some(mean) => {
                row.extend(interval(mean));
                row.push(mean.n.to_string());
            }
            None => row.extend(["-", "-", "0"].map(str::to_owned)),
        }
        grid.push(row);
    }
    grid.text(style)
}

fn differences_text(result: &SweepResult, measure: &PointMeasure, style: Style) -> String {
    let baseline = measure.baseline.map_or("", |point| result.points[point].name.as_str());
    let mut grid = Grid::new(vec![left(&format!("against {baseline}")), right("difference"), right("95 % interval"), right("p"), left("")]);
    for rank in &measure.against_baseline {
        let [mean, over] = interval(&rank.difference);
        let verdict = match (rank.is_told, rank.difference.mean > 0.0) {
            (false, _) => "cannot be told apart",
            (true, true) => "higher",
            (true, false) => "lower",
        };
        grid.push(vec![result.points[rank.point].name.clone(), mean, over, number(Some(rank.p), 3), verdict.to_owned()]);
    }
    grid.text(style)
}

fn effects_text(measure: &PointMeasure, style: Style) -> String {
    let mut effects: Vec<_> = measure.effects.iter().collect();
    effects.sort_by(|a, b| b.change.mean.abs().total_cmp(&a.change.mean.abs()));
    let mut grid = Grid::new(vec![left("from lowest to highest"), right("change"), right("95 % interval"), right("p"), left("")]);
    for effect in effects.iter().take(MOST_EFFECTS) {
        let [mean, over] = interval(&effect.change);
        let verdict = if effect.is_told { "" } else { "cannot be told from none" };
        grid.push(vec![effect.factors.join(" with "), mean, over, number(Some(effect.p), 3), verdict.to_owned()]);
    }
    grid.text(style)
}

fn highest_text(result: &SweepResult, measure: &PointMeasure) -> String {
    let Some(highest) = measure.highest.filter(|_| result.points.len() > 1) else { return String::new() };
    let name = |point: usize| result.points[point].name.as_str();
    let same: Vec<&str> = measure.against_highest.iter().filter(|rank| !rank.is_told).map(|rank| name(rank.point)).collect();
    match same.as_slice() {
        [] => format!("highest: {}, told apart from every other\n", name(highest)),
        _ => format!("highest: {}; cannot be told apart from {}\n", name(highest), same.join(", ")),
    }
}
