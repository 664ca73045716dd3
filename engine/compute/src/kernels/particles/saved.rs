//! A batch as numbers that mean the same wherever it goes on: by particle number, free of memory order.

use super::batch::{HostBatch, LEAVES, is_sphere, material_of};
use super::body::{Body, SavedBody};
use super::clump::{CLUMPED, Clumps, RigidClump, SavedClump};
use super::rows::Kept;
use super::state::{Line, Place};
use rayon::prelude::*;

/// Everything that moves in a batch; belts and walls that are placed are their owner's. Made of integers and singles whose bits all count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedBatch {
    pub next_id: u64,
    /// By number, without those of clumps.
    pub particles: Vec<SavedParticle>,
    /// By number.
    pub clumps: Vec<SavedClump>,
    /// By numbers, the lower one first, as that one sees it.
    pub contacts: Vec<SavedContact>,
    /// By number and facet.
    pub on_walls: Vec<SavedContact>,
    /// Of each wall, since it was last asked: momentum and spin [quanta].
    pub wall_impulses: Vec<([i64; 3], [i64; 3])>,
    /// In the order of adding.
    pub bodies: Vec<SavedBody>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SavedParticle {
    pub id: u64,
    pub material: u64,
    pub radius_m: f32,
    /// [quanta]
    pub at: [i32; 3],
    /// [quanta]
    pub momentum: [i64; 3],
    /// [quanta]
    pub spin: [i64; 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SavedContact {
    pub id: u64,
    /// The other particle, or the facet.
    pub other: u64,
    pub shear_m: [f32; 3],
    pub roll_rad: [f32; 3],
}

impl HostBatch {
    /// What is there now. The next step of this batch, and of one restored from it, is the same.
    pub fn save(&mut self) -> SavedBatch {
        self.keep_contacts();
        let here = self.lines.iter().zip(&self.places).filter(|(line, _)| is_sphere(line));
        let mut particles: Vec<SavedParticle> = here
            .map(|(line, place)| SavedParticle {
                id: line.id,
                material: line.material,
                radius_m: place.radius,
                at: place.at,
                momentum: line.momentum,
                spin: line.spin,
            })
            .collect();
        particles.sort_by_key(|particle| particle.id);
        let mut clumps: Vec<SavedClump> = self.clumps.all.iter().map(|clump| self.saved_clump(clump)).collect();
        clumps.sort_by_key(|clump| clump.id);
        let stays = |index: usize| self.lines[index].material & LEAVES == 0;
        let (mut contacts, mut on_walls) = (Vec::new(), Vec::new());
        for (kept, walls) in [(&self.kept, false), (&self.kept_on_walls, true)] {
            for (particle, row) in kept.rows() {
                for at in row {
                    let other = kept.other[at] as usize;
                    let (shear_m, roll_rad) = (kept.shear[at], kept.roll.get(at).copied().unwrap_or_default());
                    let id = self.lines[particle].id;
                    if !stays(particle) || (!walls && !stays(other)) {
                        continue;
                    }
                    if walls {
                        on_walls.push(SavedContact { id, other: other as u64, shear_m, roll_rad }.positive_zeros());
                    } else {
                        contacts.push(SavedContact { id, other: self.lines[other].id, shear_m, roll_rad }.lower_first());
                    }
                }
            }
        }
        contacts.sort_by_key(|contact| (contact.id, contact.other));
        on_walls.sort_by_key(|contact| (contact.id, contact.other));
        let wall_impulses = self.wall_impulses.iter().map(|line| (line.momentum, line.spin)).collect();
        let bodies = self.bodies.iter().map(Body::saved).collect();
        SavedBatch { next_id: self.next_id, particles, clumps, contacts, on_walls, wall_impulses, bodies }
    }

    /// [`fingerprint_of`] the grains, and every bit of each body.
    pub fn fingerprint(&self) -> [u64; 2] {
        let sums = fingerprint_of(&self.lines, &self.places, &self.clumps.all);
        self.bodies.iter().fold(sums, |sums, body| sums.map(|sum| body.words().into_iter().fold(sum, |sum, word| mix(sum ^ word))))
    }

    /// Goes on from what [`HostBatch::save`] gave; spec and walls are those of the batch that was saved.
    pub fn restore(&mut self, saved: &SavedBatch) {
        self.lines.clear();
        self.places.clear();
        self.velocities.clear();
        self.spins.clear();
        self.rows.clear();
        self.clumps = Clumps::default();
        self.next_id = saved.next_id;
        let mut clumps = saved.clumps.iter().peekable();
        for particle in &saved.particles {
            while let Some(clump) = clumps.next_if(|clump| clump.id < particle.id) {
                self.push_clump(clump);
            }
            let line = Line { momentum: particle.momentum, id: particle.id, spin: particle.spin, material: particle.material };
            self.push_line(line, Place { at: particle.at, radius: particle.radius_m });
        }
        clumps.for_each(|clump| self.push_clump(clump));
        // The kept contacts are what the next building of rows reads; with no rows there it takes them as they are.
        let index = |id: u64| self.lines.partition_point(|line| line.id < id) as u32;
        fill(&mut self.kept, self.lines.iter().map(|line| line.id), &saved.contacts, self.rolling, index);
        let facet = |other: u64| other as u32;
        fill(&mut self.kept_on_walls, self.lines.iter().map(|line| line.id), &saved.on_walls, self.rolling, facet);
        for (line, (linear, angular)) in self.wall_impulses.iter_mut().zip(&saved.wall_impulses) {
            *line = Line::default();
            line.push(*linear, *angular);
        }
        for (index, body) in saved.bodies.iter().enumerate() {
            self.put_body(index, body);
        }
        self.stale = true;
    }
}

/// Two sums over the grains of a mix of every bit of each, whatever their order in memory: equal where their places and
/// motions are, and as good as never else.
pub(super) fn fingerprint_of(lines: &[Line], places: &[Place], clumps: &[RigidClump]) -> [u64; 2] {
    let staying = lines.par_iter().zip(places).filter(|(line, _)| line.material & LEAVES == 0);
    let mixed = staying.map(|(line, place)| {
        let at = place.at.map(|part| u64::from(part as u32));
        let material = (material_of(line) as u64) | (line.material & CLUMPED);
        let words = [line.id, material, u64::from(place.radius.to_bits()), at[0] | at[1] << 32, at[2]];
        let moving = line.momentum.iter().chain(&line.spin).map(|part| *part as u64);
        let mixed = words.into_iter().chain(moving).fold(0x9e37_79b9_7f4a_7c15, |sum, word| mix(sum ^ word));
        [mixed, mix(mixed ^ 0xd1b5_4a32_d192_ed03)]
    });
    let of_clumps = clumps.par_iter().map(|clump| {
        let mixed = clump.words().into_iter().fold(0x6a09_e667_f3bc_c909, |sum, word| mix(sum ^ word));
        [mixed, mix(mixed ^ 0xbb67_ae85_84ca_a73b)]
    });
    mixed.chain(of_clumps).reduce(|| [0; 2], |a, b| [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])])
}

