//! What works on parts, and where they come from and go to: portals with stack lights over their spots, cabinets beside, racks,
//! gates at the line's ends, supports of diverters and pushers. Housings stand clear of the parts that come.

use super::mesh::Axis;
use super::moment::mean_size_m;
use super::role::{Lamp, Role};
use super::stage::Stage;
use super::stands::pair_of_legs;
use crate::port::{Installed, Owner, Seen};
use linetwin_compute::kernels::rays::Shape as Solid;
use linetwin_model::geometry::{Pose, sub};
use linetwin_model::scene::{DiverterDevice, ElementId, ElementKind, PortDirection, PortId, Side, SpotId};

/// Posts of a portal, and its housing above what passes [m].
const POST_M: f64 = 0.05;
const HOUSING_M: f64 = 0.18;
const CLEARANCE_M: f64 = 0.15;
/// From a surface's edge to a post [m]: outside rails and side frames.
const BESIDE_M: f64 = 0.08;
/// Shortest portal along the flow [m].
const SHORTEST_M: f64 = 0.3;
/// Of a gate at an end of the line above what passes [m].
const GATE_M: f64 = 0.04;
/// Cabinets [m].
const CABINET_M: [f64; 3] = [0.6, 0.5, 1.5];
const RACK_TOP_M: f64 = 2.2;

pub fn add(stage: &mut Stage<'_>, installed: &[Installed]) {
    let scene = stage.scene;
    for id in scene.element_ids() {
        let kind = &scene.element(id).kind;
        if let Some(station) = kind.station() {
            match kind {
                // Its hopper stands above.
                ElementKind::FillAndWeigh(_) => console(stage, id, station.spot),
                _ => portal_at(stage, id, station.spot),
            }
        }
        match kind {
            ElementKind::Source(source) => gate(stage, id, Role::Source, source.into),
            ElementKind::Sink(_) => {
                stand_beds(stage, installed, id);
                for port in ports_in(stage, id) {
                    gate(stage, id, Role::Sink, port);
                }
            }
            ElementKind::Buffer(_) => {
                stand_beds(stage, installed, id);
                rack(stage, id);
            }
            ElementKind::ParallelStation(parallel) => match parallel.pickup {
                Some(pickup) => cell(stage, id, place_of(stage, pickup)),
                None => cell(stage, id, from_end_to_end(stage, id)),
            },
            ElementKind::Packer(packer) => cell(stage, id, place_of(stage, packer.pickup)),
            ElementKind::Unpacker(unpacker) => cell(stage, id, place_of(stage, unpacker.pickup)),
            ElementKind::Checkweigher(weigher) => console(stage, id, weigher.spot),
            ElementKind::Loader(loader) => portal_at(stage, id, loader.pickup),
            ElementKind::Stop(stop) => below(stage, id, stop.spot),
            ElementKind::Induction(induction) => below(stage, id, induction.spot),
            ElementKind::Merge(merge) => {
                let host = scene.conveyor(scene.spot(merge.window).host);
                for port in ports_in(stage, id) {
                    let pose = &scene.port(port).pose;
                    let at = Pose::new(pose.position, pose.heading(), 0.0).shifted(-0.1, host.width_m / 2.0 + 0.1, -0.2);
                    stage.block(Seen::Element(id), Role::Frame, &at, [0.12, 0.06, 0.2]);
                }
            }
            ElementKind::Pusher(logic) => {
                let pusher = &scene.pushers[logic.pusher.index()];
                let (head, size_m) = pusher.head_at_rest(scene.conveyor(pusher.host));
                let bed = head.shifted(0.0, 0.0, -size_m[2] / 2.0 - 0.03);
                stage.block(Seen::Element(id), Role::Frame, &bed, [size_m[0].max(0.12), size_m[1], 0.05]);
                pair_of_legs(stage, id, &bed.turned(std::f64::consts::FRAC_PI_2), size_m[0] / 2.0, 0.03);
            }
            ElementKind::Diverter(logic) => diverter(stage, id, logic.diverter.index()),
            _ => {}
        }
    }
}

fn ports_in(stage: &Stage<'_>, id: ElementId) -> Vec<PortId> {
    let scene = stage.scene;
    scene.element(id).ports.iter().copied().filter(|port| scene.port(*port).direction == PortDirection::In).collect()
}

