//! A what-if from the present state: another playback that goes on from the same snapshot with other numbers, and whose
//! bookmarks and curves begin with what both have in common. Owns which changes a state can go on with, and says why not.

use super::keyframes::Keyframes;
use super::player::{self, Player, Start};
use super::source::Opened;
use super::{Playback, PlaybackRequest};
use crate::error::RunError;
use crate::input::RunInput;
use linetwin_model::scene::Input;
use linetwin_sim::record::fork::FORKABLE;
use linetwin_sim::simulation::Simulation;
use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

impl Player {
    /// Another playback that begins where this one is, with `changes` (`PATH=VALUE`); paused.
    pub(super) fn branch(&self, changes: &[String]) -> Result<Playback, RunError> {
        let input = self.changed_input(changes)?;
        let (step, at) = (self.simulation.step_count(), self.simulation.now());
        let (saved, options) = (self.simulation.save(), self.opened.options.clone());
        let simulation = Simulation::load_forked(self.opened.scene(), &input.scene, options.clone(), &saved)
            .map_err(|_| RunError::OtherLine { paths: paths_of_another_line(&self.opened.scene().inputs, &input.scene.inputs) })?;
        let mut timeline = self.timeline.clone();
        timeline.cut(step, at);
        let mut keyframes = Keyframes::new(self.request.keyframe_bytes);
        keyframes.keep(step, &simulation.save(), Instant::now());
        let hand = self.hand.iter().filter(|command| command.step >= step).cloned().collect();
        let opened = Opened {
            input: RunInput { scene: simulation.scene().clone(), ..input },
            options,
            end: self.opened.end,
            record: None,
            notes: Vec::new(),
        };
        let request = PlaybackRequest { plays: false, speed: self.pacer.speed(), ..self.request.clone() };
        let start = Start { simulation, timeline, keyframes, hand, begin: step, is_branch: true, generation: self.stage.generation };
        let status = player::first_status(&request, &opened);
        Ok(Playback::start(request, status, start.timeline.clone(), move |_| (opened, start)))
    }

    /// The scene as it was read, with further overrides.
    fn changed_input(&self, changes: &[String]) -> Result<RunInput, RunError> {
        let files = &self.opened.input.files;
        let overrides: Vec<String> = self.opened.input.overrides.iter().chain(changes).cloned().collect();
        // What lies on the disk may be another scene by now.
        let load = |path: &str| match files.iter().find(|file| file.path == path) {
            Some(file) => Ok(file.bytes.clone()),
            None => fs::read(path),
        };
        RunInput::read(&files[0].path, &overrides, &load)
    }
}

/// The paths whose values differ, but for those that may.
fn paths_of_another_line(before: &[Input], after: &[Input]) -> Vec<String> {
    let by_path =
        |inputs: &[Input]| -> BTreeMap<String, String> { inputs.iter().map(|input| (input.path.clone(), input.value.clone())).collect() };
    let (before, after) = (by_path(before), by_path(after));
    let all: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let may = |path: &str| path.rsplit('.').any(|name| FORKABLE.contains(&name));
    all.into_iter().filter(|path| before.get(*path) != after.get(*path) && !may(path)).cloned().collect()
}
