//! `test`: a planted weakness is found, made as small as it is, and kept as a run that replays.

use super::program::Program;

/// A rule holds the belt while an eye says that boxes queue up: one that is stuck holds it as well.
const QUEUE: &str = r#"
Scene(
    schema: 1,
    name: "Queue",
    seed: 9,
    parts: {
        "box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: 2, material: "card"),
    },
    line: {
        "infeed": Source(part: "box", interarrival_s: 4, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
        "eye": Eye(on: "belt", at_m: 2),
        "gate": Stop(on: "belt", at_m: 3, hold_s: 0.5),
        "dock": Sink(after: "belt"),
    },
    controls: [Rule(when: "eye.blocked_for > 6", do: [Hold("belt")])],
    disturbances: [
        Late(source: "infeed", by_s: Uniform(min: 1, max: 3)),
        StuckEye(eye: "eye", for_s: Uniform(min: 2, max: 40)),
        PowerDip(on: ["gate"], for_s: 1),
        Friction(pair: "card on belt", factor: Uniform(min: 0.9, max: 1.1)),
        OffSize(source: "infeed", factor: Uniform(min: 0.95, max: 1.05), for_s: 20),
    ],
    checks: [AtMost(kpi: "belt.state.held", value: 0.02)],
)
"#;

fn words<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["test", "line.ron", "--for", "2min", "--runs", "32", "--out", out, "-q"][..], more].concat()
}

#[test]
fn a_weakness_is_found_shrunk_and_kept() {
    let program = Program::new();
    program.write("line.ron", QUEUE);
    let output = program.run(&words("out", &[])).expect_code(1).stdout;
    assert!(output.contains("fails: AtMost(kpi: \"belt.state.held\""), "{output}");
    let found: serde_json::Value = serde_json::from_slice(&program.read("out/test.json")).expect("JSON");
    let violation = &found["found"];
    // Only an eye that is stuck for more than six seconds can hold the belt.
    let happens = violation["happens"].as_array().expect("what happened");
    assert_eq!(happens.len(), 1, "{violation}");
    assert!(happens[0]["disturbance"] == 1 && happens[0]["for_s"].as_f64() > Some(6.0), "{violation}");
    let began_s = happens[0]["at_s"].as_f64().expect("a moment");
    let lasted_s = violation["duration_s"].as_f64().expect("a duration");
    assert!(lasted_s > began_s + 6.0 && lasted_s < began_s + 12.0, "{violation}");
    // The run is one like any other: it replays, and the check fails in it.
    let directory = format!("out/{}", violation["directory"].as_str().expect("a directory"));
    assert!(program.run(&["replay", &directory]).expect_code(0).stdout.contains("agree"));
    let kpis: serde_json::Value = serde_json::from_slice(&program.read(&format!("{directory}/kpi.json"))).expect("JSON");
    assert_eq!(kpis["checks"][0]["passed"], false);
    // The same seed finds the same, with any number of processes; what is there is not made again.
    let again = program.run(&words("other", &["--jobs", "1", "--format", "json"])).expect_code(1).stdout;
    assert_eq!(again, String::from_utf8(program.read("out/test.json")).expect("text"));
    program.run(&words("out", &[])).expect_code(1);
}

#[test]
fn a_scene_that_stands_it_passes() {
    let program = Program::new();
    program.write("line.ron", QUEUE);
    let text = program.run(&words("out", &["--set", "disturbances.1.for_s=2"])).expect_code(0).stdout;
    assert!(text.contains("every check held in all of them"), "{text}");
}

#[test]
fn what_cannot_be_tested_is_told() {
    let program = Program::new();
    program.write("line.ron", QUEUE);
    for (set, told) in [
        ("checks=[]", "there is nothing that could fail"),
        ("disturbances=[]", "say what can happen"),
        ("disturbances.1.eye=eie", "did you mean `eye`?"),
        ("disturbances.0.source=belt", "a Source"),
        ("disturbances.3.pair=card", "MATERIAL on MATERIAL"),
        ("disturbances.0.by_s=-1", "above 0"),
        ("happens=[Happens(disturbance: 7)]", "there is no disturbance 7"),
    ] {
        let output = program.run(&words("out", &["--set", set])).expect_code(2);
        assert!(output.stderr.contains(told), "{set}: {}", output.stderr);
    }
    assert_eq!(program.files(), ["line.ron"], "nothing is written");
}
