//! What sorts parts: readers read at their rate and leave unset what they do not read, wheels and arms take off as friction lets
//! them, chutes let slide as the incline says, measures count what they say, and every part is accounted for, to the same
//! bytes.

use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{DivertMiss, Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, balance_of, repository_root, scene_from};

/// Four standard deviations of a count of `n` at probability `p`, and what rounding needs: fails once in 15,000 seeds.
fn spread(n: f64, p: f64) -> f64 {
    4.0 * (n * p * (1.0 - p)).sqrt() + 1.0
}

pub fn text_of(scene: &str) -> String {
    std::fs::read_to_string(repository_root().join("scenes").join(scene)).expect("a scene of the repository")
}

/// A run on two threads, with conservation counted from its events.
pub fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    let report = simulation.report();
    let balance = balance_of(&events);
    assert_eq!(balance.entered, balance.left + report.line.parts.inside_at_end, "every part is accounted for");
    assert_eq!(report.invalid_conditions, Vec::new(), "the run is valid");
    (events, report)
}

pub fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

#[test]
fn a_reader_misses_at_its_rate_and_what_it_missed_goes_to_the_end() {
    let (events, report) = run(&text_of("scanner.ron"), 900.0);
    let passes = kpi(&report, "reader.cycles");
    let missed = kpi(&report, "reader.no_reads");
    assert!(passes > 300.0, "{passes} passes");
    assert!((missed - 0.1 * passes).abs() < spread(passes, 0.1), "{missed} no-reads of {passes}");
    assert!((kpi(&report, "reader.no_read_share") - missed / passes).abs() < 0.01);
    assert_eq!(kpi(&report, "reader.passes_per_part"), 1.0, "nothing comes round again on a straight belt");
    assert_eq!(kpi(&report, "line.missorted"), 0.0);
    // Two of three are born for lane 1.
    let (first, second) = (kpi(&report, "lane 1.carton.count"), kpi(&report, "lane 2.carton.count"));
    assert!((first - (first + second) * 2.0 / 3.0).abs() < spread(first + second, 2.0 / 3.0), "{first} and {second}");
    let ends = events.iter().filter(|event| matches!(event.kind, EventKind::NoRead { .. })).count() as f64;
    let rejected = events.iter().filter(|event| matches!(event.kind, EventKind::PartLeft { element, .. } if element.0 == 7)).count() as f64;
    assert!(ends - rejected <= 4.0 && rejected <= ends, "{ends} not read, {rejected} at the end: the rest is on its way");
}

#[test]
fn a_part_at_a_sink_that_does_not_receive_it_is_missorted() {
    // Labels say 1 for every part, whatever its lane: each part of lane 2 is missorted.
    let text = text_of("scanner.ron").replace("read_rate: 0.9", "read_rate: 1").replace("seen_lane == 1", "seen_lane > 0");
    let (events, report) = run(&text, 300.0);
    let wrong = events.iter().filter(|event| matches!(event.kind, EventKind::Missorted { .. })).count();
    assert!(wrong > 20, "{wrong} missorted");
    assert!((kpi(&report, "line.missorted_share") - 1.0 / 3.0).abs() < 0.2);
    assert_eq!(kpi(&report, "line.missorted"), kpi(&report, "lane 1.missorted"));
}

#[test]
fn readers_and_their_passes_are_in_the_snapshot() {
    assert_same_bytes(&text_of("scanner.ron"), 20.3, 40.0);
}

const GRAVITY_MPS2: f64 = 9.81;
/// The promise of the laws [-].
const ONE_PERCENT: f64 = 0.01;

fn assert_within(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= ONE_PERCENT * expected.abs(), "{what}: {found}, expected {expected}");
}

/// Place [m] and speed [m/s] of the only part.
fn motion(simulation: &Simulation) -> ([f64; 3], [f64; 3]) {
    let motion = simulation.motions().first().expect("the part is on its way").1;
    (motion.position.map(f64::from), motion.linear_velocity.map(f64::from))
}

