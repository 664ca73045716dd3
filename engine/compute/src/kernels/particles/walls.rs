//! Walls: half-spaces and triangles with a material and a surface velocity. A sphere touches a triangle at the point of
//! it that is nearest to its centre; where triangles of one wall give nearly the same direction, the deepest counts.

use super::contact::{Touch, add, cross, dot, respond, scale, sub};
use super::fixed::to_fixed;
use super::layouts::PlacedFacet;
use super::pairs::Motion;
use super::rows::{TOUCHES, WallRows};
use super::state::{Line, Place};

/// Triangles of one wall whose contact normals are within 18 degrees make one contact: neighbours of a smooth surface, or
/// a face and its own edge. Smaller, and a sphere rolling over a seam is pushed twice; larger, and real corners vanish.
const ONE_CONTACT_COSINE: f32 = 0.95;
/// Ways are counted with this much to spare, above the rounding of single precision.
const SPARE_WAY: f32 = 1.001;
/// Cells of the wall grid along its longest side; more find fewer strangers and take more memory.
const GRID_SIDE: f64 = 64.0;

/// A half-space (`plane`, outside where `normal` points to) or a triangle (both sides solid).
#[derive(Clone, Copy, Debug)]
pub struct Facet {
    /// [quanta]; a plane has all three in one point.
    pub corners: [[i32; 3]; 3],
    pub normal: [f32; 3],
    pub wall: u32,
    pub plane: bool,
}

/// A wall's motion: of its surface only (belts, drums), or of all of it between two placings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SurfaceMotion {
    /// Of the pivot [m/s].
    pub velocity_mps: [f32; 3],
    /// [rad/s]
    pub angular_velocity_radps: [f32; 3],
    /// [m]
    pub pivot_m: [f64; 3],
}

#[derive(Clone, Copy, Debug)]
pub struct Wall {
    pub material: usize,
    pub motion: SurfaceMotion,
    /// [quanta]
    pub pivot: [i32; 3],
}

/// What a device does not know yet of a wall.
#[derive(Clone, Copy, Default)]
pub struct WallNews {
    pub moves: bool,
    pub stands_elsewhere: bool,
}

/// All walls of a batch.
#[derive(Clone, Default)]
pub struct Walls {
    pub walls: Vec<Wall>,
    pub facets: Vec<Facet>,
    /// Facets of wall `w`: `first[w]..first[w + 1]`, or to the end.
    first: Vec<usize>,
    /// How far each wall was moved since rows were built, at most [m].
    pub ways_m: Vec<f32>,
    pub news: Vec<WallNews>,
    /// Facets of bodies, ascending. They move in every step, so no grid holds them.
    pub loose: Vec<u32>,
    /// Half-spaces and loose facets, ascending: what everybody looks at.
    planes: Vec<u32>,
    low: [i32; 3],
    cells: [usize; 3],
    cell: i32,
    /// Triangles near cell `c`: `near[start[c]..start[c + 1]]`.
    start: Vec<u32>,
    near: Vec<u32>,
}

/// The grid of the triangles and the planes beside it, as the device reads them.
pub struct FacetGrid<'a> {
    pub low: [i32; 3],
    pub cells: [u32; 3],
    pub cell: i32,
    pub planes: &'a [u32],
    pub start: &'a [u32],
    pub near: &'a [u32],
}

/// One contact of a particle with a facet.
#[derive(Clone, Copy)]
pub struct WallTouch {
    slot: u32,
    facet: u32,
    wall: u32,
    normal: [f32; 3],
    distance: f32,
}

impl Walls {
    pub fn count(&self) -> usize {
        self.walls.len()
    }

    pub fn add(&mut self, wall: Wall, facets: Vec<Facet>) {
        self.walls.push(wall);
        self.first.push(self.facets.len());
        self.facets.extend(facets);
        self.ways_m.push(0.0);
        self.news.push(WallNews { moves: true, stands_elsewhere: true });
    }

    /// The last ones are bodies, and one of these goes: returns which facets were its own.
    pub fn remove(&mut self, wall: usize) -> std::ops::Range<usize> {
        let gone = self.facets_of(wall);
        self.facets.drain(gone.clone());
        self.facets[gone.start..].iter_mut().for_each(|facet| facet.wall -= 1);
        self.walls.remove(wall);
        self.first.remove(wall);
        self.first[wall..].iter_mut().for_each(|first| *first -= gone.len());
        self.ways_m.remove(wall);
        self.news.remove(wall);
        let before = self.loose.partition_point(|&facet| (facet as usize) < gone.start);
        self.loose.drain(before..before + gone.len());
        self.loose[before..].iter_mut().for_each(|facet| *facet -= gone.len() as u32);
        gone
    }

