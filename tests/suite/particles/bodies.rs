//! Bodies that grains move: they come to rest on grains and weigh what they weigh, momentum is booked to the last quantum, and
//! alone they move as rigid bodies do.

use super::{Draws, GRAVITY_MPS2, SOFT, assert_within, at_rest, run, spec};
use linetwin_compute::kernels::particles::{
    BatchError, BatchSpec, BodyMass, BodyMotion, Interaction, Material, ParticleBatch, StepError, SurfaceMotion, WallId, WallShape,
};

/// A block of even density.
pub fn brick(half_m: [f64; 3], mass_kg: f64) -> (WallShape, BodyMass) {
    let [x, y, z] = half_m.map(|half| half * half * mass_kg / 3.0);
    let mass = BodyMass { mass_kg, inertia_kgm2: [y + z, x + z, x + y] };
    (WallShape::Cuboid { centre_m: [0.0; 3], half_m, axes: WallShape::UPRIGHT }, mass)
}

const RADIUS_M: f64 = 0.004;
/// Of a square bin [m].
const HALF_M: f64 = 0.1;

const ROUGH: Interaction = Interaction { restitution: 0.3, friction: 0.5, rolling_friction: 0.05, cohesion_pa: 0.0 };

/// A bin with 10,000 grains at rest nearly where they will lie.
fn bin(young_pa: f64) -> (ParticleBatch, Vec<WallId>) {
    let material = Material { youngs_modulus_pa: young_pa, ..SOFT };
    let smallest = (0.9 * RADIUS_M) as f32;
    let base = spec(0.6, [smallest, RADIUS_M as f32], material, ROUGH);
    let mut batch = ParticleBatch::new(BatchSpec { dt_s: 0.25 * material.rayleigh_time_s(smallest), ..base }).expect("a batch");
    let mut sides = vec![([0.0, 0.0, -0.12], [0.0, 0.0, 1.0])];
    for side in [-1.0, 1.0] {
        sides.push(([side * HALF_M, 0.0, 0.0], [-side, 0.0, 0.0]));
        sides.push(([0.0, side * HALF_M, 0.0], [0.0, -side, 0.0]));
    }
    let plane = |(point_m, normal)| batch.add_wall(0, &WallShape::Plane { point_m, normal }, SurfaceMotion::default()).expect("a side");
    let walls = sides.into_iter().map(plane).collect();
    let (mut draws, pitch, across) = (Draws(5), 2.03 * RADIUS_M, 24);
    for index in 0..10_000 {
        let cell = [index % across, index / across % across, index / across / across];
        // Every second layer lies over the gaps of the one below.
        let shift = if cell[2] % 2 == 0 { 0.0 } else { 0.5 * RADIUS_M };
        let at = |cell: usize| (cell as f64 - 0.5 * (across - 1) as f64) * pitch + shift - 0.25 * RADIUS_M;
        let position_m = [at(cell[0]), at(cell[1]), -0.12 + (cell[2] as f64 + 0.52) * pitch];
        batch.insert(&at_rest(position_m, draws.between(0.9, 0.999) as f32 * RADIUS_M as f32)).expect("it fits");
    }
    (batch, walls)
}

