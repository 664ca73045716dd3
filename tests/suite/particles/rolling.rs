//! A sphere on an incline: it rolls, slides or stays as mechanics says, and a belt carries it.

use super::{GRAVITY_MPS2, SOFT, assert_within, at_rest, run, spec};
use linetwin_compute::kernels::particles::{BatchSpec, Interaction, ParticleBatch, SurfaceMotion, WallShape};

const RADIUS_M: f32 = 0.005;
const ONE_PERCENT: f64 = 0.01;

/// A sphere that lies on a plane under gravity that leans by `angle_deg` towards x.
fn on_incline(angle_deg: f64, between: Interaction, motion: SurfaceMotion) -> ParticleBatch {
    let angle = angle_deg.to_radians();
    let gravity_mps2 = [GRAVITY_MPS2 * libm::sin(angle), 0.0, -GRAVITY_MPS2 * libm::cos(angle)];
    let base = spec(2.0, [RADIUS_M; 2], SOFT, between);
    let mut batch = ParticleBatch::new(BatchSpec { gravity_mps2, ..base }).expect("a batch");
    let plane = WallShape::Plane { point_m: [0.0; 3], normal: [0.0, 0.0, 1.0] };
    batch.add_wall(0, &plane, motion).expect("a plane");
    // As deep as its weight presses it.
    let load = SOFT.sphere_mass_kg(RADIUS_M) * GRAVITY_MPS2 * libm::cos(angle);
    let modulus = SOFT.youngs_modulus_pa / (1.0 - SOFT.poisson_ratio * SOFT.poisson_ratio) / 2.0;
    let overlap = libm::pow(load / (4.0 / 3.0 * modulus * f64::from(RADIUS_M).sqrt()), 2.0 / 3.0);
    batch.insert(&at_rest([0.0, 0.0, f64::from(RADIUS_M) - overlap], RADIUS_M)).expect("it fits");
    batch
}

/// Speed along the plane and of the surface about the centre after a time.
fn speeds(batch: &mut ParticleBatch, time_s: f64) -> (f64, f64) {
    let steps = (time_s / batch.spec().dt_s).round() as u32;
    run(batch, steps);
    let sphere = batch.particles()[0].1;
    (sphere.velocity_mps[0], sphere.angular_velocity_radps[1] * f64::from(RADIUS_M))
}

fn rough(friction: f64, rolling_friction: f64) -> Interaction {
    Interaction { restitution: 0.3, friction, rolling_friction, cohesion_pa: 0.0 }
}

#[test]
fn a_sphere_rolls_slides_or_stays_on_an_incline() {
    let time_s = 0.4;
    let rolls = |angle_deg: f64, between: Interaction| speeds(&mut on_incline(angle_deg, between, SurfaceMotion::default()), time_s);
    let along = |angle_deg: f64| GRAVITY_MPS2 * libm::sin(angle_deg.to_radians());
    let across = |angle_deg: f64| GRAVITY_MPS2 * libm::cos(angle_deg.to_radians());

    let (speed, surface) = rolls(20.0, rough(0.5, 0.0));
    assert_within(speed, 5.0 / 7.0 * along(20.0) * time_s, ONE_PERCENT, "rolling");
    assert_within(surface, speed, ONE_PERCENT, "rolling without slip");

    // Past tan(angle) = 7/2 of the friction it slides, and spins up by friction alone.
    let (speed, surface) = rolls(30.0, rough(0.1, 0.0));
    assert_within(speed, (along(30.0) - 0.1 * across(30.0)) * time_s, ONE_PERCENT, "sliding");
    assert_within(surface, 2.5 * 0.1 * across(30.0) * time_s, ONE_PERCENT, "spin by friction");

    let (speed, surface) = rolls(20.0, rough(0.5, 0.1));
    assert_within(speed, 5.0 / 7.0 * (along(20.0) - 0.1 * across(20.0)) * time_s, ONE_PERCENT, "rolling against resistance");
    assert_within(surface, speed, ONE_PERCENT, "rolling without slip");

    // Below tan(angle) = rolling friction it stays, to the last hundredth of a millimetre per second.
    let (speed, surface) = rolls(5.0, rough(0.5, 0.1));
    assert!(speed.abs() < 1e-5 && surface.abs() < 1e-5, "crept at {speed} m/s, {surface} m/s");
}

#[test]
fn a_belt_carries_a_sphere_by_friction() {
    let motion = SurfaceMotion { velocity_mps: [0.5, 0.0, 0.0], ..SurfaceMotion::default() };
    let mut batch = on_incline(0.0, rough(0.2, 0.0), motion);
    // It slides until surface and belt agree: v + 5/2 v = belt, at 2/7 of the belt's speed.
    let until_s = 2.0 / 7.0 * 0.5 / (0.2 * GRAVITY_MPS2);
    let (speed, surface) = speeds(&mut batch, 0.5 * until_s);
    assert_within(speed, 0.2 * GRAVITY_MPS2 * 0.5 * until_s, ONE_PERCENT, "speed while it slips");
    assert!(surface < 0.0, "the belt turns it backwards");
    let (speed, surface) = speeds(&mut batch, until_s);
    assert_within(speed, 0.5 * 2.0 / 7.0, ONE_PERCENT, "speed when it rolls");
    assert_within(speed - surface, 0.5, ONE_PERCENT, "belt speed");
}

#[test]
fn a_sphere_crosses_the_seams_of_a_surface_of_triangles_as_if_there_were_none() {
    // Two triangles of a face, then the flat seam to a second box, then its edge.
    let mut batch = {
        let base = spec(2.0, [RADIUS_M; 2], SOFT, rough(0.5, 0.0));
        ParticleBatch::new(base).expect("a batch")
    };
    for x in [-0.05, 0.05] {
        let shape = WallShape::Cuboid { centre_m: [x, 0.0, -0.02], half_m: [0.05, 0.05, 0.02], axes: WallShape::UPRIGHT };
        batch.add_wall(0, &shape, SurfaceMotion::default()).expect("a box");
    }
    let speed = 0.3;
    let mut sphere = at_rest([-0.08, 0.012, f64::from(RADIUS_M) - 3e-6], RADIUS_M);
    sphere.velocity_mps = [speed, 0.0, 0.0];
    sphere.angular_velocity_radps = [0.0, speed / f64::from(RADIUS_M), 0.0];
    batch.insert(&sphere).expect("it fits");
    let time_s = 0.5;
    let steps = (time_s / batch.spec().dt_s) as u32;
    for _ in 0..steps {
        run(&mut batch, 1);
        let now = batch.particles()[0].1;
        assert!((now.position_m[2] - f64::from(RADIUS_M)).abs() < 2e-5, "thrown at x = {} m", now.position_m[0]);
        assert!((now.velocity_mps[0] - speed).abs() < 0.01 * speed, "pushed at x = {} m", now.position_m[0]);
    }
}
