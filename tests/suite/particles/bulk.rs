//! Bulk material as it is measured: a pile's angle of repose, discharge of a hopper after Beverloo, pressure in a silo
//! after Janssen. Small, so the bands are wide; each also compares two cases of which theory knows the ratio.

use super::{Draws, GRAVITY_MPS2, SOFT, at_rest, run, spec};
use linetwin_compute::kernels::particles::{BatchSpec, Clump, ClumpShape, Interaction, ParticleBatch, SurfaceMotion, WallId, WallShape};
use std::f64::consts::PI;

const RADIUS_M: f32 = 0.004;

/// Soft enough for long steps; a little smaller and larger than the mean, so that no crystal grows.
fn grains(between: Interaction, side_m: f64) -> BatchSpec {
    let material = linetwin_compute::kernels::particles::Material { youngs_modulus_pa: 2e6, ..SOFT };
    let base = spec(side_m, [0.9 * RADIUS_M, 1.1 * RADIUS_M], material, between);
    BatchSpec { dt_s: 0.25 * material.rayleigh_time_s(0.9 * RADIUS_M), ..base }
}

fn rough(rolling_friction: f64) -> Interaction {
    Interaction { restitution: 0.3, friction: 0.5, rolling_friction, cohesion_pa: 0.0 }
}

/// Fills a standing cylinder about the z axis with loose layers.
fn pour(batch: &mut ParticleBatch, radius_m: f64, from_z_m: f64, count: usize) {
    pour_shaped(batch, None, radius_m, from_z_m, count);
}

/// The same with clumps of the volume of those spheres, turned as they like.
fn pour_shaped(batch: &mut ParticleBatch, shape: Option<&ClumpShape>, radius_m: f64, from_z_m: f64, count: usize) {
    let mut draws = Draws(11);
    let reach = shape.map_or(1.0, ClumpShape::reach);
    let pitch = 2.3 * reach * f64::from(RADIUS_M);
    let (mut poured, mut layer) = (0, 0);
    while poured < count {
        let half = (radius_m / pitch) as i32;
        for x in -half..=half {
            for y in -half..=half {
                let (x, y) = (f64::from(x) * pitch, f64::from(y) * pitch);
                if (x * x + y * y).sqrt() > radius_m - 1.2 * reach * f64::from(RADIUS_M) || poured == count {
                    continue;
                }
                let jitter = [(); 2].map(|()| draws.between(-1e-4, 1e-4));
                let radius = draws.between(0.9, 1.1) * f64::from(RADIUS_M);
                let z = from_z_m + (f64::from(layer) + 0.5) * pitch;
                let radius = (radius as f32).clamp(0.9 * RADIUS_M, 1.1 * RADIUS_M);
                let grain = at_rest([x + jitter[0], y + jitter[1], z], radius);
                match shape {
                    None => _ = batch.insert(&grain).expect("it fits"),
                    Some(shape) => {
                        let rotation = [(); 4].map(|()| draws.between(-1.0, 1.0));
                        let length = rotation.iter().map(|part| part * part).sum::<f64>().sqrt();
                        let rotation = if length > 0.1 { rotation.map(|part| part / length) } else { [0.0, 0.0, 0.0, 1.0] };
                        batch.insert_clump(&Clump { shape, grain, rotation }).expect("it fits");
                    }
                }
                poured += 1;
            }
        }
        layer += 1;
    }
}

fn run_s(batch: &mut ParticleBatch, time_s: f64) {
    let steps = (time_s / batch.spec().dt_s).round() as u32;
    run(batch, steps);
}

fn tube_shape(radius_m: f64, from_m: f64, to_m: f64) -> WallShape {
    let (from_m, to_m) = ([0.0, 0.0, from_m], [0.0, 0.0, to_m]);
    WallShape::Frustum { from_m, from_radius_m: radius_m, to_m, to_radius_m: radius_m, sides: 48 }
}

/// A standing tube.
fn tube(batch: &mut ParticleBatch, radius_m: f64, from_m: f64, to_m: f64) -> WallId {
    batch.add_wall(0, &tube_shape(radius_m, from_m, to_m), SurfaceMotion::default()).expect("a tube")
}

fn floor(batch: &mut ParticleBatch, material: usize, z_m: f64) -> WallId {
    let shape = WallShape::Plane { point_m: [0.0, 0.0, z_m], normal: [0.0, 0.0, 1.0] };
    batch.add_wall(material, &shape, SurfaceMotion::default()).expect("a floor")
}

