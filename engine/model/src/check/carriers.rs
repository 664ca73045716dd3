//! Sorters on loops: their chain of carriers, what sets parts onto it and where it gives them off. Knows nothing about how a
//! part slides.

use super::Checker;
use super::goods::longest_m;
use super::place::{DraftPort, Placed};
use super::references::PortRef;
use super::sortation::DiverterRow;
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use super::views::{family, host};
use crate::diagnostic::Diagnostic;
use crate::geometry::Pose;
use crate::scene::*;
use crate::spec::{DischargeSpec, ElementSpec, LoaderSpec, LoopSpec, SideSpec, SorterCarriersSpec};
use crate::time::Time;
use std::f64::consts::{FRAC_PI_2, PI};

const GRAVITY_MPS2: f64 = 9.81;
/// Of a part on a tray, where nobody says how far before its opening a carrier begins [-].
const USUAL_FRICTION: f64 = 0.3;
/// Of a tray's time to tilt, what passes until its part slides [-].
const UNTIL_IT_SLIDES: f64 = 0.6;
/// Slower than this nobody plans a slide [m/s^2].
const LEAST_SLIDE_MPS2: f64 = 0.5;
/// Beside and below the edge of a tilted tray, where what catches its parts begins [m].
const TRAY_CLEARANCE_M: f64 = 0.01;
/// No sorter has more.
const MOST_CARRIERS: f64 = 2000.0;

/// As many as fit best.
fn carrier_count(carriers: &SorterCarriersSpec, loop_m: f64) -> f64 {
    (loop_m / carriers.pitch_m()).round().max(1.0)
}

/// How far before the middle of an opening a carrier begins, by default [m].
fn lead_m(carriers: &SorterCarriersSpec, width_m: f64, loop_mps: f64) -> f64 {
    let half_m = width_m / 2.0;
    let seconds = match *carriers {
        SorterCarriersSpec::CrossBelt { speed_mps, acceleration_mps2, .. } => {
            let ramp_s = speed_mps / acceleration_mps2;
            match speed_mps * ramp_s / 2.0 {
                ramp_m if ramp_m < half_m => ramp_s + (half_m - ramp_m) / speed_mps,
                _ => (2.0 * half_m / acceleration_mps2).sqrt(),
            }
        }
        SorterCarriersSpec::TiltTray { tilt_deg, tilt_s, .. } => {
            let tilt = tilt_deg * PI / 180.0;
            let slide_mps2 = GRAVITY_MPS2 * (libm::sin(tilt) - USUAL_FRICTION * libm::cos(tilt));
            UNTIL_IT_SLIDES * tilt_s + (2.0 * half_m / slide_mps2.max(LEAST_SLIDE_MPS2)).sqrt()
        }
    };
    seconds * loop_mps
}

impl Checker<'_, '_> {
    /// What a loop with carriers alone says.
    pub(super) fn sorter_values(&mut self, index: usize, spec: &LoopSpec, carriers: &SorterCarriersSpec) {
        let path = self.field(index, "carriers");
        self.number(&path.name("pitch_m"), carriers.pitch_m(), Sign::Positive, Some(values::ZONE_LENGTH));
        self.number(&path.name("gap_m"), carriers.gap_m(), Sign::NotNegative, None);
        if carriers.pitch_m() > 0.0 && carriers.gap_m() >= carriers.pitch_m() {
            let problem = self.error("out-of-range", &path.name("gap_m"), format!("`gap_m` is {}", carriers.gap_m()));
            self.push(problem.allowed(format!("less than {}, the way from carrier to carrier", carriers.pitch_m())));
        }
        match *carriers {
            SorterCarriersSpec::CrossBelt { speed_mps, acceleration_mps2, .. } => {
                self.number(&path.name("speed_mps"), speed_mps, Sign::Positive, Some(values::SPEED));
                self.number(&path.name("acceleration_mps2"), acceleration_mps2, Sign::Positive, Some(values::ACCELERATION));
            }
            SorterCarriersSpec::TiltTray { tilt_deg, tilt_s, .. } => {
                if !(10.0..=60.0).contains(&tilt_deg) {
                    let problem = self.error("out-of-range", &path.name("tilt_deg"), format!("`tilt_deg` is {tilt_deg}"));
                    self.push(problem.allowed("10 to 60").help("cartons slide beyond 20 to 30 degrees, and tumble on steep trays"));
                }
                self.number(&path.name("tilt_s"), tilt_s, Sign::Positive, Some(values::CYCLE_TIME));
            }
        }
        if spec.fill.is_some() {
            let problem =
                self.error("given-twice", &self.field(index, "fill"), "`fill` beside `carriers`: nothing else goes round on a sorter");
            self.push(problem.help("take one of them away"));
        }
        if spec.zone_m.is_some() {
            let problem = self.error("given-twice", &self.field(index, "zone_m"), "`zone_m` beside `carriers`: a sorter has no zones");
            self.push(problem.help("take one of them away"));
        }
        self.devices_on_sorter(index);
    }

