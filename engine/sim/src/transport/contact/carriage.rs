//! Platforms that travel with their belts, with limited speed, acceleration and, upwards, force. A platform is driven
//! positively: it moves exactly as told, and a part on it as friction lets it. Knows nothing about which part it carries.
//!
//! What is left out: the car's or lift's own mass and the give of its frame. A turntable and a car have no force limit.

use super::drives::{ContactFrame, active_contacts, wake_on};
use super::hook::Surface;
use super::owners::Owner;
use super::world::{Builder, cuboid, pose, vector};
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose as Place, Vec3, dot, scale, sub};
use linetwin_model::scene::{CarriageId, CarriageWay, ElementId};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Thickness of a platform [m].
const THICKNESS_M: f64 = 0.1;
/// How long a platform that met its force limit stands before it tries again [s].
const RETRY_S: f64 = 1.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarriageState {
    pub element: ElementId,
    body: RigidBodyHandle,
    collider: ColliderHandle,
    surface: u32,
    /// The platform's middle at home, and how it goes.
    middle: Place,
    way: CarriageWay,
    /// From home to its stops, to the one that is meant, and where it is [m], [rad].
    stops: Vec<f64>,
    stop: f64,
    travel: f64,
    /// [m/s], [rad/s]
    speed: f64,
    away: bool,
    /// A wish came since the last report.
    told: bool,
    pub stalled: bool,
    stands_s: f64,
}

/// What a carriage has to say after a step.
pub enum CarriageNews {
    Ended { away: bool },
    Stalled,
    Freed,
}

impl CarriageState {
    pub fn new(builder: &mut Builder<'_>, id: CarriageId) -> Self {
        let scene = builder.scene;
        let carriage = scene.carriage(id);
        let conveyor = scene.conveyor(carriage.conveyor);
        let middle = scene.carriage_middle(id);
        builder.begin(Owner::Conveyor(carriage.element));
        let index = builder.surfaces.len();
        let half = [conveyor.path.length() / 2.0, conveyor.width_m / 2.0, THICKNESS_M / 2.0];
        let collider = builder.hooked(cuboid(half), index, conveyor.material);
        let at = pose(&middle.shifted(0.0, 0.0, -THICKNESS_M / 2.0));
        let (body, collider) = builder.world.insert(RigidBodyBuilder::kinematic_velocity_based().pose(at), collider);
        let drive = conveyor.drives[0];
        let mut surface =
            Surface { belt: true, speed_mps: scene.drives[drive.index()].speed_mps as f32, drive: drive.0, ..Surface::plain() };
        lay(&mut surface, &middle);
        builder.surfaces.push(surface);
        builder.colliders.push(collider);
        CarriageState {
            element: carriage.element,
            body,
            collider,
            surface: super::entry::index_u32(index),
            middle,
            way: carriage.way,
            stops: carriage.stops.clone(),
            stop: carriage.stops[0],
            travel: 0.0,
            speed: 0.0,
            away: false,
            told: false,
            stalled: false,
            stands_s: 0.0,
        }
    }

    pub fn send(&mut self, away: bool, stop: u32) {
        (self.away, self.told) = (away, true);
        self.stop = self.stops[stop as usize];
    }

    /// Whether something presses on it.
    pub fn touches(&self, world: &PhysicsWorld, collider: ColliderHandle) -> bool {
        world.narrow_phase.contact_pair(self.collider, collider).is_some_and(ContactPair::has_any_active_contact)
    }

    pub fn travels(&self) -> bool {
        self.speed != 0.0
    }

    pub fn body(&self) -> RigidBodyHandle {
        self.body
    }

    /// The point of home that is at `point` now.
    pub fn at_home(&self, point: Vec3) -> Vec3 {
        self.way.at_home(point, self.middle, self.travel)
    }

    /// Where a pose of home is now.
    pub fn moved(&self, home: Place) -> Place {
        self.way.moved(home, self.middle, self.travel)
    }

