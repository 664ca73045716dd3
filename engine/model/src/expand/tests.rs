//! Included files and computed values: what they mean, where their problems stand, and how inputs show them.

use crate::diagnostic::{Diagnostic, Sources};
use crate::files::FileLoader;
use crate::read::{ReadOptions, Reading, read, read_spec};
use crate::scene::InputSource;
use crate::spec::{ElementSpec, SceneSpec};

const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Computed",
    include: ["lib/cartons.ron"],
    constants: {"pitch_m": 1.5, "twice_m": Value("2 * pitch_m"), "work_s": Exponential(mean: Value("pace_s")), "host": "belt"},
    line: {
        "infeed": Source(part: "carton", interarrival_s: Value("pace_s * 4"), before: "belt"),
        "belt": Belt(from_m: (0, 0, Value("1.6 / 2")), length_m: Value("twice_m + 3 * pitch_m"), width_m: 0.6, speed_mps: 0.5),
        "press": Station(on: Value("host"), at_m: Value("twice_m"), hold: Blade, processing_s: Value("work_s")),
    },
)"#;
const CARTONS: &str = r#"Include(
    include: ["deep/dock.json", "../more.ron"],
    constants: {"pace_s": 1},
    parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4), "goods": Mix(csv: "goods.csv")},
)"#;
const DOCK: &str = r#"{"line": {"dock": {"Sink": {"after": "belt"}}}}"#;
const MORE: &str = r#"Include(materials: {"card on belt": (friction: 0.6)})"#;
const GOODS: &str = "article,length_m,width_m,height_m,mass_kg\nA,0.3,0.2,0.1,1.5\n";

fn file(path: &str) -> std::io::Result<Vec<u8>> {
    let text = match path {
        "plant/lib/cartons.ron" => CARTONS,
        "plant/lib/deep/dock.json" => DOCK,
        "plant/lib/../more.ron" => MORE,
        "plant/lib/goods.csv" => GOODS,
        "circle.ron" => "Include(include: [\"circle.ron\"])",
        "wrong.ron" => "Include(seed: 3, line: {\"belt\": Belt(length_m: Value(\"pich\"), width: 1)})",
        "unclosed.ron" => "Include(line: {\"belt\": Belt(",
        "scene.ron" => SCENE,
        _ => return Err(std::io::ErrorKind::NotFound.into()),
    };
    Ok(text.into())
}

fn reading(text: &str, overrides: &[&str]) -> Reading {
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    read("plant/scene.ron", text, &options, &file)
}

fn spec(text: &str, overrides: &[&str]) -> SceneSpec {
    let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    let reading = read_spec("plant/scene.ron", text, &options, &mut FileLoader::new(&file, &mut sources, &mut files), &mut diagnostics);
    assert_eq!(diagnostics, Vec::<Diagnostic>::new());
    reading.spec.expect("no diagnostics")
}

fn belt(spec: &SceneSpec) -> (f64, f64) {
    let ElementSpec::Belt(belt) = &spec.line["belt"] else { panic!("a belt") };
    (belt.from_m.expect("given")[2], belt.length_m.expect("given"))
}

#[test]
fn values_are_computed_and_files_read_in() {
    let reading = reading(SCENE, &[]);
    assert_eq!(reading.diagnostics, vec![]);
    let files: Vec<&str> = reading.files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(files, ["plant/lib/cartons.ron", "plant/lib/deep/dock.json", "plant/lib/../more.ron", "plant/lib/goods.csv"]);
    let spec = spec(SCENE, &[]);
    assert_eq!(belt(&spec), (0.8, 7.5));
    // What is included comes first.
    assert_eq!(spec.line.keys().map(String::as_str).collect::<Vec<_>>(), ["dock", "infeed", "belt", "press"]);
    let inputs = reading.scene.expect("it is right").inputs;
    let shown = |path: &str| {
        let input = inputs.iter().find(|input| input.path == path).unwrap_or_else(|| panic!("{path} is an input"));
        (input.value.as_str(), input.source.clone())
    };
    assert_eq!(shown("belt.length_m").0, "Value(\"twice_m + 3 * pitch_m\") = 7.5");
    assert_eq!(shown("belt.from_m").0, "(0, 0, Value(\"1.6 / 2\") = 0.8)");
    assert_eq!(shown("constants.twice_m").0, "Value(\"2 * pitch_m\") = 3");
    assert_eq!(shown("press.on").0, "Value(\"host\") = \"belt\"");
    assert_eq!(shown("parts.carton.mass_kg"), ("4", InputSource::File("plant/lib/cartons.ron:4:75".into())));
}

