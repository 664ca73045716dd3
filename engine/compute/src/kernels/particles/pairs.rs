//! Pairs of particles: candidates are walked row by row, those that touch are collected into a block of structure-of-arrays
//! lanes, the law is evaluated lane by lane (the compiler makes vectors of that loop), and impulses are scattered.

use super::contact::{Touch, add, cross, respond, scale, sub};
use super::fixed::to_fixed;
use super::rows::{Rows, TOUCHES};
use super::state::{Line, Place};
use super::width::fetch;
use super::{Scales, material::PairConstants};

/// Lanes of a block; all of its arrays (20 kB) stay in the first-level cache.
const LANES: usize = 128;

type Lanes = [f32; LANES];
type Vectors = [Lanes; 3];

/// Touching pairs on their way through the law.
#[derive(Clone)]
pub struct Block {
    count: usize,
    /// Local index of the row's particle.
    row: [u32; LANES],
    other: [u32; LANES],
    slot: [u32; LANES],
    /// From the other to this one [m].
    offset: Vectors,
    radii: [Lanes; 2],
    masses: [Lanes; 2],
    velocity: Vectors,
    /// Radius times angular velocity of both, added [m/s].
    surface: Vectors,
    spin: Vectors,
    shear: Vectors,
    roll: Vectors,
    /// The fields of [`PairConstants`] in their order.
    constants: [Lanes; 8],
    /// Impulses in quanta: of the force, of the moment on this one, of that on the other; and rounded.
    impulses: [Lanes; 9],
    rounded: [[i64; LANES]; 9],
}

impl Block {
    pub fn new() -> Box<Self> {
        Box::new(Block {
            count: 0,
            row: [0; LANES],
            other: [0; LANES],
            slot: [0; LANES],
            offset: [[1.0; LANES]; 3],
            radii: [[1.0; LANES]; 2],
            masses: [[1.0; LANES]; 2],
            velocity: [[0.0; LANES]; 3],
            surface: [[0.0; LANES]; 3],
            spin: [[0.0; LANES]; 3],
            shear: [[0.0; LANES]; 3],
            roll: [[0.0; LANES]; 3],
            constants: [[0.0; LANES]; 8],
            impulses: [[0.0; LANES]; 9],
            rounded: [[0; LANES]; 9],
        })
    }
}

/// What all chunks read.
#[derive(Clone, Copy)]
pub struct Motion<'a> {
    pub places: &'a [Place],
    /// [m/s], and the mass [kg].
    pub velocities: &'a [[f32; 4]],
    /// [rad/s], and the index of the material as bits.
    pub spins: &'a [[f32; 4]],
    /// Of each pair of materials, `count * a + b`.
    pub constants: &'a [PairConstants],
    pub material_count: usize,
    /// The one material of all particles, if it is one.
    pub only_material: Option<usize>,
    pub scales: Scales,
}

/// All pair contacts of a chunk: impulses go to `lines` (its own particles) and to its halo.
#[inline(always)]
pub fn push_pairs<const HERTZ: bool, const ROLLING: bool>(motion: Motion<'_>, rows: &mut Rows, lines: &mut [Line]) {
    let mut block = rows.block.take().expect("a chunk owns a block but while it is at work");
    block.count = 0;
    if let Some(only) = motion.only_material {
        let constants: [f32; 8] = bytemuck::cast(motion.constants[only * motion.material_count + only]);
        block.constants = constants.map(|constant| [constant; LANES]);
    }
    let own = &motion.places[rows.first..rows.first + lines.len()];
    for (row, place) in own.iter().enumerate() {
        let slots = rows.start[row] as usize..rows.start[row + 1] as usize;
        for slot in slots {
            let tagged = rows.other[slot];
            let other = &motion.places[(tagged & !TOUCHES) as usize];
            let offset = place.offset_from(other, motion.scales.metre_per_quantum);
            let reach = place.radius + other.radius;
            let squared = (offset[0] * offset[0] + offset[1] * offset[1]) + offset[2] * offset[2];
            let touches = squared < reach * reach;
            let at = block.count;
            block.row[at] = row as u32;
            block.other[at] = tagged & !TOUCHES;
            block.slot[at] = slot as u32;
            for (column, part) in block.offset.iter_mut().zip(offset) {
                column[at] = part;
            }
            block.radii[0][at] = place.radius;
            block.radii[1][at] = other.radius;
            block.count += usize::from(touches);
            if touches != (tagged & TOUCHES != 0) {
                rows.other[slot] = tagged ^ TOUCHES;
                if !touches {
                    rows.shear[slot] = [0.0; 3];
                    if ROLLING {
                        rows.roll[slot] = [0.0; 3];
                    }
                }
            }
            if block.count == LANES {
                push_block::<HERTZ, ROLLING>(motion, &mut block, rows, lines);
            }
        }
    }
    push_block::<HERTZ, ROLLING>(motion, &mut block, rows, lines);
    rows.block = Some(block);
}

