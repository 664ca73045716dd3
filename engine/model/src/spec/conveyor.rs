//! Conveyors as written: belt, curve, zone conveyor. A conveyor's place is given once: by coordinates, by `after` or by
//! `before`; what else is said is an assertion. Knows nothing about how places are resolved.

use super::{FailureSpec, Names, PowerSpec, SpeedRegionSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A straight belt, level or sloped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Belt")]
pub struct BeltSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length along the belt, where `to_m` does not give it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// How much its end is higher than its start; negative goes down. With `length_m` [m].
    #[serde(default)]
    pub rise_m: Option<f64>,
    /// Slope, instead of `rise_m`; negative goes down [deg].
    #[serde(default)]
    pub slope_deg: Option<f64>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Width of the carrying surface; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of the centre line; by default that of the neighbour it is placed by [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Ramp when stopping or slowing down, where it differs from the other [m/s^2].
    #[serde(default)]
    pub deceleration_mps2: Option<f64>,
    /// It runs both ways: a rule's `SetSpeed` may be negative, and then parts leave where it begins, by its port `back`: a
    /// conveyor says `after: "belt.back"`. It is fed from its sides, by merges; it turns once nothing is on it, and its merges
    /// let nothing onto it until then.
    #[serde(default)]
    pub reverses: bool,
    /// Stretches with drives and speeds of their own: `[(from_m: 2, to_m: 3, speed_mps: 0.8)]`. Elsewhere `speed_mps` holds.
    #[serde(default)]
    pub speeds: Vec<SpeedRegionSpec>,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "belt")]
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

/// A level curve.
///
/// Where it begins and ends, a part turns by up to 2.5 degrees more or less than its path (to 1.4 m/s, friction 0.5). Two
/// ideal belts would leave a box of 0.4 m 0.3 degrees behind at 0.5 m/s and 2.5 degrees at 1.4 m/s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Curve")]
pub struct CurveSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Radius of the centre line [m].
    pub radius_m: f64,
    /// Angle that it turns, positive to the left [deg].
    pub angle_deg: f64,
    /// Width of the carrying surface; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of the centre line; by default that of the neighbour it is placed by [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Ramp when stopping or slowing down, where it differs from the other [m/s^2].
    #[serde(default)]
    pub deceleration_mps2: Option<f64>,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "belt")]
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

/// Zero-pressure accumulation: zones, each with its own drive and photo-eye, that hold one part each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ZoneConveyor")]
pub struct ZoneConveyorSpec {
    /// Where it begins: a point of the centre line on the carrying surface; with `to_m` or `heading_deg` [m].
    #[serde(default)]
    pub from_m: Option<[f64; 3]>,
    /// Where it ends [m].
    #[serde(default)]
    pub to_m: Option<[f64; 3]>,
    /// The out-port where it begins: `"belt 1"` or `"reject.side"`. Any further one must lie there too.
    #[serde(default)]
    pub after: Names,
    /// The in-port where it ends: `"belt 2"` or `"merge.side"`. Any further one must lie there too.
    #[serde(default)]
    pub before: Names,
    /// Length, where neither `to_m` nor `path` gives it [m].
    #[serde(default)]
    pub length_m: Option<f64>,
    /// Its way, piece by piece, instead of a length: `[Ahead(2), Left(1, 90), Ahead(2)]`.
    #[serde(default)]
    pub path: Vec<PieceSpec>,
    /// Direction of flow at `from_m`: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// Length of a zone: the conveyor is divided into equal zones of about this length [m].
    pub zone_m: f64,
    /// Width of the carrying surface; by default that of the neighbour it is placed by [m].
    #[serde(default)]
    pub width_m: Option<f64>,
    /// Speed of the centre line; by default that of the neighbour it is placed by [m/s].
    #[serde(default)]
    pub speed_mps: Option<f64>,
    /// Ramp when starting, stopping or changing speed [m/s^2].
    #[serde(default = "acceleration_mps2")]
    pub acceleration_mps2: f64,
    /// Ramp when stopping or slowing down, where it differs from the other [m/s^2].
    #[serde(default)]
    pub deceleration_mps2: Option<f64>,
    /// Guide rails. They leave room where a pusher works or a side conveyor joins.
    #[serde(default)]
    pub rails: RailsSpec,
    /// Height of the rails above the carrying surface [m].
    #[serde(default = "rail_height_m")]
    pub rail_height_m: f64,
    /// Material of the carrying surface.
    #[serde(default = "roller")]
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

/// A piece of a conveyor's way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Piece")]
pub enum PieceSpec {
    /// Straight ahead.
    Ahead {
        /// Length [m].
        length_m: f64,
    },
    /// A level arc to the left.
    Left {
        /// Radius of the centre line [m].
        radius_m: f64,
        /// Angle that it turns [deg].
        angle_deg: f64,
    },
    /// A level arc to the right.
    Right {
        /// Radius of the centre line [m].
        radius_m: f64,
        /// Angle that it turns [deg].
        angle_deg: f64,
    },
}

/// Which edges of a conveyor have guide rails, seen in flow direction. A queue presses outwards where it turns, so that
/// curves have rails unless the scene says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Rails")]
pub enum RailsSpec {
    /// At both edges where the path turns, none where it is straight.
    #[default]
    Curves,
    /// No rails.
    None,
    /// At the left edge, all along.
    Left,
    /// At the right edge, all along.
    Right,
    /// At both edges, all along.
    Both,
}

fn acceleration_mps2() -> f64 {
    1.0
}
fn rail_height_m() -> f64 {
    0.1
}
fn belt() -> String {
    "belt".to_owned()
}
fn roller() -> String {
    "roller".to_owned()
}
