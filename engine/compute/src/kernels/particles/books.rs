//! Books of mass, momentum and energy, in integers: sums without an order. Between two looks at them momentum changes by
//! what gravity and walls gave, to the last quantum, and energy by what walls did and contacts turned into heat.

use super::ContactLaw;
use super::batch::{HostBatch, is_sphere, material_of};
use super::rows::{Rows, TOUCHES};
use super::walls::Facet;
use std::ops::Add;

/// Sums over a batch. Momentum is in quanta of [`Books::momentum_per_quantum`], the rest in 2^-40 of the SI unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Books {
    /// Grains: a clump is one.
    pub particles: u64,
    /// Contacts between particles, each once.
    pub pair_contacts: u64,
    pub wall_contacts: u64,
    pub mass: i128,
    pub momentum: [i128; 3],
    pub momentum_per_quantum: f64,
    /// Of moving and of turning.
    pub kinetic: [i128; 2],
    /// Of gravity, from the middle of the bounds.
    pub potential: i128,
    /// Stored in springs: normal (less what cohesion has given), tangential and rolling.
    pub elastic: i128,
    /// Deepest penetration over effective radius [-].
    pub deepest: f32,
}

/// 2^40: what of a joule or a kilogram is counted.
const PER_UNIT: f64 = 1_099_511_627_776.0;

fn counted(value: f64) -> i128 {
    (value * PER_UNIT).round_ties_even() as i128
}

impl Books {
    pub fn mass_kg(&self) -> f64 {
        self.mass as f64 / PER_UNIT
    }

    pub fn momentum_kgmps(&self) -> [f64; 3] {
        self.momentum.map(|part| part as f64 * self.momentum_per_quantum)
    }

    pub fn kinetic_j(&self) -> f64 {
        (self.kinetic[0] + self.kinetic[1]) as f64 / PER_UNIT
    }

    pub fn energy_j(&self) -> f64 {
        (self.kinetic[0] + self.kinetic[1] + self.potential + self.elastic) as f64 / PER_UNIT
    }
}

/// What contacts hold.
#[derive(Clone, Copy, Default)]
struct Held {
    pairs: u64,
    walls: u64,
    elastic: i128,
    deepest: f32,
}

impl Add for Held {
    type Output = Held;

    fn add(self, other: Held) -> Held {
        Held {
            pairs: self.pairs + other.pairs,
            walls: self.walls + other.walls,
            elastic: self.elastic + other.elastic,
            deepest: self.deepest.max(other.deepest),
        }
    }
}

impl HostBatch {
    /// The books as they stand. Springs are those of the last step, so rows that were not walked yet hold none.
    pub fn books(&self) -> Books {
        let square = |parts: [i64; 3], per_quantum: f64| parts.map(|part| part as f64 * per_quantum).iter().map(|p| p * p).sum::<f64>();
        let fallen =
            |at: [i32; 3]| (0..3).map(|axis| self.spec.gravity_mps2[axis] * f64::from(at[axis]) * self.metre_per_quantum).sum::<f64>();
        let mut books = Books { momentum_per_quantum: self.momentum_per_quantum, ..Books::default() };
        for (line, place) in self.lines.iter().zip(&self.places).filter(|(line, _)| is_sphere(line)) {
            let mass = self.spec.materials[material_of(line)].sphere_mass_kg(place.radius);
            let radius = f64::from(place.radius);
            books.particles += 1;
            books.mass += counted(mass);
            (0..3).for_each(|axis| books.momentum[axis] += i128::from(line.momentum[axis]));
            books.kinetic[0] += counted(square(line.momentum, self.momentum_per_quantum) / (2.0 * mass));
            books.kinetic[1] += counted(square(line.spin, self.spin_per_quantum) / (0.8 * mass * radius * radius));
            books.potential -= counted(mass * fallen(place.at));
        }
        for clump in &self.clumps.all {
            let mass = self.spec.materials[clump.material as usize].sphere_mass_kg(clump.radius_m);
            books.particles += 1;
            books.mass += counted(mass);
            (0..3).for_each(|axis| books.momentum[axis] += i128::from(clump.momentum[axis]));
            books.kinetic[0] += counted(square(clump.momentum, self.momentum_per_quantum) / (2.0 * mass));
            books.kinetic[1] += counted(self.turning_j(clump));
            books.potential -= counted(mass * fallen(clump.at));
        }
        // Rows tell of the particles as they were numbered when these were built.
        let held = self.rows.iter().map(|rows| self.held_in(rows)).fold(Held::default(), Add::add);
        (books.pair_contacts, books.wall_contacts) = (held.pairs, held.walls);
        (books.elastic, books.deepest) = (held.elastic, held.deepest);
        books
    }

