//! What the contact transport derives once from a scene: lanes (everything parts travel on), their exits, spots and
//! eyes. Knows no bodies and no forces; nothing here changes while a run goes on, so a snapshot does not hold it.

use linetwin_model::Scene;
use linetwin_model::distribution::Distribution;
use linetwin_model::geometry::{Path, Pose, Segment, Vec3, dot, sub};
use linetwin_model::scene::{
    CarriageId, Carrying, Conveyor, ConveyorId, DiverterId, DriveId, ElementId, ElementKind, EyeId, LiftId, PartVariant, PortDirection,
    PortId, PusherId, Shape, SorterCarriers, Spot, SpotId,
};

/// Slowest speed of a receiving bed [m/s]: a part that is pushed or creeps in must still leave its host wholly.
const BED_SPEED_MIN_MPS: f64 = 0.3;
/// How much longer a bed is than the longest part [m].
const BED_MARGIN_M: f64 = 0.5;
/// How far below the carrying surface a standing part's centre cannot be [m].
pub const BELOW_M: f64 = 0.02;
/// Two starts closer than this are the same place [m] (the checker's tolerance for ports that meet).
const SAME_PLACE_M: f64 = 0.02;

/// Everything parts travel on: conveyors by id, then the receiving beds of sinks and buffers.
#[derive(Default)]
pub struct Layout {
    pub lanes: Vec<Lane>,
    /// By lane.
    bounds: Vec<Bounds>,
    /// By [`PortId`]: the lane that an in-port leads onto, and where along it.
    pub lane_of_port: Vec<Option<Entry>>,
    /// By [`SpotId`]: the plane across its host at its end, where a blade stands.
    pub spot_ends: Vec<Plane>,
    /// By [`SpotId`]: whether parts are measured there.
    pub measures: Vec<bool>,
}

#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub lane: usize,
    /// Arc length of the port's plane along that lane [m].
    pub along_m: f64,
}

pub struct Lane {
    /// Whose surface it is.
    pub element: ElementId,
    pub path: Path,
    pub length_m: f64,
    pub width_m: f64,
    /// From which left to which each strand reaches [m]; none on a closed surface.
    strands: Vec<[f64; 2]>,
    /// A helix, which may pass over or under its own ends.
    pub winds: bool,
    /// How much a part's corner beside its tangent plane is below a helix, over the product of its distances along and across
    /// [1/m]; zero elsewhere.
    pub twist_per_m: f64,
    /// A part on it moves although nothing drives it: on free rollers, down a chute.
    pub by_gravity: bool,
    /// It also runs against its flow, and parts leave where it begins.
    pub reverses: bool,
    /// How far below its surface the middle of a part on it may be [m]: where trays tilt, further.
    pub below_m: f64,
    /// Nothing that is on it can get below it but through it.
    pub closed: bool,
    /// The platform whose belt it is: it travels, and the path is that of its home.
    pub carriage: Option<CarriageId>,
    /// The continuous lift that it is, each of whose platforms is somewhere; the path is that of the level where it takes parts.
    pub lift: Option<LiftId>,
    pub in_port: PortId,
    /// The end of the path first (of a divider, of each of its lanes), then the sides of pushers and diverters.
    pub exits: Vec<Exit>,
    /// By start, then id.
    pub spots: Vec<LaneSpot>,
    pub eyes: Vec<LaneEye>,
    /// Only of beds: constant surface speed [m/s], and whether it needs a surface of its own.
    pub bed: Option<Bed>,
}

impl Lane {
    /// What carries there is not always there.
    pub fn travels(&self) -> bool {
        self.carriage.is_some() || self.lift.is_some()
    }

    /// The exit at the end of the path; of several side by side, the one before which `point` is.
    pub fn end_exit(&self, point: Vec3) -> Option<&Exit> {
        let mut ends = self.exits.iter().filter(|exit| exit.by.is_none());
        let first = ends.next()?;
        Some(ends.fold(first, |nearest, exit| if exit.plane.beside(point) < nearest.plane.beside(point) { exit } else { nearest }))
    }

