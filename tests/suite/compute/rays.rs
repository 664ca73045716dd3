//! Rays hit what they must, where theory says, and the tree changes no bit.

use linetwin_compute::doctor::{Drawn, drawn_moves, drawn_rays, drawn_solids};
use linetwin_compute::kernels::rays::{Hit, NO_SOLID, Ray, Shape, Solid, SolidWorld, cast_ray_at_all, cast_ray_narrow, cast_rays};

const UPRIGHT: [f32; 4] = [0.0, 0.0, 0.0, 1.0];

fn solid(shape: Shape, position_m: [f32; 3], rotation: [f32; 4]) -> Solid {
    Solid { shape, position_m, rotation }
}

fn ray(origin_m: [f32; 3], direction: [f32; 3]) -> Ray {
    Ray { origin_m, least_m: 0.0, direction, most_m: 100.0 }
}

fn cast(solids: &[Solid], rays: &[Ray]) -> Vec<Hit> {
    let mut hits = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
    cast_rays(&SolidWorld::new(solids), rays, &mut hits);
    hits
}

/// Micrometres over metres: what a few roundings of f32 cost.
const TOLERANCE_M: f32 = 5e-6;

fn assert_hit(hit: Hit, solid: u32, distance_m: f32) {
    assert!(hit.solid == solid && (hit.distance_m - distance_m).abs() <= TOLERANCE_M, "{hit:?}, expected {solid} at {distance_m}");
}

#[test]
fn distances_are_those_of_geometry() {
    let quarter_about_y = [0.0, 0.5_f32.sqrt(), 0.0, 0.5_f32.sqrt()];
    let eighth_about_z = [0.0, 0.0, (std::f32::consts::PI / 8.0).sin(), (std::f32::consts::PI / 8.0).cos()];
    let cube = Shape::Box { half_m: [0.5, 0.5, 0.5] };
    let solids = [
        solid(cube.clone(), [5.0, 0.0, 0.0], UPRIGHT),
        solid(cube, [5.0, 10.0, 0.0], eighth_about_z),
        solid(Shape::Sphere { radius_m: 1.0 }, [5.0, 20.0, 0.0], UPRIGHT),
        solid(Shape::Cylinder { radius_m: 1.0, half_height_m: 2.0 }, [5.0, 30.0, 0.0], UPRIGHT),
        solid(Shape::Cylinder { radius_m: 1.0, half_height_m: 2.0 }, [5.0, 40.0, 0.0], quarter_about_y),
    ];
    let x = [1.0, 0.0, 0.0];
    let rays = [
        ray([0.0, 0.0, 0.0], x),
        ray([0.0, 10.0, 0.0], x),
        ray([0.0, 20.0, 0.6], x),
        ray([0.0, 30.6, 1.9], x),
        ray([0.0, 40.0, 0.0], x),
        ray([0.0, 40.0, 1.1], x),
        ray([5.0, 0.0, 0.0], x),
        Ray { least_m: 0.3, ..ray([5.0, 20.0, 0.0], [0.0, 0.0, 1.0]) },
        Ray { least_m: 2.0, ..ray([5.0, 20.0, 0.0], [0.0, 0.0, 1.0]) },
        Ray { most_m: 4.4, ..ray([0.0, 0.0, 0.0], x) },
    ];
    let hits = cast(&solids, &rays);
    assert_hit(hits[0], 0, 4.5);
    assert_hit(hits[1], 1, 5.0 - 0.5_f32.sqrt());
    assert_hit(hits[2], 2, 5.0 - 0.8);
    assert_hit(hits[3], 3, 5.0 - 0.8);
    assert_hit(hits[4], 4, 3.0);
    assert_eq!(hits[5].solid, NO_SOLID, "above the lying cylinder");
    assert!(hits[5].distance_m == f32::INFINITY);
    assert_hit(hits[6], 0, 0.0);
    assert_hit(hits[7], 2, 0.3);
    assert_eq!(hits[8].solid, NO_SOLID, "the blind zone reaches beyond the sphere");
    assert_eq!(hits[9].solid, NO_SOLID, "the ray ends before the box");
}

