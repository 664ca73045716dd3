//! A camera that goes around a point, as a hand moves it. Z is up. Knows nothing about mice and keys.

use crate::arguments::Size;
use crate::cameras::{Camera, FIELD_OF_VIEW, Lens, RANGE_M, axes_looking, built_in};
use linetwin_model::geometry::{Vec3, add, dot, scale, sub};

/// So near to straight up or down, that up stays up [rad].
const STEEPEST: f64 = 1.52;
const NEAREST_M: f64 = 0.05;
const FARTHEST_M: f64 = 5_000.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Orbit {
    /// What it goes around [m].
    pub about_m: Vec3,
    /// Direction of the view, from x towards y, and upwards [rad].
    heading: f64,
    pitch: f64,
    pub distance_m: f64,
}

impl Default for Orbit {
    fn default() -> Self {
        Orbit { about_m: [0.0; 3], heading: 1.1, pitch: -0.55, distance_m: 10.0 }
    }
}

impl Orbit {
    /// As a built-in camera sees the line: about the middle of it.
    pub fn framing(camera: &str, points_m: &[Vec3], size: Size) -> Option<Orbit> {
        let found = built_in(camera, points_m, size)?;
        let middle = |axis: usize| {
            let ends = points_m.iter().map(|point| point[axis]);
            f64::midpoint(ends.clone().fold(f64::INFINITY, f64::min), ends.fold(f64::NEG_INFINITY, f64::max))
        };
        let depth_m = dot(sub([middle(0), middle(1), middle(2)], found.eye_m), found.forward);
        // What a parallel camera sees of a height is seen from there by a lens, of the nearest too.
        let (distance_m, eye_m) = match found.lens {
            Lens::Perspective { .. } => (depth_m, found.eye_m),
            Lens::Parallel { height_m } => {
                let nearest_m = points_m.iter().map(|point| dot(sub(*point, found.eye_m), found.forward)).fold(f64::INFINITY, f64::min);
                let away = height_m / height_of(size) + (depth_m - nearest_m);
                (away, add(found.eye_m, scale(found.forward, depth_m - away)))
            }
        };
        Some(Orbit::looking(eye_m, found.forward, distance_m))
    }

    /// From a point along a direction, about what is so far away.
    pub fn looking(eye_m: Vec3, forward: Vec3, distance_m: f64) -> Orbit {
        let [x, y, z] = forward;
        Orbit {
            about_m: add(eye_m, scale(forward, distance_m)),
            heading: if x == 0.0 && y == 0.0 { std::f64::consts::FRAC_PI_2 } else { y.atan2(x) },
            pitch: z.clamp(-1.0, 1.0).asin().clamp(-STEEPEST, STEEPEST),
            distance_m,
        }
    }

    /// By angles [rad].
    pub fn turn(&mut self, right: f64, up: f64) {
        self.heading = (self.heading + right).rem_euclid(std::f64::consts::TAU);
        self.pitch = (self.pitch + up).clamp(-STEEPEST, STEEPEST);
    }

    /// Along the picture, over its height.
    pub fn shift(&mut self, right: f64, up: f64, size: Size) {
        let [along, upwards, _] = axes_looking(self.forward());
        let height_m = self.distance_m * height_of(size);
        self.about_m = add(self.about_m, add(scale(along, right * height_m), scale(upwards, up * height_m)));
    }

    /// Above 1: nearer. What is seen at `towards`, over the picture's height from its middle, stays there.
    pub fn zoom(&mut self, factor: f64, towards: [f64; 2], size: Size) {
        let before_m = self.distance_m;
        self.distance_m = (self.distance_m / factor).clamp(NEAREST_M, FARTHEST_M);
        let share = before_m / self.distance_m - 1.0;
        self.shift(towards[0] * share, towards[1] * share, size);
    }

    /// Forwards and to the right along the floor, and up; over its distance.
    pub fn walk(&mut self, [forwards, right, up]: Vec3) {
        let (sin, cos) = self.heading.sin_cos();
        let way = [forwards * cos + right * sin, forwards * sin - right * cos, up];
        self.about_m = add(self.about_m, scale(way, self.distance_m));
    }

    fn forward(&self) -> Vec3 {
        let (sin, cos) = self.heading.sin_cos();
        let (up, flat) = self.pitch.sin_cos();
        [flat * cos, flat * sin, up]
    }

    pub fn camera(&self, size: Size) -> Camera {
        let [right, up, forward] = axes_looking(self.forward());
        let eye_m = sub(self.about_m, scale(forward, self.distance_m));
        let lens = Lens::Perspective { height: height_of(size) };
        Camera { name: "orbit".to_string(), eye_m, right, up, forward, lens, range_m: RANGE_M }
    }
}

fn height_of(size: Size) -> f64 {
    let aspect = f64::from(size.width_px) / f64::from(size.height_px);
    if aspect >= 1.0 { FIELD_OF_VIEW / aspect } else { FIELD_OF_VIEW }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cameras::built_in_names;

    const SIZE: Size = Size { width_px: 800, height_px: 450 };

    #[test]
    fn every_built_in_camera_can_be_gone_on_from_and_shows_the_line() {
        let points = [[0.0, 0.0, 0.0], [8.0, 0.0, 0.0], [8.0, 2.0, 1.4], [0.0, 2.0, 1.4]];
        for name in built_in_names() {
            let camera = Orbit::framing(name, &points, SIZE).expect("it is built in").camera(SIZE);
            let known = built_in(name, &points, SIZE).expect("it is built in");
            assert!(dot(camera.forward, known.forward) > 0.998, "{name} looks elsewhere");
            for point in points {
                let [x, y] = camera.pixel(camera.own(point), SIZE);
                assert!((-1.0..801.0).contains(&x) && (-1.0..451.0).contains(&y), "{name} leaves {point:?} out: {x} {y}");
            }
        }
    }

    #[test]
    fn what_is_gone_around_stays_in_the_middle_and_up_stays_up() {
        let mut orbit = Orbit { about_m: [3.0, -2.0, 1.0], ..Orbit::default() };
        for _ in 0..200 {
            orbit.turn(0.3, 0.05);
            orbit.zoom(1.1, [0.0; 2], SIZE);
            let camera = orbit.camera(SIZE);
            let [x, y] = camera.pixel(camera.own(orbit.about_m), SIZE);
            assert!((x - 400.0).abs() < 1e-6 && (y - 225.0).abs() < 1e-6, "{x} {y}");
            assert!(camera.up[2] > 0.0);
        }
        assert_eq!(orbit.distance_m, NEAREST_M);
    }

    #[test]
    fn what_the_pointer_is_on_stays_under_it() {
        let mut orbit = Orbit::default();
        let towards = [0.3, -0.2];
        // A point in the plane through the middle, where the pointer is.
        let mut at = orbit.clone();
        at.shift(towards[0], towards[1], SIZE);
        let point = at.about_m;
        let seen = |orbit: &Orbit| orbit.camera(SIZE).pixel(orbit.camera(SIZE).own(point), SIZE);
        let before = seen(&orbit);
        orbit.zoom(2.5, towards, SIZE);
        let after = seen(&orbit);
        assert!((0..2).all(|axis| (before[axis] - after[axis]).abs() < 1e-6), "{before:?} {after:?}");
    }
}