/// Wheels at 60 degrees under a carton that comes with the belt: seen from them it slides with w = v - u, and friction
/// takes that away along its own direction. Until it sticks it slips |w|^2 / (2 mu g), it then moves with the wheels, and it
/// has gone aside by half of u's share times the time |w| / (mu g).
#[test]
fn a_carton_on_wheels_slips_and_goes_aside_as_friction_says() {
    let (v, mu, angle) = (0.8_f64, 0.4_f64, std::f64::consts::FRAC_PI_3);
    let text = format!(
        r#"Scene(schema: 1, name: "slip", materials: {{"card on wheel": (friction: {mu})}},
            parts: {{ "carton": Part(shape: Box(size_m: (0.3, 0.3, 0.1)), mass_kg: 4) }},
            line: {{
                "infeed": Source(part: "carton", interarrival_s: 1, limit: 1, before: "belt"),
                "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 2, speed_mps: {v}),
                "wheels": PopUp(on: "belt", at_m: 3, length_m: 3.2, angle_deg: 60, rise_s: 0, when: "mass_kg > 0", side: Left, material: "wheel"),
                "off": Sink(after: "wheels.side"), "dock": Sink(after: "belt"),
            }})"#
    );
    // Let them rise below the carton as a whole: while the line's own diverter is held down by hand.
    let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
    let force = |simulation: &mut Simulation, out: bool| {
        let force = Some(linetwin_sim::io::IoValue::Bool(out));
        let command = linetwin_sim::io::Command { step: simulation.step_count(), sequence: 0, point: "wheels.divert".to_owned(), force };
        simulation.command(&command).expect("the point exists");
    };
    force(&mut simulation, false);
    simulation.run_until(Time::from_seconds(1.0 + 2.3 / v));
    let (from, speed) = motion(&simulation);
    assert_within(speed[0], v, "before they rise it moves with the belt");
    force(&mut simulation, true);
    let u = [v * libm::cos(angle), v * libm::sin(angle)];
    let w = [v - u[0], -u[1]];
    let slip_mps = libm::hypot(w[0], w[1]);
    let slip_s = slip_mps / (mu * GRAVITY_MPS2);
    // Half a second: it slips, and then rides.
    let begin = simulation.now();
    simulation.run_until(begin + Time::from_seconds(0.5));
    let (to, speed) = motion(&simulation);
    assert_within(speed[0], u[0], "speed with the wheels");
    assert_within(speed[1], u[1], "speed aside");
    // In the first step the wheels are not yet told; that step it still rides on the belt.
    let time_s = simulation.now().since(begin).as_seconds();
    assert_within(to[1] - from[1], u[1] * (time_s - slip_s / 2.0), "way aside");
    assert_within(to[0] - from[0], u[0] * time_s + w[0] * slip_s / 2.0, "way ahead");
}

