//! What of a scene bulk material flows through, and at which rates, by the textbook. Derived from the scene, so no part of a snapshot.

use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, Vec3, dot, sub};
use linetwin_model::scene::*;
use std::f64::consts::PI;

/// Angle of repose at which a heap spreads below an outlet [rad].
const REPOSE: f64 = PI / 6.0;
/// Of what a screw would give if it were full and nothing turned with it [-].
const SCREW_SHARE: f64 = 0.85;
/// How fast a layer comes along a trough that throws it, over what one body would that neither bounces nor slides [-].
const THROW_SHARE: f64 = 0.72;
/// Of a heap that stands below an outlet and spreads to its repose, what is taken along [-]: it is rounder, and slips.
const TAKEN_SHARE: f64 = 0.7;
/// Nothing falls faster [s].
const SHORTEST_FALL_S: f64 = 0.001;
/// From an outlet that is so close to a carrier, nothing falls: what is on it stands up to the outlet [s].
const STANDING_FALL_S: f64 = 0.2;
/// What a chute is too flat for comes along so fast: pushed from behind [m/s].
const CREEP_MPS: f64 = 0.3;

#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub nodes: Vec<PlannedNode>,
    /// In order of the nodes that they begin at.
    pub edges: Vec<PlannedEdge>,
    /// The nodes, what pours before what it pours into, as far as they are no circle.
    pub downstream: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct PlannedNode {
    pub element: ElementId,
    pub kind: Kind,
    /// The edge that begins here.
    pub out: Option<usize>,
    /// The edges that end here.
    pub ins: Vec<usize>,
    /// Mean of a grain of what flows through it [kg].
    pub grain_kg: f64,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Hopper(PlannedHopper),
    Carrier(PlannedCarrier),
    Bin,
    Filler(Box<PlannedFiller>),
}

#[derive(Clone, Debug)]
pub struct PlannedFiller {
    pub spec: FillAndWeigh,
    /// From the hopper's outlet down to what the box stands on [m].
    drop_m: f64,
    gravity_mps2: f64,
}

impl PlannedFiller {
    /// From the outlet to so far above what the box stands on [s].
    pub fn fall_s(&self, above_m: f64) -> f64 {
        fall_s(self.drop_m - above_m, self.gravity_mps2)
    }
}

#[derive(Clone, Debug)]
pub struct PlannedHopper {
    pub starts_kg: f64,
    pub feed_kgps: f64,
    pub room_kg: f64,
    /// Through the open outlet.
    pub full_kgps: f64,
    /// Where it stands on a carrier: what that takes along of it, per length [kg/m].
    pub choke_kgpm: Option<f64>,
    /// From closed to open [s].
    pub gate_s: f64,
    /// Of the outlet, and of the plate's half length [m].
    pub radius_m: f64,
    pub plate_m: f64,
    pub filler: Option<usize>,
}

/// A belt, a screw, a trough; a chute, in seconds at one second per second.
#[derive(Clone, Debug)]
pub struct PlannedCarrier {
    pub speed: f64,
    pub doses_kgps: Option<f64>,
    pub scaled: bool,
    /// What goes on it [kg over length]; infinite where nothing is spilt.
    pub most: f64,
    /// Whether it stands when it is told to.
    pub driven: bool,
}

#[derive(Clone, Debug)]
pub struct PlannedEdge {
    pub from: usize,
    /// `None`: the floor.
    pub to: Option<usize>,
    pub fall_s: f64,
    /// What comes down stands up to where it comes from: nothing falls, and nothing is spilt.
    pub stands: bool,
    /// On the carrier that it ends at: to the middle of its scale, where that is ahead, and from there to the end.
    pub ride: [Option<f64>; 2],
}

