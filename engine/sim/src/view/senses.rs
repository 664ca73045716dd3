//! What sees: photo-eyes with reflector and beam, light grids, arches of scanners and antennas, lidars, encoders.

use super::machines::drive_at;
use super::mesh::Axis;
use super::role::Role;
use super::stage::Stage;
use crate::port::Seen;
use linetwin_model::geometry::Pose;
use linetwin_model::scene::{ElementId, ElementKind, EyeId, SpotId};

/// From a surface's edge to the middle of what looks across it [m]: outside rails and side frames.
const BESIDE_M: f64 = 0.07;
const BEAM_RADIUS_M: f64 = 0.003;
const ARCH_M: f64 = 0.04;

pub fn add(stage: &mut Stage<'_>) {
    let scene = stage.scene;
    for (index, eye) in scene.eyes.iter().enumerate() {
        if let Some(beam) = &eye.beam {
            let host = scene.conveyor(beam.host);
            let at = host.path.pose_at(beam.at_m).shifted(0.0, 0.0, beam.height_m);
            barrier(stage, eye.element, &at, host.width_m, &[0.0], Some(EyeId::from_index(index)));
        }
    }
    for id in scene.element_ids() {
        let owner = Seen::Element(id);
        match &scene.element(id).kind {
            ElementKind::Counter(counter) => {
                let (at, width_m) = middle_of(stage, counter.spot);
                barrier(stage, id, &at.shifted(0.0, 0.0, 0.05), width_m, &[0.0], None);
            }
            ElementKind::LightGrid(grid) => {
                let (at, width_m) = middle_of(stage, grid.spot);
                let heights: Vec<f64> = (1..=12).map(|beam| f64::from(beam) * 0.04).collect();
                barrier(stage, id, &at, width_m, &heights, None);
            }
            ElementKind::Scanner(scanner) => arch(stage, id, scanner.spot, [0.1, 0.14, 0.1], true),
            ElementKind::TagReader(reader) => arch(stage, id, reader.spot, [0.3, 0.3, 0.03], false),
            ElementKind::Router(router) => arch(stage, id, router.spot, [0.08, 0.08, 0.06], true),
            ElementKind::Encoder(encoder) => {
                let host = scene.conveyor(encoder.host);
                let radius_m = 0.05;
                let at = host.path.pose_at(encoder.at_m).shifted(0.0, host.width_m / 2.0 + 0.055, -radius_m - 0.005);
                let role = Role::Roller { drive: drive_at(stage, encoder.host, encoder.at_m), radius_m: radius_m as f32 };
                stage.cylinder(owner, role, &at, (radius_m, 0.02, Axis::Y));
                stage.block(owner, Role::Sensor, &at.shifted(0.0, 0.04, 0.0), [0.05, 0.05, 0.05]);
            }
            ElementKind::Lidar(lidar) => {
                stage.cylinder(owner, Role::Sensor, &lidar.pose.shifted(0.0, 0.0, 0.0), (0.045, 0.07, Axis::Z));
                stage.block(owner, Role::Sensor, &lidar.pose.shifted(0.0, 0.0, -0.05), [0.1, 0.1, 0.03]);
            }
            _ => {}
        }
    }
}

/// The middle of a spot on its host's surface, and the host's width [m].
fn middle_of(stage: &Stage<'_>, spot: SpotId) -> (Pose, f64) {
    let row = stage.scene.spot(spot);
    let host = stage.scene.conveyor(row.host);
    (host.path.pose_at(row.at_m), host.width_m)
}

/// Light across a conveyor at heights above `at` [m]: sender on the left, reflector on the right.
fn barrier(stage: &mut Stage<'_>, id: ElementId, at: &Pose, width_m: f64, heights_m: &[f64], eye: Option<EyeId>) {
    let (owner, aside_m) = (Seen::Element(id), width_m / 2.0 + BESIDE_M);
    let [low_m, high_m] = [heights_m[0], heights_m[heights_m.len() - 1]];
    let (middle_m, tall_m) = (f64::midpoint(low_m, high_m), high_m - low_m + 0.045);
    stage.block(owner, Role::EyeHousing, &at.shifted(0.0, aside_m, middle_m), [0.02, 0.04, tall_m]);
    stage.block(owner, Role::Reflector, &at.shifted(0.0, -aside_m, middle_m), [0.045, 0.008, tall_m]);
    // A bracket down to the side frame.
    for left_m in [aside_m + 0.024, -aside_m - 0.008] {
        let down_m = low_m + 0.12;
        stage.block(owner, Role::Frame, &at.shifted(0.0, left_m, low_m - down_m / 2.0), [0.03, 0.005, down_m]);
    }
    for height_m in heights_m {
        let beam = (BEAM_RADIUS_M, 2.0 * aside_m - 0.05, Axis::Y);
        stage.cylinder(owner, Role::Beam { eye }, &at.shifted(0.0, 0.0, *height_m), beam);
    }
}

/// An arch over the line with a device that looks down.
fn arch(stage: &mut Stage<'_>, id: ElementId, spot: SpotId, head_m: [f64; 3], looks: bool) {
    let (at, width_m) = middle_of(stage, spot);
    let (owner, half_m) = (Seen::Element(id), width_m / 2.0 + BESIDE_M + 0.02);
    let clear_m = super::machines::tallest_m(stage, id) + 0.25;
    for left_m in [-half_m, half_m] {
        let high_m = clear_m + 0.12;
        stage.block(owner, Role::Frame, &at.shifted(0.0, left_m, clear_m - high_m / 2.0), [ARCH_M, ARCH_M, high_m]);
    }
    stage.block(owner, Role::Frame, &at.shifted(0.0, 0.0, clear_m + ARCH_M / 2.0), [ARCH_M, 2.0 * half_m + ARCH_M, ARCH_M]);
    stage.block(owner, Role::Sensor, &at.shifted(0.0, 0.0, clear_m - head_m[2] / 2.0), head_m);
    if looks {
        let long_m = clear_m - head_m[2];
        stage.cylinder(owner, Role::Beam { eye: None }, &at.shifted(0.0, 0.0, long_m / 2.0), (BEAM_RADIUS_M, long_m, Axis::Z));
    }
}
