//! What cameras of a scene promise: they look where it says, what they see lies where a pinhole puts it, and a line with them runs
//! to the same bytes as without.

use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, Vec3, dot, length, sub};
use linetwin_model::scene::{Camera, CameraKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{repository_root, scene_from};
use std::fs;

/// Of directions and places that f64 computed differently [m], [px].
const SAME: f64 = 1e-9;

fn shown() -> String {
    fs::read_to_string(repository_root().join("scenes/cameras.ron")).expect("a scene of the repository")
}

fn with_cameras(cameras: &str) -> Scene {
    let text = shown();
    let (before, rest) = text.split_once("cameras: {").expect("the scene has cameras");
    let (_, after) = rest.split_once("\n    },").expect("the list of cameras ends");
    (*scene_from(&format!("{before}cameras: {{ {cameras} }},{after}"))).clone()
}

fn camera<'a>(scene: &'a Scene, name: &str) -> &'a Camera {
    scene.cameras.iter().find(|camera| camera.name == name).expect("the scene has it")
}

fn assert_near(found: Vec3, expected: Vec3, what: &str) {
    assert!(length(sub(found, expected)) < SAME, "{what}: {found:?}, not {expected:?}");
}

#[test]
fn a_camera_looks_where_the_scene_says() {
    let scene = with_cameras(
        "\"east\": Camera(position_m: (0, 0, 1)), \"north\": Camera(position_m: (0, 0, 1), heading_deg: 90),
         \"down\": Camera(position_m: (0, 0, 3), pitch_deg: -90), \"rolled\": Camera(position_m: (0, 0, 1), roll_deg: 90),
         \"at\": Camera(position_m: (1, 2, 3), look_at_m: (4, 6, -2)), \"below\": Camera(position_m: (1, 2, 3), look_at_m: (1, 2, 0))",
    );
    let axes = |name: &str| camera(&scene, name).pose;
    assert_near(axes("east").forward, [1.0, 0.0, 0.0], "east looks along x");
    assert_near(axes("east").left, [0.0, 1.0, 0.0], "and has y on its left");
    assert_near(axes("north").forward, [0.0, 1.0, 0.0], "north looks along y");
    assert_near(axes("down").forward, [0.0, 0.0, -1.0], "straight down");
    assert_near(axes("down").up(), [1.0, 0.0, 0.0], "with its heading at the upper edge");
    assert_near(axes("rolled").up(), [0.0, -1.0, 0.0], "turned clockwise, its upper edge is where its right was");
    let Pose { position, forward, left } = axes("at");
    let way = sub([4.0, 6.0, -2.0], position);
    assert!((dot(forward, way) - length(way)).abs() < SAME && left[2].abs() < SAME, "it looks at the point, level");
    assert_near(axes("below").forward, axes("down").forward, "at what is below");
    assert_near(axes("below").up(), axes("down").up(), "as a camera that is pitched down does");
}

#[test]
fn what_it_sees_lies_where_a_pinhole_puts_it() {
    let scene = with_cameras("\"it\": Camera(position_m: (0, 0, 1), fov_deg: 90, size_px: (200, 100))");
    let it = camera(&scene, "it");
    assert!((it.focal_px() - 100.0).abs() < SAME);
    let assert_at = |point_m: Vec3, pixel: [f64; 2], depth_m: f64| {
        let (found, depth) = it.project(&it.pose, point_m);
        let off = (found[0] - pixel[0]).abs().max((found[1] - pixel[1]).abs()).max((depth - depth_m).abs());
        assert!(off < SAME, "{point_m:?} is at {found:?}, {depth} m");
    };
    assert_at([2.0, 0.0, 1.0], [100.0, 50.0], 2.0);
    assert_at([2.0, 2.0, 1.0], [0.0, 50.0], 2.0);
    assert_at([2.0, -1.0, 1.5], [150.0, 25.0], 2.0);
    assert!(it.project(&it.pose, [-1.0, 0.0, 1.0]).1 < 0.0, "behind it");
}

#[test]
fn one_on_a_platform_travels_with_it() {
    let scene = with_cameras("\"riding\": Camera(on: \"car\", position_m: (0.2, 0.1, 0.9), heading_deg: 90, pitch_deg: -90)");
    let riding = camera(&scene, "riding");
    let mount = riding.mount.expect("it is on the car");
    let middle = scene.carriage_middle(mount);
    let pose = riding.on(&middle);
    assert_near(pose.position, middle.shifted(0.2, 0.1, 0.9).position, "forward, left and up of the platform's middle");
    assert_near(pose.up(), middle.left, "with the platform's left at its upper edge");
    let elsewhere = middle.turned(1.0).shifted(3.0, 0.0, 0.0);
    assert_near(riding.on(&elsewhere).position, elsewhere.shifted(0.2, 0.1, 0.9).position, "wherever that is");
}

#[test]
fn what_is_not_said_is_usual() {
    let scene = with_cameras("\"it\": Camera(position_m: (0, 0, 1)), \"twice\": Camera(position_m: (0, 0, 1), sees: [Depth, Rgb, Depth])");
    let it = camera(&scene, "it");
    assert_eq!((it.size_px, it.range_m, it.rate_hz, it.mount), ([1280, 720], [0.05, 60.0], 10.0, None));
    assert_eq!(it.sees, [CameraKind::Rgb]);
    assert_eq!(camera(&scene, "twice").sees, [CameraKind::Depth, CameraKind::Rgb], "each once, in order");
}

#[test]
fn a_line_runs_to_the_same_bytes_with_cameras_and_without() {
    let hash = |scene: Scene| {
        let mut simulation = Simulation::new(scene.into(), SimulationOptions { threads: 1, ..Default::default() });
        (0..600).for_each(|_| simulation.step());
        (simulation.state_hash(), simulation.take_events().len())
    };
    let seen = hash((*scene_from(&shown())).clone());
    assert!(seen.1 > 0, "something happened");
    assert_eq!(seen, hash(with_cameras("")));
}
