// How light falls on what is drawn: sun with its shadow, sky, haze. Two ways to compute it, of which the host chooses one. `PLAIN` is for
// processors, which take every branch and wait for every texture: one of each, and the same look but for what only metals show.

#define_import_path linetwin::light

#import bevy_pbr::{mesh_view_bindings as bound, pbr_types}

#ifdef PLAIN
#import bevy_core_pipeline::tonemapping::tonemapping_pbr_neutral

const PI: f32 = 3.14159265;

// Light from a direction; SKY_* stand before this text.
fn sky(direction: vec3<f32>) -> vec3<f32> {
    return mix(SKY_AROUND, select(SKY_BELOW, SKY_ABOVE, direction.z > 0.0), abs(direction.z));
}

// 0 in the sun's shadow, 1 outside.
fn sunlit(at: vec3<f32>, normal: vec3<f32>) -> f32 {
    let sun = &bound::lights.directional_lights[0];
    let map = &(*sun).cascades[0];
    let near = at + (*sun).shadow_normal_bias * (*map).texel_size * normal + (*sun).shadow_depth_bias * (*sun).direction_to_light;
    let place = (*map).clip_from_world * vec4(near, 1.0);
    let uv = place.xy * vec2(0.5, -0.5) + 0.5;
    let lit = textureSampleCompareLevel(bound::directional_shadow_textures, bound::directional_shadow_textures_comparison_sampler, uv, 0, place.z);
    let is_beyond = any(abs(place.xy) > vec2(1.0)) || place.z < 0.0 || place.z > 1.0;
    return select(lit, 1.0, is_beyond);
}

fn shine(in: pbr_types::PbrInput) -> vec4<f32> {
    let sun = &bound::lights.directional_lights[0];
    let to_sun = (*sun).direction_to_light;
    let base = in.material.base_color;
    let metallic = in.material.metallic;
    let diffuse = base.rgb * (1.0 - metallic);
    let mirror = mix(0.16 * in.material.reflectance * in.material.reflectance, base.rgb, metallic);
    let rough = in.material.perceptual_roughness * in.material.perceptual_roughness;
    // The sun's reflection is round about its mirror direction (GGX).
    let facing = max(dot(in.N, normalize(to_sun + in.V)), 0.0);
    let spread = facing * facing * (rough * rough - 1.0) + 1.0;
    let gloss = rough * rough / (4.0 * PI * spread * spread);
    let is_sunny = f32(bound::lights.n_directional_lights > 0u) * sunlit(in.world_position.xyz, in.world_normal);
    let from_sun = (*sun).color.rgb * (is_sunny * max(dot(in.N, to_sun), 0.0)) * (diffuse / PI + mirror * gloss);
    let from_sky = diffuse * in.diffuse_occlusion * sky(in.N) + mirror * (1.0 - 0.5 * rough) * sky(reflect(-in.V, in.N));
    let glow = in.material.emissive.rgb * mix(1.0, bound::view.exposure, in.material.emissive.a);
    let is_unlit = (in.material.flags & pbr_types::STANDARD_MATERIAL_FLAGS_UNLIT_BIT) != 0u;
    var colour = select((from_sun + from_sky) * bound::view.exposure + glow, base.rgb, is_unlit);
#ifdef DISTANCE_FOG
    let range = bound::fog.be.xy;
    let far = distance(in.world_position.xyz, bound::view.world_position);
    colour = mix(colour, bound::fog.base_color.rgb, bound::fog.base_color.a * saturate((far - range.x) / (range.y - range.x)));
#endif
    return vec4(tonemapping_pbr_neutral(colour), base.a);
}

#else
#import bevy_pbr::pbr_functions::{apply_pbr_lighting, main_pass_post_lighting_processing}

fn shine(in: pbr_types::PbrInput) -> vec4<f32> {
    var colour = in.material.base_color;
    if (in.material.flags & pbr_types::STANDARD_MATERIAL_FLAGS_UNLIT_BIT) == 0u {
        colour = apply_pbr_lighting(in);
    }
    return main_pass_post_lighting_processing(in, colour);
}

#endif
