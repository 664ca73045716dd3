//! Calibrated exact events. Promised: with what `linetwin calibrate` finds on some seeds, exact events are nearer to contact physics than
//! without on seeds and speeds that it has not seen; the file that it writes is read as it was meant, the same bytes each time, and told
//! to be stale once the scene is another.

mod missed;
mod taken_off;

use linetwin_model::read::{ReadOptions, Reading, read};
use linetwin_model::report::KpiReport;
use linetwin_model::scene::PartProperty;
use linetwin_model::{Scene, Time};
use linetwin_run::{CalibrationRequest, CalibrationResult, Parameter, calibrate};
use linetwin_sim::{Simulation, SimulationOptions};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// A press behind a queue that is always full, at a blade.
const PRESS: &str = r#"Scene(schema: 1, name: "press", seed: 7, warmup_s: 30, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4)},
    line: {
        "in": Source(part: "carton", interarrival_s: 1, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.6, speed_mps: 0.5, rails: Both),
        "press": Station(on: "belt", at_m: 3, hold: Blade, processing_s: Triangular(min: 1, mode: 2, max: 3)),
        "dock": Sink(after: "belt"),
    })"#;

/// Free rollers, down which cartons go one by one.
const SLOPE: &str = r#"Scene(schema: 1, name: "slope", seed: 7, warmup_s: 30, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: Normal(mean: 8, sd: 1))},
    line: {
        "in": Source(part: "carton", interarrival_s: Uniform(min: 5, max: 8), before: "driven"),
        "driven": RollerConveyor(from_m: (0, 0, 1.0), to_m: (2, 0, 1.0), width_m: 0.5, speed_mps: 0.4, pitch_m: 0.1, rails: Both),
        "gravity": GravityRollerConveyor(after: "driven", length_m: 3, slope_deg: -3, rails: Both),
        "dock": Sink(after: "gravity"),
    })"#;

/// A chute onto which an arm leads cartons more slowly than exact events have it, little steeper than its friction, before a hand that
/// lets one go at a time: they queue on it, and those behind set off again.
const QUEUING_CHUTE: &str = r#"Scene(schema: 1, name: "chute", seed: 7, warmup_s: 30, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 4)},
    line: {
        "in":    Source(part: "carton", interarrival_s: Uniform(min: 3, max: 6), before: "belt"),
        "belt":  Belt(from_m: (0, 0, 1.9), to_m: (4, 0, 1.9), width_m: 0.7, speed_mps: 1.5, rails: Both),
        "arm":   SwingArm(on: "belt", at_m: 2, side: Left, when: "true"),
        "chute": Chute(after: "arm.side", length_m: 2.4, fall_deg: 20.5),
        "bench": Belt(after: "chute", length_m: 0.8, speed_mps: 0.3, rails: Both),
        "hand":  Stop(on: "bench", at_m: -0.35, length_m: 0.6, hold_s: Uniform(min: 1, max: 5)),
        "lane":  Sink(after: "bench"),
        "end":   Sink(after: "belt"),
    })"#;

/// Two rails narrow a belt to 0.3 m: a carton that is wider wedges there, and somebody takes it out.
const NARROWING: &str = r#"Scene(schema: 1, name: "narrowing", seed: 5, warmup_s: 60, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.30, Triangular(min: 0.20, mode: 0.24, max: 0.32), 0.15)), mass_kg: 2)},
    line: {
        "in":    Source(part: "carton", interarrival_s: 4, left_m: Uniform(min: -0.03, max: 0.03), before: "belt"),
        "belt":  Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
        "left":  GuideRail(on: "belt", side: Left, start_m: 1.2, end_m: 1.7, inset_m: 0, end_inset_m: 0.1),
        "right": GuideRail(on: "belt", side: Right, start_m: 1.2, end_m: 1.7, inset_m: 0, end_inset_m: 0.1),
        "dock":  Sink(after: "belt"),
    },
    jams: [Clear(response_s: Exponential(mean: 10), clear_s: Triangular(min: 5, mode: 10, max: 30))])"#;

/// Every carton jams on a belt without rails, if somebody says so.
const JAMMING: &str = r#"Scene(schema: 1, name: "jamming", seed: 5, INCLUDE
    parts: {"carton": Part(shape: Box(size_m: (0.30, Uniform(min: 0.20, max: 0.30), 0.15)), mass_kg: 2)},
    line: {
        "in":   Source(part: "carton", interarrival_s: 60, limit: 9, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.5, rails: Both),
        "dock": Sink(after: "belt"),
    },
    jams: [CLEAR])"#;