    pub fn facets_of(&self, wall: usize) -> std::ops::Range<usize> {
        self.first[wall]..self.first.get(wall + 1).copied().unwrap_or(self.facets.len())
    }

    /// Puts a wall's facets, which are as many as before, somewhere else.
    pub fn put(&mut self, wall: usize, facets: &[Facet], metre_per_quantum: f32) {
        let range = self.facets_of(wall);
        let way = |(own, facet): (&Facet, &Facet)| own.way_to(facet, metre_per_quantum);
        self.ways_m[wall] += self.facets[range.clone()].iter().zip(facets).map(way).fold(0.0, f32::max) * SPARE_WAY;
        self.facets[range].copy_from_slice(facets);
        self.news[wall].stands_elsewhere = true;
    }

    /// As it was laid last.
    pub fn facet_grid(&self) -> FacetGrid<'_> {
        let cells = self.cells.map(|cells| cells as u32);
        // One that was never laid divides by it.
        let cell = self.cell.max(1);
        FacetGrid { low: self.low, cells, cell, planes: &self.planes, start: &self.start, near: &self.near }
    }

    pub fn placed_facets(&self, range: std::ops::Range<usize>) -> Vec<PlacedFacet> {
        let placed = |facet: &Facet| PlacedFacet {
            corners: facet.corners,
            normal: facet.normal,
            wall: facet.wall,
            plane: u32::from(facet.plane),
            unused: [0; 2],
        };
        self.facets[range].iter().map(placed).collect()
    }

    /// Lays the grid anew; `reach_m` is how far from its centre a particle looks for walls at most.
    pub fn lay(&mut self, reach_m: f64, metre_per_quantum: f64) {
        self.planes.clear();
        let mut low = [i32::MAX; 3];
        let mut high = [i32::MIN; 3];
        for (index, facet) in self.facets.iter().enumerate() {
            if facet.plane || self.loose.binary_search(&(index as u32)).is_ok() {
                self.planes.push(index as u32);
                continue;
            }
            for corner in facet.corners {
                for axis in 0..3 {
                    low[axis] = low[axis].min(corner[axis]);
                    high[axis] = high[axis].max(corner[axis]);
                }
            }
        }
        self.start.clear();
        self.near.clear();
        self.cells = [0; 3];
        if self.planes.len() == self.facets.len() {
            return;
        }
        let reach = (reach_m / metre_per_quantum) as i32;
        let side = (0..3).map(|axis| f64::from(high[axis]) - f64::from(low[axis])).fold(0.0, f64::max) + 2.0 * f64::from(reach);
        self.cell = (side / GRID_SIDE).max(f64::from(reach)) as i32;
        self.low = low.map(|at| at.saturating_sub(reach));
        self.cells = [0, 1, 2].map(|axis: usize| {
            ((i64::from(high[axis]) + i64::from(reach) - i64::from(self.low[axis])) / i64::from(self.cell)) as usize + 1
        });
        let half = self.cell as f32 * 0.5 * metre_per_quantum as f32;
        // Half the diagonal of a cell, rounded up.
        let within = reach_m as f32 + half * 1.733;
        let metre = metre_per_quantum as f32;
        let mut pairs = Vec::new();
        let in_grid = |index: usize| self.planes.binary_search(&(index as u32)).is_err();
        for (index, facet) in self.facets.iter().enumerate().filter(|(index, _)| in_grid(*index)) {
            for cell in self.cells_around(facet, reach) {
                let place = Place { at: self.middle_of(cell), radius: 0.0 };
                if facet.nearest(&place, metre).1 <= within {
                    let [x, y, z] = cell;
                    pairs.push((((z * self.cells[1] + y) * self.cells[0] + x) as u32, index as u32));
                }
            }
        }
        // Walls that move are laid in every step: counted into cells, ascending in each.
        let cells = self.cells.iter().product::<usize>();
        self.start.resize(cells + 1, 0);
        pairs.iter().for_each(|&(cell, _)| self.start[cell as usize + 1] += 1);
        (0..cells).for_each(|cell| self.start[cell + 1] += self.start[cell]);
        self.near.resize(pairs.len(), 0);
        let mut next = self.start.clone();
        for (cell, index) in pairs {
            self.near[next[cell as usize] as usize] = index;
            next[cell as usize] += 1;
        }
    }

    fn middle_of(&self, cell: [usize; 3]) -> [i32; 3] {
        [0, 1, 2]
            .map(|axis: usize| (i64::from(self.low[axis]) + i64::from(self.cell) * cell[axis] as i64 + i64::from(self.cell) / 2) as i32)
    }

    /// Cells that a facet's box reaches when grown by `reach` [quanta].
    fn cells_around(&self, facet: &Facet, reach: i32) -> impl Iterator<Item = [usize; 3]> + use<> {
        let span = [0, 1, 2].map(|axis: usize| {
            let at = facet.corners.map(|corner| i64::from(corner[axis]));
            let cell = |at: i64| ((at - i64::from(self.low[axis])) / i64::from(self.cell)).clamp(0, self.cells[axis] as i64 - 1) as usize;
            let (low, high) = (at[0].min(at[1]).min(at[2]), at[0].max(at[1]).max(at[2]));
            (cell(low - i64::from(reach)), cell(high + i64::from(reach)))
        });
        let [x, y, z] = span;
        (z.0..=z.1).flat_map(move |z| (y.0..=y.1).flat_map(move |y| (x.0..=x.1).map(move |x| [x, y, z])))
    }

    /// Facets within `reach` [m] of a place, ascending.
    pub fn near(&self, place: &Place, reach: f32, metre_per_quantum: f32, found: &mut Vec<u32>) {
        let first = found.len();
        let within = |&index: &u32| {
            let facet = &self.facets[index as usize];
            (facet.plane || facet.box_is_within(place, reach, metre_per_quantum)) && facet.nearest(place, metre_per_quantum).1 < reach
        };
        found.extend(self.planes.iter().copied().filter(within));
        let mut cell = [0usize; 3];
        for (axis, cell) in cell.iter_mut().enumerate() {
            let at = i64::from(place.at[axis]) - i64::from(self.low[axis]);
            if self.cells[axis] == 0 || at < 0 || at / i64::from(self.cell) >= self.cells[axis] as i64 {
                return;
            }
            *cell = (at / i64::from(self.cell)) as usize;
        }
        let cell = (cell[2] * self.cells[1] + cell[1]) * self.cells[0] + cell[0];
        let near = &self.near[self.start[cell] as usize..self.start[cell + 1] as usize];
        found.extend(near.iter().copied().filter(within));
        if !self.planes.is_empty() {
            found[first..].sort_unstable();
        }
    }
}

