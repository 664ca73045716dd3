//! What a border with contact physics asks of tokens: who goes over and who comes, where bodies are in their way, and where they
//! are in the way of bodies. Knows nothing about bodies but that.

use super::flow::breaks;
use super::layout::{Lane, Mark, What};
use super::motion::Motion;
use super::token::{Cursor, Token};
use super::{EQUAL_M, EventTransport};
use crate::parts::{PartId, Parts};
use crate::port::FactKind;
use crate::transport::mixed::{Crossing, Met, OVERLAP_M, Shade, Shaded, Wall};
use linetwin_model::scene::{EyeId, SpotId};
use linetwin_model::{Scene, Time};

impl EventTransport {
    /// Tokens that are wholly on a lane of bodies and go on there, in order of lane and place.
    pub fn crossings(&self, by_contact: &[bool]) -> Vec<Crossing> {
        let lanes = self.lanes.iter().zip(by_contact).enumerate().filter(|(_, (_, by_contact))| **by_contact);
        let tokens = lanes.flat_map(|(lane, (tokens, _))| tokens.iter().map(move |token| (lane, token)));
        let goes = |token: &Token| token.at_hold.is_none() && token.aside.is_none() && token.outside.is_none();
        let ready = tokens.filter(|(_, token)| goes(token) && token.others.iter().all(|cursor| cursor.shift_m < 0.0));
        ready.map(|(lane, token)| self.crossing(lane, token)).collect()
    }

    fn crossing(&self, lane: usize, token: &Token) -> Crossing {
        let motion = token.motion.from(self.now);
        let cursors = || [&token.cursor].into_iter().chain(&token.others);
        let covered = |cursor: &Cursor| cursor.covered(&self.layout.lanes[cursor.index()]).collect::<Vec<_>>();
        let met = cursors().map(|cursor| met_by(cursor, &self.layout.lanes[cursor.index()])).collect();
        let eyes = cursors().flat_map(covered).filter_map(|what| if let What::Eye(eye) = what { Some(eye) } else { None });
        Crossing {
            part: token.part,
            lane,
            along_m: motion.x_m,
            left_m: token.left_m,
            yaw_rad: token.yaw_rad,
            v_mps: motion.v_mps,
            half_m: token.half_m,
            met,
            eyes: eyes.collect(),
            rests_since: token.rests_since,
            told_standing: token.told_standing,
        }
    }

    /// The part is a body now; what it has met goes with it.
    pub fn hand_over(&mut self, scene: &Scene, part: PartId) {
        for lane in 0..self.lanes.len() {
            let Some(index) = self.lanes[lane].iter().position(|token| token.part == part) else { continue };
            self.count_work(scene, lane, index);
            self.end_jam(scene, part);
            let token = self.lanes[lane].remove(index).expect("just found");
            for cursor in [&token.cursor].into_iter().chain(&token.others) {
                let covered: Vec<What> = cursor.covered(&self.layout.lanes[cursor.index()]).collect();
                for what in covered {
                    match what {
                        What::Spot(spot) => {
                            let hold = &mut self.holds[spot.index()];
                            hold.passing.retain(|passing| *passing != part);
                            hold.slipping.retain(|slipping| *slipping != part);
                            self.end_separation_beyond(scene, spot);
                        }
                        What::Eye(eye) if breaks(scene, eye, token.size_m[2]) => self.covering[eye.index()] -= 1,
                        _ => {}
                    }
                }
            }
            self.plan_around(scene, lane);
            self.settle();
            return;
        }
    }

    /// Takes a body on as a token, if its place is free.
    pub fn take_on(&mut self, scene: &Scene, parts: &Parts, crossing: &Crossing) -> bool {
        let Crossing { part, lane, along_m, .. } = *crossing;
        let Some(row) = parts.get(part) else { return false };
        let motion = Motion::even(self.now, along_m, crossing.v_mps.max(0.0));
        let mut token = Token::new(scene, part, row, Cursor::new(lane, 0.0), crossing.left_m, crossing.yaw_rad, motion);
        // One that lies beside another stays a body: tokens go one behind the other.
        let half_m = (token.half_m - OVERLAP_M).max(0.0);
        self.walls.retain(|wall| wall.part != part);
        if !self.is_free(lane, along_m, half_m) {
            return false;
        }
        let cursors: Vec<Cursor> = crossing.met.iter().map(|met| self.cursor_of(met, crossing)).collect();
        let [own, ahead @ ..] = cursors.as_slice() else { return false };
        (token.cursor, token.others) = (*own, ahead.to_vec());
        (token.rests_since, token.told_standing) = (crossing.rests_since, crossing.told_standing);
        if crossing.rests_since.is_some() {
            token.motion = Motion::still(self.now, along_m);
        }
        for cursor in &cursors {
            for what in cursor.covered(&self.layout.lanes[cursor.index()]).collect::<Vec<_>>() {
                match what {
                    What::Eye(eye) if breaks(scene, eye, token.size_m[2]) => self.covering[eye.index()] += 1,
                    What::Spot(spot) if self.holds[spot.index()].engaged && has_passed(crossing, spot) => {
                        self.holds[spot.index()].passing.push(part);
                    }
                    _ => {}
                }
            }
        }
        self.put(scene, lane, token);
        self.settle();
        true
    }

