//! Bulk material with exact events: flow that comes to the same as grains do, exact instants of levels, books that close to the
//! nanogram, and days in moments.

use crate::sortation::{kpi, text_of};
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::port::BulkWay;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, scene_from};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of what grains give in the same window [-]: rates are those of the textbook, and grains have theirs within so much of them.
const OF_GRAINS: f64 = 0.12;

fn start(scene: &Arc<Scene>) -> Simulation {
    Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..SimulationOptions::default() })
}

fn ran(text: &str, seconds: f64) -> (KpiReport, Vec<Event>) {
    let mut simulation = start(&scene_from(text));
    simulation.run_until(Time::from_seconds(seconds));
    let report = simulation.report();
    assert_eq!(report.invalid_conditions, Vec::new());
    (report, simulation.take_events())
}

fn by_events(text: &str) -> String {
    text.replacen("schema: 1,", "schema: 1, fidelity: Event,", 1)
}

/// Everything that was ever told, by way.
fn told_ng(events: &[Event]) -> BTreeMap<BulkWay, u64> {
    let mut told = BTreeMap::new();
    for event in events {
        if let EventKind::BulkMoved { way, mass_ng, .. } = event.kind {
            *told.entry(way).or_default() += mass_ng;
        }
    }
    told
}

/// A hopper that is fed a kilogram a second, over a belt of 6 m into a bin.
fn fed(extra: &str) -> String {
    format!(
        "Scene(schema: 1, name: \"Fed\", fidelity: Event, bulk: {{ \"grit\": Bulk(diameter_m: 0.01, density_kgpm3: 1500, young_pa: 5e5) }}, parts: {{}},
    line: {{
        \"hopper\": Hopper(bulk: \"grit\", outlet_m: (0, 0, 2), outlet_diameter_m: 0.12, diameter_m: 0.6, height_m: 0.6, feed_kgps: 1),
        \"belt\": BulkBelt(from_m: (-0.5, 0, 1.2), to_m: (6, 0, 1.2), width_m: 0.5, speed_mps: 0.5),
        \"bin\": BulkBin(at_m: (6.3, 0, 0), size_m: (0.8, 0.8, 0.6)),
    }}, {extra})"
    )
}

#[test]
fn what_is_fed_comes_out_a_way_later_and_no_nanogram_is_lost() {
    let (report, events) = ran(&fed(""), 3600.0);
    let told = told_ng(&events);
    assert_eq!(told[&BulkWay::Fed], 3_600_000_000_000_000, "a kilogram a second from the first nanosecond on");
    // It waits while the gate opens, which then lets out what had come; falls, and rides 6 m at 0.5 m/s.
    let inside_kg = (told[&BulkWay::Fed] - told[&BulkWay::Out]) as f64 / 1e12;
    let fall_s = |height_m: f64| (2.0 * height_m / 9.81_f64).sqrt();
    let on_the_way_s = fall_s(0.8) + 12.0 + fall_s(0.6);
    assert!((inside_kg - on_the_way_s).abs() < 0.02, "{inside_kg} kg on the way, {on_the_way_s} s long");
    assert!((kpi(&report, "line.bulk_inside_kg") - inside_kg).abs() < 1e-9);
    assert!((kpi(&report, "line.bulk_residence_mean_s") - on_the_way_s).abs() < 0.1, "{}", kpi(&report, "line.bulk_residence_mean_s"));
    assert_eq!(kpi(&report, "belt.spilt_kg"), 0.0);
}

#[test]
fn a_level_is_reached_at_its_instant() {
    // The gate is held from the beginning: a kilogram comes in each second. It is let go at 50 kg, and held again at 20.
    let rule =
        "controls: [Rule(name: \"gather\", when: \"hopper.content_kg < 20\", do: [Hold(\"hopper\")], until: \"hopper.content_kg >= 50\")],";
    let (_, events) = ran(&fed(rule), 300.0);
    let ends = |event: &&Event| matches!(event.kind, EventKind::RuleEnded { .. });
    let began = |event: &&Event| matches!(event.kind, EventKind::RuleBegan { .. });
    let first = events.iter().find(ends).expect("it comes to 50 kg");
    assert_eq!(first.at, Time::from_seconds(50.0), "to the nanosecond");
    let empties = events.iter().filter(began).nth(1).expect("it falls to 20 kg");
    let fills = events.iter().filter(ends).nth(1).expect("and comes to 50 kg again");
    // It pours a little while the gate closes, and takes in a kilogram a second from there on.
    let (span_s, opened_s) = (fills.at.since(empties.at).as_seconds(), empties.at.since(first.at).as_seconds());
    assert!((30.0..32.0).contains(&span_s) && (4.0..10.0).contains(&opened_s), "{span_s} s to fill, {opened_s} s to empty");
}

#[test]
fn a_full_hopper_takes_no_more_and_what_nothing_catches_is_spilt() {
    let held = "controls: [Rule(when: \"time_s < 400\", do: [Hold(\"hopper\")])],";
    let (report, events) = ran(&fed(held), 400.0);
    let scene = scene_from(&fed(held));
    let hopper = scene.element_named("hopper").expect("a hopper");
    let linetwin_model::scene::ElementKind::Bulk(linetwin_model::scene::BulkElement::Hopper(spec)) = &scene.element(hopper).kind else {
        panic!("it is one")
    };
    let room_kg = spec.volume_m3() * scene.bulk.as_ref().expect("bulk").granulates[0].poured_kgpm3();
    let fed_kg = told_ng(&events)[&BulkWay::Fed] as f64 / 1e12;
    assert!(room_kg < 400.0 && (fed_kg - room_kg).abs() < 1e-6, "{fed_kg} kg went in, {room_kg} kg fit");
    assert_eq!(kpi(&report, "line.bulk_spilt_kg"), 0.0, "the feed waits");

    let text = fed("").replace("\"bin\": BulkBin(at_m: (6.3, 0, 0), size_m: (0.8, 0.8, 0.6)),", "");
    let (report, _) = ran(&text, 100.0);
    assert!(kpi(&report, "belt.spilt_kg") > 80.0 && kpi(&report, "line.bulk_out_kg") == 0.0);
}

