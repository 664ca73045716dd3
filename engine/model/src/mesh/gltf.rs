//! glTF 2.0: the triangles of the scene that is shown, where its nodes put them, as one mesh. Skins, morphs and animations are left
//! out, for a body has one shape. Its Y axis is up: here Z is.

use super::{MOST_TRIANGLES, Mesh, MeshError, malformed};
use crate::geometry::{Vec3, add, cross, dot, scale};
use serde_json::Value;

/// Component types of accessors.
const U8: u64 = 5121;
const U16: u64 = 5123;
const U32: u64 = 5125;
const F32: u64 = 5126;
const TRIANGLES: u64 = 4;
/// Nodes in nodes.
const DEEPEST: usize = 64;

pub fn read(bytes: &[u8]) -> Result<Mesh, MeshError> {
    let (json, binary) = if bytes.starts_with(b"glTF") { chunks(bytes)? } else { (bytes, None) };
    let document: Value = serde_json::from_slice(json).map_err(|error| malformed(format!("its JSON does not read: {error}")))?;
    let buffers = buffers(&document, binary)?;
    let mut mesh = Mesh::default();
    let (meshes, nodes) = (list(&document, "meshes"), list(&document, "nodes"));
    let mut take = |index: usize, turn: &Turn| {
        let primitives = meshes.get(index).map_or(&[][..], |mesh| list(mesh, "primitives"));
        primitives.iter().try_for_each(|primitive| add_primitive(&mut mesh, &document, &buffers, primitive, turn))
    };
    if nodes.is_empty() {
        (0..meshes.len()).try_for_each(|index| take(index, &Turn::NONE))?;
    } else {
        roots(&document).into_iter().try_for_each(|root| visit(nodes, root, &Turn::NONE, 0, &mut take))?;
    }
    Ok(mesh)
}

/// Nodes of the scene that is shown; where none is named, those that no other holds.
fn roots(document: &Value) -> Vec<usize> {
    let shown = document.get("scene").and_then(Value::as_u64).unwrap_or(0) as usize;
    match list(document, "scenes").get(shown) {
        Some(scene) => indices(scene, "nodes").collect(),
        None => {
            let nodes = list(document, "nodes");
            let held: Vec<usize> = nodes.iter().flat_map(|node| indices(node, "children")).collect();
            (0..nodes.len()).filter(|node| !held.contains(node)).collect()
        }
    }
}

fn indices<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = usize> + use<'a> {
    list(value, field).iter().filter_map(Value::as_u64).map(|index| index as usize)
}

/// What a node holds, wherever those that hold it have moved it.
fn visit(
    nodes: &[Value],
    index: usize,
    outer: &Turn,
    depth: usize,
    take: &mut dyn FnMut(usize, &Turn) -> Result<(), MeshError>,
) -> Result<(), MeshError> {
    let node = nodes.get(index).ok_or_else(|| malformed(format!("there is no node {index}")))?;
    if depth > DEEPEST {
        return Err(malformed("its nodes hold each other in a circle"));
    }
    let turn = outer.holding(&Turn::of(node));
    if let Some(mesh) = node.get("mesh").and_then(Value::as_u64) {
        take(mesh as usize, &turn)?;
    }
    indices(node, "children").try_for_each(|child| visit(nodes, child, &turn, depth + 1, take))
}

/// Where a node is in what holds it: three columns and an offset.
struct Turn([Vec3; 4]);

impl Turn {
    const NONE: Turn = Turn([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0; 3]]);

    fn of(node: &Value) -> Turn {
        let numbers = |field: &str| -> Vec<f64> { list(node, field).iter().filter_map(Value::as_f64).collect() };
        if let Ok(matrix) = <[f64; 16]>::try_from(numbers("matrix")) {
            return Turn(std::array::from_fn(|column| std::array::from_fn(|row| matrix[4 * column + row])));
        }
        let [x, y, z, w] = numbers("rotation").try_into().unwrap_or([0.0, 0.0, 0.0, 1.0]);
        let [a, b, c] = numbers("scale").try_into().unwrap_or([1.0; 3]);
        let at = numbers("translation").try_into().unwrap_or([0.0; 3]);
        let axes = [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w), 2.0 * (x * z - y * w)],
            [2.0 * (x * y - z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + x * w)],
            [2.0 * (x * z + y * w), 2.0 * (y * z - x * w), 1.0 - 2.0 * (x * x + y * y)],
        ];
        Turn([scale(axes[0], a), scale(axes[1], b), scale(axes[2], c), at])
    }

    fn vector(&self, v: Vec3) -> Vec3 {
        (0..3).fold([0.0; 3], |sum, axis| add(sum, scale(self.0[axis], v[axis])))
    }
    fn point(&self, p: Vec3) -> Vec3 {
        add(self.vector(p), self.0[3])
    }
    fn holding(&self, inner: &Turn) -> Turn {
        Turn([self.vector(inner.0[0]), self.vector(inner.0[1]), self.vector(inner.0[2]), self.point(inner.0[3])])
    }
    /// Its triangles are seen from the other side.
    fn mirrors(&self) -> bool {
        dot(self.0[0], cross(self.0[1], self.0[2])) < 0.0
    }
}

