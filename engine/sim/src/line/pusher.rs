//! Pushers: one stroke for each part that its condition picks. Where the part really goes is physics; the pusher only
//! writes down where it should, and a part that crosses another plane is a `Misrouted` event. A transfer lets parts pass while
//! the zone behind it has no room, and promises it the part that it pushes. A part that it should push and does not, since it
//! is down, busy, or taken for another by the encoder, is a `DivertMissed`.

use super::context::Context;
use super::operands::holds;
use super::tracking::Followers;
use super::{EntryKind, Timer};
use crate::event::{DivertMiss, ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, PusherLogic as PusherSpec, Track};
use serde::{Deserialize, Serialize};

/// A stroke of which nothing is heard for this many stroke times counts as failed ...
const WATCHDOG_FACTOR: f64 = 10.0;
/// ... after this long in addition [s].
const WATCHDOG_ALLOWANCE_S: f64 = 2.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PusherLogic {
    /// The part for which the plate is out.
    stroke: Option<PartId>,
    watchdog: Timer,
    stalled: bool,
    followers: Followers,
}

impl PusherLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.stalled => ElementState::Jammed,
            () if self.stroke.is_some() => ElementState::Processing,
            () => ElementState::Idle,
        };
        (state, None)
    }

    /// A part is where tracking begins.
    pub fn on_followed(&mut self, context: &Context<'_>, track: &Track, part: PartId) {
        self.followers.see(context, track, part);
    }

    pub fn on_gone(&mut self, part: PartId) {
        self.followers.forget(part);
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        let spec = spec(context, element);
        if context.parts.get(part).is_none() {
            return;
        }
        let arrival = self.followers.arrive(context, spec.spot, spec.track.as_ref(), part);
        if !arrival.taken_for.is_some_and(|taken_for| holds(Some(&spec.when), context, taken_for)) {
            if holds(Some(&spec.when), context, part) {
                context.emit(context.now, EventKind::DivertMissed { element, part, why: arrival.missed });
            }
            return;
        }
        if spec.room.is_some_and(|zone| !context.board.zones.accepts(zone)) {
            return;
        }
        let pusher = &context.scene.pushers[spec.pusher.index()];
        // Written down also where the plate is busy or down: then the part goes astray, and that must show.
        if let Some(port) = context.scene.successor(pusher.out_port) {
            context.board.routes.insert(part, port);
        }
        let down = context.board.is_down(element);
        if down || self.stroke.is_some() {
            let why = if down { DivertMiss::Down } else { DivertMiss::Passed };
            context.emit(context.now, EventKind::DivertMissed { element, part, why });
            return;
        }
        self.stroke = Some(part);
        if let Some(zone) = spec.room {
            context.board.zones.promise(zone);
        }
        context.io.push(spec.pusher, context.wishes);
        context.emit(context.now, EventKind::CycleStarted { element, part });
        let patience = Time::from_seconds(WATCHDOG_FACTOR * pusher.stroke_s + WATCHDOG_ALLOWANCE_S);
        context.start_timer(&mut self.watchdog, context.now, patience, element, EntryKind::StrokeDue);
        context.touch(element, context.now);
    }

    /// Returns whether a cycle ended.
    pub fn on_stroke_ended(&mut self, context: &mut Context<'_>, element: ElementId, reached: bool, at: Time) -> bool {
        let Some(part) = self.stroke.take() else { return false };
        self.watchdog.cancel(context.calendar);
        if !reached && !self.stalled {
            context.emit(at, EventKind::Stalled { element });
            context.emit(at, EventKind::Freed { element });
        }
        context.emit(at, EventKind::CycleEnded { element, part });
        context.touch(element, at);
        true
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        self.stalled = stalled;
        context.touch(element, at);
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a PusherSpec {
    match &context.scene.element(element).kind {
        ElementKind::Pusher(pusher) => pusher,
        _ => unreachable!("pusher logic belongs to a pusher"),
    }
}
