//! Coasting: a part at rest on its belt, with nothing near that moves relative to it, is carried by the belt in closed form,
//! and is no body of the physics meanwhile. Owns how such a part moves, and its way out of the physics and back; who must
//! have a body again is found by `lookahead.rs`, whose way is clear by `clear_way.rs`. Off, nothing here is done.
//!
//! Within one straight, at one speed, all parts that coast stay as they are to each other: a convoy, touching or not. A part
//! has its body again [`AHEAD_STEPS`] before something could touch it, so that its contacts are settled by then: when is known
//! from the beginning for whatever stands, and looked for in every step around what moves.

use super::ContactTransport;
use super::body::{Along, Axes, Body, Extent, Where};
use super::convoy::Course;
use super::drives::DriveState;
use super::hook::Tag;
use super::layout::Layout;
use super::lookahead::{AHEAD_STEPS, Lookahead, thing_of};
use super::world::vector;
use crate::parts::PartId;
use crate::port::PartMotion;
use linetwin_model::geometry::{Pose as Place, Segment, Vec3, add, dot, length, scale, sub};
use linetwin_model::scene::{Carrying, ConveyorId, DriveId, ElementKind, Spot};
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Steps of rest after which a part may coast: so many, and twice as many after each time that it did not pay, up to most.
pub const REST_STEPS: u32 = 12;
const MOST_REST_STEPS: u32 = 192;
/// To lose a body and to get one again costs as much as so many steps with it: who cannot be expected to coast for longer keeps it.
const WORTH_STEPS: f64 = 60.0;
/// Steps after which what hardly drifts is still, whatever the solver does with its velocity.
const STILL_STEPS: u32 = 3;
/// What a part at rest may drift over its belt while it rests [m], and the square of half of what it may turn [rad^2].
const DRIFT_M: f64 = 0.0005;
const DRIFT_TURN: f32 = 4e-6;
/// On slower belts parts stand [m/s], and the physics lets them sleep.
const SLOWEST_MPS: f64 = 0.05;
/// Within this of an axis along the vertical a part is flat [-].
const FLAT_COSINE: f64 = 0.9986;
/// What is further off does not touch [m].
const APART_M: f32 = 0.001;
/// A contact with another part whose normal is steeper carries one of the two [-].
const CARRYING_COSINE: f32 = 0.3;

/// Whether a part rests on its belt: by where it is, since its velocity also tells of how the solver tugs at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// Since when it has gone with its belt: where it was, and how the belt moves.
    position: Vec3,
    rotation: [f32; 4],
    belt: Vec3,
    steps: u32,
}

impl Rest {
    fn note(&mut self, motion: &PartMotion, belt: Option<Vec3>, dt_s: f64) {
        let position = motion.position.map(f64::from);
        let goes_on = add(self.position, scale(self.belt, f64::from(self.steps + 1) * dt_s));
        // Of two unit quaternions a small turn apart, the difference is half the turn.
        let turned = self.rotation.iter().zip(&motion.rotation).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        if belt == Some(self.belt) && length(sub(position, goes_on)) < DRIFT_M && turned < DRIFT_TURN {
            self.steps = self.steps.saturating_add(1);
        } else {
            *self = Rest { position, rotation: motion.rotation, belt: belt.unwrap_or_default(), steps: 0 };
        }
    }

    /// Of a part that has its body again: as if it had rested for long enough to be still.
    fn going_on(motion: &PartMotion, belt: Vec3, dt_s: f64) -> Rest {
        let position = sub(motion.position.map(f64::from), scale(belt, f64::from(STILL_STEPS) * dt_s));
        Rest { position, rotation: motion.rotation, belt, steps: STILL_STEPS }
    }

    /// How it moves with its belt, if it does [m/s].
    pub fn velocity(&self) -> Option<Vec3> {
        (self.steps >= STILL_STEPS).then_some(self.belt)
    }
}

/// A part that its belt carries in closed form.
#[derive(Clone, Serialize, Deserialize)]
pub struct Coaster {
    course: Course,
    /// Where it was along its lane when it began, and what it has moved by since per second.
    along: Along,
    speed_mps: f64,
    /// Its leading face may be here before it must have its body again [m], and when that is.
    stop_m: f64,
    until: Time,
    /// No sensor sees it before its leading face is here [m].
    quiet_until_m: f64,
    /// What the belt does on it on a slope [W].
    power_w: f64,
    /// What its body is made of again.
    pub collider: Box<Collider>,
    /// Its place in the convoy.
    #[serde(skip)]
    berth: u32,
}

