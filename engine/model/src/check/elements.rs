//! The single values of every element: signs, units, and what contradicts itself within one element. Knows nothing about
//! other elements.

use super::Checker;
use super::pieces::MOST_TURNS_DEG;
use super::values::{self, Sign, Usual};
use super::views::{Way, carriage, conveyor, device, upkeep};
use crate::diagnostic::Diagnostic;
use crate::schema::scene_schema;
use crate::spec::{
    BufferSpec, CheckweigherSpec, ChuteSpec, ClockSpec, ElementSpec, FailureSpec, HoldSpec, MergeSpec, PusherSpec, SetsSpec, SourceSpec,
    StationSpec,
};
use crate::syntax::FieldPath;

/// Steeper than this cartons slide on any belt [deg].
const STEEPEST_DEG: f64 = 45.0;

/// Steeper than this parts tumble down a chute rather than slide [deg].
const STEEPEST_CHUTE_DEG: f64 = 60.0;

impl Checker<'_, '_> {
    pub(super) fn element_values(&mut self) {
        let spec = self.spec;
        for (index, element) in spec.line.values().enumerate() {
            self.element_name(index);
            self.conveyor_values(index, element);
            self.loop_values(index, element);
            self.carrier_work_values(index, element);
            if let Some(view) = carriage(element) {
                self.carriage_values(index, &view);
            }
            if let Some(device) = device(element) {
                self.number(&self.field(index, "at_m"), device.at_m, Sign::Any, Some(values::COORDINATE));
                let point = matches!(
                    element,
                    ElementSpec::Eye(_)
                        | ElementSpec::Counter(_)
                        | ElementSpec::LightGrid(_)
                        | ElementSpec::Encoder(_)
                        | ElementSpec::Router(_)
                        | ElementSpec::Loader(_)
                );
                if !point {
                    self.option(&self.field(index, "length_m"), device.length_m, Sign::Positive, Some(values::DEVICE_LENGTH));
                }
            }
            match element {
                ElementSpec::Source(spec) => self.source_values(index, spec),
                ElementSpec::LaneDivider(spec) => self.divider_values(index, spec),
                ElementSpec::ContinuousVerticalConveyor(spec) => self.lift_values(index, spec),
                ElementSpec::Pusher(spec) => self.pusher_values(index, spec),
                ElementSpec::PopUp(spec) => self.pop_up_values(index, spec),
                ElementSpec::SwingArm(spec) => self.swing_arm_values(index, spec),
                ElementSpec::ShoeSorter(spec) => self.shoe_values(index, spec),
                ElementSpec::Transfer(spec) => self.pusher_values(index, &spec.pusher()),
                ElementSpec::Loader(spec) => {
                    self.number(&self.field(index, "cycle_s"), spec.cycle_s, Sign::NotNegative, Some(values::CYCLE_TIME))
                }
                ElementSpec::Discharge(spec) => self.discharge_values(index, spec),
                ElementSpec::Buffer(spec) => self.buffer_values(index, spec),
                ElementSpec::Merge(spec) => self.merge_values(index, spec),
                ElementSpec::Station(spec) => self.station_values(index, spec),
                ElementSpec::ParallelStation(spec) => self.parallel_values(index, spec),
                ElementSpec::Checkweigher(spec) => self.checkweigher_values(index, spec),
                ElementSpec::Scanner(spec) => self.fraction(&self.field(index, "read_rate"), spec.read_rate),
                ElementSpec::Router(spec) => self.router_values(index, spec),
                ElementSpec::Stop(spec) => {
                    self.quantity(&self.field(index, "hold_s"), &spec.hold_s, Sign::NotNegative, Some(values::CYCLE_TIME))
                }
                ElementSpec::Induction(spec) => {
                    self.number(&self.field(index, "gap_m"), spec.gap_m, Sign::NotNegative, Some(values::DEVICE_LENGTH))
                }
                ElementSpec::Eye(spec) => self.number(&self.field(index, "height_m"), spec.height_m, Sign::Positive, Some(values::HEIGHT)),
                ElementSpec::Lidar(spec) => self.lidar_values(index, spec),
                ElementSpec::Fixture(spec) => {
                    if spec.size_m.is_some() == spec.mesh.is_some() {
                        let message = format!(
                            "`{}` says {} `size_m` {} `mesh`",
                            self.name(index),
                            if spec.mesh.is_some() { "both" } else { "neither" },
                            if spec.mesh.is_some() { "and" } else { "nor" }
                        );
                        let problem = Diagnostic::error("missing-field", self.at.name_span(&self.element_path(index)), message);
                        self.push(problem.allowed("one of the two"));
                    }
                    for axis in 0..3 {
                        let size = spec.size_m.map(|size| size[axis]);
                        self.option(&self.field(index, "size_m").index(axis), size, Sign::Positive, Some(values::DEVICE_LENGTH));
                        self.number(&self.field(index, "centre_m").index(axis), spec.centre_m[axis], Sign::Any, Some(values::COORDINATE));
                    }
                }
                ElementSpec::GuideRail(spec) => {
                    self.number(&self.field(index, "height_m"), spec.height_m, Sign::Positive, Some(values::HEIGHT));
                }
                _ => {}
            }
            self.packing_values(index, element);
            self.bulk_values(index, element);
            self.table_values(index, element);
            self.upkeep_values(index, element);
            self.sense_values(index, element);
            self.fault_values(index, element);
        }
    }

