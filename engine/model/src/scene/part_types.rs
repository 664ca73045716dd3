//! What is produced, as the engine draws it: part types with their variants, shapes, bills and contents. Knows nothing
//! about where parts are.

use super::{Holds, MaterialId, PartTypeId};
use crate::distribution::Distribution;
use crate::geometry::Vec3;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartType {
    pub name: String,
    /// Drawn per part: by `weight`, one variant; a plain type has one, a mix from CSV one per article. A product has those
    /// of the first part of its bill.
    pub variants: Vec<PartVariant>,
    /// The part or product that its nest is for.
    pub nest: Option<PartTypeId>,
    /// How it is packed, where it is a container.
    pub holds: Option<Holds>,
    /// What it is joined of, the first to which the others are joined; empty: it is made whole.
    pub bill: Vec<BillRow>,
}

/// So many parts of a type are needed for one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillRow {
    pub part_type: PartTypeId,
    pub count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartVariant {
    pub name: String,
    /// Relative frequency [-], positive.
    pub weight: f64,
    pub shape: Shape,
    /// [kg], drawn per part
    pub mass_kg: Distribution,
    /// From the shape's centre, in part space [m], each drawn per part.
    pub centre_of_mass_m: [Distribution; 3],
    pub material: MaterialId,
}

/// A part's shape in part space: x along the flow, z up, centred on the shape's bounding box. Drawn per part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// Length, width, height [m].
    Box { size_m: [Distribution; 3] },
    /// Length, width, height outside [m], and the thickness of bottom and walls [m].
    OpenBox { size_m: [Distribution; 3], wall_m: f64 },
    /// Upright: the axis is z.
    Cylinder { diameter_m: Distribution, height_m: Distribution },
    /// Upright, total height with both caps.
    Capsule { diameter_m: Distribution, height_m: Distribution },
    /// Convex hull of these points [m], moved so that their bounding box is centred; uniform scale drawn per part.
    ConvexHull { points_m: Vec<Vec3>, scale: Distribution },
}
