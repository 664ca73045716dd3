//! What the transport says is solid: the floor, rails, fixtures, and everything that moves are seen as they are met. All of it
//! is there once more as colliders, for an overlay; what carries parts and stands is drawn from the scene instead.

use super::mesh::{Axis, Mesh};
use super::place::Place;
use super::role::Role;
use super::stage::{At, Stage};
use crate::port::{Installed, Owner, Seen};
use linetwin_compute::kernels::rays::Shape;
use linetwin_model::scene::{DiverterDevice, ElementId, ElementKind};

pub fn add(stage: &mut Stage<'_>, all: &[Installed]) {
    for installed in all {
        let (seen, role) = (installed.owner.seen(), role_of(stage, installed));
        for solid in &installed.solids {
            let mesh = mesh_of(stage, &solid.shape);
            let place = Place { position_m: solid.position_m, rotation: solid.rotation };
            for role in [Some(Role::Collider), role].into_iter().flatten() {
                stage.put(seen, role, At { place, mover: installed.mover }, mesh);
            }
        }
    }
    let scene = stage.scene;
    for fixture in &scene.fixtures {
        if let Some(surface) = &fixture.mesh {
            let mesh = stage.own_mesh(Mesh::of_triangles(&surface.points_m, &surface.triangles));
            for role in [Role::Collider, Role::Fixture] {
                stage.put(Seen::Element(fixture.element), role, &fixture.pose, mesh);
            }
        }
    }
}

/// `None`: it is met, and drawn in another way.
fn role_of(stage: &Stage<'_>, installed: &Installed) -> Option<Role> {
    let kind = |element: ElementId| &stage.scene.element(element).kind;
    match installed.owner {
        Owner::Floor => Some(Role::Floor),
        Owner::Rail(_) => Some(Role::Rail),
        Owner::Conveyor(_) if installed.mover.is_some() => Some(Role::Platform),
        Owner::Conveyor(element) => match kind(element) {
            ElementKind::Sink(_) => Some(Role::Sink),
            ElementKind::Buffer(_) => Some(Role::Buffer),
            _ => None,
        },
        Owner::Device(element) => match kind(element) {
            ElementKind::Fixture => Some(Role::Fixture),
            ElementKind::Diverter(logic) => {
                let device = &stage.scene.diverters[logic.diverter.index()].device;
                (!matches!(device, DiverterDevice::PopUp { .. })).then_some(Role::Device)
            }
            _ => Some(Role::Device),
        },
    }
}

fn mesh_of(stage: &mut Stage<'_>, shape: &Shape) -> usize {
    match shape {
        Shape::Box { half_m } => stage.block_mesh(half_m.map(|half| 2.0 * f64::from(half))),
        Shape::Sphere { radius_m } => stage.own_mesh(Mesh::ball(f64::from(*radius_m))),
        Shape::Cylinder { radius_m, half_height_m } => {
            stage.own_mesh(Mesh::cylinder(f64::from(*radius_m), 2.0 * f64::from(*half_height_m), Axis::Z))
        }
        Shape::Hull { points_m, planes } => stage.own_mesh(Mesh::hull(points_m, planes)),
    }
}
