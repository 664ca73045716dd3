//! The program as its users meet it: verbs, streams, exit codes, and a run that is interrupted and goes on. Every test
//! works in a folder of its own.

mod fits;
mod pictures;
mod program;
mod readme;
mod schedulers;
mod sweeps;
mod testing;
mod validation;

use program::{Program, SMALL_SCENE, repository};
use std::fs;

#[test]
fn every_verb_explains_itself() {
    let program = Program::new();
    for verb in [
        "new",
        "check",
        "schema",
        "tree",
        "run",
        "replicate",
        "sweep",
        "batches",
        "fit",
        "validate",
        "log",
        "test",
        "report",
        "compare",
        "replay",
        "jams",
        "doctor",
        "export",
        "trace",
        "view",
        "completions",
    ] {
        let help = program.run(&[verb, "--help"]).expect_code(0);
        assert!(help.stdout.contains("Usage: linetwin"), "{verb}: {}", help.stdout);
    }
    assert!(program.run(&["--help"]).expect_code(0).stdout.contains("130 interrupted"));
    assert!(program.run(&["--version"]).expect_code(0).stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn usage_errors_exit_with_2() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    for (arguments, told) in [
        (vec!["rum", "line.ron"], "run"),
        (vec!["run", "line.ron"], "--for"),
        (vec!["run", "line.ron", "--for", "600"], "600s"),
        (vec!["run", "line.ron", "--for", "10parsecs"], "not a unit"),
        (vec!["run", "line.ron", "--for", "1s", "--threads", "100000"], "0..=256"),
        (vec!["jams", "line.ron", "--for", "5s", "--set", "warmup_s=5"], "nothing would be measured"),
        (vec!["replicate", "line.ron", "--for", "5s", "--set", "warmup_s=5"], "nothing would be measured"),
        (vec!["replicate", "line.ron", "--for", "5s", "--until", "2"], "write for example `2%`"),
        (vec!["replicate", "line.ron", "--for", "5s", "--of", "line.throughput_perh", "--until", "2%"], "line.throughput_per_h"),
        (vec!["replicate", "line.ron", "--for", "5s", "--kpi", "belt.speed"], "no measure `belt.speed`"),
        (vec!["run", "nothing.ron", "--for", "1s"], "nothing.ron"),
        (vec!["check", "nothing.ron"], "nothing.ron"),
        (vec!["check"], "FILE"),
        (vec!["replay", "nothing"], "nothing"),
        (vec!["report", "nothing"], "nothing"),
        (vec!["compare", "nothing", "nothing"], "nothing"),
        (vec!["doctor", "--device", "gpu"], "cuda:ORDINAL"),
        (vec!["doctor", "--out", "report.json"], "--gpu-check"),
    ] {
        let output = program.run(&arguments).expect_code(2);
        assert!(output.stderr.contains(told), "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{arguments:?}");
    }
    assert_eq!(program.files(), ["line.ron"], "a usage error writes nothing");
}

#[test]
fn doctor_says_what_is_there_and_what_batches_run_on() {
    let program = Program::new();
    let found: serde_json::Value =
        serde_json::from_str(&program.run(&["doctor", "--device", "cpu", "--format", "json"]).expect_code(0).stdout).expect("JSON");
    assert!(found["cores"].as_u64() >= Some(1) && found["batches"]["rays"] == "cpu", "{found}");
    let text = program.run(&["doctor", "--device", "cpu"]).expect_code(0).stdout;
    assert!(text.contains("cores") && text.contains("CUDA") && text.contains("rays"), "{text}");
    // The processor agrees with itself; the report says who computed.
    let text = program.run(&["doctor", "--gpu-check", "--device", "cpu", "--out", "check.json"]).expect_code(0).stdout;
    assert!(text.contains("results   cpu") && text.contains("same bits rays"), "{text}");
    let report: serde_json::Value = serde_json::from_slice(&program.read("check.json")).expect("JSON");
    assert!(report["provenance"] == "cpu" && report["kernels"][0]["same_bits"] == true, "{report}");
    if found["cuda_devices"].as_array().is_some_and(Vec::is_empty) {
        let missing = program.run(&["doctor", "--gpu-check", "--device", "auto", "--out", "none.json"]).expect_code(3);
        assert!(missing.stderr.contains("no GPU") && !missing.stdout.contains("same bits"), "{}", missing.stderr);
    }
    for (device, told) in [("cuda:99", "CUDA"), ("wgpu:99", "adapter"), ("wgpu:no such card", "adapter")] {
        let missing = program.run(&["doctor", "--device", device]).expect_code(3);
        assert!(missing.stderr.contains(told), "{device}: {}", missing.stderr);
        let missing = program.run(&["doctor", "--gpu-check", "--device", device, "--out", "none.json"]).expect_code(3);
        assert!(missing.stderr.contains(told) && missing.stdout.is_empty(), "{device}: {}", missing.stderr);
    }
    let Some(adapter) = found["adapters"].as_array().and_then(|adapters| adapters.iter().find(|adapter| adapter["exact"] == true)) else {
        return eprintln!("SKIPPED: no exact software adapter (mesa-vulkan-drivers) is checked");
    };
    let device = format!("wgpu:{}", adapter["ordinal"]);
    let text = program.run(&["doctor", "--gpu-check", "--device", &device, "--out", "adapter.json"]).expect_code(0).stdout;
    assert!(text.contains("results   wgpu (software adapter)") && text.contains("same bits rays"), "{text}");
    let report: serde_json::Value = serde_json::from_slice(&program.read("adapter.json")).expect("JSON");
    assert!(report["reproducible"] == false && report["device"]["software"] == true, "{report}");
}

#[test]
fn schemas_are_json() {
    let program = Program::new();
    for arguments in [vec!["schema"], vec!["schema", "--kpi"]] {
        let schema: serde_json::Value = serde_json::from_str(&program.run(&arguments).expect_code(0).stdout).expect("a schema is JSON");
        assert!(schema["properties"].is_object() && schema["$defs"].is_object(), "{arguments:?}");
    }
}

#[test]
fn check_tells_good_from_broken() {
    let program = Program::new();
    program.write("good.ron", SMALL_SCENE);
    program.write("broken.ron", &SMALL_SCENE.replace("speed_mps", "sped_mps").replace("after: \"belt\"", "after: \"bell\""));
    let good = program.run(&["check", "good.ron"]).expect_code(0);
    assert!(good.stdout.starts_with("good.ron: ok"), "{}", good.stdout);

    let broken = program.run(&["check", "good.ron", "broken.ron", "--color", "never"]).expect_code(2);
    assert!(
        broken.stdout.contains("good.ron: ok") && broken.stdout.contains("speed_mps") && broken.stdout.contains("broken.ron:"),
        "{}",
        broken.stdout
    );
    assert!(!broken.stdout.contains('\x1b'), "no colours where none are wanted");

    let json = program.run(&["check", "broken.ron", "--format", "json"]).expect_code(2).stdout;
    let problems: serde_json::Value = serde_json::from_str(&json).expect("--format json prints JSON");
    let first = &problems[0];
    assert!(first["severity"] == "error" && first["line"].is_u64() && first["message"].is_string(), "{json}");
    let json = program.run(&["check", "good.ron", "--format", "json"]).expect_code(0).stdout;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), serde_json::json!([]));
}

