//! Moves parts by exact events: a part is a length on a lane, and between two events everything moves in closed form. The
//! clock jumps from one event to the next; nothing happens in between.
//!
//! ```text
//! layout   lanes with their marks, exits and feeders: what never changes      motion   ramps in closed form
//! token    a part on its lane: its motion, which marks it has met              agenda   who is next
//! plan     how a token moves on, and what happens to it next                   devices  holds, pushers, diverters, platforms
//! flow     marks met, lanes crossed, offers taken                             border   what goes over from and to contact physics
//! bulk     bulk material: rates, levels, fronts                               jams     who jams, where that was measured
//! misses   who goes past what should take it off, where that was measured
//! slips    who goes past a blade with the part that it keeps              aside    how devices take tokens off
//! ```
//!
//! What it keeps of the physics: belts of finite acceleration, friction that sets parts in motion and stops them, queues that
//! close up and set off at the speed of their parts, blades that part a queue, plates and arms that need their time. What it
//! leaves out: everything across the flow (parts stay as they were set down), slip under pressure, jams and misses, where the
//! scene's calibration names none, falls, except for a part whose conveyor ends where nothing catches it. What it cannot do at all,
//! [`linetwin_model`]'s check refuses.

mod agenda;
mod aside;
mod border;
mod bulk;
mod devices;
mod flow;
mod jams;
mod layout;
mod misses;
mod motion;
mod plan;
mod slips;
mod token;

use super::mixed::Wall;
use crate::parts::{PartId, Parts};
use crate::port::{Ball, EnergyTotals, Fact, FactKind, Jumps, PartMotion, Seen, Transport, Wish};
use crate::random::Streams;
use agenda::Agenda;
use bulk::BulkFlow;
use devices::{Drive, HoldState, Platform, Stroke};
use flow::Offer;
use jams::Jams;
use layout::Layout;
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::scene::{DriveId, ElementId};
use linetwin_model::{Scene, Time};
use misses::Misses;
use serde::{Deserialize, Serialize};
use slips::Slips;
use std::collections::VecDeque;
use token::Token;

/// Lengths closer than this are equal [m]: a hundred times what rounding an instant to a nanosecond makes of a fast belt.
const EQUAL_M: f64 = 1e-7;

/// What drives do on tokens that go on as they do, or stand, is counted so often.
const WORK_COUNTED_EVERY: Time = Time(60 * Time::NANOS_PER_SECOND);

/// So often something may happen at one instant: more is a circle that never ends.
const ACTS_MAX: u32 = 100_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventTransport {
    #[serde(skip)]
    layout: Layout,
    now: Time,
    /// By conveyor: its tokens, the first in flow direction first.
    lanes: Vec<VecDeque<Token>>,
    drives: Vec<Drive>,
    /// By spot.
    holds: Vec<HoldState>,
    /// By eye: how many parts break the beam.
    covering: Vec<u32>,
    offers: Vec<Offer>,
    /// By pusher.
    strokes: Vec<Option<Stroke>>,
    /// By diverter: when it is out, while it is to be out.
    out_at: Vec<Option<Time>>,
    platforms: Vec<Platform>,
    /// Bulk material, where it is no grains.
    bulk: Option<Box<BulkFlow>>,
    jams: Option<Box<Jams>>,
    misses: Option<Box<Misses>>,
    slips: Option<Box<Slips>>,
    /// Lanes, then pushers, then platforms, then bulk material.
    agenda: Agenda,
    facts: Vec<(Time, FactKind)>,
    energy: EnergyTotals,
    work_counted_at: Time,
    /// Bodies of contact physics, which are in the way of tokens, as they were then.
    walls: Vec<Wall>,
    walled_at: Time,
    /// Lanes on which something has changed, until the agenda knows; tokens to be looked at. Empty between calls.
    #[serde(skip)]
    touched: Vec<usize>,
    #[serde(skip)]
    todo: VecDeque<(usize, usize)>,
}