#[inline(always)]
fn push_block<const HERTZ: bool, const ROLLING: bool>(motion: Motion<'_>, block: &mut Block, rows: &mut Rows, lines: &mut [Line]) {
    gather::<ROLLING>(motion, block, rows, lines);
    evaluate::<HERTZ, ROLLING>(motion.scales, block);
    scatter::<ROLLING>(block, rows, lines);
    block.count = 0;
}

#[inline(always)]
fn gather<const ROLLING: bool>(motion: Motion<'_>, block: &mut Block, rows: &mut Rows, lines: &mut [Line]) {
    for at in 0..block.count.min(LANES) {
        let (a, b) = (rows.first + block.row[at] as usize, block.other[at] as usize);
        let (velocity_a, velocity_b) = (motion.velocities[a], motion.velocities[b]);
        let (spin_a, spin_b) = (motion.spins[a], motion.spins[b]);
        let (radius_a, radius_b) = (block.radii[0][at], block.radii[1][at]);
        let slot = block.slot[at] as usize;
        fetch(rows.halo.line(b, rows.first, lines));
        for axis in 0..3 {
            block.velocity[axis][at] = velocity_a[axis] - velocity_b[axis];
            block.surface[axis][at] = spin_a[axis] * radius_a + spin_b[axis] * radius_b;
            block.shear[axis][at] = rows.shear[slot][axis];
            if ROLLING {
                block.spin[axis][at] = spin_a[axis] - spin_b[axis];
                block.roll[axis][at] = rows.roll[slot][axis];
            }
        }
        block.masses[0][at] = velocity_a[3];
        block.masses[1][at] = velocity_b[3];
        if motion.only_material.is_none() {
            let (of_a, of_b) = (spin_a[3].to_bits() as usize, spin_b[3].to_bits() as usize);
            let constants: [f32; 8] = bytemuck::cast(motion.constants[of_a * motion.material_count + of_b]);
            for (lanes, constant) in block.constants.iter_mut().zip(constants) {
                lanes[at] = constant;
            }
        }
    }
}

