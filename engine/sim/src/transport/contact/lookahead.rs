//! The swept look-ahead: which parts something could touch within the next steps that moves relative to them, directly or
//! through others that are close to each other. Looks at boxes and cylinders along their axes; decides nothing else.
//!
//! What moves is swept by its way relative to each part near it. A part that it reaches could be pushed on at any velocity
//! between the two, so that what is close before it that way is reached as well, and so on: a queue is reached as a whole by what
//! runs into it. Who is near what comes is looked for, not what comes near to whom: parts far from all that moves cost nothing. Of
//! the parts with bodies, those alone are looked at that may coast or are so close to a part that coasts that they would pass a
//! push on to it.

use super::ContactTransport;
use super::body::{Body, Extent};
use super::convoy::Convoy;
use super::entry::index_u32;
use super::grid::Grid;
use super::world::vector;
use crate::port::PartMotion;
use linetwin_model::Time;
use rapier3d::prelude::*;

/// So many steps of relative motion are swept.
pub const AHEAD_STEPS: f32 = 12.0;
/// What is nearer than this touches [m].
const MARGIN_M: f32 = 0.001;
/// What touches must come on faster than this to bear on it [m/s], unless it is deeper in it than that [m].
const CLOSING_MPS: f32 = 0.002;
const DEEP_M: f32 = 0.003;
/// So many steps of being pushed on are passed from part to part.
const PASSED_STEPS: f32 = 2.0;
/// What a part stands on is beside it, not in its way, within this of its bottom [m].
const BOTTOM_M: f32 = 0.004;

/// A part, or something else that moves.
#[derive(Clone, Copy)]
pub struct Thing {
    pub centre: Vector,
    /// From its centre to the corners of its box.
    below: Vector,
    above: Vector,
    axes: [Vector; 3],
    extent: Reach,
    pub velocity: Vector,
    /// The most that its turning adds to its speed [m/s].
    pub turning_mps: f32,
}

/// How far a shape reaches from its centre along its axes [m].
#[derive(Clone, Copy)]
enum Reach {
    Box([f32; 3]),
    Round { radius_m: f32, half_height_m: f32 },
}

impl Thing {
    pub fn low(&self) -> Vector {
        self.centre + self.below
    }

    pub fn high(&self) -> Vector {
        self.centre + self.above
    }

    /// Half of the larger side of its box, in plan [m].
    pub fn half_m(&self) -> f32 {
        let size = self.above - self.below;
        size.x.max(size.y) / 2.0
    }

    fn along(&self, direction: Vector) -> f32 {
        match self.extent {
            Reach::Box(half) => (0..3).map(|axis| half[axis] * self.axes[axis].dot(direction).abs()).sum(),
            Reach::Round { radius_m, half_height_m } => {
                let upright = self.axes[2].dot(direction).abs().min(1.0);
                half_height_m * upright + radius_m * (1.0 - upright * upright).sqrt()
            }
        }
    }

    /// Whether it comes to bear on `other` where it moves relative to that by any of the velocities from `least` to `most` for
    /// `time_s`. Along no axis of either may a gap be left, and where they just touch it must come on along the normal.
    fn bears_on(&self, other: &Thing, (least, most): (Vector, Vector), time_s: f32) -> bool {
        let turning_m = self.turning_mps * time_s;
        let (down, up) = (least.min(Vector::ZERO) * time_s, most.max(Vector::ZERO) * time_s);
        let gap = MARGIN_M + turning_m;
        let (low, high) = (self.low() + down - Vector::splat(gap), self.high() + up + Vector::splat(gap));
        let (other_low, other_high) = (other.low(), other.high());
        if (0..3).any(|axis| low[axis] > other_high[axis] || other_low[axis] > high[axis]) {
            return false;
        }
        let offset = other.centre - self.centre;
        let between = offset.try_normalize().unwrap_or(Vector::Z);
        let (mut widest_m, mut closing_there_mps) = (f32::MIN, 0.0);
        for axis in self.axes.into_iter().chain(other.axes).chain([between]) {
            let towards = if axis.dot(offset) < 0.0 { -axis } else { axis };
            let apart_m = towards.dot(offset) - self.along(towards) - other.along(towards);
            let closing_mps = (least * towards).max(most * towards).element_sum() + self.turning_mps;
            if apart_m - closing_mps.max(0.0) * time_s > MARGIN_M {
                return false;
            }
            if apart_m > widest_m {
                (widest_m, closing_there_mps) = (apart_m, closing_mps);
            }
        }
        widest_m < -DEEP_M || closing_there_mps > CLOSING_MPS
    }
}

/// From the least to the most of some velocities, by axis.
type Span = (Vector, Vector);

