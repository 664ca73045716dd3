// Exclusive prefix sums of counts, tile by tile (Blelloch 1990). What it means, layouts and units:
// engine/compute/src/kernels/prefix_sums.rs, whose helpers have the same names and order.

#define TILE 512u
#define THREADS 256u

struct PrefixSumsParameters {
    unsigned int count;
};

__device__ __forceinline__ unsigned int count_at(const unsigned int* __restrict__ values, unsigned int index, unsigned int count) {
    return index < count ? values[index] : 0u;
}

// Sums of pairs up the tree, then down again; `tile` holds TILE values and becomes their exclusive sums.
__device__ __forceinline__ unsigned int sum_tile(unsigned int* tile, unsigned int thread) {
    unsigned int stride = 1u;
    for (unsigned int pairs = TILE / 2u; pairs > 0u; pairs >>= 1) {
        __syncthreads();
        if (thread < pairs) {
            unsigned int left = stride * (2u * thread + 1u) - 1u, right = stride * (2u * thread + 2u) - 1u;
            tile[right] += tile[left];
        }
        stride <<= 1;
    }
    __syncthreads();
    unsigned int total = tile[TILE - 1u];
    __syncthreads();
    if (thread == 0u) tile[TILE - 1u] = 0u;
    for (unsigned int pairs = 1u; pairs < TILE; pairs <<= 1) {
        stride >>= 1;
        __syncthreads();
        if (thread < pairs) {
            unsigned int left = stride * (2u * thread + 1u) - 1u, right = stride * (2u * thread + 2u) - 1u;
            unsigned int kept = tile[left];
            tile[left] = tile[right];
            tile[right] += kept;
        }
    }
    __syncthreads();
    return total;
}

extern "C" __global__ void scan_tiles(const unsigned int* __restrict__ values, unsigned int* __restrict__ sums,
                                      unsigned int* __restrict__ tile_totals, PrefixSumsParameters parameters) {
    __shared__ unsigned int tile[TILE];
    unsigned int thread = threadIdx.x, near = blockIdx.x * TILE + thread, far = near + THREADS;
    tile[thread] = count_at(values, near, parameters.count);
    tile[thread + THREADS] = count_at(values, far, parameters.count);
    unsigned int total = sum_tile(tile, thread);
    if (near < parameters.count) sums[near] = tile[thread];
    if (far < parameters.count) sums[far] = tile[thread + THREADS];
    if (thread == 0u) tile_totals[blockIdx.x] = total;
}

extern "C" __global__ void add_tile_sums(const unsigned int* __restrict__ tile_sums, unsigned int* __restrict__ sums,
                                         PrefixSumsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    sums[i] += tile_sums[i / TILE];
}
