//! What holds a line up: legs of conveyors and beds, columns of spirals and lifts, stands of bulk machines. Where another conveyor passes below, a
//! leg moves aside, or is left out.

use super::beds::{FRAME_M, FRAME_OFF_M};
use super::mesh::Axis;
use super::role::Role;
use super::stage::Stage;
use crate::port::Seen;
use linetwin_model::geometry::{Pose, Segment, Vec3};
use linetwin_model::scene::{CarriageWay, Conveyor, ConveyorId, ElementId};

/// Side of a leg, of its foot and the foot's thickness [m].
const LEG_M: f64 = 0.04;
const FOOT_M: [f64; 3] = [0.1, 0.1, 0.01];
/// The longest way between two pairs of legs [m].
const APART_M: f64 = 2.0;
/// From an end to the first pair [m].
const INSET_M: f64 = 0.3;
/// Legs end so far below the carrying surface; lower surfaces have none [m].
const BELOW_M: f64 = 0.12;
const LOWEST_M: f64 = 0.2;
/// Where a leg is tried when something passes at its place [m].
const ASIDE_M: [f64; 5] = [0.0, 0.3, -0.3, 0.6, -0.6];
/// Paths are looked at in steps of this [m].
const LOOK_M: f64 = 0.1;
/// What is clear between a leg and a conveyor that passes below [m].
const CLEAR_M: f64 = 0.06;

pub fn add(stage: &mut Stage<'_>) {
    let scene = stage.scene;
    for (index, conveyor) in scene.conveyors.iter().enumerate() {
        let id = ConveyorId::from_index(index);
        if let Some(carriage) = scene.carriage_of(id) {
            below_carriage(stage, conveyor, scene.carriage(carriage).way, scene.carriage(carriage).furthest());
        } else if let Some(lift) = scene.lift_of(id) {
            mast(stage, conveyor, scene.lift(lift).rise_m, scene.lift(lift).covered_m());
        } else {
            legs(stage, conveyor);
            columns(stage, conveyor);
        }
    }
}

fn legs(stage: &mut Stage<'_>, conveyor: &Conveyor) {
    let path = &conveyor.path;
    let mut before_m = 0.0;
    for segment in &path.segments {
        let long_m = segment.length();
        if !matches!(segment, Segment::Helix { .. }) {
            let inset_m = INSET_M.min(long_m / 4.0);
            let gaps = ((long_m - 2.0 * inset_m) / APART_M).ceil().max(1.0);
            // Short pieces stand on one pair, unless nothing else holds them.
            let pairs = if long_m < 0.5 && path.segments.len() > 1 { 0 } else { gaps as u32 + 1 };
            for pair in 0..pairs {
                let along_m = inset_m + (long_m - 2.0 * inset_m) * f64::from(pair) / gaps;
                let clear = ASIDE_M.iter().map(|aside| (along_m + aside).clamp(0.02, long_m - 0.02));
                let free = clear.map(|along_m| before_m + along_m).find(|along_m| is_free(stage, conveyor, *along_m));
                if let Some(at) = free.map(|along_m| path.pose_at(along_m)) {
                    pair_of_legs(stage, conveyor.element, &at, conveyor.width_m / 2.0 + FRAME_OFF_M + FRAME_M / 2.0, BELOW_M);
                }
            }
        }
        before_m += long_m;
    }
}

/// Nothing passes below where a pair of legs would stand, not even a lower turn of the same conveyor.
fn is_free(stage: &Stage<'_>, own: &Conveyor, along_m: f64) -> bool {
    let at = own.path.pose_at(along_m);
    let half_m = own.width_m / 2.0 + FRAME_OFF_M + FRAME_M / 2.0;
    let feet = [-half_m, half_m].map(|left_m| at.shifted(0.0, left_m, 0.0).position);
    stage.scene.conveyors.iter().all(|other| {
        let reach_m = other.width_m / 2.0 + FRAME_OFF_M + FRAME_M + CLEAR_M;
        let looks = (other.path.length() / LOOK_M).ceil() as u32;
        (0..=looks).all(|look| {
            let there_m = f64::from(look) / f64::from(looks) * other.path.length();
            // The slope that it carries is no obstacle.
            if other.element == own.element && (there_m - along_m).abs() < 2.0 * reach_m {
                return true;
            }
            let [x, y, z] = other.path.pose_at(there_m).position;
            let below = z < at.position[2] - BELOW_M - 0.1;
            !below || feet.iter().all(|foot| libm::hypot(foot[0] - x, foot[1] - y) > reach_m)
        })
    })
}

