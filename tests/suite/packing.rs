//! Containers on contact physics and on exact events. Promised: what is packed is in exactly one place and
//! leaves with its container; a packed case, a loaded pallet weigh what is in them and turn as it does; packers and
//! palletisers keep their time, say which port starves them, and stop when the full container cannot leave; what a
//! depalletiser and an unpacker give back is what was packed; the same bytes on one thread and two, and after a save in
//! the middle of a cycle.

use linetwin_model::Time;
use linetwin_model::report::{ElementReport, KpiReport};
use linetwin_model::scene::{Fidelity, Scene};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::parts::{DrawnShape, Part, Parts, Place};
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{repository_root, scene_from};
use std::sync::Arc;

/// Sums of a few hundred products of masses and metres.
const TOLERANCE: f64 = 1e-9;

fn file(name: &str) -> Arc<Scene> {
    scene_from(&std::fs::read_to_string(repository_root().join("scenes").join(name)).expect("a scene of this repository"))
}

/// Twelve cubes of 0.06 m into a case, every `cube_s`; the case goes onto a belt.
fn case_line(cube_s: f64, erector: &str, packer: &str, behind: &str) -> Arc<Scene> {
    scene_from(&format!(
        "Scene(schema: 1, name: \"case\", parts: {{
            \"cube\": Part(shape: Box(size_m: (0.06, 0.06, 0.06)), mass_kg: 0.2, material: \"plastic\"),
            \"case\": Part(shape: OpenBox(size_m: (0.26, 0.20, 0.10)), mass_kg: 0.3, holds: Grid(part: \"cube\", n: (4, 3, 1))),
        }}, line: {{
            \"cubes\": Source(part: \"cube\", interarrival_s: {cube_s}, before: \"lane\"),
            \"lane\": Belt(from_m: (0, 0, 0.9), to_m: (2, 0, 0.9), width_m: 0.08, speed_mps: 0.5, rails: Both),
            \"packer\": Packer(after: \"lane\", into: \"case\", {packer}),
            \"erector\": Source(part: \"case\", {erector}, before: \"packer.empties\"),
            {behind}
        }})"
    ))
}

const AWAY: &str = "\"away\": Belt(after: \"packer\", length_m: 1.5), \"dock\": Sink(after: \"away\"),";

fn start(scene: &Arc<Scene>, threads: usize, fidelity: Fidelity) -> Simulation {
    let scene = Arc::new(Scene { fidelity, ..(**scene).clone() });
    Simulation::new(scene, SimulationOptions { threads, ..Default::default() })
}

fn run(scene: &Arc<Scene>, seconds: f64, fidelity: Fidelity) -> (Simulation, Vec<Event>) {
    let mut simulation = start(scene, 1, fidelity);
    simulation.run_until(Time::from_seconds(seconds));
    let events = simulation.take_events();
    (simulation, events)
}

fn element<'a>(report: &'a KpiReport, name: &str) -> &'a ElementReport {
    report.elements.iter().find(|element| element.name == name).expect("an element of the scene")
}

fn state_share(report: &KpiReport, name: &str, state: ElementState, port: Option<&str>) -> f64 {
    let states = element(report, name).states.iter();
    states.filter(|entry| entry.state == state.name() && entry.port.as_deref() == port).map(|entry| entry.share).sum()
}

fn count_left(report: &KpiReport, sink: &str, part: &str) -> u64 {
    element(report, sink).left_by_part.iter().find(|row| row.part == part).expect("every type has a row").count
}

