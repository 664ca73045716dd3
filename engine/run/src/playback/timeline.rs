//! What is known of a run over time: bookmarks at what went wrong, and the curves of its measures. Both bounded. Made from
//! events and reports as they come; knows nothing about who shows them.

use crate::replay::part_name;
use linetwin_model::report::KpiReport;
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::incident::IncidentKind;
use linetwin_sim::parts::PartId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run with more has no bookmarks any more, but a wall of them; what goes beyond is counted.
const BOOKMARKS_MAX: usize = 5_000;
/// Points of the curves at most; then every second one goes.
const POINTS_MAX: usize = 720;
/// Between two points at first: a report now and then costs little beside 600 steps.
const POINT_EVERY: Time = Time(5 * Time::NANOS_PER_SECOND);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookmarkKind {
    Jam,
    Drop,
    /// A part went another way than it should: misrouted, missed by a diverter, or at a sink it does not belong to.
    Misroute,
    /// A tip-over, a skew or an overlap.
    Incident,
    /// Of an element, or of a sensor.
    Failure,
    Stall,
    /// What physics must not do: the run is invalid from here on.
    Invalid,
}

/// A moment worth going to.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    pub at: Time,
    pub kind: BookmarkKind,
    pub element: Option<ElementId>,
    pub part: Option<PartId>,
    pub words: Arc<str>,
}

impl Bookmark {
    /// `None` for what happens all the time.
    pub fn of(scene: &Scene, event: &Event) -> Option<Bookmark> {
        use BookmarkKind::*;
        let on = |element: ElementId| scene.element(element).name.as_str();
        let name = |part| part_name(scene, part);
        let (kind, element, part, words) = match event.kind {
            EventKind::JamBegan { element, part } => (Jam, Some(element), Some(part), format!("{} jams on {}", name(part), on(element))),
            EventKind::Dropped { element, part } => (Drop, Some(element), Some(part), format!("{} falls from {}", name(part), on(element))),
            EventKind::Misrouted { element, part } => {
                (Misroute, Some(element), Some(part), format!("{} takes a wrong way at {}", name(part), on(element)))
            }
            EventKind::DivertMissed { element, part, why } => {
                (Misroute, Some(element), Some(part), format!("{} misses {}: {}", on(element), name(part), why.name()))
            }
            EventKind::Missorted { element, part } => {
                (Misroute, Some(element), Some(part), format!("{} does not belong to {}", name(part), on(element)))
            }
            EventKind::Incident(ref incident) if !matches!(incident.kind, IncidentKind::Jam | IncidentKind::Drop) => {
                let (element, part) = (incident.element, incident.part);
                (Incident, Some(element), Some(part), format!("{} of {} on {}", incident.kind.name(), name(part), on(element)))
            }
            EventKind::FailureBegan { element, mode } => {
                let mode = scene.element(element).failures.get(mode as usize).map_or("", |failure| failure.mode.as_str());
                (Failure, Some(element), None, format!("{} fails: {mode}", on(element)))
            }
            EventKind::FaultBegan { element, fault } => {
                let mode = scene.element(element).faults.get(fault as usize).map_or("", |fault| fault.mode.as_str());
                (Failure, Some(element), None, format!("{} senses wrongly: {mode}", on(element)))
            }
            EventKind::Stalled { element } => (Stall, Some(element), None, format!("{} stalls", on(element))),
            EventKind::Invalid { kind, part, element } => {
                let part_words = part.map_or(String::new(), |part| format!(" of {}", name(part)));
                let element_words = element.map_or(String::new(), |element| format!(" at {}", on(element)));
                (Invalid, element, part, format!("{}{part_words}{element_words}", kind.name()))
            }
            _ => return None,
        };
        Some(Bookmark { at: event.at, kind, element, part, words: words.into() })
    }
}

/// The measures at one instant. Sums go from time zero or from the statistics start, so that what happened between any two
/// points is their difference.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    pub at: Time,
    /// Good parts of the counted type since time zero.
    pub good: u64,
    /// Parts in the line.
    pub wip: u64,
    /// Of the line, since the statistics start.
    pub oee: Option<f64>,
    /// By element, in scene order: time in `processing` since the statistics start [s].
    pub busy_s: Vec<f32>,
    /// Time since the statistics start [s].
    pub window_s: f64,
}

impl CurvePoint {
    fn of(report: &KpiReport) -> CurvePoint {
        let series = &report.series;
        let length_s = |bucket: usize| (series.end_s - bucket as f64 * series.bucket_s).min(series.bucket_s);
        let good: f64 = series.throughput_per_h.iter().enumerate().map(|(bucket, per_h)| per_h * length_s(bucket) / 3600.0).sum();
        let busy = |states: &[linetwin_model::report::StateShare]| {
            states.iter().filter(|share| share.state == "processing").map(|share| share.time_s as f32).sum()
        };
        CurvePoint {
            at: Time::from_seconds(series.end_s),
            good: good.round() as u64,
            wip: report.line.wip.at_end,
            oee: report.line.oee.as_ref().and_then(|oee| oee.oee),
            busy_s: report.elements.iter().map(|element| busy(&element.states)).collect(),
            window_s: report.window.duration_s,
        }
    }

