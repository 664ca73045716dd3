//! Routers: each part that passes gets a way, by ratio, in turn or where the fewest are. What counts to a way are the parts
//! that were sent there and are still on their way or on it: a part that fell, was taken out or went elsewhere no longer
//! does. Where a part really goes is up to the diverters and to physics.

use super::context::Context;
use super::operands::{holds, judge};
use super::turns::Turns;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use linetwin_model::scene::{ElementId, ElementKind, Router, SpotId, Way};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RouterLogic {
    turns: Turns,
    /// The way of every part that has one and has not come to its end.
    sent: BTreeMap<PartId, usize>,
}

impl RouterLogic {
    pub fn new(spec: &Router) -> Self {
        RouterLogic { turns: Turns::new(spec.ways.len()), sent: BTreeMap::new() }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        let ElementKind::Router(spec) = &context.scene.element(element).kind else { return };
        if context.parts.get(part).is_none() || !holds(spec.when.as_ref(), context, part) {
            return;
        }
        self.sent.remove(&part);
        self.forget_strays(context, spec);
        let mut open: Vec<bool> =
            spec.ways.iter().enumerate().map(|(index, way)| !spec.skip_full || self.takes(context, index, way)).collect();
        if !open.contains(&true) {
            open.fill(true);
        }
        let sent = &self.sent;
        let way = self.turns.choose(&spec.by, &open, |way| sent.values().filter(|sent| **sent == way).count());
        self.sent.insert(part, way);
        let subject = context.subject(part).unwrap_or(part);
        context.set_attribute(element, subject, spec.sets, f64::from(spec.ways[way].number), context.now);
        context.emit(context.now, EventKind::Routed { element, part, way: u32::try_from(way).expect("few ways") });
    }

    /// A part has wholly left the spot of a station.
    pub fn on_worked(&mut self, spec: &Router, spot: SpotId, part: PartId) {
        if self.sent.get(&part).is_some_and(|way| spec.ways[*way].end == Some(spot)) {
            self.sent.remove(&part);
        }
    }

    fn forget_strays(&mut self, context: &Context<'_>, spec: &Router) {
        self.sent.retain(|part, way| {
            let place = context.board.carrier(*part);
            place.is_some_and(|place| spec.approach.contains(&place) || spec.ways[*way].lane.contains(&place))
        });
    }

    fn queue(&self, way: usize) -> usize {
        self.sent.values().filter(|sent| **sent == way).count()
    }

    /// Whether a way is neither full nor stands.
    fn takes(&self, context: &Context<'_>, index: usize, way: &Way) -> bool {
        let device = context.scene.port(way.out_port).element;
        let full = match &context.scene.element(device).kind {
            ElementKind::Diverter(diverter) => diverter.full.as_ref().is_some_and(|full| judge(full, context, context.now).holds),
            _ => false,
        };
        let machine = way.end.map(|spot| context.scene.spot(spot).element);
        let stands = |element: ElementId| context.board.is_down(element) || context.board.state(element) == Some(ElementState::Jammed);
        let room = way.room.is_none_or(|room| self.queue(index) < room as usize);
        room && !full && !way.lane.iter().copied().chain([device]).chain(machine).any(stands)
    }
}
