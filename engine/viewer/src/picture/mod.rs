//! The lit picture, drawn by Bevy on Vulkan, Metal or DX12.
//!
//! ```text
//! adapter   the graphics adapter, or what to install      studio   a picture without a window
//! stage     scenery and moments as entities               surfaces what each role is made of: colours, textures
//! light     sun, sky, ground, lens                     grains   any number of spheres in one draw
//! floor_plan  the plan of the hall on the ground
//! ```
//!
//! The world is linetwin's own: metres, Z up.

mod adapter;
mod floor_plan;
mod grains;
mod light;
mod stage;
mod studio;
mod surfaces;
mod textures;

use bevy::asset::uuid_handle;
use bevy::light::DirectionalLightShadowMap;
use bevy::prelude::*;

pub use adapter::{Adapter, open as open_adapter, step_back};
pub use light::{Quality, Range, SKY, aim};
pub use stage::Stage;
pub use studio::Studio;

const LIGHT: Handle<Shader> = uuid_handle!("8d5fbc5e-2d6b-4f5c-9a3e-1f7a90c4b6d8");

/// What is to be there before anything is shown: shaders, materials, sky.
pub struct PicturePlugin {
    pub quality: Quality,
}

impl Plugin for PicturePlugin {
    fn build(&self, app: &mut App) {
        let defines = if self.quality.is_plain { vec!["PLAIN".into()] } else { Vec::new() };
        let surface = Shader::from_wgsl_with_defs(include_str!("surface.wgsl"), "linetwin/surface.wgsl", defines.clone());
        let grain = Shader::from_wgsl_with_defs(include_str!("grains.wgsl"), "linetwin/grains.wgsl", defines);
        let mut shaders = app.world_mut().resource_mut::<Assets<Shader>>();
        for (handle, shader) in [(LIGHT, light::shader()), (surfaces::SHADER, surface), (grains::SHADER, grain)] {
            shaders.insert(handle.id(), shader).expect("an asset may always be inserted under its own name");
        }
        app.add_plugins((MaterialPlugin::<surfaces::Paint>::default(), MaterialPlugin::<grains::GrainMaterial>::default()))
            .insert_resource(ClearColor(SKY))
            .insert_resource(DirectionalLightShadowMap { size: self.quality.shadow_map_px });
    }
}

#[cfg(test)]
mod tests;
