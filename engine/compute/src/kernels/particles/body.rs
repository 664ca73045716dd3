//! Walls that grains move: rigid bodies with a mass, advanced in every step by exactly what grains did to them in it. Something
//! else may carry a body meanwhile (a belt, its own motion before the step): that is told as a velocity and adds up with what
//! grains give. Singles in one written order, momenta as integers, as for particles.

use super::Scales;
use super::batch::{BatchError, HostBatch, WallId};
use super::contact::{add, dot};
use super::fixed::{LARGEST, to_fixed, to_fixed_32};
use super::rigid::{axes_of, rates_of, turned, turning_of, velocity_of};
use super::shapes::WallShape;
use super::state::{Line, quantised};
use super::walls::{Facet, SurfaceMotion, WallNews};
use bytemuck::{Pod, Zeroable};

/// Rows are good until a body has moved by this share of the smallest radius [-].
pub const BODY_SLACK: f32 = 0.25;
/// Bounds of ways are compared with this much to spare, above the rounding of single precision.
const SPARE_WAY: f32 = 1.001;

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyMass {
    pub mass_kg: f64,
    /// About the axes of the shape, which are principal ones, through its origin, which is the centre of mass [kg m^2].
    pub inertia_kgm2: [f64; 3],
}

/// Where a body is, and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyMotion {
    /// Of the centre of mass.
    pub position_m: [f64; 3],
    /// Unit quaternion x, y, z, w.
    pub rotation: [f64; 4],
    /// What carries it, whatever grains do.
    pub carried_mps: [f64; 3],
    pub carried_radps: [f64; 3],
    /// From grains, and from gravity where it falls; beside what carries it.
    pub velocity_mps: [f64; 3],
    pub angular_velocity_radps: [f64; 3],
    /// Gravity acts on it in every step; not so where what carries it has done that already.
    pub falls: bool,
}

impl BodyMotion {
    /// And free to fall.
    pub fn at_rest(position_m: [f64; 3]) -> Self {
        let rotation = [0.0, 0.0, 0.0, 1.0];
        let [carried_mps, carried_radps, velocity_mps, angular_velocity_radps] = [[0.0; 3]; 4];
        BodyMotion { position_m, rotation, carried_mps, carried_radps, velocity_mps, angular_velocity_radps, falls: true }
    }
}

/// A body as the step knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct Body {
    /// [quanta]
    pub at: [i32; 3],
    pub wall: u32,
    /// Of the way, what was less than a quantum [quanta].
    pub rest: [f32; 3],
    pub mass_kg: f32,
    /// Nearly of length one: nothing depends on the length.
    pub rotation: [f32; 4],
    /// Of turning, what was less than the last bit.
    pub rotation_rest: [f32; 4],
    pub inertia: [f32; 3],
    /// Of the corner that is furthest from the centre [m].
    pub reach_m: f32,
    pub carried_mps: [f32; 3],
    /// Since rows were built, at most.
    pub moved_m: f32,
    pub carried_radps: [f32; 3],
    /// How far it may move before rows have to be built anew.
    pub slack_m: f32,
    pub falls: u32,
    /// 1: too fast, out of bounds, or no number.
    pub lost: u32,
    pub unused: [u32; 2],
    /// Beside what carries it [quanta].
    pub momentum: [i64; 3],
    pub spin: [i64; 3],
    /// The sums of what its wall got, as they were looked at last.
    pub felt: [i64; 6],
}

/// A triangle of a body, from its centre and along its axes.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct BodyFacet {
    /// [m]
    pub corners: [[f32; 3]; 3],
    pub normal: [f32; 3],
    pub body: u32,
    /// Among all facets.
    pub facet: u32,
    /// 1 where it is the first one of its body.
    pub is_first: u32,
    pub unused: u32,
}

/// A body as numbers that mean the same wherever it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SavedBody {
    /// [quanta], with the rest of the way.
    pub at: [i32; 3],
    pub rest: [f32; 3],
    pub rotation: [f32; 4],
    pub rotation_rest: [f32; 4],
    pub carried_mps: [f32; 3],
    pub carried_radps: [f32; 3],
    pub falls: bool,
    /// [quanta]
    pub momentum: [i64; 3],
    /// [quanta]
    pub spin: [i64; 3],
}

