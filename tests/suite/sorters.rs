//! Sorters that move with their parts: shoes, cross-belts, trays. Promised: a part goes aside as the guide, friction and the
//! incline say, shoes stall where their force does not do, close followers go their own way, and a run saved in mid-motion goes
//! on to the same bytes.

use crate::sortation::{kpi, run, text_of};
use linetwin_model::Time;
use linetwin_sim::event::EventKind;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, scene_from};

const GRAVITY_MPS2: f64 = 9.81;
/// The promise of the laws [-].
const ONE_PERCENT: f64 = 0.01;

fn assert_within(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= ONE_PERCENT * expected.abs(), "{what}: {found}, expected {expected}");
}

/// What a quick tilt may leave of a part's speed along its tray [m/s].
const JOLT_MPS: f64 = 0.02;
/// What a carton may lag behind a belt that takes it along: its way in two steps [m].
const TAKEN_ALONG_M: f64 = 0.02;

/// Place [m] of the only part; `None`: it has left.
fn place(simulation: &Simulation) -> Option<[f64; 3]> {
    simulation.motions().first().map(|(_, motion)| motion.position.map(f64::from))
}

/// One part on a wide belt with shoes, and where it is at each step.
fn pushed(part: &str, shoes: &str) -> (Vec<[f64; 3]>, Simulation) {
    let text = format!(
        r#"Scene(schema: 1, name: "shoes", parts: {{ "part": {part} }}, materials: {{"card on slat": (friction: 0.4)}},
            line: {{
                "infeed": Source(part: "part", interarrival_s: 1, limit: 1, before: "slats"),
                "slats": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 1.6, speed_mps: 0.8, material: "slat"),
                "shoes": ShoeSorter(on: "slats", at_m: 4, side: Left, when: "mass_kg > 0", {shoes}),
                "off": Sink(after: "shoes.side"), "dock": Sink(after: "slats"),
            }})"#
    );
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
    let mut places = Vec::new();
    simulation.run_until(Time::from_seconds(1.5));
    while let Some(at) = place(&simulation).filter(|_| simulation.now() < Time::from_seconds(12.0)) {
        places.push(at);
        simulation.step();
    }
    (places, simulation)
}

/// The shoes beside a part are a wall that travels with the host and goes aside by the guide's tangent: so does the part,
/// once it lies along it. A face of rubber holds it there.
#[test]
fn a_part_goes_aside_as_fast_as_the_guide_says() {
    // It turns on its way, and the closer the guide is to the friction cone of rubber (35 degrees), the more it creeps along the
    // shoes in the solver.
    for (angle_deg, tolerance) in [(20.0_f64, 0.03), (30.0, 0.08)] {
        let (places, simulation) = pushed("Part(shape: Box(size_m: (0.4, 0.25, 0.2)), mass_kg: 4)", &format!("angle_deg: {angle_deg}"));
        let between = |from: f64, to: f64| {
            let inside: Vec<usize> = (0..places.len()).filter(|&step| (from..to).contains(&places[step][1])).collect();
            let (first, last) = (*inside.first().expect("it comes there"), *inside.last().expect("it comes there"));
            let seconds = (last - first) as f64 / 120.0;
            [0, 1].map(|axis| (places[last][axis] - places[first][axis]) / seconds)
        };
        let [ahead, aside] = between(0.35, 0.7);
        let near = |found: f64, expected: f64| (found - expected).abs() < tolerance * expected;
        assert!(near(ahead, 0.8), "it goes on with its host: {ahead} m/s");
        assert!(near(aside, 0.8 * libm::tan(angle_deg.to_radians())), "it goes aside with the shoes: {aside} m/s");
        assert_eq!(kpi(&simulation.report(), "off.parts_in"), 1.0);
    }
}

