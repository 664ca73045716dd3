//! `overlaps`: for each of many poses of a mechanism made of spheres, how near it comes to the solids of a world, and which
//! sphere hits first. Planning of robots, clearance of lifts on their way and checks of a layout ask.
//!
//! Signed distances after Quilez (2008): exact for box, sphere and cylinder; for a hull the largest distance over its faces
//! and from the box around it, which is exact inside and before a face, and too small before an edge, so never unsafe. Of equal distances the lower
//! sphere, then the lower solid is named: the answer does not depend on the tree.

mod checker;

pub use checker::ClearanceChecker;

use super::rays::{MOST_PENDING, Node, PlacedSolid, Plane, SolidWorld, WIDTH, WideNode};
use super::widest::{Loop, run_widest};
use crate::contract::{Argument, Entry, Kernel};
use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

pub static KERNEL: Kernel = Kernel {
    stem: "overlaps",
    source: include_str!("../../../../kernels/overlaps.cu"),
    ptx: include_str!("../../../../kernels/overlaps.ptx"),
    cubin: Some(include_bytes!("../../../../kernels/overlaps.cubin")),
    wgsl: Some(include_str!("../../../../shaders/overlaps.wgsl")),
    entries: &[&MEASURE_CLEARANCES],
};

pub static MEASURE_CLEARANCES: Entry = Entry {
    name: "measure_clearances",
    threads_per_block: 128,
    registers_at_most: 64,
    warps_at_least: 32,
    arguments: &[
        Argument::read::<Node>("nodes", "m", &["8", "node_count"]),
        Argument::read::<PlacedSolid>("solids", "m", &["solid_count"]),
        Argument::read::<Plane>("planes", "m", &["plane_count"]),
        Argument::read::<LinkSphere>("spheres", "m", &["sphere_count"]),
        Argument::read::<LinkPlace>("places", "m", &["pose_capacity", "link_count"]),
        Argument::write::<Clearance>("clearances", "m", &["pose_capacity"]),
        Argument::parameters::<OverlapsParameters>("parameters"),
    ],
};

/// Neither a sphere nor a solid: nothing comes nearer than the reach, nothing hits.
pub const NOBODY: u32 = u32::MAX;

const DEEPEST: f32 = -1e30;

/// A box is looked into when it is farther than wanted by no more than this [m]: more than f32 rounds within the reach.
const SLACK_M: f32 = 0.001;

/// Where a link of the mechanism is: the rows of the rotation into the world [-], each with its coordinate [m].
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct LinkPlace {
    pub x: [f32; 4],
    pub y: [f32; 4],
    pub z: [f32; 4],
}

/// A sphere that moves with a link.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct LinkSphere {
    /// In the space of the link.
    pub center_m: [f32; 3],
    pub radius_m: f32,
    pub link: u32,
    pub unused: [u32; 3],
}

