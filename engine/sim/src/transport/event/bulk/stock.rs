//! Mass in a place, and mass on its way. Knows nothing about hoppers and belts.

use crate::port::NANOGRAMS_PER_KG;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Densities that differ by less are one [-]: what rounding makes of a rate over a speed.
const EQUAL: f64 = 1e-12;
/// What is closer to its end than its way in a nanosecond is there [s].
const AT_ONCE_S: f64 = 1e-9;

/// Mass in one place, and when it came into the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub mass_ng: u64,
    /// Sum of mass times the instant at which it came [ng ns].
    moment: u128,
}

impl Stock {
    pub fn new(mass_ng: u64, came_at: Time) -> Self {
        Stock { mass_ng, moment: u128::from(mass_ng) * u128::from(came_at.0) }
    }

    pub fn put(&mut self, other: Stock) {
        self.mass_ng += other.mass_ng;
        self.moment += other.moment;
    }

    /// At most what there is. What is taken came when the whole of it did, in the mean.
    pub fn take(&mut self, mass_ng: u64) -> Stock {
        if mass_ng >= self.mass_ng {
            return std::mem::take(self);
        }
        let taken = Stock { mass_ng, moment: self.moment / u128::from(self.mass_ng) * u128::from(mass_ng) };
        self.mass_ng -= taken.mass_ng;
        self.moment -= taken.moment;
        taken
    }

    /// How long it has been in the line, by mass [ng ns].
    pub fn stay_ng_ns(&self, now: Time) -> u128 {
        (u128::from(self.mass_ng) * u128::from(now.0)).saturating_sub(self.moment)
    }

    pub fn kg(&self) -> f64 {
        self.mass_ng as f64 / NANOGRAMS_PER_KG
    }
}

/// What a rate moves in a span.
pub fn moved_ng(kgps: f64, dt_s: f64) -> u64 {
    (kgps * dt_s * NANOGRAMS_PER_KG).round() as u64
}

/// A stretch along which mass goes at one speed: a belt in metres, a fall in seconds at one second per second. Where the density
/// changes is a front, which travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    length: f64,
    speed: f64,
    /// Gone by since time zero.
    way: f64,
    /// At which way each front is at the end, and the density behind it [kg over length], the first in flow direction first.
    fronts: VecDeque<(f64, f64)>,
    entering_kgps: f64,
    /// At the end.
    density: f64,
    pub stock: Stock,
}

impl Track {
    pub fn new(length: f64, speed: f64) -> Self {
        Track { length, speed, way: 0.0, fronts: VecDeque::new(), entering_kgps: 0.0, density: 0.0, stock: Stock::default() }
    }

    /// Of one on which nothing is.
    pub fn set_length(&mut self, length: f64) {
        debug_assert!(self.fronts.is_empty() && self.density == 0.0, "nothing is on its way");
        self.length = length;
    }

    pub fn is_clear(&self) -> bool {
        self.fronts.is_empty() && self.density == 0.0
    }

    /// From now on. Nothing enters what stands.
    pub fn set(&mut self, entering_kgps: f64, speed: f64) {
        debug_assert!(speed > 0.0 || entering_kgps == 0.0, "nothing enters what stands");
        (self.entering_kgps, self.speed) = (entering_kgps, speed);
        if speed == 0.0 {
            return;
        }
        let (at, density) = (self.way + self.length, entering_kgps / speed);
        if self.fronts.back().is_some_and(|front| front.0 == at) {
            self.fronts.pop_back();
        }
        let newest = self.fronts.back().map_or(self.density, |front| front.1);
        if (density - newest).abs() > EQUAL * newest.max(density) {
            self.fronts.push_back((at, density));
        }
    }

    /// Enters now [kg/s].
    pub fn entering_kgps(&self) -> f64 {
        self.entering_kgps
    }

    /// Leaves at the end now [kg/s].
    pub fn leaving_kgps(&self) -> f64 {
        self.density * self.speed
    }

    /// At the end [kg over length].
    pub fn density(&self) -> f64 {
        self.density
    }

    /// Until the next front is at the end [s].
    pub fn next_s(&self) -> f64 {
        match self.fronts.front() {
            Some((at, _)) if self.speed > 0.0 => ((at - self.way) / self.speed).max(0.0),
            _ => f64::INFINITY,
        }
    }

    /// What left during a span in which no front came to the end.
    pub fn advance(&mut self, dt_s: f64) -> Stock {
        self.way += self.speed * dt_s;
        self.stock.take(moved_ng(self.leaving_kgps(), dt_s))
    }

    /// Fronts that are at the end now have left; what rounding has left behind goes with the last.
    pub fn settle(&mut self) -> Stock {
        while let Some((at, density)) = self.fronts.front().copied()
            && at <= self.way + self.speed * AT_ONCE_S
        {
            self.fronts.pop_front();
            self.density = density;
        }
        if self.is_clear() && self.entering_kgps == 0.0 { std::mem::take(&mut self.stock) } else { Stock::default() }
    }

    /// Adds what decides how it goes on to a hash.
    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.stock.mass_ng.to_le_bytes());
        for value in [self.way, self.speed, self.entering_kgps, self.density] {
            hasher.update(&value.to_bits().to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_enters_a_track_leaves_it_a_length_later_whatever_its_speed_did() {
        let mut track = Track::new(2.0, 0.5);
        track.set(1.0, 0.5);
        let mut out = Stock::default();
        let mut go = |track: &mut Track, mut seconds: f64, entering: f64| {
            while seconds > 0.0 {
                let dt_s = track.next_s().min(seconds);
                track.stock.put(Stock::new(moved_ng(entering, dt_s), Time::ZERO));
                out.put(track.advance(dt_s));
                out.put(track.settle());
                seconds -= dt_s;
            }
            out.kg()
        };
        // A kilogram a second for one second; the belt stands for ten, then runs twice as fast, with nothing behind.
        assert_eq!(go(&mut track, 1.0, 1.0), 0.0);
        track.set(0.0, 0.0);
        assert_eq!(go(&mut track, 10.0, 0.0), 0.0);
        track.set(0.0, 1.0);
        assert_eq!(go(&mut track, 1.5, 0.0), 0.0);
        assert_eq!(go(&mut track, 0.25, 0.0), 0.5);
        assert_eq!(go(&mut track, 0.25, 0.0), 1.0);
        assert_eq!((go(&mut track, 5.0, 0.0), track.stock.mass_ng, track.is_clear()), (1.0, 0, true));
    }

    #[test]
    fn a_stock_knows_how_long_it_stays() {
        let mut stock = Stock::new(300, Time(10));
        stock.put(Stock::new(100, Time(50)));
        let taken = stock.take(100);
        assert_eq!((taken.stay_ng_ns(Time(100)), stock.stay_ng_ns(Time(100))), (8_000, 24_000));
        assert_eq!(stock.take(1_000).mass_ng, 300);
    }
}
