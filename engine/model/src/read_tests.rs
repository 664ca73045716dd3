//! Tests of reading up to the spec types: notations mean the same, problems are told apart, overrides find their place.

use super::*;
use crate::spec::{ElementSpec, Quantity};
use crate::syntax::{FieldPath, Locate};

const ISSUE: &str = r#"
Scene(
    schema: 1,
    name: "Carton packaging",
    seed: 7,
    warmup_s: 600,
    count: "carton",
    demand_per_h: 1100,
    parts: {
        // or a mix: "goods": Mix(csv: "goods.csv")
        "carton": Part(shape: Box(size_m: (0.40, 0.30, 0.25)), mass_kg: Normal(mean: 4.0, sd: 0.3), material: "card"),
    },
    line: {
        "infeed":  Source(part: "carton", interarrival_s: Exponential(mean: 3.0), before: "belt 1"),
        "belt 1":  Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
        "curve":   Curve(after: "belt 1", radius_m: 0.9, angle_deg: 90),
        "belt 2":  Belt(after: "curve", length_m: 5, speed_mps: 0.5),
        "weigher": Checkweigher(on: "belt 2", at_m: 1.5, limits_kg: (3.3, 4.7), error_sd_kg: 0.01, sets: "weight_ok",
                                failures: [Failure(mode: "load cell", uptime_s: Exponential(mean: 14400), repair_s: Lognormal(mean: 300, sd: 200))], power_w: (idle: 180, processing: 350)),
        "reject":  Pusher(on: "belt 2", at_m: 2.5, side: Left, stroke_s: 0.4, force_n: 200, when: "!weight_ok"),
        "bin":     Sink(after: "reject.side"),
        "sealer":  Station(on: "belt 2", at_m: 4.0, hold: Blade, processing_s: Triangular(min: 1.2, mode: 1.4, max: 1.8), power_w: (idle: 400, processing: 1500)),
        "dock":    Sink(after: "belt 2"),
    },
    checks: [AtLeast(kpi: "dock.carton.per_h", value: 1000), NoPartLost],
)
"#;

const SMALL_JSON: &str = r#"{"schema": 1, "name": "small",
 "parts": {"carton": {"Part": {"shape": {"Box": {"size_m": [0.4, 0.3, 0.25]}}, "mass_kg": {"Normal": {"mean": 4, "sd": 0.3}}}}},
 "line": {"in": {"Source": {"part": "carton", "rate_per_h": 900, "before": "belt"}},
  "belt": {"Belt": {"from_m": [0, 0, 0.8], "to_m": [6, 0, 0.8], "width_m": 0.6, "speed_mps": 0.5, "rails": "Both"}},
  "out": {"Sink": {"after": "belt", "outcome": null}}},
 "checks": ["NoPartLost", {"AtLeast": {"kpi": "line.oee", "value": 0.5}}]}"#;

const SMALL_RON: &str = r#"(schema: 1, name: "small",
 parts: {"carton": Part(Box((0.4, 0.3, 0.25)), Normal(4, 0.3))},
 line: {"in": Source(part: "carton", rate_per_h: Some(900), before: "belt"),
  "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
  "out": Sink(after: "belt", outcome: None)},
 checks: [NoPartLost, AtLeast("line.oee", 0.5)])"#;

fn read_with(name: &str, text: &str, overrides: &[&str]) -> (SpecReading, Vec<Diagnostic>) {
    let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
    let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let options = ReadOptions { overrides: overrides.iter().map(|text| (*text).to_owned()).collect() };
    let reading = read_spec(name, text, &options, &mut FileLoader::new(&nothing, &mut sources, &mut files), &mut diagnostics);
    (reading, diagnostics)
}

fn spec(text: &str, overrides: &[&str]) -> SceneSpec {
    let (reading, diagnostics) = read_with("scene.ron", text, overrides);
    assert_eq!(diagnostics, vec![]);
    reading.spec.expect("no diagnostics")
}

fn problems(text: &str, overrides: &[&str]) -> Vec<(&'static str, String)> {
    let (_, diagnostics) = read_with("scene.ron", text, overrides);
    diagnostics.into_iter().map(|problem| (problem.code, problem.help.unwrap_or(problem.message))).collect()
}

