//! Rows of diverters, and their single values. Knows nothing about how line logic uses them.

use super::Checker;
use super::goods::longest_m;
use super::place::PUSHED_TURN_M;
use super::surfaces::Lacks;
use super::tables::{Draft, Tables};
use super::values::{self, Sign, Usual};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::geometry::Segment;
use crate::scene::*;
use crate::spec::{ElementSpec, PopUpSpec, ShoeSorterSpec, SideSpec, SwingArmSpec, TrackSpec};
use std::f64::consts::PI;

/// Steeper than this a part is braked on the wheels before it is carried off, so that they rise below it; less steep ones
/// are up before it comes [rad].
const RIGHT_ANGLE_FROM: f64 = 75.0 * PI / 180.0;
/// What brakes a part on wheels that carry it square to its way, over its weight [-]: rubber on card and plastic.
const BRAKING: f64 = 0.6;
const GRAVITY_MPS2: f64 = 9.81;
/// Shoes closer together touch [m].
const LEAST_SHOE_PITCH_M: f64 = 0.06;
/// How far something rises between strands [m].
const LEAST_LIFT_M: f64 = 0.002;
const MOST_LIFT_M: f64 = 0.1;
/// Belts and wheels narrower than this are not made [m].
const LEAST_LIFTER_M: f64 = 0.01;
/// What the blade of a stretch needs to come up before a part is there [s].
const BLADE_RISE_S: f64 = 0.1;
/// Strokes of diverters that nobody wonders at [s].
const STROKE: Usual = Usual { low: 0.01, high: 5.0, ..values::CYCLE_TIME };

/// What all diverters say.
struct Diverting<'a> {
    length_m: f64,
    side: SideSpec,
    angle_deg: f64,
    stroke_s: f64,
    material: &'a str,
    /// A blade keeps what it carries off.
    stops: bool,
    when: &'a str,
    full_when: Option<&'a str>,
    track: Option<&'a TrackSpec>,
}

/// What the row of a diverter holds beside its place: its stretch [m], its angle [rad].
pub(super) struct DiverterRow<'a> {
    pub stretch_m: [f64; 2],
    pub side: SideSpec,
    pub angle: f64,
    pub stroke_s: f64,
    pub material: MaterialId,
    pub device: DiverterDevice,
    pub stop: Option<SpotId>,
    pub track: Option<&'a TrackSpec>,
}

/// So far before the tip of a swing arm the middle of a carton leaves its host [m].
const ARM_EXIT_M: f64 = 0.2;

/// Where along its host the middle of a diverter's port lies, and its width [m].
pub(super) struct SidePort {
    pub side: SideSpec,
    pub at_m: f64,
    pub width_m: f64,
}

pub(super) fn side_port(spec: &ElementSpec, host_width_m: f64, at_m: f64) -> Option<SidePort> {
    let tangent = |angle_deg: f64| libm::tan(angle_deg * PI / 180.0);
    Some(match spec {
        ElementSpec::PopUp(pop_up) => {
            // A part goes on a little while it is carried off: half of that lies before the port's middle.
            let onwards_m = (host_width_m / 2.0 / tangent(pop_up.angle_deg)).clamp(0.0, pop_up.length_m.max(0.0) / 2.0) / 2.0;
            SidePort { side: pop_up.side, at_m: at_m + onwards_m, width_m: pop_up.length_m + PUSHED_TURN_M }
        }
        // What slides along it leaves the host a little before its tip.
        ElementSpec::SwingArm(arm) => SidePort {
            side: arm.side,
            at_m: at_m + swept_m(arm, host_width_m) / 2.0 - ARM_EXIT_M,
            width_m: 2.0 * ARM_EXIT_M + PUSHED_TURN_M,
        },
        // A part goes on with the host: its middle is off before the shoes are at the end, and its end after that.
        ElementSpec::ShoeSorter(shoes) => SidePort {
            side: shoes.side,
            at_m: at_m + crossed_m(shoes, host_width_m) / 2.0,
            width_m: (PUSHED_TURN_M / tangent(shoes.angle_deg)).clamp(PUSHED_TURN_M, MOST_OPEN_M) + 2.0 * ARM_EXIT_M,
        },
        _ => return None,
    })
}

