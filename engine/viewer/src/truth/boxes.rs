//! What a picture shows, in numbers: the camera as matrices, and of each thing its boxes and how much of it is hidden. Conventions
//! are those of OpenCV: x right, y down, z along the view; pixel coordinates from the upper left corner.

use super::raster::Layers;
use super::things::{Instance, classes};
use crate::cameras::{Camera, Lens};
use linetwin_model::geometry::{Vec3, scale};
use linetwin_sim::view::{Place, Scenery};
use serde_json::{Value, json};

/// A box about a thing.
struct Box3d {
    /// Of its middle.
    place: Place,
    size_m: [f32; 3],
}

/// Camera, classes and instances. Of a part the box lies along its own axes, of all else along the world's.
pub fn describe(scenery: &Scenery, instances: &[Instance], layers: &Layers, camera: &Camera) -> Value {
    let classes = classes(instances);
    let visible = visible_boxes(layers, instances.len());
    let rows: Vec<Value> = instances
        .iter()
        .enumerate()
        .map(|(index, instance)| {
            let (unhidden_px, seen) = (layers.unhidden_px[index], &visible[index]);
            let class_id = classes.iter().position(|class| *class == instance.class).map_or(0, |at| at + 1);
            let mut row = json!({
                "id": index + 1,
                "name": instance.name,
                "class": instance.class,
                "class_id": class_id,
                "visible_px": seen.pixels,
                "occlusion": (unhidden_px > 0).then(|| 1.0 - seen.pixels as f64 / unhidden_px as f64),
                "box_2d_px": (seen.pixels > 0).then_some(seen.ends),
            });
            if let Some(around) = box_around(scenery, instance) {
                let corners = around.corners_m();
                let own = corners.map(|corner| camera.own(corner));
                let before = matches!(camera.lens, Lens::Parallel { .. }) || own.iter().all(|corner| corner[2] > 0.0);
                row["box_3d"] = json!({
                    "center_m": around.place.position_m,
                    "size_m": around.size_m,
                    "rotation_xyzw": around.place.rotation,
                    "corners_m": corners,
                    "corners_px": before.then(|| own.map(|corner| camera.pixel(corner, layers.size))),
                });
            }
            row
        })
        .collect();
    let named: Vec<Value> = classes.iter().enumerate().map(|(index, name)| json!({ "id": index + 1, "name": name })).collect();
    json!({ "camera": camera_json(camera, layers), "classes": named, "instances": rows })
}

/// Which class each instance is of, from 1, by instance.
pub fn class_numbers(instances: &[Instance]) -> Vec<u32> {
    let classes = classes(instances);
    instances.iter().map(|instance| classes.iter().position(|class| *class == instance.class).map_or(0, |at| at as u32 + 1)).collect()
}

struct Visible {
    pixels: u64,
    /// Left, upper, right, lower edge [px].
    ends: [u32; 4],
}

fn visible_boxes(layers: &Layers, count: usize) -> Vec<Visible> {
    let mut boxes: Vec<Visible> = (0..count).map(|_| Visible { pixels: 0, ends: [u32::MAX, u32::MAX, 0, 0] }).collect();
    let width = layers.size.width_px;
    for (at, &number) in layers.instance.iter().enumerate() {
        let Some(seen) = (number as usize).checked_sub(1).map(|index| &mut boxes[index]) else { continue };
        let (column, row) = (at as u32 % width, at as u32 / width);
        let [left, upper, right, lower] = seen.ends;
        seen.pixels += 1;
        seen.ends = [left.min(column), upper.min(row), right.max(column + 1), lower.max(row + 1)];
    }
    boxes
}

fn box_around(scenery: &Scenery, instance: &Instance) -> Option<Box3d> {
    let mut ends = [[f32::INFINITY; 3], [f32::NEG_INFINITY; 3]];
    let mut take = |point: [f32; 3]| {
        for axis in 0..3 {
            ends[0][axis] = ends[0][axis].min(point[axis]);
            ends[1][axis] = ends[1][axis].max(point[axis]);
        }
    };
    for drawn in &instance.meshes {
        // A part's meshes stand where it stands; its own axes are those of the box.
        let along = drawn.place == instance.place;
        for point in &scenery.meshes[drawn.mesh].points_m {
            let scaled = std::array::from_fn(|axis| point[axis] * drawn.scale[axis]);
            take(if along { scaled } else { drawn.place.point(scaled) });
        }
    }
    for (middle_m, radius_m) in &instance.balls {
        take(middle_m.map(|value| value - radius_m));
        take(middle_m.map(|value| value + radius_m));
    }
    let [low, high] = ends;
    if low[0] > high[0] {
        return None;
    }
    let middle: [f32; 3] = std::array::from_fn(|axis| (low[axis] + high[axis]) / 2.0);
    let place = Place { position_m: instance.place.point(middle), rotation: instance.place.rotation };
    Some(Box3d { place, size_m: std::array::from_fn(|axis| high[axis] - low[axis]) })
}

impl Box3d {
    /// x varies fastest, then y.
    fn corners_m(&self) -> [Vec3; 8] {
        std::array::from_fn(|which| {
            let own = std::array::from_fn(|axis| self.size_m[axis] * if which >> axis & 1 == 1 { 0.5 } else { -0.5 });
            self.place.point(own).map(f64::from)
        })
    }
}

fn camera_json(camera: &Camera, layers: &Layers) -> Value {
    let (width, height) = (f64::from(layers.size.width_px), f64::from(layers.size.height_px));
    let focal = camera.pixels_per_unit(layers.size);
    let (right, down, forward, eye) = (camera.right, scale(camera.up, -1.0), camera.forward, camera.eye_m);
    let row = |axis: usize| [right[axis], down[axis], forward[axis], eye[axis]];
    let mut told = json!({
        "name": camera.name,
        "width_px": layers.size.width_px,
        "height_px": layers.size.height_px,
        "camera_to_world": [row(0), row(1), row(2), [0.0, 0.0, 0.0, 1.0]],
    });
    match camera.lens {
        Lens::Perspective { .. } => {
            told["projection"] = json!("perspective");
            told["intrinsics_px"] = json!([[focal, 0.0, width / 2.0], [0.0, focal, height / 2.0], [0.0, 0.0, 1.0]]);
        }
        Lens::Parallel { .. } => {
            told["projection"] = json!("parallel");
            told["pixels_per_m"] = json!(focal);
        }
    }
    told
}
