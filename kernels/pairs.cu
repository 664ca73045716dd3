// Candidate pairs of spheres, in many replications at once, by a uniform grid. What it means, layouts and units:
// engine/compute/src/kernels/pairs.rs, whose helpers have the same names and order.

struct alignas(16) Ball {
    float center[3], radius;
    unsigned int replication, unused[3];
};
struct alignas(16) Four {
    float x, y, z, w;
};
struct PairsParameters {
    float low[3], cell_per_metre;
    unsigned int cells[3], count;
};

struct Span {
    unsigned int from, to;
};

__device__ __forceinline__ unsigned int cell_on(float at, float low, float cell_per_metre, unsigned int cells) {
    float cell = (at - low) * cell_per_metre;
    if (!(cell > 0.0f)) return 0u;
    return cell < (float)(cells - 1u) ? (unsigned int)cell : cells - 1u;
}

__device__ __forceinline__ unsigned int cell_of(unsigned int replication, unsigned int x, unsigned int y, unsigned int z,
                                                const PairsParameters& parameters) {
    return ((replication * parameters.cells[2] + z) * parameters.cells[1] + y) * parameters.cells[0] + x;
}

__device__ __forceinline__ Span span(unsigned int cell, unsigned int cells) {
    return {cell > 0u ? cell - 1u : 0u, cell + 1u < cells ? cell + 1u : cells - 1u};
}

__device__ __forceinline__ bool may_touch(const Ball& a, Four b) {
    float x = a.center[0] - b.x, y = a.center[1] - b.y, z = a.center[2] - b.z;
    float reach = a.radius + b.w;
    return (x * x + y * y) + z * z <= reach * reach;
}

__device__ __forceinline__ unsigned long long key_of(unsigned int replication, unsigned int first, unsigned int second) {
    return ((unsigned long long)replication << 48) | ((unsigned long long)first << 24) | second;
}

// Into its place among the keys before it: rows are short.
__device__ __forceinline__ void insert_key(unsigned long long* keys, unsigned int from, unsigned int at, unsigned long long key) {
    while (at > from && keys[at - 1u] > key) {
        keys[at] = keys[at - 1u];
        at -= 1u;
    }
    keys[at] = key;
}

// Those after `first` that may touch it: counts them, and writes their keys from `from` on.
template <bool WRITE>
__device__ __forceinline__ unsigned int find_partners(unsigned int first, const Ball* __restrict__ balls,
                                                      const Four* __restrict__ placed, const unsigned int* __restrict__ order,
                                                      const unsigned int* __restrict__ cell_starts, unsigned long long* keys,
                                                      unsigned int from, const PairsParameters& parameters) {
    Ball ball = balls[first];
    Span x = span(cell_on(ball.center[0], parameters.low[0], parameters.cell_per_metre, parameters.cells[0]), parameters.cells[0]);
    Span y = span(cell_on(ball.center[1], parameters.low[1], parameters.cell_per_metre, parameters.cells[1]), parameters.cells[1]);
    Span z = span(cell_on(ball.center[2], parameters.low[2], parameters.cell_per_metre, parameters.cells[2]), parameters.cells[2]);
    unsigned int found = 0u;
    for (unsigned int c = z.from; c <= z.to; ++c) {
        for (unsigned int b = y.from; b <= y.to; ++b) {
            unsigned int end = cell_starts[cell_of(ball.replication, x.to, b, c, parameters) + 1u];
            for (unsigned int at = cell_starts[cell_of(ball.replication, x.from, b, c, parameters)]; at < end; ++at) {
                unsigned int second = order[at];
                if (second <= first || !may_touch(ball, placed[at])) continue;
                if (WRITE) insert_key(keys, from, from + found, key_of(ball.replication, first, second));
                found += 1u;
            }
        }
    }
    return found;
}

extern "C" __global__ void count_balls(const Ball* __restrict__ balls, unsigned int* __restrict__ cells, unsigned int* __restrict__ ranks,
                                       unsigned int* cell_counts, PairsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    Ball ball = balls[i];
    unsigned int x = cell_on(ball.center[0], parameters.low[0], parameters.cell_per_metre, parameters.cells[0]);
    unsigned int y = cell_on(ball.center[1], parameters.low[1], parameters.cell_per_metre, parameters.cells[1]);
    unsigned int z = cell_on(ball.center[2], parameters.low[2], parameters.cell_per_metre, parameters.cells[2]);
    unsigned int cell = cell_of(ball.replication, x, y, z, parameters);
    cells[i] = cell;
    ranks[i] = atomicAdd(&cell_counts[cell], 1u);
}

extern "C" __global__ void place_balls(const Ball* __restrict__ balls, const unsigned int* __restrict__ cells,
                                       const unsigned int* __restrict__ ranks, const unsigned int* __restrict__ cell_starts,
                                       Four* __restrict__ placed, unsigned int* __restrict__ order, PairsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    Ball ball = balls[i];
    unsigned int at = cell_starts[cells[i]] + ranks[i];
    placed[at] = {ball.center[0], ball.center[1], ball.center[2], ball.radius};
    order[at] = i;
}

extern "C" __global__ void count_partners(const Ball* __restrict__ balls, const Four* __restrict__ placed,
                                          const unsigned int* __restrict__ order, const unsigned int* __restrict__ cell_starts,
                                          unsigned int* __restrict__ counts, PairsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i > parameters.count) return;
    counts[i] = i < parameters.count ? find_partners<false>(i, balls, placed, order, cell_starts, nullptr, 0u, parameters) : 0u;
}

extern "C" __global__ void write_partners(const Ball* __restrict__ balls, const Four* __restrict__ placed,
                                          const unsigned int* __restrict__ order, const unsigned int* __restrict__ cell_starts,
                                          const unsigned int* __restrict__ row_starts, unsigned long long* keys,
                                          PairsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    find_partners<true>(i, balls, placed, order, cell_starts, keys, row_starts[i], parameters);
}
