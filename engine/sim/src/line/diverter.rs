//! Diverters: each part is decided when it comes, and the device serves the parts in their order: it is out while the first
//! of them is to be diverted, until that has gone off or past. Where a part really goes is physics; one that went another
//! way than it was decided is a `Misrouted` event of the diverter that missed it, or caught it.
//!
//! Where a blade stops what is carried off, that is up while the first of them is to be diverted, and the device comes out when
//! this one stands before it.
//!
//! Who comes is known for certain, or told by the belt's encoder: then a part outside its window is a stranger, and
//! what is in another part's window is taken for that one. A part that should go off and does not is a `DivertMissed`,
//! unless the way behind is full: that is a `LaneFull`.

use super::context::Context;
use super::operands::{holds, judge};
use super::tracking::Followers;
use crate::event::{DivertMiss, ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{DiverterDevice, DiverterLogic as DiverterSpec, ElementId, ElementKind, PortId, SpotId, Track};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DiverterLogic {
    /// Parts that were decided and have not left the stretch, in order.
    decided: VecDeque<Decided>,
    /// Parts that were to be diverted and have left the stretch, but not their conveyor.
    late: Vec<Decided>,
    followers: Followers,
    out: bool,
    stalled: bool,
    /// The part that rests against its blade.
    at_blade: Option<PartId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Decided {
    part: PartId,
    /// The line has the device take it off.
    diverts: bool,
    /// It is one of those that it should take off.
    meant: bool,
}

impl DiverterLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.stalled => ElementState::Jammed,
            () if self.out => ElementState::Processing,
            () => ElementState::Idle,
        };
        (state, None)
    }

    /// A part is where tracking begins.
    pub fn on_followed(&mut self, context: &Context<'_>, track: &Track, part: PartId) {
        self.followers.see(context, track, part);
    }

    /// A part rests against its blade.
    pub fn on_held(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.at_blade = Some(part);
        self.serve(context, element);
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        let spec = spec(context, element);
        if spot != spec.spot {
            return;
        }
        if context.parts.get(part).is_none() || self.decided.iter().any(|known| known.part == part) {
            return;
        }
        let meant = holds(Some(&spec.when), context, part);
        let arrival = self.followers.arrive(context, spec.spot, spec.track.as_ref(), part);
        let chosen = arrival.taken_for.is_some_and(|taken_for| holds(Some(&spec.when), context, taken_for));
        let down = context.board.is_down(element);
        let full = spec.full.as_ref().is_some_and(|full| judge(full, context, context.now).holds);
        let diverts = chosen && !down && !full;
        match () {
            () if diverts => context.emit(context.now, EventKind::CycleStarted { element, part }),
            () if chosen && down => context.emit(context.now, EventKind::DivertMissed { element, part, why: DivertMiss::Down }),
            () if chosen => context.emit(context.now, EventKind::LaneFull { element, part }),
            () if meant => context.emit(context.now, EventKind::DivertMissed { element, part, why: arrival.missed }),
            () => {}
        }
        self.decided.push_back(Decided { part, diverts, meant });
        self.serve(context, element);
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let Some(decided) = self.forget(context, element, part) else { return false };
        let spec = spec(context, element);
        let side = context.scene.successor(context.scene.diverters[spec.diverter.index()].out_port);
        let off_by = side.filter(|&port| context.board.carrier(part) == Some(context.element_behind(port)));
        match off_by {
            // The transport says so as well, where the part fell off by itself.
            Some(port) if !decided.diverts => context.report_misrouted(part, port, at),
            // Its tail is beyond the device, and its centre may still go off.
            None if decided.diverts => self.late.push(decided),
            _ => {}
        }
        if decided.diverts {
            context.emit(at, EventKind::CycleEnded { element, part });
        }
        decided.diverts
    }

    /// A part goes on by `port`, wherever it was.
    pub fn on_gone_on(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, port: PortId, at: Time) {
        let Some(index) = self.late.iter().position(|late| late.part == part) else { return };
        let late = self.late.remove(index);
        let diverter = &context.scene.diverters[spec(context, element).diverter.index()];
        if context.scene.successor(diverter.out_port) == Some(port) {
            return;
        }
        context.emit(at, EventKind::Misrouted { part, element });
        if late.meant {
            context.emit(at, EventKind::DivertMissed { element, part, why: DivertMiss::Passed });
        }
    }

    /// Returns whether a cycle ended.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) -> bool {
        self.followers.forget(part);
        self.late.retain(|late| late.part != part);
        let diverts = self.forget(context, element, part).is_some_and(|decided| decided.diverts);
        if diverts {
            context.emit(context.now, EventKind::CycleEnded { element, part });
        }
        diverts
    }

    /// While it is down it stays at rest, and what was decided passes.
    pub fn on_down(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.serve(context, element);
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        self.stalled = stalled;
        context.touch(element, at);
    }

    fn forget(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) -> Option<Decided> {
        let index = self.decided.iter().position(|known| known.part == part)?;
        let decided = self.decided.remove(index);
        self.at_blade = self.at_blade.filter(|kept| *kept != part);
        self.serve(context, element);
        decided
    }

    fn serve(&mut self, context: &mut Context<'_>, element: ElementId) {
        let diverter = spec(context, element).diverter;
        let row = &context.scene.diverters[diverter.index()];
        // Shoes and carriers that were sent stay with their part: the switch is the next one's already.
        let next = match row.device {
            DiverterDevice::Shoes { .. } | DiverterDevice::Carriers => self.decided.back(),
            DiverterDevice::PopUp { .. } | DiverterDevice::Lifter { .. } | DiverterDevice::SwingArm { .. } => self.decided.front(),
        };
        let diverts = next.filter(|next| next.diverts && !context.board.is_down(element)).map(|next| next.part);
        self.out = diverts.is_some() && (row.stop.is_none() || self.at_blade == diverts);
        if let Some(stop) = row.stop {
            context.set_hold(stop, diverts.is_some());
        }
        context.io.set_divert(diverter, self.out, context.wishes);
        context.touch(element, context.now);
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a DiverterSpec {
    match &context.scene.element(element).kind {
        ElementKind::Diverter(spec) => spec,
        _ => unreachable!("diverter logic belongs to a diverter"),
    }
}
