//! What works on tokens: drives, holds, pushers, diverters, platforms that travel. Knows nothing about how tokens move on.

use super::layout::{Exit, Lane};
use super::motion::Motion;
use super::token::{Aside, Token};
use super::{EQUAL_M, EventTransport, aside};
use crate::parts::{PartId, Parts};
use crate::port::FactKind;
use linetwin_model::scene::{Carriage, CarriageId, DiverterDevice, DiverterId, DriveId, HoldKind, PusherId, SpotId, SpotTiming};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// What the separator of a blade keeps free behind a part that it lets out: while it stands [m], and for the time in which
/// the blade comes up [s]. As in contact physics.
const STANDING_GAP_M: f64 = 0.05;
const RISE_S: f64 = 0.05;

/// A drive: `motion` is of its surface, from time zero on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Drive {
    pub motion: Motion,
    set_mps: f64,
    /// Belt stops that keep it still.
    stops: u32,
    acceleration_mps2: f64,
    deceleration_mps2: f64,
    pub running: Time,
    booked_at: Time,
}

impl Drive {
    pub fn new(drive: &linetwin_model::scene::Drive) -> Self {
        let speed_mps = drive.speed_mps.max(0.0);
        Drive {
            motion: Motion::ramp(Time::ZERO, 0.0, speed_mps, speed_mps, 1.0),
            set_mps: speed_mps,
            stops: 0,
            acceleration_mps2: drive.acceleration_mps2,
            deceleration_mps2: drive.deceleration_mps2,
            running: Time::ZERO,
            booked_at: Time::ZERO,
        }
    }

    pub fn way_m(&self) -> f64 {
        self.motion.from(self.booked_at).x_m
    }

    /// How long it has turned up to now.
    pub fn book(&mut self, now: Time) {
        let begin = self.motion.from(self.booked_at);
        let rests_at = if begin.is_still() { self.booked_at } else { begin.rests_at().unwrap_or(Time::MAX) };
        self.running += now.min(rests_at).since(self.booked_at);
        self.booked_at = now;
    }

    /// Returns whether it goes on otherwise from now on.
    fn aim(&mut self, now: Time) -> bool {
        self.book(now);
        let before = self.motion.from(now);
        let to_mps = if self.stops > 0 { 0.0 } else { self.set_mps };
        let rate = if to_mps < before.v_mps { self.deceleration_mps2 } else { self.acceleration_mps2 };
        self.motion = Motion::ramp(now, before.x_m, before.v_mps, to_mps, rate);
        !self.motion.goes_as(&before)
    }