    /// What stops, pushes or leads parts does not work over carriers that never stop.
    fn devices_on_sorter(&mut self, sorter: usize) {
        let name = self.name(sorter).to_owned();
        let spec = self.spec;
        for (index, element) in spec.line.values().enumerate() {
            let works = matches!(
                element,
                ElementSpec::Loader(_)
                    | ElementSpec::Discharge(_)
                    | ElementSpec::Scanner(_)
                    | ElementSpec::TagReader(_)
                    | ElementSpec::LightGrid(_)
                    | ElementSpec::Router(_)
                    | ElementSpec::Eye(_)
                    | ElementSpec::Counter(_)
                    | ElementSpec::Encoder(_)
            );
            if host(element) == Some(&name) && !works {
                let message = format!("a {} does not work on `{name}`, whose carriers never stop", family(element));
                let problem = self.error("not-a-host", &self.field(index, "on"), message);
                let problem = problem.allowed("a Loader, a Discharge, a Router, or what reads, measures and counts");
                self.push(problem.help("do it on the conveyors before or behind the sorter"));
            }
        }
    }

    pub(super) fn train(&mut self, element: usize, spec: &SorterCarriersSpec, tables: &mut Tables) -> Option<ElementKind> {
        let conveyor = tables.conveyor_of[element]?;
        let length_m = tables.conveyors[conveyor.index()].path.length();
        let sound = spec.pitch_m() > 0.0 && (0.0..spec.pitch_m()).contains(&spec.gap_m());
        sound.then_some(())?;
        let count = carrier_count(spec, length_m);
        if count > MOST_CARRIERS {
            let problem = self.error("out-of-range", &self.field(element, "carriers").name("pitch_m"), format!("{count:.0} carriers"));
            self.push(problem.allowed(format!("{MOST_CARRIERS} at most")).help("a longer `pitch_m`, or a shorter loop"));
            return None;
        }
        let carriers = match *spec {
            SorterCarriersSpec::CrossBelt { speed_mps, acceleration_mps2, .. } => {
                SorterCarriers::CrossBelts { speed_mps, acceleration_mps2 }
            }
            SorterCarriersSpec::TiltTray { tilt_deg, tilt_s, .. } => SorterCarriers::TiltTrays { tilt: tilt_deg * PI / 180.0, tilt_s },
        };
        tables.trains.push(Train { conveyor, count: count as u32, length_m: length_m / count - spec.gap_m(), carriers });
        Some(ElementKind::Conveyor(conveyor))
    }

    /// The carriers of the loop that a device stands at.
    fn carriers_under(&mut self, element: usize, on: &str) -> Option<&SorterCarriersSpec> {
        let spec = self.spec;
        match spec.line.get(on)? {
            ElementSpec::Loop(LoopSpec { carriers: Some(carriers), .. }) => Some(carriers),
            other => {
                let message = format!("`{}` needs carriers, and `{on}` is a {} without", self.name(element), family(other));
                let problem = self.error("not-a-host", &self.field(element, "on"), message);
                self.push(problem.allowed("a Loop with `carriers`").help("carriers: CrossBelt(pitch_m: 0.7), or TiltTray(pitch_m: 0.7)"));
                None
            }
        }
    }

    pub(super) fn discharge_values(&mut self, index: usize, spec: &DischargeSpec) {
        self.option(&self.field(index, "lead_m"), spec.lead_m, Sign::NotNegative, Some(values::DEVICE_LENGTH));
        self.track_values(index, spec.track.as_ref());
    }

    /// Where its parts leave the loop: at its edge, or at that of a tilted tray.
    pub(super) fn discharge_port(&self, spec: &DischargeSpec, host: &Placed, at_m: f64) -> Option<DraftPort> {
        let sign = if spec.side == SideSpec::Left { 1.0 } else { -1.0 };
        let half_m = host.width_m / 2.0;
        let (beside_m, below_m) = match self.spec.line.get(&spec.on)? {
            ElementSpec::Loop(LoopSpec { carriers: Some(SorterCarriersSpec::TiltTray { tilt_deg, .. }), .. }) => {
                let tilt = tilt_deg * PI / 180.0;
                (half_m * libm::cos(tilt) + TRAY_CLEARANCE_M, half_m * libm::sin(tilt) + TRAY_CLEARANCE_M)
            }
            _ => (half_m, 0.0),
        };
        let middle = host.path.as_ref()?.pose_at(at_m);
        let at = middle.shifted(0.0, sign * beside_m, -below_m).position;
        let pose = Pose::new(at, middle.heading() + sign * FRAC_PI_2, 0.0);
        Some(DraftPort { name: "side", direction: PortDirection::Out, pose, width_m: spec.length_m, speed_mps: host.speed_mps })
    }

