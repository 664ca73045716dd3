//! A box on a scale below a gate. The scale feels what rests in the box and the impact of what falls into it, a little smoothed;
//! what it holds in the end is counted grain by grain.

use super::plan::{Plan, PlannedFiller};
use crate::parts::{DrawnShape, PartId, Parts};
use crate::port::Transport;
use linetwin_compute::kernels::particles::Particle;
use linetwin_model::Scene;
use linetwin_model::scene::FILL_SCALE_SMOOTHED_S;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filling {
    pub part: PartId,
    /// The line lets it pour.
    pub pours: bool,
    /// Middle of the box, outside, and its axes as rows.
    pub centre_m: [f64; 3],
    pub axes: [[f64; 3]; 3],
    /// Outside [m].
    pub size_m: [f64; 3],
    pub wall_m: f64,
    /// What the scale shows [kg].
    pub shown_kg: f64,
    /// The target is reached.
    pub reached: bool,
    /// For how long the gate has been closed since [s].
    pub settled_s: f64,
}

impl Filling {
    /// `None` where the part is no open box.
    pub fn begin(
        scene: &Scene,
        filler: &PlannedFiller,
        part: PartId,
        parts: &Parts,
        transport: &dyn Transport,
        pours: bool,
    ) -> Option<Self> {
        let DrawnShape::OpenBox { size_m, wall_m } = parts.get(part)?.shape else { return None };
        let motions = transport.motions();
        let (centre_m, axes) = match motions.binary_search_by_key(&part, |(id, _)| *id) {
            Ok(index) => {
                let motion = &motions[index].1;
                (motion.position.map(f64::from), axes_of(motion.rotation.map(f64::from)))
            }
            // A transport whose parts have no pose: against the blade, straight.
            Err(_) => {
                let spot = scene.spot(filler.spec.station.spot);
                let pose = scene.conveyor(spot.host).path.pose_at((spot.end_m - size_m[0] / 2.0).max(0.0));
                (pose.shifted(0.0, 0.0, size_m[2] / 2.0).position, [pose.forward, pose.left, pose.up()])
            }
        };
        Some(Filling { part, pours, centre_m, axes, size_m, wall_m, shown_kg: 0.0, reached: false, settled_s: 0.0 })
    }

    /// How far the gate is to be open [-].
    pub fn opening(&self, filler: &PlannedFiller, in_flight_kg: f64) -> f64 {
        let fine = self.shown_kg >= filler.spec.target_kg - in_flight_kg - filler.spec.fine_kg;
        match () {
            () if self.reached || !self.pours => 0.0,
            () if fine => filler.spec.fine_open,
            () => 1.0,
        }
    }

    /// The scale after a step in which the mean force on the box was that of `felt_kg`; whether the box is done with.
    pub fn weigh(&mut self, filler: &PlannedFiller, felt_kg: f64, in_flight_kg: f64, gate_closed: bool, dt_s: f64) -> bool {
        self.shown_kg += (felt_kg - self.shown_kg) * (dt_s / (dt_s + FILL_SCALE_SMOOTHED_S));
        self.reached |= self.shown_kg >= filler.spec.target_kg - in_flight_kg;
        if self.reached && gate_closed {
            self.settled_s += dt_s;
        }
        self.settled_s > filler.settle_s
    }

    /// Numbers of the grains that are in the box, ascending: above its floor, within its walls, below the gate.
    pub fn inside(&self, plan: &Plan, filler: &PlannedFiller, seen: &[(u64, Particle)]) -> Vec<u64> {
        let half = self.size_m.map(|size| size / 2.0);
        let within = |particle: &Particle| {
            let away: [f64; 3] = std::array::from_fn(|axis| particle.position_m[axis] - self.centre_m[axis]);
            let [x, y, z]: [f64; 3] = std::array::from_fn(|row| (0..3).map(|axis| self.axes[row][axis] * away[axis]).sum());
            x.abs() < half[0] && y.abs() < half[1] && z > -half[2] && particle.position_m[2] < filler.gate_z_m - plan.radii_m[1]
        };
        seen.iter().filter(|(_, particle)| within(particle)).map(|(id, _)| *id).collect()
    }
}

/// Directions of a part's axes, from its unit quaternion x, y, z, w.
pub fn axes_of([x, y, z, w]: [f64; 4]) -> [[f64; 3]; 3] {
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w), 2.0 * (x * z - y * w)],
        [2.0 * (x * y - z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + x * w)],
        [2.0 * (x * z + y * w), 2.0 * (y * z - x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
}
