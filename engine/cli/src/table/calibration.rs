//! The tables of a calibration. Knows nothing about how it was made.

use super::{Align, Grid, number};
use crate::console::Style;
use linetwin_run::{CalibrationResult, Estimate, Fitted, FittedShare};

pub fn calibration_text(found: &CalibrationResult, style: Style) -> String {
    let left = |name: &str| (name.to_string(), Align::Left);
    let right = |name: &str| (name.to_string(), Align::Right);
    let mut values = Grid::new(vec![left("element"), left("value"), right(""), right("95 % interval"), right("observations")]);
    let mut put = |element: &str, what: String, fitted: Fitted| {
        let interval = format!("{:.4} to {:.4}", fitted.low, fitted.high);
        values.push(vec![element.to_owned(), what, format!("{:.4}", fitted.value), interval, fitted.observations.to_string()]);
    };
    for value in &found.values {
        put(&value.element, value.parameter.field().to_owned(), value.fitted);
    }
    for jamming in &found.counted.jams {
        for (what, fitted) in jamming.values().map(|(field, fitted)| (field.to_owned(), fitted)).chain(classes(&jamming.share)) {
            put(&jamming.element, format!("jams of {}: {what}", jamming.part), fitted);
        }
    }
    let misses = found.counted.misses.iter().map(|missed| ("misses", &missed.element, &missed.part, &missed.share));
    let slips = found.counted.slips.iter().map(|slipped| ("slips", &slipped.element, &slipped.part, &slipped.share));
    for (of, element, part, share) in misses.chain(slips) {
        for (what, fitted) in std::iter::once(("share".to_owned(), share.share)).chain(classes(share)) {
            put(element, format!("{of} of {part}: {what}"), fitted);
        }
    }
    let mut apart = Grid::new(vec![
        left("events against contact"),
        right("contact"),
        right("before [%]"),
        right("calibrated [%]"),
        right("95 % interval"),
    ]);
    for row in &found.apart {
        let percent = |share: f64| number(Some(share * 100.0), 2);
        let Estimate { mean, half_width, .. } = row.calibrated;
        let interval = half_width.map_or("-".to_owned(), |half| format!("{} to {}", percent(mean - half), percent(mean + half)));
        apart.push(vec![format!("line.{}", row.kpi), number(Some(row.contact), 2), percent(row.before.mean), percent(mean), interval]);
    }
    let invalid = match found.invalid_runs {
        0 => String::new(),
        runs => format!("{runs} invalid runs are left out: `linetwin replicate` says of what kind\n"),
    };
    let heading = format!(
        "{}  seed {}: {} runs of {:.0} s to find values, {} to judge them",
        style.bold(&found.scene),
        found.seed,
        found.fitted_on,
        found.duration_s,
        found.judged_on
    );
    let counted = &found.counted;
    let is_nothing = found.values.is_empty() && counted.jams.is_empty() && counted.misses.is_empty() && counted.slips.is_empty();
    let values = match is_nothing {
        true => "nothing differs that could be told from chance\n".to_owned(),
        false => values.text(style),
    };
    let name = found.file.file_name().map_or_else(|| found.file.to_string_lossy(), |name| name.to_string_lossy());
    let verdict = match worse(found) {
        None => style.good(&format!("written to {}; the scene takes it up with\n    include: [{name:?}],", found.file.display())),
        Some(worse) => style.bad(&format!(
            "{worse}\nwritten to {}; better not included: with more seeds or longer runs values are surer (--seeds, --for)",
            found.file.display()
        )),
    };
    format!("{heading}\n{values}\n{}{invalid}{verdict}\n", apart.text(style))
}

/// A line for each measure that the values do harm to.
fn worse(found: &CalibrationResult) -> Option<String> {
    let percent = |share: f64| number(Some(share * 100.0), 2);
    let told = found.apart.iter().filter(|row| found.worse.contains(&row.kpi)).map(|row| {
        let (before, calibrated) = (percent(row.before.mean), percent(row.calibrated.mean));
        format!("line.{} is worse with these values: {calibrated} % from contact physics, {before} % without them", row.kpi)
    });
    let lines: Vec<String> = told.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Of the property that decides, each class.
fn classes(share: &FittedShare) -> impl Iterator<Item = (String, Fitted)> {
    share.by.iter().flat_map(|by| {
        by.classes.iter().map(|class| {
            let up_to = class.up_to.map_or("above".to_owned(), |bound| format!("up to {bound:.4}"));
            (format!("share, {} {up_to}", format!("{:?}", by.of).to_lowercase()), class.share)
        })
    })
}
