//! The batch on the processor: made from materials and bounds, filled with particles and walls, asked for what it holds.

use super::Scales;
use super::body::{Body, BodyFacet};
use super::clump::{CLUMPED, Clumps, MATERIAL, RigidClump};
use super::fixed::power_of_two_above;
use super::grid::Grid;
use super::material::{ContactLaw, Interaction, Material, PairConstants, critical_time};
use super::rows::{Kept, Rows};
use super::shapes::WallShape;
use super::state::{Line, Place, quantised};
use super::walls::{Facet, SurfaceMotion, Wall, Walls};
use super::width::Width;
use crate::error::DeviceError;
use rayon::prelude::*;

/// Places are kept below 2^29 quanta from the middle, so that differences fit 32 bits with room for slack.
const PLACE_BITS: i32 = 29;
/// Radii of one batch may differ by this factor; more, and the spin of the smallest gets coarse.
const LARGEST_RADIUS_RATIO: f32 = 20.0;
/// Set in a line's material when the particle leaves at the next building of rows.
pub const LEAVES: u64 = 1 << 63;

/// Everything about a batch but what moves in it.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchSpec {
    /// Lowest and highest corner of where particles may be [m]; who leaves is an error, so take out what flows off before.
    pub bounds_m: [[f64; 3]; 2],
    /// Smallest and largest radius [m].
    pub radii_m: [f32; 2],
    pub materials: Vec<Material>,
    /// What materials a and b do to each other, for a <= b: (0, 0), (0, 1), ... (1, 1), ...
    pub interactions: Vec<Interaction>,
    pub law: ContactLaw,
    pub gravity_mps2: [f64; 3],
    pub dt_s: f64,
}

/// What the makers and fillers of a batch are told.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BatchError {
    #[error("a step of {dt_s:.3e} s is too long: the {measure} is {time_s:.3e} s, take at most {largest_s:.3e} s")]
    StepTooLong { dt_s: f64, measure: &'static str, time_s: f64, largest_s: f64 },
    #[error("a material makes no sense: {what}, not {value}")]
    Material { what: String, value: f64 },
    #[error("{materials} materials have {expected} interactions, not {found}")]
    Interactions { materials: usize, expected: usize, found: usize },
    #[error("bounds, radii or step make no sense: {0}")]
    Extent(String),
    #[error("a particle does not fit the batch: {0}")]
    Particle(String),
    #[error("a wall makes no sense: {0}")]
    Wall(String),
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// A grain: a sphere, or a clump, which is told as the sphere of its volume about its centre of mass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Particle {
    pub position_m: [f64; 3],
    pub velocity_mps: [f64; 3],
    pub angular_velocity_radps: [f64; 3],
    pub radius_m: f32,
    pub material: usize,
}

/// A wall of a batch, in the order of adding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallId(pub usize);

/// Particles and walls, advanced together.
#[derive(Clone)]
pub struct HostBatch {
    pub(super) spec: BatchSpec,
    pub(super) scales: Scales,
    pub(super) metre_per_quantum: f64,
    pub(super) momentum_per_quantum: f64,
    pub(super) spin_per_quantum: f64,
    pub(super) middle_m: [f64; 3],
    pub(super) constants: Vec<PairConstants>,
    pub(super) rolling: bool,
    pub(super) width: Width,
    pub(super) lines: Vec<Line>,
    pub(super) places: Vec<Place>,
    pub(super) velocities: Vec<[f32; 4]>,
    pub(super) spins: Vec<[f32; 4]>,
    pub(super) anchors: Vec<Place>,
    pub(super) only_material: Option<usize>,
    pub(super) rows: Vec<Rows>,
    pub(super) grid: Grid,
    pub(super) order: Vec<u32>,
    pub(super) kept: Kept,
    pub(super) kept_on_walls: Kept,
    pub(super) walls: Walls,
    /// The grid of walls is not that of their facets.
    pub(super) walls_changed: bool,
    pub(super) clumps: Clumps,
    pub(super) bodies: Vec<Body>,
    pub(super) body_facets: Vec<BodyFacet>,
    /// How far a wall may be moved before rows have to be built anew [m].
    pub(super) moving_slack_m: f32,
    pub(super) wall_impulses: Vec<Line>,
    pub(super) stale: bool,
    pub(super) drift_per_step: [i32; 3],
    pub(super) drift: [i32; 3],
    pub(super) wall_slack_m: f32,
    pub(super) steps_since_built: u32,
    pub(super) builds: u64,
    pub(super) next_id: u64,
}

