//! Follows each part along its lane after a step and turns what it passed into facts: ports, spots, edges of the line.
//! Every crossing is interpolated between the step's ends by the coordinate that crossed. Reads bodies, moves none.

use super::body::{Along, Axes, Body, Clearing, Passing, Views, Where};
use super::carriage::CarriageState;
use super::entry::index_u32;
use super::layout::{BELOW_M, Entry, Exit, Lane, Layout, Plane, Sender};
use super::lift::LiftState;
use super::mechanism::Mechanisms;
use crate::port::{Fact, FactKind, InvalidKind, PartMotion};
use linetwin_model::geometry::{Segment, Vec3, length, sub};
use linetwin_model::scene::PortId;
use linetwin_model::{Scene, Time};
use rapier3d::prelude::Rotation;

/// A part slower than this for [`STANDING_STEPS`] stands [m/s]; one faster than `MOVING_MPS` moves again. Between the
/// two it stays what it was, so that a part which slips against a blade on a running belt does not flicker.
const STANDING_MPS: f64 = 0.02;
const MOVING_MPS: f64 = 0.05;
/// Steps of slowness before a part counts as standing: a collision passes in fewer.
const STANDING_STEPS: u32 = 12;
/// Steps of slowness before a part at a hold counts as held.
const HELD_STEPS: u32 = 4;
/// How far a centre may be outside its lane's ends before another lane is looked for [m].
const BESIDE_M: f64 = 0.05;
/// The end of a spiral is crossed by what was at most so far from it, beside its own size [m].
const END_REACH_M: f64 = 0.3;
/// Height above the floor at which the lowest point of a part counts as lying on it [m].
const ON_FLOOR_M: f64 = 0.02;

/// One step's ends, and where its facts go.
pub struct Sensing<'a> {
    pub scene: &'a Scene,
    pub layout: &'a Layout,
    pub mechanisms: &'a Mechanisms,
    pub carriages: &'a [CarriageState],
    pub lifts: &'a [LiftState],
    pub now: Time,
    pub until: Time,
    /// Steps per second.
    pub per_s: f64,
    pub facts: &'a mut Vec<Fact>,
}