    pub(super) fn discharge(
        &mut self,
        element: usize,
        spec: &DischargeSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let when = self.when(&self.field(element, "when"), &spec.when, tables, draft);
        let full = match &spec.full_when {
            Some(text) => Some(self.expression(&self.field(element, "full_when"), text, &tables.attributes, &[], false)?),
            None => None,
        };
        let carriers = *self.carriers_under(element, &spec.on)?;
        let (host, at_m) = self.host_of(element, tables, draft)?;
        let conveyor = &tables.conveyors[host.index()];
        let (length_m, width_m, material) = (conveyor.path.length(), conveyor.width_m, conveyor.material);
        let drive = tables.drives[conveyor.drives.first()?.index()].clone();
        let lead_m = spec.lead_m.unwrap_or_else(|| lead_m(&carriers, width_m, drive.speed_mps));
        let (start_m, end_m) = (at_m - lead_m, at_m + spec.length_m / 2.0);
        // Decided is between two carriers.
        let decided_m = start_m - length_m / carrier_count(&carriers, length_m) / 2.0;
        // Values that make no sense have an error of their own.
        decided_m.is_finite().then_some(())?;
        let before_m = at_m - decided_m + longest_m(draft.part_types) / 2.0;
        if at_m < before_m || end_m > length_m {
            let behind_m = spec.length_m / 2.0;
            let message = format!(
                "`{}` needs {before_m:.3} m of its loop before its middle and {behind_m:.3} m behind it, between the loop's beginning and end",
                self.name(element)
            );
            let problem = self.error("beyond-host", &self.field(element, "at_m"), message);
            self.push(problem.allowed(format!("{before_m:.3} to {:.3}", length_m - behind_m)).help("move it, or `start_m` of the loop"));
            return None;
        }
        self.on_one_straight(element, [start_m, end_m], &drive, tables)?;
        let spot = Spot { element: ElementId::from_index(element), host, start_m: decided_m, at_m: decided_m, end_m, hold: None };
        let spot = tables.add_spot(spot);
        let row = DiverterRow {
            stretch_m: [start_m, end_m],
            side: spec.side,
            angle: FRAC_PI_2,
            stroke_s: 0.0,
            material,
            device: DiverterDevice::Carriers,
            stop: None,
            track: spec.track.as_ref(),
        };
        self.diverter_row(element, spot, row, (when?, full), tables)
    }

    pub(super) fn loader(&mut self, element: usize, spec: &LoaderSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let pickup = self.feeder_hold(element, PortRef { element, port: "in" }, tables, draft);
        let carriers = *self.carriers_under(element, &spec.on)?;
        let (host, at_m) = self.host_of(element, tables, draft)?;
        let conveyor = &tables.conveyors[host.index()];
        let pitch_m = conveyor.path.length() / carrier_count(&carriers, conveyor.path.length());
        let drive = tables.drives[conveyor.drives.first()?.index()].clone();
        let (start_m, end_m) = (at_m - pitch_m / 2.0, at_m + pitch_m / 2.0);
        self.on_one_straight(element, [start_m, end_m], &drive, tables)?;
        let window = tables.add_spot(Spot { element: ElementId::from_index(element), host, start_m, at_m, end_m, hold: None });
        Some(ElementKind::Loader(Loader { pickup: pickup?, window, cycle: Time::from_seconds(spec.cycle_s) }))
    }
}

/// Whether parts go round on it as carriers, which nobody may take out.
pub(super) fn has_loose_carriers(spec: &ElementSpec) -> bool {
    matches!(spec, ElementSpec::Loop(LoopSpec { carriers: None, .. }))
}

impl Checker<'_, '_> {
    /// On a tray that tilts no further than the friction cone, a part stays.
    pub(super) fn trays(&mut self, scene: &Scene) {
        for train in &scene.trains {
            let SorterCarriers::TiltTrays { tilt, .. } = train.carriers else { continue };
            let conveyor = scene.conveyor(train.conveyor);
            let element = conveyor.element.index();
            let variants = scene.elements[element].passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
            let friction = |variant: &PartVariant| scene.materials.pair(variant.material, conveyor.material).friction;
            let Some(worst) = variants.max_by(|a, b| friction(a).total_cmp(&friction(b))) else { continue };
            if libm::tan(tilt) > friction(worst) {
                continue;
            }
            let degrees = |angle: f64| angle * 180.0 / PI;
            let message = format!(
                "`{}` stays on the trays of `{}`: they tilt by {:.1} degrees, and a friction of {} holds up to {:.1}",
                worst.name,
                self.name(element),
                degrees(tilt),
                friction(worst),
                degrees(libm::atan(friction(worst)))
            );
            let problem = Diagnostic::warning("too-flat", self.at.value_span(&self.field(element, "carriers")), message);
            let allowed = format!("a `tilt_deg` of more than {:.1}", degrees(libm::atan(friction(worst))));
            self.push(problem.allowed(allowed).help("tilt further, or give the loop a `material` with less friction"));
        }
    }
}
