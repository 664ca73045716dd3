//! Batches of rays and of clearances against parry's single-query loop, in turns of one run.
//!
//! `cargo bench --locked -p linetwin-tests --bench queries [-- ROUNDS]`
//!
//! Both see the same solids in a hall of 40 by 40 by 8 m, boxes alone and boxes, spheres, cylinders and hulls mixed, and the
//! same rays and poses. parry walks its own tree, built for static scenes, one query after the other; with two threads the
//! queries are shared out as ours are. Ratios are of processor time over all threads, which a busy machine disturbs less,
//! and of wall time; that both found the same stands in the last columns.
//!
//! The last lines ask what a line's photo-eyes should be asked by: one batch of rays against a world made anew, as the parts
//! move in every step, or each eye by itself, which knows from its lane whose extent covers its beam.

use linetwin_compute::doctor::{ARM_LINKS, drawn_arm, drawn_places, drawn_rays, drawn_solids};
use linetwin_compute::kernels::overlaps::{Clearance, LinkPlace, LinkSphere, NOBODY, measure_clearances};
use linetwin_compute::kernels::rays::{Hit, NO_SOLID, Ray, Shape, Solid, SolidWorld, cast_rays};
use linetwin_tests::processor::cpu_s;
use rapier3d::math::{Pose, Rotation, Vector};
use rapier3d::parry;
use rapier3d::parry::partitioning::{Bvh, BvhBuildStrategy};
use rapier3d::parry::query::PointQuery;
use rapier3d::parry::shape::SharedShape;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::time::Instant;

const SOLIDS: [usize; 3] = [100, 1_000, 20_000];
const THREADS: [usize; 2] = [1, 2];
const RAYS: usize = 40_000;
const POSES: usize = 2_000;
const REACH_M: f32 = 1.5;
const DEFAULT_ROUNDS: usize = 7;
/// A large line, a sorter, a hall.
const EYES_AND_PARTS: [(usize, usize); 3] = [(40, 120), (200, 1_200), (1_000, 10_000)];
/// Parts in single file behind each other.
const A_LANE: usize = 100;
/// Steps of a turn: one of them alone is too short to be measured.
const EYE_STEPS: usize = 100;
/// What the project promises over parry, on as many threads [-].
const PROMISED_RATIO: f64 = 2.0;
/// Of two answers of f32 that were computed differently [m].
const SAME_M: f32 = 0.002;

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let rounds = match arguments.next().map(|word| word.parse::<usize>()) {
        None => DEFAULT_ROUNDS,
        Some(Ok(rounds)) if rounds > 0 => rounds,
        _ => {
            eprintln!("usage: queries [ROUNDS]");
            std::process::exit(2);
        }
    };
    let pools = THREADS.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started"));
    println!("{:<24} {:>7} {:>10} {:>10} {:>7} {:>7}   same", "ns of processor time", "threads", "ours", "parry", "ratio", "wall");
    let mut least = f64::INFINITY;
    for count in SOLIDS {
        for (name, solids) in [("boxes", drawn_boxes(count)), ("all kinds", drawn_solids(7, count))] {
            let case = Case::new(&solids);
            least = least.min(print_rays(&format!("rays, {count} {name}"), &case, &pools, rounds));
            least = least.min(print_clearances(&format!("spheres, {count} {name}"), &case, &pools, rounds));
        }
    }
    println!("least ratio {least:.2}; promised: at least {PROMISED_RATIO}");
    println!();
    println!("{:<24} {:>7} {:>10} {:>10} {:>7} {:>7}   same", "photo-eyes, per step", "threads", "a batch", "by itself", "ratio", "wall");
    for (eyes, parts) in EYES_AND_PARTS {
        print_eyes(eyes, parts, &pools[..1], rounds);
    }
}

