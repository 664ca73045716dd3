// Clearance of a mechanism made of spheres from convex solids under a bounding volume hierarchy. What it means, layouts and
// units: engine/compute/src/kernels/overlaps.rs, whose helpers have the same names and order.
//
// What may hold other bits than a plain number (the sizes of a hull) crosses as u32: WGSL lets a driver flush such an f32.

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
struct LinkPlace {
    x: vec4f,
    y: vec4f,
    z: vec4f,
}
struct LinkSphere {
    center_m: vec3f,
    radius_m: f32,
    link: u32,
    unused: array<u32, 3>,
}
struct Clearance {
    least_m: f32,
    nearest_sphere: u32,
    nearest_solid: u32,
    first_hit: u32,
}
struct OverlapsParameters {
    pose_count: u32,
    link_count: u32,
    sphere_count: u32,
    node_count: u32,
    reach_m: f32,
}

@group(0) @binding(0) var<storage, read> nodes: array<Node>;
@group(0) @binding(1) var<storage, read> solids: array<PlacedSolid>;
@group(0) @binding(2) var<storage, read> planes: array<Plane>;
@group(0) @binding(3) var<storage, read> spheres: array<LinkSphere>;
@group(0) @binding(4) var<storage, read> places: array<LinkPlace>;
@group(0) @binding(5) var<storage, read_write> clearances: array<Clearance>;
@group(0) @binding(6) var<storage, read> parameters: OverlapsParameters;

const NOBODY: u32 = 0xffffffffu;
const DEEPEST: f32 = -1e30;
const SLACK: f32 = 0.001;

fn smaller(a: f32, b: f32) -> f32 {
    if (a < b) { return a; }
    return b;
}

fn larger(a: f32, b: f32) -> f32 {
    if (a > b) { return a; }
    return b;
}

fn magnitude(a: f32) -> f32 {
    if (a < 0.0) { return -a; }
    return a;
}

fn along(axis: vec3f, p: vec3f) -> f32 {
    return (axis.x * p.x + axis.y * p.y) + axis.z * p.z;
}

fn in_world(place: LinkPlace, center: vec3f) -> vec3f {
    return vec3f(along(place.x.xyz, center) + place.x.w, along(place.y.xyz, center) + place.y.w, along(place.z.xyz, center) + place.z.w);
}

fn from_bounds(low: vec3f, high: vec3f, p: vec3f) -> f32 {
    let x = larger(larger(low.x - p.x, p.x - high.x), 0.0);
    let y = larger(larger(low.y - p.y, p.y - high.y), 0.0);
    let z = larger(larger(low.z - p.z, p.z - high.z), 0.0);
    return (x * x + y * y) + z * z;
}

fn is_near(node: Node, p: vec3f, limit: f32) -> bool {
    let bound = larger(limit, 0.0) + SLACK;
    return from_bounds(node.low_m, node.high_m, p) <= bound * bound;
}

fn from_box(half: vec3f, p: vec3f) -> f32 {
    let x = magnitude(p.x) - half.x;
    let y = magnitude(p.y) - half.y;
    let z = magnitude(p.z) - half.z;
    let ox = larger(x, 0.0);
    let oy = larger(y, 0.0);
    let oz = larger(z, 0.0);
    return sqrt((ox * ox + oy * oy) + oz * oz) + smaller(larger(larger(x, y), z), 0.0);
}

fn from_sphere(radius: f32, p: vec3f) -> f32 {
    return sqrt((p.x * p.x + p.y * p.y) + p.z * p.z) - radius;
}

fn from_cylinder(radius: f32, half_height: f32, p: vec3f) -> f32 {
    let across = sqrt(p.x * p.x + p.y * p.y) - radius;
    let above = magnitude(p.z) - half_height;
    let oa = larger(across, 0.0);
    let oz = larger(above, 0.0);
    return sqrt(oa * oa + oz * oz) + smaller(larger(across, above), 0.0);
}

fn from_hull(first: u32, count: u32, p: vec3f) -> f32 {
    var distance = DEEPEST;
    for (var k = first; k < first + count; k++) {
        let plane = planes[k];
        distance = larger(distance, along(plane.normal, p) - plane.offset_m);
    }
    return distance;
}

fn from_solid(solid: PlacedSolid, p: vec3f) -> f32 {
    let away = vec3f(p.x - solid.position_m.x, p.y - solid.position_m.y, p.z - solid.position_m.z);
    let own = vec3f(along(solid.axis_x, away), along(solid.axis_y, away), along(solid.axis_z, away));
    switch (solid.tag >> 28u) {
        case 0u: { return from_box(bitcast<vec3f>(vec3u(solid.size_x, solid.size_y, solid.size_z)), own); }
        case 1u: { return from_sphere(bitcast<f32>(solid.size_x), own); }
        case 2u: { return from_cylinder(bitcast<f32>(solid.size_x), bitcast<f32>(solid.size_y), own); }
        default: {
            let first = solid.size_x;
            let count = solid.size_y;
            let bounded = sqrt(from_bounds(planes[first + count].normal, planes[first + count + 1u].normal, p));
            let distance = from_hull(first, count, own);
            if (bounded > 0.0) { return larger(distance, bounded); }
            return distance;
        }
    }
}

fn with_sphere(before: Clearance, sphere: u32, p: vec3f, radius: f32) -> Clearance {
    var found = before;
    var at = 0u;
    while (at < parameters.node_count) {
        let node = nodes[at];
        if (!is_near(node, p, found.least_m + radius)) {
            at = node.skip;
            continue;
        }
        at = at + 1u;
        let first = node.leaf >> 3u;
        let count = node.leaf & 7u;
        for (var k = first; k < first + count; k++) {
            let solid = solids[k];
            let distance = from_solid(solid, p) - radius;
            let name = solid.tag & 0x0fffffffu;
            let of_this = found.nearest_sphere == sphere;
            if (distance < found.least_m || (distance == found.least_m && of_this && name < found.nearest_solid)) {
                found.least_m = distance;
                found.nearest_sphere = sphere;
                found.nearest_solid = name;
            }
            if (distance < 0.0 && found.first_hit == NOBODY) { found.first_hit = sphere; }
        }
    }
    return found;
}

// `own` is where the places of this pose begin.
fn clearance_of(own: u32) -> Clearance {
    var found = Clearance(parameters.reach_m, NOBODY, NOBODY, NOBODY);
    for (var k = 0u; k < parameters.sphere_count; k++) {
        let sphere = spheres[k];
        let p = in_world(places[own + sphere.link], sphere.center_m);
        found = with_sphere(found, k, p, sphere.radius_m);
    }
    return found;
}

@compute @workgroup_size(128)
fn measure_clearances(
    @builtin(workgroup_id) block: vec3u,
    @builtin(num_workgroups) blocks: vec3u,
    @builtin(local_invocation_index) thread: u32,
) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.pose_count) { return; }
    clearances[i] = clearance_of(i * parameters.link_count);
}
