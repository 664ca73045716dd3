//! Where everything stands: each element's place is given once and followed from neighbour to neighbour until all are
//! placed. Knows nothing about which ports meet (`ports`) or what parts do.

use super::Checker;
use super::pieces::{Piece, lay, lay_to};
use super::references::{ElementReferences, PortRef};
use super::sortation::{SidePort, side_port};
use super::views::{
    ConveyorView, SurfaceView, ThroughView, carriage, conveyor, device, handing_over, handles_bulk, reverses, stops, through,
};
use crate::geometry::{Path, Pose, Vec3, length, sub};
use crate::scene::PortDirection;
use crate::spec::{ElementSpec, Names, SideSpec};
use std::f64::consts::{FRAC_PI_2, PI};

/// No conveyor is longer [m]; zones and rails are made by the metre, and a slip must not make millions.
const LONGEST_CONVEYOR_M: f64 = 10_000.0;

/// How wide a buffer or a machine is that stands by itself [m].
const HANDED_WIDTH_M: f64 = 0.6;

/// A port with what its neighbour takes over where nothing else is said.
#[derive(Clone, Debug)]
pub struct DraftPort {
    pub name: &'static str,
    pub direction: PortDirection,
    pub pose: Pose,
    pub width_m: f64,
    pub speed_mps: f64,
}

/// An element with a place: a conveyor's path, the arc length of a device, its ports.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Of a conveyor.
    pub path: Option<Path>,
    pub width_m: f64,
    pub speed_mps: f64,
    /// Centre of a device along its host [m].
    pub at_m: f64,
    pub ports: Vec<DraftPort>,
}

/// What a part that is pushed off a running belt needs beside the length of the plate, as it turns and goes on [m].
pub(super) const PUSHED_TURN_M: f64 = 0.6;

impl Placed {
    pub fn port(&self, name: &str, direction: PortDirection) -> Option<&DraftPort> {
        self.ports.iter().find(|port| port.name == name && port.direction == direction)
    }
}

/// By element; `None` where an error says why.
pub struct Layout {
    pub placed: Vec<Option<Placed>>,
}

impl Layout {
    pub fn get(&self, element: usize) -> Option<&Placed> {
        self.placed[element].as_ref()
    }
    pub fn port(&self, port: PortRef, direction: PortDirection) -> Option<&DraftPort> {
        self.get(port.element)?.port(port.port, direction)
    }
    pub fn complete(&self) -> bool {
        self.placed.iter().all(Option::is_some)
    }
}

/// What gives an element its place.
#[derive(Clone, Copy, Debug)]
enum Anchor {
    Point {
        position: Vec3,
        heading: f64,
    },
    After(PortRef),
    Before(PortRef),
    On(usize),
    /// It needs none (a fixture stands by itself).
    Free,
}

/// What is known of an element before anything is placed.
struct Draft {
    anchor: Option<Anchor>,
    pieces: Option<Vec<Piece>>,
}

impl Checker<'_, '_> {
    pub(super) fn place(&mut self, references: &[ElementReferences]) -> Layout {
        let drafts: Vec<Draft> = (0..references.len()).map(|element| self.draft(element, &references[element])).collect();
        let mut layout = Layout { placed: vec![None; drafts.len()] };
        let mut tried = vec![false; drafts.len()];
        loop {
            let mut progress = false;
            for (element, draft) in drafts.iter().enumerate() {
                if !tried[element] && ready(draft, &layout) {
                    tried[element] = true;
                    progress = true;
                    let placed = self.place_one(element, draft, &layout);
                    layout.placed[element] = placed;
                }
            }
            if !progress {
                break;
            }
        }
        self.report_circles(&drafts, &tried);
        layout
    }