#[test]
fn every_scene_of_the_repository_checks() {
    let program = Program::new();
    let scenes = repository().join("scenes");
    let entries = fs::read_dir(&scenes).expect("scenes/ exists");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("a folder can be listed").path().display().to_string())
        .filter(|path| path.ends_with(".ron"))
        .collect();
    files.sort();
    let arguments: Vec<&str> = ["check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let output = program.run(&arguments).expect_code(0);
    assert_eq!(output.stdout.matches(": ok (").count() + output.stdout.matches(": \u{1b}").count(), files.len(), "{}", output.stdout);
}

#[test]
fn the_tree_shows_elements_and_edges() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let tree = program.run(&["tree", "line.ron"]).expect_code(0).stdout;
    assert!(tree.contains("belt") && tree.contains("dock"), "{tree}");
    let edges = program.run(&["tree", "line.ron", "--edges"]).expect_code(0).stdout;
    assert!(edges.lines().any(|line| line.contains("belt") && line.contains("dock")), "{edges}");
}

#[test]
fn a_new_scene_checks_and_runs() {
    let program = Program::new();
    program.run(&["new", "my line"]).expect_code(0);
    program.run(&["check", "my line.ron"]).expect_code(0);
    program.run(&["run", "my line.ron", "--for", "20s", "--out", "out", "-q"]).expect_code_in(&[0, 1]);
    assert!(program.path("out/kpi.json").exists());
    // What somebody wrote is never overwritten.
    let refused = program.run(&["new", "my line"]).expect_code(2);
    assert!(refused.stderr.contains("exists already"), "{}", refused.stderr);
}

