//! Clumps of spheres: alone they move as rigid bodies do, they bounce as rigid bodies do, momentum is booked to the last quantum,
//! and what is not round heaps up steeper.

use super::same_bits::on_threads;
use super::{Draws, GRAVITY_MPS2, SOFT, assert_within, at_rest, run, spec};
use linetwin_compute::doctor::particles::{bits_of, drawn_heap, exercise};
use linetwin_compute::kernels::particles::{
    BatchError, BatchSpec, Clump, ClumpShape, Interaction, Particle, ParticleBatch, SurfaceMotion, WallShape,
};
use linetwin_compute::{Device, OnDeviceLoss};

const UPRIGHT: [f64; 4] = [0.0, 0.0, 0.0, 1.0];
const FRICTIONLESS: Interaction = Interaction::FRICTIONLESS_ELASTIC;

/// Three equal spheres in a row along x that just touch, of radius 1.
fn rod() -> ClumpShape {
    ClumpShape::new(&[([-2.0, 0.0, 0.0], 1.0), ([0.0; 3], 1.0), ([2.0, 0.0, 0.0], 1.0)]).expect("a rod")
}

/// Bent, with spheres that overlap and differ: three different moments.
fn bent() -> ClumpShape {
    let spheres = [([0.0, 0.0, 0.0], 1.0), ([1.6, 0.0, 0.0], 1.0), ([1.6, 1.2, 0.0], 0.8), ([0.2, 0.1, 0.9], 0.7)];
    ClumpShape::new(&spheres).expect("a bent one")
}

/// The clump whose largest sphere has this radius [m].
fn sized(shape: &ClumpShape, largest_m: f64, position_m: [f64; 3]) -> Particle {
    at_rest(position_m, (largest_m / shape.radii()[1]) as f32)
}

/// Radii of spheres that [`sized`] asks for.
fn radii_of(shape: &ClumpShape, largest_m: f64) -> [f32; 2] {
    [(0.999 * largest_m * shape.radii()[0] / shape.radii()[1]) as f32, (1.001 * largest_m) as f32]
}

/// Complete elliptic integral of the first kind, by the arithmetic-geometric mean.
fn elliptic_k(modulus_squared: f64) -> f64 {
    let (mut a, mut b) = (1.0f64, (1.0 - modulus_squared).sqrt());
    for _ in 0..8 {
        (a, b) = (0.5 * (a + b), (a * b).sqrt());
    }
    std::f64::consts::PI / (2.0 * a)
}