impl Sensing<'_> {
    pub fn report(&mut self, crossed_at: Time, kind: FactKind) {
        self.facts.push(Fact { crossed_at, seen_at: self.until, kind });
    }

    /// When a coordinate that went from `before` to `after` within the step was at `target`.
    pub fn instant(&self, before: f64, after: f64, target: f64) -> Time {
        let fraction = if after == before { 1.0 } else { ((target - before) / (after - before)).clamp(0.0, 1.0) };
        let span = self.until.since(self.now);
        Time(self.now.0 + (fraction * span.0 as f64) as u64)
    }

    /// Brings `body` up to date with the physics and reports what it passed.
    pub fn follow(&mut self, body: &mut Body, motion: &PartMotion) -> Along {
        let before_position = std::mem::replace(&mut body.position, motion.position.map(f64::from));
        if body.place != Where::OnLane {
            return body.along;
        }
        let axes = Axes::new(&Rotation::from_array(motion.rotation));
        let mut before = body.along;
        let mut above_before = body.above_m;
        if self.cross_ports(body, before_position) {
            before = body.along;
            // What crosses to a platform that is away falls down its shaft, and not through it.
            if self.layout.lanes[body.lane as usize].travels() {
                above_before = f64::NEG_INFINITY;
            }
        }
        self.locate(body, &axes);
        if self.is_astray(body) {
            let lane = body.lane;
            self.find_again(body, &axes, above_before, before_position);
            // Where it was on the lane that it fell from says nothing on the other.
            if body.place != Where::OnLane || body.lane != lane {
                before = body.along;
            }
        }
        if body.place == Where::OnLane {
            self.look_ahead(body);
            self.pass_spots(body, &axes, before);
            self.clear_ports(body, &axes, before_position);
        }
        // By displacement: the velocities after a step still hold what the last friction pass did to a part that slips.
        self.judge_motion(body, length(sub(body.position, before_position)) * self.per_s);
        before
    }

    fn locate(&self, body: &mut Body, axes: &Axes) {
        let lane = &self.layout.lanes[body.lane as usize];
        // On a platform that travels, places are those of its home.
        let carriage = lane.carriage.map(|id| &self.carriages[id.index()]);
        let position = self.at_home(lane, body.position);
        let found = lane.path.locate(position, body.along.centre_m);
        let forward = forward_at(lane, found.along);
        let half_m = body.extent.along(axes, carriage.map_or(forward, |carriage| carriage.turned(forward)));
        body.along = Along { trail_m: found.along - half_m, centre_m: found.along, lead_m: found.along + half_m };
        (body.left_m, body.above_m) = (found.left, found.above);
    }

    /// Where a point that is on a lane now is when that is at home.
    fn at_home(&self, lane: &Lane, point: Vec3) -> Vec3 {
        match (lane.carriage, lane.lift) {
            (Some(id), _) => self.carriages[id.index()].at_home(point),
            (_, Some(id)) => self.lifts[id.index()].at_home(self.scene, point),
            _ => point,
        }
    }

    /// Moves the part to the next lane where its centre went through an exit; says whether it did. Its arc lengths
    /// are then those of the step's begin, on the new lane.
    fn cross_ports(&mut self, body: &mut Body, before: Vec3) -> bool {
        let layout = self.layout;
        let lane = &layout.lanes[body.lane as usize];
        let reach = 2.0 * body.extent.radius_m();
        // Other turns of a spiral pass above or below its end.
        let at_end = !lane.winds || body.along.centre_m > lane.length_m - reach - END_REACH_M;
        let crossed = lane.exits.iter().find(|exit| {
            (exit.by.is_some() || at_end)
                && exit.plane.beyond(body.position) >= 0.0
                && exit.plane.beyond(before) < 0.0
                && exit.plane.frames(body.position, reach)
                && (exit.by.is_some() || lane.end_exit(body.position).is_some_and(|end| end.port == exit.port))
        });
        let Some(exit) = crossed else { return false };
        let crossed_at = self.instant(exit.plane.beyond(before), exit.plane.beyond(body.position), 0.0);
        let (part, port, from) = (body.id, exit.port, lane.element);
        self.report(crossed_at, FactKind::Crossed { part, from, port });
        body.clearing.push(Clearing { element: from, port });
        let meant = match exit.by {
            Some(Sender::Pusher(pusher)) => self.mechanisms.pushes(pusher),
            Some(Sender::Diverter(diverter)) => self.mechanisms.diverts(diverter),
            Some(Sender::Belt(_)) | None => true,
        };
        if !meant {
            self.report(crossed_at, FactKind::Misrouted { part, port });
        }
        let shift = if exit.by.is_none() { straight_on(layout, lane, exit) } else { None };
        if exit.by.is_some() {
            self.leave_spots(body, crossed_at);
        }
        self.enter(body, exit.to, shift);
        true
    }

    /// `shift`: arc length on the new lane minus that on the old, where one goes on as the other.
    fn enter(&mut self, body: &mut Body, to: Entry, shift: Option<f64>) {
        let lane = &self.layout.lanes[to.lane];
        let lane_index = index_u32(to.lane);
        match shift {
            Some(shift) => {
                body.views.go_on(lane_index, shift);
                body.along = body.along.shifted(shift);
            }
            None => {
                let half_m = body.along.lead_m - body.along.centre_m;
                let position = self.at_home(lane, body.position);
                let along = lane.path.locate(position, to.along_m).along;
                body.along = Along { trail_m: along - half_m, centre_m: along, lead_m: along + half_m };
                let passed = lane.spots.iter().take_while(|spot| spot.end_m < along - half_m).count();
                body.views = Views::on(lane_index, index_u32(passed));
            }
        }
        body.lane = lane_index;
    }

    /// A part whose leading face is beyond its lane's end is already seen on the next.
    fn look_ahead(&mut self, body: &mut Body) {
        let lane = &self.layout.lanes[body.lane as usize];
        if body.along.lead_m < lane.length_m {
            return;
        }
        let Some(exit) = lane.end_exit(body.position) else { return };
        if let Some(shift) = straight_on(self.layout, lane, exit) {
            body.views.look_ahead(index_u32(exit.to.lane), shift);
        }
    }

    fn pass_spots(&mut self, body: &mut Body, axes: &Axes, before: Along) {
        let part = body.id;
        for view in body.views.iter_mut() {
            let spots = &self.layout.lanes[view.lane as usize].spots;
            let lead = body.along.lead_m + view.offset_m;
            while let Some(spot) = spots.get(view.next_spot as usize).filter(|spot| lead >= spot.start_m) {
                view.next_spot += 1;
                let arrived_at = self.instant(before.lead_m + view.offset_m, lead, spot.start_m);
                self.facts.push(Fact { crossed_at: arrived_at, seen_at: self.until, kind: FactKind::Arrived { part, spot: spot.spot } });
                body.passing.push(Passing::of(spot.spot, (view.lane, view.lap), false));
            }
        }
        if body.passing.is_empty() {
            return;
        }
        let (views, along, slow_steps) = (&mut body.views, body.along, body.slow_steps);
        let (extent, position, above_m) = (body.extent, body.position, body.above_m);
        body.passing.retain_mut(|passing| {
            let Some(view) = views.iter_mut().find(|view| (view.lane, view.lap) == (passing.lane, passing.lap)) else {
                // Round a corner: its tail is still there.
                let end = &self.layout.spot_ends[passing.spot.index()];
                let (beyond_m, half_m) = (end.beyond(position), extent.along(axes, end.pose.forward));
                (passing.lead_beyond_m, passing.trail_beyond_m) = (beyond_m + half_m, beyond_m - half_m);
                return true;
            };
            let spot = self.scene.spot(passing.spot);
            let (was, is) = (before.shifted(view.offset_m), along.shifted(view.offset_m));
            let lane = &self.layout.lanes[passing.lane as usize];
            if lane.reverses && is.lead_m < spot.start_m {
                // Against the flow it leaves where it came in, and comes again.
                self.report(self.instant(was.lead_m, is.lead_m, spot.start_m), FactKind::Left { part, spot: passing.spot });
                view.next_spot -= 1;
                return false;
            }
            // A plane says nothing of what is half a circle away from it.
            let end = &self.layout.spot_ends[passing.spot.index()];
            let near = (is.centre_m - spot.end_m).abs() < 2.0 * extent.radius_m();
            let (beyond_m, half_m) = match near {
                true => (end.beyond(position), extent.along(axes, end.pose.forward)),
                false => (is.centre_m - spot.end_m, is.lead_m - is.centre_m),
            };
            (passing.lead_beyond_m, passing.trail_beyond_m) = (beyond_m + half_m, beyond_m - half_m);
            if !passing.centred && is.centre_m >= spot.at_m {
                passing.centred = true;
                self.report(self.instant(was.centre_m, is.centre_m, spot.at_m), FactKind::Centred { part, spot: passing.spot });
            }
            if !passing.held && slow_steps >= HELD_STEPS && self.mechanisms.keeps(passing, self.scene, part, is) {
                passing.held = true;
                self.report(self.until, FactKind::Held { part, spot: passing.spot });
            }
            let measures = self.layout.measures[passing.spot.index()];
            if measures {
                let reach_m = |direction| extent.along(axes, direction);
                let seen_m = [2.0 * reach_m(end.pose.forward), 2.0 * reach_m(end.pose.left), above_m + reach_m(end.up)];
                for (largest, seen) in passing.seen_m.iter_mut().zip(seen_m) {
                    *largest = largest.max(seen);
                }
            }
            if is.trail_m > spot.end_m {
                if measures {
                    let kind = FactKind::Measured { part, spot: passing.spot, size_m: passing.seen_m };
                    self.report(self.instant(was.trail_m, is.trail_m, spot.end_m), kind);
                }
                self.report(self.instant(was.trail_m, is.trail_m, spot.end_m), FactKind::Left { part, spot: passing.spot });
                return false;
            }
            true
        });
    }

    fn leave_spots(&mut self, body: &mut Body, at: Time) {
        for passing in body.passing.drain(..) {
            self.facts.push(Fact { crossed_at: at, seen_at: self.until, kind: FactKind::Left { part: body.id, spot: passing.spot } });
        }
    }

    /// Reports elements that the trailing face has left, and with them what was still open there.
    fn clear_ports(&mut self, body: &mut Body, axes: &Axes, before: Vec3) {
        while let Some(&clearing) = body.clearing.first() {
            let port = self.scene.port(clearing.port);
            let plane = Plane::new(port.pose, port.width_m);
            let half_m = body.extent.along(axes, port.pose.forward);
            let behind = plane.beyond(body.position) - half_m;
            if behind < 0.0 {
                return;
            }
            let at = self.instant(plane.beyond(before) - half_m, behind, 0.0);
            body.clearing.remove(0);
            self.report(at, FactKind::Cleared { part: body.id, element: clearing.element });
            let layout = self.layout;
            let left = |lane: u32| layout.lanes[lane as usize].element == clearing.element;
            body.views.forget(left);
            let views = &body.views;
            let gone = |passing: &Passing| left(passing.lane) && views.find(passing.lane, passing.lap).is_none();
            let (part, until) = (body.id, self.until);
            let facts = &mut *self.facts;
            body.passing.retain(|passing| {
                if gone(passing) {
                    facts.push(Fact { crossed_at: at, seen_at: until, kind: FactKind::Left { part, spot: passing.spot } });
                }
                !gone(passing)
            });
        }
    }

    /// Whether the part is no longer above its lane.
    fn is_astray(&self, body: &Body) -> bool {
        let lane = &self.layout.lanes[body.lane as usize];
        let beside = body.left_m.abs() > lane.width_m / 2.0;
        let beyond = body.along.centre_m < -BESIDE_M || body.along.centre_m > lane.length_m + BESIDE_M;
        beside || beyond || body.above_m < -lane.below_m
    }

    /// The part is on another lane than the line meant, on the floor, through the belt, or still on its way down.
    fn find_again(&mut self, body: &mut Body, axes: &Axes, above_before: f64, before: Vec3) {
        let lane = &self.layout.lanes[body.lane as usize];
        let inside = lane.carries_at(body.left_m) && (0.0..=lane.length_m).contains(&body.along.centre_m);
        let through_own = lane.closed && inside && body.above_m < -BELOW_M && above_before >= -BELOW_M;
        // One that falls onto another lane may be above it before the step and below it after.
        let through = if through_own { Some(lane.element) } else { self.layout.passed_through(before, body.position, -BELOW_M) };
        if let Some(element) = through {
            let (part, element) = (Some(body.id), Some(element));
            self.report(self.until, FactKind::Invalid { kind: InvalidKind::Tunnelling, part, element });
        }
        let low_m = body.position[2] - body.extent.along(axes, [0.0, 0.0, 1.0]);
        if low_m <= self.scene.physics.floor_z_m + ON_FLOOR_M {
            self.report(self.until, FactKind::Dropped { part: body.id, from: lane.element });
            self.leave_spots(body, self.until);
            body.place = Where::OnFloor;
            return;
        }
        let Some((found, along_m)) = self.layout.lane_under(body.position, 2.0 * body.extent.radius_m()) else { return };
        if found != body.lane as usize {
            let (part, port, from) = (body.id, self.layout.lanes[found].in_port, lane.element);
            self.report(self.until, FactKind::Crossed { part, from, port });
            // A conveyor that runs backwards gives it back to the one that it came from.
            let goes_back = self.layout.lanes[found].exits.iter().any(|exit| exit.to.lane == body.lane as usize);
            if !is_routed(lane, port) && !goes_back {
                self.report(self.until, FactKind::Misrouted { part, port });
            }
            self.leave_spots(body, self.until);
            body.clearing.clear();
            self.report(self.until, FactKind::Cleared { part, element: from });
            self.enter(body, Entry { lane: found, along_m }, None);
            self.locate(body, axes);
        }
    }

    fn judge_motion(&mut self, body: &mut Body, speed_mps: f64) {
        body.slow_steps = if speed_mps < STANDING_MPS { body.slow_steps.saturating_add(1) } else { 0 };
        if body.place != Where::OnLane {
            return;
        }
        if body.standing_since.is_none() && body.slow_steps >= STANDING_STEPS {
            body.standing_since = Some(self.until);
            self.report(self.until, FactKind::Standing { part: body.id });
        } else if body.standing() && speed_mps > MOVING_MPS {
            body.standing_since = None;
            self.report(self.until, FactKind::Moving { part: body.id });
        }
    }
}

/// Arc length on the exit's lane minus that on `lane`, where the first simply goes on as the second. A side entry (a
/// merge) does not: a part on it has another direction.
fn straight_on(layout: &Layout, lane: &Lane, exit: &Exit) -> Option<f64> {
    (layout.lanes[exit.to.lane].in_port == exit.port).then_some(exit.to.along_m - lane.length_m)
}

fn is_routed(lane: &Lane, port: PortId) -> bool {
    lane.exits.iter().any(|exit| exit.by.is_none() && exit.port == port)
}

/// Direction of flow, without trigonometry where the lane is one straight.
fn forward_at(lane: &Lane, along_m: f64) -> Vec3 {
    match lane.path.segments.as_slice() {
        [Segment::Straight { start, .. }] => start.forward,
        _ => lane.path.pose_at(along_m.clamp(0.0, lane.length_m)).forward,
    }
}