    /// A direction of home, as it is turned now.
    pub fn turned(&self, direction: Vec3) -> Vec3 {
        self.moved(Place { forward: direction, ..self.middle }).forward
    }

    /// Before a step: moves by one step towards where it should be.
    pub fn drive(&mut self, scene: &Scene, id: CarriageId, dt_s: f64, surfaces: &mut [Surface], world: &mut PhysicsWorld) {
        lay(&mut surfaces[self.surface as usize], &self.moved(self.middle));
        let target = if self.away { self.stop } else { 0.0 };
        if self.travel == target && self.speed == 0.0 {
            self.rest(world);
            return;
        }
        let carriage = scene.carriage(id);
        let too_much = carriage.force_n.is_some_and(|force_n| resisting_n(world, self.collider, target > self.travel, dt_s) > force_n);
        if too_much || self.stands_s > 0.0 {
            self.stands_s = if too_much { RETRY_S } else { (self.stands_s - dt_s).max(0.0) };
            self.speed = 0.0;
            self.rest(world);
            return;
        }
        let (before, stood) = (self.travel, self.moved(self.middle).position);
        (self.travel, self.speed) = ramped(self.travel, self.speed, target, carriage.top_speed, carriage.acceleration, dt_s);
        let way = sub(self.moved(self.middle).position, stood);
        self.go(world, (self.travel - before) / dt_s, scale(way, 1.0 / dt_s));
        wake_on(world, self.collider);
    }

    /// After a step.
    pub fn sense(&mut self, mut news: impl FnMut(CarriageNews)) {
        let stalled = self.stands_s > 0.0;
        if stalled != self.stalled {
            self.stalled = stalled;
            news(if stalled { CarriageNews::Stalled } else { CarriageNews::Freed });
        }
        let target = if self.away { self.stop } else { 0.0 };
        if self.told && self.travel == target && self.speed == 0.0 {
            self.told = false;
            news(CarriageNews::Ended { away: self.away });
        }
    }

    /// What its travel did on the parts on it in the last step [J]; what its belt did is not in it.
    pub fn travel_work_j(&self, world: &PhysicsWorld) -> f64 {
        lifting_work_j(world, self.body, self.collider)
    }

    /// The drive whose work its travel counts as: its belt's.
    pub fn drive_index(&self, surfaces: &[Surface]) -> usize {
        surfaces[self.surface as usize].drive as usize
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.travel.to_bits().to_le_bytes());
        hasher.update(&self.speed.to_bits().to_le_bytes());
        hasher.update(&[u8::from(self.away), u8::from(self.stalled)]);
    }

    /// Exactly where it should be: steps in single precision add up to less than a millimetre on the way.
    fn rest(&self, world: &mut PhysicsWorld) {
        let at = pose(&self.moved(self.middle).shifted(0.0, 0.0, -THICKNESS_M / 2.0));
        let body = &mut world.bodies[self.body];
        if *body.position() != at || body.linvel() != Vector::ZERO || body.angvel() != Vector::ZERO {
            body.set_linvel(Vector::ZERO, false);
            body.set_angvel(Vector::ZERO, false);
            body.set_position(at, false);
            wake_on(world, self.collider);
        }
    }

    /// `velocity`: of its middle [m/s].
    fn go(&self, world: &mut PhysicsWorld, speed: f64, velocity: Vec3) {
        let body = &mut world.bodies[self.body];
        match self.way {
            CarriageWay::Up => body.set_linvel(Vector::Z * speed as f32, true),
            CarriageWay::Left => body.set_linvel(vector(self.middle.left) * speed as f32, true),
            CarriageWay::About => body.set_angvel(Vector::Z * speed as f32, true),
            CarriageWay::Swing { .. } => {
                body.set_linvel(vector(velocity), true);
                body.set_angvel(Vector::Z * speed as f32, true);
            }
        }
    }
}

