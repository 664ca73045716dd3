//! What diverters and pushers miss. Promised: on runs that were not seen, calibrated exact events miss as many parts as contact physics,
//! and the same ones where a property decides, so that as many go each way; each part is drawn for itself, and where nothing is missed
//! no byte is other than without.

use super::{Calibrated, Folder, fitted};
use linetwin_model::Time;
use linetwin_model::scene::PartProperty;
use linetwin_run::{CalibrationRequest, Fitted, FittedMisses, calibrate};
use linetwin_sim::event::{DivertMiss, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, LazyLock};

/// A pusher too weak for what is heavy, and wheels under so short a stretch that what lies on the far side passes them.
const MISSING: &str = r#"Scene(schema: 1, name: "missing", seed: 5, warmup_s: 30, INCLUDE
    materials: {"card on wheel": (friction: 0.35)},
    parts: {"carton": Part(shape: Box(size_m: (0.30, Uniform(min: 0.2, max: 0.3), 0.15)), mass_kg: Uniform(min: 2, max: 12))},
    line: {
        "in":     Source(part: "carton", interarrival_s: Uniform(min: 2, max: 3), left_m: Uniform(min: -0.12, max: 0.12),
                         sets: {"lane": Discrete(values: [0, 1, 2], weights: [1, 2, 2])}, before: "belt"),
        "belt":   Belt(from_m: (0, 0, 1), to_m: (6, 0, 1), width_m: 0.6, speed_mps: 1),
        "pusher": Pusher(on: "belt", at_m: 2, side: Left, stroke_s: 0.5, force_n: 40, when: "lane == 2"),
        "lane 2": Sink(after: "pusher.side"),
        "wheels": PopUp(on: "belt", at_m: 4, side: Left, length_m: 0.4, angle_deg: 35, rise_s: 0.1, when: "lane == 1", material: "wheel"),
        "lane 1": Sink(after: "wheels.side"),
        "dock":   Sink(after: "belt"),
    })"#;

/// As somebody wrote it down: `PUSHER` and `WHEELS` are what each misses of the cartons.
const WRITTEN: &str = r#"calibration: Calibration(of_scene: "", elements: {
    "pusher": Calibrated(misses: {PUSHER}), "wheels": Calibrated(misses: {WHEELS})}),"#;

static MISSED: LazyLock<Calibrated> = LazyLock::new(|| {
    let folder = Folder::with(MISSING);
    let request = CalibrationRequest { duration: Some(Time::from_seconds(630.0)), seeds: 6, held_out: 4, ..folder.request(0, "c.ron") };
    let found = calibrate(&request, &()).expect("it can be calibrated");
    let file = fs::read_to_string(&found.file).expect("it was written");
    Calibrated { found, file }
});

/// Whom a device was told to take off, and who of them went past it.
#[derive(Default)]
struct Told {
    told: BTreeSet<PartId>,
    past: BTreeSet<PartId>,
}

/// What happened in a run, by device and by way.
struct Ran {
    devices: BTreeMap<String, Told>,
    ways: BTreeMap<String, usize>,
    /// By part: how often any was told to take it off.
    tries: BTreeMap<PartId, usize>,
    missed_diverts: usize,
    simulation: Simulation,
}

fn ran(folder: &Folder, text: &str, (include, fidelity): (Option<&str>, &str), replication: u32) -> Ran {
    let scene = Arc::new(folder.read(text, include, &[fidelity]).scene.expect("it is a scene"));
    let options = SimulationOptions { replication, threads: 1, ..SimulationOptions::default() };
    let mut simulation = Simulation::new(scene.clone(), options);
    simulation.run_until(Time::from_seconds(630.0));
    let mut ran = Ran { devices: BTreeMap::new(), ways: BTreeMap::new(), tries: BTreeMap::new(), missed_diverts: 0, simulation };
    let mut told: BTreeMap<PartId, String> = BTreeMap::new();
    for event in ran.simulation.take_events() {
        let name = |element| scene.element(element).name.clone();
        match event.kind {
            EventKind::CycleStarted { element, part } => {
                told.insert(part, name(element));
                *ran.tries.entry(part).or_default() += 1;
                ran.devices.entry(name(element)).or_default().told.insert(part);
            }
            EventKind::Misrouted { part, .. } => {
                if let Some(device) = told.get(&part) {
                    ran.devices.get_mut(device).expect("it told").past.insert(part);
                }
            }
            EventKind::DivertMissed { element, part, why } => {
                assert_eq!((name(element).as_str(), why), ("wheels", DivertMiss::Passed));
                assert!(ran.devices["wheels"].past.contains(&part), "it is misrouted as well");
                ran.missed_diverts += 1;
            }
            EventKind::PartLeft { element, .. } => *ran.ways.entry(name(element)).or_default() += 1,
            _ => {}
        }
    }
    ran
}

fn missed(device: &str) -> &'static FittedMisses {
    MISSED.found.counted.misses.iter().find(|missed| missed.element == device).expect("it misses some")
}

