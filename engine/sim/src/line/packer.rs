//! Packers and palletisers: parts are gathered from where they stand at the end of the feeder, and put into a container a
//! group at a time. What is gathered has no body; the full container gets one when it is let out, with all that it holds.
//!
//! A packer stands still while it puts a group down. A palletiser forms the next layer meanwhile, part by part.
//!
//! | state | when |
//! |---|---|
//! | processing | a group is being put down |
//! | setup | a full container is changed for an empty one |
//! | blocked | the full container may leave and its place is occupied |
//! | starved | parts or the container are missing: of the port that lacks them, of `in` where both do |
//! | idle | the parts are there and come to rest |

use super::context::Context;
use super::draw::PartStreams;
use super::present::Present;
use super::{EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::load::floor_z_m;
use crate::parts::PartId;
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{ElementId, ElementKind, Empties, Holds, Packer, PortId, Seat, SpotId};
use serde::{Deserialize, Serialize};

/// In-ports of a packing element, as its states name them.
const PARTS: u8 = 0;
const CONTAINERS: u8 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PackerLogic {
    /// For containers that it has without end.
    streams: PartStreams,
    /// Parts in the pick-up position, and containers in theirs, as they came.
    present: Present,
    empties: Present,
    /// The next group, as far as it has been taken.
    gathered: Vec<PartId>,
    container: Option<PartId>,
    work: Option<Work>,
    timer: Timer,
    /// The container is on offer; whether it was refused.
    offered: Option<bool>,
    /// Groups and changes begun so far.
    begun: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Work {
    Group(Vec<PartId>),
    Change,
}

impl PackerLogic {
    pub fn new(streams: PartStreams) -> Self {
        PackerLogic {
            streams,
            present: Present::default(),
            empties: Present::default(),
            gathered: Vec::new(),
            container: None,
            work: None,
            timer: Timer::Off,
            offered: None,
            begun: 0,
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        let spec = spec(context, element);
        context.set_hold(spec.pickup, true);
        if let Empties::Taken(spot) = spec.empties {
            context.set_hold(spot, true);
        }
        self.act(context, element, Time::ZERO);
    }

    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        std::iter::once((&mut self.timer, EntryKind::WorkEnds))
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let spec = spec(context, element);
        let missing = self.wanted(context, spec).saturating_sub(self.gathered.len());
        let coming = self.present.len() >= missing.min(spec.takes as usize);
        match &self.work {
            Some(Work::Group(_)) => (ElementState::Processing, None),
            Some(Work::Change) => (ElementState::Setup, None),
            None if self.offered == Some(true) => (ElementState::Blocked, None),
            None if self.offered.is_some() => (ElementState::Idle, None),
            None if missing > 0 && !coming => (ElementState::Starved, Some(PARTS)),
            None if self.container.is_none() => (ElementState::Starved, Some(CONTAINERS)),
            None => (ElementState::Idle, None),
        }
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId, at: Time) {
        let queue = if spot == spec(context, element).pickup { &mut self.present } else { &mut self.empties };
        queue.add(part);
        context.touch(element, at);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.present.remove(part);
        self.empties.remove(part);
        context.touch(element, at);
    }

    pub fn on_standing(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.present.contains(&part) || self.empties.contains(&part) {
            self.act(context, element, at);
        }
    }

    /// Whether a source may hand a container over now.
    pub fn accepts(&self, context: &Context<'_>, element: ElementId, port: PortId) -> bool {
        let takes = spec(context, element).empties == Empties::Handed(port);
        takes && self.container.is_none() && self.work.is_none() && !context.board.is_down(element)
    }

    pub fn on_handed(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        self.take_container(context, part, at);
        self.act(context, element, at);
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.offered.is_some() && self.container == Some(part) {
            self.offered = Some(true);
            context.touch(element, at);
        }
    }

    /// The full container is away.
    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.container != Some(part) {
            return;
        }
        (self.container, self.offered) = (None, None);
        context.stand(part, false, at);
        if spec(context, element).change_s == Distribution::Constant(0.0) {
            self.act(context, element, at);
        } else {
            self.begin(context, element, Work::Change, at);
        }
    }

    /// Returns whether a container was finished (for failures by cycles).
    pub fn on_work_ended(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        self.timer = Timer::Off;
        let mut finished = false;
        if let (Some(Work::Group(group)), Some(container)) = (self.work.take(), self.container) {
            self.put_down(context, element, &group, container, at);
            finished = self.is_full(context, element);
            if finished {
                context.emit(at, EventKind::CycleEnded { element, part: container });
            }
        }
        self.act(context, element, at);
        finished
    }

    pub fn on_down(&mut self, context: &mut Context<'_>) {
        if let (Some(part), true) = (self.container, self.offered.take().is_some()) {
            context.withdraw(part);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.act(context, element, at);
    }

    /// Does whatever can be done now.
    fn act(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if !context.board.is_down(element) {
            while self.get_container(context, element, at) || self.gather(context, element, at) || self.go_on(context, element, at) {}
        }
        context.touch(element, at);
    }

    fn get_container(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        if self.container.is_some() || self.work.is_some() {
            return false;
        }
        let (scene, spec) = (context.scene, spec(context, element));
        let part = match spec.empties {
            Empties::Handed(_) => return false,
            Empties::Unlimited => {
                let part = context.parts.create(element, |id| self.streams.part(scene, spec.container, id.serial, at));
                context.tell_created(part, at);
                context.enter(part, element, at);
                part
            }
            Empties::Taken(_) => {
                let is_one = |part: &&PartId| {
                    context.board.stands(**part) && context.parts.get(**part).is_some_and(|row| row.part_type == spec.container)
                };
                let Some(part) = self.empties.iter().find(is_one).copied() else { return false };
                self.empties.remove(part);
                take(context, element, part, at);
                part
            }
        };
        self.take_container(context, part, at);
        true
    }

    fn take_container(&mut self, context: &mut Context<'_>, part: PartId, at: Time) {
        self.container = Some(part);
        context.stand(part, true, at);
    }

    /// Takes parts that stand in the pick-up position, as many as belong together.
    fn gather(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        let spec = spec(context, element);
        let missing = self.wanted(context, spec).saturating_sub(self.gathered.len());
        let ready = spec.layerwise || (self.work.is_none() && self.container.is_some() && self.offered.is_none());
        if missing == 0 || !ready {
            return false;
        }
        let content = holds(context, spec).part_type;
        let is_one = |part: &&PartId| context.board.stands(**part) && context.parts.get(**part).is_some_and(|row| row.part_type == content);
        let count = missing.min(spec.takes as usize);
        let group: Vec<PartId> = self.present.iter().filter(is_one).take(count).copied().collect();
        if group.len() < count {
            return false;
        }
        for part in group {
            self.present.remove(part);
            take(context, element, part, at);
            self.gathered.push(part);
        }
        true
    }

    /// Puts the next group down, or sends the full container on.
    fn go_on(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
        let (Some(container), None, None) = (self.container, &self.work, self.offered) else { return false };
        if self.is_full(context, element) {
            self.offered = Some(false);
            let port = spec(context, element).into;
            context.offer(container, port, at);
            return true;
        }
        if self.gathered.is_empty() || self.gathered.len() < self.wanted(context, spec(context, element)) {
            return false;
        }
        if context.parts.get(container).is_some_and(|row| row.content.is_empty()) {
            context.emit(at, EventKind::CycleStarted { element, part: container });
        }
        let group = std::mem::take(&mut self.gathered);
        self.begin(context, element, Work::Group(group), at);
        true
    }

    fn begin(&mut self, context: &mut Context<'_>, element: ElementId, work: Work, at: Time) {
        let spec = spec(context, element);
        let (distribution, purpose) = if matches!(work, Work::Change) { (&spec.change_s, "change") } else { (&spec.cycle_s, "cycle") };
        let seconds = context.sample_occurrence(distribution, element, purpose, self.begun);
        self.begun += 1;
        self.work = Some(work);
        context.start_work_timer(&mut self.timer, at, Time::from_seconds(seconds), element, EntryKind::WorkEnds);
        context.touch(element, at);
    }

    fn put_down(&self, context: &mut Context<'_>, element: ElementId, group: &[PartId], container: PartId, at: Time) {
        let holds = holds(context, spec(context, element));
        for &part in group {
            let (Some(row), Some(into)) = (context.parts.get(part), context.parts.get(container)) else { continue };
            let filled = u32::try_from(into.content.len()).expect("a container holds a few thousand parts");
            let seat = holds.seat(filled, row.shape.size_m()).expect("a group is no larger than what is free");
            let [x, y, z] = seat.centre_m;
            let centre_m = [x, y, z + floor_z_m(&into.shape)];
            context.pack(part, container, Seat { centre_m, ..seat }, element, at);
        }
    }

    fn is_full(&self, context: &Context<'_>, element: ElementId) -> bool {
        let capacity = holds(context, spec(context, element)).capacity() as usize;
        self.container.and_then(|container| context.parts.get(container)).is_some_and(|row| row.content.len() >= capacity)
    }

    /// Size of the group that is being gathered.
    fn wanted(&self, context: &Context<'_>, spec: &Packer) -> usize {
        let holds = holds(context, spec);
        let inside = self.container.and_then(|container| context.parts.get(container)).map_or(0, |row| row.content.len());
        let coming = if let Some(Work::Group(group)) = &self.work { group.len() } else { 0 };
        let filled = u32::try_from(inside + coming).expect("a container holds a few thousand parts");
        // Full after what is under way: the group is for the next container.
        let filled = if filled >= holds.capacity() { 0 } else { filled };
        let (layer, below) = holds.layer_of(filled).expect("it is not full");
        let left = if spec.layerwise { below + layer.count() - filled } else { spec.takes.min(holds.capacity() - filled) };
        left as usize
    }
}

/// Takes a part from where it stands: it has no body from now on.
pub(super) fn take(context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
    let from = context.board.carrier(part).unwrap_or(element);
    context.move_part(part, from, element, at);
    context.wishes.push(Wish::Remove { part });
}

fn holds<'a>(context: &Context<'a>, spec: &Packer) -> &'a Holds {
    context.scene.part_types[spec.container.index()].holds.as_ref().expect("the check gives every packed container a pattern")
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Packer {
    match &context.scene.element(element).kind {
        ElementKind::Packer(packer) => packer,
        _ => unreachable!("packer logic belongs to a packer"),
    }
}
