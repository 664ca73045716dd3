// CUDA C++ subset for host compilers: include before a .cu file, compile as C++17.
// Threads of a block are fibers of one OS thread; blocks are spread over OS threads.
// Only what the project's kernels use. Not a performance model and not a memory model: see README.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#ifdef ON_CPU_ASAN
#define __shared__ static                 // a real global: AddressSanitizer gives it red zones (one worker only)
#else
#define __shared__ static thread_local    // all fibers of a block share one OS thread
#endif

struct float2 { float x, y; };
struct float3 { float x, y, z; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x = 1, y = 1, z = 1; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }

// ---- runtime interface (cuda_on_cpu.cpp, never compiled with a sanitizer) ----
namespace on_cpu {
struct View { uint3 tid, bid; dim3 bdim, gdim; };       // what the running thread sees
extern thread_local View* view;
void syncthreads(int line);
void syncwarp(unsigned mask, int line);
void fence();
// Every lane of mask deposits a value, waits for the others, and sees all 32 slots.
const uint64_t* warp_gather(unsigned mask, uint64_t value, int kind, int line);
unsigned lane();

struct Kernel { const char* name; unsigned nparams; const unsigned* param_sizes; void (*call)(void** params); };
}  // namespace on_cpu

#define threadIdx (on_cpu::view->tid)
#define blockIdx (on_cpu::view->bid)
#define blockDim (on_cpu::view->bdim)
#define gridDim (on_cpu::view->gdim)
static constexpr int warpSize = 32;

#define __syncthreads() on_cpu::syncthreads(__LINE__)
#define __syncwarp(...) on_cpu::syncwarp(0xffffffffu, __LINE__)
#define __threadfence() on_cpu::fence()
#define __ballot_sync(mask, p) on_cpu_ballot(mask, p, __LINE__)
#define __any_sync(mask, p) (on_cpu_ballot(mask, p, __LINE__) != 0)
#define __all_sync(mask, p) (on_cpu_ballot(mask, !(p), __LINE__) == 0)
#define __shfl_sync(mask, v, l) on_cpu_shfl(mask, v, 0, l, __LINE__)
#define __shfl_up_sync(mask, v, d) on_cpu_shfl(mask, v, 1, d, __LINE__)
#define __shfl_down_sync(mask, v, d) on_cpu_shfl(mask, v, 2, d, __LINE__)
#define __shfl_xor_sync(mask, v, d) on_cpu_shfl(mask, v, 3, d, __LINE__)

static inline unsigned on_cpu_ballot(unsigned mask, bool p, int line) {
    const uint64_t* s = on_cpu::warp_gather(mask, p ? 1 : 0, 10, line);
    unsigned r = 0;
    for (unsigned l = 0; l < 32; ++l)
        if (mask >> l & 1 && s[l]) r |= 1u << l;
    return r;
}
template <class T> static inline T on_cpu_shfl(unsigned mask, T v, int kind, int arg, int line) {
    static_assert(sizeof(T) <= 8, "shuffle of more than 8 bytes");
    uint64_t raw = 0;
    memcpy(&raw, &v, sizeof(T));
    const uint64_t* s = on_cpu::warp_gather(mask, raw, kind, line);
    int me = (int)on_cpu::lane(), src = kind == 0 ? (arg & 31) : kind == 1 ? me - arg : kind == 2 ? me + arg : me ^ arg;
    if (src < 0 || src > 31) src = me;                   // out of the warp: own value, as on the device
    T r;
    memcpy(&r, &s[src], sizeof(T));
    return r;
}

// Relaxed atomics, as on the device: no ordering for other memory.
template <class T> static inline T atomicAdd(T* p, T v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
template <class T> static inline T atomicSub(T* p, T v) { return __atomic_fetch_sub(p, v, __ATOMIC_RELAXED); }
template <class T> static inline T atomicOr(T* p, T v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }
template <class T> static inline T atomicAnd(T* p, T v) { return __atomic_fetch_and(p, v, __ATOMIC_RELAXED); }
template <class T> static inline T atomicExch(T* p, T v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }
template <class T> static inline T atomicCAS(T* p, T cmp, T v) {
    __atomic_compare_exchange_n(p, &cmp, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return cmp;
}
template <class T> static inline T atomicMax(T* p, T v) {
    T o = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (o < v && !__atomic_compare_exchange_n(p, &o, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return o;
}
template <class T> static inline T atomicMin(T* p, T v) {
    T o = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (v < o && !__atomic_compare_exchange_n(p, &o, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return o;
}
static inline float atomicAdd(float* p, float v) {
    uint32_t* q = (uint32_t*)p;
    uint32_t o = __atomic_load_n(q, __ATOMIC_RELAXED), n;
    float f;
    do { memcpy(&f, &o, 4); f += v; memcpy(&n, &f, 4); }
    while (!__atomic_compare_exchange_n(q, &o, n, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    memcpy(&f, &o, 4);
    return f;
}

static inline int __popc(unsigned v) { return __builtin_popcount(v); }
static inline int __ffs(int v) { return __builtin_ffs(v); }
static inline int __clz(unsigned v) { return v ? __builtin_clz(v) : 32; }
static inline unsigned __float_as_uint(float f) { unsigned u; memcpy(&u, &f, 4); return u; }
static inline float __uint_as_float(unsigned u) { float f; memcpy(&f, &u, 4); return f; }
static inline long long __double_as_longlong(double d) { long long u; memcpy(&u, &d, 8); return u; }
static inline double __longlong_as_double(long long u) { double d; memcpy(&d, &u, 8); return d; }
static inline long long __float2ll_rn(float f) {          // saturating, NaN -> INT64_MIN, as cvt.rni.s64.f32
    if (!(f < 9223372036854775808.0f)) return f != f ? INT64_MIN : INT64_MAX;
    if (f <= -9223372036854775808.0f) return INT64_MIN;
    return (long long)rintf(f);
}

// ---- kernel table: the generated file lists ON_CPU_KERNEL(function, "name") between BEGIN and END ----
#include <utility>
namespace on_cpu {
template <class... A> constexpr unsigned sizes_of(void (*)(A...), unsigned i) {
    const unsigned s[] = {(unsigned)sizeof(A)..., 0u};
    return s[i];
}
template <class... A> constexpr unsigned count_of(void (*)(A...)) { return sizeof...(A); }
template <class... A, size_t... I> static inline void call(void (*f)(A...), void** p, std::index_sequence<I...>) {
    f(*static_cast<std::remove_reference_t<A>*>(p[I])...);
}
template <auto F, size_t... I> const unsigned* size_table(std::index_sequence<I...>) {
    static const unsigned t[] = {sizes_of(F, I)..., 0u};
    return t;
}
template <auto F> void trampoline(void** p) { call(F, p, std::make_index_sequence<count_of(F)>{}); }
template <auto F> Kernel make(const char* name) {
    return {name, count_of(F), size_table<F>(std::make_index_sequence<count_of(F)>{}), trampoline<F>};
}
}  // namespace on_cpu
#define ON_CPU_TABLE_BEGIN extern "C" const on_cpu::Kernel* on_cpu_kernels(unsigned* n) { static const on_cpu::Kernel t[] = {
#define ON_CPU_KERNEL(f, name) on_cpu::make<f>(name),
#define ON_CPU_TABLE_END }; *n = sizeof t / sizeof t[0]; return t; }
