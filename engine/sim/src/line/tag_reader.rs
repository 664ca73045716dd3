//! Tag readers read the tags of what passes their field, and of what is in it, by rounds: a tag is read if it answers in one
//! of the rounds for which its part was in the field. The tags of all parts in the field share the time.

use super::context::Context;
use super::sensor::{Reading, Sensor};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, TagReader};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TagReaderLogic {
    /// Parts in the field.
    present: BTreeMap<PartId, Stay>,
    /// How often each part in the line has passed.
    passes: BTreeMap<PartId, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stay {
    since: Time,
    /// The most tags that were in the field meanwhile.
    tags: u32,
}

impl TagReaderLogic {
    pub fn state(&self) -> (ElementState, Option<u8>) {
        (if self.present.is_empty() { ElementState::Idle } else { ElementState::Processing }, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        let ElementKind::TagReader(reader) = &context.scene.element(element).kind else { return };
        if context.parts.get(part).is_none() || self.present.contains_key(&part) {
            return;
        }
        self.present.insert(part, Stay { since: at, tags: 0 });
        let tags: usize = self.present.keys().map(|&part| tags_of(context, reader, part).len()).sum();
        let tags = u32::try_from(tags).expect("few tags");
        for stay in self.present.values_mut() {
            stay.tags = stay.tags.max(tags);
        }
        context.emit(at, EventKind::CycleStarted { element, part });
        context.touch(element, at);
    }

    /// Returns whether a cycle ended.
    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, sensor: &mut Sensor, at: Time) -> bool {
        let Some(stay) = self.present.remove(&part) else { return false };
        context.emit(at, EventKind::CycleEnded { element, part });
        context.touch(element, at);
        let ElementKind::TagReader(reader) = &context.scene.element(element).kind else { return true };
        let pass = self.passes.entry(part).or_insert(0);
        let seen = !context.board.unseen.contains_key(&(part, element)) && !context.board.is_down(element);
        let rounds = at.since(stay.since).as_seconds() / (reader.round_s * f64::from(stay.tags.max(1)));
        let chance = if seen { 1.0 - libm::pow(1.0 - reader.read_rate, rounds) } else { 0.0 };
        let mut read = 0.0;
        for (tag, value) in tags_of(context, reader, part) {
            let answers = context.draw(element, &format!("read {pass}"), tag).unit() < chance;
            read += f64::from(u8::from(answers));
            let values = vec![(reader.sets, answers.then_some(value))];
            sensor.tell(context, element, Reading::Values { part: tag, values, no_read: !answers }, reader.delay, at);
        }
        *pass += 1;
        if let Some(counts) = reader.counts {
            sensor.tell(context, element, Reading::Values { part, values: vec![(counts, Some(read))], no_read: false }, reader.delay, at);
        }
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

/// The tags of a part and of what is in it, and what they hold.
fn tags_of(context: &Context<'_>, reader: &TagReader, part: PartId) -> Vec<(PartId, f64)> {
    let tree = context.parts.tree(part).into_iter();
    tree.filter_map(|part| Some((part, *context.parts.get(part)?.attributes.get(&reader.reads)?))).collect()
}
