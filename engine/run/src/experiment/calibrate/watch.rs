//! What a run says of its holds and hoppers: times from fact to fact and from wish to fact, which mean the same whatever moves the
//! parts. Knows nothing of what is made of them.

use linetwin_model::scene::{BulkElement, ElementId, ElementKind, SpotId};
use linetwin_model::{Scene, Time};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{BulkWay, FactKind, NANOGRAMS_PER_KG, Traffic, Wish};
use std::collections::BTreeMap;

/// What can be seen of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// From when a hold lets a part go until that has left it.
    LetGo,
    /// From when a part arrives at a free hold until it is held.
    Alone,
    /// From when a part has left a hold until the next, which waited behind it, is held.
    Behind,
    /// What resists a part on a conveyor without a drive, beyond what its materials say [-].
    Slides,
    /// Out of a hopper, in each second in which anything came.
    Poured,
    /// From when a part comes to a diverter or pusher that takes it off until its centre is off its host.
    TakesOff,
    /// How fast it then comes onto what follows, over the speed of the device [-].
    HandsOver,
    /// How much of its way it covers at the end of that, over its length [-].
    Covers,
    /// From when a part came onto a conveyor until it was recognised as jammed there, behind nobody who had jammed.
    Jams,
}

/// Durations by sight and element, in order [s]; of what pours masses [kg], of what slides resistances [-], of what is handed over speeds [-].
pub type Seen = BTreeMap<(Sight, ElementId), Vec<f64>>;

/// A hold, as far as it was watched.
#[derive(Clone, Debug, Default)]
struct Hold {
    held: Option<PartId>,
    let_go: Option<(PartId, Time)>,
    left_at: Option<Time>,
    arrived: BTreeMap<PartId, Time>,
}

pub struct Watch<'s> {
    scene: &'s Scene,
    holds: Vec<Hold>,
    /// In which second something last poured, and how much so far [kg].
    pouring: BTreeMap<ElementId, (u64, f64)>,
    pub seen: Seen,
}

impl<'s> Watch<'s> {
    pub fn new(scene: &'s Scene) -> Self {
        Watch { scene, holds: vec![Hold::default(); scene.spots.len()], pouring: BTreeMap::new(), seen: Seen::new() }
    }

    pub fn see(&mut self, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(at, Wish::Release { spot }) => {
                let hold = &mut self.holds[spot.index()];
                hold.let_go = hold.held.take().map(|part| (part, *at));
            }
            Traffic::Wish(_, Wish::Remove { part }) => self.forget(*part),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Arrived { part, spot } if self.is_hold(spot) => {
                    _ = self.holds[spot.index()].arrived.insert(part, fact.crossed_at)
                }
                FactKind::Held { part, spot } => self.held(part, spot, fact.seen_at),
                FactKind::Left { part, spot } if self.is_hold(spot) => self.left(part, spot, fact.crossed_at),
                FactKind::Dropped { part, .. } => self.forget(part),
                FactKind::BulkMoved { element, way: BulkWay::Poured, mass_ng, .. } => self.pour(element, mass_ng, fact.crossed_at),
                _ => {}
            },
        }
    }

    fn is_hold(&self, spot: SpotId) -> bool {
        self.scene.spot(spot).hold.is_some()
    }

    fn held(&mut self, part: PartId, spot: SpotId, at: Time) {
        let hold = &mut self.holds[spot.index()];
        hold.held = Some(part);
        let Some(arrived_at) = hold.arrived.get(&part).copied() else { return };
        match hold.left_at.take() {
            Some(left_at) if arrived_at < left_at => self.note(Sight::Behind, spot, at.since(left_at)),
            _ => self.note(Sight::Alone, spot, at.since(arrived_at)),
        }
    }

    fn left(&mut self, part: PartId, spot: SpotId, at: Time) {
        let hold = &mut self.holds[spot.index()];
        hold.arrived.remove(&part);
        hold.left_at = Some(at);
        if let Some((_, let_go_at)) = hold.let_go.take_if(|(let_go, _)| *let_go == part) {
            self.note(Sight::LetGo, spot, at.since(let_go_at));
        }
    }

    fn note(&mut self, sight: Sight, spot: SpotId, lasted: Time) {
        let key = (sight, self.scene.spot(spot).element);
        self.seen.entry(key).or_default().push(lasted.as_seconds());
    }

    fn pour(&mut self, element: ElementId, mass_ng: u64, at: Time) {
        if !matches!(self.scene.element(element).kind, ElementKind::Bulk(BulkElement::Hopper(_))) {
            return;
        }
        let second = at.0 / Time::NANOS_PER_SECOND;
        let (since, kg) = self.pouring.entry(element).or_insert((second, 0.0));
        if *since != second {
            self.seen.entry((Sight::Poured, element)).or_default().push(*kg);
            (*since, *kg) = (second, 0.0);
        }
        *kg += mass_ng as f64 / NANOGRAMS_PER_KG;
    }

    fn forget(&mut self, part: PartId) {
        for hold in &mut self.holds {
            hold.arrived.remove(&part);
            hold.held = hold.held.filter(|held| *held != part);
        }
    }
}
