//! Coasting beside full contact. Promised: where nothing jams parts come at the same times in the same order; whatever could
//! touch a part that coasts finds a body there in time; a jam that emerges with contacts emerges with coasting; the work of
//! drives stays; and a run is the same bytes on any number of threads, resumed or not.

use linetwin_model::scene::{ConveyorId, DriveId};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{Transport, Wish};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::bench_scene::{Bench, BenchScene};
use linetwin_tests::{assert_same_bytes, scene_from, shipped_scene};
use std::sync::Arc;

fn line(text: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"test\", seed: 7, coasting: true,
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) }}, line: {{ {text} }})"
    ))
}

/// The same with every part as a body.
fn with_contact(scene: &Arc<Scene>) -> Arc<Scene> {
    Arc::new(Scene { coasting: false, ..(**scene).clone() })
}

struct Ran {
    simulation: Simulation,
    events: Vec<Event>,
    /// Mean over the steps of which share of the parts coasted [-].
    coasted: f64,
    /// The deepest that two parts' boxes were in each other at any step, as far as they lie along the axes [m].
    deepest_m: f64,
}

fn ran(scene: &Arc<Scene>, seconds: f64) -> Ran {
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 1, ..SimulationOptions::default() });
    let (mut events, mut coasted, mut steps, mut deepest_m) = (Vec::new(), 0.0, 0.0, 0.0_f64);
    while simulation.settled().as_seconds() < seconds {
        simulation.step();
        events.extend(simulation.take_events());
        let motions = simulation.motions();
        if !motions.is_empty() {
            coasted += simulation.coasting() as f64 / motions.len() as f64;
            steps += 1.0;
        }
        for (index, (_, one)) in motions.iter().enumerate() {
            for (_, other) in &motions[index + 1..] {
                let apart = |axis: usize| f64::from((one.position[axis] - other.position[axis]).abs());
                // Cartons of 0.4 x 0.3 m that lie along the belt.
                if apart(2) < 0.2 {
                    deepest_m = deepest_m.max((0.4 - apart(0)).min(0.3 - apart(1)));
                }
            }
        }
    }
    Ran { simulation, events, coasted: coasted / f64::max(steps, 1.0), deepest_m }
}

fn out(events: &[Event]) -> Vec<(PartId, Time)> {
    let left = events.iter().filter_map(|event| match event.kind {
        EventKind::PartLeft { part, .. } => Some((part, event.at)),
        _ => None,
    });
    left.collect()
}

/// Same parts, same order, each within `bound_s`.
fn assert_same_times(contact: &[Event], coasting: &[Event], bound_s: f64) {
    let (there, here) = (out(contact), out(coasting));
    assert!(there.len().abs_diff(here.len()) <= 1 && there.len() > 3, "{} and {} parts", there.len(), here.len());
    for ((part, at), (other, time)) in there.iter().zip(&here) {
        let apart_s = (at.as_seconds() - time.as_seconds()).abs();
        assert!(part == other && apart_s <= bound_s, "{part:?} at {at:?}, {other:?} at {time:?}");
    }
}

#[test]
fn parts_on_straight_belts_come_at_the_times_of_contact_physics() {
    // On a slope parts creep back under the solver, and onto a faster belt they slip: together a thousandth of their time.
    for (slope_deg, top_mps, bound_s) in [(0, 0.5, 0.01), (6, 0.7, 0.06)] {
        let scene = line(&format!(
            "\"in\": Source(part: \"carton\", interarrival_s: 1.5, before: \"belt\", yaw_deg: Uniform(min: -3, max: 3)),
             \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
             \"eye\": Eye(on: \"belt\", at_m: 3),
             \"counter\": Counter(on: \"belt\", at_m: 5),
             \"slope\": Belt(after: \"belt\", length_m: 4, slope_deg: {slope_deg}, speed_mps: 0.5),
             \"top\": Belt(after: \"slope\", length_m: 6, speed_mps: {top_mps}),
             \"dock\": Sink(after: \"top\"),"
        ));
        assert_same_line(&scene, bound_s);
    }
}

