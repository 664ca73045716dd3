//! Meshes of simple bodies, made of their dimensions. Every face has corners of its own with its own normal; only round
//! sides share theirs. Knows nothing about what a body is.

use super::place::Place;
use linetwin_compute::kernels::rays::Plane;
use linetwin_model::geometry::{Pose, Vec3, add, cross, dot, length, scale, sub};
use std::f64::consts::TAU;

/// Triangles smaller than this are left out [m2]: they have no normal.
const LEAST_AREA_M2: f64 = 1e-10;
/// A corner of a hull is so near to the plane of a face that it belongs to it, over the hull's size [-].
const ON_PLANE: f64 = 1e-4;

/// Points with unit normals and a place in a texture, and triangles of them, anticlockwise from where they are seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    pub points_m: Vec<[f32; 3]>,
    pub normals: Vec<[f32; 3]>,
    /// Of belts, u runs along the flow; else zero where nothing is said.
    pub uv_m: Vec<[f32; 2]>,
    pub triangles: Vec<[u32; 3]>,
}

/// Which axis of its place a cylinder lies along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    Y,
    Z,
}

/// A rectangle for [`Mesh::sweep`], from right to left and from below upwards [m].
pub(super) fn section([right, left]: [f64; 2], [low, high]: [f64; 2]) -> [[f64; 2]; 4] {
    [[right, low], [left, low], [left, high], [right, high]]
}

impl Mesh {
    /// Lowest and highest coordinates [m].
    pub fn bounds(&self) -> [[f32; 3]; 2] {
        self.points_m.iter().fold([[f32::INFINITY; 3], [f32::NEG_INFINITY; 3]], |[low, high], point| {
            [std::array::from_fn(|k| low[k].min(point[k])), std::array::from_fn(|k| high[k].max(point[k]))]
        })
    }

    /// What its triangles enclose [m3]: positive where they look outwards.
    pub fn volume_m3(&self) -> f64 {
        let point = |index: u32| self.points_m[index as usize].map(f64::from);
        self.triangles.iter().map(|&[a, b, c]| dot(point(a), cross(point(b), point(c))) / 6.0).sum()
    }

    /// Centred.
    pub(super) fn block(size_m: Vec3) -> Self {
        let [l, w, h] = size_m.map(|size| size / 2.0);
        let mut mesh = Mesh::default();
        let ends = [-l, l].map(|x| Pose::new([x, 0.0, 0.0], 0.0, 0.0));
        mesh.sweep(&ends, &section([-w, w], [-h, h]), 0.0, 0.0);
        mesh
    }

    /// Centred, along an axis; round enough for its size.
    pub(super) fn cylinder(radius_m: f64, length_m: f64, axis: Axis) -> Self {
        Self::turned_shape(&[[-length_m / 2.0, radius_m], [length_m / 2.0, radius_m]], axis)
    }

    /// With half spheres at both ends, upright.
    pub(super) fn capsule(radius_m: f64, length_m: f64) -> Self {
        const RINGS: u32 = 6;
        let middle_m = (length_m / 2.0 - radius_m).max(0.0);
        let cap = |sign: f64| {
            (0..=RINGS).map(move |ring| {
                let angle = f64::from(ring) / f64::from(RINGS) * TAU / 4.0;
                [sign * (middle_m + radius_m * libm::sin(angle)), radius_m * libm::cos(angle)]
            })
        };
        let outline: Vec<[f64; 2]> = cap(-1.0).collect::<Vec<_>>().into_iter().rev().chain(cap(1.0)).collect();
        Self::turned_shape(&outline, Axis::Z)
    }

    pub(super) fn ball(radius_m: f64) -> Self {
        Self::capsule(radius_m, 2.0 * radius_m)
    }

