//! Rollers that turn freely: each is a body that can do nothing but turn. Friction brings it to the speed of the part
//! above it, so that along the flow a part feels the inertia and the bearings of rollers alone, and across it their full
//! friction. Decides nothing; knows no lanes.
//!
//! A roller touches with the flat top of a narrow bar that swings about an axis far below: it moves as a crest does, and
//! an edge that comes to it meets no slope (against round rollers, steps of 4 mm cost a carton a hundredth of its weight).
//! It is put back after each step. What is left out: that rollers are never quite in line, and that a carton's bottom sags
//! between them. Of the rollers under a stiff part some carry nothing for a moment, and pass none of their drag on.

use super::drives::active_contacts;
use super::hook::Surface;
use super::owners::Owner;
use super::world::{Builder, cuboid, pose};
use linetwin_model::geometry::dot;
use linetwin_model::scene::{Carrying, Conveyor, FreeRollers};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Length along the flow in which a roller touches [m]: a drop of a few millimetres must not find the bar's side nearer
/// than its top.
const TOUCH_M: f64 = 0.01;
const BAR_HEIGHT_M: f64 = 0.04;
/// From the top down to the axis [m]: in one step at 2 m/s the top falls by 14 micrometres.
const ARM_M: f64 = 10.0;
/// An unloaded roller slower than this stands [m/s].
const STANDS_MPS: f32 = 1e-4;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rollers {
    rows: Vec<Roller>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Roller {
    body: RigidBodyHandle,
    collider: ColliderHandle,
    home: Pose,
    /// A turn about it moves the roller's top in flow direction.
    axis: Vector,
    inertia_kg: f32,
    resistance: f32,
    resistance_per_mps: f32,
    drag_nspm: f32,
}

impl Rollers {
    pub fn new(builder: &mut Builder<'_>) -> Self {
        let mut rollers = Rollers::default();
        let scene = builder.scene;
        for conveyor in &scene.conveyors {
            if let Carrying::FreeRollers(kind) = conveyor.carrying {
                builder.begin(Owner::Conveyor(conveyor.element));
                let count = (conveyor.path.length() / kind.pitch_m).round().max(1.0) as u32;
                let pitch_m = conveyor.path.length() / f64::from(count);
                rollers.rows.extend((0..count).map(|k| Roller::new(builder, conveyor, kind, (f64::from(k) + 0.5) * pitch_m)));
            }
        }
        rollers
    }

    /// Before a step: what bearings and load take from each roller that turns, from the contacts of the step before.
    pub fn brake(&self, world: &mut PhysicsWorld, gravity_mps2: f32, dt_s: f32) {
        for roller in &self.rows {
            roller.brake(world, gravity_mps2, dt_s);
        }
    }

    /// Where the bodies of their colliders are at rest, in order of surfaces.
    pub fn at_rest(&self) -> impl Iterator<Item = (ColliderHandle, Pose)> + '_ {
        self.rows.iter().map(|roller| (roller.collider, roller.home))
    }

    pub fn bodies(&self) -> impl Iterator<Item = RigidBodyHandle> + '_ {
        self.rows.iter().map(|roller| roller.body)
    }
}

impl Roller {
    fn new(builder: &mut Builder<'_>, conveyor: &Conveyor, kind: FreeRollers, along_m: f64) -> Self {
        let top = conveyor.path.pose_at(along_m);
        let home = pose(&top.shifted(0.0, 0.0, -ARM_M));
        let half = [TOUCH_M.min(kind.pitch_m / 2.0) / 2.0, conveyor.width_m / 2.0, BAR_HEIGHT_M / 2.0];
        let up_m = (ARM_M - BAR_HEIGHT_M / 2.0) as f32;
        // No mass and no inertia but about the axis stand for infinitely much: the frame holds it.
        let inertia = Vector::new(0.0, kind.inertia_kg as f32 * (ARM_M * ARM_M) as f32, 0.0);
        let properties = MassProperties::with_principal_inertia_frame(Vector::new(0.0, 0.0, -up_m), 0.0, inertia, Rotation::IDENTITY);
        let collider = cuboid(half).translation(Vector::new(0.0, 0.0, up_m)).mass_properties(properties);
        let collider = builder.hooked(collider, builder.surfaces.len(), conveyor.material);
        let (body, collider) = builder.world.insert(RigidBodyBuilder::dynamic().pose(home).gravity_scale(0.0), collider);
        let up = home.rotation * Vector::Z;
        // Its edges are no obstacles, as those of a belt's pieces are none; its own motion is what carries.
        builder.surfaces.push(Surface { belt: true, up, top: dot(top.position, top.up()) as f32, ..Surface::plain() });
        builder.colliders.push(collider);
        Roller {
            body,
            collider,
            home,
            axis: home.rotation * Vector::Y,
            inertia_kg: kind.inertia_kg as f32,
            resistance: kind.resistance as f32,
            resistance_per_mps: kind.resistance_per_mps as f32,
            drag_nspm: kind.drag_nspm as f32,
        }
    }

    fn brake(&self, world: &mut PhysicsWorld, gravity_mps2: f32, dt_s: f32) {
        let body = &world.bodies[self.body];
        if body.is_sleeping() {
            return;
        }
        let arm_m = ARM_M as f32;
        let speed_mps = body.angvel().dot(self.axis) * arm_m;
        let pairs = world.narrow_phase.contact_pairs_with(self.collider).filter(|pair| pair.has_any_active_contact());
        let contacts = pairs.flat_map(|pair| pair.solver_manifolds()).flat_map(active_contacts);
        let load_n = contacts.map(|contact| contact.impulse).sum::<f32>() / dt_s;
        // Resistance brings to rest and never turns back: it meets the roller with the part that it carries, a drag the
        // roller alone where nothing is on it.
        let carried_kg = self.inertia_kg + if gravity_mps2 > 0.0 { load_n / gravity_mps2 } else { 0.0 };
        let most_n = carried_kg * speed_mps.abs() / dt_s;
        let taken_n =
            ((self.resistance + self.resistance_per_mps * speed_mps.abs()) * load_n + self.drag_nspm * speed_mps.abs()).min(most_n);
        let body = &mut world.bodies[self.body];
        body.reset_torques(false);
        if *body.position() != self.home {
            body.set_position(self.home, false);
        }
        if load_n == 0.0 && speed_mps.abs() < STANDS_MPS {
            body.set_angvel(Vector::ZERO, false);
        } else {
            body.add_torque(self.axis * (-speed_mps.signum() * taken_n * arm_m), false);
        }
    }
}
