//! What grains are told of a part after a step (how it moved, how it is built, what solid things bear on it), and what becomes of it
//! when they have moved it on. Knows no grains; moves bodies only as it is told.

use super::ContactTransport;
use super::body::Where;
use super::drives::{ContactFrame, active_contacts};
use super::hook::Tag;
use super::motions::motion_of;
use crate::parts::PartId;
use crate::port::{Bearing, PartBody, PartMotion, PartStep, RigidMotion};
use linetwin_model::geometry::Vec3;
use rapier3d::parry::shape::TypedShape;
use rapier3d::prelude::*;
use std::f64::consts::TAU;

/// Sides of a round part, and rings of a spherical end [-].
const SIDES: u32 = 16;
const RINGS: u32 = 4;

impl ContactTransport {
    pub(super) fn step_of_part(&self, part: PartId, dt_s: f64) -> Option<PartStep> {
        let index = self.bodies.binary_search_by_key(&part, |body| body.id).ok()?;
        let body = &self.bodies[index];
        let physical = &self.world.bodies[body.handle];
        if body.place == Where::Invalid || self.in_hand.iter().any(|hand| hand.part == part) {
            return None;
        }
        let mut step = PartStep {
            before: rigid(&self.motions.before[index], physical),
            now: rigid(&self.motions.now[index], physical),
            mass_kg: f64::from(physical.mass()),
            inertia_kgm2: wide(physical.mass_properties().local_mprops.principal_inertia()),
            load_ns: wide(physical.user_force()).map(|part| part * dt_s),
            load_nms: wide(physical.user_torque()).map(|part| part * dt_s),
            bearings: Vec::new(),
            meets_parts: false,
        };
        let (mut friction, mut pressed_ns) = (Vector::ZERO, 0.0);
        for pair in self.world.narrow_phase.contact_pairs_with(body.collider).filter(|pair| pair.has_any_active_contact()) {
            let is_first = pair.collider1 == body.collider;
            let [own, other] = if is_first { [pair.collider1, pair.collider2] } else { [pair.collider2, pair.collider1] };
            let [own, other] = [own, other].map(|collider| Tag::decode(self.world.colliders[collider].user_data));
            let sign = if is_first { 1.0 } else { -1.0 };
            for manifold in pair.solver_manifolds() {
                let frame = ContactFrame::of(manifold);
                for contact in active_contacts(manifold).filter(|contact| contact.impulse > 0.0) {
                    if other.surface.is_none() {
                        step.meets_parts = true;
                        continue;
                    }
                    let on_part = frame.impulse_on_first(contact) * sign;
                    let normal = manifold.data.normal * -sign;
                    friction += on_part - normal * on_part.dot(normal);
                    pressed_ns += f64::from(contact.impulse);
                    step.bearings.push(Bearing {
                        arm_m: wide(if is_first { contact.solver_dp1 } else { contact.solver_dp2 }),
                        normal: wide(normal),
                        impulse_ns: f64::from(contact.impulse),
                        friction: f64::from(self.pairs.get(own.material, other.material).0),
                    });
                }
            }
        }
        // What friction has done in this step it cannot do again.
        let used = if pressed_ns > 0.0 { f64::from(friction.length()) / pressed_ns } else { 0.0 };
        step.bearings.iter_mut().for_each(|bearing| bearing.friction = (bearing.friction - used).max(0.0));
        Some(step)
    }

    /// Its surface, from its centre of mass along its principal axes.
    pub(super) fn body_of_part(&self, part: PartId) -> Option<PartBody> {
        let body = self.occupants().get(part)?;
        let (collider, physical) = (&self.world.colliders[body.collider], &self.world.bodies[body.handle]);
        let mass = &physical.mass_properties().local_mprops;
        let in_body = collider.position_wrt_parent().copied().unwrap_or(Pose::IDENTITY);
        let (mut points_m, mut triangles) = (Vec::new(), Vec::new());
        surface(collider.shape(), &in_body, &mut points_m, &mut triangles);
        let frame = mass.principal_inertia_local_frame.inverse();
        let points_m = points_m.into_iter().map(|point| wide(frame * (point - mass.local_com))).collect();
        let material = Tag::decode(collider.user_data).material;
        Some(PartBody { material, mass_kg: f64::from(physical.mass()), inertia_kgm2: wide(mass.principal_inertia()), points_m, triangles })
    }