impl Plan {
    /// `None` without bulk material.
    pub fn new(scene: &Scene) -> Option<Self> {
        let space = scene.bulk.as_ref()?;
        let flows = |id: &ElementId| matches!(scene.element(*id).kind, ElementKind::Bulk(_) | ElementKind::FillAndWeigh(_));
        let elements: Vec<ElementId> = scene.element_ids().filter(flows).collect();
        let node_of = |element: ElementId| elements.iter().position(|id| *id == element);
        let mut edges = Vec::new();
        for (from, id) in elements.iter().enumerate() {
            let Some(outlet_m) = bulk_of(scene, *id).and_then(BulkElement::outlet_m) else { continue };
            let known = space.edges.iter().find(|edge| edge.from == *id);
            let (to, landing_m) = known.map_or((None, outlet_m), |edge| (node_of(edge.to), edge.landing_m));
            let fall_s = fall_s(outlet_m[2] - landing_m[2], scene.physics.gravity_mps2);
            let granulate = granulate_of(scene, space, *id);
            let ride = to.map_or([None; 2], |to| ride(scene, granulate, elements[to], landing_m, fall_s));
            let stands = choke_kgpm(scene, space, *id).is_some() && fall_s < STANDING_FALL_S;
            let fall_s = if stands { SHORTEST_FALL_S } else { fall_s };
            edges.push(PlannedEdge { from, to, fall_s, stands, ride });
        }
        let nodes = elements.iter().enumerate().map(|(index, id)| PlannedNode {
            element: *id,
            kind: kind(scene, space, *id, &elements),
            out: edges.iter().position(|edge| edge.from == index),
            ins: (0..edges.len()).filter(|edge| edges[*edge].to == Some(index)).collect(),
            grain_kg: granulate_of(scene, space, *id).mean_mass_kg(),
        });
        let nodes: Vec<PlannedNode> = nodes.collect();
        let mut downstream: Vec<usize> = Vec::new();
        while downstream.len() < nodes.len() {
            let left = || (0..nodes.len()).filter(|index| !downstream.contains(index));
            let is_next = |index: &usize| nodes[*index].ins.iter().all(|edge| downstream.contains(&edges[*edge].from));
            let next = left().find(is_next).or_else(|| left().next()).expect("some are left");
            downstream.push(next);
        }
        Some(Plan { nodes, edges, downstream })
    }

    pub fn node_of(&self, element: ElementId) -> Option<usize> {
        self.nodes.iter().position(|node| node.element == element)
    }
}

fn bulk_of(scene: &Scene, id: ElementId) -> Option<&BulkElement> {
    if let ElementKind::Bulk(bulk) = &scene.element(id).kind { Some(bulk) } else { None }
}

/// Of what comes to an element: that of the hopper above it.
fn granulate_of<'a>(scene: &Scene, space: &'a BulkSpace, id: ElementId) -> &'a Granulate {
    let mut at = id;
    for _ in 0..=space.edges.len() {
        if let Some(BulkElement::Hopper(hopper)) = bulk_of(scene, at) {
            return &space.granulates[hopper.granulate];
        }
        let Some(edge) = space.edges.iter().find(|edge| edge.to == at) else { break };
        at = edge.from;
    }
    &space.granulates[0]
}

fn fall_s(drop_m: f64, gravity_mps2: f64) -> f64 {
    libm::sqrt(2.0 * drop_m.max(0.0) / gravity_mps2).max(SHORTEST_FALL_S)
}

/// What is left of a carrier from where something lands on it.
fn ride(scene: &Scene, granulate: &Granulate, to: ElementId, landing_m: Vec3, fall_s: f64) -> [Option<f64>; 2] {
    let along = |start: &Pose, length_m: f64| dot(sub(landing_m, start.position), start.forward).clamp(0.0, length_m);
    match bulk_of(scene, to) {
        Some(BulkElement::Belt(belt)) => {
            let at_m = along(&belt.start, belt.length_m);
            let middle_m = belt.scale.as_ref().map(|scale| scale.from_m + scale.length_m / 2.0).filter(|middle_m| *middle_m > at_m);
            [middle_m.map(|middle_m| middle_m - at_m), Some(belt.length_m - middle_m.unwrap_or(at_m))]
        }
        Some(BulkElement::Feeder(feeder)) => [None, Some(feeder.length_m - along(&feeder.start, feeder.length_m))],
        Some(BulkElement::Chute(chute)) => {
            let way_m = chute.length_m - along(&chute.start, chute.length_m);
            let (sin, cos) = (-chute.start.forward[2], libm::hypot(chute.start.forward[0], chute.start.forward[1]));
            let gravity_mps2 = scene.physics.gravity_mps2;
            let friction = scene.materials.pair(granulate.material, chute.material).friction;
            let first_mps = gravity_mps2 * fall_s * sin;
            let last_mps2 = first_mps * first_mps + 2.0 * gravity_mps2 * (sin - friction * cos) * way_m;
            // Along an even slope the mean speed is that between the first and the last.
            let mean_mps = if last_mps2 > 0.0 { f64::midpoint(first_mps, libm::sqrt(last_mps2)) } else { 0.0 };
            [None, Some(way_m / mean_mps.max(CREEP_MPS))]
        }
        _ => [None; 2],
    }
}

