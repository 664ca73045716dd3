//! glTF 2.0: the triangles of all meshes, as they stand in the file; scenes of nodes with turns and scales are refused,
//! for a body has one shape. Its Y axis is up: here Z is.

use super::{MOST_TRIANGLES, Mesh, MeshError, malformed};
use serde_json::Value;

/// Component types of accessors.
const U8: u64 = 5121;
const U16: u64 = 5123;
const U32: u64 = 5125;
const F32: u64 = 5126;
const TRIANGLES: u64 = 4;

pub fn read(bytes: &[u8]) -> Result<Mesh, MeshError> {
    let (json, binary) = if bytes.starts_with(b"glTF") { chunks(bytes)? } else { (bytes, None) };
    let document: Value = serde_json::from_slice(json).map_err(|error| malformed(format!("its JSON does not read: {error}")))?;
    let buffers = buffers(&document, binary)?;
    let moved = |node: &Value| ["matrix", "rotation", "scale", "translation"].iter().any(|field| node.get(field).is_some());
    if list(&document, "nodes").iter().any(moved) {
        return Err(malformed("its nodes move their meshes; apply all transforms when exporting"));
    }
    let mut mesh = Mesh::default();
    for primitive in list(&document, "meshes").iter().flat_map(|mesh| list(mesh, "primitives")) {
        if primitive.get("mode").and_then(Value::as_u64).unwrap_or(TRIANGLES) != TRIANGLES {
            return Err(malformed("it has lines, points or strips beside triangles"));
        }
        let position =
            primitive.pointer("/attributes/POSITION").and_then(Value::as_u64).ok_or_else(|| malformed("a primitive has no POSITION"))?;
        let first = mesh.points.len() as u32;
        let accessor = Accessor::new(&document, &buffers, position)?;
        if accessor.component != F32 || accessor.kind != "VEC3" {
            return Err(malformed("its positions are no vectors of three f32"));
        }
        for index in 0..accessor.count {
            let [x, y, z] = [0, 1, 2].map(|axis| f64::from(f32::from_le_bytes(accessor.bytes(index, axis))));
            mesh.points.push([x, -z, y]);
        }
        let count = (mesh.points.len() as u32) - first;
        let indices: Vec<u32> = match primitive.get("indices").and_then(Value::as_u64) {
            None => (0..count).collect(),
            Some(id) => Accessor::new(&document, &buffers, id)?.indices()?,
        };
        mesh.triangles.extend(indices.chunks_exact(3).map(|corner| [0, 1, 2].map(|k| first.saturating_add(corner[k]))));
    }
    Ok(mesh)
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