/// Of the tallest part that comes there, on average [m].
pub fn tallest_m(stage: &Stage<'_>, id: ElementId) -> f64 {
    let variants = stage.scene.coming(id).flat_map(|part_type| &part_type.variants);
    // What is packed or joined stands on what carries it.
    variants.map(|variant| mean_size_m(&variant.shape)[2]).fold(0.2, f64::max) * 1.3
}

/// Where a spot is, level, and the width and length of it [m].
fn place_of(stage: &Stage<'_>, spot: SpotId) -> (Pose, f64, f64) {
    let row = stage.scene.spot(spot);
    let host = stage.scene.conveyor(row.host);
    let at = host.path.pose_at(f64::midpoint(row.start_m, row.end_m));
    (Pose::new(at.position, at.heading(), 0.0), host.width_m, row.end_m - row.start_m)
}

/// The middle of what has no conveyor before it, level, and its width and length [m].
fn from_end_to_end(stage: &Stage<'_>, id: ElementId) -> (Pose, f64, f64) {
    let port = |at: Option<&PortId>| stage.scene.port(*at.expect("what parts go through has an in-port and an out-port"));
    let (entry, exit) = (port(stage.scene.element(id).ports.first()), port(stage.scene.element(id).ports.last()));
    let span = sub(exit.pose.position, entry.pose.position);
    let length_m = libm::hypot(span[0], span[1]);
    (Pose::new(entry.pose.position, entry.pose.heading(), 0.0).shifted(length_m / 2.0, 0.0, 0.0), entry.width_m, length_m)
}

fn portal_at(stage: &mut Stage<'_>, id: ElementId, spot: SpotId) {
    let (at, width_m, length_m) = place_of(stage, spot);
    portal(stage, id, &at, width_m, length_m.max(SHORTEST_M));
}

/// Four posts and a housing on top, with a stack light.
fn portal(stage: &mut Stage<'_>, id: ElementId, at: &Pose, width_m: f64, length_m: f64) {
    let (owner, floor_m) = (Seen::Element(id), stage.scene.physics.floor_z_m);
    let half_m = width_m / 2.0 + BESIDE_M + POST_M / 2.0;
    let clear_m = tallest_m(stage, id) + CLEARANCE_M;
    let high_m = at.position[2] + clear_m - floor_m;
    for (along, left_m) in [(-0.5, -half_m), (-0.5, half_m), (0.5, -half_m), (0.5, half_m)] {
        let mut post = at.shifted(along * (length_m - POST_M), left_m, 0.0);
        post.position[2] = floor_m + high_m / 2.0;
        stage.block(owner, Role::Machine, &post, [POST_M, POST_M, high_m]);
    }
    let housing = at.shifted(0.0, 0.0, clear_m + HOUSING_M / 2.0);
    stage.block(owner, Role::Machine, &housing, [length_m, 2.0 * half_m + POST_M, HOUSING_M]);
    let corner = at.shifted(length_m / 2.0 - 0.06, half_m - 0.02, clear_m + HOUSING_M);
    stack_light(stage, id, &corner);
}

/// From its foot upwards; red is the highest lamp (IEC 60204-1).
fn stack_light(stage: &mut Stage<'_>, id: ElementId, foot: &Pose) {
    const POLE_M: f64 = 0.08;
    const LAMP_M: f64 = 0.045;
    let owner = Seen::Element(id);
    stage.cylinder(owner, Role::StackLight, &foot.shifted(0.0, 0.0, POLE_M / 2.0), (0.011, POLE_M, Axis::Z));
    for (level, lamp) in [Lamp::Green, Lamp::Blue, Lamp::Yellow, Lamp::Red].into_iter().enumerate() {
        let at = foot.shifted(0.0, 0.0, POLE_M + (level as f64 + 0.5) * LAMP_M);
        stage.cylinder(owner, Role::Lamp(lamp), &at, (0.025, LAMP_M * 0.92, Axis::Z));
    }
}

