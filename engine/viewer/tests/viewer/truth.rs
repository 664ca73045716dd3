//! Layers of a real line agree with each other, with the picture, and with where physics has put the parts.

use crate::program::{Png, assert_rendered, json, scene};
use serde_json::Value;

const VIEW: [&str; 6] = ["--at", "8s", "--size", "480x270", "--camera", "overview"];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn layer(kind: &str, ending: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("layer").with_extension(ending);
    assert_rendered(&scene("belt.ron"), &[&VIEW[..], &["--kind", kind]].concat(), &out);
    (folder, out)
}

#[test]
fn boxes_are_about_what_is_seen() {
    let (_folder, out) = layer("instances", "png");
    let (image, told) = (Png::read(&out), json(&out.with_extension("json")));
    let (values, width) = (image.values(), image.width);
    let parts: Vec<&Value> = told["instances"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["name"].as_str().is_some_and(|name| name.contains('#')))
        .collect();
    assert!(!parts.is_empty(), "there are parts");
    for row in parts {
        let id = row["id"].as_u64().expect("a number") as u16;
        let seen: Vec<(usize, usize)> = (0..values.len()).filter(|at| values[*at] == id).map(|at| (at % width, at / width)).collect();
        assert_eq!(row["visible_px"], seen.len(), "{}", row["name"]);
        if row["occlusion"] != 0.0 {
            continue;
        }
        // The corners of a box enclose the box: what is seen of it ends within a pixel of the outermost.
        let corners: Vec<Vec<f64>> = row["box_3d"]["corners_px"].as_array().expect("a list").iter().map(numbers).collect();
        for axis in 0..2 {
            let pixel = |at: &(usize, usize)| [at.0, at.1][axis] as f64;
            let low = seen.iter().map(pixel).fold(f64::INFINITY, f64::min);
            let high = seen.iter().map(pixel).fold(0.0, f64::max) + 1.0;
            let ends = corners.iter().map(|corner| corner[axis]);
            let (first, last) = (ends.clone().fold(f64::INFINITY, f64::min), ends.fold(0.0, f64::max));
            assert!((low - first).abs() <= 1.0 && (high - last).abs() <= 1.0, "{}: {low}..{high}, not {first}..{last}", row["name"]);
        }
    }
}

#[test]
fn depth_is_that_of_the_surface_to_a_millimetre() {
    let (_folder, out) = layer("depth", "png");
    let (_other, exact) = layer("depth", "npy");
    let (_boxes, boxes) = layer("boxes", "json");
    let (image, told) = (Png::read(&out), json(&boxes));
    let bytes = std::fs::read(&exact).expect("it was written");
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(bytes.starts_with(b"\x93NUMPY") && header % 64 == 0);
    assert!(String::from_utf8_lossy(&bytes[10..header]).contains("(270, 480)"));
    let metres: Vec<f32> = bytes[header..].chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    assert_eq!(metres.len(), 480 * 270);
    for (millimetres, metres) in image.values().iter().zip(&metres) {
        let expected = if metres.is_infinite() { 0.0 } else { f64::from(*metres) * 1000.0 };
        assert!((f64::from(*millimetres) - expected).abs() <= 0.501, "{millimetres} mm, {metres} m");
    }
    // The middle of a part's upper face, seen from above, is as far as its corners say.
    let pose: Vec<Vec<f64>> = told["camera"]["camera_to_world"].as_array().expect("rows").iter().map(numbers).collect();
    let focal = told["camera"]["intrinsics_px"][0][0].as_f64().expect("a number");
    let mut looked_at = 0;
    for row in told["instances"].as_array().expect("a list") {
        if !row["name"].as_str().is_some_and(|name| name.contains('#')) || row["occlusion"] != 0.0 {
            continue;
        }
        let corners: Vec<Vec<f64>> = row["box_3d"]["corners_m"].as_array().expect("a list").iter().map(numbers).collect();
        let top: Vec<f64> = (0..3).map(|axis| corners[4..].iter().map(|corner| corner[axis]).sum::<f64>() / 4.0).collect();
        let own = |k: usize| (0..3).map(|axis| pose[axis][k] * (top[axis] - pose[axis][3])).sum::<f64>();
        let (x, y, z) = (own(0), own(1), own(2));
        let (column, line) = (240.0 + focal * x / z, 135.0 + focal * y / z);
        // The pixel's middle lies up to half a pixel beside, on a face that is seen aslant.
        let slant_m = z / focal;
        let found = f64::from(metres[line as usize * 480 + column as usize]);
        assert!((found - z).abs() < slant_m, "{}: {found} m, not {z} m", row["name"]);
        looked_at += 1;
    }
    assert!(looked_at > 0, "there are parts in full view");
}

