//! A played run promises: whoever looks, pauses, jumps and hurries changes nothing; every moment that is gone to is the very
//! one of a run that nobody watched, from keyframes in memory and from those of a run directory; nobody waits for anybody.

use linetwin_model::Time;
use linetwin_model::read::{ReadOptions, read};
use linetwin_run::files::Durability;
use linetwin_run::journal::JournalWriter;
use linetwin_run::playback::{Bookmark, BookmarkKind, Mode, Playback, PlaybackRequest, Shown, Source, Speed};
use linetwin_run::{Manifest, RunRequest, execute};
use linetwin_sim::event::Event;
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::port::Seen;
use linetwin_sim::simulation::StateHash;
use linetwin_sim::view::Moment;
use linetwin_sim::{Simulation, SimulationOptions};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Small, and with what a state must keep: random arrivals, a hold, failures, parts underway.
const SCENE: &str = r#"Scene(
    schema: 1,
    name: "Play me",
    seed: 3,
    warmup_s: 2,
    count: "box",
    parts: { "box": Part(shape: Box(size_m: (0.3, 0.2, 0.2)), mass_kg: Normal(mean: 2.0, sd: 0.2), material: "card") },
    line: {
        "infeed": Source(part: "box", interarrival_s: Exponential(mean: 1.5), before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.4, speed_mps: 0.5),
        "press": Station(on: "belt", at_m: 1.8, hold: Blade, processing_s: Triangular(min: 0.4, mode: 0.5, max: 0.7),
            failures: [Failure(mode: "tape", uptime_s: Exponential(mean: 0.8), repair_s: Exponential(mean: 0.4))]),
        "dock": Sink(after: "belt"),
    },
)"#;
const END_S: f64 = 12.0;
/// A machine with other work to do may take long; nothing here takes more than seconds.
const PATIENCE: Duration = Duration::from_secs(120);

struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("scene.ron"), SCENE).expect("writable");
        Workshop { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run_request(&self) -> RunRequest {
        RunRequest {
            snapshot_every: Some(Time::from_seconds(2.0)),
            ..RunRequest::new(self.path("scene.ron"), Time::from_seconds(END_S), self.path("out"))
        }
    }

    fn play_scene(&self) -> Viewer {
        Viewer::open(Source::Scene {
            draft: None,
            path: self.path("scene.ron"),
            overrides: Vec::new(),
            seed: None,
            replication: 0,
            end: Some(Time::from_seconds(END_S)),
        })
    }

    fn play_run(&self) -> Viewer {
        Viewer::open(Source::Run { dir: self.path("out") })
    }
}

/// Somebody who looks, and keeps what was told.
struct Viewer {
    playback: Playback,
    events: Vec<Event>,
    restarted_at: Option<Time>,
    notices: Vec<String>,
}

impl Viewer {
    fn open(source: Source) -> Viewer {
        let request = PlaybackRequest { threads: 1, speed: Speed::AsFastAsPossible, ..PlaybackRequest::new(source) };
        let playback = Playback::open(request).expect("it can be played");
        Viewer { playback, events: Vec::new(), restarted_at: None, notices: Vec::new() }
    }

    fn look(&mut self) -> Shown {
        let began = Instant::now();
        let shown = self.playback.look();
        assert!(began.elapsed() < Duration::from_secs(5), "a look waits for nothing");
        if shown.news.restarted_at.is_some() {
            self.restarted_at = shown.news.restarted_at;
            self.events.clear();
        }
        assert_eq!(shown.news.dropped, 0);
        self.events.extend(shown.news.events.iter().cloned());
        self.notices.extend(shown.news.notices.iter().cloned());
        shown
    }

