//! What every element's logic works with: the calendar, the wires, the parts, and a board of what is true of the line
//! as a whole (who carries what, who stands, which drives are stopped by whom). Decides nothing.

use super::conwip::Conwips;
use super::crews::Crews;
use super::drives::DriveBoard;
use super::encoder::EncoderView;
use super::handovers::{Handover, Handovers};
use super::{Entry, EntryKind, Timer};
use crate::calendar::Calendar;
use crate::event::{ElementState, Event, EventKind};
use crate::incident::{Circumstances, Incident, IncidentKind};
use crate::io::Io;
use crate::part_map::PartMap;
use crate::parts::{PartId, Parts, Place};
use crate::port::{BulkSeen, InvalidKind, Wish};
use crate::random::{Draw, KnownStreams, Streams};
use crate::sample::sample;
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{AttributeId, CarriageId, DriveId, ElementId, EyeId, Outcome, PartTypeId, PortId, Seat, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What an element carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Load {
    pub parts: u32,
    pub standing: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct StateRow {
    state: Option<(ElementState, Option<u8>)>,
    /// Of the element's last change: the next never lies before it.
    changed_at: Time,
}

/// Why an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Failed,
    /// By the line's controls or a hand.
    Held,
    /// What jams on it is being cleared.
    Clearing,
    /// A planned stop of the calendar.
    Break,
    /// Outside the shifts.
    NotScheduled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stands {
    failed: bool,
    held: bool,
    cleared: bool,
    pauses: bool,
    not_scheduled: bool,
}

/// A photo-eye as its controller sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EyeView {
    pub blocked: bool,
    /// When the controller saw the last change; zero: it never changed.
    pub since: Time,
}

/// What zones tell those who send parts into them from beside, and what these promise them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ZoneRoom {
    /// By drive: the zone holds a part or expects one.
    full: Vec<bool>,
    /// Zones that will get a part, until their controllers have been told.
    promised: Vec<DriveId>,
}

