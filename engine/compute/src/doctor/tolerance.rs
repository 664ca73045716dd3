//! What is asked of a device that rounds as its driver likes: results within a tolerance, and integers that make sense. A
//! ray that grazes an edge may meet it or not, so a few may differ altogether; what they then say must still be true.

use crate::kernels::overlaps::{Clearance, NOBODY, distance_from};
use crate::kernels::particles::Particle;
use crate::kernels::rays::{Hit, NO_SOLID, Ray, SolidWorld};

/// Of a distance along a ray [m]. f32 rounds by 0.000004 m at 60 m; division within 2.5 units of the last place and a root
/// before a curved surface make some hundred times that.
const HIT_TOLERANCE_M: f32 = 0.001;

/// Of a clearance [m]: no division, one root.
const CLEARANCE_TOLERANCE_M: f32 = 0.0001;

/// A hit that no other device has lies on its solid all the same [m]: as near as a ray is parallel to the surface it grazes.
const SURFACE_TOLERANCE_M: f32 = 0.005;

/// Of a particle's place after some milliseconds [m]: contacts that come a step earlier or later, but nothing that is
/// missed; a fiftieth of a radius.
const PLACE_TOLERANCE_M: f64 = 0.0001;

/// One in so many may differ altogether [-].
const ONE_IN: usize = 1000;

/// What differs, in words; an error where it is more than the tolerance.
pub fn compare_hits(world: &SolidWorld, rays: &[Ray], expected: &[Hit], found: &[Hit]) -> Result<String, String> {
    let mut differing = 0;
    let mut farthest_m = 0.0f32;
    for (ray, (expected, found)) in rays.iter().zip(expected.iter().zip(found)) {
        let off_m = (found.distance_m - expected.distance_m).abs();
        let same = found.solid == expected.solid && (found.solid == NO_SOLID || off_m <= HIT_TOLERANCE_M);
        if found.solid == NO_SOLID {
            if found.distance_m != f32::INFINITY {
                return Err(format!("{ray:?} hits nothing, but at {} m", found.distance_m));
            }
        } else if same {
            farthest_m = farthest_m.max(off_m);
        } else {
            check_hit(world, ray, found)?;
        }
        differing += usize::from(!same);
    }
    few(differing, found.len(), "hits")?;
    Ok(format!("{differing} hits differ, the others by at most {farthest_m:e} m"))
}

fn check_hit(world: &SolidWorld, ray: &Ray, hit: &Hit) -> Result<(), String> {
    let inside = (ray.least_m - HIT_TOLERANCE_M..=ray.most_m + HIT_TOLERANCE_M).contains(&hit.distance_m);
    let at = [0, 1, 2].map(|axis| ray.origin_m[axis] + hit.distance_m * ray.direction[axis]);
    let above_m = if inside { distance_from(world, hit.solid, at) } else { None };
    let begins_there = hit.distance_m <= ray.least_m + HIT_TOLERANCE_M;
    match above_m {
        Some(above_m) if above_m.abs() <= SURFACE_TOLERANCE_M || (begins_there && above_m < 0.0) => Ok(()),
        other => Err(format!("{ray:?} does not meet {hit:?}: the solid is {other:?} m away")),
    }
}

/// What differs, in words; an error where it is more than the tolerance.
pub fn compare_clearances(world: &SolidWorld, sphere_count: usize, expected: &[Clearance], found: &[Clearance]) -> Result<String, String> {
    let mut differing = 0;
    let mut farthest_m = 0.0f32;
    for (expected, found) in expected.iter().zip(found) {
        let off_m = (found.least_m - expected.least_m).abs();
        let known = |index: u32, count: usize| index == NOBODY || (index as usize) < count;
        let sound = known(found.nearest_sphere, sphere_count)
            && known(found.first_hit, sphere_count)
            && known(found.nearest_solid, world.solids().len())
            && (found.nearest_sphere == NOBODY) == (found.nearest_solid == NOBODY);
        // NaN is no distance within the tolerance.
        if !sound || off_m.is_nan() || off_m > CLEARANCE_TOLERANCE_M {
            return Err(format!("{found:?}, expected {expected:?}"));
        }
        farthest_m = farthest_m.max(off_m);
        let names = |clearance: &Clearance| (clearance.nearest_sphere, clearance.nearest_solid, clearance.first_hit);
        differing += usize::from(names(found) != names(expected));
    }
    few(differing, found.len(), "poses")?;
    Ok(format!("{differing} poses name others, distances differ by at most {farthest_m:e} m"))
}

/// What differs, in words; an error where it is more than the tolerance, or another particle altogether.
pub fn compare_particles(expected: &[(u64, Particle)], found: &[(u64, Particle)]) -> Result<String, String> {
    if expected.len() != found.len() {
        return Err(format!("{} particles, expected {}", found.len(), expected.len()));
    }
    let mut differing = 0;
    let mut farthest_m = 0.0f64;
    for ((id, expected), (found_id, found)) in expected.iter().zip(found) {
        if (id, expected.material, expected.radius_m.to_bits()) != (found_id, found.material, found.radius_m.to_bits()) {
            return Err(format!("particle {found_id} is {found:?}, expected {id}, {expected:?}"));
        }
        let off_m = [0, 1, 2].map(|axis| (found.position_m[axis] - expected.position_m[axis]).abs());
        // NaN is no distance within the tolerance.
        if off_m.iter().all(|&off_m| off_m <= PLACE_TOLERANCE_M) {
            farthest_m = off_m.into_iter().fold(farthest_m, f64::max);
        } else {
            differing += 1;
        }
    }
    few(differing, found.len(), "particles")?;
    Ok(format!("{differing} particles are elsewhere, the others by at most {farthest_m:e} m"))
}

fn few(differing: usize, all: usize, what: &str) -> Result<(), String> {
    if differing * ONE_IN > all { Err(format!("{differing} of {all} {what} differ")) } else { Ok(()) }
}
