// Bulk material as soft spheres: rows of candidates on the device, contacts seen from both of their sides, one launch (two
// with walls) for a step. What it means, layouts and units: engine/compute/src/kernels/particles.rs, whose helpers have the
// same names.

struct alignas(16) Place {
    int at[3];
    float radius;
};
struct alignas(16) Four {
    float x, y, z, w;
};
struct alignas(16) Line {
    long long momentum[3];
    unsigned long long id;
    long long spin[3];
    unsigned long long material;
};
struct alignas(16) Slot {
    unsigned int other;
    float shear[3];
};
struct alignas(16) PlacedFacet {
    int corners[9];
    float normal[3];
    unsigned int wall, plane, unused[2];
};
struct alignas(16) MovingWall {
    float velocity[3];
    unsigned int material;
    float angular_velocity[3];
    unsigned int unused_1;
    int pivot[3];
    unsigned int unused_2;
};
struct alignas(16) Body {
    int at[3];
    unsigned int wall;
    float rest[3];
    float mass;
    float rotation[4];
    float rotation_rest[4];
    float inertia[3];
    float reach;
    float carried[3];
    float moved;
    float carried_turning[3];
    float slack;
    unsigned int falls, lost, unused[2];
    long long momentum[3];
    long long spin[3];
    long long felt[6];
};
struct alignas(16) BodyFacet {
    float corners[9];
    float normal[3];
    unsigned int body, facet, is_first, unused;
};
struct alignas(16) RigidClump {
    int at[3];
    unsigned int first;
    float rest[3];
    float mass;
    float rotation[4];
    float rotation_rest[4];
    float inertia[3];
    float reach;
    unsigned int count, material, lost;
    float radius;
    long long momentum[3];
    unsigned long long id;
    long long spin[3];
    unsigned long long unused;
};
struct alignas(16) ClumpSphere {
    float offset[3];
    float radius;
};
struct alignas(16) PairConstants {
    float normal, shear, normal_damping, shear_damping, friction, rolling_friction, rolling_damping, cohesion;
};
struct Scales {
    float dt, metre_per_quantum, momentum_per_quantum, spin_per_quantum, quanta_per_step, linear_quanta, angular_quanta;
    float gravity_quanta[3];
    float largest_way;
    unsigned int bounds[3];
};
struct StepParameters {
    Scales scales;
    unsigned int count, material_count, hertz, rolling, step;
    int drift[3];
};
struct GridAxis {
    unsigned int axis, cells;
    int low;
};
struct GridLayout {
    GridAxis fast, middle, slow;
    float cell_per_quantum, metre_per_quantum;
};
struct SortParameters {
    GridLayout grid;
    unsigned int count, leavers, last_cell;
    float drift[3];
    float resting_slack, ahead, largest;
};
struct RowParameters {
    GridLayout grid;
    unsigned int count, clumped;
};
struct FacetParameters {
    int low[3];
    unsigned int cells[3];
    int cell;
    unsigned int plane_count, count;
    float slack, metre_per_quantum;
};
struct HistoryParameters {
    unsigned int count, old_count, rolling;
};
struct Survey {
    long long velocity[3], square;
    int low[3], high[3];
    unsigned int unused[2];
};
struct SurveyParameters {
    unsigned int count;
};

#define TOUCHES 0x80000000u
#define TOUCHES_NOW 0x40000000u
#define IS_DEEPEST 0x20000000u
#define INDEX 0x1fffffffu
#define LOST 1u
#define STALE 2u
#define HALTED 4u
#define LARGEST 2251799813685248ull
#define IS_BELOW_LARGEST(value) ((unsigned long long)(value) + (LARGEST - 1ull) < 2ull * LARGEST - 1ull)
#define MAGIC 6755399441055744.0
#define MAGIC_BITS 0x4338000000000000ll
#define SPARE 1.00001f
#define ONE_CONTACT_COSINE 0.95f
#define ON_AXIS(place, axis_of) ((axis_of).axis == 0u ? (place).at[0] : (axis_of).axis == 1u ? (place).at[1] : (place).at[2])
#define NOBODY 0xffffffffu
#define IMPULSE_COPIES 64u
#define PER_SPEED 1048576.0f
#define SPARE_WAY 1.001f
#define CLUMPED (1ull << 62)
#define WHICH(line) ((line).material >> 24 & 7ull)
#define SLOT(line) ((unsigned int)((line).material >> 32) & 0x3fffffffu)
#define TOO_FAST 1u
#define OUTSIDE 2u

struct Vector {
    float x, y, z;
};
struct Touch {
    Vector normal;
    float overlap, radius, mass;
    Vector velocity, spin, shear, roll;
};
struct Spring {
    Vector force, length;
};
struct Response {
    float push;
    Vector tangent, moment, shear, roll;
};
struct Nearest {
    Vector normal;
    float distance;
};
struct Span {
    unsigned int from, to;
};
struct Axes {
    Vector x, y, z;
};
struct Moving {
    Vector velocity, turning;
};
struct Corner {
    int at[3];
};

__device__ __forceinline__ float dot(Vector a, Vector b) { return (a.x * b.x + a.y * b.y) + a.z * b.z; }