/// The widest that a shoe sorter's side is open beside what a carton needs [m].
const MOST_OPEN_M: f64 = 1.5;

/// The stretch of its host in which shoes cross [m].
fn crossed_m(shoes: &ShoeSorterSpec, host_width_m: f64) -> f64 {
    shoes.length_m.unwrap_or_else(|| shoe_way_m(host_width_m) / libm::tan(shoes.angle_deg * PI / 180.0))
}

/// The stretch of its host that an arm sweeps [m].
pub(super) fn swept_m(arm: &SwingArmSpec, host_width_m: f64) -> f64 {
    arm.length_m.unwrap_or_else(|| (host_width_m + ARM_BESIDE_M) / libm::tan(arm.angle_deg * PI / 180.0))
}

impl Checker<'_, '_> {
    pub(super) fn pop_up_values(&mut self, index: usize, spec: &PopUpSpec) {
        if !(20.0..=90.0).contains(&spec.angle_deg) {
            let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {}", spec.angle_deg));
            self.push(problem.allowed("20 to 90").help("it is the angle from the flow: 90 carries straight off"));
        }
        self.option(&self.field(index, "speed_mps"), spec.speed_mps, Sign::Positive, Some(values::SPEED));
        self.number(&self.field(index, "rise_s"), spec.rise_s, Sign::NotNegative, Some(STROKE));
        if !(LEAST_LIFT_M..=MOST_LIFT_M).contains(&spec.lift_m) {
            let problem = self.error("out-of-range", &self.field(index, "lift_m"), format!("`lift_m` is {}", spec.lift_m));
            self.push(problem.allowed(format!("{LEAST_LIFT_M} to {MOST_LIFT_M}")).help("most lift by 5 to 20 mm"));
        }
        self.track_values(index, spec.track.as_ref());
    }

    pub(super) fn swing_arm_values(&mut self, index: usize, spec: &SwingArmSpec) {
        if !(15.0..=80.0).contains(&spec.angle_deg) {
            let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {}", spec.angle_deg));
            self.push(problem.allowed("15 to 80").help("it is the angle from the flow to its face; most arms have 30 to 50"));
        }
        self.number(&self.field(index, "swing_s"), spec.swing_s, Sign::Positive, Some(STROKE));
        self.number(&self.field(index, "force_n"), spec.force_n, Sign::Positive, None);
        self.number(&self.field(index, "height_m"), spec.height_m, Sign::Positive, Some(values::HEIGHT));
        self.track_values(index, spec.track.as_ref());
    }

    pub(super) fn shoe_values(&mut self, index: usize, spec: &ShoeSorterSpec) {
        if !(10.0..=45.0).contains(&spec.angle_deg) {
            let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {}", spec.angle_deg));
            self.push(problem.allowed("10 to 45").help("it is the angle from the flow to the guide; most sorters have 20 or 30"));
        }
        self.number(&self.field(index, "switch_s"), spec.switch_s, Sign::NotNegative, Some(STROKE));
        self.number(&self.field(index, "force_n"), spec.force_n, Sign::Positive, None);
        self.number(&self.field(index, "height_m"), spec.height_m, Sign::Positive, Some(values::HEIGHT));
        let path = self.field(index, "pitch_m");
        self.number(&path, spec.pitch_m, Sign::Positive, None);
        if spec.pitch_m > 0.0 && spec.pitch_m < LEAST_SHOE_PITCH_M {
            let problem = self.error("out-of-range", &path, format!("`pitch_m` is {}", spec.pitch_m));
            self.push(problem.allowed(format!("{LEAST_SHOE_PITCH_M} or more")).help("it is the distance from shoe to shoe"));
        }
        self.track_values(index, spec.track.as_ref());
    }

    pub(super) fn track_values(&mut self, index: usize, track: Option<&TrackSpec>) {
        if let Some(track) = track {
            self.number(&self.field(index, "track").name("window_m"), track.window_m, Sign::Positive, Some(values::PART_SIZE));
        }
    }

