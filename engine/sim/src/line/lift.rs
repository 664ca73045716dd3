//! A continuous vertical conveyor. One part at a time is let out of the hold before it, when a platform is due that it comes to
//! lie on the middle of; a part that is not ready then waits for the next platform. The chains run on, but that they stand while
//! a part comes near the way out and there is no room behind it, and while something reaches through the light curtain at the
//! entry after its platform has left the level.
//!
//! | state | when |
//! |---|---|
//! | jammed | the chains have met their force limit, or the light curtain stops them |
//! | held | another device, or a hand, stops the chains |
//! | blocked | the chains stand, since there is no room behind them |
//! | starved | they run, nothing is on them, and nobody comes |
//! | processing | they carry |

use super::carriage::takes;
use super::context::Context;
use super::gate::Gate;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ContinuousLift, DriveId, ElementId, ElementKind, SpotId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// What a blade takes to sink below the part that it keeps [s].
const BLADE_S: f64 = 0.03;
/// A part that comes later than it should lies nearer to the end of its platform; so much of that stays free [m].
const SPARE_M: f64 = 0.03;
/// Chains run steadily when two steps in a row are as long as each other, but for this share [-].
const STEADY: f64 = 1e-4;
/// A platform is off its level when it is so far round its turn [m].
const LEFT_M: f64 = 0.005;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LiftLogic {
    gate: Gate,
    /// At the hold before it, with whether they stand there.
    waiting: VecDeque<(PartId, bool)>,
    /// Let out, and not wholly past the curtain.
    coming: BTreeSet<PartId>,
    /// Let out, and not wholly handed over: their cycles go on.
    carried: BTreeSet<PartId>,
    /// What reaches through the curtain.
    curtain: BTreeSet<PartId>,
    /// Near the way out, and whether they may go on.
    leaving: Vec<(PartId, bool)>,
    /// Where those come to.
    room: BTreeSet<PartId>,
    /// Way of the chains at the last look, and since the one before [m].
    way_m: f64,
    gone_m: f64,
    /// Number of the platform for which a part was let out last.
    fed: Option<i64>,
    stalled: bool,
    tripped: bool,
    blocked: bool,
}

