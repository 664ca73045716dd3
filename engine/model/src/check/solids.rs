//! Whether what is solid stands in something else: bodies of conveyors and machines, rails, plates and arms at rest, where
//! sinks take parts away, fixtures. (Two conveyors in each other's way: `space`.) Knows shapes and who joins whom, nothing
//! about parts but how large they are.

use super::Checker;
use super::boxes::{SolidBox, Triangle, bounds_apart};
use super::goods::longest_side_m;
use super::views::host;
use crate::diagnostic::Diagnostic;
use crate::geometry::{Pose, Segment, Vec3, add, scale, sub};
use crate::scene::*;
use std::collections::BTreeMap;

/// Two things may stand in each other by so much [m]: ports meet within 20 mm, and drawings are rounded.
const SHARED_M: f64 = 0.015;
/// A conveyor below its surface [m].
const BODY_M: f64 = 0.1;
/// What stands less far above a conveyor's surface is in the way of everything on it [m].
const LANE_M: f64 = 0.05;
/// The engine's own rails and arms [m].
const RAIL_M: f64 = 0.02;
const ARM_M: f64 = 0.04;
/// Curves are followed in pieces of about this length [m].
const PIECE_M: f64 = 0.2;
/// A machine without a body of its own is at least so high above the surfaces that it joins [m].
const MACHINE_M: f64 = 0.1;
/// Behind a sink parts are carried on until their length has passed, and a little more [m].
const BED_M: f64 = 0.5;

/// What a box is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Below the surface.
    Body,
    /// The space close above the surface.
    Lane,
    Rail,
    Plate,
    Arm,
    Bed,
    Machine,
    Fixture,
    /// A machine from a file: its surface, for it may be hollow.
    Mesh,
}

impl Part {
    /// Whether these two must not share room. Static things that only stand beside the way of parts may; two conveyors are
    /// looked at elsewhere.
    fn minds(self, other: Part) -> bool {
        let way = |part: Part| matches!(part, Part::Body | Part::Lane);
        match (self, other) {
            (a, b) if way(a) && way(b) => false,
            // A machine above a conveyor guides or stops what comes, as it should; in the conveyor it cannot stand.
            (Part::Fixture | Part::Mesh, Part::Lane) | (Part::Lane, Part::Fixture | Part::Mesh) => false,
            (Part::Rail, Part::Rail) | (Part::Bed, Part::Bed) => false,
            (Part::Rail, Part::Fixture | Part::Mesh) | (Part::Fixture | Part::Mesh, Part::Rail) => false,
            // One machine may be drawn in several pieces.
            (Part::Mesh, Part::Fixture | Part::Mesh) | (Part::Fixture, Part::Mesh) => false,
            _ => true,
        }
    }
}

/// A box of an element, or a surface in it.
pub(super) struct Solid {
    pub element: ElementId,
    pub part: Part,
    pub shape: SolidBox,
    pub bounds: [Vec3; 2],
    /// Of a mesh.
    surface: Vec<Triangle>,
}

impl Solid {
    /// How deep a box stands in it [m]; `None` where they are apart.
    pub fn depth_in(&self, other: &SolidBox) -> Option<f64> {
        if self.surface.is_empty() {
            return self.shape.depth_in(other);
        }
        if bounds_apart(&self.bounds, &other.bounds()) {
            return None;
        }
        self.surface.iter().filter_map(|triangle| other.depth_of(triangle)).reduce(f64::max)
    }
}

impl Checker<'_, '_> {
    pub(super) fn solids_apart(&mut self, scene: &Scene) {
        let mut solids = solids(scene);
        // Along x, so that what begins beyond the end of another need not be looked at.
        solids.sort_by(|a, b| a.bounds[0][0].total_cmp(&b.bounds[0][0]));
        let joined = self.joined(scene);
        let mut worst: BTreeMap<(ElementId, ElementId), (f64, usize, usize)> = BTreeMap::new();
        for (index, a) in solids.iter().enumerate() {
            let near = solids[index + 1..].iter().enumerate().take_while(|(_, b)| b.bounds[0][0] < a.bounds[1][0]);
            for (offset, b) in near {
                if !a.part.minds(b.part) || bounds_apart(&a.bounds, &b.bounds) || joined(a.element, b.element) {
                    continue;
                }
                let (solid, other) = if a.surface.is_empty() { (b, a) } else { (a, b) };
                let Some(depth_m) = solid.depth_in(&other.shape).filter(|depth| *depth > SHARED_M) else { continue };
                let (key, found) = if a.element < b.element {
                    ((a.element, b.element), (depth_m, index, index + 1 + offset))
                } else {
                    ((b.element, a.element), (depth_m, index + 1 + offset, index))
                };
                if worst.get(&key).is_none_or(|known| depth_m > known.0) {
                    worst.insert(key, found);
                }
            }
        }
        for (depth_m, first, second) in worst.into_values() {
            self.report_overlap(&solids[first], &solids[second], depth_m);
        }
    }

