//! Parts among grains on a running line: they weigh what they weigh on them, push them and are slowed by as much, carry what rains
//! into them, and stay quiet under a heavy load; and all of it comes to the same bytes on any number of threads and after a save in
//! mid-contact.

use crate::sortation::text_of;
use linetwin_compute::kernels::particles::Particle;
use linetwin_model::geometry::length;
use linetwin_model::{Scene, Time};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::PartMotion;
use linetwin_sim::{Simulation, SimulationOptions};
use linetwin_tests::{assert_same_bytes, scene_from};
use std::f64::consts::PI;
use std::sync::Arc;

const GRAVITY_MPS2: f64 = 9.81;

/// Of the mean force on what rests, over some tenths of a second [-].
const WEIGHT_TOLERANCE: f64 = 0.01;
/// Of the mean force on what slides through grains that still move [-].
const SLIDING_TOLERANCE: f64 = 0.03;
/// Of an impulse against momentum: grains that come in between two steps are known to half a step [-].
const MOMENTUM_TOLERANCE: f64 = 0.03;

/// The hopper is held before.
fn scene_of(pours_at_s: f64, parts: &str, line: &str) -> String {
    format!(
        r#"Scene(schema: 1, name: "Parts among grains", seed: 7,
            bulk: {{ "granulate": Bulk(diameter_m: Uniform(0.018, 0.02), density_kgpm3: 1000, young_pa: 5e5, rolling_friction: 0.05) }},
            parts: {{ {parts} }},
            line: {{ {line} }},
            controls: [Rule(when: "time_s < {pours_at_s}", do: [Hold("hopper")])])"#
    )
}

fn start(text: &str) -> (Arc<Scene>, Simulation) {
    let scene = scene_from(text);
    (scene.clone(), Simulation::new(scene, SimulationOptions { threads: 2, ..Default::default() }))
}

fn only_part(simulation: &Simulation) -> (PartId, PartMotion) {
    let motions = simulation.motions();
    assert_eq!(motions.len(), 1, "one part is in the line");
    motions[0]
}

fn force_on(simulation: &Simulation, part: PartId) -> [f64; 3] {
    let forces = simulation.bulk().expect("bulk material").part_forces();
    forces.iter().find(|(id, _)| *id == part).map_or([0.0; 3], |(_, force)| *force)
}

/// Mean force of grains on a part until then, and the mean of the weight of the grains that `counts` [N].
fn means(simulation: &mut Simulation, until_s: f64, part: PartId, counts: impl Fn(&Particle) -> bool) -> ([f64; 3], f64) {
    let (mut force, mut weight_n, mut steps) = ([0.0; 3], 0.0, 0.0);
    while simulation.now() < Time::from_seconds(until_s) {
        simulation.step();
        let now = force_on(simulation, part);
        (0..3).for_each(|axis| force[axis] += now[axis]);
        weight_n += mass_kg(simulation, &counts) * GRAVITY_MPS2;
        steps += 1.0;
    }
    (force.map(|sum| sum / steps), weight_n / steps)
}

fn of_grain_kg(grain: &Particle) -> f64 {
    1000.0 * 4.0 / 3.0 * PI * f64::from(grain.radius_m).powi(3)
}

fn mass_kg(simulation: &Simulation, counts: impl Fn(&Particle) -> bool) -> f64 {
    let grains = simulation.bulk().expect("bulk material").grains();
    grains.iter().filter(|(_, grain)| counts(grain)).map(|(_, grain)| of_grain_kg(grain)).sum()
}

fn assert_valid(simulation: &Simulation) {
    assert_eq!(simulation.report().invalid_conditions, Vec::new());
}