impl Facet {
    /// How far its corners are from those of another at most [m]; far where a half-space turns.
    pub fn way_to(&self, other: &Facet, metre_per_quantum: f32) -> f32 {
        if self.plane && self.normal != other.normal {
            return f32::INFINITY;
        }
        let mut furthest = 0.0f32;
        for (own, other) in self.corners.iter().zip(&other.corners) {
            let [x, y, z] = [0, 1, 2].map(|axis: usize| (i64::from(own[axis]) - i64::from(other[axis])) as f32 * metre_per_quantum);
            furthest = furthest.max(((x * x + y * y) + z * z).sqrt());
        }
        furthest
    }

    fn box_is_within(&self, place: &Place, reach: f32, metre_per_quantum: f32) -> bool {
        (0..3).all(|axis| {
            let [a, b, c] = self.corners;
            let (low, high) = (a[axis].min(b[axis]).min(c[axis]), a[axis].max(b[axis]).max(c[axis]));
            let offset = |at: i32| (i64::from(at) - i64::from(place.at[axis])) as f32 * metre_per_quantum;
            offset(low) <= reach && offset(high) >= -reach
        })
    }

    /// Unit vector from the nearest point to the centre, and the distance [m]; inside a half-space it is negative.
    #[inline(always)]
    pub fn nearest(&self, place: &Place, metre_per_quantum: f32) -> ([f32; 3], f32) {
        let [a, b, c] = self.corners;
        let a = offset(a, place, metre_per_quantum);
        if self.plane {
            return (self.normal, -dot(a, self.normal));
        }
        let nearest = nearest_of_triangle(a, offset(b, place, metre_per_quantum), offset(c, place, metre_per_quantum), self.normal);
        let distance = dot(nearest, nearest).sqrt();
        (scale(nearest, -1.0 / distance), distance)
    }
}