    /// Whether something carries at `left_m` beside the centre line.
    pub fn carries_at(&self, left_m: f64) -> bool {
        let on_strand = self.strands.iter().any(|[right, left]| (*right..=*left).contains(&left_m));
        left_m.abs() <= self.width_m / 2.0 && (self.strands.is_empty() || on_strand)
    }
}

#[derive(Clone, Copy)]
pub struct Bed {
    pub speed_mps: f64,
    /// False where the conveyor behind a buffer starts at the buffer's own plane: two surfaces in one place would
    /// drive a part at two speeds.
    pub solid: bool,
}

/// A plane that leads off a lane.
pub struct Exit {
    /// The in-port whose plane it is.
    pub port: PortId,
    pub to: Entry,
    /// What is meant to send parts here; `None`: the end of the path.
    pub by: Option<Sender>,
    pub plane: Plane,
}

/// What sends parts off a side.
#[derive(Clone, Copy)]
pub enum Sender {
    Pusher(PusherId),
    Diverter(DiverterId),
    /// A belt that runs against its flow.
    Belt(ConveyorId),
}

impl Sender {
    pub fn element(self, scene: &Scene) -> ElementId {
        match self {
            Sender::Pusher(id) => scene.pushers[id.index()].element,
            Sender::Diverter(id) => scene.diverters[id.index()].element,
            Sender::Belt(id) => scene.conveyor(id).element,
        }
    }
}

/// A port's plane, for signed distances.
#[derive(Clone, Copy)]
pub struct Plane {
    pub pose: Pose,
    pub up: Vec3,
    pub half_width_m: f64,
}

impl Plane {
    pub fn new(pose: Pose, width_m: f64) -> Self {
        Plane { pose, up: pose.up(), half_width_m: width_m / 2.0 }
    }
    /// Distance beyond the plane [m]; negative before it.
    pub fn beyond(&self, point: Vec3) -> f64 {
        dot(sub(point, self.pose.position), self.pose.forward)
    }
    /// How far beside the middle of the port [m].
    fn beside(&self, point: Vec3) -> f64 {
        dot(sub(point, self.pose.position), self.pose.left).abs()
    }
    /// Whether `point` passes through the port rather than beside, above or below it.
    pub fn frames(&self, point: Vec3, reach_m: f64) -> bool {
        let offset = sub(point, self.pose.position);
        dot(offset, self.pose.left).abs() <= self.half_width_m + reach_m / 2.0
            && (-0.05..=2.0 * reach_m + 0.2).contains(&dot(offset, self.up))
    }
}

#[derive(Clone, Copy)]
pub struct LaneSpot {
    pub spot: SpotId,
    pub start_m: f64,
    pub end_m: f64,
}

#[derive(Clone, Copy)]
pub struct LaneEye {
    pub eye: EyeId,
    pub at_m: f64,
    /// The beam: from the right edge to the left one.
    pub from: Vec3,
    pub direction: Vec3,
    pub length_m: f64,
    /// Of the flow at the beam.
    pub forward: Vec3,
}

impl Layout {
    pub fn new(scene: &Scene) -> Self {
        let mut lanes: Vec<Lane> = scene
            .conveyors
            .iter()
            .enumerate()
            .map(|(index, conveyor)| Lane {
                below_m: BELOW_M + tilted_m(scene, ConveyorId::from_index(index)),
                closed: scene.train_of(ConveyorId::from_index(index)).is_none() && scene.lift_of(ConveyorId::from_index(index)).is_none(),
                carriage: scene.carriage_of(ConveyorId::from_index(index)),
                lift: scene.lift_of(ConveyorId::from_index(index)),
                element: conveyor.element,
                path: conveyor.path.clone(),
                length_m: conveyor.path.length(),
                width_m: conveyor.width_m,
                strands: strands_of(conveyor),
                twist_per_m: conveyor.path.segments.iter().map(twist_per_m).fold(0.0, f64::max),
                winds: conveyor.path.segments.iter().any(|segment| matches!(segment, Segment::Helix { .. })),
                by_gravity: conveyor.rolls_freely() || conveyor.drives.iter().all(|drive| has_no_motor(scene, *drive)),
                reverses: conveyor.back_port.is_some(),
                in_port: conveyor.in_port,
                exits: Vec::new(),
                spots: Vec::new(),
                eyes: Vec::new(),
                bed: None,
            })
            .collect();
        add_beds(scene, &mut lanes);
        let lane_of_port: Vec<Option<Entry>> =
            (0..scene.ports.len()).map(|port| entry_of(scene, &lanes, PortId::from_index(port))).collect();
        add_exits(scene, &mut lanes, &lane_of_port);
        add_devices(scene, &mut lanes);
        let bounds = lanes.iter().map(Bounds::new).collect();
        let end = |spot: &Spot| Plane::new(lanes[spot.host.index()].path.pose_at(spot.end_m), lanes[spot.host.index()].width_m);
        let spot_ends = scene.spots.iter().map(end).collect();
        let measures = |spot: &Spot| matches!(scene.element(spot.element).kind, ElementKind::LightGrid(_));
        let measures = scene.spots.iter().map(measures).collect();
        Layout { lanes, bounds, lane_of_port, spot_ends, measures }
    }

