//! Templates and repetitions: what they make, what it is called, and where their problems stand.

use crate::diagnostic::Diagnostic;
use crate::read::{ReadOptions, Reading, read};
use crate::spec::ElementSpec;

const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Cells",
    constants: {"pitch_m": 4},
    templates: {
        "cell": Template(parameters: ["x_m"], defaults: {"work_s": Value("x_m / 4 + 1")}, line: {
            "belt": Belt(from_m: (Value("x_m"), 0, 0.8), length_m: Value("pitch_m"), width_m: 0.5, speed_mps: 0.5),
            "press": Station(on: "belt", at_m: 1, hold: Blade, processing_s: Value("work_s"), sets: {"ok": 1}),
            "push": Pusher(on: "belt", at_m: 2.5, side: Left, stroke_s: 0.4, when: "!ok && done(press)"),
            "bin": Sink(after: "push.side"),
        }),
        "pair": Template(parameters: ["y"], line: {
            "inner": Use(template: "cell", x_m: Value("2 * y"), work_s: 3),
        }),
    },
    parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4)},
    line: {
        "infeed": Source(part: "carton", interarrival_s: 9, before: "cell 1/belt"),
        "cell": Repeat(count: 2, of: Use(template: "cell", x_m: Value("i * pitch_m"))),
        "third": Use(template: "pair", y: Value("pitch_m")),
        "eye": Repeat(at_m: [0.5, 3], name: ["a", "b"], of: Counter(on: "third/inner/belt")),
        "dock": Sink(after: "third/inner/belt"),
    },
)"#;

fn reading(text: &str, overrides: &[&str]) -> Reading {
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    read("scene.ron", text, &options, &|_| Err(std::io::ErrorKind::NotFound.into()))
}

fn told(text: &str) -> Vec<String> {
    let reading = reading(text, &[]);
    let place = |span: crate::diagnostic::Span| {
        let (line, column) = reading.sources.line_column(span.file, span.start);
        format!("{line}:{column}")
    };
    let shown = |problem: &Diagnostic| {
        let related: String = problem.related.iter().map(|(span, word)| format!(", {word} {}", place(*span))).collect();
        format!("{} {}: {}{related}", place(problem.span), problem.code, problem.message)
    };
    reading.diagnostics.iter().map(shown).collect()
}

#[test]
fn uses_and_repetitions_become_elements() {
    let scene = SCENE.replace(", name: [\"a\", \"b\"]", "");
    let reading = reading(&scene, &["cell 2/press.processing_s=7", "constants.pitch_m=5"]);
    assert_eq!(reading.diagnostics, vec![]);
    let scene = reading.scene.expect("it is right");
    let names: Vec<&str> = scene.elements.iter().map(|element| element.name.as_str()).collect();
    let cell = |name: &str| ["belt", "press", "push", "bin"].map(|element| format!("{name}/{element}"));
    let expected: Vec<String> = ["infeed".to_owned()]
        .into_iter()
        .chain(["cell 1", "cell 2", "third/inner"].into_iter().flat_map(cell))
        .chain(["eye 1", "eye 2", "dock"].map(str::to_owned))
        .collect();
    assert_eq!(names, expected);
    let shown = |path: &str| scene.inputs.iter().find(|input| input.path == path).map(|input| input.value.as_str());
    assert_eq!(shown("cell 1/press.processing_s"), Some("1"));
    assert_eq!(shown("cell 2/press.processing_s"), Some("7"));
    assert_eq!(shown("third/inner/press.processing_s"), Some("3"));
    assert_eq!(shown("cell 2/belt.from_m"), Some("(5, 0, 0.8)"));
    assert_eq!(shown("third/inner/belt.from_m"), Some("(10, 0, 0.8)"));
    assert_eq!(shown("eye 2.at_m"), Some("3"));
    assert!(scene.inputs.iter().all(|input| !input.path.starts_with("templates")));
}

#[test]
fn json_has_templates_too() {
    let json = r#"{"schema": 1, "name": "x", "parts": {}, "templates": {"cell": {"parameters": ["x"],
        "line": {"belt": {"Belt": {"from_m": [{"Value": "x"}, 0, 0.8], "length_m": 2, "width_m": 1, "speed_mps": 1}}}}},
        "line": {"a": {"Use": {"template": "cell", "x": 3}}, "b": {"Repeat": {"x": [5, 9], "of": {"Use": {"template": "cell"}}}}}}"#;
    let (mut sources, mut files, mut diagnostics) = Default::default();
    let load = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let mut loader = crate::files::FileLoader::new(&load, &mut sources, &mut files);
    let reading = crate::read::read_spec("scene.json", json, &ReadOptions::default(), &mut loader, &mut diagnostics);
    assert_eq!(diagnostics, Vec::<Diagnostic>::new());
    let begins = reading.spec.expect("no diagnostics").line.into_iter().map(|(name, element)| match element {
        ElementSpec::Belt(belt) => (name, belt.from_m.expect("given")[0]),
        _ => panic!("a belt"),
    });
    let expected = [("a/belt", 3.0), ("b 1/belt", 5.0), ("b 2/belt", 9.0)].map(|(name, x)| (name.to_owned(), x));
    assert_eq!(begins.collect::<Vec<_>>(), expected);
}

#[test]
fn problems_stand_in_the_template_with_the_use_beside_them() {
    assert_eq!(told(SCENE), ["21:39 unknown-field: `Counter` has no field `name`"]);
    let scene = SCENE.replace(", name: [\"a\", \"b\"]", "");
    let wrong = told(&scene.replace("at_m: 2.5", "at_m: 9"));
    assert!(matches!(wrong.as_slice(), [only] if only.starts_with("9:") && only.ends_with("used here 19:38")), "{wrong:?}");
    let cases = [
        ("y: Value(\"pitch_m\")", "z: 4", "20:40 unknown-field: the template `pair` has no parameter `z`"),
        ("y: Value(\"pitch_m\")", "", "20:18 missing-field: the template `pair` needs `y`, of this template 12:9"),
        ("Use(template: \"pair\"", "Use(template: \"pear\"", "20:32 unknown-reference: no template is called `pear`"),
        ("count: 2", "count: 0", "19:31 wrong-type: `count` of a `Repeat` is a whole number from 1 on, found the number 0"),
        ("[0.5, 3]", "[0.5, 3], left_m: [1]", "21:39 wrong-length: `left_m` has 1 values, `at_m` 2, the other is this 21:23"),
        ("\"cell\", x_m: Value(\"2 * y\"), work_s: 3", "\"pair\", y: 1", "13:22 endless-template: templates use each other without end"),
        ("x_m / 4 + 1", "x_n / 4 + 1", "6:75 bad-expression: no constant is called `x_n`: did you mean `x_m`?"),
    ];
    for (from, to, expected) in cases {
        let told = told(&scene.replace(from, to));
        assert!(told.iter().any(|told| told.starts_with(expected)), "{expected}: {told:#?}");
    }
}
