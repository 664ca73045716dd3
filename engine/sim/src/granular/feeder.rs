//! Feeders that move what lies in them: a screw's flight and a trough that swings are walls, placed anew in every substep where they
//! are then, with the velocity that they have there. Both start and stop within a short time.

use super::walls::{Sheets, strip};
use linetwin_compute::kernels::particles::{SurfaceMotion, WallShape};
use linetwin_model::geometry::{Vec3, add, scale};
use linetwin_model::scene::{BulkFeeder, FeederKind, Screw, Vibratory};
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// From rest to full motion, and back [s].
const RAMP_S: f64 = 0.2;
/// Sides of a tube's half, of a flight's turn, and of a shaft [-].
const HALF_SIDES: u32 = 16;
const TURN_SIDES: f64 = 24.0;
const SHAFT_SIDES: u32 = 12;
/// Substeps of a period of a trough, at least [-].
const PERIOD_SUBSTEPS: f64 = 24.0;
/// Of the smallest radius, what a flight's edge moves in a substep at most [-].
const FLIGHT_SHARE: f64 = 0.05;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feeder {
    /// The line lets it run.
    pub runs: bool,
    /// Of its full motion, when the step began and at its end [-].
    from: f64,
    to: f64,
    /// Of the stroke or the turn, when the step began [rad].
    phase: f64,
}

/// Where a feeder is, and how fast.
struct Moment {
    /// [-], and its change [1/s]
    share: f64,
    change: f64,
    /// [rad]
    phase: f64,
}

impl Feeder {
    /// For a step of `dt_s` that begins.
    pub fn aim(&mut self, dt_s: f64) {
        let change = dt_s / RAMP_S;
        self.to = f64::from(u8::from(self.runs)).clamp(self.from - change, self.from + change);
    }

    /// At its end.
    pub fn arrive(&mut self, spec: &BulkFeeder, dt_s: f64) {
        self.phase = self.at(spec, 1.0, dt_s).phase % TAU;
        self.from = self.to;
    }

    pub fn moves(&self) -> bool {
        self.from > 0.0 || self.to > 0.0
    }

    /// At a share of the step.
    fn at(&self, spec: &BulkFeeder, part: f64, dt_s: f64) -> Moment {
        let change = self.to - self.from;
        let share = self.from + change * part;
        let turned = match &spec.kind {
            FeederKind::Screw(screw) => screw.turns_per_s * dt_s * part * f64::midpoint(self.from, share),
            FeederKind::Vibratory(trough) => trough.frequency_hz * dt_s * part,
        };
        Moment { share, change: change / dt_s, phase: self.phase + TAU * turned }
    }

    /// What of it moves, as it is at a share of the step.
    pub fn wall(&self, spec: &BulkFeeder, part: f64, dt_s: f64) -> (WallShape, SurfaceMotion) {
        let now = self.at(spec, part, dt_s);
        match &spec.kind {
            FeederKind::Screw(screw) => {
                let turn_radps = -TAU * screw.turns_per_s * now.share;
                let motion = SurfaceMotion {
                    angular_velocity_radps: spec.start.forward.map(|part| (part * turn_radps) as f32),
                    pivot_m: spec.start.position,
                    ..SurfaceMotion::default()
                };
                (flight(spec, screw, now.phase), motion)
            }
            FeederKind::Vibratory(trough) => {
                let direction = add(scale(spec.start.forward, libm::cos(trough.throw)), scale(spec.start.up(), libm::sin(trough.throw)));
                let (sin, cos) = (libm::sin(now.phase), libm::cos(now.phase));
                let away_m = trough.amplitude_m * now.share * sin;
                let speed_mps = trough.amplitude_m * (now.share * TAU * trough.frequency_hz * cos + now.change * sin);
                let velocity_mps = direction.map(|part| (part * speed_mps) as f32);
                (open_trough(spec, trough, scale(direction, away_m)), SurfaceMotion { velocity_mps, ..SurfaceMotion::default() })
            }
        }
    }

    /// At the step's end: how far its flight is turned about the flow [rad], and its trough along its stroke [m].
    pub fn way(&self, spec: &BulkFeeder) -> [f64; 2] {
        match &spec.kind {
            FeederKind::Screw(_) => [-self.phase, 0.0],
            FeederKind::Vibratory(trough) => [0.0, trough.amplitude_m * self.from * libm::sin(self.phase)],
        }
    }

    /// For the step's hash.
    pub fn bits(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.to.to_bits().to_le_bytes());
        bytes[8..].copy_from_slice(&self.phase.to_bits().to_le_bytes());
        bytes
    }
}

