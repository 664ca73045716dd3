//! What is handed from the player to whoever shows it: the last two moments, the measures, what happened since, and how it
//! goes. Everything is bounded and the newest wins; neither side waits for the other.

use super::pace::Speed;
use super::timeline::Timeline;
use linetwin_model::diagnostic::{Diagnostic, Sources};
use linetwin_model::report::{InvalidCondition, KpiReport};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::Event;
use linetwin_sim::io::{Command, IoValue, Signal};
use linetwin_sim::port::Contact;
use linetwin_sim::simulation::StateHash;
use linetwin_sim::view::{Moment, Scenery};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Events that wait for somebody to look; then the oldest go, and are counted.
const EVENTS_MAX: usize = 10_000;
/// Notices that are kept.
const NOTICES_MAX: usize = 100;

/// What stays as long as one scene is played.
pub struct Stage {
    /// Counts the scenes: another number, another line.
    pub generation: u32,
    pub scene: Arc<Scene>,
    pub scenery: Scenery,
    /// Names of the I/O points and what they are wired to, in order.
    pub points: Vec<(String, Signal)>,
    pub warnings: Vec<Diagnostic>,
    pub sources: Sources,
    /// Every file the scene was made from, the scene's first.
    pub files: Vec<PathBuf>,
    /// Of a finished run: its measures, as they were written.
    pub recorded: Option<Arc<KpiReport>>,
}

/// An I/O point at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointNow {
    /// What the controller wishes, or what the device senses.
    pub own: IoValue,
    /// What stands in its place.
    pub force: Option<IoValue>,
}

/// The line at one instant.
pub struct Sight {
    pub moment: Moment,
    /// As [`Stage::points`]; forced from here on counts as forced.
    pub points: Vec<PointNow>,
    /// What parts touch, where [somebody wants to see it](super::Playback::show_contacts).
    pub contacts: Vec<Contact>,
    /// Steps done.
    pub step: u64,
    /// When it was handed over.
    pub seen_at: Instant,
}

/// The last two moments; the same twice where nothing leads from one to the other.
#[derive(Clone)]
pub struct Picture {
    pub stage: Arc<Stage>,
    pub previous: Arc<Sight>,
    pub latest: Arc<Sight>,
}

impl Picture {
    /// How far a picture at `now` is on the way from `previous` (0) to `latest` (1): as long after `latest` came as that came
    /// after `previous`. A picture is so one hand-over late, and smooth.
    pub fn blend(&self, now: Instant) -> f64 {
        let way = self.latest.seen_at.saturating_duration_since(self.previous.seen_at).as_secs_f64();
        if way == 0.0 { 1.0 } else { (now.saturating_duration_since(self.latest.seen_at).as_secs_f64() / way).min(1.0) }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Paused,
    Playing,
    /// On the way to a time; nothing is shown until it is there.
    Seeking {
        to: Time,
    },
    /// No step is done any more; the error says why.
    Failed,
}

/// How it goes.
#[derive(Clone, Debug)]
pub struct Status {
    pub generation: u32,
    pub mode: Mode,
    /// Whether it goes on once it is where it was to go.
    pub plays: bool,
    pub now: Time,
    /// Steps done.
    pub step: u64,
    pub state_hash: StateHash,
    pub speed: Speed,
    /// Simulated over wall time, of the last half second or so; 0 while it stands.
    pub real_time_factor: f64,
    /// Simulated time that the machine lacked since it was last started: zero where it keeps up.
    pub behind: Time,
    /// From here on, times can be gone to: not zero for a branch.
    pub begin: Time,
    /// Where it ends, if it does.
    pub end: Option<Time>,
    /// Up to here all is known, be it recorded or simulated.
    pub known_until: Time,
    /// Memory that the keyframes take [bytes].
    pub keyframe_bytes: usize,
    /// What a hand has forced, in order: not empty, and this is another line than the one that was opened.
    pub hand: Arc<Vec<Command>>,
    /// What physics did that it must not do, up to the last report.
    pub invalid_conditions: Vec<InvalidCondition>,
    /// `cpu`, or who computes batches of grains and rays.
    pub device: String,
    /// The device failed, and the processor goes on.
    pub device_failure: Option<String>,
    /// What is shown differs from what was recorded, first seen after this step.
    pub contradicts_record_after: Option<u64>,
    /// Why the simulation does not go on.
    pub error: Option<String>,
}

/// A scene file that cannot be played as it is; the last good one goes on.
#[derive(Debug)]
pub struct Trouble {
    /// In a sentence.
    pub what: String,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// What happened since somebody looked last.
#[derive(Default)]
pub struct News {
    /// Set where the history starts anew (after a jump): what was told before is void, and what follows begins here.
    pub restarted_at: Option<Time>,
    /// In order.
    pub events: Vec<Event>,
    /// Events that were dropped before these, because nobody looked.
    pub dropped: u64,
    /// In words: reloads, snapshots that were passed over, a device.
    pub notices: Vec<String>,
}

/// What is to be shown now.
pub struct Shown {
    /// `None` until the simulation stands.
    pub picture: Option<Picture>,
    pub report: Option<Arc<KpiReport>>,
    pub timeline: Arc<Timeline>,
    pub status: Status,
    pub news: News,
    /// What is wrong with the scene file now.
    pub trouble: Option<Arc<Trouble>>,
}

/// The place where one side leaves it and the other takes it.
pub struct Handover {
    left: Mutex<Left>,
}

pub struct Left {
    pub picture: Option<Picture>,
    pub report: Option<Arc<KpiReport>>,
    pub timeline: Arc<Timeline>,
    pub status: Status,
    pub trouble: Option<Arc<Trouble>>,
    pub untold: Untold,
    /// Somebody took the last picture.
    pub looked: bool,
}

/// News that nobody has taken yet.
#[derive(Default)]
pub struct Untold {
    restarted_at: Option<Time>,
    events: VecDeque<Event>,
    dropped: u64,
    notices: VecDeque<String>,
}

impl Handover {
    pub fn new(timeline: Timeline, status: Status) -> Self {
        let left = Left {
            picture: None,
            report: None,
            timeline: Arc::new(timeline),
            status,
            trouble: None,
            untold: Untold::default(),
            looked: true,
        };
        Handover { left: Mutex::new(left) }
    }