    /// A solid of revolution from an outline of `[along, radius]` [m], `along` not descending, closed by flat ends.
    pub(super) fn turned_shape(outline: &[[f64; 2]], axis: Axis) -> Self {
        let widest = outline.iter().map(|at| at[1]).fold(0.0, f64::max);
        let sides = if widest < 0.012 {
            8
        } else if widest < 0.06 {
            16
        } else {
            32
        };
        let turn = |along: f64, across: f64, angle: f64| {
            let (c, s) = (across * libm::cos(angle), across * libm::sin(angle));
            match axis {
                Axis::Y => [s, along, c],
                Axis::Z => [c, s, along],
            }
        };
        let mut mesh = Mesh::default();
        for pair in outline.windows(2) {
            let ([from, from_r], [to, to_r]) = (pair[0], pair[1]);
            // The normal leans where the radius changes.
            let slant = libm::hypot(to - from, to_r - from_r).max(f64::MIN_POSITIVE);
            let (lean, out) = ((from_r - to_r) / slant, (to - from) / slant);
            let first = mesh.points_m.len() as u32;
            for side in 0..=sides {
                let angle = TAU * f64::from(side) / f64::from(sides);
                for (along, radius) in [(from, from_r), (to, to_r)] {
                    mesh.point(turn(along, radius, angle), turn(lean, out, angle), [angle * widest, along]);
                }
            }
            for side in 0..sides {
                let at = first + 2 * side;
                mesh.triangle([at, at + 2, at + 3]);
                mesh.triangle([at, at + 3, at + 1]);
            }
        }
        for (end, sign) in [(outline[0], -1.0), (outline[outline.len() - 1], 1.0)] {
            let around = (0..sides).map(|side| turn(end[0], end[1], sign * TAU * f64::from(side) / f64::from(sides)));
            mesh.face(&around.collect::<Vec<_>>());
        }
        mesh
    }

    /// Of corners and the planes of its faces.
    pub(super) fn hull(points_m: &[[f32; 3]], planes: &[Plane]) -> Self {
        let points: Vec<Vec3> = points_m.iter().map(|point| point.map(f64::from)).collect();
        let size = points.iter().map(|point| length(sub(*point, points[0]))).fold(0.0, f64::max);
        let mut mesh = Mesh::default();
        let mut seen: Vec<Vec3> = Vec::new();
        for plane in planes {
            let normal = plane.normal.map(f64::from);
            // Triangles of one flat face come each with its plane.
            if seen.iter().any(|other| dot(*other, normal) > 1.0 - 1e-7) {
                continue;
            }
            seen.push(normal);
            let offset = f64::from(plane.offset_m);
            let mut corners: Vec<Vec3> =
                points.iter().copied().filter(|point| (dot(*point, normal) - offset).abs() < ON_PLANE * size).collect();
            if corners.len() < 3 {
                continue;
            }
            let middle = scale(corners.iter().fold([0.0; 3], |sum, corner| add(sum, *corner)), 1.0 / corners.len() as f64);
            let across = sub(corners[0], middle);
            let up = cross(normal, across);
            let angle = |point: &Vec3| libm::atan2(dot(sub(*point, middle), up), dot(sub(*point, middle), across));
            corners.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
            mesh.face(&corners);
        }
        mesh
    }

    /// Of triangles that may have thin or no faces.
    pub(super) fn of_triangles(points_m: &[Vec3], triangles: &[[u32; 3]]) -> Self {
        let mut mesh = Mesh::default();
        triangles.iter().for_each(|triangle| mesh.face(&triangle.map(|index| points_m[index as usize])));
        mesh
    }

    /// One flat convex face, its corners anticlockwise.
    pub(super) fn face(&mut self, corners: &[Vec3]) {
        let uv = vec![[0.0; 2]; corners.len()];
        self.face_with(corners, &uv);
    }

    /// The same from both sides.
    pub(super) fn sheet(&mut self, corners: &[Vec3]) {
        self.face(corners);
        let back: Vec<Vec3> = corners.iter().rev().copied().collect();
        self.face(&back);
    }

