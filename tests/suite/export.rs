//! What is exported opens elsewhere and says what the simulation says: every prim and node is there, poses agree, hidden parts
//! are hidden, and the same request gives the same bytes.

use linetwin_model::Time;
use linetwin_run::{DeviceRequest, EventLevel, ExportFormat, ExportRequest, RunError, RunRequest, execute, export};
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Moment, Place, Role, Scenery};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{repository_root, scene_from};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pushers, blades and photo-eyes; parts come and go within a few seconds.
const SCENE: &str = r#"Scene(
    schema: 1, name: "Export \"1\"", seed: 3,
    parts: { "box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: Normal(mean: 2.0, sd: 0.2)),
             "drum": Part(shape: Cylinder(0.2, 0.25), mass_kg: 3) },
    line: {
        "infeed 1": Source(part: "box", interarrival_s: 1.7, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.4, speed_mps: 0.6, rails: Both),
        "stop": Station(on: "belt", at_m: 0.8, length_m: 0.4, hold: Blade, processing_s: 0.6),
        "seen": Eye(on: "belt", at_m: 1.4),
        "reject": Pusher(on: "belt", at_m: 2.0, side: Left, stroke_s: 0.4, force_n: 200, when: "true"),
        "bin": Sink(after: "reject.side"),
        "dock": Sink(after: "belt"),
        "infeed 2": Source(part: "drum", interarrival_s: 2.1, before: "drums"),
        "drums": Belt(from_m: (0, 3, 0.8), to_m: (1.5, 3, 0.8), width_m: 0.4, speed_mps: 0.6),
        "end": Sink(after: "drums"),
    },
)"#;
const FROM_S: f64 = 2.0;
const SPAN_S: f64 = 4.0;
const RATE_HZ: f64 = 10.0;
const COUNT: usize = 41;
/// Single precision over some metres.
const TOLERANCE_M: f32 = 1e-6;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("scene.ron"), SCENE).expect("writable");
        Case { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn request(&self, format: ExportFormat, out: &str) -> ExportRequest {
        ExportRequest {
            source: self.path("scene.ron"),
            format,
            out: self.path(out),
            from: Time::from_seconds(FROM_S),
            span: Some(Time::from_seconds(SPAN_S)),
            rate_hz: RATE_HZ,
            overrides: Vec::new(),
            seed: None,
            replication: 0,
            threads: 1,
            device: DeviceRequest::default(),
        }
    }

    fn write(&self, format: ExportFormat, out: &str) -> Vec<u8> {
        let exported = export(&self.request(format, out), &mut ()).expect("it is written").expect("nobody stopped it");
        assert_eq!(exported.moments, COUNT);
        fs::read(exported.path).expect("it is there")
    }

    /// What the simulation itself says at the same moments.
    fn truth(&self) -> (Simulation, Scenery, Vec<Moment>, BTreeMap<String, f64>) {
        let mut simulation = Simulation::new(scene_from(SCENE), SimulationOptions::default());
        let (scenery, mut moments, mut masses) = (simulation.scenery(), Vec::new(), BTreeMap::new());
        for sample in 0..COUNT {
            let at = Time::from_seconds(FROM_S + sample as f64 / RATE_HZ);
            while simulation.now() < at {
                simulation.step();
            }
            let moment = simulation.moment();
            for part in &moment.parts {
                let mass_kg = simulation.parts().get(part.id).expect("a shown part exists").mass_kg;
                masses.entry(part_name(&simulation, part.id)).or_insert(mass_kg);
            }
            moments.push(moment);
        }
        (simulation, scenery, moments, masses)
    }
}

fn part_name(simulation: &Simulation, id: linetwin_sim::parts::PartId) -> String {
    format!("{}#{}", simulation.scene().element(id.source).name, id.serial)
}

/// Where an item's prim is, by the order of its element's items.
fn prim_paths(simulation: &Simulation, scenery: &Scenery) -> Vec<String> {
    let plain = |name: &str| name.replace([' ', '.', '"'], "_");
    let mut seen: BTreeMap<(String, &str), u32> = BTreeMap::new();
    let paths = scenery.items.iter().map(|item| {
        let owner = if let Seen::Element(id) = item.owner { plain(&simulation.scene().element(id).name) } else { "floor".to_string() };
        let number = seen.entry((owner.clone(), item.role.name())).or_insert(0);
        *number += 1;
        let suffix = if *number > 1 { format!("_{number}") } else { String::new() };
        format!("/Line/Elements/{owner}/{}{suffix}", plain(item.role.name()))
    });
    paths.collect()
}

