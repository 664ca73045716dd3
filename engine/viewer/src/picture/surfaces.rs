//! What each role is made of. One material for all that look alike, so that the renderer draws them together.

use super::light::Quality;
use super::textures;
use bevy::asset::uuid_handle;
use bevy::math::{Affine2, Vec2};
use bevy::pbr::{ExtendedMaterial, MaterialExtension};
use bevy::prelude::*;
use bevy::render::render_resource::AsBindGroup;
use bevy::shader::ShaderRef;
use linetwin_model::scene::DriveId;
use linetwin_sim::event::ElementState;
use linetwin_sim::view::{Colour, Lamp, Lamps, Moment, Role};
use std::collections::BTreeMap;

/// Length of the belt's texture along the flow, and of the floor's tile [m].
const BELT_TILE_M: f32 = 0.40;
pub const FLOOR_TILE_M: f32 = 1.0;
/// Belts of one drive whose surface moves by another share of its way look otherwise: to so many parts of one.
const SHARES: f32 = 1000.0;
/// A lit lamp over white in the sun.
const LAMP_GLOW: f32 = 2.2;

pub const SHADER: Handle<Shader> = uuid_handle!("0c9a2f6d-6f0e-4f07-8d0c-5a3c6a1b7e42");

/// Bevy's own material under our light.
pub type Paint = ExtendedMaterial<StandardMaterial, OurLight>;

#[derive(Asset, TypePath, AsBindGroup, Clone, Default)]
pub struct OurLight {}

impl MaterialExtension for OurLight {
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }
}

pub fn paint(base: StandardMaterial) -> Paint {
    Paint { base, extension: OurLight {} }
}

/// Which material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    Ground,
    Belt {
        drive: Option<u32>,
        share: i32,
    },
    /// Rollers turn themselves.
    Roller {
        radius_um: u32,
    },
    Painted([u8; 3]),
    Metal([u8; 3]),
    Sheet([u8; 3]),
    Lamp {
        lamp: Lamp,
        lit: bool,
    },
    Beam {
        broken: bool,
    },
    Carton([u8; 3]),
    Label,
}

/// Of an item at a moment.
pub fn surface_of(role: &Role, state: Option<ElementState>, moment: &Moment, lamps_on: bool) -> Surface {
    let Colour(colour) = role.colour();
    match role {
        Role::Floor => Surface::Ground,
        Role::Belt { drive, share } => {
            Surface::Belt { drive: drive.map(|drive| drive.index() as u32), share: (share * SHARES).round() as i32 }
        }
        Role::Roller { radius_m, .. } => Surface::Roller { radius_um: (radius_m * 1e6) as u32 },
        Role::Lamp(lamp) => {
            let told = state.map(Lamps::of);
            Surface::Lamp { lamp: *lamp, lit: told.is_some_and(|lamps| lamps.lit == Some(*lamp) && (lamps_on || !lamps.blinks)) }
        }
        Role::Beam { eye } => Surface::Beam { broken: eye.is_some_and(|eye| moment.is_blocked(eye)) },
        Role::Frame | Role::Leg | Role::Rail | Role::Platform => Surface::Metal(colour),
        Role::Vessel => Surface::Sheet(colour),
        _ => Surface::Painted(colour),
    }
}

/// Materials as they are first asked for.
pub struct Surfaces {
    made: BTreeMap<Surface, Handle<Paint>>,
    floor: Handle<Image>,
    belt: Handle<Image>,
    roller: Handle<Image>,
    label: Handle<Image>,
}

impl Surfaces {
    pub fn new(quality: Quality, images: &mut Assets<Image>) -> Self {
        let mut add = |texture: fn(u16) -> Image| images.add(texture(quality.anisotropy));
        Surfaces {
            made: BTreeMap::new(),
            floor: add(textures::floor),
            belt: add(textures::belt),
            roller: add(textures::roller),
            label: add(textures::label),
        }
    }

