//! Soft spheres: the same bits whoever computes them, exact books, and the mechanics of single impacts and of bulk.

mod bodies;
mod books;
mod bulk;
mod clumps;
mod impacts;
mod reference;
mod rolling;
mod same_bits;

use linetwin_compute::kernels::particles::{BatchSpec, ContactLaw, Interaction, Material, Particle, ParticleBatch};

const GRAVITY_MPS2: f64 = 9.81;

const SOFT: Material = Material { youngs_modulus_pa: 5e6, poisson_ratio: 0.3, density_kg_per_m3: 2500.0 };

/// One material for particles and walls, in a cube of `side_m` about the origin.
fn spec(side_m: f64, radii_m: [f32; 2], material: Material, between: Interaction) -> BatchSpec {
    BatchSpec {
        bounds_m: [[-0.5 * side_m; 3], [0.5 * side_m; 3]],
        radii_m,
        materials: vec![material],
        interactions: vec![between],
        law: ContactLaw::HertzMindlin,
        gravity_mps2: [0.0, 0.0, -GRAVITY_MPS2],
        dt_s: 0.15 * material.rayleigh_time_s(radii_m[0]),
    }
}

fn at_rest(position_m: [f64; 3], radius_m: f32) -> Particle {
    Particle { position_m, velocity_mps: [0.0; 3], angular_velocity_radps: [0.0; 3], radius_m, material: 0 }
}

fn run(batch: &mut ParticleBatch, steps: u32) {
    for _ in 0..steps {
        batch.step().expect("nothing is lost");
    }
}

/// Numbers from 0 to 1, the same ones everywhere.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
}

fn assert_within(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * expected.abs(), "{what}: {found}, expected {expected} ({:.2} % off)", 100.0 * error / expected.abs());
}
