//! What of a scene never changes, as tokens need it: lanes with the marks on them, what follows them, who feeds them. Made
//! again whenever a run is loaded.

use linetwin_model::Scene;
use linetwin_model::geometry::{Path, Segment};
use linetwin_model::scene::{
    CarriageId, Carrying, ConveyorId, DiverterDevice, DiverterId, DriveId, ElementId, ElementKind, EyeId, HoldKind, PortId, SpotId,
    SpotTiming,
};

#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub lanes: Vec<Lane>,
    /// By [`PortId`]: the lane behind an in-port, and what follows an out-port.
    entries: Vec<Option<Entry>>,
    exits: Vec<Exit>,
}

/// Where parts come onto a lane: its beginning, or a place beside which something joins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub lane: usize,
    pub at_m: f64,
    pub joins: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub element: ElementId,
    pub path: Path,
    pub length_m: f64,
    pub width_m: f64,
    /// Met by a token's leading face, its centre, and its trailing face, in order of place.
    pub marks: [Vec<Mark>; 3],
    /// Spots on it that can keep parts.
    pub holds: Vec<Hold>,
    pub zones: Vec<Zone>,
    pub exit: Exit,
    /// Of the belt of a platform that travels: its exits by stop.
    pub carriage: Option<(CarriageId, Vec<Exit>)>,
    /// Lanes whose parts come in at its beginning, and from beside.
    pub feeders: Vec<usize>,
    pub sides: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exit {
    Lane {
        entry: Entry,
        port: PortId,
    },
    /// Something that takes parts in and is no lane.
    Bed(PortId),
    /// Over the edge.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub at_m: f64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Spot(SpotId),
    Eye(EyeId),
    /// Another drive, or another slope.
    Zone,
    /// Where a diverter takes hold of who comes.
    Divert(DiverterId),
    /// Where shoes or a carrier are sent for who comes, and where they are done with it.
    Send(DiverterId),
    /// Of the lane.
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub spot: SpotId,
    pub kind: HoldKind,
    pub at_m: f64,
    pub end_m: f64,
    /// Under its middle.
    pub drive: DriveId,
    pub timing: SpotTiming,
}

/// A stretch with one drive and one slope, up to `end_m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zone {
    pub end_m: f64,
    pub drive: DriveId,
    /// Up is positive.
    pub slope_sin: f64,
    pub slope_cos: f64,
    /// No motor turns it.
    pub by_gravity: bool,
    /// Where none does: what resists beyond friction [-].
    pub resistance: f64,
}

impl Layout {
    pub fn new(scene: &Scene) -> Self {
        let entries: Vec<Option<Entry>> = (0..scene.ports.len()).map(|port| entry_behind(scene, PortId::from_index(port))).collect();
        let exits: Vec<Exit> = (0..scene.ports.len()).map(|port| exit_by(scene, PortId::from_index(port), &entries)).collect();
        let mut lanes: Vec<Lane> = (0..scene.conveyors.len()).map(|lane| lane_of(scene, ConveyorId::from_index(lane), &exits)).collect();
        for lane in 0..lanes.len() {
            let exits = lanes[lane].carriage.iter().flat_map(|(_, exits)| exits.clone());
            for exit in exits.chain([lanes[lane].exit]).collect::<Vec<_>>() {
                if let Exit::Lane { entry, .. } = exit {
                    let known = if entry.joins { &mut lanes[entry.lane].sides } else { &mut lanes[entry.lane].feeders };
                    if !known.contains(&lane) {
                        known.push(lane);
                    }
                }
            }
        }
        Layout { lanes, entries, exits }
    }

    pub fn exit(&self, out_port: PortId) -> Exit {
        self.exits[out_port.index()]
    }

    pub fn path(&self, lane: usize) -> &Path {
        &self.lanes[lane].path
    }

    /// Lanes on which tokens may be that reach onto this one.
    pub fn neighbours(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        let row = &self.lanes[lane];
        let onto = |exit: &Exit| if let Exit::Lane { entry, .. } = exit { Some(entry.lane) } else { None };
        let exits = row.carriage.iter().flat_map(|(_, exits)| exits).chain([&row.exit]).filter_map(onto);
        exits.chain(row.feeders.iter().copied()).chain(row.sides.iter().copied()).filter(move |near| *near != lane)
    }

    pub fn entry(&self, port: PortId) -> Option<Entry> {
        self.entries[port.index()]
    }
}

impl Lane {
    pub fn hold(&self, spot: SpotId) -> &Hold {
        self.holds.iter().find(|hold| hold.spot == spot).expect("only spots with a hold are told to hold")
    }

    pub fn zone_at(&self, along_m: f64) -> &Zone {
        let found = self.zones.iter().find(|zone| along_m < zone.end_m - super::EQUAL_M);
        found.or(self.zones.last()).expect("a lane has a drive")
    }
}

fn entry_behind(scene: &Scene, port: PortId) -> Option<Entry> {
    let begins = |conveyor: ConveyorId| Some(Entry { lane: conveyor.index(), at_m: 0.0, joins: false });
    let element = scene.port(port).element;
    match &scene.element(element).kind {
        ElementKind::Conveyor(conveyor) => begins(*conveyor),
        ElementKind::ZoneConveyor(zones) => begins(zones.conveyor),
        ElementKind::Carriage(carriage) => begins(scene.carriage(*carriage).conveyor),
        ElementKind::Merge(merge) => {
            let window = scene.spot(merge.window);
            Some(Entry { lane: window.host.index(), at_m: window.at_m, joins: true })
        }
        _ => None,
    }
}

