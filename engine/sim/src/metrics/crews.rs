//! Crews: how many are busy, how many calls wait. Knows nothing about what they are called for.

use super::window::{Level, Window};
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewTally {
    /// That were made in the window.
    pub calls: u64,
    pub busy: Level,
    pub waiting: Level,
}

impl CrewTally {
    pub fn call(&mut self, window: Window, at: Time) {
        self.calls += u64::from(window.contains(at));
        self.waiting.advance(window, at);
        self.waiting.increase();
    }

    pub fn dismiss(&mut self, window: Window, at: Time) {
        self.waiting.advance(window, at);
        self.waiting.decrease();
    }

    pub fn come(&mut self, window: Window, at: Time) {
        self.dismiss(window, at);
        self.busy.advance(window, at);
        self.busy.increase();
    }

    pub fn leave(&mut self, window: Window, at: Time) {
        self.busy.advance(window, at);
        self.busy.decrease();
    }

    pub fn close(&mut self, window: Window, now: Time) {
        self.busy.advance(window, now);
        self.waiting.advance(window, now);
    }
}
