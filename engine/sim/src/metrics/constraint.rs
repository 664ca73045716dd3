//! The momentary constraint by the active-period method (Roser, Nakano and Tanaka, "Shifting bottleneck detection",
//! Winter Simulation Conference 2002): at every instant it is the machine with the longest uninterrupted active period;
//! where the periods of one constraint and the next overlap, both are shifting. Only elements that work take part
//! (stations, checkweighers): a conveyor is active whenever a part is on it, so it would always win, and a source that
//! is never blocked says that demand, not the line, limits. Knows nothing about parts.

use super::window::Window;
use linetwin_model::Time;
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Period {
    element: ElementId,
    start: Time,
    end: Time,
}

impl Period {
    fn covers(&self, from: Time, to: Time) -> bool {
        self.start <= from && to <= self.end
    }
}

/// Time as the momentary constraint, within the window [ns].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstraintTime {
    pub sole: u64,
    pub shifting: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePeriods {
    window: Window,
    /// Start of the present active period, by element.
    open: Vec<Option<Time>>,
    /// Ended periods that no other covers, in order of start and of end. Emptied whenever nothing is active.
    chain: Vec<Period>,
    /// By element: the period that ended last, to be gone on with where the pause has no length.
    last: Vec<Option<Period>>,
    pub times: Vec<ConstraintTime>,
}

impl ActivePeriods {
    pub fn new(window: Window, element_count: usize) -> Self {
        ActivePeriods {
            window,
            open: vec![None; element_count],
            chain: Vec::new(),
            last: vec![None; element_count],
            times: vec![ConstraintTime::default(); element_count],
        }
    }

    pub fn set_active(&mut self, at: Time, element: ElementId, active: bool) {
        if self.open.iter().all(Option::is_none) && self.chain.last().is_some_and(|last| last.end < at) {
            self.resolve();
        }
        let index = element.index();
        match (self.open[index], active) {
            (None, true) => self.open[index] = Some(self.begin(at, index)),
            (Some(start), false) => {
                self.open[index] = None;
                self.end(Period { element, start, end: at });
            }
            _ => {}
        }
    }

    fn begin(&mut self, at: Time, index: usize) -> Time {
        match self.last[index].take_if(|last| last.end == at) {
            Some(last) => {
                self.chain.retain(|period| *period != last);
                last.start
            }
            None => at,
        }
    }

    /// A period within another is never the longest: it is dropped, so that the chain stays short.
    fn end(&mut self, period: Period) {
        self.last[period.element.index()] = Some(period);
        let covered_by_open = self.open.iter().flatten().any(|&start| start <= period.start);
        let covered_by_last = self.chain.last().is_some_and(|last| last.covers(period.start, period.end));
        if period.start == period.end || covered_by_open || covered_by_last {
            return;
        }
        while self.chain.pop_if(|last| last.start >= period.start).is_some() {}
        self.chain.push(period);
    }

    pub fn close(&mut self, now: Time) {
        for index in 0..self.open.len() {
            self.set_active(now, ElementId::from_index(index), false);
        }
        self.resolve();
    }

    /// Books the chain: cut at every start and end, each piece belongs to the longest period that covers it, and to its
    /// neighbours in the succession of constraints where they cover it too.
    fn resolve(&mut self) {
        let chain = std::mem::take(&mut self.chain);
        let mut cuts: Vec<Time> = chain.iter().flat_map(|period| [period.start, period.end]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<(usize, Time, Time)> = Vec::new();
        let mut first = 0;
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            while first < chain.len() && chain[first].end <= from {
                first += 1;
            }
            let covering = (first..chain.len()).take_while(|&k| chain[k].start <= from);
            let length = |k: usize| chain[k].end.since(chain[k].start);
            if let Some(longest) = covering.max_by_key(|&k| (length(k), std::cmp::Reverse(k))) {
                pieces.push((longest, from, to));
            }
        }
        let mut succession: Vec<usize> = pieces.iter().map(|piece| piece.0).collect();
        succession.dedup();
        let mut position = 0;
        for (owner, from, to) in pieces {
            if succession[position] != owner {
                position += 1;
            }
            let neighbours = [position.checked_sub(1), Some(position + 1)];
            let sharing: Vec<usize> =
                neighbours.into_iter().filter_map(|at| succession.get(at?).copied()).filter(|&k| chain[k].covers(from, to)).collect();
            let span = self.window.clip(from, to);
            let owner_times = &mut self.times[chain[owner].element.index()];
            if sharing.is_empty() {
                owner_times.sole += span;
            } else {
                owner_times.shifting += span;
                for k in sharing {
                    self.times[chain[k].element.index()].shifting += span;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ElementId = ElementId(0);
    const B: ElementId = ElementId(1);
    const C: ElementId = ElementId(2);

    fn periods(changes: &[(u64, ElementId, bool)], now: u64, start: u64) -> Vec<(u64, u64)> {
        let mut periods = ActivePeriods::new(Window { start: Time(start) }, 3);
        for &(at, element, active) in changes {
            periods.set_active(Time(at), element, active);
        }
        periods.close(Time(now));
        periods.times.iter().map(|time| (time.sole, time.shifting)).collect()
    }

    #[test]
    fn the_longest_period_is_the_constraint_and_overlaps_are_shifting() {
        // A ######----------   0..6
        // B -----#########--   5..14
        // C ---###----------   3..6, within A
        let changes = [(0, A, true), (3, C, true), (5, B, true), (6, A, false), (6, C, false), (14, B, false)];
        assert_eq!(periods(&changes, 20, 0), [(5, 1), (8, 1), (0, 0)]);
        // From 4 on.
        assert_eq!(periods(&changes, 20, 4), [(1, 1), (8, 1), (0, 0)]);
    }

    #[test]
    fn a_period_that_is_still_open_counts_up_to_now() {
        assert_eq!(periods(&[(0, A, true), (2, B, true), (4, B, false)], 10, 0), [(10, 0), (0, 0), (0, 0)]);
        assert_eq!(periods(&[(0, A, true), (2, B, true), (4, A, false)], 10, 0), [(2, 2), (6, 2), (0, 0)]);
    }

    #[test]
    fn gaps_belong_to_nobody_and_a_pause_without_length_is_no_pause() {
        let changes = [(0, A, true), (3, A, false), (5, B, true), (7, B, false), (7, B, true), (9, B, false)];
        assert_eq!(periods(&changes, 12, 0), [(3, 0), (4, 0), (0, 0)]);
        // The pause of A at 4 would else leave B (2..7) as the longer one.
        let changes = [(0, A, true), (2, B, true), (4, A, false), (4, A, true), (7, B, false), (9, A, false)];
        assert_eq!(periods(&changes, 12, 0), [(9, 0), (0, 0), (0, 0)]);
    }

    #[test]
    fn a_chain_of_three_shifts_twice() {
        // A 0..6, B 4..12, C 10..13
        let changes = [(0, A, true), (4, B, true), (6, A, false), (10, C, true), (12, B, false), (13, C, false)];
        assert_eq!(periods(&changes, 13, 0), [(4, 2), (4, 4), (1, 2)]);
    }
}
