//! The line's logic: one state machine per element, driven by timed events and facts. It decides; it never knows which
//! transport moves its parts.
//!
//! One Control phase: due calendar entries in order of time, then the facts of the last Sense (first the books: where
//! each part is; then the devices that sense it), then what can only be decided once all is known (merges, parts turned
//! away), then entries that fell due meanwhile. Logic acts on `seen_at`, measures read `crossed_at`; the events of one
//! phase are handed out in order of time.

mod attendance;
mod buffer;
mod bulk;
mod carriage;
mod checkweigher;
mod clearing;
mod context;
mod conveyor;
mod conwip;
mod crews;
mod diverter;
mod draw;
mod drives;
mod element;
mod encoder;
mod entry;
mod eye;
mod failures;
mod gate;
mod handovers;
mod induction;
mod initial;
mod joining;
mod lift;
mod light_grid;
mod loader;
mod merge;
mod operands;
mod packer;
mod parallel;
mod present;
mod pusher;
mod router;
mod rules;
mod scale;
mod scanner;
mod sensor;
mod sink;
mod source;
mod station;
mod tag_reader;
mod timer;
mod tracking;
mod turns;
mod unpacker;
mod work;
mod zone_conveyor;

use crate::calendar::Calendar;
use crate::event::{ElementState, Event, EventKind};
use crate::incident::IncidentKind;
use crate::io::{Command, CommandError, Io};
use crate::parts::{PartId, Parts, Place};
use crate::port::{Fact, FactKind, Wish};
use crate::random::{KnownStreams, Streams};
use context::{Board, Context, Stand, Touched};
use crews::Crews;
use element::ElementLogic;
use entry::{Entry, EntryKind};
use linetwin_model::scene::{Cleared, ElementId, ElementKind, PlantTime, PortId, SpotId};
use linetwin_model::{Scene, Time};
use rules::{Rules, changed_holds};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use timer::Timer;

/// All element logic of one scene, with its calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    streams: Streams,
    calendar: Calendar<Entry>,
    io: Io,
    board: Board,
    /// By [`ElementId`].
    elements: Vec<ElementLogic>,
    rules: Rules,
    crews: Crews,
    started: bool,
    /// Who decides what can only be decided once all is known; who hears of any part that stands or moves.
    settling: Vec<ElementId>,
    watching_motion: Vec<ElementId>,
    follows_drives: bool,
    /// Empty between phases.
    #[serde(skip)]
    scratch: Scratch,
}

/// Lists of a phase, kept for the next one.
#[derive(Clone, Debug, Default, PartialEq)]
struct Scratch {
    touched: Vec<Touched>,
    gone: Vec<PartId>,
    known_streams: KnownStreams,
}

/// What one Control phase reads and writes.
pub struct Control<'a> {
    pub scene: &'a Scene,
    /// t_n: calendar entries up to here are due.
    pub now: Time,
    /// Of the last Sense, in order.
    pub facts: &'a [Fact],
    /// What the encoder of each drive says [m], by `DriveId`.
    pub encoders_m: &'a [f64],
    pub parts: &'a mut Parts,
    pub wishes: &'a mut Vec<Wish>,
    pub events: &'a mut Vec<Event>,
}

impl Line {
    pub fn new(scene: &Scene, streams: Streams) -> Self {
        let elements: Vec<ElementLogic> = scene.element_ids().map(|element| ElementLogic::new(scene, &streams, element)).collect();
        let those = |is: fn(&ElementLogic) -> bool| scene.element_ids().filter(|element| is(&elements[element.index()])).collect();
        Line {
            settling: those(ElementLogic::settles),
            watching_motion: those(ElementLogic::watches_motion),
            streams,
            calendar: Calendar::default(),
            io: Io::new(scene),
            board: Board::new(scene),
            elements,
            rules: Rules::new(scene),
            crews: Crews::new(scene),
            started: false,
            follows_drives: follows_drives(scene),
            scratch: Scratch::default(),
        }
    }

    /// The wires between logic and devices.
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// The element's state; `None` before the first step.
    pub fn state(&self, element: ElementId) -> Option<ElementState> {
        self.board.state(element)
    }

    /// An input from outside, admitted before the Control phase of its step.
    pub fn command(&mut self, command: &Command) -> Result<(), CommandError> {
        self.io.command(command)
    }

