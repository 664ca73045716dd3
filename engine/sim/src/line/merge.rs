//! Merges: an arbiter lets one lane's parts through the window at a time. Parts of one lane may follow each other on the
//! host; a part from the side goes only into an empty window, and while one is in it the host waits.
//!
//! | priority | who is next, where both wait |
//! |---|---|
//! | host | the host; its hold rests open and closes only while a side part passes |
//! | side | the side |
//! | first come | who arrived first at its hold; the host where both came at once |
//! | alternate | the lane that did not go last |
//!
//! There is no deadlock: whoever is next waits only for parts that have a free way on. A lane starves only where the
//! priority says so.

use super::context::Context;
use super::gate::Gate;
use crate::event::ElementState;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, Merge, MergePriority, SpotId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Lane {
    Host,
    Side,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MergeLogic {
    host: LaneState,
    side: LaneState,
    window: SpotId,
    /// Parts that were let out, or slipped through, until they have left the window.
    passing: BTreeMap<PartId, Lane>,
    last: Lane,
    /// The host's hold rests open (priority of the host, nobody from the side in the window).
    host_open: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LaneState {
    gate: Gate,
    /// Parts at the hold that were not let out, with the time of their arrival.
    waiting: VecDeque<Waiting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    part: PartId,
    since: Time,
    rests: bool,
}

impl LaneState {
    /// Whether the part waited; it does no longer.
    fn take(&mut self, part: PartId) -> bool {
        let place = self.waiting.iter().position(|waiting| waiting.part == part);
        place.is_some_and(|index| self.waiting.remove(index).is_some())
    }
}

impl MergeLogic {
    pub fn new(spec: &Merge) -> Self {
        let lane = |spot| LaneState { gate: Gate::new(spot), waiting: VecDeque::new() };
        MergeLogic {
            host: lane(spec.host_hold),
            side: lane(spec.side_hold),
            window: spec.window,
            passing: BTreeMap::new(),
            last: Lane::Side,
            host_open: spec.priority == MergePriority::Host,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>) {
        self.side.gate.close(context);
        self.host_open |= self.fed_from_sides(context);
        if !self.host_open {
            self.host.gate.close(context);
        }
    }

    pub fn state(&self, context: &Context<'_>) -> (ElementState, Option<u8>) {
        let state = match () {
            () if !self.passing.is_empty() && self.passing.keys().all(|&part| context.board.stands(part)) => ElementState::Blocked,
            () if !self.passing.is_empty() => ElementState::Processing,
            () if self.host.waiting.is_empty() && self.side.waiting.is_empty() => ElementState::Starved,
            () => ElementState::Idle,
        };
        (state, None)
    }

    pub fn concerns(&self, part: PartId) -> bool {
        self.passing.contains_key(&part)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        context.touch(element, at);
        match self.lane_at(spot) {
            Some(Lane::Host) if self.host_open => {
                self.passing.insert(part, Lane::Host);
            }
            Some(lane) => {
                if !self.passing.contains_key(&part) {
                    self.lane(lane).waiting.push_back(Waiting { part, since: at, rests: false });
                }
            }
            // In the window without having been let in: it came past a hold that was forced open, or with the one before it.
            None => {
                let from = [Lane::Side, Lane::Host].into_iter().find(|&lane| self.lane(lane).take(part));
                self.passing.entry(part).or_insert(from.unwrap_or(Lane::Host));
            }
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, part: PartId, spot: SpotId) {
        if let Some(lane) = self.lane_at(spot) {
            let open = lane == Lane::Host && self.host_open;
            let gate = &mut self.lane(lane).gate;
            if open {
                return;
            }
            gate.on_centred(context, part);
        }
    }

    pub fn on_held(&mut self, part: PartId, spot: SpotId, at: Time) {
        let Some(lane) = self.lane_at(spot) else { return };
        let caught_again = self.passing.remove(&part).is_some();
        let waiting = &mut self.lane(lane).waiting;
        match waiting.iter_mut().find(|waiting| waiting.part == part) {
            Some(waiting) => waiting.rests = true,
            None if caught_again => waiting.push_front(Waiting { part, since: at, rests: true }),
            None => waiting.push_back(Waiting { part, since: at, rests: true }),
        }
    }

    pub fn on_moving(&mut self, context: &mut Context<'_>, part: PartId) {
        self.host.gate.on_moving(context, part);
        self.side.gate.on_moving(context, part);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        context.touch(element, at);
        let Some(lane) = self.lane_at(spot) else {
            self.passing.remove(&part);
            return;
        };
        let open = lane == Lane::Host && self.host_open;
        let state = self.lane(lane);
        if !open {
            state.gate.on_left(context, part);
        }
        if state.take(part) {
            // It slipped through: the window must count it all the same.
            self.passing.insert(part, lane);
        }
    }

    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        for lane in [Lane::Host, Lane::Side] {
            let state = self.lane(lane);
            state.waiting.retain(|waiting| waiting.part != part);
            if state.gate.leaving() == Some(part) {
                state.gate.on_left(context, part);
            }
        }
        self.passing.remove(&part);
        context.touch(element, context.now);
    }

    pub fn on_down(&mut self, context: &mut Context<'_>) {
        if !self.fed_from_sides(context) && std::mem::take(&mut self.host_open) {
            self.host.gate.close(context);
        }
    }

    /// On a belt that runs both ways nothing comes along, and what goes back must find its hold open.
    fn fed_from_sides(&self, context: &Context<'_>) -> bool {
        context.scene.conveyor(context.scene.spot(self.window).host).back_port.is_some()
    }

    /// The end of a Control phase: whoever may go, goes.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.host.gate.settle(context);
        self.side.gate.settle(context);
        let ElementKind::Merge(spec) = &context.scene.element(element).kind else { return };
        let side_passes = self.passing.values().any(|&lane| lane == Lane::Side);
        if spec.priority == MergePriority::Host && !self.host_open && !side_passes && !context.board.is_down(element) {
            self.open_host(context, element);
        }
        while let Some(lane) = self.next_lane(spec.priority) {
            let other = if lane == Lane::Host { Lane::Side } else { Lane::Host };
            let free = match lane {
                Lane::Host => self.passing.values().all(|&passing| passing != other),
                Lane::Side => self.passing.is_empty(),
            };
            let turns = context.board.drives.is_to_turn(context.scene.conveyor(context.scene.spot(self.window).host).element);
            if !free || turns || self.lane(lane).gate.leaving().is_some() || context.board.is_down(element) {
                return;
            }
            self.let_out(context, element, lane);
        }
    }

    fn next_lane(&self, priority: MergePriority) -> Option<Lane> {
        let (host, side) = match (self.host.waiting.front(), self.side.waiting.front()) {
            (None, None) => return None,
            (Some(_), None) => return Some(Lane::Host),
            (None, Some(_)) => return Some(Lane::Side),
            (Some(host), Some(side)) => (host, side),
        };
        let host_first = match priority {
            MergePriority::Host => true,
            MergePriority::Side => false,
            MergePriority::FirstCome => host.since <= side.since,
            MergePriority::Alternate => self.last == Lane::Side,
        };
        Some(if host_first { Lane::Host } else { Lane::Side })
    }

    fn let_out(&mut self, context: &mut Context<'_>, element: ElementId, lane: Lane) {
        if lane == Lane::Side && self.host_open && !self.fed_from_sides(context) {
            self.host_open = false;
            self.host.gate.close(context);
        }
        let state = self.lane(lane);
        let next = state.waiting.pop_front().expect("the next lane has a part");
        state.gate.let_out(context, next.part, next.rests);
        self.passing.insert(next.part, lane);
        self.last = lane;
        context.touch(element, context.now);
    }

    fn open_host(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.host_open = true;
        context.set_hold(self.host.gate.spot, false);
        let waiting = std::mem::take(&mut self.host.waiting);
        self.passing.extend(waiting.into_iter().map(|waiting| (waiting.part, Lane::Host)));
        context.touch(element, context.now);
    }

    fn lane_at(&self, spot: SpotId) -> Option<Lane> {
        match spot {
            spot if spot == self.window => None,
            spot if spot == self.host.gate.spot => Some(Lane::Host),
            _ => Some(Lane::Side),
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut LaneState {
        match lane {
            Lane::Host => &mut self.host,
            Lane::Side => &mut self.side,
        }
    }
}