#[test]
fn the_text_of_the_issue_reads() {
    let spec = spec(ISSUE, &[]);
    assert_eq!(spec.line.keys().map(String::as_str).collect::<Vec<_>>()[..3], ["infeed", "belt 1", "curve"]);
}

#[test]
fn json_positional_and_named_mean_the_same() {
    let (json, diagnostics) = read_with("scene.json", SMALL_JSON, &[]);
    assert_eq!(diagnostics, vec![]);
    assert_eq!(json.spec.expect("it reads"), spec(SMALL_RON, &[]));
}

#[test]
fn what_serde_writes_is_read_back() {
    let first = spec(ISSUE, &[]);
    let json = serde_json::to_string_pretty(&first).expect("a spec is plain data");
    let (again, diagnostics) = read_with("scene.json", &json, &[]);
    assert_eq!(diagnostics, vec![]);
    // Compared as text: an empty list of names may be written or not.
    assert_eq!(serde_json::to_string_pretty(&again.spec.expect("it reads")).expect("plain data"), json);
}

#[test]
fn a_value_is_found_by_its_path() {
    let (reading, _) = read_with("scene.ron", ISSUE, &["belt 1.speed_mps=0.6"]);
    let path = FieldPath::default().name("line").name("weigher").name("limits_kg").index(1);
    assert_eq!(reading.document.written(&path).as_deref(), Some("4.7"));
    assert_eq!(reading.document.written(&FieldPath::default().name("line").name("weigher").name("no_such")), None);
    let belt = FieldPath::default().name("line").name("belt 1");
    assert!(reading.document.is_override(&belt.name("speed_mps")) && !reading.document.is_override(&belt.name("width_m")));
    let shape = FieldPath::default().name("parts").name("carton").name("shape").name("size_m").index(0);
    assert_eq!(reading.document.written(&shape).as_deref(), Some("0.40"));
    let name = reading.document.name_span(&belt);
    assert_eq!(&ISSUE[name.start as usize..name.end as usize], "\"belt 1\"");
}

#[test]
fn overrides_replace_insert_and_come_in_order() {
    let belt = |overrides: &[&str]| match &spec(ISSUE, overrides).line["belt 1"] {
        ElementSpec::Belt(belt) => belt.clone(),
        _ => panic!("a belt"),
    };
    assert_eq!(belt(&["belt 1.speed_mps=0.6"]).speed_mps, Some(0.6));
    assert_eq!(belt(&["line.belt 1.speed_mps = 0.6", "\"belt 1\".speed_mps=0.7"]).speed_mps, Some(0.7));
    assert_eq!(belt(&["belt 1.from_m.2=0.9"]).from_m, Some([0.0, 0.0, 0.9]));
    assert_eq!(belt(&["belt 1.acceleration_mps2=2"]).acceleration_mps2, 2.0);
    assert_eq!(belt(&["belt 1.power_w.idle=50"]).power_w.idle, 50.0);
    assert_eq!(belt(&["belt 1.speed_mps=None"]).speed_mps, None);
    assert_eq!(belt(&["belt 1=Belt(from_m: (0, 0, 1), length_m: 2)", "belt 1.power_w.idle=50"]).power_w.idle, 50.0);
    assert_eq!(belt(&["belt 1.failures.0=Failure(mode: \"slip\", repair_s: 9)"]).failures[0].mode, "slip");
    assert_eq!(spec(ISSUE, &["materials.card on steel.friction=0.3"]).materials["card on steel"].friction, 0.3);
    assert_eq!(spec(ISSUE, &["checks.2=NoPartLost"]).checks.len(), 3);
    assert_eq!(spec(SMALL_RON, &["parts.carton.mass_kg.mean=5", "parts.carton.material=plastic"]).parts.len(), 1);
    assert_eq!(spec(ISSUE, &["name=Line 7 (new)"]).name, "Line 7 (new)");
    assert_eq!(spec(ISSUE, &["seed=8", "count=None"]).count, None);
    let spec = spec(ISSUE, &["line.belt 3=Belt(after: \"dock\", length_m: 2)", "infeed.interarrival_s=Triangular(1, 2, 3)"]);
    assert_eq!(spec.line.len(), 10);
    let ElementSpec::Source(source) = &spec.line["infeed"] else { panic!("a source") };
    assert!(matches!(&source.interarrival_s, Some(Quantity::Drawn(_))));
    let ElementSpec::Sink(bin) = &self::spec(ISSUE, &["bin.after=reject.other"]).line["bin"] else { panic!("a sink") };
    assert_eq!(bin.after.names, ["reject.other"]);
}