/// Two shoes, as long as the crate, against its friction.
#[test]
fn a_shoe_stalls_against_what_its_force_does_not_move() {
    let friction_n = 0.4 * 50.0 * GRAVITY_MPS2;
    for (share, goes) in [(0.42, false), (1.5, true)] {
        let (places, mut simulation) =
            pushed("Part(shape: Box(size_m: (0.3, 0.3, 0.1)), mass_kg: 50)", &format!("pitch_m: 0.15, force_n: {:.1}", share * friction_n));
        let aside_m = places.iter().map(|at| at[1]).fold(0.0, f64::max);
        let stalled = simulation.take_events().iter().any(|event| matches!(event.kind, EventKind::Stalled { .. }));
        assert_eq!((stalled, aside_m > 0.4), (!goes, goes), "twice {share} of the friction: {aside_m} m aside");
        assert_eq!(kpi(&simulation.report(), "line.missed_diverts"), f64::from(u8::from(!goes)));
    }
}

#[test]
fn shoes_divert_what_they_should_and_let_close_followers_pass() {
    let (events, report) = run(&text_of("shoes.ron"), 400.0);
    let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::Misrouted { .. } | EventKind::Missorted { .. } | EventKind::Dropped { .. })), 0);
    for sink in ["lane 1", "lane 2", "lane 3"] {
        assert!(kpi(&report, &format!("{sink}.carton.count")) > 80.0, "{sink}");
    }
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let total: f64 = element.states.iter().map(|state| state.time_s).sum();
        assert!((total - report.window.duration_s).abs() < 1e-6, "{}: {total} s", element.name);
    }
}

#[test]
fn shoes_that_cross_are_in_the_snapshot() {
    for saved_at_s in [31.2, 31.6, 32.0] {
        assert_same_bytes(&text_of("shoes.ron"), saved_at_s, 40.0);
    }
}

/// A wide sorter with one carton of friction 0.3 on it, and the rest of its line; its carriers give off to the left at 4 m.
fn sorter(carriers: &str) -> Simulation {
    let text = format!(
        r#"Scene(schema: 1, name: "sorter", materials: {{"card on pad": (friction: 0.3)}},
            parts: {{ "carton": Part(shape: Box(size_m: (0.3, 0.3, 0.1)), mass_kg: 4) }},
            line: {{
                "infeed": Source(part: "carton", interarrival_s: 1, limit: 1, before: "feeder"),
                "feeder": Belt(before: "loader", length_m: 1.5, width_m: 0.6, speed_mps: 0.5),
                "sorter": Loop(start_m: (0, 0, 2), path: [Ahead(8), Left(2, 180), Ahead(8), Left(2, 180)], speed_mps: 0.5, width_m: 3, material: "pad",
                               carriers: {carriers}),
                "loader": Loader(on: "sorter", at_m: 1, side: Right),
                "exit": Discharge(on: "sorter", at_m: 5, side: Left, when: "mass_kg > 0", length_m: 2, lead_m: 1),
                "off": Sink(after: "exit.side"),
            }})"#
    );
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
    // On its carrier, before that gives it off.
    while place(&simulation).is_none_or(|at| at[0] < 3.0 || at[1].abs() > 0.1) {
        simulation.step();
        assert!(simulation.now() < Time::from_seconds(60.0), "it is set on a carrier and rides");
    }
    simulation
}

fn velocity(simulation: &Simulation) -> [f64; 3] {
    simulation.motions().first().expect("the carton rides").1.linear_velocity.map(f64::from)
}