#[test]
fn a_free_one_tumbles_as_euler_says() {
    let shape = bent();
    let space = BatchSpec { gravity_mps2: [0.0; 3], ..spec(1.0, radii_of(&shape, 0.005), SOFT, FRICTIONLESS) };
    let mut batch = ParticleBatch::new(BatchSpec { dt_s: 1e-5, ..space }).expect("a batch");
    let grain = Particle { velocity_mps: [0.05, 0.0, 0.0], angular_velocity_radps: [30.0, 200.0, -40.0], ..sized(&shape, 0.005, [0.0; 3]) };
    batch.insert_clump(&Clump { shape: &shape, grain, rotation: [0.5, 0.1, -0.3, 0.8] }).expect("it fits");
    let begins = batch.save().clumps[0].clone();
    let before = batch.books();
    // Angular velocity along its own axes, from what is saved.
    let own = |batch: &mut ParticleBatch| {
        let clump = batch.save().clumps[0].clone();
        let [x, y, z, w] = clump.rotation.map(f64::from);
        let length = x * x + y * y + z * z + w * w;
        let spin = clump.spin.map(|part| part as f64);
        let rows = [
            [1.0 - 2.0 * (y * y + z * z) / length, 2.0 * (x * y - z * w) / length, 2.0 * (x * z + y * w) / length],
            [2.0 * (x * y + z * w) / length, 1.0 - 2.0 * (x * x + z * z) / length, 2.0 * (y * z - x * w) / length],
            [2.0 * (x * z - y * w) / length, 2.0 * (y * z + x * w) / length, 1.0 - 2.0 * (x * x + y * y) / length],
        ];
        [0, 1, 2].map(|a: usize| (0..3).map(|part| rows[part][a] * spin[part]).sum::<f64>())
    };
    // In quanta; only their ratio to the moments counts for the period, once a velocity gives the scale.
    let first = own(&mut batch);
    let quantum = before.kinetic[1] as f64 / 1_099_511_627_776.0;
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| begins.inertia[a].total_cmp(&begins.inertia[b]));
    let moments = order.map(|axis| f64::from(begins.inertia[axis]));
    let raw: f64 = order.iter().zip(moments).map(|(&axis, moment)| first[axis] * first[axis] / moment).sum();
    let scale = (2.0 * quantum / raw).sqrt();
    let spins = order.map(|axis| first[axis] * scale);
    let twice_energy: f64 = spins.iter().zip(moments).map(|(spin, moment)| spin * spin / moment).sum();
    let squared: f64 = spins.iter().map(|spin| spin * spin).sum();
    let [i1, i2, i3] = moments;
    // Landau and Lifshitz, Mechanics, section 37; where the spin is less than 2 E I2, the smallest and largest change places.
    let (i1, i3) = if squared > twice_energy * i2 { (i1, i3) } else { (i3, i1) };
    let rate = ((i3 - i2) * (squared - twice_energy * i1) / (i1 * i2 * i3)).sqrt();
    let modulus = (i2 - i1) * (twice_energy * i3 - squared) / ((i3 - i2) * (squared - twice_energy * i1));
    let expected_s = 4.0 * elliptic_k(modulus) / rate;
    // The component along the middle axis goes through zero, upwards, once a period.
    let (mut crossings, mut last, mut steps) = (Vec::new(), first[order[1]], 0);
    while crossings.len() < 6 && steps < 400_000 {
        batch.run(10).expect("nobody is lost");
        steps += 10;
        let now = own(&mut batch)[order[1]];
        if last < 0.0 && now >= 0.0 {
            crossings.push((f64::from(steps) - 10.0 * now / (now - last)) * 1e-5);
        }
        last = now;
    }
    let found_s = (crossings[5] - crossings[0]) / 5.0;
    println!("period {found_s:.6} s, expected {expected_s:.6} s; {steps} steps");
    assert_within(found_s, expected_s, 1e-4, "period");
    let (ends, after) = (batch.save().clumps[0].clone(), batch.books());
    assert_eq!((ends.spin, ends.momentum), (begins.spin, begins.momentum), "nothing acts on it");
    assert_within(after.kinetic_j(), before.kinetic_j(), 1e-5, "energy");
    let way_m = (batch.particles()[0].1.position_m[0], 0.05 * f64::from(steps) * 1e-5);
    assert_within(way_m.0, way_m.1, 1e-4, "way");
}

/// A rod falls, turned by `angle` out of the vertical, and has left the plane: velocity and angular velocity then.
fn bounced(angle: f64, between: Interaction) -> (f64, f64, ParticleBatch) {
    let (shape, radius_m, falls_mps) = (rod(), 0.005, 0.05);
    let base = BatchSpec { gravity_mps2: [0.0; 3], ..spec(0.2, radii_of(&shape, radius_m), SOFT, between) };
    let dt_s = 0.02 * SOFT.rayleigh_time_s(radius_m as f32);
    let mut batch = ParticleBatch::new(BatchSpec { dt_s, ..base }).expect("a batch");
    let floor = WallShape::Plane { point_m: [0.0; 3], normal: [0.0, 0.0, 1.0] };
    batch.add_wall(0, &floor, SurfaceMotion::default()).expect("a plane");
    let lower_m = 2.0 * radius_m * libm::cos(angle);
    let grain = Particle { velocity_mps: [0.0, 0.0, -falls_mps], ..sized(&shape, radius_m, [0.0, 0.0, lower_m + 1.001 * radius_m]) };
    // Its axis is x; about y it turns towards z.
    let half = 0.5 * (std::f64::consts::FRAC_PI_2 - angle);
    let rotation = [0.0, libm::sin(half), 0.0, libm::cos(half)];
    batch.insert_clump(&Clump { shape: &shape, grain, rotation }).expect("it fits");
    let mut touched = false;
    for _ in 0..200_000 {
        run(&mut batch, 1);
        let touches = batch.books().wall_contacts > 0;
        if touched && !touches {
            break;
        }
        touched |= touches;
    }
    let end = batch.particles()[0].1;
    (end.velocity_mps[2] / falls_mps, end.angular_velocity_radps[1] * radius_m / falls_mps, batch)
}

