//! What walls look like: shapes made of facets. Curved ones are triangles with a number of sides that the caller chooses.

use super::batch::BatchError;
use super::walls::Facet;
use std::f64::consts::TAU;

/// The surface of a wall, in metres.
#[derive(Clone, Debug, PartialEq)]
pub enum WallShape {
    /// A half-space, solid on the side away from `normal`.
    Plane { point_m: [f64; 3], normal: [f64; 3] },
    /// A box about `centre_m`; the rows of `axes` are its unit directions.
    Cuboid { centre_m: [f64; 3], half_m: [f64; 3], axes: [[f64; 3]; 3] },
    /// The mantle of a cylinder or cone between two circles of one axis: a tube, a drum, a funnel. Solid from both sides.
    Frustum { from_m: [f64; 3], from_radius_m: f64, to_m: [f64; 3], to_radius_m: f64, sides: u32 },
    /// Any triangles; solid from both sides.
    Mesh { points_m: Vec<[f64; 3]>, triangles: Vec<[u32; 3]> },
}

/// Three corners and the normal [m].
pub type LocalFacet = ([[f64; 3]; 3], [f64; 3]);

impl WallShape {
    pub const UPRIGHT: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    /// Points and triangles; a plane has one point, three times.
    fn triangles(&self) -> (Vec<[f64; 3]>, Vec<[u32; 3]>) {
        match self {
            WallShape::Plane { point_m, .. } => (vec![*point_m], vec![[0, 0, 0]]),
            WallShape::Cuboid { centre_m, half_m, axes } => {
                let corner = |index: u32| {
                    let side = |axis: usize| if index >> axis & 1 == 1 { half_m[axis] } else { -half_m[axis] };
                    [0, 1, 2].map(|part: usize| centre_m[part] + (0..3).map(|axis| side(axis) * axes[axis][part]).sum::<f64>())
                };
                let quads = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]];
                let triangles = quads.into_iter().flat_map(|[a, b, c, d]| [[a, b, c], [a, c, d]]).collect();
                ((0..8).map(corner).collect(), triangles)
            }
            WallShape::Frustum { from_m, from_radius_m, to_m, to_radius_m, sides } => {
                let axis = unit(minus(*to_m, *from_m));
                let helper = if axis[0].abs() < 0.7 { [1.0, 0.0, 0.0] } else { [0.0, 1.0, 0.0] };
                let across = unit(outer(axis, helper));
                let along = outer(axis, across);
                let mut points = Vec::new();
                let mut triangles = Vec::new();
                for side in 0..*sides {
                    let angle = TAU * f64::from(side) / f64::from(*sides);
                    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
                    for (centre, radius) in [(from_m, from_radius_m), (to_m, to_radius_m)] {
                        points.push([0, 1, 2].map(|part: usize| centre[part] + radius * (cos * across[part] + sin * along[part])));
                    }
                    let (a, b) = (2 * side, 2 * ((side + 1) % sides));
                    triangles.extend([[a, b, b + 1], [a, b + 1, a + 1]]);
                }
                (points, triangles)
            }
            WallShape::Mesh { points_m, triangles } => (points_m.clone(), triangles.clone()),
        }
    }

    /// Its facets, with places in quanta by `quantise`.
    pub fn facets(&self, wall: u32, quantise: impl Fn([f64; 3]) -> Result<[i32; 3], BatchError>) -> Result<Vec<Facet>, BatchError> {
        let facet = |([a, b, c], normal): ([[f64; 3]; 3], [f64; 3])| -> Result<Facet, BatchError> {
            let plane = matches!(self, WallShape::Plane { .. });
            Ok(Facet { corners: [quantise(a)?, quantise(b)?, quantise(c)?], normal: normal.map(|part| part as f32), wall, plane })
        };
        self.local_facets()?.into_iter().map(facet).collect()
    }

    /// Corners and normals [m]; triangles without an area (the tip of a cone) are left out.
    pub fn local_facets(&self) -> Result<Vec<LocalFacet>, BatchError> {
        let (points, triangles) = self.triangles();
        let mut facets = Vec::with_capacity(triangles.len());
        for triangle in triangles {
            let [Some(a), Some(b), Some(c)] = triangle.map(|index| points.get(index as usize).copied()) else {
                return Err(BatchError::Wall("a triangle names a point that is not there".to_string()));
            };
            let plane = match self {
                WallShape::Plane { normal, .. } => Some(*normal),
                _ => None,
            };
            let direction = plane.unwrap_or_else(|| outer(minus(b, a), minus(c, a)));
            let size = length(direction);
            if !size.is_finite() || (plane.is_some() && size == 0.0) {
                return Err(BatchError::Wall("a normal has no direction".to_string()));
            }
            if size == 0.0 {
                continue;
            }
            facets.push(([a, b, c], unit(direction)));
        }
        Ok(facets)
    }
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn outer(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn length(a: [f64; 3]) -> f64 {
    (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt()
}

fn unit(a: [f64; 3]) -> [f64; 3] {
    let size = length(a);
    a.map(|part| part / size)
}
