//! What goes past diverters and pushers with contact physics: who of those that they were told to take off went on another way. Counts,
//! and what they say; knows nothing of why a part goes past.

use super::drawn::{Drawn, Values};
use super::shares::{Case, FittedShare};
use linetwin_model::Scene;
use linetwin_model::scene::{ElementId, Missed, PartTypeId, PortId};
use linetwin_sim::Simulation;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer say nothing of how often it happens.
const FEWEST: usize = 3;

/// A part that a device was told to take off, of which it is not known yet where it goes.
#[derive(Clone, Copy, Debug)]
struct Told {
    part_type: PartTypeId,
    values: Values,
    /// Its tail is beyond the device.
    is_beyond: bool,
}

/// What was seen in one run.
#[derive(Default)]
pub struct Misses {
    /// By device and type of part; of each part whether it went past.
    cases: BTreeMap<(ElementId, PartTypeId), Vec<(PartId, Case)>>,
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
        let (Some(_), Some(row)) = (side_past(scene, element), simulation.parts().get(part)) else { return };
        // On a loop it comes round again without having gone on by any port.
        self.conclude(part, element, true);
        let told = Told { part_type: row.part_type, values: drawn.values(row, part), is_beyond: false };
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
                        self.conclude(part, element, side_past(scene, element) != Some(port));
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
        if let Some(Told { part_type, values, .. }) = self.told.remove(&(part, element)) {
            self.cases.entry((element, part_type)).or_default().push((part, (values, went_past)));
        }
    }

    /// It fell, or was taken away: of those nobody knows.
    fn forget(&mut self, part: PartId) {
        self.told.retain(|(told, _), _| *told != part);
    }

    /// Who ever went past a device.
    fn past(&self, key: &(ElementId, PartTypeId)) -> BTreeSet<PartId> {
        self.cases.get(key).into_iter().flatten().filter(|(_, (_, went_past))| *went_past).map(|(part, _)| *part).collect()
    }

    /// The run is over: what is beyond a device and went nowhere else has gone past. Without it, those would be missing that take
    /// longer to go on than the others to go off.
    pub fn close(&mut self) {
        let beyond: Vec<(PartId, ElementId)> = self.told.iter().filter(|(_, told)| told.is_beyond).map(|(key, _)| *key).collect();
        beyond.into_iter().for_each(|(part, element)| self.conclude(part, element, true));
    }
}

/// By which port go those that a device takes off; `None`: it is none past which parts can go, or nothing catches them.
fn side_past(scene: &Scene, device: ElementId) -> Option<PortId> {
    side(scene, device).filter(|_| scene.lets_past(device))
}

/// By which port go those that a diverter or pusher takes off; `None`: it is none, or nothing catches them.
pub fn side(scene: &Scene, device: ElementId) -> Option<PortId> {
    let diverters = scene.diverters.iter().map(|diverter| (diverter.element, diverter.out_port));
    let pushers = scene.pushers.iter().map(|pusher| (pusher.element, pusher.out_port));
    let (_, out_port) = diverters.chain(pushers).find(|(element, _)| *element == device)?;
    scene.successor(out_port)
}

/// What several runs say together, and the same runs with exact events: those of which a device is not out in time, they miss by
/// themselves.
pub fn fitted(scene: &Scene, contact: &[&Misses], event: &[Misses]) -> Vec<FittedMisses> {
    let mut all: BTreeMap<(ElementId, PartTypeId), Vec<Case>> = BTreeMap::new();
    for (contact, event) in contact.iter().zip(event) {
        for (key, cases) in &contact.cases {
            let past = event.past(key);
            let taken_off = cases.iter().filter(|(part, _)| !past.contains(part)).map(|(_, case)| *case);
            all.entry(*key).or_default().extend(taken_off);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunInput;

    const PUSHED: &str = r#"Scene(schema: 1, name: "pushed", parts: {"carton": Part(shape: Box(size_m: (0.3, 0.3, 0.2)), mass_kg: 4)},
        line: {
            "in": Source(part: "carton", interarrival_s: 2, before: "belt"),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
            "pusher": Pusher(on: "belt", at_m: 2, side: Left, stroke_s: 0.4, when: "mass_kg > 1"),
            "off": Sink(after: "pusher.side"),
            "dock": Sink(after: "belt"),
        })"#;

    /// Twelve parts of which every third goes past: the first three also with exact events, which take off the others.
    #[test]
    fn what_exact_events_miss_by_themselves_is_not_counted() {
        let scene = RunInput::read("pushed.ron", &[], &|_| Ok(PUSHED.as_bytes().to_vec())).expect("it is a scene").scene;
        let key = (scene.pushers[0].element, PartTypeId::from_index(0));
        let run = |goes_past: &dyn Fn(u32) -> bool| {
            let case = |serial| (PartId { source: ElementId(0), serial }, (Values::default(), goes_past(serial)));
            Misses { cases: BTreeMap::from([(key, (0..12).map(case).collect())]), told: BTreeMap::new() }
        };
        let contact = run(&|serial| serial % 3 == 0);
        let told = |event: Misses| {
            let found = fitted(&scene, &[&contact], &[event]);
            found
                .iter()
                .map(|missed| (missed.element.clone(), missed.share.share.value, missed.share.share.observations))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(run(&|_| false)), [("pusher".to_owned(), 0.333_333, 12)]);
        assert_eq!(told(run(&|serial| serial == 0)), [("pusher".to_owned(), 0.272_727, 11)]);
        // Two are too few.
        assert_eq!(told(run(&|serial| serial < 4)), []);
    }
}
