//! The one calendar of a simulation: timed events in the order (time, priority, sequence). Knows nothing about what
//! its entries mean.

use linetwin_model::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where an entry stands: equal times fall in order of priority (lower first), then of scheduling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    pub at: Time,
    pub priority: u8,
    pub sequence: u64,
}

/// Entries that wait for their time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calendar<E> {
    // A tree instead of a heap: entries can be taken back, and its serialised order is the logical one, so that
    // snapshots of equal states are equal bytes.
    entries: BTreeMap<Slot, E>,
    next_sequence: u64,
    /// Of the first entry; [`Time::MAX`]: none. It is asked for much more often than it changes.
    next_at: Time,
}

impl<E> Default for Calendar<E> {
    fn default() -> Self {
        Calendar { entries: BTreeMap::new(), next_sequence: 0, next_at: Time::MAX }
    }
}

impl<E> Calendar<E> {
    /// Returns the slot, by which the entry can be cancelled.
    pub fn schedule(&mut self, at: Time, priority: u8, entry: E) -> Slot {
        let slot = Slot { at, priority, sequence: self.next_sequence };
        self.next_sequence += 1;
        self.entries.insert(slot, entry);
        self.next_at = self.next_at.min(at);
        slot
    }

    /// How many entries were ever scheduled.
    pub fn scheduled(&self) -> u64 {
        self.next_sequence
    }

    fn look_for_next(&mut self) {
        self.next_at = self.entries.keys().next().map_or(Time::MAX, |slot| slot.at);
    }

    /// Takes an entry back; `None` where it has come up already.
    pub fn cancel(&mut self, slot: Slot) -> Option<E> {
        let entry = self.entries.remove(&slot);
        if slot.at == self.next_at {
            self.look_for_next();
        }
        entry
    }

    /// The time of the next entry.
    pub fn next_at(&self) -> Option<Time> {
        Some(self.next_at).filter(|at| *at != Time::MAX)
    }

    /// The next entry at or before `until`.
    pub fn pop_until(&mut self, until: Time) -> Option<(Time, E)> {
        if self.next_at > until {
            return None;
        }
        let (slot, entry) = self.entries.pop_first()?;
        self.look_for_next();
        Some((slot.at, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_time_then_priority_then_sequence() {
        let mut calendar = Calendar::default();
        calendar.schedule(Time(2), 0, "late");
        calendar.schedule(Time(1), 1, "second");
        let cancelled = calendar.schedule(Time(1), 0, "cancelled");
        calendar.schedule(Time(1), 1, "third");
        calendar.schedule(Time(1), 0, "first");
        assert_eq!(calendar.cancel(cancelled), Some("cancelled"));
        let order: Vec<_> = std::iter::from_fn(|| calendar.pop_until(Time(1))).map(|(_, entry)| entry).collect();
        assert_eq!(order, ["first", "second", "third"]);
        assert_eq!(calendar.next_at(), Some(Time(2)));
    }
}
