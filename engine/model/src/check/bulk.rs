//! Bulk materials, and the elements that store, carry and dose them, each by itself: values, and rows for the engine. What pours
//! into what is looked at in `bulk_space`.

use super::tables::{Draft, Tables};
use super::values::{self, Sign, Usual};
use super::{Checker, top};
use crate::diagnostic::{Diagnostic, Severity};
use crate::distribution::Distribution;
use crate::geometry::{Pose, Vec3, length, sub};
use crate::scene::*;
use crate::spec::{
    BeltScaleSpec, BulkBeltSpec, BulkBinSpec, BulkChuteSpec, BulkSpec, ElementSpec, FillAndWeighSpec, HopperSpec, ScrewFeederSpec,
    VibratoryFeederSpec,
};
use crate::syntax::FieldPath;
use crate::time::Time;
use std::f64::consts::PI;

const GRAIN: Usual = Usual { low: 0.0005, high: 0.3, unit: "m", milli: "mm", kilo: "km" };
const DENSITY: Usual = Usual { low: 20.0, high: 20_000.0, unit: "kg/m^3", milli: "g/m^3", kilo: "t/m^3" };
const MASS_FLOW: Usual = Usual { low: 0.0005, high: 500.0, unit: "kg/s", milli: "g/s", kilo: "t/s" };
const STROKE: Usual = Usual { low: 0.00002, high: 0.03, unit: "m", milli: "mm", kilo: "km" };
const FREQUENCY: Usual = Usual { low: 1.0, high: 200.0, unit: "Hz", milli: "mHz", kilo: "kHz" };
/// The largest grain of a scene over the smallest [-]: what a batch of them takes.
const MOST_SPREAD: f64 = 20.0;
/// Below so many grains across an outlet an arch is likely [-].
const ARCH_GRAINS: f64 = 5.0;
/// A lattice of grains weighs so much of a heap that was poured [-].
const LOOSE: f64 = 0.7;
/// Spheres of one clump: what a batch of them takes.
const MOST_SPHERES: usize = 8;
/// Surfaces that are so much of the smaller radius apart still touch [-], as for the batch.
const TOUCHING: f64 = 1e-6;
/// More grains than this take hours for a second [grains].
const MOST_GRAINS: f64 = 5e6;

impl Checker<'_, '_> {
    pub(super) fn granulates(&mut self, materials: &Materials) -> Vec<Granulate> {
        let spec = self.spec;
        let rows: Vec<Granulate> = spec.bulk.iter().map(|(name, bulk)| self.granulate(name, bulk, materials)).collect();
        let smallest = rows.iter().map(Granulate::thinnest_m).fold(f64::INFINITY, f64::min);
        let largest = rows.iter().map(|row| row.diameter_m.max()).fold(0.0, f64::max);
        if !self.refused() && smallest > 0.0 && largest > MOST_SPREAD * smallest {
            let last = rows.iter().rposition(|row| row.diameter_m.max() == largest).unwrap_or(0);
            let path = top("bulk").name(&rows[last].name).name("diameter_m");
            let problem = self.error("too-uneven", &path, format!("grains of {smallest} m and of {largest} m are in one line"));
            self.push(problem.allowed(format!("a factor of {MOST_SPREAD} between the smallest and the largest grain of all")));
        }
        rows
    }

