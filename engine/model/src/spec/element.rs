//! The elements of a line as written: what stands at conveyors and at their ends. Conveyors themselves are in
//! `conveyor`. Knows nothing about names it refers to.

use super::{
    AccumulationTableSpec, AssemblySpec, BeltSpec, BinSpec, BulkBeltSpec, BulkBinSpec, BulkChuteSpec, ChuteSpec,
    ContinuousVerticalConveyorSpec, CounterSpec, CurveSpec, DepalletiserSpec, DisassemblySpec, DischargeSpec, EncoderSpec, EyeSpec,
    FaultSpec, FillAndWeighSpec, GravityRollerConveyorSpec, HopperSpec, InductionSpec, LaneDividerSpec, LidarSpec, LightGridSpec,
    LoaderSpec, LoopSpec, Names, PackerSpec, PalletiserSpec, ParallelStationSpec, PopUpSpec, Quantity, RollerConveyorSpec, RouterSpec,
    ScaleSpec, ScannerSpec, ScrewFeederSpec, SetsSpec, ShoeSorterSpec, SpiralSpec, StationSpec, StrandsSpec, SwingArmSpec, TagReaderSpec,
    TrackSpec, TransferCarSpec, TransferSpec, TurntableSpec, UnitSpec, UnloadSpec, UnpackerSpec, VerticalConveyorSpec, VibratoryFeederSpec,
    ZoneConveyorSpec,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An element of the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Element")]
pub enum ElementSpec {
    /// Where parts come into the line.
    Source(SourceSpec),
    /// Where parts leave the line.
    Sink(SinkSpec),
    /// Where parts leave the line until it is full.
    Bin(BinSpec),
    /// A straight belt, level or sloped.
    Belt(BeltSpec),
    /// A level curve.
    Curve(CurveSpec),
    /// Zero-pressure accumulation.
    ZoneConveyor(ZoneConveyorSpec),
    /// A closed loop with carriers; a cross-belt or tilt-tray sorter.
    Loop(LoopSpec),
    /// A curve that climbs or falls for several turns.
    Spiral(SpiralSpec),
    /// Driven rollers.
    RollerConveyor(RollerConveyorSpec),
    /// Rollers that turn freely, on a slope.
    GravityRollerConveyor(GravityRollerConveyorSpec),
    /// Two or more driven chains with free space between them.
    ChainConveyor(StrandsSpec),
    /// Two or more narrow belts with free space between them.
    StripBelt(StrandsSpec),
    /// A platform that takes one part to another level.
    VerticalConveyor(VerticalConveyorSpec),
    /// Platforms on endless chains that take parts to another level, one every pitch.
    ContinuousVerticalConveyor(ContinuousVerticalConveyorSpec),
    /// A platform that turns one part at a time.
    Turntable(TurntableSpec),
    /// A platform that takes one part to another track.
    TransferCar(TransferCarSpec),
    /// A platform that spreads one flow over several lanes.
    LaneDivider(LaneDividerSpec),
    /// A slope without a drive.
    Chute(ChuteSpec),
    /// A blade that holds every part for a time.
    Stop(StopSpec),
    /// A blade that sets parts out with gaps.
    Induction(InductionSpec),
    /// A plate that pushes parts off to one side.
    Pusher(PusherSpec),
    /// Takes carriers off a loop to one side.
    Transfer(TransferSpec),
    /// A stretch that rises and carries parts off to one side.
    PopUp(PopUpSpec),
    /// A paddle that swings out and leads parts off to one side.
    SwingArm(SwingArmSpec),
    /// Shoes on the slats of a conveyor push parts off to one side.
    ShoeSorter(ShoeSorterSpec),
    /// Sets parts onto the carriers of a sorter.
    Loader(LoaderSpec),
    /// Where the carriers of a sorter give off parts to one side.
    Discharge(DischargeSpec),
    /// Where a side conveyor joins.
    Merge(MergeSpec),
    /// A place where parts wait, first in first out.
    Buffer(BufferSpec),
    /// A wide slow surface that takes up what the way out cannot.
    AccumulationTable(AccumulationTableSpec),
    /// Puts parts into containers.
    Packer(PackerSpec),
    /// Takes parts out of containers.
    Unpacker(UnpackerSpec),
    /// Stacks parts on pallets.
    Palletiser(PalletiserSpec),
    /// Takes parts off pallets.
    Depalletiser(DepalletiserSpec),
    /// Works on each part.
    Station(StationSpec),
    /// Works on batches of parts, or on several side by side.
    ParallelStation(ParallelStationSpec),
    /// Adds a part to what a carrier holds.
    Assembly(AssemblySpec),
    /// Takes products apart.
    Disassembly(DisassemblySpec),
    /// Takes a product out of its carrier.
    Unload(UnloadSpec),
    /// Weighs parts in motion.
    Checkweigher(CheckweigherSpec),
    /// Reads codes or tags in motion.
    Scanner(ScannerSpec),
    /// Reads several tags in its field, and in containers.
    TagReader(TagReaderSpec),
    /// Measures length, width and height in motion.
    LightGrid(LightGridSpec),
    /// Weighs parts that stand still.
    Scale(ScaleSpec),
    /// Chooses a way for each part: by ratio, in turn, or where the fewest are.
    Router(RouterSpec),
    /// Stores bulk material and pours it.
    Hopper(HopperSpec),
    /// A troughed belt for bulk material.
    BulkBelt(BulkBeltSpec),
    /// A transfer chute for bulk material.
    BulkChute(BulkChuteSpec),
    /// A screw in a tube that doses bulk material.
    ScrewFeeder(ScrewFeederSpec),
    /// A trough that throws bulk material along.
    VibratoryFeeder(VibratoryFeederSpec),
    /// Where bulk material leaves the line.
    BulkBin(BulkBinSpec),
    /// Fills open boxes with bulk material to a weight.
    FillAndWeigh(FillAndWeighSpec),
    /// A rail along a stretch of a conveyor.
    GuideRail(GuideRailSpec),
    /// A fixed box in the world.
    Fixture(FixtureSpec),
    /// A photo-eye: a light barrier across a conveyor.
    Eye(EyeSpec),
    /// A laser scanner: ranges along many rays, and a field that it watches.
    Lidar(LidarSpec),
    /// Counts what passes.
    Counter(CounterSpec),
    /// Counts the way of a belt.
    Encoder(EncoderSpec),
}

/// Where parts come into the line: at the beginning of a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Source")]
pub struct SourceSpec {
    /// The part or mix that it makes; with a `schedule`, where that names none.
    pub part: String,
    /// Time between two parts [s].
    #[serde(default)]
    pub interarrival_s: Option<Quantity>,
    /// Instead: a constant rate; the first part comes at time zero [parts/h].
    #[serde(default)]
    pub rate_per_h: Option<f64>,
    /// Instead: the time that it takes to make a part, for a machine that makes the next one once the last is gone [s].
    #[serde(default)]
    pub cycle_s: Option<Quantity>,
    /// The conveyor that it feeds, or a port where containers are taken: `"packer.empties"`.
    pub before: String,
    /// It stops after this many; without it, never [parts].
    #[serde(default)]
    pub limit: Option<u64>,
    /// What happens to a part whose place is occupied.
    #[serde(default)]
    pub when_occupied: WhenOccupiedSpec,
    /// Offset of the part's centre from the centre line, to the left [m].
    #[serde(default = "zero")]
    pub left_m: Quantity,
    /// Turn of the part, anticlockwise from above [deg].
    #[serde(default = "zero")]
    pub yaw_deg: Quantity,
    /// What a part carries from its birth: `{"lane": Discrete(values: [1, 2], weights: [3, 1])}`, drawn for each part.
    #[serde(default)]
    pub sets: Option<SetsSpec>,
    /// A table of orders (CSV) that it makes one after the other, as fast as it can or as parts arrive. Columns: `order` (a
    /// name), `quantity` [parts], and where wanted `part`, `release_s` (not before) and `due_s` (both from the start of the
    /// run) [s]. Behind the last order it stops.
    #[serde(default)]
    pub schedule: Option<String>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// What a source does while its place is occupied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "WhenOccupied")]
pub enum WhenOccupiedSpec {
    /// The part waits, and the arrival clock stands still meanwhile.
    #[default]
    Wait,
    /// The part is turned away and counted; the clock goes on.
    Lose,
}

/// Where parts leave the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Sink")]
pub struct SinkSpec {
    /// The out-port that it catches: `"belt 2"` or `"reject.side"`.
    pub after: Names,
    /// How its parts are booked. By default as rejects where it catches the side of a pusher, else as good.
    #[serde(default)]
    pub outcome: Option<OutcomeSpec>,
    /// Which parts belong here, e.g. `"lane == 3"`; any other one that arrives is missorted. Without it: all.
    #[serde(default)]
    pub receives: Option<String>,
}

/// How parts that leave are booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Outcome")]
pub enum OutcomeSpec {
    /// Finished as wanted.
    Good,
    /// Taken out.
    Reject,
    /// Lost.
    Scrap,
}

/// A blade that stops every part and lets it go after a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Stop")]
pub struct StopSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// How long each part is held once it stands [s].
    pub hold_s: Quantity,
    /// Its length along the host; the blade stands at its end [m].
    #[serde(default = "station_length_m")]
    pub length_m: f64,
    /// Which parts, e.g. `"!weight_ok && mass_kg > 3"`; the others pass.
    #[serde(default)]
    pub when: Option<String>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A plate that pushes parts off its host. Its port `side` must be caught: `after: "reject.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Pusher")]
pub struct PusherSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which it pushes, seen in flow direction.
    pub side: SideSpec,
    /// Time of the stroke out, unloaded; it returns in the same time [s].
    pub stroke_s: f64,
    /// The most it can push with; where that does not do, it stalls [N].
    #[serde(default = "force_n")]
    pub force_n: f64,
    /// Which parts it pushes, e.g. `"!weight_ok"`.
    pub when: String,
    /// Follows parts by the belt's encoder, instead of knowing each part that comes.
    #[serde(default)]
    pub track: Option<TrackSpec>,
    /// Length of its plate along the host; one longer than the parts takes their neighbours in a queue along. Its side
    /// port is 0.6 m wider [m].
    #[serde(default = "plate_length_m")]
    pub length_m: f64,
    /// Height of its plate [m].
    #[serde(default = "plate_height_m")]
    pub height_m: f64,
    /// Material of its plate.
    #[serde(default = "steel")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A side of a conveyor, seen in flow direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Side")]
pub enum SideSpec {
    /// To the left of the flow.
    Left,
    /// To the right of the flow.
    Right,
}

/// Where a side conveyor joins a host: the side conveyor says `before: "merge.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Merge")]
pub struct MergeSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side from which the parts come, seen in the host's flow direction.
    pub side: SideSpec,
    /// Between the two flow directions, 20 to 90; the end of the side conveyor is cut along the host's edge [deg].
    #[serde(default = "right_angle_deg")]
    pub angle_deg: f64,
    /// Who goes first.
    #[serde(default)]
    pub priority: PrioritySpec,
    /// The stretch of the host that must be clear; by default the side conveyor's mouth and the longest part that comes there [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Who goes first at a merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Priority")]
