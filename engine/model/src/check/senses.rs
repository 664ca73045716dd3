//! What measures, reads and weighs; how sensors lie, and how late they tell. Knows nothing about what they see.

use super::Checker;
use super::tables::{Draft, Tables};
use super::values::{self, Sign, Usual};
use super::views::{family, upkeep};
use crate::distribution::Distribution;
use crate::scene::*;
use crate::spec::{ElementSpec, FaultKindSpec, ScaleSpec};
use crate::syntax::FieldPath;
use crate::time::Time;

/// Sensors answer within seconds.
const DELAY: Usual = Usual { low: 0.0005, high: 60.0, unit: "s", milli: "ms", kilo: "ks" };

/// A tag answers within milliseconds.
const ROUND: Usual = Usual { low: 0.0005, high: 2.0, unit: "s", milli: "ms", kilo: "ks" };

/// The attributes that a sense writes, and where that is said.
pub(super) fn written<'a>(spec: &'a ElementSpec, path: &FieldPath) -> Vec<(&'a str, FieldPath)> {
    let named = |field: &str, name: &'a Option<String>| name.as_deref().map(|name| (name, path.name(field)));
    let names = match spec {
        ElementSpec::LightGrid(grid) => {
            let sets = &grid.sets;
            vec![named("length_m", &sets.length_m), named("width_m", &sets.width_m), named("height_m", &sets.height_m)]
        }
        ElementSpec::Scale(scale) => {
            let sets = &scale.sets;
            vec![named("weight_kg", &sets.weight_kg), named("within", &sets.within), named("disturbed", &sets.disturbed)]
        }
        ElementSpec::TagReader(reader) => {
            let beside = FieldPath(path.0[..path.0.len() - 1].to_vec());
            let counts = reader.counts.as_deref().map(|name| (name, beside.name("counts")));
            vec![Some((reader.sets.as_str(), path.clone())), counts]
        }
        _ => Vec::new(),
    };
    names.into_iter().flatten().collect()
}

impl Checker<'_, '_> {
    pub(super) fn sense_values(&mut self, index: usize, element: &ElementSpec) {
        match element {
            ElementSpec::LightGrid(spec) => {
                let usual = Usual { low: 0.0005, high: 0.2, ..values::DEVICE_LENGTH };
                self.number(&self.field(index, "pitch_m"), spec.pitch_m, Sign::Positive, Some(usual));
                self.number(&self.field(index, "error_sd_m"), spec.error_sd_m, Sign::NotNegative, None);
            }
            ElementSpec::TagReader(spec) => {
                self.fraction(&self.field(index, "read_rate"), spec.read_rate);
                self.number(&self.field(index, "round_s"), spec.round_s, Sign::Positive, Some(ROUND));
            }
            ElementSpec::Scale(spec) => self.scale_values(index, spec),
            ElementSpec::Encoder(spec) => {
                let usual = Usual { low: 5.0, high: 200_000.0, unit: "1/m", milli: "1/km", kilo: "1/mm" };
                self.number(&self.field(index, "pulses_per_m"), spec.pulses_per_m, Sign::Positive, Some(usual));
                return;
            }
            _ => return,
        }
        let path = self.field(index, "sets");
        if written(element, &path).is_empty() {
            let allowed = if matches!(element, ElementSpec::Scale(_)) {
                "`weight_kg`, `within`, `disturbed`"
            } else {
                "`length_m`, `width_m`, `height_m`"
            };
            let problem = self.error("sets-nothing", &path, format!("nobody learns what `{}` measures", self.name(index)));
            self.push(problem.allowed(allowed).help("name an attribute for at least one of them"));
        }
    }

