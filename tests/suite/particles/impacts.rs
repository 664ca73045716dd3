//! The eight impacts of Chung and Ooi (2011, Granular Matter 13, 643), with their materials and speeds: against Hertz and
//! rigid-body sliding where these are exact, and everywhere against the double-precision reference.

use super::reference::{Impact, Outcome};
use super::{assert_within, run};
use linetwin_compute::kernels::particles::{
    BatchSpec, ContactLaw, Interaction, Material, Particle, ParticleBatch, SurfaceMotion, WallShape,
};

/// What single precision and steps of 1 % of the Rayleigh time are off by [-].
const ONE_PERCENT: f64 = 0.01;

const fn material(youngs_modulus_pa: f64, poisson_ratio: f64, density_kg_per_m3: f64) -> Material {
    Material { youngs_modulus_pa, poisson_ratio, density_kg_per_m3 }
}

const GLASS: Material = material(4.8e10, 0.20, 2800.0);
const LIMESTONE: Material = material(2.0e10, 0.25, 2500.0);
const ALUMINIUM: Material = material(7.0e10, 0.33, 2700.0);
const MAGNESIUM: Material = material(4.0e10, 0.35, 1800.0);
const ALUMINIUM_OXIDE: Material = material(3.8e11, 0.23, 4000.0);
const CAST_IRON: Material = material(1.5e11, 0.25, 7000.0);
const STEEL: Material = material(2.08e11, 0.30, 7850.0);
const NYLON: Material = material(2.5e9, 0.40, 1000.0);
const COPPER: Material = material(1.2e11, 0.35, 8900.0);

/// A plane 1000 times as stiff as what hits it counts as rigid.
fn rigid(of: Material) -> Material {
    Material { youngs_modulus_pa: 1000.0 * of.youngs_modulus_pa, ..of }
}

fn on_plane(of: Material, radius_m: f64, normal_mps: f64) -> Impact {
    Impact {
        materials: [of, rigid(of)],
        radii_m: [Some(radius_m), None],
        friction: 0.0,
        restitution: 1.0,
        normal_mps,
        tangential_mps: 0.0,
        spins_radps: [0.0; 2],
    }
}

/// The same impact by the kernel.
fn collide(impact: &Impact) -> Outcome {
    let radius = impact.radii_m[0].expect("the first body is a sphere");
    let radii = [Some(radius), impact.radii_m[1]].map(|radius| radius.unwrap_or(f64::INFINITY));
    let largest = impact.radii_m[1].unwrap_or(radius).max(radius);
    let smallest = radii[0].min(radii[1]);
    let between = Interaction { restitution: impact.restitution, friction: impact.friction, rolling_friction: 0.0, cohesion_pa: 0.0 };
    let rayleigh_s = impact.materials.iter().map(|m| m.rayleigh_time_s(smallest as f32)).fold(f64::INFINITY, f64::min);
    let dt_s = (0.2 * rayleigh_s).min(impact.hertz().1 / 2000.0);
    // The second body begins at the origin and fills the space below it.
    let spec = BatchSpec {
        bounds_m: [[-3.0 * largest; 3], [3.0 * largest; 3]],
        radii_m: [smallest as f32, largest as f32],
        materials: impact.materials.to_vec(),
        interactions: vec![between; 3],
        law: ContactLaw::HertzMindlin,
        gravity_mps2: [0.0; 3],
        dt_s,
    };
    let mut batch = ParticleBatch::new(spec).expect("the impact makes a batch");
    let gap = 3.0 * impact.normal_mps * dt_s;
    let sphere = |body: usize, z: f64, normal: f64, tangential: f64| Particle {
        position_m: [0.0, 0.0, z],
        velocity_mps: [tangential, 0.0, normal],
        angular_velocity_radps: [0.0, impact.spins_radps[body], 0.0],
        radius_m: radii[body] as f32,
        material: body,
    };
    batch.insert(&sphere(0, radius + gap, -impact.normal_mps, impact.tangential_mps)).expect("it fits");
    match impact.radii_m[1] {
        Some(radius) => {
            batch.insert(&sphere(1, -radius, 0.0, 0.0)).expect("it fits");
        }
        None => {
            let shape = WallShape::Plane { point_m: [0.0; 3], normal: [0.0, 0.0, 1.0] };
            batch.add_wall(1, &shape, SurfaceMotion::default()).expect("a plane");
        }
    }
    let mass = impact.mass_kg(0);
    let (mut largest_force_n, mut touching, mut speed) = (0.0f64, 0, -impact.normal_mps);
    let steps = (2.5 * impact.hertz().1 / dt_s) as u32;
    for _ in 0..steps {
        run(&mut batch, 1);
        let now = batch.particles()[0].1.velocity_mps[2];
        touching += u32::from((now - speed).abs() > 1e-7 * impact.normal_mps);
        largest_force_n = largest_force_n.max(mass * (now - speed) / dt_s);
        speed = now;
    }
    let end = batch.particles()[0].1;
    Outcome {
        normal_mps: end.velocity_mps[2],
        tangential_mps: end.velocity_mps[0],
        spin_radps: end.angular_velocity_radps[1],
        largest_force_n,
        duration_s: f64::from(touching) * dt_s,
    }
}