    /// Looks until something is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Shown) -> bool) -> Shown {
        let began = Instant::now();
        loop {
            let shown = self.look();
            if is_so(&shown) {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "not so after {PATIENCE:?}: {what}; {:?} {:?}", shown.status, self.notices);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Goes to a time and stands there.
    fn at(&mut self, time: Time) -> Shown {
        self.playback.pause().expect("it listens");
        self.playback.seek(time).expect("it listens");
        let is_there = |shown: &Shown| {
            let step = shown.picture.as_ref().map(|picture| picture.latest.step);
            shown.status.mode == Mode::Paused && shown.status.now >= time && step == Some(shown.status.step)
        };
        self.until("it is there", |shown| is_there(shown) && shown.status.now.since(time) < Time::from_seconds(0.01))
    }

    /// Plays to the end.
    fn play_out(&mut self) -> Shown {
        self.playback.set_speed(Speed::AsFastAsPossible).expect("it listens");
        self.playback.play().expect("it listens");
        self.until("it is at the end", |shown| {
            let pictured = shown.picture.as_ref().is_some_and(|picture| picture.latest.step == shown.status.step);
            shown.status.mode == Mode::Paused && shown.status.now > Time::from_seconds(END_S) && pictured
        })
    }
}

/// What a run that nobody watched went through: hash and moment after every step, and all events.
struct Unwatched {
    hashes: Vec<StateHash>,
    moments: Vec<Moment>,
    events: Vec<Event>,
    simulation: Simulation,
}

fn unwatched(scene_path: &Path, commands: &[Command]) -> Unwatched {
    let text = fs::read_to_string(scene_path).expect("a scene is text");
    let reading = read(&scene_path.to_string_lossy(), &text, &ReadOptions::default(), &|path| fs::read(path));
    let scene = Arc::new(reading.scene.expect("a good scene"));
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 1, ..SimulationOptions::default() });
    let (mut hashes, mut moments) = (vec![simulation.state_hash()], vec![simulation.moment()]);
    while simulation.step_count() == 0 || simulation.settled() < Time::from_seconds(END_S) {
        let step = simulation.step_count();
        for command in commands.iter().filter(|command| command.step == step) {
            simulation.command(command).expect("a good command");
        }
        simulation.step();
        hashes.push(simulation.state_hash());
        moments.push(simulation.moment());
    }
    let events = simulation.take_events();
    Unwatched { hashes, moments, events, simulation }
}

fn assert_shows(shown: &Shown, run: &Unwatched) {
    let step = shown.status.step as usize;
    assert_eq!(shown.status.state_hash, run.hashes[step], "step {step}");
    let picture = shown.picture.as_ref().expect("there is a picture");
    assert_eq!(picture.latest.step as usize, step);
    assert!(picture.latest.moment == run.moments[step], "the moment after step {step}");
}

/// Numbers without rhyme, the same every time.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn whoever_plays_pauses_steps_hurries_and_jumps_changes_nothing() {
    let workshop = Workshop::new();
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let mut viewer = workshop.play_scene();
    let first = viewer.until("a first picture", |shown| shown.picture.is_some());
    assert_eq!((first.status.mode, first.status.step), (Mode::Paused, 0));

    viewer.playback.set_speed(Speed::Times(10.0)).expect("it listens");
    viewer.playback.play().expect("it listens");
    viewer.until("it has begun", |shown| shown.status.step > 60);
    viewer.playback.pause().expect("it listens");
    let paused = viewer.until("it pauses", |shown| {
        shown.status.mode == Mode::Paused && shown.picture.as_ref().is_some_and(|picture| picture.latest.step == shown.status.step)
    });
    assert_shows(&paused, &run);
    viewer.playback.step(7).expect("it listens");
    let stepped = viewer.until("seven steps", |shown| {
        let seven = paused.status.step + 7;
        shown.status.step == seven && shown.picture.as_ref().is_some_and(|picture| picture.latest.step == seven)
    });
    assert_shows(&stepped, &run);
    for seconds in [9.0, 4.0, 4.1, 11.0, 0.5] {
        let there = viewer.at(Time::from_seconds(seconds));
        assert_shows(&there, &run);
    }
    let end = viewer.play_out();
    assert_shows(&end, &run);
    assert_eq!(end.status.state_hash, *run.hashes.last().expect("it ran"));
    assert_eq!(end.status.state_hash, run.simulation.state_hash());

    viewer.at(Time::ZERO);
    let end = viewer.play_out();
    assert_shows(&end, &run);
    assert_eq!(viewer.restarted_at, Some(Time::ZERO));
    assert!(viewer.events == run.events, "{} events, {} unwatched", viewer.events.len(), run.events.len());
    let report = end.report.expect("it was measured");
    assert!(*report == run.simulation.report());
    // What was known stays known, and is known once.
    let expected: Vec<Bookmark> = run.events.iter().filter_map(|event| Bookmark::of(run.simulation.scene(), event)).collect();
    assert!(expected.iter().any(|bookmark| bookmark.kind == BookmarkKind::Failure && &*bookmark.words == "press fails: tape"));
    assert_eq!(end.timeline.bookmarks, expected);
    let points: Vec<f64> = end.timeline.points().map(|point| point.at.as_seconds()).collect();
    assert_eq!(points.len(), 2, "every 5 s, whatever was jumped to: {points:?}");
    viewer.playback.stop();
}