impl HostBatch {
    pub fn new(spec: BatchSpec) -> Result<Self, BatchError> {
        let extent = |text: &str| Err(BatchError::Extent(text.to_string()));
        let [low, high] = spec.bounds_m;
        let sides = [0, 1, 2].map(|axis: usize| high[axis] - low[axis]);
        let [smallest, largest] = spec.radii_m;
        if sides.iter().any(|side| !(*side > 0.0 && side.is_finite())) {
            return extent("the bounds hold nothing");
        }
        if !(smallest > 0.0 && largest >= smallest && largest <= LARGEST_RADIUS_RATIO * smallest) {
            return extent("radii are positive, and the largest is at most 20 times the smallest");
        }
        if !(spec.dt_s > 0.0 && spec.dt_s.is_finite()) {
            return extent("a step lasts some time");
        }
        let count = spec.materials.len();
        if count > MATERIAL as usize {
            return extent("there are too many materials");
        }
        if count == 0 || spec.interactions.len() != count * (count + 1) / 2 {
            let expected = count * (count + 1) / 2;
            return Err(BatchError::Interactions { materials: count, expected, found: spec.interactions.len() });
        }
        let mut constants = vec![PairConstants::default(); count * count];
        let mut interactions = spec.interactions.iter();
        for a in 0..count {
            for b in a..count {
                let between = interactions.next().expect("counted above");
                let pair = PairConstants::new(spec.law, &spec.materials[a], &spec.materials[b], between)?;
                (constants[a * count + b], constants[b * count + a]) = (pair, pair);
            }
        }
        let (time_s, share, measure) = critical_time(spec.law, &spec.materials, smallest);
        if spec.dt_s > share * time_s {
            return Err(BatchError::StepTooLong { dt_s: spec.dt_s, measure, time_s, largest_s: share * time_s });
        }
        let metre_per_quantum = power_of_two_above(sides.into_iter().fold(0.0, f64::max) * 0.5 * 2.0f64.powi_exact(-PLACE_BITS));
        let masses = |radius: f32| spec.materials.iter().map(move |material| material.sphere_mass_kg(radius));
        let lightest = masses(smallest).fold(f64::INFINITY, f64::min);
        let heaviest = masses(largest).fold(0.0, f64::max);
        // The lightest one's velocity is then resolved to 6e-11 m/s, and the heaviest one may have 512 m/s.
        let finest = (lightest * 2.0f64.powi_exact(-34)).max(heaviest * 2.0f64.powi_exact(-42));
        let momentum_per_quantum = power_of_two_above(finest);
        let spin_per_quantum = power_of_two_above(momentum_per_quantum * f64::from(smallest));
        let scales = Scales {
            dt_s: spec.dt_s as f32,
            metre_per_quantum: metre_per_quantum as f32,
            momentum_per_quantum: momentum_per_quantum as f32,
            spin_per_quantum: spin_per_quantum as f32,
            quanta_per_step: (spec.dt_s / metre_per_quantum) as f32,
            linear_quanta_per_newton: (spec.dt_s / momentum_per_quantum) as f32,
            angular_quanta_per_newton_metre: (spec.dt_s / spin_per_quantum) as f32,
            gravity_quanta_per_kg: spec.gravity_mps2.map(|part| (part * spec.dt_s / momentum_per_quantum) as f32),
            largest_way: (f64::from(smallest) / metre_per_quantum) as f32,
            bounds: sides.map(|side| (0.5 * side / metre_per_quantum) as u32),
        };
        let rolling = spec.interactions.iter().any(|between| between.rolling_friction > 0.0);
        Ok(HostBatch {
            scales,
            metre_per_quantum,
            momentum_per_quantum,
            spin_per_quantum,
            middle_m: [0, 1, 2].map(|axis: usize| 0.5 * (low[axis] + high[axis])),
            constants,
            rolling,
            width: Width::widest(),
            lines: Vec::new(),
            places: Vec::new(),
            velocities: Vec::new(),
            spins: Vec::new(),
            anchors: Vec::new(),
            only_material: None,
            rows: Vec::new(),
            grid: Grid::default(),
            order: Vec::new(),
            kept: Kept::default(),
            kept_on_walls: Kept::default(),
            walls: Walls::default(),
            walls_changed: false,
            clumps: Clumps::default(),
            bodies: Vec::new(),
            body_facets: Vec::new(),
            moving_slack_m: 0.0,
            wall_impulses: Vec::new(),
            stale: true,
            drift_per_step: [0; 3],
            drift: [0; 3],
            wall_slack_m: 0.0,
            steps_since_built: 0,
            builds: 0,
            next_id: 0,
            spec,
        })
    }

