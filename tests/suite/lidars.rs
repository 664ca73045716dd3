//! What lidars promise: ranges are those of geometry, of whatever is there and moves; a field stops a belt; noise has its spread and
//! no neighbours; scans are in the run directory, to the same bytes on any number of threads and after a resume.

use crate::run_directory::Watcher;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use linetwin_model::Time;
use linetwin_model::report::KpiReport;
use linetwin_run::{DeviceRequest, EventLevel, RunOutcome, RunRequest, execute, replay};
use linetwin_sim::event::EventKind;
use linetwin_sim::port::Seen;
use linetwin_sim::ranging::Scan;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, repository_root, scene_from};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::path::Path;

const RADIANS: f64 = std::f64::consts::PI / 180.0;

fn scene_with(line: &str, controls: &str) -> String {
    format!(
        "Scene(schema: 1, name: \"lidars\", seed: 3,
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.40, 0.30, 0.25)), mass_kg: 4) }},
            line: {{
                \"infeed\": Source(part: \"carton\", interarrival_s: 6, before: \"belt\"),
                \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5, acceleration_mps2: 2),
                {line}
                \"dock\": Sink(after: \"belt\"),
            }},
            controls: [{controls}])"
    )
}

fn start(text: &str) -> Simulation {
    Simulation::new(scene_from(text), SimulationOptions { threads: 2, ..Default::default() })
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    let found = report.flat().into_iter().find(|kpi| kpi.path == path);
    found.unwrap_or_else(|| panic!("{path} is a KPI")).value.unwrap_or_else(|| panic!("{path} has a value"))
}

/// A box in the world: its middle, its axes, its half lengths.
struct Block {
    middle_m: [f64; 3],
    rotation: [f64; 4],
    half_m: [f64; 3],
}

/// A vector turned by the inverse of a unit quaternion.
fn turned_back([x, y, z, w]: [f64; 4], v: [f64; 3]) -> [f64; 3] {
    let axis = [-x, -y, -z];
    let cross = |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let twice = cross(axis, v).map(|component| 2.0 * component);
    let again = cross(axis, twice);
    std::array::from_fn(|k| v[k] + w * twice[k] + again[k])
}

/// Where a ray enters a box that is larger by `wider_m` on all sides.
fn enters(block: &Block, origin: [f64; 3], direction: [f64; 3], wider_m: f64) -> Option<f64> {
    let away = std::array::from_fn(|k| origin[k] - block.middle_m[k]);
    let (from, to) = (turned_back(block.rotation, away), turned_back(block.rotation, direction));
    let (mut enter, mut leave) = (0.0_f64, f64::INFINITY);
    for axis in 0..3 {
        let half_m = block.half_m[axis] + wider_m;
        if to[axis].abs() < 1e-12 {
            if from[axis].abs() > half_m {
                return None;
            }
            continue;
        }
        let (a, b) = ((-half_m - from[axis]) / to[axis], (half_m - from[axis]) / to[axis]);
        (enter, leave) = (enter.max(a.min(b)), leave.min(a.max(b)));
    }
    (enter <= leave).then_some(enter)
}

const UPRIGHT: [f64; 4] = [0.0, 0.0, 0.0, 1.0];

/// Belt and floor of these scenes, and every carton where it is.
fn blocks(simulation: &Simulation) -> Vec<Block> {
    let mut blocks = vec![
        Block { middle_m: [3.0, 0.0, 0.75], rotation: UPRIGHT, half_m: [3.0, 0.3, 0.05] },
        Block { middle_m: [3.0, 0.0, -0.5], rotation: UPRIGHT, half_m: [20.0, 20.0, 0.5] },
    ];
    blocks.extend(simulation.motions().into_iter().map(|(_, motion)| Block {
        middle_m: motion.position.map(f64::from),
        rotation: motion.rotation.map(f64::from),
        half_m: [0.2, 0.15, 0.125],
    }));
    blocks
}

fn nearest(blocks: &[Block], origin: [f64; 3], direction: [f64; 3], wider_m: f64) -> f64 {
    blocks.iter().filter_map(|block| enters(block, origin, direction, wider_m)).fold(f64::INFINITY, f64::min)
}

