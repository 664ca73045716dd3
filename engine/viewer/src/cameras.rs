//! Where a picture is taken from: a pinhole or a parallel projection, and those that frame a line. Knows no renderer.
//!
//! A camera's own space is x right, y up, z along its view. Pixel (0, 0) is the upper left; its middle is at (0.5, 0.5).

use crate::arguments::Size;
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_sim::view::Place;

/// Nearest and farthest of what a built-in camera sees [m].
pub const RANGE_M: [f64; 2] = [0.02, 100_000.0];
/// The longer side of the picture, over its distance: 40 degrees, about a 50 mm lens. Tangents differ between platforms.
pub const FIELD_OF_VIEW: f64 = 2.0 * 0.363_970_234_266_202_4;
/// Beside the line, over its size [-].
const MARGIN: f64 = 1.06;
/// A line without anything to see is looked at as if it had this size [m].
const LEAST_SIZE_M: f64 = 0.5;

#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    pub name: String,
    pub eye_m: Vec3,
    /// Unit vectors at right angles.
    pub right: Vec3,
    pub up: Vec3,
    pub forward: Vec3,
    pub lens: Lens,
    /// Nearest and farthest depth that is seen [m].
    pub range_m: [f64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lens {
    /// Height of the picture at unit distance [m/m].
    Perspective { height: f64 },
    /// Height of the picture [m].
    Parallel { height_m: f64 },
}

/// Built-in cameras: name, what it looks from and which way is up.
const BUILT_IN: [(&str, Vec3, bool); 7] = [
    ("overview", [-0.48, -1.0, 0.72], true),
    ("top", [0.0, 0.0, 1.0], false),
    ("bottom", [0.0, 0.0, -1.0], false),
    ("front", [0.0, -1.0, 0.0], false),
    ("back", [0.0, 1.0, 0.0], false),
    ("left", [-1.0, 0.0, 0.0], false),
    ("right", [1.0, 0.0, 0.0], false),
];

pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, ..)| *name)
}

/// The built-in camera of that name, so that all `points_m` are in the picture. `None`: there is no such camera.
pub fn built_in(name: &str, points_m: &[Vec3], size: Size) -> Option<Camera> {
    let &(name, mut from, perspective) = BUILT_IN.iter().find(|(known, ..)| *known == name)?;
    let extent = |axis: usize| {
        let ends = points_m.iter().map(|point| point[axis]);
        ends.clone().fold(f64::NEG_INFINITY, f64::max) - ends.fold(f64::INFINITY, f64::min)
    };
    // A line that runs along y is seen from the side too.
    if perspective && extent(1) > extent(0) {
        from = [-from[1], from[0], from[2]];
    }
    let axes = axes_looking(scale(from, -1.0));
    let aspect = f64::from(size.width_px) / f64::from(size.height_px);
    Some(if perspective { framed(name, axes, points_m, aspect) } else { parallel(name, axes, points_m, aspect) })
}

/// Right, up and forward of a view; straight down or up, the picture's up is the world's y.
pub fn axes_looking(forward: Vec3) -> [Vec3; 3] {
    let forward = unit(forward);
    let upright = if forward[2].abs() > 0.999 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
    let right = unit(cross(forward, upright));
    [right, cross(right, forward), forward]
}

fn unit(v: Vec3) -> Vec3 {
    scale(v, 1.0 / length(v))
}

fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}

/// The nearest eye from which every point is inside the picture: each of its four sides is a plane through the eye, and two
/// opposite ones say how far back and where between them it has to stand.
fn framed(name: &str, [right, up, forward]: [Vec3; 3], points_m: &[Vec3], aspect: f64) -> Camera {
    let height = if aspect >= 1.0 { FIELD_OF_VIEW / aspect } else { FIELD_OF_VIEW };
    let place = |axis: Vec3, slope: f64| {
        let [_, p] = ends(points_m.iter().map(|&point| dot(point, axis) - slope * dot(point, forward)));
        let [_, q] = ends(points_m.iter().map(|&point| -dot(point, axis) - slope * dot(point, forward)));
        (-(p + q) / (2.0 * slope), (p - q) / 2.0)
    };
    let (by_width, across) = place(right, height * aspect / 2.0 / MARGIN);
    let (by_height, upwards) = place(up, height / 2.0 / MARGIN);
    // Not nearer than the nearest point, however thin the line is.
    let [nearest, _] = ends(points_m.iter().map(|&point| dot(point, forward)));
    let back = by_width.min(by_height).min(nearest - LEAST_SIZE_M);
    let eye_m = add(add(scale(right, across), scale(up, upwards)), scale(forward, back));
    Camera { name: name.to_string(), eye_m, right, up, forward, lens: Lens::Perspective { height }, range_m: RANGE_M }
}

