//! Layers against what geometry says.

use super::boxes::describe;
use super::raster::{Layers, draw};
use super::things::Instance;
use crate::arguments::Size;
use crate::cameras::{Camera, Lens, RANGE_M};
use crate::drawing::{Drawn, Thing};
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use linetwin_model::scene::ElementId;
use linetwin_sim::parts::PartId;
use linetwin_sim::view::{Mesh, Place, Scenery};

const SIZE: Size = Size { width_px: 320, height_px: 180 };
/// Height of the picture at unit distance: 160 pixels per metre one metre away.
const HEIGHT: f64 = 1.125;

/// At `eye_m`, looking at `at_m`, upright.
fn camera(eye_m: Vec3, at_m: Vec3, lens: Lens) -> Camera {
    let unit = |v: Vec3| scale(v, 1.0 / length(v));
    let forward = unit(sub(at_m, eye_m));
    let right = unit(cross(forward, [0.0, 0.0, 1.0]));
    Camera { name: "test".to_string(), eye_m, right, up: cross(right, forward), forward, lens, range_m: RANGE_M }
}

/// A cube of 1 m about the origin, each face with corners of its own.
fn cube() -> Mesh {
    let mut mesh = Mesh::default();
    for axis in 0..3 {
        for side in [-0.5_f32, 0.5] {
            let corner = |u: f32, v: f32| {
                let mut point = [0.0; 3];
                (point[axis], point[(axis + 1) % 3], point[(axis + 2) % 3]) = (side, u * side.signum(), v);
                point
            };
            let first = mesh.points_m.len() as u32;
            let mut normal = [0.0; 3];
            normal[axis] = side.signum();
            mesh.points_m.extend([corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)]);
            mesh.normals.extend([normal; 4]);
            mesh.uv_m.extend([[0.0; 2]; 4]);
            mesh.triangles.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
        }
    }
    mesh
}

fn block(name: &str, at_m: [f32; 3], size_m: [f32; 3], rotation: [f32; 4]) -> Instance {
    let place = Place { position_m: at_m, rotation };
    let id = PartId { source: ElementId::from_index(0), serial: 0 };
    Instance {
        name: name.to_string(),
        class: "block".to_string(),
        place,
        meshes: vec![Drawn { thing: Thing::Part(id), mesh: 0, place, scale: size_m }],
        balls: Vec::new(),
    }
}

fn picture(instances: &[Instance], camera: &Camera) -> (Scenery, Layers) {
    let scenery = Scenery { meshes: vec![cube()], ..Scenery::default() };
    let layers = draw(&scenery, instances, camera, SIZE);
    (scenery, layers)
}

const STRAIGHT: [f32; 4] = [0.0, 0.0, 0.0, 1.0];

#[test]
fn a_face_square_to_the_view_has_its_depth_its_pixels_and_its_corners() {
    let camera = camera([-3.0, 0.0, 1.0], [0.0, 0.0, 1.0], Lens::Perspective { height: HEIGHT });
    let instances = [block("box", [0.25, 0.0, 1.0], [0.5, 1.0, 0.8], STRAIGHT)];
    let (scenery, layers) = picture(&instances, &camera);
    // The face is 3 m away, 1 m wide and 0.8 m high: 160 / 3 pixels a metre. It takes columns 133.3 to 186.7, rows 68.7 to 111.3.
    for row in 0..180_usize {
        for column in 0..320_usize {
            let at = row * 320 + column;
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let inside = (x - 160.0).abs() < 0.5 * 160.0 / 3.0 && (y - 90.0).abs() < 0.4 * 160.0 / 3.0;
            assert_eq!(layers.instance[at], u32::from(inside), "{column} {row}");
            if inside {
                assert!((layers.depth_m[at] - 3.0).abs() < 1e-9, "{}", layers.depth_m[at]);
                assert_eq!(layers.normal[at], [-1.0, 0.0, 0.0]);
            } else {
                assert!(layers.depth_m[at].is_infinite());
            }
        }
    }
    let told = describe(&scenery, &instances, &layers, &camera);
    let row = &told["instances"][0];
    assert_eq!(row["visible_px"], 54 * 42);
    assert_eq!(row["occlusion"], 0.0);
    assert_eq!(row["box_2d_px"], serde_json::json!([133, 69, 187, 111]));
    // A corner of the far side: 3.5 m away, 0.5 m to the left of the view and 0.4 m below it.
    let corner = row["box_3d"]["corners_px"][3].as_array().expect("two numbers");
    let expected = [160.0 - 0.5 * 160.0 / 3.5, 90.0 + 0.4 * 160.0 / 3.5];
    for (found, expected) in corner.iter().zip(expected) {
        assert!((found.as_f64().expect("a number") - expected).abs() < 1e-4, "{found}, not {expected}");
    }
    assert_eq!(told["camera"]["intrinsics_px"][0][0], 160.0);
}

/// Where a ray enters a box about the origin: by its three pairs of faces.
fn enters(origin: Vec3, direction: Vec3, half_m: Vec3) -> Option<f64> {
    let (mut first, mut last) = (f64::NEG_INFINITY, f64::INFINITY);
    for axis in 0..3 {
        let ends = [-half_m[axis], half_m[axis]].map(|end| (end - origin[axis]) / direction[axis]);
        first = first.max(ends[0].min(ends[1]));
        last = last.min(ends[0].max(ends[1]));
    }
    (first < last && first > 0.0).then_some(first)
}