/// Cartons in single file below beams across their way; every third beam is free.
fn print_eyes(eyes: usize, parts: usize, pools: &[ThreadPool], rounds: usize) {
    let pitch_m = 0.5;
    // Lanes side by side, so that all of it is within reach.
    let place = |k: usize| [pitch_m * (k % A_LANE) as f32, 1.5 * (k / A_LANE) as f32];
    let carton = |k: usize| {
        let [x, y] = place(k);
        Solid { shape: Shape::Box { half_m: [0.15, 0.1, 0.1] }, position_m: [x, y, 0.1], rotation: [0.0, 0.0, 0.0, 1.0] }
    };
    // The carton whose extent covers the beam; a free one stands between two cartons.
    let beams: Vec<(Ray, Option<usize>)> = (0..eyes)
        .map(|eye| {
            let (covered, free) = (eye * parts / eyes, eye % 3 == 2);
            let [x, y] = place(covered);
            let x = x + if free { 0.25 } else { 0.05 };
            let ray = Ray { origin_m: [x, y - 0.4, 0.1], least_m: 0.0, direction: [0.0, 1.0, 0.0], most_m: 0.8 };
            (ray, (!free).then_some(covered))
        })
        .collect();
    let rays: Vec<Ray> = beams.iter().map(|(ray, _)| *ray).collect();
    let (mut hits, mut blocked) = (vec![Hit { distance_m: 0.0, solid: 0 }; eyes], vec![false; eyes]);
    // What the physics has anyway; the batch has to be given its solids.
    let in_physics: Vec<(Pose, SharedShape)> = (0..parts).map(|k| in_parry(&carton(k))).collect();
    print_turns(
        &format!("{eyes} eyes, {parts} parts"),
        EYE_STEPS * eyes,
        pools,
        rounds,
        &mut || {
            for _ in 0..EYE_STEPS {
                let solids: Vec<Solid> = (0..parts).map(carton).collect();
                cast_rays(&SolidWorld::new(&solids), &rays, &mut hits);
            }
        },
        &mut || {
            for _ in 0..EYE_STEPS {
                for ((ray, covering), blocked) in beams.iter().zip(&mut blocked) {
                    let beam = parry::query::Ray::new(Vector::from(ray.origin_m), Vector::from(ray.direction));
                    *blocked = covering.is_some_and(|part| {
                        let (pose, shape) = &in_physics[part];
                        shape.intersects_ray(pose, &beam, ray.most_m)
                    });
                }
            }
        },
    );
    let same = hits.iter().zip(&blocked).filter(|(hit, blocked)| (hit.solid != NO_SOLID) == **blocked).count();
    println!("   {same} of {eyes}");
}

fn drawn_boxes(count: usize) -> Vec<Solid> {
    let boxes = drawn_solids(7, 8 * count).into_iter().filter(|solid| matches!(solid.shape, Shape::Box { .. }));
    let boxes: Vec<Solid> = boxes.take(count).collect();
    assert_eq!(boxes.len(), count, "a quarter of the solids are boxes");
    boxes
}

/// One world twice.
struct Case {
    ours: SolidWorld,
    tree: Bvh,
    shapes: Vec<(Pose, SharedShape)>,
}

impl Case {
    fn new(solids: &[Solid]) -> Case {
        let shapes: Vec<(Pose, SharedShape)> = solids.iter().map(in_parry).collect();
        let bounds: Vec<_> = shapes.iter().map(|(pose, shape)| shape.compute_aabb(pose)).collect();
        Case { ours: SolidWorld::new(solids), tree: Bvh::from_leaves(BvhBuildStrategy::Ploc, &bounds), shapes }
    }

    fn cast(&self, ray: &Ray) -> Hit {
        let direction = Vector::from(ray.direction);
        let own = parry::query::Ray::new(Vector::from(ray.origin_m) + direction * ray.least_m, direction);
        let ask = |solid: u32, limit: f32| {
            let (pose, shape) = &self.shapes[solid as usize];
            shape.cast_ray(pose, &own, limit, true)
        };
        match self.tree.cast_ray(&own, ray.most_m - ray.least_m, ask) {
            Some((solid, distance_m)) => Hit { distance_m: distance_m + ray.least_m, solid },
            None => Hit { distance_m: f32::INFINITY, solid: NO_SOLID },
        }
    }

    /// The nearest solid of each sphere within what is nearest so far; signed, as ours.
    fn clearance(&self, spheres: &[LinkSphere], places: &[LinkPlace]) -> Clearance {
        let mut found = Clearance { least_m: REACH_M, nearest_sphere: NOBODY, nearest_solid: NOBODY, first_hit: NOBODY };
        for (index, sphere) in spheres.iter().enumerate() {
            let place = &places[sphere.link as usize];
            let [x, y, z] = sphere.center_m;
            let [x, y, z] = [place.x, place.y, place.z].map(|row| row[0] * x + row[1] * y + row[2] * z + row[3]);
            let point = Vector::new(x, y, z);
            let reach = (found.least_m + sphere.radius_m).max(sphere.radius_m);
            let far = |node: &parry::partitioning::BvhNode, _| node.aabb().distance_to_local_point(point, true);
            let ask = |solid: u32, _: f32| {
                let (pose, shape) = &self.shapes[solid as usize];
                Some(shape.distance_to_point(pose, point, false))
            };
            let Some((solid, distance)) = self.tree.find_best(reach, far, ask) else { continue };
            let least_m = distance - sphere.radius_m;
            if least_m < found.least_m {
                found = Clearance { least_m, nearest_sphere: index as u32, nearest_solid: solid, ..found };
            }
            if least_m < 0.0 && found.first_hit == NOBODY {
                found.first_hit = index as u32;
            }
        }
        found
    }
}

