//! The checked scene: what the engine runs. It holds ids instead of names and cannot be wrong: whoever holds a
//! [`Scene`] need not check it again. Knows nothing about RON, files, physics or simulated time passing.
//!
//! Every element has one description here and one logic in the engine. What the two transports need is laid out in
//! tables that they share: `ports` and `edges` (the graph), `conveyors` (paths), `drives` (what can change speed),
//! `spots` (where a device meets its host), `eyes`, `pushers`, `fixtures`. Line logic names only these ids.

mod bulk;
mod calibration;
mod camera;
mod carriage;
mod clearing;
mod controls;
mod conveyor;
mod devices;
mod disturbances;
mod floor_plan;
mod lift;
mod packing;
mod part_types;
mod release;
mod resources;
mod routing;
mod senses;
mod sortation;
mod stations;

pub use bulk::*;
pub use calibration::*;
pub use camera::*;
pub use carriage::*;
pub use clearing::*;
pub use controls::*;
pub use conveyor::*;
pub use devices::*;
pub use disturbances::*;
pub use floor_plan::*;
pub use lift::*;
pub use packing::*;
pub use part_types::*;
pub use release::*;
pub use resources::*;
pub use routing::*;
pub use senses::*;
pub use sortation::*;
pub use stations::*;

use crate::condition::Condition;
use crate::distribution::Distribution;
use crate::geometry::Pose;
use crate::time::{StepLength, Time};
use serde::{Deserialize, Serialize};

/// Declares an index into one of the scene's tables.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
            pub fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).expect("a scene's tables stay far below 2^32 rows"))
            }
        }
    };
}
id!(/// Index into [`Scene::elements`].
    ElementId);
id!(/// Index into [`Scene::part_types`].
    PartTypeId);
id!(/// Index into [`Scene::materials`].
    MaterialId);
id!(/// Index into [`Scene::attributes`].
    AttributeId);
id!(/// Index into [`Scene::ports`].
    PortId);
id!(/// Index into [`Scene::conveyors`].
    ConveyorId);
id!(/// Index into [`Scene::drives`].
    DriveId);
id!(/// Index into [`Scene::spots`].
    SpotId);
id!(/// Index into [`Scene::eyes`].
    EyeId);
id!(/// Index into [`Scene::pushers`].
    PusherId);
id!(/// Index into [`Scene::diverters`].
    DiverterId);
id!(/// Index into [`Scene::carriages`].
    CarriageId);
id!(/// Index into [`Scene::lifts`].
    LiftId);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    pub name: String,
    pub seed: u64,
    pub fidelity: Fidelity,
    /// By conveyor: whether contact physics moves what is on it.
    pub by_contact: Vec<bool>,
    /// Bulk material flows at rates; else it is grains.
    pub bulk_flows: bool,
    /// Parts at rest on their belts have no body.
    pub coasting: bool,
    /// What exact events take from contact physics.
    pub calibration: Option<Calibration>,
    /// Of exact events it says how often a run is hashed by what happened, and may be stopped; no event depends on it.
    pub step: StepLength,
    /// Statistics start here; contents stay.
    pub warmup: Time,
    /// The part type whose completion counts for the line; `None`: every type.
    pub count: Option<PartTypeId>,
    /// Demand rate [parts/h].
    pub demand_per_h: Option<f64>,
    /// A stop shorter than this is a performance loss, a longer one an availability loss.
    pub minor_stop: Time,
    /// The declared constraint; `None`: found by the active-period method.
    pub constraint: Option<ElementId>,
    pub physics: Physics,
    pub materials: Materials,
    /// `None`: no bulk material.
    pub bulk: Option<BulkSpace>,
    /// `None`: whoever runs the scene decides. No part of what the scene is: it decides where, not what.
    #[serde(skip)]
    pub compute: Option<Compute>,
    pub part_types: Vec<PartType>,
    /// Names of the attributes that elements write on parts.
    pub attributes: Vec<String>,
    pub elements: Vec<Element>,
    pub ports: Vec<Port>,
    pub edges: Vec<Edge>,
    pub conveyors: Vec<Conveyor>,
    pub drives: Vec<Drive>,
    pub spots: Vec<Spot>,
    pub eyes: Vec<Eye>,
    pub pushers: Vec<Pusher>,
    pub diverters: Vec<Diverter>,
    pub carriages: Vec<Carriage>,
    pub trains: Vec<Train>,
    pub lifts: Vec<ContinuousLift>,
    pub fixtures: Vec<Fixture>,
    pub cameras: Vec<Camera>,
    /// `None`: the floor is bare.
    pub floor_plan: Option<FloorPlan>,
    pub crews: Vec<Crew>,
    pub conwips: Vec<Conwip>,
    /// `None`: the plant works always.
    pub calendar: Option<Calendar>,
    /// In order of priority.
    pub controls: Vec<Rule>,
    /// In order of priority.
    pub clearings: Vec<Clearing>,
    /// Contents at time zero.
    pub initial: Vec<InitialFill>,
    pub checks: Vec<Check>,
    /// What can disturb the line, and what of it happens in this run.
    pub disturbances: Vec<Disturbance>,
    pub happenings: Vec<Happening>,
    /// Every input, in file order, for the report.
    pub inputs: Vec<Input>,
}