/// What was found, and the file.
struct Calibrated {
    found: CalibrationResult,
    file: String,
}

impl Calibrated {
    fn of(text: &str) -> Calibrated {
        let folder = Folder::with(text);
        let found = folder.calibrate(1, "c.ron");
        let file = fs::read_to_string(&found.file).expect("it was written");
        Calibrated { found, file }
    }
}

static NARROWED: LazyLock<Calibrated> = LazyLock::new(|| {
    let folder = Folder::with(NARROWING);
    let request = CalibrationRequest { duration: Some(Time::from_seconds(900.0)), seeds: 12, held_out: 8, ..folder.request(0, "c.ron") };
    let found = calibrate(&request, &()).expect("it can be calibrated");
    let file = fs::read_to_string(&found.file).expect("it was written");
    Calibrated { found, file }
});
static PRESSED: LazyLock<Calibrated> = LazyLock::new(|| Calibrated::of(PRESS));

struct Folder(tempfile::TempDir);

impl Folder {
    /// With a scene in it.
    fn with(text: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder"));
        fs::write(folder.scene(), text.replace("INCLUDE", "")).expect("it is writable");
        folder
    }
    /// With what was found beside it.
    fn calibrated(text: &str, found: &Calibrated) -> Folder {
        let folder = Folder::with(text);
        fs::write(folder.0.path().join("c.ron"), &found.file).expect("it is writable");
        folder
    }
    fn scene(&self) -> PathBuf {
        self.0.path().join("line.ron")
    }
    fn calibrate(&self, jobs: usize, out: &str) -> CalibrationResult {
        calibrate(&self.request(jobs, out), &()).expect("it can be calibrated")
    }
    fn request(&self, jobs: usize, out: &str) -> CalibrationRequest {
        CalibrationRequest {
            scene_path: self.scene(),
            overrides: Vec::new(),
            duration: Some(Time::from_seconds(180.0)),
            seeds: 3,
            held_out: 2,
            jobs,
            out: Some(self.0.path().join(out)),
        }
    }
    /// The scene, with that file where one is named.
    fn read(&self, text: &str, include: Option<&str>, overrides: &[&str]) -> Reading {
        let include = include.map(|file| format!("include: [{file:?}],")).unwrap_or_default();
        let overrides = overrides.iter().map(|text| (*text).to_owned()).collect();
        let load = |path: &str| fs::read(Path::new(path));
        read(&self.scene().to_string_lossy(), &text.replace("INCLUDE", &include), &ReadOptions { overrides }, &load)
    }
    /// Far from all that the calibration saw.
    fn ran(&self, text: &str, include: Option<&str>, overrides: &[&str]) -> KpiReport {
        self.ran_as(text, include, overrides, 77)
    }
    fn ran_as(&self, text: &str, include: Option<&str>, overrides: &[&str], replication: u32) -> KpiReport {
        let scene = Arc::new(self.read(text, include, overrides).scene.expect("it is a scene"));
        let options = SimulationOptions { replication, threads: 1, ..SimulationOptions::default() };
        let mut simulation = Simulation::new(scene, options);
        simulation.run_until(Time::from_seconds(600.0));
        simulation.report()
    }
}

/// How far exact events are from contact physics, without and with the file `c.ron` [-].
fn apart(folder: &Folder, text: &str, speed: &str, measure: fn(&KpiReport) -> f64) -> [f64; 2] {
    let there = measure(&folder.ran(text, None, &["fidelity=Contact", speed]));
    [None, Some("c.ron")].map(|include| measure(&folder.ran(text, include, &["fidelity=Event", speed])) / there - 1.0)
}

