// Runtime of cuda_on_cpu.h: fibers, barriers, warp collectives, block scheduling, divergence checks.
// Always compiled WITHOUT sanitizers; with -DON_CPU_TSAN / -DON_CPU_ASAN it tells the sanitizer about fibers.
//
// Environment:  ON_CPU_SCHED = forward (default) | reverse | random:SEED   order of threads between barriers
//               ON_CPU_WORKERS = N                                         OS threads for blocks
#include "cuda_on_cpu.h"
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

#ifdef ON_CPU_TSAN
extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);   // flag 1: no happens-before edge
void __tsan_acquire(void* addr);
void __tsan_release(void* addr);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
}
#define TSAN(x) x
// The runtime's own lists are shared between fibers without TSan knowing why that is safe.
struct Ignore {
    Ignore() { AnnotateIgnoreReadsBegin("", 0); AnnotateIgnoreWritesBegin("", 0); }
    ~Ignore() { AnnotateIgnoreWritesEnd("", 0); AnnotateIgnoreReadsEnd("", 0); }
};
#else
#define TSAN(x)
struct Ignore { Ignore() {} };
#endif
#ifdef ON_CPU_ASAN
extern "C" void __sanitizer_start_switch_fiber(void** save, const void* bottom, size_t size);
extern "C" void __sanitizer_finish_switch_fiber(void* save, const void** old_bottom, size_t* old_size);
#define ASAN(x) x
#else
#define ASAN(x)
#endif

