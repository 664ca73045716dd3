//! A machine log that the run replays: its arrivals and stops take the place of what Sources and failures say. Knows nothing about
//! how parts come or machines stop.

use super::{Checker, top};
use crate::diagnostic::{Diagnostic, Span};
use crate::distribution::Distribution;
use crate::machine_log::{LogEvent, MachineLog};
use crate::scene::{Arrivals, Element, ElementKind, Failure, FailureClock, Scene};
use crate::time::Time;
use crate::words::{listed, nearest};

/// What a stop of the log is called in the report.
const MODE: &str = "recorded";

impl Checker<'_, '_> {
    pub(super) fn replay(&mut self, scene: &mut Scene) {
        let Some(recorded) = &self.spec.recorded else { return };
        let path = top("recorded");
        self.number(&path.name("from_s"), recorded.from_s, super::values::Sign::NotNegative, None);
        let loaded = match self.files.load_text(&recorded.csv, self.at.value_span(&path.name("csv")).file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", &path.name("csv"), error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return;
            }
        };
        let log = match MachineLog::read(&loaded.text) {
            Ok(log) => log,
            Err(error) => {
                let before = error.line.saturating_sub(1) as usize;
                let start = loaded.text.split_inclusive('\n').take(before).map(str::len).sum::<usize>();
                let line = loaded.text[start..].lines().next().map_or(0, str::len);
                let span = Span { file: loaded.file, start: start as u32, end: (start + line) as u32 };
                self.push(Diagnostic::error("bad-table", span, error.message));
                return;
            }
        };
        let from = Time::from_seconds(recorded.from_s.max(0.0));
        if from >= log.end {
            let message = format!("the log ends at {} s", log.end.as_seconds());
            self.push(self.error("out-of-range", &path.name("from_s"), message).allowed("a moment before the end of the log"));
            return;
        }
        let strangers: Vec<&str> =
            log.elements.iter().map(String::as_str).filter(|name| scene.elements.iter().all(|element| element.name != *name)).collect();
        if strangers.len() == log.elements.len() {
            let names = || scene.elements.iter().map(|element| element.name.as_str());
            let problem = self.error(
                "unknown-reference",
                &path.name("csv"),
                format!("the log tells of {}, and of no element of the line", listed(strangers.iter().copied())),
            );
            self.push(match nearest(strangers[0], names()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.allowed(listed(names())),
            });
        } else if !strangers.is_empty() {
            let message = format!("the line has no {}, of which the log tells", listed(strangers.iter().copied()));
            self.push(self.warning("unknown-reference", &path.name("csv"), message));
        }
        let log = log.window(from, log.end);
        for element in &mut scene.elements {
            let Some(logged) = log.element(&element.name) else { continue };
            if recorded.arrivals {
                replay_arrivals(element, log.times(logged, LogEvent::Arrived).collect());
            }
            if recorded.stops {
                replay_stops(element, &log, logged);
            }
        }
    }
}

fn replay_arrivals(element: &mut Element, times: Vec<Time>) {
    match &mut element.kind {
        ElementKind::Source(source) if !times.is_empty() => source.arrivals = Arrivals::Recorded(times),
        _ => {}
    }
}

fn replay_stops(element: &mut Element, log: &MachineLog, logged: u32) {
    let spells = log.spells(logged);
    if spells.is_empty() {
        return;
    }
    let stops: Vec<(Time, Time)> =
        spells.iter().filter(|spell| LogEvent::State(spell.0) == LogEvent::DOWN).map(|spell| (spell.1, spell.2)).collect();
    element.failures.retain(|failure| failure.planned);
    if stops.is_empty() {
        return;
    }
    let count = stops.len() as f64;
    let down_s = stops.iter().map(|(from, to)| (*to - *from).as_seconds()).sum::<f64>();
    element.failures.push(Failure {
        mode: MODE.to_owned(),
        clock: FailureClock::Calendar,
        uptime: Distribution::Constant((log.end.as_seconds() - down_s) / count),
        repair_s: Distribution::Constant(down_s / count),
        recorded: Some(stops),
        crew: None,
        planned: false,
    });
}
