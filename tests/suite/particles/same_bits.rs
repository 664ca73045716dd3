//! The same bits: for any number of threads, any order in memory, however often rows are built, and after a restore; and
//! the contacts found are all that there are.

use super::bodies::brick;
use super::books::cloud;
use super::{Draws, SOFT, run, spec};
use linetwin_compute::kernels::particles::{
    BatchSpec, BodyMotion, Interaction, Particle, ParticleBatch, SavedBatch, SurfaceMotion, WallShape,
};

fn rough() -> Interaction {
    Interaction { restitution: 0.5, friction: 0.5, rolling_friction: 0.1, cohesion_pa: 50.0 }
}

/// Two materials, spheres of several sizes: some packed, some fast.
fn base() -> BatchSpec {
    let stiff = linetwin_compute::kernels::particles::Material { youngs_modulus_pa: 8e6, density_kg_per_m3: 1500.0, ..SOFT };
    let slick = Interaction { friction: 0.2, rolling_friction: 0.0, ..rough() };
    let one = spec(0.6, [0.003, 0.006], SOFT, rough());
    BatchSpec { materials: vec![SOFT, stiff], interactions: vec![rough(), slick, rough()], dt_s: 3e-5, ..one }
}

fn walls(batch: &mut ParticleBatch) {
    let turning = SurfaceMotion { angular_velocity_radps: [0.0, 0.0, 3.0], ..SurfaceMotion::default() };
    let shapes = [
        (
            WallShape::Plane { point_m: [0.0, 0.0, -0.054], normal: [0.1, 0.0, 1.0] },
            SurfaceMotion { velocity_mps: [0.3, 0.0, 0.0], ..turning },
        ),
        (
            WallShape::Frustum { from_m: [0.0, 0.0, -0.1], from_radius_m: 0.07, to_m: [0.0, 0.0, 0.2], to_radius_m: 0.12, sides: 20 },
            turning,
        ),
        (
            WallShape::Cuboid { centre_m: [0.02, 0.0, -0.06], half_m: [0.01, 0.01, 0.011], axes: WallShape::UPRIGHT },
            SurfaceMotion::default(),
        ),
    ];
    for (shape, motion) in shapes {
        batch.add_wall(1, &shape, motion).expect("a wall");
    }
    let (shape, mass) = brick([0.012, 0.016, 0.005], 0.02);
    let motion =
        BodyMotion { velocity_mps: [0.0, 0.1, -1.0], angular_velocity_radps: [3.0, -4.0, 2.0], ..BodyMotion::at_rest([0.01, 0.0, 0.075]) };
    batch.add_body(0, &shape, &mass, &motion).expect("a brick that tumbles onto them");
}

fn particles() -> Vec<Particle> {
    let batch = cloud(base(), 8, 0.4);
    let mut all: Vec<Particle> = batch.particles().into_iter().map(|(_, particle)| particle).collect();
    for (index, particle) in all.iter_mut().enumerate() {
        particle.material = index % 3 % 2;
        // Falling and drawn together, so that all get many neighbours.
        let [x, y, _] = particle.position_m;
        particle.velocity_mps = [-20.0 * x, -20.0 * y, -1.0 - 10.0 * particle.position_m[2]];
        if index % 97 == 0 {
            particle.velocity_mps[2] = -6.0;
        }
    }
    all
}

fn filled() -> ParticleBatch {
    let mut batch = ParticleBatch::new(base()).expect("a batch");
    walls(&mut batch);
    for particle in particles() {
        batch.insert(&particle).expect("it fits");
    }
    batch
}

const STEPS: u32 = 600;

pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

fn after(mut batch: ParticleBatch, steps: u32) -> SavedBatch {
    run(&mut batch, steps);
    batch.save()
}

#[test]
fn threads_do_not_show() {
    let one = on_threads(1, || after(filled(), STEPS));
    assert!(one.contacts.len() > 300 && one.on_walls.len() > 20, "{} contacts, {} on walls", one.contacts.len(), one.on_walls.len());
    assert!(one.contacts.iter().any(|contact| contact.roll_rad != [0.0; 3]), "nothing rolls");
    for threads in [2, 3, 4, 7] {
        assert!(on_threads(threads, || after(filled(), STEPS)) == one, "{threads} threads give other bits");
    }
}

