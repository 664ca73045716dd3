//! What carries parts: belts with their bodies and pulleys, rollers, strands, chutes, side frames, carriers' tracks. Speeds are
//! nobody's business here: items name the drive that moves them.

use super::mesh::{Axis, Mesh, section};
use super::place::Place;
use super::role::Role;
use super::stage::{At, Stage};
use crate::port::{Installed, Owner, Seen};
use linetwin_model::geometry::{Path, Pose, Segment, dot, length, sub};
use linetwin_model::joint::end_cut;
use linetwin_model::scene::{
    CarriageWay, Carrying, Conveyor, ConveyorId, DiverterDevice, DriveId, ElementId, ElementKind, LIFT_PLATFORM_M, SorterCarriers,
};

/// A belt is so thick, and its body reaches so far below the surface [m].
const BELT_M: f64 = 0.004;
const BODY_M: f64 = 0.1;
/// Pulleys at both ends of a belt [m].
const PULLEY_RADIUS_M: f64 = 0.045;
/// Driven rollers, and the distance between them [m].
const ROLLER_RADIUS_M: f64 = 0.025;
const ROLLER_PITCH_M: f64 = 0.075;
/// Of strands and chains [m].
const STRAND_M: f64 = 0.03;
/// Side frames: how far off the surface's edge, how thick, and from where to where [m]. The rail's foot stands above them.
pub const FRAME_OFF_M: f64 = 0.005;
pub const FRAME_M: f64 = 0.035;
const FRAME_HEIGHTS_M: [f64; 2] = [-0.14, -0.025];
/// Angle of the longest chord of a curve [rad].
const CHORD: f64 = std::f64::consts::PI / 48.0;
/// A belt lies so far above the platform that it runs on [m].
const ON_PLATFORM_M: f64 = 0.002;
/// Thickness of a travelling platform, and of a sorter's carrier, as they are met [m].
pub const CARRIAGE_M: f64 = 0.1;
const CARRIER_M: f64 = 0.06;

pub fn add(stage: &mut Stage<'_>, installed: &[Installed]) {
    let scene = stage.scene;
    for (index, conveyor) in scene.conveyors.iter().enumerate() {
        let (id, owner) = (ConveyorId::from_index(index), Seen::Element(conveyor.element));
        let platforms = movers_of(installed, conveyor.element);
        if let Some(carriage) = scene.carriage_of(id) {
            let on = |mover| At { place: raised(CARRIAGE_M / 2.0 + ON_PLATFORM_M), mover: Some(mover) };
            let size = [conveyor.path.length(), conveyor.width_m];
            platforms.iter().for_each(|&mover| belt_top(stage, owner, on(mover), size, Some(conveyor.drives[0])));
            if let CarriageWay::Left = scene.carriage(carriage).way {
                tracks(stage, conveyor, scene.carriage(carriage).furthest());
            }
        } else if let Some(train) = scene.train_of(id) {
            if let SorterCarriers::CrossBelts { .. } = train.carriers {
                let on = |mover| At { place: raised(CARRIER_M / 2.0 + ON_PLATFORM_M), mover: Some(mover) };
                let size = [train.length_m * 0.9, conveyor.width_m * 0.94];
                platforms.iter().for_each(|&mover| belt_top(stage, owner, on(mover), size, None));
            }
            let along = runs(&conveyor.path, 0.0, conveyor.path.length());
            for side in [-0.3, 0.3] {
                let middle = side * conveyor.width_m;
                along_path(stage, owner, Role::Frame, &along, section([middle - 0.03, middle + 0.03], [-0.16, -CARRIER_M - 0.01]), 0.0);
            }
        } else if scene.lift_of(id).is_some() {
            let on = |mover| At { place: raised(LIFT_PLATFORM_M / 2.0 + ON_PLATFORM_M), mover: Some(mover) };
            let size = [scene.lift(scene.lift_of(id).expect("just asked")).length_m, conveyor.width_m * 0.9];
            platforms.iter().for_each(|&mover| belt_top(stage, owner, on(mover), size, None));
        } else {
            standing(stage, conveyor, end_cut(scene, conveyor));
        }
    }
}

/// What an element's platforms are to the transport.
pub fn movers_of(installed: &[Installed], element: ElementId) -> Vec<usize> {
    installed.iter().filter(|row| row.owner == Owner::Conveyor(element)).filter_map(|row| row.mover).collect()
}

fn raised(up_m: f64) -> Place {
    Place { position_m: [0.0, 0.0, up_m as f32], ..Place::default() }
}