    /// A name becomes the first word of paths (`--set`, KPIs), where `line` and the scene's own fields are taken.
    fn element_name(&mut self, index: usize) {
        let name = self.name(index);
        let problem = if name.trim().is_empty() {
            Some(("the name is empty".to_owned(), "give it a name"))
        } else if scene_schema().root().shapes().structure().is_some_and(|scene| scene.field(name).is_some()) {
            Some((format!("an element cannot be called `{name}`: the scene has a field of that name"), "give it another name"))
        } else {
            None
        };
        if let Some((message, help)) = problem {
            self.push(Diagnostic::error("bad-name", self.at.name_span(&self.element_path(index)), message).help(help));
        }
    }

    fn conveyor_values(&mut self, index: usize, element: &ElementSpec) {
        let Some(view) = conveyor(element) else { return };
        let beginning = if matches!(element, ElementSpec::Loop(_)) { "start_m" } else { "from_m" };
        for (field, point) in [(beginning, view.from_m), ("to_m", view.to_m)] {
            for (axis, value) in point.into_iter().flatten().enumerate() {
                self.number(&self.field(index, field).index(axis), value, Sign::Any, Some(values::COORDINATE));
            }
        }
        self.number(&self.field(index, "heading_deg"), view.heading_deg, Sign::Any, None);
        self.option(&self.field(index, "width_m"), view.width_m, Sign::Positive, Some(values::CONVEYOR_WIDTH));
        let chute = matches!(element, ElementSpec::Chute(_));
        if !chute {
            self.option(&self.field(index, "speed_mps"), view.speed_mps, Sign::Positive, Some(values::SPEED));
        }
        self.number(&self.field(index, "acceleration_mps2"), view.acceleration_mps2, Sign::Positive, Some(values::ACCELERATION));
        self.surface_values(index, &view);
        let height = if chute { "wall_height_m" } else { "rail_height_m" };
        self.number(&self.field(index, height), view.rail_height_m, Sign::Positive, Some(values::HEIGHT));
        match view.way {
            Way::Straight { length_m, rise_m, slope_deg } => {
                self.option(&self.field(index, "length_m"), length_m, Sign::Positive, Some(values::CONVEYOR_LENGTH));
                self.option(&self.field(index, "rise_m"), rise_m, Sign::Any, None);
                if let ElementSpec::Chute(spec) = element {
                    self.chute_fall(index, spec);
                } else if let Some(slope) = slope_deg.filter(|slope| slope.is_nan() || slope.abs() > STEEPEST_DEG) {
                    let problem = self.error("out-of-range", &self.field(index, "slope_deg"), format!("`slope_deg` is {slope}"));
                    self.push(problem.allowed(format!("-{STEEPEST_DEG} to {STEEPEST_DEG}")).help("on a steeper belt everything slides"));
                }
            }
            Way::Arc { radius_m, angle_deg } => {
                self.number(&self.field(index, "radius_m"), radius_m, Sign::Positive, Some(values::RADIUS));
                if angle_deg == 0.0 || angle_deg.is_nan() || angle_deg.abs() > 360.0 {
                    let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {angle_deg}"));
                    self.push(problem.allowed("-360 to 360, but not 0").help("positive turns to the left; a straight piece is a Belt"));
                }
                if let Some(width) = view.width_m.filter(|width| *width / 2.0 >= radius_m && radius_m > 0.0) {
                    let message = format!("the curve is {width} m wide around a radius of {radius_m} m: its inner edge has no radius left");
                    self.push(
                        self.error("out-of-range", &self.field(index, "radius_m"), message).allowed(format!("above {} m", width / 2.0)),
                    );
                }
            }
            Way::Helix { radius_m, angle_deg, rise_m } => self.helix_values(index, radius_m, angle_deg, rise_m),
            Way::Zones { length_m, zone_m, .. } => {
                self.option(&self.field(index, "length_m"), length_m, Sign::Positive, Some(values::CONVEYOR_LENGTH));
                // A loop without it is told what it lacks.
                if zone_m != f64::INFINITY {
                    self.number(&self.field(index, "zone_m"), zone_m, Sign::Positive, Some(values::ZONE_LENGTH));
                }
            }
        }
    }

