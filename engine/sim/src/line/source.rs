//! Sources: when parts come, what they are, and what happens where their place is occupied.

use super::context::Context;
use super::draw::PartStreams;
use super::{Entry, EntryKind, Timer};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use crate::port::Wish;
use crate::random::{Stream, Streams};
use crate::sample::sample;
use linetwin_model::scene::{Arrivals, ElementId, ElementKind, SetAttribute, Source, WhenOccupied};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Draws nearer to zero are raised to this, so that no run stands still in a shower of arrivals [s]. Ordinary
/// interarrival times are 0.5 s and more; two parts cannot enter one place within a microsecond.
const LEAST_INTERARRIVAL_S: f64 = 1e-6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SourceLogic {
    arrivals: Stream,
    parts: PartStreams,
    /// To the next arrival.
    arrival: Timer,
    /// A part is due that an order or a limit of the work in process does not release yet.
    waits: bool,
    made: u64,
    /// Offers that stand, in order.
    offered: VecDeque<Offered>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Offered {
    part: PartId,
    born_at: Time,
    /// When the place was first found occupied.
    refused_at: Option<Time>,
}

impl SourceLogic {
    pub fn new(arrivals: Stream, parts: PartStreams) -> Self {
        SourceLogic { arrivals, parts, arrival: Timer::Off, waits: false, made: 0, offered: VecDeque::new() }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.schedule_next(context, element, Time::ZERO);
    }

    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        std::iter::once((&mut self.arrival, EntryKind::Arrival))
    }

    pub fn state(&self, context: &Context<'_>, element: ElementId) -> (ElementState, Option<u8>) {
        let source = spec(context, element);
        let state = match self.offered.iter().any(|offered| offered.refused_at.is_some()) {
            _ if self.waits => ElementState::Blocked,
            true if source.when_occupied == WhenOccupied::Wait => ElementState::Blocked,
            _ if self.is_exhausted(source) && self.offered.is_empty() => ElementState::Idle,
            _ => ElementState::Processing,
        };
        (state, None)
    }

    pub fn on_arrival(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        self.arrival = Timer::Off;
        let source = spec(context, element);
        let release = source.release_of(self.made);
        if release > at {
            self.waits = true;
            let entry = Entry { element, kind: EntryKind::ReleaseDue };
            context.calendar.schedule(release, entry.kind.priority(), entry);
            context.touch(element, at);
        } else if !self.is_allowed(context, element) {
            self.find_no_room(context, element, at);
        } else {
            self.make(context, element, at);
        }
    }

    /// By the limit of the work in process.
    fn is_allowed(&self, context: &Context<'_>, element: ElementId) -> bool {
        context.board.conwips.allow(context.scene, element, |other| context.board.is_down(other))
    }

    /// The part waits, or it is turned away.
    fn find_no_room(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if spec(context, element).when_occupied == WhenOccupied::Wait {
            self.waits = true;
            context.board.conwips.wait(context.scene, element);
        } else {
            let part = self.create(context, element, at);
            context.parts.turn_away(part);
            context.emit(at, EventKind::PartTurnedAway { part });
            self.made += 1;
            self.schedule_next(context, element, at);
        }
        context.touch(element, at);
    }

    /// What waited is released as soon as nothing is in its way.
    fn release(&mut self, context: &mut Context<'_>, element: ElementId) {
        if !self.waits || context.board.is_down(element) || spec(context, element).release_of(self.made) > context.now {
            return;
        }
        self.waits = false;
        if self.is_allowed(context, element) {
            self.make(context, element, context.now);
        } else {
            self.find_no_room(context, element, context.now);
        }
    }

    fn make(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let part = self.create(context, element, at);
        context.board.conwips.release(context.scene, part);
        self.offer(context, element, part, at);
        self.offered.push_back(Offered { part, born_at: at, refused_at: None });
        self.made += 1;
        // A part that waits holds the clock: the next arrival is known only when this part is in.
        if spec(context, element).when_occupied == WhenOccupied::Lose {
            self.schedule_next(context, element, at);
        }
        context.touch(element, at);
    }

    fn create(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) -> PartId {
        let (scene, source) = (context.scene, spec(context, element));
        let part_type = source.type_of(self.made);
        let streams = context.streams;
        let part = context.parts.create(element, |id| {
            let mut part = self.parts.part(scene, part_type, id.serial, at);
            let factor = scene.size_factor(element, at);
            if factor != 1.0 {
                part.shape = part.shape.scaled(factor);
            }
            // Each attribute from a stream of its own: another one beside it shifts no draw.
            part.attributes =
                source.sets.iter().map(|set| (set.attribute, birth_value(&streams, scene, element, set, id.serial))).collect();
            part
        });
        context.tell_created(part, at);
        for set in &source.sets {
            let value = context.parts.get(part).expect("just created").attributes[&set.attribute];
            context.emit(at, EventKind::AttributeSet { element, part, attribute: set.attribute, value });
        }
        part
    }

    /// What it offers it takes back while it stands.
    pub fn on_down(&mut self, context: &mut Context<'_>) {
        for offered in &self.offered {
            context.withdraw(offered.part);
        }
    }

    pub fn on_up(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        for index in 0..self.offered.len() {
            self.offered[index] = Offered { born_at: at, refused_at: None, ..self.offered[index] };
            self.offer(context, element, self.offered[index].part, at);
        }
    }

    fn offer(&self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        let source = spec(context, element);
        context.offer_as(Wish::Offer {
            part,
            port: source.into,
            left_m: self.parts.left_m(&source.left_m, part.serial),
            yaw_rad: self.parts.yaw_rad(&source.yaw_rad, part.serial),
            born_at: at,
        });
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Some(offered) = self.offered.iter_mut().find(|offered| offered.part == part) {
            offered.refused_at = Some(at);
            context.touch(element, at);
        }
    }

    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        let Some(index) = self.offered.iter().position(|offered| offered.part == part) else { return };
        let offered = self.offered.remove(index).expect("just found");
        if spec(context, element).when_occupied == WhenOccupied::Wait {
            let base = if offered.refused_at.is_some() { at } else { offered.born_at };
            self.schedule_next(context, element, base);
        }
        context.touch(element, at);
    }

    /// The end of a Control phase: parts that may not wait are given up. Not earlier, because a refusal and the entry
    /// that followed it may be seen together.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.release(context, element);
        if spec(context, element).when_occupied == WhenOccupied::Wait {
            return;
        }
        while let Some(index) = self.offered.iter().position(|offered| offered.refused_at.is_some()) {
            let offered = self.offered.remove(index).expect("just found");
            let at = offered.refused_at.expect("just found");
            context.withdraw(offered.part);
            context.board.conwips.forget(offered.part);
            context.parts.turn_away(offered.part);
            context.emit(at, EventKind::PartTurnedAway { part: offered.part });
            context.touch(element, at);
        }
    }

    fn is_exhausted(&self, source: &Source) -> bool {
        let recorded = match &source.arrivals {
            Arrivals::Recorded(times) => Some(times.len() as u64),
            _ => None,
        };
        source.limit.into_iter().chain(recorded).any(|limit| self.made >= limit)
    }

    fn schedule_next(&mut self, context: &mut Context<'_>, element: ElementId, base: Time) {
        let source = spec(context, element);
        if self.is_exhausted(source) {
            return;
        }
        let span = match &source.arrivals {
            // By the clock on the wall, whatever the source has waited for.
            Arrivals::Recorded(times) => {
                let index = usize::try_from(self.made).unwrap_or(usize::MAX);
                let Some(at) = times.get(index) else { return };
                let entry = Entry { element, kind: EntryKind::Arrival };
                return self.arrival.start(context.calendar, base, (*at).max(base) - base, entry);
            }
            Arrivals::Interarrival(distribution) => {
                let index = u32::try_from(self.made).expect("a source makes fewer than 2^32 parts");
                let seconds = sample(distribution, &mut self.arrivals.draw(index));
                Time::from_seconds(seconds.max(LEAST_INTERARRIVAL_S))
            }
            // Differences of exact instants: they add up to the exact instant, and a wait shifts all that follow.
            Arrivals::Rate { per_h } => match self.made {
                0 => Time::ZERO,
                made => rate_instant(made, *per_h) - rate_instant(made - 1, *per_h),
            },
        };
        context.start_work_timer(&mut self.arrival, base, span, element, EntryKind::Arrival);
    }
}

