//! `rays`: for each ray the nearest of many convex solids and the distance to it. Photo-eyes, light grids and lidars ask.
//!
//! A ray is the interval `least_m..=most_m` along a unit direction; a solid is met where that interval first lies in it (so
//! at `least_m` where the ray begins inside). Each solid is an intersection of simple volumes, each of which cuts the ray's
//! interval: slabs for boxes (Kay and Kajiya 1986), the foot of the perpendicular for spheres and cylinders (it keeps its
//! digits far away, where the textbook's b^2 - 4ac loses them), half-spaces for hulls (Cyrus and Beck 1978). Of equal
//! distances the lower index wins, so the answer does not depend on the tree or on the order of its visit: with and without
//! the tree the bits agree.
//!
//! For devices the tree is stored eight times, depth first, once for each sign pattern of a direction, near child first: a visit needs
//! no stack (local memory on a GPU), only "next" or "skip this subtree". A processor walks a wider one (`wide.rs`).

mod caster;
mod tree;
mod wide;

pub use caster::RayCaster;
pub use tree::{Move, Shape, Solid, SolidWorld};
pub use wide::{WIDTH, WideNode, WideTree};

use super::widest::{Loop, run_widest};
use crate::contract::{Argument, Entry, Kernel};
use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

pub static KERNEL: Kernel = Kernel {
    stem: "rays",
    source: include_str!("../../../../kernels/rays.cu"),
    ptx: include_str!("../../../../kernels/rays.ptx"),
    cubin: Some(include_bytes!("../../../../kernels/rays.cubin")),
    wgsl: Some(include_str!("../../../../shaders/rays.wgsl")),
    entries: &[&CAST_RAYS],
};

pub static CAST_RAYS: Entry = Entry {
    name: "cast_rays",
    threads_per_block: 128,
    registers_at_most: 64,
    warps_at_least: 32,
    arguments: &[
        Argument::read::<Node>("nodes", "m", &["8", "node_count"]),
        Argument::read::<PlacedSolid>("solids", "m", &["solid_count"]),
        Argument::read::<Plane>("planes", "m", &["plane_count"]),
        Argument::read::<Ray>("rays", "m", &["ray_capacity"]),
        Argument::write::<Hit>("hits", "m", &["ray_capacity"]),
        Argument::parameters::<RaysParameters>("parameters"),
    ],
};

/// No coordinate of a solid or of a ray's origin is farther from the origin [m]; ordinarily tens. Beyond it the boxes of
/// the tree, which are wider than the solids by the margin of `tree.rs`, would no longer cover what f32 rounds.
pub const REACH_M: f32 = 1000.0;

/// The longest ray [m]: through the whole reach.
pub const LONGEST_RAY_M: f32 = 3500.0;

/// The end of a line that nothing has cut yet [m].
const FAR: f32 = 1e30;

/// A component of a unit direction below it counts as parallel [-]: over the longest ray it moves by 4 micrometres.
const PARALLEL: f32 = 1e-9;

/// In [`Hit::solid`]: nothing was hit.
pub const NO_SOLID: u32 = u32::MAX;

#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Ray {
    pub origin_m: [f32; 3],
    /// What is nearer is not seen: a lidar's blind zone, the housing of an eye. At least 0.
    pub least_m: f32,
    /// Of length 1.
    pub direction: [f32; 3],
    pub most_m: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Hit {
    /// Along the ray; infinite where nothing was hit.
    pub distance_m: f32,
    /// Index among the solids of the world, or [`NO_SOLID`].
    pub solid: u32,
}

/// A box of the tree. A leaf holds `leaf & 7` solids from `leaf >> 3` on, an inner node none.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Node {
    pub low_m: [f32; 3],
    /// Where the visit goes on when the ray misses this box.
    pub skip: u32,
    pub high_m: [f32; 3],
    pub leaf: u32,
}

