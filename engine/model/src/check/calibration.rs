//! What was measured with contact physics, against the line as it is: does every value belong to something, can it be so, and is the
//! scene still the one that it was measured on?

use super::values::Sign;
use super::{Checker, top};
use crate::geometry::Segment;
use crate::scene::{
    Apart, BulkElement, Calibration, Carrying, ConveyorId, DiverterDevice, ElementId, ElementKind, HoldKind, Jamming, Missed, PartTypeId,
    Scene, ShareBy, Slipped, SpotId, TakeOff,
};
use crate::spec::{CalibratedSpec, FittedSpec, JammingSpec, MissedSpec, PropertySpec, SlippedSpec};
use crate::syntax::FieldPath;
use crate::time::Time;
use crate::words::listed;
use indexmap::IndexMap;

/// A hold that takes longer is no hold but a stop [s].
const LONGEST_S: f64 = 60.0;
/// More than this holds a part on any slope [-].
const MOST_RESISTANCE: f64 = 2.0;
/// What a hopper pours over the textbook [-].
const FLOWS: (f64, f64) = (0.05, 10.0);
/// Nothing is handed over so much faster than what takes it off is, nor covers so much more of its way than it is long [-].
const MOST_OVER: f64 = 10.0;

const REMEDY: &str = "`linetwin calibrate` on the scene without this file measures it anew";

