//! Clumps: rigid unions of spheres as grains that are not round. Their spheres are particles of the batch, sorted, looked for and
//! pushed like all others, but do not touch each other and do not move by themselves: what a step did to them is gathered at the
//! clump, whose mass and moments are those of the union, and which then says where they are and how they move. Singles in one
//! written order, momenta as integers, as for particles.

use super::batch::{BatchError, HostBatch, LEAVES, Particle};
use super::clump_shape::ClumpShape;
use super::contact::{add, cross, dot, scale};
use super::fixed::{LARGEST, to_fixed, to_fixed_32, to_float};
use super::rigid::{axes_of, rates_of, turned, turning_of, velocity_of};
use super::state::{Line, Place, quantised};
use super::{Faults, Scales};
use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

/// Spheres of one clump.
pub const MOST_SPHERES: usize = 8;
/// Set in a line's material where the particle is a sphere of a clump.
pub const CLUMPED: u64 = 1 << 62;
/// Where a line's material says which sphere of its clump it is, and which of all spheres of clumps.
const WHICH: u32 = 24;
const SLOT: u32 = 32;
const MOST_SLOTS: usize = 1 << 30;
/// Materials have the bits below.
pub const MATERIAL: u64 = (1 << WHICH) - 1;

/// A grain that is set in: a shape, how large, and how it moves.
#[derive(Clone, Copy, Debug)]
pub struct Clump<'a> {
    pub shape: &'a ClumpShape,
    /// Its centre of mass and motion, and the radius of the sphere of its volume.
    pub grain: Particle,
    /// Of the shape as it was given: a unit quaternion x, y, z, w.
    pub rotation: [f64; 4],
}

/// A clump as the step knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct RigidClump {
    /// [quanta]
    pub at: [i32; 3],
    /// Its first sphere among those of all clumps.
    pub first: u32,
    /// Of the way, what was less than a quantum [quanta].
    pub rest: [f32; 3],
    pub mass_kg: f32,
    /// Nearly of length one: nothing depends on the length.
    pub rotation: [f32; 4],
    /// Of turning, what was less than the last bit.
    pub rotation_rest: [f32; 4],
    pub inertia: [f32; 3],
    /// From its centre to the centre of the furthest sphere [m].
    pub reach_m: f32,
    pub count: u32,
    pub material: u32,
    /// [`TOO_FAST`] or [`OUTSIDE`].
    pub lost: u32,
    /// Of the sphere of its volume [m].
    pub radius_m: f32,
    /// [quanta]
    pub momentum: [i64; 3],
    /// The number of its first sphere.
    pub id: u64,
    pub spin: [i64; 3],
    pub unused: u64,
}

pub const TOO_FAST: u32 = 1;
pub const OUTSIDE: u32 = 2;

/// A sphere of a clump, from its centre and along its axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct ClumpSphere {
    /// [m]
    pub offset: [f32; 3],
    pub radius: f32,
}

/// A clump as numbers that mean the same wherever it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedClump {
    /// Of its first sphere; the others follow.
    pub id: u64,
    pub material: u64,
    pub radius_m: f32,
    pub inertia: [f32; 3],
    /// From its centre along its axes, and radii [m].
    pub spheres: Vec<([f32; 3], f32)>,
    /// [quanta], with the rest of the way.
    pub at: [i32; 3],
    pub rest: [f32; 3],
    pub rotation: [f32; 4],
    pub rotation_rest: [f32; 4],
    /// [quanta]
    pub momentum: [i64; 3],
    /// [quanta]
    pub spin: [i64; 3],
}

/// All clumps of a batch.
#[derive(Clone, Default)]
pub struct Clumps {
    pub all: Vec<RigidClump>,
    pub spheres: Vec<ClumpSphere>,
    /// Where each sphere is among the particles.
    pub members: Vec<u32>,
}

impl Clumps {
    pub fn bytes(&self) -> usize {
        let of_spheres = size_of::<ClumpSphere>() * self.spheres.capacity() + size_of::<u32>() * self.members.capacity();
        size_of::<RigidClump>() * self.all.capacity() + of_spheres
    }
}

