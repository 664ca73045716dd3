//! What keeps its shape through a run: meshes, items that show them, and what parts look like.

use super::mesh::Mesh;
use super::moment::Mover;
use super::place::Place;
use super::role::{Colour, Role};
use super::stage::Stage;
use super::{View, beds, installed, looks, machines, senses, stands, vessels};
use crate::granular::{Granular, Vessels};
use crate::port::{Installed, Seen};
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, add};
use linetwin_model::scene::{FloorPlan, PartTypeId};

/// Everything that stands, and what may come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenery {
    pub meshes: Vec<Mesh>,
    pub items: Vec<Item>,
    /// By part type and variant.
    pub parts: Vec<Vec<PartLook>>,
    /// Of the scene's cameras, in order.
    pub cameras: Vec<Viewpoint>,
    /// What lies on the floor, for who draws the floor.
    pub floor_plan: Option<FloorPlan>,
    /// Height of the floor [m].
    pub floor_z_m: f32,
    /// Lowest and highest corner of all that stands, but the floor [m]: what a first picture is to show.
    pub bounds_m: [[f32; 3]; 2],
}

/// One thing that is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The floor, or an element.
    pub owner: Seen,
    pub role: Role,
    /// Index into [`Scenery::meshes`].
    pub mesh: usize,
    /// In the world; of something that moves, in the space of its mover: see [`Item::in_world`].
    pub place: Place,
    /// Index into [`Moment::movers`](super::Moment::movers): what carries it.
    pub mover: Option<usize>,
}

/// From where a camera looks: along x of its place, with y to its left and z up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewpoint {
    /// In the world; on a platform, in the space of its mover.
    pub place: Place,
    pub mover: Option<usize>,
}

/// What the parts of a type and variant look like.
#[derive(Clone, Debug, PartialEq)]
pub struct PartLook {
    /// Index into [`Scenery::meshes`]: as large as the mean of what is drawn, centred on the shape's bounding box.
    pub mesh: usize,
    /// A label on one of its sides, as an own mesh about the same centre.
    pub label: Option<usize>,
    pub colour: Colour,
}

impl Scenery {
    pub fn look(&self, part_type: PartTypeId, variant: u32) -> &PartLook {
        &self.parts[part_type.index()][variant as usize]
    }
}

impl View<'_> {
    pub fn scenery(&self) -> Scenery {
        let mut stage = Stage::new(self.scene);
        let all = self.transport.installed(self.scene);
        installed::add(&mut stage, &all);
        beds::add(&mut stage, &all);
        stands::add(&mut stage);
        machines::add(&mut stage, &all);
        senses::add(&mut stage);
        let walls = self.grains.map(Granular::shown_walls).or_else(|| Some(Vessels::new(self.scene)?.shown_walls()));
        if let Some(walls) = walls {
            let movers = all.iter().filter(|row| row.mover.is_some()).count();
            vessels::add(&mut stage, &walls, movers);
        }
        let parts = looks::of_parts(&mut stage);
        let cameras = viewpoints(self.scene, &all);
        stage.done(parts, cameras)
    }
}

impl Viewpoint {
    pub fn in_world(&self, movers: &[Mover]) -> Place {
        self.mover.map_or(self.place, |mover| movers[mover].place.holding(&self.place))
    }
}

/// A platform's mover is in the middle of its thickness, a camera's mount on its surface.
fn viewpoints(scene: &Scene, installed: &[Installed]) -> Vec<Viewpoint> {
    let cameras = scene.cameras.iter();
    cameras
        .map(|camera| {
            let mover = camera.mount.and_then(|mount| beds::movers_of(installed, scene.carriage(mount).element).first().copied());
            let up_m = if mover.is_some() { beds::CARRIAGE_M / 2.0 } else { 0.0 };
            let pose = match camera.mount {
                // Where nothing moves, it is seen from home.
                Some(mount) if mover.is_none() => camera.on(&scene.carriage_middle(mount)),
                _ => Pose { position: add(camera.pose.position, [0.0, 0.0, up_m]), ..camera.pose },
            };
            Viewpoint { place: Place::of(&pose), mover }
        })
        .collect()
}

impl Item {
    /// Where it is when movers are as they are, and how much larger along its axes.
    pub fn in_world(&self, movers: &[Mover]) -> (Place, [f32; 3]) {
        match self.mover {
            Some(mover) => (movers[mover].place.holding(&self.place), movers[mover].scale),
            None => (self.place, [1.0; 3]),
        }
    }

    /// Of the box about its mesh, where it stands [m].
    pub(super) fn corners(&self, mesh: &Mesh) -> [[f32; 3]; 8] {
        let ends = mesh.bounds();
        std::array::from_fn(|which| self.place.point(std::array::from_fn(|axis| ends[which >> axis & 1][axis])))
    }
}
