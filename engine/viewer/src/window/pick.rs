//! What a ray meets first, and boxes about things. Arithmetic on what is drawn; no renderer is asked.

use crate::arguments::Size;
use crate::cameras::Camera;
use crate::drawing::{Drawn, Thing, drawn};
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Moment, Place, Role, Scenery};
use std::collections::BTreeMap;

/// From a point of the world along a unit vector.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    pub origin_m: Vec3,
    pub direction: Vec3,
}

impl Ray {
    /// Through a pixel of a picture.
    pub fn through(camera: &Camera, pixel: [f64; 2], size: Size) -> Ray {
        let (origin, direction) = camera.ray(pixel, size);
        let in_world = |[x, y, z]: Vec3| add(add(scale(camera.right, x), scale(camera.up, y)), scale(camera.forward, z));
        let direction = in_world(direction);
        Ray { origin_m: add(camera.eye_m, in_world(origin)), direction: scale(direction, 1.0 / length(direction)) }
    }

    /// Way to the triangle [m]; from behind it is met too.
    fn meets(&self, [a, b, c]: [Vec3; 3]) -> Option<f64> {
        // Moeller and Trumbore (1997).
        let (ab, ac) = (sub(b, a), sub(c, a));
        let p = cross(self.direction, ac);
        let det = dot(ab, p);
        if det.abs() < 1e-14 {
            return None;
        }
        let from = sub(self.origin_m, a);
        let u = dot(from, p) / det;
        let q = cross(from, ab);
        let v = dot(self.direction, q) / det;
        let way_m = dot(ac, q) / det;
        (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && way_m > 0.0).then_some(way_m)
    }
}

/// The nearest thing that the ray meets, and where; light and the floor are no things.
pub fn pick(scenery: &Scenery, moment: &Moment, ray: &Ray) -> Option<(Seen, Vec3)> {
    let mut nearest: Option<(f64, Seen)> = None;
    for drawn in drawn(scenery, moment) {
        let Some(owner) = owner_of(scenery, &drawn) else { continue };
        let mesh = &scenery.meshes[drawn.mesh];
        let scaled = |point: [f32; 3]| std::array::from_fn(|axis| point[axis] * drawn.scale[axis]);
        // Most are passed by: a ball about the box says so.
        let [low, high] = mesh.bounds().map(scaled);
        let middle = drawn.place.point(std::array::from_fn(|axis| f32::midpoint(low[axis], high[axis]))).map(f64::from);
        let radius_m = (0..3).map(|axis| f64::from(high[axis] - low[axis]).powi(2)).sum::<f64>().sqrt() / 2.0;
        let from = sub(middle, ray.origin_m);
        let along = dot(from, ray.direction);
        if dot(from, from) - along * along > radius_m * radius_m || nearest.is_some_and(|(way_m, _)| along - radius_m > way_m) {
            continue;
        }
        for corners in &mesh.triangles {
            let triangle = corners.map(|index| drawn.place.point(scaled(mesh.points_m[index as usize])).map(f64::from));
            if let Some(way_m) = ray.meets(triangle)
                && nearest.is_none_or(|(nearest, _)| way_m < nearest)
            {
                nearest = Some((way_m, owner));
            }
        }
    }
    nearest.map(|(way_m, owner)| (owner, add(ray.origin_m, scale(ray.direction, way_m))))
}

/// `None`: nothing that can be selected.
fn owner_of(scenery: &Scenery, drawn: &Drawn) -> Option<Seen> {
    match drawn.thing {
        Thing::Part(id) | Thing::Label(id) => Some(Seen::Part(id)),
        Thing::Item(index) => {
            let item = &scenery.items[index];
            (!matches!(item.role, Role::Beam { .. } | Role::Floor) && item.owner != Seen::Floor).then_some(item.owner)
        }
    }
}

/// Eight corners; x varies fastest, then y.
pub type Corners = [Vec3; 8];

/// About a thing: of a part along its own axes, of an element along the world's. `None`: it is not to be seen.
pub fn box_about(scenery: &Scenery, moment: &Moment, thing: Seen) -> Option<Corners> {
    match thing {
        Seen::Floor => None,
        Seen::Part(id) => {
            let part = moment.part(id)?;
            let bounds = scenery.meshes[scenery.look(part.part_type, part.variant).mesh].bounds();
            Some(corners_of(bounds, |axis, value| value * part.scale[axis], &part.place))
        }
        Seen::Element(_) => {
            let mut ends: Option<[[f32; 3]; 2]> = None;
            for item in scenery.items.iter().filter(|item| item.owner == thing && !matches!(item.role, Role::Beam { .. })) {
                let (place, scales) = item.in_world(&moment.movers);
                if scales.contains(&0.0) {
                    continue;
                }
                for corner in corners_of(scenery.meshes[item.mesh].bounds(), |axis, value| value * scales[axis], &place) {
                    let corner = corner.map(|value| value as f32);
                    let [low, high] = ends.unwrap_or([corner; 2]);
                    ends = Some([
                        std::array::from_fn(|axis| low[axis].min(corner[axis])),
                        std::array::from_fn(|axis| high[axis].max(corner[axis])),
                    ]);
                }
            }
            Some(corners_of(ends?, |_, value| value, &Place::default()))
        }
    }
}

