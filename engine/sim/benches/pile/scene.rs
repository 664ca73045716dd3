//! The bin and the cubes: the scene that every peer in the study of rigid-body engines got, number for number, so that
//! solid fractions compare. y is up here and here alone, because it is in that scene.

use crate::setting::Setting;
use rapier3d::prelude::*;
use std::f64::consts::TAU;

pub const CUBE_COUNT: usize = 1000;
/// Half an edge [m].
pub const CUBE_HALF_M: f32 = 0.1;
const CUBE_MASS_KG: f32 = 4.0;
/// Half the inner width of the square bin [m].
pub const BIN_HALF_M: f32 = 1.5;
const WALL_HALF_M: f32 = 0.25;
const WALL_HALF_HEIGHT_M: f32 = 5.0;
/// Cubes per row and rows per layer of the lattice they start on.
const LATTICE: usize = 8;
/// More than the diagonal of a cube (0.346 m): any rotation fits [m].
const LATTICE_PITCH_M: f64 = 0.36;
const LOWEST_CENTRE_M: f64 = 0.4;

/// The linear congruential generator of the shared scene (Knuth's MMIX constants), upper 31 bits.
struct Generator(u64);

impl Generator {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }

    /// Uniform over all rotations (Shoemake 1992).
    fn rotation(&mut self) -> Rotation {
        let (u1, u2, u3) = (self.unit(), self.unit(), self.unit());
        let (a, b) = ((1.0 - u1).sqrt(), u1.sqrt());
        let (sin2, cos2, sin3, cos3) = (libm::sin(TAU * u2), libm::cos(TAU * u2), libm::sin(TAU * u3), libm::cos(TAU * u3));
        Rotation::from_xyzw((a * sin2) as f32, (a * cos2) as f32, (b * sin3) as f32, (b * cos3) as f32).normalize()
    }
}

/// Fills the world with bin and cubes; the handles of the cubes.
pub fn build(world: &mut PhysicsWorld, setting: &Setting) -> Vec<RigidBodyHandle> {
    let inner = BIN_HALF_M;
    let wall = WALL_HALF_M;
    let mut fixed = |centre: Vector, half: Vector| {
        let collider = ColliderBuilder::cuboid(half.x, half.y, half.z).friction(setting.friction).restitution(setting.restitution);
        world.insert(RigidBodyBuilder::fixed().translation(centre), collider);
    };
    fixed(Vector::new(0.0, -wall, 0.0), Vector::new(inner + 2.0 * wall, wall, inner + 2.0 * wall));
    for side in [-1.0, 1.0] {
        let centre = Vector::new(side * (inner + wall), WALL_HALF_HEIGHT_M, 0.0);
        fixed(centre, Vector::new(wall, WALL_HALF_HEIGHT_M, inner + 2.0 * wall));
    }
    for side in [-1.0, 1.0] {
        let centre = Vector::new(0.0, WALL_HALF_HEIGHT_M, side * (inner + wall));
        fixed(centre, Vector::new(inner, WALL_HALF_HEIGHT_M, wall));
    }
    let mut generator = Generator(setting.seed);
    let middle = (LATTICE - 1) as f64 / 2.0;
    (0..CUBE_COUNT)
        .map(|index| {
            let (layer, place) = (index / (LATTICE * LATTICE), index % (LATTICE * LATTICE));
            let position = Vector::new(
                (((place % LATTICE) as f64 - middle) * LATTICE_PITCH_M) as f32,
                (LOWEST_CENTRE_M + layer as f64 * LATTICE_PITCH_M) as f32,
                (((place / LATTICE) as f64 - middle) * LATTICE_PITCH_M) as f32,
            );
            let pose = Pose::from_parts(position, generator.rotation());
            let collider = ColliderBuilder::cuboid(CUBE_HALF_M, CUBE_HALF_M, CUBE_HALF_M)
                .friction(setting.friction)
                .restitution(setting.restitution)
                .mass(CUBE_MASS_KG);
            world.insert(RigidBodyBuilder::dynamic().pose(pose).can_sleep(setting.sleep), collider).0
        })
        .collect()
}
