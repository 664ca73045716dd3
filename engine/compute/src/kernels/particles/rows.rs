//! Who may touch whom: for each particle a row of candidates, good until something has moved further than its slack. A
//! row only saves work: candidates are tested in every step, so how rows are built or cut into chunks shows in no result.

use super::batch::push_tight;
use super::clump::clump_of;
use super::grid::Grid;
use super::pairs::{Block, squared_distance};
use super::state::{Line, Place};
use super::walls::{WallTouch, Walls};

/// Set on a candidate that touched in the last step and thus has a history.
pub const TOUCHES: u32 = 1 << 31;
/// Distances are compared with this much to spare, far above the rounding of single precision.
const SPARE: f32 = 1.000_01;

/// The candidates of a contiguous run of particles, which one thread works on.
#[derive(Clone)]
pub struct Rows {
    /// Index of its first particle.
    pub first: usize,
    /// Row of local particle `p`: `start[p]..start[p + 1]`.
    pub start: Vec<u32>,
    /// Index of the candidate, with [`TOUCHES`].
    pub other: Vec<u32>,
    pub shear: Vec<[f32; 3]>,
    /// Empty where nothing resists rolling.
    pub roll: Vec<[f32; 3]>,
    pub walls: WallRows,
    pub halo: Halo,
    pub block: Option<Box<Block>>,
}

/// Candidates among the walls' facets, for those particles that have any.
#[derive(Clone, Default)]
pub struct WallRows {
    /// Local index of the particle.
    pub particle: Vec<u32>,
    pub start: Vec<u32>,
    pub facet: Vec<u32>,
    pub shear: Vec<[f32; 3]>,
    pub roll: Vec<[f32; 3]>,
    /// Scratch for one row.
    pub touches: Vec<WallTouch>,
    /// What each wall got since it was last asked.
    pub impulses: Vec<Line>,
}

/// Impulses on particles of other chunks, just before and just after this one's.
#[derive(Clone, Default)]
pub struct Halo {
    /// Particles `low..first` and `end..high` of the batch.
    pub low: usize,
    pub first: usize,
    pub end: usize,
    pub lines: Vec<Line>,
}

impl Halo {
    /// Where an impulse on particle `other` goes: into `lines`, which begin at `first`, or into the halo.
    #[inline(always)]
    pub fn line<'a>(&'a mut self, other: usize, first: usize, lines: &'a mut [Line]) -> &'a mut Line {
        let local = other.wrapping_sub(first);
        if local < lines.len() {
            &mut lines[local]
        } else if other < self.first {
            &mut self.lines[other - self.low]
        } else {
            &mut self.lines[(self.first - self.low) + (other - self.end)]
        }
    }

    /// Adds what is meant for the particles from `first` on.
    #[inline(always)]
    pub fn add_to(&self, first: usize, lines: &mut [Line]) {
        let below = self.first - self.low;
        for (start, parts) in [(self.low, &self.lines[..below]), (self.end, &self.lines[below..])] {
            let from = first.max(start);
            let to = (first + lines.len()).min(start + parts.len());
            if from < to {
                for (line, part) in lines[from - first..to - first].iter_mut().zip(&parts[from - start..to - start]) {
                    line.push(part.momentum, part.spin);
                }
            }
        }
    }
}

/// Contacts with a history, by particle, while rows are rebuilt.
#[derive(Clone, Default)]
pub struct Kept {
    /// Particles that have a row, ascending; empty where all have one.
    pub particles: Vec<u32>,
    pub start: Vec<u32>,
    /// The other particle, or the facet.
    pub other: Vec<u32>,
    pub shear: Vec<[f32; 3]>,
    pub roll: Vec<[f32; 3]>,
}

impl Kept {
    pub fn clear(&mut self) {
        self.particles.clear();
        self.start.clear();
        self.other.clear();
        self.shear.clear();
        self.roll.clear();
    }

    pub fn keep(&mut self, other: u32, shear: [f32; 3], roll: Option<&[f32; 3]>) {
        push_tight(&mut self.other, other);
        push_tight(&mut self.shear, shear);
        if let Some(roll) = roll {
            push_tight(&mut self.roll, *roll);
        }
    }

