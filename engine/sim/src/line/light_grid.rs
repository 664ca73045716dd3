//! Light grids measure a part while it passes their beams: a cycle per part, from its leading face to its trailing face,
//! at whose end the line is told.

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
pub(super) struct LightGridLogic {
    /// Parts in the beams, and what was measured of each [m].
    present: BTreeMap<PartId, Option<[f64; 3]>>,
    /// How often each part in the line has passed.
    passes: BTreeMap<PartId, u32>,
}

impl LightGridLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        (if self.present.is_empty() { ElementState::Idle } else { ElementState::Processing }, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if context.parts.get(part).is_some() && self.present.insert(part, None).is_none() {
            context.emit(at, EventKind::CycleStarted { element, part });
            context.touch(element, at);
        }
    }

    pub fn on_measured(&mut self, part: PartId, size_m: [f64; 3]) {
        if let Some(measured) = self.present.get_mut(&part) {
            *measured = Some(size_m);
        }
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, sensor: &mut Sensor, at: Time) -> bool {
        let Some(measured) = self.present.remove(&part) else { return false };
        context.emit(at, EventKind::CycleEnded { element, part });
        context.touch(element, at);
        let (ElementKind::LightGrid(grid), Some(row)) = (&context.scene.element(element).kind, context.parts.get(part)) else {
            return true;
        };
        // Where a transport knows no pose, parts are as drawn.
        let size_m = measured.unwrap_or_else(|| row.shape.size_m());
        let pass = self.passes.entry(part).or_insert(0);
        let seen = !context.board.unseen.contains_key(&(part, element)) && !context.board.is_down(element);
        let error = Distribution::from(Parametric::Normal { mean: 0.0, sd: grid.error_sd_m });
        let offset_m = sensor.offset(context, element);
        let read = |axis: usize| {
            let purpose = format!("{} {pass}", ["length", "width", "height"][axis]);
            let felt_m = size_m[axis] + context.sample(&error, element, &purpose, part) + offset_m;
            (felt_m / grid.pitch_m).round().max(0.0) * grid.pitch_m
        };
        let values = (0..3).filter_map(|axis| Some((grid.sets[axis]?, seen.then(|| read(axis))))).collect();
        *pass += 1;
        sensor.tell(context, element, Reading::Values { part, values, no_read: false }, grid.delay, at);
        true
    }

    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.passes.remove(&part);
        if self.present.remove(&part).is_some() {
            context.emit(context.now, EventKind::CycleEnded { element, part });
            context.touch(element, context.now);
        }
    }
}
