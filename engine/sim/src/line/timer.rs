//! A span of time that can stand still and go on: work that a failure interrupts, an uptime that runs while processing.

use super::Entry;
use crate::calendar::{Calendar, Slot};
use linetwin_model::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Timer {
    #[default]
    Off,
    Running(Slot),
    /// What is left of it.
    Paused(Time),
}

impl Timer {
    /// Starts anew at `at`.
    pub fn start(&mut self, calendar: &mut Calendar<Entry>, at: Time, span: Time, entry: Entry) {
        self.cancel(calendar);
        *self = Timer::Running(calendar.schedule(at + span, entry.kind.priority(), entry));
    }

    pub fn pause(&mut self, calendar: &mut Calendar<Entry>, at: Time) {
        if let Timer::Running(slot) = *self {
            calendar.cancel(slot);
            *self = Timer::Paused(slot.at.since(at));
        }
    }

    pub fn resume(&mut self, calendar: &mut Calendar<Entry>, at: Time, entry: Entry) {
        if let Timer::Paused(left) = *self {
            *self = Timer::Off;
            self.start(calendar, at, left, entry);
        }
    }

    pub fn cancel(&mut self, calendar: &mut Calendar<Entry>) {
        if let Timer::Running(slot) = *self {
            calendar.cancel(slot);
        }
        *self = Timer::Off;
    }

    pub fn due_at(&self) -> Option<Time> {
        match self {
            Timer::Running(slot) => Some(slot.at),
            _ => None,
        }
    }

    pub fn is_off(&self) -> bool {
        *self == Timer::Off
    }
}
