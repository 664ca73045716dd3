// Nearest hits of rays with convex solids under a bounding volume hierarchy. What it means, layouts and units:
// engine/compute/src/kernels/rays.rs, whose helpers have the same names and order.
//
// What may hold other bits than a plain number (the sizes of a hull, an infinite distance) crosses as u32: WGSL lets a
// driver flush or forbid such an f32.

struct Ray {
    origin_m: vec3f,
    least_m: f32,
    direction: vec3f,
    most_m: f32,
}
struct Hit {
    distance_m: u32,
    solid: u32,
}
struct Node {
    low_m: vec3f,
    skip: u32,
    high_m: vec3f,
    leaf: u32,
}
struct PlacedSolid {
    axis_x: vec3f,
    size_x: u32,
    axis_y: vec3f,
    size_y: u32,
    axis_z: vec3f,
    size_z: u32,
    position_m: vec3f,
    tag: u32,
}
struct Plane {
    normal: vec3f,
    offset_m: f32,
}
struct RaysParameters {
    ray_count: u32,
    node_count: u32,
}

@group(0) @binding(0) var<storage, read> nodes: array<Node>;
@group(0) @binding(1) var<storage, read> solids: array<PlacedSolid>;
@group(0) @binding(2) var<storage, read> planes: array<Plane>;
@group(0) @binding(3) var<storage, read> rays: array<Ray>;
@group(0) @binding(4) var<storage, read_write> hits: array<Hit>;
@group(0) @binding(5) var<storage, read> parameters: RaysParameters;

const FAR: f32 = 1e30;
const PARALLEL: f32 = 1e-9;
const NO_SOLID: u32 = 0xffffffffu;
// Stands for infinity while a ray is under way.
const LARGEST: f32 = 3.4028234663852886e38;
const NOTHING: u32 = 0x7f800000u;

struct Interval {
    enter: f32,
    leave: f32,
}
struct Nearest {
    distance: f32,
    solid: u32,
}

fn lesser(a: f32, b: f32) -> f32 {
    if (a < b) { return a; }
    return b;
}

fn greater(a: f32, b: f32) -> f32 {
    if (a > b) { return a; }
    return b;
}

fn dot(a: vec3f, b: vec3f) -> f32 {
    return (a.x * b.x + a.y * b.y) + a.z * b.z;
}

fn inverse(direction: f32) -> f32 {
    if (abs(direction) < PARALLEL) {
        if (direction < 0.0) { return -1.0 / PARALLEL; }
        return 1.0 / PARALLEL;
    }
    return 1.0 / direction;
}

fn meets(node: Node, origin: vec3f, inverses: vec3f, least: f32, limit: f32) -> bool {
    let ax = (node.low_m.x - origin.x) * inverses.x;
    let bx = (node.high_m.x - origin.x) * inverses.x;
    let ay = (node.low_m.y - origin.y) * inverses.y;
    let by = (node.high_m.y - origin.y) * inverses.y;
    let az = (node.low_m.z - origin.z) * inverses.z;
    let bz = (node.high_m.z - origin.z) * inverses.z;
    let enter = greater(greater(lesser(ax, bx), lesser(ay, by)), greater(lesser(az, bz), least));
    let leave = lesser(lesser(greater(ax, bx), greater(ay, by)), lesser(greater(az, bz), limit));
    return enter <= leave;
}

fn clip_slab(interval: Interval, low: f32, high: f32, origin: f32, direction: f32) -> Interval {
    var clipped = interval;
    if (abs(direction) < PARALLEL) {
        if (origin < low || origin > high) { clipped.leave = -FAR; }
        return clipped;
    }
    let a = (low - origin) / direction;
    let b = (high - origin) / direction;
    clipped.enter = greater(clipped.enter, lesser(a, b));
    clipped.leave = lesser(clipped.leave, greater(a, b));
    return clipped;
}

fn clip_plane(interval: Interval, normal: vec3f, offset: f32, origin: vec3f, direction: vec3f) -> Interval {
    var clipped = interval;
    let above = dot(normal, origin) - offset;
    let climb = dot(normal, direction);
    if (abs(climb) < PARALLEL) {
        if (above > 0.0) { clipped.leave = -FAR; }
        return clipped;
    }
    let at = -above / climb;
    if (climb > 0.0) {
        clipped.leave = lesser(clipped.leave, at);
    } else {
        clipped.enter = greater(clipped.enter, at);
    }
    return clipped;
}

fn within_box(half: vec3f, origin: vec3f, direction: vec3f) -> Interval {
    var interval = Interval(-FAR, FAR);
    interval = clip_slab(interval, -half.x, half.x, origin.x, direction.x);
    interval = clip_slab(interval, -half.y, half.y, origin.y, direction.y);
    return clip_slab(interval, -half.z, half.z, origin.z, direction.z);
}

