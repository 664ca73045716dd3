//! Sun, sky, ground and lens. Z is up.

use super::surfaces::FLOOR_TILE_M;
use crate::arguments::Size;
use crate::cameras::{Camera, Lens};
use bevy::camera::{Exposure, ScalingMode};
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::light::{CascadeShadowConfig, CascadeShadowConfigBuilder, NotShadowCaster};
use bevy::mesh::{Indices, PrimitiveTopology};
use bevy::prelude::*;
use bevy::render::view::NoIndirectDrawing;

/// From over the left shoulder of who stands before the line.
const SUN_FROM: Vec3 = Vec3::new(-0.45, -0.75, 1.15);
const SUN_LUX: f32 = 9_000.0;
/// White paper in the sun is just white.
const EXPOSURE_EV100: f32 = 11.2;
/// Of the sky's light [cd/m2].
const SKY_CDPM2: f32 = 900.0;
pub const SKY: Color = Color::srgb(0.80, 0.855, 0.905);
/// Its light from above, around and below.
const SKY_COLOURS: [Color; 3] = [Color::srgb(0.96, 0.98, 1.0), Color::srgb(0.80, 0.84, 0.88), Color::srgb(0.52, 0.50, 0.48)];
/// The ground reaches so far around the line, over its distance from the eye.
const GROUND_OVER_DISTANCE: f32 = 12.0;

/// How much the adapter can bear.
#[derive(Clone, Copy)]
pub struct Quality {
    /// One texture and one shadow for each pixel, no branches: see `light.wgsl`.
    pub is_plain: bool,
    pub shadow_map_px: usize,
    pub cascades: usize,
    /// Samples of a texture that is seen from the side.
    pub anisotropy: u16,
}

impl Quality {
    pub fn of(software: bool) -> Self {
        match software {
            true => Quality { is_plain: true, shadow_map_px: 2048, cascades: 1, anisotropy: 1 },
            false => Quality { is_plain: false, shadow_map_px: 4096, cascades: 4, anisotropy: 8 },
        }
    }
}

/// How light falls, for every shader that draws something.
pub fn shader() -> Shader {
    let constant = |(name, colour): (&str, Color)| {
        let [r, g, b] = (colour.to_linear() * SKY_CDPM2).to_vec3().to_array();
        format!("const {name} = vec3<f32>({r:?}, {g:?}, {b:?});\n")
    };
    let sky: String = ["SKY_ABOVE", "SKY_AROUND", "SKY_BELOW"].into_iter().zip(SKY_COLOURS).map(constant).collect();
    Shader::from_wgsl(sky + include_str!("light.wgsl"), "linetwin/light.wgsl")
}

/// What a camera of ours is to Bevy.
fn lens(camera: &Camera, size: Size) -> (Transform, Projection) {
    let [right, up, forward, eye] =
        [camera.right, camera.up, camera.forward, camera.eye_m].map(|v| Vec3::from_array(v.map(|value| value as f32)));
    let transform = Transform { translation: eye, rotation: Quat::from_mat3(&Mat3::from_cols(right, up, -forward)), scale: Vec3::ONE };
    let projection = match camera.lens {
        Lens::Perspective { height } => Projection::Perspective(PerspectiveProjection {
            fov: 2.0 * (height as f32 / 2.0).atan(),
            aspect_ratio: size.width_px as f32 / size.height_px as f32,
            near: camera.range_m[0] as f32,
            far: 10_000.0,
            ..default()
        }),
        Lens::Parallel { height_m } => Projection::Orthographic(OrthographicProjection {
            near: camera.range_m[0] as f32,
            far: 10_000.0,
            scaling_mode: ScalingMode::FixedVertical { viewport_height: height_m as f32 },
            ..OrthographicProjection::default_3d()
        }),
    };
    (transform, projection)
}

/// Nearest and farthest distance of what is to be seen sharply, along the view [m].
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub near_m: f32,
    pub far_m: f32,
}

