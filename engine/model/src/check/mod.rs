//! From the written scene to the checked one: names become ids, ports must meet, all problems are reported at once.
//! Knows nothing about text but through [`Locate`], and nothing about how the scene is run.
//!
//! Each room owns one question: are single values sensible (`values`, `distributions`, `elements`), what was
//! observed (`observations`), what are the goods (`materials`,
//! `goods`, `meshes`, `bulk`), what do names refer to and where does everything stand (`references`, `place`), which ports meet
//! (`ports`; grains: `bulk_space`), what are the tables that the engine runs (`tables`, `surfaces`, `carriages`, `lifts`, `devices`), where do routers
//! send parts (`routing`), what do conditions and rules mean (`conditions`, `controls`), what do elements share (`resources`), what
//! lets parts in (`release`), who clears what jams (`jams`), which parts come where (`passages`), do they get through (`flow`), what can conditions turn out as
//! (`outcomes`), what waits for what never comes (`starvation`), what fills until nothing moves (`deadlock`), is there room
//! (`space`; `solids`, by `boxes`), what goes wrong by mechanics (`prospects`),
//! what must hold at the end (`checks`), what looks at it (`cameras`), what lies under it (`floor_plan`), where batches run
//! (`compute`), can exact events run it (`fidelity`), what do they take from contact physics (`calibration`), what was put in (`inputs`).

mod accumulation;
mod assembly;
mod boxes;
mod bulk;
mod bulk_space;
mod calibration;
mod cameras;
mod carriages;
mod carriers;
mod checks;
mod circuit;
mod compute;
pub(crate) mod condition;
mod conditions;
mod contents;
mod controls;
mod deadlock;
mod devices;
mod distributions;
mod disturbances;
mod elements;
mod fidelity;
mod floor_plan;
mod flow;
mod goods;
mod inputs;
mod jams;
mod lidars;
mod lifts;
mod materials;
mod meshes;
mod observations;
mod outcomes;
mod packing;
mod passages;
mod pieces;
mod place;
mod ports;
mod prospects;
mod recorded;
mod references;
mod release;
mod resources;
mod routing;
mod senses;
mod solids;
mod sortation;
mod space;
mod starvation;
mod surfaces;
mod tables;
mod values;
mod views;
mod work;

use crate::diagnostic::{Diagnostic, Severity};
use crate::files::FileLoader;
use crate::scene::{self, ElementId, Scene};
use crate::spec::SceneSpec;
use crate::syntax::{FieldPath, Locate};
use crate::time::Time;
use crate::words::nearest;
use std::collections::BTreeMap;
use values::Sign;

pub(crate) use inputs::{path_text, ron_text};
pub use materials::{BUILT_IN_MATERIALS, UNKNOWN_PAIR};