fn within_sphere(radius: f32, origin: vec3f, direction: vec3f) -> Interval {
    let nearest = -dot(origin, direction);
    let off = vec3f(origin.x + nearest * direction.x, origin.y + nearest * direction.y, origin.z + nearest * direction.z);
    let rest = radius * radius - dot(off, off);
    if (rest < 0.0) { return Interval(FAR, -FAR); }
    let half = sqrt(rest);
    return Interval(nearest - half, nearest + half);
}

fn within_cylinder(radius: f32, half_height: f32, origin: vec3f, direction: vec3f) -> Interval {
    var interval = clip_slab(Interval(-FAR, FAR), -half_height, half_height, origin.z, direction.z);
    let across = direction.x * direction.x + direction.y * direction.y;
    if (across < PARALLEL) {
        if (origin.x * origin.x + origin.y * origin.y > radius * radius) { interval.leave = -FAR; }
        return interval;
    }
    let nearest = -(origin.x * direction.x + origin.y * direction.y) / across;
    let off_x = origin.x + nearest * direction.x;
    let off_y = origin.y + nearest * direction.y;
    let rest = radius * radius - (off_x * off_x + off_y * off_y);
    if (rest < 0.0) { return Interval(FAR, -FAR); }
    let half = sqrt(rest / across);
    interval.enter = greater(interval.enter, nearest - half);
    interval.leave = lesser(interval.leave, nearest + half);
    return interval;
}

fn within_hull(first: u32, count: u32, origin: vec3f, direction: vec3f) -> Interval {
    var interval = Interval(-FAR, FAR);
    for (var k = first; k < first + count; k++) {
        let plane = planes[k];
        interval = clip_plane(interval, plane.normal, plane.offset_m, origin, direction);
    }
    return interval;
}

fn into_solid(solid: PlacedSolid, v: vec3f) -> vec3f {
    return vec3f(dot(solid.axis_x, v), dot(solid.axis_y, v), dot(solid.axis_z, v));
}

fn within_solid(solid: PlacedSolid, origin: vec3f, direction: vec3f) -> Interval {
    let away = vec3f(origin.x - solid.position_m.x, origin.y - solid.position_m.y, origin.z - solid.position_m.z);
    let begin = into_solid(solid, away);
    let along = into_solid(solid, direction);
    switch (solid.tag >> 28u) {
        case 0u: { return within_box(bitcast<vec3f>(vec3u(solid.size_x, solid.size_y, solid.size_z)), begin, along); }
        case 1u: { return within_sphere(bitcast<f32>(solid.size_x), begin, along); }
        case 2u: { return within_cylinder(bitcast<f32>(solid.size_x), bitcast<f32>(solid.size_y), begin, along); }
        default: { return within_hull(solid.size_x, solid.size_y, begin, along); }
    }
}

fn cast_ray(ray: Ray) -> Hit {
    let origin = ray.origin_m;
    let direction = ray.direction;
    let inverses = vec3f(inverse(direction.x), inverse(direction.y), inverse(direction.z));
    let order = select(0u, 1u, direction.x < 0.0) | select(0u, 2u, direction.y < 0.0) | select(0u, 4u, direction.z < 0.0);
    let tree = order * parameters.node_count;
    var best = Nearest(LARGEST, NO_SOLID);
    var limit = ray.most_m;
    var at = 0u;
    while (at < parameters.node_count) {
        let node = nodes[tree + at];
        if (!meets(node, origin, inverses, ray.least_m, limit)) {
            at = node.skip;
            continue;
        }
        at = at + 1u;
        let first = node.leaf >> 3u;
        let count = node.leaf & 7u;
        for (var k = first; k < first + count; k++) {
            let solid = solids[k];
            let interval = within_solid(solid, origin, direction);
            let distance = greater(interval.enter, ray.least_m);
            if (distance > interval.leave || distance > ray.most_m) { continue; }
            let name = solid.tag & 0x0fffffffu;
            if (distance < best.distance || (distance == best.distance && name < best.solid)) {
                best = Nearest(distance, name);
                limit = lesser(ray.most_m, distance + (distance * 1e-4 + 0.001));
            }
        }
    }
    if (best.solid == NO_SOLID) { return Hit(NOTHING, NO_SOLID); }
    return Hit(bitcast<u32>(best.distance), best.solid);
}

@compute @workgroup_size(128)
fn cast_rays(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.ray_count) { return; }
    let ray = rays[i];
    hits[i] = cast_ray(ray);
}
