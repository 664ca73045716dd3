//! What each action does to a session: plays, looks, selects, edits, saves. Knows neither keys nor panels.

use super::edits::{Edits, Saved};
use super::keys::Action;
use super::orbit::Orbit;
use super::pick::middle_of;
use super::session::{BranchDraft, SPEEDS, Session, name_of};
use super::settings::Tab;
use crate::cameras::{built_in_names, of_scene};
use crate::drawing::outline;
use linetwin_model::Time;
use linetwin_model::edit::{Change, EditError, SceneEditor};
use linetwin_model::files::LoadFile;
use linetwin_model::geometry::{Vec3, length, sub};
use linetwin_model::read::Reading;
use linetwin_run::playback::{Bookmark, Speed};
use linetwin_sim::port::Seen;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Mutex;

/// One press of an arrow key [m].
const NUDGE_M: f64 = 0.1;

impl Session {
    pub fn act(&mut self, action: Action) {
        match action {
            Action::TogglePlay => {
                let plays = self.is_playing();
                self.both(|playback| _ = if plays { playback.pause() } else { playback.play() });
            }
            Action::Step => self.both(|playback| _ = playback.step(1)),
            Action::Slower => self.change_speed(false),
            Action::Faster => self.change_speed(true),
            Action::AsFastAsPossible => self.set_speed(Speed::AsFastAsPossible),
            Action::ToBegin => self.seek(self.status().begin),
            Action::PreviousBookmark => self.seek_bookmark(false),
            Action::NextBookmark => self.seek_bookmark(true),
            Action::Branch => {
                self.both(|playback| _ = playback.pause());
                self.dialogs.branch = Some(BranchDraft { changes: vec![Default::default()], error: None });
            }
            Action::Frame => self.frame(),
            Action::Follow => {
                self.follows = !self.follows && self.selected.is_some();
                self.followed_m = None;
            }
            Action::Deselect => self.select(None),
            Action::Look(number) => self.look_from(number),
            Action::Show(overlay) => {
                let is_on = !self.settings.overlays.remove(&overlay);
                if is_on {
                    self.settings.overlays.insert(overlay);
                }
                self.journal.tell("overlay", json!({ "overlay": overlay, "is_on": is_on }));
            }
            Action::Nudge(by) => self.nudge(by),
            Action::Undo | Action::Redo => {
                let is_undo = action == Action::Undo;
                let done = self.edits.as_mut().is_some_and(|edits| if is_undo { edits.undo() } else { edits.redo() });
                if done {
                    self.journal.tell(if is_undo { "undone" } else { "redone" }, json!({}));
                    self.play_edits();
                }
            }
            Action::Save => _ = self.save(),
            Action::Reload => self.reload(),
            Action::Search => {
                self.seeks_search = true;
                if self.settings.dock.find_tab(&Tab::Elements).is_none() {
                    self.settings.dock.push_to_first_leaf(Tab::Elements);
                }
            }
            Action::Screenshot => {
                let name = self.file.file_stem().unwrap_or_default().display().to_string();
                let file = (0..).map(|index| PathBuf::from(format!("{name}-{index:03}.png"))).find(|file| !file.exists());
                self.screenshot = file;
            }
            Action::Theme => self.settings.dark = !self.settings.dark,
            Action::Larger => self.settings.zoom = (self.settings.zoom + 0.1).min(3.0),
            Action::Smaller => self.settings.zoom = (self.settings.zoom - 0.1).max(0.6),
            Action::Help => self.dialogs.help = !self.dialogs.help,
            Action::Quit => {
                if self.has_unsaved_edits() && !self.dialogs.quit {
                    self.dialogs.quit = true;
                } else {
                    self.quits = true;
                }
            }
        }
    }

    pub fn set_speed(&mut self, speed: Speed) {
        self.both(|playback| _ = playback.set_speed(speed));
    }

    fn change_speed(&mut self, faster: bool) {
        let now = if let Speed::Times(times) = self.status().speed { times } else { f64::INFINITY };
        let next = match faster {
            true => SPEEDS.iter().find(|speed| **speed > now * 1.001).map_or(Speed::AsFastAsPossible, |speed| Speed::Times(*speed)),
            false => Speed::Times(SPEEDS.iter().rev().find(|speed| **speed < now * 0.999).copied().unwrap_or(SPEEDS[0])),
        };
        self.set_speed(next);
    }

    pub fn seek(&mut self, time: Time) {
        self.journal.tell("seek", json!({ "to_s": time.as_seconds() }));
        self.both(|playback| _ = playback.seek(time));
    }

    fn seek_bookmark(&mut self, after: bool) {
        let now = self.status().now;
        let at = |bookmark: &Bookmark| bookmark.at;
        let bookmarks = &self.played().shown.timeline.bookmarks;
        let found = match after {
            true => bookmarks.iter().map(at).find(|at| *at > now),
            false => bookmarks.iter().map(at).rfind(|at| at.as_seconds() < now.as_seconds() - 0.05),
        };
        match found {
            Some(at) => self.seek(at),
            None => self.toast(format!("no alarm is known {} this time", if after { "after" } else { "before" }), false),
        }
    }

    pub fn branch_with(&mut self, changes: Vec<String>) {
        if let Ok(answer) = self.base.playback.branch(changes.clone()) {
            self.asked = Some((Mutex::new(answer), changes));
        }
    }

    pub fn close_branch(&mut self) {
        self.branch = None;
        self.looks_at_branch = false;
    }

