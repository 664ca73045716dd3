//! Can the line be run as its fidelity says? Exact events know no part that turns, swings back or flows; where both ways of moving
//! parts meet, one conveyor follows the other.

use super::views::{conveyor, family};
use super::{Checker, top};
use crate::scene::{Carrying, ConveyorId, ElementId, ElementKind, Fidelity, Scene};
use crate::spec::{ElementSpec, FidelitySpec};
use crate::time::StepLength;
use crate::words::listed;

/// Of exact events: between two entries of the journal.
const EVENT_STEP: StepLength = StepLength { num: 1, den: 1 };

impl Checker<'_, '_> {
    pub(super) fn fidelity(&self) -> (Fidelity, StepLength) {
        let physics_step = StepLength { num: 1, den: self.spec.step_hz };
        match self.spec.fidelity {
            FidelitySpec::Contact => (Fidelity::Contact, physics_step),
            FidelitySpec::Event => (Fidelity::Event, EVENT_STEP),
            FidelitySpec::Mixed => (Fidelity::Mixed, physics_step),
        }
    }

    /// Which conveyors contact physics moves parts on, by id, and whether bulk material flows.
    pub(super) fn by_contact(&mut self, scene: &Scene) -> (Vec<bool>, bool) {
        let mut by_contact = vec![scene.fidelity == Fidelity::Contact; scene.conveyors.len()];
        if scene.fidelity != Fidelity::Mixed {
            return (by_contact, scene.fidelity == Fidelity::Event);
        }
        let mut flows = true;
        let (spec, path) = (self.spec, top("contact"));
        let carries = |index: usize| scene.conveyors.iter().position(|conveyor| conveyor.element.index() == index);
        let conveyors = || listed(spec.line.iter().filter(|(_, element)| conveyor(element).is_some()).map(|(name, _)| name.as_str()));
        if spec.contact.names.is_empty() {
            let problem = self.error("nothing-mixed", &top("fidelity"), "`fidelity: Mixed`, and `contact` names no conveyor");
            let problem = problem.allowed(format!("`contact: [...]` of {}", conveyors()));
            self.push(problem.help("name the conveyors on which parts may jam, turn or fall, or say `fidelity: Event`"));
        }
        for (number, name) in spec.contact.names.iter().enumerate() {
            let path = if spec.contact.list { path.index(number) } else { path.clone() };
            let Some(index) = self.element_named(&path, name) else { continue };
            match carries(index) {
                Some(conveyor) => by_contact[conveyor] = true,
                None if conveyor(&spec.line[index]).is_some() => {}
                // Grains of one element are grains of all: they are in one batch.
                None if is_bulk(&spec.line[index]) => flows = false,
                None => {
                    let message = format!("`{name}` is a {}: no part is moved on it", family(&spec.line[index]));
                    let problem = self.error("not-a-conveyor", &path, message).allowed(conveyors());
                    self.push(problem.help("what stands on a conveyor goes with it: name that"));
                }
            }
        }
        (by_contact, flows)
    }

    /// Warns where coasting was asked for and no part coasts.
    pub(super) fn coasting(&mut self, scene: &Scene) {
        let why = match (scene.fidelity, &scene.bulk) {
            _ if !scene.coasting => return,
            (Fidelity::Event, _) => "with exact events no part has a body that it could be spared",
            (_, Some(_)) if !scene.bulk_flows => "beside grains all parts keep their bodies",
            _ => return,
        };
        let problem = self.warning("idle-coasting", &top("coasting"), format!("`coasting: true` changes nothing: {why}"));
        self.push(problem.help("leave `coasting` out, or say `--coasting off`"));
    }

    /// Refuses what exact events do not know.
    pub(super) fn known_to_events(&mut self, scene: &Scene) {
        if scene.fidelity == Fidelity::Contact {
            return;
        }
        for element in scene.element_ids() {
            let Some(what) = foreign(scene, element) else { continue };
            let name = &scene.element(element).name;
            let problem = self.error("not-in-events", &self.element_path(element.index()), format!("`{name}` is {what}"));
            let problem = problem.allowed("with exact events: what carries, holds and sorts parts one way");
            self.push(problem.help(match scene.fidelity {
                Fidelity::Mixed => "name it, or the conveyor that it stands on, in `contact: [...]`, or say `--fidelity contact`",
                _ => "run this line with contact physics: leave `fidelity` out, or say `--fidelity contact`",
            }));
        }
        for Border { from, to, missing, why } in no_borders(scene) {
            let [from, to, missing] = [from, to, missing].map(|id| &scene.element(scene.conveyor(id).element).name);
            let problem = self.error("no-border", &top("contact"), format!("no border can be between `{from}` and `{to}`: {why}"));
            let problem = problem.allowed("a border where a conveyor follows one that runs forwards only");
            self.push(problem.help(format!("name `{missing}` in `contact` as well")));
        }
    }
}