#[test]
fn usd_opens_in_usd_core_and_says_what_the_simulation_says() {
    let case = Case::new();
    let text = case.write(ExportFormat::Usda, "line.usda");
    assert_eq!(text, case.write(ExportFormat::Usda, "again.usda"), "the same bytes again");
    let (simulation, scenery, moments, masses) = case.truth();
    assert!(masses.len() > 4, "parts come: {masses:?}");
    let paths = prim_paths(&simulation, &scenery);
    let samples: Vec<Value> = moments
        .iter()
        .map(|moment| {
            let parts = moment.parts.iter().map(|part| {
                json!({ "name": part_name(&simulation, part.id), "position_m": part.place.position_m, "rotation": part.place.rotation })
            });
            let movers = scenery.items.iter().zip(&paths).filter(|(item, _)| item.mover.is_some()).map(|(item, path)| {
                let (place, _) = item.in_world(&moment.movers);
                json!({ "path": path, "position_m": place.position_m, "rotation": place.rotation })
            });
            json!({ "code": moment.now.as_seconds() * RATE_HZ, "parts": parts.collect::<Vec<_>>(), "movers": movers.collect::<Vec<_>>() })
        })
        .collect();
    let scene = simulation.scene();
    let mut elements: Vec<String> = scene.elements.iter().map(|element| element.name.clone()).collect();
    elements.push("floor".to_string());
    let mut roles: Vec<&str> = scenery.items.iter().map(|item| item.role.name()).collect();
    roles.sort_unstable();
    roles.dedup();
    let shown = |name: &String| if name.starts_with("infeed 1") { 3 } else { 2 };
    // The line, gravity and three folders; a material and its shader for each role and part; a box has a label beside its body.
    let prims = 5 + 2 * (roles.len() + 2) + elements.len() + scenery.items.len() + masses.keys().map(shown).sum::<usize>();
    let movers = scenery.items.iter().filter(|item| item.mover.is_some()).count();
    assert!(movers >= 2, "a blade and a plate move");
    let expected = json!({
        "prims": prims, "gravity_mps2": scene.physics.gravity_mps2, "elements": elements, "masses_kg": masses, "samples": samples
    });
    fs::write(case.path("expected.json"), expected.to_string()).expect("writable");
    opens_in_python("read_usd.py", &case.path("line.usda"), &case.path("expected.json"));
}

fn opens_in_python(script: &str, file: &Path, expected: &Path) {
    let Some(python) = std::env::var_os("LINETWIN_PYTHON") else {
        println!("SKIPPED: LINETWIN_PYTHON is not set; tests/run installs what {script} needs and sets it");
        return;
    };
    is_content(Command::new(python).arg(repository_root().join("tests").join(script)).arg(file).arg(expected));
}

