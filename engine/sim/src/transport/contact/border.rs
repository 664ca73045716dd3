//! What a border with exact events asks of bodies: who goes over and who comes, where bodies are in the way of tokens, and tokens in
//! the way of bodies. Knows nothing about tokens but that.

use super::ContactTransport;
use super::body::{Axes, Body, Extent, Passing, View, Views, Where, shade_collider};
use super::coasting::collider_of;
use super::entry::{MOVED_MAX_M, Spawn, index_u32};
use super::hook::Tag;
use super::watch::index_of;
use super::world::{pose, vector};
use crate::parts::{PartId, Parts};
use crate::port::{FactKind, PartMotion};
use crate::transport::mixed::{Crossing, Met, OVERLAP_M, Shade, Wall};
use linetwin_model::geometry::{Vec3, dot};
use linetwin_model::scene::EyeId;
use linetwin_model::{Scene, Time};
use rapier3d::parry;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// A token as bodies meet it: something solid that moves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    part: PartId,
    pub handle: RigidBodyHandle,
}

impl ContactTransport {
    /// Bodies that are wholly on a lane of tokens and free to go on there, in order of id.
    pub fn crossings(&self, scene: &Scene, now: Time) -> Vec<Crossing> {
        let is_ready = |body: &Body| {
            let by_contact = scene.by_contact.get(body.lane as usize).copied().unwrap_or(true);
            let is_held = body.passing.iter().any(|passing| passing.held && self.mechanisms.stops(passing.spot, body.id));
            body.place == Where::OnLane && !by_contact && body.clearing.is_empty() && !is_held
        };
        let bodies = self.bodies.iter().zip(&self.motions.now).filter(|(body, _)| is_ready(body));
        let crossings = bodies.map(|(body, motion)| self.crossing(scene, body, motion, now));
        crossings.filter(|crossing| self.is_clear_around(crossing)).collect()
    }

    /// Whether what bodies would meet of a part as a token, over the whole width of its lane, meets none now: who lies beside
    /// another or reaches over a border with a corner, keeps that one a body.
    fn is_clear_around(&self, crossing: &Crossing) -> bool {
        let lane = &self.layout.lanes[crossing.lane];
        let own = self.occupants().get(crossing.part).expect("it is a body");
        let half_m = [(crossing.half_m - OVERLAP_M).max(OVERLAP_M), lane.width_m / 2.0, own.above_m.max(OVERLAP_M)];
        let shape = Cuboid::new(vector(half_m));
        let here = pose(&lane.path.pose_at(crossing.along_m).shifted(0.0, 0.0, half_m[2]));
        !self.meets_part(&shape, &here, |body, _| body.id != own.id)
    }

    /// Whether a box meets a part that `counts`, told where its collider is; whether that has a body or coasts.
    fn meets_part(&self, shape: &Cuboid, place: &Pose, counts: impl Fn(&Body, Vector) -> bool) -> bool {
        let around = shape.compute_aabb(place);
        let mut near = self.world.intersect_aabb_conservative(around, QueryFilter::only_dynamic());
        let meets = |index: usize| {
            let (collider, at) = collider_of(&self.world, &self.bodies[index], &self.motions.now[index]);
            let overlap = || parry::query::intersection_test(place, shape, &at, collider.shape());
            counts(&self.bodies[index], at.translation) && overlap().is_ok_and(|found| found.intersecting)
        };
        near.any(|(_, collider)| index_of(&self.bodies, Tag::decode(collider.user_data)).is_some_and(meets))
            || self.coasters_near(around.loosened(MOVED_MAX_M)).into_iter().any(meets)
    }

    fn crossing(&self, scene: &Scene, body: &Body, motion: &PartMotion, now: Time) -> Crossing {
        let flow = self.flow_under(body);
        let axes = Axes::new(&Rotation::from_array(motion.rotation));
        // Of one that lies on its end, the axis across says how it is turned.
        let level = |axis: Vec3| axis[0] * axis[0] + axis[1] * axis[1];
        let (axis, turn) = if level(axes.0[0]) >= level(axes.0[1]) { (axes.0[0], 0.0) } else { (axes.0[1], std::f64::consts::FRAC_PI_2) };
        let met = |view: &View| {
            let spots = &self.layout.lanes[view.lane as usize].spots;
            let passing = body.passing.iter().filter(|passing| (passing.lane, passing.lap) == (view.lane, view.lap));
            let passing = passing.map(|passing| (passing.spot, passing.centred)).collect();
            Met { lane: view.lane as usize, shift_m: view.offset_m, arrived: (view.next_spot as usize).min(spots.len()), passing }
        };
        let eyes = self.eyes.iter().enumerate().filter(|(_, eye)| eye.by() == Some(body.id)).map(|(eye, _)| EyeId::from_index(eye));
        Crossing {
            part: body.id,
            lane: body.lane as usize,
            along_m: body.along.centre_m,
            left_m: body.left_m,
            yaw_rad: libm::atan2(axis[1], axis[0]) - turn - flow.heading(),
            v_mps: dot(motion.linear_velocity.map(f64::from), flow.forward),
            half_m: (body.along.lead_m - body.along.trail_m) / 2.0,
            met: body.views.iter().filter(|view| (view.lane as usize) < scene.conveyors.len()).map(met).collect(),
            eyes: eyes.collect(),
            rests_since: body.standing_since.map(|since| since.min(now)),
            told_standing: body.standing(),
        }
    }

