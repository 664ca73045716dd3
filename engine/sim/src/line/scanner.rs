//! Scanners read an attribute of a part in motion: once at each pass, when it is centred, with a draw of its own for each
//! pass. What is not read is unset, so that a part that comes round again is not sorted by what was read before.

use super::context::Context;
use super::sensor::{Reading, Sensor};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ScannerLogic {
    /// Parts in the window.
    present: BTreeSet<PartId>,
    /// How often each part in the line has passed.
    passes: BTreeMap<PartId, u32>,
}

impl ScannerLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        (if self.present.is_empty() { ElementState::Idle } else { ElementState::Processing }, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if context.parts.get(part).is_some() && self.present.insert(part) {
            context.emit(at, EventKind::CycleStarted { element, part });
            context.touch(element, at);
        }
    }

    /// `sensor`: itself, and whether it sees the part at all.
    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, sensor: (&mut Sensor, bool), at: Time) {
        let ElementKind::Scanner(scanner) = &context.scene.element(element).kind else { return };
        let Some(row) = context.parts.get(part) else { return };
        let pass = self.passes.entry(part).or_insert(0);
        let chance = context.draw(element, &format!("read {pass}"), part).unit();
        *pass += 1;
        let carried = row.attributes.get(&scanner.reads).copied();
        let (sensor, seen) = sensor;
        let read = carried.filter(|_| seen && chance < scanner.read_rate && !context.board.is_down(element));
        let reading = Reading::Values { part, values: vec![(scanner.sets, read)], no_read: read.is_none() };
        sensor.tell(context, element, reading, scanner.delay, at);
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) -> bool {
        if !self.present.remove(&part) {
            return false;
        }
        context.emit(at, EventKind::CycleEnded { element, part });
        context.touch(element, at);
        true
    }

    /// Returns whether a cycle ended.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) -> bool {
        self.passes.remove(&part);
        self.on_left(context, element, part, context.now)
    }
}