#[test]
fn a_rod_bounces_off_a_plane_as_a_rigid_body() {
    // Of three touching spheres of radius 1 and mass 1/3: about an axis across, 0.4 + 2/3 * 4.
    let inertia = 0.4 + 8.0 / 3.0;
    for degrees in [10.0f64, 30.0, 60.0] {
        let angle = degrees.to_radians();
        // The lower end's lever; the impulse along the normal reverses the velocity of the point that touches.
        let lever = 2.0 * libm::sin(angle);
        let impulse = 2.0 / (1.0 + lever * lever / inertia);
        let (velocity, turning, batch) = bounced(angle, FRICTIONLESS);
        println!("{degrees} degrees: velocity {velocity:.4}, expected {:.4}; turning {turning:.4}", impulse - 1.0);
        assert!((velocity - (impulse - 1.0)).abs() < 0.01, "{degrees}: {velocity}, expected {}", impulse - 1.0);
        assert_within(turning.abs(), impulse * lever / inertia, 0.01, "turning");
        let books = batch.books();
        let energy = books.kinetic_j() / (0.5 * books.mass_kg() * 0.05 * 0.05);
        assert!((energy - 1.0).abs() < 2e-3, "{degrees}: {energy} of the energy is left");
    }
    // On its end, the mass that bounces is all of it: restitution in is restitution out.
    for restitution in [0.3, 0.8] {
        let (velocity, turning, _) = bounced(0.0, Interaction { restitution, ..FRICTIONLESS });
        assert_within(velocity, restitution, 0.01, "restitution");
        assert!(turning.abs() < 1e-3, "{turning}");
    }
}

fn rough() -> Interaction {
    Interaction { restitution: 0.6, friction: 0.5, rolling_friction: 0.05, cohesion_pa: 100.0 }
}

/// Rods, bent ones and spheres by turns, that fly at each other.
fn mixed_cloud(gravity_mps2: [f64; 3]) -> ParticleBatch {
    let shapes = [rod(), bent()];
    let smallest = shapes.iter().map(|shape| radii_of(shape, 0.004)[0]).fold(f32::INFINITY, f32::min);
    let mut batch = ParticleBatch::new(BatchSpec { gravity_mps2, ..spec(1.0, [smallest, 0.004_01], SOFT, rough()) }).expect("a batch");
    let mut draws = Draws(3);
    for index in 0..4 * 4 * 4 {
        let cell = [index % 4, index / 4 % 4, index / 16].map(|at| 0.026 * (f64::from(at) - 1.5));
        let mut vector = |size: f64| [(); 3].map(|()| draws.between(-size, size));
        let (turns, rotation) = (vector(100.0), vector(1.0));
        let towards = cell.map(|part| -20.0 * part);
        let with = |grain: Particle| Particle { velocity_mps: towards, angular_velocity_radps: turns, ..grain };
        let rotation = [rotation[0], rotation[1], rotation[2], 0.9];
        let length = rotation.iter().map(|part| part * part).sum::<f64>().sqrt();
        match shapes.get(index as usize % 3) {
            Some(shape) => {
                let clump = Clump { shape, grain: with(sized(shape, 0.004, cell)), rotation: rotation.map(|part| part / length) };
                batch.insert_clump(&clump).expect("it fits");
            }
            None => _ = batch.insert(&with(at_rest(cell, 0.004))).expect("it fits"),
        }
    }
    batch
}

