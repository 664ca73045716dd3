//! Grains, however many: two buffers of middles and radii, and one instanced draw that makes lit spheres of them (`grains.wgsl`), on
//! their way from the one to the other. A grain costs 16 bytes when there is another moment, and a triangle in each view.

use bevy::asset::{RenderAssetUsages, uuid_handle};
use bevy::camera::visibility::NoFrustumCulling;
use bevy::mesh::{MeshTag, MeshVertexBufferLayoutRef, PrimitiveTopology};
use bevy::pbr::{MaterialPipeline, MaterialPipelineKey};
use bevy::prelude::*;
use bevy::render::render_resource::{AsBindGroup, RenderPipelineDescriptor, SpecializedMeshPipelineError};
use bevy::render::storage::ShaderBuffer;
use bevy::shader::ShaderRef;
use bevy::tasks::ComputeTaskPool;
use linetwin_model::scene::PartTypeId;
use linetwin_sim::view::{Grain, part_colour};
use std::sync::Arc;

/// Grains of one mesh: few of them make a short draw, many of them few entities. As in the shader.
const CHUNK: usize = 4096;
const GRAIN_BYTES: usize = 16;
/// By one thread.
const PACKED_TOGETHER: usize = 16 * CHUNK;
/// What the last bits of a grain's word can tell apart; granulates beyond begin again.
const COLOURS: u32 = 256;
pub const SHADER: Handle<Shader> = uuid_handle!("5b1c0f5e-4a3e-4f0a-9a57-6d2d5a1f8c11");

#[derive(Asset, TypePath, AsBindGroup, Clone)]
pub struct GrainMaterial {
    #[storage(0, read_only)]
    first: Handle<ShaderBuffer>,
    #[storage(1, read_only)]
    second: Handle<ShaderBuffer>,
    #[storage(2, read_only)]
    colours: Handle<ShaderBuffer>,
    /// How far from the first to the second, and which of them is where they are on their way to.
    #[uniform(3)]
    way: Vec4,
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
    buffers: [Handle<ShaderBuffer>; 2],
    /// What is in each of them.
    held: [Option<Arc<Vec<Grain>>>; 2],
    /// Chunks that each holds.
    room: usize,
    /// The buffer of the latest moment, and how far the other is left behind.
    newest: usize,
    share: f32,
    chunks: Vec<Entity>,
}

#[derive(Default)]
pub struct Grains {
    made: Option<Made>,
    /// Something is in the buffer.
    is_shown: bool,
}

impl Grains {
    /// `from`: where they come from, and how far they are from there to `grains`.
    pub fn show(&mut self, grains: &Arc<Vec<Grain>>, from: Option<&(Arc<Vec<Grain>>, f32)>, world: &mut World) {
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
        let grows = chunks > made.room;
        if grows {
            made.room = chunks.next_power_of_two();
            made.held = [None, None];
        }
        // Some have come or gone: nobody knows which of them is which.
        let from = from.filter(|(before, _)| before.len() == grains.len() && !Arc::ptr_eq(before, grains));
        let newest =
            made.slot_of(grains).unwrap_or_else(|| from.and_then(|from| made.slot_of(&from.0)).map_or(1 - made.newest, |slot| 1 - slot));
        made.hold(newest, grains, world);
        let share = match from {
            Some((before, share)) => {
                made.hold(1 - newest, before, world);
                *share
            }
            None => 1.0,
        };
        // Buffers of one size, so that none is read beyond its end. One of another size is another one, which the material has to learn.
        if grows && made.held[1 - newest].is_none() {
            made.hold(1 - newest, grains, world);
        }
        if grows || (newest, share) != (made.newest, made.share) {
            (made.newest, made.share) = (newest, share);
            let along = if newest == 1 { share } else { 1.0 - share };
            if let Some(mut material) = world.resource_mut::<Assets<GrainMaterial>>().get_mut(&made.material) {
                material.way = Vec4::new(along, newest as f32, 0.0, 0.0);
            }
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
        let mut assets = world.resource_mut::<Assets<ShaderBuffer>>();
        let colours = assets.add(ShaderBuffer::new(&colours, RenderAssetUsages::RENDER_WORLD));
        let buffers = [0, 1].map(|_| assets.add(ShaderBuffer::new(&[0; CHUNK * GRAIN_BYTES], RenderAssetUsages::RENDER_WORLD)));
        let mesh = world.resource_mut::<Assets<Mesh>>().add(triangles());
        let [first, second] = buffers.clone();
        let material = GrainMaterial { first, second, colours, way: Vec4::ZERO };
        let material = world.resource_mut::<Assets<GrainMaterial>>().add(material);
        Made { mesh, material, buffers, held: [None, None], room: 1, newest: 0, share: 1.0, chunks: Vec::new() }
    }

    fn slot_of(&self, grains: &Arc<Vec<Grain>>) -> Option<usize> {
        self.held.iter().position(|held| held.as_ref().is_some_and(|held| Arc::ptr_eq(held, grains)))
    }

    /// Uploads them, unless they are there.
    fn hold(&mut self, slot: usize, grains: &Arc<Vec<Grain>>, world: &mut World) {
        if self.slot_of(grains) == Some(slot) {
            return;
        }
        self.held[slot] = Some(grains.clone());
        if let Some(mut buffer) = world.resource_mut::<Assets<ShaderBuffer>>().get_mut(&self.buffers[slot]) {
            buffer.data = Some(packed_all(grains, self.room * CHUNK));
        }
    }
}

/// On all threads; those without a radius, up to `room`, are not seen.
fn packed_all(grains: &[Grain], room: usize) -> Vec<u8> {
    let mut bytes = vec![0; room * GRAIN_BYTES];
    let pieces = bytes.chunks_mut(PACKED_TOGETHER * GRAIN_BYTES).zip(grains.chunks(PACKED_TOGETHER));
    ComputeTaskPool::get().scope(|scope| {
        for (bytes, grains) in pieces {
            scope.spawn(async move {
                bytes.chunks_exact_mut(GRAIN_BYTES).zip(grains).for_each(|(bytes, grain)| bytes.copy_from_slice(&packed(grain)));
            });
        }
    });
    bytes
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