#[test]
fn a_blade_is_nearer_to_contact_physics_on_seeds_and_speeds_that_were_not_seen() {
    let (folder, found) = (Folder::calibrated(PRESS, &PRESSED), &PRESSED.found);
    let settle = found.values.iter().find(|value| value.element == "press" && value.parameter == Parameter::SettleS).expect("it differs");
    assert!(settle.fitted.low > 0.0 && settle.fitted.value < 0.2 && settle.fitted.observations > 100, "{settle:?}");
    let throughput = found.apart.iter().find(|row| row.kpi == "throughput_per_h").expect("a measure");
    assert!(throughput.calibrated.mean.abs() < 0.01 && throughput.before.mean > 0.005, "{throughput:?}");
    for speed in ["belt.speed_mps=0.5", "belt.speed_mps=0.4", "belt.speed_mps=0.6"] {
        let [before, after] = apart(&folder, PRESS, speed, |report| report.line.throughput_per_h);
        assert!(after.abs() < 0.01 && after.abs() < before.abs(), "{speed}: {before:+.4} before, {after:+.4} calibrated");
    }
}

#[test]
fn a_slope_is_nearer_to_contact_physics_on_seeds_and_speeds_that_were_not_seen() {
    let folder = Folder::with(SLOPE);
    let found = folder.calibrate(0, "c.ron");
    let value = found.values.iter().find(|value| value.element == "gravity").expect("it differs");
    assert_eq!(value.parameter, Parameter::Resistance);
    for speed in ["driven.speed_mps=0.4", "driven.speed_mps=0.3", "driven.speed_mps=0.5"] {
        let [before, after] = apart(&folder, SLOPE, speed, |report| report.line.lead_time.mean_s.expect("parts came through"));
        // What is left is of the driven rollers, which nothing is fitted for.
        assert!(after.abs() < 0.1 && after.abs() < 0.3 * before.abs(), "{speed}: {before:+.4} before, {after:+.4} calibrated");
    }
}

/// Its resistance was looked for in the time that parts need on it: how slowly they came onto it was taken for what resists them there,
/// more than it is steep, and whoever had queued never set off again.
#[test]
fn parts_that_queued_on_a_chute_set_off_again() {
    let folder = Folder::with(QUEUING_CHUTE);
    let found = folder.calibrate(0, "c.ron");
    let told = format!("{found:#?}");
    // It slides as its materials say, and is steeper than that by 0.024.
    let resists = found.values.iter().filter(|value| value.parameter == Parameter::Resistance);
    assert!(resists.clone().all(|value| value.fitted.value.abs() < 0.01), "{told}");
    assert!(found.worse.is_empty(), "{told}");
    // Some wedge there now and then, in runs that are longer: what is held to here is that none stays for good.
    let [before, after] =
        [None, Some("c.ron")].map(|include| folder.ran(QUEUING_CHUTE, include, &["fidelity=Event"]).line.throughput_per_h);
    assert!(after > 0.8 * before, "{after} instead of {before} an hour\n{told}");
}

#[test]
fn the_file_is_the_same_bytes_and_is_read_as_it_was_meant() {
    let (folder, found) = (Folder::calibrated(PRESS, &PRESSED), &PRESSED.found);

    let reading = folder.read(PRESS, Some("c.ron"), &["fidelity=Event"]);
    let told: Vec<&str> = reading.diagnostics.iter().map(|problem| problem.code).collect();
    assert_eq!(told, ["overload"], "{:?}", reading.diagnostics);
    let scene = reading.scene.expect("it is a scene");
    let calibration = scene.calibration.as_ref().expect("it is calibrated");
    let told =
        |parameter: Parameter| found.values.iter().find(|value| value.parameter == parameter).map_or(0.0, |value| value.fitted.value);
    let hold = scene.spots.iter().position(|spot| spot.hold.is_some()).expect("a blade");
    let timing = calibration.spots[hold];
    assert_eq!([timing.settle, timing.release], [Parameter::SettleS, Parameter::ReleaseS].map(|of| Time::from_seconds(told(of))));
    assert!(timing.settle > Time::ZERO && calibration.apart.len() == 3);

    // Calibrated anew it is the same, by two at a time, and whatever was measured before.
    fs::write(folder.scene(), PRESS.replace("INCLUDE", "include: [\"c.ron\"],")).expect("it is writable");
    let again = fs::read_to_string(folder.calibrate(2, "again.ron").file).expect("it was written");
    assert!(again == PRESSED.file, "{again}\nafter\n{}", PRESSED.file);

    // How it is run, looked at and judged is no change; what moves parts is.
    let is_stale = |overrides: &[&str]| {
        folder.read(PRESS, Some("c.ron"), overrides).diagnostics.iter().any(|problem| problem.code == "stale-calibration")
    };
    assert!(!is_stale(&["fidelity=Event", "seed=9", "warmup_s=10"]));
    assert!(is_stale(&["belt.speed_mps=0.4"]));
}