/// v^2 = v0^2 + 2 g L (sin a - mu cos a).
#[test]
fn a_carton_leaves_a_chute_as_fast_as_the_incline_says() {
    for (mu, fall_deg) in [(0.2, 25.0), (0.3, 30.0), (0.1, 12.0)] {
        let text = format!(
            r#"Scene(schema: 1, name: "chute", materials: {{"card on slide": (friction: {mu})}},
                parts: {{ "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.1)), mass_kg: 4) }},
                line: {{
                    "infeed": Source(part: "carton", interarrival_s: 1, limit: 1, before: "chute"),
                    "chute": Chute(from_m: (0, 0, 4), length_m: 5, fall_deg: {fall_deg}, width_m: 0.6, material: "slide"),
                    "end": Sink(after: "chute"),
                }})"#
        );
        let mut simulation = Simulation::new(scene_from(&text), SimulationOptions { threads: 1, ..Default::default() });
        // Settled on the slope, then down to a metre before its end.
        simulation.run_until(Time::from_seconds(1.3));
        let (start, entry) = motion(&simulation);
        let length = |a: [f64; 3]| (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt();
        let mut end = (start, entry);
        while length(std::array::from_fn(|axis| end.0[axis] - start[axis])) < 3.0 {
            simulation.step();
            end = motion(&simulation);
        }
        let way_m = length(std::array::from_fn(|axis| end.0[axis] - start[axis]));
        let angle = fall_deg * std::f64::consts::PI / 180.0;
        let gained = 2.0 * GRAVITY_MPS2 * way_m * (libm::sin(angle) - mu * libm::cos(angle));
        assert_within(length(end.1), (length(entry).powi(2) + gained).sqrt(), &format!("{mu} at {fall_deg} degrees"));
    }
}

#[test]
fn wheels_divert_what_they_should_and_nothing_else() {
    let (events, report) = run(&text_of("popup.ron"), 600.0);
    let count = |wanted: fn(&EventKind) -> bool| events.iter().filter(|event| wanted(&event.kind)).count();
    assert_eq!(count(|kind| matches!(kind, EventKind::Misrouted { .. } | EventKind::Missorted { .. } | EventKind::Dropped { .. })), 0);
    for sink in ["lane 1", "lane 2", "dock"] {
        assert!(kpi(&report, &format!("{sink}.carton.count")) > 40.0, "{sink}");
    }
    // States add up to the window, of every element that has states.
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let total: f64 = element.states.iter().map(|state| state.time_s).sum();
        assert!((total - report.window.duration_s).abs() < 1e-6, "{}: {total} s", element.name);
    }
}

#[test]
fn wheels_that_are_up_are_in_the_snapshot() {
    assert_same_bytes(&text_of("popup.ron"), 31.4, 45.0);
}

/// A belt with a reader of `lane` and an arm for those that have one, an `obstacle` between the two, and `tail` behind.
fn arm_scene(arm: &str, obstacle: &str) -> String {
    format!(
        r#"Scene(schema: 1, name: "arm", materials: {{"card on face": (friction: 0.45), "card on glue": (friction: 0.75)}},
            parts: {{ "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 4) }},
            line: {{
                "infeed": Source(part: "carton", interarrival_s: 4, sets: {{"lane": 1, "late": Discrete(values: [0, 1], weights: [1, 1])}}, before: "belt"),
                "belt": Belt(from_m: (0, 0, 0.8), to_m: (7, 0, 0.8), width_m: 0.6, speed_mps: 0.8),
                "reader": Scanner(on: "belt", at_m: 1, reads: "lane", sets: "seen"),
                {obstacle}
                "arm": SwingArm(on: "belt", at_m: 5, side: Right, when: "seen == 1", {arm}),
                "off": Sink(after: "arm.side"), "dock": Sink(after: "belt"),
            }})"#
    )
}

/// The belt pulls a part against the paddle, along which it slides within the friction cone. Beyond it a part should stand;
/// pressed by a belt against something steep, friction is short in the solver, and it creeps at 2 cm/s: several times slower.
#[test]
fn a_part_slides_along_an_arm_within_the_friction_cone_and_sticks_beyond_it() {
    let longest_s = |arm: &str| {
        let (_, report) = run(&arm_scene(arm, "").replace("interarrival_s: 4", "interarrival_s: 4, limit: 1"), 60.0);
        assert_eq!(kpi(&report, "line.misroutes") + kpi(&report, "line.drops"), 0.0);
        assert_eq!(kpi(&report, "off.parts_in"), 1.0, "{arm}");
        kpi(&report, "line.lead_time_max_s")
    };
    // From the infeed to the arm it takes 6 s.
    let within_s = longest_s(r#"angle_deg: 60, material: "face""#);
    let beyond_s = longest_s(r#"angle_deg: 80, material: "glue""#);
    assert!(within_s < 8.0 && beyond_s - 6.0 > 5.0 * (within_s - 6.0), "{within_s} s and {beyond_s} s");
}

/// Half the cartons are held up for a second between reader and arm: they come where the encoder does not expect them.
#[test]
fn what_comes_outside_its_window_is_a_missed_divert() {
    let hold = r#""brake": Stop(on: "belt", at_m: 2.5, length_m: 0.6, hold_s: 1, when: "late == 1"),"#;
    let arm = arm_scene(r#"track: Track(from: "reader")"#, hold);
    let pusher = arm.replace("SwingArm(", "Pusher(stroke_s: 0.4, ");
    for (text, by) in [(arm, "arm"), (pusher, "pusher")] {
        assert_half_is_missed(&text, by);
    }
    // Known for certain, none is missed.
    assert_eq!(kpi(&run(&arm_scene("swing_s: 0.3", hold), 400.0).1, "arm.missed_diverts"), 0.0);
}

fn assert_half_is_missed(text: &str, by: &str) {
    let (events, report) = run(text, 400.0);
    let missed = kpi(&report, "arm.missed_diverts");
    let windows =
        events.iter().filter(|event| matches!(event.kind, EventKind::DivertMissed { why: DivertMiss::Window, .. })).count() as f64;
    assert_eq!((missed, kpi(&report, "line.missed_diverts")), (windows, windows), "{by}");
    let passed = kpi(&report, "reader.cycles");
    assert!((missed - passed / 2.0).abs() < spread(passed, 0.5), "{by}: {missed} missed of {passed}");
    assert!((kpi(&report, "dock.parts_in") - missed).abs() <= 2.0, "{by}: what is missed goes on");
    assert_eq!(kpi(&report, "line.misroutes"), 0.0, "{by}: nobody sent it another way");
}

#[test]
fn while_a_lane_is_full_its_parts_pass() {
    let (events, report) = run(&text_of("swingarm.ron"), 900.0);
    let full = events.iter().filter(|event| matches!(event.kind, EventKind::LaneFull { .. })).count();
    assert!(full > 5, "{full} let pass");
    assert!(kpi(&report, "lane 1.parts_in") > 90.0, "{}", kpi(&report, "lane 1.parts_in"));
    for path in ["line.missorted", "line.missed_diverts", "line.misroutes", "line.drops"] {
        assert_eq!(kpi(&report, path), 0.0, "{path}");
    }
}

/// Ten newtons do not move a crate of 60 kg that stands on a belt; four hundred do.
#[test]
fn an_arm_stalls_against_what_its_force_does_not_move() {
    let scene = |force_n: f64| {
        scene_from(&format!(
            r#"Scene(schema: 1, name: "stall", parts: {{ "crate": Part(shape: Box(size_m: (0.5, 0.4, 0.3)), mass_kg: 60) }},
                line: {{
                    "infeed": Source(part: "crate", interarrival_s: 1, limit: 1, before: "belt"),
                    "belt": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
                    "arm": SwingArm(on: "belt", at_m: 3, side: Left, when: "mass_kg < 0", force_n: {force_n}),
                    "stop": Stop(on: "belt", at_m: 3, length_m: 1, hold_s: 1000),
                    "off": Sink(after: "arm.side"), "dock": Sink(after: "belt"),
                }})"#
        ))
    };
    for (force_n, moves) in [(10.0, false), (600.0, true)] {
        let mut simulation = Simulation::new(scene(force_n), SimulationOptions { threads: 1, ..Default::default() });
        simulation.run_until(Time::from_seconds(10.0));
        let before = motion(&simulation).0;
        let force = Some(linetwin_sim::io::IoValue::Bool(true));
        let command = linetwin_sim::io::Command { step: simulation.step_count(), sequence: 0, point: "arm.divert".to_owned(), force };
        simulation.command(&command).expect("the point exists");
        simulation.run_until(Time::from_seconds(13.0));
        let stalled = simulation.take_events().iter().any(|event| matches!(event.kind, EventKind::Stalled { .. }));
        let moved_m = simulation.motions().first().map_or(1.0, |motion| (f64::from(motion.1.position[1]) - before[1]).abs());
        assert_eq!((stalled, moved_m > 0.05), (!moves, moves), "{force_n} N: it went {moved_m} m aside");
    }
}

#[test]
fn arms_and_what_the_encoder_follows_are_in_the_snapshot() {
    // In the middle of a swing: the first carton of lane 1 is on its way between reader and arm.
    for saved_at_s in [31.2, 31.3, 31.4, 33.0] {
        assert_same_bytes(&text_of("swingarm.ron"), saved_at_s, 40.0);
    }
}

/// Clear way between parts behind an induction, from the times of a photo-eye on a belt of the same speed: never less than
/// asked, and of a queue that presses no more than a start from rest adds.
#[test]
fn an_induction_sets_a_queue_out_with_its_gap() {
    let (gap_m, speed_mps) = (0.6, 0.5);
    let text = format!(
        r#"Scene(schema: 1, name: "gap", parts: {{ "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.2)), mass_kg: 4) }},
            line: {{
                "infeed": Source(part: "carton", interarrival_s: 1, before: "queue"),
                "queue": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.34, speed_mps: {speed_mps}, rails: Both),
                "induction": Induction(on: "queue", at_m: -0.4, gap_m: {gap_m}),
                "belt": Belt(after: "queue", length_m: 4),
                "eye": Eye(on: "belt", at_m: 2, height_m: 0.05),
                "dock": Sink(after: "belt"),
            }})"#
    );
    let eye = scene_from(&text).element_named("eye").expect("the scene has one");
    let (events, _) = run(&text, 200.0);
    let (mut clear_since, mut gaps_m) = (None, Vec::new());
    for event in &events {
        match event.kind {
            EventKind::EyeCleared { element, .. } if element == eye => clear_since = Some(event.at),
            EventKind::EyeBlocked { element, .. } if element == eye => {
                gaps_m.extend(clear_since.map(|since| event.at.since(since).as_seconds() * speed_mps));
            }
            _ => {}
        }
    }
    assert!(gaps_m.len() > 70, "{} gaps", gaps_m.len());
    let (least, most) = gaps_m.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), gap| (low.min(*gap), high.max(*gap)));
    assert!(least > 0.98 * gap_m && most < gap_m + 0.12, "{least} to {most} m");
}

