//! Closed loops with carriers, as written. Knows nothing about whether they close.

use super::{FailureSpec, PieceSpec, PowerSpec, RailsSpec, SideSpec, TrackSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A closed loop of zones, each with its own drive and photo-eye, on which carriers go round. A zone ends where a station
/// stops carriers; between such places zones have about the given length. With `carriers` it is a sorter instead: one chain
/// of carriers that never stop, onto which a Loader sets parts and off which a Discharge takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Loop")]
pub struct LoopSpec {
    /// Where its path begins and ends: a point of the centre line on the carrying surface [m].
    pub start_m: [f64; 3],
    /// Direction of flow there: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Its way, piece by piece, back to its beginning: `[Ahead(12), Left(1, 180), Ahead(12), Left(1, 180)]`.
    pub path: Vec<PieceSpec>,
    /// Speed of the centre line [m/s].
    pub speed_mps: f64,
    /// Length of a zone; a carrier fits into it. Needed but where the loop has `carriers` [m].
    #[serde(default)]
    pub zone_m: Option<f64>,
    /// What a sorter's carriers are.
    #[serde(default)]
    pub carriers: Option<SorterCarriersSpec>,
    /// What goes round on it from the start.
    #[serde(default)]
    pub fill: Option<CarriersSpec>,
    /// Width of the carrying surface. A square carrier whose diagonal is wider wedges between the rails sooner or later [m].
    #[serde(default = "width_m")]
    pub width_m: f64,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Guide rails. They leave room where a device works or a side conveyor joins.
    #[serde(default = "rails")]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "material")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
    /// Mechanical work out of electrical energy in, of its drives; without it their electricity is not counted [-].
    #[serde(default)]
    pub efficiency: Option<f64>,
    /// Electrical power of its running drives without load [W].
    #[serde(default)]
    pub no_load_w: Option<f64>,
}

/// Carriers that stand on a loop at time zero, one in a zone, from its end on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Carriers")]
pub struct CarriersSpec {
    /// The part that goes round.
    pub part: String,
    /// How many; a zone stays free, or none could move [parts].
    pub count: u32,
}

/// The carriers of a sorter, one behind the other on a chain. They take parts along by friction and give them off to either
/// side, each by itself. The work of moving them is not counted as that of the loop's drive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "SorterCarriers")]
pub enum SorterCarriersSpec {
    /// Each has a belt across it, which runs while it gives off its part.
    CrossBelt {
        /// From carrier to carrier: as many as fit best [m].
        pitch_m: f64,
        /// Speed of the belt [m/s].
        #[serde(default = "cross_speed_mps")]
        speed_mps: f64,
        /// How fast it starts and stops; more than friction holds, and the part slips [m/s^2].
        #[serde(default = "cross_acceleration_mps2")]
        acceleration_mps2: f64,
        /// Free space between two carriers [m].
        #[serde(default = "carrier_gap_m")]
        gap_m: f64,
    },
    /// Each has a tray that tilts about its middle, so that its part slides off.
    TiltTray {
        /// From carrier to carrier: as many as fit best [m].
        pitch_m: f64,
        /// How far a tray tilts, 10 to 60 [deg].
        #[serde(default = "tilt_deg")]
        tilt_deg: f64,
        /// Time that it needs to tilt, and back [s].
        #[serde(default = "tilt_s")]
        tilt_s: f64,
        /// Free space between two carriers [m].
        #[serde(default = "carrier_gap_m")]
        gap_m: f64,
    },
}

impl SorterCarriersSpec {
    pub fn pitch_m(&self) -> f64 {
        match *self {
            SorterCarriersSpec::CrossBelt { pitch_m, .. } | SorterCarriersSpec::TiltTray { pitch_m, .. } => pitch_m,
        }
    }
    pub fn gap_m(&self) -> f64 {
        match *self {
            SorterCarriersSpec::CrossBelt { gap_m, .. } | SorterCarriersSpec::TiltTray { gap_m, .. } => gap_m,
        }
    }
}

/// Sets parts from the end of a conveyor onto the empty carriers of a sorter that come by: a hand, an arm, or short belts in
/// step with them. The part goes from the conveyor's end to the middle of its carrier in one move that takes no time; the next
/// is not set on before `cycle_s` is over. What feeds it says `before`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Loader")]
pub struct LoaderSpec {
    /// The Loop with `carriers` it stands at, where that is straight.
    pub on: String,
    /// Where it sets parts on, along the loop's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side on which the conveyor that feeds it ends, square to the loop, seen in flow direction.
    pub side: SideSpec,
    /// From one part set on to the next, at least [s].
    #[serde(default = "load_cycle_s")]
    pub cycle_s: f64,
    /// What stops it from time to time: then it sets nothing on.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// Where the carriers of a sorter give off parts to one side: cross-belts run, trays tilt. Which carrier does is decided half a
/// carrier before it begins, by the part that comes; where that goes is friction and gravity. Its port `side` must be caught:
/// `after: "exit 1.side"`; behind tilting trays it lies as low as the edge of a tray then is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Discharge")]
pub struct DischargeSpec {
    /// The Loop with `carriers` it stands at, where that is straight.
    pub on: String,
    /// The middle of its opening, along the loop's centre line; negative from the end [m].
    pub at_m: f64,
    /// The side to which parts go, seen in flow direction.
    pub side: SideSpec,
    /// Which parts go, e.g. `"seen_lane == 2"`.
    pub when: String,
    /// While this holds, the way behind it is full and all parts pass, e.g. `"'chute eye'.blocked_for > 1"`.
    #[serde(default)]
    pub full_when: Option<String>,
    /// Follows parts by the loop's encoder, instead of knowing each part that comes.
    #[serde(default)]
    pub track: Option<TrackSpec>,
    /// Length of its opening along the loop; a carrier gives off until it has passed that [m].
    #[serde(default = "opening_m")]
    pub length_m: f64,
    /// How far before the middle of the opening a carrier begins; by default so far that a part from its middle is half off
    /// there, on a tray with a friction of 0.3 [m].
    #[serde(default)]
    pub lead_m: Option<f64>,
    /// What stops it from time to time: then everything passes.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn cross_speed_mps() -> f64 {
    1.2
}
fn cross_acceleration_mps2() -> f64 {
    3.0
}
fn carrier_gap_m() -> f64 {
    0.04
}
fn tilt_deg() -> f64 {
    40.0
}
fn tilt_s() -> f64 {
    0.3
}
fn load_cycle_s() -> f64 {
    0.5
}
fn opening_m() -> f64 {
    1.2
}
fn width_m() -> f64 {
    0.5
}
fn acceleration_mps2() -> f64 {
    1.0
}
fn rails() -> RailsSpec {
    RailsSpec::Both
}
fn rail_height_m() -> f64 {
    0.1
}
fn material() -> String {
    "roller".to_owned()
}
