//! Parts: who is in the line since when, what they spend their time on, how they leave, and which way they went. Must
//! not know the states of elements; who works on a part is told by the fold.

use super::series::Buckets;
use super::window::{Level, Window};
use crate::part_map::PartMap;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, Outcome, PartTypeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A part in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePart {
    entered_at: Time,
    /// Its centre is on this element.
    pub place: ElementId,
    pub standing: bool,
    /// How many elements work on it right now.
    pub workers: u32,
    pub on_floor: bool,
    /// The part that it is in, with which it is counted.
    pub inside: Option<PartId>,
    /// Closed up to here.
    since: Time,
    /// Processing, transport, waiting [ns]; they sum to the time since it entered, exactly.
    split: [u64; 3],
    /// Elements that finished work on it, each once.
    pub worked_by: Vec<ElementId>,
}

impl LivePart {
    fn new(at: Time, place: ElementId) -> Self {
        LivePart {
            entered_at: at,
            place,
            standing: false,
            workers: 0,
            on_floor: false,
            inside: None,
            since: at,
            split: [0; 3],
            worked_by: Vec::new(),
        }
    }
    /// Books the time up to `to` on what the part has been doing: work wins over movement, movement over waiting.
    pub fn close(&mut self, to: Time) {
        let kind = match (self.workers, self.standing) {
            (1.., _) => 0,
            (0, false) => 1,
            (0, true) => 2,
        };
        self.split[kind] += to.since(self.since).0;
        self.since = to;
    }
}

/// Counts by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    pub good: u64,
    pub rejected: u64,
    pub scrapped: u64,
}

impl Outcomes {
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Good => self.good += 1,
            Outcome::Reject => self.rejected += 1,
            Outcome::Scrap => self.scrapped += 1,
        }
    }
    pub fn total(&self) -> u64 {
        self.good + self.rejected + self.scrapped
    }
}

/// All parts of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub live: PartMap<Box<LivePart>>,
    pub wip: Level,
    pub inside_at_start: u64,
    pub entered: u64,
    pub turned_away: u64,
    /// Of all types, in the window.
    pub outcomes: Outcomes,
    /// Good parts of the counted type, in the window.
    pub good_counted: u64,
    /// Lead times of good parts of the counted type that left in the window, in order of leaving [ns].
    pub lead_times: Vec<u64>,
    /// Their split into processing, transport, waiting [ns].
    pub lead_split: [u128; 3],
    /// Of everything that left in the window [ns].
    pub all_lead: u128,
    pub all_split: [u128; 3],
    /// Stays of the parts that left, clipped to the window [part ns].
    gone_stays: u128,
    /// Good parts of the counted type by hour of the window.
    pub hourly: Vec<u64>,
    /// Parts from element to element, in the window.
    pub edges: BTreeMap<(ElementId, ElementId), u64>,
    /// Over the whole run.
    pub good_series: Buckets,
    pub wip_series: Buckets,
}

/// How a part left.
pub struct Leaving {
    pub outcome: Outcome,
    pub part_type: PartTypeId,
    /// Whether its type is the one that counts.
    pub counted: bool,
    /// Whether its type is packed into containers: it then counts for itself, whatever it leaves in.
    pub packed: bool,
}

const HOUR_NS: u64 = 3600 * Time::NANOS_PER_SECOND;

impl Flow {
    fn close_wip(&mut self, window: Window, to: Time) {
        let value = self.wip.value;
        let from = self.wip.advance(window, to);
        self.wip_series.add_span(from, to, value);
    }

    pub fn enter(&mut self, window: Window, at: Time, part: PartId, element: ElementId) {
        self.close_wip(window, at);
        self.wip.increase();
        if window.contains(at) {
            self.entered += 1;
        } else {
            self.inside_at_start += 1;
        }
        let before = self.live.insert(part, Box::new(LivePart::new(at, element)));
        assert!(before.is_none(), "a part enters once: {part:?}");
        if part.source != element {
            self.count_edge(window, at, part.source, element);
        }
    }

