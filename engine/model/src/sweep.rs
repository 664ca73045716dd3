//! A sweep as written in `sweep.ron`: a scene, what of it varies, and by which plan. Checked as a scene is, with places in the text.
//! Knows nothing about how runs are made, and of the scene only what its fields are called.

use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::schema::SchemaDocument;
use crate::spec::ConstantSpec;
use crate::syntax::parser::parse;
use crate::syntax::validate::validate;
use crate::syntax::value::Document;
use crate::syntax::{FieldPath, Locate};
use crate::time::Time;
use crate::words::listed;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::OnceLock;

/// Sobol's numbers are tabled for so many factors.
pub const MOST_SOBOL_FACTORS: usize = 21;
/// A slip of the pen should not fill a disk [runs].
pub const MOST_RUNS: u64 = 1_000_000;

/// Many runs of one scene: at each point of a plan so many replications. Replication k has the same random numbers at every point,
/// so that points are compared in pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Sweep")]
pub struct SweepSpec {
    /// Version of this vocabulary: 1.
    pub schema: u32,
    /// The scene file, from this file's folder.
    pub scene: String,
    /// Simulated time of each run [s].
    pub duration_s: f64,
    /// Instead of the scene's.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Runs at each point.
    #[serde(default = "replications")]
    pub replications: u32,
    /// Fields of the scene that are the same at every point, as in `--set`: `"warmup_s=600"`.
    #[serde(default)]
    pub set: Vec<String>,
    /// What varies, by name.
    #[serde(default)]
    pub factors: IndexMap<String, FactorSpec>,
    /// Which of the points that the factors span are run.
    #[serde(default)]
    pub design: DesignSpec,
    /// Instead of factors: named ways to build or to run the line, each with the fields that it sets, as in `--set`.
    #[serde(default)]
    pub scenarios: IndexMap<String, Vec<String>>,
    /// The scenario that the others are compared with; without it, the first.
    #[serde(default)]
    pub baseline: Option<String>,
    /// Measures that points are compared by.
    #[serde(default = "measures")]
    pub measures: Vec<String>,
}

/// What varies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Factor")]
pub struct FactorSpec {
    /// The fields of the scene that get its value: `"belt 1.speed_mps"`.
    pub sets: Vec<String>,
    /// Its levels: numbers, or in quotes what a `--set` would have: a text, a variant, `"Normal(mean: 4, sd: 0.5)"`.
    #[serde(default)]
    pub values: Vec<ConstantSpec>,
    /// Instead of levels: from the lowest to the highest value, for `LatinHypercube` and `Sobol`.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Only whole numbers of the range.
    #[serde(default)]
    pub whole: bool,
}

/// Which points are run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Design")]
pub enum DesignSpec {
    /// Every level of every factor with every level of all others.
    #[default]
    Grid,
    /// These points: for each a list with a value for each factor, in their order.
    List(Vec<Vec<ConstantSpec>>),
    /// So many points, of which every factor takes each of so many equal shares of its range once (McKay, Beckman and Conover 1979).
    LatinHypercube {
        points: u32,
        /// Another seed gives other points.
        #[serde(default)]
        seed: u64,
    },
    /// The first so many points of Sobol's sequence, which fill the ranges evenly; a power of two is best.
    Sobol { points: u32 },
}

fn replications() -> u32 {
    5
}
fn measures() -> Vec<String> {
    vec!["line.throughput_per_h".to_owned()]
}

