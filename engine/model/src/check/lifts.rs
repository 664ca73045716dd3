//! Rows of continuous vertical conveyors: do platforms pass each other with what stands on them, can the feeder load them, do
//! parts stay where they lie, and is the way free? Knows nothing about how they are driven.

use super::Checker;
use super::boxes::SolidBox;
use super::goods::{largest_size, longest_side_m};
use super::references::PortRef;
use super::solids::solids;
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use crate::geometry::scale;
use crate::scene::*;
use crate::spec::ContinuousVerticalConveyorSpec;

/// What waits must not touch what goes by [m].
const ENTRY_BLADE_M: f64 = 0.03;
/// Depth of the light curtain [m].
const CURTAIN_M: f64 = 0.01;
/// A part that waits for room keeps so far from the way out [m].
pub(super) const EXIT_M: f64 = 0.03;
/// Room on a platform beside a part, and over it [m]: platforms are met within a step or two.
const ROOM_M: f64 = 0.06;
const ROOM_OVER_M: f64 = 0.03;
/// What a part takes beside its way to stand at the blade and be seen there [s].
const READY_S: f64 = 0.3;

impl Checker<'_, '_> {
    pub(super) fn lift_values(&mut self, element: usize, spec: &ContinuousVerticalConveyorSpec) {
        self.number(&self.field(element, "length_m"), spec.length_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&self.field(element, "pitch_m"), spec.pitch_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&self.field(element, "radius_m"), spec.radius_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&self.field(element, "force_n"), spec.force_n, Sign::Positive, None);
        let least_m = 2.0 * spec.radius_m;
        if !(least_m..=100.0).contains(&spec.rise_m.abs()) {
            let message = format!("`rise_m` is {}: two turns of `radius_m` alone are {least_m} m high", spec.rise_m);
            let problem = self.error("out-of-range", &self.field(element, "rise_m"), message);
            self.push(problem.allowed(format!("{least_m} to 100 m, up or down")).help("on one level, or nearly so, a Belt does it"));
        }
        if spec.pitch_m > 0.0 && spec.pitch_m <= spec.length_m {
            let message = format!("platforms of {} m every {} m: they would run into each other", spec.length_m, spec.pitch_m);
            let problem = self.error("platforms-touch", &self.field(element, "pitch_m"), message);
            self.push(problem.allowed(format!("more than {} m, and what a part on a platform needs over it", spec.length_m)));
        }
    }

    pub(super) fn continuous_lift(
        &mut self,
        element: usize,
        spec: &ContinuousVerticalConveyorSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let entry_hold = self.feeder_hold(element, PortRef { element, port: "in" }, tables, draft);
        let conveyor = tables.conveyor_of[element]?;
        let (entry_hold, id) = (entry_hold?, ElementId::from_index(element));
        let row = &mut tables.spots[entry_hold.index()];
        row.end_m -= ENTRY_BLADE_M;
        row.at_m = (row.at_m - ENTRY_BLADE_M).max(0.0);
        row.start_m = row.start_m.min(row.at_m);
        let covered_m = tables.conveyors[conveyor.index()].path.length();
        let stopping_m = tables.drives[tables.conveyors[conveyor.index()].drives[0].index()].stopping_m();
        let spot = |host, start_m: f64, end_m: f64| Spot { element: id, host, start_m, at_m: start_m, end_m, hold: None };
        let curtain = tables.add_spot(spot(conveyor, 0.0, CURTAIN_M));
        let exit = tables.add_spot(spot(conveyor, (covered_m - stopping_m - EXIT_M).max(0.0), covered_m));
        let behind = draft.links.iter().find(|link| link.from == PortRef { element, port: "out" });
        let room = behind.and_then(|link| tables.conveyor_of[link.to.element]).map(|behind| {
            let length_m = tables.conveyors[behind.index()].path.length();
            tables.add_spot(spot(behind, 0.0, (longest_side_m(draft.part_types) + EXIT_M).min(length_m)))
        });
        tables.lifts.push(ContinuousLift {
            element: id,
            conveyor,
            out_port: tables.port_id(element, "out", PortDirection::Out)?,
            length_m: spec.length_m,
            pitch_m: spec.pitch_m,
            rise_m: spec.rise_m,
            radius_m: spec.radius_m,
            force_n: spec.force_n,
            entry_hold,
            curtain,
            exit,
            room,
        });
        Some(ElementKind::Lift(LiftId::from_index(tables.lifts.len() - 1)))
    }