fn assert_sound(report: &KpiReport) {
    assert!(report.invalid_conditions.is_empty(), "{:?}", report.invalid_conditions);
    assert!(report.production_events.is_empty(), "{:?}", report.production_events);
    for element in report.elements.iter().filter(|element| !element.states.is_empty()) {
        let sum: f64 = element.states.iter().map(|state| state.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{}: states add up to the time, not {sum}", element.name);
    }
}

/// Everything that is in a part, all the way down.
fn content<'a>(parts: &'a Parts, part: &'a Part) -> Vec<&'a Part> {
    let inside = part.content.iter().filter_map(|id| parts.get(*id));
    inside.flat_map(|inside| std::iter::once(inside).chain(content(parts, inside))).collect()
}

#[test]
fn what_is_packed_weighs_and_leaves_with_its_container() {
    let scene = file("packing.ron");
    let mut simulation = start(&scene, 1, Fidelity::Contact);
    let mut loaded = 0;
    for second in 1..=150_u32 {
        simulation.run_until(Time::from_seconds(f64::from(second)));
        let parts = simulation.parts();
        for (_, part) in parts.iter().filter(|(_, part)| !part.content.is_empty()) {
            let mass_kg = part.own.0 + part.content.iter().map(|id| parts.get(*id).expect("it is inside").mass_kg).sum::<f64>();
            assert!((part.mass_kg - mass_kg).abs() < TOLERANCE, "a container weighs what it holds");
            if let DrawnShape::Loaded(_) = part.shape {
                let layers = part.content.len() as f64 / 4.0;
                assert!((part.shape.size_m()[2] - (0.12 + 0.18 * layers.ceil())).abs() < TOLERANCE, "the pallet grows with its layers");
                loaded += 1;
            }
        }
    }
    assert!(loaded > 10, "pallets were loaded: {loaded}");
    let report = simulation.report();
    assert_sound(&report);
    let (pallets, cases, bottles) =
        (count_left(&report, "dock", "pallet"), count_left(&report, "dock", "case"), count_left(&report, "dock", "bottle"));
    assert!(pallets >= 1, "{report:?}");
    assert_eq!((cases, bottles), (8 * pallets, 96 * pallets), "content leaves with its container, each type for itself");
    assert_eq!(report.line.parts.good, pallets + cases + bottles);
    let exact = simulation.report();
    assert_eq!(exact.line.parts.inside_at_end, simulation.parts().inside());
}

#[test]
fn wip_is_the_sum_of_stays_with_content_inside_containers() {
    let scene = file("packing.ron");
    let (simulation, events) = run(&scene, 90.0, Fidelity::Contact);
    let mut measures = linetwin_sim::metrics::Metrics::new(&scene);
    for event in &events {
        measures.observe(&scene, event);
    }
    let exact = measures.exact(&scene, simulation.settled());
    assert!(exact.stays > 0);
    assert_eq!(exact.wip_integral, exact.stays, "WIP = sum of stays, to the nanosecond");
    assert_eq!(exact.lead_ns, exact.split_ns.iter().sum::<u128>());
    for (element, sum) in exact.state_sums_ns {
        assert_eq!(sum, exact.window_ns, "{}", scene.element(element).name);
    }
}

#[test]
fn a_full_case_turns_like_its_content() {
    let scene = case_line(0.2, "cycle_s: 1", "cycle_s: 2", AWAY);
    let (simulation, _) = run(&scene, 12.0, Fidelity::Contact);
    let full = simulation.parts().iter().map(|(_, part)| part).find(|part| part.content.len() == 12).expect("a full case");
    // Twelve cubes of 0.06 m and 0.2 kg, side by side, are a block of 0.24 x 0.18 x 0.06 m and 2.4 kg on the bottom of
    // 4 mm; the shell of 0.3 kg adds its own, which lies within the difference of a solid and a hollow box.
    let block = [0.18_f64.powi(2) + 0.06_f64.powi(2), 0.24_f64.powi(2) + 0.06_f64.powi(2), 0.24_f64.powi(2) + 0.18_f64.powi(2)];
    let inertia = full.inertia_kgm2.expect("it holds something");
    for axis in 0..3 {
        let of_block = 2.4 / 12.0 * block[axis];
        assert!(inertia[axis] > of_block && inertia[axis] < 1.5 * of_block, "axis {axis}: {} and {of_block}", inertia[axis]);
    }
    assert!((full.mass_kg - 2.7).abs() < TOLERANCE);
    assert!(full.centre_of_mass_m[2] < -0.01 && full.centre_of_mass_m[0].abs() < TOLERANCE, "the load lies low and in the middle");
}

#[test]
fn a_packer_takes_its_time_and_no_more() {
    for fidelity in [Fidelity::Contact, Fidelity::Event] {
        // 12 cubes in 2.4 s, a cycle of 4 s: the packer is what limits.
        let scene = case_line(0.2, "cycle_s: 1", "cycle_s: 4", AWAY);
        let (simulation, events) = run(&scene, 60.0, fidelity);
        let packer = scene.element_named("packer").expect("it is there");
        let ends: Vec<f64> = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::CycleEnded { element, .. } if element == packer))
            .map(|event| event.at.as_seconds())
            .collect();
        assert!(ends.len() >= 10, "{fidelity:?}: {ends:?}");
        // The next twelve stand ready, and the case is handed over in the moment the last one leaves.
        let mean_s = (ends[ends.len() - 1] - ends[2]) / (ends.len() - 3) as f64;
        assert!((mean_s - 4.0).abs() < 0.05, "{fidelity:?}: {mean_s} s from case to case");
        let report = simulation.report();
        assert_sound(&report);
        assert_eq!(element(&report, "packer").cycles, ends.len() as u64);
    }
}

