//! Measures as text for a terminal: aligned columns, units in the headings. Knows the KPI report, not how it came about.

mod batches;
mod calibration;
mod fit;
mod grid;
mod jam_study;
mod kpi;
mod replications;
mod sweep;
mod test;
mod validation;

pub use batches::batches_text;
pub use calibration::calibration_text;
pub use fit::fit_text;
pub use grid::{Align, Grid};
pub use jam_study::jam_study_text;
pub use kpi::kpi_text;
pub use replications::{paired_text, replications_text};
pub use sweep::{plan_text, status_text, sweep_text};
pub use test::test_text;
pub use validation::validation_text;

/// A share [-] as a percentage with one decimal, `-` where there is none.
pub fn percent(share: Option<f64>) -> String {
    number(share.map(|share| share * 100.0), 1)
}

/// `value` with `decimals`, `-` where there is none.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(
        || "-".into(),
        |value| {
            let text = format!("{value:.decimals$}");
            // What rounds to zero from below is no negative number.
            if text.chars().all(|c| "-0.".contains(c)) { text.trim_start_matches('-').to_string() } else { text }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_zero_has_no_sign_and_a_missing_value_is_a_dash() {
        assert_eq!(number(Some(-0.04), 1), "0.0");
        assert_eq!(number(Some(-0.06), 1), "-0.1");
        assert_eq!(number(None, 1), "-");
        assert_eq!(percent(Some(0.5)), "50.0");
    }
}
