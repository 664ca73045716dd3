//! Sorting: how often readers read, which ways routers chose, how often parts come round again, what diverters missed, and what ends where it does not
//! belong. Counts over
//! the window; which passes are a part's first is known since time zero. Must not know why a reader fails.

use super::window::Window;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::report::{DiverterReport, ReaderReport, SortingReport, WayReport};
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one reader did in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Reader {
    passes: u64,
    no_reads: u64,
    /// Passes of parts that had been there before.
    repeated: u64,
}

/// What one diverter let go on in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Diverter {
    missed: u64,
    full: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorting {
    readers: BTreeMap<ElementId, Reader>,
    /// Which readers each part in the line has passed.
    seen: BTreeMap<PartId, BTreeSet<ElementId>>,
    diverters: BTreeMap<ElementId, Diverter>,
    /// By router: parts that it sent each way.
    routed: BTreeMap<ElementId, BTreeMap<u32, u64>>,
    /// By sink: parts that do not belong there.
    missorted: BTreeMap<ElementId, u64>,
}

impl Sorting {
    pub fn pass(&mut self, window: Window, at: Time, element: ElementId, part: PartId, read: bool) {
        let first = self.seen.entry(part).or_default().insert(element);
        if window.contains(at) {
            let reader = self.readers.entry(element).or_default();
            reader.passes += 1;
            reader.no_reads += u64::from(!read);
            reader.repeated += u64::from(!first);
        }
    }

    pub fn miss(&mut self, window: Window, at: Time, element: ElementId) {
        self.diverters.entry(element).or_default().missed += u64::from(window.contains(at));
    }

    pub fn pass_full(&mut self, window: Window, at: Time, element: ElementId) {
        self.diverters.entry(element).or_default().full += u64::from(window.contains(at));
    }

    pub fn route(&mut self, window: Window, at: Time, element: ElementId, way: u32) {
        *self.routed.entry(element).or_default().entry(way).or_insert(0) += u64::from(window.contains(at));
    }

    pub fn missort(&mut self, window: Window, at: Time, element: ElementId) {
        *self.missorted.entry(element).or_insert(0) += u64::from(window.contains(at));
    }

    pub fn leave(&mut self, part: PartId) {
        self.seen.remove(&part);
    }

    pub fn missorted(&self, element: ElementId) -> u64 {
        self.missorted.get(&element).copied().unwrap_or(0)
    }

    /// Of one reader: no-read share = no-reads / passes; passes per part = passes / first passes; recirculated share =
    /// passes of parts that had been there before / passes.
    pub fn reader(&self, element: ElementId) -> ReaderReport {
        let reader = self.readers.get(&element).copied().unwrap_or_default();
        let first = reader.passes - reader.repeated;
        ReaderReport {
            no_reads: reader.no_reads,
            no_read_share: ratio(reader.no_reads, reader.passes),
            passes_per_part: ratio(reader.passes, first),
            recirculated_share: ratio(reader.repeated, reader.passes),
        }
    }

    /// Of one router or divider, with the names of its ways.
    pub fn ways<'a>(&self, element: ElementId, ways: impl Iterator<Item = &'a str>) -> Vec<WayReport> {
        let none = BTreeMap::new();
        let sent = self.routed.get(&element).unwrap_or(&none);
        let all = sent.values().sum();
        let row = |(index, way): (u32, &str)| {
            let parts = sent.get(&index).copied().unwrap_or(0);
            WayReport { way: way.to_owned(), parts, share: ratio(parts, all) }
        };
        (0..).zip(ways).map(row).collect()
    }

    pub fn diverter(&self, element: ElementId) -> DiverterReport {
        let diverter = self.diverters.get(&element).copied().unwrap_or_default();
        DiverterReport { missed_diverts: diverter.missed, lane_full: diverter.full }
    }

    /// Of the line: all readers together, and all sinks that say what they receive (`sorted`: parts that left there).
    pub fn line(&self, sorted: u64) -> SortingReport {
        let sum = |of: fn(&Reader) -> u64| self.readers.values().map(of).sum::<u64>();
        let passes = sum(|reader| reader.passes);
        let missorted = self.missorted.values().sum();
        SortingReport {
            no_read_share: ratio(sum(|reader| reader.no_reads), passes),
            recirculated_share: ratio(sum(|reader| reader.repeated), passes),
            missed_diverts: self.diverters.values().map(|diverter| diverter.missed).sum(),
            lane_full: self.diverters.values().map(|diverter| diverter.full).sum(),
            missorted,
            missorted_share: ratio(missorted, sorted),
        }
    }
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}
