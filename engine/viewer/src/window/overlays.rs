//! What is painted over the line: where in the picture, as pure functions of a camera and a moment. Knows how to project and to
//! clip; decides no colours of panels.

use super::pick::{Corners, sharp_edges};
use crate::arguments::Size;
use crate::cameras::{Camera, Lens};
use bevy_egui::egui::{Pos2, Rect, pos2};
use linetwin_model::Scene;
use linetwin_model::geometry::{Vec3, add, dot, length, scale, sub};
use linetwin_model::scene::ElementId;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Moment, Role, Scenery};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Overlay {
    Names,
    Heat,
    Flow,
    Jams,
    Colliders,
    Contacts,
    Forces,
    Fidelity,
    Axes,
}

impl Overlay {
    pub const ALL: [Overlay; 9] = [
        Overlay::Names,
        Overlay::Heat,
        Overlay::Flow,
        Overlay::Jams,
        Overlay::Colliders,
        Overlay::Contacts,
        Overlay::Forces,
        Overlay::Fidelity,
        Overlay::Axes,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Overlay::Names => "Names and states",
            Overlay::Heat => "Utilisation heat map",
            Overlay::Flow => "Flow arrows",
            Overlay::Jams => "Jams and failures",
            Overlay::Colliders => "Colliders",
            Overlay::Contacts => "Contacts",
            Overlay::Forces => "Forces",
            Overlay::Fidelity => "Fidelity",
            Overlay::Axes => "Coordinate axes",
        }
    }

    /// Whether the simulation has to tell what parts touch.
    pub fn wants_contacts(self) -> bool {
        matches!(self, Overlay::Contacts | Overlay::Forces)
    }
}

/// Points of the world as points of the window.
pub struct Projector<'a> {
    pub camera: &'a Camera,
    /// Of the picture [px].
    pub size: Size,
    /// Where the picture is, in points.
    pub rect: Rect,
    /// Pixels per point.
    pub scale: f32,
}

impl Projector<'_> {
    fn on_screen(&self, own: Vec3) -> Pos2 {
        let [x, y] = self.camera.pixel(own, self.size);
        pos2(self.rect.min.x + x as f32 / self.scale, self.rect.min.y + y as f32 / self.scale)
    }

    fn near_m(&self) -> f64 {
        if matches!(self.camera.lens, Lens::Perspective { .. }) { self.camera.range_m[0] } else { f64::NEG_INFINITY }
    }

    /// `None`: behind the eye.
    pub fn point(&self, point_m: Vec3) -> Option<Pos2> {
        let own = self.camera.own(point_m);
        (own[2] > self.near_m()).then(|| self.on_screen(own))
    }

    /// What of a straight line is before the eye.
    pub fn segment(&self, from_m: Vec3, to_m: Vec3) -> Option<[Pos2; 2]> {
        let (mut from, mut to) = (self.camera.own(from_m), self.camera.own(to_m));
        let near_m = self.near_m();
        if from[2] <= near_m && to[2] <= near_m {
            return None;
        }
        let cut = |a: Vec3, b: Vec3| add(a, scale(sub(b, a), (near_m - a[2]) / (b[2] - a[2])));
        if from[2] < near_m {
            from = cut(from, to);
        } else if to[2] < near_m {
            to = cut(to, from);
        }
        Some([self.on_screen(from), self.on_screen(to)])
    }

    /// A flat shape; `None` where some of it is behind the eye.
    pub fn polygon(&self, points_m: &[Vec3]) -> Option<Vec<Pos2>> {
        points_m.iter().map(|point| self.point(*point)).collect()
    }

    /// Metres that a hundredth of the picture's height spans at a point.
    pub fn hundredth_m(&self, at_m: Vec3) -> f64 {
        let away = if matches!(self.camera.lens, Lens::Perspective { .. }) { self.camera.own(at_m)[2].max(0.05) } else { 1.0 };
        f64::from(self.size.height_px) / self.camera.pixels_per_unit(self.size) * away / 100.0
    }

    /// Of a point of the window [px].
    pub fn pixel(&self, at: Pos2) -> [f64; 2] {
        [f64::from((at.x - self.rect.min.x) * self.scale), f64::from((at.y - self.rect.min.y) * self.scale)]
    }
}

/// The twelve edges of a box.
pub fn box_edges(corners: &Corners) -> Vec<[Vec3; 2]> {
    let ends = |from: usize, axis: usize| (from >> axis & 1 == 0).then(|| [corners[from], corners[from | 1 << axis]]);
    (0..8).flat_map(|from| (0..3).filter_map(move |axis| ends(from, axis))).collect()
}

