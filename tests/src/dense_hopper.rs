//! Spheres that flow dense in a cylinder over a funnel, once or side by side: the case of the benches of particles.

use crate::repository_root;
use linetwin_compute::kernels::particles::{
    BatchSpec, ContactLaw, Interaction, Material, Particle, ParticleBatch, SurfaceMotion, WallShape,
};
use linetwin_compute::{Device, OnDeviceLoss};
use std::path::{Path, PathBuf};

const RADIUS_M: f32 = 0.005;
/// Radius and height at the lower end, then at the upper one [m].
pub const FUNNEL: [f64; 4] = [0.05, 0.0, 0.25, 0.25];
pub const MANTLE: [f64; 4] = [0.25, 0.25, 0.25, 1.1];
pub const SIDES: u32 = 64;
/// Between two hoppers [m].
const PITCH_M: f64 = 0.6;

/// 98,218 spheres, where the designs lie beside the checkout.
pub fn usual_state() -> PathBuf {
    repository_root().join("../shared/design/bench/dem/dem_dense.txt.gz")
}

/// A text of `x y z vx vy vz` per sphere [m, m/s], packed by gzip or not.
pub fn read_state(path: &Path) -> Option<Vec<[f64; 6]>> {
    let bytes = std::fs::read(path).ok()?;
    let text = if path.extension().is_some_and(|extension| extension == "gz") {
        std::process::Command::new("gzip").arg("-dc").arg(path).output().ok()?.stdout
    } else {
        bytes
    };
    let text = String::from_utf8(text).ok()?;
    let numbers = |line: &str| line.split_whitespace().map(|number| number.parse::<f64>().ok()).collect::<Option<Vec<f64>>>();
    text.lines().map(|line| numbers(line)?.try_into().ok()).collect()
}

/// So many hoppers in a row, each with the state.
pub fn batch_of(device: &Device, spheres: &[[f64; 6]], copies: usize) -> ParticleBatch {
    let last = PITCH_M * (copies - 1) as f64;
    let spec = BatchSpec {
        bounds_m: [[-0.3, -0.3, -1.5], [last + 0.3, 0.3, 1.2]],
        radii_m: [RADIUS_M; 2],
        materials: vec![Material { youngs_modulus_pa: 5e6, poisson_ratio: 0.3, density_kg_per_m3: 2500.0 }],
        interactions: vec![Interaction { restitution: 0.5, friction: 0.5, rolling_friction: 0.0, cohesion_pa: 0.0 }],
        law: ContactLaw::HertzMindlin,
        gravity_mps2: [0.0, 0.0, -9.81],
        dt_s: 5e-5,
    };
    let mut batch = ParticleBatch::on(device, spec, OnDeviceLoss::Stop).expect("the case makes a batch");
    for copy in 0..copies {
        let along = PITCH_M * copy as f64;
        for [x, y, z, vx, vy, vz] in spheres {
            let particle = Particle {
                position_m: [x + along, *y, *z],
                velocity_mps: [*vx, *vy, *vz],
                angular_velocity_radps: [0.0; 3],
                radius_m: RADIUS_M,
                material: 0,
            };
            batch.insert(&particle).expect("it fits");
        }
        for [from_radius_m, from_z, to_radius_m, to_z] in [FUNNEL, MANTLE] {
            let (from_m, to_m) = ([along, 0.0, from_z], [along, 0.0, to_z]);
            let shape = WallShape::Frustum { from_m, from_radius_m, to_m, to_radius_m, sides: SIDES };
            batch.add_wall(0, &shape, SurfaceMotion::default()).expect("a wall");
        }
    }
    batch
}