    /// Held for as long as it takes to move a few values.
    pub fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn look(&self) -> Shown {
        let mut left = self.left();
        left.looked = true;
        Shown {
            picture: left.picture.clone(),
            report: left.report.clone(),
            timeline: left.timeline.clone(),
            status: left.status.clone(),
            trouble: left.trouble.clone(),
            news: std::mem::take(&mut left.untold).told(),
        }
    }
}

impl Untold {
    fn told(self) -> News {
        let Untold { restarted_at, events, dropped, notices } = self;
        News { restarted_at, events: events.into(), dropped, notices: notices.into() }
    }

    pub fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            if self.events.len() == EVENTS_MAX {
                self.events.pop_front();
                self.dropped += 1;
            }
            self.events.push_back(event);
        }
    }

    pub fn restart(&mut self, at: Time) {
        self.events.clear();
        (self.dropped, self.restarted_at) = (0, Some(at));
    }

    pub fn notice(&mut self, text: String) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(text);
    }
}

impl Left {
    /// `jumped`: nothing leads from the picture before to this one.
    pub fn show(&mut self, stage: &Arc<Stage>, sight: Sight, jumped: bool) {
        let latest = Arc::new(sight);
        let before = self.picture.take().filter(|picture| !jumped && Arc::ptr_eq(&picture.stage, stage));
        let previous = before.map_or_else(|| latest.clone(), |picture| picture.latest);
        self.picture = Some(Picture { stage: stage.clone(), previous, latest });
        self.looked = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::scene::ElementId;
    use linetwin_sim::event::EventKind;

    #[test]
    fn what_nobody_takes_does_not_pile_up_and_the_newest_stays() {
        let mut left = Untold::default();
        for at in 0..EVENTS_MAX as u64 + 500 {
            left.tell([Event { at: Time(at), kind: EventKind::Stalled { element: ElementId(0) } }]);
            left.notice(at.to_string());
        }
        assert_eq!((left.events.len(), left.dropped, left.notices.len()), (EVENTS_MAX, 500, NOTICES_MAX));
        assert_eq!(left.events.front().map(|event| event.at), Some(Time(500)));
        left.restart(Time(7));
        assert_eq!((left.events.len(), left.dropped, left.restarted_at), (0, 0, Some(Time(7))));
    }
}