fn assert_same_line(scene: &Arc<Scene>, bound_s: f64) {
    let (contact, coasting) = (ran(&with_contact(scene), 80.0), ran(scene, 80.0));
    assert!(coasting.coasted > 0.6 && contact.coasted == 0.0, "{} of the parts coasted", coasting.coasted);
    assert_same_times(&contact.events, &coasting.events, bound_s);
    let eye = |ran: &Ran| ran.events.iter().filter(|event| matches!(event.kind, EventKind::EyeBlocked { .. })).count();
    assert!(eye(&contact) > 20 && eye(&contact) == eye(&coasting), "{} and {}", eye(&contact), eye(&coasting));
    let [there, here] = [&contact, &coasting].map(|ran| ran.simulation.report());
    assert_eq!((there.invalid_conditions.len(), here.invalid_conditions.len()), (0, 0));
}

/// What drives do is friction over the way where parts slip, and height where they are carried up: the same with coasting.
#[test]
fn the_work_of_drives_is_that_of_contact_physics() {
    let scene = line(
        "\"in\": Source(part: \"carton\", interarrival_s: 2, before: \"slope\"),
         \"slope\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 2.0), width_m: 0.6, speed_mps: 0.5),
         \"dock\": Sink(after: \"slope\"),",
    );
    let work_j = |scene: &Arc<Scene>| {
        let ran = ran(scene, 60.0);
        let flat = ran.simulation.report().flat();
        let found = flat.into_iter().find(|kpi| kpi.path == "slope.mechanical_j").expect("drives have work");
        (found.value.expect("it is there"), ran.coasted)
    };
    let ((there, none), (here, coasted)) = (work_j(&with_contact(&scene)), work_j(&scene));
    assert!(none == 0.0 && coasted > 0.6, "{coasted} coasted");
    assert!((here / there - 1.0).abs() < 0.02, "{there} J with contacts, {here} J with coasting");
}

#[test]
fn what_holds_and_pushes_finds_bodies_in_time() {
    let scene = line(
        "\"in\": Source(part: \"carton\", interarrival_s: 3.2, before: \"belt\"),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (10, 0, 0.8), width_m: 0.4, speed_mps: 1.0),
         \"press\": Station(on: \"belt\", at_m: 6, hold: Blade, processing_s: Triangular(min: 1, mode: 1.4, max: 4)),
         \"reject\": Pusher(on: \"belt\", at_m: 8.5, side: Left, stroke_s: 0.5, force_n: 250, when: \"done(press)\"),
         \"chute\": Sink(after: \"reject.side\"),
         \"dock\": Sink(after: \"belt\"),",
    );
    let (contact, coasting) = (ran(&with_contact(&scene), 90.0), ran(&scene, 90.0));
    assert!(coasting.coasted > 0.2, "{} of the parts coasted", coasting.coasted);
    // A queue presses against the blade in both.
    assert!(coasting.deepest_m <= contact.deepest_m + 0.002, "{} m and {} m deep", coasting.deepest_m, contact.deepest_m);
    let (there, here) = (out(&contact.events), out(&coasting.events));
    assert!(there.len().abs_diff(here.len()) <= 2, "{} and {} parts", there.len(), here.len());
    assert!(there.iter().zip(&here).all(|((one, _), (other, _))| one == other), "in another order");
    assert!(coasting.simulation.report().invalid_conditions.is_empty());
}