/// A belt that starts faster than friction takes a carton along leaves it behind by v^2 / (2 mu g), less what it needs itself
/// to start; one that starts more slowly takes it along.
#[test]
fn a_carton_lags_behind_a_cross_belt_as_friction_says() {
    let (v, mu) = (2.0_f64, 0.3_f64);
    for acceleration in [1000.0_f64, 2.5] {
        let mut simulation = sorter(&format!("CrossBelt(pitch_m: 1, speed_mps: {v}, acceleration_mps2: {acceleration})"));
        assert_within(velocity(&simulation)[0], 0.5, "it rides with its carrier");
        let aside = |simulation: &Simulation| place(simulation).expect("it is on its carrier")[1];
        let (mut begin, mut start_m) = (simulation.now(), 0.0);
        // From the step in which the middle of its carrier is where it begins to give off.
        while place(&simulation).is_some_and(|at| at[0] < 4.0) {
            (begin, start_m) = (simulation.now(), aside(&simulation));
            simulation.step();
        }
        simulation.run_until(begin + Time::from_seconds(0.9));
        let seconds = simulation.now().since(begin).as_seconds();
        let belt_m = v * seconds - v * v / (2.0 * acceleration);
        let behind_m = (v * v / (2.0 * mu * GRAVITY_MPS2) - v * v / (2.0 * acceleration)).max(0.0);
        let [ahead_mps, aside_mps, _] = velocity(&simulation);
        assert_within(aside_mps, v, "it has the belt's speed");
        assert_within(ahead_mps, 0.5, "and still that of its carrier");
        let way_m = aside(&simulation) - start_m;
        if behind_m > 0.0 {
            assert_within(belt_m - way_m, behind_m, "what it slips");
        } else {
            assert!((belt_m - way_m).abs() < TAKEN_ALONG_M, "{way_m} m, of the belt's {belt_m} m");
        }
    }
}

/// v^2 = v0^2 + 2 g s (sin a - mu cos a), across a tray that goes on meanwhile.
#[test]
fn a_carton_slides_off_a_tray_as_the_incline_says() {
    for tilt_deg in [25.0_f64, 40.0] {
        let mut simulation = sorter(&format!("TiltTray(pitch_m: 1, tilt_deg: {tilt_deg}, tilt_s: 0.1)"));
        let across = |simulation: &Simulation| {
            let (at, speed) = (place(simulation).expect("it is on its tray"), velocity(simulation));
            (at, libm::hypot(speed[1], speed[2]))
        };
        while across(&simulation).0[1] < 0.15 {
            simulation.step();
        }
        let (from, entry) = across(&simulation);
        let begin = simulation.now();
        while across(&simulation).0[1] < 0.9 {
            simulation.step();
        }
        let (to, exit) = across(&simulation);
        let way_m = libm::hypot(to[1] - from[1], to[2] - from[2]);
        let tilt = tilt_deg.to_radians();
        let gained = 2.0 * GRAVITY_MPS2 * way_m * (libm::sin(tilt) - 0.3 * libm::cos(tilt));
        assert_within(exit, (entry * entry + gained).sqrt(), &format!("speed across a tray at {tilt_deg} degrees"));
        let ahead_mps = (to[0] - from[0]) / simulation.now().since(begin).as_seconds();
        assert!((ahead_mps - 0.5).abs() < JOLT_MPS, "it goes on with its tray: {ahead_mps} m/s");
        simulation.run_until(simulation.now() + Time::from_seconds(5.0));
        assert_eq!(kpi(&simulation.report(), "off.parts_in"), 1.0);
    }
}

#[test]
fn carriers_give_off_what_they_should_and_what_they_cannot_goes_round() {
    for (scene, sinks) in [("crossbelt.ron", ["lane 1", "lane 2", "lane 3"]), ("tilttray.ron", ["lane 1", "lane 2", "lane 3"])] {
        let (events, report) = run(&text_of(scene), 500.0);
        let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
        let wrong = count(|kind| matches!(kind, EventKind::Misrouted { .. } | EventKind::Missorted { .. } | EventKind::Dropped { .. }));
        assert_eq!(wrong, 0, "{scene}");
        for sink in sinks {
            assert!(kpi(&report, &format!("{sink}.parts_in")) > 50.0, "{scene}: {sink}");
        }
        for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
            let total: f64 = element.states.iter().map(|state| state.time_s).sum();
            assert!((total - report.window.duration_s).abs() < 1e-6, "{}: {total} s", element.name);
        }
    }
    let again = kpi(&run(&text_of("crossbelt.ron"), 500.0).1, "line.recirculated_share");
    assert!(again > 0.005, "{again} of the passes at the reader were not the first");
}

