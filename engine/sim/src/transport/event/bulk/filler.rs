//! Boxes on scales: what has come into one, what its scale shows, and when it is full. A scale feels what lies in the box and the
//! impact of what comes down, which is as much as is in the air, and shows it a moment later.

use super::stock::Stock;
use crate::parts::{DrawnShape, PartId, Parts};
use linetwin_model::Time;
use linetwin_model::scene::{FILL_SCALE_SMOOTHED_S, FillAndWeigh};
use serde::{Deserialize, Serialize};

/// What the scale shows within a nanosecond, it shows now [s]; and a thousandth of a milligram is nothing [kg].
const AT_ONCE_S: f64 = 1e-9;
const EQUAL_KG: f64 = 1e-9;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filler {
    filling: Option<Filling>,
    /// What is still to come when its gate begins to close [kg].
    in_flight_kg: f64,
    arriving_kgps: f64,
    /// How long what comes falls [s].
    fall_s: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Filling {
    part: PartId,
    pours: bool,
    stock: Stock,
    /// The last of it comes in slowly; the target is reached.
    fine: bool,
    reached: bool,
    /// When it is done with.
    full_at: Time,
}

/// A box that is full.
pub struct Full {
    pub part: PartId,
    pub stock: Stock,
}

impl Filler {
    pub fn new(spec: &FillAndWeigh) -> Self {
        Filler { filling: None, in_flight_kg: spec.in_flight_kg, arriving_kgps: 0.0, fall_s: 0.0 }
    }

    /// Which part is to be filled. Returns what lay in one that is not to be filled any more, and the height of a new one [m].
    pub fn fill(&mut self, parts: &Parts, part: Option<PartId>, pours: bool) -> (Stock, Option<f64>) {
        if let Some(filling) = self.filling.as_mut().filter(|filling| Some(filling.part) == part) {
            filling.pours = pours;
            return (Stock::default(), None);
        }
        let left = self.filling.take().map(|filling| filling.stock).unwrap_or_default();
        let height_m = |part: PartId| match parts.get(part)?.shape {
            DrawnShape::OpenBox { size_m, .. } => Some(size_m[2]),
            _ => None,
        };
        let Some((part, height_m)) = part.and_then(|part| Some((part, height_m(part)?))) else { return (left, None) };
        let filling = Filling { part, pours, stock: Stock::default(), fine: false, reached: false, full_at: Time::MAX };
        self.filling = Some(filling);
        (left, Some(height_m))
    }

    pub fn falls_for(&mut self, fall_s: f64) {
        self.fall_s = fall_s;
    }

    /// What comes into the box; returns what comes while there is none.
    pub fn flow(&mut self, came: Vec<Stock>) -> Stock {
        let mut spilt = Stock::default();
        let stock = self.filling.as_mut().map_or(&mut spilt, |filling| &mut filling.stock);
        came.into_iter().for_each(|came| stock.put(came));
        spilt
    }

    /// What the scale shows beyond what lies in the box [kg].
    fn shown_beyond_kg(&self) -> f64 {
        self.arriving_kgps * (self.fall_s - FILL_SCALE_SMOOTHED_S)
    }

    /// At which weights on the scale its gate begins to close [kg].
    fn weights_kg(&self, spec: &FillAndWeigh) -> [f64; 2] {
        let last_kg = spec.target_kg - self.in_flight_kg;
        [last_kg - spec.fine_kg, last_kg]
    }

    pub fn decide(&mut self, spec: &FillAndWeigh, arriving_kgps: f64) {
        self.arriving_kgps = arriving_kgps;
        let (beyond_kg, [fine_kg, last_kg]) = (self.shown_beyond_kg(), self.weights_kg(spec));
        let Some(filling) = &mut self.filling else { return };
        let shown_kg = filling.stock.kg() + beyond_kg + EQUAL_KG + arriving_kgps * AT_ONCE_S;
        filling.fine |= shown_kg >= fine_kg;
        filling.reached |= shown_kg >= last_kg;
    }

    /// Its gate is closed: what is in the air comes down, and the box settles.
    pub fn gate_closed(&mut self, spec: &FillAndWeigh, now: Time) {
        if let Some(filling) = self.filling.as_mut().filter(|filling| filling.reached && filling.full_at == Time::MAX) {
            filling.full_at = now + spec.settle;
        }
    }

    /// How far its gate is to be open [-].
    pub fn opening(&self, spec: &FillAndWeigh) -> f64 {
        match &self.filling {
            Some(filling) if filling.pours && !filling.reached => {
                if filling.fine {
                    spec.fine_open
                } else {
                    1.0
                }
            }
            _ => 0.0,
        }
    }

    /// The box that has settled, of which the next one learns.
    pub fn take_full(&mut self, spec: &FillAndWeigh, now: Time) -> Option<Full> {
        let Filling { part, stock, .. } = self.filling.take_if(|filling| filling.full_at <= now)?;
        let corrected_kg = self.in_flight_kg + spec.correction * (stock.kg() - spec.target_kg);
        self.in_flight_kg = corrected_kg.clamp(0.0, 0.9 * spec.target_kg);
        Some(Full { part, stock })
    }

    /// Until the scale shows what its gate waits for, or the box has settled [s].
    pub fn next_s(&self, spec: &FillAndWeigh, now: Time) -> f64 {
        let Some(filling) = &self.filling else { return f64::INFINITY };
        if filling.full_at < Time::MAX {
            return filling.full_at.since(now).as_seconds();
        }
        if filling.reached || self.arriving_kgps <= 0.0 {
            return f64::INFINITY;
        }
        let weight_kg = self.weights_kg(spec)[usize::from(filling.fine)];
        ((weight_kg - self.shown_beyond_kg() - filling.stock.kg()) / self.arriving_kgps).max(0.0)
    }

    pub fn content_ng(&self) -> u64 {
        self.filling.as_ref().map_or(0, |filling| filling.stock.mass_ng)
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.content_ng().to_le_bytes()).update(&self.in_flight_kg.to_bits().to_le_bytes());
    }
}