    /// Whether two elements belong together: parts go from one to the other, or one stands at the other or at what the other
    /// joins.
    pub(super) fn joined(&self, scene: &Scene) -> impl Fn(ElementId, ElementId) -> bool + use<> {
        let line = &self.spec.line;
        let at = |index: usize| host(&line[index]).and_then(|name| line.get_index_of(name)).unwrap_or(index);
        let host: Vec<ElementId> = (0..line.len()).map(|index| ElementId::from_index(at(index))).collect();
        let mut pairs: Vec<(ElementId, ElementId)> = Vec::new();
        for edge in &scene.edges {
            let (from, to) = (scene.port(edge.from).element, scene.port(edge.to).element);
            for from in [from, host[from.index()]] {
                for to in [to, host[to.index()]] {
                    pairs.extend([(from, to), (to, from)]);
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        move |a, b| {
            let (of_a, of_b) = (host[a.index()], host[b.index()]);
            of_a == of_b || pairs.binary_search(&(a, b)).is_ok() || pairs.binary_search(&(of_a, of_b)).is_ok()
        }
    }

    fn report_overlap(&mut self, first: &Solid, second: &Solid, depth_m: f64) {
        let shared = |axis: usize, end: usize| {
            let (a, b) = (first.bounds[end][axis], second.bounds[end][axis]);
            if end == 0 { a.max(b) } else { a.min(b) }
        };
        let [x, y, z] = [0, 1, 2].map(|axis| f64::midpoint(shared(axis, 0), shared(axis, 1)));
        let (former, latter) = (self.called(first), self.called(second));
        let message = format!("{former} and {latter} stand {:.0} mm in each other at ({x:.2}, {y:.2}, {z:.2})", depth_m * 1000.0);
        let place = |solid: &Solid| self.at.name_span(&self.element_path(solid.element.index()));
        let problem = Diagnostic::warning("overlapping-solids", place(second), message)
            .allowed(format!("{:.0} mm, where two things do not join", SHARED_M * 1000.0))
            .related(place(first), "the other one");
        let takes_rails = [first, second].iter().any(|solid| solid.part == Part::Rail);
        let help = if takes_rails { "move one of them, or take the rail away on that side" } else { "move one of them" };
        self.push(problem.help(help));
    }

    pub(super) fn called(&self, solid: &Solid) -> String {
        let name = self.name(solid.element.index());
        match solid.part {
            Part::Body | Part::Lane | Part::Machine | Part::Fixture | Part::Mesh => format!("`{name}`"),
            Part::Rail => format!("a rail of `{name}`"),
            Part::Plate => format!("the head of `{name}` at rest"),
            Part::Arm => format!("the arm of `{name}` at rest"),
            Part::Bed => format!("the way out behind `{name}`"),
        }
    }
}

/// Everything solid that does not travel.
pub(super) fn solids(scene: &Scene) -> Vec<Solid> {
    let mut solids = Vec::new();
    let mut add = |element: ElementId, part: Part, middle: Pose, size_m: Vec3| {
        let shape = SolidBox { middle, half_m: scale(size_m, 0.5) };
        solids.push(Solid { element, part, bounds: shape.bounds(), shape, surface: Vec::new() });
    };
    for (index, conveyor) in scene.conveyors.iter().enumerate() {
        let id = ConveyorId::from_index(index);
        if scene.carriage_of(id).is_none() && scene.lift_of(id).is_none() {
            add_conveyor(conveyor, &mut add);
        }
    }
    for fixture in scene.fixtures.iter().filter(|fixture| fixture.mesh.is_none()) {
        add(fixture.element, Part::Fixture, fixture.pose, fixture.size_m);
    }
    for pusher in &scene.pushers {
        let (middle, size_m) = pusher.head_at_rest(scene.conveyor(pusher.host));
        add(pusher.element, Part::Plate, middle, size_m);
    }
    for diverter in &scene.diverters {
        let DiverterDevice::SwingArm { height_m, .. } = diverter.device else { continue };
        let (host, arm_m) = (scene.conveyor(diverter.host), diverter.arm_m());
        let sign = if diverter.side == Side::Left { -1.0 } else { 1.0 };
        let middle = host.path.pose_at(diverter.start_m).shifted(arm_m / 2.0, sign * (host.width_m / 2.0 + ARM_BESIDE_M), height_m / 2.0);
        add(diverter.element, Part::Arm, middle, [arm_m, ARM_M, height_m]);
    }
    for id in scene.element_ids() {
        let ports: Vec<&Port> = scene.element(id).ports.iter().map(|port| scene.port(*port)).collect();
        let named = |name: &str| ports.iter().find(|port| port.name == name);
        match &scene.element(id).kind {
            ElementKind::Sink(_) => {
                for port in &ports {
                    let length_m = longest_side_m(scene.coming(id)) + BED_M;
                    add(id, Part::Bed, port.pose.shifted(length_m / 2.0, 0.0, -BODY_M / 2.0), [length_m, port.width_m, BODY_M]);
                }
            }
            ElementKind::Buffer(_) | ElementKind::Packer(_) | ElementKind::Unpacker(_) => {
                let (Some(entry), Some(exit)) = (named("in"), named("out")) else { continue };
                let (from, to) = (entry.pose.position, exit.pose.position);
                let (low, high) = (from[2].min(to[2]) - BODY_M, from[2].max(to[2]) + MACHINE_M);
                let span = sub(to, from);
                let position = [f64::midpoint(from[0], to[0]), f64::midpoint(from[1], to[1]), f64::midpoint(low, high)];
                let size_m = [libm::hypot(span[0], span[1]), entry.width_m.max(exit.width_m), high - low];
                add(id, Part::Machine, Pose::new(position, entry.pose.heading(), 0.0), size_m);
            }
            _ => {}
        }
    }
    solids.extend(scene.fixtures.iter().filter_map(surfaced));
    solids
}

fn surfaced(fixture: &Fixture) -> Option<Solid> {
    let (mesh, at) = (fixture.mesh.as_ref()?, fixture.pose);
    let in_world = |[x, y, z]: Vec3| add(at.position, add(add(scale(at.forward, x), scale(at.left, y)), scale(at.up(), z)));
    let surface = mesh.triangles.iter().map(|corners| corners.map(|corner| in_world(mesh.points_m[corner as usize]))).collect();
    let shape = SolidBox { middle: at, half_m: scale(fixture.size_m, 0.5) };
    Some(Solid { element: fixture.element, part: Part::Mesh, bounds: shape.bounds(), shape, surface })
}

fn add_conveyor(conveyor: &Conveyor, add: &mut impl FnMut(ElementId, Part, Pose, Vec3)) {
    let width_m = conveyor.width_m;
    for segment in &conveyor.path.segments {
        let (turns, pieces) = match *segment {
            Segment::Straight { .. } => (false, 1),
            Segment::Arc { .. } | Segment::Helix { .. } => (true, (segment.length() / PIECE_M).ceil().max(1.0) as usize),
        };
        let length_m = segment.length() / pieces as f64;
        for piece in 0..pieces {
            let middle = segment.pose_at((piece as f64 + 0.5) * length_m);
            add(conveyor.element, Part::Body, middle.shifted(0.0, 0.0, -BODY_M / 2.0), [length_m, width_m, BODY_M]);
            add(conveyor.element, Part::Lane, middle.shifted(0.0, 0.0, LANE_M / 2.0), [length_m, width_m, LANE_M]);
            for (there, sign) in [(conveyor.rails.left, 1.0), (conveyor.rails.right, -1.0)] {
                if there && (turns || conveyor.rails.straights) {
                    let height_m = conveyor.rails.height_m;
                    let rail = middle.shifted(0.0, sign * (width_m + RAIL_M) / 2.0, height_m / 2.0);
                    add(conveyor.element, Part::Rail, rail, [length_m, RAIL_M, height_m]);
                }
            }
        }
    }
}
