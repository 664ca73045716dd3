//! What is produced, as written: shapes, masses, and mixes from a table. Knows nothing about what they are checked for.

use super::Quantity;
use indexmap::IndexMap;
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
    /// Its shape; x is its length, along the flow, and z is up. A product has that of the first part of its bill.
    #[serde(default)]
    pub shape: Option<ShapeSpec>,
    /// Its mass without what it holds; a product weighs what its parts weigh [kg].
    #[serde(default)]
    pub mass_kg: Option<Quantity>,
    /// What its surface is made of.
    #[serde(default = "card")]
    pub material: String,
    /// Centre of mass from the centre of its bounding box: along its length, to its left, up [m].
    #[serde(default = "centred")]
    pub centre_of_mass_m: [Quantity; 3],
    /// What it carries: such a part is a carrier, and stands for its content where a station works on parts.
    #[serde(default)]
    pub holds: Option<HoldsSpec>,
    /// What it is joined of, by part: `{"housing": 1, "rotor": 1}`. The first comes first, and the others are joined to it;
    /// the joined part is one body [parts].
    #[serde(default)]
    pub bill: IndexMap<String, u32>,
}

/// How a part carries others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Holds")]
pub enum HoldsSpec {
    /// One part, or the beginnings of it, in a nest on top that it fits: it stands firmly.
    Nest {
        /// The part or product.
        part: String,
    },
    /// Rows, columns and layers of one part, side by side: what a packer puts in. It moves with its container as one body.
    Grid {
        /// The part.
        part: String,
        /// How many along its length, across, and upwards [parts].
        n: [u32; 3],
    },
    /// Layers of one part, as a palletiser stacks them. They move with their pallet as one body.
    Layers {
        /// The part.
        part: String,
        /// How many along its length and across, in the first, third, ... layer [parts].
        n: [u32; 2],
        /// How many layers [layers].
        layers: u32,
        /// How many along its length and across in the second, fourth, ... layer, whose parts lie turned by a quarter;
        /// by default every layer is as the first [parts].
        #[serde(default)]
        turned_n: Option<[u32; 2]>,
    },
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
    /// A box without a lid: a bottom and four walls, in which other parts can stand.
    OpenBox {
        /// Length (along the flow), width, height, outside [m].
        size_m: [Quantity; 3],
        /// Thickness of its bottom and walls [m].
        #[serde(default = "wall_m")]
        wall_m: f64,
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
    /// The convex hull of a mesh from a file; hollows are filled.
    Mesh {
        /// A file `.stl`, `.obj`, `.gltf` or `.glb`, relative to the scene's folder.
        file: String,
        /// Unit of its coordinates; glTF has metres by definition.
        #[serde(default)]
        unit: UnitSpec,
        /// Scales the mesh beside its unit [-].
        #[serde(default = "unscaled")]
        scale: Quantity,
    },
}

/// Unit of a file's coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Unit")]
pub enum UnitSpec {
    #[default]
    Metre,
    Millimetre,
    Centimetre,
    Inch,
}

impl UnitSpec {
    /// Its length [m].
    pub fn metres(self) -> f64 {
        match self {
            UnitSpec::Metre => 1.0,
            UnitSpec::Millimetre => 0.001,
            UnitSpec::Centimetre => 0.01,
            UnitSpec::Inch => 0.0254,
        }
    }
}

fn wall_m() -> f64 {
    0.004
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