fn add_primitive(mesh: &mut Mesh, document: &Value, buffers: &[Vec<u8>], primitive: &Value, turn: &Turn) -> Result<(), MeshError> {
    if primitive.get("mode").and_then(Value::as_u64).unwrap_or(TRIANGLES) != TRIANGLES {
        return Err(malformed("it has lines, points or strips beside triangles"));
    }
    let position =
        primitive.pointer("/attributes/POSITION").and_then(Value::as_u64).ok_or_else(|| malformed("a primitive has no POSITION"))?;
    let first = mesh.points.len() as u32;
    let accessor = Accessor::new(document, buffers, position)?;
    if accessor.component != F32 || accessor.kind != "VEC3" {
        return Err(malformed("its positions are no vectors of three f32"));
    }
    // A small mesh that many nodes hold is large.
    if mesh.points.len() + accessor.count > 3 * MOST_TRIANGLES {
        return Err(MeshError::TooLarge);
    }
    for index in 0..accessor.count {
        let [x, y, z] = turn.point([0, 1, 2].map(|axis| f64::from(f32::from_le_bytes(accessor.bytes(index, axis)))));
        mesh.points.push([x, -z, y]);
    }
    let count = (mesh.points.len() as u32) - first;
    let indices: Vec<u32> = match primitive.get("indices").and_then(Value::as_u64) {
        None => (0..count).collect(),
        Some(id) => Accessor::new(document, buffers, id)?.indices()?,
    };
    if mesh.triangles.len() + indices.len() / 3 > MOST_TRIANGLES {
        return Err(MeshError::TooLarge);
    }
    let corners = if turn.mirrors() { [0, 2, 1] } else { [0, 1, 2] };
    mesh.triangles.extend(indices.chunks_exact(3).map(|corner| corners.map(|k| first.saturating_add(corner[k]))));
    Ok(())
}

/// The JSON and the bytes of a `.glb`.
fn chunks(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), MeshError> {
    let (mut json, mut binary, mut at) = (None, None, 12);
    while at < bytes.len() {
        let head = bytes.get(at..at + 8).ok_or_else(|| malformed("it ends within the head of a chunk"))?;
        let length = u32::from_le_bytes(head[..4].try_into().expect("four bytes")) as usize;
        let chunk = bytes.get(at + 8..at + 8 + length).ok_or_else(|| malformed("it ends within a chunk"))?;
        match &head[4..] {
            b"JSON" => json = Some(chunk),
            b"BIN\0" => binary = Some(chunk),
            _ => {}
        }
        at += 8 + length;
    }
    Ok((json.ok_or_else(|| malformed("it has no JSON chunk"))?, binary))
}

fn buffers(document: &Value, binary: Option<&[u8]>) -> Result<Vec<Vec<u8>>, MeshError> {
    let mut found = Vec::new();
    for buffer in list(document, "buffers") {
        found.push(match buffer.get("uri").and_then(Value::as_str) {
            None => binary.ok_or_else(|| malformed("its buffer has no bytes"))?.to_vec(),
            Some(uri) => match uri.split_once(";base64,") {
                Some((start, data)) if start.starts_with("data:") => base64(data)?,
                _ => return Err(MeshError::OtherFile(uri.to_owned())),
            },
        });
    }
    Ok(found)
}

fn base64(text: &str) -> Result<Vec<u8>, MeshError> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(malformed("its buffer is no base64")),
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Ok(bytes)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of numbers or vectors within a buffer.
struct Accessor<'a> {
    bytes: &'a [u8],
    count: usize,
    component: u64,
    size: usize,
    stride: usize,
    kind: &'a str,
}

impl<'a> Accessor<'a> {
    fn new(document: &'a Value, buffers: &'a [Vec<u8>], id: u64) -> Result<Self, MeshError> {
        let accessor = list(document, "accessors").get(id as usize).ok_or_else(|| malformed(format!("there is no accessor {id}")))?;
        let number = |value: &Value, field: &str| value.get(field).and_then(Value::as_u64);
        let view = number(accessor, "bufferView").ok_or_else(|| malformed("an accessor has no buffer view"))?;
        let view = list(document, "bufferViews").get(view as usize).ok_or_else(|| malformed(format!("there is no buffer view {view}")))?;
        let buffer = number(view, "buffer").unwrap_or(0);
        let buffer = buffers.get(buffer as usize).ok_or_else(|| malformed(format!("there is no buffer {buffer}")))?;
        let component = number(accessor, "componentType").unwrap_or(0);
        let size = match component {
            U8 => 1,
            U16 => 2,
            U32 | F32 => 4,
            other => return Err(malformed(format!("an accessor has the component type {other}"))),
        };
        let kind = accessor.get("type").and_then(Value::as_str).unwrap_or("");
        let width = if kind == "VEC3" { 3 * size } else { size };
        let stride = number(view, "byteStride").map_or(width, |stride| stride as usize);
        let start = number(view, "byteOffset").unwrap_or(0) as usize + number(accessor, "byteOffset").unwrap_or(0) as usize;
        let count = number(accessor, "count").unwrap_or(0) as usize;
        if count > 3 * MOST_TRIANGLES {
            return Err(MeshError::TooLarge);
        }
        let length = if count == 0 { 0 } else { (count - 1).saturating_mul(stride).saturating_add(width) };
        let bytes = buffer.get(start..start.saturating_add(length)).ok_or_else(|| malformed("an accessor reaches beyond its buffer"))?;
        Ok(Accessor { bytes, count, component, size, stride, kind })
    }

    /// Four bytes of one component of an element.
    fn bytes(&self, index: usize, component: usize) -> [u8; 4] {
        let at = index * self.stride + component * self.size;
        let mut bytes = [0; 4];
        bytes[..self.size].copy_from_slice(&self.bytes[at..at + self.size]);
        bytes
    }

    fn indices(&self) -> Result<Vec<u32>, MeshError> {
        if self.component == F32 || self.kind != "SCALAR" {
            return Err(malformed("its indices are no whole numbers"));
        }
        Ok((0..self.count).map(|index| u32::from_le_bytes(self.bytes(index, 0))).collect())
    }
}
