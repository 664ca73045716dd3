//! Triangles and balls into layers. The middle of a pixel is what counts; the depth there is that of the triangle's plane along the
//! pixel's ray, not an average of its corners'.

use super::things::Instance;
use crate::arguments::Size;
use crate::cameras::{Camera, Lens};
use crate::drawing::Drawn;
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_sim::view::{Mesh, Scenery};

/// Row by row from the upper left.
pub struct Layers {
    pub size: Size,
    /// Distance along the optical axis [m]; infinite where nothing is.
    pub depth_m: Vec<f64>,
    /// Number of the instance, from 1; 0 where nothing is.
    pub instance: Vec<u32>,
    /// In the world; zero where nothing is.
    pub normal: Vec<[f32; 3]>,
    /// By instance: pixels that it would have if nothing stood before it.
    pub unhidden_px: Vec<u64>,
}

impl Layers {
    fn new(size: Size) -> Self {
        let pixels = size.width_px as usize * size.height_px as usize;
        Layers {
            size,
            depth_m: vec![f64::INFINITY; pixels],
            instance: vec![0; pixels],
            normal: vec![[0.0; 3]; pixels],
            unhidden_px: Vec::new(),
        }
    }
}

pub fn draw(scenery: &Scenery, instances: &[Instance], camera: &Camera, size: Size) -> Layers {
    let layers = Layers::new(size);
    let mut brush = Brush { camera, number: 0, last_seen: vec![0; layers.depth_m.len()], covered: 0, layers };
    for (index, instance) in instances.iter().enumerate() {
        brush.number = index as u32 + 1;
        brush.covered = 0;
        for drawn in &instance.meshes {
            brush.mesh(&scenery.meshes[drawn.mesh], drawn);
        }
        for (middle_m, radius_m) in &instance.balls {
            brush.ball(middle_m.map(f64::from), f64::from(*radius_m));
        }
        brush.layers.unhidden_px.push(brush.covered);
    }
    brush.layers
}

struct Brush<'a> {
    camera: &'a Camera,
    number: u32,
    /// By pixel: the last instance that covered it, hidden or not.
    last_seen: Vec<u32>,
    covered: u64,
    layers: Layers,
}

impl Brush<'_> {
    fn mesh(&mut self, mesh: &Mesh, drawn: &Drawn) {
        let scaled = |point: &[f32; 3]| std::array::from_fn(|axis| f64::from(point[axis] * drawn.scale[axis]));
        let place = Turn::of(drawn.place.rotation, drawn.place.position_m);
        let points: Vec<Vec3> = mesh.points_m.iter().map(|point| self.camera.own(place.point(scaled(point)))).collect();
        // A normal is divided by what its surface is stretched by.
        let normal = |own: &[f32; 3]| place.turned(std::array::from_fn(|axis| f64::from(own[axis] / drawn.scale[axis])));
        let normals: Vec<Vec3> = mesh.normals.iter().map(normal).collect();
        for corners in &mesh.triangles {
            let at = |index: u32| (points[index as usize], normals[index as usize]);
            self.triangle(corners.map(at));
        }
    }

    /// Corners in the camera's own space with normals in the world.
    fn triangle(&mut self, corners: [(Vec3, Vec3); 3]) {
        let [a, b, c] = corners.map(|(point, _)| point);
        let plane = cross(sub(b, a), sub(c, a));
        let towards = if matches!(self.camera.lens, Lens::Perspective { .. }) { a } else { [0.0, 0.0, 1.0] };
        // Right, up and forward are left-handed: what looks at the eye has a normal along the view.
        if dot(plane, towards) <= 0.0 {
            return;
        }
        let outline: Vec<[f64; 2]> =
            clipped([a, b, c], self.camera.range_m[0]).into_iter().map(|point| self.camera.pixel(point, self.layers.size)).collect();
        if outline.len() < 3 {
            return;
        }
        let area: f64 = edges(&outline).map(|([x0, y0], [x1, y1])| x0 * y1 - x1 * y0).sum();
        if area == 0.0 {
            return;
        }
        let (size, square) = (self.layers.size, dot(plane, plane));
        for row in rows(outline.iter().map(|point| point[1]), size.height_px) {
            for column in rows(outline.iter().map(|point| point[0]), size.width_px) {
                let pixel = [f64::from(column) + 0.5, f64::from(row) + 0.5];
                let inside =
                    edges(&outline).all(|([x0, y0], [x1, y1])| ((x1 - x0) * (pixel[1] - y0) - (y1 - y0) * (pixel[0] - x0)) * area >= 0.0);
                if !inside {
                    continue;
                }
                let (origin, direction) = self.camera.ray(pixel, size);
                let depth_m = dot(plane, sub(a, origin)) / dot(plane, direction);
                let hit = add(origin, scale(direction, depth_m));
                let share = |from: Vec3, to: Vec3| dot(plane, cross(sub(to, from), sub(hit, from))) / square;
                let (of_c, of_a) = (share(a, b), share(b, c));
                let blend = |k: usize| of_a * corners[0].1[k] + (1.0 - of_a - of_c) * corners[1].1[k] + of_c * corners[2].1[k];
                self.put(column, row, depth_m, std::array::from_fn(blend));
            }
        }
    }

    fn ball(&mut self, middle_m: Vec3, radius_m: f64) {
        let middle = self.camera.own(middle_m);
        if middle[2] - radius_m < self.camera.range_m[0] {
            return;
        }
        // The corners of a box about it, on the side of the eye, enclose what is seen of it.
        let near = middle[2] - radius_m;
        let corners =
            [-1.0, 1.0].map(|side| self.camera.pixel([middle[0] + side * radius_m, middle[1] + side * radius_m, near], self.layers.size));
        let far = [-1.0, 1.0].map(|side| {
            self.camera.pixel([middle[0] + side * radius_m, middle[1] + side * radius_m, middle[2] + radius_m], self.layers.size)
        });
        let size = self.layers.size;
        let all = |axis: usize| corners.iter().chain(&far).map(move |corner| corner[axis]);
        for row in rows(all(1), size.height_px) {
            for column in rows(all(0), size.width_px) {
                let (origin, direction) = self.camera.ray([f64::from(column) + 0.5, f64::from(row) + 0.5], size);
                let from = sub(origin, middle);
                let (a, b) = (dot(direction, direction), dot(from, direction));
                let inside = b * b - a * (dot(from, from) - radius_m * radius_m);
                if inside < 0.0 {
                    continue;
                }
                let depth_m = (-b - inside.sqrt()) / a;
                let own = sub(add(origin, scale(direction, depth_m)), middle);
                let camera = self.camera;
                let axes = [camera.right, camera.up, camera.forward];
                let normal = (0..3).fold([0.0; 3], |sum, k| add(sum, scale(axes[k], own[k])));
                self.put(column, row, depth_m, normal);
            }
        }
    }

    fn put(&mut self, column: u32, row: u32, depth_m: f64, normal: Vec3) {
        let at = row as usize * self.layers.size.width_px as usize + column as usize;
        let [near_m, far_m] = self.camera.range_m;
        if depth_m < near_m || depth_m > far_m {
            return;
        }
        if self.last_seen[at] != self.number {
            self.last_seen[at] = self.number;
            self.covered += 1;
        }
        if depth_m < self.layers.depth_m[at] {
            self.layers.depth_m[at] = depth_m;
            self.layers.instance[at] = self.number;
            self.layers.normal[at] = scale(normal, 1.0 / length(normal).max(f64::MIN_POSITIVE)).map(|value| value as f32);
        }
    }
}

