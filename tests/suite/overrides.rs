//! `--set` promises: any field by its path, as the report lists it, whether the scene's text has it or not. The law: an
//! input set to the value that it has anyway changes nothing.

use linetwin_model::Scene;
use linetwin_model::read::{ReadOptions, Reading, read};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_owned()
}

fn read_with(path: &Path, text: &str, overrides: Vec<String>) -> Reading {
    read(&path.to_string_lossy(), text, &ReadOptions { overrides }, &|path| std::fs::read(path))
}

fn without_inputs(reading: Reading, what: &str) -> Scene {
    let problems: Vec<String> = reading.diagnostics.iter().map(|problem| problem.render(&reading.sources, false)).collect();
    let scene = reading.scene.unwrap_or_else(|| panic!("{what}:\n{}", problems.join("\n")));
    Scene { inputs: Vec::new(), ..scene }
}

#[test]
fn every_input_can_be_set_to_what_it_is() {
    let folder = repository().join("scenes");
    for entry in std::fs::read_dir(&folder).expect("the scenes are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|ending| ending != "ron") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a scene is text");
        let reading = read_with(&path, &text, Vec::new());
        let inputs = reading.scene.as_ref().expect("a good scene").inputs.clone();
        let scene = without_inputs(reading, "as it is");
        assert!(inputs.len() > 20, "{}: {} inputs", path.display(), inputs.len());
        for input in inputs {
            // Paths of files start elsewhere in an override; a value taken over says so behind it.
            let from_here =
                |word: &str| if folder.join(word).is_file() { folder.join(word).display().to_string() } else { word.to_owned() };
            let words: Vec<String> = input.value.trim_end_matches(" (its neighbour's)").split('"').map(from_here).collect();
            let value = words.join("\"");
            // What is computed says its result behind it.
            let value = value.split_once("\") = ").map_or(value.clone(), |(written, _)| format!("{written}\")"));
            let text_of_override = format!("{}={value}", input.path);
            let same = without_inputs(read_with(&path, &text, vec![text_of_override.clone()]), &text_of_override);
            assert_eq!(same, scene, "{}: --set '{text_of_override}'", path.display());
        }
    }
}

#[test]
fn a_declared_ideal_cycle_arrives_in_the_scene() {
    use linetwin_model::Time;
    use linetwin_model::scene::ElementKind;
    let path = repository().join("scenes/carton.ron");
    let text = std::fs::read_to_string(&path).expect("a scene is text");
    let scene = without_inputs(
        read_with(&path, &text, vec!["sealer.ideal_cycle_s=1.25".to_owned(), "weigher.ideal_cycle_s=0.9".to_owned()]),
        "ideal cycles",
    );
    let declared: Vec<Option<Time>> = scene
        .elements
        .iter()
        .filter_map(|element| match &element.kind {
            ElementKind::Station(station) => Some(station.ideal_cycle),
            ElementKind::Checkweigher(weigher) => Some(weigher.ideal_cycle),
            _ => None,
        })
        .collect();
    assert_eq!(declared, [0.9, 1.25].map(|seconds| Some(Time::from_seconds(seconds))));
}

#[test]
fn a_scene_can_be_written_by_overrides_alone() {
    let overrides = [
        "name=From nothing",
        "schema=1",
        "parts.box=Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)",
        "line.in=Source(part: \"box\", before: \"belt.1=a\")",
        "in.rate_per_h=600",
        "line.\"belt.1=a\"=Belt(width_m: 0.5, speed_mps: 0.5)",
        "\"belt.1=a\".from_m=(0, 0, 0.8)",
        "\"belt.1=a\".length_m=3",
        "\"belt.1=a\".failures.0=Failure(mode: \"belt slips\", uptime_s: 900, repair_s: 30)",
        "\"belt.1=a\".failures.0.repair_s=40",
        "\"belt.1=a\".power_w.idle=80",
        "line.\"out \\\"1\\\"\"=Sink(after: \"belt.1=a\")",
        "\"out \\\"1\\\"\".outcome=Scrap",
        "checks.0=NoPartLost",
    ];
    let path = PathBuf::from("nothing.ron");
    let scene = without_inputs(read_with(&path, "()", overrides.map(str::to_owned).to_vec()), "overrides");
    let written = r#"(name: "From nothing", schema: 1,
        parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)},
        line: {
            "in": Source(part: "box", before: "belt.1=a", rate_per_h: 600),
            "belt.1=a": Belt(from_m: (0, 0, 0.8), length_m: 3, width_m: 0.5, speed_mps: 0.5, power_w: (idle: 80),
                failures: [Failure(mode: "belt slips", uptime_s: 900, repair_s: 40)]),
            "out \"1\"": Sink(after: "belt.1=a", outcome: Scrap)},
        checks: [NoPartLost])"#;
    assert_eq!(scene, without_inputs(read_with(&path, written, Vec::new()), "written"));
}
