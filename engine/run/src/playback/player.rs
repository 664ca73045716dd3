//! The thread that plays: obeys commands between steps, steps when a step is due, and leaves what is to be shown. Owns the
//! simulation; knows nothing about who looks.

use super::handover::{Handover, Mode, PointNow, Sight, Stage, Status};
use super::inbox::Inbox;
use super::keyframes::Keyframes;
use super::pace::{Due, Pacer};
use super::source::Opened;
use super::timeline::Timeline;
use super::watch::Watch;
use super::{Command, PlaybackRequest, Source};
use linetwin_model::Time;
use linetwin_model::report::InvalidCondition;
use linetwin_sim::event::Event;
use linetwin_sim::granular::DeviceFailure;
use linetwin_sim::io;
use linetwin_sim::simulation::{Simulation, StateHash};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two pictures at least: no screen shows more.
const PICTURE_EVERY: Duration = Duration::from_millis(8);
/// Between two reports while it goes on; and so many times as long as the last one took.
const REPORT_EVERY: Duration = Duration::from_millis(250);
const REPORT_SHARE: u32 = 20;
/// Between two updates of the status while no picture is shown.
const STATUS_EVERY: Duration = Duration::from_millis(50);
/// Over which the real-time factor is measured.
const RATE_OVER: Duration = Duration::from_millis(500);
/// Between two blocks of the journal while there is no time to spare.
const RECORD_EVERY: Duration = Duration::from_millis(20);

pub struct Player {
    pub(super) request: PlaybackRequest,
    pub(super) opened: Opened,
    pub(super) stage: Arc<Stage>,
    pub(super) simulation: Simulation,
    pub(super) timeline: Timeline,
    keyframes: Keyframes,
    /// Inputs from the viewer's hand, in order.
    pub(super) hand: Arc<Vec<io::Command>>,
    /// Steps done where it begins.
    begin: u64,
    /// A what-if from another playback's state: no file says what it is.
    pub(super) is_branch: bool,
    pub(super) inbox: Arc<Inbox>,
    pub(super) handover: Arc<Handover>,
    pub(super) pacer: Pacer,
    pub(super) playing: bool,
    /// Steps that were asked for one by one.
    owed: u64,
    /// Where it is to go first.
    seek: Option<u64>,
    /// Nothing leads from the last picture to this state.
    pub(super) jumped: bool,
    /// The simulation is ahead of the record, and tells what happens from here on.
    ahead_of_record: bool,
    error: Option<String>,
    device_failure: Option<String>,
    contradicts_record_after: Option<u64>,
    invalid_conditions: Vec<InvalidCondition>,
    pub(super) pictured: Option<u64>,
    pictured_at: Instant,
    reported: Option<u64>,
    reported_at: Instant,
    report_cost: Duration,
    /// Steps whose bookmarks were handed over.
    bookmarked: u64,
    status_at: Instant,
    rate_from: Option<(Instant, Time)>,
    rate: f64,
    record_at: Instant,
    watch: Option<Watch>,
}

/// From what a player begins.
pub struct Start {
    pub simulation: Simulation,
    pub timeline: Timeline,
    pub keyframes: Keyframes,
    pub hand: Vec<io::Command>,
    /// Steps done.
    pub begin: u64,
    pub is_branch: bool,
    pub generation: u32,
}

impl Start {
    /// At time zero.
    pub fn fresh(request: &PlaybackRequest, opened: &Opened, generation: u32) -> Start {
        Start {
            simulation: opened.fresh(),
            timeline: Timeline::new(opened.scene()),
            keyframes: Keyframes::new(request.keyframe_bytes),
            hand: Vec::new(),
            begin: 0,
            is_branch: false,
            generation,
        }
    }
}

/// Before there is a simulation.
pub fn first_status(request: &PlaybackRequest, opened: &Opened) -> Status {
    Status {
        generation: 0,
        mode: if request.plays { Mode::Playing } else { Mode::Paused },
        plays: request.plays,
        now: Time::ZERO,
        step: 0,
        state_hash: StateHash::default(),
        speed: request.speed.within_limits(),
        real_time_factor: 0.0,
        behind: Time::ZERO,
        begin: Time::ZERO,
        end: opened.end,
        known_until: Time::ZERO,
        keyframe_bytes: 0,
        hand: Arc::default(),
        invalid_conditions: Vec::new(),
        device: opened.options.placement.device.told(),
        device_failure: None,
        contradicts_record_after: None,
        error: None,
    }
}