__device__ __forceinline__ Vector cross(Vector a, Vector b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

__device__ __forceinline__ Vector add(Vector a, Vector b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }

__device__ __forceinline__ Vector sub(Vector a, Vector b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }

__device__ __forceinline__ Vector scale(Vector a, float by) { return {a.x * by, a.y * by, a.z * by}; }

__device__ __forceinline__ Vector flatten(Vector a, Vector normal) { return sub(a, scale(normal, dot(a, normal))); }

__device__ __forceinline__ Spring limited_spring(Vector length, Vector rate, float stiffness, float damping, float limit, float dt) {
    Vector stretched = add(length, scale(rate, dt));
    Vector force = add(scale(stretched, stiffness), scale(rate, damping));
    float size_squared = dot(force, force);
    bool slips = size_squared > limit * limit;
    float size = slips ? sqrtf(size_squared) : 1.0f;
    float share = slips ? limit / size : 1.0f;
    Vector kept = scale(force, share);
    Vector slipped = scale(kept, 1.0f / stiffness);
    return {{-kept.x, -kept.y, -kept.z}, slips ? slipped : stretched};
}

__device__ __forceinline__ Response respond(const Touch& touch, const PairConstants& constants, const StepParameters& parameters) {
    float dt = parameters.scales.dt;
    float circle = sqrtf(touch.radius * touch.overlap);
    float stiffening = parameters.hertz != 0u ? circle : 1.0f;
    float normal_stiffness = constants.normal * stiffening;
    float shear_stiffness = constants.shear * stiffening;
    float damping = sqrtf(stiffening * touch.mass);
    float speed = dot(touch.velocity, touch.normal);
    float pressed = normal_stiffness * touch.overlap - (constants.normal_damping * damping) * speed;
    pressed = pressed > 0.0f ? pressed : 0.0f;
    Response response;
    response.push = pressed - constants.cohesion * (circle * circle);
    Vector slide = sub(touch.velocity, scale(touch.normal, speed));
    Spring shear = limited_spring(flatten(touch.shear, touch.normal), slide, shear_stiffness, constants.shear_damping * damping,
                                  constants.friction * pressed, dt);
    response.tangent = shear.force;
    response.shear = shear.length;
    response.moment = {0.0f, 0.0f, 0.0f};
    response.roll = {0.0f, 0.0f, 0.0f};
    if (parameters.rolling != 0u) {
        float squared = touch.radius * touch.radius;
        Spring roll = limited_spring(flatten(touch.roll, touch.normal), flatten(touch.spin, touch.normal), shear_stiffness * squared,
                                     (constants.rolling_damping * damping) * squared,
                                     (constants.rolling_friction * touch.radius) * pressed, dt);
        response.moment = roll.force;
        response.roll = roll.length;
    }
    return response;
}

__device__ __forceinline__ long long to_fixed(float value) { return __double_as_longlong((double)value + MAGIC) - MAGIC_BITS; }

__device__ __forceinline__ int to_fixed_32(float value) { return (int)__double_as_longlong((double)value + MAGIC); }

__device__ __forceinline__ float to_float(long long value) { return (float)(__longlong_as_double(value + MAGIC_BITS) - MAGIC); }

__device__ __forceinline__ Vector offset_from(const int* at, const Place& other, float metre_per_quantum) {
    return {(float)(int)((unsigned int)at[0] - (unsigned int)other.at[0]) * metre_per_quantum,
            (float)(int)((unsigned int)at[1] - (unsigned int)other.at[1]) * metre_per_quantum,
            (float)(int)((unsigned int)at[2] - (unsigned int)other.at[2]) * metre_per_quantum};
}

__device__ __forceinline__ void push(Line& line, Vector linear, Vector angular) {
    line.momentum[0] += to_fixed(linear.x);
    line.momentum[1] += to_fixed(linear.y);
    line.momentum[2] += to_fixed(linear.z);
    line.spin[0] += to_fixed(angular.x);
    line.spin[1] += to_fixed(angular.y);
    line.spin[2] += to_fixed(angular.z);
}

__device__ __forceinline__ float squared_distance(const Place& a, const Place& b, float metre_per_quantum) {
    Vector offset = offset_from(a.at, b, metre_per_quantum);
    return (offset.x * offset.x + offset.y * offset.y) + offset.z * offset.z;
}

// A row of candidates: what touches is pushed, what has parted forgets. The other one does the same from its side.
__device__ __forceinline__ void push_pairs(Line& line, const Place& place, Four velocity, Four spin, Span row,
                                           const Place* __restrict__ places, const Four* __restrict__ velocities,
                                           const Four* __restrict__ spins, const PairConstants* __restrict__ constants, Slot* slots,
                                           Four* rolls, const StepParameters& parameters) {
    const Scales& scales = parameters.scales;
    for (unsigned int k = row.from; k < row.to; ++k) {
        Slot slot = slots[k];
        unsigned int index = slot.other & ~TOUCHES;
        Place other = places[index];
        Vector offset = offset_from(place.at, other, scales.metre_per_quantum);
        float reach = place.radius + other.radius;
        float squared = (offset.x * offset.x + offset.y * offset.y) + offset.z * offset.z;
        if (!(squared < reach * reach)) {
            if ((slot.other & TOUCHES) != 0u) {
                slots[k] = {index, {0.0f, 0.0f, 0.0f}};
                if (parameters.rolling != 0u) rolls[k] = {0.0f, 0.0f, 0.0f, 0.0f};
            }
            continue;
        }
        Four other_velocity = velocities[index], other_spin = spins[index];
        float distance = sqrtf(squared);
        Touch touch;
        touch.normal = scale(offset, 1.0f / distance);
        touch.overlap = reach - distance;
        touch.radius = (place.radius * other.radius) / reach;
        touch.mass = (velocity.w * other_velocity.w) / (velocity.w + other_velocity.w);
        Vector surface = {spin.x * place.radius + other_spin.x * other.radius, spin.y * place.radius + other_spin.y * other.radius,
                          spin.z * place.radius + other_spin.z * other.radius};
        Vector apart = {velocity.x - other_velocity.x, velocity.y - other_velocity.y, velocity.z - other_velocity.z};
        touch.velocity = add(apart, cross(touch.normal, surface));
        touch.spin = {spin.x - other_spin.x, spin.y - other_spin.y, spin.z - other_spin.z};
        touch.shear = {slot.shear[0], slot.shear[1], slot.shear[2]};
        touch.roll = {0.0f, 0.0f, 0.0f};
        if (parameters.rolling != 0u) {
            Four roll = rolls[k];
            touch.roll = {roll.x, roll.y, roll.z};
        }
        PairConstants pair = constants[__float_as_uint(spin.w) * parameters.material_count + __float_as_uint(other_spin.w)];
        Response response = respond(touch, pair, parameters);
        Vector force = scale(add(scale(touch.normal, response.push), response.tangent), scales.linear_quanta);
        Vector twist = cross(response.tangent, touch.normal);
        push(line, force, scale(add(scale(twist, place.radius), response.moment), scales.angular_quanta));
        slots[k] = {index | TOUCHES, {response.shear.x, response.shear.y, response.shear.z}};
        if (parameters.rolling != 0u) rolls[k] = {response.roll.x, response.roll.y, response.roll.z, 0.0f};
    }
}

__device__ __forceinline__ void motion(const Line& line, float mass, float radius, const Scales& scales, float* velocity, float* spin) {
    float by_mass = scales.momentum_per_quantum / mass;
    float by_inertia = scales.spin_per_quantum / ((0.4f * mass) * (radius * radius));
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        velocity[axis] = to_float(line.momentum[axis]) * by_mass;
        spin[axis] = to_float(line.spin[axis]) * by_inertia;
    }
}

