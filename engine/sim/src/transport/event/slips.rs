//! Parts that slip past a blade with the one that it keeps, as often as was measured with contact physics: beside it, or touching it from
//! behind. Drawn when one comes to a blade at which another is, from streams that nothing else draws from. Knows nothing of why they do.

use super::EventTransport;
use super::layout::What;
use super::token::Token;
use crate::parts::PartId;
use crate::random::Streams;
use linetwin_model::Scene;
use linetwin_model::scene::SpotId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of a scene in which something slips past a blade.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Slips {
    streams: Streams,
    /// How often it was drawn for a part, by spot: what comes round again is drawn anew.
    drawn: BTreeMap<PartId, BTreeMap<SpotId, u32>>,
}

impl Slips {
    /// `None`: nothing slips past in this scene.
    pub fn new(scene: &Scene, streams: Streams) -> Option<Box<Slips>> {
        let slips = scene.calibration.as_ref().is_some_and(|calibration| !calibration.slips.is_empty());
        slips.then(|| Box::new(Slips { streams, drawn: BTreeMap::new() }))
    }

    fn slips(&mut self, scene: &Scene, spot: SpotId, token: &Token) -> bool {
        let rows = scene.calibration.as_ref().map_or(&[][..], |calibration| &calibration.slips);
        let Some(row) = rows.iter().find(|row| row.spot == spot && row.part_type == token.part_type) else { return false };
        let times = self.drawn.entry(token.part).or_default().entry(spot).or_insert(0);
        *times += 1;
        let name = |element| scene.element(element).name.as_str();
        let purpose = format!("calibrated slips {times}\0{}", name(token.part.source));
        let unit = self.streams.stream(name(scene.spot(spot).element), &purpose).draw(token.part.serial).unit();
        unit < row.share.of(row.share.property.value(token.size_m, token.mass_kg, token.left_m))
    }
}

impl EventTransport {
    /// A token has come to a spot: does it slip past the hold there, with another that is there?
    pub(super) fn comes_to_slip(&mut self, scene: &Scene, (lane, index): (usize, usize), spot: SpotId) -> bool {
        if self.slips.is_none() {
            return false;
        }
        let token = &self.lanes[lane][index];
        let part = token.part;
        let covers = |other: &Token| {
            let mut cursors = [&other.cursor].into_iter().chain(&other.others);
            cursors.any(|cursor| cursor.covered(&self.layout.lanes[cursor.index()]).any(|what| what == What::Spot(spot)))
        };
        let of = scene.spot(spot).host.index();
        let near = [of].into_iter().chain(self.layout.neighbours(of));
        let is_taken = near.flat_map(|near| &self.lanes[near]).any(|other| other.part != part && covers(other));
        let slips = is_taken && self.slips.as_mut().is_some_and(|slips| slips.slips(scene, spot, token));
        if slips {
            self.holds[spot.index()].slipping.push(part);
        }
        slips
    }

    /// The part has left the line.
    pub(super) fn forget_slips(&mut self, part: PartId) {
        self.slips.iter_mut().for_each(|slips| _ = slips.drawn.remove(&part));
    }
}
