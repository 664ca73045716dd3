//! Bulk material as written, and what stores, carries and doses it. Knows nothing about grains that are there.

use super::{FailureSpec, PowerSpec, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bulk material: spheres, or clumps of spheres, that touch, slide, roll and stick. Between two grains all of this counts; against a wall the
/// friction and restitution of `material` on the wall's (see `materials`). Walls give as the grains do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Bulk")]
pub struct BulkSpec {
    /// Diameter of a grain, of a clump that of the sphere of its volume. The spheres of all bulk materials together are at most a
    /// factor of 20 apart [m].
    pub diameter_m: Quantity,
    /// What a grain that is not round is made of; without it, it is a sphere.
    #[serde(default)]
    pub shape: Option<ClumpSpec>,
    /// Density of a grain, not of the heap [kg/m^3].
    pub density_kgpm3: f64,
    /// Young's modulus. Grains as stiff as real ones need very short steps; flow and fill hardly change with softer ones, as
    /// long as they do not overlap visibly [Pa].
    #[serde(default = "young_pa")]
    pub young_pa: f64,
    /// Poisson's ratio, 0 to 0.5 [-].
    #[serde(default = "poisson")]
    pub poisson: f64,
    /// Speed apart over speed together of two grains, 0.01 to 1 [-].
    #[serde(default = "restitution")]
    pub restitution: f64,
    /// Coulomb's coefficient between two grains [-].
    #[serde(default = "friction")]
    pub friction: f64,
    /// Rolling resistance over load and radius: what makes grains that are not round stay where they are [-].
    #[serde(default = "rolling_friction")]
    pub rolling_friction: f64,
    /// Attraction per contact area between two grains [Pa].
    #[serde(default)]
    pub cohesion_pa: f64,
    /// What its surface is made of, for walls.
    #[serde(default = "plastic")]
    pub material: String,
}

/// The shape of a grain as a rigid union of 2 to 8 spheres that hold together, e.g. a pellet twice as long as thick:
/// `Clump(spheres: [Sphere(at: (-1, 0, 0)), Sphere(at: (0, 0, 0)), Sphere(at: (1, 0, 0))])`. Only proportions count: the whole is
/// scaled to the volume of a sphere of `diameter_m`. Mass, centre and moments of inertia are those of the union, in which
/// overlaps count once. Grains begin turned as chance has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Clump")]
pub struct ClumpSpec {
    /// 2 to 8 of them.
    pub spheres: Vec<ClumpSphereSpec>,
}

/// A sphere of a clump, in the clump's own unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Sphere")]
pub struct ClumpSphereSpec {
    /// Its centre [-].
    pub at: [f64; 3],
    /// Its radius [-].
    #[serde(default = "unit_radius")]
    pub radius: f64,
}

/// Stores bulk material and lets it out at the bottom: an upright cylinder over a cone, with a slide gate below its outlet. Its
/// gate is open, unless the hopper is held or down, or belongs to a FillAndWeigh, which then opens and closes it. Conditions
/// ask for its `content_kg`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Hopper")]
pub struct HopperSpec {
    /// The bulk material that it holds at the beginning and is fed with.
    pub bulk: String,
    /// The middle of its outlet [m].
    pub outlet_m: [f64; 3],
    /// Diameter of its outlet; below about 6 grains they form arches over it [m].
    pub outlet_diameter_m: f64,
    /// Diameter of the cylinder above the cone [m].
    pub diameter_m: f64,
    /// Height of the cylinder [m].
    pub height_m: f64,
    /// Between the wall of the cone and the vertical, 5 to 85 [deg].
    #[serde(default = "cone_deg")]
    pub cone_deg: f64,
    /// What it holds at time zero, as loose as it was poured [kg].
    #[serde(default)]
    pub starts_kg: f64,
    /// What flows in at the top, while there is room; without it nothing but what pours in [kg/s].
    #[serde(default)]
    pub feed_kgps: Option<f64>,
    /// Time of the gate's way from open to closed [s].
    #[serde(default = "gate_s")]
    pub gate_s: f64,
    /// What its wall is made of.
    #[serde(default = "steel")]
    pub material: String,
    /// What stops it from time to time: its gate is closed then.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A belt for bulk material: flat in the middle third, its sides raised to a trough, with skirts at its edges and behind its
/// beginning. It carries no parts. With a `scale` below it, it meters what goes over; with `doses_kgps`, it is a belt weigh feeder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "BulkBelt")]
pub struct BulkBeltSpec {
    /// The middle of the belt where it begins [m].
    pub from_m: [f64; 3],
    /// The middle of the belt where it throws off [m].
    pub to_m: [f64; 3],
    /// Width of the belt, laid flat [m].
    pub width_m: f64,
    /// Speed; of one that doses, the highest [m/s].
    pub speed_mps: f64,
    /// A belt weigh feeder: it runs at the speed at which so much goes over its `scale`, and as fast as it may while that is empty.
    /// What pours onto it has to stand on it, as below a low outlet: then its speed draws it off [kg/s].
    #[serde(default)]
    pub doses_kgps: Option<f64>,
    /// A mass-flow meter below a stretch of it.
    #[serde(default)]
    pub scale: Option<BeltScaleSpec>,
    /// By how much its sides are raised, 0 to 60 [deg].
    #[serde(default = "trough_deg")]
    pub trough_deg: f64,
    /// Height of the skirts above the belt's edges [m].
    #[serde(default = "skirt_m")]
    pub skirt_m: f64,
    /// What it is made of.
    #[serde(default = "belt")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A belt scale: it feels the weight of what lies on a stretch of a bulk belt, and multiplies that with the belt's speed. What
/// slides is weighed as if it rode: the stretch should be clear of where something falls onto the belt. Conditions ask for the
/// belt's `flow_kgps` and `weighed_kg`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "BeltScale")]
pub struct BeltScaleSpec {
    /// Where its stretch begins, along the belt from its beginning [m].
    pub from_m: f64,
    /// Length of the stretch [m].
    pub length_m: f64,
    /// Time constant of what it shows and doses by; what it adds up is not smoothed [s].
    #[serde(default = "smoothed_s")]
    pub smoothed_s: f64,
}

/// A screw feeder: a helical flight on a shaft turns in a tube, whose first stretch is an open trough with a wall behind it.
/// Grains feel the flight itself, at every substep where it is then. What goes out at the end of the tube is, at the textbook's
/// best, (flight's circle - shaft's) x pitch x turns per second x density of the heap; how full it is, and how far grains turn
/// with it, decides by how much less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ScrewFeeder")]
pub struct ScrewFeederSpec {
    /// The middle of the shaft at the wall behind the trough [m].
    pub from_m: [f64; 3],
    /// The middle of the shaft where the tube ends [m].
    pub to_m: [f64; 3],
    /// Diameter of the flight [m].
    pub diameter_m: f64,
    /// Diameter of the shaft [m].
    pub shaft_diameter_m: f64,
    /// Way of the flight in a turn [m].
    pub pitch_m: f64,
    /// Turns in a minute [1/min].
    pub rpm: f64,
    /// Length of the open trough [m].
    pub inlet_m: f64,
    /// Height of the trough's walls above the shaft's middle; by default 1.2 times the tube's radius [m].
    #[serde(default)]
    pub wall_height_m: Option<f64>,
    /// Between flight and tube: less than a grain, or grains jam in it [m].
    #[serde(default = "clearance_m")]
    pub clearance_m: f64,
    /// What flight and tube are made of.
    #[serde(default = "steel")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A vibratory feeder: a trough with two walls and one behind its beginning, which swings to and fro on a slanting line. Where its
/// floor goes down faster than grains fall, they are thrown along: its throw number, amplitude x (2 pi frequency)^2 x
/// sin(throw) / gravity, should be between 1 and 3.3. It starts and stops within 0.2 s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "VibratoryFeeder")]
pub struct VibratoryFeederSpec {
    /// The middle of its floor at the beginning, at rest [m].
    pub from_m: [f64; 3],
    /// The middle of its floor where it throws off [m].
    pub to_m: [f64; 3],
    /// Width between its walls [m].
    pub width_m: f64,
    /// Height of its walls [m].
    #[serde(default = "wall_height_m")]
    pub wall_height_m: f64,
    /// Half its stroke, along the line on which it swings [m].
    pub amplitude_m: f64,
    /// Strokes per second [Hz].
    pub frequency_hz: f64,
    /// Between that line and its floor, 5 to 85 [deg].
    #[serde(default = "throw_deg")]
    pub throw_deg: f64,
    /// What it is made of.
    #[serde(default = "steel")]
    pub material: String,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// A transfer chute for bulk material: a straight trough that falls, with two walls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "BulkChute")]
pub struct BulkChuteSpec {
    /// The middle of its floor at the upper end [m].
    pub from_m: [f64; 3],
    /// The middle of its floor at the lower end [m].
    pub to_m: [f64; 3],
    /// Width between its walls [m].
    pub width_m: f64,
    /// Height of its walls [m].
    #[serde(default = "wall_height_m")]
    pub wall_height_m: f64,
    /// What it is made of.
    #[serde(default = "steel")]
    pub material: String,
}

/// An open box in which bulk material leaves the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "BulkBin")]
pub struct BulkBinSpec {
    /// The middle of its floor [m].
    pub at_m: [f64; 3],
    /// Length along x, width along y, height [m].
    pub size_m: [f64; 3],
    /// What its walls are made of.
    #[serde(default = "steel")]
    pub material: String,
}

/// Fills open boxes to a weight: a blade stops each one below the outlet of a hopper, the gate opens, a scale under the box
/// feels the weight and the impact of what pours in, and the gate closes when it shows `target_kg` less what will still come.
/// When the rest has come to lie, what is in the box becomes part of its weight, and it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "FillAndWeigh")]
pub struct FillAndWeighSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The hopper whose gate it opens and closes; its outlet is above the middle of a box that stands against the blade.
    pub hopper: String,
    /// What is to be filled in [kg].
    pub target_kg: f64,
    /// What is still to come when the gate begins to close, as set for the first box [kg].
    #[serde(default)]
    pub in_flight_kg: f64,
    /// Share of the error of a fill by which that is corrected for the next box; 0: never [-].
    #[serde(default = "correction")]
    pub correction: f64,
    /// The last so much comes in slowly, through a gate that is open by `fine_open` only [kg].
    #[serde(default)]
    pub fine_kg: f64,
    /// How far the gate is open then, over its whole way [-].
    #[serde(default = "fine_open")]
    pub fine_open: f64,
    /// From the closed gate until it lets the box go [s].
    #[serde(default = "settle_s")]
    pub settle_s: f64,
    /// Its length along the host; the blade stands at its end [m].
    #[serde(default = "station_length_m")]
    pub length_m: f64,
    /// Which parts it fills, e.g. `"part == 'carton'"`; the others pass, as do those that are no open boxes or that it has filled.
    #[serde(default)]
    pub when: Option<String>,
    /// Planned run time per item, for performance; by default what the hopper's outlet lets expect [s].
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time: the gate is closed meanwhile.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

fn unit_radius() -> f64 {
    1.0
}
fn young_pa() -> f64 {
    2e6
}
fn poisson() -> f64 {
    0.3
}
fn restitution() -> f64 {
    0.4
}
fn friction() -> f64 {
    0.5
}
fn rolling_friction() -> f64 {
    0.1
}
fn plastic() -> String {
    "plastic".to_owned()
}
fn steel() -> String {
    "steel".to_owned()
}
fn belt() -> String {
    "belt".to_owned()
}
fn cone_deg() -> f64 {
    30.0
}
fn gate_s() -> f64 {
    0.3
}
fn smoothed_s() -> f64 {
    0.2
}
fn clearance_m() -> f64 {
    0.003
}
fn throw_deg() -> f64 {
    30.0
}
fn trough_deg() -> f64 {
    20.0
}
fn skirt_m() -> f64 {
    0.1
}
fn wall_height_m() -> f64 {
    0.15
}
fn correction() -> f64 {
    0.5
}
fn fine_open() -> f64 {
    0.5
}
fn settle_s() -> f64 {
    0.4
}
fn station_length_m() -> f64 {
    0.6
}