/// What pressed a platform down in the last step, or where it falls, up: what lies under it [N].
pub(super) fn resisting_n(world: &PhysicsWorld, collider: ColliderHandle, rises: bool, dt_s: f64) -> f64 {
    let pairs = world.narrow_phase.contact_pairs_with(collider).filter(|pair| pair.has_any_active_contact());
    let impulses = pairs.flat_map(|pair| {
        let up = if (pair.collider1 == collider) == rises { 1.0 } else { -1.0 };
        pair.solver_manifolds().iter().flat_map(move |manifold| {
            let against = (manifold.data.normal.z * up).max(0.0);
            active_contacts(manifold).map(move |contact| f64::from(contact.impulse * against))
        })
    });
    impulses.sum::<f64>() / dt_s
}

/// What the motion of a body did on the parts on it in the last step [J].
pub fn lifting_work_j(world: &PhysicsWorld, body: RigidBodyHandle, collider: ColliderHandle) -> f64 {
    let body = &world.bodies[body];
    let (linear, angular) = (body.linvel(), body.angvel());
    if linear == Vector::ZERO && angular == Vector::ZERO {
        return 0.0;
    }
    let works = world.narrow_phase.contact_pairs_with(collider).flat_map(|pair| {
        let is_first = pair.collider1 == collider;
        pair.solver_manifolds().iter().flat_map(move |manifold| {
            let frame = ContactFrame::of(manifold);
            active_contacts(manifold).map(move |contact| {
                let arm = if is_first { contact.solver_dp1 } else { contact.solver_dp2 };
                let on_first = frame.impulse_on_first(contact).dot(linear + angular.cross(arm));
                f64::from(if is_first { -on_first } else { on_first })
            })
        })
    });
    // Not `sum`, which is -0 where nothing lies on it.
    works.fold(0.0, |total, work_j| total + work_j)
}

/// The carrying surface of a platform whose middle is there.
fn lay(surface: &mut Surface, middle: &Place) {
    surface.forward = vector(middle.forward);
    surface.top = dot(middle.position, middle.up()) as f32;
}

/// One step of a travel with a trapezoid of speed: where it is then, and how fast.
pub(super) fn ramped(at: f64, speed: f64, target: f64, top: f64, acceleration: f64, dt_s: f64) -> (f64, f64) {
    let (way, gain) = (target - at, acceleration * dt_s);
    // The speed from which constant braking, in whole steps, ends at the target.
    let braking = ((2.0 * acceleration * way.abs() + gain * gain / 4.0).sqrt() - gain / 2.0).min(top) * way.signum();
    let next = speed + (braking - speed).clamp(-gain, gain);
    if way.abs() <= next.abs() * dt_s || way.abs() <= gain * dt_s {
        return (target, 0.0);
    }
    (at + next * dt_s, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_travel_takes_the_time_of_its_trapezoid_and_keeps_its_limits() {
        for (target, top, acceleration) in [(2.0, 0.5, 1.0), (-0.3, 0.5, 1.0), (1.2, 0.8, 0.4)] {
            let (mut at, mut speed, mut steps) = (0.0_f64, 0.0_f64, 0);
            while at != target {
                let before = speed;
                (at, speed) = ramped(at, speed, target, top, acceleration, 1.0 / 120.0);
                assert!(speed.abs() <= top + 1e-12);
                assert!(at == target || (speed - before).abs() <= acceleration / 120.0 + 1e-12);
                steps += 1;
                assert!(steps < 10_000, "it arrives");
            }
            let way = target.abs();
            let expected = if way > top * top / acceleration { way / top + top / acceleration } else { 2.0 * (way / acceleration).sqrt() };
            assert!((f64::from(steps) / 120.0 - expected).abs() < 0.03, "{} s, expected {expected} s", f64::from(steps) / 120.0);
        }
    }
}