#[test]
fn every_moment_is_the_very_one_forwards_and_backwards() {
    let workshop = Workshop::new();
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let mut viewer = workshop.play_scene();
    let mut state = 5;
    for _ in 0..40 {
        let time = Time(random(&mut state) % Time::from_seconds(END_S).0);
        let shown = viewer.at(time);
        assert_shows(&shown, &run);
        let step = shown.status.step;
        let scene = run.simulation.scene();
        assert_eq!(step, scene.step.step_at_or_after(time), "the first state at or after the time");
    }
    let beyond = Time::from_seconds(1e6);
    viewer.playback.seek(beyond).expect("it listens");
    let end = viewer.until("the end", |shown| shown.status.step as usize + 1 == run.hashes.len() && shown.status.mode == Mode::Paused);
    assert_eq!(end.status.state_hash, run.simulation.state_hash());
    assert!(end.status.keyframe_bytes > 0, "it kept states to go back to");
}

#[test]
fn simulated_time_keeps_to_the_wall_or_says_how_far_it_is_behind() {
    let workshop = Workshop::new();
    let mut viewer = workshop.play_scene();
    viewer.until("a first picture", |shown| shown.picture.is_some());
    viewer.playback.set_speed(Speed::Times(2.0)).expect("it listens");
    viewer.playback.play().expect("it listens");
    let began = Instant::now();
    let shown = viewer.until("three seconds", |shown| shown.status.now + shown.status.behind >= Time::from_seconds(3.0));
    let wall_s = began.elapsed().as_secs_f64();
    let passed_s = (shown.status.now + shown.status.behind).as_seconds();
    // A machine under load wakes late; what it then skips is counted.
    assert!((passed_s - 2.0 * wall_s).abs() < 1.0, "{passed_s} s in {wall_s} s of wall time");
    let picture = shown.picture.expect("it is shown");
    assert!(picture.latest.step > picture.previous.step, "two moments to go between");
    assert_eq!(picture.blend(picture.latest.seen_at), 0.0);
    assert_eq!(picture.blend(picture.latest.seen_at + Duration::from_secs(60)), 1.0);
}

#[test]
fn a_hand_on_a_point_is_an_input_that_is_repeated() {
    let workshop = Workshop::new();
    let mut viewer = workshop.play_scene();
    viewer.at(Time::from_seconds(8.0));
    let there = viewer.at(Time::from_seconds(3.0));
    let stop = Command { step: there.status.step, sequence: 0, point: "belt.run".to_owned(), force: Some(IoValue::Bool(false)) };
    let run = unwatched(&workshop.path("scene.ron"), std::slice::from_ref(&stop));
    viewer.playback.force("belt.run", stop.force).expect("it listens");
    viewer.playback.force("no such point", None).expect("it listens");
    let shown = viewer.at(Time::from_seconds(6.0));
    assert_shows(&shown, &run);
    for seconds in [2.0, 5.0, 1.0, 10.0, 3.0] {
        let shown = viewer.at(Time::from_seconds(seconds));
        assert_shows(&shown, &run);
    }
    let end = viewer.play_out();
    assert_shows(&end, &run);
    let expected: Vec<Bookmark> = run.events.iter().filter_map(|event| Bookmark::of(run.simulation.scene(), event)).collect();
    assert_eq!(end.timeline.bookmarks, expected, "what would have happened is forgotten");
    assert!(viewer.notices.iter().any(|notice| notice.contains("no I/O point")), "{:?}", viewer.notices);
}

