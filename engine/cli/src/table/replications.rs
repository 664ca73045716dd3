//! The table of replications: means with their intervals, and what would narrow them. Knows nothing about how they were made.

use super::{Align, Grid, number};
use crate::console::Style;
use linetwin_model::Time;
use linetwin_model::duration::format_duration;
use linetwin_run::{KpiEstimate, MAIN_KPIS, PairedComparison, Replications, Verdict};

/// What is asked for beyond what there is, where nobody set a target [-].
const NARROWER: [f64; 4] = [0.05, 0.02, 0.01, 0.005];

/// `of`: the measure whose width is judged; `more`: further rows.
pub fn replications_text(found: &Replications, of: &str, more: &[String], style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let headings = vec![
        ("measure".into(), Align::Left),
        right("mean"),
        right("95 % interval"),
        right("+- %"),
        right("min"),
        right("max"),
        right("n"),
        ("unit".into(), Align::Left),
    ];
    let mut grid = Grid::new(headings);
    // Without those that nothing happened for.
    let happened = |kpi: &&KpiEstimate| kpi.estimate.min != 0.0 || kpi.estimate.max != 0.0;
    let asked = std::iter::once(of).chain(more.iter().map(String::as_str));
    let usual = MAIN_KPIS.iter().filter_map(|path| found.kpi(path)).filter(happened);
    let asked = asked.filter(|path| !MAIN_KPIS.contains(path)).filter_map(|path| found.kpi(path));
    for kpi in usual.chain(asked) {
        grid.push(row(kpi));
    }
    let measured_s = found.duration_s - found.warm_up.given_s;
    let measured = format_duration(Time::from_seconds(measured_s));
    let mut text = format!(
        "{}  seed {}: {} independent replications, {measured} measured in each\n{}",
        style.bold(&found.scene),
        found.seed,
        found.replications,
        grid.text(style)
    );
    text.push_str(&width_text(found, of, style));
    text.push_str(&warm_up_text(found, style));
    let listed = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !found.failed_checks.is_empty() {
        let line = format!(
            "a check failed in {} of {}: replications {}\n",
            found.failed_checks.len(),
            found.replications,
            listed(&found.failed_checks)
        );
        text.push_str(&style.bad(&line));
    }
    if !found.invalid.is_empty() {
        let line = format!("{} runs are invalid and left out of all means: replications {}\n", found.invalid.len(), listed(&found.invalid));
        text.push_str(&style.bad(&line));
    }
    text
}

pub fn paired_text(found: &PairedComparison, style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let headings = vec![
        ("measure".into(), Align::Left),
        right("base"),
        right("other"),
        right("difference"),
        right("interval"),
        right("%"),
        ("unit".into(), Align::Left),
        ("".into(), Align::Left),
    ];
    let mut grid = Grid::new(headings);
    for row in &found.rows {
        let decimals = decimals(row.difference.half_width.filter(|half_width| *half_width > 0.0).unwrap_or(row.base_mean));
        let told = |value: f64| number(Some(value), decimals);
        let interval = match row.difference.half_width {
            Some(half_width) => format!("{} to {}", told(row.difference.mean - half_width), told(row.difference.mean + half_width)),
            None => "-".into(),
        };
        let relative = (row.base_mean != 0.0).then(|| row.difference.mean / row.base_mean.abs() * 100.0);
        let verdict = match row.verdict {
            Verdict::Higher => "higher",
            Verdict::Lower => "lower",
            Verdict::Equal => "equal",
            Verdict::CannotBeToldApart => "cannot be told apart",
        };
        let means = [row.base_mean, row.other_mean, row.difference.mean].map(told);
        let [base, other, difference] = means;
        grid.push(vec![row.kpi.clone(), base, other, difference, interval, number(relative, 1), row.unit.clone(), verdict.into()]);
    }
    let each = number(Some(found.confidence_of_each * 100.0), 1);
    format!(
        "base {}\nother {}\n{} pairs of replications under seed {}, with the same random numbers\n{}all rows together hold with 95 % \
         confidence (Bonferroni: {each} % each)\n",
        found.base.display(),
        found.other.display(),
        found.pairs,
        found.seed,
        grid.text(style)
    )
}

fn row(KpiEstimate { kpi, unit, estimate }: &KpiEstimate) -> Vec<String> {
    let decimals = decimals(estimate.half_width.unwrap_or(estimate.mean));
    let told = |value: f64| number(Some(value), decimals);
    let interval = match estimate.half_width {
        Some(half_width) => format!("{} to {}", told(estimate.mean - half_width), told(estimate.mean + half_width)),
        None => "-".into(),
    };
    vec![
        kpi.clone(),
        told(estimate.mean),
        interval,
        number(estimate.relative().map(|share| share * 100.0), 1),
        told(estimate.min),
        told(estimate.max),
        estimate.n.to_string(),
        unit.clone(),
    ]
}

