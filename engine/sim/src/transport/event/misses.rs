//! Parts that go past the diverter or pusher that should take them off, as often as was measured with contact physics: drawn when
//! that takes hold of them, from streams that nothing else draws from. Knows nothing of why they do.

use super::EventTransport;
use super::token::Token;
use crate::parts::PartId;
use crate::random::Streams;
use linetwin_model::Scene;
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of a scene in which something is missed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Misses {
    streams: Streams,
    /// How often it was drawn for a part, by device: what comes round again is drawn anew.
    drawn: BTreeMap<PartId, BTreeMap<ElementId, u32>>,
}

impl Misses {
    /// `None`: nothing is missed in this scene.
    pub fn new(scene: &Scene, streams: Streams) -> Option<Box<Misses>> {
        let misses = scene.calibration.as_ref().is_some_and(|calibration| !calibration.misses.is_empty());
        misses.then(|| Box::new(Misses { streams, drawn: BTreeMap::new() }))
    }

    fn goes_past(&mut self, scene: &Scene, device: ElementId, token: &Token) -> bool {
        let rows = scene.calibration.as_ref().map_or(&[][..], |calibration| &calibration.misses);
        let Some(row) = rows.iter().find(|row| row.device == device && row.part_type == token.part_type) else { return false };
        let times = self.drawn.entry(token.part).or_default().entry(device).or_insert(0);
        *times += 1;
        let name = |element| scene.element(element).name.as_str();
        let purpose = format!("calibrated misses {times}\0{}", name(token.part.source));
        let unit = self.streams.stream(name(device), &purpose).draw(token.part.serial).unit();
        unit < row.share.of(row.share.property.value(token.size_m, token.mass_kg, token.left_m))
    }
}

impl EventTransport {
    /// A device takes hold of a token that it was told to take off: does that go on all the same?
    pub(super) fn goes_past(&mut self, scene: &Scene, device: ElementId, (lane, index): (usize, usize)) -> bool {
        let token = &self.lanes[lane][index];
        self.misses.as_mut().is_some_and(|misses| misses.goes_past(scene, device, token))
    }

    /// The part has left the line.
    pub(super) fn forget_misses(&mut self, part: PartId) {
        self.misses.iter_mut().for_each(|misses| _ = misses.drawn.remove(&part));
    }
}