/// Angle of the pile that is left when a tube of grains is slowly lifted [degrees]: that of the cone with the same height
/// of its centre of mass and the same mean distance from its axis.
fn pile_angle_deg(rolling_friction: f64, shape: Option<&ClumpShape>) -> f64 {
    let mut one = grains(rough(rolling_friction), 3.0);
    if let Some(shape) = shape {
        let [smallest, largest] = shape.radii().map(|radius| radius as f32);
        one.radii_m = [0.899 * RADIUS_M * smallest, 1.101 * RADIUS_M * largest];
        one.dt_s = 0.25 * one.materials[0].rayleigh_time_s(one.radii_m[0]);
    }
    // The lowest layer lies as if on glued grains, else a pile stands on rollers.
    let base = Interaction { friction: 1.0, ..rough(1.0) };
    let interactions = vec![rough(rolling_friction), base, base];
    let mut pile = ParticleBatch::new(BatchSpec { materials: vec![one.materials[0]; 2], interactions, ..one }).expect("a batch");
    floor(&mut pile, 1, 0.0);
    // Clumps begin looser.
    let top = if shape.is_some() { 0.8 } else { 0.4 };
    let mantle = tube(&mut pile, 0.04, 0.0, top);
    pour_shaped(&mut pile, shape, 0.04, 0.0, 700);
    run_s(&mut pile, if shape.is_some() { 0.5 } else { 0.3 });
    let (speed, placed_every) = (0.1, 5);
    let mut lifted = 0.0;
    while lifted < 0.07 {
        lifted += speed * f64::from(placed_every) * pile.spec().dt_s;
        let motion = SurfaceMotion { velocity_mps: [0.0, 0.0, speed as f32], ..SurfaceMotion::default() };
        pile.place_wall(mantle, &tube_shape(0.04, lifted, top + lifted), motion).expect("as many facets");
        run(&mut pile, placed_every);
    }
    run_s(&mut pile, 0.5);
    let books = pile.books();
    let still = books.kinetic_j() < 1e-2 * books.mass_kg() * GRAVITY_MPS2 * f64::from(RADIUS_M);
    assert!(still || rolling_friction == 0.0, "the pile still moves: {} J", books.kinetic_j());
    // Single grains that rolled away are no pile.
    let heap: Vec<[f64; 3]> = pile.particles().iter().map(|(_, p)| p.position_m).filter(|[x, y, _]| (x * x + y * y).sqrt() < 0.1).collect();
    let count = heap.len() as f64;
    let height = heap.iter().map(|[_, _, z]| z - f64::from(RADIUS_M)).sum::<f64>() / count;
    let radius = heap.iter().map(|[x, y, _]| (x * x + y * y).sqrt()).sum::<f64>() / count;
    // A cone of height h and base r has its centre at h/4, and its mean distance from the axis is r/2.
    libm::atan(4.0 * height / (2.0 * radius)).to_degrees()
}

#[test]
fn a_pile_stands_at_its_angle_of_repose() {
    let [smooth, usual, sticky] = [0.0, 0.1, 0.4].map(|rolling| pile_angle_deg(rolling, None));
    println!("angles of repose {smooth:.1}, {usual:.1}, {sticky:.1} degrees");
    // Spheres without rolling resistance heap up to 15 to 20 degrees, grains that do not roll well to 25 to 35.
    assert!((12.0..21.0).contains(&smooth) && 1.05 * smooth < usual && 1.1 * usual < sticky, "{smooth}, {usual}, {sticky}");
    assert!((20.0..35.0).contains(&sticky), "{sticky}");
}

#[test]
fn what_is_not_round_heaps_up_steeper() {
    // Without any rolling resistance: what stands in the way of rolling is the shape alone.
    let spheres = pile_angle_deg(0.0, None);
    let corners = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
    let tetrahedron = corners.map(|corner: [f64; 3]| (corner.map(|part| 0.7 * part), 1.0));
    let clumps = pile_angle_deg(0.0, Some(&ClumpShape::new(&tetrahedron).expect("four that overlap a little")));
    println!("angles of repose: spheres {spheres:.1}, tetrahedra of the same volume {clumps:.1} degrees");
    assert!(clumps > 1.2 * spheres && (20.0..40.0).contains(&clumps), "{spheres}, {clumps}");
}