#[test]
fn a_hand_is_seen_at_once_and_can_be_taken_back() {
    let workshop = Workshop::new();
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let mut viewer = workshop.play_scene();
    viewer.at(Time::from_seconds(3.0));
    viewer.playback.force("belt.run", Some(IoValue::Bool(false))).expect("it listens");
    let force_of = |shown: &Shown| {
        let picture = shown.picture.as_ref().expect("it is shown");
        let at = picture.stage.points.iter().position(|(name, _)| name == "belt.run").expect("a belt has a drive");
        picture.latest.points[at].force
    };
    let forced = viewer.until("it is forced", |shown| force_of(shown) == Some(IoValue::Bool(false)));
    assert_eq!((forced.status.mode, forced.status.hand.len()), (Mode::Paused, 1), "before a single step");
    let after = viewer.at(Time::from_seconds(6.0));
    assert!(after.status.state_hash != run.hashes[after.status.step as usize], "a hand makes another line of it");
    assert_eq!(force_of(&after), Some(IoValue::Bool(false)));
    assert_eq!(force_of(&viewer.at(Time::from_seconds(2.0))), None, "before it was forced");
    let after = viewer.at(Time::from_seconds(6.0));
    viewer.playback.let_go().expect("it listens");
    let step = after.status.step;
    let back = viewer.until("it is taken back", |shown| {
        let pictured = shown.picture.as_ref().is_some_and(|picture| picture.latest.step == step);
        shown.status.hand.is_empty()
            && shown.status.step == step
            && shown.status.mode == Mode::Paused
            && pictured
            && force_of(shown).is_none()
    });
    assert_shows(&back, &run);
    assert_shows(&viewer.play_out(), &run);
}

#[test]
fn contacts_are_told_to_who_wants_them_and_bear_what_parts_weigh() {
    let workshop = Workshop::new();
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let scene = run.simulation.scene();
    let mut viewer = workshop.play_scene();
    let shown = viewer.at(Time::from_seconds(5.0));
    assert!(shown.picture.expect("it is shown").latest.contacts.is_empty(), "nobody wants them");
    viewer.playback.show_contacts(true).expect("it listens");
    viewer.until("contacts", |shown| shown.picture.as_ref().is_some_and(|picture| !picture.latest.contacts.is_empty()));
    let (belt, press) = (scene.element_named("belt").expect("a belt"), scene.element_named("press").expect("a press"));
    let (mut weighed, mut weight_n, mut held) = (0, 0.0, 0);
    for tenth in 30..110 {
        let shown = viewer.at(Time::from_seconds(f64::from(tenth) / 10.0));
        assert_shows(&shown, &run);
        let latest = &shown.picture.as_ref().expect("it is shown").latest;
        for part in &latest.moment.parts {
            let own: Vec<_> = latest.contacts.iter().filter(|contact| contact.part == part.id).collect();
            let sum =
                |axis: usize, of: Seen| own.iter().filter(|contact| contact.other == of).map(|contact| contact.force_n[axis]).sum::<f32>();
            let [x, _, z] = part.place.position_m;
            // In the middle of the belt, past its entry.
            if !(0.6..2.6).contains(&x) {
                continue;
            }
            // A blow may be more than what it weighs.
            let bears_n = sum(2, Seen::Element(belt));
            assert!((0.0..150.0).contains(&bears_n), "{bears_n} N under {:?} at {x}", part.id);
            (weighed, weight_n) = (weighed + 1, weight_n + bears_n);
            let blade_n = sum(0, Seen::Element(press));
            if blade_n != 0.0 {
                // Back from the blade, which it runs against.
                assert!((-300.0..0.0).contains(&blade_n), "{blade_n} N");
                held += 1;
            }
            for contact in own.iter().filter(|contact| contact.other == Seen::Element(belt)) {
                let [at_x, _, at_z] = contact.at_m;
                assert!((at_x - x).abs() < 0.2 && (at_z - z + 0.1).abs() < 0.02 && contact.normal[2] > 0.99, "{contact:?}");
            }
        }
    }
    assert!(weighed > 50 && held > 3, "{weighed} weighed, {held} held");
    // 2 kg, give or take.
    let mean_n = weight_n / weighed as f32;
    assert!((17.0..23.0).contains(&mean_n), "{mean_n} N");
    assert_shows(&viewer.play_out(), &run);
}

