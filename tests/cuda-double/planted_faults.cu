// Deliberately wrong kernels: each plants one fault that a checker must report. Launched by tests only.

extern "C" __global__ void write_past_the_end(float* out, unsigned int n) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) out[i] = (float)i;                     // writes out[n]
}

extern "C" __global__ void write_past_shared(float* out, unsigned int n) {
    __shared__ float s[64];
    unsigned int t = threadIdx.x;
    if (t < n) s[t] = (float)t;                        // thread 64 writes past s
    __syncthreads();
    out[t] = s[t & 63u];
}

extern "C" __global__ void miss_a_barrier(const float* in, float* out) {
    __shared__ float s[128];
    unsigned int t = threadIdx.x;
    s[t] = in[blockIdx.x * 128u + t];
    out[blockIdx.x * 128u + t] = s[127u - t];
}

extern "C" __global__ void race_between_blocks(unsigned int* total, unsigned int n) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && threadIdx.x == 0) *total = *total + 1u;   // not atomic
}

extern "C" __global__ void diverge_at_a_barrier(float* out, unsigned int n) {
    unsigned int t = threadIdx.x;
    if (t < n) __syncthreads();                        // not reached by the whole block
    out[t] = 1.0f;
    __syncthreads();
}

extern "C" __global__ void load_misaligned(const float* in, float4* out) {
    const float4* q = (const float4*)(in + 1);         // aligned to 4 bytes only
    out[threadIdx.x] = q[threadIdx.x];
}
