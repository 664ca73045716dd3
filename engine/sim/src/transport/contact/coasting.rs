//! Coasting: a part at rest on its belt, with nothing near that moves relative to it, is carried by the belt in closed form,
//! and is no body of the physics meanwhile. Owns how such a part moves, and its way out of the physics and back; who must
//! have a body again is found by `lookahead.rs`, whose way is clear by `clear_way.rs`. Off, nothing here is done.
//!
//! Within one straight, at one speed, all parts that coast stay as they are to each other: a convoy, touching or not. A part
//! has its body again [`AHEAD_STEPS`] before something could touch it, so that its contacts are settled by then.

use super::ContactTransport;
use super::body::{Along, Axes, Body, Extent, Where};
use super::hook::Tag;
use super::layout::Layout;
use super::lookahead::{AHEAD_STEPS, Lookahead};
use super::world::vector;
use crate::port::PartMotion;
use linetwin_model::geometry::{Pose as Place, Segment, Vec3, add, dot, length, scale, sub};
use linetwin_model::scene::{Carrying, ConveyorId, ElementKind, Spot};
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Steps of rest after which a part may coast.
const REST_STEPS: u32 = 12;
/// Steps after which what hardly drifts is still, whatever the solver does with its velocity.
const STILL_STEPS: u32 = 3;
/// What a part at rest may drift over its belt while it rests [m], and the square of half of what it may turn [rad^2].
const DRIFT_M: f64 = 0.0005;
const DRIFT_TURN: f32 = 4e-6;
/// On slower belts parts stand [m/s], and the physics lets them sleep.
const SLOWEST_MPS: f64 = 0.05;
/// Within this of an axis along the vertical a part is flat [-].
const FLAT_COSINE: f64 = 0.9986;
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coaster {
    /// Since when, where it was then, and what it has moved by since per second.
    since: Time,
    position: Vec3,
    along: Along,
    velocity: Vec3,
    speed_mps: f64,
    /// How far it may go before it must have its body again [m].
    way_m: f64,
    /// No sensor sees it before its leading face is here [m].
    quiet_until_m: f64,
    /// What the belt does on it on a slope [W].
    power_w: f64,
}

impl Coaster {
    fn way_at(&self, at: Time) -> f64 {
        self.speed_mps * at.since(self.since).as_seconds()
    }

    /// `before`: its motion at any instant since it coasts.
    pub fn motion_at(&self, before: &PartMotion, at: Time) -> PartMotion {
        let moved = add(self.position, scale(self.velocity, at.since(self.since).as_seconds()));
        PartMotion { position: moved.map(|value| value as f32), ..*before }
    }

    pub fn along_at(&self, at: Time) -> Along {
        self.along.shifted(self.way_at(at))
    }

