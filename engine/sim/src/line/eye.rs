//! Photo-eyes: what is in the beam, what the eye sees of it in its faults, and what it says after its delays. What a hand
//! forces on its wire goes before all that.

use super::context::Context;
use super::sensor::Sensor;
use super::{EntryKind, Timer};
use crate::event::EventKind;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, EyeId, FaultKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EyeLogic {
    eye: EyeId,
    /// Something is in the beam.
    broken: bool,
    /// It does not see what is in the beam.
    missed: bool,
    sees: bool,
    says: bool,
    /// Runs out when it says what it sees.
    delay: Timer,
}

impl EyeLogic {
    pub fn new(eye: EyeId) -> Self {
        EyeLogic { eye, broken: false, missed: false, sees: false, says: false, delay: Timer::Off }
    }

    /// Something came into the beam, or the beam is free again.
    pub fn on_beam(&mut self, context: &mut Context<'_>, element: ElementId, sensor: &mut Sensor, broken: bool, at: Time) {
        self.broken = broken;
        let hidden_by = if broken { sensor.hides(context, element, None) } else { None };
        self.missed = matches!(hidden_by, Some(FaultKind::Misses(_)));
        self.look(context, element, sensor, at, context.now);
    }

    /// A fault began or ended.
    pub fn on_fault(&mut self, context: &mut Context<'_>, element: ElementId, sensor: &Sensor, at: Time) {
        self.missed &= sensor.misses(context, element);
        self.look(context, element, sensor, at, at);
    }

    /// Its delay is over.
    pub fn on_due(&mut self, context: &mut Context<'_>, at: Time) {
        self.delay = Timer::Off;
        self.say(context, at, at);
    }

    /// `told_at`: when the controller knows what is told without delay.
    fn look(&mut self, context: &mut Context<'_>, element: ElementId, sensor: &Sensor, at: Time, told_at: Time) {
        // In the same step: it lasted longer than its delay before it ended.
        if let Some(due) = self.delay.due_at().filter(|due| *due <= at) {
            self.delay.cancel(context.calendar);
            self.say(context, due, told_at);
        }
        let sees = sensor.stuck(context, element).unwrap_or(self.broken && !self.missed);
        if std::mem::replace(&mut self.sees, sees) == sees {
            return;
        }
        self.delay.cancel(context.calendar);
        if sees == self.says {
            return;
        }
        let eye = &context.scene.eyes[self.eye.index()];
        let delay = if sees { eye.on_delay } else { eye.off_delay };
        if delay == Time::ZERO {
            self.say(context, at, told_at);
        } else {
            context.start_timer(&mut self.delay, at, delay, element, EntryKind::SenseDue);
        }
    }

    fn say(&mut self, context: &mut Context<'_>, at: Time, told_at: Time) {
        self.says = self.sees;
        if let Some(blocked) = context.io.say_blocked(self.eye, self.says) {
            context.see_eye(self.eye, blocked, at, told_at);
        }
    }
}

impl Context<'_> {
    /// The controllers are told that an eye is blocked, or clear.
    pub fn see_eye(&mut self, eye: EyeId, blocked: bool, at: Time, told_at: Time) {
        let element = self.scene.eyes[eye.index()].element;
        self.emit(at, if blocked { EventKind::EyeBlocked { element, eye: eye.0 } } else { EventKind::EyeCleared { element, eye: eye.0 } });
        self.board.see(eye, blocked, told_at);
    }
}
