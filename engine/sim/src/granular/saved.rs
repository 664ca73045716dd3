//! Grains and all that has to do with them as plain data.

use super::State;
use linetwin_compute::kernels::particles::{SavedBatch, SavedBody, SavedClump, SavedContact, SavedParticle};
use serde::{Deserialize, Serialize};

/// `(id, material, radius as bits, at, momentum, spin)`.
type ParticleRow = (u64, u64, u32, [i32; 3], [i64; 3], [i64; 3]);
/// `(id, material, radius and moments as bits, spheres, at, rest, rotation and its rest, momentum, spin)`, singles as bits.
type ClumpRow = (u64, u64, [u32; 4], Vec<[u32; 4]>, [i32; 3], [u32; 3], [[u32; 4]; 2], [i64; 3], [i64; 3]);
/// `(id, other, shear as bits, roll as bits)`.
type ContactRow = (u64, u64, [u32; 3], [u32; 3]);
/// `(at, rest, rotation and its rest, carried along and around, falls, momentum, spin)`, singles as bits.
type BodyRow = ([i32; 3], [u32; 3], [[u32; 4]; 2], [[u32; 3]; 2], bool, [i64; 3], [i64; 3]);

/// Everything that decides the future of the grains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GranularSnapshot {
    state: State,
    next_id: u64,
    particles: Vec<ParticleRow>,
    clumps: Vec<ClumpRow>,
    contacts: Vec<ContactRow>,
    on_walls: Vec<ContactRow>,
    wall_impulses: Vec<([i64; 3], [i64; 3])>,
    bodies: Vec<BodyRow>,
}

impl GranularSnapshot {
    pub(super) fn new(state: State, batch: &SavedBatch) -> Self {
        let particle = |row: &SavedParticle| (row.id, row.material, row.radius_m.to_bits(), row.at, row.momentum, row.spin);
        let contact = |row: &SavedContact| (row.id, row.other, row.shear_m.map(f32::to_bits), row.roll_rad.map(f32::to_bits));
        let body = |row: &SavedBody| {
            let turned = [row.rotation, row.rotation_rest].map(|parts| parts.map(f32::to_bits));
            let carried = [row.carried_mps, row.carried_radps].map(|parts| parts.map(f32::to_bits));
            (row.at, row.rest.map(f32::to_bits), turned, carried, row.falls, row.momentum, row.spin)
        };
        GranularSnapshot {
            state,
            next_id: batch.next_id,
            particles: batch.particles.iter().map(particle).collect(),
            clumps: batch.clumps.iter().map(clump_row).collect(),
            contacts: batch.contacts.iter().map(contact).collect(),
            on_walls: batch.on_walls.iter().map(contact).collect(),
            wall_impulses: batch.wall_impulses.clone(),
            bodies: batch.bodies.iter().map(body).collect(),
        }
    }

    pub(super) fn into_parts(self) -> (State, SavedBatch) {
        let particle = |(id, material, radius, at, momentum, spin): ParticleRow| SavedParticle {
            id,
            material,
            radius_m: f32::from_bits(radius),
            at,
            momentum,
            spin,
        };
        let contact = |(id, other, shear, roll): ContactRow| SavedContact {
            id,
            other,
            shear_m: shear.map(f32::from_bits),
            roll_rad: roll.map(f32::from_bits),
        };
        let body = |(at, rest, turned, carried, falls, momentum, spin): BodyRow| {
            let [rotation, rotation_rest] = turned.map(|parts| parts.map(f32::from_bits));
            let [carried_mps, carried_radps] = carried.map(|parts| parts.map(f32::from_bits));
            SavedBody { at, rest: rest.map(f32::from_bits), rotation, rotation_rest, carried_mps, carried_radps, falls, momentum, spin }
        };
        let batch = SavedBatch {
            next_id: self.next_id,
            particles: self.particles.into_iter().map(particle).collect(),
            clumps: self.clumps.into_iter().map(clump).collect(),
            contacts: self.contacts.into_iter().map(contact).collect(),
            on_walls: self.on_walls.into_iter().map(contact).collect(),
            wall_impulses: self.wall_impulses,
            bodies: self.bodies.into_iter().map(body).collect(),
        };
        (self.state, batch)
    }
}

fn clump_row(row: &SavedClump) -> ClumpRow {
    let [a, b, c] = row.inertia;
    let sphere = |([x, y, z], radius): &([f32; 3], f32)| [*x, *y, *z, *radius].map(f32::to_bits);
    let turned = [row.rotation, row.rotation_rest].map(|parts| parts.map(f32::to_bits));
    let sizes = [row.radius_m, a, b, c].map(f32::to_bits);
    let spheres = row.spheres.iter().map(sphere).collect();
    (row.id, row.material, sizes, spheres, row.at, row.rest.map(f32::to_bits), turned, row.momentum, row.spin)
}

fn clump((id, material, sizes, spheres, at, rest, turned, momentum, spin): ClumpRow) -> SavedClump {
    let [radius_m, a, b, c] = sizes.map(f32::from_bits);
    let [rotation, rotation_rest] = turned.map(|parts| parts.map(f32::from_bits));
    let sphere = |bits: [u32; 4]| {
        let [x, y, z, radius] = bits.map(f32::from_bits);
        ([x, y, z], radius)
    };
    let spheres = spheres.into_iter().map(sphere).collect();
    let rest = rest.map(f32::from_bits);
    SavedClump { id, material, radius_m, inertia: [a, b, c], spheres, at, rest, rotation, rotation_rest, momentum, spin }
}
