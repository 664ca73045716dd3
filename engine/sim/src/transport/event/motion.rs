//! Motion along a lane in closed form: a ramp of constant acceleration to a speed, which is then kept. Knows nothing about
//! what moves and why.

use linetwin_model::Time;
use serde::{Deserialize, Serialize};

/// Speeds closer than this are equal [m/s]: ten times what rounding an instant to a nanosecond makes of a steep ramp.
const EQUAL_MPS: f64 = 1e-7;

/// Where something is from `at` on: a place `x_m` and a speed `v_mps` then, which changes by `a_mps2` until it is `to_mps`.
/// Speeds are never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Motion {
    pub at: Time,
    pub x_m: f64,
    pub v_mps: f64,
    pub a_mps2: f64,
    pub to_mps: f64,
}

impl Motion {
    pub fn still(at: Time, x_m: f64) -> Self {
        Motion { at, x_m, ..Motion::default() }
    }

    pub fn even(at: Time, x_m: f64, v_mps: f64) -> Self {
        Motion { at, x_m, v_mps, a_mps2: 0.0, to_mps: v_mps }
    }

    /// From a speed to another at a rate [m/s^2] that is positive.
    pub fn ramp(at: Time, x_m: f64, v_mps: f64, to_mps: f64, rate_mps2: f64) -> Self {
        if (to_mps - v_mps).abs() < EQUAL_MPS {
            return Motion::even(at, x_m, to_mps);
        }
        Motion { at, x_m, v_mps, a_mps2: if to_mps > v_mps { rate_mps2 } else { -rate_mps2 }, to_mps }
    }

    /// How long the ramp lasts [s]; infinite where it has no end.
    pub fn ramp_s(&self) -> f64 {
        if self.a_mps2 == 0.0 { 0.0 } else { (self.to_mps - self.v_mps) / self.a_mps2 }
    }

    /// Place [m] and speed [m/s] so long after `at` [s].
    fn after(&self, seconds: f64) -> (f64, f64) {
        let ramp_s = self.ramp_s();
        if seconds < ramp_s {
            let v_mps = self.v_mps + self.a_mps2 * seconds;
            return (self.x_m + (self.v_mps + v_mps) / 2.0 * seconds, v_mps);
        }
        let ramp_m = if ramp_s > 0.0 { (self.v_mps + self.to_mps) / 2.0 * ramp_s } else { 0.0 };
        (self.x_m + ramp_m + self.to_mps * (seconds - ramp_s), self.to_mps)
    }

    /// The same motion, told from a later instant.
    pub fn from(&self, now: Time) -> Self {
        let seconds = now.since(self.at).as_seconds();
        let (x_m, v_mps) = self.after(seconds);
        if (self.to_mps - v_mps).abs() < EQUAL_MPS {
            return Motion::even(now, x_m, self.to_mps);
        }
        Motion { at: now, x_m, v_mps, ..*self }
    }

    /// When it is at a place ahead; at once where it is there already, `None` where it never comes there.
    pub fn reaches(&self, x_m: f64) -> Option<Time> {
        let way_m = x_m - self.x_m;
        if way_m <= 0.0 {
            return Some(self.at);
        }
        let ramp_s = self.ramp_s();
        let ramp_m = if ramp_s > 0.0 { (self.v_mps + self.to_mps) / 2.0 * ramp_s } else { 0.0 };
        let seconds = if ramp_s > 0.0 && (way_m <= ramp_m || !ramp_m.is_finite()) {
            let under = self.v_mps * self.v_mps + 2.0 * self.a_mps2 * way_m;
            2.0 * way_m / (self.v_mps + libm::sqrt(under.max(0.0)))
        } else if self.to_mps > 0.0 {
            ramp_s + (way_m - ramp_m) / self.to_mps
        } else {
            return None;
        };
        Some(self.at + Time::from_seconds(seconds))
    }

    /// When it comes to rest; `None` where it does not, or rests already.
    pub fn rests_at(&self) -> Option<Time> {
        (self.to_mps == 0.0 && self.a_mps2 != 0.0).then(|| self.at + Time::from_seconds(self.ramp_s()))
    }

    pub fn is_still(&self) -> bool {
        self.v_mps == 0.0 && self.to_mps == 0.0
    }

    /// Its acceleration now [m/s^2].
    pub fn rate_mps2(&self) -> f64 {
        if self.v_mps == self.to_mps { 0.0 } else { self.a_mps2 }
    }

    /// Whether both go on alike, wherever they are.
    pub fn goes_as(&self, other: &Motion) -> bool {
        (self.v_mps, self.rate_mps2(), self.to_mps) == (other.v_mps, other.rate_mps2(), other.to_mps)
    }
}