#[derive(Default)]
pub struct Lookahead {
    pub convoy: Convoy,
    /// Indices of the bodies that were reached, in order.
    pub reached: Vec<u32>,
    /// The parts that have bodies, then what else moves.
    things: Vec<Thing>,
    /// Of the parts that have bodies, which matter; those alone are in `grid`.
    matter: Vec<bool>,
    grid: Grid,
    /// All parts that have bodies.
    crowd: Grid,
    largest_m: f32,
    fastest_mps: f32,
    /// By target: a berth of the convoy, or behind those a part that has a body: at which velocities it could be pushed on [m/s].
    pushed: Vec<Option<Span>>,
    targets: Vec<u32>,
    open: Vec<u32>,
}

impl Lookahead {
    /// `awake`: the parts that have bodies, by index; `candidates`: which of them may coast.
    pub fn look(&mut self, transport: &ContactTransport, awake: &[u32], candidates: impl Iterator<Item = usize>, now: Time, dt_s: f32) {
        self.gather(transport, awake, dt_s);
        self.convoy.settle(now);
        self.mark(awake.len(), candidates, now, PASSED_STEPS * dt_s);
        self.pushed.clear();
        self.pushed.resize(self.convoy.berths() + awake.len(), None);
        self.targets.clear();
        for index in 0..self.things.len() {
            self.sweep(index, now, AHEAD_STEPS * dt_s);
        }
        while let Some(target) = self.open.pop() {
            self.pass_on(target, now, PASSED_STEPS * dt_s);
        }
        let berths = self.convoy.berths();
        let index_of = |&target: &u32| match (target as usize).checked_sub(berths) {
            Some(index) => Some(awake[index]),
            None => self.convoy.id(target).and_then(|id| transport.bodies.binary_search_by_key(&id, |body| body.id).ok()).map(index_u32),
        };
        self.reached.clear();
        self.reached.extend(self.targets.iter().filter_map(index_of));
        self.reached.sort_unstable();
    }

    /// Finds out who matters: by and by whoever is close to one that does.
    fn mark(&mut self, parts: usize, candidates: impl Iterator<Item = usize>, now: Time, time_s: f32) {
        // More than any push reaches: the velocities between two others may be larger than both.
        let reach = MARGIN_M + 3.0 * self.fastest_mps * time_s;
        let Lookahead { convoy, things, matter, grid, crowd, largest_m, .. } = self;
        let (parts, mut open) = (&things[..parts], Vec::new());
        matter.clear();
        matter.resize(parts.len(), false);
        for candidate in candidates {
            matter[candidate] = true;
        }
        for (matters, part) in matter.iter_mut().zip(parts) {
            convoy.near(part, reach, now, |_, _| *matters = true);
        }
        let middles = || (0_u32..).zip(parts).map(|(index, thing)| (index, thing.centre));
        open.extend(middles().map(|(index, _)| index).filter(|&index| matter[index as usize]));
        if !open.is_empty() && open.len() < parts.len() {
            crowd.fill(parts.len(), middles());
            let around = Vector::splat(reach + parts.iter().map(Thing::half_m).fold(0.0, f32::max));
            while let Some(index) = open.pop() {
                let part = &parts[index as usize];
                crowd.near(part.low() - around, part.high() + around, |other| {
                    let (near, matters) = (&parts[other as usize], &mut matter[other as usize]);
                    let (off, reach_m) = ((near.centre - part.centre).abs(), near.half_m() + part.half_m() + reach);
                    if !*matters && off.x <= reach_m && off.y <= reach_m {
                        *matters = true;
                        open.push(other);
                    }
                });
            }
        }
        let those = || middles().filter(|(index, _)| matter[*index as usize]);
        grid.fill(parts.len(), those());
        *largest_m = those().map(|(index, _)| parts[index as usize].half_m()).fold(0.0, f32::max);
    }

    /// Whether nothing comes to bear on a part that has a body within a time, if all goes on as it goes now. As of the last look.
    pub fn is_clear_for(&self, part: usize, time_s: f32, now: Time) -> bool {
        let thing = &self.things[part];
        let comes = |other: &Thing| {
            let relative = other.velocity - thing.velocity;
            let moves = relative.length_squared() > CLOSING_MPS * CLOSING_MPS || other.turning_mps > CLOSING_MPS;
            moves && other.bears_on(thing, (relative, relative), time_s)
        };
        let mut clear = !self.things.iter().enumerate().any(|(index, other)| index != part && comes(other));
        let reach = MARGIN_M + (thing.velocity.length() + self.fastest_mps) * time_s;
        self.convoy.near(thing, reach, now, |_, member| clear = clear && !comes(&member.at(now)));
        clear
    }

