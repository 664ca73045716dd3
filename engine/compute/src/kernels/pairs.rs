//! `pairs`: candidate pairs of spheres, in one scene or in many replications at once: the broad phase. A uniform grid over
//! the box that holds all, one for each replication; of two spheres whose distance is at most the sum of their radii there
//! is one pair. Whoever wants a margin adds it to the radii.
//!
//! A pair is an integer key, and keys come sorted:
//!
//! ```text
//! bits 63..48   replication
//! bits 47..24   index of the first ball in the batch
//! bits 23..0    index of the second, which is the larger
//! ```
//!
//! Balls are given by replication, ascending, so that keys sorted are pairs sorted by the first ball. On a device nobody
//! sorts: rows begin where the sums of their lengths say, and each row, a few keys long, is written in order by its thread.

use crate::contract::{Argument, Entry, Kernel};
use crate::device::{Device, OnDeviceLoss, Provenance};
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu, Loaded};
use crate::kernels::prefix_sums::{PrefixSums, sum_prefixes};
use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

pub static KERNEL: Kernel = Kernel {
    stem: "pairs",
    source: include_str!("../../../../kernels/pairs.cu"),
    ptx: include_str!("../../../../kernels/pairs.ptx"),
    cubin: Some(include_bytes!("../../../../kernels/pairs.cubin")),
    wgsl: Some(include_str!("../../../../shaders/pairs.wgsl")),
    entries: &[&COUNT_BALLS, &PLACE_BALLS, &COUNT_PARTNERS, &WRITE_PARTNERS],
};

/// The cell of each ball, and which one of it.
pub static COUNT_BALLS: Entry = Entry {
    name: "count_balls",
    threads_per_block: 128,
    registers_at_most: 24,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<Ball>("balls", "m", &["ball_capacity"]),
        Argument::write::<u32>("cells", "-", &["ball_capacity"]),
        Argument::write::<u32>("ranks", "-", &["ball_capacity"]),
        Argument::read_write::<u32>("cell_counts", "-", &["cell_capacity"]),
        Argument::parameters::<PairsParameters>("parameters"),
    ],
};