    /// A chute goes down, and no steeper than a part slides on rather than tumbles.
    fn chute_fall(&mut self, index: usize, spec: &ChuteSpec) {
        self.option(&self.field(index, "drop_m"), spec.drop_m, Sign::Positive, None);
        if let Some(fall) = spec.fall_deg.filter(|fall| fall.is_nan() || *fall <= 0.0 || *fall > STEEPEST_CHUTE_DEG) {
            let problem = self.error("out-of-range", &self.field(index, "fall_deg"), format!("`fall_deg` is {fall}"));
            self.push(problem.allowed(format!("above 0, to {STEEPEST_CHUTE_DEG}")).help("what goes down has a positive fall"));
        }
        let falls = match (spec.from_m, spec.to_m) {
            (Some(from), Some(to)) => to[2] < from[2],
            _ => spec.drop_m.is_some() || spec.fall_deg.is_some(),
        };
        if !falls {
            let message = format!("`{}` does not go down: nothing drives its parts", self.name(index));
            let problem = Diagnostic::error("no-fall", self.at.name_span(&self.element_path(index)), message);
            self.push(problem.allowed("`fall_deg` or `drop_m`, or a `to_m` below `from_m`"));
        }
    }

    fn helix_values(&mut self, index: usize, radius_m: f64, angle_deg: f64, rise_m: f64) {
        self.number(&self.field(index, "radius_m"), radius_m, Sign::Positive, Some(values::RADIUS));
        self.number(&self.field(index, "rise_m"), rise_m, Sign::Any, Some(values::COORDINATE));
        if angle_deg == 0.0 || angle_deg.is_nan() || angle_deg.abs() > MOST_TURNS_DEG {
            let problem = self.error("out-of-range", &self.field(index, "angle_deg"), format!("`angle_deg` is {angle_deg}"));
            self.push(problem.allowed(format!("-{MOST_TURNS_DEG} to {MOST_TURNS_DEG}, but not 0")).help("360 is one turn to the left"));
            return;
        }
        let slope_deg = libm::atan(rise_m / (radius_m * angle_deg * std::f64::consts::PI / 180.0)).abs() * 180.0 / std::f64::consts::PI;
        if slope_deg > STEEPEST_DEG {
            let message = format!("it rises {rise_m} m over {angle_deg} degrees: a slope of {slope_deg:.0} degrees");
            let problem = self.error("out-of-range", &self.field(index, "rise_m"), message);
            self.push(problem.allowed(format!("a slope of {STEEPEST_DEG} degrees at most")).help("more turns, or a larger `radius_m`"));
        }
    }

    fn source_values(&mut self, index: usize, spec: &SourceSpec) {
        let given = [spec.interarrival_s.is_some(), spec.rate_per_h.is_some(), spec.cycle_s.is_some()];
        self.source_cycle(index, given, &self.element_path(index));
        if let Some(cycle) = &spec.cycle_s {
            self.quantity(&self.field(index, "cycle_s"), cycle, Sign::Positive, Some(values::CYCLE_TIME));
        }
        if let Some(interarrival) = &spec.interarrival_s {
            self.quantity(&self.field(index, "interarrival_s"), interarrival, Sign::Positive, Some(values::CYCLE_TIME));
        }
        let usual = Usual { low: 0.01, high: 200_000.0, unit: "parts/h", milli: "parts/1000 h", kilo: "1000 parts/h" };
        self.option(&self.field(index, "rate_per_h"), spec.rate_per_h, Sign::Positive, Some(usual));
        self.quantity(&self.field(index, "left_m"), &spec.left_m, Sign::Any, None);
        self.quantity(&self.field(index, "yaw_deg"), &spec.yaw_deg, Sign::Any, None);
        self.sets_values(index, spec.sets.as_ref());
    }

    fn pusher_values(&mut self, index: usize, spec: &PusherSpec) {
        let usual = Usual { low: 0.02, high: 20.0, ..values::CYCLE_TIME };
        self.number(&self.field(index, "stroke_s"), spec.stroke_s, Sign::Positive, Some(usual));
        self.number(&self.field(index, "force_n"), spec.force_n, Sign::Positive, None);
        self.track_values(index, spec.track.as_ref());
        self.number(&self.field(index, "height_m"), spec.height_m, Sign::Positive, Some(values::HEIGHT));
    }

