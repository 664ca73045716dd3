//! What the sweeps of the repository promise: their scenes are sound at every point, and the table of runs has a row for each.

use linetwin_run::{EventLevel, RunRequest, SweepRequest, collect_sweep, execute, plan_sweep};
use linetwin_tests::{SMALL_LINE, repository_root};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const SWEEP: &str = r#"Sweep(schema: 1, scene: "line.ron", duration_s: 60, replications: 2, set: ["warmup_s=10"],
    factors: {
        "gap": Factor(sets: ["infeed.interarrival_s"], range: (4, 6)),
        "speed": Factor(sets: ["belt.speed_mps"], values: [0.4, 0.6]),
    },
    design: LatinHypercube(points: 2))"#;

fn request(sweep_path: PathBuf, folder: &Path) -> SweepRequest {
    SweepRequest { sweep_path, folder: folder.to_path_buf(), events: EventLevel::None, device: Default::default() }
}

#[test]
fn every_sweep_of_the_repository_can_be_planned() {
    let folder = repository_root().join("scenes/sweeps");
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let plan =
            plan_sweep(&request(path.clone(), Path::new("nowhere")), &mut ()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(plan.points.len() > 1 && plan.run_count() > 1, "{}", path.display());
        count += 1;
    }
    assert!(count >= 3, "{count} sweeps");
}

#[test]
fn the_table_of_runs_has_a_row_for_each_and_a_column_for_each_measure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("sweep.ron");
    fs::write(folder.path().join("line.ron"), SMALL_LINE).expect("a temporary file");
    fs::write(&path, SWEEP).expect("a temporary file");
    let plan = plan_sweep(&request(path, &folder.path().join("out")), &mut ()).unwrap_or_else(|error| panic!("{error}"));
    for run in plan.points.iter().flat_map(|point| point.runs()) {
        execute(&RunRequest { threads: 2, ..run.clone() }, &mut ()).unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(plan.missing().len(), 0);
    // What is no longer as it was written is made again.
    let lost = &plan.points[1].runs()[0];
    fs::write(lost.out_dir.join("kpi.json"), []).expect("it was written");
    let missing = plan.missing();
    assert!(missing.len() == 1 && missing[0].out_dir == lost.out_dir && plan.status()[1].begun == 1, "{missing:?}");
    execute(lost, &mut ()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.missing().len(), 0);
    let result = collect_sweep(&plan).unwrap_or_else(|error| panic!("{error}"));
    assert!(result.passed() && result.measures[0].means.iter().all(|mean| mean.is_some_and(|mean| mean.n == 2)), "{result:?}");
    let table = File::open(folder.path().join("out/sweep.parquet")).expect("it was written");
    let mut rows = ParquetRecordBatchReaderBuilder::try_new(table).expect("it is a table").build().expect("it can be read");
    let batch = rows.next().expect("it has rows").expect("they can be read");
    assert_eq!(batch.num_rows(), 4);
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for name in
        ["point", "replication", "seed", "valid", "checks_passed", "directory", "factor.gap", "factor.speed", "line.throughput_per_h"]
    {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}
