//! Moments at a rate, and what of them moves: tracks of keys, without those that say nothing new. Knows no file format.

use linetwin_model::Scene;
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::view::{Item, Moment, Place, Scenery, ShownPart, Viewpoint};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Film {
    pub scene: Arc<Scene>,
    pub scenery: Scenery,
    pub rate_hz: f64,
    pub moments: Vec<Moment>,
    /// Of each part when it was first seen, with what it held [kg].
    pub masses_kg: BTreeMap<PartId, f64>,
}

/// Where something is through a film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Index of the moment, place and size there: between two keys it changes evenly. Rotations take the short way.
    pub keys: Vec<(usize, Place, [f32; 3])>,
    /// From this moment on it is seen, or not; the first of them is moment 0.
    pub seen: Vec<(usize, bool)>,
}

impl Film {
    pub fn new(simulation: &Simulation, rate_hz: f64) -> Self {
        let (scene, scenery) = (simulation.scene().clone(), simulation.scenery());
        Film { scene, scenery, rate_hz, moments: Vec::new(), masses_kg: BTreeMap::new() }
    }

    pub fn take(&mut self, simulation: &Simulation) {
        let moment = simulation.moment();
        for part in &moment.parts {
            let mass_kg = || simulation.parts().get(part.id).map_or(0.0, |row| row.mass_kg);
            self.masses_kg.entry(part.id).or_insert_with(mass_kg);
        }
        self.moments.push(moment);
    }

    pub fn moves(&self) -> bool {
        self.moments.len() > 1
    }

    /// Of a moment, since the start of the run [s].
    pub fn time_s(&self, moment: usize) -> f64 {
        self.moments[moment].now.as_seconds()
    }

    /// In order of id, each with how it was when it was first seen.
    pub fn part_tracks(&self) -> BTreeMap<PartId, (ShownPart, Track)> {
        let mut tracks: BTreeMap<PartId, (ShownPart, Recorder)> = BTreeMap::new();
        for (index, moment) in self.moments.iter().enumerate() {
            for part in &moment.parts {
                let (_, recorder) = tracks.entry(part.id).or_insert_with(|| (*part, Recorder::default()));
                recorder.see(index, part.place, part.scale);
            }
        }
        tracks.into_iter().map(|(id, (first, recorder))| (id, (first, recorder.done(self.moments.len())))).collect()
    }

    /// Of a camera, which looks along -z of what is told here, with y up.
    pub fn camera_track(&self, camera: &Viewpoint) -> Track {
        const LOOKS: Place = Place { position_m: [0.0; 3], rotation: [0.5, -0.5, -0.5, 0.5] };
        let mut recorder = Recorder::default();
        for (index, moment) in self.moments.iter().enumerate() {
            recorder.see(index, camera.in_world(&moment.movers).holding(&LOOKS), [1.0; 3]);
        }
        recorder.done(self.moments.len())
    }

    /// Of an item that a mover carries.
    pub fn item_track(&self, item: &Item) -> Track {
        let mut recorder = Recorder::default();
        for (index, moment) in self.moments.iter().enumerate() {
            let (place, scale) = item.in_world(&moment.movers);
            if scale != [0.0; 3] {
                recorder.see(index, place, scale);
            }
        }
        recorder.done(self.moments.len())
    }
}

#[derive(Default)]
struct Recorder {
    keys: Vec<(usize, Place, [f32; 3])>,
    seen: Vec<(usize, bool)>,
    /// The last moment at which it was seen, and whether its key says the same as the one before.
    last: Option<usize>,
}

impl Recorder {
    fn see(&mut self, index: usize, mut place: Place, scale: [f32; 3]) {
        if self.last.is_none_or(|last| last + 1 < index) {
            if let Some(last) = self.last {
                self.seen.push((last + 1, false));
            } else if index > 0 {
                self.seen.push((0, false));
            }
            self.seen.push((index, true));
        }
        if let Some((_, before, _)) = self.keys.last() {
            // A rotation and its negative are the same: the nearer one is meant.
            let along: f32 = before.rotation.iter().zip(&place.rotation).map(|(a, b)| a * b).sum();
            if along < 0.0 {
                place.rotation = place.rotation.map(|part| -part);
            }
        }
        // Of several that say the same, the first and the last are enough.
        let same = |key: &(usize, Place, [f32; 3])| key.1 == place && key.2 == scale;
        if let [.., before, last] = self.keys.as_slice()
            && same(before)
            && same(last)
        {
            self.keys.pop();
        }
        self.keys.push((index, place, scale));
        self.last = Some(index);
    }

    fn done(mut self, count: usize) -> Track {
        match self.last {
            None => self.seen.push((0, false)),
            Some(last) if last + 1 < count => self.seen.push((last + 1, false)),
            Some(_) => {}
        }
        if let [first, last] = self.keys.as_slice()
            && (first.1, first.2) == (last.1, last.2)
        {
            self.keys.pop();
        }
        Track { keys: self.keys, seen: self.seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_keeps_what_says_something_new() {
        let at = |x: f32| Place { position_m: [x, 0.0, 0.0], ..Place::default() };
        let mut recorder = Recorder::default();
        for (index, x) in [(2, 0.0), (3, 0.0), (4, 0.0), (5, 1.0), (6, 2.0), (9, 2.0), (10, 2.0)] {
            recorder.see(index, at(x), [1.0; 3]);
        }
        let track = recorder.done(12);
        assert_eq!(track.seen, [(0, false), (2, true), (7, false), (9, true), (11, false)]);
        let keys: Vec<(usize, f32)> = track.keys.iter().map(|(index, place, _)| (*index, place.position_m[0])).collect();
        assert_eq!(keys, [(2, 0.0), (4, 0.0), (5, 1.0), (6, 2.0), (10, 2.0)]);
    }

    #[test]
    fn rotations_take_the_short_way_and_what_stands_has_one_key() {
        let turned = |sign: f32| Place { rotation: [0.0, 0.0, sign * 0.6, sign * 0.8], ..Place::default() };
        let mut recorder = Recorder::default();
        recorder.see(0, turned(1.0), [1.0; 3]);
        recorder.see(1, turned(-1.0), [1.0; 3]);
        let track = recorder.done(2);
        assert_eq!((track.keys.len(), track.seen), (1, vec![(0, true)]));
        assert_eq!(Recorder::default().done(3), Track { keys: Vec::new(), seen: vec![(0, false)] });
    }
}