/// How near one pose comes.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Clearance {
    /// Least signed distance of all spheres from all solids, negative where they overlap; the reach where it is farther.
    pub least_m: f32,
    pub nearest_sphere: u32,
    /// Index among the solids of the world.
    pub nearest_solid: u32,
    /// The lowest sphere that overlaps something.
    pub first_hit: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct OverlapsParameters {
    pub pose_count: u32,
    pub link_count: u32,
    pub sphere_count: u32,
    pub node_count: u32,
    pub reach_m: f32,
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn magnitude(a: f32) -> f32 {
    if a < 0.0 { -a } else { a }
}

fn along(axis: [f32; 3], p: [f32; 3]) -> f32 {
    (axis[0] * p[0] + axis[1] * p[1]) + axis[2] * p[2]
}

fn in_world(place: &LinkPlace, center: [f32; 3]) -> [f32; 3] {
    [place.x, place.y, place.z].map(|[x, y, z, position]| along([x, y, z], center) + position)
}

fn from_bounds(low: [f32; 3], high: [f32; 3], p: [f32; 3]) -> f32 {
    let x = larger(larger(low[0] - p[0], p[0] - high[0]), 0.0);
    let y = larger(larger(low[1] - p[1], p[1] - high[1]), 0.0);
    let z = larger(larger(low[2] - p[2], p[2] - high[2]), 0.0);
    (x * x + y * y) + z * z
}

fn is_near(node: &Node, p: [f32; 3], limit: f32) -> bool {
    let bound = larger(limit, 0.0) + SLACK_M;
    from_bounds(node.low_m, node.high_m, p) <= bound * bound
}

fn from_box(half: [f32; 3], p: [f32; 3]) -> f32 {
    let (x, y, z) = (magnitude(p[0]) - half[0], magnitude(p[1]) - half[1], magnitude(p[2]) - half[2]);
    let (ox, oy, oz) = (larger(x, 0.0), larger(y, 0.0), larger(z, 0.0));
    ((ox * ox + oy * oy) + oz * oz).sqrt() + smaller(larger(larger(x, y), z), 0.0)
}

fn from_sphere(radius: f32, p: [f32; 3]) -> f32 {
    ((p[0] * p[0] + p[1] * p[1]) + p[2] * p[2]).sqrt() - radius
}

fn from_cylinder(radius: f32, half_height: f32, p: [f32; 3]) -> f32 {
    let (across, above) = ((p[0] * p[0] + p[1] * p[1]).sqrt() - radius, magnitude(p[2]) - half_height);
    let (oa, oz) = (larger(across, 0.0), larger(above, 0.0));
    (oa * oa + oz * oz).sqrt() + smaller(larger(across, above), 0.0)
}

fn from_hull(planes: &[Plane], first: u32, count: u32, p: [f32; 3]) -> f32 {
    let mut distance = DEEPEST;
    for plane in &planes[first as usize..(first + count) as usize] {
        distance = larger(distance, along(plane.normal, p) - plane.offset_m);
    }
    distance
}

fn from_solid(solid: &PlacedSolid, planes: &[Plane], p: [f32; 3]) -> f32 {
    let away = [p[0] - solid.position_m[0], p[1] - solid.position_m[1], p[2] - solid.position_m[2]];
    let own = [along(solid.axis_x, away), along(solid.axis_y, away), along(solid.axis_z, away)];
    match solid.tag >> 28 {
        0 => from_box([solid.size_x, solid.size_y, solid.size_z], own),
        1 => from_sphere(solid.size_x, own),
        2 => from_cylinder(solid.size_x, solid.size_y, own),
        _ => {
            let (first, count) = (solid.size_x.to_bits(), solid.size_y.to_bits());
            let corners = (first + count) as usize;
            let bounded = from_bounds(planes[corners].normal, planes[corners + 1].normal, p).sqrt();
            // The bounds of what it is inside of say nothing of how deep.
            let distance = from_hull(planes, first, count, own);
            if bounded > 0.0 { larger(distance, bounded) } else { distance }
        }
    }
}

fn with_sphere(mut found: Clearance, world: &SolidWorld, sphere: u32, p: [f32; 3], radius: f32) -> Clearance {
    let node_count = world.node_count();
    // Any of the eight orders would do: no direction is asked for.
    let nodes = &world.nodes()[..node_count as usize];
    let mut at = 0;
    while at < node_count {
        let node = &nodes[at as usize];
        if !is_near(node, p, found.least_m + radius) {
            at = node.skip;
            continue;
        }
        at += 1;
        let (first, count) = (node.leaf >> 3, node.leaf & 7);
        for solid in &world.solids()[first as usize..(first + count) as usize] {
            let distance = from_solid(solid, world.planes(), p) - radius;
            found = with_distance(found, sphere, solid.tag & 0x0fff_ffff, distance);
        }
    }
    found
}

/// Squared distances from eight boxes, and a bit for each within the limit. As `from_bounds` and `is_near`.
#[inline(always)]
fn near_wide(node: &WideNode, p: [f32; 3], limit: f32) -> ([f32; WIDTH], u32) {
    let mut distances = [0.0; WIDTH];
    // From zero on: the sums of `from_bounds` in their order.
    for (axis, at) in p.into_iter().enumerate() {
        let (low, high) = (&node.sides[axis], &node.sides[axis + 3]);
        for (slot, distance) in distances.iter_mut().enumerate() {
            let off = larger(larger(low[slot] - at, at - high[slot]), 0.0);
            *distance += off * off;
        }
    }
    (distances, (0..WIDTH).fold(0, |near, slot| near | u32::from(distances[slot] <= limit) << slot))
}

/// As `with_sphere`, over the tree of the processor.
#[inline(always)]
fn with_sphere_wide(
    mut found: Clearance,
    world: &SolidWorld,
    sphere: u32,
    p: [f32; 3],
    radius: f32,
    pending: &mut Vec<(f32, u32)>,
) -> Clearance {
    let limit_of = |found: &Clearance| {
        let bound = larger(found.least_m + radius, 0.0) + SLACK_M;
        bound * bound
    };
    let limit = limit_of(&found);
    world.wide().walk(
        pending,
        limit,
        |node, limit| near_wide(node, p, limit),
        |place, _| {
            let solid = &world.solids()[place];
            let distance = from_solid(solid, world.planes(), p) - radius;
            found = with_distance(found, sphere, solid.tag & 0x0fff_ffff, distance);
            limit_of(&found)
        },
    );
    found
}

fn with_distance(mut found: Clearance, sphere: u32, name: u32, distance: f32) -> Clearance {
    let of_this = found.nearest_sphere == sphere;
    if distance < found.least_m || (distance == found.least_m && of_this && name < found.nearest_solid) {
        found = Clearance { least_m: distance, nearest_sphere: sphere, nearest_solid: name, ..found };
    }
    if distance < 0.0 && found.first_hit == NOBODY {
        found.first_hit = sphere;
    }
    found
}

fn clearance_of(world: &SolidWorld, spheres: &[LinkSphere], places: &[LinkPlace], reach_m: f32) -> Clearance {
    let mut found = Clearance { least_m: reach_m, nearest_sphere: NOBODY, nearest_solid: NOBODY, first_hit: NOBODY };
    for (index, sphere) in spheres.iter().enumerate() {
        let p = in_world(&places[sphere.link as usize], sphere.center_m);
        found = with_sphere(found, world, index as u32, p, sphere.radius_m);
    }
    found
}

/// As `clearance_of`, over the tree of the processor.
#[inline(always)]
fn clearance_of_wide(
    world: &SolidWorld,
    spheres: &[LinkSphere],
    places: &[LinkPlace],
    reach_m: f32,
    pending: &mut Vec<(f32, u32)>,
) -> Clearance {
    let mut found = Clearance { least_m: reach_m, nearest_sphere: NOBODY, nearest_solid: NOBODY, first_hit: NOBODY };
    for (index, sphere) in spheres.iter().enumerate() {
        let p = in_world(&places[sphere.link as usize], sphere.center_m);
        found = with_sphere_wide(found, world, index as u32, p, sphere.radius_m, pending);
    }
    found
}

/// Poses that one task takes at a time [-].
const POSES_PER_TASK: usize = 32;

/// The meaning of `overlaps`, on all threads of the current pool. `places` has shape [pose_count, link_count].
pub fn measure_clearances(
    world: &SolidWorld,
    spheres: &[LinkSphere],
    places: &[LinkPlace],
    link_count: usize,
    reach_m: f32,
    clearances: &mut [Clearance],
) {
    assert_eq!(places.len(), clearances.len() * link_count, "a place for each link of each pose");
    let poses = places.par_chunks(link_count * POSES_PER_TASK);
    clearances.par_chunks_mut(POSES_PER_TASK).zip(poses).for_each(|(clearances, poses)| {
        run_widest(MeasureLoop { world, spheres, places: poses, link_count, reach_m, clearances });
    });
}

struct MeasureLoop<'a> {
    world: &'a SolidWorld,
    spheres: &'a [LinkSphere],
    places: &'a [LinkPlace],
    link_count: usize,
    reach_m: f32,
    clearances: &'a mut [Clearance],
}