impl Range {
    pub fn of(camera: &Camera, points_m: &[[f64; 3]]) -> Self {
        let depths = points_m.iter().map(|point| camera.own(*point)[2] as f32);
        let near_m = depths.clone().fold(f32::INFINITY, f32::min).max(0.1);
        Range { near_m, far_m: depths.fold(0.0, f32::max).max(near_m * 1.1) }
    }

    fn fog(&self) -> DistanceFog {
        DistanceFog { color: SKY, falloff: FogFalloff::Linear { start: self.far_m * 1.5, end: self.far_m * 6.0 }, ..default() }
    }

    fn shadows(&self, quality: &Quality) -> CascadeShadowConfig {
        let (minimum_distance, maximum_distance) = (self.near_m * 0.9, self.far_m * 1.15);
        CascadeShadowConfigBuilder {
            num_cascades: quality.cascades,
            minimum_distance,
            maximum_distance,
            first_cascade_far_bound: minimum_distance + (maximum_distance - minimum_distance) / quality.cascades as f32,
            ..default()
        }
        .build()
    }
}

/// Lens, shadows and fog of the one view of the line.
pub fn aim(camera: &Camera, size: Size, range: Range, quality: &Quality, world: &mut World) {
    let (transform, projection) = lens(camera, size);
    let mut views = world.query_filtered::<(&mut Transform, &mut Projection, &mut DistanceFog), With<Camera3d>>();
    for (mut at, mut through, mut fog) in views.iter_mut(world) {
        *at = transform;
        *through = projection.clone();
        *fog = range.fog();
    }
    let mut suns = world.query::<&mut CascadeShadowConfig>();
    suns.iter_mut(world).for_each(|mut config| *config = range.shadows(quality));
}

/// What every view of the line has, beside its lens and its target.
pub fn view(images: &mut Assets<Image>, range: Range) -> impl Bundle {
    let [above, around, below] = SKY_COLOURS;
    let sky = EnvironmentMapLight {
        intensity: SKY_CDPM2,
        // Bevy's sky is up along y.
        rotation: Quat::from_rotation_x(std::f32::consts::FRAC_PI_2),
        ..EnvironmentMapLight::hemispherical_gradient(images, above, around, below)
    };
    (
        Camera3d::default(),
        Exposure { ev100: EXPOSURE_EV100 },
        // Keeps colours what they are, and only what is too bright within bounds.
        Tonemapping::KhronosPbrNeutral,
        sky,
        range.fog(),
        // Cheaper on a processor, too, than to smooth edges afterwards.
        Msaa::Sample4,
        // The plain way to draw: every adapter can do it.
        NoIndirectDrawing,
    )
}

pub fn sun(range: Range, quality: &Quality) -> impl Bundle {
    (
        DirectionalLight { illuminance: SUN_LUX, shadow_maps_enabled: true, color: Color::srgb(1.0, 0.97, 0.92), ..default() },
        Transform::from_translation(SUN_FROM).looking_at(Vec3::ZERO, Vec3::Z),
        range.shadows(quality),
    )
}

/// A floor that reaches to the horizon, with its texture in metres of the world.
pub fn ground(middle_m: Vec2, z_m: f32, range: Range) -> (Mesh, impl Bundle) {
    let half_m = (range.far_m * GROUND_OVER_DISTANCE).max(100.0);
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[x, y]| [middle_m.x + x * half_m, middle_m.y + y * half_m]);
    let mesh = Mesh::new(PrimitiveTopology::TriangleList, bevy::asset::RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, corners.map(|[x, y]| [x, y, z_m]).to_vec())
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, vec![[0.0, 0.0, 1.0]; 4])
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, corners.map(|corner| corner.map(|value| value / FLOOR_TILE_M)).to_vec())
        .with_inserted_indices(Indices::U32(vec![0, 1, 2, 0, 2, 3]));
    (mesh, (Transform::IDENTITY, NotShadowCaster))
}