// Gravity, the new velocity, the way with it; what is wrong with it.
__device__ __forceinline__ unsigned int advance(Line& line, Place& place, const Place& anchor, float mass, float* velocity, float* spin,
                                                const StepParameters& parameters) {
    const Scales& scales = parameters.scales;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) line.momentum[axis] += to_fixed(mass * scales.gravity_quanta[axis]);
    motion(line, mass, place.radius, scales, velocity, spin);
    bool fine = true;
    float from_anchor[3];
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        float way = velocity[axis] * scales.quanta_per_step;
        fine = fine && (way < 0.0f ? -way : way) <= scales.largest_way;
        fine = fine && IS_BELOW_LARGEST(line.momentum[axis]);
        fine = fine && IS_BELOW_LARGEST(line.spin[axis]);
        unsigned int at = (unsigned int)place.at[axis] + (unsigned int)to_fixed_32(fine ? way : 0.0f);
        place.at[axis] = (int)at;
        fine = fine && ((int)at < 0 ? 0u - at : at) < scales.bounds[axis];
        unsigned int drifted = (unsigned int)anchor.at[axis] + (unsigned int)parameters.drift[axis];
        from_anchor[axis] = (float)(int)(at - drifted) * scales.metre_per_quantum;
    }
    float slack = anchor.radius - place.radius;
    float squared = (from_anchor[0] * from_anchor[0] + from_anchor[1] * from_anchor[1]) + from_anchor[2] * from_anchor[2];
    return (fine ? 0u : LOST) | (squared > slack * slack ? STALE : 0u);
}

__device__ __forceinline__ Vector nearest_of_triangle(Vector a, Vector b, Vector c, Vector normal) {
    Vector ab = sub(b, a), ac = sub(c, a);
    float d1 = -dot(ab, a), d2 = -dot(ac, a);
    if (d1 <= 0.0f && d2 <= 0.0f) return a;
    float d3 = -dot(ab, b), d4 = -dot(ac, b);
    if (d3 >= 0.0f && d4 <= d3) return b;
    if (d1 * d4 - d3 * d2 <= 0.0f && d1 >= 0.0f && d3 <= 0.0f) return add(a, scale(ab, d1 / (d1 - d3)));
    float d5 = -dot(ab, c), d6 = -dot(ac, c);
    if (d6 >= 0.0f && d5 <= d6) return c;
    if (d5 * d2 - d1 * d6 <= 0.0f && d2 >= 0.0f && d6 <= 0.0f) return add(a, scale(ac, d2 / (d2 - d6)));
    float towards_c = d4 - d3, towards_b = d5 - d6;
    if (d3 * d6 - d5 * d4 <= 0.0f && towards_c >= 0.0f && towards_b >= 0.0f) {
        return add(b, scale(sub(c, b), towards_c / (towards_c + towards_b)));
    }
    return scale(normal, dot(a, normal));
}

__device__ __forceinline__ Nearest nearest(const PlacedFacet& facet, const Place& place, float metre_per_quantum) {
    Vector normal = {facet.normal[0], facet.normal[1], facet.normal[2]};
    Vector a = offset_from(facet.corners, place, metre_per_quantum);
    if (facet.plane != 0u) return {normal, -dot(a, normal)};
    Vector b = offset_from(facet.corners + 3, place, metre_per_quantum);
    Vector c = offset_from(facet.corners + 6, place, metre_per_quantum);
    Vector point = nearest_of_triangle(a, b, c, normal);
    float distance = sqrtf(dot(point, point));
    return {scale(point, -1.0f / distance), distance};
}

__device__ __forceinline__ bool yields(Slot judged, Four touch, Slot other, Four other_touch, const PlacedFacet* __restrict__ facets) {
    unsigned int facet = judged.other & INDEX, other_facet = other.other & INDEX;
    Vector normal = {touch.x, touch.y, touch.z}, other_normal = {other_touch.x, other_touch.y, other_touch.z};
    return facets[facet].wall == facets[other_facet].wall && dot(normal, other_normal) > ONE_CONTACT_COSINE &&
           (other_touch.w < touch.w || (other_touch.w == touch.w && other_facet < facet));
}

// Marks, of touches of one wall in nearly the same direction, the deepest.
__device__ __forceinline__ void keep_deepest(Span row, const PlacedFacet* __restrict__ facets, Slot* slots, const Four* touches,
                                             unsigned int first) {
    for (unsigned int k = row.from; k < row.to; ++k) {
        Slot judged = slots[k];
        if ((judged.other & TOUCHES_NOW) == 0u) continue;
        Four touch = touches[k - first];
        bool deepest = true;
        for (unsigned int l = row.from; l < row.to; ++l) {
            Slot other = slots[l];
            if ((other.other & TOUCHES_NOW) != 0u && yields(judged, touch, other, touches[l - first], facets)) deepest = false;
        }
        if (deepest) slots[k].other = judged.other | IS_DEEPEST;
    }
}

// A contact that moves on to another facet of its wall takes its history along.
__device__ __forceinline__ void hand_over(Span row, const PlacedFacet* __restrict__ facets, Slot* slots, Four* rolls,
                                          unsigned int rolling) {
    for (unsigned int k = row.from; k < row.to; ++k) {
        unsigned int own = slots[k].other;
        if ((own & IS_DEEPEST) == 0u || (own & TOUCHES) != 0u) continue;
        unsigned int wall = facets[own & INDEX].wall;
        slots[k].other = own | TOUCHES;
        for (unsigned int l = row.from; l < row.to; ++l) {
            Slot left = slots[l];
            if ((left.other & TOUCHES) == 0u || (left.other & IS_DEEPEST) != 0u || facets[left.other & INDEX].wall != wall) continue;
            slots[k] = {own | TOUCHES, {left.shear[0], left.shear[1], left.shear[2]}};
            slots[l] = {left.other & ~TOUCHES, {0.0f, 0.0f, 0.0f}};
            if (rolling != 0u) {
                rolls[k] = rolls[l];
                rolls[l] = {0.0f, 0.0f, 0.0f, 0.0f};
            }
            break;
        }
    }
}

