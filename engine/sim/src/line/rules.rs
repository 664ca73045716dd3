//! The rules of the line's controls: each waits for its condition, is active, and ends. Time that a condition names is
//! waited for by an entry in the calendar at its exact instant; what happens is looked at once in each Control phase, when
//! all facts are known, and behind every entry of the calendar at the entry's own time. What they do goes through I/O
//! points. Knows nothing about the elements that it acts on.
//!
//! Of active rules that contradict each other, the first in the scene decides. A rule changes at most once in one Control
//! phase, as in the scan of a PLC: one that undoes its own cause goes to and fro by steps and hangs nothing.

use super::context::Context;
use super::operands::judge;
use super::{Entry, EntryKind, Timer};
use crate::event::EventKind;
use linetwin_model::Time;
use linetwin_model::scene::{Action, ElementId, Scene};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rules {
    states: Vec<RuleState>,
    /// The latest instant at which they were looked at: a late entry of the calendar does not turn time back.
    seen_until: Time,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct RuleState {
    active: bool,
    /// Since when that has held which will change it.
    pending: Option<Time>,
    /// To the next instant at which time alone may change it.
    wake: Timer,
    /// The Control phase of its last change.
    changed_in: Option<Time>,
}

impl Rules {
    pub fn new(scene: &Scene) -> Self {
        Rules { states: vec![RuleState::default(); scene.controls.len()], seen_until: Time::ZERO }
    }

    /// Whether one changed at the last look: the next may undo it.
    pub fn have_changed(&self) -> bool {
        self.states.iter().any(|state| state.changed_in.is_some_and(|at| at >= self.seen_until))
    }

    pub fn on_due(&mut self, rule: u32) {
        self.states[rule as usize].wake = Timer::Off;
    }

    /// Looks at every rule as of `at`, and tells the I/O points what follows. Returns whether one began or ended.
    pub fn look(&mut self, context: &mut Context<'_>, at: Time) -> bool {
        if self.states.is_empty() {
            return false;
        }
        self.seen_until = self.seen_until.max(at);
        let at = self.seen_until;
        let mut changed = false;
        for index in 0..self.states.len() {
            changed |= self.look_at(context, index, at);
        }
        if changed {
            self.act(context);
        }
        changed
    }

    /// Returns whether it begins or ends.
    fn look_at(&mut self, context: &mut Context<'_>, index: usize, at: Time) -> bool {
        let mut changed = false;
        loop {
            let rule = &context.scene.controls[index];
            let when = judge(&rule.when, context, at);
            let until = rule.until.as_ref().map(|until| judge(until, context, at));
            let state = &mut self.states[index];
            let (holds, delay) = match (state.active, until) {
                (false, until) => (when.holds && !until.is_some_and(|until| until.holds), rule.on_delay),
                (true, Some(until)) => (until.holds, rule.off_delay),
                (true, None) => (!when.holds, rule.off_delay),
            };
            state.pending = if holds { state.pending.or(Some(at)) } else { None };
            let due = state.pending.map(|since| since + delay);
            if due.is_some_and(|due| due <= at) && state.changed_in != Some(context.now) {
                state.active = !state.active;
                state.pending = None;
                state.changed_in = Some(context.now);
                let rule = u32::try_from(index).expect("few rules");
                let kind = if state.active { EventKind::RuleBegan { rule } } else { EventKind::RuleEnded { rule } };
                context.emit(at, kind);
                changed = true;
                continue;
            }
            let asked = [Some(when), until].into_iter().flatten().filter_map(|verdict| verdict.ask_again_in).map(|span| at + span);
            let next = asked.chain(due).filter(|next| *next > at).min();
            self.wake_at(context, index, at, next);
            return changed;
        }
    }

    fn wake_at(&mut self, context: &mut Context<'_>, index: usize, at: Time, next: Option<Time>) {
        let timer = &mut self.states[index].wake;
        match (next, &*timer) {
            (Some(next), Timer::Running(slot)) if slot.at == next => {}
            (Some(next), _) => {
                let element = context.scene.controls[index].actions[0].element();
                let kind = EntryKind::RuleDue(u32::try_from(index).expect("few rules"));
                timer.start(context.calendar, at, next - at, Entry { element, kind });
            }
            (None, _) => timer.cancel(context.calendar),
        }
    }

    fn act(&self, context: &mut Context<'_>) {
        let scene = context.scene;
        for &action in scene.controls.iter().flat_map(|rule| &rule.actions) {
            let element = action.element();
            match action {
                Action::Hold(_) | Action::Release(_) => {
                    let held = self.first(scene, |action| match action {
                        Action::Hold(other) if other == element => Some(true),
                        Action::Release(other) if other == element => Some(false),
                        _ => None,
                    });
                    context.io.set_enabled(element, !held.unwrap_or(false));
                }
                Action::SetSpeed { .. } => {
                    let set_mps = self.first(scene, |action| match action {
                        Action::SetSpeed { element: other, speed_mps } if other == element => Some(speed_mps),
                        _ => None,
                    });
                    for conveyor in scene.conveyors.iter().filter(|conveyor| conveyor.element == element) {
                        context.set_speed(conveyor, set_mps);
                    }
                }
            }
        }
    }

    /// What the first active rule says that says something.
    fn first<T>(&self, scene: &Scene, says: impl Fn(Action) -> Option<T>) -> Option<T> {
        let active = scene.controls.iter().zip(&self.states).filter(|(_, state)| state.active);
        active.flat_map(|(rule, _)| &rule.actions).find_map(|&action| says(action))
    }
}

/// Elements that stand at the bidding of a rule or of a hand, where that has changed.
pub(super) fn changed_holds(context: &Context<'_>) -> Vec<(ElementId, bool)> {
    let of_scene = context.scene.element_ids();
    let holds = of_scene.filter_map(|element| Some((element, !context.io.enabled(element)?)));
    holds.filter(|&(element, held)| context.board.is_held(element) != held).collect()
}
