//! Two ways to run a line, replication by replication: under one seed replication k meets the same arrivals, times and failures
//! in both, so that their difference varies less than either. Knows nothing of what was changed.

use super::replicate::{MAIN_KPIS, Replications, replication_directory};
use super::statistics::{CONFIDENCE, Estimate};
use crate::error::RunError;
use crate::files::failed;
use crate::outputs::read_kpi_json;
use linetwin_model::report::KpiReport;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// What of two folders of replications differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedComparison {
    pub base: PathBuf,
    pub other: PathBuf,
    pub seed: u64,
    /// Replications that are valid in both.
    pub pairs: u32,
    /// All rows hold together with 95 % confidence, so that each has this of its own (Bonferroni).
    pub confidence_of_each: f64,
    pub rows: Vec<PairedRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedRow {
    pub kpi: String,
    pub unit: String,
    pub base_mean: f64,
    pub other_mean: f64,
    /// The other less the base.
    pub difference: Estimate,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Higher,
    Lower,
    /// In every replication.
    Equal,
    /// The interval of the difference holds zero.
    CannotBeToldApart,
}

/// `kpis`: beside the main ones of a line.
pub fn compare_replications(base: &Path, other: &Path, kpis: &[String]) -> Result<PairedComparison, RunError> {
    let (base_found, other_found) = (load(base)?, load(other)?);
    if base_found.seed != other_found.seed || base_found.duration_s != other_found.duration_s {
        let told = |found: &Replications| format!("seed {} for {} s", found.seed, found.duration_s);
        return Err(RunError::NotPaired {
            base: base.into(),
            other: other.into(),
            base_told: told(&base_found),
            other_told: told(&other_found),
        });
    }
    let both = base_found.replications.min(other_found.replications);
    let mut pairs: Vec<[KpiReport; 2]> = Vec::new();
    for replication in (0..both).filter(|number| !base_found.invalid.contains(number) && !other_found.invalid.contains(number)) {
        let report = |folder: &Path| read_kpi_json(&replication_directory(folder, replication));
        pairs.push([report(base)?, report(other)?]);
    }
    if let Some(kpi) = kpis.iter().find(|kpi| base_found.kpi(kpi).is_none() && other_found.kpi(kpi).is_none()) {
        return Err(RunError::UnknownKpi { kpi: kpi.clone(), near: None });
    }
    let paths: Vec<&str> = MAIN_KPIS.into_iter().chain(kpis.iter().map(String::as_str)).collect();
    let flat: Vec<_> = pairs.iter().map(|[base, other]| [base.flat(), other.flat()]).collect();
    let mut rows = Vec::new();
    for path in paths {
        let of = |kpis: &[linetwin_model::report::FlatKpi]| kpis.iter().find(|kpi| kpi.path == path)?.value;
        let values: Vec<[f64; 2]> = flat.iter().filter_map(|[base, other]| Some([of(base)?, of(other)?])).collect();
        if values.iter().any(|pair| *pair != [0.0; 2]) {
            let unit = base_found.kpi(path).or(other_found.kpi(path)).map_or_else(String::new, |kpi| kpi.unit.clone());
            rows.push((path.to_owned(), unit, values));
        }
    }
    let confidence_of_each = 1.0 - (1.0 - CONFIDENCE) / rows.len().max(1) as f64;
    let rows = rows.into_iter().map(|(kpi, unit, values)| judged(kpi, unit, &values, confidence_of_each)).collect();
    let pairs = u32::try_from(pairs.len()).expect("counted in 32 bits");
    Ok(PairedComparison { base: base.into(), other: other.into(), seed: base_found.seed, pairs, confidence_of_each, rows })
}

/// Whether replications lie in a folder.
pub fn holds_replications(folder: &Path) -> bool {
    folder.join(Replications::FILE).exists()
}

fn load(folder: &Path) -> Result<Replications, RunError> {
    let path = folder.join(Replications::FILE);
    let text = fs::read(&path).map_err(failed("read", &path))?;
    serde_json::from_slice(&text).map_err(|error| RunError::Damaged { path, reason: error.to_string() })
}

fn judged(kpi: String, unit: String, values: &[[f64; 2]], confidence: f64) -> PairedRow {
    let mean = |side: usize| values.iter().map(|pair| pair[side]).sum::<f64>() / values.len() as f64;
    let differences: Vec<f64> = values.iter().map(|[base, other]| other - base).collect();
    let difference = Estimate::with_confidence(&differences, confidence).expect("a row has values");
    let verdict = match difference.half_width {
        _ if differences.iter().all(|difference| *difference == 0.0) => Verdict::Equal,
        Some(half_width) if difference.mean > half_width => Verdict::Higher,
        Some(half_width) if difference.mean < -half_width => Verdict::Lower,
        _ => Verdict::CannotBeToldApart,
    };
    PairedRow { kpi, unit, base_mean: mean(0), other_mean: mean(1), difference, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_where_its_interval_leaves_zero_out() {
        let verdict = |differences: [f64; 4], confidence: f64| {
            let base = [100.0, 140.0, 80.0, 120.0];
            let values: Vec<[f64; 2]> = base.iter().zip(differences).map(|(base, more)| [*base, base + more]).collect();
            judged("line.oee".into(), "-".into(), &values, confidence).verdict
        };
        // The runs differ by 60 among themselves, and by 5 in pairs.
        assert_eq!(verdict([4.0, 6.0, 5.0, 5.0], 0.95), Verdict::Higher);
        assert_eq!(verdict([-4.0, -6.0, -5.0, -5.0], 0.95), Verdict::Lower);
        assert_eq!(verdict([-1.0, 2.0, 3.0, 0.0], 0.95), Verdict::CannotBeToldApart);
        assert_eq!(verdict([0.0; 4], 0.95), Verdict::Equal);
        // Mean 2, half width 1.30 for one row and 2.9 for each of fifty.
        assert_eq!(verdict([1.0, 2.0, 3.0, 2.0], 0.95), Verdict::Higher);
        assert_eq!(verdict([1.0, 2.0, 3.0, 2.0], 0.999), Verdict::CannotBeToldApart);
    }
}
