//! One element's measures: how long it was in which state, how many parts it has had, what it finished. Must not know
//! the rest of the line.

use super::clearing::ClearingTally;
use super::faults::Faults;
use super::flow::Outcomes;
use super::gantt::Gantt;
use super::series::Buckets;
use super::spells::SpellTally;
use super::stops::Stops;
use super::window::{Level, Window};
use crate::event::ElementState;
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{Element, ElementKind, PartTypeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an element is to the measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    Source,
    /// Parts stand or travel on it.
    Carrier,
    /// Works on parts: station, checkweigher, scale, packer (on its containers). Only this time is processing.
    Worker,
    /// Acts on parts without working on them: pusher, diverter, reader, light grid, router, stop, induction, loader, merge, eye, lidar, counter, fixture, what stores and carries bulk material.
    Device,
}

impl Role {
    pub fn of(kind: &ElementKind) -> Role {
        match kind {
            ElementKind::Source(_) => Role::Source,
            ElementKind::Sink(_)
            | ElementKind::Conveyor(_)
            | ElementKind::ZoneConveyor(_)
            | ElementKind::Carriage(_)
            | ElementKind::Lift(_)
            | ElementKind::Buffer(_) => Role::Carrier,
            ElementKind::Station(_)
            | ElementKind::ParallelStation(_)
            | ElementKind::Assembly(_)
            | ElementKind::Unload(_)
            | ElementKind::Packer(_)
            | ElementKind::Unpacker(_)
            | ElementKind::Scale(_)
            | ElementKind::FillAndWeigh(_)
            | ElementKind::Checkweigher(_) => Role::Worker,
            ElementKind::Pusher(_)
            | ElementKind::Scanner(_)
            | ElementKind::TagReader(_)
            | ElementKind::LightGrid(_)
            | ElementKind::Router(_)
            | ElementKind::Diverter(_)
            | ElementKind::Stop(_)
            | ElementKind::Induction(_)
            | ElementKind::Loader(_)
            | ElementKind::Merge(_)
            | ElementKind::Eye(_)
            | ElementKind::Lidar(_)
            | ElementKind::Encoder(_)
            | ElementKind::Counter(_)
            | ElementKind::Bulk(_)
            | ElementKind::Fixture => Role::Device,
        }
    }
}

/// A state, and for `Starved` the in-port that lacks parts where that is told.
pub type StateKey = (ElementState, Option<u8>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementFold {
    pub role: Role,
    /// `None` until the element has told its first state; before that it counts as idle.
    state: Option<StateKey>,
    since: Time,
    /// Within the window [ns].
    pub durations: BTreeMap<StateKey, u64>,
    /// Carriers: parts on it; others: parts in work.
    pub level: Level,
    pub level_series: Option<Buckets>,
    pub parts_in: u64,
    pub parts_out: u64,
    pub turned_away: u64,
    pub cycles: u64,
    /// Parts in work, in the order they came.
    pub in_work: Vec<PartId>,
    /// Parts that left the line here.
    pub left: Outcomes,
    pub left_by_type: BTreeMap<PartTypeId, u64>,
    /// What became of the parts that it worked on, wherever they left the line.
    pub worked: Outcomes,
    /// Parts that it judged for the first time, and those of them that passed.
    pub judged: u64,
    pub passed: u64,
    /// What it filled into parts [kg].
    pub filled_kg: f64,
    pub stops: Stops,
    pub gantt: Gantt,
    /// Parts that jam here right now.
    pub jammed: Vec<PartId>,
    pub clearing: ClearingTally,
    pub faults: Faults,
    /// When something was in its field, as its controllers were told.
    pub field: SpellTally,
}

impl ElementFold {
    pub fn new(element: &Element) -> Self {
        let waits = matches!(element.kind, ElementKind::Buffer(_) | ElementKind::ZoneConveyor(_));
        ElementFold {
            role: Role::of(&element.kind),
            state: None,
            since: Time::ZERO,
            durations: BTreeMap::new(),
            level: Level::default(),
            level_series: waits.then(Buckets::default),
            parts_in: 0,
            parts_out: 0,
            turned_away: 0,
            cycles: 0,
            in_work: Vec::new(),
            left: Outcomes::default(),
            left_by_type: BTreeMap::new(),
            worked: Outcomes::default(),
            judged: 0,
            passed: 0,
            filled_kg: 0.0,
            stops: Stops::new(element.failures.len()),
            gantt: Gantt::default(),
            jammed: Vec::new(),
            clearing: ClearingTally::default(),
            faults: Faults::new(element.faults.len()),
            field: SpellTally::default(),
        }
    }

    /// Books the time up to `at` on the present state, and changes it.
    pub fn change_state(&mut self, window: Window, minor_stop: Time, at: Time, next: StateKey) {
        if self.state.is_none() && at > Time::ZERO {
            self.gantt.change(Time::ZERO, ElementState::Idle);
        }
        self.book_state(window, at);
        self.state = Some(next);
        self.stops.state_changed(window, minor_stop, at, next.0);
        self.gantt.change(at, next.0);
    }

    fn book_state(&mut self, window: Window, to: Time) {
        let key = self.state.unwrap_or((ElementState::Idle, None));
        let span = window.clip(self.since, to);
        if span > 0 {
            *self.durations.entry(key).or_insert(0) += span;
        }
        self.since = to;
    }

    /// Counts a judgement where it `counts`.
    pub fn judge(&mut self, counts: bool, passed: bool) {
        self.judged += u64::from(counts);
        self.passed += u64::from(counts && passed);
    }

    pub fn has_states(&self) -> bool {
        self.state.is_some()
    }

    /// Whether work goes on while a part is in it: a machine that is down or jammed does not process its part, and one
    /// that waits for parts does not fill its container.
    pub fn works(&self) -> bool {
        use ElementState::*;
        !matches!(self.state, Some((Starved | Down | Jammed | Held | Setup | PlannedStop | NotScheduled, _)))
    }

    pub fn change_level(&mut self, window: Window, at: Time, change: fn(&mut Level)) {
        self.book_level(window, at);
        change(&mut self.level);
    }

    fn book_level(&mut self, window: Window, to: Time) {
        let value = self.level.value;
        let from = self.level.advance(window, to);
        if let Some(series) = &mut self.level_series {
            series.add_span(from, to, value);
        }
    }

    pub fn close(&mut self, window: Window, minor_stop: Time, now: Time) {
        if self.has_states() {
            self.book_state(window, now);
        }
        self.book_level(window, now);
        if let Some(series) = &mut self.level_series {
            series.reach(now);
        }
        self.stops.close(window, minor_stop, now);
        self.clearing.close(window, now);
        self.faults.close(window, now);
        self.field.end(window, now);
    }

    /// Time in one state, over all ports [ns].
    pub fn time_in(&self, state: ElementState) -> u64 {
        self.durations.iter().filter(|(key, _)| key.0 == state).map(|(_, span)| span).sum()
    }

    pub fn time_in_all(&self) -> u64 {
        self.durations.values().sum()
    }
}