#[test]
fn a_run_ends_with_its_measures_and_its_directory() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let output = program.run(&["run", "line.ron", "--for", "30s", "--out", "out"]).expect_code(0);
    assert!(output.stdout.contains("throughput") && output.stdout.contains("dock"), "{}", output.stdout);
    assert_eq!(output.stdout.trim_end().lines().last(), Some("out"), "the directory's path comes last");
    assert!(output.stderr.contains("100 %"), "without a terminal: a line per 10 %: {}", output.stderr);
    for file in ["manifest.json", "kpi.json", "kpi.csv", "events.parquet", "report.html"] {
        assert!(program.path("out").join(file).exists(), "{file}");
    }
    // The same command again has nothing to do and says the same.
    let again = program.run(&["run", "line.ron", "--for", "30s", "--out", "out"]).expect_code(0);
    assert_eq!(again.stdout, output.stdout);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    // Another question does not touch the answer.
    let before = program.read("out/manifest.json");
    let refused = program.run(&["run", "line.ron", "--for", "31s", "--out", "out"]).expect_code(2);
    assert!(refused.stderr.contains("another run"), "{}", refused.stderr);
    assert_eq!(program.read("out/manifest.json"), before);
}

#[test]
fn without_out_each_question_has_its_directory() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let directory = |arguments: &[&str]| {
        let output = program.run(arguments).expect_code(0);
        output.stdout.trim_end().lines().last().expect("the directory's path").to_string()
    };
    let first = directory(&["run", "line.ron", "--for", "5s", "-q"]);
    assert!(first.starts_with("runs/line-3-"), "{first}");
    assert_eq!(directory(&["run", "line.ron", "--for", "5s", "-q", "--threads", "2"]), first, "threads change no result");
    let other = directory(&["run", "line.ron", "--for", "5s", "-q", "--set", "belt.speed_mps=0.6"]);
    assert_ne!(other, first);
}

#[test]
fn json_goes_to_stdout_alone() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let output = program.run(&["run", "line.ron", "--for", "5s", "--out", "out", "--format", "json"]).expect_code(0);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).expect("stdout is JSON and nothing else");
    assert_eq!(report["scene"], "Small line");
}

#[test]
fn a_failed_check_exits_with_1() {
    let program = Program::new();
    program.write("line.ron", &SMALL_SCENE.replace("checks: [", "checks: [AtLeast(kpi: \"line.throughput_per_h\", value: 1000000), "));
    let output = program.run(&["run", "line.ron", "--for", "10s", "--out", "out", "-q"]).expect_code(1);
    assert!(output.stdout.contains("failed"), "{}", output.stdout);
}

