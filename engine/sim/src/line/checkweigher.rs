//! Checkweighers weigh in motion: a cycle per part from its leading face at the spot to its trailing face beyond, one
//! measurement when it is centred. A part that it does not see in a fault is not weighed.

use super::context::Context;
use super::sensor::{Reading, Sensor};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::distribution::Distribution;
use linetwin_model::parametric::Parametric;
use linetwin_model::scene::{ElementId, ElementKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct CheckweigherLogic {
    /// Parts on the spot, and whether each has been weighed.
    present: BTreeMap<PartId, bool>,
}

impl CheckweigherLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        (if self.present.is_empty() { ElementState::Starved } else { ElementState::Processing }, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if context.parts.get(part).is_some() && self.present.insert(part, false).is_none() {
            context.emit(at, EventKind::CycleStarted { element, part });
            context.touch(element, at);
        }
    }

    /// `sensor`: itself, where it sees the part.
    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, sensor: Option<&mut Sensor>, at: Time) {
        let ElementKind::Checkweigher(weigher) = &context.scene.element(element).kind else { return };
        let (Some(row), Some(weighed)) = (context.parts.get(part), self.present.get_mut(&part)) else { return };
        let Some(sensor) = sensor else {
            context.unset_attribute(part, weigher.sets);
            return;
        };
        *weighed = true;
        let error = Distribution::from(Parametric::Normal { mean: 0.0, sd: weigher.error_sd_kg });
        let measured_kg = row.mass_kg + context.sample(&error, element, "measurement", part) + sensor.offset(context, element);
        let within = (weigher.limits_kg[0]..=weigher.limits_kg[1]).contains(&measured_kg);
        let reading = Reading::Values { part, values: vec![(weigher.sets, Some(f64::from(u8::from(within))))], no_read: false };
        sensor.tell(context, element, reading, weigher.delay, at);
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        let Some(weighed) = self.present.remove(&part) else { return false };
        context.emit(at, EventKind::CycleEnded { element, part });
        if !weighed {
            context.emit(at, EventKind::WorkMissed { element, part });
        }
        context.touch(element, at);
        true
    }
}