/// A weigher before the packer weighs cubes, not the cases that come from elsewhere: (0.1 + 0.06) m at 0.5 m/s, once a second.
#[test]
fn what_a_weigher_can_do_follows_from_the_parts_that_come_to_it() {
    let weigher = r#""weigher": Checkweigher(on: "lane", at_m: 1, length_m: 0.1, limits_kg: (0.1, 0.3), error_sd_kg: 0.001, sets: "ok"),"#;
    let scene = case_line(1.0, "cycle_s: 1", "cycle_s: 4", &format!("{weigher} {AWAY}"));
    let (simulation, _) = run(&scene, 60.0, Fidelity::Event);
    let report = simulation.report();
    let weigher = element(&report, "weigher");
    let oee = weigher.oee.as_ref().expect("a weigher works");
    let performance = oee.performance.expect("it has weighed");
    let expected = 0.32 * weigher.cycles as f64 / report.window.duration_s;
    assert!((performance - expected).abs() < 1e-6, "{performance}, expected {expected}");
}

#[test]
fn each_port_starves_for_itself_and_a_full_case_that_cannot_leave_blocks() {
    let starved = |cube_s: f64, erector: &str, port: &str| {
        let scene = case_line(cube_s, erector, "cycle_s: 1", AWAY);
        let (simulation, _) = run(&scene, 40.0, Fidelity::Contact);
        state_share(&simulation.report(), "packer", ElementState::Starved, Some(port))
    };
    assert!(starved(0.8, "cycle_s: 1", "in") > 0.5, "a cube every 0.8 s: it waits for cubes");
    assert!(starved(0.8, "cycle_s: 1", "empties") < 0.1);
    assert!(starved(0.2, "cycle_s: 10", "empties") > 0.5, "a case every 10 s: it waits for cases");
    // The sink is behind a belt that fails before anything leaves.
    let stuck = "\"away\": Belt(after: \"packer\", length_m: 0.5, failures: [Failure(mode: \"belt\", clock: Calendar, uptime_s: 1, repair_s: 1000)]),
        \"dock\": Sink(after: \"away\"),";
    let scene = case_line(0.2, "cycle_s: 1", "cycle_s: 1", stuck);
    let (simulation, _) = run(&scene, 40.0, Fidelity::Contact);
    assert!(state_share(&simulation.report(), "packer", ElementState::Blocked, None) > 0.5);
}

#[test]
fn a_group_may_be_smaller_than_a_case() {
    let scene = case_line(0.2, "cycle_s: 1", "cycle_s: 0.5, takes: 5", AWAY);
    let (simulation, _) = run(&scene, 30.0, Fidelity::Contact);
    let report = simulation.report();
    assert_sound(&report);
    assert!(count_left(&report, "dock", "case") >= 5, "5 + 5 + 2 fill a case");
    assert_eq!(count_left(&report, "dock", "cube"), 12 * count_left(&report, "dock", "case"));
}

#[test]
fn what_was_stacked_and_packed_comes_back_out() {
    let scene = file("unpacking.ron");
    let (simulation, _) = run(&scene, 400.0, Fidelity::Contact);
    let report = simulation.report();
    assert_sound(&report);
    assert_eq!(count_left(&report, "dock", "jar"), 144, "every jar, out of its tray: {report:?}");
    assert_eq!(count_left(&report, "washer", "tray"), 24);
    assert_eq!(count_left(&report, "store", "pallet"), 2);
    assert!(element(&report, "unstacker").cycles == 2 && element(&report, "unpacker").cycles == 24);
    // What has been emptied is as it was.
    let parts = simulation.parts();
    assert!(parts.iter().all(|(_, part)| part.place != Place::Pending || part.content.is_empty()));
}

#[test]
fn a_run_with_containers_gives_the_same_bytes_on_two_threads_and_over_a_save() {
    let scene = file("packing.ron");
    let mut whole = start(&scene, 1, Fidelity::Contact);
    whole.run_until(Time::from_seconds(61.5));
    let saved = whole.save();
    whole.run_until(Time::from_seconds(80.0));
    let mut resumed =
        Simulation::load(scene.clone(), SimulationOptions { threads: 2, ..Default::default() }, &saved).expect("its own snapshot");
    assert_eq!(resumed.save(), saved);
    let packed = resumed.parts().iter().filter(|(_, part)| matches!(part.place, Place::Inside(_))).count();
    assert!(packed > 100, "the save is in the middle of packing: {packed} parts inside others");
    resumed.run_until(Time::from_seconds(80.0));
    assert_eq!(resumed.state_hash(), whole.state_hash());
    assert_eq!(resumed.save(), whole.save());
    assert!(!content(whole.parts(), whole.parts().iter().map(|(_, part)| part).next().expect("parts")).iter().any(|part| part.on_floor));
}
