//! Bulk material on a running line, on contact physics. Promised: no grain and no nanogram is lost; what runs out of a hopper
//! does so at Beverloo's rate; cartons are filled to their weight and weigh what is in them; what falls beside is told; gates and
//! belts stand when they are held; and all of it comes to the same bytes on any number of threads and after a save in mid-pour.

use crate::sortation::{kpi, run, text_of};
use linetwin_model::scene::{BulkElement, BulkFeeder, ElementKind, FeederKind};
use linetwin_model::{Scene, Time, graph};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::port::BulkWay;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, scene_from};
use std::collections::BTreeMap;

/// Of the mass flow against Beverloo's with C = 0.58 and k = 1.4: its constants vary by so much from grain to grain [-].
const BEVERLOO_BAND: f64 = 0.3;
/// Of a fill, once the station has learnt from one before: a few grains' worth of pouring [kg].
const FILL_TOLERANCE_KG: f64 = 0.06;
/// Of the mean flow over three seconds: some ten grains in six hundred [-].
const DOSING_TOLERANCE: f64 = 0.04;
/// Of what a belt's scale adds up, against the grains that pass: what slides a little is weighed as if it rode [-].
const METER_TOLERANCE: f64 = 0.03;
/// What a screw gives, over what it would if it were full and nothing turned with it [-].
const SCREW_BAND: std::ops::Range<f64> = 0.65..0.95;
/// How fast a layer comes along a trough that throws it, over what one body would that neither bounces nor slides [-].
const THROW_BAND: std::ops::Range<f64> = 0.7..1.0;
/// Of what a scale shows of a carton at rest, through its filter [-].
const SCALE_TOLERANCE: f64 = 0.03;

fn outlet_kgps(scene: &Scene, name: &str) -> f64 {
    let id = scene.element_named(name).expect("an element");
    let ElementKind::Bulk(BulkElement::Hopper(hopper)) = &scene.element(id).kind else { panic!("{name} is a hopper") };
    let granulate = &scene.bulk.as_ref().expect("bulk material").granulates[hopper.granulate];
    granulate.outflow_kgps(2.0 * hopper.outlet_radius_m, scene.physics.gravity_mps2)
}

#[test]
fn a_hopper_pours_at_beverloos_rate_and_every_grain_is_accounted_for() {
    let scene = scene_from(&text_of("bulk_transfer.ron"));
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..Default::default() });
    let mut poured = Vec::new();
    for tenth in 1..=45 {
        simulation.run_until(Time::from_seconds(f64::from(tenth) / 10.0));
        poured.push(kpi(&simulation.report(), "hopper.bulk_kg"));
    }
    // From the fourth to the ninth tenth of a second: the gate is open, and the hopper still more than half full.
    let rate_kgps = (poured[8] - poured[3]) / 0.5;
    let expected_kgps = outlet_kgps(&scene, "hopper");
    assert!((rate_kgps / expected_kgps - 1.0).abs() < BEVERLOO_BAND, "{rate_kgps} kg/s, Beverloo {expected_kgps}: {poured:?}");

    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    let books = *simulation.bulk().expect("bulk material").books();
    let inside = simulation.bulk().expect("bulk material").grains().len() as u64;
    assert_eq!(books.came.grains, inside + books.out.grains + books.spilt.grains, "to the last grain");
    assert!(books.came.grains > 1_500 && books.out.grains * 10 > books.came.grains * 8, "most has come through: {books:?}");
    let mut told: BTreeMap<BulkWay, (u64, u64)> = BTreeMap::new();
    for event in simulation.take_events() {
        if let EventKind::BulkMoved { way, grains, mass_ng, .. } = event.kind {
            let sum = told.entry(way).or_default();
            *sum = (sum.0 + grains, sum.1 + mass_ng);
        }
    }
    assert_eq!(told[&BulkWay::AtStart], (books.came.grains, books.came.mass_ng), "all of it was there at time zero");
    // What has happened within the last tenth of a second is not told yet.
    assert!(told[&BulkWay::Out].0 <= books.out.grains && books.out.grains - told[&BulkWay::Out].0 < 200);
    assert!(kpi(&report, "line.bulk_spilt_kg") < 0.01 * books.came.kg(), "nearly all stays where it should: {books:?}");
    let all = ["hopper", "belt", "chute"].map(|name| kpi(&report, &format!("{name}.bulk_kg")));
    assert!(all[0] >= all[1] && all[1] >= all[2] && all[2] >= kpi(&report, "bin.bulk_kg") * 0.99, "one after the other: {all:?}");
    // It stands in the hopper, rides 0.6 m at 0.6 m/s and slides.
    assert!((1.0..4.0).contains(&kpi(&report, "line.bulk_residence_mean_s")));
    let edges = graph::edges(&scene);
    assert_eq!(edges, "hopper pours into belt\nbelt pours into chute\nchute pours into bin\n");
    assert!(graph::tree(&scene).ends_with("hopper  Hopper\nbelt  BulkBelt\nchute  BulkChute\nbin  BulkBin\n"));
}

