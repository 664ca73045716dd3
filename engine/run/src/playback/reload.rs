//! What becomes of a playback whose scene file was saved, edited, spoilt or deleted. A good scene begins at time zero; anything else
//! leaves the last good one going, and says why.

use super::handover::Trouble;
use super::player::{Player, Start, stage_of};
use super::source::{Opened, Source};
use crate::error::RunError;
use linetwin_model::diagnostic::Sources;
use linetwin_sim::record::snapshot::scene_hash;
use std::sync::Arc;

impl Player {
    /// Looks whether the files are other ones, and goes on with what they say now; `what` happened to them.
    pub(super) fn reload(&mut self, what: &str) {
        let Source::Scene { path, .. } = &self.request.source else { return };
        if self.is_branch {
            return;
        }
        let same = self.opened.input.files.iter().all(|file| self.request.source.load(&file.path).is_ok_and(|bytes| bytes == file.bytes));
        let trouble = match Opened::open(&self.request.source, self.request.threads, &self.request.device) {
            _ if same => None,
            Ok(opened) => {
                self.take_over(opened, what);
                None
            }
            Err(RunError::Scene { diagnostics, sources }) => {
                Some(Trouble { what: "the scene has errors: the last good one goes on".to_owned(), diagnostics, sources })
            }
            Err(error) => {
                let what = match path.exists() {
                    true => format!("{error}; the last good scene goes on"),
                    false => format!("{} is gone: what was read from it goes on", path.display()),
                };
                Some(Trouble { what, diagnostics: Vec::new(), sources: Sources::default() })
            }
        };
        self.handover.left().trouble = trouble.map(Arc::new);
    }

    /// Goes on with this text instead of what the scene's file holds, or with the file again.
    pub(super) fn take_draft(&mut self, text: Option<Arc<str>>) {
        if let Source::Scene { draft, .. } = &mut self.request.source {
            *draft = text;
        }
        self.reload("the scene was edited");
    }

    fn take_over(&mut self, opened: Opened, what: &str) {
        let generation = self.stage.generation;
        if scene_hash(opened.scene()) == scene_hash(self.opened.scene()) {
            // Places in the text may have moved, the line has not.
            self.opened.input = opened.input;
            self.stage = stage_of(&self.opened, &self.simulation, generation);
            self.begin_watch();
            (self.pictured, self.jumped) = (None, true);
            self.handover.left().untold.notice(format!("{what}: nothing that decides the run has changed, and it goes on"));
            return;
        }
        let mut request = self.request.clone();
        (request.plays, request.speed) = (self.playing, self.pacer.speed());
        let start = Start::fresh(&request, &opened, generation + 1);
        *self = Player::new(request, opened, start, self.inbox.clone(), self.handover.clone());
        let mut left = self.handover.left();
        left.report = None;
        left.untold.restart(self.simulation.now());
        left.untold.notice(format!("{what}: it begins anew at time zero"));
    }
}
