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

pub use adapter::{Adapter, open as open_adapter};
pub use grains::GrainPlugin;
pub use light::{Quality, Range, SKY, aim};
pub use stage::Stage;
pub use studio::Studio;

#[cfg(test)]
mod tests;