__device__ __forceinline__ void push_wall(Line& line, const Place& place, Four velocity, Four spin, unsigned int k, Four touching,
                                          const PlacedFacet* __restrict__ facets, const MovingWall* __restrict__ walls,
                                          const PairConstants* __restrict__ constants, Slot* slots, Four* rolls,
                                          unsigned long long* impulses, const StepParameters& parameters) {
    const Scales& scales = parameters.scales;
    Slot slot = slots[k];
    unsigned int facet = slot.other & INDEX, index = facets[facet].wall;
    MovingWall wall = walls[index];
    Place pivot = {{wall.pivot[0], wall.pivot[1], wall.pivot[2]}, 0.0f};
    Vector normal = {touching.x, touching.y, touching.z}, turning = {spin.x, spin.y, spin.z};
    Vector wall_turning = {wall.angular_velocity[0], wall.angular_velocity[1], wall.angular_velocity[2]};
    Vector centre = offset_from(place.at, pivot, scales.metre_per_quantum);
    Vector lever = sub(centre, scale(normal, touching.w));
    Vector of_wall = add({wall.velocity[0], wall.velocity[1], wall.velocity[2]}, cross(wall_turning, lever));
    Vector of_centre = sub({velocity.x, velocity.y, velocity.z}, of_wall);
    Touch touch;
    touch.normal = normal;
    touch.overlap = place.radius - touching.w;
    touch.radius = place.radius;
    touch.mass = velocity.w;
    touch.velocity = add(of_centre, cross(normal, scale(turning, place.radius)));
    touch.spin = sub(turning, wall_turning);
    touch.shear = {slot.shear[0], slot.shear[1], slot.shear[2]};
    touch.roll = {0.0f, 0.0f, 0.0f};
    if (parameters.rolling != 0u) {
        Four roll = rolls[k];
        touch.roll = {roll.x, roll.y, roll.z};
    }
    PairConstants pair = constants[__float_as_uint(spin.w) * parameters.material_count + wall.material];
    Response response = respond(touch, pair, parameters);
    Vector force = add(scale(normal, response.push), response.tangent);
    Vector linear = scale(force, scales.linear_quanta);
    Vector twist = add(scale(cross(response.tangent, normal), place.radius), response.moment);
    push(line, linear, scale(twist, scales.angular_quanta));
    Vector on_wall = scale(sub(cross(force, lever), response.moment), scales.angular_quanta);
    unsigned long long* sums = impulses + 6u * (index * IMPULSE_COPIES + blockIdx.x % IMPULSE_COPIES);
    atomicAdd(sums, 0ull - (unsigned long long)to_fixed(linear.x));
    atomicAdd(sums + 1, 0ull - (unsigned long long)to_fixed(linear.y));
    atomicAdd(sums + 2, 0ull - (unsigned long long)to_fixed(linear.z));
    atomicAdd(sums + 3, (unsigned long long)to_fixed(on_wall.x));
    atomicAdd(sums + 4, (unsigned long long)to_fixed(on_wall.y));
    atomicAdd(sums + 5, (unsigned long long)to_fixed(on_wall.z));
    slots[k] = {facet | TOUCHES, {response.shear.x, response.shear.y, response.shear.z}};
    if (parameters.rolling != 0u) rolls[k] = {response.roll.x, response.roll.y, response.roll.z, 0.0f};
}

// Where a facet touches is kept in `touches` (normal, distance) and in two marks of the slot, which are gone at the end.
__device__ __forceinline__ bool find_touches(const Place& place, Span row, const PlacedFacet* __restrict__ facets, Slot* slots,
                                             Four* touches, unsigned int first, float metre_per_quantum) {
    bool any = false;
    for (unsigned int k = row.from; k < row.to; ++k) {
        unsigned int own = slots[k].other;
        Nearest found = nearest(facets[own & INDEX], place, metre_per_quantum);
        bool now = found.distance < place.radius;
        if (now) {
            touches[k - first] = {found.normal.x, found.normal.y, found.normal.z, found.distance};
            slots[k].other = own | TOUCHES_NOW;
        }
        any = any || now || (own & TOUCHES) != 0u;
    }
    return any;
}

__device__ __forceinline__ unsigned int cell_on(const GridAxis& axis, float cell_per_quantum, long long at) {
    long long from = at - axis.low;
    unsigned int cell = (unsigned int)((float)(from > 0 ? from : 0) * cell_per_quantum);
    return cell < axis.cells - 1u ? cell : axis.cells - 1u;
}

__device__ __forceinline__ unsigned int cell_of(const GridLayout& grid, const Place& place) {
    unsigned int fast = cell_on(grid.fast, grid.cell_per_quantum, ON_AXIS(place, grid.fast));
    unsigned int middle = cell_on(grid.middle, grid.cell_per_quantum, ON_AXIS(place, grid.middle));
    unsigned int slow = cell_on(grid.slow, grid.cell_per_quantum, ON_AXIS(place, grid.slow));
    return (slow * grid.middle.cells + middle) * grid.fast.cells + fast;
}

__device__ __forceinline__ Span span(const GridLayout& grid, const Place& anchor, const GridAxis& axis) {
    float wide = (2.0001f * anchor.radius) / grid.metre_per_quantum;
    long long reach = wide < 1e9f ? (long long)wide + 2 : 1ll << 40;
    long long at = ON_AXIS(anchor, axis);
    return {cell_on(axis, grid.cell_per_quantum, at - reach), cell_on(axis, grid.cell_per_quantum, at + reach)};
}

__device__ __forceinline__ bool is_one_clump(const Line& one, const Line& other) {
    return (one.material & other.material & CLUMPED) != 0ull && one.id - WHICH(one) == other.id - WHICH(other);
}

// Counts, or writes, each pair that can touch in the rows of both; it is found by whoever of the two reaches further.
template <bool WRITE>
__device__ __forceinline__ void find_touchable(unsigned int particle, const Place* __restrict__ anchors, const Line* __restrict__ lines,
                                               const unsigned int* __restrict__ cell_starts, const unsigned int* row_starts,
                                               unsigned int* counts, Slot* slots, const RowParameters& parameters) {
    const GridLayout& grid = parameters.grid;
    Place anchor = anchors[particle];
    Span fast = span(grid, anchor, grid.fast), middle = span(grid, anchor, grid.middle), slow = span(grid, anchor, grid.slow);
    for (unsigned int c = slow.from; c <= slow.to; ++c) {
        for (unsigned int b = middle.from; b <= middle.to; ++b) {
            unsigned int row = (c * grid.middle.cells + b) * grid.fast.cells;
            unsigned int to = cell_starts[row + fast.to + 1u];
            for (unsigned int index = cell_starts[row + fast.from]; index < to; ++index) {
                Place other = anchors[index];
                bool finds = other.radius < anchor.radius || (other.radius == anchor.radius && index > particle);
                float reach = (anchor.radius + other.radius) * SPARE;
                if (!finds || !(squared_distance(anchor, other, grid.metre_per_quantum) < reach * reach)) continue;
                if (parameters.clumped != 0u && is_one_clump(lines[particle], lines[index])) continue;
                if (WRITE) {
                    slots[row_starts[particle] + atomicSub(&counts[particle], 1u) - 1u] = {index, {0.0f, 0.0f, 0.0f}};
                    slots[row_starts[index] + atomicSub(&counts[index], 1u) - 1u] = {particle, {0.0f, 0.0f, 0.0f}};
                } else {
                    atomicAdd(&counts[particle], 1u);
                    atomicAdd(&counts[index], 1u);
                }
            }
        }
    }
}

