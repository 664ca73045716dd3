//! A scene or a run directory being played: simulated on a thread of its own, paced by the wall clock, gone through in both
//! directions, handed over to whoever shows it. Whoever looks changes nothing: a played run ends in the same state and has
//! had the same events as one that nobody watched. Knows no renderer and no window.
//!
//! ```text
//! Playback (the caller's end)                        Player (a thread)
//!   play, pause, speed, step, seek --> inbox -->       source     what is played, and what is recorded of it
//!   look  <-- handover <--                             pace       when the next step is due
//!                                                      keyframes  states to go back to
//!                                                      timeline   bookmarks and curves
//!                                                      watch      files that change, and reload
//!                                                      branch     a what-if from the present state
//! ```

mod branch;
mod handover;
mod inbox;
mod keyframes;
mod pace;
mod player;
mod reload;
mod source;
mod timeline;
mod watch;

pub use handover::{Mode, News, Picture, PointNow, Shown, Sight, Stage, Status, Trouble};
pub use inbox::SendError;
pub use linetwin_sim::record::fork::FORKABLE;
pub use pace::Speed;
pub use source::{Opened, Source};
pub use timeline::{Bookmark, BookmarkKind, CurvePoint, Timeline};

use crate::batches::DeviceRequest;
use crate::error::RunError;
use handover::Handover;
use inbox::Inbox;
use linetwin_model::Time;
use linetwin_sim::io::IoValue;
use player::{Player, Start};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Memory for keyframes by default [bytes].
pub const DEFAULT_KEYFRAME_BYTES: usize = 256 << 20;

/// What to play, and how.
#[derive(Clone, Debug)]
pub struct PlaybackRequest {
    pub source: Source,
    /// Worker threads of the physics; 0: one per core.
    pub threads: usize,
    pub device: DeviceRequest,
    pub speed: Speed,
    /// Begins to play by itself.
    pub plays: bool,
    /// Memory for the states to go back to [bytes].
    pub keyframe_bytes: usize,
    /// Reloads when a file of the scene is saved.
    pub watches: bool,
    /// Tells what parts touch; see [`Playback::show_contacts`].
    pub shows_contacts: bool,
}

impl PlaybackRequest {
    /// A scene file or a run directory, paused at its beginning.
    pub fn new(source: Source) -> Self {
        PlaybackRequest {
            source,
            threads: 0,
            device: DeviceRequest::default(),
            speed: Speed::Times(1.0),
            plays: false,
            keyframe_bytes: DEFAULT_KEYFRAME_BYTES,
            watches: true,
            shows_contacts: false,
        }
    }

    /// See [`Source::of`].
    pub fn of(path: PathBuf) -> Self {
        PlaybackRequest::new(Source::of(path))
    }
}

/// What can be asked of a player.
enum Command {
    Play,
    Pause,
    Speed(Speed),
    Step(u64),
    Seek(Time),
    Force {
        point: String,
        force: Option<IoValue>,
    },
    /// Takes back every force.
    LetGo,
    Contacts(bool),
    /// Perhaps; the player looks for itself.
    FilesChanged,
    Draft(Option<Arc<str>>),
    Branch {
        changes: Vec<String>,
        reply: Sender<Result<Playback, RunError>>,
    },
    Stop,
}

impl Command {
    /// Whether this one makes the one before it pointless.
    fn replaces(&self, before: &Command) -> bool {
        use Command::*;
        matches!(
            (self, before),
            (Seek(_), Seek(_)) | (Speed(_), Speed(_)) | (Contacts(_), Contacts(_)) | (FilesChanged, FilesChanged) | (Draft(_), Draft(_))
        )
    }
}

/// The caller's end. Every call returns at once; what it asks for shows in a later [`look`](Self::look). Dropped, the player
/// stops after the step that it is at.
pub struct Playback {
    inbox: Arc<Inbox>,
    handover: Arc<Handover>,
    thread: Option<JoinHandle<()>>,
}

impl Playback {
    /// Reads and checks what is to be played, and starts its thread. The simulation itself is put together there: the first
    /// looks may find no picture yet.
    pub fn open(request: PlaybackRequest) -> Result<Playback, RunError> {
        let opened = Opened::open(&request.source, request.threads, &request.device)?;
        let (status, timeline) = (player::first_status(&request, &opened), Timeline::new(opened.scene()));
        Ok(Playback::start(request, status, timeline, move |request| {
            let start = Start::fresh(request, &opened, 0);
            (opened, start)
        }))
    }