    /// The part is a token now; what it has met goes with it.
    pub fn hand_over(&mut self, id: PartId, now: Time) {
        let Ok(index) = self.bodies.binary_search_by_key(&id, |body| body.id) else { return };
        let body = self.bodies.remove(index);
        self.motions.remove(index);
        self.balance.depart(&body);
        if let Some(element) = body.jammed_on {
            self.report(now, FactKind::JamEnded { part: id, element });
        }
        self.eyes.iter_mut().filter(|eye| eye.by() == Some(id)).for_each(|eye| eye.set(None));
        self.drop_body(&body);
    }

    /// Makes a body of a token, if its place is free.
    pub fn take_on(&mut self, scene: &Scene, parts: &Parts, crossing: &Crossing) -> bool {
        let id = crossing.part;
        let Some(part) = parts.get(id) else { return false };
        let extent = Extent::new(&part.shape);
        let spawn = Spawn { lane: crossing.lane, along_m: crossing.along_m, left_m: crossing.left_m, yaw_rad: crossing.yaw_rad };
        if !self.is_free(&spawn, &extent, part, -OVERLAP_M) {
            return false;
        }
        self.insert_body(scene, id, part, &spawn, extent);
        let index = self.bodies.binary_search_by_key(&id, |body| body.id).expect("just inserted");
        let flow = self.flow_under(&self.bodies[index]);
        let body = &mut self.bodies[index];
        let velocity = vector(flow.forward) * crossing.v_mps as f32;
        self.world.bodies[body.handle].set_linvel(velocity, true);
        self.motions.now[index].linear_velocity = velocity.to_array();
        body.views = Views::on(index_u32(crossing.lane), 0);
        for met in &crossing.met {
            let lane = index_u32(met.lane);
            if met.lane != crossing.lane {
                body.views.look_ahead(lane, met.shift_m);
            }
            let lap = body.views.on_lane(lane).last().map_or(0, |view| view.lap);
            for view in body.views.iter_mut().filter(|view| (view.lane, view.lap) == (lane, lap)) {
                view.next_spot = index_u32(met.arrived);
            }
            body.passing.extend(met.passing.iter().map(|&(spot, centred)| Passing::of(spot, (lane, lap), centred)));
        }
        if crossing.told_standing {
            body.slow_steps = u32::MAX / 2;
            body.standing_since = crossing.rests_since;
        }
        self.crowd.note_spots(&self.bodies[index]);
        for eye in &crossing.eyes {
            self.eyes[eye.index()].set(Some(id));
        }
        true
    }

    /// Where bodies are, by lane: each on every lane of the first `lane_count` that it reaches onto.
    pub fn walls(&self, lane_count: usize) -> Vec<Wall> {
        let mut walls = Vec::new();
        for (body, motion) in self.bodies.iter().zip(&self.motions.now).filter(|(body, _)| body.place == Where::OnLane) {
            let v_mps = dot(motion.linear_velocity.map(f64::from), self.flow_under(body).forward);
            let half_m = (body.along.lead_m - body.along.trail_m) / 2.0;
            let here = body.views.iter().filter(|view| (view.lane as usize) < lane_count);
            walls.extend(here.map(|view| Wall {
                part: body.id,
                lane: view.lane as usize,
                along_m: body.along.centre_m + view.offset_m,
                v_mps,
                half_m,
            }));
        }
        walls
    }

    /// As far as a body reaches [m].
    pub fn longest_m(&self) -> f64 {
        self.bodies.iter().map(|body| 2.0 * body.extent.radius_m()).fold(0.0, f64::max)
    }

    pub fn is_broken(&self, eye: EyeId) -> bool {
        self.eyes[eye.index()].blocked
    }

    /// Tokens that would push bodies in this step. In order of id, as `shades`.
    pub fn pushing(&self, shades: &[Shade]) -> Vec<PartId> {
        let pushes = |shade: &&Shade| {
            let (now, ahead) = (shade.poses[0], pose(&shade.ahead));
            let is_ahead = |_: &Body, at: Vector| (at - vector(now.position)).dot(vector(now.forward)) > 0.0;
            self.meets_part(&Cuboid::new(vector(shade.half_m)), &ahead, is_ahead)
        };
        let moves = |shade: &&Shade| shade.poses[0].position != shade.ahead.position;
        shades.iter().filter(moves).filter(pushes).map(|shade| shade.part).collect()
    }

    /// Puts something solid where tokens are, which moves to where they will be at the step's end. `shades`: in order of id.
    pub fn set_shades(&mut self, scene: &Scene, parts: &Parts, shades: &[Shade]) {
        let is_there = |part: PartId| shades.binary_search_by_key(&part, |shade| shade.part).is_ok();
        let (there, gone) = std::mem::take(&mut self.shadows).into_iter().partition(|shadow| is_there(shadow.part));
        self.shadows = there;
        gone.into_iter().for_each(|shadow: Shadow| self.take_out(shadow.handle));
        for shade in shades {
            let handle = match self.shadows.binary_search_by_key(&shade.part, |shadow| shadow.part) {
                Ok(index) => self.shadows[index].handle,
                Err(index) => {
                    let Some(row) = parts.get(shade.part) else { continue };
                    let body = RigidBodyBuilder::kinematic_position_based().pose(pose(&shade.poses[0]));
                    let (handle, _) = self.world.insert(body, shade_collider(scene, shade, row, self.part_pairs));
                    self.shadows.insert(index, Shadow { part: shade.part, handle });
                    handle
                }
            };
            self.world.bodies[handle].set_next_kinematic_position(pose(&shade.poses[1]));
        }
    }
}