impl Checker<'_, '_> {
    pub(super) fn calibration(&mut self, scene: &Scene) -> Option<Calibration> {
        let spec = self.spec.calibration.as_ref()?;
        let mut calibration = Calibration {
            spots: vec![Default::default(); scene.spots.len()],
            resistance: vec![0.0; scene.conveyors.len()],
            flow: vec![1.0; scene.elements.len()],
            jams: Vec::new(),
            jams_late: vec![Time::ZERO; scene.conveyors.len()],
            misses: Vec::new(),
            take_offs: Vec::new(),
            slips: Vec::new(),
            apart: Vec::new(),
        };
        for (name, found) in &spec.elements {
            let path = top("calibration").name("elements").name(name);
            let Some(element) = self.element_named(&path, name) else { continue };
            let times = [("settle_s", found.settle_s), ("release_s", found.release_s)];
            for (field, fitted) in times.into_iter().filter_map(|(field, fitted)| Some((field, fitted?))) {
                let path = path.name(field);
                self.fitted(&path, fitted, Some((0.0, LONGEST_S)));
                let owned = |index: &usize| scene.spots[*index].element.index() == element && scene.spots[*index].hold.is_some();
                let spots: Vec<usize> = (0..scene.spots.len()).filter(owned).collect();
                if spots.is_empty() {
                    let holding = scene.spots.iter().filter(|spot| spot.hold.is_some()).map(|spot| spot.element);
                    self.nothing_to_calibrate(&path, scene, &format!("`{name}` holds no parts"), holding);
                }
                for spot in spots {
                    let timing = &mut calibration.spots[spot];
                    *(if field == "settle_s" { &mut timing.settle } else { &mut timing.release }) =
                        Time::from_seconds(fitted.value.max(0.0));
                }
            }
            if let Some(fitted) = found.flow {
                let path = path.name("flow");
                self.fitted(&path, fitted, Some(FLOWS));
                let is_hopper = |index: &usize| matches!(scene.elements[*index].kind, ElementKind::Bulk(BulkElement::Hopper(_)));
                calibration.flow[element] = fitted.value;
                if !is_hopper(&element) {
                    let of = (0..scene.elements.len()).filter(is_hopper).map(ElementId::from_index);
                    self.nothing_to_calibrate(&path, scene, &format!("`{name}` is no hopper"), of);
                }
            }
            if let Some(fitted) = found.resistance {
                let path = path.name("resistance");
                self.fitted(&path, fitted, Some((-MOST_RESISTANCE, MOST_RESISTANCE)));
                let by_gravity = |conveyor: &usize| scene.runs_by_gravity(*conveyor);
                let conveyor = (0..scene.conveyors.len()).find(|index| scene.conveyors[*index].element.index() == element);
                match conveyor.filter(by_gravity) {
                    Some(conveyor) => calibration.resistance[conveyor] = fitted.value,
                    None => {
                        let of = (0..scene.conveyors.len()).filter(by_gravity).map(|index| scene.conveyors[index].element);
                        self.nothing_to_calibrate(&path, scene, &format!("`{name}` is no conveyor without a drive"), of);
                    }
                }
            }
            let conveyor = (0..scene.conveyors.len()).find(|index| scene.conveyors[*index].element.index() == element);
            let of_jams = found.jams_late_s.map(|_| path.name("jams_late_s")).into_iter();
            if let (None, Some(path)) = (conveyor, of_jams.chain(found.jams.keys().map(|part| path.name("jams").name(part))).next()) {
                let of = scene.conveyors.iter().map(|conveyor| conveyor.element);
                self.nothing_to_calibrate(&path, scene, &format!("`{name}` is no conveyor: nothing jams on it"), of);
            }
            if let (Some(conveyor), Some(fitted)) = (conveyor, found.jams_late_s) {
                self.fitted(&path.name("jams_late_s"), fitted, Some((0.0, LONGEST_S)));
                calibration.jams_late[conveyor] = Time::from_seconds(fitted.value.max(0.0));
            }
            for (part, jamming) in &found.jams {
                let path = path.name("jams").name(part);
                let part_type = self.part_named(&path, part, &scene.part_types);
                let conveyor = conveyor.map(ConveyorId::from_index);
                calibration.jams.extend(conveyor.and_then(|conveyor| self.jamming(&path, scene, (conveyor, part_type), jamming)));
            }
            let named = (name.as_str(), ElementId::from_index(element));
            self.misses(&path.name("misses"), scene, named, &found.misses, &mut calibration.misses);
            calibration.take_offs.extend(self.take_off(&path, scene, named, found));
            self.blade_slips(&path.name("slips"), scene, named, &found.slips, &mut calibration.slips);
        }
        let apart = &spec.apart;
        for (field, fitted) in [
            ("throughput_per_h", apart.throughput_per_h),
            ("lead_time_mean_s", apart.lead_time_mean_s),
            ("wip_mean", apart.wip_mean),
            ("jams", apart.jams),
            ("misroutes", apart.misroutes),
            ("bulk_out_kg", apart.bulk_out_kg),
            ("bulk_filled_kg", apart.bulk_filled_kg),
        ] {
            let Some(fitted) = fitted else { continue };
            self.fitted(&top("calibration").name("apart").name(field), fitted, None);
            let FittedSpec { value: mean, low, high, observations: runs } = fitted;
            calibration.apart.push(Apart { kpi: format!("line.{field}"), mean, low, high, runs });
        }
        Some(calibration)
    }

    fn jamming(
        &mut self,
        path: &FieldPath,
        scene: &Scene,
        (conveyor, part_type): (ConveyorId, Option<PartTypeId>),
        spec: &JammingSpec,
    ) -> Option<Jamming> {
        let share = self.share_by(path, spec.share, spec.by.as_ref());
        let length_m = scene.conveyor(conveyor).path.length();
        if !(0.0..=length_m).contains(&spec.at_m) {
            let problem = self.error("out-of-range", &path.name("at_m"), format!("`at_m` is {}", spec.at_m));
            self.push(problem.allowed(format!("0 to {length_m:.3}, the conveyor's length")).help(REMEDY));
        }
        if let Some(ends_after_s) = spec.ends_after_s {
            self.fitted(&path.name("ends_after_s"), ends_after_s, None);
            self.number(&path.name("ends_after_s").name("value"), ends_after_s.value, Sign::Positive, None);
        }
        let shares = [
            ("share_behind", spec.share_behind),
            ("reversals_that_clear", spec.reversals_that_clear),
            ("straightenings_that_clear", spec.straightenings_that_clear),
        ];
        for (field, fitted) in shares.into_iter().filter_map(|(field, fitted)| Some((field, fitted?))) {
            self.fitted(&path.name(field), fitted, Some((0.0, 1.0)));
        }
        Some(Jamming {
            conveyor,
            part_type: part_type?,
            at_m: spec.at_m,
            share: share?,
            share_behind: spec.share_behind.map_or(0.0, |fitted| fitted.value),
            ends_after_s: spec.ends_after_s.map(|fitted| fitted.value),
            reversals_that_clear: spec.reversals_that_clear.map_or(0.0, |fitted| fitted.value),
            straightenings_that_clear: spec.straightenings_that_clear.map_or(1.0, |fitted| fitted.value),
        })
    }