/// A vial of 20 mm moves 25 mm per step at 3 m/s, so that every fifth passes the eye unseen.
#[test]
fn a_run_in_which_physics_failed_is_invalid_and_exits_with_1() {
    let program = Program::new();
    let fast = SMALL_SCENE
        .replace("(0.3, 0.2, 0.2)", "(0.02, 0.02, 0.06)")
        .replace("mean: 2.0, sd: 0.1", "mean: 0.03, sd: 0.001")
        .replace("speed_mps: 0.5", "speed_mps: 3")
        .replace("interarrival_s: Exponential(mean: 3.0)", "interarrival_s: 0.503")
        .replace("\"dock\":", "\"eye\": Eye(on: \"belt\", at_m: 2, height_m: 0.03),\n        \"dock\":");
    program.write("line.ron", &fast);
    let output = program.run(&["run", "line.ron", "--for", "30s", "--out", "out", "-q"]).expect_code(1);
    assert!(output.stdout.contains("this run is invalid") && output.stdout.contains("missed sensor edge"), "{}", output.stdout);
    let report: serde_json::Value = serde_json::from_slice(&program.read("out/kpi.json")).expect("kpi.json is JSON");
    let condition = &report["invalid_conditions"][0];
    assert_eq!(condition["kind"], "missed sensor edge");
    assert!(condition["count"].as_u64().is_some_and(|count| count > 3), "{condition}");
    assert!(
        condition["first_at"].as_str().is_some_and(|place| place.starts_with("part infeed#") && place.ends_with(" at eye")),
        "{condition}"
    );
    let page = String::from_utf8(program.read("out/report.html")).expect("a page is text");
    assert!(page.contains("missed sensor edge"), "the report says so");
    // A shorter step sees every vial.
    program.run(&["run", "line.ron", "--for", "30s", "--out", "fine", "-q", "--set", "step_hz=240"]).expect_code(0);
}

#[test]
fn a_wrong_override_is_told_like_a_wrong_file() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let output = program.run(&["run", "line.ron", "--for", "5s", "--set", "belt.sped_mps=0.6"]).expect_code(2);
    assert!(output.stderr.contains("speed_mps"), "did you mean: {}", output.stderr);
    assert_eq!(program.files(), ["line.ron"], "a wrong override writes nothing");
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    // Long enough that the interrupt comes in the middle of it on any machine.
    let run = |out: &str| vec!["run", "line.ron", "--for", "20min", "--out", out].into_iter().map(str::to_string).collect::<Vec<_>>();
    program.run(&run("whole")).expect_code(0);
    let mut interrupted = false;
    for signal in ["INT", "TERM"] {
        let output = program.run_and_signal(&run("parts"), &[signal], " %");
        interrupted |= output.code == Some(130);
        assert!(output.code == Some(130) || output.code == Some(0), "SIG{signal}: {output:?}");
    }
    assert!(interrupted, "both signals came too late: make the run longer");
    program.run(&run("parts")).expect_code(0);
    for file in ["kpi.json", "kpi.csv", "events.parquet", "report.html"] {
        assert_eq!(program.read(&format!("parts/{file}")), program.read(&format!("whole/{file}")), "{file}");
    }
    assert_eq!(program.final_hash("parts"), program.final_hash("whole"));
}

/// Both signals wait while the program is stopped, so that the second comes before it has taken another step.
#[test]
fn a_second_signal_ends_the_program_at_once_and_the_directory_can_be_resumed() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let run = |out: &str| vec!["run", "line.ron", "--for", "20min", "--out", out].into_iter().map(str::to_string).collect::<Vec<_>>();
    program.run(&run("whole")).expect_code(0);
    let output = program.run_and_signal(&run("parts"), &["STOP", "INT", "TERM", "CONT"], " %").expect_code(130);
    assert!(!output.stderr.contains("interrupted at"), "it did not wait for a snapshot: {}", output.stderr);
    assert!(!program.path("parts/kpi.json").exists(), "the signals came too late: make the run longer");
    program.run(&run("parts")).expect_code(0);
    assert_eq!(program.final_hash("parts"), program.final_hash("whole"));
}

