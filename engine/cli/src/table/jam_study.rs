//! The table of a jam study. Knows nothing about how it was made.

use super::{Align, Grid};
use crate::console::Style;
use linetwin_run::JamStudy;

pub fn jam_study_text(study: &JamStudy, style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut grid = Grid::new(vec![
        ("variant".into(), Align::Left),
        right("jams"),
        right("per h"),
        right("95 % interval"),
        right("change per h"),
        ("".into(), Align::Left),
    ]);
    for rate in &study.rates {
        let word = if rate.converged { "" } else { "outside" };
        let invalid = if rate.invalid_runs > 0 { format!("{} invalid runs", rate.invalid_runs) } else { String::new() };
        grid.push(vec![
            rate.variant.to_string(),
            rate.jams.iter().sum::<u64>().to_string(),
            format!("{:.1}", rate.per_h),
            format!("{:.1} to {:.1}", rate.low_per_h, rate.high_per_h),
            format!("{:+.1}", rate.change_per_h),
            format!("{word} {invalid}").trim().to_string(),
        ]);
    }
    let runs = study.rates.first().map_or(0, |rate| rate.jams.len());
    let heading = format!("{}  seed {}: {runs} runs of {:.0} s each", style.bold(&study.scene), study.seed, study.window_s);
    format!("{heading}\n{}{}\n", grid.text(style), study.verdict)
}
