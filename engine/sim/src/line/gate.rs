//! A hold that lets out one part at a time: a station's, a stop's, a merge lane's. It closes again behind a part as soon
//! as that part is on its way and beyond the middle, so that the next one cannot slip through with it.

use super::context::Context;
use crate::parts::PartId;
use linetwin_model::scene::SpotId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gate {
    pub spot: SpotId,
    /// Parts in the spot whose centre is beyond its middle.
    beyond: BTreeSet<PartId>,
    leaving: Option<Leaving>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Leaving {
    part: PartId,
    moving: bool,
    /// Let out in this very Control phase.
    fresh: bool,
    /// The hold knows behind whom it closes: it may be told at once.
    last: bool,
}

impl Gate {
    pub fn new(spot: SpotId) -> Self {
        Gate { spot, beyond: BTreeSet::new(), leaving: None }
    }

    /// The part that was let out and for which the hold is still open.
    pub fn leaving(&self) -> Option<PartId> {
        self.leaving.map(|leaving| leaving.part)
    }

    pub fn close(&mut self, context: &mut Context<'_>) {
        self.leaving = None;
        context.set_hold(self.spot, true);
    }

    /// Opens for one part; `rests`: it stands in the hold and must first get moving.
    pub fn let_out(&mut self, context: &mut Context<'_>, part: PartId, rests: bool) {
        self.leaving = Some(Leaving { part, moving: !rests, fresh: true, last: false });
        context.asks_again = true;
        context.set_hold(self.spot, false);
    }

    /// Opens for several parts that rest before it, of which this is the last.
    pub fn let_out_behind(&mut self, context: &mut Context<'_>, last: PartId) {
        self.leaving = Some(Leaving { part: last, moving: false, fresh: true, last: true });
        context.asks_again = true;
        context.set_hold(self.spot, false);
    }

    /// The end of a Control phase. A hold is not closed in the breath that opened it, even where the part is beyond the
    /// middle already: a device that is told to open and to close at once does nothing.
    pub fn settle(&mut self, context: &mut Context<'_>) {
        match &mut self.leaving {
            Some(leaving) if leaving.fresh => {
                leaving.fresh = false;
                context.asks_again = true;
            }
            Some(leaving) => {
                // Kept so briefly that it never counted as standing: then nobody will say that it moves again.
                leaving.moving |= !context.board.stands(leaving.part);
                self.close_behind(context);
            }
            None => {}
        }
    }

    pub fn on_centred(&mut self, context: &mut Context<'_>, part: PartId) {
        self.beyond.insert(part);
        self.close_behind(context);
    }

    pub fn on_moving(&mut self, context: &mut Context<'_>, part: PartId) {
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.part == part) {
            leaving.moving = true;
            self.close_behind(context);
        }
    }

    pub fn on_left(&mut self, context: &mut Context<'_>, part: PartId) {
        self.beyond.remove(&part);
        if self.leaving() == Some(part) {
            self.close(context);
        }
    }

    fn close_behind(&mut self, context: &mut Context<'_>) {
        let may = |leaving: Leaving| leaving.last || self.beyond.contains(&leaving.part);
        if self.leaving.is_some_and(|leaving| leaving.moving && !leaving.fresh && may(leaving)) {
            self.close(context);
        }
    }
}