    /// Of what takes parts off, and has them go on by ways of its own.
    fn misses(
        &mut self,
        path: &FieldPath,
        scene: &Scene,
        (name, device): (&str, ElementId),
        specs: &IndexMap<String, MissedSpec>,
        misses: &mut Vec<Missed>,
    ) {
        let lets_past = scene.lets_past(device);
        for (part, spec) in specs {
            let path = path.name(part);
            if !lets_past {
                let others = scene.element_ids().filter(|other| scene.lets_past(*other));
                let takes_off = scene.diverters.iter().any(|diverter| diverter.element == device);
                let why = if takes_off { "keeps at its blade what it does not take off" } else { "takes no parts off a conveyor" };
                self.nothing_to_calibrate(&path, scene, &format!("`{name}` {why}: nothing goes past it"), others);
            }
            let part_type = self.part_named(&path, part, &scene.part_types);
            let share = self.share_by(&path, spec.share, spec.by.as_ref());
            if let (true, Some(part_type), Some(share)) = (lets_past, part_type, share) {
                misses.push(Missed { device, part_type, share });
            }
        }
    }

    /// Of what takes parts off.
    fn take_off(&mut self, path: &FieldPath, scene: &Scene, (name, device): (&str, ElementId), spec: &CalibratedSpec) -> Option<TakeOff> {
        let given = [
            ("takes_off_s", spec.takes_off_s, -LONGEST_S, LONGEST_S),
            ("hands_over", spec.hands_over, 0.0, MOST_OVER),
            ("covers", spec.covers, 0.0, MOST_OVER),
        ];
        for (field, fitted, least, most) in given {
            let (path, Some(fitted)) = (path.name(field), fitted) else { continue };
            self.fitted(&path, fitted, Some((least, most)));
            if !scene.takes_off(device) {
                let others = scene.element_ids().filter(|other| scene.takes_off(*other));
                self.nothing_to_calibrate(&path, scene, &format!("`{name}` takes no parts off a conveyor"), others);
            }
        }
        given.iter().any(|(_, fitted, ..)| fitted.is_some()).then(|| TakeOff {
            device,
            longer_s: spec.takes_off_s.map_or(0.0, |fitted| fitted.value),
            speed: spec.hands_over.map(|fitted| fitted.value),
            covers: spec.covers.map(|fitted| fitted.value),
        })
    }

    /// Of what keeps parts one by one at a blade.
    fn blade_slips(
        &mut self,
        path: &FieldPath,
        scene: &Scene,
        (name, element): (&str, ElementId),
        specs: &IndexMap<String, SlippedSpec>,
        slips: &mut Vec<Slipped>,
    ) {
        let spot = scene.blade_for_one(element);
        for (part, spec) in specs {
            let path = path.name(part);
            if spot.is_none() {
                let others = scene.element_ids().filter(|other| scene.blade_for_one(*other).is_some());
                let message = format!("`{name}` does not keep parts one by one at a blade: nothing slips past it");
                self.nothing_to_calibrate(&path, scene, &message, others);
            }
            let part_type = self.part_named(&path, part, &scene.part_types);
            let share = self.share_by(&path, spec.share, spec.by.as_ref());
            if let (Some(spot), Some(part_type), Some(share)) = (spot, part_type, share) {
                slips.push(Slipped { spot, part_type, share });
            }
        }
    }

    /// Of all parts, or of each class.
    fn share_by(&mut self, path: &FieldPath, share: FittedSpec, by: Option<&PropertySpec>) -> Option<ShareBy> {
        self.fitted(&path.name("share"), share, Some((0.0, 1.0)));
        match by {
            Some(by) => self.classes(&path.name("by"), by),
            None => Some(ShareBy::even(share.value)),
        }
    }

