//! What tokens meet on their way: marks, ends of lanes, places that are taken or free. Reports facts.

use super::layout::{Entry, Exit, What};
use super::motion::Motion;
use super::token::{Aside, Cursor, Happening, Next, Token};
use super::{EQUAL_M, EventTransport};
use crate::parts::{PartId, Parts};
use crate::port::{FactKind, HELD_AFTER, STANDING_AFTER};
use linetwin_model::scene::{ElementKind, EyeId, PortId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// Up to 60 degrees.
const TAKEN_ROUND_COS: f64 = 0.5;

/// A part that is pushed off its lane where another is in its way looks again so soon.
const ASIDE_AGAIN_AFTER: Time = Time(50_000_000);

/// A token that waits to come onto a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Offer {
    pub token: Token,
    pub port: PortId,
    pub born_at: Time,
    pub refused: bool,
}

/// A mark ahead of a token: where its centre is then, of which cursor (0: its own lane), and for which face.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct NextMark {
    x_m: f64,
    which: u32,
    face: u8,
}

/// What meeting marks has made of a token.
#[derive(Clone, Copy, PartialEq)]
enum Passed {
    /// It goes on as it did, to this mark.
    OnItsWay(Option<NextMark>),
    /// It may go on otherwise.
    Changed,
    /// It is no longer where it was.
    Gone,
}

impl EventTransport {
    /// Everything that is due on a lane.
    pub(super) fn happen_on(&mut self, scene: &Scene, lane: usize) {
        self.touch(lane);
        let mut acts = 0;
        while let Some(index) = self.lanes[lane].iter().position(|token| token.next.at <= self.now) {
            acts += 1;
            assert!(acts < super::ACTS_MAX, "{:?} goes round in a circle at {} s", self.lanes[lane][index], self.now.as_seconds());
            self.happen(scene, lane, index);
        }
        // Who waits for a free place beside this lane looks again.
        for index in 0..self.layout.lanes[lane].sides.len() {
            let side = self.layout.lanes[lane].sides[index];
            if self.lanes[side].front().is_some_and(|token| token.motion.is_still() && token.at_hold.is_none()) {
                self.plan_from(scene, side, 0);
            }
        }
    }

    fn happen(&mut self, scene: &Scene, lane: usize, index: usize) {
        if let Happening::Mark { x_m } = self.lanes[lane][index].next.what {
            match self.pass_marks(scene, lane, index, x_m) {
                Passed::OnItsWay(next_mark) => self.look_on(lane, index, next_mark),
                Passed::Changed => self.plan_from(scene, lane, index),
                Passed::Gone => {}
            }
            return;
        }
        if self.lanes[lane][index].next.what == Happening::Rested {
            self.tell_rest(lane, index);
            let token = &self.lanes[lane][index];
            self.look_on(lane, index, self.next_mark(token));
            return;
        }
        self.bring_up_to_now(scene, lane, index);
        let token = &mut self.lanes[lane][index];
        match token.next.what {
            Happening::Nothing | Happening::Look | Happening::Brake | Happening::Rested | Happening::Mark { .. } => {}
            Happening::Jam => self.happen_to_jam(scene, lane, index),
            Happening::Aside => {
                let aside = token.aside.take().expect("it is being moved aside");
                self.go_aside(scene, lane, index, aside);
                return;
            }
            // Exactly there; that it stops is for the plan, which then looks at who follows.
            Happening::Stop { x_m } => token.motion.x_m = x_m,
        }
        self.plan_from(scene, lane, index);
    }

    fn tell_rest(&mut self, lane: usize, index: usize) {
        let token = &mut self.lanes[lane][index];
        let (part, rested) = (token.part, self.now.since(token.rests_since.unwrap_or(self.now)));
        if let (Some(spot), false) = (token.at_hold, token.told_held)
            && rested >= HELD_AFTER
        {
            token.told_held = true;
            self.report(FactKind::Held { part, spot });
            return;
        }
        if rested >= STANDING_AFTER && !token.told_standing {
            token.told_standing = true;
            self.report(FactKind::Standing { part });
        }
    }

