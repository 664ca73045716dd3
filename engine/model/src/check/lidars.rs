//! Lidars: what their fields of view, ranges and protective fields may be. Knows nothing about what they see.

use super::Checker;
use super::senses::delay;
use super::tables::Tables;
use super::values::{self, Sign};
use crate::geometry::Pose;
use crate::scene::{ElementId, ElementKind, Eye, Lidar, LidarField};
use crate::spec::{FaultKindSpec, LidarFieldSpec, LidarSpec};
use crate::syntax::FieldPath;
use crate::time::Time;

/// Farther from the origin rays lose their last digits [m].
const FARTHEST_M: f64 = 500.0;
/// The longest range [m].
const LONGEST_M: f64 = 300.0;
/// Of one scan.
const MOST_RAYS: u64 = 1 << 20;

const RADIANS: f64 = std::f64::consts::PI / 180.0;

impl Checker<'_, '_> {
    pub(super) fn lidar_values(&mut self, index: usize, spec: &LidarSpec) {
        for (axis, at_m) in spec.position_m.into_iter().enumerate() {
            let path = self.field(index, "position_m").index(axis);
            self.number(&path, at_m, Sign::Any, None);
            self.within(&path, at_m, at_m.abs() > FARTHEST_M, format!("-{FARTHEST_M} to {FARTHEST_M} m"));
        }
        for (field, value) in [("heading_deg", spec.heading_deg), ("roll_deg", spec.roll_deg)] {
            self.number(&self.field(index, field), value, Sign::Any, None);
        }
        for (field, value, most) in
            [("pitch_deg", spec.pitch_deg, 90.0), ("fov_deg", spec.fov_deg, 360.0), ("layers_fov_deg", spec.layers_fov_deg, 180.0)]
        {
            let path = self.field(index, field);
            let sign = if field == "pitch_deg" { Sign::Any } else { Sign::NotNegative };
            self.number(&path, value, sign, None);
            self.within(&path, value, value.abs() > most, format!("at most {most} degrees"));
        }
        let rays = u64::from(spec.rays) * u64::from(spec.layers);
        if !(1..=MOST_RAYS).contains(&rays) {
            let field = if spec.layers == 0 { "layers" } else { "rays" };
            let message = format!("{} rays in each of {} layers are {rays} rays in a scan", spec.rays, spec.layers);
            self.push(self.error("out-of-range", &self.field(index, field), message).allowed(format!("1 to {MOST_RAYS} rays in a scan")));
        }
        if (spec.layers > 1) != (spec.layers_fov_deg > 0.0) && spec.layers > 0 {
            let message =
                format!("{} and `layers_fov_deg: {}`", if spec.layers > 1 { "several layers" } else { "one layer" }, spec.layers_fov_deg);
            let problem = self.error("contradiction", &self.field(index, "layers_fov_deg"), message);
            self.push(problem.allowed("an angle above 0 for several layers, 0 for one"));
        }
        let [least_m, most_m] = spec.range_m;
        self.number(&self.field(index, "range_m").index(0), least_m, Sign::NotNegative, None);
        self.number(&self.field(index, "range_m").index(1), most_m, Sign::Positive, None);
        if least_m >= most_m || most_m > LONGEST_M {
            let problem = self.error("out-of-range", &self.field(index, "range_m"), format!("it sees from {least_m} m to {most_m} m"));
            self.push(problem.allowed(format!("the least range before the greatest, that at most {LONGEST_M} m")));
        }
        let (path, step_hz) = (self.field(index, "rate_hz"), f64::from(self.spec.step_hz));
        self.number(&path, spec.rate_hz, Sign::Positive, None);
        if spec.rate_hz > step_hz {
            let problem = self.error("out-of-range", &path, format!("{} scans a second, and {step_hz} steps", spec.rate_hz));
            self.push(
                problem.allowed(format!("at most one scan in each step: {step_hz} Hz")).help("a shorter step allows more: `step_hz`"),
            );
        }
        self.number(&self.field(index, "error_sd_m"), spec.error_sd_m, Sign::NotNegative, None);
        self.field_values(index, spec);
    }