#[test]
fn what_nothing_catches_is_spilt_and_a_held_belt_carries_nothing() {
    let text = text_of("bulk_transfer.ron");
    let without = |names: &[&str]| {
        let gone = |line: &&str| names.iter().any(|name| line.trim_start().starts_with(name));
        text.lines().filter(|line| !gone(line)).collect::<Vec<&str>>().join("\n")
    };
    let (_, report) = run(&without(&["\"chute\":", "\"bin\":", "checks:"]), 2.5);
    let spilt_kg = kpi(&report, "belt.spilt_kg");
    assert!(spilt_kg > 0.2, "{spilt_kg} kg on the floor");
    assert!((kpi(&report, "line.bulk_spilt_kg") - spilt_kg).abs() < 0.02, "it fell off the belt");
    assert_eq!(kpi(&report, "line.bulk_out_kg"), 0.0);

    let rule = "controls: [Rule(when: \"time_s > 0.6\", do: [Hold(\"belt\"), Hold(\"hopper\")])],";
    let held = text.replace("    checks:", &format!("    {rule}\n    checks:"));
    let (_, report) = run(&held, 2.5);
    assert!(kpi(&report, "belt.state.held") > 0.7 && kpi(&report, "hopper.state.held") > 0.7);
    // The gate needs a while to close, and what is on the belt stays there.
    assert!(kpi(&report, "hopper.bulk_kg") < 1.2, "{}", kpi(&report, "hopper.bulk_kg"));
    assert!(kpi(&report, "bin.bulk_kg") < 0.1, "{}", kpi(&report, "bin.bulk_kg"));
}

#[test]
fn a_belt_that_doses_follows_its_set_rate_and_its_scale_agrees_with_the_books() {
    // Until the hopper begins to run empty.
    for (doses, set_kgps, until_s) in [("doses_kgps: 0.6", 0.6, 9.0), ("doses_kgps: 0.9", 0.9, 6.0)] {
        let text = text_of("bulk_dosing.ron").replace("doses_kgps: 0.6", doses);
        let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 2, ..Default::default() });
        simulation.run_until(Time::from_seconds(until_s));
        let report = simulation.report();
        assert_eq!(report.invalid_conditions, Vec::new());
        // The window begins when the layer has come to the end.
        let found_kgps = kpi(&report, "feeder.bulk_kgps");
        assert!((found_kgps / set_kgps - 1.0).abs() < DOSING_TOLERANCE, "{found_kgps} kg/s of {set_kgps}");
        assert!((kpi(&report, "feeder.dosing_error") - (found_kgps / set_kgps - 1.0)).abs() < 0.01, "it is on the belt all the time");
        assert!(kpi(&report, "feeder.weighing_error").abs() < METER_TOLERANCE, "{}", kpi(&report, "feeder.weighing_error"));
        // What it adds up is what it told, and grain by grain what passed.
        let (mut weighed_ng, mut passed) = (0, 0);
        for event in simulation.take_events() {
            match event.kind {
                EventKind::BulkMoved { way: BulkWay::Weighed, mass_ng, grains: 0, .. } => weighed_ng += mass_ng,
                EventKind::BulkMoved { way: BulkWay::Passed, grains, .. } => passed += grains,
                _ => {}
            }
        }
        assert!(weighed_ng as f64 / 1e12 > set_kgps * 3.0 && passed > 500, "{weighed_ng} ng, {passed} grains");
    }
}

/// A rule stops the hopper and the belt when the scale has added up a batch: what is on the belt beyond the scale comes on top.
#[test]
fn conditions_ask_a_belt_scale_for_flow_and_total() {
    let rule = "controls: [Rule(name: \"batch\", when: \"feeder.weighed_kg > 1 && feeder.flow_kgps > 0.3\", do: [Hold(\"feeder\")], until: \"feeder.weighed_kg > 9\")],";
    let text = text_of("bulk_dosing.ron").replace("    checks:", &format!("    {rule}\n    checks:")).replace("warmup_s: 3,", "");
    let (_, report) = run(&text, 5.0);
    assert_eq!(kpi(&report, "controls.batch.activations"), 1.0);
    assert!((kpi(&report, "feeder.weighed_kg") - 1.0).abs() < 0.02, "{}", kpi(&report, "feeder.weighed_kg"));
}