    /// The next mark that a token meets.
    pub(super) fn next_mark(&self, token: &Token) -> Option<NextMark> {
        let mut first: Option<NextMark> = None;
        for (cursor, which) in [&token.cursor].into_iter().chain(&token.others).zip(0u32..) {
            for (face, reach_m) in [(0u8, -token.half_m), (1, 0.0), (2, token.half_m)] {
                let marks = &self.layout.lanes[cursor.index()].marks[usize::from(face)];
                let Some(mark) = marks.get(cursor.next[usize::from(face)] as usize) else { continue };
                let x_m = mark.at_m + reach_m - cursor.shift_m;
                if first.is_none_or(|first| x_m < first.x_m - EQUAL_M) {
                    first = Some(NextMark { x_m, which, face });
                }
            }
        }
        first
    }

    /// A token goes on, or stands on, as it did: only what it meets next, or what is told of its rest, is another.
    pub(super) fn look_on(&mut self, lane: usize, index: usize, next_mark: Option<NextMark>) {
        let token = &self.lanes[lane][index];
        let mut next = token.otherwise;
        let mut offer = |at: Time, what: Happening| {
            if at < next.at {
                next = Next { at, what };
            }
        };
        if let Some(NextMark { x_m, .. }) = next_mark
            && let Some(at) = token.motion.reaches(x_m)
        {
            offer(at.max(self.now), Happening::Mark { x_m });
        }
        if let Some(rests_since) = token.rests_since {
            if token.at_hold.is_some() && !token.told_held {
                offer(rests_since + HELD_AFTER, Happening::Rested);
            } else if !token.told_standing {
                offer(rests_since + STANDING_AFTER, Happening::Rested);
            }
        }
        self.lanes[lane][index].next = next;
    }

    /// Reports every mark that a token, whose centre is at `x_m` now, has come to.
    fn pass_marks(&mut self, scene: &Scene, lane: usize, index: usize, x_m: f64) -> Passed {
        let mut changed = false;
        loop {
            let next_mark = self.next_mark(&self.lanes[lane][index]);
            let Some(NextMark { which, face, .. }) = next_mark.filter(|mark| x_m >= mark.x_m - EQUAL_M) else {
                return if changed { Passed::Changed } else { Passed::OnItsWay(next_mark) };
            };
            let token = &mut self.lanes[lane][index];
            let (part, height_m) = (token.part, token.size_m[2]);
            let cursor = if which == 0 { &mut token.cursor } else { &mut token.others[which as usize - 1] };
            let of = cursor.index();
            let mark = self.layout.lanes[of].marks[usize::from(face)][cursor.next[usize::from(face)] as usize];
            cursor.next[usize::from(face)] += 1;
            // Set down wholly beyond it, it never met this.
            if face == 0 && cursor.has_left(&self.layout.lanes[of], mark.what) {
                continue;
            }
            if !matches!(mark.what, What::Spot(_) | What::Eye(_) | What::Send(_)) && !changed {
                changed = true;
                self.bring_up_to_now(scene, lane, index);
                self.lanes[lane][index].motion.x_m = x_m;
            }
            match (mark.what, face) {
                (What::Spot(spot), 0) => {
                    self.report(FactKind::Arrived { part, spot });
                    if self.comes_to_slip(scene, (lane, index), spot) && !changed {
                        changed = true;
                        self.bring_up_to_now(scene, lane, index);
                        self.lanes[lane][index].motion.x_m = x_m;
                    }
                }
                (What::Spot(spot), 1) => self.report(FactKind::Centred { part, spot }),
                (What::Spot(spot), _) => {
                    if matches!(scene.element(scene.spot(spot).element).kind, ElementKind::LightGrid(_)) {
                        let token = &self.lanes[lane][index];
                        let size_m = [2.0 * token.half_m, 2.0 * token.half_width_m(), height_m];
                        self.report(FactKind::Measured { part, spot, size_m });
                    }
                    self.leave_spot(scene, part, spot);
                }
                (What::Eye(eye), 0) => self.cover(scene, eye, height_m, true),
                (What::Eye(eye), _) => self.cover(scene, eye, height_m, false),
                (What::Zone, _) => {}
                (What::Divert(diverter), _) if which == 0 => {
                    self.divert_token(scene, diverter, index);
                    if self.lanes[lane][index].aside.is_some() {
                        return Passed::Changed;
                    }
                }
                (What::Divert(_), _) => {}
                (What::Send(diverter), 2) => {
                    let sent = &mut self.lanes[lane][index].sent;
                    *sent = sent.filter(|sent| *sent != diverter);
                }
                (What::Send(diverter), _) => {
                    if self.out_at[diverter.index()].is_some() {
                        self.lanes[lane][index].sent = Some(diverter);
                    }
                }
                (What::End, 0) => self.look_ahead(lane, index, which),
                (What::End, 1) if which == 0 => {
                    if !self.cross(scene, lane, index) {
                        return Passed::Gone;
                    }
                }
                (What::End, 1) => {}
                (What::End, _) if which == 0 => {
                    // Wholly on the bed behind the lane.
                    let token = self.lanes[lane].remove(index).expect("it is there");
                    self.leave_marks(scene, &token);
                    self.report(FactKind::Cleared { part, element: self.layout.lanes[of].element });
                    self.plan_from(scene, lane, index);
                    return Passed::Gone;
                }
                (What::End, _) => {
                    self.lanes[lane][index].others.remove(which as usize - 1);
                    self.report(FactKind::Cleared { part, element: self.layout.lanes[of].element });
                }
            }
        }
    }