#[test]
fn a_report_says_how_far_calibrated_events_are_expected_to_be_off() {
    let folder = Folder::calibrated(PRESS, &PRESSED);
    let note = |include, fidelity| {
        let notes = folder.ran(PRESS, include, &[fidelity, "warmup_s=590"]).notes;
        notes.into_iter().find(|note| note.contains("calibrat"))
    };
    let told = note(Some("c.ron"), "fidelity=Event").expect("a note");
    assert!(told.contains("line.throughput_per_h") && told.contains("2 pairs of runs"), "{told}");
    assert_eq!((note(Some("c.ron"), "fidelity=Contact"), note(None, "fidelity=Event")), (None, None));
}

/// Holds and slopes draw nothing: what other elements draw is as without.
#[test]
fn what_is_drawn_stays_as_it_was() {
    let folder = Folder::calibrated(PRESS, &PRESSED);
    let drawn = |include: Option<&str>| {
        let scene: Scene = folder.read(PRESS, include, &["fidelity=Event"]).scene.expect("it is a scene");
        let mut simulation = Simulation::new(Arc::new(scene), SimulationOptions::default());
        simulation.run_until(Time::from_seconds(300.0));
        let events = simulation.take_events();
        let work = |pick: fn(&linetwin_sim::event::EventKind) -> bool| -> Vec<Time> {
            events.iter().filter(|event| pick(&event.kind)).map(|event| event.at).collect()
        };
        let begun = work(|kind| matches!(kind, linetwin_sim::event::EventKind::CycleStarted { .. }));
        let ended = work(|kind| matches!(kind, linetwin_sim::event::EventKind::CycleEnded { .. }));
        begun.into_iter().zip(ended).map(|(begun, ended)| ended.since(begun)).take(80).collect::<Vec<_>>()
    };
    let (without, with) = (drawn(None), drawn(Some("c.ron")));
    assert_eq!(with.len(), 80);
    assert_eq!(without, with);
}

/// A hopper of coarse grains, which pour faster than the textbook says, kept full.
const HOPPER: &str = r#"Scene(schema: 1, name: "hopper", seed: 3, warmup_s: 2, INCLUDE
    bulk: {"pellets": Bulk(diameter_m: Uniform(0.013, 0.015), density_kgpm3: 1000, young_pa: 3e5)}, parts: {},
    line: {
        "hopper": Hopper(bulk: "pellets", outlet_m: (0, 0, 0.8), outlet_diameter_m: 0.09, diameter_m: 0.3, height_m: 0.1, starts_kg: 2.5, feed_kgps: 3),
        "bin": BulkBin(at_m: (0, 0, 0), size_m: (0.6, 0.6, 0.4)),
    })"#;

#[test]
fn a_hopper_pours_as_its_grains_do() {
    let folder = Folder::with(HOPPER);
    let request = CalibrationRequest { duration: Some(Time::from_seconds(8.0)), seeds: 2, held_out: 1, ..folder.request(2, "c.ron") };
    let found = calibrate(&request, &()).expect("it can be calibrated");
    let flow = found.values.iter().find(|value| value.parameter == Parameter::Flow).expect("grains differ from the textbook");
    assert!(
        flow.element == "hopper"
            && flow.fitted.low <= flow.fitted.value
            && flow.fitted.value <= flow.fitted.high
            && flow.fitted.observations >= 10,
        "{flow:?}"
    );
    let out = found.apart.iter().find(|apart| apart.kpi == "bulk_out_kg").expect("it is judged");
    assert!(out.calibrated.mean.abs() < 0.02 && out.before.mean.abs() > 2.0 * out.calibrated.mean.abs(), "{out:?}");
    let scene = folder.read(HOPPER, Some("c.ron"), &[]).scene.expect("it is a scene");
    let hopper = scene.element_named("hopper").expect("a hopper");
    assert_eq!(scene.calibration.as_ref().expect("it takes it up").flow[hopper.index()], flow.fitted.value);
}

