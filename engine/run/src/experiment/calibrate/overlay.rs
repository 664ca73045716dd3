//! The file that a scene includes: what was found, as the scene language writes it. Knows nothing about how it was found.

use super::{ByProperty, CalibrationResult, Fitted, FittedJamming, FittedShare, FittedValue, KpiApart};
use std::fmt::Write;

/// `of_scene`: fingerprint of the scene that was measured.
pub fn text(result: &CalibrationResult, of_scene: &str) -> String {
    let mut text = String::new();
    if !result.worse.is_empty() {
        put(
            &mut text,
            0,
            format_args!("// BETTER NOT INCLUDED: further from contact physics with it than without: {}.", result.worse.join(", ")),
        );
    }
    text += &format!(
        "// Exact events calibrated against contact physics: {} runs of {} s gave the values, {} others judged them.\n\
         // A scene takes this up with include: [\"THIS FILE\"]; `linetwin calibrate` writes it anew.\n\
         Include(\n    calibration: Calibration(\n        of_scene: \"{of_scene}\",\n        elements: {{\n",
        result.fitted_on, result.duration_s, result.judged_on
    );
    let mut elements: Vec<&str> = Vec::new();
    let of_values = result.values.iter().map(|found| found.element.as_str());
    let of_jams = result.counted.jams.iter().map(|jamming| jamming.element.as_str());
    let of_misses = result.counted.misses.iter().map(|missed| missed.element.as_str());
    let of_slips = result.counted.slips.iter().map(|slipped| slipped.element.as_str());
    for name in of_values.chain(of_jams).chain(of_misses).chain(of_slips) {
        if !elements.contains(&name) {
            elements.push(name);
        }
    }
    for element in elements {
        put(&mut text, 12, format_args!("{element:?}: Calibrated("));
        for FittedValue { parameter, fitted, .. } in result.values.iter().filter(|found| found.element == element) {
            put(&mut text, 16, format_args!("{}: {},", parameter.field(), ron(*fitted)));
        }
        let jams = result.counted.jams.iter().filter(|jamming| jamming.element == element);
        put_map(&mut text, "jams", jams, put_jamming);
        let misses = result.counted.misses.iter().filter(|missed| missed.element == element);
        put_map(&mut text, "misses", misses, |text, missed| put_shared(text, ("Missed", &missed.part), &missed.share));
        let slips = result.counted.slips.iter().filter(|slipped| slipped.element == element);
        put_map(&mut text, "slips", slips, |text, slipped| put_shared(text, ("Slipped", &slipped.part), &slipped.share));
        put(&mut text, 12, format_args!("),"));
    }
    put(&mut text, 8, format_args!("}},"));
    put(&mut text, 8, format_args!("// On the runs that judged: exact events over contact physics, less one."));
    put(&mut text, 8, format_args!("apart: Apart("));
    for KpiApart { kpi, calibrated, .. } in &result.apart {
        let half_width = calibrated.half_width.unwrap_or(0.0);
        let (value, low, high) = (calibrated.mean, calibrated.mean - half_width, calibrated.mean + half_width);
        let fitted = format!("Fitted(value: {value:.5}, low: {low:.5}, high: {high:.5}, observations: {})", calibrated.n);
        put(&mut text, 12, format_args!("{kpi}: {fitted},"));
    }
    put(&mut text, 8, format_args!("),"));
    put(&mut text, 4, format_args!("),"));
    put(&mut text, 0, format_args!(")"));
    text
}

/// By part; nothing without entries.
fn put_map<'a, T: 'a>(text: &mut String, field: &str, entries: impl Iterator<Item = &'a T>, put_entry: impl Fn(&mut String, &T)) {
    let mut entries = entries.peekable();
    if entries.peek().is_some() {
        put(text, 16, format_args!("{field}: {{"));
        entries.for_each(|entry| put_entry(text, entry));
        put(text, 16, format_args!("}},"));
    }
}

fn put_shared(text: &mut String, (what, part): (&str, &str), share: &FittedShare) {
    put(text, 20, format_args!("{part:?}: {what}("));
    put(text, 24, format_args!("share: {},", ron(share.share)));
    put_by(text, share);
    put(text, 20, format_args!("),"));
}

fn put_jamming(text: &mut String, jamming: &FittedJamming) {
    put(text, 20, format_args!("{:?}: Jamming(", jamming.part));
    put(text, 24, format_args!("at_m: {},", jamming.at_m));
    for (field, fitted) in jamming.values() {
        put(text, 24, format_args!("{field}: {},", ron(fitted)));
    }
    put_by(text, &jamming.share);
    put(text, 20, format_args!("),"));
}

fn put_by(text: &mut String, share: &FittedShare) {
    if let Some(ByProperty { of, classes }) = &share.by {
        put(text, 24, format_args!("by: Property(of: {of:?}, classes: ["));
        for class in classes {
            let up_to = class.up_to.map(|bound| format!("up_to: {bound}, ")).unwrap_or_default();
            put(text, 28, format_args!("Class({up_to}share: {}),", ron(class.share)));
        }
        put(text, 24, format_args!("]),"));
    }
}

fn ron(fitted: Fitted) -> String {
    let Fitted { value, low, high, observations } = fitted;
    format!("Fitted(value: {value}, low: {low}, high: {high}, observations: {observations})")
}

/// A line, so many spaces in.
fn put(text: &mut String, indent: usize, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{:indent$}{line}", "").expect("a text takes everything");
}
