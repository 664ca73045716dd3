//! Small scenes put together by hand from the scene's own tables, and a driver that steps the contact transport alone:
//! for laws of physics, where line logic would only be in the way. Knows nothing about RON.

use linetwin_model::condition::Condition;
use linetwin_model::distribution::Distribution;
use linetwin_model::geometry::{Path, Pose, Segment, Vec3};
use linetwin_model::scene::*;
use linetwin_model::time::StepLength;
use linetwin_model::{Scene, Time};
use linetwin_sim::parts::{DrawnShape, Part, PartId, Parts, Place};
use linetwin_sim::port::{Fact, FactKind, InvalidKind, PartMotion, Steps, Transport, Wish};
use linetwin_sim::transport::contact::ContactTransport;

/// Index of the materials in every bench scene.
pub const CARD: MaterialId = MaterialId(0);
pub const BELT: MaterialId = MaterialId(1);
pub const STEEL: MaterialId = MaterialId(2);

/// A scene under construction. Card on belt has friction `friction`, everything else 0.4; restitution is 0 but for
/// card on steel (the floor).
pub struct BenchScene {
    pub scene: Scene,
}

impl BenchScene {
    pub fn new(friction: f64, restitution_on_floor: f64) -> Self {
        let pair = |a: usize, b: usize| match (a.min(b), a.max(b)) {
            (0, 1) => Surface { friction, restitution: 0.0 },
            (0, 2) => Surface { friction: 0.4, restitution: restitution_on_floor },
            _ => Surface { friction: 0.4, restitution: 0.0 },
        };
        let pairs = (0..9).map(|k| pair(k / 3, k % 3)).collect();
        let variant = PartVariant {
            name: "carton".into(),
            weight: 1.0,
            shape: Shape::Box { size_m: [0.4, 0.3, 0.25].map(Distribution::Constant) },
            mass_kg: Distribution::Constant(4.0),
            centre_of_mass_m: [0.0; 3].map(Distribution::Constant),
            material: CARD,
        };
        let scene = Scene {
            name: "bench".into(),
            seed: 1,
            fidelity: Fidelity::Contact,
            by_contact: Vec::new(),
            bulk_flows: false,
            coasting: false,
            calibration: None,
            step: StepLength::default(),
            warmup: Time::ZERO,
            count: None,
            demand_per_h: None,
            minor_stop: Time::from_seconds(300.0),
            constraint: None,
            physics: Physics {
                solver_iterations: 4,
                contact_recycling: true,
                contact_recycle_m: 0.005,
                contact_frequency_hz: 120.0,
                gravity_mps2: 9.81,
                floor_z_m: 0.0,
                floor_material: STEEL,
                jam_after: Time::from_seconds(2.0),
            },
            materials: Materials { names: ["card", "belt", "steel"].map(String::from).to_vec(), pairs },
            part_types: vec![PartType { name: "carton".into(), variants: vec![variant], nest: None, holds: None, bill: Vec::new() }],
            attributes: Vec::new(),
            elements: Vec::new(),
            ports: Vec::new(),
            edges: Vec::new(),
            bulk: None,
            compute: None,
            conveyors: Vec::new(),
            drives: Vec::new(),
            spots: Vec::new(),
            eyes: Vec::new(),
            pushers: Vec::new(),
            diverters: Vec::new(),
            carriages: Vec::new(),
            trains: Vec::new(),
            lifts: Vec::new(),
            fixtures: Vec::new(),
            cameras: Vec::new(),
            floor_plan: None,
            conwips: Vec::new(),
            crews: Vec::new(),
            calendar: None,
            controls: Vec::new(),
            clearings: Vec::new(),
            initial: Vec::new(),
            checks: Vec::new(),
            disturbances: Vec::new(),
            happenings: Vec::new(),
            inputs: Vec::new(),
        };
        BenchScene { scene }
    }