/// Velocity [m/s] and angular velocity [rad/s].
#[inline(always)]
fn motion_of(body: &Body, scales: &Scales) -> ([f32; 3], [f32; 3]) {
    let turning = turning_of(body.spin, body.inertia, axes_of(body.rotation), scales);
    (add(body.carried_mps, velocity_of(body.momentum, body.mass_kg, scales)), add(body.carried_radps, turning))
}

/// Semi-implicit Euler, as for particles. `sums`: what its wall has got by now. Whether rows are stale after it.
#[inline(always)]
fn move_body(body: &mut Body, sums: [i64; 6], scales: &Scales) -> bool {
    let mut fine = true;
    for axis in 0..3 {
        let given = sums[axis].wrapping_sub(body.felt[axis]);
        let weight = if body.falls != 0 { to_fixed(body.mass_kg * scales.gravity_quanta_per_kg[axis]) } else { 0 };
        body.momentum[axis] = body.momentum[axis].wrapping_add(given).wrapping_add(weight);
        body.spin[axis] = body.spin[axis].wrapping_add(sums[axis + 3].wrapping_sub(body.felt[axis + 3]));
        fine &= body.momentum[axis].unsigned_abs() < LARGEST as u64;
        fine &= body.spin[axis].unsigned_abs() < LARGEST as u64;
    }
    body.felt = sums;
    let (velocity, turning) = motion_of(body, scales);
    let speed = dot(velocity, velocity).sqrt() + dot(turning, turning).sqrt() * body.reach_m;
    fine &= speed * scales.quanta_per_step <= scales.largest_way;
    for (axis, along) in velocity.into_iter().enumerate() {
        let way = along * scales.quanta_per_step + body.rest[axis];
        let whole = to_fixed_32(if fine { way } else { 0.0 });
        body.rest[axis] = way - whole as f32;
        body.at[axis] = body.at[axis].wrapping_add(whole);
        fine &= body.at[axis].unsigned_abs() < scales.bounds[axis];
    }
    let half = 0.5 * scales.dt_s;
    for (part, rate) in rates_of(turning, body.rotation).into_iter().enumerate() {
        let change = rate * half + body.rotation_rest[part];
        let next = body.rotation[part] + change;
        body.rotation_rest[part] = change - (next - body.rotation[part]);
        body.rotation[part] = next;
    }
    body.moved_m += (speed * scales.dt_s) * SPARE_WAY;
    body.lost |= u32::from(!fine);
    body.moved_m > body.slack_m
}

/// A corner [m] where it is now [quanta].
#[inline(always)]
fn corner_of(axes: [[f32; 3]; 3], at: [i32; 3], corner: [f32; 3], metre_per_quantum: f32) -> [i32; 3] {
    let [x, y, z] = turned(axes, corner);
    let by = 1.0 / metre_per_quantum;
    [at[0].wrapping_add(to_fixed_32(x * by)), at[1].wrapping_add(to_fixed_32(y * by)), at[2].wrapping_add(to_fixed_32(z * by))]
}

impl Body {
    /// Where a facet of it is now.
    pub fn placed(&self, facet: &BodyFacet, metre_per_quantum: f32) -> Facet {
        let axes = axes_of(self.rotation);
        Facet {
            corners: facet.corners.map(|corner| corner_of(axes, self.at, corner, metre_per_quantum)),
            normal: turned(axes, facet.normal),
            wall: self.wall,
            plane: false,
        }
    }

    /// As a wall moves that is one.
    pub fn surface(&self, scales: &Scales) -> ([f32; 3], [f32; 3]) {
        motion_of(self, scales)
    }

    fn take(&mut self, saved: &SavedBody) {
        let SavedBody { at, rest, rotation, rotation_rest, carried_mps, carried_radps, falls, momentum, spin } = *saved;
        let falls = u32::from(falls);
        *self = Body { at, rest, rotation, rotation_rest, carried_mps, carried_radps, falls, momentum, spin, lost: 0, ..*self };
    }

    pub fn saved(&self) -> SavedBody {
        let Body { at, rest, rotation, rotation_rest, carried_mps, carried_radps, momentum, spin, .. } = *self;
        let falls = self.falls != 0;
        SavedBody { at, rest, rotation, rotation_rest, carried_mps, carried_radps, falls, momentum, spin }
    }