/// Beside the belt there is nothing under the carton: it falls into a bin into which the hopper above has run out.
fn bin(shape: &str) -> String {
    let wall = |name: &str, at: &str, size: &str| format!("\"{name}\": Fixture(centre_m: ({at}), size_m: ({size})),");
    let walls = [
        wall("floor", "0, 0, 0.18", "0.64, 0.54, 0.04"),
        wall("left", "0, 0.26, 0.35", "0.64, 0.02, 0.3"),
        wall("right", "0, -0.26, 0.35", "0.64, 0.02, 0.3"),
        wall("front", "0.31, 0, 0.35", "0.02, 0.5, 0.3"),
        wall("back", "-0.31, 0, 0.35", "0.02, 0.5, 0.3"),
    ];
    scene_of(
        0.0,
        &format!("\"carton\": Part(shape: {shape}, mass_kg: 0.8)"),
        &format!(
            r#""hopper": Hopper(bulk: "granulate", outlet_m: (0, 0, 0.9), outlet_diameter_m: 0.16, diameter_m: 0.4, height_m: 0.12, starts_kg: 9),
            {}
            "infeed": Source(part: "carton", interarrival_s: 2.4, limit: 1, left_m: 0.7, before: "belt"),
            "belt": Belt(from_m: (-0.2, -0.7, 0.42), to_m: (1, -0.7, 0.42), width_m: 0.3, speed_mps: 0.1),
            "dock": Sink(after: "belt"),"#,
            walls.concat()
        ),
    )
}

#[test]
fn what_falls_into_a_bin_of_grains_comes_to_rest_on_them_with_its_weight() {
    let hull = "ConvexHull(points_m: [(-0.12, -0.1, -0.05), (0.12, -0.1, -0.05), (0.12, 0.1, -0.05), (-0.12, 0.1, -0.05), (0, 0, 0.08)])";
    for shape in ["Box((0.3, 0.2, 0.12))", "OpenBox(size_m: (0.3, 0.2, 0.12))", "Cylinder(diameter_m: 0.2, height_m: 0.14)", hull] {
        let (_, mut simulation) = start(&bin(shape));
        simulation.run_until(Time::from_seconds(4.7));
        let (part, before) = only_part(&simulation);
        let mass_kg = simulation.parts().get(part).expect("it is in the line").mass_kg;
        let (force, _) = means(&mut simulation, 5.0, part, |_| false);
        let (_, after) = only_part(&simulation);
        println!("{shape}: {force:?} N, {before:?}, {after:?}");
        assert!((force[2] / (mass_kg * GRAVITY_MPS2) - 1.0).abs() < WEIGHT_TOLERANCE, "{shape}: {force:?} N carry {mass_kg} kg");
        assert!(force[0].abs() < 0.1 && force[1].abs() < 0.1, "{shape}: {force:?} N");
        let way_m = length(std::array::from_fn(|axis| f64::from(after.position[axis] - before.position[axis])));
        assert!(way_m < 0.002, "{shape} moves by {way_m} m");
        assert!((0.25..0.4).contains(&after.position[2]), "{shape} lies on grains: {after:?}");
        assert_valid(&simulation);
    }
}

/// A heap lies before a bar across the belt, which runs below it, and a carton runs into it.
fn heap(mass_kg: f64) -> String {
    scene_of(
        0.0,
        &format!("\"carton\": Part(shape: Box((0.3, 0.3, 0.25)), mass_kg: {mass_kg})"),
        r#""hopper": Hopper(bulk: "granulate", outlet_m: (1.5, 0, 1.25), outlet_diameter_m: 0.16, diameter_m: 0.4, height_m: 0.1, starts_kg: 6),
        "infeed": Source(part: "carton", interarrival_s: 0.8, limit: 1, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (2.5, 0, 0.8), width_m: 0.4, speed_mps: 0.5),
        "bar": Fixture(centre_m: (1.8, 0, 0.915), size_m: (0.04, 0.44, 0.22)),
        "left": Fixture(centre_m: (1.3, 0.215, 0.915), size_m: (0.96, 0.02, 0.22)),
        "right": Fixture(centre_m: (1.3, -0.215, 0.915), size_m: (0.96, 0.02, 0.22)),
        "dock": Sink(after: "belt"),"#,
    )
}

