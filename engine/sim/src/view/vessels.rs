//! What holds bulk material: the walls that grains meet, as sheets, with gates and feeders that move, and legs below.

use super::mesh::Mesh;
use super::place::Place;
use super::role::Role;
use super::stage::{At, Stage};
use super::stands::pair_of_legs;
use crate::granular::{ShownWall, WallRole};
use crate::port::Seen;
use linetwin_compute::kernels::particles::WallShape;
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, Vec3};
use linetwin_model::scene::{BulkElement, ElementKind, Granulate};

/// `first_mover`: of those that move, in order.
pub fn add(stage: &mut Stage<'_>, walls: &[ShownWall], first_mover: usize) {
    let sheet_m = sheet_m(stage.scene);
    for wall in walls {
        let role = match wall.role {
            WallRole::Vessel => Role::Vessel,
            WallRole::Belt => Role::Belt { drive: None, share: 1.0 },
            WallRole::Moving => Role::Device,
        };
        let owner = Seen::Element(wall.element);
        match (&wall.shape, wall.mover) {
            (shape, Some(mover)) => {
                let at = At { place: Place::default(), mover: Some(first_mover + mover) };
                stage.mesh(owner, role, at, mesh_of(shape, sheet_m));
            }
            (shape, None) => {
                let mesh = mesh_of(shape, sheet_m);
                let Some(first) = mesh.points_m.first() else { continue };
                let near = Pose::new(first.map(f64::from), 0.0, 0.0);
                stage.world_mesh(owner, role, &near, &mesh);
            }
        }
    }
    let scene = stage.scene;
    for id in scene.element_ids() {
        let ElementKind::Bulk(bulk) = &scene.element(id).kind else { continue };
        let stands: Vec<(Pose, f64)> = match bulk {
            BulkElement::Hopper(hopper) => {
                let at = [hopper.outlet_m[0], hopper.outlet_m[1], hopper.outlet_m[2] + hopper.cone_m];
                let pose = Pose::new(at, 0.0, 0.0);
                [-0.7, 0.7].map(|along| (pose.shifted(along * hopper.radius_m, 0.0, 0.0), hopper.radius_m + 0.03)).to_vec()
            }
            BulkElement::Belt(belt) => along(&belt.start, belt.length_m, belt.edge_m()[0]),
            BulkElement::Feeder(feeder) => {
                let low = feeder.start.shifted(0.0, 0.0, feeder.heights_m()[0]);
                along(&low, feeder.length_m, feeder.half_m())
            }
            BulkElement::Chute(chute) => along(&chute.start, chute.length_m, chute.width_m / 2.0),
            BulkElement::Bin(_) => Vec::new(),
        };
        for (at, half_m) in stands {
            pair_of_legs(stage, id, &at, half_m, 0.01);
        }
    }
}

fn along(start: &Pose, length_m: f64, half_m: f64) -> Vec<(Pose, f64)> {
    [0.1, 0.9].map(|share| (start.shifted(share * length_m, 0.0, 0.0), half_m)).to_vec()
}

/// How far outside of a hopper's inner wall it is drawn [m]: grains that are pressed against it give way a little, and a clump is
/// drawn as the sphere of its volume, which reaches farther than its flat side. Nothing of them is to be seen through the wall.
fn sheet_m(scene: &Scene) -> f64 {
    const ROUND: f64 = 0.25;
    const CLUMP: f64 = 0.4;
    let of = |granulate: &Granulate| granulate.diameter_m.max() / 2.0 * if granulate.spheres.is_empty() { ROUND } else { CLUMP };
    scene.bulk.iter().flat_map(|bulk| &bulk.granulates).map(of).fold(0.0, f64::max)
}

fn mesh_of(shape: &WallShape, sheet_m: f64) -> Mesh {
    let mut mesh = Mesh::default();
    match shape {
        WallShape::Plane { .. } => {}
        WallShape::Cuboid { centre_m, half_m, axes } => {
            let at = Pose { position: *centre_m, forward: axes[0], left: axes[1] };
            mesh.take_in(&Mesh::block(half_m.map(|half| 2.0 * half)), &Place::of(&at));
        }
        // Those of hoppers are upright.
        WallShape::Frustum { from_m, from_radius_m, to_m, to_radius_m, sides } => {
            let corner = |side: u32, centre: &Vec3, radius_m: f64| {
                let angle = std::f64::consts::TAU * f64::from(side) / f64::from(*sides);
                let radius_m = radius_m + sheet_m;
                [centre[0] + radius_m * libm::cos(angle), centre[1] + radius_m * libm::sin(angle), centre[2]]
            };
            for side in 0..*sides {
                let below = [corner(side, from_m, *from_radius_m), corner(side + 1, from_m, *from_radius_m)];
                let above = [corner(side + 1, to_m, *to_radius_m), corner(side, to_m, *to_radius_m)];
                mesh.sheet(&[below[0], below[1], above[0], above[1]]);
            }
        }
        WallShape::Mesh { points_m, triangles } => {
            triangles.iter().for_each(|triangle| mesh.sheet(&triangle.map(|index| points_m[index as usize])));
        }
    }
    mesh
}
