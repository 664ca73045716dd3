//! A continuous vertical conveyor: level platforms at a pitch on endless chains, which turn from level into vertical and
//! back. Ways are of a platform's front, along the chains, from where it comes out at the level where it takes parts.
//!
//! ```text
//!                     .-- up ----> hands over        a platform comes out of the nose at the end of its feeder, slat by slat,
//!                     |                              and goes into the nose before what follows it; level all the way, and
//!   takes --> level --'                              back below the floor of this page, out of the way of parts
//! ```

use super::{ConveyorId, ElementId, PortId, SpotId};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI};

/// Thickness of a platform [m].
pub const LIFT_PLATFORM_M: f64 = 0.05;
/// Where platforms are looked at along their way to see what comes close to what [m].
const LOOK_M: f64 = 0.005;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinuousLift {
    pub element: ElementId,
    /// Level, at the height at which it takes parts, from its feeder to where it hands over: what it covers, seen from above. Its
    /// drive is that of the chains.
    pub conveyor: ConveyorId,
    pub out_port: PortId,
    /// Of a platform along the flow [m].
    pub length_m: f64,
    /// From platform to platform along the chains [m].
    pub pitch_m: f64,
    /// Negative goes down [m].
    pub rise_m: f64,
    /// On which a platform turns from level into vertical [m].
    pub radius_m: f64,
    /// The most that its chains pull [N].
    pub force_n: f64,
    /// The hold at the end of the conveyor that feeds it, and its host's drive there.
    pub entry_hold: SpotId,
    /// The light curtain at its entry.
    pub curtain: SpotId,
    /// From where a part must not come nearer to the way out unless there is room.
    pub exit: SpotId,
    /// The beginning of the conveyor that follows, as long as the longest part; `None` before a sink.
    pub room: Option<SpotId>,
}

/// A platform on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiftPlatform {
    /// Of the whole of it along the flow, also where it is partly in a nose [m].
    pub middle_m: f64,
    /// Of what is out of the noses [m].
    pub rear_m: f64,
    pub front_m: f64,
    /// Above the level at which parts are taken [m].
    pub up_m: f64,
}

impl ContinuousLift {
    /// What it covers along the flow [m].
    pub fn covered_m(&self) -> f64 {
        self.length_m + 2.0 * self.radius_m
    }

    fn straight_m(&self) -> f64 {
        (self.rise_m.abs() - 2.0 * self.radius_m).max(0.0)
    }

    /// What a part travels from the plane where it comes in to that where it leaves [m].
    pub fn way_m(&self) -> f64 {
        self.length_m + PI * self.radius_m + self.straight_m()
    }

    /// Of a front from coming out to when the whole platform is in again [m].
    pub fn seen_m(&self) -> f64 {
        self.way_m() + self.length_m
    }

    /// So many platforms suffice for all that are out at any time.
    pub fn platform_count(&self) -> u32 {
        (self.seen_m() / self.pitch_m).ceil().max(1.0) as u32
    }

    /// The platform whose front has come so far; `None` while it is on its way back.
    pub fn platform_at(&self, way_m: f64) -> Option<LiftPlatform> {
        if !(0.0..self.seen_m()).contains(&way_m) {
            return None;
        }
        let (middle_m, up_m) = self.middle_at(way_m);
        let half_m = self.length_m / 2.0;
        Some(LiftPlatform { middle_m, rear_m: (middle_m - half_m).max(0.0), front_m: (middle_m + half_m).min(self.covered_m()), up_m })
    }

    /// The middle of a platform whose front has come so far, along the flow and above the level at which it takes parts [m]; before
    /// and after its way it goes straight on.
    pub fn middle_at(&self, way_m: f64) -> (f64, f64) {
        let (r, straight_m) = (self.radius_m, self.straight_m());
        let (arc_m, beyond_m) = (FRAC_PI_2 * r, way_m - self.length_m);
        let turned = |way_m: f64| (libm::sin(way_m / r) * r, (1.0 - libm::cos(way_m / r)) * r);
        let (ahead_m, up_m) = match beyond_m {
            b if b <= 0.0 => (b, 0.0),
            b if b <= arc_m => turned(b),
            b if b <= arc_m + straight_m => (r, r + b - arc_m),
            b if b <= 2.0 * arc_m + straight_m => {
                let (up, ahead) = turned(b - arc_m - straight_m);
                (r + ahead, r + straight_m + up)
            }
            b => (2.0 * r + b - 2.0 * arc_m - straight_m, 2.0 * r + straight_m),
        };
        (self.length_m / 2.0 + ahead_m, up_m * self.rise_m.signum())
    }