fn kind(scene: &Scene, space: &BulkSpace, id: ElementId, elements: &[ElementId]) -> Kind {
    let gravity_mps2 = scene.physics.gravity_mps2;
    let poured_kgpm3 = granulate_of(scene, space, id).poured_kgpm3();
    let Some(bulk) = bulk_of(scene, id) else {
        let ElementKind::FillAndWeigh(spec) = &scene.element(id).kind else { unreachable!("nothing else is a node") };
        let spot = scene.spot(spec.station.spot);
        let surface_m = scene.conveyor(spot.host).path.pose_at(spot.end_m).position[2];
        let drop_m = bulk_of(scene, spec.hopper).and_then(BulkElement::outlet_m).map_or(0.0, |outlet_m| outlet_m[2] - surface_m);
        return Kind::Filler(Box::new(PlannedFiller { spec: spec.clone(), drop_m, gravity_mps2 }));
    };
    let carrier = |speed, most| PlannedCarrier { speed, doses_kgps: None, scaled: false, most, driven: true };
    match bulk {
        BulkElement::Hopper(hopper) => {
            let granulate = &space.granulates[hopper.granulate];
            let filler = elements
                .iter()
                .position(|other| matches!(&scene.element(*other).kind, ElementKind::FillAndWeigh(filler) if filler.hopper == id));
            Kind::Hopper(PlannedHopper {
                starts_kg: hopper.starts_kg,
                feed_kgps: hopper.feed_kgps,
                room_kg: hopper.volume_m3() * poured_kgpm3,
                full_kgps: calibrated(scene, id) * granulate.outflow_kgps(2.0 * hopper.outlet_radius_m, gravity_mps2),
                choke_kgpm: choke_kgpm(scene, space, id).map(|kgpm| calibrated(scene, id) * kgpm),
                gate_s: hopper.gate.as_seconds(),
                radius_m: hopper.outlet_radius_m,
                plate_m: hopper.outlet_radius_m + GATE_BEYOND_GRAINS * granulate.longest_m(),
                filler,
            })
        }
        BulkElement::Belt(belt) => Kind::Carrier(PlannedCarrier {
            doses_kgps: belt.doses_kgps,
            scaled: belt.scale.is_some(),
            ..carrier(belt.speed_mps, belt.section_m2() * poured_kgpm3)
        }),
        BulkElement::Feeder(feeder) => {
            let speed_mps = feeder.conveying_mps(gravity_mps2);
            match &feeder.kind {
                FeederKind::Screw(screw) => Kind::Carrier(carrier(speed_mps, SCREW_SHARE * screw.section_m2() * poured_kgpm3)),
                FeederKind::Vibratory(trough) => {
                    Kind::Carrier(carrier(THROW_SHARE * speed_mps, trough.width_m * trough.wall_m * poured_kgpm3))
                }
            }
        }
        BulkElement::Chute(_) => Kind::Carrier(PlannedCarrier { driven: false, ..carrier(1.0, f64::INFINITY) }),
        BulkElement::Bin(_) => Kind::Bin,
    }
}

/// What a hopper pours over the textbook [-].
fn calibrated(scene: &Scene, hopper: ElementId) -> f64 {
    let flows = scene.calibration.as_ref().map(|calibration| &calibration.flow);
    flows.and_then(|flows| flows.get(hopper.index())).copied().unwrap_or(1.0)
}

/// What a carrier takes along from a hopper whose heap stands on it [kg/m]: below the outlet it spreads to its repose.
fn choke_kgpm(scene: &Scene, space: &BulkSpace, id: ElementId) -> Option<f64> {
    let BulkElement::Hopper(hopper) = bulk_of(scene, id)? else { return None };
    let edge = space.edges.iter().find(|edge| edge.from == id)?;
    let granulate = &space.granulates[hopper.granulate];
    let gap_m = (hopper.outlet_m[2] - granulate.gate_gap_m() - edge.landing_m[2]).max(0.0);
    let heap_m2 = TAKEN_SHARE * gap_m * (2.0 * hopper.outlet_radius_m + gap_m / libm::tan(REPOSE));
    match bulk_of(scene, edge.to)? {
        BulkElement::Belt(_) => Some(heap_m2 * granulate.poured_kgpm3()),
        BulkElement::Feeder(BulkFeeder { kind: FeederKind::Vibratory(trough), .. }) => {
            Some(heap_m2.min(gap_m * trough.width_m) * granulate.poured_kgpm3())
        }
        // Its trough stands full, and the flight takes as much as it holds.
        BulkElement::Feeder(BulkFeeder { kind: FeederKind::Screw(screw), .. }) => {
            Some(SCREW_SHARE * screw.section_m2() * granulate.poured_kgpm3())
        }
        BulkElement::Hopper(_) | BulkElement::Chute(_) | BulkElement::Bin(_) => None,
    }
}