#[test]
fn a_box_set_down_on_grains_comes_to_rest_and_presses_with_its_weight() {
    // Times to settle before, and after it was set down [s]: what is soft sways for longer.
    for (young_pa, settles_s, sways_s) in [(1e5, 1.5, 3.0), (1e6, 0.8, 1.2), (1e7, 0.3, 0.5)] {
        let (mut batch, walls) = bin(young_pa);
        let (shape, mass) = brick([0.05, 0.05, 0.025], 0.5);
        // A little above the highest grain, held until all have settled.
        let held = BodyMotion { falls: false, ..BodyMotion::at_rest([0.0, 0.0, 0.2]) };
        let lid = batch.add_body(0, &shape, &mass, &held).expect("a box");
        let steps_of = |batch: &ParticleBatch, time_s: f64| (time_s / batch.spec().dt_s).ceil() as u32;
        let settling = steps_of(&batch, settles_s);
        run(&mut batch, settling);
        assert_eq!(batch.take_wall_impulse(lid), ([0.0; 3], [0.0; 3]), "nobody touches it there");
        let top_m = batch.particles().iter().map(|(_, grain)| grain.position_m[2] + f64::from(grain.radius_m)).fold(-1.0, f64::max);
        // Books begin here: in free fall for some steps, with what grains have.
        let (mut batch, walls, lid) = {
            let saved = batch.save();
            let (mut again, _) = bin(young_pa);
            let lid = again.add_body(0, &shape, &mass, &BodyMotion::at_rest([0.0, 0.0, 0.2])).expect("a box");
            again.restore(&saved);
            (again, walls, lid)
        };
        for wall in &walls {
            batch.take_wall_impulse(*wall);
        }
        batch.set_body(lid, &BodyMotion::at_rest([0.0, 0.0, top_m + 0.0252])).expect("it is a body");
        let quanta = |per_quantum: f64, value: [f64; 3]| value.map(|part| (part / per_quantum).round() as i128);
        let per_quantum = batch.books().momentum_per_quantum;
        let all = |batch: &mut ParticleBatch| {
            let of_body = batch.save().bodies[0].momentum;
            let of_grains = batch.books().momentum;
            (of_grains, of_body.map(i128::from))
        };
        let (grains_before, body_before) = all(&mut batch);
        let steps = steps_of(&batch, sways_s);
        run(&mut batch, steps);
        let (grains_after, body_after) = all(&mut batch);
        let (on_body, _) = batch.take_wall_impulse(lid);
        let on_body = quanta(per_quantum, on_body);
        let on_walls: Vec<[i128; 3]> = walls.iter().map(|wall| quanta(per_quantum, batch.take_wall_impulse(*wall).0)).collect();
        let weighs = i128::from((mass.mass_kg as f32 * (-GRAVITY_MPS2 * batch.spec().dt_s / per_quantum) as f32).round_ties_even() as i64);
        for axis in 0..3 {
            let weight = if axis == 2 { i128::from(steps) * weighs } else { 0 };
            assert_eq!(body_after[axis] - body_before[axis], on_body[axis] + weight, "what grains gave is what the box has");
            let given: i128 = on_walls.iter().map(|impulse| impulse[axis]).sum::<i128>() + on_body[axis];
            // Each grain's weight is rounded by itself, always alike, so that it divides by the steps.
            let fallen = grains_after[axis] - grains_before[axis] + given;
            assert_eq!(fallen % i128::from(steps), 0, "what walls and the box got is what grains lost");
            if axis == 2 {
                let weight_n = fallen as f64 * per_quantum / (f64::from(steps) * batch.spec().dt_s);
                assert_within(weight_n, -batch.books().mass_kg() * GRAVITY_MPS2, 1e-6, "the grains' weight");
            }
        }
        // It rests.
        let before = batch.body(lid).expect("a body");
        let steps = steps_of(&batch, 0.3);
        run(&mut batch, steps);
        let after = batch.body(lid).expect("a body");
        let force_n = batch.take_wall_impulse(lid).0[2] / (f64::from(steps) * batch.spec().dt_s);
        let speed = after.velocity_mps.iter().map(|part| part * part).sum::<f64>().sqrt();
        let way_m = (0..3).map(|axis| (after.position_m[axis] - before.position_m[axis]).abs()).fold(0.0, f64::max);
        println!("{young_pa:e} Pa: {force_n} N, {speed} m/s, {way_m} m in 0.3 s");
        assert_within(force_n, mass.mass_kg * GRAVITY_MPS2, 0.01, "the force that carries it");
        assert!(speed < 0.005 && way_m < 5e-4, "{young_pa:e} Pa: {speed} m/s, {way_m} m in 0.3 s: it does not rest");
        assert!(after.rotation[3].abs() > 0.999, "it stands upright: {:?}", after.rotation);
    }
}