    fn held_in(&self, rows: &Rows) -> Held {
        let mut held = Held::default();
        let metre = self.scales.metre_per_quantum;
        for local in 0..rows.start.len() - 1 {
            let place = &self.places[rows.first + local];
            for slot in rows.start[local] as usize..rows.start[local + 1] as usize {
                if rows.other[slot] & TOUCHES == 0 {
                    continue;
                }
                let index = (rows.other[slot] & !TOUCHES) as usize;
                let other = &self.places[index];
                let offset = place.offset_from(other, metre).map(f64::from);
                let distance = offset.iter().map(|part| part * part).sum::<f64>().sqrt();
                let radii = [place.radius, other.radius].map(f64::from);
                let pair = (self.material_of(rows.first + local), self.material_of(index));
                let overlap = radii[0] + radii[1] - distance;
                let radius = radii[0] * radii[1] / (radii[0] + radii[1]);
                held = held + self.held_by(pair, overlap, radius, rows.shear[slot], rows.roll.get(slot));
                held.pairs += 1;
            }
        }
        for row in 0..rows.walls.particle.len() {
            let index = rows.first + rows.walls.particle[row] as usize;
            for slot in rows.walls.start[row] as usize..rows.walls.start[row + 1] as usize {
                if rows.walls.facet[slot] & TOUCHES == 0 {
                    continue;
                }
                let facet: &Facet = &self.walls.facets[(rows.walls.facet[slot] & !TOUCHES) as usize];
                let place = &self.places[index];
                let overlap = f64::from(place.radius - facet.nearest(place, metre).1);
                let pair = (self.material_of(index), self.walls.walls[facet.wall as usize].material);
                held = held + self.held_by(pair, overlap, f64::from(place.radius), rows.walls.shear[slot], rows.walls.roll.get(slot));
                held.walls += 1;
            }
        }
        held
    }

    fn material_of(&self, index: usize) -> usize {
        material_of(&self.lines[index])
    }

    fn held_by(&self, pair: (usize, usize), overlap: f64, radius: f64, shear: [f32; 3], roll: Option<&[f32; 3]>) -> Held {
        let constants = &self.constants[pair.0 * self.spec.materials.len() + pair.1];
        // The last step may have parted them.
        let overlap = overlap.max(0.0);
        let circle = (radius * overlap).sqrt();
        let square = |parts: &[f32; 3]| parts.iter().map(|part| f64::from(*part) * f64::from(*part)).sum::<f64>();
        let (normal, stiffening) = match self.spec.law {
            ContactLaw::HertzMindlin => (0.4 * f64::from(constants.normal) * circle * overlap * overlap, circle),
            ContactLaw::LinearSpring { .. } => (0.5 * f64::from(constants.normal) * overlap * overlap, 1.0),
        };
        let tangential = 0.5 * f64::from(constants.shear) * stiffening;
        let rolling = roll.map_or(0.0, |roll| square(roll) * radius * radius);
        let pulled = 0.5 * f64::from(constants.cohesion) * radius * overlap * overlap;
        Held {
            elastic: counted(normal + tangential * (square(&shear) + rolling) - pulled),
            deepest: (overlap / radius) as f32,
            ..Held::default()
        }
    }
}
