//! The file that a scene includes: what was found, as the scene language writes it. Knows nothing about how it was found.

use super::{CalibrationResult, KpiApart};
use std::fmt::Write;

/// `of_scene`: fingerprint of the scene that was measured.
pub fn text(result: &CalibrationResult, of_scene: &str) -> String {
    let mut text = format!(
        "// Exact events calibrated against contact physics: {} runs of {} s gave the values, {} others judged them.\n\
         // A scene takes this up with include: [\"THIS FILE\"]; `linetwin calibrate` writes it anew.\n\
         Include(\n    calibration: Calibration(\n        of_scene: \"{of_scene}\",\n        elements: {{\n",
        result.fitted_on, result.duration_s, result.judged_on
    );
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a text takes everything");
    for (index, found) in result.values.iter().enumerate() {
        let is_new = |other: Option<usize>| other.and_then(|at| result.values.get(at)).is_none_or(|other| other.element != found.element);
        if is_new(index.checked_sub(1)) {
            put(format_args!("            {:?}: Calibrated(\n", found.element));
        }
        put(format_args!(
            "                {}: Fitted(value: {}, low: {}, high: {}, observations: {}),\n",
            found.parameter.field(),
            found.value,
            found.low,
            found.high,
            found.observations
        ));
        if is_new(Some(index + 1)) {
            put(format_args!("            ),\n"));
        }
    }
    put(format_args!(
        "        }},\n        // On the runs that judged: exact events over contact physics, less one.\n        apart: Apart(\n"
    ));
    for KpiApart { kpi, calibrated, .. } in &result.apart {
        let half_width = calibrated.half_width.unwrap_or(0.0);
        let (value, low, high) = (calibrated.mean, calibrated.mean - half_width, calibrated.mean + half_width);
        put(format_args!(
            "            {kpi}: Fitted(value: {value:.5}, low: {low:.5}, high: {high:.5}, observations: {}),\n",
            calibrated.n
        ));
    }
    put(format_args!("        ),\n    ),\n)\n"));
    text
}
