//! Faults of one sensor: how often and how long it lied, and what that cost. Must not know what the sensor senses.

use super::window::Window;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

/// One fault of the scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultTally {
    /// That began in the window.
    pub began: u64,
    /// Within the window [ns].
    pub faulty_ns: u64,
    /// Of that: waiting for the crew [ns].
    pub waiting_ns: u64,
    /// Parts that it hid in the window.
    pub unseen: u64,
    /// Diverts that were missed because of it.
    pub missed_diverts: u64,
    since: Option<Time>,
    waits_since: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// In the order of the scene.
    pub rows: Vec<FaultTally>,
    /// In which at least one lasted, within the window [ns].
    pub faulty_ns: u64,
    lasting: u32,
    since: Time,
}

impl Faults {
    pub fn new(count: usize) -> Self {
        Faults { rows: vec![FaultTally::default(); count], ..Faults::default() }
    }

    pub fn begin(&mut self, window: Window, at: Time, fault: u32, waits: bool) {
        if self.lasting == 0 {
            self.since = at;
        }
        self.lasting += 1;
        let row = &mut self.rows[fault as usize];
        row.began += u64::from(window.contains(at));
        row.since = Some(at);
        row.waits_since = waits.then_some(at);
    }

    pub fn begin_repair(&mut self, window: Window, at: Time, fault: u32) {
        let row = &mut self.rows[fault as usize];
        if let Some(since) = row.waits_since.take() {
            row.waiting_ns += window.clip(since, at);
        }
    }

    pub fn end(&mut self, window: Window, at: Time, fault: u32) {
        self.begin_repair(window, at, fault);
        let row = &mut self.rows[fault as usize];
        let Some(since) = row.since.take() else { return };
        row.faulty_ns += window.clip(since, at);
        self.lasting -= 1;
        if self.lasting == 0 {
            self.faulty_ns += window.clip(self.since, at);
        }
    }

    pub fn hide(&mut self, window: Window, at: Time, fault: u32) {
        self.rows[fault as usize].unseen += u64::from(window.contains(at));
    }

    pub fn miss_divert(&mut self, window: Window, at: Time, fault: u32) {
        self.rows[fault as usize].missed_diverts += u64::from(window.contains(at));
    }

    /// Ends what still lasts at `now`.
    pub fn close(&mut self, window: Window, now: Time) {
        for fault in 0..self.rows.len() {
            self.end(window, now, fault as u32);
        }
    }
}