/// Where a scan of these cartons, this belt and this floor disagrees with geometry by more than the tolerance. What a ray meets
/// within a tenth of a millimetre of an edge is anybody's guess, and is counted instead.
fn compare(scan: &Scan, blocks: &[Block], origin: [f64; 3], directions: &[[f64; 3]], most_m: f64) -> usize {
    let mut at_edges = 0;
    assert_eq!(scan.echoes.len(), directions.len());
    for (echo, &direction) in scan.echoes.iter().zip(directions) {
        let (narrow, wide) = (nearest(blocks, origin, direction, -1e-4), nearest(blocks, origin, direction, 1e-4));
        if (narrow - wide).abs() > 0.005 || (narrow.is_infinite() != wide.is_infinite()) {
            at_edges += 1;
            continue;
        }
        // Both begin to see at 0.1 m, wherever something begins.
        let expected = nearest(blocks, origin, direction, 0.0).max(0.1);
        match echo {
            Some(echo) => assert!((f64::from(echo.range_m) - expected).abs() < 1e-4, "{echo:?}, not {expected} m, at {:?}", scan.at),
            None => assert!(expected > most_m, "nothing at {expected} m, at {:?}", scan.at),
        }
    }
    at_edges
}

#[test]
fn ranges_of_a_passing_carton_are_those_of_geometry() {
    let line =
        "\"profile\": Lidar(position_m: (3, 0, 2), pitch_deg: -90, fov_deg: 36, rays: 73, range_m: (0.1, 2.5), rate_hz: 20, records: true),
        \"ahead\": Lidar(position_m: (6.5, 0.05, 0.9), heading_deg: 180, fov_deg: 12, rays: 13, layers: 3, layers_fov_deg: 6,
            range_m: (0.1, 4), rate_hz: 12.5, records: true),";
    let text = scene_with(line, "");
    let mut simulation = start(&text);
    let scene = simulation.scene().clone();
    let (profile, ahead) = (scene.element_named("profile"), scene.element_named("ahead"));
    let spread = |index: u32, steps: u32, fov_deg: f64| (f64::from(index) / f64::from(steps) - 0.5) * fov_deg * RADIANS;
    // Down, and to the left of a scanner that looks along +X when it is level: +Y.
    let down: Vec<[f64; 3]> = (0..73).map(|k| spread(k, 72, 36.0)).map(|angle| [0.0, angle.sin(), -angle.cos()]).collect();
    let back: Vec<[f64; 3]> = (0..39)
        .map(|k| (spread(k % 13, 12, 12.0), spread(k / 13, 2, 6.0)))
        .map(|(left, up)| [-up.cos() * left.cos(), -up.cos() * left.sin(), up.sin()])
        .collect();
    let (mut scans, mut at_edges, mut over_carton) = (0, 0, 0);
    while simulation.now() < Time::from_seconds(22.0) {
        simulation.step();
        let taken = simulation.take_scans();
        let blocks = blocks(&simulation);
        for scan in taken {
            assert_eq!(scan.at, simulation.now(), "a scan is of the step's end");
            scans += 1;
            if Some(scan.element) == profile {
                at_edges += compare(&scan, &blocks, [3.0, 0.0, 2.0], &down, 2.5);
                let middle = scan.echoes[36].expect("belt or carton");
                if matches!(middle.seen, Seen::Part(_)) {
                    over_carton += 1;
                    // As drawn, within what contacts give way.
                    assert!((middle.range_m - (2.0 - 0.8 - 0.25)).abs() < 0.001, "{middle:?}");
                    let on_carton = scan.echoes.iter().flatten().filter(|echo| matches!(echo.seen, Seen::Part(_))).count();
                    // 0.15 m beside the middle at 0.95 m below: 8.97 degrees to either side, of half a degree each.
                    assert!((34..=36).contains(&on_carton), "{on_carton}");
                }
            } else {
                assert_eq!(Some(scan.element), ahead);
                at_edges += compare(&scan, &blocks, [6.5, 0.05, 0.9], &back, 4.0);
            }
        }
    }
    // 20 Hz and 12.5 Hz for 22 s, the first after one period.
    assert!((713..=715).contains(&scans), "{scans}");
    // Two cartons of 0.4 m at 0.5 m/s: 0.8 s each, 20 scans a second.
    assert!((30..=33).contains(&over_carton), "{over_carton}");
    assert!(at_edges < 2 * scans, "{at_edges} rays at edges in {scans} scans");
}