/// A sweep that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub scene: String,
    pub duration: Time,
    pub seed: Option<u64>,
    pub replications: u32,
    pub set: Vec<String>,
    pub kind: SweepKind,
    pub measures: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SweepKind {
    Factors { factors: Vec<Factor>, design: Design },
    Scenarios { scenarios: Vec<Scenario>, baseline: usize },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    /// `PATH=VALUE`.
    pub overrides: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    pub name: String,
    pub sets: Vec<String>,
    pub domain: Domain,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// As written.
    Levels(Vec<String>),
    Range {
        low: f64,
        high: f64,
        whole: bool,
    },
    /// The points of a list say.
    Listed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Design {
    Grid,
    /// Values as written, for each point and factor.
    List(Vec<Vec<String>>),
    LatinHypercube {
        points: u32,
        seed: u64,
    },
    Sobol {
        points: u32,
    },
}

/// What came of a sweep's text.
pub struct SweepReading {
    /// There exactly when no diagnostic is an error.
    pub sweep: Option<Sweep>,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// The JSON Schema of sweeps.
fn sweep_schema() -> &'static SchemaDocument {
    static SCHEMA: OnceLock<SchemaDocument> = OnceLock::new();
    SCHEMA.get_or_init(|| SchemaDocument::of(schemars::schema_for!(SweepSpec).to_value()))
}

/// Reads the sweep `text` of the file `name` (RON; JSON where the name ends in `.json`).
pub fn read_sweep(name: &str, text: &str) -> SweepReading {
    let (mut sources, mut diagnostics) = (Sources::default(), Vec::new());
    let file = sources.add(name, text);
    let tree = parse(file, name, text, &mut diagnostics);
    let root = validate(&tree.root, sweep_schema().root(), "the sweep", &mut diagnostics);
    let document = Document {
        root,
        texts: vec![(file, text.to_owned())],
        copies: Vec::new(),
        overrides: Vec::new(),
        lacks_files: false,
        refused: Vec::new(),
    };
    let mut sweep = None;
    if document.root.is_complete() {
        match SweepSpec::deserialize(&document.root) {
            Ok(spec) => sweep = Some(Check { spec: &spec, at: &document, diagnostics: &mut diagnostics }.sweep()),
            Err(error) => {
                diagnostics.push(Diagnostic::error("invalid-value", error.span.unwrap_or(document.root.span), error.message));
            }
        }
    }
    diagnostics.sort_by_key(|problem| (problem.span, problem.severity));
    let refused = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    SweepReading { sweep: sweep.filter(|_| !refused), diagnostics, sources }
}

struct Check<'a> {
    spec: &'a SweepSpec,
    at: &'a Document,
    diagnostics: &'a mut Vec<Diagnostic>,
}

fn top(field: &str) -> FieldPath {
    FieldPath::default().name(field)
}

