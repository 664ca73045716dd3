//! Rows of diverters, and their single values. Knows nothing about how line logic uses them.

use super::Checker;
use super::flow::Passing;
use super::goods::largest_size;
use super::tables::{Draft, Tables};
use super::values::{self, Sign, Usual};
use crate::diagnostic::Diagnostic;
use crate::geometry::Segment;
use crate::scene::*;
use crate::spec::{ElementSpec, PopUpSpec, SideSpec};
use std::f64::consts::PI;

/// Steeper than this a part is braked on the wheels before it is carried off, so that they rise below it; less steep ones
/// are up before it comes [deg].
const RIGHT_ANGLE_FROM_DEG: f64 = 75.0;
/// What brakes a part on wheels that carry it square to its way, over its weight [-]: rubber on card and plastic.
const BRAKING: f64 = 0.6;
const GRAVITY_MPS2: f64 = 9.81;

impl Checker<'_, '_> {
    pub(super) fn pop_up_values(&mut self, index: usize, spec: &PopUpSpec) {
        if !(20.0..=90.0).contains(&spec.angle_deg) {
            let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {}", spec.angle_deg));
            self.push(problem.allowed("20 to 90").help("it is the angle from the flow: 90 carries straight off"));
        }
        self.option(&self.field(index, "speed_mps"), spec.speed_mps, Sign::Positive, Some(values::SPEED));
        let usual = Usual { low: 0.01, high: 5.0, ..values::CYCLE_TIME };
        self.number(&self.field(index, "rise_s"), spec.rise_s, Sign::NotNegative, Some(usual));
    }

    pub(super) fn pop_up(
        &mut self,
        element: usize,
        spec: &ElementSpec,
        pop_up: &PopUpSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let material = self.material(&self.field(element, "material"), &pop_up.material, draft.materials);
        let when = self.when(&self.field(element, "when"), &pop_up.when, tables, draft);
        let spot = self.device_spot(element, spec, None, tables, draft)?;
        let Spot { host, at_m, start_m, end_m, .. } = tables.spots[spot.index()];
        let drive = tables.drives.iter().find(|drive| drive.conveyor == host && at_m <= drive.end_m)?.clone();
        self.on_one_straight(element, [start_m, end_m], &drive, tables)?;
        let longest_m = draft.part_types.iter().flat_map(|part_type| &part_type.variants).map(|variant| largest_size(&variant.shape)[0]);
        let speed_mps = drive.speed_mps.abs();
        let decided_m = if pop_up.angle_deg >= RIGHT_ANGLE_FROM_DEG {
            at_m - speed_mps * speed_mps / (2.0 * BRAKING * GRAVITY_MPS2)
        } else {
            start_m - longest_m.fold(0.0, f64::max) / 2.0
        };
        let trigger = &mut tables.spots[spot.index()];
        trigger.at_m = (decided_m - speed_mps * pop_up.rise_s).max(0.0);
        trigger.start_m = trigger.start_m.min(trigger.at_m);
        tables.diverters.push(Diverter {
            element: ElementId::from_index(element),
            host,
            start_m,
            end_m,
            side: if pop_up.side == SideSpec::Left { Side::Left } else { Side::Right },
            angle: pop_up.angle_deg * PI / 180.0,
            speed_mps: pop_up.speed_mps.unwrap_or(speed_mps),
            rise_s: pop_up.rise_s,
            material,
            out_port: tables.port_id(element, "side", PortDirection::Out)?,
        });
        Some(ElementKind::Diverter(DiverterLogic { spot, diverter: DiverterId::from_index(tables.diverters.len() - 1), when: when? }))
    }

    /// On a chute flatter than its friction cone a part that stands stays: others must push it down.
    pub(super) fn chutes(&mut self, scene: &Scene, all_passing: &[Vec<Passing>]) {
        for conveyor in &scene.conveyors {
            let element = conveyor.element.index();
            let (ElementSpec::Chute(_), Some(Segment::Straight { start, .. })) = (&self.spec.line[element], conveyor.path.segments.first())
            else {
                continue;
            };
            let slope = -start.forward[2] / libm::hypot(start.forward[0], start.forward[1]);
            let variants = all_passing[element].iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
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

    /// The stretch must lie on one straight piece of one drive.
    fn on_one_straight(&mut self, element: usize, stretch: [f64; 2], drive: &Drive, tables: &Tables) -> Option<()> {
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