    fn element(&mut self, name: &str, kind: ElementKind) -> ElementId {
        let id = ElementId::from_index(self.scene.elements.len());
        let element = Element {
            name: format!("{name} {}", id.0),
            family: name.into(),
            kind,
            failures: Vec::new(),
            faults: Vec::new(),
            power: Power::default(),
            ports: Vec::new(),
            passing: vec![Passing { part_type: PartTypeId(0), turned: false }],
        };
        self.scene.elements.push(element);
        id
    }

    fn port(&mut self, element: ElementId, name: &str, direction: PortDirection, pose: Pose, width_m: f64) -> PortId {
        let id = PortId::from_index(self.scene.ports.len());
        self.scene.ports.push(Port { element, name: name.into(), direction, pose, width_m });
        self.scene.elements[element.index()].ports.push(id);
        id
    }

    /// A conveyor along `segments` with one drive.
    pub fn conveyor(&mut self, segments: Vec<Segment>, width_m: f64, speed_mps: f64) -> ConveyorId {
        let length_m: f64 = segments.iter().map(Segment::length).sum();
        self.conveyor_with_drives(segments, width_m, &[(length_m, speed_mps)])
    }

    /// A conveyor with drives that end at these arc lengths [m] and have these speeds [m/s].
    pub fn conveyor_with_drives(&mut self, segments: Vec<Segment>, width_m: f64, drives: &[(f64, f64)]) -> ConveyorId {
        let id = ConveyorId::from_index(self.scene.conveyors.len());
        let element = self.element("Belt", ElementKind::Conveyor(id));
        let path = Path { segments };
        let in_port = self.port(element, "in", PortDirection::In, path.start(), width_m);
        let out_port = self.port(element, "out", PortDirection::Out, path.end(), width_m);
        let mut start_m = 0.0;
        let mut ids = Vec::new();
        for &(end_m, speed_mps) in drives {
            ids.push(DriveId::from_index(self.scene.drives.len()));
            self.scene.drives.push(Drive { conveyor: id, start_m, end_m, speed_mps, acceleration_mps2: 2.0, deceleration_mps2: 2.0 });
            start_m = end_m;
        }
        let rails = Rails { left: false, right: false, straights: true, height_m: 0.1, material: STEEL };
        self.scene.conveyors.push(Conveyor {
            element,
            path,
            width_m,
            material: BELT,
            carrying: Carrying::Closed,
            rails,
            drives: ids,
            in_port,
            out_port,
            back_port: None,
        });
        id
    }

    pub fn straight(&mut self, from: Vec3, heading: f64, pitch: f64, length_m: f64, speed_mps: f64) -> ConveyorId {
        self.conveyor(vec![Segment::Straight { start: Pose::new(from, heading, pitch), length_m }], 0.6, speed_mps)
    }

    pub fn join(&mut self, from: ConveyorId, to: ConveyorId) {
        let edge = Edge { from: self.scene.conveyor(from).out_port, to: self.scene.conveyor(to).in_port };
        self.scene.edges.push(edge);
    }

    /// A sink at the end of a conveyor.
    pub fn sink(&mut self, after: ConveyorId) -> ElementId {
        let from = self.scene.conveyor(after).out_port;
        self.sink_at(from)
    }

    fn sink_at(&mut self, from: PortId) -> ElementId {
        let element = self.element("Sink", ElementKind::Sink(Sink { outcome: Outcome::Good, receives: None, bin: None }));
        let port = self.scene.port(from);
        let (pose, width_m) = (port.pose, port.width_m);
        let to = self.port(element, "in", PortDirection::In, pose, width_m);
        self.scene.edges.push(Edge { from, to });
        element
    }

    /// A spot with a stop's logic (which the bench does not run).
    pub fn spot(&mut self, host: ConveyorId, span_m: [f64; 3], hold: Option<HoldKind>) -> SpotId {
        let id = SpotId::from_index(self.scene.spots.len());
        let element = self.element("Stop", ElementKind::Stop(Stop { spot: id, hold_s: Distribution::Constant(0.0), when: None }));
        let [start_m, at_m, end_m] = span_m;
        self.scene.spots.push(Spot { element, host, start_m, at_m, end_m, hold });
        id
    }

