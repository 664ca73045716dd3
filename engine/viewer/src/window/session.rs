//! What is played, what is selected, and from where it is looked at. Knows neither renderer nor panels.

use super::blend::between;
use super::edits::Edits;
use super::events::{EventLog, part_name};
use super::journal::Journal;
use super::keyboard::Keyboard;
use super::orbit::Orbit;
use super::overlays::Wires;
use super::pick::{Corners, box_about, middle_of};
use super::settings::Settings;
use crate::arguments::Size;
use crate::cameras::Camera;
use bevy::prelude::Resource;
use bevy_egui::egui::{Rect, TextureId};
use linetwin_model::Time;
use linetwin_model::diagnostic::Diagnostic;
use linetwin_model::geometry::{Vec3, sub};
use linetwin_model::scene::{ElementId, Scene};
use linetwin_run::RunError;
use linetwin_run::playback::{Mode, Picture, Playback, Shown, Status};
use linetwin_sim::port::Seen;
use linetwin_sim::simulation::StateHash;
use linetwin_sim::view::{Grain, Moment};
use serde_json::json;
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
/// What a message can be read in.
pub const TOAST_FOR: Duration = Duration::from_secs(6);

/// Mode, scene, and where it stands.
type Told = (&'static str, u32, Option<(u64, StateHash)>);

/// A playback with what it has told.
pub struct Played {
    pub playback: Playback,
    pub shown: Shown,
    pub events: EventLog,
    /// Whether it was asked to tell contacts.
    asks_contacts: bool,
    /// What the log was told last: mode, scene, and where it stands, if it does.
    told: Option<Told>,
}

impl Played {
    pub fn new(playback: Playback) -> Played {
        let shown = playback.look();
        let mut played = Played { playback, shown, events: EventLog::default(), asks_contacts: false, told: None };
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

    /// A player that is busy is asked again by the next picture.
    fn ask_contacts(&mut self, wanted: bool) {
        if self.asks_contacts != wanted && self.playback.show_contacts(wanted).is_ok() {
            self.asks_contacts = wanted;
        }
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

pub(super) type AskedBranch = (Mutex<Receiver<Result<Playback, RunError>>>, Vec<String>);

#[derive(Resource)]
pub struct Session {
    pub file: PathBuf,
    pub base: Played,
    pub branch: Option<Branch>,
    pub(super) asked: Option<AskedBranch>,
    pub looks_at_branch: bool,
    /// What the picture shows now.
    pub moment: Moment,
    /// From where its grains are on their way, and how far [-].
    pub grains_from: Option<(Arc<Vec<Grain>>, f32)>,
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
    pub(super) selected_name: Option<String>,
    pub follows: bool,
    pub(super) followed_m: Option<Vec3>,
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
            grains_from: None,
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
        let wants_contacts = self.settings.overlays.iter().any(|overlay| overlay.wants_contacts());
        let branch = self.branch.as_mut().map(|branch| &mut branch.played);
        for played in std::iter::once(&mut self.base).chain(branch) {
            played.ask_contacts(wants_contacts);
            played.look();
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
        self.grains_from = (share < 1.0).then(|| (picture.previous.moment.grains.clone(), share as f32));
        let staged = (self.looks_at_branch, picture.stage.generation);
        if self.staged.is_none_or(|old| old.1 != staged.1) {
            self.restage(&picture);
        }
        self.go_along();
    }

    /// The line is seen.
    pub fn tell_pictured(&mut self) {
        let scale = self.scale;
        let view_px = self.rectangle.map(|view| [view.min.x, view.min.y, view.max.x, view.max.y].map(|at| at * scale));
        self.journal.tell("pictured", json!({ "parts": self.moment.parts.len(), "view_px": view_px }));
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
            let now = Some((mode, status.generation, (status.mode == Mode::Paused).then_some((status.step, status.state_hash))));
            if played.told != now {
                let details = json!({
                    "line": name, "scene": status.generation, "step": status.step, "time_s": status.now.as_seconds(),
                    "hash": status.state_hash.to_string(), "error": status.error, "frames": self.frames_drawn,
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

    pub(super) fn both(&self, ask: impl Fn(&Playback)) {
        ask(&self.base.playback);
        if let Some(branch) = &self.branch {
            ask(&branch.played.playback);
        }
    }

    /// The box about what is selected.
    pub fn marked(&self) -> Option<Corners> {
        box_about(&self.picture()?.stage.scenery, &self.moment, self.selected?)
    }

    pub fn selected_element(&self) -> Option<(ElementId, String)> {
        let (Some(Seen::Element(id)), Some(scene)) = (self.selected, self.scene()) else { return None };
        Some((id, scene.element(id).name.clone()))
    }

    pub fn has_unsaved_edits(&self) -> bool {
        self.edits.as_ref().is_some_and(Edits::are_unsaved)
    }
}

pub fn name_of(scene: &Scene, thing: Seen) -> String {
    match thing {
        Seen::Floor => "floor".to_string(),
        Seen::Element(id) => scene.element(id).name.clone(),
        Seen::Part(id) => part_name(scene, id),
    }
}