fn exit_by(scene: &Scene, out_port: PortId, entries: &[Option<Entry>]) -> Exit {
    match scene.successor(out_port) {
        None => Exit::Open,
        Some(port) => entries[port.index()].map_or(Exit::Bed(port), |entry| Exit::Lane { entry, port }),
    }
}

fn lane_of(scene: &Scene, id: ConveyorId, exits: &[Exit]) -> Lane {
    let conveyor = scene.conveyor(id);
    let length_m = conveyor.path.length();
    let mut marks: [Vec<Mark>; 3] = Default::default();
    let mut holds = Vec::new();
    for (index, spot) in scene.spots.iter().enumerate().filter(|(_, spot)| spot.host == id) {
        let at = SpotId::from_index(index);
        for (list, at_m) in marks.iter_mut().zip([spot.start_m, spot.at_m, spot.end_m]) {
            list.push(Mark { at_m, what: What::Spot(at) });
        }
        let drive = conveyor.drives.iter().find(|drive| spot.at_m <= scene.drives[drive.index()].end_m);
        let drive = *drive.or(conveyor.drives.last()).expect("a conveyor has a drive");
        let timing = scene.calibration.as_ref().map_or(SpotTiming::default(), |calibration| calibration.spots[index]);
        holds.extend(spot.hold.map(|kind| Hold { spot: at, kind, at_m: spot.at_m, end_m: spot.end_m, drive, timing }));
    }
    for (index, eye) in scene.eyes.iter().enumerate() {
        if let Some(beam) = eye.beam.filter(|beam| beam.host == id) {
            let mark = Mark { at_m: beam.at_m, what: What::Eye(EyeId::from_index(index)) };
            marks[0].push(mark);
            marks[2].push(mark);
        }
    }
    for (index, diverter) in scene.diverters.iter().enumerate().filter(|(_, diverter)| diverter.host == id) {
        let at_m = f64::midpoint(diverter.start_m, diverter.end_m);
        let at = DiverterId::from_index(index);
        marks[1].push(Mark { at_m, what: What::Divert(at) });
        // Shoes are sorted out by a part's leading end, carriers by their own middle.
        let face = match diverter.device {
            DiverterDevice::Shoes { .. } => 0,
            DiverterDevice::Carriers => 1,
            DiverterDevice::PopUp { .. } | DiverterDevice::Lifter { .. } | DiverterDevice::SwingArm { .. } => continue,
        };
        marks[face].push(Mark { at_m: diverter.start_m, what: What::Send(at) });
        marks[2].push(Mark { at_m: diverter.end_m, what: What::Send(at) });
    }
    let zones = zones_of(scene, id);
    let inner = zones[..zones.len() - 1].iter().map(|zone| Mark { at_m: zone.end_m, what: What::Zone });
    marks[1].extend(inner);
    for list in &mut marks {
        list.push(Mark { at_m: length_m, what: What::End });
        // Stable: at one place, spots before eyes before the end.
        list.sort_by(|a, b| a.at_m.total_cmp(&b.at_m));
    }
    let carriage = scene.carriage_of(id).map(|carriage| {
        let exits = scene.carriage(carriage).out_ports.iter().map(|port| exits[port.index()]).collect();
        (carriage, exits)
    });
    let exit = exits[conveyor.out_port.index()];
    Lane {
        element: conveyor.element,
        path: conveyor.path.clone(),
        length_m,
        width_m: conveyor.width_m,
        marks,
        holds,
        zones,
        exit,
        carriage,
        feeders: Vec::new(),
        sides: Vec::new(),
    }
}

fn zones_of(scene: &Scene, id: ConveyorId) -> Vec<Zone> {
    let conveyor = scene.conveyor(id);
    let slope = |segment: &Segment| match segment {
        Segment::Arc { .. } => 0.0,
        Segment::Straight { .. } | Segment::Helix { .. } => segment.pose_at(segment.length() / 2.0).forward[2],
    };
    let resistance = scene.calibration.as_ref().map_or(0.0, |calibration| calibration.resistance[id.index()]);
    let mut zones: Vec<Zone> = Vec::new();
    let (mut drive, mut end_m) = (0, 0.0);
    for segment in &conveyor.path.segments {
        let begin_m = end_m;
        end_m += segment.length();
        // A drive may end within a segment, and a segment within the stretch of a drive.
        let mut from_m = begin_m;
        while from_m < end_m - super::EQUAL_M {
            let row = &scene.drives[conveyor.drives[drive].index()];
            let is_last = drive + 1 == conveyor.drives.len();
            let to_m = if is_last { end_m } else { row.end_m.min(end_m) };
            let slope_sin = slope(segment);
            let zone = Zone {
                end_m: to_m,
                drive: conveyor.drives[drive],
                slope_sin,
                slope_cos: libm::sqrt((1.0 - slope_sin * slope_sin).max(0.0)),
                by_gravity: matches!(conveyor.carrying, Carrying::FreeRollers(_)) || row.speed_mps == 0.0,
                resistance,
            };
            match zones.last_mut() {
                Some(last) if last.drive == zone.drive && (last.slope_sin - zone.slope_sin).abs() < 1e-9 => last.end_m = to_m,
                _ => zones.push(zone),
            }
            if !is_last && to_m >= row.end_m - super::EQUAL_M {
                drive += 1;
            }
            from_m = to_m;
        }
    }
    zones
}
