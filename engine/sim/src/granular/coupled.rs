//! Parts among grains: bodies of the batch for as long as grains are near. The rigid bodies do their step first; what they did to a
//! part is spread over the substeps, in which grains push it and what it stands on holds it; then they go on from where it came to.
//! Every impulse between a part and grains is counted in the batch's quanta, on both sides.

use super::filling::axes_of;
use super::plan::Plan;
use super::support::{Inertia, Push, Support};
use crate::parts::{PartId, Parts};
use crate::port::{MovedPart, PartBody, PartStep, RigidMotion, Transport};
use linetwin_compute::kernels::particles::{BodyMass, BodyMotion, Particle, ParticleBatch, WallId, WallShape};
use linetwin_model::Scene;
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_model::scene::MaterialId;
use serde::{Deserialize, Serialize};

/// A part joins where a grain may reach it within the step, and leaves where none may within so many of the largest grains more [-].
const JOINS_GRAINS: f64 = 0.5;
const LEAVES_GRAINS: f64 = 2.0;
/// Of the smallest radius, what a part may move in a substep [-]: the batch takes no more than a whole one.
const WAY_SHARE: f64 = 0.9;

/// A part that is a body of the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Member {
    part: PartId,
    body: PartBody,
}

/// By body of the batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coupled {
    members: Vec<Member>,
    /// Parts that feel a force through the step that follows.
    loaded: Vec<PartId>,
}

/// One part through one step.
pub struct Course {
    wall: WallId,
    step: PartStep,
    /// None where it only falls.
    led: Option<Led>,
}

/// What the rigid bodies did to a part in a step.
struct Led {
    /// In each substep.
    push: Push,
    /// Over the step.
    change: Push,
    support: Support,
}

/// Mean force on a part [N].
pub type PartForce = (PartId, [f64; 3]);

impl Coupled {
    /// After a snapshot was read: the batch knows the scene's walls alone.
    pub fn add_all(&self, plan: &Plan, batch: &mut ParticleBatch) {
        for Member { body, .. } in &self.members {
            add_body(plan, body, &BodyMotion::at_rest(plan.middle_m()), batch).expect("it was added before");
        }
    }

    pub fn part_of(&self, wall: usize, first_body: usize) -> Option<PartId> {
        Some(self.members.get(wall.checked_sub(first_body)?)?.part)
    }

    /// When the rigid bodies have done their step: who is among grains now, and how each goes through it.
    pub fn begin(&mut self, around: &Around<'_>, batch: &mut ParticleBatch) -> Vec<Course> {
        let near = self.near(around);
        let mut index = 0;
        self.members.retain(|member| {
            let stays = near.binary_search(&member.part).is_ok()
                && around.transport.step_of(around.scene, member.part).is_some_and(|step| {
                    step.mass_kg == member.body.mass_kg && step.inertia_kgm2 == member.body.inertia_kgm2 && around.can_follow(&step)
                });
            if stays {
                index += 1;
            } else {
                batch.remove_body(WallId(around.first_body + index)).expect("bodies are the last walls");
            }
            stays
        });
        for part in near {
            if self.members.iter().any(|member| member.part == part) {
                continue;
            }
            let (Some(step), Some(body)) = (around.transport.step_of(around.scene, part), around.transport.body_of(part)) else {
                continue;
            };
            // One that the batch cannot take moves as if there were no grains.
            if around.can_follow(&step) && add_body(around.plan, &body, &motion_at(&step.before), batch).is_ok() {
                self.members.push(Member { part, body });
            }
        }
        let mut courses = Vec::with_capacity(self.members.len());
        for (index, member) in self.members.iter().enumerate() {
            let step = around.transport.step_of(around.scene, member.part).expect("asked above");
            courses.push(Course::begin(WallId(around.first_body + index), step, around.plan, batch));
        }
        courses
    }

    /// Grains stand from now on: nobody feels them.
    pub fn let_go(&mut self) -> Vec<MovedPart> {
        std::mem::take(&mut self.loaded).into_iter().map(unloaded).collect()
    }

