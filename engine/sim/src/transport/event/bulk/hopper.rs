//! A hopper: what it holds, what is fed, and its slide gate. The gate moves in stages, in each of which the outlet is as open as in
//! the stage's middle.

use super::plan::PlannedHopper;
use super::stock::{Stock, moved_ng};
use crate::port::{BulkSeen, NANOGRAMS_PER_KG};
use linetwin_model::Time;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// From closed to open.
const STAGES: f64 = 8.0;
/// A rate holds up to the nanosecond at which a level is reached, and so does the level [s].
const AT_ONCE_S: f64 = 1e-9;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hopper {
    pub stock: Stock,
    /// The line lets it open.
    pub enabled: bool,
    /// 0 closed, 1 open: of the gate when its stage began, and at the stage's end [-].
    open: f64,
    to: f64,
    stage_ends: Time,
    pub fed_kgps: f64,
    pub out_kgps: f64,
    arriving_kgps: f64,
    spilt_kgps: f64,
}

impl Hopper {
    pub fn new(planned: &PlannedHopper) -> Self {
        Hopper {
            stock: Stock::new(moved_ng(planned.starts_kg, 1.0), Time::ZERO),
            enabled: false,
            open: 0.0,
            to: 0.0,
            stage_ends: Time::MAX,
            fed_kgps: 0.0,
            out_kgps: 0.0,
            arriving_kgps: 0.0,
            spilt_kgps: 0.0,
        }
    }

    pub fn is_closed(&self) -> bool {
        self.open == 0.0 && self.to == 0.0
    }

    /// 0 closed, 1 open [-].
    pub fn open(&self) -> f64 {
        self.open
    }

    /// What pours out, and what runs over its rim.
    pub fn flow(&mut self, came: Vec<Stock>, fed: Stock, dt_s: f64) -> (Stock, Stock) {
        came.into_iter().for_each(|stock| self.stock.put(stock));
        self.stock.put(fed);
        let poured = self.stock.take(moved_ng(self.out_kgps, dt_s));
        let spilt = self.stock.take(moved_ng(self.spilt_kgps, dt_s));
        (poured, spilt)
    }

    fn change_kgps(&self) -> f64 {
        self.arriving_kgps + self.fed_kgps - self.out_kgps - self.spilt_kgps
    }

    /// Until a stage of its gate ends, or it is empty or full [s].
    pub fn next_s(&self, planned: &PlannedHopper, now: Time) -> f64 {
        let gate_s = if self.stage_ends == Time::MAX { f64::INFINITY } else { self.stage_ends.since(now).as_seconds() };
        let change_kgps = self.change_kgps();
        let level_s = match () {
            () if change_kgps < 0.0 && self.stock.mass_ng > 0 => self.stock.kg() / -change_kgps,
            () if change_kgps > 0.0 && self.stock.kg() < planned.room_kg => (planned.room_kg - self.stock.kg()) / change_kgps,
            () => f64::INFINITY,
        };
        gate_s.min(level_s)
    }

    /// Which rates hold from now on. `chokes_kgps`: what is taken along below it, where something is.
    pub fn decide(&mut self, planned: &PlannedHopper, opening: f64, arriving_kgps: f64, chokes_kgps: Option<f64>, now: Time) {
        self.slide(if self.enabled { opening } else { 0.0 }, planned, now);
        let open_kgps = planned.full_kgps * flow_share(f64::midpoint(self.open, self.to), planned);
        let wanted_kgps = chokes_kgps.map_or(open_kgps, |most| most.min(open_kgps));
        self.arriving_kgps = arriving_kgps;
        let comes_kgps = arriving_kgps + planned.feed_kgps;
        let is_empty = self.stock.kg() <= (wanted_kgps - comes_kgps).max(0.0) * AT_ONCE_S + 1.0 / NANOGRAMS_PER_KG;
        self.out_kgps = if is_empty { wanted_kgps.min(comes_kgps) } else { wanted_kgps };
        let gains_kgps = comes_kgps - self.out_kgps;
        let is_full = self.stock.kg() >= planned.room_kg - gains_kgps.max(0.0) * AT_ONCE_S - 1.0 / NANOGRAMS_PER_KG;
        // Of a full one, the feed waits; what comes from elsewhere runs over.
        let excess_kgps = if is_full { gains_kgps.max(0.0) } else { 0.0 };
        self.fed_kgps = (planned.feed_kgps - excess_kgps).max(0.0);
        self.spilt_kgps = excess_kgps - (planned.feed_kgps - self.fed_kgps);
    }

    fn slide(&mut self, wanted: f64, planned: &PlannedHopper, now: Time) {
        if self.stage_ends <= now {
            (self.open, self.stage_ends) = (self.to, Time::MAX);
        }
        // A stage that has begun goes on to its end.
        if self.stage_ends == Time::MAX && self.open != wanted {
            self.to = wanted.clamp(self.open - 1.0 / STAGES, self.open + 1.0 / STAGES);
            self.stage_ends = now + Time::from_seconds((self.to - self.open).abs() * planned.gate_s);
        }
    }

    pub fn seen(&self) -> BulkSeen {
        BulkSeen {
            content_ng: self.stock.mass_ng,
            content_ngps: (self.change_kgps() * NANOGRAMS_PER_KG).round() as i64,
            flows: self.out_kgps > 0.0,
            open: !self.is_closed(),
            ..BulkSeen::default()
        }
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.stock.mass_ng.to_le_bytes());
        for value in [self.open, self.to, self.out_kgps, self.fed_kgps] {
            hasher.update(&value.to_bits().to_le_bytes());
        }
    }
}

/// Of the flow through the open outlet. The plate's edge leaves a segment of the circle free, and flow goes with the diameter to the
/// power of 2.5 (Beverloo): with the area to that of 1.25.
fn flow_share(open: f64, planned: &PlannedHopper) -> f64 {
    let edge = (planned.plate_m * (2.0 * open - 1.0) / planned.radius_m).clamp(-1.0, 1.0);
    let area = 0.5 + (libm::asin(edge) + edge * libm::sqrt(1.0 - edge * edge)) / PI;
    libm::pow(area.clamp(0.0, 1.0), 1.25)
}