__device__ __forceinline__ bool box_is_within(const PlacedFacet& facet, const Place& place, float reach, float metre_per_quantum) {
    bool within = true;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        int a = facet.corners[axis], b = facet.corners[axis + 3], c = facet.corners[axis + 6];
        int low = a < b ? a : b, high = a > b ? a : b;
        low = low < c ? low : c;
        high = high > c ? high : c;
        within = within && (float)((long long)low - place.at[axis]) * metre_per_quantum <= reach &&
                 (float)((long long)high - place.at[axis]) * metre_per_quantum >= -reach;
    }
    return within;
}

// Facets near a place, ascending: planes and triangles are merged. Counts them, and writes them to a row.
template <bool WRITE>
__device__ __forceinline__ unsigned int near(const Place& place, const PlacedFacet* __restrict__ facets,
                                             const unsigned int* __restrict__ planes, const unsigned int* __restrict__ starts,
                                             const unsigned int* __restrict__ triangles, Slot* row, const FacetParameters& parameters) {
    float reach = place.radius * SPARE + parameters.slack;
    unsigned int cell = 0u;
    bool inside = true;
#pragma unroll
    for (int axis = 2; axis >= 0; --axis) {
        long long at = (long long)place.at[axis] - parameters.low[axis];
        inside = inside && parameters.cells[axis] != 0u && at >= 0 && at / parameters.cell < (long long)parameters.cells[axis];
        cell = cell * parameters.cells[axis] + (inside ? (unsigned int)(at / parameters.cell) : 0u);
    }
    unsigned int plane = 0u, triangle = inside ? starts[cell] : 0u, end = inside ? starts[cell + 1u] : 0u, found = 0u;
    while (plane < parameters.plane_count || triangle < end) {
        unsigned int a = plane < parameters.plane_count ? planes[plane] : NOBODY;
        unsigned int b = triangle < end ? triangles[triangle] : NOBODY;
        unsigned int index = a < b ? a : b;
        plane += a < b ? 1u : 0u;
        triangle += a < b ? 0u : 1u;
        PlacedFacet facet = facets[index];
        if (facet.plane == 0u && !box_is_within(facet, place, reach, parameters.metre_per_quantum)) continue;
        if (!(nearest(facet, place, parameters.metre_per_quantum).distance < reach)) continue;
        if (WRITE) row[found] = {index, {0.0f, 0.0f, 0.0f}};
        found += 1u;
    }
    return found;
}

// The slot of an old row that holds a contact with `other`; NOBODY where there is none.
__device__ __forceinline__ unsigned int history_of(Span row, unsigned int other, const Slot* __restrict__ slots) {
    for (unsigned int k = row.from; k < row.to; ++k) {
        if (slots[k].other == (other | TOUCHES)) return k;
    }
    return NOBODY;
}

__device__ __forceinline__ float slack_of(Four velocity, const SortParameters& parameters) {
    float x = velocity.x - parameters.drift[0], y = velocity.y - parameters.drift[1], z = velocity.z - parameters.drift[2];
    float slack = parameters.resting_slack + sqrtf((x * x + y * y) + z * z) * parameters.ahead;
    return slack < parameters.largest ? slack : parameters.largest;
}

// Directions that turn with a body, as rows of the matrix that turns vectors.
__device__ __forceinline__ Axes axes_of(const float* rotation) {
    float x = rotation[0], y = rotation[1], z = rotation[2], w = rotation[3];
    float twice = 2.0f / (((x * x + y * y) + z * z) + w * w);
    return {{1.0f - twice * (y * y + z * z), twice * (x * y - z * w), twice * (x * z + y * w)},
            {twice * (x * y + z * w), 1.0f - twice * (x * x + z * z), twice * (y * z - x * w)},
            {twice * (x * z - y * w), twice * (y * z + x * w), 1.0f - twice * (x * x + y * y)}};
}

__device__ __forceinline__ Vector turned(const Axes& axes, Vector vector) {
    return {dot(axes.x, vector), dot(axes.y, vector), dot(axes.z, vector)};
}

__device__ __forceinline__ Vector turned_back(const Axes& axes, Vector vector) {
    return {(axes.x.x * vector.x + axes.y.x * vector.y) + axes.z.x * vector.z,
            (axes.x.y * vector.x + axes.y.y * vector.y) + axes.z.y * vector.z,
            (axes.x.z * vector.x + axes.y.z * vector.y) + axes.z.z * vector.z};
}

__device__ __forceinline__ Vector velocity_of(const long long* momentum, float mass, const Scales& scales) {
    float by_mass = scales.momentum_per_quantum / mass;
    return {to_float(momentum[0]) * by_mass, to_float(momentum[1]) * by_mass, to_float(momentum[2]) * by_mass};
}

__device__ __forceinline__ Vector turning_of(const long long* spin, const float* inertia, const Axes& axes, const Scales& scales) {
    float by = scales.spin_per_quantum;
    Vector own = turned_back(axes, {to_float(spin[0]) * by, to_float(spin[1]) * by, to_float(spin[2]) * by});
    return turned(axes, {own.x / inertia[0], own.y / inertia[1], own.z / inertia[2]});
}

// How a quaternion changes, twice.
__device__ __forceinline__ Four rates_of(Vector turning, const float* rotation) {
    float a = turning.x, b = turning.y, c = turning.z;
    float x = rotation[0], y = rotation[1], z = rotation[2], w = rotation[3];
    return {(a * w + b * z) - c * y, (b * w + c * x) - a * z, (c * w + a * y) - b * x, -((a * x + b * y) + c * z)};
}

__device__ __forceinline__ Moving motion_of(const Body& body, const Scales& scales) {
    Vector carried = {body.carried[0], body.carried[1], body.carried[2]};
    Vector carried_turning = {body.carried_turning[0], body.carried_turning[1], body.carried_turning[2]};
    Vector turning = turning_of(body.spin, body.inertia, axes_of(body.rotation), scales);
    return {add(carried, velocity_of(body.momentum, body.mass, scales)), add(carried_turning, turning)};
}