    /// The lane whose surface lies under `point`, nearest below it; for parts that left theirs without a port.
    pub fn lane_under(&self, point: Vec3, reach_m: f64) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64, f64)> = None;
        for index in (0..self.lanes.len()).filter(|&index| self.bounds[index].hold(point)) {
            let lane = &self.lanes[index];
            let along = lane.path.nearest_along(point);
            let found = lane.path.locate(point, along);
            let within = (0.0..=lane.length_m).contains(&found.along) && found.left.abs() <= lane.width_m / 2.0;
            if within && (0.0..=reach_m).contains(&found.above) && best.is_none_or(|(_, _, above)| found.above < above) {
                best = Some((index, found.along, found.above));
            }
        }
        best.map(|(index, along, _)| (index, along))
    }

    /// The lane through whose solid surface a point went from `before` to `after`: from above it to below `below_m`.
    pub fn passed_through(&self, before: Vec3, after: Vec3, below_m: f64) -> Option<ElementId> {
        let solid = self.lanes.iter().filter(|lane| lane.closed && lane.carriage.is_none() && lane.bed.is_none_or(|bed| bed.solid));
        let mut passed = solid.filter(|lane| {
            let above = |point: Vec3| {
                let found = lane.path.locate(point, lane.path.nearest_along(point));
                let within = (0.0..=lane.length_m).contains(&found.along) && lane.carries_at(found.left);
                within.then_some(found.above)
            };
            above(before).is_some_and(|above| above >= 0.0) && above(after).is_some_and(|above| above < below_m)
        });
        passed.next().map(|lane| lane.element)
    }
}

/// What a lane covers, seen from above: no point of it is outside.
struct Bounds {
    min: [f64; 2],
    max: [f64; 2],
}

impl Bounds {
    fn new(lane: &Lane) -> Self {
        let mut bounds = Bounds { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };
        let mut start = 0.0;
        for segment in &lane.path.segments {
            // An arc bulges beyond the chord of its ends by less than its length: half of that lies on each side.
            let bulge = if matches!(segment, Segment::Straight { .. }) { 0.0 } else { segment.length() / 2.0 };
            for along in [start, start + segment.length()] {
                let reach = lane.width_m / 2.0 + bulge;
                let [x, y, _] = lane.path.pose_at(along).position;
                let (min, max) = (bounds.min, bounds.max);
                bounds.min = [min[0].min(x - reach), min[1].min(y - reach)];
                bounds.max = [max[0].max(x + reach), max[1].max(y + reach)];
            }
            start += segment.length();
        }
        bounds
    }

    fn hold(&self, point: Vec3) -> bool {
        (0..2).all(|axis| (self.min[axis]..=self.max[axis]).contains(&point[axis]))
    }
}

/// How deep the edge of a tilted tray lies [m].
fn tilted_m(scene: &Scene, conveyor: ConveyorId) -> f64 {
    match scene.train_of(conveyor).map(|train| train.carriers) {
        Some(SorterCarriers::TiltTrays { tilt, .. }) => scene.conveyor(conveyor).width_m / 2.0 * libm::sin(tilt),
        _ => 0.0,
    }
}