    /// The others in this range are no more, and those behind it have moved up.
    pub fn forget(&mut self, gone: std::ops::Range<u32>) {
        let (other, shear, roll) = (std::mem::take(&mut self.other), std::mem::take(&mut self.shear), std::mem::take(&mut self.roll));
        let mut at = 0;
        for start in &mut self.start {
            let until = std::mem::replace(start, 0) as usize;
            for slot in at..until {
                if !gone.contains(&other[slot]) {
                    self.other.push(if other[slot] >= gone.end { other[slot] - (gone.end - gone.start) } else { other[slot] });
                    self.shear.push(shear[slot]);
                    self.roll.extend(roll.get(slot));
                }
            }
            (at, *start) = (until, self.other.len() as u32);
        }
    }

    /// Each row with its particle.
    pub fn rows(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let range = |row: usize| self.start[row] as usize..self.start[row + 1] as usize;
        (0..self.start.len().saturating_sub(1))
            .map(move |row| (self.particles.get(row).map_or(row, |&particle| particle as usize), range(row)))
    }

    fn of(&self, particle: usize) -> std::ops::Range<usize> {
        let row = if self.particles.is_empty() { Ok(particle) } else { self.particles.binary_search(&(particle as u32)) };
        match row {
            Ok(row) if row + 1 < self.start.len() => self.start[row] as usize..self.start[row + 1] as usize,
            _ => 0..0,
        }
    }

    pub fn count_of(&self, particle: usize) -> usize {
        self.of(particle).len()
    }

    /// The history of `particle` with `other`, both as they were numbered when it was kept.
    fn find(&self, particle: usize, other: u32) -> Option<usize> {
        let row = self.of(particle);
        self.other[row.clone()].iter().position(|&kept| kept == other).map(|at| row.start + at)
    }

    fn roll(&self, at: usize) -> [f32; 3] {
        self.roll.get(at).copied().unwrap_or_default()
    }

    pub fn bytes(&self) -> usize {
        4 * (self.particles.capacity() + self.start.capacity() + self.other.capacity())
            + 12 * (self.shear.capacity() + self.roll.capacity())
    }
}

/// What rows are built from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub grid: &'a Grid,
    /// Place and reach (radius and slack) [m] of each particle, sorted by cell.
    pub anchors: &'a [Place],
    /// Where there are clumps, whose spheres do not touch each other.
    pub lines: Option<&'a Vec<Line>>,
    /// What each particle was before it was sorted.
    pub old: &'a [u32],
    pub pairs: &'a Kept,
    pub on_walls: &'a Kept,
    pub walls: &'a Walls,
    /// How much further walls are looked for [m].
    pub wall_slack: f32,
    pub metre_per_quantum: f32,
    pub rolling: bool,
}

impl Rows {
    pub fn new() -> Self {
        Rows {
            first: 0,
            start: vec![0],
            other: Vec::new(),
            shear: Vec::new(),
            roll: Vec::new(),
            walls: WallRows::default(),
            halo: Halo::default(),
            block: Some(Block::new()),
        }
    }

    /// Appends the contacts that have a history.
    pub fn keep(&self, pairs: &mut Kept, on_walls: &mut Kept) {
        for row in 0..self.start.len() - 1 {
            push_tight(&mut pairs.start, pairs.other.len() as u32);
            for slot in self.start[row] as usize..self.start[row + 1] as usize {
                if self.other[slot] & TOUCHES != 0 {
                    pairs.keep(self.other[slot] & !TOUCHES, self.shear[slot], self.roll.get(slot));
                }
            }
        }
        for row in 0..self.walls.particle.len() {
            push_tight(&mut on_walls.particles, (self.first as u32) + self.walls.particle[row]);
            push_tight(&mut on_walls.start, on_walls.other.len() as u32);
            for slot in self.walls.start[row] as usize..self.walls.start[row + 1] as usize {
                if self.walls.facet[slot] & TOUCHES != 0 {
                    on_walls.keep(self.walls.facet[slot] & !TOUCHES, self.walls.shear[slot], self.walls.roll.get(slot));
                }
            }
        }
    }

