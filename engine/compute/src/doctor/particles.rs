//! Parity of particles: a drawn heap among walls that move, taken through everything a batch can be asked for.

use super::tolerance::compare_particles;
use super::{Drawn, Extent, Parity};
use crate::device::{Device, OnDeviceLoss};
use crate::error::DeviceError;
use crate::kernels::particles::{
    BatchError, BatchSpec, BodyMass, BodyMotion, Clump, ClumpShape, ContactLaw, Interaction, Material, Particle, ParticleBatch, SavedBatch,
    SavedContact, StepError, SurfaceMotion, WallId, WallShape,
};

const RADII_M: [f32; 2] = [0.0044, 0.0056];
/// Of the lattice that particles begin on: neighbours overlap a little or not quite.
const PITCH_M: f64 = 0.0102;

/// Radius of the spheres of clumps, which lie on the lattice like the others: neighbours overlap.
const CLUMP_RADIUS_M: f64 = 0.0053;
/// Tiles of 3 x 3 x 3 cells hold, by turns, a rod of three and a bent one, or a cube of eight.
const ROD: &[[usize; 3]] = &[[0, 0, 0], [1, 0, 0], [2, 0, 0]];
const BENT: &[[usize; 3]] = &[[0, 1, 1], [1, 1, 1], [1, 2, 1]];
const CUBE: &[[usize; 3]] = &[[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]];

/// A heap of grains of two materials.
#[derive(Clone, Debug)]
pub struct DrawnHeap {
    pub spec: BatchSpec,
    pub particles: Vec<Particle>,
    /// Which shape, and how it begins.
    pub clumps: Vec<(usize, Particle)>,
    pub shapes: Vec<ClumpShape>,
    pub walls: Vec<(WallShape, SurfaceMotion)>,
}