/// The number of the clump that a line belongs to.
#[inline(always)]
pub fn clump_of(line: &Line) -> Option<u64> {
    (line.material & CLUMPED != 0).then(|| line.id - (line.material >> WHICH & (MOST_SPHERES as u64 - 1)))
}

fn slot_of(line: &Line) -> usize {
    (line.material >> SLOT) as usize & (MOST_SLOTS - 1)
}

/// What a step did to a sphere, at the clump.
#[inline(always)]
fn gather(clump: &mut RigidClump, line: &Line, sphere: &ClumpSphere, axes: [[f32; 3]; 3], scales: &Scales) -> bool {
    let lever = turned(axes, sphere.offset);
    let [px, py, pz] = line.momentum;
    let twist = cross(lever, [to_float(px), to_float(py), to_float(pz)]);
    let twist = scale(twist, scales.momentum_per_quantum / scales.spin_per_quantum);
    let mut fine = true;
    for (axis, twist) in twist.into_iter().enumerate() {
        clump.momentum[axis] = clump.momentum[axis].wrapping_add(line.momentum[axis]);
        clump.spin[axis] = clump.spin[axis].wrapping_add(line.spin[axis]).wrapping_add(to_fixed(twist));
        fine &= line.momentum[axis].unsigned_abs() < LARGEST as u64;
    }
    fine
}

/// One step. Momentum first, then the way with the new velocity; it turns as it does half a step later (the midpoint rule), which
/// keeps the energy of a free one to second order, and its spin is what it is.
#[inline(always)]
fn move_clump(clump: &mut RigidClump, gathered: bool, scales: &Scales) {
    let mut fine = gathered;
    for axis in 0..3 {
        clump.momentum[axis] = clump.momentum[axis].wrapping_add(to_fixed(clump.mass_kg * scales.gravity_quanta_per_kg[axis]));
        fine &= clump.momentum[axis].unsigned_abs() < LARGEST as u64;
        fine &= clump.spin[axis].unsigned_abs() < LARGEST as u64;
    }
    let half = 0.5 * scales.dt_s;
    let rates = rates_of(turning_of(clump.spin, clump.inertia, axes_of(clump.rotation), scales), clump.rotation);
    let mut middle = clump.rotation;
    for part in 0..4 {
        middle[part] = clump.rotation[part] + rates[part] * (0.5 * half);
    }
    let turning = turning_of(clump.spin, clump.inertia, axes_of(middle), scales);
    let rates = rates_of(turning, middle);
    let velocity = velocity_of(clump.momentum, clump.mass_kg, scales);
    let speed = dot(velocity, velocity).sqrt() + dot(turning, turning).sqrt() * clump.reach_m;
    fine &= speed * scales.quanta_per_step <= scales.largest_way;
    let mut inside = true;
    for (axis, along) in velocity.into_iter().enumerate() {
        let way = along * scales.quanta_per_step + clump.rest[axis];
        let whole = to_fixed_32(if fine { way } else { 0.0 });
        clump.rest[axis] = way - whole as f32;
        clump.at[axis] = clump.at[axis].wrapping_add(whole);
        inside &= clump.at[axis].unsigned_abs() < scales.bounds[axis];
    }
    for (part, rate) in rates.into_iter().enumerate() {
        let change = rate * half + clump.rotation_rest[part];
        let next = clump.rotation[part] + change;
        clump.rotation_rest[part] = change - (next - clump.rotation[part]);
        clump.rotation[part] = next;
    }
    clump.lost |= if !fine {
        TOO_FAST
    } else if !inside {
        OUTSIDE
    } else {
        0
    };
}

/// What all spheres of a clump have in common.
#[derive(Clone, Copy)]
struct Carried {
    axes: [[f32; 3]; 3],
    velocity: [f32; 3],
    turning: [f32; 3],
}

#[inline(always)]
fn carried_by(clump: &RigidClump, scales: &Scales) -> Carried {
    let axes = axes_of(clump.rotation);
    Carried {
        axes,
        velocity: velocity_of(clump.momentum, clump.mass_kg, scales),
        turning: turning_of(clump.spin, clump.inertia, axes, scales),
    }
}

