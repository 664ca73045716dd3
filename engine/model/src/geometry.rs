//! Places in the world and along a conveyor: poses, straight and curved segments, arc length. Z is up, metres,
//! right-handed; angles in radians, anticlockwise seen from above. Knows nothing about elements or physics.

use serde::{Deserialize, Serialize};

/// A point or vector in world space [m] or as the context says.
pub type Vec3 = [f64; 3];

pub fn add(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
pub fn scale(a: Vec3, factor: f64) -> Vec3 {
    [a[0] * factor, a[1] * factor, a[2] * factor]
}
pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
pub fn length(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// A place with a direction of flow: the belt surface's centre line point, its unit `forward` (flow) and unit `left`
/// (horizontal). `up` is their cross product, the surface normal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// [m], on the carrying surface
    pub position: Vec3,
    pub forward: Vec3,
    pub left: Vec3,
}

impl Pose {
    /// A pose at `position` that flows level towards `heading` [rad] (0 is +X) and climbs by `pitch` [rad].
    pub fn new(position: Vec3, heading: f64, pitch: f64) -> Self {
        let (sin_h, cos_h) = (libm::sin(heading), libm::cos(heading));
        let (sin_p, cos_p) = (libm::sin(pitch), libm::cos(pitch));
        Pose { position, forward: [cos_h * cos_p, sin_h * cos_p, sin_p], left: [-sin_h, cos_h, 0.0] }
    }
    pub fn up(&self) -> Vec3 {
        cross(self.forward, self.left)
    }
    /// Direction of flow in the plane [rad].
    pub fn heading(&self) -> f64 {
        libm::atan2(-self.left[0], self.left[1])
    }
    /// The same place `forward_m` further, `left_m` to the left, `up_m` above.
    pub fn shifted(&self, forward_m: f64, left_m: f64, up_m: f64) -> Pose {
        let offset = add(add(scale(self.forward, forward_m), scale(self.left, left_m)), scale(self.up(), up_m));
        Pose { position: add(self.position, offset), ..*self }
    }
    /// Turned by `angle` [rad] about its own forward axis, clockwise as seen from behind.
    pub fn rolled(&self, angle: f64) -> Pose {
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        Pose { left: add(scale(self.left, cos), scale(self.up(), sin)), ..*self }
    }
    /// Turned by `angle` [rad] about its own up axis.
    pub fn turned(&self, angle: f64) -> Pose {
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        Pose {
            position: self.position,
            forward: add(scale(self.forward, cos), scale(self.left, sin)),
            left: add(scale(self.left, cos), scale(self.forward, -sin)),
        }
    }
}

/// One piece of a conveyor's centre line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Segment {
    /// Straight, level or sloped: from `start` along its forward.
    Straight { start: Pose, length_m: f64 },
    /// Level arc: from `start`, turning by `angle` [rad] (positive to the left) at `radius_m` of the centre line.
    Arc { start: Pose, radius_m: f64, angle: f64 },
    /// At most half a turn of a helix: as an arc from the level `start`, and evenly up by `rise_m` (negative: down). Half
    /// turns, so that a point above or below another turn has one place on each segment.
    Helix { start: Pose, radius_m: f64, angle: f64, rise_m: f64 },
}

/// Coordinates of a point relative to a path: arc length `along`, `left` of the centre line, `above` the surface [m].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    pub along: f64,
    pub left: f64,
    pub above: f64,
}

