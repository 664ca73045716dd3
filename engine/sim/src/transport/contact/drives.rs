//! Drives as the world feels them: set speed, ramp, forced stops, surface speeds, and the work they do on parts.

use super::hook::{NO_DRIVE, Surface};
use crate::port::EnergyTotals;
use linetwin_model::scene::DriveId;
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriveState {
    /// What the line wants [m/s].
    pub set_mps: f64,
    /// What the surface does now [m/s].
    pub speed_mps: f64,
    /// Belt stops that keep it still.
    pub stops: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drives {
    pub states: Vec<DriveState>,
    pub totals: EnergyTotals,
}

impl Drives {
    pub fn new(scene: &Scene) -> Self {
        let states =
            scene.drives.iter().map(|drive| DriveState { set_mps: drive.speed_mps, speed_mps: drive.speed_mps, stops: 0 }).collect();
        Drives { states, totals: EnergyTotals::new(scene.drives.len()) }
    }

    /// Moves each speed towards its target by the drive's acceleration, or its deceleration where it slows down; a
    /// surface that changes speed wakes what lies on it, because Rapier judges sleep by displacement and does not know
    /// that a belt has started.
    pub fn ramp(&mut self, scene: &Scene, dt_s: f64, surfaces: &mut [Surface], colliders: &[ColliderHandle], world: &mut PhysicsWorld) {
        let mut changed = false;
        for (state, drive) in self.states.iter_mut().zip(&scene.drives) {
            let target = if state.stops > 0 { 0.0 } else { state.set_mps };
            if state.speed_mps != target {
                let slower = target.abs() < state.speed_mps.abs();
                let most = if slower { drive.deceleration_mps2 } else { drive.acceleration_mps2 } * dt_s;
                state.speed_mps += (target - state.speed_mps).clamp(-most, most);
                changed = true;
            }
        }
        if !changed {
            return;
        }
        for (index, surface) in surfaces.iter_mut().enumerate() {
            if surface.drive == NO_DRIVE {
                continue;
            }
            let speed = self.states[surface.drive as usize].speed_mps as f32 * surface.share;
            if surface.speed_mps != speed {
                surface.speed_mps = speed;
                wake_on(world, colliders[index]);
            }
        }
    }

    /// Books a step of length `span` on the drives that turn in it.
    pub fn count_running(&mut self, span: Time) {
        let totals = self.totals.drive_running.iter_mut().zip(&mut self.totals.drive_way_m);
        for (state, (running, way_m)) in self.states.iter().zip(totals) {
            if state.speed_mps != 0.0 {
                *running += span;
                *way_m += state.speed_mps * span.as_seconds();
            }
        }
    }

    /// Surface speed of a drive now [m/s].
    pub fn speed_mps(&self, drive: DriveId) -> f64 {
        self.states[drive.index()].speed_mps
    }

    /// Adds the work of the last step that a driven surface did on the part of one contact pair.
    pub fn add_work(&mut self, surface: &Surface, pair: &ContactPair, belt_is_first: bool) {
        let on_first: f64 = pair.solver_manifolds().iter().map(|manifold| power_on_first(surface, manifold, belt_is_first)).sum();
        self.totals.drive_work_j[surface.drive as usize] += if belt_is_first { -on_first } else { on_first };
    }
}

/// Sum over a manifold's contacts of impulse on the first collider times velocity of the surface there [J].
///
/// These data are cold memory after a step, so no more of them is touched than is needed: the solver contacts only where
/// they are fewer than the points, which then hold impulses of an earlier step.
fn power_on_first(surface: &Surface, manifold: &ContactManifold, belt_is_first: bool) -> f64 {
    if !surface.carries_with(manifold.data.normal) {
        return 0.0;
    }
    let frame = ContactFrame::of(manifold);
    let power = |data: &ContactData| {
        // What does not move is reached from the world's origin: its arm is the contact's point.
        let point = if belt_is_first { data.solver_dp1 } else { data.solver_dp2 };
        f64::from(frame.impulse_on_first(data).dot(surface.velocity_at(point)))
    };
    if manifold.data.solver_contacts.len() == manifold.points.len() {
        return manifold.points.iter().map(|point| power(&point.data)).sum();
    }
    active_contacts(manifold).map(power).sum()
}

/// The points of a manifold that were solved in the last step; the others hold impulses of an earlier one.
pub fn active_contacts(manifold: &ContactManifold) -> impl Iterator<Item = &ContactData> {
    let index = |contact: &SolverContact| (contact.contact_id[0] & !rapier3d::geometry::NEW_CONTACT_BIT) as usize;
    manifold.data.solver_contacts.iter().map(move |contact| &manifold.points[index(contact)].data)
}

/// The directions in which a manifold keeps its impulses.
pub struct ContactFrame {
    normal: Vector,
    tangents: [Vector; 2],
}

impl ContactFrame {
    pub fn of(manifold: &ContactManifold) -> Self {
        let normal = manifold.data.normal;
        ContactFrame { normal, tangents: friction_basis(-normal) }
    }

    /// What a contact did to the first body of its pair in the last step [N s]. The normal part counts as well: it has no
    /// component along a belt until a part leans.
    pub fn impulse_on_first(&self, contact: &ContactData) -> Vector {
        let friction = contact.tangent_impulse;
        self.tangents[0] * friction.x + self.tangents[1] * friction.y - self.normal * contact.impulse
    }
}

/// The two directions in which Rapier keeps the friction impulse on the first collider of a pair. They depend on the
/// direction towards it alone (`compute_tangent_contact_directions`, Duff et al. 2017), so they are rebuilt here.
fn friction_basis(towards_first: Vector) -> [Vector; 2] {
    let sign = 1.0_f32.copysign(towards_first.z);
    let a = -1.0 / (sign + towards_first.z);
    let b = towards_first.x * towards_first.y * a;
    let tangent = Vector::new(b, sign + towards_first.y * towards_first.y * a, -towards_first.y);
    [tangent, towards_first.cross(tangent)]
}

/// Wakes every body that touches `collider`.
pub fn wake_on(world: &mut PhysicsWorld, collider: ColliderHandle) {
    let touching = world.narrow_phase.contact_pairs_with(collider).filter(|pair| pair.has_any_active_contact());
    let others: Vec<ColliderHandle> =
        touching.map(|pair| if pair.collider1 == collider { pair.collider2 } else { pair.collider1 }).collect();
    for other in others {
        // A part that left in this very step is still named by its contacts.
        if let Some(body) = world.colliders.get(other).and_then(|collider| collider.parent()) {
            world.wake_up(body, true);
        }
    }
}
