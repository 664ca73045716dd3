//! What clearing jams took on one element: how often, how long until it was cleared, how long somebody worked on it, what was
//! taken out. Knows nothing about who did it.

use super::window::Window;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingTally {
    /// That ended in the window, and how long they took from the call on [ns].
    pub ended: u64,
    pub took_ns: u64,
    /// From call to end, within the window [ns].
    pub open_ns: u64,
    /// Of that: until the work began [ns].
    pub waiting_ns: u64,
    /// Parts that were taken out.
    pub taken_out: u64,
    called_at: Option<Time>,
    began_at: Option<Time>,
}

impl ClearingTally {
    pub fn call(&mut self, at: Time) {
        (self.called_at, self.began_at) = (Some(at), None);
    }

    pub fn begin(&mut self, at: Time) {
        self.began_at = Some(at);
    }

    pub fn end(&mut self, window: Window, at: Time, took: Time, taken_out: u32) {
        self.close(window, at);
        if window.contains(at) {
            self.ended += 1;
            self.took_ns += took.0;
            self.taken_out += u64::from(taken_out);
        }
    }

    /// Ends what is still open.
    pub fn close(&mut self, window: Window, now: Time) {
        if let Some(called_at) = self.called_at.take() {
            self.open_ns += window.clip(called_at, now);
            self.waiting_ns += window.clip(called_at, self.began_at.take().unwrap_or(now));
        }
    }

    pub fn add(&mut self, other: &ClearingTally) {
        self.ended += other.ended;
        self.took_ns += other.took_ns;
        self.open_ns += other.open_ns;
        self.waiting_ns += other.waiting_ns;
        self.taken_out += other.taken_out;
    }
}
