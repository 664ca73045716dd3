//! A scenery while it is put together: items go in one by one, and bodies of one size share their mesh. Decides nothing about
//! what is seen.

use super::mesh::{Axis, Mesh};
use super::place::Place;
use super::role::Role;
use super::scenery::{Item, PartLook, Scenery, Viewpoint};
use crate::port::Seen;
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, Vec3};
use std::collections::BTreeMap;

/// What is thinner is not seen [m].
const LEAST_M: f64 = 1e-4;

/// Bodies of one kind and size, by the bits of that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Body {
    Block([u64; 3]),
    Cylinder([u64; 2], Axis),
}

pub struct Stage<'a> {
    pub scene: &'a Scene,
    meshes: Vec<Mesh>,
    items: Vec<Item>,
    shared: BTreeMap<Body, usize>,
}

/// Where an item stands: in the world, or in the space of a mover.
#[derive(Clone, Copy)]
pub struct At {
    pub place: Place,
    pub mover: Option<usize>,
}

impl From<&Pose> for At {
    fn from(pose: &Pose) -> Self {
        At { place: Place::of(pose), mover: None }
    }
}

impl<'a> Stage<'a> {
    pub fn new(scene: &'a Scene) -> Self {
        Stage { scene, meshes: Vec::new(), items: Vec::new(), shared: BTreeMap::new() }
    }

    /// About its middle; one without extent is no item.
    pub fn block(&mut self, owner: Seen, role: Role, at: impl Into<At>, size_m: Vec3) {
        if size_m.iter().any(|size| *size < LEAST_M) {
            return;
        }
        let mesh = self.block_mesh(size_m);
        self.put(owner, role, at, mesh);
    }

    /// About its middle.
    pub fn cylinder(&mut self, owner: Seen, role: Role, at: impl Into<At>, (radius_m, length_m, axis): (f64, f64, Axis)) {
        let body = Body::Cylinder([radius_m, length_m].map(f64::to_bits), axis);
        let mesh = self.share(body, || Mesh::cylinder(radius_m, length_m, axis));
        self.put(owner, role, at, mesh);
    }

    /// A mesh in the space of where it stands; one without triangles is no item.
    pub fn mesh(&mut self, owner: Seen, role: Role, at: impl Into<At>, mesh: Mesh) {
        if !mesh.triangles.is_empty() {
            let mesh = self.own_mesh(mesh);
            self.put(owner, role, at, mesh);
        }
    }

    /// A mesh that was made in the world, kept in the space of a pose near it, where f32 is fine.
    pub fn world_mesh(&mut self, owner: Seen, role: Role, near: &Pose, mesh: &Mesh) {
        self.mesh(owner, role, near, mesh.seen_from(near));
    }

    pub fn block_mesh(&mut self, size_m: Vec3) -> usize {
        self.share(Body::Block(size_m.map(f64::to_bits)), || Mesh::block(size_m))
    }

    pub fn own_mesh(&mut self, mesh: Mesh) -> usize {
        self.meshes.push(mesh);
        self.meshes.len() - 1
    }

    pub fn put(&mut self, owner: Seen, role: Role, at: impl Into<At>, mesh: usize) {
        let At { place, mover } = at.into();
        self.items.push(Item { owner, role, mesh, place, mover });
    }

    fn share(&mut self, body: Body, make: impl FnOnce() -> Mesh) -> usize {
        let next = self.meshes.len();
        let index = *self.shared.entry(body).or_insert(next);
        if index == next {
            self.meshes.push(make());
        }
        index
    }

    pub fn done(self, parts: Vec<Vec<PartLook>>, cameras: Vec<Viewpoint>) -> Scenery {
        let standing = self.items.iter().filter(|item| item.mover.is_none() && !matches!(item.owner, Seen::Floor));
        let corners = standing.flat_map(|item| item.corners(&self.meshes[item.mesh]));
        let bounds_m = corners.fold([[f32::INFINITY; 3], [f32::NEG_INFINITY; 3]], |[low, high], corner| {
            [std::array::from_fn(|axis| low[axis].min(corner[axis])), std::array::from_fn(|axis| high[axis].max(corner[axis]))]
        });
        let bounds_m = if bounds_m[0][0] <= bounds_m[1][0] { bounds_m } else { [[0.0; 3]; 2] };
        let floor_z_m = self.scene.physics.floor_z_m as f32;
        let floor_plan = self.scene.floor_plan.clone();
        Scenery { meshes: self.meshes, items: self.items, parts, cameras, floor_plan, floor_z_m, bounds_m }
    }
}