    /// Classes whose bounds ascend up to the last, which has none.
    fn classes(&mut self, path: &FieldPath, spec: &PropertySpec) -> Option<ShareBy> {
        let path = path.name("classes");
        for (index, class) in spec.classes.iter().enumerate() {
            self.fitted(&path.index(index).name("share"), class.share, Some((0.0, 1.0)));
        }
        let bounds: Vec<f64> = spec.classes.iter().map_while(|class| class.up_to).collect();
        if bounds.len() + 1 != spec.classes.len() || bounds.is_empty() || !bounds.is_sorted_by(|a, b| a < b) {
            let message = match spec.classes.len() {
                0 | 1 => "fewer than two classes tell no parts apart".to_owned(),
                _ => format!("the bounds of the classes are {}", told_bounds(spec)),
            };
            let problem = self.error("classes-out-of-order", &path, message);
            self.push(problem.allowed("two classes or more, `up_to` of each larger than before, and none of the last").help(REMEDY));
            return None;
        }
        Some(ShareBy { property: spec.of, bounds, shares: spec.classes.iter().map(|class| class.share.value).collect() })
    }

    /// Warns where the scene has changed since. Its inputs are known by now.
    pub(super) fn calibrated_for(&mut self, scene: &Scene) {
        let Some(spec) = &self.spec.calibration else { return };
        if spec.of_scene == scene.fingerprint() {
            return;
        }
        let message = "the scene is not the one that exact events were calibrated for: it has changed since, or a `--set` changes it";
        let problem = self.warning("stale-calibration", &top("calibration").name("of_scene"), message);
        self.push(problem.help(REMEDY));
    }

    /// A value within its interval, and within `allowed`.
    fn fitted(&mut self, path: &FieldPath, fitted: FittedSpec, allowed: Option<(f64, f64)>) {
        for (field, value) in [("value", fitted.value), ("low", fitted.low), ("high", fitted.high)] {
            self.number(&path.name(field), value, Sign::Any, None);
        }
        if let Some((least, most)) = allowed.filter(|(least, most)| !(*least..=*most).contains(&fitted.value)) {
            let problem = self.error("out-of-range", &path.name("value"), format!("`value` is {}", fitted.value));
            self.push(problem.allowed(format!("{least} to {most}")).help(REMEDY));
        }
        if !(fitted.low <= fitted.value && fitted.value <= fitted.high) {
            let message = format!("{} does not lie within {} to {}", fitted.value, fitted.low, fitted.high);
            self.push(self.error("limits-reversed", &path.name("value"), message).allowed("`low` <= `value` <= `high`").help(REMEDY));
        }
    }

    fn nothing_to_calibrate(
        &mut self,
        path: &FieldPath,
        scene: &Scene,
        message: &str,
        others: impl Iterator<Item = crate::scene::ElementId>,
    ) {
        let mut names: Vec<&str> = others.map(|element| scene.element(element).name.as_str()).collect();
        names.dedup();
        let problem = self.error("nothing-to-calibrate", path, message);
        let problem = problem.allowed(if names.is_empty() { "no element of this line".to_owned() } else { listed(names) });
        self.push(problem.help(REMEDY));
    }
}

fn told_bounds(spec: &PropertySpec) -> String {
    let bounds: Vec<String> = spec.classes.iter().map(|class| class.up_to.map_or("none".to_owned(), |bound| bound.to_string())).collect();
    listed(bounds.iter().map(String::as_str))
}

impl Scene {
    /// Nothing drives what lies on this conveyor but its weight, at least for a part of its way.
    pub fn runs_by_gravity(&self, conveyor: usize) -> bool {
        let conveyor = &self.conveyors[conveyor];
        let is_still = |drive: &crate::scene::DriveId| self.drives[drive.index()].speed_mps == 0.0;
        matches!(conveyor.carrying, Carrying::FreeRollers(_)) || conveyor.drives.iter().any(is_still)
    }

