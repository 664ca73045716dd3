//! The person that a piece of work needs: called when it may begin, sent away while its machine stands, back at the work
//! afterwards. Shared by all that works by hand; knows nothing about what the work is.

use super::context::Context;
use super::crews::CrewTask;
use linetwin_model::Time;
use linetwin_model::scene::{CrewNeed, ElementId};
use serde::{Deserialize, Serialize};

/// Where that person is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Attendance {
    #[default]
    NotNeeded,
    /// Not called: the machine stands.
    Wanted,
    Called,
    Here,
}

/// Whose work it is, and whom it needs; `None`: nobody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub element: ElementId,
    pub task: CrewTask,
    pub need: Option<CrewNeed>,
}

impl Attendance {
    /// Whether the work goes on by itself, or somebody is at it.
    pub fn lets_work(self) -> bool {
        matches!(self, Attendance::NotNeeded | Attendance::Here)
    }

    /// There is work: whom it needs is called, unless the machine stands.
    pub fn call(&mut self, context: &mut Context<'_>, job: Job, at: Time) {
        let Some(need) = job.need else {
            *self = Attendance::NotNeeded;
            return;
        };
        *self = Attendance::Wanted;
        if !context.board.is_down(job.element) {
            *self = Attendance::Called;
            context.call_crew(need, job.element, job.task, at);
        }
    }

    /// Somebody came. Returns whether they stay: the part may have gone, or the machine stopped, in the very moment.
    pub fn on_crew(&mut self, context: &mut Context<'_>, job: Job, at: Time) -> bool {
        let need = job.need.expect("only manual work calls a crew");
        if *self != Attendance::Called {
            context.free_crew(need.crew, at);
            return false;
        }
        *self = Attendance::Here;
        context.crew_is_there(need.crew, job.element, at);
        true
    }

    /// Nobody waits at a machine that stands: they are needed elsewhere, perhaps to mend it.
    pub fn on_down(&mut self, context: &mut Context<'_>, job: Job, at: Time) {
        if *self != Attendance::NotNeeded {
            self.end(context, job, at);
            *self = Attendance::Wanted;
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, job: Job, at: Time) {
        if *self != Attendance::NotNeeded {
            self.call(context, job, at);
        }
    }

    /// The work is over, or will not be done.
    pub fn end(self, context: &mut Context<'_>, job: Job, at: Time) {
        match (self, job.need) {
            (Attendance::Called, Some(need)) => context.dismiss_crew(need.crew, job.element, job.task, at),
            (Attendance::Here, Some(need)) => context.release_crew(need.crew, job.element, at),
            _ => {}
        }
    }
}