/// The law, lane by lane. Everything is read from and written to slices of one length, and nothing is called that is not
/// inlined: the compiler then makes this loop a loop over vectors (`vsqrtps`, not `vsqrtss`, in its assembly).
#[inline(always)]
fn evaluate<const HERTZ: bool, const ROLLING: bool>(scales: Scales, block: &mut Block) {
    // Whole vectors: lanes past the last pair hold what once was one, and nobody reads their result.
    let count = block.count.next_multiple_of(16).min(LANES);
    let [offset_x, offset_y, offset_z] = &block.offset;
    let (offset_x, offset_y, offset_z) = (&offset_x[..count], &offset_y[..count], &offset_z[..count]);
    let [radii_a, radii_b] = &block.radii;
    let (radii_a, radii_b) = (&radii_a[..count], &radii_b[..count]);
    let [masses_a, masses_b] = &block.masses;
    let (masses_a, masses_b) = (&masses_a[..count], &masses_b[..count]);
    let [velocity_x, velocity_y, velocity_z] = &block.velocity;
    let (velocity_x, velocity_y, velocity_z) = (&velocity_x[..count], &velocity_y[..count], &velocity_z[..count]);
    let [surface_x, surface_y, surface_z] = &block.surface;
    let (surface_x, surface_y, surface_z) = (&surface_x[..count], &surface_y[..count], &surface_z[..count]);
    let [spin_x, spin_y, spin_z] = &block.spin;
    let (spin_x, spin_y, spin_z) = (&spin_x[..count], &spin_y[..count], &spin_z[..count]);
    let [shear_x, shear_y, shear_z] = &mut block.shear;
    let (shear_x, shear_y, shear_z) = (&mut shear_x[..count], &mut shear_y[..count], &mut shear_z[..count]);
    let [roll_x, roll_y, roll_z] = &mut block.roll;
    let (roll_x, roll_y, roll_z) = (&mut roll_x[..count], &mut roll_y[..count], &mut roll_z[..count]);
    let [c0, c1, c2, c3, c4, c5, c6, c7] = &block.constants;
    let (c0, c1, c2, c3) = (&c0[..count], &c1[..count], &c2[..count], &c3[..count]);
    let (c4, c5, c6, c7) = (&c4[..count], &c5[..count], &c6[..count], &c7[..count]);
    let [i0, i1, i2, i3, i4, i5, i6, i7, i8] = &mut block.impulses;
    let (i0, i1, i2) = (&mut i0[..count], &mut i1[..count], &mut i2[..count]);
    let (i3, i4, i5) = (&mut i3[..count], &mut i4[..count], &mut i5[..count]);
    let (i6, i7, i8) = (&mut i6[..count], &mut i7[..count], &mut i8[..count]);
    for at in 0..count {
        let offset = [offset_x[at], offset_y[at], offset_z[at]];
        let squared = (offset[0] * offset[0] + offset[1] * offset[1]) + offset[2] * offset[2];
        let distance = squared.sqrt();
        let normal = scale(offset, 1.0 / distance);
        let (radius_a, radius_b) = (radii_a[at], radii_b[at]);
        let (mass_a, mass_b) = (masses_a[at], masses_b[at]);
        let reach = radius_a + radius_b;
        let surface = [surface_x[at], surface_y[at], surface_z[at]];
        let touch = Touch {
            normal,
            overlap: reach - distance,
            radius: (radius_a * radius_b) / reach,
            mass: (mass_a * mass_b) / (mass_a + mass_b),
            velocity: add([velocity_x[at], velocity_y[at], velocity_z[at]], cross(normal, surface)),
            spin: [spin_x[at], spin_y[at], spin_z[at]],
            shear: [shear_x[at], shear_y[at], shear_z[at]],
            roll: [roll_x[at], roll_y[at], roll_z[at]],
        };
        let constants = PairConstants::of([c0[at], c1[at], c2[at], c3[at], c4[at], c5[at], c6[at], c7[at]]);
        let response = respond::<HERTZ, ROLLING>(&touch, &constants, scales.dt_s);
        let force = scale(add(scale(normal, response.push), response.tangent), scales.linear_quanta_per_newton);
        // Both levers point to the contact, so both moments have one direction.
        let twist = cross(response.tangent, normal);
        let on_a = scale(add(scale(twist, radius_a), response.moment), scales.angular_quanta_per_newton_metre);
        let on_b = scale(sub(scale(twist, radius_b), response.moment), scales.angular_quanta_per_newton_metre);
        (i0[at], i1[at], i2[at]) = (force[0], force[1], force[2]);
        (i3[at], i4[at], i5[at]) = (on_a[0], on_a[1], on_a[2]);
        (i6[at], i7[at], i8[at]) = (on_b[0], on_b[1], on_b[2]);
        (shear_x[at], shear_y[at], shear_z[at]) = (response.shear[0], response.shear[1], response.shear[2]);
        if ROLLING {
            (roll_x[at], roll_y[at], roll_z[at]) = (response.roll[0], response.roll[1], response.roll[2]);
        }
    }
    // A loop of its own: one with elements of two sizes is not made one over vectors.
    for (rounded, impulses) in block.rounded.iter_mut().zip(&block.impulses) {
        for (rounded, impulse) in rounded[..count].iter_mut().zip(&impulses[..count]) {
            *rounded = to_fixed(*impulse);
        }
    }
}

#[inline(always)]
fn scatter<const ROLLING: bool>(block: &Block, rows: &mut Rows, lines: &mut [Line]) {
    let [force_x, force_y, force_z, on_a_x, on_a_y, on_a_z, on_b_x, on_b_y, on_b_z] = &block.rounded;
    for at in 0..block.count.min(LANES) {
        let slot = block.slot[at] as usize;
        rows.shear[slot] = [block.shear[0][at], block.shear[1][at], block.shear[2][at]];
        if ROLLING {
            rows.roll[slot] = [block.roll[0][at], block.roll[1][at], block.roll[2][at]];
        }
        let force = [force_x[at], force_y[at], force_z[at]];
        let other = block.other[at] as usize;
        lines[block.row[at] as usize].push(force, [on_a_x[at], on_a_y[at], on_a_z[at]]);
        let opposite = [force[0].wrapping_neg(), force[1].wrapping_neg(), force[2].wrapping_neg()];
        rows.halo.line(other, rows.first, lines).push(opposite, [on_b_x[at], on_b_y[at], on_b_z[at]]);
    }
}

/// Distance of two places squared, as the walk above has it; for those who build the rows.
pub fn squared_distance(a: &Place, b: &Place, metre_per_quantum: f32) -> f32 {
    let offset = sub(a.offset_from(b, metre_per_quantum), [0.0; 3]);
    (offset[0] * offset[0] + offset[1] * offset[1]) + offset[2] * offset[2]
}
