//! How a token moves on from now, and what happens to it next. It is carried by the surface below it, up to a hold, a closed
//! end of its lane, or who is ahead; whoever changes how it moves has those behind it looked at again.

use super::flow::joined_yaw;
use super::layout::{Entry, Exit};
use super::motion::{Motion, meets};
use super::token::{Happening, Next, Token};
use super::{EQUAL_M, EventTransport};
use crate::port::FactKind;
use linetwin_model::scene::{Carrying, DriveId, HoldKind, SpotId};
use linetwin_model::{Scene, Time};
use std::collections::VecDeque;

/// A receiving bed runs at least this fast [m/s], so that a part is taken in also where its conveyor crawls.
const BED_SPEED_MPS: f64 = 0.3;
/// The least that friction does [m/s^2]: on a slope that is too steep for its friction, a part still creeps.
const LEAST_RATE_MPS2: f64 = 0.05;
/// Who is so far ahead does not matter yet [m].
const LOOK_AHEAD_M: f64 = 20.0;

/// A place at which a token must stop.
struct Stop {
    x_m: f64,
    spot: Option<SpotId>,
    /// A belt stop: its drive, and from where it brakes.
    brake: Option<(DriveId, f64)>,
}

/// Who is ahead: its motion from now, and its trailing face less what it keeps free, in the follower's coordinates.
struct Leader {
    motion: Motion,
    tail_m: f64,
}

impl EventTransport {
    /// Looks at a token, and at those behind it as far as that changes anything for them.
    pub(super) fn plan_from(&mut self, scene: &Scene, lane: usize, index: usize) {
        self.todo.push_back((lane, index));
        self.plan_todo(scene);
    }

    pub(super) fn plan_lane(&mut self, scene: &Scene, lane: usize) {
        self.todo.extend((0..self.lanes[lane].len()).map(|index| (lane, index)));
        self.plan_todo(scene);
    }

    /// Everything on a lane, and whoever is about to come onto it.
    pub(super) fn plan_around(&mut self, scene: &Scene, lane: usize) {
        self.todo.extend((0..self.lanes[lane].len()).map(|index| (lane, index)));
        let before = &self.layout.lanes[lane];
        self.todo.extend(before.feeders.iter().chain(&before.sides).map(|before| (*before, 0)));
        self.plan_todo(scene);
    }

    fn plan_todo(&mut self, scene: &Scene) {
        // On a closed loop a change may come back to who began it: two rounds are enough for all to agree.
        let (few, mut planned) = (2 * self.todo.len() + 8, 0);
        while let Some((lane, index)) = self.todo.pop_front() {
            let goes_round = |planned| planned >= few + 2 * self.lanes.iter().map(VecDeque::len).sum::<usize>();
            if index >= self.lanes[lane].len() || (planned >= few && goes_round(planned)) {
                continue;
            }
            planned += 1;
            if !self.plan(scene, lane, index) {
                continue;
            }
            if index + 1 < self.lanes[lane].len() {
                self.todo.push_back((lane, index + 1));
            } else {
                self.push_feeders(lane, 0);
            }
        }
    }

    /// Whoever comes onto a lane next, from lanes that lead to its beginning.
    fn push_feeders(&mut self, lane: usize, depth: u32) {
        for index in 0..self.layout.lanes[lane].feeders.len() {
            let feeder = self.layout.lanes[lane].feeders[index];
            if !self.lanes[feeder].is_empty() {
                self.todo.push_back((feeder, 0));
            } else if depth < 4 {
                self.push_feeders(feeder, depth + 1);
            }
        }
    }