#[test]
fn alone_a_body_falls_and_turns_as_a_rigid_one() {
    let base = spec(4.0, [0.01; 2], SOFT, Interaction::FRICTIONLESS_ELASTIC);
    let dt_s = base.dt_s;
    let mut batch = ParticleBatch::new(base).expect("a batch");
    let (shape, mass) = brick([0.1, 0.06, 0.03], 0.5);
    let spinning = |omega: [f64; 3]| BodyMotion { angular_velocity_radps: omega, ..BodyMotion::at_rest([0.3, 0.0, 1.5]) };
    let wall = batch.add_body(0, &shape, &mass, &spinning([0.0, 0.0, 3.0])).expect("a body");
    let steps = 2_000;
    let time_s = f64::from(steps) * dt_s;
    run(&mut batch, steps);
    let found = batch.body(wall).expect("a body");
    assert_within(1.5 - found.position_m[2], 0.5 * GRAVITY_MPS2 * time_s * (time_s + dt_s), 1e-5, "the way it fell");
    assert_within(found.velocity_mps[2], -GRAVITY_MPS2 * time_s, 1e-6, "its speed");
    let angle = 2.0 * libm::atan2(found.rotation[2], found.rotation[3]);
    assert_within(angle, 3.0 * time_s, 1e-5, "the angle that it turned");
    // So slowly that no step's turning shows in a single.
    let slow = |omega: [f64; 3]| BodyMotion { falls: false, ..spinning(omega) };
    let crawls = batch.add_body(0, &shape, &mass, &BodyMotion { carried_radps: [0.0, 1e-4, 0.0], ..slow([0.0; 3]) }).expect("a body");
    // About its middle axis it tips over; its angular momentum stays, and its energy nearly.
    let tips = batch.add_body(0, &shape, &mass, &slow([0.02, 8.0, 0.01])).expect("a body");
    let energy = |motion: &BodyMotion| {
        let [x, y, z, w] = motion.rotation;
        let about = |axis: [f64; 3]| {
            // Of the body's axis, turned.
            let cross = |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
            let once = cross([x, y, z], axis);
            let twice = cross([x, y, z], once);
            let turned: [f64; 3] = std::array::from_fn(|part| axis[part] + 2.0 * (w * once[part] + twice[part]));
            (0..3).map(|part| turned[part] * motion.angular_velocity_radps[part]).sum::<f64>()
        };
        let own = [about([1.0, 0.0, 0.0]), about([0.0, 1.0, 0.0]), about([0.0, 0.0, 1.0])];
        (0..3).map(|axis| 0.5 * mass.inertia_kgm2[axis] * own[axis] * own[axis]).sum::<f64>()
    };
    let (before, spin_before) = (energy(&batch.body(tips).expect("a body")), batch.save().bodies[2].spin);
    let mut tipped = 1.0f64;
    batch.set_body(wall, &BodyMotion::at_rest([0.3, 0.0, 1.5])).expect("it is a body");
    for _ in 0..100 {
        batch.set_body(wall, &BodyMotion::at_rest([0.3, 0.0, 1.5])).expect("it is a body");
        run(&mut batch, 200);
        // How far its middle axis is up: it began there.
        let [x, _, z, _] = batch.body(tips).expect("a body").rotation;
        tipped = tipped.min(1.0 - 2.0 * (x * x + z * z));
    }
    let found = batch.body(crawls).expect("a body");
    assert_within(2.0 * found.rotation[1], 1e-4 * 20_000.0 * dt_s, 1e-3, "the angle of what crawls");
    assert_eq!(batch.save().bodies[2].spin, spin_before, "nothing twists it");
    let after = batch.body(tips).expect("a body");
    assert_within(energy(&after), before, 1e-2, "its energy");
    assert!(tipped < -0.5, "it did not tip over: {tipped}");
}

#[test]
fn what_is_no_body_is_refused_and_who_is_too_fast_is_named() {
    let mut batch = ParticleBatch::new(spec(1.0, [0.005; 2], SOFT, Interaction::FRICTIONLESS_ELASTIC)).expect("a batch");
    let (shape, mass) = brick([0.02; 3], 0.1);
    let here = BodyMotion::at_rest([0.0; 3]);
    let plane = WallShape::Plane { point_m: [0.0; 3], normal: [0.0, 0.0, 1.0] };
    let light = BodyMass { mass_kg: 0.0, ..mass };
    for refused in [
        batch.add_body(0, &plane, &mass, &here),
        batch.add_body(0, &shape, &light, &here),
        batch.add_body(0, &shape, &mass, &BodyMotion::at_rest([0.0, 0.0, 7.0])),
        batch.add_body(0, &shape, &mass, &BodyMotion { rotation: [0.0; 4], ..here }),
        batch.add_body(3, &shape, &mass, &here),
    ] {
        assert!(matches!(refused, Err(BatchError::Wall(_))), "{refused:?}");
    }
    let wall = batch.add_wall(0, &plane, SurfaceMotion::default()).expect("a floor");
    assert!(batch.set_body(wall, &here).is_err() && batch.body(wall).is_none(), "a floor is no body");
    let body = batch.add_body(0, &shape, &mass, &here).expect("a body");
    assert!(batch.place_wall(body, &shape, SurfaceMotion::default()).is_err(), "a body moves by itself");
    let bullet = BodyMotion { velocity_mps: [0.0, 400.0, 0.0], ..here };
    batch.set_body(body, &bullet).expect("it may be told");
    assert!(matches!(batch.step(), Err(StepError::Body { wall, .. }) if wall == body.0));
}

