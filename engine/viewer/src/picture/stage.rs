//! Scenery and moments as entities: spawned once, moved from moment to moment. Meshes and materials are shared, so that what is
//! alike is drawn together.

use super::light::{self, Quality, Range};
use super::surfaces::{Surface, Surfaces, surface_of};
use crate::drawing::{Drawn, Thing, drawn};
use bevy::asset::RenderAssetUsages;
use bevy::light::NotShadowCaster;
use bevy::mesh::{Indices, PrimitiveTopology};
use bevy::prelude::*;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Colour, Moment, Place, Role, Scenery, part_colour};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Blinking lamps go on and off so often.
const BLINK_PERIOD_NS: u64 = 1_000_000_000;

pub struct Stage {
    scenery: Arc<Scenery>,
    surfaces: Surfaces,
    meshes: BTreeMap<usize, Handle<Mesh>>,
    grain: Handle<Mesh>,
    shown: BTreeMap<Thing, Shown>,
    grains: Vec<Entity>,
}

#[derive(Clone, Copy)]
struct Shown {
    entity: Entity,
    surface: Surface,
    place: Place,
    scale: [f32; 3],
}

impl Stage {
    pub fn new(scenery: Arc<Scenery>, world: &mut World) -> Self {
        let surfaces = Surfaces::new(&mut world.resource_mut::<Assets<Image>>());
        let ball = Sphere::new(1.0).mesh().ico(1).expect("few enough triangles");
        let grain = world.resource_mut::<Assets<Mesh>>().add(ball);
        Stage { scenery, surfaces, meshes: BTreeMap::new(), grain, shown: BTreeMap::new(), grains: Vec::new() }
    }

    /// A camera, the sun, and the ground below `points_m`.
    pub fn light(&mut self, range: Range, points_m: &[[f64; 3]], quality: &Quality, world: &mut World) {
        let seen = light::view(&mut world.resource_mut::<Assets<Image>>(), range, quality);
        world.spawn(seen);
        world.spawn(light::sun(range, quality));
        let middle = |axis: usize| points_m.iter().map(|point| point[axis] as f32).sum::<f32>() / points_m.len() as f32;
        let (mesh, ground) = light::ground(Vec2::new(middle(0), middle(1)), self.scenery.floor_z_m, range);
        let mesh = world.resource_mut::<Assets<Mesh>>().add(mesh);
        let material = self.surfaces.material(Surface::Ground, &mut world.resource_mut::<Assets<StandardMaterial>>());
        world.spawn((ground, Mesh3d(mesh), MeshMaterial3d(material)));
    }

    /// Everything as at a moment.
    pub fn show(&mut self, moment: &Moment, world: &mut World) {
        let lamps_on = moment.now.0 % BLINK_PERIOD_NS < BLINK_PERIOD_NS / 2;
        let scenery = self.scenery.clone();
        let mut now: BTreeMap<Thing, Shown> = BTreeMap::new();
        for drawn in drawn(&scenery, moment) {
            let Some((surface, drawn)) = look_of(&scenery, moment, drawn, lamps_on) else { continue };
            let shown = match self.shown.remove(&drawn.thing) {
                Some(shown) => self.change(shown, surface, &drawn, world),
                None => self.spawn(surface, &drawn, world),
            };
            now.insert(drawn.thing, shown);
        }
        for gone in std::mem::replace(&mut self.shown, now).into_values() {
            world.despawn(gone.entity);
        }
        self.surfaces.run_belts(moment, &mut world.resource_mut::<Assets<StandardMaterial>>());
        self.show_grains(moment, world);
    }

    fn spawn(&mut self, surface: Surface, drawn: &Drawn, world: &mut World) -> Shown {
        let mesh = self.mesh(drawn.mesh, surface, world);
        let material = self.surfaces.material(surface, &mut world.resource_mut::<Assets<StandardMaterial>>());
        let mut entity = world.spawn((Mesh3d(mesh), MeshMaterial3d(material), transform(drawn)));
        if matches!(surface, Surface::Beam { .. } | Surface::Label) {
            entity.insert(NotShadowCaster);
        }
        Shown { entity: entity.id(), surface, place: drawn.place, scale: drawn.scale }
    }