/// The checked scene, unless an error is among the diagnostics. All problems are reported, not only the first.
pub fn check(spec: &SceneSpec, at: &dyn Locate, files: &mut FileLoader<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Scene> {
    let incomplete = at.is_broken(&FieldPath::default());
    let mut checker = Checker {
        spec,
        at,
        incomplete,
        files,
        diagnostics: Vec::new(),
        broken_ports: Vec::new(),
        observations: BTreeMap::new(),
        orders: BTreeMap::new(),
        order_names: Vec::new(),
        schedules_refused: false,
    };
    let scene = checker.scene();
    let refused = checker.refused();
    assert!(refused || scene.is_some(), "a scene without an error is built");
    diagnostics.append(&mut checker.diagnostics);
    scene.filter(|_| !refused)
}

/// What every room of the check shares.
pub(crate) struct Checker<'a, 'f> {
    spec: &'a SceneSpec,
    at: &'a dyn Locate,
    /// Something was refused before, and something else stands in for it.
    incomplete: bool,
    files: &'a mut FileLoader<'f>,
    diagnostics: Vec<Diagnostic>,
    /// Ports of flows that the scene states and that cannot be: what is missing there follows from it.
    broken_ports: Vec<references::PortRef>,
    observations: observations::Observations,
    /// By source, until its row is made; and the names of all of them, by their numbers from 1.
    orders: BTreeMap<usize, Vec<scene::Order>>,
    order_names: Vec<String>,
    schedules_refused: bool,
}

impl Checker<'_, '_> {
    fn error(&self, code: &'static str, path: &FieldPath, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.at.value_span(path), message)
    }
    fn warning(&self, code: &'static str, path: &FieldPath, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, self.at.value_span(path), message)
    }
    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
    fn refused(&self) -> bool {
        self.incomplete || self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
    /// `line` / element / field.
    fn field(&self, element: usize, field: &str) -> FieldPath {
        self.element_path(element).name(field)
    }
    fn element_path(&self, element: usize) -> FieldPath {
        top("line").name(self.name(element))
    }
    fn name(&self, element: usize) -> &str {
        self.spec.line.get_index(element).expect("an element's index comes from the line").0
    }
    /// An error about a name that nothing carries, with the nearest one that something does.
    fn unknown(&mut self, path: &FieldPath, what: &str, word: &str, known: &[&str]) {
        let mut problem = self.error("unknown-reference", path, format!("no {what} is called `{word}`"));
        let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        problem = problem.allowed(if listed.is_empty() { format!("there is no {what}") } else { listed.join(", ") });
        if let Some(near) = nearest(word, known.iter().copied()) {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        self.push(problem);
    }

    fn scene(&mut self) -> Option<Scene> {
        self.head();
        self.element_values();
        let materials = self.materials();
        let granulates = self.granulates(&materials);
        let part_types = self.part_types(&materials);
        self.schedules(&part_types);
        let references = self.references();
        let layout = self.place(&references);
        let links = self.links(&references, &layout);
        let tables = self.tables(&materials, &granulates, &part_types, &references, &layout, &links);
        let physics = self.physics(&materials);
        let bulk = self.bulk_space(granulates, &tables);
        let compute = self.compute();
        let platforms: Vec<ElementId> = tables.carriages.iter().map(|carriage| carriage.element).collect();
        let cameras = self.cameras(&platforms);
        let floor_plan = self.floor_plan();
        let (count, constraint) = (self.count(&part_types), self.constraint());
        let initial = self.initial(&part_types, &tables);
        let (crews, calendar) = (self.crews(), self.calendar());
        let controls = self.controls(&tables);
        let clearings = self.clearings();
        let conwips = self.conwips();
        let checks = self.checks(&tables);
        let disturbances = self.disturbances(&materials);
        let (fidelity, step) = self.fidelity();
        let complete = tables.unbuilt.is_empty();
        assert!(complete || self.refused(), "an element that cannot be built has an error");
        let mut scene = Scene {
            name: self.spec.name.clone(),
            seed: self.spec.seed,
            fidelity,
            by_contact: Vec::new(),
            bulk_flows: false,
            coasting: self.spec.coasting,
            calibration: None,
            step,
            warmup: Time::from_seconds(self.spec.warmup_s),
            count,
            demand_per_h: self.spec.demand_per_h,
            minor_stop: Time::from_seconds(self.spec.minor_stop_s),
            constraint,
            physics,
            materials,
            bulk,
            compute,
            part_types,
            attributes: tables.attributes,
            elements: tables.elements,
            ports: tables.ports,
            edges: tables.edges,
            conveyors: tables.conveyors,
            drives: tables.drives,
            spots: tables.spots,
            eyes: tables.eyes,
            pushers: tables.pushers,
            diverters: tables.diverters,
            carriages: tables.carriages,
            trains: tables.trains,
            lifts: tables.lifts,
            fixtures: tables.fixtures,
            cameras,
            floor_plan,
            crews,
            conwips,
            calendar,
            controls,
            clearings,
            initial,
            checks,
            disturbances,
            happenings: Vec::new(),
            inputs: Vec::new(),
        };
        for (element, passing) in passages::passing(&scene).into_iter().enumerate() {
            scene.elements[element].passing = passing;
        }
        self.replay(&mut scene);
        self.happenings(&mut scene);
        if complete {
            self.fit_to_parts(&mut scene);
        }
        self.flow(&scene, &tables.unbuilt);
        (scene.by_contact, scene.bulk_flows) = self.by_contact(&scene);
        self.known_to_events(&scene);
        self.coasting(&scene);
        if complete {
            scene.calibration = self.calibration(&scene);
        }
        if !self.refused() {
            passages::plan_passages(&mut scene);
            scene.inputs = self.inputs(&scene);
            self.calibrated_for(&scene);
        }
        complete.then_some(scene)
    }

    fn head(&mut self) {
        let spec = self.spec;
        if spec.schema != 1 {
            let problem = self.error("unknown-schema", &top("schema"), format!("the scene says schema {}", spec.schema));
            self.push(problem.allowed("1").help("this program reads schema 1; a newer one needs a newer program"));
        }
        self.number(&top("warmup_s"), spec.warmup_s, Sign::NotNegative, None);
        self.number(&top("minor_stop_s"), spec.minor_stop_s, Sign::NotNegative, None);
        self.option(&top("demand_per_h"), spec.demand_per_h, Sign::Positive, None);
        if !(30..=10_000).contains(&spec.step_hz) {
            let problem = self.error("out-of-range", &top("step_hz"), format!("`step_hz` is {}", spec.step_hz));
            self.push(problem.allowed("30 to 10000").help("120 is the default; contacts are loose below 30 steps per second"));
        }
        if spec.line.is_empty() {
            let problem = self.error("empty-line", &top("line"), "the line has no elements");
            self.push(problem.help("`linetwin new NAME` writes a small scene that runs"));
        }
    }

    fn physics(&mut self, materials: &scene::Materials) -> scene::Physics {
        let (spec, path) = (&self.spec.physics, top("physics"));
        self.number(&path.name("gravity_mps2"), spec.gravity_mps2, Sign::NotNegative, None);
        self.number(&path.name("floor_z_m"), spec.floor_z_m, Sign::Any, Some(values::COORDINATE));
        self.number(
            &path.name("contact_recycle_m"),
            spec.contact_recycle_m,
            Sign::NotNegative,
            Some(values::Usual { low: 1e-6, high: 0.5, ..values::HEIGHT }),
        );
        self.number(&path.name("contact_frequency_hz"), spec.contact_frequency_hz, Sign::Positive, None);
        self.number(&path.name("jam_after_s"), spec.jam_after_s, Sign::Positive, None);
        if !(1..=100).contains(&spec.solver_iterations) {
            let message = format!("`solver_iterations` is {}", spec.solver_iterations);
            self.push(self.error("out-of-range", &path.name("solver_iterations"), message).allowed("1 to 100"));
        }
        scene::Physics {
            solver_iterations: spec.solver_iterations,
            contact_recycling: spec.contact_recycling,
            contact_recycle_m: spec.contact_recycle_m,
            contact_frequency_hz: spec.contact_frequency_hz,
            gravity_mps2: spec.gravity_mps2,
            floor_z_m: spec.floor_z_m,
            floor_material: self.material(&path.name("floor_material"), &spec.floor_material, materials),
            jam_after: Time::from_seconds(spec.jam_after_s),
        }
    }

    fn count(&mut self, part_types: &[scene::PartType]) -> Option<scene::PartTypeId> {
        let name = self.spec.count.as_ref()?;
        self.part_named(&top("count"), name, part_types)
    }

    fn constraint(&mut self) -> Option<ElementId> {
        let name = self.spec.constraint.as_ref()?;
        self.element_named(&top("constraint"), name).map(ElementId::from_index)
    }

    /// The index of an element, or an error.
    fn element_named(&mut self, path: &FieldPath, name: &str) -> Option<usize> {
        let found = self.spec.line.get_index_of(name);
        if found.is_none() {
            let known: Vec<&str> = self.spec.line.keys().map(String::as_str).collect();
            self.unknown(path, "element", name, &known);
        }
        found
    }

    fn part_named(&mut self, path: &FieldPath, name: &str, part_types: &[scene::PartType]) -> Option<scene::PartTypeId> {
        let found = part_types.iter().position(|part_type| part_type.name == name);
        if found.is_none() {
            let known: Vec<&str> = part_types.iter().map(|part_type| part_type.name.as_str()).collect();
            self.unknown(path, "part", name, &known);
        }
        found.map(scene::PartTypeId::from_index)
    }
}

/// A field of the scene itself.
fn top(field: &str) -> FieldPath {
    FieldPath::default().name(field)
}