#[test]
fn overrides_reach_constants_and_included_elements() {
    let spec =
        spec(SCENE, &["constants.pitch_m=2", "dock.outcome=Scrap", "belt.from_m=(0, 0, Value(\"pitch_m / 2\"))", "constants.host=belt"]);
    assert_eq!(belt(&spec), (1.0, 10.0));
    assert!(matches!(&spec.line["dock"], ElementSpec::Sink(sink) if sink.outcome.is_some()));
}

#[test]
fn json_computes_too() {
    let json = r#"{"schema": 1, "name": "x", "constants": {"a": 2}, "parts": {},
        "line": {"belt": {"Belt": {"from_m": [0, 0, {"Value": "a / 4"}], "length_m": {"Value": "a"}, "width_m": 1, "speed_mps": 1}}}}"#;
    let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
    let mut loader = FileLoader::new(&file, &mut sources, &mut files);
    let reading = read_spec("scene.json", json, &ReadOptions::default(), &mut loader, &mut diagnostics);
    assert_eq!(diagnostics, Vec::<Diagnostic>::new());
    assert_eq!(belt(&reading.spec.expect("no diagnostics")), (0.5, 2.0));
}

#[test]
fn problems_stand_where_they_were_written() {
    let told = |text: &str, name: &str| -> Vec<String> {
        let reading = read(name, text, &ReadOptions::default(), &file);
        let place = |problem: &Diagnostic| {
            let (line, column) = reading.sources.line_column(problem.span.file, problem.span.start);
            format!("{}:{line}:{column} {}", reading.sources.file(problem.span.file).name, problem.code)
        };
        reading.diagnostics.iter().map(place).collect()
    };
    let scene = |include: &str, more: &str| {
        format!("Scene(schema: 1, name: \"x\", include: [\"{include}\"], {more}parts: {{}},\nline: {{\"dock\": Sink(after: \"belt\")}})")
    };
    assert_eq!(told(&scene("circle.ron", ""), "s.ron"), ["circle.ron:1:19 endless-include"]);
    assert_eq!(told(&scene("s.ron", ""), "s.ron"), ["s.ron:1:39 endless-include"]);
    assert_eq!(told(&scene("none.ron", ""), "s.ron"), ["s.ron:1:39 missing-file"]);
    assert_eq!(told(&scene("unclosed.ron", ""), "s.ron"), ["unclosed.ron:1:28 unclosed-bracket"]);
    assert_eq!(told(&scene("scene.ron", ""), "s.ron"), ["scene.ron:1:1 wrong-type"]);
    let wrong = ["wrong.ron:1:9 unknown-field", "wrong.ron:1:55 bad-expression", "wrong.ron:1:63 unknown-field"];
    assert_eq!(told(&scene("wrong.ron", "constants: {\"pitch\": 1}, "), "s.ron"), wrong);
    let circle = scene("../more.ron", "constants: {\"a\": Value(\"b + 1\"), \"b\": Value(\"a\"), \"c\": Value(\"2 / 0\"), \"a b\": 1}, ");
    let circle = circle.replace("include: [\"../more.ron\"], ", "").replace("after: \"belt\"", "after: Value(5)");
    assert_eq!(
        told(&circle, "s.ron"),
        ["s.ron:1:41 endless-constant", "s.ron:1:93 bad-expression", "s.ron:1:100 bad-name", "s.ron:2:28 bad-expression",]
    );
}