#[test]
fn a_carton_that_runs_into_a_heap_pushes_it_and_is_stopped_by_as_much() {
    for mass_kg in [0.3, 3.0] {
        let (scene, mut simulation) = start(&heap(mass_kg));
        simulation.run_until(Time::from_seconds(2.0));
        let (part, before) = only_part(&simulation);
        assert!((before.linear_velocity[0] - 0.5).abs() < 0.02, "it comes with the belt: {before:?}");
        // Until it stands, slipping on the belt: friction and grains are all that push it along.
        let (mut grains_ns, mut steps) = (0.0, 0);
        while simulation.now() < Time::from_seconds(4.5) {
            simulation.step();
            grains_ns += force_on(&simulation, part)[0] * scene.step.seconds();
            steps += 1;
            if std::env::var_os("LINETWIN_SHOW").is_some() && steps % 6 == 0 {
                let (_, now) = only_part(&simulation);
                println!(
                    "{} {:?} {:?} {:?}",
                    simulation.now().as_seconds(),
                    now.position,
                    now.linear_velocity,
                    force_on(&simulation, part)
                );
            }
        }
        let (_, slow) = only_part(&simulation);
        let (force, _) = means(&mut simulation, 5.0, part, |_| false);
        let (_, after) = only_part(&simulation);
        println!("{mass_kg} kg: {force:?} N, {grains_ns} N s, {after:?}");
        let speed_mps = f64::from(after.position[0] - slow.position[0]) / 0.5;
        assert!(speed_mps.abs() < 0.05, "it hardly moves: {speed_mps} m/s");
        assert!((1.0..1.65).contains(&after.position[0]), "in the heap: {after:?}");
        // Amontons: what the belt drags with is its friction times what it bears.
        let carton = scene.part_types[0].variants[0].material;
        let belt = scene.conveyors[0].material;
        let friction = scene.materials.pair(carton, belt).friction;
        let bears_n = mass_kg * GRAVITY_MPS2 - force[2];
        assert!((-force[0] / (friction * bears_n) - 1.0).abs() < SLIDING_TOLERANCE, "{force:?} N against {friction} x {bears_n} N");
        assert!(grains_ns < -mass_kg * 0.5, "it took at least its momentum: {grains_ns} N s");
        // The energy of parts is judged every ten seconds.
        simulation.run_until(Time::from_seconds(10.1));
        assert_valid(&simulation);
    }
}

/// An open tray, at a stop on a belt that runs on below it, into which 12 kg pour.
fn tray(mass_kg: f64) -> String {
    scene_of(
        1.8,
        &format!("\"tray\": Part(shape: OpenBox(size_m: (0.6, 0.4, 0.15)), mass_kg: {mass_kg})"),
        r#""hopper": Hopper(bulk: "granulate", outlet_m: (1.15, 0, 1.15), outlet_diameter_m: 0.16, diameter_m: 0.5, height_m: 0.1, starts_kg: 12),
        "erector": Source(part: "tray", rate_per_h: 100, limit: 1, before: "belt"),
        "belt": Belt(from_m: (0, 0, 0.8), to_m: (2.5, 0, 0.8), width_m: 0.4, speed_mps: 0.8),
        "stop": Stop(on: "belt", at_m: 1.1, length_m: 0.7, hold_s: 6),
        "dock": Sink(after: "belt"),"#,
    )
}

#[test]
fn a_light_tray_under_a_heavy_load_stays_quiet_and_rides_on_with_it() {
    let (_, mut simulation) = start(&tray(0.2));
    simulation.run_until(Time::from_seconds(1.5));
    let (part, _) = only_part(&simulation);
    let (mut highest, mut lowest) = (f32::MIN, f32::MAX);
    let mut last_s = 0.0;
    while simulation.now() < Time::from_seconds(4.5) {
        simulation.step();
        let (_, now) = only_part(&simulation);
        (highest, lowest) = (highest.max(now.position[2]), lowest.min(now.position[2]));
        if std::env::var_os("LINETWIN_SHOW").is_some() && simulation.now().as_seconds() > last_s + 0.1 {
            last_s = simulation.now().as_seconds();
            println!("{last_s} {:?} {:?} {:?}", now.position, now.linear_velocity, force_on(&simulation, part));
        }
    }
    let (_, before) = only_part(&simulation);
    let at = before.position.map(f64::from);
    let inside = move |grain: &Particle| {
        let away: [f64; 3] = std::array::from_fn(|axis| grain.position_m[axis] - at[axis]);
        away[0].abs() < 0.3 && away[1].abs() < 0.2 && away[2].abs() < 0.2
    };
    let (force, weight_n) = means(&mut simulation, 5.0, part, inside);
    let (_, after) = only_part(&simulation);
    println!("{force:?} N of {weight_n} N, z {lowest} to {highest}, {before:?} {after:?}");
    assert!(weight_n > 40.0 * 0.2 * GRAVITY_MPS2, "much more than its own: {weight_n} N");
    assert!((-force[2] / weight_n - 1.0).abs() < WEIGHT_TOLERANCE, "{force:?} N of {weight_n} N");
    assert!(highest - lowest < 0.002, "it neither jumps nor sinks: {lowest} to {highest}");
    let way_m = length(std::array::from_fn(|axis| f64::from(after.position[axis] - before.position[axis])));
    assert!(way_m < 0.001, "it stands by {way_m} m");
    // Let go, it rides on with its load.
    while only_part(&simulation).1.position[0] < 1.7 {
        simulation.step();
        assert!(simulation.now() < Time::from_seconds(9.0), "it is let go");
    }
    let ((_, rides), carried_n) = (only_part(&simulation), -force_on(&simulation, part)[2]);
    println!("{rides:?} carries {carried_n} N");
    assert!((rides.linear_velocity[0] - 0.8).abs() < 0.05, "{rides:?}");
    assert!((0.8..1.2).contains(&(carried_n / weight_n)), "it has nearly all of it: {carried_n} N");
    simulation.run_until(Time::from_seconds(10.1));
    assert_valid(&simulation);
}