    /// Finds what places the element and how it runs, and reports what contradicts itself.
    fn draft(&mut self, element: usize, references: &ElementReferences) -> Draft {
        let spec = &self.spec.line[element];
        let anchor = |found: Option<PortRef>, anchor: fn(PortRef) -> Anchor| found.map(anchor);
        let first = |list: &[super::references::Reference]| list.first().and_then(|reference| reference.target);
        if let Some(view) = conveyor(spec) {
            return self.draft_conveyor(element, &view, references);
        }
        let anchor = match spec {
            ElementSpec::Source(_) => anchor(first(&references.before), Anchor::Before),
            spec if let Some(view) = through(spec) => self.draft_through(element, &view, references),
            ElementSpec::Sink(_)
            | ElementSpec::Bin(_)
            | ElementSpec::Packer(_)
            | ElementSpec::Unpacker(_)
            | ElementSpec::Palletiser(_)
            | ElementSpec::Disassembly(_)
            | ElementSpec::Depalletiser(_) => {
                if references.after.is_empty() {
                    let problem = self.error("no-place", &self.field(element, "after"), "`after` names nothing");
                    self.push(problem.allowed("the out-port that it catches: `\"belt 2\"`, `\"reject.side\"`"));
                }
                anchor(first(&references.after), Anchor::After)
            }
            ElementSpec::Fixture(_) | ElementSpec::Lidar(_) => Some(Anchor::Free),
            spec if handles_bulk(spec) => Some(Anchor::Free),
            _ => references.on.map(Anchor::On),
        };
        Draft { anchor, pieces: None }
    }

    fn draft_through(&mut self, element: usize, view: &ThroughView<'_>, references: &ElementReferences) -> Option<Anchor> {
        if view.heading_deg != 0.0 && view.from_m.is_none() {
            self.idle_heading(element);
        }
        if let Some(position) = view.from_m {
            return Some(Anchor::Point { position, heading: view.heading_deg * PI / 180.0 });
        }
        if let Some(feeder) = references.after.first() {
            return feeder.target.map(Anchor::After);
        }
        let message = format!("`{}` has no place", self.name(element));
        let problem = crate::diagnostic::Diagnostic::error("no-place", self.at.name_span(&self.element_path(element)), message);
        let problem = problem.allowed("`after`, the out-port that feeds it, or `from_m`");
        self.push(problem.help("say what feeds it, after: \"belt 2\", or where it stands, from_m: (0, 0, 0.8)"));
        None
    }

    /// The direction of flow follows from the place.
    fn idle_heading(&mut self, element: usize) {
        let message = "`heading_deg` says nothing here: the direction follows from the place";
        self.push(self.error("given-twice", &self.field(element, "heading_deg"), message).help("it goes with `from_m` alone"));
    }

    fn draft_conveyor(&mut self, element: usize, view: &ConveyorView<'_>, references: &ElementReferences) -> Draft {
        let mut heading = view.heading_deg * PI / 180.0;
        let mut pieces = None;
        if let (Some(from), Some(to)) = (view.from_m, view.to_m) {
            let span = sub(to, from);
            let level = libm::hypot(span[0], span[1]);
            if length(span) < 1e-6 || level < 1e-6 {
                let problem = self.error("no-length", &self.field(element, "to_m"), "it ends where it begins, or straight above");
                self.push(problem.help("give two points of the centre line, from beginning to end"));
            } else {
                heading = libm::atan2(span[1], span[0]);
                pieces = Some(vec![Piece::Straight { length_m: length(span), pitch: libm::atan2(span[2], level) }]);
            }
        }
        if view.heading_deg != 0.0 && (view.from_m.is_none() || view.to_m.is_some()) {
            self.idle_heading(element);
        }
        if view.to_m.is_some() {
            self.refuse_beside_to(element, view);
            if view.from_m.is_none() {
                let problem = self.error("no-place", &self.field(element, "to_m"), "`to_m` without `from_m`");
                self.push(problem.help("give both ends, or `after` and `length_m`"));
                return Draft { anchor: None, pieces: None };
            }
        } else {
            pieces = self.pieces(element, view);
        }
        let first =
            |names: &Names, list: &[super::references::Reference]| (!names.names.is_empty()).then(|| list.first().and_then(|r| r.target));
        let anchor = if let Some(position) = view.from_m {
            Some(Anchor::Point { position, heading })
        } else if let Some(target) = first(view.after, &references.after) {
            if reverses(&self.spec.line[element]) {
                let message = format!("`{}` reverses, and something feeds it where it begins", self.name(element));
                let problem = self.error("cannot-feed", &self.field(element, "after"), message).allowed("`from_m`, or `before`");
                self.push(problem.help("what it carries back leaves there; let a Merge feed it from its side"));
                return Draft { anchor: None, pieces: None };
            }
            target.map(Anchor::After)
        } else if let Some(target) = first(view.before, &references.before) {
            target.map(Anchor::Before)
        } else {
            let message = format!("`{}` has no place", self.name(element));
            let problem = crate::diagnostic::Diagnostic::error("no-place", self.at.name_span(&self.element_path(element)), message);
            self.push(
                problem
                    .allowed("`from_m` and `to_m`, or `after`, or `before`")
                    .help("say where it begins: after: \"NAME OF THE CONVEYOR BEFORE IT\""),
            );
            None
        };
        Draft { anchor, pieces }
    }

