//! What `linetwin sweep` promises: each run is made once, the tables are the same whoever made them and however often that was cut
//! short, and what makes no sense is told before anything runs.

use crate::program::{Program, SMALL_SCENE};
use std::process::Command;

const TABLES: [&str; 4] = ["sweep.json", "sweep.csv", "sweep.parquet", "sweep.html"];
pub const GRID: &str = r#"
Sweep(schema: 1, scene: "line.ron", duration_s: 120, replications: 2,
    factors: {
        "speed": Factor(sets: ["belt.speed_mps"], values: [0.4, 0.8]),
        "gap": Factor(sets: ["infeed.interarrival_s"], values: [3, "Exponential(mean: 3.0)"]),
    },
    measures: ["line.lead_time_mean_s"])
"#;

pub fn started(sweep: &str) -> Program {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    program.write("sweep.ron", sweep);
    program
}

pub fn words(verb: &str, out: &str, more: &[&str]) -> Vec<String> {
    ["sweep", verb, "sweep.ron", "--out", out].into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
}

pub fn assert_same_tables(program: &Program, one: &str, other: &str) {
    for table in TABLES {
        assert_eq!(program.read(&format!("{one}/{table}")), program.read(&format!("{other}/{table}")), "{table}");
    }
}

#[test]
fn a_sweep_is_made_once_however_often_it_is_cut_short() {
    let program = started(GRID);
    let told = program.run(&words("run", "one", &["--jobs", "1"])).expect_code(0).stdout;
    assert!(told.contains("speed") && told.contains("from lowest to highest") && told.contains("highest: "), "{told}");
    let asked = program.run_and_signal(&words("run", "parts", &["--jobs", "2"]), &["TERM"], "is done");
    assert_eq!(asked.code, Some(130), "{asked:?}");
    // Nobody stops its runs but the end of the pool itself.
    program.run_and_signal(&words("run", "parts", &["--jobs", "2"]), &["KILL"], "is done");
    let status = program.run(&words("status", "parts", &[])).expect_code(0).stdout;
    assert!(status.contains("4 points with 2 replications of 2min each, 8 runs") && !status.contains("8 done"), "{status}");
    let goes_on = program.run(&words("run", "parts", &["--jobs", "3"])).expect_code(0);
    assert!(goes_on.stderr.contains("there already"), "{}", goes_on.stderr);
    assert_same_tables(&program, "one", "parts");
    let again = program.run(&words("run", "parts", &[])).expect_code(0);
    assert!(again.stderr.contains("8 of 8 runs are there already") && !again.stderr.contains("is done"), "{}", again.stderr);
    assert!(program.run(&words("status", "parts", &[])).expect_code(0).stdout.contains("8 done, 0 interrupted, 0 begun, 0 missing"));
}

#[test]
fn any_scheduler_can_make_the_runs() {
    let program = started(GRID);
    program.run(&words("run", "one", &["-q"])).expect_code(0);
    let commands = program.run(&words("plan", "other", &["--commands"])).expect_code(0).stdout;
    assert_eq!(commands.lines().count(), 8, "{commands}");
    let (first, rest) = commands.split_once('\n').expect("several lines");
    let shell = |script: &str| {
        let status =
            Command::new("sh").args(["-e", "-c", script]).current_dir(program.path("")).stdout(std::process::Stdio::null()).status();
        assert!(status.expect("sh is there").success());
    };
    shell(first);
    let told = program.run(&words("collect", "other", &[])).expect_code(1).stdout;
    assert!(told.contains("7 runs are not done"), "{told}");
    assert_eq!(program.run(&words("plan", "other", &["--commands"])).expect_code(0).stdout, rest, "what is done is asked for no more");
    shell(rest);
    program.run(&words("collect", "other", &["-q"])).expect_code(0);
    assert_same_tables(&program, "one", "other");
    // Each point is a folder of replications like any other.
    let plan: serde_json::Value = serde_json::from_slice(&program.read("other/sweep.json")).expect("JSON");
    let directory = |point: usize| format!("other/{}", plan["points"][point]["directory"].as_str().expect("a path"));
    let compared = program.run(&["compare", &directory(0), &directory(2)]).expect_code(0).stdout;
    assert!(compared.contains("2 pairs of replications under seed 3"), "{compared}");
}

#[test]
fn scenarios_are_judged_against_the_baseline() {
    let program = started(
        r#"Sweep(schema: 1, scene: "line.ron", duration_s: 120, replications: 5, baseline: "as it is",
            scenarios: {"fast": ["belt.speed_mps=0.8"], "as it is": [], "seed only": ["minor_stop_s=100"]},
            measures: ["line.lead_time_mean_s"])"#,
    );
    let found: serde_json::Value =
        serde_json::from_str(&program.run(&words("run", "out", &["--format", "json"])).expect_code(0).stdout).expect("JSON");
    let measure = &found["measures"][0];
    assert_eq!((measure["baseline"].as_u64(), measure["against_baseline"].as_array().map(Vec::len)), (Some(1), Some(2)), "{measure}");
    let told = |place: usize| measure["against_baseline"][place]["is_told"].as_bool().expect("a verdict");
    assert!(told(0) && !told(1), "a faster belt is told apart, what changes nothing is not: {measure}");
    assert!(measure["against_baseline"][0]["difference"]["mean"].as_f64() < Some(-1.0), "{measure}");
    let page = String::from_utf8(program.read("out/sweep.html")).expect("a page is text");
    for words in ["against the baseline as it is", "cannot be told apart", "lower", "Every run is done and valid"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn what_makes_no_sense_is_told_before_anything_runs() {
    for (sweep, told) in [
        ("Sweep(schema: 1, scene: \"line.ron\", duration_s: 60)", "nothing varies"),
        ("Sweep(schema: 1, scene: \"lime.ron\", duration_s: 60, scenarios: {\"a\": []})", "lime.ron"),
        ("Sweep(schema: 1, scene: \"line.ron\", duration_s: 60, scenarios: {\"a\": [], \"b\": [\"belt.speed_mps=fast\"]})", "point `b`"),
        ("Sweep(schema: 1, scene: \"line.ron\", duration_s: 60, scenarios: {\"a\": []}, measures: [\"line.oe\"])", "line.oee"),
        ("Sweep(schema: 1, scene: \"line.ron\", duration_s: 60, scenarios: {\"a\": [\"warmup_s=60\"]})", "nothing would be measured"),
        ("Sweep(schema: 1, scene: \"line.ron\", duration_s: 60, scenarois: {})", "scenarios"),
    ] {
        let program = started(sweep);
        let output = program.run(&words("run", "out", &[])).expect_code_in(&[2, 3]);
        assert!(output.stderr.contains(told), "{sweep}: {}", output.stderr);
        assert_eq!(program.files(), ["line.ron", "sweep.ron"], "nothing is written");
    }
}
