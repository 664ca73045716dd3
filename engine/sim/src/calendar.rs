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
}

impl<E> Default for Calendar<E> {
    fn default() -> Self {
        Calendar { entries: BTreeMap::new(), next_sequence: 0 }
    }
}

impl<E> Calendar<E> {
    /// Returns the slot, by which the entry can be cancelled.
    pub fn schedule(&mut self, at: Time, priority: u8, entry: E) -> Slot {
        let slot = Slot { at, priority, sequence: self.next_sequence };
        self.next_sequence += 1;
        self.entries.insert(slot, entry);
        slot
    }

    /// Takes an entry back; `None` where it has come up already.
    pub fn cancel(&mut self, slot: Slot) -> Option<E> {
        self.entries.remove(&slot)
    }

    /// The time of the next entry.
    pub fn next_at(&self) -> Option<Time> {
        self.entries.keys().next().map(|slot| slot.at)
    }

    /// The next entry at or before `until`.
    pub fn pop_until(&mut self, until: Time) -> Option<(Time, E)> {
        let first = self.entries.first_entry()?;
        if first.key().at > until {
            return None;
        }
        let (slot, entry) = first.remove_entry();
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