    fn scale_values(&mut self, index: usize, spec: &ScaleSpec) {
        self.number(&self.field(index, "settle_s"), spec.settle_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        self.number(&self.field(index, "error_sd_kg"), spec.error_sd_kg, Sign::NotNegative, None);
        self.number(&self.field(index, "division_kg"), spec.division_kg, Sign::NotNegative, None);
        self.option(&self.field(index, "ideal_cycle_s"), spec.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
        let path = self.field(index, "limits_kg");
        match spec.limits_kg {
            Some([low, high]) if low > high => {
                let problem = self.error("limits-reversed", &path, format!("the lower limit {low} kg is above the upper limit {high} kg"));
                self.push(problem.allowed("(lower, upper)").help(format!("write limits_kg: ({high}, {low})")));
            }
            Some(limits) => {
                for (limit, value) in limits.into_iter().enumerate() {
                    self.number(&path.index(limit), value, Sign::NotNegative, Some(values::MASS));
                }
            }
            None if spec.sets.within.is_some() => {
                let problem = self.error("missing-field", &self.field(index, "sets").name("within"), "within what limits is not said");
                self.push(problem.help("add `limits_kg: (lower, upper)`"));
            }
            None => {}
        }
    }

    pub(super) fn sense_kind(&mut self, element: usize, spec: &ElementSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let named = |tables: &Tables, name: &Option<String>| name.as_deref().and_then(|name| tables.attribute(name));
        Some(match spec {
            ElementSpec::LightGrid(grid) => {
                let sets = &grid.sets;
                let sets = [&sets.length_m, &sets.width_m, &sets.height_m].map(|name| named(tables, name));
                let spot = self.device_spot(element, spec, None, tables, draft)?;
                let delay = delay(grid.delay_s);
                ElementKind::LightGrid(LightGrid { spot, sets, pitch_m: grid.pitch_m, error_sd_m: grid.error_sd_m, delay })
            }
            ElementSpec::TagReader(reader) => {
                let reads = self.attribute_read(&self.field(element, "reads"), &reader.reads, tables);
                let (sets, counts) = (tables.attribute(&reader.sets)?, named(tables, &reader.counts));
                let spot = self.device_spot(element, spec, None, tables, draft)?;
                let (read_rate, round_s, delay) = (reader.read_rate, reader.round_s, delay(reader.delay_s));
                ElementKind::TagReader(TagReader { spot, reads: reads?, sets, counts, read_rate, round_s, delay })
            }
            ElementSpec::Scale(scale) => {
                let when = self.option_when(element, scale.when.as_deref(), tables, draft);
                let within = named(tables, &scale.sets.within).zip(scale.limits_kg);
                let (weight, disturbed) = (named(tables, &scale.sets.weight_kg), named(tables, &scale.sets.disturbed));
                let station = Station {
                    spot: self.device_spot(element, spec, Some(HoldKind::Blade), tables, draft)?,
                    processing_s: Distribution::Constant(scale.settle_s),
                    scrap_probability: 0.0,
                    when,
                    sets: Vec::new(),
                    fills_kg: None,
                    again: true,
                    tries: 1,
                    scraps_failed: false,
                    batch: 1,
                    wait_s: None,
                    setups: Vec::new(),
                    crew: None,
                    ideal_cycle: scale.ideal_cycle_s.map(Time::from_seconds),
                };
                let (error_sd_kg, division_kg, delay) = (scale.error_sd_kg, scale.division_kg, delay(scale.delay_s));
                ElementKind::Scale(Scale { station, error_sd_kg, division_kg, weight, within, disturbed, delay })
            }
            _ => unreachable!("the other devices are made in `devices`"),
        })
    }

    pub(super) fn fault_values(&mut self, index: usize, element: &ElementSpec) {
        let delays = match element {
            ElementSpec::Eye(spec) => vec![("on_delay_s", spec.on_delay_s), ("off_delay_s", spec.off_delay_s)],
            ElementSpec::Lidar(spec) => vec![("on_delay_s", spec.on_delay_s), ("off_delay_s", spec.off_delay_s)],
            ElementSpec::Counter(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::Scanner(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::Checkweigher(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::TagReader(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::LightGrid(spec) => vec![("delay_s", spec.delay_s)],
            ElementSpec::Scale(spec) => vec![("delay_s", spec.delay_s)],
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
                (None, Some(_)) if matches!(element, ElementSpec::Encoder(_)) => {
                    let problem = self.error("wrong-clock", &path.name("uptime_parts"), "no parts come to an encoder");
                    self.push(problem.allowed("`uptime_s`"));
                }
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
        let measures = matches!(element, ElementSpec::Checkweigher(_) | ElementSpec::LightGrid(_) | ElementSpec::Scale(_));
        let (told, fits) = match kind {
            FaultKindSpec::StuckOn => ("StuckOn", matches!(element, ElementSpec::Eye(_) | ElementSpec::Lidar(_))),
            FaultKindSpec::Offset { by } => {
                self.number(&path.name("by"), by, Sign::Any, None);
                ("Offset", measures)
            }
            FaultKindSpec::Misses { probability } => {
                self.fraction(&path.name("probability"), probability);
                return;
            }
            FaultKindSpec::StuckOff => return,
        };
        if !fits {
            let message = format!("`{}` ({}) has no fault `{told}`", self.name(index), family(element));
            let allowed = match element {
                ElementSpec::Eye(_) | ElementSpec::Lidar(_) => "`StuckOn`, `StuckOff` or `Misses`",
                _ if measures => "`StuckOff`, `Misses` or `Offset`",
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