    /// Plans one token from now on. Returns whether it moves on otherwise than before.
    fn plan(&mut self, scene: &Scene, lane: usize, index: usize) -> bool {
        self.touch(lane);
        let now = self.now;
        let token = &self.lanes[lane][index];
        let before = token.motion.from(now);
        let mut next = Next::NOTHING;
        let mut offer = |at: Option<Time>, what: Happening| {
            // Whoever is just looked at is looked at again later.
            let at = if what == Happening::Look { at.map(|at| at.max(now + Time(1))) } else { at };
            if let Some(at) = at.filter(|at| *at < next.at) {
                next = Next { at, what };
            }
        };
        let mut at_hold = None;
        let mut brake_now = None;
        let motion = if let Some(aside) = token.aside {
            offer(Some(aside.at), Happening::Aside);
            Motion::still(now, before.x_m)
        } else if token.kept_back {
            Motion::still(now, before.x_m)
        } else if let Some((_, at)) = token.sets_off.filter(|(_, at)| *at > now) {
            offer(Some(at), Happening::Look);
            Motion::still(now, before.x_m)
        } else {
            let wish = self.wish(scene, lane, token, before);
            let stop = if token.outside.is_some() { None } else { self.stop_ahead(scene, lane, token, before.x_m) };
            match stop {
                Some(stop) if stop.brake.is_none() && before.x_m >= stop.x_m - EQUAL_M => {
                    at_hold = stop.spot;
                    Motion::still(now, before.x_m)
                }
                stop => {
                    let motion = match self.leader(lane, index, before.x_m) {
                        Some(leader) => behind(wish, before, token.half_m, &leader, &mut offer),
                        None => wish,
                    };
                    match stop {
                        Some(Stop { brake: Some((drive, from_m)), spot: Some(spot), x_m }) => {
                            let is_stopped = self.holds[spot.index()].stopped_for.is_some();
                            if is_stopped {
                                at_hold = (self.holds[spot.index()].stopped_for == Some(token.part)).then_some(spot);
                            } else if before.x_m >= from_m - EQUAL_M && before.x_m <= x_m + EQUAL_M {
                                brake_now = Some((spot, drive));
                            } else {
                                offer(motion.reaches(from_m), Happening::Brake);
                            }
                        }
                        Some(stop) => offer(motion.reaches(stop.x_m), Happening::Stop { x_m: stop.x_m }),
                        None => {}
                    }
                    motion
                }
            }
        };
        offer(motion.rests_at(), Happening::Look);
        if self.jams.is_some() && motion.is_still() && token.aside.is_none() {
            offer(self.next_of_jam(scene, lane, index), Happening::Jam);
        }
        let settle = at_hold.map_or(Time::ZERO, |spot| self.timing(scene, spot).settle);
        let changed = !motion.goes_as(&before);
        if changed {
            self.count_work(scene, lane, index);
            self.lanes[lane][index].motion = motion;
        }
        let token = &mut self.lanes[lane][index];
        token.at_hold = at_hold;
        let (part, was_standing) = (token.part, token.told_standing);
        if motion.is_still() && token.aside.is_none() {
            token.rests_since.get_or_insert(now + settle);
        } else {
            (token.rests_since, token.told_held, token.told_standing) = (None, false, false);
        }
        token.otherwise = next;
        let is_standing = token.told_standing;
        self.look_on(lane, index, self.next_mark(&self.lanes[lane][index]));
        if was_standing && !is_standing {
            self.report(FactKind::Moving { part });
        }
        if let Some((spot, drive)) = brake_now {
            self.stop_belt(scene, spot, part, drive);
        }
        changed
    }