    /// Places an element whose anchor has a place.
    fn place_one(&mut self, element: usize, draft: &Draft, layout: &Layout) -> Option<Placed> {
        let spec = &self.spec.line[element];
        if let (ElementSpec::AccumulationTable(table), Some(Anchor::After(target))) = (spec, draft.anchor) {
            let from = layout.port(target, PortDirection::Out)?;
            return self.place_table(element, table, from);
        }
        if let Some(view) = conveyor(spec) {
            return self.place_conveyor(element, &view, draft, layout);
        }
        match draft.anchor? {
            Anchor::Free => Some(Placed::default()),
            Anchor::Point { position, heading } => {
                let pose = Pose::new(position, heading, 0.0);
                let entry = DraftPort { name: "in", direction: PortDirection::In, pose, width_m: HANDED_WIDTH_M, speed_mps: 0.0 };
                Some(place_through(&through(spec)?, entry))
            }
            Anchor::On(host) => {
                self.refuse_on_reversing(element, host);
                self.place_device(element, layout.get(host)?)
            }
            Anchor::Before(target) => {
                let into = layout.port(target, PortDirection::In)?;
                let out = DraftPort { name: "out", direction: PortDirection::Out, ..into.clone() };
                Some(Placed { width_m: into.width_m, speed_mps: into.speed_mps, ports: vec![out], ..Placed::default() })
            }
            Anchor::After(target) => {
                let from = layout.port(target, PortDirection::Out)?;
                if let Some(ports) = self.place_packing(spec, from) {
                    return Some(Placed { width_m: from.width_m, speed_mps: from.speed_mps, ports, ..Placed::default() });
                }
                let entry = DraftPort { name: "in", direction: PortDirection::In, ..from.clone() };
                if let Some(view) = through(spec) {
                    return Some(place_through(&view, entry));
                }
                Some(Placed { width_m: from.width_m, speed_mps: from.speed_mps, ports: vec![entry], ..Placed::default() })
            }
        }
    }

    fn place_conveyor(&mut self, element: usize, view: &ConveyorView<'_>, draft: &Draft, layout: &Layout) -> Option<Placed> {
        let pieces = draft.pieces.as_ref()?;
        let (path, neighbour) = match draft.anchor? {
            Anchor::Point { position, heading } => (lay(pieces, position, heading), None),
            Anchor::After(target) => {
                let from = layout.port(target, PortDirection::Out)?;
                (lay(pieces, from.pose.position, from.pose.heading()), Some(from))
            }
            Anchor::Before(target) => {
                let into = layout.port(target, PortDirection::In)?;
                (lay_to(pieces, into.pose), Some(into))
            }
            Anchor::On(_) | Anchor::Free => return None,
        };
        if path.length().is_nan() || path.length() > LONGEST_CONVEYOR_M {
            let message = format!("`{}` is {:.0} m long", self.name(element), path.length());
            let problem = crate::diagnostic::Diagnostic::error("out-of-range", self.at.name_span(&self.element_path(element)), message);
            self.push(
                problem
                    .allowed(format!("{LONGEST_CONVEYOR_M} m at most"))
                    .help("lengths are in metres; a longer line has several conveyors"),
            );
            return None;
        }
        let mut inherit = |field: &str, said: Option<f64>, of: fn(&DraftPort) -> f64| {
            // Behind rollers that turn freely there is no speed to take over.
            let found = said.or(neighbour.map(of).filter(|value| *value > 0.0));
            if found.is_none() {
                let why = if neighbour.is_some() { "what it stands by has none" } else { "stands by itself" };
                let message = format!("`{}` does not say its `{field}`, and {why}", self.name(element));
                let problem =
                    crate::diagnostic::Diagnostic::error("missing-field", self.at.name_span(&self.element_path(element)), message);
                self.push(
                    problem
                        .help(format!("write `{field}`: only a conveyor placed by `after` or `before` takes it over from its neighbour")),
                );
            }
            found
        };
        let width = inherit("width_m", view.width_m, |port| port.width_m);
        let speed = match view.surface {
            SurfaceView::FreeRollers(_) => Some(0.0),
            _ => inherit("speed_mps", view.speed_mps, |port| port.speed_mps),
        };
        let (width_m, speed_mps) = (width?, speed?);
        let port = |name, direction, pose| DraftPort { name, direction, pose, width_m, speed_mps };
        let spec = &self.spec.line[element];
        let mut ports = vec![port("in", PortDirection::In, path.start())];
        match carriage(spec) {
            Some(view) => {
                let middle = path.pose_at(path.length() / 2.0);
                let end = |stop| view.way.moved(path.end(), middle, stop);
                ports.extend(stops(spec).into_iter().map(|(name, stop)| port(name, PortDirection::Out, end(stop))));
            }
            None => ports.push(port("out", PortDirection::Out, handing_over(spec, path.end()))),
        }
        if reverses(spec) {
            let start = path.start();
            ports.push(port("back", PortDirection::Out, Pose::new(start.position, start.heading() + PI, 0.0)));
        }
        Some(Placed { path: Some(path), width_m, speed_mps, at_m: 0.0, ports })
    }

