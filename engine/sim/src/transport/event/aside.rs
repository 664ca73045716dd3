//! How devices take tokens off their lane: when the centre is over the edge, and how fast it then goes on. From geometry, strokes,
//! speeds and friction; what contact physics says beyond that is measured. Knows nothing of who is taken off, nor of what follows.

use super::token::Token;
use linetwin_model::Scene;
use linetwin_model::scene::{Diverter, DiverterDevice, ElementId, PLATE_CLEARANCE_M, Pusher};

/// Share of a plate's stroke in which it speeds up, and again in which it brakes [-]. As in contact physics.
const RAMP_SHARE: f64 = 0.2;

/// How a token leaves its lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TakenOff {
    /// Until its centre is over the edge [s], and how fast it goes on then [m/s].
    pub after_s: f64,
    pub speed_mps: f64,
    /// Of the device: of its wheels, of the host of an arm or of shoes, of a plate in the mean [m/s].
    own_mps: f64,
    /// How much of its way it then covers, over its length [-]; `None`: it does not turn.
    pub covers: Option<f64>,
}

impl TakenOff {
    /// As it was measured of this device.
    pub fn calibrated(self, scene: &Scene, device: ElementId) -> TakenOff {
        let rows = scene.calibration.as_ref().map_or(&[][..], |calibration| &calibration.take_offs);
        let Some(row) = rows.iter().find(|row| row.device == device) else { return self };
        let speed_mps = row.speed.map_or(self.speed_mps, |speed| speed * self.own_mps);
        TakenOff { after_s: (self.after_s + row.longer_s).max(0.0), speed_mps, covers: row.covers, ..self }
    }
}

/// From when the plate sets out.
pub(super) fn pushed(scene: &Scene, pusher: &Pusher, token: &Token) -> TakenOff {
    let host = scene.conveyor(pusher.host);
    let stroke_m = pusher.stroke_m(host);
    // So far the plate goes until the part's centre is at the host's edge.
    let way_m = PLATE_CLEARANCE_M + host.width_m - token.half_width_m();
    let (after_s, speed_mps) = stroke_after((way_m / stroke_m).clamp(0.0, 1.0));
    let own_mps = stroke_m / pusher.stroke_s;
    TakenOff { after_s: after_s * pusher.stroke_s, speed_mps: speed_mps * own_mps, own_mps, covers: None }
}

/// Of a stroke of length one that takes a time of one: when it has come so far, and how fast it is then. It speeds up and brakes evenly;
/// a part goes on as fast as it was fastest.
fn stroke_after(way: f64) -> (f64, f64) {
    let top = 1.0 / (1.0 - RAMP_SHARE);
    let ramp = top * RAMP_SHARE / 2.0;
    match way {
        way if way < ramp => (libm::sqrt(2.0 * way * RAMP_SHARE / top), libm::sqrt(2.0 * way * top / RAMP_SHARE)),
        way if way <= 1.0 - ramp => (RAMP_SHARE + (way - ramp) / top, top),
        way => (1.0 - libm::sqrt(2.0 * (1.0 - way) * RAMP_SHARE / top), top),
    }
}

/// From when its centre is at the middle of the stretch, on a host that goes so fast; where a blade keeps it there, from when the
/// stretch carries it off.
pub(super) fn diverted(scene: &Scene, diverter: &Diverter, token: &Token, host_mps: f64) -> TakenOff {
    let host = scene.conveyor(diverter.host);
    let half_m = host.width_m / 2.0;
    let (sin, cos) = (libm::sin(diverter.angle), libm::cos(diverter.angle));
    let (speed_mps, own_mps) = match diverter.device {
        DiverterDevice::PopUp { speed_mps } | DiverterDevice::Lifter { speed_mps, .. } => (speed_mps, speed_mps),
        // What the belt drags along the paddle is braked by the paddle.
        DiverterDevice::SwingArm { .. } => {
            let friction = scene.materials.pair(token.material, diverter.material).friction;
            (host_mps * (cos - friction * sin).max(0.0), host_mps)
        }
        DiverterDevice::Shoes { .. } | DiverterDevice::Carriers => (host_mps / cos.max(0.1), host_mps),
    };
    if let DiverterDevice::Shoes { .. } = diverter.device {
        // Beside its centre a shoe crosses the host from edge to edge while the host goes along the stretch.
        let share = 1.0 - token.half_width_m() / host.width_m;
        let beyond_m = (share - 0.5) * (diverter.end_m - diverter.start_m);
        let after_s = if host_mps > 0.0 { (beyond_m / host_mps).max(0.0) } else { 0.0 };
        return TakenOff { after_s, speed_mps, own_mps, covers: None };
    }
    let aside_mps = speed_mps * sin;
    // On its way to here it went aside already, where it is carried on meanwhile.
    let before_s = if diverter.stop.is_none() && host_mps > 0.0 { half_m * cos / sin / host_mps } else { 0.0 };
    let after_s = if aside_mps > 0.0 { (half_m / aside_mps - before_s).max(0.0) } else { 0.0 };
    TakenOff { after_s, speed_mps, own_mps, covers: None }
}

#[cfg(test)]
mod tests {
    use super::stroke_after;

    /// Against a walk in small steps.
    #[test]
    fn a_stroke_speeds_up_and_brakes() {
        let (top, step) = (1.0 / 0.8, 1e-5);
        let (mut way, mut speed, mut fastest, mut at) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0);
        while at < 1.0 {
            for asked in [0.05, 0.125, 0.4, 0.875, 0.97] {
                if (way - asked).abs() < step * top / 2.0 {
                    let (found_at, found) = stroke_after(asked);
                    assert!((found_at - at).abs() < 2e-3 && (found - fastest).abs() < 2e-2, "{asked}: {found_at} {found}, {at} {fastest}");
                }
            }
            let rate = if at < 0.2 {
                top / 0.2
            } else if at < 0.8 {
                0.0
            } else {
                -top / 0.2
            };
            speed += rate * step;
            (way, at, fastest) = (way + speed * step, at + step, fastest.max(speed));
        }
        assert!((way - 1.0).abs() < 1e-3);
    }
}