#[test]
fn the_order_in_memory_does_not_show() {
    let plain = after(filled(), STEPS);
    let all = particles();
    let mut order: Vec<usize> = (0..all.len()).collect();
    let mut draws = Draws(3);
    for at in (1..order.len()).rev() {
        order.swap(at, (draws.next() * (at + 1) as f64) as usize);
    }
    let mut batch = ParticleBatch::new(base()).expect("a batch");
    walls(&mut batch);
    for &index in &order {
        batch.insert(&all[index]).expect("it fits");
    }
    let mut shuffled = after(batch, STEPS);
    // Named as in the plain batch.
    shuffled.particles.iter_mut().for_each(|particle| particle.id = order[particle.id as usize] as u64);
    shuffled.particles.sort_by_key(|particle| particle.id);
    assert!(shuffled.particles == plain.particles, "another order gives other bits");
    assert_eq!(shuffled.contacts.len(), plain.contacts.len());
    let mut turned = 0;
    for contact in &shuffled.contacts {
        let (a, b) = (order[contact.id as usize] as u64, order[contact.other as usize] as u64);
        let found = plain.contacts.iter().find(|other| (other.id, other.other) == (a.min(b), a.max(b))).expect("the same pairs touch");
        let sign = if a < b { 1.0 } else { -1.0 };
        turned += u32::from(a > b);
        assert_eq!(contact.shear_m.map(|part| sign * part + 0.0), found.shear_m);
    }
    assert!(turned > 50, "only {turned} pairs were seen from the other side");
}

#[test]
fn rows_built_in_every_step_and_a_restore_do_not_show() {
    let plain = after(filled(), STEPS);
    let mut batch = filled();
    for _ in 0..STEPS {
        let saved = batch.save();
        batch.restore(&saved);
        run(&mut batch, 1);
    }
    assert!(batch.save() == plain, "rows that are built in every step give other bits");
    assert_eq!(batch.build_count(), u64::from(STEPS));
    let mut batch = filled();
    run(&mut batch, STEPS / 2);
    let saved = batch.save();
    let mut other = ParticleBatch::new(base()).expect("a batch");
    walls(&mut other);
    other.restore(&saved);
    let [resumed, uninterrupted] = [other, batch].map(|batch| after(batch, STEPS / 2));
    assert!(resumed == plain && uninterrupted == plain, "saving, or going on from it, gives other bits");
}

#[test]
fn rows_hold_every_contact() {
    let spec = base();
    let mut batch = filled();
    let mut found = 0;
    for step in 0..STEPS {
        let before = batch.save();
        run(&mut batch, 1);
        if step % 7 != 0 {
            continue;
        }
        // What touched in the step, over all pairs; places are a power of two apart, so this is the kernel's own sum.
        let metre = quantum(&spec);
        let mut expected = Vec::new();
        for (index, a) in before.particles.iter().enumerate() {
            for b in &before.particles[index + 1..] {
                let [x, y, z] = [0, 1, 2].map(|axis: usize| (a.at[axis] - b.at[axis]) as f32 * metre);
                let reach = a.radius_m + b.radius_m;
                if (x * x + y * y) + z * z < reach * reach {
                    expected.push((a.id, b.id));
                }
            }
        }
        let contacts: Vec<(u64, u64)> = batch.save().contacts.iter().map(|contact| (contact.id, contact.other)).collect();
        assert_eq!(contacts, expected, "step {step}");
        found += expected.len();
    }
    assert!(found > 5000 && batch.build_count() > 5, "{found} contacts, rows built {} times", batch.build_count());
    assert!(batch.build_count() < 200, "rows are built {} times in {STEPS} steps: they save nothing", batch.build_count());
}

/// The size of a quantum, from one particle whose place is known.
fn quantum(spec: &BatchSpec) -> f32 {
    let mut batch = ParticleBatch::new(spec.clone()).expect("a batch");
    batch.insert(&super::at_rest([0.25, 0.0, 0.0], 0.005)).expect("it fits");
    (0.25 / f64::from(batch.save().particles[0].at[0])) as f32
}

#[test]
fn who_is_taken_out_leaves_the_others_alone() {
    let mut batch = filled();
    run(&mut batch, 400);
    let count = batch.len();
    let removed = batch.remove_where(|id, _| id % 5 == 0);
    assert_eq!(batch.len() + removed.len(), count);
    let saved = batch.save();
    assert!(saved.contacts.iter().all(|contact| contact.id % 5 != 0 && contact.other % 5 != 0));
    assert!(saved.contacts.len() > 50);
    // Histories of the rest live on: the same as those of a batch that never held the others.
    let mut other = ParticleBatch::new(base()).expect("a batch");
    walls(&mut other);
    other.restore(&saved);
    let inserted = batch.insert(&super::at_rest([0.2, 0.2, 0.25], 0.004)).expect("it fits");
    assert_eq!(other.insert(&super::at_rest([0.2, 0.2, 0.25], 0.004)), Ok(inserted));
    run(&mut batch, 100);
    assert!(batch.save() == after(other, 100));
    // An empty batch steps, and can be filled again.
    batch.remove_where(|_, _| true);
    run(&mut batch, 2);
    assert!(batch.is_empty());
    batch.insert(&super::at_rest([0.0; 3], 0.004)).expect("it fits");
    run(&mut batch, 2);
    assert_eq!(batch.len(), 1);
}