impl Loop for MeasureLoop<'_> {
    #[inline(always)]
    fn run(self) {
        let mut pending = Vec::with_capacity(MOST_PENDING);
        for (clearance, places) in self.clearances.iter_mut().zip(self.places.chunks(self.link_count)) {
            *clearance = clearance_of_wide(self.world, self.spheres, places, self.reach_m, &mut pending);
        }
    }
}

/// As a device walks: over the narrow tree, without a stack.
pub fn clearance_narrow(world: &SolidWorld, spheres: &[LinkSphere], places: &[LinkPlace], reach_m: f32) -> Clearance {
    clearance_of(world, spheres, places, reach_m)
}

/// Signed distance of a point from the solid of that index in the world [m]; none where there is no such solid.
pub fn distance_from(world: &SolidWorld, solid: u32, p: [f32; 3]) -> Option<f32> {
    let placed = world.solids().iter().find(|placed| placed.tag & 0x0fff_ffff == solid)?;
    Some(from_solid(placed, world.planes(), p))
}

/// The answer without the tree: every solid is asked.
pub fn clearance_from_all(world: &SolidWorld, spheres: &[LinkSphere], places: &[LinkPlace], reach_m: f32) -> Clearance {
    let mut found = Clearance { least_m: reach_m, nearest_sphere: NOBODY, nearest_solid: NOBODY, first_hit: NOBODY };
    for (index, sphere) in spheres.iter().enumerate() {
        let p = in_world(&places[sphere.link as usize], sphere.center_m);
        for solid in world.solids() {
            let distance = from_solid(solid, world.planes(), p) - sphere.radius_m;
            found = with_distance(found, index as u32, solid.tag & 0x0fff_ffff, distance);
        }
    }
    found
}