/// A solid as the kernels see it, in the order of the leaves.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PlacedSolid {
    /// Axes of the solid in the world, each with one of its sizes: half lengths of a box; radius of a sphere; radius and
    /// half height of a cylinder along z; of a hull the bits of its first plane and of their number.
    pub axis_x: [f32; 3],
    pub size_x: f32,
    pub axis_y: [f32; 3],
    pub size_y: f32,
    pub axis_z: [f32; 3],
    pub size_z: f32,
    pub position_m: [f32; 3],
    /// Index in the world, with the kind in the upper four bits: 0 box, 1 sphere, 2 cylinder, 3 hull.
    pub tag: u32,
}

/// A half-space of a hull, in its own space: `dot(normal, point) <= offset_m`. The faces of a hull are followed by the two
/// corners of its bounds in the world, as normals.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Plane {
    pub normal: [f32; 3],
    pub offset_m: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct RaysParameters {
    pub ray_count: u32,
    pub node_count: u32,
}

/// The part of a ray's line inside something [m]; empty where `enter > leave`.
#[derive(Clone, Copy)]
struct Interval {
    enter: f32,
    leave: f32,
}

const WHOLE_LINE: Interval = Interval { enter: -FAR, leave: FAR };
const NO_LINE: Interval = Interval { enter: FAR, leave: -FAR };

// One machine instruction, and the same answer everywhere; `f32::min` would ask for NaN as well.
#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
}

/// Never infinite, so that a product with it is never NaN.
fn inverse(direction: f32) -> f32 {
    if direction.abs() < PARALLEL {
        return if direction < 0.0 { -1.0 / PARALLEL } else { 1.0 / PARALLEL };
    }
    1.0 / direction
}

fn meets(node: &Node, origin: [f32; 3], inverses: [f32; 3], least: f32, limit: f32) -> bool {
    let (ax, bx) = ((node.low_m[0] - origin[0]) * inverses[0], (node.high_m[0] - origin[0]) * inverses[0]);
    let (ay, by) = ((node.low_m[1] - origin[1]) * inverses[1], (node.high_m[1] - origin[1]) * inverses[1]);
    let (az, bz) = ((node.low_m[2] - origin[2]) * inverses[2], (node.high_m[2] - origin[2]) * inverses[2]);
    let enter = greater(greater(lesser(ax, bx), lesser(ay, by)), greater(lesser(az, bz), least));
    let leave = lesser(lesser(greater(ax, bx), greater(ay, by)), lesser(greater(az, bz), limit));
    enter <= leave
}

fn clip_slab(mut interval: Interval, low: f32, high: f32, origin: f32, direction: f32) -> Interval {
    if direction.abs() < PARALLEL {
        if origin < low || origin > high {
            interval.leave = -FAR;
        }
        return interval;
    }
    let (a, b) = ((low - origin) / direction, (high - origin) / direction);
    interval.enter = greater(interval.enter, lesser(a, b));
    interval.leave = lesser(interval.leave, greater(a, b));
    interval
}

fn clip_plane(mut interval: Interval, normal: [f32; 3], offset: f32, origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let (above, climb) = (dot(normal, origin) - offset, dot(normal, direction));
    if climb.abs() < PARALLEL {
        if above > 0.0 {
            interval.leave = -FAR;
        }
        return interval;
    }
    let at = -above / climb;
    if climb > 0.0 {
        interval.leave = lesser(interval.leave, at);
    } else {
        interval.enter = greater(interval.enter, at);
    }
    interval
}

fn within_box(half: [f32; 3], origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let mut interval = WHOLE_LINE;
    interval = clip_slab(interval, -half[0], half[0], origin[0], direction[0]);
    interval = clip_slab(interval, -half[1], half[1], origin[1], direction[1]);
    clip_slab(interval, -half[2], half[2], origin[2], direction[2])
}

fn within_sphere(radius: f32, origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let nearest = -dot(origin, direction);
    let off = [origin[0] + nearest * direction[0], origin[1] + nearest * direction[1], origin[2] + nearest * direction[2]];
    let rest = radius * radius - dot(off, off);
    if rest < 0.0 {
        return NO_LINE;
    }
    let half = rest.sqrt();
    Interval { enter: nearest - half, leave: nearest + half }
}

