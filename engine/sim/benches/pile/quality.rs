//! How good a settled pile is: solid fraction by two definitions, overlap of the cubes, energy that is left. Reads the
//! world and nothing else; must not know which setting made it.

use crate::scene::{BIN_HALF_M, CUBE_HALF_M};
use rapier3d::prelude::*;

pub struct Quality {
    /// Volume of the cubes / (area of the bin x twice the mean height of their centres): what the peers' table gives.
    /// It takes the pile for a block of even density; its loose top counts [-].
    pub solid_fraction_height: f64,
    /// Share of sample points inside a cube, within the core of the pile: away from walls, floor and the top [-].
    pub solid_fraction_core: f64,
    /// Over all pairs of cubes that overlap, depth by separating axes [m].
    pub overlap_mean_m: f64,
    pub overlap_max_m: f64,
    /// Translation and rotation [J].
    pub kinetic_energy_per_cube_j: f64,
}

/// Walls and floor order the cubes next to them; they are left out of the core up to here [m]: 2.5 and 2 edges.
const CORE_FROM_WALL_M: f32 = 0.5;
const CORE_FROM_FLOOR_M: f32 = 0.4;
/// Below the pile's mean top by three edges: the rough surface never reaches down to it [m].
const CORE_BELOW_TOP_M: f32 = 0.6;
/// Between sample points [m]: an eighth of an edge, some 10^5 points, so counting noise stays below 0.002.
const SAMPLE_PITCH_M: f32 = 0.025;
/// Cross products of nearly parallel edges are no axis.
const PARALLEL_EDGES: f32 = 1e-4;

struct Cube {
    centre: Vector,
    axes: [Vector; 3],
}

pub fn measure(world: &PhysicsWorld, handles: &[RigidBodyHandle]) -> Quality {
    let cubes: Vec<Cube> = handles
        .iter()
        .map(|handle| {
            let pose = world.bodies[*handle].position();
            Cube { centre: pose.translation, axes: [Vector::X, Vector::Y, Vector::Z].map(|axis| pose.rotation * axis) }
        })
        .collect();
    let count = cubes.len() as f64;
    let mean_height = cubes.iter().map(|cube| f64::from(cube.centre.y)).sum::<f64>() / count;
    let (edge, width) = (f64::from(2.0 * CUBE_HALF_M), f64::from(2.0 * BIN_HALF_M));
    let depths = overlap_depths(&cubes);
    let kinetic_energy: f64 = handles.iter().map(|handle| f64::from(world.bodies[*handle].kinetic_energy())).sum();
    Quality {
        solid_fraction_height: count * edge * edge * edge / (width * width * 2.0 * mean_height),
        solid_fraction_core: core_fraction(&cubes, 2.0 * mean_height as f32),
        overlap_mean_m: depths.iter().sum::<f64>() / depths.len().max(1) as f64,
        overlap_max_m: depths.iter().copied().fold(0.0, f64::max),
        kinetic_energy_per_cube_j: kinetic_energy / count,
    }
}

fn core_fraction(cubes: &[Cube], top: f32) -> f64 {
    let reach = BIN_HALF_M - CORE_FROM_WALL_M;
    let radius = CUBE_HALF_M * 3f32.sqrt();
    let across = (2.0 * reach / SAMPLE_PITCH_M).round() as usize;
    let up = ((top - CORE_BELOW_TOP_M - CORE_FROM_FLOOR_M).max(0.0) / SAMPLE_PITCH_M).floor() as usize;
    let at = |index: usize, from: f32| from + (index as f32 + 0.5) * SAMPLE_PITCH_M;
    // First sample index at or above a coordinate, within the axis.
    let index_from = |value: f32, from: f32, len: usize| (((value - from) / SAMPLE_PITCH_M - 0.5).ceil().max(0.0) as usize).min(len);
    let mut filled = vec![false; across * across * up];
    for cube in cubes {
        let c = cube.centre;
        for y in index_from(c.y - radius, CORE_FROM_FLOOR_M, up)..index_from(c.y + radius, CORE_FROM_FLOOR_M, up) {
            for z in index_from(c.z - radius, -reach, across)..index_from(c.z + radius, -reach, across) {
                for x in index_from(c.x - radius, -reach, across)..index_from(c.x + radius, -reach, across) {
                    let offset = Vector::new(at(x, -reach), at(y, CORE_FROM_FLOOR_M), at(z, -reach)) - c;
                    if cube.axes.iter().all(|axis| axis.dot(offset).abs() <= CUBE_HALF_M) {
                        filled[(y * across + z) * across + x] = true;
                    }
                }
            }
        }
    }
    filled.iter().filter(|&&inside| inside).count() as f64 / filled.len().max(1) as f64
}

/// Depths of all overlapping pairs [m].
fn overlap_depths(cubes: &[Cube]) -> Vec<f64> {
    let diagonal = 2.0 * CUBE_HALF_M * 3f32.sqrt();
    let mut depths = vec![];
    for (index, a) in cubes.iter().enumerate() {
        for b in &cubes[index + 1..] {
            if (a.centre - b.centre).length_squared() < diagonal * diagonal {
                let depth = overlap_depth(a, b);
                if depth > 0.0 {
                    depths.push(f64::from(depth));
                }
            }
        }
    }
    depths
}

/// Least overlap over the 15 axes of the separating-axis test; zero or less where the cubes are apart [m].
fn overlap_depth(a: &Cube, b: &Cube) -> f32 {
    let between = b.centre - a.centre;
    let along = |axis: Vector| {
        let half_widths: f32 = a.axes.iter().chain(&b.axes).map(|edge| edge.dot(axis).abs() * CUBE_HALF_M).sum();
        half_widths - axis.dot(between).abs()
    };
    let faces = a.axes.iter().chain(&b.axes).copied();
    let edges = a.axes.iter().flat_map(|edge| b.axes.iter().map(|other| edge.cross(*other)));
    let edges = edges.filter(|axis| axis.length() > PARALLEL_EDGES).map(|axis| axis / axis.length());
    faces.chain(edges).map(along).fold(f32::INFINITY, f32::min)
}
