//! Can the line be run as its fidelity says? Exact events know no part that turns, swings back or flows.

use super::Checker;
use crate::scene::{Carrying, ElementKind, Fidelity, Scene};
use crate::spec::FidelitySpec;
use crate::time::StepLength;

/// Of exact events: between two entries of the journal.
const EVENT_STEP: StepLength = StepLength { num: 1, den: 1 };

impl Checker<'_, '_> {
    pub(super) fn fidelity(&self) -> (Fidelity, StepLength) {
        match self.spec.fidelity {
            FidelitySpec::Contact => (Fidelity::Contact, StepLength { num: 1, den: self.spec.step_hz }),
            FidelitySpec::Event => (Fidelity::Event, EVENT_STEP),
        }
    }

    /// Refuses what exact events do not know.
    pub(super) fn known_to_events(&mut self, scene: &Scene) {
        if scene.fidelity != Fidelity::Event {
            return;
        }
        for element in scene.element_ids() {
            let Some(what) = foreign(scene, &scene.element(element).kind) else { continue };
            let name = &scene.element(element).name;
            let problem = self.error("not-in-events", &self.element_path(element.index()), format!("`{name}` is {what}"));
            let problem = problem.allowed("with `fidelity: Event`: what carries, holds and sorts parts one way");
            self.push(problem.help("run this line with contact physics: leave `fidelity` out, or say `--fidelity contact`"));
        }
    }
}

/// What an element has that exact events do not know.
fn foreign(scene: &Scene, kind: &ElementKind) -> Option<&'static str> {
    let conveyor = match kind {
        ElementKind::Conveyor(conveyor) => Some(*conveyor),
        ElementKind::ZoneConveyor(zones) => Some(zones.conveyor),
        _ => None,
    };
    match kind {
        ElementKind::Lift(_) => return Some("a continuous vertical conveyor, whose platforms exact events do not follow"),
        ElementKind::Loader(_) => return Some("a loader of a sorter, whose carriers exact events do not follow"),
        ElementKind::Lidar(_) => return Some("a lidar, and exact events have no surfaces that it could see"),
        ElementKind::Bulk(_) | ElementKind::FillAndWeigh(_) => return Some("for bulk material, which exact events do not pour"),
        _ => {}
    }
    let id = conveyor?;
    let conveyor = scene.conveyor(id);
    match conveyor.carrying {
        _ if conveyor.back_port.is_some() => Some("a belt that runs both ways, and exact events only go forwards"),
        _ if scene.train_of(id).is_some() => Some("a sorter, whose carriers exact events do not follow"),
        Carrying::Chains { .. } => Some("a conveyor of chains with different speeds, on which exact events turn nothing"),
        Carrying::Closed | Carrying::Strands { .. } | Carrying::FreeRollers(_) => None,
    }
}