/// Of a corner from a place [m].
#[inline(always)]
fn offset(corner: [i32; 3], place: &Place, metre_per_quantum: f32) -> [f32; 3] {
    Place { at: corner, radius: 0.0 }.offset_from(place, metre_per_quantum)
}

/// The point of a triangle nearest to the origin (Ericson 2005, section 5.1.5); above its face by the unit normal, which is
/// more exact than barycentric coordinates.
#[inline(always)]
fn nearest_of_triangle(a: [f32; 3], b: [f32; 3], c: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
    let (ab, ac) = (sub(b, a), sub(c, a));
    let (d1, d2) = (-dot(ab, a), -dot(ac, a));
    if d1 <= 0.0 && d2 <= 0.0 {
        return a;
    }
    let (d3, d4) = (-dot(ab, b), -dot(ac, b));
    if d3 >= 0.0 && d4 <= d3 {
        return b;
    }
    if d1 * d4 - d3 * d2 <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return add(a, scale(ab, d1 / (d1 - d3)));
    }
    let (d5, d6) = (-dot(ab, c), -dot(ac, c));
    if d6 >= 0.0 && d5 <= d6 {
        return c;
    }
    if d5 * d2 - d1 * d6 <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return add(a, scale(ac, d2 / (d2 - d6)));
    }
    let (towards_c, towards_b) = (d4 - d3, d5 - d6);
    if d3 * d6 - d5 * d4 <= 0.0 && towards_c >= 0.0 && towards_b >= 0.0 {
        return add(b, scale(sub(c, b), towards_c / (towards_c + towards_b)));
    }
    scale(normal, dot(a, normal))
}

/// All wall contacts of a chunk, whose particles begin at `first`.
#[inline(always)]
pub fn push_walls<const HERTZ: bool, const ROLLING: bool>(
    motion: Motion<'_>,
    walls: &Walls,
    first: usize,
    rows: &mut WallRows,
    lines: &mut [Line],
) {
    for row in 0..rows.particle.len() {
        let local = rows.particle[row] as usize;
        let place = &motion.places[first + local];
        let slots = rows.start[row] as usize..rows.start[row + 1] as usize;
        find_touches(place, slots.clone(), walls, rows, motion.scales.metre_per_quantum);
        keep_deepest(&mut rows.touches);
        if rows.touches.is_empty() {
            forget_ended::<ROLLING>(rows, slots);
            continue;
        }
        hand_over::<ROLLING>(walls, rows, slots.clone());
        for at in 0..rows.touches.len() {
            let touch = rows.touches[at];
            push_wall::<HERTZ, ROLLING>(motion, walls, first + local, touch, rows, &mut lines[local]);
        }
    }
}

#[inline(always)]
fn find_touches(place: &Place, slots: std::ops::Range<usize>, walls: &Walls, rows: &mut WallRows, metre_per_quantum: f32) {
    rows.touches.clear();
    for slot in slots {
        let index = rows.facet[slot] & !TOUCHES;
        let facet = &walls.facets[index as usize];
        let (normal, distance) = facet.nearest(place, metre_per_quantum);
        if distance < place.radius {
            rows.touches.push(WallTouch { slot: slot as u32, facet: index, wall: facet.wall, normal, distance });
        }
    }
}

#[inline(always)]
fn yields(judged: &WallTouch, other: &WallTouch) -> bool {
    judged.wall == other.wall
        && dot(judged.normal, other.normal) > ONE_CONTACT_COSINE
        && (other.distance < judged.distance || (other.distance == judged.distance && other.facet < judged.facet))
}

/// Of touches of one wall in nearly the same direction the deepest stays, of equal ones that with the lowest facet: a rule
/// that does not depend on their order.
#[inline(always)]
fn keep_deepest(touches: &mut Vec<WallTouch>) {
    let mut at = 0;
    while at < touches.len() {
        // One that itself yields may still displace others, so nothing is taken out before all are judged.
        let judged = touches[at];
        if touches.iter().any(|other| yields(&judged, other)) {
            touches[at].slot |= TOUCHES;
        }
        at += 1;
    }
    touches.retain_mut(|touch| touch.slot & TOUCHES == 0);
}

