//! Moments at a rate, and what of them moves: tracks of keys, without those that say nothing new. Knows no file format.

use linetwin_model::Scene;
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::view::{Item, Mover, Place, Scenery, ShownPart};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tracks of what moves; what says nothing new takes no memory, and there is no more of it than it was given room for.
pub struct Film {
    pub scene: Arc<Scene>,
    pub scenery: Scenery,
    pub rate_hz: f64,
    /// Of each moment, since the start of the run [s].
    pub times_s: Vec<f64>,
    /// As they were in the first moment.
    first_movers: Vec<Mover>,
    parts: BTreeMap<PartId, FilmedPart>,
    /// By mover, where it is seen; by camera.
    movers: Vec<Recorder>,
    cameras: Vec<Recorder>,
    keys: usize,
    keys_max: usize,
}

/// Poses that the film of an export holds at most; half a gigabyte.
pub const KEYS_MAX: usize = 10_000_000;

/// There is no room for another moment.
pub struct Full;

pub struct FilmedPart {
    /// When it was first seen.
    pub first: ShownPart,
    /// Then, with what it held [kg].
    pub mass_kg: f64,
    recorder: Recorder,
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
    pub fn new(simulation: &Simulation, rate_hz: f64, keys_max: usize) -> Self {
        let (scene, scenery) = (simulation.scene().clone(), simulation.scenery());
        let cameras = scenery.cameras.iter().map(|_| Recorder::default()).collect();
        Film {
            scene,
            scenery,
            rate_hz,
            times_s: Vec::new(),
            first_movers: Vec::new(),
            parts: BTreeMap::new(),
            movers: Vec::new(),
            cameras,
            keys: 0,
            keys_max,
        }
    }

    pub fn take(&mut self, simulation: &Simulation) -> Result<(), Full> {
        /// A camera looks along -z of what is told here, with y up.
        const LOOKS: Place = Place { position_m: [0.0; 3], rotation: [0.5, -0.5, -0.5, 0.5] };
        let (moment, index) = (simulation.moment(), self.times_s.len());
        if self.keys + moment.parts.len() + moment.movers.len() + self.cameras.len() > self.keys_max {
            return Err(Full);
        }
        for part in &moment.parts {
            let filmed = self.parts.entry(part.id).or_insert_with(|| FilmedPart {
                first: *part,
                mass_kg: simulation.parts().get(part.id).map_or(0.0, |row| row.mass_kg),
                recorder: Recorder::default(),
            });
            self.keys += filmed.recorder.see(index, part.place, part.scale);
        }
        if index == 0 {
            self.movers = moment.movers.iter().map(|_| Recorder::default()).collect();
            self.first_movers.clone_from(&moment.movers);
        }
        for (recorder, mover) in self.movers.iter_mut().zip(&moment.movers).filter(|(_, mover)| mover.scale != [0.0; 3]) {
            self.keys += recorder.see(index, mover.place, mover.scale);
        }
        for (recorder, camera) in self.cameras.iter_mut().zip(&self.scenery.cameras) {
            self.keys += recorder.see(index, camera.in_world(&moment.movers).holding(&LOOKS), [1.0; 3]);
        }
        self.times_s.push(moment.now.as_seconds());
        Ok(())
    }

    pub fn moves(&self) -> bool {
        self.times_s.len() > 1
    }

    /// In order of id: what each was at first, and its track.
    pub fn parts(&self) -> impl Iterator<Item = (PartId, &FilmedPart, Track)> {
        self.parts.iter().map(|(id, part)| (*id, part, part.recorder.done(self.times_s.len())))
    }

    pub fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// By camera of the scene.
    pub fn camera_track(&self, camera: usize) -> Track {
        self.cameras[camera].done(self.times_s.len())
    }

    /// Of an item that a mover carries, and where it is at first.
    pub fn item_track(&self, item: &Item) -> (Track, (Place, [f32; 3])) {
        let mut track = item.mover.map_or_else(Track::default, |mover| self.movers[mover].done(self.times_s.len()));
        track.keys.iter_mut().for_each(|(_, place, _)| *place = place.holding(&item.place));
        (track, item.in_world(&self.first_movers))
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
    /// How many keys more it has.
    fn see(&mut self, index: usize, mut place: Place, scale: [f32; 3]) -> usize {
        let before = self.keys.len();
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
        self.keys.len() - before
    }

    fn done(&self, count: usize) -> Track {
        let mut track = Track { keys: self.keys.clone(), seen: self.seen.clone() };
        match self.last {
            None => track.seen.push((0, false)),
            Some(last) if last + 1 < count => track.seen.push((last + 1, false)),
            Some(_) => {}
        }
        if let [first, last] = track.keys.as_slice()
            && (first.1, first.2) == (last.1, last.2)
        {
            track.keys.pop();
        }
        track
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{ExportFormat, ExportRequest, film_of};
    use crate::input::RunInput;
    use crate::{DeviceRequest, RunError};
    use linetwin_model::Time;
    use linetwin_sim::SimulationOptions;

    /// Two cartons a second come onto a belt that runs: each has a place of its own in every moment.
    const SCENE: &str = r#"Scene(schema: 1, name: "film",
        parts: {"box": Part(shape: Box(size_m: (0.2, 0.2, 0.2)), mass_kg: 2)},
        line: {
            "infeed": Source(part: "box", interarrival_s: 0.5, before: "belt"),
            "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5),
            "dock": Sink(after: "belt"),
        })"#;

    fn film(keys_max: usize) -> Result<Film, RunError> {
        let input = RunInput::read("film.ron", &[], &|_| Ok(SCENE.as_bytes().to_vec())).expect("it is a scene");
        let mut simulation = Simulation::new(input.scene, SimulationOptions { threads: 1, ..SimulationOptions::default() });
        let request = ExportRequest {
            source: "film.ron".into(),
            format: ExportFormat::Usda,
            out: "film.usda".into(),
            from: Time::ZERO,
            span: None,
            rate_hz: 10.0,
            overrides: Vec::new(),
            seed: None,
            replication: 0,
            threads: 1,
            device: DeviceRequest::default(),
        };
        film_of(&mut simulation, &request, Time::from_seconds(4.0), &mut (), keys_max).map(|film| film.expect("nobody stops it"))
    }

    #[test]
    fn a_film_that_is_too_long_is_refused_before_it_holds_more_than_it_may() {
        let whole = film(KEYS_MAX).unwrap_or_else(|error| panic!("{error}"));
        let held = |film: &Film| film.parts().map(|(_, _, track)| track.keys.len()).sum::<usize>();
        let (keys, moments) = (held(&whole), whole.times_s.len());
        assert!(keys > 100 && moments == 41, "{keys} keys in {moments} moments");
        let room = whole.part_count() + keys;
        assert_eq!(film(room).map(|film| held(&film)).ok(), Some(keys), "where there is room it is the same film");
        for most in [keys / 2, keys - 1] {
            match film(most) {
                Err(RunError::FilmTooLong { at_s, most: told }) => assert!(told == most && at_s > 0.0 && at_s <= 4.0, "{at_s} s, {told}"),
                Err(error) => panic!("{error}"),
                Ok(film) => panic!("{} keys where {most} are the most", held(&film)),
            }
        }
    }

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
