//! The statistics window and what is integrated over it. Integer nanoseconds only; knows nothing about elements.

use linetwin_model::Time;
use serde::{Deserialize, Serialize};

/// Statistics start here (inclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub start: Time,
}

impl Window {
    pub fn contains(self, at: Time) -> bool {
        at >= self.start
    }
    /// How much of `from..to` lies within the window [ns].
    pub fn clip(self, from: Time, to: Time) -> u64 {
        to.since(from.max(self.start)).0
    }
}

/// A whole number that holds from one change to the next: its integral, largest and smallest value over the window.
/// A value that held for no time at all (two changes at one instant) is neither largest nor smallest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    pub value: u64,
    since: Time,
    /// [ns], exact
    pub integral: u128,
    pub max: u64,
    min: Option<u64>,
}

impl Level {
    /// Closes the span up to `to`; returns where it began.
    pub fn advance(&mut self, window: Window, to: Time) -> Time {
        let from = std::mem::replace(&mut self.since, to);
        let span = window.clip(from, to);
        if span > 0 {
            self.integral += u128::from(span) * u128::from(self.value);
            self.max = self.max.max(self.value);
            self.min = Some(self.min.map_or(self.value, |min| min.min(self.value)));
        }
        from
    }
    pub fn increase(&mut self) {
        self.value += 1;
    }
    pub fn decrease(&mut self) {
        self.value = self.value.checked_sub(1).expect("nothing leaves a place that it did not enter");
    }
    pub fn min(&self) -> u64 {
        self.min.unwrap_or(self.value)
    }
    /// Time-weighted mean over a window of `window_ns`; the value itself where the window is empty.
    pub fn mean(&self, window_ns: u64) -> f64 {
        if window_ns == 0 { self.value as f64 } else { self.integral as f64 / window_ns as f64 }
    }
}