fn birth_value(streams: &Streams, scene: &Scene, element: ElementId, set: &SetAttribute, serial: u32) -> f64 {
    let purpose = format!("sets\0{}", scene.attributes[set.attribute.index()]);
    sample(&set.value, &mut streams.stream(&scene.element(element).name, &purpose).draw(serial))
}

/// Nanoseconds in an hour.
const HOUR_NS: u128 = 3_600_000_000_000;
/// Rates are taken as the decimal that the scene writes, down to this fraction of a part per hour.
const RATE_DECIMALS: f64 = 1e6;

/// `k / rate`, to the nearest nanosecond, without drift.
fn rate_instant(k: u64, per_h: f64) -> Time {
    let micro_rate = (per_h * RATE_DECIMALS).round();
    if micro_rate >= 1.0 && micro_rate / RATE_DECIMALS == per_h {
        // Exact: k < 2^64, times 3.6e18 < 2^62, fits 128 bits.
        let (numerator, denominator) = (u128::from(k) * HOUR_NS * RATE_DECIMALS as u128, micro_rate as u128);
        let nanos = (numerator + denominator / 2) / denominator;
        return Time(u64::try_from(nanos).unwrap_or(u64::MAX));
    }
    Time::from_seconds(k as f64 * (3600.0 / per_h))
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Source {
    match &context.scene.element(element).kind {
        ElementKind::Source(source) => source,
        _ => unreachable!("source logic belongs to a source"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_never_drifts() {
        assert_eq!(rate_instant(0, 1100.0), Time::ZERO);
        // 3600 / 1100 s = 3.272727... s; after 1100 parts exactly one hour, after 11 million exactly 10,000 hours.
        assert_eq!(rate_instant(1, 1100.0), Time(3_272_727_273));
        assert_eq!(rate_instant(1100, 1100.0), Time(3_600_000_000_000));
        assert_eq!(rate_instant(11_000_000, 1100.0), Time(36_000_000_000_000_000));
        assert_eq!(rate_instant(3, 0.1), Time(108_000_000_000_000));
    }
}