#[test]
fn no_tree_changes_a_bit_and_of_equal_distances_the_first_solid_wins() {
    let mut solids = drawn_solids(3, 400);
    // Each of them once more in the same place: the twin must never be named.
    let twins = solids.clone();
    solids.extend(twins);
    let world = SolidWorld::new(&solids);
    let mut rays = drawn_rays(5, 20_000);
    // From far away, where f32 rounds most: the margin of the tree has to cover it.
    let mut drawn = Drawn::new(9);
    rays.extend((0..20_000).map(|_| {
        let direction = drawn.unit_vector();
        let aim = drawn.vector(20.0);
        let origin_m = std::array::from_fn(|axis| (aim[axis] - 900.0 * direction[axis]).clamp(-1000.0, 1000.0));
        Ray { origin_m, least_m: 0.0, direction, most_m: 3500.0 }
    }));
    let mut hits = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
    cast_rays(&world, &rays, &mut hits);
    let mut hit_count = 0;
    for (ray, hit) in rays.iter().zip(&hits) {
        let expected = cast_ray_at_all(&world, ray);
        assert!(*hit == cast_ray_narrow(&world, ray), "{ray:?}: the trees of processor and devices differ");
        assert!(hit.distance_m.to_bits() == expected.distance_m.to_bits() && hit.solid == expected.solid, "{ray:?}: {hit:?}, {expected:?}");
        hit_count += usize::from(hit.solid != NO_SOLID);
        assert!(hit.solid == NO_SOLID || hit.solid < 400, "the twin was named: {hit:?}");
    }
    assert!(hit_count > 4_000 && hit_count < rays.len() - 1_000, "{hit_count} of {} rays hit", rays.len());
}

#[test]
fn a_moved_world_answers_as_one_built_anew() {
    let mut solids = drawn_solids(41, 300);
    let mut moved = SolidWorld::new(&solids);
    let moves = drawn_moves(43, solids.len());
    moved.move_solids(&moves);
    for one in &moves {
        let solid = &mut solids[one.solid as usize];
        (solid.position_m, solid.rotation) = (one.position_m, one.rotation);
    }
    let rays = drawn_rays(45, 20_000);
    let mut hits = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
    cast_rays(&moved, &rays, &mut hits);
    assert!(hits == cast(&solids, &rays));
    assert!(rays.iter().zip(&hits).all(|(ray, hit)| *hit == cast_ray_narrow(&moved, ray)));
    assert!(hits.iter().filter(|hit| hit.solid != NO_SOLID && hit.solid.is_multiple_of(3)).count() > 100, "what moved is hit");
    let mut empty = SolidWorld::new(&[]);
    empty.move_solids(&[]);
}

#[test]
fn worlds_of_every_small_size_have_sound_trees() {
    // Up to a node of eight, beyond it, and all in one place, where no split helps.
    for count in (1..40).chain([200]) {
        for solids in [drawn_solids(count as u64, count), vec![drawn_solids(1, 1)[0].clone(); count]] {
            let world = SolidWorld::new(&solids);
            let rays: Vec<Ray> = solids.iter().map(|solid| aimed_at(solid.position_m)).chain(drawn_rays(3, 200)).collect();
            let mut hits = vec![Hit { distance_m: 0.0, solid: 0 }; rays.len()];
            cast_rays(&world, &rays, &mut hits);
            for (ray, hit) in rays.iter().zip(hits) {
                assert!(hit == cast_ray_at_all(&world, ray) && hit == cast_ray_narrow(&world, ray), "{count} solids: {ray:?}");
            }
        }
    }
}

fn aimed_at([x, y, z]: [f32; 3]) -> Ray {
    ray([x, y, z + 50.0], [0.0, 0.0, -1.0])
}

#[test]
fn an_empty_world_is_never_hit() {
    assert!(cast(&[], &drawn_rays(1, 100)).iter().all(|hit| hit.solid == NO_SOLID));
}
