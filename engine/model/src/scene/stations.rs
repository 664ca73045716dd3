//! What works on one part at a time, in a spot: stations, assemblies, unloaders, as the engine runs them. Knows nothing about
//! how the part is held.

use super::{AttributeId, CrewNeed, ElementKind, FillAndWeigh, PartTypeId, PortId, Scale, Scene, SpotId};
use crate::condition::Condition;
use crate::distribution::Distribution;
use crate::parametric::Parametric;
use crate::time::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    pub spot: SpotId,
    /// Work on one part [s], drawn per part.
    pub processing_s: Distribution,
    /// Probability that the part is scrap after the work [-]; it is taken out at the station.
    pub scrap_probability: f64,
    pub when: Option<Condition>,
    pub sets: Vec<SetAttribute>,
    /// What the work adds to the part's weight [kg], drawn per work.
    pub fills_kg: Option<Distribution>,
    /// Works also on parts that it has worked on before.
    pub again: bool,
    /// Parts that it works on together, at least 1; how long the first waits for the others [s].
    pub batch: u32,
    pub wait_s: Option<Distribution>,
    /// Tries in a row until all that is set is true, at least 1.
    pub tries: u32,
    /// A part whose last try failed is scrap.
    pub scraps_failed: bool,
    /// Changeovers, those of one pair of types before those to a type.
    pub setups: Vec<Setup>,
    /// Whom each piece of work waits for.
    pub crew: Option<CrewNeed>,
    /// Declared planned run time per item; `None`: the mean of `processing_s`.
    pub ideal_cycle: Option<Time>,
}

/// A station with places of its own beside the line, each for a batch of parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParallelStation {
    /// The blade at the end of the feeder, which never opens; `None`: no conveyor feeds it, parts are handed to it.
    pub pickup: Option<SpotId>,
    /// Work on one batch [s].
    pub processing_s: Distribution,
    /// Places, at least 1.
    pub slots: u32,
    /// Parts in a full place, at least 1.
    pub batch: u32,
    /// How long the first part of a batch waits for the others [s]; `None`: as long as it takes.
    pub wait_s: Option<Distribution>,
    /// Changeovers of a place. Where there are any, a batch is of one type.
    pub setups: Vec<Setup>,
    /// Whom the work of each place waits for.
    pub crew: Option<CrewNeed>,
    /// Takes no more parts so long before a planned stop, and begins with what it has.
    pub empties_before: Option<Time>,
    /// Probability that a part is scrap after the work [-].
    pub scrap_probability: f64,
    pub sets: Vec<SetAttribute>,
    pub into: PortId,
    /// Declared planned run time per item; `None`: the mean of `processing_s` over what is worked on at once.
    pub ideal_cycle: Option<Time>,
}

impl ParallelStation {
    /// Most parts that it works on at once.
    pub fn capacity(&self) -> u32 {
        self.slots * self.batch
    }
}

impl Scene {
    /// Whether what is offered at this in-port goes to the element itself, which takes it without a conveyor.
    pub fn is_handed(&self, port: PortId) -> bool {
        match &self.element(self.port(port).element).kind {
            ElementKind::Sink(_) | ElementKind::Packer(_) | ElementKind::Unpacker(_) => true,
            ElementKind::Buffer(buffer) => buffer.entry_hold.is_none(),
            ElementKind::ParallelStation(station) => station.pickup.is_none(),
            _ => false,
        }
    }
}

/// A station that adds a part to what a carrier holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assembly {
    pub station: Station,
    pub adds: PartTypeId,
    pub supply: Supply,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Supply {
    Unlimited,
    /// Bins that are full at time zero; an empty one is back, full, after `refill_s`.
    Kanban {
        bins: u32,
        size: u32,
        refill_s: Distribution,
    },
}

/// A station that takes a product out of its carrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unload {
    pub station: Station,
    /// Where it goes.
    pub into: PortId,
}

/// Time to change over to a type of parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// `None`: from any other type.
    pub from: Option<PartTypeId>,
    pub to: PartTypeId,
    /// [s], drawn per changeover.
    pub time_s: Distribution,
}

/// Whether what is written says of a part that it is good or not: a truth is drawn.
pub fn inspects(sets: &[SetAttribute]) -> bool {
    sets.iter().any(|set| matches!(set.value, Distribution::Parametric(Parametric::Bernoulli { .. })))
}

/// The changeover from one type to another; none between equal ones.
pub fn changeover(setups: &[Setup], from: PartTypeId, to: PartTypeId) -> Option<&Setup> {
    let fits = |setup: &&Setup| setup.to == to && setup.from.is_none_or(|only| only == from);
    setups.iter().find(fits).filter(|_| from != to)
}

/// Writes an attribute on the part when the work on it ends, or when it is born.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAttribute {
    pub attribute: AttributeId,
    /// A number; a probability `p` of true is [`crate::parametric::Parametric::Bernoulli`].
    pub value: Distribution,
}

impl ElementKind {
    /// What works on one part at a time, in a spot.
    pub fn station(&self) -> Option<&Station> {
        match self {
            ElementKind::Station(station)
            | ElementKind::Assembly(Assembly { station, .. })
            | ElementKind::Unload(Unload { station, .. })
            | ElementKind::FillAndWeigh(FillAndWeigh { station, .. })
            | ElementKind::Scale(Scale { station, .. }) => Some(station),
            _ => None,
        }
    }
}
