//! The energy of every part, balanced against what its contacts did. Two sums for each part, from the impulses of its
//! contacts in a step (impulse J, mass m, [J] all):
//!
//! ```text
//! gain    = change of kinetic and potential energy - sum of J . way of the *other* side / dt
//! closure = change of kinetic energy - sum of J . mean velocity of the part itself - work of gravity's impulse
//! ```
//!
//! Dry friction and impacts only take energy, so `gain` is at most zero: what a part gains beyond the work that moving
//! surfaces and other parts do on it came from nowhere (an overlap that sprang apart, a solver that gave way). `closure`
//! is zero exactly, since impulse times mean velocity *is* the change of kinetic energy: it tells, in both directions,
//! of motion that no contact made. (Ways, not velocities, in `gain`: the velocities after a step still hold what the
//! last friction pass did to a part that slips, and would do work in a queue that stands.)
//!
//! Contacts are cold memory, so the sample is a burst of consecutive steps out of many, and any part whose energy leaps,
//! in any step. A finding is judged over a window, against the work of the drives. What a sample makes suspicious is looked
//! at once more: in the next window all steps are examined, and what they say counts. A queue that springs back when its
//! load is taken gives up what it had stored in its contacts; a burst that sees the one and not the other finds a gain.

use super::body::{Body, Where};
use super::border::Shadow;
use super::drives::{ContactFrame, active_contacts};
use super::hook::Surface;
use super::motions::Motions;
use super::separator::PartTag;
use super::sliders::arena_index;
use crate::parts::PartId;
use crate::port::{EnergyTotals, PartMotion};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// A part that gains more than this in one step is examined at once [J/kg]. A belt with friction 1 gives 0.08 J/kg
/// per step at 1 m/s; impacts give more, but are rare.
const LEAP_J_PER_KG: f32 = 0.1;
/// Of every two seconds at 120 steps, a twentieth is examined whole: longer than an impact takes to settle.
const BURST_STEPS: u64 = 12;
const BURST_EVERY_STEPS: u64 = 240;
/// Steps between two judgements: five bursts.
const WINDOW_STEPS: u64 = 1200;
/// What a part may gain in a window by riding over the edges of belts, which the contact hook lets it do without a push:
/// one edge of 5 mm, seen in a burst and scaled [J/kg].
const RIDE_J_PER_KG: f64 = 1.0;
/// Share of the drives' work that may be unexplained [-].
const RESIDUAL_SHARE: f64 = 0.02;
/// What may be unexplained in a window on a line whose drives do no work [J]: a carton of 2 kg lifted by 5 mm. Rounding
/// and settling leave a hundredth of it.
const FLOOR_J: f64 = 0.1;

/// What the balance remembers of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// In the present window [J].
    gain_j: f64,
    closure_j: f64,
    /// Of the gain, what was seen in a leap, or while all steps are examined: not extrapolated from a sample.
    seen_j: f64,
    mass_kg: f64,
}

impl Ledger {
    fn unexplained_j(&self) -> f64 {
        self.gain_j.max(self.closure_j.abs())
    }

    /// A belt takes a part along from now on as if the two were one: books what the part gains beyond the work of the belt, which
    /// is nothing or less, and returns that work [J].
    pub fn bring_along(&mut self, body: &RigidBody, motion: &PartMotion, belt: Vector) -> f64 {
        let before = Moment::of(motion, body);
        let impulse = (belt - before.linear) * body.mass();
        let after = Moment { linear: belt, angular: Vector::ZERO, ..before };
        let work_j = f64::from(impulse.dot(belt));
        let gain_j = after.kinetic_j(body) - before.kinetic_j(body) - work_j;
        self.gain_j += gain_j;
        self.seen_j += gain_j;
        work_j
    }

    /// What is left of a gain when the part has been granted its ride over seams.
    fn beyond_ride_j(&self, gain_j: f64) -> f64 {
        (gain_j - RIDE_J_PER_KG * self.mass_kg).max(0.0)
    }
}

/// A body's motion at one end of a step, about its centre of mass.
struct Moment {
    centre: Vector,
    rotation: Rotation,
    linear: Vector,
    angular: Vector,
}