/// Three rows of cartons between rails, which two plates push against each other. What a push reaches has its body; what has
/// come to rest since, touching its neighbours, coasts with them to the end.
const NARROWING: &str = "Scene(schema: 1, name: \"test\", seed: 7, coasting: true,
    parts: { \"carton\": Part(shape: Box(size_m: (0.15, 0.15, 0.15)), mass_kg: 1) }, line: {
    \"left\": Source(part: \"carton\", rate_per_h: 20000, before: \"belt\", left_m: 0.215, yaw_deg: Uniform(min: -2.5, max: 2.5)),
    \"middle\": Source(part: \"carton\", rate_per_h: 20000, before: \"belt\", yaw_deg: Uniform(min: -2.5, max: 2.5)),
    \"right\": Source(part: \"carton\", rate_per_h: 20000, before: \"belt\", left_m: -0.215, yaw_deg: Uniform(min: -2.5, max: 2.5)),
    \"belt\": Belt(from_m: (0, 0, 1), to_m: (10, 0, 1), width_m: 0.71, speed_mps: 1.0, rails: Both, rail_height_m: 0.3),
    \"left plate\": Fixture(centre_m: (2.5, 0.3, 1.205), size_m: (1.2, 0.05, 0.4), yaw_deg: -4),
    \"right plate\": Fixture(centre_m: (2.5, -0.3, 1.205), size_m: (1.2, 0.05, 0.4), yaw_deg: 4),
    \"dock\": Sink(after: \"belt\") })";

#[test]
fn parts_that_were_pushed_against_each_other_coast_as_a_convoy() {
    let scene = scene_from(NARROWING);
    let (contact, coasting) = (ran(&with_contact(&scene), 30.0), ran(&scene, 30.0));
    println!("{} of the parts coasted", coasting.coasted);
    assert!(coasting.coasted > 0.75, "{} of the parts coasted", coasting.coasted);
    let row = |ran: &Ran, source: u32| -> Vec<(PartId, Time)> {
        out(&ran.events).into_iter().filter(|(part, _)| part.source.0 == source).collect()
    };
    let mut sources: Vec<u32> = out(&contact.events).iter().map(|(part, _)| part.source.0).collect();
    sources.sort_unstable();
    sources.dedup();
    assert_eq!(sources.len(), 3);
    for source in sources {
        let (there, here) = (row(&contact, source), row(&coasting, source));
        assert!(there.len() > 80 && there.len().abs_diff(here.len()) <= 1, "{} and {} parts", there.len(), here.len());
        for ((part, at), (other, time)) in there.iter().zip(&here) {
            let apart_s = (at.as_seconds() - time.as_seconds()).abs();
            assert!(part == other && apart_s <= 0.05, "{part:?} at {at:?}, {other:?} at {time:?}");
        }
    }
    assert!(coasting.simulation.report().invalid_conditions.is_empty());
}

#[test]
fn jams_that_emerge_emerge_with_coasting() {
    for name in ["narrowing.ron", "clearing.ron", "open_curve.ron"] {
        let scene = shipped_scene(name, &["coasting=true", "warmup_s=0"]).expect("it is sound");
        let incidents = |scene: &Arc<Scene>| {
            let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..SimulationOptions::default() });
            simulation.run_until(Time::from_seconds(120.0));
            let events = simulation.take_events();
            let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
            (count(|kind| matches!(kind, EventKind::JamBegan { .. })), count(|kind| matches!(kind, EventKind::Dropped { .. })))
        };
        let (there, here) = (incidents(&with_contact(&scene)), incidents(&scene));
        println!("{name}: {there:?} {here:?}");
        assert!(there.0 + there.1 > 0, "{name}");
        assert_eq!((there.0 > 0, there.1 > 0), (here.0 > 0, here.1 > 0), "{name}: jams and drops {there:?}, {here:?}");
    }
}

#[test]
fn coasting_is_the_same_bytes_on_any_number_of_threads_and_resumed() {
    // A blade holds the part, or the belt with all that coasts on it stops.
    for hold in ["Blade", "BeltStop"] {
        assert_same_bytes(
            &format!(
                "Scene(schema: 1, name: \"test\", seed: 7, coasting: true,
                parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) }}, line: {{
                \"in\": Source(part: \"carton\", interarrival_s: 1.6, before: \"belt\", yaw_deg: Uniform(min: -4, max: 4)),
                \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (10, 0, 1.2), width_m: 0.6, speed_mps: 1.0, rails: Both),
                \"press\": Station(on: \"belt\", at_m: 6, hold: {hold}, processing_s: 0.7),
                \"dock\": Sink(after: \"belt\") }})"
            ),
            11.3,
            30.0,
        );
    }
    assert_same_bytes(NARROWING, 7.3, 12.0);
}

