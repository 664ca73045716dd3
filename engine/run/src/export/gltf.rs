//! glTF 2.0: a node per element with its items below, one per part, and one animation of all that moves. What physics alone meets
//! is left out. The root node turns Z up into glTF's Y up; what is not seen is scaled to nothing.

use super::film::{Film, Track};
use linetwin_model::scene::PartTypeId;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Colour, Item, Mesh, Place, Role, part_colour};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Component types and buffer targets of the standard.
const U32: u32 = 5125;
const F32: u32 = 5126;
const ARRAY: u32 = 34_962;
const ELEMENT_ARRAY: u32 = 34_963;
const ROUGHNESS: f32 = 0.7;
/// A quarter turn about X, clockwise: Z becomes Y.
const Z_UP_TO_Y_UP: [f32; 4] = [-std::f32::consts::FRAC_1_SQRT_2, 0.0, 0.0, std::f32::consts::FRAC_1_SQRT_2];

/// Binary, or `as_text` with its buffer embedded.
pub fn bytes(film: &Film, as_text: bool) -> Vec<u8> {
    let mut writer = Writer::new(film);
    writer.write_scene();
    writer.finish(as_text)
}

struct Writer<'a> {
    film: &'a Film,
    data: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
    materials: Vec<Value>,
    meshes: Vec<Value>,
    nodes: Vec<Value>,
    cameras: Vec<Value>,
    samplers: Vec<Value>,
    channels: Vec<Value>,
    material_of: BTreeMap<String, usize>,
    /// By mesh: position, normal, texture place and indices.
    geometry_of: BTreeMap<usize, [Option<usize>; 4]>,
    mesh_of: BTreeMap<(usize, usize), usize>,
}

impl<'a> Writer<'a> {
    fn new(film: &'a Film) -> Self {
        Writer {
            film,
            data: Vec::new(),
            views: Vec::new(),
            accessors: Vec::new(),
            materials: Vec::new(),
            meshes: Vec::new(),
            nodes: Vec::new(),
            cameras: Vec::new(),
            samplers: Vec::new(),
            channels: Vec::new(),
            material_of: BTreeMap::new(),
            geometry_of: BTreeMap::new(),
            mesh_of: BTreeMap::new(),
        }
    }

    fn write_scene(&mut self) {
        let film = self.film;
        // Node 0 is the root; its children are known at the end.
        self.nodes.push(json!({}));
        let mut by_owner: BTreeMap<Option<usize>, Vec<&Item>> = BTreeMap::new();
        for item in film.scenery.items.iter().filter(|item| item.role != Role::Collider) {
            let owner = if let Seen::Element(element) = item.owner { Some(element.index()) } else { None };
            by_owner.entry(owner).or_default().push(item);
        }
        let mut children = Vec::new();
        for (owner, items) in by_owner {
            let below: Vec<usize> = items.into_iter().map(|item| self.item(item)).collect();
            let (name, family) = match owner {
                Some(element) => (film.scene.elements[element].name.as_str(), film.scene.elements[element].family.as_str()),
                None => ("floor", "Floor"),
            };
            children.push(self.node(json!({ "name": name, "children": below, "extras": { "family": family } })));
        }
        for (id, part, track) in film.parts() {
            let first = &part.first;
            let look = film.scenery.look(first.part_type, first.variant);
            let part_type = &film.scene.part_types[first.part_type.index()].name;
            let material = self.part_material(first.part_type);
            let mesh = self.mesh(look.mesh, material);
            let name = format!("{}#{}", film.scene.element(id.source).name, id.serial);
            let mut node = json!({ "name": name, "mesh": mesh, "extras": { "part": part_type, "mass_kg": part.mass_kg } });
            if let Some(label) = look.label {
                let white = self.material("label", Colour::WHITE);
                let mesh = self.mesh(label, white);
                let label = self.node(json!({ "name": "label", "mesh": mesh }));
                node["children"] = json!([label]);
            }
            let node = self.node(node);
            self.animate(node, &track, (first.place, first.scale));
            children.push(node);
        }
        for (index, camera) in film.scene.cameras.iter().enumerate() {
            let [width, height] = camera.size_px.map(f64::from);
            let [near, far] = camera.range_m;
            let lens = json!({ "aspectRatio": width / height, "yfov": camera.fov_up_rad(), "znear": near, "zfar": far });
            self.cameras.push(json!({ "name": camera.name, "type": "perspective", "perspective": lens }));
            let node = self.node(json!({ "name": camera.name, "camera": self.cameras.len() - 1 }));
            let track = film.camera_track(index);
            self.animate(node, &track, (track.keys[0].1, [1.0; 3]));
            children.push(node);
        }
        self.nodes[0] = json!({ "name": film.scene.name, "rotation": Z_UP_TO_Y_UP, "children": children });
    }