/// `side` spheres along each edge; each seed has another mix of laws, and of what contacts do. Seeds 1, 2, 5, 6 and so on have
/// clumps among them.
pub fn drawn_heap(seed: u64, side: usize) -> DrawnHeap {
    let mut drawn = Drawn::new(seed);
    let half_m = 0.5 * PITCH_M * side as f64;
    let soft = Material { youngs_modulus_pa: 5e6, poisson_ratio: 0.3, density_kg_per_m3: 2500.0 };
    let light = Material { youngs_modulus_pa: 8e6, poisson_ratio: 0.2, density_kg_per_m3: 1500.0 };
    let linear = ContactLaw::LinearSpring { normal_n_per_m: 2e4, tangential_n_per_m: 1e4 };
    let rolling_friction = if (seed / 2).is_multiple_of(2) { 0.0 } else { 0.1 };
    let rough =
        Interaction { restitution: 0.5, friction: 0.5, rolling_friction, cohesion_pa: if seed.is_multiple_of(3) { 0.0 } else { 60.0 } };
    let reach_m = 4.0 * half_m + 0.1;
    let spec = BatchSpec {
        bounds_m: [[-reach_m; 3], [reach_m; 3]],
        radii_m: RADII_M,
        materials: vec![soft, light],
        interactions: vec![rough, Interaction { friction: 0.2, ..rough }, Interaction { restitution: 0.8, ..rough }],
        law: if seed.is_multiple_of(2) { ContactLaw::HertzMindlin } else { linear },
        gravity_mps2: [0.3, 0.0, -9.81],
        dt_s: 2e-5,
    };
    let mut particle = |index: usize| {
        let cell = [index % side, index / side % side, index / side / side];
        let velocity = drawn.vector(0.6);
        let spin = drawn.vector(40.0);
        Particle {
            position_m: cell.map(|at| (at as f64 + 0.5) * PITCH_M - half_m),
            // One in thirty is fast, so that rows differ in how far they look.
            velocity_mps: velocity.map(|part| f64::from(part) * if drawn.index(30) == 0 { 8.0 } else { 1.0 }),
            angular_velocity_radps: spin.map(f64::from),
            radius_m: drawn.between(RADII_M[0], RADII_M[1]),
            material: drawn.index(2),
        }
    };
    let mut particles: Vec<Option<Particle>> = (0..side * side * side).map(|index| Some(particle(index))).collect();
    let kinds = [ROD, BENT, CUBE];
    let middle_m = |cell: [usize; 3]| cell.map(|at| (at as f64 + 0.5) * PITCH_M);
    let shape = |cells: &[[usize; 3]]| cells.iter().map(|cell| (middle_m(*cell), CLUMP_RADIUS_M)).collect::<Vec<_>>();
    let shapes = kinds.map(|cells| ClumpShape::new(&shape(cells)).expect("they touch")).to_vec();
    let tiles = if matches!(seed % 4, 1 | 2) { side / 3 } else { 0 };
    let mut clumps = Vec::new();
    for tile in 0..tiles * tiles * tiles {
        let corner = [tile % tiles, tile / tiles % tiles, tile / tiles / tiles].map(|at| 3 * at);
        let kinds_here: &[usize] = if (tile as u64 + seed).is_multiple_of(2) { &[0, 1] } else { &[2] };
        for &kind in kinds_here {
            let index = |cell: &[usize; 3]| {
                let [x, y, z] = [0, 1, 2].map(|axis: usize| corner[axis] + cell[axis]);
                x + side * (y + side * z)
            };
            let mut taken = kinds[kind].iter().filter_map(|cell| particles[index(cell)].take());
            let first = taken.next().expect("tiles do not overlap");
            taken.for_each(drop);
            let centre_m = shapes[kind].centre();
            let position_m = [0, 1, 2].map(|axis: usize| corner[axis] as f64 * PITCH_M + centre_m[axis] - half_m);
            clumps.push((kind, Particle { position_m, radius_m: shapes[kind].radius() as f32, ..first }));
        }
    }
    let particles = particles.into_iter().flatten().collect();
    let turning = SurfaceMotion { angular_velocity_radps: [0.0, 0.0, 5.0], ..SurfaceMotion::default() };
    let belt = SurfaceMotion { velocity_mps: [0.8, 0.0, 0.0], ..SurfaceMotion::default() };
    let floor = WallShape::Plane { point_m: [0.0, 0.0, -half_m - 0.001], normal: [0.1, 0.0, 1.0] };
    let bowl = WallShape::Frustum {
        from_m: [0.0, 0.0, -1.2 * half_m],
        from_radius_m: 1.1 * half_m,
        to_m: [0.0, 0.0, 2.0 * half_m],
        to_radius_m: 1.5 * half_m,
        sides: 12,
    };
    DrawnHeap {
        spec,
        particles,
        clumps,
        shapes,
        walls: vec![(floor, belt), (bowl, turning), (block(half_m, 0.0), SurfaceMotion::default())],
    }
}

/// A box among the lowest particles, moved by `way_m`.
fn block(half_m: f64, way_m: f64) -> WallShape {
    let centre_m = [0.2 * half_m + way_m, 0.0, -half_m];
    WallShape::Cuboid { centre_m, half_m: [0.2 * half_m, 0.3 * half_m, 0.004], axes: WallShape::UPRIGHT }
}

/// A plate that falls on the highest particles and tumbles.
fn lid(half_m: f64) -> (WallShape, BodyMass, BodyMotion) {
    let half = [0.5 * half_m, 0.4 * half_m, 0.006];
    let mass_kg = 800.0 * 8.0 * half[0] * half[1] * half[2];
    let [x, y, z] = half.map(|half| half * half * mass_kg / 3.0);
    let mass = BodyMass { mass_kg, inertia_kgm2: [y + z, x + z, x + y] };
    let motion = BodyMotion {
        carried_mps: [0.05, 0.0, 0.0],
        carried_radps: [0.0, 0.0, 0.2],
        velocity_mps: [0.1, 0.0, -0.8],
        angular_velocity_radps: [2.0, -3.0, 1.0],
        ..BodyMotion::at_rest([0.1 * half_m, 0.0, half_m + 0.009])
    };
    (WallShape::Cuboid { centre_m: [0.0; 3], half_m: half, axes: WallShape::UPRIGHT }, mass, motion)
}

