//! STL: triangles with three corners each, in text or in bytes. Normals are ignored: the corners' order says the side.

use super::{Mesh, MeshError, malformed};
use crate::geometry::Vec3;

const HEADER_BYTES: usize = 84;
const TRIANGLE_BYTES: usize = 50;

pub fn read(bytes: &[u8]) -> Result<Mesh, MeshError> {
    // Some binary files begin with `solid` too; only a text has `facet` or `vertex` soon after.
    let head = &bytes[..bytes.len().min(1024)];
    let is_text =
        bytes.starts_with(b"solid") && std::str::from_utf8(head).is_ok_and(|text| text.contains("facet") || text.contains("vertex"));
    if is_text { read_text(bytes) } else { read_binary(bytes) }
}

fn read_binary(bytes: &[u8]) -> Result<Mesh, MeshError> {
    let count = bytes.get(80..HEADER_BYTES).ok_or_else(|| malformed("it is shorter than the head of an STL file"))?;
    let count = u32::from_le_bytes(count.try_into().expect("four bytes")) as usize;
    let body = &bytes[HEADER_BYTES..];
    if body.len() / TRIANGLE_BYTES < count {
        return Err(malformed(format!(
            "it announces {count} triangles and holds {} bytes, enough for {}",
            bytes.len(),
            body.len() / TRIANGLE_BYTES
        )));
    }
    let mut mesh = Mesh::default();
    for triangle in body.chunks_exact(TRIANGLE_BYTES).take(count) {
        let number = |at: usize| f64::from(f32::from_le_bytes(triangle[at..at + 4].try_into().expect("four bytes")));
        for corner in 0..3 {
            mesh.points.push(std::array::from_fn(|axis| number(12 + 12 * corner + 4 * axis)));
        }
        add_triangle(&mut mesh);
    }
    Ok(mesh)
}

fn read_text(bytes: &[u8]) -> Result<Mesh, MeshError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(format!("it is not UTF-8 text (byte {})", error.valid_up_to())))?;
    let mut mesh = Mesh::default();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        if words.next() != Some("vertex") {
            continue;
        }
        let mut next = || words.next().and_then(|word| word.parse::<f64>().ok());
        let point: Option<Vec3> = (|| Some([next()?, next()?, next()?]))();
        mesh.points.push(point.ok_or_else(|| malformed(format!("line {} is no vertex of three numbers", index + 1)))?);
        if mesh.points.len().is_multiple_of(3) {
            add_triangle(&mut mesh);
        }
    }
    if !mesh.points.len().is_multiple_of(3) {
        return Err(malformed("its last triangle lacks a corner"));
    }
    Ok(mesh)
}

fn add_triangle(mesh: &mut Mesh) {
    let last = mesh.points.len() as u32;
    mesh.triangles.push([last - 3, last - 2, last - 1]);
}