    /// Builds the rows of `particles`.
    pub fn build(&mut self, particles: std::ops::Range<usize>, from: Sources<'_>) {
        self.first = particles.start;
        self.start.clear();
        self.other.clear();
        self.shear.clear();
        self.roll.clear();
        let mut low = particles.start as u32;
        let mut high = particles.end as u32;
        for particle in particles.clone() {
            push_tight(&mut self.start, self.other.len() as u32);
            let anchor = from.anchors[particle];
            let before = self.other.len();
            from.grid.around(&anchor, |candidates| find_touchable(particle, &anchor, candidates, from, &mut self.other));
            for slot in before..self.other.len() {
                let other = self.other[slot];
                low = low.min(other);
                high = high.max(other + 1);
                let (history, touched) = history_of(particle, other as usize, from);
                let (shear, roll) = history;
                self.other[slot] |= if touched { TOUCHES } else { 0 };
                push_tight(&mut self.shear, shear);
                if from.rolling {
                    push_tight(&mut self.roll, roll);
                }
            }
        }
        self.start.push(self.other.len() as u32);
        self.halo.low = low as usize;
        self.halo.first = particles.start;
        self.halo.end = particles.end;
        let lines = (particles.start - self.halo.low) + (high as usize - particles.end);
        self.halo.lines.clear();
        self.halo.lines.resize(lines, Line::default());
        self.build_walls(particles, from);
    }

    fn build_walls(&mut self, particles: std::ops::Range<usize>, from: Sources<'_>) {
        let rows = &mut self.walls;
        rows.particle.clear();
        rows.start.clear();
        rows.facet.clear();
        rows.shear.clear();
        rows.roll.clear();
        for particle in particles.clone() {
            let anchor = from.anchors[particle];
            let before = rows.facet.len();
            from.walls.near(&anchor, anchor.radius * SPARE + from.wall_slack, from.metre_per_quantum, &mut rows.facet);
            if rows.facet.len() == before {
                continue;
            }
            rows.particle.push((particle - particles.start) as u32);
            rows.start.push(before as u32);
            for slot in before..rows.facet.len() {
                let found = from.on_walls.find(from.old[particle] as usize, rows.facet[slot]);
                rows.facet[slot] |= if found.is_some() { TOUCHES } else { 0 };
                rows.shear.push(found.map_or([0.0; 3], |at| from.on_walls.shear[at]));
                if from.rolling {
                    rows.roll.push(found.map_or([0.0; 3], |at| from.on_walls.roll(at)));
                }
            }
        }
        rows.start.push(rows.facet.len() as u32);
        rows.impulses.resize(from.walls.count(), Line::default());
    }

    pub fn bytes(&self) -> usize {
        let pairs = 4 * (self.start.capacity() + self.other.capacity()) + 12 * (self.shear.capacity() + self.roll.capacity());
        let walls = 4 * (self.walls.particle.capacity() + self.walls.start.capacity() + self.walls.facet.capacity())
            + 12 * (self.walls.shear.capacity() + self.walls.roll.capacity());
        pairs + walls + 64 * (self.halo.lines.capacity() + self.walls.impulses.capacity()) + size_of::<Block>()
    }
}

/// Those of `candidates` that can touch `particle` before the next building. Each pair is found by whoever reaches further,
/// so that one that is fast, or large, looks far and the others need not.
#[inline(always)]
fn find_touchable(particle: usize, anchor: &Place, candidates: std::ops::Range<usize>, from: Sources<'_>, found: &mut Vec<u32>) {
    for (at, other) in from.anchors[candidates.clone()].iter().enumerate() {
        let index = candidates.start + at;
        let finds = other.radius < anchor.radius || (other.radius == anchor.radius && index > particle);
        let reach = (anchor.radius + other.radius) * SPARE;
        if finds && squared_distance(anchor, other, from.metre_per_quantum) < reach * reach {
            if from.lines.is_some_and(|lines| is_one_clump(&lines[particle], &lines[index])) {
                continue;
            }
            push_tight(found, index as u32);
        }
    }
}

fn is_one_clump(one: &Line, other: &Line) -> bool {
    clump_of(one).is_some_and(|clump| clump_of(other) == Some(clump))
}

type History = ([f32; 3], [f32; 3]);

/// The history of a pair as the first of the two sees it, and whether there is one.
fn history_of(particle: usize, other: usize, from: Sources<'_>) -> (History, bool) {
    let (a, b) = (from.old[particle], from.old[other]);
    if let Some(at) = from.pairs.find(a as usize, b) {
        return ((from.pairs.shear[at], from.pairs.roll(at)), true);
    }
    match from.pairs.find(b as usize, a) {
        Some(at) => ((from.pairs.shear[at].map(|part| -part), from.pairs.roll(at).map(|part| -part)), true),
        None => (([0.0; 3], [0.0; 3]), false),
    }
}