    fn node(&mut self, node: Value) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn item(&mut self, item: &Item) -> usize {
        let material = self.material(item.role.name(), item.role.colour());
        let mesh = self.mesh(item.mesh, material);
        let node = self.node(json!({ "name": item.role.name(), "mesh": mesh }));
        match item.mover {
            Some(_) => {
                let (track, rest) = self.film.item_track(item);
                self.animate(node, &track, rest);
            }
            None => self.place(node, item.place, [1.0; 3]),
        }
        node
    }

    fn place(&mut self, node: usize, place: Place, scale: [f32; 3]) {
        self.nodes[node]["translation"] = json!(place.position_m);
        self.nodes[node]["rotation"] = json!(place.rotation);
        if scale != [1.0; 3] {
            self.nodes[node]["scale"] = json!(scale);
        }
    }

    /// `rest`: where it is when nothing else is known.
    fn animate(&mut self, node: usize, track: &Track, rest: (Place, [f32; 3])) {
        let first = track.keys.first().map_or(rest, |(_, place, scale)| (*place, *scale));
        let seen_first = track.seen[0].1;
        self.place(node, first.0, if seen_first { first.1 } else { [0.0; 3] });
        let times: Vec<usize> = track.keys.iter().map(|(at, ..)| *at).collect();
        if times.len() > 1 {
            let input = self.times(&times);
            let positions: Vec<f32> = track.keys.iter().flat_map(|(_, place, _)| place.position_m).collect();
            self.channel(node, "translation", input, (&positions, "VEC3"), "LINEAR");
            let rotations: Vec<f32> = track.keys.iter().flat_map(|(_, place, _)| place.rotation).collect();
            self.channel(node, "rotation", input, (&rotations, "VEC4"), "LINEAR");
        }
        let sizes = sizes_of(track);
        if sizes.len() > 1 {
            let input = self.times(&sizes.iter().map(|(at, _)| *at).collect::<Vec<_>>());
            let values: Vec<f32> = sizes.iter().flat_map(|(_, scale)| *scale).collect();
            self.channel(node, "scale", input, (&values, "VEC3"), "STEP");
        }
    }

    /// Since the film's beginning.
    fn times(&mut self, moments: &[usize]) -> usize {
        let start_s = self.film.times_s[0];
        let times: Vec<f32> = moments.iter().map(|moment| (self.film.times_s[*moment] - start_s) as f32).collect();
        let (least, most) = (times[0], times[times.len() - 1]);
        self.floats(&times, "SCALAR", Some((json!([least]), json!([most]))), None)
    }

    fn channel(&mut self, node: usize, path: &str, input: usize, (values, kind): (&[f32], &str), interpolation: &str) {
        let output = self.floats(values, kind, None, None);
        self.samplers.push(json!({ "input": input, "output": output, "interpolation": interpolation }));
        self.channels.push(json!({ "sampler": self.samplers.len() - 1, "target": { "node": node, "path": path } }));
    }

    fn part_material(&mut self, part_type: PartTypeId) -> usize {
        let name = format!("part {}", self.film.scene.part_types[part_type.index()].name);
        self.material(&name, part_colour(part_type))
    }

    fn material(&mut self, name: &str, colour: Colour) -> usize {
        if let Some(known) = self.material_of.get(name) {
            return *known;
        }
        let [r, g, b] = colour.linear();
        self.materials.push(json!({
            "name": name,
            "pbrMetallicRoughness": { "baseColorFactor": [r, g, b, 1.0], "metallicFactor": 0.0, "roughnessFactor": ROUGHNESS },
        }));
        self.material_of.insert(name.to_string(), self.materials.len() - 1);
        self.materials.len() - 1
    }

    fn mesh(&mut self, mesh: usize, material: usize) -> usize {
        if let Some(known) = self.mesh_of.get(&(mesh, material)) {
            return *known;
        }
        let [position, normal, texture, indices] = self.geometry(mesh);
        let mut attributes = json!({ "POSITION": position, "NORMAL": normal });
        if let Some(texture) = texture {
            attributes["TEXCOORD_0"] = json!(texture);
        }
        self.meshes.push(json!({ "primitives": [{ "attributes": attributes, "indices": indices, "material": material }] }));
        self.mesh_of.insert((mesh, material), self.meshes.len() - 1);
        self.meshes.len() - 1
    }

    fn geometry(&mut self, index: usize) -> [Option<usize>; 4] {
        if let Some(known) = self.geometry_of.get(&index) {
            return *known;
        }
        let mesh: &Mesh = &self.film.scenery.meshes[index];
        let [low, high] = mesh.bounds();
        let position = self.floats(mesh.points_m.as_flattened(), "VEC3", Some((json!(low), json!(high))), Some(ARRAY));
        let normal = self.floats(mesh.normals.as_flattened(), "VEC3", None, Some(ARRAY));
        let textured = mesh.uv_m.iter().any(|uv| *uv != [0.0; 2]);
        let texture = textured.then(|| self.floats(mesh.uv_m.as_flattened(), "VEC2", None, Some(ARRAY)));
        let indices: Vec<u8> = mesh.triangles.iter().flatten().flat_map(|index| index.to_le_bytes()).collect();
        let indices = self.accessor(&indices, (U32, "SCALAR", 3 * mesh.triangles.len()), None, Some(ELEMENT_ARRAY));
        let found = [Some(position), Some(normal), texture, Some(indices)];
        self.geometry_of.insert(index, found);
        found
    }

