//! What elements share: crews that exist and are needed, shifts and breaks that make a day. Knows nothing about how they
//! are run.

use super::controls::can_be_held;
use super::values::Sign;
use super::views::upkeep;
use super::{Checker, top};
use crate::diagnostic::Diagnostic;
use crate::scene::{Calendar, Crew, CrewId, CrewNeed, DAY, ElementId, PlantTime};
use crate::spec::{CalendarSpec, ElementSpec, ResourceSpec};
use crate::syntax::FieldPath;
use crate::time::Time;

impl Checker<'_, '_> {
    pub(super) fn crews(&mut self) -> Vec<Crew> {
        let spec = self.spec;
        let mut crews = Vec::new();
        for (name, resource) in &spec.resources {
            let path = top("resources").name(name);
            let ResourceSpec::Crew { count } = resource;
            if *count == 0 {
                let problem = self.error("out-of-range", &path, format!("the crew `{name}` has nobody"));
                self.push(problem.allowed("1 or more"));
            }
            let clears = spec.jams.iter().any(|clear| clear.crew.as_ref() == Some(name));
            let needed = clears
                || spec.line.values().any(|element| {
                    let works = match element {
                        ElementSpec::Station(station) => station.crew.as_ref() == Some(name),
                        ElementSpec::ParallelStation(station) => station.crew.as_ref() == Some(name),
                        _ => false,
                    };
                    let upkeep = upkeep(element);
                    let mends = upkeep.failures.iter().map(|failure| &failure.crew).chain(upkeep.faults.iter().map(|fault| &fault.crew));
                    works || mends.flatten().any(|crew| crew == name)
                });
            if !needed {
                let problem = Diagnostic::warning("idle-crew", self.at.name_span(&path), format!("nothing needs the crew `{name}`"));
                self.push(problem.help(format!("write `crew: \"{name}\"` at a Failure, a Fault, a Station or an entry of `jams`")));
            }
            crews.push(Crew { name: name.clone(), count: *count });
        }
        crews
    }

    /// The crew that a field names.
    pub(super) fn crew_need(&mut self, path: &FieldPath, crew: Option<&String>, priority: i32) -> Option<CrewNeed> {
        let name = crew?;
        let found = self.spec.resources.get_index_of(name);
        if found.is_none() {
            let known: Vec<&str> = self.spec.resources.keys().map(String::as_str).collect();
            self.unknown(path, "crew", name, &known);
        }
        Some(CrewNeed { crew: CrewId(u32::try_from(found?).expect("few crews")), priority })
    }

    pub(super) fn calendar(&mut self) -> Option<Calendar> {
        let spec = self.spec.calendar.as_ref()?;
        let path = top("calendar");
        self.hour(&path.name("starts_at_h"), spec.starts_at_h);
        let changes = self.day(spec, &path)?;
        let elements = self.calendar_elements(spec, &path);
        if elements.is_empty() {
            return None;
        }
        Some(Calendar { changes, starts_at: hours(spec.starts_at_h), elements })
    }

    fn calendar_elements(&mut self, spec: &CalendarSpec, path: &FieldPath) -> Vec<ElementId> {
        let mut elements = Vec::new();
        match &spec.elements {
            None => {
                elements.extend((0..self.spec.line.len()).filter(|index| can_be_held(&self.spec.line[*index])).map(ElementId::from_index))
            }
            Some(names) => {
                let path = path.name("elements");
                if names.is_empty() {
                    let problem = self.error("empty-list", &path, "the calendar is of no element");
                    self.push(problem.help("take `elements` away: then it is of all"));
                }
                for (index, name) in names.iter().enumerate() {
                    elements.extend(self.held_element(&path.index(index), name));
                }
            }
        }
        elements.sort();
        elements.dedup();
        elements
    }

    fn hour(&mut self, path: &FieldPath, value: f64) -> bool {
        let good = (0.0..=24.0).contains(&value);
        if !good {
            let problem = self.error("out-of-range", path, format!("`{}` is {value}", super::values::field_name(path)));
            self.push(problem.allowed("a time of day, 0 to 24 h").help("half past one in the afternoon is 13.5"));
        }
        good
    }