    pub fn material(&mut self, surface: Surface, materials: &mut Assets<Paint>) -> Handle<Paint> {
        if let Some(made) = self.made.get(&surface) {
            return made.clone();
        }
        let made = materials.add(paint(self.make(surface)));
        self.made.insert(surface, made.clone());
        made
    }

    fn make(&self, surface: Surface) -> StandardMaterial {
        let srgb = |[r, g, b]: [u8; 3]| Color::srgb_u8(r, g, b);
        let plain = |colour: [u8; 3], roughness: f32, metallic: f32| StandardMaterial {
            base_color: srgb(colour),
            perceptual_roughness: roughness,
            metallic,
            reflectance: 0.4,
            ..StandardMaterial::default()
        };
        let textured = |image: &Handle<Image>, roughness: f32, metallic: f32| StandardMaterial {
            base_color_texture: Some(image.clone()),
            ..plain([255, 255, 255], roughness, metallic)
        };
        match surface {
            Surface::Ground => StandardMaterial { reflectance: 0.2, ..textured(&self.floor, 0.85, 0.0) },
            Surface::Belt { .. } => StandardMaterial { uv_transform: belt_uv(0.0), reflectance: 0.3, ..textured(&self.belt, 0.75, 0.0) },
            Surface::Roller { radius_um } => {
                let around_m = std::f32::consts::TAU * radius_um as f32 * 1e-6;
                let uv_transform = Affine2::from_scale(Vec2::new(1.0 / around_m.max(1e-3), 1.0));
                StandardMaterial { uv_transform, ..textured(&self.roller, 0.35, 0.6) }
            }
            Surface::Painted(colour) => plain(colour, 0.55, 0.0),
            Surface::Metal(colour) => plain(colour, 0.42, 0.35),
            Surface::Sheet(colour) => StandardMaterial { double_sided: true, ..plain(colour, 0.4, 0.4) },
            Surface::Lamp { lamp, lit } => {
                let Colour(colour) = lamp.colour();
                let [r, g, b] = lamp.colour().linear();
                if lit {
                    StandardMaterial { emissive: LinearRgba::rgb(r, g, b) * LAMP_GLOW * 1000.0, ..plain(colour, 0.4, 0.0) }
                } else {
                    plain(colour.map(|value| value / 3 + 20), 0.3, 0.0)
                }
            }
            Surface::Beam { broken } => {
                let [r, g, b] = if broken { Colour::YELLOW.linear() } else { Colour::VERMILLION.linear() };
                StandardMaterial {
                    base_color: Color::linear_rgba(r, g, b, if broken { 0.9 } else { 0.45 }),
                    alpha_mode: AlphaMode::Blend,
                    unlit: true,
                    ..StandardMaterial::default()
                }
            }
            Surface::Carton(colour) => plain(colour, 0.8, 0.0),
            Surface::Label => textured(&self.label, 0.6, 0.0),
        }
    }

    /// Belts have moved by so much.
    pub fn run_belts(&self, moment: &Moment, materials: &mut Assets<Paint>) {
        for (surface, made) in &self.made {
            let Surface::Belt { drive: Some(drive), share } = surface else { continue };
            let way_m = moment.drive(DriveId::from_index(*drive as usize)).way_m * f64::from(*share) / f64::from(SHARES);
            // Whole tiles are left out while the numbers are exact.
            let over_m = way_m.rem_euclid(f64::from(BELT_TILE_M)) as f32;
            let uv_transform = belt_uv(over_m);
            if materials.get(made).is_some_and(|material| material.base.uv_transform != uv_transform)
                && let Some(mut material) = materials.get_mut(made)
            {
                material.base.uv_transform = uv_transform;
            }
        }
    }
}

/// From metres along and across to the texture; what lay at u lies at u + way now.
fn belt_uv(way_m: f32) -> Affine2 {
    let scale = Vec2::new(1.0 / BELT_TILE_M, 4.0 / BELT_TILE_M);
    Affine2::from_scale_angle_translation(scale, 0.0, Vec2::new(-way_m / BELT_TILE_M, 0.0))
}