/// Force on the carton = weight of all that is in it + what streams in - what its content still gains: the theorem of momentum, for
/// the space inside it.
#[test]
fn a_carton_that_is_filled_feels_weight_and_stream() {
    let (_, mut simulation) = start(&text_of("filling_bulk.ron"));
    simulation.run_until(Time::from_seconds(1.6));
    let part = simulation.bulk().expect("bulk").part_forces().iter().map(|(part, _)| *part).next().expect("it is being filled");
    let place =
        |simulation: &Simulation| simulation.motions().into_iter().find(|(id, _)| *id == part).expect("a body").1.position.map(f64::from);
    let (at, mut impulse_ns, mut weight_ns) = (place(&simulation), 0.0, 0.0);
    let inside = |grain: &Particle| {
        let away: [f64; 3] = std::array::from_fn(|axis| grain.position_m[axis] - at[axis]);
        away[0].abs() < 0.15 && away[1].abs() < 0.1 && away[2].abs() < 0.075
    };
    let momentum = |simulation: &Simulation| -> f64 {
        let grains = simulation.bulk().expect("bulk").grains();
        grains.iter().filter(|(_, grain)| inside(grain)).map(|(_, grain)| of_grain_kg(grain) * grain.velocity_mps[2]).sum()
    };
    let inside_now = |simulation: &Simulation| -> Vec<u64> {
        simulation.bulk().expect("bulk").grains().iter().filter(|(_, grain)| inside(grain)).map(|(id, _)| *id).collect()
    };
    let (before, mut known, mut streamed_ns, dt_s) = (momentum(&simulation), inside_now(&simulation), 0.0, 1.0 / 120.0);
    while simulation.now() < Time::from_seconds(1.9) {
        let before_kg = mass_kg(&simulation, inside);
        simulation.step();
        impulse_ns -= force_on(&simulation, part)[2] * dt_s;
        weight_ns += 0.5 * (before_kg + mass_kg(&simulation, inside)) * GRAVITY_MPS2 * dt_s;
        let now = inside_now(&simulation);
        for (_, grain) in
            simulation.bulk().expect("bulk").grains().iter().filter(|(id, grain)| inside(grain) && known.binary_search(id).is_err())
        {
            // It came in half a step ago, in the mean.
            streamed_ns -= of_grain_kg(grain) * (grain.velocity_mps[2] + GRAVITY_MPS2 * 0.5 * dt_s);
        }
        known = now;
    }
    let gained_ns = -(momentum(&simulation) - before);
    let expected_ns = weight_ns + streamed_ns - gained_ns;
    println!("{impulse_ns} N s, weight {weight_ns}, stream {streamed_ns}, gained {gained_ns}");
    assert!(streamed_ns > 0.05 * weight_ns, "it pours");
    assert!((impulse_ns / expected_ns - 1.0).abs() < MOMENTUM_TOLERANCE, "{impulse_ns} of {expected_ns} N s");
    assert_valid(&simulation);
}