    pub fn push(&mut self, (momentum, spin): &BodyPush) {
        for axis in 0..3 {
            self.momentum[axis] = self.momentum[axis].wrapping_add(momentum[axis]);
            self.spin[axis] = self.spin[axis].wrapping_add(spin[axis]);
        }
    }

    /// Every bit that decides its future.
    pub fn words(&self) -> Vec<u64> {
        let singles = self.rest.iter().chain(&self.rotation).chain(&self.rotation_rest).chain(&self.carried_mps).chain(&self.carried_radps);
        let singles = singles.map(|part| u64::from(part.to_bits()));
        let places = self.at.iter().map(|part| u64::from(*part as u32));
        places
            .chain(singles)
            .chain([u64::from(self.falls)])
            .chain(self.momentum.iter().chain(&self.spin).map(|part| *part as u64))
            .collect()
    }
}

impl HostBatch {
    /// Adds a wall that grains move. Its shape is given from the centre of mass, along its principal axes.
    pub fn add_body(&mut self, material: usize, shape: &WallShape, mass: &BodyMass, motion: &BodyMotion) -> Result<WallId, BatchError> {
        let refuse = |what: &str| Err(BatchError::Wall(what.to_string()));
        if mass.inertia_kgm2.iter().chain([&mass.mass_kg]).any(|part| !(*part > 0.0 && part.is_finite())) {
            return refuse("a body has a mass, and a moment of inertia about each axis");
        }
        if matches!(shape, WallShape::Plane { .. }) {
            return refuse("a half-space is no body");
        }
        let local = shape.local_facets()?;
        let corners = local.iter().flat_map(|facet| &facet.0);
        let reach_m = corners.map(|corner| corner.iter().map(|part| part * part).sum::<f64>().sqrt()).fold(0.0, f64::max);
        let body = Body {
            mass_kg: mass.mass_kg as f32,
            inertia: mass.inertia_kgm2.map(|part| part as f32),
            reach_m: (reach_m * f64::from(SPARE_WAY)) as f32,
            slack_m: self.spec.radii_m[0] * BODY_SLACK,
            wall: self.walls.count() as u32,
            ..Body::default()
        };
        let saved = self.saved_motion(&body, motion)?;
        let (index, first) = (self.bodies.len() as u32, self.walls.facets.len() as u32);
        let facets = local.iter().enumerate().map(|(at, (corners, normal))| BodyFacet {
            corners: corners.map(|corner| corner.map(|part| part as f32)),
            normal: normal.map(|part| part as f32),
            body: index,
            facet: first + at as u32,
            is_first: u32::from(at == 0),
            unused: 0,
        });
        self.body_facets.extend(facets);
        let nowhere = Facet { corners: [[0; 3]; 3], normal: [0.0; 3], wall: body.wall, plane: false };
        let wall = self.add_facets(material, vec![nowhere; local.len()], SurfaceMotion::default())?;
        self.walls.loose.extend(first..first + local.len() as u32);
        self.bodies.push(body);
        self.put_body(index as usize, &saved);
        Ok(wall)
    }

    fn saved_motion(&self, body: &Body, motion: &BodyMotion) -> Result<SavedBody, BatchError> {
        let refuse = |what: String| Err(BatchError::Wall(what));
        let numbers = [motion.position_m, motion.carried_mps, motion.carried_radps, motion.velocity_mps, motion.angular_velocity_radps];
        let length = motion.rotation.iter().map(|part| part * part).sum::<f64>().sqrt();
        if numbers.iter().flatten().any(|part| !part.is_finite()) || !(0.5..2.0).contains(&length) {
            return refuse("a body's motion is finite, and its rotation a unit quaternion".to_string());
        }
        let at = self.quantise(motion.position_m)?;
        if (0..3).any(|axis| at[axis].unsigned_abs() >= self.scales.bounds[axis]) {
            return refuse(format!("a body at {:?} m lies outside {:?}", motion.position_m, self.spec.bounds_m));
        }
        let exact = [0, 1, 2].map(|axis: usize| (motion.position_m[axis] - self.middle_m[axis]) / self.metre_per_quantum);
        let unit = motion.rotation.map(|part| part / length);
        let rotation = unit.map(|part| part as f32);
        // Spin: turned into its own axes, times inertia, and back.
        let own = in_axes(&unit, motion.angular_velocity_radps);
        let own = [0, 1, 2].map(|axis: usize| own[axis] * f64::from(body.inertia[axis]));
        let [x, y, z, w] = unit;
        let saved = SavedBody {
            at,
            rest: [0, 1, 2].map(|axis: usize| (exact[axis] - f64::from(at[axis])) as f32),
            rotation,
            rotation_rest: [0, 1, 2, 3].map(|part: usize| (unit[part] - f64::from(rotation[part])) as f32),
            carried_mps: motion.carried_mps.map(|part| part as f32),
            carried_radps: motion.carried_radps.map(|part| part as f32),
            falls: motion.falls,
            momentum: quantised(motion.velocity_mps.map(|part| part * f64::from(body.mass_kg)), self.momentum_per_quantum),
            spin: quantised(in_axes(&[-x, -y, -z, w], own), self.spin_per_quantum),
        };
        if saved.momentum.iter().chain(&saved.spin).any(|part| part.unsigned_abs() >= LARGEST as u64) {
            return refuse(format!("a body of {} kg is too fast for quanta of these grains", body.mass_kg));
        }
        Ok(saved)
    }

