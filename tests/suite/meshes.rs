//! Meshes in a line: what a file holds is the body that moves, as an OBJ, an STL or in another unit alike, and a machine's
//! surface is solid. The formats themselves are tested where they are read.

use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::Shape;
use linetwin_sim::event::EventKind;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{balance_of, repository_root, scene_from};

/// A box of these sizes as OBJ.
fn box_obj([x, y, z]: [f64; 3]) -> String {
    let points: String =
        (0..8).map(|k| format!("v {} {} {}\n", f64::from(k & 1) * x, f64::from(k >> 1 & 1) * y, f64::from(k >> 2) * z)).collect();
    points + "f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf 2 4 8 6\n"
}

/// The line with a part of this shape; what it must end with are events and the state's hash.
fn run_with(shape: &str, more: &str) -> (Vec<linetwin_sim::event::Event>, String) {
    let scene = scene_from(&format!(
        r#"Scene(schema: 1, name: "Mesh", parts: {{"box": Part(shape: {shape}, mass_kg: 4)}}, line: {{
            "infeed": Source(part: "box", interarrival_s: 3, before: "belt", yaw_deg: Uniform(min: -5, max: 5)),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
            {more}
            "dock": Sink(after: "belt")}})"#
    ));
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 1, ..Default::default() });
    simulation.run_until(linetwin_model::Time::from_seconds(40.0));
    (simulation.take_events(), format!("{:?}", simulation.state_hash()))
}

#[test]
fn a_mesh_moves_as_the_hull_of_its_points_in_any_unit() {
    let folder = tempfile::tempdir().expect("a folder for files");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::write(path("metres.obj"), box_obj([0.4, 0.3, 0.25])).expect("writable");
    std::fs::write(path("millimetres.obj"), box_obj([400.0, 300.0, 250.0])).expect("writable");
    let metres = run_with(&format!("Mesh(file: \"{}\")", path("metres.obj")), "");
    let scaled = run_with(&format!("Mesh(file: \"{}\", unit: Millimetre, scale: 1)", path("millimetres.obj")), "");
    assert!(balance_of(&metres.0).left >= 6, "{:?}", balance_of(&metres.0));
    assert_eq!(balance_of(&metres.0), balance_of(&scaled.0));
    let corners: Vec<String> =
        (0..8).map(|k| format!("({}, {}, {})", f64::from(k & 1) * 0.4, f64::from(k >> 1 & 1) * 0.3, f64::from(k >> 2) * 0.25)).collect();
    let hull = run_with(&format!("ConvexHull(points_m: [{}])", corners.join(", ")), "");
    assert_eq!(balance_of(&hull.0), balance_of(&metres.0), "the same as the hull of its corners");
    // The same again is the same to the bit.
    assert_eq!(metres.1, run_with(&format!("Mesh(file: \"{}\")", path("metres.obj")), "").1);
}

#[test]
fn a_machine_from_a_mesh_is_solid() {
    let folder = tempfile::tempdir().expect("a folder for files");
    let path = folder.path().join("wall.obj").to_string_lossy().into_owned();
    std::fs::write(&path, box_obj([0.1, 0.8, 0.3])).expect("writable");
    let wall = format!("\"wall\": Fixture(centre_m: (3, 0, 0.96), mesh: \"{path}\"),");
    let (events, _) = run_with("Box((0.4, 0.3, 0.25))", &wall);
    assert_eq!(balance_of(&events).left, 0, "nothing passes the wall");
    assert!(events.iter().any(|event| matches!(event.kind, EventKind::JamBegan { .. })), "and that is a jam");
    assert!(!events.iter().any(|event| matches!(event.kind, EventKind::Invalid { .. })));
}

/// The wedge of `scenes/meshes.ron` reaches to 0.1 m from the middle, and a housing to 0.135 m at least.
#[test]
fn a_wedge_from_a_mesh_leads_housings_to_the_other_side() {
    let path = repository_root().join("scenes/meshes.ron");
    let text = std::fs::read_to_string(&path).expect("a scene is readable");
    let reading = read(&path.to_string_lossy(), &text, &ReadOptions::default(), &|path| std::fs::read(path));
    let scene = std::sync::Arc::new(reading.scene.expect("a scene without an error"));
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 1, ..Default::default() });
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        simulation.run_until(simulation.settled() + linetwin_model::Time::from_seconds(0.5));
        for (_, motion) in simulation.motions() {
            let [x, y, _] = motion.position;
            match x {
                _ if x < 1.6 => before.push(y),
                _ if x > 3.4 => behind.push(y),
                _ => {}
            }
        }
    }
    assert!(before.len() > 10 && before.iter().all(|y| y.abs() < 0.005), "{before:?}");
    assert!(behind.len() > 10 && behind.iter().all(|y| *y > 0.02), "{behind:?}");
}

#[test]
fn every_file_of_a_scene_is_hashed_with_it() {
    let path = repository_root().join("scenes/meshes.ron");
    let text = std::fs::read_to_string(&path).expect("a scene is readable");
    let reading = read(&path.to_string_lossy(), &text, &ReadOptions::default(), &|path| std::fs::read(path));
    let names: Vec<&str> = reading.files.iter().map(|(name, _)| name.rsplit('/').next().unwrap_or(name)).collect();
    assert_eq!(names, ["housing.stl", "wedge.obj"]);
    let scene = reading.scene.expect("a scene without an error");
    let Shape::ConvexHull { points_m, .. } = &scene.part_types[0].variants[0].shape else { panic!("a hull") };
    assert_eq!(points_m.len(), 12, "a prism of six sides has twelve corners");
}
