//! Fitted distributions against another program's, and what is printed against what a scene takes.

use linetwin_model::read::{ReadOptions, read};
use linetwin_run::{Columns, FitRequest, FitResult, LogClock, fit_file};
use linetwin_sim::random::Streams;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Life times of which those that are still running are lower bounds, and repair times.
fn table() -> String {
    let streams = Streams { seed: 11, replication: 0 };
    let [life, bound, repair] = ["life", "bound", "repair"].map(|name| streams.stream(name, "test"));
    let mut text = "life_s,life_s_censored,repair_s\n".to_owned();
    for index in 0..150 {
        let life_s = 900.0 * (-life.draw(index).unit().ln()).powf(1.0 / 1.6);
        let bound_s = 2_500.0 * bound.draw(index).unit();
        let repair_s: f64 = 20.0 * (0..3).map(|part| -repair.component(index, part).unit().ln()).sum::<f64>();
        writeln!(text, "{},{},{repair_s}", life_s.min(bound_s), u8::from(bound_s < life_s)).expect("writing into a string");
    }
    text
}

fn fitted(folder: &Path) -> FitResult {
    fs::write(folder.join("log.csv"), table()).expect("writable");
    let request = FitRequest {
        path: folder.join("log.csv"),
        columns: Columns::default(),
        clock: LogClock::Running,
        hold_out: 0.0,
        seed: 0,
        folder: Some(folder.join("fit")),
    };
    fit_file(&request).expect("a table")
}

#[test]
fn scipy_finds_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fitted(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("compare_fits.py");
    let python = std::env::var("LINETWIN_PYTHON").unwrap_or_else(|_| "python3".to_string());
    match Command::new(&python).arg(script).arg(folder.path().join("log.csv")).arg(folder.path().join("fit/fit.json")).output() {
        Err(error) => println!("SKIPPED: {python} does not start: {error}"),
        Ok(output) if output.status.code() == Some(3) => println!("SKIPPED: {}", String::from_utf8_lossy(&output.stdout).trim()),
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn a_scene_takes_what_is_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let found = fitted(folder.path());
    let written = fs::read_to_string(folder.path().join("fit/fit.json")).expect("written");
    assert_eq!(written.trim_end(), serde_json::to_string_pretty(&found).expect("serialisable"));
    assert_eq!(found.fits.iter().map(|fit| fit.name.as_str()).collect::<Vec<_>>(), ["life_s", "repair_s"]);
    for fit in found.fits.iter().flat_map(|sample| &sample.fits) {
        let scene = format!(
            r#"Scene(schema: 1, name: "x", parts: {{"box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: 2)}}, line: {{
                "in": Source(part: "box", rate_per_h: 600, before: "belt", sets: {{"x": {}}}),
                "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.5), "out": Sink(after: "belt")}})"#,
            fit.scene
        );
        let reading = read("x.ron", &scene, &ReadOptions::default(), &|path| panic!("{path} is not named"));
        assert!(reading.scene.is_some(), "{}: {:?}", fit.scene, reading.diagnostics);
    }
    let page = fs::read_to_string(folder.path().join("fit/fit.html")).expect("written");
    assert!(page.contains(&found.fits[0].scene) && page.contains("observed values against those of"), "{page}");
}