namespace on_cpu {
#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

// ---- context switch: System V callee-saved registers only ----
#if defined(__x86_64__)
extern "C" void on_cpu_switch(void** save_sp, void* load_sp);
asm(R"(
.text
.globl on_cpu_switch
.hidden on_cpu_switch
.type on_cpu_switch,@function
on_cpu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
#else
#error "port on_cpu_switch (or use ucontext) for this processor"
#endif

static const size_t STACK = 128 << 10;

struct Fiber {
    char* stack = nullptr;
    void* sp = nullptr;
    View v;
    unsigned linear = 0;                 // thread index in the block
    int wait_line = 0;
    bool at_barrier = false;
    TSAN(void* tsan = nullptr;)
    ASAN(void* fake = nullptr;)
};

struct Group { unsigned mask = 0, arrived = 0, gen = 0; int kind = 0, line = 0; uint64_t slot[2][32]; std::vector<Fiber*> waiting; };
struct Warp { unsigned exited = 0; std::deque<Group> groups; char token[2]; unsigned gen = 0; };

struct Launch {
    const Kernel* k; dim3 grid, block; void** params;
    std::atomic<uint64_t> next{0}; uint64_t nblocks;
    std::mutex m; std::string error;
    char token;
};

enum class Sched { Forward, Reverse, Random };
static Sched sched = Sched::Forward;
static uint64_t seed0 = 1;

struct Worker {                          // runs one block at a time
    Launch* L = nullptr;
    dim3 bid;
    unsigned nthreads = 0, live = 0, next = 0, arrived = 0, bar_gen = 0;
    std::vector<unsigned> order;
    std::deque<Fiber*> ready;
    std::vector<Fiber*> free_list, all, waiting;
    std::vector<Warp> warps;
    char bar_token[2];
    Fiber* cur = nullptr;
    void* sched_sp = nullptr;
    uint64_t rng = 1;
    std::string error;
    TSAN(void* tsan_self = nullptr;)
    ASAN(const void* sched_bottom = nullptr; size_t sched_size = 0; void* sched_fake = nullptr;)

    uint64_t rnd() { rng ^= rng << 13; rng ^= rng >> 7; rng ^= rng << 17; return rng; }
    void fail(const std::string& e) { if (error.empty()) error = e; }
    Fiber* get_fiber();
    void resume(Fiber* f);
    void yield();
    void run_block(uint64_t index);
    void release_barrier();
    void thread_exit();
    void start_next(Fiber* f);
    ~Worker() { for (Fiber* f : all) { munmap(f->stack, STACK); delete f; } }
};

thread_local View* view = nullptr;
static thread_local Worker* W = nullptr;

static void fiber_main() {
    ASAN(__sanitizer_finish_switch_fiber(nullptr, &W->sched_bottom, &W->sched_size);)
    for (;;) {
        Fiber* f = W->cur;
        W->L->k->call(W->L->params);
        {
            Ignore scope;
            W->thread_exit();
#ifndef ON_CPU_TSAN                          // run to completion: take the next thread on this same stack
            if (W->ready.empty() && W->next < W->nthreads && W->error.empty()) { W->start_next(f); continue; }
#endif
            W->free_list.push_back(f);
        }
        W->yield();
    }
}

static void prepare(Fiber* f) {          // a fresh frame that returns into fiber_main
    void** top = (void**)(f->stack + STACK);
    *--top = nullptr;
    *--top = (void*)fiber_main;
    for (int i = 0; i < 6; ++i) *--top = nullptr;
    f->sp = top;
}

Fiber* Worker::get_fiber() {
#ifndef ON_CPU_TSAN
    if (!free_list.empty()) { Fiber* f = free_list.back(); free_list.pop_back(); return f; }
#endif
    Fiber* f = new Fiber;                // under TSan every CUDA thread has its own stack and its own clock
    f->stack = (char*)mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (f->stack == MAP_FAILED) { fprintf(stderr, "cuda_on_cpu: out of fiber stacks\n"); abort(); }
    TSAN(f->tsan = __tsan_create_fiber(0);)
    all.push_back(f);
    prepare(f);
    return f;
}

void Worker::start_next(Fiber* f) {
    unsigned t = order[next++];
    f->linear = t;
    f->at_barrier = false;
    f->v.tid = {t % L->block.x, t / L->block.x % L->block.y, t / (L->block.x * L->block.y)};
    f->v.bid = {bid.x, bid.y, bid.z};
    f->v.bdim = L->block;
    f->v.gdim = L->grid;
    cur = f;
    view = &f->v;
}

void Worker::resume(Fiber* f) {
    cur = f;
    view = &f->v;
    ASAN(__sanitizer_start_switch_fiber(&sched_fake, f->stack, STACK);)
    TSAN(__tsan_switch_to_fiber(f->tsan, 1);)
    on_cpu_switch(&sched_sp, f->sp);
    ASAN(__sanitizer_finish_switch_fiber(sched_fake, nullptr, nullptr);)
}

void Worker::yield() {
    Fiber* f = cur;
    ASAN(__sanitizer_start_switch_fiber(&f->fake, sched_bottom, sched_size);)
    TSAN(__tsan_switch_to_fiber(tsan_self, 1);)
    on_cpu_switch(&f->sp, sched_sp);
    ASAN(__sanitizer_finish_switch_fiber(f->fake, &sched_bottom, &sched_size);)
}

void Worker::release_barrier() {
    ++bar_gen;
    arrived = 0;
    for (Fiber* f : waiting) { f->at_barrier = false; ready.push_back(f); }
    waiting.clear();
}

void Worker::thread_exit() {
    TSAN(__tsan_release(&L->token);)
    --live;
    warps[cur->linear / 32].exited |= 1u << (cur->linear & 31);
    if (live && arrived == live) {       // the rest of the block waits for a barrier that this thread never reached
        fail("barrier divergence: " + std::to_string(arrived) + " threads wait at line " +
             std::to_string(waiting.front()->wait_line) + ", thread " + std::to_string(cur->linear) + " exited");
        release_barrier();
    }
}

void Worker::run_block(uint64_t index) {
    Ignore scope;
    bid = {(unsigned)(index % L->grid.x), (unsigned)(index / L->grid.x % L->grid.y), (unsigned)(index / ((uint64_t)L->grid.x * L->grid.y))};
    nthreads = live = L->block.x * L->block.y * L->block.z;
    next = arrived = 0;
    ready.clear(); waiting.clear();
    warps.clear(); warps.resize((nthreads + 31) / 32);
    if (order.size() != nthreads || sched == Sched::Random) {
        order.resize(nthreads);
        for (unsigned i = 0; i < nthreads; ++i) order[i] = sched == Sched::Reverse ? nthreads - 1 - i : i;
        if (sched == Sched::Random) {
            rng = (seed0 + 0x9E3779B97F4A7C15ull * (index + 1)) | 1;
            for (unsigned i = nthreads; i > 1; --i) std::swap(order[i - 1], order[rnd() % i]);
        }
    }
    TSAN(tsan_self = __tsan_get_current_fiber();)
    while (error.empty()) {
        if (!ready.empty()) {
            size_t i = sched == Sched::Random ? rnd() % ready.size() : sched == Sched::Reverse ? ready.size() - 1 : 0;
            Fiber* f = ready[i];
            ready.erase(ready.begin() + (long)i);
            resume(f);
        } else if (next < nthreads) {
            Fiber* f = get_fiber();
            start_next(f);
            resume(f);
        } else if (live == 0) {
            break;
        } else {
            fail("deadlock: " + std::to_string(waiting.size()) + " of " + std::to_string(live) +
                 " live threads wait at a barrier, the others in a warp collective");
        }
    }
#ifdef ON_CPU_TSAN
    if (error.empty())                   // suspended fibers of a failed block stay as they are
        for (Fiber* f : all) { __tsan_destroy_fiber(f->tsan); munmap(f->stack, STACK); delete f; }
    all.clear();
    free_list.clear();
#else
    if (!error.empty()) {                // abandon the block: every fiber starts afresh
        free_list.clear();
        for (Fiber* f : all) { prepare(f); free_list.push_back(f); }
    }
#endif
}

void syncthreads(int line) {
    Ignore scope;
    Worker* w = W;
    Fiber* f = w->cur;
    unsigned gen = w->bar_gen & 1;
    (void)gen;
    TSAN(__tsan_release(&w->bar_token[gen]);)
    if (!w->waiting.empty() && w->waiting.front()->wait_line != line)
        w->fail("barrier divergence: threads wait at lines " + std::to_string(w->waiting.front()->wait_line) + " and " + std::to_string(line));
    f->wait_line = line;
    if (++w->arrived == w->live) {
        w->release_barrier();
        if (w->live < w->nthreads)
            w->fail("barrier at line " + std::to_string(line) + " reached after " + std::to_string(w->nthreads - w->live) + " threads exited");
        if (sched != Sched::Forward || !w->error.empty()) { w->ready.push_back(f); w->yield(); }
    } else {
        f->at_barrier = true;
        w->waiting.push_back(f);
        w->yield();
    }
    TSAN(__tsan_acquire(&w->bar_token[gen]);)
}

unsigned lane() { return W->cur->linear & 31; }

const uint64_t* warp_gather(unsigned mask, uint64_t value, int kind, int line) {
    Ignore scope;
    Worker* w = W;
    Fiber* f = w->cur;
    Warp& wp = w->warps[f->linear / 32];
    unsigned me = f->linear & 31;
    if (!(mask >> me & 1)) w->fail("warp collective at line " + std::to_string(line) + ": the calling lane is not in its own mask");
    Group* g = nullptr;
    for (Group& x : wp.groups) if (x.mask == mask) g = &x;
    if (!g) { wp.groups.emplace_back(); g = &wp.groups.back(); g->mask = mask; }
    if (!g->arrived) { g->kind = kind; g->line = line; }
    else if (g->kind != kind || g->line != line)
        w->fail("warp divergence: lanes meet in different collectives, lines " + std::to_string(g->line) + " and " + std::to_string(line));
    unsigned parity = g->gen & 1, valid = w->nthreads - f->linear / 32 * 32;
    unsigned need = mask & ~wp.exited & (valid >= 32 ? ~0u : (1u << valid) - 1);
    g->slot[parity][me] = value;
    g->arrived |= 1u << me;
    if ((g->arrived & need) == need) {
        g->arrived = 0;
        ++g->gen;
        for (Fiber* o : g->waiting) w->ready.push_back(o);
        g->waiting.clear();
    } else {
        g->waiting.push_back(f);
        w->yield();
    }
    return g->slot[parity];              // stable until the group's next-but-one collective
}

void syncwarp(unsigned mask, int line) {
    Warp& wp = W->warps[W->cur->linear / 32];
    char* t = &wp.token[0];
    (void)t;
    TSAN(__tsan_release(t);)
    warp_gather(mask, 0, 11, line);
    TSAN(__tsan_acquire(t);)
}

static char fence_token;
void fence() {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    (void)fence_token;
    TSAN(__tsan_acquire(&fence_token); __tsan_release(&fence_token);)
}

// ---- launching ----
static void work(Launch* L) {
#ifdef ON_CPU_TSAN
    // A new OS thread per block: fresh thread_local shared memory, and no ordering between blocks.
    for (uint64_t b; (b = L->next.fetch_add(1)) < L->nblocks && L->error.empty();) {
        std::thread([L, b] {
            Ignore scope;
            Worker w;
            W = &w; w.L = L;
            w.run_block(b);
            if (!w.error.empty()) L->error = w.error;
            W = nullptr;
        }).join();
    }
#else
    static thread_local Worker w;
    W = &w;
    w.L = L;
    w.error.clear();
    for (uint64_t b; (b = L->next.fetch_add(1, std::memory_order_relaxed)) < L->nblocks;) {
        w.run_block(b);
        if (!w.error.empty()) {
            std::lock_guard<std::mutex> g(L->m);
            if (L->error.empty()) L->error = "block " + std::to_string(b) + ": " + w.error;
            L->next = L->nblocks;
            break;
        }
    }
#endif
}

struct Pool {
    std::mutex m;
    std::condition_variable go, done;
    Launch* L = nullptr;
    unsigned gen = 0, busy = 0;
    std::vector<std::thread> t;
    explicit Pool(unsigned n) {
        for (unsigned i = 0; i < n; ++i)
            t.emplace_back([this] {
                unsigned seen = 0;
                for (;;) {
                    std::unique_lock<std::mutex> g(m);
                    go.wait(g, [&] { return gen != seen; });
                    seen = gen;
                    Launch* l = L;
                    g.unlock();
                    work(l);
                    g.lock();
                    if (--busy == 0) done.notify_one();
                }
            });
    }
    void run(Launch* l) {
        { std::lock_guard<std::mutex> g(m); L = l; ++gen; busy = (unsigned)t.size(); }
        go.notify_all();
        work(l);
        std::unique_lock<std::mutex> g(m);
        done.wait(g, [&] { return busy == 0; });
    }
};

static unsigned workers() {
#if defined(ON_CPU_TSAN) || defined(ON_CPU_ASAN)
    return 1;
#else
    const char* e = getenv("ON_CPU_WORKERS");
    unsigned n = e ? (unsigned)atoi(e) : std::thread::hardware_concurrency();
    return n ? n : 1;
#endif
}

}  // namespace on_cpu

extern "C" const on_cpu::Kernel* on_cpu_kernels(unsigned* n);
extern "C" const on_cpu::Kernel* on_cpu_find(const char* name) {
    unsigned n;
    const on_cpu::Kernel* k = on_cpu_kernels(&n);
    for (unsigned i = 0; i < n; ++i)
        if (!strcmp(k[i].name, name)) return &k[i];
    return nullptr;
}
// Returns 0, or 1 with a message: the launch is then as dead as after CUDA_ERROR_LAUNCH_FAILED.
extern "C" int on_cpu_launch(const on_cpu::Kernel* k, const unsigned grid[3], const unsigned block[3], void** params, char* err, size_t errlen) {
    using namespace on_cpu;
    static std::mutex one;
    std::lock_guard<std::mutex> g(one);
    static const bool init = [] {
        if (const char* e = getenv("ON_CPU_SCHED")) {
            if (!strcmp(e, "reverse")) sched = Sched::Reverse;
            if (!strncmp(e, "random", 6)) { sched = Sched::Random; seed0 = e[6] == ':' ? strtoull(e + 7, nullptr, 10) : 1; }
        }
        return true;
    }();
    (void)init;
    static char launch_token;
    (void)launch_token;
    TSAN(__tsan_acquire(&launch_token);)
    Launch L;
    L.k = k; L.params = params;
    L.grid = {grid[0], grid[1], grid[2]};
    L.block = {block[0], block[1], block[2]};
    L.nblocks = (uint64_t)grid[0] * grid[1] * grid[2];
    static const unsigned nw = workers();
    static Pool* pool = nw > 1 ? new Pool(nw - 1) : nullptr;   // never joined: lives as long as the process
    if (pool && L.nblocks > 2) pool->run(&L); else work(&L);
    TSAN(__tsan_acquire(&L.token); __tsan_release(&launch_token);)
    if (L.error.empty()) return 0;
    snprintf(err, errlen, "%s: %s", k->name, L.error.c_str());
    return 1;
}