    fn cursor_of(&self, met: &Met, crossing: &Crossing) -> Cursor {
        let lane = &self.layout.lanes[met.lane];
        let place_m = crossing.along_m + met.shift_m;
        let spots: Vec<SpotId> = spots_of(&lane.marks[0]).take(met.arrived).collect();
        let passing = |spot: SpotId| met.passing.iter().find(|(passing, _)| *passing == spot);
        let mut cursor = Cursor::new(met.lane, met.shift_m);
        for (face, reach_m) in [(0, crossing.half_m), (1, 0.0), (2, -crossing.half_m)] {
            let is_met = |mark: &Mark| match mark.what {
                What::Spot(spot) => {
                    spots.contains(&spot)
                        && match face {
                            0 => true,
                            1 => passing(spot).is_none_or(|(_, centred)| *centred),
                            _ => passing(spot).is_none(),
                        }
                }
                _ => mark.at_m <= place_m + reach_m,
            };
            // Who has met one has met all before it.
            let last = lane.marks[face].iter().rposition(is_met);
            cursor.next[face] = last.map_or(0, |last| u32::try_from(last + 1).expect("few marks"));
        }
        cursor
    }

    /// Where bodies are. Whoever is on a watched lane, or about to come onto it, looks again.
    pub fn set_walls(&mut self, scene: &Scene, walls: Vec<Wall>, watched: &[usize]) {
        let were = std::mem::replace(&mut self.walls, walls);
        self.walled_at = self.now;
        for &lane in watched {
            if were.iter().chain(&self.walls).any(|wall| wall.lane == lane) {
                self.plan_around(scene, lane);
            }
        }
        self.try_offers(scene);
        self.settle();
    }

    /// Tokens that bodies may come to, in order of id: what they take of their lane, over its whole width, now and `until`.
    /// `reach_m`: as far as a body reaches.
    pub fn shades(&self, shaded: &[Shaded], reach_m: f64, until: Time) -> Vec<Shade> {
        let mut found = Vec::new();
        for (lane, tokens) in self.lanes.iter().enumerate() {
            let row = &self.layout.lanes[lane];
            let is_near = |token: &Token| {
                let x_m = token.motion.from(self.now).x_m;
                let is_in_reach = |wall: &Wall| (self.wall_motion(wall).x_m - x_m).abs() < reach_m + token.half_m;
                let (first, last) = (x_m - token.half_m < reach_m, x_m + token.half_m > row.length_m);
                match shaded[lane] {
                    Shaded::All => true,
                    Shaded::Ends { .. } if self.walls.iter().any(|wall| wall.lane == lane && is_in_reach(wall)) => true,
                    Shaded::Ends { begins, ends } => (begins && first) || (ends && last),
                }
            };
            let shade = |token: &Token| {
                let half_m = [(token.half_m - OVERLAP_M).max(OVERLAP_M), row.width_m / 2.0, token.size_m[2] / 2.0];
                let pose_at = |x_m: f64| row.path.pose_at(x_m).shifted(0.0, 0.0, half_m[2]);
                let [now_m, next_m] = [self.now, until].map(|at| token.motion.from(at).x_m);
                let ahead_m = if token.kept_back { now_m + OVERLAP_M } else { next_m };
                Shade { part: token.part, half_m, poses: [pose_at(now_m), pose_at(next_m)], ahead: pose_at(ahead_m) }
            };
            found.extend(tokens.iter().filter(|token| is_near(token)).map(shade));
        }
        found.sort_by_key(|shade| shade.part);
        found
    }

    /// These tokens, in order of id, do not go on for now; all others may.
    pub fn keep_back(&mut self, scene: &Scene, kept: &[PartId]) {
        for lane in 0..self.lanes.len() {
            for index in 0..self.lanes[lane].len() {
                let token = &mut self.lanes[lane][index];
                let is_kept = kept.binary_search(&token.part).is_ok();
                if std::mem::replace(&mut token.kept_back, is_kept) != is_kept {
                    self.plan_from(scene, lane, index);
                }
            }
        }
        self.settle();
    }

    /// How a body goes on along its lane from now, as it went when both sides last stood at one instant.
    pub(super) fn wall_motion(&self, wall: &Wall) -> Motion {
        Motion::even(self.walled_at, wall.along_m, wall.v_mps.max(0.0)).from(self.now)
    }

    /// Whether no body is on this stretch of a lane.
    pub(super) fn is_free_of_bodies(&self, lane: usize, middle_m: f64, half_m: f64) -> bool {
        let mut here = self.walls.iter().filter(|wall| wall.lane == lane);
        here.all(|wall| (self.wall_motion(wall).x_m - middle_m).abs() >= half_m + wall.half_m - EQUAL_M)
    }

    pub fn is_broken(&self, eye: EyeId) -> bool {
        self.covering[eye.index()] > 0
    }

    /// An eye sees otherwise since a part has gone over.
    pub fn tell_eye(&mut self, eye: EyeId, broken: bool) {
        self.report(if broken { FactKind::EyeBlocked { eye } } else { FactKind::EyeCleared { eye } });
    }
}

fn spots_of(marks: &[Mark]) -> impl Iterator<Item = SpotId> {
    marks.iter().filter_map(|mark| if let What::Spot(spot) = mark.what { Some(spot) } else { None })
}

fn met_by(cursor: &Cursor, lane: &Lane) -> Met {
    let met = |face: usize| spots_of(&lane.marks[face][..cursor.next[face] as usize]).collect::<Vec<_>>();
    let [arrived, centred, left] = [met(0), met(1), met(2)];
    let passing = arrived.iter().filter(|spot| !left.contains(spot)).map(|spot| (*spot, centred.contains(spot))).collect();
    Met { lane: cursor.index(), shift_m: cursor.shift_m, arrived: arrived.len(), passing }
}

fn has_passed(crossing: &Crossing, spot: SpotId) -> bool {
    crossing.met.iter().any(|met| met.passing.contains(&(spot, true)))
}
