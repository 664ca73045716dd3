//! Arrows and a ring about what is selected, by which a hand moves and turns it. Where they are, which of them a pointer is on, and
//! how far a drag leads: pure functions of a camera. Knows no scene.

use super::overlays::Projector;
use super::pick::Ray;
use bevy_egui::egui::Pos2;
use linetwin_model::geometry::{Vec3, add, dot, scale, sub};
use std::f64::consts::TAU;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// Along x, y or z.
    Axis(usize),
    /// About z.
    Ring,
}

/// Over a hundredth of the picture's height.
const ARROW: f64 = 13.0;
const RING: f64 = 9.0;
/// Nearer, and the pointer is on a handle [points].
const NEAR: f32 = 9.0;

pub const AXES: [Vec3; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// What of it is drawn at `at_m`, as lines in the world.
pub fn lines(projector: &Projector<'_>, at_m: Vec3, turns: bool) -> Vec<(Handle, Vec<Vec3>)> {
    let unit_m = projector.hundredth_m(at_m);
    let mut all: Vec<(Handle, Vec<Vec3>)> =
        (0..3).map(|axis| (Handle::Axis(axis), vec![at_m, add(at_m, scale(AXES[axis], ARROW * unit_m))])).collect();
    if turns {
        let around = (0..=48).map(|step| {
            let (sin, cos) = (TAU * f64::from(step) / 48.0).sin_cos();
            add(at_m, [RING * unit_m * cos, RING * unit_m * sin, 0.0])
        });
        all.push((Handle::Ring, around.collect()));
    }
    all
}

/// The handle under the pointer; arrows before the ring.
pub fn handle_at(projector: &Projector<'_>, at_m: Vec3, turns: bool, pointer: Pos2) -> Option<Handle> {
    let distance = |points: &[Vec3]| {
        let pieces = points.windows(2).filter_map(|pair| projector.segment(pair[0], pair[1]));
        pieces.map(|[from, to]| from_segment(pointer, from, to)).fold(f32::INFINITY, f32::min)
    };
    let all = lines(projector, at_m, turns);
    let near = all.iter().map(|(handle, points)| (*handle, distance(points))).filter(|(_, away)| *away < NEAR);
    near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(handle, _)| handle)
}

fn from_segment(point: Pos2, from: Pos2, to: Pos2) -> f32 {
    let along = to - from;
    let share = if along.length_sq() > 0.0 { ((point - from).dot(along) / along.length_sq()).clamp(0.0, 1.0) } else { 0.0 };
    (point - (from + along * share)).length()
}

/// Where on the handle a pointer is: metres along an axis from `at_m`, or an angle about it [deg]. `None`: nowhere, the view runs
/// along the handle.
pub fn place_on(projector: &Projector<'_>, at_m: Vec3, handle: Handle, pointer: Pos2) -> Option<f64> {
    let ray = Ray::through(projector.camera, projector.pixel(pointer), projector.size);
    let from = sub(at_m, ray.origin_m);
    match handle {
        Handle::Axis(axis) => {
            // The point of the axis that is nearest to the ray.
            let (axis, across) = (AXES[axis], dot(AXES[axis], ray.direction));
            let square = 1.0 - across * across;
            (square > 1e-4).then(|| (across * dot(ray.direction, from) - dot(axis, from)) / square)
        }
        Handle::Ring => {
            let falls = ray.direction[2];
            let way_m = from[2] / falls;
            let meets = falls.abs() > 1e-3 && way_m > 0.0;
            meets.then(|| {
                let out = sub(add(ray.origin_m, scale(ray.direction, way_m)), at_m);
                out[1].atan2(out[0]).to_degrees()
            })
        }
    }
}

/// From one place on a handle to another, in steps: metres, or degrees the shorter way round.
pub fn travel(handle: Handle, from: f64, to: f64, coarse: bool) -> f64 {
    let (raw, step) = match (handle, coarse) {
        (Handle::Axis(_), false) => (to - from, 0.01),
        (Handle::Axis(_), true) => (to - from, 0.1),
        (Handle::Ring, coarse) => ((to - from + 180.0).rem_euclid(360.0) - 180.0, if coarse { 15.0 } else { 1.0 }),
    };
    (raw / step).round() * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cameras::{Camera, built_in};
    use crate::window::pick::tests::SIZE;
    use bevy_egui::egui::{Rect, pos2};

    const AT: Vec3 = [1.5, 0.0, 0.8];

    fn camera() -> Camera {
        built_in("overview", &[[0.0, -0.5, 0.0], [3.0, 0.5, 1.2]], SIZE).expect("it is built in")
    }

    fn projector(camera: &Camera) -> Projector<'_> {
        Projector { camera, size: SIZE, rect: Rect::from_min_max(pos2(0.0, 0.0), pos2(640.0, 360.0)), scale: 1.0 }
    }

    #[test]
    fn a_drag_along_a_handle_leads_as_far_as_the_pointer_goes() {
        let camera = camera();
        let projector = projector(&camera);
        for (axis, along_axis) in AXES.into_iter().enumerate() {
            let handle = Handle::Axis(axis);
            let seen = |along: f64| projector.point(add(AT, scale(along_axis, along))).expect("it is before the eye");
            let reach = 0.6 * ARROW * projector.hundredth_m(AT);
            assert_eq!(handle_at(&projector, AT, false, seen(reach)), Some(handle));
            let place = |along: f64| place_on(&projector, AT, handle, seen(along)).expect("it is on the axis");
            assert!((place(0.7) - place(0.2) - 0.5).abs() < 1e-3, "{axis}: {} {}", place(0.7), place(0.2));
            assert!((travel(handle, place(0.2), place(0.7), false) - 0.5).abs() < 1e-9);
        }
        let on_ring = |angle: f64| {
            let reach = RING * projector.hundredth_m(AT);
            projector.point(add(AT, [reach * angle.to_radians().cos(), reach * angle.to_radians().sin(), 0.0])).expect("it is seen")
        };
        assert_eq!(handle_at(&projector, AT, true, on_ring(200.0)), Some(Handle::Ring));
        assert_eq!(handle_at(&projector, AT, false, on_ring(200.0)), None);
        let place = |angle: f64| place_on(&projector, AT, Handle::Ring, on_ring(angle)).expect("it is on the ring");
        assert_eq!(travel(Handle::Ring, place(170.0), place(-160.0), false), 30.0);
        assert_eq!(travel(Handle::Ring, 0.0, 22.0, true), 15.0);
    }

    #[test]
    fn along_the_view_nothing_can_be_dragged() {
        let camera = built_in("front", &[[0.0, -0.5, 0.0], [3.0, 0.5, 1.2]], SIZE).expect("it is built in");
        let projector = projector(&camera);
        let pointer = projector.point(AT).expect("it is seen");
        assert_eq!(place_on(&projector, AT, Handle::Axis(1), pointer), None);
        assert_eq!(place_on(&projector, AT, Handle::Ring, pointer), None);
    }
}