    /// What works on parts as they come would see them come from behind.
    fn refuse_on_reversing(&mut self, element: usize, host: usize) {
        let spec = &self.spec.line[element];
        let both_ways = matches!(spec, ElementSpec::Merge(_) | ElementSpec::Eye(_) | ElementSpec::GuideRail(_) | ElementSpec::Encoder(_));
        if reverses(&self.spec.line[host]) && !both_ways {
            let (family, host) = (super::views::family(spec), self.name(host));
            let message = format!("a {family} works on what comes along, and on `{host}` parts come both ways");
            let problem = self.error("both-ways", &self.field(element, "on"), message).allowed("a Merge, an Eye, a GuideRail, an Encoder");
            self.push(problem.help("let it stand on what follows at either end"));
        }
    }

    /// A device at its host; a pusher or merge adds a port at the host's edge.
    fn place_device(&mut self, element: usize, host: &Placed) -> Option<Placed> {
        let spec = &self.spec.line[element];
        let path = host.path.as_ref()?;
        let Some(view) = device(spec) else { return Some(Placed::default()) };
        let length = path.length();
        let at_m = if view.at_m < 0.0 { length + view.at_m } else { view.at_m };
        if !(0.0..=length).contains(&at_m) {
            let mut problem = self
                .error(
                    "beyond-host",
                    &self.field(element, "at_m"),
                    format!("{} m lies beyond `{}`, which is {length:.3} m long", view.at_m, view.on),
                )
                .allowed(format!("0 to {length:.3}, or -{length:.3} to 0 from the end"));
            if view.at_m.abs() >= 10.0 && (view.at_m / 1000.0).abs() <= length {
                problem = problem.help(format!("if mm were meant: {} mm = {} m", view.at_m, view.at_m / 1000.0));
            }
            self.push(problem);
            return None;
        }
        // At the host's edge; the turn is from the host's flow towards that side.
        let edge = |side: SideSpec, turn: f64| {
            let sign = if side == SideSpec::Left { 1.0 } else { -1.0 };
            let host_pose = path.pose_at(at_m);
            Pose::new(host_pose.shifted(0.0, sign * host.width_m / 2.0, 0.0).position, host_pose.heading() + sign * turn, 0.0)
        };
        let ports = match spec {
            ElementSpec::Pusher(_) | ElementSpec::Transfer(_) => {
                let (side, length_m) = match spec {
                    ElementSpec::Transfer(transfer) => (transfer.side, transfer.length_m),
                    ElementSpec::Pusher(pusher) => (pusher.side, pusher.length_m),
                    _ => unreachable!("just matched"),
                };
                let (pose, width_m) = (edge(side, FRAC_PI_2), length_m + PUSHED_TURN_M);
                vec![DraftPort { name: "side", direction: PortDirection::Out, pose, width_m, speed_mps: host.speed_mps }]
            }
            ElementSpec::Unload(unload) => {
                let pose = edge(unload.side, FRAC_PI_2);
                vec![DraftPort { name: "out", direction: PortDirection::Out, pose, width_m: host.width_m, speed_mps: host.speed_mps }]
            }
            ElementSpec::PopUp(_) | ElementSpec::SwingArm(_) | ElementSpec::ShoeSorter(_) => {
                let SidePort { side, at_m, width_m } = side_port(spec, host.width_m, at_m)?;
                let host_pose = path.pose_at(at_m.clamp(0.0, length));
                let sign = if side == SideSpec::Left { 1.0 } else { -1.0 };
                let at = host_pose.shifted(0.0, sign * host.width_m / 2.0, 0.0).position;
                let pose = Pose::new(at, host_pose.heading() + sign * FRAC_PI_2, 0.0);
                vec![DraftPort { name: "side", direction: PortDirection::Out, pose, width_m, speed_mps: host.speed_mps }]
            }
            ElementSpec::Loader(loader) => {
                let pose = edge(loader.side, -FRAC_PI_2);
                vec![DraftPort { name: "in", direction: PortDirection::In, pose, width_m: host.width_m, speed_mps: host.speed_mps }]
            }
            ElementSpec::Discharge(discharge) => vec![self.discharge_port(discharge, host, at_m)?],
            ElementSpec::Merge(merge) => {
                let pose = edge(merge.side, -merge.angle_deg * PI / 180.0);
                vec![DraftPort { name: "side", direction: PortDirection::In, pose, width_m: host.width_m, speed_mps: host.speed_mps }]
            }
            _ => Vec::new(),
        };
        Some(Placed { path: None, width_m: host.width_m, speed_mps: host.speed_mps, at_m, ports })
    }

