//! The parts that coast, as the look-ahead sees them: each by a box that keeps its shape and goes straight on. Costs nothing
//! in a step in which nothing comes near them. Derived from the bodies; must not know who reaches whom.

use super::grid::Grid;
use super::lookahead::Thing;
use super::world::vector;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::geometry::{Vec3, add, length, scale};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// After so long they have moved by more than the grid should be off [s], and so many that have joined since are looked
/// through one by one.
const SETTLED_S: f64 = 0.2;
const FRESH_MAX: usize = 12;

/// A straight way at one speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    pub since: Time,
    /// Where it begins [m].
    pub position: Vec3,
    /// [m/s]
    pub velocity: Vec3,
}

impl Course {
    pub fn position_at(&self, at: Time) -> [f32; 3] {
        add(self.position, scale(self.velocity, at.since(self.since).as_seconds())).map(|value| value as f32)
    }
}

pub struct Member {
    id: PartId,
    /// As it is wherever it is.
    thing: Thing,
    course: Course,
}

impl Member {
    pub fn velocity(&self) -> Vector {
        self.thing.velocity
    }

    fn centre_at(&self, now: Time) -> Vector {
        Vector::from_array(self.course.position_at(now))
    }

    pub fn at(&self, now: Time) -> Thing {
        let mut thing = self.thing;
        thing.centre = self.centre_at(now);
        thing
    }
}

#[derive(Default)]
pub struct Convoy {
    /// By berth.
    members: Vec<Option<Member>>,
    free: Vec<u32>,
    grid: Grid,
    /// When the grid was filled, and how fast and how large whoever is in it is at most [m/s], [m].
    filled_at: Time,
    fastest_mps: f32,
    largest_m: f32,
    /// Berths of who has joined since.
    fresh: Vec<u32>,
}

impl Convoy {
    /// Returns the berth.
    pub fn join(&mut self, id: PartId, mut thing: Thing, course: Course) -> u32 {
        self.fastest_mps = self.fastest_mps.max(length(course.velocity) as f32);
        self.largest_m = self.largest_m.max(thing.half_m());
        (thing.velocity, thing.turning_mps) = (vector(course.velocity), 0.0);
        let member = Some(Member { id, thing, course });
        let berth = match self.free.pop() {
            Some(berth) => {
                self.members[berth as usize] = member;
                berth
            }
            None => {
                self.members.push(member);
                super::entry::index_u32(self.members.len() - 1)
            }
        };
        self.fresh.push(berth);
        berth
    }

    pub fn leave(&mut self, berth: u32) {
        self.members[berth as usize] = None;
        self.free.push(berth);
        self.fresh.retain(|&fresh| fresh != berth);
    }

    pub fn is_empty(&self) -> bool {
        self.free.len() == self.members.len()
    }

    pub fn berths(&self) -> usize {
        self.members.len()
    }

    pub fn id(&self, berth: u32) -> Option<PartId> {
        self.members[berth as usize].as_ref().map(|member| member.id)
    }

    pub fn at(&self, berth: u32, now: Time) -> Option<Thing> {
        self.members[berth as usize].as_ref().map(|member| member.at(now))
    }

    pub fn fastest_mps(&self) -> f32 {
        self.fastest_mps
    }

    /// Before it is asked who is near.
    pub fn settle(&mut self, now: Time) {
        if self.fresh.len() <= FRESH_MAX && now.since(self.filled_at).as_seconds() < SETTLED_S {
            return;
        }
        let members = || (0_u32..).zip(&self.members).filter_map(|(berth, member)| Some((berth, member.as_ref()?)));
        self.fastest_mps = members().map(|(_, member)| member.thing.velocity.length()).fold(0.0, f32::max);
        self.largest_m = members().map(|(_, member)| member.thing.half_m()).fold(0.0, f32::max);
        let middles = members().map(|(berth, member)| (berth, member.centre_at(now)));
        self.grid.fill(self.members.len(), middles);
        self.filled_at = now;
        self.fresh.clear();
    }

    /// Everyone whose box may be within `reach_m` of a thing's, some of them perhaps twice.
    pub fn near(&self, thing: &Thing, reach_m: f32, now: Time, mut tell: impl FnMut(u32, &Member)) {
        let around = Vector::splat(reach_m);
        self.berths_near(thing.low() - around, thing.high() + around, now, |berth| {
            let Some(member) = &self.members[berth as usize] else { return };
            let (off, reach_m) = ((member.centre_at(now) - thing.centre).abs(), thing.half_m() + member.thing.half_m() + reach_m);
            if off.x <= reach_m && off.y <= reach_m {
                tell(berth, member);
            }
        });
    }

    /// Everyone whose box may meet this one, some of them perhaps twice, and others.
    pub fn within(&self, low: Vector, high: Vector, now: Time, mut tell: impl FnMut(PartId)) {
        self.berths_near(low, high, now, |berth| {
            if let Some(member) = &self.members[berth as usize] {
                tell(member.id);
            }
        });
    }

    fn berths_near(&self, low: Vector, high: Vector, now: Time, mut tell: impl FnMut(u32)) {
        let since_s = now.since(self.filled_at).as_seconds() as f32;
        let around = Vector::splat(self.largest_m + self.fastest_mps * since_s);
        self.grid.near(low - around, high + around, &mut tell);
        self.fresh.iter().copied().for_each(tell);
    }
}