/// Pieces of the surface of an element, as quadrilaterals just above it: conveyors along their way, others by their box.
pub fn surface_of(scene: &Scene, element: ElementId, about: &Corners) -> Vec<[Vec3; 4]> {
    /// Longest piece [m].
    const PIECE_M: f64 = 0.5;
    const ABOVE_M: f64 = 0.02;
    let mut pieces = Vec::new();
    for conveyor in scene.conveyors.iter().filter(|conveyor| conveyor.element == element) {
        let long_m = conveyor.path.length();
        let count = (long_m / PIECE_M).ceil().max(1.0) as usize;
        let across = |index: usize| {
            let pose = conveyor.path.pose_at(long_m * index as f64 / count as f64);
            [-0.5, 0.5].map(|side| pose.shifted(0.0, side * conveyor.width_m, ABOVE_M).position)
        };
        for index in 0..count {
            let ([a, b], [c, d]) = (across(index), across(index + 1));
            pieces.push([a, b, d, c]);
        }
    }
    if pieces.is_empty() {
        pieces.push([about[4], about[5], about[7], about[6]]);
    }
    pieces
}

/// Arrows on every conveyor, in the direction in which it carries: tips between two tails.
pub fn flow_arrows(scene: &Scene, moment: &Moment) -> Vec<[Vec3; 3]> {
    const APART_M: f64 = 0.75;
    const LONG_M: f64 = 0.14;
    const ABOVE_M: f64 = 0.03;
    let mut arrows = Vec::new();
    for conveyor in &scene.conveyors {
        let long_m = conveyor.path.length();
        let half_m = (conveyor.width_m / 4.0).min(0.16);
        let drive =
            |along_m: f64| conveyor.drives[((along_m / long_m * conveyor.drives.len() as f64) as usize).min(conveyor.drives.len() - 1)];
        let count = (long_m / APART_M).floor().max(1.0) as usize;
        for index in 0..count {
            let at_m = (index as f64 + 0.5) * long_m / count as f64;
            let backwards = moment.drives.get(drive(at_m).index()).is_some_and(|drive| drive.speed_mps < 0.0);
            let way_m = if backwards { -LONG_M } else { LONG_M };
            let pose = conveyor.path.pose_at(at_m);
            arrows.push([(-way_m, half_m), (way_m, 0.0), (-way_m, -half_m)].map(|(x, y)| pose.shifted(x, y, ABOVE_M).position));
        }
    }
    arrows
}

/// Edges of what physics meets, with the mover that carries each, by mesh.
pub struct Wires {
    by_mesh: BTreeMap<usize, Vec<[[f32; 3]; 2]>>,
}

impl Wires {
    pub fn of(scenery: &Scenery) -> Wires {
        let meshes = scenery.items.iter().filter(|item| item.role == Role::Collider && item.owner != Seen::Floor).map(|item| item.mesh);
        Wires { by_mesh: meshes.map(|mesh| (mesh, sharp_edges(&scenery.meshes[mesh]))).collect() }
    }

    /// In the world, as everything stands at a moment; parts too.
    pub fn lines(&self, scenery: &Scenery, moment: &Moment) -> Vec<[Vec3; 2]> {
        let mut lines = Vec::new();
        for item in scenery.items.iter().filter(|item| item.role == Role::Collider) {
            let Some(edges) = self.by_mesh.get(&item.mesh).filter(|_| item.owner != Seen::Floor) else { continue };
            let (place, scales) = item.in_world(&moment.movers);
            let at = |point: [f32; 3]| place.point(std::array::from_fn(|axis| point[axis] * scales[axis])).map(f64::from);
            lines.extend(edges.iter().map(|edge| edge.map(at)));
        }
        lines
    }
}