/// Runs a player; a bug of ours ends it with a message instead of a window that stands still.
pub fn guarded(inbox: &Inbox, handover: &Handover, play: impl FnOnce()) {
    let ended = catch_unwind(AssertUnwindSafe(play));
    inbox.close();
    if let Err(panic) = ended {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let mut left = handover.left();
        left.status.mode = Mode::Failed;
        left.status.error = Some(format!("the simulation broke off: {text}; this is a bug of linetwin: please report it with the scene"));
    }
}

pub(super) fn stage_of(opened: &Opened, simulation: &Simulation, generation: u32) -> Arc<Stage> {
    Arc::new(Stage {
        generation,
        scene: opened.scene().clone(),
        scenery: simulation.scenery(),
        points: simulation.io().points().iter().map(|point| (point.name.clone(), point.signal)).collect(),
        warnings: opened.input.warnings.clone(),
        sources: opened.input.sources.clone(),
        files: opened.input.files.iter().map(|file| PathBuf::from(&file.path)).collect(),
        recorded: opened.record.as_ref().and_then(|record| record.report.clone()),
    })
}

impl Player {
    pub fn new(request: PlaybackRequest, opened: Opened, start: Start, inbox: Arc<Inbox>, handover: Arc<Handover>) -> Self {
        let Start { simulation, timeline, keyframes, hand, begin, is_branch, generation } = start;
        let now = Instant::now();
        let mut player = Player {
            stage: stage_of(&opened, &simulation, generation),
            timeline,
            keyframes,
            hand: Arc::new(hand),
            begin,
            is_branch,
            pacer: Pacer::new(request.speed),
            playing: request.plays,
            owed: 0,
            seek: None,
            jumped: true,
            ahead_of_record: false,
            error: None,
            device_failure: None,
            contradicts_record_after: None,
            invalid_conditions: Vec::new(),
            pictured: None,
            pictured_at: now,
            reported: None,
            reported_at: now,
            report_cost: Duration::ZERO,
            bookmarked: 0,
            status_at: now,
            rate_from: None,
            rate: 0.0,
            record_at: now,
            watch: None,
            request,
            opened,
            simulation,
            inbox,
            handover,
        };
        player.tell_notes();
        player.begin_watch();
        player
    }

    pub fn run(mut self) {
        self.show(true);
        loop {
            for command in self.inbox.take() {
                if self.obey(command).is_break() {
                    return;
                }
            }
            let now = Instant::now();
            match self.due(now) {
                Due::Now => {
                    let workers = self.simulation.workers();
                    workers.run(|| self.step_while_due());
                }
                // Time to spare is time to read.
                Due::At(_) | Due::Never if self.read_record(now) => self.show(false),
                Due::At(deadline) => {
                    self.show(false);
                    self.inbox.wait(Some(deadline));
                }
                Due::Never => {
                    self.show(true);
                    self.inbox.wait(self.opened.record.as_ref().filter(|_| !self.ahead_of_record).and_then(|record| record.look_at()));
                }
            }
        }
    }

    /// All steps that are due before the next command, where the physics is at home.
    fn step_while_due(&mut self) {
        loop {
            self.step();
            let now = Instant::now();
            if now >= self.record_at {
                self.read_record(now);
                self.record_at = now + RECORD_EVERY;
            }
            self.show(false);
            if self.inbox.has_commands() || self.due(now) != Due::Now {
                return;
            }
        }
    }

