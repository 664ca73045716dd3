//! The scene as a user writes it: serde and schemars types whose doc comments are the schema documentation and the
//! reference. Knows nothing about text, spans or what a value refers to: `syntax` reads it, `check` understands it.
//!
//! Every field's comment ends with its unit. Field order is the order of positional arguments: `Normal(4.0, 0.3)`.
//! The types serialise too, so that a scene can be written as JSON and every input can be listed with its default.

mod assembly;
mod bulk;
mod calibration;
mod camera;
mod carriage;
mod circuit;
mod compute;
mod constant;
mod controls;
mod conveyor;
mod disturbances;
mod element;
mod fidelity;
mod floor_plan;
mod jams;
mod lidar;
mod lift;
mod packing;
mod part;
mod quantity;
mod recorded;
mod release;
mod resources;
mod routing;
mod senses;
mod sortation;
mod spiral;
mod surfaces;
mod table;
mod transfer;
mod work;

pub use assembly::*;
pub use bulk::*;
pub use calibration::*;
pub use camera::*;
pub use carriage::*;
pub use circuit::*;
pub use compute::*;
pub use constant::*;
pub use controls::*;
pub use conveyor::*;
pub use disturbances::*;
pub use element::*;
pub use fidelity::*;
pub use floor_plan::*;
pub use jams::*;
pub use lidar::*;
pub use lift::*;
pub use packing::*;
pub use part::*;
pub use quantity::*;
pub use recorded::*;
pub use release::*;
pub use resources::*;
pub use routing::*;
pub use senses::*;
pub use sortation::*;
pub use spiral::*;
pub use surfaces::*;
pub use table::*;
pub use transfer::*;
pub use work::*;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A factory line with everything that a run needs. SI units, Z up; the unit stands in the field's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scene")]
pub struct SceneSpec {
    /// Version of this vocabulary: 1.
    pub schema: u32,
    /// The line's name, as reports show it.
    pub name: String,
    /// Seed of every random stream; another seed is another replication of the same line.
    #[serde(default)]
    pub seed: u64,
    /// Statistics start after this time; the contents stay [s].
    #[serde(default)]
    pub warmup_s: f64,
    /// The part whose completion counts for the line's throughput; without it every part counts.
    #[serde(default)]
    pub count: Option<String>,
    /// Demand rate [parts/h].
    #[serde(default)]
    pub demand_per_h: Option<f64>,
    /// A stop shorter than this is a performance loss, a longer one an availability loss [s].
    #[serde(default = "minor_stop_s")]
    pub minor_stop_s: f64,
    /// The element that limits the line; without it, it is found by the active-period method.
    #[serde(default)]
    pub constraint: Option<String>,
    /// What moves the parts: contact physics, exact events, or both.
    #[serde(default, skip_serializing_if = "FidelitySpec::is_contact")]
    pub fidelity: FidelitySpec,
    /// With `fidelity: Mixed`, the conveyors that are run with contact physics. Where it names what holds or carries bulk material,
    /// all of that is grains; else it flows at rates.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub contact: Names,
    /// With contact physics: parts at rest on their belts are carried in closed form while nothing near them moves otherwise, at
    /// a fraction of the cost. The command line's `--coasting` comes before what stands here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coasting: bool,
    /// What was measured with contact physics, for exact events. It stands in a file of its own, which `linetwin calibrate` writes and
    /// the scene includes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationSpec>,
    /// Steps of the contact physics per second [1/s].
    #[serde(default = "step_hz")]
    pub step_hz: u32,
    /// Settings of the contact physics.
    #[serde(default)]
    pub physics: PhysicsSpec,
    /// How pairs of materials meet, by `"MATERIAL on MATERIAL"`, in either order. Built in are card, plastic, steel,
    /// rubber, belt, roller, rail and floor; what is named here beyond those is a new material.
    #[serde(default)]
    pub materials: IndexMap<String, SurfaceSpec>,
    /// Bulk materials, by name: what hoppers hold and pour.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub bulk: IndexMap<String, BulkSpec>,
    /// Where batches of grains run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeSpec>,
    /// What is produced, by name.
    pub parts: IndexMap<String, PartSpec>,
    /// The elements of the line, by name.
    pub line: IndexMap<String, ElementSpec>,
    /// Cameras, by name: what the viewer looks through and makes pictures with.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub cameras: IndexMap<String, CameraSpec>,
    /// A plan of the hall, drawn on the floor under the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_plan: Option<FloorPlanSpec>,
    /// What elements share, by name: `"operator": Crew(2)`.
    #[serde(default)]
    pub resources: IndexMap<String, ResourceSpec>,
    /// Limits of the work in process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conwip: Vec<ConwipSpec>,
    /// When the plant works; without it, always.
    #[serde(default)]
    pub calendar: Option<CalendarSpec>,
    /// Rules of the line's controls, in order of priority: what holds, releases and changes speeds, and when.
    #[serde(default)]
    pub controls: Vec<RuleSpec>,
    /// How jams are cleared, in order: of several entries that fit, the first counts. Without any, nobody clears them.
    #[serde(default)]
    pub jams: Vec<ClearSpec>,
    /// A record of the plant whose arrivals and stops the run replays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedSpec>,
    /// What stands on the line at time zero.
    #[serde(default)]
    pub initial: Vec<FillSpec>,
    /// What can disturb the line from outside: `linetwin test` looks for a run in which that makes a check fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbances: Vec<DisturbanceSpec>,
    /// What of `disturbances` happens in this run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub happens: Vec<HappensSpec>,
    /// What must hold at the end of a run.
    #[serde(default)]
    pub checks: Vec<CheckSpec>,
    /// Groups of elements that stand several times on the line, by name: `"cell 1": Use(template: "cell", x_m: 0)`. An
    /// element of one is called `cell 1/press` from outside. `"op": Repeat(at_m: [6, 8], of: Station(...))` repeats one element,
    /// as `op 1` and `op 2`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub templates: IndexMap<String, TemplateSpec>,
    /// Other files, from this file's folder, whose constants, materials, parts, templates and elements belong to this scene. Each
    /// holds `Include(parts: {...}, line: {...})`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Values by name. `Value("2 * pitch_m")` computes with them wherever a value stands, `Value("pitch_m")` is the constant
    /// itself, which may be text or a distribution too. There are + - * / ( ), min, max, abs, sqrt, round, floor and ceil.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constants: IndexMap<String, ConstantSpec>,
}