/// A contact that moves on to another facet of its wall takes its history along.
#[inline(always)]
fn hand_over<const ROLLING: bool>(walls: &Walls, rows: &mut WallRows, slots: std::ops::Range<usize>) {
    for at in 0..rows.touches.len() {
        let WallTouch { slot, wall, .. } = rows.touches[at];
        let slot = slot as usize;
        if rows.facet[slot] & TOUCHES != 0 {
            continue;
        }
        rows.facet[slot] |= TOUCHES;
        let touches = &rows.touches;
        let left = slots.clone().find(|&other| {
            rows.facet[other] & TOUCHES != 0
                && walls.facets[(rows.facet[other] & !TOUCHES) as usize].wall == wall
                && !touches.iter().any(|touch| touch.slot as usize == other)
        });
        let Some(left) = left else { continue };
        rows.shear[slot] = std::mem::take(&mut rows.shear[left]);
        if ROLLING {
            rows.roll[slot] = std::mem::take(&mut rows.roll[left]);
        }
        rows.facet[left] &= !TOUCHES;
    }
    forget_ended::<ROLLING>(rows, slots);
}

#[inline(always)]
fn forget_ended<const ROLLING: bool>(rows: &mut WallRows, slots: std::ops::Range<usize>) {
    for slot in slots {
        if rows.facet[slot] & TOUCHES != 0 && !rows.touches.iter().any(|touch| touch.slot as usize == slot) {
            rows.facet[slot] &= !TOUCHES;
            rows.shear[slot] = [0.0; 3];
            if ROLLING {
                rows.roll[slot] = [0.0; 3];
            }
        }
    }
}

#[inline(always)]
fn push_wall<const HERTZ: bool, const ROLLING: bool>(
    motion: Motion<'_>,
    walls: &Walls,
    particle: usize,
    touch: WallTouch,
    rows: &mut WallRows,
    line: &mut Line,
) {
    let wall = &walls.walls[touch.wall as usize];
    let (place, velocity, spin) = (&motion.places[particle], motion.velocities[particle], motion.spins[particle]);
    let slot = touch.slot as usize;
    let normal = touch.normal;
    let turning = [spin[0], spin[1], spin[2]];
    let centre = place.offset_from(&Place { at: wall.pivot, radius: 0.0 }, motion.scales.metre_per_quantum);
    let lever = sub(centre, scale(normal, touch.distance));
    let of_wall = add(wall.motion.velocity_mps, cross(wall.motion.angular_velocity_radps, lever));
    let of_centre = sub([velocity[0], velocity[1], velocity[2]], of_wall);
    let contact = Touch {
        normal,
        overlap: place.radius - touch.distance,
        radius: place.radius,
        mass: velocity[3],
        velocity: add(of_centre, cross(normal, scale(turning, place.radius))),
        spin: sub(turning, wall.motion.angular_velocity_radps),
        shear: rows.shear[slot],
        roll: if ROLLING { rows.roll[slot] } else { [0.0; 3] },
    };
    let constants = &motion.constants[spin[3].to_bits() as usize * motion.material_count + wall.material];
    let response = respond::<HERTZ, ROLLING>(&contact, constants, motion.scales.dt_s);
    let force = add(scale(normal, response.push), response.tangent);
    let twist = add(scale(cross(response.tangent, normal), place.radius), response.moment);
    let linear = all_fixed(force, motion.scales.linear_quanta_per_newton);
    line.push(linear, all_fixed(twist, motion.scales.angular_quanta_per_newton_metre));
    let on_wall = all_fixed(sub(cross(force, lever), response.moment), motion.scales.angular_quanta_per_newton_metre);
    let opposite = [linear[0].wrapping_neg(), linear[1].wrapping_neg(), linear[2].wrapping_neg()];
    rows.impulses[touch.wall as usize].push(opposite, on_wall);
    rows.shear[slot] = response.shear;
    if ROLLING {
        rows.roll[slot] = response.roll;
    }
}

#[inline(always)]
fn all_fixed(parts: [f32; 3], quanta: f32) -> [i64; 3] {
    [to_fixed(parts[0] * quanta), to_fixed(parts[1] * quanta), to_fixed(parts[2] * quanta)]
}
