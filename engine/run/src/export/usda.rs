//! OpenUSD as text: one prim per element with its items below, one per part, physics schemas, poses through time. Meshes stand
//! once, in classes that items are instances of. Metres, kilograms, Z up; one time code per moment.
//!
//! ```text
//! /Meshes            classes: /Meshes/mesh_3, and /Meshes/body_3 with its collision
//! /Line/Looks        materials               /Line/Elements/NAME/...      what is seen of an element, and what it is met as
//! /Line/Physics      gravity                 /Line/Parts/SOURCE_SERIAL    parts
//!                                            /Line/Cameras/NAME           cameras
//! ```

use super::film::{Film, Track};
use super::names::Names;
use linetwin_model::scene::{PartTypeId, Shape};
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Colour, Item, Mesh, Place, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

/// Rough surfaces of painted steel, rubber and cardboard [-].
const ROUGHNESS: f32 = 0.7;

/// Width of a camera's film: 35 mm.
const APERTURE: f64 = 20.955;

pub fn write(film: &Film, file: &mut dyn Write) -> io::Result<()> {
    let mut out = Writer { file: BufWriter::new(file), wrote: Ok(()), depth: 0, film };
    out.header();
    out.meshes();
    out.open("def Xform \"Line\" (\n    kind = \"assembly\"\n)");
    out.physics();
    let looks = out.looks();
    out.elements(&looks);
    out.parts(&looks);
    out.cameras();
    out.close();
    out.wrote?;
    out.file.flush()
}

/// Material paths by what they are for.
struct Looks {
    roles: BTreeMap<&'static str, String>,
    parts: Vec<String>,
}