// Semi-implicit Euler, as for particles. `sums`: what its wall has got by now. What is wrong after it.
__device__ __forceinline__ unsigned int move_body(Body& body, const long long* sums, const Scales& scales) {
    bool fine = true;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        long long weight = body.falls != 0u ? to_fixed(body.mass * scales.gravity_quanta[axis]) : 0;
        body.momentum[axis] += (sums[axis] - body.felt[axis]) + weight;
        body.spin[axis] += sums[axis + 3] - body.felt[axis + 3];
        fine = fine && IS_BELOW_LARGEST(body.momentum[axis]);
        fine = fine && IS_BELOW_LARGEST(body.spin[axis]);
        body.felt[axis] = sums[axis];
        body.felt[axis + 3] = sums[axis + 3];
    }
    Moving moving = motion_of(body, scales);
    float speed = sqrtf(dot(moving.velocity, moving.velocity)) + sqrtf(dot(moving.turning, moving.turning)) * body.reach;
    fine = fine && speed * scales.quanta_per_step <= scales.largest_way;
    float velocity[3] = {moving.velocity.x, moving.velocity.y, moving.velocity.z};
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        float way = velocity[axis] * scales.quanta_per_step + body.rest[axis];
        int whole = to_fixed_32(fine ? way : 0.0f);
        body.rest[axis] = way - (float)whole;
        unsigned int at = (unsigned int)body.at[axis] + (unsigned int)whole;
        body.at[axis] = (int)at;
        fine = fine && ((int)at < 0 ? 0u - at : at) < scales.bounds[axis];
    }
    float half = 0.5f * scales.dt;
    Four rates = rates_of(moving.turning, body.rotation);
    float changes[4] = {rates.x, rates.y, rates.z, rates.w};
#pragma unroll
    for (int part = 0; part < 4; ++part) {
        float change = changes[part] * half + body.rotation_rest[part];
        float next = body.rotation[part] + change;
        body.rotation_rest[part] = change - (next - body.rotation[part]);
        body.rotation[part] = next;
    }
    body.moved += (speed * scales.dt) * SPARE_WAY;
    body.lost |= fine ? 0u : 1u;
    return (body.lost != 0u ? LOST : 0u) | (body.moved > body.slack ? STALE : 0u);
}

// What a step did to a sphere, at its clump.
__device__ __forceinline__ bool gather(RigidClump& clump, const Line& line, const ClumpSphere& sphere, const Axes& axes,
                                       const Scales& scales) {
    Vector lever = turned(axes, {sphere.offset[0], sphere.offset[1], sphere.offset[2]});
    Vector twist = cross(lever, {to_float(line.momentum[0]), to_float(line.momentum[1]), to_float(line.momentum[2])});
    twist = scale(twist, scales.momentum_per_quantum / scales.spin_per_quantum);
    float twists[3] = {twist.x, twist.y, twist.z};
    bool fine = true;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        clump.momentum[axis] += line.momentum[axis];
        clump.spin[axis] += line.spin[axis] + to_fixed(twists[axis]);
        fine = fine && IS_BELOW_LARGEST(line.momentum[axis]);
    }
    return fine;
}

// One step: momentum, the way with it, and turning by the midpoint rule.
__device__ __forceinline__ void move_clump(RigidClump& clump, bool gathered, const Scales& scales) {
    bool fine = gathered;
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        clump.momentum[axis] += to_fixed(clump.mass * scales.gravity_quanta[axis]);
        fine = fine && IS_BELOW_LARGEST(clump.momentum[axis]);
        fine = fine && IS_BELOW_LARGEST(clump.spin[axis]);
    }
    float half = 0.5f * scales.dt;
    Four rates = rates_of(turning_of(clump.spin, clump.inertia, axes_of(clump.rotation), scales), clump.rotation);
    float middle[4] = {clump.rotation[0] + rates.x * (0.5f * half), clump.rotation[1] + rates.y * (0.5f * half),
                       clump.rotation[2] + rates.z * (0.5f * half), clump.rotation[3] + rates.w * (0.5f * half)};
    Vector turning = turning_of(clump.spin, clump.inertia, axes_of(middle), scales);
    rates = rates_of(turning, middle);
    Vector velocity = velocity_of(clump.momentum, clump.mass, scales);
    float speed = sqrtf(dot(velocity, velocity)) + sqrtf(dot(turning, turning)) * clump.reach;
    fine = fine && speed * scales.quanta_per_step <= scales.largest_way;
    bool inside = true;
    float along[3] = {velocity.x, velocity.y, velocity.z};
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        float way = along[axis] * scales.quanta_per_step + clump.rest[axis];
        int whole = to_fixed_32(fine ? way : 0.0f);
        clump.rest[axis] = way - (float)whole;
        unsigned int at = (unsigned int)clump.at[axis] + (unsigned int)whole;
        clump.at[axis] = (int)at;
        inside = inside && ((int)at < 0 ? 0u - at : at) < scales.bounds[axis];
    }
    float changes[4] = {rates.x, rates.y, rates.z, rates.w};
#pragma unroll
    for (int part = 0; part < 4; ++part) {
        float change = changes[part] * half + clump.rotation_rest[part];
        float next = clump.rotation[part] + change;
        clump.rotation_rest[part] = change - (next - clump.rotation[part]);
        clump.rotation[part] = next;
    }
    clump.lost |= !fine ? TOO_FAST : !inside ? OUTSIDE : 0u;
}

// A corner where it is now.
__device__ __forceinline__ Corner corner_of(const Axes& axes, const int* at, Vector corner, float metre_per_quantum) {
    Vector away = turned(axes, corner);
    float by = 1.0f / metre_per_quantum;
    return {{(int)((unsigned int)at[0] + (unsigned int)to_fixed_32(away.x * by)),
             (int)((unsigned int)at[1] + (unsigned int)to_fixed_32(away.y * by)),
             (int)((unsigned int)at[2] + (unsigned int)to_fixed_32(away.z * by))}};
}

extern "C" __global__ void push_walls(const Place* __restrict__ places, const Four* __restrict__ velocities,
                                      const Four* __restrict__ spins, const PairConstants* __restrict__ constants,
                                      const PlacedFacet* __restrict__ facets, const MovingWall* __restrict__ walls,
                                      const unsigned int* __restrict__ row_starts, const unsigned int* __restrict__ flags, Slot* slots,
                                      Four* rolls, Four* touches, Line* lines, unsigned long long* impulses, StepParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count || flags[parameters.step] != 0u) return;
    Span row = {row_starts[parameters.count + i], row_starts[parameters.count + i + 1u]};
    if (row.from == row.to) return;
    Place place = places[i];
    unsigned int first = row_starts[parameters.count];
    if (!find_touches(place, row, facets, slots, touches, first, parameters.scales.metre_per_quantum)) return;
    keep_deepest(row, facets, slots, touches, first);
    hand_over(row, facets, slots, rolls, parameters.rolling);
    Four velocity = velocities[i], spin = spins[i];
    Line line = lines[i];
    for (unsigned int k = row.from; k < row.to; ++k) {
        unsigned int own = slots[k].other;
        if ((own & IS_DEEPEST) != 0u) {
            push_wall(line, place, velocity, spin, k, touches[k - first], facets, walls, constants, slots, rolls, impulses, parameters);
        } else if ((own & (TOUCHES | TOUCHES_NOW)) != 0u) {
            slots[k] = {own & INDEX, {0.0f, 0.0f, 0.0f}};
            if (parameters.rolling != 0u) rolls[k] = {0.0f, 0.0f, 0.0f, 0.0f};
        }
    }
    lines[i] = line;
}