impl EventTransport {
    pub fn new(scene: &Scene, streams: Streams) -> Self {
        let agents = scene.conveyors.len() + scene.pushers.len() + scene.carriages.len() + 1;
        let bulk = if scene.bulk_flows { BulkFlow::new(scene).map(Box::new) } else { None };
        let mut transport = EventTransport {
            layout: Layout::new(scene),
            now: Time::ZERO,
            lanes: vec![VecDeque::new(); scene.conveyors.len()],
            drives: scene.drives.iter().map(Drive::new).collect(),
            holds: vec![HoldState::default(); scene.spots.len()],
            covering: vec![0; scene.eyes.len()],
            offers: Vec::new(),
            strokes: vec![None; scene.pushers.len()],
            out_at: vec![None; scene.diverters.len()],
            platforms: vec![Platform::default(); scene.carriages.len()],
            bulk,
            jams: Jams::new(scene, streams),
            misses: Misses::new(scene, streams),
            slips: Slips::new(scene, streams),
            agenda: Agenda::new(agents),
            facts: Vec::new(),
            energy: EnergyTotals::new(scene.drives.len()),
            work_counted_at: Time::ZERO,
            walls: Vec::new(),
            walled_at: Time::ZERO,
            touched: Vec::new(),
            todo: VecDeque::new(),
        };
        transport.settle_bulk();
        transport
    }

    /// Makes again what a snapshot does not hold.
    pub fn resume(&mut self, scene: &Scene) {
        self.layout = Layout::new(scene);
        self.bulk.iter_mut().for_each(|bulk| bulk.resume(scene));
    }

    /// Where tokens are at `at`, which is now or so soon after that nothing happens to them.
    pub fn motions_at(&self, at: Time) -> Vec<(PartId, PartMotion)> {
        let shown = |(lane, token): (usize, &Token)| (token.part, token.shown(self.layout.path(lane), at));
        let tokens = self.lanes.iter().enumerate().flat_map(|(lane, tokens)| tokens.iter().map(move |token| (lane, token)));
        let mut motions: Vec<_> = tokens.map(shown).collect();
        motions.sort_by_key(|(part, _)| *part);
        motions
    }

    fn report(&mut self, kind: FactKind) {
        self.facts.push((self.now, kind));
    }

    /// Something on a lane has changed.
    fn touch(&mut self, lane: usize) {
        if !self.touched.contains(&lane) {
            self.touched.push(lane);
        }
    }

    /// The agenda learns of what has changed.
    fn settle(&mut self) {
        while let Some(lane) = self.touched.pop() {
            let next = self.lanes[lane].iter().map(|token| token.next.at).min().unwrap_or(Time::MAX);
            let next = if self.offers.is_empty() { next } else { next.min(self.room_at(lane)) };
            self.agenda.set(lane, next);
        }
    }

    /// The agenda learns when something happens to bulk material next.
    fn settle_bulk(&mut self) {
        let agent = self.lanes.len() + self.strokes.len() + self.platforms.len();
        if let Some(bulk) = &mut self.bulk {
            self.facts.extend(bulk.take_facts());
            self.agenda.set(agent, bulk.next_at());
        }
    }

    fn act(&mut self, scene: &Scene, agent: usize) {
        let (lanes, pushers, platforms) = (self.lanes.len(), self.strokes.len(), self.platforms.len());
        match agent {
            lane if lane < lanes => self.happen_on(scene, lane),
            pusher if pusher < lanes + pushers => self.end_stroke(pusher - lanes),
            platform if platform < lanes + pushers + platforms => self.end_travel(scene, platform - lanes - pushers),
            _ => {
                self.bulk.iter_mut().for_each(|bulk| bulk.happen_until(self.now));
                self.settle_bulk();
            }
        }
        // A place becomes free on a lane on which something happens, or on a platform that has come.
        let platform_came = agent >= lanes + pushers;
        if platform_came || self.offers.iter().any(|offer| self.touched.contains(&offer.token.cursor.index())) {
            self.try_offers(scene);
        }
        self.settle();
    }
}