#[test]
fn the_property_that_decides_what_is_missed_is_found() {
    assert_eq!(MISSED.found.counted.misses.len(), 2);
    let shares = |device: &str, of: PartProperty| {
        let FittedMisses { part, share, .. } = missed(device);
        let by = share.by.as_ref().expect("a property decides");
        assert!(part == "carton" && by.of == of && share.share.low > 0.1 && share.share.high < 0.7, "{device}: {share:?}");
        by.classes.iter().map(|class| class.share.value).collect::<Vec<_>>()
    };
    let (pusher, wheels) = (shares("pusher", PartProperty::Mass), shares("wheels", PartProperty::Left));
    assert!(pusher[0] < 0.02 && pusher[pusher.len() - 1] > 0.95 && pusher.is_sorted(), "light ones never, heavy ones always: {pusher:?}");
    assert!(wheels[0] > 0.95 && wheels.iter().any(|share| *share < 0.02), "those on the far side always: {wheels:?}");
}

/// Half the width of a share's 95 % interval, after so many parts.
fn half_width(share: f64, parts: usize) -> f64 {
    1.96 * (share * (1.0 - share) / parts as f64).sqrt()
}

/// How many, who, and what that makes of each way, on runs that were not seen.
#[test]
fn what_is_missed_with_contact_physics_is_missed_with_calibrated_events() {
    const RUNS: u32 = 4;
    let folder = Folder::calibrated(MISSING, &MISSED);
    let of = |include: Option<&str>, fidelity: &str| -> Vec<Ran> {
        (201..201 + RUNS).map(|replication| ran(&folder, MISSING, (include, fidelity), replication)).collect()
    };
    let there = of(None, "fidelity=Contact");
    let [before, after] = [None, Some("c.ron")].map(|include| of(include, "fidelity=Event"));
    for device in ["pusher", "wheels"] {
        let count =
            |runs: &[Ran], pick: fn(&Told) -> &BTreeSet<PartId>| runs.iter().map(|run| pick(&run.devices[device]).len()).sum::<usize>();
        let [contact, events] = [&there, &after].map(|runs| (count(runs, |told| &told.past), count(runs, |told| &told.told)));
        assert!(contact.1.abs_diff(events.1) <= RUNS as usize && count(&before, |told| &told.past) == 0, "{contact:?} {events:?}");
        let [share, drawn] = [contact, events].map(|(past, told)| past as f64 / told as f64);
        let Fitted { low, high, .. } = missed(device).share.share;
        let allowed = ((high - low) / 2.0).hypot(half_width(share, contact.1));
        eprintln!("{device}: {contact:?} with contact, {events:?} calibrated; {share:.3} {drawn:.3}, {low} to {high}");
        assert!((drawn - share).abs() < allowed, "{device}: {drawn} of those told, {share} with contact");
        // The same parts, but for those of classes in which chance decides.
        let same = |(contact, events): (&Ran, &Ran)| contact.devices[device].past.intersection(&events.devices[device].past).count();
        let same: usize = there.iter().zip(&after).map(same).sum();
        assert!(same as f64 > 0.8 * contact.0 as f64, "{device}: {same} of {contact:?}");
    }
    for runs in [&there, &after] {
        let past = runs.iter().map(|run| run.devices["wheels"].past.len()).sum::<usize>();
        assert_eq!(runs.iter().map(|run| run.missed_diverts).sum::<usize>(), past);
    }
    for way in ["lane 1", "lane 2", "dock"] {
        let [contact, before, after] = [&there, &before, &after].map(|runs| runs.iter().map(|run| run.ways[way]).sum::<usize>() as f64);
        let [before, after] = [before, after].map(|found| (found / contact - 1.0).abs());
        eprintln!("{way}: {contact}, {before:.3} apart before, {after:.3} calibrated");
        assert!(before > 0.2 && after < 0.05, "{way}: {before:+.3} before, {after:+.3} calibrated");
    }
    let misroutes = MISSED.found.apart.iter().find(|row| row.kpi == "misroutes").expect("it is judged");
    assert!(misroutes.calibrated.mean.abs() < 0.1 && (misroutes.before.mean + 1.0).abs() < 1e-9, "{misroutes:?}");
}

/// What each device misses, with exact events, by such entries.
fn written(pusher: &str, wheels: &str, replication: u32) -> Ran {
    let entry = |of: &str| if of.is_empty() { String::new() } else { format!("\"carton\": Missed({of})") };
    let calibration = WRITTEN.replace("PUSHER", &entry(pusher)).replace("WHEELS", &entry(wheels));
    ran(&Folder::with("Include()"), &MISSING.replace("INCLUDE", &calibration), (None, "fidelity=Event"), replication)
}

fn share(value: f64) -> String {
    format!("share: {}", fitted(value))
}

