//! Clearances are those of geometry, and the tree changes no bit.

use linetwin_compute::doctor::{ARM_LINKS, drawn_arm, drawn_places, drawn_solids};
use linetwin_compute::kernels::overlaps::{
    Clearance, LinkPlace, LinkSphere, NOBODY, clearance_from_all, clearance_narrow, measure_clearances,
};
use linetwin_compute::kernels::rays::{Shape, Solid, SolidWorld};

const NOTHING: Clearance = Clearance { least_m: 0.0, nearest_sphere: 0, nearest_solid: 0, first_hit: 0 };

fn at([x, y, z]: [f32; 3]) -> LinkPlace {
    LinkPlace { x: [1.0, 0.0, 0.0, x], y: [0.0, 1.0, 0.0, y], z: [0.0, 0.0, 1.0, z] }
}

#[test]
fn clearances_are_those_of_geometry() {
    let solid = |shape: Shape, position_m: [f32; 3]| Solid { shape, position_m, rotation: [0.0, 0.0, 0.0, 1.0] };
    let world = SolidWorld::new(&[
        solid(Shape::Box { half_m: [1.0, 1.0, 1.0] }, [0.0, 0.0, 0.0]),
        solid(Shape::Sphere { radius_m: 1.0 }, [10.0, 0.0, 0.0]),
        solid(Shape::Cylinder { radius_m: 1.0, half_height_m: 2.0 }, [20.0, 0.0, 0.0]),
    ]);
    let ball = [LinkSphere { center_m: [0.0; 3], radius_m: 0.25, link: 0, unused: [0; 3] }];
    // Where the sphere's centre is, its clearance, the nearest solid.
    let cases = [
        ([2.0, 0.0, 0.0], 0.75, 0),
        ([1.3, 1.4, 0.0], 0.25, 0),
        ([0.0, 0.9, 0.0], -0.35, 0),
        ([10.0, 0.6, 0.8], -0.25, 1),
        ([10.0, 1.2, 1.6], 0.75, 1),
        ([20.0, 0.0, 2.5], 0.25, 2),
        ([20.6, 0.8, 0.0], -0.25, 2),
        ([21.3, 0.0, 2.4], 0.25, 2),
        ([50.0, 0.0, 0.0], 5.0, NOBODY),
    ];
    let places: Vec<LinkPlace> = cases.iter().map(|(place, ..)| at(*place)).collect();
    let mut found = vec![NOTHING; cases.len()];
    measure_clearances(&world, &ball, &places, 1, 5.0, &mut found);
    for ((place, least_m, solid), found) in cases.into_iter().zip(found) {
        // A micrometre: a few roundings at 20 m.
        let right = (found.least_m - least_m).abs() < 4e-6 && found.nearest_solid == solid && (found.first_hit == 0) == (least_m < 0.0);
        assert!(right, "{place:?}: {found:?}, expected {least_m} from {solid}");
    }
}

#[test]
fn no_tree_changes_a_bit() {
    let mut solids = drawn_solids(31, 500);
    let twins = solids.clone();
    solids.extend(twins);
    let world = SolidWorld::new(&solids);
    let (spheres, places) = (drawn_arm(33), drawn_places(35, 2_000));
    let mut found = vec![NOTHING; 2_000];
    measure_clearances(&world, &spheres, &places, ARM_LINKS, 3.0, &mut found);
    for (places, found) in places.chunks(ARM_LINKS).zip(&found) {
        assert!(*found == clearance_narrow(&world, &spheres, places, 3.0), "the trees of processor and devices differ");
        let expected = clearance_from_all(&world, &spheres, places, 3.0);
        assert!(found.least_m.to_bits() == expected.least_m.to_bits() && *found == expected, "{found:?}, {expected:?}");
        assert!(found.nearest_solid == NOBODY || found.nearest_solid < 500, "the twin was named: {found:?}");
    }
    let hits = found.iter().filter(|clearance| clearance.first_hit != NOBODY).count();
    let clear = found.iter().filter(|clearance| clearance.nearest_sphere == NOBODY).count();
    assert!(hits > 50 && hits < 1_900 && clear < 1_900, "{hits} of 2,000 poses hit, {clear} are far from everything");
}