#[test]
fn a_recorded_run_is_known_at_once_and_played_to_its_own_hash() {
    let workshop = Workshop::new();
    let outcome = execute(&workshop.run_request(), &mut ()).expect("it runs");
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let mut viewer = workshop.play_run();
    let expected: Vec<Bookmark> = run.events.iter().filter_map(|event| Bookmark::of(run.simulation.scene(), event)).collect();
    let known = viewer.until("it is read", |shown| shown.timeline.bookmarks.len() == expected.len());
    assert_eq!((known.timeline.bookmarks.clone(), known.status.step), (expected.clone(), 0), "before a single step");
    let stage = known.picture.expect("it is shown").stage;
    assert_eq!(stage.recorded.as_deref(), outcome.report.as_ref());

    let there = viewer.at(Time::from_seconds(9.5));
    assert_shows(&there, &run);
    assert!(viewer.restarted_at.is_some_and(|at| at >= Time::from_seconds(8.0)), "from its own snapshot: {:?}", viewer.restarted_at);
    let back = viewer.at(Time::from_seconds(4.5));
    assert_shows(&back, &run);
    let end = viewer.play_out();
    assert_eq!(Some(end.status.state_hash.to_string()), outcome.manifest.final_hash);
    assert_eq!(end.status.contradicts_record_after, None);
    assert_eq!(end.timeline.bookmarks, expected);
    viewer.playback.force("belt.run", Some(IoValue::Bool(false))).expect("it listens");
    viewer.until("it refuses", |shown| shown.news.notices.iter().any(|notice| notice.contains("recorded run stays")));
}

#[test]
fn a_run_that_is_being_written_is_followed() {
    let workshop = Workshop::new();
    let request = workshop.run_request();
    execute(&request, &mut super::run_directory::Watcher::stopping_after(500)).expect("an interruption is no error");
    let mut viewer = workshop.play_run();
    let known = viewer.until("it is read", |shown| shown.status.known_until >= Time::from_seconds(4.0));
    assert!(known.status.known_until < Time::from_seconds(5.0), "{:?}", known.status.known_until);
    execute(&request, &mut ()).expect("it goes on");
    let known = viewer.until("it is read on", |shown| shown.status.known_until >= Time::from_seconds(END_S));
    assert_eq!(known.status.step, 0, "nobody simulated it");
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let expected: Vec<Bookmark> = run.events.iter().filter_map(|event| Bookmark::of(run.simulation.scene(), event)).collect();
    viewer.until("all of it", |shown| shown.timeline.bookmarks == expected);
    let there = viewer.at(Time::from_seconds(11.0));
    assert_shows(&there, &run);
}

#[test]
fn a_record_that_the_simulation_contradicts_is_called_so() {
    let workshop = Workshop::new();
    execute(&workshop.run_request(), &mut ()).expect("it runs");
    let dir = workshop.path("out");
    let manifest = Manifest::load(&dir).expect("readable").expect("it is there");
    let mut journal = JournalWriter::create(&dir.join("journal"), &manifest.run_key_bytes(), Durability::EachFile).expect("writable");
    for step in 0..1_300_u64 {
        journal.push(StateHash([step as u8; 32]), []).expect("writable");
    }
    journal.sync().expect("writable");
    let mut viewer = workshop.play_run();
    viewer.until("it is read", |shown| shown.status.known_until >= Time::from_seconds(10.0));
    let shown = viewer.at(Time::from_seconds(1.5));
    assert_eq!(shown.status.contradicts_record_after, Some(120));
}