impl Coaster {
    /// `before`: its motion at any instant since it coasts.
    pub fn motion_at(&self, before: &PartMotion, at: Time) -> PartMotion {
        PartMotion { position: self.course.position_at(at), ..*before }
    }

    pub fn along_at(&self, at: Time) -> Along {
        self.along.shifted(self.speed_mps * at.since(self.course.since).as_seconds())
    }

    /// It has to have its body before its leading face is beyond `stop_m`.
    fn stop_before(&mut self, stop_m: f64) {
        self.stop_m = self.stop_m.min(stop_m);
        // `as` rounds down, and a way that lies behind to zero.
        let way_ns = (self.stop_m - self.along.lead_m) / self.speed_mps * 1e9;
        self.until = Time(self.course.since.0.saturating_add(way_ns as u64));
    }
}

impl Body {
    /// Where it is along its lane, if nothing that follows parts would see anything but that.
    pub fn quiet_along(&self, at: Time) -> Option<Along> {
        let coaster = self.coaster.as_ref()?;
        let along = coaster.along_at(at);
        let quiet = self.passing.is_empty() && self.clearing.is_empty() && along.lead_m < coaster.quiet_until_m;
        quiet.then_some(along)
    }
}

/// Where a part may coast, as far as its conveyor tells.
struct Way {
    /// Where it is, along its straight.
    at: Place,
    /// Half of what it measures along, across and above that [m].
    half: [f64; 3],
    speed_mps: f64,
    /// Its leading face may be here before it must have its body again [m].
    stop_m: f64,
}

/// A part with a body that may coast.
struct Candidate {
    index: u32,
    /// Its place among those that have bodies.
    awake: usize,
    way: Way,
}

/// What of the scene decides where parts may coast. Derived.
#[derive(Default)]
pub struct Coasting {
    /// By lane.
    lanes: Vec<bool>,
    /// By spot: a part there may be held, pushed, led or taken.
    acting: Vec<bool>,
    lookahead: Lookahead,
    /// Who must have a body again, and when.
    ends: BTreeSet<(Time, PartId)>,
    /// Who is carried up or down.
    climbing: BTreeSet<PartId>,
    /// The drives as they were when the ways of those who coast were last looked at.
    drives: Vec<DriveState>,
    /// Indices of the parts that have bodies, in this step.
    awake: Vec<u32>,
    /// This step's begin.
    now: Time,
}

impl Coasting {
    pub fn new(scene: &Scene) -> Self {
        // Grains ask for the contacts of the parts among which they are.
        if !scene.coasting || (scene.bulk.is_some() && !scene.bulk_flows) {
            return Coasting::default();
        }
        let lanes = scene.conveyors.iter().enumerate().map(|(index, conveyor)| {
            let id = ConveyorId::from_index(index);
            let travels = scene.carriage_of(id).is_some() || scene.lift_of(id).is_some() || scene.train_of(id).is_some();
            scene.by_contact.get(index).copied().unwrap_or(true)
                && conveyor.carrying == Carrying::Closed
                && conveyor.back_port.is_none()
                && !travels
        });
        Coasting { lanes: lanes.collect(), acting: scene.spots.iter().map(|spot| acts(scene, spot)).collect(), ..Coasting::default() }
    }

    pub fn is_off(&self) -> bool {
        self.lanes.is_empty()
    }