fn in_parry(solid: &Solid) -> (Pose, SharedShape) {
    let [x, y, z, w] = solid.rotation;
    let pose = Pose::from_parts(Vector::from(solid.position_m), Rotation::from_xyzw(x, y, z, w));
    match &solid.shape {
        Shape::Box { half_m: [x, y, z] } => (pose, SharedShape::cuboid(*x, *y, *z)),
        Shape::Sphere { radius_m } => (pose, SharedShape::ball(*radius_m)),
        // Along y there, along z here.
        Shape::Cylinder { radius_m, half_height_m } => {
            let upright = Pose::from_parts(Vector::ZERO, Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2));
            (pose * upright, SharedShape::cylinder(*half_height_m, *radius_m))
        }
        Shape::Hull { points_m, .. } => {
            let points: Vec<Vector> = points_m.iter().map(|point| Vector::from(*point)).collect();
            (pose, SharedShape::convex_hull(&points).expect("an octahedron has a hull"))
        }
    }
}

fn print_rays(name: &str, case: &Case, pools: &[ThreadPool], rounds: usize) -> f64 {
    let rays = drawn_rays(11, RAYS);
    let nothing = Hit { distance_m: 0.0, solid: 0 };
    let (mut ours, mut theirs) = (vec![nothing; RAYS], vec![nothing; RAYS]);
    let ratio = print_turns(name, RAYS, pools, rounds, &mut || cast_rays(&case.ours, &rays, &mut ours), &mut || {
        theirs.par_chunks_mut(128).zip(rays.par_chunks(128)).for_each(|(hits, rays)| {
            hits.iter_mut().zip(rays).for_each(|(hit, ray)| *hit = case.cast(ray));
        })
    });
    let same = ours.iter().zip(&theirs).filter(|(a, b)| a.solid == b.solid || (a.distance_m - b.distance_m).abs() < SAME_M).count();
    let met = ours.iter().filter(|hit| hit.solid != NO_SOLID).count();
    println!("   {:.3} % of {met} hits", 100.0 * same as f64 / RAYS as f64);
    ratio
}

fn print_clearances(name: &str, case: &Case, pools: &[ThreadPool], rounds: usize) -> f64 {
    let (spheres, places) = (drawn_arm(19), drawn_places(23, POSES));
    let nothing = Clearance { least_m: 0.0, nearest_sphere: 0, nearest_solid: 0, first_hit: 0 };
    let (mut ours, mut theirs) = (vec![nothing; POSES], vec![nothing; POSES]);
    let ratio = print_turns(
        name,
        POSES * spheres.len(),
        pools,
        rounds,
        &mut || measure_clearances(&case.ours, &spheres, &places, ARM_LINKS, REACH_M, &mut ours),
        &mut || {
            theirs.par_chunks_mut(32).zip(places.par_chunks(32 * ARM_LINKS)).for_each(|(found, places)| {
                found.iter_mut().zip(places.chunks(ARM_LINKS)).for_each(|(found, places)| *found = case.clearance(&spheres, places));
            })
        },
    );
    // A hull is told nearer before an edge than it is, and inside of several solids parry names the first it meets.
    let same = ours.iter().zip(&theirs).filter(|(a, b)| (a.first_hit == NOBODY) == (b.first_hit == NOBODY)).count();
    let met = ours.iter().filter(|clearance| clearance.first_hit != NOBODY).count();
    println!("   {:.3} % of {met} hits", 100.0 * same as f64 / POSES as f64);
    ratio
}

/// Takes turns, so that a drifting machine hits both alike. Prints medians; gives the least ratio.
fn print_turns(
    name: &str,
    queries: usize,
    pools: &[ThreadPool],
    rounds: usize,
    ours: &mut (dyn FnMut() + Send),
    theirs: &mut (dyn FnMut() + Send),
) -> f64 {
    let mut least = f64::INFINITY;
    for pool in pools {
        // Processor time and wall time of a query [ns].
        let timed = |work: &mut (dyn FnMut() + Send)| {
            let (cpu, started) = (cpu_s(), Instant::now());
            pool.install(work);
            [cpu_s() - cpu, started.elapsed().as_secs_f64()].map(|seconds| 1e9 * seconds / queries as f64)
        };
        // The first turn warms caches.
        let turns: Vec<[[f64; 2]; 2]> = (0..=rounds).map(|_| [timed(ours), timed(theirs)]).skip(1).collect();
        let ratio = |which: usize| median(turns.iter().map(|[ours, theirs]| theirs[which] / ours[which]));
        let [own, other] = [0, 1].map(|which| median(turns.iter().map(|turn| turn[which][0])));
        let threads = pool.current_num_threads();
        if threads > 1 {
            println!();
        }
        print!("{name:<24} {threads:>7} {own:>10.1} {other:>10.1} {:>7.2} {:>7.2}", ratio(0), ratio(1));
        least = least.min(ratio(0));
    }
    least
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
