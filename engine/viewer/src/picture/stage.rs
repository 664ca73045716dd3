//! Scenery and moments as entities: spawned once, moved from moment to moment. Meshes and materials are shared, so that what is
//! alike is drawn together. What a moment costs is what moves in it: what stands is looked at once.

use super::floor_plan;
use super::grains::Grains;
use super::light::{self, Quality, Range};
use super::surfaces::{Paint, Surface, Surfaces, surface_of};
use crate::drawing::{Drawn, drawn_item, drawn_part};
use bevy::asset::RenderAssetUsages;
use bevy::light::NotShadowCaster;
use bevy::mesh::{Indices, PrimitiveTopology};
use bevy::prelude::*;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Colour, Grain, Item, Moment, Place, Role, Scenery};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Blinking lamps go on and off so often.
const BLINK_PERIOD_NS: u64 = 1_000_000_000;

pub struct Stage {
    scenery: Arc<Scenery>,
    quality: Quality,
    surfaces: Surfaces,
    meshes: BTreeMap<usize, Handle<Mesh>>,
    /// By item: those that are seen.
    items: Vec<Option<Shown>>,
    /// Items that a moment can change.
    lively: Vec<usize>,
    /// In order of id.
    parts: Vec<PartShown>,
    grains: Grains,
}

#[derive(Clone, Copy)]
struct Shown {
    entity: Entity,
    surface: Surface,
    place: Place,
    scale: [f32; 3],
}

#[derive(Clone, Copy)]
struct PartShown {
    id: PartId,
    body: Shown,
    label: Option<Shown>,
}

impl Stage {
    pub fn new(scenery: Arc<Scenery>, quality: Quality, world: &mut World) -> Self {
        let surfaces = Surfaces::new(quality, &mut world.resource_mut::<Assets<Image>>());
        let (meshes, parts, grains) = (BTreeMap::new(), Vec::new(), Grains::default());
        let lively = (0..scenery.items.len()).filter(|index| can_change(&scenery.items[*index])).collect();
        Stage { scenery, quality, surfaces, meshes, items: Vec::new(), lively, parts, grains }
    }

    /// A camera, the sun, and the ground below `points_m`.
    pub fn light(&mut self, range: Range, points_m: &[[f64; 3]], world: &mut World) {
        let seen = light::view(&mut world.resource_mut::<Assets<Image>>(), range);
        world.spawn(seen);
        world.spawn(light::sun(range, &self.quality));
        let middle = |axis: usize| points_m.iter().map(|point| point[axis] as f32).sum::<f32>() / points_m.len() as f32;
        let (mesh, ground) = light::ground(Vec2::new(middle(0), middle(1)), self.scenery.floor_z_m, range);
        let mesh = world.resource_mut::<Assets<Mesh>>().add(mesh);
        let material = self.surfaces.material(Surface::Ground, &mut world.resource_mut::<Assets<Paint>>());
        world.spawn((ground, Mesh3d(mesh), MeshMaterial3d(material)));
        if let Some(plan) = &self.scenery.floor_plan {
            floor_plan::spawn(plan, self.scenery.floor_z_m, range, self.quality, world);
        }
    }

    /// Everything as at a moment.
    pub fn show(&mut self, moment: &Moment, world: &mut World) {
        self.show_on_way(moment, None, world);
    }

    /// With grains that are so far on their way from other places.
    pub fn show_on_way(&mut self, moment: &Moment, grains_from: Option<&(Arc<Vec<Grain>>, f32)>, world: &mut World) {
        let lamps_on = moment.now.0 % BLINK_PERIOD_NS < BLINK_PERIOD_NS / 2;
        if self.items.is_empty() {
            self.items = vec![None; self.scenery.items.len()];
            (0..self.items.len()).for_each(|index| self.show_item(index, moment, lamps_on, world));
        } else {
            let lively = std::mem::take(&mut self.lively);
            lively.iter().for_each(|&index| self.show_item(index, moment, lamps_on, world));
            self.lively = lively;
        }
        self.show_parts(moment, world);
        self.surfaces.run_belts(moment, &mut world.resource_mut::<Assets<Paint>>());
        self.grains.show(&moment.grains, grains_from, world);
    }

