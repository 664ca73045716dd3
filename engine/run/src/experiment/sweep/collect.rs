//! What the runs of a sweep say together: one table of all runs, means of the points with intervals, effects of factors, scenarios
//! against a baseline, and which points cannot be told apart. Knows nothing about how runs are made.

use super::effects::{Effect, LevelMean, Rank, Values, effects, level_means, ranked};
use super::{SweepPlan, SweepPoint};
use crate::error::RunError;
use crate::experiment::replicate::{is_done, summed_up, write_tables};
use crate::experiment::statistics::Estimate;
use crate::files::write_atomic;
use crate::outputs::read_kpi_json;
use crate::{kpi_table, report};
use arrow_array::builder::{BooleanBuilder, Float64Builder, StringBuilder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use linetwin_model::report::{FlatKpi, KpiReport};
use linetwin_model::sweep::SweepKind;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// A factor with more levels than this has no mean of each.
const MOST_LEVELS: usize = 12;
const COMPRESSION_LEVEL: i32 = 3;

/// What a sweep says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepResult {
    pub scene: String,
    pub seed: u64,
    pub duration_s: f64,
    pub replications: u32,
    /// Runs that are not done: the rest is of what is.
    pub missing: u32,
    pub factors: Vec<String>,
    pub points: Vec<SweepRow>,
    pub measures: Vec<PointMeasure>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepRow {
    pub name: String,
    /// Of each factor.
    pub values: Vec<String>,
    pub overrides: Vec<String>,
    /// Beside the tables.
    pub directory: PathBuf,
    /// Replications that are done.
    pub done: u32,
    /// In which physics did what it must not do; no mean counts them.
    pub invalid: Vec<u32>,
    pub failed_checks: Vec<u32>,
}

/// One measure over the points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointMeasure {
    pub kpi: String,
    pub unit: String,
    /// By point.
    pub means: Vec<Option<Estimate>>,
    pub levels: Vec<LevelMean>,
    pub effects: Vec<Effect>,
    /// Of scenarios.
    pub baseline: Option<usize>,
    pub against_baseline: Vec<Rank>,
    /// The point with the highest mean, and all others against it.
    pub highest: Option<usize>,
    pub against_highest: Vec<Rank>,
}

impl SweepResult {
    /// Every run done and valid, with no failed check.
    pub fn passed(&self) -> bool {
        self.missing == 0 && self.points.iter().all(|point| point.invalid.is_empty() && point.failed_checks.is_empty())
    }
}

/// What a point's runs measured: by replication, where that is done.
type Measured = Vec<Option<(KpiReport, Vec<FlatKpi>)>>;

/// Reads what is done and writes `sweep.json`, `sweep.csv`, `sweep.parquet` and `sweep.html` into the sweep's folder, and the
/// tables of its replications into the directory of each point.
pub fn collect_sweep(plan: &SweepPlan) -> Result<SweepResult, RunError> {
    let measured = plan.points.iter().map(measure).collect::<Result<Vec<Measured>, _>>()?;
    for (point, runs) in plan.points.iter().zip(&measured) {
        let reports: Vec<KpiReport> = runs.iter().flatten().map(|(report, _)| report.clone()).collect();
        if !reports.is_empty() {
            write_tables(&point.directory, &summed_up(&point.input, &point.runs[0], None, &reports), &reports)?;
        }
    }
    let result = judge(plan, &measured);
    write_atomic(&plan.folder.join("sweep.json"), |file| {
        serde_json::to_writer_pretty(&mut *file, &result)?;
        file.write_all(b"\n")
    })?;
    write_atomic(&plan.folder.join("sweep.csv"), |file| write_means(&result, file))?;
    write_atomic(&plan.folder.join("sweep.parquet"), |file| write_runs(plan, &measured, file))?;
    write_atomic(&plan.folder.join("sweep.html"), |file| report::write_sweep(&result, file))?;
    Ok(result)
}

