//! Grains, however many: one buffer of middles and radii, and one instanced draw that makes lit spheres of them (`grains.wgsl`). What
//! it costs per grain is 16 bytes a frame and a triangle in each view.

use bevy::asset::{RenderAssetUsages, uuid_handle};
use bevy::camera::visibility::NoFrustumCulling;
use bevy::mesh::{MeshTag, MeshVertexBufferLayoutRef, PrimitiveTopology};
use bevy::pbr::{MaterialPipeline, MaterialPipelineKey};
use bevy::prelude::*;
use bevy::render::render_resource::{AsBindGroup, RenderPipelineDescriptor, SpecializedMeshPipelineError};
use bevy::render::storage::ShaderBuffer;
use bevy::shader::ShaderRef;
use linetwin_model::scene::PartTypeId;
use linetwin_sim::view::{Grain, part_colour};

/// Grains of one mesh: few of them make a short draw, many of them few entities. As in the shader.
const CHUNK: usize = 4096;
const GRAIN_BYTES: usize = 16;
/// What the last bits of a grain's word can tell apart; granulates beyond begin again.
const COLOURS: u32 = 256;
const SHADER: Handle<Shader> = uuid_handle!("5b1c0f5e-4a3e-4f0a-9a57-6d2d5a1f8c11");

/// Before anything is shown.
pub struct GrainPlugin;

impl Plugin for GrainPlugin {
    fn build(&self, app: &mut App) {
        let shader = Shader::from_wgsl(include_str!("grains.wgsl"), "linetwin/grains.wgsl");
        let added = app.world_mut().resource_mut::<Assets<Shader>>().insert(SHADER.id(), shader);
        added.expect("an asset may always be inserted under its own name");
        app.add_plugins(MaterialPlugin::<GrainMaterial>::default());
    }
}

#[derive(Asset, TypePath, AsBindGroup, Clone)]
struct GrainMaterial {
    #[storage(0, read_only)]
    grains: Handle<ShaderBuffer>,
    #[storage(1, read_only)]
    colours: Handle<ShaderBuffer>,
}

impl Material for GrainMaterial {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }
    fn prepass_vertex_shader() -> ShaderRef {
        SHADER.into()
    }
    fn prepass_fragment_shader() -> ShaderRef {
        SHADER.into()
    }
    /// Shadows, too, are cut out pixel by pixel.
    fn alpha_mode(&self) -> AlphaMode {
        AlphaMode::Mask(0.5)
    }
    fn specialize(
        _: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        _: &MeshVertexBufferLayoutRef,
        _: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

/// What is made when the first grain comes.
struct Made {
    mesh: Handle<Mesh>,
    material: Handle<GrainMaterial>,
    grains: Handle<ShaderBuffer>,
    /// Chunks that the buffer holds.
    room: usize,
    chunks: Vec<Entity>,
}

#[derive(Default)]
pub struct Grains {
    made: Option<Made>,
    /// Something is in the buffer.
    is_shown: bool,
}

impl Grains {
    pub fn show(&mut self, grains: &[Grain], world: &mut World) {
        if grains.is_empty() && !self.is_shown {
            return;
        }
        self.is_shown = !grains.is_empty();
        let made = self.made.get_or_insert_with(|| Made::new(world));
        let chunks = grains.len().div_ceil(CHUNK);
        for gone in made.chunks.split_off(chunks.min(made.chunks.len())) {
            world.despawn(gone);
        }
        for tag in made.chunks.len()..chunks {
            let (mesh, material) = (Mesh3d(made.mesh.clone()), MeshMaterial3d(made.material.clone()));
            made.chunks.push(world.spawn((mesh, material, MeshTag(tag as u32), Transform::IDENTITY, NoFrustumCulling)).id());
        }
        let mut bytes = Vec::with_capacity(made.room.max(chunks) * CHUNK * GRAIN_BYTES);
        grains.iter().for_each(|grain| bytes.extend_from_slice(&packed(grain)));
        if chunks > made.room {
            made.room = chunks.next_power_of_two();
            // A buffer of another size is another one, which the material has to learn.
            _ = world.resource_mut::<Assets<GrainMaterial>>().get_mut(&made.material);
        }
        // Those without a radius are not seen.
        bytes.resize(made.room * CHUNK * GRAIN_BYTES, 0);
        if let Some(mut buffer) = world.resource_mut::<Assets<ShaderBuffer>>().get_mut(&made.grains) {
            buffer.data = Some(bytes);
        }
    }
}

impl Made {
    fn new(world: &mut World) -> Self {
        let linear = |index: u32| {
            let [r, g, b] = part_colour(PartTypeId::from_index(index as usize)).linear();
            [r, g, b, 1.0].map(f32::to_le_bytes).concat()
        };
        let colours: Vec<u8> = (0..COLOURS).flat_map(linear).collect();
        let mut buffers = world.resource_mut::<Assets<ShaderBuffer>>();
        let colours = buffers.add(ShaderBuffer::new(&colours, RenderAssetUsages::RENDER_WORLD));
        let grains = buffers.add(ShaderBuffer::new(&[0; CHUNK * GRAIN_BYTES], RenderAssetUsages::RENDER_WORLD));
        let mesh = world.resource_mut::<Assets<Mesh>>().add(triangles());
        let material = world.resource_mut::<Assets<GrainMaterial>>().add(GrainMaterial { grains: grains.clone(), colours });
        Made { mesh, material, grains, room: 1, chunks: Vec::new() }
    }
}

/// A triangle about the unit circle for each grain of a chunk.
fn triangles() -> Mesh {
    let half = 3.0_f32.sqrt();
    let corners = [[-half, -1.0], [half, -1.0], [0.0, 2.0]];
    let points: Vec<[f32; 3]> = (0..CHUNK).flat_map(|grain| corners.map(|[x, y]| [x, y, grain as f32])).collect();
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD).with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, points)
}

fn packed(grain: &Grain) -> [u8; GRAIN_BYTES] {
    let [x, y, z] = grain.at_m.map(f32::to_bits);
    let look = (grain.radius_m.to_bits() & !(COLOURS - 1)) | (grain.granulate % COLOURS);
    let mut bytes = [0; GRAIN_BYTES];
    for (at, word) in [x, y, z, look].into_iter().enumerate() {
        bytes[4 * at..4 * at + 4].copy_from_slice(&word.to_le_bytes());
    }
    bytes
}