impl Moment {
    fn of(motion: &PartMotion, body: &RigidBody) -> Self {
        let rotation = Rotation::from_array(motion.rotation);
        Moment {
            centre: Vector::from_array(motion.position) + rotation * body.local_center_of_mass(),
            rotation,
            linear: Vector::from_array(motion.linear_velocity),
            angular: Vector::from_array(motion.angular_velocity),
        }
    }

    fn kinetic_j(&self, body: &RigidBody) -> f64 {
        let mass = &body.mass_properties().local_mprops;
        let spin = (self.rotation * mass.principal_inertia_local_frame).inverse() * self.angular;
        let square = f64::from(body.mass()) * f64::from(self.linear.length_squared());
        0.5 * (square + f64::from((spin * spin).dot(mass.principal_inertia())))
    }
}

/// One body during one step.
#[derive(Clone, Copy, Debug, Default)]
struct Actor {
    part: Option<u32>,
    surface: Option<u32>,
    /// The rest is filled in.
    known: bool,
    /// Way over time [m/s], [rad/s].
    moved: Vector,
    turned: Vector,
    /// Means of the velocities at the step's begin and end; only of parts.
    linear: Vector,
    angular: Vector,
}

/// A part that is examined in this step.
#[derive(Clone, Copy, Debug, Default)]
struct Examined {
    /// How many steps this one stands for; 0: not examined.
    weight: f64,
    gain_j: f64,
    closure_j: f64,
}

/// A part, the lane on which it is or was, and what of its energy came from nowhere as far as it was seen [J].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    pub part: PartId,
    pub lane: u32,
    seen_j: f64,
}

impl Suspect {
    fn of(body: &Body) -> Self {
        Suspect { part: body.id, lane: body.lane, seen_j: body.energy.beyond_ride_j(body.energy.seen_j) }
    }
}

/// What the balance knows besides the bodies' ledgers.
#[derive(Default, Serialize, Deserialize)]
pub struct EnergyBalance {
    /// Where the surfaces that move stood before the last step, by surface.
    movers: Vec<(u32, Pose)>,
    /// In this window all steps are examined, since the last one's sample was suspicious.
    thorough: bool,
    /// Of parts that left in the present window: all that is unexplained, what is suspicious by the sample and as far as it
    /// was seen [J], and who has most.
    departed_j: f64,
    departed_suspicious_j: f64,
    departed_seen_j: f64,
    departed_worst: Option<Suspect>,
    /// The drives' work at the window's begin [J].
    work_j: f64,
    /// By the bodies' index in their arena.
    #[serde(skip)]
    actors: Vec<Actor>,
    #[serde(skip)]
    examined: Vec<Examined>,
    /// Parts whose energy leapt in this step, by their index.
    #[serde(skip)]
    leaping: Vec<usize>,
}

/// What the balance reads after a step.
pub struct StepEnds<'a> {
    pub world: &'a PhysicsWorld,
    pub motions: &'a Motions,
    pub surfaces: &'a [Surface],
    pub colliders: &'a [ColliderHandle],
    /// Tokens that bodies may touch.
    pub shadows: &'a [Shadow],
    /// Parts on pads instead of the running belt.
    pub braked: &'a [PartTag],
    pub gravity_mps2: f64,
    pub dt_s: f64,
    /// Steps done.
    pub steps: u64,
}

impl EnergyBalance {
    /// Before the first step.
    pub fn new(world: &PhysicsWorld, colliders: &[ColliderHandle]) -> Self {
        let moving = (0_u32..).zip(colliders).filter_map(|(index, &collider)| {
            let body = &world.bodies[world.colliders[collider].parent()?];
            (!body.is_fixed()).then(|| (index, *body.position()))
        });
        EnergyBalance { movers: moving.collect(), ..EnergyBalance::default() }
    }

    /// Before a step, when all that is put in place by hand is there.
    pub fn begin(&mut self, world: &PhysicsWorld, colliders: &[ColliderHandle]) {
        for (index, place) in &mut self.movers {
            if let Some(handle) = world.colliders[colliders[*index as usize]].parent() {
                *place = *world.bodies[handle].position();
            }
        }
    }