/// What moves the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fidelity {
    /// Rigid bodies, step by step.
    #[default]
    Contact,
    /// Tokens on lanes, from event to event.
    Event,
    /// Both, by conveyor.
    Mixed,
}

/// Where batches run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compute {
    /// `auto`, `cpu`, `cuda:2` and the like.
    pub device: String,
    /// Instead of going on by the processor.
    pub stops_on_loss: bool,
}

/// One input value of the scene: where it came from, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Field path, e.g. `belt 1.speed_mps`.
    pub path: String,
    /// As written, e.g. `Normal(mean: 4.0, sd: 0.3)`.
    pub value: String,
    pub source: InputSource,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InputSource {
    /// file:line:column
    File(String),
    /// `--set`
    Override,
    Default,
}

/// Settings of the contact physics; the defaults are chosen by measurement (see `docs/pile.md`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Physics {
    pub solver_iterations: u32,
    pub contact_recycling: bool,
    /// How far a pair may move before its contacts are found anew, where they are recycled [m].
    pub contact_recycle_m: f64,
    /// Natural frequency of the contact between two parts [Hz], damping ratio 10; twice this against what is fixed.
    pub contact_frequency_hz: f64,
    /// Gravitational acceleration along -Z [m/s^2].
    pub gravity_mps2: f64,
    /// Height of the floor [m]: what falls lies there.
    pub floor_z_m: f64,
    pub floor_material: MaterialId,
    /// A standing part that nothing legitimate holds is a jam after this time.
    pub jam_after: Time,
}

/// Friction and restitution for each pair of materials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Materials {
    pub names: Vec<String>,
    /// Row-major, shape [material_count, material_count], symmetric.
    pub pairs: Vec<Surface>,
}

/// How two materials meet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// Coulomb coefficient [-].
    pub friction: f64,
    /// Ratio of normal speeds after and before an impact [-], 0 to 1.
    pub restitution: f64,
}