    /// What one thing reaches.
    fn sweep(&mut self, index: usize, now: Time, time_s: f32) {
        let thing = self.things[index];
        let berths = self.convoy.berths();
        let reach = MARGIN_M + (thing.velocity.length() + thing.turning_mps + self.fastest_mps) * time_s;
        let Lookahead { convoy, things, grid, pushed, targets, open, .. } = self;
        let moves_to =
            |velocity: Vector| (thing.velocity - velocity).length_squared() > CLOSING_MPS * CLOSING_MPS || thing.turning_mps > CLOSING_MPS;
        let mut meet = |target: usize, near: &Thing| {
            let relative = thing.velocity - near.velocity;
            if thing.bears_on(near, (relative, relative), time_s) {
                push(target, hull((thing.velocity, thing.velocity), near.velocity), pushed, targets, open);
            }
        };
        convoy.near(&thing, reach, now, |berth, member| {
            if moves_to(member.velocity()) {
                meet(berth as usize, &member.at(now));
            }
        });
        let around = Vector::splat(reach + self.largest_m);
        grid.near(thing.low() - around, thing.high() + around, |other| {
            if other as usize != index && moves_to(things[other as usize].velocity) {
                meet(berths + other as usize, &things[other as usize]);
            }
        });
    }

    /// What a part that was reached would bear on.
    fn pass_on(&mut self, from: u32, now: Time, time_s: f32) {
        let berths = self.convoy.berths();
        let thing = match (from as usize).checked_sub(berths) {
            Some(index) => Some(self.things[index]),
            None => self.convoy.at(from, now),
        };
        let (Some(by), Some(thing)) = (self.pushed[from as usize], thing) else { return };
        let thing = Thing { turning_mps: 0.0, ..thing };
        let reach = MARGIN_M + (by.0.abs().max(by.1.abs()).length() + self.fastest_mps) * time_s;
        let Lookahead { convoy, things, grid, pushed, targets, open, .. } = self;
        let mut meet = |target: usize, near: &Thing| {
            if target != from as usize && thing.bears_on(near, (by.0 - near.velocity, by.1 - near.velocity), time_s) {
                push(target, hull(by, near.velocity), pushed, targets, open);
            }
        };
        convoy.near(&thing, reach, now, |berth, member| meet(berth as usize, &member.at(now)));
        let around = Vector::splat(reach + self.largest_m);
        grid.near(thing.low() - around, thing.high() + around, |other| meet(berths + other as usize, &things[other as usize]));
    }

    fn gather(&mut self, transport: &ContactTransport, awake: &[u32], dt_s: f32) {
        self.things.clear();
        let part = |&index: &u32| thing_of(&transport.bodies[index as usize], &transport.motions.now[index as usize]);
        self.things.extend(awake.iter().map(part));
        self.fastest_mps = self.things.iter().map(|thing| thing.velocity.length()).fold(self.convoy.fastest_mps(), f32::max);
        let world = &transport.world;
        let surfaces = transport.moving.iter().map(|&surface| transport.colliders[surface as usize]);
        let shadows = transport.shadows.iter().filter_map(|shadow| world.bodies[shadow.handle].colliders().first().copied());
        self.things.extend(surfaces.chain(shadows).filter_map(|collider| {
            let collider = &world.colliders[collider];
            let body = &world.bodies[collider.parent().filter(|_| collider.is_enabled())?];
            let here = collider.compute_aabb();
            let (velocity, turning_mps) = if body.is_kinematic() {
                // Where it will be: the physics knows its velocity from that alone.
                let next = *body.next_position() * collider.position_wrt_parent().copied().unwrap_or(Pose::IDENTITY);
                let there = collider.shape().compute_aabb(&next);
                let grown = (there.half_extents() - here.half_extents()).abs().max_element();
                ((there.center() - here.center()) / dt_s, grown / dt_s)
            } else {
                (body.linvel(), body.angvel().length() * here.half_extents().length())
            };
            let half = here.half_extents();
            let axes = [Vector::X, Vector::Y, Vector::Z];
            Some(Thing {
                centre: here.center(),
                below: -half,
                above: half,
                axes,
                extent: Reach::Box(half.to_array()),
                velocity,
                turning_mps,
            })
        }));
    }
}

/// A part as it is, but for the bottom on which it stands.
pub fn thing_of(body: &Body, motion: &PartMotion) -> Thing {
    let centre = Vector::from_array(motion.position);
    let matrix = Matrix::from_quat(Rotation::from_array(motion.rotation));
    let axes = [matrix.x_axis, matrix.y_axis, matrix.z_axis];
    let extent = match body.extent {
        Extent::Box(half) => Reach::Box(half.map(|value| value as f32)),
        Extent::Round { radius_m, half_height_m, .. } => Reach::Round { radius_m: radius_m as f32, half_height_m: half_height_m as f32 },
    };
    // What rests goes with its belt.
    let (velocity, turning) = match body.rest.velocity() {
        Some(belt) => (vector(belt), 0.0),
        None => (Vector::from_array(motion.linear_velocity), Vector::from_array(motion.angular_velocity).length()),
    };
    let turning_mps = turning * body.extent.radius_m() as f32;
    let mut thing = Thing { centre, below: Vector::ZERO, above: Vector::ZERO, axes, extent, velocity, turning_mps };
    thing.above = Vector::new(thing.along(Vector::X), thing.along(Vector::Y), thing.along(Vector::Z));
    thing.below = -thing.above;
    thing.below.z = (thing.below.z + BOTTOM_M).min(0.0);
    thing
}