impl Segment {
    pub fn length(&self) -> f64 {
        match *self {
            Segment::Straight { length_m, .. } => length_m,
            Segment::Arc { radius_m, angle, .. } => radius_m * angle.abs(),
            Segment::Helix { radius_m, angle, rise_m, .. } => libm::hypot(radius_m * angle, rise_m),
        }
    }
    pub fn start(&self) -> Pose {
        match *self {
            Segment::Straight { start, .. } | Segment::Arc { start, .. } => start,
            Segment::Helix { .. } => self.pose_at(0.0),
        }
    }
    /// The pose `along` metres from the start; beyond either end the end's tangent goes on.
    pub fn pose_at(&self, along: f64) -> Pose {
        match *self {
            Segment::Straight { start, .. } => start.shifted(along, 0.0, 0.0),
            Segment::Arc { start, radius_m, angle } => {
                let inside = along.clamp(0.0, self.length());
                let turned = inside / radius_m * angle.signum();
                let centre = start.shifted(0.0, radius_m * angle.signum(), 0.0).position;
                let at = start.turned(turned);
                let position = add(centre, scale(at.left, -radius_m * angle.signum()));
                Pose { position, ..at }.shifted(along - inside, 0.0, 0.0)
            }
            Segment::Helix { start, radius_m, angle, rise_m } => {
                let (inside, whole) = (along.clamp(0.0, self.length()), self.length());
                let centre = start.shifted(0.0, radius_m * angle.signum(), 0.0).position;
                let at = start.turned(inside / whole * angle);
                let mut position = add(centre, scale(at.left, -radius_m * angle.signum()));
                position[2] += inside / whole * rise_m;
                let forward = add(scale(at.forward, radius_m * angle.abs() / whole), [0.0, 0.0, rise_m / whole]);
                Pose { position, forward, left: at.left }.shifted(along - inside, 0.0, 0.0)
            }
        }
    }
    /// Where `point` lies relative to this segment; `along` may leave `0..=length()` for points before or beyond it.
    #[inline]
    pub fn locate(&self, point: Vec3) -> PathPoint {
        match *self {
            Segment::Straight { start, .. } => {
                let offset = sub(point, start.position);
                PathPoint { along: dot(offset, start.forward), left: dot(offset, start.left), above: dot(offset, start.up()) }
            }
            Segment::Arc { start, radius_m, angle } => {
                let (turned, left, above) = locate_on_circle(start, radius_m, angle, point);
                PathPoint { along: turned * radius_m, left, above }
            }
            Segment::Helix { .. } => self.locate_on_helix(point),
        }
    }

    /// Of its own, so that what most segments need stays short.
    fn locate_on_helix(&self, point: Vec3) -> PathPoint {
        let Segment::Helix { start, radius_m, angle, rise_m } = *self else { unreachable!("only a helix is located as one") };
        let (turned, left, height) = locate_on_circle(start, radius_m, angle, point);
        let (whole, turn, side) = (self.length(), angle.abs(), angle.signum());
        let (sin, cos, rise_per_rad) = (rise_m / whole, radius_m * turn / whole, rise_m / turn);
        // What stands on the slope leans back, along the tangent where it stands; the height to first order in that.
        let away_m = (radius_m - left * side).max(f64::MIN_POSITIVE);
        let above = (height - turned * rise_per_rad) / (cos + rise_per_rad * sin / away_m);
        let back_m = above * sin;
        let foot_m = (away_m * away_m - back_m * back_m).max(0.0).sqrt();
        let along = (turned + libm::atan2(back_m, foot_m)) * whole / turn;
        PathPoint { along, left: (radius_m - foot_m) * side, above }
    }
}

/// The angle by which `point` lies beyond the start of an arc [rad], its distance to the left of the arc, and its height
/// above the start [m].
fn locate_on_circle(start: Pose, radius_m: f64, angle: f64, point: Vec3) -> (f64, f64, f64) {
    let side = angle.signum();
    let centre = start.shifted(0.0, radius_m * side, 0.0).position;
    let offset = sub(point, centre);
    // At angle 0 the offset points away from the turn: to -left * side.
    let outward = -dot(offset, start.left) * side;
    let onward = dot(offset, start.forward);
    let mut turned = libm::atan2(onward, outward);
    // The branch cut lies opposite the middle of the arc, where nothing on the conveyor can be.
    let middle = angle.abs() / 2.0;
    if turned < middle - std::f64::consts::PI {
        turned += std::f64::consts::TAU;
    }
    (turned, (radius_m - libm::hypot(outward, onward)) * side, offset[2])
}

/// The centre line of a conveyor: segments end to start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    pub segments: Vec<Segment>,
}

