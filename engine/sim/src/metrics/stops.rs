//! Stops of one element: failures by mode, jams; how many, how long, minor or not. Knows nothing about other elements.

use super::window::Window;
use crate::event::ElementState;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why an element stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// Index into the element's failures.
    Failure(u32),
    /// Down, and no failure mode was named.
    Unnamed,
    Jam,
}

/// Stops of one cause: counted where they began in the window, timed within it. A stop is minor by its whole length,
/// also where the window cuts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopTally {
    pub minor_count: u64,
    pub long_count: u64,
    /// [ns]
    pub minor_ns: u64,
    /// [ns]
    pub long_ns: u64,
}

/// One failure mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureTally {
    /// That began in the window.
    pub began: u64,
    /// Within the window [ns].
    pub down_ns: u64,
    /// That ended in the window, and their whole length [ns].
    pub repairs: u64,
    pub repair_ns: u64,
    /// Waiting for the crew, within the window [ns].
    pub waiting_ns: u64,
    since: Option<Time>,
    waits_since: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OpenStop {
    since: Time,
    cause: Cause,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stops {
    open: Option<OpenStop>,
    /// The failure that began last and has not ended.
    active_mode: Option<u32>,
    pub by_cause: BTreeMap<Cause, StopTally>,
    pub failures: Vec<FailureTally>,
}

impl Stops {
    pub fn new(failure_count: usize) -> Self {
        Stops { failures: vec![FailureTally::default(); failure_count], ..Stops::default() }
    }

    pub fn state_changed(&mut self, window: Window, minor_stop: Time, at: Time, state: ElementState) {
        let cause = match state {
            ElementState::Down => Some(self.active_mode.map_or(Cause::Unnamed, Cause::Failure)),
            ElementState::Jammed => Some(Cause::Jam),
            _ => None,
        };
        let same_kind = |open: &OpenStop| cause.is_some_and(|cause| (cause == Cause::Jam) == (open.cause == Cause::Jam));
        if self.open.as_ref().is_some_and(same_kind) {
            return;
        }
        self.end_stop(window, minor_stop, at);
        self.open = cause.map(|cause| OpenStop { since: at, cause });
    }

    /// A failure within a stop of another cause is a stop of its own: the second one waits for the first.
    pub fn failure_began(&mut self, window: Window, minor_stop: Time, at: Time, mode: u32, waits: bool) {
        self.active_mode = Some(mode);
        let tally = &mut self.failures[mode as usize];
        tally.since = Some(at);
        tally.waits_since = waits.then_some(at);
        tally.began += u64::from(window.contains(at));
        match self.open {
            Some(open) if open.cause == Cause::Unnamed && open.since == at => {
                self.open = Some(OpenStop { since: at, cause: Cause::Failure(mode) })
            }
            Some(open) if open.cause != Cause::Jam && open.cause != Cause::Failure(mode) => {
                self.end_stop(window, minor_stop, at);
                self.open = Some(OpenStop { since: at, cause: Cause::Failure(mode) });
            }
            _ => {}
        }
    }

    pub fn repair_began(&mut self, window: Window, at: Time, mode: u32) {
        let tally = &mut self.failures[mode as usize];
        if let Some(since) = tally.waits_since.take() {
            tally.waiting_ns += window.clip(since, at);
        }
    }

    pub fn failure_ended(&mut self, window: Window, at: Time, mode: u32) {
        if self.active_mode == Some(mode) {
            self.active_mode = None;
        }
        let tally = &mut self.failures[mode as usize];
        let since = tally.since.take().expect("a failure ends after it began");
        tally.down_ns += window.clip(since, at);
        if window.contains(at) {
            tally.repairs += 1;
            tally.repair_ns += at.since(since).0;
        }
    }

    fn end_stop(&mut self, window: Window, minor_stop: Time, at: Time) {
        let Some(open) = self.open.take() else { return };
        let tally = self.by_cause.entry(open.cause).or_default();
        let (counted, clipped) = (u64::from(window.contains(open.since)), window.clip(open.since, at));
        if at.since(open.since) < minor_stop {
            tally.minor_count += counted;
            tally.minor_ns += clipped;
        } else {
            tally.long_count += counted;
            tally.long_ns += clipped;
        }
    }

    /// Ends what is still open: a stop or a repair that lasts beyond `now` counts by its length so far.
    pub fn close(&mut self, window: Window, minor_stop: Time, now: Time) {
        self.end_stop(window, minor_stop, now);
        for tally in &mut self.failures {
            if let Some(since) = tally.since.take() {
                tally.down_ns += window.clip(since, now);
            }
            if let Some(since) = tally.waits_since.take() {
                tally.waiting_ns += window.clip(since, now);
            }
        }
    }

    pub fn total(&self) -> StopTally {
        self.by_cause.values().fold(StopTally::default(), |sum, tally| StopTally {
            minor_count: sum.minor_count + tally.minor_count,
            long_count: sum.long_count + tally.long_count,
            minor_ns: sum.minor_ns + tally.minor_ns,
            long_ns: sum.long_ns + tally.long_ns,
        })
    }
}
