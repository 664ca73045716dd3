//! Two runs side by side: every KPI of both with the difference. Says what a difference of two single runs is worth.

use crate::error::RunError;
use crate::manifest::Manifest;
use crate::outputs;
use linetwin_model::report::FlatKpi;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub const NO_CONFIDENCE: &str = "no confidence interval: these are single runs, and a difference may be chance; replications tell";

#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub left: Side,
    pub right: Side,
    /// In the order of the left report; what only the right one has comes last.
    pub rows: Vec<Row>,
    pub confidence: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Side {
    pub dir: PathBuf,
    pub scene: String,
    pub seed: u64,
    pub replication: u32,
    pub overrides: Vec<String>,
    pub final_hash: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub kpi: String,
    pub unit: String,
    /// `None`: not estimable there, or that run has no such KPI.
    pub left: Option<f64>,
    pub right: Option<f64>,
    /// Right less left.
    pub difference: Option<f64>,
    /// Of the left value [-]; `None` where that is zero.
    pub relative: Option<f64>,
}

impl Row {
    fn new(kpi: String, unit: String, left: Option<f64>, right: Option<f64>) -> Self {
        let difference = left.zip(right).map(|(left, right)| right - left);
        let relative = left.zip(difference).filter(|(left, _)| *left != 0.0).map(|(left, difference)| difference / left.abs());
        Row { kpi, unit, left, right, difference, relative }
    }

    pub fn differs(&self) -> bool {
        self.left != self.right
    }
}

/// Compares two finished runs.
pub fn compare(left: &Path, right: &Path) -> Result<Comparison, RunError> {
    let (left_side, left_kpis) = read(left)?;
    let (right_side, right_kpis) = read(right)?;
    Ok(Comparison { left: left_side, right: right_side, rows: join(left_kpis, right_kpis), confidence: NO_CONFIDENCE.to_string() })
}

fn read(dir: &Path) -> Result<(Side, Vec<FlatKpi>), RunError> {
    let manifest = Manifest::load_or_refuse(dir)?;
    manifest.require_finished(dir)?;
    let kpis = outputs::read_kpi_json(dir)?.flat();
    let Manifest { scene, seed, replication, overrides, final_hash, .. } = manifest;
    Ok((Side { dir: dir.to_path_buf(), scene, seed, replication, overrides, final_hash }, kpis))
}

fn join(left: Vec<FlatKpi>, right: Vec<FlatKpi>) -> Vec<Row> {
    let mut right_by_path: BTreeMap<&str, &FlatKpi> = right.iter().map(|kpi| (kpi.path.as_str(), kpi)).collect();
    let mut rows: Vec<Row> = left
        .into_iter()
        .map(|kpi| {
            let other = right_by_path.remove(kpi.path.as_str()).and_then(|kpi| kpi.value);
            Row::new(kpi.path, kpi.unit, kpi.value, other)
        })
        .collect();
    let only_right = right.iter().filter(|kpi| right_by_path.contains_key(kpi.path.as_str()));
    rows.extend(only_right.map(|kpi| Row::new(kpi.path.clone(), kpi.unit.clone(), None, kpi.value)));
    rows
}

/// The line's KPIs, and of the elements those that differ.
impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, side) in [("left ", &self.left), ("right", &self.right)] {
            write!(f, "{name}  {}: {}, seed {}, replication {}", side.dir.display(), side.scene, side.seed, side.replication)?;
            side.overrides.iter().try_for_each(|text| write!(f, ", --set {text}"))?;
            writeln!(f)?;
        }
        let shown: Vec<&Row> = self.rows.iter().filter(|row| row.differs() || row.kpi.starts_with("line.")).collect();
        let width = shown.iter().map(|row| row.kpi.chars().count()).max().unwrap_or(0).max(3);
        writeln!(f, "\n{:width$}  {:>12}  {:>12}  {:>12}  {:>8}  unit", "kpi", "left", "right", "difference", "")?;
        for row in &shown {
            let relative = row.relative.map_or(String::new(), |relative| format!("{:+.1} %", relative * 100.0));
            let difference = row.difference.map_or("-".to_string(), |value| format!("{value:+.4}"));
            let (left, right) = (cell(row.left), cell(row.right));
            writeln!(f, "{:width$}  {left:>12}  {right:>12}  {difference:>12}  {relative:>8}  {}", row.kpi, row.unit)?;
        }
        let hidden = self.rows.len() - shown.len();
        if hidden > 0 {
            writeln!(f, "({hidden} KPIs of elements are equal)")?;
        }
        if self.left.final_hash == self.right.final_hash {
            writeln!(f, "both runs went the same way: their final hashes are equal")?;
        }
        write!(f, "{}", self.confidence)
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpi(path: &str, value: Option<f64>) -> FlatKpi {
        FlatKpi { path: path.to_string(), value, unit: "-".to_string() }
    }

    #[test]
    fn every_kpi_of_either_run_appears_once() {
        let rows = join(
            vec![kpi("a", Some(2.0)), kpi("b", None), kpi("c", Some(0.0))],
            vec![kpi("d", Some(1.0)), kpi("a", Some(3.0)), kpi("c", Some(1.0))],
        );
        let names: Vec<&str> = rows.iter().map(|row| row.kpi.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!((rows[0].difference, rows[0].relative), (Some(1.0), Some(0.5)));
        assert_eq!((rows[1].difference, rows[1].differs()), (None, false));
        assert_eq!((rows[2].difference, rows[2].relative), (Some(1.0), None), "nothing is a share of zero");
        assert_eq!((rows[3].left, rows[3].right, rows[3].differs()), (None, Some(1.0), true));
    }
}
