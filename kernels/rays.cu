// Nearest hits of rays with convex solids under a bounding volume hierarchy. What it means, layouts and units:
// engine/compute/src/kernels/rays.rs, whose helpers have the same names and order.

struct alignas(16) Ray {
    float origin_x, origin_y, origin_z, least;
    float direction_x, direction_y, direction_z, most;
};
struct Hit {
    float distance;
    unsigned int solid;
};
struct alignas(16) Node {
    float low_x, low_y, low_z;
    unsigned int skip;
    float high_x, high_y, high_z;
    unsigned int leaf;
};
struct alignas(16) PlacedSolid {
    float axis_x[3], size_x;
    float axis_y[3], size_y;
    float axis_z[3], size_z;
    float position[3];
    unsigned int tag;
};
struct alignas(16) Plane {
    float normal_x, normal_y, normal_z, offset;
};
struct RaysParameters {
    unsigned int ray_count, node_count;
};

#define FAR 1e30f
#define PARALLEL 1e-9f
#define NO_SOLID 0xffffffffu
#define NOTHING __uint_as_float(0x7f800000u)

struct Vector {
    float x, y, z;
};
struct Interval {
    float enter, leave;
};

__device__ __forceinline__ float lesser(float a, float b) { return a < b ? a : b; }

__device__ __forceinline__ float greater(float a, float b) { return a > b ? a : b; }

__device__ __forceinline__ float dot(Vector a, Vector b) { return (a.x * b.x + a.y * b.y) + a.z * b.z; }

__device__ __forceinline__ float inverse(float direction) {
    float magnitude = direction < 0.0f ? -direction : direction;
    if (magnitude < PARALLEL) return direction < 0.0f ? -1.0f / PARALLEL : 1.0f / PARALLEL;
    return 1.0f / direction;
}

__device__ __forceinline__ bool meets(const Node& node, Vector origin, Vector inverses, float least, float limit) {
    float ax = (node.low_x - origin.x) * inverses.x, bx = (node.high_x - origin.x) * inverses.x;
    float ay = (node.low_y - origin.y) * inverses.y, by = (node.high_y - origin.y) * inverses.y;
    float az = (node.low_z - origin.z) * inverses.z, bz = (node.high_z - origin.z) * inverses.z;
    float enter = greater(greater(lesser(ax, bx), lesser(ay, by)), greater(lesser(az, bz), least));
    float leave = lesser(lesser(greater(ax, bx), greater(ay, by)), lesser(greater(az, bz), limit));
    return enter <= leave;
}

__device__ __forceinline__ Interval clip_slab(Interval interval, float low, float high, float origin, float direction) {
    float magnitude = direction < 0.0f ? -direction : direction;
    if (magnitude < PARALLEL) {
        if (origin < low || origin > high) interval.leave = -FAR;
        return interval;
    }
    float a = (low - origin) / direction, b = (high - origin) / direction;
    interval.enter = greater(interval.enter, lesser(a, b));
    interval.leave = lesser(interval.leave, greater(a, b));
    return interval;
}

__device__ __forceinline__ Interval clip_plane(Interval interval, Vector normal, float offset, Vector origin, Vector direction) {
    float above = dot(normal, origin) - offset, climb = dot(normal, direction);
    float magnitude = climb < 0.0f ? -climb : climb;
    if (magnitude < PARALLEL) {
        if (above > 0.0f) interval.leave = -FAR;
        return interval;
    }
    float at = -above / climb;
    if (climb > 0.0f) interval.leave = lesser(interval.leave, at);
    else interval.enter = greater(interval.enter, at);
    return interval;
}

__device__ __forceinline__ Interval within_box(Vector half, Vector origin, Vector direction) {
    Interval interval = {-FAR, FAR};
    interval = clip_slab(interval, -half.x, half.x, origin.x, direction.x);
    interval = clip_slab(interval, -half.y, half.y, origin.y, direction.y);
    return clip_slab(interval, -half.z, half.z, origin.z, direction.z);
}

__device__ __forceinline__ Interval within_sphere(float radius, Vector origin, Vector direction) {
    float nearest = -dot(origin, direction);
    Vector off = {origin.x + nearest * direction.x, origin.y + nearest * direction.y, origin.z + nearest * direction.z};
    float rest = radius * radius - dot(off, off);
    if (rest < 0.0f) return {FAR, -FAR};
    float half = sqrtf(rest);
    return {nearest - half, nearest + half};
}

