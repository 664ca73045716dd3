//! What stations do with parts: tries, changeovers by part type, filling, batches and parallel places. Knows nothing about where they stand.

use super::Checker;
use super::devices::hold_kind;
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use super::views::station_hold;
use crate::diagnostic::Diagnostic;
use crate::distribution::Distribution;
use crate::scene::{ElementKind, ParallelStation, PartType, PartTypeId, SetAttribute, Setup, Station};
use crate::spec::{ElementSpec, HoldSpec, ParallelStationSpec, Quantity, StationSpec, ThenSpec};
use crate::time::Time;
use indexmap::IndexMap;

/// More parts than this in one machine are bulk, and each is a part of its own here.
const MOST_PARTS: u32 = 10_000;

impl Checker<'_, '_> {
    pub(super) fn work_values(&mut self, index: usize, spec: &StationSpec) {
        let path = self.field(index, "tries");
        if spec.tries == 0 {
            let problem = self.error("out-of-range", &path, "`tries` is 0: the station would never work");
            self.push(problem.allowed("1 or more"));
        }
        if spec.tries > 1 && spec.sets.is_none() {
            let problem = self.error("tries-without-test", &path, "nothing says whether a try was good");
            self.push(problem.help("say what a good try sets: sets: {\"ok\": Bernoulli(0.9)}"));
        }
        if spec.then != ThenSpec::Pass && spec.sets.is_none() {
            let problem = self.error("tries-without-test", &self.field(index, "then"), "nothing says whether the work was good");
            self.push(problem.help("say what good work sets: sets: {\"ok\": Bernoulli(0.9)}"));
        }
        let moves = station_hold(spec, self.spec.line.get(&spec.on)) == HoldSpec::None;
        if moves && (spec.tries > 1 || !spec.setup_s.is_empty()) {
            let field = if spec.tries > 1 { "tries" } else { "setup_s" };
            let message = format!("`{field}` needs time in which the part waits, and nothing holds it");
            let problem = self.error("needs-a-hold", &self.field(index, field), message);
            self.push(problem.help("give the station a hold: hold: Blade"));
        }
        self.batch_values(index, spec);
        if let Some(fills_kg) = &spec.fills_kg {
            self.quantity(&self.field(index, "fills_kg"), fills_kg, Sign::Positive, Some(values::MASS));
        }
        self.setup_values(index, &spec.setup_s);
    }

    fn batch_values(&mut self, index: usize, spec: &StationSpec) {
        let path = self.field(index, "batch");
        if !(1..=MOST_PARTS).contains(&spec.batch) {
            let problem = self.error("out-of-range", &path, format!("`batch` is {}", spec.batch));
            self.push(problem.allowed(format!("1 to {MOST_PARTS}")));
        }
        self.wait_values(index, spec.wait_s.as_ref(), spec.batch);
        if spec.batch <= 1 {
            return;
        }
        let host = self.spec.line.get(&spec.on);
        let (name, hold) = (self.name(index).to_owned(), station_hold(spec, host));
        if hold != HoldSpec::Blade {
            let problem = self.error("batch-without-blade", &path, format!("nothing collects the parts of a batch before `{name}`"));
            self.push(problem.help("parts collect behind a blade: hold: Blade; or take a ParallelStation"));
        } else if matches!(host, Some(ElementSpec::ZoneConveyor(_) | ElementSpec::Loop(_) | ElementSpec::GravityRollerConveyor(_))) {
            let problem = self.error("batch-without-blade", &self.field(index, "on"), format!("parts do not collect on `{}`", spec.on));
            self.push(problem.allowed("a Belt or another conveyor that runs on below them").help("or take a ParallelStation"));
        }
        if spec.tries > 1 {
            let problem = self.error("tries-of-a-batch", &self.field(index, "tries"), "a batch is worked on once, all parts together");
            self.push(problem.help("take `tries` away, or `batch`"));
        }
    }

