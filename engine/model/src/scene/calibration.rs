//! What exact events take from contact physics. Contact physics never reads it.

use super::{ConveyorId, ElementId, PartTypeId, SpotId};
pub use crate::spec::PartPropertySpec as PartProperty;
use crate::time::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// By spot.
    pub spots: Vec<SpotTiming>,
    /// By conveyor without a drive: what resists beyond friction [-]; of others 0.
    pub resistance: Vec<f64>,
    /// By element: what a hopper pours over the textbook [-]; of others 1.
    pub flow: Vec<f64>,
    pub jams: Vec<Jamming>,
    /// By conveyor: how much later one that jams is found to stand.
    pub jams_late: Vec<Time>,
    pub misses: Vec<Missed>,
    pub take_offs: Vec<TakeOff>,
    pub slips: Vec<Slipped>,
    /// What is expected of the measures.
    pub apart: Vec<Apart>,
}

/// What a hold takes beyond exact events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotTiming {
    /// Until a part at it rests.
    pub settle: Time,
    /// Until a part that is let go sets off.
    pub release: Time,
}

/// How parts of one type jam on a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jamming {
    pub conveyor: ConveyorId,
    pub part_type: PartTypeId,
    /// Where the centre of one that jams is then [m].
    pub at_m: f64,
    pub share: ShareBy,
    /// Of those that are behind one when it jams, and would not jam by themselves [-].
    pub share_behind: f64,
    /// Mean time until one that was recognised ends by itself [s]; `None`: it does not.
    pub ends_after_s: Option<f64>,
    /// Of the times that the conveyor ran backwards, and that somebody set the part straight, how many clear it [-].
    pub reversals_that_clear: f64,
    pub straightenings_that_clear: f64,
}

/// How many parts of one type go past a diverter or a pusher that was told to take them off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// The diverter or pusher.
    pub device: ElementId,
    pub part_type: PartTypeId,
    pub share: ShareBy,
}

/// How a diverter or pusher takes parts off, beyond what exact events know.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeOff {
    /// The diverter or pusher.
    pub device: ElementId,
    /// How much longer it takes until a part's centre is off its host; negative where less [s].
    pub longer_s: f64,
    /// How fast it then goes on along what follows there, over the speed of the device [-]; `None`: as exact events have it.
    pub speed: Option<f64>,
    /// How much of its way it then covers, over its length [-]; `None`: as it lies on the host.
    pub covers: Option<f64>,
}

/// How many parts of one type slip past a blade with the part that it keeps, of those that come while it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slipped {
    pub spot: SpotId,
    pub part_type: PartTypeId,
    pub share: ShareBy,
}

/// How many of some parts [-], by a property that may decide it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareBy {
    /// Without bounds it does not matter.
    pub property: PartProperty,
    /// Between classes, ascending: a part up to a bound belongs to the class before it.
    pub bounds: Vec<f64>,
    /// One more than there are bounds.
    pub shares: Vec<f64>,
}

impl ShareBy {
    /// The same of all.
    pub fn even(share: f64) -> ShareBy {
        ShareBy { property: PartProperty::Width, bounds: Vec::new(), shares: vec![share] }
    }

    /// The share of the parts that have this value of the property.
    pub fn of(&self, value: f64) -> f64 {
        self.shares[self.bounds.iter().filter(|bound| value > **bound).count()]
    }
}

impl PartProperty {
    /// In the order in which they are tried.
    pub const ALL: [PartProperty; 6] =
        [PartProperty::Length, PartProperty::Width, PartProperty::Height, PartProperty::Mass, PartProperty::OffCentre, PartProperty::Left];

    /// Of a part of this size and mass that was set down so far to the left of the middle.
    pub fn value(self, size_m: [f64; 3], mass_kg: f64, left_m: f64) -> f64 {
        match self {
            PartProperty::Length => size_m[0],
            PartProperty::Width => size_m[1],
            PartProperty::Height => size_m[2],
            PartProperty::Mass => mass_kg,
            PartProperty::OffCentre => left_m.abs(),
            PartProperty::Left => left_m,
        }
    }
}

/// By how much a measure differs from contact physics, over the value with contact physics: mean and 95 % interval [-].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    pub kpi: String,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Pairs of runs.
    pub runs: u32,
}