    fn knows(&self, lane: u32) -> bool {
        self.lanes.get(lane as usize).copied().unwrap_or(false)
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Whether a part coasts since an earlier step.
    pub fn goes_on(&self, body: &Body) -> bool {
        body.coaster.as_ref().is_some_and(|coaster| coaster.course.since < self.now)
    }

    /// A part that coasts, its motion at any instant since.
    pub fn admit(&mut self, body: &mut Body, motion: &PartMotion) {
        let thing = thing_of(body, motion);
        let Some(coaster) = &mut body.coaster else { return };
        coaster.berth = self.lookahead.convoy.join(body.id, thing, coaster.course);
        self.ends.insert((coaster.until, body.id));
        if coaster.power_w != 0.0 {
            self.climbing.insert(body.id);
        }
    }

    fn dismiss(&mut self, id: PartId, coaster: &Coaster) {
        self.lookahead.convoy.leave(coaster.berth);
        self.ends.remove(&(coaster.until, id));
        self.climbing.remove(&id);
    }

    /// Its leading face may not go beyond `stop_m`.
    fn stop_before(&mut self, id: PartId, coaster: &mut Coaster, stop_m: f64) {
        self.ends.remove(&(coaster.until, id));
        coaster.stop_before(stop_m);
        self.ends.insert((coaster.until, id));
    }
}

fn acts(scene: &Scene, spot: &Spot) -> bool {
    let looks = matches!(
        scene.element(spot.element).kind,
        ElementKind::Checkweigher(_)
            | ElementKind::Scanner(_)
            | ElementKind::TagReader(_)
            | ElementKind::LightGrid(_)
            | ElementKind::Router(_)
            | ElementKind::Counter(_)
    );
    spot.hold.is_some() || !looks
}

impl ContactTransport {
    /// Before a step, when speeds and mechanisms are set for it: who needs a body gets one, who needs none any more loses it.
    pub(super) fn coast(&mut self, scene: &Scene, now: Time) {
        if self.coasting.is_off() {
            return;
        }
        self.coasting.now = now;
        self.follow_drives(scene, now);
        while let Some(&(until, id)) = self.coasting.ends.first()
            && until <= now
        {
            let index = self.bodies.binary_search_by_key(&id, |body| body.id).expect("who leaves the world coasts no more");
            self.give_body(index);
        }
        let mut awake = std::mem::take(&mut self.coasting.awake);
        awake.clear();
        let has_body = |body: &Body| body.coaster.is_none() && body.place != Where::Invalid;
        awake.extend((0..).zip(&self.bodies).filter(|(_, body)| has_body(body)).map(|(index, _): (u32, _)| index));
        let mut candidates = self.candidates(scene, &awake);
        if !self.coasting.lookahead.convoy.is_empty() || !candidates.is_empty() {
            let dt_s = scene.step.seconds() as f32;
            let mut lookahead = std::mem::take(&mut self.coasting.lookahead);
            lookahead.look(self, &awake, candidates.iter().map(|candidate| candidate.awake), now, dt_s);
            let reached = std::mem::take(&mut lookahead.reached);
            candidates.retain(|candidate| {
                reached.binary_search(&candidate.index).is_err() && lookahead.is_clear_for(candidate.awake, WORTH_STEPS as f32 * dt_s, now)
            });
            self.coasting.lookahead = lookahead;
            for &index in &reached {
                self.bodies[index as usize].rest_steps = 0;
                if self.bodies[index as usize].coaster.is_some() {
                    self.give_body(index as usize);
                    awake.push(index);
                }
            }
            self.coasting.lookahead.reached = reached;
            for Candidate { index, way, .. } in candidates {
                if let Some(coaster) = self.coaster_of(scene, index as usize, way, now) {
                    self.take_body(scene, index as usize, coaster);
                }
            }
        }
        self.coasting.awake = awake;
    }

    /// Who has rested for long enough and is where it could coast; who is not is tried again after as many steps.
    fn candidates(&mut self, scene: &Scene, awake: &[u32]) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (place, &index) in awake.iter().enumerate() {
            let body = &mut self.bodies[index as usize];
            if body.rest_steps < body.wait_steps {
                continue;
            }
            body.rest_steps = 0;
            if let Some(way) = self.way_of(scene, index as usize) {
                found.push(Candidate { index, awake: place, way });
            }
        }
        found
    }

    /// How far who coasts may go, when a drive has changed.
    fn follow_drives(&mut self, scene: &Scene, now: Time) {
        if self.coasting.drives == self.drives.states {
            return;
        }
        self.coasting.drives.clone_from(&self.drives.states);
        for index in 0..self.bodies.len() {
            let Some(mut coaster) = self.bodies[index].coaster.take() else { continue };
            let body = &self.bodies[index];
            let stop_m = self.steady_until_m(scene, body.lane, coaster.along_at(now).trail_m, coaster.speed_mps);
            if stop_m < coaster.stop_m {
                self.coasting.stop_before(body.id, &mut coaster, stop_m);
            }
            self.bodies[index].coaster = Some(coaster);
        }
    }