    fn leave_spot(&mut self, scene: &Scene, part: PartId, spot: SpotId) {
        self.report(FactKind::Left { part, spot });
        let hold = &mut self.holds[spot.index()];
        hold.passing.retain(|passing| *passing != part);
        hold.slipping.retain(|slipping| *slipping != part);
        self.end_separation_beyond(scene, spot);
    }

    fn cover(&mut self, scene: &Scene, eye: EyeId, height_m: f64, covers: bool) {
        if !breaks(scene, eye, height_m) {
            return;
        }
        let count = &mut self.covering[eye.index()];
        let was = *count > 0;
        *count = if covers { *count + 1 } else { *count - 1 };
        if was != (*count > 0) {
            self.report(if covers { FactKind::EyeBlocked { eye } } else { FactKind::EyeCleared { eye } });
        }
    }

    /// A token is no longer where it was: what it has come to and not left, it leaves now.
    fn leave_marks(&mut self, scene: &Scene, token: &Token) {
        self.end_jam(scene, token.part);
        for cursor in [&token.cursor].into_iter().chain(&token.others) {
            let covered: Vec<What> = cursor.covered(&self.layout.lanes[cursor.index()]).collect();
            for what in covered {
                match what {
                    What::Spot(spot) => self.leave_spot(scene, token.part, spot),
                    What::Eye(eye) => self.cover(scene, eye, token.size_m[2], false),
                    _ => {}
                }
            }
        }
    }

    /// The leading face is at the end of a lane: the marks of the one that follows are met by it from now on.
    fn look_ahead(&mut self, lane: usize, index: usize, which: u32) {
        let token = &self.lanes[lane][index];
        let cursor = if which == 0 { &token.cursor } else { &token.others[which as usize - 1] };
        let of = &self.layout.lanes[cursor.index()];
        let shift_m = cursor.shift_m - of.length_m;
        if let Some(Exit::Lane { entry: Entry { lane: next, joins: false, .. }, .. }) = self.exit_of(of)
            && next != lane
        {
            self.lanes[lane][index].others.push(Cursor::new(next, shift_m));
        }
    }