/// A box with a display on a post beside the line.
fn console(stage: &mut Stage<'_>, id: ElementId, spot: SpotId) {
    let (at, width_m, length_m) = place_of(stage, spot);
    let (owner, floor_m) = (Seen::Element(id), stage.scene.physics.floor_z_m);
    let mut post = at.shifted(0.0, -(width_m / 2.0 + 0.2), 0.0);
    let top_m = at.position[2] + 0.35;
    post.position[2] = f64::midpoint(floor_m, top_m);
    stage.block(owner, Role::Machine, &post, [POST_M, POST_M, top_m - floor_m]);
    let display = Pose { position: [post.position[0], post.position[1], top_m + 0.15], ..post };
    stage.block(owner, Role::Machine, &display, [0.3, 0.12, 0.3]);
    stack_light(stage, id, &display.shifted(0.0, 0.0, 0.15));
    // The platform that weighs, or the lifting table, below the belt.
    stage.block(owner, Role::Sensor, &at.shifted(0.0, 0.0, -0.16), [length_m.max(0.15), width_m * 0.8, 0.05]);
}

/// A machine that takes parts from the end of a feeder, or hands them over there: a portal, and a cabinet on the right.
fn cell(stage: &mut Stage<'_>, id: ElementId, (at, width_m, length_m): (Pose, f64, f64)) {
    portal(stage, id, &at, width_m, length_m.max(2.0 * SHORTEST_M));
    let mut cabinet = at.shifted(0.0, -(width_m / 2.0 + BESIDE_M + POST_M + CABINET_M[1] / 2.0 + 0.05), 0.0);
    cabinet.position[2] = stage.scene.physics.floor_z_m + CABINET_M[2] / 2.0;
    stage.block(Seen::Element(id), Role::Machine, &cabinet, CABINET_M);
}

/// Posts and a beam across an end of the line.
fn gate(stage: &mut Stage<'_>, id: ElementId, role: Role, port: PortId) {
    let port = stage.scene.port(port);
    let (owner, floor_m) = (Seen::Element(id), stage.scene.physics.floor_z_m);
    let at = Pose::new(port.pose.position, port.pose.heading(), 0.0);
    let (half_m, clear_m) = (port.width_m / 2.0 + BESIDE_M, tallest_m(stage, id) + CLEARANCE_M);
    let high_m = at.position[2] + clear_m - floor_m;
    for left_m in [-half_m, half_m] {
        let mut post = at.shifted(0.0, left_m, 0.0);
        post.position[2] = floor_m + high_m / 2.0;
        stage.block(owner, role, &post, [GATE_M, GATE_M, high_m]);
    }
    stage.block(owner, role, &at.shifted(0.0, 0.0, clear_m + GATE_M), [GATE_M, 2.0 * half_m + GATE_M, 2.0 * GATE_M]);
}

/// What takes parts over at an end stands on legs.
fn stand_beds(stage: &mut Stage<'_>, installed: &[Installed], id: ElementId) {
    for bed in installed.iter().filter(|row| row.owner == Owner::Conveyor(id) && row.mover.is_none()) {
        for solid in &bed.solids {
            let Solid::Box { half_m } = solid.shape else { continue };
            let place = super::Place { position_m: solid.position_m, rotation: solid.rotation };
            for end in [-0.8, 0.8] {
                let at = place.point([half_m[0] * end, 0.0, half_m[2]]).map(f64::from);
                let forward = place.turned([1.0, 0.0, 0.0]).map(f64::from);
                let pose = Pose::new(at, libm::atan2(forward[1], forward[0]), 0.0);
                pair_of_legs(stage, id, &pose, f64::from(half_m[1]) - 0.04, 2.0 * f64::from(half_m[2]));
            }
        }
    }
}

