//! The tables of a run directory promise: they open in common tools, and they tell the same story as the KPIs.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_run::{EventLevel, RunOutcome, RunRequest, execute};
use linetwin_tests::repository_root;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Tables",
    warmup_s: 10,
    count: "box",
    parts: { "box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: Normal(mean: 2.0, sd: 0.2), material: "card") },
    line: {
        "infeed, \"left\"": Source(part: "box", interarrival_s: Exponential(mean: 1.5), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.4, speed_mps: 0.5),
        "scale": Checkweigher(on: "belt", at_m: 1.2, limits_kg: (1.8, 2.2), error_sd_kg: 0.01, sets: "weight_ok"),
        "dock": Sink(after: "belt"),
    },
)"#;
const WARMUP_NS: i64 = 10_000_000_000;

fn run(folder: &Path, events: EventLevel) -> RunOutcome {
    fs::write(folder.join("scene.ron"), SCENE).expect("writable");
    let request = RunRequest {
        snapshot_every: Some(Time::from_seconds(15.0)),
        events,
        ..RunRequest::new(folder.join("scene.ron"), Time::from_seconds(40.0), folder.join("out"))
    };
    execute(&request, &mut ()).expect("the run succeeds")
}

fn read(folder: &Path) -> Vec<RecordBatch> {
    let file = File::open(folder.join("out/events.parquet")).expect("written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("readable");
    reader.map(|batch| batch.expect("readable")).collect()
}

/// A column of names, `None` where it is empty.
fn names(batches: &[RecordBatch], column: &str) -> Vec<Option<String>> {
    let mut names = Vec::new();
    for batch in batches {
        let column = batch.column_by_name(column).expect(column).as_dictionary::<Int32Type>();
        let values = column.values().as_string::<i32>();
        names.extend((0..column.len()).map(|row| column.key(row).map(|key| values.value(key).to_string())));
    }
    names
}

fn times(batches: &[RecordBatch]) -> Vec<i64> {
    batches.iter().flat_map(|batch| batch.column_by_name("t_ns").expect("t_ns").as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[test]
fn events_count_what_the_kpis_count() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run(folder.path(), EventLevel::All).report.expect("finished");
    let batches = read(folder.path());
    let (times, kinds, outcomes) = (times(&batches), names(&batches, "kind"), names(&batches, "outcome"));
    let count = |kind: &str, outcome: Option<&str>| {
        let rows = (0..times.len()).filter(|row| times[*row] > WARMUP_NS && kinds[*row].as_deref() == Some(kind));
        rows.filter(|row| outcome.is_none() || outcomes[*row].as_deref() == outcome).count() as u64
    };
    assert!(report.line.good > 5, "a run in which something happens");
    assert_eq!(count("part_left", Some("good")), report.line.good);
    assert_eq!(count("part_entered", None), report.line.parts.entered);
    let scale = report.elements.iter().find(|element| element.name == "scale").expect("in the scene");
    assert_eq!(count("cycle_ended", None), scale.cycles);
    let sources: BTreeSet<Option<String>> = names(&batches, "source").into_iter().filter(Option::is_some).collect();
    assert_eq!(sources, BTreeSet::from([Some("infeed, \"left\"".to_string())]));
    let values = batches.iter().map(|batch| batch.column_by_name("value").expect("value"));
    let set = values.map(|column| column.len() - column.null_count()).sum::<usize>();
    assert_eq!(set, kinds.iter().filter(|kind| kind.as_deref() == Some("attribute_set")).count());
}

#[test]
fn the_level_of_events_decides_what_is_kept_and_no_kpi() {
    let [all, states, none] = [EventLevel::All, EventLevel::States, EventLevel::None].map(|level| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = run(folder.path(), level).report;
        (folder, report)
    });
    assert!(all.1 == states.1 && all.1 == none.1);
    let kinds: BTreeSet<String> = names(&read(states.0.path()), "kind").into_iter().flatten().collect();
    assert!(kinds.contains("state_changed") && !kinds.contains("part_moved"), "{kinds:?}");
    let in_all = names(&read(all.0.path()), "kind").into_iter().flatten();
    let in_states = names(&read(states.0.path()), "kind").len();
    assert_eq!(in_all.filter(|kind| kinds.contains(kind)).count(), in_states);
    assert!(!none.0.path().join("out/events.parquet").exists());
}

#[test]
fn kpi_csv_is_what_spreadsheets_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = run(folder.path(), EventLevel::None).report.expect("finished");
    let text = fs::read_to_string(folder.path().join("out/kpi.csv")).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark, or Excel takes it for another code page");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\n'), "RFC 4180 ends lines with CR LF");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().expect("a header"), vec!["kpi", "value", "unit"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("three fields")).collect();
    let expected = report.flat();
    assert_eq!(rows.len(), expected.len());
    for (row, kpi) in rows.iter().zip(&expected) {
        // Shortest digits that read back to the same number.
        assert_eq!((&row[0], row[1].parse().ok(), &row[2]), (kpi.path.as_str(), kpi.value, kpi.unit.as_str()));
    }
    assert!(rows.iter().all(|row| &row[1] != "-0"), "zero has no sign");
    assert!(rows.iter().any(|row| row[0].starts_with("infeed, \"left\".")), "names are quoted, not mangled");
}