/// Where a sphere is, its velocity with the clump's mass, and how it turns, with the material's bits.
#[inline(always)]
fn carry(clump: &RigidClump, carried: &Carried, sphere: &ClumpSphere, scales: &Scales) -> (Place, [f32; 4], [f32; 4]) {
    let lever = turned(carried.axes, sphere.offset);
    let by = 1.0 / scales.metre_per_quantum;
    let at = [0, 1, 2].map(|axis: usize| clump.at[axis].wrapping_add(to_fixed_32(lever[axis] * by)));
    let [vx, vy, vz] = add(carried.velocity, cross(carried.turning, lever));
    let [wx, wy, wz] = carried.turning;
    (Place { at, radius: sphere.radius }, [vx, vy, vz, clump.mass_kg], [wx, wy, wz, f32::from_bits(clump.material)])
}

impl RigidClump {
    fn range(&self) -> std::ops::Range<usize> {
        self.first as usize..self.first as usize + self.count as usize
    }

    /// Every bit that decides its future.
    pub fn words(&self) -> Vec<u64> {
        let singles = self.rest.iter().chain(&self.rotation).chain(&self.rotation_rest).map(|part| u64::from(part.to_bits()));
        let places = self.at.iter().map(|part| u64::from(*part as u32));
        let moving = self.momentum.iter().chain(&self.spin).map(|part| *part as u64);
        [self.id, u64::from(self.radius_m.to_bits())].into_iter().chain(places).chain(singles).chain(moving).collect()
    }
}

impl HostBatch {
    /// Adds a clump; the number it is known by from then on. Its spheres have that number and those that follow.
    pub fn insert_clump(&mut self, clump: &Clump<'_>) -> Result<u64, BatchError> {
        let refuse = |text: String| Err(BatchError::Particle(text));
        let (grain, shape) = (&clump.grain, clump.shape);
        if !(grain.radius_m > 0.0 && grain.radius_m.is_finite()) {
            return refuse(format!("a clump of the volume of a sphere of radius {} m", grain.radius_m));
        }
        let (at, material) = self.welcome(grain)?;
        let length = clump.rotation.iter().map(|part| part * part).sum::<f64>().sqrt();
        if !(0.5..2.0).contains(&length) {
            return refuse("a rotation is a unit quaternion".to_string());
        }
        let [smallest, largest] = self.spec.radii_m;
        let unit = product(clump.rotation.map(|part| part / length), shape.rotation);
        let rotation = unit.map(|part| part as f32);
        let size = f64::from(grain.radius_m);
        let mass = material.sphere_mass_kg(grain.radius_m);
        let inertia = shape.inertia.map(|part| part * mass * size * size);
        let spheres = shape.spheres.iter().map(|(offset, radius)| (offset.map(|part| (part * size) as f32), (radius * size) as f32));
        let spheres: Vec<_> = spheres.collect();
        if let Some((_, radius)) = spheres.iter().find(|(_, radius)| !(*radius >= smallest && *radius <= largest)) {
            return refuse(format!("a sphere of a clump has radius {radius} m, which lies outside {smallest} to {largest} m"));
        }
        let exact = [0, 1, 2].map(|axis: usize| (grain.position_m[axis] - self.middle_m[axis]) / self.metre_per_quantum);
        let rows = rows_of(unit);
        let own: [f64; 3] =
            std::array::from_fn(|a| (0..3).map(|part| rows[part][a] * grain.angular_velocity_radps[part]).sum::<f64>() * inertia[a]);
        let spin: [f64; 3] = std::array::from_fn(|part| (0..3).map(|a| rows[part][a] * own[a]).sum());
        let momentum = grain.velocity_mps.map(|part| part * mass);
        if momentum.iter().chain(&spin).any(|part| !part.is_finite()) {
            return refuse("its motion is not finite".to_string());
        }
        let saved = SavedClump {
            id: self.next_id,
            material: grain.material as u64,
            radius_m: grain.radius_m,
            inertia: inertia.map(|part| part as f32),
            spheres,
            at,
            rest: [0, 1, 2].map(|axis: usize| (exact[axis] - f64::from(at[axis])) as f32),
            rotation,
            rotation_rest: [0, 1, 2, 3].map(|part: usize| (unit[part] - f64::from(rotation[part])) as f32),
            momentum: quantised(momentum, self.momentum_per_quantum),
            spin: quantised(spin, self.spin_per_quantum),
        };
        if self.clumps.spheres.len() + saved.spheres.len() > MOST_SLOTS {
            return refuse(format!("clumps have {MOST_SLOTS} spheres together at most"));
        }
        self.next_id += saved.spheres.len() as u64;
        self.push_clump(&saved);
        Ok(saved.id)
    }