    /// After a step: how long each part has rested on its belt.
    pub(super) fn note_rest(&mut self, scene: &Scene) {
        let dt_s = scene.step.seconds();
        for at in 0..self.coasting.awake.len() {
            let index = self.coasting.awake[at] as usize;
            if self.bodies[index].coaster.is_some() {
                continue;
            }
            let belt = self.belt_under(scene, &self.bodies[index]);
            let body = &mut self.bodies[index];
            body.rest.note(&self.motions.now[index], belt, dt_s);
            body.rest_steps = if body.rest.steps > 0 { body.rest_steps.saturating_add(1) } else { 0 };
        }
    }

    /// How the belt moves that could carry a part in closed form [m/s].
    fn belt_under(&self, scene: &Scene, body: &Body) -> Option<Vec3> {
        if body.place != Where::OnLane || !self.coasting.knows(body.lane) {
            return None;
        }
        let (segment, _) = self.layout.lanes[body.lane as usize].path.segment_at(body.along.centre_m);
        let Segment::Straight { start, .. } = segment else { return None };
        Some(scale(start.forward, self.surface_speed(scene, body.lane as usize, body.along.centre_m)))
    }

    /// How far the leading face of a part may go along its lane before it sees a drive that does not run steadily at this
    /// speed [m].
    fn steady_until_m(&self, scene: &Scene, lane: u32, trail_m: f64, speed_mps: f64) -> f64 {
        let ahead_m = ahead_m(scene, speed_mps);
        let drives = scene.conveyors[lane as usize].drives.iter().map(|drive| (drive, &scene.drives[drive.index()]));
        let other = drives.filter(|(id, drive)| {
            let state = &self.drives.states[id.index()];
            let steady = state.speed_mps == speed_mps && state.set_mps == speed_mps && state.stops == 0;
            !steady && drive.end_m >= trail_m
        });
        other.map(|(_, drive)| drive.start_m - ahead_m).fold(f64::INFINITY, f64::min)
    }

    /// As far as the part's conveyor tells, how it would coast; `None`: it may not, or not for long enough.
    fn way_of(&self, scene: &Scene, index: usize) -> Option<Way> {
        let (body, motion) = (&self.bodies[index], &self.motions.now[index]);
        let lane = &self.layout.lanes[body.lane as usize];
        let speed_mps = self.surface_speed(scene, body.lane as usize, body.along.centre_m);
        let settled = body.clearing.is_empty() && body.views.iter().count() == 1 && !body.standing();
        let stance = &body.stance;
        let sound = stance.skewed_looks == 0 && stance.across.is_none() && body.jammed_on.is_none();
        if speed_mps < SLOWEST_MPS || !settled || !sound {
            return None;
        }
        let (segment, from_m) = lane.path.segment_at(body.along.trail_m);
        let Segment::Straight { start, length_m } = segment else { return None };
        let ahead_m = ahead_m(scene, speed_mps);
        let mut stop_m = from_m + length_m - ahead_m;
        for spot in lane.spots.iter().filter(|spot| self.coasting.acting[spot.spot.index()] && body.along.trail_m <= spot.end_m) {
            stop_m = stop_m.min(spot.start_m - ahead_m);
        }
        if stop_m - body.along.lead_m < worth_m(scene, speed_mps) {
            return None;
        }
        stop_m = stop_m.min(self.steady_until_m(scene, body.lane, body.along.trail_m, speed_mps));
        let up = start.up();
        let axes = Axes::new(&Rotation::from_array(motion.rotation));
        let flat = match body.extent {
            Extent::Box(_) => (0..3).any(|axis| dot(axes.0[axis], up).abs() > FLAT_COSINE),
            Extent::Round { caps, .. } => !caps && dot(axes.0[2], up).abs() > FLAT_COSINE,
        };
        let half = [start.forward, start.left, up].map(|direction| body.extent.along(&axes, direction));
        let within = body.left_m.abs() + half[1] <= lane.width_m / 2.0 && body.along.trail_m >= from_m;
        let worth = stop_m - body.along.lead_m >= worth_m(scene, speed_mps);
        let at = Place { position: motion.position.map(f64::from), ..*start };
        (flat && within && worth).then_some(Way { at, half, speed_mps, stop_m })
    }