    pub(super) fn pop_up(&mut self, element: usize, pop_up: &PopUpSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let diverter = Diverting {
            length_m: pop_up.length_m,
            side: pop_up.side,
            angle_deg: pop_up.angle_deg,
            stroke_s: pop_up.rise_s,
            stops: pop_up.stops,
            material: &pop_up.material,
            when: &pop_up.when,
            full_when: pop_up.full_when.as_deref(),
            track: pop_up.track.as_ref(),
        };
        let host = tables.conveyor_of[draft.references[element].on?]?;
        let between_strands = matches!(tables.conveyors[host.index()].carrying, Carrying::Strands { .. });
        self.diverter(element, &diverter, tables, draft, |drive| {
            let speed_mps = pop_up.speed_mps.unwrap_or(drive.speed_mps.abs());
            match between_strands {
                true => DiverterDevice::Lifter { speed_mps, lift_m: pop_up.lift_m },
                false => DiverterDevice::PopUp { speed_mps },
            }
        })
    }

    pub(super) fn swing_arm(&mut self, element: usize, arm: &SwingArmSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let host_width_m = tables.conveyors[tables.conveyor_of[draft.references[element].on?]?.index()].width_m;
        let diverter = Diverting {
            length_m: swept_m(arm, host_width_m),
            side: arm.side,
            angle_deg: arm.angle_deg,
            stroke_s: arm.swing_s,
            stops: false,
            material: &arm.material,
            when: &arm.when,
            full_when: arm.full_when.as_deref(),
            track: arm.track.as_ref(),
        };
        let device = DiverterDevice::SwingArm { height_m: arm.height_m, force_n: arm.force_n };
        self.diverter(element, &diverter, tables, draft, |_| device)
    }

    pub(super) fn shoe_sorter(
        &mut self,
        element: usize,
        shoes: &ShoeSorterSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let host_width_m = tables.conveyors[tables.conveyor_of[draft.references[element].on?]?.index()].width_m;
        let diverter = Diverting {
            length_m: crossed_m(shoes, host_width_m),
            side: shoes.side,
            angle_deg: shoes.angle_deg,
            stroke_s: shoes.switch_s,
            stops: false,
            material: &shoes.material,
            when: &shoes.when,
            full_when: shoes.full_when.as_deref(),
            track: shoes.track.as_ref(),
        };
        let device = DiverterDevice::Shoes { pitch_m: shoes.pitch_m, height_m: shoes.height_m, force_n: shoes.force_n };
        self.diverter(element, &diverter, tables, draft, |_| device)
    }

    fn diverter(
        &mut self,
        element: usize,
        spec: &Diverting<'_>,
        tables: &mut Tables,
        draft: &Draft<'_>,
        device: impl Fn(&Drive) -> DiverterDevice,
    ) -> Option<ElementKind> {
        let material = self.material(&self.field(element, "material"), spec.material, draft.materials);
        let when = self.when(&self.field(element, "when"), spec.when, tables, draft);
        let full = match spec.full_when {
            Some(text) => Some(self.expression(&self.field(element, "full_when"), text, &tables.attributes, &[], false)?),
            None => None,
        };
        let spot = self.spot_of_length(element, spec.length_m, None, tables, draft)?;
        let Spot { host, at_m, start_m, end_m, .. } = tables.spots[spot.index()];
        let drive = tables.drives.iter().find(|drive| drive.conveyor == host && at_m <= drive.end_m)?.clone();
        let device = device(&drive);
        if let DiverterDevice::Lifter { .. } = device {
            self.rises_between(element, &tables.conveyors[host.index()])?;
        } else if !matches!(device, DiverterDevice::SwingArm { .. }) {
            self.rises_through(element, &tables.conveyors[host.index()])?;
        }
        let lacks = Lacks { field: "on", what: "that brings parts at a known speed", allowed: "a conveyor that is driven" };
        self.host_is_driven(element, host, &lacks, tables)?;
        self.on_one_straight(element, [start_m, end_m], &drive, tables)?;
        let angle = spec.angle_deg * PI / 180.0;
        let needed_m = if awaits_front(&device, spec.stops, angle) {
            // Of the parts that come there in the end: see `fit_to_parts`.
            start_m - longest_m(draft.part_types) / 2.0
        } else if matches!(device, DiverterDevice::Lifter { .. }) {
            // A part would run into what stands up already: it rises below the part's middle.
            at_m
        } else {
            at_m - drive.speed_mps * drive.speed_mps / (2.0 * BRAKING * GRAVITY_MPS2)
        };
        let trigger = &mut tables.spots[spot.index()];
        trigger.at_m = decided_m(needed_m, &drive, spec.stops, spec.stroke_s);
        trigger.start_m = trigger.start_m.min(trigger.at_m);
        let blade = Spot { element: ElementId::from_index(element), host, start_m, at_m: end_m, end_m, hold: Some(HoldKind::Blade) };
        let stop = spec.stops.then(|| tables.add_spot(blade));
        let row = DiverterRow {
            stretch_m: [start_m, end_m],
            side: spec.side,
            angle,
            stroke_s: spec.stroke_s,
            material,
            device,
            stop,
            track: spec.track,
        };
        self.diverter_row(element, spot, row, (when?, full), tables)
    }