extern "C" __global__ void step_particles(const Place* __restrict__ places, const Four* __restrict__ velocities,
                                          const Four* __restrict__ spins, const PairConstants* __restrict__ constants,
                                          const Place* __restrict__ anchors, const unsigned int* __restrict__ row_starts, Slot* slots,
                                          Four* rolls, Line* lines, Place* next_places, Four* next_velocities, Four* next_spins,
                                          unsigned int* flags, StepParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    if (flags[parameters.step] != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    Place place = places[i];
    Four velocity = velocities[i], spin = spins[i];
    Line line = lines[i];
    Span row = {row_starts[i], row_starts[i + 1u]};
    push_pairs(line, place, velocity, spin, row, places, velocities, spins, constants, slots, rolls, parameters);
    // What was done to a sphere of a clump is for the clump.
    if ((line.material & CLUMPED) != 0ull) {
        lines[i] = line;
        return;
    }
    float new_velocity[3], new_spin[3];
    unsigned int faults = advance(line, place, anchors[i], velocity.w, new_velocity, new_spin, parameters);
    lines[i] = line;
    next_places[i] = place;
    next_velocities[i] = {new_velocity[0], new_velocity[1], new_velocity[2], velocity.w};
    next_spins[i] = {new_spin[0], new_spin[1], new_spin[2], spin.w};
    if (faults != 0u) atomicOr(&flags[parameters.step + 1u], faults);
}

extern "C" __global__ void survey_motion(const Place* __restrict__ places, const Four* __restrict__ velocities, Survey* survey,
                                         SurveyParameters parameters) {
    Survey own = {{0, 0, 0}, 0, {0x7fffffff, 0x7fffffff, 0x7fffffff}, {-0x7fffffff - 1, -0x7fffffff - 1, -0x7fffffff - 1}, {0u, 0u}};
    for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < parameters.count; i += gridDim.x * blockDim.x) {
        Place place = places[i];
        Four velocity = velocities[i];
        float parts[3] = {velocity.x, velocity.y, velocity.z};
#pragma unroll
        for (int axis = 0; axis < 3; ++axis) {
            own.velocity[axis] += to_fixed(parts[axis] * PER_SPEED);
            own.low[axis] = place.at[axis] < own.low[axis] ? place.at[axis] : own.low[axis];
            own.high[axis] = place.at[axis] > own.high[axis] ? place.at[axis] : own.high[axis];
        }
        own.square += to_fixed(((parts[0] * parts[0] + parts[1] * parts[1]) + parts[2] * parts[2]) * PER_SPEED);
    }
#pragma unroll
    for (int axis = 0; axis < 3; ++axis) {
        atomicAdd((unsigned long long*)&survey->velocity[axis], (unsigned long long)own.velocity[axis]);
        atomicMin(&survey->low[axis], own.low[axis]);
        atomicMax(&survey->high[axis], own.high[axis]);
    }
    atomicAdd((unsigned long long*)&survey->square, (unsigned long long)own.square);
}

extern "C" __global__ void count_cells(const Place* __restrict__ places, const unsigned int* __restrict__ leavers, unsigned int* cells,
                                       unsigned int* ranks, unsigned int* cell_counts, SortParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    bool leaves = parameters.leavers != 0u && (leavers[i >> 5] >> (i & 31u) & 1u) != 0u;
    unsigned int cell = leaves ? parameters.last_cell : cell_of(parameters.grid, places[i]);
    cells[i] = cell;
    ranks[i] = atomicAdd(&cell_counts[cell], 1u);
}

extern "C" __global__ void sort_particles(const unsigned int* __restrict__ cells, const unsigned int* __restrict__ ranks,
                                          const unsigned int* __restrict__ cell_starts, const Line* __restrict__ lines,
                                          const Place* __restrict__ places, const Four* __restrict__ velocities,
                                          const Four* __restrict__ spins, Line* next_lines, Place* next_places, Four* next_velocities,
                                          Four* next_spins, Place* anchors, unsigned int* order, unsigned int* members,
                                          SortParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    unsigned int to = cell_starts[cells[i]] + ranks[i];
    Place place = places[i];
    Four velocity = velocities[i];
    Line line = lines[i];
    next_lines[to] = line;
    if ((line.material & CLUMPED) != 0ull) members[SLOT(line)] = to;
    next_places[to] = place;
    next_velocities[to] = velocity;
    next_spins[to] = spins[i];
    place.radius += slack_of(velocity, parameters);
    anchors[to] = place;
    order[to] = i;
}

extern "C" __global__ void count_pairs(const Place* __restrict__ anchors, const Line* __restrict__ lines,
                                       const unsigned int* __restrict__ cell_starts, unsigned int* counts, RowParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    find_touchable<false>(i, anchors, lines, cell_starts, nullptr, counts, nullptr, parameters);
}

extern "C" __global__ void count_facets(const Place* __restrict__ anchors, const PlacedFacet* __restrict__ facets,
                                        const unsigned int* __restrict__ planes, const unsigned int* __restrict__ facet_starts,
                                        const unsigned int* __restrict__ triangles, unsigned int* counts, FacetParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    counts[parameters.count + i] = near<false>(anchors[i], facets, planes, facet_starts, triangles, nullptr, parameters);
}

extern "C" __global__ void write_pairs(const Place* __restrict__ anchors, const Line* __restrict__ lines,
                                       const unsigned int* __restrict__ cell_starts, const unsigned int* __restrict__ row_starts,
                                       unsigned int* counts, Slot* slots, RowParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    find_touchable<true>(i, anchors, lines, cell_starts, row_starts, counts, slots, parameters);
}

