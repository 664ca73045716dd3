//! Mass and momentum are kept to the last quantum, energy to what discrete time allows.

use super::{Draws, GRAVITY_MPS2, SOFT, assert_within, at_rest, run, spec};
use linetwin_compute::kernels::particles::{
    BatchError, BatchSpec, Books, ContactLaw, Interaction, Particle, ParticleBatch, StepError, SurfaceMotion, WallShape,
};

/// Elastic impacts in steps of 5 % of the Rayleigh time keep energy this well [-].
const ENERGY_TOLERANCE: f64 = 2e-3;

/// Spheres on a lattice that fly about in the middle of the bounds.
pub fn cloud(spec: BatchSpec, side: usize, speed_mps: f64) -> ParticleBatch {
    let mut draws = Draws(7);
    let [smallest, largest] = spec.radii_m;
    let pitch = 2.02 * f64::from(largest);
    let mut batch = ParticleBatch::new(spec).expect("a batch");
    for index in 0..side * side * side {
        let cell = [index % side, index / side % side, index / side / side];
        let radius_m = draws.between(f64::from(smallest), f64::from(largest)) as f32;
        let mut vector = || [(); 3].map(|()| draws.between(-1.0, 1.0));
        let particle = Particle {
            position_m: cell.map(|at| (at as f64 - 0.5 * (side - 1) as f64) * pitch),
            velocity_mps: vector().map(|part| part * speed_mps),
            angular_velocity_radps: vector().map(|part| part * speed_mps / f64::from(largest)),
            radius_m: radius_m.clamp(smallest, largest),
            material: 0,
        };
        batch.insert(&particle).expect("it fits");
    }
    batch
}

fn rough() -> Interaction {
    Interaction { restitution: 0.6, friction: 0.5, rolling_friction: 0.05, cohesion_pa: 100.0 }
}

#[test]
fn contacts_between_particles_neither_make_nor_lose_momentum() {
    let spec = BatchSpec { gravity_mps2: [0.0; 3], ..spec(1.0, [0.003, 0.006], SOFT, rough()) };
    let mut batch = cloud(spec, 6, 1.0);
    let before = batch.books();
    let mut touched = 0;
    for _ in 0..300 {
        run(&mut batch, 1);
        let now = batch.books();
        assert_eq!((now.momentum, now.mass, now.particles), (before.momentum, before.mass, before.particles));
        touched += now.pair_contacts;
    }
    assert!(touched > 1000, "only {touched} contacts");
    assert!(batch.books().kinetic_j() < 0.95 * before.kinetic_j(), "friction and damping take energy");
}

#[test]
fn what_walls_and_gravity_give_is_what_particles_have() {
    let mut batch = cloud(spec(1.0, [0.003, 0.006], SOFT, rough()), 5, 0.5);
    let motion = SurfaceMotion { velocity_mps: [0.4, 0.0, 0.0], ..SurfaceMotion::default() };
    let floor = WallShape::Plane { point_m: [0.0, 0.0, -0.04], normal: [0.0, 0.0, 1.0] };
    let walls = [
        batch.add_wall(0, &floor, motion).expect("a belt"),
        batch
            .add_wall(
                0,
                &WallShape::Frustum { from_m: [0.0, 0.0, -0.05], from_radius_m: 0.06, to_m: [0.0, 0.0, 0.3], to_radius_m: 0.1, sides: 24 },
                SurfaceMotion::default(),
            )
            .expect("a funnel"),
    ];
    let quanta = |books: &Books, value: [f64; 3]| value.map(|part| (part / books.momentum_per_quantum).round() as i128);
    let before = batch.books();
    run(&mut batch, 1);
    // Before anybody reaches a wall: what gravity gives to all in a step.
    let first = batch.books();
    let gravity = [0, 1, 2].map(|axis: usize| first.momentum[axis] - before.momentum[axis]);
    assert_within(gravity[2] as f64 * first.momentum_per_quantum, -first.mass_kg() * GRAVITY_MPS2 * batch.spec().dt_s, 1e-6, "weight");
    assert_eq!([gravity[0], gravity[1]], [0, 0]);
    let steps = 1500;
    run(&mut batch, steps);
    let after = batch.books();
    let mut expected = [0, 1, 2].map(|axis: usize| first.momentum[axis] + i128::from(steps) * gravity[axis]);
    for wall in walls {
        let (impulse, _) = batch.take_wall_impulse(wall);
        assert!(impulse[2].abs() > 0.0, "nobody touched {wall:?}");
        let impulse = quanta(&after, impulse);
        (0..3).for_each(|axis| expected[axis] -= impulse[axis]);
        assert_eq!(batch.take_wall_impulse(wall), ([0.0; 3], [0.0; 3]), "an impulse is told once");
    }
    assert_eq!(after.momentum, expected);
}