/// Of what [`DrawnHeap::add_walls`] adds, that one.
const LID: WallId = WallId(3);

impl DrawnHeap {
    pub fn batch(&self, device: &Device, on_loss: OnDeviceLoss) -> Result<ParticleBatch, BatchError> {
        let mut batch = ParticleBatch::on(device, self.spec.clone(), on_loss)?;
        self.add_walls(&mut batch)?;
        // Both kinds of grains by turns, as hoppers feed them.
        let mut clumps = self.clumps.iter();
        for (index, particle) in self.particles.iter().enumerate() {
            batch.insert(particle)?;
            if index % 3 == 0
                && let Some(clump) = clumps.next()
            {
                batch.insert_clump(&self.clump(clump))?;
            }
        }
        clumps.try_for_each(|clump| batch.insert_clump(&self.clump(clump)).map(|_| ()))?;
        Ok(batch)
    }

    /// One of its clumps, as it begins.
    pub fn clump(&self, (kind, grain): &(usize, Particle)) -> Clump<'_> {
        Clump { shape: &self.shapes[*kind], grain: *grain, rotation: [0.0, 0.0, 0.0, 1.0] }
    }

    /// Of the lattice.
    fn half_m(&self) -> f64 {
        self.spec.bounds_m[1][0] * 0.25 - 0.025
    }

    pub fn add_walls(&self, batch: &mut ParticleBatch) -> Result<(), BatchError> {
        for (index, (shape, motion)) in self.walls.iter().enumerate() {
            batch.add_wall(index % 2, shape, *motion)?;
        }
        let (shape, mass, motion) = lid(self.half_m());
        batch.add_body(1, &shape, &mass, &motion)?;
        Ok(())
    }
}

/// All that a batch may go through, `steps` at a time; what it answers, as numbers.
pub fn exercise(batch: &mut ParticleBatch, heap: &DrawnHeap, steps: u32) -> Result<Vec<u64>, StepError> {
    let mut answers = Vec::new();
    batch.run(steps)?;
    look_at(batch, &mut answers);
    // Walls move while nobody looks; then somebody asks for impulses, then for all.
    let block_moves = |batch: &mut ParticleBatch, way_m: f64| {
        let half_m = heap.half_m();
        let motion = SurfaceMotion { velocity_mps: [0.5, 0.0, 0.0], ..SurfaceMotion::default() };
        batch.place_wall(WallId(2), &block(half_m, way_m), motion).expect("it has the same facets");
    };
    block_moves(batch, 0.0005);
    batch.run(steps / 2 + 1)?;
    block_moves(batch, 0.001);
    let faster = SurfaceMotion { velocity_mps: [-1.0, 0.2, 0.0], ..SurfaceMotion::default() };
    batch.set_surface_motion(WallId(0), faster).expect("it is there");
    batch.step()?;
    impulses(batch, &mut answers);
    batch.run(steps / 2)?;
    impulses(batch, &mut answers);
    let mut moved = body(batch, &mut answers);
    moved.carried_mps = [-0.1, 0.02, 0.3];
    moved.velocity_mps[0] += 0.1;
    batch.set_body(LID, &moved).expect("it is there");
    batch.run(steps / 3 + 1)?;
    moved = body(batch, &mut answers);
    moved.position_m[1] += 0.0007;
    batch.set_body(LID, &moved).expect("it is there");
    body(batch, &mut answers);
    batch.run(2)?;
    impulses(batch, &mut answers);
    // Something else pushes the lid: where the device alone knows it, and where it was just set.
    let (shape, mass, above) = lid(heap.half_m());
    let push = |batch: &mut ParticleBatch| {
        let impulse_ns = [0.02, -0.01, 0.05].map(|part| part * mass.mass_kg);
        batch.push_body(LID, impulse_ns, [0.3, 0.1, -0.2].map(|part| part * mass.inertia_kgm2[0])).expect("it is there");
    };
    push(batch);
    batch.run(2)?;
    push(batch);
    moved = body(batch, &mut answers);
    batch.set_body(LID, &moved).expect("it is there");
    push(batch);
    batch.run(2)?;
    answers.extend(bits_of_particles(&batch.particles()));
    let removed = batch.remove_where(|id, _| id % 7 == 3);
    answers.extend(bits_of_particles(&removed));
    let new = Particle { position_m: [0.0, 0.0, heap.spec.bounds_m[1][2] - 0.02], radius_m: RADII_M[1], ..heap.particles[0] };
    answers.push(batch.insert(&new).expect("there is room"));
    if let Some((kind, grain)) = heap.clumps.first() {
        let position_m = [0.0, 0.05, heap.spec.bounds_m[1][2] - 0.04];
        let clump = Clump { rotation: [0.6, 0.0, 0.0, -0.8], ..heap.clump(&(*kind, Particle { position_m, ..*grain })) };
        answers.push(batch.insert_clump(&clump).expect("there is room"));
    }
    answers.extend(batch.spheres().iter().flat_map(|(id, at, _)| [*id, at[0].to_bits(), at[1].to_bits(), at[2].to_bits()]));
    batch.run(steps)?;
    look_at(batch, &mut answers);
    // Another lid comes, the first one goes, and the other has its number from then on.
    let higher = BodyMotion { position_m: [above.position_m[0], above.position_m[1], above.position_m[2] + 0.02], ..above };
    batch.add_body(0, &shape, &mass, &higher).expect("there is room");
    batch.run(2)?;
    batch.remove_body(LID).expect("it is a body");
    batch.run(steps / 2)?;
    push(batch);
    batch.step()?;
    impulses(batch, &mut answers);
    let saved = batch.save();
    answers.extend(bits_of(&saved));
    batch.run(3)?;
    batch.restore(&saved);
    answers.push(batch.len() as u64);
    batch.run(steps)?;
    answers.extend(bits_of(&batch.save()));
    Ok(answers)
}

