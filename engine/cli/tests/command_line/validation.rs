//! `log`, `validate` and `batches`: a line is held against a record that it made itself, and against that of another line.

use super::program::Program;

/// Boxes come by chance, are worked on for about 4 s at a press that stops now and then.
const LINE: &str = r#"
Scene(
    schema: 1,
    name: "Press line",
    seed: 5,
    warmup_s: 60,
    parts: {"box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: 2)},
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 8), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (5, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "press": Station(on: "belt", at_m: 3, hold: Blade, processing_s: Triangular(min: 3, mode: 4, max: 5),
            failures: [Failure(mode: "tool", uptime_s: Exponential(mean: 120), repair_s: Lognormal(mean: 25, sd: 10))]),
        "dock": Sink(after: "belt"),
    },
)
"#;

fn recorded(overrides: &[&str]) -> Program {
    let program = Program::new();
    program.write("line.ron", LINE);
    let mut arguments = vec!["run", "line.ron", "--for", "20min", "--seed", "77", "--out", "plant", "-q"];
    overrides.iter().for_each(|text| arguments.extend(["--set", text]));
    program.run(&arguments).expect_code(0);
    program.run(&["log", "plant", "--out", "log.csv"]).expect_code(0);
    program
}

const VALIDATE: [&str; 8] = ["validate", "line.ron", "--against", "log.csv", "--runs", "6", "--out", "validation"];

#[test]
fn a_line_agrees_with_its_own_record_and_with_no_others() {
    let program = recorded(&[]);
    let good = program.run(&VALIDATE).expect_code(0).stdout;
    for told in ["dock.left_per_h", "press.state.processing", "press.stops", "as replayed", "one more run of the scene"] {
        assert!(good.contains(told), "{told}: {good}");
    }
    let found: serde_json::Value = serde_json::from_slice(&program.read("validation/validation.json")).expect("JSON");
    let row = |name: &str| found["rows"].as_array().expect("rows").iter().find(|row| row["measure"] == name).expect("a row").clone();
    // Arrivals and stops are those of the record: every run has as many stops, and as long ones.
    let stopped = row("press.state.down");
    assert!((stopped["mean"].as_f64().expect("a number") - stopped["recorded"].as_f64().expect("a number")).abs() < 1e-6, "{stopped}");
    assert_eq!(row("press.stops")["mean"], row("press.stops")["recorded"]);
    assert!(String::from_utf8(program.read("validation/validation.html")).expect("text").contains("press.state.processing"));
    // Half of the record, the other half being for `fit`.
    let held_out = program.run(&[&VALIDATE[..6], &["--out", "half", "--hold-out", "50%", "--jobs", "1"]].concat()).expect_code(0).stdout;
    assert!(held_out.contains("from 660 to 1200 s"), "{held_out}");
    // A press that takes a quarter longer has the same arrivals and stops, and works longer.
    let slower = recorded(&["press.processing_s=Triangular(min: 4, mode: 5, max: 6)"]);
    let bad = slower.run(&VALIDATE).expect_code(1).stdout;
    let line = bad.lines().find(|line| line.starts_with("press.state.processing")).expect("a row");
    assert!(line.ends_with("differs") && bad.contains("differ from the record"), "{bad}");
}

#[test]
fn what_cannot_be_held_against_each_other_is_told() {
    let program = Program::new();
    program.write("line.ron", LINE);
    program.write("other.csv", "time_s,element,event\n0,lathe,idle\n900,lathe,down\n");
    program.write("bad.csv", "time_s,element,event\n0,press,idle\n900,press,dwon\n");
    for (log, told) in [("other.csv", "of no element of the line"), ("bad.csv", "did you mean `down`?"), ("none.csv", "none.csv")] {
        let output = program.run(&["validate", "line.ron", "--against", log]).expect_code_in(&[2, 3]);
        assert!(output.stderr.contains(told), "{log}: {}", output.stderr);
    }
    assert_eq!(program.files(), ["bad.csv", "line.ron", "other.csv"], "nothing is written");
}

#[test]
fn one_long_run_tells_its_means_with_intervals() {
    let program = recorded(&[]);
    let text = program.run(&["batches", "plant", "--all"]).expect_code(0).stdout;
    assert!(text.contains("line.throughput_per_h") && text.contains("press.state.down") && text.contains("MSER-5"), "{text}");
    let found: serde_json::Value =
        serde_json::from_str(&program.run(&["batches", "plant", "--format", "json"]).expect_code(0).stdout).expect("JSON");
    let kpis: serde_json::Value = serde_json::from_slice(&program.read("plant/kpi.json")).expect("JSON");
    let mean = |kpi: &str| {
        let rows = found["means"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["kpi"] == kpi).unwrap_or_else(|| panic!("{kpi}: {found}"));
        row["estimate"]["mean"].as_f64().expect("a number")
    };
    // The means are those of the report.
    let same = |found: f64, reported: &serde_json::Value| {
        let reported = reported.as_f64().expect("a number");
        assert!((found - reported).abs() < 1e-6 * reported, "{found}: {reported}");
    };
    same(mean("line.throughput_per_h"), &kpis["line"]["throughput_per_h"]);
    same(mean("line.wip_mean"), &kpis["line"]["wip"]["mean"]);
    same(mean("line.lead_time_mean_s"), &kpis["line"]["lead_time"]["mean_s"]);
    let press = kpis["elements"].as_array().expect("elements").iter().find(|element| element["name"] == "press").expect("a press");
    let down = press["states"].as_array().expect("states").iter().find(|state| state["state"] == "down").expect("it stops");
    same(mean("press.state.down"), &down["share"]);
}