impl ZoneRoom {
    pub fn accepts(&self, zone: DriveId) -> bool {
        !self.full[zone.index()]
    }
    pub fn tell(&mut self, zone: DriveId, full: bool) {
        self.full[zone.index()] = full;
    }
    pub fn promise(&mut self, zone: DriveId) {
        self.full[zone.index()] = true;
        self.promised.push(zone);
    }
    /// Whether a zone was promised a part since its controller asked last.
    pub fn take_promise(&mut self, zone: DriveId) -> bool {
        let found = self.promised.iter().position(|promised| *promised == zone);
        found.map(|index| self.promised.remove(index)).is_some()
    }
    pub fn has_promises(&self) -> bool {
        !self.promised.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Board {
    states: Vec<StateRow>,
    /// By element: why it stands.
    stands: Vec<Stands>,
    loads: Vec<Load>,
    /// Which element carries a part that moves through the line (a held part stays on its host).
    carriers: PartMap<ElementId>,
    standing: PartMap<()>,
    pub drives: DriveBoard,
    /// Which zones have room, for those who send parts there from beside.
    pub zones: ZoneRoom,
    /// Parts at the spots of elements that watch them there, in order.
    guests: Vec<(PartId, ElementId)>,
    /// Where a part must cross next, when a device chose for it.
    pub routes: BTreeMap<PartId, PortId>,
    pub handovers: Handovers,
    /// Misroutes reported in this Control phase: two observers may see the same one.
    misrouted: BTreeSet<(PartId, PortId)>,
    /// By [`EyeId`].
    eyes: Vec<EyeView>,
    /// In order of element.
    pub encoders: Vec<EncoderView>,
    /// Parts that a sensor did not see when they last came to it, and the fault that hid them.
    pub unseen: BTreeMap<(PartId, ElementId), u32>,
    pub conwips: Conwips,
    /// What hoppers and bulk belts look like.
    pub bulk: BTreeMap<ElementId, (Time, BulkSeen)>,
    /// What lidars told last.
    pub nearest_m: BTreeMap<ElementId, f64>,
    /// By element: parts that a counter has counted.
    counts: Vec<u64>,
}

impl Board {
    pub fn new(scene: &Scene) -> Self {
        Board {
            states: vec![StateRow::default(); scene.elements.len()],
            stands: vec![Stands::default(); scene.elements.len()],
            loads: vec![Load::default(); scene.elements.len()],
            carriers: PartMap::default(),
            standing: PartMap::default(),
            drives: DriveBoard::new(scene),
            zones: ZoneRoom { full: vec![false; scene.drives.len()], promised: Vec::new() },
            guests: Vec::new(),
            routes: BTreeMap::new(),
            handovers: Handovers::new(scene),
            misrouted: BTreeSet::new(),
            eyes: vec![EyeView::default(); scene.eyes.len()],
            encoders: EncoderView::of(scene),
            unseen: BTreeMap::new(),
            conwips: Conwips::new(scene),
            bulk: BTreeMap::new(),
            nearest_m: BTreeMap::new(),
            counts: vec![0; scene.elements.len()],
        }
    }
    pub fn load(&self, element: ElementId) -> Load {
        self.loads[element.index()]
    }
    /// A part is at a spot of `element`.
    pub fn come_to(&mut self, part: PartId, element: ElementId) {
        if let Err(index) = self.guests.binary_search(&(part, element)) {
            self.guests.insert(index, (part, element));
        }
    }
    /// The part is no longer there; `None`: nor anywhere.
    pub fn leave_hosts(&mut self, part: PartId, element: Option<ElementId>) {
        self.guests.retain(|(guest, host)| *guest != part || element.is_some_and(|element| *host != element));
    }
    /// The next element, in order of id, at whose spots the part is.
    pub fn next_host(&self, part: PartId, after: Option<ElementId>) -> Option<ElementId> {
        let index = self.guests.partition_point(|(guest, host)| (*guest, Some(*host)) <= (part, after));
        self.guests.get(index).filter(|(guest, _)| *guest == part).map(|(_, host)| *host)
    }
    pub fn stands(&self, part: PartId) -> bool {
        self.standing.contains_key(&part)
    }
    pub fn carrier(&self, part: PartId) -> Option<ElementId> {
        self.carriers.get(&part).copied()
    }
    /// Whether it stands for any reason: failed, held, a break, the end of a shift.
    pub fn is_down(&self, element: ElementId) -> bool {
        self.stands[element.index()] != Stands::default()
    }
    /// What the calendar says of it: no planned busy time.
    pub fn planned_stop(&self, element: ElementId) -> Option<ElementState> {
        match self.stands[element.index()] {
            Stands { not_scheduled: true, .. } => Some(ElementState::NotScheduled),
            Stands { pauses: true, .. } => Some(ElementState::PlannedStop),
            _ => None,
        }
    }
    pub fn is_held(&self, element: ElementId) -> bool {
        self.stands[element.index()].held
    }
    pub fn set_stand(&mut self, element: ElementId, reason: Stand, stands: bool) {
        let row = &mut self.stands[element.index()];
        match reason {
            Stand::Failed => row.failed = stands,
            Stand::Held => row.held = stands,
            Stand::Clearing => row.cleared = stands,
            Stand::Break => row.pauses = stands,
            Stand::NotScheduled => row.not_scheduled = stands,
        }
    }

    /// The element's state, once it has one.
    pub fn state(&self, element: ElementId) -> Option<ElementState> {
        self.states[element.index()].state.map(|(state, _)| state)
    }
    pub fn eye(&self, eye: EyeId) -> EyeView {
        self.eyes[eye.index()]
    }
    pub fn see(&mut self, eye: EyeId, blocked: bool, at: Time) {
        self.eyes[eye.index()] = EyeView { blocked, since: at };
    }
    pub fn count(&self, element: ElementId) -> u64 {
        self.counts[element.index()]
    }
    pub fn add_count(&mut self, element: ElementId) {
        self.counts[element.index()] += 1;
    }

    fn carry(&mut self, part: PartId, element: Option<ElementId>) {
        let standing = u32::from(self.standing.contains_key(&part));
        let before = match element {
            Some(element) => self.carriers.insert(part, element),
            None => self.carriers.remove(&part),
        };
        if let Some(before) = before {
            let load = &mut self.loads[before.index()];
            load.parts -= 1;
            load.standing -= standing;
        }
        if let Some(element) = element {
            let load = &mut self.loads[element.index()];
            load.parts += 1;
            load.standing += standing;
        }
    }

    fn set_standing(&mut self, part: PartId, standing: bool) {
        let changed = if standing { self.standing.insert(part, ()).is_none() } else { self.standing.remove(&part).is_some() };
        if let (true, Some(element)) = (changed, self.carriers.get(&part)) {
            let load = &mut self.loads[element.index()];
            if standing { load.standing += 1 } else { load.standing -= 1 }
        }
    }
}

/// Something happened to an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Touched {
    pub element: ElementId,
    pub at: Time,
    /// What is on offer there has been looked at since.
    pub offered: bool,
}

pub(super) struct Context<'a> {
    pub scene: &'a Scene,
    pub now: Time,
    /// What the encoder of each drive says [m], by `DriveId`.
    pub encoders_m: &'a [f64],
    pub parts: &'a mut Parts,
    pub wishes: &'a mut Vec<Wish>,
    pub events: &'a mut Vec<Event>,
    pub calendar: &'a mut Calendar<Entry>,
    pub io: &'a mut Io,
    pub board: &'a mut Board,
    pub crews: &'a mut Crews,
    pub streams: Streams,
    pub known_streams: &'a RefCell<KnownStreams>,
    /// Elements whose state may have changed, and when.
    pub touched: &'a mut Vec<Touched>,
    /// Parts that left the line or fell: whoever waits for one must know.
    pub gone: &'a mut Vec<PartId>,
    /// Somebody has more to decide at this instant, in the next phase.
    pub asks_again: bool,
}

