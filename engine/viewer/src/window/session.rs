//! What is played, what is selected, from where it is looked at, and what each action does. Knows neither renderer nor panels.

use super::blend::between;
use super::edits::{Edits, Saved};
use super::events::{EventLog, part_name};
use super::journal::Journal;
use super::keyboard::Keyboard;
use super::keys::Action;
use super::orbit::Orbit;
use super::overlays::Wires;
use super::pick::{Corners, box_about, middle_of};
use super::settings::{Settings, Tab};
use crate::arguments::Size;
use crate::cameras::{Camera, built_in_names, of_scene};
use crate::drawing::outline;
use bevy::prelude::Resource;
use bevy_egui::egui::{Rect, TextureId};
use linetwin_model::Time;
use linetwin_model::diagnostic::Diagnostic;
use linetwin_model::edit::{Change, EditError, SceneEditor};
use linetwin_model::files::LoadFile;
use linetwin_model::geometry::{Vec3, length, sub};
use linetwin_model::read::Reading;
use linetwin_model::scene::{ElementId, Scene};
use linetwin_run::RunError;
use linetwin_run::playback::{Bookmark, Mode, Picture, Playback, Shown, Speed, Status};
use linetwin_sim::port::Seen;
use linetwin_sim::view::Moment;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Notices that can be read.
const NOTICES_MAX: usize = 200;
pub const SPEEDS: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0];
/// How often the file is looked at [wall time].
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// One press of an arrow key [m].
const NUDGE_M: f64 = 0.1;
/// What a message can be read in.
pub const TOAST_FOR: Duration = Duration::from_secs(6);

/// A playback with what it has told.
pub struct Played {
    pub playback: Playback,
    pub shown: Shown,
    pub events: EventLog,
    /// What the log was told last: mode, scene, and where it stands, if it does.
    told: Option<(&'static str, u32, Option<u64>)>,
}

impl Played {
    pub fn new(playback: Playback) -> Played {
        let shown = playback.look();
        let mut played = Played { playback, shown, events: EventLog::default(), told: None };
        played.learn();
        played
    }

    fn learn(&mut self) {
        if let Some(picture) = &self.shown.picture {
            self.events.take(&picture.stage.scene, &mut self.shown.news);
        }
    }

    fn look(&mut self) {
        self.shown = self.playback.look();
        self.learn();
    }

    pub fn status(&self) -> &Status {
        &self.shown.status
    }

