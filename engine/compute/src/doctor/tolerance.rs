//! What is asked of a device that rounds as its driver likes: results within a tolerance, and integers that make sense. A
//! ray that grazes an edge may meet it or not, so a few may differ altogether; what they then say must still be true.

use crate::kernels::overlaps::{Clearance, NOBODY, distance_from};
use crate::kernels::pairs::{Ball, parts_of};
use crate::kernels::particles::Particle;
use crate::kernels::rays::{Hit, NO_SOLID, Ray, SolidWorld};

/// Of a distance along a ray [m]. f32 rounds by 0.000004 m at 60 m; division within 2.5 units of the last place and a root
/// before a curved surface make some hundred times that.
const HIT_TOLERANCE_M: f32 = 0.001;

/// Of a clearance [m]: no division, one root.
const CLEARANCE_TOLERANCE_M: f32 = 0.0001;

/// A hit that no other device has lies on its solid all the same [m]: as near as a ray is parallel to the surface it grazes.
const SURFACE_TOLERANCE_M: f32 = 0.005;

/// Between two balls that may be a pair or not [m]: two differences, three squares, no root.
const TOUCH_TOLERANCE_M: f32 = 0.00001;

/// Of a particle's place after some milliseconds [m]: contacts that come a step earlier or later, but nothing that is
/// missed; a fiftieth of a radius.
const PLACE_TOLERANCE_M: f64 = 0.0001;

/// One in so many may differ altogether [-].
const ONE_IN: usize = 1000;
/// Of particles: whoever was hit a step earlier or later soon moves elsewhere. An H200 through Vulkan: up to one in 281, by at most 1.5 mm.
const ONE_PARTICLE_IN: usize = 200;
/// And nobody is farther off than this [m]: what a fast one flies in some ten steps.
const STRAY_M: f64 = 0.005;

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

/// What differs, in words; an error where a pair differs that does not just touch.
pub fn compare_pairs(balls: &[Ball], expected: &[u64], found: &[u64]) -> Result<String, String> {
    if !found.is_sorted_by(|one, next| one < next) {
        return Err("keys are not sorted".into());
    }
    let strangers = |of: &[u64], among: &[u64]| of.iter().filter(|key| among.binary_search(key).is_err()).copied().collect::<Vec<_>>();
    let differing = [strangers(expected, found), strangers(found, expected)].concat();
    for &key in &differing {
        let (replication, indices) = parts_of(key);
        let [Some(a), Some(b)] = indices.map(|index| balls.get(index).filter(|ball| ball.replication == replication)) else {
            return Err(format!("key {key:016x} is no pair of this batch"));
        };
        let gap_m = (0..3).map(|axis| f64::from(a.center_m[axis] - b.center_m[axis]).powi(2)).sum::<f64>().sqrt()
            - f64::from(a.radius_m + b.radius_m);
        if gap_m.abs() > f64::from(TOUCH_TOLERANCE_M) {
            return Err(format!("the balls of key {key:016x} are {gap_m:e} m apart"));
        }
    }
    few(differing.len(), expected.len(), "pairs")?;
    Ok(format!("{} pairs differ that just touch", differing.len()))
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
    let (mut farthest_m, mut stray_m) = (0.0f64, 0.0f64);
    for ((id, expected), (found_id, found)) in expected.iter().zip(found) {
        if (id, expected.material, expected.radius_m.to_bits()) != (found_id, found.material, found.radius_m.to_bits()) {
            return Err(format!("particle {found_id} is {found:?}, expected {id}, {expected:?}"));
        }
        let off_m = [0, 1, 2].map(|axis| (found.position_m[axis] - expected.position_m[axis]).abs());
        let off_m = if off_m.iter().any(|off_m| off_m.is_nan()) { f64::INFINITY } else { off_m.into_iter().fold(0.0, f64::max) };
        if off_m <= PLACE_TOLERANCE_M {
            farthest_m = farthest_m.max(off_m);
        } else {
            stray_m = stray_m.max(off_m);
            differing += 1;
        }
    }
    let told = format!("{differing} of {} particles are elsewhere by at most {stray_m:e} m, the others by {farthest_m:e} m", found.len());
    if differing * ONE_PARTICLE_IN > found.len() || stray_m > STRAY_M { Err(told) } else { Ok(told) }
}

fn few(differing: usize, all: usize, what: &str) -> Result<(), String> {
    if differing * ONE_IN > all { Err(format!("{differing} of {all} {what} differ")) } else { Ok(()) }
}
