//! Carriers: parts that go round on a loop from the start. How many there are, how many are loaded, how many stand, over time.
//! Must not know where they are.

use super::window::{Level, Window};
use crate::parts::PartId;
use linetwin_model::scene::{ElementId, ElementKind};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Carrier {
    loaded: bool,
    standing: bool,
}

/// The carriers that one element brought into the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    all: Level,
    loaded: Level,
    standing: Level,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carriers {
    carriers: BTreeMap<PartId, Carrier>,
    fleets: BTreeMap<ElementId, Fleet>,
}

impl Carriers {
    /// A part entered the line: a carrier, if a loop was filled with it.
    pub fn enter(&mut self, scene: &Scene, window: Window, at: Time, part: PartId) {
        let is_loop = matches!(&scene.element(part.source).kind, ElementKind::ZoneConveyor(zones) if zones.ring);
        if is_loop {
            self.carriers.insert(part, Carrier::default());
            let fleet = self.fleets.entry(part.source).or_default();
            fleet.all.advance(window, at);
            fleet.all.increase();
        }
    }

    pub fn leave(&mut self, window: Window, at: Time, part: PartId) {
        self.load(window, at, part, false);
        self.stand(window, at, part, false);
        if self.carriers.remove(&part).is_some() {
            let fleet = self.fleets.entry(part.source).or_default();
            fleet.all.advance(window, at);
            fleet.all.decrease();
        }
    }

    /// Something was put into a part, or taken out of it.
    pub fn load(&mut self, window: Window, at: Time, part: PartId, loaded: bool) {
        let Some(carrier) = self.carriers.get_mut(&part).filter(|carrier| carrier.loaded != loaded) else { return };
        carrier.loaded = loaded;
        change(&mut self.fleets.entry(part.source).or_default().loaded, window, at, loaded);
    }

    pub fn stand(&mut self, window: Window, at: Time, part: PartId, standing: bool) {
        let Some(carrier) = self.carriers.get_mut(&part).filter(|carrier| carrier.standing != standing) else { return };
        carrier.standing = standing;
        change(&mut self.fleets.entry(part.source).or_default().standing, window, at, standing);
    }

    pub fn close(&mut self, window: Window, now: Time) {
        for fleet in self.fleets.values_mut() {
            for level in [&mut fleet.all, &mut fleet.loaded, &mut fleet.standing] {
                level.advance(window, now);
            }
        }
    }

    /// Shares of the time of the carriers of an element: loaded, and standing [-].
    pub fn shares(&self, element: ElementId) -> Option<(f64, f64)> {
        let fleet = self.fleets.get(&element).filter(|fleet| fleet.all.integral > 0)?;
        let share = |level: &Level| level.integral as f64 / fleet.all.integral as f64;
        Some((share(&fleet.loaded), share(&fleet.standing)))
    }
}

fn change(level: &mut Level, window: Window, at: Time, up: bool) {
    level.advance(window, at);
    if up { level.increase() } else { level.decrease() }
}
