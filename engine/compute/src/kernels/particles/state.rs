//! What a particle is in memory. Positions, momenta and spins are integers: sums over them are exact and have no order.

use super::clump::CLUMPED;
use super::fixed::{to_fixed, to_fixed_32, to_float};
use super::{Faults, Scales};

/// Where a sphere is, in quanta from the middle of the batch's bounds, and its radius [m]. Differences are exact and do
/// not depend on where in the bounds they are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(16))]
pub struct Place {
    pub at: [i32; 3],
    pub radius: f32,
}

impl Place {
    /// From `other` to this one [m].
    #[inline(always)]
    pub fn offset_from(&self, other: &Place, metre_per_quantum: f32) -> [f32; 3] {
        [
            self.at[0].wrapping_sub(other.at[0]) as f32 * metre_per_quantum,
            self.at[1].wrapping_sub(other.at[1]) as f32 * metre_per_quantum,
            self.at[2].wrapping_sub(other.at[2]) as f32 * metre_per_quantum,
        ]
    }
}

/// A particle's motion, one cache line: momentum and spin (angular momentum) in quanta; contacts add to it in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub struct Line {
    pub momentum: [i64; 3],
    pub id: u64,
    pub spin: [i64; 3],
    /// With marks: see [`material_of`](super::batch::material_of).
    pub material: u64,
}

impl Line {
    #[inline(always)]
    pub fn push(&mut self, linear: [i64; 3], angular: [i64; 3]) {
        for axis in 0..3 {
            self.momentum[axis] = self.momentum[axis].wrapping_add(linear[axis]);
            self.spin[axis] = self.spin[axis].wrapping_add(angular[axis]);
        }
    }

    /// Velocity [m/s] of a mass [kg], and angular velocity [rad/s] of a sphere of that mass.
    #[inline(always)]
    pub fn motion(&self, mass: f32, radius: f32, scales: &Scales) -> ([f32; 3], [f32; 3]) {
        let by_mass = scales.momentum_per_quantum / mass;
        let by_inertia = scales.spin_per_quantum / ((0.4 * mass) * (radius * radius));
        let [px, py, pz] = self.momentum;
        let [lx, ly, lz] = self.spin;
        (
            [to_float(px) * by_mass, to_float(py) * by_mass, to_float(pz) * by_mass],
            [to_float(lx) * by_inertia, to_float(ly) * by_inertia, to_float(lz) * by_inertia],
        )
    }
}

/// Momentum and spin [kg m/s, kg m^2/s] as integers.
pub fn quantised(value: [f64; 3], per_quantum: f64) -> [i64; 3] {
    value.map(|part| (part / per_quantum).round_ties_even() as i64)
}

/// The motion of a run of particles over one step, and what came of it.
pub struct Advance<'a> {
    pub places: &'a mut [Place],
    pub velocities: &'a mut [[f32; 4]],
    pub spins: &'a mut [[f32; 4]],
    pub lines: &'a mut [Line],
    /// Places when the rows were built, with the reach that the rows were built for [m].
    pub anchors: &'a [Place],
    /// How far the anchors have drifted since [quanta].
    pub drift: [i32; 3],
}

/// Semi-implicit Euler: momentum first, then the way with the new velocity.
#[inline(always)]
pub fn advance(run: Advance<'_>, scales: &Scales) -> Faults {
    let mut faults = Faults::default();
    let count = run.places.len();
    let (velocities, spins) = (&mut run.velocities[..count], &mut run.spins[..count]);
    let (lines, anchors) = (&mut run.lines[..count], &run.anchors[..count]);
    for at in 0..count {
        let (place, line) = (&mut run.places[at], &mut lines[at]);
        // What was done to it is for its clump.
        if line.material & CLUMPED != 0 {
            continue;
        }
        let mass = velocities[at][3];
        for axis in 0..3 {
            line.momentum[axis] = line.momentum[axis].wrapping_add(to_fixed(mass * scales.gravity_quanta_per_kg[axis]));
        }
        let (velocity, spin) = line.motion(mass, place.radius, scales);
        let mut fine = true;
        let (mut from_anchor, mut moved) = ([0.0f32; 3], 0.0f32);
        for axis in 0..3 {
            velocities[at][axis] = velocity[axis];
            spins[at][axis] = spin[axis];
            let way = velocity[axis] * scales.quanta_per_step;
            moved = if way.abs() > moved { way.abs() } else { moved };
            fine &= way.abs() <= scales.largest_way;
            fine &= line.momentum[axis].unsigned_abs() < super::fixed::LARGEST as u64;
            fine &= line.spin[axis].unsigned_abs() < super::fixed::LARGEST as u64;
            place.at[axis] = place.at[axis].wrapping_add(to_fixed_32(if fine { way } else { 0.0 }));
            fine &= place.at[axis].unsigned_abs() < scales.bounds[axis];
            let drifted = anchors[at].at[axis].wrapping_add(run.drift[axis]);
            from_anchor[axis] = place.at[axis].wrapping_sub(drifted) as f32 * scales.metre_per_quantum;
        }
        let slack = anchors[at].radius - place.radius;
        let squared = (from_anchor[0] * from_anchor[0] + from_anchor[1] * from_anchor[1]) + from_anchor[2] * from_anchor[2];
        faults.lost |= !fine;
        faults.stale |= squared > slack * slack;
    }
    faults
}