    /// How many steps of equal length a time takes so that each is at most `share` of the longest that is accepted.
    pub fn steps_within(spec: &BatchSpec, time_s: f64, share: f64) -> u32 {
        let (critical_s, largest_share, _) = critical_time(spec.law, &spec.materials, spec.radii_m[0]);
        (time_s / (critical_s * largest_share * share)).ceil().max(1.0) as u32
    }

    /// Adds a particle; the number it is known by from then on.
    pub fn insert(&mut self, particle: &Particle) -> Result<u64, BatchError> {
        let refuse = |text: String| Err(BatchError::Particle(text));
        let [smallest, largest] = self.spec.radii_m;
        if !(particle.radius_m >= smallest && particle.radius_m <= largest) {
            return refuse(format!("radius {} m, which lies outside {smallest} to {largest} m", particle.radius_m));
        }
        let (at, material) = self.welcome(particle)?;
        let mass = material.sphere_mass_kg(particle.radius_m);
        let radius = f64::from(particle.radius_m);
        let momentum = particle.velocity_mps.map(|part| part * mass);
        let spin = particle.angular_velocity_radps.map(|part| part * (0.4 * mass * radius * radius));
        if momentum.iter().chain(&spin).any(|part| !part.is_finite()) {
            return refuse("its motion is not finite".to_string());
        }
        let line = Line {
            momentum: quantised(momentum, self.momentum_per_quantum),
            id: self.next_id,
            spin: quantised(spin, self.spin_per_quantum),
            material: particle.material as u64,
        };
        self.push_line(line, Place { at, radius: particle.radius_m });
        self.next_id += 1;
        Ok(line.id)
    }

    /// Where a grain begins, and what it is made of.
    pub(super) fn welcome(&self, grain: &Particle) -> Result<([i32; 3], Material), BatchError> {
        let refuse = |text: String| Err(BatchError::Particle(text));
        let Some(material) = self.spec.materials.get(grain.material) else {
            return refuse(format!("material {} of {}", grain.material, self.spec.materials.len()));
        };
        match self.quantise(grain.position_m) {
            Ok(at) if (0..3).all(|axis| at[axis].unsigned_abs() < self.scales.bounds[axis]) => Ok((at, *material)),
            _ => refuse(format!("position {:?} m lies outside {:?}", grain.position_m, self.spec.bounds_m)),
        }
    }

    pub(super) fn push_line(&mut self, line: Line, place: Place) {
        push_tight(&mut self.lines, line);
        push_tight(&mut self.places, place);
        push_tight(&mut self.velocities, [0.0; 4]);
        push_tight(&mut self.spins, [0.0; 4]);
        self.stale = true;
        self.refresh_motion(self.lines.len() - 1);
    }

    /// Velocities follow from momenta; those of a clump's spheres from the clump.
    pub(super) fn refresh_motion(&mut self, index: usize) {
        let (line, radius) = (&self.lines[index], self.places[index].radius);
        if line.material & CLUMPED != 0 {
            return;
        }
        let material = material_of(line);
        let mass = self.spec.materials[material].sphere_mass_kg(radius) as f32;
        let ([vx, vy, vz], [wx, wy, wz]) = line.motion(mass, radius, &self.scales);
        self.velocities[index] = [vx, vy, vz, mass];
        self.spins[index] = [wx, wy, wz, f32::from_bits(material as u32)];
    }