    pub fn is_playing(&self) -> bool {
        self.status().mode == Mode::Playing || (matches!(self.status().mode, Mode::Seeking { .. }) && self.status().plays)
    }
}

/// A what-if beside what was opened.
pub struct Branch {
    pub played: Played,
    /// `PATH=VALUE`, as they were asked for.
    pub changes: Vec<String>,
    pub begin: Time,
}

/// What is asked for a what-if, while it is typed.
#[derive(Default)]
pub struct BranchDraft {
    pub changes: Vec<[String; 2]>,
    pub error: Option<String>,
}

/// A message over the line.
pub struct Toast {
    pub words: String,
    pub is_bad: bool,
    pub until: Instant,
}

/// What is open over the panels.
#[derive(Default)]
pub struct Dialogs {
    pub help: bool,
    pub quit: bool,
    pub branch: Option<BranchDraft>,
}

/// What a drag of the gizmo has come to.
#[derive(Clone, Copy)]
pub struct Drag {
    pub handle: super::gizmo::Handle,
    /// Where on the handle it began.
    pub from: f64,
    /// Metres or degrees.
    pub by: f64,
}

type AskedBranch = (Mutex<Receiver<Result<Playback, RunError>>>, Vec<String>);

#[derive(Resource)]
pub struct Session {
    pub file: PathBuf,
    pub base: Played,
    pub branch: Option<Branch>,
    asked: Option<AskedBranch>,
    pub looks_at_branch: bool,
    /// What the picture shows now.
    pub moment: Moment,
    pub orbit: Orbit,
    /// As the picture was drawn last.
    pub camera: Camera,
    /// Where the line is shown, in points; `None`: it is not.
    pub rectangle: Option<Rect>,
    /// Pixels per point.
    pub scale: f32,
    /// What the line is drawn on.
    pub texture: Option<TextureId>,
    pub selected: Option<Seen>,
    /// Names outlive a reload, numbers do not.
    selected_name: Option<String>,
    pub follows: bool,
    followed_m: Option<Vec3>,
    pub drag: Option<Drag>,
    pub edits: Option<Edits>,
    /// Fields of the inspector while they are typed, by path.
    pub typed: BTreeMap<String, String>,
    followed_at: Instant,
    told_conflict: bool,
    told_trouble: Option<Vec<String>>,
    pub notices: VecDeque<(Time, String)>,
    pub toast: Option<Toast>,
    pub settings: Settings,
    pub search: String,
    pub seeks_search: bool,
    pub alarms_only: bool,
    pub dialogs: Dialogs,
    pub wires: Option<Wires>,
    pub boxes: BTreeMap<ElementId, Corners>,
    /// Of which scene the picture is: of the branch or not, and its number.
    pub staged: Option<(bool, u32)>,
    pub screenshot: Option<PathBuf>,
    pub quits: bool,
    pub journal: Journal,
    pub keyboard: Keyboard,
    /// Of the last second.
    frames: VecDeque<Instant>,
    pub frames_drawn: u64,
    is_pictured: bool,
    begin_at: Option<Time>,
}

impl Session {
    pub fn new(
        file: PathBuf,
        playback: Playback,
        edits: Option<Edits>,
        settings: Settings,
        journal: Journal,
        begin_at: Option<Time>,
    ) -> Self {
        let orbit = Orbit::default();
        let camera = orbit.camera(Size { width_px: 16, height_px: 9 });
        Session {
            file,
            base: Played::new(playback),
            branch: None,
            asked: None,
            looks_at_branch: false,
            moment: Moment::default(),
            orbit,
            camera,
            rectangle: None,
            scale: 1.0,
            texture: None,
            selected: None,
            selected_name: None,
            follows: false,
            followed_m: None,
            drag: None,
            edits,
            typed: BTreeMap::new(),
            followed_at: Instant::now(),
            told_conflict: false,
            told_trouble: None,
            notices: VecDeque::new(),
            toast: None,
            settings,
            search: String::new(),
            seeks_search: false,
            alarms_only: true,
            dialogs: Dialogs::default(),
            wires: None,
            boxes: BTreeMap::new(),
            staged: None,
            screenshot: None,
            quits: false,
            journal,
            keyboard: Keyboard::default(),
            frames: VecDeque::new(),
            frames_drawn: 0,
            is_pictured: false,
            begin_at,
        }
    }

    /// What is looked at: the branch, or what was opened.
    pub fn played(&self) -> &Played {
        self.branch.as_ref().filter(|_| self.looks_at_branch).map_or(&self.base, |branch| &branch.played)
    }

    pub fn status(&self) -> &Status {
        self.played().status()
    }

    pub fn picture(&self) -> Option<&Picture> {
        self.played().shown.picture.as_ref()
    }

    pub fn scene(&self) -> Option<&Arc<Scene>> {
        self.picture().map(|picture| &picture.stage.scene)
    }

    pub fn is_playing(&self) -> bool {
        self.played().is_playing()
    }

    /// Of the view [px]; at least a pixel.
    pub fn size(&self) -> Size {
        let [width, height] = self.rectangle.map_or([1.0; 2], |rectangle| [rectangle.width(), rectangle.height()]);
        Size { width_px: ((width * self.scale) as u32).max(1), height_px: ((height * self.scale) as u32).max(1) }
    }

    /// Takes what there is to show.
    pub fn take(&mut self) {
        self.base.look();
        if let Some(branch) = &mut self.branch {
            branch.played.look();
        }
        self.take_branch();
        self.take_notices();
        self.tell_modes();
        self.tell_trouble();
        self.follow_file();
        if let Some(at) = self.begin_at.filter(|_| self.base.shown.picture.is_some()) {
            self.begin_at = None;
            self.seek(at);
        }
        let Some(picture) = self.picture().cloned() else { return };
        let share = if self.is_playing() { picture.blend(Instant::now()) } else { 1.0 };
        self.moment = between(&picture.previous.moment, &picture.latest.moment, share);
        let staged = (self.looks_at_branch, picture.stage.generation);
        if self.staged.is_none_or(|old| old.1 != staged.1) {
            self.restage(&picture);
        }
        self.go_along();
        if !self.is_pictured && self.rectangle.is_some() {
            self.is_pictured = true;
            let scale = self.scale;
            let view_px = self.rectangle.map(|view| [view.min.x, view.min.y, view.max.x, view.max.y].map(|at| at * scale));
            self.journal.tell("pictured", json!({ "parts": self.moment.parts.len(), "view_px": view_px }));
        }
    }