    /// Its spheres become the last particles.
    pub(super) fn push_clump(&mut self, saved: &SavedClump) {
        let first = self.clumps.spheres.len();
        let reach = saved.spheres.iter().map(|(offset, _)| dot(*offset, *offset).sqrt()).fold(0.0, f32::max);
        for (which, (offset, radius)) in saved.spheres.iter().enumerate() {
            let material = saved.material | (which as u64) << WHICH | ((first + which) as u64) << SLOT | CLUMPED;
            self.clumps.spheres.push(ClumpSphere { offset: *offset, radius: *radius });
            self.clumps.members.push(self.lines.len() as u32);
            self.push_line(Line { id: saved.id + which as u64, material, ..Line::default() }, Place { at: saved.at, radius: *radius });
        }
        self.clumps.all.push(RigidClump {
            at: saved.at,
            first: first as u32,
            rest: saved.rest,
            mass_kg: self.spec.materials[saved.material as usize].sphere_mass_kg(saved.radius_m) as f32,
            rotation: saved.rotation,
            rotation_rest: saved.rotation_rest,
            inertia: saved.inertia,
            reach_m: reach * 1.000_01,
            count: saved.spheres.len() as u32,
            material: saved.material as u32,
            lost: 0,
            radius_m: saved.radius_m,
            momentum: saved.momentum,
            id: saved.id,
            spin: saved.spin,
            unused: 0,
        });
        self.place_clump(self.clumps.all.len() - 1);
    }

    /// Sets the spheres of a clump to where it has them.
    fn place_clump(&mut self, index: usize) {
        let clump = self.clumps.all[index];
        let carried = carried_by(&clump, &self.scales);
        for slot in clump.range() {
            let at = self.clumps.members[slot] as usize;
            let (place, velocity, spin) = carry(&clump, &carried, &self.clumps.spheres[slot], &self.scales);
            (self.places[at], self.velocities[at], self.spins[at]) = (place, velocity, spin);
        }
    }

    /// After particles were sorted, removed or fetched.
    pub(super) fn find_members(&mut self) {
        if self.clumps.all.is_empty() {
            return;
        }
        for (index, line) in self.lines.iter().enumerate().filter(|(_, line)| line.material & CLUMPED != 0) {
            self.clumps.members[slot_of(line)] = index as u32;
        }
        (0..self.clumps.all.len()).for_each(|index| self.place_clump(index));
    }

    /// One step of all clumps, after their spheres were pushed.
    pub(super) fn move_clumps(&mut self) -> Faults {
        let Clumps { all, spheres, members } = &mut self.clumps;
        if all.is_empty() {
            return Faults::default();
        }
        let (scales, lines) = (&self.scales, &self.lines);
        let moved = |clump: &mut RigidClump| {
            let axes = axes_of(clump.rotation);
            let mut fine = true;
            for slot in clump.range() {
                fine &= gather(clump, &lines[members[slot] as usize], &spheres[slot], axes, scales);
            }
            move_clump(clump, fine, scales);
            clump.lost != 0
        };
        let lost = all.par_iter_mut().map(moved).reduce(|| false, |a, b| a | b);
        let (mut stale, clumps) = (false, &*all);
        let metre = scales.metre_per_quantum;
        for clump in clumps {
            let carried = carried_by(clump, scales);
            for slot in clump.range() {
                let at = members[slot] as usize;
                let (place, velocity, spin) = carry(clump, &carried, &spheres[slot], scales);
                let drifted = [0, 1, 2].map(|axis: usize| self.anchors[at].at[axis].wrapping_add(self.drift[axis]));
                let away = place.offset_from(&Place { at: drifted, radius: 0.0 }, metre);
                let slack = self.anchors[at].radius - place.radius;
                stale |= dot(away, away) > slack * slack;
                (self.places[at], self.velocities[at], self.spins[at]) = (place, velocity, spin);
                (self.lines[at].momentum, self.lines[at].spin) = ([0; 3], [0; 3]);
            }
        }
        Faults { lost, stale }
    }

