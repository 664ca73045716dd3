//! What sorts parts: readers read at their rate and leave unset what they do not read, wheels carry off as friction lets
//! them, chutes let slide as the incline says, measures count what they say, and every part is accounted for, to the same
//! bytes.

use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{balance_of, repository_root, scene_from};

/// Four standard deviations of a count of `n` at probability `p`, and what rounding needs: fails once in 15,000 seeds.
fn spread(n: f64, p: f64) -> f64 {
    4.0 * (n * p * (1.0 - p)).sqrt() + 1.0
}

fn text_of(scene: &str) -> String {
    std::fs::read_to_string(repository_root().join("scenes").join(scene)).expect("a scene of the repository")
}

/// A run on two threads, with conservation counted from its events.
fn run(text: &str, seconds: f64) -> (Vec<Event>, KpiReport) {
    let mut simulation = Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() });
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    let report = simulation.report();
    let balance = balance_of(&events);
    assert_eq!(balance.entered, balance.left + report.line.parts.inside_at_end, "every part is accounted for");
    assert_eq!(report.invalid_conditions, Vec::new(), "the run is valid");
    (events, report)
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
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

/// Saved and loaded in the middle of motion, on one thread and on two.
fn assert_same_bytes(text: &str, saved_at_s: f64, until_s: f64) {
    let scene = scene_from(text);
    let options = |threads| SimulationOptions { threads, ..Default::default() };
    let whole = |threads| {
        let mut simulation = Simulation::new(scene.clone(), options(threads));
        simulation.run_until(Time::from_seconds(until_s));
        simulation.save()
    };
    let one = whole(1);
    assert!(one == whole(2) && one == whole(4), "one, two and four threads");
    let mut simulation = Simulation::new(scene.clone(), options(2));
    simulation.run_until(Time::from_seconds(saved_at_s));
    let bytes = simulation.save();
    let mut loaded = Simulation::load(scene.clone(), options(1), &bytes).expect("our own snapshot");
    assert!(loaded.save() == bytes, "a snapshot that is loaded and saved again");
    loaded.run_until(Time::from_seconds(until_s));
    loaded.take_events();
    assert_eq!(loaded.state_hash(), {
        simulation.run_until(Time::from_seconds(until_s));
        simulation.state_hash()
    });
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
