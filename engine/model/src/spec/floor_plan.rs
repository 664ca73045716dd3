//! A plan of the hall under the line, as written. Knows nothing about how it is read or drawn.

use super::UnitSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A plan of the hall, which the viewer draws on the floor under the line: lines of a DXF drawing, or a picture. It is there to be
/// looked at and touches nothing: a line runs to the same bytes with it and without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "FloorPlan")]
pub struct FloorPlanSpec {
    /// A DXF drawing in text form (lines, polylines, arcs, circles, ellipses and blocks of them; layers that are off or frozen stay
    /// out), or a PNG picture; relative to the scene's folder.
    pub file: String,
    /// Unit of a drawing's coordinates [default: the one that the drawing names].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitSpec>,
    /// Width of a picture on the floor; its height follows from its pixels [m].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_m: Option<f64>,
    /// Where the drawing's origin lies, or the picture's lower left corner [m].
    #[serde(default)]
    pub at_m: [f64; 2],
    /// Turn about that point, anticlockwise as seen from above [deg].
    #[serde(default)]
    pub heading_deg: f64,
}