/// Ten minutes of the whole sorter at its speed: parts come round again, hardly any jams, and nothing ends in a wrong lane.
#[test]
fn the_sorter_sorts_and_what_it_cannot_comes_round_again() {
    let (events, report) = run(&text_of("sortation.ron"), 600.0);
    let within = |path: &str, low: f64, high: f64| {
        let found = kpi(&report, path);
        assert!((low..=high).contains(&found), "{path}: {found}, expected {low} to {high}");
    };
    within("line.throughput_per_h", 1000.0, 1400.0);
    within("line.no_read_share", 0.005, 0.08);
    within("line.recirculated_share", 0.01, 0.2);
    within("line.missorted_share", 0.0, 0.02);
    within("line.jams", 0.0, 5.0);
    let again = events.iter().filter(|event| matches!(event.kind, EventKind::NoRead { .. } | EventKind::LaneFull { .. })).count();
    assert!(again > 5, "{again} were not read or had a full lane");
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let total: f64 = element.states.iter().map(|state| state.time_s).sum();
        assert!((total - report.window.duration_s).abs() < 1e-6, "{}: {total} s", element.name);
    }
}

#[test]
fn gaps_that_run_are_in_the_snapshot() {
    assert_same_bytes(&text_of("induction.ron"), 21.3, 30.0);
}

#[test]
fn the_sorter_is_in_the_snapshot() {
    assert_same_bytes(&text_of("sortation.ron"), 63.2, 75.0);
}
