//! Particles sorted by cell: a uniform grid over where they are. Its longest axis varies slowest, so that a chunk of
//! neighbours in memory is a slab in space.

use super::layouts::{GridAxis, GridLayout};
use super::state::Place;

/// Cells over the box that holds all particles.
#[derive(Clone, Default)]
pub struct Grid {
    /// Lowest place [quanta].
    low: [i32; 3],
    /// Axes from the fastest to the slowest.
    axes: [usize; 3],
    cells: [usize; 3],
    cell_per_quantum: f32,
    /// Particles of cell `c`: `start[c]..start[c + 1]`; after the cells comes what is to be removed.
    start: Vec<u32>,
    metre_per_quantum: f32,
}

impl Grid {
    /// Lays cells of about `cell_m` over `places`; no more cells than some per particle.
    pub fn lay(&mut self, places: &[Place], cell_m: f32, metre_per_quantum: f32) {
        let mut low = [i32::MAX; 3];
        let mut high = [i32::MIN; 3];
        for place in places {
            for axis in 0..3 {
                low[axis] = low[axis].min(place.at[axis]);
                high[axis] = high[axis].max(place.at[axis]);
            }
        }
        if places.is_empty() {
            (low, high) = ([0; 3], [0; 3]);
        }
        self.lay_between([low, high], places.len(), cell_m, metre_per_quantum);
    }

    /// The same for so many particles, of which the lowest and highest places are known.
    pub fn lay_between(&mut self, [low, high]: [[i32; 3]; 2], count_of_places: usize, cell_m: f32, metre_per_quantum: f32) {
        let mut cell = f64::from(cell_m) / f64::from(metre_per_quantum);
        let most = Self::most_cells(count_of_places);
        let count = |axis: usize, cell: f64| (f64::from(high[axis].wrapping_sub(low[axis]) as u32) / cell) as usize + 2;
        while (0..3).fold(1usize, |product, axis| product.saturating_mul(count(axis, cell))) > most {
            cell *= 1.25;
        }
        self.low = low;
        self.cells = [0, 1, 2].map(|axis: usize| count(axis, cell));
        self.axes = [0, 1, 2];
        self.axes.sort_by_key(|&axis| self.cells[axis]);
        self.cell_per_quantum = (1.0 / cell) as f32;
        self.metre_per_quantum = metre_per_quantum;
    }

    /// No more cells than this for so many particles.
    pub fn most_cells(particles: usize) -> usize {
        4 * particles + 4096
    }

    pub fn cell_count(&self) -> usize {
        self.cells.iter().product()
    }

    /// As the device reads it.
    pub fn layout(&self) -> GridLayout {
        let [fast, middle, slow] = self.axes;
        let axis = |axis: usize| GridAxis { axis: axis as u32, cells: self.cells[axis] as u32, low: self.low[axis] };
        GridLayout {
            fast: axis(fast),
            middle: axis(middle),
            slow: axis(slow),
            cell_per_quantum: self.cell_per_quantum,
            metre_per_quantum: self.metre_per_quantum,
        }
    }

    fn cell_on(&self, axis: usize, at: i32) -> usize {
        // Rounding is monotonic, so what lies between two places also lies between their cells.
        let cell = at.saturating_sub(self.low[axis]).max(0) as f32 * self.cell_per_quantum;
        (cell as usize).min(self.cells[axis] - 1)
    }

    fn cell_of(&self, place: &Place) -> usize {
        let [fast, middle, slow] = self.axes;
        let on = |axis: usize| self.cell_on(axis, place.at[axis]);
        (on(slow) * self.cells[middle] + on(middle)) * self.cells[fast] + on(fast)
    }

    /// `order[new] = old` sorts `places` by cell; those that `leaves` says come last. Returns how many stay.
    pub fn sort(&mut self, places: &[Place], leaves: impl Fn(usize) -> bool, order: &mut Vec<u32>) -> usize {
        let last = self.cells.iter().product::<usize>();
        let mut start = std::mem::take(&mut self.start);
        let cell = |index: usize| if leaves(index) { last } else { self.cell_of(&places[index]) };
        start.clear();
        start.resize(last + 2, 0);
        for index in 0..places.len() {
            start[cell(index) + 1] += 1;
        }
        for at in 0..last + 1 {
            start[at + 1] += start[at];
        }
        order.clear();
        order.resize(places.len(), 0);
        for index in 0..places.len() {
            let cursor = &mut start[cell(index)];
            order[*cursor as usize] = index as u32;
            *cursor += 1;
        }
        // Each cursor now stands at its cell's end, which is where the next one starts.
        start.rotate_right(1);
        start[0] = 0;
        self.start = start;
        self.start[last] as usize
    }

    /// Cells along an axis that are within twice the reach of `anchor`.
    #[inline(always)]
    fn span(&self, anchor: &Place, axis: usize) -> (usize, usize) {
        let reach = (2.000_1 * anchor.radius / self.metre_per_quantum) as i32 + 2;
        let at = anchor.at[axis];
        (self.cell_on(axis, at.saturating_sub(reach)), self.cell_on(axis, at.saturating_add(reach)))
    }

    /// Runs of particles that hold all within twice the reach of `anchor` (its radius) of it.
    #[inline(always)]
    pub fn around(&self, anchor: &Place, mut visit: impl FnMut(std::ops::Range<usize>)) {
        let [fast, middle, slow] = self.axes;
        let ((a0, a1), (b0, b1), (c0, c1)) = (self.span(anchor, fast), self.span(anchor, middle), self.span(anchor, slow));
        for c in c0..=c1 {
            for b in b0..=b1 {
                let row = (c * self.cells[middle] + b) * self.cells[fast];
                let (from, to) = (self.start[row + a0] as usize, self.start[row + a1 + 1] as usize);
                if from < to {
                    visit(from..to);
                }
            }
        }
    }

    pub fn bytes(&self) -> usize {
        4 * self.start.capacity()
    }
}

/// Moves `items[order[new]]` to `new`, in place, along the cycles of the permutation.
pub fn permute<T: Copy>(order: &mut [u32], items: &mut [T]) {
    const DONE: u32 = 1 << 31;
    for start in 0..order.len() {
        if order[start] & DONE != 0 {
            continue;
        }
        let first = items[start];
        let mut at = start;
        loop {
            let from = (order[at] & !DONE) as usize;
            order[at] |= DONE;
            if from == start {
                items[at] = first;
                break;
            }
            items[at] = items[from];
            at = from;
        }
    }
    for entry in order {
        *entry &= !DONE;
    }
}