#[test]
fn a_belt_stands_when_something_comes_into_the_field() {
    // Across the belt: forward is -Y, to the left +X; the field begins at x = 3.8 m.
    let lidar = |more: &str| {
        format!(
            "\"guard\": Lidar(position_m: (4, 0.6, 0.9), heading_deg: -90, fov_deg: 70, rays: 141, range_m: (0.05, 3), rate_hz: 25,
                field: Polygon([(0.3, -0.2), (0.9, -0.2), (0.9, 0.2), (0.3, 0.2)]), {more}),"
        )
    };
    let rule = "Rule(name: \"stop\", when: \"guard.blocked\", do: [Hold(\"belt\")])";
    let stopped_at = |line: &str, rule: &str| {
        let mut simulation = start(&scene_with(line, rule));
        simulation.run_until(Time::from_seconds(25.0));
        let first = simulation.motions().first().expect("a carton is on the belt").1;
        assert!(first.linear_velocity[0].abs() < 1e-3, "{first:?}");
        let events = simulation.take_events();
        let told: Vec<Time> =
            events.iter().filter(|event| matches!(event.kind, EventKind::EyeBlocked { .. })).map(|event| event.at).collect();
        (f64::from(first.position[0]) + 0.2, told, simulation.report())
    };
    // A period of the scan, two steps until the drive knows, and the ramp from 0.5 m/s at 2 m/s^2.
    let (latest_m, braking_m) = (0.5 * (0.04 + 2.0 / 120.0) + 0.005, 0.5 * 0.5 / 4.0);
    let (front_m, told, report) = stopped_at(&lidar(""), rule);
    assert!((3.8 + braking_m - 0.005..3.8 + braking_m + latest_m).contains(&front_m), "its front at {front_m} m");
    assert_eq!((told.len(), kpi(&report, "guard.intrusions")), (1, 1.0));
    let blocked_s = 25.0 - told[0].as_seconds();
    assert!((kpi(&report, "guard.blocked_s") - blocked_s).abs() < 0.02, "{report:?}");
    // A delay lets it go half a second on.
    let (late_m, ..) = stopped_at(&lidar("on_delay_s: 0.5"), rule);
    assert!((late_m - front_m - 0.25).abs() < latest_m, "{late_m} m after {front_m} m");
    // By its least range: the side of a carton is 0.45 m away, seen from 4 m on at the nearest.
    let near = "Rule(name: \"stop\", when: \"guard.nearest_m < 0.4505\", do: [Hold(\"belt\")])";
    let (near_m, ..) = stopped_at(&lidar(""), near);
    assert!((3.98 + braking_m..4.0 + braking_m + latest_m).contains(&near_m), "its front at {near_m} m");
}