    /// Nothing drives this conveyor anywhere, and it falls evenly.
    pub fn is_slope(&self, conveyor: ConveyorId) -> bool {
        let conveyor = self.conveyor(conveyor);
        let is_still = conveyor.drives.iter().all(|drive| self.drives[drive.index()].speed_mps == 0.0);
        let is_free = matches!(conveyor.carrying, Carrying::FreeRollers(_)) || is_still;
        is_free && matches!(conveyor.path.segments.as_slice(), [Segment::Straight { .. }])
    }

    /// What resists a part at low speed on a conveyor without a drive: its friction there, or the resistance of the rollers [-].
    pub fn resistance(&self, conveyor: ConveyorId, friction: f64) -> f64 {
        match self.conveyor(conveyor).carrying {
            Carrying::FreeRollers(rollers) => rollers.resistance,
            _ => friction,
        }
    }

    /// How fast a diverter or pusher is while its host runs at its set speed: its wheels, the host of an arm or of shoes, a plate from
    /// end to end of its stroke [m/s].
    pub fn own_speed_mps(&self, device: ElementId) -> Option<f64> {
        if let Some(pusher) = self.pushers.iter().find(|pusher| pusher.element == device) {
            return Some(pusher.stroke_m(self.conveyor(pusher.host)) / pusher.stroke_s);
        }
        let diverter = self.diverters.iter().find(|diverter| diverter.element == device)?;
        if let DiverterDevice::PopUp { speed_mps } | DiverterDevice::Lifter { speed_mps, .. } = diverter.device {
            return Some(speed_mps);
        }
        let middle_m = f64::midpoint(diverter.start_m, diverter.end_m);
        let drives = &self.conveyor(diverter.host).drives;
        let under = drives.iter().find(|drive| middle_m < self.drives[drive.index()].end_m).or(drives.last())?;
        Some(self.drives[under.index()].speed_mps)
    }

    /// A diverter or a pusher past which parts go on, where it does not take them off.
    pub fn lets_past(&self, device: ElementId) -> bool {
        let diverts = self.diverters.iter().any(|diverter| diverter.element == device && diverter.stop.is_none());
        diverts || self.pushers.iter().any(|pusher| pusher.element == device)
    }

    /// A diverter or a pusher.
    pub fn takes_off(&self, device: ElementId) -> bool {
        let diverts = self.diverters.iter().any(|diverter| diverter.element == device);
        diverts || self.pushers.iter().any(|pusher| pusher.element == device)
    }

    /// Where a station or a stop keeps its parts, if that is one by one at a blade.
    pub fn blade_for_one(&self, element: ElementId) -> Option<SpotId> {
        let kind = &self.element(element).kind;
        let is_alone = match kind {
            ElementKind::Stop(_) => true,
            kind => kind.station().is_some_and(|station| station.batch <= 1),
        };
        let keeps = |spot: &crate::scene::Spot| spot.element == element && spot.hold == Some(HoldKind::Blade);
        is_alone.then(|| self.spots.iter().position(keeps).map(SpotId::from_index)).flatten()
    }

    /// Tells scenes apart in which parts move otherwise, by everything that was written, set or defaulted. What only says how a
    /// scene is run, looked at and judged does not count. Empty before the check is done.
    pub fn fingerprint(&self) -> String {
        const ASIDE: [&str; 20] = [
            "schema",
            "name",
            "seed",
            "warmup_s",
            "count",
            "demand_per_h",
            "minor_stop_s",
            "constraint",
            "fidelity",
            "contact",
            "coasting",
            "compute",
            "cameras",
            "floor_plan",
            "disturbances",
            "happens",
            "checks",
            "include",
            "calibration",
            "templates",
        ];
        let mut hasher = blake3::Hasher::new_derive_key("linetwin calibrated scene v1");
        let counts = |path: &str| !ASIDE.contains(&path.split('.').next().unwrap_or(path));
        let mut inputs: Vec<_> = self.inputs.iter().filter(|input| counts(&input.path)).collect();
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        for input in inputs {
            for text in [&input.path, &input.value] {
                hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            }
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }
}