    /// Parts that grains have moved go on from there, and feel in the next step what was passed on to what they stand on.
    pub(super) fn go_on_from_grains(&mut self) {
        for moved in std::mem::take(&mut self.moved) {
            let Ok(index) = self.bodies.binary_search_by_key(&moved.part, |body| body.id) else { continue };
            let handle = self.bodies[index].handle;
            let physical = &mut self.world.bodies[handle];
            if let Some(motion) = moved.motion {
                let mass = &physical.mass_properties().local_mprops;
                let turned = Rotation::from_array(motion.rotation.map(|part| part as f32)).normalize();
                let rotation = (turned * mass.principal_inertia_local_frame.inverse()).normalize();
                let position = narrow(motion.centre_m) - rotation * mass.local_com;
                physical.set_position(Pose::from_parts(position, rotation), true);
                physical.set_linvel(narrow(motion.velocity_mps), true);
                physical.set_angvel(narrow(motion.angular_velocity_radps), true);
                self.motions.now[index] = motion_of(physical);
                self.sliders.forget(handle);
            }
            let woken = moved.force_n != [0.0; 3] || moved.torque_nm != [0.0; 3];
            physical.reset_forces(false);
            physical.reset_torques(false);
            physical.add_force(narrow(moved.force_n), woken);
            physical.add_torque(narrow(moved.torque_nm), woken);
        }
    }
}

fn wide(vector: Vector) -> Vec3 {
    vector.to_array().map(f64::from)
}

fn narrow(vector: Vec3) -> Vector {
    Vector::from_array(vector.map(|part| part as f32))
}

/// Of the centre of mass and the principal axes.
fn rigid(motion: &PartMotion, physical: &RigidBody) -> RigidMotion {
    let mass = &physical.mass_properties().local_mprops;
    let rotation = Rotation::from_array(motion.rotation);
    RigidMotion {
        centre_m: wide(Vector::from_array(motion.position) + rotation * mass.local_com),
        rotation: (rotation * mass.principal_inertia_local_frame).to_array().map(f64::from),
        velocity_mps: motion.linear_velocity.map(f64::from),
        angular_velocity_radps: motion.angular_velocity.map(f64::from),
    }
}

fn surface(shape: &dyn Shape, at: &Pose, points: &mut Vec<Vector>, triangles: &mut Vec<[u32; 3]>) {
    let first = points.len() as u32;
    let (own, faces) = match shape.as_typed_shape() {
        TypedShape::Compound(compound) => {
            compound.shapes().iter().for_each(|(pose, part)| surface(&**part, &(*at * *pose), points, triangles));
            return;
        }
        TypedShape::Cuboid(cuboid) => cuboid.to_trimesh(),
        TypedShape::ConvexPolyhedron(hull) => hull.to_trimesh(),
        TypedShape::Cylinder(cylinder) => {
            let (half_m, radius_m) = (f64::from(cylinder.half_height), f64::from(cylinder.radius));
            revolved(Vector::Y, &[[-half_m, 0.0], [-half_m, radius_m], [half_m, radius_m], [half_m, 0.0]])
        }
        TypedShape::Capsule(capsule) => {
            let (half_m, radius_m) = (f64::from(capsule.half_height()), f64::from(capsule.radius));
            let ring = |end: f64, index: u32| {
                let angle = TAU / 4.0 * f64::from(index) / f64::from(RINGS);
                [end * (half_m + radius_m * libm::cos(angle)), radius_m * libm::sin(angle)]
            };
            let below = (0..=RINGS).map(|index| ring(-1.0, index));
            let profile: Vec<[f64; 2]> = below.chain((0..=RINGS).rev().map(|index| ring(1.0, index))).collect();
            revolved(Vector::Z, &profile)
        }
        other => unreachable!("no part is made of {other:?}"),
    };
    points.extend(own.into_iter().map(|point| *at * point));
    triangles.extend(faces.into_iter().map(|face| face.map(|index| first + index)));
}

/// What a line of `[along, away from]` an axis sweeps.
fn revolved(axis: Vector, profile: &[[f64; 2]]) -> (Vec<Vector>, Vec<[u32; 3]>) {
    // Any two directions across it.
    let across = if axis == Vector::Z { Vector::X } else { Vector::Z };
    let aside = axis.cross(across);
    let rings = profile.len() as u32;
    let (mut points, mut triangles) = (Vec::new(), Vec::new());
    for side in 0..SIDES {
        let angle = TAU * f64::from(side) / f64::from(SIDES);
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        points
            .extend(profile.iter().map(|&[along, away]| axis * along as f32 + across * (away * cos) as f32 + aside * (away * sin) as f32));
        let (here, next) = (side * rings, (side + 1) % SIDES * rings);
        for ring in 0..rings - 1 {
            triangles.push([here + ring, next + ring, next + ring + 1]);
            triangles.push([here + ring, next + ring + 1, here + ring + 1]);
        }
    }
    // At the tips, two corners are one.
    triangles.retain(|face| {
        points[face[0] as usize] != points[face[1] as usize]
            && points[face[1] as usize] != points[face[2] as usize]
            && points[face[0] as usize] != points[face[2] as usize]
    });
    (points, triangles)
}
