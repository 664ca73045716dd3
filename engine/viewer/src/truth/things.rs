//! Whose a mesh is. An element with all its frames, legs and devices is one thing, and so is each part with its label, the floor,
//! and all grains of a granulate together. Light is no thing. Numbers count from 1; 0 is nothing.

use crate::drawing::{Drawn, Thing, drawn};
use linetwin_model::Scene;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Moment, Place, Role, Scenery};
use std::collections::BTreeMap;

pub const FLOOR: &str = "floor";

/// Something with a number of its own.
#[derive(Clone, Debug)]
pub struct Instance {
    pub name: String,
    /// Of an element its family, of a part its type, of grains their granulate.
    pub class: String,
    /// Place of the box that belongs to it: a part's own, else the world's.
    pub place: Place,
    pub meshes: Vec<Drawn>,
    /// Middles and radii [m].
    pub balls: Vec<([f32; 3], f32)>,
}

/// Floor and elements in the scene's order, then granulates, then parts by source and birth.
pub fn instances(scene: &Scene, scenery: &Scenery, moment: &Moment) -> Vec<Instance> {
    let new = |name: String, class: String| Instance { name, class, place: Place::default(), meshes: Vec::new(), balls: Vec::new() };
    let mut installed: BTreeMap<usize, Instance> = BTreeMap::new();
    let mut parts = BTreeMap::new();
    for drawn in drawn(scenery, moment) {
        match drawn.thing {
            Thing::Item(index) => {
                let item = &scenery.items[index];
                if matches!(item.role, Role::Beam { .. }) {
                    continue;
                }
                let (order, name, class) = match item.owner {
                    Seen::Element(id) => (1 + id.index(), scene.element(id).name.clone(), scene.element(id).family.clone()),
                    _ => (0, FLOOR.to_string(), FLOOR.to_string()),
                };
                installed.entry(order).or_insert_with(|| new(name, class)).meshes.push(drawn);
            }
            Thing::Part(id) | Thing::Label(id) => {
                let part = moment.part(id).expect("what is drawn is shown");
                let class = scene.part_types[part.part_type.index()].name.clone();
                let name = format!("{}#{}", scene.element(id.source).name, id.serial);
                parts.entry(id).or_insert_with(|| Instance { place: part.place, ..new(name, class) }).meshes.push(drawn);
            }
        }
    }
    let mut grains: BTreeMap<u32, Instance> = BTreeMap::new();
    for grain in moment.grains.iter() {
        let name = || scene.bulk.as_ref().map_or(String::new(), |bulk| bulk.granulates[grain.granulate as usize].name.clone());
        grains.entry(grain.granulate).or_insert_with(|| new(name(), name())).balls.push((grain.at_m, grain.radius_m));
    }
    installed.into_values().chain(grains.into_values()).chain(parts.into_values()).collect()
}

/// Every class once, in the order of its first instance.
pub fn classes(instances: &[Instance]) -> Vec<&str> {
    let mut classes: Vec<&str> = Vec::new();
    for instance in instances {
        if !classes.contains(&instance.class.as_str()) {
            classes.push(&instance.class);
        }
    }
    classes
}
