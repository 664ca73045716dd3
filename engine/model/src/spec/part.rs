//! What is produced, as written: shapes, masses, and mixes from a table. Knows nothing about what they are checked for.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing that is produced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "a scene has a handful of part types")]
pub enum PartSpec {
    /// One kind of part; its sizes and mass may be distributions, drawn for each part.
    Part(OnePartSpec),
    /// An empirical mix: each row of a table is one article, drawn as often as it occurs.
    Mix(MixSpec),
}

/// One kind of part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Part")]
pub struct OnePartSpec {
    /// Its shape; x is its length, along the flow, and z is up.
    pub shape: ShapeSpec,
    /// Its mass [kg].
    pub mass_kg: Quantity,
    /// What its surface is made of.
    #[serde(default = "card")]
    pub material: String,
    /// Centre of mass from the centre of its bounding box: along its length, to its left, up [m].
    #[serde(default = "centred")]
    pub centre_of_mass_m: [Quantity; 3],
}

/// An empirical mix of boxes from a CSV file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Mix")]
pub struct MixSpec {
    /// The table: columns `article`, `length_m`, `width_m`, `height_m` and `mass_kg`; others are ignored. Its path is
    /// relative to the scene's folder.
    pub csv: String,
    /// What the surface of all articles is made of.
    #[serde(default = "card")]
    pub material: String,
}

/// A part's shape. Each size may be a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Shape")]
pub enum ShapeSpec {
    /// A box.
    Box {
        /// Length (along the flow), width, height [m].
        size_m: [Quantity; 3],
    },
    /// An upright cylinder.
    Cylinder {
        /// Diameter [m].
        diameter_m: Quantity,
        /// Height [m].
        height_m: Quantity,
    },
    /// An upright cylinder with half spheres as ends.
    Capsule {
        /// Diameter [m].
        diameter_m: Quantity,
        /// Height with both ends [m].
        height_m: Quantity,
    },
    /// The convex hull of points.
    ConvexHull {
        /// At least four points that do not lie in one plane; only their relative places matter [m].
        points_m: Vec<[f64; 3]>,
        /// Scales the points [-].
        #[serde(default = "unscaled")]
        scale: Quantity,
    },
}

fn card() -> String {
    "card".to_owned()
}
fn centred() -> [Quantity; 3] {
    [0.0.into(), 0.0.into(), 0.0.into()]
}
fn unscaled() -> Quantity {
    1.0.into()
}
