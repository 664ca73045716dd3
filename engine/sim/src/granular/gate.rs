//! Slide gates: a plate a little less than a grain below an outlet. No grain rolls out between the two, and what the plate's edge
//! meets at the rim gives way up or down before it is squeezed hard.

use super::plan::{Plan, PlannedHopper};
use linetwin_model::scene::{GATE_BEYOND_GRAINS, GATE_THICKNESS_M};
use serde::{Deserialize, Serialize};

/// A plate that closes jumps by this share of the smallest radius at most [-]: what it then overlaps, it pushes off about as
/// fast as it moves itself.
const CLOSING_JUMP: f64 = 0.05;
/// One that opens leaves grains, and may jump further [-].
const OPENING_JUMP: f64 = 0.5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// The line lets it open.
    pub enabled: bool,
    /// 0 closed, 1 open [-].
    pub open: f64,
    /// Speed of the plate, positive when it opens [m/s].
    pub speed_mps: f64,
    /// Where it was when the step began, and where it will be at its end.
    from: f64,
    to: f64,
}

impl Gate {
    /// One that stands so far open [-].
    pub fn at_rest(open: f64) -> Self {
        Gate { open, from: open, to: open, ..Gate::default() }
    }

    pub fn is_closed(&self) -> bool {
        self.open == 0.0
    }

    /// Where it is to be at the end of a step of `dt_s`, on its way to `open`.
    pub fn aim(&mut self, open: f64, hopper: &PlannedHopper, dt_s: f64) {
        let change = dt_s / hopper.spec.gate.as_seconds();
        self.from = self.open;
        self.to = open.clamp(self.open - change, self.open + change);
    }

    /// Before a substep; whether the plate has to be placed anew.
    pub fn slide(&mut self, hopper: &PlannedHopper, plan: &Plan, substep: u32) -> bool {
        if self.from == self.to {
            let stops = self.speed_mps != 0.0;
            self.speed_mps = 0.0;
            return stops;
        }
        let travel_m = 2.0 * half_m(hopper, plan);
        let jump_m = plan.radii_m[0] * if self.to > self.from { OPENING_JUMP } else { CLOSING_JUMP };
        let jumps = (((self.to - self.from).abs() * travel_m / jump_m).ceil() as u32).clamp(1, plan.substeps);
        // Of equal lengths, spread over the step.
        let (done, now) = (substep * jumps / plan.substeps, (substep + 1) * jumps / plan.substeps);
        if now == done {
            return false;
        }
        self.open = if now == jumps { self.to } else { self.from + (self.to - self.from) * f64::from(now) / f64::from(jumps) };
        let step_s = hopper.spec.gate.as_seconds();
        self.speed_mps = travel_m / step_s * if self.to > self.from { 1.0 } else { -1.0 };
        true
    }

    /// At the end of a step.
    pub fn arrive(&mut self) {
        self.open = self.to;
        self.from = self.to;
    }

    /// Middle and half sizes of the plate [m]; it slides along y.
    pub fn plate(&self, hopper: &PlannedHopper, plan: &Plan) -> ([f64; 3], [f64; 3]) {
        let half_m = half_m(hopper, plan);
        let [x, y, z] = hopper.spec.outlet_m;
        let centre_m = [x, y + 2.0 * half_m * self.open, z - plan.granulates[hopper.spec.granulate].gate_gap_m() - GATE_THICKNESS_M / 2.0];
        (centre_m, [half_m, half_m, GATE_THICKNESS_M / 2.0])
    }
}

fn half_m(hopper: &PlannedHopper, plan: &Plan) -> f64 {
    hopper.spec.outlet_radius_m + GATE_BEYOND_GRAINS * plan.largest_m()
}
