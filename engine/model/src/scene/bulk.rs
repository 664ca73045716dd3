//! Bulk material of the checked scene: what it is made of, and what stores, carries and doses it, as the engine runs them.
//! Knows nothing about grains that are there.

use super::{ElementId, MaterialId, Station};
use crate::distribution::Distribution;
use crate::geometry::{Pose, Vec3, length, sub};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Everything about the grains of a line but the elements, which hold their own; all of them are in one batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkSpace {
    pub granulates: Vec<Granulate>,
    /// Where grains may be [m]: lowest and highest corner.
    pub bounds_m: [Vec3; 2],
    /// What pours into what, in scene order.
    pub edges: Vec<BulkEdge>,
}

/// A bulk material; see [`crate::spec::BulkSpec`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Granulate {
    pub name: String,
    /// Of a grain [m], drawn per grain; between finite limits. Of a clump: of the sphere of its volume.
    pub diameter_m: Distribution,
    /// Of a clump: centres and radii in a unit of its own; none of a round grain.
    pub spheres: Vec<(Vec3, f64)>,
    pub density_kgpm3: f64,
    pub young_pa: f64,
    pub poisson: f64,
    pub restitution: f64,
    pub friction: f64,
    pub rolling_friction: f64,
    pub cohesion_pa: f64,
    /// For walls.
    pub material: MaterialId,
}

/// A gate's plate reaches so many of the largest grains beyond the outlet [-].
pub const GATE_BEYOND_GRAINS: f64 = 1.5;

/// Of a gate's plate [m].
pub const GATE_THICKNESS_M: f64 = 0.004;

/// Share of space that grains fill which were poured [-]: between 0.55 and 0.62 for equal spheres with friction.
pub const POURED_SHARE: f64 = 0.58;

impl Granulate {
    /// Between an outlet and the plate that closes it [m]: too low for a grain to roll out, and high enough that none is squeezed
    /// hard between the plate's edge and the rim.
    pub fn gate_gap_m(&self) -> f64 {
        0.8 * self.thinnest_m()
    }

    /// Diameter of the smallest sphere of the smallest grain, or a little less [m]: that of a clump's volume lies below the sum
    /// over its spheres.
    pub fn thinnest_m(&self) -> f64 {
        let smallest = self.spheres.iter().map(|(_, radius)| *radius).fold(f64::INFINITY, f64::min);
        let volume: f64 = self.spheres.iter().map(|(_, radius)| radius * radius * radius).sum();
        let share = if self.spheres.is_empty() { 1.0 } else { smallest / libm::cbrt(volume) };
        share * self.diameter_m.min()
    }

    /// Length of the largest grain, or a little more [m]: a clump's volume is at least that of its largest sphere.
    pub fn longest_m(&self) -> f64 {
        let largest = self.spheres.iter().map(|(_, radius)| *radius).fold(0.0, f64::max);
        let pairs = self.spheres.iter().flat_map(|one| self.spheres.iter().map(move |other| length(sub(one.0, other.0)) + one.1 + other.1));
        let share = if self.spheres.is_empty() { 1.0 } else { pairs.fold(0.0, f64::max) / (2.0 * largest) };
        share * self.diameter_m.max()
    }

    /// Of a grain [kg], from the first two moments of the diameter.
    pub fn mean_mass_kg(&self) -> f64 {
        let (mean, sd) = (self.diameter_m.mean(), self.diameter_m.sd());
        self.density_kgpm3 * std::f64::consts::FRAC_PI_6 * (mean * mean * mean + 3.0 * mean * sd * sd)
    }

    /// Of the heap [kg/m^3].
    pub fn poured_kgpm3(&self) -> f64 {
        self.density_kgpm3 * POURED_SHARE
    }