    /// A body of that wall.
    pub(super) fn body_index(&self, wall: WallId) -> Option<usize> {
        self.bodies.iter().position(|body| body.wall == wall.0 as u32)
    }

    /// Moves a body, or lets it move otherwise. Where it stays near where it was, rows are kept.
    pub fn set_body(&mut self, wall: WallId, motion: &BodyMotion) -> Result<(), BatchError> {
        let Some(index) = self.body_index(wall) else { return Err(BatchError::Wall("the wall is no body".to_string())) };
        let saved = self.saved_motion(&self.bodies[index], motion)?;
        self.put_body(index, &saved);
        Ok(())
    }

    pub(super) fn put_body(&mut self, index: usize, saved: &SavedBody) {
        let felt = self.felt_by(self.bodies[index].wall as usize);
        self.bodies[index].take(saved);
        self.bodies[index].felt = felt;
        let way_m = self.place_body(index);
        self.bodies[index].moved_m += way_m;
        self.stale |= self.bodies[index].moved_m > self.bodies[index].slack_m;
        self.walls.news[self.bodies[index].wall as usize] = WallNews { moves: true, stands_elsewhere: true };
    }

    /// Its facets to where it is, and the motion of its wall; how far they were moved [m].
    pub(super) fn place_body(&mut self, index: usize) -> f32 {
        let body = self.bodies[index];
        let wall = body.wall as usize;
        let range = self.walls.facets_of(wall);
        let metre = self.scales.metre_per_quantum;
        let own = self.body_facets.iter().filter(|facet| facet.body == index as u32);
        let mut furthest = 0.0f32;
        for (facet, local) in self.walls.facets[range].iter_mut().zip(own) {
            let placed = body.placed(local, metre);
            furthest = furthest.max(facet.way_to(&placed, metre));
            *facet = placed;
        }
        let (velocity_mps, angular_velocity_radps) = body.surface(&self.scales);
        let own = &mut self.walls.walls[wall];
        own.motion = SurfaceMotion { velocity_mps, angular_velocity_radps, pivot_m: own.motion.pivot_m };
        own.pivot = body.at;
        furthest
    }

    /// What a wall has got since it was last asked.
    fn felt_by(&self, wall: usize) -> [i64; 6] {
        let mut sum: Line = self.wall_impulses[wall];
        for part in self.rows.iter().filter_map(|rows| rows.walls.impulses.get(wall)) {
            sum.push(part.momentum, part.spin);
        }
        let ([px, py, pz], [lx, ly, lz]) = (sum.momentum, sum.spin);
        [px, py, pz, lx, ly, lz]
    }

    /// Whoever asked for a wall's impulse, or brought other sums: bodies go on from there.
    pub(super) fn look_at_sums(&mut self) {
        for index in 0..self.bodies.len() {
            self.bodies[index].felt = self.felt_by(self.bodies[index].wall as usize);
        }
    }

    /// One step of all bodies, after grains were pushed; whether one is lost, and whether rows are stale.
    pub(super) fn move_bodies(&mut self) -> super::Faults {
        let mut faults = super::Faults::default();
        for index in 0..self.bodies.len() {
            let sums = self.felt_by(self.bodies[index].wall as usize);
            faults.stale |= move_body(&mut self.bodies[index], sums, &self.scales);
            faults.lost |= self.bodies[index].lost != 0;
            self.place_body(index);
        }
        faults
    }

