//! How sensors lie, and how late they tell. Knows nothing about what they see.

use super::Checker;
use super::values::{Sign, Usual};
use super::views::{family, upkeep};
use crate::distribution::Distribution;
use crate::scene::{Fault, FaultClock, FaultKind};
use crate::spec::{ElementSpec, FaultKindSpec};
use crate::time::Time;

/// Sensors answer within seconds.
const DELAY: Usual = Usual { low: 0.0005, high: 60.0, unit: "s", milli: "ms", kilo: "ks" };

impl Checker<'_, '_> {
    pub(super) fn fault_values(&mut self, index: usize, element: &ElementSpec) {
        let delays = match element {
            ElementSpec::Eye(spec) => vec![("on_delay_s", spec.on_delay_s), ("off_delay_s", spec.off_delay_s)],
            ElementSpec::Counter(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::Scanner(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::Checkweigher(spec) => vec![("delay_s", spec.delay_s)],
            _ => Vec::new(),
        };
        for (field, delay_s) in delays {
            self.number(&self.field(index, field), delay_s, Sign::NotNegative, Some(DELAY));
        }
        let mut modes: Vec<&str> = Vec::new();
        for (number, fault) in upkeep(element).faults.iter().enumerate() {
            let path = self.field(index, "faults").index(number);
            if modes.contains(&fault.mode.as_str()) {
                let problem = self.error("duplicate-mode", &path.name("mode"), format!("the fault `{}` is given twice", fault.mode));
                self.push(problem.help("give each fault its own name: the report has one line for each"));
            }
            modes.push(&fault.mode);
            self.fault_kind(index, element, number, fault.kind);
            match (&fault.uptime_s, &fault.uptime_parts) {
                (Some(uptime), None) => self.quantity(&path.name("uptime_s"), uptime, Sign::Positive, None),
                (None, Some(uptime)) => self.quantity(&path.name("uptime_parts"), uptime, Sign::Positive, None),
                (None, None) => {
                    let problem = self.error("missing-field", &path, format!("the fault `{}` does not say when it comes", fault.mode));
                    self.push(problem.allowed("`uptime_s` or `uptime_parts`"));
                }
                (Some(_), Some(_)) => {
                    let message = format!("the fault `{}` has two clocks", fault.mode);
                    let problem = self.error("contradiction", &path.name("uptime_parts"), message);
                    self.push(problem.allowed("one of `uptime_s` and `uptime_parts`"));
                }
            }
            self.quantity(&path.name("repair_s"), &fault.repair_s, Sign::NotNegative, None);
        }
    }

    /// Each sensor can lie in its own ways.
    fn fault_kind(&mut self, index: usize, element: &ElementSpec, number: usize, kind: FaultKindSpec) {
        let path = self.field(index, "faults").index(number).name("kind");
        let (told, switches) = match kind {
            FaultKindSpec::StuckOn => ("StuckOn", matches!(element, ElementSpec::Eye(_))),
            FaultKindSpec::Offset { by } => {
                self.number(&path.name("by"), by, Sign::Any, None);
                ("Offset", matches!(element, ElementSpec::Checkweigher(_)))
            }
            FaultKindSpec::Misses { probability } => {
                self.fraction(&path.name("probability"), probability);
                return;
            }
            FaultKindSpec::StuckOff => return,
        };
        if !switches {
            let message = format!("`{}` ({}) has no fault `{told}`", self.name(index), family(element));
            let allowed = match element {
                ElementSpec::Eye(_) => "`StuckOn`, `StuckOff` or `Misses`",
                ElementSpec::Checkweigher(_) => "`StuckOff`, `Misses` or `Offset`",
                _ => "`StuckOff` or `Misses`",
            };
            self.push(self.error("wrong-fault", &path, message).allowed(allowed));
        }
    }

    pub(super) fn fault_rows(&mut self, element: usize, spec: &ElementSpec) -> Vec<Fault> {
        let rows = upkeep(spec).faults.iter().enumerate().map(|(number, fault)| {
            let path = self.field(element, "faults").index(number);
            let (clock, uptime) = match (&fault.uptime_s, &fault.uptime_parts) {
                (Some(uptime), _) => (FaultClock::Time, self.distribution(&path.name("uptime_s"), uptime)),
                (None, Some(uptime)) => (FaultClock::Parts, self.distribution(&path.name("uptime_parts"), uptime)),
                (None, None) => (FaultClock::Time, Distribution::Constant(f64::MAX)),
            };
            Fault {
                mode: fault.mode.clone(),
                kind: match fault.kind {
                    FaultKindSpec::StuckOn => FaultKind::StuckOn,
                    FaultKindSpec::StuckOff => FaultKind::StuckOff,
                    FaultKindSpec::Misses { probability } => FaultKind::Misses(probability),
                    FaultKindSpec::Offset { by } => FaultKind::Offset(by),
                },
                clock,
                uptime,
                repair_s: self.distribution(&path.name("repair_s"), &fault.repair_s),
                crew: self.crew_need(&path.name("crew"), fault.crew.as_ref(), fault.crew_priority),
            }
        });
        rows.collect()
    }
}

/// A delay as the engine has it; a senseless one has been told.
pub(super) fn delay(seconds: f64) -> Time {
    if seconds.is_finite() && seconds > 0.0 { Time::from_seconds(seconds) } else { Time::ZERO }
}
