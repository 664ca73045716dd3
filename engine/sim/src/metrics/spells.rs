//! Rules of the line's controls, and fields of lidars: how often each began and how long it was active. Knows nothing about what
//! they do.

use super::window::Window;
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpellTally {
    /// That began in the window.
    pub began: u64,
    /// Within the window [ns].
    pub active_ns: u64,
    since: Option<Time>,
}

impl SpellTally {
    pub fn begin(&mut self, window: Window, at: Time) {
        self.began += u64::from(window.contains(at));
        self.since = Some(at);
    }

    /// Also where the run ends while it is active.
    pub fn end(&mut self, window: Window, at: Time) {
        if let Some(since) = self.since.take() {
            self.active_ns += window.clip(since, at);
        }
    }
}