/// Mass per time through a round hole in a flat floor [kg/s], and the bulk density of the filling [kg/m^3].
fn discharge(hole_m: f64) -> (f64, f64) {
    let spec = BatchSpec { bounds_m: [[-0.1, -0.1, -0.4], [0.1, 0.1, 0.6]], ..grains(rough(0.05), 1.0) };
    let mut batch = ParticleBatch::new(spec).expect("a batch");
    let silo = 0.05;
    tube(&mut batch, silo, 0.0, 0.6);
    let ring = |inner: f64| WallShape::Frustum {
        from_m: [0.0, 0.0, 0.0],
        from_radius_m: inner,
        to_m: [0.0, 0.0, 1e-9],
        to_radius_m: silo + 0.01,
        sides: 48,
    };
    batch.add_wall(0, &ring(0.5 * hole_m), SurfaceMotion::default()).expect("a floor with a hole");
    let lid = WallShape::Frustum {
        from_m: [0.0, 0.0, 0.0],
        from_radius_m: 0.0,
        to_m: [0.0, 0.0, 1e-9],
        to_radius_m: 0.5 * hole_m + 0.001,
        sides: 48,
    };
    let lid_id = batch.add_wall(0, &lid, SurfaceMotion::default()).expect("a gate");
    pour(&mut batch, silo, 0.0, 3000);
    run_s(&mut batch, 0.35);
    let inside = |z: f64| z < 0.08 && z > 0.01;
    let mass_of = |radius: f32, batch: &ParticleBatch| batch.spec().materials[0].sphere_mass_kg(radius);
    let held: f64 = batch.particles().iter().filter(|(_, p)| inside(p.position_m[2])).map(|(_, p)| mass_of(p.radius_m, &batch)).sum();
    let density = held / (PI * silo * silo * 0.07);
    // The gate swings away: out of reach below.
    let WallShape::Frustum { to_radius_m, sides, .. } = lid else { unreachable!("it is one") };
    let away = WallShape::Frustum { from_m: [0.0, 0.0, -0.39], from_radius_m: 0.0, to_m: [0.0, 0.0, -0.39 + 1e-9], to_radius_m, sides };
    batch.place_wall(lid_id, &away, SurfaceMotion::default()).expect("as many facets");
    let passed = |batch: &mut ParticleBatch, time_s: f64| {
        let mut mass = 0.0;
        for _ in 0..(time_s / 0.01) as u32 {
            run_s(batch, 0.01);
            mass += batch.remove_where(|_, p| p.position_m[2] < -0.03).iter().map(|(_, p)| mass_of(p.radius_m, batch)).sum::<f64>();
        }
        mass
    };
    passed(&mut batch, 0.2);
    let time_s = 0.3;
    (passed(&mut batch, time_s) / time_s, density)
}

#[test]
fn a_hopper_discharges_after_beverloo() {
    // W = C rho sqrt(g) (D - k d)^(5/2); measured are C = 0.55 to 0.65 and k = 1.2 to 2, for spheres about 1.5.
    let beverloo = |hole_m: f64, density: f64, c: f64, k: f64| {
        c * density * GRAVITY_MPS2.sqrt() * libm::pow(hole_m - k * 2.0 * f64::from(RADIUS_M), 2.5)
    };
    let holes = [0.040, 0.052];
    let found = holes.map(discharge);
    for (hole, (flow, density)) in holes.into_iter().zip(found) {
        let band = [beverloo(hole, density, 0.55, 2.0), beverloo(hole, density, 0.65, 1.2)];
        println!("hole {hole} m: {flow:.4} kg/s, Beverloo {band:.4?} kg/s, bulk density {density:.0} kg/m^3");
        assert!((band[0]..band[1]).contains(&flow), "hole {hole} m: {flow} kg/s, Beverloo {band:?}");
        assert!((0.52..0.64).contains(&(density / SOFT.density_kg_per_m3)), "bulk density {density}");
    }
    let ratio = found[1].0 / found[0].0;
    let expected = beverloo(holes[1], 1.0, 0.58, 1.5) / beverloo(holes[0], 1.0, 0.58, 1.5);
    assert!((0.85..1.15).contains(&(ratio / expected)), "flow grows by {ratio}, after Beverloo by {expected}");
}