fn within_cylinder(radius: f32, half_height: f32, origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let mut interval = clip_slab(WHOLE_LINE, -half_height, half_height, origin[2], direction[2]);
    let across = direction[0] * direction[0] + direction[1] * direction[1];
    if across < PARALLEL {
        if origin[0] * origin[0] + origin[1] * origin[1] > radius * radius {
            interval.leave = -FAR;
        }
        return interval;
    }
    let nearest = -(origin[0] * direction[0] + origin[1] * direction[1]) / across;
    let (off_x, off_y) = (origin[0] + nearest * direction[0], origin[1] + nearest * direction[1]);
    let rest = radius * radius - (off_x * off_x + off_y * off_y);
    if rest < 0.0 {
        return NO_LINE;
    }
    let half = (rest / across).sqrt();
    interval.enter = greater(interval.enter, nearest - half);
    interval.leave = lesser(interval.leave, nearest + half);
    interval
}

fn within_hull(planes: &[Plane], first: u32, count: u32, origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let mut interval = WHOLE_LINE;
    for plane in &planes[first as usize..(first + count) as usize] {
        interval = clip_plane(interval, plane.normal, plane.offset_m, origin, direction);
    }
    interval
}

fn into_solid(solid: &PlacedSolid, v: [f32; 3]) -> [f32; 3] {
    [dot(solid.axis_x, v), dot(solid.axis_y, v), dot(solid.axis_z, v)]
}

fn within_solid(solid: &PlacedSolid, planes: &[Plane], origin: [f32; 3], direction: [f32; 3]) -> Interval {
    let away = [origin[0] - solid.position_m[0], origin[1] - solid.position_m[1], origin[2] - solid.position_m[2]];
    let (from, to) = (into_solid(solid, away), into_solid(solid, direction));
    match solid.tag >> 28 {
        0 => within_box([solid.size_x, solid.size_y, solid.size_z], from, to),
        1 => within_sphere(solid.size_x, from, to),
        2 => within_cylinder(solid.size_x, solid.size_y, from, to),
        _ => within_hull(planes, solid.size_x.to_bits(), solid.size_y.to_bits(), from, to),
    }
}

fn cast_ray(nodes: &[Node], solids: &[PlacedSolid], planes: &[Plane], node_count: u32, ray: &Ray) -> Hit {
    let (origin, direction) = (ray.origin_m, ray.direction);
    let inverses = direction.map(inverse);
    let order = direction.iter().enumerate().fold(0, |order, (axis, &along)| if along < 0.0 { order | 1 << axis } else { order });
    let tree = &nodes[order * node_count as usize..][..node_count as usize];
    let mut best = Hit { distance_m: f32::INFINITY, solid: NO_SOLID };
    let mut limit = ray.most_m;
    let mut at = 0;
    while at < node_count {
        let node = &tree[at as usize];
        if !meets(node, origin, inverses, ray.least_m, limit) {
            at = node.skip;
            continue;
        }
        at += 1;
        let (first, count) = (node.leaf >> 3, node.leaf & 7);
        for solid in &solids[first as usize..(first + count) as usize] {
            let interval = within_solid(solid, planes, origin, direction);
            let distance = greater(interval.enter, ray.least_m);
            if distance > interval.leave || distance > ray.most_m {
                continue;
            }
            let name = solid.tag & 0x0fff_ffff;
            if distance < best.distance_m || (distance == best.distance_m && name < best.solid) {
                best = Hit { distance_m: distance, solid: name };
                // A little farther than the hit: what rounds to the same distance still takes part.
                limit = lesser(ray.most_m, distance + (distance * 1e-4 + 0.001));
            }
        }
    }
    best
}