    /// Enters a diverter that decides parts at `spot`: which to take off, and when its way is full.
    pub(super) fn diverter_row(
        &mut self,
        element: usize,
        spot: SpotId,
        row: DiverterRow<'_>,
        (when, full): (Condition, Option<Condition>),
        tables: &mut Tables,
    ) -> Option<ElementKind> {
        let track = match row.track {
            Some(track) => Some(self.track(element, track, spot, tables)?),
            None => None,
        };
        tables.diverters.push(Diverter {
            element: ElementId::from_index(element),
            host: tables.spots[spot.index()].host,
            start_m: row.stretch_m[0],
            end_m: row.stretch_m[1],
            side: if row.side == SideSpec::Left { Side::Left } else { Side::Right },
            angle: row.angle,
            stroke_s: row.stroke_s,
            material: row.material,
            device: row.device,
            stop: row.stop,
            out_port: tables.port_id(element, "side", PortDirection::Out)?,
        });
        let diverter = DiverterId::from_index(tables.diverters.len() - 1);
        Some(ElementKind::Diverter(DiverterLogic { spot, diverter, when, full, track }))
    }

    /// What sees the parts must stand before the diverter, on the same drive, and have been made before it: devices are
    /// made in the scene's order.
    pub(super) fn track(&mut self, element: usize, track: &TrackSpec, spot: SpotId, tables: &Tables) -> Option<Track> {
        let path = self.field(element, "track").name("from");
        let from = self.element_named(&path, &track.from)?;
        let Spot { host, at_m, .. } = tables.spots[spot.index()];
        let drive_at = |at_m: f64| tables.drives.iter().position(|drive| drive.conveyor == host && at_m <= drive.end_m);
        let seen = tables.spots.iter().position(|spot| spot.element.index() == from && spot.host == host && spot.hold.is_none());
        let found = seen.filter(|&seen| {
            let seen = &tables.spots[seen];
            seen.at_m < at_m && drive_at(seen.at_m) == drive_at(at_m) && seen.element.index() != element
        });
        if let (Some(seen), Some(drive)) = (found, drive_at(at_m)) {
            let drive = DriveId::from_index(drive);
            let encoder = match &track.encoder {
                Some(name) => Some(self.track_encoder(element, name, drive, tables)?),
                None => None,
            };
            return Some(Track { from: SpotId::from_index(seen), drive, encoder, window_m: track.window_m });
        }
        let message = format!("`{}` cannot follow parts from `{}`", self.name(element), track.from);
        let problem = self.error("cannot-track", &path, message);
        self.push(
            problem
                .allowed("a Scanner, TagReader, LightGrid, Checkweigher, Counter or Station without a hold, upstream on the same drive and before it in the file")
                .help("the encoder counts the way of one belt"),
        );
        None
    }

    fn track_encoder(&mut self, element: usize, name: &str, drive: DriveId, tables: &Tables) -> Option<ElementId> {
        let path = self.field(element, "track").name("encoder");
        let encoder = self.element_named(&path, name)?;
        match tables.elements.get(encoder).map(|row| &row.kind) {
            Some(ElementKind::Encoder(row)) if row.drive == drive => Some(ElementId::from_index(encoder)),
            _ => {
                let message = format!("`{}` cannot follow parts by `{name}`", self.name(element));
                let problem = self.error("cannot-track", &path, message);
                self.push(problem.allowed("an Encoder on the same drive, before it in the file"));
                None
            }
        }
    }

