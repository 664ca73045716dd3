// Clearance of a mechanism made of spheres from convex solids under a bounding volume hierarchy. What it means, layouts and
// units: engine/compute/src/kernels/overlaps.rs, whose helpers have the same names and order.

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
struct alignas(16) LinkPlace {
    float x[4], y[4], z[4];
};
struct alignas(16) LinkSphere {
    float center[3], radius;
    unsigned int link, unused[3];
};
struct alignas(16) Clearance {
    float least;
    unsigned int nearest_sphere, nearest_solid, first_hit;
};
struct OverlapsParameters {
    unsigned int pose_count, link_count, sphere_count, node_count;
    float reach;
};

#define NOBODY 0xffffffffu
#define DEEPEST -1e30f
#define SLACK 0.001f

struct Point {
    float x, y, z;
};

__device__ __forceinline__ float smaller(float a, float b) { return a < b ? a : b; }

__device__ __forceinline__ float larger(float a, float b) { return a > b ? a : b; }

__device__ __forceinline__ float magnitude(float a) { return a < 0.0f ? -a : a; }

__device__ __forceinline__ float along(const float* axis, Point p) { return (axis[0] * p.x + axis[1] * p.y) + axis[2] * p.z; }

__device__ __forceinline__ Point in_world(const LinkPlace& place, const float* center) {
    Point p = {center[0], center[1], center[2]};
    return {along(place.x, p) + place.x[3], along(place.y, p) + place.y[3], along(place.z, p) + place.z[3]};
}

__device__ __forceinline__ float from_bounds(Point low, Point high, Point p) {
    float x = larger(larger(low.x - p.x, p.x - high.x), 0.0f);
    float y = larger(larger(low.y - p.y, p.y - high.y), 0.0f);
    float z = larger(larger(low.z - p.z, p.z - high.z), 0.0f);
    return (x * x + y * y) + z * z;
}

__device__ __forceinline__ bool is_near(const Node& node, Point p, float limit) {
    float bound = larger(limit, 0.0f) + SLACK;
    return from_bounds({node.low_x, node.low_y, node.low_z}, {node.high_x, node.high_y, node.high_z}, p) <= bound * bound;
}

__device__ __forceinline__ float from_box(Point half, Point p) {
    float x = magnitude(p.x) - half.x, y = magnitude(p.y) - half.y, z = magnitude(p.z) - half.z;
    float ox = larger(x, 0.0f), oy = larger(y, 0.0f), oz = larger(z, 0.0f);
    return sqrtf((ox * ox + oy * oy) + oz * oz) + smaller(larger(larger(x, y), z), 0.0f);
}

__device__ __forceinline__ float from_sphere(float radius, Point p) { return sqrtf((p.x * p.x + p.y * p.y) + p.z * p.z) - radius; }

__device__ __forceinline__ float from_cylinder(float radius, float half_height, Point p) {
    float across = sqrtf(p.x * p.x + p.y * p.y) - radius, above = magnitude(p.z) - half_height;
    float oa = larger(across, 0.0f), oz = larger(above, 0.0f);
    return sqrtf(oa * oa + oz * oz) + smaller(larger(across, above), 0.0f);
}

__device__ __forceinline__ float from_hull(const Plane* __restrict__ planes, unsigned int first, unsigned int count, Point p) {
    float distance = DEEPEST;
    for (unsigned int k = first; k < first + count; ++k) {
        Plane plane = planes[k];
        float normal[3] = {plane.normal_x, plane.normal_y, plane.normal_z};
        distance = larger(distance, along(normal, p) - plane.offset);
    }
    return distance;
}

__device__ __forceinline__ float from_solid(const PlacedSolid& solid, const Plane* __restrict__ planes, Point p) {
    Point away = {p.x - solid.position[0], p.y - solid.position[1], p.z - solid.position[2]};
    Point own = {along(solid.axis_x, away), along(solid.axis_y, away), along(solid.axis_z, away)};
    unsigned int kind = solid.tag >> 28;
    if (kind == 0u) return from_box({solid.size_x, solid.size_y, solid.size_z}, own);
    if (kind == 1u) return from_sphere(solid.size_x, own);
    if (kind == 2u) return from_cylinder(solid.size_x, solid.size_y, own);
    unsigned int first = __float_as_uint(solid.size_x), count = __float_as_uint(solid.size_y);
    Plane low = planes[first + count], high = planes[first + count + 1u];
    float bounded = sqrtf(from_bounds({low.normal_x, low.normal_y, low.normal_z}, {high.normal_x, high.normal_y, high.normal_z}, p));
    float distance = from_hull(planes, first, count, own);
    return bounded > 0.0f ? larger(distance, bounded) : distance;
}

__device__ __forceinline__ Clearance with_sphere(Clearance found, const Node* __restrict__ nodes, const PlacedSolid* __restrict__ solids,
                                                 const Plane* __restrict__ planes, unsigned int node_count, unsigned int sphere,
                                                 Point p, float radius) {
    unsigned int at = 0u;
    while (at < node_count) {
        Node node = nodes[at];
        if (!is_near(node, p, found.least + radius)) {
            at = node.skip;
            continue;
        }
        at = at + 1u;
        unsigned int first = node.leaf >> 3, count = node.leaf & 7u;
        for (unsigned int k = first; k < first + count; ++k) {
            PlacedSolid solid = solids[k];
            float distance = from_solid(solid, planes, p) - radius;
            unsigned int name = solid.tag & 0x0fffffffu;
            bool of_this = found.nearest_sphere == sphere;
            if (distance < found.least || (distance == found.least && of_this && name < found.nearest_solid)) {
                found.least = distance;
                found.nearest_sphere = sphere;
                found.nearest_solid = name;
            }
            if (distance < 0.0f && found.first_hit == NOBODY) found.first_hit = sphere;
        }
    }
    return found;
}

__device__ __forceinline__ Clearance clearance_of(const Node* __restrict__ nodes, const PlacedSolid* __restrict__ solids,
                                                  const Plane* __restrict__ planes, const LinkSphere* __restrict__ spheres,
                                                  const LinkPlace* __restrict__ places, const OverlapsParameters& parameters) {
    Clearance found = {parameters.reach, NOBODY, NOBODY, NOBODY};
    for (unsigned int k = 0u; k < parameters.sphere_count; ++k) {
        LinkSphere sphere = spheres[k];
        Point p = in_world(places[sphere.link], sphere.center);
        found = with_sphere(found, nodes, solids, planes, parameters.node_count, k, p, sphere.radius);
    }
    return found;
}

extern "C" __global__ void measure_clearances(const Node* __restrict__ nodes, const PlacedSolid* __restrict__ solids,
                                              const Plane* __restrict__ planes, const LinkSphere* __restrict__ spheres,
                                              const LinkPlace* __restrict__ places, Clearance* __restrict__ clearances,
                                              OverlapsParameters parameters) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= parameters.pose_count) return;
    const LinkPlace* own = places + (unsigned long long)i * parameters.link_count;
    clearances[i] = clearance_of(nodes, solids, planes, spheres, own, parameters);
}