    /// Parts that a grain may touch in this step, in order of id; those that are being filled are walls already.
    fn near(&self, around: &Around<'_>) -> Vec<PartId> {
        let (grains, plan) = (around.grains, around.plan);
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        let mut fastest_mps: f64 = 0.0;
        for (_, grain) in grains {
            for ((low, high), at) in low.iter_mut().zip(&mut high).zip(grain.position_m) {
                (*low, *high) = (low.min(at), high.max(at));
            }
            fastest_mps = fastest_mps.max(length(grain.velocity_mps));
        }
        let near = |part: PartId, motion: &crate::port::PartMotion| {
            let half = around.parts.get(part)?.shape.size_m().map(|size| size / 2.0);
            let centre = motion.position.map(f64::from);
            let inside = (0..3).all(|axis| (plan.bounds_m[0][axis]..plan.bounds_m[1][axis]).contains(&centre[axis]));
            let member = self.members.iter().any(|member| member.part == part);
            let grains_away = if member { LEAVES_GRAINS } else { JOINS_GRAINS };
            let speed_mps = length(motion.linear_velocity.map(f64::from)) + length(motion.angular_velocity.map(f64::from)) * length(half);
            let slack_m = plan.radii_m[1] * (1.0 + 2.0 * grains_away) + plan.step_s * (speed_mps + plan.gravity_mps2 * plan.step_s);
            let reach_m = slack_m + plan.step_s * fastest_mps + length(half);
            let around_it = (0..3).all(|axis| centre[axis] + reach_m > low[axis] && centre[axis] - reach_m < high[axis]);
            if !inside || !around_it {
                return None;
            }
            let axes = axes_of(motion.rotation.map(f64::from));
            let touches = |grain: &Particle| {
                let away = sub(grain.position_m, centre);
                let margin_m = slack_m + plan.step_s * length(grain.velocity_mps);
                (0..3).all(|axis| dot(axes[axis], away).abs() < half[axis] + margin_m)
            };
            grains.iter().any(|(_, grain)| touches(grain)).then_some(part)
        };
        let motions = around.transport.motions();
        motions.iter().filter(|(part, _)| !around.filled.contains(part)).filter_map(|(part, motion)| near(*part, motion)).collect()
    }

    /// After the last substep: what grains did to each, and, beside them, to the boxes that are filled.
    pub fn end(
        &mut self,
        courses: Vec<Course>,
        boxes: &[PartForce],
        plan: &Plan,
        batch: &mut ParticleBatch,
    ) -> (Vec<MovedPart>, Vec<PartForce>) {
        let (mut moved, mut forces): (Vec<MovedPart>, Vec<PartForce>) = (Vec::new(), boxes.to_vec());
        for &(part, force_n) in boxes {
            // It stands on its scale: what pushes it sideways is the blade's.
            moved.push(MovedPart { part, motion: None, force_n: [0.0, 0.0, force_n[2]], torque_nm: [0.0; 3] });
        }
        for (course, member) in courses.into_iter().zip(&self.members) {
            let (impulse_ns, angular_nms) = batch.take_wall_impulse(course.wall);
            forces.push((member.part, scale(impulse_ns, 1.0 / plan.step_s)));
            moved.push(course.end(member.part, (impulse_ns, angular_nms), plan, batch));
        }
        let still: Vec<PartId> = self.loaded.iter().filter(|part| moved.iter().all(|moved| moved.part != **part)).copied().collect();
        let is_loaded = |moved: &&MovedPart| moved.force_n != [0.0; 3] || moved.torque_nm != [0.0; 3];
        self.loaded = moved.iter().filter(is_loaded).map(|moved| moved.part).collect();
        moved.extend(still.into_iter().map(unloaded));
        (moved, forces)
    }
}

/// What decides who is among grains.
pub struct Around<'a> {
    pub scene: &'a Scene,
    pub plan: &'a Plan,
    pub parts: &'a Parts,
    pub transport: &'a dyn Transport,
    /// By number, as of the last step.
    pub grains: &'a [(u64, Particle)],
    /// Parts that are being filled.
    pub filled: &'a [PartId],
    /// The wall that is the first body.
    pub first_body: usize,
}

impl Around<'_> {
    /// Slow enough for a substep.
    fn can_follow(&self, step: &PartStep) -> bool {
        // A rod's end is no further from its centre than that.
        let reach_m = (2.0 * step.inertia_kgm2.iter().sum::<f64>() / step.mass_kg).sqrt();
        let speed = |motion: &RigidMotion| length(motion.velocity_mps) + 2.0 * reach_m * length(motion.angular_velocity_radps);
        let most_mps = WAY_SHARE * self.plan.radii_m[0] / self.plan.step_s * f64::from(self.plan.substeps);
        speed(&step.before).max(speed(&step.now)) < most_mps
    }
}