    /// A part leaves the world.
    pub fn depart(&mut self, body: &Body) {
        let suspect = Suspect::of(body);
        self.departed_j += body.energy.unexplained_j();
        self.departed_suspicious_j += body.energy.beyond_ride_j(body.energy.gain_j);
        self.departed_seen_j += suspect.seen_j;
        if self.departed_worst.is_none_or(|worst| worst.seen_j < suspect.seen_j) {
            self.departed_worst = Some(suspect);
        }
    }

    /// After a step.
    pub fn advance(&mut self, ends: &StepEnds<'_>, bodies: &mut [Body]) {
        let burst = self.thorough || ends.steps % BURST_EVERY_STEPS < BURST_STEPS;
        let both = ends.motions.before.iter().zip(&ends.motions.now);
        let leaping = both.enumerate().filter(|(_, (before, now))| leaps(before, now, ends.gravity_mps2 as f32));
        let leaping = leaping.filter(|(index, _)| bodies[*index].coaster.is_none());
        self.leaping.clear();
        self.leaping.extend(leaping.map(|(index, _)| index));
        if burst || !self.leaping.is_empty() {
            self.examine(ends, bodies, burst);
        }
    }

    fn examine(&mut self, ends: &StepEnds<'_>, bodies: &mut [Body], burst: bool) {
        let usual = match () {
            () if self.thorough => 1.0,
            () if burst => BURST_EVERY_STEPS as f64 / BURST_STEPS as f64,
            () => 0.0,
        };
        self.examined.clear();
        self.examined.resize(bodies.len(), Examined { weight: usual, ..Examined::default() });
        for &index in &self.leaping {
            self.examined[index].weight = 1.0;
        }
        // What has no body has no contacts; what a belt does on one that coasts is known (`coasting.rs`).
        let outside = |body: &Body| body.place == Where::Invalid || body.coaster.is_some();
        for (examined, _) in self.examined.iter_mut().zip(&*bodies).filter(|(_, body)| outside(body)) {
            examined.weight = 0.0;
        }
        self.cast(ends, bodies);
        if burst {
            ends.world.narrow_phase.contact_pairs().for_each(|pair| self.add_pair(ends, pair, bodies, None));
        } else {
            for at in 0..self.leaping.len() {
                let index = self.leaping[at];
                let pairs = ends.world.narrow_phase.contact_pairs_with(bodies[index].collider);
                pairs.for_each(|pair| self.add_pair(ends, pair, bodies, Some(index)));
            }
        }
        self.book(ends, bodies);
    }

    /// Says which body of the arena is what; how it moved is found where it is asked for.
    fn cast(&mut self, ends: &StepEnds<'_>, bodies: &[Body]) {
        let (world, actors) = (ends.world, &mut self.actors);
        actors.clear();
        let mut set = |handle: RigidBodyHandle, actor: Actor| {
            let index = arena_index(handle);
            if actors.len() <= index {
                actors.resize(index + 1, Actor::default());
            }
            actors[index] = actor;
        };
        for (index, surface) in (0_u32..).zip(ends.surfaces) {
            if surface.belt
                && let Some(handle) = world.colliders[ends.colliders[index as usize]].parent()
            {
                set(handle, Actor { surface: Some(index), ..Actor::default() });
            }
        }
        for &(index, before) in &self.movers {
            if let Some(handle) = world.colliders[ends.colliders[index as usize]].parent() {
                let (now, dt_s) = (world.bodies[handle].position(), ends.dt_s as f32);
                let moved = (now.translation - before.translation) / dt_s;
                let turned = turn_between(&before.rotation, &now.rotation) / dt_s;
                set(handle, Actor { surface: Some(index), moved, turned, ..Actor::default() });
            }
        }
        for shadow in ends.shadows {
            set(shadow.handle, Actor { moved: world.bodies[shadow.handle].linvel(), ..Actor::default() });
        }
        for (index, body) in (0_u32..).zip(bodies).filter(|(_, body)| body.coaster.is_none()) {
            set(body.handle, Actor { part: Some(index), ..Actor::default() });
        }
    }