fn feeder_of(scene: &Scene, name: &str) -> BulkFeeder {
    let ElementKind::Bulk(BulkElement::Feeder(feeder)) = &scene.element(scene.element_named(name).expect("an element")).kind else {
        panic!("{name} is a feeder")
    };
    feeder.clone()
}

/// Twice as fast, nearly twice as much: it is its turning that takes the grains along.
#[test]
fn a_screw_gives_what_its_turns_take_with_them() {
    let give = |rpm: &str, seconds: [f64; 2]| {
        let scene = scene_from(&text_of("bulk_screw.ron").replace("rpm: 75", rpm));
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..Default::default() });
        let over_kg = seconds.map(|until| {
            simulation.run_until(Time::from_seconds(until));
            let poured = |event: &Event| matches!(event.kind, EventKind::BulkMoved { element, way: BulkWay::Poured, .. } if Some(element) == scene.element_named("screw"));
            let mass_ng = |event: Event| if let EventKind::BulkMoved { mass_ng, .. } = event.kind { mass_ng } else { 0 };
            simulation.take_events().into_iter().filter(poured).map(mass_ng).sum::<u64>() as f64 / 1e12
        });
        assert_eq!(simulation.report().invalid_conditions, Vec::new());
        assert!(kpi(&simulation.report(), "line.bulk_spilt_kg") < 0.02);
        let FeederKind::Screw(screw) = feeder_of(&scene, "screw").kind else { panic!("it is a screw") };
        let full_kgps = screw.volume_flow_m3ps() * scene.bulk.as_ref().expect("bulk material").granulates[0].poured_kgpm3();
        (over_kg[1] / (seconds[1] - seconds[0]), full_kgps)
    };
    let (found_kgps, full_kgps) = give("rpm: 75", [1.8, 3.0]);
    assert!(SCREW_BAND.contains(&(found_kgps / full_kgps)), "{found_kgps} kg/s, full {full_kgps}");
    let (twice_kgps, _) = give("rpm: 150", [1.0, 1.7]);
    assert!((1.5..2.1).contains(&(twice_kgps / found_kgps)), "{twice_kgps} kg/s at 150 turns, {found_kgps} at 75");
}

#[test]
fn a_trough_throws_along_as_fast_as_its_flights_are_long_and_stands_when_it_is_held() {
    let speeds_mps = |amplitude: &str, times: &[f64]| {
        let rule = "controls: [Rule(when: \"time_s > 2.0\", do: [Hold(\"trough\")])],";
        let text = text_of("bulk_vibratory.ron")
            .replace("amplitude_m: 0.0016", amplitude)
            .replace("    checks:", &format!("    {rule}\n    checks:"));
        let scene = scene_from(&text);
        let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..Default::default() });
        // Over whole periods, of what lies clear of the hopper and of the end.
        let mut between = |from_s: f64| {
            simulation.run_until(Time::from_seconds(from_s));
            let before: BTreeMap<u64, f64> =
                simulation.bulk().expect("bulk").grains().iter().map(|(id, grain)| (*id, grain.position_m[0])).collect();
            simulation.run_until(Time::from_seconds(from_s + 0.2));
            let after = simulation.bulk().expect("bulk").grains().iter();
            let ways = after.filter_map(|(id, grain)| before.get(id).filter(|x| (0.25..0.4).contains(*x)).map(|x| grain.position_m[0] - x));
            let ways: Vec<f64> = ways.collect();
            assert!(ways.len() > 30, "{} grains", ways.len());
            ways.iter().sum::<f64>() / ways.len() as f64 / 0.2
        };
        let found: Vec<f64> = times.iter().map(|from_s| between(*from_s)).collect();
        let FeederKind::Vibratory(trough) = feeder_of(&scene, "trough").kind else { panic!("it is a trough") };
        (found, trough.conveying_mps(scene.physics.gravity_mps2), trough.throw_number(scene.physics.gravity_mps2))
    };
    let (found, textbook_mps, throw_number) = speeds_mps("amplitude_m: 0.0016", &[1.8, 2.5]);
    let [found_mps, held_mps] = found[..] else { panic!("two speeds") };
    assert!((throw_number - 2.01).abs() < 0.01 && (textbook_mps - 0.19).abs() < 0.005, "{throw_number}, {textbook_mps} m/s");
    assert!(THROW_BAND.contains(&(found_mps / textbook_mps)), "{found_mps} m/s, {textbook_mps} by the textbook");
    // A few that lie on top still roll.
    assert!(held_mps.abs() < 0.1 * found_mps, "{held_mps} m/s while it is held");
    let (more, more_textbook_mps, _) = speeds_mps("amplitude_m: 0.0022", &[1.8]);
    let more_mps = more[0];
    assert!(more_mps > 1.15 * found_mps && THROW_BAND.contains(&(more_mps / more_textbook_mps)), "{more_mps} of {more_textbook_mps} m/s");
}