    fn change(&mut self, mut shown: Shown, surface: Surface, drawn: &Drawn, world: &mut World) -> Shown {
        if shown.surface != surface {
            let material = self.surfaces.material(surface, &mut world.resource_mut::<Assets<StandardMaterial>>());
            world.entity_mut(shown.entity).insert(MeshMaterial3d(material));
            shown.surface = surface;
        }
        if (shown.place, shown.scale) != (drawn.place, drawn.scale) {
            world.entity_mut(shown.entity).insert(transform(drawn));
            (shown.place, shown.scale) = (drawn.place, drawn.scale);
        }
        shown
    }

    fn mesh(&mut self, index: usize, surface: Surface, world: &mut World) -> Handle<Mesh> {
        if let Some(made) = self.meshes.get(&index) {
            return made.clone();
        }
        let mesh = &self.scenery.meshes[index];
        // A label's texture fills it.
        let most = mesh.uv_m.iter().fold([f32::MIN_POSITIVE; 2], |most, uv| [most[0].max(uv[0]), most[1].max(uv[1])]);
        let uv = |uv: &[f32; 2]| if surface == Surface::Label { [uv[0] / most[0], 1.0 - uv[1] / most[1]] } else { *uv };
        let made = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, mesh.points_m.clone())
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, mesh.normals.clone())
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, mesh.uv_m.iter().map(uv).collect::<Vec<_>>())
            .with_inserted_indices(Indices::U32(mesh.triangles.iter().flatten().copied().collect()));
        let made = world.resource_mut::<Assets<Mesh>>().add(made);
        self.meshes.insert(index, made.clone());
        made
    }

    fn show_grains(&mut self, moment: &Moment, world: &mut World) {
        for gone in self.grains.split_off(moment.grains.len().min(self.grains.len())) {
            world.despawn(gone);
        }
        for (index, grain) in moment.grains.iter().enumerate() {
            let transform = Transform::from_translation(Vec3::from_array(grain.at_m)).with_scale(Vec3::splat(grain.radius_m));
            let Colour(colour) = part_colour(linetwin_model::scene::PartTypeId::from_index(grain.granulate as usize));
            let material = self.surfaces.material(Surface::Grain(colour), &mut world.resource_mut::<Assets<StandardMaterial>>());
            match self.grains.get(index) {
                Some(&entity) => {
                    world.entity_mut(entity).insert((transform, MeshMaterial3d(material)));
                }
                None => self.grains.push(world.spawn((Mesh3d(self.grain.clone()), MeshMaterial3d(material), transform)).id()),
            }
        }
    }
}

/// What it is made of, and where exactly. `None`: another thing is drawn in its place.
fn look_of(scenery: &Scenery, moment: &Moment, mut drawn: Drawn, lamps_on: bool) -> Option<(Surface, Drawn)> {
    let surface = match drawn.thing {
        Thing::Item(index) => {
            let item = &scenery.items[index];
            // The ground reaches farther.
            if item.role == Role::Floor {
                return None;
            }
            let state = if let Seen::Element(element) = item.owner { Some(moment.state(element)) } else { None };
            if let Role::Roller { drive: Some(drive), radius_m } = item.role {
                let angle = (moment.drive(drive).way_m / f64::from(radius_m)).rem_euclid(std::f64::consts::TAU);
                let (sin, cos) = (angle / 2.0).sin_cos();
                let turned = Place { rotation: [0.0, sin as f32, 0.0, cos as f32], ..Place::default() };
                drawn.place = drawn.place.holding(&turned);
            }
            surface_of(&item.role, state, moment, lamps_on)
        }
        Thing::Part(id) => {
            let part = moment.part(id)?;
            let Colour(colour) = scenery.look(part.part_type, part.variant).colour;
            Surface::Carton(colour)
        }
        Thing::Label(_) => Surface::Label,
    };
    Some((surface, drawn))
}

fn transform(drawn: &Drawn) -> Transform {
    Transform {
        translation: Vec3::from_array(drawn.place.position_m),
        rotation: Quat::from_array(drawn.place.rotation),
        scale: Vec3::from_array(drawn.scale),
    }
}
