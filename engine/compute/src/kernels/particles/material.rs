//! What contacts are made of: materials, what two of them do to each other, and the constants of the step, computed once
//! in double precision. No formula here is evaluated during a step.

use super::BatchError;
use std::f64::consts::PI;

/// An elastic material.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Material {
    /// [Pa]
    pub youngs_modulus_pa: f64,
    /// [-], from 0 to 0.5
    pub poisson_ratio: f64,
    /// Of a particle [kg/m^3]; walls have no mass.
    pub density_kg_per_m3: f64,
}

impl Material {
    fn shear_modulus_pa(&self) -> f64 {
        self.youngs_modulus_pa / (2.0 * (1.0 + self.poisson_ratio))
    }

    /// Mass of a sphere [kg].
    pub fn sphere_mass_kg(&self, radius_m: f32) -> f64 {
        let radius = f64::from(radius_m);
        self.density_kg_per_m3 * (4.0 / 3.0 * PI * radius * radius * radius)
    }

    /// Time that a Rayleigh wave takes along half the surface of a sphere [s] (Ning and Thornton 1993).
    pub fn rayleigh_time_s(&self, radius_m: f32) -> f64 {
        let wave = (self.density_kg_per_m3 / self.shear_modulus_pa()).sqrt();
        PI * f64::from(radius_m) * wave / (0.1631 * self.poisson_ratio + 0.8766)
    }
}

/// What two materials do to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interaction {
    /// Speed apart over speed together of a frictionless normal impact [-], above 0 and at most 1.
    pub restitution: f64,
    /// Coulomb's coefficient [-].
    pub friction: f64,
    /// Rolling resistance: largest moment over normal force and effective radius [-].
    pub rolling_friction: f64,
    /// Attraction per contact area while touching [J/m^3 = Pa] (linear cohesion).
    pub cohesion_pa: f64,
}

impl Interaction {
    pub const FRICTIONLESS_ELASTIC: Interaction = Interaction { restitution: 1.0, friction: 0.0, rolling_friction: 0.0, cohesion_pa: 0.0 };
}

/// How a force grows with overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ContactLaw {
    /// Hertz for the normal force, Mindlin's stiffness without slip for the tangential one, damping after Tsuji (1992).
    HertzMindlin,
    /// Springs of one stiffness for all pairs [N/m].
    LinearSpring { normal_n_per_m: f64, tangential_n_per_m: f64 },
}

/// A step may last this share of the Rayleigh time [-]; usual are 0.1 to 0.3, above 0.5 impacts gain energy.
const LARGEST_RAYLEIGH_SHARE: f64 = 0.3;
/// A step may last this share of the contact time of linear springs [-]; usual are 0.02 to 0.05.
const LARGEST_CONTACT_SHARE: f64 = 0.1;
/// Share of critical damping of rolling below its limit [-] (Ai et al. 2011, model C, who take 0.3).
const ROLLING_DAMPING: f64 = 0.3;

/// Constants of a pair of materials. With `a` the radius of the contact circle for Hertz and 1 for linear springs: normal
/// stiffness = normal * a, tangential stiffness = shear * a, damping = its constant * sqrt(a * effective mass).
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct PairConstants {
    pub normal: f32,
    pub shear: f32,
    pub normal_damping: f32,
    pub shear_damping: f32,
    pub friction: f32,
    pub rolling_friction: f32,
    pub rolling_damping: f32,
    pub cohesion: f32,
}

impl PairConstants {
    /// From its fields in their order.
    #[inline(always)]
    pub fn of(fields: [f32; 8]) -> Self {
        let [normal, shear, normal_damping, shear_damping, friction, rolling_friction, rolling_damping, cohesion] = fields;
        PairConstants { normal, shear, normal_damping, shear_damping, friction, rolling_friction, rolling_damping, cohesion }
    }

    pub fn new(law: ContactLaw, a: &Material, b: &Material, between: &Interaction) -> Result<Self, BatchError> {
        let refuse = |what: &str, value: f64| Err(BatchError::Material { what: what.to_string(), value });
        for material in [a, b] {
            if !(material.youngs_modulus_pa > 0.0 && material.youngs_modulus_pa.is_finite()) {
                return refuse("Young's modulus must be positive", material.youngs_modulus_pa);
            }
            if !(0.0..=0.5).contains(&material.poisson_ratio) {
                return refuse("Poisson's ratio lies between 0 and 0.5", material.poisson_ratio);
            }
            if !(material.density_kg_per_m3 > 0.0 && material.density_kg_per_m3.is_finite()) {
                return refuse("density must be positive", material.density_kg_per_m3);
            }
        }
        if !(between.restitution >= 0.01 && between.restitution <= 1.0) {
            return refuse("restitution lies between 0.01 and 1", between.restitution);
        }
        for (what, value) in [
            ("friction must not be negative", between.friction),
            ("rolling friction must not be negative", between.rolling_friction),
            ("cohesion must not be negative", between.cohesion_pa),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return refuse(what, value);
            }
        }
        let (normal, shear, shear_share, exponent) = match law {
            ContactLaw::HertzMindlin => {
                let side = |m: &Material| (1.0 - m.poisson_ratio * m.poisson_ratio) / m.youngs_modulus_pa;
                let shear_side = |m: &Material| (2.0 - m.poisson_ratio) / m.shear_modulus_pa();
                // Added smaller first, so that the order of the two does not show.
                let effective = 1.0 / (side(a).min(side(b)) + side(a).max(side(b)));
                let effective_shear = 1.0 / (shear_side(a).min(shear_side(b)) + shear_side(a).max(shear_side(b)));
                (4.0 / 3.0 * effective, 8.0 * effective_shear, 1.0 / 1.5f64, Overlap::Hertz)
            }
            ContactLaw::LinearSpring { normal_n_per_m, tangential_n_per_m } => {
                for (what, value) in [("normal stiffness must be positive", normal_n_per_m), ("tangential stiffness", tangential_n_per_m)] {
                    if !(value > 0.0 && value.is_finite()) {
                        return refuse(what, value);
                    }
                }
                (normal_n_per_m, tangential_n_per_m, 1.0, Overlap::Linear)
            }
        };
        let damping = damping_of_restitution(between.restitution, exponent);
        Ok(PairConstants {
            normal: normal as f32,
            shear: shear as f32,
            normal_damping: (damping * normal.sqrt()) as f32,
            shear_damping: (damping * (shear * shear_share).sqrt()) as f32,
            friction: between.friction as f32,
            rolling_friction: between.rolling_friction as f32,
            // A sphere that rolls about its contact has 7/5 m r^2.
            rolling_damping: (2.0 * ROLLING_DAMPING * (1.4 * shear).sqrt()) as f32,
            cohesion: (PI * between.cohesion_pa) as f32,
        })
    }
}