/// Spreads every bit over all (the finaliser of SplitMix64, Steele et al. 2014).
fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// Contacts by particle, as rows keep them; `contacts` are sorted by number as `ids` are.
fn fill(kept: &mut Kept, ids: impl Iterator<Item = u64>, contacts: &[SavedContact], rolling: bool, other: impl Fn(u64) -> u32) {
    kept.clear();
    let mut contacts = contacts.iter().peekable();
    for id in ids {
        kept.start.push(kept.other.len() as u32);
        while let Some(contact) = contacts.next_if(|contact| contact.id == id) {
            kept.keep(other(contact.other), contact.shear_m, rolling.then_some(&contact.roll_rad));
        }
    }
    kept.start.push(kept.other.len() as u32);
}

impl SavedContact {
    fn lower_first(self) -> Self {
        if self.id < self.other {
            return self.positive_zeros();
        }
        let negative = |parts: [f32; 3]| parts.map(|part| -part);
        SavedContact { id: self.other, other: self.id, shear_m: negative(self.shear_m), roll_rad: negative(self.roll_rad) }.positive_zeros()
    }

    /// The sign of a zero depends on which of the two a contact was seen from, and nothing depends on it.
    fn positive_zeros(self) -> Self {
        let clean = |parts: [f32; 3]| parts.map(|part| part + 0.0);
        SavedContact { shear_m: clean(self.shear_m), roll_rad: clean(self.roll_rad), ..self }
    }
}