    /// What holds from each time of day on; `None` where shifts overlap or breaks lie outside.
    fn day(&mut self, spec: &CalendarSpec, path: &FieldPath) -> Option<Vec<(Time, PlantTime)>> {
        if spec.shifts.is_empty() {
            let problem = self.error("empty-list", &path.name("shifts"), "the calendar has no shift: nothing would ever work");
            self.push(problem.allowed("`Shift(start_h: 6, end_h: 14)`"));
            return None;
        }
        // Stretches of a day: from, to, what, and where it is written.
        let mut shifts: Vec<(Time, Time, usize)> = Vec::new();
        let mut breaks: Vec<(Time, Time)> = Vec::new();
        let mut good = true;
        for (index, shift) in spec.shifts.iter().enumerate() {
            let path = path.name("shifts").index(index);
            good &= self.hour(&path.name("start_h"), shift.start_h) & self.hour(&path.name("end_h"), shift.end_h);
            let (start, end) = (hours(shift.start_h), hours(shift.end_h));
            let pieces = around_midnight(start, if end > start { end } else { end + DAY });
            for (number, pause) in shift.breaks.iter().enumerate() {
                let path = path.name("breaks").index(number);
                good &= self.hour(&path.name("start_h"), pause.start_h);
                self.number(&path.name("length_h"), pause.length_h, Sign::Positive, None);
                let stretch = around_midnight(hours(pause.start_h), hours(pause.start_h) + hours(pause.length_h.clamp(0.0, 24.0)));
                let within = |(from, to): &(Time, Time)| pieces.iter().any(|(start, end)| start <= from && to <= end);
                if !stretch.iter().all(within) {
                    let problem = self.error("break-outside", &path, "the break does not lie within its shift");
                    self.push(problem.allowed(format!("from {} h to {} h", shift.start_h, shift.end_h)));
                    good = false;
                }
                breaks.extend(stretch);
            }
            shifts.extend(pieces.into_iter().map(|(from, to)| (from, to, index)));
        }
        shifts.sort();
        for pair in shifts.windows(2) {
            if pair[1].0 < pair[0].1 {
                let place = |index: usize| path.name("shifts").index(index);
                let (first, second) = (pair[0].2.min(pair[1].2), pair[0].2.max(pair[1].2));
                let problem = self.error("overlapping-shifts", &place(second), "two shifts overlap");
                let other = self.at.value_span(&place(first));
                self.push(problem.related(other, "the other one").help("let one end where the next starts"));
                good = false;
            }
        }
        good.then(|| {
            let mut edges: Vec<Time> = vec![Time::ZERO];
            edges.extend(shifts.iter().flat_map(|(from, to, _)| [*from, *to]).chain(breaks.iter().flat_map(|(from, to)| [*from, *to])));
            edges.retain(|edge| *edge < DAY);
            edges.sort();
            edges.dedup();
            let inside = |edge: &Time, from: &Time, to: &Time| from <= edge && edge < to;
            let what = |edge: Time| match () {
                () if !shifts.iter().any(|(from, to, _)| inside(&edge, from, to)) => PlantTime::NotScheduled,
                () if breaks.iter().any(|(from, to)| inside(&edge, from, to)) => PlantTime::Break,
                () => PlantTime::Work,
            };
            edges.into_iter().map(|edge| (edge, what(edge))).collect()
        })
    }
}

fn hours(value: f64) -> Time {
    Time::from_seconds(value * 3600.0)
}

/// A stretch that may go over midnight, as one or two of a day.
fn around_midnight(from: Time, to: Time) -> Vec<(Time, Time)> {
    match () {
        () if from >= DAY => vec![(from - DAY, to - DAY)],
        () if to > DAY => vec![(from, DAY), (Time::ZERO, to - DAY)],
        () => vec![(from, to)],
    }
}