/// Substeps per second that the motion needs, with grains of so small a radius [1/s].
pub fn substeps_per_s(spec: &BulkFeeder, smallest_radius_m: f64) -> f64 {
    match &spec.kind {
        FeederKind::Screw(screw) => TAU * screw.turns_per_s * screw.radius_m / (FLIGHT_SHARE * smallest_radius_m),
        FeederKind::Vibratory(trough) => PERIOD_SUBSTEPS * trough.frequency_hz,
    }
}

/// The flight on its shaft, turned backwards by `phase`: seen at one place, it goes forward.
fn flight(spec: &BulkFeeder, screw: &Screw, phase: f64) -> WallShape {
    let at = |along_m: f64, radius_m: f64, angle: f64| {
        spec.start.shifted(along_m, radius_m * libm::cos(angle), radius_m * libm::sin(angle)).position
    };
    let mut sheets = Sheets::default();
    let count = (spec.length_m / screw.pitch_m * TURN_SIDES).ceil() as u32;
    let edge = |index: u32| {
        let along_m = spec.length_m * f64::from(index) / f64::from(count);
        let angle = TAU * along_m / screw.pitch_m - phase;
        [at(along_m, screw.shaft_radius_m, angle), at(along_m, screw.radius_m, angle)]
    };
    for index in 0..count {
        let ([inner, outer], [next_inner, next_outer]) = (edge(index), edge(index + 1));
        sheets.quad([inner, outer, next_outer, next_inner]);
    }
    for side in 0..SHAFT_SIDES {
        let [a, b] = [side, side + 1].map(|side| TAU * f64::from(side) / f64::from(SHAFT_SIDES) - phase);
        let (r, end_m) = (screw.shaft_radius_m, spec.length_m);
        sheets.quad([at(0.0, r, a), at(end_m, r, a), at(end_m, r, b), at(0.0, r, b)]);
    }
    sheets.shape()
}

/// What of a screw feeder stands: the tube, the trough before it, the wall behind that and the one above the tube's mouth.
pub fn housing(spec: &BulkFeeder, screw: &Screw) -> WallShape {
    let (r, top_m, inlet_m) = (screw.tube_radius_m, screw.wall_m, screw.inlet_m);
    let at = |along_m: f64, left_m: f64, up_m: f64| spec.start.shifted(along_m, left_m, up_m).position;
    let mut sheets = Sheets::default();
    for side in 0..HALF_SIDES {
        let [(c, s), (next_c, next_s)] = [side, side + 1].map(|side| {
            let angle = PI * f64::from(side) / f64::from(HALF_SIDES);
            (r * libm::cos(angle), r * libm::sin(angle))
        });
        // Below, all along; above, the tube, and over its mouth a wall up to the trough's rim.
        sheets.quad([at(0.0, c, -s), at(spec.length_m, c, -s), at(spec.length_m, next_c, -next_s), at(0.0, next_c, -next_s)]);
        sheets.quad([at(inlet_m, c, s), at(spec.length_m, c, s), at(spec.length_m, next_c, next_s), at(inlet_m, next_c, next_s)]);
        sheets.quad([at(inlet_m, c, s), at(inlet_m, next_c, next_s), at(inlet_m, next_c, top_m), at(inlet_m, c, top_m)]);
    }
    for left_m in [-r, r] {
        sheets.quad([at(0.0, left_m, 0.0), at(inlet_m, left_m, 0.0), at(inlet_m, left_m, top_m), at(0.0, left_m, top_m)]);
    }
    sheets.quad([at(0.0, -r, -r), at(0.0, r, -r), at(0.0, r, top_m), at(0.0, -r, top_m)]);
    sheets.shape()
}

fn open_trough(spec: &BulkFeeder, trough: &Vibratory, away_m: Vec3) -> WallShape {
    let start = linetwin_model::geometry::Pose { position: add(spec.start.position, away_m), ..spec.start };
    let (half_m, top_m) = (trough.width_m / 2.0, trough.wall_m);
    let mut sheets = Sheets::default();
    sheets.quad(strip(&start, spec.length_m, [-half_m, 0.0], [half_m, 0.0]));
    for side in [-half_m, half_m] {
        sheets.quad(strip(&start, spec.length_m, [side, 0.0], [side, top_m]));
    }
    let at = |left, up| start.shifted(0.0, left, up).position;
    sheets.quad([at(-half_m, 0.0), at(half_m, 0.0), at(half_m, top_m), at(-half_m, top_m)]);
    sheets.shape()
}