    fn floats(&mut self, values: &[f32], kind: &str, ends: Option<(Value, Value)>, target: Option<u32>) -> usize {
        let width = match kind {
            "SCALAR" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            _ => 4,
        };
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.accessor(&bytes, (F32, kind, values.len() / width), ends, target)
    }

    fn accessor(
        &mut self,
        bytes: &[u8],
        (component, kind, count): (u32, &str, usize),
        ends: Option<(Value, Value)>,
        target: Option<u32>,
    ) -> usize {
        // Every component has four bytes, so that everything stays aligned.
        let mut view = json!({ "buffer": 0, "byteOffset": self.data.len(), "byteLength": bytes.len() });
        if let Some(target) = target {
            view["target"] = json!(target);
        }
        self.data.extend_from_slice(bytes);
        self.views.push(view);
        let mut accessor = json!({ "bufferView": self.views.len() - 1, "componentType": component, "count": count, "type": kind });
        if let Some((least, most)) = ends {
            (accessor["min"], accessor["max"]) = (least, most);
        }
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    fn finish(self, as_text: bool) -> Vec<u8> {
        let mut buffer = json!({ "byteLength": self.data.len() });
        if as_text {
            buffer["uri"] = json!(format!("data:application/octet-stream;base64,{}", base64(&self.data)));
        }
        let mut document = json!({
            "asset": { "version": "2.0", "generator": format!("linetwin {}", env!("CARGO_PKG_VERSION")) },
            "scene": 0,
            "scenes": [{ "name": self.film.scene.name, "nodes": [0] }],
            "nodes": self.nodes,
            "meshes": self.meshes,
            "materials": self.materials,
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [buffer],
        });
        if !self.channels.is_empty() {
            document["animations"] = json!([{ "name": "run", "samplers": self.samplers, "channels": self.channels }]);
        }
        if !self.cameras.is_empty() {
            document["cameras"] = json!(self.cameras);
        }
        let text = serde_json::to_vec(&document).expect("numbers and names are serialisable");
        if as_text { text } else { binary(text, self.data) }
    }
}

/// How large it is from which moment on.
fn sizes_of(track: &Track) -> Vec<(usize, [f32; 3])> {
    let mut sizes: Vec<(usize, [f32; 3])> = Vec::new();
    let mut say = |at: usize, scale: [f32; 3]| {
        if sizes.last().is_none_or(|(_, before)| *before != scale) {
            sizes.push((at, scale));
        }
    };
    let mut keys = track.keys.iter().peekable();
    let mut size = track.keys.first().map_or([1.0; 3], |key| key.2);
    for (index, (from, seen)) in track.seen.iter().enumerate() {
        let until = track.seen.get(index + 1).map_or(usize::MAX, |(next, _)| *next);
        if !seen {
            say(*from, [0.0; 3]);
            continue;
        }
        if let Some(key) = keys.peek().filter(|key| key.0 <= *from) {
            size = key.2;
        }
        say(*from, size);
        while let Some(key) = keys.next_if(|key| key.0 < until) {
            size = key.2;
            say(key.0, size);
        }
    }
    sizes
}

/// The container of the standard: two chunks, each a multiple of four bytes long.
fn binary(mut text: Vec<u8>, mut data: Vec<u8>) -> Vec<u8> {
    text.resize(text.len().next_multiple_of(4), b' ');
    data.resize(data.len().next_multiple_of(4), 0);
    let length = |bytes: usize| u32::try_from(bytes).expect("a film is far smaller than 4 GiB").to_le_bytes();
    let mut out = Vec::with_capacity(28 + text.len() + data.len());
    out.extend(b"glTF");
    out.extend(2u32.to_le_bytes());
    out.extend(length(28 + text.len() + data.len()));
    for (kind, chunk) in [(b"JSON", &text), (b"BIN\0", &data)] {
        out.extend(length(chunk.len()));
        out.extend(kind);
        out.extend(chunk);
    }
    out
}

fn base64(data: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    for three in data.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (data, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(data.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_not_seen_has_no_size() {
        let key = |at| (at, Place::default(), [2.0; 3]);
        let track = Track { keys: vec![key(1), key(4)], seen: vec![(0, false), (1, true), (5, false)] };
        assert_eq!(sizes_of(&track), [(0, [0.0; 3]), (1, [2.0; 3]), (5, [0.0; 3])]);
    }
}
