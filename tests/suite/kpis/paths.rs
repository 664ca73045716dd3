//! Promised: the paths that a scene's checks may name are those of its report, neither more nor fewer, whether the run was
//! long enough to measure anything or not.

use linetwin_model::Time;
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::report::KpiReport;
use linetwin_run::{EventLevel, RunRequest, execute};
use std::path::{Path, PathBuf};

fn report_of_a_run(scene_path: &Path, warmup: &str, folder: &Path) -> KpiReport {
    let out_dir = folder.join(warmup);
    let mut overrides = vec![warmup.to_owned()];
    // How many grains there are says nothing of the KPIs, and takes minutes.
    if scene_path.ends_with("scenes/bulk.ron") {
        overrides.push("silo.starts_kg=2".to_owned());
    }
    let request = RunRequest {
        overrides,
        snapshot_every: Some(Time::from_seconds(60.0)),
        events: EventLevel::None,
        ..RunRequest::new(scene_path.to_owned(), Time::from_seconds(1.0), out_dir.clone())
    };
    execute(&request, &mut ()).expect("the run succeeds");
    let text = std::fs::read(out_dir.join("kpi.json")).expect("written");
    serde_json::from_slice(&text).expect("the schema's")
}

/// The codes of what is wrong with a scene whose checks name these paths.
fn problems(scene_path: &Path, text: &str, paths: &[String]) -> Vec<&'static str> {
    let checks: Vec<String> = paths.iter().map(|path| format!("AtLeast(kpi: {path:?}, value: 0)")).collect();
    let options = ReadOptions { overrides: vec![format!("checks=[{}]", checks.join(", "))] };
    let reading = read(&scene_path.to_string_lossy(), text, &options, &|path| std::fs::read(path));
    reading.diagnostics.iter().map(|problem| problem.code).collect()
}

#[test]
fn checks_may_name_exactly_the_kpis_of_the_report() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository");
    let folder = tempfile::tempdir().expect("a folder");
    let entries = std::fs::read_dir(repository.join("scenes")).expect("the scenes are there");
    let mut scenes: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    scenes.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    assert!(scenes.len() >= 12, "the scenes are gone: {scenes:?}");
    for scene_path in scenes {
        let text = std::fs::read_to_string(&scene_path).expect("a scene is text");
        let reports = ["warmup_s=0", "warmup_s=600"].map(|warmup| {
            let folder = folder.path().join(scene_path.file_stem().expect("a name"));
            report_of_a_run(&scene_path, warmup, &folder).flat().into_iter().map(|kpi| kpi.path).collect::<Vec<String>>()
        });
        let [measured, unmeasured] = reports;
        assert_eq!(measured, unmeasured, "{}", scene_path.display());
        assert_eq!(problems(&scene_path, &text, &measured), [""; 0], "{}: every KPI of the report may be checked", scene_path.display());
        // One letter more is no KPI any more, unless it is another one.
        let others: Vec<String> = measured.iter().map(|path| format!("{path}x")).filter(|path| !measured.contains(path)).collect();
        assert_eq!(problems(&scene_path, &text, &others), vec!["unknown-kpi"; others.len()], "{}", scene_path.display());
    }
}