fn parallel(name: &str, [right, up, forward]: [Vec3; 3], points_m: &[Vec3], aspect: f64) -> Camera {
    let [left, rightmost] = ends(points_m.iter().map(|&point| dot(point, right)));
    let [low, high] = ends(points_m.iter().map(|&point| dot(point, up)));
    let [near, far] = ends(points_m.iter().map(|&point| dot(point, forward)));
    let height_m = (high - low).max((rightmost - left) / aspect).max(LEAST_SIZE_M) * MARGIN;
    // As far before the line as it is deep: what comes later may stand out.
    let back = near - (far - near).max(LEAST_SIZE_M) - 1.0;
    let eye_m = add(add(scale(right, (left + rightmost) / 2.0), scale(up, (low + high) / 2.0)), scale(forward, back));
    Camera { name: name.to_string(), eye_m, right, up, forward, lens: Lens::Parallel { height_m }, range_m: RANGE_M }
}

/// One of the scene's own cameras at a place: x along its view, y to its left. In a picture of another shape than its own, the width
/// of what it sees stays.
pub fn of_scene(camera: &linetwin_model::scene::Camera, place: &Place, size: Size) -> Camera {
    let axis = |own: [f32; 3]| place.turned(own).map(f64::from);
    let forward = unit(axis([1.0, 0.0, 0.0]));
    let right = unit(cross(forward, axis([0.0, 0.0, 1.0])));
    let width = f64::from(camera.size_px[0]) / camera.focal_px();
    Camera {
        name: camera.name.clone(),
        eye_m: place.position_m.map(f64::from),
        right,
        up: cross(right, forward),
        forward,
        lens: Lens::Perspective { height: width * f64::from(size.height_px) / f64::from(size.width_px) },
        range_m: camera.range_m,
    }
}

impl Camera {
    /// A point of the world in the camera's own space [m].
    pub fn own(&self, point_m: Vec3) -> Vec3 {
        let from = sub(point_m, self.eye_m);
        [dot(from, self.right), dot(from, self.up), dot(from, self.forward)]
    }

    /// Pixels per metre at unit distance; of a parallel projection, per metre.
    pub fn pixels_per_unit(&self, size: Size) -> f64 {
        let (Lens::Perspective { height } | Lens::Parallel { height_m: height }) = self.lens;
        f64::from(size.height_px) / height
    }

    /// Where a point of the camera's own space is seen [px]. Of a perspective, it has to be before the eye.
    pub fn pixel(&self, [x, y, z]: Vec3, size: Size) -> [f64; 2] {
        let away = if matches!(self.lens, Lens::Perspective { .. }) { z } else { 1.0 };
        let focal = self.pixels_per_unit(size);
        [f64::from(size.width_px) / 2.0 + focal * x / away, f64::from(size.height_px) / 2.0 - focal * y / away]
    }

    /// What is seen at a place of the picture [px], in the camera's own space: `origin + z direction`.
    pub fn ray(&self, pixel: [f64; 2], size: Size) -> (Vec3, Vec3) {
        let focal = self.pixels_per_unit(size);
        let (x, y) = ((pixel[0] - f64::from(size.width_px) / 2.0) / focal, (f64::from(size.height_px) / 2.0 - pixel[1]) / focal);
        match self.lens {
            Lens::Perspective { .. } => ([0.0; 3], [x, y, 1.0]),
            Lens::Parallel { .. } => ([x, y, 0.0], [0.0, 0.0, 1.0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width_px: 640, height_px: 360 };
    const CORNERS: [Vec3; 8] = [
        [0.0, 0.0, 0.0],
        [12.0, 0.0, 0.0],
        [0.0, 2.0, 0.0],
        [12.0, 2.0, 0.0],
        [0.0, 0.0, 1.5],
        [12.0, 0.0, 1.5],
        [0.0, 2.0, 1.5],
        [12.0, 2.0, 1.5],
    ];

    #[test]
    fn every_built_in_camera_shows_all_of_the_line_and_little_else() {
        for name in built_in_names() {
            let camera = built_in(name, &CORNERS, SIZE).expect("it is built in");
            let seen: Vec<[f64; 2]> = CORNERS.iter().map(|&corner| camera.pixel(camera.own(corner), SIZE)).collect();
            let wide = ends(seen.iter().map(|pixel| pixel[0]));
            let high = ends(seen.iter().map(|pixel| pixel[1]));
            assert!(wide[0] > 0.0 && wide[1] < 640.0 && high[0] > 0.0 && high[1] < 360.0, "{name}: {wide:?} {high:?}");
            let filled = ((wide[1] - wide[0]) / 640.0).max((high[1] - high[0]) / 360.0);
            assert!((0.85..1.0).contains(&filled), "{name} fills {filled}");
            let apart = [dot(camera.right, camera.up), dot(camera.up, camera.forward), dot(camera.right, camera.forward)];
            assert!(apart.iter().all(|cosine| cosine.abs() < 1e-12), "{name}");
            assert!(dot(cross(camera.right, camera.up), scale(camera.forward, -1.0)) > 0.999, "{name} is no mirror");
        }
        assert!(built_in("attic", &CORNERS, SIZE).is_none());
    }

    #[test]
    fn rays_lead_back_to_where_a_point_is_seen() {
        for name in ["overview", "front"] {
            let camera = built_in(name, &CORNERS, SIZE).expect("it is built in");
            for corner in CORNERS {
                let own = camera.own(corner);
                let (origin, direction) = camera.ray(camera.pixel(own, SIZE), SIZE);
                let back = add(origin, scale(direction, own[2]));
                assert!(length(sub(back, own)) < 1e-9, "{name}");
            }
        }
    }
}