    /// Takes out what `leaves` says, a clump as a whole, and returns it by number. Contacts of what stays keep their history.
    pub fn remove_where(&mut self, leaves: impl Fn(u64, &Particle) -> bool) -> Vec<(u64, Particle)> {
        let mut removed: Vec<(u64, Particle)> = Vec::new();
        for index in 0..self.lines.len() {
            let (id, particle) = (self.lines[index].id, self.particle(index));
            if is_sphere(&self.lines[index]) && leaves(id, &particle) {
                self.lines[index].material |= LEAVES;
                self.stale = true;
                removed.push((id, particle));
            }
        }
        self.remove_clumps(leaves, &mut removed);
        removed.sort_by_key(|(id, _)| *id);
        removed
    }

    fn particle(&self, index: usize) -> Particle {
        self.particle_of(&self.lines[index], &self.places[index])
    }

    pub(super) fn particle_of(&self, line: &Line, place: &Place) -> Particle {
        let mass = self.spec.materials[material_of(line)].sphere_mass_kg(place.radius);
        let radius = f64::from(place.radius);
        let inertia = 0.4 * mass * radius * radius;
        Particle {
            position_m: [0, 1, 2].map(|axis: usize| self.middle_m[axis] + f64::from(place.at[axis]) * self.metre_per_quantum),
            velocity_mps: line.momentum.map(|part| part as f64 * self.momentum_per_quantum / mass),
            angular_velocity_radps: line.spin.map(|part| part as f64 * self.spin_per_quantum / inertia),
            radius_m: place.radius,
            material: material_of(line),
        }
    }

    /// All grains by number.
    pub fn particles(&self) -> Vec<(u64, Particle)> {
        self.particles_of(&self.lines, &self.places, &self.clumps.all)
    }

    pub(super) fn particles_of(&self, lines: &[Line], places: &[Place], clumps: &[RigidClump]) -> Vec<(u64, Particle)> {
        let here = lines.par_iter().zip(places).filter(|(line, _)| is_sphere(line));
        let mut all: Vec<(u64, Particle)> = here.map(|(line, place)| (line.id, self.particle_of(line, place))).collect();
        all.extend(clumps.iter().map(|clump| (clump.id, self.grain_of(clump))));
        all.par_sort_unstable_by_key(|(id, _)| *id);
        all
    }

    pub fn len(&self) -> usize {
        self.lines.iter().filter(|line| is_sphere(line)).count() + self.clumps.all.len()
    }

    pub(super) fn has_clumps(&self) -> bool {
        !self.clumps.all.is_empty()
    }

    /// Centre [m] and radius [m] of every sphere, those of clumps among them, by number.
    pub(super) fn spheres(&self) -> Vec<(u64, [f64; 3], f32)> {
        let here = self.lines.iter().zip(&self.places).filter(|(line, _)| line.material & LEAVES == 0);
        let centre = |place: &Place| [0, 1, 2].map(|axis: usize| self.middle_m[axis] + f64::from(place.at[axis]) * self.metre_per_quantum);
        let mut all: Vec<_> = here.map(|(line, place)| (line.id, centre(place), place.radius)).collect();
        all.sort_by_key(|(id, ..)| *id);
        all
    }

    pub fn add_wall(&mut self, material: usize, shape: &WallShape, motion: SurfaceMotion) -> Result<WallId, BatchError> {
        let facets = shape.facets(self.walls.count() as u32, |point| self.quantise(point))?;
        self.add_facets(material, facets, motion)
    }

    pub(super) fn add_facets(&mut self, material: usize, facets: Vec<Facet>, motion: SurfaceMotion) -> Result<WallId, BatchError> {
        if material >= self.spec.materials.len() {
            return Err(BatchError::Wall(format!("material {material} of {}", self.spec.materials.len())));
        }
        let id = WallId(self.walls.count());
        let pivot = self.quantise(motion.pivot_m)?;
        self.walls.add(Wall { material, motion, pivot }, facets);
        self.wall_impulses.push(Line::default());
        self.walls_changed = true;
        self.stale = true;
        Ok(id)
    }

    /// A belt starts, stops or changes its speed.
    pub fn set_surface_motion(&mut self, wall: WallId, motion: SurfaceMotion) -> Result<(), BatchError> {
        let pivot = self.quantise(motion.pivot_m)?;
        if self.body_index(wall).is_some() {
            return Err(BatchError::Wall("a body moves by itself".to_string()));
        }
        let own = &mut self.walls.walls[wall.0];
        (own.motion, own.pivot) = (motion, pivot);
        self.walls.news[wall.0].moves = true;
        Ok(())
    }