#[test]
fn replay_report_and_compare_read_a_run_directory() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    program.run(&["run", "line.ron", "--for", "20s", "--out", "slow", "-q"]).expect_code(0);
    program.run(&["run", "line.ron", "--for", "20s", "--out", "fast", "-q", "--set", "belt.speed_mps=0.8"]).expect_code(0);
    program.run(&["replay", "slow"]).expect_code(0);

    let report = program.read("slow/report.html");
    fs::remove_file(program.path("slow/report.html")).expect("it was written");
    program.run(&["report", "slow"]).expect_code(0);
    assert_eq!(program.read("slow/report.html"), report);

    let table = program.run(&["compare", "slow", "fast"]).expect_code(0).stdout;
    assert!(table.contains("line.throughput_per_h"), "{table}");
    let json = program.run(&["compare", "slow", "fast", "--format", "json"]).expect_code(0).stdout;
    serde_json::from_str::<serde_json::Value>(&json).expect("--format json prints JSON");
}

#[test]
fn replications_give_the_same_tables_for_any_number_of_processes_and_after_an_interruption() {
    const TABLES: [&str; 3] = ["replications.json", "replications.csv", "runs.csv"];
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let replicate = |out: &str, jobs: &str| {
        let words = ["replicate", "line.ron", "--for", "4min", "--runs", "4", "--jobs", jobs, "--out", out];
        words.into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let told = program.run(&replicate("one", "1")).expect_code(0).stdout;
    assert!(told.contains("4 independent replications") && told.contains("half width of line.throughput_per_h"), "{told}");
    let output = program.run_and_signal(&replicate("parts", "2"), &["TERM"], "is done");
    assert_eq!(output.code, Some(130), "{output:?}");
    assert!(output.stderr.contains("the same command goes on") && !program.path("parts/replications.json").exists(), "{output:?}");
    let goes_on = program.run(&replicate("parts", "2")).expect_code(0);
    assert!(goes_on.stderr.contains("there already"), "{}", goes_on.stderr);
    for table in TABLES {
        assert_eq!(program.read(&format!("parts/{table}")), program.read(&format!("one/{table}")), "{table}");
    }
    // Each is the run that its own command gives.
    program.run(&["run", "line.ron", "--for", "4min", "--replication", "3", "--events", "none", "--out", "alone", "-q"]).expect_code(0);
    assert_eq!(program.final_hash("alone"), program.final_hash("one/replication-0003"));
    assert_ne!(program.final_hash("alone"), program.final_hash("one/replication-0002"));
}

#[test]
fn replications_of_two_scenes_are_compared_in_pairs() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let replicate = |out: &str, more: &[&str]| {
        let mut words = vec!["-q", "replicate", "line.ron", "--for", "1min", "--runs", "8", "--out", out];
        words.extend(more);
        program.run(&words).expect_code(0);
    };
    replicate("slow", &[]);
    replicate("fast", &["--set", "belt.speed_mps=0.8"]);
    replicate("other", &["--seed", "8"]);
    let words = ["compare", "slow", "fast", "--kpi", "belt.level_mean", "--format", "json"];
    let found: serde_json::Value = serde_json::from_str(&program.run(&words).expect_code(0).stdout).expect("JSON");
    let verdict = |kpi: &str| {
        let rows = found["rows"].as_array().expect("rows");
        rows.iter().find(|row| row["kpi"] == kpi).unwrap_or_else(|| panic!("{kpi} in {found}"))["verdict"].clone()
    };
    assert_eq!((found["pairs"].as_u64(), verdict("line.lead_time_mean_s")), (Some(8), "lower".into()));
    assert_eq!(verdict("belt.level_mean"), "lower", "the same arrivals go through a faster belt");
    let table = program.run(&["compare", "slow", "fast"]).expect_code(0).stdout;
    assert!(table.contains("8 pairs of replications under seed 3") && table.contains("Bonferroni"), "{table}");
    let told = program.run(&["compare", "slow", "other"]).expect_code(2).stderr;
    assert!(told.contains("share no random numbers") && told.contains("--seed"), "{told}");
    let told = program.run(&["compare", "slow", "slow/replication-0000"]).expect_code_in(&[2, 3]).stderr;
    assert!(told.contains("replications.json"), "{told}");
}