impl Check<'_> {
    fn refuse(&mut self, code: &'static str, path: &FieldPath, message: String, allowed: &str) {
        let problem = Diagnostic::error(code, self.at.value_span(path), message);
        self.diagnostics.push(if allowed.is_empty() { problem } else { problem.allowed(allowed) });
    }

    /// What is wrong is told; what comes back is only of use where nothing is.
    fn sweep(mut self) -> Sweep {
        let spec = self.spec;
        if spec.schema != 1 {
            self.refuse("unknown-schema", &top("schema"), format!("the sweep says schema {}", spec.schema), "1");
        }
        if !(spec.duration_s.is_finite() && spec.duration_s > 0.0) {
            self.refuse("out-of-range", &top("duration_s"), format!("`duration_s` is {}", spec.duration_s), "a number above 0");
        }
        if spec.replications == 0 {
            self.refuse(
                "out-of-range",
                &top("replications"),
                "`replications` is 0".to_owned(),
                "1 or more; an interval needs 2, and 5 are a beginning",
            );
        }
        if spec.measures.is_empty() {
            self.refuse(
                "empty-list",
                &top("measures"),
                "points are compared by nothing".to_owned(),
                "the path of a KPI: line.throughput_per_h",
            );
        }
        let kind = match (spec.factors.is_empty(), spec.scenarios.is_empty()) {
            (false, true) => self.factors(),
            (true, false) => self.scenarios(),
            (true, true) => {
                self.refuse("missing-field", &FieldPath::default(), "nothing varies in this sweep".to_owned(), "`factors`, or `scenarios`");
                SweepKind::Factors { factors: Vec::new(), design: Design::Grid }
            }
            (false, false) => {
                let problem = "it has factors and scenarios".to_owned();
                self.refuse("contradiction", &top("scenarios"), problem, "one of the two: a scenario can set any field");
                self.scenarios()
            }
        };
        let sweep = Sweep {
            scene: spec.scene.clone(),
            duration: Time::from_seconds(if spec.duration_s.is_finite() { spec.duration_s.max(0.0) } else { 0.0 }),
            seed: spec.seed,
            replications: spec.replications,
            set: spec.set.clone(),
            kind,
            measures: spec.measures.clone(),
        };
        let runs = sweep.point_count().saturating_mul(u64::from(sweep.replications));
        if runs > MOST_RUNS {
            let message = format!("{} points with {} replications are {runs} runs", sweep.point_count(), sweep.replications);
            self.refuse("too-many", &top("factors"), message, &format!("at most {MOST_RUNS}"));
        }
        sweep
    }

    fn scenarios(&mut self) -> SweepKind {
        let spec = self.spec;
        let names: Vec<&str> = spec.scenarios.keys().map(String::as_str).collect();
        let baseline = match &spec.baseline {
            None => 0,
            Some(name) => spec.scenarios.get_index_of(name).unwrap_or_else(|| {
                self.refuse(
                    "unknown-reference",
                    &top("baseline"),
                    format!("no scenario is called `{name}`"),
                    &listed(names.iter().copied()),
                );
                0
            }),
        };
        if spec.design != DesignSpec::Grid {
            self.refuse("contradiction", &top("design"), "scenarios are run as they stand".to_owned(), "no `design`, or factors");
        }
        let scenarios = spec.scenarios.iter().map(|(name, sets)| Scenario { name: name.clone(), overrides: sets.clone() }).collect();
        SweepKind::Scenarios { scenarios, baseline }
    }

    fn factors(&mut self) -> SweepKind {
        let spec = self.spec;
        if spec.baseline.is_some() {
            self.refuse("contradiction", &top("baseline"), "a baseline is one of `scenarios`, and there are none".to_owned(), "");
        }
        let factors = spec.factors.iter().map(|(name, factor)| self.factor(name, factor)).collect();
        let design = match &spec.design {
            DesignSpec::Grid => Design::Grid,
            DesignSpec::List(points) => Design::List(self.listed_points(points)),
            DesignSpec::LatinHypercube { points, seed } => {
                self.some_points(*points);
                Design::LatinHypercube { points: *points, seed: *seed }
            }
            DesignSpec::Sobol { points } => {
                self.some_points(*points);
                if spec.factors.len() > MOST_SOBOL_FACTORS {
                    let message = format!("{} factors for Sobol's sequence", spec.factors.len());
                    self.refuse("too-many", &top("design"), message, &format!("at most {MOST_SOBOL_FACTORS}; LatinHypercube has no limit"));
                }
                Design::Sobol { points: *points }
            }
        };
        SweepKind::Factors { factors, design }
    }

    fn some_points(&mut self, points: u32) {
        if points == 0 {
            self.refuse("out-of-range", &top("design").name("points"), "`points` is 0".to_owned(), "1 or more");
        }
    }

    fn listed_points(&mut self, points: &[Vec<ConstantSpec>]) -> Vec<Vec<String>> {
        let path = top("design");
        if points.is_empty() {
            self.refuse("empty-list", &path, "the list has no points".to_owned(), "List([[0.4, 2], [0.6, 3]]): a value for each factor");
        }
        let factors = self.spec.factors.len();
        let mut texts = Vec::new();
        for (number, point) in points.iter().enumerate() {
            let at = path.index(number);
            if point.len() != factors {
                self.refuse(
                    "wrong-length",
                    &at,
                    format!("{} values for {factors} factors", point.len()),
                    "a value for each factor, in their order",
                );
            }
            texts.push(point.iter().enumerate().map(|(value, spec)| self.text(&at.index(value), spec)).collect());
        }
        texts
    }

    fn factor(&mut self, name: &str, spec: &FactorSpec) -> Factor {
        let path = top("factors").name(name);
        if spec.sets.is_empty() {
            self.refuse("empty-list", &path.name("sets"), format!("`{name}` sets nothing"), "paths of fields: \"belt 1.speed_mps\"");
        }
        let domain = match (&self.spec.design, spec.range) {
            (DesignSpec::List(_), None) if spec.values.is_empty() => Domain::Listed,
            (DesignSpec::List(_), _) => {
                let message = format!("`{name}` has values of its own, and the list gives them");
                self.refuse("contradiction", &path, message, "only `sets`");
                Domain::Listed
            }
            (_, Some(_)) if !spec.values.is_empty() => {
                self.refuse("contradiction", &path, format!("`{name}` has both values and a range"), "one of the two");
                Domain::Listed
            }
            (DesignSpec::Grid, Some(_)) => {
                let message = format!("a grid takes every level, and `{name}` has a range");
                self.refuse("contradiction", &path.name("range"), message, "`values`; or the design LatinHypercube or Sobol");
                Domain::Listed
            }
            (_, Some([low, high])) => {
                if !(low.is_finite() && high.is_finite() && low < high) {
                    self.refuse(
                        "out-of-range",
                        &path.name("range"),
                        format!("from {low} to {high}"),
                        "the lowest value before the highest",
                    );
                }
                Domain::Range { low, high, whole: spec.whole }
            }
            (_, None) if spec.values.is_empty() => {
                self.refuse(
                    "missing-field",
                    &path,
                    format!("`{name}` has no values"),
                    "`values: [...]`; or `range: (low, high)` for LatinHypercube and Sobol",
                );
                Domain::Listed
            }
            (_, None) => {
                let values = path.name("values");
                Domain::Levels(spec.values.iter().enumerate().map(|(value, spec)| self.text(&values.index(value), spec)).collect())
            }
        };
        if spec.whole && spec.range.is_none() {
            self.refuse("contradiction", &path.name("whole"), format!("`{name}` has no range of which to take whole numbers"), "");
        }
        Factor { name: name.to_owned(), sets: spec.sets.clone(), domain }
    }

    /// A value as a `--set` has it: as it is written, but for quotes.
    fn text(&self, path: &FieldPath, value: &ConstantSpec) -> String {
        match &value.0 {
            Value::String(text) => text.clone(),
            _ => self.at.written(path).expect("a value of a list is written"),
        }
    }
}

