//! The line's logic: one state machine per element, driven by timed events and facts. It decides; it never knows which
//! transport moves its parts.

use crate::event::Event;
use crate::parts::Parts;
use crate::port::{Fact, Wish};
use crate::random::Streams;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// All element logic of one scene, with its calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {}

/// What one Control phase reads and writes.
pub struct Control<'a> {
    pub scene: &'a Scene,
    /// t_n: calendar entries up to here are due.
    pub now: Time,
    /// Of the last Sense, in order.
    pub facts: &'a [Fact],
    pub parts: &'a mut Parts,
    pub wishes: &'a mut Vec<Wish>,
    pub events: &'a mut Vec<Event>,
}

impl Line {
    pub fn new(_scene: &Scene, _streams: Streams) -> Self {
        Line {}
    }

    /// One Control phase: acts on the facts and drains the calendar up to now, in order of time.
    pub fn control(&mut self, _control: &mut Control<'_>) {}

    /// When the line itself has something to do next.
    pub fn next_at(&self) -> Option<Time> {
        None
    }
}