/// Cartons in a row on a belt of 20 m at 0.5 m/s, half a millimetre apart.
fn convoy(count: u32, coasting: bool) -> (Bench, Vec<PartId>) {
    let mut bench = BenchScene::new(0.5, 0.0);
    let belt = bench.straight([0.0, 0.0, 0.8], 0.0, 0.0, 20.0, 0.5);
    bench.scene.coasting = coasting;
    let mut bench = Bench::new(bench.scene, 1);
    let parts: Vec<PartId> = (0..count).map(|_| bench.carton()).collect();
    for (at, part) in (0_u32..).zip(&parts) {
        bench.place(*part, belt, 2.0 + 0.4005 * f64::from(at), 0.0, 0.0);
    }
    bench.run_s(1.0);
    assert_eq!(bench.transport.coasting(), if coasting { parts.len() } else { 0 });
    (bench, parts)
}

#[test]
fn a_part_that_is_taken_out_of_a_convoy_leaves_the_others_as_they_are() {
    let (mut bench, parts) = convoy(5, true);
    let before = parts.clone().into_iter().map(|part| bench.motion(part).position).collect::<Vec<_>>();
    bench.wish(Wish::Remove { part: parts[2] });
    bench.run_s(1.0);
    assert_eq!(bench.transport.motions().len(), 4, "it is gone");
    assert_eq!(bench.transport.coasting(), 4, "the others coast on");
    for (part, before) in parts.iter().zip(&before).filter(|(part, _)| **part != parts[2]) {
        let now = bench.motion(*part).position;
        assert!((now[0] - before[0] - 0.5).abs() < 1e-4 && now[1..] == before[1..], "{before:?} {now:?}");
    }
    // Its place is free: another goes there, and coasts as well.
    let other = bench.carton();
    bench.place(other, ConveyorId::from_index(0), f64::from(before[2][0]) + 0.5, 0.0, 0.0);
    bench.run_s(1.0);
    assert_eq!(bench.transport.coasting(), 5);
    assert!(bench.invalid().is_empty(), "{:?}", bench.invalid());
}

#[test]
fn a_convoy_stops_and_goes_back_with_its_drive() {
    for coasting in [false, true] {
        let ((mut bench, parts), drive) = (convoy(5, coasting), DriveId::from_index(0));
        bench.wish(Wish::SetSpeed { drive, speed_mps: 0.0 });
        bench.step();
        assert_eq!(bench.transport.coasting(), 0, "all have bodies before the belt is slower");
        bench.run_s(1.0);
        let stood: Vec<f32> = parts.iter().map(|part| bench.motion(*part).position[0]).collect();
        bench.run_s(0.5);
        let stands = |(part, at): (&PartId, &f32)| (bench.motion(*part).position[0] - at).abs() < 1e-3;
        assert!(parts.iter().zip(&stood).all(stands), "they stand");
        bench.wish(Wish::SetSpeed { drive, speed_mps: -0.5 });
        bench.run_s(1.5);
        let back = |(part, at): (&PartId, &f32)| (0.4..0.76).contains(&(at - bench.motion(*part).position[0]));
        assert!(parts.iter().zip(&stood).all(back), "they go back, and none coasts against its conveyor");
        assert_eq!(bench.transport.coasting(), 0);
        bench.wish(Wish::SetSpeed { drive, speed_mps: 0.5 });
        bench.run_s(2.0);
        assert_eq!(bench.transport.coasting(), if coasting { parts.len() } else { 0 }, "they go on as before");
        let mut along: Vec<f32> = parts.iter().map(|part| bench.motion(*part).position[0]).collect();
        along.sort_by(f32::total_cmp);
        assert!(along.windows(2).all(|pair| (0.398..0.41).contains(&(pair[1] - pair[0]))), "{along:?}");
        assert!(bench.invalid().is_empty(), "{:?}", bench.invalid());
    }
}

#[test]
fn a_line_without_coasting_has_none() {
    let scene = shipped_scene("packaging.ron", &[]).expect("it is sound");
    assert!(!scene.coasting);
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 2, ..SimulationOptions::default() });
    simulation.run_until(Time::from_seconds(20.0));
    assert_eq!(simulation.coasting(), 0);
}