/// Which jam, how often, where, how they are cleared, and what that costs, is as with contact physics, on runs that were not seen.
#[test]
fn what_jams_with_contact_physics_jams_with_calibrated_events() {
    let (folder, found) = (Folder::calibrated(NARROWING, &NARROWED), &NARROWED.found);
    let [jamming] = found.counted.jams.as_slice() else { panic!("{:?}", found.counted.jams) };
    assert_eq!((jamming.element.as_str(), jamming.part.as_str(), jamming.ends_after_s), ("belt", "carton", None));
    assert!((1.0..1.8).contains(&jamming.at_m) && jamming.share.share.low > 0.0 && jamming.share.share.high < 0.3, "{jamming:?}");
    // Only wide ones, which is told from what is drawn.
    let by = jamming.share.by.as_ref().expect("the width decides");
    let [narrow, .., wide] = by.classes.as_slice() else { panic!("{by:?}") };
    assert!(by.of == PartProperty::Width && narrow.share.high < 0.02 && wide.share.low > 0.5, "{by:?}");

    // What comes up behind moves it on, so that it is found to stand later; it does not turn, and jams no more than others.
    let late = found.values.iter().find(|value| value.parameter == Parameter::JamsLateS).expect("it takes longer");
    assert!(late.element == "belt" && late.fitted.low > 2.0 && late.fitted.value < 12.0, "{late:?}");
    assert!(jamming.share_behind.is_none_or(|share| share.high < 0.05), "{jamming:?}");

    const RUNS: u32 = 12;
    let mean = |include: Option<&str>, fidelity: &str| {
        let measured: Vec<[f64; 3]> = (101..101 + RUNS)
            .map(|replication| {
                let report = folder.ran_as(NARROWING, include, &[fidelity], replication);
                assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
                let belt = report.elements.iter().find(|element| element.name == "belt").expect("a belt");
                let jammed = belt.states.iter().find(|state| state.state == "jammed").map_or(0.0, |state| state.share);
                [report.line.throughput_per_h, report.line.parts.jams as f64, jammed]
            })
            .collect();
        [0, 1, 2].map(|which| measured.iter().map(|run| run[which]).sum::<f64>() / f64::from(RUNS))
    };
    let there = mean(None, "fidelity=Contact");
    let [before, after] = [None, Some("c.ron")].map(|include| mean(include, "fidelity=Event"));
    let told = format!("throughput, jams, share jammed: {there:?} with contact, {before:?} before, {after:?} calibrated");
    eprintln!("{told}\n{found:#?}");
    assert!(before[1] == 0.0 && (after[1] / there[1] - 1.0).abs() < 0.15 && (after[2] / there[2] - 1.0).abs() < 0.15, "{told}");
    let [before, after] = [before, after].map(|found| (found[0] / there[0] - 1.0).abs());
    assert!(after < 0.03 && after < 0.1 * before, "{told}");
    // That is what the file says.
    let jams = found.apart.iter().find(|row| row.kpi == "jams").expect("it is judged");
    assert!(jams.calibrated.mean.abs() < 0.2 && (jams.before.mean + 1.0).abs() < 1e-9, "{jams:?}");
}

#[test]
fn jams_are_the_same_bytes_after_a_snapshot_and_read_as_they_were_meant() {
    let folder = Folder::calibrated(NARROWING, &NARROWED);
    let scene = Arc::new(folder.read(NARROWING, Some("c.ron"), &["fidelity=Event"]).scene.expect("it is a scene"));
    assert_eq!(scene.calibration.as_ref().expect("it is calibrated").jams, [NARROWED.found.counted.jams[0].row.clone()]);
    let ran = |seconds: f64| {
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions::default());
        simulation.run_until(Time::from_seconds(seconds));
        simulation
    };
    let whole = ran(900.0);
    assert!(whole.report().line.parts.jams > 1);
    for cut_s in [300.0, 333.0, 400.0] {
        let mut rest = Simulation::load(scene.clone(), SimulationOptions::default(), &ran(cut_s).save()).expect("it is of this scene");
        rest.run_until(Time::from_seconds(900.0));
        assert_eq!((rest.state_hash(), rest.report()), (whole.state_hash(), whole.report()));
    }
}

/// Jams of a belt, as somebody wrote them down.
fn written(jamming: &str) -> String {
    let share = "share: Fitted(value: 1, low: 0.9, high: 1, observations: 9), at_m: 2";
    format!(
        "calibration: Calibration(of_scene: \"\", elements: {{\"belt\": Calibrated(jams: {{\"carton\": Jamming({share}, {jamming})}})}}),"
    )
}

