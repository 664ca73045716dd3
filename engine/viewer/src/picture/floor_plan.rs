//! The plan of the hall on the ground: strokes of a drawing as if they were painted there, or a picture.

use super::light::{Quality, Range};
use super::surfaces::{Paint, paint};
use super::textures;
use bevy::asset::RenderAssetUsages;
use bevy::light::NotShadowCaster;
use bevy::mesh::{Indices, PrimitiveTopology};
use bevy::prelude::*;
use linetwin_model::scene::FloorPlan;

/// Over the ground, so that neither wins now and then [m].
const OVER_GROUND_M: f32 = 0.004;
/// Paint of drawings, on light concrete.
const PAINT: Color = Color::srgb(0.20, 0.33, 0.48);
/// Strokes are so wide over the distance from which the line is seen, within these limits [m].
const WIDTH_OVER_DISTANCE: f32 = 0.0024;
const WIDTHS_M: [f32; 2] = [0.015, 0.2];

pub fn spawn(plan: &FloorPlan, floor_z_m: f32, range: Range, quality: Quality, world: &mut World) {
    let z_m = floor_z_m + OVER_GROUND_M;
    let (corners, material) = match plan {
        FloorPlan::Lines(strokes_m) => {
            let half_m = (range.far_m * WIDTH_OVER_DISTANCE).clamp(WIDTHS_M[0], WIDTHS_M[1]) / 2.0;
            let lines = StandardMaterial { base_color: PAINT, perceptual_roughness: 0.9, reflectance: 0.2, ..StandardMaterial::default() };
            (strokes_m.iter().map(|stroke| painted(*stroke, half_m)).collect(), lines)
        }
        FloorPlan::Picture { png, corners_m } => {
            let image = world.resource_mut::<Assets<Image>>().add(textures::png(png, quality.anisotropy));
            let paper = StandardMaterial {
                base_color_texture: Some(image),
                alpha_mode: AlphaMode::Blend,
                perceptual_roughness: 0.9,
                reflectance: 0.2,
                ..StandardMaterial::default()
            };
            (vec![corners_m.map(|corner| Vec2::from_array(corner.map(|value| value as f32)))], paper)
        }
    };
    let mesh = world.resource_mut::<Assets<Mesh>>().add(quads(&corners, z_m));
    let material = world.resource_mut::<Assets<Paint>>().add(paint(material));
    world.spawn((Mesh3d(mesh), MeshMaterial3d(material), Transform::IDENTITY, NotShadowCaster));
}

/// With square ends, so that strokes which meet at a corner fill it.
fn painted(stroke_m: [[f64; 2]; 2], half_m: f32) -> [Vec2; 4] {
    let [from, to] = stroke_m.map(|end| Vec2::from_array(end.map(|value| value as f32)));
    let along = (to - from).normalize_or_zero() * half_m;
    let aside = along.perp();
    [from - along - aside, to + along - aside, to + along + aside, from - along + aside]
}

/// Each from its lower left corner anticlockwise, with all of a picture on it.
fn quads(corners: &[[Vec2; 4]], z_m: f32) -> Mesh {
    let points: Vec<[f32; 3]> = corners.iter().flatten().map(|corner| [corner.x, corner.y, z_m]).collect();
    let uv = [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]].repeat(corners.len());
    let indices = (0..corners.len() as u32).flat_map(|quad| [0, 1, 2, 0, 2, 3].map(|corner| 4 * quad + corner)).collect();
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, vec![[0.0, 0.0, 1.0]; points.len()])
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, points)
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, uv)
        .with_inserted_indices(Indices::U32(indices))
}