/// The time that a step is measured by [s], its largest share [-], and what it is called.
pub fn critical_time(law: ContactLaw, materials: &[Material], smallest_radius_m: f32) -> (f64, f64, &'static str) {
    let times = materials.iter().map(|material| match law {
        ContactLaw::HertzMindlin => material.rayleigh_time_s(smallest_radius_m),
        ContactLaw::LinearSpring { normal_n_per_m, .. } => PI * (0.5 * material.sphere_mass_kg(smallest_radius_m) / normal_n_per_m).sqrt(),
    });
    let shortest = times.fold(f64::INFINITY, f64::min);
    match law {
        ContactLaw::HertzMindlin => (shortest, LARGEST_RAYLEIGH_SHARE, "Rayleigh time"),
        ContactLaw::LinearSpring { .. } => (shortest, LARGEST_CONTACT_SHARE, "contact time"),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Overlap {
    Hertz,
    Linear,
}

/// Damping `c` of x'' + c x^(1/4) x' + x^(3/2) = 0 (Hertz) or x'' + c x' + x = 0 (linear) whose impact, which ends when
/// the force would pull, has this restitution. Neither depends on the speed of impact (Tsuji 1992). The usual closed
/// form lets the force pull at the end and is up to 10 % off where it may not (Thornton et al. 2013).
fn damping_of_restitution(restitution: f64, overlap: Overlap) -> f64 {
    if restitution >= 1.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..48 {
        let middle = 0.5 * (low + high);
        if restitution_of_damping(middle, overlap) > restitution {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Of the equations above, by classical Runge-Kutta from x = 0, x' = 1.
fn restitution_of_damping(damping: f64, overlap: Overlap) -> f64 {
    let force = |x: f64, v: f64| {
        let x = x.max(0.0);
        match overlap {
            Overlap::Hertz => x * x.sqrt() + damping * x.sqrt().sqrt() * v,
            Overlap::Linear => x + damping * v,
        }
    };
    // Strong damping takes short steps.
    let step = 0.004 / (1.0 + damping);
    let (mut x, mut v) = (0.0f64, 1.0f64);
    loop {
        let [k1, l1] = [v, -force(x, v)];
        let [k2, l2] = [v + 0.5 * step * l1, -force(x + 0.5 * step * k1, v + 0.5 * step * l1)];
        let [k3, l3] = [v + 0.5 * step * l2, -force(x + 0.5 * step * k2, v + 0.5 * step * l2)];
        let [k4, l4] = [v + step * l3, -force(x + step * k3, v + step * l3)];
        x += step / 6.0 * (k1 + 2.0 * (k2 + k3) + k4);
        v += step / 6.0 * (l1 + 2.0 * (l2 + l3) + l4);
        if v <= 0.0 && (x <= 0.0 || force(x, v) <= 0.0) {
            return -v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linear springs have a closed form (Schwager and Poeschel 2007, equation 21), with damping below the critical one.
    #[test]
    fn damping_of_linear_springs_meets_the_closed_form() {
        for damping in [0.05, 0.3, 1.0] {
            let [beta, omega_0] = [0.5 * damping, 1.0f64];
            let omega = (omega_0 * omega_0 - beta * beta).sqrt();
            let angle = libm::atan2(2.0 * beta * omega, omega * omega - beta * beta);
            let expected = libm::exp(-beta / omega * (PI - angle));
            let found = restitution_of_damping(damping, Overlap::Linear);
            assert!((found - expected).abs() < 2e-3, "{damping}: {found}, expected {expected}");
        }
        for overlap in [Overlap::Hertz, Overlap::Linear] {
            for restitution in [0.05, 0.3, 0.9, 0.99] {
                let found = restitution_of_damping(damping_of_restitution(restitution, overlap), overlap);
                assert!((found - restitution).abs() < 1e-3, "{restitution}: {found}");
            }
        }
    }
}