/// A belt up and a belt back, and nothing that takes anything away: as much passes each end as goes round.
#[test]
fn what_goes_in_a_circle_keeps_its_rate() {
    let text = "Scene(schema: 1, name: \"Circle\", fidelity: Event, bulk: { \"grit\": Bulk(diameter_m: 0.01, density_kgpm3: 1500, young_pa: 5e5) }, parts: {},
    line: {
        \"hopper\": Hopper(bulk: \"grit\", outlet_m: (1.6, 0, 2.2), outlet_diameter_m: 0.12, diameter_m: 0.6, height_m: 0.6, starts_kg: 25),
        \"up\": BulkBelt(from_m: (0, 0, 1), to_m: (2, 0, 1.2), width_m: 0.6, speed_mps: 0.5, skirt_m: 0.2),
        \"back\": BulkBelt(from_m: (2.6, 0, 0.9), to_m: (0.4, 0, 1.25), width_m: 0.6, speed_mps: 0.5, skirt_m: 0.2),
    })";
    let scene = scene_from(text);
    assert_eq!(linetwin_model::graph::edges(&scene), "hopper pours into up\nup pours into back\nback pours into up\n");
    let mut simulation = start(&scene);
    let mut poured_kg = |until_s: f64| {
        simulation.run_until(Time::from_seconds(until_s));
        kpi(&simulation.report(), "up.bulk_kg")
    };
    let (before_kg, after_kg) = (poured_kg(1000.0), poured_kg(4000.0));
    let report = simulation.report();
    assert!((kpi(&report, "line.bulk_inside_kg") - 25.0).abs() < 1e-9 && kpi(&report, "line.bulk_spilt_kg") == 0.0);
    // 1.71 m up and 1.73 m back at 0.5 m/s behind the landings, and two falls of 0.21 s.
    let rounds = (after_kg - before_kg) / 25.0;
    assert!((rounds * 7.30 / 3000.0 - 1.0).abs() < 0.01, "{rounds} rounds in 3,000 s");
}

#[test]
fn it_flows_as_grains_do() {
    for (scene, seconds, paths) in [
        ("bulk_dosing.ron", 6.0, &["feeder.bulk_kgps", "feeder.weighed_kg"][..]),
        ("bulk_screw.ron", 4.0, &["screw.bulk_kgps"]),
        ("bulk_transfer.ron", 4.5, &["bin.bulk_kg", "hopper.bulk_kg"]),
    ] {
        let text = text_of(scene);
        let (grains, _) = ran(&text, seconds);
        let (flow, _) = ran(&by_events(&text), seconds);
        for path in paths {
            let [grains, flow] = [&grains, &flow].map(|report| kpi(report, path));
            assert!((flow / grains - 1.0).abs() < OF_GRAINS, "{scene}, {path}: {flow}, with grains {grains}");
        }
    }
}

#[test]
fn a_day_of_filling_learns_its_gate_and_closes_its_books() {
    let text = by_events(&text_of("filling_bulk.ron"));
    let (report, events) = ran(&text, 86_400.0);
    let told = told_ng(&events);
    let inside_ng = told[&BulkWay::AtStart] + told[&BulkWay::Fed] - told[&BulkWay::IntoPart] - told.get(&BulkWay::Spilt).unwrap_or(&0);
    assert!((kpi(&report, "line.bulk_inside_kg") - inside_ng as f64 / 1e12).abs() < 1e-9);
    // A box comes every three seconds, and all are filled but the last.
    let filled = events.iter().filter(|event| matches!(event.kind, EventKind::FillEnded { .. })).count() as f64;
    assert!((28_790.0..=28_800.0).contains(&filled), "{filled} boxes");
    assert!(kpi(&report, "filler.fill_error_mean_kg").abs() < 0.001, "{}", kpi(&report, "filler.fill_error_mean_kg"));
}

/// Boxes as bodies, filled by what flows; or by grains, where `contact` names what holds them.
#[test]
fn beside_contact_physics_it_flows_into_bodies() {
    let text = text_of("filling_bulk.ron");
    let mixed = |contact: &str| scene_from(&text.replacen("schema: 1,", &format!("schema: 1, fidelity: Mixed, contact: [{contact}],"), 1));
    let mut simulation = start(&mixed("\"belt\""));
    simulation.run_until(Time::from_seconds(60.0));
    let (bodies, tokens) = (simulation.report(), ran(&by_events(&text), 60.0).0);
    assert_eq!(bodies.invalid_conditions, Vec::new());
    for path in ["filler.filled_kg", "dock.carton.count"] {
        let [bodies, tokens] = [&bodies, &tokens].map(|report| kpi(report, path));
        assert!((bodies - tokens).abs() <= 1.0 && bodies > 10.0, "{path}: {bodies}, with exact events {tokens}");
    }
    assert!(simulation.bulk().is_none() && start(&mixed("\"belt\", \"dosing\"")).bulk().is_some());
}

#[test]
fn a_save_in_mid_pour_and_whoever_looks_change_nothing() {
    for name in ["filling_bulk.ron", "bulk_dosing.ron", "bulk.ron"] {
        assert_same_bytes(&by_events(&text_of(name)), 7.0, 40.0);
    }
}