    /// How the part would coast, by what is around it; `None`: it may not, or not for long enough.
    fn coaster_of(&self, scene: &Scene, index: usize, way: Way, now: Time) -> Option<Coaster> {
        let Way { at, half, speed_mps, stop_m } = way;
        let body = &self.bodies[index];
        if !self.lies_free(body, at.up()) {
            return None;
        }
        let (element, ahead_m) = (self.layout.lanes[body.lane as usize].element, ahead_m(scene, speed_mps));
        let clear_m = self.clear_way_m((element, at.forward), at, half, stop_m - body.along.lead_m + ahead_m) - ahead_m;
        if clear_m < worth_m(scene, speed_mps) {
            return None;
        }
        let weight_n = f64::from(self.world.bodies[body.handle].mass()) * scene.physics.gravity_mps2;
        let mut coaster = Coaster {
            course: Course { since: now, position: at.position, velocity: scale(at.forward, speed_mps) },
            along: body.along,
            speed_mps,
            stop_m,
            until: now,
            quiet_until_m: quiet_until_m(body, &self.layout),
            power_w: weight_n * at.forward[2] * speed_mps,
            collider: Box::new(self.world.colliders[body.collider].clone()),
            berth: 0,
        };
        coaster.stop_before(body.along.lead_m + clear_m);
        Some(coaster)
    }

    /// Whether nothing but its belt bears on the part, and other parts at most from the side.
    fn lies_free(&self, body: &Body, up: Vec3) -> bool {
        let (own, up) = (body.collider, vector(up));
        self.world.narrow_phase.contact_pairs_with(own).filter(|pair| pair.has_any_active_contact()).all(|pair| {
            let other = if pair.collider1 == own { pair.collider2 } else { pair.collider1 };
            // A part that has begun to coast in this very step is still named by its contacts.
            let surface = self.world.colliders.get(other).and_then(|other| Tag::decode(other.user_data).surface);
            match surface {
                // A rail beside it is a contact from two centimetres on.
                Some(surface) => self.surfaces[surface as usize].belt || is_apart(pair),
                None => pair.solver_manifolds().iter().all(|manifold| manifold.data.normal.dot(up).abs() < CARRYING_COSINE),
            }
        })
    }

    fn take_body(&mut self, scene: &Scene, index: usize, coaster: Coaster) {
        let (body, motion) = (&mut self.bodies[index], &mut self.motions.now[index]);
        // What it still lacked of the belt's motion, the belt gives it now.
        let work_j = body.energy.bring_along(&self.world.bodies[body.handle], motion, vector(coaster.course.velocity));
        if let Some(drive) = drive_under(scene, body) {
            self.drives.totals.drive_work_j[drive.index()] += work_j;
        }
        (motion.linear_velocity, motion.angular_velocity) = (coaster.course.velocity.map(|value| value as f32), [0.0; 3]);
        body.coaster = Some(coaster);
        self.coasting.admit(body, motion);
        let handle = std::mem::replace(&mut body.handle, RigidBodyHandle::invalid());
        body.collider = ColliderHandle::invalid();
        self.take_out(handle);
    }

    fn give_body(&mut self, index: usize) {
        let Some(coaster) = self.bodies[index].coaster.take() else { return };
        self.coasting.dismiss(self.bodies[index].id, &coaster);
        let motion = self.motions.now[index];
        let (handle, collider) = self.add_body(pose_of(&motion), Vector::from_array(motion.linear_velocity), *coaster.collider);
        let dt_s = f64::from(self.world.integration_parameters.dt);
        let body = &mut self.bodies[index];
        (body.handle, body.collider) = (handle, collider);
        body.rest_steps = 0;
        let paid = self.coasting.now.since(coaster.course.since).as_seconds() >= WORTH_STEPS * dt_s;
        body.wait_steps = if paid { REST_STEPS } else { (2 * body.wait_steps).min(MOST_REST_STEPS) };
        body.rest = Rest::going_on(&motion, coaster.course.velocity, dt_s);
    }