fn strands_of(conveyor: &Conveyor) -> Vec<[f64; 2]> {
    match conveyor.carrying {
        Carrying::Strands { .. } => {
            conveyor.strips().iter().map(|strip| [strip.left_m - strip.width_m / 2.0, strip.left_m + strip.width_m / 2.0]).collect()
        }
        _ => Vec::new(),
    }
}

fn add_beds(scene: &Scene, lanes: &mut Vec<Lane>) {
    for (index, port) in scene.ports.iter().enumerate() {
        let into = match &scene.element(port.element).kind {
            ElementKind::Sink(_) => None,
            ElementKind::Buffer(buffer) if buffer.entry_hold.is_some() => Some(buffer.into),
            _ => continue,
        };
        if port.direction != PortDirection::In {
            continue;
        }
        let port_id = PortId::from_index(index);
        let fed_at = scene.edges.iter().filter(|edge| edge.to == port_id).filter_map(|edge| {
            let from = scene.conveyors.iter().find(|conveyor| conveyor.out_port == edge.from)?;
            from.drives.last().map(|drive| scene.drives[drive.index()].speed_mps)
        });
        let speed_mps = fed_at.fold(BED_SPEED_MIN_MPS, f64::max);
        let taken = into.is_some_and(|into| {
            let away = sub(scene.port(into).pose.position, port.pose.position);
            dot(away, away) < SAME_PLACE_M * SAME_PLACE_M
        });
        let length_m = longest_part_m(scene, port.element) + BED_MARGIN_M;
        lanes.push(Lane {
            element: port.element,
            path: Path { segments: vec![Segment::Straight { start: port.pose, length_m }] },
            length_m,
            width_m: port.width_m,
            strands: Vec::new(),
            winds: false,
            twist_per_m: 0.0,
            by_gravity: false,
            reverses: false,
            below_m: BELOW_M,
            closed: true,
            carriage: None,
            lift: None,
            in_port: port_id,
            exits: Vec::new(),
            spots: Vec::new(),
            eyes: Vec::new(),
            bed: Some(Bed { speed_mps, solid: !taken }),
        });
    }
}

fn entry_of(scene: &Scene, lanes: &[Lane], id: PortId) -> Option<Entry> {
    let port = scene.port(id);
    if port.direction != PortDirection::In {
        return None;
    }
    if let Some(lane) = lanes.iter().position(|lane| lane.in_port == id) {
        return Some(Entry { lane, along_m: 0.0 });
    }
    match &scene.element(port.element).kind {
        ElementKind::Merge(merge) => {
            let lane = scene.spot(merge.window).host.index();
            let path = &lanes[lane].path;
            Some(Entry { lane, along_m: path.locate(port.pose.position, path.nearest_along(port.pose.position)).along })
        }
        _ => None,
    }
}

fn add_exits(scene: &Scene, lanes: &mut [Lane], lane_of_port: &[Option<Entry>]) {
    let exit_to = |out_port: PortId, by: Option<Sender>| {
        let port = scene.successor(out_port)?;
        let to = lane_of_port[port.index()]?;
        let in_port = scene.port(port);
        Some(Exit { port, to, by, plane: Plane::new(in_port.pose, in_port.width_m) })
    };
    for (index, conveyor) in scene.conveyors.iter().enumerate() {
        let carriage = scene.carriages.iter().find(|carriage| carriage.element == conveyor.element);
        let out_ports = carriage.map_or(std::slice::from_ref(&conveyor.out_port), |carriage| &carriage.out_ports);
        lanes[index].exits.extend(out_ports.iter().filter_map(|out_port| exit_to(*out_port, None)));
        let by = Some(Sender::Belt(ConveyorId::from_index(index)));
        lanes[index].exits.extend(conveyor.back_port.and_then(|back_port| exit_to(back_port, by)));
    }
    for (index, pusher) in scene.pushers.iter().enumerate() {
        lanes[pusher.host.index()].exits.extend(exit_to(pusher.out_port, Some(Sender::Pusher(PusherId::from_index(index)))));
    }
    for (index, diverter) in scene.diverters.iter().enumerate() {
        let by = Some(Sender::Diverter(DiverterId::from_index(index)));
        lanes[diverter.host.index()].exits.extend(exit_to(diverter.out_port, by));
    }
}