impl Jumps for EventTransport {
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        debug_assert_eq!(self.now, now, "wishes are of the instant at which everything stands");
        // Who waits for room was looked at when something last changed.
        if wishes.is_empty() {
            return;
        }
        for wish in wishes {
            match *wish {
                Wish::Offer { part, port, left_m, yaw_rad, born_at } => {
                    self.offer(scene, parts, part, port, (left_m, yaw_rad), born_at);
                }
                Wish::Withdraw { part } => self.offers.retain(|offer| offer.token.part != part),
                Wish::Place { part, conveyor, along_m, left_m, yaw_rad } => {
                    self.place(scene, parts, (part, conveyor.index(), along_m), (left_m, yaw_rad));
                }
                Wish::LastOut { spot, part } => self.lead_out(scene, spot, part),
                Wish::Hold { spot } => self.engage(scene, spot),
                Wish::Release { spot } => self.release(scene, spot),
                Wish::Push { pusher } => self.push(scene, pusher),
                Wish::Divert { diverter, out } => self.divert(scene, diverter, out),
                Wish::Travel { carriage, away, stop } => self.travel(scene, carriage, away.then_some(stop)),
                Wish::SetSpeed { drive, speed_mps } => self.set_speed(scene, drive, speed_mps),
                Wish::Reweigh { part } => self.reweigh(scene, parts, part),
                Wish::Straighten { part } => self.straighten(scene, part),
                // Where there are grains, that is for what moves them.
                Wish::RunBulk { .. } | Wish::Fill { .. } => {
                    self.bulk.iter_mut().for_each(|bulk| bulk.accept(parts, wish, now));
                    self.settle_bulk();
                }
                Wish::Remove { part } => self.remove(scene, part),
            }
        }
        self.try_offers(scene);
        self.settle();
    }

    fn go_to(&mut self, scene: &Scene, now: Time) {
        let mut acts_at_once = 0;
        loop {
            let (agent, at) = self.agenda.next();
            if at > now {
                break;
            }
            acts_at_once = if at > self.now { 0 } else { acts_at_once + 1 };
            assert!(acts_at_once < ACTS_MAX, "agent {agent} goes round in a circle at {} s", at.as_seconds());
            self.now = self.now.max(at);
            self.act(scene, agent);
        }
        self.now = now;
    }

    fn sense(&mut self, _scene: &Scene, now: Time, facts: &mut Vec<Fact>) {
        if self.facts.is_empty() {
            return;
        }
        // Stable: what happens at one instant stays in its causal order.
        self.facts.sort_by_key(|(at, _)| *at);
        facts.extend(self.facts.drain(..).map(|(at, kind)| Fact { crossed_at: at.min(now), seen_at: now, kind }));
    }

    fn count(&mut self, scene: &Scene) {
        if self.now.since(self.work_counted_at) >= WORK_COUNTED_EVERY {
            self.work_counted_at = self.now;
            for lane in 0..self.lanes.len() {
                (0..self.lanes[lane].len()).for_each(|index| self.bring_up_to_now(scene, lane, index));
            }
        }
        let totals = self.energy.drive_running.iter_mut().zip(&mut self.energy.drive_way_m);
        for (drive, (running, way_m)) in self.drives.iter_mut().zip(totals) {
            drive.book(self.now);
            (*running, *way_m) = (drive.running, drive.way_m());
        }
    }

    fn next_at(&self) -> Option<Time> {
        Some(self.agenda.next().1).filter(|at| *at != Time::MAX)
    }

    fn encoders_m(&self) -> &[f64] {
        &self.energy.drive_way_m
    }
}

impl Transport for EventTransport {
    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        self.motions_at(self.now)
    }

    fn solids(&self, _: bool, _: &[Ball]) -> Vec<(Seen, Solid)> {
        Vec::new()
    }

    fn gates(&self) -> Vec<(ElementId, f64)> {
        self.bulk.as_ref().map(|bulk| bulk.gates()).unwrap_or_default()
    }

    fn speed_mps(&self, drive: DriveId) -> f64 {
        self.drives[drive.index()].motion.from(self.now).v_mps
    }

    fn energy(&self) -> &EnergyTotals {
        &self.energy
    }

    fn hash_state(&self, hasher: &mut blake3::Hasher) {
        for token in self.lanes.iter().flatten() {
            let (part, motion) = (&token.part, &token.motion);
            let id = u64::from(part.source.0) << 32 | u64::from(part.serial);
            let motion = [motion.x_m, motion.v_mps, motion.a_mps2, motion.to_mps].map(f64::to_bits);
            let words = [id, token.motion.at.0, motion[0], motion[1], motion[2], motion[3]];
            hasher.update(words.map(u64::to_le_bytes).as_flattened());
        }
        for drive in &self.drives {
            hasher.update(&drive.motion.to_mps.to_bits().to_le_bytes());
        }
        for hold in &self.holds {
            hasher.update(&[u8::from(hold.engaged)]);
        }
        self.bulk.iter().for_each(|bulk| bulk.hash_state(hasher));
    }
}