fn measure(point: &SweepPoint) -> Result<Measured, RunError> {
    let of = |(run, wanted): (&crate::RunRequest, &crate::Manifest)| {
        if !is_done(&run.out_dir, wanted) {
            return Ok(None);
        }
        let report = read_kpi_json(&run.out_dir)?;
        let flat = report.flat();
        Ok(Some((report, flat)))
    };
    point.runs.iter().zip(&point.manifests).map(of).collect()
}

fn is_valid(report: &KpiReport) -> bool {
    report.invalid_conditions.is_empty()
}

fn has_failed(report: &KpiReport) -> bool {
    report.checks.iter().any(|check| !check.passed)
}

fn judge(plan: &SweepPlan, measured: &[Measured]) -> SweepResult {
    let (factors, baseline) = match &plan.sweep.kind {
        SweepKind::Factors { factors, .. } => (factors.iter().map(|factor| factor.name.clone()).collect(), None),
        SweepKind::Scenarios { baseline, .. } => (Vec::new(), Some(*baseline)),
    };
    let rows: Vec<SweepRow> = plan.points.iter().zip(measured).map(|(point, runs)| row(plan, point, runs)).collect();
    let done: u32 = rows.iter().map(|row| row.done).sum();
    let first = plan.points.first().expect("a sweep has a point");
    SweepResult {
        scene: first.input.scene.name.clone(),
        seed: first.manifests[0].seed,
        duration_s: plan.sweep.duration.as_seconds(),
        replications: plan.sweep.replications,
        missing: plan.run_count() - done,
        measures: plan.sweep.measures.iter().map(|kpi| compared(kpi, &factors, &rows, measured, baseline)).collect(),
        factors,
        points: rows,
    }
}

fn row(plan: &SweepPlan, point: &SweepPoint, runs: &Measured) -> SweepRow {
    let numbers = |wanted: fn(&KpiReport) -> bool| {
        runs.iter().flatten().filter(|(report, _)| wanted(report)).map(|(report, _)| report.replication).collect::<Vec<u32>>()
    };
    SweepRow {
        name: point.name.clone(),
        values: point.values.clone(),
        overrides: point.overrides().to_vec(),
        directory: point.directory.strip_prefix(&plan.folder).unwrap_or(&point.directory).to_path_buf(),
        done: u32::try_from(runs.iter().flatten().count()).expect("counted in 32 bits"),
        invalid: numbers(|report| !is_valid(report)),
        failed_checks: numbers(has_failed),
    }
}

fn compared(kpi: &str, factors: &[String], rows: &[SweepRow], measured: &[Measured], baseline: Option<usize>) -> PointMeasure {
    let value = |run: &Option<(KpiReport, Vec<FlatKpi>)>| {
        let (report, flat) = run.as_ref()?;
        flat.iter().find(|found| found.path == kpi && is_valid(report))?.value
    };
    let points: Vec<Values> = measured.iter().map(|runs| runs.iter().map(value).collect()).collect();
    let unit = measured
        .iter()
        .flatten()
        .flatten()
        .find_map(|(_, flat)| flat.iter().find(|found| found.path == kpi).map(|found| found.unit.clone()));
    let means: Vec<Option<Estimate>> =
        points.iter().map(|values| Estimate::of(&values.iter().flatten().copied().collect::<Vec<_>>())).collect();
    let known = means.iter().enumerate().filter_map(|(point, mean)| Some((point, mean.as_ref()?.mean)));
    let highest = known.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(point, _)| point);
    let levels: Vec<Vec<String>> = rows.iter().map(|row| row.values.clone()).collect();
    PointMeasure {
        kpi: kpi.to_owned(),
        unit: unit.unwrap_or_default(),
        levels: level_means(factors, &levels, &points, MOST_LEVELS),
        effects: if factors.is_empty() { Vec::new() } else { effects(factors, &levels, &points) },
        baseline,
        against_baseline: baseline.map(|baseline| ranked(&points, baseline)).unwrap_or_default(),
        against_highest: highest.map(|highest| ranked(&points, highest)).unwrap_or_default(),
        highest,
        means,
    }
}