    /// The part's place changes; returns where it was.
    pub fn relocate(&mut self, window: Window, at: Time, part: PartId, to: ElementId) -> ElementId {
        let live = self.live.get_mut(&part).expect("only a part in the line moves");
        let from = std::mem::replace(&mut live.place, to);
        if from != to {
            self.count_edge(window, at, from, to);
        }
        from
    }

    fn count_edge(&mut self, window: Window, at: Time, from: ElementId, to: ElementId) {
        if window.contains(at) {
            *self.edges.entry((from, to)).or_insert(0) += 1;
        }
    }

    /// The part is out of the line; returns what was known of it.
    pub fn leave(&mut self, window: Window, at: Time, part: PartId, leaving: &Leaving) -> Box<LivePart> {
        self.close_wip(window, at);
        self.wip.decrease();
        let mut live = self.live.remove(&part).expect("only a part in the line leaves");
        live.close(at);
        self.gone_stays += u128::from(window.clip(live.entered_at, at));
        let counted_good = leaving.counted && leaving.outcome == Outcome::Good;
        if counted_good {
            self.good_series.count(at);
        }
        if !window.contains(at) {
            self.inside_at_start -= 1;
            return live;
        }
        self.outcomes.add(leaving.outcome);
        let lead = at.since(live.entered_at).0;
        self.all_lead += u128::from(lead);
        add_split(&mut self.all_split, live.split);
        if counted_good {
            self.good_counted += 1;
            self.lead_times.push(lead);
            add_split(&mut self.lead_split, live.split);
            let hour = usize::try_from(at.since(window.start).0 / HOUR_NS).expect("a run has few hours");
            if self.hourly.len() <= hour {
                self.hourly.resize(hour + 1, 0);
            }
            self.hourly[hour] += 1;
        }
        live
    }

    /// The part starts or ceases to move. A part that is not in the line is ignored: its body may come to rest on the
    /// way out, after the line has booked it.
    pub fn set_standing(&mut self, at: Time, part: PartId, standing: bool) {
        if let Some(live) = self.live.get_mut(&part) {
            live.close(at);
            live.standing = standing;
        }
    }

    /// One more, or one fewer, element works on the part (ignored where it is not in the line).
    pub fn set_worked_on(&mut self, at: Time, part: PartId, begins: bool) {
        if let Some(live) = self.live.get_mut(&part) {
            live.close(at);
            live.workers = if begins { live.workers + 1 } else { live.workers.checked_sub(1).expect("work ends once") };
        }
    }

    /// The element finished work on the part.
    pub fn note_worker(&mut self, part: PartId, element: ElementId) {
        if let Some(live) = self.live.get_mut(&part)
            && !live.worked_by.contains(&element)
        {
            live.worked_by.push(element);
        }
    }

    /// The part lies on the floor from now on.
    pub fn drop_part(&mut self, part: PartId) {
        if let Some(live) = self.live.get_mut(&part) {
            live.on_floor = true;
        }
    }

    pub fn on_floor(&self) -> u64 {
        self.live.values().filter(|live| live.on_floor).count() as u64
    }

    pub fn close(&mut self, window: Window, now: Time) {
        self.close_wip(window, now);
        self.good_series.reach(now);
        self.wip_series.reach(now);
    }

    /// Full hours within the window, and what is left of it [ns].
    pub fn full_hours(window_ns: u64) -> (usize, u64) {
        (usize::try_from(window_ns / HOUR_NS).expect("a run has few hours"), window_ns % HOUR_NS)
    }

    /// Sum of all stays, clipped to the window [part ns].
    pub fn stays(&self, window: Window, now: Time) -> u128 {
        self.gone_stays + self.live.values().map(|live| u128::from(window.clip(live.entered_at, now))).sum::<u128>()
    }
}

fn add_split(sum: &mut [u128; 3], split: [u64; 3]) {
    for (total, part) in sum.iter_mut().zip(split) {
        *total += u128::from(part);
    }
}