    fn wait_values(&mut self, index: usize, wait_s: Option<&Quantity>, batch: u32) {
        let Some(wait_s) = wait_s else { return };
        let path = self.field(index, "wait_s");
        self.quantity(&path, wait_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        if batch == 1 {
            let problem = self.warning("without-effect", &path, "a batch of one part waits for no others");
            self.push(problem.help("say how many belong together: batch: 12"));
        }
    }

    fn setup_values(&mut self, index: usize, setup_s: &IndexMap<String, Quantity>) {
        for (name, time_s) in setup_s {
            self.quantity(&self.field(index, "setup_s").name(name), time_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        }
    }

    pub(super) fn station(&mut self, element: usize, station: &StationSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let when = self.option_when(element, station.when.as_deref(), tables, draft);
        let hold = hold_kind(station_hold(station, self.spec.line.get(&station.on)));
        let mut sets = self.set_attributes(element, station.sets.as_ref(), tables);
        let done = tables.attribute(&super::condition::done_attribute(self.name(element)));
        sets.extend(done.map(|attribute| SetAttribute { attribute, value: Distribution::Constant(1.0) }));
        let setups = self.setups(element, &station.setup_s, draft.part_types);
        let fills_kg = station.fills_kg.as_ref().map(|fills_kg| self.distribution(&self.field(element, "fills_kg"), fills_kg));
        Some(ElementKind::Station(Station {
            spot: self.device_spot(element, &self.spec.line[element], hold, tables, draft)?,
            processing_s: self.distribution(&self.field(element, "processing_s"), &station.processing_s),
            scrap_probability: station.scrap_probability,
            when,
            sets,
            fills_kg,
            again: station.again,
            batch: station.batch.max(1),
            wait_s: station.wait_s.as_ref().map(|wait_s| self.distribution(&self.field(element, "wait_s"), wait_s)),
            tries: station.tries.max(1),
            scraps_failed: station.then == ThenSpec::Scrap,
            setups,
            crew: self.crew_need(&self.field(element, "crew"), station.crew.as_ref(), station.crew_priority),
            ideal_cycle: station.ideal_cycle_s.map(Time::from_seconds),
        }))
    }

    pub(super) fn parallel_values(&mut self, index: usize, spec: &ParallelStationSpec) {
        self.quantity(&self.field(index, "processing_s"), &spec.processing_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        self.wait_values(index, spec.wait_s.as_ref(), spec.batch);
        self.setup_values(index, &spec.setup_s);
        self.emptying_values(index, spec);
        for (field, count) in [("slots", spec.slots), ("batch", spec.batch)] {
            if !(1..=MOST_PARTS).contains(&count) {
                let problem = self.error("out-of-range", &self.field(index, field), format!("`{field}` is {count}"));
                self.push(problem.allowed(format!("1 to {MOST_PARTS}")));
            }
        }
        self.number(&self.field(index, "length_m"), spec.length_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        self.number(&self.field(index, "rise_m"), spec.rise_m, Sign::Any, None);
        self.option(&self.field(index, "ideal_cycle_s"), spec.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
        self.fraction(&self.field(index, "scrap_probability"), spec.scrap_probability);
        self.sets_values(index, spec.sets.as_ref());
    }

    fn emptying_values(&mut self, index: usize, spec: &ParallelStationSpec) {
        let Some(before_s) = spec.empties_before_s else { return };
        let path = self.field(index, "empties_before_s");
        self.number(&path, before_s, Sign::Positive, None);
        let name = self.name(index).to_owned();
        let stops = match &self.spec.calendar {
            Some(calendar) => calendar.elements.as_ref().is_none_or(|elements| elements.contains(&name)),
            None => false,
        };
        if !stops {
            let problem = self.warning("without-effect", &path, format!("no calendar stops `{name}`: it never runs empty"));
            self.push(problem.help("say when the plant works: calendar: Calendar(shifts: [Shift(start_h: 6, end_h: 14)])"));
        }
    }

    pub(super) fn parallel_station(
        &mut self,
        element: usize,
        station: &ParallelStationSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let sets = self.set_attributes(element, station.sets.as_ref(), tables);
        let processing_s = self.distribution(&self.field(element, "processing_s"), &station.processing_s);
        let wait_s = station.wait_s.as_ref().map(|wait_s| self.distribution(&self.field(element, "wait_s"), wait_s));
        let work_s = processing_s.mean();
        if let Some(before_s) = station.empties_before_s.filter(|before_s| *before_s < work_s) {
            let message = format!("the last work begins {before_s} s before a stop, and takes {work_s} s on average");
            let problem = self.warning("emptying-too-short", &self.field(element, "empties_before_s"), message);
            self.push(problem.help("what it works on then stays inside over the stop: give it at least as long as the work takes"));
        }
        let setups = self.setups(element, &station.setup_s, draft.part_types);
        let crew = self.crew_need(&self.field(element, "crew"), station.crew.as_ref(), station.crew_priority);
        let pickup = self.fed(element, tables, draft);
        if pickup.is_some_and(|pickup| pickup.is_some()) && station.slots == 1 && station.batch == 1 {
            let name = self.name(element).to_owned();
            let message = format!("`{name}` has one place for one part");
            let problem = Diagnostic::warning("without-effect", self.at.name_span(&self.element_path(element)), message);
            self.push(
                problem.help("say how many places it has (slots: 4) or how many parts belong together (batch: 12); else take a Station"),
            );
        }
        Some(ElementKind::ParallelStation(ParallelStation {
            pickup: pickup?,
            processing_s,
            slots: station.slots,
            batch: station.batch,
            wait_s,
            setups,
            crew,
            empties_before: station.empties_before_s.map(Time::from_seconds),
            scrap_probability: station.scrap_probability,
            sets,
            into: self.led_to(element, "out", tables, draft)?,
            ideal_cycle: station.ideal_cycle_s.map(Time::from_seconds),
        }))
    }

    /// Pairs of types go before types, whatever their order in the file.
    pub(super) fn setups(&mut self, element: usize, spec: &IndexMap<String, Quantity>, part_types: &[PartType]) -> Vec<Setup> {
        let mut setups = Vec::new();
        for (name, time_s) in spec {
            let path = self.field(element, "setup_s").name(name);
            let known = |name: &str| part_types.iter().any(|part_type| part_type.name == name);
            // A part's own name may hold the word: it is tried first.
            let (from, to) = match name.split_once(" to ").filter(|_| !known(name)) {
                Some((from, to)) => (Some(from), to),
                None => (None, name.as_str()),
            };
            let mut named = |name: &str| -> Option<PartTypeId> { self.part_named(&path, name.trim(), part_types) };
            let (from, to) = (from.map(&mut named), named(to));
            let time_s = self.distribution(&path, time_s);
            let (Some(to), None | Some(Some(_))) = (to, from) else { continue };
            setups.push(Setup { from: from.flatten(), to, time_s });
        }
        setups.sort_by_key(|setup| setup.from.is_none());
        setups
    }
}