pub enum PrioritySpec {
    /// The host: the side waits for a gap.
    Host,
    /// The side: the host waits while a part stands at the side.
    Side,
    /// Whoever came first.
    #[default]
    FirstCome,
    /// One from the host, one from the side, while both wait.
    Alternate,
}

/// A place where parts wait, first in first out: a rack, a lift, a table. What follows says `after`. Sources, parallel stations and
/// other buffers may hand parts to it, and it to them, with no conveyor between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Buffer")]
pub struct BufferSpec {
    /// What feeds it: the conveyor that ends there, or sources, buffers and parallel stations that hand parts to it with no conveyor
    /// between them.
    #[serde(default)]
    pub after: Names,
    /// Where its in-port is, where `after` does not say it [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// How many parts it holds [parts].
    pub capacity: u32,
    /// The shortest stay [s].
    #[serde(default = "zero")]
    pub dwell_s: Quantity,
    /// Time between two parts that leave [s].
    #[serde(default = "zero")]
    pub release_s: Quantity,
    /// Distance from its in-port to its out-port, straight ahead [m].
    #[serde(default = "buffer_length_m")]
    pub length_m: f64,
    /// How much its out-port is higher than its in-port [m].
    #[serde(default)]
    pub rise_m: f64,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Weighs parts in motion and writes whether the weight lies within limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Checkweigher")]
pub struct CheckweigherSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Lower and upper limit [kg].
    pub limits_kg: [f64; 2],
    /// Standard deviation of the measurement [kg].
    #[serde(default)]
    pub error_sd_kg: f64,
    /// The attribute it writes: 1 within the limits, else 0.
    pub sets: String,
    /// Its length along the host [m].
    #[serde(default = "station_length_m")]
    pub length_m: f64,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: the time that a part of mean length needs to pass.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// From a part in its middle until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A rail along a stretch of a conveyor, straight from one inset to another: it guides, centres or narrows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "GuideRail")]
pub struct GuideRailSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// The side it stands on, seen in flow direction.
    pub side: SideSpec,
    /// Where it begins along the host; negative from the end [m].
    #[serde(default)]
    pub start_m: f64,
    /// Where it ends along the host; negative from the end; by default the host's end [m].
    #[serde(default)]
    pub end_m: Option<f64>,
    /// Distance of its face from the host's edge, inwards, at its beginning [m].
    #[serde(default)]
    pub inset_m: f64,
    /// The same at its end; by default as at its beginning [m].
    #[serde(default)]
    pub end_inset_m: Option<f64>,
    /// Height above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub height_m: f64,
    /// What its face is made of.
    #[serde(default = "rail")]
    pub material: String,
}