    /// Good parts per hour since `earlier` [1/h]; `None` where no time has passed.
    pub fn throughput_per_h(&self, earlier: &CurvePoint) -> Option<f64> {
        let span_s = self.at.since(earlier.at).as_seconds();
        (span_s > 0.0).then(|| self.good.saturating_sub(earlier.good) as f64 * 3600.0 / span_s)
    }

    /// Share of the time since `earlier` in which the element worked [-]; `None` before the statistics start.
    pub fn utilisation(&self, earlier: &CurvePoint, element: ElementId) -> Option<f64> {
        let span_s = self.window_s - earlier.window_s;
        let busy = |point: &CurvePoint| point.busy_s.get(element.index()).copied().map(f64::from);
        (span_s > 0.0).then_some(())?;
        Some(((busy(self)? - busy(earlier)?) / span_s).clamp(0.0, 1.0))
    }
}

/// What is known so far.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// In order; an event belongs to the step in which it was told.
    pub bookmarks: Vec<Bookmark>,
    /// Bookmarks beyond those that are kept.
    pub more_bookmarks: u64,
    /// By steps done: always multiples of one number, so that two runs of one scene have their points at the same instants.
    points: BTreeMap<u64, CurvePoint>,
    every_steps: u64,
    /// Steps of which every bookmark is known.
    known_steps: u64,
}

impl Timeline {
    pub fn new(scene: &Scene) -> Self {
        Timeline {
            bookmarks: Vec::new(),
            more_bookmarks: 0,
            points: BTreeMap::new(),
            every_steps: scene.step.step_at_or_after(POINT_EVERY).max(1),
            known_steps: 0,
        }
    }

    /// The curves, in order of time; points are missing where nobody has been yet.
    pub fn points(&self) -> impl Iterator<Item = &CurvePoint> {
        self.points.values()
    }

    pub fn known_steps(&self) -> u64 {
        self.known_steps
    }

    /// The events of the steps up to `step`; what is known already is not told twice.
    pub fn learn(&mut self, scene: &Scene, step: u64, events: &[Event]) {
        if step <= self.known_steps {
            return;
        }
        self.known_steps = step;
        for bookmark in events.iter().filter_map(|event| Bookmark::of(scene, event)) {
            if self.bookmarks.len() < BOOKMARKS_MAX {
                self.bookmarks.push(bookmark);
            } else {
                self.more_bookmarks += 1;
            }
        }
    }

    /// Whether a point of the curves belongs after `step` steps.
    pub fn wants_point(&self, step: u64) -> bool {
        step > 0 && step.is_multiple_of(self.every_steps) && !self.points.contains_key(&step)
    }

    pub fn add_point(&mut self, step: u64, report: &KpiReport) {
        self.points.insert(step, CurvePoint::of(report));
        if self.points.len() > POINTS_MAX {
            self.every_steps *= 2;
            let every = self.every_steps;
            self.points.retain(|step, _| step.is_multiple_of(every));
        }
    }

    /// Forgets what comes after `step` steps, the first of them at `now`: it will happen otherwise.
    pub fn cut(&mut self, step: u64, now: Time) {
        self.points.split_off(&(step + 1));
        if step < self.known_steps {
            self.known_steps = step;
            self.bookmarks.retain(|bookmark| bookmark.at < now);
            self.more_bookmarks = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::report::{LineReport, Series, Window};

    fn report(end_s: f64) -> KpiReport {
        KpiReport {
            window: Window { duration_s: (end_s - 100.0).max(0.0), ..Window::default() },
            line: LineReport::default(),
            series: Series { end_s, bucket_s: 10.0, throughput_per_h: vec![3600.0; (end_s / 10.0).ceil() as usize], ..Series::default() },
            ..KpiReport::default()
        }
    }

    #[test]
    fn curves_stay_short_and_their_points_at_the_same_instants() {
        let mut timeline = Timeline { bookmarks: Vec::new(), more_bookmarks: 0, points: BTreeMap::new(), every_steps: 600, known_steps: 0 };
        for step in 1..=600_000_u64 {
            if timeline.wants_point(step) {
                timeline.add_point(step, &report(step as f64 / 120.0));
            }
        }
        let points: Vec<&CurvePoint> = timeline.points().collect();
        assert!((POINTS_MAX / 2..=POINTS_MAX).contains(&points.len()), "{}", points.len());
        assert!(timeline.points.keys().all(|step| step.is_multiple_of(timeline.every_steps)));
        for pair in points.windows(2) {
            let per_h = pair[1].throughput_per_h(pair[0]).expect("time has passed");
            assert!((per_h - 3600.0).abs() < 400.0, "one part a second, counted in whole parts: {per_h}");
        }
        timeline.cut(300_000, Time::from_seconds(2_500.0));
        assert!(timeline.points().all(|point| point.at <= Time::from_seconds(2_500.0)));
    }
}
