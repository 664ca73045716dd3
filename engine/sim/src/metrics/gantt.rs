//! The states of one element over time, in bounded memory. Knows nothing about what a state means.

use crate::event::ElementState;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

/// Most intervals of a row. A printed page resolves about as many; the exact durations are in the KPIs.
pub const MAX_INTERVALS: usize = 1200;

/// Interval k holds from its start to the next one's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gantt {
    pub intervals: Vec<(Time, ElementState)>,
    /// Width of the cells to which the older intervals were merged [ns]; 0: nothing was merged.
    pub cell: u64,
}

/// The first width that is tried when a row is full [ns].
const FIRST_CELL: u64 = 1_000_000;

impl Gantt {
    pub fn change(&mut self, at: Time, state: ElementState) {
        if self.intervals.last().is_some_and(|last| last.0 == at) {
            self.intervals.pop();
        }
        if self.intervals.last().is_none_or(|last| last.1 != state) {
            self.intervals.push((at, state));
        }
        if self.intervals.len() > MAX_INTERVALS {
            self.merge(at);
        }
    }

    /// Redraws the row up to `end` in cells, each of which shows the state that held longest in it. The cell doubles
    /// until half the bound suffices, so that the next merge is far away.
    fn merge(&mut self, end: Time) {
        let room = MAX_INTERVALS as u64 / 2;
        self.cell = self.cell.max(FIRST_CELL);
        while end.0 / self.cell > room {
            self.cell *= 2;
        }
        let newest = self.intervals.pop().expect("a full row has a newest interval");
        let mut merged: Vec<(Time, ElementState)> = Vec::new();
        let mut index = 0;
        let mut start = 0;
        while start < end.0 {
            let stop = (start + self.cell).min(end.0);
            let mut held = [0_u64; ElementState::ALL.len()];
            while index < self.intervals.len() && self.intervals[index].0.0 < stop {
                let until = self.intervals.get(index + 1).map_or(end.0, |next| next.0.0);
                held[self.intervals[index].1 as usize] += until.min(stop).saturating_sub(self.intervals[index].0.0.max(start));
                if until > stop {
                    break;
                }
                index += 1;
            }
            let longest = (0..held.len()).max_by_key(|&state| (held[state], std::cmp::Reverse(state))).expect("ten states");
            let state = ElementState::ALL[longest];
            if held[longest] > 0 && merged.last().is_none_or(|last| last.1 != state) {
                merged.push((Time(start), state));
            }
            start = stop;
        }
        if merged.last().is_none_or(|last| last.1 != newest.1) {
            merged.push(newest);
        }
        self.intervals = merged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_short_and_keeps_the_long_intervals() {
        let mut row = Gantt::default();
        let second = Time::NANOS_PER_SECOND;
        // 20,000 cycles of 1 s work and 0.1 s idle, with a long stop in the middle.
        for k in 0..20_000_u64 {
            let start = k * 1_100_000_000 + if k >= 10_000 { 4000 * second } else { 0 };
            row.change(Time(start), ElementState::Processing);
            row.change(Time(start + second), ElementState::Idle);
            if k == 9_999 {
                row.change(Time(start + 1_100_000_000), ElementState::Down);
            }
            assert!(row.intervals.len() <= MAX_INTERVALS);
        }
        assert!(row.cell > 0);
        assert!(row.intervals.is_sorted_by(|a, b| a.0 < b.0 && a.1 != b.1));
        let down = row.intervals.iter().position(|interval| interval.1 == ElementState::Down).expect("the long stop is seen");
        let length = row.intervals[down + 1].0.since(row.intervals[down].0).0;
        assert!(length.abs_diff(4000 * second) <= 2 * row.cell);
    }

    #[test]
    fn a_short_row_is_exact() {
        let mut row = Gantt::default();
        row.change(Time(0), ElementState::Starved);
        row.change(Time(0), ElementState::Processing);
        row.change(Time(5), ElementState::Processing);
        row.change(Time(9), ElementState::Blocked);
        assert_eq!(row.intervals, [(Time(0), ElementState::Processing), (Time(9), ElementState::Blocked)]);
        assert_eq!(row.cell, 0);
    }
}
