//! What goes past diverters and pushers with contact physics: who of those that they were told to take off went on another way. Counts,
//! and what they say; knows nothing of why a part goes past.

use super::drawn::Drawn;
use super::shares::{Case, FittedShare};
use linetwin_model::Scene;
use linetwin_model::scene::{ElementId, Missed, PartTypeId, PortId};
use linetwin_sim::Simulation;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewer say nothing of how often it happens.
const FEWEST: usize = 3;

/// A part that a device was told to take off, of which it is not known yet where it goes.
#[derive(Clone, Copy, Debug)]
struct Told {
    part_type: PartTypeId,
    values: Case,
    /// Its tail is beyond the device.
    is_beyond: bool,
}

/// What was seen in one run.
#[derive(Default)]
pub struct Misses {
    /// By device and type of part; of each part whether it went past.
    cases: BTreeMap<(ElementId, PartTypeId), Vec<Case>>,
    told: BTreeMap<(PartId, ElementId), Told>,
}

/// How parts of one type go past one device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedMisses {
    pub element: String,
    pub part: String,
    #[serde(flatten)]
    pub share: FittedShare,
    /// What exact events read of it.
    #[serde(skip)]
    pub row: Missed,
}

impl Misses {
    /// A diverter's or pusher's work begins when it is told to take a part off.
    pub fn hear(&mut self, scene: &Scene, simulation: &Simulation, drawn: &Drawn, event: &Event) {
        let EventKind::CycleStarted { element, part } = event.kind else { return };
        let (Some(_), Some(row)) = (side(scene, element), simulation.parts().get(part)) else { return };
        // On a loop it comes round again without having gone on by any port.
        self.conclude(part, element, true);
        let told = Told { part_type: row.part_type, values: (drawn.values(row, part), false), is_beyond: false };
        self.told.insert((part, element), told);
    }

    pub fn see(&mut self, scene: &Scene, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Remove { part }) => self.forget(*part),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Left { part, spot } => {
                    if let Some(told) = self.told.get_mut(&(part, scene.spot(spot).element)) {
                        told.is_beyond = true;
                    }
                }
                FactKind::Crossed { part, port, .. } => {
                    for element in self.devices_of(part) {
                        self.conclude(part, element, side(scene, element) != Some(port));
                    }
                }
                FactKind::Dropped { part, .. } => self.forget(part),
                _ => {}
            },
        }
    }

    fn devices_of(&self, part: PartId) -> Vec<ElementId> {
        self.told.keys().filter(|(told, _)| *told == part).map(|(_, element)| *element).collect()
    }

    fn conclude(&mut self, part: PartId, element: ElementId, went_past: bool) {
        if let Some(Told { part_type, values: (values, _), .. }) = self.told.remove(&(part, element)) {
            self.cases.entry((element, part_type)).or_default().push((values, went_past));
        }
    }

    /// It fell, or was taken away: of those nobody knows.
    fn forget(&mut self, part: PartId) {
        self.told.retain(|(told, _), _| *told != part);
    }

    /// The run is over: what is beyond a device and went nowhere else has gone past. Without it, those would be missing that take
    /// longer to go on than the others to go off.
    pub fn close(&mut self) {
        let beyond: Vec<(PartId, ElementId)> = self.told.iter().filter(|(_, told)| told.is_beyond).map(|(key, _)| *key).collect();
        beyond.into_iter().for_each(|(part, element)| self.conclude(part, element, true));
    }
}

/// By which port go those that a device takes off; `None`: it is none past which parts can go, or nothing catches them.
fn side(scene: &Scene, device: ElementId) -> Option<PortId> {
    let diverters = scene.diverters.iter().map(|diverter| (diverter.element, diverter.out_port));
    let pushers = scene.pushers.iter().map(|pusher| (pusher.element, pusher.out_port));
    let (_, out_port) = diverters.chain(pushers).find(|(element, _)| *element == device).filter(|_| scene.lets_past(device))?;
    scene.successor(out_port)
}

/// What several runs say together.
pub fn fitted(scene: &Scene, runs: &[&Misses]) -> Vec<FittedMisses> {
    let mut all: BTreeMap<(ElementId, PartTypeId), Vec<Case>> = BTreeMap::new();
    for (key, cases) in runs.iter().flat_map(|misses| &misses.cases) {
        all.entry(*key).or_default().extend_from_slice(cases);
    }
    let missed = |cases: &[Case]| cases.iter().filter(|(_, went_past)| *went_past).count();
    let told = all.iter().filter(|(_, cases)| missed(cases) >= FEWEST).map(|((device, part_type), cases)| {
        let share = FittedShare::of(cases);
        FittedMisses {
            element: scene.element(*device).name.clone(),
            part: scene.part_types[part_type.index()].name.clone(),
            row: Missed { device: *device, part_type: *part_type, share: share.row() },
            share,
        }
    });
    told.collect()
}