fn look_at(batch: &ParticleBatch, answers: &mut Vec<u64>) {
    let books = batch.books();
    answers.extend([books.particles, books.pair_contacts, books.wall_contacts, u64::from(books.deepest.to_bits())]);
    let sums = [books.mass, books.potential, books.elastic].into_iter().chain(books.momentum).chain(books.kinetic);
    answers.extend(sums.map(|sum| sum as u64));
}

fn body(batch: &ParticleBatch, answers: &mut Vec<u64>) -> BodyMotion {
    let found = batch.body(LID).expect("the lid is a body");
    let parts = found.position_m.into_iter().chain(found.rotation).chain(found.velocity_mps).chain(found.angular_velocity_radps);
    answers.extend(parts.map(|part| (part + 0.0).to_bits()));
    found
}

fn impulses(batch: &mut ParticleBatch, answers: &mut Vec<u64>) {
    for wall in 0..=LID.0 {
        let (linear, angular) = batch.take_wall_impulse(WallId(wall));
        // Both zeros are none.
        answers.extend(linear.into_iter().chain(angular).map(|part| (part + 0.0).to_bits()));
    }
}

fn bits_of_particles(particles: &[(u64, Particle)]) -> Vec<u64> {
    let bits = |(id, particle): &(u64, Particle)| {
        let numbers = particle.position_m.into_iter().chain(particle.velocity_mps).chain(particle.angular_velocity_radps);
        let mut bits: Vec<u64> = numbers.map(f64::to_bits).collect();
        bits.extend([*id, particle.material as u64, u64::from(particle.radius_m.to_bits())]);
        bits
    };
    particles.iter().flat_map(bits).collect()
}

