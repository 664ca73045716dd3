//! The reference scenes promise the same figures and the same final state on every machine: a few minutes of each give
//! the report that is kept in `tests/golden_reports`, to the last byte. A change that moves a figure shows there what it
//! moved; `LINETWIN_BLESS=1` writes the reports anew.

use linetwin_model::Time;
use linetwin_run::{EventLevel, RunRequest, execute};
use linetwin_tests::repository_root;
use std::fs;

/// Simulated time after a warm-up of half a minute [min].
fn report_is_as_kept(name: &str, minutes: f64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let request = RunRequest {
        overrides: vec!["warmup_s=30".to_owned()],
        snapshot_every: Some(Time::from_seconds(600.0)),
        events: EventLevel::States,
        ..RunRequest::new(
            repository_root().join("scenes").join(name).with_extension("ron"),
            Time::from_seconds(60.0 * minutes),
            folder.path().join("out"),
        )
    };
    execute(&request, &mut ()).expect("the run succeeds");
    let read = |file: &str| fs::read_to_string(request.out_dir.join(file)).expect(file);
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).expect("JSON");
    assert_eq!(manifest["valid"], true, "{name}");
    let found = format!("{}final_hash,{}\n", read("kpi.csv"), manifest["final_hash"].as_str().expect("a final hash"));

    let kept_at = repository_root().join("tests/golden_reports").join(name).with_extension("csv");
    if std::env::var_os("LINETWIN_BLESS").is_some() {
        fs::create_dir_all(kept_at.parent().expect("it lies in a folder")).expect("writable");
        fs::write(&kept_at, &found).expect("writable");
    }
    let kept = fs::read_to_string(&kept_at).expect("a kept report: write it with LINETWIN_BLESS=1");
    let differing: Vec<_> = found.lines().zip(kept.lines()).filter(|(found, kept)| found != kept).take(20).collect();
    assert!(found == kept, "{name}: {} rows, {} kept; (found, kept): {differing:#?}", found.lines().count(), kept.lines().count());
}

#[test]
fn packaging_reports_what_it_did() {
    report_is_as_kept("packaging", 5.0);
}

#[test]
fn sortation_reports_what_it_did() {
    report_is_as_kept("sortation", 5.0);
}

#[test]
fn assembly_reports_what_it_did() {
    report_is_as_kept("assembly", 8.0);
}

#[test]
fn bottling_reports_what_it_did() {
    report_is_as_kept("bottling", 2.0);
}
