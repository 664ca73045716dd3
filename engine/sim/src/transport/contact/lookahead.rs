//! The swept look-ahead: which parts something could touch within the next steps that moves relative to them, directly or
//! through others that are close to each other. Looks at boxes and cylinders along their axes; decides nothing else.
//!
//! What moves is swept by its way relative to each part near it. A part that it reaches could be pushed on at that velocity, so
//! that what is close before it that way is reached as well, and so on: a queue is reached as a whole by what runs into it.

use super::ContactTransport;
use super::body::{Body, Extent, Where};
use super::world::vector;
use crate::port::PartMotion;
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
/// Edge of a cell of the grid [m].
const CELL_M: f32 = 0.4;

/// A part, or something else that moves.
#[derive(Clone, Copy)]
struct Thing {
    low: Vector,
    high: Vector,
    centre: Vector,
    axes: [Vector; 3],
    extent: Reach,
    velocity: Vector,
    /// The most that its turning adds to its speed [m/s].
    turning_mps: f32,
    /// Reaches nothing of its own.
    coasts: bool,
}

/// How far a shape reaches from its centre along its axes [m].
#[derive(Clone, Copy)]
enum Reach {
    Box([f32; 3]),
    Round { radius_m: f32, half_height_m: f32 },
}

impl Thing {
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
        let (low, high) = (self.low + down - Vector::splat(gap), self.high + up + Vector::splat(gap));
        if (0..3).any(|axis| low[axis] > other.high[axis] || other.low[axis] > high[axis]) {
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

#[derive(Default)]
pub struct Lookahead {
    /// Indices of the bodies that were reached, in order.
    pub reached: Vec<u32>,
    /// The bodies in their order, then what else moves.
    things: Vec<Thing>,
    grid: Grid,
    /// By body: the least and most of the velocities by which it could be pushed on [m/s].
    pushed: Vec<Option<(Vector, Vector)>>,
    open: Vec<u32>,
}

impl Lookahead {
    pub fn look(&mut self, transport: &ContactTransport, dt_s: f32) {
        let body_count = transport.bodies.len();
        self.gather(transport, dt_s);
        self.pushed.clear();
        self.pushed.resize(body_count, None);
        let fastest =
            self.things[..body_count].iter().filter(|thing| thing.coasts).map(|thing| thing.velocity.length()).fold(0.0, f32::max);
        for index in 0..self.things.len() {
            if !self.things[index].coasts {
                self.sweep(index, fastest, AHEAD_STEPS * dt_s);
            }
        }
        while let Some(index) = self.open.pop() {
            self.pass_on(index, PASSED_STEPS * dt_s);
        }
        self.reached.clear();
        self.reached.extend((0..).zip(&self.pushed).filter(|(_, pushed)| pushed.is_some()).map(|(index, _): (u32, _)| index));
    }

    /// What one thing that is no part of a convoy reaches.
    fn sweep(&mut self, index: usize, fastest_mps: f32, time_s: f32) {
        let thing = self.things[index];
        let reach = MARGIN_M + (thing.velocity.length() + thing.turning_mps + fastest_mps) * time_s;
        let (things, pushed, open) = (&self.things, &mut self.pushed, &mut self.open);
        self.grid.near(&thing, reach, |other| {
            let near = &things[other as usize];
            let relative = thing.velocity - near.velocity;
            let moves = relative.length() + thing.turning_mps > CLOSING_MPS;
            if moves && other as usize != index && thing.bears_on(near, (relative, relative), time_s) {
                push(&mut pushed[other as usize], (relative, relative), || open.push(other));
            }
        });
    }

    /// What a part that was reached would bear on.
    fn pass_on(&mut self, index: u32, time_s: f32) {
        let Some(by) = self.pushed[index as usize] else { return };
        let thing = Thing { turning_mps: 0.0, ..self.things[index as usize] };
        let reach = MARGIN_M + by.0.abs().max(by.1.abs()).length() * time_s;
        let (things, pushed, open) = (&self.things, &mut self.pushed, &mut self.open);
        self.grid.near(&thing, reach, |other| {
            if other != index && thing.bears_on(&things[other as usize], by, time_s) {
                push(&mut pushed[other as usize], by, || open.push(other));
            }
        });
    }

    fn gather(&mut self, transport: &ContactTransport, dt_s: f32) {
        self.things.clear();
        let parts = transport.bodies.iter().zip(&transport.motions.now);
        self.things.extend(parts.map(|(body, motion)| thing_of(body, motion)));
        self.grid.fill(&self.things);
        let world = &transport.world;
        self.things.extend(transport.moving.iter().filter_map(|&surface| {
            let collider = &world.colliders[transport.colliders[surface as usize]];
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
            let (low, high, extent) = (here.mins, here.maxs, Reach::Box(here.half_extents().to_array()));
            let axes = [Vector::X, Vector::Y, Vector::Z];
            Some(Thing { low, high, centre: here.center(), axes, extent, velocity, turning_mps, coasts: false })
        }));
    }
}

/// A part as it is, but for the bottom on which it stands.
fn thing_of(body: &Body, motion: &PartMotion) -> Thing {
    let centre = Vector::from_array(motion.position);
    let matrix = Matrix::from_quat(Rotation::from_array(motion.rotation));
    let axes = [matrix.x_axis, matrix.y_axis, matrix.z_axis];
    let extent = match body.extent {
        Extent::Box(half) => Reach::Box(half.map(|value| value as f32)),
        Extent::Round { radius_m, half_height_m, .. } => Reach::Round { radius_m: radius_m as f32, half_height_m: half_height_m as f32 },
    };
    // What rests goes with its belt.
    let (velocity, turning) = match body.rest.velocity().filter(|_| body.coaster.is_none()) {
        Some(belt) => (vector(belt), 0.0),
        None => (Vector::from_array(motion.linear_velocity), Vector::from_array(motion.angular_velocity).length()),
    };
    let turning_mps = turning * body.extent.radius_m() as f32;
    // What is not finite any more is out of the physics, and reaches nothing.
    let coasts = body.coaster.is_some() || body.place == Where::Invalid;
    let mut thing = Thing { low: centre, high: centre, centre, axes, extent, velocity, turning_mps, coasts };
    let half = Vector::new(thing.along(Vector::X), thing.along(Vector::Y), thing.along(Vector::Z));
    (thing.low, thing.high) = (centre - half, centre + half);
    thing.low.z = (thing.low.z + BOTTOM_M).min(centre.z);
    thing
}

/// Adds to what could push a part on; calls `more` where that is more than was known.
fn push(known: &mut Option<(Vector, Vector)>, (least, most): (Vector, Vector), more: impl FnOnce()) {
    let all = known.map_or((least, most), |(low, high)| (low.min(least), high.max(most)));
    if *known != Some(all) {
        *known = Some(all);
        more();
    }
}

/// Parts by the cells of a grid over the plan, hashed into as many buckets as there are parts, or more.
#[derive(Default)]
struct Grid {
    /// By bucket, and one more: where its things begin.
    starts: Vec<u32>,
    indices: Vec<u32>,
    buckets: Vec<u32>,
    /// Half of the largest thing along the plan [m].
    largest_m: f32,
}

impl Grid {
    fn fill(&mut self, things: &[Thing]) {
        let count = (2 * things.len()).next_power_of_two().max(2);
        self.starts.clear();
        self.starts.resize(count + 1, 0);
        self.buckets.clear();
        self.largest_m = 0.0;
        for thing in things {
            let size = thing.high - thing.low;
            self.largest_m = self.largest_m.max(size.x.max(size.y) / 2.0);
            let centre = (thing.low + thing.high) / 2.0;
            let bucket = self.bucket(cell(centre.x), cell(centre.y));
            self.buckets.push(bucket);
            self.starts[bucket as usize + 1] += 1;
        }
        for bucket in 0..count {
            self.starts[bucket + 1] += self.starts[bucket];
        }
        self.indices.clear();
        self.indices.resize(things.len(), 0);
        // From the back, each bucket is filled from its end; its beginning is then where `starts` says.
        for (index, &bucket) in self.buckets.iter().enumerate().rev() {
            let end = &mut self.starts[bucket as usize + 1];
            *end -= 1;
            self.indices[*end as usize] = super::entry::index_u32(index);
        }
        self.starts.rotate_left(1);
        self.starts[count] = super::entry::index_u32(things.len());
    }

    fn bucket(&self, x: i32, y: i32) -> u32 {
        let mixed = (x.wrapping_mul(0x2C1B_3C6D) ^ y.wrapping_mul(0x297A_2D39)) as u32;
        (mixed ^ (mixed >> 15)) & (self.starts.len() as u32 - 2)
    }

    /// Every body whose middle may be within `reach` of a thing's box, some of them perhaps twice.
    fn near(&self, thing: &Thing, reach: f32, mut tell: impl FnMut(u32)) {
        let around = reach + self.largest_m;
        let (low, high) = (thing.low - Vector::splat(around), thing.high + Vector::splat(around));
        for x in cell(low.x)..=cell(high.x) {
            for y in cell(low.y)..=cell(high.y) {
                let bucket = self.bucket(x, y) as usize;
                for &index in &self.indices[self.starts[bucket] as usize..self.starts[bucket + 1] as usize] {
                    tell(index);
                }
            }
        }
    }
}

fn cell(at: f32) -> i32 {
    (at / CELL_M).floor() as i32
}
