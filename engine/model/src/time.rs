//! Simulated time: integer nanoseconds, and the fixed step as an exact rational. Knows nothing about clocks on walls.

use serde::{Deserialize, Serialize};

/// An instant or a span of simulated time [ns]. Integer, so that sums are exact and resume is bit-equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    pub const ZERO: Time = Time(0);
    /// Later than every instant a run can reach (584 years).
    pub const MAX: Time = Time(u64::MAX);
    pub const NANOS_PER_SECOND: u64 = 1_000_000_000;

    /// Nearest nanosecond to `seconds` [s]; negative, NaN and overflow saturate to the range of `Time`.
    pub fn from_seconds(seconds: f64) -> Self {
        // `as` saturates and maps NaN to 0; `round` is exact on every platform.
        Time((seconds * 1e9).round() as u64)
    }

    /// [s]; exact up to 2^53 ns (104 days), then rounded.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span from `earlier` to `self`, zero where `earlier` is later.
    pub fn since(self, earlier: Time) -> Time {
        Time(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add for Time {
    type Output = Time;
    fn add(self, span: Time) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl std::ops::AddAssign for Time {
    fn add_assign(&mut self, span: Time) {
        *self = *self + span;
    }
}

impl std::ops::Sub for Time {
    type Output = Time;
    /// Panics where the result would be negative: that is a bug of ours, never a user's input.
    fn sub(self, earlier: Time) -> Time {
        Time(self.0.checked_sub(earlier.0).expect("a span of time is never negative"))
    }
}

/// The fixed step: `num / den` seconds each. Step n is at t_n = floor(n * 10^9 * num / den) ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLength {
    pub num: u32,
    pub den: u32,
}

impl Default for StepLength {
    fn default() -> Self {
        StepLength { num: 1, den: 120 }
    }
}

impl StepLength {
    /// The instant of step `n`.
    pub fn time_of(self, n: u64) -> Time {
        let nanos = u128::from(n) * u128::from(Time::NANOS_PER_SECOND) * u128::from(self.num) / u128::from(self.den);
        Time(u64::try_from(nanos).expect("simulated time fits 584 years"))
    }

    /// The first step at or after `time`.
    pub fn step_at_or_after(self, time: Time) -> u64 {
        let scaled = u128::from(time.0) * u128::from(self.den);
        let per_step = u128::from(Time::NANOS_PER_SECOND) * u128::from(self.num);
        let estimate = u64::try_from(scaled / per_step).expect("step count fits u64");
        // floor(n * len) can fall below `time` for the estimate and for the one after it, never for a third.
        (estimate..).find(|&n| self.time_of(n) >= time).expect("a later step exists")
    }

    /// [s]
    pub fn seconds(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_instants_neither_drift_nor_overlap() {
        let step = StepLength::default();
        assert_eq!(step.time_of(120), Time(1_000_000_000));
        assert_eq!(step.time_of(1), Time(8_333_333));
        assert_eq!(step.time_of(120 * 86_400 * 365), Time(86_400 * 365 * 1_000_000_000));
        for n in [0, 1, 2, 7, 119, 120, 121, 1_000_003] {
            assert_eq!(step.step_at_or_after(step.time_of(n)), n);
            assert_eq!(step.step_at_or_after(step.time_of(n) + Time(1)), n + 1);
        }
    }
}