    fn granulate(&mut self, name: &str, bulk: &BulkSpec, materials: &Materials) -> Granulate {
        let path = top("bulk").name(name);
        let at = path.name("diameter_m");
        self.quantity(&at, &bulk.diameter_m, Sign::Positive, Some(GRAIN));
        let mut diameter_m = self.distribution(&at, &bulk.diameter_m);
        if !(diameter_m.min() > 0.0 && diameter_m.max().is_finite()) {
            if diameter_m.max().is_infinite() {
                let problem = self.error("unbounded", &at, "grains of any size can be drawn");
                self.push(problem.allowed("a number, or a distribution between two limits: Uniform, Triangular, TruncatedNormal, a table"));
            }
            diameter_m = Distribution::Constant(0.01);
        }
        self.number(&path.name("density_kgpm3"), bulk.density_kgpm3, Sign::Positive, Some(DENSITY));
        self.number(&path.name("young_pa"), bulk.young_pa, Sign::Positive, None);
        self.between(&path.name("poisson"), bulk.poisson, [0.0, 0.5]);
        self.between(&path.name("restitution"), bulk.restitution, [0.01, 1.0]);
        for (field, value) in [("friction", bulk.friction), ("rolling_friction", bulk.rolling_friction), ("cohesion_pa", bulk.cohesion_pa)]
        {
            self.number(&path.name(field), value, Sign::NotNegative, None);
        }
        let spheres = self.clump(&path, bulk);
        Granulate {
            name: name.to_owned(),
            diameter_m,
            spheres,
            density_kgpm3: bulk.density_kgpm3,
            young_pa: bulk.young_pa,
            poisson: bulk.poisson,
            restitution: bulk.restitution,
            friction: bulk.friction,
            rolling_friction: bulk.rolling_friction,
            cohesion_pa: bulk.cohesion_pa,
            material: self.material(&path.name("material"), &bulk.material, materials),
        }
    }

    /// Its spheres hold together, and each of them shows; none where they do not, since that is an error.
    fn clump(&mut self, path: &FieldPath, bulk: &BulkSpec) -> Vec<(Vec3, f64)> {
        let Some(clump) = &bulk.shape else { return Vec::new() };
        let path = path.name("shape").name("spheres");
        let spheres: Vec<(Vec3, f64)> = clump.spheres.iter().map(|sphere| (sphere.at, sphere.radius)).collect();
        if !(2..=MOST_SPHERES).contains(&spheres.len()) {
            let problem = self.error("out-of-range", &path, format!("the number of its spheres is {}", spheres.len()));
            let help = if spheres.len() < 2 { "one sphere is a round grain: leave `shape` out" } else { "take fewer and larger ones" };
            self.push(problem.allowed(format!("2 to {MOST_SPHERES}")).help(help));
            return Vec::new();
        }
        let mut fine = true;
        for (index, (at, radius)) in spheres.iter().enumerate() {
            let path = path.index(index);
            for (axis, part) in at.iter().enumerate() {
                self.number(&path.name("at").index(axis), *part, Sign::Any, None);
            }
            self.number(&path.name("radius"), *radius, Sign::Positive, None);
            fine &= at.iter().all(|part| part.is_finite()) && *radius > 0.0 && radius.is_finite();
        }
        if !fine {
            return Vec::new();
        }
        let apart = |a: usize, b: usize| length(sub(spheres[a].0, spheres[b].0));
        for a in 0..spheres.len() {
            // Of two that are one, the later.
            let swallows = |b: &usize| apart(a, *b) + spheres[a].1 <= spheres[*b].1 && (spheres[a] != spheres[*b] || *b < a);
            if let Some(b) = (0..spheres.len()).filter(|b| *b != a).find(swallows) {
                let message = format!("sphere {} of the clump lies within sphere {}", a + 1, b + 1);
                let problem = self.error("swallowed", &path.index(a), message);
                self.push(problem.allowed("spheres that stand out of all others").help("leave it out: it changes nothing"));
                fine = false;
            }
        }
        let touch = |a: usize, b: usize| apart(a, b) <= spheres[a].1 + spheres[b].1 + TOUCHING * spheres[a].1.min(spheres[b].1);
        let mut held = vec![0];
        let mut next = 0;
        while let Some(&a) = held.get(next) {
            held.extend((0..spheres.len()).filter(|b| touch(a, *b) && !held.contains(b)).collect::<Vec<_>>());
            next += 1;
        }
        if let Some(loose) = (0..spheres.len()).find(|index| !held.contains(index)) {
            let gap = held.iter().map(|&a| apart(a, loose) - spheres[a].1 - spheres[loose].1).fold(f64::INFINITY, f64::min);
            let problem =
                self.error("falls-apart", &path.index(loose), format!("sphere {} of the clump touches none of the others", loose + 1));
            let help = format!("the nearest of those that hold together is {gap:.4} away from it: move them closer, or make them larger");
            self.push(problem.allowed("spheres that touch or overlap, all in one piece").help(help));
            fine = false;
        }
        if fine { spheres } else { Vec::new() }
    }