/// Share of the filling's weight that its floor bears, and that the wall bears, in a silo filled to several diameters.
fn floor_share(wall_friction: f64) -> (f64, f64, f64) {
    let one = grains(rough(0.05), 1.0);
    let wall = Interaction { friction: wall_friction, ..rough(0.1) };
    let spec = BatchSpec {
        bounds_m: [[-0.1, -0.1, -0.1], [0.1, 0.1, 1.1]],
        materials: vec![one.materials[0]; 2],
        interactions: vec![rough(0.1), wall, wall],
        ..one
    };
    let mut batch = ParticleBatch::new(spec).expect("a batch");
    let radius = 0.026;
    let shape =
        WallShape::Frustum { from_m: [0.0, 0.0, -0.02], from_radius_m: radius, to_m: [0.0, 0.0, 1.1], to_radius_m: radius, sides: 32 };
    let mantle = batch.add_wall(1, &shape, SurfaceMotion::default()).expect("a silo");
    let bottom = floor(&mut batch, 0, 0.0);
    pour(&mut batch, radius, 0.0, 1000);
    run_s(&mut batch, 0.9);
    // The floor is lowered a little: friction is then fully mobilised, which Janssen supposes (as in Vanel and Clement 1999).
    let (speed, placed_every) = (0.03, 5);
    let mut lowered = 0.0;
    let mut lower = |batch: &mut ParticleBatch, time_s: f64| {
        let steps = (time_s / batch.spec().dt_s).round() as u32;
        for _ in 0..steps / placed_every {
            lowered += speed * f64::from(placed_every) * batch.spec().dt_s;
            let shape = WallShape::Plane { point_m: [0.0, 0.0, -lowered], normal: [0.0, 0.0, 1.0] };
            let motion = SurfaceMotion { velocity_mps: [0.0, 0.0, -speed as f32], ..SurfaceMotion::default() };
            batch.place_wall(bottom, &shape, motion).expect("as before");
            run(batch, placed_every);
        }
        f64::from(steps / placed_every * placed_every) * batch.spec().dt_s
    };
    lower(&mut batch, 0.1);
    batch.take_wall_impulse(bottom);
    batch.take_wall_impulse(mantle);
    let before = batch.books().momentum_kgmps()[2];
    let time_s = lower(&mut batch, 0.1);
    let weight_impulse = batch.books().mass_kg() * GRAVITY_MPS2 * time_s;
    let change = (batch.books().momentum_kgmps()[2] - before).abs();
    assert!(change < 0.02 * weight_impulse, "the filling still moves: {change} of {weight_impulse} N s");
    let top = batch.particles().iter().map(|(_, p)| p.position_m[2]).fold(0.0, f64::max);
    let on = |(impulse, _): ([f64; 3], [f64; 3])| -impulse[2] / weight_impulse;
    (on(batch.take_wall_impulse(bottom)), on(batch.take_wall_impulse(mantle)), top / (2.0 * radius))
}

#[test]
fn a_silo_wall_bears_what_janssen_says() {
    // floor / weight = (1 - exp(-x)) / x with x = 4 mu K height / diameter; K, sideways over downward pressure, lies
    // between 0.3 and 0.9 where grains are poured in.
    let janssen = |friction: f64, slenderness: f64, lateral: f64| {
        let x = 4.0 * friction * lateral * slenderness;
        (1.0 - libm::exp(-x)) / x
    };
    let (floor, wall, _) = floor_share(0.0);
    assert!((floor - 1.0).abs() < 0.02 && wall.abs() < 0.02, "a smooth wall bears nothing: floor {floor}, wall {wall}");
    let mut last = floor;
    for friction in [0.2, 0.5] {
        let (floor, wall, slenderness) = floor_share(friction);
        println!("friction {friction}, height {slenderness:.1} diameters: floor {floor:.3}, wall {wall:.3}");
        assert!((floor + wall - 1.0).abs() < 0.02, "floor {floor} and wall {wall} bear the weight");
        let band = [0.9, 0.3].map(|lateral| janssen(friction, slenderness, lateral));
        assert!((band[0]..band[1]).contains(&floor), "friction {friction}: floor {floor}, Janssen {band:?}");
        assert!(floor < 0.9 * last, "more friction, less on the floor");
        last = floor;
    }
}