/// Grains in a bowl with a brick among them, and another one high above.
fn bowl_with_bricks() -> (ParticleBatch, [WallId; 2]) {
    let mut batch = ParticleBatch::new(spec(0.6, [RADIUS_M as f32; 2], SOFT, ROUGH)).expect("a batch");
    let bowl = WallShape::Frustum { from_m: [0.0, 0.0, -0.1], from_radius_m: 0.0, to_m: [0.0, 0.0, 0.1], to_radius_m: 0.15, sides: 24 };
    batch.add_wall(0, &bowl, SurfaceMotion::default()).expect("a bowl");
    for index in 0..400 {
        let cell = [index % 8, index / 8 % 8, index / 64].map(|at| at as f64);
        let position_m = [(cell[0] - 3.5) * 0.0083, (cell[1] - 3.5) * 0.0083, cell[2] * 0.0083];
        batch.insert(&at_rest(position_m, RADIUS_M as f32)).expect("it fits");
    }
    let (shape, mass) = brick([0.03, 0.02, 0.01], 0.05);
    let held = BodyMotion { falls: false, ..BodyMotion::at_rest([0.0, 0.0, 0.25]) };
    let high = batch.add_body(0, &shape, &mass, &held).expect("a brick");
    let low = batch.add_body(0, &shape, &mass, &BodyMotion::at_rest([0.0, 0.0, 0.075])).expect("a brick");
    (batch, [high, low])
}

#[test]
fn a_body_that_goes_leaves_contacts_as_they_are_and_the_next_one_its_number() {
    let (mut with_both, _) = bowl_with_bricks();
    let (mut with_one, [high, low]) = bowl_with_bricks();
    run(&mut with_both, 3_000);
    run(&mut with_one, 3_000);
    with_one.remove_body(high).expect("it is a body");
    let now = high;
    assert!(with_one.body(low).is_none() && with_one.body(now) == with_both.body(low), "it has come to be the first");
    let (kept, all) = (with_one.save(), with_both.save());
    assert!(kept.on_walls.len() > 20 && kept.on_walls.len() == all.on_walls.len(), "{} contacts with walls", kept.on_walls.len());
    run(&mut with_both, 500);
    run(&mut with_one, 500);
    assert!(with_one.particles() == with_both.particles(), "nobody touched what went");
    assert_eq!(with_one.body(now), with_both.body(low));
    assert_eq!(with_one.take_wall_impulse(now), with_both.take_wall_impulse(low), "and it is told no other impulse");
    // One that comes later is like one that was there.
    let (shape, mass) = brick([0.03, 0.02, 0.01], 0.05);
    let held = BodyMotion { falls: false, ..BodyMotion::at_rest([0.0, 0.0, 0.25]) };
    with_one.add_body(0, &shape, &mass, &held).expect("a brick");
    run(&mut with_both, 100);
    run(&mut with_one, 100);
    assert!(with_one.particles() == with_both.particles());
    let bowl = WallId(0);
    assert!(with_one.remove_body(bowl).is_err(), "a bowl is no body");
    with_one
        .add_wall(0, &WallShape::Plane { point_m: [0.0, 0.0, -0.2], normal: [0.0, 0.0, 1.0] }, SurfaceMotion::default())
        .expect("a floor");
    assert!(with_one.remove_body(now).is_err(), "what is no body would get another number");
}

#[test]
fn a_push_is_booked_to_the_last_quantum() {
    let (mut batch, [_, low]) = bowl_with_bricks();
    run(&mut batch, 2_000);
    batch.take_wall_impulse(low);
    let per_quantum = batch.books().momentum_per_quantum;
    let quanta = |value: f64| (value / per_quantum).round() as i64;
    let (before, impulse_ns) = (batch.save().bodies[1].momentum, [0.003, -0.002, 0.001]);
    for _ in 0..50 {
        batch.push_body(low, impulse_ns, [1e-5, 0.0, 0.0]).expect("it is a body");
        batch.step().expect("nobody is lost");
    }
    let (by_grains, _) = batch.take_wall_impulse(low);
    let after = batch.save().bodies[1].momentum;
    let weighs = (0.05f32 * (-GRAVITY_MPS2 * batch.spec().dt_s / per_quantum) as f32).round_ties_even() as i64;
    for axis in 0..3 {
        let weight = if axis == 2 { 50 * weighs } else { 0 };
        assert_eq!(after[axis] - before[axis], quanta(by_grains[axis]) + 50 * quanta(impulse_ns[axis]) + weight);
    }
    assert!(batch.push_body(low, [f64::NAN, 0.0, 0.0], [0.0; 3]).is_err());
    assert!(batch.push_body(WallId(0), [0.0; 3], [0.0; 3]).is_err(), "a bowl is no body");
}