    /// Mass flow through a round outlet [kg/s] (Beverloo, Leniger and van de Velde 1961, C = 0.58 and k = 1.4); 0 where grains
    /// form arches.
    pub fn outflow_kgps(&self, outlet_diameter_m: f64, gravity_mps2: f64) -> f64 {
        let clear_m = (outlet_diameter_m - 1.4 * self.diameter_m.mean()).max(0.0);
        0.58 * self.poured_kgpm3() * (gravity_mps2 * clear_m).sqrt() * clear_m * clear_m
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkEdge {
    pub from: ElementId,
    pub to: ElementId,
    /// Where what pours comes down [m]; of a box that is filled: where it comes from.
    pub landing_m: Vec3,
}

/// What grains meet, beside parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BulkElement {
    Hopper(Hopper),
    Belt(BulkBelt),
    Feeder(BulkFeeder),
    Chute(BulkChute),
    Bin(BulkBin),
}

impl BulkElement {
    /// Where it lets go of what it holds or carries [m].
    pub fn outlet_m(&self) -> Option<Vec3> {
        Some(match self {
            BulkElement::Hopper(hopper) => hopper.outlet_m,
            BulkElement::Belt(belt) => belt.start.shifted(belt.length_m, 0.0, 0.0).position,
            BulkElement::Feeder(feeder) => feeder.start.shifted(feeder.length_m, 0.0, feeder.heights_m()[0]).position,
            BulkElement::Chute(chute) => chute.start.shifted(chute.length_m, 0.0, 0.0).position,
            BulkElement::Bin(_) => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hopper {
    /// Index into [`BulkSpace::granulates`].
    pub granulate: usize,
    /// Middle of the outlet [m].
    pub outlet_m: Vec3,
    pub outlet_radius_m: f64,
    /// Of the cylinder [m].
    pub radius_m: f64,
    /// Of the cone and of the cylinder above it [m].
    pub cone_m: f64,
    pub cylinder_m: f64,
    pub starts_kg: f64,
    /// [kg/s]; 0: nothing is fed.
    pub feed_kgps: f64,
    pub gate: Time,
    pub material: MaterialId,
}

impl Hopper {
    pub fn top_m(&self) -> f64 {
        self.outlet_m[2] + self.cone_m + self.cylinder_m
    }

    /// Inner radius at a height [m].
    pub fn radius_at(&self, z_m: f64) -> f64 {
        let share = ((z_m - self.outlet_m[2]) / self.cone_m).clamp(0.0, 1.0);
        self.outlet_radius_m + (self.radius_m - self.outlet_radius_m) * share
    }

    /// What it holds up to its rim [m^3].
    pub fn volume_m3(&self) -> f64 {
        let (a, b) = (self.outlet_radius_m, self.radius_m);
        std::f64::consts::PI * (self.cone_m * (a * a + a * b + b * b) / 3.0 + self.cylinder_m * b * b)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkBelt {
    /// The middle of the belt at its beginning, along its flow.
    pub start: Pose,
    pub length_m: f64,
    pub width_m: f64,
    /// Of one that doses, the highest.
    pub speed_mps: f64,
    /// Only where it has a scale.
    pub doses_kgps: Option<f64>,
    pub scale: Option<BeltScale>,
    pub trough: f64,
    pub skirt_m: f64,
    pub material: MaterialId,
}

/// Below a stretch of a belt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeltScale {
    /// Along the belt, from its beginning.
    pub from_m: f64,
    pub length_m: f64,
    pub smoothed_s: f64,
}

impl BeltScale {
    pub fn to_m(&self) -> f64 {
        self.from_m + self.length_m
    }
}

impl BulkBelt {
    /// Across, from the middle to the edge, and how much higher the edge is [m].
    pub fn edge_m(&self) -> [f64; 2] {
        let third = self.width_m / 3.0;
        [third / 2.0 + third * libm::cos(self.trough), third * libm::sin(self.trough)]
    }

    /// Between its surface and the top of its skirts [m^2].
    pub fn section_m2(&self) -> f64 {
        let [edge_m, up_m] = self.edge_m();
        up_m * (self.width_m / 6.0 + edge_m) + 2.0 * edge_m * self.skirt_m
    }
}

/// Moves bulk material by its own motion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkFeeder {
    /// A screw's shaft behind the trough; the middle of a trough's floor at its beginning, at rest.
    pub start: Pose,
    pub length_m: f64,
    pub kind: FeederKind,
    pub material: MaterialId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FeederKind {
    Screw(Screw),
    Vibratory(Vibratory),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Screw {
    /// Of the flight, of the shaft, and of the tube around them.
    pub radius_m: f64,
    pub shaft_radius_m: f64,
    pub tube_radius_m: f64,
    pub pitch_m: f64,
    pub turns_per_s: f64,
    /// Length of the open trough, and height of its walls above the shaft's middle.
    pub inlet_m: f64,
    pub wall_m: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vibratory {
    pub width_m: f64,
    pub wall_m: f64,
    pub amplitude_m: f64,
    pub frequency_hz: f64,
    /// Between stroke and floor [rad].
    pub throw: f64,
}

impl BulkFeeder {
    /// Across, from the middle to the wall [m].
    pub fn half_m(&self) -> f64 {
        match &self.kind {
            FeederKind::Screw(screw) => screw.tube_radius_m,
            FeederKind::Vibratory(trough) => trough.width_m / 2.0,
        }
    }

    /// How far it reaches below and above its middle line [m].
    pub fn heights_m(&self) -> [f64; 2] {
        match &self.kind {
            FeederKind::Screw(screw) => [-screw.tube_radius_m, screw.wall_m],
            FeederKind::Vibratory(trough) => [-trough.amplitude_m, trough.wall_m],
        }
    }

    /// How fast what lies in it comes along by the textbook [m/s].
    pub fn conveying_mps(&self, gravity_mps2: f64) -> f64 {
        match &self.kind {
            FeederKind::Screw(screw) => screw.pitch_m * screw.turns_per_s,
            FeederKind::Vibratory(trough) => trough.conveying_mps(gravity_mps2),
        }
    }
}

impl Screw {
    /// Between shaft and edge of the flight [m^2].
    pub fn section_m2(&self) -> f64 {
        std::f64::consts::PI * (self.radius_m * self.radius_m - self.shaft_radius_m * self.shaft_radius_m)
    }

    /// Of a screw that is full, if nothing turned with it [m^3/s].
    pub fn volume_flow_m3ps(&self) -> f64 {
        self.section_m2() * self.pitch_m * self.turns_per_s
    }
}

impl Vibratory {
    /// Highest acceleration across the floor over gravity [-]: above 1 it throws.
    pub fn throw_number(&self, gravity_mps2: f64) -> f64 {
        let omega = std::f64::consts::TAU * self.frequency_hz;
        self.amplitude_m * omega * omega * libm::sin(self.throw) / gravity_mps2
    }

    /// Of a body on a level floor that neither bounces nor slides: it flies for n periods, and gains gravity n^2 / (2 frequency
    /// tan(throw)) on the floor in each; 0 where it is not thrown. Above a throw number of 3.3 it would miss a period: n = 1.
    pub fn conveying_mps(&self, gravity_mps2: f64) -> f64 {
        let wanted = self.throw_number(gravity_mps2);
        let throw_number = |periods: f64| {
            let phase = std::f64::consts::TAU * periods;
            let slope = (libm::cos(phase) + phase * phase / 2.0 - 1.0) / (phase - libm::sin(phase));
            libm::sqrt(slope * slope + 1.0)
        };
        if wanted <= 1.0 {
            return 0.0;
        }
        let (mut low, mut high) = (1e-3, 1.0);
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            *if throw_number(middle) < wanted { &mut low } else { &mut high } = middle;
        }
        gravity_mps2 * low * low / (2.0 * self.frequency_hz * libm::tan(self.throw))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkChute {
    /// The middle of its floor at the upper end, along its flow.
    pub start: Pose,
    pub length_m: f64,
    pub width_m: f64,
    pub wall_m: f64,
    pub material: MaterialId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkBin {
    /// The middle of its floor [m].
    pub at_m: Vec3,
    pub size_m: Vec3,
    pub material: MaterialId,
}

/// Of the filter of the scale below a box that is filled [s].
pub const FILL_SCALE_SMOOTHED_S: f64 = 0.1;

/// A station that fills open boxes from a hopper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FillAndWeigh {
    /// Its processing time is what the outlet lets expect.
    pub station: Station,
    pub hopper: ElementId,
    pub target_kg: f64,
    pub in_flight_kg: f64,
    /// [-]
    pub correction: f64,
    /// The last so much comes in through a gate that is open by so much of its way [kg], [-].
    pub fine_kg: f64,
    pub fine_open: f64,
    pub settle: Time,
}
