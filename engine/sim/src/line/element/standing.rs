//! How an element stands and goes on again, for whatever reason: its timers pause, what it offers is withdrawn, and what works
//! in motion stops the drive under it. Knows nothing about why it stands.

use super::{ElementLogic, Family};
use crate::line::context::{Context, Stand};
use crate::line::conveyor::{start_all, stop_all};
use crate::line::{Entry, EntryKind, Timer};
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, SpotId};

impl ElementLogic {
    /// It stands for this reason, or no longer; it goes on when no reason is left.
    pub fn set_stand(&mut self, context: &mut Context<'_>, element: ElementId, reason: Stand, stands: bool, at: Time) {
        let stood = context.board.is_down(element);
        context.board.set_stand(element, reason, stands);
        match (stood, context.board.is_down(element)) {
            (false, true) => self.stop(context, element, reason, at),
            (true, false) => self.go_on(context, element, at),
            _ => context.touch(element, at),
        }
        self.clearing.keep_time(context, element, at);
    }

    fn stop(&mut self, context: &mut Context<'_>, element: ElementId, reason: Stand, at: Time) {
        let alone = reason == Stand::Clearing;
        for (timer, _) in timers(&mut self.family) {
            timer.pause(context.calendar, at);
        }
        match (&mut self.family, &context.scene.element(element).kind) {
            (Family::Source(source), _) => source.on_down(context),
            (Family::Station(station), _) if station.is_manual() => station.on_down(context, element, at),
            (Family::Buffer(buffer), _) => buffer.on_down(context, element),
            (Family::Packer(packer), _) => packer.on_down(context),
            (Family::Parallel(parallel), _) => parallel.on_down(context, element, at),
            (Family::Unpacker(unpacker), _) => unpacker.on_down(context),
            (Family::Merge(merge), _) => merge.on_down(context),
            (Family::Diverter(diverter), _) => diverter.on_down(context, element),
            _ if stop_all(context, element, alone, at) => {}
            _ => self.interlock(context, element, true, at),
        }
        context.touch(element, at);
    }

    fn go_on(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        for (timer, kind) in timers(&mut self.family) {
            timer.resume(context.calendar, at, Entry { element, kind });
        }
        match (&mut self.family, &context.scene.element(element).kind) {
            (Family::Source(source), _) => source.on_up(context, element, at),
            (Family::Station(station), _) if station.is_manual() => station.on_up(context, element, at),
            (Family::Buffer(buffer), _) => buffer.on_up(context, element, at),
            (Family::Packer(packer), _) => packer.on_up(context, element, at),
            (Family::Parallel(parallel), _) => parallel.on_up(context, element, at),
            (Family::Unpacker(unpacker), _) => unpacker.on_up(context, element, at),
            _ if start_all(context, element, at) => {}
            _ => self.interlock(context, element, false, at),
        }
        context.touch(element, at);
    }

    /// A device that works in motion cannot keep its parts while it is down: it stops the drive under it, as such
    /// machines do. Else every part would pass unweighed, unlabelled or unsorted.
    fn interlock(&self, context: &mut Context<'_>, element: ElementId, stopped: bool, at: Time) {
        let spot: Option<SpotId> = match (&self.family, &context.scene.element(element).kind) {
            (Family::Station(station), ElementKind::Station(spec)) if station.is_in_motion() => Some(spec.spot),
            (Family::Checkweigher(_), ElementKind::Checkweigher(spec)) => Some(spec.spot),
            (Family::Pusher(_), ElementKind::Pusher(spec)) => Some(spec.spot),
            _ => None,
        };
        if let Some(spot) = spot {
            context.stop_drive(context.drive_under(spot), element, stopped, at);
        }
    }
}

/// What stands still while the element is down.
fn timers(family: &mut Family) -> Vec<(&mut Timer, EntryKind)> {
    match family {
        Family::Source(source) => source.timers().collect(),
        Family::Station(station) => station.timers().collect(),
        Family::Sink(sink) => sink.timers().collect(),
        Family::Buffer(buffer) => buffer.timers().collect(),
        Family::Packer(packer) => packer.timers().collect(),
        Family::Parallel(parallel) => parallel.timers().collect(),
        Family::Unpacker(unpacker) => unpacker.timers().collect(),
        Family::ZoneConveyor(zones) => zones.timers().collect(),
        _ => Vec::new(),
    }
}
