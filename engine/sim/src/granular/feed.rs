//! Grains that come in: what hoppers hold at time zero, and what flows in at their tops. Diameters are drawn by the hopper's own
//! stream, one after the other; so is how clumps are turned.

use super::places::Places;
use super::plan::{Plan, PlannedHopper};
use crate::port::{BulkWay, NANOGRAMS_PER_KG};
use crate::random::Draw;
use crate::sample::sample;
use linetwin_compute::kernels::particles::{Clump, Particle, ParticleBatch};
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

/// Distance of neighbours that are set in together, over the largest diameter [-].
const PITCH: f64 = 1.02;
/// Free space around a grain that is set in at the top, over the largest diameter [-].
const CLEAR: f64 = 1.1;
/// What is fed comes with this speed, downwards [m/s].
pub const FEED_MPS: f64 = 0.5;

/// A feed that found no room for this long has lost what it did not give [s].
const LATE_S: f64 = 0.1;

/// By hopper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feeds {
    rows: Vec<Feed>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Feed {
    /// Of what it was to hold at time zero, what has found no room yet [kg].
    starting_kg: f64,
    /// Fed, and not in yet [kg].
    owed_kg: f64,
    /// Grains drawn so far.
    drawn: u32,
    /// The place at the top where the next one is tried.
    site: u32,
}

/// Where grains come in: the batch and the books.
pub struct Inlet<'a> {
    pub plan: &'a Plan,
    pub batch: &'a mut ParticleBatch,
    pub places: &'a mut Places,
}

impl Feeds {
    pub fn new(hoppers: usize) -> Self {
        Feeds { rows: vec![Feed::default(); hoppers] }
    }

    /// What hoppers hold at time zero, layer by layer from below; what finds no room comes in at the top as soon as it can.
    pub fn fill(&mut self, inlet: &mut Inlet<'_>) {
        let plan = inlet.plan;
        let (pitch_m, radius_m) = (PITCH * plan.largest_m(), plan.radii_m[1]);
        for (hopper, feed) in plan.hoppers.iter().zip(&mut self.rows) {
            let spec = &hopper.spec;
            feed.starting_kg = spec.starts_kg;
            // Clear of the sloping wall by a radius.
            let slant = libm::hypot(spec.cone_m, spec.radius_m - spec.outlet_radius_m) / spec.cone_m;
            let mut z_m = spec.outlet_m[2] + radius_m * PITCH;
            while z_m < spec.top_m() - radius_m && feed.due_kg() > 0.0 {
                let reach_m = spec.radius_at(z_m) - radius_m * PITCH * slant;
                for [x, y] in lattice(reach_m, pitch_m) {
                    if feed.due_kg() > 0.0 {
                        feed.set_in(inlet, hopper, [spec.outlet_m[0] + x, spec.outlet_m[1] + y, z_m], 0.0, Time::ZERO);
                    }
                }
                z_m += pitch_m;
            }
        }
    }

    /// What comes in during a step of `dt_s` that begins at `now`.
    pub fn feed(&mut self, inlet: &mut Inlet<'_>, seen: &[(u64, Particle)], now: Time, dt_s: f64) {
        let plan = inlet.plan;
        for (hopper, feed) in plan.hoppers.iter().zip(&mut self.rows) {
            let spec = &hopper.spec;
            let grain_kg = plan.granulates[spec.granulate].mean_mass_kg();
            // What a full hopper does not take does not pile up before it.
            feed.owed_kg = (feed.owed_kg + spec.feed_kgps * dt_s).min((spec.feed_kgps * LATE_S).max(1.5 * grain_kg));
            if feed.due_kg() < grain_kg {
                continue;
            }
            let (clear_m, z_m) = (CLEAR * plan.largest_m(), spec.top_m() - CLEAR * plan.radii_m[1]);
            let sites = lattice(spec.radius_m - CLEAR * plan.radii_m[1], clear_m);
            let near: Vec<[f64; 2]> = seen
                .iter()
                .map(|(_, grain)| grain.position_m)
                .filter(|at| (at[2] - z_m).abs() < clear_m)
                .map(|at| [at[0] - spec.outlet_m[0], at[1] - spec.outlet_m[1]])
                .collect();
            for _ in 0..sites.len() {
                if feed.due_kg() < grain_kg {
                    break;
                }
                let [x, y] = sites[feed.site as usize % sites.len()];
                feed.site = (feed.site + 1) % sites.len() as u32;
                let free = |other: &[f64; 2]| libm::hypot(other[0] - x, other[1] - y) > clear_m;
                if near.iter().all(free) {
                    feed.set_in(inlet, hopper, [spec.outlet_m[0] + x, spec.outlet_m[1] + y, z_m], FEED_MPS, now);
                }
            }
        }
    }
}