fn is_bulk(spec: &ElementSpec) -> bool {
    use ElementSpec::{BulkBelt, BulkBin, BulkChute, Hopper, ScrewFeeder, VibratoryFeeder};
    matches!(spec, Hopper(_) | BulkBelt(_) | BulkChute(_) | BulkBin(_) | ScrewFeeder(_) | VibratoryFeeder(_))
}

/// Where contact physics and exact events must not meet.
struct Border {
    from: ConveyorId,
    to: ConveyorId,
    /// Which of the two contact physics must move parts on as well.
    missing: ConveyorId,
    why: &'static str,
}

fn no_borders(scene: &Scene) -> Vec<Border> {
    let by_contact = |id: ConveyorId| scene.by_contact[id.index()];
    let of_element = |element| scene.conveyors.iter().position(|conveyor| conveyor.element == element).map(ConveyorId::from_index);
    let mut found = Vec::new();
    for from in (0..scene.conveyors.len()).map(ConveyorId::from_index) {
        let conveyor = scene.conveyor(from);
        for (port, back) in [(Some(conveyor.out_port), false), (conveyor.back_port, true)] {
            let Some(next) = port.and_then(|port| scene.successor(port)).map(|port| scene.port(port).element) else { continue };
            let joined = scene.joins(next).map(|spot| scene.spot(spot).host);
            let Some(to) = joined.or_else(|| of_element(next)) else { continue };
            let is_lift = matches!(scene.element(next).kind, ElementKind::Lift(_));
            let why = match (by_contact(from), by_contact(to)) {
                (true, false) if joined.is_some() => "parts come from beside, among others",
                (true, false) if back => "parts go back over it",
                (false, true) if scene.conveyor(to).back_port.is_some() => "parts may come back",
                (false, true) if is_lift => "parts wait for its platforms",
                _ => continue,
            };
            found.push(Border { from, to, missing: if by_contact(from) { to } else { from }, why });
        }
    }
    found
}

/// Whether a conveyor of parts is between an outlet and what catches what it pours. Boxes that are filled stand on one.
fn pours_over_parts(scene: &Scene, element: ElementId) -> bool {
    let Some(space) = &scene.bulk else { return false };
    let edge = space.edges.iter().find(|edge| edge.from == element);
    let ElementKind::Bulk(bulk) = &scene.element(element).kind else { return false };
    let Some(outlet_m) = bulk.outlet_m() else { return false };
    let [x, y, low_m] = edge.map_or([outlet_m[0], outlet_m[1], f64::NEG_INFINITY], |edge| edge.landing_m);
    if edge.is_some_and(|edge| matches!(scene.element(edge.to).kind, ElementKind::FillAndWeigh(_))) {
        return false;
    }
    scene.conveyors.iter().any(|conveyor| {
        let below = [x, y, outlet_m[2]];
        let at = conveyor.path.locate(below, conveyor.path.nearest_along(below));
        let surface_m = outlet_m[2] - at.above;
        let on_it = (0.0..=conveyor.path.length()).contains(&at.along) && at.left.abs() < conveyor.width_m / 2.0;
        on_it && at.above > 0.0 && surface_m > low_m
    })
}

/// What an element has that exact events do not know, where they move its parts.
fn foreign(scene: &Scene, element: ElementId) -> Option<&'static str> {
    let by_contact = |id: ConveyorId| scene.by_contact[id.index()];
    match &scene.element(element).kind {
        ElementKind::Lift(lift) if !by_contact(scene.lift(*lift).conveyor) => {
            Some("a continuous vertical conveyor, whose platforms exact events do not follow")
        }
        ElementKind::Loader(loader) if !by_contact(scene.spot(loader.window).host) => {
            Some("a loader of a sorter, whose carriers exact events do not follow")
        }
        ElementKind::Lidar(_) => Some("a lidar, and exact events have no surfaces that it could see"),
        ElementKind::Bulk(_) if scene.bulk_flows && pours_over_parts(scene, element) => {
            Some("pouring onto a conveyor of parts, between which what flows knows no grains")
        }
        ElementKind::FillAndWeigh(fill) if !scene.bulk_flows && !by_contact(scene.spot(fill.station.spot).host) => {
            Some("for bulk material, and its grains fill bodies only")
        }
        ElementKind::Conveyor(id) | ElementKind::ZoneConveyor(crate::scene::ZoneConveyor { conveyor: id, .. }) if !by_contact(*id) => {
            let conveyor = scene.conveyor(*id);
            match conveyor.carrying {
                _ if conveyor.back_port.is_some() => Some("a belt that runs both ways, and exact events only go forwards"),
                _ if scene.train_of(*id).is_some() => Some("a sorter, whose carriers exact events do not follow"),
                Carrying::Chains { .. } => Some("a conveyor of chains with different speeds, on which exact events turn nothing"),
                Carrying::Closed | Carrying::Strands { .. } | Carrying::FreeRollers(_) => None,
            }
        }
        _ => None,
    }
}
