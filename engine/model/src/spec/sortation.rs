//! What sorts parts, as written: readers, diverters, chutes. Knows nothing about what their conditions and attributes mean.

use super::{FailureSpec, FaultSpec, Names, PowerSpec, SideSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads a code or a tag on parts in motion: an attribute that a part carries becomes one that the line knows. Where it
/// fails to read, the attribute that it sets is unset, which is a no-read. While it is down it reads nothing. A part that it
/// does not see in a fault is a no-read that no diverter can follow either.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scanner")]
pub struct ScannerSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attribute that it reads, as a Source or a Station sets it. A part without it is a no-read.
    pub reads: String,
    /// The attribute that it writes with the value that it read.
    pub sets: String,
    /// Probability that it reads what passes, anew at each pass [-].
    #[serde(default = "always")]
    pub read_rate: f64,
    /// Length of its window along the host; it reads when a part's centre is in its middle [m].
    #[serde(default = "window_length_m")]
    pub length_m: f64,
    /// From a part in its middle until the line knows what it read [s].
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

fn always() -> f64 {
    1.0
}
fn window_length_m() -> f64 {
    0.2
}

/// A stretch of a host whose wheels rise between its rollers and carry parts off to one side: a pop-up wheel sorter, or at
/// 90 degrees a right-angle transfer. It rises flush; between the strands of a ChainConveyor or a StripBelt, belts or wheels
/// rise above these and lift the parts off them: under a part in motion they are up when it is above their middle. While it is up, what lies on it moves at its angle, as far as friction
/// takes it along; its wheels turn with the host. Its port `side` must be caught: `after: "sorter.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "PopUp")]
pub struct PopUpSpec {
    /// The belt, chain or zone conveyor it stands at, where that is straight.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which it carries, seen in flow direction.
    pub side: SideSpec,
    /// From the flow to the direction in which it carries, 20 to 90 [deg].
    #[serde(default = "pop_up_angle_deg")]
    pub angle_deg: f64,
    /// Which parts it carries off, e.g. `"seen_lane == 2"`. It stays up until they are off it, or past it.
    pub when: String,
    /// While this holds, the way behind it is full and all parts pass, e.g. `"'chute eye'.blocked_for > 1"`.
    #[serde(default)]
    pub full_when: Option<String>,
    /// Follows parts by the belt's encoder, instead of knowing each part that comes.
    #[serde(default)]
    pub track: Option<TrackSpec>,
    /// Surface speed of its wheels while the host runs at its own; by default the same [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Time that it needs to rise, and to sink [s].
    #[serde(default = "rise_s")]
    pub rise_s: f64,
    /// Between strands: how far it rises above them [m].
    #[serde(default = "lift_m")]
    pub lift_m: f64,
    /// A blade at its end stops each part that it carries off, and it rises when that part stands there.
    #[serde(default)]
    pub stops: bool,
    /// Length of the stretch along the host. Its side port is 0.6 m wider [m].
    #[serde(default = "pop_up_length_m")]
    pub length_m: f64,
    /// Material of its wheels.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: then it stays down, and everything passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A paddle on a pivot beside its host. It rests along the edge; for the parts that `when` chooses it swings out across the
/// belt, and they slide along it to the other side. A motor with limited force swings it: a part in its way can stop it. Its
/// port `side` must be caught: `after: "arm.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "SwingArm")]
pub struct SwingArmSpec {
    /// The belt or zone conveyor it stands at, where that is straight.
    pub on: String,
    /// The middle of the stretch that it sweeps, along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which it leads parts, seen in flow direction; its pivot is on the other one.
    pub side: SideSpec,
    /// How far it swings out from the flow, 15 to 80 [deg].
    #[serde(default = "swing_angle_deg")]
    pub angle_deg: f64,
    /// Which parts it leads off, e.g. `"seen_lane == 3"`. It stays out until they are off the host, or past it.
    pub when: String,
    /// While this holds, the way behind it is full and all parts pass, e.g. `"'chute eye'.blocked_for > 1"`.
    #[serde(default)]
    pub full_when: Option<String>,
    /// Follows parts by the belt's encoder, instead of knowing each part that comes.
    #[serde(default)]
    pub track: Option<TrackSpec>,
    /// Time that it needs to swing out, and back [s].
    #[serde(default = "swing_s")]
    pub swing_s: f64,
    /// Largest force of its tip [N].
    #[serde(default = "swing_force_n")]
    pub force_n: f64,
    /// Length of the stretch that it sweeps along the host; by default its tip then reaches the host's other edge [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// Height of its paddle [m].
    #[serde(default = "paddle_height_m")]
    pub height_m: f64,
    /// Material of its paddle.
    #[serde(default = "rail")]
    pub material: String,
    /// What stops it from time to time: then it goes back, and everything passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A stretch of a slat conveyor with a shoe on every slat. A switch at its beginning sends the shoes beside a part aside: they
/// travel with the host, cross it along a guide, and push the part off to the other side. Shoes beside other parts go straight
/// on. Each is moved across with limited force: one that cannot go on rides on beside its part. Its port `side` must be
/// caught: `after: "shoes.side"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ShoeSorter")]
pub struct ShoeSorterSpec {
    /// The belt or zone conveyor whose slats carry the shoes, where that is straight.
    pub on: String,
    /// The middle of the stretch in which shoes cross, along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which they push, seen in flow direction.
    pub side: SideSpec,
    /// From the flow to the guide along which shoes cross, 10 to 45 [deg].
    #[serde(default = "shoe_angle_deg")]
    pub angle_deg: f64,
    /// Which parts they push off, e.g. `"seen_lane == 4"`.
    pub when: String,
    /// While this holds, the way behind it is full and all parts pass, e.g. `"'chute eye'.blocked_for > 1"`.
    #[serde(default)]
    pub full_when: Option<String>,
    /// Follows parts by the belt's encoder, instead of knowing each part that comes.
    #[serde(default)]
    pub track: Option<TrackSpec>,
    /// Time that its switch needs to send shoes aside, and straight on again [s].
    #[serde(default = "switch_s")]
    pub switch_s: f64,
    /// From shoe to shoe along the host [m].
    #[serde(default = "shoe_pitch_m")]
    pub pitch_m: f64,
    /// Largest force of one shoe, across the host [N].
    #[serde(default = "shoe_force_n")]
    pub force_n: f64,
    /// Length of the stretch in which they cross; by default they then reach the host's other edge [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// Height of a shoe [m].
    #[serde(default = "shoe_height_m")]
    pub height_m: f64,
    /// Material of the faces of the shoes. Along slippery ones parts slide back while they are pushed.
    #[serde(default = "rubber")]
    pub material: String,
    /// What stops it from time to time: then its shoes go straight on, and everything passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Sets parts out with gaps: a blade keeps each until the one before is `gap_m` ahead of it. What comes with more than that
/// is not stopped. A sorter needs such gaps: it cannot part what touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Induction")]
pub struct InductionSpec {
    /// The belt, curve or zone conveyor it stands at; parts of differing widths queue in file on a zone conveyor alone.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Clear way from a part to the next, at the speed of the host there; a faster conveyor behind it pulls the gap longer [m].
    pub gap_m: f64,
    /// Its length along the host; the blade stands at its end [m].
    #[serde(default = "induction_length_m")]
    pub length_m: f64,
    /// What stops it from time to time: then nothing passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// How a diverter knows which part comes: `from` sees it, the encoder of the belt tells when it must be there. Whatever
/// then comes within the window is taken for it. A part that comes outside its window, because it slipped or was held up,
/// is not diverted: a missed divert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Track")]
pub struct TrackSpec {
    /// The device upstream on the same belt that sees the parts: a scanner, a weigher, a counter.
    pub from: String,
    /// The Encoder on the same belt, before it in the file, that counts the way. Without it: one that never loses a pulse.
    #[serde(default)]
    pub encoder: Option<String>,
    /// How far from where the encoder expects it a part may be [m].
    #[serde(default = "window_m")]
    pub window_m: f64,
}

/// A slope without a drive, between two walls: parts slide by their weight, and stand where friction holds them or others
/// are in their way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Chute")]
pub struct ChuteSpec {
    /// Where it begins: a point of the centre line on the sliding surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"sorter.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the slope, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is lower than its start. With `length_m` [m].
    #[serde(default)]
    pub drop_m: Option<f64>,
    /// How steeply it falls, instead of `drop_m` [deg].
    #[serde(default)]
    pub fall_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width between its walls; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Height of its walls [m].
    #[serde(default = "wall_height_m")]
    pub wall_height_m: f64,
    /// Material of the sliding surface.
    #[serde(default = "steel")]
    pub material: String,
}

fn pop_up_angle_deg() -> f64 {
    45.0
}
fn lift_m() -> f64 {
    0.01
}
fn rise_s() -> f64 {
    0.1
}
fn induction_length_m() -> f64 {
    0.5
}
fn swing_angle_deg() -> f64 {
    40.0
}
fn swing_s() -> f64 {
    0.3
}
fn swing_force_n() -> f64 {
    200.0
}
fn shoe_angle_deg() -> f64 {
    30.0
}
fn switch_s() -> f64 {
    0.05
}
fn shoe_pitch_m() -> f64 {
    0.125
}
fn shoe_force_n() -> f64 {
    150.0
}
fn shoe_height_m() -> f64 {
    0.05
}
fn paddle_height_m() -> f64 {
    0.15
}
fn window_m() -> f64 {
    0.1
}
fn rail() -> String {
    "rail".to_owned()
}
fn pop_up_length_m() -> f64 {
    0.6
}
fn wall_height_m() -> f64 {
    0.2
}
fn rubber() -> String {
    "rubber".to_owned()
}
fn steel() -> String {
    "steel".to_owned()
}