fn fitted(value: f64) -> String {
    format!("Fitted(value: {value}, low: {value}, high: {value}, observations: 9)")
}

/// The scene whose cartons all jam, cleared so, with exact events.
fn jammed(clear: &str, jamming: &str) -> Simulation {
    let (folder, text) = (Folder::with("Include()"), JAMMING.replace("CLEAR", clear).replace("INCLUDE", &written(jamming)));
    let scene = folder.read(&text, None, &["fidelity=Event"]).scene.expect("it is a scene");
    let mut simulation = Simulation::new(Arc::new(scene), SimulationOptions::default());
    simulation.run_until(Time::from_seconds(600.0));
    simulation
}

#[test]
fn a_jam_is_recognised_blocks_and_is_cleared_as_the_scene_says() {
    let by_hand = "Clear(response_s: 4, clear_s: 6)";
    let told = |clear: &str, jamming: &str| {
        let report = jammed(clear, jamming).report();
        let jams = &report.line.jams;
        let kinds: Vec<u64> = report.incidents.iter().map(|row| row.count).collect();
        (
            report.line.parts.jams,
            kinds.iter().sum::<u64>(),
            jams.clearings,
            jams.taken_out,
            report.line.parts.good,
            (jams.clearing_s / jams.clearings as f64).round(),
        )
    };
    assert_eq!(told(by_hand, ""), (9, 9, 9, 9, 0, 10.0));
    let straight = format!("{}, by: Straighten)", by_hand.trim_end_matches(')'));
    assert_eq!(told(&straight, ""), (9, 9, 9, 0, 9, 10.0));
    // Who is set straight in vain is found to jam again, and so on.
    let (jams, _, clearings, _, good, _) = told(&straight, &format!("straightenings_that_clear: {}", fitted(0.3)));
    assert!(jams > 15 && clearings >= jams - 1 && good < 9, "{jams} jams, {clearings} clearings, {good} good");
    // A conveyor runs backwards first, twice at most.
    let reverse = format!("Clear(response_s: 1, by: Reverse(run_s: 2, tries: 2)), {by_hand}");
    let reversed = |share: f64| told(&reverse, &format!("reversals_that_clear: {}", fitted(share)));
    assert_eq!(reversed(1.0), (9, 9, 9, 0, 9, 3.0));
    let (jams, _, clearings, taken_out, good, _) = reversed(0.0);
    assert_eq!((jams, clearings, taken_out, good), (27, 27, 9, 0));
    let (_, _, clearings, taken_out, good, _) = reversed(0.5);
    assert!(clearings > 9 && clearings < 27 && taken_out < 6 && taken_out + good == 9, "{clearings} {taken_out} {good}");
}

/// Nobody is there: it stands for good, or until it goes on by itself.
#[test]
fn a_jam_that_nobody_clears_ends_by_itself_or_never() {
    let stands = jammed("", "").report();
    assert_eq!((stands.line.parts.jams, stands.line.parts.good), (1, 0));
    let ended = jammed("", &format!("ends_after_s: {}", fitted(5.0))).report();
    assert_eq!((ended.line.parts.jams, ended.line.parts.good), (9, 9));
    let belt = ended.elements.iter().find(|element| element.name == "belt").expect("a belt");
    let jammed_s = belt.states.iter().find(|state| state.state == "jammed").expect("it jammed").time_s;
    assert!((10.0..120.0).contains(&jammed_s), "{jammed_s} s of nine jams of 5 s in the mean");
}

/// Whoever does not jam goes as without calibration, and so does all else.
#[test]
fn jams_that_never_happen_change_no_byte() {
    let never = "by: Property(of: Width, classes: [Class(up_to: 0.4, share: Fitted(value: 0, low: 0, high: 0, observations: 9)), \
                 Class(share: Fitted(value: 1, low: 0, high: 1, observations: 9))])";
    let with = jammed("", never);
    let folder = Folder::with("Include()");
    let text = JAMMING.replace("CLEAR", "").replace("INCLUDE", "");
    let scene = folder.read(&text, None, &["fidelity=Event"]).scene.expect("it is a scene");
    let mut without = Simulation::new(Arc::new(scene), SimulationOptions::default());
    without.run_until(Time::from_seconds(600.0));
    assert_eq!(with.report().line, without.report().line);
    assert_eq!(with.state_hash(), without.state_hash());
    assert_eq!(with.report().line.parts.good, 9);
}