    /// The platform that comes out last, and how far it has come, when the chains have run so far in all [m].
    pub fn way_of_last_m(&self, chain_m: f64) -> f64 {
        chain_m.rem_euclid(self.pitch_m)
    }

    /// How high a part of this length may be: what it stands on comes close to the platforms before and behind [m].
    pub fn headroom_m(&self, part_m: f64) -> f64 {
        let looks = (self.seen_m() / LOOK_M).ceil() as u32;
        let inset_m = (self.length_m - part_m) / 2.0;
        let free = (0..=looks).filter_map(|look| {
            let way_m = f64::from(look) * LOOK_M;
            let (behind, before) = (self.platform_at(way_m)?, self.platform_at(way_m + self.pitch_m)?);
            // Whichever is lower carries the part that may meet the other.
            let (low, high) = if self.rise_m > 0.0 { (behind, before) } else { (before, behind) };
            let load = [low.rear_m + inset_m, low.front_m - inset_m];
            let shared_m = load[1].min(high.front_m) - load[0].max(high.rear_m);
            (shared_m > 0.0).then_some(high.up_m - low.up_m - LIFT_PLATFORM_M)
        });
        free.fold(f64::INFINITY, f64::min)
    }

    /// Where the front of the platform must be when that of a part comes to it, so that the part lies on its middle [m]. The part
    /// comes with the speed of its feeder until its centre is on the platform.
    pub fn meeting_m(&self, part_m: f64, chain_mps: f64, feeder_mps: f64) -> f64 {
        (self.length_m - part_m / 2.0 - chain_mps / feeder_mps * part_m / 2.0) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(rise_m: f64) -> ContinuousLift {
        let spot = SpotId(0);
        ContinuousLift {
            element: ElementId(0),
            conveyor: ConveyorId(0),
            out_port: PortId(0),
            length_m: 0.6,
            pitch_m: 1.0,
            rise_m,
            radius_m: 0.15,
            force_n: 1000.0,
            entry_hold: spot,
            curtain: spot,
            exit: spot,
            room: None,
        }
    }

    #[test]
    fn a_platform_goes_as_far_as_its_chains_and_arrives_at_the_other_level() {
        for rise_m in [2.0, -1.1] {
            let lift = lift(rise_m);
            let (mut gone_m, step_m) = (0.0, 1e-3);
            let mut before = lift.platform_at(lift.length_m).expect("it is out");
            let (first, steps) = (before, ((lift.way_m() - lift.length_m) / step_m) as u32);
            for step in 1..=steps {
                let now = lift.platform_at(lift.length_m + f64::from(step) * step_m).expect("it is out");
                gone_m += libm::hypot(now.middle_m - before.middle_m, now.up_m - before.up_m);
                before = now;
            }
            assert_eq!((first.rear_m, first.up_m), (0.0, 0.0));
            assert!((gone_m - f64::from(steps) * step_m).abs() < 1e-4, "{gone_m} m");
            let last = lift.platform_at(lift.way_m()).expect("it is out");
            assert!((last.front_m - lift.covered_m()).abs() < 1e-9 && (last.up_m - rise_m).abs() < 1e-9, "{last:?}");
            assert_eq!(lift.platform_at(lift.seen_m() + 1e-6), None);
        }
    }

    /// By hand: a part meets the platform before it when its front is below that one's rear, which is then in the vertical.
    #[test]
    fn headroom_is_what_the_platform_before_leaves_over_a_part() {
        let by_hand = |lift: &ContinuousLift, part_m: f64| {
            lift.pitch_m - LIFT_PLATFORM_M - (lift.length_m + part_m) / 2.0 + (2.0 - FRAC_PI_2) * lift.radius_m
        };
        for rise_m in [2.0, -2.0] {
            let lift = lift(rise_m);
            let (found, expected) = (lift.headroom_m(0.4), by_hand(&lift, 0.4));
            assert!((found - expected).abs() < 2.0 * LOOK_M, "{found} m, by hand {expected} m");
        }
    }
}
