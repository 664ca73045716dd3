//! The table of one run's batch means. Knows nothing about how they were made.

use super::{Align, Grid};
use crate::console::Style;
use linetwin_model::Time;
use linetwin_model::duration::format_duration;
use linetwin_run::RunBatches;

/// `all`: with the state shares of every element.
pub fn batches_text(found: &RunBatches, all: bool, style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut grid = Grid::new(vec![
        ("measure".into(), Align::Left),
        right("mean"),
        right("95 % interval"),
        right("batches"),
        right("correlation"),
        ("unit".into(), Align::Left),
        ("".into(), Align::Left),
    ]);
    for row in found.means.iter().filter(|row| all || row.kpi.starts_with("line.")) {
        let half = row.estimate.half_width.unwrap_or(0.0);
        let decimals = if row.unit == "-" { 4 } else { 2 };
        grid.push(vec![
            row.kpi.clone(),
            format!("{:.decimals$}", row.estimate.mean),
            format!("{:.decimals$} to {:.decimals$}", row.estimate.mean - half, row.estimate.mean + half),
            row.estimate.n.to_string(),
            format!("{:+.2}", row.correlation),
            row.unit.clone(),
            if row.is_independent { String::new() } else { "batches hang together: run longer".to_string() },
        ]);
    }
    let duration = |seconds: f64| format_duration(Time::from_seconds(seconds));
    let settled = match found.settled_after_s {
        None => "where WIP and output settle cannot be said of so short a run (MSER-5)\n".to_owned(),
        Some(settled_s) if settled_s > found.from_s => {
            format!("WIP and output settle after {} (MSER-5): leave that out with --warmup\n", duration(settled_s))
        }
        Some(settled_s) => format!("WIP and output settle after {} (MSER-5), before the batches begin\n", duration(settled_s)),
    };
    format!(
        "{}  seed {}, replication {}: batches from {} to {}\n{}{settled}",
        style.bold(&found.scene),
        found.seed,
        found.replication,
        duration(found.from_s),
        duration(found.to_s),
        grid.text(style)
    )
}