/// A belt on a platform, along its x.
fn belt_top(stage: &mut Stage<'_>, owner: Seen, at: At, [length_m, width_m]: [f64; 2], drive: Option<DriveId>) {
    let mut mesh = Mesh::default();
    let ends = [-length_m / 2.0, length_m / 2.0].map(|x| Pose::new([x, 0.0, 0.0], 0.0, 0.0));
    mesh.sweep(&ends, &section([-width_m / 2.0, width_m / 2.0], [-BELT_M, 0.0]), 0.0, 0.0);
    stage.mesh(owner, Role::Belt { drive, share: 1.0 }, at, mesh);
}

/// Rails on the floor for a car that goes across.
fn tracks(stage: &mut Stage<'_>, conveyor: &Conveyor, furthest_m: f64) {
    let middle = conveyor.path.pose_at(conveyor.path.length() / 2.0);
    for along in [-0.35, 0.35] {
        let mut at = middle.shifted(along * conveyor.path.length(), furthest_m / 2.0, 0.0);
        at.position[2] = stage.scene.physics.floor_z_m + 0.02;
        stage.block(Seen::Element(conveyor.element), Role::Frame, &at, [0.05, furthest_m.abs() + conveyor.width_m, 0.04]);
    }
}

fn standing(stage: &mut Stage<'_>, conveyor: &Conveyor, cut: f64) {
    let (scene, owner) = (stage.scene, Seen::Element(conveyor.element));
    let element = scene.element(conveyor.element);
    let rolls = matches!(element.kind, ElementKind::ZoneConveyor(_)) || element.family == "RollerConveyor";
    let whole = runs(&conveyor.path, 0.0, conveyor.path.length());
    let half_m = conveyor.width_m / 2.0;
    let last = conveyor.drives.len() - 1;
    for (index, &drive) in conveyor.drives.iter().enumerate() {
        let row = &scene.drives[drive.index()];
        let cut = if index == last { cut } else { 0.0 };
        match conveyor.carrying {
            Carrying::FreeRollers(kind) => {
                rollers(
                    stage,
                    conveyor,
                    [row.start_m, row.end_m],
                    kind.pitch_m,
                    Role::Roller { drive: None, radius_m: (kind.diameter_m / 2.0) as f32 },
                );
            }
            _ if rolls => {
                let role = Role::Roller { drive: Some(drive), radius_m: ROLLER_RADIUS_M as f32 };
                rollers(stage, conveyor, [row.start_m, row.end_m], ROLLER_PITCH_M, role);
            }
            _ if element.family == "Chute" => {
                let along = runs(&conveyor.path, row.start_m, row.end_m);
                along_path(stage, owner, Role::Frame, &along, section([-half_m, half_m], [-0.01, 0.0]), cut);
            }
            _ => {
                for strip in conveyor.strips() {
                    let [right, left] = [strip.left_m - strip.width_m / 2.0, strip.left_m + strip.width_m / 2.0];
                    let role = Role::Belt { drive: Some(drive), share: strip.share as f32 };
                    let closed = matches!(conveyor.carrying, Carrying::Closed);
                    let below_m = if closed { BODY_M } else { STRAND_M };
                    for [from_m, to_m] in beside_pop_ups(stage, conveyor, [row.start_m, row.end_m]) {
                        let along = runs(&conveyor.path, from_m, to_m);
                        let cut = if to_m >= row.end_m - 1e-9 { cut } else { 0.0 };
                        along_path(stage, owner, role, &along, section([right, left], [-BELT_M, 0.0]), cut);
                    }
                    let along = runs(&conveyor.path, row.start_m, row.end_m);
                    along_path(stage, owner, Role::Frame, &along, section([right + 0.003, left - 0.003], [-below_m, -BELT_M]), cut);
                }
            }
        }
    }
    if !rolls && matches!(conveyor.carrying, Carrying::Closed) && element.family != "Chute" {
        pulleys(stage, conveyor, cut);
    }
    for side in [-1.0, 1.0] {
        let edges = [side * (half_m + FRAME_OFF_M), side * (half_m + FRAME_OFF_M + FRAME_M)];
        let edges = [edges[0].min(edges[1]), edges[0].max(edges[1])];
        along_path(stage, owner, Role::Frame, &whole, section(edges, FRAME_HEIGHTS_M), cut);
    }
}

