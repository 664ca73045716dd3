//! Meshes as files hold them: STL (binary and text), OBJ and glTF (`.gltf` and `.glb`), read to points and triangles.
//! Nothing else of a file is kept: no colours, no normals, no names. Knows nothing about units or what a mesh is used for.

mod gltf;
mod obj;
mod stl;

use crate::geometry::{Vec3, cross, dot, sub};
use std::collections::BTreeMap;

/// More triangles are a picture, not a body [triangles].
pub const MOST_TRIANGLES: usize = 2_000_000;
/// Points of a hull: those that reach furthest in so many evenly spread directions, so that a rounded corner stands back
/// by less than a thousandth of the size.
const HULL_DIRECTIONS: u32 = 400;

/// Points in the file's unit, and triangles of them, anticlockwise from outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    pub points: Vec<Vec3>,
    pub triangles: Vec<[u32; 3]>,
}

/// Why bytes are no mesh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeshError {
    #[error("its name ends neither in .stl, .obj, .gltf nor .glb")]
    UnknownFormat,
    #[error("{0}")]
    Malformed(String),
    #[error("it has no triangles")]
    Empty,
    #[error("it has more than {MOST_TRIANGLES} triangles")]
    TooLarge,
    #[error("its buffer `{0}` lies in another file; a .glb holds everything in one")]
    OtherFile(String),
}

fn malformed(what: impl Into<String>) -> MeshError {
    MeshError::Malformed(what.into())
}