    fn buffer_values(&mut self, index: usize, spec: &BufferSpec) {
        self.number(&self.field(index, "capacity"), f64::from(spec.capacity), Sign::Positive, None);
        self.quantity(&self.field(index, "dwell_s"), &spec.dwell_s, Sign::NotNegative, None);
        self.quantity(&self.field(index, "release_s"), &spec.release_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        self.number(&self.field(index, "length_m"), spec.length_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&self.field(index, "rise_m"), spec.rise_m, Sign::Any, None);
    }

    fn merge_values(&mut self, index: usize, spec: &MergeSpec) {
        if !(20.0..=90.0).contains(&spec.angle_deg) {
            let path = self.field(index, "angle_deg");
            let problem = self.error("out-of-range", &path, format!("`angle_deg` is {}", spec.angle_deg)).allowed("20 to 90");
            self.push(problem.help("it is the angle between the two flow directions: 90 joins squarely, 30 almost alongside"));
        }
    }

    fn station_values(&mut self, index: usize, spec: &StationSpec) {
        self.quantity(&self.field(index, "processing_s"), &spec.processing_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        self.option(&self.field(index, "ideal_cycle_s"), spec.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
        self.fraction(&self.field(index, "scrap_probability"), spec.scrap_probability);
        self.work_values(index, spec);
        if spec.crew.is_some() && spec.hold == HoldSpec::None {
            let problem = self.error("crew-without-hold", &self.field(index, "crew"), "a part that moves on does not wait for a crew");
            self.push(problem.allowed("`crew` beside `hold: Blade`, `Clamp` or `BeltStop`"));
        }
        self.sets_values(index, spec.sets.as_ref());
    }

    pub(super) fn sets_values(&mut self, index: usize, sets: Option<&SetsSpec>) {
        if let Some(SetsSpec::Values(sets)) = sets {
            for (name, value) in sets {
                self.quantity(&self.field(index, "sets").name(name), value, Sign::Any, None);
            }
        }
    }

    fn checkweigher_values(&mut self, index: usize, spec: &CheckweigherSpec) {
        let path = self.field(index, "limits_kg");
        for (limit, value) in spec.limits_kg.iter().enumerate() {
            self.number(&path.index(limit), *value, Sign::NotNegative, Some(values::MASS));
        }
        let [low, high] = spec.limits_kg;
        if low > high {
            let problem = self.error("limits-reversed", &path, format!("the lower limit {low} kg is above the upper limit {high} kg"));
            self.push(problem.allowed("(lower, upper)").help(format!("write limits_kg: ({high}, {low})")));
        }
        self.number(&self.field(index, "error_sd_kg"), spec.error_sd_kg, Sign::NotNegative, None);
        self.option(&self.field(index, "ideal_cycle_s"), spec.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
    }

    fn upkeep_values(&mut self, index: usize, element: &ElementSpec) {
        let upkeep = upkeep(element);
        let path = self.field(index, "power_w");
        let power = upkeep.power_w;
        for (state, value) in [("idle", power.idle), ("processing", power.processing), ("down", power.down)] {
            self.number(&path.name(state), value, Sign::NotNegative, None);
        }
        self.option(&self.field(index, "no_load_w"), upkeep.no_load_w, Sign::NotNegative, None);
        if let Some(efficiency) = upkeep.efficiency {
            self.fraction(&self.field(index, "efficiency"), efficiency);
            if efficiency == 0.0 {
                let problem = self.error("out-of-range", &self.field(index, "efficiency"), "`efficiency` is 0: nothing would ever move");
                self.push(problem.allowed("above 0, to 1"));
            }
        }
        let mut modes: Vec<&str> = Vec::new();
        for (number, failure) in upkeep.failures.iter().enumerate() {
            let path = self.field(index, "failures").index(number);
            if modes.contains(&failure.mode.as_str()) {
                let problem =
                    self.error("duplicate-mode", &path.name("mode"), format!("the failure mode `{}` is given twice", failure.mode));
                self.push(problem.help("give each mode its own name: the report has one line for each"));
            }
            modes.push(&failure.mode);
            self.failure_values(&path, failure);
        }
    }

    fn failure_values(&mut self, path: &FieldPath, failure: &FailureSpec) {
        let cycles = failure.clock == ClockSpec::Cycles;
        let (needed, other) = if cycles { ("uptime_cycles", "uptime_s") } else { ("uptime_s", "uptime_cycles") };
        let (wanted, spare) =
            if cycles { (&failure.uptime_cycles, &failure.uptime_s) } else { (&failure.uptime_s, &failure.uptime_cycles) };
        match wanted {
            Some(uptime) => self.quantity(&path.name(needed), uptime, Sign::Positive, None),
            None => {
                let problem = self.error("missing-field", path, format!("the failure `{}` does not say its `{needed}`", failure.mode));
                self.push(problem.help(if cycles { "the clock Cycles counts cycles" } else { "cycles go with `clock: Cycles`" }));
            }
        }
        if spare.is_some() {
            let problem = self.error("wrong-clock", &path.name(other), format!("`{other}` does not go with the clock {:?}", failure.clock));
            self.push(problem.allowed(format!("`{needed}`")));
        }
        self.quantity(&path.name("repair_s"), &failure.repair_s, Sign::NotNegative, None);
    }
}