extern "C" __global__ void write_facets(const Place* __restrict__ anchors, const PlacedFacet* __restrict__ facets,
                                        const unsigned int* __restrict__ planes, const unsigned int* __restrict__ facet_starts,
                                        const unsigned int* __restrict__ triangles, const unsigned int* __restrict__ row_starts,
                                        Slot* slots, FacetParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    near<true>(anchors[i], facets, planes, facet_starts, triangles, slots + row_starts[parameters.count + i], parameters);
}

extern "C" __global__ void inherit_histories(const unsigned int* __restrict__ order, const unsigned int* __restrict__ row_starts,
                                             const unsigned int* __restrict__ old_row_starts, const Slot* __restrict__ old_slots,
                                             const Four* __restrict__ old_rolls, Slot* slots, Four* rolls, HistoryParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= 2u * parameters.count) return;
    bool of_walls = i >= parameters.count;
    unsigned int old = order[of_walls ? i - parameters.count : i];
    Span old_row = {0u, 0u};
    if (old < parameters.old_count) {
        unsigned int at = of_walls ? parameters.old_count + old : old;
        old_row = {old_row_starts[at], old_row_starts[at + 1u]};
    }
    unsigned int end = row_starts[i + 1u];
    for (unsigned int k = row_starts[i]; k < end; ++k) {
        unsigned int other = slots[k].other;
        unsigned int found = history_of(old_row, of_walls ? other : order[other], old_slots);
        if (found != NOBODY) slots[k] = {other | TOUCHES, {old_slots[found].shear[0], old_slots[found].shear[1], old_slots[found].shear[2]}};
        if (parameters.rolling == 0u) continue;
        Four roll = {0.0f, 0.0f, 0.0f, 0.0f};
        if (found != NOBODY) roll = old_rolls[found];
        rolls[k] = roll;
    }
}

extern "C" __global__ void move_bodies(const Body* __restrict__ bodies, const BodyFacet* __restrict__ body_facets,
                                       const long long* __restrict__ impulses, unsigned int* flags, Body* next_bodies,
                                       PlacedFacet* facets, MovingWall* walls, StepParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    if (flags[parameters.step] != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    BodyFacet own = body_facets[i];
    Body body = bodies[own.body];
    const long long* copies = impulses + 6u * IMPULSE_COPIES * body.wall;
    long long sums[6] = {0, 0, 0, 0, 0, 0};
    for (unsigned int copy = 0u; copy < IMPULSE_COPIES; ++copy) {
#pragma unroll
        for (int part = 0; part < 6; ++part) sums[part] += copies[6u * copy + part];
    }
    unsigned int faults = move_body(body, sums, parameters.scales);
    Axes axes = axes_of(body.rotation);
#pragma unroll
    for (int corner = 0; corner < 3; ++corner) {
        Vector local = {own.corners[3 * corner], own.corners[3 * corner + 1], own.corners[3 * corner + 2]};
        Corner placed = corner_of(axes, body.at, local, parameters.scales.metre_per_quantum);
#pragma unroll
        for (int axis = 0; axis < 3; ++axis) facets[own.facet].corners[3 * corner + axis] = placed.at[axis];
    }
    Vector normal = turned(axes, {own.normal[0], own.normal[1], own.normal[2]});
    facets[own.facet].normal[0] = normal.x;
    facets[own.facet].normal[1] = normal.y;
    facets[own.facet].normal[2] = normal.z;
    if (own.is_first == 0u) return;
    Moving moving = motion_of(body, parameters.scales);
    walls[body.wall] = {{moving.velocity.x, moving.velocity.y, moving.velocity.z}, walls[body.wall].material,
                        {moving.turning.x, moving.turning.y, moving.turning.z}, 0u,
                        {body.at[0], body.at[1], body.at[2]}, 0u};
    next_bodies[own.body] = body;
    if (faults != 0u) atomicOr(&flags[parameters.step + 1u], faults);
}

extern "C" __global__ void move_clumps(const ClumpSphere* __restrict__ clump_spheres, const unsigned int* __restrict__ members,
                                       const Place* __restrict__ anchors, RigidClump* clumps, Line* lines, Place* next_places,
                                       Four* next_velocities, Four* next_spins, unsigned int* flags, StepParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.count) return;
    if (flags[parameters.step] != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    const Scales& scales = parameters.scales;
    RigidClump clump = clumps[i];
    Axes axes = axes_of(clump.rotation);
    bool fine = true;
    for (unsigned int slot = clump.first; slot < clump.first + clump.count; ++slot) {
        Line line = lines[members[slot]];
        fine = gather(clump, line, clump_spheres[slot], axes, scales) && fine;
    }
    move_clump(clump, fine, scales);
    unsigned int faults = clump.lost != 0u ? LOST : 0u;
    axes = axes_of(clump.rotation);
    Vector velocity = velocity_of(clump.momentum, clump.mass, scales), turning = turning_of(clump.spin, clump.inertia, axes, scales);
    float by = 1.0f / scales.metre_per_quantum;
    for (unsigned int slot = clump.first; slot < clump.first + clump.count; ++slot) {
        unsigned int index = members[slot];
        ClumpSphere sphere = clump_spheres[slot];
        Vector lever = turned(axes, {sphere.offset[0], sphere.offset[1], sphere.offset[2]});
        Place place = {{(int)((unsigned int)clump.at[0] + (unsigned int)to_fixed_32(lever.x * by)),
                        (int)((unsigned int)clump.at[1] + (unsigned int)to_fixed_32(lever.y * by)),
                        (int)((unsigned int)clump.at[2] + (unsigned int)to_fixed_32(lever.z * by))},
                       sphere.radius};
        Vector own = add(velocity, cross(turning, lever));
        Place anchor = anchors[index];
        Place drifted = {{(int)((unsigned int)anchor.at[0] + (unsigned int)parameters.drift[0]),
                          (int)((unsigned int)anchor.at[1] + (unsigned int)parameters.drift[1]),
                          (int)((unsigned int)anchor.at[2] + (unsigned int)parameters.drift[2])},
                         0.0f};
        Vector away = offset_from(place.at, drifted, scales.metre_per_quantum);
        float slack = anchor.radius - place.radius;
        if (dot(away, away) > slack * slack) faults |= STALE;
        next_places[index] = place;
        next_velocities[index] = {own.x, own.y, own.z, clump.mass};
        next_spins[index] = {turning.x, turning.y, turning.z, __uint_as_float(clump.material)};
#pragma unroll
        for (int axis = 0; axis < 3; ++axis) {
            lines[index].momentum[axis] = 0;
            lines[index].spin[axis] = 0;
        }
    }
    clumps[i] = clump;
    if (faults != 0u) atomicOr(&flags[parameters.step + 1u], faults);
}