    /// The centre is at the lane's end. Returns whether the token is still where it was.
    fn cross(&mut self, scene: &Scene, lane: usize, index: usize) -> bool {
        let (part, from) = (self.lanes[lane][index].part, self.layout.lanes[lane].element);
        match self.exit_of(&self.layout.lanes[lane]) {
            Some(Exit::Lane { entry, port }) => {
                self.report(FactKind::Crossed { part, from, port });
                let mut token = self.lanes[lane].remove(index).expect("it is there");
                let length_m = self.layout.lanes[lane].length_m;
                let shift_m = length_m - entry.at_m;
                token.others.iter_mut().for_each(|cursor| cursor.shift_m += shift_m);
                let behind = Cursor { shift_m, ..token.cursor };
                let known = token.others.iter().position(|cursor| cursor.index() == entry.lane && cursor.shift_m.abs() < 10.0 * EQUAL_M);
                let known = known.map(|known| token.others.remove(known));
                token.others.push(behind);
                self.arrive(scene, token, (lane, length_m), entry, known, None);
                self.plan_from(scene, lane, index);
                false
            }
            Some(Exit::Bed(port)) => {
                self.report(FactKind::Crossed { part, from, port });
                self.lanes[lane][index].outside = Some(port);
                true
            }
            Some(Exit::Open) | None => {
                self.drop(scene, lane, index);
                false
            }
        }
    }

    /// A token comes onto a lane from a place of another. `known`: how far it is with the marks there. `aside`: how it was moved off
    /// the other; else it has as much of its speed there as points along.
    fn arrive(&mut self, scene: &Scene, mut token: Token, from: (usize, f64), entry: Entry, known: Option<Cursor>, aside: Option<Aside>) {
        let before = self.layout.path(from.0).pose_at(from.1);
        let after = self.layout.path(entry.lane).pose_at(entry.at_m);
        let turn = before.heading() - after.heading();
        let yaw_rad = match aside {
            Some(Aside { covers: Some(covers), .. }) => token.yaw_that_covers(covers, token.yaw_rad + turn),
            Some(_) => token.yaw_rad + turn,
            None if entry.joins => joined_yaw(token.yaw_rad, turn),
            None => token.yaw_rad + turn,
        };
        token.lie_on(scene, entry.lane, yaw_rad);
        let v_mps = aside.map_or_else(
            || {
                let v_mps = (token.motion.v_mps * libm::cos(turn)).max(0.0);
                let slope = |forward: [f64; 3]| libm::asin(forward[2].clamp(-1.0, 1.0));
                landed(v_mps, slope(after.forward) - slope(before.forward), token.friction, self.speed_at(entry.lane, entry.at_m))
            },
            |aside| aside.speed_mps,
        );
        token.motion = Motion::even(self.now, entry.at_m, v_mps);
        token.cursor = match known {
            Some(cursor) => Cursor { shift_m: 0.0, ..cursor },
            None if entry.joins => Cursor::from_beside(entry.lane, &self.layout.lanes[entry.lane], entry.at_m, token.half_m),
            None => Cursor::new(entry.lane, 0.0),
        };
        self.put(scene, entry.lane, token);
    }

    /// Puts a token in its place on a lane, and looks what it meets there.
    pub(super) fn put(&mut self, scene: &Scene, lane: usize, token: Token) {
        self.come_to_jam(scene, lane, &token);
        let (now, x_m) = (self.now, token.motion.x_m);
        let tokens = &mut self.lanes[lane];
        let index = tokens.iter().position(|other| other.motion.from(now).x_m < x_m).unwrap_or(tokens.len());
        tokens.insert(index, token);
        self.touch(lane);
        if self.pass_marks(scene, lane, index, x_m) != Passed::Gone {
            self.plan_from(scene, lane, index);
            if index + 1 < self.lanes[lane].len() {
                self.plan_from(scene, lane, index + 1);
            }
        }
    }