/// Elements that are written once and stand several times on the line. What a `Value("...")` in them computes may hold the
/// parameters, and the scene's constants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Template")]
pub struct TemplateSpec {
    /// Names that every use must give.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// Names that a use may give, with their values otherwise.
    #[serde(default)]
    pub defaults: IndexMap<String, ConstantSpec>,
    /// The elements, by their names within the template. They name each other so, and others by their names on the line.
    pub line: IndexMap<String, ElementSpec>,
}

fn minor_stop_s() -> f64 {
    300.0
}
fn step_hz() -> u32 {
    120
}

/// Settings of the contact physics. The defaults are chosen by measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Physics")]
pub struct PhysicsSpec {
    /// Iterations of the contact solver in each step [-].
    pub solver_iterations: u32,
    /// Reuse the contacts of pairs that hardly move: faster, and looser in piles.
    pub contact_recycling: bool,
    /// How far a pair may move before its contacts are found anew, where they are recycled [m].
    pub contact_recycle_m: f64,
    /// Stiffness of contacts, as the natural frequency of two parts on each other; softer parts sink into each other
    /// under load. A quarter of solver iterations per second is the most that is of use [Hz].
    pub contact_frequency_hz: f64,
    /// Gravitational acceleration, downwards [m/s^2].
    pub gravity_mps2: f64,
    /// Height of the floor, on which lies what falls [m].
    pub floor_z_m: f64,
    /// Material of the floor.
    pub floor_material: String,
    /// A part that stands on a running conveyor is a jam after this time, unless something holds it on purpose [s].
    pub jam_after_s: f64,
}

impl Default for PhysicsSpec {
    fn default() -> Self {
        PhysicsSpec {
            solver_iterations: 4,
            contact_recycling: true,
            contact_recycle_m: 0.005,
            contact_frequency_hz: 120.0,
            gravity_mps2: 9.81,
            floor_z_m: 0.0,
            floor_material: "floor".to_owned(),
            jam_after_s: 10.0,
        }
    }
}

/// How two materials meet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Surface")]
pub struct SurfaceSpec {
    /// Coulomb coefficient of friction [-].
    pub friction: f64,
    /// Ratio of the normal speeds after and before an impact, 0 to 1 [-].
    #[serde(default)]
    pub restitution: f64,
}

/// Parts that stand on an element at time zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Fill")]
pub struct FillSpec {
    /// The belt, curve, zone conveyor or buffer that is filled.
    pub on: String,
    /// The part it is filled with.
    pub part: String,
    /// How many [parts].
    pub count: u32,
}

/// What must hold at the end of a run; a check that fails makes the run exit with 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Check")]
pub enum CheckSpec {
    /// The KPI is at least the value.
    AtLeast {
        /// Path of a KPI: `line.oee`, `dock.carton.per_h`, `sealer.availability`.
        kpi: String,
        /// In the KPI's unit.
        value: f64,
    },
    /// The KPI is at most the value.
    AtMost {
        /// Path of a KPI: `line.oee`, `dock.carton.per_h`, `sealer.availability`.
        kpi: String,
        /// In the KPI's unit.
        value: f64,
    },
    /// The KPI lies between two values, both included.
    Between {
        /// Path of a KPI: `line.oee`, `dock.carton.per_h`, `sealer.availability`.
        kpi: String,
        /// In the KPI's unit.
        low: f64,
        /// In the KPI's unit.
        high: f64,
    },
    /// No part ended up on the floor: each left by a sink, is inside, or was rejected or scrapped on purpose.
    NoPartLost,
}