#[test]
fn a_turned_box_and_a_ball_are_where_rays_meet_them() {
    let half_turn = 0.35_f64;
    let (sin, cos) = half_turn.sin_cos();
    let (axis, at_m, size_m) = ([0.6, 0.0, 0.8], [0.3, -0.2, 0.9], [0.7, 0.4, 0.5]);
    let rotation = [axis[0] * sin, axis[1] * sin, axis[2] * sin, cos].map(|value: f64| value as f32);
    let mut instances = vec![block("box", at_m, size_m, rotation)];
    let ball = ([0.1_f32, 0.9, 0.8], 0.35_f32);
    instances.push(Instance { meshes: Vec::new(), balls: vec![ball], ..block("ball", [0.0; 3], [1.0; 3], STRAIGHT) });
    for lens in [Lens::Perspective { height: HEIGHT }, Lens::Parallel { height_m: 2.4 }] {
        let camera = camera([-1.9, -1.1, 2.0], [0.2, 0.2, 0.8], lens);
        let (_, layers) = picture(&instances, &camera);
        let back = Place { position_m: [0.0; 3], rotation: [-rotation[0], -rotation[1], -rotation[2], rotation[3]] };
        let (mut hits, mut unclear) = ([0, 0], 0);
        for at in 0..layers.depth_m.len() {
            let pixel = [(at % 320) as f64 + 0.5, (at / 320) as f64 + 0.5];
            let (origin, direction) = camera.ray(pixel, SIZE);
            let world = |own: Vec3| add(add(scale(camera.right, own[0]), scale(camera.up, own[1])), scale(camera.forward, own[2]));
            let (origin, direction) = (add(camera.eye_m, world(origin)), world(direction));
            let turned = |v: Vec3| back.turned(v.map(|value| value as f32)).map(f64::from);
            let half_m = size_m.map(|size| f64::from(size) / 2.0);
            let by_box = enters(turned(sub(origin, at_m.map(f64::from))), turned(direction), half_m);
            let from = sub(origin, ball.0.map(f64::from));
            let (a, b) = (dot(direction, direction), dot(from, direction));
            let under = b * b - a * (dot(from, from) - f64::from(ball.1).powi(2));
            let by_ball = (under >= 0.0).then(|| (-b - under.sqrt()) / a);
            let nearest = [by_box, by_ball].into_iter().flatten().fold(f64::INFINITY, f64::min);
            let number = if nearest.is_infinite() {
                0
            } else if by_box == Some(nearest) {
                1
            } else {
                2
            };
            if layers.instance[at] != number {
                // The rays here are turned in f32: at an edge they may see otherwise.
                unclear += 1;
                continue;
            }
            if number > 0 {
                hits[number as usize - 1] += 1;
                assert!((layers.depth_m[at] - nearest).abs() < 1e-4, "{} m, not {nearest} m", layers.depth_m[at]);
            }
        }
        assert!(hits[0] > 1000 && hits[1] > 1000, "{hits:?} pixels seen with {lens:?}");
        assert!(unclear < 12, "{unclear} pixels differ with {lens:?}");
    }
}

#[test]
fn what_stands_before_hides_and_the_hidden_share_is_told() {
    let camera = camera([-4.0, 0.0, 0.0], [0.0, 0.0, 0.0], Lens::Parallel { height_m: 3.6 });
    // The nearer one hides the left half of the farther one.
    let instances = [block("far", [1.0, 0.0, 0.0], [1.0, 2.0, 1.0], STRAIGHT), block("near", [-1.0, 0.5, 0.0], [1.0, 1.0, 1.0], STRAIGHT)];
    let (scenery, layers) = picture(&instances, &camera);
    assert_eq!(layers.unhidden_px, [100 * 50, 50 * 50]);
    let told = describe(&scenery, &instances, &layers, &camera);
    assert_eq!(told["instances"][0]["occlusion"], 0.5);
    assert_eq!(told["instances"][0]["box_2d_px"], serde_json::json!([160, 65, 210, 115]));
    assert_eq!(told["instances"][1]["occlusion"], 0.0);
    assert_eq!(told["classes"], serde_json::json!([{ "id": 1, "name": "block" }]));
}

#[test]
fn a_floor_that_goes_on_behind_the_eye_is_cut_and_stays_flat() {
    let camera = camera([0.0, 0.0, 1.5], [4.0, 0.0, 1.5], Lens::Perspective { height: HEIGHT });
    let instances = [block("floor", [0.0, 0.0, -0.05], [400.0, 400.0, 0.1], STRAIGHT)];
    let (_, layers) = picture(&instances, &camera);
    for row in 95..180_usize {
        // A ray this far below the horizon meets the floor at 1.5 m below the eye.
        let expected_m = 1.5 * 160.0 / (row as f64 + 0.5 - 90.0);
        if expected_m < 199.0 {
            for column in [0, 160, 319] {
                let found_m = layers.depth_m[row * 320 + column];
                assert!((found_m - expected_m).abs() < 1e-6, "{found_m} m, not {expected_m} m in row {row}");
            }
        }
    }
    assert!(layers.instance[..89 * 320].iter().all(|number| *number == 0), "there is nothing above the horizon");
}