    pub(super) fn face_with(&mut self, corners: &[Vec3], uv_m: &[[f64; 2]]) {
        let mut area = [0.0; 3];
        for pair in corners[1..].windows(2) {
            area = add(area, cross(sub(pair[0], corners[0]), sub(pair[1], corners[0])));
        }
        if length(area) < LEAST_AREA_M2 {
            return;
        }
        let normal = scale(area, 1.0 / length(area));
        let first = self.points_m.len() as u32;
        for (corner, uv) in corners.iter().zip(uv_m) {
            self.point(*corner, normal, *uv);
        }
        for next in 1..corners.len() as u32 - 1 {
            self.triangle([first, first + next, first + next + 1]);
        }
    }

    /// A convex section of `[left, up]`, anticlockwise seen against the flow, drawn along poses; u of what results is the way from
    /// `from_m` on. Closed at both ends, the last of which lies `cut` further per metre to the left.
    pub(super) fn sweep(&mut self, poses: &[Pose], section: &[[f64; 2]], from_m: f64, cut: f64) {
        let at = |index: usize, [left, up]: [f64; 2]| {
            let further_m = if index + 1 == poses.len() { cut * left } else { 0.0 };
            poses[index].shifted(further_m, left, up).position
        };
        let mut along = from_m;
        for index in 1..poses.len() {
            let next = along + length(sub(poses[index].position, poses[index - 1].position));
            let mut around = 0.0;
            for (corner, &a) in section.iter().enumerate() {
                let b = section[(corner + 1) % section.len()];
                let wide = libm::hypot(b[0] - a[0], b[1] - a[1]);
                let corners = [at(index - 1, a), at(index - 1, b), at(index, b), at(index, a)];
                self.face_with(&corners, &[[along, around], [along, around + wide], [next, around + wide], [next, around]]);
                around += wide;
            }
            along = next;
        }
        let end: Vec<Vec3> = section.iter().map(|corner| at(poses.len() - 1, *corner)).collect();
        let start: Vec<Vec3> = section.iter().rev().map(|corner| at(0, *corner)).collect();
        self.face(&start);
        self.face(&end);
    }

    /// The same points in the space of a place.
    pub(super) fn seen_from(&self, pose: &Pose) -> Self {
        let axes = [pose.forward, pose.left, pose.up()];
        let turn = |v: Vec3| axes.map(|axis| dot(axis, v) as f32);
        let point = |p: &[f32; 3]| turn(sub(p.map(f64::from), pose.position));
        Mesh {
            points_m: self.points_m.iter().map(point).collect(),
            normals: self.normals.iter().map(|normal| turn(normal.map(f64::from))).collect(),
            ..self.clone()
        }
    }

    /// Takes another in, which stands at a place.
    pub(super) fn take_in(&mut self, other: &Mesh, at: &Place) {
        let first = self.points_m.len() as u32;
        self.points_m.extend(other.points_m.iter().map(|point| at.point(*point)));
        self.normals.extend(other.normals.iter().map(|normal| at.turned(*normal)));
        self.uv_m.extend(&other.uv_m);
        self.triangles.extend(other.triangles.iter().map(|triangle| triangle.map(|index| index + first)));
    }

    fn point(&mut self, at: Vec3, normal: Vec3, uv: [f64; 2]) {
        let normal = scale(normal, 1.0 / length(normal).max(f64::MIN_POSITIVE));
        self.points_m.push(at.map(|value| value as f32));
        self.normals.push(normal.map(|value| value as f32));
        self.uv_m.push(uv.map(|value| value as f32));
    }