/// So many that a number of this size shows two digits, and at most four.
pub(super) fn decimals(size: f64) -> usize {
    match size.abs() {
        size if size >= 10.0 => 0,
        size if size >= 1.0 => 1,
        size if size >= 0.1 => 2,
        size if size >= 0.01 => 3,
        size if size > 0.0 => 4,
        _ => 1,
    }
}

fn width_text(found: &Replications, of: &str, style: Style) -> String {
    let Some(kpi) = found.kpi(of) else { return format!("no replication has a value of {of}\n") };
    let Some(relative) = kpi.estimate.relative() else { return "one value has no interval: make more replications\n".into() };
    let percent = |share: f64| number(Some(share * 100.0), 1);
    let is = format!("half width of {of}: {} % of the mean", percent(relative));
    let needed = |share: f64| match kpi.estimate.more_for(share) {
        Some(more) => format!("about {more} more replications for {} %", percent(share)),
        None => format!("{} % is out of reach", percent(share)),
    };
    match &found.target {
        Some(target) if target.reached => style.good(&format!("{is}, as asked for ({} %)", percent(target.share))) + "\n",
        Some(target) => style.bad(&format!("{is}; {}, and no more were allowed (--most)", needed(target.share))) + "\n",
        None => match NARROWER.into_iter().find(|share| *share < relative) {
            Some(share) => format!("{is}; {}\n", needed(share)),
            None => format!("{is}\n"),
        },
    }
}

fn warm_up_text(found: &Replications, style: Style) -> String {
    let given = format_duration(Time::from_seconds(found.warm_up.given_s));
    match found.warm_up.found_s {
        Some(found_s) if found_s <= found.warm_up.given_s => {
            format!("warm-up of {given}: enough (MSER-5 would leave out {})\n", format_duration(Time::from_seconds(found_s)))
        }
        Some(found_s) => {
            let longer = format_duration(Time::from_seconds(found_s));
            style.bad(&format!("warm-up of {given}: too short, the line settles after {longer} (MSER-5); set `warmup_s: {found_s}`")) + "\n"
        }
        None => format!("warm-up of {given}: the runs are too short to say whether the line settles (MSER-5)\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_run::{Estimate, TargetOutcome, WarmUp};

    fn found(target: Option<TargetOutcome>) -> Replications {
        let kpi = |path: &str, values: &[f64]| KpiEstimate {
            kpi: path.into(),
            unit: "1/h".into(),
            estimate: Estimate::of(values).expect("values"),
        };
        Replications {
            scene: "Line".into(),
            seed: 7,
            duration_s: 4200.0,
            replications: 4,
            invalid: Vec::new(),
            failed_checks: vec![2],
            warm_up: WarmUp { given_s: 600.0, found_s: Some(900.0) },
            target,
            kpis: vec![kpi("line.throughput_per_h", &[90.0, 100.0, 110.0, 100.0]), kpi("line.jams", &[0.0; 4]), kpi("a.oee", &[0.5, 0.6])],
        }
    }

    #[test]
    fn the_table_tells_means_widths_and_what_is_missing() {
        let plain = Style { enabled: false };
        let text = replications_text(&found(None), "line.throughput_per_h", &["a.oee".into()], plain);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0], "Line  seed 7: 4 independent replications, 1h measured in each");
        assert!(rows[2].starts_with("line.throughput_per_h") && rows[2].contains("87 to 113"), "{text}");
        assert!(rows[3].starts_with("a.oee"), "a measure in which nothing happened has no row: {text}");
        // 3.1824 * 8.165 / 2 = 12.99; for 5 % Student's t asks for 13 values.
        assert_eq!(rows[4], "half width of line.throughput_per_h: 13.0 % of the mean; about 9 more replications for 5.0 %");
        assert_eq!(rows[5], "warm-up of 10min: too short, the line settles after 15min (MSER-5); set `warmup_s: 900`");
        assert_eq!(rows[6], "a check failed in 1 of 4: replications 2");
        let target = TargetOutcome { kpi: "line.throughput_per_h".into(), share: 0.02, reached: false };
        let text = replications_text(&found(Some(target)), "line.throughput_per_h", &[], plain);
        assert!(text.contains("more replications for 2.0 %, and no more were allowed (--most)"), "{text}");
    }
}