    /// Takes out clumps whose number `leaves` says; their spheres leave like other particles.
    pub(super) fn remove_clumps(&mut self, leaves: impl Fn(u64, &Particle) -> bool, removed: &mut Vec<(u64, Particle)>) {
        let old = std::mem::take(&mut self.clumps);
        let mut new = Clumps::default();
        for clump in &old.all {
            let grain = self.grain_of(clump);
            let goes = leaves(clump.id, &grain);
            let first = new.spheres.len();
            for (which, slot) in clump.range().enumerate() {
                let line = &mut self.lines[old.members[slot] as usize];
                line.material = u64::from(clump.material);
                if goes {
                    line.material |= LEAVES;
                } else {
                    line.material |= (which as u64) << WHICH | ((first + which) as u64) << SLOT | CLUMPED;
                    new.spheres.push(old.spheres[slot]);
                    new.members.push(old.members[slot]);
                }
            }
            if goes {
                self.stale = true;
                removed.push((clump.id, grain));
            } else {
                new.all.push(RigidClump { first: first as u32, ..*clump });
            }
        }
        self.clumps = new;
    }

    /// A clump as the sphere of its volume.
    pub(super) fn grain_of(&self, clump: &RigidClump) -> Particle {
        let mass = self.spec.materials[clump.material as usize].sphere_mass_kg(clump.radius_m);
        let rows = rows_of(clump.exact_rotation());
        let own: [f64; 3] = std::array::from_fn(|a| {
            let spin: f64 = (0..3).map(|part| rows[part][a] * clump.spin[part] as f64).sum();
            spin * self.spin_per_quantum / f64::from(clump.inertia[a])
        });
        let quanta = |axis: usize| f64::from(clump.at[axis]) + f64::from(clump.rest[axis]);
        Particle {
            position_m: [0, 1, 2].map(|axis: usize| self.middle_m[axis] + quanta(axis) * self.metre_per_quantum),
            velocity_mps: clump.momentum.map(|part| part as f64 * self.momentum_per_quantum / mass),
            angular_velocity_radps: std::array::from_fn(|part| (0..3).map(|a| rows[part][a] * own[a]).sum()),
            radius_m: clump.radius_m,
            material: clump.material as usize,
        }
    }

    /// Energy of turning [J].
    pub(super) fn turning_j(&self, clump: &RigidClump) -> f64 {
        let rows = rows_of(clump.exact_rotation());
        let along = |a: usize| (0..3).map(|part| rows[part][a] * clump.spin[part] as f64).sum::<f64>() * self.spin_per_quantum;
        (0..3).map(|a| along(a) * along(a) / (2.0 * f64::from(clump.inertia[a]))).sum()
    }

    pub(super) fn saved_clump(&self, clump: &RigidClump) -> SavedClump {
        let RigidClump { id, radius_m, inertia, at, rest, rotation, rotation_rest, momentum, spin, .. } = *clump;
        let spheres = self.clumps.spheres[clump.range()].iter().map(|sphere| (sphere.offset, sphere.radius)).collect();
        let material = u64::from(clump.material);
        SavedClump { id, material, radius_m, inertia, spheres, at, rest, rotation, rotation_rest, momentum, spin }
    }
}

impl RigidClump {
    fn exact_rotation(&self) -> [f64; 4] {
        let unit = [0, 1, 2, 3].map(|part: usize| f64::from(self.rotation[part]) + f64::from(self.rotation_rest[part]));
        let length = unit.iter().map(|part| part * part).sum::<f64>().sqrt();
        unit.map(|part| part / length)
    }
}

/// First `b`, then `a`.
fn product([ax, ay, az, aw]: [f64; 4], [bx, by, bz, bw]: [f64; 4]) -> [f64; 4] {
    [
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    ]
}

/// Of the matrix that turns vectors as a unit quaternion does.
fn rows_of([x, y, z, w]: [f64; 4]) -> [[f64; 3]; 3] {
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
        [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
        [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
}