    fn obey(&mut self, command: Command) -> ControlFlow<()> {
        match command {
            Command::Stop => return ControlFlow::Break(()),
            Command::Play => (self.playing, self.owed) = (true, 0),
            Command::Pause => (self.playing, self.owed, self.seek) = (false, 0, None),
            Command::Speed(speed) => self.pacer.set_speed(speed),
            Command::Step(steps) => (self.playing, self.owed) = (false, self.owed.saturating_add(steps)),
            Command::Seek(time) => self.begin_seek(time),
            Command::Force { point, force } => self.force(point, force),
            Command::LetGo => self.let_go(),
            Command::Contacts(shows) => (self.request.shows_contacts, self.pictured) = (shows, None),
            Command::FilesChanged => self.reload("the scene was saved"),
            Command::Draft(text) => self.take_draft(text),
            // Whoever asked may be gone.
            Command::Branch { changes, reply } => drop(reply.send(self.branch(&changes))),
        }
        self.pace_anew();
        self.status_at = Instant::now();
        ControlFlow::Continue(())
    }

    fn pace_anew(&mut self) {
        self.pacer.stop();
        (self.rate_from, self.rate) = (None, 0.0);
    }

    fn due(&mut self, now: Instant) -> Due {
        let step = self.simulation.step_count();
        if self.error.is_some() {
            return Due::Never;
        }
        if self.seek.is_some_and(|target| step < target) {
            return Due::Now;
        }
        if self.seek.take().is_some() {
            self.pace_anew();
        }
        if self.opened.last_step().is_some_and(|last| step >= last) {
            (self.playing, self.owed) = (false, 0);
        }
        match (self.owed, self.playing) {
            (0, false) => {
                self.pace_anew();
                Due::Never
            }
            (0, true) => self.pacer.due(now, self.time_of(step), self.time_of(step + 1)),
            _ => Due::Now,
        }
    }

    fn time_of(&self, step: u64) -> Time {
        self.opened.scene().step.time_of(step)
    }

    fn step(&mut self) {
        let began = Instant::now();
        let step = self.simulation.step_count();
        for command in self.hand.iter().filter(|command| command.step == step) {
            self.simulation.command(command).expect("it was tried when it came");
        }
        self.simulation.step();
        self.simulation.take_scans();
        let events = self.simulation.take_events();
        if !self.device_is_well() {
            return;
        }
        if self.seek.is_none() {
            self.owed = self.owed.saturating_sub(1);
        }
        let step = step + 1;
        self.keyframes.stepped(began.elapsed());
        self.learn(step, &events);
        self.handover.left().untold.tell(events);
        if self.timeline.wants_point(step) {
            self.timeline.add_point(step, &self.simulation.report());
        }
        self.keep(step);
    }

    /// `false`: the last step is no step, and there is no further one.
    fn device_is_well(&mut self) -> bool {
        let failure = if self.device_failure.is_some() { None } else { self.simulation.device_failure() };
        let Some(DeviceFailure { error, stopped }) = failure else { return true };
        let at_s = self.time_of(self.simulation.step_count() - 1).as_seconds();
        let outlook = if stopped { "it ends here, as it was told" } else { "the processor goes on from the last committed step" };
        let told = format!("at {at_s:.3} s of simulated time {error}; {outlook}");
        self.handover.left().untold.notice(told.clone());
        if stopped {
            self.error = Some(told.clone());
        }
        self.device_failure = Some(told);
        !stopped
    }

    /// What happened in the last step, for the timeline; while a record tells it, it is only compared.
    fn learn(&mut self, step: u64, events: &[Event]) {
        let hash = self.simulation.state_hash();
        if let Some(record) = &self.opened.record {
            if self.contradicts_record_after.is_none() && record.contradicts(step, hash) {
                self.contradicts_record_after = Some(step);
            }
            self.ahead_of_record |= record.is_read() && step > record.steps();
            if !self.ahead_of_record && record.tells_events() {
                return;
            }
        }
        self.timeline.learn(self.opened.scene(), step, events);
    }

    /// Reads a block of what is recorded; `false` where there is nothing to read now.
    fn read_record(&mut self, now: Instant) -> bool {
        let Some(record) =
            self.opened.record.as_mut().filter(|record| !self.ahead_of_record && record.look_at().is_some_and(|at| now >= at))
        else {
            return false;
        };
        let Some(block) = record.read_on(now) else { return false };
        if record.tells_events() {
            self.timeline.learn(&self.opened.input.scene, block.end_step(), &block.events);
        }
        true
    }