/// Everything that a sphere leaves with, measured by the speed and spin that friction could give it.
fn assert_like_reference(impact: &Impact, found: &Outcome) {
    let expected = impact.solve();
    let radius = impact.radii_m[0].expect("a sphere");
    let size = impact.normal_mps + impact.tangential_mps.abs() + (radius * impact.spins_radps[0]).abs();
    for (what, found, expected) in [
        ("normal velocity", found.normal_mps, expected.normal_mps),
        ("tangential velocity", found.tangential_mps, expected.tangential_mps),
        ("surface speed", radius * found.spin_radps, radius * expected.spin_radps),
    ] {
        assert!((found - expected).abs() < ONE_PERCENT * size, "{what}: {found}, expected {expected} m/s, in {impact:?}");
    }
}

/// What a sphere leaves a plane with when it slides all the time: change of velocity along the plane and of spin.
fn sliding(impact: &Impact) -> (f64, f64) {
    let change = impact.friction * (1.0 + impact.restitution) * impact.normal_mps;
    (change, 2.5 * change / impact.radii_m[0].expect("a sphere"))
}

#[test]
fn impact_1_two_identical_spheres() {
    for of in [GLASS, LIMESTONE] {
        // 10 m/s each.
        let impact = Impact { materials: [of, of], radii_m: [Some(0.01); 2], ..on_plane(of, 0.01, 20.0) };
        let found = collide(&impact);
        let (force_n, duration_s) = impact.hertz();
        assert_within(found.largest_force_n, force_n, ONE_PERCENT, "largest force");
        assert_within(found.duration_s, duration_s, ONE_PERCENT, "duration");
        // Equal masses swap their velocities.
        assert!(found.normal_mps.abs() < ONE_PERCENT * impact.normal_mps, "{found:?}");
    }
}

#[test]
fn impact_2_a_sphere_on_a_plane() {
    for of in [ALUMINIUM, MAGNESIUM] {
        let impact = on_plane(of, 0.1, 0.2);
        let found = collide(&impact);
        let (force_n, duration_s) = impact.hertz();
        assert_within(found.largest_force_n, force_n, ONE_PERCENT, "largest force");
        assert_within(found.duration_s, duration_s, ONE_PERCENT, "duration");
        assert_within(found.normal_mps, 0.2, ONE_PERCENT, "speed after");
    }
}

#[test]
fn impact_3_restitution_in_is_restitution_out() {
    for of in [ALUMINIUM_OXIDE, CAST_IRON] {
        for restitution in [0.2, 0.4, 0.6, 0.8, 1.0] {
            let found = collide(&Impact { restitution, ..on_plane(of, 0.0025, 3.9) });
            assert_within(found.normal_mps / 3.9, restitution, ONE_PERCENT, "restitution");
        }
    }
}

#[test]
fn impact_4_at_constant_speed_under_several_angles() {
    for of in [ALUMINIUM_OXIDE, ALUMINIUM] {
        for angle_deg in [2.0f64, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 80.0] {
            let angle = angle_deg.to_radians();
            let (normal_mps, tangential_mps) = (3.9 * libm::cos(angle), 3.9 * libm::sin(angle));
            let impact = Impact { friction: 0.092, restitution: 0.98, tangential_mps, ..on_plane(of, 0.0025, normal_mps) };
            let found = collide(&impact);
            assert_like_reference(&impact, &found);
            // Rigid spheres slide all the time past 7/2 mu (1 + e) = tan 32.5 degrees.
            if angle_deg > 40.0 {
                let (change_mps, spin_radps) = sliding(&impact);
                assert_within(tangential_mps - found.tangential_mps, change_mps, ONE_PERCENT, "lost along the plane");
                assert_within(found.spin_radps, spin_radps, ONE_PERCENT, "spin");
            }
        }
    }
}

