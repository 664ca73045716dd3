//! Runs that leave it to their starter to sync their files: the bytes of any other run, and after a power failure, which empties files
//! that nobody had synced, the same command makes them again.

use linetwin_model::Time;
use linetwin_run::files::Durability;
use linetwin_run::{Ending, RunRequest, execute};
use linetwin_tests::SMALL_LINE;
use std::fs;
use std::path::{Path, PathBuf};

const OUTPUTS: [&str; 3] = ["kpi.json", "kpi.csv", "events.parquet"];

fn request(folder: &Path, out: &str, durability: Durability) -> RunRequest {
    let scene = folder.join("line.ron");
    fs::write(&scene, SMALL_LINE).expect("a temporary file");
    RunRequest {
        overrides: vec!["fidelity=Event".to_string()],
        snapshot_every: Some(Time::from_seconds(60.0)),
        page: durability == Durability::EachFile,
        durability,
        ..RunRequest::new(scene, Time::from_seconds(300.0), folder.join(out))
    }
}

fn run(request: &RunRequest) -> Ending {
    let outcome = execute(request, &mut ()).unwrap_or_else(|error| panic!("{error}"));
    assert!(outcome.manifest.final_hash.is_some() && outcome.manifest.is_whole(&request.out_dir));
    outcome.ending
}

fn results(dir: &Path) -> Vec<Vec<u8>> {
    OUTPUTS.iter().map(|file| fs::read(dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))).collect()
}

/// Every file but the lock.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files_below(&path)),
            false if path.file_name().is_some_and(|name| name != "lock") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

#[test]
fn files_that_a_power_failure_emptied_are_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let synced = request(folder.path(), "synced", Durability::EachFile);
    run(&synced);
    let whole = results(&synced.out_dir);
    let unsynced = request(folder.path(), "unsynced", Durability::ByStarter);
    assert_eq!(run(&unsynced), Ending::Finished);
    assert_eq!(results(&unsynced.out_dir), whole);
    assert_eq!(run(&unsynced), Ending::AlreadyFinished);
    let files = files_below(&unsynced.out_dir);
    let is_snapshot = |path: &Path| path.extension().is_some_and(|extension| extension == "snapshot");
    // The manifest, the copy of the scene, the journal, three outputs, four snapshots and more.
    assert!(files.len() >= 10 && files.iter().any(|path| is_snapshot(path)), "{files:?}");
    for path in &files {
        fs::write(path, []).expect("ours");
        // Snapshots of a finished run are for who goes back in it: each tells by its own hash whether it is whole.
        let expected = if is_snapshot(path) { Ending::AlreadyFinished } else { Ending::Finished };
        assert_eq!(run(&unsynced), expected, "{}", path.display());
        assert_eq!(results(&unsynced.out_dir), whole, "{}", path.display());
    }
    // A manifest may also come out as zeros, and all files together.
    for path in &files {
        fs::write(path, [0; 64]).expect("ours");
    }
    assert_eq!(run(&unsynced), Ending::Finished);
    assert_eq!(results(&unsynced.out_dir), whole);
}

#[test]
fn a_run_without_a_page_gets_it_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let with = request(folder.path(), "with", Durability::EachFile);
    run(&with);
    let without = RunRequest { page: false, ..request(folder.path(), "without", Durability::EachFile) };
    run(&without);
    let page = |run: &RunRequest| fs::read(run.out_dir.join("report.html")).ok();
    assert_eq!(page(&without), None);
    let replayed = linetwin_run::replay(&without.out_dir, 1, &without.device, &mut ()).unwrap_or_else(|error| panic!("{error}"));
    assert!(replayed.agrees(), "what was not written is not compared: {replayed}");
    assert_eq!(run(&RunRequest { page: true, ..without.clone() }), Ending::AlreadyFinished);
    assert!(page(&without).is_some() && page(&without) == page(&with));
}