#[test]
fn overrides_supply_what_the_text_lacks_and_mend_what_is_wrong_in_it() {
    let text = ISSUE.replace(" radius_m: 0.9,", "").replace("speed_mps: 0.5),\n        \"curve\"", "speed_mps: fast),\n        \"curve\"");
    let codes: Vec<&str> = problems(&text, &[]).into_iter().map(|problem| problem.0).collect();
    assert_eq!(codes, ["wrong-type", "missing-field"]);
    assert_eq!(spec(&text, &["belt 1.speed_mps=0.5", "curve.radius_m=0.9"]), spec(ISSUE, &[]));
    let json = SMALL_JSON.replace("\"shape\"", "\"form\"").replace("\"rate_per_h\": 900, ", "");
    let (reading, diagnostics) = read_with("scene.json", &SMALL_JSON.replace("\"rate_per_h\": 900, ", ""), &["in.rate_per_h=900"]);
    assert_eq!((diagnostics, reading.spec), (vec![], Some(spec(SMALL_RON, &[]))));
    let (_, problems) = read_with("scene.json", &json, &["parts.carton.mass_kg.mean=5"]);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["unknown-field"], "the errors of the file itself stay");
}

#[test]
fn bad_overrides_say_what_was_meant() {
    let cases = [
        ("belt 1.sped_mps=1", "unknown-path", "did you mean `speed_mps`?"),
        ("belt 1.speed=1", "unknown-path", "did you mean `speed_mps`?"),
        ("belt 9.speed_mps=1", "unknown-path", "did you mean `belt 1`?"),
        ("belt 1.speed_mps=fast", "wrong-type", "`speed_mps` must be a number, found `fast`"),
        ("belt 1.speed_mps", "bad-override", "an override needs a path, `=` and a value"),
        (".a=1", "bad-override", "a name is missing in this path"),
        ("belt 1.from_m.7=1", "unknown-path", "`from_m` has no item `7`"),
        ("belt 1.speed_mps.x=1", "unknown-path", "`speed_mps` has nothing inside that could be called `x`"),
        ("curve.from_m.2=1", "unknown-path", "set it as a whole: from_m=..."),
        ("parts.box.mass_kg=1", "unknown-path", "`parts` has no entry `box`"),
        ("belt 1.failures.1=1", "unknown-path", "`failures` has no item `1`"),
        ("belt 1.failures.0.mode=slip", "missing-field", "add `repair_s: ...`: time until it runs again [s]"),
        ("\"belt 1.speed_mps=1", "bad-override", "a double quote is not closed"),
        ("belt 1.speed_mps=", "bad-override", "a value for `speed_mps` is missing after `=`"),
    ];
    for (text, code, says) in cases {
        assert_eq!(problems(ISSUE, &[text]), [(code, says.to_owned())], "{text}");
    }
}

#[test]
fn all_problems_are_reported_and_none_follows_from_another() {
    let broken = ISSUE
        .replace("warmup_s", "warmup")
        .replace("to_m: (6, 0, 0.8)", "to_m: (6, 0)")
        .replace("side: Left", "side: Lft")
        .replace("processing_s: Triangular(min: 1.2, mode: 1.4, max: 1.8)", "processing_s: Triangular(1.2, mode: 1.4)")
        .replace("\"dock\":    Sink", "\"curve\":    Sink")
        .replace("angle_deg: 90", "angle: 90");
    let (_, diagnostics) = read_with("scene.ron", &broken, &[]);
    let mut codes: Vec<_> = diagnostics.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["duplicate-name", "mixed-arguments", "unknown-field", "unknown-field", "unknown-variant", "wrong-length"]);
}