impl Materials {
    pub fn pair(&self, a: MaterialId, b: MaterialId) -> Surface {
        self.pairs[a.index() * self.names.len() + b.index()]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    pub name: String,
    /// The variant's name as written in the scene: `Belt`, `Station`, ...
    pub family: String,
    pub kind: ElementKind,
    pub failures: Vec<Failure>,
    /// How it lies, where it is a sensor.
    pub faults: Vec<Fault>,
    pub power: Power,
    /// Its ports, in-ports first.
    pub ports: Vec<PortId>,
    /// What comes there.
    pub passing: Vec<Passing>,
}

/// A part type on its way, `turned` across where a pusher or a merge has sent it sideways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passing {
    pub part_type: PartTypeId,
    pub turned: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ElementKind {
    Source(Source),
    Sink(Sink),
    /// Belt, curve: one drive, runs unless held or down. Chute: its drive has no speed.
    Conveyor(ConveyorId),
    /// Zero-pressure accumulation: drives and eyes, one per zone, zone 0 first in flow direction.
    ZoneConveyor(ZoneConveyor),
    /// A platform that travels with its belt: vertical conveyor, turntable, transfer car.
    Carriage(CarriageId),
    /// Platforms on chains: a continuous vertical conveyor.
    Lift(LiftId),
    Buffer(Buffer),
    Packer(Packer),
    Unpacker(Unpacker),
    Station(Station),
    ParallelStation(ParallelStation),
    Assembly(Assembly),
    Unload(Unload),
    FillAndWeigh(FillAndWeigh),
    Checkweigher(Checkweigher),
    Scanner(Scanner),
    TagReader(TagReader),
    LightGrid(LightGrid),
    Scale(Scale),
    Router(Router),
    Pusher(PusherLogic),
    Diverter(DiverterLogic),
    Stop(Stop),
    Induction(Induction),
    Loader(Loader),
    Merge(Merge),
    Eye(EyeId),
    Lidar(Lidar),
    Encoder(Encoder),
    /// Counts what passes its spot.
    Counter(Counter),
    /// Stores, carries or catches bulk material; no part is ever on it.
    Bulk(BulkElement),
    /// Guide rails and plates: geometry only, in [`Scene::fixtures`].
    Fixture,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub part_type: PartTypeId,
    pub arrivals: Arrivals,
    /// Made one after the other; empty: no schedule.
    pub orders: Vec<Order>,
    /// Stop after this many; `None`: endless.
    pub limit: Option<u64>,
    pub when_occupied: WhenOccupied,
    /// The in-port of the element it feeds.
    pub into: PortId,
    /// Offset of the part's centre from the centre line, to the left [m], and its yaw [rad]; drawn per part.
    pub left_m: Distribution,
    pub yaw_rad: Distribution,
    /// Attributes of a part from its birth.
    pub sets: Vec<SetAttribute>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Arrivals {
    /// Time between two parts [s]; the first comes after one draw.
    Interarrival(Distribution),
    /// Constant rate: part k comes at k / rate, k = 0, 1, ... [parts/h].
    Rate { per_h: f64 },
    /// At these moments, in order.
    Recorded(Vec<Time>),
}

/// What a source does when its place is occupied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WhenOccupied {
    /// The part waits; the arrival clock stands still meanwhile (the source is blocked).
    Wait,
    /// The part is turned away, counted as `turned_away`; the clock goes on.
    Lose,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sink {
    /// Where its parts are booked.
    pub outcome: Outcome,
    /// Which parts belong here; `None`: all.
    pub receives: Option<Condition>,
    pub bin: Option<Bin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    Good,
    /// Taken out.
    Reject,
    /// Lost.
    Scrap,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneConveyor {
    pub conveyor: ConveyorId,
    pub zones: Vec<Zone>,
    /// The last zone hands on to the first.
    pub ring: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    pub drive: DriveId,
    /// Near the zone's downstream end.
    pub eye: EyeId,
    /// A hold at the downstream end of the last zone of a line that something downstream closes; else `None`.
    pub end_hold: Option<SpotId>,
}

/// A place where parts wait, first in first out, out of the world of contacts (a rack, a vertical buffer).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buffer {
    pub capacity: u32,
    /// Shortest stay [s], drawn per part.
    pub dwell_s: Distribution,
    /// Between two parts that leave [s].
    pub release_s: Distribution,
    /// The hold at the end of the conveyor that feeds it: engaged while full or down; `None`: no conveyor feeds it, parts are
    /// handed to it.
    pub entry_hold: Option<SpotId>,
    pub into: PortId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkweigher {
    /// In motion: weighs while the part's centre passes the spot.
    pub spot: SpotId,
    /// Lower and upper limit [kg].
    pub limits_kg: [f64; 2],
    /// Standard deviation of the measurement [kg].
    pub error_sd_kg: f64,
    /// Set to 1 when within the limits, else to 0.
    pub sets: AttributeId,
    /// Until the line knows.
    pub delay: Time,
    /// Planned run time per item: declared, or what a part of mean length takes to pass; `None` where nothing passes.
    pub ideal_cycle: Option<Time>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PusherLogic {
    /// Its middle lies upstream of the plate, so that a part seen there is before the plate when it is pushed.
    pub spot: SpotId,
    pub pusher: PusherId,
    /// Which parts to push.
    pub when: Condition,
    /// The zone that it pushes into, where it lets parts pass while that has no room.
    pub room: Option<DriveId>,
    /// How it knows who comes; `None`: for certain.
    pub track: Option<Track>,
}

/// A blade that holds every part for a time, or meters them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub spot: SpotId,
    /// How long each part is held once it stands [s].
    pub hold_s: Distribution,
    pub when: Option<Condition>,
}

/// A side conveyor joins a host: parts enter through `side`, when the window on the host is clear. `side` is the merge's
/// only port, at the host's edge, pointing inwards; a part that has crossed it is on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// Hold on the host, upstream of the window.
    pub host_hold: SpotId,
    /// Hold at the end of the side conveyor.
    pub side_hold: SpotId,
    /// The window on the host: occupied while a part is between its start and its end.
    pub window: SpotId,
    pub priority: MergePriority,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MergePriority {
    /// The host never waits for the side unless the window is occupied.
    Host,
    Side,
    FirstCome,
    Alternate,
}

/// A recurring stop of an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub mode: String,
    pub clock: FailureClock,
    /// Until the next failure: [s] on a time clock, [cycles] on `Cycles`.
    pub uptime: Distribution,
    pub repair_s: Distribution,
    /// Instead: exactly these stops, from and to, in order; the clock is then `Calendar`.
    pub recorded: Option<Vec<(Time, Time)>>,
    /// Whom a repair waits for.
    pub crew: Option<CrewNeed>,
    /// A planned stop, not a failure.
    pub planned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureClock {
    /// Runs always (except during the repair itself).
    Calendar,
    /// Runs while the element is processing.
    Running,
    /// Counts cycles.
    Cycles,
}

/// Electrical power by state [W], and what turns mechanical work of a drive into electrical energy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Power {
    pub idle_w: f64,
    pub processing_w: f64,
    /// While down or in a planned stop.
    pub down_w: f64,
    /// Mechanical work out / electrical energy in [-].
    pub efficiency: Option<f64>,
    /// Drawn by a running drive without load.
    pub no_load_w: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortDirection {
    In,
    Out,
}

/// Where parts enter or leave an element: the plane through `pose.position` across `pose.forward`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Port {
    pub element: ElementId,
    /// `in`, `out`, `side`.
    pub name: String,
    pub direction: PortDirection,
    pub pose: Pose,
    pub width_m: f64,
}

/// Parts flow from an out-port into an in-port that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub from: PortId,
    pub to: PortId,
}

/// Parts that stand on an element at time zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitialFill {
    pub element: ElementId,
    pub part_type: PartTypeId,
    pub count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Check {
    AtLeast {
        kpi: String,
        value: f64,
    },
    AtMost {
        kpi: String,
        value: f64,
    },
    Between {
        kpi: String,
        low: f64,
        high: f64,
    },
    /// Every part that entered left by a sink, is inside, or was rejected or scrapped on purpose: none on the floor.
    NoPartLost,
}

impl Scene {
    pub fn element(&self, id: ElementId) -> &Element {
        &self.elements[id.index()]
    }
    pub fn element_named(&self, name: &str) -> Option<ElementId> {
        self.elements.iter().position(|element| element.name == name).map(ElementId::from_index)
    }
    pub fn port(&self, id: PortId) -> &Port {
        &self.ports[id.index()]
    }
    pub fn conveyor(&self, id: ConveyorId) -> &Conveyor {
        &self.conveyors[id.index()]
    }
    pub fn carriage(&self, id: CarriageId) -> &Carriage {
        &self.carriages[id.index()]
    }
    /// The carriage whose belt a conveyor is.
    pub fn carriage_of(&self, conveyor: ConveyorId) -> Option<CarriageId> {
        self.carriages.iter().position(|carriage| carriage.conveyor == conveyor).map(CarriageId::from_index)
    }
    pub fn lift(&self, id: LiftId) -> &ContinuousLift {
        &self.lifts[id.index()]
    }
    /// The continuous lift that a conveyor is.
    pub fn lift_of(&self, conveyor: ConveyorId) -> Option<LiftId> {
        self.lifts.iter().position(|lift| lift.conveyor == conveyor).map(LiftId::from_index)
    }
    /// Whether a conveyor is the belt of a platform that goes to one of several lanes.
    pub fn divides(&self, conveyor: &Conveyor) -> bool {
        self.carriages.iter().any(|carriage| carriage.divides.is_some() && carriage.element == conveyor.element)
    }
    /// The middle of a carriage's platform at home.
    pub fn carriage_middle(&self, id: CarriageId) -> Pose {
        let path = &self.conveyor(self.carriage(id).conveyor).path;
        path.pose_at(path.length() / 2.0)
    }
    pub fn spot(&self, id: SpotId) -> &Spot {
        &self.spots[id.index()]
    }
    /// The in-port that an out-port leads to.
    pub fn successor(&self, out_port: PortId) -> Option<PortId> {
        self.edges.iter().find(|edge| edge.from == out_port).map(|edge| edge.to)
    }
    /// The part types that come to an element; one that also comes turned twice.
    pub fn coming(&self, id: ElementId) -> impl Iterator<Item = &PartType> {
        self.element(id).passing.iter().map(|passing| &self.part_types[passing.part_type.index()])
    }
    /// Ids in order, for loops that must not depend on anything else.
    pub fn element_ids(&self) -> impl Iterator<Item = ElementId> + use<> {
        (0..self.elements.len()).map(ElementId::from_index)
    }
}
