//! Wavefront OBJ: points (`v`) and faces (`f`) with any number of corners; everything else is ignored.

use super::{Mesh, MeshError, malformed};

pub fn read(bytes: &[u8]) -> Result<Mesh, MeshError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(format!("it is not UTF-8 text (byte {})", error.valid_up_to())))?;
    let mut mesh = Mesh::default();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                let numbers: Vec<f64> = words.take(3).filter_map(|word| word.parse().ok()).collect();
                let point = numbers.try_into().map_err(|_| malformed(format!("line {} is no point of three numbers", index + 1)))?;
                mesh.points.push(point);
            }
            Some("f") => {
                let corners: Option<Vec<u32>> = words.map(|word| corner(word, mesh.points.len())).collect();
                let corners = corners.filter(|corners| corners.len() >= 3);
                let corners = corners.ok_or_else(|| malformed(format!("line {} is no face of three or more known points", index + 1)))?;
                // A fan; faces of meshes are convex.
                mesh.triangles.extend((1..corners.len() - 1).map(|k| [corners[0], corners[k], corners[k + 1]]));
            }
            _ => {}
        }
    }
    Ok(mesh)
}

/// `7`, `7/1`, `7/1/2` or `7//2`; negative from the last point.
fn corner(word: &str, count: usize) -> Option<u32> {
    let number: i64 = word.split('/').next()?.parse().ok()?;
    let index = if number < 0 { count as i64 + number } else { number - 1 };
    u32::try_from(index).ok().filter(|&index| (index as usize) < count)
}