    /// Where a body is and how it moves.
    pub fn body(&self, wall: WallId) -> Option<BodyMotion> {
        Some(self.motion_of_body(&self.bodies[self.body_index(wall)?]))
    }

    pub(super) fn motion_of_body(&self, body: &Body) -> BodyMotion {
        let unit = [0, 1, 2, 3].map(|part: usize| f64::from(body.rotation[part]) + f64::from(body.rotation_rest[part]));
        let length = unit.iter().map(|part| part * part).sum::<f64>().sqrt();
        let rotation = unit.map(|part| part / length);
        let own = in_axes(&rotation, body.spin.map(|part| part as f64 * self.spin_per_quantum));
        let own = [0, 1, 2].map(|axis: usize| own[axis] / f64::from(body.inertia[axis]));
        let [x, y, z, w] = rotation;
        let quanta = [0, 1, 2].map(|axis: usize| f64::from(body.at[axis]) + f64::from(body.rest[axis]));
        BodyMotion {
            position_m: [0, 1, 2].map(|axis: usize| self.middle_m[axis] + quanta[axis] * self.metre_per_quantum),
            rotation,
            carried_mps: body.carried_mps.map(f64::from),
            carried_radps: body.carried_radps.map(f64::from),
            velocity_mps: body.momentum.map(|part| part as f64 * self.momentum_per_quantum / f64::from(body.mass_kg)),
            angular_velocity_radps: in_axes(&[-x, -y, -z, w], own),
            falls: body.falls != 0,
        }
    }

    /// An impulse [N s] and an angular one about the centre of mass [N m s] as a body takes them.
    pub(super) fn quantised_push(&self, impulse_ns: [f64; 3], angular_nms: [f64; 3]) -> Result<BodyPush, BatchError> {
        if impulse_ns.iter().chain(&angular_nms).any(|part| !part.is_finite()) {
            return Err(BatchError::Wall("an impulse is finite".to_string()));
        }
        Ok((quantised(impulse_ns, self.momentum_per_quantum), quantised(angular_nms, self.spin_per_quantum)))
    }

    /// Something other than grains gives a body an impulse.
    pub(super) fn push_body(&mut self, index: usize, push: &BodyPush) {
        self.bodies[index].push(push);
        self.place_body(index);
        self.walls.news[self.bodies[index].wall as usize] = WallNews { moves: true, stands_elsewhere: true };
    }

    /// Takes a body out. Walls behind it, which are bodies as well, move up by one number.
    pub fn remove_body(&mut self, wall: WallId) -> Result<(), BatchError> {
        let Some(index) = self.body_index(wall) else { return Err(BatchError::Wall("the wall is no body".to_string())) };
        if self.walls.count() - wall.0 != self.bodies.len() - index {
            return Err(BatchError::Wall("a wall that was added behind a body is none".to_string()));
        }
        // Histories are kept by facet: with no rows, the next ones are built from them as they are now.
        self.keep_contacts();
        self.rows.clear();
        let gone = self.walls.remove(wall.0);
        let count = gone.len() as u32;
        self.kept_on_walls.forget(gone.start as u32..gone.end as u32);
        self.wall_impulses.remove(wall.0);
        self.bodies.remove(index);
        self.bodies[index..].iter_mut().for_each(|body| body.wall -= 1);
        self.body_facets.retain(|facet| facet.body != index as u32);
        for facet in self.body_facets.iter_mut().filter(|facet| facet.body > index as u32) {
            (facet.body, facet.facet) = (facet.body - 1, facet.facet - count);
        }
        (self.walls_changed, self.stale) = (true, true);
        Ok(())
    }
}

/// Momentum and spin [quanta].
pub type BodyPush = ([i64; 3], [i64; 3]);

/// A vector along the axes of what a unit quaternion has turned.
fn in_axes([x, y, z, w]: &[f64; 4], v: [f64; 3]) -> [f64; 3] {
    let rows = [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w), 2.0 * (x * z - y * w)],
        [2.0 * (x * y - z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + x * w)],
        [2.0 * (x * z + y * w), 2.0 * (y * z - x * w), 1.0 - 2.0 * (x * x + y * y)],
    ];
    rows.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}
