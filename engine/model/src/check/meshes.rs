//! Meshes that a scene names: are they there, do they read, are they closed, and in the unit that the scene says? Knows
//! nothing about formats (`mesh`) or what bodies are made of them.

use super::Checker;
use super::values::{self, Usual};
use crate::geometry::{Vec3, scale, sub};
use crate::mesh::Mesh;
use crate::scene::Surfaced;
use crate::spec::UnitSpec;
use crate::syntax::FieldPath;

/// Sizes of machines and of parts.
pub(super) const MACHINE_SIZE: Usual = values::DEVICE_LENGTH;

impl Checker<'_, '_> {
    /// A mesh in metres, its bounding box centred on the origin, and the size of that; `None` where an error says why.
    pub(super) fn mesh(&mut self, path: &FieldPath, file: &str, unit: UnitSpec, usual: Usual) -> Option<(Mesh, Vec3)> {
        let (name, bytes) = match self.files.load_bytes(file, self.at.value_span(path).file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", path, error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return None;
            }
        };
        let mut mesh = match Mesh::read(&name, &bytes) {
            Ok(mesh) => mesh,
            Err(error) => {
                let problem = self.error("bad-mesh", path, format!("`{name}` is no mesh: {error}"));
                self.push(problem.allowed("STL, OBJ or glTF 2.0 with triangles"));
                return None;
            }
        };
        let (low, high) = mesh.bounds();
        let (middle, metres) = (scale([low[0] + high[0], low[1] + high[1], low[2] + high[2]], 0.5), unit.metres());
        mesh.points.iter_mut().for_each(|point| *point = scale(sub(*point, middle), metres));
        let size_m = scale(sub(high, low), metres);
        let open = mesh.open_edges();
        if open > 0 {
            let problem =
                self.warning("open-mesh", path, format!("the surface of `{name}` is not closed: {open} edges have one side only"));
            self.push(problem.help("a hull is made of its points all the same; a machine may be entered through the hole"));
        }
        let longest = size_m.into_iter().fold(0.0, f64::max);
        let measures = size_m.map(|size| format!("{size:.4}")).join(" x ");
        if unit == UnitSpec::Metre && longest > usual.high && longest / 1000.0 >= usual.low {
            let message = format!("`{name}` measures {measures} m, about 1000 times what this usually does");
            self.push(self.warning("unit-slip", path, message).help("most CAD programs write millimetres: add `unit: Millimetre`"));
        } else if longest < usual.low {
            let message = format!("`{name}` measures {measures} m, far less than this usually does");
            self.push(self.warning("unit-slip", path, message).help("check `unit`; a scene's own lengths are metres"));
        }
        Some((mesh, size_m))
    }

    /// The points of a part's hull [m].
    pub(super) fn mesh_hull(&mut self, path: &FieldPath, file: &str, unit: UnitSpec) -> Option<Vec<Vec3>> {
        let (mesh, size_m) = self.mesh(path, file, unit, values::PART_SIZE)?;
        let points = mesh.hull_points();
        if size_m.contains(&0.0) || !super::goods::has_volume(&points) {
            let problem = self.error("flat-hull", path, format!("`{file}` spans no volume"));
            self.push(problem.allowed("a mesh with length, width and height"));
            return None;
        }
        Some(points)
    }

    pub(super) fn mesh_surface(&mut self, path: &FieldPath, file: &str, unit: UnitSpec) -> Option<(Surfaced, Vec3)> {
        let (mesh, size_m) = self.mesh(path, file, unit, MACHINE_SIZE)?;
        Some((Surfaced { points_m: mesh.points, triangles: mesh.triangles }, size_m))
    }
}