    /// It has to have its body before the next step.
    fn end(&mut self) {
        self.way_m = f64::NEG_INFINITY;
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

/// What of the scene decides where parts may coast. Derived.
#[derive(Default)]
pub struct Coasting {
    /// By lane.
    lanes: Vec<bool>,
    /// By spot: a part there may be held, pushed, led or taken.
    acting: Vec<bool>,
    lookahead: Lookahead,
}

impl Coasting {
    pub fn new(scene: &Scene) -> Self {
        // Grains ask for the contacts of the parts among which they are.
        if !scene.coasting || scene.bulk.is_some() {
            return Coasting::default();
        }
        let lanes = scene.conveyors.iter().enumerate().map(|(index, conveyor)| {
            let id = ConveyorId::from_index(index);
            let travels = scene.carriage_of(id).is_some() || scene.lift_of(id).is_some() || scene.train_of(id).is_some();
            conveyor.carrying == Carrying::Closed && conveyor.back_port.is_none() && !travels
        });
        Coasting { lanes: lanes.collect(), acting: scene.spots.iter().map(|spot| acts(scene, spot)).collect(), ..Coasting::default() }
    }

    fn is_off(&self) -> bool {
        self.lanes.is_empty()
    }

    fn knows(&self, lane: u32) -> bool {
        self.lanes.get(lane as usize).copied().unwrap_or(false)
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
        for index in 0..self.bodies.len() {
            let body = &self.bodies[index];
            let ends = |coaster: &Coaster| coaster.way_at(now) >= coaster.way_m || !self.runs_steadily(scene, body, coaster.speed_mps);
            if body.coaster.as_ref().is_some_and(ends) {
                self.give_body(index);
            }
        }
        if !self.bodies.iter().any(|body| body.coaster.is_some() || body.rest_steps >= REST_STEPS) {
            return;
        }
        let mut lookahead = std::mem::take(&mut self.coasting.lookahead);
        lookahead.look(self, scene.step.seconds() as f32);
        for &index in &lookahead.reached {
            let body = &mut self.bodies[index as usize];
            body.rest_steps = 0;
            if body.coaster.is_some() {
                self.give_body(index as usize);
            }
        }
        self.coasting.lookahead = lookahead;
        for index in 0..self.bodies.len() {
            if self.bodies[index].rest_steps >= REST_STEPS {
                // Tried again after as many steps.
                self.bodies[index].rest_steps = 0;
                if let Some(coaster) = self.coaster_of(scene, index, now) {
                    self.take_body(index, coaster);
                }
            }
        }
    }

    /// After a step: how long each part has rested on its belt.
    pub(super) fn note_rest(&mut self, scene: &Scene) {
        if self.coasting.is_off() {
            return;
        }
        let mut bodies = std::mem::take(&mut self.bodies);
        let dt_s = scene.step.seconds();
        for (body, motion) in bodies.iter_mut().zip(&self.motions.now).filter(|(body, _)| body.coaster.is_none()) {
            body.rest.note(motion, self.belt_under(scene, body), dt_s);
            body.rest_steps = if body.rest.steps > 0 { body.rest_steps.saturating_add(1) } else { 0 };
        }
        self.bodies = bodies;
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

    /// Whether all drives under a part, and as far as it has to see, run at this speed and go on to.
    fn runs_steadily(&self, scene: &Scene, body: &Body, speed_mps: f64) -> bool {
        let ahead_m = body.along.lead_m + ahead_m(scene, speed_mps);
        let mut drives = scene.conveyors[body.lane as usize].drives.iter().map(|drive| (drive, &scene.drives[drive.index()]));
        drives.all(|(id, drive)| {
            let state = &self.drives.states[id.index()];
            let steady = state.speed_mps == speed_mps && state.set_mps == speed_mps && state.stops == 0;
            steady || drive.end_m < body.along.trail_m || drive.start_m > ahead_m
        })
    }

    /// How the part would coast; `None`: it may not.
    fn coaster_of(&self, scene: &Scene, index: usize, now: Time) -> Option<Coaster> {
        let (body, motion) = (&self.bodies[index], &self.motions.now[index]);
        let lane = &self.layout.lanes[body.lane as usize];
        let (segment, from_m) = lane.path.segment_at(body.along.trail_m);
        let Segment::Straight { start, length_m } = segment else { return None };
        let up = start.up();
        let axes = Axes::new(&Rotation::from_array(motion.rotation));
        let flat = match body.extent {
            Extent::Box(_) => (0..3).any(|axis| dot(axes.0[axis], up).abs() > FLAT_COSINE),
            Extent::Round { caps, .. } => !caps && dot(axes.0[2], up).abs() > FLAT_COSINE,
        };
        let half = [start.forward, start.left, up].map(|direction| body.extent.along(&axes, direction));
        let within = body.left_m.abs() + half[1] <= lane.width_m / 2.0 && body.along.trail_m >= from_m;
        let settled = body.clearing.is_empty() && body.views.iter().count() == 1 && !body.standing();
        let stance = &body.stance;
        let sound = stance.skewed_looks == 0 && stance.across.is_none() && body.jammed_on.is_none();
        let speed_mps = self.surface_speed(scene, body.lane as usize, body.along.centre_m);
        if !(flat && within && settled && sound) || speed_mps < SLOWEST_MPS || !self.runs_steadily(scene, body, speed_mps) {
            return None;
        }
        let ahead_m = ahead_m(scene, speed_mps);
        let mut way_m = from_m + length_m - body.along.lead_m - ahead_m;
        for spot in lane.spots.iter().filter(|spot| self.coasting.acting[spot.spot.index()] && body.along.trail_m <= spot.end_m) {
            way_m = way_m.min(spot.start_m - body.along.lead_m - ahead_m);
        }
        if way_m < ahead_m || !self.lies_free(body, up) {
            return None;
        }
        let at = Place { position: motion.position.map(f64::from), ..*start };
        let clear_m = self.clear_way_m((lane.element, start.forward), at, half, way_m + ahead_m) - ahead_m;
        way_m = way_m.min(clear_m);
        let weight_n = f64::from(self.world.bodies[body.handle].mass()) * scene.physics.gravity_mps2;
        (way_m >= ahead_m).then(|| Coaster {
            since: now,
            position: at.position,
            along: body.along,
            velocity: scale(start.forward, speed_mps),
            speed_mps,
            way_m,
            quiet_until_m: quiet_until_m(body, &self.layout),
            power_w: weight_n * start.forward[2] * speed_mps,
        })
    }

    /// Whether nothing but its belt bears on the part, and other parts at most from the side.
    fn lies_free(&self, body: &Body, up: Vec3) -> bool {
        let (own, up) = (body.collider, vector(up));
        self.world.narrow_phase.contact_pairs_with(own).filter(|pair| pair.has_any_active_contact()).all(|pair| {
            let other = if pair.collider1 == own { pair.collider2 } else { pair.collider1 };
            let tag = Tag::decode(self.world.colliders[other].user_data);
            match tag.surface {
                Some(surface) => self.surfaces[surface as usize].belt,
                None => pair.solver_manifolds().iter().all(|manifold| manifold.data.normal.dot(up).abs() < CARRYING_COSINE),
            }
        })
    }

    fn take_body(&mut self, index: usize, coaster: Coaster) {
        let motion = &mut self.motions.now[index];
        (motion.linear_velocity, motion.angular_velocity) = (coaster.velocity.map(|value| value as f32), [0.0; 3]);
        self.bodies[index].coaster = Some(coaster);
        self.world.bodies[self.bodies[index].handle].set_enabled(false);
    }

    fn give_body(&mut self, index: usize) {
        let (body, motion) = (&mut self.bodies[index], &self.motions.now[index]);
        let Some(coaster) = body.coaster.take() else { return };
        body.rest_steps = 0;
        body.rest = Rest::going_on(motion, coaster.velocity, f64::from(self.world.integration_parameters.dt));
        let physical = &mut self.world.bodies[body.handle];
        physical.set_enabled(true);
        physical.set_position(pose_of(motion), true);
        physical.set_linvel(Vector::from_array(motion.linear_velocity), true);
        physical.set_angvel(Vector::ZERO, true);
        // The physics weighs it anew.
        self.sliders.forget(body.handle);
    }

    /// Something was done to the part: if it coasts, it has its body in the next step.
    pub(super) fn disturb_coaster(&mut self, index: usize) -> bool {
        self.bodies[index].coaster.as_mut().map(Coaster::end).is_some()
    }

    /// The work that belts do on parts that they carry up or down in closed form.
    pub(super) fn add_coasting_work(&mut self, scene: &Scene) {
        let dt_s = scene.step.seconds();
        for body in &self.bodies {
            let Some(coaster) = body.coaster.as_ref().filter(|coaster| coaster.power_w != 0.0) else { continue };
            let drives = &scene.conveyors[body.lane as usize].drives;
            let under = drives.iter().find(|drive| body.along.centre_m <= scene.drives[drive.index()].end_m).or(drives.last());
            if let Some(drive) = under {
                self.drives.totals.drive_work_j[drive.index()] += coaster.power_w * dt_s;
            }
        }
    }
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

/// Where a part's collider is, whether it has a body or not.
pub fn collider_pose(body: &Body, motion: &PartMotion, collider: &Collider) -> Pose {
    match body.coaster {
        None => *collider.position(),
        Some(_) => pose_of(motion) * collider.position_wrt_parent().copied().unwrap_or(Pose::IDENTITY),
    }
}

pub fn pose_of(motion: &PartMotion) -> Pose {
    Pose::from_parts(Vector::from_array(motion.position), Rotation::from_array(motion.rotation))
}

/// How far a part must see [m].
fn ahead_m(scene: &Scene, speed_mps: f64) -> f64 {
    f64::from(AHEAD_STEPS) * scene.step.seconds() * speed_mps
}