    pub fn eye(&mut self, host: ConveyorId, at_m: f64, height_m: f64) -> EyeId {
        let id = EyeId::from_index(self.scene.eyes.len());
        let element = self.element("Eye", ElementKind::Eye(id));
        self.scene.eyes.push(Eye { element, beam: Some(Beam { host, at_m, height_m }), on_delay: Time::ZERO, off_delay: Time::ZERO });
        id
    }

    /// A pusher to the left, with a sink at its side.
    pub fn pusher(&mut self, host: ConveyorId, at_m: f64, stroke_s: f64, force_n: f64) -> (PusherId, ElementId) {
        let id = PusherId::from_index(self.scene.pushers.len());
        let conveyor = self.scene.conveyor(host);
        let (width_m, middle) = (conveyor.width_m, conveyor.path.pose_at(at_m));
        let spot = self.spot(host, [at_m - 0.2, at_m, at_m + 0.2], None);
        let kind = PusherLogic { spot, pusher: id, when: Condition::Constant(true), room: None, track: None };
        let element = self.element("Pusher", ElementKind::Pusher(kind));
        let side = middle.shifted(0.0, width_m / 2.0, 0.0).turned(std::f64::consts::FRAC_PI_2);
        let out_port = self.port(element, "side", PortDirection::Out, side, 0.8);
        let pusher =
            Pusher { element, host, at_m, side: Side::Left, length_m: 0.4, height_m: 0.15, stroke_s, force_n, material: STEEL, out_port };
        self.scene.pushers.push(pusher);
        (id, self.sink_at(out_port))
    }

    /// A level platform from there with a still belt, which can go by `travel`; nothing feeds it.
    pub fn platform(&mut self, from: Vec3, size_m: [f64; 2], way: CarriageWay, travel: f64, limits: [f64; 2]) -> CarriageId {
        let [length_m, width_m] = size_m;
        let start = Pose::new(from, 0.0, 0.0);
        let conveyor = self.conveyor(vec![Segment::Straight { start, length_m }], width_m, 0.0);
        let spot = self.spot(conveyor, [0.0, length_m / 2.0, length_m], None);
        let id = CarriageId::from_index(self.scene.carriages.len());
        let element = self.scene.conveyor(conveyor).element;
        let [top_speed, acceleration] = limits;
        let (stops, out_ports) = (vec![travel], vec![self.scene.conveyors[conveyor.index()].out_port]);
        let (entry_hold, force_n, divides) = (spot, None, None);
        let row =
            Carriage { element, conveyor, way, stops, out_ports, divides, top_speed, acceleration, force_n, entry_hold, spot, slug: 1 };
        self.scene.carriages.push(row);
        self.scene.elements[element.index()].kind = ElementKind::Carriage(id);
        id
    }

    /// A static box of belt material.
    pub fn fixture(&mut self, pose: Pose, size_m: Vec3) {
        let element = self.element("Rail", ElementKind::Fixture);
        self.scene.fixtures.push(Fixture { element, pose, size_m, material: BELT, mesh: None });
    }
}

/// The contact transport and the parts it moves.
pub struct Bench {
    pub scene: Scene,
    pub transport: ContactTransport,
    pub parts: Parts,
    wishes: Vec<Wish>,
    /// Steps done.
    pub steps: u64,
    /// All facts so far.
    pub facts: Vec<Fact>,
}

impl Bench {
    pub fn new(scene: Scene, threads: usize) -> Self {
        let transport = ContactTransport::new(&scene, threads);
        Bench { scene, transport, parts: Parts::default(), wishes: Vec::new(), steps: 0, facts: Vec::new() }
    }

    pub fn now(&self) -> Time {
        self.scene.step.time_of(self.steps)
    }

