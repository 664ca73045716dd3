//! Platforms that travel: a vertical conveyor, a turntable, a transfer car, a lane divider. One part at a time is let out of
//! the hold before it, taken to the middle, carried, handed over, and the platform returns. No travel begins before the part
//! stands. A divider chooses a lane before it takes a part; while all lanes that it might choose are full or stand, the part
//! waits before it. Of a slug, the parts that follow go to the same lane.
//!
//! One that swings lets parts run over it: it stands before a lane, lets in one after the other, and travels to the next lane
//! when the last of them has left it.
//!
//! | state | when |
//! |---|---|
//! | starved | at home, and nobody comes |
//! | blocked | it hands over, and its part stands |
//! | jammed | it has met its force limit |
//! | processing | it takes, carries, hands over or returns |

use super::context::Context;
use super::gate::Gate;
use super::turns::Turns;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{Carriage, Dividing, DriveId, ElementId, ElementKind, SpotId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// At home and free.
    Ready,
    /// A part was let out; `centred`: its belt was told to stop.
    Taking {
        part: PartId,
        centred: bool,
    },
    Carrying,
    HandingOver,
    Returning,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CarriageLogic {
    gate: Gate,
    /// At the hold before it, with whether they stand there.
    waiting: VecDeque<(PartId, bool)>,
    phase: Phase,
    /// Of the cycle that goes on, and the stop that it goes to.
    part: Option<PartId>,
    stop: u32,
    turns: Turns,
    /// How many more parts go to the stop that was chosen last, and which that is.
    slug_left: u32,
    slug_stop: u32,
    /// Where the part that waits first goes, once that was chosen.
    chosen: Option<(PartId, u32)>,
    /// Of one that swings: parts that were let out and are not off it.
    running: Vec<PartId>,
    stalled: bool,
}

impl CarriageLogic {
    pub fn new(spec: &Carriage) -> Self {
        CarriageLogic {
            gate: Gate::new(spec.entry_hold),
            waiting: VecDeque::new(),
            phase: Phase::Ready,
            part: None,
            stop: 0,
            turns: Turns::new(spec.stops.len()),
            slug_left: 0,
            slug_stop: 0,
            chosen: None,
            running: Vec::new(),
            stalled: false,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.gate.close(context);
        if spec(context, element).way.swings() {
            self.go(context, element, Phase::Carrying, true);
        }
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let load = context.board.load(element);
        let state = match self.phase {
            _ if self.stalled => ElementState::Jammed,
            Phase::Ready if self.waiting.is_empty() && load.parts == 0 => ElementState::Starved,
            _ if self.running.iter().any(|part| context.board.stands(*part)) => ElementState::Blocked,
            Phase::HandingOver if self.part.is_some_and(|part| context.board.stands(part)) => ElementState::Blocked,
            _ => ElementState::Processing,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        if spot == self.gate.spot {
            self.waiting.push_back((part, false));
            context.touch(element, at);
        }
    }

    pub fn on_held(&mut self, part: PartId, spot: SpotId) {
        if spot != self.gate.spot {
            return;
        }
        match self.waiting.iter_mut().find(|(waiting, _)| *waiting == part) {
            Some(waiting) => waiting.1 = true,
            // Let out, and caught again.
            None => self.waiting.push_front((part, true)),
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        if spot == self.gate.spot {
            self.gate.on_centred(context, part);
        } else if spec(context, element).way.swings() {
            let port = context.scene.successor(spec(context, element).out_ports[self.stop as usize]);
            context.board.routes.extend(port.map(|port| (part, port)));
        } else if matches!(self.phase, Phase::Ready | Phase::Taking { .. }) {
            // Also one that nobody let out is carried.
            self.phase = Phase::Taking { part, centred: true };
            context.want_drive(drive(context, element), false);
        }
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, part: PartId, spot: SpotId) {
        if spot == self.gate.spot {
            self.gate.on_left(context, part);
            self.waiting.retain(|(waiting, _)| *waiting != part);
        }
    }

    pub fn on_motion(&mut self, context: &mut Context<'_>, part: PartId, standing: bool) {
        if !standing {
            self.gate.on_moving(context, part);
        }
    }

    /// A part has wholly left the platform; says whether that ends a cycle.
    pub fn on_vacated(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        if let Some(index) = self.running.iter().position(|running| *running == part) {
            self.running.remove(index);
            context.emit(at, EventKind::CycleEnded { element, part });
            context.touch(element, at);
            return true;
        }
        if self.phase != Phase::HandingOver || context.board.load(element).parts > 0 {
            return false;
        }
        self.go(context, element, Phase::Returning, false);
        context.touch(element, at);
        match self.part.take() {
            Some(begun) => {
                context.emit(at, EventKind::CycleEnded { element, part: begun });
                begun == part
            }
            None => false,
        }
    }

    pub fn on_travel_ended(&mut self, context: &mut Context<'_>, element: ElementId, away: bool, at: Time) {
        match (self.phase, away) {
            (Phase::Carrying, true) if spec(context, element).way.swings() => self.phase = Phase::Ready,
            (Phase::Carrying, true) => {
                self.phase = Phase::HandingOver;
                let spec = spec(context, element);
                if spec.divides.is_some() {
                    // It stands before one lane now: what it crosses next should lead there.
                    let port = context.scene.successor(spec.out_ports[self.stop as usize]);
                    context.board.routes.extend(self.part.zip(port));
                }
                context.want_drive(drive(context, element), true);
            }
            (Phase::Returning, false) => self.phase = Phase::Ready,
            _ => {}
        }
        context.touch(element, at);
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        self.stalled = stalled;
        context.touch(element, at);
    }

    /// A part fell, or was taken out.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.waiting.retain(|(waiting, _)| *waiting != part);
        self.running.retain(|running| *running != part);
        if self.gate.leaving() == Some(part) {
            self.gate.on_left(context, part);
        }
        let awaited = matches!(self.phase, Phase::Taking { part: taken, .. } if taken == part);
        if context.board.load(element).parts > 0 || !(awaited || self.part == Some(part)) {
            return;
        }
        self.part = None;
        match self.phase {
            Phase::Ready | Phase::Returning => {}
            Phase::Taking { .. } => self.phase = Phase::Ready,
            Phase::Carrying | Phase::HandingOver => self.go(context, element, Phase::Returning, false),
        }
        context.want_drive(drive(context, element), true);
        context.touch(element, context.now);
    }

    /// The end of a Control phase: a part that stands is carried, and a free platform takes the next one.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.gate.settle(context);
        if context.board.is_down(element) {
            return;
        }
        if spec(context, element).way.swings() {
            self.swing(context, element);
            return;
        }
        if let Phase::Taking { part, centred: true } = self.phase
            && context.board.stands(part)
        {
            if self.part.is_none() {
                let stop = self.choose(context, element, part).unwrap_or(0);
                self.begin(context, element, part, stop);
            }
            self.go(context, element, Phase::Carrying, true);
        }
        let spec = spec(context, element);
        if self.phase == Phase::HandingOver && spec.divides.is_some() {
            self.run_with_lane(context, element);
        }
        let free = self.phase == Phase::Ready && self.gate.leaving().is_none() && context.board.load(element).parts == 0;
        if free
            && let Some(&(part, rests)) = self.waiting.front()
            && let Some(stop) = self.choose(context, element, part)
        {
            self.waiting.pop_front();
            self.phase = Phase::Taking { part, centred: false };
            context.want_drive(drive(context, element), true);
            self.begin(context, element, part, stop);
            self.gate.let_out(context, part, rests);
        }
    }

    /// Where its lane stands it does so too: it would press its part against those that stand there.
    fn run_with_lane(&self, context: &mut Context<'_>, element: ElementId) {
        let lane = context.scene.successor(spec(context, element).out_ports[self.stop as usize]).map(|port| context.element_behind(port));
        let belt = context.scene.conveyors.iter().find(|conveyor| Some(conveyor.element) == lane);
        let belt = belt.filter(|conveyor| matches!(context.scene.element(conveyor.element).kind, ElementKind::Conveyor(_)));
        let runs = belt.is_none_or(|conveyor| conveyor.rolls_freely() || context.io.runs(conveyor.drives[0]));
        context.want_drive(drive(context, element), runs);
    }

    /// Lets in the next part where it stands before that one's lane, and travels there once it is empty.
    fn swing(&mut self, context: &mut Context<'_>, element: ElementId) {
        if self.phase != Phase::Ready {
            return;
        }
        self.run_with_lane(context, element);
        let Some(&(part, rests)) = self.waiting.front().filter(|_| self.gate.leaving().is_none()) else { return };
        if self.chosen.is_none_or(|(chosen, _)| chosen != part) {
            self.chosen = self.choose(context, element, part).map(|stop| (part, stop));
        }
        let Some((_, stop)) = self.chosen else { return };
        if stop == self.stop {
            self.chosen = None;
            self.waiting.pop_front();
            self.running.push(part);
            self.begin(context, element, part, stop);
            self.part = None;
            self.gate.let_out(context, part, rests);
        } else if self.running.is_empty() && context.board.load(element).parts == 0 {
            self.stop = stop;
            self.go(context, element, Phase::Carrying, true);
        }
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, stop: u32) {
        (self.part, self.stop) = (Some(part), stop);
        context.emit(context.now, EventKind::CycleStarted { element, part });
        let spec = spec(context, element);
        if spec.divides.is_some() {
            context.emit(context.now, EventKind::Routed { element, part, way: stop });
        }
        context.touch(element, context.now);
    }

    /// Where a part goes; `None`: it must wait.
    fn choose(&mut self, context: &Context<'_>, element: ElementId, part: PartId) -> Option<u32> {
        let spec = spec(context, element);
        let Some(divides) = &spec.divides else { return Some(0) };
        let lanes = spec.out_ports.iter().filter_map(|port| context.scene.successor(*port));
        let lanes: Vec<ElementId> = lanes.map(|port| context.element_behind(port)).collect();
        let open: Vec<bool> = lanes.iter().map(|lane| takes(context, *lane)).collect();
        let stop = match divides {
            Dividing::By(_) if self.slug_left > 0 => {
                let begun = self.slug_stop as usize;
                self.slug_left -= u32::from(open[begun]);
                open[begun].then_some(begun)?
            }
            Dividing::By(routing) if open.contains(&true) => {
                let stop = self.turns.choose(routing, &open, |lane| context.board.load(lanes[lane]).parts as usize);
                (self.slug_left, self.slug_stop) = (spec.slug - 1, stop as u32);
                stop
            }
            Dividing::By(_) => return None,
            Dividing::Attribute(attribute) => {
                let subject = context.subject(part).and_then(|subject| context.parts.get(subject));
                let number = subject.and_then(|row| row.attributes.get(attribute)).copied().unwrap_or(0.0);
                let found = (1..=lanes.len()).find(|lane| *lane as f64 == number).unwrap_or(lanes.len()) - 1;
                open[found].then_some(found)?
            }
        };
        u32::try_from(stop).ok()
    }

    fn go(&mut self, context: &mut Context<'_>, element: ElementId, phase: Phase, away: bool) {
        self.phase = phase;
        let ElementKind::Carriage(id) = context.scene.element(element).kind else { return };
        context.set_away(id, away.then_some(self.stop));
        context.touch(element, context.now);
    }
}

/// Whether a lane is neither full nor stands.
pub(super) fn takes(context: &Context<'_>, lane: ElementId) -> bool {
    let stands = context.board.is_down(lane) || context.board.state(lane) == Some(ElementState::Jammed);
    let first = context.scene.conveyors.iter().find(|conveyor| conveyor.element == lane).map(|conveyor| conveyor.drives[0]);
    let room = first.is_none_or(|drive| match &context.scene.element(lane).kind {
        ElementKind::ZoneConveyor(_) => context.board.zones.accepts(drive),
        _ => context.io.runs(drive),
    });
    !stands && room
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Carriage {
    let ElementKind::Carriage(id) = context.scene.element(element).kind else { unreachable!("carriage logic belongs to a carriage") };
    context.scene.carriage(id)
}

fn drive(context: &Context<'_>, element: ElementId) -> DriveId {
    let ElementKind::Carriage(id) = context.scene.element(element).kind else { unreachable!("carriage logic belongs to a carriage") };
    context.scene.conveyor(context.scene.carriage(id).conveyor).drives[0]
}