    /// Whether platforms can take what comes, carry it, and reach where they should.
    pub(super) fn continuous_lifts(&mut self, scene: &Scene) {
        let solids = if scene.lifts.is_empty() { Vec::new() } else { solids(scene) };
        for lift in &scene.lifts {
            let passing = &scene.element(lift.element).passing;
            let sizes = passing.iter().flat_map(|passing| {
                let variants = scene.part_types[passing.part_type.index()].variants.iter().map(|variant| largest_size(&variant.shape));
                variants.map(|[length, width, height]| if passing.turned { [width, length, height] } else { [length, width, height] })
            });
            let load_m = sizes.fold([0.0_f64; 3], |a, b| [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2])]);
            if self.fit_platforms(lift, load_m) {
                self.feeding(scene, lift, load_m[0]);
                self.keeps_parts(scene, lift, passing, load_m[0]);
                self.pulls(scene, lift, passing);
                self.lift_obstacles(scene, lift, load_m, &solids);
            }
        }
    }

    /// Whether the largest part lies on a platform and passes the next one.
    fn fit_platforms(&mut self, lift: &ContinuousLift, load_m: [f64; 3]) -> bool {
        // Such values have errors of their own.
        if lift.pitch_m <= lift.length_m || lift.length_m <= 0.0 || lift.radius_m <= 0.0 || lift.rise_m.abs() < 2.0 * lift.radius_m {
            return false;
        }
        let (element, needed_m) = (lift.element.index(), load_m[0] + ROOM_M);
        if needed_m > lift.length_m {
            let message =
                format!("the platforms of `{}` are {:.3} m long, and what comes needs {needed_m:.3} m", self.name(element), lift.length_m);
            let problem = self.error("part-too-long", &self.field(element, "length_m"), message);
            self.push(problem.allowed(format!("at least {needed_m:.3} m")).help("a part that reaches over its ends hits what it passes"));
            return false;
        }
        let (headroom_m, high_m) = (lift.headroom_m(load_m[0]), load_m[2] + ROOM_OVER_M);
        if high_m > headroom_m {
            let (free_m, needed_m) = (headroom_m.max(0.0), lift.pitch_m + high_m - headroom_m);
            let message = format!(
                "what comes is up to {:.3} m high, and between platforms of `{}` there are {free_m:.3} m where they turn",
                load_m[2],
                self.name(element)
            );
            let problem = self.error("part-too-tall", &self.field(element, "pitch_m"), message);
            self.push(problem.allowed(format!("at least {needed_m:.3} m")).help("raise `pitch_m`: the next platform comes in under it"));
            return false;
        }
        true
    }

    /// Whether a part is on a platform while that is level, and the next part is there for the next platform.
    fn feeding(&mut self, scene: &Scene, lift: &ContinuousLift, part_m: f64) {
        let element = lift.element.index();
        let feeder = scene.conveyor(scene.spot(lift.entry_hold).host);
        let feeder_mps = feeder.drives.last().map_or(0.0, |drive| scene.drives[drive.index()].speed_mps);
        let chain_mps = scene.drives[scene.conveyor(lift.conveyor).drives[0].index()].speed_mps;
        let (level_s, period_s) = ((lift.length_m - ROOM_M / 2.0) / chain_mps, lift.pitch_m / chain_mps);
        let over_s = part_m / 2.0 / feeder_mps + part_m / 2.0 / chain_mps;
        let next_s = part_m / feeder_mps + READY_S;
        let (feeder, lift) = (self.name(feeder.element.index()), self.name(element));
        if over_s > level_s {
            let message = format!(
                "at {feeder_mps} m/s of `{feeder}` a part takes {over_s:.2} s onto a platform of `{lift}`, which leaves its level after {level_s:.2} s"
            );
            let least_mps = part_m / 2.0 / (level_s - part_m / 2.0 / chain_mps);
            let problem = self.error("feeder-too-slow", &self.field(element, "speed_mps"), message);
            self.push(problem.allowed(format!("a feeder of at least {least_mps:.2} m/s, or slower chains")));
        } else if next_s > period_s {
            let message =
                format!("a platform of `{lift}` comes every {period_s:.2} s, and `{feeder}` has the next part ready after {next_s:.2} s");
            let problem = self.warning("feeder-too-slow", &self.field(element, "speed_mps"), message);
            self.push(problem.help("platforms stay empty: a faster feeder, slower chains, or a longer `pitch_m`"));
        }
    }

    /// Whether friction takes parts round the turns and through a stop, and whether the chains stop in time.
    fn keeps_parts(&mut self, scene: &Scene, lift: &ContinuousLift, passing: &[Passing], part_m: f64) {
        let (element, conveyor) = (lift.element.index(), scene.conveyor(lift.conveyor));
        let drive = &scene.drives[conveyor.drives[0].index()];
        let turning_mps2 = drive.speed_mps * drive.speed_mps / lift.radius_m;
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let grips = variants.map(|variant| (scene.materials.pair(variant.material, conveyor.material).friction, variant));
        if let Some((friction, variant)) = grips.min_by(|a, b| a.0.total_cmp(&b.0)) {
            let grip_mps2 = friction * scene.physics.gravity_mps2;
            for (field, asked_mps2, why) in [("radius_m", turning_mps2, "turns"), ("acceleration_mps2", drive.acceleration_mps2, "ramp")]
                .into_iter()
                .filter(|row| row.1 > grip_mps2)
            {
                let message = format!(
                    "`{}` slips on `{}`: its {why} ask for {asked_mps2:.2} m/s^2, and friction {friction} gives {grip_mps2:.2}",
                    variant.name,
                    self.name(element)
                );
                let problem = self.warning("slips", &self.field(element, field), message);
                self.push(problem.help("slower chains, a gentler `acceleration_mps2`, a larger `radius_m`, or another `material`"));
            }
        }
        let free_m = lift.radius_m + (lift.length_m - part_m) / 2.0 - EXIT_M;
        if drive.stopping_m() > free_m {
            let message = format!(
                "the chains of `{}` need {:.3} m to stop, and a part is {free_m:.3} m before the way out when it turns",
                self.name(element),
                drive.stopping_m()
            );
            let problem = self.warning("platform-too-fast", &self.field(element, "acceleration_mps2"), message);
            self.push(
                problem.help("parts wait for room further down, and keep those behind them back: raise `acceleration_mps2` or `radius_m`"),
            );
        }
    }

    /// Whether the chains pull what they carry when all platforms are full.
    fn pulls(&mut self, scene: &Scene, lift: &ContinuousLift, passing: &[Passing]) {
        if lift.rise_m < 0.0 {
            return;
        }
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let heaviest = variants.max_by(|a, b| a.mass_kg.mean().total_cmp(&b.mass_kg.mean()));
        let together = (lift.way_m() / lift.pitch_m).ceil();
        let needed = |variant: &PartVariant| together * variant.mass_kg.mean() * scene.physics.gravity_mps2;
        if let Some(variant) = heaviest.filter(|variant| needed(variant) > lift.force_n) {
            let needed_n = needed(variant);
            let message = format!("to lift {together} of `{}` takes {needed_n:.0} N, and `force_n` is {}", variant.name, lift.force_n);
            let problem = self.warning("too-heavy", &self.field(lift.element.index(), "force_n"), message);
            self.push(problem.allowed(format!("at least {needed_n:.0} N")).help("it stalls: raise `force_n`, or `pitch_m`"));
        }
    }

    fn lift_obstacles(&mut self, scene: &Scene, lift: &ContinuousLift, load_m: [f64; 3], solids: &[super::solids::Solid]) {
        let conveyor = scene.conveyor(lift.conveyor);
        let looks = (lift.seen_m() / 0.01).ceil().clamp(2.0, 4000.0) as u32;
        let moving = (0..=looks).filter_map(|look| {
            let way_m = lift.seen_m() * f64::from(look) / f64::from(looks);
            let platform = lift.platform_at(way_m)?;
            let length_m = platform.front_m - platform.rear_m;
            let middle = conveyor.path.pose_at((platform.front_m + platform.rear_m) / 2.0).shifted(0.0, 0.0, platform.up_m);
            let size_m = [length_m, conveyor.width_m, LIFT_PLATFORM_M];
            let load_m = [load_m[0].min(length_m), load_m[1], load_m[2]];
            let solid = |size_m, up_m| SolidBox { middle: middle.shifted(0.0, 0.0, up_m), half_m: scale(size_m, 0.5) };
            Some((way_m, [solid(size_m, -LIFT_PLATFORM_M / 2.0), solid(load_m, load_m[2] / 2.0)]))
        });
        let moving: Vec<(f64, [SolidBox; 2])> = moving.collect();
        self.hits_on_its_way(scene, lift.element, &moving, true, |way_m| format!("{way_m:.3} m"), solids);
    }
}