/// At both ends, just within the belt.
fn pulleys(stage: &mut Stage<'_>, conveyor: &Conveyor, cut: f64) {
    let radius_m = PULLEY_RADIUS_M;
    let ends = [(conveyor.path.start(), radius_m, Some(&conveyor.drives[0])), (conveyor.path.end(), -radius_m, conveyor.drives.last())];
    for (end, inwards_m, drive) in ends {
        // Where the end is cut, the pulley would stick out.
        if inwards_m > 0.0 || cut == 0.0 {
            let at = end.shifted(inwards_m, 0.0, -BELT_M - radius_m);
            let role = Role::Roller { drive: drive.copied(), radius_m: radius_m as f32 };
            stage.cylinder(Seen::Element(conveyor.element), role, &at, (radius_m, conveyor.width_m, Axis::Y));
        }
    }
}

fn rollers(stage: &mut Stage<'_>, conveyor: &Conveyor, [from_m, to_m]: [f64; 2], pitch_m: f64, role: Role) {
    let Role::Roller { radius_m, .. } = role else { return };
    let (radius_m, count) = (f64::from(radius_m), ((to_m - from_m) / pitch_m).round().max(1.0) as u32);
    let each_m = (to_m - from_m) / f64::from(count);
    for roller in 0..count {
        let at = conveyor.path.pose_at(from_m + (f64::from(roller) + 0.5) * each_m).shifted(0.0, 0.0, -radius_m);
        stage.cylinder(Seen::Element(conveyor.element), role, &at, (radius_m, conveyor.width_m, Axis::Y));
    }
}

/// What of a drive's length is the belt's own: pop-ups have a surface of their own.
fn beside_pop_ups(stage: &Stage<'_>, conveyor: &Conveyor, [from_m, to_m]: [f64; 2]) -> Vec<[f64; 2]> {
    let scene = stage.scene;
    let own = scene.diverters.iter().filter(|diverter| {
        scene.conveyor(diverter.host).element == conveyor.element && matches!(diverter.device, DiverterDevice::PopUp { .. })
    });
    let mut gaps: Vec<[f64; 2]> = own.map(|diverter| [diverter.start_m, diverter.end_m]).collect();
    gaps.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut pieces = Vec::new();
    let mut next_m = from_m;
    for [gap_from, gap_to] in gaps.into_iter().filter(|gap| gap[1] > from_m && gap[0] < to_m) {
        pieces.push([next_m, gap_from]);
        next_m = gap_to;
    }
    pieces.push([next_m, to_m]);
    pieces.retain(|[from_m, to_m]| to_m - from_m > 1e-6);
    pieces
}

/// A stretch of a path that bends nowhere: its beginning along the path, and poses.
pub type Run = (f64, Vec<Pose>);

/// The path between two places along it, cut where it has a kink.
pub fn runs(path: &Path, from_m: f64, to_m: f64) -> Vec<Run> {
    let (mut before_m, mut found): (f64, Vec<Run>) = (0.0, Vec::new());
    for segment in &path.segments {
        let (start, end) = ((from_m - before_m).max(0.0), (to_m - before_m).min(segment.length()));
        if end - start > 1e-9 {
            let steps = match *segment {
                Segment::Straight { .. } => 1,
                Segment::Arc { radius_m, .. } => ((end - start) / radius_m / CHORD).ceil().max(1.0) as u32,
                Segment::Helix { angle, .. } => ((end - start) / segment.length() * angle.abs() / CHORD).ceil().max(1.0) as u32,
            };
            let poses = (0..=steps).map(|step| segment.pose_at(start + (end - start) * f64::from(step) / f64::from(steps)));
            let poses: Vec<Pose> = poses.collect();
            let goes_on =
                |last: &Pose| length(sub(last.position, poses[0].position)) < 1e-6 && dot(last.forward, poses[0].forward) > 1.0 - 1e-9;
            match found.last_mut() {
                Some((_, before)) if before.last().is_some_and(goes_on) => before.extend(&poses[1..]),
                _ => found.push((before_m + start, poses)),
            }
        }
        before_m += segment.length();
    }
    found
}

/// A section along runs, as one item near the first of them.
pub fn along_path(stage: &mut Stage<'_>, owner: Seen, role: Role, along: &[Run], section: [[f64; 2]; 4], cut: f64) {
    let Some((_, first)) = along.first() else { return };
    let near = first[0];
    let mut mesh = Mesh::default();
    for (index, (from_m, poses)) in along.iter().enumerate() {
        let cut = if index + 1 == along.len() { cut } else { 0.0 };
        mesh.sweep(poses, &section, *from_m, cut);
    }
    stage.world_mesh(owner, role, &near, &mesh);
}