#[test]
fn all_or_none_are_missed_and_what_is_missed_goes_on() {
    let all = written(&share(1.0), &share(1.0), 0);
    let told = |ran: &Ran, device: &str| (ran.devices[device].told.len(), ran.devices[device].past.len());
    let (pushed, carried) = (told(&all, "pusher"), told(&all, "wheels"));
    // Whoever is on its way at the end has not gone on yet.
    assert!(pushed.0 > 80 && pushed.0 - pushed.1 <= 2 && carried.0 > 80 && carried.0 - carried.1 <= 2, "{pushed:?} {carried:?}");
    assert_eq!((all.missed_diverts, all.ways.keys().map(String::as_str).collect::<Vec<_>>()), (carried.1, vec!["dock"]));

    let never = "by: Property(of: Mass, classes: [Class(up_to: 40, share: Fitted(value: 0, low: 0, high: 0, observations: 9)), \
                 Class(share: Fitted(value: 1, low: 0, high: 1, observations: 9))])";
    let none = written(&format!("{}, {never}", share(0.5)), &share(0.0), 0);
    let without = written("", "", 0);
    assert_eq!(told(&none, "pusher").1 + told(&none, "wheels").1, 0);
    assert_eq!(none.simulation.state_hash(), without.simulation.state_hash());
    assert_eq!(none.simulation.report().line, without.simulation.report().line);
}

/// One stream for each device, one draw for each part.
#[test]
fn what_one_device_misses_changes_nothing_of_what_another_does() {
    let past = |ran: &Ran, device: &str| ran.devices[device].past.clone();
    let (mut told, mut missed) = (0, 0);
    for replication in 0..8 {
        let [wheels, both, more] = [String::new(), share(0.3), share(0.6)].map(|pusher| written(&pusher, &share(0.4), replication));
        assert!(past(&both, "wheels").len() > 10 && past(&wheels, "wheels") == past(&both, "wheels"));
        // Whoever is missed is missed also where more are.
        assert!(past(&wheels, "pusher").is_empty() && past(&both, "pusher").is_subset(&past(&more, "pusher")));
        (told, missed) = (told + both.devices["pusher"].told.len(), missed + past(&both, "pusher").len());
    }
    let found = missed as f64 / told as f64;
    assert!((found - 0.3).abs() < half_width(0.3, told), "{missed} of {told}");
}

#[test]
fn misses_are_the_same_bytes_after_a_snapshot() {
    let folder = Folder::calibrated(MISSING, &MISSED);
    let scene = Arc::new(folder.read(MISSING, Some("c.ron"), &["fidelity=Event"]).scene.expect("it is a scene"));
    let rows: Vec<_> = MISSED.found.counted.misses.iter().map(|missed| missed.row.clone()).collect();
    assert_eq!(scene.calibration.as_ref().expect("it is calibrated").misses, rows);
    let ran = |seconds: f64| {
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions::default());
        simulation.run_until(Time::from_seconds(seconds));
        simulation
    };
    let whole = ran(400.0);
    assert!(whole.report().line.parts.misroutes > 20);
    for cut_s in [100.0, 222.2] {
        let mut rest = Simulation::load(scene.clone(), SimulationOptions::default(), &ran(cut_s).save()).expect("it is of this scene");
        rest.run_until(Time::from_seconds(400.0));
        assert_eq!((rest.state_hash(), rest.report()), (whole.state_hash(), whole.report()));
    }
}

/// Trays on a loop past a pusher that misses three of four: each time they come round is a draw of its own.
#[test]
fn what_comes_round_again_is_drawn_anew() {
    const LOOP: &str = r#"Scene(schema: 1, name: "round", fidelity: Event, CALIBRATION
        parts: {"tray": Part(shape: Box(size_m: (0.30, 0.30, 0.05)), mass_kg: 4, material: "plastic")},
        line: {
            "loop": Loop(start_m: (0, 0, 0.9), path: [Ahead(3), Left(0.8, 180), Ahead(3), Left(0.8, 180)], speed_mps: 0.5, zone_m: 0.5,
                         fill: Carriers(part: "tray", count: 12)),
            "pusher": Pusher(on: "loop", at_m: 1.5, side: Right, stroke_s: 0.4, when: "mass_kg > 0"),
            "off": Sink(after: "pusher.side"),
        })"#;
    let calibration = format!(
        "calibration: Calibration(of_scene: \"\", elements: {{\"pusher\": Calibrated(misses: {{\"tray\": Missed({})}})}}),",
        share(0.75)
    );
    let folder = Folder::with("Include()");
    let tries: Vec<usize> = (0..40)
        .flat_map(|replication| {
            let ran = ran(&folder, &LOOP.replace("CALIBRATION", &calibration), (None, "fidelity=Event"), replication);
            ran.tries.into_values().collect::<Vec<_>>()
        })
        .collect();
    let (parts, all) = (tries.len() as f64, tries.iter().sum::<usize>() as f64);
    assert_eq!(parts, 480.0);
    // Of a geometric distribution the mean is four, with a deviation of the square root of twelve.
    assert!((all / parts - 4.0).abs() < 3.0 * (12.0_f64 / parts).sqrt(), "{} tries", all / parts);
}