    fn actor(&mut self, ends: &StepEnds<'_>, handle: RigidBodyHandle) -> Actor {
        let Some(actor) = self.actors.get_mut(arena_index(handle)) else { return Actor::default() };
        if let (Some(part), false) = (actor.part, actor.known) {
            let physical = &ends.world.bodies[handle];
            let now = Moment::of(&ends.motions.now[part as usize], physical);
            let before = Moment::of(&ends.motions.before[part as usize], physical);
            let dt_s = ends.dt_s as f32;
            actor.moved = (now.centre - before.centre) / dt_s;
            actor.turned = turn_between(&before.rotation, &now.rotation) / dt_s;
            actor.linear = (now.linear + before.linear) * 0.5;
            actor.angular = (now.angular + before.angular) * 0.5;
            actor.known = true;
        }
        *actor
    }

    /// `only`: for this part alone.
    fn add_pair(&mut self, ends: &StepEnds<'_>, pair: &ContactPair, bodies: &[Body], only: Option<usize>) {
        for manifold in pair.solver_manifolds() {
            let (Some(first), Some(second)) = (manifold.data.rigid_body1, manifold.data.rigid_body2) else { continue };
            let sides = [self.actor(ends, first), self.actor(ends, second)];
            let belts = [driving(ends, manifold, &sides[0], &sides[1], bodies), driving(ends, manifold, &sides[1], &sides[0], bodies)];
            let frame = ContactFrame::of(manifold);
            for data in active_contacts(manifold) {
                let on_first = frame.impulse_on_first(data);
                let arms = [data.solver_dp1, data.solver_dp2];
                for (side, sign) in [(0, 1.0), (1, -1.0)] {
                    let Some(part) = sides[side].part.map(|part| part as usize).filter(|&part| only.is_none_or(|only| only == part)) else {
                        continue;
                    };
                    let (own, other, impulse) = (&sides[side], &sides[1 - side], on_first * sign);
                    // What does not move is reached from the world's origin: its arm is the contact's point.
                    let belt = belts[1 - side].map_or(Vector::ZERO, |belt| belt.velocity_at(arms[1 - side]));
                    let given = impulse.dot(other.moved + other.turned.cross(arms[1 - side]) + belt);
                    let felt = impulse.dot(own.linear + own.angular.cross(arms[side]));
                    self.examined[part].gain_j -= f64::from(given);
                    self.examined[part].closure_j -= f64::from(felt);
                }
            }
        }
    }

    /// Adds what was examined to the ledgers.
    fn book(&mut self, ends: &StepEnds<'_>, bodies: &mut [Body]) {
        for (index, (body, examined)) in bodies.iter_mut().zip(&self.examined).enumerate() {
            if examined.weight > 0.0 {
                let physical = &ends.world.bodies[body.handle];
                let [before, now] = [&ends.motions.before, &ends.motions.now].map(|motions| Moment::of(&motions[index], physical));
                let weight_n = f64::from(physical.mass()) * ends.gravity_mps2;
                let kinetic_j = now.kinetic_j(physical) - before.kinetic_j(physical);
                let lifted_j = weight_n * f64::from(now.centre.z - before.centre.z);
                let pulled_j = weight_n * f64::from((now.linear.z + before.linear.z) * 0.5) * ends.dt_s;
                // Of the load that grains put on it: what they do beyond that is done after this step.
                let (force, torque) = (physical.user_force(), physical.user_torque());
                let given_j = f64::from(force.dot(now.centre - before.centre) + torque.dot(turn_between(&before.rotation, &now.rotation)));
                let means = force.dot(now.linear + before.linear) + torque.dot(now.angular + before.angular);
                let felt_j = 0.5 * f64::from(means) * ends.dt_s;
                // A body that has fallen asleep has lost what it had, and its contacts are old.
                let awake = f64::from(u8::from(!physical.is_sleeping()));
                let gain_j = awake * examined.weight * (kinetic_j + lifted_j + examined.gain_j - given_j);
                let closure_j = awake * examined.weight * (kinetic_j + pulled_j + examined.closure_j - felt_j);
                // Beside a body that is not finite, nothing can be balanced; that body has a condition of its own.
                if gain_j.is_finite() && closure_j.is_finite() {
                    body.energy.gain_j += gain_j;
                    body.energy.closure_j += closure_j;
                    body.energy.seen_j += if examined.weight == 1.0 { gain_j } else { 0.0 };
                    body.energy.mass_kg = f64::from(physical.mass());
                }
            }
        }
    }