    fn show_item(&mut self, index: usize, moment: &Moment, lamps_on: bool, world: &mut World) {
        let scenery = self.scenery.clone();
        let item = &scenery.items[index];
        // The ground reaches farther than the floor.
        let drawn = if item.role == Role::Floor { None } else { drawn_item(&scenery, moment, index) };
        self.items[index] = match (self.items[index], drawn) {
            (shown, Some(drawn)) => {
                let (surface, drawn) = look_of(item, moment, drawn, lamps_on);
                Some(self.put(shown, surface, &drawn, world))
            }
            (Some(gone), None) => {
                world.despawn(gone.entity);
                None
            }
            (None, None) => None,
        };
    }

    /// Both lists are in order of id: who is in one of them only has come or gone.
    fn show_parts(&mut self, moment: &Moment, world: &mut World) {
        let scenery = self.scenery.clone();
        let mut before = std::mem::take(&mut self.parts).into_iter().peekable();
        let despawn = |gone: PartShown, world: &mut World| {
            std::iter::once(gone.body).chain(gone.label).for_each(|shown| _ = world.despawn(shown.entity));
        };
        self.parts.reserve(moment.parts.len());
        for part in &moment.parts {
            while let Some(gone) = before.next_if(|shown| shown.id < part.id) {
                despawn(gone, world);
            }
            let shown = before.next_if(|shown| shown.id == part.id);
            let (body, label) = drawn_part(&scenery, part);
            let Colour(colour) = scenery.look(part.part_type, part.variant).colour;
            let body = self.put(shown.map(|shown| shown.body), Surface::Carton(colour), &body, world);
            let label = label.map(|label| self.put(shown.and_then(|shown| shown.label), Surface::Label, &label, world));
            self.parts.push(PartShown { id: part.id, body, label });
        }
        before.for_each(|gone| despawn(gone, world));
    }

    fn put(&mut self, shown: Option<Shown>, surface: Surface, drawn: &Drawn, world: &mut World) -> Shown {
        match shown {
            Some(shown) => self.change(shown, surface, drawn, world),
            None => self.spawn(surface, drawn, world),
        }
    }

    fn spawn(&mut self, surface: Surface, drawn: &Drawn, world: &mut World) -> Shown {
        let mesh = self.mesh(drawn.mesh, surface, world);
        let material = self.surfaces.material(surface, &mut world.resource_mut::<Assets<Paint>>());
        let mut entity = world.spawn((Mesh3d(mesh), MeshMaterial3d(material), transform(drawn)));
        if matches!(surface, Surface::Beam { .. } | Surface::Label) {
            entity.insert(NotShadowCaster);
        }
        Shown { entity: entity.id(), surface, place: drawn.place, scale: drawn.scale }
    }

    fn change(&mut self, mut shown: Shown, surface: Surface, drawn: &Drawn, world: &mut World) -> Shown {
        if shown.surface != surface {
            let material = self.surfaces.material(surface, &mut world.resource_mut::<Assets<Paint>>());
            world.entity_mut(shown.entity).insert(MeshMaterial3d(material));
            shown.surface = surface;
        }
        if (shown.place, shown.scale) != (drawn.place, drawn.scale) {
            *world.get_mut::<Transform>(shown.entity).expect("it was spawned with one") = transform(drawn);
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
}

/// Whether a moment can show it elsewhere or otherwise.
fn can_change(item: &Item) -> bool {
    item.mover.is_some() || matches!(item.role, Role::Lamp(_) | Role::Beam { eye: Some(_) } | Role::Roller { drive: Some(_), .. })
}

/// What it is made of, and where exactly.
fn look_of(item: &Item, moment: &Moment, mut drawn: Drawn, lamps_on: bool) -> (Surface, Drawn) {
    let state = if let Seen::Element(element) = item.owner { Some(moment.state(element)) } else { None };
    if let Role::Roller { drive: Some(drive), radius_m } = item.role {
        let angle = (moment.drive(drive).way_m / f64::from(radius_m)).rem_euclid(std::f64::consts::TAU);
        let (sin, cos) = (angle / 2.0).sin_cos();
        let turned = Place { rotation: [0.0, sin as f32, 0.0, cos as f32], ..Place::default() };
        drawn.place = drawn.place.holding(&turned);
    }
    (surface_of(&item.role, state, moment, lamps_on), drawn)
}

fn transform(drawn: &Drawn) -> Transform {
    Transform {
        translation: Vec3::from_array(drawn.place.position_m),
        rotation: Quat::from_array(drawn.place.rotation),
        scale: Vec3::from_array(drawn.scale),
    }
}