impl Path {
    pub fn length(&self) -> f64 {
        self.segments.iter().map(Segment::length).sum()
    }
    pub fn start(&self) -> Pose {
        self.pose_at(0.0)
    }
    pub fn end(&self) -> Pose {
        self.pose_at(self.length())
    }
    /// The pose `along` metres from the start. Panics on an empty path: a checked scene has none.
    pub fn pose_at(&self, along: f64) -> Pose {
        let (segment, offset) = self.segment_at(along);
        segment.pose_at(along - offset)
    }
    /// The segment that holds `along`, and the arc length at its start.
    pub fn segment_at(&self, along: f64) -> (&Segment, f64) {
        let mut offset = 0.0;
        for segment in &self.segments[..self.segments.len() - 1] {
            if along < offset + segment.length() {
                return (segment, offset);
            }
            offset += segment.length();
        }
        (self.segments.last().expect("a path has a segment"), offset)
    }
    /// The arc length of the place nearest to `point`, as a hint for [`Path::locate`].
    pub fn nearest_along(&self, point: Vec3) -> f64 {
        let (mut offset, mut best) = (0.0, (f64::INFINITY, 0.0));
        for segment in &self.segments {
            let along = segment.locate(point).along.clamp(0.0, segment.length());
            let away = sub(point, segment.pose_at(along).position);
            if dot(away, away) < best.0 {
                // Just inside the segment, so that a hint at a joint names the segment that was nearest.
                best = (dot(away, away), offset + along.min(segment.length() * (1.0 - 1e-9)));
            }
            offset += segment.length();
        }
        best.1
    }
    /// Where `point` lies along the path. `hint` is the arc length where it was last: only the segment there and its
    /// neighbours are looked at, so that a path which comes back beside itself does not confuse it.
    pub fn locate(&self, point: Vec3, hint: f64) -> PathPoint {
        if let [only] = self.segments.as_slice() {
            return only.locate(point);
        }
        let (mut index, mut offset) = (0, 0.0);
        while index + 1 < self.segments.len() && hint >= offset + self.segments[index].length() {
            offset += self.segments[index].length();
            index += 1;
        }
        loop {
            let found = self.segments[index].locate(point);
            if found.along < 0.0 && index > 0 && found.along + offset < hint {
                index -= 1;
                offset -= self.segments[index].length();
                let before = self.segments[index].locate(point);
                return PathPoint { along: (before.along + offset).min(offset + self.segments[index].length()), ..before };
            }
            if found.along > self.segments[index].length() && index + 1 < self.segments.len() {
                offset += self.segments[index].length();
                index += 1;
                continue;
            }
            return PathPoint { along: found.along + offset, ..found };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    const TOLERANCE_M: f64 = 1e-12;

    fn assert_near(a: Vec3, b: Vec3) {
        assert!(length(sub(a, b)) < TOLERANCE_M, "{a:?} is not {b:?}");
    }

    #[test]
    fn an_arc_to_the_left_ends_where_the_circle_says() {
        let path = Path { segments: vec![Segment::Arc { start: Pose::new([1.0, 2.0, 0.8], 0.0, 0.0), radius_m: 0.9, angle: FRAC_PI_2 }] };
        assert_near(path.end().position, [1.9, 2.9, 0.8]);
        assert_near(path.end().forward, [0.0, 1.0, 0.0]);
        let right = Segment::Arc { start: Pose::new([0.0; 3], FRAC_PI_2, 0.0), radius_m: 2.0, angle: -PI };
        assert_near(right.pose_at(right.length()).position, [4.0, 0.0, 0.0]);
    }

    #[test]
    fn a_helix_of_three_turns_is_as_long_as_its_unrolled_slope_and_knows_its_turns() {
        let start = Pose::new([1.0, 0.0, 0.5], 0.4, 0.0);
        let half =
            |start: Pose| Segment::Helix { start: Pose::new(start.position, start.heading(), 0.0), radius_m: 0.9, angle: -PI, rise_m: 0.2 };
        let mut segments = vec![half(start)];
        for _ in 1..6 {
            let last = segments[segments.len() - 1];
            segments.push(half(last.pose_at(last.length())));
        }
        let path = Path { segments };
        assert!((path.length() - libm::hypot(6.0 * PI * 0.9, 1.2)).abs() < TOLERANCE_M);
        assert_near(path.end().position, [1.0, 0.0, 1.7]);
        for i in 0..=120 {
            let along = f64::from(i) / 120.0 * path.length();
            for (up, tolerance_m) in [(0.0, 1e-9), (0.1, 1e-3)] {
                let point = path.pose_at(along).shifted(0.0, 0.21, up).position;
                let (found, nearest) = (path.locate(point, along), path.nearest_along(path.pose_at(along).position));
                assert!((found.along - along).abs() < tolerance_m && (found.above - up).abs() < tolerance_m, "{along}: {found:?}");
                assert!((found.left - 0.21).abs() < tolerance_m && (nearest - along).abs() < 1e-6, "{along}: {found:?}, nearest {nearest}");
            }
        }
    }

    #[test]
    fn locate_is_the_inverse_of_pose_at() {
        let first = Segment::Straight { start: Pose::new([0.0, 0.0, 0.8], 0.3, 0.0), length_m: 3.0 };
        let second = Segment::Arc { start: first.pose_at(3.0), radius_m: 1.5, angle: -2.5 };
        let third = Segment::Straight { start: second.pose_at(second.length()), length_m: 1.0 };
        let path = Path { segments: vec![first, second, third] };
        for i in 0..=70 {
            let along = f64::from(i) / 70.0 * path.length();
            let point = path.pose_at(along).shifted(0.0, 0.21, 0.1).position;
            let found = path.locate(point, along - 0.02);
            assert!(
                (found.along - along).abs() < 1e-9 && (found.left - 0.21).abs() < 1e-9 && (found.above - 0.1).abs() < 1e-9,
                "{along}: {found:?}"
            );
        }
    }
}