    /// A keyframe where one belongs.
    fn keep(&mut self, step: u64) {
        let scene = self.opened.scene();
        if self.keyframes.is_due(step, scene.step.time_of(step), |step| scene.step.time_of(step)) {
            let began = Instant::now();
            self.keyframes.keep(step, &self.simulation.save(), began);
        }
    }

    fn begin_seek(&mut self, time: Time) {
        let step_length = self.opened.scene().step;
        let target = step_length.step_at_or_after(time).min(self.opened.last_step().unwrap_or(u64::MAX)).max(self.begin);
        self.owed = 0;
        if self.error.is_some() {
            return;
        }
        self.go_near(target);
        (self.seek, self.jumped) = (Some(target), true);
    }

    /// Into the last known state at or before `target`, where that is nearer than this one.
    fn go_near(&mut self, target: u64) {
        let here = self.simulation.step_count();
        let nearer = |step: u64| step <= target && (here > target || step > here);
        let mut steps: Vec<(u64, bool)> = self.keyframes.at_or_before(target).map(|step| (step, false)).into_iter().collect();
        if let Some(record) = &self.opened.record {
            steps.extend(record.snapshots_up_to(target).into_iter().map(|step| (step, true)));
        }
        steps.sort_unstable_by(|a, b| b.cmp(a));
        for (step, on_disk) in steps.into_iter().filter(|(step, _)| nearer(*step)) {
            match self.state_at(step, on_disk) {
                Ok(simulation) => return self.go_on_from(simulation),
                Err(reason) => self.handover.left().untold.notice(reason),
            }
        }
        if here > target {
            self.go_on_from(self.opened.fresh());
        }
    }

    fn state_at(&self, step: u64, on_disk: bool) -> Result<Simulation, String> {
        let state = match &self.opened.record {
            Some(record) if on_disk => record.state(step)?,
            _ => self.keyframes.state(step).expect("its step was just listed"),
        };
        let loaded = Simulation::load(self.opened.scene().clone(), self.opened.options.clone(), &state);
        loaded.map_err(|error| format!("the state after step {step} is not used: {error}"))
    }

    fn go_on_from(&mut self, simulation: Simulation) {
        self.simulation = simulation;
        self.handover.left().untold.restart(self.simulation.now());
    }

    fn force(&mut self, point: String, force: Option<io::IoValue>) {
        let step = self.simulation.step_count();
        let sequence = self.hand.iter().filter(|command| command.step == step).count() as u32;
        let command = io::Command { step, sequence, point, force };
        let refusal = match (&self.opened.record, self.simulation.io().clone().command(&command)) {
            (Some(_), _) => Some("a recorded run stays as it was: branch from here, and force it there".to_owned()),
            (None, Err(error)) => Some(error.to_string()),
            (None, Ok(())) => None,
        };
        if let Some(refusal) = refusal {
            return self.handover.left().untold.notice(format!("`{}` is not forced: {refusal}", command.point));
        }
        let hand = Arc::make_mut(&mut self.hand);
        hand.retain(|before| before.step <= step);
        hand.push(command);
        self.forget_after(step);
    }

    fn let_go(&mut self) {
        let Some(first) = self.hand.first().map(|command| command.step) else { return };
        let here = self.simulation.now();
        self.hand = Arc::default();
        self.forget_after(first);
        // What has happened since is another line's.
        if self.simulation.step_count() > first {
            self.go_near(first);
            self.begin_seek(here);
        }
    }

    /// The line is another one from here on.
    fn forget_after(&mut self, step: u64) {
        self.timeline.cut(step, self.time_of(step));
        self.keyframes.cut(step);
        (self.reported, self.pictured) = (None, None);
    }

    /// As they are, and as they will be in the next step where a hand has forced them just now.
    fn points(&self) -> Vec<PointNow> {
        let step = self.simulation.step_count();
        let known = self.simulation.io().points();
        let mut points: Vec<PointNow> = known.iter().map(|point| PointNow { own: point.own, force: point.force }).collect();
        for command in self.hand.iter().filter(|command| command.step == step) {
            let at = known.iter().position(|point| point.name == command.point).expect("it was tried when it came");
            points[at].force = command.force;
        }
        points
    }