    /// As the surface below it carries it.
    fn wish(&self, scene: &Scene, lane: usize, token: &Token, before: Motion) -> Motion {
        let (now, row) = (self.now, &self.layout.lanes[lane]);
        let zone = row.zone_at(before.x_m);
        let gravity = scene.physics.gravity_mps2;
        let (sin, cos) = (zone.slope_sin, zone.slope_cos);
        if zone.by_gravity {
            let (resistance, most_mps) = match scene.conveyors[lane].carrying {
                // Rolling resistance grows with the speed: where it equals the slope, it goes no faster.
                Carrying::FreeRollers(rollers) => {
                    let resistance = (rollers.resistance + zone.resistance).max(0.0);
                    let most = if rollers.resistance_per_mps > 0.0 {
                        ((-sin / cos - resistance) / rollers.resistance_per_mps).max(0.0)
                    } else {
                        f64::INFINITY
                    };
                    (resistance, most)
                }
                _ => ((token.friction + zone.resistance).max(0.0), f64::INFINITY),
            };
            let rate = gravity * (-sin - resistance * cos);
            let to_mps = if rate > 0.0 { most_mps } else { 0.0 };
            return Motion::ramp(now, before.x_m, before.v_mps, to_mps, rate.abs().max(LEAST_RATE_MPS2));
        }
        let drive = self.drives[zone.drive.index()].motion.from(now);
        let to_mps = if token.outside.is_some() { drive.to_mps.max(BED_SPEED_MPS) } else { drive.to_mps };
        let friction = |slope: f64| (gravity * (token.friction * cos + slope)).max(LEAST_RATE_MPS2);
        let rate = if to_mps > before.v_mps { friction(-sin) } else { friction(sin) };
        let keeps_up = (before.v_mps - drive.v_mps).abs() < 1e-6 && drive.rate_mps2() != 0.0;
        Motion::ramp(now, before.x_m, before.v_mps, to_mps, if keeps_up { rate.min(drive.a_mps2.abs()) } else { rate })
    }

    /// The nearest place ahead at which it must stop.
    fn stop_ahead(&self, scene: &Scene, lane: usize, token: &Token, x_m: f64) -> Option<Stop> {
        let mut nearest: Option<Stop> = None;
        let mut consider = |stop: Stop| {
            if nearest.as_ref().is_none_or(|nearest| stop.x_m < nearest.x_m) {
                nearest = Some(stop);
            }
        };
        for cursor in [&token.cursor].into_iter().chain(&token.others) {
            for hold in &self.layout.lanes[cursor.index()].holds {
                let state = &self.holds[hold.spot.index()];
                if !state.engaged || state.passing.contains(&token.part) || state.slipping.contains(&token.part) {
                    continue;
                }
                let stop_m = if hold.kind == HoldKind::Blade { hold.end_m - token.half_m } else { hold.at_m } - cursor.shift_m;
                if x_m > stop_m + EQUAL_M && state.stopped_for != Some(token.part) {
                    continue;
                }
                let drive = &self.drives[hold.drive.index()];
                let brake = (hold.kind == HoldKind::BeltStop).then(|| (hold.drive, stop_m - drive.braking_m(self.now)));
                consider(Stop { x_m: stop_m, spot: Some(hold.spot), brake });
            }
        }
        if let Some(x_m) = self.jams_at(token.part) {
            consider(Stop { x_m, spot: None, brake: None });
        }
        let row = &self.layout.lanes[lane];
        let half_beyond = |entry: &Entry| token.half_when(joined_yaw(token.yaw_rad, self.turn_onto(lane, entry)));
        match self.exit_of(row) {
            Some(Exit::Lane { entry, .. }) if entry.joins && !self.is_free(entry.lane, entry.at_m, half_beyond(&entry)) => {
                consider(Stop { x_m: row.length_m - 10.0 * EQUAL_M, spot: None, brake: None });
            }
            Some(Exit::Lane { entry, .. }) if !entry.joins && !self.takes(scene, entry.lane) => {
                consider(Stop { x_m: row.length_m - token.half_m, spot: None, brake: None });
            }
            None => consider(Stop { x_m: row.length_m - token.half_m, spot: None, brake: None }),
            _ => {}
        }
        nearest
    }

    /// Whether parts may come onto a lane at its beginning.
    pub(super) fn takes(&self, scene: &Scene, lane: usize) -> bool {
        let carriage = self.layout.lanes[lane].carriage.as_ref();
        carriage.is_none_or(|(carriage, _)| self.platforms[carriage.index()].takes(scene.carriage(*carriage)))
    }

    /// Whether nothing is on this stretch of a lane.
    pub(super) fn is_free(&self, lane: usize, middle_m: f64, half_m: f64) -> bool {
        self.is_free_of_tokens(lane, middle_m, half_m) && self.is_free_of_bodies(lane, middle_m, half_m)
    }