/// A row for each point and measure.
fn write_means(result: &SweepResult, file: &mut dyn Write) -> io::Result<()> {
    let mut table = kpi_table::writer(file)?;
    let head = ["point"].into_iter().chain(result.factors.iter().map(String::as_str));
    table.write_record(head.chain(["kpi", "unit", "n", "mean", "half_width_95", "sd", "min", "max"]))?;
    for (index, point) in result.points.iter().enumerate() {
        for measure in &result.measures {
            let mut record: Vec<String> = [point.name.clone()].into_iter().chain(point.values.iter().cloned()).collect();
            record.extend([measure.kpi.clone(), measure.unit.clone()]);
            match &measure.means[index] {
                Some(mean) => {
                    let half_width = mean.half_width.map(|half_width| half_width.to_string()).unwrap_or_default();
                    record.extend([mean.n.to_string(), mean.mean.to_string(), half_width]);
                    record.extend([mean.sd, mean.min, mean.max].map(|number| number.to_string()));
                }
                None => record.extend(["0", "", "", "", "", ""].map(str::to_owned)),
            }
            table.write_record(record)?;
        }
    }
    table.flush()
}

/// A row for each run that is done, a column for each factor and each measure of any of them.
fn write_runs(plan: &SweepPlan, measured: &[Measured], file: &mut (dyn Write + Send)) -> io::Result<()> {
    let factors: Vec<&str> = match &plan.sweep.kind {
        SweepKind::Factors { factors, .. } => factors.iter().map(|factor| factor.name.as_str()).collect(),
        SweepKind::Scenarios { .. } => Vec::new(),
    };
    let runs = || plan.points.iter().zip(measured).flat_map(|(point, runs)| runs.iter().flatten().map(move |run| (point, run)));
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let (mut name, mut replication, mut seed) = (StringBuilder::new(), UInt32Builder::new(), UInt64Builder::new());
    let (mut valid, mut passed, mut directory) = (BooleanBuilder::new(), BooleanBuilder::new(), StringBuilder::new());
    for (point, (report, _)) in runs() {
        name.append_value(&point.name);
        replication.append_value(report.replication);
        seed.append_value(point.manifests[0].seed);
        valid.append_value(is_valid(report));
        passed.append_value(!has_failed(report));
        let run = &point.runs[report.replication as usize].out_dir;
        directory.append_value(run.strip_prefix(&plan.folder).unwrap_or(run).to_string_lossy());
    }
    columns.push(("point".into(), Arc::new(name.finish())));
    columns.push(("replication".into(), Arc::new(replication.finish())));
    columns.push(("seed".into(), Arc::new(seed.finish())));
    columns.push(("valid".into(), Arc::new(valid.finish())));
    columns.push(("checks_passed".into(), Arc::new(passed.finish())));
    columns.push(("directory".into(), Arc::new(directory.finish())));
    for (index, factor) in factors.into_iter().enumerate() {
        let texts = || runs().map(|(point, _)| point.values[index].as_str());
        let numbers: Option<Vec<f64>> = texts().map(|text| text.parse().ok()).collect();
        let column: ArrayRef = match numbers {
            Some(numbers) => Arc::new(arrow_array::Float64Array::from(numbers)),
            None => Arc::new(arrow_array::StringArray::from_iter_values(texts())),
        };
        columns.push((format!("factor.{factor}"), column));
    }
    // In the order in which they are first met; points may differ in their elements.
    let mut paths: Vec<&str> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for (_, (_, flat)) in runs() {
        for kpi in flat {
            place.entry(&kpi.path).or_insert_with(|| {
                paths.push(&kpi.path);
                paths.len() - 1
            });
        }
    }
    let mut values: Vec<Float64Builder> = paths.iter().map(|_| Float64Builder::new()).collect();
    for (_, (_, flat)) in runs() {
        let mut row: Vec<Option<f64>> = vec![None; paths.len()];
        flat.iter().for_each(|kpi| row[place[kpi.path.as_str()]] = kpi.value);
        values.iter_mut().zip(row).for_each(|(column, value)| column.append_option(value));
    }
    columns.extend(paths.into_iter().zip(values).map(|(path, mut column)| (path.to_owned(), Arc::new(column.finish()) as ArrayRef)));
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
