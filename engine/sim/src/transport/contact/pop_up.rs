//! Pop-up stretches: belts whose surface, while it is up, moves at an angle to the flow and is made of something else. They
//! rise flush, after a time, and wake what lies on them. Knows nothing about which parts should be carried off.

use super::drives::wake_on;
use super::hook::{Surface, Tag};
use super::world::{Builder, vector};
use linetwin_model::geometry::{Vec3, add, scale};
use linetwin_model::scene::{Diverter, MaterialId, Side};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// How long after it has sunk a part may still slide off because of it [s].
pub const AFTER_S: f32 = 2.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopUpState {
    /// Index into the surfaces.
    surface: usize,
    /// Direction and relative speed of the surface, and what it is made of: down, up.
    flows: [Vector; 2],
    materials: [MaterialId; 2],
    wanted: bool,
    pub raised: bool,
    /// Since the wish changed, and since it has sunk [s].
    waited_s: f32,
    sunk_s: f32,
    rise_s: f32,
}

/// How a surface that carries off at the diverter's angle moves, over the host's speed: its wheels turn with the host.
pub fn carried(builder: &Builder<'_>, diverter: &Diverter, speed_mps: f64) -> Vec3 {
    let host = builder.scene.conveyor(diverter.host);
    let pose = host.path.pose_at((diverter.start_m + diverter.end_m) / 2.0);
    let sign = if diverter.side == Side::Left { 1.0 } else { -1.0 };
    let drive = host.drives.iter().map(|drive| &builder.scene.drives[drive.index()]).find(|drive| diverter.end_m <= drive.end_m + 1e-6);
    let set_mps = drive.map_or(1.0, |drive| drive.speed_mps);
    let direction = add(scale(pose.forward, libm::cos(diverter.angle)), scale(pose.left, sign * libm::sin(diverter.angle)));
    scale(direction, speed_mps / set_mps)
}

impl PopUpState {
    /// `surface`: the belt of its stretch, as it was built.
    pub fn new(builder: &Builder<'_>, diverter: &Diverter, speed_mps: f64, surface: usize) -> Self {
        let host = builder.scene.conveyor(diverter.host);
        let pose = host.path.pose_at((diverter.start_m + diverter.end_m) / 2.0);
        let up = carried(builder, diverter, speed_mps);
        PopUpState {
            surface,
            flows: [vector(pose.forward), vector(up)],
            materials: [host.material, diverter.material],
            wanted: false,
            raised: false,
            waited_s: 0.0,
            sunk_s: AFTER_S,
            rise_s: diverter.stroke_s as f32,
        }
    }

    pub fn want(&mut self, up: bool) {
        if self.wanted != up {
            (self.wanted, self.waited_s) = (up, 0.0);
        }
    }

    /// Whether a part that leaves by its side does so because of it.
    pub fn diverts(&self) -> bool {
        self.raised || self.sunk_s < AFTER_S
    }

    /// Before a step.
    pub fn drive(&mut self, dt_s: f32, surfaces: &mut [Surface], colliders: &[ColliderHandle], world: &mut PhysicsWorld) {
        self.waited_s += dt_s;
        self.sunk_s = if self.raised { 0.0 } else { self.sunk_s + dt_s };
        if self.raised == self.wanted || self.waited_s < self.rise_s {
            return;
        }
        self.raised = self.wanted;
        let which = usize::from(self.raised);
        surfaces[self.surface].forward = self.flows[which];
        let collider = colliders[self.surface];
        let user_data = &mut world.colliders[collider].user_data;
        *user_data = Tag { material: self.materials[which].0, ..Tag::decode(*user_data) }.encode();
        wake_on(world, collider);
    }
}