impl Feed {
    fn due_kg(&self) -> f64 {
        self.starting_kg + self.owed_kg
    }

    fn set_in(&mut self, inlet: &mut Inlet<'_>, hopper: &PlannedHopper, position_m: [f64; 3], down_mps: f64, at: Time) {
        let granulate = &inlet.plan.granulates[hopper.spec.granulate];
        let diameter_m = sample(&granulate.diameter_m, &mut hopper.diameters.draw(self.drawn));
        self.drawn += 1;
        let [smallest, largest] = [granulate.diameter_m.min(), granulate.diameter_m.max()].map(|diameter_m| (diameter_m / 2.0) as f32);
        let radius_m = ((diameter_m / 2.0) as f32).clamp(smallest, largest);
        let particle = Particle {
            position_m,
            velocity_mps: [0.0, 0.0, -down_mps],
            angular_velocity_radps: [0.0; 3],
            radius_m,
            material: hopper.spec.granulate,
        };
        let id = match &inlet.plan.shapes[particle.material] {
            None => inlet.batch.insert(&particle),
            Some(shape) => {
                let rotation = any_rotation(&mut hopper.rotations.draw(self.drawn - 1));
                inlet.batch.insert_clump(&Clump { shape, grain: particle, rotation })
            }
        };
        let id = id.expect("a hopper lies within the bounds");
        let radius = f64::from(radius_m);
        let mass_kg = granulate.density_kgpm3 * (4.0 / 3.0 * std::f64::consts::PI * radius * radius * radius);
        let (way, owed_kg) = match self.starting_kg > 0.0 {
            true => (BulkWay::AtStart, &mut self.starting_kg),
            false => (BulkWay::Fed, &mut self.owed_kg),
        };
        *owed_kg -= mass_kg;
        // The last grain of what was there at the start is a part of one too much.
        if way == BulkWay::AtStart {
            self.starting_kg = self.starting_kg.max(0.0);
        }
        inlet.places.enter(id, hopper.element, (mass_kg * NANOGRAMS_PER_KG).round() as u64, way, at);
    }
}

/// A unit quaternion, each as likely as any other (Shoemake 1992).
fn any_rotation(draw: &mut Draw) -> [f64; 4] {
    let [share, one, other] = [(); 3].map(|()| draw.unit());
    let turns = [one, other].map(|part| 2.0 * std::f64::consts::PI * part);
    let [long, short] = [libm::sqrt(1.0 - share), libm::sqrt(share)];
    [long * libm::sin(turns[0]), long * libm::cos(turns[0]), short * libm::sin(turns[1]), short * libm::cos(turns[1])]
}

/// Points of a square lattice within `reach_m` of its middle.
fn lattice(reach_m: f64, pitch_m: f64) -> Vec<[f64; 2]> {
    let most = (reach_m.max(0.0) / pitch_m) as i32;
    let points = (-most..=most).flat_map(|y| (-most..=most).map(move |x| [f64::from(x) * pitch_m, f64::from(y) * pitch_m]));
    points.filter(|[x, y]| x * x + y * y <= reach_m * reach_m).collect()
}