    fn between(&mut self, path: &FieldPath, value: f64, [low, high]: [f64; 2]) {
        if !(low..=high).contains(&value) {
            let problem = self.error("out-of-range", path, format!("`{}` is {value}", values::field_name(path)));
            self.push(problem.allowed(format!("{low} to {high}")));
        }
    }

    pub(super) fn bulk_values(&mut self, index: usize, element: &ElementSpec) {
        match element {
            ElementSpec::Hopper(spec) => self.hopper_values(index, spec),
            ElementSpec::BulkBelt(spec) => {
                self.run_values(index, spec.from_m, spec.to_m, spec.width_m);
                self.number(&self.field(index, "speed_mps"), spec.speed_mps, Sign::NotNegative, Some(values::SPEED));
                self.option(&self.field(index, "doses_kgps"), spec.doses_kgps, Sign::Positive, Some(MASS_FLOW));
                self.belt_scale_values(index, spec);
                self.between(&self.field(index, "trough_deg"), spec.trough_deg, [0.0, 60.0]);
                self.number(&self.field(index, "skirt_m"), spec.skirt_m, Sign::NotNegative, Some(values::HEIGHT));
            }
            ElementSpec::ScrewFeeder(spec) => self.screw_values(index, spec),
            ElementSpec::VibratoryFeeder(spec) => self.vibratory_values(index, spec),
            ElementSpec::BulkChute(spec) => {
                self.run_values(index, spec.from_m, spec.to_m, spec.width_m);
                self.number(&self.field(index, "wall_height_m"), spec.wall_height_m, Sign::Positive, Some(values::HEIGHT));
                if spec.to_m[2] >= spec.from_m[2] {
                    let problem = self.error("rising-chute", &self.field(index, "to_m"), "the chute does not fall");
                    self.push(problem.help("its lower end is `to_m`: nothing drives what lies on it"));
                }
            }
            ElementSpec::BulkBin(spec) => {
                self.point_values(index, "at_m", spec.at_m);
                for axis in 0..3 {
                    let path = self.field(index, "size_m").index(axis);
                    self.number(&path, spec.size_m[axis], Sign::Positive, Some(values::DEVICE_LENGTH));
                }
            }
            ElementSpec::FillAndWeigh(spec) => {
                self.number(&self.field(index, "target_kg"), spec.target_kg, Sign::Positive, Some(values::MASS));
                self.number(&self.field(index, "in_flight_kg"), spec.in_flight_kg, Sign::NotNegative, None);
                if spec.in_flight_kg >= spec.target_kg && spec.target_kg > 0.0 {
                    let message = format!("{} kg are still to come when the gate closes, of {} kg", spec.in_flight_kg, spec.target_kg);
                    let problem = self.error("out-of-range", &self.field(index, "in_flight_kg"), message);
                    self.push(problem.allowed("less than `target_kg`").help("the gate would never open"));
                }
                self.fraction(&self.field(index, "correction"), spec.correction);
                self.number(&self.field(index, "fine_kg"), spec.fine_kg, Sign::NotNegative, None);
                self.between(&self.field(index, "fine_open"), spec.fine_open, [0.05, 1.0]);
                self.number(&self.field(index, "settle_s"), spec.settle_s, Sign::NotNegative, Some(values::CYCLE_TIME));
                self.option(&self.field(index, "ideal_cycle_s"), spec.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
            }
            _ => {}
        }
    }

    fn point_values(&mut self, index: usize, field: &str, point: Vec3) {
        for (axis, value) in point.into_iter().enumerate() {
            self.number(&self.field(index, field).index(axis), value, Sign::Any, Some(values::COORDINATE));
        }
    }

    fn run_values(&mut self, index: usize, from_m: Vec3, to_m: Vec3, width_m: f64) {
        self.point_values(index, "from_m", from_m);
        self.point_values(index, "to_m", to_m);
        self.number(&self.field(index, "width_m"), width_m, Sign::Positive, Some(values::CONVEYOR_WIDTH));
        let span = sub(to_m, from_m);
        if libm::hypot(span[0], span[1]) < 0.01 {
            let problem = self.error("no-length", &self.field(index, "to_m"), "it ends where it begins, or straight below");
            self.push(problem.help("give the two ends of its middle line, in flow direction"));
        }
    }

    fn belt_scale_values(&mut self, index: usize, spec: &BulkBeltSpec) {
        let Some(BeltScaleSpec { from_m, length_m, smoothed_s }) = spec.scale else {
            if spec.doses_kgps.is_some() {
                let problem = self.error("nothing-weighs", &self.field(index, "doses_kgps"), "it has no scale to dose by");
                self.push(problem.help("give it one behind what pours onto it: scale: BeltScale(from_m: 0.5, length_m: 0.3)"));
            }
            return;
        };
        let path = self.field(index, "scale");
        self.number(&path.name("from_m"), from_m, Sign::NotNegative, Some(values::COORDINATE));
        self.number(&path.name("length_m"), length_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&path.name("smoothed_s"), smoothed_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        let belt_m = length(sub(spec.to_m, spec.from_m));
        if from_m + length_m > belt_m + 1e-9 {
            let message = format!("the scale reaches to {:.3} m of a belt of {belt_m:.3} m", from_m + length_m);
            self.push(self.error("out-of-range", &path.name("length_m"), message).allowed("up to the belt's end"));
        }
    }

    fn screw_values(&mut self, index: usize, spec: &ScrewFeederSpec) {
        self.run_values(index, spec.from_m, spec.to_m, spec.diameter_m);
        let sizes = [("diameter_m", spec.diameter_m), ("shaft_diameter_m", spec.shaft_diameter_m), ("pitch_m", spec.pitch_m)];
        for (field, value) in sizes.into_iter().chain([("inlet_m", spec.inlet_m)]) {
            self.number(&self.field(index, field), value, Sign::Positive, Some(values::DEVICE_LENGTH));
        }
        self.number(&self.field(index, "rpm"), spec.rpm, Sign::NotNegative, None);
        self.number(&self.field(index, "clearance_m"), spec.clearance_m, Sign::NotNegative, None);
        if spec.shaft_diameter_m >= spec.diameter_m {
            let message = format!("the shaft is {} m thick, and the flight {} m", spec.shaft_diameter_m, spec.diameter_m);
            self.push(self.error("out-of-range", &self.field(index, "shaft_diameter_m"), message).allowed("less than `diameter_m`"));
        }
        let long_m = length(sub(spec.to_m, spec.from_m));
        if spec.inlet_m >= long_m {
            let message = format!("the trough is {} m long, and the screw {long_m:.3} m", spec.inlet_m);
            let problem = self.error("out-of-range", &self.field(index, "inlet_m"), message);
            self.push(problem.allowed("less than its length").help("without a tube whatever is poured in runs through"));
        }
        let tube_m = spec.diameter_m / 2.0 + spec.clearance_m;
        if let Some(wall_m) = spec.wall_height_m.filter(|wall_m| *wall_m < tube_m) {
            let problem = self.error("out-of-range", &self.field(index, "wall_height_m"), format!("`wall_height_m` is {wall_m}"));
            self.push(problem.allowed(format!("{tube_m:.3} m at least, the radius of the tube")));
        }
    }

    fn vibratory_values(&mut self, index: usize, spec: &VibratoryFeederSpec) {
        self.run_values(index, spec.from_m, spec.to_m, spec.width_m);
        self.number(&self.field(index, "wall_height_m"), spec.wall_height_m, Sign::Positive, Some(values::HEIGHT));
        self.number(&self.field(index, "amplitude_m"), spec.amplitude_m, Sign::Positive, Some(STROKE));
        self.number(&self.field(index, "frequency_hz"), spec.frequency_hz, Sign::Positive, Some(FREQUENCY));
        self.between(&self.field(index, "throw_deg"), spec.throw_deg, [5.0, 85.0]);
        let throw_number = vibratory(spec).throw_number(self.spec.physics.gravity_mps2);
        let problem = |checker: &Self, code, what: &str| {
            let message = format!("its throw number is {throw_number:.2}: {what}");
            checker.warning(code, &checker.field(index, "amplitude_m"), message).allowed("a throw number from 1 to 3.3")
        };
        match throw_number {
            ..1.0 => self.push(problem(self, "throws-nothing", "its floor never leaves what lies on it, which hardly moves")),
            // sqrt(1 + pi^2)
            3.3.. => self.push(problem(self, "throws-too-far", "what it throws comes down a period later, or in between")),
            _ => {}
        }
    }

    fn hopper_values(&mut self, index: usize, spec: &HopperSpec) {
        self.point_values(index, "outlet_m", spec.outlet_m);
        for (field, value) in [("outlet_diameter_m", spec.outlet_diameter_m), ("diameter_m", spec.diameter_m), ("height_m", spec.height_m)]
        {
            self.number(&self.field(index, field), value, Sign::Positive, Some(values::DEVICE_LENGTH));
        }
        self.between(&self.field(index, "cone_deg"), spec.cone_deg, [5.0, 85.0]);
        if spec.outlet_diameter_m >= spec.diameter_m && spec.diameter_m > 0.0 {
            let message = format!("the outlet is {} m wide, and the hopper {} m", spec.outlet_diameter_m, spec.diameter_m);
            let problem = self.error("out-of-range", &self.field(index, "outlet_diameter_m"), message);
            self.push(problem.allowed("less than `diameter_m`"));
        }
        self.number(&self.field(index, "starts_kg"), spec.starts_kg, Sign::NotNegative, None);
        self.option(&self.field(index, "feed_kgps"), spec.feed_kgps, Sign::Positive, Some(MASS_FLOW));
        let usual = Usual { low: 0.02, high: 20.0, ..values::CYCLE_TIME };
        self.number(&self.field(index, "gate_s"), spec.gate_s, Sign::Positive, Some(usual));
    }

    /// What stores, carries or catches bulk material; `None` where an error says why not.
    pub(super) fn bulk_kind(&mut self, element: usize, spec: &ElementSpec, draft: &Draft<'_>) -> Option<ElementKind> {
        let material = |checker: &mut Self, name: &str| checker.material(&checker.field(element, "material"), name, draft.materials);
        Some(ElementKind::Bulk(match spec {
            ElementSpec::Hopper(spec) => {
                let material = material(self, &spec.material);
                BulkElement::Hopper(self.hopper(element, spec, material, draft)?)
            }
            ElementSpec::BulkBelt(spec) => {
                let BulkBeltSpec { from_m, to_m, width_m, speed_mps, doses_kgps, skirt_m, .. } = *spec;
                let (start, length_m) = (along(from_m, to_m), length(sub(to_m, from_m)));
                let (trough, material) = (spec.trough_deg * PI / 180.0, material(self, &spec.material));
                let scale = spec.scale.map(|BeltScaleSpec { from_m, length_m, smoothed_s }| BeltScale { from_m, length_m, smoothed_s });
                BulkElement::Belt(BulkBelt { start, length_m, width_m, speed_mps, doses_kgps, scale, trough, skirt_m, material })
            }
            ElementSpec::ScrewFeeder(spec) => {
                let (radius_m, material) = (spec.diameter_m / 2.0, material(self, &spec.material));
                let tube_radius_m = radius_m + spec.clearance_m;
                let kind = FeederKind::Screw(Screw {
                    radius_m,
                    shaft_radius_m: spec.shaft_diameter_m / 2.0,
                    tube_radius_m,
                    pitch_m: spec.pitch_m,
                    turns_per_s: spec.rpm / 60.0,
                    inlet_m: spec.inlet_m,
                    wall_m: spec.wall_height_m.unwrap_or(1.2 * tube_radius_m),
                });
                let (start, length_m) = (along(spec.from_m, spec.to_m), length(sub(spec.to_m, spec.from_m)));
                BulkElement::Feeder(BulkFeeder { start, length_m, kind, material })
            }
            ElementSpec::VibratoryFeeder(spec) => {
                let (start, length_m) = (along(spec.from_m, spec.to_m), length(sub(spec.to_m, spec.from_m)));
                let (kind, material) = (FeederKind::Vibratory(vibratory(spec)), material(self, &spec.material));
                BulkElement::Feeder(BulkFeeder { start, length_m, kind, material })
            }
            ElementSpec::BulkChute(spec) => {
                let BulkChuteSpec { from_m, to_m, width_m, wall_height_m: wall_m, .. } = *spec;
                let (start, length_m, material) = (along(from_m, to_m), length(sub(to_m, from_m)), material(self, &spec.material));
                BulkElement::Chute(BulkChute { start, length_m, width_m, wall_m, material })
            }
            ElementSpec::BulkBin(spec) => {
                let BulkBinSpec { at_m, size_m, .. } = *spec;
                BulkElement::Bin(BulkBin { at_m, size_m, material: material(self, &spec.material) })
            }
            _ => unreachable!("the other elements are made elsewhere"),
        }))
    }

    fn hopper(&mut self, element: usize, spec: &HopperSpec, material: MaterialId, draft: &Draft<'_>) -> Option<Hopper> {
        let granulate = self.bulk_named(&self.field(element, "bulk"), &spec.bulk)?;
        let (outlet_radius_m, radius_m) = (spec.outlet_diameter_m / 2.0, spec.diameter_m / 2.0);
        let hopper = Hopper {
            granulate,
            outlet_m: spec.outlet_m,
            outlet_radius_m,
            radius_m,
            cone_m: (radius_m - outlet_radius_m) / libm::tan(spec.cone_deg * PI / 180.0),
            cylinder_m: spec.height_m,
            starts_kg: spec.starts_kg,
            feed_kgps: spec.feed_kgps.unwrap_or(0.0),
            gate: Time::from_seconds(spec.gate_s.clamp(0.0, 1e6)),
            material,
        };
        let row = &draft.granulates[granulate];
        // Senseless values have errors of their own.
        if !(hopper.cone_m > 0.0 && spec.outlet_diameter_m > 0.0 && spec.height_m > 0.0 && row.density_kgpm3 > 0.0) {
            return Some(hopper);
        }
        let room_kg = hopper.volume_m3() * row.poured_kgpm3();
        // What is set in at time zero is looser than what was poured.
        if spec.starts_kg > LOOSE * room_kg {
            let message = format!("{} kg do not fit: the hopper holds {room_kg:.3} kg of `{}` up to its rim", spec.starts_kg, row.name);
            let problem = self.error("does-not-fit", &self.field(element, "starts_kg"), message);
            self.push(problem.allowed(format!("{:.3} kg at most, set in loosely", LOOSE * room_kg)));
        }
        let grains = spec.starts_kg / row.mean_mass_kg();
        if grains > MOST_GRAINS {
            let problem = self.error("too-many-grains", &self.field(element, "starts_kg"), format!("that is {grains:.0} grains"));
            self.push(problem.allowed(format!("{MOST_GRAINS:.0} at most")).help("larger grains flow alike: see docs/particles.md"));
        }
        let across = spec.outlet_diameter_m / row.diameter_m.mean();
        if across < ARCH_GRAINS {
            let message = format!("the outlet is {across:.1} grains wide: they will form an arch over it");
            let problem = self.warning("forms-arches", &self.field(element, "outlet_diameter_m"), message);
            self.push(problem.help(format!("{:.3} m or more lets them flow", 6.0 * row.diameter_m.mean())));
        }
        Some(hopper)
    }

    fn bulk_named(&mut self, path: &FieldPath, name: &str) -> Option<usize> {
        let found = self.spec.bulk.get_index_of(name);
        if found.is_none() {
            let known: Vec<&str> = self.spec.bulk.keys().map(String::as_str).collect();
            self.unknown(path, "bulk material", name, &known);
        }
        found
    }

    pub(super) fn fill_and_weigh(
        &mut self,
        element: usize,
        spec: &FillAndWeighSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let path = self.field(element, "hopper");
        let hopper = self.element_named(&path, &spec.hopper);
        let when = self.option_when(element, spec.when.as_deref(), tables, draft);
        let spot = self.device_spot(element, &self.spec.line[element], Some(HoldKind::Blade), tables, draft);
        let (hopper, spot) = (hopper?, spot?);
        let ElementSpec::Hopper(owner) = &self.spec.line[hopper] else {
            let message = format!("`{}` is a {}", spec.hopper, super::views::family(&self.spec.line[hopper]));
            let problem = self.error("not-a-hopper", &path, message);
            self.push(problem.allowed("a Hopper, whose gate it then opens and closes"));
            return None;
        };
        let other = self
            .spec
            .line
            .values()
            .take(element)
            .any(|other| matches!(other, ElementSpec::FillAndWeigh(other) if other.hopper == spec.hopper));
        if other {
            let problem = self.error("two-masters", &path, format!("the gate of `{}` belongs to another FillAndWeigh", spec.hopper));
            self.push(problem.help("each needs a hopper of its own"));
            return None;
        }
        let granulate = &draft.granulates[self.spec.bulk.get_index_of(&owner.bulk)?];
        let flow_kgps = granulate.outflow_kgps(owner.outlet_diameter_m, self.spec.physics.gravity_mps2);
        let pouring_s = if flow_kgps > 0.0 { spec.target_kg / flow_kgps } else { 0.0 };
        let station = Station {
            spot,
            processing_s: Distribution::Constant(pouring_s + owner.gate_s + spec.settle_s),
            scrap_probability: 0.0,
            when,
            sets: Vec::new(),
            fills_kg: None,
            again: false,
            tries: 1,
            scraps_failed: false,
            batch: 1,
            wait_s: None,
            setups: Vec::new(),
            crew: None,
            ideal_cycle: spec.ideal_cycle_s.map(Time::from_seconds),
        };
        Some(ElementKind::FillAndWeigh(FillAndWeigh {
            station,
            hopper: ElementId::from_index(hopper),
            target_kg: spec.target_kg,
            in_flight_kg: spec.in_flight_kg,
            correction: spec.correction,
            fine_kg: spec.fine_kg,
            fine_open: spec.fine_open,
            settle: super::senses::delay(spec.settle_s),
        }))
    }

    /// About bulk material, at an element's name.
    pub(super) fn of_element(&self, severity: Severity, code: &'static str, id: ElementId, message: String) -> Diagnostic {
        let span = self.at.name_span(&self.element_path(id.index()));
        match severity {
            Severity::Error => Diagnostic::error(code, span, message),
            Severity::Warning => Diagnostic::warning(code, span, message),
        }
    }
}

fn vibratory(spec: &VibratoryFeederSpec) -> Vibratory {
    let VibratoryFeederSpec { width_m, wall_height_m: wall_m, amplitude_m, frequency_hz, .. } = *spec;
    Vibratory { width_m, wall_m, amplitude_m, frequency_hz, throw: spec.throw_deg * PI / 180.0 }
}

/// The middle line from one end to the other.
fn along(from_m: Vec3, to_m: Vec3) -> Pose {
    let span = sub(to_m, from_m);
    let level = libm::hypot(span[0], span[1]);
    Pose::new(from_m, libm::atan2(span[1], span[0]), libm::atan2(span[2], level))
}
