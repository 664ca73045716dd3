//! `prefix_sums`: where each run begins, from how long each is: the exclusive sums that every sorted cell list needs.
//! Integers that wrap, so the order of addition cannot matter.

use crate::contract::{Argument, Entry, Kernel};
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu, Loaded};
use bytemuck::{Pod, Zeroable};

pub static KERNEL: Kernel = Kernel {
    stem: "prefix_sums",
    source: include_str!("../../../../kernels/prefix_sums.cu"),
    ptx: include_str!("../../../../kernels/prefix_sums.ptx"),
    cubin: Some(include_bytes!("../../../../kernels/prefix_sums.cubin")),
    wgsl: Some(include_str!("../../../../shaders/prefix_sums.wgsl")),
    entries: &[&SCAN_TILES, &ADD_TILE_SUMS],
};

pub static SCAN_TILES: Entry = Entry {
    name: "scan_tiles",
    threads_per_block: 256,
    registers_at_most: 32,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<u32>("values", "-", &["value_capacity"]),
        Argument::write::<u32>("sums", "-", &["sum_capacity"]),
        Argument::write::<u32>("tile_totals", "-", &["tile_capacity"]),
        Argument::parameters::<PrefixSumsParameters>("parameters"),
    ],
};

pub static ADD_TILE_SUMS: Entry = Entry {
    name: "add_tile_sums",
    threads_per_block: 256,
    registers_at_most: 32,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<u32>("tile_sums", "-", &["tile_capacity"]),
        Argument::read_write::<u32>("sums", "-", &["sum_capacity"]),
        Argument::parameters::<PrefixSumsParameters>("parameters"),
    ],
};

/// Values that one block sums [-]: two for each of its threads.
pub const TILE: usize = 512;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PrefixSumsParameters {
    pub count: u32,
}

fn count_at(values: &[u32], index: usize) -> u32 {
    values.get(index).copied().unwrap_or(0)
}

/// Turns a tile into its exclusive sums, starting at `before`, and gives their total.
fn sum_tile(sums: &mut [u32], values: &[u32], before: u32) -> u32 {
    let mut total = before;
    for (index, sum) in sums.iter_mut().enumerate() {
        *sum = total;
        total = total.wrapping_add(count_at(values, index));
    }
    total
}

/// The meaning of `prefix_sums`: `sums[i]` is the sum of all values before `i`. Gives the sum of all.
pub fn sum_prefixes(values: &[u32], sums: &mut [u32]) -> u32 {
    assert_eq!(values.len(), sums.len(), "a sum for each value");
    sum_tile(sums, values, 0)
}

/// Prefix sums of buffers that stay on a device.
#[derive(Debug)]
pub struct PrefixSums {
    loaded: Loaded,
    /// The last is one tile, whose total is that of all.
    levels: Vec<Level>,
}

/// One entry for each tile.
#[derive(Debug)]
struct Level {
    totals: DeviceBuffer<u32>,
    sums: DeviceBuffer<u32>,
}

impl PrefixSums {
    /// Ready for up to `capacity` values.
    pub fn new(device: &Gpu, capacity: usize) -> Result<PrefixSums, DeviceError> {
        let loaded = device.load(&KERNEL)?;
        let mut levels = Vec::new();
        let mut count = capacity;
        while levels.is_empty() || count > 1 {
            count = count.div_ceil(TILE).max(1);
            levels.push(Level { totals: device.zeros(count)?, sums: device.zeros(count)? });
        }
        Ok(PrefixSums { loaded, levels })
    }

    /// Of the first `count` values; asynchronous. What lies beyond `count` in `sums` stays.
    pub fn sum(&mut self, values: &DeviceBuffer<u32>, sums: &mut DeviceBuffer<u32>, count: usize) -> Result<(), DeviceError> {
        assert!(count <= values.len() && count <= sums.len(), "{count} of {} values and {} sums", values.len(), sums.len());
        assert!(count.div_ceil(TILE) <= self.levels[0].totals.len(), "{count} values are more than these levels hold");
        sum_level(&self.loaded, &mut self.levels, values, sums, count)
    }
}

fn sum_level(
    loaded: &Loaded,
    levels: &mut [Level],
    values: &DeviceBuffer<u32>,
    sums: &mut DeviceBuffer<u32>,
    count: usize,
) -> Result<(), DeviceError> {
    let (level, above) = levels.split_first_mut().expect("`new` made levels up to one tile");
    let parameters = PrefixSumsParameters { count: u32::try_from(count).expect("a batch has fewer than 2^32 values") };
    let tile_count = count.div_ceil(TILE);
    loaded.launch(&SCAN_TILES).read(values).write(sums).write(&mut level.totals).value(&parameters).in_blocks(tile_count)?;
    if tile_count <= 1 {
        return Ok(());
    }
    sum_level(loaded, above, &level.totals, &mut level.sums, tile_count)?;
    loaded.launch(&ADD_TILE_SUMS).read(&level.sums).write(sums).value(&parameters).over(count)
}