impl Mesh {
    /// Reads a file by the ending of its name.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Mesh, MeshError> {
        let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let mesh = match ending.as_str() {
            "stl" => stl::read(bytes)?,
            "obj" => obj::read(bytes)?,
            "gltf" | "glb" => gltf::read(bytes)?,
            _ => return Err(MeshError::UnknownFormat),
        };
        if mesh.triangles.is_empty() {
            return Err(MeshError::Empty);
        }
        if mesh.triangles.len() > MOST_TRIANGLES {
            return Err(MeshError::TooLarge);
        }
        let count = u32::try_from(mesh.points.len()).unwrap_or(u32::MAX);
        if let Some(wrong) = mesh.triangles.iter().flatten().find(|&&point| point >= count) {
            return Err(malformed(format!("a triangle names point {wrong}, and there are {count}")));
        }
        if mesh.points.iter().flatten().any(|value| !value.is_finite()) {
            return Err(malformed("a coordinate is no finite number"));
        }
        Ok(mesh)
    }

    /// Lowest and highest coordinates.
    pub fn bounds(&self) -> (Vec3, Vec3) {
        let start = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        self.points.iter().fold(start, |(low, high), point| {
            (std::array::from_fn(|k| low[k].min(point[k])), std::array::from_fn(|k| high[k].max(point[k])))
        })
    }

    /// How many edges lack the triangle on their other side: 0 for a closed surface. Points at one place are one point.
    pub fn open_edges(&self) -> usize {
        let mut ids: BTreeMap<[u64; 3], u32> = BTreeMap::new();
        let place: Vec<u32> = self
            .points
            .iter()
            .map(|point| {
                let next = ids.len() as u32;
                // Zero has two signs, and both are the same place.
                *ids.entry(point.map(|value| (value + 0.0).to_bits())).or_insert(next)
            })
            .collect();
        let mut sides: BTreeMap<(u32, u32), i32> = BTreeMap::new();
        for triangle in &self.triangles {
            for k in 0..3 {
                let (from, to) = (place[triangle[k] as usize], place[triangle[(k + 1) % 3] as usize]);
                if from < to {
                    *sides.entry((from, to)).or_default() += 1;
                } else if to < from {
                    *sides.entry((to, from)).or_default() -= 1;
                }
            }
        }
        sides.values().filter(|&&balance| balance != 0).count()
    }

    /// Enclosed volume, in the cube of the file's unit; negative where the triangles face inwards.
    pub fn volume(&self) -> f64 {
        let corner = |triangle: &[u32; 3], k: usize| self.points[triangle[k] as usize];
        let middle = self.points.first().copied().unwrap_or_default();
        let of = |triangle: &[u32; 3]| {
            let [a, b, c] = [0, 1, 2].map(|k| sub(corner(triangle, k), middle));
            dot(a, cross(b, c)) / 6.0
        };
        self.triangles.iter().map(of).sum()
    }

    /// Points whose hull is the mesh's, or stands back from it by a hair.
    pub fn hull_points(&self) -> Vec<Vec3> {
        let mut found: Vec<usize> = Vec::new();
        for k in 0..HULL_DIRECTIONS {
            // A spiral of equal areas over the sphere; corners of a box are furthest in many of its directions.
            let z = 1.0 - (2.0 * f64::from(k) + 1.0) / f64::from(HULL_DIRECTIONS);
            let turn = f64::from(k) * std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
            let flat = (1.0 - z * z).sqrt();
            let direction = [flat * libm::cos(turn), flat * libm::sin(turn), z];
            let reach = |index: &usize| dot(self.points[*index], direction);
            // The first of equals, so that the order of points alone decides.
            let furthest = (0..self.points.len()).reduce(|best, next| if reach(&next) > reach(&best) { next } else { best });
            found.extend(furthest);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|index| self.points[index]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of 2 x 3 x 4 as text STL, which the other formats must agree with.
    fn box_mesh() -> Mesh {
        let points: Vec<Vec3> = (0..8).map(|k| [f64::from(k & 1) * 2.0, f64::from(k >> 1 & 1) * 3.0, f64::from(k >> 2) * 4.0]).collect();
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let triangles = quads.iter().flat_map(|q| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]).collect();
        Mesh { points, triangles }
    }

    fn assert_is_the_box(mesh: &Mesh) {
        assert_eq!(mesh.triangles.len(), 12);
        assert_eq!(mesh.bounds(), ([0.0; 3], [2.0, 3.0, 4.0]));
        assert_eq!(mesh.open_edges(), 0);
        assert!((mesh.volume() - 24.0).abs() < 1e-9, "{}", mesh.volume());
        assert_eq!(mesh.hull_points().iter().collect::<Vec<_>>().len().min(8), 8);
    }

    fn corners(mesh: &Mesh) -> impl Iterator<Item = [Vec3; 3]> + '_ {
        mesh.triangles.iter().map(|triangle| triangle.map(|point| mesh.points[point as usize]))
    }

    pub fn binary_stl(mesh: &Mesh) -> Vec<u8> {
        let mut bytes = vec![b' '; 80];
        bytes.extend((mesh.triangles.len() as u32).to_le_bytes());
        for triangle in corners(mesh) {
            bytes.extend([0; 12]);
            bytes.extend(triangle.iter().flatten().flat_map(|&value| (value as f32).to_le_bytes()));
            bytes.extend([0; 2]);
        }
        bytes
    }

    fn text_stl(mesh: &Mesh) -> String {
        let mut text = "solid box\n".to_owned();
        for triangle in corners(mesh) {
            let lines: String = triangle.iter().map(|[x, y, z]| format!("vertex {x:e} {y} {z}\n")).collect();
            text += &format!("facet normal 0 0 0\nouter loop\n{lines}endloop\nendfacet\n");
        }
        text + "endsolid box\n"
    }

    /// `nodes`: what is said beside its one mesh.
    fn glb(mesh: &Mesh, nodes: &str) -> Vec<u8> {
        let mut binary: Vec<u8> = mesh.points.iter().flatten().flat_map(|&value| (value as f32).to_le_bytes()).collect();
        let indices_at = binary.len();
        binary.extend(mesh.triangles.iter().flatten().flat_map(|&index| (index as u16).to_le_bytes()));
        let json = format!(
            r#"{{"asset": {{"version": "2.0"}}, "buffers": [{{"byteLength": {length}}}],
                "bufferViews": [{{"buffer": 0, "byteLength": {indices_at}}}, {{"buffer": 0, "byteOffset": {indices_at}, "byteLength": {rest}}}],
                "accessors": [{{"bufferView": 0, "componentType": 5126, "count": {points}, "type": "VEC3"}},
                              {{"bufferView": 1, "componentType": 5123, "count": {indices}, "type": "SCALAR"}}],
                "meshes": [{{"primitives": [{{"attributes": {{"POSITION": 0}}, "indices": 1}}]}}]{nodes}}}"#,
            length = binary.len(),
            rest = binary.len() - indices_at,
            points = mesh.points.len(),
            indices = mesh.triangles.len() * 3
        );
        let mut json = json.into_bytes();
        json.resize(json.len().next_multiple_of(4), b' ');
        binary.resize(binary.len().next_multiple_of(4), 0);
        let mut bytes = b"glTF".to_vec();
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(((12 + 8 + json.len() + 8 + binary.len()) as u32).to_le_bytes());
        for (kind, chunk) in [(b"JSON", &json), (b"BIN\0", &binary)] {
            bytes.extend((chunk.len() as u32).to_le_bytes());
            bytes.extend(kind);
            bytes.extend(chunk);
        }
        bytes
    }

    #[test]
    fn all_formats_read_the_same_box() {
        let mesh = box_mesh();
        assert_is_the_box(&mesh);
        assert_is_the_box(&Mesh::read("box.STL", &binary_stl(&mesh)).expect("binary STL"));
        assert_is_the_box(&Mesh::read("a/box.stl", text_stl(&mesh).as_bytes()).expect("text STL"));
        let points: String = mesh.points.iter().map(|[x, y, z]| format!("v {x} {y} {z}\n")).collect();
        let faces = "f 1 3/1 4/2/3 2//4\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf -7 -5 -1 -3\n";
        assert_is_the_box(&Mesh::read("box.obj", format!("# a box\n{points}g sides\n{faces}").as_bytes()).expect("OBJ"));
        // glTF has Y up: the box stands on another face, and its volume stays.
        let found = Mesh::read("box.glb", &glb(&mesh, "")).expect("glTF");
        assert_eq!(found.bounds(), ([0.0, -4.0, 0.0], [2.0, 0.0, 3.0]));
        assert_eq!((found.open_edges(), found.triangles.len()), (0, 12));
        assert!((found.volume() - 24.0).abs() < 1e-9);
    }

    #[test]
    fn nodes_of_a_gltf_move_turn_scale_and_mirror_what_they_hold() {
        let nodes = r#", "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [
            {"translation": [10, 0, 0], "children": [1, 2]},
            {"mesh": 0, "scale": [-2, 1, 1]},
            {"mesh": 0, "rotation": [0, 0.7071067811865476, 0, 0.7071067811865476]},
            {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 99, 0, 0, 1]}]"#;
        let found = Mesh::read("boxes.glb", &glb(&box_mesh(), nodes)).expect("glTF");
        let (low, high) = found.bounds();
        for (found, expected) in low.into_iter().chain(high).zip([6.0, -4.0, 0.0, 14.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-9, "{low:?} {high:?}");
        }
        // The mirrored box is twice as large, and both are seen from outside.
        assert!((found.volume() - 72.0).abs() < 1e-9 && found.open_edges() == 0, "{}", found.volume());
        let alone = nodes.replace(r#""scene": 0, "scenes": [{"nodes": [0]}], "#, "");
        let (_, high) = Mesh::read("boxes.glb", &glb(&box_mesh(), &alone)).expect("glTF").bounds();
        assert_eq!(high[0], 101.0, "without a scene, all that nothing holds is shown");
        let circle = r#", "nodes": [{"children": [1]}, {"children": [0], "mesh": 0}], "scenes": [{"nodes": [0]}]"#;
        assert!(Mesh::read("box.glb", &glb(&box_mesh(), circle)).expect_err("endless").to_string().contains("circle"));
    }

    #[test]
    fn what_is_no_mesh_says_why() {
        let mesh = box_mesh();
        let whole = binary_stl(&mesh);
        let why = |name: &str, bytes: &[u8]| Mesh::read(name, bytes).expect_err("no mesh").to_string();
        assert_eq!(why("box.step", b""), "its name ends neither in .stl, .obj, .gltf nor .glb");
        assert!(why("box.stl", &whole[..whole.len() - 7]).contains("12 triangles"), "{}", why("box.stl", &whole[..whole.len() - 7]));
        assert!(why("box.stl", b"solid x\nvertex 1 2\n").contains("line 2"));
        assert!(why("box.obj", b"v 0 0 0\nf 1 2 3\n").contains("line 2"));
        assert_eq!(why("box.obj", b"v 0 0 0\n"), "it has no triangles");
        assert!(why("box.glb", &glb(&mesh, "")[..40]).contains("ends"));
        assert!(why("box.gltf", b"{").contains("JSON"));
        let mut open = mesh.clone();
        open.triangles.pop();
        assert_eq!(open.open_edges(), 3);
    }
}