/// Distances at which a ray enters eight boxes, and a bit for each that it does enter. As `meets`: the side that the
/// direction meets first is the lesser of the two products.
#[inline(always)]
fn enter_wide(node: &WideNode, origin: [f32; 3], inverses: [f32; 3], least: f32, limit: f32) -> ([f32; WIDTH], u32) {
    let (mut enter, mut leave) = ([least; WIDTH], [limit; WIDTH]);
    for axis in 0..3 {
        let (near, far) = if inverses[axis] < 0.0 { (axis + 3, axis) } else { (axis, axis + 3) };
        for slot in 0..WIDTH {
            enter[slot] = greater((node.sides[near][slot] - origin[axis]) * inverses[axis], enter[slot]);
            leave[slot] = lesser((node.sides[far][slot] - origin[axis]) * inverses[axis], leave[slot]);
        }
    }
    let met = (0..WIDTH).fold(0, |met, slot| met | u32::from(enter[slot] <= leave[slot]) << slot);
    (enter, met)
}

/// As `cast_ray`, over the tree of the processor.
#[inline(always)]
fn cast_ray_wide(world: &SolidWorld, ray: &Ray, pending: &mut Vec<(f32, u32)>) -> Hit {
    let (origin, direction) = (ray.origin_m, ray.direction);
    let inverses = direction.map(inverse);
    let mut best = Hit { distance_m: f32::INFINITY, solid: NO_SOLID };
    world.wide().walk(
        pending,
        ray.most_m,
        |node, limit| enter_wide(node, origin, inverses, ray.least_m, limit),
        |place, limit| {
            let solid = &world.solids()[place];
            with_solid(&mut best, solid, world.planes(), ray).map_or(limit, |distance| {
                // A little farther than the hit: what rounds to the same distance still takes part.
                lesser(ray.most_m, distance + (distance * 1e-4 + 0.001))
            })
        },
    );
    best
}

/// The distance where the solid becomes the nearest.
#[inline(always)]
fn with_solid(best: &mut Hit, solid: &PlacedSolid, planes: &[Plane], ray: &Ray) -> Option<f32> {
    let interval = within_solid(solid, planes, ray.origin_m, ray.direction);
    let distance = greater(interval.enter, ray.least_m);
    if distance > interval.leave || distance > ray.most_m {
        return None;
    }
    let name = solid.tag & 0x0fff_ffff;
    let nearer = distance < best.distance_m || (distance == best.distance_m && name < best.solid);
    nearer.then(|| {
        *best = Hit { distance_m: distance, solid: name };
        distance
    })
}

/// Room for what a walk leaves for later [-]: seven boxes at each of some twenty levels; more makes it grow.
pub const MOST_PENDING: usize = 160;

/// Rays that one task takes at a time [-]: some 10 microseconds of work.
const RAYS_PER_TASK: usize = 128;

/// The meaning of `rays`, on all threads of the current pool.
pub fn cast_rays(world: &SolidWorld, rays: &[Ray], hits: &mut [Hit]) {
    assert_eq!(rays.len(), hits.len(), "one hit for each ray");
    hits.par_chunks_mut(RAYS_PER_TASK).zip(rays.par_chunks(RAYS_PER_TASK)).for_each(|(hits, rays)| {
        run_widest(CastLoop { world, rays, hits });
    });
}

struct CastLoop<'a> {
    world: &'a SolidWorld,
    rays: &'a [Ray],
    hits: &'a mut [Hit],
}

impl Loop for CastLoop<'_> {
    #[inline(always)]
    fn run(self) {
        let mut pending = Vec::with_capacity(MOST_PENDING);
        for (hit, ray) in self.hits.iter_mut().zip(self.rays) {
            *hit = cast_ray_wide(self.world, ray, &mut pending);
        }
    }
}

/// As a device walks: over the narrow tree, without a stack.
pub fn cast_ray_narrow(world: &SolidWorld, ray: &Ray) -> Hit {
    cast_ray(world.nodes(), world.solids(), world.planes(), world.node_count(), ray)
}

/// The answer without the tree: every solid is asked.
pub fn cast_ray_at_all(world: &SolidWorld, ray: &Ray) -> Hit {
    let mut best = Hit { distance_m: f32::INFINITY, solid: NO_SOLID };
    for solid in world.solids() {
        with_solid(&mut best, solid, world.planes(), ray);
    }
    best
}