#[test]
fn a_scene_that_is_saved_begins_anew_and_a_spoilt_one_leaves_the_last_good_one_going() {
    let workshop = Workshop::new();
    let path = workshop.path("scene.ron");
    let mut viewer = workshop.play_scene();
    viewer.until("a first picture", |shown| shown.picture.is_some());
    viewer.playback.set_speed(Speed::Times(0.5)).expect("it listens");
    viewer.playback.play().expect("it listens");
    viewer.until("it plays", |shown| shown.status.step > 20);

    fs::write(&path, SCENE.replace("speed_mps: 0.5", "speed_mps: \"fast\"")).expect("writable");
    let shown = viewer.until("it is told", |shown| shown.trouble.is_some());
    let trouble = shown.trouble.expect("just seen");
    let problem = trouble.diagnostics.iter().find(|problem| problem.message.contains("fast")).expect("what the check says");
    assert_eq!(trouble.sources.line_column(problem.span.file, problem.span.start), (10, 87), "{}", problem.message);
    let step = shown.status.step;
    let shown = viewer.until("it goes on", |shown| shown.status.step > step);
    assert_eq!((shown.status.generation, shown.status.mode), (0, Mode::Playing));

    fs::remove_file(&path).expect("ours");
    let gone = viewer.until("it is missed", |shown| shown.trouble.as_ref().is_some_and(|trouble| trouble.what.contains("is gone")));
    let shown = viewer.until("it goes on", |shown| shown.status.step > gone.status.step);
    assert_eq!(shown.status.generation, 0);

    // Comments decide nothing.
    fs::write(&path, format!("// A comment.\n{SCENE}")).expect("writable");
    let shown = viewer.until("all is well", |shown| shown.trouble.is_none());
    let shown = viewer.until("it goes on", |later| later.status.step > shown.status.step);
    assert_eq!(shown.status.generation, 0);

    fs::write(&path, SCENE.replace("speed_mps: 0.5", "speed_mps: 0.6")).expect("writable");
    let shown = viewer.until("it begins anew", |shown| {
        shown.status.generation == 1 && shown.picture.as_ref().is_some_and(|picture| picture.stage.generation == 1)
    });
    assert!(shown.status.now < gone.status.now + Time::from_seconds(60.0) && shown.status.plays);
    assert_eq!((viewer.restarted_at, shown.status.speed), (Some(Time::ZERO), Speed::Times(0.5)));
    let run = unwatched(&path, &[]);
    let there = viewer.at(Time::from_seconds(3.0));
    assert_shows(&there, &run);
    assert!(viewer.notices.iter().any(|notice| notice.contains("begins anew")), "{:?}", viewer.notices);
}

#[test]
fn a_text_that_is_being_edited_is_played_as_if_it_were_saved_and_then_the_file_again() {
    let workshop = Workshop::new();
    let path = workshop.path("scene.ron");
    let mut viewer = workshop.play_scene();
    viewer.until("a first picture", |shown| shown.picture.is_some());
    let begun = |generation: u32| move |shown: &Shown| shown.picture.as_ref().is_some_and(|picture| picture.stage.generation == generation);
    let edited = SCENE.replace("speed_mps: 0.5", "speed_mps: 0.6");
    viewer.playback.show_draft(Some(edited.as_str().into())).expect("it listens");
    viewer.until("the edit is seen", begun(1));
    assert_eq!(fs::read_to_string(&path).expect("ours"), SCENE, "whoever plays writes nothing");
    let there = viewer.at(Time::from_seconds(3.0));
    // A text that cannot be played leaves the last good one going.
    viewer.playback.show_draft(Some("Scene(".into())).expect("it listens");
    viewer.until("it is told", |shown| shown.trouble.is_some());
    // Saved as it is played, it goes on.
    fs::write(&path, &edited).expect("writable");
    viewer.playback.show_draft(None).expect("it listens");
    let shown = viewer.until("all is well", |shown| shown.trouble.is_none());
    assert_eq!(shown.status.generation, 1);
    assert_shows(&there, &unwatched(&path, &[]));
    fs::write(&path, SCENE).expect("writable");
    viewer.until("the file is followed again", begun(2));
}