    /// Another scene: names may mean something else now.
    fn restage(&mut self, picture: &Picture) {
        let scene = &picture.stage.scene;
        self.typed.clear();
        self.drag = None;
        self.selected = self.selected_name.as_deref().and_then(|name| scene.element_named(name)).map(Seen::Element);
        let scenery = &picture.stage.scenery;
        self.wires = Some(Wires::of(scenery));
        let boxes = scene.element_ids().filter_map(|id| Some((id, box_about(scenery, &self.moment, Seen::Element(id))?)));
        self.boxes = boxes.collect();
    }

    /// What is wrong with the scene's file, whenever that is something else.
    fn tell_trouble(&mut self) {
        let trouble = &self.base.shown.trouble;
        let now = trouble.as_ref().map(|trouble| {
            let place = |problem: &Diagnostic| {
                let (row, column) = trouble.sources.line_column(problem.span.file, problem.span.start);
                format!("{row}:{column}: {}", problem.message)
            };
            [vec![trouble.what.clone()], trouble.diagnostics.iter().map(place).collect()].concat()
        });
        if now != self.told_trouble {
            self.journal.tell("trouble", json!({ "words": now }));
            self.told_trouble = now;
        }
    }

    fn take_branch(&mut self) {
        let Some((asked, changes)) = &self.asked else { return };
        let answer = asked.lock().expect("nobody panics while holding it").try_recv();
        let changes = changes.clone();
        match answer {
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {}
            Ok(Err(error)) => {
                let words = match &error {
                    RunError::Scene { diagnostics, .. } => diagnostics.first().map_or(error.to_string(), |first| first.message.clone()),
                    _ => error.to_string(),
                };
                self.journal.tell("branch refused", json!({ "why": words }));
                if let Some(draft) = &mut self.dialogs.branch {
                    draft.error = Some(words);
                }
            }
            Ok(Ok(playback)) => {
                let played = Played::new(playback);
                let begin = played.status().begin;
                self.journal.tell("branched", json!({ "changes": changes, "time_s": self.base.status().now.as_seconds() }));
                self.branch = Some(Branch { played, changes, begin });
                self.looks_at_branch = true;
                self.dialogs.branch = None;
            }
        }
        self.asked = None;
    }

    fn take_notices(&mut self) {
        let at = self.base.status().now;
        let mut notices = std::mem::take(&mut self.base.shown.news.notices);
        if let Some(branch) = &mut self.branch {
            notices.append(&mut branch.played.shown.news.notices);
        }
        for notice in notices {
            self.journal.tell("notice", json!({ "words": notice }));
            self.toast(notice.clone(), false);
            self.notices.push_back((at, notice));
        }
        while self.notices.len() > NOTICES_MAX {
            self.notices.pop_front();
        }
    }

    fn tell_modes(&mut self) {
        let journal = &mut self.journal;
        for (played, name) in [(Some(&mut self.base), "base"), (self.branch.as_mut().map(|branch| &mut branch.played), "branch")] {
            let Some(played) = played.filter(|played| played.shown.picture.is_some()) else { continue };
            let status = played.status();
            let mode = match status.mode {
                Mode::Paused => "paused",
                Mode::Playing => "playing",
                Mode::Seeking { .. } => "seeking",
                Mode::Failed => "failed",
            };
            let now = Some((mode, status.generation, (status.mode == Mode::Paused).then_some(status.step)));
            if played.told != now {
                let details = json!({
                    "line": name, "scene": status.generation, "step": status.step, "time_s": status.now.as_seconds(),
                    "hash": status.state_hash.to_string(), "error": status.error,
                });
                journal.tell(mode, details);
                played.told = now;
            }
        }
    }