    fn field_values(&mut self, index: usize, spec: &LidarSpec) {
        let path = self.field(index, "field");
        match &spec.field {
            Some(LidarFieldSpec::Reach(reach_m)) => {
                self.number(&path.index(0), *reach_m, Sign::Positive, None);
                self.within(
                    &path.index(0),
                    *reach_m,
                    *reach_m > spec.range_m[1],
                    format!("no farther than its range, {} m", spec.range_m[1]),
                );
            }
            Some(LidarFieldSpec::Polygon(corners)) => {
                if corners.len() < 3 {
                    let problem = self.error("too-few", &path, format!("a field of {} corners has no inside", corners.len()));
                    self.push(problem.allowed("three or more corners: forward and to the left of the lidar"));
                }
                for (number, corner) in corners.iter().enumerate() {
                    let far = libm::hypot(corner[0], corner[1]) > spec.range_m[1];
                    let at = path.index(0).index(number);
                    corner.iter().enumerate().for_each(|(axis, value)| self.number(&at.index(axis), *value, Sign::Any, None));
                    if far {
                        let message = format!("the corner ({}, {}) is beyond the range of {} m", corner[0], corner[1], spec.range_m[1]);
                        self.push(self.error("out-of-range", &at, message).allowed("corners that it can see"));
                    }
                }
            }
            None => self.refuse_without_field(index, spec),
        }
    }

    /// What only a field gives a meaning.
    fn refuse_without_field(&mut self, index: usize, spec: &LidarSpec) {
        let mut says: Vec<FieldPath> = Vec::new();
        says.extend((spec.on_delay_s != 0.0).then(|| self.field(index, "on_delay_s")));
        says.extend((spec.off_delay_s != 0.0).then(|| self.field(index, "off_delay_s")));
        for (number, fault) in spec.faults.iter().enumerate() {
            let path = self.field(index, "faults").index(number);
            says.extend(matches!(fault.kind, FaultKindSpec::Misses { .. }).then(|| path.name("kind")));
            says.extend(fault.uptime_parts.is_some().then(|| path.name("uptime_parts")));
        }
        for path in says {
            let problem = self.error("contradiction", &path, format!("nothing comes into a field of `{}`: it has none", self.name(index)));
            self.push(problem.help("give it a `field`, or leave this out"));
        }
    }

    fn within(&mut self, path: &FieldPath, value: f64, is_outside: bool, allowed: String) {
        if is_outside && value.is_finite() {
            let message = format!("`{}` is {value}", values::field_name(path));
            self.push(self.error("out-of-range", path, message).allowed(allowed));
        }
    }
}

pub(super) fn lidar_kind(element: ElementId, spec: &LidarSpec, tables: &mut Tables) -> ElementKind {
    let level = Pose::new(spec.position_m, spec.heading_deg * RADIANS, spec.pitch_deg * RADIANS);
    let field = spec.field.as_ref().map(|field| match field {
        LidarFieldSpec::Reach(reach_m) => LidarField::Reach(*reach_m),
        LidarFieldSpec::Polygon(corners) => LidarField::Polygon(corners.clone()),
    });
    let (on_delay, off_delay) = (delay(spec.on_delay_s), delay(spec.off_delay_s));
    let eye = field.is_some().then(|| tables.add_eye(Eye { element, beam: None, on_delay, off_delay }));
    ElementKind::Lidar(Lidar {
        pose: level.rolled(spec.roll_deg * RADIANS),
        fov_rad: spec.fov_deg * RADIANS,
        layers_fov_rad: spec.layers_fov_deg * RADIANS,
        rays: spec.rays,
        layers: spec.layers,
        range_m: spec.range_m,
        every: Time::from_seconds(1.0 / spec.rate_hz),
        error_sd_m: spec.error_sd_m,
        field,
        eye,
        records: spec.records,
    })
}
