//! The table of a scene against the record of its line. Knows nothing about how it came about.

use super::{Align, Grid};
use crate::console::Style;
use linetwin_run::Validation;

pub fn validation_text(found: &Validation, style: Style) -> String {
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut grid = Grid::new(vec![
        ("measure".into(), Align::Left),
        right("record"),
        right("mean of runs"),
        right("interval"),
        ("unit".into(), Align::Left),
        ("".into(), Align::Left),
    ]);
    for row in &found.rows {
        let decimals = if row.unit == "-" { 4 } else { 1 };
        let told = |value: f64| format!("{value:.decimals$}");
        grid.push(vec![
            row.measure.clone(),
            told(row.recorded),
            told(row.mean),
            format!("{} to {}", told(row.low), told(row.high)),
            row.unit.to_string(),
            match (row.agrees, row.replayed) {
                (true, true) => "as replayed".to_string(),
                (true, false) => String::new(),
                (false, _) => "differs".to_string(),
            },
        ]);
    }
    let replayed = if found.replayed.is_empty() { "nothing".to_owned() } else { found.replayed.join(" and ") };
    let mut text = format!(
        "{}  {} runs against {} from {:.0} to {:.0} s; replayed: {replayed}\n{}",
        style.bold(&found.scene),
        found.replications,
        found.log,
        found.from_s,
        found.to_s,
        grid.text(style)
    );
    let differ = found.rows.iter().filter(|row| !row.agrees).count();
    if !found.invalid.is_empty() {
        text.push_str(&style.bad(&format!("{} runs are invalid and count for nothing\n", found.invalid.len())));
    }
    text.push_str(&match differ {
        0 => style.good("every measure lies where one more run of the scene would lie"),
        _ => style.bad(&format!("{differ} of {} measures differ from the record", found.rows.len())),
    });
    text.push('\n');
    text
}