#[test]
fn replications_are_made_until_the_interval_is_as_narrow_as_asked_for() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let words = ["replicate", "line.ron", "--for", "2min", "--runs", "3", "--until", "5%", "--out", "runs", "--format", "json"];
    let found: serde_json::Value = serde_json::from_str(&program.run(&words).expect_code(0).stdout).expect("JSON");
    let kpis = found["kpis"].as_array().expect("a list");
    let throughput = kpis.iter().find(|kpi| kpi["kpi"] == "line.throughput_per_h").expect("it is measured");
    let width = throughput["half_width"].as_f64().expect("several values") / throughput["mean"].as_f64().expect("a mean");
    assert!(width <= 0.05 && found["replications"].as_u64().expect("a count") > 3, "{found}");
    assert_eq!(found["target"]["reached"], true);
    // Nothing reaches this with so few.
    let words = ["replicate", "line.ron", "--for", "2min", "--runs", "3", "--until", "0.001%", "--most", "4", "--out", "runs"];
    let told = program.run(&words).expect_code(1).stdout;
    assert!(told.contains("4 independent replications") && told.contains("--most"), "{told}");
}

#[test]
fn a_jam_rate_comes_with_its_variants_and_a_verdict() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let output = program.run(&["jams", "line.ron", "--for", "5s", "--seeds", "2", "--format", "json", "--threads", "1"]).expect_code(0);
    let study: serde_json::Value = serde_json::from_str(&output.stdout).expect("a study is JSON");
    let rates = study["rates"].as_array().expect("a list");
    assert_eq!(rates.len(), 5);
    assert!(rates.iter().all(|rate| rate["jams"].as_array().is_some_and(|jams| jams.len() == 2)), "{study}");
    assert!(study["verdict"].as_str().is_some_and(|verdict| verdict.contains("uncalibrated")), "{study}");
}

#[test]
fn a_scene_and_a_run_are_exported_where_they_are_asked_for() {
    let program = Program::new();
    program.write("line.ron", SMALL_SCENE);
    let out = program.run(&["export", "line.ron", "--to", "usda", "--for", "2s", "-q"]).expect_code(0).stdout;
    assert_eq!((out.trim(), program.read("line.usda").starts_with(b"#usda 1.0")), ("line.usda", true));
    program.run(&["run", "line.ron", "--for", "5s", "--out", "done", "-q"]).expect_code_in(&[0, 1]);
    program.run(&["export", "done", "--to", "gltf", "--from", "3s", "--out", "at.gltf", "-q"]).expect_code(0);
    serde_json::from_slice::<serde_json::Value>(&program.read("at.gltf")).expect("text where the name says so");
    assert_eq!(program.run(&["trace", "done", "--to", "mcap", "-q"]).expect_code(0).stdout.trim(), "done.mcap");
    for (wrong, told) in [
        (&["export", "done", "--to", "usda", "--for", "9s"][..], "lasts 5 s"),
        (&["export", "done", "--to", "usda", "--seed", "9"], "go with a scene"),
        (&["export", "line.ron", "--to", "usda", "--rate", "0"], "no rate between"),
        (&["trace", "line.ron", "--to", "mcap"], "is no run directory"),
        (&["export", "nothing.ron", "--to", "gltf"], "nothing.ron"),
    ] {
        let output = program.run(wrong).expect_code(2);
        assert!(output.stderr.contains(told), "{wrong:?}: {}", output.stderr);
    }
}

#[test]
fn a_missing_viewer_exits_with_3() {
    // Beside the program that was built there may be one.
    let program = Program::new();
    fs::copy(env!("CARGO_BIN_EXE_linetwin"), program.path("linetwin")).expect("the program was built");
    // While another test starts a program, the copy may still be open for writing in what is to become that one.
    let output = (0..100)
        .find_map(|_| match std::process::Command::new(program.path("linetwin")).args(["view", "line.ron"]).env("PATH", "").output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(50));
                None
            }
            started => Some(started.expect("it starts")),
        })
        .expect("nobody writes to it for five seconds");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("not part of this build") && told.contains("cargo build"), "{told}");
}

#[test]
fn completions_name_the_verbs() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = program.run(&["completions", shell]).expect_code(0).stdout;
        assert!(script.contains("replay"), "{shell}");
    }
}
