//! Parts followed by a belt's encoder, from where they were seen to what diverts them. What diverts knows who comes by the
//! way of the belt alone: a part outside its window is a stranger, and what is in another's window is taken for that one.

use super::context::Context;
use crate::event::DivertMiss;
use crate::parts::PartId;
use linetwin_model::scene::{SpotId, Track};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Parts that were seen where tracking begins and have not come, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Followers(VecDeque<Followed>);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Followed {
    part: PartId,
    /// What the encoder said when it was seen, and what it had lost until then [m].
    seen_at_m: f64,
    lost_m: f64,
}

/// A part has come to what diverts.
pub(super) struct Arrival {
    /// Who it is by the encoder.
    pub taken_for: Option<PartId>,
    /// Why it missed its window, should it be a stranger: it was not seen where tracking begins, the encoder lost some of its
    /// way, or it is not where it should be.
    pub missed: DivertMiss,
}

impl Followers {
    /// A part is where tracking begins.
    pub fn see(&mut self, context: &Context<'_>, track: &Track, part: PartId) {
        let (seen_at_m, lost_m) = context.tracked_m(track);
        self.0.push_back(Followed { part, seen_at_m, lost_m });
    }

    /// The part is not on its way any more.
    pub fn forget(&mut self, part: PartId) {
        self.0.retain(|followed| followed.part != part);
    }

    /// `part` is at `spot`. `track`: `None` where everybody is known for certain.
    pub fn arrive(&mut self, context: &Context<'_>, spot: SpotId, track: Option<&Track>, part: PartId) -> Arrival {
        let Some(track) = track else { return Arrival { taken_for: Some(part), missed: DivertMiss::Window } };
        let missed = self.why_not_expected(context, track, part);
        Arrival { taken_for: self.expected(context, spot, track), missed }
    }

    /// Who should be at `spot` now by the encoder; forgets whoever should have been there long ago.
    fn expected(&mut self, context: &Context<'_>, spot: SpotId, track: &Track) -> Option<PartId> {
        let way_m = context.scene.spot(spot).at_m - context.scene.spot(track.from).at_m;
        let (now_m, _) = context.tracked_m(track);
        let beyond_m = |followed: &Followed| now_m - followed.seen_at_m - way_m;
        self.0.retain(|followed| beyond_m(followed) <= track.window_m);
        let near = self.0.iter().enumerate().map(|(index, followed)| (index, beyond_m(followed).abs()));
        let (index, off_m) = near.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (off_m <= track.window_m).then(|| self.0.remove(index))?.map(|followed| followed.part)
    }

    fn why_not_expected(&self, context: &Context<'_>, track: &Track, part: PartId) -> DivertMiss {
        let followed = self.0.iter().find(|followed| followed.part == part);
        if let (Some(sensor), Some(followed)) = (track.encoder, followed)
            && context.tracked_m(track).1 > followed.lost_m
            && let Some(fault) = context.lost_in(sensor)
        {
            return DivertMiss::Unseen { sensor, fault };
        }
        let sensor = context.scene.spot(track.from).element;
        let fault = context.board.unseen.get(&(part, sensor)).copied();
        fault.map_or(DivertMiss::Window, |fault| DivertMiss::Unseen { sensor, fault })
    }
}
