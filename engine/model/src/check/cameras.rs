//! Cameras: what their places, fields of view and pictures may be. Knows nothing about how pictures are made.

use super::values::{self, COORDINATE, Sign};
use super::{Checker, top};
use crate::geometry::{Pose, length, sub};
use crate::scene::{Camera, CameraKind, CarriageId, ElementId};
use crate::spec::CameraSpec;
use crate::syntax::FieldPath;
use crate::words::listed;

const RADIANS: f64 = std::f64::consts::PI / 180.0;
/// Sides of a picture that graphics cards have [px].
const SIDES_PX: [u32; 2] = [16, 8192];
/// Wider, a plane shows next to nothing in its middle [deg].
const WIDEST_DEG: f64 = 160.0;

impl Checker<'_, '_> {
    /// `platforms`: of which element each carriage is.
    pub(super) fn cameras(&mut self, platforms: &[ElementId]) -> Vec<Camera> {
        let spec = self.spec;
        spec.cameras.iter().map(|(name, camera)| self.camera(name, camera, platforms)).collect()
    }

    fn camera(&mut self, name: &str, spec: &CameraSpec, platforms: &[ElementId]) -> Camera {
        let path = top("cameras").name(name);
        for (field, point) in [("position_m", Some(spec.position_m)), ("look_at_m", spec.look_at_m)] {
            for (axis, value) in point.into_iter().flatten().enumerate() {
                self.number(&path.name(field).index(axis), value, Sign::Any, Some(COORDINATE));
            }
        }
        for (field, value) in [("heading_deg", spec.heading_deg), ("pitch_deg", spec.pitch_deg), ("roll_deg", spec.roll_deg)] {
            self.number(&path.name(field), value, Sign::Any, None);
        }
        self.camera_number(&path.name("pitch_deg"), spec.pitch_deg, (-90.0..=90.0).contains(&spec.pitch_deg), "-90 to 90 degrees");
        let fits = spec.fov_deg > 0.0 && spec.fov_deg <= WIDEST_DEG;
        self.camera_number(&path.name("fov_deg"), spec.fov_deg, fits, &format!("above 0, at most {WIDEST_DEG} degrees"));
        for (axis, side_px) in spec.size_px.into_iter().enumerate() {
            let fits = (SIDES_PX[0]..=SIDES_PX[1]).contains(&side_px);
            let allowed = format!("{} to {} pixels", SIDES_PX[0], SIDES_PX[1]);
            self.camera_number(&path.name("size_px").index(axis), f64::from(side_px), fits, &allowed);
        }
        self.number(&path.name("rate_hz"), spec.rate_hz, Sign::Positive, None);
        let [nearest_m, farthest_m] = spec.range_m;
        self.number(&path.name("range_m").index(0), nearest_m, Sign::Positive, None);
        if nearest_m >= farthest_m || !farthest_m.is_finite() {
            let problem = self.error("out-of-range", &path.name("range_m"), format!("it sees from {nearest_m} m to {farthest_m} m"));
            self.push(problem.allowed("the nearest before the farthest"));
        }
        if spec.sees.is_empty() {
            let problem = self.error("empty-list", &path.name("sees"), format!("the camera `{name}` makes no picture"));
            self.push(problem.allowed("Rgb, Depth, Instances, Classes, Normals or Boxes").help("take `sees` away: then it is `[Rgb]`"));
        }
        let mut sees: Vec<CameraKind> = Vec::new();
        spec.sees.iter().for_each(|kind| {
            if !sees.contains(kind) {
                sees.push(*kind)
            }
        });
        Camera {
            name: name.to_owned(),
            pose: self.camera_pose(&path, spec),
            mount: spec.on.as_deref().and_then(|on| self.camera_mount(&path.name("on"), on, platforms)),
            size_px: spec.size_px,
            fov_rad: spec.fov_deg * RADIANS,
            range_m: spec.range_m,
            rate_hz: spec.rate_hz,
            sees,
        }
    }

    fn camera_number(&mut self, path: &FieldPath, value: f64, fits: bool, allowed: &str) {
        if !fits && value.is_finite() {
            let message = format!("`{}` is {value}", values::field_name(path));
            self.push(self.error("out-of-range", path, message).allowed(allowed));
        }
    }

    fn camera_pose(&mut self, path: &FieldPath, spec: &CameraSpec) -> Pose {
        let Some(target) = spec.look_at_m else {
            return Pose::new(spec.position_m, spec.heading_deg * RADIANS, spec.pitch_deg * RADIANS).rolled(spec.roll_deg * RADIANS);
        };
        for (field, value) in [("heading_deg", spec.heading_deg), ("pitch_deg", spec.pitch_deg)] {
            if value != 0.0 {
                let problem = self.error("contradiction", &path.name(field), format!("it looks at `look_at_m`, and to `{field}: {value}`"));
                self.push(problem.allowed("one of the two"));
            }
        }
        let way = sub(target, spec.position_m);
        let [flat_m, whole_m] = [libm::hypot(way[0], way[1]), length(way)];
        if whole_m < 1e-6 {
            let problem = self.error("out-of-range", &path.name("look_at_m"), "it looks at the very point where it is");
            self.push(problem.help("give a point in the middle of what it is to see, or a `heading_deg`"));
            return Pose::new(spec.position_m, 0.0, 0.0);
        }
        // Straight down or up there is no heading: then +X is at the upper edge, as with `heading_deg: 0`.
        let heading = if flat_m < 1e-9 { 0.0 } else { libm::atan2(way[1], way[0]) };
        Pose::new(spec.position_m, heading, libm::atan2(way[2], flat_m)).rolled(spec.roll_deg * RADIANS)
    }

    fn camera_mount(&mut self, path: &FieldPath, name: &str, platforms: &[ElementId]) -> Option<CarriageId> {
        let element = ElementId::from_index(self.element_named(path, name)?);
        let found = platforms.iter().position(|platform| *platform == element);
        if found.is_none() {
            let problem = self.error("no-platform", path, format!("`{name}` has no platform that travels"));
            let known: Vec<&str> = platforms.iter().map(|platform| self.name(platform.index())).collect();
            let problem = problem.allowed(if known.is_empty() { "nothing on this line".to_owned() } else { listed(known) });
            self.push(problem.help("without `on` the camera stands still"));
        }
        found.map(CarriageId::from_index)
    }
}
