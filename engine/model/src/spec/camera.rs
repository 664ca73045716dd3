//! Cameras, as written: where they stand, what they see and how often. Knows nothing about how a picture is made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A camera. The viewer looks through it, and `linetwin-viewer render --camera NAME` makes its pictures. It sees and changes
/// nothing: a line runs to the same bytes with it and without. A pinhole without distortion: what is seen at pixel (u, v), from
/// the upper left corner, lies `(u - width / 2) / f` to the right and `(v - height / 2) / f` below of its axis at a distance of 1,
/// with `f = width / (2 tan(fov_deg / 2))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Camera")]
pub struct CameraSpec {
    /// Where it is; on a platform: forward, to the left and up from the middle of the platform's surface [m].
    pub position_m: [f64; 3],
    /// The point that is in the middle of its pictures, in the same space [m]. Instead of `heading_deg` and `pitch_deg`.
    #[serde(default)]
    pub look_at_m: Option<[f64; 3]>,
    /// Direction in which it looks: 0 is +X (on a platform: its direction of flow), 90 is +Y [deg].
    #[serde(default)]
    pub heading_deg: f64,
    /// How much that looks up; -90 looks straight down, with what lies towards `heading_deg` at the upper edge [deg].
    #[serde(default)]
    pub pitch_deg: f64,
    /// Turn about the direction in which it looks, clockwise as seen from behind it [deg].
    #[serde(default)]
    pub roll_deg: f64,
    /// The element whose platform it travels with: a vertical conveyor, turntable or transfer car. Without it, it stands still.
    #[serde(default)]
    pub on: Option<String>,
    /// Width and height of its pictures [px].
    #[serde(default = "size_px")]
    pub size_px: [u32; 2],
    /// Field of view across the width of its pictures [deg].
    #[serde(default = "fov_deg")]
    pub fov_deg: f64,
    /// What is nearer, or farther, is not in its pictures [m].
    #[serde(default = "range_m")]
    pub range_m: [f64; 2],
    /// Pictures a second of a sequence, unless another rate is asked for [Hz].
    #[serde(default = "rate_hz")]
    pub rate_hz: f64,
    /// What its pictures are of, unless something else is asked for.
    #[serde(default = "sees")]
    pub sees: Vec<CameraKindSpec>,
}

/// What a picture tells of each pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "CameraKind")]
pub enum CameraKindSpec {
    /// Colours, as an eye would see them.
    Rgb,
    /// Distance from the camera along its axis [mm], as whole numbers of 16 bits; 0 where nothing is in range.
    Depth,
    /// Which part or element it is, as a number; a list beside the picture says which.
    Instances,
    /// Which part type or kind of element it is, as a number; a list beside the picture says which.
    Classes,
    /// The surface's normal in the space of the camera.
    Normals,
    /// No pixels: for each part and element, its corners in space and in the picture, and how much of it is hidden.
    Boxes,
}

fn size_px() -> [u32; 2] {
    [1280, 720]
}
fn fov_deg() -> f64 {
    60.0
}
fn range_m() -> [f64; 2] {
    [0.05, 60.0]
}
fn rate_hz() -> f64 {
    10.0
}
fn sees() -> Vec<CameraKindSpec> {
    vec![CameraKindSpec::Rgb]
}