impl LiftLogic {
    pub fn new(spec: &ContinuousLift) -> Self {
        LiftLogic {
            gate: Gate::new(spec.entry_hold),
            waiting: VecDeque::new(),
            coming: BTreeSet::new(),
            carried: BTreeSet::new(),
            curtain: BTreeSet::new(),
            leaving: Vec::new(),
            room: BTreeSet::new(),
            way_m: 0.0,
            gone_m: 0.0,
            fed: None,
            stalled: false,
            tripped: false,
            blocked: false,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        self.gate.close(context);
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let chains = drive(context, element);
        let state = match () {
            () if self.stalled || self.tripped => ElementState::Jammed,
            () if context.stopped_by_another(chains, element) || context.io.is_forced_off(chains) => ElementState::Held,
            () if self.blocked => ElementState::Blocked,
            () if context.board.load(element).parts == 0 && self.coming.is_empty() && self.waiting.is_empty() => ElementState::Starved,
            () => ElementState::Processing,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        let spec = spec(context, element);
        if spot == spec.entry_hold {
            self.waiting.push_back((part, false));
        } else if spot == spec.curtain {
            self.curtain.insert(part);
        } else if spot == spec.exit {
            self.leaving.push((part, false));
        } else {
            self.room.insert(part);
        }
        context.touch(element, at);
    }

    pub fn on_held(&mut self, part: PartId, spot: SpotId) {
        if spot != self.gate.spot {
            return;
        }
        match self.waiting.iter_mut().find(|(waiting, _)| *waiting == part) {
            Some(waiting) => waiting.1 = true,
            // Let out, and caught again.
            None => {
                self.coming.remove(&part);
                self.waiting.push_front((part, true));
            }
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, part: PartId, spot: SpotId) {
        if spot == self.gate.spot {
            self.gate.on_centred(context, part);
        }
    }

    pub fn on_moving(&mut self, context: &mut Context<'_>, part: PartId) {
        self.gate.on_moving(context, part);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        let spec = spec(context, element);
        if spot == self.gate.spot {
            self.gate.on_left(context, part);
            self.waiting.retain(|(waiting, _)| *waiting != part);
        } else if spot == spec.curtain {
            self.curtain.remove(&part);
            self.coming.remove(&part);
        } else if spot == spec.exit {
            self.leaving.retain(|(leaving, _)| *leaving != part);
        } else {
            self.room.remove(&part);
        }
    }

    /// A part has wholly left the platforms; says whether that ends a cycle.
    pub fn on_vacated(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let ended = self.carried.remove(&part);
        if ended {
            context.emit(at, EventKind::CycleEnded { element, part });
            context.touch(element, at);
        }
        ended
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        self.stalled = stalled;
        context.touch(element, at);
    }

    /// A part fell, or was taken out.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.waiting.retain(|(waiting, _)| *waiting != part);
        self.leaving.retain(|(leaving, _)| *leaving != part);
        for parts in [&mut self.coming, &mut self.carried, &mut self.curtain, &mut self.room] {
            parts.remove(&part);
        }
        if self.gate.leaving() == Some(part) {
            self.gate.on_left(context, part);
        }
        context.touch(element, context.now);
    }

    /// The end of a Control phase: do the chains run, and is a platform due for the part that waits first?
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.gate.settle(context);
        let (spec, chains) = (spec(context, element), drive(context, element));
        let way_m = context.encoders_m[chains.index()];
        let gone_m = way_m - std::mem::replace(&mut self.way_m, way_m);
        let steady = gone_m > 0.0 && (gone_m - std::mem::replace(&mut self.gone_m, gone_m)).abs() < STEADY * gone_m;
        if context.board.is_down(element) {
            return;
        }
        let before = (self.tripped, self.blocked);
        self.tripped = !self.curtain.is_empty() && spec.way_of_last_m(way_m) > spec.length_m + LEFT_M;
        self.blocked = self.waits_for_room(context, spec);
        if (self.tripped, self.blocked) != before {
            context.touch(element, context.now);
        }
        context.want_drive(chains, !self.tripped && !self.blocked);
        // What has been let out comes to the platform that was meant for it: its feeder stands as long as that does.
        let feeder = context.drive_under(spec.entry_hold);
        context.stop_drive_alone(feeder, element, (self.blocked || self.stalled) && !self.coming.is_empty(), context.now);
        if steady && context.io.runs(chains) && self.gate.leaving().is_none() {
            self.feed(context, element, feeder);
        }
    }

    /// Whether a part may not go on, since it would be pressed against others.
    fn waits_for_room(&mut self, context: &Context<'_>, spec: &ContinuousLift) -> bool {
        let behind = context.scene.successor(spec.out_port).map(|port| context.element_behind(port));
        // One that is partly on the platform stands with it.
        let is_leaving = |part: &PartId| self.leaving.iter().any(|(leaving, _)| leaving == part);
        let full = self.room.iter().any(|part| context.board.stands(*part) && !is_leaving(part));
        let open = !full && behind.is_none_or(|behind| takes(context, behind));
        for (_, goes_on) in &mut self.leaving {
            *goes_on |= open;
        }
        self.leaving.iter().any(|(_, goes_on)| full || !goes_on)
    }

    fn feed(&mut self, context: &mut Context<'_>, element: ElementId, feeder: DriveId) {
        let spec = spec(context, element);
        let Some(&(part, true)) = self.waiting.front() else { return };
        let (chain_mps, feeder_mps) = (context.io.speed_mps(drive(context, element)), context.io.speed_mps(feeder));
        let Some(row) = context.parts.get(part).filter(|_| chain_mps > 0.0 && feeder_mps > 0.0) else { return };
        let host = context.scene.conveyor(context.scene.spot(spec.entry_hold).host);
        let material = context.scene.part_types[row.part_type.index()].variants[row.variant as usize].material;
        let grip_mps2 = context.scene.materials.pair(material, host.material).friction * context.scene.physics.gravity_mps2;
        let [length_m, width_m, _] = row.shape.size_m();
        // Before the end of its feeder, its belt takes it along from rest.
        let before_m = host.path.length() - context.scene.spot(spec.entry_hold).end_m;
        let slips_m = feeder_mps * feeder_mps / (2.0 * grip_mps2);
        let way_s = match slips_m < before_m {
            true => (before_m + slips_m) / feeder_mps,
            false => (2.0 * before_m / grip_mps2).sqrt(),
        };
        let meeting_m = spec.meeting_m(length_m.max(width_m), chain_mps, feeder_mps);
        // Where a platform is when its part must go, how late it would be, and which one it is.
        let due_m = self.way_m - meeting_m + chain_mps * (BLADE_S + way_s);
        let late_m = due_m.rem_euclid(spec.pitch_m);
        let number = (due_m / spec.pitch_m).floor() as i64;
        if late_m > (meeting_m - SPARE_M).max(2.0 * self.gone_m) || self.fed == Some(number) {
            return;
        }
        self.fed = Some(number);
        self.waiting.pop_front();
        self.coming.insert(part);
        if self.carried.insert(part) {
            context.emit(context.now, EventKind::CycleStarted { element, part });
        }
        context.touch(element, context.now);
        self.gate.let_out(context, part, true);
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a ContinuousLift {
    let ElementKind::Lift(id) = context.scene.element(element).kind else { unreachable!("lift logic belongs to a lift") };
    context.scene.lift(id)
}

fn drive(context: &Context<'_>, element: ElementId) -> DriveId {
    context.scene.conveyor(spec(context, element).conveyor).drives[0]
}