#[test]
fn carriers_that_give_off_are_in_the_snapshot() {
    for scene in ["crossbelt.ron", "tilttray.ron"] {
        for saved_at_s in [31.1, 31.5] {
            assert_same_bytes(&text_of(scene), saved_at_s, 38.0);
        }
    }
}

/// One box on nine chains far apart, a blade, and belts between the chains that carry it off to the left at 1.5 m/s.
fn lifted() -> Simulation {
    let text = r#"Scene(schema: 1, name: "transfer", materials: {"card on pad": (friction: 0.3)},
        parts: { "box": Part(shape: Box(size_m: (0.5, 0.8, 0.1)), mass_kg: 6) },
        line: {
            "infeed": Source(part: "box", interarrival_s: 1, limit: 1, left_m: -0.6, before: "chains"),
            "chains": ChainConveyor(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 2.4, strands: 9, speed_mps: 0.4),
            "square": PopUp(on: "chains", at_m: 3, side: Left, length_m: 0.7, angle_deg: 90, speed_mps: 1.5, lift_m: 0.02, rise_s: 0.4, stops: true,
                            material: "pad", when: "mass_kg > 0"),
            "off": Sink(after: "square.side"), "dock": Sink(after: "chains"),
        })"#;
    Simulation::new(scene_from(text), SimulationOptions { threads: 1, ..Default::default() })
}

/// Belts that rise under a part which stands lift it by what they rise, and take it aside with mu g until it is as fast as they are.
#[test]
fn a_box_that_is_lifted_off_its_chains_goes_aside_as_friction_says() {
    let (v, mu) = (1.5, 0.3);
    let mut simulation = lifted();
    while simulation.motions().is_empty() || velocity(&simulation)[1] < 0.05 {
        simulation.step();
        assert!(simulation.now() < Time::from_seconds(30.0), "it is carried off");
    }
    let stood = place(&simulation).expect("it is there");
    assert!((stood[0] - (3.35 - 0.25)).abs() < 0.005, "it stands against the blade: {stood:?}");
    // The belts are up by then, and no longer press.
    let later = |simulation: &mut Simulation, seconds: f64| simulation.run_until(simulation.now() + Time::from_seconds(seconds));
    later(&mut simulation, 0.25);
    let (begin, before) = (simulation.now(), velocity(&simulation));
    later(&mut simulation, 0.15);
    let after = velocity(&simulation);
    assert_within(after[1] - before[1], mu * GRAVITY_MPS2 * simulation.now().since(begin).as_seconds(), "what it gains while it slips");
    let lifted_m = place(&simulation).expect("it is there")[2] - 0.85;
    assert!((lifted_m - 0.02).abs() < 0.0005, "lifted by {lifted_m} m");
    later(&mut simulation, 0.35);
    assert_within(velocity(&simulation)[1], v, "the speed of the belts");
    assert!(velocity(&simulation)[0].abs() < 0.02, "it goes square to its way: {:?}", velocity(&simulation));
    later(&mut simulation, 5.0);
    let report = simulation.report();
    assert_eq!((report.invalid_conditions.len(), kpi(&report, "off.box.count"), kpi(&report, "line.misroutes")), (0, 1.0, 0.0));
}