fn corners_of(ends: [[f32; 3]; 2], scaled: impl Fn(usize, f32) -> f32, place: &Place) -> Corners {
    std::array::from_fn(|which| place.point(std::array::from_fn(|axis| scaled(axis, ends[which >> axis & 1][axis]))).map(f64::from))
}

pub fn middle_of(corners: &Corners) -> Vec3 {
    scale(add(corners[0], corners[7]), 0.5)
}

/// Edges of bodies that are seen as edges: between faces that meet at an angle, as pairs of points of the mesh.
pub fn sharp_edges(mesh: &linetwin_sim::view::Mesh) -> Vec<[[f32; 3]; 2]> {
    /// Cosine of the angle below which two faces are one.
    const FLAT: f64 = 0.97;
    let key = |point: [f32; 3]| point.map(|value| (value * 1e5).round() as i64);
    /// Normals of the faces that meet there, and its ends.
    type Edge = (Vec<Vec3>, [[f32; 3]; 2]);
    let mut faces: BTreeMap<[[i64; 3]; 2], Edge> = BTreeMap::new();
    for corners in &mesh.triangles {
        let points = corners.map(|index| mesh.points_m[index as usize]);
        let [a, b, c] = points.map(|point| point.map(f64::from));
        let normal = cross(sub(b, a), sub(c, a));
        let normal = scale(normal, 1.0 / length(normal).max(f64::MIN_POSITIVE));
        for edge in 0..3 {
            let ends = [points[edge], points[(edge + 1) % 3]];
            let mut keys = ends.map(key);
            keys.sort_unstable();
            faces.entry(keys).or_insert_with(|| (Vec::new(), ends)).0.push(normal);
        }
    }
    let is_sharp = |normals: &[Vec3]| normals.len() != 2 || dot(normals[0], normals[1]) < FLAT;
    faces.into_values().filter(|(normals, _)| is_sharp(normals)).map(|(_, ends)| ends).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::cameras::built_in;
    use linetwin_model::scene::ElementId;
    use linetwin_model::{read, scene::Scene};
    use linetwin_sim::{Simulation, SimulationOptions};
    use std::sync::Arc;

    pub const SIZE: Size = Size { width_px: 640, height_px: 360 };

    /// A short line, played for so many seconds.
    pub fn line(seconds: f64) -> (Arc<Scene>, Scenery, Moment) {
        let text = r#"Scene(schema: 1, name: "t", parts: {"box": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 2)},
            line: {"in": Source(part: "box", rate_per_h: 1200, before: "belt"),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.5, speed_mps: 0.3), "dock": Sink(after: "belt")})"#;
        let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let scene = Arc::new(read::read("t.ron", text, &read::ReadOptions::default(), &none).scene.expect("it is sound"));
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions::default());
        simulation.run_until(linetwin_model::Time::from_seconds(seconds));
        (scene, simulation.scenery(), simulation.moment())
    }

    #[test]
    fn what_lies_under_the_pointer_is_met_first() {
        let (scene, scenery, moment) = line(5.0);
        let camera = built_in("overview", &[[0.0, -0.5, 0.0], [3.0, 0.5, 1.2]], SIZE).expect("it is built in");
        let through = |point: Vec3| Ray::through(&camera, camera.pixel(camera.own(point), SIZE), SIZE);
        let part = moment.parts.first().expect("a box is on its way");
        let top = part.place.point([0.0, 0.0, 0.1 * part.scale[2]]).map(f64::from);
        let (met, at) = pick(&scenery, &moment, &through(top)).expect("it is there");
        assert_eq!(met, Seen::Part(part.id));
        assert!(length(sub(at, top)) < 0.01, "{at:?}, not {top:?}");
        let belt = scene.element_named("belt").expect("it is there");
        assert_eq!(pick(&scenery, &moment, &through([2.9, 0.0, 0.8])).map(|met| met.0), Some(Seen::Element(belt)));
        assert!(pick(&scenery, &moment, &through([1.5, 30.0, 0.0])).is_none(), "the floor is no thing");
    }

    #[test]
    fn boxes_hold_what_they_are_about() {
        let (scene, scenery, moment) = line(5.0);
        let belt = box_about(&scenery, &moment, Seen::Element(scene.element_named("belt").expect("it is there"))).expect("it is seen");
        assert!(belt[0][0] <= 0.0 && belt[7][0] >= 3.0 && belt[7][2] >= 0.8 && belt[0][2] < 0.1, "{belt:?}");
        let part = &moment.parts[0];
        let corners = box_about(&scenery, &moment, Seen::Part(part.id)).expect("it is seen");
        assert!((length(sub(corners[0], corners[1])) - 0.4).abs() < 0.01, "{corners:?}");
        assert!(length(sub(middle_of(&corners), part.place.position_m.map(f64::from))) < 0.01);
        assert!(box_about(&scenery, &moment, Seen::Element(ElementId(0))).is_some() || box_about(&scenery, &moment, Seen::Floor).is_none());
    }

    #[test]
    fn a_box_has_twelve_edges() {
        let (_, scenery, moment) = line(5.0);
        let part = &moment.parts[0];
        assert_eq!(sharp_edges(&scenery.meshes[scenery.look(part.part_type, part.variant).mesh]).len(), 12);
    }
}