#[test]
fn the_picture_shows_parts_where_the_layers_say() {
    let (_folder, out) = layer("instances", "png");
    let (_picture, picture) = layer("rgb", "png");
    let (values, told, picture) = (Png::read(&out).values(), json(&out.with_extension("json")), Png::read(&picture));
    let is_part: Vec<bool> = std::iter::once(false)
        .chain(told["instances"].as_array().expect("a list").iter().map(|row| row["name"].as_str().is_some_and(|name| name.contains('#'))))
        .collect();
    // Parts of this scene are orange: much more red than blue, as nothing else is.
    let (mut agree, mut only_layers, mut only_picture) = (0, 0, 0);
    for (at, pixel) in picture.bytes.chunks_exact(3).enumerate() {
        match (is_part[usize::from(values[at])], pixel[0] > pixel[2].saturating_add(60)) {
            (true, true) => agree += 1,
            (true, false) => only_layers += 1,
            (false, true) => only_picture += 1,
            (false, false) => {}
        }
    }
    // Labels are white, and edges are smoothed.
    assert!(agree > 100 && only_layers < agree / 3 && only_picture < agree / 5, "{agree} agree, {only_layers} and {only_picture} do not");
}

#[test]
fn layers_are_the_same_bytes_every_time_and_classes_group_instances() {
    let (_folder, first) = layer("classes", "png");
    let (_again, second) = layer("classes", "png");
    for ending in ["png", "json"] {
        let read = |path: &std::path::Path| std::fs::read(path.with_extension(ending)).expect("it was written");
        assert_eq!(read(&first), read(&second), "{ending}");
    }
    let told = json(&first.with_extension("json"));
    let known = told["classes"].as_array().expect("a list").len() as u16;
    let values = Png::read(&first).values();
    assert!(values.iter().all(|value| *value <= known));
    for row in told["instances"].as_array().expect("a list") {
        assert!((1..=u64::from(known)).contains(&row["class_id"].as_u64().expect("a number")), "{row}");
    }
}

#[test]
fn a_scene_s_own_camera_is_where_the_scene_says_and_rides_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |camera: &str, at: &str| {
        let out = folder.path().join(format!("{camera}-{at}.json"));
        assert_rendered(&scene("cameras.ron"), &["--camera", camera, "--at", at, "--kind", "boxes"], &out);
        json(&out)["camera"].clone()
    };
    let eye = |camera: &Value| (0..3).map(|row| camera["camera_to_world"][row][3].as_f64().expect("a number")).collect::<Vec<_>>();
    let above = told("above", "1s");
    assert_eq!((&above["width_px"], &above["height_px"]), (&Value::from(640), &Value::from(640)), "its own size");
    assert!(eye(&above).iter().zip([2.4, 0.0, 3.2]).all(|(found, said)| (found - said).abs() < 1e-6), "{above}");
    // Straight down, and 50 degrees across 640 pixels.
    assert!((above["camera_to_world"][2][2].as_f64().expect("a number") + 1.0).abs() < 1e-6, "{above}");
    let focal = above["intrinsics_px"][0][0].as_f64().expect("a number");
    assert!((focal - 320.0 / 25_f64.to_radians().tan()).abs() < 1e-3, "{focal}");
    // The transfer car that carries this one goes across by 1.2 m.
    let ways: Vec<Vec<f64>> = ["1s", "29s", "30s"].iter().map(|at| eye(&told("riding", at))).collect();
    let farthest = ways.iter().map(|at| (0..3).map(|k| (at[k] - ways[0][k]).powi(2)).sum::<f64>().sqrt()).fold(0.0, f64::max);
    assert!((1.19..1.21).contains(&farthest), "it went {farthest} m");
}