    pub(super) fn is_free_of_tokens(&self, lane: usize, middle_m: f64, half_m: f64) -> bool {
        self.lanes[lane].iter().all(|token| {
            let x_m = token.motion.from(self.now).x_m;
            x_m - token.half_m >= middle_m + half_m - EQUAL_M || x_m + token.half_m <= middle_m - half_m + EQUAL_M
        })
    }

    fn leader(&self, lane: usize, index: usize, x_m: f64) -> Option<Leader> {
        let told = |token: &Token, offset_m: f64| {
            let motion = token.motion.from(self.now);
            Leader { motion, tail_m: motion.x_m - token.half_m - token.keeps_m + offset_m }
        };
        let me = &self.lanes[lane][index];
        let before = index.checked_sub(1).map(|before| told(&self.lanes[lane][before], 0.0));
        if let Some(leader) = nearer(before, self.wall_beyond(lane, x_m, 0.0)) {
            return Some(leader);
        }
        let (me, mut at, mut offset_m) = (me.part, lane, 0.0);
        while offset_m < LOOK_AHEAD_M {
            offset_m += self.layout.lanes[at].length_m;
            match self.exit_of(&self.layout.lanes[at])? {
                Exit::Lane { entry, .. } if !entry.joins => at = entry.lane,
                _ => return None,
            }
            let (last, wall) = (self.lanes[at].back(), self.wall_beyond(at, f64::NEG_INFINITY, offset_m));
            if last.is_some() || wall.is_some() {
                return nearer(last.filter(|last| last.part != me).map(|last| told(last, offset_m)), wall);
            }
        }
        None
    }

    /// The nearest body whose centre is beyond `from_m` of a lane.
    fn wall_beyond(&self, lane: usize, from_m: f64, offset_m: f64) -> Option<Leader> {
        let here = self.walls.iter().filter(|wall| wall.lane == lane);
        let told = here.map(|wall| (self.wall_motion(wall), wall.half_m)).filter(|(motion, _)| motion.x_m > from_m);
        told.map(|(motion, half_m)| Leader { motion, tail_m: motion.x_m - half_m + offset_m })
            .fold(None, |nearest, found| nearer(nearest, Some(found)))
    }
}

fn nearer(a: Option<Leader>, b: Option<Leader>) -> Option<Leader> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.tail_m < a.tail_m { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// A token that would move as `wish` behind its leader.
fn behind(wish: Motion, before: Motion, half_m: f64, leader: &Leader, offer: &mut impl FnMut(Option<Time>, Happening)) -> Motion {
    let gap_m = leader.tail_m - before.x_m - half_m;
    let ahead = &leader.motion;
    if gap_m < -10.0 * EQUAL_M {
        // It must stand until who is ahead is far enough away: a blade comes up between them, or it was set down so near.
        offer(ahead.reaches(ahead.x_m - gap_m), Happening::Look);
        return Motion::still(before.at, before.x_m);
    }
    if gap_m > EQUAL_M {
        let meets_at = meets(&wish, ahead, gap_m);
        if meets_at != Some(before.at) {
            offer(meets_at, Happening::Look);
            return wish;
        }
    }
    // They touch: it is as fast as who is ahead, at most.
    let v_mps = wish.v_mps.min(ahead.v_mps);
    let own = if v_mps < wish.v_mps {
        Motion::ramp(before.at, before.x_m, v_mps, wish.to_mps, wish.a_mps2.abs().max(LEAST_RATE_MPS2))
    } else {
        wish
    };
    let (mine, theirs) = (own.rate_mps2(), ahead.rate_mps2());
    let pushes = v_mps >= ahead.v_mps && (mine > theirs || (mine == theirs && own.to_mps >= ahead.to_mps));
    if !pushes {
        offer(meets(&own, ahead, gap_m.max(0.0)), Happening::Look);
        return own;
    }
    let to_mps = if theirs > 0.0 { own.to_mps.min(ahead.to_mps) } else { ahead.to_mps };
    Motion { at: before.at, x_m: before.x_m, v_mps, a_mps2: if v_mps == to_mps { 0.0 } else { theirs }, to_mps }
}
