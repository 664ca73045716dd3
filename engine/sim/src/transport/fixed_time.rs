//! A transport without physics, for tests of line logic: a part is a length on a line that moves at its drive's speed, up
//! to the part ahead or to an engaged hold, where it stands. Instants within a step are exact for constant speeds. It
//! proves that the logic does not know its transport, and stands in for the coming event transport.
//!
//! What it leaves out: ramps (drives change speed at once), slip, width, height, force (a pusher always reaches), jams
//! and drops, except for a part whose conveyor ends where nothing catches it.

mod devices;
mod token;

use crate::parts::{PartId, Parts};
use crate::port::{Ball, EnergyTotals, Fact, FactKind, PartMotion, Seen, Transport, Wish};
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::scene::{ConveyorId, DriveId, ElementKind, EyeId, HoldKind, PortId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use token::{HoldState, Mark, Move, Offer, Stroke, Token, Watch, motion, next_mark, watches};

/// Lengths closer than this are equal [m]: a thousandth of what rounding adds up to in a year of steps is still less.
const EQUAL_M: f64 = 1e-9;
/// A receiving bed runs at least this fast [m/s], so that a part is taken in also where its conveyor crawls.
const BED_SPEED_MPS: f64 = 0.3;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedTimeTransport {
    /// By conveyor: its tokens, the first in flow direction first.
    lanes: Vec<Vec<Token>>,
    /// Conveyors, downstream first: who moves first makes room.
    order: Vec<ConveyorId>,
    /// By drive [m/s].
    speeds_mps: Vec<f64>,
    holds: Vec<HoldState>,
    /// By eye: how many parts break the beam.
    covering: Vec<u32>,
    offers: Vec<Offer>,
    strokes: Vec<Option<Stroke>>,
    /// By diverter: out.
    diverting: Vec<bool>,
    facts: Vec<(Time, FactKind)>,
    motions: Vec<(PartId, PartMotion)>,
    /// There is no force, so there is no work.
    energy: EnergyTotals,
}

impl FixedTimeTransport {
    /// Panics on what it cannot do: loops (lanes are queues), rollers that gravity alone turns, platforms or carriers that travel.
    pub fn new(scene: &Scene) -> Self {
        let ring = |kind: &ElementKind| matches!(kind, ElementKind::ZoneConveyor(zones) if zones.ring);
        assert!(!scene.elements.iter().any(|element| ring(&element.kind)), "the fixed-time transport has no closed loops: use contact");
        let stays = scene.carriages.is_empty()
            && scene.lifts.is_empty()
            && scene.trains.is_empty()
            && !scene.conveyors.iter().any(|conveyor| conveyor.rolls_freely());
        assert!(stays, "the fixed-time transport has neither gravity nor what travels");
        FixedTimeTransport {
            lanes: vec![Vec::new(); scene.conveyors.len()],
            order: downstream_first(scene),
            speeds_mps: scene.drives.iter().map(|drive| drive.speed_mps).collect(),
            holds: vec![HoldState::default(); scene.spots.len()],
            covering: vec![0; scene.eyes.len()],
            offers: Vec::new(),
            strokes: vec![None; scene.pushers.len()],
            diverting: vec![false; scene.diverters.len()],
            facts: Vec::new(),
            motions: Vec::new(),
            energy: EnergyTotals::new(scene.drives.len()),
        }
    }

    fn report(&mut self, at: Time, kind: FactKind) {
        self.facts.push((at, kind));
    }

    /// The lane and place in it that an in-port leads to; `None`: a bed (sink, buffer).
    fn entry(scene: &Scene, port: PortId) -> Option<(ConveyorId, f64)> {
        match &scene.element(scene.port(port).element).kind {
            ElementKind::Conveyor(conveyor) => Some((*conveyor, 0.0)),
            ElementKind::ZoneConveyor(zones) => Some((zones.conveyor, 0.0)),
            ElementKind::Merge(merge) => {
                let window = scene.spot(merge.window);
                Some((window.host, window.at_m))
            }
            _ => None,
        }
    }

    fn drive_at(&self, scene: &Scene, conveyor: ConveyorId, along_m: f64) -> DriveId {
        let drives = &scene.conveyor(conveyor).drives;
        let found = drives.iter().find(|drive| along_m < scene.drives[drive.index()].end_m);
        *found.or(drives.last()).expect("a conveyor has a drive")
    }

    /// A belt stop stands while it keeps a part.
    fn speed_at(&self, scene: &Scene, conveyor: ConveyorId, along_m: f64) -> f64 {
        let drive = self.drive_at(scene, conveyor, along_m);
        let stopped = self.lanes[conveyor.index()].iter().filter_map(|token| token.held).any(|spot| {
            let row = scene.spot(spot);
            row.hold == Some(HoldKind::BeltStop) && self.drive_at(scene, conveyor, row.at_m) == drive
        });
        if stopped { 0.0 } else { self.speeds_mps[drive.index()].max(0.0) }
    }

    fn token(&self, scene: &Scene, offer: &Offer, lane: ConveyorId, along_m: f64) -> Token {
        let (sin, cos) = (libm::sin(offer.yaw_rad).abs(), libm::cos(offer.yaw_rad).abs());
        Token {
            part: offer.part,
            half_m: (offer.size_m[0] * cos + offer.size_m[1] * sin) / 2.0,
            height_m: offer.size_m[2],
            left_m: offer.left_m,
            yaw_rad: offer.yaw_rad,
            along_m,
            speed_mps: 0.0,
            standing: false,
            held: None,
            outside: None,
            pushed: false,
            behind: None,
            watches: watches(scene, lane),
        }
    }

    /// Puts a token into its lane, behind all that are further on.
    fn insert(&mut self, lane: ConveyorId, token: Token) -> usize {
        let tokens = &mut self.lanes[lane.index()];
        let index = tokens.iter().position(|other| other.along_m < token.along_m).unwrap_or(tokens.len());
        tokens.insert(index, token);
        index
    }

    /// Reports everything that the token at `index` passes on a move.
    fn observe(&mut self, scene: &Scene, lane: ConveyorId, index: usize, path: Move) {
        let token = &mut self.lanes[lane.index()][index];
        let (part, half_m, behind) = (token.part, token.half_m, token.behind);
        let mut seen = Vec::new();
        for watch in &mut token.watches {
            let shift = if watch.behind { behind.map_or(0.0, |(_, shift)| shift) } else { 0.0 };
            while let Some((at_m, kind)) = next_mark(scene, watch, half_m, part) {
                if path.to_m < at_m - shift - EQUAL_M {
                    break;
                }
                seen.push((path.instant_of(at_m - shift), watch.mark, kind));
                watch.stage += 1;
            }
        }
        for (at, mark, kind) in seen {
            match mark {
                Mark::Spot(_) => self.report(at, kind),
                Mark::Eye(eye) => self.cover(eye, matches!(kind, FactKind::EyeBlocked { .. }), at),
            }
        }
    }

    fn cover(&mut self, eye: EyeId, covers: bool, at: Time) {
        let count = &mut self.covering[eye.index()];
        let was = *count > 0;
        *count = if covers { *count + 1 } else { *count - 1 };
        if was != (*count > 0) {
            self.report(at, if covers { FactKind::EyeBlocked { eye } } else { FactKind::EyeCleared { eye } });
        }
    }

    /// A token is no longer where its watches look: what it has reached and not left, it leaves now.
    fn leave_marks(&mut self, part: PartId, watches: &[Watch], at: Time) {
        for watch in watches {
            match (watch.mark, watch.stage) {
                (Mark::Spot(spot), 1 | 2) => self.report(at, FactKind::Left { part, spot }),
                (Mark::Eye(eye), 1) => self.cover(eye, false, at),
                _ => {}
            }
        }
    }

    fn try_offers(&mut self, scene: &Scene, at: Time) {
        let mut ports_done: Vec<PortId> = Vec::new();
        let mut index = 0;
        while index < self.offers.len() {
            let offer = self.offers[index];
            // First come, first served at each port; who stands behind is refused as well.
            let first = !ports_done.contains(&offer.port);
            if first && self.try_offer(scene, index, at) {
                self.offers.remove(index);
                continue;
            }
            if !self.offers[index].refused {
                self.offers[index].refused = true;
                self.report(offer.born_at, FactKind::Refused { part: offer.part, port: offer.port });
            }
            ports_done.push(offer.port);
            index += 1;
        }
    }

    fn try_offer(&mut self, scene: &Scene, index: usize, at: Time) -> bool {
        let offer = self.offers[index];
        let Some((lane, entry_m)) = Self::entry(scene, offer.port) else { return false };
        let mut token = self.token(scene, &offer, lane, entry_m);
        let start_m = entry_m + if entry_m > 0.0 { 0.0 } else { token.half_m };
        let lowest_m = start_m - token.half_m;
        let ahead = self.lanes[lane.index()].iter().rev().find(|other| other.lead_m() > lowest_m + EQUAL_M);
        let room_m = ahead.map_or(f64::INFINITY, |other| other.tail_m() - start_m - token.half_m);
        if room_m < -EQUAL_M {
            return false;
        }
        let speed_mps = self.speed_at(scene, lane, start_m);
        // The instant at which the tail ahead had just made room.
        let freed_at = if room_m.is_finite() && speed_mps > 0.0 {
            at.since(Time::from_seconds(room_m.max(0.0) / speed_mps))
        } else if offer.refused {
            at
        } else {
            offer.born_at
        };
        let entered_at = freed_at.max(offer.born_at);
        if entered_at > offer.born_at && !offer.refused {
            self.report(offer.born_at, FactKind::Refused { part: offer.part, port: offer.port });
        }
        token.along_m = start_m + (speed_mps * at.since(entered_at).as_seconds()).min(room_m.max(0.0));
        let path = Move { from_m: start_m, to_m: token.along_m, speed_mps, from_at: entered_at };
        self.report(entered_at, FactKind::Entered { part: offer.part, port: offer.port });
        let index = self.insert(lane, token);
        self.observe(scene, lane, index, path);
        true
    }

    fn place(&mut self, scene: &Scene, offer: &Offer, lane: ConveyorId, along_m: f64, at: Time) {
        let mut token = self.token(scene, offer, lane, along_m);
        // What it is wholly beyond, it never met.
        let half_m = token.half_m;
        token.watches.retain(|watch| match watch.mark {
            Mark::Spot(spot) => along_m - half_m < scene.spot(spot).end_m,
            Mark::Eye(eye) => scene.eyes[eye.index()].beam.is_some_and(|beam| along_m - half_m < beam.at_m),
        });
        self.report(at, FactKind::Entered { part: offer.part, port: offer.port });
        let index = self.insert(lane, token);
        self.observe(scene, lane, index, Move { from_m: along_m, to_m: along_m, speed_mps: 0.0, from_at: at });
    }

    fn remove(&mut self, part: PartId, at: Time) {
        for lane in 0..self.lanes.len() {
            if let Some(index) = self.lanes[lane].iter().position(|token| token.part == part) {
                let token = self.lanes[lane].remove(index);
                self.leave_marks(part, &token.watches, at);
            }
        }
    }

    fn advance_lane(&mut self, scene: &Scene, lane: ConveyorId, now: Time, until: Time) {
        let mut index = 0;
        while index < self.lanes[lane.index()].len() {
            // A token that goes over to another lane leaves its index to the one behind it.
            if self.advance_token(scene, lane, index, now, until) {
                index += 1;
            }
        }
    }

    /// Returns whether the token stays in its lane.
    fn advance_token(&mut self, scene: &Scene, lane: ConveyorId, index: usize, now: Time, until: Time) -> bool {
        let length_m = scene.conveyor(lane).path.length();
        let token = &self.lanes[lane.index()][index];
        let (part, from_m, outside) = (token.part, token.along_m, token.outside.is_some());
        let own_mps = self.speed_at(scene, lane, from_m);
        let speed_mps = match () {
            () if token.pushed => 0.0,
            () if outside => own_mps.max(BED_SPEED_MPS),
            () => own_mps,
        };
        let (hold_m, spot) = self.hold_limit(scene, lane, index);
        let limit_m = if outside { f64::INFINITY } else { self.room_limit(scene, lane, index).min(hold_m).max(from_m) };
        let to_m = (from_m + speed_mps * until.since(now).as_seconds()).min(limit_m);
        let path = Move { from_m, to_m, speed_mps, from_at: now };

        self.move_token(lane, index, path, now);
        if let Some(spot) = spot.filter(|_| !outside && to_m >= hold_m - EQUAL_M) {
            let token = &mut self.lanes[lane.index()][index];
            if token.held.replace(spot) != Some(spot) {
                self.report(path.instant_of(hold_m), FactKind::Held { part, spot });
            }
        }
        self.observe(scene, lane, index, path);
        self.clear_behind(scene, lane, index, path);
        if outside {
            return self.advance_outside(scene, lane, index, path, length_m);
        }
        if to_m < length_m - EQUAL_M {
            return true;
        }
        self.cross(scene, lane, index, path.instant_of(length_m), until)
    }

    fn move_token(&mut self, lane: ConveyorId, index: usize, path: Move, now: Time) {
        let token = &mut self.lanes[lane.index()][index];
        let (part, moves) = (token.part, path.to_m > path.from_m + EQUAL_M);
        token.along_m = path.to_m;
        token.speed_mps = if moves { path.speed_mps } else { 0.0 };
        let changed = token.standing == moves && !token.pushed;
        if changed {
            token.standing = !moves;
            self.report(now, if moves { FactKind::Moving { part } } else { FactKind::Standing { part } });
        }
    }

    /// How far the token's centre may go for engaged holds, and which one keeps it.
    fn hold_limit(&self, scene: &Scene, lane: ConveyorId, index: usize) -> (f64, Option<SpotId>) {
        let token = &self.lanes[lane.index()][index];
        let mut limit = (f64::INFINITY, None);
        for watch in token.watches.iter().filter(|watch| !watch.behind) {
            let Mark::Spot(spot) = watch.mark else { continue };
            let (row, hold) = (scene.spot(spot), &self.holds[spot.index()]);
            if !hold.engaged || hold.passing.contains(&token.part) {
                continue;
            }
            let stop_m = if row.hold == Some(HoldKind::Blade) { row.end_m - token.half_m } else { row.at_m };
            if token.along_m <= stop_m + EQUAL_M && stop_m < limit.0 {
                limit = (stop_m, Some(spot));
            }
        }
        limit
    }

    /// How far the token's centre may go for what is ahead.
    fn room_limit(&self, scene: &Scene, lane: ConveyorId, index: usize) -> f64 {
        let token = &self.lanes[lane.index()][index];
        if index > 0 {
            return self.lanes[lane.index()][index - 1].tail_m() - token.half_m;
        }
        let length_m = scene.conveyor(lane).path.length();
        let next = scene.successor(scene.conveyor(lane).out_port).and_then(|port| Self::entry(scene, port));
        match next {
            Some((next, entry_m)) if entry_m > 0.0 => {
                let meets =
                    |other: &Token| other.lead_m() > entry_m - token.half_m + EQUAL_M && other.tail_m() < entry_m + token.half_m - EQUAL_M;
                if self.lanes[next.index()].iter().any(meets) { length_m - 2.0 * EQUAL_M } else { f64::INFINITY }
            }
            Some((next, _)) => match self.lanes[next.index()].last() {
                Some(last) => length_m + last.tail_m() - token.half_m,
                None => f64::INFINITY,
            },
            None => f64::INFINITY,
        }
    }

    /// Reports the moment at which the tail left the conveyor behind.
    fn clear_behind(&mut self, scene: &Scene, lane: ConveyorId, index: usize, path: Move) {
        let token = &mut self.lanes[lane.index()][index];
        let Some((behind, shift_m)) = token.behind else { return };
        let clear_m = scene.conveyor(behind).path.length() - shift_m + token.half_m;
        if path.to_m < clear_m - EQUAL_M {
            return;
        }
        token.behind = None;
        let (part, at) = (token.part, path.instant_of(clear_m));
        let old: Vec<Watch> = token.watches.extract_if(.., |watch| watch.behind).collect();
        self.leave_marks(part, &old, at);
        self.report(at, FactKind::Cleared { part, element: scene.conveyor(behind).element });
    }

    /// On a bed: the token is gone once its tail has left the conveyor.
    fn advance_outside(&mut self, scene: &Scene, lane: ConveyorId, index: usize, path: Move, length_m: f64) -> bool {
        let clear_m = length_m + self.lanes[lane.index()][index].half_m;
        if path.to_m < clear_m - EQUAL_M {
            return true;
        }
        let token = self.lanes[lane.index()].remove(index);
        let at = path.instant_of(clear_m);
        self.leave_marks(token.part, &token.watches, at);
        self.report(at, FactKind::Cleared { part: token.part, element: scene.conveyor(lane).element });
        false
    }

    /// The centre is at the lane's end. Returns whether the token stays in its lane.
    fn cross(&mut self, scene: &Scene, lane: ConveyorId, index: usize, at: Time, until: Time) -> bool {
        let row = scene.conveyor(lane);
        let (part, from) = (self.lanes[lane.index()][index].part, row.element);
        let Some(port) = scene.successor(row.out_port) else {
            let token = self.lanes[lane.index()].remove(index);
            self.leave_marks(part, &token.watches, at);
            self.report(at, FactKind::Dropped { part, from });
            return false;
        };
        self.report(at, FactKind::Crossed { part, from, port });
        let Some((next, entry_m)) = Self::entry(scene, port) else {
            self.lanes[lane.index()][index].outside = Some(port);
            return true;
        };
        let mut token = self.lanes[lane.index()].remove(index);
        self.finish_behind(scene, &mut token, at);
        token.watches.iter_mut().for_each(|watch| watch.behind = true);
        token.watches.extend(watches(scene, next));
        token.behind = Some((lane, row.path.length() - entry_m));
        let speed_mps = self.speed_at(scene, next, entry_m);
        let ahead = self.lanes[next.index()].iter().rev().find(|other| other.along_m > entry_m);
        let limit_m = ahead.map_or(f64::INFINITY, |other| other.tail_m() - token.half_m).max(entry_m);
        token.along_m = (entry_m + speed_mps * until.since(at).as_seconds()).min(limit_m);
        let path = Move { from_m: entry_m, to_m: token.along_m, speed_mps, from_at: at };
        let index = self.insert(next, token);
        self.observe(scene, next, index, path);
        self.clear_behind(scene, next, index, path);
        false
    }

    /// A part longer than its conveyor: the tail is taken to have left the conveyor before that one.
    fn finish_behind(&mut self, scene: &Scene, token: &mut Token, at: Time) {
        if let Some((before, _)) = token.behind.take() {
            let old: Vec<Watch> = token.watches.extract_if(.., |watch| watch.behind).collect();
            self.leave_marks(token.part, &old, at);
            self.report(at, FactKind::Cleared { part: token.part, element: scene.conveyor(before).element });
        }
    }
}

impl Transport for FixedTimeTransport {
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        let size_m = |part| parts.get(part).map_or([0.0; 3], |row| row.shape.size_m());
        for wish in wishes {
            match *wish {
                Wish::Offer { part, port, left_m, yaw_rad, born_at } => {
                    self.offers.push(Offer { part, port, size_m: size_m(part), left_m, yaw_rad, born_at, refused: false });
                }
                Wish::Withdraw { part } => self.offers.retain(|offer| offer.part != part),
                Wish::Place { part, conveyor, along_m, left_m, yaw_rad } => {
                    let port = scene.conveyor(conveyor).in_port;
                    let offer = Offer { part, port, size_m: size_m(part), left_m, yaw_rad, born_at: now, refused: false };
                    self.place(scene, &offer, conveyor, along_m, now);
                }
                Wish::LastOut { spot, part } => self.holds[spot.index()].last = Some(part),
                Wish::Hold { spot } => self.engage(scene, spot),
                Wish::Release { spot } => self.release(scene, spot),
                Wish::Push { pusher } => self.push(scene, pusher, now),
                Wish::Divert { diverter, out } => self.diverting[diverter.index()] = out,
                Wish::Travel { .. } => unreachable!("a scene with platforms that travel was refused"),
                Wish::SetSpeed { drive, speed_mps } => self.speeds_mps[drive.index()] = speed_mps,
                // Nothing here depends on a mass.
                Wish::Reweigh { .. } => {}
                // Nothing here is ever askew.
                Wish::Straighten { .. } => {}
                // For what moves grains.
                Wish::RunBulk { .. } | Wish::Fill { .. } => {}
                Wish::Remove { part } => self.remove(part, now),
            }
        }
        self.try_offers(scene, now);
    }

    fn advance(&mut self, scene: &Scene, now: Time, until: Time) {
        let totals = self.energy.drive_running.iter_mut().zip(&mut self.energy.drive_way_m);
        for (speed, (running, way_m)) in self.speeds_mps.iter().zip(totals) {
            if *speed != 0.0 {
                *running += until.since(now);
                *way_m += speed * until.since(now).as_seconds();
            }
        }
        self.advance_strokes(scene, until);
        for index in 0..self.order.len() {
            self.advance_lane(scene, self.order[index], now, until);
        }
        self.divert(scene, now, until);
        self.try_offers(scene, until);
        self.motions.clear();
        for (lane, conveyor) in self.lanes.iter().zip(&scene.conveyors) {
            self.motions.extend(lane.iter().map(|token| (token.part, motion(token, &conveyor.path))));
        }
        self.motions.sort_by_key(|(part, _)| *part);
    }

    fn sense(&mut self, _scene: &Scene, _now: Time, until: Time, facts: &mut Vec<Fact>) {
        // Stable: what one part does at one instant stays in its causal order.
        self.facts.sort_by_key(|(at, _)| *at);
        facts.extend(self.facts.drain(..).map(|(at, kind)| Fact { crossed_at: at.min(until), seen_at: until, kind }));
    }

    fn next_fact_at(&self) -> Option<Time> {
        None
    }

    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        self.motions.clone()
    }

    fn solids(&self, _: bool, _: &[Ball]) -> Vec<(Seen, Solid)> {
        Vec::new()
    }

    fn speed_mps(&self, drive: DriveId) -> f64 {
        self.speeds_mps[drive.index()]
    }

    fn energy(&self) -> &EnergyTotals {
        &self.energy
    }

    fn hash_state(&self, hasher: &mut blake3::Hasher) {
        for token in self.lanes.iter().flatten() {
            hasher.update(&token.part.source.0.to_le_bytes()).update(&token.part.serial.to_le_bytes());
            hasher.update(&token.along_m.to_bits().to_le_bytes());
        }
        for speed in &self.speeds_mps {
            hasher.update(&speed.to_bits().to_le_bytes());
        }
        for hold in &self.holds {
            hasher.update(&[u8::from(hold.engaged)]);
        }
    }
}

/// Every conveyor after the one that it feeds (rings are cut at their lowest id).
fn downstream_first(scene: &Scene) -> Vec<ConveyorId> {
    let mut order: Vec<ConveyorId> = Vec::new();
    for first in 0..scene.conveyors.len() {
        let mut way: VecDeque<ConveyorId> = VecDeque::new();
        let mut next = Some(ConveyorId::from_index(first));
        while let Some(conveyor) = next.filter(|conveyor| !order.contains(conveyor) && !way.contains(conveyor)) {
            way.push_front(conveyor);
            next = scene
                .successor(scene.conveyor(conveyor).out_port)
                .and_then(|port| FixedTimeTransport::entry(scene, port))
                .map(|(conveyor, _)| conveyor);
        }
        order.extend(way);
    }
    order
}