#[test]
fn impact_5_at_constant_normal_speed_and_several_tangential_ones() {
    for tangential_mps in [0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0] {
        let impact = Impact { friction: 0.3, tangential_mps, ..on_plane(STEEL, 1e-5, 5.0) };
        let found = collide(&impact);
        assert_like_reference(&impact, &found);
        let (change_mps, _) = sliding(&impact);
        if tangential_mps > 3.5 * change_mps {
            assert_within(tangential_mps - found.tangential_mps, change_mps, ONE_PERCENT, "lost along the plane");
        }
    }
}

const SPINS_RADPS: [f64; 8] = [0.175, 0.5, 1.0, 2.0, 3.0, 5.0, 9.0, 21.0];

#[test]
fn impact_6_with_several_spins_on_a_plane() {
    for of in [ALUMINIUM, NYLON] {
        for spin in SPINS_RADPS {
            let impact = Impact { friction: 0.4, restitution: 0.5, spins_radps: [spin, 0.0], ..on_plane(of, 0.1, 0.2) };
            let found = collide(&impact);
            assert_like_reference(&impact, &found);
            let (change_mps, lost_radps) = sliding(&impact);
            if 0.1 * spin > 3.5 * change_mps {
                assert_within(found.tangential_mps, change_mps, ONE_PERCENT, "gained along the plane");
                assert_within(spin - found.spin_radps, lost_radps, ONE_PERCENT, "lost spin");
            }
        }
    }
}

#[test]
fn impact_7_two_identical_spinning_spheres() {
    for of in [ALUMINIUM, COPPER] {
        for spin in SPINS_RADPS {
            let pair = Impact { materials: [of, of], radii_m: [Some(0.1); 2], ..on_plane(of, 0.1, 0.4) };
            let impact = Impact { friction: 0.4, restitution: 0.5, spins_radps: [spin; 2], ..pair };
            assert_like_reference(&impact, &collide(&impact));
        }
    }
}

#[test]
fn impact_8_two_different_spheres() {
    for of in [ALUMINIUM, NYLON] {
        for spin in SPINS_RADPS {
            // The larger one is so heavy that it hardly moves.
            let heavy = Material { density_kg_per_m3: 1000.0 * of.density_kg_per_m3, ..of };
            let pair = Impact { materials: [of, heavy], radii_m: [Some(0.1), Some(0.5)], ..on_plane(of, 0.1, 0.2) };
            let impact = Impact { friction: 0.4, restitution: 0.5, spins_radps: [spin, 0.0], ..pair };
            assert_like_reference(&impact, &collide(&impact));
        }
    }
}

#[test]
fn linear_springs_meet_contact_time_and_restitution() {
    let stiffness = 1e4;
    for restitution in [0.3, 0.7, 1.0] {
        let between = Interaction { restitution, ..Interaction::FRICTIONLESS_ELASTIC };
        let law = ContactLaw::LinearSpring { normal_n_per_m: stiffness, tangential_n_per_m: stiffness };
        let base = super::spec(0.2, [0.005; 2], super::SOFT, between);
        let mass = super::SOFT.sphere_mass_kg(0.005);
        let contact_s = std::f64::consts::PI * (0.5 * mass / stiffness).sqrt();
        let spec = BatchSpec { law, gravity_mps2: [0.0; 3], dt_s: contact_s / 500.0, ..base };
        let mut batch = ParticleBatch::new(spec.clone()).expect("a batch");
        for (x, speed) in [(-0.005_000_1, 0.5), (0.005_000_1, -0.5)] {
            let sphere = Particle { velocity_mps: [speed, 0.0, 0.0], ..super::at_rest([x, 0.0, 0.0], 0.005) };
            batch.insert(&sphere).expect("it fits");
        }
        let (mut touching, mut speed) = (0, 0.5);
        for _ in 0..1200 {
            run(&mut batch, 1);
            let now = batch.particles()[0].1.velocity_mps[0];
            touching += u32::from(now != speed);
            speed = now;
        }
        assert_within(-speed / 0.5, restitution, ONE_PERCENT, "restitution");
        if restitution == 1.0 {
            assert_within(f64::from(touching) / 500.0, 1.0, ONE_PERCENT, "contact time");
        }
    }
}