#[test]
fn an_analyst_opens_the_tables() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run(folder.path(), EventLevel::All);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("read_tables.py");
    // The gate may keep its Python apart from the system's.
    let python = std::env::var("LINETWIN_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let output = Command::new(&python).arg(script).arg(folder.path().join("out")).arg(WARMUP_NS.to_string()).output();
    match output {
        Err(error) => println!("SKIPPED: {python} does not start: {error}"),
        Ok(output) if output.status.code() == Some(3) => println!("SKIPPED: {}", String::from_utf8_lossy(&output.stdout).trim()),
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn a_run_says_what_moved_its_parts() {
    let told = |overrides: &[&str]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let request = RunRequest {
            overrides: overrides.iter().map(|text| text.to_string()).collect(),
            ..RunRequest::new(repository_root().join("scenes/packaging.ron"), Time::from_seconds(5.0), folder.path().join("out"))
        };
        let outcome = execute(&request, &mut ()).expect("the run succeeds");
        let page = fs::read_to_string(folder.path().join("out/report.html")).expect("written");
        (outcome.manifest.transport, outcome.report.expect("finished").notes, page)
    };
    let bodies = "rigid bodies, Coulomb friction";
    let (transport, notes, page) = told(&[]);
    assert!(transport == "contact" && notes.is_empty() && page.contains(bodies), "{transport}, {notes:?}");
    let (transport, notes, page) = told(&["coasting=true"]);
    assert!(transport == "contact, coasting" && notes.is_empty() && page.contains(bodies), "{transport}, {notes:?}");
    let (transport, notes, page) = told(&["fidelity=Event"]);
    assert!(transport == "event" && notes[0].contains("moved all parts") && !page.contains(bodies), "{transport}, {notes:?}");
    assert!(page.contains(&notes[0]), "{notes:?}");
    let (transport, notes, page) = told(&["fidelity=Mixed"]);
    assert!(
        transport == "mixed" && notes[0].contains("contact physics moved parts on `") && page.contains(bodies),
        "{transport}, {notes:?}"
    );
}

/// A section of the page, as text, and the report that it was made from.
fn section(scene: &str, seconds: f64, heading: &str) -> (String, KpiReport) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let request = RunRequest {
        snapshot_every: Some(Time::from_seconds(seconds)),
        threads: 2,
        ..RunRequest::new(repository_root().join("scenes").join(scene), Time::from_seconds(seconds), folder.path().join("out"))
    };
    let report = execute(&request, &mut ()).expect("the run succeeds").report.expect("finished");
    let page = fs::read_to_string(folder.path().join("out/report.html")).expect("written");
    let start = page.find(&format!("<h2>{heading}")).unwrap_or_else(|| panic!("{scene} has a section on {heading}"));
    let end = start + page[start..].find("</section>").expect("a section ends");
    (page[start..end].to_owned(), report)
}

#[test]
fn the_page_tells_of_ways_orders_and_sensor_faults_what_the_kpis_tell() {
    let (ways, report) = section("routing.ron", 420.0, "Ways");
    let sent: Vec<_> = report.elements.iter().flat_map(|element| &element.ways).collect();
    assert!(sent.len() == 3 && sent.iter().all(|way| way.parts > 0), "{sent:?}");
    for way in sent {
        let bar = (way.share.expect("parts were sent") * 1000.0).round() / 10.0;
        assert!(ways.contains(&format!("<td>{}</td><td class=\"n\">{}</td>", way.way, way.parts)), "{way:?} in {ways}");
        assert!(ways.contains(&format!("width:{bar}%")), "{way:?} in {ways}");
    }
    let (orders, report) = section("orders.ron", 300.0, "Orders");
    let begun: Vec<_> = report.elements.iter().flat_map(|element| &element.orders).filter(|order| order.released > 0).collect();
    assert!(begun.len() >= 2 && begun.iter().any(|order| order.finished_at_s.is_some()), "{begun:?}");
    for order in begun {
        let row = format!("<td>{}</td><td>infeed</td><td>{}</td><td class=\"n\">{}</td>", order.order, order.part, order.quantity);
        assert!(orders.contains(&row), "{row} in {orders}");
    }
    let (faults, report) = section("faults.ron", 300.0, "Sensor faults");
    let told: Vec<_> = report.elements.iter().flat_map(|element| &element.faults).collect();
    assert!(told.iter().any(|fault| fault.missed_diverts > 0), "{told:?}");
    for fault in told {
        assert!(faults.contains(&format!("<td>{}</td><td class=\"n\">{}</td>", fault.mode, fault.faults)), "{fault:?} in {faults}");
    }
}