    fn triangle(&mut self, [a, b, c]: [u32; 3]) {
        let point = |index: u32| self.points_m[index as usize].map(f64::from);
        if length(cross(sub(point(b), point(a)), sub(point(c), point(a)))) >= LEAST_AREA_M2 {
            self.triangles.push([a, b, c]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Of a round body with 32 sides.
    const ROUND: f64 = 0.02;

    fn assert_sound(mesh: &Mesh, volume_m3: f64, share: f64) {
        assert!((mesh.volume_m3() / volume_m3 - 1.0).abs() < share, "{} m3, not {volume_m3} m3", mesh.volume_m3());
        for triangle in &mesh.triangles {
            let [a, b, c] = triangle.map(|index| mesh.points_m[index as usize].map(f64::from));
            let normal = cross(sub(b, a), sub(c, a));
            for corner in triangle {
                let own = mesh.normals[*corner as usize].map(f64::from);
                assert!((length(own) - 1.0).abs() < 1e-5, "normals have length 1");
                assert!(dot(normal, own) > 0.5 * length(normal), "a triangle looks the way of its normals");
            }
        }
    }

    #[test]
    fn simple_bodies_enclose_what_geometry_says() {
        assert_sound(&Mesh::block([0.4, 0.3, 0.2]), 0.024, 1e-6);
        for axis in [Axis::Y, Axis::Z] {
            assert_sound(&Mesh::cylinder(0.1, 0.5, axis), PI * 0.01 * 0.5, ROUND);
        }
        assert_sound(&Mesh::capsule(0.1, 0.5), PI * 0.01 * 0.3 + 4.0 / 3.0 * PI * 0.001, 2.0 * ROUND);
        assert_sound(&Mesh::turned_shape(&[[0.0, 0.1], [0.3, 0.2]], Axis::Z), PI * 0.3 / 3.0 * (0.01 + 0.02 + 0.04), ROUND);
    }

    #[test]
    fn a_hull_is_closed_and_its_flat_faces_are_one() {
        let corners = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.5, 0.5, 1.0_f32]];
        let s = 0.2_f32.sqrt();
        let plane = |normal: [f32; 3], offset_m| Plane { normal, offset_m };
        let sides = [([-2.0, 0.0, 1.0], 0.0), ([2.0, 0.0, 1.0], 2.0), ([0.0, -2.0, 1.0], 0.0), ([0.0, 2.0, 1.0], 2.0)];
        let mut planes = vec![plane([0.0, 0.0, -1.0], 0.0), plane([0.0, 0.0, -1.0], 0.0)];
        planes.extend(sides.map(|(normal, offset)| plane(normal.map(|part: f32| part * s), offset * s)));
        let mesh = Mesh::hull(&corners, &planes);
        assert_sound(&mesh, 1.0 / 3.0, 1e-5);
        assert_eq!(mesh.triangles.len(), 6, "four sides and a bottom of two");
    }

    #[test]
    fn what_is_drawn_along_an_arc_is_closed_and_u_grows_with_the_way() {
        let arc = linetwin_model::geometry::Segment::Arc { start: Pose::new([1.0, 0.0, 0.8], 0.3, 0.0), radius_m: 1.0, angle: -PI / 2.0 };
        let poses: Vec<Pose> = (0..=48).map(|k| arc.pose_at(f64::from(k) / 48.0 * arc.length())).collect();
        let mut mesh = Mesh::default();
        mesh.sweep(&poses, &section([-0.2, 0.2], [-0.1, 0.0]), 0.0, 0.0);
        assert_sound(&mesh, 0.4 * 0.1 * arc.length(), 1e-3);
        let last = mesh.uv_m.iter().map(|uv| uv[0]).fold(0.0, f32::max);
        assert!((f64::from(last) - arc.length()).abs() < 1e-3, "{last} m");
        let moved = mesh.seen_from(&poses[7]);
        assert_sound(&moved, mesh.volume_m3(), 1e-4);
        let mut back = Mesh::default();
        back.take_in(&moved, &Place::of(&poses[7]));
        let away = |(a, b): (&[f32; 3], &[f32; 3])| (0..3).all(|k| (a[k] - b[k]).abs() < 1e-5);
        assert!(back.points_m.iter().zip(&mesh.points_m).all(away));
    }
}
