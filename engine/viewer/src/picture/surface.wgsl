// A surface of Bevy's standard material under our light.

#import bevy_pbr::forward_io::VertexOutput
#import linetwin::light::shine

#ifdef PLAIN
#import bevy_pbr::{
    mesh_view_bindings::view,
    pbr_bindings::{base_color_sampler, base_color_texture, material},
    pbr_functions::{calculate_view, prepare_world_normal},
    pbr_types::{PbrInput, STANDARD_MATERIAL_FLAGS_DOUBLE_SIDED_BIT, pbr_input_new},
}

fn painted(in: VertexOutput, is_front: bool) -> PbrInput {
    var pbr = pbr_input_new();
    pbr.material = material;
    // White where there is none.
    pbr.material.base_color *= textureSample(base_color_texture, base_color_sampler, (material.uv_transform * vec3(in.uv, 1.0)).xy);
    pbr.world_position = in.world_position;
    pbr.world_normal = prepare_world_normal(in.world_normal, (material.flags & STANDARD_MATERIAL_FLAGS_DOUBLE_SIDED_BIT) != 0u, is_front);
    pbr.N = normalize(pbr.world_normal);
    pbr.V = calculate_view(in.world_position, view.clip_from_view[3].w == 1.0);
    return pbr;
}

#else
#import bevy_pbr::pbr_fragment::pbr_input_from_standard_material as painted
#endif

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> @location(0) vec4<f32> {
    return shine(painted(in, is_front));
}