    /// Moves a wall as a whole to where `shape` says, which has the same facets as before, so that contacts keep their
    /// history. Rows are rebuilt where it has come further than a quarter of the smallest radius since they were built.
    pub fn place_wall(&mut self, wall: WallId, shape: &WallShape, motion: SurfaceMotion) -> Result<(), BatchError> {
        let facets = shape.facets(wall.0 as u32, |point| self.quantise(point))?;
        let had = self.walls.facets_of(wall.0).len();
        if had != facets.len() {
            return Err(BatchError::Wall(format!("it had {had} facets, and now {}", facets.len())));
        }
        self.set_surface_motion(wall, motion)?;
        self.put_facets(wall, &facets);
        Ok(())
    }

    pub(super) fn put_facets(&mut self, wall: WallId, facets: &[Facet]) {
        self.walls.put(wall.0, facets, self.scales.metre_per_quantum);
        self.walls_changed = true;
        self.stale |= self.walls.ways_m[wall.0] > self.moving_slack_m;
    }

    /// Impulse [N s] and angular impulse about its pivot [N m s] that a wall got since it was last asked, summed in integers.
    pub fn take_wall_impulse(&mut self, wall: WallId) -> ([f64; 3], [f64; 3]) {
        let mut sum = std::mem::take(&mut self.wall_impulses[wall.0]);
        for rows in &mut self.rows {
            if let Some(part) = rows.walls.impulses.get_mut(wall.0) {
                sum.push(part.momentum, part.spin);
                *part = Line::default();
            }
        }
        self.look_at_sums();
        self.impulse_of(&sum)
    }

    pub(super) fn impulse_of(&self, sum: &Line) -> ([f64; 3], [f64; 3]) {
        let linear = sum.momentum.map(|part| part as f64 * self.momentum_per_quantum);
        (linear, sum.spin.map(|part| part as f64 * self.spin_per_quantum))
    }

    pub(super) fn quantise(&self, point_m: [f64; 3]) -> Result<[i32; 3], BatchError> {
        let mut at = [0; 3];
        for axis in 0..3 {
            let quanta = ((point_m[axis] - self.middle_m[axis]) / self.metre_per_quantum).round_ties_even();
            // Walls may reach a little out of the bounds.
            if quanta.is_nan() || quanta.abs() >= f64::from(1 << (PLACE_BITS + 1)) {
                return Err(BatchError::Wall(format!("point {point_m:?} m lies far outside the bounds")));
            }
            at[axis] = quanta as i32;
        }
        Ok(at)
    }

    /// How often rows were built, for those who measure.
    pub fn build_count(&self) -> u64 {
        self.builds
    }

    /// Bytes held for particles and their rows, without the walls' facets.
    pub fn bytes(&self) -> usize {
        64 * self.lines.capacity()
            + 16 * (self.places.capacity() + self.velocities.capacity() + self.spins.capacity() + self.anchors.capacity())
            + 4 * self.order.capacity()
            + self.grid.bytes()
            + self.clumps.bytes()
            + self.kept.bytes()
            + self.kept_on_walls.bytes()
            + self.rows.iter().map(Rows::bytes).sum::<usize>()
    }
}

/// Of a particle that stays and is no sphere of a clump.
pub fn is_sphere(line: &Line) -> bool {
    line.material & (LEAVES | CLUMPED) == 0
}

/// Index of a particle's material.
pub fn material_of(line: &Line) -> usize {
    (line.material & MATERIAL) as usize
}

/// Grows by a sixteenth instead of to double: most of a batch's memory is in a few vectors.
#[inline(always)]
pub fn push_tight<T>(items: &mut Vec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 16 + 64);
    }
    items.push(item);
}

/// Powers of two by multiplication: the platform's power function is not the same everywhere.
trait PowerOfTwo {
    fn powi_exact(self, exponent: i32) -> f64;
}

impl PowerOfTwo for f64 {
    fn powi_exact(self, exponent: i32) -> f64 {
        let factor = if exponent < 0 { 1.0 / self } else { self };
        (0..exponent.unsigned_abs()).fold(1.0, |product, _| product * factor)
    }
}