    pub fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }

    pub fn part(&mut self, size_m: [f64; 3], mass_kg: f64) -> PartId {
        self.shape(DrawnShape::Box { size_m }, mass_kg)
    }

    pub fn ball(&mut self, diameter_m: f64, mass_kg: f64) -> PartId {
        self.shape(DrawnShape::Capsule { diameter_m, height_m: diameter_m }, mass_kg)
    }

    fn shape(&mut self, shape: DrawnShape, mass_kg: f64) -> PartId {
        let created_at = self.now();
        self.parts.create(ElementId(0), |_| Part {
            part_type: PartTypeId(0),
            variant: 0,
            place: Place::Pending,
            shape,
            mass_kg,
            centre_of_mass_m: [0.0; 3],
            attributes: Default::default(),
            works: Default::default(),
            inertia_kgm2: None,
            content: Vec::new(),
            seat: None,
            created_at,
            entered_at: None,
            on_floor: false,
            own: (mass_kg, [0.0; 3]),
            filling_kg: 0.0,
        })
    }

    /// A carton of 0.4 x 0.3 x 0.25 m and 4 kg.
    pub fn carton(&mut self) -> PartId {
        self.part([0.4, 0.3, 0.25], 4.0)
    }

    pub fn place(&mut self, part: PartId, conveyor: ConveyorId, along_m: f64, left_m: f64, yaw_rad: f64) {
        self.wish(Wish::Place { part, conveyor, along_m, left_m, yaw_rad });
    }

    pub fn offer(&mut self, part: PartId, conveyor: ConveyorId) {
        let (port, born_at) = (self.scene.conveyor(conveyor).in_port, self.now());
        self.wish(Wish::Offer { part, port, left_m: 0.0, yaw_rad: 0.0, born_at });
    }

    /// One step; returns the facts of it.
    pub fn step(&mut self) -> &[Fact] {
        let (now, until) = (self.now(), self.scene.step.time_of(self.steps + 1));
        self.transport.accept(&self.scene, &self.parts, &self.wishes, now);
        self.wishes.clear();
        self.transport.advance(&self.scene, now, until);
        let start = self.facts.len();
        self.transport.sense(&self.scene, now, until, &mut self.facts);
        self.steps += 1;
        &self.facts[start..]
    }

    pub fn run_s(&mut self, seconds: f64) {
        let last = self.scene.step.step_at_or_after(self.now() + Time::from_seconds(seconds));
        while self.steps < last {
            self.step();
        }
    }

    pub fn motion(&self, part: PartId) -> PartMotion {
        self.transport.motions().iter().find(|(id, _)| *id == part).expect("the part is in the world").1
    }

    /// When a fact that `pick` accepts was first crossed [s].
    pub fn when(&self, pick: impl Fn(&FactKind) -> bool) -> Option<f64> {
        self.facts.iter().find(|fact| pick(&fact.kind)).map(|fact| fact.crossed_at.as_seconds())
    }

    pub fn count(&self, pick: impl Fn(&FactKind) -> bool) -> usize {
        self.facts.iter().filter(|fact| pick(&fact.kind)).count()
    }

    /// What physics must not have done so far: kind, part, element.
    pub fn invalid(&self) -> Vec<(InvalidKind, Option<PartId>, Option<ElementId>)> {
        let conditions = self.facts.iter().filter_map(|fact| match fact.kind {
            FactKind::Invalid { kind, part, element } => Some((kind, part, element)),
            _ => None,
        });
        conditions.collect()
    }

    /// Mechanical work of a drive so far [J].
    pub fn work_j(&self, drive: DriveId) -> f64 {
        self.transport.energy().drive_work_j[drive.index()]
    }

    /// The same run with another transport, as after loading a snapshot.
    pub fn resumed_with(&self, transport: ContactTransport) -> Bench {
        Bench {
            scene: self.scene.clone(),
            transport,
            parts: self.parts.clone(),
            wishes: self.wishes.clone(),
            steps: self.steps,
            facts: self.facts.clone(),
        }
    }

    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        self.transport.hash_state(&mut hasher);
        *hasher.finalize().as_bytes()
    }
}