    /// One Control phase: acts on the facts and drains the calendar up to now, in order of time. Returns whether it has decided
    /// something at its end, upon which there may be more to decide at the same instant.
    pub fn control(&mut self, control: &mut Control<'_>) -> bool {
        let first_event = control.events.len();
        let Scratch { mut touched, mut gone, known_streams } = std::mem::take(&mut self.scratch);
        let known_streams = RefCell::new(known_streams);
        let mut phase = Phase {
            elements: &mut self.elements,
            settling: &self.settling,
            watching_motion: &self.watching_motion,
            rules: &mut self.rules,
            context: Context {
                scene: control.scene,
                now: control.now,
                encoders_m: control.encoders_m,
                parts: control.parts,
                wishes: control.wishes,
                events: control.events,
                calendar: &mut self.calendar,
                io: &mut self.io,
                board: &mut self.board,
                crews: &mut self.crews,
                streams: self.streams,
                known_streams: &known_streams,
                touched: &mut touched,
                gone: &mut gone,
                asks_again: false,
            },
        };
        if !std::mem::replace(&mut self.started, true) {
            phase.start();
        }
        phase.count_ways();
        phase.drain_calendar();
        phase.act_on_facts(control.facts);
        let known = phase.decided();
        phase.settle();
        phase.drain_calendar();
        let decided_at_its_end = phase.decided() != known;
        phase.context.forget_misroutes();
        control.events[first_event..].sort_by_key(|event| event.at);
        self.scratch = Scratch { touched, gone, known_streams: known_streams.into_inner() };
        decided_at_its_end
    }

    /// Whether it has something to do before anything happens: to begin, to do as a hand says, to look at rules again.
    pub fn is_asked(&self) -> bool {
        !self.started || self.io.is_commanded() || self.rules.have_changed()
    }

    /// Whether anything on the line reads how far a drive has come.
    pub fn follows_drives(&self) -> bool {
        self.follows_drives
    }

    /// When the line itself has something to do next.
    pub fn next_at(&self) -> Option<Time> {
        self.calendar.next_at()
    }
}

fn follows_drives(scene: &Scene) -> bool {
    scene.elements.iter().any(|element| match &element.kind {
        ElementKind::Encoder(_) => true,
        ElementKind::Diverter(logic) => logic.track.is_some(),
        ElementKind::Pusher(logic) => logic.track.is_some(),
        _ => false,
    })
}

/// One Control phase at work: the elements, and what they work with.
struct Phase<'a> {
    elements: &'a mut [ElementLogic],
    settling: &'a [ElementId],
    watching_motion: &'a [ElementId],
    rules: &'a mut Rules,
    context: Context<'a>,
}

