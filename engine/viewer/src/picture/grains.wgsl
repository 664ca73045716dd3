// Grains as spheres without meshes: a triangle each that faces the eye, in which the ray of every pixel is cut with the sphere. Depth
// and normal are those of the sphere, so that grains lie in each other, in light and in shadow as bodies do.

#import bevy_pbr::{mesh_bindings::mesh, mesh_functions::get_tag, mesh_view_bindings::view}
#ifndef PREPASS_PIPELINE
#import bevy_pbr::pbr_types::{pbr_input_new, STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT}
#import linetwin::light::shine
#endif

// Grains of one mesh; as in grains.rs.
const CHUNK: u32 = 4096u;

// Of each grain its middle, and a word: its radius without the last 8 bits, and there its colour.
@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<storage, read> first: array<vec4<u32>>;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var<storage, read> second: array<vec4<u32>>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var<storage, read> colours: array<vec4<f32>>;
// How far they are from the first to the second, and which of them is the latest.
@group(#{MATERIAL_BIND_GROUP}) @binding(3) var<uniform> way: vec4<f32>;

// What goes farther between two moments has not gone there but was put there [m]; as in blend.rs.
const JUMP: f32 = 1.0;

struct Corner {
    @builtin(instance_index) instance_index: u32,
    // About the unit circle; z says which grain of the chunk.
    @location(0) corner: vec3<f32>,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    // From the grain's middle: small numbers, which stay exact far from the origin.
    @location(0) offset: vec3<f32>,
    @location(1) @interpolate(flat) middle: vec3<f32>,
    @location(2) @interpolate(flat) radius: f32,
    // Colour, instance.
    @location(3) @interpolate(flat) look: vec2<u32>,
}

fn is_parallel() -> bool {
    return view.clip_from_view[3].w == 1.0;
}

// Unit vector from a point to the eye.
fn towards_eye(point: vec3<f32>) -> vec3<f32> {
    if is_parallel() {
        return normalize(view.world_from_view[2].xyz);
    }
    return normalize(view.world_position - point);
}

@vertex
fn vertex(in: Corner) -> Varying {
    let index = get_tag(in.instance_index) * CHUNK + u32(in.corner.z);
    let is_second = way.y > 0.5;
    let grain = select(first[index], second[index], is_second);
    let before = select(second[index], first[index], is_second);
    let latest = bitcast<vec3<f32>>(grain.xyz);
    let left = bitcast<vec3<f32>>(before.xyz) - latest;
    let share = select(way.x, 1.0 - way.x, is_second);
    let is_there = share == 0.0 || any(abs(left) > vec3(JUMP)) || (before.w & 0xffu) != (grain.w & 0xffu);
    let middle = select(latest + share * left, latest, is_there);
    let radius = bitcast<f32>(grain.w & 0xffffff00u);
    let to_eye = towards_eye(middle);
    // A sphere near the eye reaches beyond its radius.
    var reach = radius;
    if !is_parallel() {
        let nearness = min(radius / distance(view.world_position, middle), 0.99);
        reach = radius / sqrt(1.0 - nearness * nearness);
    }
    let aside = select(vec3(0.0, 0.0, 1.0), vec3(1.0, 0.0, 0.0), abs(to_eye.z) > 0.9);
    let across = normalize(cross(aside, to_eye));
    let along = cross(to_eye, across);
    var out: Varying;
    out.offset = reach * (in.corner.x * across + in.corner.y * along);
    out.position = view.clip_from_world * vec4(middle + out.offset, 1.0);
#ifdef UNCLIPPED_DEPTH_ORTHO_EMULATION
    out.position.z = min(out.position.z, 1.0);
#endif
    out.middle = middle;
    out.radius = radius;
    out.look = vec2(grain.w & 0xffu, in.instance_index);
    return out;
}

struct Hit {
    // From the grain's middle.
    at: vec3<f32>,
    depth: f32,
    is_hit: bool,
}

// Where the ray through this pixel meets the sphere first.
fn hit(in: Varying) -> Hit {
    let ahead = -towards_eye(in.middle + in.offset);
    let nearest = in.offset - dot(in.offset, ahead) * ahead;
    let left = in.radius * in.radius - dot(nearest, nearest);
    let at = nearest - sqrt(max(left, 0.0)) * ahead;
    let clip = view.clip_from_world * vec4(in.middle + at, 1.0);
    return Hit(at, clip.z / clip.w, left >= 0.0);
}

#ifdef PREPASS_PIPELINE

@fragment
fn fragment(in: Varying) -> @builtin(frag_depth) f32 {
    let hit = hit(in);
    if !hit.is_hit {
        discard;
    }
    return hit.depth;
}

#else

struct Shaded {
    @location(0) colour: vec4<f32>,
    @builtin(frag_depth) depth: f32,
}

@fragment
fn fragment(in: Varying) -> Shaded {
    let hit = hit(in);
    if !hit.is_hit {
        discard;
    }
    var pbr = pbr_input_new();
    pbr.material.base_color = colours[in.look.x];
    pbr.material.perceptual_roughness = 0.7;
    pbr.material.reflectance = vec3(0.4);
    pbr.material.flags |= STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT;
    pbr.flags = mesh[in.look.y].flags;
    pbr.is_orthographic = is_parallel();
    pbr.world_position = vec4(in.middle + hit.at, 1.0);
    pbr.world_normal = hit.at / in.radius;
    pbr.N = pbr.world_normal;
    pbr.V = towards_eye(pbr.world_position.xyz);
    // Beside each other they hide the sky from each other's sides.
    pbr.diffuse_occlusion = vec3(0.45 + 0.55 * max(dot(pbr.N, pbr.V), 0.0));
    pbr.frag_coord = vec4(in.position.xy, hit.depth, in.position.w);
    var out: Shaded;
    out.colour = shine(pbr);
    out.depth = hit.depth;
    return out;
}

#endif
