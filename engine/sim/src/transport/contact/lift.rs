//! The platforms of a continuous vertical conveyor: level slabs that move exactly as their chains do, and take parts along by
//! friction. One grows out of the nose at the end of its feeder and shrinks into the nose before what follows, as slats do; on
//! its way back it is in nobody's way, and not in the world of contacts. Knows nothing about which part it carries.
//!
//! What is left out: the mass of the platforms and the give of their chains.

use super::carriage::{lifting_work_j, resisting_n};
use super::drives::{Drives, wake_on};
use super::hook::Surface;
use super::owners::Owner;
use super::world::{Builder, cuboid, pose};
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose as Place, Vec3, dot, sub};
use linetwin_model::scene::{ContinuousLift, ElementId, LIFT_PLATFORM_M, LiftId};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// A platform of which less is out of a nose carries nothing [m].
const LEAST_OUT_M: f64 = 0.02;
/// How long chains that met their force limit stand before they try again [s].
const RETRY_S: f64 = 1.0;
/// A part's centre may be so far beside the ends of the platform that it is on, and so far below its top [m].
const BESIDE_M: f64 = 0.05;
const BELOW_M: f64 = 0.02;
/// A platform has left its level when it is so far round its turn [m].
const LEFT_M: f64 = 0.01;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Platform {
    body: RigidBodyHandle,
    collider: ColliderHandle,
    out: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiftState {
    pub element: ElementId,
    id: LiftId,
    first_surface: usize,
    platforms: Vec<Platform>,
    /// Of the chains since the start, at the end of the last step [m].
    chain_m: f64,
    stood: bool,
    pub stalled: bool,
    /// Until it tries again [s].
    stands_s: f64,
}

impl LiftState {
    pub fn new(builder: &mut Builder<'_>, id: LiftId) -> Self {
        let scene = builder.scene;
        let lift = scene.lift(id);
        let conveyor = scene.conveyor(lift.conveyor);
        builder.begin(Owner::Conveyor(lift.element));
        let first_surface = builder.surfaces.len();
        let half = [lift.length_m / 2.0, conveyor.width_m / 2.0, LIFT_PLATFORM_M / 2.0];
        let platforms = (0..lift.platform_count()).map(|_| {
            let collider = builder.hooked(cuboid(half), builder.surfaces.len(), conveyor.material).enabled(false);
            let at = pose(&middle_of(scene, lift, 0.0));
            let (body, collider) = builder.world.insert(RigidBodyBuilder::kinematic_position_based().pose(at), collider);
            builder.surfaces.push(Surface { belt: true, ..Surface::plain() });
            builder.colliders.push(collider);
            Platform { body, collider, out: false }
        });
        let platforms = platforms.collect();
        LiftState { element: lift.element, id, first_surface, platforms, chain_m: 0.0, stood: false, stalled: false, stands_s: 0.0 }
    }

    /// Before a step of `dt_s`: every platform goes on by one step.
    pub fn drive(&mut self, scene: &Scene, dt_s: f64, drives: &mut Drives, surfaces: &mut [Surface], world: &mut PhysicsWorld) {
        let lift = scene.lift(self.id);
        let drive = scene.conveyor(lift.conveyor).drives[0];
        self.stall(lift, dt_s, &mut drives.states[drive.index()], world);
        let before_m = drives.totals.drive_way_m[drive.index()];
        let gone_m = drives.speed_mps(drive) * dt_s;
        self.chain_m = before_m + gone_m;
        let starts = std::mem::replace(&mut self.stood, gone_m == 0.0) && gone_m != 0.0;
        for number in 0..self.platforms.len() {
            let way_m = way_of(lift, number, before_m);
            let seen = lift.platform_at(way_m).filter(|seen| seen.front_m - seen.rear_m >= LEAST_OUT_M);
            let platform = &mut self.platforms[number];
            let was_out = std::mem::replace(&mut platform.out, seen.is_some());
            let Some(seen) = seen else {
                if was_out {
                    world.colliders[platform.collider].set_enabled(false);
                }
                continue;
            };
            let (body, collider) = (&mut world.bodies[platform.body], &mut world.colliders[platform.collider]);
            if !was_out {
                body.set_position(pose(&middle_of(scene, lift, way_m)), false);
                collider.set_enabled(true);
            }
            let next = middle_of(scene, lift, way_m + gone_m);
            body.set_next_kinematic_position(pose(&next));
            let half_m = (seen.front_m - seen.rear_m) / 2.0;
            let offset_m = f64::midpoint(seen.rear_m, seen.front_m) - seen.middle_m;
            fit(collider, half_m as f32, offset_m as f32);
            surfaces[self.first_surface + number].top = (next.position[2] + LIFT_PLATFORM_M / 2.0) as f32;
            if starts || !was_out {
                wake_on(world, platform.collider);
            }
        }
    }

    /// Chains that would have to pull harder than they can stand for a moment, at once.
    fn stall(&mut self, lift: &ContinuousLift, dt_s: f64, drive: &mut super::drives::DriveState, world: &PhysicsWorld) {
        let out = self.platforms.iter().filter(|platform| platform.out);
        let turns = drive.speed_mps != 0.0 || self.stands_s > 0.0;
        let too_much =
            turns && out.map(|platform| resisting_n(world, platform.collider, lift.rise_m > 0.0, dt_s)).sum::<f64>() > lift.force_n;
        if too_much {
            drive.stops += u32::from(self.stands_s == 0.0);
            (self.stands_s, drive.speed_mps) = (RETRY_S, 0.0);
        } else if self.stands_s > 0.0 {
            self.stands_s = (self.stands_s - dt_s).max(0.0);
            drive.stops -= u32::from(self.stands_s == 0.0);
        }
    }

    /// After a step: whether it has stalled, or goes on, where that changed.
    pub fn sense(&mut self) -> Option<bool> {
        let stalled = self.stands_s > 0.0;
        (std::mem::replace(&mut self.stalled, stalled) != stalled).then_some(stalled)
    }

    /// The point of a part as it would be on a platform at the level where it takes parts. What is on no platform is below it.
    pub fn at_home(&self, scene: &Scene, point: Vec3) -> Vec3 {
        let lift = scene.lift(self.id);
        let start = scene.conveyor(lift.conveyor).path.start();
        let (along_m, up_m) = (dot(sub(point, start.position), start.forward), point[2] - start.position[2]);
        let seen = (0..self.platforms.len()).filter_map(|number| lift.platform_at(way_of(lift, number, self.chain_m)));
        let under =
            seen.filter(|seen| (seen.rear_m - BESIDE_M..=seen.front_m + BESIDE_M).contains(&along_m) && seen.up_m <= up_m + BELOW_M);
        let height_m = under.map(|seen| seen.up_m).reduce(f64::max);
        [point[0], point[1], height_m.map_or(start.position[2] - 1.0, |height_m| point[2] - height_m)]
    }

    /// Whether the platform that came out last has left the level: nothing may reach in there until the next one comes.
    pub fn is_closed(&self, scene: &Scene) -> bool {
        let lift = scene.lift(self.id);
        lift.way_of_last_m(self.chain_m) > lift.length_m + LEFT_M
    }

    /// Whether something presses on one of its platforms.
    pub fn touches(&self, world: &PhysicsWorld, collider: ColliderHandle) -> bool {
        let touches = |own| world.narrow_phase.contact_pair(own, collider).is_some_and(ContactPair::has_any_active_contact);
        self.platforms.iter().any(|platform| platform.out && touches(platform.collider))
    }

    /// What the chains did on the parts in the last step [J], and by which drive.
    pub fn work_j(&self, scene: &Scene, world: &PhysicsWorld) -> (usize, f64) {
        let drive = scene.conveyor(scene.lift(self.id).conveyor).drives[0];
        let out = self.platforms.iter().filter(|platform| platform.out);
        (drive.index(), out.fold(0.0, |total, platform| total + lifting_work_j(world, platform.body, platform.collider)))
    }

    /// Those of its platforms.
    pub fn surfaces(&self) -> std::ops::Range<usize> {
        self.first_surface..self.first_surface + self.platforms.len()
    }

    /// Length of a whole platform [m].
    pub fn platform_m(&self, scene: &Scene) -> f64 {
        scene.lift(self.id).length_m
    }

    pub fn bodies(&self) -> impl Iterator<Item = RigidBodyHandle> + '_ {
        self.platforms.iter().map(|platform| platform.body)
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.chain_m.to_bits().to_le_bytes());
        hasher.update(&self.stands_s.to_bits().to_le_bytes());
        hasher.update(&[u8::from(self.stalled)]);
    }
}

/// How far the front of a platform has come [m].
fn way_of(lift: &ContinuousLift, number: usize, chain_m: f64) -> f64 {
    let loop_m = lift.pitch_m * f64::from(lift.platform_count());
    (chain_m + number as f64 * lift.pitch_m).rem_euclid(loop_m)
}

/// The middle of the slab of a platform whose front has come so far.
fn middle_of(scene: &Scene, lift: &ContinuousLift, way_m: f64) -> Place {
    let (along_m, up_m) = lift.middle_at(way_m);
    scene.conveyor(lift.conveyor).path.start().shifted(along_m, 0.0, up_m - LIFT_PLATFORM_M / 2.0)
}

/// Makes what is out of the noses of a platform its shape.
fn fit(collider: &mut Collider, half_m: f32, offset_m: f32) {
    let half = collider.shape().as_cuboid().expect("a platform is a box").half_extents;
    let offset = collider.position_wrt_parent().map_or(0.0, |at| at.translation.x);
    if half.x != half_m || offset != offset_m {
        collider.set_shape(SharedShape::cuboid(half_m, half.y, half.z));
        collider.set_translation_wrt_parent(Vector::new(offset_m, 0.0, 0.0));
    }
}