    fn tell_notes(&mut self) {
        let notes = std::mem::take(&mut self.opened.notes);
        notes.into_iter().for_each(|note| self.handover.left().untold.notice(note));
    }

    /// The files of the scene, as they are now.
    pub(super) fn begin_watch(&mut self) {
        if !self.request.watches || self.is_branch || matches!(self.request.source, Source::Run { .. }) {
            return;
        }
        match Watch::begin(&self.stage.files, self.inbox.clone()) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => {
                self.watch = None;
                self.handover.left().untold.notice(format!("the scene's files are not watched ({error}): reload by hand"));
            }
        }
    }

    /// Leaves what has changed: at rest everything, on the way only what somebody waits for.
    fn show(&mut self, at_rest: bool) {
        let now = Instant::now();
        let step = self.simulation.step_count();
        let looked = self.handover.left().looked;
        let pictures = self.seek.is_none_or(|target| step >= target)
            && self.pictured != Some(step)
            && (at_rest || self.jumped || looked && now >= self.pictured_at + PICTURE_EVERY);
        let reports = self.reported != Some(step)
            && (at_rest || looked && now >= self.reported_at + REPORT_EVERY.max(self.report_cost * REPORT_SHARE));
        if !(pictures || reports || at_rest || now >= self.status_at) {
            return;
        }
        let sight = pictures.then(|| Sight {
            moment: self.simulation.moment(),
            points: self.points(),
            contacts: if self.request.shows_contacts { self.simulation.contacts() } else { Vec::new() },
            step,
            seen_at: now,
        });
        let report = reports.then(|| {
            let report = Arc::new(self.simulation.report());
            self.invalid_conditions.clone_from(&report.invalid_conditions);
            (self.reported, self.reported_at) = (Some(step), Instant::now());
            self.report_cost = self.reported_at - now;
            report
        });
        let timeline = (reports || at_rest && self.bookmarked != self.timeline.known_steps()).then(|| {
            self.bookmarked = self.timeline.known_steps();
            Arc::new(self.timeline.clone())
        });
        let status = self.status(now);
        let mut left = self.handover.left();
        left.status = status;
        if let Some(report) = report {
            left.report = Some(report);
        }
        if let Some(timeline) = timeline {
            left.timeline = timeline;
        }
        if let Some(sight) = sight {
            left.show(&self.stage, sight, self.jumped);
            (self.pictured, self.pictured_at, self.jumped) = (Some(step), now, false);
        }
        self.status_at = now + STATUS_EVERY;
    }

    fn status(&mut self, now: Instant) -> Status {
        let (step, at) = (self.simulation.step_count(), self.simulation.now());
        let going = self.playing && self.seek.is_none() && self.error.is_none();
        match self.rate_from {
            _ if !going => (self.rate_from, self.rate) = (None, 0.0),
            None => self.rate_from = Some((now, at)),
            Some((since, from)) if now >= since + RATE_OVER => {
                self.rate = at.since(from).as_seconds() / (now - since).as_secs_f64();
                self.rate_from = Some((now, at));
            }
            Some(_) => {}
        }
        let mode = match (&self.error, self.seek) {
            (Some(_), _) => Mode::Failed,
            (None, Some(target)) if step < target => Mode::Seeking { to: self.time_of(target) },
            _ if self.playing => Mode::Playing,
            _ => Mode::Paused,
        };
        Status {
            generation: self.stage.generation,
            mode,
            plays: self.playing,
            now: at,
            step,
            state_hash: self.simulation.state_hash(),
            speed: self.pacer.speed(),
            real_time_factor: self.rate,
            behind: self.pacer.behind(),
            begin: self.time_of(self.begin),
            end: self.opened.end,
            known_until: self.time_of(self.timeline.known_steps().max(step)),
            keyframe_bytes: self.keyframes.bytes(),
            hand: self.hand.clone(),
            invalid_conditions: self.invalid_conditions.clone(),
            device: self.opened.options.placement.device.told(),
            device_failure: self.device_failure.clone(),
            contradicts_record_after: self.contradicts_record_after,
            error: self.error.clone(),
        }
    }
}