    fn drop(&mut self, scene: &Scene, lane: usize, index: usize) {
        let token = self.lanes[lane].remove(index).expect("it is there");
        self.leave_marks(scene, &token);
        self.report(FactKind::Dropped { part: token.part, from: self.layout.lanes[lane].element });
        self.plan_from(scene, lane, index);
    }

    /// The centre of a token that was moved aside is at its lane's edge.
    fn go_aside(&mut self, scene: &Scene, lane: usize, index: usize, aside: Aside) {
        let (part, from) = (self.lanes[lane][index].part, self.layout.lanes[lane].element);
        let token = &self.lanes[lane][index];
        let half_m = aside.covers.map_or(token.half_width_m(), |covers| token.half_when(token.yaw_that_covers(covers, token.yaw_rad)));
        match self.layout.exit(aside.port) {
            Exit::Lane { entry, .. } if !self.is_free(entry.lane, entry.at_m, half_m) => {
                // It is pressed against who is there.
                let token = &mut self.lanes[lane][index];
                token.aside = Some(Aside { at: self.now + ASIDE_AGAIN_AFTER, ..aside });
                self.plan_from(scene, lane, index);
            }
            Exit::Lane { entry, port } => {
                self.report(FactKind::Crossed { part, from, port });
                let token = self.lanes[lane].remove(index).expect("it is there");
                self.leave_marks(scene, &token);
                // Of where it was, only that it is not yet off it is left to see.
                let layout = &self.layout.lanes[lane];
                let met = [0, 1, 2].map(|face: usize| u32::try_from(layout.marks[face].len()).expect("few marks"));
                let shift_m = layout.length_m - entry.at_m;
                let behind = Cursor { lane: token.cursor.lane, shift_m, next: [met[0], met[1], met[2] - 1] };
                let x_m = token.motion.x_m;
                let token = Token { others: vec![behind], at_hold: None, rests_since: None, ..token };
                self.arrive(scene, token, (lane, x_m), entry, None, Some(aside));
                self.plan_from(scene, lane, index);
            }
            Exit::Bed(port) => {
                self.report(FactKind::Crossed { part, from, port });
                let token = self.lanes[lane].remove(index).expect("it is there");
                self.leave_marks(scene, &token);
                self.report(FactKind::Cleared { part, element: from });
                self.plan_from(scene, lane, index);
            }
            Exit::Open => self.drop(scene, lane, index),
        }
    }

    pub(super) fn remove(&mut self, scene: &Scene, part: PartId) {
        self.forget_jams(part);
        self.forget_misses(part);
        self.forget_slips(part);
        for lane in 0..self.lanes.len() {
            if let Some(index) = self.lanes[lane].iter().position(|token| token.part == part) {
                self.bring_up_to_now(scene, lane, index);
                let token = self.lanes[lane].remove(index).expect("just found");
                self.leave_marks(scene, &token);
                self.touch(lane);
                self.plan_around(scene, lane);
            }
        }
    }

    pub(super) fn place(
        &mut self,
        scene: &Scene,
        parts: &Parts,
        (part, lane, along_m): (PartId, usize, f64),
        (left_m, yaw_rad): (f64, f64),
    ) {
        let row = parts.get(part).expect("a placed part exists");
        let start = Motion::even(self.now, along_m, self.speed_at(lane, along_m));
        let mut token = Token::new(scene, part, row, Cursor::new(lane, 0.0), left_m, yaw_rad, start);
        token.cursor = Cursor::from_beside(lane, &self.layout.lanes[lane], along_m, token.half_m);
        self.report(FactKind::Entered { part, port: scene.conveyors[lane].in_port });
        self.put(scene, lane, token);
    }

