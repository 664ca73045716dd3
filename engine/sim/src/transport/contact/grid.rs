//! A hashed grid over the plan: what may be near a box. Knows numbers and middles alone.

use rapier3d::prelude::*;
use std::ops::RangeInclusive;

/// Edge of a cell [m].
const CELL_M: f32 = 0.4;

/// Numbers by the cells in which their middles are, hashed into as many buckets as there are numbers, or more.
#[derive(Default)]
pub struct Grid {
    /// By bucket, and one more: where its numbers begin.
    starts: Vec<u32>,
    numbers: Vec<u32>,
    /// Of their middles, the least and the most by axis.
    bounds: Option<(Vector, Vector)>,
    /// Of what is filled in, in its order.
    given: Vec<(u32, u32)>,
}

impl Grid {
    /// `things`: numbers and their middles, about `expected` of them.
    pub fn fill(&mut self, expected: usize, things: impl Iterator<Item = (u32, Vector)>) {
        let count = (2 * expected).next_power_of_two().max(2);
        self.starts.clear();
        self.starts.resize(count + 1, 0);
        self.given.clear();
        self.bounds = None;
        for (number, middle) in things {
            let (least, most) = self.bounds.unwrap_or((middle, middle));
            self.bounds = Some((least.min(middle), most.max(middle)));
            let bucket = self.bucket(cell(middle.x), cell(middle.y));
            self.given.push((bucket, number));
            self.starts[bucket as usize + 1] += 1;
        }
        for bucket in 0..count {
            self.starts[bucket + 1] += self.starts[bucket];
        }
        self.numbers.clear();
        self.numbers.resize(self.given.len(), 0);
        // From the back, each bucket is filled from its end; its beginning is then where `starts` says.
        for &(bucket, number) in self.given.iter().rev() {
            let end = &mut self.starts[bucket as usize + 1];
            *end -= 1;
            self.numbers[*end as usize] = number;
        }
        self.starts.rotate_left(1);
        self.starts[count] = super::entry::index_u32(self.given.len());
    }

    fn bucket(&self, x: i32, y: i32) -> u32 {
        let mixed = (x.wrapping_mul(0x2C1B_3C6D) ^ y.wrapping_mul(0x297A_2D39)) as u32;
        (mixed ^ (mixed >> 15)) & (self.starts.len() as u32 - 2)
    }

    /// Whatever has its middle in a box, and more; some of it perhaps twice.
    pub fn near(&self, low: Vector, high: Vector, mut tell: impl FnMut(u32)) {
        let Some((least, most)) = self.bounds else { return };
        let (low, high) = (low.max(least), high.min(most));
        if low.x > high.x || low.y > high.y {
            return;
        }
        let (x, y) = (cell(low.x)..=cell(high.x), cell(low.y)..=cell(high.y));
        let count = |range: &RangeInclusive<i32>| (range.end() - range.start() + 1) as usize;
        // Of a few, each is looked at sooner than the cells.
        if count(&x).saturating_mul(count(&y)) >= self.numbers.len() {
            return self.numbers.iter().copied().for_each(tell);
        }
        for x in x {
            for y in y.clone() {
                let bucket = self.bucket(x, y) as usize;
                for &number in &self.numbers[self.starts[bucket] as usize..self.starts[bucket + 1] as usize] {
                    tell(number);
                }
            }
        }
    }
}

fn cell(at: f32) -> i32 {
    (at / CELL_M).floor() as i32
}