fn hull((least, most): Span, other: Vector) -> Span {
    (least.min(other), most.max(other))
}

/// Adds to what could push a target on; where that is more than was known, it passes it on.
fn push(target: usize, by: Span, pushed: &mut [Option<Span>], targets: &mut Vec<u32>, open: &mut Vec<u32>) {
    let known = pushed[target];
    let all = known.map_or(by, |known| hull(hull(known, by.0), by.1));
    if known != Some(all) {
        if known.is_none() {
            targets.push(index_u32(target));
        }
        pushed[target] = Some(all);
        if !open.contains(&index_u32(target)) {
            open.push(index_u32(target));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carton(x: f32, y: f32, velocity: Vector) -> Thing {
        let half = Vector::splat(0.1);
        let (centre, axes) = (Vector::new(x, y, 0.1), [Vector::X, Vector::Y, Vector::Z]);
        Thing { centre, below: -half, above: half, axes, extent: Reach::Box([0.1; 3]), velocity, turning_mps: 0.0 }
    }

    #[test]
    fn what_comes_on_in_time_bears_on_a_part_and_what_slides_past_does_not() {
        let belt = Vector::X;
        let stands = carton(0.0, 0.0, belt);
        let bears = |thing: Thing, time_s: f32| {
            let relative = thing.velocity - stands.velocity;
            thing.bears_on(&stands, (relative, relative), time_s)
        };
        // A gap of 10 mm at 0.1 m/s is closed after 0.1 s.
        assert!(bears(carton(0.0, 0.21, belt - Vector::Y * 0.1), 0.11));
        assert!(!bears(carton(0.0, 0.21, belt - Vector::Y * 0.1), 0.05));
        // It touches: pushed on, let go, passed along the gap.
        assert!(bears(carton(0.0, 0.2, belt - Vector::Y * 0.1), 0.02));
        assert!(!bears(carton(0.0, 0.2, belt + Vector::Y * 0.1), 0.02));
        assert!(!bears(carton(0.0, 0.2, belt + Vector::X * 0.5), 0.02));
    }

    #[test]
    fn a_push_goes_on_in_its_own_direction() {
        let (belt, pushed) = (Vector::X, Vector::X - Vector::Y * 0.1);
        let [outer, middle, inner] = [0.4, 0.2, 0.0].map(|y| carton(0.0, y, belt));
        let by = hull((pushed, pushed), belt);
        let passes = |from: &Thing, to: &Thing| from.bears_on(to, (by.0 - to.velocity, by.1 - to.velocity), 0.02);
        assert!(passes(&outer, &middle) && passes(&middle, &inner));
        assert!(!passes(&inner, &middle) && !passes(&middle, &outer));
    }

    #[test]
    fn whoever_is_near_in_the_convoy_is_found_at_any_time() {
        let (speeds, step_s) = ([Vector::X, Vector::new(0.0, -0.5, 0.0)], 1.0 / 120.0);
        let mut lookahead = Lookahead::default();
        let convoy = &mut lookahead.convoy;
        let mut berths = Vec::new();
        for step in 0..200_u32 {
            let now = Time::from_seconds(f64::from(step) * step_s);
            // Spread without chance: multiples of irrational numbers.
            let spread = |by: f64| (f64::from(step) * by).fract() * 6.0;
            let velocity = speeds[(step % 2) as usize];
            let position = [spread(0.618_034), spread(0.414_214), 0.1];
            let course = super::super::convoy::Course { since: now, position, velocity: velocity.to_array().map(f64::from) };
            let id = crate::parts::PartId { source: linetwin_model::scene::ElementId(0), serial: step };
            berths.push((convoy.join(id, carton(0.0, 0.0, Vector::ZERO), course), course));
            if step % 3 == 2 {
                convoy.leave(berths.remove(berths.len() / 2).0);
            }
            convoy.settle(now);
            let probe = carton(3.0, 3.0, Vector::ZERO);
            let mut found = Vec::new();
            convoy.near(&probe, 0.3, now, |berth, _| found.push(berth));
            for (berth, course) in &berths {
                let off = (Vector::from_array(course.position_at(now)) - probe.centre).abs();
                assert!(off.max_element() > 0.2 + 0.3 || found.contains(berth), "berth {berth} in step {step}");
            }
        }
    }
}
