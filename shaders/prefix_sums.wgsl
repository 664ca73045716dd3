// Exclusive prefix sums of counts, tile by tile (Blelloch 1990). What it means, layouts and units:
// engine/compute/src/kernels/prefix_sums.rs, whose helpers have the same names and order.

struct PrefixSumsParameters {
    count: u32,
}

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@group(0) @binding(2) var<storage, read_write> tile_totals: array<u32>;
@group(0) @binding(3) var<storage, read> parameters: PrefixSumsParameters;
@group(0) @binding(4) var<storage, read> tile_sums: array<u32>;

const TILE: u32 = 512u;
const THREADS: u32 = 256u;

var<workgroup> tile: array<u32, 512>;

fn count_at(index: u32, count: u32) -> u32 {
    if (index < count) { return values[index]; }
    return 0u;
}

// Sums of pairs up the tree, then down again; `tile` becomes its exclusive sums.
fn sum_tile(thread: u32) -> u32 {
    var stride = 1u;
    for (var pairs = TILE / 2u; pairs > 0u; pairs >>= 1u) {
        workgroupBarrier();
        if (thread < pairs) {
            let left = stride * (2u * thread + 1u) - 1u;
            let right = stride * (2u * thread + 2u) - 1u;
            tile[right] += tile[left];
        }
        stride <<= 1u;
    }
    workgroupBarrier();
    let total = tile[TILE - 1u];
    workgroupBarrier();
    if (thread == 0u) { tile[TILE - 1u] = 0u; }
    for (var pairs = 1u; pairs < TILE; pairs <<= 1u) {
        stride >>= 1u;
        workgroupBarrier();
        if (thread < pairs) {
            let left = stride * (2u * thread + 1u) - 1u;
            let right = stride * (2u * thread + 2u) - 1u;
            let kept = tile[left];
            tile[left] = tile[right];
            tile[right] += kept;
        }
    }
    workgroupBarrier();
    return total;
}

@compute @workgroup_size(256)
fn scan_tiles(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let own = block.y * blocks.x + block.x;
    let near = own * TILE + thread;
    let far = near + THREADS;
    tile[thread] = count_at(near, parameters.count);
    tile[thread + THREADS] = count_at(far, parameters.count);
    let total = sum_tile(thread);
    if (near < parameters.count) { sums[near] = tile[thread]; }
    if (far < parameters.count) { sums[far] = tile[thread + THREADS]; }
    // The last row of blocks may reach beyond the tiles.
    if (thread == 0u && near < parameters.count) { tile_totals[own] = total; }
}

@compute @workgroup_size(256)
fn add_tile_sums(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 256u + thread;
    if (i >= parameters.count) { return; }
    sums[i] += tile_sums[i / TILE];
}