/// Two legs and what joins them, `half_m` to both sides, up to `below_m` below a pose.
pub fn pair_of_legs(stage: &mut Stage<'_>, element: ElementId, at: &Pose, half_m: f64, below_m: f64) {
    let (owner, floor_m, half_m) = (Seen::Element(element), stage.scene.physics.floor_z_m, half_m.max(LEG_M));
    let level = Pose::new(at.position, at.heading(), 0.0);
    let high_m = at.position[2] - below_m - floor_m;
    if high_m < LOWEST_M - BELOW_M {
        return;
    }
    for left_m in [-half_m, half_m] {
        let mut foot = level.shifted(0.0, left_m, 0.0);
        foot.position[2] = floor_m + high_m / 2.0;
        stage.block(owner, Role::Leg, &foot, [LEG_M, LEG_M, high_m]);
        foot.position[2] = floor_m + FOOT_M[2] / 2.0;
        stage.block(owner, Role::Leg, &foot, FOOT_M);
    }
    let mut beam = level;
    beam.position[2] = floor_m + high_m * 0.4;
    stage.block(owner, Role::Leg, &beam, [LEG_M * 0.8, 2.0 * half_m - LEG_M, LEG_M * 0.8]);
}

/// A column in the middle of each helix, with arms to its turns.
fn columns(stage: &mut Stage<'_>, conveyor: &Conveyor) {
    let (owner, floor_m) = (Seen::Element(conveyor.element), stage.scene.physics.floor_z_m);
    let mut tops: Vec<(Vec3, f64)> = Vec::new();
    for segment in &conveyor.path.segments {
        let Segment::Helix { start, radius_m, angle, .. } = *segment else { continue };
        let axis = start.shifted(0.0, radius_m * angle.signum(), 0.0).position;
        let inner_m = radius_m - conveyor.width_m / 2.0;
        for share in [0.25, 0.75] {
            let at = segment.pose_at(segment.length() * share);
            let outwards = Pose::new([axis[0], axis[1], at.position[2] - BELOW_M], at.heading(), 0.0);
            let middle = outwards.shifted(0.0, -(inner_m / 2.0 + conveyor.width_m / 4.0) * angle.signum(), 0.0);
            stage.block(owner, Role::Leg, &middle, [LEG_M, inner_m + conveyor.width_m / 2.0, LEG_M]);
            let top_m = at.position[2];
            match tops.iter_mut().find(|(known, _)| (known[0] - axis[0]).abs() + (known[1] - axis[1]).abs() < 1e-3) {
                Some((_, highest_m)) => *highest_m = highest_m.max(top_m),
                None => tops.push((axis, top_m)),
            }
        }
    }
    for (axis, top_m) in tops {
        let high_m = top_m - floor_m;
        let middle = Pose::new([axis[0], axis[1], floor_m + high_m / 2.0], 0.0, 0.0);
        stage.cylinder(owner, Role::Leg, &middle, (0.08, high_m, Axis::Z));
    }
}

fn below_carriage(stage: &mut Stage<'_>, conveyor: &Conveyor, way: CarriageWay, furthest: f64) {
    let (owner, floor_m) = (Seen::Element(conveyor.element), stage.scene.physics.floor_z_m);
    let middle = conveyor.path.pose_at(conveyor.path.length() / 2.0);
    match way {
        CarriageWay::Up => mast(stage, conveyor, furthest, conveyor.path.length()),
        CarriageWay::About => {
            let high_m = middle.position[2] - 0.1 - floor_m;
            if high_m > 0.02 {
                let at = Pose::new([middle.position[0], middle.position[1], floor_m + high_m / 2.0], 0.0, 0.0);
                stage.cylinder(owner, Role::Leg, &at, (0.5 * conveyor.width_m.min(0.5), high_m, Axis::Z));
            }
        }
        CarriageWay::Swing { arm_m } => {
            let pivot = middle.shifted(-arm_m, 0.0, 0.0).position;
            let high_m = pivot[2] - 0.1 - floor_m;
            if high_m > 0.02 {
                let at = Pose::new([pivot[0], pivot[1], floor_m + high_m / 2.0], 0.0, 0.0);
                stage.cylinder(owner, Role::Leg, &at, (0.06, high_m, Axis::Z));
            }
        }
        // It runs on rails.
        CarriageWay::Left => {}
    }
}

/// Four columns around what goes up or down, from the floor to above its highest level.
fn mast(stage: &mut Stage<'_>, conveyor: &Conveyor, rise_m: f64, length_m: f64) {
    let (owner, floor_m) = (Seen::Element(conveyor.element), stage.scene.physics.floor_z_m);
    let start = conveyor.path.start();
    let top_m = start.position[2] + rise_m.max(0.0) + 0.4;
    let half_m = conveyor.width_m / 2.0 + 0.12;
    for along_m in [0.0, length_m] {
        for left_m in [-half_m, half_m] {
            let mut at = start.shifted(along_m, left_m, 0.0);
            at.position[2] = f64::midpoint(floor_m, top_m);
            stage.block(owner, Role::Frame, &at, [0.06, 0.06, top_m - floor_m]);
        }
        let mut beam = start.shifted(along_m, 0.0, 0.0);
        beam.position[2] = top_m - 0.03;
        stage.block(owner, Role::Frame, &beam, [0.06, 2.0 * half_m - 0.06, 0.06]);
    }
    for left_m in [-half_m, half_m] {
        let mut beam = start.shifted(length_m / 2.0, left_m, 0.0);
        beam.position[2] = top_m - 0.03;
        stage.block(owner, Role::Frame, &beam, [length_m - 0.06, 0.06, 0.06]);
    }
}