    /// On a chute flatter than its friction cone a part that stands stays: others must push it down.
    pub(super) fn chutes(&mut self, scene: &Scene) {
        for conveyor in &scene.conveyors {
            let element = conveyor.element.index();
            let (ElementSpec::Chute(_), Some(Segment::Straight { start, .. })) = (&self.spec.line[element], conveyor.path.segments.first())
            else {
                continue;
            };
            let slope = -start.forward[2] / libm::hypot(start.forward[0], start.forward[1]);
            let variants = scene.elements[element].passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
            let friction = |variant: &PartVariant| scene.materials.pair(variant.material, conveyor.material).friction;
            let Some(worst) = variants.max_by(|a, b| friction(a).total_cmp(&friction(b))) else { continue };
            if slope > friction(worst) {
                continue;
            }
            let degrees = |slope: f64| libm::atan(slope) * 180.0 / PI;
            let message = format!(
                "`{}` does not slide on `{}`: it falls by {:.1} degrees, and a friction of {} holds up to {:.1}",
                worst.name,
                self.name(element),
                degrees(slope),
                friction(worst),
                degrees(friction(worst))
            );
            let problem = Diagnostic::warning("too-flat", self.at.name_span(&self.element_path(element)), message);
            let allowed = format!("a fall of more than {:.1} degrees", degrees(friction(worst)));
            self.push(problem.allowed(allowed).help("a steeper chute, or a `material` with less friction"));
        }
    }

    /// Against a paddle beyond the friction cone a part does not slide along: it stands there, however the belt pulls.
    pub(super) fn friction_cones(&mut self, scene: &Scene) {
        let arms = scene.diverters.iter().filter(|diverter| matches!(diverter.device, DiverterDevice::SwingArm { .. }));
        for arm in arms {
            let host = scene.conveyor(arm.host).element.index();
            let variants = scene.elements[host].passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
            let friction = |variant: &PartVariant| scene.materials.pair(variant.material, arm.material).friction;
            let Some(worst) = variants.max_by(|a, b| friction(a).total_cmp(&friction(b))) else { continue };
            let steepest_deg = 90.0 - libm::atan(friction(worst)) * 180.0 / PI;
            let angle_deg = arm.angle * 180.0 / PI;
            if angle_deg < steepest_deg {
                continue;
            }
            let element = arm.element.index();
            let message = format!(
                "`{}` does not slide along `{}`: it stands at {angle_deg:.0} degrees to the flow, and with a friction of {} parts slide up to {steepest_deg:.1}",
                worst.name,
                self.name(element),
                friction(worst)
            );
            let problem = self.warning("beyond-friction-cone", &self.field(element, "angle_deg"), message);
            self.push(problem.allowed(format!("below {steepest_deg:.1}")).help("a smaller angle, or a `material` with less friction"));
        }
    }

    /// Shoes push a part at right angles to their guide, and friction with them keeps it from sliding back along them.
    pub(super) fn shoe_grips(&mut self, scene: &Scene) {
        for shoes in scene.diverters.iter().filter(|diverter| matches!(diverter.device, DiverterDevice::Shoes { .. })) {
            let host = scene.conveyor(shoes.host).element.index();
            let variants = scene.elements[host].passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
            let friction = |variant: &PartVariant| scene.materials.pair(variant.material, shoes.material).friction;
            let Some(worst) = variants.min_by(|a, b| friction(a).total_cmp(&friction(b))) else { continue };
            if friction(worst) > libm::tan(shoes.angle) {
                continue;
            }
            let element = shoes.element.index();
            let message = format!(
                "`{}` slides back along the shoes of `{}`: with a friction of {} they take it along up to {:.1} degrees, and they cross at {:.0}",
                worst.name,
                self.name(element),
                friction(worst),
                libm::atan(friction(worst)) * 180.0 / PI,
                shoes.angle * 180.0 / PI
            );
            let problem = self.warning("beyond-friction-cone", &self.field(element, "angle_deg"), message);
            let allowed = format!("below {:.1}", libm::atan(friction(worst)) * 180.0 / PI);
            self.push(problem.allowed(allowed).help("a smaller angle, or a `material` with more friction"));
        }
    }

