//! What slips past blades with contact physics: who of those that came while another was there went on without having been kept.
//! Counts, and what they say; knows nothing of why a part slips past.

use super::drawn::{Drawn, Values};
use super::shares::{Case, FittedShare};
use linetwin_model::Scene;
use linetwin_model::scene::{PartTypeId, Slipped, SpotId};
use linetwin_sim::Simulation;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer say nothing of how often it happens.
const FEWEST: usize = 3;

/// A part that came to a blade at which another was.
#[derive(Clone, Copy, Debug)]
struct Came {
    part: PartId,
    spot: SpotId,
    part_type: PartTypeId,
    values: Values,
    slipped: bool,
    has_left: bool,
}

/// What was seen in one run.
pub struct Slips {
    /// By spot: whether it keeps parts one by one at a blade, and who is there.
    there: Vec<Option<BTreeSet<PartId>>>,
    came: Vec<Came>,
}

/// How parts of one type slip past one blade.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedSlips {
    pub element: String,
    pub part: String,
    #[serde(flatten)]
    pub share: FittedShare,
    /// What exact events read of it.
    #[serde(skip)]
    pub row: Slipped,
}

impl Slips {
    pub fn new(scene: &Scene) -> Slips {
        let mut there = vec![None; scene.spots.len()];
        for spot in scene.element_ids().filter_map(|element| scene.blade_for_one(element)) {
            there[spot.index()] = Some(BTreeSet::new());
        }
        Slips { there, came: Vec::new() }
    }

    /// The line found that a part has left with no work done on it.
    pub fn hear(&mut self, scene: &Scene, event: &Event) {
        let EventKind::WorkMissed { element, part } = event.kind else { return };
        let mut last = self.came.iter_mut().rev();
        if let Some(came) = last.find(|came| came.part == part && scene.spot(came.spot).element == element) {
            came.slipped = true;
        }
    }

    pub fn see(&mut self, simulation: &Simulation, drawn: &Drawn, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Remove { part }) => self.forget(*part),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Arrived { part, spot } => self.arrived(simulation, drawn, part, spot),
                FactKind::Left { part, spot } => {
                    if let Some(there) = &mut self.there[spot.index()] {
                        there.remove(&part);
                    }
                    let mut last = self.came.iter_mut().rev();
                    if let Some(came) = last.find(|came| came.part == part && came.spot == spot) {
                        came.has_left = true;
                    }
                }
                FactKind::Dropped { part, .. } => self.forget(part),
                _ => {}
            },
        }
    }

    fn arrived(&mut self, simulation: &Simulation, drawn: &Drawn, part: PartId, spot: SpotId) {
        let (Some(there), Some(row)) = (&mut self.there[spot.index()], simulation.parts().get(part)) else { return };
        if there.iter().any(|other| *other != part) {
            let values = drawn.values(row, part);
            self.came.push(Came { part, spot, part_type: row.part_type, values, slipped: false, has_left: false });
        }
        there.insert(part);
    }

    /// It fell, or was taken away: of those that had not gone on nobody knows.
    fn forget(&mut self, part: PartId) {
        self.there.iter_mut().flatten().for_each(|there| _ = there.remove(&part));
        self.came.retain(|came| came.part != part || came.has_left);
    }
}

/// What several runs say together.
pub fn fitted(scene: &Scene, contact: &[&Slips]) -> Vec<FittedSlips> {
    let mut all: BTreeMap<(SpotId, PartTypeId), Vec<Case>> = BTreeMap::new();
    for came in contact.iter().flat_map(|slips| &slips.came).filter(|came| came.has_left) {
        all.entry((came.spot, came.part_type)).or_default().push((came.values, came.slipped));
    }
    let slipped = |cases: &[Case]| cases.iter().filter(|(_, slipped)| *slipped).count();
    let told = all.iter().filter(|(_, cases)| slipped(cases) >= FEWEST).map(|((spot, part_type), cases)| {
        let share = FittedShare::of(cases);
        FittedSlips {
            element: scene.element(scene.spot(*spot).element).name.clone(),
            part: scene.part_types[part_type.index()].name.clone(),
            row: Slipped { spot: *spot, part_type: *part_type, share: share.row() },
            share,
        }
    });
    told.collect()
}
