//! What changes from step to step. Taking one reads the simulation and allocates nothing but its own lists.

use super::View;
use super::place::Place;
use crate::event::ElementState;
use crate::granular::{Granular, Vessels};
use crate::load;
use crate::parts::{DrawnShape, Part, PartId};
use linetwin_model::Time;
use linetwin_model::scene::{DriveId, ElementId, EyeId, PartTypeId, PartVariant, Shape};
use std::sync::Arc;

/// The line at the end of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// The bodies stand as at this instant.
    pub now: Time,
    /// Every part that has a place in the world, and every one that is in such a part; in order of id.
    pub parts: Vec<ShownPart>,
    /// By [`Item::mover`](super::Item::mover).
    pub movers: Vec<Mover>,
    /// By [`ElementId`], as of one step before `now`.
    pub states: Vec<ElementState>,
    /// By [`EyeId`]: blocked, as the controllers are told.
    pub eyes: Vec<bool>,
    /// By [`DriveId`].
    pub drives: Vec<DriveMoment>,
    /// Shared, because there may be a million of them: whoever keeps a moment or goes between two copies none.
    pub grains: Arc<Vec<Grain>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownPart {
    pub id: PartId,
    pub part_type: PartTypeId,
    pub variant: u32,
    /// Of the middle of its own shape, without what it holds.
    pub place: Place,
    /// Its size over that of the mesh of its look, along its axes.
    pub scale: [f32; 3],
    /// What holds it.
    pub inside: Option<PartId>,
}

/// Something that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mover {
    pub place: Place,
    /// Along its axes, before it is placed; all zero: it is out of the picture.
    pub scale: [f32; 3],
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DriveMoment {
    /// Way of its surface since the start, forwards positive [m].
    pub way_m: f64,
    pub speed_mps: f32,
}

/// A grain of bulk material; a clump as the sphere of its volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grain {
    pub at_m: [f32; 3],
    pub radius_m: f32,
    /// Index into the scene's granulates.
    pub granulate: u32,
}

impl Moment {
    pub fn state(&self, element: ElementId) -> ElementState {
        self.states[element.index()]
    }
    pub fn is_blocked(&self, eye: EyeId) -> bool {
        self.eyes[eye.index()]
    }
    pub fn drive(&self, drive: DriveId) -> DriveMoment {
        self.drives[drive.index()]
    }
    pub fn part(&self, id: PartId) -> Option<&ShownPart> {
        let found = self.parts.binary_search_by_key(&id, |part| part.id).ok()?;
        Some(&self.parts[found])
    }
}

impl View<'_> {
    pub fn moment(&self) -> Moment {
        let mut moment = Moment { now: self.now, ..Moment::default() };
        self.show_parts(&mut moment.parts);
        moment.movers = self.movers();
        moment.states.extend(self.scene.element_ids().map(|element| self.line.state(element).unwrap_or(ElementState::Idle)));
        moment.eyes.extend((0..self.scene.eyes.len()).map(|eye| self.line.io().is_blocked(EyeId::from_index(eye))));
        moment.drives.extend(
            self.transport
                .energy()
                .drive_way_m
                .iter()
                .enumerate()
                .map(|(drive, &way_m)| DriveMoment { way_m, speed_mps: self.transport.speed_mps(DriveId::from_index(drive)) as f32 }),
        );
        if let Some(granular) = self.grains {
            let shown = granular.grains().iter().map(|(_, grain)| Grain {
                at_m: grain.position_m.map(|value| value as f32),
                radius_m: grain.radius_m,
                granulate: grain.material as u32,
            });
            moment.grains = Arc::new(shown.collect());
        }
        moment
    }

    pub(super) fn movers(&self) -> Vec<Mover> {
        let mut movers = Vec::new();
        let mut add = |(position_m, rotation, scale)| movers.push(Mover { place: Place { position_m, rotation }, scale });
        self.transport.movers(self.scene, &mut add);
        let vessels = || Some(Vessels::new(self.scene)?.movers(&self.transport.gates()));
        let of_bulk = self.grains.map(Granular::movers).or_else(vessels).unwrap_or_default();
        movers.extend(of_bulk.iter().map(|pose| Mover { place: Place::of(pose), scale: [1.0; 3] }));
        movers
    }

    fn show_parts(&self, shown: &mut Vec<ShownPart>) {
        for (id, motion) in self.transport.motions() {
            let place = Place { position_m: motion.position, rotation: motion.rotation };
            self.show_part(id, place, None, shown);
        }
        shown.sort_unstable_by_key(|part| part.id);
    }

    /// `place`: of the middle of its shape with what it holds.
    fn show_part(&self, id: PartId, place: Place, inside: Option<PartId>, shown: &mut Vec<ShownPart>) {
        let Some(part) = self.parts.get(id) else { return };
        let own_z_m = if let DrawnShape::Loaded(loaded) = &part.shape { loaded.own_z_m } else { 0.0 };
        let own = Place { position_m: place.point([0.0, 0.0, own_z_m as f32]), ..place };
        let variant = &self.scene.part_types[part.part_type.index()].variants[part.variant as usize];
        let scale = scale_of(part, variant);
        shown.push(ShownPart { id, part_type: part.part_type, variant: part.variant, place: own, scale, inside });
        for &inner in &part.content {
            let Some(held) = self.parts.get(inner) else { continue };
            let seat = load::seat_of(load::own_shape(&part.shape), held);
            let half_turn = if seat.turned { std::f32::consts::FRAC_1_SQRT_2 } else { 0.0 };
            let rotation = [0.0, 0.0, half_turn, if seat.turned { half_turn } else { 1.0 }];
            let within = Place { position_m: seat.centre_m.map(|value| value as f32), rotation };
            self.show_part(inner, own.holding(&within), Some(id), shown);
        }
    }
}

/// Size of a variant's mesh [m]: the mean of what is drawn.
pub(super) fn mean_size_m(shape: &Shape) -> [f64; 3] {
    match shape {
        Shape::Box { size_m } | Shape::OpenBox { size_m, .. } => std::array::from_fn(|axis| size_m[axis].mean()),
        Shape::Cylinder { diameter_m, height_m } | Shape::Capsule { diameter_m, height_m } => {
            [diameter_m.mean(), diameter_m.mean(), height_m.mean()]
        }
        Shape::ConvexHull { points_m, scale } => {
            let ends = |axis: usize| points_m.iter().map(move |point| point[axis]);
            let size = |axis| ends(axis).fold(f64::NEG_INFINITY, f64::max) - ends(axis).fold(f64::INFINITY, f64::min);
            [0, 1, 2].map(|axis| scale.mean() * size(axis))
        }
    }
}

/// What was drawn over the mean.
fn scale_of(part: &Part, variant: &PartVariant) -> [f32; 3] {
    let (own, mean) = (load::own_shape(&part.shape).size_m(), mean_size_m(&variant.shape));
    std::array::from_fn(|axis| if mean[axis] > 0.0 { (own[axis] / mean[axis]) as f32 } else { 1.0 })
}
