//! Photo-eyes: a beam across the host, interrupted by whatever part is in it. Only parts whose extent along the flow
//! covers the beam are tested, each against the one beam; the instant is that of its leading or trailing face.

use super::body::{Along, Body};
use super::follow::Sensing;
use super::layout::Layout;
use super::world::vector;
use crate::parts::PartId;
use crate::port::{FactKind, InvalidKind};
use linetwin_model::Time;
use linetwin_model::scene::EyeId;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EyeState {
    pub blocked: bool,
    /// The part in the beam.
    by: Option<PartId>,
    /// In the step being sensed: earliest instant at which a part came into the beam, and which.
    #[serde(skip)]
    hit: Option<(Time, PartId)>,
    /// In the step being sensed: when the part that was in the beam went on.
    #[serde(skip)]
    freed_at: Option<Time>,
}

impl EyeState {
    /// The part in the beam.
    pub fn by(&self) -> Option<PartId> {
        self.by
    }
    /// A part has come into the beam, or out of it, otherwise than by moving.
    pub fn set(&mut self, by: Option<PartId>) {
        (self.blocked, self.by) = (by.is_some(), by);
    }
}

/// Tests one part against the eyes of the lanes it is on. A part that was wholly before a beam and is wholly beyond it is
/// one that the beam missed, if it would have been in the beam halfway.
pub fn test_part(sensing: &mut Sensing<'_>, eyes: &mut [EyeState], body: &Body, before: Along, (shape, at): (&dyn Shape, &Pose)) {
    for view in body.views.iter() {
        let (was, is) = (before.shifted(view.offset_m), body.along.shifted(view.offset_m));
        let layout = sensing.layout;
        // Behind the seam of a loop a part is long past the eyes of its beginning, and it is before them again.
        let behind_seam = view.lane == body.lane && !body.views.is_own(view.lane, view.lap);
        for eye in &layout.lanes[view.lane as usize].eyes {
            let state = &mut eyes[eye.eye.index()];
            let long_past = behind_seam && was.trail_m > eye.at_m;
            if state.by == Some(body.id) && is.trail_m > eye.at_m && !long_past {
                state.freed_at = Some(sensing.instant(was.trail_m, is.trail_m, eye.at_m));
            }
            let beam = Ray::new(vector(eye.from), vector(eye.direction));
            if is.trail_m > eye.at_m && was.lead_m < eye.at_m && state.by != Some(body.id) {
                let back = vector(eye.forward) * (eye.at_m - is.centre_m) as f32;
                let halfway = Pose::from_parts(at.translation + back, at.rotation);
                if shape.intersects_ray(&halfway, &beam, eye.length_m as f32) {
                    let at = sensing.instant(was.centre_m, is.centre_m, eye.at_m);
                    let element = Some(sensing.scene.eyes[eye.eye.index()].element);
                    sensing.report(at, FactKind::Invalid { kind: InvalidKind::MissedEdge, part: Some(body.id), element });
                }
            }
            if is.trail_m > eye.at_m || is.lead_m < eye.at_m {
                continue;
            }
            if shape.intersects_ray(at, &beam, eye.length_m as f32) {
                // A part that was in the beam stays its reason, so that the instant of leaving is its own.
                let at = sensing.instant(was.lead_m, is.lead_m, eye.at_m);
                let keeps = state.hit.is_some_and(|(_, part)| Some(part) == state.by);
                if state.by == Some(body.id) || (!keeps && state.hit.is_none_or(|(first, _)| at < first)) {
                    state.hit = Some((at, body.id));
                }
            }
        }
    }
}

/// Reports the eyes that changed.
pub fn conclude(sensing: &mut Sensing<'_>, eyes: &mut [EyeState], layout: &Layout) {
    for lane in &layout.lanes {
        for eye in &lane.eyes {
            let state = &mut eyes[eye.eye.index()];
            let (hit, freed_at) = (state.hit.take(), state.freed_at.take());
            let id: EyeId = eye.eye;
            match (state.blocked, hit) {
                (false, Some((at, _))) => sensing.report(at, FactKind::EyeBlocked { eye: id }),
                (true, None) => {
                    // One that was taken out or tipped out of the beam has no trailing face to tell: the step's begin.
                    let at = freed_at.unwrap_or(sensing.now);
                    sensing.report(at, FactKind::EyeCleared { eye: id });
                }
                _ => {}
            }
            state.blocked = hit.is_some();
            state.by = hit.map(|(_, part)| part);
        }
    }
}