#[test]
fn a_branch_goes_on_from_the_very_state_with_other_numbers_and_the_base_does_not_notice() {
    let workshop = Workshop::new();
    let run = unwatched(&workshop.path("scene.ron"), &[]);
    let mut base = workshop.play_scene();
    let there = base.at(Time::from_seconds(6.0));
    let branch = |base: &Viewer, changes: &[&str]| {
        let changes = changes.iter().map(|change| (*change).to_owned()).collect();
        let answer = base.playback.branch(changes).expect("it listens");
        answer.recv_timeout(PATIENCE).expect("it answers")
    };
    let viewer = |playback| Viewer { playback, events: Vec::new(), restarted_at: None, notices: Vec::new() };

    // With nothing changed, nothing changes.
    let mut same = viewer(branch(&base, &[]).expect("nothing is changed"));
    let end = same.play_out();
    assert_shows(&end, &run);
    assert!(*end.report.expect("it was measured") == run.simulation.report());

    let mut faster = viewer(branch(&base, &["press.processing_s=0.2", "infeed.interarrival_s=1.1"]).expect("numbers that are drawn anew"));
    let first = faster.until("a first picture", |shown| shown.picture.is_some());
    assert_eq!((first.status.step, first.status.begin), (there.status.step, there.status.now));
    assert_eq!(first.status.state_hash, there.status.state_hash);
    let text = SCENE.replace("interarrival_s: Exponential(mean: 1.5)", "interarrival_s: 1.1");
    let text = text.replace("processing_s: Triangular(min: 0.4, mode: 0.5, max: 0.7)", "processing_s: 0.2");
    let wanted = read("scene.ron", &text, &ReadOptions::default(), &|path| fs::read(path)).scene.expect("a good scene");
    let mut unwatched_base = Simulation::new(run.simulation.scene().clone(), SimulationOptions { threads: 1, ..Default::default() });
    while unwatched_base.step_count() < there.status.step {
        unwatched_base.step();
    }
    let options = SimulationOptions { threads: 1, ..Default::default() };
    let mut expected =
        Simulation::load_forked(run.simulation.scene(), &wanted, options, &unwatched_base.save()).expect("numbers that are drawn anew");
    expected.run_until(Time::from_seconds(END_S));
    let end = faster.play_out();
    assert_eq!(end.status.state_hash, expected.state_hash());
    assert_ne!(end.status.state_hash, run.simulation.state_hash(), "it makes a difference");
    // What was before belongs to the base.
    faster.playback.seek(Time::from_seconds(1.0)).expect("it listens");
    faster.until("its own beginning", |shown| shown.status.mode == Mode::Paused && shown.status.step == there.status.step);

    let base_end = base.play_out();
    assert_shows(&base_end, &run);
    let points = |shown: &Shown| shown.timeline.points().cloned().collect::<Vec<_>>();
    let (ours, theirs) = (points(&end), points(&base_end));
    assert_eq!((ours.len(), theirs.len()), (2, 2));
    assert!(ours[0] == theirs[0] && ours[1] != theirs[1] && ours[1].at == theirs[1].at, "{ours:?} {theirs:?}");

    let refused = |changes: &[&str]| branch(&base, changes).err().expect("it is another line").to_string();
    let told = refused(&["belt.speed_mps=0.6", "press.processing_s=0.2"]);
    assert!(told.contains("`belt.speed_mps` cannot change") && told.contains("processing_s"), "{told}");
    assert!(refused(&["belt.colour=1"]).contains("errors"));
}
