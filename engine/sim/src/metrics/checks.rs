//! Evaluates the checks of a scene against the KPIs of a run. A check that cannot be evaluated has failed, and says why.

use linetwin_model::report::{CheckReport, FlatKpi};
use linetwin_model::scene::Check;

/// How many parts were lost, for [`Check::NoPartLost`]: since time zero, because a part lost in the warm-up is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostParts {
    pub drops: u64,
    pub on_floor: u64,
}

pub fn evaluate(checks: &[Check], kpis: &[FlatKpi], lost: LostParts) -> Vec<CheckReport> {
    let report = |check: &Check| match check {
        Check::AtLeast { kpi, value } => compare(format!("AtLeast(kpi: {kpi:?}, value: {value})"), kpi, kpis, |found| found >= *value),
        Check::AtMost { kpi, value } => compare(format!("AtMost(kpi: {kpi:?}, value: {value})"), kpi, kpis, |found| found <= *value),
        Check::Between { kpi, low, high } => {
            compare(format!("Between(kpi: {kpi:?}, low: {low}, high: {high})"), kpi, kpis, |found| (*low..=*high).contains(&found))
        }
        Check::NoPartLost => CheckReport {
            text: "NoPartLost".to_owned(),
            passed: lost.drops == 0 && lost.on_floor == 0,
            found: format!("{} dropped, {} on the floor at the end", lost.drops, lost.on_floor),
        },
    };
    checks.iter().map(report).collect()
}

fn compare(text: String, path: &str, kpis: &[FlatKpi], holds: impl Fn(f64) -> bool) -> CheckReport {
    let kpi = kpis.iter().find(|kpi| kpi.path == path).expect("a checked scene names KPIs that its report has");
    let (passed, found) = match kpi.value {
        Some(value) => (holds(value), format!("{} {}", (value * 1000.0).round() / 1000.0, kpi.unit)),
        None => (false, "not estimable from this run".to_owned()),
    };
    CheckReport { text, passed, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpi(path: &str, value: Option<f64>) -> FlatKpi {
        FlatKpi { path: path.to_owned(), value, unit: "1/h".to_owned() }
    }

    #[test]
    fn checks_compare_and_say_what_they_found() {
        let kpis = [kpi("dock.carton.per_h", Some(1000.0)), kpi("line.oee", None), kpi("dock.per_h", Some(3.0))];
        let at_least = |path: &str, value| Check::AtLeast { kpi: path.to_owned(), value };
        let checks = [
            at_least("dock.carton.per_h", 1000.0),
            at_least("dock.carton.per_h", 1000.5),
            Check::AtMost { kpi: "dock.per_h".to_owned(), value: 3.0 },
            Check::Between { kpi: "dock.per_h".to_owned(), low: 1.0, high: 2.0 },
            at_least("line.oee", 0.0),
            Check::NoPartLost,
        ];
        let reports = evaluate(&checks, &kpis, LostParts { drops: 1, on_floor: 0 });
        let passed: Vec<bool> = reports.iter().map(|report| report.passed).collect();
        assert_eq!(passed, [true, false, true, false, false, false]);
        assert_eq!(reports[0].text, "AtLeast(kpi: \"dock.carton.per_h\", value: 1000)");
        assert_eq!(reports[0].found, "1000 1/h");
        assert!(evaluate(&[Check::NoPartLost], &kpis, LostParts { drops: 0, on_floor: 0 })[0].passed);
    }
}
