//! The impact of two spheres, or of a sphere on a plane, in double precision and in the plane: the equations of Hertz,
//! Mindlin and Coulomb written down a second time, with very short steps.

use linetwin_compute::kernels::particles::Material;
use std::f64::consts::PI;

/// Two bodies that meet along z: the first comes from above with `-normal_mps`, seen from the second.
#[derive(Clone, Copy, Debug)]
pub struct Impact {
    pub materials: [Material; 2],
    /// No second radius is a plane.
    pub radii_m: [Option<f64>; 2],
    pub friction: f64,
    pub restitution: f64,
    /// Of the first towards the second.
    pub normal_mps: f64,
    /// Of the first, along x.
    pub tangential_mps: f64,
    /// Of both, about y.
    pub spins_radps: [f64; 2],
}

/// Of the first body, in the frame in which the second stood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub normal_mps: f64,
    pub tangential_mps: f64,
    pub spin_radps: f64,
    pub largest_force_n: f64,
    pub duration_s: f64,
}

impl Impact {
    pub fn mass_kg(&self, body: usize) -> f64 {
        let material = &self.materials[body];
        self.radii_m[body].map_or(f64::INFINITY, |r| material.density_kg_per_m3 * 4.0 / 3.0 * PI * r * r * r)
    }

    pub fn effective_mass_kg(&self) -> f64 {
        1.0 / (1.0 / self.mass_kg(0) + 1.0 / self.mass_kg(1))
    }

    pub fn effective_radius_m(&self) -> f64 {
        1.0 / self.radii_m.iter().map(|radius| radius.map_or(0.0, |r| 1.0 / r)).sum::<f64>()
    }

    pub fn effective_modulus_pa(&self) -> f64 {
        1.0 / self.materials.iter().map(|m| (1.0 - m.poisson_ratio * m.poisson_ratio) / m.youngs_modulus_pa).sum::<f64>()
    }

    fn effective_shear_modulus_pa(&self) -> f64 {
        let side = |m: &Material| (2.0 - m.poisson_ratio) * 2.0 * (1.0 + m.poisson_ratio) / m.youngs_modulus_pa;
        1.0 / self.materials.iter().map(side).sum::<f64>()
    }

    /// Hertz: largest force and duration of an elastic normal impact.
    pub fn hertz(&self) -> (f64, f64) {
        let (mass, radius, modulus) = (self.effective_mass_kg(), self.effective_radius_m(), self.effective_modulus_pa());
        let deepest = libm::pow(15.0 * mass * self.normal_mps * self.normal_mps / (16.0 * modulus * radius.sqrt()), 0.4);
        // 2.9432 is the integral of dx / sqrt(1 - x^(5/2)) from 0 to 1, twice.
        (4.0 / 3.0 * modulus * radius.sqrt() * libm::pow(deepest, 1.5), 2.943_28 * deepest / self.normal_mps)
    }

    pub fn solve(&self) -> Outcome {
        let (mass, radius, modulus) = (self.effective_mass_kg(), self.effective_radius_m(), self.effective_modulus_pa());
        let shear_modulus = self.effective_shear_modulus_pa();
        let damping = damping_ratio(self.restitution);
        let dt = self.hertz().1 / 40_000.0;
        let masses = [self.mass_kg(0), self.mass_kg(1)];
        let radii = self.radii_m.map(|radius| radius.unwrap_or(0.0));
        // Velocities of both along z and x, and spins about y.
        let mut z = [-self.normal_mps, 0.0];
        let mut x = [self.tangential_mps, 0.0];
        let mut spin = self.spins_radps;
        let (mut overlap, mut stretch, mut largest, mut time) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        loop {
            let speed = z[0] - z[1];
            overlap -= speed * dt;
            time += dt;
            if overlap <= 0.0 {
                break;
            }
            let circle = (radius * overlap).sqrt();
            let (normal_stiffness, shear_stiffness) = (2.0 * modulus * circle, 8.0 * shear_modulus * circle);
            let push = (2.0 / 3.0 * normal_stiffness * overlap - 2.0 * damping * (normal_stiffness * mass).sqrt() * speed).max(0.0);
            if push == 0.0 && speed > 0.0 {
                break;
            }
            largest = largest.max(push);
            // The contact lies below the first and above the second.
            let slide = (x[0] - radii[0] * spin[0]) - (x[1] + radii[1] * spin[1]);
            stretch += slide * dt;
            let pull = shear_stiffness * stretch + 2.0 * damping * (shear_stiffness * mass).sqrt() * slide;
            let limit = self.friction * push;
            let tangent = -pull.clamp(-limit, limit);
            if pull.abs() > limit {
                stretch = -tangent / shear_stiffness;
            }
            for (body, sign) in [(0, 1.0), (1, -1.0)] {
                z[body] += sign * push / masses[body] * dt;
                x[body] += sign * tangent / masses[body] * dt;
                if self.radii_m[body].is_some() {
                    // Both levers point to the contact: one goes down where the other goes up, and so do the forces.
                    spin[body] -= radii[body] * tangent / (0.4 * masses[body] * radii[body] * radii[body]) * dt;
                }
            }
        }
        Outcome { normal_mps: z[0], tangential_mps: x[0], spin_radps: spin[0], largest_force_n: largest, duration_s: time }
    }
}

/// Share of critical damping, of a Hertz contact that does not pull, for a restitution: the fit that Thornton, Cummins
/// and Cleary (2013, Powder Technology 233) made for this force law; near 1 where the fit is coarse and pulling does not
/// matter, the closed form of the contact that pulls.
fn damping_ratio(restitution: f64) -> f64 {
    const FIT: [f64; 10] = [-6.918_798, -16.411_05, 146.804_9, -796.455_9, 2928.711, -7206.864, 11494.29, -11342.18, 6276.757, -1489.915];
    if restitution > 0.9 {
        let logarithm = libm::log(restitution);
        return (5.0f64 / 6.0).sqrt() * -logarithm / (PI * PI + logarithm * logarithm).sqrt();
    }
    let exponent = restitution * FIT.iter().rev().fold(0.0, |sum, factor| sum * restitution + factor);
    let share = (1.0 + restitution) * (1.0 + restitution) * libm::exp(exponent);
    (1.0 / (1.0 - share) - 1.0).sqrt()
}
