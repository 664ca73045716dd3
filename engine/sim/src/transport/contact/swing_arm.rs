//! Swing arms: a paddle on a pivot beside its host, swung by a motor with limited torque, out across the belt and back.
//! What stands in its way stops it, and what comes with the belt slides along it by friction alone. Knows nothing about
//! which parts should be led off.

use super::hook::Surface;
use super::owners::Owner;
use super::plate::{MOTOR_GAIN, Stall};
use super::world::{Builder, pose, vector};
use linetwin_model::scene::{ARM_BESIDE_M, Diverter, ElementId, PLATE_ABOVE_BELT_M, Side};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Mass of a paddle [kg], an aluminium profile with its belt or strip.
const PADDLE_MASS_KG: f32 = 3.0;
const PADDLE_THICKNESS_M: f64 = 0.04;
/// Fraction of a swing's time spent accelerating, and again braking [-].
const RAMP_FRACTION: f32 = 0.25;
/// A swing ends this close to its end [rad].
const AT_END_RAD: f32 = 0.004;
/// Slowest on the way, so that the ends are reached [rad/s].
const CREEP_RADPS: f32 = 0.05;
/// How long after it is back a part may still go off because of it [s].
const AFTER_SWING_S: f32 = 2.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwingArmState {
    pub element: ElementId,
    pub body: RigidBodyHandle,
    joint: ImpulseJointHandle,
    /// Directions of the host: with the flow, and to the side to which it swings.
    flow: Vector,
    aside: Vector,
    out_rad: f32,
    top_radps: f32,
    acceleration_radps2: f32,
    wanted: bool,
    /// Along its profile, without a sign [rad/s].
    speed_radps: f32,
    wished_radps: f32,
    stall: Stall,
    pub stalled: bool,
    back_s: f32,
}

impl SwingArmState {
    pub fn new(builder: &mut Builder<'_>, diverter: &Diverter, height_m: f64, force_n: f64) -> Self {
        builder.begin(Owner::Device(diverter.element));
        let host = builder.scene.conveyor(diverter.host);
        let sign = if diverter.side == Side::Left { 1.0 } else { -1.0 };
        let (arm_m, beside_m) = (diverter.arm_m(), host.width_m / 2.0 + ARM_BESIDE_M);
        let start = host.path.pose_at(diverter.start_m).shifted(0.0, -sign * beside_m, height_m / 2.0 + PLATE_ABOVE_BELT_M);
        let index = builder.surfaces.len();
        let half = [arm_m / 2.0, PADDLE_THICKNESS_M / 2.0, height_m / 2.0].map(|length| length as f32);
        let paddle = ColliderBuilder::cuboid(half[0], half[1], half[2]).mass(PADDLE_MASS_KG);
        let collider = builder.hooked(paddle, index, diverter.material);
        let moving = RigidBodyBuilder::dynamic().pose(pose(&start.shifted(arm_m / 2.0, 0.0, 0.0))).gravity_scale(0.0).can_sleep(false);
        let (body, collider) = builder.world.insert(moving, collider);
        builder.surfaces.push(Surface::plain());
        builder.colliders.push(collider);
        let pivot = builder.world.insert_body(RigidBodyBuilder::fixed().pose(pose(&start)));
        let joint = RevoluteJointBuilder::new(Vector::Z * sign as f32)
            .local_anchor1(Vector::ZERO)
            .local_anchor2(Vector::new(-half[0], 0.0, 0.0))
            .limits([0.0, diverter.angle as f32])
            .motor_velocity(0.0, MOTOR_GAIN)
            .motor_max_force((force_n * arm_m) as f32)
            .build();
        let joint = builder.world.insert_impulse_joint(pivot, body, joint);
        // A trapezoid: way = top speed x (time - one ramp).
        let (out_rad, stroke_s) = (diverter.angle as f32, diverter.stroke_s as f32);
        let top_radps = out_rad / (stroke_s * (1.0 - RAMP_FRACTION));
        SwingArmState {
            element: diverter.element,
            body,
            joint,
            flow: vector(start.forward),
            aside: vector(start.left) * sign as f32,
            out_rad,
            top_radps,
            acceleration_radps2: top_radps / (RAMP_FRACTION * stroke_s),
            wanted: false,
            speed_radps: 0.0,
            wished_radps: 0.0,
            stall: Stall::default(),
            stalled: false,
            back_s: AFTER_SWING_S,
        }
    }

    pub fn want(&mut self, out: bool) {
        if self.wanted != out {
            (self.wanted, self.speed_radps) = (out, 0.0);
        }
    }

    /// Whether a part that leaves by its side does so because of it.
    pub fn diverts(&self) -> bool {
        self.wanted || self.back_s < AFTER_SWING_S
    }

    /// How far it is out [rad].
    fn angle_rad(&self, world: &PhysicsWorld) -> f32 {
        let arm = world.bodies[self.body].rotation() * Vector::X;
        libm::atan2f(arm.dot(self.aside), arm.dot(self.flow))
    }

    /// Before a step: the speed for the way that is left.
    pub fn drive(&mut self, dt_s: f32, world: &mut PhysicsWorld) {
        let target_rad = if self.wanted { self.out_rad } else { 0.0 };
        let left_rad = target_rad - self.angle_rad(world);
        self.back_s = if self.wanted || left_rad.abs() > AT_END_RAD { 0.0 } else { self.back_s + dt_s };
        let wish_radps = if left_rad.abs() > AT_END_RAD {
            let braking = (2.0 * self.acceleration_radps2 * left_rad.abs()).sqrt().max(CREEP_RADPS);
            self.speed_radps = (self.speed_radps + self.acceleration_radps2 * dt_s).min(self.top_radps).min(braking);
            self.speed_radps.copysign(left_rad)
        } else {
            self.speed_radps = 0.0;
            0.0
        };
        if wish_radps != self.wished_radps {
            self.wished_radps = wish_radps;
            let joint = world.impulse_joints.get_mut(self.joint, true).expect("an arm's joint lives as long as the arm");
            joint.data.set_motor_velocity(JointAxis::AngX, wish_radps, MOTOR_GAIN);
        }
    }

    /// After a step: whether it cannot go on, or can again, where that changed.
    pub fn sense(&mut self, world: &PhysicsWorld) -> Option<bool> {
        let turning = world.bodies[self.body].angvel().dot(self.flow.cross(self.aside));
        let stalls = self.stall.look(self.wished_radps, turning);
        (std::mem::replace(&mut self.stalled, stalls) != stalls).then_some(stalls)
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&[u8::from(self.wanted), u8::from(self.stalled)]);
        hasher.update(&self.speed_radps.to_bits().to_le_bytes());
    }
}