    fn speed_at(&self, lane: usize, along_m: f64) -> f64 {
        let zone = self.layout.lanes[lane].zone_at(along_m);
        self.drives[zone.drive.index()].motion.from(self.now).v_mps
    }

    pub(super) fn offer(&mut self, scene: &Scene, parts: &Parts, part: PartId, port: PortId, (left_m, yaw_rad): (f64, f64), born_at: Time) {
        let row = parts.get(part).expect("an offered part exists");
        let entry = self.layout.entry(port).expect("an offer is made at an in-port that leads onto a lane");
        let token = Token::new(scene, part, row, Cursor::new(entry.lane, 0.0), left_m, yaw_rad, Motion::default());
        self.offers.push(Offer { token, port, born_at, refused: false });
    }

    /// First come, first served at each port; who stands behind is refused as well.
    pub(super) fn try_offers(&mut self, scene: &Scene) {
        if self.offers.is_empty() {
            return;
        }
        let mut closed: Vec<PortId> = Vec::new();
        let mut offers = std::mem::take(&mut self.offers);
        offers.retain_mut(|offer| {
            if !closed.contains(&offer.port) && self.try_offer(scene, offer) {
                return false;
            }
            closed.push(offer.port);
            if !std::mem::replace(&mut offer.refused, true) {
                self.facts.push((offer.born_at, FactKind::Refused { part: offer.token.part, port: offer.port }));
            }
            true
        });
        for offer in &offers {
            self.touch(offer.token.cursor.index());
        }
        self.offers = offers;
    }

    fn try_offer(&mut self, scene: &Scene, offer: &Offer) -> bool {
        let Some(entry) = self.layout.entry(offer.port) else { return false };
        let half_m = offer.token.half_m;
        let start_m = if entry.joins { entry.at_m } else { half_m };
        if !self.takes(scene, entry.lane) || !self.is_free(entry.lane, start_m, half_m) {
            return false;
        }
        let v_mps = self.speed_at(entry.lane, start_m);
        // One that enters at its first try has moved since it was born, if its way was free.
        let moved_m = if offer.refused { 0.0 } else { v_mps * self.now.since(offer.born_at).as_seconds() };
        let is_way_free = !offer.refused && self.is_free(entry.lane, start_m + moved_m, half_m);
        let (along_m, entered_at) = if is_way_free { (start_m + moved_m, offer.born_at) } else { (start_m, self.now) };
        let cursor = match entry.joins {
            true => Cursor::from_beside(entry.lane, &self.layout.lanes[entry.lane], along_m, half_m),
            false => offer.token.cursor,
        };
        let motion = Motion::even(self.now, along_m, v_mps);
        self.facts.push((entered_at, FactKind::Entered { part: offer.token.part, port: offer.port }));
        self.put(scene, entry.lane, Token { cursor, motion, ..offer.token.clone() });
        true
    }

    /// When there is room for who waits first to come onto a lane, as far as that is known.
    pub(super) fn room_at(&self, lane: usize) -> Time {
        let is_first = |index: usize| self.offers[..index].iter().all(|before| before.port != self.offers[index].port);
        let waiting = self.offers.iter().enumerate().filter(|(_, offer)| offer.token.cursor.index() == lane);
        let waiting = waiting.filter(|(index, _)| is_first(*index)).map(|(_, offer)| offer);
        let room_at = waiting.filter_map(|offer| {
            let (entry, half_m) = (self.layout.entry(offer.port)?, offer.token.half_m);
            let needs_m = if entry.joins { entry.at_m + half_m } else { 2.0 * half_m };
            let in_way = self.lanes[lane].iter().filter(|token| {
                let x_m = token.motion.from(self.now).x_m;
                x_m - token.half_m < needs_m - EQUAL_M && x_m + token.half_m > needs_m - 2.0 * half_m + EQUAL_M
            });
            in_way.map(|token| token.motion.reaches(needs_m + token.half_m).unwrap_or(Time::MAX)).max()
        });
        room_at.min().unwrap_or(Time::MAX)
    }

