//! Laser scanners, as written. Knows nothing about what they see.

use super::FaultSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A laser scanner (lidar): so many times a second it measures along each of its rays how far the nearest solid thing is, in
/// one plane or in several layers. It sees parts, rails, machines, moving platforms, blades and the floor as they are; grains,
/// and the walls of what handles bulk material, it does not see. Conditions ask for the least of its ranges (`scanner.nearest_m`;
/// the greatest range where nothing is met), and whether something is in its field (`scanner.blocked`, `.blocked_for`,
/// `.clear_for`). A scan is taken at the end of the step in which it is due.
///
/// Ray k of a layer looks to `(k / (rays - 1) - 1/2) fov_deg`, anticlockwise from the middle; all around, to `(k / rays - 1/2)
/// 360`. Layer j lies `(j / (layers - 1) - 1/2) layers_fov_deg` above the middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Lidar")]
pub struct LidarSpec {
    /// Where its rays begin [m].
    pub position_m: [f64; 3],
    /// Direction of the middle of its field of view: 0 is +X, 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// How much that looks up; -90 looks straight down [deg].
    #[serde(default)]
    pub pitch_deg: f64,
    /// Turn about the direction in which it looks: 0 scans level, from its right to its left; 90 from below to above [deg].
    #[serde(default)]
    pub roll_deg: f64,
    /// Field of view within a layer, at most 360 [deg].
    #[serde(default = "fov_deg")]
    pub fov_deg: f64,
    /// In each layer.
    #[serde(default = "rays")]
    pub rays: u32,
    /// One for a scanner of a plane.
    #[serde(default = "one")]
    pub layers: u32,
    /// From the lowest layer to the highest [deg].
    #[serde(default)]
    pub layers_fov_deg: f64,
    /// Least and greatest range: what is nearer, or farther, is not seen [m].
    #[serde(default = "range_m")]
    pub range_m: [f64; 2],
    /// Scans a second [Hz].
    #[serde(default = "rate_hz")]
    pub rate_hz: f64,
    /// Standard deviation of each range [m].
    #[serde(default)]
    pub error_sd_m: f64,
    /// Its protective field: whatever a ray meets in it blocks it. Without it, it only measures.
    #[serde(default)]
    pub field: Option<LidarFieldSpec>,
    /// How long something is in its field before it says so; scans go on meanwhile [s].
    #[serde(default)]
    pub on_delay_s: f64,
    /// How long its field is free before it says so [s].
    #[serde(default)]
    pub off_delay_s: f64,
    /// Writes each scan into `scans.parquet` of the run directory, ray by ray, as it is without faults.
    #[serde(default)]
    pub records: bool,
    /// How it lies from time to time. One that is stuck on or off says the least or the greatest range as well; one that misses
    /// does not see something that comes into its field.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// Where a lidar watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "LidarField")]
pub enum LidarFieldSpec {
    /// Whatever is no farther than this [m].
    Reach(f64),
    /// The inside of a polygon in the plane of its middle layer, of at least three corners: forward and to the left of the lidar
    /// [m]. What is above or below counts by its place in that plane.
    Polygon(Vec<[f64; 2]>),
}

fn fov_deg() -> f64 {
    270.0
}
fn rays() -> u32 {
    541
}
fn one() -> u32 {
    1
}
fn range_m() -> [f64; 2] {
    [0.05, 10.0]
}
fn rate_hz() -> f64 {
    25.0
}
