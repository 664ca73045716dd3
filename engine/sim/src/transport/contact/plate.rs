//! A plate that slides along one axis by a motor of finite force: what pushers and clamps are made of. It is a dynamic
//! body on a prismatic joint, so that a part it cannot move stops it, and the work it does is finite. Knows nothing of
//! strokes or holds.

use super::hook::Surface;
use super::world::{Builder, pose, vector};
use linetwin_model::geometry::{Pose as Place, Vec3, scale};
use linetwin_model::scene::MaterialId;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Mass of a plate with its carriage [kg]: it arrives with little momentum of its own beside a carton's.
const PLATE_MASS_KG: f32 = 2.0;
/// Motor gain [1/s]: high, so that speed is held exactly until the force limit is met.
pub const MOTOR_GAIN: f32 = 1.0e4;
/// Below this fraction of the wished speed a plate does not move as wished [-].
const STALL_FRACTION: f32 = 0.25;
/// Steps of not moving before it counts as a stall: starting up takes fewer.
const STALL_STEPS: u32 = 12;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plate {
    pub body: RigidBodyHandle,
    pub collider: ColliderHandle,
    joint: ImpulseJointHandle,
    rest: Vector,
    axis: Vector,
    wished_mps: f32,
    stall: Stall,
}

/// How long a motor has not moved as wished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    slow_steps: u32,
}

impl Stall {
    /// After a step: whether the motor has met its force limit for a while. Both speeds in the same unit.
    pub fn look(&mut self, wished: f32, speed: f32) -> bool {
        let slow = wished != 0.0 && speed * wished.signum() < STALL_FRACTION * wished.abs();
        self.slow_steps = if slow { self.slow_steps.saturating_add(1) } else { 0 };
        self.slow_steps >= STALL_STEPS
    }
}

pub struct PlateSpec {
    /// Centre at rest; the plate slides along this place's left.
    pub place: Place,
    /// Along forward, left and up [m].
    pub size_m: Vec3,
    /// Towards the right instead.
    pub rightward: bool,
    pub stroke_m: f64,
    pub force_n: f64,
    pub material: MaterialId,
}

impl Plate {
    pub fn new(builder: &mut Builder<'_>, spec: &PlateSpec) -> Self {
        let index = builder.surfaces.len();
        let at = pose(&spec.place);
        let half = vector(scale(spec.size_m, 0.5));
        let collider = builder.hooked(ColliderBuilder::cuboid(half.x, half.y, half.z).mass(PLATE_MASS_KG), index, spec.material);
        let moving = RigidBodyBuilder::dynamic().pose(at).gravity_scale(0.0).can_sleep(false);
        let (body, collider) = builder.world.insert(moving, collider);
        builder.surfaces.push(Surface::plain());
        builder.colliders.push(collider);
        let frame = builder.world.insert_body(RigidBodyBuilder::fixed().pose(at));
        let local = if spec.rightward { -Vector::Y } else { Vector::Y };
        let joint = PrismaticJointBuilder::new(local)
            .limits([0.0, spec.stroke_m as f32])
            .motor_velocity(0.0, MOTOR_GAIN)
            .motor_max_force(spec.force_n as f32)
            .build();
        let joint = builder.world.insert_impulse_joint(frame, body, joint);
        let axis = at.rotation * local;
        Plate { body, collider, joint, rest: at.translation, axis, wished_mps: 0.0, stall: Stall::default() }
    }

    /// How far it has slid from rest [m].
    pub fn travel_m(&self, world: &PhysicsWorld) -> f32 {
        (world.bodies[self.body].translation() - self.rest).dot(self.axis)
    }

    /// Wishes a speed outwards [m/s].
    pub fn drive(&mut self, world: &mut PhysicsWorld, speed_mps: f32) {
        if speed_mps == self.wished_mps {
            return;
        }
        self.wished_mps = speed_mps;
        let joint = world.impulse_joints.get_mut(self.joint, true).expect("a plate's joint lives as long as the plate");
        joint.data.set_motor_velocity(JointAxis::LinX, speed_mps, MOTOR_GAIN);
    }

    /// After a step: whether it has met its force limit for a while.
    pub fn stalls(&mut self, world: &PhysicsWorld) -> bool {
        self.stall.look(self.wished_mps, world.bodies[self.body].linvel().dot(self.axis))
    }
}