#[test]
fn a_lidar_lies_as_its_faults_say() {
    let with = |kind: &str| {
        let fault = format!("faults: [Fault(mode: \"dirt\", kind: {kind}, uptime_s: 2, repair_s: 60)]");
        let line = format!(
            "\"guard\": Lidar(position_m: (1, 0, 2), pitch_deg: -90, fov_deg: 10, rays: 21, range_m: (0.3, 3), field: Reach(1.1), {fault}),"
        );
        let rules = "Rule(name: \"blocked\", when: \"guard.blocked\", do: [Hold(\"infeed\")]),
            Rule(name: \"least\", when: \"guard.nearest_m < 0.31\", do: [Hold(\"infeed\")]),
            Rule(name: \"most\", when: \"guard.nearest_m > 2.9\", do: [Hold(\"infeed\")])";
        let mut simulation = start(&scene_with(&line, rules));
        simulation.run_until(Time::from_seconds(20.0));
        let report = simulation.report();
        ["blocked", "least", "most"].map(|rule| kpi(&report, &format!("controls.{rule}.active_s")))
    };
    let [blocked_s, least_s, most_s] = with("StuckOn");
    assert!((blocked_s - 18.0).abs() < 0.1 && (least_s - 18.0).abs() < 0.1 && most_s == 0.0, "{blocked_s} {least_s} {most_s}");
    let [blocked_s, least_s, most_s] = with("StuckOff");
    assert!(blocked_s == 0.0 && least_s == 0.0 && (most_s - 18.0).abs() < 0.1, "{blocked_s} {least_s} {most_s}");
    let [blocked_s, ..] = with("Misses(probability: 1)");
    assert_eq!(blocked_s, 0.0, "what comes after the fault began is missed");
}

#[test]
fn what_moves_is_seen_where_it_is() {
    let line = "\"reject\": Pusher(on: \"belt\", at_m: 3, side: Right, stroke_s: 0.4, when: \"mass_kg > 1\"),
        \"bin\": Sink(after: \"reject.side\", outcome: Reject),
        \"beside\": Lidar(position_m: (3, 2, 0.88), heading_deg: -90, fov_deg: 2, rays: 3, range_m: (0.05, 4), records: true),";
    let mut simulation = start(&scene_with(line, ""));
    let reject = simulation.scene().element_named("reject").expect("it is there");
    simulation.run_until(Time::from_seconds(20.0));
    let of_plate = simulation.take_scans().into_iter().filter_map(|scan| scan.echoes[1]).filter(|echo| echo.seen == Seen::Element(reject));
    let ranges: Vec<f32> = of_plate.map(|echo| echo.range_m).collect();
    let (least, most) = ranges.iter().fold((f32::INFINITY, 0.0_f32), |(low, high), range| (low.min(*range), high.max(*range)));
    assert!(ranges.len() > 200 && most - least > 0.3, "{} echoes from {least} to {most} m", ranges.len());
}

#[test]
fn noise_has_its_spread_and_knows_no_neighbour() {
    let level = "\"level\": Lidar(position_m: (5.5, 0, 2), pitch_deg: -90, fov_deg: 0, rays: 40, range_m: (0.1, 2.5), error_sd_m: 0.004, records: true),";
    let other = "\"other\": Lidar(position_m: (2, 1, 2), fov_deg: 360, rays: 90, error_sd_m: 0.01, records: true),";
    let scans = |line: &str| {
        let mut simulation = start(&scene_with(line, ""));
        let level = simulation.scene().element_named("level").expect("it is there");
        simulation.run_until(Time::from_seconds(10.0));
        simulation.take_scans().into_iter().filter(|scan| scan.element == level).map(|scan| scan.echoes).collect::<Vec<_>>()
    };
    let alone = scans(level);
    assert!(alone == scans(&format!("{other}{level}")), "another lidar's draws are its own");
    let errors: Vec<f64> = alone.iter().flatten().flatten().map(|echo| f64::from(echo.range_m) - 1.2).collect();
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    let sd = (errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / count).sqrt();
    // Four standard errors of 10,000 draws.
    assert!(count > 9_900.0 && mean.abs() < 1.6e-4 && (sd - 0.004).abs() < 1.2e-4, "{count} draws, mean {mean}, sd {sd}");
}

fn request(folder: &Path, out: &str, threads: usize) -> RunRequest {
    RunRequest {
        snapshot_every: Some(Time::from_seconds(7.0)),
        events: EventLevel::States,
        threads,
        ..RunRequest::new(repository_root().join("scenes/lidar.ron"), Time::from_seconds(30.0), folder.join(out))
    }
}

#[test]
fn scans_are_in_the_run_directory_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let table = |out: &str| fs::read(folder.path().join(out).join("scans.parquet")).expect("written");
    let run = |out: &str, threads| -> RunOutcome { execute(&request(folder.path(), out, threads), &mut ()).expect("the run succeeds") };
    run("one", 1);
    run("four", 4);
    assert!(table("one") == table("four"), "one and four threads");
    execute(&request(folder.path(), "resumed", 2), &mut Watcher::stopping_after(1_500)).expect("an interruption is no error");
    run("resumed", 1);
    assert!(table("one") == table("resumed"), "after an interruption");
    let again = replay(&folder.path().join("one"), 2, &DeviceRequest::default(), &mut ()).expect("a run that can be replayed");
    assert!(again.agrees(), "{again}");

    let file = File::open(folder.path().join("one/scans.parquet")).expect("written");
    let batches = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("readable");
    let (mut rows, mut hits) = (0, std::collections::BTreeMap::<Option<String>, usize>::new());
    for batch in batches.map(|batch| batch.expect("readable")) {
        let column = |name: &str| batch.column_by_name(name).expect(name);
        let (times, ranges) = (column("t_ns").as_primitive::<Int64Type>(), column("range_m").as_primitive::<Float32Type>());
        let kinds = column("hit").as_dictionary::<Int32Type>();
        for row in 0..batch.num_rows() {
            assert!(times.value(row) > 0 && ranges.iter().nth(row).expect("a row").is_none_or(|range| (0.2..=2.5).contains(&range)));
            let kind = kinds.key(row).map(|key| kinds.values().as_string::<i32>().value(key).to_string());
            *hits.entry(kind).or_default() += 1;
            if row > 2_000 {
                break;
            }
        }
        rows += batch.num_rows();
    }
    // 20 Hz for 30 s, 161 rays.
    assert!((599 * 161..=601 * 161).contains(&rows) && rows % 161 == 0, "{rows} rows");
    let met: Vec<&str> = hits.keys().flatten().map(String::as_str).collect();
    assert_eq!(met, ["element", "floor", "part"], "{hits:?}");
}

#[test]
fn the_scene_runs_to_the_same_bytes_on_any_threads_and_after_a_resume() {
    let text = fs::read_to_string(repository_root().join("scenes/lidar.ron")).expect("a scene of the repository");
    assert_same_bytes(&text, 11.3, 25.0);
}
