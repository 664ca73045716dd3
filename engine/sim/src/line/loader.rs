//! Loaders: a part that stands at the end of the feeder is set onto the middle of the next empty carrier that comes by.
//! Where the carriers are follows from the way of their chain.
//!
//! | state | when |
//! |---|---|
//! | starved | nothing waits |
//! | processing | a part waits for a carrier, or the last one was just set on |
//! | blocked | the carrier that came by was taken |

use super::context::Context;
use super::packer::take;
use super::present::Present;
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use crate::port::Wish;
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, Loader, SpotId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LoaderLogic {
    /// Parts at the feeder's end, as they came.
    present: Present,
    /// Parts between half a carrier before the place and half a carrier behind it.
    passing: Present,
    /// Carriers whose middle had come by when it looked last.
    come_by: f64,
    /// Not before this the next part is set on.
    ready_at: Time,
    /// The last carrier that it could have used was taken.
    refused: bool,
}

impl LoaderLogic {
    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        let pickup = spec(context, element).pickup;
        context.set_hold(pickup, true);
        self.come_by = carriers_come_by(context, element).floor();
    }

    pub fn state(&self) -> (ElementState, Option<u8>) {
        let state = match () {
            () if self.present.is_empty() => ElementState::Starved,
            () if self.refused => ElementState::Blocked,
            () => ElementState::Processing,
        };
        (state, None)
    }

    pub fn on_arrived(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        let list = if spot == spec(context, element).pickup { &mut self.present } else { &mut self.passing };
        list.add(part);
        context.touch(element, context.now);
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, spot: SpotId) {
        let list = if spot == spec(context, element).pickup { &mut self.present } else { &mut self.passing };
        list.remove(part);
        context.touch(element, context.now);
    }

    pub fn forget(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        self.present.remove(part);
        self.passing.remove(part);
        context.touch(element, context.now);
    }

    /// The end of a Control phase. Returns whether a part was set on.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) -> bool {
        let come_by = carriers_come_by(context, element);
        let before = std::mem::replace(&mut self.come_by, come_by.floor());
        if come_by.floor() <= before || context.board.is_down(element) || context.now < self.ready_at {
            return false;
        }
        let Some(part) = self.present.first_standing(context) else { return false };
        self.refused = !self.passing.is_empty();
        context.touch(element, context.now);
        if self.refused {
            return false;
        }
        let (spec, now) = (spec(context, element), context.now);
        let window = context.scene.spot(spec.window);
        // Its middle is a little further by now.
        let along_m = window.at_m + (come_by - come_by.floor()) * (window.end_m - window.start_m);
        self.present.remove(part);
        self.ready_at = now + spec.cycle;
        context.emit(now, EventKind::CycleStarted { element, part });
        take(context, element, part, now);
        context.wishes.push(Wish::Place { part, conveyor: window.host, along_m, left_m: 0.0, yaw_rad: 0.0 });
        context.emit(now, EventKind::CycleEnded { element, part });
        true
    }
}

/// How many carriers have come by, the part of one that has not wholly included.
fn carriers_come_by(context: &Context<'_>, element: ElementId) -> f64 {
    let window = context.scene.spot(spec(context, element).window);
    let drive = context.scene.conveyor(window.host).drives[0];
    (context.encoders_m[drive.index()] - window.at_m) / (window.end_m - window.start_m)
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a Loader {
    match &context.scene.element(element).kind {
        ElementKind::Loader(loader) => loader,
        _ => unreachable!("loader logic belongs to a loader"),
    }
}