fn add_devices(scene: &Scene, lanes: &mut [Lane]) {
    for (index, spot) in scene.spots.iter().enumerate() {
        let spot_id = SpotId::from_index(index);
        lanes[spot.host.index()].spots.push(LaneSpot { spot: spot_id, start_m: spot.start_m, end_m: spot.end_m });
    }
    for (index, eye) in scene.eyes.iter().enumerate() {
        let Some(beam) = eye.beam else { continue };
        let lane = &mut lanes[beam.host.index()];
        let pose = lane.path.pose_at(beam.at_m);
        let from = pose.shifted(0.0, -lane.width_m / 2.0, beam.height_m).position;
        lane.eyes.push(LaneEye {
            eye: EyeId::from_index(index),
            at_m: beam.at_m,
            from,
            direction: pose.left,
            length_m: lane.width_m,
            forward: pose.forward,
        });
    }
    for lane in lanes {
        // A stable sort: equal starts stay in order of id.
        lane.spots.sort_by(|a, b| a.start_m.total_cmp(&b.start_m));
    }
}

/// The longest horizontal diagonal that a part that comes there can be expected to have [m].
pub fn longest_part_m(scene: &Scene, element: ElementId) -> f64 {
    let variants = scene.coming(element).flat_map(|part_type| &part_type.variants);
    variants.map(|variant: &PartVariant| horizontal_diagonal_m(&variant.shape)).fold(0.1, f64::max)
}

fn horizontal_diagonal_m(shape: &Shape) -> f64 {
    match shape {
        Shape::Box { size_m: [length, width, _] } | Shape::OpenBox { size_m: [length, width, _], .. } => {
            (large(length) * large(length) + large(width) * large(width)).sqrt()
        }
        Shape::Cylinder { diameter_m, .. } | Shape::Capsule { diameter_m, .. } => large(diameter_m),
        Shape::ConvexHull { points_m, scale } => {
            let radius = points_m.iter().map(|point| (point[0] * point[0] + point[1] * point[1]).sqrt()).fold(0.0, f64::max);
            2.0 * radius * large(scale)
        }
    }
}

/// A length that draws of `distribution` rarely exceed [m]: once in 30,000 where it has no end.
fn large(distribution: &Distribution) -> f64 {
    distribution.rarely_above(4.0)
}

/// Angular velocity is along Z: what an arc turns by per metre of centre line, signed [1/m].
pub fn turn_per_m(segment: &Segment) -> f64 {
    match *segment {
        Segment::Straight { .. } => 0.0,
        Segment::Arc { radius_m, angle, .. } => angle.signum() / radius_m,
        Segment::Helix { angle, .. } => angle / segment.length(),
    }
}

/// The centre of an arc's circle; of a straight, its start.
pub fn turn_centre(segment: &Segment) -> Vec3 {
    match *segment {
        Segment::Straight { start, .. } => start.position,
        Segment::Arc { start, radius_m, angle } | Segment::Helix { start, radius_m, angle, .. } => {
            start.shifted(0.0, radius_m * angle.signum(), 0.0).position
        }
    }
}

fn twist_per_m(segment: &Segment) -> f64 {
    match *segment {
        Segment::Helix { radius_m, angle, rise_m, .. } => (rise_m / angle).abs() / (radius_m * radius_m),
        Segment::Straight { .. } | Segment::Arc { .. } => 0.0,
    }
}

/// What a segment rises per metre of its turning centre line [-]; a slope that is straight has its own direction instead.
pub fn climb(segment: &Segment) -> f64 {
    match *segment {
        Segment::Helix { rise_m, .. } => rise_m / segment.length(),
        Segment::Straight { .. } | Segment::Arc { .. } => 0.0,
    }
}

/// Chutes have a drive in the tables, so that their parts' work is booked, and no motor.
pub fn has_no_motor(scene: &Scene, drive: DriveId) -> bool {
    scene.drives[drive.index()].speed_mps == 0.0
}
