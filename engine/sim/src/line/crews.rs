//! Crews: who is free, who is called for what. One call is for one person; the highest priority goes first, and of equals
//! who called first. Knows nothing about what they do: whoever called is told by an entry of the calendar, at the same
//! instant.

use super::context::Context;
use super::{Entry, EntryKind};
use crate::event::EventKind;
use linetwin_model::Time;
use linetwin_model::scene::{CrewId, CrewNeed, ElementId, Scene};
use serde::{Deserialize, Serialize};

/// What an element calls a crew for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CrewTask {
    Repair,
    Work,
    /// One place of several.
    Slot(u32),
    Clear,
    /// A sensor's fault.
    Mend(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Crews {
    /// By [`CrewId`].
    rows: Vec<CrewRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CrewRow {
    free: u32,
    /// Who goes first stands first.
    calls: Vec<Call>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Call {
    priority: i32,
    element: ElementId,
    task: CrewTask,
}

impl Crews {
    pub fn new(scene: &Scene) -> Self {
        Crews { rows: scene.crews.iter().map(|crew| CrewRow { free: crew.count, calls: Vec::new() }).collect() }
    }
}

impl Context<'_> {
    /// Somebody comes as soon as one is free, with an entry `CrewComes`.
    pub fn call_crew(&mut self, need: CrewNeed, element: ElementId, task: CrewTask, at: Time) {
        self.emit(at, EventKind::CrewCalled { crew: need.crew.0, element });
        let row = &mut self.crews.rows[need.crew.index()];
        let place = row.calls.partition_point(|call| call.priority >= need.priority);
        row.calls.insert(place, Call { priority: need.priority, element, task });
        self.send_crew(need.crew, at);
    }

    /// The call is answered: somebody is there now.
    pub fn crew_is_there(&mut self, crew: CrewId, element: ElementId, at: Time) {
        self.emit(at, EventKind::CrewCame { crew: crew.0, element });
    }

    /// A call that was not answered is taken back.
    pub fn dismiss_crew(&mut self, crew: CrewId, element: ElementId, task: CrewTask, at: Time) {
        self.emit(at, EventKind::CrewDismissed { crew: crew.0, element });
        self.crews.rows[crew.index()].calls.retain(|call| (call.element, call.task) != (element, task));
    }

    /// The task is over, or interrupted.
    pub fn release_crew(&mut self, crew: CrewId, element: ElementId, at: Time) {
        self.emit(at, EventKind::CrewLeft { crew: crew.0, element });
        self.free_crew(crew, at);
    }

    /// Somebody came where nobody waits any more.
    pub fn free_crew(&mut self, crew: CrewId, at: Time) {
        self.crews.rows[crew.index()].free += 1;
        self.send_crew(crew, at);
    }

    fn send_crew(&mut self, crew: CrewId, at: Time) {
        let row = &mut self.crews.rows[crew.index()];
        while row.free > 0 && !row.calls.is_empty() {
            row.free -= 1;
            let call = row.calls.remove(0);
            let kind = EntryKind::CrewComes(call.task);
            self.calendar.schedule(at, kind.priority(), Entry { element: call.element, kind });
        }
    }
}
