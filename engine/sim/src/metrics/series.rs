//! Sums over time in at most 240 equal buckets, whatever the length of the run: when they are full, neighbours merge
//! and the width doubles. Exact, since the sums are integers. Knows nothing about what is summed.

use linetwin_model::Time;
use serde::{Deserialize, Serialize};

pub const MAX_BUCKETS: u64 = 240;

/// Bucket k covers (k * width, (k + 1) * width]; the first also holds time zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    /// [ns]
    pub width: u64,
    pub sums: Vec<u64>,
}

impl Default for Buckets {
    fn default() -> Self {
        Buckets { width: Time::NANOS_PER_SECOND, sums: Vec::new() }
    }
}

impl Buckets {
    /// Counts one at an instant.
    pub fn count(&mut self, at: Time) {
        let index = self.reach(at);
        self.sums[index] += 1;
    }

    /// Adds `value` [1] times the length of `from..to` [ns].
    pub fn add_span(&mut self, from: Time, to: Time, value: u64) {
        if to <= from {
            return;
        }
        let last = self.reach(to);
        let first = usize::try_from(from.0 / self.width).expect("few buckets");
        for index in first..=last {
            let (start, end) = (index as u64 * self.width, (index as u64 + 1) * self.width);
            self.sums[index] += value * (to.0.min(end) - from.0.max(start));
        }
    }

    /// Makes room up to `at` and returns its bucket.
    pub fn reach(&mut self, at: Time) -> usize {
        while at.0 > MAX_BUCKETS * self.width {
            self.sums = self.sums.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.width *= 2;
        }
        let index = usize::try_from(at.0.saturating_sub(1) / self.width).expect("few buckets");
        if self.sums.len() <= index {
            self.sums.resize(index + 1, 0);
        }
        index
    }

    /// Lengths of the buckets in a run that ends at `end` [ns].
    pub fn lengths(&self, end: Time) -> impl Iterator<Item = u64> {
        let width = self.width;
        (0..self.sums.len() as u64).map(move |k| end.0.saturating_sub(k * width).min(width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_keeps_every_sum() {
        let mut buckets = Buckets::default();
        let second = Time::NANOS_PER_SECOND;
        let mut expected = 0;
        for k in 0..1000_u64 {
            buckets.count(Time(k * second));
            buckets.add_span(Time(k * second), Time(k * second + second / 3), 3);
            expected += 1 + 3 * (second / 3);
        }
        assert_eq!(buckets.sums.iter().sum::<u64>(), expected);
        assert_eq!(buckets.width, 8 * second);
        assert_eq!(buckets.sums.len(), 125);
        assert!(buckets.sums.len() as u64 <= MAX_BUCKETS);
    }

    #[test]
    fn a_span_is_split_at_the_edges() {
        let mut buckets = Buckets { width: 10, sums: Vec::new() };
        buckets.add_span(Time(5), Time(25), 2);
        assert_eq!(buckets.sums, [10, 20, 10]);
        buckets.add_span(Time(20), Time(30), 1);
        assert_eq!(buckets.sums, [10, 20, 20]);
        buckets.count(Time(10));
        assert_eq!(buckets.sums, [11, 20, 20]);
    }
}