    /// A part leaves the world, whether it has a body or not.
    pub(super) fn drop_body(&mut self, body: &Body) {
        match &body.coaster {
            Some(coaster) => self.coasting.dismiss(body.id, coaster),
            None => self.take_out(body.handle),
        }
    }

    /// Indices of the parts that coast whose boxes may meet this one, some of them perhaps twice, and of others. They may have
    /// moved since by a step's way.
    pub(super) fn coasters_near(&self, around: Aabb) -> Vec<usize> {
        let mut found = Vec::new();
        self.coasting.lookahead.convoy.within(around.mins, around.maxs, self.coasting.now, |id| {
            found.extend(self.bodies.binary_search_by_key(&id, |body| body.id).ok());
        });
        found
    }

    /// Something was done to the part: if it coasts, it has its body in the next step.
    pub(super) fn disturb_coaster(&mut self, index: usize) {
        let body = &mut self.bodies[index];
        if let Some(coaster) = &mut body.coaster {
            self.coasting.stop_before(body.id, coaster, f64::NEG_INFINITY);
        }
    }

    /// The work that belts do on parts that they carry up or down in closed form.
    pub(super) fn add_coasting_work(&mut self, scene: &Scene) {
        let dt_s = scene.step.seconds();
        for &id in &self.coasting.climbing {
            let Ok(index) = self.bodies.binary_search_by_key(&id, |body| body.id) else { continue };
            let body = &self.bodies[index];
            if let (Some(drive), Some(coaster)) = (drive_under(scene, body), &body.coaster) {
                self.drives.totals.drive_work_j[drive.index()] += coaster.power_w * dt_s;
            }
        }
    }
}

/// Whether two are near each other and do not touch.
fn is_apart(pair: &ContactPair) -> bool {
    pair.solver_manifolds().iter().flat_map(|manifold| &manifold.data.solver_contacts).all(|contact| contact.dist > APART_M)
}

/// The drive of the conveyor on which a part is, where it is.
fn drive_under(scene: &Scene, body: &Body) -> Option<DriveId> {
    let drives = &scene.conveyors[body.lane as usize].drives;
    drives.iter().find(|drive| body.along.centre_m <= scene.drives[drive.index()].end_m).or(drives.last()).copied()
}

/// Up to where no sensor sees the part's leading face: the next spot or beam. In a beam it is always seen.
fn quiet_until_m(body: &Body, layout: &Layout) -> f64 {
    let lane = &layout.lanes[body.lane as usize];
    let next_spot = body.views.iter().next().map_or(0, |own| own.next_spot as usize);
    let spot_m = lane.spots.get(next_spot).map_or(f64::INFINITY, |spot| spot.start_m);
    let beams = lane.eyes.iter().filter(|eye| body.along.trail_m <= eye.at_m);
    beams.map(|eye| if body.along.lead_m >= eye.at_m { f64::NEG_INFINITY } else { eye.at_m }).fold(spot_m, f64::min)
}

/// After a part was followed past a sensor.
pub fn quieten(body: &mut Body, layout: &Layout) {
    if body.coaster.is_some() {
        let quiet_until_m = quiet_until_m(body, layout);
        body.coaster.iter_mut().for_each(|coaster| coaster.quiet_until_m = quiet_until_m);
    }
}

/// A part's collider and where that is, whether it has a body or not.
pub fn collider_of<'a>(world: &'a PhysicsWorld, body: &'a Body, motion: &PartMotion) -> (&'a Collider, Pose) {
    match &body.coaster {
        None => {
            let collider = &world.colliders[body.collider];
            (collider, *collider.position())
        }
        Some(coaster) => {
            let in_part = coaster.collider.position_wrt_parent().copied().unwrap_or(Pose::IDENTITY);
            (&coaster.collider, pose_of(motion) * in_part)
        }
    }
}

pub fn pose_of(motion: &PartMotion) -> Pose {
    Pose::from_parts(Vector::from_array(motion.position), Rotation::from_array(motion.rotation))
}

/// How far a part must be expected to coast [m].
fn worth_m(scene: &Scene, speed_mps: f64) -> f64 {
    WORTH_STEPS * scene.step.seconds() * speed_mps
}

/// How far a part must see [m].
fn ahead_m(scene: &Scene, speed_mps: f64) -> f64 {
    f64::from(AHEAD_STEPS) * scene.step.seconds() * speed_mps
}