/// Every bit of what moves in a batch.
pub fn bits_of(saved: &SavedBatch) -> Vec<u64> {
    let mut bits = vec![saved.next_id, saved.particles.len() as u64, saved.contacts.len() as u64, saved.on_walls.len() as u64];
    for particle in &saved.particles {
        bits.extend([particle.id, particle.material, u64::from(particle.radius_m.to_bits())]);
        bits.extend(particle.at.map(|part| part as u64));
        bits.extend(particle.momentum.into_iter().chain(particle.spin).map(|part| part as u64));
    }
    for clump in &saved.clumps {
        bits.extend([clump.id, clump.material, clump.spheres.len() as u64, u64::from(clump.radius_m.to_bits())]);
        let singles = clump.rest.iter().chain(&clump.rotation).chain(&clump.rotation_rest).chain(&clump.inertia);
        bits.extend(singles.map(|part| u64::from(part.to_bits())));
        bits.extend(clump.at.map(|part| part as u64));
        bits.extend(clump.momentum.into_iter().chain(clump.spin).map(|part| part as u64));
    }
    let of_contact = |contact: &SavedContact| {
        let parts = contact.shear_m.into_iter().chain(contact.roll_rad).map(|part| u64::from(part.to_bits()));
        [contact.id, contact.other].into_iter().chain(parts).collect::<Vec<_>>()
    };
    bits.extend(saved.contacts.iter().chain(&saved.on_walls).flat_map(of_contact));
    for (momentum, spin) in &saved.wall_impulses {
        bits.extend(momentum.iter().chain(spin).map(|&part| part as u64));
    }
    for body in &saved.bodies {
        let singles = body.rest.iter().chain(&body.rotation).chain(&body.rotation_rest).chain(&body.carried_mps).chain(&body.carried_radps);
        bits.extend(singles.map(|part| u64::from(part.to_bits())));
        bits.extend(body.at.map(|part| part as u64));
        bits.extend(body.momentum.iter().chain(&body.spin).map(|&part| part as u64));
    }
    bits
}

pub fn particles_agree(device: &Device, extent: Extent) -> Result<Parity, DeviceError> {
    let (side, steps, seeds) = match extent {
        Extent::Tiny => (4, 4, 2..4),
        Extent::Small => (5, 12, 0..4),
        Extent::Full => (46, 100, 0..4),
    };
    let (mut expected_all, mut found_all) = (Vec::new(), Vec::new());
    let (mut contacts, mut on_walls) = (0, 0);
    let mut at_the_end = Vec::new();
    for seed in seeds.clone() {
        let heap = drawn_heap(seed, side);
        let mut by_processor = heap.batch(&Device::Cpu, OnDeviceLoss::Stop).expect("a drawn heap makes a batch");
        expected_all.extend(exercise(&mut by_processor, &heap, steps).expect("a drawn heap stays together"));
        let saved = by_processor.save();
        (contacts, on_walls) = (contacts + saved.contacts.len(), on_walls + saved.on_walls.len());
        let mut batch = heap.batch(device, OnDeviceLoss::Stop).map_err(of_device)?;
        found_all.extend(exercise(&mut batch, &heap, steps).map_err(of_step)?);
        assert_eq!(batch.provenance(), device.provenance(), "the batch left its device unasked");
        at_the_end.push((by_processor.particles(), batch.particles()));
    }
    let inputs = format!(
        "{} heaps of {} spheres for about {} steps, {contacts} contacts and {on_walls} with walls at the end",
        seeds.count(),
        side * side * side,
        4 * steps
    );
    let bytes = [bytemuck::cast_slice(&expected_all), bytemuck::cast_slice(&found_all)];
    let compare = || {
        let told = at_the_end.iter().map(|(expected, found)| compare_particles(expected, found)).collect::<Result<Vec<_>, _>>()?;
        Ok(told.join("; "))
    };
    Ok(Parity::new("particles", inputs, device, bytes, compare))
}

fn of_device(error: BatchError) -> DeviceError {
    match error {
        BatchError::Device(error) => error,
        error => panic!("the processor made this batch: {error}"),
    }
}

fn of_step(error: StepError) -> DeviceError {
    match error {
        StepError::Device(error) => error,
        error => DeviceError::Other(format!("a particle is lost on the device alone: {error}")),
    }
}