    /// Somebody else may save the scene too.
    fn follow_file(&mut self) {
        if self.followed_at.elapsed() < FOLLOW_EVERY {
            return;
        }
        self.followed_at = Instant::now();
        let Some(edits) = &mut self.edits else { return };
        let follows = edits.follow();
        if !follows && !self.told_conflict {
            let words = match self.file.exists() {
                true => "the file was saved by somebody else; your edits stay here and are not saved over it: F5 takes theirs",
                false => "the file is gone; your edits stay here, and saving puts it back",
            };
            self.toast(words.to_string(), true);
        }
        self.told_conflict = !follows;
    }

    fn go_along(&mut self) {
        let at = self.selected.filter(|_| self.follows).and_then(|_| self.marked()).map(|corners| middle_of(&corners));
        if let (Some(at), Some(before)) = (at, self.followed_m) {
            let moved = sub(at, before);
            self.orbit.about_m = std::array::from_fn(|axis| self.orbit.about_m[axis] + moved[axis]);
        }
        self.followed_m = at;
    }

    pub fn toast(&mut self, words: String, is_bad: bool) {
        self.toast = Some(Toast { words, is_bad, until: Instant::now() + TOAST_FOR });
    }

    /// Frames of the last second.
    pub fn frame_rate(&self) -> usize {
        self.frames.len()
    }

    pub fn count_frame(&mut self) {
        let now = Instant::now();
        self.frames.push_back(now);
        self.frames_drawn += 1;
        while self.frames.front().is_some_and(|first| now.duration_since(*first) > Duration::from_secs(1)) {
            self.frames.pop_front();
        }
    }

    // A player that is busy is asked again by the next press: nothing is lost by not telling.

    fn both(&self, ask: impl Fn(&Playback)) {
        ask(&self.base.playback);
        if let Some(branch) = &self.branch {
            ask(&branch.played.playback);
        }
    }

    pub fn seek(&mut self, time: Time) {
        self.journal.tell("seek", json!({ "to_s": time.as_seconds() }));
        self.both(|playback| _ = playback.seek(time));
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

    fn to_bookmark(&mut self, after: bool) {
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

    /// The box about what is selected.
    pub fn marked(&self) -> Option<Corners> {
        box_about(&self.picture()?.stage.scenery, &self.moment, self.selected?)
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

    pub fn selected_element(&self) -> Option<(ElementId, String)> {
        let (Some(Seen::Element(id)), Some(scene)) = (self.selected, self.scene()) else { return None };
        Some((id, scene.element(id).name.clone()))
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

    /// Along the axis of the world that is nearest to the way asked for as seen on the screen.
    fn nudge(&mut self, [right, away, up]: [i8; 3]) {
        let nearest = |direction: Vec3| -> Vec3 {
            let axis = usize::from(direction[1].abs() > direction[0].abs());
            std::array::from_fn(|k| if k == axis { direction[axis].signum() } else { 0.0 })
        };
        let (along, ahead) = (nearest(self.camera.right), {
            let flat = nearest([-self.camera.right[1], self.camera.right[0], 0.0]);
            flat
        });
        let by = |axis: usize| f64::from(right) * along[axis] + f64::from(away) * ahead[axis];
        self.move_selected([by(0) * NUDGE_M, by(1) * NUDGE_M, f64::from(up) * NUDGE_M]);
    }

    fn play_edits(&mut self) {
        let draft = self.edits.as_ref().and_then(Edits::draft);
        let _ = self.base.playback.show_draft(draft);
        self.close_branch();
        self.typed.clear();
    }

    pub fn has_unsaved_edits(&self) -> bool {
        self.edits.as_ref().is_some_and(Edits::are_unsaved)
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
            Action::PreviousBookmark => self.to_bookmark(false),
            Action::NextBookmark => self.to_bookmark(true),
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
                if !self.settings.overlays.remove(&overlay) {
                    self.settings.overlays.insert(overlay);
                }
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
}

pub fn name_of(scene: &Scene, thing: Seen) -> String {
    match thing {
        Seen::Floor => "floor".to_string(),
        Seen::Element(id) => scene.element(id).name.clone(),
        Seen::Part(id) => part_name(scene, id),
    }
}
