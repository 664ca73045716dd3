//! When the next step is due: wall time times speed, from an anchor, so that nothing drifts with the sleeps between. What a
//! slow machine cannot catch up with is forgiven, and counted. Reads no clock itself; knows nothing about what a step does.

use linetwin_model::Time;
use std::time::{Duration, Instant};

/// Simulated time over wall time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// Within [`Speed::SLOWEST`] and [`Speed::FASTEST`].
    Times(f64),
    AsFastAsPossible,
}

impl Speed {
    pub const SLOWEST: f64 = 0.1;
    pub const FASTEST: f64 = 1000.0;

    /// The nearest speed that is allowed; not a number: 1.
    pub(super) fn within_limits(self) -> Speed {
        match self {
            Speed::Times(times) if times.is_nan() => Speed::Times(1.0),
            Speed::Times(times) => Speed::Times(times.clamp(Speed::SLOWEST, Speed::FASTEST)),
            Speed::AsFastAsPossible => Speed::AsFastAsPossible,
        }
    }
}

/// When a step is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Now,
    At(Instant),
    /// Not before a command comes.
    Never,
}

/// Wall time that is caught up with after a slow step [s]. More would answer a second's hitch with a second of haste.
const CATCH_UP: Duration = Duration::from_millis(100);

pub struct Pacer {
    speed: Speed,
    /// At this instant the simulation was, or should have been, at this time [ns].
    anchor: Option<(Instant, f64)>,
    /// Simulated time that was not kept up with since the last start [ns].
    forgiven: f64,
}

impl Pacer {
    pub fn new(speed: Speed) -> Self {
        Pacer { speed: speed.within_limits(), anchor: None, forgiven: 0.0 }
    }

    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Goes on at another speed from where the simulation is.
    pub fn set_speed(&mut self, speed: Speed) {
        *self = Pacer::new(speed);
    }

    /// From the next question on, time runs anew.
    pub fn stop(&mut self) {
        (self.anchor, self.forgiven) = (None, 0.0);
    }

    /// Simulated time that this machine lacked since the last start.
    pub fn behind(&self) -> Time {
        Time(self.forgiven as u64)
    }

    /// When the step from `at` to `next` is due.
    pub fn due(&mut self, now: Instant, at: Time, next: Time) -> Due {
        let Speed::Times(speed) = self.speed else { return Due::Now };
        let (anchored, from) = *self.anchor.get_or_insert((now, at.0 as f64));
        let passed = now.saturating_duration_since(anchored).as_nanos() as f64 * speed;
        let late = from + passed - next.0 as f64;
        if late < 0.0 {
            return Due::At(now + Duration::from_nanos((-late / speed).ceil() as u64));
        }
        let beyond = late - CATCH_UP.as_nanos() as f64 * speed;
        if beyond > 0.0 {
            self.anchor = Some((anchored, from - beyond));
            self.forgiven += beyond;
        }
        Due::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::time::StepLength;

    /// Steps that are done by a machine on which each takes `cost`, in `wall` of wall time.
    fn steps_in(wall: Duration, speed: f64, cost: Duration) -> (u64, Time) {
        let (step, mut pacer) = (StepLength::default(), Pacer::new(Speed::Times(speed)));
        let began = Instant::now();
        let (mut now, mut done) = (began, 0);
        while now < began + wall {
            match pacer.due(now, step.time_of(done), step.time_of(done + 1)) {
                Due::Now => (done, now) = (done + 1, now + cost),
                // A sleep takes longer than it was told.
                Due::At(instant) => now = instant + Duration::from_micros(730),
                Due::Never => panic!("a pacer always goes on"),
            }
        }
        (done, pacer.behind())
    }

    #[test]
    fn sleeps_that_take_too_long_cost_no_step() {
        for (speed, expected) in [(0.1, 120), (1.0, 1200), (10.0, 12_000)] {
            let (steps, behind) = steps_in(Duration::from_secs(10), speed, Duration::from_micros(50));
            assert!(steps.abs_diff(expected) <= 1, "{steps} at {speed}x");
            assert_eq!(behind, Time::ZERO);
        }
    }

    #[test]
    fn a_slow_machine_says_how_much_it_lacks() {
        // 25 ms for a step of 8.3 ms: a third of the speed, so two thirds of ten seconds are lacking, less what it may catch up.
        let (steps, behind) = steps_in(Duration::from_secs(10), 1.0, Duration::from_millis(25));
        assert_eq!(steps, 400);
        assert!((behind.as_seconds() - (10.0 - 10.0 / 3.0 - 0.1)).abs() < 0.05, "{behind:?}");
    }

    #[test]
    fn a_hitch_is_caught_up_within_the_limit_only() {
        let (mut pacer, began, step) = (Pacer::new(Speed::Times(1.0)), Instant::now(), Time(10_000_000));
        assert!(matches!(pacer.due(began, Time::ZERO, step), Due::At(_)));
        let late = began + Duration::from_secs(2);
        let mut done = 0;
        while pacer.due(late, Time(done * step.0), Time((done + 1) * step.0)) == Due::Now {
            done += 1;
        }
        assert_eq!(done, 1 + CATCH_UP.as_millis() as u64 / 10);
        assert!((pacer.behind().as_seconds() - 1.89).abs() < 1e-6, "{:?}", pacer.behind());
    }
}