__device__ __forceinline__ Interval within_cylinder(float radius, float half_height, Vector origin, Vector direction) {
    Interval interval = clip_slab({-FAR, FAR}, -half_height, half_height, origin.z, direction.z);
    float across = direction.x * direction.x + direction.y * direction.y;
    if (across < PARALLEL) {
        if (origin.x * origin.x + origin.y * origin.y > radius * radius) interval.leave = -FAR;
        return interval;
    }
    float nearest = -(origin.x * direction.x + origin.y * direction.y) / across;
    float off_x = origin.x + nearest * direction.x, off_y = origin.y + nearest * direction.y;
    float rest = radius * radius - (off_x * off_x + off_y * off_y);
    if (rest < 0.0f) return {FAR, -FAR};
    float half = sqrtf(rest / across);
    interval.enter = greater(interval.enter, nearest - half);
    interval.leave = lesser(interval.leave, nearest + half);
    return interval;
}

__device__ __forceinline__ Interval within_hull(const Plane* __restrict__ planes, unsigned int first, unsigned int count,
                                                Vector origin, Vector direction) {
    Interval interval = {-FAR, FAR};
    for (unsigned int k = first; k < first + count; ++k) {
        Plane plane = planes[k];
        Vector normal = {plane.normal_x, plane.normal_y, plane.normal_z};
        interval = clip_plane(interval, normal, plane.offset, origin, direction);
    }
    return interval;
}

__device__ __forceinline__ Vector into_solid(const PlacedSolid& solid, Vector v) {
    Vector x = {solid.axis_x[0], solid.axis_x[1], solid.axis_x[2]};
    Vector y = {solid.axis_y[0], solid.axis_y[1], solid.axis_y[2]};
    Vector z = {solid.axis_z[0], solid.axis_z[1], solid.axis_z[2]};
    return {dot(x, v), dot(y, v), dot(z, v)};
}

__device__ __forceinline__ Interval within_solid(const PlacedSolid& solid, const Plane* __restrict__ planes, Vector origin, Vector direction) {
    Vector away = {origin.x - solid.position[0], origin.y - solid.position[1], origin.z - solid.position[2]};
    Vector from = into_solid(solid, away), to = into_solid(solid, direction);
    unsigned int kind = solid.tag >> 28;
    if (kind == 0u) return within_box({solid.size_x, solid.size_y, solid.size_z}, from, to);
    if (kind == 1u) return within_sphere(solid.size_x, from, to);
    if (kind == 2u) return within_cylinder(solid.size_x, solid.size_y, from, to);
    return within_hull(planes, __float_as_uint(solid.size_x), __float_as_uint(solid.size_y), from, to);
}

__device__ __forceinline__ Hit cast_ray(const Node* __restrict__ nodes, const PlacedSolid* __restrict__ solids,
                                        const Plane* __restrict__ planes, unsigned int node_count, const Ray& ray) {
    Vector origin = {ray.origin_x, ray.origin_y, ray.origin_z};
    Vector direction = {ray.direction_x, ray.direction_y, ray.direction_z};
    Vector inverses = {inverse(direction.x), inverse(direction.y), inverse(direction.z)};
    unsigned int order = (direction.x < 0.0f ? 1u : 0u) | (direction.y < 0.0f ? 2u : 0u) | (direction.z < 0.0f ? 4u : 0u);
    const Node* tree = nodes + order * node_count;
    Hit best = {NOTHING, NO_SOLID};
    float limit = ray.most;
    unsigned int at = 0u;
    while (at < node_count) {
        Node node = tree[at];
        if (!meets(node, origin, inverses, ray.least, limit)) {
            at = node.skip;
            continue;
        }
        at = at + 1u;
        unsigned int first = node.leaf >> 3, count = node.leaf & 7u;
        for (unsigned int k = first; k < first + count; ++k) {
            PlacedSolid solid = solids[k];
            Interval interval = within_solid(solid, planes, origin, direction);
            float distance = greater(interval.enter, ray.least);
            if (distance > interval.leave || distance > ray.most) continue;
            unsigned int name = solid.tag & 0x0fffffffu;
            if (distance < best.distance || (distance == best.distance && name < best.solid)) {
                best.distance = distance;
                best.solid = name;
                limit = lesser(ray.most, distance + (distance * 1e-4f + 0.001f));
            }
        }
    }
    return best;
}

extern "C" __global__ void cast_rays(const Node* __restrict__ nodes, const PlacedSolid* __restrict__ solids,
                                     const Plane* __restrict__ planes, const Ray* __restrict__ rays, Hit* __restrict__ hits,
                                     RaysParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.ray_count) return;
    Ray ray = rays[i];
    hits[i] = cast_ray(nodes, solids, planes, parameters.node_count, ray);
}
