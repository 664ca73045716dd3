//! Who is where after a step: parts by spot and by lane, so that a blade looks at those before it and not through the
//! whole line. Made anew by every step's following; must not know what is done with it.

use super::body::{Along, Body, Where};
use crate::parts::PartId;
use linetwin_model::Scene;
use linetwin_model::scene::SpotId;

/// Parts by place, each list in order of id. A part that was removed since is still named.
#[derive(Default)]
pub struct Crowd {
    by_spot: Vec<Vec<PartId>>,
    by_lane: Vec<Vec<PartId>>,
}

impl Crowd {
    pub fn new(scene: &Scene, lane_count: usize) -> Self {
        Crowd { by_spot: vec![Vec::new(); scene.spots.len()], by_lane: vec![Vec::new(); lane_count] }
    }

    pub fn clear(&mut self) {
        self.by_spot.iter_mut().chain(&mut self.by_lane).for_each(Vec::clear);
    }

    pub fn note(&mut self, body: &Body) {
        self.note_spots(body);
        if body.place == Where::OnLane {
            self.by_lane[body.lane as usize].push(body.id);
        }
    }

    pub fn note_spots(&mut self, body: &Body) {
        for passing in &body.passing {
            self.by_spot[passing.spot.index()].push(body.id);
        }
    }
}

/// The bodies, and where they are.
#[derive(Clone, Copy)]
pub struct Occupants<'a> {
    pub bodies: &'a [Body],
    pub crowd: &'a Crowd,
}

/// A body between arriving at a spot and leaving it.
pub struct Passer<'a> {
    pub body: &'a Body,
    pub centred: bool,
    pub held: bool,
    /// Leading and trailing face beyond the plane at the spot's end [m].
    pub lead_beyond_m: f64,
    pub trail_beyond_m: f64,
    /// Arc lengths on the spot's host; `None` where the body has gone round a corner and only its tail is left.
    pub along: Option<Along>,
}

impl<'a> Occupants<'a> {
    pub fn get(self, id: PartId) -> Option<&'a Body> {
        self.bodies.binary_search_by_key(&id, |body| body.id).ok().map(|index| &self.bodies[index])
    }

    pub fn passing(self, spot: SpotId) -> impl Iterator<Item = Passer<'a>> {
        self.crowd.by_spot[spot.index()].iter().filter_map(move |&id| {
            let body = self.get(id)?;
            let here = body.passing.iter().find(|passing| passing.spot == spot)?;
            Some(Passer {
                body,
                centred: here.centred,
                held: here.held,
                lead_beyond_m: here.lead_beyond_m,
                trail_beyond_m: here.trail_beyond_m,
                along: body.along_in(here.lane, here.lap),
            })
        })
    }

    /// Those whose centres are on `lane`.
    pub fn on_lane(self, lane: u32) -> impl Iterator<Item = &'a Body> {
        self.crowd.by_lane[lane as usize].iter().filter_map(move |&id| self.get(id))
    }
}