#[test]
fn contacts_among_clumps_neither_make_nor_lose_momentum() {
    let mut batch = mixed_cloud([0.0; 3]);
    let before = batch.books();
    let mass: f64 = batch.particles().iter().map(|(_, grain)| SOFT.sphere_mass_kg(grain.radius_m)).sum();
    assert_within(before.mass_kg(), mass, 1e-9, "mass");
    assert_eq!(before.particles, 64, "a clump is one grain");
    let (mut touched, mut angular) = (0, Vec::new());
    for step in 0..2_500 {
        run(&mut batch, 1);
        let now = batch.books();
        assert_eq!((now.momentum, now.mass, now.particles), (before.momentum, before.mass, before.particles));
        touched += now.pair_contacts;
        if step % 500 == 0 {
            angular.push(angular_momentum(&mut batch));
        }
    }
    assert!(touched > 1000, "only {touched} contacts");
    assert!(batch.books().kinetic_j() < 0.95 * before.kinetic_j(), "friction and damping take energy");
    // Not booked, and yet kept, but for friction at levers of whole radii where these overlap.
    let size = before.mass_kg() * 0.05 * 1.0;
    for now in &angular {
        let away = (0..3).map(|axis| (now[axis] - angular[0][axis]).abs()).fold(0.0, f64::max);
        assert!(away < 1e-3 * size, "{now:?}, {:?} at first", angular[0]);
    }
}

/// About the origin [N m s].
fn angular_momentum(batch: &mut ParticleBatch) -> [f64; 3] {
    let grains = batch.particles();
    let per_quantum = batch.books().momentum_per_quantum;
    let saved = batch.save();
    let spin_quantum = spin_per_quantum(batch, per_quantum);
    let mut sum = [0.0; 3];
    for (id, grain) in &grains {
        let mass = SOFT.sphere_mass_kg(grain.radius_m);
        let [x, y, z] = grain.position_m;
        let [px, py, pz] = grain.velocity_mps.map(|part| part * mass);
        let spin = match saved.clumps.binary_search_by_key(id, |clump| clump.id) {
            Ok(index) => saved.clumps[index].spin,
            Err(_) => saved.particles[saved.particles.binary_search_by_key(id, |particle| particle.id).expect("it is there")].spin,
        };
        for (axis, orbital) in [y * pz - z * py, z * px - x * pz, x * py - y * px].into_iter().enumerate() {
            sum[axis] += orbital + spin[axis] as f64 * spin_quantum;
        }
    }
    sum
}

/// The power of two above what a quantum of momentum is at the smallest radius.
fn spin_per_quantum(batch: &ParticleBatch, momentum_per_quantum: f64) -> f64 {
    let wanted = momentum_per_quantum * f64::from(batch.spec().radii_m[0]);
    let mut power = 1.0;
    while power * 0.5 >= wanted {
        power *= 0.5;
    }
    power
}

#[test]
fn what_walls_and_gravity_give_is_what_clumps_have() {
    let mut batch = mixed_cloud([0.0, 0.0, -GRAVITY_MPS2]);
    let floor = WallShape::Plane { point_m: [0.0, 0.0, -0.055], normal: [0.0, 0.0, 1.0] };
    let motion = SurfaceMotion { velocity_mps: [0.4, 0.0, 0.0], ..SurfaceMotion::default() };
    let belt = batch.add_wall(0, &floor, motion).expect("a belt");
    let before = batch.books();
    let free = {
        let mut alone = ParticleBatch::new(batch.spec().clone()).expect("a batch");
        alone.restore(&mixed_cloud([0.0, 0.0, -GRAVITY_MPS2]).save());
        let start = alone.books().momentum;
        run(&mut alone, 1);
        let end = alone.books().momentum;
        [0, 1, 2].map(|axis: usize| end[axis] - start[axis])
    };
    let steps = 4_000;
    run(&mut batch, steps);
    let after = batch.books();
    assert!(after.wall_contacts > 10, "{} contacts with the belt", after.wall_contacts);
    let given = batch.take_wall_impulse(belt).0.map(|part| (part / after.momentum_per_quantum).round() as i128);
    for axis in 0..3 {
        assert_eq!(after.momentum[axis] - before.momentum[axis], i128::from(steps) * free[axis] - given[axis], "axis {axis}");
    }
}

