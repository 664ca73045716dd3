//! Pushers: one stroke out and back, with limited speed, acceleration and force. A head that cannot go on stalls, gives
//! up after a while and returns. Knows nothing about which parts should be pushed.
//!
//! The head is as deep as its stroke: a plate with skirts. Behind a bare plate the next part would run in while it is
//! out, be dragged back by it, and wedge against the rail; at the skirt it waits until the head is back.

use super::plate::{Plate, PlateSpec};
use super::world::Builder;
use linetwin_model::scene::{ElementId, Pusher, Side};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

/// Fraction of the stroke's time spent accelerating, and again braking [-].
const RAMP_FRACTION: f32 = 0.2;
/// A stroke ends this close to its end [m].
const AT_END_M: f32 = 0.002;
/// Slowest speed on the way, so that the ends are reached [m/s].
const CREEP_MPS: f32 = 0.02;
/// How long a stalled plate presses before it gives up [s].
const GIVE_UP_S: f32 = 1.0;
/// How long after its stroke a part may still slide off because of it [s].
const AFTER_STROKE_S: f32 = 2.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Rest,
    Out,
    Back,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PusherState {
    pub element: ElementId,
    pub plate: Plate,
    phase: Phase,
    /// A wish that came during a stroke.
    again: bool,
    reached: bool,
    pub stalled: bool,
    stroke_m: f32,
    top_mps: f32,
    acceleration_mps2: f32,
    speed_mps: f32,
    in_phase_s: f32,
    stalled_s: f32,
}

/// What a pusher has to say after a step.
pub enum PusherNews {
    StrokeEnded { reached: bool },
    Stalled,
    Freed,
}

impl PusherState {
    pub fn new(builder: &mut Builder<'_>, pusher: &Pusher) -> Self {
        let host = builder.scene.conveyor(pusher.host);
        let ((place, size_m), stroke_m) = (pusher.head_at_rest(host), pusher.stroke_m(host));
        let spec = PlateSpec {
            place,
            size_m,
            rightward: pusher.side == Side::Right,
            stroke_m,
            force_n: pusher.force_n,
            material: pusher.material,
        };
        // A trapezoid: stroke = top speed x (time - one ramp).
        let top_mps = stroke_m as f32 / (pusher.stroke_s as f32 * (1.0 - RAMP_FRACTION));
        PusherState {
            element: pusher.element,
            plate: Plate::new(builder, &spec),
            phase: Phase::Rest,
            again: false,
            reached: false,
            stalled: false,
            stroke_m: stroke_m as f32,
            top_mps,
            acceleration_mps2: top_mps / (RAMP_FRACTION * pusher.stroke_s as f32),
            speed_mps: 0.0,
            in_phase_s: AFTER_STROKE_S,
            stalled_s: 0.0,
        }
    }

    pub fn push(&mut self) {
        if self.phase == Phase::Rest {
            self.begin(Phase::Out);
            self.reached = false;
        } else {
            self.again = true;
        }
    }

    /// Whether a part that leaves by its side does so because of it.
    pub fn pushes(&self) -> bool {
        self.phase != Phase::Rest || self.in_phase_s < AFTER_STROKE_S
    }

    fn begin(&mut self, phase: Phase) {
        (self.phase, self.speed_mps, self.in_phase_s, self.stalled_s) = (phase, 0.0, 0.0, 0.0);
    }

    /// Before a step: the speed for the way that is left.
    pub fn drive(&mut self, world: &mut PhysicsWorld, dt_s: f32) {
        let travel = self.plate.travel_m(world);
        let (left_m, sign) = match self.phase {
            Phase::Rest => (0.0, 0.0),
            Phase::Out => (self.stroke_m - travel, 1.0),
            Phase::Back => (travel, -1.0),
        };
        let braking = (2.0 * self.acceleration_mps2 * left_m.max(0.0)).sqrt();
        self.speed_mps = (self.speed_mps + self.acceleration_mps2 * dt_s).min(self.top_mps).min(braking.max(CREEP_MPS));
        self.plate.drive(world, sign * self.speed_mps);
    }

    /// After a step.
    pub fn sense(&mut self, world: &PhysicsWorld, dt_s: f32, mut news: impl FnMut(PusherNews)) {
        self.in_phase_s += dt_s;
        let stalls = self.plate.stalls(world);
        if stalls != self.stalled {
            self.stalled = stalls;
            news(if stalls { PusherNews::Stalled } else { PusherNews::Freed });
        }
        self.stalled_s = if stalls { self.stalled_s + dt_s } else { 0.0 };
        let travel = self.plate.travel_m(world);
        match self.phase {
            Phase::Out if travel >= self.stroke_m - AT_END_M => {
                self.reached = true;
                self.begin(Phase::Back);
            }
            Phase::Out if self.stalled_s >= GIVE_UP_S => self.begin(Phase::Back),
            Phase::Back if travel <= AT_END_M => {
                self.begin(Phase::Rest);
                news(PusherNews::StrokeEnded { reached: self.reached });
                if std::mem::take(&mut self.again) {
                    self.push();
                }
            }
            _ => {}
        }
    }
}