    /// Elements that are placed by each other in a circle have no place. What hangs on them is not reported too.
    fn report_circles(&mut self, drafts: &[Draft], tried: &[bool]) {
        let anchor_of = |element: usize| match drafts[element].anchor {
            Some(Anchor::After(target) | Anchor::Before(target)) => Some(target.element),
            Some(Anchor::On(host)) => Some(host),
            _ => None,
        };
        let mut reported = vec![false; drafts.len()];
        for start in (0..drafts.len()).filter(|element| !tried[*element]) {
            let mut circle = vec![start];
            while let Some(next) = circle.last().and_then(|last| anchor_of(*last)).filter(|next| !tried[*next]) {
                if next == start {
                    break;
                }
                if circle.contains(&next) {
                    circle.clear();
                    break;
                }
                circle.push(next);
            }
            let closed = circle.last().and_then(|last| anchor_of(*last)) == Some(start);
            if !closed || circle.iter().any(|element| reported[*element]) {
                continue;
            }
            let names: Vec<String> = circle.iter().map(|element| format!("`{}`", self.name(*element))).collect();
            let message = format!(
                "nothing says where {} stands: {} placed by each other",
                names[0],
                names.join(" and ") + if names.len() == 1 { " is" } else { " are" }
            );
            let mut problem = crate::diagnostic::Diagnostic::error("no-place", self.at.name_span(&self.element_path(start)), message)
                .help("give one of them coordinates: from_m: (0, 0, 0.8), to_m: (4, 0, 0.8)");
            for element in &circle[1..] {
                problem = problem.related(self.at.name_span(&self.element_path(*element)), "in the same circle");
            }
            self.push(problem);
            circle.iter().for_each(|element| reported[*element] = true);
        }
    }
}

/// What parts leave straight ahead of where they came in.
fn place_through(view: &ThroughView<'_>, entry: DraftPort) -> Placed {
    let level = Pose::new(entry.pose.position, entry.pose.heading(), 0.0);
    let exit =
        DraftPort { name: "out", direction: PortDirection::Out, pose: level.shifted(view.length_m, 0.0, view.rise_m), ..entry.clone() };
    Placed { width_m: entry.width_m, speed_mps: entry.speed_mps, ports: vec![entry, exit], ..Placed::default() }
}

/// Whether what an element is placed by has a place.
fn ready(draft: &Draft, layout: &Layout) -> bool {
    match draft.anchor {
        Some(Anchor::After(target) | Anchor::Before(target)) => layout.get(target.element).is_some(),
        Some(Anchor::On(host)) => layout.get(host).is_some(),
        Some(Anchor::Point { .. } | Anchor::Free) => true,
        None => false,
    }
}