#[test]
fn neither_threads_nor_restoring_show() {
    let heap = drawn_heap(1, 7);
    let after = |threads: usize| {
        on_threads(threads, || {
            let mut batch = heap.batch(&Device::Cpu, OnDeviceLoss::Stop).expect("a batch");
            exercise(&mut batch, &heap, 40).expect("nobody is lost")
        })
    };
    let expected = after(1);
    for threads in [2, 3, 4, 7] {
        assert!(after(threads) == expected, "{threads} threads give other bits");
    }
    let make = || heap.batch(&Device::Cpu, OnDeviceLoss::Stop).expect("a batch");
    let (mut seldom, mut always) = (make(), make());
    for _ in 0..60 {
        run(&mut seldom, 1);
        // Rows are built anew, from what is saved.
        let saved = always.save();
        always.restore(&saved);
        assert!(bits_of(&always.save()) == bits_of(&saved), "saving what was restored gives other bits");
        run(&mut always, 1);
        assert_eq!(seldom.fingerprint(), always.fingerprint());
    }
    assert!(bits_of(&seldom.save()) == bits_of(&always.save()) && seldom.build_count() < always.build_count());
    // One thing more, one other fingerprint.
    let before = seldom.fingerprint();
    let first = seldom.save().clumps[0].id;
    assert_eq!(seldom.remove_where(|id, _| id == first).len(), 1);
    assert_ne!(seldom.fingerprint(), before);
}

#[test]
fn a_clump_comes_and_goes_as_one() {
    let mut batch = mixed_cloud([0.0; 3]);
    let (mass, spheres, next) = (batch.books().mass, batch.spheres().len(), batch.save().next_id);
    assert_eq!((batch.len(), spheres as u64), (64, next), "numbers are those of spheres");
    let clumps = batch.save().clumps.len();
    let removed = batch.remove_where(|id, _| id % 2 == 0);
    let left = batch.len();
    assert_eq!(removed.len() + left, 64);
    assert!(batch.save().clumps.len() < clumps && !batch.save().clumps.is_empty());
    run(&mut batch, 500);
    let counted = |grain: &Particle| (SOFT.sphere_mass_kg(grain.radius_m) * 1_099_511_627_776.0).round_ties_even() as i128;
    let gone: i128 = removed.iter().map(|(_, grain)| counted(grain)).sum();
    assert_eq!(batch.books().mass + gone, mass, "what left has the mass that is missing");
    // Refused with a reason, and nothing is left of it.
    let shape = rod();
    let told = |batch: &mut ParticleBatch, grain: Particle, rotation: [f64; 4]| match batch.insert_clump(&Clump {
        shape: &shape,
        grain,
        rotation,
    }) {
        Err(BatchError::Particle(told)) => told,
        other => panic!("{other:?}"),
    };
    let fine = sized(&shape, 0.004, [0.3, 0.0, 0.0]);
    assert!(told(&mut batch, Particle { radius_m: 0.1, ..fine }, UPRIGHT).contains("a sphere of a clump has radius"));
    assert!(told(&mut batch, Particle { radius_m: f32::NAN, ..fine }, UPRIGHT).contains("volume of a sphere of radius"));
    assert!(told(&mut batch, Particle { position_m: [0.6, 0.0, 0.0], ..fine }, UPRIGHT).contains("outside"));
    assert!(told(&mut batch, Particle { material: 1, ..fine }, UPRIGHT).contains("material 1 of 1"));
    assert!(told(&mut batch, Particle { velocity_mps: [f64::NAN, 0.0, 0.0], ..fine }, UPRIGHT).contains("not finite"));
    assert!(told(&mut batch, fine, [0.0; 4]).contains("unit quaternion"));
    assert_eq!((batch.len(), batch.save().next_id), (left, next));
}