impl Course {
    fn begin(wall: WallId, step: PartStep, plan: &Plan, batch: &mut ParticleBatch) -> Self {
        let (before, now) = (step.before, step.now);
        let mut motion = motion_at(&before);
        let led = (!step.bearings.is_empty() || step.meets_parts).then(|| {
            let each = 1.0 / f64::from(plan.substeps);
            let inertia = Inertia { mass_kg: step.mass_kg, moments_kgm2: step.inertia_kgm2, axes: axes_of(now.rotation) };
            // A part that only others carry stands on nothing that could answer: what grains did last was foreseen, and goes again.
            let foreseen = if step.bearings.is_empty() { (step.load_ns, step.load_nms) } else { ([0.0; 3], [0.0; 3]) };
            let change = (sub(now.velocity_mps, before.velocity_mps), sub(now.angular_velocity_radps, before.angular_velocity_radps));
            let push = (sub(scale(change.0, step.mass_kg), foreseen.0), sub(inertia.spin(change.1), foreseen.1));
            // What the rigid bodies moved beyond their velocities: overlaps that they take back.
            let mean = |from: Vec3, change: Vec3| add(from, scale(change, 0.5 * (1.0 + each)));
            let way = scale(sub(now.centre_m, before.centre_m), 1.0 / plan.step_s);
            let turn = scale(turn_between(before.rotation, now.rotation), 1.0 / plan.step_s);
            motion.carried_mps = sub(way, mean(before.velocity_mps, change.0));
            motion.carried_radps = sub(turn, mean(before.angular_velocity_radps, change.1));
            motion.falls = false;
            let support = Support::new(&step, inertia, plan.substeps);
            Led { push: (scale(push.0, each), scale(push.1, each)), change, support }
        });
        batch.set_body(wall, &motion).expect("it was added, and is slow enough");
        Course { wall, step, led }
    }

    pub fn is_led(&self) -> bool {
        self.led.is_some()
    }

    /// Between two substeps, of which so many are done.
    pub fn settle(&mut self, done: u32, plan: &Plan, batch: &mut ParticleBatch) {
        let Some(led) = &mut self.led else { return };
        let (mut impulse, mut angular) = ([0.0; 3], [0.0; 3]);
        if done > 0 {
            let body = batch.body(self.wall).expect("it is a body");
            let share = f64::from(done) / f64::from(plan.substeps);
            let led_so = |from: Vec3, change: Vec3| add(from, scale(change, share));
            let velocity = sub(body.velocity_mps, led_so(self.step.before.velocity_mps, led.change.0));
            let turning = sub(body.angular_velocity_radps, led_so(self.step.before.angular_velocity_radps, led.change.1));
            (impulse, angular) = led.support.correct(velocity, turning);
        }
        if done < plan.substeps {
            let expected = led.support.expected();
            impulse = add(impulse, add(led.push.0, expected.0));
            angular = add(angular, add(led.push.1, expected.1));
        }
        if impulse != [0.0; 3] || angular != [0.0; 3] {
            batch.push_body(self.wall, impulse, angular).expect("it is a body, and the push is finite");
        }
    }

    fn end(self, part: PartId, by_grains: Push, plan: &Plan, batch: &ParticleBatch) -> MovedPart {
        let untouched = by_grains == ([0.0; 3], [0.0; 3]);
        let motion = (!untouched).then(|| {
            let body = batch.body(self.wall).expect("it is a body");
            RigidMotion {
                centre_m: body.position_m,
                rotation: body.rotation,
                velocity_mps: body.velocity_mps,
                angular_velocity_radps: body.angular_velocity_radps,
            }
        });
        let load = match self.led {
            Some(_) if untouched => ([0.0; 3], [0.0; 3]),
            Some(led) if !self.step.bearings.is_empty() => led.support.load(),
            Some(_) => by_grains,
            None => ([0.0; 3], [0.0; 3]),
        };
        let per_s = 1.0 / plan.step_s;
        MovedPart { part, motion, force_n: scale(load.0, per_s), torque_nm: scale(load.1, per_s) }
    }
}

fn unloaded(part: PartId) -> MovedPart {
    MovedPart { part, motion: None, force_n: [0.0; 3], torque_nm: [0.0; 3] }
}

fn add_body(
    plan: &Plan,
    body: &PartBody,
    motion: &BodyMotion,
    batch: &mut ParticleBatch,
) -> Result<WallId, linetwin_compute::kernels::particles::BatchError> {
    let shape = WallShape::Mesh { points_m: body.points_m.clone(), triangles: body.triangles.clone() };
    let mass = BodyMass { mass_kg: body.mass_kg, inertia_kgm2: body.inertia_kgm2 };
    batch.add_body(plan.wall_material(MaterialId(body.material)), &shape, &mass, motion)
}

/// Falling, as it moves.
fn motion_at(motion: &RigidMotion) -> BodyMotion {
    BodyMotion {
        rotation: motion.rotation,
        velocity_mps: motion.velocity_mps,
        angular_velocity_radps: motion.angular_velocity_radps,
        ..BodyMotion::at_rest(motion.centre_m)
    }
}

/// The small turn from one rotation to another [rad].
fn turn_between(before: [f64; 4], now: [f64; 4]) -> Vec3 {
    let part = |q: [f64; 4]| [q[0], q[1], q[2]];
    let (a, b) = (part(before), part(now));
    let turn = sub(sub(scale(b, before[3]), scale(a, now[3])), cross(b, a));
    let same = dot(a, b) + before[3] * now[3];
    scale(turn, 2.0 * same.signum())
}