/// A place in f64: its quaternion is that of f32 made a unit again.
struct Turn {
    axes: [Vec3; 3],
    at: Vec3,
}

impl Turn {
    fn of(rotation: [f32; 4], position_m: [f32; 3]) -> Self {
        let [x, y, z, w] = rotation.map(f64::from);
        let two = 2.0 / (x * x + y * y + z * z + w * w);
        let axes = [
            [1.0 - two * (y * y + z * z), two * (x * y + z * w), two * (x * z - y * w)],
            [two * (x * y - z * w), 1.0 - two * (x * x + z * z), two * (y * z + x * w)],
            [two * (x * z + y * w), two * (y * z - x * w), 1.0 - two * (x * x + y * y)],
        ];
        Turn { axes, at: position_m.map(f64::from) }
    }

    fn turned(&self, v: Vec3) -> Vec3 {
        (0..3).fold([0.0; 3], |sum, axis| add(sum, scale(self.axes[axis], v[axis])))
    }

    fn point(&self, v: Vec3) -> Vec3 {
        add(self.turned(v), self.at)
    }
}

fn edges(outline: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    outline.iter().zip(outline.iter().cycle().skip(1)).map(|(from, to)| (*from, *to))
}

/// Rows, or columns, whose middle lies between the ends.
fn rows(values: impl Iterator<Item = f64>, count: u32) -> std::ops::Range<u32> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    // `as` cuts off what is beyond.
    let first = (low - 0.5).ceil().max(0.0) as u32;
    let end = ((high - 0.5).floor() + 1.0).max(0.0) as u32;
    first..end.min(count).max(first)
}

/// What of a triangle lies beyond the near plane.
fn clipped(triangle: [Vec3; 3], near_m: f64) -> Vec<Vec3> {
    let mut kept = Vec::with_capacity(4);
    for (index, &from) in triangle.iter().enumerate() {
        let to = triangle[(index + 1) % 3];
        if from[2] >= near_m {
            kept.push(from);
        }
        if (from[2] >= near_m) != (to[2] >= near_m) {
            kept.push(add(from, scale(sub(to, from), (near_m - from[2]) / (to[2] - from[2]))));
        }
    }
    kept
}