#[test]
fn parts_that_meet_no_grains_move_as_if_there_were_none() {
    let text = |hopper: &str| {
        format!(
            r#"Scene(schema: 1, name: "Apart", seed: 7,
                bulk: {{ "granulate": Bulk(diameter_m: 0.02, density_kgpm3: 1000, young_pa: 5e5) }},
                parts: {{ "carton": Part(shape: Box((0.3, 0.2, 0.2)), mass_kg: Uniform(1, 3)) }},
                line: {{
                    "infeed": Source(part: "carton", interarrival_s: 0.5, left_m: Uniform(-0.05, 0.05), before: "belt"),
                    "belt": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.4, speed_mps: 0.6),
                    "stop": Stop(on: "belt", at_m: 1.5, hold_s: 0.4),
                    "dock": Sink(after: "belt"),
                    {hopper}
                }})"#
        )
    };
    let motions = |text: &str| {
        let (_, mut simulation) = start(text);
        simulation.run_until(Time::from_seconds(2.5));
        (simulation.motions(), simulation.bulk().map(|bulk| bulk.grains().len()))
    };
    let hopper = r#""hopper": Hopper(bulk: "granulate", outlet_m: (1.5, 0.6, 0.6), outlet_diameter_m: 0.12, diameter_m: 0.3, height_m: 0.1, starts_kg: 1),"#;
    let ((alone, none), (beside, grains)) = (motions(&text("")), motions(&text(hopper)));
    assert!(none.is_none() && grains.is_some() && alone.len() > 2, "{none:?} {grains:?}");
    assert!(alone == beside, "{alone:?} {beside:?}");
}

/// The scene of the repository: trays that carry what fell into them.
#[test]
fn trays_carry_what_rains_into_them() {
    let (_, mut simulation) = start(&text_of("bulk_parts.ron"));
    simulation.run_until(Time::from_seconds(4.0));
    let carries = |motion: &PartMotion| (1.5..2.0).contains(&motion.position[0]);
    let (tray, at) = simulation.motions().into_iter().find(|(_, motion)| carries(motion)).expect("a tray beyond the hopper");
    let (mut force_n, mut weight_n, mut speed_mps) = (0.0, 0.0, 0.0);
    for _ in 0..24 {
        simulation.step();
        let (_, now) = simulation.motions().into_iter().find(|(id, _)| *id == tray).expect("it rides on");
        let centre = now.position.map(f64::from);
        let inside = |grain: &Particle| {
            let away: [f64; 3] = std::array::from_fn(|axis| grain.position_m[axis] - centre[axis]);
            away[0].abs() < 0.2 && away[1].abs() < 0.14 && (-0.05..0.15).contains(&away[2])
        };
        force_n -= force_on(&simulation, tray)[2] / 24.0;
        weight_n += mass_kg(&simulation, inside) * GRAVITY_MPS2 / 24.0;
        speed_mps += f64::from(now.linear_velocity[0]) / 24.0;
    }
    println!("{force_n} N of {weight_n} N, {speed_mps} m/s, {at:?}");
    assert!(weight_n > 3.0, "it has caught some: {weight_n} N");
    assert!((force_n / weight_n - 1.0).abs() < SLIDING_TOLERANCE, "{force_n} N of {weight_n} N");
    assert!((speed_mps - 0.5).abs() < 0.01, "with its belt: {speed_mps} m/s");
    simulation.run_until(Time::from_seconds(10.1));
    assert_valid(&simulation);
    let books = simulation.bulk().expect("bulk").books();
    assert!(books.out.kg() > 1.0 && books.spilt.kg() < 0.1, "{books:?}");
}

#[test]
fn parts_among_grains_come_to_the_same_bytes_on_any_threads_and_after_a_save_in_mid_contact() {
    // A carton that falls onto grains; one in a heap, still moving; a tray into which it pours.
    assert_same_bytes(&bin("OpenBox(size_m: (0.3, 0.2, 0.12))"), 2.62, 2.8);
    assert_same_bytes(&heap(0.3), 3.0, 3.1);
    assert_same_bytes(&tray(0.2), 2.2, 2.35);
}