    /// `begin` is called on the thread: putting a simulation together may take a while.
    fn start(
        request: PlaybackRequest,
        status: Status,
        timeline: Timeline,
        begin: impl FnOnce(&PlaybackRequest) -> (Opened, Start) + Send + 'static,
    ) -> Playback {
        let inbox = Arc::new(Inbox::default());
        let handover = Arc::new(Handover::new(timeline, status));
        let (for_player, left) = (inbox.clone(), handover.clone());
        let body = move || {
            player::guarded(&for_player, &left, || {
                let (opened, start) = begin(&request);
                Player::new(request, opened, start, for_player.clone(), left.clone()).run();
            });
        };
        let thread = std::thread::Builder::new().name("playback".to_owned()).spawn(body).expect("a process can start a thread");
        Playback { inbox, handover, thread: Some(thread) }
    }

    pub fn play(&self) -> Result<(), SendError> {
        self.inbox.send(Command::Play)
    }

    /// Also ends a jump on its way.
    pub fn pause(&self) -> Result<(), SendError> {
        self.inbox.send(Command::Pause)
    }

    /// Beyond its limits, the nearest that is allowed.
    pub fn set_speed(&self, speed: Speed) -> Result<(), SendError> {
        self.inbox.send(Command::Speed(speed))
    }

    /// So many steps, then it pauses.
    pub fn step(&self, steps: u64) -> Result<(), SendError> {
        self.inbox.send(Command::Step(steps))
    }

    /// To the first state at or after `time`, then on as before; times outside of what there is: to the nearest there is.
    pub fn seek(&self, time: Time) -> Result<(), SendError> {
        self.inbox.send(Command::Seek(time))
    }

    /// Forces an I/O point from the next step on, or lets go of it: an input of the run from then on, which is repeated
    /// whenever that step is. What was known of later is forgotten. Refused, with a notice, for a recorded run.
    pub fn force(&self, point: impl Into<String>, force: Option<IoValue>) -> Result<(), SendError> {
        self.inbox.send(Command::Force { point: point.into(), force })
    }

    /// Takes back everything that was [forced](Self::force), as if it had never been: goes to the same time of the line as it is
    /// without a hand on it.
    pub fn let_go(&self) -> Result<(), SendError> {
        self.inbox.send(Command::LetGo)
    }

    /// Whether [`Sight::contacts`] is to be told from now on. Nothing is gathered for nobody.
    pub fn show_contacts(&self, shows: bool) -> Result<(), SendError> {
        self.inbox.send(Command::Contacts(shows))
    }

    /// Reads the scene again, where its files are other ones: a good scene begins at time zero, playing on as it did; a bad one
    /// leaves the last good one going. By itself where files are watched.
    pub fn reload(&self) -> Result<(), SendError> {
        self.inbox.send(Command::FilesChanged)
    }

    /// Plays this text instead of what the scene's file holds, as if it had been saved there; `None`: the file again.
    pub fn show_draft(&self, text: Option<Arc<str>>) -> Result<(), SendError> {
        self.inbox.send(Command::Draft(text))
    }

    /// A what-if from the state that the player is in when it comes round to this: another playback, paused there, with
    /// `changes` (`PATH=VALUE`) to numbers that are drawn anew each time (see [`FORKABLE`]); anything else is refused, and
    /// points can be [forced](Self::force) in the branch. What is known of the time before belongs to both.
    pub fn branch(&self, changes: Vec<String>) -> Result<Receiver<Result<Playback, RunError>>, SendError> {
        let (reply, answer) = channel();
        self.inbox.send(Command::Branch { changes, reply })?;
        Ok(answer)
    }

    /// What is to be shown now; what happened since the last look is told once.
    pub fn look(&self) -> Shown {
        self.handover.look()
    }

    /// Stops, and waits until the step that it is at is done.
    pub fn stop(mut self) {
        let thread = self.thread.take();
        drop(self);
        if let Some(thread) = thread {
            // A panic in it was handed over already.
            let _ = thread.join();
        }
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        // Refused only where it has ended by itself.
        let _ = self.inbox.send(Command::Stop);
    }
}
