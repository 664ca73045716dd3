//! What is drawn for each part, as contact physics has it. Knows nothing of what happens to it.

use linetwin_model::scene::PartProperty;
use linetwin_sim::parts::{Part, PartId};
use linetwin_sim::port::{Traffic, Wish};
use std::collections::BTreeMap;

/// Of one part, in the order of [`PartProperty::ALL`].
pub type Values = [f64; PartProperty::ALL.len()];

#[derive(Default)]
pub struct Drawn {
    /// How far beside the middle a part was set down, and where along its conveyor, if not at its beginning [m].
    set_down: BTreeMap<PartId, (f64, Option<f64>)>,
}

impl Drawn {
    pub fn see(&mut self, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Offer { part, left_m, .. }) => _ = self.set_down.insert(*part, (*left_m, None)),
            Traffic::Wish(_, Wish::Place { part, left_m, along_m, .. }) => _ = self.set_down.insert(*part, (*left_m, Some(*along_m))),
            Traffic::Wish(_, Wish::Remove { part }) => _ = self.set_down.remove(part),
            _ => {}
        }
    }

    pub fn values(&self, row: &Part, part: PartId) -> Values {
        let left_m = self.set_down.get(&part).map_or(0.0, |(left_m, _)| *left_m);
        PartProperty::ALL.map(|property| property.value(row.shape.size_m(), row.mass_kg, left_m))
    }

    /// Where it was placed along a conveyor, once: that is about the conveyor onto which it comes first [m].
    pub fn take_along_m(&mut self, part: PartId) -> Option<f64> {
        self.set_down.get_mut(&part)?.1.take()
    }
}