/// Axes of an element's own space where parts come onto it, and of the world: from, to, 0 to 2.
pub fn axes(scene: &Scene, long_m: f64) -> Vec<(Vec3, Vec3, usize)> {
    let spaces =
        scene.conveyors.iter().map(|conveyor| conveyor.path.start()).map(|pose| (pose.position, [pose.forward, pose.left, pose.up()]));
    let world = ([0.0; 3], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let all = spaces.chain([world]);
    all.flat_map(|(at, axes)| (0..3).map(move |axis| (at, add(at, scale(axes[axis], long_m)), axis))).collect()
}

/// From nothing to all, darker to lighter, told apart with any colour vision (viridis, sampled).
pub fn heat_colour(share: f64) -> [u8; 3] {
    const STOPS: [[f64; 3]; 5] = [[68.0, 1.0, 84.0], [59.0, 82.0, 139.0], [33.0, 145.0, 140.0], [94.0, 201.0, 98.0], [253.0, 231.0, 37.0]];
    let at = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let low = (at as usize).min(STOPS.len() - 2);
    std::array::from_fn(|channel| (STOPS[low][channel] + (STOPS[low + 1][channel] - STOPS[low][channel]) * (at - low as f64)).round() as u8)
}

/// Which of the labels are shown: the first, and those that lie on none shown before them.
pub fn apart(labels: &[Rect]) -> Vec<bool> {
    let mut kept: Vec<Rect> = Vec::new();
    let keep = |label: &Rect| {
        let free = kept.iter().all(|other| !other.intersects(*label));
        if free {
            kept.push(*label);
        }
        free
    };
    labels.iter().map(keep).collect()
}

/// Distance from the eye, for what is nearest to be told first [m].
pub fn depth_m(camera: &Camera, point_m: Vec3) -> f64 {
    let from = sub(point_m, camera.eye_m);
    if matches!(camera.lens, Lens::Perspective { .. }) { length(from) } else { dot(from, camera.forward) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cameras::built_in;
    use crate::window::pick::box_about;
    use crate::window::pick::tests::{SIZE, line};

    fn camera() -> Camera {
        built_in("overview", &[[0.0, -0.5, 0.0], [3.0, 0.5, 1.2]], SIZE).expect("it is built in")
    }

    fn projector(camera: &Camera) -> Projector<'_> {
        Projector { camera, size: SIZE, rect: Rect::from_min_max(pos2(100.0, 50.0), pos2(420.0, 230.0)), scale: 2.0 }
    }

    #[test]
    fn points_lie_where_the_picture_shows_them_and_what_is_behind_the_eye_nowhere() {
        let camera = camera();
        let projector = projector(&camera);
        let at = projector.point([1.5, 0.0, 0.5]).expect("it is before the eye");
        assert!(projector.rect.contains(at), "{at:?}");
        let [x, y] = projector.pixel(at);
        let expected = camera.pixel(camera.own([1.5, 0.0, 0.5]), SIZE);
        assert!((x - expected[0]).abs() < 1e-3 && (y - expected[1]).abs() < 1e-3);
        let behind = sub(camera.eye_m, camera.forward);
        assert!(projector.point(behind).is_none() && projector.segment(behind, sub(behind, camera.forward)).is_none());
        let [from, to] = projector.segment(behind, [1.5, 0.0, 0.5]).expect("half of it is seen");
        assert!(from.x.is_finite() && (to - at).length() < 1e-3);
    }

    #[test]
    fn a_belt_has_its_arrows_along_its_way_and_its_heat_on_its_surface() {
        let (scene, scenery, moment) = line(1.0);
        let arrows = flow_arrows(&scene, &moment);
        assert_eq!(arrows.len(), 4);
        assert!(arrows.iter().all(|[left, tip, right]| tip[0] > left[0] && tip[0] > right[0] && (0.8..0.9).contains(&tip[2])));
        let belt = scene.element_named("belt").expect("it is there");
        let pieces = surface_of(&scene, belt, &box_about(&scenery, &moment, Seen::Element(belt)).expect("it is seen"));
        assert_eq!(pieces.len(), 6);
        assert!(pieces.iter().flatten().all(|point| point[1].abs() < 0.251 && (0.8..0.9).contains(&point[2])));
    }

    #[test]
    fn colliders_are_wires_where_they_stand() {
        let (_, scenery, moment) = line(1.0);
        let lines = Wires::of(&scenery).lines(&scenery, &moment);
        assert!(lines.len() >= 12, "{}", lines.len());
        assert!(lines.iter().flatten().all(|point| (-1.0..5.0).contains(&point[0]) && (-2.0..2.0).contains(&point[1])));
    }

    #[test]
    fn heat_goes_up_in_brightness_and_labels_do_not_lie_on_each_other() {
        let bright = |share: f64| heat_colour(share).iter().zip([0.2126, 0.7152, 0.0722]).map(|(c, w)| f64::from(*c) * w).sum::<f64>();
        assert!((0..20).all(|step| bright(f64::from(step + 1) / 20.0) > bright(f64::from(step) / 20.0)));
        let at = |x: f32| Rect::from_min_max(pos2(x, 0.0), pos2(x + 10.0, 5.0));
        assert_eq!(apart(&[at(0.0), at(5.0), at(12.0)]), [true, false, true]);
        assert_eq!(box_edges(&std::array::from_fn(|which| [which as f64, 0.0, 0.0])).len(), 12);
    }
}