    /// From the flow at a lane's end to that of the one that it joins [rad].
    pub(super) fn turn_onto(&self, lane: usize, entry: &Entry) -> f64 {
        self.layout.path(lane).end().heading() - self.layout.path(entry.lane).pose_at(entry.at_m).heading()
    }

    /// A token's motion is told from now on, and what its drive has done on it is counted.
    pub(super) fn bring_up_to_now(&mut self, scene: &Scene, lane: usize, index: usize) {
        self.count_work(scene, lane, index);
        let token = &mut self.lanes[lane][index];
        token.motion = token.motion.from(self.now);
    }

    /// What the drive below a token has done on it since its motion is told.
    pub(super) fn count_work(&mut self, scene: &Scene, lane: usize, index: usize) {
        let token = &self.lanes[lane][index];
        let begin = token.motion;
        if begin.at == self.now || token.aside.is_some() {
            return;
        }
        let zone = self.layout.lanes[lane].zone_at(begin.x_m);
        if zone.by_gravity {
            return;
        }
        let end = begin.from(self.now);
        let drive = &self.drives[zone.drive.index()].motion;
        let (belt_then, belt_now) = (drive.from(begin.at).v_mps, drive.from(self.now).v_mps);
        let belt_mps = f64::midpoint(belt_then, belt_now);
        let weight_n = token.mass_kg * scene.physics.gravity_mps2;
        let (pull_n, climb_n) = (weight_n * token.friction * zone.slope_cos, weight_n * zone.slope_sin);
        let span_s = self.now.since(begin.at).as_seconds();
        let ramp_s = begin.ramp_s().min(span_s);
        let ramp_m = f64::midpoint(begin.v_mps, end.v_mps) * ramp_s;
        // Where it slips, friction pulls over the way of the belt; where it does not, it gains speed and height.
        let ramp_j = match (begin.v_mps - belt_then).abs() > EQUAL_M {
            _ if ramp_s == 0.0 => 0.0,
            true => pull_n * begin.a_mps2.signum() * belt_mps * ramp_s,
            false => token.mass_kg * (end.v_mps * end.v_mps - begin.v_mps * begin.v_mps) / 2.0 + climb_n * ramp_m,
        };
        let even_j = match begin.to_mps < belt_mps - EQUAL_M {
            true => pull_n * belt_mps * (span_s - ramp_s),
            false => climb_n * (end.x_m - begin.x_m - ramp_m),
        };
        self.energy.drive_work_j[zone.drive.index()] += ramp_j + even_j;
    }
}

/// How a part lies that is carried onto a belt from beside, whose flow is `turn` away: at a small angle that belt takes it round, as
/// contacts do; at a large one it lies across.
pub(super) fn joined_yaw(yaw_rad: f64, turn: f64) -> f64 {
    if libm::cos(turn) > TAKEN_ROUND_COS { yaw_rad } else { yaw_rad + turn }
}

/// How fast a part goes on where its way turns up by `kink`, as at the foot of a slope: what of its speed points into the surface is
/// lost, and meanwhile friction brakes it, or takes it along, by as much as that allows.
fn landed(v_mps: f64, kink: f64, friction: f64, surface_mps: f64) -> f64 {
    if kink <= 0.0 {
        return v_mps;
    }
    let (along_mps, most_mps) = (v_mps * libm::cos(kink), v_mps * libm::sin(kink) * friction);
    if along_mps > surface_mps { (along_mps - most_mps).max(surface_mps) } else { (along_mps + most_mps).min(surface_mps) }
}

/// Whether a part so high breaks the beam when it is there.
pub(super) fn breaks(scene: &Scene, eye: EyeId, height_m: f64) -> bool {
    scene.eyes[eye.index()].beam.is_some_and(|beam| beam.height_m < height_m)
}