struct Writer<'a> {
    file: BufWriter<&'a mut dyn Write>,
    /// What went wrong first: nothing is written after it.
    wrote: io::Result<()>,
    depth: usize,
    film: &'a Film,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        for line in text.lines() {
            if self.wrote.is_ok() {
                self.wrote = writeln!(self.file, "{:1$}{line}", "", 4 * self.depth);
            }
        }
    }

    fn blank(&mut self) {
        if self.wrote.is_ok() {
            self.wrote = writeln!(self.file);
        }
    }

    fn open(&mut self, head: &str) {
        self.line(head);
        self.line("{");
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    fn header(&mut self) {
        let film = self.film;
        let last = film.times_s.len() - 1;
        let mut head =
            format!("#usda 1.0\n(\n    defaultPrim = \"Line\"\n    doc = {}\n", quoted(&format!("{}, by linetwin", film.scene.name)));
        if film.moves() {
            let _ = write!(head, "    endTimeCode = {}\n    framesPerSecond = {}\n", self.code(last), film.rate_hz);
        }
        head.push_str("    kilogramsPerUnit = 1\n    metersPerUnit = 1\n");
        if film.moves() {
            let _ = write!(head, "    startTimeCode = {}\n    timeCodesPerSecond = {}\n", self.code(0), film.rate_hz);
        }
        head.push_str("    upAxis = \"Z\"\n)\n");
        self.line(&head);
        self.blank();
    }

    /// Time code of a moment: simulated time since the start of the run, in moments.
    fn code(&self, moment: usize) -> f64 {
        self.film.times_s[moment] * self.film.rate_hz
    }

    fn meshes(&mut self) {
        let film = self.film;
        let solid: BTreeSet<usize> = film.scenery.items.iter().filter(|item| item.role == Role::Collider).map(|item| item.mesh).collect();
        let mut approximations: BTreeMap<usize, &str> = solid.into_iter().map(|mesh| (mesh, "convexHull")).collect();
        for (part_type, looks) in film.scene.part_types.iter().zip(&film.scenery.parts) {
            for (variant, look) in part_type.variants.iter().zip(looks) {
                let hollow = matches!(variant.shape, Shape::OpenBox { .. });
                approximations.insert(look.mesh, if hollow { "convexDecomposition" } else { "convexHull" });
            }
        }
        self.open("class \"Meshes\"");
        for (index, mesh) in film.scenery.meshes.iter().enumerate() {
            self.open(&format!("class Xform \"mesh_{index}\""));
            self.open("def Mesh \"shape\"");
            self.mesh(mesh);
            self.close();
            self.close();
            if let Some(approximation) = approximations.get(&index) {
                self.open(&format!("class Xform \"body_{index}\" (\n    prepend references = </Meshes/mesh_{index}>\n)"));
                self.open("over \"shape\" (\n    prepend apiSchemas = [\"PhysicsCollisionAPI\", \"PhysicsMeshCollisionAPI\"]\n)");
                self.line(&format!("uniform token physics:approximation = \"{approximation}\""));
                self.close();
                self.close();
            }
        }
        self.close();
        self.blank();
    }

    fn mesh(&mut self, mesh: &Mesh) {
        let [low, high] = mesh.bounds();
        self.line(&format!("float3[] extent = [{}, {}]", tuple(&low), tuple(&high)));
        self.line(&format!("int[] faceVertexCounts = [{}]", listed(mesh.triangles.iter().map(|_| "3".to_string()))));
        self.line(&format!("int[] faceVertexIndices = [{}]", listed(mesh.triangles.iter().flatten().map(u32::to_string))));
        let normals = listed(mesh.normals.iter().map(|normal| tuple(normal)));
        self.line(&format!("normal3f[] normals = [{normals}] (\n    interpolation = \"vertex\"\n)"));
        self.line(&format!("point3f[] points = [{}]", listed(mesh.points_m.iter().map(|point| tuple(point)))));
        if mesh.uv_m.iter().any(|uv| *uv != [0.0; 2]) {
            let uv = listed(mesh.uv_m.iter().map(|uv| tuple(uv)));
            self.line(&format!("texCoord2f[] primvars:st = [{uv}] (\n    interpolation = \"vertex\"\n)"));
        }
        self.line("uniform token subdivisionScheme = \"none\"");
    }

    fn physics(&mut self) {
        let gravity = self.film.scene.physics.gravity_mps2;
        self.open("def PhysicsScene \"Physics\"");
        self.line("vector3f physics:gravityDirection = (0, 0, -1)");
        self.line(&format!("float physics:gravityMagnitude = {gravity}"));
        self.close();
    }

    fn looks(&mut self) -> Looks {
        let film = self.film;
        let mut names = Names::default();
        let mut looks = Looks { roles: BTreeMap::new(), parts: Vec::new() };
        self.open("def Scope \"Looks\"");
        for item in &film.scenery.items {
            let name = item.role.name();
            if !looks.roles.contains_key(name) {
                let material = self.material(&names.unique(name), item.role.colour());
                looks.roles.insert(name, material);
            }
        }
        for (index, row) in film.scene.part_types.iter().enumerate() {
            let colour = linetwin_sim::view::part_colour(PartTypeId::from_index(index));
            let material = self.material(&names.unique(&format!("part {}", row.name)), colour);
            looks.parts.push(material);
        }
        self.close();
        looks
    }

    fn material(&mut self, name: &str, colour: Colour) -> String {
        let path = format!("/Line/Looks/{name}");
        self.open(&format!("def Material \"{name}\""));
        self.line(&format!("token outputs:surface.connect = <{path}/surface.outputs:surface>"));
        self.open("def Shader \"surface\"");
        self.line("uniform token info:id = \"UsdPreviewSurface\"");
        self.line(&format!("color3f inputs:diffuseColor = {}", tuple(&colour.linear())));
        self.line(&format!("float inputs:roughness = {ROUGHNESS}"));
        self.line("token outputs:surface");
        self.close();
        self.close();
        path
    }

    fn elements(&mut self, looks: &Looks) {
        let film = self.film;
        let mut names = Names::default();
        self.open("def Xform \"Elements\" (\n    kind = \"group\"\n)");
        let mut by_owner: BTreeMap<Option<usize>, Vec<&Item>> = BTreeMap::new();
        for item in &film.scenery.items {
            let owner = if let Seen::Element(element) = item.owner { Some(element.index()) } else { None };
            by_owner.entry(owner).or_default().push(item);
        }
        for (owner, items) in by_owner {
            let (name, family) = match owner {
                Some(element) => (film.scene.elements[element].name.as_str(), film.scene.elements[element].family.as_str()),
                None => ("floor", "Floor"),
            };
            let prim = names.unique(name);
            self.open(&format!("def Xform \"{prim}\" (\n    displayName = {}\n    kind = \"component\"\n)", quoted(name)));
            self.line(&format!("custom string linetwin:family = {}", quoted(family)));
            let mut own = Names::default();
            for item in items {
                self.item(&own.unique(item.role.name()), item, looks);
            }
            self.close();
        }
        self.close();
    }

    fn item(&mut self, name: &str, item: &Item, looks: &Looks) {
        let film = self.film;
        let is_collider = item.role == Role::Collider;
        let moves = item.mover.is_some();
        let kinematic = is_collider && moves;
        let body = if is_collider { "body" } else { "mesh" };
        let schemas = if kinematic { "\"PhysicsRigidBodyAPI\"" } else { "\"MaterialBindingAPI\"" };
        self.open(&format!(
            "def Xform \"{name}\" (\n    prepend apiSchemas = [{schemas}]\n    instanceable = true\n    prepend references = </Meshes/{body}_{}>\n)",
            item.mesh
        ));
        if is_collider {
            self.line("uniform token purpose = \"guide\"");
        } else {
            self.bind(&looks.roles[item.role.name()], item.role.colour());
        }
        if kinematic {
            self.line("bool physics:kinematicEnabled = 1");
        }
        if moves {
            let (track, rest) = film.item_track(item);
            self.track(&track, &rest);
        } else {
            self.placed(&item.place, [1.0; 3]);
        }
        self.close();
    }

    fn parts(&mut self, looks: &Looks) {
        let film = self.film;
        let mut names = Names::default();
        self.open("def Xform \"Parts\" (\n    kind = \"group\"\n)");
        for (id, part, track) in film.parts() {
            let first = &part.first;
            let source = &film.scene.element(id.source).name;
            let prim = names.unique(&format!("{source}_{}", id.serial));
            let look = film.scenery.look(first.part_type, first.variant);
            self.open(&format!(
                "def Xform \"{prim}\" (\n    prepend apiSchemas = [\"PhysicsRigidBodyAPI\", \"PhysicsMassAPI\", \"MaterialBindingAPI\"]\n    displayName = {}\n    kind = \"component\"\n)",
                quoted(&format!("{source}#{}", id.serial))
            ));
            self.line(&format!("custom string linetwin:part = {}", quoted(&film.scene.part_types[first.part_type.index()].name)));
            self.bind(&looks.parts[first.part_type.index()], look.colour);
            self.line(&format!("float physics:mass = {}", part.mass_kg as f32));
            self.track(&track, &(first.place, first.scale));
            let shape =
                |body: &str, mesh: usize| format!("(\n    instanceable = true\n    prepend references = </Meshes/{body}_{mesh}>\n)");
            self.open(&format!("def Xform \"body\" {}", shape("body", look.mesh)));
            self.close();
            if let Some(label) = look.label {
                self.open(&format!("def Xform \"label\" {}", shape("mesh", label)));
                self.line(&format!("color3f[] primvars:displayColor = [{}]", tuple(&Colour::WHITE.linear())));
                self.close();
            }
            self.close();
        }
        self.close();
    }

    fn cameras(&mut self) {
        let film = self.film;
        if film.scenery.cameras.is_empty() {
            return;
        }
        let mut names = Names::default();
        self.open("def Xform \"Cameras\" (\n    kind = \"group\"\n)");
        for (index, camera) in film.scene.cameras.iter().enumerate() {
            let prim = names.unique(&camera.name);
            self.open(&format!("def Camera \"{prim}\" (\n    displayName = {}\n)", quoted(&camera.name)));
            let [near, far] = camera.range_m;
            let [width, height] = camera.size_px.map(f64::from);
            self.line(&format!("float2 clippingRange = ({near}, {far})"));
            // In tenths of a unit, as film is; what counts is their ratio.
            self.line(&format!("float focalLength = {}", APERTURE * camera.focal_px() / width));
            self.line(&format!("float horizontalAperture = {APERTURE}"));
            self.line(&format!("float verticalAperture = {}", APERTURE * height / width));
            let track = film.camera_track(index);
            self.track(&track, &(track.keys[0].1, [1.0; 3]));
            self.close();
        }
        self.close();
    }

    fn bind(&mut self, material: &str, colour: Colour) {
        self.line(&format!("rel material:binding = <{material}>"));
        self.line(&format!("color3f[] primvars:displayColor = [{}]", tuple(&colour.linear())));
    }

    fn placed(&mut self, place: &Place, scale: [f32; 3]) {
        self.line(&format!("quatf xformOp:orient = {}", turn(place)));
        self.line(&format!("float3 xformOp:scale = {}", tuple(&scale)));
        self.line(&format!("double3 xformOp:translate = {}", tuple(&place.position_m)));
        self.order();
    }

    fn order(&mut self) {
        self.line("uniform token[] xformOpOrder = [\"xformOp:translate\", \"xformOp:orient\", \"xformOp:scale\"]");
    }

    /// `rest`: where it is, where it never moves.
    fn track(&mut self, track: &Track, rest: &(Place, [f32; 3])) {
        if let [] | [_] = track.keys.as_slice() {
            let (place, scale) = track.keys.first().map_or(*rest, |(_, place, scale)| (*place, *scale));
            self.placed(&place, if scale == [0.0; 3] { [1.0; 3] } else { scale });
        } else {
            self.samples("quatf xformOp:orient", track.keys.iter().map(|(at, place, _)| (*at, turn(place))).collect());
            self.samples("float3 xformOp:scale", track.keys.iter().map(|(at, _, scale)| (*at, tuple(scale))).collect());
            self.samples("double3 xformOp:translate", track.keys.iter().map(|(at, place, _)| (*at, tuple(&place.position_m))).collect());
            self.order();
        }
        let token = |seen: bool| if seen { "\"inherited\"" } else { "\"invisible\"" };
        match track.seen.as_slice() {
            [(_, true)] => {}
            [(_, false)] => self.line("token visibility = \"invisible\""),
            seen => self.samples("token visibility", seen.iter().map(|(at, seen)| (*at, token(*seen).to_string())).collect()),
        }
    }

    fn samples(&mut self, attribute: &str, samples: Vec<(usize, String)>) {
        // What never changes needs no time.
        if samples.iter().all(|(_, value)| *value == samples[0].1) {
            self.line(&format!("{attribute} = {}", samples[0].1));
            return;
        }
        self.line(&format!("{attribute}.timeSamples = {{"));
        self.depth += 1;
        for (moment, value) in samples {
            let code = self.code(moment);
            self.line(&format!("{code}: {value},"));
        }
        self.close();
    }
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn tuple(values: &[f32]) -> String {
    format!("({})", listed(values.iter().map(f32::to_string)))
}

/// Real part first.
fn turn(place: &Place) -> String {
    let [x, y, z, w] = place.rotation;
    tuple(&[w, x, y, z])
}

fn listed(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<String>>().join(", ")
}