impl Context<'_> {
    pub fn emit(&mut self, at: Time, kind: EventKind) {
        self.events.push(Event { at, kind });
    }

    /// A part was made just now: which it is, and what was drawn for it.
    pub fn tell_created(&mut self, part: PartId, at: Time) {
        let row = self.parts.get(part).expect("just created");
        let (part_type, variant, traits) = (row.part_type, row.variant, row.traits());
        self.emit(at, EventKind::PartCreated { part, part_type, variant });
        self.emit(at, EventKind::PartDrawn { part, traits });
    }

    /// The element's state is looked at again once the current happening has been dealt with.
    pub fn touch(&mut self, element: ElementId, at: Time) {
        match self.touched.iter_mut().find(|touched| touched.element == element && touched.at == at) {
            Some(touched) => touched.offered = false,
            None => self.touched.push(Touched { element, at, offered: false }),
        }
    }

    /// Returns when the change counts, `None` where there is none.
    pub fn set_state(&mut self, element: ElementId, state: (ElementState, Option<u8>), at: Time) -> Option<Time> {
        let row = &mut self.board.states[element.index()];
        if row.state == Some(state) {
            return None;
        }
        let at = at.max(row.changed_at);
        *row = StateRow { state: Some(state), changed_at: at };
        self.emit(at, EventKind::StateChanged { element, state: state.0, port: state.1 });
        Some(at)
    }

    /// The draw that belongs to `part`: indexed by its serial within a stream of its source.
    pub fn draw(&self, element: ElementId, purpose: &str, part: PartId) -> Draw {
        let purpose = format!("{purpose}\0{}", self.scene.element(part.source).name);
        self.streams.stream(&self.scene.element(element).name, &purpose).draw(part.serial)
    }

    /// The draw that belongs to the `index`-th occurrence of something at an element.
    pub fn draw_occurrence(&self, element: ElementId, purpose: &str, index: u32) -> Draw {
        let work_out = || self.streams.stream(&self.scene.element(element).name, purpose);
        self.known_streams.borrow_mut().get(element.index(), purpose, work_out).draw(index)
    }

    /// One value of `distribution` that belongs to `part`.
    pub fn sample(&self, distribution: &Distribution, element: ElementId, purpose: &str, part: PartId) -> f64 {
        match distribution {
            Distribution::Constant(value) => *value,
            drawn => sample(drawn, &mut self.draw(element, purpose, part)),
        }
    }

    /// One value of `distribution` for the `index`-th occurrence of something at an element.
    pub fn sample_occurrence(&self, distribution: &Distribution, element: ElementId, purpose: &str, index: u32) -> f64 {
        match distribution {
            Distribution::Constant(value) => *value,
            drawn => sample(drawn, &mut self.draw_occurrence(element, purpose, index)),
        }
    }

    pub fn start_timer(&mut self, timer: &mut Timer, at: Time, span: Time, element: ElementId, kind: EntryKind) {
        timer.start(self.calendar, at, span, Entry { element, kind });
    }

    /// Starts a timer that stands still while its element is down.
    pub fn start_work_timer(&mut self, timer: &mut Timer, at: Time, span: Time, element: ElementId, kind: EntryKind) {
        self.start_timer(timer, at, span, element, kind);
        if self.board.is_down(element) {
            timer.pause(self.calendar, at);
        }
    }

    /// The element that a part is on once it has crossed the plane of an in-port.
    pub fn element_behind(&self, port: PortId) -> ElementId {
        self.scene.carrier_behind(port)
    }

    pub fn host_of(&self, spot: SpotId) -> ElementId {
        self.scene.conveyor(self.scene.spot(spot).host).element
    }

    /// The drive under the middle of a spot.
    pub fn drive_under(&self, spot: SpotId) -> DriveId {
        let spot = self.scene.spot(spot);
        let drives = &self.scene.conveyor(spot.host).drives;
        let under = drives.iter().find(|drive| spot.at_m < self.scene.drives[drive.index()].end_m);
        *under.or(drives.last()).expect("a conveyor has a drive")
    }

    /// A pending part is in the line from now on.
    pub fn enter(&mut self, part: PartId, element: ElementId, at: Time) {
        self.parts.enter(part, element, at);
        self.board.carry(part, Some(element));
        self.board.conwips.reach(self.scene, part, element);
        self.emit(at, EventKind::PartEntered { part, element });
        self.touch(element, at);
    }

    /// A part's centre goes on to another element.
    pub fn move_part(&mut self, part: PartId, from: ElementId, to: ElementId, at: Time) {
        self.parts.move_to(part, Place::On(to));
        self.board.carry(part, Some(to));
        self.board.conwips.reach(self.scene, part, to);
        // Over the seam of a loop it stays where it was.
        if from != to {
            self.emit(at, EventKind::PartMoved { part, from, to });
            self.touch(from, at);
        }
        self.touch(to, at);
    }

    /// A part is out of the line for good.
    pub fn leave(&mut self, part: PartId, element: ElementId, outcome: Outcome, at: Time) {
        let carrier = self.board.carrier(part);
        self.board.carry(part, None);
        self.board.standing.remove(&part);
        let holder = self.outermost_holder(part);
        for (part, row) in self.parts.leave(part, outcome) {
            self.emit(at, EventKind::PartLeft { part, element, outcome, part_type: row.part_type });
            self.board.conwips.forget(part);
            self.gone.push(part);
        }
        match holder {
            Some(holder) => self.wishes.push(Wish::Reweigh { part: holder }),
            None => self.wishes.push(Wish::Remove { part }),
        }
        self.touch(element, at);
        if let Some(carrier) = carrier {
            self.touch(carrier, at);
        }
    }

    /// A part that stands by itself goes into another, or is joined to it.
    pub fn put_inside(&mut self, part: PartId, into: PartId, element: ElementId, at: Time) {
        self.board.carry(part, None);
        self.parts.put_inside(part, into);
        self.emit(at, EventKind::PartPutIn { part, into, element });
        let outermost = self.outermost_holder(part).expect("it was just put inside");
        if self.board.stands(outermost) {
            self.emit(at, EventKind::PartStanding { part });
        }
        self.wishes.push(Wish::Reweigh { part: outermost });
    }

    /// Something flows into a part: it weighs more, and so does what holds it.
    pub fn fill(&mut self, part: PartId, added_kg: f64, element: ElementId, at: Time) {
        self.parts.fill(part, added_kg);
        let mass_kg = self.parts.get(part).expect("it was just filled").mass_kg;
        self.emit(at, EventKind::PartFilled { part, element, added_kg, mass_kg });
        self.wishes.push(Wish::Reweigh { part: self.outermost_holder(part).unwrap_or(part) });
    }

    /// A part inside another stands by itself again, at `element`.
    pub fn take_out(&mut self, part: PartId, element: ElementId, at: Time) {
        let outermost = self.outermost_holder(part).expect("only a part inside another is taken out");
        let from = self.parts.take_out(part, element);
        self.board.carry(part, Some(element));
        self.emit(at, EventKind::PartTakenOut { part, from, element });
        self.wishes.push(Wish::Reweigh { part: outermost });
    }

    /// A part without a body goes to its place in a container without one.
    pub fn pack(&mut self, part: PartId, into: PartId, seat: Seat, element: ElementId, at: Time) {
        self.board.carry(part, None);
        self.board.standing.remove(&part);
        self.parts.pack(part, into, seat);
        self.emit(at, EventKind::PartPutIn { part, into, element });
        let standing = self.board.stands(into);
        self.emit(at, if standing { EventKind::PartStanding { part } } else { EventKind::PartMoving { part } });
    }

    /// Offers a part, straight and in the middle, at an in-port: to the transport where a conveyor begins there, else to
    /// the element itself.
    pub fn offer(&mut self, part: PartId, port: PortId, born_at: Time) {
        self.offer_as(Wish::Offer { part, port, left_m: 0.0, yaw_rad: 0.0, born_at });
    }

    pub fn offer_as(&mut self, wish: Wish) {
        match wish {
            Wish::Offer { part, port, born_at, .. } if self.scene.is_handed(port) => {
                let to = self.scene.port(port).element;
                self.board.handovers.offer(to, Handover { part, port, born_at, refused: false });
            }
            wish => self.wishes.push(wish),
        }
    }

    /// Takes a standing offer back.
    pub fn withdraw(&mut self, part: PartId) {
        match self.board.handovers.withdraw(part) {
            // Who is next there may find a place.
            Some(to) => self.touch(to, self.now),
            None => self.wishes.push(Wish::Withdraw { part }),
        }
    }

    /// What has the body that a part inside another moves with.
    fn outermost_holder(&self, part: PartId) -> Option<PartId> {
        let mut outermost = self.parts.holder(part)?;
        while let Some(holder) = self.parts.holder(outermost) {
            outermost = holder;
        }
        Some(outermost)
    }

    /// Whether a part is there to carry another.
    pub fn nest_of(&self, part: PartId) -> Option<PartTypeId> {
        self.scene.part_types[self.parts.get(part)?.part_type.index()].nest
    }

    /// What a station works on when a part comes: the part, or what stands in its nest; `None` where that is empty.
    pub fn subject(&self, part: PartId) -> Option<PartId> {
        let row = self.parts.get(part)?;
        if self.nest_of(part).is_some() { row.content.first().copied() } else { Some(part) }
    }

    /// A part fell: it stays in the line, but nothing carries it.
    pub fn fall(&mut self, part: PartId, from: ElementId, at: Time) {
        let Some(row) = self.parts.get_mut(part).filter(|row| !row.on_floor && row.place != Place::Pending) else { return };
        row.on_floor = true;
        let carrier = self.board.carrier(part);
        self.parts.move_to(part, Place::On(carrier.unwrap_or(from)));
        self.board.carry(part, None);
        self.board.conwips.forget(part);
        self.emit(at, EventKind::Dropped { part, element: from });
        if let Some(carrier) = carrier {
            self.touch(carrier, at);
        }
        self.gone.push(part);
    }

    pub fn stand(&mut self, part: PartId, standing: bool, at: Time) {
        let Some(holds) = self.parts.get(part).map(|row| !row.content.is_empty()) else { return };
        self.board.set_standing(part, standing);
        let told = |part| if standing { EventKind::PartStanding { part } } else { EventKind::PartMoving { part } };
        self.emit(at, told(part));
        if holds {
            self.parts.tree(part).into_iter().skip(1).for_each(|inside| self.emit(at, told(inside)));
        }
        if let Some(carrier) = self.board.carrier(part) {
            self.touch(carrier, at);
        }
    }

    /// A part without a body: it stands until it gets one again.
    pub fn rest(&mut self, part: PartId, at: Time) {
        if !self.board.stands(part) {
            self.stand(part, true, at);
        }
    }

    pub fn set_attribute(&mut self, element: ElementId, part: PartId, attribute: AttributeId, value: f64, at: Time) {
        if let Some(row) = self.parts.get_mut(part) {
            row.attributes.insert(attribute, value);
            self.emit(at, EventKind::AttributeSet { element, part, attribute, value });
        }
    }

    /// Nothing was read: what was known before no longer holds.
    pub fn unset_attribute(&mut self, part: PartId, attribute: AttributeId) {
        if let Some(row) = self.parts.get_mut(part) {
            row.attributes.remove(&attribute);
        }
    }

    pub fn report_misrouted(&mut self, part: PartId, port: PortId, at: Time) {
        if self.board.misrouted.insert((part, port)) {
            let element = self.element_behind(port);
            self.emit(at, EventKind::Misrouted { part, element });
        }
    }

    pub fn forget_misroutes(&mut self) {
        self.board.misrouted.clear();
    }

    /// Completes an incident by what the part is.
    pub fn report_incident(&mut self, kind: IncidentKind, part: PartId, element: ElementId, circumstances: Circumstances, at: Time) {
        let Some(row) = self.parts.get(part).filter(|row| row.place != Place::Pending) else { return };
        let incident = Incident { kind, part, element, circumstances, traits: row.traits() };
        self.emit(at, EventKind::Incident(Box::new(incident)));
    }

    pub fn report_invalid(&mut self, kind: InvalidKind, part: Option<PartId>, element: Option<ElementId>, at: Time) {
        self.emit(at, EventKind::Invalid { kind, part, element });
    }

    pub fn set_away(&mut self, carriage: CarriageId, stop: Option<u32>) {
        self.io.set_away(carriage, stop, self.wishes);
    }

    pub fn set_hold(&mut self, spot: SpotId, engaged: bool) {
        self.io.set_hold(spot, engaged, self.wishes);
    }
}