#[test]
fn cartons_are_filled_to_their_weight_and_weigh_what_is_in_them() {
    let scene = scene_from(&text_of("filling_bulk.ron"));
    let mut simulation = Simulation::new(scene, SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(6.8));
    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    let bulk = simulation.bulk().expect("bulk material");
    let books = *bulk.books();
    let inside = bulk.grains().len() as u64;
    assert_eq!(books.came.grains, inside + books.in_parts.grains + books.out.grains + books.spilt.grains, "to the last grain");
    let mut in_parts_kg = 0.0;
    for (_, part) in simulation.parts().iter() {
        assert!((part.mass_kg - 0.15 - part.filling_kg).abs() < 1e-9, "a carton weighs what is in it: {part:?}");
    }
    let mut fills = Vec::new();
    for event in simulation.take_events() {
        if let EventKind::FillEnded { filled_kg, target_kg, shown_kg, .. } = event.kind {
            in_parts_kg += filled_kg;
            assert!((shown_kg / filled_kg - 1.0).abs() < SCALE_TOLERANCE, "the scale shows {shown_kg} kg of {filled_kg}");
            fills.push(filled_kg - target_kg);
        }
    }
    assert!((in_parts_kg - books.in_parts.kg()).abs() < 1e-9, "every nanogram that left the hopper's side is in a carton");
    assert!(fills.len() >= 2, "{fills:?}");
    assert!(fills[1].abs() < FILL_TOLERANCE_KG, "the second is nearer than what the first was set to: {fills:?}");
    assert!(kpi(&report, "line.bulk_spilt_kg") < 0.02, "{}", kpi(&report, "line.bulk_spilt_kg"));
    assert!((kpi(&report, "filler.fill_error_mean_kg") - fills.iter().sum::<f64>() / fills.len() as f64).abs() < 1e-9);
    // Between two cartons the gate is closed, and nothing blocks the hopper.
    assert!(kpi(&report, "dosing.state.idle") > 0.2 && kpi(&report, "dosing.state.blocked") < 0.05);
    // A box of so much more weight is still moved along.
    assert!(kpi(&report, "dock.carton.count") >= 1.0);
}

/// Stiffness alone would let such soft grains fall further in a substep than their radius.
#[test]
fn soft_grains_are_not_lost_because_they_fall() {
    let soft = text_of("bulk_transfer.ron").replace("young_pa: 5e5", "young_pa: 1e4");
    let mut simulation = Simulation::new(scene_from(&soft), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(0.8));
    assert_eq!(simulation.report().invalid_conditions, Vec::new());
    assert!(simulation.bulk().expect("bulk material").books().came.grains > 1_000);
}

/// From so high, and in such long steps, a grain goes from above the floor through the bounds of the space in one.
#[test]
fn a_run_that_loses_a_grain_is_invalid_and_says_where() {
    let text = text_of("bulk_transfer.ron").replace("outlet_m: (0, 0, 1.05)", "outlet_m: (0, 0, 15)");
    let gone = ["\"belt\":", "\"chute\":", "\"bin\":", "checks:"];
    let kept = |line: &&str| !gone.iter().any(|name| line.trim_start().starts_with(name));
    let high = text.lines().filter(kept).collect::<Vec<&str>>().join("\n").replace("seed: 4", "seed: 4,\n    step_hz: 30");
    let mut simulation = Simulation::new(scene_from(&high), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(2.5));
    let report = simulation.report();
    let [lost] = report.invalid_conditions.as_slice() else { panic!("{:?}", report.invalid_conditions) };
    assert_eq!((lost.kind.as_str(), lost.count, lost.first_at.as_str()), ("grain lost", 1, "hopper"));
    assert!(lost.remedy.contains("step_hz"), "{}", lost.remedy);
}

