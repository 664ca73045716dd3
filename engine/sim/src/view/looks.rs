//! What parts look like: a mesh for each variant of each type, of the mean of its dimensions, and a label where it is a box.

use super::mesh::{Axis, Mesh};
use super::moment::mean_size_m;
use super::place::Place;
use super::role::part_colour;
use super::scenery::PartLook;
use super::stage::Stage;
use crate::load;
use crate::parts::DrawnShape;
use crate::transport::contact::hull_of;
use linetwin_model::geometry::{Vec3, scale, sub};
use linetwin_model::scene::{PartTypeId, Shape};

/// A label stands off its side by so much [m], and is so large at most [m].
const LABEL_OFF_M: f64 = 0.001;
const LABEL_M: [f64; 2] = [0.10, 0.07];
/// Of the side that it is on [-].
const LABEL_SHARE: f64 = 0.5;

pub fn of_parts(stage: &mut Stage<'_>) -> Vec<Vec<PartLook>> {
    let scene = stage.scene;
    let rows = scene.part_types.iter().enumerate();
    rows.map(|(index, row)| {
        let colour = part_colour(PartTypeId::from_index(index));
        row.variants
            .iter()
            .map(|variant| {
                let (mesh, label) = look_of(stage, &variant.shape);
                PartLook { mesh, label, colour }
            })
            .collect()
    })
    .collect()
}

fn look_of(stage: &mut Stage<'_>, shape: &Shape) -> (usize, Option<usize>) {
    let size_m = mean_size_m(shape);
    match shape {
        Shape::Box { .. } => (stage.block_mesh(size_m), Some(stage.own_mesh(label(size_m)))),
        Shape::OpenBox { wall_m, .. } => {
            let mut mesh = Mesh::default();
            for block in load::blocks(&DrawnShape::OpenBox { size_m, wall_m: *wall_m }) {
                let at = Place { position_m: block.centre_m.map(|value| value as f32), ..Place::default() };
                mesh.take_in(&Mesh::block(block.size_m), &at);
            }
            (stage.own_mesh(mesh), Some(stage.own_mesh(label(size_m))))
        }
        Shape::Cylinder { .. } => (stage.own_mesh(Mesh::cylinder(size_m[0] / 2.0, size_m[2], Axis::Z)), None),
        Shape::Capsule { .. } => (stage.own_mesh(Mesh::capsule(size_m[0] / 2.0, size_m[2].max(size_m[0]))), None),
        Shape::ConvexHull { points_m, scale: factor } => {
            let end = |axis: usize, pick: fn(f64, f64) -> f64| points_m.iter().map(|point| point[axis]).reduce(pick).unwrap_or(0.0);
            let middle: Vec3 = std::array::from_fn(|axis| f64::midpoint(end(axis, f64::min), end(axis, f64::max)));
            let points: Vec<Vec3> = points_m.iter().map(|&point| scale(sub(point, middle), factor.mean())).collect();
            let mesh = hull_of(&points).map_or_else(|| Mesh::block(size_m), |(points, triangles)| Mesh::of_triangles(&points, &triangles));
            (stage.own_mesh(mesh), None)
        }
    }
}

/// On the side to the right of the flow, in its upper half.
fn label([length_m, width_m, height_m]: Vec3) -> Mesh {
    let (y, z) = (-width_m / 2.0 - LABEL_OFF_M, height_m * 0.1);
    let [half_x, half_z] = [LABEL_M[0].min(length_m * LABEL_SHARE) / 2.0, LABEL_M[1].min(height_m * LABEL_SHARE) / 2.0];
    let corners = [[-half_x, y, z - half_z], [half_x, y, z - half_z], [half_x, y, z + half_z], [-half_x, y, z + half_z]];
    let mut mesh = Mesh::default();
    mesh.face_with(&corners, &corners.map(|[x, _, up]| [x + half_x, up - z + half_z]));
    mesh
}