    /// Between the strands there must be room for something that carries.
    fn rises_between(&mut self, element: usize, host: &Conveyor) -> Option<()> {
        let least_m = LEAST_LIFTER_M + 2.0 * LIFTER_CLEARANCE_M;
        let gap_m = host.strand_gap_m();
        if gap_m + 1e-9 >= least_m {
            return Some(());
        }
        let message = format!(
            "nothing can rise between the strands of `{}`: the free space is {gap_m:.3} m, and `{}` needs {least_m:.3} m",
            self.name(host.element.index()),
            self.name(element)
        );
        let problem = self.error("not-a-host", &self.field(element, "on"), message);
        self.push(problem.help("fewer strands (`strands`), narrower ones (`strand_width_m`), or a wider host"));
        None
    }

    /// What rises is a stretch of the host's own surface: of one with gaps, parts would ride on what is not there.
    fn rises_through(&mut self, element: usize, host: &Conveyor) -> Option<()> {
        let (has, help) = match host.carrying {
            Carrying::Closed => return Some(()),
            Carrying::Strands { .. } => {
                ("strands with free space between them", "a SwingArm or a Pusher works above its host: it stands at strands too")
            }
            Carrying::FreeRollers(_) => {
                ("free rollers, which nothing drives", "a Pusher works on free rollers; a RollerConveyor is driven")
            }
            Carrying::Chains { .. } => ("chains of different speeds", "put it on the lane before or behind the table"),
        };
        let message =
            format!("`{}` is a stretch of a closed surface, and `{}` has {has}", self.name(element), self.name(host.element.index()));
        let problem = self.error("not-a-host", &self.field(element, "on"), message).allowed("a Belt, a RollerConveyor or a ZoneConveyor");
        self.push(problem.help(help));
        None
    }

    /// The stretch must lie on one straight piece of one drive.
    pub(super) fn on_one_straight(&mut self, element: usize, stretch: [f64; 2], drive: &Drive, tables: &Tables) -> Option<()> {
        const SLACK_M: f64 = 1e-9;
        let conveyor = &tables.conveyors[drive.conveyor.index()];
        let mut offset_m = 0.0_f64;
        for segment in &conveyor.path.segments {
            let (low_m, high_m) = (offset_m.max(drive.start_m), (offset_m + segment.length()).min(drive.end_m));
            if matches!(segment, Segment::Straight { .. }) && low_m - SLACK_M <= stretch[0] && stretch[1] <= high_m + SLACK_M {
                return Some(());
            }
            offset_m += segment.length();
        }
        let message = format!(
            "`{}` works from {:.3} m to {:.3} m of its host, which is not one straight piece with one drive there",
            self.name(element),
            stretch[0],
            stretch[1]
        );
        let problem = self.error("not-straight", &self.field(element, "at_m"), message);
        self.push(
            problem.allowed("a straight stretch; on a ZoneConveyor, within one zone").help("move it, or give it a shorter `length_m`"),
        );
        None
    }
}

/// Whether what comes out or rises must be there before a part's front is, and not below its middle.
pub(super) fn awaits_front(device: &DiverterDevice, stops: bool, angle: f64) -> bool {
    match device {
        DiverterDevice::PopUp { .. } => stops || angle < RIGHT_ANGLE_FROM,
        DiverterDevice::Lifter { .. } => stops,
        DiverterDevice::SwingArm { .. } | DiverterDevice::Shoes { .. } => true,
        // Decided between two carriers.
        DiverterDevice::Carriers => false,
    }
}

/// Where a part's middle is when it is decided, if the diverter is needed when that is at `needed_m` [m].
pub(super) fn decided_m(needed_m: f64, drive: &Drive, stops: bool, stroke_s: f64) -> f64 {
    // Where a blade stops the part, it has all the time to rise afterwards.
    let lag_s = if stops { BLADE_RISE_S } else { stroke_s };
    (needed_m - drive.speed_mps.abs() * lag_s).max(0.0)
}