#[test]
fn grains_come_to_the_same_bytes_on_any_threads_and_after_a_save_in_mid_pour() {
    let text = text_of("filling_bulk.ron");
    // The gate is open: the carton arrived after 1.2 s, and is not full.
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
    simulation.run_until(Time::from_seconds(1.8));
    let events = simulation.take_events();
    assert!(events.iter().any(|event| matches!(event.kind, EventKind::CycleStarted { .. })), "it pours");
    assert!(!events.iter().any(|event| matches!(event.kind, EventKind::FillEnded { .. })), "it is not full");
    assert_same_bytes(&text, 1.8, 2.6);
    // A screw in mid-turn, a trough in mid-stroke.
    assert_same_bytes(&text_of("bulk_screw.ron"), 0.31, 0.42);
    assert_same_bytes(&text_of("bulk_vibratory.ron"), 0.31, 0.42);
    // A belt in mid-dose: its scale has felt something.
    assert_same_bytes(&text_of("bulk_dosing.ron"), 1.5, 2.0);
}

/// Of a carton of clumps [kg]: a few of them are as much as some grains.
const FILL_OF_CLUMPS_TOLERANCE_KG: f64 = 0.14;

#[test]
fn pellets_that_are_not_round_are_counted_and_weighed_once_each() {
    let text = text_of("bulk_clumps.ron");
    let shape = text.lines().find(|line| line.trim_start().starts_with("shape:")).expect("they are clumps");
    let poured = |text: &str| {
        let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
        simulation.run_until(Time::from_seconds(0.4));
        let early = kpi(&simulation.report(), "hopper.bulk_kg");
        simulation.run_until(Time::from_seconds(0.9));
        let rate_kgps = (kpi(&simulation.report(), "hopper.bulk_kg") - early) / 0.5;
        (simulation, rate_kgps)
    };
    let (mut simulation, rate_kgps) = poured(&text);
    let (_, round_kgps) = poured(&text.replace(shape, "),"));
    println!("{rate_kgps:.2} kg/s of pellets, {round_kgps:.2} kg/s of round grains");
    assert!((0.3..1.0).contains(&(rate_kgps / round_kgps)), "what is not round flows less well: {rate_kgps} and {round_kgps} kg/s");
    simulation.run_until(Time::from_seconds(4.0));
    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    let bulk = simulation.bulk().expect("bulk material");
    let books = *bulk.books();
    let inside = bulk.grains().len() as u64;
    assert_eq!(books.came.grains, inside + books.out.grains + books.spilt.grains, "to the last pellet");
    // 950 kg/m^3, and the volume of a sphere of 20 mm.
    let mean_kg = books.came.kg() / books.came.grains as f64;
    assert!((mean_kg / 0.003_99 - 1.0).abs() < 0.01, "{mean_kg} kg");
    assert!(books.out.grains * 10 > books.came.grains * 6, "most has come through: {books:?}");
    assert!(books.spilt.grains * 50 < books.came.grains, "{books:?}");
}

#[test]
fn cartons_are_filled_with_clumps_to_their_weight() {
    let text = text_of("filling_bulk.ron");
    let clump = "shape: Clump(spheres: [Sphere(at: (-0.6, 0, 0)), Sphere(at: (0.6, 0, 0))]), density_kgpm3:";
    let text = text.replacen("density_kgpm3:", clump, 1);
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(4.4));
    let error_kg = |event: &Event| match event.kind {
        EventKind::FillEnded { filled_kg, target_kg, .. } => Some(filled_kg - target_kg),
        _ => None,
    };
    let fills: Vec<f64> = simulation.take_events().iter().filter_map(error_kg).collect();
    println!("errors of fills: {fills:?} kg");
    assert!(!fills.is_empty() && fills[0].abs() < FILL_OF_CLUMPS_TOLERANCE_KG, "{fills:?}");
    let bulk = simulation.bulk().expect("bulk material");
    let (books, inside) = (*bulk.books(), bulk.grains().len() as u64);
    assert_eq!(books.came.grains, inside + books.in_parts.grains + books.out.grains + books.spilt.grains);
    assert!(books.in_parts.grains > 50, "{books:?}");
    // In mid-pour.
    assert_same_bytes(&text_of("bulk_clumps.ron"), 0.3, 0.4);
}