#[test]
fn elastic_impacts_keep_energy() {
    for law in [ContactLaw::HertzMindlin, ContactLaw::LinearSpring { normal_n_per_m: 2e4, tangential_n_per_m: 1e4 }] {
        let base = spec(1.0, [0.004, 0.005], SOFT, Interaction::FRICTIONLESS_ELASTIC);
        let spec = BatchSpec { law, dt_s: base.dt_s / 10.0, ..base };
        let mut batch = cloud(spec, 5, 0.5);
        let bottom = WallShape::Cuboid { centre_m: [0.0; 3], half_m: [0.06; 3], axes: WallShape::UPRIGHT };
        batch.add_wall(0, &bottom, SurfaceMotion::default()).expect("a box");
        let before = batch.books();
        let mut impacts = 0;
        for _ in 0..4000 {
            run(&mut batch, 1);
            impacts += batch.books().wall_contacts + batch.books().pair_contacts;
        }
        let after = batch.books();
        assert!(impacts > 1000, "only {impacts} contacts");
        let change = (after.energy_j() - before.energy_j()) / before.kinetic_j();
        assert!(change.abs() < ENERGY_TOLERANCE, "{law:?}: energy changed by {change}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let good = spec(1.0, [0.005; 2], SOFT, rough());
    let rayleigh_s = SOFT.rayleigh_time_s(0.005);
    match ParticleBatch::new(BatchSpec { dt_s: 0.5 * rayleigh_s, ..good.clone() }).err() {
        Some(error @ BatchError::StepTooLong { .. }) => {
            assert!(error.to_string().contains(&format!("{rayleigh_s:.3e}")), "the message tells the Rayleigh time: {error}");
        }
        other => panic!("{other:?}"),
    }
    let steps = ParticleBatch::steps_within(&good, 0.01, 0.5);
    let dt_s = 0.01 / f64::from(steps);
    assert!(dt_s < 0.15 * rayleigh_s && 0.01 / f64::from(steps - 1) > 0.15 * rayleigh_s, "{steps} steps");
    let bad = Interaction { restitution: 1.5, ..rough() };
    assert!(matches!(ParticleBatch::new(BatchSpec { interactions: vec![bad], ..good.clone() }).err(), Some(BatchError::Material { .. })));
    let mut batch = ParticleBatch::new(good).expect("a batch");
    assert!(matches!(batch.insert(&at_rest([0.0; 3], 0.1)), Err(BatchError::Particle(_))));
    assert!(matches!(batch.insert(&at_rest([5.0, 0.0, 0.0], 0.005)), Err(BatchError::Particle(_))));
}

#[test]
fn who_leaves_the_bounds_or_is_too_fast_is_named() {
    let good = spec(0.2, [0.005; 2], SOFT, rough());
    let mut batch = ParticleBatch::new(good.clone()).expect("a batch");
    batch.insert(&at_rest([0.0, 0.0, 0.09], 0.005)).expect("it fits");
    let falls = batch.insert(&at_rest([0.0, 0.0, -0.09], 0.005)).expect("it fits");
    let error = (0..5000).find_map(|_| batch.step().err());
    assert!(matches!(error, Some(StepError::OutOfBounds { id, .. }) if id == falls), "{error:?}");
    let mut batch = ParticleBatch::new(good).expect("a batch");
    let bullet = Particle { velocity_mps: [400.0, 0.0, 0.0], ..at_rest([0.0; 3], 0.005) };
    let id = batch.insert(&bullet).expect("it fits");
    assert!(matches!(batch.step(), Err(StepError::TooFast { id: named, .. }) if named == id));
    // Two in one place push each other in no direction.
    let mut batch = ParticleBatch::new(spec(0.2, [0.005; 2], SOFT, rough())).expect("a batch");
    batch.insert(&at_rest([0.0; 3], 0.005)).expect("it fits");
    batch.insert(&at_rest([0.0; 3], 0.005)).expect("it fits");
    assert!(matches!(batch.step(), Err(StepError::TooFast { id: 0, .. })));
}