/// Posts and shelves over the bed of a buffer, which keeps its parts out of sight.
fn rack(stage: &mut Stage<'_>, id: ElementId) {
    let Some(&port) = ports_in(stage, id).first() else { return };
    let port = stage.scene.port(port);
    let (owner, floor_m) = (Seen::Element(id), stage.scene.physics.floor_z_m);
    let at = Pose::new(port.pose.position, port.pose.heading(), 0.0);
    let (half_m, length_m) = (port.width_m / 2.0 + BESIDE_M, 0.8);
    let low_m = at.position[2] + tallest_m(stage, id) + CLEARANCE_M;
    let top_m = (floor_m + RACK_TOP_M).max(low_m + 0.6);
    for (along_m, left_m) in [(0.05, -half_m), (0.05, half_m), (length_m, -half_m), (length_m, half_m)] {
        let mut post = at.shifted(along_m, left_m, 0.0);
        post.position[2] = f64::midpoint(floor_m, top_m);
        stage.block(owner, Role::Buffer, &post, [POST_M, POST_M, top_m - floor_m]);
    }
    for level in 0..=2 {
        let mut shelf = at.shifted(length_m / 2.0 + 0.025, 0.0, 0.0);
        shelf.position[2] = low_m + (top_m - low_m) * f64::from(level) / 2.0 - 0.015;
        stage.block(owner, Role::Buffer, &shelf, [length_m, 2.0 * half_m, 0.03]);
    }
    let mut corner = at.shifted(length_m - 0.1, half_m - 0.05, 0.0);
    corner.position[2] = top_m;
    stack_light(stage, id, &corner);
}

/// The drive of a blade, below the belt.
fn below(stage: &mut Stage<'_>, id: ElementId, spot: SpotId) {
    let row = stage.scene.spot(spot);
    let host = stage.scene.conveyor(row.host);
    let at = host.path.pose_at(row.end_m).shifted(0.0, 0.0, -0.2);
    stage.block(Seen::Element(id), Role::Frame, &at, [0.1, host.width_m * 0.8, 0.08]);
}

fn diverter(stage: &mut Stage<'_>, id: ElementId, index: usize) {
    let (owner, diverter) = (Seen::Element(id), &stage.scene.diverters[index]);
    let host = stage.scene.conveyor(diverter.host);
    let sign = if diverter.side == Side::Left { 1.0 } else { -1.0 };
    let middle = host.path.pose_at(f64::midpoint(diverter.start_m, diverter.end_m));
    let length_m = diverter.end_m - diverter.start_m;
    match diverter.device {
        DiverterDevice::PopUp { .. } => {
            // Wheels that stand at the angle, flush with the belt, in a plate.
            stage.block(owner, Role::Device, &middle.shifted(0.0, 0.0, -0.008), [length_m, host.width_m, 0.01]);
            let (radius_m, pitch_m) = (0.022, 0.08);
            let (rows, columns) = ((length_m / pitch_m) as u32, (host.width_m / pitch_m) as u32);
            let mesh = super::mesh::Mesh::cylinder(radius_m, 0.02, Axis::Y);
            let mesh = stage.own_mesh(mesh);
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let along_m = (f64::from(row) + 0.5) * length_m / f64::from(rows) - length_m / 2.0;
                let left_m = (f64::from(column) + 0.5) * host.width_m / f64::from(columns) - host.width_m / 2.0;
                let at = middle.shifted(along_m, left_m, -radius_m).turned(sign * diverter.angle);
                stage.put(
                    owner,
                    Role::Roller { drive: drive_at(stage, diverter.host, diverter.start_m), radius_m: radius_m as f32 },
                    &at,
                    mesh,
                );
            }
        }
        DiverterDevice::SwingArm { height_m, .. } => {
            let pivot =
                host.path.pose_at(diverter.start_m).shifted(0.0, -sign * (host.width_m / 2.0 + linetwin_model::scene::ARM_BESIDE_M), 0.0);
            let high_m = height_m + 0.25;
            stage.cylinder(owner, Role::Frame, &pivot.shifted(0.0, 0.0, height_m + 0.06 - high_m / 2.0), (0.03, high_m, Axis::Z));
        }
        // Shoes and belts between strands are there themselves; carriers too.
        DiverterDevice::Lifter { .. } | DiverterDevice::Shoes { .. } | DiverterDevice::Carriers => {
            let at = middle.shifted(0.0, -sign * (host.width_m / 2.0 + 0.1), -0.12);
            stage.block(owner, Role::Frame, &at, [length_m.min(0.4), 0.08, 0.16]);
        }
    }
}

/// The drive of a host there.
pub fn drive_at(stage: &Stage<'_>, host: linetwin_model::scene::ConveyorId, at_m: f64) -> Option<linetwin_model::scene::DriveId> {
    let drives = &stage.scene.conveyor(host).drives;
    drives.iter().copied().find(|drive| at_m <= stage.scene.drives[drive.index()].end_m).or(drives.last().copied())
}
