// Candidate pairs of spheres, in many replications at once, by a uniform grid. What it means, layouts and units:
// engine/compute/src/kernels/pairs.rs, whose helpers have the same names and order.
//
// A key of 64 bits is two words here, the lower one first.

struct Ball {
    center_m: vec3f,
    radius_m: f32,
    replication: u32,
    unused: array<u32, 3>,
}
struct PairsParameters {
    low_m: array<f32, 3>,
    cell_per_metre: f32,
    cells: array<u32, 3>,
    count: u32,
}

@group(0) @binding(0) var<storage, read> balls: array<Ball>;
@group(0) @binding(1) var<storage, read_write> cells: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranks: array<u32>;
@group(0) @binding(3) var<storage, read_write> cell_counts: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read> parameters: PairsParameters;
@group(0) @binding(5) var<storage, read> cell_starts: array<u32>;
@group(0) @binding(6) var<storage, read_write> placed: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> order: array<u32>;
@group(0) @binding(8) var<storage, read_write> counts: array<u32>;
@group(0) @binding(9) var<storage, read> row_starts: array<u32>;
@group(0) @binding(10) var<storage, read_write> keys: array<vec2u>;

struct Span {
    first: u32,
    last: u32,
}

fn cell_on(at: f32, axis: u32) -> u32 {
    let cell = (at - parameters.low_m[axis]) * parameters.cell_per_metre;
    let last = parameters.cells[axis] - 1u;
    if (!(cell > 0.0)) { return 0u; }
    if (cell < f32(last)) { return u32(cell); }
    return last;
}

fn cell_of(replication: u32, x: u32, y: u32, z: u32) -> u32 {
    return ((replication * parameters.cells[2] + z) * parameters.cells[1] + y) * parameters.cells[0] + x;
}

fn span(cell: u32, cell_count: u32) -> Span {
    return Span(max(cell, 1u) - 1u, min(cell + 1u, cell_count - 1u));
}

fn may_touch(a: Ball, b: vec4f) -> bool {
    let x = a.center_m.x - b.x;
    let y = a.center_m.y - b.y;
    let z = a.center_m.z - b.z;
    let reach = a.radius_m + b.w;
    return (x * x + y * y) + z * z <= reach * reach;
}

fn key_of(replication: u32, first: u32, second: u32) -> vec2u {
    return vec2u(first << 24u | second, replication << 16u | first >> 8u);
}

// Into its place among the keys before it: rows are short. All of a row have the same first ball, so the lower words decide.
fn insert_key(start: u32, end: u32, key: vec2u) {
    var at = end;
    while (at > start && keys[at - 1u].x > key.x) {
        keys[at] = keys[at - 1u];
        at -= 1u;
    }
    keys[at] = key;
}

// Those after `first` that may touch it: how many.
fn count_touching(first: u32) -> u32 {
    let ball = balls[first];
    let x = span(cell_on(ball.center_m.x, 0u), parameters.cells[0]);
    let y = span(cell_on(ball.center_m.y, 1u), parameters.cells[1]);
    let z = span(cell_on(ball.center_m.z, 2u), parameters.cells[2]);
    var found = 0u;
    for (var c = z.first; c <= z.last; c++) {
        for (var b = y.first; b <= y.last; b++) {
            let end = cell_starts[cell_of(ball.replication, x.last, b, c) + 1u];
            for (var at = cell_starts[cell_of(ball.replication, x.first, b, c)]; at < end; at++) {
                if (order[at] > first && may_touch(ball, placed[at])) { found += 1u; }
            }
        }
    }
    return found;
}

// And their keys, from `row` on. Apart, since a shader must not name a buffer that its launch does not bind.
fn find_partners(first: u32, row: u32) {
    let ball = balls[first];
    let x = span(cell_on(ball.center_m.x, 0u), parameters.cells[0]);
    let y = span(cell_on(ball.center_m.y, 1u), parameters.cells[1]);
    let z = span(cell_on(ball.center_m.z, 2u), parameters.cells[2]);
    var end_of_row = row;
    for (var c = z.first; c <= z.last; c++) {
        for (var b = y.first; b <= y.last; b++) {
            let end = cell_starts[cell_of(ball.replication, x.last, b, c) + 1u];
            for (var at = cell_starts[cell_of(ball.replication, x.first, b, c)]; at < end; at++) {
                let second = order[at];
                if (second <= first || !may_touch(ball, placed[at])) { continue; }
                insert_key(row, end_of_row, key_of(ball.replication, first, second));
                end_of_row += 1u;
            }
        }
    }
}

@compute @workgroup_size(128)
fn count_balls(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    let ball = balls[i];
    let x = cell_on(ball.center_m.x, 0u);
    let y = cell_on(ball.center_m.y, 1u);
    let z = cell_on(ball.center_m.z, 2u);
    let cell = cell_of(ball.replication, x, y, z);
    cells[i] = cell;
    ranks[i] = atomicAdd(&cell_counts[cell], 1u);
}

@compute @workgroup_size(128)
fn place_balls(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    let ball = balls[i];
    let at = cell_starts[cells[i]] + ranks[i];
    placed[at] = vec4f(ball.center_m, ball.radius_m);
    order[at] = i;
}

@compute @workgroup_size(128)
fn count_partners(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i > parameters.count) { return; }
    var found = 0u;
    if (i < parameters.count) { found = count_touching(i); }
    counts[i] = found;
}

@compute @workgroup_size(128)
fn write_partners(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    find_partners(i, row_starts[i]);
}