/// Balls to where their cells are.
pub static PLACE_BALLS: Entry = Entry {
    name: "place_balls",
    threads_per_block: 128,
    registers_at_most: 24,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<Ball>("balls", "m", &["ball_capacity"]),
        Argument::read::<u32>("cells", "-", &["ball_capacity"]),
        Argument::read::<u32>("ranks", "-", &["ball_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::write::<[f32; 4]>("placed", "m", &["ball_capacity"]),
        Argument::write::<u32>("order", "-", &["ball_capacity"]),
        Argument::parameters::<PairsParameters>("parameters"),
    ],
};

/// How many pairs each ball is the first of; after the last ball a zero.
pub static COUNT_PARTNERS: Entry = Entry {
    name: "count_partners",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Ball>("balls", "m", &["ball_capacity"]),
        Argument::read::<[f32; 4]>("placed", "m", &["ball_capacity"]),
        Argument::read::<u32>("order", "-", &["ball_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::write::<u32>("counts", "-", &["row_capacity"]),
        Argument::parameters::<PairsParameters>("parameters"),
    ],
};

/// Their keys, row after row.
pub static WRITE_PARTNERS: Entry = Entry {
    name: "write_partners",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Ball>("balls", "m", &["ball_capacity"]),
        Argument::read::<[f32; 4]>("placed", "m", &["ball_capacity"]),
        Argument::read::<u32>("order", "-", &["ball_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::read_write::<u64>("keys", "-", &["key_capacity"]),
        Argument::parameters::<PairsParameters>("parameters"),
    ],
};

/// Balls of one batch, and replications [-]: what fits the bits of a key.
pub const MOST_BALLS: usize = 1 << 24;
pub const MOST_REPLICATIONS: u32 = 1 << 16;
/// Farther from the origin no ball is, and none is larger [m].
pub const REACH_M: f32 = 1e3;

/// A sphere of a replication.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Ball {
    pub center_m: [f32; 3],
    pub radius_m: f32,
    pub replication: u32,
    pub unused: [u32; 3],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PairsParameters {
    /// Lowest corner of the box that holds all centres [m].
    pub low_m: [f32; 3],
    pub cell_per_metre: f32,
    pub cells: [u32; 3],
    pub count: u32,
}

/// Replication and indices that a key stands for.
pub fn parts_of(key: u64) -> (u32, [usize; 2]) {
    ((key >> 48) as u32, [(key >> 24 & 0xff_ffff) as usize, (key & 0xff_ffff) as usize])
}

fn cell_on(at: f32, low: f32, cell_per_metre: f32, cells: u32) -> u32 {
    let cell = (at - low) * cell_per_metre;
    if cell > 0.0 { (cell as u32).min(cells - 1) } else { 0 }
}

fn cell_of(replication: u32, [x, y, z]: [u32; 3], parameters: &PairsParameters) -> usize {
    let [cells_x, cells_y, cells_z] = parameters.cells;
    (((replication * cells_z + z) * cells_y + y) * cells_x + x) as usize
}

fn span(cell: u32, cells: u32) -> [u32; 2] {
    [cell.saturating_sub(1), (cell + 1).min(cells - 1)]
}

fn may_touch(a: &Ball, b: &Ball) -> bool {
    let [x, y, z] = [0, 1, 2].map(|axis: usize| a.center_m[axis] - b.center_m[axis]);
    let reach = a.radius_m + b.radius_m;
    (x * x + y * y) + z * z <= reach * reach
}

fn key_of(replication: u32, first: usize, second: usize) -> u64 {
    u64::from(replication) << 48 | (first as u64) << 24 | second as u64
}

/// Puts a key into its place among those from `from` on: rows are short.
fn insert_key(keys: &mut Vec<u64>, from: usize, key: u64) {
    let at = from + keys[from..].partition_point(|known| *known < key);
    keys.insert(at, key);
}

/// Cells of the size of the largest sphere: whoever may touch is in the same cell or a neighbour.
fn grid_over(balls: &[Ball]) -> PairsParameters {
    let nobody = || ([f32::MAX; 3], [f32::MIN; 3], 0.0f32);
    let of_ball = |ball: &Ball| (ball.center_m, ball.center_m, ball.radius_m);
    let (mut low_m, mut high_m, largest_m) = balls.par_iter().map(of_ball).reduce(nobody, |one, other| {
        let low_m = [0, 1, 2].map(|axis: usize| one.0[axis].min(other.0[axis]));
        (low_m, [0, 1, 2].map(|axis: usize| one.1[axis].max(other.1[axis])), one.2.max(other.2))
    });
    if balls.is_empty() {
        (low_m, high_m) = ([0.0; 3], [0.0; 3]);
    }
    let replications = balls.last().map_or(1.0, |ball| f64::from(ball.replication) + 1.0);
    // Some to spare for the rounding of places far from the origin.
    let mut cell_m = 2.0 * f64::from(largest_m) * 1.001 + 1e-3;
    let cells = |axis: usize, cell_m: f64| ((f64::from(high_m[axis]) - f64::from(low_m[axis])) / cell_m).floor() + 1.0;
    let most = (4 * balls.len() + 4096) as f64;
    while (0..3).any(|axis| cells(axis, cell_m) > 1.0)
        && (0..3).map(|axis| cells(axis, cell_m)).product::<f64>() * replications > most.max(2.0 * replications)
    {
        cell_m *= 1.25;
    }
    PairsParameters {
        low_m,
        cell_per_metre: (1.0 / cell_m) as f32,
        cells: [0, 1, 2].map(|axis: usize| cells(axis, cell_m) as u32),
        count: balls.len() as u32,
    }
}

fn cell_count(balls: &[Ball], parameters: &PairsParameters) -> usize {
    let replications = balls.last().map_or(1, |ball| ball.replication as usize + 1);
    parameters.cells.iter().map(|&cells| cells as usize).product::<usize>() * replications
}

fn cell_of_ball(ball: &Ball, parameters: &PairsParameters) -> [u32; 3] {
    [0, 1, 2].map(|axis: usize| cell_on(ball.center_m[axis], parameters.low_m[axis], parameters.cell_per_metre, parameters.cells[axis]))
}

/// Those after `first` that may touch it, sorted.
fn find_partners(first: usize, balls: &[Ball], order: &[u32], cell_starts: &[u32], parameters: &PairsParameters, keys: &mut Vec<u64>) {
    let ball = &balls[first];
    let cell = cell_of_ball(ball, parameters);
    let [x, y, z] = [0, 1, 2].map(|axis: usize| span(cell[axis], parameters.cells[axis]));
    let from = keys.len();
    for c in z[0]..=z[1] {
        for b in y[0]..=y[1] {
            let begin = cell_starts[cell_of(ball.replication, [x[0], b, c], parameters)] as usize;
            let end = cell_starts[cell_of(ball.replication, [x[1], b, c], parameters) + 1] as usize;
            for &second in &order[begin..end] {
                let second = second as usize;
                if second > first && may_touch(ball, &balls[second]) {
                    insert_key(keys, from, key_of(ball.replication, first, second));
                }
            }
        }
    }
}

fn check_balls(balls: &[Ball]) {
    assert!(balls.len() <= MOST_BALLS, "{} balls, {MOST_BALLS} fit a key", balls.len());
    assert!(balls.is_sorted_by_key(|ball| ball.replication), "balls are given by replication, ascending");
    let right = |ball: &Ball| {
        ball.replication < MOST_REPLICATIONS
            && (0.0..=REACH_M).contains(&ball.radius_m)
            && ball.center_m.iter().all(|at| at.abs() <= REACH_M)
    };
    assert!(balls.par_iter().all(right), "a ball is farther than {REACH_M} m, larger, or of a replication past {MOST_REPLICATIONS}");
}

/// The meaning of `pairs`: keys of all that may touch, sorted.
pub fn find_pairs(balls: &[Ball]) -> Vec<u64> {
    check_balls(balls);
    let parameters = grid_over(balls);
    let mut counts = vec![0u32; cell_count(balls, &parameters) + 1];
    let cell = |ball: &Ball| cell_of(ball.replication, cell_of_ball(ball, &parameters), &parameters);
    balls.iter().for_each(|ball| counts[cell(ball)] += 1);
    let mut starts = vec![0; counts.len()];
    sum_prefixes(&counts, &mut starts);
    let (mut order, mut next) = (vec![0u32; balls.len()], starts.clone());
    for (index, ball) in balls.iter().enumerate() {
        let at = &mut next[cell(ball)];
        order[*at as usize] = index as u32;
        *at += 1;
    }
    const CHUNK: usize = 1024;
    let rows = (0..balls.len().div_ceil(CHUNK)).into_par_iter().flat_map_iter(|chunk| {
        let mut keys = Vec::new();
        let firsts = chunk * CHUNK..((chunk + 1) * CHUNK).min(balls.len());
        firsts.for_each(|first| find_partners(first, balls, &order, &starts, &parameters, &mut keys));
        keys
    });
    rows.collect()
}

/// The same without a grid: what the tests hold it against.
pub fn find_pairs_among_all(balls: &[Ball]) -> Vec<u64> {
    let mut keys = Vec::new();
    for (first, ball) in balls.iter().enumerate() {
        for (second, other) in balls.iter().enumerate().skip(first + 1) {
            if other.replication == ball.replication && may_touch(ball, other) {
                keys.push(key_of(ball.replication, first, second));
            }
        }
    }
    keys
}

/// Finds pairs on a device, with the same keys as [`find_pairs`].
#[derive(Debug)]
pub struct PairFinder {
    on_gpu: Option<OnGpu>,
    on_loss: OnDeviceLoss,
    failure: Option<DeviceError>,
}

impl PairFinder {
    /// A device that fails here is an error under `OnDeviceLoss::Stop`; else the processor takes over at once.
    pub fn new(device: &Device, on_loss: OnDeviceLoss) -> Result<PairFinder, DeviceError> {
        let mut finder = PairFinder { on_gpu: None, on_loss, failure: None };
        if let Some(gpu) = device.gpu() {
            match OnGpu::new(gpu) {
                Ok(on_gpu) => finder.on_gpu = Some(on_gpu),
                Err(error) => finder.fall_back(error)?,
            }
        }
        Ok(finder)
    }

    pub fn find(&mut self, balls: &[Ball]) -> Result<Vec<u64>, DeviceError> {
        check_balls(balls);
        if let Some(on_gpu) = &mut self.on_gpu {
            match on_gpu.find(balls) {
                Ok(keys) => return Ok(keys),
                Err(error) => self.fall_back(error)?,
            }
        }
        Ok(find_pairs(balls))
    }

    fn fall_back(&mut self, error: DeviceError) -> Result<(), DeviceError> {
        self.on_loss.leave(&mut self.on_gpu, &mut self.failure, error)
    }

    /// Who computes the next batch.
    pub fn provenance(&self) -> Provenance {
        self.on_gpu.as_ref().map_or(Provenance::Cpu, |on_gpu| on_gpu.loaded.device().provenance())
    }

    /// To be announced: the device failed, and the processor took over.
    pub fn failure(&self) -> Option<&DeviceError> {
        self.failure.as_ref()
    }
}

#[derive(Debug)]
struct OnGpu {
    loaded: Loaded,
    buffers: Option<Buffers>,
    keys: DeviceBuffer<u64>,
}

/// For so many balls, and cells.
#[derive(Debug)]
struct Buffers {
    balls: DeviceBuffer<Ball>,
    placed: DeviceBuffer<[f32; 4]>,
    order: DeviceBuffer<u32>,
    cells: DeviceBuffer<u32>,
    ranks: DeviceBuffer<u32>,
    cell_counts: DeviceBuffer<u32>,
    cell_starts: DeviceBuffer<u32>,
    row_counts: DeviceBuffer<u32>,
    row_starts: DeviceBuffer<u32>,
    prefix_sums: PrefixSums,
}

impl Buffers {
    fn new(device: &Gpu, balls: usize, cells: usize) -> Result<Buffers, DeviceError> {
        Ok(Buffers {
            balls: device.zeros(balls)?,
            placed: device.zeros(balls)?,
            order: device.zeros(balls)?,
            cells: device.zeros(balls)?,
            ranks: device.zeros(balls)?,
            cell_counts: device.zeros(cells)?,
            cell_starts: device.zeros(cells)?,
            row_counts: device.zeros(balls + 1)?,
            row_starts: device.zeros(balls + 1)?,
            prefix_sums: PrefixSums::new(device, cells.max(balls + 1))?,
        })
    }
}

impl OnGpu {
    fn new(device: Gpu) -> Result<OnGpu, DeviceError> {
        Ok(OnGpu { loaded: device.load(&KERNEL)?, buffers: None, keys: device.zeros(0)? })
    }

    fn find(&mut self, balls: &[Ball]) -> Result<Vec<u64>, DeviceError> {
        let device = self.loaded.device();
        let (count, parameters) = (balls.len(), grid_over(balls));
        let cells = cell_count(balls, &parameters) + 1;
        if self.buffers.as_ref().is_none_or(|buffers| buffers.balls.len() < count || buffers.cell_counts.len() < cells) {
            self.buffers = None;
            self.buffers = Some(Buffers::new(&device, count + count / 4, cells + cells / 4)?);
        }
        let buffers = self.buffers.as_mut().expect("made above where they were missing");
        device.write(&mut buffers.balls, 0, balls)?;
        device.clear(&mut buffers.cell_counts)?;
        let launch = self.loaded.launch(&COUNT_BALLS).read(&buffers.balls).write(&mut buffers.cells).write(&mut buffers.ranks);
        launch.write(&mut buffers.cell_counts).value(&parameters).over(count)?;
        buffers.prefix_sums.sum(&buffers.cell_counts, &mut buffers.cell_starts, cells)?;
        let launch = self.loaded.launch(&PLACE_BALLS).read(&buffers.balls).read(&buffers.cells).read(&buffers.ranks);
        let launch = launch.read(&buffers.cell_starts).write(&mut buffers.placed).write(&mut buffers.order);
        launch.value(&parameters).over(count)?;
        let launch = self.loaded.launch(&COUNT_PARTNERS).read(&buffers.balls).read(&buffers.placed).read(&buffers.order);
        launch.read(&buffers.cell_starts).write(&mut buffers.row_counts).value(&parameters).over(count + 1)?;
        buffers.prefix_sums.sum(&buffers.row_counts, &mut buffers.row_starts, count + 1)?;
        let mut total = [0];
        device.download_from(&buffers.row_starts, count, &mut total)?;
        let total = total[0] as usize;
        if total > self.keys.len() {
            self.keys = device.zeros(total + total / 4)?;
        }
        let launch = self.loaded.launch(&WRITE_PARTNERS).read(&buffers.balls).read(&buffers.placed).read(&buffers.order);
        let launch = launch.read(&buffers.cell_starts).read(&buffers.row_starts).write(&mut self.keys);
        launch.value(&parameters).over(count)?;
        let mut keys = vec![0; total];
        device.download(&self.keys, &mut keys)?;
        Ok(keys)
    }
}