/// When the way between a follower and its leader, now `gap_m` >= 0, is used up. Both motions are told from the same instant.
pub(super) fn meets(follower: &Motion, leader: &Motion, gap_m: f64) -> Option<Time> {
    debug_assert_eq!(follower.at, leader.at, "both are told from the same instant");
    let mut breaks = [follower.ramp_s(), leader.ramp_s(), f64::INFINITY];
    breaks.sort_by(f64::total_cmp);
    let (mut begin_s, mut gap_m) = (0.0, gap_m);
    for end_s in breaks {
        if end_s <= begin_s {
            continue;
        }
        // A rate that holds through this stretch: of a ramp that ends no earlier.
        let rate = |motion: &Motion| if motion.ramp_s() >= end_s { motion.a_mps2 } else { 0.0 };
        let opens_mps = leader.after(begin_s).1 - follower.after(begin_s).1;
        let opens_mps2 = rate(leader) - rate(follower);
        if let Some(seconds) = first_root(gap_m, opens_mps, opens_mps2 / 2.0)
            && begin_s + seconds <= end_s
        {
            return Some(follower.at + Time::from_seconds(begin_s + seconds));
        }
        let span_s = end_s - begin_s;
        gap_m = (gap_m + opens_mps * span_s + opens_mps2 / 2.0 * span_s * span_s).max(0.0);
        begin_s = end_s;
    }
    None
}

/// The smallest s > 0 at which g + b s + c s^2 falls to zero, for g >= 0.
fn first_root(g: f64, b: f64, c: f64) -> Option<f64> {
    if c.abs() < 1e-12 {
        return (b < 0.0).then(|| g / -b);
    }
    let under = b * b - 4.0 * c * g;
    if under < 0.0 {
        return None;
    }
    let root = libm::sqrt(under);
    // Falls through zero: at the smaller root of an upward parabola, at the positive one of a downward parabola.
    let seconds = if c > 0.0 {
        if b >= 0.0 {
            return None;
        }
        2.0 * g / (-b + root)
    } else {
        (b + root) / (-2.0 * c)
    };
    (seconds > 0.0 || b < 0.0).then_some(seconds.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(time: Option<Time>) -> f64 {
        time.map_or(f64::INFINITY, Time::as_seconds)
    }

    #[test]
    fn a_ramp_goes_over_into_even_speed() {
        let motion = Motion::ramp(Time::ZERO, 0.0, 0.0, 0.5, 5.0);
        // 0.1 s and 25 mm of ramp, then 0.5 m/s.
        assert_eq!(seconds(motion.reaches(0.025)), 0.1);
        assert_eq!(seconds(motion.reaches(1.025)), 2.1);
        let later = motion.from(Time::from_seconds(1.1));
        assert!((later.x_m - 0.525).abs() < 1e-12 && later.v_mps == 0.5 && later.a_mps2 == 0.0, "{later:?}");
        let stopping = Motion::ramp(Time::ZERO, 0.0, 1.0, 0.0, 2.0);
        assert_eq!((seconds(stopping.rests_at()), stopping.reaches(0.26)), (0.5, None));
        assert!((stopping.from(Time::from_seconds(3.0)).x_m - 0.25).abs() < 1e-12);
    }

    /// Against a walk in small steps.
    #[test]
    fn who_is_faster_meets_who_is_ahead() {
        let ramps = [(0.0, 0.5, 5.0), (0.5, 0.5, 1.0), (0.5, 0.0, 2.0), (0.8, 0.3, 4.0), (0.0, 0.0, 1.0), (0.2, 1.0, 0.5)];
        for (fv, fto, fa) in ramps {
            for (lv, lto, la) in ramps {
                for gap_m in [0.01, 0.2] {
                    let follower = Motion::ramp(Time::ZERO, 0.0, fv, fto, fa);
                    let leader = Motion::ramp(Time::ZERO, 0.0, lv, lto, la);
                    let gap_at = |s: f64| gap_m + leader.after(s).0 - follower.after(s).0;
                    let walked = (0..20_000).map(|k| f64::from(k) * 1e-3).find(|s| gap_at(*s) <= 0.0);
                    let found = meets(&follower, &leader, gap_m).map(Time::as_seconds);
                    match (walked, found) {
                        (None, None) => {}
                        (None, Some(found)) => assert!(found > 19.9, "{follower:?} {leader:?} {found}"),
                        (Some(walked), Some(found)) => assert!((walked - found).abs() < 2e-3, "{follower:?} {leader:?}: {walked} {found}"),
                        (walked, found) => panic!("{follower:?} {leader:?}: walked {walked:?}, found {found:?}"),
                    }
                }
            }
        }
    }
}