impl Phase<'_> {
    fn start(&mut self) {
        self.context.io.start(self.context.wishes);
        let mut fills = initial::fill(&mut self.context);
        for element in self.context.scene.element_ids() {
            self.elements[element.index()].start(&mut self.context, element);
            self.context.touch(element, Time::ZERO);
        }
        for (part, buffer) in fills.drain(..) {
            self.elements[buffer.index()].on_stored(&mut self.context, buffer, part, Time::ZERO);
        }
        self.turn_calendar(Time::ZERO);
        self.refresh();
    }

    /// What the calendar says of the plant from now on holds for its elements.
    fn turn_calendar(&mut self, at: Time) {
        let Some(calendar) = &self.context.scene.calendar else { return };
        let (plant, span) = calendar.at(at);
        for &element in &calendar.elements {
            for (reason, stands) in [(Stand::Break, plant == PlantTime::Break), (Stand::NotScheduled, plant == PlantTime::NotScheduled)] {
                self.elements[element.index()].set_stand(&mut self.context, element, reason, stands, at);
            }
        }
        let entry = Entry { element: calendar.elements[0], kind: EntryKind::CalendarTurns };
        self.context.calendar.schedule(at + span, entry.kind.priority(), entry);
    }

    fn count_ways(&mut self) {
        for index in 0..self.context.board.encoders.len() {
            let element = self.context.board.encoders[index].element;
            self.elements[element.index()].count_way(&mut self.context, index);
        }
    }

    fn drain_calendar(&mut self) {
        while let Some((at, entry)) = self.context.calendar.pop_until(self.context.now) {
            match entry.kind {
                EntryKind::RuleDue(rule) => self.rules.on_due(rule),
                EntryKind::CalendarTurns => self.turn_calendar(at),
                _ => self.elements[entry.element.index()].on_entry(&mut self.context, entry, at),
            }
            self.refresh();
            self.look_at_rules(at);
        }
    }

    fn act_on_facts(&mut self, facts: &[Fact]) {
        let mut forced = Vec::new();
        let context = &mut self.context;
        if context.io.refresh(context.now, context.wishes, &mut forced) {
            // A force may stop a drive, which its conveyor shows.
            self.context.scene.element_ids().for_each(|element| self.context.touch(element, self.context.now));
            self.hold_elements(self.context.now);
        }
        for fact in forced {
            self.act_on(fact);
        }
        for &fact in facts {
            if self.comes_to_an_eye(fact) {
                self.refresh();
            } else if let Some(fact) = self.context.io.sense(fact) {
                self.act_on(fact);
            }
        }
    }

    /// What comes into the beam of a photo-eye, or goes, is for that to tell. A zone's own eye tells it at once.
    fn comes_to_an_eye(&mut self, fact: Fact) -> bool {
        let (FactKind::EyeBlocked { eye } | FactKind::EyeCleared { eye }) = fact.kind else { return false };
        let element = self.context.scene.eyes[eye.index()].element;
        let broken = matches!(fact.kind, FactKind::EyeBlocked { .. });
        self.elements[element.index()].on_beam(&mut self.context, element, broken, fact.crossed_at)
    }

    fn act_on(&mut self, fact: Fact) {
        let at = fact.crossed_at;
        match fact.kind {
            FactKind::Entered { part, port } => self.book_entry(part, port, at),
            FactKind::Refused { part, .. } => {
                if let Some(owner) = self.offering(part) {
                    self.elements[owner.index()].on_refused(&mut self.context, owner, part, at);
                }
            }
            FactKind::Crossed { part, from, port } => {
                self.context.leaves(part, from);
                self.book_crossing(part, from, port, at);
            }
            FactKind::TravelEnded { carriage, away } => {
                let element = self.context.scene.carriage(carriage).element;
                self.elements[element.index()].on_travel_ended(&mut self.context, element, away, at);
            }
            FactKind::Cleared { part, element } => {
                self.context.board.drives.cleared(part, element);
                self.elements[element.index()].on_vacated(&mut self.context, element, part, at);
                if let Some(on) = self.context.board.carrier(part) {
                    self.elements[on.index()].on_cleared(&mut self.context, on, part, at);
                }
            }
            FactKind::Arrived { spot, .. }
            | FactKind::Centred { spot, .. }
            | FactKind::Held { spot, .. }
            | FactKind::Measured { spot, .. }
            | FactKind::Left { spot, .. } => {
                let element = self.context.scene.spot(spot).element;
                self.book_visit(element, fact.kind);
                self.elements[element.index()].on_spot(&mut self.context, element, fact);
                match fact.kind {
                    FactKind::Centred { part, spot } => self.follow_from(spot, part),
                    FactKind::Left { part, spot } => {
                        self.context.board.leave_hosts(part, Some(element));
                        self.leave_way(spot, part);
                    }
                    _ => {}
                }
            }
            FactKind::EyeBlocked { eye } | FactKind::EyeCleared { eye } => {
                let blocked = matches!(fact.kind, FactKind::EyeBlocked { .. });
                let element = self.context.scene.eyes[eye.index()].element;
                self.context.see_eye(eye, blocked, at, self.context.now);
                self.elements[element.index()].on_eye(&mut self.context, element, eye, blocked);
            }
            FactKind::StrokeEnded { pusher, reached } => {
                let element = self.context.scene.pushers[pusher.index()].element;
                self.elements[element.index()].on_stroke_ended(&mut self.context, element, reached, at);
            }
            FactKind::Stalled { element } | FactKind::Freed { element } => {
                let stalled = matches!(fact.kind, FactKind::Stalled { .. });
                self.context.emit(at, if stalled { EventKind::Stalled { element } } else { EventKind::Freed { element } });
                self.elements[element.index()].on_stalled(&mut self.context, element, stalled, at);
            }
            FactKind::Dropped { part, from } => {
                self.context.fall(part, from, at);
                self.clear(Cleared::Drop, part, from, at);
            }
            FactKind::Misrouted { part, port } => self.context.report_misrouted(part, port, at),
            FactKind::JamBegan { part, element, head } => {
                // Who only queues behind a jam elsewhere is blocked, and not jammed himself.
                if self.context.board.carrier(head).is_none_or(|place| place == element) {
                    self.elements[element.index()].on_jam(&mut self.context, element, part, true, at);
                    self.elements[element.index()].clear(&mut self.context, element, Cleared::Jam, head, at);
                }
            }
            FactKind::JamEnded { part, element } => self.elements[element.index()].on_jam(&mut self.context, element, part, false, at),
            FactKind::Moving { part } => self.book_motion(part, false, at),
            FactKind::Standing { part } => self.book_motion(part, true, at),
            // Who queues behind a jam elsewhere is no incident of this place.
            FactKind::Incident { kind: IncidentKind::Jam, part, element, .. } if !self.elements[element.index()].is_jammed_by(part) => {}
            FactKind::Incident { kind, part, element, circumstances } => {
                self.context.report_incident(kind, part, element, circumstances, at);
                match kind {
                    IncidentKind::Tip => self.clear(Cleared::TipOver, part, element, at),
                    IncidentKind::Skew => self.clear(Cleared::Skew, part, element, at),
                    IncidentKind::Overlap => self.clear(Cleared::Overlap, part, element, at),
                    // These have facts of their own.
                    IncidentKind::Jam | IncidentKind::Drop => {}
                }
            }
            FactKind::Ranged { element, nearest_m } => self.elements[element.index()].on_ranged(&mut self.context, element, nearest_m),
            FactKind::BulkSeen { element, seen } => {
                self.context.board.bulk.insert(element, (at, seen));
                self.context.touch(element, at);
                if let Some(filler) = bulk::filler_of(&self.context, element) {
                    self.context.touch(filler, at);
                }
            }
            FactKind::BulkMoved { element, way, grains, mass_ng, stay_ng_ns } => {
                self.context.emit(at, EventKind::BulkMoved { element, way, grains, mass_ng, stay_ng_ns });
            }
            FactKind::BulkFilled { element, part, mass_ng, shown_kg } => {
                let filled = (mass_ng as f64 / crate::port::NANOGRAMS_PER_KG, shown_kg);
                self.elements[element.index()].on_filled(&mut self.context, element, part, filled, at);
            }
            FactKind::Invalid { kind, part, element } => self.context.report_invalid(kind, part, element, at),
        }
        self.refresh();
    }

    /// Something happened to a part at `element`, which may be cleared away there.
    fn clear(&mut self, cleared: Cleared, part: PartId, element: ElementId, at: Time) {
        if self.context.parts.get(part).is_some_and(|row| row.place != Place::Pending) {
            self.elements[element.index()].clear(&mut self.context, element, cleared, part, at);
        }
    }

    /// Who offers this part: its source while it is pending, else the buffer that it is in.
    fn offering(&self, part: PartId) -> Option<ElementId> {
        match self.context.parts.get(part)?.place {
            Place::Pending => Some(part.source),
            Place::On(element) => Some(element),
            _ => None,
        }
    }

    fn book_entry(&mut self, part: PartId, port: PortId, at: Time) {
        let Some(owner) = self.offering(part) else { return };
        let to = self.context.element_behind(port);
        match self.context.parts.get(part).map(|row| row.place) {
            Some(Place::Pending) => self.context.enter(part, to, at),
            _ => self.context.move_part(part, owner, to, at),
        }
        self.elements[owner.index()].on_entered(&mut self.context, owner, part, at);
    }

    fn book_crossing(&mut self, part: PartId, from: ElementId, port: PortId, at: Time) {
        if self.context.parts.get(part).is_none_or(|row| row.place == Place::Pending) {
            return;
        }
        let from = self.context.board.carrier(part).unwrap_or(from);
        let to = self.context.element_behind(port);
        self.context.move_part(part, from, to, at);
        if self.context.board.routes.remove(&part).is_some_and(|routed| routed != port) {
            self.context.report_misrouted(part, port, at);
        }
        let scene = self.context.scene;
        for element in scene.diverters.iter().map(|diverter| diverter.element) {
            self.elements[element.index()].on_gone_on(&mut self.context, element, part, port, at);
        }
        self.elements[to.index()].on_crossed(&mut self.context, to, part);
    }

    /// Diverters that follow parts from this spot hear of each that is seen there.
    fn follow_from(&mut self, spot: SpotId, part: PartId) {
        if self.context.board.unseen.contains_key(&(part, self.context.scene.spot(spot).element)) {
            return;
        }
        let scene = self.context.scene;
        let diverters = scene.diverters.iter().map(|diverter| diverter.element);
        for element in diverters.chain(scene.pushers.iter().map(|pusher| pusher.element)) {
            self.elements[element.index()].on_followed(&self.context, element, spot, part);
        }
    }

    /// Routers whose way ends at this spot no longer count the part to it.
    fn leave_way(&mut self, spot: SpotId, part: PartId) {
        if self.context.scene.element(self.context.scene.spot(spot).element).kind.station().is_some() {
            self.elements.iter_mut().zip(&self.context.scene.elements).for_each(|(logic, spec)| logic.on_way_left(spec, spot, part));
        }
    }

    /// A part is at a spot of this element.
    fn book_visit(&mut self, element: ElementId, kind: FactKind) {
        if let FactKind::Arrived { part, .. } | FactKind::Centred { part, .. } | FactKind::Held { part, .. } = kind
            && self.elements[element.index()].watches_guests()
            // Of one that has gone since, nobody will say that it leaves.
            && self.context.parts.get(part).is_some()
        {
            self.context.board.come_to(part, element);
        }
    }

    fn book_motion(&mut self, part: PartId, standing: bool, at: Time) {
        self.context.stand(part, standing, at);
        let mut others = self.watching_motion.iter().copied().peekable();
        let mut guest_of = self.context.board.next_host(part, None);
        while let Some(element) = match (guest_of, others.peek()) {
            (Some(host), other) if other.is_none_or(|other| host < *other) => {
                guest_of = self.context.board.next_host(part, guest_of);
                Some(host)
            }
            _ => others.next(),
        } {
            self.elements[element.index()].on_motion(&mut self.context, element, part, standing, at);
        }
    }

    /// Rules begin and end, and what they hold stands.
    fn look_at_rules(&mut self, at: Time) {
        if self.rules.look(&mut self.context, at) {
            self.hold_elements(at);
            self.refresh();
        }
    }

    fn hold_elements(&mut self, at: Time) {
        for (element, held) in changed_holds(&self.context) {
            self.elements[element.index()].set_stand(&mut self.context, element, Stand::Held, held, at);
        }
    }

    /// How much it has decided so far.
    fn decided(&self) -> (usize, usize, u64, bool) {
        let context = &self.context;
        (context.wishes.len(), context.events.len(), context.calendar.scheduled(), context.asks_again)
    }

    fn settle(&mut self) {
        self.look_at_rules(self.context.now);
        self.context.turn_what_is_empty();
        for &element in self.settling {
            self.elements[element.index()].settle(&mut self.context, element);
        }
        self.refresh();
    }

    /// Tells everybody who is gone, looks again at the states that may have changed, and lets machines take what stands
    /// before them, until nothing more happens.
    fn refresh(&mut self) {
        loop {
            while let Some(part) = self.context.gone.pop() {
                self.context.board.routes.remove(&part);
                self.context.board.drives.gone(part);
                self.context.board.leave_hosts(part, None);
                self.context.board.unseen.retain(|(unseen, _), _| *unseen != part);
                for element in self.context.scene.element_ids() {
                    self.elements[element.index()].on_gone(&mut self.context, element, part);
                }
            }
            // What goes from hand to hand at one instant has one state after it.
            if self.hand_over() {
                continue;
            }
            if self.context.touched.is_empty() {
                return;
            }
            let mut touched = std::mem::take(self.context.touched);
            for Touched { element, at, .. } in touched.drain(..) {
                self.elements[element.index()].refresh(&mut self.context, element, at);
            }
            touched.append(self.context.touched);
            *self.context.touched = touched;
        }
    }
}