    /// At the end of a window: adds what was found to the totals. Where all parts together were seen to have too much, names
    /// the one that has most; where the sample alone says so, has the next window examined whole.
    pub fn judge(&mut self, steps: u64, bodies: &mut [Body], totals: &mut EnergyTotals) -> Option<Suspect> {
        if !steps.is_multiple_of(WINDOW_STEPS) {
            return None;
        }
        let work_j: f64 = totals.drive_work_j.iter().sum();
        let allowed_j = FLOOR_J + RESIDUAL_SHARE * (work_j - self.work_j).max(0.0);
        totals.residual_j += self.departed_j + bodies.iter().map(|body| body.energy.unexplained_j()).sum::<f64>();
        let gains = bodies.iter().map(|body| body.energy.beyond_ride_j(body.energy.gain_j));
        let suspicious_j = self.departed_suspicious_j + gains.sum::<f64>();
        let suspects = bodies.iter().map(Suspect::of);
        let seen_j = self.departed_seen_j + suspects.clone().map(|suspect| suspect.seen_j).sum::<f64>();
        let worst = suspects.chain(self.departed_worst.take()).max_by(|a, b| a.seen_j.total_cmp(&b.seen_j));
        (self.work_j, self.departed_j, self.departed_suspicious_j, self.departed_seen_j) = (work_j, 0.0, 0.0, 0.0);
        for body in bodies.iter_mut() {
            (body.energy.gain_j, body.energy.closure_j, body.energy.seen_j) = (0.0, 0.0, 0.0);
        }
        let suspicious = suspicious_j > allowed_j;
        let found = suspicious && seen_j > allowed_j;
        self.thorough = suspicious && !found && !self.thorough;
        worst.filter(|_| found)
    }
}

/// Whether a part's energy, as far as it is translation and height, rose by more than contacts usually give.
fn leaps(before: &PartMotion, now: &PartMotion, gravity_mps2: f32) -> bool {
    let square = |motion: &PartMotion| motion.linear_velocity.iter().map(|v| v * v).sum::<f32>();
    let risen_m = now.position[2] - before.position[2];
    0.5 * (square(now) - square(before)) + gravity_mps2 * risen_m > LEAP_J_PER_KG
}

/// The belt that drives a part by this manifold, if `side` is one.
fn driving<'a>(ends: &StepEnds<'a>, manifold: &ContactManifold, side: &Actor, other: &Actor, bodies: &[Body]) -> Option<&'a Surface> {
    let (surface, part) = (&ends.surfaces[side.surface? as usize], &bodies[other.part? as usize]);
    let on_pads = ends.braked.contains(&[part.id.source.0, part.id.serial]);
    (surface.carries_with(manifold.data.normal) && !on_pads).then_some(surface)
}

/// The small turn from one rotation to another [rad].
fn turn_between(before: &Rotation, now: &Rotation) -> Vector {
    let turn = *now * before.inverse();
    Vector::new(turn.x, turn.y, turn.z) * (2.0 * turn.w.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_belt_that_takes_a_part_along_pays_for_it() {
        let mut world = PhysicsWorld::default();
        let body = RigidBodyBuilder::dynamic().linvel(Vector::new(0.4, 0.1, 0.0)).angvel(Vector::Z);
        let (handle, _) = world.insert(body, ColliderBuilder::cuboid(0.2, 0.15, 0.1).mass(4.0));
        world.step();
        let (body, belt) = (&world.bodies[handle], Vector::X * 0.5);
        let motion = crate::transport::contact::motions::motion_of(body);
        let before_j = Moment::of(&motion, body).kinetic_j(body);
        let mut ledger = Ledger::default();
        let work_j = ledger.bring_along(body, &motion, belt);
        let slip = belt - body.linvel();
        // The belt gives the impulse at its own speed; friction takes half of the slip's square, and the spin.
        assert!((work_j - f64::from(4.0 * slip.dot(belt))).abs() < 1e-6 && work_j > 0.19);
        let after_j = 0.5 * 4.0 * 0.25;
        assert!((after_j - before_j - work_j - ledger.gain_j).abs() < 1e-6);
        assert!(ledger.gain_j < -f64::from(0.5 * 4.0 * slip.length_squared()) && ledger.gain_j == ledger.seen_j);
    }
}