/// What another program thinks of a file: exit code 3 where it is not installed.
fn is_content(program: &mut Command) {
    let output = program.output().expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(3) {
        println!("SKIPPED: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
}

#[test]
fn khronos_validator_finds_nothing_wrong_with_a_gltf() {
    if Command::new("node").arg("--version").output().is_err() {
        println!("SKIPPED: node is not installed; tests/run installs gltf-validator where npm is");
        return;
    }
    let case = Case::new();
    case.write(ExportFormat::Gltf, "line.glb");
    let cameras = ExportRequest { source: repository_root().join("scenes/cameras.ron"), ..case.request(ExportFormat::Gltf, "cameras.glb") };
    export(&cameras, &mut ()).expect("it is written").expect("nobody stopped it");
    for file in ["line.glb", "cameras.glb"] {
        is_content(Command::new("node").arg(repository_root().join("tests/validate_gltf.js")).arg(case.path(file)));
    }
}

/// The JSON and the buffer of a glTF file.
fn parse(bytes: &[u8]) -> (Value, Vec<u8>) {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    assert_eq!((&bytes[..4], word(4), word(8)), (b"glTF".as_slice(), 2, bytes.len()), "the header of a .glb");
    let text = &bytes[20..20 + word(12)];
    assert_eq!(&bytes[16..20], b"JSON");
    let next = 20 + word(12);
    assert_eq!((&bytes[next + 4..next + 8], next % 4), (b"BIN\0".as_slice(), 0));
    (serde_json::from_slice(text).expect("JSON"), bytes[next + 8..next + 8 + word(next)].to_vec())
}

struct Document {
    json: Value,
    data: Vec<u8>,
}

impl Document {
    fn floats(&self, accessor: &Value) -> Vec<f32> {
        let row = &self.json["accessors"][accessor.as_u64().expect("an index") as usize];
        assert_eq!(row["componentType"], 5126, "{row}");
        let width = match row["type"].as_str() {
            Some("SCALAR") => 1,
            Some("VEC2") => 2,
            Some("VEC3") => 3,
            _ => 4,
        };
        let view = &self.json["bufferViews"][row["bufferView"].as_u64().expect("an index") as usize];
        let (offset, length) =
            (view["byteOffset"].as_u64().expect("a number") as usize, view["byteLength"].as_u64().expect("a number") as usize);
        assert_eq!((offset % 4, length), (0, 4 * width * row["count"].as_u64().expect("a number") as usize), "{row}");
        self.data[offset..offset + length].chunks(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect()
    }

    /// The value of a node's property at a time, as the standard says.
    fn at<const N: usize>(&self, node: usize, path: &str, time: f32) -> [f32; N] {
        let animation = &self.json["animations"][0];
        let channels = animation["channels"].as_array().expect("channels");
        let own = channels.iter().find(|channel| channel["target"]["node"] == node && channel["target"]["path"] == path);
        let Some(channel) = own else {
            let fixed = &self.json["nodes"][node][path];
            return std::array::from_fn(|axis| fixed.get(axis).map_or(1.0, |value| value.as_f64().expect("a number") as f32));
        };
        let sampler = &animation["samplers"][channel["sampler"].as_u64().expect("an index") as usize];
        let (times, values) = (self.floats(&sampler["input"]), self.floats(&sampler["output"]));
        assert!(times.is_sorted_by(|a, b| a < b) && values.len() == N * times.len(), "times ascend");
        let value = |index: usize| -> [f32; N] { std::array::from_fn(|axis| values[N * index + axis]) };
        let after = times.partition_point(|known| *known <= time);
        match after {
            0 => value(0),
            _ if after == times.len() || sampler["interpolation"] == "STEP" => value(after - 1),
            _ => {
                let share = (time - times[after - 1]) / (times[after] - times[after - 1]);
                let (a, b) = (value(after - 1), value(after));
                std::array::from_fn(|axis| a[axis] + share * (b[axis] - a[axis]))
            }
        }
    }
}

#[test]
fn gltf_is_well_formed_and_its_nodes_are_where_the_simulation_has_them() {
    let case = Case::new();
    let bytes = case.write(ExportFormat::Gltf, "line.glb");
    assert_eq!(bytes, case.write(ExportFormat::Gltf, "again.glb"), "the same bytes again");
    let (json, data) = parse(&bytes);
    let document = Document { json, data };
    let nodes = document.json["nodes"].as_array().expect("nodes");
    // Every node has one parent, but the root.
    let mut parents = vec![0; nodes.len()];
    for child in nodes.iter().filter_map(|node| node["children"].as_array()).flatten() {
        parents[child.as_u64().expect("an index") as usize] += 1;
    }
    assert!(parents[0] == 0 && parents[1..].iter().all(|count| *count == 1), "a tree");
    let root = nodes[0]["rotation"].as_array().expect("the root turns Z up into Y up");
    assert!((root[0].as_f64().expect("a number") + 0.5_f64.sqrt()).abs() < 1e-6, "{root:?}");
    for mesh in document.json["meshes"].as_array().expect("meshes") {
        let attributes = &mesh["primitives"][0]["attributes"];
        let (points, normals) = (document.floats(&attributes["POSITION"]), document.floats(&attributes["NORMAL"]));
        let row = &document.json["accessors"][attributes["POSITION"].as_u64().expect("an index") as usize];
        for axis in 0..3 {
            let least = points.iter().skip(axis).step_by(3).copied().fold(f32::INFINITY, f32::min);
            assert_eq!(least, row["min"][axis].as_f64().expect("a number") as f32, "the least of a position is told");
        }
        assert_eq!(points.len(), normals.len());
    }
    let (simulation, scenery, moments, masses) = case.truth();
    let items = scenery.items.iter().filter(|item| item.role != Role::Collider).count();
    let labels = masses.keys().filter(|name| name.starts_with("infeed 1")).count();
    assert_eq!(nodes.len(), 2 + simulation.scene().elements.len() + items + masses.len() + labels, "the root, the floor, all else");
    let named: BTreeMap<&str, usize> = nodes.iter().enumerate().filter_map(|(index, node)| Some((node["name"].as_str()?, index))).collect();
    let start_s = moments[0].now.as_seconds();
    for moment in &moments {
        let time = (moment.now.as_seconds() - start_s) as f32;
        for name in masses.keys() {
            let node = named[name.as_str()];
            let size: [f32; 3] = document.at(node, "scale", time);
            let Some(part) = moment.parts.iter().find(|part| part_name(&simulation, part.id) == *name) else {
                assert_eq!(size, [0.0; 3], "{name} at {time} s is not seen");
                continue;
            };
            assert_eq!(size, part.scale, "{name} at {time} s is seen");
            let (position, rotation): ([f32; 3], [f32; 4]) = (document.at(node, "translation", time), document.at(node, "rotation", time));
            let away = (0..3).map(|axis| (position[axis] - part.place.position_m[axis]).abs()).fold(0.0, f32::max);
            assert!(away < TOLERANCE_M, "{name} at {time} s is {away} m off");
            let along: f32 = rotation.iter().zip(&part.place.rotation).map(|(a, b)| a * b).sum();
            assert!(1.0 - along.abs() < 1e-5, "{name} at {time} s is turned otherwise");
        }
    }
    let text = case.write(ExportFormat::Gltf, "line.gltf");
    let as_text: Value = serde_json::from_slice(&text).expect("JSON");
    let start = as_text["buffers"][0]["uri"].as_str().expect("an embedded buffer");
    assert!(start.starts_with("data:application/octet-stream;base64,"));
    assert_eq!(as_text["nodes"], document.json["nodes"], "the same line");
}

#[test]
fn a_run_directory_gives_the_same_bytes_as_its_scene() {
    let case = Case::new();
    let request = RunRequest {
        snapshot_every: Some(Time::from_seconds(3.0)),
        events: EventLevel::None,
        ..RunRequest::new(case.path("scene.ron"), Time::from_seconds(7.0), case.path("run"))
    };
    execute(&request, &mut ()).expect("the run succeeds");
    let of_scene = case.write(ExportFormat::Gltf, "scene.glb");
    let of_run = ExportRequest { source: case.path("run"), ..case.request(ExportFormat::Gltf, "run.glb") };
    export(&of_run, &mut ()).expect("it is written");
    assert_eq!(fs::read(case.path("run.glb")).expect("it is there"), of_scene);

    let beyond = ExportRequest { from: Time::from_seconds(5.0), ..of_run.clone() };
    let error = export(&beyond, &mut ()).expect_err("the run ends before");
    assert!(matches!(error, RunError::BeyondTheRun { .. }) && error.to_string().contains("lasts 7 s"), "{error}");
    let other = ExportRequest { seed: Some(4), ..of_run };
    assert!(matches!(export(&other, &mut ()), Err(RunError::FixedByTheRun { .. })));
}

#[test]
fn a_trace_opens_with_mcap_and_tells_what_happened() {
    let case = Case::new();
    let bytes = case.write(ExportFormat::Mcap, "run.mcap");
    assert_eq!(bytes, case.write(ExportFormat::Mcap, "again.mcap"), "the same bytes again");
    assert!(bytes.starts_with(b"\x89MCAP0\r\n") && bytes.ends_with(b"\x89MCAP0\r\n"));
    let (simulation, _, moments, masses) = case.truth();
    let parts = moments.iter().flat_map(|moment| {
        let name = |id| part_name(&simulation, id);
        moment.parts.iter().map(move |part| json!({ "name": name(part.id), "at_ns": moment.now.0, "position_m": part.place.position_m }))
    });
    let last: Vec<String> = moments[COUNT - 1].parts.iter().map(|part| part_name(&simulation, part.id)).collect();
    let gone: Vec<&String> = masses.keys().filter(|name| !last.contains(name)).collect();
    assert!(!gone.is_empty(), "parts leave");
    let elements: Vec<&String> = simulation.scene().elements.iter().map(|element| &element.name).collect();
    let expected = json!({
        "moments": COUNT, "elements": elements, "parts": parts.collect::<Vec<_>>(), "gone": gone,
        "good": simulation.parts().balance().good,
    });
    fs::write(case.path("trace.json"), expected.to_string()).expect("writable");
    opens_in_python("read_mcap.py", &case.path("run.mcap"), &case.path("trace.json"));
}

/// Rerun is large: who has it names it, `pip install rerun-sdk==0.36.*` and `LINETWIN_RERUN=FOLDER/bin/rerun`.
#[test]
fn rerun_opens_a_trace_also_of_a_line_that_begins_empty() {
    let case = Case::new();
    let bytes = |source: PathBuf, from_s: f64| {
        let from = Time::from_seconds(from_s);
        let request = ExportRequest { source, from, ..case.request(ExportFormat::Mcap, "any.mcap") };
        export(&request, &mut ()).expect("it is written").expect("nobody stopped it");
        fs::read(case.path("any.mcap")).expect("it is there")
    };
    let Some(rerun) = std::env::var_os("LINETWIN_RERUN") else {
        println!("SKIPPED: LINETWIN_RERUN is not set");
        return;
    };
    for (bytes, topics) in [
        (bytes(case.path("scene.ron"), FROM_S), &["/parts", "/tf", "/counts", "/elements/dock", "/eyes/seen", "/drives/belt"][..]),
        (bytes(repository_root().join("scenes/belt.ron"), 0.0), &["/line", "/parts", "/tf"][..]),
    ] {
        fs::write(case.path("run.mcap"), bytes).expect("writable");
        let output = Command::new(&rerun).args(["mcap", "convert"]).arg(case.path("run.mcap")).arg("-o").arg(case.path("run.rrd")).output();
        let output = output.expect("Rerun starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !said.contains("panicked"), "{said}");
        assert!(topics.iter().all(|topic| said.contains(topic)), "{said}");
        let stats = Command::new(&rerun).args(["rrd", "stats"]).arg(case.path("run.rrd")).output().expect("Rerun starts");
        let said = String::from_utf8_lossy(&stats.stdout).into_owned();
        assert!(stats.status.success() && topics.iter().all(|topic| said.contains(&format!("{topic}: "))), "{said}");
    }
}

#[test]
fn one_moment_does_not_move() {
    let case = Case::new();
    let still = |format, out: &str| {
        let request = ExportRequest { span: None, ..case.request(format, out) };
        assert_eq!(export(&request, &mut ()).expect("it is written").expect("nobody stopped it").moments, 1);
        fs::read(case.path(out)).expect("it is there")
    };
    let text = String::from_utf8(still(ExportFormat::Usda, "still.usda")).expect("text");
    assert!(!text.contains("timeSamples") && !text.contains("TimeCode") && text.contains("infeed_1_0"), "a still");
    let (json, _) = parse(&still(ExportFormat::Gltf, "still.glb"));
    assert!(json.get("animations").is_none());
}

/// A camera of both formats looks along -z, with y up.
#[test]
fn cameras_look_where_the_scene_says() {
    let case = Case::new();
    let source = repository_root().join("scenes/cameras.ron");
    let still = |format, out: &str| {
        let request = ExportRequest { source: source.clone(), from: Time::ZERO, span: None, ..case.request(format, out) };
        export(&request, &mut ()).expect("it is written").expect("nobody stopped it");
        fs::read(case.path(out)).expect("it is there")
    };
    let (json, _) = parse(&still(ExportFormat::Gltf, "cameras.glb"));
    let text = String::from_utf8(still(ExportFormat::Usda, "cameras.usda")).expect("text");
    let scene = scene_from(&fs::read_to_string(&source).expect("the scene is there"));
    assert!(!scene.cameras.is_empty());
    for (index, camera) in scene.cameras.iter().enumerate() {
        assert_eq!(json["cameras"][index]["name"], camera.name);
        assert!(text.contains(&format!("displayName = \"{}\"", camera.name)) && text.contains("def Camera"), "{} is in both", camera.name);
        let pose = camera.mount.map_or(camera.pose, |mount| camera.on(&scene.carriage_middle(mount)));
        let nodes = json["nodes"].as_array().expect("nodes");
        let node = nodes.iter().find(|node| node["camera"] == index).expect("a node of its own");
        let numbers = |field: &str| -> Vec<f64> {
            node[field].as_array().expect(field).iter().map(|value| value.as_f64().expect("a number")).collect()
        };
        let (at, turn) = (numbers("translation"), numbers("rotation"));
        let place = Place { position_m: [0.0; 3], rotation: std::array::from_fn(|axis| turn[axis] as f32) };
        for (own, axis) in [([0.0, 0.0, -1.0], pose.forward), ([-1.0, 0.0, 0.0], pose.left), ([0.0, 1.0, 0.0], pose.up())] {
            let found = place.turned(own);
            assert!((0..3).all(|k| (f64::from(found[k]) - axis[k]).abs() < 1e-5), "{}: {found:?}, not {axis:?}", camera.name);
        }
        assert!((0..3).all(|axis| (at[axis] - pose.position[axis]).abs() < 1e-5), "{}: {at:?}", camera.name);
        let yfov = json["cameras"][index]["perspective"]["yfov"].as_f64().expect("a number");
        let expected = 2.0 * libm::atan(f64::from(camera.size_px[1]) / f64::from(camera.size_px[0]) * libm::tan(camera.fov_rad / 2.0));
        assert!((yfov - expected).abs() < 1e-9, "{yfov}, not {expected}");
    }
}