/// A fixed box in the world, or a mesh from a file: a plate, a machine frame, an obstacle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Fixture")]
pub struct FixtureSpec {
    /// Its centre; of a mesh, the centre of its bounding box [m].
    pub centre_m: [f64; 3],
    /// Length, width, height; not with `mesh`, which has its own [m].
    #[serde(default)]
    pub size_m: Option<[f64; 3]>,
    /// Turn of its length from +X, anticlockwise from above [deg].
    #[serde(default)]
    pub yaw_deg: f64,
    /// What it is made of.
    #[serde(default = "steel")]
    pub material: String,
    /// A file `.stl`, `.obj`, `.gltf` or `.glb` with its surface, relative to the scene's folder.
    #[serde(default)]
    pub mesh: Option<String>,
    /// Unit of the mesh's coordinates.
    #[serde(default)]
    pub unit: UnitSpec,
}

/// A recurring stop of an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Failure")]
pub struct FailureSpec {
    /// What it is called: one line of the report.
    pub mode: String,
    /// Which clock runs towards the next failure.
    #[serde(default)]
    pub clock: ClockSpec,
    /// Time until the next failure, on the clock [s].
    #[serde(default)]
    pub uptime_s: Option<Quantity>,
    /// Instead, with the clock `Cycles`: cycles until the next failure [cycles].
    #[serde(default)]
    pub uptime_cycles: Option<Quantity>,
    /// Time until it runs again [s].
    pub repair_s: Quantity,
    /// The crew (of `resources`) that a repair waits for.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
    /// Planned maintenance, by time or count: the element is then in a planned stop and not down.
    #[serde(default)]
    pub planned: bool,
}

/// Which clock runs towards a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Clock")]
pub enum ClockSpec {
    /// Always, but during the repair itself.
    Calendar,
    /// While the element is processing.
    #[default]
    Running,
    /// Counts cycles.
    Cycles,
}

/// Electrical power by state [W].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Power")]
pub struct PowerSpec {
    /// While idle, starved, blocked or held [W].
    pub idle: f64,
    /// While processing [W].
    pub processing: f64,
    /// While down or in a planned stop [W].
    pub down: f64,
}

fn right_angle_deg() -> f64 {
    90.0
}
fn zero() -> Quantity {
    0.0.into()
}
fn station_length_m() -> f64 {
    0.6
}
fn plate_length_m() -> f64 {
    0.3
}
fn plate_height_m() -> f64 {
    0.15
}
fn force_n() -> f64 {
    200.0
}
fn buffer_length_m() -> f64 {
    1.5
}
fn rail_height_m() -> f64 {
    0.1
}
fn steel() -> String {
    "steel".to_owned()
}
fn rail() -> String {
    "rail".to_owned()
}