    pub fn braking_m(&self, now: Time) -> f64 {
        let speed_mps = self.motion.from(now).v_mps;
        speed_mps * speed_mps / (2.0 * self.deceleration_mps2)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct HoldState {
    pub engaged: bool,
    /// Parts that were beyond its middle when it was engaged: it closes behind them.
    pub passing: Vec<PartId>,
    /// Parts that slip past it beside or behind the one that it keeps.
    pub slipping: Vec<PartId>,
    /// The last of several for which it is open.
    last: Option<PartId>,
    /// A belt stop keeps its drive still for this part.
    pub stopped_for: Option<PartId>,
    /// A blade has let this part out and is not up again behind it.
    separates: Option<PartId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stroke {
    ends_at: Time,
}

/// A platform that travels: where it is, or where it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Platform {
    /// `None`: at home.
    stop: Option<u32>,
    /// From home, when its last travel began.
    from: f64,
    begun_at: Time,
    ends_at: Option<Time>,
}

impl Platform {
    fn target(&self, spec: &Carriage) -> f64 {
        self.stop.map_or(0.0, |stop| spec.stops[stop as usize])
    }
    /// Parts may come on.
    pub fn takes(&self, spec: &Carriage) -> bool {
        self.ends_at.is_none() && (self.stop.is_none() || spec.way.swings())
    }
    /// Where it hands over.
    pub fn hands_over_at(&self) -> Option<u32> {
        self.stop.filter(|_| self.ends_at.is_none())
    }
}

impl EventTransport {
    pub(super) fn set_speed(&mut self, scene: &Scene, drive: DriveId, speed_mps: f64) {
        if speed_mps < 0.0 {
            self.reverse(scene, drive);
        }
        self.drives[drive.index()].set_mps = speed_mps.max(0.0);
        self.aim_drive(scene, drive);
    }

    fn aim_drive(&mut self, scene: &Scene, drive: DriveId) {
        self.bring_up_all_on(scene, drive);
        if self.drives[drive.index()].aim(self.now) {
            self.plan_lane(scene, scene.drives[drive.index()].conveyor.index());
        }
    }

    /// The tokens on its belt, before it goes on otherwise.
    fn bring_up_all_on(&mut self, scene: &Scene, drive: DriveId) {
        let lane = scene.drives[drive.index()].conveyor.index();
        for index in 0..self.lanes[lane].len() {
            self.bring_up_to_now(scene, lane, index);
        }
    }

    /// A belt stop stops its drive under a part.
    pub(super) fn stop_belt(&mut self, scene: &Scene, spot: SpotId, part: PartId, drive: DriveId) {
        self.holds[spot.index()].stopped_for = Some(part);
        self.drives[drive.index()].stops += 1;
        self.bring_up_all_on(scene, drive);
        self.drives[drive.index()].aim(self.now);
        // Also where the drive stood already: now a hold keeps the part.
        self.plan_lane(scene, scene.drives[drive.index()].conveyor.index());
    }

    pub(super) fn timing(&self, scene: &Scene, spot: SpotId) -> SpotTiming {
        self.layout.lanes[self.lane_of_spot(scene, spot)].hold(spot).timing
    }

    fn lane_of_spot(&self, scene: &Scene, spot: SpotId) -> usize {
        scene.spot(spot).host.index()
    }

    /// Tokens that reach onto a lane, with where they are on it: its own, and those of lanes that it feeds or that feed it.
    fn on_lane(&self, lane: usize) -> impl Iterator<Item = (&Token, f64)> {
        let near = [lane].into_iter().chain(self.layout.neighbours(lane));
        near.flat_map(|near| &self.lanes[near]).filter_map(move |token| {
            let place_m = token.motion.from(self.now).x_m;
            let cursor = [&token.cursor].into_iter().chain(&token.others).find(|cursor| cursor.index() == lane)?;
            Some((token, place_m + cursor.shift_m))
        })
    }

    pub(super) fn engage(&mut self, scene: &Scene, spot: SpotId) {
        if std::mem::replace(&mut self.holds[spot.index()].engaged, true) {
            return;
        }
        let (lane, row) = (self.lane_of_spot(scene, spot), scene.spot(spot));
        let last = self.holds[spot.index()].last.take();
        let last_m = last.and_then(|last| self.on_lane(lane).find(|(token, _)| token.part == last)).map(|(_, place_m)| place_m);
        let sets_off = |token: &Token| token.sets_off.is_some_and(|(from, at)| from == spot && at > self.now);
        let passes = |(token, place_m): &(&Token, f64)| match last_m {
            Some(last_m) => *place_m >= last_m - EQUAL_M,
            None => *place_m >= row.at_m - EQUAL_M || token.at_hold == Some(spot) || sets_off(token),
        };
        let inside = |(token, place_m): &(&Token, f64)| place_m - token.half_m < row.end_m - EQUAL_M;
        let passing = self.on_lane(lane).filter(|found| passes(found) && inside(found)).map(|(token, _)| token.part).collect();
        self.holds[spot.index()].passing = passing;
        self.end_separation_beyond(scene, spot);
        self.plan_around(scene, lane);
    }

    pub(super) fn release(&mut self, scene: &Scene, spot: SpotId) {
        let lane = self.lane_of_spot(scene, spot);
        let kept = self.on_lane(lane).find(|(token, _)| token.at_hold == Some(spot)).map(|(token, _)| token.part);
        let release = self.timing(scene, spot).release;
        if release > Time::ZERO
            && let Some(part) = kept
        {
            let at = self.now + release;
            self.find_mut(part).expect("it is there").sets_off = Some((spot, at));
        }
        let hold = &mut self.holds[spot.index()];
        (hold.engaged, hold.last) = (false, None);
        hold.passing.clear();
        if hold.stopped_for.take().is_some() {
            let drive = self.layout.lanes[lane].hold(spot).drive;
            self.drives[drive.index()].stops -= 1;
            self.aim_drive(scene, drive);
        }
        if scene.spot(spot).hold == Some(HoldKind::Blade) {
            self.separate(scene, spot, kept);
        }
        self.plan_around(scene, lane);
    }

    pub(super) fn lead_out(&mut self, scene: &Scene, spot: SpotId, part: PartId) {
        self.holds[spot.index()].last = Some(part);
        if !self.holds[spot.index()].engaged {
            self.separate(scene, spot, Some(part));
            self.plan_around(scene, self.lane_of_spot(scene, spot));
        }
    }

    /// What follows this part too closely is braked until the blade is up behind it.
    fn separate(&mut self, scene: &Scene, spot: SpotId, part: Option<PartId>) {
        let before = std::mem::replace(&mut self.holds[spot.index()].separates, part);
        let lane = self.lane_of_spot(scene, spot);
        let drive = self.layout.lanes[lane].hold(spot).drive;
        let gap_m = STANDING_GAP_M + RISE_S * self.drives[drive.index()].motion.from(self.now).v_mps;
        for (part, keeps_m) in [(before, 0.0), (part, gap_m)] {
            if let Some(token) = part.and_then(|part| self.find_mut(part)) {
                token.keeps_m = keeps_m;
            }
        }
    }

    /// The blade is up behind what it let out, once that is beyond it.
    pub(super) fn end_separation_beyond(&mut self, scene: &Scene, spot: SpotId) {
        let hold = &self.holds[spot.index()];
        let Some(part) = hold.separates.filter(|_| hold.engaged) else { return };
        let (lane, end_m) = (self.lane_of_spot(scene, spot), scene.spot(spot).end_m);
        let above = self.on_lane(lane).any(|(token, place_m)| token.part == part && place_m - token.half_m < end_m - EQUAL_M);
        if !above {
            self.separate(scene, spot, None);
            self.plan_around(scene, lane);
        }
    }

    pub(super) fn push(&mut self, scene: &Scene, pusher: PusherId) {
        if self.strokes[pusher.index()].is_some() {
            return;
        }
        let row = &scene.pushers[pusher.index()];
        let (low_m, high_m) = (row.at_m - row.length_m / 2.0, row.at_m + row.length_m / 2.0);
        let (lane, now) = (row.host.index(), self.now);
        let place = |token: &Token| token.motion.from(now).x_m;
        let meets = |token: &Token| place(token) + token.half_m > low_m && place(token) - token.half_m < high_m;
        let met = self.lanes[lane].iter().enumerate().filter(|(_, token)| token.outside.is_none() && token.aside.is_none() && meets(token));
        let nearest = met.min_by(|(_, a), (_, b)| (place(a) - row.at_m).abs().total_cmp(&(place(b) - row.at_m).abs()));
        let stroke = Time::from_seconds(row.stroke_s);
        let index = nearest.map(|(index, _)| index);
        if let Some(index) = index.filter(|index| !self.goes_past(scene, row.element, (lane, *index))) {
            let off = aside::pushed(scene, row, &self.lanes[lane][index]).calibrated(scene, row.element);
            self.bring_up_to_now(scene, lane, index);
            let at = now + Time::from_seconds(off.after_s);
            self.lanes[lane][index].aside = Some(Aside { at, port: row.out_port, speed_mps: off.speed_mps, covers: off.covers });
            self.plan_from(scene, lane, index);
        }
        self.strokes[pusher.index()] = Some(Stroke { ends_at: now + stroke + stroke });
        self.agenda.set(self.lanes.len() + pusher.index(), now + stroke + stroke);
    }

    pub(super) fn end_stroke(&mut self, pusher: usize) {
        self.strokes[pusher] = None;
        self.agenda.set(self.lanes.len() + pusher, Time::MAX);
        self.report(FactKind::StrokeEnded { pusher: PusherId::from_index(pusher), reached: true });
    }

    pub(super) fn divert(&mut self, scene: &Scene, diverter: DiverterId, out: bool) {
        let row = &scene.diverters[diverter.index()];
        if !out {
            self.out_at[diverter.index()] = None;
            return;
        }
        let now = self.now;
        self.out_at[diverter.index()].get_or_insert(now + Time::from_seconds(row.stroke_s));
        let lane = row.host.index();
        let waits = |token: &Token| row.stop.is_some() && token.at_hold == row.stop && token.aside.is_none();
        if let Some(index) = self.lanes[lane].iter().position(waits) {
            self.divert_token(scene, diverter, index);
            self.plan_from(scene, lane, index);
        }
    }

    /// A token that is where a diverter takes hold of it goes off, where that is out.
    pub(super) fn divert_token(&mut self, scene: &Scene, diverter: DiverterId, index: usize) {
        let row = &scene.diverters[diverter.index()];
        let lane = row.host.index();
        self.bring_up_to_now(scene, lane, index);
        let Token { at_hold, motion, sent, .. } = self.lanes[lane][index];
        // What was sent for a part goes with it, whomever the switch means by now.
        let out_at = match row.device {
            DiverterDevice::Shoes { .. } | DiverterDevice::Carriers => (sent == Some(diverter)).then_some(self.now),
            _ => self.out_at[diverter.index()],
        };
        let Some(out_at) = out_at.filter(|_| row.stop.is_none() || at_hold == row.stop) else { return };
        // Who stands at a blade cannot go past.
        if row.stop.is_none() && self.goes_past(scene, row.element, (lane, index)) {
            return;
        }
        let host_mps = self.drives[self.layout.lanes[lane].zone_at(motion.x_m).drive.index()].motion.from(self.now).v_mps;
        let off = aside::diverted(scene, row, &self.lanes[lane][index], host_mps).calibrated(scene, row.element);
        let begins_at = if row.stop.is_some() { self.now.max(out_at) } else { self.now };
        let at = begins_at + Time::from_seconds(off.after_s);
        self.lanes[lane][index].aside = Some(Aside { at, port: row.out_port, speed_mps: off.speed_mps, covers: off.covers });
    }

    pub(super) fn travel(&mut self, scene: &Scene, carriage: CarriageId, stop: Option<u32>) {
        let (spec, now) = (scene.carriage(carriage), self.now);
        let platform = &mut self.platforms[carriage.index()];
        let here = match platform.ends_at {
            None => platform.target(spec),
            // Turned back on its way: as far as an even travel had come.
            Some(ends_at) => {
                let share = now.since(platform.begun_at).as_seconds() / ends_at.since(platform.begun_at).as_seconds().max(1e-9);
                platform.from + (platform.target(spec) - platform.from) * share.min(1.0)
            }
        };
        *platform = Platform { stop, from: here, begun_at: now, ends_at: None };
        let ends_at = now + Time::from_seconds(spec.travel_over_s(platform.target(spec) - here));
        platform.ends_at = Some(ends_at);
        let agent = self.lanes.len() + self.strokes.len() + carriage.index();
        self.agenda.set(agent, ends_at);
        self.plan_around(scene, spec.conveyor.index());
    }

    pub(super) fn end_travel(&mut self, scene: &Scene, platform: usize) {
        let agent = self.lanes.len() + self.strokes.len() + platform;
        self.agenda.set(agent, Time::MAX);
        self.platforms[platform].ends_at = None;
        let (carriage, away) = (CarriageId::from_index(platform), self.platforms[platform].stop.is_some());
        self.report(FactKind::TravelEnded { carriage, away });
        self.plan_around(scene, scene.carriage(carriage).conveyor.index());
    }

    /// What follows the end of a lane now; `None`: nothing may cross it.
    pub(super) fn exit_of(&self, lane: &Lane) -> Option<Exit> {
        match &lane.carriage {
            None => Some(lane.exit),
            Some((carriage, exits)) => self.platforms[carriage.index()].hands_over_at().map(|stop| exits[stop as usize]),
        }
    }

    pub(super) fn reweigh(&mut self, scene: &Scene, parts: &Parts, part: PartId) {
        let place = |lane: usize| Some((lane, self.lanes[lane].iter().position(|token| token.part == part)?));
        if let (Some(row), Some((lane, index))) = (parts.get(part), (0..self.lanes.len()).find_map(place)) {
            self.bring_up_to_now(scene, lane, index);
            self.lanes[lane][index].mass_kg = row.mass_kg;
        }
    }

    pub(super) fn find_mut(&mut self, part: PartId) -> Option<&mut Token> {
        self.lanes.iter_mut().flatten().find(|token| token.part == part)
    }
}