impl Sweep {
    pub fn point_count(&self) -> u64 {
        match &self.kind {
            SweepKind::Scenarios { scenarios, .. } => scenarios.len() as u64,
            SweepKind::Factors { factors, design } => match design {
                Design::Grid => {
                    let levels = |factor: &Factor| if let Domain::Levels(levels) = &factor.domain { levels.len() as u64 } else { 1 };
                    factors.iter().map(levels).fold(1, u64::saturating_mul)
                }
                Design::List(points) => points.len() as u64,
                Design::LatinHypercube { points, .. } | Design::Sobol { points } => u64::from(*points),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> SweepReading {
        read_sweep("sweep.ron", &format!("Sweep(schema: 1, scene: \"line.ron\", duration_s: 600, {fields})"))
    }

    fn codes(fields: &str) -> Vec<&'static str> {
        read(fields).diagnostics.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn values_stay_as_they_are_written() {
        let reading = read(
            "factors: {\"speed\": Factor(sets: [\"belt.speed_mps\"], values: [0.40, 1]), \"cycle\": Factor(sets: [\"a.cycle_s\", \"b.cycle_s\"], values: [\"Normal(mean: 4, sd: 0.5)\"])}",
        );
        assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
        let sweep = reading.sweep.expect("nothing is wrong with it");
        let SweepKind::Factors { factors, design: Design::Grid } = &sweep.kind else { panic!("{sweep:?}") };
        assert_eq!(factors[0].domain, Domain::Levels(vec!["0.40".into(), "1".into()]));
        assert_eq!(factors[1].domain, Domain::Levels(vec!["Normal(mean: 4, sd: 0.5)".into()]));
        assert_eq!((sweep.point_count(), sweep.replications, sweep.measures.len()), (2, 5, 1));
    }

    #[test]
    fn every_plan_is_understood() {
        let ranged = "factors: {\"a\": Factor(sets: [\"x.y\"], range: (1, 5), whole: true)}";
        for (design, points) in [("Sobol(points: 8)", 8), ("LatinHypercube(points: 5, seed: 3)", 5)] {
            let sweep = read(&format!("{ranged}, design: {design}")).sweep.expect("nothing is wrong with it");
            assert_eq!(sweep.point_count(), points);
        }
        let listed = read(
            "factors: {\"a\": Factor(sets: [\"x.y\"]), \"b\": Factor(sets: [\"x.z\"])}, design: List([[1, \"red\"], [2, \"blue\"], [3, \"red\"]])",
        );
        assert_eq!(listed.sweep.expect("nothing is wrong with it").point_count(), 3);
        let named =
            read("scenarios: {\"base\": [], \"fast\": [\"belt.speed_mps=0.8\"]}, baseline: \"fast\"").sweep.expect("nothing is wrong");
        assert!(matches!(named.kind, SweepKind::Scenarios { baseline: 1, .. }));
    }

    #[test]
    fn what_makes_no_sense_is_told_at_its_place() {
        assert_eq!(codes(""), ["missing-field"]);
        assert_eq!(codes("scenarios: {\"base\": []}, baseline: \"bse\""), ["unknown-reference"]);
        assert_eq!(codes("factors: {\"a\": Factor(sets: [])}"), ["missing-field", "empty-list"]);
        assert_eq!(codes("factors: {\"a\": Factor(sets: [\"x.y\"], range: (1, 2))}"), ["contradiction"]);
        assert_eq!(codes("factors: {\"a\": Factor(sets: [\"x.y\"], range: (2, 1))}, design: Sobol(points: 0)"), ["out-of-range"; 2]);
        assert_eq!(codes("factors: {\"a\": Factor(sets: [\"x.y\"])}, design: List([[1, 2]])"), ["wrong-length"]);
        assert_eq!(codes("scenarios: {\"base\": []}, replications: 0, measures: []"), ["out-of-range", "empty-list"]);
        assert_eq!(codes("scenarios: {\"base\": []}, replications: 2000000"), ["too-many"]);
        let reading = read("factors: {\"a\": Factor(sets: [\"x.y\"], valuse: [1])}");
        assert!(reading.sweep.is_none() && reading.diagnostics[0].render(&reading.sources, false).contains("values"));
    }
}
