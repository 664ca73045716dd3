//! What went wrong: production events (drops, jams, ...) and, kept apart, what physics must not do. Counts, first times
//! and remedies; knows nothing about durations.

use super::window::Window;
use crate::incident::IncidentKind;
use crate::parts::PartId;
use crate::port::InvalidKind;
use linetwin_model::report::{InvalidCondition, ProductionEvent};
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProductionKind {
    Drop,
    Misroute,
    Jam,
    Stall,
    MissedWork,
    MissedDivert,
    TipOver,
    Skew,
    Overlap,
}

impl ProductionKind {
    /// Of an incident that has no event of its own; jams and drops have.
    pub fn of(kind: IncidentKind) -> Option<Self> {
        match kind {
            IncidentKind::Tip => Some(ProductionKind::TipOver),
            IncidentKind::Skew => Some(ProductionKind::Skew),
            IncidentKind::Overlap => Some(ProductionKind::Overlap),
            IncidentKind::Jam | IncidentKind::Drop => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            ProductionKind::Drop => "drop",
            ProductionKind::Misroute => "misroute",
            ProductionKind::Jam => "jam",
            ProductionKind::Stall => "stall",
            ProductionKind::MissedWork => "missed work",
            ProductionKind::MissedDivert => "missed divert",
            ProductionKind::TipOver => IncidentKind::Tip.name(),
            ProductionKind::Skew => IncidentKind::Skew.name(),
            ProductionKind::Overlap => IncidentKind::Overlap.name(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    /// Since time zero.
    count: u64,
    in_window: u64,
    first_at: Time,
    first_part: Option<PartId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InvalidTally {
    count: u64,
    first_at: Time,
    part: Option<PartId>,
    element: Option<ElementId>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Production {
    events: BTreeMap<(ProductionKind, ElementId), Tally>,
    invalid: BTreeMap<InvalidKind, InvalidTally>,
}

impl Production {
    pub fn count(&mut self, window: Window, at: Time, kind: ProductionKind, element: ElementId, part: Option<PartId>) {
        let tally = self.events.entry((kind, element)).or_insert(Tally { count: 0, in_window: 0, first_at: at, first_part: part });
        tally.count += 1;
        tally.in_window += u64::from(window.contains(at));
    }

    pub fn count_invalid(&mut self, at: Time, kind: InvalidKind, part: Option<PartId>, element: Option<ElementId>) {
        self.invalid.entry(kind).or_insert(InvalidTally { count: 0, first_at: at, part, element }).count += 1;
    }

    pub fn in_window(&self, kind: ProductionKind) -> u64 {
        self.events.iter().filter(|(key, _)| key.0 == kind).map(|(_, tally)| tally.in_window).sum()
    }

    /// Since time zero.
    pub fn total_at(&self, kind: ProductionKind, element: ElementId) -> u64 {
        self.events.get(&(kind, element)).map_or(0, |tally| tally.count)
    }

    pub fn in_window_at(&self, kind: ProductionKind, element: ElementId) -> u64 {
        self.events.get(&(kind, element)).map_or(0, |tally| tally.in_window)
    }

    /// Since time zero.
    pub fn total(&self, kind: ProductionKind) -> u64 {
        self.events.iter().filter(|(key, _)| key.0 == kind).map(|(_, tally)| tally.count).sum()
    }

    /// By kind, then in scene order.
    pub fn report(&self, scene: &Scene) -> Vec<ProductionEvent> {
        let row = |(&(kind, element), tally): (&(ProductionKind, ElementId), &Tally)| ProductionEvent {
            kind: kind.name().to_owned(),
            element: scene.element(element).name.clone(),
            count: tally.count,
            first_s: tally.first_at.as_seconds(),
            first_part: tally.first_part.map(|part| part_name(scene, part)),
        };
        self.events.iter().map(row).collect()
    }

    pub fn report_invalid(&self, scene: &Scene) -> Vec<InvalidCondition> {
        let row = |(&kind, tally): (&InvalidKind, &InvalidTally)| InvalidCondition {
            kind: kind.name().to_owned(),
            count: tally.count,
            first_s: tally.first_at.as_seconds(),
            first_at: first_at(scene, tally),
            remedy: remedy(kind).to_owned(),
        };
        self.invalid.iter().map(row).collect()
    }
}

/// `infeed#12`: the twelfth serial of that source.
fn part_name(scene: &Scene, part: PartId) -> String {
    format!("{}#{}", scene.element(part.source).name, part.serial)
}

fn first_at(scene: &Scene, tally: &InvalidTally) -> String {
    let element = tally.element.map(|element| scene.element(element).name.clone());
    let part = tally.part.map(|part| format!("part {}", part_name(scene, part)));
    match (part, element) {
        (Some(part), Some(element)) => format!("{part} at {element}"),
        (Some(part), None) => part,
        (None, Some(element)) => element,
        (None, None) => "the whole line".to_owned(),
    }
}

fn remedy(kind: InvalidKind) -> &'static str {
    match kind {
        InvalidKind::BodyNotFinite => "look for extreme masses, sizes or forces at this place; the state before it is in the last snapshot",
        InvalidKind::Tunnelling => "use a shorter step (a larger step_hz) or thicker fixtures, or lower the speed at this place",
        InvalidKind::Penetration => "use a shorter step (a larger step_hz), or less force or mass on the parts at this place",
        InvalidKind::EnergyFromNowhere => "use a shorter step (a larger step_hz) or more solver iterations",
        InvalidKind::GrainLost => {
            "use a shorter step (a larger step_hz): a grain must not leave the space of grains within one; or stiffer grains (young_pa), or look what squeezes them: a gate, a box that is too small"
        }
        InvalidKind::MissedEdge => "use a shorter step (a larger step_hz), so that a part cannot pass the sensor between two steps",
    }
}