#[test]
fn totes_are_carried_off_between_strands_and_runs_go_on_to_the_same_bytes() {
    let text = text_of("transfer.ron");
    let (events, report) = run(&text, 400.0);
    assert_eq!(report.invalid_conditions, Vec::new());
    assert_eq!(report.production_events, Vec::new());
    for (path, least) in [("dock 1.tote.count", 8.0), ("dock 2.tote.count", 8.0), ("dock.tote.count", 8.0), ("square.cycles", 8.0)] {
        assert!(kpi(&report, path) >= least, "{path}: {}", kpi(&report, path));
    }
    assert_eq!((kpi(&report, "line.missorted"), kpi(&report, "line.misroutes")), (0.0, 0.0));
    for name in ["square", "wheels", "chains", "strips"] {
        let states = report.flat().into_iter().filter(|kpi| kpi.path.starts_with(&format!("{name}.state.")));
        let sum: f64 = states.filter_map(|kpi| kpi.value).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{name}: states add up to the time: {sum}");
    }
    let balance = linetwin_tests::balance_of(&events);
    assert_eq!(balance.entered, balance.left + report.line.parts.inside_at_end);

    // Saved while one of them is lifted and goes aside.
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions::default());
    let aside = |simulation: &Simulation| {
        let motions = simulation.motions();
        motions.iter().any(|(_, motion)| motion.position[0] < 5.0 && motion.linear_velocity[1] > 0.2 && motion.position[1].abs() < 0.1)
    };
    while !aside(&simulation) {
        simulation.step();
        assert!(simulation.now() < Time::from_seconds(120.0), "one goes aside");
    }
    let saved_at_s = simulation.now().as_seconds();
    assert_same_bytes(&text, saved_at_s, saved_at_s + 30.0);
}

/// Boxes of which the vertical leaves the base on a tilted tray, and which slide off it because their friction is lower than
/// what tips them: on the trays none of them counts as tipped over.
#[test]
fn what_slides_on_a_tilted_tray_is_not_told_as_tipped_over() {
    let size = "(Uniform(min: 0.2, max: 0.4), Uniform(min: 0.2, max: 0.35), Uniform(min: 0.05, max: 0.15))";
    let text = text_of("tilttray.ron").replace(size, "(0.2, 0.2, 0.28)");
    assert!(text.contains("(0.2, 0.2, 0.28)") && 0.2 / 0.28 < f64::tan(38.0_f64.to_radians()));
    let scene = scene_from(&text);
    let trays = scene.element_named("trays").expect("it is there");
    let (events, report) = run(&text, 150.0);
    let tips = events.iter().filter(|event| match &event.kind {
        EventKind::Incident(incident) => incident.element == trays && incident.kind == linetwin_sim::incident::IncidentKind::Tip,
        _ => false,
    });
    assert_eq!(tips.count(), 0);
    assert!(kpi(&report, "exit 2.cycles") > 8.0, "they are given off");
}

/// Shoes go with the part for which they were sent out, whomever the switch means when that comes to their middle.
#[test]
fn exact_events_send_shoes_with_close_followers_as_contact_physics_does() {
    let text = |fidelity: &str| {
        format!(
            "Scene(schema: 1, name: \"close\", seed: 5, fidelity: {fidelity},
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.40, 0.30, 0.2)), mass_kg: 4) }}, line: {{
                \"in\": Source(part: \"carton\", interarrival_s: Uniform(min: 0.8, max: 1.6), before: \"belt\",
                    sets: {{\"lane\": Discrete(values: [0, 1], weights: [1, 2])}}),
                \"belt\": Belt(from_m: (0, 0, 1), to_m: (8, 0, 1), width_m: 0.6, speed_mps: 0.5),
                \"shoes\": ShoeSorter(on: \"belt\", at_m: 5, side: Left, when: \"lane == 1\"),
                \"off\": Sink(after: \"shoes.side\"), \"dock\": Sink(after: \"belt\") }})"
        )
    };
    let [contact, event] = ["Contact", "Event"].map(|fidelity| run(&text(fidelity), 200.0).1);
    for report in [&contact, &event] {
        let [off, missed] = ["off.parts_in", "shoes.missed_diverts"].map(|path| kpi(report, path));
        assert!(off > 90.0 && missed < 0.03 * off, "{off} taken off, {missed} missed");
        assert!(kpi(report, "line.misroutes") < 0.05 * off, "{} went another way", kpi(report, "line.misroutes"));
    }
    let [a, b] = [&contact, &event].map(|report| kpi(report, "off.parts_in"));
    assert!((a - b).abs() < 0.1 * a, "{a} with contacts, {b} by events");
}