    pub fn select(&mut self, thing: Option<Seen>) {
        let name = self.scene().cloned().and_then(|scene| thing.map(|thing| name_of(&scene, thing)));
        if thing != self.selected {
            self.journal.tell("selected", json!({ "name": name }));
            self.typed.clear();
            self.followed_m = None;
        }
        self.selected_name = name.filter(|_| matches!(thing, Some(Seen::Element(_))));
        self.selected = thing;
    }

    /// Looks from a camera: built-in ones first, then those of the scene.
    pub fn look_from(&mut self, number: usize) {
        let (Some(picture), size) = (self.picture().cloned(), self.size()) else { return };
        let points = outline(&picture.stage.scenery, &self.moment);
        let built_in: Vec<&str> = built_in_names().collect();
        let orbit = match number.checked_sub(1).map(|index| (built_in.get(index), index)) {
            Some((Some(name), _)) => Orbit::framing(name, &points, size),
            Some((None, index)) => {
                let (scene, scenery) = (&picture.stage.scene, &picture.stage.scenery);
                let index = index - built_in.len();
                scene.cameras.get(index).map(|camera| {
                    let seen = of_scene(camera, &scenery.cameras[index].in_world(&self.moment.movers), size);
                    let middle = points
                        .iter()
                        .fold([0.0; 3], |sum, point| std::array::from_fn(|axis| sum[axis] + point[axis] / points.len() as f64));
                    Orbit::looking(seen.eye_m, seen.forward, length(sub(middle, seen.eye_m)).max(0.5))
                })
            }
            None => None,
        };
        match orbit {
            Some(orbit) => (self.orbit, self.follows) = (orbit, false),
            None => self.toast("the scene has no such camera".to_string(), false),
        }
    }

    /// What is selected fills a good part of the view; with nothing selected, all of the line does.
    fn frame(&mut self) {
        match self.marked() {
            Some(corners) => {
                self.orbit.about_m = middle_of(&corners);
                self.orbit.distance_m = 1.6 * length(sub(corners[7], corners[0])) + 0.6;
            }
            None => self.look_from(1),
        }
    }

    /// Along the axis of the world that is nearest to the way asked for as seen on the screen.
    fn nudge(&mut self, [right, away, up]: [i8; 3]) {
        let nearest = |direction: Vec3| -> Vec3 {
            let axis = usize::from(direction[1].abs() > direction[0].abs());
            std::array::from_fn(|k| if k == axis { direction[axis].signum() } else { 0.0 })
        };
        let along = nearest(self.camera.right);
        let ahead = nearest([-self.camera.right[1], self.camera.right[0], 0.0]);
        let by = |axis: usize| f64::from(right) * along[axis] + f64::from(away) * ahead[axis];
        self.move_selected([by(0) * NUDGE_M, by(1) * NUDGE_M, f64::from(up) * NUDGE_M]);
    }

    /// One edit of the scene; it is played at once, and written when it is saved.
    pub fn edit(&mut self, what: Value, edit: impl FnOnce(&mut SceneEditor, LoadFile) -> Result<Reading, EditError>) -> bool {
        let Some(edits) = &mut self.edits else {
            self.toast("a recorded run stays what it was: open its scene to edit that".to_string(), true);
            return false;
        };
        match edits.make(edit) {
            Ok(()) => {
                self.journal.tell("edited", what);
                self.play_edits();
                true
            }
            Err(why) => {
                self.journal.tell("edit refused", json!({ "edit": what, "why": why }));
                self.toast(why, true);
                false
            }
        }
    }

    pub fn set_field(&mut self, path: &str, value: &str) -> bool {
        let change = Change::set(path, value);
        self.edit(json!({ "path": path, "value": value }), |editor, load| editor.apply(&[change], load))
    }

    pub fn move_selected(&mut self, by_m: Vec3) {
        if let Some((_, name)) = self.selected_element() {
            self.edit(json!({ "element": name, "moved_m": by_m }), |editor, load| editor.move_by(&name, by_m, load));
        }
    }

    pub fn turn_selected(&mut self, by_deg: f64) {
        if let Some((_, name)) = self.selected_element() {
            self.edit(json!({ "element": name, "turned_deg": by_deg }), |editor, load| editor.turn_by(&name, by_deg, load));
        }
    }

    fn play_edits(&mut self) {
        let draft = self.edits.as_ref().and_then(Edits::draft);
        let _ = self.base.playback.show_draft(draft);
        self.close_branch();
        self.typed.clear();
    }

    /// `true`: nothing is unsaved now.
    pub fn save(&mut self) -> bool {
        let Some(edits) = &mut self.edits else { return true };
        match edits.save() {
            Ok(saved) => {
                let name = self.file.file_name().unwrap_or_default().display().to_string();
                let words = match saved {
                    Saved::Nothing => "there is nothing to save".to_string(),
                    Saved::Written => format!("saved {name}"),
                    Saved::PutBack => format!("{name} had been deleted: it was put back"),
                };
                self.journal.tell("saved", json!({ "words": words }));
                self.toast(words, false);
                // The text is the file's now.
                let _ = self.base.playback.show_draft(None);
                true
            }
            Err(why) => {
                self.journal.tell("not saved", json!({ "why": why }));
                self.toast(why, true);
                false
            }
        }
    }

    fn reload(&mut self) {
        if let Some(edits) = &mut self.edits
            && !edits.reread()
        {
            return self.toast("the file cannot be read: what was read from it goes on".to_string(), true);
        }
        let _ = self.base.playback.show_draft(None);
    }
}
